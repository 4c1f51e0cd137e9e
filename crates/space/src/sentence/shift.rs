//! A shift that resolves a conflict, in a sentence that two people can read to each other.

use detente_types::{AltitudeBand, Metres, Timestamp, Volume, Window};

use super::{COMPASS_EN, Language, ceil, clock, clock_down, clock_up, counted, datum_en, datum_ru, floor, octant, span};
use crate::resolve::{Aside, Shift};

/// Where a bearing leads, as a noun.
const TOWARD_RU: [&str; 8] = ["север", "северо-восток", "восток", "юго-восток", "юг", "юго-запад", "запад", "северо-запад"];

/// The sentence of a shift: what is shifted, by how much, and when, how high or where that brings it. Volumes are those
/// after the shift.
pub fn shift(language: Language, name: &str, shift: Shift, volumes: &[Volume]) -> String {
    let then = then(language, shift, volumes).join(", ");
    match language {
        Language::English => {
            let then = if then.is_empty() { then } else { format!(": it is then {then}") };
            format!("Move the {name} {}{then}.", listed(&moves(language, shift), "and"))
        }
        Language::Russian => {
            let climbs_only = shift.parts() == 1 && shift.climb_cm != 0;
            let joint = if climbs_only { "на" } else { "тогда" };
            let then = if then.is_empty() { then } else { format!(", {joint} {then}") };
            format!("{}: {}{then}.", capital(name), listed(&moves(language, shift), "и"))
        }
    }
}

/// What is done, part by part.
fn moves(language: Language, shift: Shift) -> Vec<String> {
    let (minutes, climb) = (shift.shift_us.abs() / 60_000_000, shift.climb_cm.abs() / 100);
    let in_time = match language {
        Language::English => {
            format!("{} {}", counted(minutes, "minute"), if shift.shift_us > 0 { "later" } else { "earlier" })
        }
        Language::Russian => format!("сдвинуть на {minutes} мин {}", if shift.shift_us > 0 { "позже" } else { "раньше" }),
    };
    let in_altitude = match language {
        Language::English => format!("{} {}", counted(climb, "metre"), if shift.climb_cm > 0 { "higher" } else { "lower" }),
        Language::Russian => format!("{} на {climb} м", if shift.climb_cm > 0 { "поднять" } else { "опустить" }),
    };
    let aside = shift.aside.map(|Aside { bearing_deg, distance }| {
        let (metres, wind) = (distance.cm() / 100, octant(bearing_deg));
        match language {
            Language::English => {
                format!("{} {}, on a bearing of {bearing_deg} degrees", counted(metres, "metre"), COMPASS_EN[wind])
            }
            Language::Russian => format!("сместить на {metres} м на {}, по азимуту {bearing_deg}°", TOWARD_RU[wind]),
        }
    });
    let parts = [(shift.shift_us != 0).then_some(in_time), (shift.climb_cm != 0).then_some(in_altitude), aside];
    parts.into_iter().flatten().collect()
}

/// When and how high it is then, where that changes.
fn then(language: Language, shift: Shift, volumes: &[Volume]) -> Vec<String> {
    let window = hull(volumes.iter().map(|volume| volume.window)).filter(|_| shift.shift_us != 0);
    let when = window.map(|w| span(&clock_down(&w), &clock_up(&w), language));
    let band = hull_of_bands(volumes).filter(|_| shift.climb_cm != 0);
    let (when, high) = match language {
        Language::English => {
            (when, band.map(|b| format!("between {} and {} metres {}", floor(&b), ceil(&b), datum_en(b.datum()))))
        }
        Language::Russian => {
            let from = if shift.parts() == 1 { "высоты от" } else { "высоты — от" };
            let high = |b: AltitudeBand| format!("{from} {} до {} м {}", floor(&b), ceil(&b), datum_ru(b.datum()));
            (when.map(|when| format!("время — {when}")), band.map(high))
        }
    };
    [when, high].into_iter().flatten().collect()
}

