use geographiclib_rs::{DirectGeodesic, Geodesic, InverseGeodesic};
use proptest::prelude::*;

use super::*;

fn volume(shape: &str, positions: Vec<[f64; 2]>, radius_m: f64) -> VolumeForm {
    VolumeForm {
        shape: shape.into(),
        positions,
        holes: Vec::new(),
        radius_m,
        lower_m: 0.0,
        upper_m: 1.0,
        datum: "AMSL".into(),
        start: String::new(),
        end: String::new(),
        times: Vec::new(),
        slack_s: 0.0,
        doubts: Vec::new(),
    }
}

/// How far a point lies from the shortest path between two others, by an independent library: the least over the path.
fn metres_from_path(earth: &Geodesic, point: [f64; 2], from: [f64; 2], to: [f64; 2]) -> f64 {
    let (length, azimuth, _, _) = earth.inverse(from[0], from[1], to[0], to[1]);
    let apart = |along: f64| {
        let (lat, lon): (f64, f64) = earth.direct(from[0], from[1], azimuth, along);
        let metres: f64 = earth.inverse(lat, lon, point[0], point[1]);
        metres
    };
    let (mut low, mut high) = (0.0, length);
    for _ in 0..60 {
        let (a, b) = (low + (high - low) / 3.0, high - (high - low) / 3.0);
        if apart(a) < apart(b) { high = b } else { low = a }
    }
    apart(low).min(apart(0.0)).min(apart(length))
}

/// Points of the straight edge beside each of the pieces into which it was cut, and how far each is from its piece.
fn deviations(edge: [[f64; 2]; 2], drawn: &[[f64; 2]]) -> Vec<f64> {
    let earth = Geodesic::wgs84();
    let pieces = drawn.len() - 1;
    let beside = |k: usize, part: f64| {
        let part = (k as f64 + part) / pieces as f64;
        [0, 1].map(|axis| edge[0][axis] + (edge[1][axis] - edge[0][axis]) * part)
    };
    let wanted = [0, pieces / 3, pieces / 2, pieces - 1];
    let points = wanted.into_iter().flat_map(|k| [0.25, 0.5, 0.75].map(|part| (k, beside(k, part))));
    points.map(|(k, point)| metres_from_path(&earth, point, drawn[k], drawn[k + 1])).collect()
}

/// Draws an edge again and gives how far it was off at most, and by how much the radius grew.
fn redrawn_edge(from: [f64; 2], to: [f64; 2]) -> Option<(f64, f64, usize)> {
    let mut path = volume("path", vec![from, to], 1_000.0);
    straighten(&mut path).ok()?;
    let off = deviations([from, to], &path.positions).into_iter().fold(0.0, f64::max);
    Some((off, path.radius_m - 1_000.0, path.positions.len()))
}

#[test]
fn an_edge_of_the_gulf_is_followed_closely_with_few_vertices() {
    let (off, grown, vertices) = redrawn_edge([60.0, 24.0], [60.0, 25.8]).unwrap();
    assert!((5.0..=DEVIATION_M_MAX).contains(&off), "{off}");
    assert!((off..=DEVIATION_M_MAX + 0.1).contains(&grown), "{grown} for {off}");
    assert!(vertices <= 9, "{vertices}");
}

#[test]
fn a_small_shape_grows_by_centimetres_only() {
    let mut square = volume("polygon", vec![[60.0, 25.0], [60.0, 25.02], [60.01, 25.02], [60.01, 25.0]], 0.0);
    let before = square.clone();
    straighten(&mut square).unwrap();
    assert_eq!(square.positions, before.positions);
    assert!((0.02..0.2).contains(&square.radius_m), "{}", square.radius_m);
}

