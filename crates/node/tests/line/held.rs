//! A line that fork evidence holds, and how two officers reopen it (PROTOCOL S3).

use detente_node::port::{Batch, Store as _, Write};
use detente_node::{Command, CommandFault, Hold, ReopenFault, What};
use detente_record::evidence::Examiner;
use detente_terms::line::LineState;
use detente_types::{NoticeKind, Root};
use detente_wire::Ed25519;
use detente_wire::checkpoint::sign_checkpoint;

use crate::notify;
use crate::pair::Pair;

/// Evidence that a side's log key signed two roots of one size.
fn evidence(pair: &Pair, i: usize, size: u64) -> Vec<u8> {
    let side = pair.parties.sides()[i];
    let log = detente_record::Log::new(pair.line, side.id(), side.certificate.generation());
    let note = |byte| sign_checkpoint(&Ed25519, &side.log, &log.origin(), size, Root::new([byte; 32])).note();
    let (first, second) = (note(1), note(2));
    let examiner = Examiner::new(&Ed25519, &side.certificate);
    examiner.examine_roots(first.as_bytes(), second.as_bytes()).expect("two roots of one size").encode()
}

/// A side finds evidence: it is on its disk, and it hands it over when it has started.
fn finds(pair: &mut Pair, i: usize, number: u64, bytes: Vec<u8>) {
    let evidence = Write::Evidence { line: pair.line, number, bytes };
    pair.seats[i].store.commit(&Batch { writes: vec![evidence], reserve: false }).expect("it is new");
    pair.disconnect();
    pair.restart(i);
    pair.connect();
    pair.pass(5);
}

/// A side finds that the other forked, and both are held.
pub(crate) fn finds_a_fork(pair: &mut Pair, i: usize) {
    let bytes = evidence(pair, 1 - i, 9);
    finds(pair, i, 0, bytes);
}

fn propose(pair: &mut Pair, i: usize) -> u64 {
    let reason = "their disk was cloned; one node runs now";
    pair.command_by(i, "Lt Aalto", Command::ProposeReopening(reason.into())).expect("a proposal").book
}

fn agree(pair: &mut Pair, i: usize, officer: &str, proposal: u64) -> Result<u64, CommandFault> {
    let command = Command::AgreeToReopen { proposal, reason: "spoken with their watch".into() };
    pair.command_by(i, officer, command).map(|accepted| accepted.book)
}

pub(crate) fn reopen(pair: &mut Pair, i: usize) {
    let proposal = propose(pair, i);
    agree(pair, i, "Maj Lind", proposal).expect("another officer");
    pair.pass(5);
}

#[test]
fn two_officers_reopen_a_held_line_and_its_evidence_stays() {
    let mut pair = Pair::new();
    pair.connect();
    let shown = evidence(&pair, 1, 9);
    finds(&mut pair, 0, 0, shown.clone());
    for i in 0..2 {
        assert_eq!(pair.line(i).hold(), Hold::Evidence, "side {i}: what one finds it hands over");
        assert_eq!(pair.line(i).state(), LineState::SafetyOnly);
        assert!(matches!(pair.command(i, notify(NoticeKind::Operation)), Err(CommandFault::Held)));
        reopen(&mut pair, i);
        assert_eq!(pair.line(i).hold(), Hold::No);
        assert_ne!(pair.line(i).state(), LineState::SafetyOnly);
        assert_eq!(pair.heard(i, |w| matches!(w, What::Reopened(_, officer) if officer == "Maj Lind")), 1);
    }
    pair.command(0, notify(NoticeKind::Operation)).expect("everything flows again");
    pair.pass(30);
    for round in 0..2 {
        for i in 0..2 {
            let line = pair.line(i);
            let kept: Vec<_> = line.evidence().iter().map(|piece| (piece.bytes.clone(), piece.decided)).collect();
            assert_eq!(kept, [(shown.clone(), true)], "round {round}, side {i}: it stays, and is decided upon");
            assert_eq!(line.hold(), Hold::No);
            assert_eq!(line.view().copy, pair.line(1 - i).view().own);
            assert_eq!(line.notices().count(), 1);
        }
        (0..2).for_each(|i| pair.restart(i));
        pair.connect();
        pair.pass(30);
    }
}

