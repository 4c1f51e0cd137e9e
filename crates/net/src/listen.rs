//! Being called: many strangers at the door at once, and none of them can stop the others.
//!
//! A listener does its work inside `accept`: handshakes run side by side as tasks that it owns, and
//! dropping the listener ends them all. A failed handshake is counted and logged, never returned.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream, ToSocketAddrs};
use tokio::task::{AbortHandle, Id, JoinError, JoinSet};
use tracing::{debug, warn};

use crate::connection::{Connection, PairingConnection};
use crate::error::{Environment, NetError, PeerFault};
use crate::handshake::{Doorkeeper, Established};
use crate::identity::{TlsIdentity, TlsPublicKey};
use crate::pins::Pins;
use crate::socket::tune;
use crate::strangers::{Source, Strangers};

/// Rest after the system refused to hand over a caller (no descriptors left, say), lest we spin.
const ACCEPT_REST: Duration = Duration::from_millis(50);

/// Listens for the holders of pinned keys.
#[derive(Debug)]
pub struct Listener(Reception);

/// Listens for the holder of an invite (G1).
#[derive(Debug)]
pub struct PairingListener {
    reception: Reception,
    us: TlsPublicKey,
}

/// How handshakes have ended since the listener was bound.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct HandshakeCounts {
    /// Handshakes that gave a connection.
    pub completed: u64,
    /// Callers who did not know whom they were calling.
    pub no_knock: u64,
    /// Callers with a key that is not pinned.
    pub unknown_key: u64,
    /// Callers who took too long.
    pub timed_out: u64,
    /// Callers who sent too much.
    pub too_long: u64,
    /// Callers who hung up.
    pub hung_up: u64,
    /// Callers who had to go because too many came.
    pub evicted: u64,
    /// Every other fault of a caller.
    pub other_fault: u64,
    /// Failures of our own system or program.
    pub own_failure: u64,
}

impl Listener {
    /// Listens on `addr` for callers whose key is in `pins` at the time they call.
    ///
    /// # Errors
    /// [`Environment::Listen`] if the address cannot be had.
    pub async fn bind(addr: impl ToSocketAddrs, identity: &TlsIdentity, pins: Pins) -> Result<Self, NetError> {
        Reception::bind(addr, Doorkeeper::pinned(identity, pins)?).await.map(Self)
    }

    /// The next authenticated connection. Never fails: bad callers are counted, and the wait goes on.
    /// Safe to cancel. One key may open several; which of them to keep is for the link to decide.
    pub async fn accept(&mut self) -> Connection {
        let (established, remote) = self.0.next().await;
        Connection::new(established, remote)
    }

    /// The address that callers reach.
    pub const fn local_addr(&self) -> SocketAddr {
        self.0.local
    }

    /// How handshakes have ended so far.
    pub const fn counts(&self) -> HandshakeCounts {
        self.0.counts
    }
}

impl PairingListener {
    /// Listens on `addr` for callers who hold `invite`; see [`crate::connect_pairing`] for what that is.
    ///
    /// # Errors
    /// [`Environment::Listen`] if the address cannot be had.
    pub async fn bind(addr: impl ToSocketAddrs, identity: &TlsIdentity, invite: &[u8; 32]) -> Result<Self, NetError> {
        let reception = Reception::bind(addr, Doorkeeper::pairing(identity, invite)?).await?;
        Ok(Self { reception, us: identity.public_key() })
    }

    /// The next caller who holds the invite. How many attempts one invite has is for the caller to decide.
    ///
    /// # Errors
    /// [`crate::Bug`] only.
    pub async fn accept(&mut self) -> Result<PairingConnection, NetError> {
        let (established, remote) = self.reception.next().await;
        PairingConnection::new(established, self.us, remote)
    }

    /// The address that callers reach.
    pub const fn local_addr(&self) -> SocketAddr {
        self.reception.local
    }

    /// How handshakes have ended so far.
    pub const fn counts(&self) -> HandshakeCounts {
        self.reception.counts
    }
}

