use proptest::prelude::*;
use proptest::test_runner::RngSeed;

use super::earth::{Vec3, position_under, surface_point};
use super::winding::{side_of_plane, winding};
use super::*;
use crate::unit::Metres;
use crate::volume::Footprint;

fn at(lat: f64, lon: f64) -> Position {
    Position::try_new((lat * 1e7).round() as i64, (lon * 1e7).round() as i64).unwrap()
}

fn ring(corners: &[(f64, f64)]) -> Vec<Position> {
    corners.iter().map(|&(lat, lon)| at(lat, lon)).collect()
}

fn square(lat: f64, lon: f64, half: f64) -> Vec<Position> {
    ring(&[(lat - half, lon - half), (lat - half, lon + half), (lat + half, lon + half), (lat + half, lon - half)])
}

fn polygon(rings: &[Vec<Position>]) -> Result<(), Violation> {
    Footprint::try_new(Shape::Polygon(rings.to_vec()), Metres::ZERO).map(|_| ())
}

/// One refusal: its rule, its field, and words that the message must hold.
fn check(result: Result<(), Violation>, rule: Rule, field: &str, words: &str) {
    let violation = result.expect_err("a shape that must be refused");
    assert_eq!(violation.rule, rule, "{violation}");
    assert_eq!(violation.at, field, "{violation}");
    assert!(violation.to_string().contains(words), "{violation}");
}

#[test]
fn sides_and_turns_are_counted_from_outside() {
    let [e, n, x] = [at(0.0, 10.0), at(10.0, 0.0), at(0.0, 0.0)].map(surface_point);
    assert!(side_of_plane(x, e, n) > 0.0, "north is left of east");
    let corners = square(0.0, 0.0, 1.0).into_iter().map(surface_point);
    let steps: Vec<_> = corners.clone().zip(corners.cycle().skip(1)).collect();
    let back = || steps.iter().map(|&(a, b)| (b, a));
    for axis in [(0.0, 0.0), (0.9, 0.9), (-0.3, 0.7)] {
        let axis = surface_point(at(axis.0, axis.1));
        assert_eq!(winding(axis, steps.iter().copied()), 1);
        assert_eq!(winding(axis, back()), -1);
    }
    assert_eq!(winding(surface_point(at(0.0, 2.0)), back()), 0);
}

#[test]
fn a_position_survives_the_way_out_and_back() {
    for lat in [-90.0, -89.9999999, -45.1234567, 0.0, 1e-7, 60.0, 90.0] {
        for lon in [-180.0, -179.9999999, -0.0000001, 0.0, 90.0, 179.9999999] {
            let position = at(lat, lon);
            assert_eq!(position_under(surface_point(position)), position);
            assert_eq!(position_under(surface_point(position) * 0.99), position);
        }
    }
    assert_eq!(position_under(Vec3::ZERO), at(0.0, 0.0));
}

#[test]
fn plain_shapes_are_accepted_everywhere() {
    for (lat, lon) in [(0.0, 0.0), (59.5, 24.0), (-89.0, 12.0), (10.0, 180.0)] {
        let outline = square(lat, 0.0, 0.5);
        let moved = |r: Vec<Position>| -> Vec<Position> {
            let east = |p: Position| {
                let lon_e7 = i64::from(p.lon_e7()) + (lon * 1e7) as i64;
                Position::try_new(p.lat_e7().into(), (lon_e7 + 1_800_000_000).rem_euclid(3_600_000_000) - 1_800_000_000)
            };
            r.into_iter().map(|p| east(p).unwrap()).collect()
        };
        let hole = square(lat, 0.0, 0.1);
        assert_eq!(polygon(&[moved(outline), moved(hole)]), Ok(()));
    }
    let round_the_pole: Vec<_> = (0..12).map(|i| at(80.0, f64::from(i) * 30.0 - 180.0)).collect();
    assert_eq!(polygon(&[round_the_pole, square(89.0, 0.0, 0.5)]), Ok(()));
}