/// Several, with a word before the last.
fn listed(parts: &[String], and: &str) -> String {
    match parts {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} {and} {last}", first.join(", ")),
    }
}

/// A name that begins a sentence.
fn capital(name: &str) -> String {
    let mut letters = name.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

/// The sentence of what is nearest to a plan: what it is called, where it comes closest as [`at`](super::at) or
/// [`from_places`](super::from_places) says, how far that is, and what is left of the separation.
pub fn near(language: Language, name: &str, place: &str, distance: Metres, margin: Metres) -> String {
    // Rounded down: never further than it is, never more left than there is.
    let (metres, left) = (distance.cm().div_euclid(100), margin.cm().div_euclid(100));
    match (language, left >= 0) {
        (Language::English, enough) => {
            let rest = if enough { "more than the separation" } else { "too close" };
            format!(
                "The nearest is the {name}, {place}: {} away, {} {rest}.",
                counted(metres, "metre"),
                counted(left.abs(), "metre")
            )
        }
        (Language::Russian, true) => format!("Ближе всего: {name}, {place}. До него {metres} м, на {left} м больше интервала."),
        (Language::Russian, false) => {
            format!("Ближе всего: {name}, {place}. До него {metres} м, до интервала не хватает {} м.", -left)
        }
    }
}

/// The sentence of a window in which something could be with nothing in the way.
pub fn free_window(language: Language, window: &Window) -> String {
    // Inwards: what is told is free.
    let up = window.start().micros().div_euclid(60_000_000) + i64::from(window.start().micros().rem_euclid(60_000_000) != 0);
    let (from, until) = (clock(Timestamp::from_micros(up * 60_000_000)), clock(window.end()));
    let when = span(&from, &until, language);
    match language {
        Language::English => format!("Nothing is in the way {when}."),
        Language::Russian => format!("Свободное время: {when}."),
    }
}

/// The sentence of a band in which something could be with nothing in the way.
pub fn free_band(language: Language, band: &AltitudeBand) -> String {
    // Inwards, likewise.
    let (lower, upper) = (band.lower().ceil(), floor_of_upper(band));
    match language {
        Language::English => {
            format!("Nothing is in the way between {lower} and {upper} metres {}.", datum_en(band.datum()))
        }
        Language::Russian => format!("Свободны высоты от {lower} до {upper} м {}.", datum_ru(band.datum())),
    }
}

const fn floor_of_upper(band: &AltitudeBand) -> i64 {
    band.upper().cm().div_euclid(100)
}

fn hull(windows: impl Iterator<Item = Window>) -> Option<Window> {
    windows.reduce(|a, b| Window::try_new(a.start().min(b.start()), a.end().max(b.end())).unwrap_or(a))
}

/// From the lowest to the highest; `None` over several data.
fn hull_of_bands(volumes: &[Volume]) -> Option<AltitudeBand> {
    let datum = volumes.first()?.band.datum();
    let bands = || volumes.iter().map(|volume| volume.band);
    let (lower, upper) = (bands().map(|b| b.lower()).min()?, bands().map(|b| b.upper()).max()?);
    let one = bands().all(|band| band.datum() == datum);
    if one { AltitudeBand::try_new(lower, upper, datum).ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{MINUTE_US, NOON_US, at, band, volume, window};

    #[test]
    fn shifts_are_told_in_both_languages_with_where_they_lead() {
        let drawn = detente_types::volume::Shape::Point(at(59.6, 24.7));
        let first = Volume {
            band: band(300, 450),
            window: window(NOON_US + 1, NOON_US + 30 * MINUTE_US),
            ..volume(drawn.clone(), 100.0)
        };
        let second = Volume { window: window(NOON_US + 20 * MINUTE_US, NOON_US + 50 * MINUTE_US), ..first.clone() };
        let volumes = [first, second];
        let told = |by| [Language::English, Language::Russian].map(|language| shift(language, "операция", by, &volumes));
        assert_eq!(
            told(Shift::in_time(-MINUTE_US)),
            [
                "Move the операция 1 minute earlier: it is then on 2026-11-24 from 12:00 to 12:50 UTC.",
                "Операция: сдвинуть на 1 мин раньше, тогда время — 2026-11-24 с 12:00 до 12:50 UTC.",
            ]
        );
        assert_eq!(
            told(Shift::in_altitude(36_000)),
            [
                "Move the операция 360 metres higher: it is then between 300 and 450 metres above the WGS-84 ellipsoid.",
                "Операция: поднять на 360 м, на высоты от 300 до 450 м над эллипсоидом WGS-84.",
            ]
        );
        assert_eq!(
            told(Shift::aside(135, Metres::new(2_350))),
            [
                "Move the операция 2350 metres south-east, on a bearing of 135 degrees.",
                "Операция: сместить на 2350 м на юго-восток, по азимуту 135°.",
            ]
        );
    }

    #[test]
    fn two_shifts_at_once_are_told_in_one_sentence() {
        let drawn = detente_types::volume::Shape::Point(at(59.6, 24.7));
        let volumes =
            [Volume { band: band(300, 450), window: window(NOON_US, NOON_US + 30 * MINUTE_US), ..volume(drawn, 100.0) }];
        let told = |name, by| [Language::English, Language::Russian].map(|language| shift(language, name, by, &volumes));
        let (later, down) = (Shift::in_time(22 * MINUTE_US), Shift::in_altitude(-15_000));
        let aside = Shift::aside(135, Metres::new(400));
        assert_eq!(
            told("flight", later.and(down)),
            [
                "Move the flight 22 minutes later and 150 metres lower: it is then on 2026-11-24 from 12:00 to 12:30 UTC, \
                 between 300 and 450 metres above the WGS-84 ellipsoid.",
                "Flight: сдвинуть на 22 мин позже и опустить на 150 м, тогда время — 2026-11-24 с 12:00 до 12:30 UTC, \
                 высоты — от 300 до 450 м над эллипсоидом WGS-84.",
            ]
        );
        assert_eq!(
            told("полёт", later.and(aside)),
            [
                "Move the полёт 22 minutes later and 400 metres south-east, on a bearing of 135 degrees: it is then on \
                 2026-11-24 from 12:00 to 12:30 UTC.",
                "Полёт: сдвинуть на 22 мин позже и сместить на 400 м на юго-восток, по азимуту 135°, тогда время — \
                 2026-11-24 с 12:00 до 12:30 UTC.",
            ]
        );
        assert_eq!(
            told("полёт", down.and(aside)),
            [
                "Move the полёт 150 metres lower and 400 metres south-east, on a bearing of 135 degrees: it is then \
                 between 300 and 450 metres above the WGS-84 ellipsoid.",
                "Полёт: опустить на 150 м и сместить на 400 м на юго-восток, по азимуту 135°, тогда высоты — от 300 до \
                 450 м над эллипсоидом WGS-84.",
            ]
        );
    }

    #[test]
    fn what_is_nearest_is_told_with_what_is_left() {
        let told = |language, cm| near(language, "site", "here", Metres::from_cm(913_094), Metres::from_cm(cm));
        assert_eq!(
            told(Language::English, 413_094),
            "The nearest is the site, here: 9130 metres away, 4130 metres more than the separation."
        );
        assert_eq!(told(Language::English, -1), "The nearest is the site, here: 9130 metres away, 1 metre too close.");
        assert_eq!(told(Language::Russian, -250), "Ближе всего: site, here. До него 9130 м, до интервала не хватает 3 м.");
    }

    #[test]
    fn what_is_free_is_told_inwards() {
        let window = window(NOON_US + 1, NOON_US + 61 * MINUTE_US - 1);
        assert_eq!(free_window(Language::English, &window), "Nothing is in the way on 2026-11-24 from 12:01 to 13:00 UTC.");
        let lower = AltitudeBand::try_new(Metres::from_cm(22_001), Metres::from_cm(79_999), band(0, 1).datum()).unwrap();
        assert_eq!(free_band(Language::Russian, &lower), "Свободны высоты от 221 до 799 м над эллипсоидом WGS-84.");
    }
}
