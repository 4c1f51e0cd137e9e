//! Whether two small shapes meet on the map, by where their vertices lie to the other's box, all of them at once.
//!
//! An edge whose ends lie beyond the same side of a box does not come near it. Where none of a polygon's edges comes
//! near the box of another shape, that shape lies inside or outside as a whole; how many edges pass east of one of its
//! points tells which. Only the edges that do come near are looked at one by one, exactly.
//!
//! Bits stand in pairs here, one pair to a vertex, or to the edge that ends in it: first longitude, then latitude.

use super::lanes::Lanes;
use super::plane::{Pass, Point, passes, point, segments_meet};
use super::ready::Glance;
use super::shape::{Kind, Vertex, View};
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
    let (mut odd, at) = (seen.odd, point(from, 0));
    for number in bits(seen.near) {
        let (p, q) = edge(shape, number);
        match passes(p, q, at) {
            Pass::On => return Lies::Inside,
            Pass::East => odd = !odd,
            Pass::Not => {}
        }
    }
    if odd { Lies::Inside } else { Lies::Outside }
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
