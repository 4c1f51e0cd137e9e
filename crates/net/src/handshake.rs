//! From a fresh stream to two ends that know each other's keys.
//!
//! The order is fixed: the caller knocks in its first message; the listener hangs up without a byte if it
//! does not know the knock; TLS 1.3 with both keys; then the listener's welcome. All of it has one
//! deadline and one allowance of bytes, and nothing of it outlives a failure.

use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::time::timeout;
use tokio_rustls::rustls::server::{Acceptor, ClientHello};
use tokio_rustls::rustls::{ClientConfig, NamedGroup, ServerConfig};
use tokio_rustls::{LazyConfigAcceptor, TlsConnector, TlsStream, rustls};

use crate::error::{Bug, NetError, PeerFault};
use crate::framing::WELCOME;
use crate::identity::{TlsIdentity, TlsPublicKey};
use crate::knock::{Knock, KnockKey};
use crate::metered::Metered;
use crate::pins::Pins;
use crate::tls::{ALPN, Accepts, client_config, random, server_config};

/// Time from the first byte to the welcome: four trips over two satellite hops, with room to spare.
pub const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);

/// Bytes that the other end may send before it is known. An honest handshake is under 3 KiB (1.2 KiB of
/// it the hybrid key share); TLS holds them at most twice, which keeps a stranger within F6's 16 KiB.
pub const HANDSHAKE_BYTES_MAX: usize = 6 * 1024;

const PAIRING_LABEL: &[u8] = b"EXPORTER-detente-pairing-1";

/// A finished handshake.
#[derive(Debug)]
pub(crate) struct Established<IO> {
    pub(crate) stream: TlsStream<Metered<IO>>,
    pub(crate) peer: TlsPublicKey,
}

/// The listening side: whom it opens to.
#[derive(Debug)]
pub(crate) struct Doorkeeper {
    config: Arc<ServerConfig>,
    knocks: Knocks,
}

/// The calling side: whom it calls.
pub(crate) struct Caller {
    config: Arc<ClientConfig>,
    knock: KnockKey,
}

enum Knocks {
    Pinned { listener: TlsPublicKey, pins: Pins },
    Pairing(KnockKey),
}

impl Doorkeeper {
    /// Opens to the holders of pinned keys.
    pub(crate) fn pinned(identity: &TlsIdentity, pins: Pins) -> Result<Self, NetError> {
        let config = server_config(identity, Accepts::Pinned(pins.clone()))?;
        Ok(Self { config, knocks: Knocks::Pinned { listener: identity.public_key(), pins } })
    }

    /// Opens to anybody who holds the invite.
    pub(crate) fn pairing(identity: &TlsIdentity, invite: &[u8; 32]) -> Result<Self, NetError> {
        let config = server_config(identity, Accepts::Anyone)?;
        Ok(Self { config, knocks: Knocks::Pairing(KnockKey::pairing(invite)) })
    }

    /// Takes one caller through the handshake.
    pub(crate) async fn receive<IO>(&self, io: IO) -> Result<Established<IO>, NetError>
    where
        IO: AsyncRead + AsyncWrite + Unpin,
    {
        in_time(self.receive_untimed(Metered::new(io, HANDSHAKE_BYTES_MAX))).await
    }

    async fn receive_untimed<IO>(&self, io: Metered<IO>) -> Result<Established<IO>, NetError>
    where
        IO: AsyncRead + AsyncWrite + Unpin,
    {
        let hello = LazyConfigAcceptor::new(Acceptor::default(), io).await.map_err(NetError::from_handshake)?;
        self.check_hello(&hello.client_hello())?;
        let stream = hello.into_stream(Arc::clone(&self.config)).await.map_err(NetError::from_handshake)?;
        let mut established = Established::new(stream.into())?;
        established.stream.write_all(&WELCOME).await.map_err(NetError::from_handshake)?;
        established.stream.flush().await.map_err(NetError::from_handshake)?;
        Ok(established)
    }

    fn check_hello(&self, hello: &ClientHello<'_>) -> Result<(), PeerFault> {
        let knock = hello.server_name().and_then(Knock::parse).ok_or(PeerFault::NoKnock)?;
        if !self.knocks.know(&knock) {
            return Err(PeerFault::NoKnock);
        }
        let speaks_ours = hello.alpn().is_some_and(|mut names| names.any(|name| name == ALPN));
        if speaks_ours { Ok(()) } else { Err(PeerFault::WrongProtocol) }
    }
}

impl Knocks {
    fn know(&self, knock: &Knock) -> bool {
        match self {
            Self::Pinned { listener, pins } => pins.any(|caller| KnockKey::pinned(listener, caller).matches(knock)),
            Self::Pairing(key) => key.matches(knock),
        }
    }
}

