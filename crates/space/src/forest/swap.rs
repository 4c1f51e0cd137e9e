//! The latest snapshot, handed from one writer to any number of readers who never wait.
//!
//! There are a few places. One is the current one; the writer fills another and then makes that one current. A
//! reader whose place is current no more has been overtaken, and asks again: some step was made by the writer.

#[cfg(all(loom, test))]
use loom::sync::{
    Mutex, RwLock,
    atomic::{AtomicUsize, Ordering},
};
#[cfg(not(all(loom, test)))]
use std::sync::{
    Mutex, RwLock,
    atomic::{AtomicUsize, Ordering},
};

/// So many that a reader which is stopped while it copies one does not stop the writer.
const PLACES: usize = if cfg!(all(loom, test)) { 2 } else { 8 };

/// The latest of something that is cheap to clone.
#[derive(Debug)]
pub struct Latest<T> {
    places: [RwLock<T>; PLACES],
    current: AtomicUsize,
    /// Writers take turns.
    writer: Mutex<()>,
}

impl<T: Clone> Latest<T> {
    /// Begins with this one.
    pub fn new(first: T) -> Self {
        let places = core::array::from_fn(|_| RwLock::new(first.clone()));
        Self { places, current: AtomicUsize::new(0), writer: Mutex::new(()) }
    }

    /// The latest. Takes no lock that a writer of the current one holds: there is no such writer.
    pub fn get(&self) -> T {
        loop {
            let current = self.current.load(Ordering::Acquire);
            if let Ok(latest) = self.places[current].try_read() {
                // A place may have been filled again meanwhile, with one that is not shown yet: whoever took that
                // would later go back to an older one. While this lock is held the current place stays as it is.
                if self.current.load(Ordering::Acquire) == current {
                    return latest.clone();
                }
            }
            // Overtaken by the writer between the two lines above.
            pause();
        }
    }

    /// Shows a later one to all who ask from now on, and gives back one that is shown no more.
    pub fn set(&self, latest: T) -> T {
        let turn = self.writer.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let current = self.current.load(Ordering::Relaxed);
        let mut next = current;
        let old = loop {
            next = (next + 1) % PLACES;
            if next == current {
                // Readers are at every other place; each is there for the time of a clone.
                pause();
                continue;
            }
            if let Ok(mut place) = self.places[next].try_write() {
                break core::mem::replace(&mut *place, latest);
            }
        };
        self.current.store(next, Ordering::Release);
        drop(turn);
        old
    }
}

fn pause() {
    #[cfg(all(loom, test))]
    loom::thread::yield_now();
    #[cfg(not(all(loom, test)))]
    core::hint::spin_loop();
}

#[cfg(test)]
mod tests;
