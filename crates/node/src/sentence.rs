//! Conflicts in a sentence that two people can read to each other, in English and in Russian.
//!
//! Both sides say the same words: the sentence is made from what both disclosed, in the order of the party IDs, and names
//! places from the terms' own list (PROTOCOL C8). Numbers err on the side of caution: distances are rounded down to whole
//! metres, windows outwards to whole minutes.

use detente_space::place::bearing_and_distance;
use detente_types::{AltitudeBand, Conflict, Datum, Meeting, Notice, NoticeKind, Position, Terms, Timestamp, Window};

use crate::line::Line;

/// A language that sentences are made in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    /// English.
    English,
    /// Russian.
    Russian,
}

impl Language {
    /// By its BCP 47 tag; `None` for a language that has no sentences yet.
    pub fn from_tag(tag: &str) -> Option<Self> {
        match tag.split('-').next()? {
            "en" => Some(Self::English),
            "ru" => Some(Self::Russian),
            _ => None,
        }
    }
}

impl Line {
    /// The sentence of a conflict; `None` when one of its notices is not live any more.
    pub fn sentence(&self, conflict: &Conflict, language: Language) -> Option<String> {
        let [first, second] = conflict.statements;
        let notices = [self.notice(&first)?.notice, self.notice(&second)?.notice];
        let meeting = &conflict.meetings.first()?.meeting;
        let names = notices.map(|notice| name_of(notice, language));
        Some(sentence(self.terms(), language, &names, meeting))
    }
}

/// What a notice is called: its kind, its title when that is disclosed, and the desk that said it, by its own word.
fn name_of(notice: &Notice, language: Language) -> String {
    let kind = kind_name(notice.kind(), language);
    let input = notice.input();
    let quoted = |title: &str| match language {
        Language::English => format!(" \u{201c}{title}\u{201d}"),
        Language::Russian => format!(" «{title}»"),
    };
    let title = input.title.as_deref().map(quoted).unwrap_or_default();
    match (language, &input.desk) {
        (Language::English, Some(desk)) => format!("{kind}{title} of {desk}"),
        (Language::Russian, Some(desk)) => format!("{kind}{title} ({desk})"),
        (_, None) => format!("{kind}{title}"),
    }
}

/// The sentence of one meeting.
fn sentence(terms: &Terms, language: Language, names: &[String; 2], meeting: &Meeting) -> String {
    let place = place(terms, meeting.at, language);
    let apart = meeting.distance.cm().div_euclid(100);
    let (band, window) = (band(meeting, language), window(meeting, language));
    match (language, apart) {
        (Language::English, 0) => {
            format!("The {} and the {} use the same airspace or ground {place}, {band}, {window}.", names[0], names[1])
        }
        (Language::English, m) => {
            format!("The {} and the {} come within {m} metres of each other {place}, {band}, {window}.", names[0], names[1])
        }
        (Language::Russian, 0) => format!("Пересекаются: {} и {} — {place}, {band}, {window}.", names[0], names[1]),
        (Language::Russian, m) => format!("Сближаются до {m} м: {} и {} — {place}, {band}, {window}.", names[0], names[1]),
    }
}

/// Where, from the nearest place of the terms.
fn place(terms: &Terms, at: Position, language: Language) -> String {
    let index = match language {
        Language::English => terms.input().languages.iter().position(|l| l.starts_with("en")),
        Language::Russian => terms.input().languages.iter().position(|l| l.starts_with("ru")),
    };
    let nearest = terms
        .places()
        .map(|(position, names)| (bearing_and_distance(position, at), names))
        .min_by_key(|(course, _)| course.distance);
    match (nearest, language) {
        (None, Language::English) => format!("at {at}"),
        (None, Language::Russian) => format!("в точке {at}"),
        (Some((course, names)), _) => {
            let name = names.get(index.unwrap_or(0)).or(names.first()).map_or("", String::as_str);
            let km = course.distance.ceil().div_euclid(1000);
            match (language, km) {
                (Language::English, 0) => format!("at {name}"),
                (Language::English, km) => format!("{km} kilometres {} of {name}", COMPASS_EN[octant(course.bearing_deg)]),
                (Language::Russian, 0) => format!("у пункта {name}"),
                (Language::Russian, km) => format!("{km} км {} от пункта {name}", COMPASS_RU[octant(course.bearing_deg)]),
            }
        }
    }
}

