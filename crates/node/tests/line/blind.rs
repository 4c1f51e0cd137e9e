//! Blind runs between two nodes: what they find, what they say, and how they end.

use std::collections::BTreeSet;

use detente_node::blind::{BlindNews, RunState};
use detente_node::port::Write;
use detente_node::{BookEntry, Command, CommandFault, What};
use detente_space::cells::{CellId, Grid};
use detente_testkit::{minutes, notice, notice_id, terms};
use detente_types::statement::{BlindAskIn, BlindReason, BlindRunIn, Kind, Level, ReceiptIn, StatementIn};
use detente_types::terms::MatchingIn;
use detente_types::{BlindConflictId, NoticeIn, NoticeKind, Release, Rule, Terms, TermsIn, Timestamp, Volume};
use serde_json::Value;

use crate::blind_audit::book;
use crate::blind_paths::{Names, answers, events, masked};
use crate::pair::Pair;

/// A run every quarter of an hour over large cells, so that sets are small; two beyond those a day.
pub(crate) fn matching(verified: bool) -> TermsIn {
    let mut terms = terms();
    (terms.blind.cell_m, terms.blind.band_m, terms.blind.slot_s) = (10_000, 5_000, 1_800);
    (terms.blind.every_min, terms.blind.extra_per_day) = (15, 2);
    terms.matching = Some(MatchingIn { verified, class_log2: 8, chunks_log2: 2, ..MatchingIn::usual() });
    terms
}

/// Cells so large that whatever is drawn over the gulf fits a class of 64.
pub(crate) fn small() -> TermsIn {
    let mut terms = matching(true);
    (terms.blind.cell_m, terms.blind.band_m, terms.blind.slot_s) = (200_000, 200_000, 86_400);
    terms.matching.as_mut().unwrap().class_log2 = 6;
    terms
}

pub(crate) fn plan(kind: NoticeKind, number: u64) -> NoticeIn {
    NoticeIn { id: notice_id(number), ..notice(kind) }
}

/// The same, so far north that it keeps its distance.
pub(crate) fn far(kind: NoticeKind, number: u64) -> NoticeIn {
    let mut plan = plan(kind, number);
    plan.volumes.iter_mut().flat_map(|v| &mut v.rings).flatten().for_each(|at| at.lon_e7 += 20_000_000);
    plan
}

pub(crate) fn put(pair: &mut Pair, side: usize, notice: NoticeIn, release: Release) {
    pair.command(side, Command::Notify { notice, release, reveal: Vec::new() }).expect("a good notice");
}

pub(crate) fn at(minute: i64) -> BlindRunIn {
    BlindRunIn::at(minutes(minute))
}

/// What the cells of plans have in common, by sets in the open, in the day that a run looks at.
fn plain(terms: &TermsIn, run: Timestamp, [ours, theirs]: [&[NoticeIn]; 2]) -> BTreeSet<CellId> {
    let terms = Terms::try_new(terms.clone()).unwrap();
    let grid = Grid::of_terms(&terms).unwrap();
    let slot_us = i64::from(grid.size().slot_s) * 1_000_000;
    let ahead = run.micros()..run.plus_seconds(86_400).micros();
    let cells = |plans: &[NoticeIn]| -> BTreeSet<CellId> {
        let volumes: Vec<Volume> = plans.iter().flat_map(|p| &p.volumes).map(|v| Volume::try_from(v).unwrap()).collect();
        let in_time = |c: &CellId| ahead.contains(&(i64::from(c.slot()) * slot_us).max(ahead.start));
        grid.cells(&volumes).unwrap().as_slice().iter().copied().filter(in_time).collect()
    };
    cells(ours).intersection(&cells(theirs)).copied().collect()
}

fn found(pair: &Pair, side: usize) -> BTreeSet<CellId> {
    pair.line(side).blind_conflicts().into_iter().flat_map(|conflict| conflict.cells).collect()
}

