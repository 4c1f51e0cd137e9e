//! What a run gives: figures, and the first thing that did not hold.

use std::collections::BTreeMap;
use std::fmt;

use crate::fault::Fault;
use crate::invariant::Violation;
use crate::options::Options;

/// A counted seed has at least so many virtual minutes, statements each way on each line, and kinds of fault.
pub const COUNTED_MINUTES: i64 = 30;
/// See [`COUNTED_MINUTES`].
pub const COUNTED_STATEMENTS: u64 = 200;
/// See [`COUNTED_MINUTES`].
pub const COUNTED_FAULTS: usize = 5;

/// Figures of one run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Figures {
    /// Virtual time, µs.
    pub virtual_us: i64,
    /// Events of the world.
    pub events: u64,
    /// Entries of all logs at the end.
    pub statements: u64,
    /// Entries of the shortest log at the end.
    pub statements_least: u64,
    /// Faults that happened, by kind.
    pub faults: BTreeMap<Fault, u64>,
    /// Commands that nodes did not take, by reason.
    pub refused: BTreeMap<String, u64>,
    /// Inputs that waited and could not be stated any more, by reason.
    pub dropped: BTreeMap<String, u64>,
    /// Lines that must open a new generation.
    pub renewed: u64,
    /// Time from the end of all faults until both sides had everything, µs.
    pub converged_us: i64,
    /// Early SAFETY notices that were acted on.
    pub early: u64,
    /// Joint conflicts at the end.
    pub conflicts: u64,
    /// Liars that had the occasion to lie.
    pub lied: u64,
    /// What an honest node said of a liar, by kind.
    pub named: BTreeMap<String, u64>,
}

impl Figures {
    /// Whether the seed counts.
    pub fn is_counted(&self) -> bool {
        self.virtual_us >= COUNTED_MINUTES * 60_000_000
            && self.statements_least >= COUNTED_STATEMENTS
            && self.faults.len() >= COUNTED_FAULTS
    }

    /// Adds another run's.
    pub fn add(&mut self, other: &Self) {
        self.virtual_us += other.virtual_us;
        self.events += other.events;
        self.statements += other.statements;
        self.statements_least = self.statements_least.min(other.statements_least);
        self.renewed += other.renewed;
        self.converged_us = self.converged_us.max(other.converged_us);
        self.early += other.early;
        self.conflicts += other.conflicts;
        self.lied += other.lied;
        other.faults.iter().for_each(|(fault, n)| *self.faults.entry(*fault).or_default() += n);
        merge(&mut self.refused, &other.refused);
        merge(&mut self.dropped, &other.dropped);
        merge(&mut self.named, &other.named);
    }
}

fn merge(into: &mut BTreeMap<String, u64>, from: &BTreeMap<String, u64>) {
    from.iter().for_each(|(what, n)| *into.entry(what.clone()).or_default() += n);
}

/// What one seed gave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// The seed.
    pub seed: u64,
    /// All that was told beside it.
    pub options: Options,
    /// Its figures.
    pub figures: Figures,
    /// What did not hold, if anything.
    pub failure: Option<Failure>,
}

/// Something that did not hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// What.
    pub violation: Violation,
    /// After how many events.
    pub event: u64,
    /// Virtual time since the start, µs.
    pub at_us: i64,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.at_us / 1_000_000;
        write!(f, "after {} events, at {:02}:{:02}: {}", self.event, seconds / 60, seconds % 60, self.violation)
    }
}
