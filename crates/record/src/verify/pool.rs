//! Work spread over threads in batches. Results come back in the order of the work, so nothing shows the threads.

use std::num::NonZeroUsize;
use std::thread;

/// Most items in a batch: some milliseconds of signature checks, against tens of microseconds to start a thread.
const BATCH_ITEMS_MAX: usize = 2_048;
/// Most bytes in a batch, which bounds memory when bodies are large.
const BATCH_BYTES_MAX: usize = 8 << 20;

/// Maps `work` over all items on `threads` threads and hands the results to `fold` in order. The next batch is
/// gathered while the current one is worked on.
pub(super) fn map<I: Send + Sync, R: Send>(
    threads: NonZeroUsize,
    mut items: impl Iterator<Item = I>,
    weight: impl Fn(&I) -> usize,
    work: impl Fn(&I) -> R + Sync,
    mut fold: impl FnMut(I, R),
) {
    let mut batch = gather(&mut items, &weight);
    while !batch.is_empty() {
        let share = batch.len().div_ceil(threads.get());
        let (next, results) = thread::scope(|scope| {
            let parts = batch.chunks(share).map(|part| scope.spawn(|| part.iter().map(&work).collect::<Vec<R>>()));
            let workers: Vec<_> = parts.collect();
            let next = gather(&mut items, &weight);
            let results = workers.into_iter().flat_map(|worker| worker.join().expect("checks never panic"));
            (next, results.collect::<Vec<R>>())
        });
        batch.into_iter().zip(results).for_each(|(item, result)| fold(item, result));
        batch = next;
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
