//! All round: whether any bearing has a shift aside that is smaller than those found along the suggested ones.
//!
//! Looked at is an eighth of the circle at a time, bearing by bearing in rings of one step more each, so the first that is
//! clear is the smallest, and of several the one with the lowest bearing. Where something is in the way, it stays in the way
//! at all shifts within what it is too close by (see `short`): a disc of bearings and steps is done with at once.

use detente_types::volume::Volume;

use super::search::{Looked, Meets, Met, Search, Steps};
use super::short::{Disc, Place};
use super::way::metres;
use super::{End, Way};
use crate::outline::Prepared;
use crate::question::Budget;

/// Bearings of an eighth of the circle.
pub(super) const SECTOR_DEG: u16 = 45;
/// What was in the way last, and is looked at before everything is asked.
const KNOWN_MAX: usize = 3;
/// What is in the way before anything is shifted, and is looked at to begin with.
const FIRST_MAX: usize = 8;
/// So many discs that are compared with a ring cost as much as a pair of volumes.
const DISCS_AS_PAIR: usize = 64;

/// An eighth of the circle while it is looked through.
struct Sector<'a> {
    from_deg: u16,
    discs: Vec<Disc>,
    /// What was in the way, the last first.
    known: Vec<(Meets<'a>, Prepared<'a>)>,
    compared: usize,
}

impl<'a> Sector<'a> {
    fn know(&mut self, pair: Meets<'a>) {
        let other = Prepared::new(pair.other);
        self.known.truncate(KNOWN_MAX - 1);
        self.known.insert(0, (pair, other));
    }

    /// The bearings of a ring that are done with, a bit each from the first of the sector on.
    fn done(&mut self, ring_m: f64) -> u64 {
        self.discs.retain(|disc| disc.middle.metres() + disc.radius_m >= ring_m);
        self.compared += 1 + self.discs.len();
        self.discs.iter().fold(0, |done, disc| done | self.bits(disc, ring_m))
    }

    fn bits(&self, disc: &Disc, ring_m: f64) -> u64 {
        let Some(reach) = disc.reach_deg(ring_m) else {
            return 0;
        };
        let at = (disc.middle.bearing().to_degrees() - f64::from(self.from_deg)).rem_euclid(360.0);
        // From either side it may reach across the first bearing.
        [at - 360.0, at].into_iter().fold(0, |bits, at| {
            let first = libm::ceil(at - reach).max(0.0) as i64;
            let last = libm::floor(at + reach).min(f64::from(SECTOR_DEG - 1)) as i64;
            if first > last { bits } else { bits | (((1 << (last - first + 1)) - 1) << first) }
        })
    }

    /// Takes from the budget what comparing discs has cost.
    fn pay(&mut self, budget: &mut Budget) -> bool {
        let cost = self.compared / DISCS_AS_PAIR;
        self.compared %= DISCS_AS_PAIR;
        budget.spend(cost)
    }
}

impl<'a> Search<'_, 'a> {
    /// The smallest shift aside along the bearings of an eighth of the circle that has fewer steps than `below`, and the
    /// volumes after it.
    pub(super) fn round(&self, from_deg: u16, below: Option<i64>, budget: &mut Budget) -> (End, Option<(Way, i64, Vec<Volume>)>) {
        let last = self.last(Way::Toward(from_deg)).min(below.map_or(i64::MAX, |below| below - 1));
        let mut sector = Sector { from_deg, discs: Vec::new(), known: Vec::new(), compared: 0 };
        if last > 0 && self.start(&mut sector, budget).is_none() {
            return (End::Cut, None);
        }
        for step in 1..=last {
            let mut done = sector.done(metres(step));
            if !sector.pay(budget) {
                return (End::Cut, None);
            }
            for at in 0..SECTOR_DEG {
                if done & (1 << at) != 0 {
                    continue;
                }
                match self.look(&mut sector, (from_deg + at, step), budget) {
                    Looked::Clear(volumes) => return (End::Found, Some((Way::Toward(from_deg + at), step, volumes))),
                    Looked::Unknown => return (End::Cut, None),
                    Looked::Short(disc) => {
                        done |= sector.bits(&disc, metres(step));
                        sector.discs.push(disc);
                    }
                }
            }
        }
        (End::Closed, None)
    }

    /// Discs round the unshifted notice, from what is in its way there; `None` when the budget ends.
    fn start(&self, sector: &mut Sector<'a>, budget: &mut Budget) -> Option<()> {
        for met in self.first.iter().take(FIRST_MAX) {
            match self.short_by(sector, met, (sector.from_deg, 0), budget) {
                Looked::Unknown => return None,
                Looked::Short(disc) => sector.discs.push(disc),
                Looked::Clear(()) => {}
            }
        }
        Some(())
    }

    /// What a shift comes to: by what was in the way before if it still is, else by asking.
    fn look(&self, sector: &mut Sector<'a>, by: Steps, budget: &mut Budget) -> Looked<Vec<Volume>> {
        for known in 0..sector.known.len() {
            let (pair, other) = &sector.known[known];
            match self.short_of(pair, other, by, budget) {
                Looked::Clear(()) => {}
                Looked::Unknown => return Looked::Unknown,
                Looked::Short(disc) => {
                    sector.known[..=known].rotate_right(1);
                    return Looked::Short(disc);
                }
            }
        }
        let around = |radius_m: f64| Looked::Short(Disc { middle: Place::along(by.0, metres(by.1)), radius_m });
        let shift = Way::Toward(by.0).shift(by.1);
        if !budget.spend(self.toil) {
            return Looked::Unknown;
        }
        let Some(volumes) = self.shifted(shift) else {
            return if budget.spend(1) { around(self.stray_m(shift).unwrap_or(0.0)) } else { Looked::Unknown };
        };
        let Some(found) = self.conflicts(&volumes, 1, budget) else {
            return Looked::Unknown;
        };
        match found.first().map(|met| self.short_by(sector, met, by, budget)) {
            None => volumes.into_iter().next().map_or(Looked::Unknown, Looked::Clear),
            Some(Looked::Unknown) => Looked::Unknown,
            Some(Looked::Short(disc)) => Looked::Short(disc),
            // It was found, so it is in the way.
            Some(Looked::Clear(())) => around(0.0),
        }
    }

    /// What a shift comes to for what was found in the way there, which is known from now on.
    fn short_by(&self, sector: &mut Sector<'a>, met: &Met<'a>, by: Steps, budget: &mut Budget) -> Looked<()> {
        let Some(pair) = self.pair(met) else {
            return Looked::Clear(());
        };
        let short = self.short_of(&pair, &Prepared::new(pair.other), by, budget);
        sector.know(pair);
        short
    }
}
