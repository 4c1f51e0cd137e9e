//! What the two sides of a pairing say, and the text form of an invite.

use std::time::Duration;

use anyhow::{Context, Result, anyhow, bail, ensure};
use data_encoding::BASE64URL_NOPAD;
use detente_net::PairingConnection;
use detente_types::TermsIn;
use detente_wire::codec;
use minicbor::bytes::ByteArray;
use minicbor::{Decode, Encode};

/// Version of these messages.
pub(super) const VERSION: u16 = 1;
/// In front of an invite's text form.
const PREFIX: &str = "detente-invite-1:";
/// Longest message: terms with every list full.
const MESSAGE_BYTES_MAX: usize = 256 * 1024;
/// Piece of a message in one frame.
const PIECE_BYTES: usize = 16_000;

/// What the inviting side hands over, by any way that carries text. It is no secret for long: it lets its holder try
/// once, and the code decides.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Invite {
    /// Version of the pairing.
    #[n(0)]
    pub version: u16,
    /// The inviting party's key.
    #[n(1)]
    pub party_key: ByteArray<32>,
    /// What it calls itself.
    #[n(2)]
    pub name: String,
    /// The terms that it will send.
    #[n(3)]
    pub terms_digest: ByteArray<32>,
    /// The number that it will reveal.
    #[n(4)]
    pub nonce_hash: ByteArray<32>,
    /// Where it listens.
    #[n(5)]
    pub address: String,
    /// What opens the door there.
    #[n(6)]
    pub door: ByteArray<32>,
    /// Until when, microseconds UTC.
    #[n(7)]
    pub expires_us: i64,
}

impl Invite {
    /// The text form.
    pub fn to_text(&self) -> String {
        format!("{PREFIX}{}", BASE64URL_NOPAD.encode(&codec::encode(self)))
    }

    /// Reads the text form.
    ///
    /// # Errors
    /// When it is not a whole invite of a known version.
    pub fn from_text(text: &str) -> Result<Self> {
        let body: String = text.split_whitespace().collect();
        let body = body.strip_prefix(PREFIX).ok_or_else(|| anyhow!("an invite begins with {PREFIX}"))?;
        let bytes = BASE64URL_NOPAD.decode(body.as_bytes()).map_err(|e| anyhow!("the invite is not whole: {e}"))?;
        let invite: Self = codec::decode(&bytes, "invite").map_err(|v| anyhow!("the invite is not whole: {v}"))?;
        ensure!(invite.version == VERSION, "the invite has version {}, and this program knows {VERSION}", invite.version);
        Ok(invite)
    }
}

/// The joining side, first.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub(super) struct Introduction {
    #[n(0)]
    pub(super) party_key: ByteArray<32>,
    #[n(1)]
    pub(super) nonce: ByteArray<32>,
    #[n(2)]
    pub(super) name: String,
}

/// The inviting side's answer.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub(super) struct Reveal {
    #[n(0)]
    pub(super) nonce: ByteArray<32>,
    #[n(1)]
    pub(super) terms: TermsIn,
    #[n(2)]
    pub(super) name: String,
}

/// Each side, last.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub(super) struct Confirm {
    #[n(0)]
    pub(super) yes: bool,
}

/// Sends a message in frames: each begins with 1 when more follow and 0 when it is the last.
pub(super) async fn send<T: Encode<()>>(connection: &mut PairingConnection, message: &T) -> Result<()> {
    let bytes = codec::encode(message);
    let pieces: Vec<&[u8]> = bytes.chunks(PIECE_BYTES).collect();
    for (i, piece) in pieces.iter().enumerate() {
        let more = u8::from(i + 1 < pieces.len());
        connection.send(&[&[more], *piece].concat()).await.context("the other side is gone")?;
    }
    Ok(())
}

/// Receives one.
pub(super) async fn receive<T: Encode<()> + for<'b> Decode<'b, ()>>(
    connection: &mut PairingConnection,
    wait: Duration,
) -> Result<T> {
    let mut bytes = Vec::new();
    loop {
        let frame = tokio::time::timeout(wait, connection.next()).await.context("the other side did not answer in time")??;
        let frame = frame.ok_or_else(|| anyhow!("the other side hung up"))?;
        let Some((more, piece)) = frame.split_first() else {
            bail!("the other side sent an empty message");
        };
        ensure!(*more <= 1 && bytes.len() + piece.len() <= MESSAGE_BYTES_MAX, "the other side sent a message that is too long");
        bytes.extend_from_slice(piece);
        if *more == 0 {
            return codec::decode(&bytes, "pairing").map_err(|v| anyhow!("the other side sent something else than was due: {v}"));
        }
    }
}