/// Both logs say the same about every run.
pub(crate) fn assert_one_record(pair: &Pair) {
    let record = |side: usize| pair.line(side).blind_record().map(|(run, record)| (*run, record.clone())).collect::<Vec<_>>();
    assert_eq!(record(0), record(1));
    pair.assert_converged();
}

pub(crate) fn state(pair: &Pair, run: BlindRunIn) -> Option<RunState> {
    pair.line(0).blind_run(&run).map(|view| view.state)
}

#[test]
fn two_nodes_find_exactly_what_their_plans_have_in_common() {
    for verified in [false, true] {
        let mut pair = Pair::connected(matching(verified));
        let [ours, theirs] = [
            vec![plan(NoticeKind::Operation, 1), far(NoticeKind::Exercise, 2)],
            vec![plan(NoticeKind::Exercise, 3), plan(NoticeKind::Movement, 4)],
        ];
        let releases = [Release::BlindOnly, Release::BlindOnly];
        for (side, plans) in [(0, &ours), (1, &theirs)] {
            plans.iter().zip(releases).for_each(|(plan, release)| put(&mut pair, side, plan.clone(), release));
        }
        pair.pass(15 * 60);
        assert_eq!(state(&pair, at(15)), Some(RunState::Done));
        let expected = plain(&matching(verified), minutes(15), [&ours, &theirs]);
        assert!(!expected.is_empty());
        assert_eq!([found(&pair, 0), found(&pair, 1)], [expected.clone(), expected]);
        let conflicts = pair.line(0).blind_conflicts();
        assert_eq!(conflicts.iter().map(|c| c.notice).collect::<Vec<_>>(), [notice_id(1)], "the far one meets nothing");
        assert!(conflicts[0].agrees == Some(true) && !conflicts[0].volumes.is_empty() && conflicts[0].volumes.len() <= 12);
        assert_eq!(pair.heard(0, |w| matches!(w, What::Blind(BlindNews::Conflict(_)))), 1);
        assert_eq!([0, 1].map(|side| pair.line(side).notices().count()), [0, 0], "nothing is shown");
        assert_one_record(&pair);
        let id = conflicts[0].id;
        pair.pass(15 * 60);
        assert_eq!(state(&pair, at(30)), Some(RunState::Done));
        assert_eq!(pair.line(0).blind_conflicts()[0].id, id, "what goes on keeps its name");
        assert_eq!(pair.heard(0, |w| matches!(w, What::Blind(BlindNews::Conflict(_)))), 1, "and is no news");
        let before = [0, 1].map(|side| pair.line(side).blind_conflicts());
        (0..2).for_each(|side| pair.restart(side));
        assert_eq!([0, 1].map(|side| pair.line(side).blind_conflicts()), before, "a start knows it still");
    }
}

#[test]
fn what_is_held_back_or_meets_nothing_is_not_matched() {
    let mut pair = Pair::connected(matching(true));
    put(&mut pair, 0, plan(NoticeKind::Operation, 1), Release::Hold);
    put(&mut pair, 0, NoticeIn { volumes: plan(NoticeKind::Hazard, 9).volumes, ..plan(NoticeKind::Text, 2) }, Release::BlindOnly);
    put(&mut pair, 1, plan(NoticeKind::Exercise, 3), Release::BlindOnly);
    pair.pass(15 * 60);
    assert_eq!(state(&pair, at(15)), Some(RunState::Done), "with an empty set too");
    assert_eq!(found(&pair, 1), BTreeSet::new());
    // Told plans are matched in their exact form.
    put(&mut pair, 0, plan(NoticeKind::Operation, 1), Release::Km10);
    pair.pass(15 * 60);
    let expected = plain(&matching(true), minutes(30), [&[plan(NoticeKind::Operation, 1)], &[plan(NoticeKind::Exercise, 3)]]);
    assert_eq!([found(&pair, 0), found(&pair, 1)], [expected.clone(), expected]);
}

