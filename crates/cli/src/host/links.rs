//! Bearers: who listens, who dials, and the frames between a connection and the node's thread.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::Sender;

use detente_net::{Connection, FrameReceiver, Listener, Pins, TlsIdentity, TlsPublicKey};
use detente_types::LineId;
use tokio::sync::{Semaphore, mpsc, oneshot};
use tokio::task::JoinSet;

use super::Message;
use super::desk::Bearer;

/// Frames of one line that may wait for the node: 4 MiB of the largest kind.
const UNHANDLED_FRAMES_MAX: usize = 256;

/// Connections of one line that are accepted and not wholly closed yet: its bearer, one that is to replace it, and two
/// that still send what was queued.
pub(super) const ACCEPTED_MAX: usize = 4;

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
            let carrier = Carrier::new(config.line, to_node.clone(), Arc::clone(&numbers));
            if let Some(address) = &config.listen {
                let pins = Pins::new();
                pins.add(config.peer, *config.line.as_bytes())?;
                let listener = Listener::bind(address.as_str(), &config.identity, pins).await?;
                links.listening.insert(config.line, listener.local_addr());
                links.tasks.spawn(accept(listener, carrier.clone()));
            }
            outgoing.insert(config.line, (Arc::new(config), carrier));
        }
        links.tasks.spawn(async move {
            let mut calls = JoinSet::new();
            while let Some(line) = dials.recv().await {
                if let Some((config, carrier)) = outgoing.get(&line).filter(|(config, _)| config.dial.is_some()) {
                    calls.spawn(dial(Arc::clone(config), carrier.clone()));
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

/// Takes callers of a line, a few at a time: one who has no place waits in the system's queue, at no cost to other lines.
async fn accept(mut listener: Listener, carrier: Carrier) {
    let places = Arc::new(Semaphore::new(ACCEPTED_MAX));
    let mut carried = JoinSet::new();
    while let Ok(place) = Arc::clone(&places).acquire_owned().await {
        let connection = listener.accept().await;
        let carrier = carrier.clone();
        carried.spawn(async move {
            carrier.carry(connection).await;
            drop(place);
        });
        while carried.try_join_next().is_some() {}
    }
}

async fn dial(config: Arc<LinkConfig>, carrier: Carrier) {
    let Some(address) = &config.dial else {
        return;
    };
    match detente_net::connect(address.as_str(), &config.identity, config.peer).await {
        Ok(connection) => carrier.carry(connection).await,
        Err(fault) => {
            tracing::debug!(line = %config.line.short(), %fault, "the other node was not reached");
            let _ = carrier.to_node.send(Message::Down(config.line, 0));
        }
    }
}

/// Carries frames from the connections of one line to the node.
#[derive(Clone)]
struct Carrier {
    line: LineId,
    to_node: Sender<Message>,
    numbers: Arc<AtomicU64>,
    /// For the frames of all connections of the line that wait for the node.
    room: Arc<Semaphore>,
}

impl Carrier {
    fn new(line: LineId, to_node: Sender<Message>, numbers: Arc<AtomicU64>) -> Self {
        Self { line, to_node, numbers, room: Arc::new(Semaphore::new(UNHANDLED_FRAMES_MAX)) }
    }

    /// Carries a connection until it ends or the node lets go of it, and returns when nothing of it is left.
    ///
    /// The newest connection of a line is its bearer, whoever called. Two calls that cross may so end each other; the
    /// back-off of dialling is half chance, and they do not cross for long.
    async fn carry(&self, connection: Connection) {
        let number = self.numbers.fetch_add(1, Ordering::Relaxed);
        let (sender, mut receiver) = connection.split();
        let (carried, let_go) = oneshot::channel();
        if self.to_node.send(Message::Up(self.line, Bearer::new(number, sender, carried))).is_ok() {
            tokio::select! {
                () = self.read(&mut receiver, number) => {
                    let _ = self.to_node.send(Message::Down(self.line, number));
                }
                _ = let_go => {}
            }
        }
        receiver.close().await;
    }

    async fn read(&self, receiver: &mut FrameReceiver, number: u64) {
        while let Ok(room) = Arc::clone(&self.room).acquire_owned().await {
            match receiver.next().await {
                Ok(Some(frame)) => {
                    if self.to_node.send(Message::Frame(self.line, number, frame, room)).is_err() {
                        return;
                    }
                }
                Ok(None) => return,
                Err(fault) => {
                    tracing::debug!(line = %self.line.short(), %fault, "the connection ended");
                    return;
                }
            }
        }
    }
}
