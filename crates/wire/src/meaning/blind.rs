//! The gate for statements about blind runs: each run is one that both sides know of, is committed to once, ends once, and
//! costs budget where an officer asked for it. One rule for both sides, and it needs nothing but the logs.

use detente_types::statement::{
    BlindAskIn, BlindCommitIn, BlindReason, BlindResultIn, BlindRunIn, HELLO_BYTES_MAX, Kind, STRETCHES_MAX,
};
use detente_types::{Rule, Violation};

use super::{Standing, check_person, note_text, refer};

/// What the author of a statement has said before it about one blind run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BlindSaid {
    /// It has committed to it.
    pub committed: bool,
    /// It has said how it ended.
    pub ended: bool,
    /// It has sealed what it found.
    pub sealed: bool,
}

const MINUTE_US: i64 = 60_000_000;
/// The last step at which a run can end before its time.
const STEP_MAX: u8 = 4;
/// The step in which chunks are taken.
const STEP_RELEASE: u8 = 3;

pub(super) fn check_commit(s: BlindCommitIn, at: &Standing<'_>, faults: &mut Vec<Violation>) -> Option<BlindCommitIn> {
    check_run(&s.run, at, faults);
    check_near(&s.run, at, faults);
    if !(1..=HELLO_BYTES_MAX).contains(&s.hello.len()) {
        refuse("hello", format!("{} bytes", s.hello.len()), "1 to 512 bytes", faults);
    }
    let said = at.known.blind(&s.run);
    if said.committed || said.ended {
        once(&s.run, "a run that this author has neither committed to nor ended", faults);
    }
    Some(s)
}

pub(super) fn check_result(s: BlindResultIn, at: &Standing<'_>, faults: &mut Vec<Violation>) -> Option<BlindResultIn> {
    check_person(&s.desk, &s.officer, faults);
    let said = at.known.blind(&s.run);
    // What was committed to can always be ended, whatever the terms say by then.
    if !said.committed {
        check_run(&s.run, at, faults);
    }
    if said.ended || (s.seal.is_some() && !said.committed) {
        once(&s.run, "a run that this author has not ended, and has committed to where it seals a result", faults);
    }
    let aborts = s.step.is_some_and(|step| step <= STEP_MAX) && s.reason.is_some_and(|r| BlindReason::from_code(r).is_some());
    let releases = s.taken.is_none() || s.step == Some(STEP_RELEASE);
    let good = match s.seal {
        Some(_) => s.step.is_none() && s.reason.is_none() && s.taken.is_none(),
        None => aborts && releases,
    };
    if !good {
        let found = format!("seal {}, step {:?}, taken {:?}, reason {:?}", s.seal.is_some(), s.step, s.taken, s.reason);
        refuse("seal", found, "a seal alone, or step and reason, with chunks taken in the release only", faults);
    }
    Some(s)
}

pub(super) fn check_ask(s: BlindAskIn, at: &Standing<'_>, faults: &mut Vec<Violation>) -> Option<BlindAskIn> {
    check_person(&s.desk, &s.officer, faults);
    note_text("reason", s.reason.as_ref(), faults);
    match (&s.run, &s.cells) {
        (None, None) => check_budget(at, faults),
        (Some(run), Some(cells)) => {
            if !at.known.blind(run).sealed {
                once(run, "a run of which this author has sealed a result", faults);
            }
            if !is_ascending(cells) {
                let wanted = "1 to 1,000 stretches of at least one place, ascending and apart";
                refuse("cells", format!("{} stretches", cells.len()), wanted, faults);
            }
        }
        _ => refuse("cells", "one of run and cells without the other".into(), "both, or neither for a new run", faults),
    }
    Some(s)
}

/// Runs beyond the fixed ones, a day and a side (DV-082). Each day that askings claim has its own count.
fn check_budget(at: &Standing<'_>, faults: &mut Vec<Violation>) {
    let most = at.terms.map_or(0, |terms| terms.input().blind.extra_per_day);
    let asked = at.known.blind_asked(at.claimed);
    if asked >= most {
        faults.push(
            Violation::new(Rule::BlindBudget, "run", format!("{asked} asked for on this day before"))
                .expected(format!("at most {most} a day and side")),
        );
    }
}

fn check_run(run: &BlindRunIn, at: &Standing<'_>, faults: &mut Vec<Violation>) {
    let every_us = period_us(at);
    match (run.at_us, &run.asked) {
        (Some(at_us), None) if every_us > 0 && at_us % every_us == 0 => {}
        (None, Some(asked)) if at.known.asks_blind_run(asked) => refer(asked, asked.author, &[Kind::BlindAsk], "run", at, faults),
        _ => {
            faults.push(Violation::new(Rule::BlindRun, "run", run.to_string()).expected(
                "a multiple of the terms' blind.every_min, or a statement known to its author that asks for a run".into(),
            ))
        }
    }
}

/// A run of a fixed time is committed to about then.
fn check_near(run: &BlindRunIn, at: &Standing<'_>, faults: &mut Vec<Violation>) {
    let every_us = period_us(at);
    let off_us = run.at_us.map(|at_us| at.claimed.micros().abs_diff(at_us));
    if off_us.is_some_and(|off_us| off_us > every_us.unsigned_abs()) {
        faults.push(
            Violation::new(Rule::BlindRun, "run", run.to_string())
                .expected(format!("a time within a period of {}, when it is stated", at.claimed)),
        );
    }
}

fn period_us(at: &Standing<'_>) -> i64 {
    at.terms.map_or(0, |terms| i64::from(terms.input().blind.every_min) * MINUTE_US)
}

fn is_ascending(cells: &[[u32; 2]]) -> bool {
    let mut end = 0_u64;
    let follows = cells.iter().enumerate().all(|(i, &[first, count])| {
        let apart = i == 0 || u64::from(first) > end;
        end = u64::from(first) + u64::from(count);
        apart && count > 0
    });
    follows && (1..=STRETCHES_MAX).contains(&cells.len())
}

fn once(run: &BlindRunIn, wanted: &str, faults: &mut Vec<Violation>) {
    faults.push(Violation::new(Rule::BlindOnce, "run", run.to_string()).expected(wanted.into()));
}

fn refuse(field: &str, found: String, wanted: &str, faults: &mut Vec<Violation>) {
    faults.push(Violation::new(Rule::BlindForm, field, found).expected(wanted.into()));
}
