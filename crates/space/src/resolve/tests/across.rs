use super::*;

/// A low one for days, and a tall one for an hour: neither time nor altitude alone leaves both behind.
fn low_for_days_and_tall_for_an_hour() -> Scene {
    let low = Volume {
        window: window(NOON_US - 48 * HOUR_US, NOON_US + 48 * HOUR_US),
        band: band(0, 200),
        ..circle(59.6, 24.7, 500.0)
    };
    let tall = Volume { band: band(0, 3_000), ..circle(59.6, 24.7, 500.0) };
    let own = Volume { band: band(100, 120), ..circle(59.6, 24.71, 300.0) };
    Scene { own: vec![own], others: vec![vec![low], vec![tall]], separation: apart(200), law: LAWS[1] }
}

#[test]
fn two_ways_at_once_clear_what_neither_does_alone() {
    let scene = low_for_days_and_tall_for_an_hour();
    let outcome = scene.resolve(&limits(true, true, false));
    let shifts: Vec<Shift> = outcome.resolutions.iter().map(|found| found.shift).collect();
    // Earlier or later by an hour and five minutes and one more; from 100 m to more than 100 m over 200 m.
    let both = Shift::in_time(66 * MINUTE_US).and(Shift::in_altitude(21_000));
    assert_eq!(shifts, [both], "of all ways in time and in altitude at once the cheapest");
    assert_eq!(outcome.resolutions[0].cost, 66 * 60 + 21 * 22);
    assert_eq!(outcome.resolutions[0].change(), Change::Move { shift_us: 66 * MINUTE_US, climb_cm: 21_000 });
    assert!(!outcome.cut_short());
}

#[test]
fn two_ways_at_once_are_told_where_they_cost_less_than_one() {
    let mut scene = low_for_days_and_tall_for_an_hour();
    scene.others[0][0].window = window(NOON_US, NOON_US + 4 * HOUR_US);
    scene.others[1][0].window = window(NOON_US, NOON_US + 10 * MINUTE_US);
    let outcome = scene.resolve(&limits(true, true, false));
    let shifts: Vec<Shift> = outcome.resolutions.iter().map(|found| found.shift).collect();
    let later = Shift::in_time(16 * MINUTE_US).and(Shift::in_altitude(21_000));
    // Earlier is past both of them at once; later alone is past the low one only after four hours.
    assert_eq!(shifts, [later, Shift::in_time(-66 * MINUTE_US), Shift::in_time(246 * MINUTE_US)]);
    assert!(outcome.resolutions.iter().all(|found| scene.is_clear(&found.volumes)));
}

#[test]
fn a_place_together_with_a_time_is_stated_as_volumes() {
    let mut scene = low_for_days_and_tall_for_an_hour();
    // A wide one for an hour, and a narrow one for days.
    scene.others = vec![
        vec![Volume { window: window(NOON_US - 48 * HOUR_US, NOON_US + 48 * HOUR_US), ..circle(59.6, 24.7, 500.0) }],
        vec![circle(59.6, 24.7, 40_000.0)],
    ];
    let outcome = scene.resolve(&limits(true, false, true));
    let [best] = &outcome.resolutions[..] else { panic!("{:?}", outcome.resolutions) };
    assert_eq!(best.shift, Shift::in_time(66 * MINUTE_US).and(Shift::aside(90, Metres::new(450))));
    assert!(scene.is_clear(&best.volumes));
    assert_eq!(best.change(), Change::Volumes(best.volumes.clone()));
}

/// The cheapest of the steps of two ways that clear the notice, by trying all of them.
fn cheapest(scene: &Scene, ways: [Way; 2], most: [i64; 2], strides: [i64; 2]) -> Option<u64> {
    let middle = rigid::middle(&scene.own).unwrap();
    let tried = |way: usize| (0..=most[way] / strides[way]).map(move |n| n * strides[way]);
    let all = tried(0).flat_map(|first| tried(1).map(move |second| [first, second]));
    let cost = |steps: &[i64; 2]| ways[0].cost(steps[0], &WEIGHTS) + ways[1].cost(steps[1], &WEIGHTS);
    let mut all: Vec<[i64; 2]> = all.collect();
    all.sort_by_key(cost);
    let clear = all.iter().find(|steps| {
        let by = ways[0].shift(steps[0]).and(ways[1].shift(steps[1]));
        let turn = by.aside.map(|aside| rigid::Turn::new(middle, aside.bearing_deg, aside.distance.as_f64()));
        let moved: Option<Vec<_>> = scene.own.iter().map(|own| shift::moved(own, by, turn.as_ref())).collect();
        moved.is_some_and(|moved| scene.is_clear(&moved))
    });
    clear.map(cost)
}

/// The whole windows and bands of volumes, and so much more either way.
fn around(volumes: &[Volume], minutes: i64, metres: i64) -> Limits<'static> {
    let windows = || volumes.iter().map(|v| v.window);
    let (first, last) = (windows().map(|w| w.start()).min().unwrap(), windows().map(|w| w.end()).max().unwrap());
    let bands = || volumes.iter().map(|v| v.band);
    let (low, high) = (bands().map(|b| b.lower().cm()).min().unwrap(), bands().map(|b| b.upper().cm()).max().unwrap());
    let (lower, upper) = (Metres::from_cm(low - metres * 100), Metres::from_cm(high + metres * 100));
    Limits {
        time: Some(window(first.micros() - minutes * MINUTE_US, last.micros() + minutes * MINUTE_US)),
        altitude: Some(AltitudeBand::try_new(lower, upper, Datum::Wgs84).unwrap()),
        ..limits(false, false, false)
    }
}

