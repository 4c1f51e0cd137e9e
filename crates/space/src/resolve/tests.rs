use detente_types::height::Heights;
use detente_types::notice::NoticeKind;
use detente_types::volume::{Datum, Shape as Drawn, VolumeIn};
use proptest::prelude::*;

use super::*;
use crate::arc::length_and_azimuth;
use crate::testing::{
    MINUTE_US, NOON_US, any_volume, at, band, filed, logarithmic, repeatable, shape, timed, toward, volume, window,
};
use crate::{Index, Law, Separation, disclose};

mod across;
mod round;
mod short;

const HOUR_US: i64 = 60 * MINUTE_US;
const LAWS: [Law; 2] = [Law::One, Law::Two(Heights::of(Datum::Wgs84))];
const PLENTY: usize = 10_000_000;
const WEIGHTS: Weights = Weights { per_minute: 3, per_100_m: 11, per_km: 40 };

/// A notice among others, small and crowded.
#[derive(Clone, Debug)]
struct Scene {
    own: Vec<Volume>,
    others: Vec<Vec<Volume>>,
    separation: Separation,
    law: Law,
}

impl Scene {
    fn index(&self) -> Index<usize> {
        filed(&self.others)
    }

    fn question<'a>(&'a self, others: &'a Index<usize>) -> Question<'a, usize> {
        let Self { separation, law, .. } = *self;
        Question { kind: NoticeKind::Operation, volumes: &self.own, others, aside: &|_| false, separation, law }
    }

    fn resolve(&self, limits: &Limits) -> Outcome {
        resolve(&self.question(&self.index()), &WEIGHTS, limits)
    }

    /// Whether volumes are in nobody's way: by comparing each with each.
    fn is_clear(&self, volumes: &[Volume]) -> bool {
        let others = || self.others.iter().flatten();
        volumes.iter().all(|own| others().all(|other| self.law.meet(own, other, &self.separation).is_none()))
    }

    /// The fewest steps that clear the notice, by trying one after the other.
    fn fewest(&self, steps: i64, step: impl Fn(&mut VolumeIn, i64)) -> Option<i64> {
        (1..=steps).find(|&n| {
            let moved = self.own.iter().map(|own| {
                let mut input = VolumeIn::from(own);
                step(&mut input, n);
                Volume::try_from(&input).unwrap()
            });
            self.is_clear(&moved.collect::<Vec<_>>())
        })
    }
}

/// Within a few kilometres of each other, an hour or two, and a kilometre of altitude.
fn any_near(moves: bool) -> impl Strategy<Value = Volume> {
    let place = (0.0..360.0_f64, 0.0..4_000.0_f64);
    let footprint = (place, logarithmic(10.0, 3_000.0))
        .prop_flat_map(|((bearing, away), size)| shape(toward(at(59.6, 24.7), bearing, away), size));
    let minutes = (0..150_i64, 1..5_400_i64);
    (footprint, logarithmic(1.0, 500.0), minutes, (0..10_i64, 0..3_i64), any::<bool>(), 0..40_i64).prop_map(
        move |(drawn, radius, (start, seconds), (lower, thick), still, slack)| {
            let (start, long) = (NOON_US + start * MINUTE_US, seconds * 1_000_000);
            let still_one = Volume {
                band: band(lower * 100, (lower + thick) * 100 + 37),
                window: window(start, start + long),
                ..volume(drawn.clone(), radius)
            };
            match drawn {
                Drawn::Path(path) if moves && !still => {
                    let legs = path.len() as i64 - 1;
                    let times = (0..=legs).map(|i| start + long * i / legs).collect();
                    Volume { band: still_one.band, ..timed(path, times, radius, slack * 1_000_000) }
                }
                _ => still_one,
            }
        },
    )
}

fn any_scene(moves: bool) -> impl Strategy<Value = Scene> {
    let own = prop::collection::vec(any_near(moves), 1..3);
    let others = prop::collection::vec(prop::collection::vec(any_near(moves), 1..3), 1..7);
    let separation = (0..2_000_i64, 0..150_i64, 0..20_i64).prop_map(|(m, up, minutes)| Separation {
        horizontal: Metres::new(m),
        vertical: Metres::new(up),
        time_us: minutes * MINUTE_US + 1,
    });
    (own, others, separation, prop::sample::select(LAWS.to_vec())).prop_map(|(own, others, separation, law)| Scene {
        own,
        others,
        separation,
        law,
    })
}

