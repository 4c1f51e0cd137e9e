//! A flat map on which areas are true: Lambert's azimuthal equal-area projection of the ellipsoid, by authalic latitudes.
//!
//! Neither the antimeridian nor a pole is special on it. Only the point opposite to its middle has no place, so nothing is
//! drawn beyond [`REACH`]. Distances on it are not true: what has a length is built on the earth and then drawn.

use core::f64::consts::FRAC_PI_2;

use detente_types::Position;
use detente_types::geometry::earth::{EQUATORIAL_RADIUS_M, FLATTENING, Vec3, surface_point};
use geo::Coord;

/// How far from its middle the map is used, radians at the earth's centre: about 11,000 km. There it is drawn out by half.
pub(super) const REACH: f64 = 1.75;

/// Square of the first eccentricity of WGS-84.
const E2: f64 = FLATTENING * (2.0 - FLATTENING);
/// Halvings of a step when a latitude is sought; each round squares what is left of it.
const ROUNDS: u32 = 6;

/// A map and its middle.
pub(super) struct Chart {
    middle: Vec3,
    east: Vec3,
    north: Vec3,
    /// Radius of the sphere of the earth's area, metres.
    radius: f64,
    /// What `q` is at the pole.
    q_pole: f64,
}

impl Chart {
    /// A map round a position.
    pub(super) fn round(at: Position) -> Self {
        let e = libm::sqrt(E2);
        let q_pole = q(1.0, e);
        let radius = EQUATORIAL_RADIUS_M * libm::sqrt(q_pole / 2.0);
        let middle = authalic(surface_point(at), q_pole);
        let east = Vec3::new(-middle.y, middle.x, 0.0);
        // At a pole every way is along a meridian; any of them may be upwards.
        let east = if east.norm() > 1e-9 { east.unit() } else { Vec3::new(0.0, 1.0, 0.0) };
        Self { middle, east, north: middle.cross(east), radius, q_pole }
    }

    /// Angle of a point of the surface from the middle, radians.
    pub(super) fn angle(&self, surface: Vec3) -> f64 {
        let point = surface.unit();
        libm::atan2(point.cross(self.middle).norm(), point.dot(self.middle))
    }

    /// A point of the surface on the map: metres to the east and to the north of the middle.
    pub(super) fn at(&self, surface: Vec3) -> Coord {
        let point = authalic(surface, self.q_pole);
        let stretch = libm::sqrt(2.0 / (1.0 + point.dot(self.middle)).max(f64::MIN_POSITIVE));
        let metres = self.radius * stretch;
        Coord { x: point.dot(self.east) * metres, y: point.dot(self.north) * metres }
    }

    /// Longitude and latitude of a place of the map, degrees; longitude within ±180°.
    pub(super) fn back(&self, at: Coord) -> Coord {
        let (x, y) = (at.x / self.radius, at.y / self.radius);
        let square = (x * x + y * y).min(4.0);
        // With d = 2 sin(c / 2): cos c = 1 - d² / 2, and sin c / d = cos(c / 2) = √(1 - d² / 4).
        let point = self.middle * (1.0 - square / 2.0) + (self.east * x + self.north * y) * libm::sqrt(1.0 - square / 4.0);
        let flat = libm::sqrt(point.x * point.x + point.y * point.y);
        let lat = self.latitude(point.z / point.norm(), libm::atan2(point.z, flat));
        let lon = if flat > 0.0 { libm::atan2(point.y, point.x) } else { 0.0 };
        Coord { x: lon.to_degrees(), y: lat.to_degrees() }
    }

    /// The latitude of an authalic one, given its sine and itself: by Newton's method (Snyder 1987, equation 3-16).
    fn latitude(&self, sin_authalic: f64, authalic: f64) -> f64 {
        let e = libm::sqrt(E2);
        let wanted = sin_authalic * self.q_pole;
        let mut lat = authalic;
        for _ in 0..ROUNDS {
            let (sin, cos) = libm::sincos(lat);
            if cos < 1e-7 {
                break;
            }
            let inner = 1.0 - E2 * sin * sin;
            lat += inner * inner / (2.0 * cos) * (wanted - q(sin, e)) / (1.0 - E2);
            lat = lat.clamp(-FRAC_PI_2, FRAC_PI_2);
        }
        lat
    }
}

/// Area between the equator and a latitude, in units of half a turn of the squared equatorial radius (Snyder 3-12).
fn q(sin: f64, e: f64) -> f64 {
    let part = e * sin;
    (1.0 - E2) * (sin / (1.0 - part * part) + libm::atanh(part) / e)
}

/// A point of the surface, metres, on the unit sphere by its authalic latitude.
fn authalic(surface: Vec3, q_pole: f64) -> Vec3 {
    let flat = libm::sqrt(surface.x * surface.x + surface.y * surface.y);
    let from_axis = flat * (1.0 - E2);
    let sin = surface.z / libm::sqrt(surface.z * surface.z + from_axis * from_axis);
    let sin_authalic = (q(sin, libm::sqrt(E2)) / q_pole).clamp(-1.0, 1.0);
    if flat == 0.0 {
        return Vec3::new(0.0, 0.0, sin_authalic);
    }
    // The cosine by way of the distance from the axis keeps its digits near a pole.
    let cos = libm::sqrt((1.0 - sin_authalic) * (1.0 + sin_authalic));
    Vec3::new(surface.x / flat * cos, surface.y / flat * cos, sin_authalic)
}
