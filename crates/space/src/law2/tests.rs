use detente_types::geometry::earth::Vec3;
use detente_types::passage::Passage;
use detente_types::volume::{Datum, Position, Shape, VolumeIn};
use proptest::prelude::*;

use super::*;
use crate::approach::along_earth;
use crate::soak::earth::{Way, apart_m, degrees, least, on_surface};
use crate::testing::{
    MINUTE_US, NOON_US, any_far_moving, any_moving, any_separation, any_volume, at, band, logarithmic, repeatable, timed, toward,
    volume, window,
};

const OVER_ELLIPSOID: Heights = Heights::of(Datum::Wgs84);

fn apart(horizontal_m: i64, vertical_m: i64, minutes: i64) -> Separation {
    Separation { horizontal: Metres::new(horizontal_m), vertical: Metres::new(vertical_m), time_us: minutes * MINUTE_US }
}

/// Along positions, each with the minute after noon at which it is passed.
fn moving(way: &[((f64, f64), i64)], radius_m: f64, slack_minutes: i64) -> Volume {
    let path = way.iter().map(|&((lat, lon), _)| at(lat, lon)).collect();
    let times = way.iter().map(|&(_, minute)| NOON_US + minute * MINUTE_US).collect();
    timed(path, times, radius_m, slack_minutes * MINUTE_US)
}

fn meets(a: &Volume, b: &Volume, separation: &Separation) -> Option<Meeting> {
    meet(a, b, separation, &OVER_ELLIPSOID)
}

/// Two trucks on one road, towards each other, an hour each: they meet in the middle at half past.
#[test]
fn movers_meet_where_and_when_they_are_at_one_place() {
    let east = moving(&[((60.0, 25.0), 0), ((60.0, 26.0), 60)], 50.0, 0);
    let west = moving(&[((60.0, 26.0), 0), ((60.0, 25.0), 60)], 50.0, 0);
    let meeting = meets(&east, &west, &apart(0, 0, 0)).unwrap();
    assert_eq!(meeting.distance, Metres::ZERO);
    let when = meeting.when.unwrap().micros() - NOON_US;
    assert!((when - 30 * MINUTE_US).abs() < MINUTE_US / 4, "{when}");
    assert!((meeting.at.lon_e7() - 255_000_000).abs() < 100_000, "{}", meeting.at);
    // 100 m and a metre of growth at twice 56 km/h: too close for some seconds.
    let window = meeting.window.unwrap();
    let long = window.end().since(window.start());
    assert!(window.start().micros() - NOON_US < 30 * MINUTE_US && long > 5_000_000 && long < 9_000_000, "{window}");
    // An hour later on the same road, with no separation in time, nothing is near anything.
    let later = moving(&[((60.0, 26.0), 61), ((60.0, 25.0), 121)], 50.0, 0);
    assert_eq!(meets(&east, &later, &apart(0, 0, 0)), None);
    // Within an hour is near enough again: at the end of the one way and the start of the other.
    let close = meets(&east, &later, &apart(0, 0, 1)).unwrap();
    // Four microseconds are what rounding may have added.
    assert_eq!((close.time_gap_us, close.when.unwrap().micros()), (MINUTE_US - 4, NOON_US + 60 * MINUTE_US));
    // Without its passage the whole path counts for its whole window.
    let still = Volume { passage: None, ..later };
    assert!(meets(&east, &still, &apart(0, 0, 1)).is_some());
}

