//! Blind runs on a line: when they begin, what drives them, and what follows from how they end (PROTOCOL section 1, `blind-commit`).
//!
//! A run begins at the terms' fixed times, whatever is planned and whether anything changed, or because an officer of either
//! side asked for it within the budget. Both sides derive the same *context* for it from the line, the terms and which run it
//! is, and the link's stream from that; so nobody leads. The heavy work is handed out ([`Node::poll_work`]).
//!
//! Invariants: a run is in the book before anything of it is said, and is never begun twice, so no secret serves twice;
//! what a run is bound to stands in both logs, durable on both disks, before a point leaves; each run that was begun ends
//! with one statement, also after a start; nothing that depends on a plan leaves but by the run itself or by an officer's
//! release.

mod audit;
mod begin;
mod book;
mod conflict;
mod found;
mod live;
mod merge;
mod papers;
mod set;
mod table;
mod view;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

use detente_blind::{Digest, Done, Job};
use detente_types::statement::{BlindReason, BlindResultIn, BlindRunIn, Kind, Statement, StatementIn};
use detente_types::{LineId, StatementRef, Timestamp};
use rand_core::CryptoRng;

use crate::book::BookEntry;
use crate::input::What;
use crate::line::{Cx, Line, Phase};
use crate::node::Node;

pub use audit::{AuditFault, AuditVerdict, Difference, RunAudit, auditor_key};
pub use book::{BookBlindBegun, BookBlindDeed, BookBlindFault, BookBlindFound, BookBlindHit, BookBlindPlan, BookBlindShown};
pub use conflict::BlindConflict;
pub use papers::Papers;
pub use table::{Asked, Committed, Ended, RunRecord, RunState};
pub use view::{BlindNews, BlindView, Budget, RunView, UnderWay, cells_are};

use conflict::Shown;
pub(crate) use found::Found;
use live::Live;
use table::Runs;

/// Runs that may be under way at a time: of more than a fixed one and an asked one each costs the memory of a class.
const LIVE_MAX: usize = 2;
/// A fixed run is not begun later than this after its time.
const GRACE_US: i64 = 5 * 60_000_000;
/// The other side's clock may be so far ahead of ours for its fixed run to be joined, and so far off for one that was asked for.
const SKEW_US: i64 = 5 * 60_000_000;
/// A run that was asked for begins within this time, or not at all.
const ASKED_US: i64 = 60_000_000;
/// Results that are kept in memory: askings name them, and what they found stands until a later one of which both sides say the same.
const FOUND_MAX: usize = 64;

/// Blind runs of a line.
#[derive(Default)]
pub(crate) struct Matching {
    /// What both logs say.
    pub(crate) runs: Runs,
    /// What is under way here.
    live: BTreeMap<BlindRunIn, Live>,
    /// What the book says was begun.
    begun: BTreeMap<BlindRunIn, Beginning>,
    /// A fixed run for which there is no room, as others are under way.
    crowded: Option<Crowded>,
    /// Askings that wait to be begun, since when.
    wanted: BTreeMap<StatementRef, Timestamp>,
    /// Ends that are still to be stated.
    ends: BTreeMap<BlindRunIn, BlindResultIn>,
    /// What the latest runs found, in the order in which they were begun.
    found: Vec<Found>,
    /// What was shown because of them.
    shown: Vec<Shown>,
    /// When the next fixed run is due.
    next: Option<Timestamp>,
    /// How many cells a run under the present terms looks at, once somebody has asked: counted anew, it would take a screen's every look.
    domain: OnceLock<u64>,
}

/// When a run was begun here, and under which terms.
#[derive(Clone, Copy)]
struct Beginning {
    at: Timestamp,
    terms: Digest,
}

/// A fixed run that waits for others to end, until then.
#[derive(Clone, Copy)]
struct Crowded {
    run: BlindRunIn,
    until: Timestamp,
}

/// A piece of heavy work of one run of one line. Do it on any thread, in any order, and hand back what it gives.
pub struct Work {
    line: LineId,
    run: BlindRunIn,
    job: Job,
}

/// What a piece of work gave.
pub struct Worked {
    line: LineId,
    run: BlindRunIn,
    done: Done,
}

impl Work {
    /// Does it: some milliseconds, but for two pieces of each run that sort a whole list.
    pub fn perform(self) -> Worked {
        Worked { line: self.line, run: self.run, done: self.job.run() }
    }
}

impl Node {
    /// The next piece of heavy work of blind runs, if there is any now: take as many as there are threads, again after each
    /// input. Runs whose work nobody does stand still, and end by silence.
    pub fn poll_work(&mut self) -> Option<Work> {
        self.lines.iter_mut().find_map(|(line, state)| {
            state.matching.live.iter_mut().find_map(|(run, live)| Some(Work { line: *line, run: *run, job: live.poll_job()? }))
        })
    }

