//! Volumes for tests: all shapes and sizes, crowded round the places where geometry goes wrong.

use detente_types::geometry::earth::{Vec3, position_under, surface_point};
use detente_types::notice::NoticeKind;
use detente_types::passage::{Passage, PassageIn};
use detente_types::time::{Timestamp, Window};
use detente_types::unit::Metres;
use detente_types::volume::{AltitudeBand, Datum, Footprint, Position, Shape, Volume};
use proptest::prelude::*;
use proptest::test_runner::RngSeed;

use crate::{Index, Separation};

pub(crate) const NOON_US: i64 = 1_795_521_600_000_000;
pub(crate) const MINUTE_US: i64 = 60_000_000;

/// The same cases in every run; a soak draws new ones, and twenty times as many.
pub(crate) fn repeatable(cases: u32) -> ProptestConfig {
    let plain = ProptestConfig { failure_persistence: None, ..ProptestConfig::default() };
    if soak() {
        return ProptestConfig { cases: cases * 20, ..plain };
    }
    ProptestConfig { cases, rng_seed: RngSeed::Fixed(0x5EED), ..plain }
}

/// Whether full counts are played.
pub(crate) fn soak() -> bool {
    std::env::var_os("DETENTE_SOAK").is_some()
}

/// The position of degrees, from any turn of longitude.
pub(crate) fn at(lat: f64, lon: f64) -> Position {
    let lon = (lon + 540.0).rem_euclid(360.0) - 180.0;
    Position::try_new((lat * 1e7).round() as i64, (lon * 1e7).round() as i64).unwrap()
}

pub(crate) fn band(lower_m: i64, upper_m: i64) -> AltitudeBand {
    AltitudeBand::try_new(Metres::new(lower_m), Metres::new(upper_m), Datum::Wgs84).unwrap()
}

pub(crate) fn window(start_us: i64, end_us: i64) -> Window {
    Window::try_new(Timestamp::from_micros(start_us), Timestamp::from_micros(end_us)).unwrap()
}

/// A volume from the ground to 1,000 m, from noon for an hour.
pub(crate) fn volume(shape: Shape, radius_m: f64) -> Volume {
    let radius = Metres::from_cm((radius_m * 100.0).round() as i64);
    Volume {
        footprint: Footprint::try_new(shape, radius).unwrap(),
        band: band(0, 1_000),
        window: window(NOON_US, NOON_US + 60 * MINUTE_US),
        passage: None,
    }
}

/// The position at a bearing (degrees from true north, clockwise) and a distance, on a sphere: near
/// enough for making shapes up.
pub(crate) fn toward(from: Position, bearing: f64, metres: f64) -> Position {
    let up = surface_point(from).unit();
    let east = Vec3::new(-up.y, up.x, 0.0).unit();
    let north = up.cross(east);
    let (sin, cos) = libm::sincos(bearing.to_radians());
    let (far, near) = libm::sincos(metres / 6_371_000.0);
    position_under(up * near + (north * cos + east * sin) * far)
}

/// Places where geometry goes wrong, and a plain one.
fn hot_spot() -> impl Strategy<Value = Position> {
    let spots = [(0.0, 180.0), (59.6, 24.7), (-89.99, 90.0)];
    (prop::sample::select(spots.to_vec()), 0.0..360.0_f64, logarithmic(1.0, 2e5))
        .prop_map(|((lat, lon), bearing, away)| toward(at(lat, lon), bearing, away))
}

/// As likely between 10 and 100 as between 100 and 1,000.
pub(crate) fn logarithmic(from: f64, to: f64) -> impl Strategy<Value = f64> {
    (libm::log10(from)..libm::log10(to)).prop_map(libm::exp10)
}

/// A shape round a centre, no wider than `size` metres either way, which is at least 10.
pub(crate) fn shape(centre: Position, size: f64) -> impl Strategy<Value = Shape> {
    let star = move |scale: f64, reaches: &[f64]| -> Vec<Position> {
        let bearing = |i: usize| 360.0 * i as f64 / reaches.len() as f64;
        reaches.iter().enumerate().map(|(i, r)| toward(centre, bearing(i), size * scale * r)).collect()
    };
    let reaches = || prop::collection::vec(0.5..1.0_f64, 3..9);
    prop_oneof![
        Just(Shape::Point(centre)),
        prop::collection::vec((0.0..360.0_f64, 0.1..1.0_f64), 2..6).prop_map(move |legs| {
            let mut path: Vec<Position> = legs.iter().map(|&(b, r)| toward(centre, b, size * r)).collect();
            path.dedup();
            if path.len() < 2 { Shape::Point(centre) } else { Shape::Path(path) }
        }),
        reaches().prop_map(move |reaches| Shape::Polygon(vec![star(1.0, &reaches)])),
        reaches().prop_map(move |reaches| Shape::Polygon(vec![star(1.0, &reaches), star(0.6, &reaches)])),
    ]
}

