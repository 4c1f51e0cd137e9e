//! What a run found stays found: whatever the other side, the line, the terms or the plans do afterwards.

use detente_node::blind::{BlindNews, RunState};
use detente_node::{Command, What};
use detente_types::statement::{BlindRunIn, StatementIn};
use detente_types::{BlindConflictId, NoticeIn, NoticeKind, Release, TermsIn, Volume};

use crate::blind::{assert_one_record, at, far, matching, plan, put, state};
use crate::pair::Pair;

/// Both sides have a plan that meets the other's.
fn meeting(terms: TermsIn) -> Pair {
    let mut pair = Pair::connected(terms);
    put(&mut pair, 0, plan(NoticeKind::Operation, 1), Release::BlindOnly);
    put(&mut pair, 1, plan(NoticeKind::Exercise, 3), Release::BlindOnly);
    pair
}

fn conflicts_told(pair: &Pair, side: usize) -> usize {
    pair.heard(side, |w| matches!(w, What::Blind(BlindNews::Conflict(_))))
}

fn later(mut plan: NoticeIn, minutes: i64) -> NoticeIn {
    let us = minutes * 60_000_000;
    (plan.valid_from_us, plan.valid_until_us) = (plan.valid_from_us + us, plan.valid_until_us + us);
    for volume in &mut plan.volumes {
        (volume.start_us, volume.end_us) = (volume.start_us + us, volume.end_us + us);
    }
    plan
}

/// Both have sealed what they found, and neither hears the other's seal: the line is cut just then.
#[test]
fn a_line_that_is_cut_after_the_seals_takes_no_hits_along() {
    let about_to_run = || {
        let mut pair = meeting(matching(true));
        pair.pass(14 * 60 + 50);
        pair
    };
    let mut pair = cut_behind_seals(about_to_run, 15);
    for side in 0..2 {
        assert_eq!((pair.line(side).blind_conflicts().len(), conflicts_told(&pair, side)), (1, 1), "side {side}");
        assert_eq!(pair.line(side).blind_conflicts()[0].agrees, None, "the other side's seal is not known yet");
    }
    // By silence both runs end here; the logs say that both found the same once the line is back.
    pair.pass(120);
    pair.cut_after = None;
    (0..2).for_each(|side| pair.restart(side));
    pair.connect();
    pair.pass(60);
    assert_eq!(state(&pair, at(15)), Some(RunState::Done));
    assert!(
        (0..2).all(|side| pair.line(side).blind_conflicts().iter().filter(|conflict| conflict.agrees == Some(true)).count() == 1)
    );
    assert_one_record(&pair);
}

/// A cell names no grid: what was found is where it was by the terms of then.
#[test]
fn other_terms_do_not_move_what_was_found() {
    let mut pair = meeting(matching(true));
    pair.pass(16 * 60);
    let before = [0, 1].map(|side| pair.line(side).blind_conflicts());
    assert!(before.iter().all(|conflicts| conflicts.len() == 1 && !conflicts[0].volumes.is_empty()));
    let old = matching(true);
    let mut next = TermsIn { version: old.version + 1, ..old };
    // A grid on which the same names are other places, other heights and other times; and no fixed runs to find anything anew.
    (next.blind.cell_m, next.blind.band_m, next.blind.slot_s, next.blind.every_min) = (4_000, 2_000, 900, 0);
    let proposed = pair.command(0, Command::ProposeTerms(next.clone())).expect("good terms").stated.expect("stated at once");
    pair.command(1, Command::AcceptTerms(proposed)).expect("it is proposed");
    pair.pass(60);
    assert_eq!(pair.line(1).terms().input(), &next);
    assert_eq!([0, 1].map(|side| pair.line(side).blind_conflicts()), before);
    pair.restart(0);
    pair.connect();
    assert_eq!(pair.line(0).blind_conflicts(), before[0], "nor does a start");
    pair.command(0, Command::ShowBlind(before[0][0].id)).expect("an officer may");
    let shown: Vec<Volume> = pair.line(1).notices().flat_map(|view| view.notice.volumes().to_vec()).collect();
    assert!(!shown.is_empty());
    for (told, known) in shown.iter().zip(&before[0][0].volumes) {
        assert_eq!((told.band, told.window), (known.band, known.window), "it is told as it was found");
    }
}

