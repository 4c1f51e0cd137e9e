//! Two ways at once: the cheapest first, each time past the first thing that is in the way.
//!
//! What clears a notice must leave each of the others behind, one way or the other. So from where a search stands, two steps
//! lead on: past the first of what is in the way by the one way, and past it by the other. Going on from the cheapest of all
//! that was reached, the first that is clear is the cheapest there is, where whether two are in each other's way one way does
//! not depend on the other way unless it leaves them behind. That holds of time with altitude, and along a bearing of what
//! stays where it is; for what moves, and where altitudes depend on the place, it is a good one (see the module above).

use std::cmp::Reverse;
use std::collections::{BTreeSet, BinaryHeap};

use detente_types::volume::Volume;

use super::search::{Past, Search};
use super::way::step_beyond;
use super::{End, Shift, Way, Weights};
use crate::question::Budget;

/// Steps two ways, with what they cost: the cheapest first, then the fewest the first way.
type Reached = Reverse<(u64, [i64; 2])>;

/// What was reached, and what of it is still to be looked at.
struct Front<'w> {
    ways: [Way; 2],
    weights: &'w Weights,
    below: Option<u64>,
    last: [i64; 2],
    open: BinaryHeap<Reached>,
    seen: BTreeSet<[i64; 2]>,
}

impl Front<'_> {
    /// Adds what is within the limits, costs less than the bound and was not there yet.
    fn reach(&mut self, steps: [i64; 2]) {
        let cost = self.ways[0].cost(steps[0], self.weights).saturating_add(self.ways[1].cost(steps[1], self.weights));
        let within = steps[0] <= self.last[0] && steps[1] <= self.last[1] && self.below.is_none_or(|below| cost < below);
        if within && self.seen.insert(steps) {
            self.open.push(Reverse((cost, steps)));
        }
    }

    fn shift(&self, steps: [i64; 2]) -> Shift {
        self.ways[0].shift(steps[0]).and(self.ways[1].shift(steps[1]))
    }
}

impl Search<'_, '_> {
    /// The cheapest steps two ways at once at which nothing is in the way, with what they cost and the volumes there. What is
    /// in the way of nothing from the start ends as closed.
    pub(super) fn across(
        &self,
        ways: [Way; 2],
        weights: &Weights,
        below: Option<u64>,
        budget: &mut Budget,
    ) -> (End, Option<(Shift, u64, Vec<Volume>)>) {
        let last = ways.map(|way| self.last(way));
        let mut front = Front { ways, weights, below, last, open: BinaryHeap::new(), seen: BTreeSet::new() };
        front.reach([0, 0]);
        while let Some(Reverse((cost, steps))) = front.open.pop() {
            let shift = front.shift(steps);
            if !budget.spend(self.toil) {
                return (End::Cut, None);
            }
            let Some(volumes) = self.shifted(shift) else {
                if !budget.spend(1) {
                    return (End::Cut, None);
                }
                let stray_m = self.stray_m(shift);
                for k in 0..2 {
                    match (stray_m, ways[k]) {
                        // No time and no altitude leads back into the area.
                        (Some(_), Way::Later | Way::Earlier | Way::Up | Way::Down) => {}
                        (Some(metres), Way::Toward(_)) => {
                            front.reach(self.step_on(ways, steps, k, steps[k] + step_beyond(metres)))
                        }
                        // A rule forbids it here: the next step may round otherwise.
                        (None, _) => front.reach(self.step_on(ways, steps, k, steps[k] + 1)),
                    }
                }
                continue;
            };
            let Some(found) = self.conflicts(&volumes, 1, budget) else {
                return (End::Cut, None);
            };
            let Some(met) = found.first() else {
                let own = volumes.into_iter().next().filter(|_| shift.parts() > 0);
                return own.map_or((End::Closed, None), |own| (End::Found, Some((shift, cost, own))));
            };
            for k in 0..2 {
                let stay = ways[1 - k].shift(steps[1 - k]);
                match self.past(ways[k], (steps[k] + 1, last[k]), stay, met, budget) {
                    Past::At(step) => front.reach(self.step_on(ways, steps, k, step)),
                    Past::Never => {}
                    Past::Unknown => return (End::Cut, None),
                }
            }
        }
        (End::Closed, None)
    }

    /// The steps with those of one way at least so many, in whole strides.
    fn step_on(&self, ways: [Way; 2], mut steps: [i64; 2], k: usize, step: i64) -> [i64; 2] {
        steps[k] = self.in_strides(ways[k], step);
        steps
    }
}
