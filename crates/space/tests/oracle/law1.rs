//! Law `conflict/1` against an independent implementation of geodesics: the distance that it tells is
//! never above the true one, and below it by no more than the stated bound.

use super::common::{Edge, LatLon, apart_m, at, degrees, distance, edges, error_bound, path, point, polygon, repeatable, toward};
use detente_space::law1::meet;
use detente_types::volume::{Footprint, Position, Shape, Volume};
use proptest::prelude::*;

/// Any place, with the poles, the antimeridian and the equator drawn more often than chance would.
fn place() -> impl Strategy<Value = LatLon> {
    let lat = prop_oneof![4 => -90.0..90.0_f64, 1 => Just(90.0), 1 => Just(-90.0), 1 => Just(0.0), 1 => 88.0..90.0_f64];
    let lon = prop_oneof![4 => -180.0..180.0_f64, 1 => Just(-180.0), 1 => 179.9..180.0_f64, 1 => Just(0.0)];
    (lat, lon).prop_map(|place| degrees(at(place)))
}

/// A length in metres, as likely between 10 and 100 as between 100 and 1,000 km.
fn length(up_to: f64) -> impl Strategy<Value = f64> {
    between(10.0, up_to)
}

fn between(from: f64, to: f64) -> impl Strategy<Value = f64> {
    (libm::log10(from)..libm::log10(to)).prop_map(libm::exp10)
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
        centre in place(), size in between(100.0, 9e5), reaches in reaches(), arm in 0..9_usize, part in 0.05..0.95_f64, ray in 0.05..0.9_f64,
    ) {
        let (outline, hole) = (star(centre, size, &reaches), star(centre, size * 0.5, &reaches));
        let (one, two) = (hole[arm % hole.len()], hole[(arm + 1) % hole.len()]);
        let place = degrees(at(Edge::new(centre, Edge::new(one, two).point(part)).point(ray)));
        let shape = polygon(&[outline, hole], 0.0);
        check(told(&point(place, 0.0), &shape), boundary_distance(&shape, place), 0.0, 2.0 * size)?;
    }
}

