//! SAFETY gets through: past a full or failed disk, past a start of its author, past a log that says something else.

use detente_node::{Command, CommandFault, What};
use detente_testkit::{notice, terms};
use detente_types::text::TextIn;
use detente_types::volume::Datum;
use detente_types::{NoticeKind, Release, StatementRef, TermsIn};

use crate::pair::Pair;

fn safety() -> Command {
    Command::Notify { notice: notice(NoticeKind::Safety), release: Release::Exact, reveal: Vec::new() }
}

fn said(accepted: Result<detente_node::Accepted, CommandFault>) -> StatementRef {
    accepted.expect("safety is taken").stated.expect("safety is stated at once")
}

#[test]
fn a_full_or_failed_disk_of_the_receiver_silences_no_alarm() {
    for failed in [false, true] {
        let mut pair = Pair::new();
        pair.connect();
        (pair.seats[1].store.full, pair.seats[1].store.failed) = (!failed, failed);
        let at = said(pair.command(0, safety()));
        pair.pass(1);
        assert!(pair.line(1).is_ringing(&at), "disk failed: {failed}");
        assert_eq!(pair.heard(1, |w| *w == What::SafetyUnstored(at)), 1, "and it is said that it is not stored");
        assert!(pair.line(1).notice(&at).is_some(), "it is shown");
        assert_eq!(pair.line(0).notice(&at).expect("ours").level, 0, "no receipt for what is not stored");
        // Of a disk that failed nothing more is expected; one that was full stores it when it has room again.
        pair.seats[1].store.full = false;
        pair.pass(5);
        let level = pair.line(0).notice(&at).expect("ours").level;
        assert_eq!(level > 0, !failed);
        assert_eq!(pair.heard(1, |w| matches!(w, What::SafetyEarly(_))), 0, "it is acted on once");
    }
}

#[test]
fn on_a_disk_that_failed_before_safety_still_rings() {
    let mut pair = Pair::new();
    pair.connect();
    pair.seats[1].store.failed = true;
    pair.command(1, Command::Check(None)).expect("nobody knows yet that the disk fails");
    assert_eq!(pair.command(1, Command::Check(None)), Err(CommandFault::DiskFailed));
    let at = said(pair.command(0, safety()));
    pair.pass(1);
    assert!(pair.line(1).is_ringing(&at));
}

#[test]
fn safety_said_offline_overtakes_after_its_author_started_again() {
    let mut pair = Pair::new();
    pair.connect();
    pair.disconnect();
    let at = said(pair.command(0, safety()));
    pair.restart(0);
    pair.only_urgent = true;
    pair.connect();
    pair.pass(5);
    assert!(pair.line(1).is_ringing(&at), "although nothing of the log arrives");
    assert_eq!(pair.line(0).notice(&at).expect("ours").level, 1, "and its receipt comes back the same way");
}

#[test]
fn safety_that_overtakes_the_acceptance_of_its_terms_rings() {
    let mut opening = terms();
    opening.altitude.pressure_error_max_m = 0;
    let mut pair = Pair::connected(opening);
    let next = TermsIn { version: 2, ..terms() };
    let proposed = pair.command(0, Command::ProposeTerms(next)).expect("good terms").stated.expect("stated at once");
    pair.pass(5);
    pair.disconnect();
    let mut high = notice(NoticeKind::Safety);
    high.volumes.iter_mut().for_each(|volume| volume.datum = Datum::FlightLevel.code());
    let high = || Command::Notify { notice: high.clone(), release: Release::Exact, reveal: Vec::new() };
    assert!(pair.command(1, high()).is_err(), "flight levels have no bounds yet");
    pair.command(1, Command::AcceptTerms(proposed)).expect("a good answer");
    let at = said(pair.command(1, high()));
    pair.only_urgent = true;
    pair.connect();
    pair.pass(5);
    assert_eq!(pair.line(0).terms().version(), 1, "the acceptance has not come");
    assert!(pair.line(0).is_ringing(&at), "although its flight level has no bounds in the terms that are known here");
    pair.only_urgent = false;
    pair.disconnect();
    pair.connect();
    pair.assert_converged();
    assert_eq!(pair.line(0).terms().version(), 2);
    assert!(pair.line(0).notice(&at).is_some() && pair.line(0).is_ringing(&at));
    assert_eq!(pair.heard(0, |w| matches!(w, What::Unusable(..))), 0);
}

