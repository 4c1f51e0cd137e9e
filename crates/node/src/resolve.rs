//! Ways out of a conflict: the smallest shifts of one notice that leave nothing in its way, and make nothing new.
//!
//! There are two kinds, and neither is ever taken for the other (PROTOCOL C6):
//!
//! - A [`Suggestion`] is computed from what both sides have disclosed and from nothing else. It has a [`Suggestion::change`]
//!   that an offer can state: whatever lies in the book only, the bytes of that offer are the same.
//! - An [`OwnShift`] is computed from our book besides: exact plans, plans that are held back. It is for our own eyes. To
//!   make an offer of it is a release by an officer, and says so: [`OwnShift::release`].
//!
//! A search goes on in turns, one way to move, an eighth of the circle or two ways at once in each, so that nothing else waits
//! long for the node: [`Search`].

use std::collections::VecDeque;

use detente_space::Among;
use detente_space::resolve::{Course, End, Limits, Resolution, Shift, Weights, along, begin, proves, rank};
use detente_types::notice::Precision;
use detente_types::statement::{CLIMB_CM_MAX, Change, ChangeIn, SHIFT_US_MAX};
use detente_types::unit::Metres;
use detente_types::volume::{ALTITUDE_MAX, ALTITUDE_MIN};
use detente_types::{AltitudeBand, ConflictId, NoticeId, NoticeKind, StatementRef, Terms, Timestamp, Volume, VolumeIn, Window};

use crate::joint::{Beside, Moved};
use crate::line::Line;

/// Pairs of volumes that one turn of a search tests: a few milliseconds for ordinary plans.
const TURN: usize = 2_048;

/// A shift that leaves nothing in the way of a notice, by what both sides have disclosed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Suggestion {
    /// What is shifted.
    pub statement: StatementRef,
    resolution: Resolution,
}

impl Suggestion {
    /// By how much.
    pub const fn shift(&self) -> Shift {
        self.resolution.shift
    }

    /// By the weights of the terms, in twentieths of their unit: the smaller, the better.
    pub const fn cost(&self) -> u64 {
        self.resolution.cost
    }

    /// The disclosed volumes after it.
    pub fn volumes(&self) -> &[Volume] {
        &self.resolution.volumes
    }

    /// The same as an offer states it.
    pub fn change(&self) -> ChangeIn {
        stated(&self.resolution)
    }
}

/// A shift that leaves nothing in the way of our notice or plan, by what only we know besides: for our own eyes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnShift {
    resolution: Resolution,
}

impl OwnShift {
    /// By how much.
    pub const fn shift(&self) -> Shift {
        self.resolution.shift
    }

    /// By the weights of the terms, in twentieths of their unit: the smaller, the better.
    pub const fn cost(&self) -> u64 {
        self.resolution.cost
    }

    /// Our exact volumes after it.
    pub fn volumes(&self) -> &[Volume] {
        &self.resolution.volumes
    }

    /// The same as an offer states it. Stating it tells the other side something that came from the book: only an officer who
    /// says so may do that (PROTOCOL C6).
    pub fn release(self) -> ChangeIn {
        stated(&self.resolution)
    }
}

/// What a search has found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found<T> {
    /// At most five, the best first; each was proved clear when the search ended.
    pub shifts: Vec<T>,
    /// Nothing was in the way from the start.
    pub clear: bool,
    /// Nothing about the notice may be shifted: it is a site, or the terms say so.
    pub fixed: bool,
    /// Something that was not found may be there all the same: the work was bounded.
    pub cut_short: bool,
    /// So many of the side's own notices are as near to this one already that none of them was counted.
    pub own_left_out: bool,
}

/// A search for shifts of one notice, in turns of bounded work.
#[derive(Debug)]
pub struct Search<S> {
    of: S,
    beside: Option<Beside>,
    /// Courses that are still to be searched; `None` before the first turn.
    courses: Option<VecDeque<Course>>,
    found: Found<Resolution>,
    done: bool,
}

/// A search by what both sides have disclosed, which finds [`Suggestion`]s.
#[derive(Debug)]
pub struct Disclosed(StatementRef);

/// A search by our book besides, which finds [`OwnShift`]s.
#[derive(Debug)]
pub struct Own(Subject);

#[derive(Debug)]
enum Subject {
    /// A live notice of ours.
    Notice(StatementRef),
    /// A plan that nothing is stated of yet.
    Plan(Moved),
}