#[test]
fn a_count_tells_how_many_and_not_which() {
    let mut terms = matching(false);
    terms.matching.as_mut().unwrap().mode = "count".into();
    let mut pair = Pair::connected(terms.clone());
    put(&mut pair, 0, plan(NoticeKind::Operation, 1), Release::BlindOnly);
    put(&mut pair, 1, plan(NoticeKind::Exercise, 3), Release::BlindOnly);
    pair.pass(15 * 60);
    let expected = plain(&terms, minutes(15), [&[plan(NoticeKind::Operation, 1)], &[plan(NoticeKind::Exercise, 3)]]).len() as u32;
    for side in 0..2 {
        assert_eq!(pair.line(side).blind_found().last(), Some((at(15), expected, Some(true))));
        assert!(pair.line(side).blind_conflicts().is_empty());
        let common = BlindNews::Common { run: at(15), count: expected };
        assert_eq!(pair.heard(side, |w| matches!(w, What::Blind(news) if *news == common)), 1);
        assert_eq!((common.kind(), common.to_string().contains("which ones is not told")), ("blind-common", true));
    }
    // Nothing is no news, and cells are told by plan.
    for terms in [terms, matching(false)] {
        let is_count = terms.matching.as_ref().is_some_and(|matching| matching.mode == "count");
        let mut pair = Pair::connected(terms);
        put(&mut pair, 0, plan(NoticeKind::Operation, 1), Release::BlindOnly);
        let theirs = if is_count { far(NoticeKind::Exercise, 3) } else { plan(NoticeKind::Exercise, 3) };
        put(&mut pair, 1, theirs, Release::BlindOnly);
        pair.pass(15 * 60);
        assert_eq!(state(&pair, at(15)), Some(RunState::Done));
        assert_eq!(pair.heard(0, |w| matches!(w, What::Blind(BlindNews::Common { .. }))), 0);
        assert_eq!(pair.heard(0, |w| matches!(w, What::Blind(BlindNews::Conflict(_)))), usize::from(!is_count));
    }
}

/// Kind and length of every frame, by sender.
pub(crate) fn shape(pair: &Pair) -> Vec<(usize, u8, usize)> {
    pair.wire.iter().map(|(from, frame)| (*from, frame[1], frame.len())).collect()
}

/// Messages of blind runs, by their bytes.
fn messages(pair: &Pair) -> Vec<&[u8]> {
    pair.wire.iter().filter(|(_, frame)| frame[1] == 8).map(|(_, frame)| frame.as_slice()).collect()
}

#[test]
fn plans_that_differ_in_a_blind_notice_look_alike_to_the_peer() {
    let world = |blind: &[NoticeIn]| {
        let mut pair = Pair::connected(matching(true));
        put(&mut pair, 0, plan(NoticeKind::Hazard, 7), Release::Exact);
        blind.iter().for_each(|plan| put(&mut pair, 0, plan.clone(), Release::BlindOnly));
        put(&mut pair, 1, far(NoticeKind::Exercise, 3), Release::BlindOnly);
        pair.draw_anew(0);
        pair.pass(31 * 60);
        pair
    };
    let mut worlds = [
        world(&[]),
        world(&[plan(NoticeKind::Operation, 1)]),
        world(&[plan(NoticeKind::Movement, 1), plan(NoticeKind::Site, 2)]),
    ];
    let runs = |pair: &Pair| pair.line(1).blind_record().filter(|(_, record)| record.state() == RunState::Done).count();
    // What the peer is told and answered, to the letter but for hashes, and how much of everything it has.
    let seen = worlds.each_mut().map(|pair| {
        let names = Names::of(pair);
        let told: Vec<_> = events(pair, 1).iter().map(|event| masked(&names, event)).collect();
        let answered: Vec<_> = answers(pair, 1).into_iter().map(|(asked, answer)| (asked, masked(&names, &answer))).collect();
        let unknown = pair.command(1, Command::ShowBlind(BlindConflictId::new([7; 32]))).expect_err("there is none");
        let rows: Vec<_> = pair.seats[1].store.rows.values().map(Write::weight).collect();
        (told, answered, unknown.to_string(), rows)
    });
    for (other, sees) in worlds.iter().zip(&seen).skip(1) {
        assert_eq!(shape(&worlds[0]), shape(other), "count, order and length");
        assert_eq!(runs(&worlds[0]), runs(other));
        assert_eq!(&seen[0], sees);
        let notices = |pair: &Pair| pair.line(1).notices().map(|n| n.notice.input().clone()).collect::<Vec<_>>();
        assert_eq!(notices(&worlds[0]), notices(other));
    }
    let done = |(_, answer): &&(String, Value)| answer.to_string().contains("done: 0 cells are common");
    assert!(seen[0].1.iter().any(|answer| done(&answer)), "{:?}", seen[0].1);
    assert_eq!(runs(&worlds[0]), 3);
}

