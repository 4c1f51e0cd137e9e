//! A meeting in a sentence that two people can read to each other, in English and in Russian.
//!
//! Numbers err on the side of caution: distances are rounded down to whole metres, windows outwards to whole minutes. What
//! the two are called and where they meet is said by whoever asks, since it knows the names.

use detente_types::{AltitudeBand, Datum, Meeting, NoticeKind, Position, Timestamp, Window};

use crate::place::bearing_and_distance;

mod shift;

pub use shift::{free_band, free_window, near, shift};

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

/// What something is called: its kind, and its title when there is one.
pub fn name(kind: NoticeKind, title: Option<&str>, language: Language) -> String {
    let kind = kind_name(kind, language);
    let quoted = |title: &str| match language {
        Language::English => format!(" \u{201c}{title}\u{201d}"),
        Language::Russian => format!(" «{title}»"),
    };
    format!("{kind}{}", title.map(quoted).unwrap_or_default())
}

/// The sentence of one meeting: what the two are called, and where they meet as [`at`] or [`from_places`] says.
pub fn sentence(language: Language, names: &[String; 2], place: &str, meeting: &Meeting) -> String {
    let apart = meeting.distance.cm().div_euclid(100);
    let (band, window) = (band(meeting, language), window(meeting, language));
    match (language, apart) {
        (Language::English, 0) => {
            format!("The {} and the {} use the same airspace or ground {place}, {band}, {window}.", names[0], names[1])
        }
        (Language::English, m) => {
            let near = counted(m, "metre");
            format!("The {} and the {} come within {near} of each other {place}, {band}, {window}.", names[0], names[1])
        }
        (Language::Russian, 0) => format!("Пересекаются: {} и {} — {place}, {band}, {window}.", names[0], names[1]),
        (Language::Russian, m) => format!("Сближаются до {m} м: {} и {} — {place}, {band}, {window}.", names[0], names[1]),
    }
}

/// Where, from the nearest of some places that have a name in this language; `None` when there is none.
pub fn from_places<'a>(
    language: Language,
    at: Position,
    places: impl IntoIterator<Item = (Position, &'a str)>,
) -> Option<String> {
    let courses = places.into_iter().map(|(position, name)| (bearing_and_distance(position, at), name));
    let (course, name) = courses.min_by_key(|(course, _)| course.distance)?;
    let km = course.distance.ceil().div_euclid(1000);
    Some(match (language, km) {
        (Language::English, 0) => format!("at {name}"),
        (Language::English, km) => format!("{} {} of {name}", counted(km, "kilometre"), COMPASS_EN[octant(course.bearing_deg)]),
        (Language::Russian, 0) => format!("у пункта {name}"),
        (Language::Russian, km) => format!("в {km} км к {} от пункта {name}", FROM_RU[octant(course.bearing_deg)]),
    })
}

/// Where, by the position alone: degrees and whole minutes with a tenth, as they are read over a radio.
pub fn at(language: Language, at: Position) -> String {
    let (mark, lats, lons) = match language {
        Language::English => ('.', ["north", "south"], ["east", "west"]),
        Language::Russian => (',', ["с.\u{a0}ш.", "ю.\u{a0}ш."], ["в.\u{a0}д.", "з.\u{a0}д."]),
    };
    let told = |e7: i32, words: [&str; 2]| {
        // Tenths of a minute, to the nearest.
        let tenths = (u64::from(e7.unsigned_abs()) * 600 + 5_000_000) / 10_000_000;
        format!("{}°{:02}{mark}{}′ {}", tenths / 600, tenths / 10 % 60, tenths % 10, words[usize::from(e7 < 0)])
    };
    let (lat, lon) = (told(at.lat_e7(), lats), told(at.lon_e7(), lons));
    match language {
        Language::English => format!("at {lat}, {lon}"),
        Language::Russian => format!("в точке {lat}, {lon}"),
    }
}

const COMPASS_EN: [&str; 8] = ["north", "north-east", "east", "south-east", "south", "south-west", "west", "north-west"];
/// In which direction from a place, in the dative.
const FROM_RU: [&str; 8] = ["северу", "северо-востоку", "востоку", "юго-востоку", "югу", "юго-западу", "западу", "северо-западу"];

