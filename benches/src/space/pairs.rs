//! Every pair of a set that meets, each once.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::Result;
use detente_space::forest::{Margin, Snapshot};

/// A join and what it took.
#[derive(Clone, Debug)]
pub struct Joined {
    /// What joined.
    pub name: String,
    /// Pairs found: what kind they are, the name says.
    pub pairs: u64,
    /// The least of the rounds.
    pub took: Duration,
}

/// A way to count all pairs.
pub type Join<'a> = Box<dyn FnMut() -> Result<u64> + 'a>;

/// Runs joins in turns, so many rounds.
///
/// # Errors
/// When a database fails.
pub fn rounds(joins: &mut [(&str, Join<'_>)], rounds: usize) -> Result<Vec<Joined>> {
    let begin = |(name, _): &(&str, Join<'_>)| Joined { name: (*name).to_owned(), pairs: 0, took: Duration::MAX };
    let mut joined: Vec<Joined> = joins.iter().map(begin).collect();
    for _ in 0..rounds {
        for ((_, join), joined) in joins.iter_mut().zip(&mut joined) {
            let begun = Instant::now();
            joined.pairs = join()?;
            joined.took = joined.took.min(begun.elapsed());
        }
    }
    Ok(joined)
}

/// Counts every true pair of a snapshot on so many threads, from nothing made ready.
pub fn sweep(snapshot: &Snapshot, threads: usize) -> u64 {
    let sweep = snapshot.sweep(&Margin::NONE);
    let (next, pairs) = (AtomicUsize::new(0), AtomicU64::new(0));
    let work = || {
        let mut found = 0;
        loop {
            let part = next.fetch_add(1, Ordering::Relaxed);
            if part >= sweep.parts() {
                break;
            }
            sweep.run(part, |_, _| found += 1);
        }
        pairs.fetch_add(found, Ordering::Relaxed);
    };
    std::thread::scope(|scope| {
        (1..threads).for_each(|_| drop(scope.spawn(work)));
        work();
    });
    pairs.into_inner()
}
