//! A shift that resolves a conflict, in a sentence that two people can read to each other.

use detente_types::{AltitudeBand, Metres, Timestamp, Volume, Window};

use super::{COMPASS_EN, Language, ceil, clock, clock_down, clock_up, datum_en, datum_ru, floor, octant};
use crate::resolve::Shift;

/// Where a bearing leads, as a noun.
const TOWARD_RU: [&str; 8] = ["север", "северо-восток", "восток", "юго-восток", "юг", "юго-запад", "запад", "северо-запад"];

/// The sentence of a shift: what is shifted, by how much, and when, how high or where that brings it. Volumes are those
/// after the shift.
pub fn shift(language: Language, name: &str, shift: Shift, volumes: &[Volume]) -> String {
    match shift {
        Shift::Time { shift_us } => in_time(language, name, shift_us, volumes),
        Shift::Altitude { climb_cm } => in_altitude(language, name, climb_cm, volumes),
        Shift::Place { bearing_deg, distance } => {
            let (metres, wind) = (distance.cm() / 100, octant(bearing_deg));
            match language {
                Language::English => {
                    format!("Move the {name} {metres} metres {}, on a bearing of {bearing_deg} degrees.", COMPASS_EN[wind])
                }
                Language::Russian => {
                    format!("Сместить на {metres} м на {}, по азимуту {bearing_deg}°: {name}.", TOWARD_RU[wind])
                }
            }
        }
    }
}

fn in_time(language: Language, name: &str, shift_us: i64, volumes: &[Volume]) -> String {
    let minutes = shift_us.abs() / 60_000_000;
    let whole = hull(volumes.iter().map(|volume| volume.window));
    match language {
        Language::English => {
            let way = if shift_us > 0 { "later" } else { "earlier" };
            let unit = if minutes == 1 { "minute" } else { "minutes" };
            let then = whole.map(|w| format!(": it is then from {} to {} UTC", clock_down(&w), clock_up(&w))).unwrap_or_default();
            format!("Move the {name} {minutes} {unit} {way}{then}.")
        }
        Language::Russian => {
            let way = if shift_us > 0 { "позже" } else { "раньше" };
            let then = whole.map(|w| format!(", на время с {} до {} UTC", clock_down(&w), clock_up(&w))).unwrap_or_default();
            format!("Сдвинуть на {minutes} мин {way}{then}: {name}.")
        }
    }
}

fn in_altitude(language: Language, name: &str, climb_cm: i64, volumes: &[Volume]) -> String {
    let metres = climb_cm.abs() / 100;
    let whole = span(volumes);
    match language {
        Language::English => {
            let way = if climb_cm > 0 { "higher" } else { "lower" };
            let then =
                |b: AltitudeBand| format!(": it is then between {} and {} metres {}", floor(&b), ceil(&b), datum_en(b.datum()));
            format!("Move the {name} {metres} metres {way}{}.", whole.map(then).unwrap_or_default())
        }
        Language::Russian => {
            let way = if climb_cm > 0 { "Поднять" } else { "Опустить" };
            let then = |b: AltitudeBand| format!(", на высоты от {} до {} м {}", floor(&b), ceil(&b), datum_ru(b.datum()));
            format!("{way} на {metres} м{}: {name}.", whole.map(then).unwrap_or_default())
        }
    }
}

/// The sentence of what is nearest to a plan: what it is called, where it comes closest as [`at`](super::at) or
/// [`from_places`](super::from_places) says, how far that is, and what is left of the separation.
pub fn near(language: Language, name: &str, place: &str, distance: Metres, margin: Metres) -> String {
    // Rounded down: never further than it is, never more left than there is.
    let (metres, left) = (distance.cm().div_euclid(100), margin.cm().div_euclid(100));
    match (language, left >= 0) {
        (Language::English, true) => {
            format!("The nearest is the {name}, {metres} metres away {place}: {left} metres more than the separation.")
        }
        (Language::English, false) => {
            format!("The nearest is the {name}, {metres} metres away {place}: {} metres too close.", -left)
        }
        (Language::Russian, true) => format!("Ближе всего: {name} — {metres} м, {place}; запас сверх интервала {left} м."),
        (Language::Russian, false) => format!("Ближе всего: {name} — {metres} м, {place}; до интервала не хватает {} м.", -left),
    }
}

/// The sentence of a window in which something could be with nothing in the way.
pub fn free_window(language: Language, window: &Window) -> String {
    // Inwards: what is told is free.
    let up = window.start().micros().div_euclid(60_000_000) + i64::from(window.start().micros().rem_euclid(60_000_000) != 0);
    let (from, until) = (clock(Timestamp::from_micros(up * 60_000_000)), clock(window.end()));
    match language {
        Language::English => format!("Nothing is in the way from {from} to {until} UTC."),
        Language::Russian => format!("Свободно с {from} до {until} UTC."),
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
fn span(volumes: &[Volume]) -> Option<AltitudeBand> {
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
            told(Shift::Time { shift_us: -MINUTE_US }),
            [
                "Move the операция 1 minute earlier: it is then from 2026-11-24 12:00 to 2026-11-24 12:50 UTC.",
                "Сдвинуть на 1 мин раньше, на время с 2026-11-24 12:00 до 2026-11-24 12:50 UTC: операция.",
            ]
        );
        assert_eq!(
            told(Shift::Altitude { climb_cm: 36_000 }),
            [
                "Move the операция 360 metres higher: it is then between 300 and 450 metres above the WGS-84 ellipsoid.",
                "Поднять на 360 м, на высоты от 300 до 450 м над эллипсоидом WGS-84: операция.",
            ]
        );
        assert_eq!(
            told(Shift::Place { bearing_deg: 135, distance: Metres::new(2_350) }),
            [
                "Move the операция 2350 metres south-east, on a bearing of 135 degrees.",
                "Сместить на 2350 м на юго-восток, по азимуту 135°: операция.",
            ]
        );
    }

    #[test]
    fn what_is_nearest_is_told_with_what_is_left() {
        let told = |language, cm| near(language, "site", "here", Metres::from_cm(913_094), Metres::from_cm(cm));
        assert_eq!(
            told(Language::English, 413_094),
            "The nearest is the site, 9130 metres away here: 4130 metres more than the separation."
        );
        assert_eq!(told(Language::English, -1), "The nearest is the site, 9130 metres away here: 1 metres too close.");
        assert_eq!(told(Language::Russian, -250), "Ближе всего: site — 9130 м, here; до интервала не хватает 3 м.");
    }

    #[test]
    fn what_is_free_is_told_inwards() {
        let window = window(NOON_US + 1, NOON_US + 61 * MINUTE_US - 1);
        assert_eq!(
            free_window(Language::English, &window),
            "Nothing is in the way from 2026-11-24 12:01 to 2026-11-24 13:00 UTC."
        );
        let lower = AltitudeBand::try_new(Metres::from_cm(22_001), Metres::from_cm(79_999), band(0, 1).datum()).unwrap();
        assert_eq!(free_band(Language::Russian, &lower), "Свободны высоты от 221 до 799 м над эллипсоидом WGS-84.");
    }
}
