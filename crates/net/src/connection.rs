//! What a handshake gives: a [`Connection`] to a pinned peer, or a [`PairingConnection`] to a stranger.
//!
//! They are different types and neither turns into the other: what is learnt in pairing is pinned, and
//! then dialled anew.

use std::io;
use std::net::SocketAddr;

use rustls::NamedGroup;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt, ReadHalf};
use tokio::net::TcpStream;
use tokio::task::JoinHandle;
use tokio_rustls::{TlsStream, rustls};
use tracing::debug;

use crate::error::{Environment, NetError};
use crate::framing::{Deframer, check_frame, put_frame};
use crate::handshake::Established;
use crate::identity::TlsPublicKey;
use crate::lanes::{FrameSender, lanes};
use crate::metered::Metered;

/// Bytes read from the session at a time: one TLS record.
const CHUNK_BYTES: usize = 16 * 1024;

type Session = TlsStream<Metered<TcpStream>>;

/// A session with the holder of a pinned key.
#[derive(Debug)]
pub struct Connection {
    established: Established<TcpStream>,
    remote: SocketAddr,
}

/// A session with somebody who is not known yet (G1). It carries a few frames in turn, no lanes.
///
/// It is not a [`Connection`] and cannot become one:
///
/// ```compile_fail
/// fn speak(stranger: detente_net::PairingConnection) {
///     let (_sender, _receiver) = stranger.split();
/// }
/// ```
#[derive(Debug)]
pub struct PairingConnection {
    stream: Session,
    inbox: Inbox,
    peer: TlsPublicKey,
    binding: [u8; 32],
    remote: SocketAddr,
}

/// The receiving end of a connection.
#[derive(Debug)]
pub struct FrameReceiver {
    stream: ReadHalf<Session>,
    inbox: Inbox,
    writer: JoinHandle<()>,
}

impl Connection {
    pub(crate) const fn new(established: Established<TcpStream>, remote: SocketAddr) -> Self {
        Self { established, remote }
    }

    /// The pinned key that the peer proved to hold.
    pub const fn peer_key(&self) -> TlsPublicKey {
        self.established.peer
    }

    /// Where the peer's end is; an address proves nothing.
    pub const fn remote_addr(&self) -> SocketAddr {
        self.remote
    }

    /// The key exchange of this session: always X25519MLKEM768.
    pub fn key_exchange_group(&self) -> Option<NamedGroup> {
        self.established.group()
    }

    /// Starts the writer and gives both ends. Must be called within a tokio runtime.
    pub fn split(self) -> (FrameSender, FrameReceiver) {
        let (read, write) = tokio::io::split(self.established.stream);
        let (sender, writer) = lanes();
        let writer = tokio::spawn(async move {
            if let Err(error) = writer.run(write).await {
                debug!(%error, "writer of a connection ended");
            }
        });
        (sender, FrameReceiver { stream: read, inbox: Inbox::new(), writer })
    }
}

impl FrameReceiver {
    /// The next frame; `None` after the peer closed in good order. Safe to cancel: no byte is lost.
    ///
    /// # Errors
    /// [`NetError::PeerFault`] for a broken rule or an end inside a frame,
    /// [`Environment::Lost`] when the connection broke between frames. Nothing follows an error but
    /// [`Environment::Closed`].
    pub async fn next(&mut self) -> Result<Option<Vec<u8>>, NetError> {
        self.inbox.next(&mut self.stream).await
    }

    /// Reads no more, and waits until nothing of the connection is left: [`CLOSE_TIMEOUT`](crate::CLOSE_TIMEOUT) at
    /// most after the last sender was dropped.
    pub async fn close(self) {
        drop(self.stream);
        let _ = self.writer.await;
    }
}

impl PairingConnection {
    pub(crate) fn new(established: Established<TcpStream>, us: TlsPublicKey, remote: SocketAddr) -> Result<Self, NetError> {
        let peer = established.peer;
        let (listener, caller) = if established.is_caller() { (peer, us) } else { (us, peer) };
        let binding = established.pairing_binding(&listener, &caller)?;
        Ok(Self { stream: established.stream, inbox: Inbox::new(), peer, binding, remote })
    }

    /// The key that the other end proved to hold; nobody has vouched for it yet.
    pub const fn peer_key(&self) -> TlsPublicKey {
        self.peer
    }

    /// 32 bytes equal at both ends of one session and at no other, covering both TLS keys. They belong into
    /// the transcript from which the code is cut that two people read to each other.
    pub const fn channel_binding(&self) -> &[u8; 32] {
        &self.binding
    }

    /// Where the other end is; an address proves nothing.
    pub const fn remote_addr(&self) -> SocketAddr {
        self.remote
    }

    /// Sends one frame and waits until it has left our hands.
    ///
    /// # Errors
    /// [`crate::CallerFault`] for a frame outside the limits; otherwise as the session fails.
    pub async fn send(&mut self, frame: &[u8]) -> Result<(), NetError> {
        check_frame(frame)?;
        let mut bytes = Vec::with_capacity(frame.len() + 4);
        put_frame(frame, &mut bytes);
        self.stream.write_all(&bytes).await.map_err(NetError::from_stream)?;
        self.stream.flush().await.map_err(NetError::from_stream)
    }

    /// The next frame; `None` after the other end closed in good order.
    ///
    /// # Errors
    /// As [`FrameReceiver::next`].
    pub async fn next(&mut self) -> Result<Option<Vec<u8>>, NetError> {
        self.inbox.next(&mut self.stream).await
    }

    /// Closes in good order.
    ///
    /// # Errors
    /// [`Environment::Lost`] if the other end cannot be told.
    pub async fn close(mut self) -> Result<(), NetError> {
        self.stream.shutdown().await.map_err(NetError::from_stream)
    }
}

/// Bytes read and not yet given out as frames.
#[derive(Debug)]
struct Inbox {
    chunk: Box<[u8]>,
    /// The part of `chunk` that holds unread bytes.
    unread: std::ops::Range<usize>,
    deframer: Deframer,
    ended: bool,
}

impl Inbox {
    fn new() -> Self {
        let chunk = vec![0; CHUNK_BYTES].into_boxed_slice();
        Self { chunk, unread: 0..0, deframer: Deframer::new(), ended: false }
    }

    async fn next(&mut self, stream: &mut (impl AsyncRead + Unpin)) -> Result<Option<Vec<u8>>, NetError> {
        if self.ended {
            return Err(Environment::Closed.into());
        }
        let result = self.read_frame(stream).await;
        self.ended = !matches!(result, Ok(Some(_)));
        result
    }

    async fn read_frame(&mut self, stream: &mut (impl AsyncRead + Unpin)) -> Result<Option<Vec<u8>>, NetError> {
        loop {
            let mut input = &self.chunk[self.unread.clone()];
            let frame = self.deframer.take(&mut input)?;
            self.unread.start = self.unread.end - input.len();
            if frame.is_some() {
                return Ok(frame);
            }
            // The only point where this future can be dropped; all that was read is in `self`.
            match stream.read(&mut self.chunk).await {
                Ok(0) => return Ok(self.deframer.finish().map(|()| None)?),
                Ok(count) => self.unread = 0..count,
                Err(error) => return Err(self.broken(error)),
            }
        }
    }

    /// A stream that ends without a closing alert has been cut, by a crash or by somebody in between.
    fn broken(&self, error: io::Error) -> NetError {
        match self.deframer.finish() {
            Err(truncated) if error.kind() == io::ErrorKind::UnexpectedEof => truncated.into(),
            _ => NetError::from_stream(error),
        }
    }
}

#[cfg(test)]
mod tests;
