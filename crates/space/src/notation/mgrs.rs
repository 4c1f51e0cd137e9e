//! MGRS: the military grid over UTM and UPS. Digits are cut off when written, never rounded.

use detente_types::volume::Position;

use super::angle::Degrees;
use super::cell::{Cell, Size, metres_up};
use super::error::{NotationError, WriteError, Wrong};
use super::polar::{self, POLE_M};
use super::text::{Chars, is_foreign};
use super::zone::{self, Band, CENTRE_EAST_M, DEGREE_E7, Hemisphere};

/// The side of a square of two letters, in metres.
const SQUARE_M: i64 = 100_000;
/// Row letters of UTM start over after this.
const CYCLE_M: i64 = 20 * SQUARE_M;
/// The column letters of a zone, by its number modulo 3.
const COLUMNS: [&str; 3] = ["STUVWXYZ", "ABCDEFGH", "JKLMNPQR"];
/// The row letters of odd zones from the equator; even zones are five letters on.
const ROWS: &str = "ABCDEFGHJKLMNPQRSTUV";
/// Digits for one metre.
pub(super) const DIGITS_MAX: u8 = 5;
/// The least scale of UTM and of UPS: no way on the grid is longer on the ground than its length over this.
const SCALE_MIN: (f64, f64) = (0.9996, 0.994);
/// A breadth that keeps rounding from refusing a square that touches its zone in a line, in degrees and metres.
const SLACK: f64 = 1e-6;

/// One of the four zones round the poles: its letter, its half of the earth, its columns and rows.
struct Polar {
    letter: char,
    pole: Hemisphere,
    columns: &'static str,
    /// The easting of the first column, in metres.
    east_m: i64,
    rows: &'static str,
    /// The northing of the first row, in metres.
    north_m: i64,
}

const NORTH_ROWS: &str = "ABCDEFGHJKLMNP";
const SOUTH_ROWS: &str = "ABCDEFGHJKLMNPQRSTUVWXYZ";
const POLAR: [Polar; 4] = [
    Polar { letter: 'A', pole: Hemisphere::South, columns: "JKLPQRSTUXYZ", east_m: 800_000, rows: SOUTH_ROWS, north_m: 800_000 },
    Polar {
        letter: 'B',
        pole: Hemisphere::South,
        columns: "ABCFGHJKLPQR",
        east_m: 2_000_000,
        rows: SOUTH_ROWS,
        north_m: 800_000,
    },
    Polar { letter: 'Y', pole: Hemisphere::North, columns: "RSTUXYZ", east_m: 1_300_000, rows: NORTH_ROWS, north_m: 1_300_000 },
    Polar { letter: 'Z', pole: Hemisphere::North, columns: "ABCFGHJ", east_m: 2_000_000, rows: NORTH_ROWS, north_m: 1_300_000 },
];

/// The square of a position; `digits` 0 to 5 for 100 km to 1 m.
pub(super) fn write(position: Position, digits: u8) -> Result<String, WriteError> {
    let (lat, lon) = (i64::from(position.lat_e7()), i64::from(position.lon_e7()));
    match Band::of_latitude(lat) {
        Some(band) => Ok(write_utm(band, lat, lon, digits)),
        None => Ok(write_ups(Hemisphere::of(lat), lat, lon, digits)),
    }
}

fn write_utm(band: Band, lat_e7: i64, lon_e7: i64, digits: u8) -> String {
    let zone = zone::zone_at(lat_e7, lon_e7);
    let (east, north) = zone::project(zone, lat_e7, lon_e7);
    let (east, north) = (libm::floor(east) as i64, libm::floor(north) as i64);
    let letter = |letters: &str, index: i64| char::from(letters.as_bytes()[index as usize]);
    let column = letter(columns(zone), east.div_euclid(SQUARE_M) - 1);
    let row = letter(ROWS, (north + first_row_m(zone)).rem_euclid(CYCLE_M) / SQUARE_M);
    format!("{zone:02}{}{column}{row}{}", band.letter(), halves(east, north, digits))
}

fn write_ups(pole: Hemisphere, lat_e7: i64, lon_e7: i64, digits: u8) -> String {
    let (east, north) = polar::forward(pole, lat_e7, lon_e7);
    let (east, north) = (libm::floor(east) as i64, libm::floor(north) as i64);
    let half = &POLAR[2 * usize::from(pole == Hemisphere::North) + usize::from(east as f64 >= POLE_M)];
    let letter = |letters: &str, metres: i64| char::from(letters.as_bytes()[(metres / SQUARE_M) as usize]);
    let (column, row) = (letter(half.columns, east - half.east_m), letter(half.rows, north - half.north_m));
    format!("{}{column}{row}{}", half.letter, halves(east, north, digits))
}

