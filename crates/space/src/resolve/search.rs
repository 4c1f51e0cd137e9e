//! Along one way: from step to step past everything that is in the way.

use std::borrow::Cow;

use detente_types::notice::{Precision, VOLUMES_MAX};
use detente_types::unit::Metres;
use detente_types::volume::{Position, Volume};

use super::rigid::{Turn, frame, middle};
use super::shift::moved;
use super::short::{Disc, Place, Short};
use super::way::{CLIMB_CM, MINUTE_US, PLACE_CM, metres, step_beyond};
use super::{Course, End, Limits, Shift, Way, bearings, round, short};
use crate::disclose::steps;
use crate::index::cost_of;
use crate::law::{Law, Separation};
use crate::outline::Prepared;
use crate::question::{Among, Budget, Obstacle, meets};
use crate::timed::TIME_GROWTH_US;

/// Conflicts that are looked at before the notice is shifted past them: as many as a notice has volumes, so that each of
/// them takes part.
pub(super) const CONFLICTS_AT_ONCE: usize = VOLUMES_MAX;
/// Bearings that are tried together with a shift in time or in altitude: the first, which lead away from what is nearest.
const BEARINGS_BOTH_MAX: usize = 8;
/// Pairs of edges that are held against each other in about the time in which one pair of volumes is tested.
const EDGE_PAIRS: usize = 1_024;

/// Edges are brought together for a larger disc where they are apart by more than this part of the radius of the one at hand.
const DEEPER_FROM: f64 = 0.25;

/// A bearing, and how many steps along it.
pub(super) type Steps = (u16, i64);

/// The searches of one notice.
pub(super) struct Search<'s, 'a> {
    crowds: &'s [Among<'a>],
    limits: &'s Limits<'s>,
    /// What is in the way before anything is shifted.
    pub(super) first: Vec<Met<'a>>,
    middle: Option<Position>,
    /// What it costs to move the notice before anything is asked: nothing worth counting, unless its outlines have very many edges, of
    /// which each is held against each.
    pub(super) toil: usize,
}

/// Something in the way, and among which crowd.
#[derive(Clone, Copy)]
pub(super) struct Met<'a> {
    crowd: usize,
    obstacle: Obstacle<'a>,
}