impl Caller {
    /// Calls the holder of one pinned key.
    pub(crate) fn pinned(identity: &TlsIdentity, peer: TlsPublicKey) -> Result<Self, NetError> {
        let peer = peer.check_strength()?;
        let config = client_config(identity, Accepts::One(peer))?;
        Ok(Self { config, knock: KnockKey::pinned(&peer, &identity.public_key()) })
    }

    /// Calls whoever made the invite.
    pub(crate) fn pairing(identity: &TlsIdentity, invite: &[u8; 32]) -> Result<Self, NetError> {
        let config = client_config(identity, Accepts::Anyone)?;
        Ok(Self { config, knock: KnockKey::pairing(invite) })
    }

    /// Goes through the handshake up to the welcome.
    pub(crate) async fn introduce<IO>(&self, io: IO) -> Result<Established<IO>, NetError>
    where
        IO: AsyncRead + AsyncWrite + Unpin,
    {
        in_time(self.introduce_untimed(Metered::new(io, HANDSHAKE_BYTES_MAX))).await
    }

    async fn introduce_untimed<IO>(&self, io: Metered<IO>) -> Result<Established<IO>, NetError>
    where
        IO: AsyncRead + AsyncWrite + Unpin,
    {
        let mut nonce = [0; 16];
        random().fill(&mut nonce).map_err(|source| Bug::TlsConfig { source: source.into() })?;
        let name = self.knock.server_name(nonce);
        let connector = TlsConnector::from(Arc::clone(&self.config));
        let stream = connector.connect(name, io).await.map_err(NetError::from_handshake)?;
        let mut established = Established::new(stream.into())?;
        let mut welcome = WELCOME;
        established.stream.read_exact(&mut welcome).await.map_err(NetError::from_handshake)?;
        if welcome == WELCOME { Ok(established) } else { Err(PeerFault::BadWelcome.into()) }
    }
}

impl<IO> Established<IO> {
    /// Holds the finished TLS handshake against what it was configured to be.
    fn new(mut stream: TlsStream<Metered<IO>>) -> Result<Self, NetError> {
        let session = stream.get_ref().1;
        if session.alpn_protocol() != Some(ALPN) {
            return Err(PeerFault::WrongProtocol.into());
        }
        if group_of(session) != Some(NamedGroup::X25519MLKEM768) {
            return Err(Bug::NotHybrid.into());
        }
        let presented = session.peer_certificates().and_then(<[_]>::first);
        let peer = presented.and_then(|spki| TlsPublicKey::from_spki(spki)).ok_or(Bug::NoPeerKey)?;
        match &mut stream {
            TlsStream::Client(stream) => stream.get_mut().0.lift(),
            TlsStream::Server(stream) => stream.get_mut().0.lift(),
        }
        Ok(Self { stream, peer })
    }

    /// Whether this end dialled.
    pub(crate) const fn is_caller(&self) -> bool {
        matches!(self.stream, TlsStream::Client(_))
    }

    /// The key exchange of the session.
    pub(crate) fn group(&self) -> Option<NamedGroup> {
        group_of(self.stream.get_ref().1)
    }

    /// 32 bytes that both ends of this session share and nobody else has (RFC 8446, section 7.5). The
    /// context names both keys, because the exporter alone does not cover the caller's.
    pub(crate) fn pairing_binding(&self, listener: &TlsPublicKey, caller: &TlsPublicKey) -> Result<[u8; 32], Bug> {
        let context = [listener.as_bytes().as_slice(), caller.as_bytes()].concat();
        let output = [0; 32];
        match &self.stream {
            TlsStream::Client(stream) => stream.get_ref().1.export_keying_material(output, PAIRING_LABEL, Some(&context)),
            TlsStream::Server(stream) => stream.get_ref().1.export_keying_material(output, PAIRING_LABEL, Some(&context)),
        }
        .map_err(|source| Bug::TlsConfig { source })
    }
}

fn group_of(session: &rustls::CommonState) -> Option<NamedGroup> {
    session.negotiated_key_exchange_group().map(rustls::crypto::SupportedKxGroup::name)
}

async fn in_time<T>(handshake: impl Future<Output = Result<T, NetError>>) -> Result<T, NetError> {
    timeout(HANDSHAKE_TIMEOUT, handshake).await.unwrap_or_else(|_| Err(PeerFault::HandshakeTimedOut.into()))
}

impl std::fmt::Debug for Knocks {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Pinned { .. } => "Pinned",
            Self::Pairing(_) => "Pairing",
        })
    }
}

#[cfg(test)]
mod tests;
