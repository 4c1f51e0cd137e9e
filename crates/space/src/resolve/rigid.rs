//! Moving shapes over the earth without bending them.
//!
//! On the sphere of reduced latitude shortest paths are nearly great circles, and turning that sphere about an axis through
//! its centre moves all of them and changes no angle and no length on it. What changes on the ellipsoid is how long a
//! north-south metre is there: by 0.34 % from the equator to the poles, so by 1e-5 of a shape's size for a move of 20 km.
//! Vertices are rounded to 1e-7°.

use detente_types::geometry::earth::{
    EQUATORIAL_RADIUS_M, POLAR_RADIUS_M, Vec3, from_reduced, position_under, reduced_point, surface_point,
};
use detente_types::volume::{Footprint, Position, Shape, Volume};

/// A turn of the sphere of reduced latitude.
#[derive(Clone, Copy, Debug)]
pub(super) struct Turn {
    axis: Vec3,
    sin: f64,
    cos: f64,
}

impl Turn {
    /// The turn that moves a position so many metres along a bearing, degrees clockwise from true north.
    pub(super) fn new(from: Position, bearing_deg: u16, metres: f64) -> Self {
        Self::along(from, f64::from(bearing_deg).to_radians(), metres)
    }

    /// The same of a bearing in radians.
    pub(super) fn along(from: Position, bearing: f64, metres: f64) -> Self {
        let (up, north, east) = frame(from);
        let (sin, cos) = libm::sincos(bearing);
        let from_axis = libm::sqrt(up.x * up.x + up.y * up.y);
        // Metres to a radian along the meridian.
        let along = libm::sqrt(
            EQUATORIAL_RADIUS_M * EQUATORIAL_RADIUS_M * up.z * up.z + POLAR_RADIUS_M * POLAR_RADIUS_M * from_axis * from_axis,
        );
        let way = north * (cos / along) + east * (sin / EQUATORIAL_RADIUS_M);
        let (sin, cos) = libm::sincos(metres * way.norm());
        Self { axis: up.cross(way.unit()), sin, cos }
    }

    /// Where a position comes to lie.
    pub(super) fn position(&self, position: Position) -> Position {
        let from = reduced_point(position);
        let turned = from * self.cos + self.axis.cross(from) * self.sin + self.axis * (self.axis.dot(from) * (1.0 - self.cos));
        position_under(from_reduced(turned))
    }

    /// The same footprint there; `None` when its shape breaks a rule there, as rounding may make of the narrowest.
    pub(super) fn footprint(&self, footprint: &Footprint) -> Option<Footprint> {
        let chain = |chain: &[Position]| chain.iter().map(|&p| self.position(p)).collect::<Vec<_>>();
        let shape = match footprint.shape() {
            Shape::Point(position) => Shape::Point(self.position(*position)),
            Shape::Path(path) => Shape::Path(chain(path)),
            Shape::Polygon(rings) => Shape::Polygon(rings.iter().map(|ring| chain(ring)).collect()),
        };
        Footprint::try_new(shape, footprint.radius()).ok()
    }
}

/// Up, north and east at a position, on the sphere of reduced latitude.
pub(super) fn frame(at: Position) -> (Vec3, Vec3, Vec3) {
    let up = reduced_point(at);
    let from_axis = libm::sqrt(up.x * up.x + up.y * up.y);
    // At a pole every way is along a meridian; that of 90° E counts as east.
    let east = if from_axis == 0.0 { Vec3::new(0.0, 1.0, 0.0) } else { Vec3::new(-up.y / from_axis, up.x / from_axis, 0.0) };
    (up, up.cross(east), east)
}

/// The middle of some volumes: under the mean of their vertices; the first vertex of volumes all round the earth.
pub(super) fn middle(volumes: &[Volume]) -> Option<Position> {
    let vertices = || volumes.iter().flat_map(|volume| volume.footprint.vertices());
    let sum = vertices().fold(Vec3::ZERO, |sum, vertex| sum + surface_point(vertex));
    let clear = sum.norm() > POLAR_RADIUS_M * 1e-3 * vertices().count() as f64;
    if clear { Some(position_under(sum)) } else { vertices().next() }
}
