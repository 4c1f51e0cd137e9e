//! Passages: when something that moves along a path is where on it.
//!
//! A passage gives each vertex of a path the time at which the moving thing is there. Between two vertices it moves
//! evenly along the shortest path: by angle and not by the metre, which places it up to 260 m otherwise on an edge of 2,000 km
//! (docs/spec/conflict-2.md, section 5). It may be early or late by up to `slack_us` all the way. Law `conflict/1` takes a
//! volume with a passage as its whole path for its whole window, `conflict/2` follows it (docs/spec/conflict-2.md).

use minicbor::{Decode, Encode};

use crate::geometry::earth::surface_point;
use crate::rule::{Rule, Violation};
use crate::time::{Timestamp, Window};
use crate::volume::{Position, Shape};

/// Most that a moving thing may be early or late, microseconds: a day. Who knows less gives a window without a passage.
pub const SLACK_US_MAX: i64 = 86_400 * 1_000_000;

/// Fastest that something may move, metres a second: half as fast again as the fastest thing that comes down.
pub const SPEED_M_S_MAX: f64 = 12_000.0;

/// Longest way of one passage, metres, straight from vertex to vertex: half round the earth. What two movers cost to be
/// measured grows with the product of their ways.
pub const WAY_M_MAX: f64 = 20_000_000.0;

/// Times along a path, rising; as many as the path has vertices.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Passage {
    times: Vec<Timestamp>,
    slack_us: i64,
}

/// A passage as it arrives.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct PassageIn {
    /// When each vertex is passed, microseconds UTC.
    #[n(0)]
    pub times_us: Vec<i64>,
    /// How early or late it may be, microseconds.
    #[n(1)]
    pub slack_us: i64,
}

impl Passage {
    /// A passage along `shape` within `window`.
    ///
    /// # Errors
    /// DV-042 when the shape is not a path, a vertex has no time or a time no vertex, a time is not later than the one
    /// before it, the way is longer than [`WAY_M_MAX`] or a part of it faster than [`SPEED_M_S_MAX`], the slack is negative or over a day, or the window does not run from `slack` before the first time
    /// to `slack` after the last.
    pub fn try_new(input: &PassageIn, shape: &Shape, window: &Window) -> Result<Self, Violation> {
        let fault = |at: &str, found: String, expected: String| {
            Err(Violation::new(Rule::PassageOfPath, format!("passage.{at}"), found).expected(expected))
        };
        let Shape::Path(path) = shape else {
            return fault("times", "a passage without a path".into(), "a path".into());
        };
        let times: Vec<Timestamp> = input.times_us.iter().map(|&us| Timestamp::from_micros(us)).collect();
        if times.len() != path.len() {
            return fault("times", format!("{} times", times.len()), format!("{}, one for each vertex", path.len()));
        }
        if let Some(i) = times.windows(2).position(|pair| pair[1] <= pair[0]) {
            return fault(&format!("times[{}]", i + 1), times[i + 1].to_string(), format!("later than {}", times[i]));
        }
        if !(0..=SLACK_US_MAX).contains(&input.slack_us) {
            return fault("slack", format!("{} µs", input.slack_us), "from nothing to a day".into());
        }
        if let Err((at, found, expected)) = check_way(path, &times) {
            return fault(&at, found, expected);
        }
        let passage = Self { times, slack_us: input.slack_us };
        let (start, end) = (passage.start().plus_micros(-passage.slack_us), passage.end().plus_micros(passage.slack_us));
        if (start, end) != (window.start(), window.end()) {
            return fault("times", format!("{start} to {end} with the slack"), format!("just the window, {window}"));
        }
        Ok(passage)
    }

    /// When each vertex is passed.
    pub fn times(&self) -> &[Timestamp] {
        &self.times
    }

    /// How early or late it may be, microseconds.
    pub const fn slack_us(&self) -> i64 {
        self.slack_us
    }

    /// When the first vertex is passed.
    pub fn start(&self) -> Timestamp {
        self.times[0]
    }

    /// When the last vertex is passed.
    pub fn end(&self) -> Timestamp {
        self.times[self.times.len() - 1]
    }
}

/// What is wrong with how far or how fast it goes: where, what, and what was expected.
type Wrong = (String, String, String);

fn check_way(path: &[Position], times: &[Timestamp]) -> Result<(), Wrong> {
    let mut way_m = 0.0;
    for (i, (ends, leg)) in path.windows(2).zip(times.windows(2)).enumerate() {
        let straight_m = (surface_point(ends[1]) - surface_point(ends[0])).norm();
        way_m += straight_m;
        let seconds = leg[1].since(leg[0]) as f64 / 1e6;
        if straight_m > SPEED_M_S_MAX * seconds {
            let found = format!("{straight_m:.0} m in {seconds} s");
            return Err((format!("times[{}]", i + 1), found, format!("at most {SPEED_M_S_MAX} m a second")));
        }
    }
    if way_m > WAY_M_MAX {
        let expected = format!("at most {} km; split it in two volumes", WAY_M_MAX / 1e3);
        return Err(("times".into(), format!("a way of {:.0} km", way_m / 1e3), expected));
    }
    Ok(())
}

impl From<&Passage> for PassageIn {
    fn from(passage: &Passage) -> Self {
        Self { times_us: passage.times.iter().map(|t| t.micros()).collect(), slack_us: passage.slack_us }
    }
}
