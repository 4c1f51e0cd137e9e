//! Durable rows, in the order in which a node wants them back, and the roots of the logs among them.
//!
//! Keeps the promises of the store port: a batch whole or not at all, no gaps, nothing changed that is there. Snapshots
//! are cheap, since rows are shared.

use std::collections::BTreeMap;
use std::rc::Rc;

use detente_node::port::{Entries, NoteRole, Store, StoreFault, Write};
use detente_types::{EntryHash, Generation, Head, Index, LineId, PartyId, Root, StatementRef};
use detente_wire::merkle::{EMPTY_ROOT, Frontier, leaf_hash};

use crate::disk::row_bytes;

/// A log of a line: whose, and which life of it.
pub(crate) type LogName = (LineId, PartyId, Generation);

/// A log among the rows.
#[derive(Clone, Debug, Default)]
pub(crate) struct LogRows {
    rows: Vec<Rc<Write>>,
    hashes: Vec<EntryHash>,
    /// The root at each size from 1 on.
    roots: Vec<Root>,
    frontier: Frontier,
}

impl LogRows {
    pub(crate) fn size(&self) -> u64 {
        self.rows.len() as u64
    }

    /// The root at a size that is there.
    pub(crate) fn root_at(&self, size: u64) -> Option<Root> {
        match usize::try_from(size).ok()?.checked_sub(1) {
            None => Some(EMPTY_ROOT),
            Some(last) => self.roots.get(last).copied(),
        }
    }

    pub(crate) fn hash(&self, index: Index) -> Option<EntryHash> {
        self.hashes.get(usize::try_from(index).ok()?).copied()
    }

    pub(crate) fn row(&self, index: Index) -> Option<&Write> {
        self.rows.get(usize::try_from(index).ok()?).map(|row| &**row)
    }

    fn push(&mut self, row: Rc<Write>, hash: EntryHash) {
        self.frontier.push(*hash.as_bytes());
        self.roots.push(self.frontier.root());
        self.hashes.push(hash);
        self.rows.push(row);
    }
}

/// Everything durable.
#[derive(Clone, Debug, Default)]
pub(crate) struct Rows {
    book: Vec<Rc<Write>>,
    logs: BTreeMap<LogName, LogRows>,
    early: BTreeMap<(LogName, Index), (Rc<Write>, EntryHash)>,
    notes: BTreeMap<(LogName, NoteRole, u64), Rc<Write>>,
    evidence: BTreeMap<(LineId, u64), Rc<Write>>,
    bytes: u64,
    pub(crate) forget_early: bool,
}

impl Rows {
    /// Bytes that they take, about.
    pub(crate) const fn bytes(&self) -> u64 {
        self.bytes
    }

    pub(crate) fn book_size(&self) -> u64 {
        self.book.len() as u64
    }

    /// Loses entries of the book from a number on.
    pub(crate) fn cut_book(&mut self, number: u64) {
        self.book.truncate(number as usize);
    }

    /// Entries of the book from a number on.
    pub(crate) fn book_from(&self, number: u64) -> impl Iterator<Item = (u64, &[u8])> {
        self.book.iter().skip(number as usize).filter_map(|row| match &**row {
            Write::Book { number, bytes } => Some((*number, bytes.as_slice())),
            _ => None,
        })
    }

    pub(crate) fn log(&self, name: &LogName) -> Option<&LogRows> {
        self.logs.get(name)
    }

    /// The generations of one party's log that are there, the first one first.
    pub(crate) fn generations(&self, line: LineId, author: PartyId) -> impl Iterator<Item = Generation> {
        let all = (line, author, Generation(0))..=(line, author, Generation(u32::MAX));
        self.logs.range(all).map(|((_, _, generation), _)| *generation)
    }

    /// How many entries one party's log has in all generations.
    pub(crate) fn total(&self, line: LineId, author: PartyId) -> u64 {
        self.generations(line, author).filter_map(|g| self.logs.get(&(line, author, g))).map(LogRows::size).sum()
    }

    /// The newest generation of one party's log.
    pub(crate) fn newest(&self, line: LineId, author: PartyId) -> Generation {
        self.generations(line, author).last().unwrap_or(Generation::FIRST)
    }

    /// Whether a log is there up to a head.
    pub(crate) fn reaches(&self, line: LineId, author: PartyId, head: &Head) -> bool {
        if head.size == 0 {
            return head.root == EMPTY_ROOT;
        }
        let log = self.logs.get(&(line, author, head.generation));
        log.and_then(|log| log.root_at(head.size)) == Some(head.root)
    }