    /// Takes what a piece of work gave. Of runs that are over by now nothing is taken.
    pub fn handle_worked(&mut self, now: Timestamp, rng: &mut dyn CryptoRng, worked: Worked) {
        let Worked { line, run, done } = worked;
        if let Some(live) = self.lines.get_mut(&line).and_then(|line| line.matching.live.get_mut(&run)) {
            live.handle_done(now, done);
        }
        self.run(now, rng);
    }
}

impl Matching {
    /// Nothing more is begun or gone on with: the disk failed.
    pub(crate) fn stop(&mut self) {
        self.live.clear();
        self.wanted.clear();
        (self.next, self.crowded) = (None, None);
    }

    /// When something is due here, if nothing comes before.
    pub(crate) fn timeout(&self) -> Option<Timestamp> {
        let live = self.live.values().filter_map(Live::deadline);
        let wanted = self.wanted.values().map(|since| since.plus_micros(ASKED_US));
        live.chain(wanted).chain(self.next).chain(self.crowded.map(|crowded| crowded.until)).min()
    }
}

impl Line {
    /// A message of a run came.
    pub(crate) fn hear_blind(&mut self, cx: &Cx<'_>, stream: u64, bytes: &[u8]) {
        if let Some(live) = self.matching.live.values_mut().find(|live| live.stream() == stream) {
            live.hear(cx.now, bytes);
        }
    }

    /// The other side has begun a run that we have not: where our clock is behind, it begins now.
    pub(crate) fn hear_knock(&mut self, cx: &mut Cx<'_>, stream: u64) {
        let Some(every_us) = self.period_us() else { return };
        let last = cx.now.micros().div_euclid(every_us);
        for number in [last, last + 1] {
            let at = Timestamp::from_micros(number * every_us);
            let run = BlindRunIn::at(at);
            if at.since(cx.now).abs() <= SKEW_US.min(every_us / 2) && self.stream_of(&run, at) == stream {
                self.try_begin(cx, run, at);
            }
        }
    }

    /// Takes note of a statement of either log that counts.
    pub(crate) fn act_on_blind(&mut self, cx: &mut Cx<'_>, at: StatementRef, claimed: Timestamp, statement: &Statement) {
        let second = at.author == self.us().max(self.them());
        self.matching.runs.apply(at, claimed, second, statement);
        if self.loading {
            return;
        }
        match statement {
            Statement::BlindAsk(said) if said.is_for_a_run() => {
                let run = BlindRunIn::asked(at);
                if cx.now.since(claimed).abs() > SKEW_US {
                    return self.owe_end(run, ended(run, BlindReason::Untimely));
                }
                self.matching.wanted.insert(at, cx.now);
                self.news(cx, BlindNews::RunAsked(at));
            }
            Statement::BlindAsk(_) if at.author == self.them() => self.news(cx, BlindNews::AskedToShow(at)),
            // It came back from them after a restore: whoever made it is gone, and its secrets with them.
            Statement::BlindCommit(said) if at.author == self.us() && !self.matching.live.contains_key(&said.run) => {
                let end = BlindResultIn { step: Some(1), ..ended(said.run, BlindReason::Machine) };
                self.owe_end(said.run, end);
            }
            Statement::BlindResult(said) if at.author == self.them() && said.seal.is_none() => {
                if let Some(live) = self.matching.live.get_mut(&said.run) {
                    live.left();
                }
            }
            _ => {}
        }
    }

    /// Begins what is due, goes on with what is under way, and states how runs ended.
    pub(crate) fn drive_blind(&mut self, cx: &mut Cx<'_>) {
        self.begin_due(cx);
        let runs: Vec<BlindRunIn> = self.matching.live.keys().copied().collect();
        for run in runs {
            if let Some(mut live) = self.matching.live.remove(&run)
                && !live.drive(self, cx)
            {
                self.matching.live.insert(run, live);
            }
        }
        self.state_ends(cx);
    }

    fn begin_due(&mut self, cx: &mut Cx<'_>) {
        let wanted: Vec<(StatementRef, Timestamp)> = self.matching.wanted.iter().map(|(at, since)| (*at, *since)).collect();
        for (at, since) in wanted {
            let run = BlindRunIn::asked(at);
            let time = self.matching.runs.time_of(&run).unwrap_or(since);
            if self.try_begin(cx, run, time) {
                self.matching.wanted.remove(&at);
            } else if cx.now.since(since) >= ASKED_US {
                self.matching.wanted.remove(&at);
                self.owe_end(run, ended(run, BlindReason::Untimely));
            }
        }
        let Some(every_us) = self.period_us() else {
            (self.matching.next, self.matching.crowded) = (None, None);
            return;
        };
        let last = Timestamp::from_micros(cx.now.micros().div_euclid(every_us) * every_us);
        self.matching.next = Some(last.plus_micros(every_us));
        self.leave_out(cx);
        let (run, until) = (BlindRunIn::at(last), last.plus_micros(GRACE_US.min(every_us / 2)));
        if cx.now <= until && !self.try_begin(cx, run, last) && self.may_begin(cx) {
            self.matching.crowded = Some(Crowded { run, until: until.plus_micros(1) });
        }
    }