const COMPASS_EN: [&str; 8] = ["north", "north-east", "east", "south-east", "south", "south-west", "west", "north-west"];
const COMPASS_RU: [&str; 8] =
    ["севернее", "северо-восточнее", "восточнее", "юго-восточнее", "южнее", "юго-западнее", "западнее", "северо-западнее"];

/// Which eighth of the compass a bearing in degrees points to.
const fn octant(bearing_deg: u16) -> usize {
    ((bearing_deg as usize * 2 + 45) / 90) % 8
}

fn band(meeting: &Meeting, language: Language) -> String {
    match (&meeting.band, language) {
        (Some(band), Language::English) => {
            format!("between {} and {} metres {}", floor(band), ceil(band), datum_en(band.datum()))
        }
        (Some(band), Language::Russian) => {
            format!("на высотах от {} до {} м {}", floor(band), ceil(band), datum_ru(band.datum()))
        }
        (None, Language::English) => format!("{} metres apart in height", meeting.vertical_gap.ceil()),
        (None, Language::Russian) => format!("с разностью высот {} м", meeting.vertical_gap.ceil()),
    }
}

const fn floor(band: &AltitudeBand) -> i64 {
    band.lower().cm().div_euclid(100)
}

const fn ceil(band: &AltitudeBand) -> i64 {
    band.upper().ceil()
}

const fn datum_en(datum: Datum) -> &'static str {
    match datum {
        Datum::Wgs84 => "above the WGS-84 ellipsoid",
        Datum::Amsl => "above mean sea level",
        Datum::Agl => "above ground",
        Datum::FlightLevel => "by standard pressure",
    }
}

const fn datum_ru(datum: Datum) -> &'static str {
    match datum {
        Datum::Wgs84 => "над эллипсоидом WGS-84",
        Datum::Amsl => "над уровнем моря",
        Datum::Agl => "над поверхностью земли",
        Datum::FlightLevel => "по стандартному давлению",
    }
}

fn window(meeting: &Meeting, language: Language) -> String {
    let minutes = |us: i64| us.div_euclid(60_000_000) + i64::from(us.rem_euclid(60_000_000) != 0);
    match (&meeting.window, language) {
        (Some(w), Language::English) => format!("from {} to {} UTC", clock_down(w), clock_up(w)),
        (Some(w), Language::Russian) => format!("с {} до {} UTC", clock_down(w), clock_up(w)),
        (None, Language::English) => format!("{} minutes apart", minutes(meeting.time_gap_us)),
        (None, Language::Russian) => format!("с промежутком {} мин", minutes(meeting.time_gap_us)),
    }
}

/// `24 November 09:10` would need two languages; digits need none.
fn clock(t: Timestamp) -> String {
    let text = t.to_string();
    let (day, time) = (text.get(..10).unwrap_or(&text), text.get(11..16).unwrap_or(""));
    format!("{day} {time}")
}

fn clock_down(window: &Window) -> String {
    clock(window.start())
}

fn clock_up(window: &Window) -> String {
    let us = window.end().micros();
    let up = us.div_euclid(60_000_000) + i64::from(us.rem_euclid(60_000_000) != 0);
    clock(Timestamp::from_micros(up * 60_000_000))
}

/// What a kind of notice is called.
pub const fn kind_name(kind: NoticeKind, language: Language) -> &'static str {
    match language {
        Language::English => kind.name(),
        Language::Russian => match kind {
            NoticeKind::Operation => "операция",
            NoticeKind::Airspace => "режим воздушного пространства",
            NoticeKind::Site => "объект",
            NoticeKind::Movement => "движение колонны",
            NoticeKind::Exercise => "учение",
            NoticeKind::Hazard => "опасный район",
            NoticeKind::Launch => "пуск",
            NoticeKind::Force => "сосредоточение сил",
            NoticeKind::Withdrawal => "отвод сил",
            NoticeKind::Question => "запрос",
            NoticeKind::Incident => "инцидент",
            NoticeKind::Safety => "сообщение о безопасности",
            NoticeKind::Call => "запрос на разговор",
            NoticeKind::Text => "сообщение",
        },
    }
}
