//! One author's log in one generation: ours, or our copy of the other side's.
//!
//! A log takes nothing but [`Verified<Entry>`] in order, so whatever it holds passed the envelope gate. It keeps
//! leaf hashes only; leaves and bodies live in the store.

use detente_types::{EntryHash, Generation, Head, Index, LineId, PartyId, Root, StatementRef};
use detente_wire::merkle::Hash;
use detente_wire::{Entry, Verified};

use crate::tree::Tree;

/// The log of one author on one line in one generation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Log {
    pub(crate) line: LineId,
    pub(crate) author: PartyId,
    pub(crate) generation: Generation,
    pub(crate) tree: Tree,
}

/// Why an entry cannot be appended. A node that asked for the right place never sees one: it is the caller's fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AppendFault {
    /// The entry belongs to another line, author or generation.
    #[error("failed to append an entry of another log")]
    OtherLog,
    /// The entry does not come next.
    #[error("failed to append entry {found}, since {expected} comes next")]
    NotNext {
        /// Where the entry belongs.
        found: Index,
        /// What comes next.
        expected: Index,
    },
}

/// What a proof was asked of is not in the log: the caller's fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("failed to prove about {asked} of a log of {size} entries")]
pub struct OutOfRange {
    /// The index or size that was asked for.
    pub asked: u64,
    /// What there is.
    pub size: u64,
}

impl Log {
    /// An empty log.
    pub fn new(line: LineId, author: PartyId, generation: Generation) -> Self {
        Self { line, author, generation, tree: Tree::default() }
    }

    /// A log as it stood, from the leaf hashes that the store keeps, in order.
    pub fn rebuild(line: LineId, author: PartyId, generation: Generation, leaves: impl IntoIterator<Item = EntryHash>) -> Self {
        let mut log = Self::new(line, author, generation);
        leaves.into_iter().for_each(|leaf| log.tree.push(&leaf));
        log
    }

    /// Appends the next entry and returns the new head.
    ///
    /// Nothing else can be appended than what passed the envelope gate:
    ///
    /// ```compile_fail,E0308
    /// fn append_unverified(log: &mut detente_record::Log, entry: &detente_wire::Entry) {
    ///     log.append(entry);
    /// }
    /// ```
    ///
    /// # Errors
    /// `AppendFault` when the entry is of another log or not the next; the log is then unchanged.
    pub fn append(&mut self, entry: &Verified<Entry>) -> Result<Head, AppendFault> {
        let fields = entry.fields();
        if (fields.line, fields.author, fields.generation) != (self.line, self.author, self.generation) {
            return Err(AppendFault::OtherLog);
        }
        let expected = self.size();
        if fields.index != expected {
            return Err(AppendFault::NotNext { found: fields.index, expected });
        }
        self.tree.push(&entry.hash());
        Ok(self.head())
    }

    /// The line.
    pub const fn line(&self) -> LineId {
        self.line
    }

    /// Whose log it is.
    pub const fn author(&self) -> PartyId {
        self.author
    }

    /// Which life of it.
    pub const fn generation(&self) -> Generation {
        self.generation
    }

    /// The name under which its checkpoints go (PROTOCOL E3).
    pub fn origin(&self) -> String {
        detente_wire::checkpoint::log_name(&self.line, &self.author, self.generation)
    }

    /// How many entries it has.
    pub fn size(&self) -> u64 {
        self.tree.size()
    }

    /// Its state now.
    pub fn head(&self) -> Head {
        self.head_at(self.size()).expect("a log has its own size")
    }

    /// Its state when it had `size` entries; `None` when it has fewer.
    pub fn head_at(&self, size: u64) -> Option<Head> {
        self.root_at(size).map(|root| Head { generation: self.generation, size, root })
    }

    /// The Merkle root over its first `size` entries; `None` when it has fewer.
    pub fn root_at(&self, size: u64) -> Option<Root> {
        self.tree.root_at(size)
    }

    /// The leaf hash of the entry at `index`.
    pub fn leaf_hash(&self, index: Index) -> Option<EntryHash> {
        self.tree.leaf(index)
    }

    /// The name of the entry at `index`.
    pub fn reference(&self, index: Index) -> Option<StatementRef> {
        let hash = self.leaf_hash(index)?;
        Some(StatementRef { author: self.author, generation: self.generation, index, hash })
    }

    /// The proof that the entry at `index` is under the root at `size` (RFC 9162 section 2.1.3).
    ///
    /// # Errors
    /// `OutOfRange` when the log has fewer entries or the index is not below the size.
    pub fn inclusion_proof(&self, index: Index, size: u64) -> Result<Vec<Hash>, OutOfRange> {
        let asked = if size > self.size() { size } else { index };
        self.tree.inclusion(index, size).ok_or(OutOfRange { asked, size: self.size() })
    }

    /// The proof that the log at `second` entries continues the log at `first` (RFC 9162 section 2.1.4).
    ///
    /// # Errors
    /// `OutOfRange` when the log has fewer entries or the sizes are reversed.
    pub fn consistency_proof(&self, first: u64, second: u64) -> Result<Vec<Hash>, OutOfRange> {
        let asked = first.max(second);
        self.tree.consistency(first, second).ok_or(OutOfRange { asked, size: self.size() })
    }
}
