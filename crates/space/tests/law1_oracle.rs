//! Law `conflict/1` against an independent implementation of geodesics: the distance that it tells is
//! never above the true one, and below it by no more than the stated bound.

mod common;

use common::{
    Edge, LatLon, apart_m, at, degrees, distance, edges, error_bound, path, point, polygon, repeatable, toward,
};
use detente_space::law1::meet;
use detente_types::volume::Volume;
use proptest::prelude::*;

/// Any place, with the poles, the antimeridian and the equator drawn more often than chance would.
fn place() -> impl Strategy<Value = LatLon> {
    let lat = prop_oneof![4 => -90.0..90.0_f64, 1 => Just(90.0), 1 => Just(-90.0), 1 => Just(0.0), 1 => 88.0..90.0_f64];
    let lon = prop_oneof![4 => -180.0..180.0_f64, 1 => Just(-180.0), 1 => 179.9..180.0_f64, 1 => Just(0.0)];
    (lat, lon).prop_map(|place| degrees(at(place)))
}

/// A length in metres, as likely between 10 and 100 as between 100 and 1,000 km.
fn length(up_to: f64) -> impl Strategy<Value = f64> {
    (1.0..up_to.log10()).prop_map(|exponent| 10_f64.powf(exponent))
}

/// The distance that the law tells, in metres.
fn told(a: &Volume, b: &Volume) -> f64 {
    meet(a, b, &apart_m(30_000_000)).expect("nothing on earth is further apart").distance.as_f64()
}

/// Holds what was told against the true distance between the bare shapes, of which `radii` are covered.
fn check(told: f64, between: f64, radii: f64, edge: f64) -> Result<(), TestCaseError> {
    let truth = (between - radii).max(0.0);
    prop_assert!(told <= truth + 1e-6, "told {told} m, in truth {truth} m");
    let bound = error_bound(edge, between);
    prop_assert!(told >= truth - bound, "told {told} m, in truth {truth} m, bound {bound} m");
    Ok(())
}

/// Vertices round a centre at growing azimuths, each at its own distance.
fn star(centre: LatLon, size: f64, reaches: &[f64]) -> Vec<LatLon> {
    let azimuth = |i: usize| 360.0 * i as f64 / reaches.len() as f64;
    reaches.iter().enumerate().map(|(i, reach)| degrees(at(toward(centre, azimuth(i), size * reach)))).collect()
}

fn reaches() -> impl Strategy<Value = Vec<f64>> {
    prop::collection::vec(0.4..1.0_f64, 5..9)
}

proptest! {
    #![proptest_config(repeatable(2_000))]

    #[test]
    fn point_to_point(a in place(), azimuth in 0.0..360.0_f64, metres in length(1.5e6), radius in 0.0..5_000.0_f64) {
        let b = degrees(at(toward(a, azimuth, metres)));
        let told = told(&point(a, 0.0), &point(b, radius));
        let radius = (radius * 100.0).round() / 100.0;
        check(told, distance(a, b), radius, 0.0)?;
    }

    #[test]
    fn any_two_points_are_never_told_apart_further_than_they_are(a in place(), b in place()) {
        prop_assert!(told(&point(a, 0.0), &point(b, 0.0)) <= distance(a, b) + 1e-6);
    }
}

proptest! {
    #![proptest_config(repeatable(400))]

    #[test]
    fn point_to_edge(
        a in place(), azimuth in 0.0..360.0_f64, edge in length(1.99e6),
        part in -0.2..1.2_f64, side in 0.0..360.0_f64, metres in length(1.0e6),
    ) {
        let b = degrees(at(toward(a, azimuth, edge)));
        let place = degrees(at(toward(toward(a, azimuth, edge * part), side, metres)));
        let told = told(&point(place, 0.0), &path(&[a, b], 0.01));
        check(told, Edge::new(a, b).distance_to(place), 0.01, edge)?;
    }

    #[test]
    fn point_to_the_middle_of_an_edge_at_right_angles(
        a in place(), azimuth in 0.0..360.0_f64, edge in length(1.99e6), metres in 0.0..50.0_f64,
    ) {
        let b = degrees(at(toward(a, azimuth, edge)));
        let middle = Edge::new(a, b).point(0.5);
        let beside = degrees(at(toward(middle, Edge::new(middle, b).azimuth() + 90.0, metres)));
        let told = told(&point(beside, 0.0), &path(&[a, b], 0.01));
        check(told, Edge::new(a, b).distance_to(beside), 0.01, edge)?;
    }
}