#[test]
fn two_runs_of_one_set_share_no_bytes() {
    let mut pair = Pair::with_terms(matching(true));
    put(&mut pair, 0, plan(NoticeKind::Operation, 1), Release::BlindOnly);
    put(&mut pair, 1, plan(NoticeKind::Exercise, 3), Release::BlindOnly);
    pair.connect();
    let mut seen: BTreeSet<Vec<u8>> = BTreeSet::new();
    let mut windows = 0;
    for _ in 0..2 {
        pair.wire.clear();
        pair.pass(15 * 60);
        let run: BTreeSet<Vec<u8>> =
            messages(&pair).iter().filter(|m| m.len() > 400).flat_map(|m| m.windows(16)).map(<[u8]>::to_vec).collect();
        windows += run.len();
        assert!(run.is_disjoint(&seen), "sixteen bytes of one run in another");
        seen.extend(run);
    }
    assert!(windows > 10_000, "{windows}");
}

#[test]
fn nothing_of_a_blind_notice_is_in_what_leaves() {
    let mut pair = Pair::connected(matching(false));
    let secret = NoticeIn {
        title: Some("s3cr3t title".into()),
        contact: Some("s3cr3t contact".into()),
        ..plan(NoticeKind::Operation, 77)
    };
    let cells: Vec<CellId> = plain(&matching(false), minutes(0), [core::slice::from_ref(&secret); 2]).into_iter().collect();
    let corner = detente_wire::codec::encode(&secret.volumes[0].rings[0][0]);
    put(&mut pair, 0, secret.clone(), Release::BlindOnly);
    put(&mut pair, 1, plan(NoticeKind::Exercise, 3), Release::BlindOnly);
    pair.pass(31 * 60);
    let _ = pair.command(0, Command::RunBlind(None));
    pair.pass(60);
    let conflict = pair.line(0).blind_conflicts()[0].id;
    pair.command(0, Command::AskBlind { conflict, reason: None }).expect("it is known to both");
    let leaks = |bytes: &[u8]| {
        let has = |part: &[u8]| bytes.windows(part.len()).any(|window| window == part);
        has(b"s3cr3t")
            || has(&corner)
            || has(secret.id.as_bytes())
            || has(conflict.as_bytes())
            || cells.iter().any(|cell| has(cell.as_bytes()))
    };
    assert!(pair.wire.iter().all(|(_, frame)| !leaks(frame)), "frames");
    let rows = pair.seats[1].store.rows.values().filter(|row| !matches!(row, Write::Book { .. }));
    let bytes =
        |row: &Write| if let Write::Entry { leaf, body, .. } = row { [leaf.as_slice(), body].concat() } else { Vec::new() };
    assert!(rows.map(bytes).all(|bytes| !leaks(&bytes)), "the peer's disk");
    // An officer's release is told at the cells that both know, and of the plan nothing but its kind.
    let shown = pair.command(0, Command::ShowBlind(conflict)).expect("it is a conflict").stated.expect("stated at once");
    let there = pair.line(1).notice(&shown).expect("they have it").notice.input().clone();
    assert_eq!((there.kind, there.title, there.contact), (secret.kind, None, None));
    assert_ne!(there.id, secret.id);
    assert!(pair.wire.iter().all(|(_, frame)| !frame.windows(6).any(|window| window == b"s3cr3t")));
}