/// One in which something is in the way.
fn any_crowded_scene() -> impl Strategy<Value = Scene> {
    any_scene(true).prop_filter("nothing is in the way", |scene| !scene.is_clear(&scene.own))
}

fn limits(time: bool, altitude: bool, place: bool) -> Limits<'static> {
    Limits {
        time: time.then(|| window(NOON_US - 6 * HOUR_US, NOON_US + 10 * HOUR_US)),
        altitude: altitude.then(|| band(0, 1_500)),
        place: place.then(|| Metres::new(15_000)),
        area: None,
        precision: Precision::Exact,
        budget: PLENTY,
    }
}

/// Volumes a step less aside.
fn nearer(own: &[Volume], Aside { bearing_deg, distance }: Aside) -> Vec<Volume> {
    let by = Shift::aside(bearing_deg, distance.saturating_sub(Metres::new(50)));
    let turn = rigid::Turn::new(rigid::middle(own).unwrap(), bearing_deg, distance.as_f64() - 50.0);
    own.iter().map(|own| shift::moved(own, by, Some(&turn)).unwrap()).collect()
}

/// The steps of what was found one way.
fn steps(outcome: &Outcome, way: Way) -> Option<i64> {
    let single = outcome.resolutions.iter().map(|found| found.shift).filter(|shift| shift.parts() == 1);
    let steps = single.filter_map(|Shift { shift_us, climb_cm, .. }| match way {
        Way::Later => Some(shift_us / MINUTE_US),
        Way::Earlier => Some(-shift_us / MINUTE_US),
        Way::Up => Some(climb_cm / 1_000),
        Way::Down => Some(-climb_cm / 1_000),
        Way::Toward(_) => None,
    });
    let steps = steps.filter(|&steps| steps > 0).min();
    let end = outcome.searched.iter().find(|(searched, _)| *searched == way.into()).unwrap().1;
    assert_eq!(end, if steps.is_some() { End::Found } else { End::Closed }, "{way:?}");
    steps
}

