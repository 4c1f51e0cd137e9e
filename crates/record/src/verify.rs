//! Offline verification of a whole record: every byte that is kept, from the two parties' names alone.
//!
//! What a row says beside the signed bytes (whose log, which generation, which index, what a note is) is believed by
//! whoever looks at it without this code: so it must be what the signed bytes say.
//!
//! Rows stream in once, entries before notes; only leaf hashes stay in memory. Signatures and commitments are
//! checked on the caller's threads ([`Workers`]); everything that depends on order is done in order, on one. So
//! the [`Verdict`] is a function of the rows, whatever the number of threads.
//!
//! The fault that is named is the first by place: by log in the order of the rows, then by index; at one index the
//! entry itself, then what it claims about the other log, then the notes over the log up to it.

mod claims;
mod entries;
mod notes;
mod pool;

use core::fmt;

use detente_types::{Generation, Head, Index, LineId, PartyId};
use detente_wire::Scheme;
use detente_wire::checkpoint::CheckpointFault;
use detente_wire::entry::EnvelopeFault;

pub use pool::{Inline, Workers};

use crate::generation::OpeningFault;

/// What is verified, and with what.
#[derive(Clone, Copy)]
pub struct Verifier<'a> {
    /// How signatures are checked.
    pub scheme: &'a dyn Scheme,
    /// The line.
    pub line: LineId,
    /// Its two parties.
    pub parties: [PartyId; 2],
    /// Who does the work: [`Inline`], or threads that the caller owns.
    pub workers: &'a dyn Workers,
}

/// An entry as it was kept. The rows of one log come together, by rising index; the generations of one party rise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EntryRow {
    /// Whose log.
    pub author: PartyId,
    /// Which life of it.
    pub generation: Generation,
    /// Its place.
    pub index: Index,
    /// The leaf's bytes.
    pub leaf: Vec<u8>,
    /// The body's bytes.
    pub body: Vec<u8>,
}

/// A note as it was kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoteRow {
    /// Whose log it speaks of.
    pub author: PartyId,
    /// Which life of it.
    pub generation: Generation,
    /// What it is kept as.
    pub role: NoteRole,
    /// How many entries it covers.
    pub size: u64,
    /// The note's bytes.
    pub note: Vec<u8>,
}

/// What a note is kept as. It may have lines of both kinds; it must have one of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoteRole {
    /// Signed by the log key.
    Checkpoint,
    /// Signed by a holder key of the other party (PROTOCOL E5).
    Cosignature,
}

/// What a verification found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// Every log, in the order of the rows.
    pub logs: Vec<LogVerdict>,
    /// How many notes were read.
    pub notes: u64,
    /// The first fault; `None` when all is well.
    pub fault: Option<RecordFault>,
}

/// What was verified of one log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogVerdict {
    /// Whose log.
    pub author: PartyId,
    /// Its head, as far as its entries are good.
    pub head: Head,
    /// The largest size under a checkpoint of its author's; 0 when there is none.
    pub signed: u64,
    /// The largest size that the other side cosigned; 0 when there is none.
    pub cosigned: u64,
}

impl Verdict {
    /// The first log that has entries and no checkpoint at all: nobody has vouched for where it ends.
    pub fn uncovered(&self) -> Option<&LogVerdict> {
        self.logs.iter().find(|log| log.head.size > 0 && log.signed == 0)
    }
}

impl LogVerdict {
    /// How many of its last entries no checkpoint of its author's covers.
    pub const fn tail(&self) -> u64 {
        self.head.size.saturating_sub(self.signed)
    }
}

/// The first bad thing in a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordFault {
    /// Whose log; `None` for a note of no known log.
    pub author: Option<PartyId>,
    /// Which life of it.
    pub generation: Generation,
    /// The entry, or the last entry that a bad note covers.
    pub index: Index,
    /// What is wrong.
    pub wrong: Wrong,
}

