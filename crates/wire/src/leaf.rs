//! Leaves: what a log commits to. One length, no content (PROTOCOL E1).
//!
//! Layout, all integers big-endian:
//!
//! | offset | bytes | field |
//! |---|---|---|
//! | 0 | 2 | format, 1 |
//! | 2 | 32 | line |
//! | 34 | 32 | author |
//! | 66 | 4 | generation |
//! | 70 | 8 | index |
//! | 78 | 4 | seen: generation of the other log |
//! | 82 | 8 | seen: its size |
//! | 90 | 32 | seen: its root |
//! | 122 | 8 | claimed time, signed microseconds UTC |
//! | 130 | 1 | flags: bit 0 urgent, the others zero |
//! | 131 | 32 | body root |
//! | 163 | 64 | the log key's signature over `detente/leaf/1`, a zero byte, and bytes 0 to 162 |

use detente_types::{EntryHash, Generation, Head, Index, LineId, PartyId, Root, StatementRef, Timestamp};

use crate::key::{KeyPair, PublicKey, SIGNATURE_BYTES, Scheme, Signature};
use crate::merkle;

/// Bytes of a leaf.
pub const LEAF_BYTES: usize = SIGNED_BYTES + SIGNATURE_BYTES;
/// Bytes that the signature covers, after its domain.
const SIGNED_BYTES: usize = 163;
const FORMAT: u16 = 1;
const DOMAIN: &[u8] = b"detente/leaf/1\0";
const FLAG_URGENT: u8 = 1;

/// What a leaf says, before it is signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LeafFields {
    /// The line that it is said on.
    pub line: LineId,
    /// Who says it.
    pub author: PartyId,
    /// Which life of the author's log.
    pub generation: Generation,
    /// Its place in the log.
    pub index: Index,
    /// The other log as its author durably knew it (PROTOCOL S1).
    pub seen: Head,
    /// The author's clock: a claim (PROTOCOL K1).
    pub claimed: Timestamp,
    /// Whether it overtakes (PROTOCOL section 5).
    pub urgent: bool,
    /// The commitment to the body (PROTOCOL E2).
    pub body_root: Root,
}

/// A signed leaf. Its signature has been checked or made here: there is no other way to get one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Leaf {
    fields: LeafFields,
    bytes: [u8; LEAF_BYTES],
    hash: EntryHash,
}

/// Why bytes are not a leaf of this author.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LeafFault {
    /// The length is not that of a leaf.
    #[error("a leaf has {LEAF_BYTES} bytes, not {found}")]
    Length {
        /// How many there were.
        found: usize,
    },
    /// A format that this version does not know.
    #[error("leaf format {found} is not known to this version")]
    Format {
        /// The number that stood there.
        found: u16,
    },
    /// A flag that this version does not know.
    #[error("leaf flags {found:#04x} are not known to this version")]
    Flags {
        /// The byte that stood there.
        found: u8,
    },
    /// The signature is not the author's.
    #[error("the leaf's signature is not that of the author's log key")]
    Signature,
}

impl Leaf {
    /// Signs a leaf.
    pub fn sign(scheme: &dyn Scheme, log_key: &KeyPair, fields: LeafFields) -> Self {
        let mut bytes = [0; LEAF_BYTES];
        bytes[..SIGNED_BYTES].copy_from_slice(&encode(&fields));
        let signature = log_key.sign(scheme, &message(&bytes));
        bytes[SIGNED_BYTES..].copy_from_slice(&signature.0);
        Self { fields, bytes, hash: merkle::leaf_hash(&bytes) }
    }

    /// The generation that a leaf says it is of. Nobody has checked that: it serves to find the key for [`Self::open`].
    pub fn claimed_generation(bytes: &[u8]) -> Option<Generation> {
        decode(bytes.try_into().ok()?).ok().map(|fields| fields.generation)
    }

