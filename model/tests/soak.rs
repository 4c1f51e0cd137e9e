//! Larger bounds: all of their states with `DETENTE_SOAK=1` (minutes), the first of them otherwise.

mod common;

use common::{explore, explore_first};
use detente_model::{Grain, Leaf, Party, Scenario};

/// States looked at when not soaking: a second's worth.
const FIRST: usize = 20_000;

fn soak(title: &str, scenario: Scenario, floor: usize) {
    if std::env::var_os("DETENTE_SOAK").is_some() {
        explore(title, scenario, floor);
    } else {
        explore_first(title, scenario, FIRST);
    }
}

#[test]
fn three_entries_and_a_rollback_in_fine_steps() {
    soak("rollback of three, fine", common::rollback_of_three(), 2_800_000);
}

#[test]
fn crash_and_rollback_in_fine_steps() {
    soak("crash and rollback, fine", Scenario { crashes: 1, ..common::rollback() }, 520_000);
}

#[test]
fn crashes_and_rollback_of_the_holder() {
    soak("crashes and rollback of B, coarse", common::crashes_and_rollback_of(Party::B), 2_600_000);
}

#[test]
fn marked_restore_and_a_crash() {
    soak("marked restore and a crash", Scenario { crashes: 1, ..common::marked() }, 4_000_000);
}

#[test]
fn both_restored_with_safety() {
    let script = [vec![Leaf::Safety], vec![Leaf::Note(0)]];
    soak("both restored with SAFETY", Scenario { script, ..common::both_marked() }, 5_700_000);
}

#[test]
fn four_moves_of_settlement() {
    let script = [vec![Leaf::Withdraw, Leaf::Accept], vec![Leaf::Withdraw, Leaf::Accept]];
    soak("four moves of settlement", Scenario { script, ..common::settlement() }, 2_100_000);
}

#[test]
fn two_forgeries() {
    soak("two forgeries", Scenario { lies: 2, crashes: 2, grain: Grain::Coarse, ..common::forger() }, 850_000);
}