proptest! {
    #![proptest_config(repeatable(60))]

    #[test]
    fn edge_to_edge(
        a in place(), azimuth in 0.0..360.0_f64, edge in length(1.99e6),
        side in 0.0..360.0_f64, metres in length(3.0e5), other in length(1.99e6), heading in 0.0..360.0_f64,
    ) {
        let b = degrees(at(toward(a, azimuth, edge)));
        let c = degrees(at(toward(a, side, metres)));
        let d = degrees(at(toward(c, heading, other)));
        let truth = Edge::new(a, b).distance_to_edge(&Edge::new(c, d));
        check(told(&path(&[a, b], 0.01), &path(&[c, d], 0.01)), truth, 0.02, edge.max(other))?;
    }
}

proptest! {
    #![proptest_config(repeatable(300))]

    /// A star is crossed once by each ray from its centre, so inside and outside are known without
    /// counting anything.
    #[test]
    fn point_to_polygon(
        centre in place(), size in length(9e5), reaches in reaches(), arm in 0..9_usize, part in 0.05..0.95_f64, ray in 0.1..2.0_f64,
    ) {
        let ring = star(centre, size, &reaches);
        let (one, two) = (ring[arm % ring.len()], ring[(arm + 1) % ring.len()]);
        let through = Edge::new(centre, Edge::new(one, two).point(part));
        let place = degrees(at(through.point(ray)));
        let shape = polygon(&[ring], 0.0);
        let boundary = boundary_distance(&shape, place);
        let truth = if ray < 1.0 { 0.0 } else { boundary };
        prop_assume!(boundary > 1.0 || truth == 0.0);
        check(told(&point(place, 0.0), &shape), truth, 0.0, 2.0 * size)?;
        check(told(&shape, &point(place, 0.0)), truth, 0.0, 2.0 * size)?;
    }

    #[test]
    fn a_hole_is_outside(
        centre in place(), size in length(9e5), reaches in reaches(), arm in 0..9_usize, part in 0.05..0.95_f64, ray in 0.05..0.9_f64,
    ) {
        prop_assume!(size > 100.0);
        let (outline, hole) = (star(centre, size, &reaches), star(centre, size * 0.5, &reaches));
        let (one, two) = (hole[arm % hole.len()], hole[(arm + 1) % hole.len()]);
        let place = degrees(at(Edge::new(centre, Edge::new(one, two).point(part)).point(ray)));
        let shape = polygon(&[outline, hole], 0.0);
        check(told(&point(place, 0.0), &shape), boundary_distance(&shape, place), 0.0, 2.0 * size)?;
    }

    #[test]
    fn a_ring_round_a_pole(lat in 46.0..89.0_f64, south in any::<bool>(), lon in -180.0..180.0_f64, inside in 46.0..90.0_f64) {
        let sign = if south { -1.0 } else { 1.0 };
        let ring: Vec<LatLon> = (0..36).map(|i| (sign * lat, f64::from(i) * 10.0 - 180.0)).collect();
        let shape = polygon(&[ring], 0.0);
        let place = degrees(at((sign * inside, lon)));
        let boundary = boundary_distance(&shape, place);
        prop_assume!(boundary > 1.0);
        // Between two vertices the shortest path runs nearer to the pole than the parallel does.
        let edge_lat = Edge::new((lat, 0.0), (lat, 10.0)).point(0.5).0;
        prop_assume!(inside < lat || inside > edge_lat);
        let truth = if inside < lat { boundary } else { 0.0 };
        check(told(&point(place, 0.0), &shape), truth, 0.0, 1.2e6)?;
    }
}

fn boundary_distance(shape: &Volume, place: LatLon) -> f64 {
    edges(shape.footprint.shape()).iter().map(|e| e.distance_to(place)).fold(f64::INFINITY, f64::min)
}

/// The same shapes turned round the earth's axis are as far apart, give or take a rounding.
#[test]
fn longitude_does_not_matter() {
    let shifted = |by: f64| {
        let ring = vec![(59.0, 24.0 + by), (59.5, 26.0 + by), (60.1, 25.1 + by), (59.7, 23.0 + by)];
        told(&polygon(&[ring], 500.0), &path(&[(61.0, 20.0 + by), (61.5, 29.0 + by)], 2_000.0))
    };
    let here = shifted(0.0);
    for by in [10.0, 90.0, 153.9, 155.0, 156.0, -179.0, -30.0] {
        assert!((shifted(by) - here).abs() <= 0.011, "{by}: {} against {here}", shifted(by));
    }
}
