use detente_types::height::Heights;
use detente_types::notice::NoticeKind;
use detente_types::time::{Timestamp, Window};
use detente_types::unit::Metres;
use detente_types::volume::{AltitudeBand, Datum, Position, PositionIn, Shape, Volume};
use proptest::prelude::*;

use super::*;
use crate::testing::{MINUTE_US, NOON_US, any_moving, any_volume, at, band, filed, repeatable, timed, toward, volume, window};
use crate::{Find, Index, Law, Pair, Question, Separation};

const LAWS: [Law; 2] = [Law::One, Law::Two(Heights::of(Datum::Wgs84))];
const HOUR_US: i64 = 60 * MINUTE_US;
const PLENTY: usize = 10_000_000;

/// Others by key, and a separation and a law among them.
#[derive(Clone, Debug)]
struct Scene {
    others: Vec<Vec<Volume>>,
    separation: Separation,
    law: Law,
}

impl Scene {
    fn index(&self) -> Index<usize> {
        filed(&self.others)
    }

    fn question<'a>(&self, volumes: &'a [Volume], others: &'a Index<usize>) -> Question<'a, usize> {
        let Self { separation, law, .. } = *self;
        Question { kind: NoticeKind::Operation, volumes, others, aside: &|_| false, separation, law }
    }

    /// Everything in the way, by comparing each with each.
    fn finds(&self, volumes: &[Volume], separation: &Separation) -> Vec<Find<usize>> {
        let mut finds = Vec::new();
        for (key, others) in self.others.iter().enumerate() {
            for (asked, own) in (0..).zip(volumes) {
                for (found, other) in (0..).zip(others) {
                    let meeting = self.law.meet(own, other, separation);
                    finds.extend(meeting.map(|meeting| Find { pair: Pair { key, asked, found }, meeting }));
                }
            }
        }
        finds
    }

    fn is_clear(&self, volume: Volume) -> bool {
        self.finds(&[volume], &self.separation).is_empty()
    }
}

fn any() -> impl Strategy<Value = Volume> {
    prop_oneof![any_volume(), any_moving()]
}

/// Round circles near each other, so that altitudes and times decide; some move by.
fn any_close() -> impl Strategy<Value = Volume> {
    let still = (0.0..360.0_f64, 0.0..2_000.0_f64, 0..20_i64, 0..6_i64, 0..240_i64, 1..90_i64).prop_map(
        |(bearing, away, lower, thick, start, minutes)| Volume {
            band: band(lower * 100, (lower + thick) * 100 + 3),
            window: window(NOON_US + start * MINUTE_US, NOON_US + (start + minutes) * MINUTE_US + 7),
            ..volume(Shape::Point(toward(at(59.6, 24.7), bearing, away)), 300.0)
        },
    );
    let moving = (still.clone(), 0.0..360.0_f64, 100.0..4_000.0_f64, 0..100_i64).prop_map(|(from, bearing, away, slack)| {
        let start = from.footprint.vertices().next().unwrap();
        let times = vec![from.window.start().micros(), from.window.end().micros()];
        Volume { band: from.band, ..timed(vec![start, toward(start, bearing, away)], times, 100.0, slack * 1_000_000) }
    });
    prop_oneof![3 => still, 1 => moving]
}

/// Few others under any law.
fn any_scene(volume: impl Strategy<Value = Volume>) -> impl Strategy<Value = Scene> {
    let others = prop::collection::vec(prop::collection::vec(volume, 1..3), 0..8);
    let separation = (0..1_500_i64, 0..200_i64, 0..15_i64).prop_map(|(m, up, minutes)| Separation {
        horizontal: Metres::new(m),
        vertical: Metres::new(up),
        time_us: minutes * MINUTE_US,
    });
    (others, separation, prop::sample::select(LAWS.to_vec())).prop_map(|(others, separation, law)| Scene {
        others,
        separation,
        law,
    })
}

