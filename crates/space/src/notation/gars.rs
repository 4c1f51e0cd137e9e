//! GARS: cells of 30, 15 or 5 minutes, all in whole numbers.
//!
//! Three digits count half degrees of longitude from 180° W, two letters half degrees of latitude from the
//! south pole; then a quarter (1 to 4) and a ninth of it (1 to 9), both row by row from the north-west.

use detente_types::volume::Position;

use super::angle::{ECCENTRICITY_2, RIGHT_E7, sincos_e7, wrapped};
use super::cell::{Cell, Size};
use super::error::{NotationError, Wrong};
use super::text::{Chars, is_foreign};

const LETTERS: &str = "ABCDEFGHJKLMNPQRSTUVWXYZ";
/// Columns of 5 minutes round the earth, and rows from pole to pole.
const COLUMNS: i64 = 360 * 12;
const ROWS: i64 = 180 * 12;
/// 5 minutes are 2,500,000 thirds of 1e-7 degree.
const STEP_E7_THIRDS: i64 = 2_500_000;

/// Of a position; `digits` 0 to 2 for 30, 15 or 5 minutes.
pub(super) fn write(position: Position, digits: u8) -> String {
    let steps = |e7: i32, zero: i64| 3 * (i64::from(e7) + zero) / STEP_E7_THIRDS;
    let column = steps(position.lon_e7(), 2 * RIGHT_E7);
    // The north pole belongs to the last row.
    let row = steps(position.lat_e7(), RIGHT_E7).min(ROWS - 1);
    let letter = |index: i64| char::from(LETTERS.as_bytes()[index as usize]);
    let half = row / 6;
    let mut text = format!("{:03}{}{}", column / 6 + 1, letter(half / 24), letter(half % 24));
    let (east, north) = (column % 6, row % 6);
    if digits >= 1 {
        text += &(1 + east / 3 + 2 * (1 - north / 3)).to_string();
    }
    if digits >= 2 {
        text += &(1 + east % 3 + 3 * (2 - north % 3)).to_string();
    }
    text
}

/// The cell of a text that looks like GARS: three digits, two letters, and what follows.
pub(super) fn parse(chars: &Chars) -> Result<Cell, NotationError> {
    let number: i64 = (0..3).map(|place| chars.digit(place)).fold(0, |sum, digit| 10 * sum + digit);
    if !(1..=COLUMNS / 6).contains(&number) {
        return Err(chars.error(0, Wrong::GarsColumn(number), "001 to 720"));
    }
    let letter = |place: usize| {
        let found = chars.upper(place);
        if is_foreign(found) {
            return Err(chars.error(place, Wrong::Alphabet(found), "a Latin letter"));
        }
        let index = LETTERS.find(found).map(|index| index as i64);
        index.ok_or_else(|| chars.error(place, Wrong::Letter(found), "a letter from A to Z but I and O"))
    };
    let half = 24 * letter(3)? + letter(4)?;
    if half >= ROWS / 6 {
        return Err(chars.error(3, Wrong::GarsRow, "AA to QZ"));
    }
    let (mut column, mut row, mut steps) = (6 * (number - 1), 6 * half, 6);
    if let Some(quarter) = finer(chars, 5, 4, "1 to 4")? {
        column += 3 * (quarter % 2);
        row += 3 * (1 - quarter / 2);
        steps = 3;
    }
    if let Some(ninth) = finer(chars, 6, 9, "1 to 9")? {
        column += ninth % 3;
        row += 2 - ninth / 3;
        steps = 1;
    }
    match chars.len() {
        0..=7 => Ok(cell(column, row, steps)),
        _ => Err(chars.error(7, Wrong::Unexpected(chars.upper(7)), "the end after two digits")),
    }
}

/// The digit at a place, from 1 to `most`, counted from 0; `None` at the end.
fn finer(chars: &Chars, place: usize, most: i64, expected: &'static str) -> Result<Option<i64>, NotationError> {
    if chars.len() <= place {
        return Ok(None);
    }
    let found = chars.upper(place);
    match found.to_digit(10).map(i64::from) {
        Some(digit) if (1..=most).contains(&digit) => Ok(Some(digit - 1)),
        _ => Err(chars.error(place, Wrong::Unexpected(found), expected)),
    }
}

/// A cell of `steps` times 5 minutes.
fn cell(column: i64, row: i64, steps: i64) -> Cell {
    // Rounded up, so that the corner lies in its own cell.
    let corner = |count: i64, zero: i64| (count * STEP_E7_THIRDS + 2).div_euclid(3) - zero;
    let middle = |count: i64, zero: i64| ((2 * count + steps) * STEP_E7_THIRDS).div_euclid(6) - zero;
    let place = |lat: i64, lon: i64| Position::try_new(lat, wrapped(lon)).expect("cells lie on the earth");
    let centre = place(middle(row, RIGHT_E7), middle(column, 2 * RIGHT_E7));
    Cell {
        corner: place(corner(row, RIGHT_E7), corner(column, 2 * RIGHT_E7)),
        centre,
        size: Size::Minutes(5 * steps as u8),
        uncertainty: super::cell::metres_up(half_diagonal_m(row, steps)),
    }
}

/// No corner is farther from the centre: along a straight line on the map the metres to a degree are nowhere
/// more than at the pole (of latitude) and on the cell's side nearest the equator (of longitude).
fn half_diagonal_m(row: i64, steps: i64) -> f64 {
    let equatorial = detente_types::geometry::earth::EQUATORIAL_RADIUS_M;
    let half = (steps as f64 * 2.5 / 60.0).to_radians();
    let from_equator = if row >= ROWS / 2 { row - ROWS / 2 } else { ROWS / 2 - row - steps };
    let (sin, cos) = sincos_e7(from_equator * STEP_E7_THIRDS / 3);
    let parallel = equatorial * cos / libm::sqrt(1.0 - ECCENTRICITY_2 * sin * sin);
    libm::hypot(half * equatorial / libm::sqrt(1.0 - ECCENTRICITY_2), half * parallel)
}
