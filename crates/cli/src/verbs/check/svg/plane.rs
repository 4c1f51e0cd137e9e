//! A map round the middle of what is drawn: directions and distances from there are true (azimuthal equidistant), so that
//! neither the antimeridian nor a pole is special, and one scale holds near the middle.

use core::f64::consts::PI;

use detente_types::geometry::earth::{FLATTENING, Vec3, reduced_point};
use detente_types::{Position, Shape, Volume};

/// Radius of a sphere of the earth's surface, metres.
const RADIUS_M: f64 = 6_371_007.0;
/// Edges are drawn through points no further apart than this, radians: half a degree.
const STEP: f64 = PI / 360.0;

/// A point of the map in metres, x to the east and y to the south of the middle.
pub(super) type Point = [f64; 2];

/// Where the map has its middle.
pub(super) struct Plane {
    middle: Vec3,
    east: Vec3,
    north: Vec3,
}

impl Plane {
    /// A map of some positions; round the first when they have no middle.
    pub(super) fn round(positions: impl Iterator<Item = Position>) -> Self {
        let mut first = None;
        let sum = positions.map(reduced_point).fold(Vec3::ZERO, |sum, point| {
            first.get_or_insert(point);
            sum + point
        });
        let middle = if sum.norm() > 1e-6 { sum.unit() } else { first.unwrap_or(Vec3::new(1.0, 0.0, 0.0)) };
        let east = Vec3::new(-middle.y, middle.x, 0.0);
        // At a pole every way is south; one of them is drawn downwards.
        let east = if east.norm() > 1e-9 { east.unit() } else { Vec3::new(0.0, 1.0, 0.0) };
        Self { middle, east, north: middle.cross(east) }
    }

    /// Latitude and longitude of the middle, radians.
    pub(super) fn middle(&self) -> [f64; 2] {
        let Vec3 { x, y, z } = self.middle;
        [libm::atan2(z, libm::sqrt(x * x + y * y) * (1.0 - FLATTENING)), libm::atan2(y, x)]
    }

    fn project(&self, point: Vec3) -> Point {
        let (east, north, up) = (point.dot(self.east), point.dot(self.north), point.dot(self.middle));
        let flat = libm::sqrt(east * east + north * north);
        if flat < 1e-15 {
            return [0.0, if up < 0.0 { PI * RADIUS_M } else { 0.0 }];
        }
        let metres = libm::atan2(flat, up) * RADIUS_M / flat;
        [east * metres, -north * metres]
    }

    pub(super) fn at(&self, position: Position) -> Point {
        self.project(reduced_point(position))
    }

    /// A place by latitude and longitude, radians.
    pub(super) fn at_radians(&self, lat: f64, lon: f64) -> Point {
        let (sin_lat, cos_lat) = libm::sincos(lat);
        let (sin_lon, cos_lon) = libm::sincos(lon);
        self.project(Vec3::new(cos_lat * cos_lon, cos_lat * sin_lon, (1.0 - FLATTENING) * sin_lat).unit())
    }

    /// The rings or lines that a volume is drawn by; a point is one position.
    pub(super) fn lines(&self, volume: &Volume) -> Vec<Vec<Point>> {
        match volume.footprint.shape() {
            Shape::Point(position) => vec![vec![self.at(*position)]],
            Shape::Path(path) => vec![self.line(path, false)],
            Shape::Polygon(rings) => rings.iter().map(|ring| self.line(ring, true)).collect(),
        }
    }

    fn line(&self, chain: &[Position], closed: bool) -> Vec<Point> {
        let points: Vec<Vec3> = chain.iter().copied().map(reduced_point).collect();
        let nexts = points.iter().skip(1).chain(points.first().filter(|_| closed));
        let mut drawn: Vec<Point> = points.iter().zip(nexts).flat_map(|(from, to)| self.edge(*from, *to)).collect();
        if !closed {
            drawn.extend(points.last().map(|last| self.project(*last)));
        }
        drawn
    }

    /// The points of an edge but its last.
    fn edge(&self, from: Vec3, to: Vec3) -> Vec<Point> {
        let angle = libm::atan2(from.cross(to).norm(), from.dot(to));
        let pieces = libm::ceil(angle / STEP).max(1.0);
        let part = |k: f64| {
            if pieces <= 1.0 {
                return from;
            }
            let sin = libm::sin(angle);
            from * (libm::sin(angle * (1.0 - k / pieces)) / sin) + to * (libm::sin(angle * k / pieces) / sin)
        };
        (0..pieces as u32).map(|k| self.project(part(f64::from(k)))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(lat: f64, lon: f64) -> Position {
        Position::try_new((lat * 1e7) as i64, (lon * 1e7) as i64).unwrap()
    }

    #[test]
    fn a_degree_of_latitude_is_as_long_anywhere_and_north_is_up() {
        for middle in [at(0.0, 0.0), at(60.0, 179.9), at(-45.0, -180.0), at(89.0, 10.0)] {
            let plane = Plane::round([middle].into_iter());
            let [x, y] = plane.at(Position::try_new(i64::from(middle.lat_e7()) + 1_000_000, middle.lon_e7().into()).unwrap());
            assert!(x.abs() < 1.0 && (-11_200.0..-11_000.0).contains(&y), "{middle}: {x} {y}");
            let [lat, lon] = plane.middle();
            assert!((lat.to_degrees() - f64::from(middle.lat_e7()) / 1e7).abs() < 1e-9, "{middle}: {lat} {lon}");
            let [x, y] = plane.at_radians(lat, lon);
            assert!(x.hypot(y) < 0.01, "lines of latitude and longitude lie where the plans do: {x} {y}");
        }
        let plane = Plane::round([at(10.0, 179.9), at(10.0, -179.9)].into_iter());
        let [west, east] = [plane.at(at(10.0, 179.9)), plane.at(at(10.0, -179.9))];
        assert!(west[0] < 0.0 && east[0] > 0.0 && east[0] - west[0] < 23_000.0, "across the antimeridian: {west:?} {east:?}");
        let pole = Plane::round([at(90.0, 0.0)].into_iter());
        assert!(pole.at(at(89.0, 0.0))[1] > 110_000.0, "from the pole every way is south");
    }
}
