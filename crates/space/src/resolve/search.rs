//! Along one way: from step to step past everything that is in the way.

use std::borrow::Cow;

use detente_types::notice::{Precision, VOLUMES_MAX};
use detente_types::unit::Metres;
use detente_types::volume::{Position, Volume};

use super::rigid::{Turn, middle};
use super::shift::moved;
use super::way::{CLIMB_CM, MINUTE_US, PLACE_CM};
use super::{Course, End, Limits, Shift, Way, bearings};
use crate::disclose::steps;
use crate::law::{Law, Separation};
use crate::outline::Prepared;
use crate::question::{Among, Budget, Obstacle, meets};
use crate::timed::TIME_GROWTH_US;

/// Conflicts that are looked at before the notice is shifted past them: as many as a notice has volumes, so that each of
/// them takes part.
pub(super) const CONFLICTS_AT_ONCE: usize = VOLUMES_MAX;
/// Bearings that are tried together with a shift in time or in altitude: the first, which lead away from what is nearest.
const BEARINGS_BOTH_MAX: usize = 8;

/// The searches of one notice.
pub(super) struct Search<'s, 'a> {
    crowds: &'s [Among<'a>],
    limits: &'s Limits,
    /// What is in the way before anything is shifted.
    first: Vec<Met<'a>>,
    middle: Option<Position>,
}

/// Something in the way, and among which crowd.
#[derive(Clone, Copy)]
pub(super) struct Met<'a> {
    crowd: usize,
    obstacle: Obstacle<'a>,
}

/// Where a pair of volumes is out of each other's way.
pub(super) enum Past {
    /// From this step on, until further notice.
    At(i64),
    /// At no step within the limits.
    Never,
    /// The budget ended before that was known.
    Unknown,
}

