use detente_types::area::Area;

use super::*;
use crate::outline::Prepared;

/// Small things within a kilometre and a half, most of them at the same time.
fn any_small() -> impl Strategy<Value = Volume> {
    let footprint = ((0.0..360.0_f64, 0.0..1_500.0_f64), logarithmic(10.0, 800.0))
        .prop_flat_map(|((bearing, away), size)| shape(toward(at(59.6, 24.7), bearing, away), size));
    (footprint, logarithmic(1.0, 250.0), 0..50_i64, 0..3_i64, any::<bool>(), 0..10_i64).prop_map(
        |(drawn, radius, start, lower, still, slack)| {
            let (start, long) = (NOON_US + start * MINUTE_US, 40 * MINUTE_US);
            let band = band(lower * 100, lower * 100 + 250);
            match drawn {
                Drawn::Path(path) if !still => {
                    let legs = path.len() as i64 - 1;
                    let times = (0..=legs).map(|i| start + long * i / legs).collect();
                    Volume { band, ..timed(path, times, radius, slack * MINUTE_US / 2) }
                }
                _ => Volume { band, window: window(start, start + long), ..volume(drawn, radius) },
            }
        },
    )
}

fn any_small_scene() -> impl Strategy<Value = Scene> {
    let own = prop::collection::vec(any_small(), 1..4);
    let others = prop::collection::vec(prop::collection::vec(any_small(), 1..3), 1..5);
    let separation = (prop_oneof![Just(0), 0..300_i64, 0..2_000_i64], 0..50_i64, 0..5_i64);
    let scene =
        (own, others, separation, prop::sample::select(LAWS.to_vec())).prop_map(|(own, others, (m, up, minutes), law)| {
            let time_us = minutes * MINUTE_US;
            Scene { own, others, separation: Separation { horizontal: Metres::new(m), vertical: Metres::new(up), time_us }, law }
        });
    scene.prop_filter("nothing is in the way", |scene| !scene.is_clear(&scene.own))
}

impl Scene {
    /// Which shifts aside are clear: by moving all that is one's own and comparing each with each.
    fn by_trying<'a>(&'a self, area: Option<&'a Area>) -> impl Fn(u16, i64) -> bool + 'a {
        let others: Vec<Prepared<'a>> = self.others.iter().flatten().map(Prepared::new).collect();
        let middle = rigid::middle(&self.own).unwrap();
        move |bearing, step| {
            let turn = rigid::Turn::new(middle, bearing, step as f64 * 50.0);
            self.own.iter().all(|own| {
                let Some(moved) = shift::moved(own, Shift::default(), Some(&turn)) else { return false };
                let own = Prepared::new(&moved);
                moved.footprint.vertices().all(|vertex| area.is_none_or(|area| area.contains(vertex)))
                    && others.iter().all(|other| self.law.meet_prepared(&own, other, &self.separation).is_none())
            })
        }
    }
}

/// The first ring that has a bearing that is clear, and the lowest such bearing.
fn smallest(is_clear: &impl Fn(u16, i64) -> bool, rings: i64) -> Option<(u16, i64)> {
    (1..=rings).find_map(|ring| (0..360).find(|bearing| is_clear(*bearing, ring)).map(|bearing| (bearing, ring)))
}

fn aside(found: &Resolution) -> Option<(u16, i64)> {
    found.shift.aside.map(|aside| (aside.bearing_deg, aside.distance.cm() / 5_000))
}

/// What was found aside, the best first.
fn places(outcome: &Outcome) -> Vec<(u16, i64)> {
    outcome.resolutions.iter().filter(|found| found.shift.parts() == 1).filter_map(aside).collect()
}

fn within(metres: i64) -> Limits<'static> {
    Limits { place: Some(Metres::new(metres)), ..limits(false, false, false) }
}

/// That the best is the smallest there is, and every other the smallest along its own bearing.
fn assert_smallest(scene: &Scene, limits: &Limits<'_>) -> Result<(), TestCaseError> {
    let (outcome, is_clear) = (scene.resolve(limits), scene.by_trying(limits.area));
    let expected = smallest(&is_clear, limits.place.unwrap().cm() / 5_000);
    let found = places(&outcome);
    prop_assert_eq!(found.first().map(|found| found.1), expected.map(|smallest| smallest.1), "{:?} {:?}", found, expected);
    for &(bearing, step) in &found {
        let first = (1..=step).find(|step| is_clear(bearing, *step));
        prop_assert_eq!(first, Some(step), "along {}", bearing);
    }
    prop_assert!(!outcome.cut_short());
    Ok(())
}

proptest! {
    #![proptest_config(repeatable(120))]

    #[test]
    fn of_all_shifts_aside_the_smallest_is_found(scene in any_small_scene()) {
        assert_smallest(&scene, &within(2_500))?;
    }

    #[test]
    fn inside_an_area_the_smallest_is_found(scene in any_small_scene(), half in 0.001..0.03_f64, skewed in 0.2..1.0_f64) {
        let corner = |north: f64, east: f64| at(59.6 + north * half, 24.7 + east * half * 2.0);
        let area = Area::try_new(&[corner(-1.0, -1.0), corner(-1.0, skewed), corner(1.0, 1.0), corner(skewed, -1.0)]).unwrap();
        assert_smallest(&scene, &Limits { area: Some(&area), ..within(2_000) })?;
    }

    /// What no course all round was cut short of is the smallest, whatever else was.
    #[test]
    fn what_is_cut_short_all_round_is_said_to_be(scene in any_small_scene(), budget in 0_usize..6_000) {
        let whole = scene.resolve(&within(2_000));
        let cut = scene.resolve(&Limits { budget, ..within(2_000) });
        let rounds = cut.searched.iter().filter(|(course, _)| matches!(course, Course::Round(_)));
        let proved = cut.searched.len() > 1 && rounds.clone().count() == 8 && rounds.clone().all(|(_, end)| *end != End::Cut);
        if proved {
            prop_assert_eq!(places(&cut).first().map(|found| found.1), places(&whole).first().map(|found| found.1));
        } else {
            prop_assert!(cut.cut_short());
        }
        prop_assert!(cut.cost <= budget);
    }
}

