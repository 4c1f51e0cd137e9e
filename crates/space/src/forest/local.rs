//! A quick look at how near shapes come: bounds from the flat map, exact enough for most pairs.
//!
//! Take two chords, a point on each, and the two points of the surface that the map's straight lines have in
//! their stead. These are off by no more than the bulges. Between points of the surface that differ by small
//! angles δ (latitude) and λ (longitude), with cosines of latitude between c and C, the straight distance is at
//! least `b²/a · 0.9995 · √(δ² + c²λ²)` and at most `a²/b · √(δ² + C²λ²)`; docs/decisions/0060 has the proofs.

use detente_types::geometry::earth::{EQUATORIAL_RADIUS_M, POLAR_RADIUS_M};

use super::bounds::{Box4, LAT, LON};
use super::growth::grown;
use super::plane::{Point, TURN};
use super::ready::Edge;

const RADIANS_PER_E7: f64 = core::f64::consts::PI / 1_800_000_000.0;
/// Differences up to this, in 1e-7° (5.7°), are small.
const SMALL: i64 = 57_000_000;
/// More than all rounding, in metres.
const ROUNDING_M: f64 = 0.001;

/// A range of the map round a box.
#[derive(Clone, Copy, Debug)]
pub(super) struct Near {
    lon: [i64; 2],
    lat: [i64; 2],
    /// How much the box was grown, longitude and latitude.
    pub(super) by: [i64; 2],
}

impl Near {
    pub(super) fn new(bounds: &Box4, by_m: f64) -> Self {
        let [lon, lat] = grown(bounds, by_m);
        let least = |d: usize| i64::from(bounds.min[d]);
        let greatest = |d: usize| i64::from(bounds.max[d]);
        // Round the earth, whatever turn a vertex is counted with.
        if lon[1] - lon[0] >= TURN {
            return Self { lon: [-3 * TURN, 3 * TURN], lat, by: [3 * TURN, TURN] };
        }
        let by = |from: i64, to: i64, d: usize| (least(d) - from).max(to - greatest(d));
        // A range that is cut off at one pole grew as much as on the other side; at both, there is no telling.
        let cut = lat == [-900_000_000, 900_000_000];
        Self { lon, lat, by: [by(lon[0], lon[1], LON), if cut { TURN } else { by(lat[0], lat[1], LAT) }] }
    }

    /// By how much the range is moved east for all that may lie in it: not at all, and a turn either way where a longitude that
    /// runs on may reach it. What goes round the earth has all as it is.
    pub(super) fn shifts(&self) -> impl Iterator<Item = i64> + use<> {
        let [west, east] = self.lon;
        let round = east - west >= TURN;
        let turns = [(TURN, west + TURN <= i32::MAX.into()), (-TURN, east - TURN >= i32::MIN.into())];
        let turns = turns.into_iter().filter(move |(_, may)| *may && !round).map(|(shift, _)| shift);
        core::iter::once(0).chain(turns)
    }

    pub(super) fn touches(&self, p: Point, q: Point) -> bool {
        p.x.min(q.x) <= self.lon[1] && p.x.max(q.x) >= self.lon[0] && p.y.min(q.y) <= self.lat[1] && p.y.max(q.y) >= self.lat[0]
    }
}

/// The least distance found on the map, whose parallels are shortened by the least cosine.
#[derive(Clone, Copy, Debug)]
pub(super) struct Local {
    cos: f64,
    /// By how much the greatest cosine is greater.
    stretch: f64,
    /// In 1e-7° of latitude, squared.
    square: f64,
}

impl Local {
    /// `None` where the range is too large, or too near a pole, for the bounds.
    pub(super) fn new(near: &Near) -> Option<Self> {
        let far = near.lat[0].unsigned_abs().max(near.lat[1].unsigned_abs());
        if near.lon[1] - near.lon[0] > SMALL || near.lat[1] - near.lat[0] > SMALL || far > 850_000_000 {
            return None;
        }
        let crosses = near.lat[0] < 0 && near.lat[1] > 0;
        let low = if crosses { 0 } else { near.lat[0].unsigned_abs().min(near.lat[1].unsigned_abs()) };
        let cos = |lat: u64| libm::cos(lat as f64 * RADIANS_PER_E7);
        Some(Self { cos: cos(far), stretch: cos(low) / cos(far), square: f64::INFINITY })
    }

    /// Counts two edges in that do not cross.
    pub(super) fn admit(&mut self, own: Edge, other: (Point, Point)) {
        let (from, to) = own.ends();
        let (a, b) = (self.flat(from), self.flat(to));
        let (c, d) = (self.flat(other.0), self.flat(other.1));
        let squares = [apart2(a, c, d), apart2(b, c, d), apart2(c, a, b), apart2(d, a, b)];
        self.square = squares.into_iter().fold(self.square, f64::min);
    }

    fn flat(&self, p: Point) -> [f64; 2] {
        [p.x as f64 * self.cos, p.y as f64]
    }

    /// Whether the distance along the earth is within a limit, if the bounds can tell.
    pub(super) fn verdict(&self, limit_m: f64, bulges_m: f64) -> Option<bool> {
        let flat = libm::sqrt(self.square) * RADIANS_PER_E7;
        let least = flat * (POLAR_RADIUS_M * POLAR_RADIUS_M / EQUATORIAL_RADIUS_M) * 0.9995;
        if least - bulges_m - ROUNDING_M > limit_m {
            return Some(false);
        }
        // Along the earth is longer than straight through: by less than 5 in 10,000 over a tenth of the radius.
        let most = flat * (EQUATORIAL_RADIUS_M * EQUATORIAL_RADIUS_M / POLAR_RADIUS_M) * self.stretch;
        ((most + bulges_m + ROUNDING_M) * 1.0005 <= limit_m && limit_m < 0.1 * POLAR_RADIUS_M).then_some(true)
    }
}

/// The square of the distance of a point from a segment.
fn apart2(p: [f64; 2], a: [f64; 2], b: [f64; 2]) -> f64 {
    let (u, v) = ([b[0] - a[0], b[1] - a[1]], [p[0] - a[0], p[1] - a[1]]);
    let (along, length) = (u[0] * v[0] + u[1] * v[1], u[0] * u[0] + u[1] * u[1]);
    let part = if length > 0.0 { (along / length).clamp(0.0, 1.0) } else { 0.0 };
    let (x, y) = (v[0] - part * u[0], v[1] - part * u[1]);
    x * x + y * y
}
