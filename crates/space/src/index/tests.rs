use detente_types::height::Heights;
use detente_types::unit::Metres;
use detente_types::volume::{ALTITUDE_MAX, ALTITUDE_MIN, AltitudeBand, Datum, Footprint, Position, Shape};
use proptest::prelude::*;

use super::*;
use crate::law::{Law, Separation};
use crate::planted::{self, Planted};
use crate::testing::{MINUTE_US, NOON_US, any_moving, any_separation, any_volume, at, repeatable, timed, volume, window};

const LAWS: [Law; 2] = [Law::One, Law::Two(Heights::of(Datum::Wgs84))];

type Notices = BTreeMap<u32, (NoticeKind, Vec<Volume>)>;

/// What the index must find, by comparing every volume with every other.
fn model(
    notices: &Notices,
    (kind, volumes): &(NoticeKind, Vec<Volume>),
    separation: &Separation,
    law: Law,
    side: Side,
) -> Vec<Find<u32>> {
    let mut finds = Vec::new();
    for (key, (other_kind, others)) in notices {
        for (asked, volume) in (0..).zip(volumes) {
            for (found, other) in (0..).zip(others) {
                let meeting = match side {
                    Side::First => law.meet(volume, other, separation),
                    Side::Second => law.meet(other, volume, separation),
                };
                if let Some(meeting) = meeting.filter(|_| law.kinds_meet(*kind, *other_kind)) {
                    finds.push(Find { pair: Pair { key: *key, asked, found }, meeting });
                }
            }
        }
    }
    finds
}

fn any_kind() -> impl Strategy<Value = NoticeKind> {
    prop::sample::select(vec![NoticeKind::Operation, NoticeKind::Operation, NoticeKind::Site, NoticeKind::Hazard])
}

/// A law with bounds by which most data can be compared.
fn any_law() -> impl Strategy<Value = Law> {
    let metres = |m: Option<i64>| m.map(Metres::new);
    let terrain = prop::option::of((-500..0_i64, 0..9_000_i64));
    let heights = (prop::sample::select(Datum::ALL.to_vec()), terrain, prop::option::of(0..600_i64));
    let bounded = heights.prop_map(move |(datum, terrain, error)| {
        let terrain = terrain.map(|(low, high)| (Metres::new(low), Metres::new(high)));
        Law::Two(Heights { datum, terrain, pressure: metres(error) })
    });
    prop_oneof![prop::sample::select(LAWS.to_vec()), bounded]
}

/// A band over any datum: anywhere, a few metres to either side of where bands over others come to lie, or at an end of all
/// altitudes.
fn any_band() -> impl Strategy<Value = AltitudeBand> {
    let all = (ALTITUDE_MIN.cm(), ALTITUDE_MAX.cm());
    let at = prop_oneof![8 => -20_000..120_000_i64, 1 => all.0..all.0 + 30_000, 1 => all.1 - 30_000..all.1];
    (prop::sample::select(Datum::ALL.to_vec()), at, prop_oneof![Just(0), 0..20_000_i64]).prop_map(move |(datum, lower, thick)| {
        AltitudeBand::try_new(Metres::from_cm(lower), Metres::from_cm((lower + thick).min(all.1)), datum).unwrap()
    })
}

fn any_notice() -> impl Strategy<Value = (NoticeKind, Vec<Volume>)> {
    let volume = prop_oneof![any_volume(), any_moving()];
    let banded = (volume, prop::option::of(any_band())).prop_map(|(v, band)| Volume { band: band.unwrap_or(v.band), ..v });
    (any_kind(), prop::collection::vec(banded, 0..4))
}

#[derive(Clone, Debug)]
enum Step {
    Insert(u32, (NoticeKind, Vec<Volume>)),
    Remove(u32),
    Expire(Timestamp),
}

fn any_step() -> impl Strategy<Value = Step> {
    prop_oneof![
        8 => (0..30_u32, any_notice()).prop_map(|(key, notice)| Step::Insert(key, notice)),
        2 => (0..30_u32).prop_map(Step::Remove),
        1 => any_volume().prop_map(|v| Step::Expire(v.window.start())),
    ]
}

