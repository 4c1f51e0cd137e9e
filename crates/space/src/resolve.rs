//! The smallest shifts that clear a notice of all its conflicts and make no new ones.
//!
//! A notice can move in time (whole minutes, earlier or later), in altitude (whole 10 m, up or down) or in place (whole
//! 50 m along a bearing of whole degrees, all its volumes as one). Each of these ways is a line of steps. A search starts where
//! the notice is, asks the index what is in its way, goes on to the first step at which none of *that* can be in its way any
//! more, and asks again: a shift past one may meet another. In place the bearings that the shapes suggest are searched so, and
//! eight winds; then all others, for anything smaller. Where a notice is among several, a little of two ways at once may
//! cost less than one way alone, or be all there is: that is searched after the single ways, for what costs less than they do.
//!
//! - **Nothing unproved is returned.** A shift is found when the index, asked with the shifted volumes, finds nothing: that
//!   question is the definition, wherever the step came from.
//! - **In time and in altitude it is the smallest**, and in both at once the cheapest. No step is passed over at which nothing
//!   would be in the way.
//! - **In place it is the smallest**, of all bearings and steps. What is passed over was proved to be in the way: what is too
//!   close by some metres stays too close at all shifts within so many of the one that was tried (see `short`). Of several
//!   equally small a suggested bearing is told, the first that was tried; else the lowest bearing. Every other place that is
//!   told is the smallest along its own bearing. Where [`Outcome::searched`] has a [`Course::Round`] that was cut short, the
//!   best place is what was found so far, and no more is said of it.
//! - **In place together with a shift in time or altitude** only the first eight of the suggested bearings are tried. Along
//!   each of them it is the cheapest among what stays where it is and has altitudes that do not depend on the place; among
//!   what moves it is a good one.
//! - **The work is bounded.** What a budget cut short is told, and is never taken for a closed way. Whoever has other things
//!   to do takes one course after the other: [`begin`], [`along`], [`rank`].
//! - **What is told of it moves alike.** Of a notice that is let out at a coarse precision, shifts are whole numbers of the
//!   steps to which that goes outward, and none is aside: then the coarse form moves by just what the exact one does.
//!
//! ```
//! use detente_space::resolve::{Limits, Shift, Weights, resolve};
//! use detente_space::{Index, Law, Question, Separation};
//! use detente_types::height::Heights;
//! use detente_types::notice::{NoticeKind, Precision};
//! use detente_types::time::{Timestamp, Window};
//! use detente_types::unit::Metres;
//! use detente_types::volume::{AltitudeBand, Datum, PositionIn, Volume, VolumeIn};
//!
//! // A drone along a road for an hour, and a firing of twenty minutes from the ground to 400 m.
//! let place = |lat_e7, lon_e7| PositionIn { lat_e7, lon_e7 };
//! let drone = VolumeIn {
//!     shape: 2,
//!     rings: vec![vec![place(594_000_000, 245_000_000), place(594_000_000, 247_000_000)]],
//!     radius_cm: 100 * 100,
//!     lower_cm: 100 * 100,
//!     upper_cm: 120 * 100,
//!     datum: Datum::Wgs84.code(),
//!     start_us: 1_795_521_600_000_000,
//!     end_us: 1_795_525_200_000_000,
//!     passage: None,
//! };
//! let firing = VolumeIn {
//!     shape: 1,
//!     rings: vec![vec![place(594_050_000, 246_000_000)]],
//!     radius_cm: 500 * 100,
//!     lower_cm: 0,
//!     upper_cm: 400 * 100,
//!     end_us: 1_795_522_800_000_000,
//!     ..drone.clone()
//! };
//! let (drone, firing) = ([Volume::try_from(&drone)?], [Volume::try_from(&firing)?]);
//! let mut others = Index::new();
//! others.insert_volumes("firing", NoticeKind::Exercise, &firing);
//!
//! let question = Question {
//!     kind: NoticeKind::Operation,
//!     volumes: &drone,
//!     others: &others,
//!     aside: &|_| false,
//!     separation: Separation { horizontal: Metres::new(200), vertical: Metres::new(50), time_us: 60_000_000 },
//!     law: Law::Two(Heights::of(Datum::Wgs84)),
//! };
//! let day = Window::try_new(Timestamp::from_micros(1_795_478_400_000_000), Timestamp::from_micros(1_795_564_800_000_000))?;
//! let limits = Limits {
//!     time: Some(day),
//!     altitude: Some(AltitudeBand::try_new(Metres::ZERO, Metres::new(2_000), Datum::Wgs84)?),
//!     place: Some(Metres::new(5_000)),
//!     area: None,
//!     precision: Precision::Exact,
//!     budget: 100_000,
//! };
//! let outcome = resolve(&question, &Weights { per_minute: 2, per_100_m: 10, per_km: 50 }, &limits);
//! assert!(!outcome.cut_short());
//! // A little further south, or south-east; above the firing; after it; before it.
//! let place = |bearing_deg, metres| Shift::aside(bearing_deg, Metres::new(metres));
//! let minutes = |minutes: i64| Shift::in_time(minutes * 60_000_000);
//! let shifts: Vec<Shift> = outcome.resolutions.iter().map(|resolution| resolution.shift).collect();
//! let expected = [place(180, 250), place(135, 400), Shift::in_altitude(360 * 100), minutes(22), minutes(-62)];
//! assert_eq!(shifts, expected);
//! # Ok::<(), detente_types::rule::Violation>(())
//! ```

