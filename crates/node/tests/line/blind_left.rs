//! Runs that the other side leaves before they begin here, and runs that it draws out.

use detente_node::blind::{BlindNews, RunState};
use detente_node::{BookEntry, What};
use detente_types::statement::{BlindCommitIn, BlindReason, BlindResultIn, BlindRunIn, Kind, StatementIn};
use detente_types::{NoticeIn, NoticeKind, Release};

use crate::blind::{assert_one_record, at, far, matching, plan, put, state};
use crate::blind_audit::book;
use crate::pair::{Drip, Pair};

/// Why and at which step each side's log says that a run ended, ours first.
fn ends(pair: &Pair, run: BlindRunIn) -> [Option<(Option<u8>, Option<BlindReason>)>; 2] {
    let view = pair.line(0).blind_run(&run);
    [0, 1].map(|side| {
        let author = pair.line(side).us();
        let end = view.iter().flat_map(|view| view.record.ended.iter().flatten()).find(|end| end.at.author == author)?;
        Some((end.said.step, end.said.reason.and_then(BlindReason::from_code)))
    })
}

/// Messages of blind runs that a side has sent.
fn messages(pair: &Pair, side: usize) -> usize {
    pair.wire.iter().filter(|(from, frame)| *from == side && frame[1] == 8).count()
}

fn is_end_of(run: BlindRunIn, why: BlindReason) -> impl Fn(&What) -> bool {
    move |w| matches!(w, What::Blind(BlindNews::Ended { run: of, step: 0, reason }) if (*of, *reason) == (run, why))
}

const LEFT: Option<(Option<u8>, Option<BlindReason>)> = Some((Some(0), Some(BlindReason::Left)));

#[test]
fn a_run_that_the_other_log_has_ended_is_not_waited_for() {
    let mut terms = matching(true);
    terms.matching.as_mut().unwrap().class_log2 = 4;
    let mut pair = Pair::connected(terms);
    // Side 0's clock is set forward: it comes to each run, and out of it for all its cells, before side 1 begins.
    (pair.behind_s, pair.now) = (20, pair.now.plus_seconds(20));
    put(&mut pair, 0, plan(NoticeKind::Airspace, 1), Release::BlindOnly);
    pair.pass(15 * 60 - 20);
    let class = Some((Some(0), Some(BlindReason::Class)));
    assert_eq!(ends(&pair, at(15)), [class, None], "its time has not come on side 1");
    let before = messages(&pair, 1);
    pair.pass(20);
    assert_eq!(pair.line(1).blind(pair.clock(1), 1).under_way, []);
    assert_eq!(ends(&pair, at(15)), [class, LEFT]);
    assert_eq!(pair.heard(1, is_end_of(at(15), BlindReason::Left)), 1);
    assert_eq!(messages(&pair, 1), before, "nothing is said to nobody");
    pair.pass(60);
    assert!((0..2).all(|side| !pair.line(side).is_matching()));
    assert_one_record(&pair);
}

/// Side 1's log says beforehand how the run of minute 30 ended.
fn beforehand(seals: bool, plans: &[NoticeIn]) -> Pair {
    let mut pair = Pair::connected(matching(true));
    plans.iter().for_each(|plan| put(&mut pair, 0, plan.clone(), Release::BlindOnly));
    put(&mut pair, 1, plan(NoticeKind::Exercise, 3), Release::BlindOnly);
    pair.pass(16 * 60);
    if seals {
        let (hello, commitment) = (vec![1; 40].into(), [2; 32].into());
        let commit = BlindCommitIn { kind: Kind::BlindCommit.code(), run: at(30), hello, commitment, sealed: None };
        pair.forge(1, &StatementIn::BlindCommit(commit));
        pair.disconnect();
        pair.connect();
    }
    let end = BlindResultIn {
        kind: Kind::BlindResult.code(),
        run: at(30),
        seal: seals.then_some([3; 32].into()),
        step: (!seals).then_some(0),
        taken: None,
        reason: (!seals).then_some(BlindReason::Machine.code()),
        desk: None,
        officer: None,
    };
    pair.forge(1, &StatementIn::BlindResult(end));
    pair.disconnect();
    pair.connect();
    pair
}

