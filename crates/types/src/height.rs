//! What altitudes over other data are worth on a line: the terms' datum, and their bounds for converting.
//!
//! A height over the ellipsoid and one over mean sea level are turned into each other by a geoid that the law names. A
//! height over ground needs to know how high the ground can be, a flight level how far it can be off: without such a
//! bound in the terms they are refused (DV-043), never guessed.

use crate::unit::Metres;
use crate::volume::Datum;

/// The datum in which a line compares altitudes, and what the terms say for converting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Heights {
    /// What altitudes are compared over.
    pub datum: Datum,
    /// Lowest and highest ground over that datum, when the terms bound it.
    pub terrain: Option<(Metres, Metres)>,
    /// Largest difference between a flight level and the altitude over mean sea level, when the terms bound it.
    pub pressure: Option<Metres>,
}

impl Heights {
    /// One datum, and no bounds.
    pub const fn of(datum: Datum) -> Self {
        Self { datum, terrain: None, pressure: None }
    }

    /// Whether altitudes over a datum can be compared here.
    pub const fn takes(&self, datum: Datum) -> bool {
        match (datum, self.datum) {
            (Datum::Wgs84, Datum::Wgs84)
            | (Datum::Amsl, Datum::Amsl)
            | (Datum::Agl, Datum::Agl)
            | (Datum::FlightLevel, Datum::FlightLevel)
            | (Datum::Wgs84, Datum::Amsl)
            | (Datum::Amsl, Datum::Wgs84) => true,
            (Datum::Agl, Datum::Wgs84 | Datum::Amsl) => self.terrain.is_some(),
            (Datum::FlightLevel, Datum::Wgs84 | Datum::Amsl) => self.pressure.is_some(),
            // Neither ground nor pressure is a surface that others can be laid against.
            (_, Datum::Agl | Datum::FlightLevel) => false,
        }
    }
}