#[test]
fn a_mover_meets_what_stays_while_it_is_near_and_only_if_it_is_there_then() {
    let truck = moving(&[((60.0, 25.0), 0), ((60.0, 26.0), 60)], 50.0, 0);
    let square = |from: i64, to: i64| {
        let corners = [(59.9, 25.4), (59.9, 25.6), (60.1, 25.6), (60.1, 25.4)].map(|(lat, lon)| at(lat, lon)).to_vec();
        Volume {
            window: window(NOON_US + from * MINUTE_US, NOON_US + to * MINUTE_US),
            ..volume(Shape::Polygon(vec![corners]), 0.0)
        }
    };
    // It is inside from minute 24 to minute 36.
    let meeting = meets(&truck, &square(0, 60), &apart(0, 0, 0)).unwrap();
    let minutes = |us: i64| (us - NOON_US) as f64 / MINUTE_US as f64;
    let inside = meeting.window.unwrap();
    assert!((minutes(inside.start().micros()) - 24.0).abs() < 0.2, "{inside}");
    assert!((minutes(inside.end().micros()) - 36.0).abs() < 0.2, "{inside}");
    assert_eq!(meets(&truck, &square(0, 23), &apart(0, 0, 0)), None);
    assert_eq!(meets(&truck, &square(37, 60), &apart(0, 0, 0)), None);
    assert!(meets(&truck, &square(37, 60), &apart(0, 0, 2)).is_some());
    // While it is inside, without touching an edge.
    let within = meets(&truck, &square(28, 32), &apart(0, 0, 0)).unwrap();
    assert_eq!((within.distance, within.time_gap_us), (Metres::ZERO, 0));
    let window = within.window.unwrap();
    assert!((minutes(window.start().micros()) - 28.0).abs() < 0.01 && (minutes(window.end().micros()) - 32.0).abs() < 0.01);
    // The time that is told is one at which both are there.
    let roomy = meets(&truck, &square(28, 32), &apart(0, 0, 10)).unwrap();
    assert_eq!((roomy.time_gap_us, roomy.when), (0, Some(Timestamp::from_micros(NOON_US + 28 * MINUTE_US))));
    // A slack of three minutes makes up for what is missing.
    let late = moving(&[((60.0, 25.0), 0), ((60.0, 26.0), 60)], 50.0, 3);
    let slack = meets(&late, &square(37, 60), &apart(0, 0, 0)).unwrap();
    assert_eq!((slack.distance, slack.time_gap_us), (Metres::ZERO, 0));
    // Exchanged, it is told from the other side.
    let exchanged = meets(&square(28, 32), &truck, &apart(0, 0, 0)).unwrap();
    assert_eq!((exchanged.distance, exchanged.window, exchanged.when), (within.distance, within.window, within.when));
}

#[test]
fn altitudes_over_other_data_are_compared() {
    // In the Gulf of Finland the sea lies some 17 m above the ellipsoid.
    let a = volume(Shape::Point(at(59.9, 25.0)), 100.0);
    let over = |lower: i64, upper: i64, datum: Datum| Volume {
        band: detente_types::volume::AltitudeBand::try_new(Metres::new(lower), Metres::new(upper), datum).unwrap(),
        ..a.clone()
    };
    let sea = over(1_000, 2_000, Datum::Amsl);
    let meeting = meets(&a, &sea, &apart(0, 50, 0)).unwrap();
    assert!((1_200..1_800).contains(&meeting.vertical_gap.cm()), "{}", meeting.vertical_gap);
    assert_eq!(meets(&a, &sea, &apart(0, 10, 0)), None);
    let bounded = Heights { terrain: Some((Metres::ZERO, Metres::new(90))), pressure: Some(Metres::new(600)), ..OVER_ELLIPSOID };
    let ground = over(1_000, 1_100, Datum::Agl);
    assert_eq!(meet(&a, &ground, &apart(0, 0, 0), &bounded).unwrap().band, Some(band(1_000, 1_000)));
    let level = over(1_620, 2_000, Datum::FlightLevel);
    assert!(meet(&a, &level, &apart(0, 50, 0), &bounded).is_some());
    assert!(meet(&a, &over(1_660, 2_000, Datum::FlightLevel), &apart(0, 50, 0), &bounded).is_none());
    // What cannot be compared counts as all altitudes.
    assert_eq!(meets(&a, &ground, &apart(0, 0, 0)).unwrap().vertical_gap, Metres::ZERO);
}

/// A circle or a square for some minutes, or something that moves.
fn any_other() -> impl Strategy<Value = Volume> {
    let circle = (0.0..360.0_f64, 0.0..6_000.0_f64, 0..60_i64, 1..30_i64, prop::bool::ANY);
    let still = circle.prop_map(|(bearing, away, from, long, square)| {
        let centre = toward(at(59.9, 25.0), bearing, away);
        let corners = [45.0, 135.0, 225.0, 315.0].map(|bearing| toward(centre, bearing, 900.0)).to_vec();
        let shape = if square { Shape::Polygon(vec![corners]) } else { Shape::Point(centre) };
        Volume {
            window: window(NOON_US + from * MINUTE_US, NOON_US + (from + long) * MINUTE_US),
            ..volume(shape, if square { 1.0 } else { 400.0 })
        }
    });
    prop_oneof![any_moving(), still]
}

