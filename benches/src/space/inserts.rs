//! Inserts one by one, each timed; and queries while another thread inserts and merges.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::Result;
use detente_space::forest::{Forest, Merge, Progress, Snapshot};

use super::Changing;
use super::contender::Live;
use super::set::{Query, Set};
use crate::stats::{Sample, own_time};

/// What inserting took over some rounds of the same inserts.
#[derive(Clone, Debug, Default)]
pub struct Inserted {
    /// Each insert in nanoseconds, in their order, at its least of the rounds: what else the machine does only adds.
    each: Vec<u64>,
    /// The worst insert of the round whose worst was the least, in processor time of the inserting thread: a merge handed
    /// over or taken back comes at another insert in every round, so the least of each insert would hide it.
    pub worst: Duration,
    /// Merges on the other thread, for those that have one.
    pub merging: Duration,
}

impl Inserted {
    /// How many inserts.
    pub fn count(&self) -> usize {
        self.each.len()
    }

    /// Inserts a second.
    pub fn rate(&self) -> f64 {
        self.each.len() as f64 * 1e9 / self.each.iter().sum::<u64>().max(1) as f64
    }

    /// What the inserts took.
    pub fn sample(&self) -> Sample {
        let mut sample = Sample::default();
        self.each.iter().for_each(|one| sample.push(Duration::from_nanos(*one)));
        sample
    }

    /// Times one insert.
    fn time<T>(&mut self, insert: impl FnOnce() -> T) -> T {
        let own = own_time();
        let begun = Instant::now();
        let done = insert();
        let (took, own) = (begun.elapsed(), own_time() - own);
        // Writing it down comes afterwards: a list that grows is moved, and that is no part of the insert.
        self.each.push(took.as_nanos() as u64);
        self.worst = self.worst.max(own);
        done
    }
}

/// Runs so many rounds of the same inserts.
///
/// # Errors
/// When a database fails.
pub fn rounds(rounds: usize, mut round: impl FnMut() -> Result<Inserted>) -> Result<Inserted> {
    let mut least = round()?;
    for _ in 1..rounds {
        let next = round()?;
        least.each.iter_mut().zip(&next.each).for_each(|(least, next)| *least = (*least).min(*next));
        least.worst = least.worst.min(next.worst);
        least.merging = least.merging.min(next.merging);
    }
    Ok(least)
}

/// Inserts the first so many volumes into something empty.
///
/// # Errors
/// When a database fails.
pub fn one_by_one(structure: &mut dyn Changing, count: usize) -> Result<Inserted> {
    let mut inserted = Inserted::default();
    for id in 0..count as u32 {
        inserted.time(|| structure.insert(&[id]))?;
    }
    Ok(inserted)
}

/// Volumes that are made ready at a time.
const AHEAD: usize = 4_096;

/// The same into a forest whose merges another thread does, as in a node: what that thread is handed and hands back is
/// part of the insert.
pub fn into_forest(set: &Set, count: usize) -> Inserted {
    let mut inserted = Inserted::default();
    let mut forest = Forest::new();
    let (to_merge, merges) = std::sync::mpsc::channel::<Merge>();
    let (merged, done) = std::sync::mpsc::channel::<Merge>();
    std::thread::scope(|scope| {
        let merger = scope.spawn(move || {
            let mut took = Duration::ZERO;
            for mut merge in merges {
                let begun = Instant::now();
                while merge.step(usize::MAX) == Progress::More {}
                took += begun.elapsed();
                if merged.send(merge).is_err() {
                    break;
                }
            }
            took
        });
        let mut under_way = 0_usize;
        for begin in (0..count).step_by(AHEAD) {
            let ids = begin as u32..count.min(begin + AHEAD) as u32;
            let solids: Vec<_> = ids.map(|id| (id, set.solid(id))).collect();
            for (id, solid) in &solids {
                inserted.time(|| {
                    forest.insert(*id, solid);
                    while let Ok(merge) = done.try_recv() {
                        forest.put_back(merge);
                        under_way -= 1;
                    }
                    if under_way == 0
                        && let Some(merge) = forest.take_merge()
                    {
                        under_way += usize::from(to_merge.send(merge).is_ok());
                    }
                });
            }
            drop(forest.take_garbage());
        }
        drop(to_merge);
        inserted.merging = merger.join().unwrap_or_default();
    });
    inserted
}

/// Inserts on one core: merges are done inside the insert that makes them due.
pub fn into_forest_alone(set: &Set, count: usize) -> Inserted {
    let mut inserted = Inserted::default();
    let mut forest = Forest::new();
    for begin in (0..count).step_by(AHEAD) {
        let ids = begin as u32..count.min(begin + AHEAD) as u32;
        let solids: Vec<_> = ids.map(|id| (id, set.solid(id))).collect();
        for (id, solid) in &solids {
            inserted.time(|| {
                forest.insert(*id, solid);
                super::contender::merge(&mut forest);
            });
        }
    }
    inserted
}

/// Queries of one thread, beside another that merges all there is again and again and when that is over.
#[derive(Clone, Debug, Default)]
pub struct Beside {
    /// While the other thread merges.
    pub during: Sample,
    /// When it has stopped.
    pub quiet: Sample,
    /// How often all was merged.
    pub merges: usize,
}

/// Asks while volumes `from` on are inserted again and all is merged and published, again and again.
pub fn beside_merges(live: &mut Live<'_>, from: usize, queries: &[Query<'_>], rounds: usize) -> Beside {
    let shown = Mutex::new(live.snapshot());
    let over = AtomicBool::new(false);
    let (during, merges) = std::thread::scope(|scope| {
        let writer = scope.spawn(|| {
            let mut merges = 0;
            while !over.load(Ordering::Relaxed) {
                live.merge_all_again(from);
                replace(&shown, live.snapshot());
                merges += 1;
            }
            merges
        });
        let during = asked(&shown, queries, rounds);
        over.store(true, Ordering::Relaxed);
        (during, writer.join().unwrap_or(0))
    });
    Beside { during, quiet: asked(&shown, queries, rounds), merges }
}

/// What was shown before is dropped after the lock: readers wait for two pointers, and for no memory.
fn replace(shown: &Mutex<Snapshot>, next: Snapshot) {
    let before = std::mem::replace(&mut *shown.lock().unwrap_or_else(PoisonError::into_inner), next);
    drop(before);
}

fn asked(shown: &Mutex<Snapshot>, queries: &[Query<'_>], rounds: usize) -> Sample {
    let mut sample = Sample::default();
    let mut hits = Vec::new();
    for query in std::iter::repeat_n(queries, rounds).flatten() {
        let begun = Instant::now();
        let snapshot = shown.lock().unwrap_or_else(PoisonError::into_inner).clone();
        hits.clear();
        snapshot.for_each(&query.solid, &query.margin, |hit| hits.push(hit.id));
        sample.push(begun.elapsed());
    }
    sample
}