    /// Reads a leaf and checks its signature.
    ///
    /// # Errors
    /// A [`LeafFault`] for any other bytes.
    pub fn open(scheme: &dyn Scheme, log_key: &PublicKey, bytes: &[u8]) -> Result<Self, LeafFault> {
        let bytes: [u8; LEAF_BYTES] = bytes.try_into().map_err(|_| LeafFault::Length { found: bytes.len() })?;
        let fields = decode(&bytes)?;
        let mut signature = [0; SIGNATURE_BYTES];
        signature.copy_from_slice(&bytes[SIGNED_BYTES..]);
        if !scheme.verify(log_key, &message(&bytes), &Signature(signature)) {
            return Err(LeafFault::Signature);
        }
        Ok(Self { fields, bytes, hash: merkle::leaf_hash(&bytes) })
    }

    /// What it says.
    pub const fn fields(&self) -> &LeafFields {
        &self.fields
    }

    /// Its bytes, signature included.
    pub const fn bytes(&self) -> &[u8; LEAF_BYTES] {
        &self.bytes
    }

    /// Its RFC 9162 leaf hash.
    pub const fn hash(&self) -> EntryHash {
        self.hash
    }

    /// The name by which statements refer to it.
    pub const fn reference(&self) -> StatementRef {
        let LeafFields { author, generation, index, .. } = self.fields;
        StatementRef { author, generation, index, hash: self.hash }
    }
}

fn message(bytes: &[u8; LEAF_BYTES]) -> [u8; DOMAIN.len() + SIGNED_BYTES] {
    let mut message = [0; DOMAIN.len() + SIGNED_BYTES];
    message[..DOMAIN.len()].copy_from_slice(DOMAIN);
    message[DOMAIN.len()..].copy_from_slice(&bytes[..SIGNED_BYTES]);
    message
}

fn encode(f: &LeafFields) -> [u8; SIGNED_BYTES] {
    let mut out = [0; SIGNED_BYTES];
    let mut at = 0;
    let mut put = |bytes: &[u8]| {
        out[at..at + bytes.len()].copy_from_slice(bytes);
        at += bytes.len();
    };
    put(&FORMAT.to_be_bytes());
    put(f.line.as_bytes());
    put(f.author.as_bytes());
    put(&f.generation.0.to_be_bytes());
    put(&f.index.to_be_bytes());
    put(&f.seen.generation.0.to_be_bytes());
    put(&f.seen.size.to_be_bytes());
    put(f.seen.root.as_bytes());
    put(&f.claimed.micros().to_be_bytes());
    put(&[if f.urgent { FLAG_URGENT } else { 0 }]);
    put(f.body_root.as_bytes());
    out
}

/// Takes `N` bytes at an offset that the layout fixes.
fn take<const N: usize>(bytes: &[u8; LEAF_BYTES], at: usize) -> [u8; N] {
    let mut out = [0; N];
    out.copy_from_slice(&bytes[at..at + N]);
    out
}

fn decode(bytes: &[u8; LEAF_BYTES]) -> Result<LeafFields, LeafFault> {
    let format = u16::from_be_bytes(take(bytes, 0));
    if format != FORMAT {
        return Err(LeafFault::Format { found: format });
    }
    let flags = bytes[130];
    if flags & !FLAG_URGENT != 0 {
        return Err(LeafFault::Flags { found: flags });
    }
    Ok(LeafFields {
        line: LineId::new(take(bytes, 2)),
        author: PartyId::new(take(bytes, 34)),
        generation: Generation(u32::from_be_bytes(take(bytes, 66))),
        index: u64::from_be_bytes(take(bytes, 70)),
        seen: Head {
            generation: Generation(u32::from_be_bytes(take(bytes, 78))),
            size: u64::from_be_bytes(take(bytes, 82)),
            root: Root::new(take(bytes, 90)),
        },
        claimed: Timestamp::from_micros(i64::from_be_bytes(take(bytes, 122))),
        urgent: flags & FLAG_URGENT != 0,
        body_root: Root::new(take(bytes, 131)),
    })
}
