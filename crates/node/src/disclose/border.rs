//! A coarse form by the border of the area.
//!
//! What is told has its vertices in the area of the terms (DV-032), and the cells of the grid of disclosure know nothing of
//! borders: they reach out of it. Such a form is drawn anew, as few boxes of the cells' rows, each cut to the area, with a
//! radius that makes up for what was cut off. So it still holds all that the cells hold, and it is still a function of the
//! cells, and of the area, alone.

use detente_types::area::Area;
use detente_types::notice::{NOTICE_VERTICES_MAX, VOLUMES_MAX};
use detente_types::unit::Metres;
use detente_types::volume::{HALF_TURN_E7, TURN_E7};
use detente_types::{Footprint, Position, Shape, Volume};

/// Most boxes that are drawn for one outline of cells.
const BOXES_MAX: usize = 8;
/// Boxes are no wider and no nearer to a pole than this, 1e-7 degree: what is, stays as it is and is refused.
const WIDE_E7: i64 = 100_000_000;
const POLAR_E7: i64 = 890_000_000;
/// The earth is nowhere bent less than this, metres: a path drawn straight in latitude and longitude is no longer.
const RADIUS_M_MAX: f64 = 6_400_000.0;
const RADIANS_E7: f64 = core::f64::consts::PI / 1_800_000_000.0;

/// Coarse volumes, those that lead out of the area drawn anew inside it. What cannot be drawn within the limits of a notice, or
/// does not meet the area, is left as it is.
pub(super) fn keep_in(area: &Area, widened: Vec<Volume>) -> Vec<Volume> {
    let draw = |volume: &Volume, most: usize| match leads_out(area, volume) {
        true => cut(area, volume, most).unwrap_or_else(|| vec![volume.clone()]),
        false => vec![volume.clone()],
    };
    let drawn = halves(BOXES_MAX).map(|most| widened.iter().flat_map(|volume| draw(volume, most)).collect::<Vec<_>>());
    drawn.into_iter().find(|volumes| fits(volumes)).unwrap_or(widened)
}

/// A footprint with its vertices in the area that holds a box, given by its latitudes and longitudes, 1e-7 degree; none where it does
/// not meet the area.
pub(crate) fn holding(area: &Area, lats: [i64; 2], lons: [i64; 2]) -> Option<Footprint> {
    Rect { lats, lons }.inside(area, 0.0)
}

fn halves(most: usize) -> impl Iterator<Item = usize> {
    core::iter::successors(Some(most), |most| (*most > 1).then_some(most / 2))
}

fn leads_out(area: &Area, volume: &Volume) -> bool {
    volume.footprint.vertices().any(|at| !area.contains(at))
}

fn fits(volumes: &[Volume]) -> bool {
    let vertices: usize = volumes.iter().map(|volume| volume.footprint.vertices().count()).sum();
    volumes.len() <= VOLUMES_MAX && vertices <= NOTICE_VERTICES_MAX
}

/// A box in latitude and longitude, 1e-7 degree.
#[derive(Clone, Copy)]
struct Rect {
    lats: [i64; 2],
    lons: [i64; 2],
}

/// An outline of cells as boxes cut to the area, as few as each meets it.
fn cut(area: &Area, volume: &Volume, most: usize) -> Option<Vec<Volume>> {
    let Shape::Polygon(rings) = volume.footprint.shape() else { return None };
    let [ring] = rings.as_slice() else { return None };
    let slabs = slabs(ring)?;
    let reach_m = volume.footprint.radius().as_f64();
    halves(most).find_map(|most| {
        let boxes = slabs.chunks(slabs.len().div_ceil(most)).map(|slabs| slabs.iter().copied().reduce(Rect::cover));
        let drawn = boxes.map(|b| Some(Volume { footprint: b?.inside(area, reach_m)?, ..volume.clone() }));
        drawn.collect()
    })
}

/// An outline of cells, row by row: it has one run of them in each, between two meridians.
fn slabs(ring: &[Position]) -> Option<Vec<Rect>> {
    let first = i64::from(ring.first()?.lon_e7());
    let unrolled = |lon: i32| first + (i64::from(lon) - first + HALF_TURN_E7).rem_euclid(TURN_E7) - HALF_TURN_E7;
    let corners: Vec<(i64, i64)> = ring.iter().map(|at| (at.lat_e7().into(), unrolled(at.lon_e7()))).collect();
    let next = corners.iter().cycle().skip(1);
    let sides: Vec<([i64; 2], i64)> = corners
        .iter()
        .zip(next)
        .filter(|(from, to)| from.1 == to.1 && from.0 != to.0)
        .map(|(from, to)| ([from.0.min(to.0), from.0.max(to.0)], from.1))
        .collect();
    let mut lats: Vec<i64> = sides.iter().flat_map(|(lats, _)| *lats).collect();
    lats.sort_unstable();
    lats.dedup();
    let slab = |ends: &[i64]| {
        let beside = || sides.iter().filter(|(lats, _)| lats[0] <= ends[0] && lats[1] >= ends[1]).map(|(_, lon)| *lon);
        let lons = [beside().min()?, beside().max()?];
        (lons[0] < lons[1]).then_some(Rect { lats: [ends[0], ends[1]], lons })
    };
    lats.windows(2).map(slab).collect::<Option<Vec<_>>>().filter(|slabs| !slabs.is_empty())
}

