//! Bearers: who listens, who dials, and the frames between a connection and the node's thread.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::Sender;

use detente_net::{Connection, Listener, Pins, TlsIdentity, TlsPublicKey};
use detente_types::LineId;
use tokio::sync::{Semaphore, mpsc};
use tokio::task::JoinSet;

use super::Message;

/// Frames of one connection that may wait for the node: 4 MiB of the largest kind.
const UNHANDLED_FRAMES_MAX: usize = 256;

/// How one line is reached.
#[derive(Debug)]
pub struct LinkConfig {
    /// The line.
    pub line: LineId,
    /// Our TLS key on it.
    pub identity: TlsIdentity,
    /// Theirs, pinned.
    pub peer: TlsPublicKey,
    /// Where we listen for them.
    pub listen: Option<String>,
    /// Where we reach them.
    pub dial: Option<String>,
}

/// The link tasks of a host. Dropping it ends them all.
pub struct Links {
    tasks: JoinSet<()>,
    /// Addresses that are listened on, by line.
    pub listening: BTreeMap<LineId, std::net::SocketAddr>,
}

impl Links {
    /// Starts listening and dialling. `dials` yields lines that the node wants dialled.
    ///
    /// # Errors
    /// When an address cannot be listened on; nothing is then left running.
    pub(crate) async fn start(
        configs: Vec<LinkConfig>,
        to_node: Sender<Message>,
        mut dials: mpsc::UnboundedReceiver<LineId>,
    ) -> Result<Self, detente_net::NetError> {
        let mut links = Self { tasks: JoinSet::new(), listening: BTreeMap::new() };
        let numbers = Arc::new(AtomicU64::new(1));
        let mut outgoing = BTreeMap::new();
        for config in configs {
            if let Some(address) = &config.listen {
                let pins = Pins::new();
                pins.add(config.peer, *config.line.as_bytes())?;
                let listener = Listener::bind(address.as_str(), &config.identity, pins).await?;
                links.listening.insert(config.line, listener.local_addr());
                links.tasks.spawn(accept(listener, config.line, to_node.clone(), Arc::clone(&numbers)));
            }
            outgoing.insert(config.line, Arc::new(config));
        }
        links.tasks.spawn(async move {
            let mut calls = JoinSet::new();
            while let Some(line) = dials.recv().await {
                if let Some(config) = outgoing.get(&line).filter(|c| c.dial.is_some()) {
                    calls.spawn(dial(Arc::clone(config), to_node.clone(), Arc::clone(&numbers)));
                }
                while calls.try_join_next().is_some() {}
            }
        });
        Ok(links)
    }

    /// Ends all tasks.
    pub async fn stop(mut self) {
        self.tasks.shutdown().await;
    }
}

async fn accept(mut listener: Listener, line: LineId, to_node: Sender<Message>, numbers: Arc<AtomicU64>) {
    let mut carried = JoinSet::new();
    loop {
        let connection = listener.accept().await;
        carried.spawn(carry(connection, line, to_node.clone(), numbers.fetch_add(1, Ordering::Relaxed)));
        while carried.try_join_next().is_some() {}
    }
}

async fn dial(config: Arc<LinkConfig>, to_node: Sender<Message>, numbers: Arc<AtomicU64>) {
    let Some(address) = &config.dial else {
        return;
    };
    match detente_net::connect(address.as_str(), &config.identity, config.peer).await {
        Ok(connection) => carry(connection, config.line, to_node, numbers.fetch_add(1, Ordering::Relaxed)).await,
        Err(fault) => {
            tracing::debug!(line = %config.line.short(), %fault, "the other node was not reached");
            let _ = to_node.send(Message::Down(config.line, 0));
        }
    }
}

/// Carries frames from a connection to the node until it ends.
async fn carry(connection: Connection, line: LineId, to_node: Sender<Message>, number: u64) {
    let (sender, mut receiver) = connection.split();
    if to_node.send(Message::Up(line, number, sender)).is_err() {
        return;
    }
    let room = Arc::new(Semaphore::new(UNHANDLED_FRAMES_MAX));
    while let Ok(permit) = Arc::clone(&room).acquire_owned().await {
        match receiver.next().await {
            Ok(Some(frame)) => {
                if to_node.send(Message::Frame(line, frame, permit)).is_err() {
                    return;
                }
            }
            Ok(None) => break,
            Err(fault) => {
                tracing::info!(line = %line.short(), %fault, "the connection ended");
                break;
            }
        }
    }
    let _ = to_node.send(Message::Down(line, number));
}
