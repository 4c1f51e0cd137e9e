//! A shift that resolves a conflict, in a sentence that two people can read to each other.

use detente_types::{AltitudeBand, Metres, Timestamp, Volume, Window};

use super::{COMPASS_EN, Language, ceil, clock, clock_down, clock_up, counted, datum_en, datum_ru, floor, octant, span};
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
                    let far = counted(metres, "metre");
                    format!("Move the {name} {far} {}, on a bearing of {bearing_deg} degrees.", COMPASS_EN[wind])
                }
                Language::Russian => {
                    format!("{}: сместить на {metres} м на {}, по азимуту {bearing_deg}°.", capital(name), TOWARD_RU[wind])
                }
            }
        }
    }
}

fn in_time(language: Language, name: &str, shift_us: i64, volumes: &[Volume]) -> String {
    let minutes = shift_us.abs() / 60_000_000;
    let whole = hull(volumes.iter().map(|volume| volume.window)).map(|w| span(&clock_down(&w), &clock_up(&w), language));
    match language {
        Language::English => {
            let way = if shift_us > 0 { "later" } else { "earlier" };
            let then = whole.map(|when| format!(": it is then {when}")).unwrap_or_default();
            format!("Move the {name} {} {way}{then}.", counted(minutes, "minute"))
        }
        Language::Russian => {
            let way = if shift_us > 0 { "позже" } else { "раньше" };
            let then = whole.map(|when| format!(", тогда время — {when}")).unwrap_or_default();
            format!("{}: сдвинуть на {minutes} мин {way}{then}.", capital(name))
        }
    }
}

fn in_altitude(language: Language, name: &str, climb_cm: i64, volumes: &[Volume]) -> String {
    let metres = climb_cm.abs() / 100;
    let whole = hull_of_bands(volumes);
    match language {
        Language::English => {
            let way = if climb_cm > 0 { "higher" } else { "lower" };
            let then =
                |b: AltitudeBand| format!(": it is then between {} and {} metres {}", floor(&b), ceil(&b), datum_en(b.datum()));
            format!("Move the {name} {} {way}{}.", counted(metres, "metre"), whole.map(then).unwrap_or_default())
        }
        Language::Russian => {
            let way = if climb_cm > 0 { "поднять" } else { "опустить" };
            let then = |b: AltitudeBand| format!(", на высоты от {} до {} м {}", floor(&b), ceil(&b), datum_ru(b.datum()));
            format!("{}: {way} на {metres} м{}.", capital(name), whole.map(then).unwrap_or_default())
        }
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
            told(Shift::Time { shift_us: -MINUTE_US }),
            [
                "Move the операция 1 minute earlier: it is then on 2026-11-24 from 12:00 to 12:50 UTC.",
                "Операция: сдвинуть на 1 мин раньше, тогда время — 2026-11-24 с 12:00 до 12:50 UTC.",
            ]
        );
        assert_eq!(
            told(Shift::Altitude { climb_cm: 36_000 }),
            [
                "Move the операция 360 metres higher: it is then between 300 and 450 metres above the WGS-84 ellipsoid.",
                "Операция: поднять на 360 м, на высоты от 300 до 450 м над эллипсоидом WGS-84.",
            ]
        );
        assert_eq!(
            told(Shift::Place { bearing_deg: 135, distance: Metres::new(2_350) }),
            [
                "Move the операция 2350 metres south-east, on a bearing of 135 degrees.",
                "Операция: сместить на 2350 м на юго-восток, по азимуту 135°.",
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
