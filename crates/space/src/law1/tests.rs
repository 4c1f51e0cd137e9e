use detente_types::time::Timestamp;
use detente_types::volume::{Datum, Shape};
use proptest::prelude::*;

use super::*;
use crate::Separation;
use crate::testing::{MINUTE_US, NOON_US, any_separation, any_volume, at, band, repeatable, volume, window};

fn circle(position: Position, radius_m: f64) -> Volume {
    volume(Shape::Point(position), radius_m)
}

fn apart(horizontal_cm: i64, vertical_m: i64, time_us: i64) -> Separation {
    Separation { horizontal: Metres::from_cm(horizontal_cm), vertical: Metres::new(vertical_m), time_us }
}

const TOUCHING: Separation = Separation { horizontal: Metres::ZERO, vertical: Metres::ZERO, time_us: 0 };

#[test]
fn just_so_close_is_a_conflict_in_each_of_the_three() {
    let (a, b) = (circle(at(59.0, 24.0), 100.0), circle(at(59.1, 24.0), 100.0));
    let distance = meet(&a, &b, &apart(100_000_000, 0, 0)).unwrap().distance.cm();
    assert!(meet(&a, &b, &apart(distance, 0, 0)).is_some());
    assert!(meet(&a, &b, &apart(distance - 1, 0, 0)).is_none());

    let above = Volume { band: band(1_300, 2_000), ..a.clone() };
    assert_eq!(meet(&a, &above, &apart(0, 300, 0)).unwrap().vertical_gap, Metres::new(300));
    assert!(meet(&a, &above, &apart(0, 299, 0)).is_none());

    let end = a.window.end().micros();
    let later = Volume { window: window(end + MINUTE_US, end + 2 * MINUTE_US), ..a.clone() };
    assert_eq!(meet(&a, &later, &apart(0, 0, MINUTE_US)).unwrap().time_gap_us, MINUTE_US);
    assert!(meet(&a, &later, &apart(0, 0, MINUTE_US - 1)).is_none());
}

#[test]
fn touching_counts_and_is_told_without_a_common_window() {
    let a = circle(at(59.0, 24.0), 100.0);
    let end = a.window.end().micros();
    let next = Volume { window: window(end, end + MINUTE_US), band: band(1_000, 2_000), ..a.clone() };
    let meeting = meet(&a, &next, &TOUCHING).unwrap();
    assert_eq!((meeting.time_gap_us, meeting.window), (0, None));
    assert_eq!(meeting.band, Some(band(1_000, 1_000)));
}

#[test]
fn what_both_use_is_told() {
    let a = circle(at(59.0, 24.0), 100.0);
    let b = Volume { window: window(NOON_US + MINUTE_US, NOON_US + 99 * MINUTE_US), band: band(500, 3_000), ..a.clone() };
    let meeting = meet(&a, &b, &TOUCHING).unwrap();
    assert_eq!(meeting.distance, Metres::ZERO);
    assert_eq!(meeting.band, Some(band(500, 1_000)));
    assert_eq!(meeting.window, Some(window(NOON_US + MINUTE_US, NOON_US + 60 * MINUTE_US)));
    assert_eq!(meeting.at, at(59.0, 24.0));
}

#[test]
fn altitudes_over_different_data_count_as_overlapping() {
    let a = circle(at(59.0, 24.0), 100.0);
    let high = AltitudeBand::try_new(Metres::new(9_000), Metres::new(9_000), Datum::FlightLevel).unwrap();
    let meeting = meet(&a, &Volume { band: high, ..a.clone() }, &TOUCHING).unwrap();
    assert_eq!((meeting.vertical_gap, meeting.band), (Metres::ZERO, None));
}

#[test]
fn the_place_lies_in_both_when_they_overlap_and_on_the_first_when_not() {
    let (west, east) = (at(0.0, 0.0), at(0.0, 0.1));
    let lon = |a: f64, b: f64| {
        let meeting = meet(&circle(west, a), &circle(east, b), &apart(1_000_000, 0, 0)).unwrap();
        assert_eq!(meeting.at.lat_e7(), 0);
        f64::from(meeting.at.lon_e7()) / 1e7 * 111_319.49
    };
    let close = |told: f64, metres: f64| assert!((told - metres).abs() < 0.5, "{told} instead of {metres}");
    close(lon(4_000.0, 0.0), 4_000.0);
    close(lon(8_000.0, 6_000.0), (8_000.0 + 5_131.95) / 2.0);
    close(lon(50_000.0, 0.0), 11_131.95);
    close(lon(0.0, 50_000.0), 0.0);
}

#[test]
fn a_volume_inside_another_is_told_at_its_first_vertex() {
    let square = |half: f64| vec![at(-half, -half), at(-half, half), at(half, half), at(half, -half)];
    let (large, small) = (volume(Shape::Polygon(vec![square(1.0)]), 0.0), volume(Shape::Polygon(vec![square(0.1)]), 0.0));
    assert_eq!(meet(&large, &small, &TOUCHING).unwrap().at, at(-0.1, -0.1));
    assert_eq!(meet(&small, &large, &TOUCHING).unwrap().at, at(-0.1, -0.1));
    let ring = volume(Shape::Polygon(vec![square(1.0), square(0.5)]), 0.0);
    assert_eq!(meet(&ring, &small, &TOUCHING), None);
    assert!(meet(&ring, &small, &apart(4_430_000, 0, 0)).is_some(), "44.3 km from the hole's edge");
    assert!(meet(&ring, &small, &apart(4_420_000, 0, 0)).is_none());
}

