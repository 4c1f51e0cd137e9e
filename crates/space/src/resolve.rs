//! The smallest shifts that clear a notice of all its conflicts and make no new ones.
//!
//! A notice can move in time (whole minutes, earlier or later), in altitude (whole 10 m, up or down) or in place (whole
//! 50 m along a bearing, all its volumes as one). Each of these ways is a line of steps. A search starts where the
//! notice is, asks the index what is in its way, goes on to the first step at which none of *that* can be in its way any
//! more, and asks again: a shift past one may meet another.
//!
//! - **Nothing unproved is returned.** A shift is found when the index, asked with the shifted volumes, finds nothing: that
//!   question is the definition, wherever the step came from.
//! - **In time and in altitude it is the smallest.** No step is passed over at which nothing would be in the way.
//! - **In place it is good.** Steps are doubled until each volume in the way is left behind, then halved back to its edge, so
//!   along a bearing a gap that opens and closes again may be passed over; and of all bearings only those are tried that
//!   the shapes suggest, and eight winds.
//! - **The work is bounded.** What a budget cut short is told, and is never taken for a closed way. Whoever has other things
//!   to do takes one way after the other: [`begin`], [`along`], [`rank`].
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
//!     precision: Precision::Exact,
//!     budget: 100_000,
//! };
//! let outcome = resolve(&question, &Weights { per_minute: 2, per_100_m: 10, per_km: 50 }, &limits);
//! assert!(!outcome.cut_short());
//! // A little further south, or south-east; above the firing; after it; before it.
//! let place = |bearing_deg, metres| Shift::Place { bearing_deg, distance: Metres::new(metres) };
//! let minutes = |minutes: i64| Shift::Time { shift_us: minutes * 60_000_000 };
//! let shifts: Vec<Shift> = outcome.resolutions.iter().map(|resolution| resolution.shift).collect();
//! let expected = [place(180, 250), place(135, 400), Shift::Altitude { climb_cm: 360 * 100 }, minutes(22), minutes(-62)];
//! assert_eq!(shifts, expected);
//! # Ok::<(), detente_types::rule::Violation>(())
//! ```

mod bearings;
mod rigid;
mod search;
mod way;

use detente_types::notice::Precision;
use detente_types::statement::Change;
use detente_types::time::Window;
use detente_types::unit::Metres;
use detente_types::volume::{AltitudeBand, Volume};

use crate::question::{Among, Budget, CutShort, Question};
use search::Search;
pub use way::Way;

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
pub struct Limits {
    /// All windows must stay within it; `None` when the times may not change.
    pub time: Option<Window>,
    /// All bands must stay within it; `None` when the altitudes may not change. A notice with a band over another datum is
    /// not moved up or down.
    pub altitude: Option<AltitudeBand>,
    /// How far aside at most; `None` when the place may not change.
    pub place: Option<Metres>,
    /// The precision at which the notice is let out.
    pub precision: Precision,
    /// Pairs of volumes that may be tested, as [`Index::examine`](crate::Index::examine) counts them, and one for every question
    /// asked. What the ways searched first leave over goes to the others.
    pub budget: usize,
}

impl Limits {
    /// Whether there is any way that they allow.
    pub fn allow_any(&self) -> bool {
        self.time.is_some() || self.altitude.is_some() || (self.place.is_some() && self.precision == Precision::Exact)
    }
}

/// A move of a whole notice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shift {
    /// Every window and passage.
    Time {
        /// Whole minutes in microseconds; later, or earlier when negative.
        shift_us: i64,
    },
    /// Every band.
    Altitude {
        /// Whole 10 m in centimetres; up, or down when negative.
        climb_cm: i64,
    },
    /// Every footprint, turned about the earth's centre as one.
    Place {
        /// Clockwise from true north at the middle of the notice, 0 to 359.
        bearing_deg: u16,
        /// How far the middle moves: whole 50 m.
        distance: Metres,
    },
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
        match self.shift {
            Shift::Time { shift_us } => Change::Move { shift_us, climb_cm: 0 },
            Shift::Altitude { climb_cm } => Change::Move { shift_us: 0, climb_cm },
            Shift::Place { .. } => Change::Volumes(self.volumes.clone()),
        }
    }
}

/// How the search one way ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// A shift was found; of several in place, only the best are returned.
    Found,
    /// None within the limits. In time and in altitude there is none.
    Closed,
    /// The budget ended first.
    Cut,
}

