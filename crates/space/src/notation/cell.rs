//! The square that MGRS and GARS name: these notations tell where a position lies, never a position.

use core::fmt;

use detente_types::unit::Metres;
use detente_types::volume::Position;

/// What a rounding to 1e-7 degree can move a centre by, in metres: half of 1.11 cm each way, rounded up.
const ROUNDING_M: f64 = 0.008;

/// A square on the ground, or a cell of the globe, that a text names.
///
/// The corner is where MGRS and GARS count from: digits are cut off when written, never rounded, so that the
/// square always holds what was meant. Of all its points the centre is the least wrong guess, and nothing in
/// the square is farther from it than `uncertainty`. Squares that the edge of a zone or a band cuts are
/// measured whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cell {
    /// The corner with the least easting and northing (MGRS), or the south-west corner (GARS).
    pub corner: Position,
    /// Where the square's diagonals cross on the map.
    pub centre: Position,
    /// The length of its sides.
    pub size: Size,
    /// Every point of the square is this near to the centre: half its diagonal on the ground, rounded up.
    pub uncertainty: Metres,
}

/// The side of a square.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Size {
    /// Metres on the grid, 1 to 100,000 (MGRS).
    Metres(u32),
    /// Minutes of latitude and of longitude, 5, 15 or 30 (GARS).
    Minutes(u8),
}

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Metres(metres) => write!(f, "{metres} m"),
            Self::Minutes(minutes) => write!(f, "{minutes}′"),
        }
    }
}

/// A half diagonal, rounded up with what the centre's own rounding adds.
pub(super) fn metres_up(metres: f64) -> Metres {
    Metres::from_cm(libm::ceil((metres + ROUNDING_M) * 100.0) as i64)
}
