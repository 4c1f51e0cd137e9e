//! Nodes that were put back from a backup, and what their peers kept for them.

use detente_node::{Command, Phase};
use detente_testkit::notice;
use detente_types::{Generation, NoticeKind, Release};

use crate::pair::Pair;

fn notify(kind: NoticeKind) -> Command {
    Command::Notify { notice: notice(kind), release: Release::Exact, reveal: Vec::new() }
}

#[test]
fn nodes_put_back_to_before_their_first_entry_say_nothing_in_the_first_generation() {
    let mut pair = Pair::new();
    let backups = [0, 1].map(|i: usize| pair.seats[i].store.clone());
    pair.connect();
    for (i, backup) in backups.into_iter().enumerate() {
        pair.seats[i].store = backup;
        pair.restart(i);
        pair.note_restored(i);
    }
    // Neither has anything of the other's left, as a peer may pretend that conceals what it holds.
    pair.connect();
    pair.pass(30);
    for i in 0..2 {
        assert_ne!(pair.line(i).view().own.generation, Generation::FIRST, "side {i} signs no place twice");
        assert_eq!(pair.line(i).view().phase, Phase::Open);
    }
    pair.assert_converged();
    pair.restart(0);
    pair.restart(1);
    pair.connect();
    pair.pass(30);
    pair.assert_converged();
}

#[test]
fn the_proof_of_a_rollback_outlives_the_process_that_heard_it() {
    let mut pair = Pair::new();
    pair.connect();
    let backup = pair.seats[0].store.clone();
    pair.command(0, notify(NoticeKind::Operation)).expect("a good notice");
    pair.seats[0].store = backup;
    pair.no_renewal = true;
    pair.restart(0);
    pair.connect();
    pair.pass(30);
    assert_eq!(pair.line(0).view().phase, Phase::Renewing, "everything is back, and the party key is elsewhere");
    pair.no_renewal = false;
    pair.restart(0);
    pair.connect();
    pair.pass(30);
    pair.assert_converged();
    assert_ne!(pair.line(0).view().own.generation, Generation::FIRST, "although the hello proves nothing any more");
    assert_eq!(pair.line(1).notices().count(), 1);
    let generation = pair.line(0).view().own.generation;
    pair.restart(0);
    pair.connect();
    pair.pass(30);
    assert_eq!(pair.line(0).view().own.generation, generation, "and one generation is enough");
}