/// What both kinds of listener have in common.
#[derive(Debug)]
struct Reception {
    tcp: TcpListener,
    local: SocketAddr,
    doorkeeper: Arc<Doorkeeper>,
    strangers: Strangers<AbortHandle>,
    handshakes: JoinSet<(SocketAddr, Result<Established<TcpStream>, NetError>)>,
    counts: HandshakeCounts,
}

type Ended = Result<(Id, (SocketAddr, Result<Established<TcpStream>, NetError>)), JoinError>;

impl Reception {
    async fn bind(addr: impl ToSocketAddrs, doorkeeper: Doorkeeper) -> Result<Self, NetError> {
        let tcp = TcpListener::bind(addr).await.map_err(|source| Environment::Listen { source })?;
        let local = tcp.local_addr().map_err(|source| Environment::Listen { source })?;
        Ok(Self {
            tcp,
            local,
            doorkeeper: Arc::new(doorkeeper),
            strangers: Strangers::new(),
            handshakes: JoinSet::new(),
            counts: HandshakeCounts::default(),
        })
    }

    async fn next(&mut self) -> (Established<TcpStream>, SocketAddr) {
        loop {
            tokio::select! {
                Some(ended) = self.handshakes.join_next_with_id() => {
                    if let Some(known) = self.conclude(ended) {
                        return known;
                    }
                }
                arrival = self.tcp.accept() => self.admit(arrival).await,
            }
        }
    }

    async fn admit(&mut self, arrival: io::Result<(TcpStream, SocketAddr)>) {
        let (tcp, remote) = match arrival {
            Ok(arrival) => arrival,
            Err(error) => {
                warn!(%error, "system did not hand over a caller");
                self.counts.own_failure += 1;
                tokio::time::sleep(ACCEPT_REST).await;
                return;
            }
        };
        let doorkeeper = Arc::clone(&self.doorkeeper);
        let handle = self.handshakes.spawn(async move { (remote, handshake(&doorkeeper, tcp).await) });
        if let Some(evicted) = self.strangers.add(Source::from(remote), handle) {
            evicted.abort();
        }
    }

    fn conclude(&mut self, ended: Ended) -> Option<(Established<TcpStream>, SocketAddr)> {
        match ended {
            Ok((id, (remote, result))) => {
                self.strangers.remove(|handle| handle.id() == id);
                self.counts.note(result.as_ref().err());
                result.map_err(|error| log_refusal(remote, &error)).ok().map(|established| (established, remote))
            }
            Err(error) if error.is_cancelled() => {
                self.counts.evicted += 1;
                None
            }
            Err(error) => {
                self.strangers.remove(|handle| handle.id() == error.id());
                warn!(%error, "handshake task failed");
                self.counts.own_failure += 1;
                None
            }
        }
    }
}

async fn handshake(doorkeeper: &Doorkeeper, tcp: TcpStream) -> Result<Established<TcpStream>, NetError> {
    tune(&tcp)?;
    doorkeeper.receive(tcp).await
}

/// Strangers can make us write a line each, so theirs are below the usual level; a caller who knew the
/// knock and held another key is worth a look.
fn log_refusal(remote: SocketAddr, error: &NetError) {
    match error {
        NetError::PeerFault(PeerFault::UnknownKey { key }) => {
            warn!(%remote, %key, "refused a caller who knew our key but is not pinned");
        }
        _ => debug!(%remote, %error, "refused a caller"),
    }
}

impl HandshakeCounts {
    fn note(&mut self, failure: Option<&NetError>) {
        let count = match failure {
            None => &mut self.completed,
            Some(NetError::PeerFault(fault)) => match fault {
                PeerFault::NoKnock => &mut self.no_knock,
                PeerFault::UnknownKey { .. } => &mut self.unknown_key,
                PeerFault::HandshakeTimedOut => &mut self.timed_out,
                PeerFault::HandshakeTooLong { .. } => &mut self.too_long,
                PeerFault::HungUp => &mut self.hung_up,
                _ => &mut self.other_fault,
            },
            Some(_) => &mut self.own_failure,
        };
        *count += 1;
    }
}