    /// Whether a leaf is there, filed or early.
    pub(crate) fn holds(&self, name: &LogName, index: Index, hash: &EntryHash) -> bool {
        let filed = self.logs.get(name).and_then(|log| log.hash(index));
        let early = self.early.get(&(*name, index)).map(|(_, hash)| *hash);
        filed == Some(*hash) || early == Some(*hash)
    }

    /// Leaves of a log that came early and stand at an index or beyond, with their lengths.
    pub(crate) fn early_from(&self, name: &LogName, from: Index) -> impl Iterator<Item = (EntryHash, usize)> {
        self.early.range((*name, from)..=(*name, Index::MAX)).map(|(_, row)| hash_and_length(row))
    }

    /// Such leaves of generations later than any of which something is filed, without their openings.
    pub(crate) fn early_after(&self, line: LineId, author: PartyId) -> impl Iterator<Item = (EntryHash, usize)> {
        let newest = self.newest(line, author);
        let later = move |((name, index), _): &(&(LogName, Index), _)| {
            (name.0, name.1) == (line, author) && name.2 > newest && *index > 0
        };
        self.early.iter().filter(later).map(|(_, row)| hash_and_length(row))
    }

    /// Whether an entry is filed under exactly this name, on whichever line.
    pub(crate) fn has_filed(&self, entry: &StatementRef) -> bool {
        let of = |name: &LogName| name.1 == entry.author && name.2 == entry.generation;
        self.logs.iter().any(|(name, log)| of(name) && log.hash(entry.index) == Some(entry.hash))
    }

    /// A note about a log, at exactly this size.
    pub(crate) fn note(&self, name: &LogName, role: NoteRole, size: u64) -> Option<&[u8]> {
        self.notes.get(&(*name, role, size)).and_then(|row| note_bytes(row))
    }

    /// Every cosignature that is kept, of whichever log.
    pub(crate) fn cosignatures(&self) -> impl Iterator<Item = &[u8]> {
        let made = self.notes.iter().filter(|((_, role, _), _)| *role == NoteRole::Cosignature);
        made.filter_map(|(_, row)| note_bytes(row))
    }

    /// The largest size that a note of this role covers; 0 when there is none.
    pub(crate) fn noted(&self, name: &LogName, role: NoteRole) -> u64 {
        let all = self.notes.range((*name, role, 0)..=(*name, role, u64::MAX));
        all.map(|((_, _, size), _)| *size).next_back().unwrap_or(0)
    }

    /// Whether this evidence is kept.
    pub(crate) fn has_evidence(&self, line: LineId, bytes: &[u8]) -> bool {
        let kept = self.evidence.range((line, 0)..=(line, u64::MAX));
        kept.into_iter().any(|(_, row)| matches!(&**row, Write::Evidence { bytes: kept, .. } if kept == bytes))
    }

    /// The evidence that is kept about a line, the first piece first.
    pub(crate) fn evidence(&self, line: LineId) -> impl Iterator<Item = &[u8]> {
        self.evidence.range((line, 0)..=(line, u64::MAX)).filter_map(|(_, row)| match &**row {
            Write::Evidence { bytes, .. } => Some(bytes.as_slice()),
            _ => None,
        })
    }

    /// Takes rows, all or none.
    pub(crate) fn take(&mut self, writes: &[Write]) -> Result<(), StoreFault> {
        let mut next = Next { rows: self, book: self.book_size(), logs: BTreeMap::new() };
        let mut fresh = Vec::with_capacity(writes.len());
        for write in writes {
            fresh.push(next.is_fresh(write)?);
        }
        for (write, _) in writes.iter().zip(fresh).filter(|(_, fresh)| *fresh) {
            self.put(write);
        }
        Ok(())
    }

    fn put(&mut self, write: &Write) {
        self.bytes += row_bytes(write);
        let row = Rc::new(write.clone());
        match write {
            Write::Book { .. } => self.book.push(row),
            Write::Entry { line, author, generation, leaf, .. } => {
                self.logs.entry((*line, *author, *generation)).or_default().push(row, leaf_hash(leaf));
            }
            Write::Early { line, author, generation, index, leaf, .. } => {
                self.early.insert(((*line, *author, *generation), *index), (row, leaf_hash(leaf)));
            }
            Write::Note { line, author, generation, role, size, .. } => {
                self.notes.insert(((*line, *author, *generation), *role, *size), row);
            }
            Write::Evidence { line, number, .. } => {
                self.evidence.insert((*line, *number), row);
            }
        }
    }

