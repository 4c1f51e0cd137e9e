//! The writing thread: batches in, answers out, as many batches to a sync as are waiting.
//!
//! The thread owns the store. It takes what is queued, up to a group, writes it as one transaction, answers each batch in
//! the order in which it came, and only then looks after the store. Nothing is ever held back to make a group larger: the
//! time that one sync takes is what fills the next group.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread::{Builder, JoinHandle};
use std::time::Duration;
use std::{io, iter};

use detente_node::port::{Batch, StoreFault};

use crate::group::{GroupStore, Room, is_final};

/// Batches that may wait. A submitter beyond it waits for the disk: back-pressure, not loss.
const QUEUE_MAX: usize = 4096;

/// Batches in one transaction: past some hundreds the sync is no longer what costs, and a longer group only answers later.
const GROUP_BATCHES_MAX: usize = 512;

/// Bytes of rows in one transaction, so that the log file grows by a bounded step.
const GROUP_BYTES_MAX: usize = 4 << 20;

/// How often a store without room looks whether space came back.
const REST_EVERY: Duration = Duration::from_secs(1);

/// What became of a batch. `T` is the caller's name for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome<T> {
    /// It is durable.
    Persisted(T),
    /// It was not taken; after `Full`, `Differs` and `Gap` nothing of it is there.
    Refused(T, StoreFault),
}

/// The writing thread is gone: its store or its `answer` panicked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the writing thread has stopped")]
pub struct Stopped;

/// The handle to a writing thread. Dropping it lets the thread finish what is queued and close the store.
pub struct Writer<T> {
    /// Taken when the thread is told to end.
    queue: Option<SyncSender<(T, Batch)>>,
    thread: Option<JoinHandle<Result<(), StoreFault>>>,
    room: Arc<AtomicU8>,
}

impl<T: Send + 'static> Writer<T> {
    /// Starts the thread. It calls `answer` once for each batch, in the order of [`Writer::submit`]; `answer` must not
    /// wait for the writer.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub fn start<S: GroupStore + Send + 'static>(
        store: S,
        answer: impl FnMut(Outcome<T>) + Send + 'static,
    ) -> Result<Self, io::Error> {
        let (queue, jobs) = sync_channel(QUEUE_MAX);
        let room = Arc::new(AtomicU8::new(room_number(store.room())));
        let hand = Hand { store, jobs, answer, room: Arc::clone(&room) };
        let thread = Builder::new().name("store".into()).spawn(move || hand.run())?;
        Ok(Self { queue: Some(queue), thread: Some(thread), room })
    }

    /// Queues a batch. Waits only while the queue is full.
    ///
    /// # Errors
    /// [`Stopped`] when the thread is gone; the batch was not written and is never answered.
    pub fn submit(&self, token: T, batch: Batch) -> Result<(), Stopped> {
        let queue = self.queue.as_ref().ok_or(Stopped)?;
        queue.send((token, batch)).map_err(|_| Stopped)
    }

    /// How much room there was after the last group.
    pub fn room(&self) -> Room {
        room_of_number(self.room.load(Ordering::Acquire))
    }

    /// Writes what is queued, closes the store and ends the thread.
    ///
    /// # Errors
    /// The final fault, if there was one.
    pub fn stop(mut self) -> Result<(), StoreFault> {
        self.queue = None;
        let thread = self.thread.take().expect("taken here and in drop only");
        thread.join().unwrap_or_else(|_| {
            Err(StoreFault::Failed { doing: "ending the writing thread".into(), detail: "it panicked".into() })
        })
    }
}

impl<T> Drop for Writer<T> {
    fn drop(&mut self) {
        self.queue = None;
        if let Some(thread) = self.thread.take() {
            // A final fault was answered to every batch that met it; there is nobody left to tell.
            let _ = thread.join();
        }
    }
}

/// What the thread owns.
struct Hand<S, T, A> {
    store: S,
    jobs: Receiver<(T, Batch)>,
    answer: A,
    room: Arc<AtomicU8>,
}

impl<S: GroupStore, T, A: FnMut(Outcome<T>)> Hand<S, T, A> {
    fn run(mut self) -> Result<(), StoreFault> {
        loop {
            let group = match self.next_group() {
                Ok(group) => group,
                Err(RecvTimeoutError::Timeout) => Vec::new(),
                Err(RecvTimeoutError::Disconnected) => return self.store.close(),
            };
            let ended = self.write(group).and_then(|()| self.store.rest());
            self.tell_room();
            if let Err(fault) = ended {
                self.refuse_the_rest(&fault);
                return Err(fault);
            }
        }
    }

    /// Waits for a batch, then takes what else is there, up to a group.
    fn next_group(&mut self) -> Result<Vec<(T, Batch)>, RecvTimeoutError> {
        let first = if self.store.room() == Room::Ample {
            self.jobs.recv().map_err(|_| RecvTimeoutError::Disconnected)?
        } else {
            self.jobs.recv_timeout(REST_EVERY)?
        };
        let mut bytes = first.1.weight();
        let mut group = vec![first];
        while group.len() < GROUP_BATCHES_MAX && bytes < GROUP_BYTES_MAX {
            let Ok(job) = self.jobs.try_recv() else { break };
            bytes += job.1.weight();
            group.push(job);
        }
        Ok(group)
    }

    /// Writes a group and answers for each of its batches.
    fn write(&mut self, group: Vec<(T, Batch)>) -> Result<(), StoreFault> {
        if group.is_empty() {
            return Ok(());
        }
        let batches: Vec<&Batch> = group.iter().map(|(_, batch)| batch).collect();
        let answers = self.store.commit_group(&batches);
        self.tell_room();
        let mut ended = Ok(());
        for ((token, _), answer) in iter::zip(group, answers) {
            (self.answer)(match answer {
                Ok(()) => Outcome::Persisted(token),
                Err(fault) => {
                    if is_final(&fault) {
                        ended = Err(fault.clone());
                    }
                    Outcome::Refused(token, fault)
                }
            });
        }
        ended
    }

    /// After a final fault: every batch is refused, those that come later too, until the handle is dropped.
    fn refuse_the_rest(&mut self, fault: &StoreFault) {
        while let Ok((token, _)) = self.jobs.recv() {
            (self.answer)(Outcome::Refused(token, fault.clone()));
        }
    }

    fn tell_room(&self) {
        self.room.store(room_number(self.store.room()), Ordering::Release);
    }
}

const fn room_number(room: Room) -> u8 {
    match room {
        Room::Ample => 0,
        Room::ReserveOnly => 1,
        Room::None => 2,
    }
}

const fn room_of_number(number: u8) -> Room {
    match number {
        0 => Room::Ample,
        1 => Room::ReserveOnly,
        _ => Room::None,
    }
}