#[test]
fn who_leaves_runs_beforehand_hides_none_and_gets_nothing_of_them() {
    for seals in [false, true] {
        let mut shapes = Vec::new();
        let sets = [vec![], vec![plan(NoticeKind::Operation, 1)], vec![plan(NoticeKind::Movement, 1), far(NoticeKind::Site, 2)]];
        for plans in sets {
            let mut pair = beforehand(seals, &plans);
            pair.wire.clear();
            let until = detente_testkit::minutes(30).since(pair.now) / 1_000_000;
            pair.pass(until - 1);
            assert_eq!(ends(&pair, at(30))[0], None, "no run ends before its time");
            assert_eq!(pair.line(0).blind(pair.now, 1).next, Some(detente_testkit::minutes(30)));
            pair.pass(1);
            assert_eq!(ends(&pair, at(30))[0], LEFT);
            assert_eq!(state(&pair, at(30)), Some(RunState::Ended));
            assert_eq!(pair.heard(0, is_end_of(at(30), BlindReason::Left)), 1);
            assert_eq!(pair.line(0).blind(pair.now, 1).next, Some(detente_testkit::minutes(45)));
            pair.pass(14 * 60);
            assert_eq!(messages(&pair, 0), 0);
            let begun = |row| matches!(row, BookEntry::BlindBegun(begun) if begun.run == at(30));
            assert!(!book(&pair, 0).into_iter().any(begun), "no secret was drawn for it");
            shapes.push(pair.wire.iter().map(|(from, frame)| (*from, frame[1], frame.len())).collect::<Vec<_>>());
            pair.pass(2 * 60);
            assert_eq!([15, 45].map(|minute| state(&pair, at(minute))), [Some(RunState::Done); 2], "the others are as ever");
            assert_one_record(&pair);
        }
        assert!(shapes.iter().all(|shape| *shape == shapes[0]), "whatever is planned, it looks alike");
    }
}

/// Side 1's messages come one in twenty seconds, so that no silence is too long for either. Gives for how many seconds side 0 goes on.
fn drawn_out(ahead_min: u32) -> i64 {
    // With proofs there would be too few chunks to be slow about.
    let mut terms = matching(false);
    (terms.blind.every_min, terms.blind.extra_per_day) = (60, 0);
    let matching = terms.matching.as_mut().unwrap();
    (matching.ahead_min, matching.class_log2, matching.chunks_log2) = (ahead_min, 8, 8);
    let mut pair = Pair::connected(terms);
    pair.pass(59 * 60);
    pair.drip = Some(Drip::default());
    pair.pass(60);
    let begun = pair.now;
    while pair.line(0).is_matching() {
        pair.pass(20);
        assert!(pair.now.since(begun) < 59 * 60_000_000, "it goes on and on");
        assert!(!pair.line(0).is_matching() || pair.let_out(), "there is always more to be said");
    }
    let end = pair.seats[0].events.iter().rev().find(|event| matches!(event.what, What::Blind(BlindNews::Ended { .. })));
    let end = end.expect("it did not come to its end");
    let What::Blind(BlindNews::Ended { run, step, reason }) = end.what else { unreachable!("it was looked for") };
    assert_eq!((run, step, reason), (at(60), 3, BlindReason::Timeout), "in the midst of the answers");
    end.at.since(begun) / 1_000_000
}

/// A side that draws runs out keeps others from being: both logs and both watches hear of it.
#[test]
fn a_fixed_run_for_which_there_is_no_room_ends_in_both_logs() {
    let mut terms = matching(false);
    (terms.blind.every_min, terms.blind.extra_per_day) = (10, 0);
    terms.matching.as_mut().unwrap().chunks_log2 = 8;
    let mut pair = Pair::connected(terms);
    put(&mut pair, 0, plan(NoticeKind::Operation, 1), Release::BlindOnly);
    pair.pass(9 * 60 + 50);
    pair.drip = Some(Drip::default());
    let drawn_out = |pair: &mut Pair, minutes: i64| {
        for _ in 0..minutes * 3 {
            pair.pass(20);
            pair.let_out();
            pair.let_out();
        }
    };
    drawn_out(&mut pair, 24);
    assert_eq!(pair.line(0).blind(pair.now, 9).under_way.len(), 2, "those of 10 and 20");
    assert_eq!(pair.heard(0, is_end_of(at(30), BlindReason::Untimely)), 0);
    drawn_out(&mut pair, 12);
    assert_eq!(pair.heard(0, is_end_of(at(30), BlindReason::Untimely)), 1, "it is told once");
    let untimely = Some((Some(0), Some(BlindReason::Untimely)));
    assert!(ends(&pair, at(30))[0] == untimely && ends(&pair, at(30))[1].is_some(), "{:?}", ends(&pair, at(30)));
    assert_eq!(pair.heard(1, |w| matches!(w, What::Blind(BlindNews::Ended { run, .. }) if *run == at(30))), 1);
    assert_one_record(&pair);
}

#[test]
fn a_peer_that_drips_holds_a_run_open_no_longer_than_is_agreed() {
    // 32 silences of 45 s and 100 µs a place.
    assert_eq!(drawn_out(10), 32 * 45);
    // The end of the time that it looks at, when that is later.
    assert_eq!(drawn_out(30), 30 * 60);
}