fn apply(step: &Step, index: &mut Index<u32>, notices: &mut Notices) {
    match step {
        Step::Insert(key, (kind, volumes)) => {
            index.file(*key, *kind, volumes);
            notices.insert(*key, (*kind, volumes.clone()));
        }
        Step::Remove(key) => assert_eq!(index.remove(key), notices.remove(key).is_some()),
        Step::Expire(before) => {
            let over = |(_, volumes): &(NoticeKind, Vec<Volume>)| volumes.iter().all(|v| v.window.end() < *before);
            let expected: BTreeSet<u32> = notices.iter().filter(|(_, n)| over(n)).map(|(k, _)| *k).collect();
            assert_eq!(index.expire(*before).into_iter().collect::<BTreeSet<u32>>(), expected);
            notices.retain(|key, _| !expected.contains(key));
        }
    }
}

proptest! {
    #![proptest_config(repeatable(400))]

    #[test]
    fn finds_what_a_linear_scan_finds(
        steps in prop::collection::vec(any_step(), 1..60),
        asked in any_notice(), separation in any_separation(), law in any_law(),
        side in prop::sample::select(vec![Side::First, Side::Second]), limit in 1..5_usize, drawn in any::<bool>(),
    ) {
        let (mut index, mut notices) = (if drawn { Index::drawn() } else { Index::new() }, Notices::new());
        for step in &steps {
            apply(step, &mut index, &mut notices);
        }
        prop_assert_eq!(index.len(), notices.len());
        let edges = |filed: &Filed<u32>| {
            filed.volumes.iter().filter_map(|filed| filed.outline.as_ref()).map(|outline| outline.arcs().len()).sum::<usize>()
        };
        let kept: usize = index.slots.iter().flatten().map(edges).sum();
        prop_assert_eq!(kept + index.edges_left, if drawn { EDGES_KEPT } else { 0 });
        let expected = model(&notices, &asked, &separation, law, side);
        let question = Asked::of_volumes(asked.0, &asked.1, separation, law, side);
        prop_assert_eq!(index.query(&question).collect::<Vec<_>>(), expected.clone());
        prop_assert_eq!(paged(&index, &question, limit), expected.clone());
        prop_assert_eq!(examined(&index, &question, limit), expected.clone());
        let pairs: Vec<Pair<u32>> = expected.into_iter().map(|find| find.pair).collect();
        prop_assert_eq!(examined_whether(&index, &question, limit), pairs);
    }

}

proptest! {
    #![proptest_config(repeatable(3_000))]

    #[test]
    fn a_box_holds_whatever_the_law_finds(
        a in prop_oneof![any_volume(), any_moving()],
        b in prop_oneof![any_volume(), any_moving()],
        separation in any_separation(),
    ) {
        prop_assert!(!misses(&[(a.clone(), b.clone())], &separation, &|v| bounds_of(v), &LAWS[1..]));
        let whole = |v: &Volume| bounds::of_whole_volume(v, &Outline::new(&v.footprint));
        prop_assert!(!misses(&[(a, b)], &separation, &whole, &LAWS));
    }
}

fn paged(index: &Index<u32>, asked: &Asked<'_>, limit: usize) -> Vec<Find<u32>> {
    let (mut finds, mut after) = (Vec::new(), None);
    loop {
        let page = index.query_page(asked, after.as_ref(), limit);
        assert!(page.finds.len() <= limit);
        finds.extend(page.finds);
        match page.next {
            Some(next) => after = Some(next),
            None => return finds,
        }
    }
}

fn examined(index: &Index<u32>, asked: &Asked<'_>, pairs: usize) -> Vec<Find<u32>> {
    let (mut finds, mut after) = (Vec::new(), None);
    loop {
        let page = index.examine(asked, after.as_ref(), pairs);
        assert!(page.finds.len() <= pairs);
        finds.extend(page.finds);
        match page.next {
            Some(next) => after = Some(next),
            None => return finds,
        }
    }
}

fn examined_whether(index: &Index<u32>, asked: &Asked<'_>, pairs: usize) -> Vec<Pair<u32>> {
    let (mut found, mut after) = (Vec::new(), None);
    loop {
        let before = found.len();
        let tell = |key: &u32, [asked, of]: [u16; 2]| found.push(Pair { key: *key, asked, found: of });
        let rest = index.examine_whether(asked, after.as_ref(), usize::MAX, pairs, tell);
        assert!(found.len() - before <= pairs * BOXES_AS_PAIR / SEEN_AS_BOXES);
        match rest.next {
            Some(next) => after = Some(next),
            None => return found,
        }
    }
}

