//! Where a line stands and what it holds, cheaply: for whoever watches every step. Everything here is read-only.

use detente_types::Head;

use crate::line::{Line, Phase};

/// How far a line has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Progress {
    /// Our log: what counts.
    pub own: Head,
    /// Their log as we last cosigned it.
    pub copy: Head,
    /// How many of our entries the other side has admitted to hold.
    pub acknowledged: u64,
    /// Inputs that wait in the book.
    pub waiting: usize,
    /// Where the line stands with its peer.
    pub phase: Phase,
}

/// What a line holds in memory besides what its logs make it hold. Every figure is bounded, whatever the peer does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Held {
    /// Bytes of the peer's entries that the link holds.
    pub link_bytes: usize,
    /// Bytes of our own entries that are kept for sending.
    pub cache_bytes: usize,
    /// Entries that are kept for sending.
    pub cached: usize,
    /// Entries of the peer's that wait for a checkpoint.
    pub staged: usize,
    /// SAFETY entries of the peer's that overtook and are not filed yet.
    pub early: usize,
    /// Statements that we owe.
    pub owed: usize,
    /// Entries of both logs that do not count yet.
    pub pending: usize,
    /// Pieces of evidence.
    pub evidence: usize,
}

impl Line {
    /// How far it has come.
    pub fn progress(&self) -> Progress {
        Progress {
            own: self.own.head_at(self.own.settled),
            copy: self.seen,
            acknowledged: self.acknowledged_size(),
            waiting: self.waiting.len(),
            phase: self.phase.clone(),
        }
    }

    /// Whether it does not know yet what it said before: since a start, or since a restore.
    pub fn is_recovering(&self) -> bool {
        self.phase != Phase::Open
    }

    /// What it holds.
    pub fn held(&self) -> Held {
        Held {
            link_bytes: self.link.held_bytes(),
            cache_bytes: self.cache.bytes(),
            cached: self.cache.len(),
            staged: self.staged.len(),
            early: self.early_entries.len(),
            owed: self.owed.len(),
            pending: self.own.pending.len() + self.peer.pending.len(),
            evidence: self.evidence.len(),
        }
    }
}
