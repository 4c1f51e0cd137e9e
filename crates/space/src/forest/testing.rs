//! Solids for tests, and a naive model of the forest: a map, and every pair looked at without any shortcut.

use std::collections::BTreeMap;

use detente_types::geometry::earth::{Vec3, surface_point};
use detente_types::volume::Position;
use proptest::prelude::*;

use super::plane::TURN;
use super::{Kind, Margin, Shape, Solid, Vertex};
use crate::approach::{Nearest, along_earth};

type Wide = [i128; 2];

fn wide(vertex: Vertex, shift: i64) -> Wide {
    [i128::from(vertex[0]) + i128::from(shift), i128::from(vertex[1])]
}

fn cross(a: Wide, b: Wide, p: Wide) -> i128 {
    (b[0] - a[0]) * (p[1] - a[1]) - (b[1] - a[1]) * (p[0] - a[0])
}

fn dot(a: Wide, b: Wide, p: Wide) -> i128 {
    (a[0] - p[0]) * (b[0] - p[0]) + (a[1] - p[1]) * (b[1] - p[1])
}

/// Whether a point lies on a closed segment.
fn on_segment(p: Wide, a: Wide, b: Wide) -> bool {
    cross(a, b, p) == 0 && dot(a, b, p) <= 0
}

pub(super) fn on_line(p: Vertex, a: Vertex, b: Vertex) -> bool {
    on_segment(wide(p, 0), wide(a, 0), wide(b, 0))
}

pub(super) fn chords(shape: &Shape) -> Vec<(Vertex, Vertex)> {
    let mut chords = Vec::new();
    shape.view().any_chord(|from, to| {
        chords.push((from, to));
        false
    });
    chords
}

/// By how often the outline winds round the point, not by counting crossings.
fn covers(polygon: &[(Wide, Wide)], p: Wide) -> bool {
    let mut turns = 0;
    for &(a, b) in polygon {
        if on_segment(p, a, b) {
            return true;
        }
        if a[1] <= p[1] && b[1] > p[1] && cross(a, b, p) > 0 {
            turns += 1;
        } else if a[1] > p[1] && b[1] <= p[1] && cross(a, b, p) < 0 {
            turns -= 1;
        }
    }
    turns % 2 != 0
}

/// Whether two shapes meet on the map, the first moved east.
pub(super) fn meet_naively(a: &Shape, shift: i64, b: &Shape) -> bool {
    let widened = |shape: &Shape, shift: i64| -> Vec<(Wide, Wide)> {
        chords(shape).into_iter().map(|(p, q)| (wide(p, shift), wide(q, shift))).collect()
    };
    let (edges_a, edges_b) = (widened(a, shift), widened(b, 0));
    let strictly = |(p, q): (Wide, Wide), (r, s): (Wide, Wide)| {
        cross(p, q, r).signum() * cross(p, q, s).signum() < 0 && cross(r, s, p).signum() * cross(r, s, q).signum() < 0
    };
    let touch = |(p, q): (Wide, Wide), (r, s): (Wide, Wide)| {
        on_segment(p, r, s) || on_segment(q, r, s) || on_segment(r, p, q) || on_segment(s, p, q)
    };
    edges_a.iter().any(|&one| edges_b.iter().any(|&other| strictly(one, other) || touch(one, other)))
        || (b.kind() == Kind::Polygon && edges_a.iter().any(|edge| covers(&edges_b, edge.0)))
        || (a.kind() == Kind::Polygon && edges_b.iter().any(|edge| covers(&edges_a, edge.0)))
}

/// How far apart two shapes' chords are along the earth, in centimetres, the radii left out.
pub(super) fn apart_naively_cm(a: &Shape, b: &Shape) -> f64 {
    let point = |v: Vertex| {
        let lon = (i64::from(v[0]) + 3 * TURN / 2).rem_euclid(TURN) - TURN / 2;
        surface_point(Position::try_new(v[1].into(), lon).unwrap())
    };
    let ends = |shape: &Shape| -> Vec<(Vec3, Vec3)> { chords(shape).into_iter().map(|(p, q)| (point(p), point(q))).collect() };
    let squares = ends(a).into_iter().flat_map(|p| ends(b).into_iter().map(move |q| Nearest::of_segments(p, q).square));
    along_earth(libm::sqrt(squares.fold(f64::INFINITY, f64::min))) * 100.0
}

pub(super) fn conflict_naively(a: &Solid, b: &Solid, margin: &Margin) -> bool {
    let near = |d: usize, by: u32| {
        let (a, b, by) = (a.bounds(), b.bounds(), i64::from(by));
        i64::from(a.min[d]) - i64::from(b.max[d]) <= by && i64::from(b.min[d]) - i64::from(a.max[d]) <= by
    };
    if !near(2, margin.altitude_dm) || !near(3, margin.time_s) {
        return false;
    }
    let radii = u64::from(a.shape().radius_cm()) + u64::from(b.shape().radius_cm());
    let limit = radii + u64::from(margin.horizontal_cm);
    [0, TURN, -TURN].into_iter().any(|shift| meet_naively(a.shape(), shift, b.shape()))
        || (limit > 0 && apart_naively_cm(a.shape(), b.shape()) <= limit as f64)
}

/// What a forest is for, done slowly.
#[derive(Clone, Debug, Default)]
pub(super) struct Model {
    pub(super) solids: BTreeMap<u32, Solid>,
    pub(super) expired: Option<i32>,
}