/// What a shift comes to.
pub(super) enum Looked<T, S = Disc> {
    /// Nothing is in the way.
    Clear(T),
    /// Something is, and so it is at all shifts aside of a disc that this one is in.
    Short(S),
    /// The budget ended before that was known.
    Unknown,
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
    pub(super) fn new(crowds: &'s [Among<'a>], limits: &'s Limits<'s>, budget: &mut Budget) -> Option<Self> {
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
    pub(super) fn unknowing(crowds: &'s [Among<'a>], limits: &'s Limits<'s>) -> Self {
        let middle = crowds.first().and_then(|among| middle(among.volumes));
        let edges = crowds.iter().flat_map(|among| among.volumes).map(|volume| volume.footprint.vertices().count());
        let toil = edges.map(|edges| edges * edges / EDGE_PAIRS).sum();
        Self { crowds, limits, first: Vec::new(), middle, toil }
    }

    /// Whether nothing is in the way.
    pub(super) fn is_clear(&self) -> bool {
        self.first.is_empty()
    }

    /// The courses that the limits allow: each way, then all round, then two at once.
    pub(super) fn courses(&self) -> Vec<Course> {
        let times: &[Way] = if self.limits.time.is_some() { &[Way::Later, Way::Earlier] } else { &[] };
        let heights: &[Way] = if self.limits.altitude.is_some() { &[Way::Up, Way::Down] } else { &[] };
        let places = self.places();
        let near = &places[..places.len().min(BEARINGS_BOTH_MAX)];
        let both = |ways: &[Way], with: &[Way]| -> Vec<Course> {
            ways.iter().flat_map(|&way| with.iter().map(move |&with| Course::Both(way, with))).collect()
        };
        let mut courses: Vec<Course> = times.iter().chain(heights).chain(&places).map(|&way| way.into()).collect();
        if !places.is_empty() {
            courses.extend((0..360).step_by(round::SECTOR_DEG.into()).map(Course::Round));
        }
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
            if !budget.spend(self.toil) {
                return (End::Cut, None);
            }
            let Some(volumes) = self.shifted(way.shift(step)) else {
                // A rule forbids it here: the next step may round otherwise.
                if step >= last {
                    return (End::Closed, None);
                }
                if !budget.spend(1) {
                    return (End::Cut, None);
                }
                step += step_beyond(self.stray_m(way.shift(step)).unwrap_or(0.0)) - 1;
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

    /// The volumes of all forms after a shift; `None` where a rule does not let one of them be there, or is brought out of the
    /// area.
    pub(super) fn shifted(&self, by: Shift) -> Option<Vec<Vec<Volume>>> {
        let forms = self.turned(by)?;
        let area = self.limits.area.filter(|_| by.aside.is_some());
        let is_inside =
            |own: &Vec<Volume>| own.iter().flat_map(|v| v.footprint.vertices()).all(|at| area.is_none_or(|a| a.contains(at)));
        forms.first().is_none_or(is_inside).then_some(forms)
    }

    fn turned(&self, by: Shift) -> Option<Vec<Vec<Volume>>> {
        let turn = self.turn(by)?;
        let each = |among: &Among<'a>| among.volumes.iter().map(|volume| moved(volume, by, turn.as_ref())).collect();
        self.crowds.iter().map(each).collect()
    }

    /// Within how many metres of a shift aside no other brings the notice into the area; `None` where that is not what forbids
    /// it.
    pub(super) fn stray_m(&self, by: Shift) -> Option<f64> {
        let area = self.limits.area.filter(|_| by.aside.is_some())?;
        short::of_area(area, self.turned(by)?.first()?)
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
            Way::Toward(bearing_deg) => self.march(bearing_deg, &pair, (from, last), budget),
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

    /// To the first step at which a pair is clear, past all that it is too close for at once.
    fn march(&self, bearing_deg: u16, pair: &Meets<'_>, (from, last): (i64, i64), budget: &mut Budget) -> Past {
        let other = Prepared::new(pair.other);
        let mut step = from;
        while step <= last {
            match self.short_of(pair, &other, (bearing_deg, step), budget) {
                Looked::Clear(()) => return Past::At(step),
                Looked::Short(disc) => step = disc.last_m(bearing_deg).map_or(0, step_beyond).max(step + 1),
                Looked::Unknown => return Past::Unknown,
            }
        }
        Past::Never
    }

    /// What so many steps along a bearing come to for a pair; where a rule forbids the volume, it counts as in the way.
    pub(super) fn short_of(
        &self,
        pair: &Meets<'_>,
        other: &Prepared<'_>,
        (bearing_deg, step): Steps,
        budget: &mut Budget,
    ) -> Looked<()> {
        let place = Place::along(bearing_deg, metres(step));
        let Some(own) = self.shift(pair.own, Way::Toward(bearing_deg).shift(step)) else {
            return if budget.spend(1) { Looked::Short(Disc { middle: place, radius_m: 0.0 }) } else { Looked::Unknown };
        };
        match self.short_at(pair, other, &own, budget) {
            Looked::Clear(()) => Looked::Clear(()),
            Looked::Unknown => Looked::Unknown,
            Looked::Short(short) => self.deeper(pair, other, place, &short, budget),
        }
    }

    /// How a volume that was brought somewhere falls short.
    fn short_at(&self, pair: &Meets<'_>, other: &Prepared<'_>, own: &Volume, budget: &mut Budget) -> Looked<(), Short> {
        let cost = cost_of(own.footprint.vertices().count() + pair.other.footprint.vertices().count());
        let own = Prepared::new(own);
        if !budget.spend(cost) {
            Looked::Unknown
        } else if !pair.law.meets_prepared(&own, other, &pair.separation) {
            Looked::Clear(())
        } else if !budget.spend(cost) {
            Looked::Unknown
        } else {
            Looked::Short(short::of_pair(pair.law, &pair.separation, &own, other))
        }
    }

    /// The disc of what falls short, or the larger one that it is in round where the edges of the pair are brought together.
    fn deeper(&self, pair: &Meets<'_>, other: &Prepared<'_>, place: Place, short: &Short, budget: &mut Budget) -> Looked<()> {
        let disc = Disc { middle: place, radius_m: short.metres };
        let Some(from) = self.middle.filter(|_| short.toward.norm() > short.metres * DEEPER_FROM) else {
            return Looked::Short(disc);
        };
        let (_, north, east) = frame(from);
        let toward = Place { north_m: short.toward.dot(north), east_m: short.toward.dot(east) };
        let middle = place.and(toward);
        let turn = Turn::along(from, middle.bearing(), middle.metres());
        let Some(own) = moved(pair.own, Shift::default(), Some(&turn)) else {
            return Looked::Short(disc);
        };
        match self.short_at(pair, other, &own, budget) {
            Looked::Unknown => Looked::Unknown,
            Looked::Short(short) if short.metres > toward.metres().max(disc.radius_m) => {
                Looked::Short(Disc { middle, radius_m: short.metres })
            }
            Looked::Short(_) | Looked::Clear(()) => Looked::Short(disc),
        }
    }

    /// A volume of the notice and what is in its way.
    pub(super) fn pair(&self, met: &Met<'a>) -> Option<Meets<'a>> {
        let Among { law, separation, .. } = self.crowds[met.crowd];
        self.own(met).map(|own| Meets { law, separation, own, other: met.obstacle.other })
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
pub(super) struct Meets<'a> {
    law: Law,
    separation: Separation,
    own: &'a Volume,
    pub(super) other: &'a Volume,
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
