//! How far boxes must grow so that no pair within a distance is missed.
//!
//! Edges are straight through the earth where distances are measured, boxes hold vertices. Two bounds close
//! the gap, each proved in docs/decisions/0060:
//!
//! - every point of a chord lies within the shape's *bulge* of a point of the surface inside the vertices' box;
//! - two points of the surface no more than D apart, straight through, differ by at most `2 asin(D / 2b) a/b` in
//!   latitude, and by at most `2 asin(D / 2ρ)` in longitude, where ρ is the least distance from the axis.

use detente_types::geometry::earth::{EQUATORIAL_RADIUS_M, POLAR_RADIUS_M};

use super::bounds::{Box4, LAT, LON};
use super::plane::TURN;
use super::shape::{Vertex, View};
use crate::planted::{self, Planted};

/// Radians of 1e-7°.
pub(super) const RADIANS_PER_E7: f64 = core::f64::consts::PI / 1_800_000_000.0;

/// The second derivative of a straight line of the map, in units of the equatorial radius, is at most this
/// much more than on a sphere: 1.0034 for the curvature at the poles, 0.010 for its change along a meridian.
const ELLIPSOID: f64 = 1.02;

/// More than all rounding of the computations here, in metres.
pub(super) const ROUNDING_M: f64 = 0.001;

/// Bulges are kept as powers of two from 2^-8 m (step 1); step 0 is none at all, and the last is any at all.
const BULGE_STEP_MAX: u8 = 31;
/// What the last step stands for, in metres: more than half way round the earth, so that all is near what has it.
const BULGE_M_MAX: f64 = 20_200_000.0;
/// How many steps there are.
pub(super) const BULGES: usize = BULGE_STEP_MAX as usize + 1;

/// What a step of bulge stands for, in metres.
pub(super) fn bulge_m(step: u8) -> f64 {
    if step == 0 || planted::is(Planted::NoBulge) {
        0.0
    } else if step == BULGE_STEP_MAX {
        BULGE_M_MAX
    } else {
        (1_u64 << step) as f64 / 256.0
    }
}

/// Edges that are no chords but lie on the earth, shortest paths for one, keep within this many bulges of their chords
/// ([`Snapshot::survey`](super::Snapshot::survey)),
const STRAY: f64 = 1.05;

/// and on the map within this many of the straight lines: both lie above the chord, or nearly so.
const ASIDE: f64 = 1.02;

/// More than they may stray besides, and all rounding, in metres: the model of a shortest path and its drawing by chords.
const STRAY_SLACK_M: f64 = 1.0;

/// How far the edges of a shape of a bulge, in metres, may stray from its chords, in metres.
pub(super) fn stray_m(bulge_m: f64) -> f64 {
    if planted::is(Planted::NoStray) { 0.0 } else { STRAY * bulge_m }
}

/// How far on the map they may run from the straight lines, in metres.
pub(super) fn aside_m(bulge_m: f64) -> f64 {
    if planted::is(Planted::NoStray) { 0.0 } else { ASIDE * bulge_m + STRAY_SLACK_M }
}

/// How far a shape's chords lie from the map's straight lines at most, in metres.
pub(super) fn exact_bulge_m(shape: &View<'_>) -> f64 {
    let mut worst = 0.0_f64;
    shape.any_chord(|from, to| {
        worst = worst.max(chord_bulge_m(from, to));
        false
    });
    worst
}

/// The step of bulge that bounds that.
pub(super) fn bulge(shape: &View<'_>) -> u8 {
    let worst = exact_bulge_m(shape);
    (0..=BULGE_STEP_MAX).find(|&step| bulge_m(step) >= worst).unwrap_or(BULGE_STEP_MAX)
}