proptest! {
    #![proptest_config(repeatable(300))]

    #[test]
    fn every_resolution_is_clear(scene in any_scene(true)) {
        let outcome = scene.resolve(&limits(true, true, true));
        prop_assert_eq!(outcome.clear, scene.is_clear(&scene.own));
        prop_assert!(!outcome.cut_short());
        prop_assert!(outcome.resolutions.len() <= RESOLUTIONS_MAX);
        prop_assert!(outcome.resolutions.is_sorted_by_key(|found| found.cost));
        for found in &outcome.resolutions {
            prop_assert!(scene.is_clear(&found.volumes), "{:?}", found.shift);
            let within = |v: &Volume| window(NOON_US - 6 * HOUR_US, NOON_US + 10 * HOUR_US).covers(&v.window);
            prop_assert!(found.volumes.iter().all(within));
            if let Shift { aside: Some(aside), .. } = found.shift && found.shift.parts() == 1 {
                let nearer = nearer(&scene.own, aside);
                prop_assert!(!scene.is_clear(&nearer), "a step less is enough, {:?}", found.shift);
            }
        }
    }

    #[test]
    fn shifts_in_time_are_the_smallest(scene in any_crowded_scene()) {
        let outcome = scene.resolve(&limits(true, false, false));
        let (first, last) = (
            scene.own.iter().map(|v| v.window.start().micros()).min().unwrap(),
            scene.own.iter().map(|v| v.window.end().micros()).max().unwrap(),
        );
        let later = scene.fewest((NOON_US + 10 * HOUR_US - last) / MINUTE_US, |v, n| v.shift(n * MINUTE_US));
        let earlier = scene.fewest((first - NOON_US + 6 * HOUR_US) / MINUTE_US, |v, n| v.shift(-n * MINUTE_US));
        prop_assert_eq!((steps(&outcome, Way::Later), steps(&outcome, Way::Earlier)), (later, earlier));
        let costs = [later, earlier].into_iter().flatten().map(|n| n as u64 * 60);
        prop_assert_eq!(outcome.resolutions.first().map(|found| found.cost), costs.min());
    }

    #[test]
    fn shifts_in_altitude_are_the_smallest(scene in any_crowded_scene()) {
        let outcome = scene.resolve(&limits(false, true, false));
        let climb = |v: &mut VolumeIn, n: i64| {
            v.lower_cm += n * 1_000;
            v.upper_cm += n * 1_000;
        };
        let (low, high) = (
            scene.own.iter().map(|v| v.band.lower().cm()).min().unwrap(),
            scene.own.iter().map(|v| v.band.upper().cm()).max().unwrap(),
        );
        let up = scene.fewest((150_000 - high) / 1_000, climb);
        let down = scene.fewest(low / 1_000, |v, n| climb(v, -n));
        prop_assert_eq!((steps(&outcome, Way::Up), steps(&outcome, Way::Down)), (up, down));
    }

    #[test]
    fn a_budget_bounds_the_work_and_says_so(scene in any_scene(true), budget in 0_usize..400) {
        let whole = scene.resolve(&limits(true, true, true));
        let cut = scene.resolve(&Limits { budget, ..limits(true, true, true) });
        prop_assert!(cut.cost <= budget);
        prop_assert!(cut.cut_short() || (cut.clear, &cut.resolutions) == (whole.clear, &whole.resolutions));
        prop_assert!(cut.resolutions.iter().all(|found| scene.is_clear(&found.volumes)));
    }

    #[test]
    fn a_moved_shape_keeps_its_lengths(
        volumes in prop::collection::vec(prop_oneof![any_near(false), any_volume()], 1..2), bearing in 0..360_u16, steps in 1..400_i64,
    ) {
        let from = rigid::middle(&volumes).unwrap();
        let metres = steps as f64 * 50.0;
        let turn = rigid::Turn::new(from, bearing, metres);
        let (far, azimuth) = length_and_azimuth(from, turn.position(from));
        prop_assert!((far - metres).abs() < 0.1 + 1e-4 * metres, "{far} for {metres}");
        let off = (azimuth.to_degrees() - f64::from(bearing)).rem_euclid(360.0);
        prop_assert!(off.min(360.0 - off) * metres < 0.1 + 3e-3 * metres, "{off}° off");
        let vertices: Vec<_> = volumes.iter().flat_map(|v| v.footprint.vertices()).collect();
        for pair in vertices.windows(2) {
            let before = length_and_azimuth(pair[0], pair[1]).0;
            let after = length_and_azimuth(turn.position(pair[0]), turn.position(pair[1])).0;
            prop_assert!((before - after).abs() < 0.05 + 3e-5 * before, "{before} became {after}");
        }
    }
}

fn circle(lat: f64, lon: f64, radius_m: f64) -> Volume {
    volume(Drawn::Point(at(lat, lon)), radius_m)
}

fn apart(metres: i64) -> Separation {
    Separation { horizontal: Metres::new(metres), vertical: Metres::new(100), time_us: 5 * MINUTE_US }
}

/// A notice at noon for an hour from 0 to 1,000 m, and one beside it that follows an hour and a half later.
fn two_in_a_row() -> Scene {
    let next = Volume { window: window(NOON_US + 90 * MINUTE_US, NOON_US + 120 * MINUTE_US), ..circle(59.6, 24.7, 300.0) };
    let others = vec![vec![circle(59.6, 24.7, 500.0)], vec![next]];
    Scene { own: vec![circle(59.6, 24.71, 300.0)], others, separation: apart(200), law: LAWS[1] }
}

#[test]
fn a_shift_past_one_goes_on_past_the_next() {
    let scene = two_in_a_row();
    let outcome = scene.resolve(&limits(true, true, true));
    // Past the first it would run from 65 to 125 minutes after noon, into the second; 5 minutes past that are 126 in all.
    assert_eq!(steps(&outcome, Way::Later), Some(126));
    assert_eq!(steps(&outcome, Way::Earlier), Some(66));
    assert_eq!((steps(&outcome, Way::Up), steps(&outcome, Way::Down)), (None, None), "1,000 m do not fit");
    let places: Vec<u16> =
        outcome.resolutions.iter().filter_map(|found| found.shift.aside.map(|aside| aside.bearing_deg)).collect();
    assert_eq!(places.len(), 3);
    assert_eq!(places[0], 90, "away from the other is nearest");
}

