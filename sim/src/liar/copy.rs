//! A liar's copy of the other side's log, one generation after the other.

use std::collections::BTreeMap;

use detente_types::statement::StatementIn;
use detente_types::{Generation, Head, Root, StatementRef};
use detente_wire::Body;
use detente_wire::codec::from_body;
use detente_wire::merkle::{EMPTY_ROOT, Frontier};

use crate::invariant::audible::read_entry;

/// The copy of the other side's log.
pub(crate) struct Copied {
    /// The generation that grows.
    pub(crate) generation: Generation,
    pub(crate) entries: Vec<StatementRef>,
    /// The same, as they are sent.
    pub(crate) packed: Vec<Vec<u8>>,
    frontier: Frontier,
    roots: Vec<Root>,
    /// The newest checkpoint that it covers, and its size.
    pub(crate) checkpoint: (u64, Vec<u8>),
    /// All checkpoints of this generation.
    notes: BTreeMap<u64, Vec<u8>>,
    /// Where earlier generations ended.
    ended: Vec<Head>,
    /// Entry 0 of the next generation, and which one it is.
    next: Option<(Generation, Vec<u8>)>,
}

impl Default for Copied {
    fn default() -> Self {
        Self::of(Generation::FIRST, Vec::new())
    }
}

impl Copied {
    fn of(generation: Generation, ended: Vec<Head>) -> Self {
        Self {
            generation,
            entries: Vec::new(),
            packed: Vec::new(),
            frontier: Frontier::new(),
            roots: Vec::new(),
            checkpoint: (0, Vec::new()),
            notes: BTreeMap::new(),
            ended,
            next: None,
        }
    }

    pub(crate) fn size(&self) -> u64 {
        self.entries.len() as u64
    }

    pub(crate) fn push(&mut self, entry: StatementRef, packed: Vec<u8>) {
        self.frontier.push(*entry.hash.as_bytes());
        self.roots.push(self.frontier.root());
        self.entries.push(entry);
        self.packed.push(packed);
    }

    pub(crate) fn head_at(&self, size: u64) -> Head {
        let root = size.checked_sub(1).map_or(Some(EMPTY_ROOT), |last| self.roots.get(last as usize).copied());
        Head { generation: self.generation, size, root: root.unwrap_or(Root::new([0xa5; 32])) }
    }

    pub(crate) fn keep_checkpoint(&mut self, size: u64, note: Vec<u8>) {
        self.notes.insert(size, note.clone());
        self.checkpoint = (size, note);
    }

    /// What an honest author would name as `seen`.
    pub(crate) fn seen(&self) -> Head {
        let size = self.checkpoint.0.min(self.size());
        self.ended.last().filter(|_| size == 0).copied().unwrap_or_else(|| self.head_at(size))
    }

    /// What it has of each generation under a checkpoint.
    pub(crate) fn heads(&self) -> impl Iterator<Item = Head> + '_ {
        let newest = (self.checkpoint.0 <= self.size()).then(|| self.head_at(self.checkpoint.0));
        self.ended.iter().copied().chain(newest)
    }

    /// Forgets all beyond the newest checkpoint that covers no more than `size` entries.
    pub(crate) fn cut(&mut self, size: u64) {
        let kept = self.notes.range(..=size).next_back().map(|(size, note)| (*size, note.clone()));
        self.checkpoint = kept.unwrap_or_default();
        let size = self.checkpoint.0;
        self.notes.split_off(&(size + 1));
        self.entries.truncate(size as usize);
        self.packed.truncate(size as usize);
        self.roots.truncate(size as usize);
        self.frontier = self.entries.iter().map(|entry| *entry.hash.as_bytes()).collect();
    }

    /// Entry 0 of a generation came ahead.
    pub(crate) fn keep_opening(&mut self, generation: Generation, packed: Vec<u8>) {
        if generation > self.generation {
            self.next = Some((generation, packed));
        }
    }

    /// Begins the copy of the next generation once this one is whole.
    pub(crate) fn begin_next(&mut self) -> bool {
        let named = self.next.as_ref().and_then(|(_, packed)| named_end(packed));
        let whole = named.is_some() && named == Some(self.head_at(self.size())) && self.checkpoint.0 == self.size();
        let Some((generation, _)) = self.next.take_if(|_| whole) else { return false };
        let mut ended = core::mem::take(&mut self.ended);
        ended.extend(named);
        *self = Self::of(generation, ended);
        true
    }
}

/// The head that an opening names.
fn named_end(packed: &[u8]) -> Option<Head> {
    let (_, _, body) = read_entry(packed)?;
    match from_body(&Body::decode(body).ok()?).ok()? {
        StatementIn::GenerationOpen(opening) => opening.previous,
        _ => None,
    }
}
