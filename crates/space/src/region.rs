//! Rectangles of latitudes and longitudes that hold a footprint, radius and all.
//!
//! No point of an edge is further from one of its ends than half its length, so the vertices' rectangle, grown by half the
//! longest edge and the radius, holds everything; a pole inside a polygon is looked for. Everything is rounded outward.

use detente_types::geometry::earth::{POLAR_RADIUS_M, Vec3};
use detente_types::volume::{HALF_TURN_E7, Position, Volume};

use crate::arc::Arc;
use crate::outline::Outline;
use crate::planted::{self, Planted};

/// A pole, in 1e-7 degree.
const POLE_E7: i64 = 900_000_000;
/// Longitudes of an index run on so far beyond the antimeridian: what lies there is sought a turn away as well.
const BEYOND_E7: i64 = 1_950_000_000;
/// From here on towards a pole a region takes all longitudes, degrees.
const LATITUDE_OF_CAP: f64 = 89.0;
/// Fewer metres than any degree of a great circle has: on the smallest radius of curvature.
const DEGREE_M_MIN: f64 = 110_500.0;
/// More than the arcs' model is off, and all rounding, in metres.
const SLACK_M: f64 = 1.0;

/// Latitudes from south to north, longitudes eastward from `west` over `width`, in 1e-7 degree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Region {
    /// At least -900,000,000.
    pub(crate) south: i64,
    /// At most 900,000,000.
    pub(crate) north: i64,
    /// Any longitude.
    pub(crate) west: i64,
    /// 0 to 3,600,000,000; all round at that.
    pub(crate) width: i64,
}

impl Region {
    /// Of a whole volume.
    pub(crate) fn of(volume: &Volume, outline: &Outline) -> Self {
        let longest = outline.arcs().iter().map(Arc::length).fold(0.0, f64::max);
        let reach_m = volume.footprint.radius().as_f64() + bulge(longest) + SLACK_M;
        let mut region = Self::round(volume.footprint.vertices());
        let pole = |sign: f64| outline.contains(Vec3::new(0.0, 0.0, sign * POLAR_RADIUS_M));
        if pole(1.0) {
            region.north = POLE_E7;
        }
        if pole(-1.0) {
            region.south = -POLE_E7;
        }
        region.grown(reach_m)
    }

    /// Of one edge of a shape of some radius.
    pub(crate) fn of_edge(from: Position, to: Position, arc: &Arc, radius_m: f64) -> Self {
        Self::round([from, to].into_iter()).grown(radius_m + bulge(arc.length()) + SLACK_M)
    }

    /// Round some vertices, the way from one to the next being the shorter way round.
    pub(crate) fn round(vertices: impl Iterator<Item = Position>) -> Self {
        let (mut south, mut north, mut west, mut east) = (i64::MAX, i64::MIN, i64::MAX, i64::MIN);
        let (mut before, mut along): (Option<i64>, i64) = (None, 0);
        for position in vertices {
            let (lat, lon) = (i64::from(position.lat_e7()), i64::from(position.lon_e7()));
            let step = before.map_or(lon, |before| (lon - before + HALF_TURN_E7).rem_euclid(2 * HALF_TURN_E7) - HALF_TURN_E7);
            along += step;
            before = Some(lon);
            (south, north, west, east) = (south.min(lat), north.max(lat), west.min(along), east.max(along));
        }
        Self { south, north, west, width: (east - west).min(2 * HALF_TURN_E7) }
    }

    /// Everything within so many metres of it.
    pub(crate) fn grown(&self, metres: f64) -> Self {
        let e7 = |degrees: f64| libm::ceil(degrees * 1e7) as i64;
        let up = e7(metres / DEGREE_M_MIN);
        let (south, north) = (self.south - up, self.north + up);
        let furthest = south.abs().max(north.abs()) as f64 / 1e7;
        let aside = if planted::is(Planted::FlatBox) {
            e7(metres / DEGREE_M_MIN)
        } else if furthest > LATITUDE_OF_CAP {
            HALF_TURN_E7
        } else {
            e7(metres / (DEGREE_M_MIN * libm::cos(furthest.to_radians()))).min(HALF_TURN_E7)
        };
        Self {
            south: south.max(-POLE_E7),
            north: north.min(POLE_E7),
            west: self.west - aside,
            width: (self.width + 2 * aside).min(2 * HALF_TURN_E7),
        }
    }

    /// West and east ends as longitudes that an index can hold, neither of them far beyond ±180°; `None` for a region that
    /// would not fit.
    pub(crate) fn longitudes(&self) -> Option<[i32; 2]> {
        let west = (self.west + HALF_TURN_E7).rem_euclid(2 * HALF_TURN_E7) - HALF_TURN_E7;
        let fits = |west: i64| west >= -BEYOND_E7 && west + self.width <= BEYOND_E7;
        let west = [west, west - 2 * HALF_TURN_E7].into_iter().find(|west| fits(*west))?;
        Some([west, west + self.width].map(|longitude| longitude as i32))
    }
}

/// No point of an edge of a length is further from one of its ends.
fn bulge(length: f64) -> f64 {
    if planted::is(Planted::ShortBox) { 0.0 } else { length * 0.5 }
}
