//! The rules with their amendments hold in every state of every scenario.
//!
//! Each floor is a little below the number of states counted when the scenario was written.

mod common;

use common::explore;
use detente_model::{Party, Scenario};

#[test]
fn crashes() {
    explore("crashes, fine", common::crashes(), 80_000);
}

#[test]
fn rollback() {
    explore("rollback, fine", common::rollback(), 80_000);
}

#[test]
fn crashes_and_rollback_of_the_safety_author() {
    explore("crashes and rollback of A, coarse", common::crashes_and_rollback_of(Party::A), 1_200_000);
}

#[test]
fn crash_and_rollback_of_the_holder() {
    let scenario = Scenario { crashes: 1, ..common::crashes_and_rollback_of(Party::B) };
    explore("crash and rollback of B, coarse", scenario, 750_000);
}

#[test]
fn marked_restore() {
    explore("marked restore", common::marked(), 430_000);
}

#[test]
fn both_restored() {
    explore("both restored, marked", common::both_marked(), 520_000);
}

#[test]
fn settlement() {
    explore("settlement", common::settlement(), 210_000);
}

#[test]
fn settlement_after_note() {
    explore("settlement after a note", common::settlement_after_note(), 10_000);
}

#[test]
fn forging_author() {
    explore("forging author", common::forger(), 190_000);
}

#[test]
fn concealing_peer() {
    explore("concealing peer", common::concealer(), 200_000);
}