#[test]
fn who_can_conflict_with_whom() {
    use NoticeKind as K;
    let meeting: Vec<(K, K)> =
        K::ALL.iter().flat_map(|&a| K::ALL.iter().map(move |&b| (a, b))).filter(|&(a, b)| a <= b && kinds_meet(a, b)).collect();
    let active = [K::Operation, K::Airspace, K::Movement, K::Exercise, K::Hazard, K::Launch];
    assert_eq!(meeting.len(), 6 * 7 / 2 + 6, "the six among themselves, and each with a site");
    assert!(active.iter().all(|&kind| kinds_meet(kind, kind) && kinds_meet(kind, K::Site) && kinds_meet(K::Site, kind)));
    assert!(!kinds_meet(K::Site, K::Site) && !kinds_meet(K::Operation, K::Text) && !kinds_meet(K::Safety, K::Site));
}

fn moved_in_time(volume: &Volume, by_us: i64) -> Volume {
    let moved = |t: Timestamp| Timestamp::from_micros(t.micros() + by_us).micros();
    Volume { window: window(moved(volume.window.start()), moved(volume.window.end())), ..volume.clone() }
}

/// The same volume with north and south exchanged.
fn mirrored(volume: &Volume) -> Volume {
    let mirror = |p: &Position| Position::try_new(-i64::from(p.lat_e7()), p.lon_e7().into()).unwrap();
    let ring = |r: &Vec<Position>| r.iter().map(mirror).collect::<Vec<_>>();
    let shape = match volume.footprint.shape() {
        Shape::Point(p) => Shape::Point(mirror(p)),
        Shape::Path(path) => Shape::Path(ring(path)),
        Shape::Polygon(rings) => Shape::Polygon(rings.iter().map(ring).collect()),
    };
    Volume { footprint: Footprint::try_new(shape, volume.footprint.radius()).unwrap(), ..volume.clone() }
}

proptest! {
    #![proptest_config(repeatable(1_000))]

    #[test]
    fn the_order_changes_nothing_but_the_place(a in any_volume(), b in any_volume(), separation in any_separation()) {
        let (one, other) = (meet(&a, &b, &separation), meet(&b, &a, &separation));
        let without_place = |m: Option<Meeting>| m.map(|m| Meeting { at: at(0.0, 0.0), ..m });
        prop_assert_eq!(without_place(one), without_place(other));
    }

    #[test]
    fn moving_both_in_time_changes_only_the_window(
        a in any_volume(), b in any_volume(), separation in any_separation(), by_us in -1_000_000_000_000..1_000_000_000_000_i64,
    ) {
        let moved = meet(&moved_in_time(&a, by_us), &moved_in_time(&b, by_us), &separation);
        let expected = meet(&a, &b, &separation).map(|m| Meeting {
            window: m.window.map(|w| window(w.start().micros() + by_us, w.end().micros() + by_us)),
            ..m
        });
        prop_assert_eq!(moved, expected);
    }

    #[test]
    fn north_and_south_are_alike_to_the_bit(a in any_volume(), b in any_volume(), separation in any_separation()) {
        let told = |m: Option<Meeting>| m.map(|m| (m.distance, m.at.lat_e7().abs(), m.vertical_gap, m.time_gap_us));
        let south = meet(&mirrored(&a), &mirrored(&b), &separation);
        prop_assert_eq!(told(south), told(meet(&a, &b, &separation)));
    }

    #[test]
    fn a_wider_separation_or_radius_never_loses_a_conflict(
        a in any_volume(), b in any_volume(), separation in any_separation(), wider_cm in 0..10_000_000_i64,
    ) {
        if let Some(meeting) = meet(&a, &b, &separation) {
            let horizontal = Metres::from_cm(separation.horizontal.cm() + wider_cm);
            prop_assert_eq!(meet(&a, &b, &Separation { horizontal, ..separation }), Some(meeting.clone()));
            let radius = Metres::from_cm(a.footprint.radius().cm() + wider_cm);
            let wider = Volume { footprint: Footprint::try_new(a.footprint.shape().clone(), radius).unwrap(), ..a.clone() };
            let distance = meet(&wider, &b, &separation).map(|m| m.distance);
            prop_assert_eq!(distance, Some(Metres::from_cm((meeting.distance.cm() - wider_cm).max(0))));
        }
    }
}

/// The random volumes of these tests meet often enough, and not always.
#[test]
fn the_cases_are_worth_testing() {
    use proptest::strategy::ValueTree;
    use proptest::test_runner::{RngAlgorithm, TestRng, TestRunner};
    let rng = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let mut runner = TestRunner::new_with_rng(ProptestConfig::default(), rng);
    let mut draw = || (any_volume(), any_volume(), any_separation()).new_tree(&mut runner).unwrap().current();
    let met = (0..2_000).map(|_| draw()).filter(|(a, b, separation)| meet(a, b, separation).is_some()).count();
    assert!((150..1_500).contains(&met), "{met} of 2,000 pairs meet");
}
