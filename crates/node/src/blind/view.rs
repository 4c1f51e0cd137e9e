//! What a person or a program sees of blind runs.

use core::cmp::Reverse;
use core::fmt;

use detente_blind::message::{Message, decode};
use detente_types::statement::{BlindReason, BlindRunIn};
use detente_types::{BlindConflictId, PartyId, StatementRef, Timestamp};

use super::SKEW_US;
use super::table::{Committed, RunRecord, RunState};
use crate::line::Line;

/// Blind matching on a line, for a screen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BlindView {
    /// When the next fixed run is due; none when the terms have none.
    pub next: Option<Timestamp>,
    /// Minutes between fixed runs; 0 for none.
    pub every_min: u32,
    /// What a run tells: `cells` or `count`.
    pub mode: String,
    /// Whether answers are proved.
    pub verified: bool,
    /// Places of every set: the most cells that a side can probe in a run.
    pub places: u64,
    /// How far ahead a run looks, minutes.
    pub ahead_min: u32,
    /// About how many cells of the grid a run looks at, whoever is in them.
    pub domain: u64,
    /// Whether the terms name an auditor to whom seeds are sealed.
    pub auditable: bool,
    /// What each side has spent on this day: ours first.
    pub budget: [Budget; 2],
    /// What is under way here.
    pub under_way: Vec<UnderWay>,
    /// The latest runs, the newest first.
    pub runs: Vec<RunView>,
}

/// What one side has spent of its budget on this day, UTC.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Budget {
    /// Runs that it has asked for.
    pub asked: u32,
    /// How many of those the terms allow.
    pub asked_most: u32,
    /// Runs that it has committed to.
    pub runs: u32,
    /// Places of their sets together: what it can have probed.
    pub places: u64,
    /// About how many cells there are to be probed, in one run.
    pub domain: u64,
}

impl Budget {
    /// What it can have probed as a share of what there is: 1 is all of it once.
    pub fn share(&self) -> f64 {
        self.places as f64 / self.domain.max(1) as f64
    }
}

/// A run that is under way here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnderWay {
    /// Which.
    pub run: BlindRunIn,
    /// Since when.
    pub since: Timestamp,
    /// How far it has come, in words.
    pub step: String,
}

/// A run of the joint record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunView {
    /// Which.
    pub run: BlindRunIn,
    /// Its time.
    pub at: Option<Timestamp>,
    /// Where it stands: equal on both sides for equal prefixes of the logs.
    pub state: RunState,
    /// What both logs say; the lower party's first.
    pub record: RunRecord,
    /// Whether each side sealed its seed to the auditor, ours first; none before it committed.
    pub auditable: [Option<bool>; 2],
    /// How many cells were found to be common, where this node still has that.
    pub found: Option<u32>,
}

/// News of blind runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BlindNews {
    /// An officer of either side asked for a run.
    RunAsked(StatementRef),
    /// A run is begun here.
    Began(BlindRunIn),
    /// A run reached its end.
    Done {
        /// Which.
        run: BlindRunIn,
        /// How many cells are common.
        count: u32,
        /// Whether the other side sealed the same.
        agrees: bool,
    },
    /// A run that tells only a number found cells to be common. Only we see it so.
    Common {
        /// Which.
        run: BlindRunIn,
        /// How many, above 0.
        count: u32,
    },
    /// A run ended before its time.
    Ended {
        /// Which.
        run: BlindRunIn,
        /// How far it had come: 0 hello, 1 commit, 2 first message, 3 release, 4 result.
        step: u8,
        /// Why.
        reason: BlindReason,
    },
    /// A run found something of theirs close to a plan of ours. Only we see it so.
    Conflict(BlindConflictId),
    /// The other side asks that what we have in common cells be shown.
    AskedToShow(StatementRef),
    /// Somebody on our side asked for what the terms do not allow.
    Refused {
        /// Who: the officer, or else the desk, as far as the token names one.
        by: Option<String>,
        /// Which rule refused it, in words.
        why: String,
    },
}

impl BlindNews {
    /// A word for its kind, for programs.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::RunAsked(_) => "blind-asked",
            Self::Began(_) => "blind-began",
            Self::Done { .. } => "blind-done",
            Self::Common { .. } => "blind-common",
            Self::Ended { .. } => "blind-ended",
            Self::Conflict(_) => "blind-conflict",
            Self::AskedToShow(_) => "blind-asked-to-show",
            Self::Refused { .. } => "blind-refused",
        }
    }

    /// What it is about, by name; none for what has a time only.
    pub fn about(&self) -> Option<String> {
        match self {
            Self::RunAsked(at) | Self::AskedToShow(at) => Some(at.hash.to_string()),
            Self::Conflict(id) => Some(id.to_string()),
            Self::Began(_) | Self::Done { .. } | Self::Common { .. } | Self::Ended { .. } | Self::Refused { .. } => None,
        }
    }
}

impl fmt::Display for BlindNews {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::RunAsked(at) => write!(f, "a blind run is asked for by {}", at.author.short()),
            Self::Began(run) => write!(f, "blind run {run} is begun"),
            Self::Done { run, count, agrees } => {
                let otherwise = if *agrees { "" } else { " by what we found, and the other side says otherwise" };
                write!(f, "blind run {run} is done: {} common{otherwise}", cells_are(*count))
            }
            Self::Common { run, count } => {
                write!(f, "only we see this: {} common with blind run {run} (which ones is not told)", cells_are(*count))
            }
            Self::Ended { run, step, reason } => write!(f, "blind run {run} ended before its time, at step {step}: {reason}"),
            Self::Conflict(id) => {
                write!(f, "only we see this: something of theirs may come too close to a plan of ours ({})", id.short())
            }
            Self::AskedToShow(_) => f.write_str("the other side asks to be shown what we have in common cells"),
            Self::Refused { by, why } => {
                write!(f, "{} asked for blind matching beyond what is allowed: {why}", by.as_deref().unwrap_or("somebody"))
            }
        }
    }
}