mod across;
mod bearings;
mod rank;
mod rigid;
mod round;
mod search;
mod shift;
mod short;
mod way;

use detente_types::area::Area;
use detente_types::notice::Precision;
use detente_types::statement::Change;
use detente_types::time::Window;
use detente_types::unit::Metres;
use detente_types::volume::{AltitudeBand, Volume};

use crate::question::{Among, Budget, CutShort, Question};
pub use rank::rank;
use search::Search;
pub use shift::{Aside, Shift};
pub use way::{Course, Way};

/// How many are returned at most.
pub const RESOLUTIONS_MAX: usize = 5;

/// What a shift costs: the smaller, the better it ranks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Weights {
    /// Of a minute earlier or later.
    pub per_minute: u32,
    /// Of 100 m up or down.
    pub per_100_m: u32,
    /// Of a kilometre aside.
    pub per_km: u32,
}

/// How far a notice may be moved, and how much work may be done for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits<'a> {
    /// All windows must stay within it; `None` when the times may not change.
    pub time: Option<Window>,
    /// All bands must stay within it; `None` when the altitudes may not change. A notice with a band over another datum is
    /// not moved up or down.
    pub altitude: Option<AltitudeBand>,
    /// How far aside at most; `None` when the place may not change.
    pub place: Option<Metres>,
    /// What is moved aside stays within it, vertex by vertex; `None` for anywhere.
    pub area: Option<&'a Area>,
    /// The precision at which the notice is let out.
    pub precision: Precision,
    /// Pairs of volumes that may be tested, as [`Index::examine`](crate::Index::examine) counts them, and one for every question
    /// asked. What the courses searched first leave over goes to the others.
    pub budget: usize,
}

impl Limits<'_> {
    /// Whether there is any way that they allow.
    pub fn allow_any(&self) -> bool {
        self.time.is_some() || self.altitude.is_some() || (self.place.is_some() && self.precision == Precision::Exact)
    }
}

/// A shift that leaves nothing in the way, and nothing new.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resolution {
    /// What to change.
    pub shift: Shift,
    /// By the weights, in twentieths of their unit.
    pub cost: u64,
    /// The notice's volumes after it, as the index was asked with them.
    pub volumes: Vec<Volume>,
}

impl Resolution {
    /// The same as an offer states it.
    pub fn change(&self) -> Change {
        let Shift { shift_us, climb_cm, aside } = self.shift;
        match aside {
            None => Change::Move { shift_us, climb_cm },
            Some(_) => Change::Volumes(self.volumes.clone()),
        }
    }
}

/// How the search of a course ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// A shift was found; only the best of each kind are returned.
    Found,
    /// None within the limits; all round none that is smaller than what was found already, and two ways at once none that costs
    /// less. In time, in altitude, in both at once and in place there is none, but two ways at once of which one is in place
    /// there may be one among what moves.
    Closed,
    /// The budget ended first.
    Cut,
}

/// What was found, and what was not looked through.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// Nothing was in the way from the start, and nothing was searched.
    pub clear: bool,
    /// At most [`RESOLUTIONS_MAX`], the cheapest first, as [`rank`] chooses them.
    pub resolutions: Vec<Resolution>,
    /// The courses that the limits allow, in the order in which they were searched.
    pub searched: Vec<(Course, End)>,
    /// What it cost.
    pub cost: usize,
}

