//! Work cut into shares for the caller's threads. Results come back in the order of the work, so nothing shows the
//! threads.

use core::num::NonZeroUsize;
use std::sync::OnceLock;

/// Threads of the caller's: a core owns none.
///
/// An implementation runs `job(0)` to `job(count - 1)`, each once, in any order and on any threads, and returns when
/// all are done. [`Inline`] does it on the spot.
pub trait Workers {
    /// Into how many shares work is cut.
    fn count(&self) -> NonZeroUsize;
    /// Runs the job of every share.
    fn run(&self, job: &(dyn Fn(usize) + Sync));
}

/// No threads but the caller's own.
#[derive(Clone, Copy, Debug, Default)]
pub struct Inline;

impl Workers for Inline {
    fn count(&self) -> NonZeroUsize {
        NonZeroUsize::MIN
    }

    fn run(&self, job: &(dyn Fn(usize) + Sync)) {
        job(0);
    }
}

/// Most items in a batch: tens of milliseconds of signature checks, against tens of microseconds to start a thread.
const BATCH_ITEMS_MAX: usize = 1_024;
/// Most bytes in a batch, which bounds memory when bodies are large.
const BATCH_BYTES_MAX: usize = 16 << 20;

/// Maps `work` over all items and hands the results to `fold` in order, a batch at a time.
pub(super) fn map<I: Sync, R: Send + Sync>(
    workers: &dyn Workers,
    mut items: impl Iterator<Item = I>,
    weight: impl Fn(&I) -> usize,
    work: impl Fn(&I) -> R + Sync,
    mut fold: impl FnMut(I, R),
) {
    loop {
        let batch = gather(&mut items, &weight);
        if batch.is_empty() {
            return;
        }
        let share = batch.len().div_ceil(workers.count().get());
        let parts: Vec<_> = batch.chunks(share).map(|part| (part, OnceLock::new())).collect();
        workers.run(&|number| {
            if let Some((part, results)) = parts.get(number) {
                results.get_or_init(|| part.iter().map(&work).collect::<Vec<R>>());
            }
        });
        let done = parts.into_iter().flat_map(|(_, results)| results.into_inner().expect("workers run every share"));
        let results: Vec<R> = done.collect();
        batch.into_iter().zip(results).for_each(|(item, result)| fold(item, result));
    }
}

fn gather<I>(items: &mut impl Iterator<Item = I>, weight: &impl Fn(&I) -> usize) -> Vec<I> {
    let mut batch = Vec::new();
    let mut bytes = 0;
    while batch.len() < BATCH_ITEMS_MAX && bytes < BATCH_BYTES_MAX {
        let Some(item) = items.next() else { break };
        bytes += weight(&item);
        batch.push(item);
    }
    batch
}
