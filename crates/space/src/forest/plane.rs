//! Whether two shapes meet on the map, exactly: straight edges between whole 1e-7°, all of it closed.
//!
//! Every decision is the sign of a whole number that was computed without rounding.

use super::shape::Vertex;

/// One turn of longitude, in 1e-7°.
pub(super) const TURN: i64 = 3_600_000_000;

/// A place of the map, in 1e-7°.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Point {
    /// Longitude.
    pub(super) x: i64,
    /// Latitude.
    pub(super) y: i64,
}

/// A vertex, moved east by `shift`.
pub(super) fn point(vertex: Vertex, shift: i64) -> Point {
    Point { x: i64::from(vertex[0]) + shift, y: i64::from(vertex[1]) }
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
pub(super) fn segments_meet(a: Point, b: Point, c: Point, d: Point) -> bool {
    let apart = |p: i64, q: i64, r: i64, s: i64| p.max(q) < r.min(s) || r.max(s) < p.min(q);
    if apart(a.x, b.x, c.x, d.x) || apart(a.y, b.y, c.y, d.y) {
        return false;
    }
    // With the boxes meeting, neither segment wholly on one side of the other's line is enough: where all
    // four are on one line, the boxes' meeting is the segments' meeting.
    side(a, b, c) * side(a, b, d) <= 0 && side(c, d, a) * side(c, d, b) <= 0
}

/// Whether a line parts the ends of a segment, with the line and each end further from each other than `stray`: moved by up
/// to so much in longitude and latitude, the line does not come to either of them.
pub(super) fn parts_well((a, b): (Point, Point), (p, q): (Point, Point), stray: [i64; 2]) -> bool {
    let [ux, uy] = [b.x - a.x, b.y - a.y].map(i128::from);
    let stray = ux.abs() * i128::from(stray[1]) + uy.abs() * i128::from(stray[0]);
    let [one, other] = [p, q].map(|at| ux * i128::from(at.y - a.y) - uy * i128::from(at.x - a.x));
    one.min(other) < -stray && one.max(other) > stray
}

/// Whether a closed segment and a closed range of the map have a point in common.
pub(super) fn touches_range(a: Point, b: Point, low: Point, high: Point) -> bool {
    if a.x.max(b.x) < low.x || a.x.min(b.x) > high.x || a.y.max(b.y) < low.y || a.y.min(b.y) > high.y {
        return false;
    }
    // The corners furthest to the left and to the right of the segment's line.
    let (east, north) = (b.x > a.x, b.y > a.y);
    let left = Point { x: if north { low.x } else { high.x }, y: if east { high.y } else { low.y } };
    let right = Point { x: if north { high.x } else { low.x }, y: if east { low.y } else { high.y } };
    side(a, b, left) >= 0 && side(a, b, right) <= 0
}

/// How an edge lies to a ray that goes east from a point.
enum Pass {
    Not,
    East,
    On,
}

/// An edge from `a` to `b` and the ray that goes east from `p`; an edge that ends on the ray from below does
/// not pass.
fn passes(a: Point, b: Point, p: Point) -> Pass {
    if (a.y > p.y) == (b.y > p.y) {
        let level = a.y.max(b.y) == p.y;
        let on = level && a.x.min(b.x) <= p.x && a.x.max(b.x) >= p.x && side(a, b, p) == 0;
        return if on { Pass::On } else { Pass::Not };
    }
    if a.x.max(b.x) < p.x {
        return Pass::Not;
    }
    if a.x.min(b.x) > p.x {
        return Pass::East;
    }
    match side(a, b, p) * if b.y > a.y { 1 } else { -1 } {
        0 => Pass::On,
        1 => Pass::East,
        _ => Pass::Not,
    }
}

/// A ray that goes east from a point, and how often a polygon's edges have passed it.
pub(super) struct Ray {
    from: Point,
    odd: bool,
}

impl Ray {
    pub(super) fn new(from: Point) -> Self {
        Self::passed(from, false)
    }

    /// One that an odd number of edges is known to pass, or an even one.
    pub(super) fn passed(from: Point, odd: bool) -> Self {
        Self { from, odd }
    }

    /// Counts an edge; whether the point lies on it.
    #[inline]
    pub(super) fn is_on(&mut self, a: Point, b: Point) -> bool {
        match passes(a, b, self.from) {
            Pass::On => return true,
            Pass::East => self.odd = !self.odd,
            Pass::Not => {}
        }
        false
    }

    /// Whether the edges that were counted go round the point.
    pub(super) fn is_inside(&self) -> bool {
        self.odd
    }
}

#[cfg(test)]
mod tests;
