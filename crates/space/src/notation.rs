//! Positions as people write them: MGRS, UTM, UPS, GARS, latitude and longitude.
//!
//! - What can be read in two ways is refused; nothing is guessed. An error tells the character, what is wrong
//!   with it and what was expected.
//! - MGRS and GARS name a square, and their digits are cut off when written, never rounded: the square always
//!   holds the position. When read, the square's centre is the [`Parsed::position`], and the square itself with
//!   the centre's uncertainty is the [`Parsed::cell`]: whoever takes the one must take the other into account.
//! - UTM, UPS and degrees name a point, and are rounded to the nearest when written.
//! - In degrees the latitude comes first unless letters say otherwise. A comma between two digits is a decimal
//!   comma or a separator, whichever alone makes a position.
//!
//! ```
//! use detente_space::notation::{self, Letters, Notation};
//!
//! let read = notation::parse("38S MB 4488 8814")?;
//! assert_eq!(read.notation, Notation::Mgrs);
//! let cell = read.cell.expect("MGRS names a square");
//! assert_eq!((cell.size.to_string().as_str(), cell.uncertainty.to_string().as_str()), ("10 m", "7.09 m"));
//! let russian = notation::write(read.position, Notation::DegreesMinutes, 3, Letters::Russian)?;
//! assert_eq!(russian, "33°19.863′С 044°24.467′В");
//! assert_eq!(notation::parse("33°19.863′ с.ш., 44°24,467′ в.д.")?.position, notation::parse(&russian)?.position);
//!
//! let wrong = notation::parse("60°75′N 24°E").expect_err("75 minutes");
//! assert_eq!(wrong.to_string(), "75 minutes at character 4; expected 0 to 59, and a fraction");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod angle;
mod cell;
mod degrees;
mod error;
mod gars;
mod grid;
mod krueger;
mod latlon;
mod lex;
mod mgrs;
mod polar;
#[cfg(test)]
mod tests;
mod text;
mod zone;

use detente_types::unit::Metres;
use detente_types::volume::Position;

pub use cell::{Cell, Size};
pub use error::{NotationError, WriteError, Wrong};
pub use latlon::Axis;

use degrees::Parts;
use lex::Commas;
use text::Chars;

/// Longer texts are refused unread: the longest way to write a position has about sixty characters.
pub const TEXT_CHARS_MAX: usize = 120;

/// A way to write a position.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Notation {
    /// Latitude and longitude in decimal degrees: `60.1234567°N 24.1234567°E`.
    Decimal,
    /// Degrees and decimal minutes: `60°07.407′N 024°07.407′E`.
    DegreesMinutes,
    /// Degrees, minutes and decimal seconds: `60°07′24.4″N 024°07′24.4″E`.
    DegreesMinutesSeconds,
    /// Zone, half of the earth, easting and northing: `35 north 402223 7099663`.
    Utm,
    /// The letter of the polar zone, easting and northing: `Z 2183555 1959007`.
    Ups,
    /// Zone, square and digits: `35WML0222299662`.
    Mgrs,
    /// Cells of 30, 15 and 5 minutes: `409QE26`.
    Gars,
}

impl Notation {
    /// All of them, in the order in which they are shown.
    pub const ALL: [Self; 7] =
        [Self::Decimal, Self::DegreesMinutes, Self::DegreesMinutesSeconds, Self::Utm, Self::Ups, Self::Mgrs, Self::Gars];

    /// As options and JSON name it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Decimal => "dd",
            Self::DegreesMinutes => "dm",
            Self::DegreesMinutesSeconds => "dms",
            Self::Utm => "utm",
            Self::Ups => "ups",
            Self::Mgrs => "mgrs",
            Self::Gars => "gars",
        }
    }

    /// Of a name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|notation| notation.name() == name)
    }

    /// The most digits that [`write()`] gives: behind the point (degrees, minutes, seconds, metres), of each of
    /// easting and northing (MGRS), or behind the letters (GARS).
    pub const fn digits_max(self) -> u8 {
        match self {
            Self::Decimal => 7,
            Self::DegreesMinutes => 6,
            Self::DegreesMinutesSeconds => 4,
            Self::Utm | Self::Ups => 3,
            Self::Mgrs => mgrs::DIGITS_MAX,
            Self::Gars => 2,
        }
    }
}

/// Letters for the hemispheres.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Letters {
    /// N, S, E, W.
    #[default]
    English,
    /// С, Ю, В, З.
    Russian,
}

/// A position as it was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Parsed {
    /// How it was written.
    pub notation: Notation,
    /// The point; of a square its centre.
    pub position: Position,
    /// The square, where the notation names one.
    pub cell: Option<Cell>,
}

