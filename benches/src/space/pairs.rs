//! Every pair of a set that meets, each once.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use detente_space::forest::{Margin, Snapshot};

use crate::stats::own_time;

/// A join and what it took.
#[derive(Clone, Debug)]
pub struct Joined {
    /// What joined.
    pub name: String,
    /// Pairs found: what kind they are, the name says.
    pub pairs: u64,
    /// Processor time of the thread that took longest, what it waited for included; the least of the rounds.
    pub took: Duration,
}

/// A way to count all pairs; it may know better than its own thread how long it took.
pub type Join<'a> = Box<dyn FnMut() -> (u64, Option<Duration>) + 'a>;

/// Runs joins in turns, so many rounds.
pub fn rounds(joins: &mut [(&str, Join<'_>)], rounds: usize) -> Vec<Joined> {
    let begin = |(name, _): &(&str, Join<'_>)| Joined { name: (*name).to_owned(), pairs: 0, took: Duration::MAX };
    let mut joined: Vec<Joined> = joins.iter().map(begin).collect();
    for _ in 0..rounds {
        for ((_, join), joined) in joins.iter_mut().zip(&mut joined) {
            let begun = own_time();
            let (pairs, took) = join();
            joined.pairs = pairs;
            joined.took = joined.took.min(took.unwrap_or(own_time() - begun));
        }
    }
    joined
}

/// Counts every true pair of a snapshot on so many threads, from nothing made ready. It took what making ready and the
/// slowest thread took.
pub fn sweep(snapshot: &Snapshot, threads: usize) -> (u64, Option<Duration>) {
    let shares = shares(snapshot, threads);
    (shares.pairs, Some(shares.ready + shares.threads.iter().copied().max().unwrap_or_default()))
}

/// How a join was cut, in processor time.
#[derive(Clone, Debug)]
pub struct Shares {
    /// Pairs found.
    pub pairs: u64,
    /// Making ready, on one thread.
    pub ready: Duration,
    /// What each thread took then.
    pub threads: Vec<Duration>,
}

/// Counts every true pair on so many threads, and tells how the work was cut.
pub fn shares(snapshot: &Snapshot, threads: usize) -> Shares {
    let begun = own_time();
    let sweep = snapshot.sweep(&Margin::NONE);
    let ready = own_time() - begun;
    let next = AtomicUsize::new(0);
    let work = || {
        let (begun, mut found) = (own_time(), 0);
        loop {
            let part = next.fetch_add(1, Ordering::Relaxed);
            if part >= sweep.parts() {
                return (found, own_time() - begun);
            }
            sweep.run(part, |_, _| found += 1);
        }
    };
    let each: Vec<(u64, Duration)> = std::thread::scope(|scope| {
        let others: Vec<_> = (1..threads).map(|_| scope.spawn(work)).collect();
        let own = work();
        others.into_iter().filter_map(|other| other.join().ok()).chain([own]).collect()
    });
    Shares { pairs: each.iter().map(|one| one.0).sum(), ready, threads: each.iter().map(|one| one.1).collect() }
}
