use detente_node::blind::RunRecord;
use detente_node::{By, Command};
use detente_testkit::{MORNING, minutes, notice, rng};
use detente_types::statement::{BlindResultIn, Kind};
use detente_types::{EntryHash, Generation, NoticeIn, NoticeKind, PartyId, Release, StatementRef};

use super::*;
use crate::notify::tests::api;
use crate::routes::what_ends;

/// Puts a plan in the book of a line, and looks at it.
fn with_plan<T: Send + 'static>(plan: NoticeIn, release: Release, see: impl FnOnce(&Line) -> T + Send + 'static) -> T {
    let (_, line, host) = api();
    let mut node = host.node.lock().unwrap();
    let told = Command::Notify { notice: plan, release, reveal: Vec::new() };
    node.command(MORNING, &mut rng(5), line, &By::default(), told).unwrap();
    see(node.line(&line).unwrap())
}

fn plan() -> NoticeIn {
    let mut plan =
        NoticeIn { title: Some("Night orbit".into()), call_sign: Some("GREY 12".into()), ..notice(NoticeKind::Operation) };
    // Said to be valid for longer than it flies.
    plan.valid_until_us += 3_600_000_000;
    plan
}

#[test]
fn a_blind_conflict_says_which_plan_of_ours_it_is_about() {
    let (first, last) = (plan().volumes.iter().map(|v| v.start_us).min(), plan().volumes.iter().map(|v| v.end_us).max());
    let [from, until] = [first, last].map(|at| Timestamp::from_micros(at.unwrap()).to_string());
    let conflict = BlindConflict {
        id: BlindConflictId::new([1; 32]),
        run: BlindRunIn::at(MORNING),
        notice: plan().id,
        cells: Vec::new(),
        volumes: Vec::new(),
        agrees: Some(true),
        shown: None,
        changed: None,
        asked: Vec::new(),
    };
    let seen = conflict.clone();
    let view = with_plan(plan(), Release::BlindOnly, move |line| conflict_view(line, &seen)).expect("it is there");
    let expected = BlindPlanView {
        kind: "operation".into(),
        title: Some("Night orbit".into()),
        call_sign: Some("GREY 12".into()),
        from,
        until,
    };
    assert_eq!((view.plan, view.notice), (expected, plan().id.to_string()));
    assert!(with_plan(plan(), Release::Hold, move |line| conflict_view(line, &conflict)).is_none(), "it is off");
}

#[test]
fn a_plan_that_is_in_the_book_alone_can_be_named_to_end_it() {
    let name = plan().id.to_string();
    let (whole, short) = (name.clone(), name[..8].to_owned());
    for name in [whole, short] {
        assert_eq!(with_plan(plan(), Release::BlindOnly, move |line| what_ends(line, &name)), Ok(plan().id));
    }
    let none = with_plan(plan(), Release::BlindOnly, |line| what_ends(line, "no digits"));
    assert_eq!(none.map_err(|problem| problem.status), Err(404));
}

/// A run of so many minutes after the morning.
fn run(minute: i64, state: RunState, found: Option<u32>) -> RunView {
    let at = minutes(minute);
    RunView { run: BlindRunIn::at(at), at: Some(at), state, record: RunRecord::default(), auditable: [None; 2], found }
}

/// The same, of which we sealed a result and they say that it ended.
fn left(minute: i64, found: Option<u32>) -> RunView {
    let run = run(minute, RunState::Ended, found);
    let end = |seal: Option<[u8; 32]>| {
        let (step, reason) = if seal.is_none() { (Some(4), Some(BlindReason::Timeout.code())) } else { (None, None) };
        let (author, generation, hash) = (PartyId::new([1; 32]), Generation::FIRST, EntryHash::new([0; 32]));
        let (kind, seal) = (Kind::BlindResult.code(), seal.map(Into::into));
        let said = BlindResultIn { kind, run: run.run, seal, step, reason, taken: None, desk: None, officer: None };
        Some(Ended { at: StatementRef { author, generation, index: 0, hash }, claimed: minutes(minute), said })
    };
    RunView { record: RunRecord { ended: [end(Some([7; 32])), end(None)], ..RunRecord::default() }, ..run }
}

/// An hour after the morning; runs look half an hour ahead.
fn age(known: Option<i64>) -> Age {
    Age { now: minutes(60), ahead_us: 30 * 60_000_000, known: known.map(minutes) }
}

#[test]
fn a_result_that_is_not_here_is_told_by_its_age() {
    let says = |run: RunView, known: Option<i64>| run_says(&run, 0, &age(known));
    let not_known =
        "done, but what it found is NOT KNOWN HERE: the next fixed run tells it, or ask for one while the budget lasts";
    assert_eq!(says(run(45, RunState::Done, None), None), not_known);
    assert_eq!(says(run(45, RunState::Done, None), Some(44)), not_known, "what an earlier one found is no answer");
    assert_eq!(says(run(30, RunState::Done, None), None), "done: what was found is not kept any more");
    assert!(says(run(45, RunState::Done, None), Some(50)).contains("a later run says what is so since"));
    assert_eq!(says(run(45, RunState::Done, Some(1)), None), "done: 1 cell is common");
    assert_eq!(says(run(45, RunState::Done, Some(0)), None), "done: 0 cells are common");
    let differs = "done, and the sides sealed different results";
    assert_eq!(says(run(45, RunState::Differs, Some(2)), None), format!("{differs}: 2 cells are common by what we found"));
    assert_eq!(says(run(45, RunState::Differs, None), None), format!("{differs}{}", &not_known[4..]));
    let ended = "before its time: they ended it at result (timeout)";
    assert_eq!(says(left(45, Some(2)), None), format!("{ended}: 2 cells are common by what we found"));
    assert_eq!(says(left(45, None), None), format!("{ended}{}", &not_known[4..]));
    assert_eq!(run_says(&left(45, None), 1, &age(None)), "before its time: we ended it at result (timeout)", "we sealed none");
}

#[test]
fn a_result_that_is_not_here_is_not_nothing() {
    let of = |runs: &[RunView], known: Option<i64>| unknown(runs, 0, &age(known));
    let at_45 = format!("what the run of {} {NOT_KNOWN}", minutes(45));
    let known_since = [run(50, RunState::Differs, Some(0)), left(45, None), run(40, RunState::Done, None)];
    assert_eq!(of(&known_since, None), Some(at_45), "one that is not agreed clears nothing, and the newest is told");
    assert_eq!(of(&known_since, Some(50)), None, "a later one is agreed");
    assert_eq!(of(&[run(30, RunState::Done, None)], None), None, "its time is over");
    assert_eq!(of(&[run(45, RunState::UnderWay, None), run(45, RunState::Ended, None)], None), None, "we sealed nothing");
}