#[test]
fn dv_023_neighbours_at_one_place() {
    let twice = ring(&[(0.0, 0.0), (1.0, 0.0), (1.0, 0.0), (0.0, 1.0)]);
    check(polygon(&[twice]), Rule::VerticesApart, "footprint.rings[0][1]", "twice");
    let closed = ring(&[(0.0, 0.0), (1.0, 0.0), (0.0, 1.0), (0.0, 0.0)]);
    check(polygon(&[closed]), Rule::VerticesApart, "footprint.rings[0][3]", "not closed");
    let hole = vec![square(0.0, 0.0, 1.0), ring(&[(0.1, 0.0), (0.1, 0.0), (0.0, 0.1)])];
    check(polygon(&hole), Rule::VerticesApart, "footprint.rings[1][0]", "");

    let path = |positions: &[(f64, f64)]| Footprint::try_new(Shape::Path(ring(positions)), Metres::new(100)).map(|_| ());
    let still = path(&[(0.0, 0.0), (1.0, 1.0), (1.0, 1.0)]);
    check(still, Rule::VerticesApart, "footprint.rings[0][1]", "");
    assert_eq!(path(&[(0.0, 0.0), (1.0, 1.0), (0.0, 0.0)]), Ok(()), "there and back is a path");
}

#[test]
fn dv_023_one_place_has_one_form() {
    let pole = ring(&[(90.0, 0.0), (90.0, 77.0), (80.0, 0.0)]);
    check(polygon(&[pole]), Rule::VerticesApart, "footprint.rings[0][0]", "");
    let antimeridian = ring(&[(0.0, 180.0), (0.0, -180.0), (1.0, 179.0)]);
    check(polygon(&[antimeridian]), Rule::VerticesApart, "footprint.rings[0][0]", "");
}

#[test]
fn dv_024_edges_that_cross_are_named_with_the_place() {
    let bow = ring(&[(0.0, 0.0), (1.0, 1.0), (1.0, 0.0), (0.0, 1.0)]);
    let place = "edges 0-1 and 2-3 cross at 0.50";
    check(polygon(&[bow]), Rule::EdgesDoNotCross, "footprint.rings[0]", place);
    let hole_out = vec![square(0.0, 0.0, 1.0), ring(&[(0.0, 0.0), (0.5, 0.0), (0.2, 2.0)])];
    check(polygon(&hole_out), Rule::EdgesDoNotCross, "footprint.rings[1]", "cross at");
    let over_antimeridian = ring(&[(0.0, 179.0), (1.0, -179.0), (1.0, 179.0), (0.0, -179.0)]);
    check(polygon(&[over_antimeridian]), Rule::EdgesDoNotCross, "footprint.rings[0]", "180.0000000°W");
}

#[test]
fn dv_024_edges_that_touch() {
    let vertex_on_edge = ring(&[(0.0, 0.0), (0.0, 2.0), (1.0, 2.0), (0.0, 1.0), (1.0, 0.0)]);
    check(polygon(&[vertex_on_edge]), Rule::EdgesDoNotCross, "footprint.rings[0]", "touch at 0.0000000°N 1.0");
    let on_a_meridian = ring(&[(0.0, 33.0), (2.0, 33.0), (2.0, 34.0), (1.0, 33.0), (0.0, 34.0)]);
    check(polygon(&[on_a_meridian]), Rule::EdgesDoNotCross, "footprint.rings[0]", "touch at 1.0");
    let spike = ring(&[(0.0, 0.0), (0.0, 2.0), (0.0, 1.0), (1.0, 0.0)]);
    check(polygon(&[spike]), Rule::EdgesDoNotCross, "footprint.rings[0]", "touch");
    let flat = ring(&[(0.0, 0.0), (0.0, 1.0), (0.0, 2.0)]);
    check(polygon(&[flat]), Rule::EdgesDoNotCross, "footprint.rings[0]", "touch");
    let same_vertex = ring(&[(0.0, 0.0), (0.0, 1.0), (1.0, 1.0), (0.0, 0.0), (1.0, -1.0), (0.0, -1.0)]);
    check(polygon(&[same_vertex]), Rule::EdgesDoNotCross, "footprint.rings[0]", "touch");
    let hole_at_edge = vec![square(0.0, 0.0, 1.0), ring(&[(0.0, 0.0), (0.0, 1.0), (0.1, 0.0)])];
    check(polygon(&hole_at_edge), Rule::EdgesDoNotCross, "footprint.rings[1]", "touch");
}

