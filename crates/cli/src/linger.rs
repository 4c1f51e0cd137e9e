//! Staying awake for a moment after an answer.
//!
//! Who asks once often asks again at once, and to fall asleep and be woken takes longer than most answers. So the API's thread
//! looks for the next question for [`LINGER`] from when an answer is ready before it sleeps. It costs at most that of a core for
//! each request, and is not done where there is one core only: there it would keep the asker from asking.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::Notify;
use tokio::task::yield_now;

/// How long from when the last answer was ready.
pub(crate) const LINGER: Duration = Duration::from_micros(100);

/// Whether to stay awake.
pub(crate) struct Linger {
    lasts: Duration,
    answered: Notify,
    until: Mutex<Option<Instant>>,
}

impl Linger {
    /// Stays awake for so long.
    pub(crate) fn new(lasts: Duration) -> Self {
        Self { lasts, answered: Notify::new(), until: Mutex::default() }
    }

    /// An answer is ready to be sent.
    pub(crate) fn begin(&self) {
        *self.until.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now() + self.lasts);
        self.answered.notify_one();
    }

    /// Keeps the thread that it runs on awake after each answer, for ever: each time that it lets others run, whatever came
    /// for them is looked at without waiting for it.
    pub(crate) async fn run(&self) {
        loop {
            self.answered.notified().await;
            while self.is_on() {
                yield_now().await;
            }
        }
    }

    fn is_on(&self) -> bool {
        self.until.lock().unwrap_or_else(PoisonError::into_inner).is_some_and(|until| Instant::now() < until)
    }
}

#[cfg(test)]
mod tests {
    use std::pin::pin;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::task::{Context, Wake, Waker};

    use super::*;

    #[derive(Default)]
    struct Woken(AtomicUsize);

    impl Wake for Woken {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// How often it asks to be run again when it is run once more.
    fn wakes(linger: &Linger, turns: &[fn(&Linger)]) -> Vec<usize> {
        let woken = Arc::new(Woken::default());
        let waker = Waker::from(Arc::clone(&woken));
        let mut run = pin!(linger.run());
        let turn = |turn: &fn(&Linger)| {
            turn(linger);
            woken.0.store(0, Ordering::Relaxed);
            assert!(run.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
            woken.0.load(Ordering::Relaxed)
        };
        turns.iter().map(turn).collect()
    }

    #[test]
    fn it_stays_awake_after_an_answer() {
        let long = Linger::new(Duration::from_secs(3_600));
        assert_eq!(wakes(&long, &[|_| (), Linger::begin, |_| (), |_| ()]), [0, 1, 1, 1]);
    }

    #[test]
    fn it_sleeps_when_its_time_is_over_until_the_next_answer() {
        let none = Linger::new(Duration::ZERO);
        assert_eq!(wakes(&none, &[Linger::begin, |_| (), Linger::begin]), [0, 0, 0]);
        let ends = |linger: &Linger| *linger.until.lock().unwrap() = None;
        let long = Linger::new(Duration::from_secs(3_600));
        assert_eq!(wakes(&long, &[Linger::begin, ends, |_| (), Linger::begin]), [1, 0, 0, 1]);
    }
}
