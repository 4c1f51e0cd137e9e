//! The port behind the API: a seat at the running node.
//!
//! A [`Job`] is carried to the node, runs with the node to itself, and is done: nobody has the node over a request, and a slow
//! client never delays the line.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::Arc;

use detente_node::port::Entries;
use detente_node::{Event, Node};
use detente_types::statement::KeyRevokeIn;
use detente_types::{Generation, LineId, Timestamp};
use rand_core::CryptoRng;
use tokio::sync::{broadcast, oneshot};

/// Who waits for which number of the book to become durable.
pub type Waiters = BTreeMap<u64, Vec<oneshot::Sender<Kept>>>;

/// What became of an input that was taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kept {
    /// It is in the book.
    Durable,
    /// The disk became full before it was. The node holds it, and writes and states it once there is room.
    Waits,
    /// The disk failed: whether it is there is known only when the node was started again.
    Failed,
}

/// What a job may use.
pub struct Seat<'a> {
    /// The node.
    pub node: &'a mut Node,
    /// The time.
    pub now: Timestamp,
    /// Randomness.
    pub rng: &'a mut dyn CryptoRng,
    /// Who waits for which number of the book to become durable.
    pub waiters: &'a mut Waiters,
    /// The store, to read.
    pub store: &'a mut dyn Entries,
}

impl Seat<'_> {
    /// Completes once an entry of the book is durable, or has waited for a full disk; fails when the node stops before.
    pub fn booked(&mut self, number: u64) -> oneshot::Receiver<Kept> {
        let (done, wait) = oneshot::channel();
        self.waiters.entry(number).or_default().push(done);
        wait
    }
}

/// Something to do at the node.
pub type Job = Box<dyn FnOnce(&mut Seat<'_>) + Send>;

/// Whoever runs the node.
pub trait Host: Send + Sync + 'static {
    /// Carries a job to the node; false when the node has stopped.
    fn seat(&self, job: Job) -> bool;

    /// Copies the home of the node into a new directory; says why not.
    fn backup(&self, to: PathBuf) -> Pin<Box<dyn Future<Output = Result<(), String>> + Send>>;

    /// Signs with the party key that the keys of a generation of ours on a line are revoked from a size on; says why not.
    ///
    /// # Errors
    /// In words: the party key may be kept elsewhere.
    fn sign_revocation(&self, line: LineId, generation: Generation, from: u64) -> Result<KeyRevokeIn, String>;

    /// Everything that happens from now on.
    fn subscribe(&self) -> broadcast::Receiver<Arc<Event>>;
}

/// The node has stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the node has stopped")]
pub struct Stopped;

/// Runs a job at the node and waits for its result.
///
/// # Errors
/// [`Stopped`].
pub async fn ask<T: Send + 'static>(
    host: &dyn Host,
    job: impl FnOnce(&mut Seat<'_>) -> T + Send + 'static,
) -> Result<T, Stopped> {
    let (done, wait) = oneshot::channel();
    let carried = host.seat(Box::new(move |seat| {
        let _ = done.send(job(seat));
    }));
    if !carried {
        return Err(Stopped);
    }
    wait.await.map_err(|_| Stopped)
}