fn bounds_of(volume: &Volume) -> Vec<Bounds> {
    bounds::of_volume(volume, &Outline::new(&volume.footprint))
}

/// Whether a way of drawing boxes would lose one of the pairs that the law finds.
fn misses(pairs: &[(Volume, Volume)], separation: &Separation, bounds_of: &dyn Fn(&Volume) -> Vec<Bounds>, laws: &[Law]) -> bool {
    pairs.iter().any(|(a, b)| {
        let grown: Vec<Bounds> = bounds_of(a).iter().map(|bounds| bounds.grown(separation)).collect();
        let found = |a: &Volume, b: &Volume| laws.iter().any(|law| law.meet(a, b, separation).is_some());
        !bounds::meet(&grown, &bounds_of(b)) && found(a, b)
    })
}

/// Pairs that only a right box keeps: side by side with radii, over a pole, beside the bulge of an edge.
fn telling_pairs() -> Vec<(Volume, Volume)> {
    let circle = |lat: f64, lon: f64, radius: f64| volume(Shape::Point(at(lat, lon)), radius);
    let cap: Vec<Position> = (0..36).map(|i| at(80.0, f64::from(i) * 10.0)).collect();
    vec![
        (circle(0.0, 179.9, 12_000.0), circle(0.0, -179.9, 12_000.0)),
        (volume(Shape::Polygon(vec![cap]), 0.0), circle(90.0, 0.0, 1.0)),
        (volume(Shape::Path(vec![at(50.0, -8.0), at(50.0, 8.0)]), 10.0), circle(50.277, 0.0, 10_000.0)),
    ]
}

#[test]
fn planted_errors_in_a_box_are_caught() {
    let touching = Separation { horizontal: Metres::ZERO, vertical: Metres::ZERO, time_us: 0 };
    let pairs = telling_pairs();
    assert!(!misses(&pairs, &touching, &bounds_of, &LAWS), "the honest box misses nothing");

    let without_radius = |v: &Volume| bounds_of(&at_vertex(v, first_vertex(v), Metres::ZERO));
    assert!(misses(&pairs[..1], &touching, &without_radius, &LAWS));
    let around_vertices =
        |v: &Volume| v.footprint.vertices().flat_map(|p| bounds_of(&at_vertex(v, p, v.footprint.radius()))).collect::<Vec<_>>();
    assert!(misses(&pairs[1..2], &touching, &around_vertices, &LAWS), "the pole lies beyond all vertices");
    assert!(misses(&pairs[2..], &touching, &around_vertices, &LAWS), "the edge rises beyond its ends");
}

#[test]
fn the_first_law_takes_what_moves_to_be_everywhere_all_the_time() {
    // It leaves at noon and is far away an hour later, when something comes to where it was.
    let away = vec![at(59.6, 24.7), at(59.6, 24.8), at(59.6, 25.7)];
    let mover = timed(away, vec![NOON_US, NOON_US + MINUTE_US, NOON_US + 60 * MINUTE_US], 50.0, 0);
    let late = Volume {
        window: window(NOON_US + 50 * MINUTE_US, NOON_US + 70 * MINUTE_US),
        ..volume(Shape::Point(at(59.6, 24.7)), 50.0)
    };
    let separation = Separation { horizontal: Metres::ZERO, vertical: Metres::ZERO, time_us: 0 };
    for (filed, asked) in [(&mover, &late), (&late, &mover)] {
        for (law, finds) in LAWS.into_iter().zip([1, 0]) {
            // Few are gathered through the tree, and many are walked.
            for others in [1, 2 * gather::LOOKED_AT_MAX as u32] {
                let mut index = Index::new();
                (0..others).for_each(|key| index.file(key, NoticeKind::Operation, core::slice::from_ref(filed)));
                let asked = Asked::of_volumes(NoticeKind::Operation, core::slice::from_ref(asked), separation, law, Side::First);
                assert_eq!(index.query(&asked).count(), (finds * others) as usize, "{law:?} of {others}");
            }
        }
    }
}

#[test]
fn a_separation_in_time_reaches_the_next_window() {
    let mut index = Index::new();
    let early = telling_pairs()[0].0.clone();
    index.file(1, NoticeKind::Site, core::slice::from_ref(&early));
    let later = [Volume { window: window(NOON_US + 61 * MINUTE_US, NOON_US + 62 * MINUTE_US), ..early }];
    let found = |time_us: i64| {
        let separation = Separation { horizontal: Metres::ZERO, vertical: Metres::ZERO, time_us };
        let asked = Asked::of_volumes(NoticeKind::Operation, &later, separation, Law::One, Side::First);
        index.query(&asked).count()
    };
    assert_eq!((found(MINUTE_US), found(MINUTE_US - 1)), (1, 0));
}

