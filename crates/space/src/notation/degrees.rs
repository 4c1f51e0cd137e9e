//! Latitude and longitude as text: rounded to the nearest, in whole numbers.

use detente_types::volume::Position;

use super::Letters;

/// How many parts of sixty stand behind the degrees.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Parts {
    Degrees,
    Minutes,
    Seconds,
}

/// Both coordinates, latitude first, with `digits` after the point of the last part.
pub(super) fn write(position: Position, parts: Parts, digits: u8, letters: Letters) -> String {
    let [north, south, east, west] = match letters {
        Letters::English => ['N', 'S', 'E', 'W'],
        Letters::Russian => ['С', 'Ю', 'В', 'З'],
    };
    let pick = |e7: i32, plus: char, minus: char| if e7 < 0 { minus } else { plus };
    let lat = coordinate(position.lat_e7(), 2, parts, digits);
    let lon = coordinate(position.lon_e7(), 3, parts, digits);
    format!("{lat}{} {lon}{}", pick(position.lat_e7(), north, south), pick(position.lon_e7(), east, west))
}

fn coordinate(e7: i32, width: usize, parts: Parts, digits: u8) -> String {
    let steps = 10_u64.pow(u32::from(digits));
    let sixties = match parts {
        Parts::Degrees => 1,
        Parts::Minutes => 60,
        Parts::Seconds => 3_600,
    };
    // Halves go up.
    let units = (2 * u64::from(e7.unsigned_abs()) * sixties * steps + 10_000_000) / 20_000_000;
    let (whole, part) = (units / steps, units % steps);
    let fraction = if digits == 0 { String::new() } else { format!(".{part:0count$}", count = usize::from(digits)) };
    match parts {
        Parts::Degrees => format!("{whole}{fraction}°"),
        Parts::Minutes => format!("{:0width$}°{:02}{fraction}′", whole / 60, whole % 60),
        Parts::Seconds => format!("{:0width$}°{:02}′{:02}{fraction}″", whole / 3_600, whole / 60 % 60, whole % 60),
    }
}
