//! What can go wrong on a carrier, sorted by who has to act.
//!
//! `PeerFault` is counted and shown to the officers, `CallerFault` is a mistake of the program above
//! us, `Environment` is retried, `Bug` is ours. Nothing here carries a secret or a peer's raw bytes.

use std::io;

use crate::identity::TlsPublicKey;

/// Everything a carrier of frames can fail with, by guilty side.
#[derive(Debug, thiserror::Error)]
pub enum NetError {
    /// The other end broke a rule of the carrier.
    #[error(transparent)]
    PeerFault(#[from] PeerFault),
    /// The program above asked for something the carrier never does.
    #[error(transparent)]
    CallerFault(#[from] CallerFault),
    /// The network or the file system failed; trying again may help.
    #[error(transparent)]
    Environment(#[from] Environment),
    /// Our own mistake; trying again will not help.
    #[error(transparent)]
    Bug(#[from] Bug),
}

/// What the other end, or somebody in between, did wrong.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum PeerFault {
    /// It opened a TLS session without proof that it knows whom it is calling.
    #[error("caller did not prove that it knows our key")]
    NoKnock,
    /// It proved possession of a key that is not pinned here.
    #[error("peer authenticated with the unknown key {key}")]
    UnknownKey {
        /// The key it holds.
        key: TlsPublicKey,
    },
    /// It presented something that is no usable Ed25519 key.
    #[error("peer presented a key that is no full-strength ed25519 public key")]
    UnusableKey,
    /// It does not speak [`crate::ALPN`].
    #[error("peer does not offer the protocol \"detente/1\"")]
    WrongProtocol,
    /// It ended the stream during the handshake; a listener does so, without a word, to whom it does not know.
    #[error("peer hung up during the handshake")]
    HungUp,
    /// It told us that it does not accept our key.
    #[error("peer does not accept our key")]
    RefusedUs,
    /// The handshake did not finish in [`crate::HANDSHAKE_TIMEOUT`].
    #[error("peer did not finish the handshake in time")]
    HandshakeTimedOut,
    /// It sent more than [`crate::HANDSHAKE_BYTES_MAX`] before it was known.
    #[error("peer sent more than {bytes_max} bytes before the handshake was over")]
    HandshakeTooLong {
        /// The limit, in bytes.
        bytes_max: usize,
    },
    /// Any other breach of TLS 1.3, as rustls names it.
    #[error("peer broke the tls session")]
    Tls {
        /// The rule of TLS that was broken.
        #[source]
        source: rustls::Error,
    },
    /// The frame it announced is above [`crate::FRAME_BYTES_MAX`].
    #[error("peer announced a frame of {bytes} bytes")]
    FrameTooLarge {
        /// The announced length, in bytes.
        bytes: u32,
    },
    /// It sent an empty frame, which only the welcome may be.
    #[error("peer sent an empty frame")]
    EmptyFrame,
    /// It sent something else in place of the welcome.
    #[error("peer opened the session with bytes that are not the welcome")]
    BadWelcome,
    /// The stream ended inside a frame.
    #[error("stream ended inside a frame, {missing} bytes short")]
    Truncated {
        /// How many bytes of the started header or body never came.
        missing: usize,
    },
    /// A file of frames is damaged or is no such file.
    #[error(transparent)]
    File(#[from] FileFault),
}

/// What is wrong with a file of frames.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FileFault {
    /// The first bytes are not those of a file of frames.
    #[error("not a file of frames")]
    BadMagic,
    /// Written by a version that we do not know.
    #[error("file of frames has the unknown version {version}")]
    UnknownVersion {
        /// The version it claims.
        version: u8,
    },
    /// The frame's stated length is above [`crate::FRAME_BYTES_MAX`].
    #[error("frame {index} claims {bytes} bytes")]
    FrameTooLarge {
        /// Place of the frame in the file, from 0.
        index: u64,
        /// The claimed length, in bytes.
        bytes: u32,
    },
    /// The frame does not match its check: damaged, moved, or from another file.
    #[error("frame {index} does not match its check")]
    BadCheck {
        /// Place of the frame in the file, from 0; the end mark counts as one.
        index: u64,
    },
    /// The file stops before its end mark.
    #[error("file of frames stops at frame {index}, before its end mark")]
    Truncated {
        /// Place of the frame (or end mark) that is not whole.
        index: u64,
    },
    /// Bytes follow the end mark.
    #[error("bytes follow the end mark after frame {index}")]
    TrailingBytes {
        /// How many whole frames came before the end mark.
        index: u64,
    },
    /// The path names something that is not a regular file.
    #[error("path is not a regular file")]
    NotAFile,
}

/// What the program above us may not ask for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CallerFault {
    /// A frame above [`crate::FRAME_BYTES_MAX`].
    #[error("frame of {bytes} bytes is too large to send")]
    FrameTooLarge {
        /// Its length, in bytes.
        bytes: usize,
    },
    /// A frame without bytes.
    #[error("an empty frame cannot be sent")]
    EmptyFrame,
    /// More keys than [`crate::PINS_MAX`].
    #[error("cannot pin more than {pins_max} keys")]
    TooManyPins {
        /// The limit.
        pins_max: usize,
    },
    /// A key under which anybody could sign, or no key at all.
    #[error("{key} is no full-strength ed25519 public key")]
    UnusableKey {
        /// The key as given.
        key: TlsPublicKey,
    },
    /// Pinning a key that is already pinned to another line (E10: nothing is shared across lines).
    #[error("{key} is already pinned to another line")]
    PinnedElsewhere {
        /// The key as given.
        key: TlsPublicKey,
    },
    /// The target of a file has no file name.
    #[error("path of the file of frames has no file name")]
    NoFileName,
}

/// What the machine or the network did.
#[derive(Debug, thiserror::Error)]
pub enum Environment {
    /// The listening address could not be had.
    #[error("failed to listen")]
    Listen {
        /// The operating system's reason.
        #[source]
        source: io::Error,
    },
    /// No TCP connection could be made.
    #[error("failed to connect")]
    Connect {
        /// The operating system's reason.
        #[source]
        source: io::Error,
    },
    /// Nothing answered within [`crate::CONNECT_TIMEOUT`].
    #[error("no answer to the call within the time allowed")]
    ConnectTimedOut,
    /// A socket option that safety rests on was refused.
    #[error("failed to set {option} on the socket")]
    SocketOption {
        /// The option's name.
        option: &'static str,
        /// The operating system's reason.
        #[source]
        source: io::Error,
    },
    /// An established connection broke.
    #[error("connection lost")]
    Lost {
        /// The operating system's reason.
        #[source]
        source: io::Error,
    },
    /// The connection is closed; what was queued may not have arrived.
    #[error("connection is closed")]
    Closed,
    /// A step of reading or writing a file of frames failed.
    #[error("failed to {step} the file of frames")]
    File {
        /// What we were doing.
        step: &'static str,
        /// The operating system's reason.
        #[source]
        source: io::Error,
    },
}

/// Our own broken promise.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum Bug {
    /// The TLS library refused the one configuration that we build.
    #[error("tls library refused our configuration")]
    TlsConfig {
        /// Its reason.
        #[source]
        source: rustls::Error,
    },
    /// A session came up under another key exchange than the only one we offer.
    #[error("session came up without the hybrid key exchange")]
    NotHybrid,
    /// A finished handshake left no peer key behind.
    #[error("session came up without a peer key")]
    NoPeerKey,
}

impl NetError {
    /// Sorts a failure met during a handshake.
    pub(crate) fn from_handshake(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::UnexpectedEof | io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe => PeerFault::HungUp.into(),
            _ => Self::from_stream(error),
        }
    }

    /// Sorts a failure met on an established session.
    pub(crate) fn from_stream(error: io::Error) -> Self {
        let inner = error.get_ref();
        if let Some(fault) = inner.and_then(|inner| inner.downcast_ref::<PeerFault>()) {
            return fault.clone().into();
        }
        match inner.and_then(|inner| inner.downcast_ref::<rustls::Error>()) {
            Some(tls) => PeerFault::from_tls(tls).into(),
            None => Environment::Lost { source: error }.into(),
        }
    }
}

impl PeerFault {
    /// Unwraps the faults that our own verifier handed through rustls; keeps the rest as they are.
    fn from_tls(error: &rustls::Error) -> Self {
        match error {
            rustls::Error::InvalidCertificate(rustls::CertificateError::Other(other)) => {
                other.0.downcast_ref::<Self>().cloned().unwrap_or_else(|| Self::Tls { source: error.clone() })
            }
            rustls::Error::AlertReceived(
                rustls::AlertDescription::CertificateUnknown | rustls::AlertDescription::AccessDenied,
            ) => Self::RefusedUs,
            rustls::Error::NoApplicationProtocol => Self::WrongProtocol,
            _ => Self::Tls { source: error.clone() },
        }
    }
}
