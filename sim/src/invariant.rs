//! What must hold after every event. Each invariant is one function, named as it is reported, with a sentence that says
//! what it promises to whom.

pub(crate) mod agree;
pub(crate) mod audible;
pub(crate) mod booked;
pub(crate) mod kept;
pub(crate) mod manners;
pub(crate) mod markers;
pub(crate) mod safety;
pub(crate) mod written;

use std::fmt;

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