    fn there(&self, write: &Write) -> Option<&Rc<Write>> {
        match write {
            Write::Book { number, .. } => self.book.get(*number as usize),
            Write::Entry { line, author, generation, index, .. } => {
                self.logs.get(&(*line, *author, *generation))?.rows.get(*index as usize)
            }
            Write::Early { line, author, generation, index, .. } => {
                self.early.get(&((*line, *author, *generation), *index)).map(|(row, _)| row)
            }
            Write::Note { line, author, generation, role, size, .. } => {
                self.notes.get(&((*line, *author, *generation), *role, *size))
            }
            Write::Evidence { line, number, .. } => self.evidence.get(&(*line, *number)),
        }
    }
}

/// What would come next while a batch is checked.
struct Next<'a> {
    rows: &'a Rows,
    book: u64,
    logs: BTreeMap<LogName, u64>,
}

impl Next<'_> {
    /// Whether a row is new; false for one that is there already.
    fn is_fresh(&mut self, write: &Write) -> Result<bool, StoreFault> {
        if let Some(there) = self.rows.there(write) {
            return if **there == *write { Ok(false) } else { Err(StoreFault::Differs { key: key(write) }) };
        }
        let (next, found) = match write {
            Write::Book { number, .. } => (&mut self.book, *number),
            Write::Entry { line, author, generation, index, .. } => {
                let name = (*line, *author, *generation);
                let size = self.rows.log(&name).map_or(0, LogRows::size);
                (self.logs.entry(name).or_insert(size), *index)
            }
            _ => return Ok(true),
        };
        if *next != found {
            return Err(StoreFault::Gap { key: key(write), missing: next.to_string() });
        }
        *next += 1;
        Ok(true)
    }
}

fn key(write: &Write) -> String {
    match write {
        Write::Book { number, .. } => format!("book/{number}"),
        Write::Entry { author, index, .. } => format!("entry/{}/{index}", author.short()),
        Write::Early { author, index, .. } => format!("early/{}/{index}", author.short()),
        Write::Note { author, role, size, .. } => format!("note/{}/{role:?}/{size}", author.short()),
        Write::Evidence { number, .. } => format!("evidence/{number}"),
    }
}

fn note_bytes(row: &Write) -> Option<&[u8]> {
    match row {
        Write::Note { bytes, .. } => Some(bytes),
        _ => None,
    }
}

impl Entries for Rows {
    fn entries(
        &mut self,
        line: &LineId,
        author: &PartyId,
        generation: Generation,
        from: Index,
        limit: usize,
    ) -> Result<Vec<Write>, StoreFault> {
        let log = self.logs.get(&(*line, *author, generation));
        let rows = log.map(|log| log.rows.iter().skip(from as usize).take(limit).map(|row| (**row).clone()).collect());
        Ok(rows.unwrap_or_default())
    }
}

impl Store for Rows {
    fn commit(&mut self, batch: &detente_node::port::Batch) -> Result<(), StoreFault> {
        self.take(&batch.writes)
    }

    fn replay(&mut self, take: &mut dyn FnMut(Write) -> Result<(), StoreFault>) -> Result<(), StoreFault> {
        self.book.iter().try_for_each(|row| take((**row).clone()))?;
        let mut lines: Vec<LineId> = self.logs.keys().map(|(line, ..)| *line).collect();
        lines.dedup();
        for line in lines {
            let of_line = |name: &LogName| name.0 == line;
            let logs = self.logs.iter().filter(|(name, _)| of_line(name)).flat_map(|(_, log)| &log.rows);
            let early = self.early.iter().filter(|((name, _), _)| of_line(name) && !self.forget_early).map(|(_, (row, _))| row);
            let notes = self.notes.iter().filter(|((name, ..), _)| of_line(name)).map(|(_, row)| row);
            let evidence = self.evidence.iter().filter(|((of, _), _)| *of == line).map(|(_, row)| row);
            logs.chain(early).chain(notes).chain(evidence).try_for_each(|row| take((**row).clone()))?;
        }
        Ok(())
    }
}

fn hash_and_length((row, hash): &(Rc<Write>, EntryHash)) -> (EntryHash, usize) {
    (*hash, if let Write::Early { leaf, .. } = &**row { leaf.len() } else { 0 })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn book(number: u64, byte: u8) -> Write {
        Write::Book { number, bytes: vec![byte] }
    }

    #[test]
    fn a_batch_is_taken_whole_or_not_at_all() {
        let mut rows = Rows::default();
        rows.take(&[book(0, 1), book(1, 2)]).unwrap();
        rows.take(&[book(1, 2), book(2, 3)]).unwrap();
        assert_eq!(rows.book_size(), 3, "the same row again is no error");
        assert!(matches!(rows.take(&[book(3, 4), book(1, 9)]), Err(StoreFault::Differs { .. })));
        assert!(matches!(rows.take(&[book(3, 4), book(5, 4)]), Err(StoreFault::Gap { .. })));
        assert_eq!(rows.book_size(), 3);
    }
}
