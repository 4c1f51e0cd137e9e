//! What both logs say about blind runs: a function of the two logs alone, equal on both sides for equal prefixes.

use std::collections::BTreeMap;

use detente_types::statement::{BlindAskIn, BlindCommitIn, BlindResultIn, BlindRunIn, Statement};
use detente_types::{StatementRef, Timestamp};

/// A commitment as it stands in a log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Committed {
    /// Its place.
    pub at: StatementRef,
    /// What it says.
    pub said: BlindCommitIn,
}

/// How a run ended, as it stands in a log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ended {
    /// Its place.
    pub at: StatementRef,
    /// When, by its author's clock.
    pub claimed: Timestamp,
    /// What it says.
    pub said: BlindResultIn,
}

/// What both logs say about one run; the lower party's statements first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RunRecord {
    /// Commitments.
    pub committed: [Option<Committed>; 2],
    /// Ends.
    pub ended: [Option<Ended>; 2],
}

/// Where a run stands in the joint record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RunState {
    /// Somebody has not said yet how it ended.
    UnderWay,
    /// Both found the same.
    Done,
    /// Both reached the end and sealed different things: an answer was spoilt, or somebody lies about what it found.
    Differs,
    /// Somebody ended it before its time.
    Ended,
}

/// An officer of either side has asked for something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// When, by its author's clock.
    pub claimed: Timestamp,
    /// What it says.
    pub said: BlindAskIn,
}

/// All runs of a line, and what was asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Runs {
    pub(crate) runs: BTreeMap<BlindRunIn, RunRecord>,
    pub(crate) asked: BTreeMap<StatementRef, Asked>,
}

impl RunRecord {
    /// Where it stands.
    pub fn state(&self) -> RunState {
        let seal = |ended: &Option<Ended>| ended.as_ref().map(|ended| ended.said.seal.as_ref().map(|seal| **seal));
        match self.ended.each_ref().map(seal) {
            [Some(None), _] | [_, Some(None)] => RunState::Ended,
            [Some(Some(a)), Some(Some(b))] if a == b => RunState::Done,
            [Some(Some(_)), Some(Some(_))] => RunState::Differs,
            _ => RunState::UnderWay,
        }
    }
}

impl Runs {
    /// Takes note of a statement that counts; `second` when its author is the party with the higher ID.
    pub(crate) fn apply(&mut self, at: StatementRef, claimed: Timestamp, second: bool, statement: &Statement) {
        let side = usize::from(second);
        match statement {
            Statement::BlindCommit(said) => {
                self.runs.entry(said.run).or_default().committed[side] = Some(Committed { at, said: said.clone() });
            }
            Statement::BlindResult(said) => {
                self.runs.entry(said.run).or_default().ended[side] = Some(Ended { at, claimed, said: said.clone() });
            }
            Statement::BlindAsk(said) => drop(self.asked.insert(at, Asked { claimed, said: said.clone() })),
            _ => {}
        }
    }

    /// The time of a run: the fixed one, or when it was asked for by the clock of whoever asked.
    pub(crate) fn time_of(&self, run: &BlindRunIn) -> Option<Timestamp> {
        let asked = || run.asked.and_then(|at| self.asked.get(&at)).map(|asked| asked.claimed);
        run.at_us.map(Timestamp::from_micros).or_else(asked)
    }
}