/// A run that was begun earlier and ends later looked at older plans.
#[test]
fn a_run_that_ends_late_clears_nothing_that_a_later_one_found() {
    let mut pair = Pair::connected(matching(true));
    pair.pass(14 * 60 + 50);
    // The fixed run is begun before the plans are made, and nobody works at it until the next one is begun, too.
    pair.idle = true;
    pair.pass(15);
    put(&mut pair, 0, plan(NoticeKind::Operation, 1), Release::BlindOnly);
    put(&mut pair, 1, plan(NoticeKind::Exercise, 3), Release::BlindOnly);
    let asked = pair.command(0, Command::RunBlind(None)).expect("within the budget").stated.expect("stated at once");
    pair.pass(5);
    assert_eq!(pair.line(0).blind(pair.now, 9).under_way.len(), 2);
    pair.idle = false;
    pair.pass(60);
    let runs = [at(15), BlindRunIn::asked(asked)];
    assert_eq!(runs.map(|run| state(&pair, run)), [Some(RunState::Done); 2]);
    for side in 0..2 {
        let ended = pair.seats[side].events.iter().filter_map(|event| match event.what {
            What::Blind(BlindNews::Done { run, .. }) => Some(run),
            _ => None,
        });
        assert_eq!(ended.skip(1).collect::<Vec<_>>(), [runs[1], runs[0]], "the later one ends first");
        let found: Vec<_> = pair.line(side).blind_found().map(|(run, count, _)| (run, count > 0)).skip(1).collect();
        assert_eq!(found, [(runs[0], false), (runs[1], true)], "by when they were begun");
        assert_eq!((pair.line(side).blind_conflicts().len(), conflicts_told(&pair, side)), (1, 1));
    }
    let before = pair.line(0).blind_conflicts();
    pair.restart(0);
    assert_eq!(pair.line(0).blind_conflicts(), before);
}

/// Cuts the line at the first frame behind which both logs seal the run of a minute.
fn cut_behind_seals(mut until: impl FnMut() -> Pair, minute: i64) -> Pair {
    let is_seal =
        |said: &StatementIn| matches!(said, StatementIn::BlindResult(end) if end.run == at(minute) && end.seal.is_some());
    let cut_after = |cut: usize| {
        let mut pair = until();
        pair.cut_after = Some(cut);
        pair.pass(10);
        let sealed = |side: usize| pair.statements(side).iter().any(|(of, said)| *of == pair.line(side).us() && is_seal(said));
        (sealed(0) && sealed(1)).then_some(pair)
    };
    (0..200).find_map(cut_after).expect("a run has fewer frames")
}

/// What is over and comes back is news.
#[test]
fn a_conflict_that_comes_back_rings_again() {
    let mut pair = meeting(matching(true));
    pair.pass(16 * 60);
    put(&mut pair, 1, far(NoticeKind::Exercise, 3), Release::BlindOnly);
    pair.pass(15 * 60);
    assert_eq!((pair.line(0).blind_conflicts().len(), conflicts_told(&pair, 0)), (0, 1), "both say that it is over");
    put(&mut pair, 1, plan(NoticeKind::Exercise, 3), Release::BlindOnly);
    pair.pass(15 * 60);
    assert_eq!((pair.line(0).blind_conflicts().len(), conflicts_told(&pair, 0)), (1, 2));
}

