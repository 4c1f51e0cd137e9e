//! Our own plans: what waits, what is let out of which, and what an agreement changes.

use detente_node::port::{Batch, Store as _, Write};
use detente_node::{Accepted, BookEntry, BookInput, BookNotice, Command, CommandFault, What};
use detente_testkit::{notice, notice_id, terms};
use detente_types::statement::{AnswerIn, ChangeIn, Kind};
use detente_types::text::TextIn;
use detente_types::{ConflictId, NoticeIn, NoticeKind, Release, TermsIn};

use crate::pair::Pair;

fn plan(climb_m: i64) -> NoticeIn {
    let mut notice = notice(NoticeKind::Operation);
    for volume in &mut notice.volumes {
        volume.lower_cm += climb_m * 100;
        volume.upper_cm += climb_m * 100;
    }
    notice
}

fn put(pair: &mut Pair, notice: NoticeIn, release: Release) -> Result<Accepted, CommandFault> {
    pair.command(0, Command::Notify { notice, release, reveal: Vec::new() })
}

/// The other side plans an exercise there, and both agree that the first side's operation is ten minutes later.
fn agree(pair: &mut Pair) -> ConflictId {
    let exercise = Command::Notify { notice: notice(NoticeKind::Exercise), release: Release::Exact, reveal: Vec::new() };
    pair.command(1, exercise).expect("a good notice");
    let (conflict, _) = pair.line(0).conflict_pairs().next().expect("they meet");
    let change = ChangeIn { shift_us: Some(600_000_000), climb_cm: None, volumes: None, cancel: None };
    let offered = pair.command(0, Command::Offer { conflict, ours: true, change, lapses: None, text: None });
    let offer = offered.expect("a good offer").stated.expect("stated at once");
    let accept = AnswerIn { kind: Kind::Accept.code(), offer, text: None, desk: None, officer: None };
    pair.command(1, Command::Answer(accept)).expect("a good answer");
    conflict
}

