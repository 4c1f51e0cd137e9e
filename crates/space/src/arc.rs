//! Edges as shortest paths on the ellipsoid, to within 30 cm over 2,000 km.
//!
//! On the sphere of reduced latitude a shortest path of the ellipsoid is a great circle, except that
//! longitude runs slower along it: by `FLATTENING * sin(azimuth at the equator)` radians per radian of
//! arc, to first order. So the second end is turned east by what the whole arc will lose, a great circle
//! is drawn, and each of its points is turned back in proportion. What the first order leaves out grows
//! with the square of the length: 30 cm at the longest edge, a tenth of a millimetre at 50 km
//! (docs/spec/conflict-1.md has the measured table).

use detente_types::geometry::earth::{
    EQUATORIAL_RADIUS_M, FLATTENING, Vec3, from_reduced, reduced_point,
};
use detente_types::volume::Position;

/// Longest chord, in metres: straight over 2 km the surface rises 8 cm above it.
pub(crate) const CHORD_M_MAX: f64 = 2_000.0;

/// Length of a metre of arc on the equatorial radius, at most: a turned arc is longer by the turning.
const STRETCH: f64 = EQUATORIAL_RADIUS_M * (1.0 + FLATTENING);

/// How often the turn is refined. Each round leaves a three-hundredth of the error: 2e-14 after five.
const ROUNDS: u32 = 5;

/// A shortest path between two positions, cut into equal chords.
#[derive(Clone, Debug)]
pub(crate) struct Arc {
    from: Vec3,
    to: Vec3,
    curve: Option<Curve>,
}

/// The great circle of an arc that is longer than one chord.
#[derive(Clone, Debug)]
struct Curve {
    /// First end, on the unit sphere.
    start: Vec3,
    /// Second end, turned east.
    end: Vec3,
    angle: f64,
    sin_angle: f64,
    /// How far the second end was turned, radians.
    turn: f64,
    chords: u32,
}

impl Arc {
    /// The shortest path from one position to another.
    pub(crate) fn new(from: Position, to: Position) -> Self {
        let (start, end) = (reduced_point(from), reduced_point(to));
        let (from, to) = (from_reduced(start), from_reduced(end));
        let short = (to - from).norm() <= CHORD_M_MAX;
        Self { from, to, curve: (!short).then(|| Curve::new(start, end)) }
    }

    /// An arc of no length.
    pub(crate) fn still(point: Vec3) -> Self {
        Self { from: point, to: point, curve: None }
    }

    /// How many chords it is cut into.
    pub(crate) fn chords(&self) -> u32 {
        self.curve.as_ref().map_or(1, |c| c.chords)
    }

    /// No two of its points are further apart along it than this, in metres.
    pub(crate) fn length(&self) -> f64 {
        match &self.curve {
            Some(curve) => STRETCH * curve.angle,
            None => (self.to - self.from).norm(),
        }
    }

    /// Vertex `k` of its chords, from 0 to [`Self::chords`]; the ends are exact.
    pub(crate) fn vertex(&self, k: u32) -> Vec3 {
        match &self.curve {
            _ if k == 0 => self.from,
            Some(curve) if k < curve.chords => curve.point(f64::from(k) / f64::from(curve.chords)),
            _ => self.to,
        }
    }

    /// The point halfway between two vertices of its chords, along the arc.
    pub(crate) fn middle(&self, first: u32, last: u32) -> Vec3 {
        match &self.curve {
            Some(curve) => curve.point(f64::from(first + last) / f64::from(2 * curve.chords)),
            None => (self.from + self.to) * 0.5,
        }
    }

    /// First end.
    pub(crate) fn from(&self) -> Vec3 {
        self.from
    }

    /// Second end.
    pub(crate) fn to(&self) -> Vec3 {
        self.to
    }
}

impl Curve {
    fn new(start: Vec3, end: Vec3) -> Self {
        let mut turn = 0.0;
        for _ in 0..ROUNDS {
            let (angle, climb) = angle_and_climb(start, turned(end, turn));
            turn = FLATTENING * climb * angle;
        }
        let end = turned(end, turn);
        let (angle, _) = angle_and_climb(start, end);
        let chords = libm::ceil(STRETCH * angle / CHORD_M_MAX) as u32;
        Self { start, end, angle, sin_angle: libm::sin(angle), turn, chords }
    }

    /// The point of the surface at a part of the way, 0 to 1.
    fn point(&self, part: f64) -> Vec3 {
        let weight_start = libm::sin((1.0 - part) * self.angle) / self.sin_angle;
        let weight_end = libm::sin(part * self.angle) / self.sin_angle;
        let on_circle = self.start * weight_start + self.end * weight_end;
        from_reduced(turned(on_circle, -(part * self.turn)))
    }
}

/// The angle between two points of the unit sphere, and the z of the unit normal of their great circle
/// (the sine of its azimuth where it crosses the equator).
fn angle_and_climb(from: Vec3, to: Vec3) -> (f64, f64) {
    let normal = from.cross(to);
    let sin_angle = normal.norm();
    (libm::atan2(sin_angle, from.dot(to)), normal.z / sin_angle)
}

/// Turned east round the earth's axis.
fn turned(point: Vec3, angle: f64) -> Vec3 {
    let (sin, cos) = libm::sincos(angle);
    Vec3::new(point.x * cos - point.y * sin, point.x * sin + point.y * cos, point.z)
}
