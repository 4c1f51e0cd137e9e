//! What must hold after every event. Each invariant is one function, named as it is reported, with a sentence that says
//! what it promises to whom.

pub(crate) mod agree;
pub(crate) mod audible;
pub(crate) mod blind;
pub(crate) mod booked;
pub(crate) mod convicted;
pub(crate) mod kept;
pub(crate) mod lives;
pub(crate) mod manners;
pub(crate) mod markers;
pub(crate) mod safety;
pub(crate) mod written;

use std::fmt;

/// All of them, as they are reported. Each is tripped by a bug of its own in [`crate::PLANTINGS`].
pub const INVARIANTS: [&str; 36] = [
    "accepted_is_kept",
    "accepted_is_stated",
    "answered_is_quiet",
    "blame_fits_the_lie",
    "blind_runs_agree",
    "comes_to_an_end",
    "converges",
    "cosignature_never_shrinks",
    "durable_before_audible",
    "ends_are_stated",
    "entry_counts_once",
    "equal_prefixes_agree",
    "every_lie_is_named",
    "every_safety_rings",
    "evidence_convicts_the_liar",
    "generations_follow",
    "hello_names_early_leaves",
    "honest_never_accused",
    "memory_is_bounded",
    "never_panics",
    "no_acknowledged_entry_lost",
    "no_self_fork",
    "nothing_beyond_marking",
    "nothing_held_is_disowned",
    "owed_is_said_once",
    "rebuilt_is_equal",
    "refusal_is_never_refused",
    "safety_acted_once",
    "said_from_the_book",
    "seen_is_durable",
    "seen_never_decreases",
    "starts_again",
    "stated_is_there",
    "stated_once",
    "taken_back_is_signed",
    "told_when_durable",
];

/// An invariant that does not hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// Which: the name of the function that found it.
    pub invariant: &'static str,
    /// What was found.
    pub detail: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.invariant, self.detail)
    }
}

/// What a check gives.
pub(crate) type Check = Result<(), Violation>;

/// A violation of an invariant unless something holds.
pub(crate) fn ensure(holds: bool, invariant: &'static str, detail: impl FnOnce() -> String) -> Check {
    if holds { Ok(()) } else { Err(Violation { invariant, detail: detail() }) }
}