#[test]
fn what_does_not_deviate_stays_as_it_is() {
    for same in [
        volume("point", vec![[60.0, 25.0]], 0.0),
        volume("path", vec![[59.0, 25.0], [61.0, 25.0], [80.0, 25.0]], 500.0),
        volume("path", vec![[0.0, 10.0], [0.0, 20.0]], 500.0),
    ] {
        let mut drawn = same.clone();
        straighten(&mut drawn).unwrap();
        assert_eq!(drawn, same);
    }
}

#[test]
fn a_path_without_a_radius_gains_none() {
    let mut path = volume("path", vec![[60.0, 24.0], [60.0, 25.0]], 0.0);
    straighten(&mut path).unwrap();
    assert_eq!(path.radius_m, 0.0);
}

#[test]
fn a_ring_is_closed_and_its_holes_are_drawn_too() {
    let mut ring = volume("polygon", vec![[60.0, 24.0], [60.0, 26.0], [61.0, 26.0], [61.0, 24.0]], 0.0);
    ring.holes = vec![vec![[60.4, 24.5], [60.6, 24.5], [60.6, 25.5], [60.4, 25.5]]];
    straighten(&mut ring).unwrap();
    let turned = |ring: &[[f64; 2]]| (ring.first() != ring.last(), ring.len());
    assert!(turned(&ring.positions).0 && ring.positions.len() > 4 + 10);
    assert!(turned(&ring.holes[0]).0 && ring.holes[0].len() > 4 + 4);
}

#[test]
fn edges_that_cannot_be_followed_are_refused() {
    let refused = |positions: Vec<[f64; 2]>| straighten(&mut volume("path", positions, 1.0)).unwrap_err();
    assert!(refused(vec![[10.0, 179.0], [10.0, -179.0]]).expected.contains("antimeridian"));
    assert!(refused(vec![[60.0, -90.0], [60.0, 89.0], [59.0, -90.0]]).found.contains("more vertices"));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, rng_seed: proptest::test_runner::RngSeed::Fixed(7), failure_persistence: None, ..ProptestConfig::default() })]

    /// Against an independent library: what the file drew lies within what the radius grew by.
    #[test]
    fn no_point_of_an_edge_is_lost(
        lat in -88.0..88.0f64, lon in -170.0..170.0f64, north in -3.0..3.0f64, east in -8.0..8.0f64,
    ) {
        let (from, to) = ([lat, lon], [(lat + north).clamp(-89.0, 89.0), lon + east]);
        if let Some((off, grown, _)) = redrawn_edge(from, to) {
            prop_assert!(off <= grown.max(0.02), "{off} m off, {grown} m grown, {from:?} to {to:?}");
            prop_assert!(grown <= DEVIATION_M_MAX + 0.05, "{grown}");
        }
    }
}

#[test]
fn what_moves_along_a_straight_edge_passes_its_vertices_evenly() {
    let mut moving = volume("path", vec![[60.0, 20.0], [60.0, 24.0], [60.0, 24.5]], 100.0);
    moving.times = ["2026-11-24T06:00:00Z", "2026-11-24T08:00:00Z", "2026-11-24T08:30:00Z"].map(String::from).to_vec();
    straighten(&mut moving).unwrap();
    assert!(moving.positions.len() > 10 && moving.times.len() == moving.positions.len());
    for (position, time) in moving.positions.iter().zip(&moving.times) {
        let start = Timestamp::parse("2026-11-24T06:00:00Z").unwrap();
        let hours = Timestamp::parse(time).unwrap().since(start) as f64 / 3.6e9;
        let along = if hours <= 2.0 { 20.0 + 2.0 * hours } else { 24.0 + (hours - 2.0) };
        assert!((position[1] - along).abs() < 1e-6, "{position:?} at {time}");
    }
    // Times that are not those of the positions are left for the rule that refuses them.
    let mut odd = volume("path", vec![[60.0, 20.0], [60.0, 24.0]], 100.0);
    odd.times = vec!["2026-11-24T06:00:00Z".into()];
    straighten(&mut odd).unwrap();
    assert_eq!(odd.times.len(), 1);
}