impl<'s, 'a> Search<'s, 'a> {
    /// Finds what is in the way; `None` when the budget ends before anything is known.
    pub(super) fn new(crowds: &'s [Among<'a>], limits: &'s Limits, budget: &mut Budget) -> Option<Self> {
        let mut first = Vec::new();
        for (crowd, among) in crowds.iter().enumerate() {
            let found = among.conflicts(among.volumes, CONFLICTS_AT_ONCE, budget);
            // What is known to be in the way already is enough to begin with.
            let found = if first.is_empty() { found? } else { found.unwrap_or_default() };
            first.extend(found.into_iter().map(|obstacle| Met { crowd, obstacle }));
        }
        Some(Self { first, ..Self::unknowing(crowds, limits) })
    }

    /// Before anything is known to be in the way.
    pub(super) fn unknowing(crowds: &'s [Among<'a>], limits: &'s Limits) -> Self {
        let middle = crowds.first().and_then(|among| middle(among.volumes));
        Self { crowds, limits, first: Vec::new(), middle }
    }

    /// Whether nothing is in the way.
    pub(super) fn is_clear(&self) -> bool {
        self.first.is_empty()
    }

    /// The courses that the limits allow: each way, then two at once.
    pub(super) fn courses(&self) -> Vec<Course> {
        let times: &[Way] = if self.limits.time.is_some() { &[Way::Later, Way::Earlier] } else { &[] };
        let heights: &[Way] = if self.limits.altitude.is_some() { &[Way::Up, Way::Down] } else { &[] };
        let places = self.places();
        let near = &places[..places.len().min(BEARINGS_BOTH_MAX)];
        let both = |ways: &[Way], with: &[Way]| -> Vec<Course> {
            ways.iter().flat_map(|&way| with.iter().map(move |&with| Course::both(way, with))).collect()
        };
        let mut courses: Vec<Course> = times.iter().chain(heights).chain(&places).map(|&way| way.into()).collect();
        courses.extend([both(times, heights), both(times, near), both(heights, near)].concat());
        courses
    }

    fn places(&self) -> Vec<Way> {
        // The grid of a coarse precision stays where it is: what is told of a plan does not move aside as the plan does.
        if self.limits.place.is_none() || self.limits.precision != Precision::Exact {
            return Vec::new();
        }
        let pair = |met: &Met<'a>| Some((self.own(met)?, met.obstacle.other));
        bearings::of_pairs(self.first.iter().filter_map(pair)).into_iter().map(Way::Toward).collect()
    }

    fn own(&self, met: &Met<'_>) -> Option<&'a Volume> {
        self.crowds[met.crowd].volumes.get(usize::from(met.obstacle.asked))
    }

    /// The shifts that way are whole numbers of so many steps.
    fn stride(&self, way: Way) -> i64 {
        let stride = steps(self.limits.precision).map_or(1, |(altitude_cm, time_us)| match way {
            Way::Later | Way::Earlier => time_us / MINUTE_US,
            Way::Up | Way::Down => altitude_cm / CLIMB_CM,
            Way::Toward(_) => 1,
        });
        stride.max(1)
    }

    /// The least that is whole strides of a way and at least so many steps.
    pub(super) fn in_strides(&self, way: Way, step: i64) -> i64 {
        let stride = self.stride(way);
        (step + stride - 1).div_euclid(stride) * stride
    }

    /// The first step that way at which nothing is in the way, and the volumes there.
    pub(super) fn along(&self, way: Way, budget: &mut Budget) -> (End, Option<(i64, Vec<Volume>)>) {
        let last = self.last(way);
        let mut step = 0;
        let mut conflicts = self.first.clone();
        loop {
            step = match self.past_all(way, step + 1, last, &conflicts, budget) {
                Past::At(step) => self.in_strides(way, step),
                Past::Never => return (End::Closed, None),
                Past::Unknown => return (End::Cut, None),
            };
            if step > last {
                return (End::Closed, None);
            }
            let Some(volumes) = self.shifted(way.shift(step)) else {
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
            match self.conflicts(&volumes, CONFLICTS_AT_ONCE, budget) {
                None => return (End::Cut, None),
                Some(found) if found.is_empty() => return (End::Found, volumes.into_iter().next().map(|own| (step, own))),
                Some(found) => conflicts = found,
            }
        }
    }

    /// Whether nothing is in the way after a shift.
    pub(super) fn is_clear_at(&self, shift: Shift, budget: &mut Budget) -> Option<bool> {
        match self.shifted(shift) {
            None => Some(false),
            Some(volumes) => self.conflicts(&volumes, 1, budget).map(|found| found.is_empty()),
        }
    }

    /// The first `most` that are in the way of shifted volumes, among the first crowd in which anything is; `None` when the
    /// budget ends.
    pub(super) fn conflicts(&self, volumes: &[Vec<Volume>], most: usize, budget: &mut Budget) -> Option<Vec<Met<'a>>> {
        for (crowd, (among, volumes)) in self.crowds.iter().zip(volumes).enumerate() {
            let found = among.conflicts(volumes, most, budget)?;
            if !found.is_empty() {
                return Some(found.into_iter().map(|obstacle| Met { crowd, obstacle }).collect());
            }
        }
        Some(Vec::new())
    }

    /// The notice as each crowd meets it.
    fn volumes(&self) -> impl Iterator<Item = &'a Volume> {
        self.crowds.iter().flat_map(|among| among.volumes)
    }

    /// The last step that the limits allow.
    pub(super) fn last(&self, way: Way) -> i64 {
        let volumes = || self.volumes();
        let room = match way {
            Way::Later => self
                .limits
                .time
                .map(|limit| volumes().map(|v| limit.end().since(v.window.end())).min().unwrap_or(0).div_euclid(MINUTE_US)),
            Way::Earlier => self
                .limits
                .time
                .map(|limit| volumes().map(|v| v.window.start().since(limit.start())).min().unwrap_or(0).div_euclid(MINUTE_US)),
            Way::Up | Way::Down => self.limits.altitude.map(|limit| {
                let room = |v: &Volume| match way {
                    _ if v.band.datum() != limit.datum() => Metres::ZERO,
                    Way::Up => limit.upper().saturating_sub(v.band.upper()),
                    _ => v.band.lower().saturating_sub(limit.lower()),
                };
                volumes().map(room).min().unwrap_or(Metres::ZERO).cm().div_euclid(CLIMB_CM)
            }),
            Way::Toward(_) => self.limits.place.map(|most| most.cm().div_euclid(PLACE_CM)),
        };
        room.unwrap_or(0)
    }

    /// The volumes of all forms after a shift; `None` where a rule does not let one of them be there.
    pub(super) fn shifted(&self, by: Shift) -> Option<Vec<Vec<Volume>>> {
        let turn = self.turn(by)?;
        let each = |among: &Among<'a>| among.volumes.iter().map(|volume| moved(volume, by, turn.as_ref())).collect();
        self.crowds.iter().map(each).collect()
    }

    fn shift(&self, volume: &Volume, by: Shift) -> Option<Volume> {
        moved(volume, by, self.turn(by)?.as_ref())
    }

    /// The turn of a shift, if it is aside; nothing where a notice has no middle.
    fn turn(&self, by: Shift) -> Option<Option<Turn>> {
        let Some(aside) = by.aside else { return Some(None) };
        self.middle.map(|middle| Some(Turn::new(middle, aside.bearing_deg, aside.distance.as_f64())))
    }

    /// The first step from `from` on at which none of these pairs is in the way.
    fn past_all(&self, way: Way, from: i64, last: i64, conflicts: &[Met<'a>], budget: &mut Budget) -> Past {
        let mut step = from;
        for met in conflicts {
            match self.past(way, (step, last), Shift::default(), met, budget) {
                Past::At(past) => step = step.max(past),
                other => return other,
            }
        }
        if step <= last { Past::At(step) } else { Past::Never }
    }

    /// The same of one pair, which is in the way before `from`, with the notice shifted otherwise besides.
    pub(super) fn past(&self, way: Way, (from, last): (i64, i64), besides: Shift, met: &Met<'a>, budget: &mut Budget) -> Past {
        let own = self.own(met).and_then(|own| match besides.parts() {
            0 => Some(Cow::Borrowed(own)),
            _ => self.shift(own, besides).map(Cow::Owned),
        });
        let Some(own) = own.as_deref() else {
            return Past::At(from);
        };
        let Among { law, separation, .. } = self.crowds[met.crowd];
        let pair = Meets { law, separation, own, other: met.obstacle.other };
        match way {
            Way::Later | Way::Earlier => {
                let past = pair.past_in_time(way).max(from);
                if pair.law.follows(own, pair.other) {
                    self.scan(way, &pair, (from, past.min(last + 1)), budget)
                } else {
                    Past::At(past)
                }
            }
            Way::Up | Way::Down => match pair.past_in_altitude(way) {
                Some(past) => Past::At(past.max(from)),
                None => Past::Never,
            },
            Way::Toward(_) => self.gallop(way, &pair, (from, last), budget),
        }
    }

    /// Step by step to the first at which a pair is clear: what moves may be out of the way between two encounters.
    fn scan(&self, way: Way, pair: &Meets<'_>, (from, past): (i64, i64), budget: &mut Budget) -> Past {
        let other = Prepared::new(pair.other);
        for step in from..past {
            match self.in_the_way(way, pair, &other, step, budget) {
                None => return Past::Unknown,
                Some(false) => return Past::At(step),
                Some(true) => {}
            }
        }
        Past::At(past)
    }

    /// By doubled steps past a pair, then back to its edge by halving.
    fn gallop(&self, way: Way, pair: &Meets<'_>, (from, last): (i64, i64), budget: &mut Budget) -> Past {
        let other = Prepared::new(pair.other);
        let (mut near, mut far, mut stride) = (from - 1, from, 1);
        loop {
            if far > last {
                return Past::Never;
            }
            match self.in_the_way(way, pair, &other, far, budget) {
                None => return Past::Unknown,
                Some(false) => break,
                Some(true) => near = far,
            }
            stride *= 2;
            far = if far < last { (far + stride).min(last) } else { far + 1 };
        }
        while far - near > 1 {
            let middle = near + (far - near) / 2;
            match self.in_the_way(way, pair, &other, middle, budget) {
                None => return Past::Unknown,
                Some(true) => near = middle,
                Some(false) => far = middle,
            }
        }
        Past::At(far)
    }

    /// Whether a pair is in the way at a step; where a rule forbids the volume, it counts as in the way.
    fn in_the_way(&self, way: Way, pair: &Meets<'_>, other: &Prepared<'_>, step: i64, budget: &mut Budget) -> Option<bool> {
        match self.shift(pair.own, way.shift(step)) {
            Some(shifted) => meets(pair.law, &pair.separation, &shifted, other, budget),
            None => budget.spend(1).then_some(true),
        }
    }
}

/// A volume of the notice, and one in its way.
struct Meets<'a> {
    law: Law,
    separation: Separation,
    own: &'a Volume,
    other: &'a Volume,
}

impl Meets<'_> {
    /// The first step at which the windows are further apart than any clock makes up for.
    fn past_in_time(&self, way: Way) -> i64 {
        let (own, other) = (&self.own.window, &self.other.window);
        let growth = if self.law.follows(self.own, self.other) { TIME_GROWTH_US } else { 0 };
        let within = self.separation.time_us + growth;
        let overlap = match way {
            Way::Earlier => own.end().since(other.start()),
            _ => other.end().since(own.start()),
        };
        (overlap + within).div_euclid(MINUTE_US) + 1
    }

    /// The first step at which the bands are further apart than the separation; `None` when they cannot be compared.
    fn past_in_altitude(&self, way: Way) -> Option<i64> {
        let spans = self.law.spans(&Prepared::new(self.own), &Prepared::new(self.other))?;
        let overlap = match way {
            Way::Down => spans[0].1 - spans[1].0,
            _ => spans[1].1 - spans[0].0,
        };
        Some((overlap + self.separation.vertical.cm()).div_euclid(CLIMB_CM) + 1)
    }
}
