//! Staying awake for a moment after an answer.
//!
//! Who asks once often asks again at once, and to fall asleep and be woken takes longer than most answers. So the API's thread
//! looks for the next question for [`LINGER`] before it sleeps. It costs at most that of a core for each request, and is not
//! done where there is one core only: there it would keep the asker from asking.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::Notify;
use tokio::task::yield_now;

/// How long after the last answer.
const LINGER: Duration = Duration::from_micros(100);

/// Whether to stay awake.
#[derive(Default)]
pub(crate) struct Linger {
    answered: Notify,
    until: Mutex<Option<Instant>>,
}

impl Linger {
    /// An answer is about to be sent.
    pub(crate) fn begin(&self) {
        *self.until.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now() + LINGER);
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
    use super::*;

    #[test]
    fn it_stays_awake_after_an_answer_and_sleeps_again() {
        let linger = Linger::default();
        assert!(!linger.is_on());
        linger.begin();
        let until = linger.until.lock().unwrap().unwrap();
        while Instant::now() < until {
            std::hint::spin_loop();
        }
        assert!(!linger.is_on());
    }
}
