//! How far each entry got: the receipts of both sides, by the entry that they are about.
//!
//! Invariant: an entry is named by its whole reference, its author included. A hash alone would let a peer speak about an
//! entry of its own as if it were ours, in the place of what we say about it.

use std::collections::BTreeMap;

use detente_types::statement::{Level, ReceiptIn, SafetyActionIn};
use detente_types::{StatementRef, Timestamp};

/// A receipt as it stands in a log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// The receipt's own place.
    pub at: StatementRef,
    /// When, by its author's clock.
    pub claimed: Timestamp,
    /// How far.
    pub level: Level,
    /// What it says.
    pub input: ReceiptIn,
}

/// What was stated to be done about a SAFETY notice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Action {
    /// The statement's own place.
    pub at: StatementRef,
    /// When, by its author's clock.
    pub claimed: Timestamp,
    /// What it says.
    pub input: SafetyActionIn,
}

/// All receipts of a line, and what was done about its SAFETY notices.
#[derive(Clone, Debug, Default)]
pub(crate) struct Receipts {
    by_entry: BTreeMap<StatementRef, Vec<Receipt>>,
    actions: BTreeMap<StatementRef, Action>,
}

impl Receipts {
    /// Takes a receipt, once: it may overtake its log.
    pub(crate) fn take(&mut self, receipt: Receipt) {
        let known = self.by_entry.entry(receipt.input.of).or_default();
        if known.iter().all(|other| other.at != receipt.at) {
            known.push(receipt);
        }
    }

    /// The newest action counts: it may name another time. One that came back after a restore may be judged after a newer
    /// one. Says whether this is the newest. Places of one log are compared: only the other party of an entry's author acts
    /// about it (DV-056).
    pub(crate) fn act(&mut self, action: Action) -> bool {
        let place = |action: &Action| (action.at.generation, action.at.index);
        let newer = self.actions.get(&action.input.of).is_none_or(|known| place(known) <= place(&action));
        if newer {
            self.actions.insert(action.input.of, action);
        }
        newer
    }

    /// What was stated last to be done about a SAFETY notice.
    pub(crate) fn action(&self, of: &StatementRef) -> Option<&Action> {
        self.actions.get(of)
    }

    /// All receipts about an entry, as they came.
    pub(crate) fn about(&self, of: &StatementRef) -> &[Receipt] {
        self.by_entry.get(of).map_or(&[], Vec::as_slice)
    }
}
