//! A stream that may only be read so far: how F6's bound on strangers is kept.
//!
//! TLS keeps what it has read and not yet understood. A bound on what may be read before the handshake
//! is over therefore bounds what a stranger can make us hold, whatever it sends.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::error::PeerFault;

/// A stream with an allowance of bytes to read.
#[derive(Debug)]
pub(crate) struct Metered<IO> {
    io: IO,
    /// `None` once the peer is known.
    allowance: Option<Allowance>,
}

#[derive(Debug)]
struct Allowance {
    bytes_max: usize,
    left: usize,
}

impl<IO> Metered<IO> {
    /// Lets at most `bytes_max` bytes in until [`Self::lift`].
    pub(crate) const fn new(io: IO, bytes_max: usize) -> Self {
        Self { io, allowance: Some(Allowance { bytes_max, left: bytes_max }) }
    }

    /// The peer is known: from here on the frames' own limits hold.
    pub(crate) fn lift(&mut self) {
        self.allowance = None;
    }
}

impl<IO: AsyncRead + Unpin> AsyncRead for Metered<IO> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = &mut *self;
        let Some(allowance) = &mut this.allowance else {
            return Pin::new(&mut this.io).poll_read(cx, buf);
        };
        if allowance.left == 0 {
            let bytes_max = allowance.bytes_max;
            return Poll::Ready(Err(io::Error::other(PeerFault::HandshakeTooLong { bytes_max })));
        }
        let room = allowance.left.min(buf.remaining());
        let mut part = ReadBuf::new(buf.initialize_unfilled_to(room));
        let poll = Pin::new(&mut this.io).poll_read(cx, &mut part);
        let read = part.filled().len();
        buf.advance(read);
        allowance.left -= read;
        poll
    }
}

impl<IO: AsyncWrite + Unpin> AsyncWrite for Metered<IO> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.io).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(cx)
    }

    fn poll_write_vectored(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bufs: &[io::IoSlice<'_>]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.io).poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    #[tokio::test]
    async fn the_allowance_is_exact_and_can_be_lifted() {
        let (mut far, near) = tokio::io::duplex(64);
        far.write_all(&[7; 20]).await.unwrap();
        let mut metered = Metered::new(near, 8);
        let mut bytes = [0; 8];
        metered.read_exact(&mut bytes).await.unwrap();
        let error = metered.read(&mut bytes).await.unwrap_err();
        let fault = error.get_ref().and_then(|inner| inner.downcast_ref::<PeerFault>());
        assert_eq!(fault, Some(&PeerFault::HandshakeTooLong { bytes_max: 8 }));
        metered.lift();
        assert_eq!(metered.read(&mut [0; 64]).await.unwrap(), 12);
    }
}