    /// There was no room for a fixed run in its time, for the ones before it are still under way: a side that draws runs out would keep
    /// others from being, and nobody would know. Both logs and both watches hear of it.
    fn leave_out(&mut self, cx: &mut Cx<'_>) {
        let Some(Crowded { run, .. }) = self.matching.crowded.take_if(|crowded| cx.now >= crowded.until) else { return };
        if !self.has_begun(&run) {
            self.owe_end(run, ended(run, BlindReason::Untimely));
            self.news(cx, BlindNews::Ended { run, step: 0, reason: BlindReason::Untimely });
        }
    }

    /// Between fixed runs, microseconds; none when there are none.
    fn period_us(&self) -> Option<i64> {
        let every_us = i64::from(self.current_terms().input().blind.every_min) * 60_000_000;
        (every_us > 0).then_some(every_us)
    }

    /// Whether a run can be begun now: everything flows, our log may grow, and not too much is under way.
    fn may_begin(&self, cx: &Cx<'_>) -> bool {
        self.phase == Phase::Open
            && self.may_state(false)
            && self.link.carries_blind()
            && !cx.out.is_behind()
            && !cx.out.is_full()
    }

    /// Whether something of a run was said or booked by us: it is not begun again.
    fn has_begun(&self, run: &BlindRunIn) -> bool {
        let said = self.own.blind(run);
        let live = self.matching.live.contains_key(run) || self.matching.ends.contains_key(run);
        said.committed || said.ended || live || self.matching.begun.contains_key(run)
    }

    /// A run ends: it is stated as soon as our log may grow, unless it was.
    fn owe_end(&mut self, run: BlindRunIn, end: BlindResultIn) {
        if !self.own.blind(&run).ended {
            self.matching.ends.entry(run).or_insert(end);
        }
    }

    fn state_ends(&mut self, cx: &mut Cx<'_>) {
        if self.matching.ends.is_empty() || !self.may_state(false) || cx.out.is_behind() {
            return;
        }
        for (run, end) in core::mem::take(&mut self.matching.ends) {
            // What cannot be said any more concerns nobody: a run that was not committed to, under terms that are over.
            if !self.own.blind(&run).ended
                && let Err(fault) = self.say(cx, &StatementIn::BlindResult(end))
            {
                self.event(cx, What::Fault(format!("how blind run {run} ended is not said: {fault}")));
            }
        }
    }

    fn news(&self, cx: &mut Cx<'_>, news: BlindNews) {
        self.event(cx, What::Blind(news));
    }

    /// A row of the book about blind runs.
    pub(crate) fn load_blind(&mut self, entry: BookEntry) {
        match entry {
            BookEntry::BlindBegun(begun) => {
                let at = Timestamp::from_micros(begun.at_us);
                self.matching.begun.insert(begun.run, Beginning { at, terms: *begun.terms });
            }
            BookEntry::BlindFound(found) => {
                if let Some(beginning) = self.matching.begun.get(&found.run) {
                    let found = Found::of(found, *beginning);
                    self.matching.keep(found);
                }
            }
            BookEntry::BlindDeed(deed) => {
                if let Some(shown) = &deed.shown {
                    self.matching.note_shown(&deed.run, shown);
                }
            }
            _ => {}
        }
    }

    /// After a start: whatever was begun, committed to or asked for and did not end, ends now. Its secrets are gone.
    pub(crate) fn end_after_start(&mut self) {
        let side = usize::from(self.us() > self.them());
        let committed = self.matching.runs.runs.iter().filter(|(_, record)| record.committed[side].is_some());
        let asked = self.matching.runs.asked.iter().filter(|(_, asked)| asked.said.is_for_a_run());
        let asked = asked.map(|(at, _)| BlindRunIn::asked(*at));
        let all: BTreeSet<_> = committed.map(|(run, _)| *run).chain(self.matching.begun.keys().copied()).chain(asked).collect();
        for run in all {
            let mut end = ended(run, BlindReason::Machine);
            end.step = Some(u8::from(self.own.blind(&run).committed));
            self.owe_end(run, end);
        }
    }
}

/// An end before its time, at the first step.
fn ended(run: BlindRunIn, reason: BlindReason) -> BlindResultIn {
    BlindResultIn {
        kind: Kind::BlindResult.code(),
        run,
        seal: None,
        step: Some(0),
        taken: None,
        reason: Some(reason.code()),
        desk: None,
        officer: None,
    }
}
