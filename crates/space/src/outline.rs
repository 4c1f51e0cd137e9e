//! A footprint made ready for measuring: its edges as arcs, its inside, its bounds.

use core::cell::OnceCell;
use core::ops::Range;

use detente_types::geometry::earth::{EQUATORIAL_RADIUS_M, POLAR_RADIUS_M, Vec3};
use detente_types::geometry::winding::winding;
use detente_types::time::Timestamp;
use detente_types::unit::Metres;
use detente_types::volume::{Footprint, Position, Shape, Volume};

use crate::arc::{Arc, CHORD_M_MAX, Vertex};
use crate::ball::Balls;
use crate::geoid;
use crate::planted::{self, Planted};
use crate::region::Region;

/// A volume whose outline is drawn when it is first needed: most pairs are apart in time or height.
pub(crate) struct Prepared<'a> {
    pub(crate) volume: &'a Volume,
    /// Drawn before, by whoever keeps it.
    kept: Option<&'a Outline>,
    outline: OnceCell<Outline>,
    undulation: OnceCell<(i64, i64)>,
}

impl<'a> Prepared<'a> {
    pub(crate) fn new(volume: &'a Volume) -> Self {
        Self::known(volume, None, None)
    }

    /// With an outline of this volume that was drawn before, and its undulation if that was looked up.
    pub(crate) fn known(volume: &'a Volume, kept: Option<&'a Outline>, undulation: Option<(i64, i64)>) -> Self {
        Self { volume, kept, outline: OnceCell::new(), undulation: undulation.map_or_else(OnceCell::new, OnceCell::from) }
    }

    /// Lowest and highest undulation under the footprint, centimetres; looked up when it is first needed.
    pub(crate) fn undulation(&self) -> (i64, i64) {
        *self.undulation.get_or_init(|| geoid::range(&Region::of(self.volume, self.outline())))
    }

    /// The same if it has been looked up.
    pub(crate) fn known_undulation(&self) -> Option<(i64, i64)> {
        self.undulation.get().copied()
    }

    pub(crate) fn outline(&self) -> &Outline {
        match self.kept {
            Some(outline) => outline,
            None => self.outline.get_or_init(|| Outline::new(&self.volume.footprint)),
        }
    }
}

/// A footprint's shape as arcs, and its radius.
#[derive(Clone, Debug)]
pub(crate) struct Outline {
    arcs: Vec<Arc>,
    balls: Balls,
    /// Which arcs make which ring; only polygons have an inside.
    rings: Vec<Range<usize>>,
    /// Sum of the vertices: all of them lie within 45° of this direction when there is an inside.
    middle: Vec3,
    radius_cm: i64,
}

impl Outline {
    pub(crate) fn new(footprint: &Footprint) -> Self {
        Self::of_shape(footprint.shape(), footprint.radius())
    }

    /// Of a shape that has a clear form (DV-023 to DV-025) and any radius.
    pub(crate) fn of_shape(shape: &Shape, radius: Metres) -> Self {
        let (arcs, rings) = match shape {
            Shape::Point(position) => (vec![Arc::still(*position)], Vec::new()),
            Shape::Path(path) => (arcs_of(path, false), Vec::new()),
            Shape::Polygon(rings) => arcs_of_rings(rings),
        };
        let middle = arcs.iter().fold(Vec3::ZERO, |sum, arc| sum + arc.from());
        Self { balls: Balls::new(&arcs), arcs, rings, middle, radius_cm: radius.cm() }
    }

    /// One position.
    pub(crate) fn dot(position: Position) -> Self {
        Self::of_shape(&Shape::Point(position), Metres::ZERO)
    }

    /// The same without its radius.
    pub(crate) fn bare(&self) -> Self {
        Self { radius_cm: 0, ..self.clone() }
    }

    /// The edges, in the order of the vertices; a point is one arc of no length.
    pub(crate) fn arcs(&self) -> &[Arc] {
        &self.arcs
    }

    /// Round the arcs, nested.
    pub(crate) fn balls(&self) -> &Balls {
        &self.balls
    }

    pub(crate) fn radius_cm(&self) -> i64 {
        self.radius_cm
    }

    /// Its first vertex.
    pub(crate) fn first(&self) -> Vec3 {
        self.arcs[0].from()
    }

    /// Whether a point of the surface lies in the outline and in none of its holes. The radius is left
    /// out, and within a millimetre of an edge the answer may be either.
    pub(crate) fn contains(&self, point: Vec3) -> bool {
        // Winding is counted round a line through the earth; this keeps its far end out of the outline.
        if self.rings.is_empty() || point.dot(self.middle) <= 0.0 {
            return false;
        }
        let round = |ring: &Range<usize>| {
            let steps = self.arcs[ring.clone()].iter().flat_map(|arc| steps_past(arc, point));
            winding(point, steps) != 0
        };
        round(&self.rings[0]) && !self.rings[1..].iter().any(round)
    }

