//! The first pass: entries, in the order of their rows.
//!
//! The [`Feeder`] gives each row its place and key, which follow from the rows before it. Threads then open the
//! entries, and the ledger takes the results in order.

use detente_types::{EntryHash, Generation, Head, Index, PartyId};
use detente_wire::entry::EnvelopeFault;
use detente_wire::merkle::EMPTY_ROOT;
use detente_wire::{Place, Scheme, open_entry};

use super::claims::{Claim, Claimed, Ledger, Rank, Seen, Shelf, Stage};
use super::{EntryRow, Verifier, Wrong, pool};
use crate::generation::{Opening, OpeningFault, is_unspoken};

/// A row with its place, ready to be opened on any thread.
struct Task {
    row: EntryRow,
    index: Index,
    /// What its first row says about the log; `None` for all others.
    begins: Option<Result<Box<Opening>, Wrong>>,
    /// `None` when the log's key is not known, since its opening is bad.
    place: Option<Place>,
}

/// What is kept of an opened entry.
type Opened = Result<(EntryHash, Head), EnvelopeFault>;

/// Reads all entries into a new ledger.
pub(super) fn read(verifier: &Verifier<'_>, rows: impl Iterator<Item = EntryRow>) -> Ledger {
    let mut ledger = Ledger::default();
    let feeder = Feeder { verifier, rows, known: Vec::new(), next: 0, place: None };
    let scheme = verifier.scheme;
    let weigh = |task: &Task| task.row.leaf.len() + task.row.body.len();
    pool::map(verifier.workers, feeder, weigh, |task| open(scheme, task), |task, opened| ledger.take(task, opened));
    ledger
}

fn open(scheme: &dyn Scheme, task: &Task) -> Option<Opened> {
    let place = task.place.as_ref()?;
    let opened = open_entry(scheme, place, &task.row.leaf, &task.row.body);
    Some(opened.map(|entry| (entry.hash(), entry.fields().seen)))
}

/// Numbers the rows of each log and finds the log's key in its first one.
struct Feeder<'a, R> {
    verifier: &'a Verifier<'a>,
    rows: R,
    /// The logs so far, in the order of the rows; the last is the current one.
    known: Vec<(PartyId, Generation)>,
    /// The index that comes next in the current log.
    next: Index,
    place: Option<Place>,
}

impl<R: Iterator<Item = EntryRow>> Iterator for Feeder<'_, R> {
    type Item = Task;

    fn next(&mut self) -> Option<Task> {
        let row = self.rows.next()?;
        let log = (row.author, row.generation);
        let begins = (self.known.last() != Some(&log)).then(|| self.begin(&row));
        let index = self.next;
        self.next += 1;
        let place = self.place.map(|place| Place { index: Some(index), ..place });
        Some(Task { row, index, begins, place })
    }
}

impl<R> Feeder<'_, R> {
    fn begin(&mut self, row: &EntryRow) -> Result<Box<Opening>, Wrong> {
        let (ordered, first) = (self.check_order(row), self.known.iter().all(|(author, _)| *author != row.author));
        self.known.push((row.author, row.generation));
        (self.next, self.place) = (0, None);
        ordered?;
        let (scheme, line) = (self.verifier.scheme, self.verifier.line);
        let opening = Opening::open(scheme, line, row.author, row.generation, &row.leaf, &row.body)?;
        if !self.verifier.parties.contains(&opening.other().party()) {
            return Err(Wrong::Opening(OpeningFault::ThirdParty));
        }
        // The first generation may have stayed empty, if the opening of the next one says so.
        if first && row.generation != Generation::FIRST && !opening.previous().is_some_and(is_unspoken) {
            return Err(Wrong::OutOfOrder);
        }
        let log_key = opening.own().keys().log;
        self.place = Some(Place { line, author: row.author, generation: row.generation, index: None, log_key });
        Ok(Box::new(opening))
    }

    fn check_order(&self, row: &EntryRow) -> Result<(), Wrong> {
        if !self.verifier.parties.contains(&row.author) {
            return Err(Wrong::Stranger);
        }
        let last = self.known.iter().rev().find(|(author, _)| *author == row.author);
        let follows = last.map_or(row.generation >= Generation::FIRST, |(_, last)| row.generation > *last);
        if follows { Ok(()) } else { Err(Wrong::OutOfOrder) }
    }
}

impl Ledger {
    /// Takes the next opened entry, in the order of the rows.
    fn take(&mut self, task: Task, opened: Option<Opened>) {
        if let Some(begins) = task.begins {
            self.begin(&task.row, begins);
        }
        let log = self.logs.len() - 1;
        let shelf = &mut self.logs[log];
        if shelf.broken {
            return;
        }
        let rank = Rank { log, index: task.index, stage: Stage::Entry };
        match opened {
            Some(Ok(_)) if task.row.index != task.index => {
                shelf.broken = true;
                self.report(rank, Wrong::RowIndex { said: task.row.index });
            }
            Some(Ok((hash, seen))) => {
                shelf.leaves.push(hash);
                self.take_seen(Rank { stage: Stage::Claim, ..rank }, seen);
            }
            Some(Err(fault)) => {
                shelf.broken = true;
                self.report(rank, Wrong::Envelope(fault));
            }
            None => shelf.broken = true,
        }
    }

    fn begin(&mut self, row: &EntryRow, begins: Result<Box<Opening>, Wrong>) {
        let log = self.logs.len();
        let mut shelf = Shelf::new(row.author, row.generation);
        let rank = Rank { log, index: 0, stage: Stage::Entry };
        match begins {
            Ok(opening) => {
                self.claim_end(log, row, &opening);
                self.openings.push(*opening);
            }
            Err(wrong) => {
                shelf.broken = true;
                self.report(rank, wrong);
            }
        }
        self.logs.push(shelf);
    }

    /// The opening's word on where the generation before ended, to be settled with that log.
    fn claim_end(&mut self, log: usize, row: &EntryRow, opening: &Opening) {
        let rank = Rank { log, index: 0, stage: Stage::Claim };
        let before = self.logs.iter().rposition(|log| log.author == row.author);
        match (before, opening.previous()) {
            (None, None) => {}
            (None, Some(head)) if is_unspoken(head) => {}
            (Some(before), Some(head)) if head.generation == self.logs[before].generation => {
                let claim = Claim { size: head.size, root: head.root, rank, kind: Claimed::End };
                self.logs[before].claims.push(claim);
            }
            _ => self.report(rank, Wrong::Previous),
        }
    }

    fn take_seen(&mut self, rank: Rank, head: Head) {
        let shelf = &mut self.logs[rank.log];
        let last = shelf.last_seen.replace(head);
        if last.is_some_and(|last| (last.generation, last.size) > (head.generation, head.size)) {
            self.report(rank, Wrong::SeenDecreases { size: head.size });
        } else if head.generation < Generation::FIRST {
            self.report(rank, Wrong::SeenNoGeneration);
        } else if head.size == 0 || rank.index == 0 {
            if head.size != 0 || head.root != EMPTY_ROOT {
                self.report(rank, Wrong::SeenNotEmpty);
            }
        } else if last != Some(head) {
            shelf.seen.push(Seen { index: rank.index, head });
        }
    }
}