impl<S> Search<S> {
    fn new(of: S) -> Self {
        let found = Found { shifts: Vec::new(), clear: false, fixed: false, cut_short: false, own_left_out: false };
        Self { of, beside: None, courses: None, found, done: false }
    }

    /// A turn among crowds. Of what is found, only that counts which the terms let be there.
    fn turn(&mut self, crowds: &[Among<'_>], terms: &Terms, limits: &Limits<'_>) {
        let Some(courses) = &mut self.courses else {
            match begin(crowds, limits) {
                Ok(courses) => {
                    self.found.fixed = !limits.allow_any();
                    self.found.clear = courses.is_empty() && limits.allow_any();
                    self.courses = Some(courses.into());
                }
                Err(_) => (self.found.cut_short, self.done) = (true, true),
            }
            return;
        };
        if let Some(course) = courses.pop_front() {
            let (end, found) = along(crowds, &weights(terms), limits, course, &self.found.shifts);
            self.found.cut_short |= end == End::Cut;
            self.found.shifts.extend(found.filter(|found| is_inside(terms, found)));
            return;
        }
        // What was live may have changed between the turns: each is proved by what is live now.
        rank(&mut self.found.shifts);
        let before = self.found.shifts.len();
        self.found.shifts.retain(|found| proves(crowds, limits, found.shift) == Some(true));
        self.found.cut_short |= self.found.shifts.len() < before;
        self.done = true;
    }
}

impl Line {
    /// Begins to search shifts for the notice of one side of a conflict by what both sides have disclosed; `None` when there is
    /// no such conflict.
    pub fn search(&self, conflict: &ConflictId, ours: bool) -> Option<Search<Disclosed>> {
        self.side_of(conflict, ours).map(|at| Search::new(Disclosed(at)))
    }

    /// Begins to search shifts for our notice of a conflict by our book besides.
    pub fn search_own(&self, conflict: &ConflictId) -> Option<Search<Own>> {
        self.side_of(conflict, true).map(|at| Search::new(Own(Subject::Notice(at))))
    }

    /// Begins to search shifts for a plan of ours that is to be let out at a precision, in place of one of our notices if it is
    /// named; `None` when the plan cannot be told at that precision.
    pub fn search_plan(
        &self,
        kind: NoticeKind,
        volumes: &[Volume],
        precision: Precision,
        instead_of: Option<NoticeId>,
    ) -> Option<Search<Own>> {
        self.joint.planned(kind, volumes, precision, instead_of).map(|moved| Search::new(Own(Subject::Plan(moved))))
    }

    /// Goes on with a search for a turn. What it has found, when it has come to its end.
    pub fn search_turn(&self, now: Timestamp, search: &mut Search<Disclosed>) -> Option<Found<Suggestion>> {
        let statement = search.of.0;
        let of = statement.author;
        match self.joint.moved(&statement) {
            None => search.done = true,
            Some(moved) => {
                let beside = search.beside.take().unwrap_or_else(|| self.joint.beside(of, &moved, TURN));
                search.found.own_left_out = beside.left_out;
                let (terms, limits) = (self.terms(), limits(self.terms(), now, &moved));
                self.joint.among_disclosed(of, &moved, &beside, |crowds| search.turn(crowds, terms, &limits));
                search.beside = Some(beside);
            }
        }
        search.done.then(|| search.found.clone().map(|resolution| Suggestion { statement, resolution }))
    }

    /// The same of a search by our book besides.
    pub fn search_turn_own(&self, now: Timestamp, search: &mut Search<Own>) -> Option<Found<OwnShift>> {
        let moved = match &search.of.0 {
            Subject::Notice(at) => self.joint.moved_exactly(at),
            Subject::Plan(moved) => Some(moved.clone()),
        };
        match moved {
            None => search.done = true,
            Some(moved) => {
                let beside = search.beside.take().unwrap_or_else(|| self.joint.beside_exactly(&moved, TURN));
                search.found.own_left_out = beside.left_out;
                let (terms, limits) = (self.terms(), limits(self.terms(), now, &moved));
                self.joint.among_all(&moved, &beside, |crowds| search.turn(crowds, terms, &limits));
                search.beside = Some(beside);
            }
        }
        search.done.then(|| search.found.clone().map(|resolution| OwnShift { resolution }))
    }

