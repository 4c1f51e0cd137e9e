//! Edges as central-plane arcs: whether two cross or touch, and whether a ring encloses a position.

use core::fmt;

use super::earth::{Vec3, position_under, surface_point};
use super::winding::{side_of_plane, winding};
use crate::volume::Position;

/// Edges closer than this touch: one centimetre, the step of a written position.
const TOUCH_M: f64 = 0.01;

/// A vertex of a ring, by its place in it.
#[derive(Clone, Copy)]
struct Vertex {
    number: usize,
    position: Position,
    point: Vec3,
}

/// An edge of one ring, with what makes most pairs quick to dismiss.
pub(super) struct Edge {
    pub(super) ring: usize,
    from: Vertex,
    to: Vertex,
    /// Straight through the earth, in metres.
    pub(super) length: f64,
    middle: Vec3,
    /// Unit normal of the central plane, to the left of the edge.
    normal: Vec3,
}

/// What is wrong between two edges, and where.
pub(super) enum Fault {
    Cross(Position),
    Touch(Position),
}

/// The edges of an open path.
pub(super) fn of_path(path: &[Position]) -> Vec<Edge> {
    let vertices = vertices(path);
    vertices.windows(2).map(|pair| Edge::new(0, pair[0], pair[1])).collect()
}

/// The edges of a ring, the last back to the first.
pub(super) fn of_ring(ring: usize, positions: &[Position]) -> Vec<Edge> {
    let vertices = vertices(positions);
    let nexts = vertices.iter().cycle().skip(1);
    vertices.iter().zip(nexts).map(|(&from, &to)| Edge::new(ring, from, to)).collect()
}

/// Whether a ring winds round a position. For rings that fit in a half of the earth with it.
pub(super) fn encloses(ring: &[Position], position: Position) -> bool {
    let vertices = vertices(ring);
    let nexts = vertices.iter().cycle().skip(1);
    let steps = vertices.iter().zip(nexts).map(|(a, b)| (a.point, b.point));
    winding(surface_point(position), steps) != 0
}

fn vertices(positions: &[Position]) -> Vec<Vertex> {
    let vertex = |(number, &position)| Vertex { number, position, point: surface_point(position) };
    positions.iter().enumerate().map(vertex).collect()
}

impl Edge {
    fn new(ring: usize, from: Vertex, to: Vertex) -> Self {
        let along = to.point - from.point;
        Self {
            ring,
            from,
            to,
            length: along.norm(),
            middle: (from.point + to.point) * 0.5,
            normal: from.point.cross(along).unit(),
        }
    }

    /// Whether two edges cross, or touch elsewhere than at a vertex that joins them.
    pub(super) fn fault_with(&self, other: &Self) -> Option<Fault> {
        if self.clearly_apart(other) || self.clearly_beside(other) || other.clearly_beside(self) {
            return None;
        }
        if self.crosses(other) {
            let normals = self.normal.cross(other.normal);
            let toward = if normals.dot(self.middle) < 0.0 { -normals } else { normals };
            return Some(Fault::Cross(position_under(toward)));
        }
        let ends = [(self, other.from), (self, other.to), (other, self.from), (other, self.to)];
        ends.into_iter()
            .find(|(edge, vertex)| edge.touched_by(self.ring == other.ring, vertex))
            .map(|(_, vertex)| Fault::Touch(vertex.position))
    }

    /// Whether the balls that hold the two arcs lie apart.
    fn clearly_apart(&self, other: &Self) -> bool {
        let between = self.middle - other.middle;
        let reach = (self.length + other.length) * 0.5 + TOUCH_M;
        between.dot(between) > reach * reach
    }

    /// Whether both ends of `other` lie on one side of this edge's plane, by more than rounding or a
    /// touch could blur: the normal is good to a billionth part over its own edge's length.
    fn clearly_beside(&self, other: &Self) -> bool {
        let from = other.from.point - self.from.point;
        let to = other.to.point - self.from.point;
        let doubt = 1.0 + 1e-7 * (from.norm() + to.norm()) / self.length;
        let (a, b) = (self.normal.dot(from), self.normal.dot(to));
        (a > doubt && b > doubt) || (a < -doubt && b < -doubt)
    }

    /// Whether the arcs cross at a point inside both; exact.
    fn crosses(&self, other: &Self) -> bool {
        let (a, b) = (self.from.point, self.to.point);
        let (c, d) = (other.from.point, other.to.point);
        // An end of both lies in both planes: the predicate would take long to find out that it is in them exactly.
        if [a, b].iter().any(|end| *end == c || *end == d) {
            return false;
        }
        let signs = [-side_of_plane(a, b, c), side_of_plane(a, b, d), side_of_plane(c, d, a), -side_of_plane(c, d, b)];
        signs.iter().all(|&s| s > 0.0) || signs.iter().all(|&s| s < 0.0)
    }

    /// Whether a vertex that is not an end of this edge comes within a touch of it.
    fn touched_by(&self, same_ring: bool, vertex: &Vertex) -> bool {
        let own = |end: &Vertex| same_ring && end.number == vertex.number;
        if own(&self.from) || own(&self.to) {
            return false;
        }
        let (along, offset) = (self.to.point - self.from.point, vertex.point - self.from.point);
        let near = |end: &Vertex| (vertex.point - end.point).norm() < TOUCH_M;
        let part = offset.dot(along);
        let between = part > 0.0 && part < along.dot(along);
        near(&self.from) || near(&self.to) || between && offset.dot(self.normal).abs() < TOUCH_M
    }
}

impl fmt::Display for Edge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.from.number, self.to.number)
    }
}
