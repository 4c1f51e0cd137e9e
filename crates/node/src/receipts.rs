//! How far each entry got: the receipts of both sides, by the entry that they are about.

use std::collections::BTreeMap;

use detente_types::statement::{Level, ReceiptIn};
use detente_types::{EntryHash, StatementRef, Timestamp};

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

/// All receipts of a line.
#[derive(Clone, Debug, Default)]
pub(crate) struct Receipts {
    by_entry: BTreeMap<EntryHash, Vec<Receipt>>,
}

impl Receipts {
    pub(crate) fn take(&mut self, receipt: Receipt) {
        self.by_entry.entry(receipt.input.of.hash).or_default().push(receipt);
    }

    /// All receipts about an entry, as they came.
    pub(crate) fn about(&self, hash: &EntryHash) -> &[Receipt] {
        self.by_entry.get(hash).map_or(&[], Vec::as_slice)
    }
}