    /// How far a plan could be shifted now, in time and in altitude; none where it may not be.
    pub fn room(&self, now: Timestamp, kind: NoticeKind, volumes: &[Volume]) -> (Option<Window>, Option<AltitudeBand>) {
        let moved = self.joint.planned(kind, volumes, Precision::Exact, None);
        let limits = moved.map(|moved| limits(self.terms(), now, &moved));
        limits.map_or((None, None), |limits| (limits.time, limits.altitude))
    }

    fn side_of(&self, conflict: &ConflictId, ours: bool) -> Option<StatementRef> {
        let (us, pair) = (self.us(), self.joint.statements(conflict)?);
        pair.into_iter().find(|at| (at.author == us) == ours)
    }
}

/// Whether the terms let something be there: inside their area.
fn is_inside(terms: &Terms, resolution: &Resolution) -> bool {
    let vertices = || resolution.volumes.iter().flat_map(|volume| volume.footprint.vertices());
    terms.area().is_none_or(|area| vertices().all(|vertex| area.contains(vertex)))
}

impl Found<Resolution> {
    fn map<T>(self, each: impl FnMut(Resolution) -> T) -> Found<T> {
        let Self { shifts, clear, fixed, cut_short, own_left_out } = self;
        let shifts = shifts.into_iter().map(each).collect();
        Found { shifts, clear, fixed, cut_short, own_left_out }
    }
}

fn stated(resolution: &Resolution) -> ChangeIn {
    let part = |n: i64| Some(n).filter(|&n| n != 0);
    match resolution.change() {
        Change::Move { shift_us, climb_cm } => {
            ChangeIn { shift_us: part(shift_us), climb_cm: part(climb_cm), ..ChangeIn::default() }
        }
        Change::Volumes(volumes) => {
            ChangeIn { volumes: Some(volumes.iter().map(VolumeIn::from).collect()), ..ChangeIn::default() }
        }
        Change::Cancel => ChangeIn { cancel: Some(true), ..ChangeIn::default() },
    }
}

fn weights(terms: &Terms) -> Weights {
    let weighed = terms.resolution();
    Weights { per_minute: weighed.per_minute, per_100_m: weighed.per_100_m, per_km: weighed.per_km }
}

/// How far something may be shifted: by the terms, by what an offer may state, and by what it is. A site stays; what is on the
/// ground or at sea, or begins there, is not lifted; nothing begins before now.
fn limits<'t>(terms: &'t Terms, now: Timestamp, moved: &Moved) -> Limits<'t> {
    let most = terms.resolution();
    let moves = moved.kind != NoticeKind::Site;
    let flies = matches!(moved.kind, NoticeKind::Operation | NoticeKind::Airspace);
    let minutes = |minutes: u32| (i64::from(minutes) * 60_000_000).min(SHIFT_US_MAX);
    let climb = Metres::new(most.altitude_max_m.into()).min(Metres::from_cm(CLIMB_CM_MAX));
    Limits {
        time: (moves && most.time_max_min > 0).then(|| times(moved, now, minutes(most.time_max_min))).flatten(),
        altitude: (flies && most.altitude_max_m > 0).then(|| altitudes(moved, climb)).flatten(),
        place: (moves && most.place_max_km > 0).then(|| Metres::new(i64::from(most.place_max_km) * 1_000)),
        area: terms.area(),
        precision: moved.precision,
        budget: TURN,
    }
}

fn all(moved: &Moved) -> impl Iterator<Item = &Volume> {
    moved.volumes.iter().chain(&moved.told)
}

fn times(moved: &Moved, now: Timestamp, most_us: i64) -> Option<Window> {
    let first = all(moved).map(|volume| volume.window.start()).min()?;
    let last = all(moved).map(|volume| volume.window.end()).max()?;
    let earliest = first.plus_micros(-most_us).max(now).min(first);
    Window::try_new(earliest, last.plus_micros(most_us)).ok()
}

/// Nothing is sent below the datum that was not there before.
fn altitudes(moved: &Moved, most: Metres) -> Option<AltitudeBand> {
    let datum = all(moved).next()?.band.datum();
    let lowest = all(moved).map(|volume| volume.band.lower()).min()?;
    let highest = all(moved).map(|volume| volume.band.upper()).max()?;
    let lower = lowest.saturating_sub(most).max(Metres::ZERO.min(lowest)).max(ALTITUDE_MIN);
    let upper = highest.saturating_add(most).min(ALTITUDE_MAX);
    AltitudeBand::try_new(lower, upper, datum).ok()
}
