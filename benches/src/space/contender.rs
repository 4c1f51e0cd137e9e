//! The product's own index, live and compacted.

use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use detente_space::forest::{Bytes, Forest, Parts, Progress, Snapshot};

use super::set::{Query, Set};
use super::{Changing, Structure};

/// Volumes whose form for the forest is made ahead of their insert.
const AHEAD: usize = 4_096;

/// The forest as it lives: inserted into one by one, merges done as they fall due, asked by its last snapshot.
pub struct Live<'a> {
    set: &'a Set,
    name: String,
    forest: Forest,
    snapshot: Snapshot,
    /// What publishing snapshots took.
    pub publishing: Duration,
}

impl<'a> Live<'a> {
    /// Inserts the first so many volumes of the set one by one.
    pub fn new(set: &'a Set, count: usize) -> Self {
        let mut forest = Forest::new();
        for id in 0..count as u32 {
            forest.insert(id, &set.solid(id));
            merge(&mut forest);
        }
        Self::of(set, "forest, live", forest)
    }

    /// The same, merged into one run.
    pub fn compacted(set: &'a Set, count: usize) -> Self {
        let mut forest = Forest::new();
        for begin in (0..count).step_by(AHEAD * 16) {
            let ids = begin as u32..count.min(begin + AHEAD * 16) as u32;
            let solids: Vec<_> = ids.map(|id| (id, set.solid(id))).collect();
            forest.insert_all(solids.iter().map(|(id, solid)| (*id, solid)));
        }
        forest.compact();
        drop(forest.take_garbage());
        Self::of(set, "forest, compacted", forest)
    }

    fn of(set: &'a Set, name: &str, mut forest: Forest) -> Self {
        let snapshot = forest.snapshot();
        Self { set, name: name.to_owned(), forest, snapshot, publishing: Duration::ZERO }
    }

    /// What its parts take.
    pub fn bytes(&self) -> Bytes {
        self.snapshot.bytes()
    }

    /// What its bytes are spent on.
    pub fn parts(&self) -> Parts {
        self.snapshot.parts()
    }

    /// How many volumes each of its runs holds.
    pub fn runs(&self) -> Vec<u32> {
        self.snapshot.runs()
    }

    /// What it holds now, for readers on other threads.
    pub fn snapshot(&self) -> Snapshot {
        self.snapshot.clone()
    }

    /// Inserts a heap of volumes from this one on (anew, when it has them), merges all and publishes.
    pub fn merge_all_again(&mut self, from: usize) {
        let to = self.set.len().min(from + 1_024);
        for id in from as u32..to as u32 {
            self.forest.insert(id, &self.set.solid(id));
        }
        self.forest.compact();
        drop(self.forest.take_garbage());
        self.publish();
    }

    fn publish(&mut self) {
        let begun = Instant::now();
        self.snapshot = self.forest.snapshot();
        self.publishing += begun.elapsed();
    }
}

/// Does all merges that are due, and drops what they leave.
pub fn merge(forest: &mut Forest) {
    if forest.is_merge_due() {
        while forest.merge_step(usize::MAX) == Progress::More {}
        drop(forest.take_garbage());
    }
}

impl Structure for Live<'_> {
    fn name(&self) -> &str {
        &self.name
    }

    fn find(&mut self, query: &Query<'_>, hits: &mut Vec<u32>) -> Result<()> {
        self.snapshot.for_each(&query.solid, &query.margin, |hit| hits.push(hit.id));
        Ok(())
    }
}

impl Changing for Live<'_> {
    fn insert(&mut self, ids: &[u32]) -> Result<()> {
        for id in ids {
            self.forest.insert(*id, &self.set.solid(*id));
        }
        Ok(())
    }

    fn remove(&mut self, ids: &[u32]) -> Result<()> {
        for id in ids {
            ensure!(self.forest.remove(*id), "volume {id} is in the forest");
        }
        Ok(())
    }

    /// The forest knows by itself what has ended.
    fn expire(&mut self, before: i32, _: &[u32]) -> Result<()> {
        self.forest.expire(before);
        Ok(())
    }

    fn tend(&mut self) -> Result<()> {
        merge(&mut self.forest);
        self.publish();
        Ok(())
    }
}
