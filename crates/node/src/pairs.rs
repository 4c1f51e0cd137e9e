//! Which statements are in conflict, by name: small enough to keep all of them (PROTOCOL F7).
//!
//! How two notices meet is computed from them when somebody asks; kept are their names and one hash of it.

use std::collections::BTreeMap;
#[cfg(test)]
use std::collections::BTreeSet;
use std::ops::Bound;

use detente_types::{ConflictId, StatementRef};

/// A statement's number here: short, and never shown.
type Number = u64;

/// All joint conflicts of a line.
#[derive(Default)]
pub(crate) struct Pairs {
    numbers: BTreeMap<StatementRef, Number>,
    statements: BTreeMap<Number, StatementRef>,
    next: Number,
    found: BTreeMap<ConflictId, Met>,
    /// Each pair both ways round.
    met: BTreeMap<(Number, Number), ConflictId>,
    /// The exclusive or of one hash per conflict: it does not depend on order, and a conflict that goes undoes what it did
    /// when it came. It tells two honest nodes apart; it is no commitment, and nobody signs it.
    fold: [u8; 32],
    round: u32,
}

struct Met {
    /// The statement of the party with the lower ID first.
    pair: [Number; 2],
    content: [u8; 32],
    round: u32,
}

impl Pairs {
    /// Two statements meet, and how. Says whether that is new.
    pub(crate) fn add(&mut self, id: ConflictId, statements: [StatementRef; 2], content: [u8; 32]) -> bool {
        let pair = statements.map(|at| self.number(at));
        self.toggle(&content);
        match self.found.insert(id, Met { pair, content, round: self.round }) {
            Some(before) => {
                self.toggle(&before.content);
                false
            }
            None => {
                let [a, b] = pair;
                self.met.insert((a, b), id);
                self.met.insert((b, a), id);
                true
            }
        }
    }

    /// Takes out conflicts of a statement that is not live any more, at most so many. Done when fewer come back.
    pub(crate) fn drop_some(&mut self, at: &StatementRef, most: usize) -> Vec<ConflictId> {
        let Some(number) = self.numbers.get(at).copied() else {
            return Vec::new();
        };
        let ids: Vec<ConflictId> = self.met.range((number, 0)..=(number, Number::MAX)).take(most).map(|(_, id)| *id).collect();
        ids.iter().for_each(|id| self.remove(id));
        if ids.len() < most {
            self.numbers.remove(at);
            self.statements.remove(&number);
        }
        ids
    }

    /// From now on what is found again counts, and the rest goes with [`Self::sweep_some`].
    pub(crate) fn begin_round(&mut self) {
        self.round += 1;
    }

    /// Looks at the next conflicts after one, at most so many, and takes out those that were not found again in this round.
    /// Gives what went, the last that was looked at, and how many were.
    pub(crate) fn sweep_some(&mut self, after: Option<ConflictId>, most: usize) -> (Vec<ConflictId>, Option<ConflictId>, usize) {
        let from = after.map_or(Bound::Unbounded, Bound::Excluded);
        let (mut gone, mut last, mut looked) = (Vec::new(), None, 0);
        for (id, met) in self.found.range((from, Bound::Unbounded)).take(most) {
            (last, looked) = (Some(*id), looked + 1);
            if met.round != self.round {
                gone.push(*id);
            }
        }
        gone.iter().for_each(|id| self.remove(id));
        (gone, last, looked)
    }

    pub(crate) fn len(&self) -> usize {
        self.found.len()
    }

    /// The statements of a conflict, that of the party with the lower ID first.
    pub(crate) fn get(&self, id: &ConflictId) -> Option<[StatementRef; 2]> {
        self.found.get(id).map(|met| self.statements_of(met))
    }

    /// All after one, in the order of their names.
    pub(crate) fn after(&self, id: Option<&ConflictId>) -> impl Iterator<Item = (ConflictId, [StatementRef; 2])> + '_ {
        let from = id.map_or(Bound::Unbounded, |id| Bound::Excluded(*id));
        self.found.range((from, Bound::Unbounded)).map(|(id, met)| (*id, self.statements_of(met)))
    }

    pub(crate) const fn fold(&self) -> [u8; 32] {
        self.fold
    }

    /// Statements that are numbered, for tests: none that has no conflict and is gone stays.
    #[cfg(test)]
    pub(crate) fn numbered(&self) -> BTreeSet<StatementRef> {
        self.numbers.keys().copied().collect()
    }

    fn statements_of(&self, met: &Met) -> [StatementRef; 2] {
        met.pair.map(|number| self.statements[&number])
    }

    fn number(&mut self, at: StatementRef) -> Number {
        let next = self.next;
        let number = *self.numbers.entry(at).or_insert(next);
        if number == next {
            self.next += 1;
            self.statements.insert(number, at);
        }
        number
    }

    fn remove(&mut self, id: &ConflictId) {
        if let Some(met) = self.found.remove(id) {
            let [a, b] = met.pair;
            self.met.remove(&(a, b));
            self.met.remove(&(b, a));
            self.toggle(&met.content);
        }
    }

    fn toggle(&mut self, content: &[u8; 32]) {
        self.fold.iter_mut().zip(content).for_each(|(sum, byte)| *sum ^= byte);
    }
}
