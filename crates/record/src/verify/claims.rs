//! What entries and notes claim about roots, and the walks over each log that settle all of them.
//!
//! Entries claim heads of the other log (`seen`), openings claim the end of the generation before, notes claim
//! roots of their own log. Sorted by size, claims are met by a frontier that takes the log's leaves in order, so a
//! claim costs a few hashes however large the log is.

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
    /// What its entries had seen, by rising head; one for each new head that is not empty.
    pub(super) seen: Vec<Seen>,
    /// What its last good entry had seen, empty or not.
    pub(super) last_seen: Option<Head>,
    /// What openings and notes say about it.
    pub(super) claims: Vec<Claim>,
    pub(super) signed: u64,
    pub(super) cosigned: u64,
    root: Root,
}

/// That the entry at `index` had seen this head of the other log.
#[derive(Clone, Copy, Debug)]
pub(super) struct Seen {
    pub(super) index: Index,
    pub(super) head: Head,
}

/// That a log had this root at this size.
#[derive(Clone, Copy, Debug)]
pub(super) struct Claim {
    pub(super) size: u64,
    pub(super) root: Root,
    pub(super) rank: Rank,
    pub(super) kind: Claimed,
}

/// Who claims it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Claimed {
    /// The opening of the next generation, which says that the log ended there.
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

/// Everything that was read, and the first fault so far.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    pub(super) logs: Vec<Shelf>,
    /// Every good opening, with the certificates that it carries.
    pub(super) openings: Vec<Opening>,
    fault: Option<(Rank, Wrong)>,
}

impl Shelf {
    pub(super) fn new(author: PartyId, generation: Generation) -> Self {
        Self {
            author,
            generation,
            leaves: Vec::new(),
            broken: false,
            seen: Vec::new(),
            last_seen: None,
            claims: Vec::new(),
            signed: 0,
            cosigned: 0,
            root: EMPTY_ROOT,
        }
    }

    pub(super) fn verdict(&self) -> LogVerdict {
        let head = Head { generation: self.generation, size: self.size(), root: self.root };
        LogVerdict { author: self.author, head, signed: self.signed, cosigned: self.cosigned }
    }

    fn size(&self) -> u64 {
        self.leaves.len() as u64
    }

    /// What is wrong with a claim, given the root at its size, if the log is that large.
    fn judge(&self, claim: &Claim, root: Option<Root>) -> Option<Wrong> {
        let size = claim.size;
        match (root, claim.kind) {
            // What lies beyond a bad entry cannot be judged; the bad entry is the fault.
            (None, _) if self.broken => None,
            (None, Claimed::Signed) => Some(Wrong::Missing { size }),
            (Some(root), Claimed::Signed) => (root != claim.root).then_some(Wrong::SignedRoot { size }),
            (root, Claimed::End) => {
                let ends = root == Some(claim.root) && (self.broken || size == self.size());
                (!ends).then_some(Wrong::Previous)
            }
        }
    }

    /// What is wrong with a claim to have seen a head of this log.
    fn judge_seen(&self, head: &Head, root: Option<Root>) -> Option<Wrong> {
        let Head { generation, size, .. } = *head;
        match root {
            None if self.broken => None,
            None => Some(Wrong::SeenMissing { generation, size }),
            Some(root) => (root != head.root).then_some(Wrong::SeenRoot { size }),
        }
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
    pub(super) fn settle(&mut self, parties: [PartyId; 2]) -> Option<RecordFault> {
        for log in 0..self.logs.len() {
            self.settle_claims(log);
            self.settle_seen(log, parties);
        }
        let (rank, wrong) = self.fault.take()?;
        let log = self.logs.get(rank.log);
        let generation = log.map_or(Generation(0), |log| log.generation);
        Some(RecordFault { author: log.map(|log| log.author), generation, index: rank.index, wrong })
    }

    /// What openings and notes claim about one log.
    fn settle_claims(&mut self, log: usize) {
        let mut claims = core::mem::take(&mut self.logs[log].claims);
        claims.sort_unstable_by_key(|claim| (claim.size, claim.rank));
        let shelf = &self.logs[log];
        let mut walk = Walk::over(&shelf.leaves);
        let judged = claims.iter().map(|claim| (claim.rank, shelf.judge(claim, walk.root_at(claim.size))));
        let first = first_of(judged);
        self.logs[log].root = walk.end();
        first.into_iter().for_each(|(rank, wrong)| self.report(rank, wrong));
    }

    /// What the entries of one log claim to have seen of the others.
    fn settle_seen(&mut self, log: usize, [a, b]: [PartyId; 2]) {
        let shelf = &self.logs[log];
        let other = if shelf.author == a { b } else { a };
        let mut first = None;
        for group in shelf.seen.chunk_by(|x, y| x.head.generation == y.head.generation) {
            let seen = self.find(&other, group[0].head.generation).map(|seen| &self.logs[seen]);
            let missing = Shelf::new(other, group[0].head.generation);
            let seen = seen.unwrap_or(&missing);
            let mut walk = Walk::over(&seen.leaves);
            let judged = group.iter().map(|claim| {
                let rank = Rank { log, index: claim.index, stage: Stage::Claim };
                (rank, seen.judge_seen(&claim.head, walk.root_at(claim.head.size)))
            });
            first = first.or_else(|| first_of(judged));
        }
        first.into_iter().for_each(|(rank, wrong)| self.report(rank, wrong));
    }
}

/// The first fault by place among the judged.
fn first_of(judged: impl Iterator<Item = (Rank, Option<Wrong>)>) -> Option<(Rank, Wrong)> {
    judged.filter_map(|(rank, wrong)| Some((rank, wrong?))).min_by_key(|(rank, _)| *rank)
}

/// A walk along a log that gives roots at rising sizes.
struct Walk<'a> {
    leaves: core::slice::Iter<'a, EntryHash>,
    frontier: Frontier,
}

impl<'a> Walk<'a> {
    fn over(leaves: &'a [EntryHash]) -> Self {
        Self { leaves: leaves.iter(), frontier: Frontier::new() }
    }

    /// The root at a size no smaller than any asked for before; `None` when the log is not that large.
    fn root_at(&mut self, size: u64) -> Option<Root> {
        while self.frontier.size() < size {
            self.frontier.push(*self.leaves.next()?.as_bytes());
        }
        Some(self.frontier.root())
    }

    /// The root over all leaves.
    fn end(mut self) -> Root {
        self.leaves.by_ref().for_each(|leaf| self.frontier.push(*leaf.as_bytes()));
        self.frontier.root()
    }
}
