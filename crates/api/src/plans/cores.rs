//! Work on all cores at once, of a request that has enough of it.
//!
//! The threads are kept, and work for nobody but whoever has the node's desk, one request at a time. Until there is work they
//! may be kept awake by any request; work that comes ends that.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::thread;
use std::time::{Duration, Instant};

use rayon::{ThreadPool, ThreadPoolBuilder};

/// Fewer plans than these are worked on where they are: waking a thread would take longer.
const MANY: usize = 8;
/// Threads at most, the one that asks included.
const THREADS_MAX: usize = 8;
/// How long a thread that was woken waits for its work at most: what it takes to judge some hundred plans.
const READY: Duration = Duration::from_millis(1);

/// How many have work for the other threads: what keeps them awake ends then.
static WORKING: AtomicUsize = AtomicUsize::new(0);

/// Whether several threads are worth waking.
pub(super) const fn is_many(plans: usize) -> bool {
    plans >= MANY
}

/// The threads besides the one that asks; none where the machine has no more cores, or no threads to give.
fn others() -> Option<&'static ThreadPool> {
    static OTHERS: OnceLock<Option<ThreadPool>> = OnceLock::new();
    let start = || {
        let others = thread::available_parallelism().map_or(1, usize::from).min(THREADS_MAX) - 1;
        let pool = ThreadPoolBuilder::new().num_threads(others).thread_name(|_| "plans".into());
        (others > 0).then(|| pool.build().ok()).flatten()
    };
    OTHERS.get_or_init(start).as_ref()
}

/// Does the same work once on each core, here and on the other threads.
pub(super) fn on_each(work: impl Fn() + Sync) {
    let Some(others) = others() else { return work() };
    WORKING.fetch_add(1, Ordering::Relaxed);
    others.in_place_scope(|scope| {
        scope.spawn_broadcast(|_, _| work());
        work();
    });
    WORKING.fetch_sub(1, Ordering::Relaxed);
}

/// Keeps the other threads awake until it is dropped, for a moment at most.
pub(super) struct Ready(Arc<AtomicBool>);

/// Wakes the other threads: by the time that there is work for them they are there.
pub(super) fn get_ready() -> Ready {
    let is_over = Arc::new(AtomicBool::new(false));
    if let Some(others) = others() {
        let until = Instant::now() + READY;
        for _ in 0..others.current_num_threads() {
            let is_over = Arc::clone(&is_over);
            others.spawn(move || {
                let has_no_work = || WORKING.load(Ordering::Relaxed) == 0 && !is_over.load(Ordering::Relaxed);
                while has_no_work() && Instant::now() < until {
                    thread::yield_now();
                }
            });
        }
    }
    Ready(is_over)
}

impl Drop for Ready {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;
    use std::sync::Mutex;

    use super::*;

    #[test]
    fn each_thread_works_once_and_all_have_ended() {
        let threads = Mutex::new(Vec::new());
        // Others that keep the threads awake, and never say that it is over, hold nothing up.
        let _ready = [get_ready(), get_ready()];
        for _ in 0..100 {
            threads.lock().unwrap().clear();
            on_each(|| threads.lock().unwrap().push(thread::current().id()));
            let threads = threads.lock().unwrap();
            let each: HashSet<_> = threads.iter().collect();
            assert_eq!((threads.len(), each.len()), (each.len(), 1 + others().map_or(0, ThreadPool::current_num_threads)));
            assert!(threads.contains(&thread::current().id()));
        }
    }
}