proptest! {
    #![proptest_config(repeatable(200))]

    #[test]
    fn the_nearest_is_that_of_all_pairs(
        scene in any_scene(any()), own in prop::collection::vec(any(), 1..3), reach in 0..400_000_i64, minutes in 0..300_i64,
    ) {
        let gates =
            Separation { horizontal: Metres::new(reach), vertical: Metres::new(2_000), time_us: minutes * MINUTE_US };
        let expected = scene.finds(&own, &gates).into_iter().min_by_key(|find| find.meeting.distance);
        let found = nearest(&scene.question(&own, &scene.index()), &gates, PLENTY).unwrap();
        let left = found.as_ref().map(|found| found.margin.cm() + scene.separation.horizontal.cm());
        prop_assert_eq!(left, expected.as_ref().map(|find| find.meeting.distance.cm()));
        // What moves may be told of other pieces when the limit is nearer, but it is the same pair.
        prop_assert_eq!(found.map(|found| found.find.pair), expected.map(|find| find.pair));
    }

    #[test]
    fn the_free_band_is_the_largest(scene in any_scene(any_close()), own in any_close(), floor in 0..5_i64) {
        let within = band(floor * 100, 2_600);
        let index = scene.index();
        let found = free_band(&[scene.question(core::slice::from_ref(&own), &index).into()], within, PLENTY).unwrap();
        let at = |lower: i64, upper: i64| AltitudeBand::try_new(Metres::from_cm(lower), Metres::from_cm(upper), Datum::Wgs84);
        let clear = |lower, upper| at(lower, upper).is_ok_and(|band| scene.is_clear(Volume { band, ..own.clone() }));
        // The largest begins and ends at the limits, or where something just ends or begins.
        let vertical = scene.separation.vertical.cm() + 1;
        let bands = || scene.others.iter().flatten().map(|v| (v.band.lower().cm(), v.band.upper().cm()));
        let (low, high) = (within.lower().cm(), within.upper().cm());
        let starts: Vec<i64> = bands().map(|b| b.1 + vertical).chain([low]).filter(|&cm| cm >= low).collect();
        let ends: Vec<i64> = bands().map(|b| b.0 - vertical).chain([high]).filter(|&cm| cm <= high).collect();
        let pairs = starts.iter().flat_map(|&start| ends.iter().map(move |&end| (start, end)));
        let best = pairs.filter(|&(start, end)| start <= end && clear(start, end)).min_by_key(|&(start, end)| (start - end, start));
        prop_assert_eq!(found.map(|band| (band.lower().cm(), band.upper().cm())), best);
    }

    #[test]
    fn the_free_window_is_the_largest(scene in any_scene(any_close()), own in any_close(), start in 0..60_i64) {
        let within = window(NOON_US + start * MINUTE_US, NOON_US + 6 * HOUR_US);
        let index = scene.index();
        let found = free_window(&[scene.question(core::slice::from_ref(&own), &index).into()], within, PLENTY).unwrap();
        let clear = |start: i64, end: i64| scene.is_clear(Volume { window: window(start, end), passage: None, ..own.clone() });
        let (first, last) = (within.start().micros(), within.end().micros());
        let found = found.map(|free| (free.start().micros(), free.end().micros()));
        prop_assert!(found.is_none_or(|(start, end)| first <= start && end <= last && clear(start, end)));
        // Whole minutes in which nothing is in the way: no run of them is longer than what was found.
        let minutes = (0..(last - first) / MINUTE_US).map(|i| first + i * MINUTE_US);
        let mut run = 0;
        for minute in minutes {
            run = if clear(minute, minute + MINUTE_US) { run + 1 } else { 0 };
            prop_assert!(found.map_or(0, |(start, end)| end - start) >= run * MINUTE_US, "{run} minutes to {minute}");
        }
        // Where nothing moves it ends at the limit or just beside something.
        let moves = scene.others.iter().flatten().any(|v| v.passage.is_some()) && scene.law == LAWS[1];
        if let (Some((start, end)), false) = (found, moves) {
            prop_assert!(start == first || !clear(start - 1, end));
            prop_assert!(end == last || !clear(start, end + 1));
        }
    }

    #[test]
    fn changes_are_the_difference_of_two_lists(scene in any_scene(any_close()), old in any_close(), new in any_close()) {
        let (index, versions) = (scene.index(), [[old], [new]]);
        let [before, after] = [0, 1].map(|i| scene.question(&versions[i], &index));
        let of = |i: usize, key: usize| {
            let finds = scene.finds(&versions[i], &scene.separation).into_iter().filter(move |find| find.pair.key == key);
            finds.min_by_key(|find| find.meeting.distance)
        };
        let all = (0..scene.others.len()).map(|key| Changed { key, before: of(0, key), after: of(1, key) });
        let expected: Vec<_> = all.filter(|changed| !(changed.is_new() && changed.is_gone())).collect();
        prop_assert_eq!(changes(&before, &after, PLENTY).unwrap(), expected);
    }
}

/// A cell's corners, sides and inside, on a lattice of five by five.
fn lattice(south: f64, west: f64, height: f64, width: f64) -> impl Iterator<Item = Position> {
    (0..25).map(move |i| at(south + height * f64::from(i / 5) / 4.0, west + width * f64::from(i % 5) / 4.0))
}

