//! What entries and notes claim about roots, and the walk over each log that settles all of them at once.
//!
//! Entries claim heads of the other log (`seen`), openings claim the end of the generation before, notes claim
//! roots of their own log. All are sorted by size and met by one frontier that takes the log's leaves in order.

use detente_types::{EntryHash, Generation, Head, Index, PartyId, Root};
use detente_wire::merkle::{EMPTY_ROOT, Frontier};

use super::{LogVerdict, RecordFault, Wrong};
use crate::generation::Opening;

/// One log while it is verified.
#[derive(Debug)]
pub(super) struct Shelf {
    pub(super) author: PartyId,
    pub(super) generation: Generation,
    /// Hashes of the good entries, up to the first bad one.
    pub(super) leaves: Vec<EntryHash>,
    /// Set at the first bad entry: what lies beyond is not known.
    pub(super) broken: bool,
    /// What the last good entry had seen.
    pub(super) seen: Option<Head>,
    pub(super) signed: u64,
    pub(super) cosigned: u64,
    head: Option<Root>,
}

/// Everything that was read, and the first fault so far.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    pub(super) logs: Vec<Shelf>,
    pub(super) claims: Vec<Claim>,
    /// Every good opening, with the certificates that it carries.
    pub(super) openings: Vec<Box<Opening>>,
    fault: Option<(Rank, Wrong)>,
}

/// That a log had this root at this size.
#[derive(Debug)]
pub(super) struct Claim {
    pub(super) log: usize,
    pub(super) size: u64,
    pub(super) root: Root,
    pub(super) rank: Rank,
    pub(super) kind: Claimed,
}

/// Who claims it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Claimed {
    /// An entry of the other log.
    Seen,
    /// The opening of the next generation.
    End,
    /// A note.
    Signed,
}

/// The place of a fault: the least is the first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Rank {
    /// Which log, in the order of the rows; `usize::MAX` for a note of no known log.
    pub(super) log: usize,
    pub(super) index: Index,
    pub(super) stage: Stage,
}

/// What at one index comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Stage {
    Entry,
    Claim,
    Note,
}

impl Shelf {
    pub(super) fn new(author: PartyId, generation: Generation) -> Self {
        let (leaves, seen, head) = (Vec::new(), None, None);
        Self { author, generation, leaves, broken: false, seen, signed: 0, cosigned: 0, head }
    }

    pub(super) fn size(&self) -> u64 {
        self.leaves.len() as u64
    }

    pub(super) fn verdict(&self) -> LogVerdict {
        let root = self.head.unwrap_or(EMPTY_ROOT);
        let head = Head { generation: self.generation, size: self.size(), root };
        LogVerdict { author: self.author, head, signed: self.signed, cosigned: self.cosigned }
    }
}

impl Ledger {
    /// Keeps the fault if none before it is known. Of two at one place the first reported stays.
    pub(super) fn report(&mut self, rank: Rank, wrong: Wrong) {
        if self.fault.as_ref().is_none_or(|(known, _)| rank < *known) {
            self.fault = Some((rank, wrong));
        }
    }

    /// The log of this author and generation.
    pub(super) fn find(&self, author: &PartyId, generation: Generation) -> Option<usize> {
        self.logs.iter().position(|log| log.author == *author && log.generation == generation)
    }

    /// Settles all claims and names the first fault.
    pub(super) fn settle(&mut self) -> Option<RecordFault> {
        let mut claims = core::mem::take(&mut self.claims);
        claims.sort_unstable_by_key(|claim| (claim.log, claim.size, claim.rank));
        let mut rest = claims.as_slice();
        for log in 0..self.logs.len() {
            let (mine, others) = rest.split_at(rest.partition_point(|claim| claim.log == log));
            rest = others;
            self.walk(log, mine);
        }
        let (rank, wrong) = self.fault.take()?;
        let log = self.logs.get(rank.log);
        let generation = log.map_or(Generation(0), |log| log.generation);
        Some(RecordFault { author: log.map(|log| log.author), generation, index: rank.index, wrong })
    }

    /// Meets the claims about one log, by rising size, with the roots that it had.
    fn walk(&mut self, log: usize, claims: &[Claim]) {
        let shelf = &self.logs[log];
        let mut frontier = Frontier::new();
        let mut leaves = shelf.leaves.iter();
        let mut faults = Vec::new();
        for claim in claims {
            while frontier.size() < claim.size {
                let Some(leaf) = leaves.next() else { break };
                frontier.push(*leaf.as_bytes());
            }
            let root = (frontier.size() == claim.size).then(|| frontier.root());
            faults.extend(judge(shelf, claim, root).map(|wrong| (claim.rank, wrong)));
        }
        leaves.for_each(|leaf| frontier.push(*leaf.as_bytes()));
        self.logs[log].head = Some(frontier.root());
        faults.into_iter().for_each(|(rank, wrong)| self.report(rank, wrong));
    }
}

/// What is wrong with a claim, if the log had this root at the claimed size, or was not that large.
fn judge(shelf: &Shelf, claim: &Claim, root: Option<Root>) -> Option<Wrong> {
    let size = claim.size;
    let wrong = match (root, claim.kind) {
        // What lies beyond a bad entry cannot be judged; the bad entry is the fault.
        (None, _) if shelf.broken => return None,
        (None, Claimed::Seen) => Wrong::SeenMissing { generation: shelf.generation, size },
        (None, Claimed::Signed) => Wrong::Missing { size },
        (None, Claimed::End) => Wrong::Previous,
        (Some(root), kind) if root == claim.root => {
            let ends = kind != Claimed::End || shelf.broken || size == shelf.size();
            return if ends { None } else { Some(Wrong::Previous) };
        }
        (Some(_), Claimed::Seen) => Wrong::SeenRoot { size },
        (Some(_), Claimed::Signed) => Wrong::SignedRoot { size },
        (Some(_), Claimed::End) => Wrong::Previous,
    };
    Some(wrong)
}
