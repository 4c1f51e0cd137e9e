//! What the tests of the law and the index share: plain volumes, and an oracle of distance on WGS-84
//! that owes nothing to the code under test.

use detente_space::Separation;
use detente_types::time::{Timestamp, Window};
use detente_types::unit::Metres;
use detente_types::volume::{AltitudeBand, Datum, Footprint, Position, Shape, Volume};
use geographiclib_rs::{DirectGeodesic, Geodesic, InverseGeodesic};
use proptest::prelude::ProptestConfig;
use proptest::test_runner::RngSeed;

/// The same cases in every run; a soak draws new ones, and twenty times as many.
pub(crate) fn repeatable(cases: u32) -> ProptestConfig {
    let plain = ProptestConfig { failure_persistence: None, ..ProptestConfig::default() };
    if std::env::var_os("DETENTE_SOAK").is_some() {
        return ProptestConfig { cases: cases * 20, ..plain };
    }
    ProptestConfig { cases, rng_seed: RngSeed::Fixed(0x5EED), ..plain }
}

/// Degrees.
pub(crate) type LatLon = (f64, f64);

pub(crate) fn at(place: LatLon) -> Position {
    let lon = (place.1 + 540.0).rem_euclid(360.0) - 180.0;
    Position::try_new((place.0 * 1e7).round() as i64, (lon * 1e7).round() as i64).unwrap()
}

pub(crate) fn degrees(position: Position) -> LatLon {
    (f64::from(position.lat_e7()) / 1e7, f64::from(position.lon_e7()) / 1e7)
}

pub(crate) const NOON_US: i64 = 1_795_521_600_000_000;
pub(crate) const HOUR_US: i64 = 3_600_000_000;

pub(crate) fn window(start_us: i64, end_us: i64) -> Window {
    Window::try_new(Timestamp::from_micros(start_us), Timestamp::from_micros(end_us)).unwrap()
}

pub(crate) fn band(lower_m: i64, upper_m: i64) -> AltitudeBand {
    AltitudeBand::try_new(Metres::new(lower_m), Metres::new(upper_m), Datum::Wgs84).unwrap()
}

/// A volume from the ground to 1,000 m, from noon for an hour.
pub(crate) fn volume(shape: Shape, radius_m: f64) -> Volume {
    let radius = Metres::from_cm((radius_m * 100.0).round() as i64);
    Volume {
        footprint: Footprint::try_new(shape, radius).unwrap(),
        band: band(0, 1_000),
        window: window(NOON_US, NOON_US + HOUR_US),
        passage: None,
    }
}

pub(crate) fn point(place: LatLon, radius_m: f64) -> Volume {
    volume(Shape::Point(at(place)), radius_m)
}

pub(crate) fn path(places: &[LatLon], radius_m: f64) -> Volume {
    volume(Shape::Path(places.iter().copied().map(at).collect()), radius_m)
}

pub(crate) fn polygon(rings: &[Vec<LatLon>], radius_m: f64) -> Volume {
    let ring = |r: &Vec<LatLon>| r.iter().copied().map(at).collect();
    volume(Shape::Polygon(rings.iter().map(ring).collect()), radius_m)
}

/// A separation along the earth only.
pub(crate) fn apart_m(horizontal: i64) -> Separation {
    Separation { horizontal: Metres::new(horizontal), vertical: Metres::ZERO, time_us: 0 }
}

/// Where one comes from a place by an azimuth (degrees) and a length (metres).
pub(crate) fn toward(from: LatLon, azimuth: f64, metres: f64) -> LatLon {
    Geodesic::wgs84().direct(from.0, from.1, azimuth, metres)
}

/// Length of the shortest path, metres.
pub(crate) fn distance(a: LatLon, b: LatLon) -> f64 {
    Geodesic::wgs84().inverse(a.0, a.1, b.0, b.1)
}

/// A shortest path between two places.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Edge {
    from: LatLon,
    azimuth: f64,
    length: f64,
}

impl Edge {
    pub(crate) fn new(from: LatLon, to: LatLon) -> Self {
        let (length, azimuth, _, _): (f64, f64, f64, f64) = Geodesic::wgs84().inverse(from.0, from.1, to.0, to.1);
        Self { from, azimuth, length }
    }

    pub(crate) fn azimuth(&self) -> f64 {
        self.azimuth
    }

    pub(crate) fn point(&self, part: f64) -> LatLon {
        toward(self.from, self.azimuth, self.length * part)
    }

    pub(crate) fn distance_to(&self, place: LatLon) -> f64 {
        least(|part| distance(self.point(part), place))
    }

    pub(crate) fn distance_to_edge(&self, other: &Self) -> f64 {
        least(|part| other.distance_to(self.point(part)))
    }
}

/// The edges of a shape as it was rounded to positions.
pub(crate) fn edges(shape: &Shape) -> Vec<Edge> {
    let places = |positions: &[Position]| positions.iter().copied().map(degrees).collect::<Vec<_>>();
    match shape {
        Shape::Point(_) => Vec::new(),
        Shape::Path(path) => places(path).windows(2).map(|p| Edge::new(p[0], p[1])).collect(),
        Shape::Polygon(rings) => rings
            .iter()
            .map(|ring| places(ring))
            .flat_map(|ring| (0..ring.len()).map(|i| Edge::new(ring[i], ring[(i + 1) % ring.len()])).collect::<Vec<_>>())
            .collect(),
    }
}

/// The least value over 0 to 1: sampled, then narrowed by thirds round the best sample.
fn least(value: impl Fn(f64) -> f64) -> f64 {
    const SAMPLES: usize = 24;
    let part = |i: usize| i as f64 / SAMPLES as f64;
    let best = (0..=SAMPLES).min_by(|&i, &j| value(part(i)).total_cmp(&value(part(j)))).unwrap();
    let (mut low, mut high) = (part(best.saturating_sub(1)), part((best + 1).min(SAMPLES)));
    for _ in 0..60 {
        let (one, two) = (low + (high - low) / 3.0, high - (high - low) / 3.0);
        if value(one) < value(two) {
            high = two;
        } else {
            low = one;
        }
    }
    value((low + high) / 2.0)
}

/// By how much the law may tell a distance too short, in metres: what docs/spec/conflict-1.md states for
/// shapes whose longest edge is `edge` metres, at a distance of `apart` metres between the bare shapes.
pub(crate) fn error_bound(edge: f64, apart: f64) -> f64 {
    let growth = 1.0;
    let rounding = 0.01;
    let chords = if edge == 0.0 { 0.0 } else { 0.16 };
    let model = 2.0 * 0.08 * (edge / 1e6) * (edge / 1e6);
    let curvature = 2.2e-17 * apart * apart * apart;
    growth + rounding + chords + model + curvature
}