fn e7(degrees: f64) -> i64 {
    (degrees * 1e7).round() as i64
}

fn corner(lat: f64, lon: f64) -> PositionIn {
    PositionIn { lat_e7: e7(lat), lon_e7: e7(lon) }
}

/// Where a raster begins, and the height and width of its cells in degrees.
const RASTERS: [(f64, f64, f64, f64); 3] = [(59.0, 24.0, 0.2, 0.3), (-0.5, 179.2, 0.25, 0.25), (-90.0, -180.0, 0.05, 10.0)];

proptest! {
    #![proptest_config(repeatable(40))]

    #[test]
    fn every_cell_that_is_touched_counts(
        others in prop::collection::vec(prop_oneof![3 => any_volume(), 1 => any_moving()], 0..5), which in 0..3_usize,
    ) {
        let (south, west, height, width) = RASTERS[which];
        let (rows, columns) = (6_u32, if which == 2 { 36 } else { 7 });
        let raster = Raster::try_new(corner(south, west), (e7(height), e7(width)), (rows, columns)).unwrap();
        let asked = window(NOON_US + HOUR_US, NOON_US + 3 * HOUR_US);
        let mut index = Index::new();
        index.insert_volumes(0, NoticeKind::Site, &others);
        let cells = density(&index, &raster, &asked);
        prop_assert_eq!(cells.len(), (rows * columns) as usize);
        let mut bit_by_bit = Index::new();
        others.iter().enumerate().for_each(|(key, v)| bit_by_bit.insert_volumes(key, NoticeKind::Site, core::slice::from_ref(v)));
        let mut picture = Picture::new(raster, asked);
        let mut turns = 0;
        while !picture.go_on(&bit_by_bit, 1) {
            turns += 1;
        }
        prop_assert!(turns <= others.len() && picture.is_done());
        prop_assert_eq!(picture.cells(), &cells[..]);
        let separation = Separation { horizontal: Metres::ZERO, vertical: Metres::new(100_000), time_us: 0 };
        for (place, cell) in cells.iter().enumerate() {
            let (row, column) = (place as u32 / columns, place as u32 % columns);
            let from = (south + height * f64::from(row), west + width * f64::from(column));
            let dot = |p: Position, radius: f64| Volume { window: asked, ..volume(Shape::Point(p), radius) };
            let whole = |v: &Volume| Volume { passage: None, ..v.clone() };
            let touched = others.iter().filter(|v| {
                lattice(from.0, from.1, height, width)
                    .any(|p| LAWS[1].meet(&dot(p, 0.0), v, &separation).is_some_and(|m| m.distance == Metres::ZERO))
            });
            let middle = at(from.0 + height / 2.0, from.1 + width / 2.0);
            let equatorward = from.0.abs().min((from.0 + height).abs());
            let round = (height + width * libm::cos(equatorward.to_radians())) * 57_000.0 + 20.0;
            let near = others.iter().filter(|v| LAWS[0].meet(&dot(middle, round), &whole(v), &separation).is_some());
            let (least, most) = (touched.count() as u32, near.clone().count() as u32);
            prop_assert!((least..=most).contains(&cell.volumes), "{least} to {most}, found {} at {from:?}", cell.volumes);
            let time: i64 = near.map(|v| v.window.end().min(asked.end()).since(v.window.start().max(asked.start()))).sum();
            prop_assert!((0..=time).contains(&cell.time_us));
            if cell.volumes == most && others.iter().all(|v| v.passage.is_none()) {
                prop_assert_eq!(cell.time_us, time);
            }
        }
    }
}

#[test]
fn what_moves_counts_for_the_edges_that_touch_a_cell() {
    // An hour in the first cell, half an hour on into the third.
    let path = vec![at(10.05, 20.05), at(10.05, 20.06), at(10.05, 20.25)];
    let mover = timed(path, vec![NOON_US, NOON_US + HOUR_US, NOON_US + 90 * MINUTE_US], 10.0, MINUTE_US);
    let mut index = Index::new();
    index.insert_volumes(0, NoticeKind::Movement, &[mover]);
    let raster = Raster::try_new(corner(10.0, 20.0), (1_000_000, 1_000_000), (1, 4)).unwrap();
    let day = window(NOON_US - 12 * HOUR_US, NOON_US + 12 * HOUR_US);
    let told: Vec<(u32, i64)> =
        density(&index, &raster, &day).iter().map(|cell| (cell.volumes, cell.time_us / MINUTE_US)).collect();
    // The first is touched by both edges, whose times overlap by twice the slack.
    assert_eq!(told, [(1, 92), (1, 32), (1, 32), (0, 0)]);
    let late = Window::try_new(Timestamp::from_micros(NOON_US + 80 * MINUTE_US), day.end()).unwrap();
    assert_eq!(density(&index, &raster, &late)[1], Cell { volumes: 1, time_us: 11 * MINUTE_US });
}

