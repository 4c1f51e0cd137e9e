//! A held line narrows what is stated, not what is copied (PROTOCOL S3; docs/decisions/0054).

use detente_node::{Command, Hold, What};
use detente_terms::line::CheckResult;
use detente_testkit::{notice, notice_id};
use detente_types::statement::Kind;
use detente_types::text::TextIn;
use detente_types::{Generation, NoticeIn, NoticeKind, Release, Timestamp};

use crate::held::finds_a_fork;
use crate::notify;
use crate::pair::Pair;

/// A SAFETY notice of its own name, valid for days.
fn lasting_safety(number: u64) -> Command {
    let until = Timestamp::parse("2026-11-26T00:00:00Z").expect("a time");
    let notice = NoticeIn { id: notice_id(number), valid_until_us: until.micros(), ..notice(NoticeKind::Safety) };
    Command::Notify { notice, release: Release::Exact, reveal: Vec::new() }
}

fn assert_copies_are_whole(pair: &Pair) {
    for i in 0..2 {
        let (ours, theirs) = (pair.line(i).view(), pair.line(1 - i).view());
        assert_eq!((ours.own, ours.acknowledged), (theirs.copy, ours.own.size), "side {i} is copied and cosigned");
        assert_eq!(pair.heard(i, |w| matches!(w, What::PeerFault(_))), 0, "but for the evidence nobody is blamed");
    }
}

#[test]
fn a_line_check_passes_a_held_line_and_is_answered() {
    let mut pair = Pair::new();
    pair.connect();
    finds_a_fork(&mut pair, 0);
    assert_eq!([0, 1].map(|i| pair.line(i).hold()), [Hold::Evidence; 2]);
    let answered = |w: &What| matches!(w, What::Checked(CheckResult::Answered { .. }));
    pair.command(0, Command::Check(None)).expect("a check is taken");
    pair.pass(5);
    assert_eq!(pair.heard(0, answered), 1);
    assert_copies_are_whole(&pair);
    pair.pass(7_200);
    assert!(pair.heard(0, answered) + pair.heard(1, answered) > 2, "both go on checking in turns");
    let checked = |w: &What| matches!(w, What::Checked(_));
    assert!((0..2).all(|i| pair.heard(i, checked) == pair.heard(i, answered)), "and none is missed");
}

#[test]
fn a_side_restored_while_the_line_is_held_takes_its_log_back_and_says_safety() {
    let mut pair = Pair::new();
    pair.connect();
    let backup = pair.seats[1].store.clone();
    pair.command(1, notify(NoticeKind::Operation)).expect("a good notice");
    finds_a_fork(&mut pair, 0);
    pair.disconnect();
    pair.seats[1].store = backup;
    pair.restart(1);
    pair.connect();
    pair.pass(60);
    assert_ne!(pair.line(1).view().own.generation, Generation::FIRST, "it has opened a new generation");
    assert_eq!(pair.line(1).hold(), Hold::Evidence, "the evidence came with the meeting");
    assert_eq!(pair.heard(0, |w| matches!(w, What::Said(_, Kind::GenerationClose))), 1, "what the protocol owes is said");
    let safety = pair.command(1, notify(NoticeKind::Safety)).expect("SAFETY is taken").stated.expect("and said");
    pair.pass(5);
    assert!(pair.line(0).is_ringing(&safety));
    assert_copies_are_whole(&pair);
}

#[test]
fn a_marked_restore_on_a_held_line_begins_its_generation_at_the_other_side() {
    for check in [false, true] {
        let mut pair = Pair::new();
        pair.connect();
        finds_a_fork(&mut pair, 0);
        if check {
            pair.command(1, Command::Check(None)).expect("a check is taken");
            pair.pass(5);
        }
        pair.disconnect();
        pair.restart(1);
        pair.note_restored(1);
        pair.connect();
        pair.pass(60);
        let safety = pair.command(1, notify(NoticeKind::Safety)).expect("SAFETY is taken").stated.expect("and said");
        pair.pass(5);
        assert!(safety.generation > Generation::FIRST && pair.line(0).is_ringing(&safety), "check {check}");
        assert_copies_are_whole(&pair);
    }
}

#[test]
fn safety_of_a_generation_that_a_copy_cannot_begin_rings_and_is_answered() {
    let mut pair = Pair::new();
    pair.connect();
    pair.only_urgent = true;
    pair.command(1, notify(NoticeKind::Operation)).expect("a good notice");
    pair.disconnect();
    pair.restart(1);
    pair.note_restored(1);
    pair.connect();
    pair.pass(5);
    let held = pair.line(0).view().copy;
    let of = pair.command(1, notify(NoticeKind::Safety)).expect("SAFETY is taken").stated.expect("and said");
    pair.pass(5);
    assert_eq!((pair.line(0).view().copy, held.generation), (held, Generation::FIRST), "the old generation is not whole there");
    assert!(of.generation > Generation::FIRST && pair.line(0).is_ringing(&of));
    let told: Vec<_> = pair.line(1).notice(&of).expect("live").receipts.iter().map(|receipt| receipt.level).collect();
    assert_eq!(told, [detente_types::statement::Level::StoredEarly]);
    for _ in 0..2 {
        pair.disconnect();
        (0..2).for_each(|i| pair.restart(i));
        pair.connect();
        pair.pass(5);
        assert!(pair.line(0).is_ringing(&of), "also after a start");
        let again = pair.command(1, lasting_safety(pair.line(1).view().own.size)).expect("taken").stated.expect("and said");
        pair.pass(5);
        assert!(pair.line(0).is_ringing(&again), "and its author is not mute");
    }
    let action = TextIn { language: "en".into(), text: "Firing has stopped".into() };
    pair.command(0, Command::SafetyAction { of, action, by: None }).expect("an action is stated");
    assert!(!pair.line(0).is_ringing(&of));
    pair.only_urgent = false;
    pair.disconnect();
    pair.connect();
    pair.pass(60);
    pair.assert_converged();
    assert_eq!(pair.line(0).notices().filter(|n| n.at == of).count(), 1, "once, now that it is filed");
}

#[test]
fn every_safety_notice_on_a_held_line_rings_and_is_filed() {
    let mut pair = Pair::new();
    pair.connect();
    finds_a_fork(&mut pair, 0);
    for number in 7_000..7_300 {
        let stated = pair.command(1, lasting_safety(number)).expect("SAFETY is taken").stated.expect("and said");
        pair.pass(120);
        assert!(pair.line(0).is_ringing(&stated), "{number}");
    }
    assert_eq!(pair.line(0).held().early, 0, "the log has caught up");
    assert_copies_are_whole(&pair);
}

#[test]
fn more_safety_than_is_kept_ahead_of_its_log_rings_all_the_same() {
    let mut pair = Pair::new();
    pair.connect();
    pair.only_urgent = true;
    pair.command(1, notify(NoticeKind::Operation)).expect("a good notice: the log has no way to catch up");
    for number in 7_000..7_300 {
        let stated = pair.command(1, lasting_safety(number)).expect("SAFETY is taken").stated.expect("and said");
        pair.pass(120);
        assert!(pair.line(0).is_ringing(&stated) && pair.line(0).notice(&stated).is_some(), "{number}");
    }
    assert_eq!(pair.line(0).held().early, 256, "what comes beyond is acted on and not kept");
    pair.only_urgent = false;
    pair.disconnect();
    pair.connect();
    pair.pass(60);
    pair.assert_converged();
}
