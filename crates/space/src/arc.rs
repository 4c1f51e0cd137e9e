//! Edges as shortest paths on the ellipsoid, to within 30 cm over 2,000 km.
//!
//! On the sphere of reduced latitude a shortest path of the ellipsoid is a great circle, except that
//! longitude runs slower along it: by `FLATTENING * sin(azimuth at the equator)` radians per radian of
//! arc, to first order. So the second end is turned east by what the whole arc will lose, a great circle
//! is drawn, and each of its points is turned back in proportion. What the first order leaves out grows
//! with the square of the length: 30 cm at the longest edge, a tenth of a millimetre at 50 km
//! (docs/spec/conflict-1.md has the measured table).

use std::sync::OnceLock;

use detente_types::geometry::earth::{
    EQUATORIAL_RADIUS_M, FLATTENING, POLAR_RADIUS_M, Vec3, from_reduced, reduced_point, surface_point,
};
use detente_types::volume::Position;

/// Longest chord, in metres: straight over 2 km the surface rises 8 cm above it.
pub(crate) const CHORD_M_MAX: f64 = 2_000.0;

/// Smallest radius of curvature of WGS-84 (along the meridian at the equator), in metres.
const CURVATURE_RADIUS_M_MIN: f64 = POLAR_RADIUS_M * POLAR_RADIUS_M / EQUATORIAL_RADIUS_M;

/// Metres to a radian of arc, at most: on the longest radius, and a turned arc is longer by the turning.
const STRETCH: f64 = EQUATORIAL_RADIUS_M * (1.0 + FLATTENING);

/// An arc over up to 2,000 km in a straight line is longer than that line by no more than this factor.
const LENGTH_PER_STRAIGHT: f64 = 1.005;

/// How often the turn is refined. Each round leaves a three-hundredth of the error: 2e-14 after five.
const ROUNDS: u32 = 5;

/// A vertex of a shape, and the point of the surface that it is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Vertex {
    position: Position,
    surface: Vec3,
}

impl Vertex {
    pub(crate) fn new(position: Position) -> Self {
        Self { position, surface: surface_point(position) }
    }
}

/// A shortest path between two vertices, cut into equal chords.
///
/// Most arcs are only ever dismissed by their ends, so the curve of a long one is drawn when it is needed.
#[derive(Clone, Debug)]
pub(crate) struct Arc {
    from: Vertex,
    to: Vertex,
    straight: f64,
    curve: OnceLock<Box<Curve>>,
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
    /// The shortest path from one vertex to another.
    pub(crate) fn new(from: Vertex, to: Vertex) -> Self {
        let straight = (to.surface - from.surface).norm();
        Self { from, to, straight, curve: OnceLock::new() }
    }

    /// An arc of no length.
    pub(crate) fn still(at: Position) -> Self {
        let vertex = Vertex::new(at);
        Self::new(vertex, vertex)
    }

    /// Whether it is a single chord.
    pub(crate) fn is_chord(&self) -> bool {
        self.straight <= CHORD_M_MAX
    }

    /// How many chords it is cut into.
    pub(crate) fn chords(&self) -> u32 {
        if self.is_chord() { 1 } else { self.curve().chords }
    }

    /// No two of its points are further apart along it than this, in metres.
    pub(crate) fn length(&self) -> f64 {
        self.straight * LENGTH_PER_STRAIGHT
    }

    /// No point of it is further from the straight line between its ends than this, in metres.
    pub(crate) fn rise(&self) -> f64 {
        rise((self.from(), self.to()))
    }

    /// Vertex `k` of its chords, from 0 to [`Self::chords`]; the ends are exact.
    pub(crate) fn vertex(&self, k: u32) -> Vec3 {
        if k == 0 {
            self.from()
        } else if k >= self.chords() {
            self.to()
        } else {
            self.curve().point(f64::from(k) / f64::from(self.chords()))
        }
    }

