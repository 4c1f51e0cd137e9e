//! Calling the other side. When to call, and how often, is for the link to decide.

use std::time::Duration;

use tokio::net::{TcpStream, ToSocketAddrs};
use tokio::time::timeout;

use crate::connection::{Connection, PairingConnection};
use crate::error::{Environment, NetError};
use crate::handshake::Caller;
use crate::identity::{TlsIdentity, TlsPublicKey};
use crate::socket::tune;

/// Time for a TCP connection to come up, over all addresses of a name.
pub const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// Calls the holder of `peer` and returns once it has accepted our key.
///
/// # Errors
/// [`Environment`] when nothing answers. [`PeerFault`](crate::PeerFault)`::UnknownKey` when somebody else
/// answers, `HungUp` when the peer does not know our key (it then says nothing at all), or another
/// breach. [`CallerFault`](crate::CallerFault) when `peer` is no usable key.
pub async fn connect(addr: impl ToSocketAddrs, identity: &TlsIdentity, peer: TlsPublicKey) -> Result<Connection, NetError> {
    let caller = Caller::pinned(identity, peer)?;
    let tcp = open(addr).await?;
    let remote = remote_of(&tcp)?;
    Ok(Connection::new(caller.introduce(tcp).await?, remote))
}

/// Calls whoever made `invite`, to be introduced (G1). `invite` is any 32 bytes that both sides derive from
/// the invite and that outsiders cannot guess; it opens the door and authenticates nobody.
///
/// # Errors
/// As [`connect`]; any usable key is accepted.
pub async fn connect_pairing(
    addr: impl ToSocketAddrs,
    identity: &TlsIdentity,
    invite: &[u8; 32],
) -> Result<PairingConnection, NetError> {
    let caller = Caller::pairing(identity, invite)?;
    let tcp = open(addr).await?;
    let remote = remote_of(&tcp)?;
    PairingConnection::new(caller.introduce(tcp).await?, identity.public_key(), remote)
}

async fn open(addr: impl ToSocketAddrs) -> Result<TcpStream, Environment> {
    let tcp = timeout(CONNECT_TIMEOUT, TcpStream::connect(addr))
        .await
        .map_err(|_| Environment::ConnectTimedOut)?
        .map_err(|source| Environment::Connect { source })?;
    tune(&tcp)?;
    Ok(tcp)
}

fn remote_of(tcp: &TcpStream) -> Result<std::net::SocketAddr, Environment> {
    tcp.peer_addr().map_err(|source| Environment::Connect { source })
}
