//! Places where geometry goes wrong, and how high the sea is there by an independent reading of the geoid.

use detente_types::volume::Position;

use crate::geoid::oracle::by_cs2cs;
use crate::testing::at;

/// Places by name, latitude and longitude in degrees.
pub(crate) const SPOTS: [(&str, f64, f64); 16] = [
    ("plain", 59.6, 24.7),
    ("plain", 48.3, 37.9),
    ("plain", -33.9, 151.2),
    ("sea high over the ellipsoid", -8.0, 147.0),
    ("sea far below the ellipsoid", 4.5, 79.0),
    ("mountains", 27.9, 86.9),
    ("antimeridian", 0.0, 180.0),
    ("antimeridian", -17.0, 179.999),
    ("antimeridian", 66.0, -179.9995),
    ("antimeridian", 71.2, 180.0),
    ("north pole", 90.0, 0.0),
    ("north pole", 89.9999, 135.0),
    ("south pole", -89.99, -90.0),
    ("south pole", -90.0, 0.0),
    ("zero", 0.0, 0.0),
    ("equator", 0.00001, -78.5),
];

/// The sea at the spots.
pub(crate) struct Sea(Vec<(Position, f64)>);

impl Sea {
    /// As `cs2cs` has it.
    pub(crate) fn sounded() -> Self {
        let degrees: Vec<(f64, f64)> = SPOTS.iter().map(|&(_, lat, lon)| (lat, lon)).collect();
        let heights = by_cs2cs(&degrees);
        Self(SPOTS.iter().zip(heights).map(|(&(_, lat, lon), metres)| (at(lat, lon), metres * 100.0)).collect())
    }

    pub(crate) fn position(&self, spot: usize) -> Position {
        self.0[spot].0
    }

    /// Over the ellipsoid, centimetres.
    pub(crate) fn undulation_cm(&self, spot: usize) -> f64 {
        self.0[spot].1
    }
}
