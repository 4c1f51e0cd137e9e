use geographiclib_rs::{DirectGeodesic, Geodesic, InverseGeodesic};

use super::*;
use crate::testing::at;

/// What the law states: an edge strays from the shortest path by no more than this, in metres.
fn stated_m(length: f64) -> f64 {
    0.075 * (length / 1e6) * (length / 1e6) + 1e-6
}

/// The furthest that an arc of about this length strays from the shortest path, over all latitudes and
/// azimuths: every 10° and 30°, in a soak every 5° and 15°.
fn worst_m(length: f64) -> f64 {
    let finer = if std::env::var_os("DETENTE_SOAK").is_some() { 1 } else { 2 };
    let mut worst = 0.0_f64;
    for lat in (-90..=90).step_by(5 * finer) {
        for azimuth in (0..360).step_by(15 * finer) {
            let (lat, azimuth) = (f64::from(lat) - 0.003, f64::from(azimuth) + 0.7);
            worst = worst.max(strays(lat.max(-90.0), azimuth, length));
        }
    }
    worst
}

fn strays(lat: f64, azimuth: f64, length: f64) -> f64 {
    let earth = Geodesic::wgs84();
    let from = at(lat, 11.0);
    let (to_lat, to_lon): (f64, f64) = earth.direct(lat, 11.0, azimuth, length);
    let arc = Arc::between(from, at(to_lat, to_lon));
    let parts = arc.chords().min(8);
    let places = (0..=parts).map(|i| i * arc.chords() / parts);
    places.map(|k| beside_path(&arc, k)).fold(0.0, f64::max)
}

/// How far a vertex of the chords lies from the shortest path between the arc's ends, by the oracle.
fn beside_path(arc: &Arc, k: u32) -> f64 {
    let degrees = |point| geodetic(point);
    let ((lat1, lon1), (lat2, lon2)) = (degrees(arc.from()), degrees(arc.to()));
    let (lat, lon) = degrees(arc.vertex(k));
    let earth = Geodesic::wgs84();
    let (length, azimuth, _, _): (f64, f64, f64, f64) = earth.inverse(lat1, lon1, lat2, lon2);
    let away = |along: f64| -> f64 {
        let (path_lat, path_lon): (f64, f64) = earth.direct(lat1, lon1, azimuth, along);
        earth.inverse(path_lat, path_lon, lat, lon)
    };
    let about = length * f64::from(k) / f64::from(arc.chords());
    let (mut low, mut high) = ((about - 500.0).max(0.0), (about + 500.0).min(length));
    for _ in 0..50 {
        let third = (high - low) / 3.0;
        if away(low + third) < away(high - third) {
            high -= third;
        } else {
            low += third;
        }
    }
    away((low + high) / 2.0)
}

/// Latitude and longitude of a point of the surface, unrounded.
fn geodetic(point: Vec3) -> (f64, f64) {
    let from_axis = libm::hypot(point.x, point.y);
    let squash = (1.0 - FLATTENING) * (1.0 - FLATTENING);
    let lat = libm::atan2(point.z, from_axis * squash);
    (lat.to_degrees(), libm::atan2(point.y, point.x).to_degrees())
}

/// The figures stand in docs/spec/conflict-1.md, section "Error".
#[test]
fn arcs_follow_shortest_paths_within_the_stated_bound() {
    for length in [1e3, 5e3, 2e4, 1e5, 5e5, 1e6, 1.99e6] {
        let worst = worst_m(length);
        println!("{:>6} km: {worst:.6} m", length / 1e3);
        assert!(worst <= stated_m(length), "{length} m: {worst} m");
    }
}

/// Without the turn an arc is the central-plane section, which the bound does not hold for.
#[test]
fn planted_error_no_turn_is_caught() {
    let mut arc = Arc::between(at(45.0, 0.0), at(50.0, 20.0));
    let _ = arc.chords();
    let curve = &mut **arc.curve.get_mut().unwrap();
    *curve = Curve { end: turned(curve.end, -curve.turn), turn: 0.0, ..curve.clone() };
    let (angle, _) = angle_and_climb(curve.start, curve.end);
    (curve.angle, curve.sin_angle) = (angle, libm::sin(angle));
    let middle = arc.chords() / 2;
    assert!(beside_path(&arc, middle) > stated_m(arc.length()));
}

#[test]
fn chords_are_short_and_meet_end_to_end() {
    for (from, to) in [(at(0.0, 0.0), at(0.0, 17.0)), (at(60.0, 24.0), at(60.01, 24.05)), (at(85.0, 0.0), at(85.0, 180.0))] {
        let arc = Arc::between(from, to);
        let chord = |k: u32| (arc.vertex(k + 1) - arc.vertex(k)).norm();
        let longest = (0..arc.chords()).map(chord).fold(0.0, f64::max);
        let shortest = (0..arc.chords()).map(chord).fold(f64::MAX, f64::min);
        assert!(longest <= CHORD_M_MAX && shortest >= longest * 0.99, "{shortest} to {longest}");
        assert_eq!((arc.vertex(0), arc.vertex(arc.chords())), (arc.from(), arc.to()));
        assert!(f64::from(arc.chords()) * longest <= arc.length() * 1.000_001);
    }
}