/// What was found, and what was not looked through.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// Nothing was in the way from the start, and nothing was searched.
    pub clear: bool,
    /// At most [`RESOLUTIONS_MAX`], the cheapest first: the smallest each later, earlier, up and down, and for the rest
    /// places whose bearings are at least 45° apart.
    pub resolutions: Vec<Resolution>,
    /// The ways that the limits allow, in the order in which they were searched.
    pub searched: Vec<(Way, End)>,
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
pub fn resolve<K: Ord + Clone>(question: &Question<'_, K>, weights: &Weights, limits: &Limits) -> Outcome {
    resolve_among(&[Among::from(question.of(question.volumes))], weights, limits)
}

/// The same among several crowds, each of which meets the notice in a form of its own. All forms are shifted alike; the first
/// is the one whose volumes are returned.
pub fn resolve_among(crowds: &[Among<'_>], weights: &Weights, limits: &Limits) -> Outcome {
    let mut budget = Budget::new(limits.budget);
    let mut outcome = Outcome { clear: false, resolutions: Vec::new(), searched: Vec::new(), cost: 0 };
    match Search::new(crowds, limits, &mut budget) {
        None => outcome.searched.extend(Search::unknowing(crowds, limits).ways().into_iter().map(|way| (way, End::Cut))),
        Some(search) if search.is_clear() => outcome.clear = true,
        Some(search) => {
            let ways = search.ways();
            for (done, &way) in ways.iter().enumerate() {
                // Each way gets an equal share of what is left.
                let mut share = Budget::new(budget.left() / (ways.len() - done));
                let allowed = share.left();
                let (end, found) = search.along(way, &mut share);
                budget.spend(allowed - share.left());
                outcome.searched.push((way, end));
                outcome.resolutions.extend(found.map(|(steps, volumes)| resolution(way, steps, volumes, weights)));
            }
        }
    }
    outcome.cost = limits.budget - budget.left();
    rank(&mut outcome.resolutions);
    outcome
}

/// The ways to search, one by one; none when nothing is in the way.
///
/// # Errors
/// [`CutShort`] when the budget of the limits ends before anything is known.
pub fn begin(crowds: &[Among<'_>], limits: &Limits) -> Result<Vec<Way>, CutShort> {
    let search = Search::new(crowds, limits, &mut Budget::new(limits.budget)).ok_or(CutShort)?;
    Ok(if search.is_clear() { Vec::new() } else { search.ways() })
}

/// One way of [`begin`], with the whole budget of the limits. If nothing is in the way any more, it ends as closed.
pub fn along(crowds: &[Among<'_>], weights: &Weights, limits: &Limits, way: Way) -> (End, Option<Resolution>) {
    let mut budget = Budget::new(limits.budget);
    match Search::new(crowds, limits, &mut budget) {
        None => (End::Cut, None),
        Some(search) if search.is_clear() => (End::Closed, None),
        Some(search) => {
            let (end, found) = search.along(way, &mut budget);
            (end, found.map(|(steps, volumes)| resolution(way, steps, volumes, weights)))
        }
    }
}

/// Whether a shift leaves nothing in the way of any form, by the question that defines it; `None` when the budget of the limits
/// ends before that is known.
pub fn proves(crowds: &[Among<'_>], limits: &Limits, shift: Shift) -> Option<bool> {
    let (way, steps) = Way::of(shift);
    Search::unknowing(crowds, limits).is_clear_at(way, steps, &mut Budget::new(limits.budget))
}

fn resolution(way: Way, steps: i64, volumes: Vec<Volume>, weights: &Weights) -> Resolution {
    // A minute, a tenth of 100 m, a twentieth of a kilometre.
    let each = match way {
        Way::Later | Way::Earlier => u64::from(weights.per_minute) * 20,
        Way::Up | Way::Down => u64::from(weights.per_100_m) * 2,
        Way::Toward(_) => u64::from(weights.per_km),
    };
    Resolution { shift: way.shift(steps), cost: each.saturating_mul(steps.unsigned_abs()), volumes }
}

/// Keeps the best of each kind, then further places while there is room for them, the cheapest first and in the order of
/// the search among equals; of places in nearly one direction only the first.
pub fn rank(resolutions: &mut Vec<Resolution>) {
    resolutions.sort_by_key(|resolution| resolution.cost);
    let is_place = |resolution: &Resolution| matches!(resolution.shift, Shift::Place { .. });
    let mut room = RESOLUTIONS_MAX - resolutions.iter().filter(|resolution| !is_place(resolution)).count();
    let mut taken: Vec<u16> = Vec::new();
    resolutions.retain(|resolution| {
        let Shift::Place { bearing_deg, .. } = resolution.shift else {
            return true;
        };
        let differs = taken.iter().all(|&other| bearings::between(bearing_deg, other) >= bearings::APART_DEG);
        let keep = differs && room > 0;
        if keep {
            taken.push(bearing_deg);
            room -= 1;
        }
        keep
    });
}

#[cfg(test)]
mod tests;
