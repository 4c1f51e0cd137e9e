//! Making a failure smaller: one kind of fault after another is left out, as long as the same promise breaks.
//!
//! What is left out moves the times of what is left, so a smaller run is another run of the same seed: it is kept when it
//! still breaks the promise, and the smallest that was found is told.

use crate::fault::Fault;
use crate::options::Options;
use crate::report::Outcome;
use crate::run;

/// The smallest run that was found to break the promise that this one breaks, or this one when it breaks none.
pub fn shrink(options: Options) -> Outcome {
    let mut smallest = run(options);
    for fault in Fault::ALL {
        let fewer = Options { without: smallest.options.without.and(fault), ..options };
        let outcome = run(fewer);
        if smallest.failure.is_some() && broken(&outcome) == broken(&smallest) {
            smallest = outcome;
        }
    }
    smallest
}

fn broken(outcome: &Outcome) -> Option<&'static str> {
    outcome.failure.as_ref().map(|failure| failure.violation.invariant)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::planted::Planting;

    #[test]
    fn a_bug_that_needs_no_fault_is_left_with_none() {
        let plant = Planting::by_name("disclose-exact").map(|planting| planting.bug);
        let smallest = shrink(Options { plant, ..Options::of(0) });
        assert_eq!(broken(&smallest), Some("nothing_beyond_marking"));
        assert_eq!(smallest.options.without.faults().count(), Fault::ALL.len(), "{}", smallest.options.again());
    }
}