/// Any volume near one of the hot spots.
pub(crate) fn any_volume() -> impl Strategy<Value = Volume> {
    let footprint = (hot_spot(), logarithmic(10.0, 8e5)).prop_flat_map(|(centre, size)| shape(centre, size));
    let radius = prop_oneof![Just(0.01), logarithmic(1.0, 1e5)];
    let times = (0..300_i64, 1..300_i64);
    let heights = (0..12_i64, 0..12_i64);
    (footprint, radius, times, heights).prop_map(|(shape, radius, (start, minutes), (lower, thick))| Volume {
        band: band(lower * 500, (lower + thick) * 500),
        window: window(NOON_US + start * MINUTE_US, NOON_US + (start + minutes) * MINUTE_US),
        ..volume(shape, radius)
    })
}

/// Along a path, passed at times.
pub(crate) fn timed(path: Vec<Position>, times_us: Vec<i64>, radius_m: f64, slack_us: i64) -> Volume {
    let still = volume(Shape::Path(path), radius_m);
    let window = window(times_us[0] - slack_us, times_us[times_us.len() - 1] + slack_us);
    let passage = Passage::try_new(&PassageIn { times_us, slack_us }, still.footprint.shape(), &window).unwrap();
    Volume { window, passage: Some(passage), ..still }
}

/// A volume that moves along a few legs of some kilometres.
pub(crate) fn any_moving() -> impl Strategy<Value = Volume> {
    let start = prop::sample::select(vec![(59.9, 25.0), (0.0, 179.99), (-89.995, 12.0)]);
    let legs = prop::collection::vec((0.0..360.0_f64, logarithmic(30.0, 6_000.0), 1..3_000_i64), 1..4);
    (start, legs, logarithmic(1.0, 300.0), prop_oneof![Just(0), 0..120_i64], 0..40_i64, 0.0..360.0_f64, 0.0..4_000.0_f64)
        .prop_map(|((lat, lon), legs, radius, slack, from, bearing, away)| {
            let mut path = vec![toward(at(lat, lon), bearing, away)];
            let mut times = vec![NOON_US + from * MINUTE_US];
            for (bearing, metres, seconds) in legs {
                path.push(toward(path[path.len() - 1], bearing, metres));
                times.push(times[times.len() - 1] + seconds * 1_000_000);
            }
            timed(path, times, radius, slack * 1_000_000)
        })
}

/// A volume that moves along legs of up to 1,900 km, over a pole or the antimeridian or near neither, at 50 to 3,000 m/s.
pub(crate) fn any_far_moving() -> impl Strategy<Value = Volume> {
    let starts = [(59.9, 25.0), (0.0, 179.99), (-89.995, 12.0), (88.0, -30.0), (71.0, 179.0), (-5.0, -60.0)];
    let legs = prop::collection::vec((0.0..360.0_f64, logarithmic(3e4, 1.9e6), logarithmic(50.0, 3_000.0)), 1..4);
    (prop::sample::select(starts.to_vec()), legs, logarithmic(1.0, 3e4), prop_oneof![Just(0), 0..120_i64]).prop_map(
        |(start, legs, radius, slack)| {
            let (mut path, mut times) = (vec![at(start.0, start.1)], vec![NOON_US]);
            for (bearing, metres, speed) in legs {
                path.push(toward(path[path.len() - 1], bearing, metres));
                times.push(times[times.len() - 1] + (metres / speed * 1e6) as i64);
            }
            timed(path, times, radius, slack * 1_000_000)
        },
    )
}

/// Others in an index, each under its number.
pub(crate) fn filed(others: &[Vec<Volume>]) -> Index<usize> {
    let mut index = Index::new();
    for (key, volumes) in others.iter().enumerate() {
        index.insert_volumes(key, NoticeKind::Operation, volumes);
    }
    index
}

/// A separation between touching and far.
pub(crate) fn any_separation() -> impl Strategy<Value = Separation> {
    let horizontal = prop_oneof![Just(0.0), logarithmic(1.0, 2e5)];
    (horizontal, 0..3_000_i64, 0..120_i64).prop_map(|(horizontal, vertical, minutes)| Separation {
        horizontal: Metres::from_cm((horizontal * 100.0) as i64),
        vertical: Metres::new(vertical),
        time_us: minutes * MINUTE_US,
    })
}