proptest! {
    #![proptest_config(repeatable(60))]

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

/// The figures stand in docs/spec/conflict-1.md, section "Error": how much too short distances between points
/// are told, over all latitudes and azimuths.
#[test]
fn distances_are_short_by_no_more_than_stated() {
    for metres in [1e3, 1e4, 5e4, 1e5, 2e5, 5e5, 1e6, 1.2e6] {
        let mut short = [f64::INFINITY, 0.0];
        for lat in -18..=18 {
            for azimuth in 0..24 {
                let from = (f64::from(lat) * 5.0, 10.0);
                let to = degrees(at(toward(from, f64::from(azimuth) * 15.0, metres)));
                let by = distance(from, to) - told(&point(from, 0.0), &point(to, 0.0));
                short = [short[0].min(by), short[1].max(by)];
            }
        }
        println!("{:>6} km: {:.3} to {:.3} m", metres / 1e3, short[0], short[1]);
        assert!(short[0] >= 1.0 - 1e-6 && short[1] <= error_bound(0.0, metres), "{metres} m: {short:?}");
    }
}

/// A place, a volume, the true distance between the place and the volume's bare shape, and its longest edge.
type Case = (LatLon, Volume, f64, f64);

/// Few cases, each of which some wrong law gets wrong.
fn telling_cases() -> Vec<Case> {
    let square = |lat: f64, lon: f64, half: f64| {
        vec![(lat - half, lon - half), (lat - half, lon + half), (lat + half, lon + half), (lat + half, lon - half)]
    };
    let to_edges = |place: LatLon, volume: Volume| {
        let truth = boundary_distance(&volume, place);
        (place, volume, truth, 4e5)
    };
    vec![
        ((59.0, 24.0), point((59.0, 25.0), 20_000.0), distance((59.0, 24.0), (59.0, 25.0)), 0.0),
        ((-17.0, 179.9), point((-17.0, -179.9), 100.0), distance((-17.0, 179.9), (-17.0, -179.9)), 0.0),
        ((89.9, 0.0), point((89.9, 180.0), 100.0), distance((89.9, 0.0), (89.9, 180.0)), 0.0),
        to_edges((60.0, 27.0), path(&[(59.0, 24.0), (60.5, 24.5), (60.0, 26.5)], 100.0)),
        to_edges((59.6, 24.05), path(&[(59.0, 24.0), (60.5, 24.5), (60.0, 26.5)], 100.0)),
        to_edges((62.0, 3.5), path(&[(62.0, 0.0), (62.0, 7.0)], 100.0)),
        to_edges((59.0, 24.0), polygon(&[square(59.0, 24.0, 1.0), square(59.0, 24.0, 0.5)], 0.0)),
        ((59.9, 24.9), polygon(&[square(59.0, 24.0, 1.0)], 0.0), 0.0, 4e5),
        ((59.0, 24.7), polygon(&[square(59.0, 24.0, 1.0)], 0.0), 0.0, 4e5),
    ]
}

fn first_wrong(law: impl Fn(LatLon, &Volume) -> f64) -> Option<usize> {
    telling_cases().iter().position(|(place, volume, between, edge)| {
        check(law(*place, volume), *between, volume.footprint.radius().as_f64(), *edge).is_err()
    })
}

#[test]
fn planted_errors_in_the_law_are_caught() {
    let honest = |place: LatLon, volume: &Volume| told(&point(place, 0.0), volume);
    assert_eq!(first_wrong(honest), None);
    assert_eq!(first_wrong(|p, v| honest(p, v) + 3.0), Some(0), "a law that shrinks volumes");
    assert_eq!(first_wrong(|p, v| honest(p, v) + v.footprint.radius().as_f64()), Some(0), "a law without radii");
    assert_eq!(first_wrong(flat), Some(1), "a law on a flat map");
    assert_eq!(first_wrong(|p, v| honest(p, &without_last(v))), Some(3), "a law that drops the last edge");
    assert_eq!(first_wrong(|p, v| honest(p, &vertices_only(p, v))), Some(4), "a law that measures vertices only");
    assert_eq!(first_wrong(|p, v| honest(p, &without_holes(v))), Some(6), "a law that fills holes");
    assert_eq!(first_wrong(|p, v| honest(p, &hollow(v))), Some(7), "a law that knows no inside");
}
/// Equirectangular, as if longitudes did not wrap: what a first sketch would do, to the nearest vertex.
fn flat(place: LatLon, volume: &Volume) -> f64 {
    let to = |position| {
        let (lat, lon) = degrees(position);
        let east = (lon - place.1) * libm::cos(place.0.to_radians());
        libm::hypot(lat - place.0, east) * 111_000.0
    };
    let nearest = volume.footprint.vertices().map(to).fold(f64::INFINITY, f64::min);
    let crude = nearest - volume.footprint.radius().as_f64();
    // Correct where the sketch is good enough, so that only its real faults tell.
    let honest = told(&point(place, 0.0), volume);
    if (crude - honest).abs() < 0.02 * nearest { honest } else { crude.max(0.0) }
}

fn reshaped(volume: &Volume, shape: Shape) -> Volume {
    let footprint = Footprint::try_new(shape, volume.footprint.radius()).unwrap();
    Volume { footprint, ..volume.clone() }
}

fn without_last(volume: &Volume) -> Volume {
    match volume.footprint.shape() {
        Shape::Path(path) => reshaped(volume, Shape::Path(path[..path.len() - 1].to_vec())),
        _ => volume.clone(),
    }
}

fn vertices_only(place: LatLon, volume: &Volume) -> Volume {
    let near = |p: &Position| (distance(place, degrees(*p)) * 1e3) as i64;
    match volume.footprint.shape() {
        Shape::Path(path) => reshaped(volume, Shape::Point(*path.iter().min_by_key(|p| near(p)).unwrap())),
        _ => volume.clone(),
    }
}

fn without_holes(volume: &Volume) -> Volume {
    match volume.footprint.shape() {
        Shape::Polygon(rings) => reshaped(volume, Shape::Polygon(rings[..1].to_vec())),
        _ => volume.clone(),
    }
}

/// The outline as a closed path.
fn hollow(volume: &Volume) -> Volume {
    match volume.footprint.shape() {
        Shape::Polygon(rings) if rings.len() == 1 => {
            let path = rings[0].iter().chain(&rings[0][..1]).copied().collect();
            super::common::volume(Shape::Path(path), 0.01)
        }
        _ => volume.clone(),
    }
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
