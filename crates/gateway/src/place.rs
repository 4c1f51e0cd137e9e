//! Positions that stand in a file as text, in any notation.
//!
//! MGRS and GARS name a square. Its centre is taken, the volume's radius grows by the half diagonal, so that the
//! volume holds whatever point of the square was meant, and a warning tells both.

use detente_space::notation::{self, Axis, NotationError, Parsed};
use detente_types::unit::Metres;

use crate::problem::Problem;

/// Positions, and what their notation leaves open.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Places {
    /// Latitude and longitude in decimal degrees; not numbers where one could not be read.
    pub(crate) positions: Vec<[f64; 2]>,
    /// The most that any of them may lie from the place that was meant.
    pub(crate) uncertainty: Metres,
}

impl Places {
    /// Adds a position of a text; what it leaves open is told as a doubt.
    pub(crate) fn add(&mut self, at: &str, text: &str, doubts: &mut Vec<Problem>) -> Result<(), NotationError> {
        let read = notation::parse(text)?;
        doubts.extend(doubt(at, text, &read));
        self.positions.push([read.position.lat_e7(), read.position.lon_e7()].map(|e7| f64::from(e7) / 1e7));
        self.uncertainty = self.uncertainty.max(read.uncertainty());
        Ok(())
    }
}

/// A radius that holds what positions leave open, in metres.
pub(crate) fn grown(radius_m: f64, uncertainty: Metres) -> f64 {
    if uncertainty == Metres::ZERO {
        return radius_m;
    }
    // In whole centimetres: a sum of fractions would not be written as it is read.
    ((radius_m * 100.0).round() + uncertainty.cm() as f64) / 100.0
}

/// What to tell about a square.
fn doubt(at: &str, text: &str, read: &Parsed) -> Option<Problem> {
    let cell = read.cell?;
    let found = format!("{}, a square of {}", text.trim(), cell.size);
    let expected = format!("a point: its centre {} is taken, and radius_m grows by {}", cell.centre, cell.uncertainty);
    Some(Problem::new(at, &found, expected))
}

/// A latitude or a longitude alone, in decimal degrees.
pub(crate) fn coordinate(cell: &str, axis: Axis) -> Result<f64, NotationError> {
    notation::parse_coordinate(cell, axis).map(|e7| e7 as f64 / 1e7)
}
