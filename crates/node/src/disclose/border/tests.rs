//! Coarse forms by the border lie in the area and hold what the cells hold: points of those are looked for by the law.

use detente_space::disclose::coarsen;
use detente_space::{Law, Separation};
use detente_testkit::minutes;
use detente_types::{AltitudeBand, Datum, Precision, Window};
use proptest::prelude::*;
use proptest::test_runner::RngSeed;

use super::*;

fn at(lat_e7: i64, lon_e7: i64) -> Position {
    Position::try_new(lat_e7, lon_e7).expect("on the earth")
}

/// A square, a triangle, one with a bay, one round a slanted corner, and one over the antimeridian; of two degrees, and far apart.
fn areas() -> Vec<Area> {
    const DEGREE: i64 = 10_000_000;
    let drawn: [&[(i64, i64)]; 5] = [
        &[(0, 0), (0, 20), (20, 20), (20, 0)],
        &[(0, 0), (7, 23), (21, 5)],
        &[(0, 0), (0, 20), (20, 20), (5, 10), (20, 0)],
        &[(0, 10), (10, 20), (20, 10), (10, 0)],
        &[(0, 0), (0, 20), (12, 21), (20, 11), (12, 12), (9, 0)],
    ];
    let corner =
        |south: i64, &(north, east): &(i64, i64)| at(south * DEGREE + north * DEGREE / 10, 24 * DEGREE + east * DEGREE / 10);
    let area = |south: i64, corners: &[(i64, i64)]| {
        Area::try_new(&corners.iter().map(|to| corner(south, to)).collect::<Vec<_>>()).expect("an area")
    };
    drawn.into_iter().zip([59, 0, 64, -35, 78]).map(|(corners, south)| area(south, corners)).collect()
}

fn volume(footprint: Footprint) -> Volume {
    let band = AltitudeBand::try_new(Metres::new(0), Metres::new(1_000), Datum::Amsl).expect("a band");
    let window = Window::try_new(minutes(0), minutes(60)).expect("a window");
    Volume { footprint, band, window, passage: None }
}

fn holds(volumes: &[Volume], point: Position) -> bool {
    let separation = Separation { horizontal: Metres::from_cm(10), vertical: Metres::new(0), time_us: 0 };
    let point = volume(Footprint::try_new(Shape::Point(point), Metres::new(0)).expect("a point"));
    volumes.iter().any(|volume| Law::One.meet(&point, volume, &separation).is_some())
}

/// Points of a box: corners, and some between them.
fn points_in(b: Rect, parts: i64) -> impl Iterator<Item = Position> {
    let along = move |[from, to]: [i64; 2], part: i64| from + (to - from) * part / parts;
    (0..=parts).flat_map(move |north| (0..=parts).map(move |east| at(along(b.lats, north), along(b.lons, east))))
}

/// Points of some of the boxes that an outline of cells is made of.
fn points_of(volume: &Volume) -> Vec<Position> {
    let Shape::Polygon(rings) = volume.footprint.shape() else { panic!("cells are drawn as polygons") };
    let slabs = slabs(&rings[0]).expect("cells lie in rows");
    slabs.into_iter().step_by(3).flat_map(|slab| points_in(slab, 6)).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, rng_seed: RngSeed::Fixed(32), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn what_is_told_by_the_border_lies_in_the_area_and_holds_the_cells(
        number in 0..5_usize,
        places in proptest::collection::vec((0.0..1.0_f64, 0.0..1.0_f64), 1..4),
        radius_m in prop_oneof![Just(0_i64), 1..20_000_i64],
        coarse in any::<bool>(),
    ) {
        let areas = areas();
        let area = &areas[number];
        let south = [59, 0, 64, -35, 78][number] * 10_000_000_i64;
        let place = |&(north, east): &(f64, f64)| at(south + (north * 2.1e7) as i64, 240_000_000 + (east * 2.3e7) as i64);
        let path: Vec<Position> = places.iter().map(place).filter(|at| area.contains(*at)).collect();
        prop_assume!(!path.is_empty());
        let shape = if path.len() == 1 { Shape::Point(path[0]) } else { Shape::Path(path) };
        let Ok(footprint) = Footprint::try_new(shape, Metres::new(radius_m.max(1))) else { return Ok(()) };
        let precision = if coarse { Precision::Km10 } else { Precision::Km1 };
        let Ok(widened) = coarsen(&[volume(footprint)], precision) else { return Ok(()) };
        let told = keep_in(area, widened.clone());
        prop_assert!(!told.iter().any(|volume| leads_out(area, volume)), "{told:?}");
        prop_assert!(fits(&told));
        for volume in &widened {
            for point in points_of(volume) {
                prop_assert!(holds(&told, point), "{point} of {volume:?} is not in {told:?}");
            }
        }
    }
}

#[test]
fn what_lies_inside_is_left_alone() {
    let area = &areas()[0];
    let point = Footprint::try_new(Shape::Point(at(600_000_000, 250_000_000)), Metres::new(500)).expect("a circle");
    let widened = coarsen(&[volume(point)], Precision::Km10).expect("it is small");
    assert_eq!(keep_in(area, widened.clone()), widened);
}

#[test]
fn what_does_not_meet_the_area_is_left_to_the_rules() {
    let area = &areas()[0];
    let point = Footprint::try_new(Shape::Point(at(500_000_000, 250_000_000)), Metres::new(500)).expect("a circle");
    let widened = coarsen(&[volume(point)], Precision::Km10).expect("it is small");
    assert_eq!(keep_in(area, widened.clone()), widened);
}

#[test]
fn what_a_bay_cuts_out_of_a_box_is_held_too() {
    let corners = [(0, 0), (0, 20), (20, 20), (5, 10), (20, 0)].map(|(north, east)| at(north * 1_000_000, east * 1_000_000));
    let area = Area::try_new(&corners).expect("an area with a bay");
    // Every corner of the first lies in the area; nothing of the bay does.
    for (lats, lons) in [([3, 6], [1, 19]), ([-1, 9], [-1, 21]), ([1, 25], [5, 15])] {
        let whole = Rect { lats: lats.map(|lat| lat * 1_000_000), lons: lons.map(|lon| lon * 1_000_000) };
        let told = [volume(whole.inside(&area, 25.0).expect("it meets the area"))];
        assert!(!leads_out(&area, &told[0]), "{told:?}");
        for point in points_in(whole, 48) {
            assert!(holds(&told, point), "{point} is not in {told:?}");
        }
    }
}
