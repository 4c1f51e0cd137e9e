//! Many pairs of solids of which it is known that they conflict: exactly at a vertex, on an edge, across it or inside, with no
//! margin, or by a point of a chord of each that are no further apart than the margin. The forest must find each.

use detente_types::geometry::earth::{EQUATORIAL_RADIUS_M, POLAR_RADIUS_M, Vec3};

use super::plane::TURN;
use super::testing::{conflict_naively, star};
use super::{Forest, Margin, Shape, Solid, Vertex};
use crate::planted::{self, Planted};
use crate::soak::draw::Draw;
use crate::soak::earth::on_surface;
use crate::soak::{count, on_all_processors, seed};

/// How many pairs a test run judges, and how many a soak.
const SHARE: u64 = 100_000;
const ALL: u64 = 50_000_000;

/// So many pairs have times that are far from each other's, and lie in one forest.
const TOGETHER: u64 = 64;
const EPOCH_S: i32 = 400_000;
/// Each of so many pairs is also judged by the naive model, both ways.
const DEEP: u64 = 8;

/// Longitudes and latitudes in 1e-7°: on both sides of the antimeridian, at the poles and at plain places.
const SPOTS: [[i64; 2]; 8] = [
    [1_799_999_990, 0],
    [-1_799_999_000, 560_000_000],
    [1_800_000_000, -170_000_000],
    [300_000_000, 899_999_000],
    [-1_000_000_000, -899_990_000],
    [247_000_000, 596_000_000],
    [0, 0],
    [-785_000_000, 10],
];

/// A pair with what is known of it.
#[derive(Debug)]
struct Known {
    solids: [Solid; 2],
    margin: Margin,
    conflict: bool,
}

/// A shape, and a point of it: straight through the earth where it has been made by an edge.
struct Form {
    kind: u64,
    rings: Vec<Vec<[i64; 2]>>,
    point: Vec3,
}

fn on_earth([lon, lat]: [i64; 2]) -> Vec3 {
    on_surface((lat as f64 / 1e7, lon as f64 / 1e7))
}

/// Along the earth by the forest's measure, centimetres.
fn along_cm(straight_m: f64) -> f64 {
    let twice = 2.0 * EQUATORIAL_RADIUS_M * EQUATORIAL_RADIUS_M / POLAR_RADIUS_M;
    twice * libm::asin((straight_m / twice).min(1.0)) * 100.0
}

/// A shape that has a place on it. Inside only where asked for: then no distance is known.
fn form(draw: &mut Draw, place: [i64; 2], inside: bool) -> Form {
    let most = if draw.one_in(4) { 2e8 } else { 3e6 };
    let size = draw.logarithmic(30.0, most);
    let somewhere = |draw: &mut Draw| [0, 1].map(|d| place[d] + draw.between(-size, size) as i64);
    let arms = |draw: &mut Draw| -> Vec<f64> { (0..3 + draw.below(6)).map(|_| draw.between(0.4, 1.0)).collect() };
    let wide = |ring: Vec<Vertex>| ring.into_iter().map(|v| v.map(i64::from)).collect::<Vec<_>>();
    if inside {
        let arms = arms(draw);
        return Form { kind: 2, rings: vec![wide(star(place, size, &arms, 1.0))], point: on_earth(place) };
    }
    let kind = draw.below(4);
    if kind == 0 {
        return Form { kind, rings: vec![vec![place]], point: on_earth(place) };
    }
    if kind == 3 {
        // A ring whose easternmost corner, of the outline or of the hole, is the place.
        let (size, arms, hole) = (size.max(500.0), arms(draw), draw.one_in(2));
        let east = |size: f64| (size * arms[0]) as i64;
        let centre = [place[0] - east(if hole { size * 0.4 } else { size }), place[1]];
        let mut rings = [size, size * 0.4].map(|size| wide(star(centre, size, &arms, 1.0))).to_vec();
        rings[usize::from(hole)][0] = place;
        return Form { kind, rings, point: on_earth(place) };
    }
    // An edge of whole steps, so that the place lies exactly on it; none before it makes the place a vertex.
    let step = [0, 1].map(|_| draw.between(-size, size) as i64 / 40);
    let (before, after) = (draw.whole(20) * draw.whole(2), 1 + draw.whole(20));
    let along = |steps: i64| [0, 1].map(|d| place[d] + step[d] * steps);
    let mut ring = vec![along(-before), along(after)];
    // A triangle has no edges that cross, whatever its corners.
    let more = if kind == 1 { draw.below(3) } else { 1 };
    (0..more).for_each(|_| ring.push(somewhere(draw)));
    let (from, to) = (on_earth(ring[0]), on_earth(ring[1]));
    let point = from + (to - from) * (before as f64 / (before + after) as f64);
    Form { kind, rings: vec![ring], point }
}

