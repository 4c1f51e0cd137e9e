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

/// Reads what a peer may say while pairing, and the text of an invite: each has one form.
///
/// # Panics
/// If something that is read is not written the same.
pub(crate) fn fuzz(data: &[u8]) {
    fn one_form<T: Encode<()> + for<'b> Decode<'b, ()>>(bytes: &[u8]) {
        if let Ok(message) = codec::decode::<T>(bytes, "pairing") {
            assert_eq!(codec::encode(&message), bytes, "one message, one form");
        }
    }
    let Some((&pick, bytes)) = data.split_first() else { return };
    match pick % 4 {
        0 => one_form::<Introduction>(bytes),
        1 => one_form::<Reveal>(bytes),
        2 => one_form::<Confirm>(bytes),
        _ => {
            let Ok(text) = std::str::from_utf8(bytes) else { return };
            if let Ok(invite) = Invite::from_text(text) {
                let bare: String = text.split_whitespace().collect();
                assert_eq!(invite.to_text(), bare, "one invite, one text");
            }
        }
    }
}

/// What [`fuzz`] starts from: one of each, by name.
pub(crate) fn fuzz_seeds(terms: TermsIn) -> Vec<(&'static str, Vec<u8>)> {
    let (party_key, nonce) = (ByteArray::from([7; 32]), ByteArray::from([8; 32]));
    let introduction = Introduction { party_key, nonce, name: "Borea".into() };
    let reveal = Reveal { nonce, terms, name: "Aster".into() };
    let invite = Invite {
        version: VERSION,
        party_key,
        name: "Aster".into(),
        terms_digest: ByteArray::from([9; 32]),
        nonce_hash: ByteArray::from([10; 32]),
        address: "127.0.0.1:7420".into(),
        door: ByteArray::from([11; 32]),
        expires_us: 1_795_000_000_000_000,
    };
    vec![
        ("introduction", [vec![0], codec::encode(&introduction)].concat()),
        ("reveal", [vec![1], codec::encode(&reveal)].concat()),
        ("confirm", [vec![2], codec::encode(&Confirm { yes: true })].concat()),
        ("invite", [vec![3], invite.to_text().into_bytes()].concat()),
    ]
}
