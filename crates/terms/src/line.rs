//! Line checks and the state of the line (PRACTICE section 3, R7; PROTOCOL K2).
//!
//! The two sides take turns. [`Schedule`] says whose turn a slot is, [`LineWatch`] sends our checks, waits for theirs,
//! and derives [`LineState`]. One missed check is often weather: it turns the line amber, and no single miss ever
//! announces a cut.

mod schedule;
mod watch;

pub use schedule::{Schedule, Slot};
pub use watch::{LineWatch, RED_AFTER_MIN};

use core::fmt;

use detente_types::{Kind, PartyId, Timestamp};

/// What a person sees of the line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LineState {
    /// The last check was answered in time.
    Green,
    /// Not known to work: one check was missed or answered late, or none was answered yet.
    Amber,
    /// As many checks in a row as the terms say were missed or refused, at least two.
    Red,
    /// A side suspended it.
    Suspended(Suspension),
    /// The record is in dispute: only SAFETY and line checks pass until two officers decide (PROTOCOL S3).
    SafetyOnly,
}

/// Who suspended the line, when, and the reason given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Suspension {
    /// The party that said so.
    pub by: PartyId,
    /// When it said so.
    pub at: Timestamp,
    /// Why, in its words.
    pub reason: Option<String>,
}

/// What became of one check: kept for the record of the watch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CheckResult {
    /// Answered in time.
    Answered {
        /// On the asker's clock, microseconds.
        delay_us: i64,
    },
    /// Answered, after it had been counted as missed.
    Late {
        /// On the asker's clock, microseconds.
        delay_us: i64,
    },
    /// Not answered in time. That is the asker's claim (PROTOCOL K2).
    Unanswered,
    /// The other side refused it.
    Refused,
    /// Our own node could not say it.
    Unsaid,
    /// It was the other side's turn to ask, and it did not.
    NotAsked,
}

impl CheckResult {
    /// Whether it counts towards red.
    pub const fn is_miss(self) -> bool {
        !matches!(self, Self::Answered { .. } | Self::Late { .. })
    }
}

/// What is to be done or shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LineEffect {
    /// It is our turn: say a check.
    Ask {
        /// The slot that it is for.
        slot: Slot,
    },
    /// A check came to its end.
    Checked {
        /// When.
        at: Timestamp,
        /// How.
        result: CheckResult,
    },
    /// The state changed.
    Changed {
        /// What it was.
        from: LineState,
        /// What it is.
        to: LineState,
    },
}

impl LineState {
    /// Whether a statement of this kind may be said. Suspending a line never stops SAFETY and line checks (DESIGN D7),
    /// nor what ends the suspension.
    pub const fn passes(&self, kind: Kind, urgent: bool) -> bool {
        match self {
            Self::Green | Self::Amber | Self::Red => true,
            Self::Suspended(_) => urgent || always_passes(kind) || matches!(kind, Kind::Resume),
            Self::SafetyOnly => urgent || always_passes(kind),
        }
    }
}

const fn always_passes(kind: Kind) -> bool {
    matches!(kind, Kind::Safety | Kind::SafetyAction | Kind::Check | Kind::CheckAnswer)
}

impl fmt::Display for LineState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Green => f.write_str("GREEN"),
            Self::Amber => f.write_str("AMBER"),
            Self::Red => f.write_str("RED"),
            Self::Suspended(Suspension { by, at, reason: None }) => write!(f, "SUSPENDED BY {} at {at}", by.short()),
            Self::Suspended(Suspension { by, at, reason: Some(reason) }) => {
                write!(f, "SUSPENDED BY {} at {at}: {reason}", by.short())
            }
            Self::SafetyOnly => f.write_str("SAFETY-ONLY"),
        }
    }
}
