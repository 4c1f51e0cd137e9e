//! In which order a run goes on: nothing of a set leaves a node before both sides are bound to theirs.

use std::collections::BTreeSet;

use detente_blind::message::{Message, decode};
use detente_node::BookEntry;
use detente_node::blind::RunState;
use detente_node::port::{NoteRole, Write};
use detente_types::PartyId;
use detente_types::statement::{BlindRunIn, StatementIn};
use detente_types::{NoticeKind, Release};
use detente_wire::{Body, codec};

use crate::blind::{at, matching, plan, put, state};
use crate::blind_audit::book;
use crate::blind_liar::said;
use crate::pair::Pair;

/// Whose commitments to a run are on a side's disk, under a checkpoint of their author's.
fn committed(pair: &Pair, side: usize, run: BlindRunIn) -> BTreeSet<PartyId> {
    let rows = || pair.seats[side].store.rows.values();
    let settled = |whose: &PartyId, at: u64| {
        rows().any(
            |row| matches!(row, Write::Note { author, role: NoteRole::Checkpoint, size, .. } if author == whose && *size > at),
        )
    };
    let commitment = |row: &Write| {
        let Write::Entry { author, index, body, .. } = row else { return None };
        let StatementIn::BlindCommit(commit) = codec::from_body(&Body::decode(body).ok()?).ok()? else { return None };
        (commit.run == run && settled(author, *index)).then_some(*author)
    };
    rows().filter_map(commitment).collect()
}

/// What a side has said in the run, by kind.
fn kinds(pair: &Pair, side: usize) -> Vec<&'static str> {
    said(pair, side).iter().map(|(_, bytes)| decode(bytes).expect("a message").name()).collect()
}

/// The run of a stream, which its context names.
fn run_of(pair: &Pair, side: usize, stream: u64) -> BlindRunIn {
    let of = |row| if let BookEntry::BlindBegun(begun) = row { Some(begun) } else { None };
    let begun = book(pair, side).into_iter().filter_map(of).find(|begun| begun.context[..8] == stream.to_be_bytes());
    begun.expect("it was begun in the book before anything was said").run
}

/// At every frame of a run that a side sends.
fn assert_in_order(pair: &Pair, side: usize) {
    let (stream, bytes) = said(pair, side).pop().expect("it has just said something");
    let message = decode(&bytes).expect("a message");
    let run = run_of(pair, side, stream);
    let both: BTreeSet<_> = [0, 1].map(|side| pair.line(side).us()).into();
    match message {
        Message::Hello(_) | Message::Abort(..) => {}
        // Ours is on both disks when it is heard of outside of the log.
        Message::Commit(..) => assert!((0..2).all(|disk| committed(pair, disk, run).contains(&pair.line(side).us()))),
        other => {
            assert_eq!([0, 1].map(|disk| committed(pair, disk, run)), [both.clone(), both], "side {side} says {}", other.name());
        }
    }
}

fn about_to_run(verified: bool) -> Pair {
    let mut pair = Pair::connected(matching(verified));
    put(&mut pair, 0, plan(NoticeKind::Operation, 1), Release::BlindOnly);
    put(&mut pair, 1, plan(NoticeKind::Exercise, 3), Release::BlindOnly);
    pair.on_blind = Some(assert_in_order);
    pair
}

#[test]
fn no_point_leaves_a_node_before_both_commitments_are_on_both_disks() {
    for verified in [false, true] {
        let mut pair = about_to_run(verified);
        pair.pass(15 * 60);
        assert_eq!(state(&pair, at(15)), Some(RunState::Done));
        for side in 0..2 {
            assert_eq!(kinds(&pair, side)[..4], ["hello", "commit", "open", "points"], "side {side}");
        }
    }
}

/// One side has made its list, the other has not: whichever it is.
#[test]
fn a_node_that_waits_for_the_other_sides_commitment_says_nothing_more() {
    for (verified, ahead) in [(false, 0), (true, 0), (false, 1), (true, 1)] {
        let mut pair = about_to_run(verified);
        pair.pass(14 * 60);
        let before = [0, 1].map(|side| kinds(&pair, side).len());
        let now = |pair: &Pair, side: usize| kinds(pair, side)[before[side]..].to_vec();
        pair.idle = true;
        pair.pass(61);
        for _ in 0..8 {
            pair.idle = false;
            pair.do_work(ahead);
            pair.idle = true;
            pair.pass(1);
        }
        assert_eq!(now(&pair, ahead), ["hello", "commit"]);
        assert_eq!(now(&pair, 1 - ahead), ["hello"]);
        pair.idle = false;
        pair.pass(20);
        assert_eq!(state(&pair, at(15)), Some(RunState::Done));
    }
}