fn first_vertex(volume: &Volume) -> Position {
    volume.footprint.vertices().next().unwrap()
}

fn at_vertex(volume: &Volume, position: Position, radius: Metres) -> Volume {
    let footprint = Footprint::try_new(Shape::Point(position), radius).unwrap();
    Volume { footprint, ..volume.clone() }
}

/// A polygon with a long northern edge, or a southern one, and a small circle near that edge: so far along it, and so many
/// metres north of its straight line on the map.
fn beside_an_edge(below: bool, lat: f64, width: f64, along: f64, north_m: f64) -> [Volume; 2] {
    let far = if below { lat - 4.0 } else { lat + 4.0 };
    let ring = vec![at(lat, 20.0), at(lat, 20.0 + width), at(far, 20.0 + width), at(far, 20.0)];
    let spot = at(lat + north_m / 111_000.0, 20.0 + width * along);
    [volume(Shape::Polygon(vec![ring]), 0.0), volume(Shape::Point(spot), 1.0)]
}

/// Whether the index tells the two to meet, however they are filed and asked.
fn told_to_meet(pair: &[Volume; 2]) -> [bool; 2] {
    let touching = Separation { horizontal: Metres::ZERO, vertical: Metres::ZERO, time_us: 0 };
    [(0, 1), (1, 0)].map(|(filed, asked)| {
        let mut index = Index::new();
        index.file(1, NoticeKind::Operation, core::slice::from_ref(&pair[filed]));
        let asked = core::slice::from_ref(&pair[asked]);
        let question = Asked::of_volumes(NoticeKind::Operation, asked, touching, LAWS[1], Side::First);
        let mut met = 0;
        index.examine_whether(&question, None, usize::MAX, usize::MAX, |_, _| met += 1);
        met == 1
    })
}

fn by_law(pair: &[Volume; 2]) -> [bool; 2] {
    let touching = Separation { horizontal: Metres::ZERO, vertical: Metres::ZERO, time_us: 0 };
    [LAWS[1].meet(&pair[0], &pair[1], &touching).is_some(); 2]
}

proptest! {
    #![proptest_config(repeatable(2_000))]

    #[test]
    fn a_long_edge_is_where_the_law_has_it(
        below in any::<bool>(), lat in prop_oneof![-80.0..80.0_f64, 55.0..65.0_f64], width in 0.01..8.0_f64,
        along in 0.0..1.0_f64, north_m in prop_oneof![-9_000.0..9_000.0_f64, -20.0..20.0_f64],
    ) {
        let pair = beside_an_edge(below, lat, width, along, north_m);
        prop_assert_eq!(told_to_meet(&pair), by_law(&pair));
    }
}

#[test]
fn edges_that_are_taken_to_be_straight_on_the_map_are_caught() {
    // Half way along, the shortest path lies 4 km north of the parallel.
    let (beyond, within) = (beside_an_edge(true, 60.0, 6.0, 0.5, 2_000.0), beside_an_edge(false, 60.0, 6.0, 0.5, 2_000.0));
    assert_eq!((by_law(&beyond), by_law(&within)), ([true; 2], [false; 2]));
    for (pair, wrong) in [(beyond, [false; 2]), (within, [true; 2])] {
        assert_eq!(told_to_meet(&pair), by_law(&pair));
        assert_eq!(planted::during(Planted::NoStray, || told_to_meet(&pair)), wrong);
    }
}

#[test]
fn the_sea_lies_nowhere_further_from_the_ellipsoid_than_the_forest_allows_for() {
    let everywhere = Region { south: -900_000_000, north: 900_000_000, west: -1_800_000_000, width: 3_600_000_000 };
    let (least, most) = crate::geoid::range(&everywhere);
    assert!(crate::geoid::ANYWHERE_CM.0 <= least && most <= crate::geoid::ANYWHERE_CM.1, "{least} to {most}");
}

