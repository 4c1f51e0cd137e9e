//! Shapes of straight chords in whole 1e-7°, solids, and how both are laid down in an arena.
//!
//! A record is a run of pairs: a head (identifier; version, kind, vertex count), for shapes with a radius
//! or holes an extension (radius, ring count; the rings' lengths), then the vertices.

use core::fmt;

use super::bounds::Box4;
use super::growth;

/// A vertex: longitude, latitude, in 1e-7°.
pub type Vertex = [i32; 2];

/// What a shape is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// One vertex.
    Point,
    /// Chords from vertex to vertex.
    Path,
    /// An outline and holes; each ring closes from its last vertex to its first.
    Polygon,
}

/// Why a shape or a solid cannot be made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// Too few vertices.
    #[error("ring {ring} has {found} vertices, expected at least {expected}")]
    TooFew {
        /// Which ring, the outline being 0.
        ring: usize,
        /// How many it has.
        found: usize,
        /// How many it needs.
        expected: usize,
    },
    /// No ring at all.
    #[error("a polygon without rings, expected an outline")]
    NoRings,
    /// A latitude off the earth, or a longitude further than one turn allows.
    #[error(
        "vertex {vertex} at longitude {lon}, latitude {lat} (1e-7°), expected ±1800000000 (longitude may run on to ±2147483647) and ±900000000"
    )]
    OffTheEarth {
        /// Which vertex, counted over all rings.
        vertex: usize,
        /// Longitude in 1e-7°.
        lon: i32,
        /// Latitude in 1e-7°.
        lat: i32,
    },
    /// A band or window that ends before it starts.
    #[error("{what} from {from} to {to}, expected from the lower to the higher")]
    Backwards {
        /// Altitude or time.
        what: &'static str,
        /// Where it starts.
        from: i32,
        /// Where it ends.
        to: i32,
    },
}

/// A footprint of straight chords, with a radius round it.
///
/// Edges are straight in longitude and latitude where shapes are tested for meeting, and straight through
/// the earth where distances are measured; docs/decisions/0060 says how the two go together. That a
/// polygon's rings neither cross nor overlap is the caller's to have checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shape {
    kind: Kind,
    radius_cm: u32,
    /// How many vertices each ring has; empty for a single ring.
    lengths: Vec<u32>,
    vertices: Vec<Vertex>,
}

impl Shape {
    /// All within `radius_cm` centimetres of one place.
    ///
    /// # Errors
    /// A place off the earth.
    pub fn point(at: Vertex, radius_cm: u32) -> Result<Self, Fault> {
        Self::checked(Kind::Point, vec![at], Vec::new(), radius_cm)
    }

    /// All within `radius_cm` centimetres of a path of at least two vertices.
    ///
    /// # Errors
    /// Fewer vertices, or one off the earth.
    pub fn path(vertices: Vec<Vertex>, radius_cm: u32) -> Result<Self, Fault> {
        if vertices.len() < 2 {
            return Err(Fault::TooFew { ring: 0, found: vertices.len(), expected: 2 });
        }
        Self::checked(Kind::Path, vertices, Vec::new(), radius_cm)
    }

    /// All within `radius_cm` centimetres of a polygon: an outline, then holes, each of at least three vertices.
    ///
    /// # Errors
    /// No ring, a ring of fewer vertices, or a vertex off the earth.
    pub fn polygon(rings: &[Vec<Vertex>], radius_cm: u32) -> Result<Self, Fault> {
        if rings.is_empty() {
            return Err(Fault::NoRings);
        }
        if let Some(ring) = rings.iter().position(|ring| ring.len() < 3) {
            return Err(Fault::TooFew { ring, found: rings[ring].len(), expected: 3 });
        }
        let lengths = if rings.len() > 1 { rings.iter().map(|ring| ring.len() as u32).collect() } else { Vec::new() };
        Self::checked(Kind::Polygon, rings.concat(), lengths, radius_cm)
    }