/// What can be wrong with a kept entry or note.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Wrong {
    /// The author is not one of the line's parties.
    #[error("its author is not a party of this line")]
    Stranger,
    /// The log's rows do not stand together, or its generation is not above the one before, or the first is missing and did
    /// not stay empty.
    #[error("the rows of this log are out of order, or its first generation is missing")]
    OutOfOrder,
    /// Entry 0 does not open the generation.
    #[error("{0}")]
    Opening(#[from] OpeningFault),
    /// The entry does not pass the envelope gate.
    #[error("{0}")]
    Envelope(#[from] EnvelopeFault),
    /// The row says another index than that of the entry.
    #[error("its row says that it is entry {said}")]
    RowIndex {
        /// The index that the row says.
        said: Index,
    },
    /// The opening does not name the head at which the generation before ended.
    #[error("the opening does not name the head at which the generation before it ended")]
    Previous,
    /// It claims to have seen less than an entry before it.
    #[error("it has seen {size} entries of the other log, and an entry before it has seen more")]
    SeenDecreases {
        /// The size claimed.
        size: u64,
    },
    /// It claims a root that the empty log does not have, or is an opening that has seen something.
    #[error("it claims to have seen an empty log that is not empty")]
    SeenNotEmpty,
    /// It claims to have seen generation 0, and generations count from 1.
    #[error("it has seen generation 0 of the other log, and the first is 1")]
    SeenNoGeneration,
    /// It claims to have seen entries that are not here.
    #[error("it has seen {size} entries of generation {generation} of the other log, which are not here")]
    SeenMissing {
        /// The generation claimed.
        generation: Generation,
        /// The size claimed.
        size: u64,
    },
    /// It claims a root that the other log did not have.
    #[error("it has seen another root of the other log at {size} entries than the entries here have")]
    SeenRoot {
        /// The size claimed.
        size: u64,
    },
    /// A note is not a good checkpoint or cosignature.
    #[error("a kept note is bad: {0}")]
    Note(CheckpointFault),
    /// A note's row names a log that is not here.
    #[error("a kept note is of a log that is not here")]
    NoteOfNoLog,
    /// A note is of another log than its row says.
    #[error("a kept note is of another log than its row says")]
    NoteOfOtherLog,
    /// A note is of another size than its row says.
    #[error("a kept note covers {size} entries, and its row says {said}")]
    NoteSize {
        /// The size that the note says.
        size: u64,
        /// The size that the row says.
        said: u64,
    },
    /// A note has no line that makes it what its row says.
    #[error("a kept note is no {}, as its row says: the line of that key is missing", match role {
        NoteRole::Checkpoint => "checkpoint of the log's author",
        NoteRole::Cosignature => "cosignature of the other party",
    })]
    NoteUnsigned {
        /// What the row says.
        role: NoteRole,
    },
    /// A signed root is not that of the entries.
    #[error("the signed root of the first {size} entries is not that of the entries here")]
    SignedRoot {
        /// The checkpoint's size.
        size: u64,
    },
    /// A note covers entries that are not here.
    #[error("a checkpoint of {size} entries is kept, and they are not all here")]
    Missing {
        /// The checkpoint's size.
        size: u64,
    },
}

impl Verifier<'_> {
    /// Verifies a record: all its entries, then all its checkpoint and cosignature notes.
    pub fn verify(&self, rows: impl Iterator<Item = EntryRow>, notes: impl Iterator<Item = NoteRow>) -> Verdict {
        let mut ledger = entries::read(self, rows);
        let count = notes::read(self, &mut ledger, notes);
        let fault = ledger.settle(self.parties);
        Verdict { logs: ledger.logs.iter().map(claims::Shelf::verdict).collect(), notes: count, fault }
    }
}

impl fmt::Display for RecordFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.author {
            Some(author) => {
                write!(f, "log of party {}, generation {}, entry {}: {}", author.short(), self.generation, self.index, self.wrong)
            }
            None => write!(f, "{}", self.wrong),
        }
    }
}