/// A run about which the other side has said nothing takes no cell from what stands.
#[test]
fn a_run_that_only_we_have_sealed_shrinks_no_conflict() {
    // Later by so much that it leaves some of the cells, and not all.
    let some = later(plan(NoticeKind::Exercise, 3), 40);
    let mut pair = cut_behind_seals(
        || {
            let mut pair = meeting(matching(true));
            pair.pass(16 * 60);
            put(&mut pair, 1, some.clone(), Release::BlindOnly);
            pair.pass(13 * 60 + 50);
            pair
        },
        30,
    );
    let counts = |pair: &Pair| pair.line(0).blind_found().map(|(_, count, _)| count).collect::<Vec<_>>();
    let [.., all, less] = counts(&pair)[..] else { panic!() };
    assert!(0 < less && less < all, "{less} of {all}");
    let stands =
        |pair: &Pair| pair.line(0).blind_conflicts().iter().map(|conflict| conflict.cells.len() as u32).collect::<Vec<_>>();
    assert_eq!((stands(&pair), conflicts_told(&pair, 0)), (vec![all], 1));
    let before = pair.line(0).blind_conflicts();
    pair.restart(0);
    assert_eq!(pair.line(0).blind_conflicts(), before, "nor after a start");
    pair.cut_after = None;
    pair.connect();
    pair.pass(60);
    assert_eq!((state(&pair, at(30)), stands(&pair)), (Some(RunState::Done), vec![less]), "now both say so");
}

/// What is left of a plan where it collided is shown once.
#[test]
fn a_part_of_which_some_is_planned_no_more_is_shown_once() {
    let mut pair = meeting(matching(true));
    pair.pass(16 * 60);
    let conflict = pair.line(0).blind_conflicts()[0].clone();
    put(&mut pair, 0, later(plan(NoticeKind::Operation, 1), 40), Release::BlindOnly);
    pair.command(0, Command::ShowBlind(conflict.id)).expect("some of it is left");
    let ends = |volumes: &[Volume]| volumes.iter().map(|volume| volume.window.start()).min();
    let told = pair.line(1).notices().next().expect("it is told").notice.volumes().to_vec();
    assert!(ends(&told) > ends(&conflict.volumes), "what it left is not told");
    assert!(pair.line(0).blind_conflicts()[0].shown.is_some());
    assert!(pair.command(0, Command::ShowBlind(conflict.id)).is_err());
}

/// An asking is about the cells that it names, and not about whatever else the same plan comes to.
#[test]
fn an_asking_is_about_the_cells_that_it_names() {
    let mut pair = meeting(matching(true));
    pair.pass(15 * 60);
    let theirs = pair.line(1).blind_conflicts()[0].id;
    pair.command(1, Command::AskBlind { conflict: theirs, reason: None }).expect("a good asking");
    assert_eq!(pair.line(0).blind_conflicts()[0].asked.len(), 1);
    let day = |plan: NoticeIn| later(plan, 6 * 60);
    put(&mut pair, 0, day(plan(NoticeKind::Operation, 1)), Release::BlindOnly);
    put(&mut pair, 1, day(plan(NoticeKind::Exercise, 3)), Release::BlindOnly);
    pair.pass(15 * 60);
    let moved = pair.line(0).blind_conflicts();
    assert!(moved.len() == 1 && moved[0].asked.is_empty(), "{moved:?}");
}

/// A run has found something, and what side 0 states from here on waits until they meet again.
fn apart_behind_a_run() -> (Pair, BlindConflictId) {
    let mut pair = meeting(matching(true));
    pair.pass(15 * 60);
    let conflict = pair.line(0).blind_conflicts()[0].id;
    pair.disconnect();
    pair.restart(0);
    (pair, conflict)
}

