//! Along one way: from step to step past everything that is in the way.

use detente_types::notice::VOLUMES_MAX;
use detente_types::unit::Metres;
use detente_types::volume::{Position, Volume};

use super::rigid::{Turn, middle};
use super::way::{CLIMB_CM, MINUTE_US, PLACE_CM, in_altitude, in_place, in_time};
use super::{End, Limits, Way, bearings};
use crate::index::Find;
use crate::outline::Prepared;
use crate::question::{Budget, Question};
use crate::timed::TIME_GROWTH_US;

/// Conflicts that are looked at before the notice is shifted past them: as many as a notice has volumes, so that each of
/// them takes part.
pub(super) const CONFLICTS_AT_ONCE: usize = VOLUMES_MAX;

/// The searches of one notice.
pub(super) struct Search<'a, K: Ord + Clone> {
    question: &'a Question<'a, K>,
    limits: &'a Limits,
    /// What is in the way before anything is shifted.
    first: &'a [Find<K>],
    middle: Option<Position>,
}

/// Where a pair of volumes is out of each other's way.
enum Past {
    /// From this step on, until further notice.
    At(i64),
    /// At no step within the limits.
    Never,
    /// The budget ended before that was known.
    Unknown,
}

impl<'a, K: Ord + Clone> Search<'a, K> {
    pub(super) fn new(question: &'a Question<'a, K>, limits: &'a Limits, first: &'a [Find<K>]) -> Self {
        Self { question, limits, first, middle: middle(question.volumes) }
    }

    /// The ways that the limits allow.
    pub(super) fn ways(&self) -> Vec<Way> {
        let mut ways = Vec::new();
        if self.limits.time.is_some() {
            ways.extend([Way::Later, Way::Earlier]);
        }
        if self.limits.altitude.is_some() {
            ways.extend([Way::Up, Way::Down]);
        }
        if self.limits.place.is_some() {
            let own = |find: &Find<K>| self.question.volumes.get(usize::from(find.pair.asked));
            let pairs = self.first.iter().filter_map(|find| own(find).zip(self.question.others.found(&find.pair)));
            ways.extend(bearings::of_pairs(pairs).into_iter().map(Way::Toward));
        }
        ways
    }

    /// The first step that way at which nothing is in the way, and the volumes there.
    pub(super) fn along(&self, way: Way, budget: &mut Budget) -> (End, Option<(i64, Vec<Volume>)>) {
        let last = self.last(way);
        let mut step = 0;
        let mut conflicts = self.first.to_vec();
        loop {
            step = match self.past_all(way, step + 1, last, &conflicts, budget) {
                Past::At(step) => step,
                Past::Never => return (End::Closed, None),
                Past::Unknown => return (End::Cut, None),
            };
            let Some(volumes) = self.shifted(way, step) else {
                // A rule forbids it here: the next step may round otherwise.
                if step >= last {
                    return (End::Closed, None);
                }
                if !budget.spend(1) {
                    return (End::Cut, None);
                }
                conflicts.clear();
                continue;
            };
            match self.question.of(&volumes).conflicts(CONFLICTS_AT_ONCE, budget) {
                None => return (End::Cut, None),
                Some(found) if found.is_empty() => return (End::Found, Some((step, volumes))),
                Some(found) => conflicts = found,
            }
        }
    }

    /// The last step that the limits allow.
    fn last(&self, way: Way) -> i64 {
        let volumes = self.question.volumes;
        let room = match way {
            Way::Later => self
                .limits
                .time
                .map(|limit| volumes.iter().map(|v| limit.end().since(v.window.end())).min().unwrap_or(0).div_euclid(MINUTE_US)),
            Way::Earlier => self.limits.time.map(|limit| {
                volumes.iter().map(|v| v.window.start().since(limit.start())).min().unwrap_or(0).div_euclid(MINUTE_US)
            }),
            Way::Up | Way::Down => self.limits.altitude.map(|limit| {
                let room = |v: &Volume| match way {
                    _ if v.band.datum() != limit.datum() => Metres::ZERO,
                    Way::Up => limit.upper().saturating_sub(v.band.upper()),
                    _ => v.band.lower().saturating_sub(limit.lower()),
                };
                volumes.iter().map(room).min().unwrap_or(Metres::ZERO).cm().div_euclid(CLIMB_CM)
            }),
            Way::Toward(_) => self.limits.place.map(|most| most.cm().div_euclid(PLACE_CM)),
        };
        room.unwrap_or(0)
    }

    fn shifted(&self, way: Way, step: i64) -> Option<Vec<Volume>> {
        self.question.volumes.iter().map(|volume| self.shift(volume, way, step)).collect()
    }

