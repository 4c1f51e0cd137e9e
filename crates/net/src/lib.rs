//! Carriers of link frames (L3): mutually pinned TLS 1.3 over TCP, and files.
//!
//! A frame is opaque bytes. This crate knows no entries, no parties, no clocks of the protocol; it does not
//! decide when to dial. What it promises:
//!
//! - A [`Connection`] ends at the holder of one pinned key, under X25519MLKEM768, or does not exist.
//! - A stranger costs at most [`HANDSHAKE_BYTES_MAX`] bytes read and [`HANDSHAKE_TIMEOUT`], and is told
//!   nothing (F6).
//! - An urgent frame overtakes every bulk frame that has not left our hands (F5).
//! - Nothing is allocated for a length before that length is judged.
//! - Nothing is retried here, and nothing runs on after the last handle to it is gone and [`CLOSE_TIMEOUT`] is over.

mod connection;
mod dial;
mod error;
mod file;
mod framing;
pub mod fuzzing;
mod handshake;
mod identity;
mod knock;
mod lanes;
mod listen;
mod metered;
mod pins;
mod socket;
mod strangers;
mod tls;

pub use connection::{Connection, FrameReceiver, PairingConnection};
pub use dial::{CONNECT_TIMEOUT, connect, connect_pairing};
pub use error::{Bug, CallerFault, Environment, FileFault, NetError, PeerFault};
pub use file::{FramesFileReader, FramesFileWriter, FramesReader};
pub use framing::{Deframer, FRAME_BYTES_MAX};
pub use handshake::{HANDSHAKE_BYTES_MAX, HANDSHAKE_TIMEOUT};
pub use identity::{TlsIdentity, TlsPublicKey};
pub use lanes::{BULK_QUEUE_BYTES_MAX, CLOSE_TIMEOUT, FrameSender, Lane, TrySendError, URGENT_QUEUE_BYTES_MAX};
pub use listen::{HandshakeCounts, Listener, PairingListener};
pub use pins::{LineBytes, PINS_MAX, Pins};
pub use socket::NOTSENT_LOWAT_BYTES;
pub use strangers::STRANGERS_MAX;
pub use tls::ALPN;