    fn checked(kind: Kind, vertices: Vec<Vertex>, lengths: Vec<u32>, radius_cm: u32) -> Result<Self, Fault> {
        match vertices.iter().position(|v| v[1].unsigned_abs() > 900_000_000) {
            Some(vertex) => Err(Fault::OffTheEarth { vertex, lon: vertices[vertex][0], lat: vertices[vertex][1] }),
            None => Ok(Self { kind, radius_cm, lengths, vertices }),
        }
    }

    /// What it is made of.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// How far round its chords it reaches, in centimetres.
    pub fn radius_cm(&self) -> u32 {
        self.radius_cm
    }

    pub(super) fn view(&self) -> View<'_> {
        View { kind: self.kind, radius_cm: self.radius_cm, rings: Rings::Lengths(&self.lengths), vertices: &self.vertices }
    }
}

/// A shape with its altitude band and its time window, all closed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Solid {
    shape: Shape,
    bounds: Box4,
    bulge: u8,
}

impl Solid {
    /// From a shape, altitudes in decimetres and times in seconds.
    ///
    /// # Errors
    /// A band or window that ends before it starts.
    pub fn try_new(shape: Shape, altitude_dm: [i32; 2], time_s: [i32; 2]) -> Result<Self, Fault> {
        for (what, [from, to]) in [("altitude in dm", altitude_dm), ("time in s", time_s)] {
            if from > to {
                return Err(Fault::Backwards { what, from, to });
            }
        }
        let mut bounds = Box4::NOTHING;
        for &[lon, lat] in &shape.vertices {
            let min = [lon, lat, altitude_dm[0], time_s[0]];
            bounds = bounds.join(&Box4 { min, max: [lon, lat, altitude_dm[1], time_s[1]] });
        }
        let bulge = growth::bulge(&shape.view());
        Ok(Self { shape, bounds, bulge })
    }

    /// Its shape.
    pub fn shape(&self) -> &Shape {
        &self.shape
    }

    /// The box of its chords, without the radius.
    pub fn bounds(&self) -> Box4 {
        self.bounds
    }

    /// How far its chords leave the straight lines of the map; see [`growth`].
    pub(super) fn bulge(&self) -> u8 {
        self.bulge
    }
}

/// Where rings end.
#[derive(Clone, Copy)]
enum Rings<'a> {
    /// In a shape.
    Lengths(&'a [u32]),
    /// In an arena: as many lengths as the number says, two to a pair.
    Pairs(&'a [Vertex], usize),
}

/// A shape wherever it lies.
#[derive(Clone, Copy)]
pub(super) struct View<'a> {
    pub(super) kind: Kind,
    pub(super) radius_cm: u32,
    rings: Rings<'a>,
    pub(super) vertices: &'a [Vertex],
}

impl fmt::Debug for View<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} {:?} r={} cm", self.kind, self.rings().collect::<Vec<_>>(), self.radius_cm)
    }
}

impl<'a> View<'a> {
    /// How many rings; a point and a path count as one.
    fn ring_count(&self) -> usize {
        match self.rings {
            Rings::Lengths(lengths) => lengths.len().max(1),
            Rings::Pairs(_, count) => count.max(1),
        }
    }

    /// Whether it is one ring, or no polygon.
    pub(super) fn is_single(&self) -> bool {
        self.ring_count() == 1
    }

    fn ring_length(&self, ring: usize) -> usize {
        match self.rings {
            Rings::Lengths([]) | Rings::Pairs(_, 0) => self.vertices.len(),
            Rings::Lengths(lengths) => lengths[ring] as usize,
            Rings::Pairs(pairs, _) => pairs[ring / 2][ring % 2] as usize,
        }
    }

    /// The vertices of each ring.
    pub(super) fn rings(&self) -> impl Iterator<Item = &'a [Vertex]> + use<'a> {
        let view = *self;
        let mut from = 0;
        (0..self.ring_count()).map(move |ring| {
            let ring = &view.vertices[from..from + view.ring_length(ring)];
            from += ring.len();
            ring
        })
    }