#[test]
fn a_place_along_a_bearing_is_the_nearest_step() {
    let scene = two_in_a_row();
    let outcome = scene.resolve(&limits(false, false, true));
    let best = &outcome.resolutions[0];
    // The circles' middles are 564 m apart and must be 1,000 m and the growth of both apart.
    assert_eq!(best.shift, Shift::aside(90, Metres::new(450)));
    assert!(!scene.is_clear(&nearer(&scene.own, best.shift.aside.unwrap())));
    assert_eq!(best.change(), Change::Volumes(best.volumes.clone()));
}

#[test]
fn what_is_closed_on_all_sides_is_said_to_be() {
    let mut scene = two_in_a_row();
    // For days, from the ground up, and wider than the notice may be moved.
    let lid = Volume {
        window: window(NOON_US - 48 * HOUR_US, NOON_US + 48 * HOUR_US),
        band: band(-100, 20_000),
        ..circle(59.6, 24.7, 40_000.0)
    };
    scene.others.push(vec![lid]);
    let outcome = scene.resolve(&limits(true, true, true));
    assert!(!outcome.clear && outcome.resolutions.is_empty() && !outcome.cut_short());
    assert!(outcome.searched.len() >= 12, "four ways and eight winds at least");
    assert!(outcome.searched.iter().all(|(_, end)| *end == End::Closed), "{:?}", outcome.searched);
}

#[test]
fn planted_errors_are_caught() {
    let scene = two_in_a_row();
    let caught = |wrong: &Scene| {
        let outcome = wrong.resolve(&limits(true, true, true));
        assert!(!outcome.resolutions.is_empty());
        outcome.resolutions.iter().filter(|found| !scene.is_clear(&found.volumes)).count()
    };
    assert_eq!(caught(&scene), 0, "the honest search makes none");
    let touching = Separation { horizontal: Metres::ZERO, vertical: Metres::ZERO, time_us: 0 };
    assert!(caught(&Scene { separation: touching, ..scene.clone() }) > 0, "the separation is forgotten");
    assert!(caught(&Scene { others: scene.others[..1].to_vec(), ..scene.clone() }) > 0, "the next in the way is forgotten");
}

#[test]
fn a_notice_is_not_in_its_own_way() {
    let mut scene = two_in_a_row();
    scene.others = vec![scene.own.clone()];
    let index = scene.index();
    assert!(!resolve(&scene.question(&index), &WEIGHTS, &limits(true, false, false)).clear);
    let question = Question { aside: &|key| *key == 0, ..scene.question(&index) };
    assert!(resolve(&question, &WEIGHTS, &limits(true, false, false)).clear);
}

#[test]
fn between_two_encounters_a_mover_slips_through() {
    // It waits half an hour between two places; the other is at the second for ten minutes, at the first for an hour.
    let path = vec![at(59.6, 24.7), at(59.6, 24.8), at(59.6, 24.81), at(59.6, 24.9)];
    let times = [0, 10, 40, 50].map(|minutes| NOON_US + minutes * MINUTE_US).to_vec();
    let mover = timed(path, times, 50.0, 0);
    let during = |lon: f64, from: i64, to: i64| Volume {
        window: window(NOON_US + from * MINUTE_US, NOON_US + to * MINUTE_US),
        ..circle(59.6, lon, 100.0)
    };
    let others = vec![vec![during(24.75, 0, 20)], vec![during(24.87, 55, 90)]];
    let separation = Separation { horizontal: Metres::new(100), vertical: Metres::ZERO, time_us: 0 };
    let scene = Scene { own: vec![mover], others, separation, law: LAWS[1] };
    let outcome = scene.resolve(&limits(true, false, false));
    let later = steps(&outcome, Way::Later);
    assert_eq!(later, scene.fewest(200, |v, n| v.shift(n * MINUTE_US)));
    assert!(later.unwrap() > 15, "past the first, and then past the second");
}