/// A number of something, in English.
fn counted(number: i64, unit: &str) -> String {
    format!("{number} {unit}{}", if number == 1 { "" } else { "s" })
}

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
        // Bands of one datum have a gap or share something, if only a height.
        (None, Language::English) if meeting.vertical_gap.cm() == 0 => {
            "at altitudes that are measured from different levels and cannot be compared".into()
        }
        (None, Language::Russian) if meeting.vertical_gap.cm() == 0 => "высоты отсчитаны от разных уровней и несравнимы".into(),
        (None, Language::English) => format!("{} apart in height", counted(meeting.vertical_gap.ceil(), "metre")),
        (None, Language::Russian) => format!("по высоте разделены на {} м", meeting.vertical_gap.ceil()),
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
        (Some(w), _) => format!("{}{}", span(&clock_down(w), &clock_up(w), language), closest(meeting, language)),
        (None, Language::English) => format!("{} apart in time", counted(minutes(meeting.time_gap_us), "minute")),
        (None, Language::Russian) => format!("с промежутком {} мин", minutes(meeting.time_gap_us)),
    }
}

/// From one clock to another; a day that both share is said once.
fn span(from: &str, until: &str, language: Language) -> String {
    let shared = from.split_once(' ').zip(until.split_once(' ')).filter(|((day, _), (other, _))| day == other);
    match (shared, language) {
        (Some(((day, from), (_, until))), Language::English) => format!("on {day} from {from} to {until} UTC"),
        (Some(((day, from), (_, until))), Language::Russian) => format!("{day} с {from} до {until} UTC"),
        (None, Language::English) => format!("from {from} to {until} UTC"),
        (None, Language::Russian) => format!("с {from} до {until} UTC"),
    }
}

/// When what moves is closest, if it is not told by an overlap.
fn closest(meeting: &Meeting, language: Language) -> String {
    match (meeting.when.filter(|_| meeting.distance.cm() > 0), language) {
        (Some(when), Language::English) => format!(", closest at {}", clock(when)),
        (Some(when), Language::Russian) => format!(", ближе всего — {}", clock(when)),
        (None, _) => String::new(),
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::at as position;

    #[test]
    fn a_position_is_told_in_minutes_and_a_full_one_is_carried() {
        let english = |lat, lon| at(Language::English, position(lat, lon));
        assert_eq!(english(59.92025, -24.19579), "at 59°55.2′ north, 24°11.7′ west");
        assert_eq!(english(-0.99999, 179.99999), "at 1°00.0′ south, 180°00.0′ east");
        assert_eq!(at(Language::Russian, position(-59.5, 24.0)), "в точке 59°30,0′ ю.\u{a0}ш., 24°00,0′ в.\u{a0}д.");
    }

    #[test]
    fn data_that_differ_are_not_said_to_be_no_metres_apart() {
        let meeting = Meeting {
            distance: detente_types::Metres::ZERO,
            at: position(60.0, 25.0),
            vertical_gap: detente_types::Metres::ZERO,
            band: None,
            time_gap_us: 60_000_001,
            window: None,
            when: None,
        };
        let names = ["plan A".to_owned(), "plan B".to_owned()];
        assert_eq!(
            sentence(Language::English, &names, "here", &meeting),
            "The plan A and the plan B use the same airspace or ground here, at altitudes that are measured from \
             different levels and cannot be compared, 2 minutes apart in time."
        );
    }

    #[test]
    fn the_nearest_place_is_named_and_none_without_places() {
        let places = [(position(60.0, 25.0), "Hamina"), (position(60.2, 25.0), "Kotka")];
        assert_eq!(from_places(Language::English, position(60.19, 25.0), places).unwrap(), "1 kilometre south of Kotka");
        assert_eq!(from_places(Language::Russian, position(60.0, 25.0), places).unwrap(), "у пункта Hamina");
        assert_eq!(from_places(Language::English, position(60.0, 25.0), []), None);
    }
}