fn chord_bulge_m(from: Vertex, to: Vertex) -> f64 {
    let turn = |d: usize| (i64::from(to[d]) - i64::from(from[d])).unsigned_abs() as f64 * RADIANS_PER_E7;
    let (east, north) = (turn(0), turn(1));
    let (low, high) = (from[1].unsigned_abs().min(to[1].unsigned_abs()), from[1].unsigned_abs().max(to[1].unsigned_abs()));
    let nearest_equator = if (from[1] < 0) == (to[1] < 0) { low } else { 0 };
    let cos = libm::cos(f64::from(nearest_equator) * RADIANS_PER_E7);
    let sin = libm::sin(f64::from(high) * RADIANS_PER_E7);
    ELLIPSOID * EQUATORIAL_RADIUS_M / 8.0 * (north * north + 2.0 * north * east * sin + east * east * cos)
}

/// The range of the map that holds all of the surface within a distance of a box: longitude, then latitude.
pub(super) fn grown(bounds: &Box4, by_m: f64) -> [[i64; 2]; 2] {
    let by_m = by_m + ROUNDING_M;
    let (from, to) = (i64::from(bounds.min[LAT]), i64::from(bounds.max[LAT]));
    let whole = [[i64::from(i32::MIN), i64::from(i32::MAX)], [-900_000_000, 900_000_000]];
    if by_m >= 2.0 * POLAR_RADIUS_M {
        return whole;
    }
    let lat = angle_e7(by_m / (2.0 * POLAR_RADIUS_M), EQUATORIAL_RADIUS_M / POLAR_RADIUS_M);
    let lat = [(from - lat).max(-900_000_000), (to + lat).min(900_000_000)];
    let worst = lat[0].unsigned_abs().max(lat[1].unsigned_abs());
    let from_axis = EQUATORIAL_RADIUS_M * libm::cos(worst as f64 * RADIANS_PER_E7) - ROUNDING_M;
    if worst >= 900_000_000 || by_m >= 2.0 * from_axis {
        return [whole[0], lat];
    }
    let lon = angle_e7(by_m / (2.0 * from_axis), 1.0);
    let lon = [i64::from(bounds.min[LON]) - lon, i64::from(bounds.max[LON]) + lon];
    if lon[1] - lon[0] >= TURN { [whole[0], lat] } else { [lon, lat] }
}

/// `2 asin(half)`, stretched, in 1e-7° rounded up.
fn angle_e7(half: f64, stretch: f64) -> i64 {
    libm::ceil(2.0 * libm::asin(half.min(1.0)) * stretch / RADIANS_PER_E7) as i64 + 1
}

/// The box in which a solid is kept: that of its chords, or more where it has a radius.
pub(super) fn kept(bounds: &Box4, radius_cm: u32, bulge: u8) -> Box4 {
    if planted::is(Planted::NarrowBox) {
        let mut narrow = *bounds;
        narrow.max[LON] = (narrow.max[LON] - 1).max(narrow.min[LON]);
        return narrow;
    }
    if radius_cm == 0 {
        return *bounds;
    }
    widened(bounds, f64::from(radius_cm) / 100.0 + bulge_m(bulge))
}

/// A box with its range of the map grown.
pub(super) fn widened(bounds: &Box4, by_m: f64) -> Box4 {
    let [lon, lat] = grown(bounds, by_m);
    let mut kept = *bounds;
    // A range that a whole number of this size cannot hold goes round the earth.
    let fits = i32::try_from(lon[0]).is_ok() && i32::try_from(lon[1]).is_ok();
    [kept.min[LON], kept.max[LON]] = if fits { [lon[0] as i32, lon[1] as i32] } else { [i32::MIN, i32::MAX] };
    [kept.min[LAT], kept.max[LAT]] = [lat[0] as i32, lat[1] as i32];
    kept
}

/// What halves of a distance lack to meet, in metres: two points of the surface D apart have a point of the
/// surface between them that is this much more than its share away from each, the depth of the chord.
pub(super) fn depth_m(apart_m: f64) -> f64 {
    let (apart, least) = (apart_m.min(2.0 * POLAR_RADIUS_M), POLAR_RADIUS_M * POLAR_RADIUS_M / EQUATORIAL_RADIUS_M);
    let half = apart / (2.0 * least);
    if half >= 1.0 { least } else { least * (1.0 - libm::sqrt(1.0 - half * half)) }
}
