//! Whether two shapes meet on the map, exactly: straight edges between whole 1e-7°, all of it closed.
//!
//! Every decision is the sign of a whole number that was computed without rounding.

use super::shape::{Kind, Vertex, View};

/// One turn of longitude, in 1e-7°.
pub(super) const TURN: i64 = 3_600_000_000;

#[derive(Clone, Copy, PartialEq)]
struct Point {
    x: i64,
    y: i64,
}

fn point(vertex: Vertex, shift: i64) -> Point {
    Point { x: i64::from(vertex[0]) + shift, y: i64::from(vertex[1]) }
}

/// A closed range of the map.
#[derive(Clone, Copy, Debug)]
pub(super) struct Range {
    min: [i64; 2],
    max: [i64; 2],
}

impl Range {
    pub(super) fn of(vertices: &[Vertex], shift: i64) -> Self {
        let mut range = Self { min: [i64::MAX; 2], max: [i64::MIN; 2] };
        for &vertex in vertices {
            let Point { x, y } = point(vertex, shift);
            range = Self { min: [range.min[0].min(x), range.min[1].min(y)], max: [range.max[0].max(x), range.max[1].max(y)] };
        }
        range
    }

    fn common(&self, other: &Self) -> Option<Self> {
        let min = [self.min[0].max(other.min[0]), self.min[1].max(other.min[1])];
        let max = [self.max[0].min(other.max[0]), self.max[1].min(other.max[1])];
        (min[0] <= max[0] && min[1] <= max[1]).then_some(Self { min, max })
    }

    fn holds(&self, p: Point) -> bool {
        p.x >= self.min[0] && p.x <= self.max[0] && p.y >= self.min[1] && p.y <= self.max[1]
    }

    fn touches(&self, a: Point, b: Point) -> bool {
        a.x.min(b.x) <= self.max[0] && a.x.max(b.x) >= self.min[0] && a.y.min(b.y) <= self.max[1] && a.y.max(b.y) >= self.min[1]
    }
}

/// On which side of the line from `a` to `b` a point lies: 1 to the left, -1 to the right, 0 on it.
fn side(a: Point, b: Point, p: Point) -> i32 {
    let (ux, uy, vx, vy) = (b.x - a.x, b.y - a.y, p.x - a.x, p.y - a.y);
    // Below 2^31 each product is below 2^62, and their difference fits.
    if (ux.unsigned_abs() | uy.unsigned_abs() | vx.unsigned_abs() | vy.unsigned_abs()) >> 31 == 0 {
        return (ux * vy - uy * vx).signum() as i32;
    }
    (i128::from(ux) * i128::from(vy) - i128::from(uy) * i128::from(vx)).signum() as i32
}

/// Whether two closed segments have a point in common.
fn segments_meet(a: Point, b: Point, c: Point, d: Point) -> bool {
    let apart = |p: i64, q: i64, r: i64, s: i64| p.max(q) < r.min(s) || r.max(s) < p.min(q);
    if apart(a.x, b.x, c.x, d.x) || apart(a.y, b.y, c.y, d.y) {
        return false;
    }
    // With the boxes meeting, neither segment wholly on one side of the other's line is enough: where all
    // four are on one line, the boxes' meeting is the segments' meeting.
    side(a, b, c) * side(a, b, d) <= 0 && side(c, d, a) * side(c, d, b) <= 0
}

/// Whether a point lies in a closed polygon, its edges counted in and its holes out.
fn inside(polygon: &View<'_>, shift: i64, p: Point) -> bool {
    let mut odd = false;
    let on_edge = polygon.any_chord(|from, to| {
        let (a, b) = (point(from, shift), point(to, shift));
        if (a.y > p.y) == (b.y > p.y) {
            // No step across the point's parallel; it may still run along it, or end on it from below.
            let level = a.y.max(b.y) == p.y;
            return level && a.x.min(b.x) <= p.x && a.x.max(b.x) >= p.x && side(a, b, p) == 0;
        }
        if a.x.max(b.x) < p.x {
            return false;
        }
        let turn = if a.x.min(b.x) > p.x { 1 } else { side(a, b, p) * if b.y > a.y { 1 } else { -1 } };
        odd ^= turn > 0;
        turn == 0
    });
    on_edge || odd
}

/// Whether two shapes, their radii left out, have a point of the map in common; the first is moved east by
/// `shift`, in 1e-7°.
pub(super) fn meet(a: &View<'_>, shift: i64, b: &View<'_>) -> bool {
    let (range_a, range_b) = (Range::of(a.vertices, shift), Range::of(b.vertices, 0));
    let Some(common) = range_a.common(&range_b) else {
        return false;
    };
    let (first_a, first_b) = (point(a.vertices[0], shift), point(b.vertices[0], 0));
    // Where no edges cross, one lies inside the other with all its vertices or the two are apart.
    (b.kind == Kind::Polygon && common.holds(first_a) && inside(b, 0, first_a))
        || (a.kind == Kind::Polygon && common.holds(first_b) && inside(a, shift, first_b))
        || edges_meet(a, shift, b, &common)
}

/// Whether any edges of two shapes meet in the range that both touch.
fn edges_meet(a: &View<'_>, shift: i64, b: &View<'_>, common: &Range) -> bool {
    a.any_chord(|from, to| {
        let (p, q) = (point(from, shift), point(to, shift));
        common.touches(p, q)
            && b.any_chord(|from, to| {
                let (r, s) = (point(from, 0), point(to, 0));
                segments_meet(p, q, r, s)
            })
    })
}

#[cfg(test)]
mod tests;