impl Parsed {
    fn point(notation: Notation, position: Position) -> Self {
        Self { notation, position, cell: None }
    }

    fn square(notation: Notation, cell: Cell) -> Self {
        Self { notation, position: cell.centre, cell: Some(cell) }
    }

    /// How far from `position` the place that was meant can lie: half the diagonal of a square, 0 for a point.
    pub fn uncertainty(&self) -> Metres {
        self.cell.map_or(Metres::ZERO, |cell| cell.uncertainty)
    }
}

/// Reads a position in any notation.
///
/// # Errors
/// When the text is no position, or can be read as more than one: what is wrong, at which character, and what
/// was expected.
pub fn parse(text: &str) -> Result<Parsed, NotationError> {
    check_length(text)?;
    let chars = Chars::new(text);
    if chars.len() == 0 {
        return Err(chars.error(0, Wrong::Empty, "a position such as 60.1699°N 24.9384°E or 35VLG8561172118"));
    }
    if mgrs::looks_like(&chars) {
        return mgrs::parse(&chars).map(|cell| Parsed::square(Notation::Mgrs, cell));
    }
    if chars.digits_from(0) == 3 && chars.letters_from(3) == 2 {
        return gars::parse(&chars).map(|cell| Parsed::square(Notation::Gars, cell));
    }
    let apart = read(text, Commas::Apart);
    let Some(comma) = tight_comma(text) else {
        return apart;
    };
    match (apart, read(text, Commas::Decimal)) {
        (Ok(apart), Ok(decimal)) if apart.position != decimal.position => Err(NotationError {
            at: comma,
            wrong: Wrong::Ambiguous,
            expected: "a decimal point, or a space beside a comma that separates".into(),
        }),
        (_, Ok(parsed)) | (Ok(parsed), _) => Ok(parsed),
        // One number is no position: the comma did separate.
        (Err(apart), Err(NotationError { wrong: Wrong::Ends, .. })) => Err(apart),
        (_, Err(decimal)) => Err(decimal),
    }
}

/// Reads a latitude or a longitude alone, as a table has them in columns: in 1e-7 degree, north and east positive.
/// A comma is a decimal comma.
///
/// # Errors
/// As those of [`parse`]; and when the letter is one of the other axis.
pub fn parse_coordinate(text: &str, axis: Axis) -> Result<i64, NotationError> {
    check_length(text)?;
    latlon::parse_one(&lex::tokens(text, Commas::Decimal)?, axis)
}

fn check_length(text: &str) -> Result<(), NotationError> {
    match text.chars().nth(TEXT_CHARS_MAX) {
        None => Ok(()),
        Some(_) => {
            let expected = format!("at most {TEXT_CHARS_MAX} characters");
            Err(NotationError { at: TEXT_CHARS_MAX + 1, wrong: Wrong::TooLong, expected })
        }
    }
}

/// What the text says with commas read in one way.
fn read(text: &str, commas: Commas) -> Result<Parsed, NotationError> {
    let tokens = lex::tokens(text, commas)?;
    if grid::looks_like(&tokens) { grid::parse(&tokens) } else { latlon::parse(&tokens) }
}

/// The place of the first comma between two digits, from 1.
fn tight_comma(text: &str) -> Option<usize> {
    let chars: Vec<char> = text.chars().collect();
    let tight = |three: &[char]| three[1] == ',' && three[0].is_ascii_digit() && three[2].is_ascii_digit();
    chars.windows(3).position(tight).map(|place| place + 2)
}

/// Writes a position. `digits` are those of [`Notation::digits_max`], or fewer; `letters` matter to degrees only.
///
/// # Errors
/// More digits than the notation has; UTM beyond 80° S or from 84° N on, UPS elsewhere.
pub fn write(position: Position, notation: Notation, digits: u8, letters: Letters) -> Result<String, WriteError> {
    if digits > notation.digits_max() {
        return Err(WriteError::TooFine { notation, digits });
    }
    match notation {
        Notation::Decimal => Ok(degrees::write(position, Parts::Degrees, digits, letters)),
        Notation::DegreesMinutes => Ok(degrees::write(position, Parts::Minutes, digits, letters)),
        Notation::DegreesMinutesSeconds => Ok(degrees::write(position, Parts::Seconds, digits, letters)),
        Notation::Utm => grid::write_utm(position, digits),
        Notation::Ups => grid::write_ups(position, digits),
        Notation::Mgrs => mgrs::write(position, digits),
        Notation::Gars => Ok(gars::write(position, digits)),
    }
}