#[test]
fn one_officer_does_not_reopen_a_line_alone() {
    let mut pair = Pair::new();
    pair.connect();
    let nothing = pair.command_by(0, "Lt Aalto", Command::ProposeReopening("why not".into()));
    assert_eq!(nothing, Err(ReopenFault::NotHeld.into()));
    let shown = evidence(&pair, 1, 9);
    finds(&mut pair, 0, 0, shown);
    let proposal = propose(&mut pair, 0);
    let same = Err(ReopenFault::SameOfficer { officer: "Lt Aalto".into() }.into());
    assert_eq!(agree(&mut pair, 0, " lt aalto", proposal), same);
    assert_eq!(agree(&mut pair, 0, "", proposal), Err(ReopenFault::Unnamed.into()));
    assert_eq!(agree(&mut pair, 0, "Maj Lind", 7_000), Err(ReopenFault::NotProposed { named: 7_000 }.into()));
    let steering = Command::AgreeToReopen { proposal, reason: "two\nlines".into() };
    assert!(matches!(pair.command_by(0, "Maj Lind", steering), Err(CommandFault::Violations(_))));
    assert_eq!(pair.line(0).hold(), Hold::Evidence);
    pair.restart(0);
    assert_eq!(agree(&mut pair, 0, "Lt Aalto", proposal), same, "also after a restart");
    agree(&mut pair, 0, "Maj Lind", proposal).expect("a different one does");
    pair.connect();
    assert_eq!(pair.line(0).hold(), Hold::No);
}

#[test]
fn new_evidence_voids_a_proposal_and_holds_the_line_again() {
    let mut pair = Pair::new();
    pair.connect();
    let first = evidence(&pair, 1, 9);
    finds(&mut pair, 1, 0, first);
    let proposal = propose(&mut pair, 0);
    let second = evidence(&pair, 1, 10);
    finds(&mut pair, 1, 1, second);
    assert_eq!(pair.heard(0, |w| *w == What::ReopenVoid), 1);
    assert_eq!(agree(&mut pair, 0, "Maj Lind", proposal), Err(ReopenFault::NotProposed { named: proposal }.into()));
    reopen(&mut pair, 0);
    let line = pair.line(0);
    assert_eq!((line.hold(), line.view().evidence), (Hold::No, 2));
    let third = evidence(&pair, 1, 11);
    finds(&mut pair, 1, 2, third);
    assert_eq!(pair.line(0).hold(), Hold::Evidence, "what two officers have not seen holds it again");
    let undecided = pair.line(0).evidence().iter().filter(|piece| !piece.decided).count();
    assert_eq!(undecided, 1);
}

#[test]
fn a_held_line_says_nothing_after_a_start_before_the_other_side_has_spoken() {
    let mut pair = Pair::new();
    pair.connect();
    let shown = evidence(&pair, 1, 9);
    finds(&mut pair, 0, 0, shown);
    pair.disconnect();
    pair.restart(0);
    let size = pair.line(0).view().own.size;
    let safety = pair.command(0, notify(NoticeKind::Safety)).expect("SAFETY is taken");
    assert_eq!(safety.stated, None, "it may be a restored home: it waits for the hello (PROTOCOL S4)");
    assert_eq!(pair.line(0).view().own.size, size);
    assert!(matches!(pair.command(0, notify(NoticeKind::Operation)), Err(CommandFault::Held)), "and is held all the same");
    pair.connect();
    pair.pass(5);
    assert_eq!(pair.heard(1, |w| matches!(w, What::SafetyRings(..))), 1);
}

#[test]
fn a_log_that_does_not_continue_the_copy_stops_it_although_the_line_is_reopened() {
    let mut pair = Pair::new();
    pair.connect();
    let common = [0, 1].map(|i: usize| pair.seats[i].store.clone());
    pair.command(0, notify(NoticeKind::Hazard)).expect("one history");
    let cloned = pair.seats[0].store.clone();
    for (i, image) in common.into_iter().enumerate() {
        pair.seats[i].store = image;
        pair.restart(i);
    }
    pair.connect();
    pair.command(0, notify(NoticeKind::Operation)).expect("another, since both images were put back unmarked");
    pair.disconnect();
    let copy = pair.line(1).view().copy;
    pair.seats[0].store = cloned;
    pair.restart(0);
    pair.connect();
    assert_eq!(pair.line(1).evidence().len(), 1, "their hello is signed for the other history");
    reopen(&mut pair, 1);
    assert_eq!(pair.line(1).hold(), Hold::No);
    assert!(pair.line(1).copy_stops());
    assert_eq!(pair.heard(1, |w| *w == What::CopyStops(copy.size)), 1);
    assert_eq!(pair.line(1).view().copy, copy);
    let unshown = pair.command_by(0, "Lt Aalto", Command::ProposeReopening("we are the fork".into()));
    assert_eq!(unshown, Err(ReopenFault::Unshown.into()), "no decision mends our own log");
}
