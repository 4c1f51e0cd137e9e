//! Which side of a plane through the earth's centre, and how often a ring winds round an axis.

use robust::{Coord3D, orient3d};

use super::earth::Vec3;

/// Positive when `point` lies to the left of the central plane from `from` to `to` (seen from outside
/// the earth), negative to the right, zero in it. The sign is exact for the coordinates given.
pub fn side_of_plane(from: Vec3, to: Vec3, point: Vec3) -> f64 {
    let coord = |v: Vec3| Coord3D { x: v.x, y: v.y, z: v.z };
    orient3d(coord(from), coord(to), coord(point), coord(Vec3::ZERO))
}

/// How often a closed chain of central-plane arcs winds counter-clockwise round the line from the
/// earth's centre through `axis`.
///
/// The line goes on through the other side of the earth: the caller makes sure that the chain stays
/// clear of that half, and that the axis does not lie in the chain itself.
pub fn winding(axis: Vec3, steps: impl Iterator<Item = (Vec3, Vec3)>) -> i32 {
    let east = if axis.x == 0.0 && axis.y == 0.0 { Vec3::new(0.0, 1.0, 0.0) } else { Vec3::new(-axis.y, axis.x, 0.0) };
    let north = axis.cross(east);
    let turn = |(from, to): (Vec3, Vec3)| {
        // Only a step from one side of the east-west line to the other can pass east of the axis.
        let (above, next_above) = (north.dot(from) > 0.0, north.dot(to) > 0.0);
        match (above, next_above) {
            (false, true) if side_of_plane(from, to, axis) > 0.0 => 1,
            (true, false) if side_of_plane(from, to, axis) < 0.0 => -1,
            _ => 0,
        }
    };
    steps.map(turn).sum()
}