    /// First end.
    pub(crate) fn from(&self) -> Vec3 {
        self.from.surface
    }

    /// Second end.
    pub(crate) fn to(&self) -> Vec3 {
        self.to.surface
    }

    fn curve(&self) -> &Curve {
        self.curve.get_or_init(|| {
            let [start, end] = [self.from, self.to].map(|vertex| reduced_point(vertex.position));
            Box::new(Curve::new(start, end))
        })
    }
}

/// How far an arc, or a part of one, with these ends can rise above the straight line between them, in metres.
pub(crate) fn rise(ends: (Vec3, Vec3)) -> f64 {
    let length = (ends.1 - ends.0).norm() * LENGTH_PER_STRAIGHT;
    length * length / (8.0 * CURVATURE_RADIUS_M_MIN)
}

/// The length of the shortest path between two positions in metres, and its azimuth at the first: radians
/// clockwise from true north, -π to π. For positions that are not nearly opposite on the earth.
pub(crate) fn length_and_azimuth(from: Position, to: Position) -> (f64, f64) {
    if from == to {
        return (0.0, 0.0);
    }
    let curve = Curve::new(reduced_point(from), reduced_point(to));
    (curve.length(), curve.azimuth())
}

/// Points of the surface along the shortest path between two positions, metres from the earth's centre: both ends, and
/// between them as many at even distances as keep neighbours at most `step_m` apart. Within 30 cm of the true path up to an
/// edge's 2,000 km. For drawing; a step below a metre counts as one.
pub fn shortest_path(from: Position, to: Position, step_m: f64) -> Vec<Vec3> {
    let arc = Arc::new(Vertex::new(from), Vertex::new(to));
    let pieces = libm::ceil(arc.length() / step_m.max(1.0)) as u32;
    if pieces <= 1 {
        return vec![arc.from(), arc.to()];
    }
    let between = (1..pieces).map(|k| arc.curve().point(f64::from(k) / f64::from(pieces)));
    core::iter::once(arc.from()).chain(between).chain([arc.to()]).collect()
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

    /// Length on the ellipsoid, metres: Vincenty's series (Survey Review 23, 1975, equations 3, 4 and 6), good
    /// to a millimetre for the arc as it is.
    fn length(&self) -> f64 {
        let normal = self.start.cross(self.end).z / self.sin_angle;
        let cos2_azimuth = 1.0 - normal * normal;
        let u2 = cos2_azimuth * (EQUATORIAL_RADIUS_M * EQUATORIAL_RADIUS_M / (POLAR_RADIUS_M * POLAR_RADIUS_M) - 1.0);
        let a = 1.0 + u2 / 16_384.0 * (4_096.0 + u2 * (-768.0 + u2 * (320.0 - 175.0 * u2)));
        let b = u2 / 1_024.0 * (256.0 + u2 * (-128.0 + u2 * (74.0 - 47.0 * u2)));
        let cos_angle = self.start.dot(self.end);
        // Along the equator there is no way north or south, and what this divides counts for nothing.
        let cos_2m = if cos2_azimuth == 0.0 { 0.0 } else { cos_angle - 2.0 * self.start.z * self.end.z / cos2_azimuth };
        let shift = b * self.sin_angle * (cos_2m + b / 4.0 * cos_angle * (2.0 * cos_2m * cos_2m - 1.0));
        POLAR_RADIUS_M * a * (self.angle - shift)
    }

    /// Azimuth at the first end, radians clockwise from true north.
    fn azimuth(&self) -> f64 {
        let up = self.start;
        let east = Vec3::new(-up.y, up.x, 0.0).unit();
        let north = up.cross(east);
        libm::atan2(self.end.dot(east), self.end.dot(north))
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

#[cfg(test)]
impl Arc {
    pub(crate) fn between(from: Position, to: Position) -> Self {
        Self::new(Vertex::new(from), Vertex::new(to))
    }
}

#[cfg(test)]
mod tests;
