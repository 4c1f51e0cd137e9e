//! Shortest paths by an implementation that owes nothing to the code under test.

use std::sync::OnceLock;

use detente_types::volume::Position;
use geographiclib_rs::{Geodesic, GeodesicLine, InverseGeodesic, capability};

/// Latitude and longitude in degrees; any turn of longitude.
pub(crate) type Place = (f64, f64);

fn wgs84() -> &'static Geodesic {
    static WGS84: OnceLock<Geodesic> = OnceLock::new();
    WGS84.get_or_init(Geodesic::wgs84)
}

pub(crate) fn degrees(position: Position) -> Place {
    (f64::from(position.lat_e7()) / 1e7, f64::from(position.lon_e7()) / 1e7)
}

/// Length of the shortest path, metres.
pub(crate) fn apart_m(a: Place, b: Place) -> f64 {
    wgs84().inverse(a.0, a.1, b.0, b.1)
}

/// The shortest path from one position to another.
pub(crate) struct Way {
    line: GeodesicLine,
    /// Degrees from true north at its start.
    pub(crate) azimuth: f64,
    arc: f64,
}

impl Way {
    pub(crate) fn new(from: Position, to: Position) -> Self {
        let (a, b) = (degrees(from), degrees(to));
        let (azimuth, _, arc): (f64, f64, f64) = wgs84().inverse(a.0, a.1, b.0, b.1);
        let line = GeodesicLine::new(wgs84(), a.0, a.1, azimuth, Some(capability::LATITUDE | capability::LONGITUDE), None, None);
        Self { line, azimuth, arc }
    }

    /// The place at a part of it, 0 to 1, counted by the angle on the sphere of reduced latitude: where something is that
    /// moves along it (docs/spec/conflict-2.md, section 1).
    pub(crate) fn at(&self, part: f64) -> Place {
        let (_, lat, lon, ..) = self.line._gen_position(true, self.arc * part, capability::LATITUDE | capability::LONGITUDE);
        (lat, lon)
    }
}