#[test]
fn a_restart_ends_the_run_and_its_secret_serves_no_more() {
    let mut pair = Pair::connected(matching(true));
    pair.pass(14 * 60);
    pair.idle = true;
    pair.pass(62);
    let under_way = |pair: &Pair, side: usize| pair.line(side).blind(pair.now, 5).under_way.len();
    assert_eq!([0, 1].map(|side| under_way(&pair, side)), [1, 1]);
    pair.restart(0);
    pair.idle = false;
    pair.disconnect();
    pair.connect();
    pair.pass(60);
    assert_eq!(state(&pair, at(15)), Some(RunState::Ended));
    let view = pair.line(1).blind_run(&at(15)).expect("it is in the record");
    let reasons: Vec<_> =
        view.record.ended.iter().flatten().map(|end| end.said.reason.and_then(BlindReason::from_code)).collect();
    assert!(reasons.contains(&Some(BlindReason::Machine)) && reasons.contains(&Some(BlindReason::Left)), "{reasons:?}");
    assert_eq!([0, 1].map(|side| under_way(&pair, side)), [0, 0], "it is not taken up again");
    assert_one_record(&pair);
    pair.pass(14 * 60);
    assert_eq!(state(&pair, at(30)), Some(RunState::Done), "the next one is made as ever");
}

#[test]
fn a_commitment_that_comes_back_after_a_restore_is_ended() {
    let mut pair = Pair::connected(matching(true));
    pair.pass(14 * 60);
    let backup = pair.seats[0].store.clone();
    pair.idle = true;
    pair.pass(61);
    pair.idle = false;
    pair.do_work(0);
    pair.idle = true;
    pair.settle();
    let ours = usize::from(pair.line(0).us() > pair.line(0).them());
    let said = |pair: &Pair| pair.line(0).blind_run(&at(15)).map(|view| view.record);
    assert!(said(&pair).is_some_and(|record| record.committed[ours].is_some() && record.ended[ours].is_none()));
    pair.seats[0].store = backup;
    pair.restart(0);
    pair.note_restored(0);
    pair.idle = false;
    pair.disconnect();
    pair.connect();
    pair.pass(60);
    let record = said(&pair).expect("it came back");
    let end = record.ended[ours].as_ref().expect("it ended for us");
    assert!(record.committed[ours].is_some());
    assert_eq!((end.said.step, end.said.reason), (Some(1), Some(BlindReason::Machine.code())));
    assert_one_record(&pair);
}

#[test]
fn a_cut_at_any_frame_leaves_both_logs_with_one_end() {
    let mut ends = BTreeSet::new();
    let (mut cut, mut kept) = (0, 0);
    loop {
        let mut pair = Pair::connected(small());
        put(&mut pair, 0, plan(NoticeKind::Operation, 1), Release::BlindOnly);
        put(&mut pair, 1, plan(NoticeKind::Exercise, 3), Release::BlindOnly);
        pair.pass(14 * 60 + 50);
        pair.cut_after = Some(cut);
        pair.pass(20);
        let lost = pair.cut_after == Some(0);
        pair.pass(200);
        pair.cut_after = None;
        pair.disconnect();
        pair.connect();
        pair.pass(120);
        assert_one_record(&pair);
        for side in 0..2 {
            // Whoever has sealed what it found has it, and its officers were told: wherever the line was cut, after a start too.
            let us = pair.line(side).us();
            let record = pair.line(side).blind_run(&at(15)).map(|view| view.record);
            let sealed = record.iter().flat_map(|record| record.ended.iter().flatten());
            if sealed.filter(|end| end.at.author == us).any(|end| end.said.seal.is_some()) {
                assert_eq!(pair.line(side).blind_conflicts().len(), 1, "cut {cut}, side {side}: the hit is lost");
                let told = pair.heard(side, |w| matches!(w, What::Blind(BlindNews::Conflict(_))));
                assert_eq!(told, 1, "cut {cut}, side {side}: nobody is told");
                let before = pair.line(side).blind_conflicts();
                pair.restart(side);
                assert_eq!(pair.line(side).blind_conflicts(), before, "cut {cut}, side {side}: a start forgets it");
                pair.connect();
                kept += 1;
            }
        }
        for (run, record) in pair.line(0).blind_record() {
            assert_ne!(record.state(), RunState::UnderWay, "cut {cut}: run {run}");
            ends.extend(record.ended.iter().flatten().filter_map(|end| end.said.step));
        }
        assert!((0..2).all(|side| !pair.line(side).is_matching()), "cut {cut}");
        pair.pass(11 * 60);
        assert_eq!(state(&pair, at(30)), Some(RunState::Done), "cut {cut}: the next one is made as ever");
        if !lost {
            break;
        }
        cut += 1;
    }
    assert!(cut > 20 && kept > 4, "{cut} frames, {kept} seals");
    assert!([0, 1, 3].iter().all(|step| ends.contains(step)), "{ends:?}");
}

