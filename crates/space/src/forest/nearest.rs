//! The nearest solid: the boxes of all trees are opened in the order of how near they may be, until none may be
//! nearer than what was found.
//!
//! The bound is that of `growth`, turned round: points of the surface whose latitudes differ by δ are at least
//! `2b sin(δ b / 2a)` apart, straight through, those whose longitudes differ by λ at least `2ρ sin(λ / 2)`, ρ being the
//! least distance from the axis; chords are off by no more than their bulges.

use core::cmp::Reverse;
use std::collections::BinaryHeap;

use detente_types::geometry::earth::{EQUATORIAL_RADIUS_M, POLAR_RADIUS_M};

use super::bounds::{ALTITUDE, Box4, LAT, LON, TIME};
use super::growth::{RADIANS_PER_E7, ROUNDING_M, bulge_m};
use super::lanes::WIDTH;
use super::margin::{Margin, rest};
use super::plane::TURN;
use super::run::Tree;
use super::shape::Solid;
use super::snapshot::Snapshot;
use super::subject::Subject;

/// The nearest solid that was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Neighbour {
    /// Whose it is.
    pub id: u32,
    /// Its box, grown by its radius.
    pub bounds: Box4,
    /// The least horizontal margin, in whole centimetres, with which the two conflict: along the earth, the radii
    /// left out; zero if they meet on the map.
    pub distance_cm: u64,
}

/// What is still to be opened: how near it may be in centimetres, of which run and tree, on which level (none for
/// a solid) and where there.
type Closed = (u64, u32, u32, Option<u8>, u32);

impl Snapshot {
    /// The solid that comes nearest along the earth among those whose altitudes and times come within the margin,
    /// no further than the margin's horizontal part, and whose identifier is `eligible`; of equally near ones the
    /// least identifier.
    pub fn nearest(&self, solid: &Solid, margin: &Margin, mut eligible: impl FnMut(u32) -> bool) -> Option<Neighbour> {
        let mut search = Search::new(self, solid, margin);
        let mut best: Option<Neighbour> = None;
        while let Some(Reverse((bound, run, tree, level, place))) = search.closed.pop() {
            if bound > best.map_or(margin.horizontal_cm.into(), |best| best.distance_cm) {
                break;
            }
            if let Some(level) = level {
                search.open(run, tree, level, place);
                continue;
            }
            let source = &self.runs[run as usize];
            let (record, bounds) = (source.record(place), source.kept(place));
            if best.is_some_and(|best| (bound, record.id) > (best.distance_cm, best.id)) {
                continue;
            }
            if !self.counts(source, place) || !eligible(record.id) {
                continue;
            }
            let distance_cm = search.subject.distance_cm(&record, &bounds);
            let nearer = best.is_none_or(|best| (distance_cm, record.id) < (best.distance_cm, best.id));
            if nearer && distance_cm <= margin.horizontal_cm.into() {
                best = Some(Neighbour { id: record.id, bounds, distance_cm });
            }
        }
        best
    }
}

struct Search<'a> {
    snapshot: &'a Snapshot,
    subject: Subject<'a>,
    /// Altitudes and times that count.
    rest: Box4,
    closed: BinaryHeap<Reverse<Closed>>,
}

impl<'a> Search<'a> {
    fn new(snapshot: &'a Snapshot, solid: &'a Solid, margin: &Margin) -> Self {
        let bounds = solid.bounds();
        // The subject's own margin plays no part where distances are asked for.
        let subject = Subject::new(solid.shape().view(), bounds, solid.bulge(), &Margin::NONE, snapshot.lanes);
        let rest = rest(&bounds, margin, snapshot.expired);
        let mut search = Self { snapshot, subject, rest, closed: BinaryHeap::new() };
        for (run, source) in snapshot.runs.iter().enumerate() {
            for (number, tree) in source.trees.iter().enumerate() {
                let level = (tree.levels.len() - 1) as u8;
                for block in 0..tree.top {
                    search.admit(&tree.bounds, tree, (run as u32, number as u32, Some(level), block));
                }
            }
        }
        search
    }

    /// Opens a block: what it holds is to be opened later.
    fn open(&mut self, run: u32, number: u32, level: u8, place: u32) {
        let source = &self.snapshot.runs[run as usize];
        let tree = &source.trees[number as usize];
        let block = &source.blocks[(tree.levels[usize::from(level)] + place) as usize];
        for lane in 0..WIDTH {
            let below = place * WIDTH as u32 + lane as u32;
            let next = match level.checked_sub(1) {
                Some(level) => (run, number, Some(level), below),
                None => (run, number, None, tree.levels[0] * WIDTH as u32 + below),
            };
            self.admit(&block.get(lane), tree, next);
        }
    }

    fn admit(&mut self, bounds: &Box4, tree: &Tree, (run, number, level, place): (u32, u32, Option<u8>, u32)) {
        let counts = |d: usize| bounds.min[d] <= self.rest.max[d] && bounds.max[d] >= self.rest.min[d];
        if counts(ALTITUDE) && counts(TIME) {
            let bulges_m = bulge_m(self.subject.bulge) + bulge_m(tree.bulge);
            let least_m = (apart_m(&self.subject.bounds, bounds) - bulges_m - ROUNDING_M).max(0.0);
            let radii_cm = u64::from(tree.radius_cm) + u64::from(self.subject.shape.radius_cm);
            let bound = ((least_m * 100.0) as u64).saturating_sub(radii_cm);
            self.closed.push(Reverse((bound, run, number, level, place)));
        }
    }
}

/// How far apart points of the surface in two boxes are at least, straight through, in metres.
fn apart_m(a: &Box4, b: &Box4) -> f64 {
    let gap = |d: usize, turn: i64| {
        let of = |bounds: &Box4| (i64::from(bounds.min[d]), i64::from(bounds.max[d]));
        let ((from, to), (start, end)) = (of(a), of(b));
        (start + turn - to).max(from - end - turn).max(0)
    };
    let lat = gap(LAT, 0) as f64 * RADIANS_PER_E7;
    let north = 2.0 * POLAR_RADIUS_M * libm::sin(lat * POLAR_RADIUS_M / (2.0 * EQUATORIAL_RADIUS_M));
    let lon = (-2..=2).map(|turns| gap(LON, turns * TURN)).min().unwrap_or(0).min(TURN / 2) as f64 * RADIANS_PER_E7;
    let worst = [a.min[LAT], a.max[LAT], b.min[LAT], b.max[LAT]].map(i32::unsigned_abs).into_iter().max().unwrap_or(0);
    let from_axis = EQUATORIAL_RADIUS_M * libm::cos(f64::from(worst) * RADIANS_PER_E7) - ROUNDING_M;
    north.max(2.0 * from_axis.max(0.0) * libm::sin(lon / 2.0))
}

#[cfg(test)]
mod tests;
