//! The host: one running side. It owns the node's thread, the store's writer and the links' tasks, and carries effects
//! between them. Nothing is decided here.
//!
//! ```text
//!   API jobs ──┐                    ┌── Persist ──▶ store writer ──▶ Persisted
//!   frames  ───┼──▶ node's desk ────┼── Send ─────▶ link task
//!   disk    ───┘  (one at a time)   └── Event ────▶ subscribers
//! ```

mod clock;
mod desk;
mod links;
mod log;
#[cfg(test)]
mod tests;

use std::path::PathBuf;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::mpsc::Sender;
use std::thread::JoinHandle;

use detente_api::port::{Host as HostPort, Job};
use detente_node::{Event, Node, Token};
use detente_store::{Home, Outcome};
use detente_types::statement::KeyRevokeIn;
use detente_types::{Generation, LineId};
use detente_wire::Ed25519;
use detente_wire::certificate::sign_revocation;
use tokio::sync::{OwnedSemaphorePermit, broadcast};

pub use clock::now;
pub use desk::DeskConfig;
use desk::{Bearer, Way};
pub use links::{LinkConfig, Links};

/// What reaches the node's thread.
pub(crate) enum Message {
    /// A job from the API or a command.
    Job(Job),
    /// An answer of the store.
    Disk(Outcome<Token>),
    /// A bearer of a line is up.
    Up(LineId, Bearer),
    /// The bearer of this number is gone; 0 when none could be had.
    Down(LineId, u64),
    /// A frame that the bearer of this number brought, and the room that it takes until it is handled: a peer that floods
    /// waits (PROTOCOL F6).
    Frame(LineId, u64, Vec<u8>, OwnedSemaphorePermit),
    /// Look when to wake next.
    Wake,
    /// Stop after what is queued.
    Stop,
}

/// Events that a slow subscriber may fall behind before it loses some (and is told so).
const EVENTS_BEHIND_MAX: usize = 4_096;

/// A running side.
pub struct Host {
    way: Way,
    events: broadcast::Sender<Arc<Event>>,
    thread: Option<JoinHandle<()>>,
    home: Arc<Home>,
}

impl Host {
    /// Starts the node's thread.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub fn start(node: Node, config: DeskConfig) -> std::io::Result<Self> {
        let home = Arc::clone(&config.home);
        let (events, _) = broadcast::channel(EVENTS_BEHIND_MAX);
        let (way, thread) = desk::start(node, config, events.clone())?;
        Ok(Self { way, events, thread: Some(thread), home })
    }

    /// The way to the node's thread, for link tasks.
    pub(crate) fn sender(&self) -> Sender<Message> {
        self.way.sender()
    }

    /// Stops the node and closes its store: what is queued is still written.
    pub fn stop(mut self) {
        self.end();
    }

    fn end(&mut self) {
        let _ = self.way.send(Message::Stop);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        self.end();
    }
}

impl HostPort for Host {
    fn seat(&self, job: Job) -> bool {
        self.way.seat(job)
    }

    fn backup(&self, to: PathBuf) -> Pin<Box<dyn Future<Output = Result<(), String>> + Send>> {
        let home = Arc::clone(&self.home);
        Box::pin(async move {
            let copy = tokio::task::spawn_blocking(move || home.backup(None, &to).map_err(|e| e.to_string()));
            copy.await.map_err(|e| e.to_string())?
        })
    }

    fn sign_revocation(&self, line: LineId, generation: Generation, from: u64) -> Result<KeyRevokeIn, String> {
        let party = crate::keys::party(&self.home).map_err(|e| format!("signing with the party key: {e:#}"))?;
        Ok(sign_revocation(&Ed25519, &party, line, generation, from))
    }

    fn subscribe(&self) -> broadcast::Receiver<Arc<Event>> {
        self.events.subscribe()
    }
}

/// Randomness of the operating system.
#[derive(Clone, Copy, Debug, Default)]
pub struct OsRng;

impl rand_core::TryRng for OsRng {
    type Error = core::convert::Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Self::Error> {
        let mut bytes = [0; 4];
        self.try_fill_bytes(&mut bytes)?;
        Ok(u32::from_le_bytes(bytes))
    }

    fn try_next_u64(&mut self) -> Result<u64, Self::Error> {
        let mut bytes = [0; 8];
        self.try_fill_bytes(&mut bytes)?;
        Ok(u64::from_le_bytes(bytes))
    }

    fn try_fill_bytes(&mut self, out: &mut [u8]) -> Result<(), Self::Error> {
        getrandom::fill(out).expect("the operating system gives randomness; without it nothing here is safe");
        Ok(())
    }
}

impl rand_core::TryCryptoRng for OsRng {}