/// What was shown and waits is shown: two officers, or one who presses twice, make no two notices of one part.
#[test]
fn a_part_that_waits_is_not_shown_twice() {
    let (mut pair, conflict) = apart_behind_a_run();
    let accepted = pair.command_by(0, "Lt Aalto", Command::ShowBlind(conflict)).expect("an officer may");
    assert_eq!(accepted.stated, None, "the other side has not said yet what it holds");
    assert!(pair.line(0).blind_conflicts()[0].shown.is_some());
    assert!(pair.command_by(0, "Lt Berg", Command::ShowBlind(conflict)).is_err());
    pair.connect();
    pair.pass(60);
    assert_eq!(pair.line(1).notices().count(), 1);
}

/// What was shown of a plan is no second matter beside it, and once it is moved the plan is open again.
#[test]
fn a_part_that_was_shown_is_no_second_conflict_and_moving_it_closes_nothing() {
    let mut pair = meeting(matching(true));
    pair.pass(15 * 60);
    let conflict = pair.line(0).blind_conflicts()[0].clone();
    pair.command(0, Command::ShowBlind(conflict.id)).expect("an officer may");
    pair.pass(15 * 60);
    assert_eq!((pair.line(0).blind_conflicts().len(), conflicts_told(&pair, 0)), (1, 1), "the part is not found beside the plan");
    let part = pair.line(0).blind_conflicts()[0].shown.expect("it is shown");
    let told = pair.line(0).notices().find(|view| view.notice.id() == part).expect("it is told").notice.input().clone();
    put(&mut pair, 0, later(told, 40), Release::Exact);
    let open = pair.line(0).blind_conflicts()[0].clone();
    assert_eq!((open.id, open.shown, open.changed), (conflict.id, None, Some(part)), "the plan itself still collides");
    assert_eq!(state(&pair, at(30)), Some(RunState::Done), "a part that was shown takes no places of the set");
    put(&mut pair, 0, later(plan(NoticeKind::Operation, 1), 6 * 60), Release::BlindOnly);
    pair.command(0, Command::Cancel { id: part, reason: None }).expect("it is told");
    pair.pass(15 * 60);
    assert_eq!(state(&pair, at(45)), Some(RunState::Done));
    assert!(pair.line(0).blind_conflicts().is_empty(), "until it is moved, too: {:?}", pair.line(0).blind_conflicts());
}

/// What is not planned there any more is not told.
#[test]
fn a_plan_that_was_moved_away_since_is_not_shown_where_it_was() {
    let mut pair = meeting(matching(true));
    pair.pass(15 * 60);
    let conflict = pair.line(0).blind_conflicts()[0].id;
    put(&mut pair, 0, far(NoticeKind::Operation, 1), Release::BlindOnly);
    let fault = pair.command(0, Command::ShowBlind(conflict)).expect_err("it is not there any more");
    assert!(fault.to_string().contains("changed since"), "{fault}");
    assert_eq!(pair.line(1).notices().count(), 0);
    // Back where it was, it is.
    put(&mut pair, 0, plan(NoticeKind::Operation, 1), Release::BlindOnly);
    pair.command(0, Command::ShowBlind(conflict)).expect("an officer may");
}

/// A part that is put anew before it was told has version 1 all the same, and says something else than it was made to say.
#[test]
fn a_part_that_is_put_anew_while_it_waits_shows_the_conflict_no_more() {
    let (mut pair, conflict) = apart_behind_a_run();
    pair.command(0, Command::ShowBlind(conflict)).expect("an officer may");
    let part = pair.line(0).blind_conflicts()[0].shown.expect("it waits");
    let elsewhere = NoticeIn { id: part, ..later(plan(NoticeKind::Operation, 1), 6 * 60) };
    put(&mut pair, 0, elsewhere, Release::Exact);
    pair.connect();
    pair.pass(60);
    let told = |pair: &Pair| {
        let conflict = pair.line(0).blind_conflicts()[0].clone();
        (conflict.shown, conflict.changed)
    };
    assert_eq!(told(&pair), (None, Some(part)));
    pair.restart(0);
    assert_eq!(told(&pair), (None, Some(part)), "after a start, too");
}
