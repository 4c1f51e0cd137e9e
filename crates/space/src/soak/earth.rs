//! Shortest paths by an implementation that owes nothing to the code under test.

use std::sync::OnceLock;

use detente_types::geometry::earth::{EQUATORIAL_RADIUS_M, POLAR_RADIUS_M, Vec3};
use detente_types::volume::Position;
use geographiclib_rs::{Geodesic, GeodesicLine, InverseGeodesic, capability};

use crate::testing::{at, toward};

/// Latitude and longitude in degrees; any turn of longitude.
pub(crate) type Place = (f64, f64);

fn wgs84() -> &'static Geodesic {
    static WGS84: OnceLock<Geodesic> = OnceLock::new();
    WGS84.get_or_init(Geodesic::wgs84)
}

pub(crate) fn degrees(position: Position) -> Place {
    (f64::from(position.lat_e7()) / 1e7, f64::from(position.lon_e7()) / 1e7)
}

/// On the surface of WGS-84, metres from the earth's middle: the textbook's formula.
pub(crate) fn on_surface((lat, lon): Place) -> Vec3 {
    let ((sin_lat, cos_lat), (sin_lon, cos_lon)) = (libm::sincos(lat.to_radians()), libm::sincos(lon.to_radians()));
    let flat = POLAR_RADIUS_M * POLAR_RADIUS_M / (EQUATORIAL_RADIUS_M * EQUATORIAL_RADIUS_M);
    let normal = EQUATORIAL_RADIUS_M / libm::sqrt(cos_lat * cos_lat + flat * sin_lat * sin_lat);
    Vec3::new(normal * cos_lat * cos_lon, normal * cos_lat * sin_lon, normal * flat * sin_lat)
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

/// The least value over a range: sampled, then narrowed by thirds round the best sample.
pub(crate) fn least((from, to): (f64, f64), value: impl Fn(f64) -> f64) -> f64 {
    const SAMPLES: usize = 24;
    let part = |i: usize| from + (to - from) * i as f64 / SAMPLES as f64;
    let best = (0..=SAMPLES).min_by(|&i, &j| value(part(i)).total_cmp(&value(part(j)))).unwrap();
    let (mut low, mut high) = (part(best.saturating_sub(1)), part((best + 1).min(SAMPLES)));
    for _ in 0..60 {
        let (one, two) = (low + (high - low) / 3.0, high - (high - low) / 3.0);
        if value(one) < value(two) { high = two } else { low = one }
    }
    value((low + high) / 2.0)
}

/// What "evenly" means for what moves: by the angle on the sphere of reduced latitude, not by the metre. The figures stand in
/// docs/spec/conflict-2.md, section 5.
#[test]
fn evenly_by_angle_is_not_evenly_by_the_metre() {
    for (metres, most) in [(5e3, 0.002), (1e5, 0.7), (5e5, 17.0), (1e6, 66.0), (1.99e6, 260.0)] {
        let mut worst = 0.0_f64;
        for (lat, azimuth) in (-17..=17).flat_map(|lat| (0..24).map(move |a| (f64::from(lat) * 5.0, f64::from(a) * 15.0))) {
            let from = at(lat, 10.0);
            let way = Way::new(from, toward(from, azimuth, metres));
            let (start, end) = (way.at(0.0), way.at(1.0));
            for part in [0.25, 0.5, 0.75] {
                let along = apart_m(start, way.at(part));
                worst = worst.max((along - apart_m(start, end) * part).abs());
            }
        }
        println!("{:>6} km: {worst:.4} m", metres / 1e3);
        assert!(worst <= most, "{metres} m: {worst} m");
    }
}