/// So many cells in words, with the verb.
pub fn cells_are(count: u32) -> String {
    if count == 1 { "1 cell is".into() } else { format!("{count} cells are") }
}

impl Line {
    /// Blind matching as it stands, with so many of the latest runs.
    pub fn blind(&self, now: Timestamp, latest: usize) -> BlindView {
        let terms = self.current_terms();
        let (matching, input) = (terms.matching(), terms.input());
        let domain = self.domain();
        let budget = [self.us(), self.them()].map(|party| self.blind_budget(party, now, domain));
        let under_way = self.matching.live.iter().filter(|(_, live)| !live.is_over()).map(|(run, live)| {
            let step = live.step().to_string();
            UnderWay { run: *run, since: live.since(), step }
        });
        BlindView {
            next: self.matching.next,
            every_min: input.blind.every_min,
            mode: matching.mode.clone(),
            verified: matching.verified,
            places: 1 << matching.class_log2,
            ahead_min: matching.ahead_min,
            domain,
            auditable: super::begin::auditor_of(terms).is_some(),
            budget,
            under_way: under_way.collect(),
            runs: self.latest_runs(now, latest),
        }
    }

    /// So many of the latest runs, the newest first. Those before them are passed over without a copy: they are all that were.
    fn latest_runs(&self, now: Timestamp, latest: usize) -> Vec<RunView> {
        // A run that is said to be in the future is a claim: it takes no place from what took place.
        let is_ahead = |at: Timestamp| at.since(now) > SKEW_US;
        let runs = &self.matching.runs;
        let key = |run: &BlindRunIn| {
            let at = runs.time_of(run);
            Reverse((!at.is_some_and(is_ahead), at, *run))
        };
        let mut all: Vec<_> = runs.runs.keys().map(key).collect();
        all.sort_unstable();
        let newest = all.into_iter().take(latest);
        newest.filter_map(|Reverse((.., run))| self.blind_run(&run)).collect()
    }

    /// What both logs say about a run.
    pub fn blind_run(&self, run: &BlindRunIn) -> Option<RunView> {
        self.matching.runs.runs.get(run).map(|record| self.run_view(*run, record))
    }

    /// What both logs say about all runs, for whoever compares two nodes: equal on both sides for equal prefixes.
    pub fn blind_record(&self) -> impl Iterator<Item = (&BlindRunIn, &RunRecord)> {
        self.matching.runs.runs.iter()
    }

    /// What was asked for by either side, by statement.
    pub fn blind_asked(&self) -> impl Iterator<Item = (&StatementRef, &super::Asked)> {
        self.matching.runs.asked.iter()
    }

    /// How many cells the latest runs found to be common, as far as they are kept, and whether the other side sealed the same: by when
    /// they were begun, the oldest first.
    pub fn blind_found(&self) -> impl Iterator<Item = (BlindRunIn, u32, Option<bool>)> + '_ {
        self.matching.found.iter().map(|found| (found.run, found.count, self.matching.agreement(&found.run)))
    }

    /// Where only their number is told, by the terms of the run: how many cells are common, by the newest run that found any and that no
    /// later one of which both sides say the same clears.
    pub fn blind_common(&self) -> Option<(BlindRunIn, u32)> {
        let newest = self.matching.standing().iter().rev().find(|found| found.count > 0)?;
        newest.is_counted().then_some((newest.run, newest.count))
    }

    /// Whether blind runs are under way here, or ends of some are still to be stated.
    pub fn is_matching(&self) -> bool {
        let live = self.matching.live.values().any(|live| !live.is_over());
        live || !(self.matching.ends.is_empty() && self.matching.wanted.is_empty())
    }

    fn run_view(&self, run: BlindRunIn, record: &RunRecord) -> RunView {
        let auditable = record.committed.each_ref().map(|said| said.as_ref().map(|said| said.said.sealed.is_some()));
        let auditable = if self.us() < self.them() { auditable } else { [auditable[1], auditable[0]] };
        let found = self.matching.found.iter().find(|found| found.run == run).map(|found| found.count);
        RunView { run, at: self.matching.runs.time_of(&run), state: record.state(), record: record.clone(), auditable, found }
    }

    fn blind_budget(&self, party: PartyId, now: Timestamp, domain: u64) -> Budget {
        let day = |at: Timestamp| at.micros().div_euclid(86_400_000_000);
        let side = usize::from(party == self.us().max(self.them()));
        let of_today = |(run, record): (&BlindRunIn, &RunRecord)| {
            let today = self.matching.runs.time_of(run).is_some_and(|at| day(at) == day(now));
            (today && record.committed[side].is_some()).then(|| places_of(record))
        };
        let places: Vec<u64> = self.matching.runs.runs.iter().filter_map(of_today).collect();
        Budget {
            asked: self.side(&party).blind_asked(now),
            asked_most: self.current_terms().input().blind.extra_per_day,
            runs: places.len() as u32,
            places: places.iter().sum(),
            domain,
        }
    }
}

/// Places of a set of a run: of the greater class of the two hellos, for both sides' lists have that.
fn places_of(record: &RunRecord) -> u64 {
    let class = |committed: &Committed| match decode(&committed.said.hello) {
        Some(Message::Hello(hello)) => 1_u64.checked_shl(hello.class.log2().into()).unwrap_or(u64::MAX),
        _ => 0,
    };
    record.committed.iter().flatten().map(class).max().unwrap_or_default()
}