impl Rect {
    fn cover(self, other: Self) -> Self {
        let both = |a: [i64; 2], b: [i64; 2]| [a[0].min(b[0]), a[1].max(b[1])];
        Self { lats: both(self.lats, other.lats), lons: both(self.lons, other.lons) }
    }

    /// A footprint with its vertices in the area that holds the box with a reach around it; none where it does not meet the area.
    fn inside(self, area: &Area, reach_m: f64) -> Option<Footprint> {
        let is_plain = self.lons[0] >= -HALF_TURN_E7 && self.lons[1] <= HALF_TURN_E7 && self.lons[1] - self.lons[0] <= WIDE_E7;
        if !is_plain || self.lats[0] < -POLAR_E7 || self.lats[1] > POLAR_E7 {
            return None;
        }
        let corners = area.clip(self.lats, self.lons)?;
        let radius = |way_m: f64| Metres::from_cm(libm::ceil((way_m + reach_m + self.sag_m()) * 100.0) as i64);
        let way_m = |from: (i64, i64), to: &Position| self.way_m(from, to);
        if is_convex(&corners) {
            // How far it is to a convex shape is greatest at a corner of the box.
            let cut_off = self.corners().map(|from| corners.iter().map(|to| way_m(from, to)).fold(f64::INFINITY, f64::min));
            let radius = radius(cut_off.into_iter().fold(0.0, f64::max));
            if let Ok(footprint) = Footprint::try_new(Shape::Polygon(vec![corners.clone()]), radius) {
                return Some(footprint);
            }
        }
        let around = |at: &Position| self.corners().map(|from| way_m(from, at)).into_iter().fold(0.0, f64::max);
        let (at, most_m) = corners.iter().map(|at| (*at, around(at))).min_by(|a, b| a.1.total_cmp(&b.1))?;
        Footprint::try_new(Shape::Point(at), radius(most_m)).ok()
    }

    fn corners(self) -> [(i64, i64); 4] {
        let ([south, north], [west, east]) = (self.lats, self.lons);
        [(south, west), (south, east), (north, east), (north, west)]
    }

    /// An upper bound of the way from a corner: straight in latitude and longitude, where a degree of longitude is longest. So it
    /// is a norm, and a mean of corners is no further away than the furthest of them.
    fn way_m(self, from: (i64, i64), to: &Position) -> f64 {
        let least = if self.lats[0] <= 0 && self.lats[1] >= 0 { 0 } else { self.lats[0].abs().min(self.lats[1].abs()) };
        let north = (from.0 - i64::from(to.lat_e7())) as f64 * RADIANS_E7;
        // The antimeridian is both.
        let east_e7 = (from.1 - i64::from(to.lon_e7()) + HALF_TURN_E7).rem_euclid(TURN_E7) - HALF_TURN_E7;
        let east = east_e7 as f64 * RADIANS_E7 * libm::cos(least as f64 * RADIANS_E7);
        libm::hypot(north, east) * RADIUS_M_MAX
    }

    /// How far an edge drawn as the shortest way may leave what is straight in latitude and longitude, metres.
    fn sag_m(self) -> f64 {
        let steepest = self.lats[0].abs().max(self.lats[1].abs()) as f64 * RADIANS_E7;
        let across_m = (self.lons[1] - self.lons[0]) as f64 * RADIANS_E7 * RADIUS_M_MAX;
        let along_m = (self.lats[1] - self.lats[0]) as f64 * RADIANS_E7 * RADIUS_M_MAX;
        (across_m * across_m + 2.0 * along_m * across_m) / (8.0 * 6_350_000.0) * libm::tan(steepest).max(1.0) + 1.0
    }
}

/// Whether a ring, in order, turns one way only.
fn is_convex(ring: &[Position]) -> bool {
    let at = |i: usize| {
        let position = ring[i % ring.len()];
        (i64::from(position.lat_e7()), i64::from(position.lon_e7()))
    };
    let turn = |i: usize| {
        let (a, b, c) = (at(i), at(i + 1), at(i + 2));
        (i128::from(b.1 - a.1) * i128::from(c.0 - b.0) - i128::from(b.0 - a.0) * i128::from(c.1 - b.1)).signum()
    };
    let has = |sign: i128| (0..ring.len()).any(|i| turn(i) == sign);
    has(1) != has(-1)
}

#[cfg(test)]
mod tests;