#[test]
fn a_raster_that_does_not_fit_says_why() {
    let raster = |side, size| Raster::try_new(corner(89.0, 0.0), side, size).unwrap_err();
    let beyond = Raster::try_new(corner(-91.0, 0.0), (1, 1), (1, 1));
    assert_eq!(beyond, Err(RasterFault::Corner { south_e7: -910_000_000, west_e7: 0 }));
    assert_eq!(raster((1, 1), (0, 5)), RasterFault::Cells { rows: 0, columns: 5 });
    assert_eq!(raster((1, 1), (70_000, 70_000)), RasterFault::Cells { rows: 70_000, columns: 70_000 });
    assert_eq!(raster((0, 1), (1, 1)), RasterFault::Side { height_e7: 0, width_e7: 1 });
    assert_eq!(
        raster((5_000_000, 100_000_000), (3, 37)).to_string(),
        "rows from 890000000 to 905000000 and 3700000000 round (1e-7 degree); expected within ±90 degrees and at most 360 round"
    );
}

#[test]
fn an_altitude_that_cannot_be_compared_leaves_nothing_free() {
    let above_ground = AltitudeBand::try_new(Metres::ZERO, Metres::new(100), Datum::Agl).unwrap();
    let here = volume(Shape::Point(at(59.6, 24.7)), 100.0);
    let separation = Separation { horizontal: Metres::ZERO, vertical: Metres::ZERO, time_us: 0 };
    let own = [here.clone()];
    for law in LAWS {
        let scene = Scene { others: vec![vec![Volume { band: above_ground, ..here.clone() }]], separation, law };
        let index = scene.index();
        assert_eq!(free_band(&[scene.question(&own, &index).into()], band(5_000, 9_000), PLENTY), Ok(None));
    }
    // Over the sea, by what the geoid can be there: 15 to 20 m in the gulf, and the law's 2 m.
    let over_sea = AltitudeBand::try_new(Metres::ZERO, Metres::new(100), Datum::Amsl).unwrap();
    let scene = Scene { others: vec![vec![Volume { band: over_sea, ..here.clone() }]], separation, law: LAWS[1] };
    let index = scene.index();
    let free = free_band(&[scene.question(&own, &index).into()], band(0, 200), PLENTY).unwrap().unwrap();
    assert!((Metres::new(115)..Metres::new(125)).contains(&free.lower()) && free.upper() == Metres::new(200), "{free}");
}

#[test]
fn what_would_cost_too_much_is_not_answered() {
    let here = volume(Shape::Point(at(59.6, 24.7)), 100.0);
    let separation = Separation { horizontal: Metres::new(50), vertical: Metres::ZERO, time_us: 0 };
    let scene = Scene { others: vec![vec![here.clone()]; 40], separation, law: LAWS[1] };
    let (index, own) = (scene.index(), [here]);
    let question = || scene.question(&own, &index);
    let day = window(NOON_US - 12 * HOUR_US, NOON_US + 12 * HOUR_US);
    for (work, enough) in [(30, false), (PLENTY, true)] {
        assert_eq!(nearest(&question(), &separation, work).is_ok(), enough);
        assert_eq!(free_band(&[question().into()], band(0, 9_000), work).is_ok(), enough);
        assert_eq!(free_window(&[question().into()], day, work).is_ok(), enough);
        assert_eq!(changes(&question(), &question(), work).is_ok(), enough);
    }
    // Among several crowds nothing is free that any of them takes.
    let (none, later) = (Index::<u8>::new(), Volume { window: day, ..own[0].clone() });
    let mut all_day = Index::new();
    all_day.insert_volumes("all day", NoticeKind::Site, &[later]);
    let Scene { separation, law, .. } = scene;
    let empty = || Question { kind: NoticeKind::Operation, volumes: &own, others: &none, aside: &|_| false, separation, law };
    let busy = Question { kind: NoticeKind::Operation, volumes: &own, others: &all_day, aside: &|_| false, separation, law };
    assert!(free_window(&[empty().into(), question().into()], day, PLENTY).unwrap().is_some());
    assert_eq!(free_window(&[empty().into(), busy.into()], day, PLENTY), Ok(None));
}