/// Easting and northing within the square, cut off.
fn halves(east: i64, north: i64, digits: u8) -> String {
    if digits == 0 {
        return String::new();
    }
    let width = usize::from(digits);
    let cut = |metres: i64| metres.rem_euclid(SQUARE_M) / i64::from(step_m(width));
    format!("{:0width$}{:0width$}", cut(east), cut(north))
}

/// The side of a square of so many digits, in metres.
fn step_m(digits: usize) -> u32 {
    (digits..usize::from(DIGITS_MAX)).fold(1, |side, _| 10 * side)
}

fn columns(zone: u8) -> &'static str {
    COLUMNS[usize::from(zone) % 3]
}

/// How far below the equator row A of a zone begins.
fn first_row_m(zone: u8) -> i64 {
    if zone.is_multiple_of(2) { 5 * SQUARE_M } else { 0 }
}

/// Whether a text can only be meant as MGRS: a zone and just three letters, or a polar letter and two more.
pub(super) fn looks_like(chars: &Chars) -> bool {
    match chars.digits_from(0) {
        0 => chars.letters_from(0) == 3 && "ABYZ".contains(chars.upper(0)),
        digits @ 1..=2 => chars.letters_from(digits) == 3,
        _ => false,
    }
}

/// The square of a text that looks like MGRS.
pub(super) fn parse(chars: &Chars) -> Result<Cell, NotationError> {
    let zone_digits = chars.digits_from(0);
    if let Some(place) = (zone_digits..zone_digits + 3).find(|place| is_foreign(chars.upper(*place))) {
        return Err(chars.error(place, Wrong::Alphabet(chars.upper(place)), "a Latin letter"));
    }
    if zone_digits == 0 {
        return parse_ups(chars);
    }
    let number = (0..zone_digits).fold(0, |sum, place| 10 * sum + chars.digit(place));
    let zone = u8::try_from(number).ok().filter(|zone| (1..=60).contains(zone));
    let zone = zone.ok_or_else(|| chars.error(0, Wrong::Zone(number), "1 to 60"))?;
    let band = band_at(chars, zone_digits, zone)?;
    let (column, row) = (chars.upper(zone_digits + 1), chars.upper(zone_digits + 2));
    let Some(place) = columns(zone).find(column) else {
        let wrong = Wrong::Column { column, zone: zone.to_string() };
        return Err(chars.error(zone_digits + 1, wrong, format!("one of {}", columns(zone))));
    };
    let Some(rows) = ROWS.find(row) else {
        return Err(chars.error(zone_digits + 2, Wrong::Row(row), "a letter from A to V but I and O"));
    };
    let east = (place as i64 + 1) * SQUARE_M;
    let Some(north) = northing(zone, band, east, rows as i64 * SQUARE_M - first_row_m(zone)) else {
        let wrong = Wrong::Square { square: format!("{column}{row}"), zone: format!("{zone}{}", band.letter()) };
        return Err(chars.error(zone_digits + 1, wrong, "a square of this zone and band"));
    };
    let (more_east, more_north, side) = digits(chars, zone_digits + 3)?;
    let place = |east, north| zone::unproject(zone, east, north);
    Ok(cell(place, east + more_east, north + more_north, side, SCALE_MIN.0))
}

/// The band's letter, of a band in which the zone exists.
pub(super) fn band_at(chars: &Chars, index: usize, zone: u8) -> Result<Band, NotationError> {
    let letter = chars.upper(index);
    let band = Band::of_letter(letter);
    let band = band.ok_or_else(|| chars.error(index, Wrong::Letter(letter), "a band from C to X but I and O"))?;
    match zone::limits(zone, band) {
        Some(_) => Ok(band),
        None => Err(chars.error(0, Wrong::ZoneInBand(zone, letter), "31, 33, 35 or 37 between 0° and 42° E in band X")),
    }
}

/// Metres north of the equator of the one square of a column and a row letter that touches its zone and band.
fn northing(zone: u8, band: Band, east: i64, row_m: i64) -> Option<i64> {
    let cycles = match band.hemisphere() {
        Hemisphere::North => 0..=5,
        Hemisphere::South => -5..=0,
    };
    cycles.map(|cycle| row_m + cycle * CYCLE_M).find(|north| touches(zone, band, east, *north))
}

