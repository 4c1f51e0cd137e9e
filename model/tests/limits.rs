//! What no rule of two nodes can give, written down as the counter-example that the checker finds.

mod common;

use common::counterexample;
use detente_model::{Restore, Scenario, name};

/// Both disks rolled back under their nodes, without the mark of `detente restore`: neither can show the other all that
/// it said. Only the mark (ADR 0013) or a witness helps. Should this ever pass, the limit in the ADR is out of date.
#[test]
fn two_unmarked_rollbacks_are_beyond_the_rules() {
    let both = Scenario { restore: Restore::Unmarked, reaches: Vec::new(), ..common::both_marked() };
    let trace = counterexample(both, name::NO_FORK_UNSEEN).expect("a place is signed twice and nobody can tell");
    println!("a place is signed twice after:\n{trace}");
}