#[test]
fn what_a_busy_peer_says_does_not_use_up_the_reserve() {
    let mut pair = Pair::new();
    pair.connect();
    pair.seats[1].store.ordinary_full = true;
    let notify = |number| {
        let mut notice = notice(NoticeKind::Operation);
        notice.id = detente_testkit::notice_id(number);
        Command::Notify { notice, release: Release::Exact, reveal: Vec::new() }
    };
    for number in 0..50 {
        pair.command(0, notify(1_000 + number)).expect("a good notice");
    }
    pair.pass(5);
    assert_eq!(pair.seats[1].store.from_reserve, 0, "no row of theirs went to the reserve");
    let at = said(pair.command(0, safety()));
    pair.pass(5);
    assert!(pair.line(1).is_ringing(&at));
    assert_eq!(pair.line(0).notice(&at).expect("ours").level, 1, "stored early, by the reserve");
    pair.seats[1].store.ordinary_full = false;
    pair.pass(5);
    pair.assert_converged();
    assert_eq!(pair.line(1).notices().count(), 51);
}

#[test]
fn what_a_peer_checks_again_and_again_leaves_more_than_half_of_the_reserve() {
    let mut pair = Pair::new();
    pair.connect();
    pair.seats[1].store.ordinary_full = true;
    for _ in 0..1_000 {
        pair.command(0, Command::Check(None)).expect("a check");
    }
    pair.pass(5);
    let spent = |pair: &Pair| pair.seats[1].store.reserve_bytes + pair.seats[1].store.reserve_batches * (12 << 10);
    assert!(spent(&pair) < 4 << 20, "{} bytes", spent(&pair));
    assert!(pair.line(1).view().copy.size > 50, "the first ones were taken and answered");
    let before = spent(&pair);
    let ours = said(pair.command(1, safety()));
    pair.pass(5);
    assert!(pair.line(0).is_ringing(&ours), "ours goes out by the reserve");
    assert!(spent(&pair) > before);
    pair.seats[1].store.ordinary_full = false;
    pair.pass(60);
    pair.assert_converged();
}

#[test]
fn the_alarm_of_a_flood_is_taken_by_an_officer_and_a_start_does_not_ring_it_again() {
    let mut pair = Pair::new();
    pair.connect();
    let flood = |pair: &mut Pair, ids: core::ops::Range<u64>| {
        for id in ids {
            let notice = detente_types::NoticeIn { id: detente_testkit::notice_id(id), ..notice(NoticeKind::Safety) };
            let command = Command::Notify { notice, release: Release::Exact, reveal: Vec::new() };
            let at = said(pair.command(0, command));
            pair.command(1, acts_on(at)).expect("it is there");
        }
    };
    assert!(matches!(pair.command(1, Command::TakeFlood), Err(CommandFault::NotFound { .. })), "nothing rings");
    flood(&mut pair, 100..115);
    assert_eq!(pair.line(1).flood().map(|(count, _)| count), Some(5), "an action about each takes no flood");
    pair.command(1, Command::TakeFlood).expect("it rings");
    assert_eq!((pair.line(1).flood(), pair.heard(1, |w| matches!(w, What::SafetyFloodTaken(5, _)))), (None, 1));
    let rang = |pair: &Pair| pair.heard(1, |w| matches!(w, What::SafetyFlood(_)));
    let before = rang(&pair);
    pair.pass(600);
    pair.disconnect();
    pair.restart(1);
    pair.connect();
    pair.pass(600);
    assert_eq!((pair.line(1).flood(), rang(&pair)), (None, before));
    flood(&mut pair, 200..215);
    pair.disconnect();
    pair.restart(1);
    pair.pass(60);
    assert!(rang(&pair) > before, "what comes later rings, also after a start");
}

fn acts_on(of: StatementRef) -> Command {
    Command::SafetyAction { of, action: TextIn { language: "en".into(), text: "all stand down".into() }, by: None }
}

#[test]
fn what_the_author_says_in_our_name_about_its_own_alarm_does_not_keep_it_ringing() {
    let mut pair = Pair::new();
    pair.connect();
    // Its log is longer than ours: its statement stands at the later place.
    for number in 0..5 {
        let notice = detente_types::NoticeIn { id: detente_testkit::notice_id(1_000 + number), ..notice(NoticeKind::Text) };
        pair.command(0, Command::Notify { notice, release: Release::Exact, reveal: Vec::new() }).expect("a good notice");
    }
    let at = said(pair.command(0, safety()));
    pair.pass(2);
    assert!(pair.line(1).is_ringing(&at));
    let ours = pair.line(1).view().us;
    pair.command(0, acts_on(StatementRef { author: ours, ..at })).expect("nobody can know that it names nothing");
    pair.pass(2);
    assert_eq!(pair.line(1).notice(&at).expect("live").action, None, "an action about an alarm is the other side's");
    let action = said(pair.command(1, acts_on(at)));
    pair.pass(2);
    for i in [0, 1] {
        assert_eq!(pair.line(i).notice(&at).expect("live").action.map(|a| a.at), Some(action));
    }
    assert!(!pair.line(1).is_ringing(&at), "our officer's action stops it");
}