    /// No more chords than these make up its edges; none of them is drawn for it.
    pub(crate) fn chords_max(&self) -> usize {
        self.arcs.iter().map(|arc| 1 + (arc.length() / CHORD_M_MAX) as usize).sum()
    }

    /// Where something that passes its vertices at these times is at one of them, straight along a chord.
    pub(crate) fn point_at(&self, passed: &[Timestamp], when_us: i64) -> Vec3 {
        let arc = passed.partition_point(|t| t.micros() <= when_us).clamp(1, self.arcs.len()) - 1;
        let (start, end) = (passed[arc].micros(), passed[arc + 1].micros());
        let count = self.arcs[arc].chords();
        let along = ((when_us - start) as f64 / (end - start) as f64).clamp(0.0, 1.0) * f64::from(count);
        let chord = (libm::floor(along) as u32).min(count - 1);
        let (from, to) = (self.arcs[arc].vertex(chord), self.arcs[arc].vertex(chord + 1));
        from + (to - from) * (along - f64::from(chord))
    }

    /// Opposite corners of a box, in earth-centred metres, that holds every point of the footprint with
    /// its radius.
    pub(crate) fn bounds(&self) -> (Vec3, Vec3) {
        let mut low = self.first();
        let mut high = low;
        for arc in &self.arcs {
            let rise = arc.rise();
            for end in [arc.from(), arc.to()] {
                low = each(low, end, |l, e| l.min(e - rise));
                high = each(high, end, |h, e| h.max(e + rise));
            }
        }
        // A coordinate is largest on the edges, or at the end of its axis if that lies inside.
        for pole in AXIS_ENDS.into_iter().filter(|&pole| self.contains(pole)) {
            low = each(low, pole, f64::min);
            high = each(high, pole, f64::max);
        }
        let radius = self.radius_cm as f64 / 100.0 + BOUNDS_SLACK_M;
        let reach = Vec3::new(radius, radius, radius);
        (low - reach, high + reach)
    }
}

/// Covers the model's error (30 cm), the chords' depth (8 cm) and all rounding.
const BOUNDS_SLACK_M: f64 = 1.0;

/// Where the axes leave the earth.
const AXIS_ENDS: [Vec3; 6] = [
    Vec3::new(EQUATORIAL_RADIUS_M, 0.0, 0.0),
    Vec3::new(-EQUATORIAL_RADIUS_M, 0.0, 0.0),
    Vec3::new(0.0, EQUATORIAL_RADIUS_M, 0.0),
    Vec3::new(0.0, -EQUATORIAL_RADIUS_M, 0.0),
    Vec3::new(0.0, 0.0, POLAR_RADIUS_M),
    Vec3::new(0.0, 0.0, -POLAR_RADIUS_M),
];

fn each(a: Vec3, b: Vec3, f: impl Fn(f64, f64) -> f64) -> Vec3 {
    Vec3::new(f(a.x, b.x), f(a.y, b.y), f(a.z, b.z))
}

/// The arcs along a chain of positions, and back from the last to the first if it is a ring.
fn arcs_of(chain: &[Position], ring: bool) -> Vec<Arc> {
    let vertices: Vec<Vertex> = chain.iter().map(|&position| Vertex::new(position)).collect();
    let nexts = vertices.iter().skip(1).chain(ring.then_some(&vertices[0]));
    let mut arcs: Vec<Arc> = vertices.iter().zip(nexts).map(|(&from, &to)| Arc::new(from, to)).collect();
    if planted::is(Planted::DroppedEdge) && arcs.len() > 1 {
        arcs.pop();
    }
    arcs
}

fn arcs_of_rings(rings: &[Vec<Position>]) -> (Vec<Arc>, Vec<Range<usize>>) {
    let mut arcs = Vec::with_capacity(rings.iter().map(Vec::len).sum());
    let mut ranges = Vec::with_capacity(rings.len());
    for ring in rings {
        let first = arcs.len();
        arcs.extend(arcs_of(ring, true));
        ranges.push(first..arcs.len());
    }
    (arcs, ranges)
}

/// The steps by which an arc goes round a point: its chords, or one step from end to end when the point
/// is clearly beside it, which winds the same way at a fraction of the cost.
fn steps_past(arc: &Arc, point: Vec3) -> impl Iterator<Item = (Vec3, Vec3)> {
    let normal = arc.from().cross(arc.to());
    let beside = arc.is_chord() || normal.dot(point).abs() > sideways(arc.length()) * normal.norm();
    let steps = if beside { 1 } else { arc.chords() };
    (0..steps).map(move |k| match beside {
        true => (arc.from(), arc.to()),
        false => (arc.vertex(k), arc.vertex(k + 1)),
    })
}

/// How far an arc of a length can stray from the central plane through its ends, in metres: half as
/// much again as what was measured (65 m at 1,000 km, growing with the square).
fn sideways(length: f64) -> f64 {
    1.0 + 1e-10 * length * length
}
