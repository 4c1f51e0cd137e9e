//! SAFETY: ring, repeat and escalate until an action is stated (DESIGN D8; PRACTICE R2, T1, T9).
//!
//! [`SafetyWatch`] is the life of one notice; [`SafetyBoard`] holds those of one author, raises a second one about
//! the same place, and merges a flood into one alarm (PROTOCOL F3).

mod board;
mod watch;

pub use board::{FLOOD_COUNT_MAX, FLOOD_WINDOW_S, KNOWN_MAX, RAISE_STEPS, RAISE_WINDOW_S, SafetyBoard};
pub use watch::{Answered, Pace, Promised, Reach, Ringing, SafetyWatch};

use detente_types::{StatementRef, Timestamp};

/// What is to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SafetyEffect {
    /// Ring.
    Ring {
        /// For which notice.
        notice: StatementRef,
        /// At whom, and at everyone before them.
        reach: Reach,
        /// Since when it is unanswered.
        since: Timestamp,
        /// Whether an officer has read it. That alone stops nothing.
        read: bool,
    },
    /// Ring once for all of them: the peer floods SAFETY.
    RingFlood {
        /// How many notices this alarm stands for.
        count: u64,
        /// The latest in its author's log, which stays visible.
        latest: StatementRef,
        /// At whom, and at everyone before them.
        reach: Reach,
        /// Since when it is not taken.
        since: Timestamp,
    },
    /// The time has come by which an action was promised: an officer asks whether it was done.
    PromiseDue {
        /// The notice.
        notice: StatementRef,
        /// The statement that promised.
        action: StatementRef,
        /// What it promised.
        due: Timestamp,
    },
}