fn amended(pair: &Pair, conflict: &ConflictId) -> (NoticeIn, Release) {
    match pair.line(0).amendment(conflict).expect("it is owed") {
        Command::Notify { notice, release, .. } => (notice, release),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_cancellation_that_waited_behind_a_new_version_is_stated() {
    let mut pair = Pair::new();
    pair.connect();
    put(&mut pair, plan(0), Release::Exact).expect("a good notice");
    pair.restart(0);
    let waits = put(&mut pair, plan(10), Release::Exact).expect("it waits");
    assert_eq!(waits.stated, None);
    pair.command(0, Command::Cancel { id: plan(0).id, reason: None }).expect("it waits");
    pair.connect();
    pair.assert_converged();
    assert_eq!(pair.line(1).notices().count(), 0, "the plan is off");
    assert_eq!(pair.heard(0, |w| matches!(w, What::Dropped(..))), 0);
}

#[test]
fn what_waited_and_cannot_be_stated_is_said_aloud() {
    let mut pair = Pair::new();
    pair.connect();
    put(&mut pair, plan(0), Release::Exact).expect("a good notice");
    pair.restart(0);
    pair.command(0, Command::Cancel { id: plan(0).id, reason: None }).expect("it waits");
    pair.command(0, Command::Cancel { id: plan(0).id, reason: None }).expect("it waits as well");
    pair.connect();
    pair.assert_converged();
    assert_eq!(pair.heard(0, |w| matches!(w, What::Dropped(..))), 1, "the second has nothing to end");
}

#[test]
fn what_waits_is_not_told_once_its_author_keeps_it_back() {
    for release in [Release::BlindOnly, Release::Hold] {
        let mut pair = Pair::new();
        pair.connect();
        put(&mut pair, plan(0), Release::Exact).expect("a good notice");
        let other = NoticeIn { id: notice_id(7), ..plan(0) };
        pair.restart(0);
        for waits in [plan(10), other.clone()] {
            assert_eq!(put(&mut pair, waits, Release::Exact).expect("it waits").stated, None);
        }
        put(&mut pair, plan(20), release).expect("it stays in the book");
        put(&mut pair, other, release).expect("it stays in the book");
        assert_eq!(pair.line(0).view().waiting, 0);
        assert_eq!(pair.heard(0, |w| matches!(w, What::Dropped(_, why) if why.contains("put it anew"))), 2);
        for _ in 0..2 {
            pair.connect();
            pair.pass(30);
            pair.assert_converged();
            let told: Vec<_> = pair.line(1).notices().map(|view| view.notice.input().volumes.clone()).collect();
            assert_eq!(told, [plan(0).volumes], "what was told before is told still, and no more than that");
            pair.restart(0);
        }
    }
}

#[test]
fn of_what_waits_only_the_newest_words_are_told() {
    // (what waits, what is put after it, the volumes that are told)
    for (waits, then, release) in
        [(plan(0), plan(10), Release::Exact), (plan(0), plan(10), Release::Km10), (plan(10), plan(0), Release::Exact)]
    {
        let mut pair = Pair::new();
        pair.connect();
        // In the last case what is put is what was told already: nothing is sent, and what waited between is not either.
        let is_back = then == plan(0);
        if is_back {
            put(&mut pair, then.clone(), release).expect("a good notice");
        }
        pair.restart(0);
        assert_eq!(put(&mut pair, waits, Release::Exact).expect("it waits").stated, None);
        put(&mut pair, then.clone(), release).expect("it is taken");
        pair.connect();
        pair.pass(30);
        pair.assert_converged();
        let told: Vec<_> = pair.line(1).notices().map(|view| view.notice.input().clone()).collect();
        assert_eq!(told.len(), 1);
        assert_eq!(told[0].volumes == then.volumes, release == Release::Exact, "{release:?}");
        // Nothing else was ever stated.
        assert_eq!(pair.heard(0, |w| matches!(w, What::Dropped(_, why) if why.contains("put it anew"))), 1);
    }
}

#[test]
fn a_plan_that_waits_outlasts_a_start_under_later_terms() {
    let mut pair = Pair::new();
    pair.connect();
    let mut wider = terms();
    wider.version = 2;
    wider.area.corners_e7.clear();
    let proposed = pair.command(0, Command::ProposeTerms(wider)).expect("good terms").stated.expect("stated at once");
    pair.command(1, Command::AcceptTerms(proposed)).expect("a good answer");
    pair.pass(5);
    assert_eq!(pair.line(0).terms().version(), 2);
    pair.restart(0);
    let mut far = plan(0);
    for place in far.volumes.iter_mut().flat_map(|volume| volume.rings.iter_mut().flatten()) {
        place.lat_e7 -= 200_000_000;
    }
    put(&mut pair, far, Release::Exact).expect("good under the terms of today");
    pair.restart(0);
    assert_eq!(pair.line(0).view().waiting, 1);
    pair.connect();
    pair.assert_converged();
    assert_eq!(pair.line(1).notices().count(), 1);
}

#[test]
fn an_agreement_changes_the_plan_that_was_let_out_and_no_other() {
    let mut pair = Pair::new();
    pair.connect();
    put(&mut pair, plan(0), Release::Km1).expect("a good notice");
    put(&mut pair, plan(10), Release::Exact).expect("a good notice");
    let conflict = agree(&mut pair);
    let (notice, release) = amended(&pair, &conflict);
    assert_eq!((notice.volumes[0].lower_cm, release), (plan(10).volumes[0].lower_cm, Release::Exact));
}

#[test]
fn an_agreement_on_what_was_told_puts_no_other_plan_out_of_the_book() {
    for release in [Release::BlindOnly, Release::Hold] {
        let mut pair = Pair::new();
        pair.connect();
        put(&mut pair, plan(0), Release::Exact).expect("a good notice");
        put(&mut pair, plan(10), release).expect("it stays in the book");
        let conflict = agree(&mut pair);
        for _ in 0..2 {
            let refused = pair.line(0).amendment(&conflict).expect_err("the plan is another than what was told");
            assert_eq!(refused, CommandFault::OtherPlan(plan(0).id));
            assert!(
                refused.to_string().contains("put the plan itself anew") && refused.to_string().contains("cancel"),
                "{refused}"
            );
            assert_eq!(pair.line(0).warnings().count(), 1, "the plan is there still, and warns");
            pair.restart(0);
            pair.connect();
            pair.assert_converged();
        }
        let mut later = plan(10);
        for volume in &mut later.volumes {
            (volume.start_us, volume.end_us) = (volume.start_us + 600_000_000, volume.end_us + 600_000_000);
        }
        (later.valid_from_us, later.valid_until_us) = (later.valid_from_us + 600_000_000, later.valid_until_us + 600_000_000);
        put(&mut pair, later.clone(), Release::Exact).expect("the plan itself, put anew");
        assert!(pair.line(0).amendment(&conflict).is_err(), "nothing is owed any more");
        let us = pair.line(0).us();
        let told = pair.line(1).notices().filter(|view| view.at.author == us).map(|view| view.notice.input().volumes.clone());
        assert_eq!(told.collect::<Vec<_>>(), [later.volumes]);
    }
}

#[test]
fn an_agreement_changes_the_exact_plan_and_lets_out_as_much_as_before() {
    let mut pair = Pair::new();
    pair.connect();
    put(&mut pair, plan(0), Release::Km1).expect("a good notice");
    let conflict = agree(&mut pair);
    for _ in 0..2 {
        let (notice, release) = amended(&pair, &conflict);
        assert_eq!((&notice.volumes[0].rings, release), (&plan(0).volumes[0].rings, Release::Km1));
        pair.restart(0);
        pair.connect();
        pair.assert_converged();
    }
}

/// What was let out by the border of one area would look otherwise under another, and is what was let out all the same.
#[test]
fn an_agreement_changes_the_exact_plan_though_the_area_changed_since() {
    let west = plan(0).volumes.iter().flat_map(|v| &v.rings).flatten().map(|at| at.lon_e7).min().expect("it has positions");
    let mut narrow = terms();
    let border = west - 1_000;
    narrow.area.corners_e7 =
        vec![[583_000_000, border], [583_000_000, 305_000_000], [612_000_000, 305_000_000], [612_000_000, border]];
    let mut pair = Pair::connected(narrow);
    put(&mut pair, plan(0), Release::Km1).expect("a good notice");
    let conflict = agree(&mut pair);
    let proposed = pair.command(0, Command::ProposeTerms(TermsIn { version: 2, ..terms() })).expect("good terms");
    pair.command(1, Command::AcceptTerms(proposed.stated.expect("stated at once"))).expect("a good answer");
    pair.pass(5);
    assert_eq!(pair.line(0).terms().version(), 2);
    for _ in 0..2 {
        let (notice, release) = amended(&pair, &conflict);
        assert_eq!((&notice.volumes[0].rings, release), (&plan(0).volumes[0].rings, Release::Km1));
        pair.restart(0);
        pair.connect();
        pair.assert_converged();
    }
}

#[test]
fn what_of_the_book_does_not_read_back_or_pass_any_more_is_said_aloud() {
    let mut pair = Pair::new();
    pair.connect();
    pair.disconnect();
    let (line, at_us) = (pair.line, pair.now.micros());
    let ended = NoticeIn { valid_until_us: 0, ..plan(0) };
    let rows = [
        BookEntry::Input(BookInput { line, at_us, slots: Vec::new() }),
        BookEntry::Notice(BookNotice { line, at_us, notice: ended, release: Release::Hold.code(), reveal: Vec::new() }),
    ];
    let next = pair.seats[0].node.book_size();
    for (number, row) in (next..).zip(rows) {
        let batch = Batch { writes: vec![Write::Book { number, bytes: row.encode() }], reserve: false };
        pair.seats[0].store.commit(&batch).expect("there is room");
    }
    for _ in 0..2 {
        pair.restart(0);
        pair.pass(1);
    }
    let dropped = |w: &What| matches!(w, What::Dropped(number, why) if *number == next && why.contains("does not read back"));
    assert_eq!(pair.heard(0, dropped), 1, "then the book knows");
    let quiet = |w: &What| matches!(w, What::Fault(why) if why.contains("does not pass any more"));
    assert_eq!(pair.heard(0, quiet), 2, "at each start, until it is put in anew");
}

/// Everything that was sent, and everything that both logs say.
fn heard_of(pair: &Pair) -> (usize, usize) {
    (pair.wire.len(), pair.statements(0).len())
}

#[test]
fn a_plan_that_nobody_was_told_of_ends_in_the_book_and_nothing_is_sent() {
    for release in [Release::BlindOnly, Release::Hold] {
        let mut pair = Pair::new();
        pair.connect();
        let exercise = Command::Notify { notice: notice(NoticeKind::Exercise), release: Release::Exact, reveal: Vec::new() };
        pair.command(1, exercise).expect("a good notice");
        let kept = NoticeIn { id: notice_id(7), ..plan(0) };
        put(&mut pair, kept.clone(), release).expect("it stays in the book");
        let (before, id) = (heard_of(&pair), kept.id);
        assert_eq!(pair.line(0).warnings().count(), 1);
        assert_eq!(pair.line(0).untold_plans().into_iter().collect::<Vec<_>>(), [id]);
        let fog = |text: &str| Some(TextIn { language: "en".into(), text: text.into() });
        assert!(pair.command(0, Command::Cancel { id, reason: fog("") }).is_err(), "an empty reason");
        let ended = pair.command(0, Command::Cancel { id, reason: fog("Fog.") }).expect("it ends");
        let note = ended.note.expect("an officer is told what came of it");
        assert!(ended.stated.is_none() && note.contains("nothing of it was ever told"), "{note}");
        assert_eq!(heard_of(&pair), before, "nothing is sent, and nothing is said");
        for _ in 0..2 {
            assert_eq!(pair.line(0).warnings().count(), 0, "it is off");
            assert!(pair.line(0).blind_plan(&id).is_none() && pair.line(0).untold_plans().is_empty());
            assert!(pair.command(0, Command::Cancel { id, reason: None }).is_err(), "not twice");
            pair.restart(0);
            pair.connect();
        }
        put(&mut pair, kept, Release::Exact).expect("its name is not used up");
        assert_eq!(pair.line(1).notices().count(), 2);
        pair.assert_converged();
    }
}

#[test]
fn a_plan_that_waits_and_ends_is_never_told() {
    let mut pair = Pair::new();
    pair.connect();
    pair.restart(0);
    for (number, release) in [(7, Release::Exact), (8, Release::Km1)] {
        let id = notice_id(number);
        assert_eq!(put(&mut pair, NoticeIn { id, ..plan(0) }, release).expect("it waits").stated, None);
        pair.command(0, Command::Cancel { id, reason: None }).expect("it ends");
    }
    assert_eq!(pair.heard(0, |w| matches!(w, What::Dropped(_, why) if why.contains("has ended it"))), 2);
    for _ in 0..2 {
        assert_eq!(pair.line(0).view().waiting, 0);
        pair.connect();
        pair.pass(30);
        assert_eq!(pair.line(1).notices().count(), 0);
        assert!(pair.line(0).untold_plans().is_empty());
        pair.restart(0);
    }
}
