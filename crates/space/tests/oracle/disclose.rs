//! What is disclosed on a grid holds the exact footprint, by an independent measure.

use detente_space::disclose::coarsen;
use detente_space::law1::meet;
use detente_types::notice::Precision;
use detente_types::volume::{Footprint, Position, Shape, Volume};
use proptest::prelude::*;

use super::common::{Edge, LatLon, apart_m, degrees, edges, path, point, polygon, repeatable, toward, volume};
fn precision() -> impl Strategy<Value = Precision> {
    prop::sample::select(vec![Precision::Km1, Precision::Km10])
}

fn centre() -> impl Strategy<Value = LatLon> {
    let lat = prop_oneof![3 => -80.0..80.0_f64, 1 => 89.5..90.0_f64, 1 => -90.0..-89.5_f64, 1 => Just(0.0), 1 => Just(90.0)];
    let lon = prop_oneof![3 => -180.0..180.0_f64, 1 => 179.5..180.5_f64, 1 => -0.5..0.5_f64];
    (lat, lon)
}

/// A shape of up to some 40 km round a centre.
fn exact() -> impl Strategy<Value = Volume> {
    let arms = prop::collection::vec((0.0..360.0_f64, 10.0..40_000.0_f64), 2..5);
    let radius = prop_oneof![Just(0.01), 1.0..8_000.0_f64];
    (centre(), arms, radius, 0..3_u8).prop_map(|(centre, arms, radius, kind)| {
        let places: Vec<LatLon> = arms.iter().map(|&(azimuth, far)| toward(centre, azimuth, far)).collect();
        match kind {
            0 => point(centre, radius),
            1 => path(&places, radius),
            _ => polygon(&[(0..6).map(|i| toward(centre, f64::from(i) * 60.0, arms[0].1)).collect()], radius),
        }
    })
}

/// Places of a footprint: along its edges, out to its radius.
fn places_of(volume: &Volume, along: f64, azimuth: f64, out: f64) -> Vec<LatLon> {
    let radius = volume.footprint.radius().as_f64() * out;
    let on_shape: Vec<LatLon> = match volume.footprint.shape() {
        Shape::Point(position) => vec![degrees(*position)],
        shape => edges(shape).iter().map(|edge: &Edge| edge.point(along)).collect(),
    };
    on_shape.into_iter().map(|place| toward(place, azimuth, radius)).collect()
}

/// The disclosed volumes, each drawn in by two metres: more than the law's own growth.
fn drawn_in(volumes: &[Volume]) -> Vec<Volume> {
    let shrink = |v: &Volume| volume(v.footprint.shape().clone(), v.footprint.radius().as_f64() - 2.0);
    volumes.iter().map(shrink).collect()
}

fn holds(disclosed: &[Volume], place: LatLon) -> bool {
    disclosed.iter().any(|v| meet(&point(place, 0.0), v, &apart_m(0)).is_some())
}

proptest! {
    #![proptest_config(repeatable(150))]

    #[test]
    fn disclosed_holds_exact(
        exact in exact(), precision in precision(), along in 0.0..1.0_f64, azimuth in 0.0..360.0_f64, out in 0.0..1.0_f64,
    ) {
        let disclosed = drawn_in(&coarsen(core::slice::from_ref(&exact), precision).unwrap());
        for place in places_of(&exact, along, azimuth, out) {
            prop_assert!(holds(&disclosed, place), "{place:?}");
        }
    }

    #[test]
    fn whoever_meets_the_exact_meets_the_disclosed(
        exact in exact(), precision in precision(), azimuth in 0.0..360.0_f64, away in 0.0..60_000.0_f64, apart in 0..50_000_i64,
    ) {
        let disclosed = coarsen(core::slice::from_ref(&exact), precision).unwrap();
        let first = exact.footprint.vertices().next().unwrap();
        let other = point(toward(degrees(first), azimuth, away), 100.0);
        if meet(&exact, &other, &apart_m(apart)).is_some() {
            prop_assert!(disclosed.iter().any(|v| meet(v, &other, &apart_m(apart)).is_some()));
        }
    }

    /// No vertex of what is disclosed is further from the exact footprint than a cell is wide, with its reach.
    #[test]
    fn disclosed_is_no_wider_than_cells(exact in exact(), precision in precision()) {
        for volume in coarsen(core::slice::from_ref(&exact), precision).unwrap() {
            let reach = volume.footprint.radius().as_f64();
            // 25 m of reach stand for cells 1.12 km high, up to four times as wide beside a pole.
            let cell = reach / 25.0 * 1_120.0 * 5.0;
            for vertex in volume.footprint.vertices() {
                let told = meet(&point(degrees(vertex), 0.0), &exact, &apart_m(10_000_000)).unwrap().distance.as_f64();
                prop_assert!(told <= cell, "{vertex} is {told} m away");
            }
        }
    }
}

/// The same check catches a disclosure that forgets that parallels are not shortest paths.
#[test]
fn planted_error_straight_sides_are_caught() {
    let along_the_parallel: Vec<LatLon> = (0..=40).map(|i| (60.0051, 10.0 + 0.1 * f64::from(i))).collect();
    let exact = path(&along_the_parallel, 1.0);
    let disclosed = coarsen(core::slice::from_ref(&exact), Precision::Km1).unwrap();
    let corners_only = |v: &Volume| {
        let vertices: Vec<Position> = v.footprint.vertices().collect();
        let corner = |i: usize| {
            let (before, after) = (vertices[(i + vertices.len() - 1) % vertices.len()], vertices[(i + 1) % vertices.len()]);
            before.lat_e7() != vertices[i].lat_e7() || after.lat_e7() != vertices[i].lat_e7()
        };
        let ring = (0..vertices.len()).filter(|&i| corner(i)).map(|i| vertices[i]).collect();
        let footprint = Footprint::try_new(Shape::Polygon(vec![ring]), v.footprint.radius()).unwrap();
        Volume { footprint, ..v.clone() }
    };
    let planted: Vec<Volume> = disclosed.iter().map(corners_only).collect();
    assert!(along_the_parallel.iter().all(|&place| holds(&drawn_in(&disclosed), place)));
    assert!(along_the_parallel.iter().any(|&place| !holds(&drawn_in(&planted), place)));
}

#[test]
fn a_lake_in_the_middle_stays_open() {
    let ring = |size: f64| (0..12).map(|i| toward((59.8, 24.5), f64::from(i) * 30.0, size)).collect::<Vec<LatLon>>();
    let exact = polygon(&[ring(30_000.0), ring(15_000.0)], 0.0);
    let disclosed = coarsen(core::slice::from_ref(&exact), Precision::Km1).unwrap();
    assert!(disclosed.len() > 1, "an outline without holes cannot hold a lake");
    assert!(!holds(&disclosed, (59.8, 24.5)));
    assert!(holds(&disclosed, toward((59.8, 24.5), 77.0, 22_000.0)));
}
