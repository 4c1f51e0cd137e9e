//! The line between two honest nodes, step by step.

mod pair;

use detente_node::{Command, Phase, What};
use detente_testkit::notice;
use detente_types::{NoticeKind, Release};
use pair::Pair;

fn notify(kind: NoticeKind) -> Command {
    Command::Notify { notice: notice(kind), release: Release::Exact, reveal: Vec::new() }
}

#[test]
fn two_nodes_open_their_logs_and_cosign_them() {
    let mut pair = Pair::new();
    assert_eq!(pair.line(0).view().own.size, 0, "nothing is appended before the peer has said what it holds");
    pair.connect();
    pair.assert_converged();
    assert_eq!(pair.line(0).view().own.size, 1);
    assert_eq!(pair.line(0).view().phase, Phase::Open);
}

#[test]
fn a_notice_reaches_the_other_side_and_is_cosigned() {
    let mut pair = Pair::new();
    pair.connect();
    let accepted = pair.command(0, notify(NoticeKind::Operation)).expect("a good notice");
    let stated = accepted.stated.expect("it is stated at once");
    pair.assert_converged();
    let there = pair.line(1).notice(&stated).expect("it is there");
    assert_eq!(there.notice.kind(), NoticeKind::Operation);
    let here = pair.line(0).notice(&stated).expect("it is here");
    assert_eq!(here.level, 1, "stored by the other node");
}

#[test]
fn what_is_put_in_before_the_first_hello_waits_in_the_book() {
    let mut pair = Pair::new();
    let accepted = pair.command(0, notify(NoticeKind::Operation)).expect("a good notice");
    assert_eq!(accepted.stated, None);
    pair.restart(0);
    pair.connect();
    pair.assert_converged();
    assert_eq!(pair.line(1).notices().count(), 1, "it is stated once the peer has spoken");
    pair.restart(0);
    pair.restart(1);
    pair.connect();
    pair.assert_converged();
    assert_eq!(pair.line(1).notices().count(), 1, "and only once");
}

#[test]
fn notices_that_meet_are_one_joint_conflict_on_both_sides() {
    let mut pair = Pair::new();
    pair.connect();
    pair.command(0, notify(NoticeKind::Operation)).expect("a good notice");
    let mut other = notice(NoticeKind::Hazard);
    other.id = detente_testkit::notice_id(2);
    pair.command(1, Command::Notify { notice: other, release: Release::Exact, reveal: Vec::new() }).expect("a good notice");
    pair.assert_converged();
    assert_eq!(pair.line(0).conflicts().count(), 1);
    assert_eq!(pair.line(0).conflicts().collect::<Vec<_>>(), pair.line(1).conflicts().collect::<Vec<_>>());
    assert_eq!(pair.heard(0, |w| matches!(w, What::ConflictFound(_))), 1);
}

#[test]
fn a_restarted_node_goes_on_where_it_was() {
    let mut pair = Pair::new();
    pair.connect();
    pair.command(0, notify(NoticeKind::Operation)).expect("a good notice");
    pair.disconnect();
    pair.restart(1);
    pair.connect();
    pair.command(1, Command::Check(None)).expect("a check");
    pair.assert_converged();
    assert_eq!(pair.line(0).view().own.size, 3, "opening, notice, the machine's answer to the check");
}

#[test]
fn a_node_restored_from_a_backup_takes_its_entries_back() {
    let mut pair = Pair::new();
    pair.connect();
    let backup = pair.seats[0].store.clone();
    pair.command(0, notify(NoticeKind::Operation)).expect("a good notice");
    let before = pair.line(0).view().own;
    pair.seats[0].store = backup;
    pair.restart(0);
    pair.restart(1);
    pair.connect();
    assert_eq!(pair.heard(0, |w| matches!(w, What::Recovered(_))), 1);
    pair.pass(30);
    pair.assert_converged();
    assert_eq!(pair.line(0).view().own, before, "the same log, byte for byte");
}

#[test]
fn safety_rings_once_and_its_receipt_comes_back() {
    let mut pair = Pair::new();
    pair.connect();
    let stated = pair.command(0, notify(NoticeKind::Safety)).expect("a safety notice").stated.expect("stated");
    pair.pass(5);
    pair.assert_converged();
    assert_eq!(pair.heard(1, |w| matches!(w, What::SafetyRings(of, _) if *of == stated)), 1);
    let receipts: Vec<_> = pair.line(0).notice(&stated).expect("live").receipts.iter().map(|r| r.level).collect();
    assert_eq!(receipts, [detente_types::statement::Level::StoredEarly]);
}