impl Model {
    pub(super) fn insert(&mut self, id: u32, solid: &Solid) {
        self.solids.insert(id, solid.clone());
        self.sweep_out();
    }

    pub(super) fn expire(&mut self, before_s: i32) {
        self.expired = Some(self.expired.map_or(before_s, |expired| expired.max(before_s)));
        self.sweep_out();
    }

    fn sweep_out(&mut self) {
        let expired = self.expired.unwrap_or(i32::MIN);
        self.solids.retain(|_, solid| solid.bounds().max[3] >= expired);
    }

    pub(super) fn ids(&self, sought: &Solid, margin: &Margin) -> Vec<u32> {
        let hits = self.solids.iter().filter(|(_, solid)| conflict_naively(sought, solid, margin));
        hits.map(|(&id, _)| id).collect()
    }
}

/// A star round a middle: it neither crosses itself nor winds twice.
pub(super) fn star(middle: [i64; 2], reach: f64, reaches: &[f64], stretch: f64) -> Vec<Vertex> {
    let corner = |(i, r): (usize, &f64)| {
        let (sin, cos) = libm::sincos(core::f64::consts::TAU * i as f64 / reaches.len() as f64);
        let lon = middle[0] + (cos * reach * r * stretch) as i64;
        let lat = middle[1] + (sin * reach * r) as i64;
        let clamp = |x: i64, limit: i64| x.clamp(-limit, limit) as i32;
        [clamp(lon, i32::MAX.into()), clamp(lat, 900_000_000)]
    };
    reaches.iter().enumerate().map(corner).collect()
}

/// Shapes in a small grid, so that edges touch, share vertices and lie on one line.
pub(super) fn small_shape() -> impl Strategy<Value = Shape> {
    let vertex = || [-4..5_i32, -4..5_i32];
    let reaches = || prop::collection::vec(0.3..1.0_f64, 3..8);
    let centre = || [-3..4_i64, -3..4_i64];
    prop_oneof![
        vertex().prop_map(|at| Shape::point(at, 0).unwrap()),
        prop::collection::vec(vertex(), 2..5).prop_map(|path| Shape::path(path, 0).unwrap()),
        (centre(), 1.0..9.0_f64, reaches())
            .prop_map(|(at, reach, reaches)| { Shape::polygon(&[star(at, reach, &reaches, 1.0)], 0).unwrap() }),
        (centre(), 3.0..9.0_f64, reaches()).prop_map(|(at, reach, reaches)| {
            let scaled = |by: f64| star(at, reach * by, &reaches, 1.0);
            Shape::polygon(&[scaled(1.0), scaled(0.4)], 0).unwrap()
        }),
        [vertex(), vertex(), vertex()].prop_map(|ring| Shape::polygon(&[ring.to_vec()], 0).unwrap()),
    ]
}

/// Middles crowd where geometry goes wrong: on the antimeridian and beyond it, at the poles, at one plain place.
fn middle() -> impl Strategy<Value = [i64; 2]> {
    let places = vec![[1_799_900_000, 0], [-1_799_900_000, 100_000], [247_000_000, 596_000_000], [300_000_000, 899_990_000]];
    (prop::sample::select(places), -1_000_000..1_000_000_i64, -1_000_000..1_000_000_i64, 0..4_u32).prop_map(|(at, x, y, far)| {
        let scale = [1, 10, 100, 1_000][far as usize];
        let lat = at[1] + y / scale;
        [(at[0] + x / scale).clamp(-1_800_000_000, 1_800_000_000), lat.clamp(-899_999_999, 899_999_999)]
    })
}

/// Shapes of metres to hundreds of kilometres.
pub(super) fn any_shape() -> impl Strategy<Value = Shape> {
    let reaches = || prop::collection::vec(0.3..1.0_f64, 3..12);
    let size = || crate::testing::logarithmic(100.0, 3e7);
    let radius = || prop_oneof![3 => Just(0_u32), 1 => 1..300_000_u32];
    let stretched = |middle: [i64; 2]| 1.0 / libm::cos(middle[1] as f64 * 1e-7_f64.to_radians()).max(0.05);
    prop_oneof![
        1 => (middle(), radius()).prop_map(|(at, radius)| Shape::point([at[0] as i32, at[1] as i32], radius).unwrap()),
        2 => (middle(), size(), reaches(), radius()).prop_map(move |(at, size, reaches, radius)| {
            Shape::path(star(at, size, &reaches, stretched(at)), radius).unwrap()
        }),
        4 => (middle(), size(), reaches(), radius(), any::<bool>()).prop_map(move |(at, size, reaches, radius, hole)| {
            let ring = |by: f64| star(at, size * by, &reaches, stretched(at));
            let rings = if hole { vec![ring(1.0), ring(0.4)] } else { vec![ring(1.0)] };
            Shape::polygon(&rings, radius).unwrap()
        }),
    ]
}

pub(super) fn any_solid() -> impl Strategy<Value = Solid> {
    (any_shape(), 0..3_000_i32, 0..2_000_i32, 0..100_000_i32, 0..50_000_i32)
        .prop_map(|(shape, low, high, start, long)| Solid::try_new(shape, [low, low + high], [start, start + long]).unwrap())
}

pub(super) fn any_margin() -> impl Strategy<Value = Margin> {
    let some = (0..2_000_000_u32, 0..500_u32, 0..5_000_u32).prop_map(|(horizontal_cm, altitude_dm, time_s)| Margin {
        horizontal_cm,
        altitude_dm,
        time_s,
    });
    prop_oneof![Just(Margin::NONE), some]
}