/// Side 0's log asks for a run beyond the budget, as a node that does not keep the rule would: the other side refuses it, by the same rule.
pub(crate) fn assert_refused_in_the_log(pair: &mut Pair) {
    let runs = pair.line(1).blind_record().count();
    let ask = BlindAskIn { kind: Kind::BlindAsk.code(), run: None, cells: None, reason: None, desk: None, officer: None };
    pair.forge(0, &StatementIn::BlindAsk(ask));
    pair.disconnect();
    pair.connect();
    pair.pass(60);
    assert_eq!(pair.line(1).blind_record().count(), runs, "no run comes of it");
    assert_eq!(pair.heard(1, |w| matches!(w, What::Unusable(_, broken) if broken[0].rule == Rule::BlindBudget)), 1);
}

#[test]
fn a_run_beyond_the_fixed_ones_costs_budget_on_both_sides() {
    let mut pair = Pair::connected(small());
    pair.pass(60);
    for spent in 1..=2 {
        let asked = pair.command(0, Command::RunBlind(None)).expect("within the budget").stated.expect("stated at once");
        pair.pass(5);
        assert_eq!(state(&pair, BlindRunIn::asked(asked)), Some(RunState::Done));
        for (side, ours) in [(0, 0), (1, 1)] {
            let budget = pair.line(side).blind(pair.now, 9).budget[ours];
            assert_eq!((budget.asked, budget.asked_most), (spent, 2));
            assert_eq!((budget.runs, budget.places), (1 + spent, 64 * u64::from(1 + spent)), "a fixed one, too");
            // A grid this coarse has fewer cells than a run has places: all of it was probed some times over.
            assert!(budget.domain > 0 && budget.domain < 64, "{}", budget.domain);
            assert!(budget.share() > f64::from(1 + spent) && budget.share() < budget.places as f64, "{}", budget.share());
        }
    }
    let refused = pair.command(0, Command::RunBlind(None)).expect_err("the budget is spent");
    assert!(matches!(&refused, CommandFault::Violations(broken) if broken[0].rule == Rule::BlindBudget), "{refused}");
    // Whoever is on watch sees it, now and after a start: in the book it stands with its reason.
    let refusals = |w: &What| matches!(w, What::Blind(BlindNews::Refused { by, why }) if by.as_deref() == Some("Lt Aalto") && why.contains("at most 2"));
    assert_eq!((pair.heard(0, refusals), pair.heard(1, |w| matches!(w, What::Blind(BlindNews::Refused { .. })))), (1, 0));
    let rows = book(&pair, 0);
    let [.., BookEntry::Input(asked), BookEntry::Dropped(number, why)] = &rows[..] else { panic!("{:?}", rows.last()) };
    assert!(
        *number == rows.len() as u64 - 2 && asked.line == pair.line && why.contains("refused") && why.contains("at most 2"),
        "{why}"
    );
    let runs = pair.line(1).blind_record().count();
    pair.restart(0);
    pair.connect();
    pair.pass(60);
    assert_eq!(pair.line(1).blind_record().count(), runs, "a start does not ask again");
    // A node that does not keep the rule is refused by it, and the refusal is in the record.
    assert_refused_in_the_log(&mut pair);
    let receipts = |side: usize| -> Vec<ReceiptIn> {
        let of = |statement| if let StatementIn::Receipt(receipt) = statement { Some(receipt) } else { None };
        pair.statements(side)
            .into_iter()
            .filter(|(author, _)| *author == pair.line(1).us())
            .filter_map(|(_, said)| of(said))
            .collect()
    };
    let [refusal] = &receipts(1)[..] else { panic!("{:?}", receipts(1)) };
    assert_eq!((refusal.level, refusal.rule), (Level::Refused.code(), Some(Rule::BlindBudget.number())));
    assert_eq!(refusal.reason, Some(format!("DV-082 {}", Rule::BlindBudget.sentence())));
    assert_eq!(refusal.of.author, pair.line(0).us());
    assert_eq!(receipts(0), receipts(1), "in both copies of the log");
    // Tomorrow there is another.
    pair.pass(86_400);
    pair.command(0, Command::RunBlind(None)).expect("a new day");
}