impl Form {
    /// `None` off the map.
    fn shape(&self, turn: i64, radius_cm: u32) -> Option<Shape> {
        let vertex = |v: &[i64; 2]| Some([i32::try_from(v[0] + turn).ok()?, i32::try_from(v[1]).ok()?]);
        let ring = |ring: &Vec<[i64; 2]>| ring.iter().map(vertex).collect::<Option<Vec<Vertex>>>();
        let rings = self.rings.iter().map(ring).collect::<Option<Vec<_>>>()?;
        let shape = match self.kind {
            0 => Shape::point(rings[0][0], radius_cm),
            1 => Shape::path(rings[0].clone(), radius_cm),
            _ => Shape::polygon(&rings, radius_cm),
        };
        shape.ok()
    }
}

/// How far apart two spans are, what the margin is, and whether that is enough.
fn gap(draw: &mut Draw, most: i32) -> (i32, u32, bool) {
    let margin = if draw.one_in(2) { 0 } else { draw.whole(i64::from(most)) as i32 };
    match draw.below(8) {
        0 => (margin + 1 + draw.whole(3) as i32, margin as u32, false),
        1..5 => (margin, margin as u32, true),
        _ => (draw.whole(i64::from(margin) + 1) as i32, margin as u32, true),
    }
}

/// The pair of a number of a seed; `None` when it came out off the map.
fn pair(seed: u64, number: u64) -> Option<Known> {
    let mut draw = Draw::of(seed, number);
    let draw = &mut draw;
    let spot = draw.pick(&SPOTS);
    let scale = draw.pick(&[0, 0, 1, 1_000, 1_000_000]);
    let place = [0, 1].map(|d| spot[d] + draw.whole(2 * scale + 1) - scale);
    let (far, inside) = (draw.one_in(2), draw.one_in(4));
    let first = form(draw, place, inside && !far);
    let away = if far { draw.logarithmic(1.0, 3e7) } else { 0.0 };
    let target = [0, 1].map(|d| place[d] + draw.between(-away, away) as i64);
    let second = form(draw, target, false);
    let radii = [0, 1].map(|_| if far && draw.one_in(2) { draw.logarithmic(1.0, 1e6) as u32 } else { 0 });
    // On the map they meet as they are; with a distance they are known to by a point of a chord of each.
    let (horizontal_cm, near) = if far { horizontal(draw, &first, &second, radii)? } else { (0, true) };
    let turn = if place[0].abs() > 1_600_000_000 { draw.pick(&[0, -place[0].signum() * TURN]) } else { 0 };
    let ((up, altitude_dm, high), (late, time_s, timely)) = (gap(draw, 3_000), gap(draw, 5_000));
    let (thick, long) = ([0, 1].map(|_| draw.whole(2_000) as i32), [0, 1].map(|_| draw.whole(50_000) as i32));
    let start = (number % TOGETHER) as i32 * EPOCH_S;
    let solid = |form: &Form, turn, radius, low: i32, thick: i32, start: i32, long: i32| {
        Solid::try_new(form.shape(turn, radius)?, [low, low + thick], [start, start + long]).ok()
    };
    let one = solid(&first, 0, radii[0], 0, thick[0], start, long[0])?;
    let other = solid(&second, turn, radii[1], thick[0] + up, thick[1], start + long[0] + late, long[1])?;
    let mut solids = [one, other];
    if draw.one_in(2) {
        solids.reverse();
    }
    Some(Known { solids, margin: Margin { horizontal_cm, altitude_dm, time_s }, conflict: near && high && timely })
}