/// Whether a square has ground both in its band's latitudes and in its zone's longitudes.
fn touches(zone: u8, band: Band, east: i64, north: i64) -> bool {
    let (south_deg, north_deg) = (band.south_deg() as f64, band.north_deg() as f64);
    // The south mirrors the north.
    let (low, high, least_deg, most_deg) = match band.hemisphere() {
        Hemisphere::North => (north, north + SQUARE_M, south_deg, north_deg),
        Hemisphere::South => (-north - SQUARE_M, -north, -north_deg, -south_deg),
    };
    if low < 0 {
        return false;
    }
    // On a line of one northing latitude falls, and longitude runs away, with the distance from the centre.
    let side = east as f64 - CENTRE_EAST_M;
    let (near, far) = if side >= 0.0 { (side, side + SQUARE_M as f64) } else { (-side - SQUARE_M as f64, -side) };
    let place = |across: f64, up: i64| super::krueger::reverse(across, up as f64);
    let least = place(near, low).lon;
    let Some((west, past)) = zone::limits(zone, band) else {
        return false;
    };
    let centre = zone::centre_deg(zone);
    let room = if side >= 0.0 { past - centre } else { centre - west };
    place(near, high).lat > least_deg - SLACK && place(far, low).lat < most_deg + SLACK && least < room as f64 + SLACK
}

fn parse_ups(chars: &Chars) -> Result<Cell, NotationError> {
    let letter = chars.upper(0);
    let Some(half) = POLAR.iter().find(|half| half.letter == letter) else {
        return Err(chars.error(0, Wrong::Letter(letter), "A, B, Y or Z"));
    };
    let (column, row) = (chars.upper(1), chars.upper(2));
    let Some(place) = half.columns.find(column) else {
        let wrong = Wrong::Column { column, zone: letter.to_string() };
        return Err(chars.error(1, wrong, format!("one of {}", half.columns)));
    };
    let Some(rows) = half.rows.find(row) else {
        return Err(chars.error(2, Wrong::Row(row), format!("one of {}", half.rows)));
    };
    let (east, north) = (half.east_m + place as i64 * SQUARE_M, half.north_m + rows as i64 * SQUARE_M);
    if !near_pole(half.pole, east, north) {
        let wrong = Wrong::Square { square: format!("{column}{row}"), zone: letter.to_string() };
        return Err(chars.error(1, wrong, "a square with ground beyond 84° N or 80° S"));
    }
    let (more_east, more_north, side) = digits(chars, 3)?;
    let place = |east, north| polar::reverse(half.pole, east, north);
    Ok(cell(place, east + more_east, north + more_north, side, SCALE_MIN.1))
}

/// Whether a square has ground where UPS is used.
fn near_pole(pole: Hemisphere, east: i64, north: i64) -> bool {
    let apart = |metres: i64| (metres as f64 - POLE_M).abs().min(((metres + SQUARE_M) as f64 - POLE_M).abs());
    let limit_deg = if pole == Hemisphere::North { zone::UTM_NORTH_DEG } else { -zone::UTM_SOUTH_DEG };
    libm::hypot(apart(east), apart(north)) < polar::radius_m(limit_deg * DEGREE_E7) + SLACK
}

/// The metres within the square, and the side of the square of so many digits.
fn digits(chars: &Chars, from: usize) -> Result<(i64, i64, u32), NotationError> {
    let count = chars.digits_from(from);
    if from + count < chars.len() {
        let wrong = Wrong::Unexpected(chars.upper(from + count));
        return Err(chars.error(from + count, wrong, "digits only after the square"));
    }
    let gaps: Vec<usize> = (from + 1..chars.len()).filter(|index| chars.space_before(*index)).collect();
    if let [gap] = gaps[..]
        && 2 * (gap - from) != count
    {
        let wrong = Wrong::Halves { east: gap - from, north: count + from - gap };
        return Err(chars.error(gap, wrong, "as many of one as of the other"));
    }
    if !count.is_multiple_of(2) {
        return Err(chars.error(from, Wrong::OddDigits(count), "as many for the easting as for the northing"));
    }
    let each = count / 2;
    if each > usize::from(DIGITS_MAX) {
        return Err(chars.error(from, Wrong::TooManyDigits(each), "at most 5, which is one metre"));
    }
    let side = step_m(each);
    let read = |from: usize| (from..from + each).fold(0, |sum, place| 10 * sum + chars.digit(place)) * i64::from(side);
    Ok((read(from), read(from + each), side))
}

/// The square with this corner and side, by the projection's way back.
fn cell(place: impl Fn(f64, f64) -> Degrees, east: i64, north: i64, side: u32, scale_min: f64) -> Cell {
    let (east, north, half) = (east as f64, north as f64, f64::from(side) / 2.0);
    Cell {
        corner: place(east, north).position(),
        centre: place(east + half, north + half).position(),
        size: Size::Metres(side),
        uncertainty: metres_up(half * core::f64::consts::SQRT_2 / scale_min),
    }
}