#[test]
fn an_officer_stops_a_run_and_both_logs_say_so() {
    let mut pair = Pair::connected(matching(true));
    pair.pass(14 * 60);
    pair.idle = true;
    pair.pass(62);
    pair.command(0, Command::StopBlind(at(15))).expect("it is under way");
    assert!(pair.command(0, Command::StopBlind(at(15))).is_err(), "not twice");
    pair.idle = false;
    pair.pass(5);
    let view = pair.line(1).blind_run(&at(15)).expect("it is in the record");
    assert_eq!(view.state, RunState::Ended);
    let ours = view.record.ended.iter().flatten().find(|end| end.at.author == pair.line(0).us()).expect("we said so");
    assert_eq!((ours.said.reason, ours.said.officer.as_deref()), (Some(BlindReason::Officer.code()), Some("Lt Aalto")));
    assert_one_record(&pair);
}

#[test]
fn a_blind_conflict_is_shown_on_both_sides_and_settled_like_any() {
    let mut pair = Pair::connected(matching(true));
    put(&mut pair, 0, plan(NoticeKind::Operation, 1), Release::BlindOnly);
    put(&mut pair, 1, plan(NoticeKind::Exercise, 3), Release::BlindOnly);
    pair.pass(15 * 60);
    let [ours, theirs] = [0, 1].map(|side| pair.line(side).blind_conflicts()[0].clone());
    assert!(theirs.asked.is_empty() && ours.shown.is_none());
    pair.command(0, Command::AskBlind { conflict: ours.id, reason: None }).expect("a good asking");
    assert_eq!(pair.line(1).blind_conflicts()[0].asked.len(), 1, "they see which of their plans is meant");
    assert_eq!(pair.heard(1, |w| matches!(w, What::Blind(BlindNews::AskedToShow(_)))), 1);
    pair.command(1, Command::ShowBlind(theirs.id)).expect("an officer may");
    assert_eq!(pair.line(0).notices().count(), 1);
    assert_eq!(pair.heard(0, |w| matches!(w, What::Warning(..))), 1, "our plan meets what they have shown");
    assert!(pair.command(1, Command::ShowBlind(theirs.id)).is_err(), "it is shown already");
    pair.command(0, Command::ShowBlind(ours.id)).expect("an officer may");
    assert_eq!(pair.line(0).conflicts().count(), 1);
    assert_eq!(pair.line(0).conflicts().collect::<Vec<_>>(), pair.line(1).conflicts().collect::<Vec<_>>());
    let [ours, theirs] = [0, 1].map(|side| pair.line(side).blind_conflicts()[0].clone());
    assert!(ours.shown.is_some() && theirs.shown.is_some());
    assert_one_record(&pair);
    // The next run finds them again; they stay shown, also after a start.
    pair.pass(15 * 60);
    pair.restart(0);
    pair.connect();
    assert!(pair.line(0).blind_conflicts().iter().any(|conflict| conflict.id == ours.id && conflict.shown == ours.shown));
}

