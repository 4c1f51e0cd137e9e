//! A shape made ready to be held against many others: which of its edges may touch a range of the map, at once.
//!
//! The shape's extent is cut into slabs either way. For each slab a mask tells which edges begin before its end,
//! another which end after its start; four of them give the edges whose boxes may touch a range. That is only
//! ever a reason to leave edges out: what is left is decided exactly.

use super::bounds::{Box4, LAT, LON};
use super::plane::{Point, Ray, point, segments_meet, touches_range};
use super::shape::{Kind, Vertex, View};
use crate::planted::{self, Planted};

const SLABS: usize = 16;
const BITS: usize = 64;

/// An edge: the vertices at its ends.
#[derive(Clone, Copy, Debug)]
pub(super) struct Edge {
    pub(super) from: Vertex,
    pub(super) to: Vertex,
}

impl Edge {
    /// Its ends as places of the map.
    #[inline]
    pub(super) fn ends(&self) -> (Point, Point) {
        (point(self.from, 0), point(self.to, 0))
    }
}

/// What a glance tells.
pub(super) enum Glance {
    Meets,
    Apart,
    /// That edges come near, and which: a bit each.
    Near(u64),
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
            edges.push(Edge { from, to });
            false
        });
        if planted::is(Planted::LostEdge) && edges.len() > 2 {
            edges.pop();
        }
        let group = edges.len().div_ceil(BITS);
        let mut lon = Slabs::new(bounds.min[LON], bounds.max[LON]);
        let mut lat = Slabs::new(bounds.min[LAT], bounds.max[LAT]);
        for (number, edge) in edges.iter().enumerate() {
            let (bit, (from, to)) = (1 << (number / group), edge.ends());
            lon.admit(bit, from.x, to.x);
            lat.admit(bit, from.y, to.y);
        }
        lon.gather();
        lat.gather();
        let side = |bounds: [i32; 4]| [i64::from(bounds[LON]), i64::from(bounds[LAT])];
        Self { shape, min: side(bounds.min), max: side(bounds.max), edges, group, lon, lat }
    }

    /// Calls `f` with the ends of the edges of a mask until it says true; whether it did.
    #[inline]
    fn any_edge(&self, mut mask: u64, mut f: impl FnMut(Point, Point) -> bool) -> bool {
        while mask != 0 {
            let first = mask.trailing_zeros() as usize * self.group;
            mask &= mask - 1;
            for edge in &self.edges[first..self.edges.len().min(first + self.group)] {
                let (from, to) = edge.ends();
                if f(from, to) {
                    return true;
                }
            }
        }
        false
    }

    /// All edges.
    pub(super) fn edges(&self) -> &[Edge] {
        &self.edges
    }

    /// The edges whose boxes may come within `by` (longitude, latitude) of the box of two points.
    pub(super) fn near(&self, p: Point, q: Point, by: [i64; 2]) -> impl Iterator<Item = usize> {
        let lon = self.lon.touching(p.x.min(q.x) - by[LON], p.x.max(q.x) + by[LON]);
        let lat = self.lat.touching(p.y.min(q.y) - by[LAT], p.y.max(q.y) + by[LAT]);
        bits(lon & lat).flat_map(|bit| bit * self.group..self.edges.len().min((bit + 1) * self.group))
    }

    fn box_holds(&self, p: Point) -> bool {
        p.x >= self.min[0] && p.x <= self.max[0] && p.y >= self.min[1] && p.y <= self.max[1]
    }

    /// Calls `f` with the ends of the edges whose boxes may meet a range, until it says true; whether it did.
    pub(super) fn any_near(&self, low: [i64; 2], high: [i64; 2], f: impl FnMut(Point, Point) -> bool) -> bool {
        if (0..2).any(|d| low[d] > self.max[d] || high[d] < self.min[d]) {
            return false;
        }
        self.any_edge(self.lon.touching(low[0], high[0]) & self.lat.touching(low[1], high[1]), f)
    }

    /// Whether a point lies in this polygon, closed; in nothing else does any.
    pub(super) fn holds(&self, p: Point) -> bool {
        if self.shape.kind != Kind::Polygon || !self.box_holds(p) {
            return false;
        }
        let mut ray = Ray::new(p);
        // Edges that end west of the point are out of the ray's way.
        let mask = self.lat.touching(p.y, p.y) & self.lon.unended[self.lon.slab(p.x)];
        self.any_edge(mask, |from, to| ray.is_on(from, to)) || ray.is_inside()
    }

    /// Whether the shapes, their radii left out, have a point of the map in common; this one is moved east by
    /// `shift`, in 1e-7°. `bounds` holds the other's vertices.
    pub(super) fn meets(&self, shift: i64, other: &View<'_>, bounds: &Box4) -> bool {
        let low = [i64::from(bounds.min[LON]) - shift, i64::from(bounds.min[LAT])];
        let high = [i64::from(bounds.max[LON]) - shift, i64::from(bounds.max[LAT])];
        if (0..2).any(|d| low[d] > self.max[d] || high[d] < self.min[d]) {
            return false;
        }
        match self.look(point(other.vertices[0], -shift), low, high) {
            Glance::Meets => true,
            Glance::Apart => false,
            Glance::Near(near) => self.meets_near(shift, other, bounds.range(), near),
        }
    }

    /// What a vertex of another shape, and a range that holds all of it, already tell.
    fn look(&self, vertex: Point, low: [i64; 2], high: [i64; 2]) -> Glance {
        if self.holds(vertex) {
            return Glance::Meets;
        }
        // Where no edge comes near the other's box, all of the other lies inside or all of it outside.
        let near = self.lon.touching(low[0], high[0]) & self.lat.touching(low[1], high[1]);
        let (low, high) = (Point { x: low[0], y: low[1] }, Point { x: high[0], y: high[1] });
        let mut touching = 0;
        for bit in bits(near) {
            let touches = self.any_edge(1 << bit, |from, to| touches_range(from, to, low, high));
            touching |= u64::from(touches) << bit;
        }
        if touching == 0 { Glance::Apart } else { Glance::Near(touching) }
    }

    /// The same without any turn, from two vertices: more of those that meet are seen to.
    pub(super) fn glance(&self, vertices: [Vertex; 2], range: [Vertex; 2]) -> Glance {
        let [low, high] = range.map(|side| side.map(i64::from));
        match self.look(point(vertices[0], 0), low, high) {
            Glance::Near(_) if self.holds(point(vertices[1], 0)) => Glance::Meets,
            seen => seen,
        }
    }

    /// What is left to see of a shape near some edges, a vertex of which lies outside this one: whether edges meet, or
    /// this one lies in the other. `range` holds the other's vertices.
    pub(super) fn meets_near(&self, shift: i64, other: &View<'_>, range: [Vertex; 2], near: u64) -> bool {
        let first = point(self.shape.vertices[0], shift);
        let within = |number: i64, d: usize| number >= range[0][d].into() && number <= range[1][d].into();
        if other.kind == Kind::Polygon && within(first.x, LON) && within(first.y, LAT) {
            return self.meets_round(shift, other, point(self.shape.vertices[0], 0), near);
        }
        other.any_chord(|from, to| self.edge_meets(point(from, -shift), point(to, -shift), near))
    }

    /// The same for a polygon that our first vertex may lie in: one look at each of its edges tells both.
    fn meets_round(&self, shift: i64, other: &View<'_>, first: Point, near: u64) -> bool {
        let mut ray = Ray::new(first);
        let meets = other.any_chord(|from, to| {
            let (p, q) = (point(from, -shift), point(to, -shift));
            ray.is_on(p, q) || self.edge_meets(p, q, near)
        });
        meets || ray.is_inside()
    }

    /// Whether an edge meets one of ours that are near.
    #[inline]
    fn edge_meets(&self, p: Point, q: Point, near: u64) -> bool {
        let (west, east, south, north) = (p.x.min(q.x), p.x.max(q.x), p.y.min(q.y), p.y.max(q.y));
        if west > self.max[LON] || east < self.min[LON] || south > self.max[LAT] || north < self.min[LAT] {
            return false;
        }
        let near =
            if near.count_ones() <= FEW { near } else { near & self.lon.touching(west, east) & self.lat.touching(south, north) };
        self.any_edge(near, |from, to| segments_meet(p, q, from, to))
    }
}

/// So few edges are looked at one by one sooner than parted by slabs once more.
const FEW: u32 = 3;

/// The numbers of the bits that are set.
fn bits(mut mask: u64) -> impl Iterator<Item = usize> {
    core::iter::from_fn(move || {
        let bit = mask.trailing_zeros() as usize;
        mask &= mask.wrapping_sub(1);
        (bit < BITS).then_some(bit)
    })
}
