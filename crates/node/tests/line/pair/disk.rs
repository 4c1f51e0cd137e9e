//! A disk in memory that takes everything, until it is told to be full or to fail.

use std::collections::BTreeMap;

use detente_node::port::{Batch, Entries, Store, StoreFault, Write};
use detente_types::{Generation, Index, LineId, PartyId};

/// Rows in the order in which a node wants them back.
#[derive(Clone, Default)]
pub(crate) struct Disk {
    /// It takes nothing, from the reserve neither.
    pub(crate) full: bool,
    /// Only its reserve is left.
    pub(crate) ordinary_full: bool,
    /// Rows that went to the reserve.
    pub(crate) from_reserve: usize,
    /// Bytes of those rows.
    pub(crate) reserve_bytes: usize,
    /// Batches that had them.
    pub(crate) reserve_batches: usize,
    /// It fails, for good.
    pub(crate) failed: bool,
    pub(crate) rows: BTreeMap<Vec<u8>, Write>,
}

/// Sorts rows as `Store::replay` promises: the book, then entries, early entries, notes and evidence.
fn key(write: &Write) -> Vec<u8> {
    match write {
        Write::Book { number, .. } => format!("0/{number:020}").into_bytes(),
        Write::Entry { line, author, generation, index, .. } => {
            format!("1/{line}/{author}/{:010}/{index:020}", generation.0).into_bytes()
        }
        Write::Early { line, author, generation, index, .. } => {
            format!("2/{line}/{author}/{:010}/{index:020}", generation.0).into_bytes()
        }
        Write::Note { line, author, generation, role, size, .. } => {
            format!("3/{line}/{author}/{:010}/{role:?}/{size:020}", generation.0).into_bytes()
        }
        Write::Evidence { line, number, .. } => format!("4/{line}/{number:020}").into_bytes(),
    }
}

impl Entries for Disk {
    fn entries(
        &mut self,
        line: &LineId,
        author: &PartyId,
        generation: Generation,
        from: Index,
        limit: usize,
    ) -> Result<Vec<Write>, StoreFault> {
        let wanted = |w: &&Write| matches!(w, Write::Entry { line: l, author: a, generation: g, index, .. } if l == line && a == author && *g == generation && *index >= from);
        Ok(self.rows.values().filter(wanted).take(limit).cloned().collect())
    }
}

impl Store for Disk {
    fn commit(&mut self, batch: &Batch) -> Result<(), StoreFault> {
        if self.failed {
            return Err(StoreFault::Failed { doing: "writing".into(), detail: "told to".into() });
        }
        if self.full || (self.ordinary_full && !batch.reserve) {
            return Err(StoreFault::Full { doing: "writing".into() });
        }
        for write in &batch.writes {
            let key = key(write);
            if self.rows.get(&key).is_some_and(|there| there != write) {
                return Err(StoreFault::Differs { key: String::from_utf8_lossy(&key).into_owned() });
            }
        }
        if self.ordinary_full {
            self.from_reserve += batch.writes.len();
            self.reserve_bytes += batch.weight();
            self.reserve_batches += 1;
        }
        self.rows.extend(batch.writes.iter().map(|w| (key(w), w.clone())));
        Ok(())
    }

    fn replay(&mut self, take: &mut dyn FnMut(Write) -> Result<(), StoreFault>) -> Result<(), StoreFault> {
        self.rows.values().cloned().try_for_each(take)
    }
}