#[test]
fn dv_024_a_few_centimetres_apart_is_apart() {
    let near = ring(&[(0.0, 0.0), (0.0, 2.0), (1.0, 2.0), (0.0000003, 1.0), (1.0, 0.0)]);
    assert_eq!(polygon(&[near]), Ok(()));
    let tiny = ring(&[(60.0, 24.0), (60.0, 24.0000009), (60.0000006, 24.0000003)]);
    assert_eq!(polygon(&[tiny]), Ok(()));
}

#[test]
fn dv_025_too_long_an_edge() {
    let long = ring(&[(0.0, 0.0), (0.0, 18.2), (5.0, 9.0)]);
    check(polygon(&[long]), Rule::ShapeNotTooWide, "footprint.rings[0]", "edge 0-1 of 20");
    let path = Shape::Path(ring(&[(0.0, 0.0), (0.0, 170.0)]));
    let violation = Footprint::try_new(path, Metres::new(1)).unwrap_err();
    assert_eq!(violation.rule, Rule::ShapeNotTooWide);
    let fits = ring(&[(0.0, 0.0), (0.0, 17.9), (5.0, 9.0)]);
    assert_eq!(polygon(&[fits]), Ok(()));
}

#[test]
fn dv_025_too_wide_a_polygon_but_any_path() {
    let circle = |lat: f64| -> Vec<Position> { (0..72).map(|i| at(lat, f64::from(i) * 5.0 - 180.0)).collect() };
    assert_eq!(polygon(&[circle(46.0)]), Ok(()));
    check(polygon(&[circle(44.0)]), Rule::ShapeNotTooWide, "footprint.rings", "45°");
    let round_the_earth = circle(0.0);
    check(polygon(core::slice::from_ref(&round_the_earth)), Rule::ShapeNotTooWide, "footprint.rings", "45°");
    assert!(Footprint::try_new(Shape::Path(round_the_earth), Metres::new(1)).is_ok());
}

#[test]
fn dv_025_holes_lie_inside_and_beside_each_other() {
    let outside = vec![square(0.0, 0.0, 1.0), square(0.0, 5.0, 0.5)];
    check(polygon(&outside), Rule::ShapeNotTooWide, "footprint.rings[1]", "outside the outline");
    let round_it = vec![square(0.0, 0.0, 1.0), square(0.0, 0.0, 2.0)];
    check(polygon(&round_it), Rule::ShapeNotTooWide, "footprint.rings[1]", "outside the outline");
    let nested = vec![square(0.0, 0.0, 2.0), square(0.0, 0.0, 1.0), square(0.0, 0.0, 0.5)];
    check(polygon(&nested), Rule::ShapeNotTooWide, "footprint.rings[2]", "hole of ring 1");
    let beside = vec![square(0.0, 0.0, 2.0), square(0.0, -1.0, 0.5), square(0.0, 1.0, 0.5)];
    assert_eq!(polygon(&beside), Ok(()));
}

/// A step of the lattice on which the planar model is exact: near 0° N the arcs bulge by micrometres, and
/// a lattice point that is off an edge is off it by more than ten centimetres.
const LATTICE_E7: i64 = 1_000;

fn lattice_ring() -> impl Strategy<Value = Vec<(i64, i64)>> {
    prop::collection::vec((-40..40_i64, -40..40_i64), 3..9)
}

fn place(ring: &[(i64, i64)]) -> Vec<Position> {
    ring.iter().map(|&(x, y)| Position::try_new(y * LATTICE_E7, x * LATTICE_E7).unwrap()).collect()
}

type Planar = (i64, i64);