/// The shortest paths along a shape's edges, and the times of their ends where it moves: by another implementation.
fn ways(volume: &Volume) -> Vec<(Way, (i64, i64))> {
    let still = Clock::of(volume).whole();
    let rings: Vec<Vec<Position>> = match volume.footprint.shape() {
        Shape::Point(place) => vec![vec![*place, *place]],
        Shape::Path(path) => vec![path.clone()],
        Shape::Polygon(rings) => rings.iter().map(|ring| ring.iter().chain(&ring[..1]).copied().collect()).collect(),
    };
    let edges = rings.iter().flat_map(|ring| ring.windows(2));
    let leg = |i: usize| volume.passage.as_ref().map_or(still, |p| (p.times()[i].micros(), p.times()[i + 1].micros()));
    edges.enumerate().map(|(i, ends)| (Way::new(ends[0], ends[1]), leg(i))).collect()
}

/// Points of a shape, each with the times at which it is there: every so many of its edges and of its inside.
fn sampled(volume: &Volume) -> Vec<(Vec3, (i64, i64))> {
    const PIECES: i64 = 400;
    let ways = ways(volume);
    let span = Clock::of(volume).whole();
    if volume.passage.is_some() {
        let at = |i: i64| span.0 + (span.1 - span.0) * i / PIECES;
        let place = |us: i64| {
            let (way, (start, end)) = ways.iter().find(|(_, leg)| us <= leg.1).unwrap();
            on_surface(way.at((us - start) as f64 / (end - start) as f64))
        };
        return (0..=PIECES).map(|i| (place(at(i)), (at(i), at(i)))).collect();
    }
    let points: Vec<Vec3> = ways.iter().flat_map(|(way, _)| (0..=40).map(|i| on_surface(way.at(f64::from(i) / 40.0)))).collect();
    let middle = points.iter().fold(Vec3::ZERO, |sum, &p| sum + p) * (1.0 / points.len() as f64);
    points.iter().flat_map(|&p| (0..=20).map(move |i| (p + (middle - p) * (f64::from(i) / 20.0), span))).collect()
}

/// Closest sampled distance in metres, and first and last time of the movers at which it is below a limit.
fn by_samples(a: &Volume, b: &Volume, within_us: i64) -> Option<f64> {
    let mut best: Option<f64> = None;
    let others = sampled(b);
    for (point, when) in sampled(a) {
        for (other, then) in &others {
            if gap(when, *then) <= within_us {
                let straight = (point - *other).norm();
                best = Some(best.map_or(straight, |b| b.min(straight)));
            }
        }
    }
    best.map(along_earth)
}

/// How near a mover comes to a place while both are there, metres between what is bare; `None` when they never are.
fn nearest_to(mover: &Volume, place: Position, span: (i64, i64), within_us: i64) -> Option<f64> {
    let along = |(way, (start, end)): (Way, (i64, i64))| {
        let part = |us: i64| ((us - start) as f64 / (end - start) as f64).clamp(0.0, 1.0);
        let counts = gap((start, end), span) <= within_us;
        counts.then(|| least((part(span.0 - within_us), part(span.1 + within_us)), |p| apart_m(way.at(p), degrees(place))))
    };
    ways(mover).into_iter().filter_map(along).reduce(f64::min)
}

/// How much too short a distance may be told (docs/spec/conflict-1.md, section 8), metres, of edges up to 1,900 km.
fn error_bound(apart_m: f64) -> f64 {
    1.0 + 0.02 + 0.08 + 0.08 * 1.9 * 1.9 + 2.2e-17 * apart_m * apart_m * apart_m
}

