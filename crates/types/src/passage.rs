//! Passages: when something that moves along a path is where on it.
//!
//! A passage gives each vertex of a path the time at which the moving thing is there. Between two vertices it moves
//! evenly along the shortest path. It may be early or late by up to `slack_us` all the way. Law `conflict/1` takes a
//! volume with a passage as its whole path for its whole window, `conflict/2` follows it (docs/spec/conflict-2.md).

use minicbor::{Decode, Encode};

use crate::rule::{Rule, Violation};
use crate::time::{Timestamp, Window};
use crate::volume::Shape;

/// Most that a moving thing may be early or late, microseconds: a day. Who knows less gives a window without a passage.
pub const SLACK_US_MAX: i64 = 86_400 * 1_000_000;

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
    /// before it, the slack is negative or over a day, or the window does not run from `slack` before the first time
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

impl From<&Passage> for PassageIn {
    fn from(passage: &Passage) -> Self {
        Self { times_us: passage.times.iter().map(|t| t.micros()).collect(), slack_us: passage.slack_us }
    }
}
