//! The store port: what a node asks of the disk, and nothing more (STYLE 24).
//!
//! A [`Batch`] is written whole or not at all, and is durable before its token comes back. Rows are only ever added:
//! nothing here changes or removes one. Everything else that a store keeps is derived and can be rebuilt from these.

use detente_types::{Generation, Index, LineId, PartyId};
use detente_wire::{Entry, Verified};

/// One row to add. A row that is already there with the same key and the same bytes is no error (repeats after a
/// crash are harmless); with other bytes it is a bug or damage, and the whole batch is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Write {
    /// The next entry of the book. Key: number.
    Book {
        /// Counted from 0, without gaps.
        number: u64,
        /// Canonical bytes.
        bytes: Vec<u8>,
    },
    /// An entry of a log. Key: line, author, generation, index.
    Entry {
        /// Line.
        line: LineId,
        /// Whose log.
        author: PartyId,
        /// Which life of it.
        generation: Generation,
        /// Place, without gaps.
        index: Index,
        /// Signed leaf.
        leaf: Vec<u8>,
        /// Canonical body.
        body: Vec<u8>,
    },
    /// A SAFETY entry that overtook its log, kept until it is filed (PROTOCOL F2). Key: as an entry.
    Early {
        /// Line.
        line: LineId,
        /// Whose log.
        author: PartyId,
        /// Which life of it.
        generation: Generation,
        /// The place it claims.
        index: Index,
        /// Signed leaf.
        leaf: Vec<u8>,
        /// Canonical body.
        body: Vec<u8>,
    },
    /// A signed note about a log. Key: line, author, generation, role, size.
    Note {
        /// Line.
        line: LineId,
        /// Whose log it speaks of.
        author: PartyId,
        /// Which life of it.
        generation: Generation,
        /// What it is.
        role: NoteRole,
        /// The size that it covers.
        size: u64,
        /// The note.
        bytes: Vec<u8>,
    },
    /// Fork evidence. Key: line, number.
    Evidence {
        /// Line.
        line: LineId,
        /// Counted from 0.
        number: u64,
        /// Portable bytes.
        bytes: Vec<u8>,
    },
}

impl Write {
    /// The row of an entry that is filed.
    pub fn entry(entry: &Verified<Entry>) -> Self {
        let EntryParts { line, author, generation, index, leaf, body } = EntryParts::of(entry);
        Self::Entry { line, author, generation, index, leaf, body }
    }

    /// The row of an entry that overtook its log.
    pub fn early(entry: &Verified<Entry>) -> Self {
        let EntryParts { line, author, generation, index, leaf, body } = EntryParts::of(entry);
        Self::Early { line, author, generation, index, leaf, body }
    }

    /// Bytes that it holds, without its key.
    pub fn weight(&self) -> usize {
        match self {
            Self::Book { bytes, .. } | Self::Note { bytes, .. } | Self::Evidence { bytes, .. } => bytes.len(),
            Self::Entry { leaf, body, .. } | Self::Early { leaf, body, .. } => leaf.len() + body.len(),
        }
    }
}

/// What both rows of an entry have.
struct EntryParts {
    line: LineId,
    author: PartyId,
    generation: Generation,
    index: Index,
    leaf: Vec<u8>,
    body: Vec<u8>,
}

impl EntryParts {
    fn of(entry: &Verified<Entry>) -> Self {
        let fields = entry.fields();
        Self {
            line: fields.line,
            author: fields.author,
            generation: fields.generation,
            index: fields.index,
            leaf: entry.leaf().bytes().to_vec(),
            body: entry.body_bytes().to_vec(),
        }
    }
}

/// What a note about a log is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum NoteRole {
    /// Its author's checkpoint.
    Checkpoint,
    /// The holder's cosignature (PROTOCOL E5).
    Cosignature,
}

/// Rows that become durable together.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Batch {
    /// The rows, in order.
    pub writes: Vec<Write>,
    /// Whether the reserve on disk may be used: for SAFETY, its receipts, cosignatures and line checks (PROTOCOL F3).
    pub reserve: bool,
}

impl Batch {
    /// Bytes of its rows, without their keys.
    pub fn weight(&self) -> usize {
        self.writes.iter().map(Write::weight).sum()
    }
}

/// Why the store did not take or give what it was asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StoreFault {
    /// The disk is full, and the reserve too or not allowed. Environment: try again when there is room.
    #[error("the disk is full: {doing}")]
    Full {
        /// What was being done.
        doing: String,
    },
    /// The disk failed. Environment: nothing may be acknowledged any more; the process stops.
    #[error("the disk failed while {doing}: {detail}")]
    Failed {
        /// What was being done.
        doing: String,
        /// What the system said.
        detail: String,
    },
    /// A row of this key is there with other bytes. Bug or damage.
    #[error("row {key} is there with other bytes")]
    Differs {
        /// The key.
        key: String,
    },
    /// A row that is counted without gaps does not follow what is there. Bug.
    #[error("row {key} does not follow: {missing} is missing")]
    Gap {
        /// The key.
        key: String,
        /// The key that should be there first.
        missing: String,
    },
    /// A row does not read back as what was written.
    #[error("row {key} is damaged: {detail}")]
    Damaged {
        /// The key.
        key: String,
        /// What is wrong with it.
        detail: String,
    },
}

/// Durable entries, to read.
pub trait Entries {
    /// Rows of a log from an index on, at most `limit` of them, in order.
    ///
    /// # Errors
    /// [`StoreFault`].
    fn entries(
        &mut self,
        line: &LineId,
        author: &PartyId,
        generation: Generation,
        from: Index,
        limit: usize,
    ) -> Result<Vec<Write>, StoreFault>;
}

/// A store. Backends share no code, only the conformance suite.
pub trait Store: Entries {
    /// Makes a batch durable, whole or not at all.
    ///
    /// # Errors
    /// [`StoreFault`]; after `Full`, `Differs` or `Gap` nothing of the batch is there. After `Failed` nothing may be assumed.
    fn commit(&mut self, batch: &Batch) -> Result<(), StoreFault>;

    /// Hands every row to `take`: the book by number, then line by line its logs by author, generation and index, its early
    /// entries likewise, its notes by author, generation, role and size, and its evidence by number.
    ///
    /// # Errors
    /// [`StoreFault`], or the first error of `take`.
    fn replay(&mut self, take: &mut dyn FnMut(Write) -> Result<(), StoreFault>) -> Result<(), StoreFault>;
}
