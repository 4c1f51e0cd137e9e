//! Whether two small shapes meet on the map, by where their vertices lie to the other's box, all of them at once.
//!
//! An edge whose ends lie beyond the same side of a box does not come near it. Where none of a polygon's edges comes
//! near the box of another shape, that shape lies inside or outside as a whole; how many edges pass east of one of its
//! points tells which. Only the edges that do come near are looked at one by one, exactly.
//!
//! Bits stand in pairs here, one pair to a vertex, or to the edge that ends in it: first longitude, then latitude.

use super::lanes::Lanes;
use super::plane::{Point, Ray, parts_well, point, segments_meet, touches_range};
use super::ready::Glance;
use super::shape::{Kind, Vertex, View};
use super::surely::Stray;
use crate::planted::{self, Planted};

/// Most vertices of a shape that is looked at so.
pub(super) const VERTICES_MAX: usize = 32;

/// The first bit of each pair.
const FIRSTS: u64 = 0x5555_5555_5555_5555;

/// The edges of a shape, as a box and a point in it see them.
#[derive(Clone, Copy, Debug)]
struct Seen {
    /// Those that may touch the box: the first bit of their pairs.
    near: u64,
    /// Of those that do not, an odd number passes east of the point.
    odd: bool,
}

/// What is known of two shapes whose edges may stray.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Survey {
    /// They keep the margin.
    Apart,
    /// It is not known.
    Near,
    /// They meet.
    Meet,
}

/// How a point lies to a shape.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Lies {
    Inside,
    Outside,
}

/// Whether a shape can be looked at so.
#[inline]
pub(super) fn is_small(shape: &View<'_>) -> bool {
    shape.vertices.len() <= VERTICES_MAX && shape.is_single()
}