/// A horizontal margin that is just enough, ample, or a little less than is known to be enough.
fn horizontal(draw: &mut Draw, first: &Form, second: &Form, radii: [u32; 2]) -> Option<(u32, bool)> {
    // A ten-thousandth of a millimetre is more than both sides' rounding.
    let apart = libm::ceil(along_cm((first.point - second.point).norm()) + 1e-5) as i64;
    let just = (apart - i64::from(radii[0]) - i64::from(radii[1])).max(0);
    let (margin, near) = match draw.below(8) {
        0..5 => (just, true),
        5 | 6 => (just + draw.logarithmic(1.0, 1e6) as i64, true),
        _ => (just - 1 - draw.whole(100), false),
    };
    u32::try_from(margin).ok().map(|margin| (margin, near))
}

/// What was judged.
#[derive(Default)]
struct Tally {
    judged: u64,
    known: u64,
    found: u64,
}

/// Judges the pairs of some numbers of a seed, many in one forest at a time.
fn judge(seed: u64, numbers: core::ops::Range<u64>) -> Result<Tally, String> {
    let mut tally = Tally::default();
    let mut from = numbers.start;
    while from < numbers.end {
        let until = numbers.end.min(from + TOGETHER);
        let drawn: Vec<(u64, Known)> = (from..until).filter_map(|n| pair(seed, n).map(|known| (n, known))).collect();
        let mut forest = Forest::new();
        drawn.iter().for_each(|(number, known)| forest.insert((number % TOGETHER) as u32, &known.solids[0]));
        if (from / TOGETHER).is_multiple_of(2) {
            forest.compact();
        }
        let snapshot = forest.snapshot();
        for (number, known) in &drawn {
            let found = snapshot.ids(&known.solids[1], &known.margin).contains(&((number % TOGETHER) as u32));
            tally.judged += 1;
            tally.known += u64::from(known.conflict);
            tally.found += u64::from(found);
            let wrong = |why: &str| Err(format!("pair {number} of seed {seed:#x}: {why}\n{known:#?}"));
            if known.conflict && !found {
                return wrong("they conflict, but nothing is found");
            }
            if number % DEEP == 0 && found != conflict_naively(&known.solids[0], &known.solids[1], &known.margin) {
                return wrong("the naive model says otherwise");
            }
        }
        from = until;
    }
    Ok(tally)
}

#[test]
fn no_known_conflict_is_missed() {
    let (seed, count) = (seed(), count(ALL, SHARE));
    let mut all = Tally::default();
    for tally in on_all_processors(count, |numbers| judge(seed, numbers)) {
        all.judged += tally.judged;
        all.known += tally.known;
        all.found += tally.found;
    }
    println!("seed {seed:#x}: {} judged, {} known to conflict, {} found", all.judged, all.known, all.found);
    assert!(all.judged * 10 > count * 7 && all.known * 3 > all.judged, "{} of {count}, {} known", all.judged, all.known);
}

#[test]
fn planted_errors_are_caught_by_the_share() {
    for error in [Planted::NarrowBox, Planted::LostEdge, Planted::NoBulge, Planted::NoTurn] {
        assert!(planted::during(error, || judge(0x5EED, 0..SHARE)).is_err(), "{error:?} was not caught");
    }
}
