//! What can be wrong with a position as written, in words for the person who wrote it.

use thiserror::Error;

use super::Notation;

/// A text that is no position: what is wrong, where, and what was expected.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{wrong} at character {at}; expected {expected}")]
pub struct NotationError {
    /// The character, counted from 1, spaces included.
    pub at: usize,
    /// What is wrong with it.
    pub wrong: Wrong,
    /// What would be right there.
    pub expected: String,
}

/// A character as a message repeats it: nothing in it steers a screen.
fn shown(char: char) -> String {
    if matches!(char, '\'' | '"' | '\\') { char.to_string() } else { char.escape_debug().to_string() }
}

/// What is wrong.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Wrong {
    /// Nothing but spaces.
    #[error("no position")]
    Empty,
    /// More characters than any notation has.
    #[error("too long a text")]
    TooLong,
    /// A character that no notation has there.
    #[error("`{}` has no place here", shown(*.0))]
    Unexpected(char),
    /// The text ends too early.
    #[error("the position ends early")]
    Ends,
    /// A letter that is not in use there.
    #[error("the letter {0} is not used here")]
    Letter(char),
    /// A Cyrillic letter where only Latin ones are written, or a Latin one that looks like a Cyrillic one.
    #[error("the letter {0} is of another alphabet and may be misread")]
    Alphabet(char),
    /// A word that no notation has.
    #[error("the word `{0}` is not known here")]
    Word(String),
    /// A number of more whole digits than any notation has.
    #[error("a number of {0} digits")]
    Digits(usize),
    /// A latitude beyond a pole.
    #[error("latitude {0}° is beyond a pole")]
    Latitude(String),
    /// A longitude beyond 180°.
    #[error("longitude {0}° is over 180°")]
    Longitude(String),
    /// The first of two plain numbers is over 90, the second is not.
    #[error("latitude {0}° is beyond a pole; the longitude seems to stand first")]
    Swapped(String),
    /// Minutes of 60 or more.
    #[error("{0} minutes")]
    Minutes(String),
    /// Seconds of 60 or more.
    #[error("{0} seconds")]
    Seconds(String),
    /// A part with a fraction, and a finer part after it.
    #[error("a fraction before a finer part")]
    Fraction,
    /// Two latitudes or two longitudes.
    #[error("a second {0}")]
    Twice(&'static str),
    /// A latitude where a longitude is asked for, or the other way round.
    #[error("a {0}")]
    OtherAxis(&'static str),
    /// A coordinate with neither a letter nor a sign that tells its half of the earth.
    #[error("no hemisphere")]
    Hemisphere,
    /// Both a sign and a letter.
    #[error("both a sign and a letter for the hemisphere")]
    SignAndLetter,
    /// A text that can be read in more than one way.
    #[error("more than one way to read this")]
    Ambiguous,
    /// No such zone of UTM.
    #[error("zone {0} does not exist")]
    Zone(i64),
    /// A zone that gives way to its neighbours in this band.
    #[error("zone {0}{1} does not exist")]
    ZoneInBand(u8, char),
    /// A letter for the column that the zone does not have.
    #[error("the column {column} is not in zone {zone}")]
    Column {
        /// The letter.
        column: char,
        /// The zone, 1 to 60, or the polar zone's letter.
        zone: String,
    },
    /// A letter for the row that no square has.
    #[error("the row {0} does not exist")]
    Row(char),
    /// A square that lies outside its own zone or band.
    #[error("the square {square} lies outside {zone}")]
    Square {
        /// Its two letters.
        square: String,
        /// The zone and the band.
        zone: String,
    },
    /// Digits that do not fall into two halves.
    #[error("{east} digits of easting and {north} of northing")]
    Halves {
        /// Digits of the easting.
        east: usize,
        /// Digits of the northing.
        north: usize,
    },
    /// An odd count of digits.
    #[error("{0} digits, which do not halve")]
    OddDigits(usize),
    /// More digits than one metre needs.
    #[error("{0} digits for each of easting and northing")]
    TooManyDigits(usize),
    /// An easting or a northing outside the grid.
    #[error("the {axis} {metres} m is outside {grid}")]
    OffGrid {
        /// `easting` or `northing`.
        axis: &'static str,
        /// As it was written.
        metres: String,
        /// The grid that was named.
        grid: String,
    },
    /// A band or half that the northing or the easting contradicts.
    #[error("the letter {0} contradicts the numbers")]
    Contradiction(char),
    /// A column of GARS outside 1 to 720.
    #[error("the GARS column {0:03} does not exist")]
    GarsColumn(i64),
    /// Letters of GARS beyond the north pole.
    #[error("the GARS row is beyond the north pole")]
    GarsRow,
}

/// A position that cannot be written as asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum WriteError {
    /// More digits than the notation has.
    #[error("{digits} digits asked for, {} has at most {}", .notation.name(), .notation.digits_max())]
    TooFine {
        /// In which notation.
        notation: Notation,
        /// How many were asked for.
        digits: u8,
    },
    /// A latitude where UTM is not used.
    #[error("UTM ends at 80° S and 84° N; UPS is used beyond")]
    NotUtm,
    /// A latitude where UPS is not used.
    #[error("UPS is used beyond 80° S and 84° N only; UTM is used here")]
    NotUps,
}