    fn shift(&self, volume: &Volume, way: Way, step: i64) -> Option<Volume> {
        match way {
            Way::Later => in_time(volume, step * MINUTE_US),
            Way::Earlier => in_time(volume, -step * MINUTE_US),
            Way::Up => in_altitude(volume, step * CLIMB_CM),
            Way::Down => in_altitude(volume, -step * CLIMB_CM),
            Way::Toward(bearing) => {
                in_place(volume, &Turn::new(self.middle?, bearing, Metres::from_cm(step * PLACE_CM).as_f64()))
            }
        }
    }

    /// The first step from `from` on at which none of these pairs is in the way.
    fn past_all(&self, way: Way, from: i64, last: i64, conflicts: &[Find<K>], budget: &mut Budget) -> Past {
        let mut step = from;
        for find in conflicts {
            match self.past(way, step, last, find, budget) {
                Past::At(past) => step = step.max(past),
                other => return other,
            }
        }
        if step <= last { Past::At(step) } else { Past::Never }
    }

    /// The same of one pair, which is in the way before `from`.
    fn past(&self, way: Way, from: i64, last: i64, find: &Find<K>, budget: &mut Budget) -> Past {
        let own = &self.question.volumes[usize::from(find.pair.asked)];
        let Some(other) = self.question.others.found(&find.pair) else {
            return Past::At(from);
        };
        match way {
            Way::Later | Way::Earlier => {
                let past = self.past_in_time(way, own, other).max(from);
                if self.question.law.follows(own, other) {
                    self.scan(way, own, other, (from, past.min(last + 1)), budget)
                } else {
                    Past::At(past)
                }
            }
            Way::Up | Way::Down => match self.past_in_altitude(way, own, other) {
                Some(past) => Past::At(past.max(from)),
                None => Past::Never,
            },
            Way::Toward(_) => self.gallop(way, own, other, (from, last), budget),
        }
    }

    /// The first step at which the windows are further apart than any clock makes up for.
    fn past_in_time(&self, way: Way, own: &Volume, other: &Volume) -> i64 {
        let growth = if self.question.law.follows(own, other) { TIME_GROWTH_US } else { 0 };
        let within = self.question.separation.time_us + growth;
        let overlap = match way {
            Way::Earlier => own.window.end().since(other.window.start()),
            _ => other.window.end().since(own.window.start()),
        };
        (overlap + within).div_euclid(MINUTE_US) + 1
    }

    /// The first step at which the bands are further apart than the separation; `None` when they cannot be compared.
    fn past_in_altitude(&self, way: Way, own: &Volume, other: &Volume) -> Option<i64> {
        let spans = self.question.law.spans(&Prepared::new(own), &Prepared::new(other))?;
        let overlap = match way {
            Way::Down => spans[0].1 - spans[1].0,
            _ => spans[1].1 - spans[0].0,
        };
        Some((overlap + self.question.separation.vertical.cm()).div_euclid(CLIMB_CM) + 1)
    }

    /// Step by step to the first at which a pair is clear: what moves may be out of the way between two encounters.
    fn scan(&self, way: Way, own: &Volume, other: &Volume, (from, past): (i64, i64), budget: &mut Budget) -> Past {
        let other = Prepared::new(other);
        for step in from..past {
            match self.in_the_way(way, own, &other, step, budget) {
                None => return Past::Unknown,
                Some(false) => return Past::At(step),
                Some(true) => {}
            }
        }
        Past::At(past)
    }

    /// By doubled steps past a pair, then back to its edge by halving.
    fn gallop(&self, way: Way, own: &Volume, other: &Volume, (from, last): (i64, i64), budget: &mut Budget) -> Past {
        let other = Prepared::new(other);
        let (mut near, mut far, mut stride) = (from - 1, from, 1);
        loop {
            if far > last {
                return Past::Never;
            }
            match self.in_the_way(way, own, &other, far, budget) {
                None => return Past::Unknown,
                Some(false) => break,
                Some(true) => near = far,
            }
            stride *= 2;
            far = if far < last { (far + stride).min(last) } else { far + 1 };
        }
        while far - near > 1 {
            let middle = near + (far - near) / 2;
            match self.in_the_way(way, own, &other, middle, budget) {
                None => return Past::Unknown,
                Some(true) => near = middle,
                Some(false) => far = middle,
            }
        }
        Past::At(far)
    }

    /// Whether a pair is in the way at a step; where a rule forbids the volume, it counts as in the way.
    fn in_the_way(&self, way: Way, own: &Volume, other: &Prepared<'_>, step: i64, budget: &mut Budget) -> Option<bool> {
        match self.shift(own, way, step) {
            Some(shifted) => self.question.meets(&shifted, other, budget),
            None => budget.spend(1).then_some(true),
        }
    }
}