impl Outcome {
    /// Whether something that was not found may be there all the same.
    pub fn cut_short(&self) -> bool {
        self.searched.iter().any(|(_, end)| *end == End::Cut)
    }
}

/// Finds the smallest shifts that clear a notice of all its conflicts; see the module.
///
/// What is returned depends on nothing but the arguments, and not on the order in which the others were filed.
pub fn resolve<K: Ord + Clone>(question: &Question<'_, K>, weights: &Weights, limits: &Limits<'_>) -> Outcome {
    resolve_among(&[Among::from(question.of(question.volumes))], weights, limits)
}

/// The same among several crowds, each of which meets the notice in a form of its own. All forms are shifted alike; the first
/// is the one whose volumes are returned.
pub fn resolve_among(crowds: &[Among<'_>], weights: &Weights, limits: &Limits<'_>) -> Outcome {
    let mut budget = Budget::new(limits.budget);
    let mut outcome = Outcome { clear: false, resolutions: Vec::new(), searched: Vec::new(), cost: 0 };
    match Search::new(crowds, limits, &mut budget) {
        None => {
            let courses = Search::unknowing(crowds, limits).courses();
            outcome.searched.extend(courses.into_iter().map(|course| (course, End::Cut)));
        }
        Some(search) if search.is_clear() => outcome.clear = true,
        Some(search) => {
            let courses = search.courses();
            for (done, &course) in courses.iter().enumerate() {
                // Each gets an equal share of what is left.
                let mut share = Budget::new(budget.left() / (courses.len() - done));
                let allowed = share.left();
                let (end, found) = through(&search, weights, course, &outcome.resolutions, &mut share);
                budget.spend(allowed - share.left());
                outcome.searched.push((course, end));
                outcome.resolutions.extend(found);
            }
        }
    }
    outcome.cost = limits.budget - budget.left();
    rank(&mut outcome.resolutions);
    outcome
}

/// The courses to search, one by one; none when nothing is in the way.
///
/// # Errors
/// [`CutShort`] when the budget of the limits ends before anything is known.
pub fn begin(crowds: &[Among<'_>], limits: &Limits<'_>) -> Result<Vec<Course>, CutShort> {
    let search = Search::new(crowds, limits, &mut Budget::new(limits.budget)).ok_or(CutShort)?;
    Ok(if search.is_clear() { Vec::new() } else { search.courses() })
}

/// One course of [`begin`], with the whole budget of the limits, after those that `found` comes from: all round is searched for
/// what is smaller, two ways at once for what costs less. If nothing is in the way any more, it ends as closed.
pub fn along(
    crowds: &[Among<'_>],
    weights: &Weights,
    limits: &Limits<'_>,
    course: Course,
    found: &[Resolution],
) -> (End, Option<Resolution>) {
    let mut budget = Budget::new(limits.budget);
    match Search::new(crowds, limits, &mut budget) {
        None => (End::Cut, None),
        Some(search) if search.is_clear() => (End::Closed, None),
        Some(search) => through(&search, weights, course, found, &mut budget),
    }
}

/// Whether a shift leaves nothing in the way of any form, by the question that defines it; `None` when the budget of the limits
/// ends before that is known.
pub fn proves(crowds: &[Among<'_>], limits: &Limits<'_>, shift: Shift) -> Option<bool> {
    Search::unknowing(crowds, limits).is_clear_at(shift, &mut Budget::new(limits.budget))
}

fn through(
    search: &Search<'_, '_>,
    weights: &Weights,
    course: Course,
    found: &[Resolution],
    budget: &mut Budget,
) -> (End, Option<Resolution>) {
    let alone = |way: Way, steps: i64, volumes| (way.shift(steps), way.cost(steps, weights), volumes);
    let (end, found) = match course {
        Course::Along(way) => {
            let (end, found) = search.along(way, budget);
            (end, found.map(|(steps, volumes)| alone(way, steps, volumes)))
        }
        Course::Round(from_deg) => {
            let (end, found) = search.round(from_deg, rank::nearest(found), budget);
            (end, found.map(|(way, steps, volumes)| alone(way, steps, volumes)))
        }
        Course::Both(way, with) => search.across([way, with], weights, rank::bound(found, [way, with]), budget),
    };
    (end, found.map(|(shift, cost, volumes)| Resolution { shift, cost, volumes }))
}

#[cfg(test)]
mod tests;