/// A square of 4 km to a side with a round hole, and a notice in its middle.
fn in_a_square_with_a_hole(bearing: f64, away: f64, radius: f64) -> Scene {
    let middle = at(59.6, 24.7);
    let square: Vec<_> = (0..4).map(|corner| toward(middle, 45.0 + 90.0 * f64::from(corner), 2_830.0)).collect();
    let hole = toward(middle, bearing, away);
    let hole: Vec<_> = (0..24).map(|corner| toward(hole, 15.0 * f64::from(corner), radius)).collect();
    let square = volume(Drawn::Polygon(vec![square, hole]), 0.01);
    Scene { own: vec![circle(59.6, 24.7, 50.0)], others: vec![vec![square]], separation: apart(100), law: LAWS[1] }
}

/// The best along the suggested bearings only.
fn along_suggested(scene: &Scene, limits: &Limits<'_>) -> Option<i64> {
    let index = scene.index();
    let crowds = [scene.question(&index).into()];
    let courses = begin(&crowds, limits).unwrap().into_iter().filter(|course| matches!(course, Course::Along(_)));
    courses.filter_map(|course| along(&crowds, &WEIGHTS, limits, course, &[]).1).filter_map(|found| Some(aside(&found)?.1)).min()
}

#[test]
fn a_gap_between_the_suggested_bearings_is_found() {
    let scene = in_a_square_with_a_hole(17.0, 1_000.0, 180.0);
    let is_clear = scene.by_trying(None);
    let outcome = scene.resolve(&within(4_000));
    let best = places(&outcome)[0];
    assert_eq!(Some(best), smallest(&is_clear, 80));
    assert!(best.1 < 21 && bearings::between(best.0, 17) < 3, "{best:?}: in the hole");
    let suggested = along_suggested(&scene, &within(4_000)).unwrap();
    assert!(suggested > 40, "{suggested}: along the suggested bearings it is out of the square");
}

#[test]
fn a_gap_that_opens_and_closes_is_not_passed_over() {
    let scene = in_a_square_with_a_hole(90.0, 1_000.0, 180.0);
    let is_clear = scene.by_trying(None);
    let first = |bearing: u16| (1..=80).find(|step| is_clear(bearing, *step));
    let opens = first(90).unwrap();
    let closes = (opens..).find(|step| !is_clear(90, *step)).unwrap();
    // By doubled strides none of the steps inside would be looked at.
    let doubled: Vec<i64> = (1..7).map(|n| (1 << n) - 1).collect();
    assert!(closes < 24 && doubled.iter().all(|step| !(opens..closes).contains(step)), "{opens} to {closes}");
    assert_eq!(along_suggested(&scene, &within(4_000)), Some(opens));
    assert_eq!(places(&scene.resolve(&within(4_000)))[0].1, smallest(&is_clear, 80).unwrap().1);
}

#[test]
fn through_a_ring_of_others_the_way_is_found() {
    // Twelve in a ring, of which one stands back; and one in the middle.
    let middle = at(59.6, 24.7);
    let at_hour = |hour: i32| toward(middle, 30.0 * f64::from(hour) + 8.0, if hour == 7 { 2_300.0 } else { 1_200.0 });
    let ring = (0..12).map(|hour| vec![volume(Drawn::Point(at_hour(hour)), 250.0)]);
    let others = ring.chain([vec![circle(59.6, 24.7, 250.0)]]).collect();
    let scene = Scene { own: vec![circle(59.6, 24.7, 60.0)], others, separation: apart(310), law: LAWS[0] };
    let best = places(&scene.resolve(&within(3_500)))[0];
    assert_eq!(Some(best.1), smallest(&scene.by_trying(None), 70).map(|smallest| smallest.1));
    assert!(best.1 < 36 && bearings::between(best.0, 218) < 30, "{best:?}: where one stands back");
}

#[test]
fn between_two_walls_the_corridor_is_found() {
    let middle = at(59.6, 24.7);
    let wall = |away: f64| {
        let foot = toward(middle, 33.0, away);
        vec![volume(Drawn::Path(vec![toward(foot, 123.0, 9_000.0), toward(foot, 303.0, 9_000.0)]), 200.0)]
    };
    let scene = Scene {
        own: vec![circle(59.6, 24.7, 50.0)],
        others: vec![wall(100.0), wall(1_160.0), wall(-880.0)],
        separation: apart(250),
        law: LAWS[1],
    };
    let best = places(&scene.resolve(&within(5_000)))[0];
    assert_eq!(Some(best.1), smallest(&scene.by_trying(None), 100).map(|smallest| smallest.1));
    assert!(best.1 < 18 && bearings::between(best.0, 33) < 45, "{best:?}: between two of the three");
}

#[test]
fn of_several_equally_small_the_first_is_told() {
    let scene = Scene { others: vec![vec![circle(59.6, 24.7, 400.0)]], own: vec![circle(59.6, 24.7, 100.0)], ..two_in_a_row() };
    let places = places(&scene.resolve(&within(3_000)));
    assert_eq!(places.iter().map(|place| place.0).collect::<Vec<_>>(), [0, 45, 90, 135, 180], "the winds, in their order");
    assert!(places.iter().all(|place| place.1 == places[0].1));
}