/// Whether two small shapes have a point of the map in common, their radii left out; `ranges` are the boxes of their
/// vertices.
pub(super) fn meet(lanes: Lanes, [a, b]: [&View<'_>; 2], ranges: [[Vertex; 2]; 2]) -> bool {
    match glance(lanes, a, ranges[1], b.vertices[0]) {
        Glance::Meets => true,
        Glance::Apart => false,
        Glance::Near(near) => meet_near(lanes, a, ranges[0], b, near),
    }
}

/// What the box of another shape and one of its vertices already tell of a small shape; bits as everywhere here.
#[inline]
pub(super) fn glance(lanes: Lanes, a: &View<'_>, range: [Vertex; 2], first: Vertex) -> Glance {
    let seen = see(lanes, a, range, first);
    if lies(a, seen, first) == Lies::Inside {
        return Glance::Meets;
    }
    // Where no edge is near, all of the other lies outside; nor is this one inside it, or its edges would be near.
    if seen.near == 0 { Glance::Apart } else { Glance::Near(seen.near) }
}

/// What is left to see of two small shapes after a glance: edges of the first are near.
pub(super) fn meet_near(lanes: Lanes, a: &View<'_>, range: [Vertex; 2], b: &View<'_>, near: u64) -> bool {
    let back = see(lanes, b, range, a.vertices[0]);
    if lies(b, back, a.vertices[0]) == Lies::Inside {
        return true;
    }
    bits(back.near).any(|of_b| {
        let (p, q) = edge(b, of_b);
        bits(near).any(|of_a| {
            let (from, to) = edge(a, of_a);
            segments_meet(p, q, from, to)
        })
    })
}

/// What of two small shapes is sure where edges stray: those of the first by `strays[0]`, those of the second by
/// `strays[1]`, and all of them come within the margin only if they come near the box of the second grown by `margin`.
pub(super) fn survey(
    lanes: Lanes,
    [a, b]: [&View<'_>; 2],
    ranges: [[Vertex; 2]; 2],
    strays: [Stray; 2],
    margin: Stray,
) -> Survey {
    let first = b.vertices[0];
    let seen = see(lanes, a, grown(ranges[1], margin), first);
    if seen.near == 0 {
        // All of the second lies on one side of all edges of the first, beyond the margin and so beyond all strays. Nor is the
        // first inside the second, or its edges would be near.
        return if a.kind == Kind::Polygon && seen.odd { Survey::Meet } else { Survey::Apart };
    }
    let back = see(lanes, b, grown(ranges[0], margin), a.vertices[0]);
    match between(bits(back.near).map(|number| edge(b, number)), a, seen.near, strays, margin) {
        // Where all edges keep the margin, who holds whom on the map does so however they run.
        Survey::Apart if lies(a, seen, first) == Lies::Inside || lies(b, back, a.vertices[0]) == Lies::Inside => Survey::Meet,
        Survey::Near if lies_well(lanes, a, first, strays[0]) || lies_well(lanes, b, a.vertices[0], strays[1]) => Survey::Meet,
        known => known,
    }
}

/// What is known of edges of one shape and those near of another.
fn between(of_b: impl Iterator<Item = (Point, Point)>, a: &View<'_>, near: u64, strays: [Stray; 2], margin: Stray) -> Survey {
    let mut known = Survey::Apart;
    for (p, q) in of_b {
        for (from, to) in bits(near).map(|number| edge(a, number)) {
            if keeps((p.x, q.x), (from.x, to.x), margin[0]) || keeps((p.y, q.y), (from.y, to.y), margin[1]) {
                continue;
            }
            known = Survey::Near;
            if parts_well((p, q), (from, to), strays[1]) && parts_well((from, to), (p, q), strays[0]) {
                return Survey::Meet;
            }
        }
    }
    known
}

/// Whether two ranges are further apart than a margin.
fn keeps(a: (i64, i64), b: (i64, i64), margin: i64) -> bool {
    a.0.min(a.1) - b.0.max(b.1) > margin || b.0.min(b.1) - a.0.max(a.1) > margin
}

/// Whether a polygon holds a vertex of another that none of its edges comes near.
fn lies_well(lanes: Lanes, polygon: &View<'_>, at: Vertex, stray: Stray) -> bool {
    if polygon.kind != Kind::Polygon {
        return false;
    }
    let round = grown([at, at], stray);
    let seen = see(lanes, polygon, round, at);
    let [low, high] = round.map(|corner| point(corner, 0));
    let touched = bits(seen.near).any(|number| {
        let (p, q) = edge(polygon, number);
        touches_range(p, q, low, high)
    });
    !touched && lies(polygon, seen, at) == Lies::Inside
}

/// A range of the map with so much more on every side.
fn grown([low, high]: [Vertex; 2], by: Stray) -> [Vertex; 2] {
    let by = by.map(|by| i32::try_from(by).unwrap_or(i32::MAX));
    [[0, 1].map(|d| low[d].saturating_sub(by[d])), [0, 1].map(|d| high[d].saturating_add(by[d]))]
}

fn see(lanes: Lanes, shape: &View<'_>, range: [Vertex; 2], from: Vertex) -> Seen {
    let count = 2 * shape.vertices.len();
    let all = u64::MAX >> (u64::BITS as usize - count);
    let [below, above, beyond] = lanes.sides(shape.vertices, range, from);
    // What holds at both ends of an edge; the first edge begins at the last vertex.
    let before = |bits: u64| (bits << 2 | bits >> (count - 2)) & all;
    let apart = |bits: u64| bits & before(bits);
    let (low, high) = (apart(below), apart(above));
    let either = low | high;
    let mut edges = all & FIRSTS;
    if shape.kind == Kind::Path {
        edges &= !1;
    }
    if planted::is(Planted::LostEdge) && count > 4 {
        edges &= !(1 << (count - 2));
    }
    let near = edges & !(either | either >> 1);
    // From north to south of the point or back, and wholly east of the box that it lies in.
    let crossing = (beyond ^ before(beyond)) >> 1 & edges;
    Seen { near, odd: (crossing & high).count_ones() % 2 == 1 }
}

/// How the point lies to the shape, closed, that the edges were seen from; only a polygon has an inside.
fn lies(shape: &View<'_>, seen: Seen, from: Vertex) -> Lies {
    if shape.kind != Kind::Polygon {
        return Lies::Outside;
    }
    let mut ray = Ray::passed(point(from, 0), seen.odd);
    let on_edge = bits(seen.near).any(|number| {
        let (p, q) = edge(shape, number);
        ray.is_on(p, q)
    });
    if on_edge || ray.is_inside() { Lies::Inside } else { Lies::Outside }
}

/// The edge that ends in a vertex; a point is one to itself.
#[inline]
fn edge(shape: &View<'_>, number: usize) -> (Point, Point) {
    let before = number.checked_sub(1).unwrap_or(shape.vertices.len() - 1);
    (point(shape.vertices[before], 0), point(shape.vertices[number], 0))
}

/// The numbers of the pairs of which a bit is set.
#[inline]
fn bits(mut mask: u64) -> impl Iterator<Item = usize> {
    core::iter::from_fn(move || {
        let bit = mask.trailing_zeros() as usize;
        mask &= mask.wrapping_sub(1);
        (bit < u64::BITS as usize).then_some(bit / 2)
    })
}

#[cfg(test)]
mod tests;