/// Whether the index finds that the two meet, however they are filed and asked, and whether the law does.
fn found_and_by_law(pair: &[Volume; 2], separation: Separation, law: Law) -> ([bool; 2], bool) {
    let found = [(0, 1), (1, 0)].map(|(filed, asked)| {
        let mut index = Index::new();
        index.file(1, NoticeKind::Operation, core::slice::from_ref(&pair[filed]));
        let asked = core::slice::from_ref(&pair[asked]);
        index.query(&Asked::of_volumes(NoticeKind::Operation, asked, separation, law, Side::First)).count() == 1
    });
    (found, law.meet(&pair[0], &pair[1], &separation).is_some())
}

fn beside(horizontal_m: i64) -> Separation {
    Separation { horizontal: Metres::new(horizontal_m), vertical: Metres::ZERO, time_us: 0 }
}

#[test]
fn what_is_near_across_the_antimeridian_is_found_from_afar() {
    // Two circles that the antimeridian lies between, one of them 35° away from it.
    let circles = [(72.0, -145.2), (72.0, 179.9)].map(|(lat, lon)| volume(Shape::Point(at(lat, lon)), 500_000.0));
    assert_eq!(found_and_by_law(&circles, beside(200_000), LAWS[1]), ([true; 2], true));
    // A path that is held as a rectangle which runs on beyond the antimeridian, beside the pole.
    let across = (0..7).map(|step| at(88.4, 166.0 + 4.0 * f64::from(step))).collect();
    let paths = [volume(Shape::Path(across), 1.0), volume(Shape::Point(at(88.4, -145.2)), 1.0)];
    assert_eq!(found_and_by_law(&paths, beside(78_000), LAWS[1]), ([true; 2], true));
}

#[test]
fn what_goes_round_the_earth_is_found_from_all_sides() {
    // Round the equator in steps of half a degree, but for a bend that comes to 5° north.
    let lat = |lon: i32| 5.0 - 0.25 * f64::from(lon.abs()).min(20.0);
    let round = (-358..=358).map(|lon| at(lat(lon), 0.5 * f64::from(lon))).collect();
    let pair = [volume(Shape::Path(round), 1.0), volume(Shape::Point(at(5.7, 0.0)), 1.0)];
    assert_eq!(found_and_by_law(&pair, beside(100_000), LAWS[1]), ([true; 2], true));
}

#[test]
fn bands_that_are_cut_at_an_end_of_all_altitudes_meet_there() {
    let band =
        |lower_m: i64, upper_m: i64, datum| AltitudeBand::try_new(Metres::new(lower_m), Metres::new(upper_m), datum).unwrap();
    let spot = volume(Shape::Point(at(31.5, 35.5)), 100.0);
    let separation = Separation { vertical: Metres::new(300), ..beside(0) };
    let (least, most) = (ALTITUDE_MIN.cm() / 100, ALTITUDE_MAX.cm() / 100);
    for (terrain, ground, over_sea) in [
        ((-430, -400), (least, least + 50), (least + 200, least + 250)),
        ((400, 430), (most - 50, most), (most - 250, most - 200)),
    ] {
        let law = Law::Two(Heights {
            datum: Datum::Amsl,
            terrain: Some((Metres::new(terrain.0), Metres::new(terrain.1))),
            pressure: None,
        });
        let pair = [band(ground.0, ground.1, Datum::Agl), band(over_sea.0, over_sea.1, Datum::Amsl)];
        let pair = pair.map(|band| Volume { band, ..spot.clone() });
        assert_eq!(found_and_by_law(&pair, separation, law), ([true; 2], true), "{terrain:?}");
    }
}

#[test]
fn as_many_volumes_as_may_be_are_told_apart() {
    let one = volume(Shape::Point(at(59.6, 24.7)), 10.0);
    let elsewhere = Volume { window: window(NOON_US + 600 * MINUTE_US, NOON_US + 601 * MINUTE_US), ..one.clone() };
    let mut many = vec![elsewhere; VOLUMES_MAX];
    many[VOLUMES_MAX - 1] = one.clone();
    let mut index = Index::new();
    index.file(1, NoticeKind::Operation, &many);
    let ask = |volumes: &[Volume]| {
        let asked = Asked::of_volumes(NoticeKind::Operation, volumes, beside(0), LAWS[1], Side::First);
        index.query(&asked).map(|find| [find.pair.asked, find.pair.found]).collect::<Vec<_>>()
    };
    assert_eq!(ask(core::slice::from_ref(&one)), [[0, u16::MAX - 1]]);
}