/// Circles that stay where they are.
fn any_circle() -> impl Strategy<Value = Volume> {
    ((0.0..360.0_f64, 0.0..1_500.0_f64), logarithmic(50.0, 400.0), (0..40_i64, 1..40_i64), (0..4_i64, 0..3_i64)).prop_map(
        |((bearing, away), radius, (start, minutes), (lower, thick))| Volume {
            band: band(lower * 100, (lower + thick) * 100 + 37),
            window: window(NOON_US + start * MINUTE_US, NOON_US + (start + minutes) * MINUTE_US),
            ..volume(Drawn::Point(toward(at(59.6, 24.7), bearing, away)), radius)
        },
    )
}

/// Circles, paths and polygons that stay where they are.
fn any_still() -> impl Strategy<Value = Volume> {
    let drawn = ((0.0..360.0_f64, 0.0..1_500.0_f64), logarithmic(20.0, 900.0))
        .prop_flat_map(|((bearing, away), size)| shape(toward(at(59.6, 24.7), bearing, away), size));
    let shaped = (any_circle(), drawn, logarithmic(1.0, 200.0))
        .prop_map(|(circle, drawn, radius)| Volume { footprint: volume(drawn, radius).footprint, ..circle });
    prop_oneof![any_circle(), shaped]
}

const QUARTERS: [[Way; 2]; 4] =
    [[Way::Later, Way::Up], [Way::Later, Way::Down], [Way::Earlier, Way::Up], [Way::Earlier, Way::Down]];

proptest! {
    #![proptest_config(repeatable(250))]

    #[test]
    fn in_time_and_altitude_the_cheapest_is_found(scene in any_scene(true), precision in prop_oneof![Just(Precision::Exact), Just(Precision::Km1)]) {
        let own = disclose::coarsen(&scene.own, precision).unwrap();
        let scene = Scene { own, ..scene };
        if scene.is_clear(&scene.own) {
            return Ok(());
        }
        // On the 1 km grid all goes by 5 minutes and 100 m.
        let (most, strides) = if precision == Precision::Exact { ([30, 20], [1, 1]) } else { ([90, 60], [5, 10]) };
        let outcome = scene.resolve(&Limits { precision, ..around(&scene.own, most[0], most[1] * 10) });
        prop_assert!(!outcome.cut_short());
        let cheapest = QUARTERS.iter().filter_map(|ways| cheapest(&scene, *ways, most, strides)).min();
        prop_assert_eq!(outcome.resolutions.first().map(|found| found.cost), cheapest);
        prop_assert!(outcome.resolutions.iter().all(|found| scene.is_clear(&found.volumes)));
    }

    #[test]
    fn two_at_once_are_told_once_each_and_below_all_that_move_one_way(scene in any_scene(true)) {
        let outcome = scene.resolve(&Limits { place: Some(Metres::new(2_000)), ..around(&scene.own, 60, 400) });
        let two: Vec<_> = outcome.resolutions.iter().filter(|found| found.shift.parts() == 2).collect();
        let one = outcome.resolutions.iter().filter(|found| found.shift.parts() == 1).map(|found| found.cost).min();
        prop_assert!(two.iter().all(|found| one.is_none_or(|one| found.cost < one)));
        let moves = |found: &&Resolution| (found.shift.shift_us != 0, found.shift.climb_cm != 0);
        let kinds: std::collections::BTreeSet<_> = two.iter().map(moves).collect();
        prop_assert_eq!((kinds.len(), two.len()), (two.len(), outcome.resolutions.len() - outcome.resolutions.iter().filter(|found| found.shift.parts() == 1).count()));
        prop_assert!(outcome.resolutions.iter().all(|found| scene.is_clear(&found.volumes)));
    }
}

proptest! {
    #![proptest_config(repeatable(40))]

    #[test]
    fn among_what_stays_the_cheapest_along_a_bearing_is_found(
        own in prop::collection::vec(any_still(), 1..3),
        others in prop::collection::vec(prop::collection::vec(any_still(), 1..3), 1..4),
        skipped in 0..5_usize,
    ) {
        let separation = Separation { horizontal: Metres::new(100), vertical: Metres::new(50), time_us: MINUTE_US };
        let scene = Scene { own, others, separation, law: LAWS[1] };
        let index = scene.index();
        let crowds = [scene.question(&index).into()];
        let limits = Limits { place: Some(Metres::new(1_500)), ..around(&scene.own, 30, 200) };
        let courses = begin(&crowds, &limits).unwrap();
        let both = |course: &Course| if let Course::Both(way, with) = *course { Some([way, with]) } else { None };
        for ways in courses.iter().filter_map(both).skip(skipped).step_by(5) {
            let most = ways.map(|way| match way {
                Way::Up | Way::Down => 20,
                _ => 30,
            });
            let (end, found) = along(&crowds, &WEIGHTS, &limits, Course::Both(ways[0], ways[1]), &[]);
            prop_assert!(end != End::Cut);
            prop_assert_eq!(found.map(|found| found.cost), cheapest(&scene, ways, most, [1, 1]), "{:?}", ways);
        }
    }
}