fn turn(a: Planar, b: Planar, c: Planar) -> i64 {
    ((b.0 - a.0) * (c.1 - a.1) - (b.1 - a.1) * (c.0 - a.0)).signum()
}

fn on(a: Planar, b: Planar, p: Planar) -> bool {
    let within = |a: i64, b: i64, p: i64| (a.min(b)..=a.max(b)).contains(&p);
    turn(a, b, p) == 0 && within(a.0, b.0, p.0) && within(a.1, b.1, p.1)
}

fn planar_meet(a: Planar, b: Planar, c: Planar, d: Planar) -> bool {
    let proper = turn(a, b, c) * turn(a, b, d) < 0 && turn(c, d, a) * turn(c, d, b) < 0;
    proper || on(a, b, c) || on(a, b, d) || on(c, d, a) || on(c, d, b)
}

/// Which rule a ring breaks, by comparing every edge with every other in the plane.
fn planar_verdict(ring: &[Planar]) -> Option<Rule> {
    let n = ring.len();
    let end = |i: usize| ring[i % n];
    if (0..n).any(|i| end(i) == end(i + 1)) {
        return Some(Rule::VerticesApart);
    }
    let meet = |i: usize, j: usize| match (j - i, n - j + i) {
        (1, _) => on(end(j), end(j + 1), end(i)) || on(end(i), end(j), end(j + 1)),
        (_, 1) => on(end(i), end(i + 1), end(j)) || on(end(j), end(i), end(i + 1)),
        _ => planar_meet(end(i), end(i + 1), end(j), end(j + 1)),
    };
    let bad = (0..n).any(|i| (i + 1..n).any(|j| meet(i, j)));
    bad.then_some(Rule::EdgesDoNotCross)
}

proptest! {
    #![proptest_config(repeatable(3_000))]

    #[test]
    fn dv_024_agrees_with_the_plane_on_a_lattice(ring in lattice_ring()) {
        let verdict = polygon(&[place(&ring)]).err().map(|v| v.rule);
        prop_assert_eq!(verdict, planar_verdict(&ring));
    }

    #[test]
    fn dv_024_does_not_depend_on_where_and_which_way_a_ring_starts(
        ring in lattice_ring(), start in 0_usize..9, back in any::<bool>(),
    ) {
        let mut other = ring.clone();
        other.rotate_left(start % ring.len());
        if back {
            other.reverse();
        }
        let verdict = |r: &[Planar]| polygon(&[place(r)]).err().map(|v| v.rule);
        prop_assert_eq!(verdict(&ring), verdict(&other));
    }

    #[test]
    fn a_star_is_accepted_at_any_latitude_and_size(
        lat in -90.0..90.0_f64, lon in -180.0..180.0_f64,
        reaches in prop::collection::vec(0.3..1.0_f64, 3..40), size in 1e-5..10.0_f64,
    ) {
        let n = reaches.len();
        let star: Vec<Position> = reaches.iter().enumerate().map(|(i, reach)| {
            let angle = core::f64::consts::TAU * i as f64 / n as f64;
            around(lat, lon, angle, reach * size)
        }).collect();
        prop_assert_eq!(polygon(&[star]), Ok(()));
    }
}

/// The same cases in every run; a soak draws new ones, and twenty times as many.
fn repeatable(cases: u32) -> ProptestConfig {
    if std::env::var_os("DETENTE_SOAK").is_some() {
        return ProptestConfig::with_cases(cases * 20);
    }
    ProptestConfig { cases, rng_seed: RngSeed::Fixed(0x5EED), ..ProptestConfig::default() }
}

/// The position at an angle (from the east, counter-clockwise) and a distance in degrees from a centre.
fn around(lat: f64, lon: f64, angle: f64, degrees: f64) -> Position {
    let centre = surface_point(at(lat, lon)).unit();
    let east = Vec3::new(-centre.y, centre.x, 0.0).unit();
    let north = centre.cross(east);
    let (sin, cos) = libm::sincos(degrees.to_radians());
    let (up, right) = libm::sincos(angle);
    position_under(centre * cos + (east * right + north * up) * sin)
}