#[test]
fn what_is_shown_lies_in_the_area_of_the_terms() {
    let mut pair = Pair::connected(small());
    // From the western border of the area on.
    let by_the_border = |mut plan: NoticeIn| {
        let positions = || plan.volumes.iter().flat_map(|v| &v.rings).flatten();
        let east = 221_000_000 - positions().map(|at| at.lon_e7).min().unwrap_or_default();
        plan.volumes.iter_mut().flat_map(|v| &mut v.rings).flatten().for_each(|at| at.lon_e7 += east);
        plan
    };
    put(&mut pair, 0, by_the_border(plan(NoticeKind::Operation, 1)), Release::BlindOnly);
    put(&mut pair, 1, by_the_border(plan(NoticeKind::Exercise, 3)), Release::BlindOnly);
    pair.pass(15 * 60);
    let terms = Terms::try_new(small()).unwrap();
    let is_outside = |volume: &Volume| volume.footprint.vertices().any(|at| !terms.area().is_some_and(|area| area.contains(at)));
    let conflicts = [0, 1].map(|side| pair.line(side).blind_conflicts()[0].clone());
    assert!(conflicts[0].volumes.iter().any(is_outside), "cells this large reach beyond it");
    for (side, conflict) in conflicts.iter().enumerate() {
        pair.command(side, Command::ShowBlind(conflict.id)).expect("an officer may");
    }
    let shown: Vec<_> = pair.line(1).notices().map(|view| view.notice.volumes().to_vec()).collect();
    assert_eq!(shown.len(), 2);
    assert!(shown.iter().all(|volumes| !volumes.is_empty() && !volumes.iter().any(is_outside)));
    assert_eq!(pair.line(0).conflicts().count(), 1, "what collides is in it");
    assert_one_record(&pair);
}

#[test]
fn blind_conflicts_come_in_pages_by_name() {
    let mut pair = Pair::connected(matching(true));
    (1..4).for_each(|number| put(&mut pair, 0, plan(NoticeKind::Operation, number), Release::BlindOnly));
    put(&mut pair, 1, plan(NoticeKind::Exercise, 9), Release::BlindOnly);
    pair.pass(15 * 60);
    let line = pair.line(0);
    let all: BTreeSet<_> = line.blind_conflicts().iter().map(|conflict| conflict.id).collect();
    assert_eq!((all.len(), all.clone()), (3, line.blind_conflict_ids().into_iter().collect()));
    let (mut paged, mut after) = (Vec::new(), None);
    while let Some(conflict) = line.blind_conflicts_after(after.as_ref(), 1).pop() {
        after = Some(conflict.id);
        paged.push(conflict.id);
    }
    assert_eq!(paged, all.into_iter().collect::<Vec<_>>());
    assert_eq!(line.blind_conflicts_after(None, 2).len(), 2);
}

#[test]
fn more_cells_than_places_end_the_run_and_say_why() {
    let mut terms = matching(true);
    terms.matching.as_mut().unwrap().class_log2 = 4;
    let mut pair = Pair::connected(terms);
    put(&mut pair, 0, plan(NoticeKind::Airspace, 1), Release::BlindOnly);
    pair.pass(16 * 60);
    let view = pair.line(1).blind_run(&at(15)).expect("it is in the record");
    assert_eq!(view.state, RunState::Ended);
    let reasons: BTreeSet<_> = view.record.ended.iter().flatten().map(|end| end.said.reason).collect();
    assert!(reasons.contains(&Some(BlindReason::Class.code())), "{reasons:?}");
    assert_one_record(&pair);
}
