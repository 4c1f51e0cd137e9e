//! The store in memory, with the disk's faults: what simulators and tests of the node stand on.

use std::collections::BTreeMap;

use detente_node::port::{Batch, Entries, Store, StoreFault, Write};
use detente_types::{Generation, Index, LineId, PartyId};

use crate::group::{GroupStore, Room, is_final};
use crate::row::{Key, LineKey};

/// How a commit that the disk fails has ended. Its author is told `Failed` either way, so it must live with both.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// Nothing of the batch is there.
    Lost,
    /// All of the batch is there.
    Saved,
}

/// A store in memory. A clone is a snapshot of its disk: keep one and put it back to play a restore from backup.
#[derive(Clone, Debug, Default)]
pub struct Memory {
    rows: BTreeMap<Key, Write>,
    /// Bytes of all rows.
    weight: u64,
    /// Commits asked for since the store was made.
    commits: u64,
    /// Which commit fails, and how.
    failing: Option<(u64, Ending)>,
    /// Set by a failure; only [`Memory::restart`] clears it.
    failed: bool,
    disk: Option<Disk>,
    room: Option<Room>,
}

/// A disk with an end.
#[derive(Clone, Copy, Debug)]
struct Disk {
    size: u64,
    reserve: u64,
}

impl Memory {
    /// An empty store on an endless, faultless disk.
    pub fn new() -> Self {
        Self::default()
    }

    /// How many commits were asked for so far, taken or not.
    pub fn commits(&self) -> u64 {
        self.commits
    }

    /// Lets one commit fail: the one with this number, counted from 0 over the store's whole life.
    pub fn fail_at(&mut self, commit: u64, ending: Ending) {
        self.failing = Some((commit, ending));
    }

    /// Gives the disk an end: `size` bytes of row values for every batch, and `reserve` bytes more for those that may use
    /// them. `None` makes it endless again.
    pub fn limit(&mut self, size_and_reserve: Option<(u64, u64)>) {
        self.disk = size_and_reserve.map(|(size, reserve)| Disk { size, reserve });
    }

    /// What a process finds when it starts again on the same disk.
    pub fn restart(&mut self) {
        self.failed = false;
        self.failing = None;
        self.room = None;
    }

    fn fits(&mut self, batch: &Batch, added: u64) -> Result<(), StoreFault> {
        let Some(disk) = self.disk else {
            self.room = None;
            return Ok(());
        };
        let after = self.weight.saturating_add(added);
        if after <= disk.size {
            self.room = None;
            return Ok(());
        }
        if batch.reserve && after <= disk.size.saturating_add(disk.reserve) {
            self.room = Some(Room::ReserveOnly);
            return Ok(());
        }
        self.room = Some(if batch.reserve { Room::None } else { Room::ReserveOnly });
        Err(StoreFault::Full { doing: format!("adding {} rows", batch.writes.len()) })
    }

    /// The rows of a batch that are not there yet, after every check.
    fn fresh(&self, batch: &Batch) -> Result<BTreeMap<Key, Write>, StoreFault> {
        let mut fresh: BTreeMap<Key, Write> = BTreeMap::new();
        for write in &batch.writes {
            let key = Key::of(write);
            match self.rows.get(&key).or_else(|| fresh.get(&key)) {
                Some(there) if there == write => continue,
                Some(_) => return Err(StoreFault::Differs { key: key.to_string() }),
                None => {}
            }
            if let Some(before) = key.before()
                && !self.rows.contains_key(&before)
                && !fresh.contains_key(&before)
            {
                return Err(StoreFault::Gap { key: key.to_string(), missing: before.to_string() });
            }
            fresh.insert(key, write.clone());
        }
        Ok(fresh)
    }

    fn add(&mut self, fresh: BTreeMap<Key, Write>, added: u64) {
        self.weight += added;
        self.rows.extend(fresh);
    }

    fn check_alive(&self, doing: &str) -> Result<(), StoreFault> {
        if self.failed {
            return Err(StoreFault::Failed { doing: doing.into(), detail: "the disk failed before".into() });
        }
        Ok(())
    }
}

impl Entries for Memory {
    fn entries(
        &mut self,
        line: &LineId,
        author: &PartyId,
        generation: Generation,
        from: Index,
        limit: usize,
    ) -> Result<Vec<Write>, StoreFault> {
        let key = |index| Key::Line(*line, LineKey::Entry(*author, generation, index));
        Ok(self.rows.range(key(from)..=key(Index::MAX)).take(limit).map(|(_, write)| write.clone()).collect())
    }
}

impl Store for Memory {
    fn commit(&mut self, batch: &Batch) -> Result<(), StoreFault> {
        self.check_alive("committing")?;
        let number = self.commits;
        self.commits += 1;
        let fresh = self.fresh(batch)?;
        let added = fresh.values().map(|write| write.weight() as u64).sum();
        self.fits(batch, added)?;
        if let Some((_, ending)) = self.failing.take_if(|(at, _)| *at == number) {
            if ending == Ending::Saved {
                self.add(fresh, added);
            }
            self.failed = true;
            return Err(StoreFault::Failed { doing: "committing".into(), detail: "as the test planned".into() });
        }
        self.add(fresh, added);
        Ok(())
    }

    fn replay(&mut self, take: &mut dyn FnMut(Write) -> Result<(), StoreFault>) -> Result<(), StoreFault> {
        self.rows.values().try_for_each(|write| take(write.clone()))
    }
}

impl GroupStore for Memory {
    fn commit_group(&mut self, batches: &[&Batch]) -> Vec<Result<(), StoreFault>> {
        let mut ended: Option<StoreFault> = None;
        let mut answers = Vec::with_capacity(batches.len());
        for batch in batches {
            let answer = ended.clone().map_or_else(|| self.commit(batch), Err);
            if let Err(fault) = &answer
                && is_final(fault)
            {
                ended = Some(fault.clone());
            }
            answers.push(answer);
        }
        answers
    }

    fn room(&self) -> Room {
        self.room.unwrap_or(Room::Ample)
    }

    fn rest(&mut self) -> Result<(), StoreFault> {
        self.check_alive("resting")?;
        if self.disk.is_none_or(|disk| self.weight < disk.size) {
            self.room = None;
        }
        Ok(())
    }

    fn close(self) -> Result<(), StoreFault> {
        self.check_alive("closing")
    }
}