#[test]
fn another_datum_than_the_limits_is_not_climbed_in() {
    let mut scene = two_in_a_row();
    scene.own[0].band = AltitudeBand::try_new(Metres::ZERO, Metres::new(100), Datum::Amsl).unwrap();
    let outcome = scene.resolve(&limits(false, true, false));
    assert_eq!(outcome.searched, [(Way::Up.into(), End::Closed), (Way::Down.into(), End::Closed)]);
    // In limits over its own datum it is, by what the law makes of it over the line's.
    let over_sea = AltitudeBand::try_new(Metres::ZERO, Metres::new(2_000), Datum::Amsl).unwrap();
    let outcome = scene.resolve(&Limits { altitude: Some(over_sea), ..limits(false, true, false) });
    assert!(steps(&outcome, Way::Up).is_some() && scene.is_clear(&outcome.resolutions[0].volumes));
}

#[test]
fn among_several_crowds_nothing_is_in_the_way_of_any_form() {
    let scene = two_in_a_row();
    let coarse = disclose::coarsen(&scene.own, Precision::Km1).unwrap();
    let split = |which: usize| Scene { others: vec![scene.others[which].clone()], ..scene.clone() };
    let (first, second) = (split(0), split(1));
    let (near, far) = (first.index(), second.index());
    let told = Question { volumes: &coarse, ..second.question(&far) };
    let limits = Limits { precision: Precision::Km1, ..limits(true, true, true) };
    let outcome = resolve_among(&[first.question(&near).into(), told.into()], &WEIGHTS, &limits);
    assert!(!outcome.resolutions.is_empty());
    for found in &outcome.resolutions {
        assert!(first.is_clear(&found.volumes), "{found:?}");
        assert!(second.is_clear(&disclose::coarsen(&found.volumes, Precision::Km1).unwrap()), "{found:?}");
    }
}

proptest! {
    #![proptest_config(repeatable(60))]

    #[test]
    fn what_is_told_coarsely_moves_as_the_notice_does(
        own in prop::collection::vec(any_near(true), 1..3),
        others in prop::collection::vec(prop::collection::vec(any_near(true), 1..3), 1..4),
        precision in prop_oneof![Just(Precision::Km1), Just(Precision::Km10)],
    ) {
        let coarse = disclose::coarsen(&own, precision).unwrap();
        let separation = Separation { horizontal: Metres::new(500), vertical: Metres::new(50), time_us: MINUTE_US };
        let scene = Scene { own: coarse.clone(), others, separation, law: LAWS[1] };
        let limits = Limits { precision, ..limits(true, true, true) };
        let outcome = scene.resolve(&limits);
        for found in &outcome.resolutions {
            let moved = own.iter().map(|volume| {
                let mut input = VolumeIn::from(volume);
                assert_eq!(found.shift.aside, None, "the grid does not move");
                input.shift(found.shift.shift_us);
                input.lower_cm += found.shift.climb_cm;
                input.upper_cm += found.shift.climb_cm;
                Volume::try_from(&input).unwrap()
            });
            let told = disclose::coarsen(&moved.collect::<Vec<_>>(), precision).unwrap();
            prop_assert_eq!(&told, &found.volumes);
            prop_assert!(scene.is_clear(&told));
        }
    }

    #[test]
    fn way_by_way_the_same_is_found_as_at_once(
        own in prop::collection::vec(any_near(true), 1..3),
        others in prop::collection::vec(prop::collection::vec(any_near(true), 1..3), 1..4),
    ) {
        let separation = Separation { horizontal: Metres::new(500), vertical: Metres::new(50), time_us: MINUTE_US };
        let scene = Scene { own, others, separation, law: LAWS[1] };
        let (index, limits) = (scene.index(), limits(true, true, true));
        let crowds = [scene.question(&index).into()];
        let (mut ends, mut found) = (Vec::new(), Vec::new());
        for course in begin(&crowds, &limits).unwrap() {
            let (end, more) = along(&crowds, &WEIGHTS, &limits, course, &found);
            ends.push((course, end));
            found.extend(more);
        }
        rank(&mut found);
        let outcome = scene.resolve(&limits);
        for found in &found {
            prop_assert_eq!(proves(&crowds, &limits, found.shift), Some(true));
            prop_assert_eq!(proves(&crowds, &limits, Shift::default()), Some(false), "unmoved");
        }
        prop_assert_eq!(found, outcome.resolutions);
        prop_assert_eq!(ends, outcome.searched);
    }
}
