//! A shape made ready to be held against many others: which of its edges may touch a range of the map, at once.
//!
//! The shape's extent is cut into slabs either way. For each slab a mask tells which edges begin before its end,
//! another which end after its start; four of them give the edges whose boxes may touch a range. That is only
//! ever a reason to leave edges out: what is left is decided exactly.

use super::bounds::{Box4, LAT, LON};
use super::plane::{self, Pass, Point, passes, point, segments_meet};
use super::planted::{self, Planted};
use super::shape::{Kind, View};

const SLABS: usize = 32;
const BITS: usize = 64;

/// An edge with its ends in whole numbers.
#[derive(Clone, Copy, Debug)]
struct Edge {
    from: Point,
    to: Point,
}

/// The slabs of one dimension.
#[derive(Clone, Debug)]
struct Slabs {
    start: i64,
    /// Slabs per unit, as a fraction of 2^32.
    scale: u64,
    begun: [u64; SLABS],
    unended: [u64; SLABS],
}

impl Slabs {
    fn new(start: i32, end: i32) -> Self {
        let length = (i64::from(end) - i64::from(start)) as u64;
        Self { start: start.into(), scale: ((SLABS as u64) << 32) / (length + 1), begun: [0; SLABS], unended: [0; SLABS] }
    }

    /// The slab of a number; those beyond the ends belong to the last slab on their side.
    fn slab(&self, number: i64) -> usize {
        let offset = (number - self.start).max(0) as u64;
        ((offset.saturating_mul(self.scale) >> 32) as usize).min(SLABS - 1)
    }

    fn admit(&mut self, bit: u64, from: i64, to: i64) {
        let (first, last) = (self.slab(from.min(to)), self.slab(from.max(to)));
        self.begun[first] |= bit;
        self.unended[last] |= bit;
    }

    /// Lets each mask hold what the slabs before it, or after it, have.
    fn gather(&mut self) {
        for slab in 1..SLABS {
            self.begun[slab] |= self.begun[slab - 1];
            self.unended[SLABS - 1 - slab] |= self.unended[SLABS - slab];
        }
    }

    fn touching(&self, from: i64, to: i64) -> u64 {
        self.begun[self.slab(to)] & self.unended[self.slab(from)]
    }
}

/// A shape made ready; see the module.
#[derive(Clone, Debug)]
pub(super) struct Ready<'a> {
    shape: View<'a>,
    min: [i64; 2],
    max: [i64; 2],
    edges: Vec<Edge>,
    /// How many neighbouring edges share a bit.
    group: usize,
    lon: Slabs,
    lat: Slabs,
}

impl<'a> Ready<'a> {
    /// `bounds` is the box of the shape's vertices.
    pub(super) fn new(shape: View<'a>, bounds: &Box4) -> Self {
        let mut edges = Vec::with_capacity(shape.vertices.len());
        shape.any_chord(|from, to| {
            edges.push(Edge { from: point(from, 0), to: point(to, 0) });
            false
        });
        if planted::is(Planted::LostEdge) && edges.len() > 2 {
            edges.pop();
        }
        let group = edges.len().div_ceil(BITS);
        let mut lon = Slabs::new(bounds.min[LON], bounds.max[LON]);
        let mut lat = Slabs::new(bounds.min[LAT], bounds.max[LAT]);
        for (number, edge) in edges.iter().enumerate() {
            let bit = 1 << (number / group);
            lon.admit(bit, edge.from.x, edge.to.x);
            lat.admit(bit, edge.from.y, edge.to.y);
        }
        lon.gather();
        lat.gather();
        let side = |bounds: [i32; 4]| [i64::from(bounds[LON]), i64::from(bounds[LAT])];
        Self { shape, min: side(bounds.min), max: side(bounds.max), edges, group, lon, lat }
    }

    fn edges_of(&self, mask: u64) -> impl Iterator<Item = &Edge> {
        let mut mask = mask;
        let bits = core::iter::from_fn(move || {
            let bit = mask.trailing_zeros() as usize;
            mask &= mask.wrapping_sub(1);
            (bit < BITS).then_some(bit)
        });
        bits.flat_map(|bit| &self.edges[bit * self.group..self.edges.len().min((bit + 1) * self.group)])
    }

    fn box_holds(&self, p: Point) -> bool {
        p.x >= self.min[0] && p.x <= self.max[0] && p.y >= self.min[1] && p.y <= self.max[1]
    }

    /// Whether a point lies in this polygon, closed.
    fn holds(&self, p: Point) -> bool {
        if !self.box_holds(p) {
            return false;
        }
        let mut odd = false;
        // A ray to the east: edges that end west of the point are out of its way.
        for edge in self.edges_of(self.lat.touching(p.y, p.y) & self.lon.unended[self.lon.slab(p.x)]) {
            match passes(edge.from, edge.to, p) {
                Pass::On => return true,
                Pass::East => odd = !odd,
                Pass::Not => {}
            }
        }
        odd
    }

    /// Whether the shapes, their radii left out, have a point of the map in common; this one is moved east by
    /// `shift`, in 1e-7°. `bounds` holds the other's vertices.
    pub(super) fn meets(&self, shift: i64, other: &View<'_>, bounds: &Box4) -> bool {
        let low = [i64::from(bounds.min[LON]) - shift, i64::from(bounds.min[LAT])];
        let high = [i64::from(bounds.max[LON]) - shift, i64::from(bounds.max[LAT])];
        if (0..2).any(|d| low[d] > self.max[d] || high[d] < self.min[d]) {
            return false;
        }
        let near = self.lon.touching(low[0], high[0]) & self.lat.touching(low[1], high[1]);
        // Where no edge comes near the other's box, all of the other lies inside or all of it outside.
        if self.shape.kind == Kind::Polygon && self.holds(point(other.vertices[0], -shift)) {
            return true;
        }
        near != 0 && (self.lies_in(shift, other) || self.edges_meet(shift, other, near))
    }

    /// Whether the first vertex lies in the other, if that is a polygon.
    fn lies_in(&self, shift: i64, other: &View<'_>) -> bool {
        other.kind == Kind::Polygon && plane::inside(other, -shift, point(self.shape.vertices[0], 0))
    }

    fn edges_meet(&self, shift: i64, other: &View<'_>, near: u64) -> bool {
        other.any_chord(|from, to| {
            let (p, q) = (point(from, -shift), point(to, -shift));
            let near = near & self.lon.touching(p.x.min(q.x), p.x.max(q.x)) & self.lat.touching(p.y.min(q.y), p.y.max(q.y));
            near != 0 && self.edges_of(near).any(|edge| segments_meet(p, q, edge.from, edge.to))
        })
    }
}