proptest! {
    #![proptest_config(repeatable(400))]

    /// Over thousands of kilometres, poles and the antimeridian: as near as another implementation finds, while both are there.
    #[test]
    fn far_movers_come_as_near_as_shortest_paths_say(
        mover in any_far_moving(), leg in 0..3_usize, part in 0.0..1.0_f64, aside in (0.0..360.0_f64, logarithmic(1.0, 3e5)),
        radius in 0.0..3e4_f64, late in -400..400_i64, long in 1..120_i64, minutes in 0..20_i64,
    ) {
        let ways = ways(&mover);
        let (way, (start, end)) = &ways[leg % ways.len()];
        let place = toward({ let (lat, lon) = way.at(part); at(lat, lon) }, aside.0, aside.1);
        // Mostly there when the mover comes by, sometimes long before or after.
        let from = start + ((end - start) as f64 * part) as i64 + late * MINUTE_US / 20;
        let still = Volume { window: window(from, from + long * MINUTE_US), ..volume(Shape::Point(place), radius) };
        let separation = Separation { time_us: minutes * MINUTE_US, ..apart(30_000_000, 0, 0) };
        let within = separation.time_us + mover.passage.as_ref().map_or(0, Passage::slack_us);
        let told = meets(&mover, &still, &separation);
        let truth = nearest_to(&mover, place, Clock::of(&still).whole(), within);
        prop_assert_eq!(told.is_some(), truth.is_some());
        if let (Some(told), Some(bare)) = (told, truth) {
            let radii = mover.footprint.radius().as_f64() + still.footprint.radius().as_f64();
            let (told, truth) = (told.distance.as_f64(), (bare - radii).max(0.0));
            prop_assert!(told <= truth + 1e-6 && told >= truth - error_bound(bare), "told {told}, in truth {truth}");
        }
    }

    #[test]
    fn where_nothing_moves_it_is_the_first_law(a in any_volume(), b in any_volume(), separation in any_separation()) {
        prop_assert_eq!(meets(&a, &b, &separation), law1::meet(&a, &b, &separation));
    }

    #[test]
    fn it_finds_what_the_first_law_finds_or_less(a in any_moving(), b in any_other(), minutes in 0..20_i64) {
        let separation = apart(500, 0, minutes);
        if let Some(found) = meets(&a, &b, &separation) {
            let whole = law1::meet(&a, &b, &separation).expect("the whole path for the whole window meets it as well");
            prop_assert!(whole.distance <= found.distance);
        }
    }

    /// Samples cannot be closer than what is told but for the depth of chords, and with steps this small not much further.
    #[test]
    fn movers_are_as_close_as_samples_say(a in any_moving(), b in any_other(), minutes in 0..5_i64) {
        let everything = Separation { horizontal: Metres::new(50_000), vertical: Metres::ZERO, time_us: minutes * MINUTE_US };
        let slack = |v: &Volume| v.passage.as_ref().map_or(0, Passage::slack_us);
        let within = everything.time_us + slack(&a) + slack(&b);
        let told = meets(&a, &b, &everything);
        let bare = |told: &Meeting| told.distance.as_f64() + a.footprint.radius().as_f64() + b.footprint.radius().as_f64() + 1.0;
        if let Some(metres) = by_samples(&a, &b, within).filter(|&metres| metres < 49_000.0) {
            let told = told.as_ref().expect("samples within 50 km are found");
            prop_assert!(told.distance == Metres::ZERO || bare(told) <= metres + 0.4, "{} {metres}", told.distance);
        }
        // Steps of a few hundredths of a leg, and a little more time for what falls between two of them.
        if let Some(told) = told.filter(|t| t.distance > Metres::ZERO) {
            let reach = by_samples(&a, &b, within + 30_000_000).expect("what is found is there");
            prop_assert!(reach <= bare(&told) + 600.0, "{} {reach}", told.distance);
        }
    }

    #[test]
    fn exchanging_changes_neither_distance_nor_window(a in any_moving(), b in any_other(), minutes in 0..20_i64) {
        let separation = apart(300, 0, minutes);
        let (one, other) = (meets(&a, &b, &separation), meets(&b, &a, &separation));
        let told = |m: &Option<Meeting>| m.as_ref().map(|m| (m.distance, m.vertical_gap, m.band, m.window));
        prop_assert_eq!(told(&one), told(&other));
    }

    /// The window holds every sampled time of a mover at which it is too close.
    #[test]
    fn the_window_holds_every_time_that_is_too_close(a in any_moving(), b in any_other()) {
        let separation = apart(200, 0, 1);
        let slack = |v: &Volume| v.passage.as_ref().map_or(0, Passage::slack_us);
        let within = separation.time_us + slack(&a) + slack(&b);
        let limit = 200.0 + a.footprint.radius().as_f64() + b.footprint.radius().as_f64();
        let window = meets(&a, &b, &separation).and_then(|m| m.window);
        let others = sampled(&b);
        for (point, when) in sampled(&a) {
            let close = others.iter().any(|(o, then)| gap(when, *then) <= within && along_earth((point - *o).norm()) <= limit);
            if close {
                let window = window.expect("something is too close for a while");
                prop_assert!(window.start().micros() - 1 <= when.0 && when.0 <= window.end().micros() + 1, "{window} {when:?}");
            }
        }
    }
}

#[test]
fn a_passage_survives_its_encoding() {
    let truck = moving(&[((60.0, 25.0), 0), ((60.0, 26.0), 60)], 50.0, 2);
    assert_eq!(Volume::try_from(&VolumeIn::from(&truck)), Ok(truck));
}