    /// Calls `f` with the ends of each chord until it says true, and tells whether it did. A point is a
    /// chord without length.
    pub(super) fn any_chord(&self, mut f: impl FnMut(Vertex, Vertex) -> bool) -> bool {
        match self.kind {
            Kind::Point => f(self.vertices[0], self.vertices[0]),
            Kind::Path => self.vertices.windows(2).any(|pair| f(pair[0], pair[1])),
            Kind::Polygon => self.rings().any(|ring| {
                let mut from = ring[ring.len() - 1];
                ring.iter().any(|&to| f(core::mem::replace(&mut from, to), to))
            }),
        }
    }
}

/// Vertices of a record that is not extended.
const COUNT_MAX: usize = u8::MAX as usize;
// The second half of a head, from the lowest bit: version 16, kind 2, extended 1, bulge 5, count 8.
const KIND_SHIFT: u32 = 16;
const EXTENDED: u32 = 1 << 18;
const BULGE_SHIFT: u32 = 19;
const COUNT_SHIFT: u32 = 24;

/// A record in an arena: whose it is, in which version, and its shape.
#[derive(Clone, Copy, Debug)]
pub(super) struct Record<'a> {
    pub(super) id: u32,
    pub(super) version: u16,
    /// See `growth`.
    pub(super) bulge: u8,
    pub(super) shape: View<'a>,
}

/// Lays a record down.
pub(super) fn write(arena: &mut Vec<Vertex>, id: u32, version: u16, solid: &Solid) {
    let shape = &solid.shape;
    let kind = match shape.kind {
        Kind::Point => 0,
        Kind::Path => 1,
        Kind::Polygon => 2_u32,
    };
    let extended = shape.radius_cm > 0 || !shape.lengths.is_empty() || shape.vertices.len() > COUNT_MAX;
    let count = if extended { 0 } else { shape.vertices.len() as u32 };
    let flags = if extended { EXTENDED } else { 0 };
    let head = u32::from(version) | kind << KIND_SHIFT | flags | u32::from(solid.bulge) << BULGE_SHIFT | count << COUNT_SHIFT;
    arena.push([id as i32, head as i32]);
    if extended {
        arena.push([shape.radius_cm as i32, shape.lengths.len() as i32]);
        arena.push([shape.vertices.len() as i32, 0]);
        arena.extend(shape.lengths.chunks(2).map(|two| [two[0] as i32, two.get(1).map_or(0, |&l| l as i32)]));
    }
    arena.extend_from_slice(&shape.vertices);
}

/// Whose the record at an offset is, and in which version.
pub(super) fn head(arena: &[Vertex], offset: u32) -> (u32, u16) {
    let head = arena[offset as usize];
    (head[0] as u32, head[1] as u16)
}

/// The record at an offset.
pub(super) fn read(arena: &[Vertex], offset: u32) -> Record<'_> {
    let rest = &arena[offset as usize..];
    let (id, head) = (rest[0][0] as u32, rest[0][1] as u32);
    let kind = match head >> KIND_SHIFT & 3 {
        0 => Kind::Point,
        1 => Kind::Path,
        _ => Kind::Polygon,
    };
    let (radius_cm, rings, first, count) = if head & EXTENDED == 0 {
        (0, Rings::Pairs(&[], 0), 1, (head >> COUNT_SHIFT) as usize)
    } else {
        let count = rest[1][1] as u32 as usize;
        let first = 3 + count.div_ceil(2);
        (rest[1][0] as u32, Rings::Pairs(&rest[3..first], count), first, rest[2][0] as u32 as usize)
    };
    let shape = View { kind, radius_cm, rings, vertices: &rest[first..first + count] };
    Record { id, version: head as u16, bulge: (head >> BULGE_SHIFT & 31) as u8, shape }
}

/// How many pairs the record at an offset fills.
pub(super) fn pairs(arena: &[Vertex], offset: u32) -> usize {
    let rest = &arena[offset as usize..];
    let head = rest[0][1] as u32;
    if head & EXTENDED == 0 {
        return 1 + (head >> COUNT_SHIFT) as usize;
    }
    3 + (rest[1][1] as u32 as usize).div_ceil(2) + rest[2][0] as u32 as usize
}
