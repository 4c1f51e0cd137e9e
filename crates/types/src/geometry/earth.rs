//! The earth: the WGS-84 ellipsoid, and positions on it as earth-centred coordinates.
//!
//! Bit for bit the same on every machine: the four basic operations and the square root are rounded as
//! IEEE 754 says, sums run in a stated order, and trigonometry comes from `libm`, never the platform.

use core::ops::{Add, Mul, Neg, Sub};

use crate::volume::Position;

/// Semi-major axis of WGS-84 in metres.
pub const EQUATORIAL_RADIUS_M: f64 = 6_378_137.0;
/// Flattening of WGS-84.
pub const FLATTENING: f64 = 1.0 / 298.257_223_563;
/// Semi-minor axis of WGS-84 in metres.
pub const POLAR_RADIUS_M: f64 = EQUATORIAL_RADIUS_M * (1.0 - FLATTENING);

const RADIANS_PER_E7: f64 = core::f64::consts::PI / 1_800_000_000.0;

/// A vector from the earth's centre: x to 0° N 0° E, y to 0° N 90° E, z to the north pole; metres unless
/// a function says otherwise.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Vec3 {
    /// Towards latitude 0, longitude 0.
    pub x: f64,
    /// Towards latitude 0, longitude 90° east.
    pub y: f64,
    /// Towards the north pole.
    pub z: f64,
}

impl Vec3 {
    /// The centre.
    pub const ZERO: Self = Self::new(0.0, 0.0, 0.0);

    /// From its coordinates.
    pub const fn new(x: f64, y: f64, z: f64) -> Self {
        Self { x, y, z }
    }

    /// Scalar product, summed x, y, z in this order.
    pub fn dot(self, other: Self) -> f64 {
        self.x * other.x + self.y * other.y + self.z * other.z
    }

    /// Vector product.
    pub fn cross(self, other: Self) -> Self {
        Self::new(self.y * other.z - self.z * other.y, self.z * other.x - self.x * other.z, self.x * other.y - self.y * other.x)
    }

    /// Length.
    pub fn norm(self) -> f64 {
        libm::sqrt(self.dot(self))
    }

    /// The vector of length 1 in the same direction; not a number for the centre.
    pub fn unit(self) -> Self {
        let norm = self.norm();
        Self::new(self.x / norm, self.y / norm, self.z / norm)
    }
}

impl Add for Vec3 {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self::new(self.x + other.x, self.y + other.y, self.z + other.z)
    }
}

impl Sub for Vec3 {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        Self::new(self.x - other.x, self.y - other.y, self.z - other.z)
    }
}

impl Neg for Vec3 {
    type Output = Self;
    fn neg(self) -> Self {
        Self::new(-self.x, -self.y, -self.z)
    }
}

impl Mul<f64> for Vec3 {
    type Output = Self;
    fn mul(self, factor: f64) -> Self {
        Self::new(self.x * factor, self.y * factor, self.z * factor)
    }
}

/// A position as a point of the unit sphere that the ellipsoid becomes when its axes are scaled to 1
/// (the sphere of reduced latitude): on it shortest paths are nearly great circles.
pub fn reduced_point(position: Position) -> Vec3 {
    let (sin_lat, cos_lat) = libm::sincos(f64::from(position.lat_e7()) * RADIANS_PER_E7);
    let (sin_lon, cos_lon) = libm::sincos(f64::from(position.lon_e7()) * RADIANS_PER_E7);
    Vec3::new(cos_lat * cos_lon, cos_lat * sin_lon, (1.0 - FLATTENING) * sin_lat).unit()
}

/// The point of the surface that a point of the unit sphere of reduced latitude stands for, in metres.
pub fn from_reduced(point: Vec3) -> Vec3 {
    Vec3::new(EQUATORIAL_RADIUS_M * point.x, EQUATORIAL_RADIUS_M * point.y, POLAR_RADIUS_M * point.z)
}

/// A position as a point of the surface, in metres.
pub fn surface_point(position: Position) -> Vec3 {
    from_reduced(reduced_point(position))
}

/// The position where the ray from the centre through a point leaves the surface, to the nearest 1e-7°.
///
/// For the centre itself, which has no such position, 0° N 0° E.
pub fn position_under(point: Vec3) -> Position {
    let from_axis = libm::sqrt(point.x * point.x + point.y * point.y);
    let squash = (1.0 - FLATTENING) * (1.0 - FLATTENING);
    let lat = libm::atan2(point.z, from_axis * squash);
    let lon = libm::atan2(point.y, point.x);
    let e7 = |radians: f64| libm::round(radians / RADIANS_PER_E7) as i64;
    Position::try_new(e7(lat), e7(lon)).expect("atan2 stays within ±90° and ±180°")
}
