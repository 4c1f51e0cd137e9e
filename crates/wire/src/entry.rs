//! The envelope gate (PROTOCOL E4): from a peer's bytes, or our own disk's, to `Verified<Entry>`.
//!
//! It decides whether an entry is stored and cosigned, and nothing about what it means. [`Verified`] can be made
//! only here: by opening bytes, or by sealing an entry of our own.

use core::ops::Deref;

use detente_types::{EntryHash, Generation, Index, LineId, PartyId, StatementRef};

use crate::body::{Body, BodyFault};
use crate::key::{KeyPair, PublicKey, Scheme};
use crate::leaf::{LEAF_BYTES, Leaf, LeafFault, LeafFields};

/// Proof that the value inside passed the check that its type names. It can be made only in `wire`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified<T>(T);

impl<T> Verified<T> {
    /// Only for the checks in this crate.
    pub(crate) const fn assert(value: T) -> Self {
        Self(value)
    }

    /// The value, without its proof.
    pub fn into_inner(self) -> T {
        self.0
    }
}

impl<T> Deref for Verified<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

/// A leaf and its whole body (PROTOCOL section 1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    leaf: Leaf,
    body: Body,
    body_bytes: Vec<u8>,
}

impl Entry {
    /// The leaf.
    pub const fn leaf(&self) -> &Leaf {
        &self.leaf
    }

    /// What the leaf says.
    pub const fn fields(&self) -> &LeafFields {
        self.leaf.fields()
    }

    /// The leaf's hash.
    pub const fn hash(&self) -> EntryHash {
        self.leaf.hash()
    }

    /// The name by which statements refer to it.
    pub const fn reference(&self) -> StatementRef {
        self.leaf.reference()
    }

    /// The body.
    pub const fn body(&self) -> &Body {
        &self.body
    }

    /// The body's canonical bytes.
    pub fn body_bytes(&self) -> &[u8] {
        &self.body_bytes
    }

    /// The padded form that travels.
    pub fn packed(&self) -> Vec<u8> {
        pack(self.leaf.bytes(), &self.body_bytes)
    }
}

/// Where an entry must stand to be taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// The line.
    pub line: LineId,
    /// Whose log.
    pub author: PartyId,
    /// Which life of it.
    pub generation: Generation,
    /// The index that comes next; `None` for a SAFETY entry that overtakes.
    pub index: Option<Index>,
    /// The key that signs in this generation.
    pub log_key: PublicKey,
}

/// Why an entry does not pass the envelope gate: in each case its sender's fault.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EnvelopeFault {
    /// The packed form is too short, too long, or padded with something.
    #[error("the packed entry of {found} bytes does not hold a leaf and a body of a known size class")]
    Packing {
        /// Length of the packed form.
        found: usize,
    },
    /// The leaf is not one, or not the author's.
    #[error("leaf refused: {0}")]
    Leaf(#[from] LeafFault),
    /// The leaf is for another line.
    #[error("the leaf was made for line {found:?}")]
    Line {
        /// The line it names.
        found: LineId,
    },
    /// The leaf is of another author.
    #[error("the leaf names {found:?} as its author")]
    Author {
        /// The author it names.
        found: PartyId,
    },
    /// The leaf is of another generation.
    #[error("the leaf is of generation {found}, and {expected} is open")]
    Generation {
        /// The generation it names.
        found: Generation,
        /// The one that is open.
        expected: Generation,
    },
    /// The leaf has another place.
    #[error("the leaf is for index {found}, and {expected} comes next")]
    Index {
        /// The index it names.
        found: Index,
        /// The one that comes next.
        expected: Index,
    },
    /// The body is missing or not one.
    #[error("body withheld at {index}: {fault}")]
    Body {
        /// The entry's index.
        index: Index,
        /// What is wrong.
        fault: BodyFault,
    },
    /// The body is not the one that the leaf commits to.
    #[error("the body at {index} is not the one that its leaf commits to")]
    Commitment {
        /// The entry's index.
        index: Index,
    },
}

/// Checks an entry against its place: signature, addresses, index, and the body's commitment.
///
/// # Errors
/// The first [`EnvelopeFault`], addresses before the signature only in so far as the leaf must be readable.
pub fn open_entry(scheme: &dyn Scheme, place: &Place, leaf: &[u8], body: &[u8]) -> Result<Verified<Entry>, EnvelopeFault> {
    let leaf = Leaf::open(scheme, &place.log_key, leaf)?;
    check_place(place, leaf.fields())?;
    let index = leaf.fields().index;
    let opened = Body::decode(body).map_err(|fault| EnvelopeFault::Body { index, fault })?;
    if opened.root() != leaf.fields().body_root {
        return Err(EnvelopeFault::Commitment { index });
    }
    Ok(Verified::assert(Entry { leaf, body: opened, body_bytes: body.to_vec() }))
}

/// Makes an entry of our own: commits to the body and signs the leaf.
pub fn seal_entry(scheme: &dyn Scheme, log_key: &KeyPair, mut fields: LeafFields, body: Body) -> Verified<Entry> {
    fields.body_root = body.root();
    let leaf = Leaf::sign(scheme, log_key, fields);
    let body_bytes = body.encode();
    Verified::assert(Entry { leaf, body, body_bytes })
}

fn check_place(place: &Place, leaf: &LeafFields) -> Result<(), EnvelopeFault> {
    if leaf.line != place.line {
        return Err(EnvelopeFault::Line { found: leaf.line });
    }
    if leaf.author != place.author {
        return Err(EnvelopeFault::Author { found: leaf.author });
    }
    if leaf.generation != place.generation {
        return Err(EnvelopeFault::Generation { found: leaf.generation, expected: place.generation });
    }
    match place.index {
        Some(expected) if expected != leaf.index => Err(EnvelopeFault::Index { found: leaf.index, expected }),
        _ => Ok(()),
    }
}

/// Smallest packed form. Classes double from here to 64 KiB, so that a length tells little (PROTOCOL E2).
pub const PACKED_BYTES_MIN: usize = 512;
/// Largest packed form.
pub const PACKED_BYTES_MAX: usize = 65_536;

/// Leaf, body length (u32, big-endian), body, zeros up to the size class.
fn pack(leaf: &[u8; LEAF_BYTES], body: &[u8]) -> Vec<u8> {
    let length = LEAF_BYTES + 4 + body.len();
    let class = length.next_power_of_two().max(PACKED_BYTES_MIN);
    let mut packed = Vec::with_capacity(class);
    packed.extend_from_slice(leaf);
    packed.extend_from_slice(&(body.len() as u32).to_be_bytes());
    packed.extend_from_slice(body);
    packed.resize(class, 0);
    packed
}

/// Packs a leaf and a body as the store keeps them; `None` when they have not the length of any.
pub fn pack_rows(leaf: &[u8], body: &[u8]) -> Option<Vec<u8>> {
    let leaf = leaf.try_into().ok()?;
    (body.len() <= crate::body::BODY_BYTES_MAX).then(|| pack(leaf, body))
}

/// Takes a packed entry apart into leaf and body bytes, neither checked yet.
///
/// # Errors
/// [`EnvelopeFault::Packing`] for any form but the one that packing gives.
pub fn unpack(packed: &[u8]) -> Result<(&[u8], &[u8]), EnvelopeFault> {
    let fault = EnvelopeFault::Packing { found: packed.len() };
    let header = LEAF_BYTES + 4;
    if packed.len() > PACKED_BYTES_MAX || packed.len() < header {
        return Err(fault);
    }
    let (leaf, rest) = packed.split_at(LEAF_BYTES);
    let (length, rest) = rest.split_at(4);
    let length = u32::from_be_bytes([length[0], length[1], length[2], length[3]]) as usize;
    if length > rest.len() {
        return Err(fault);
    }
    let (body, padding) = rest.split_at(length);
    let class = (header + length).next_power_of_two().max(PACKED_BYTES_MIN);
    if packed.len() != class || padding.iter().any(|&b| b != 0) {
        return Err(fault);
    }
    Ok((leaf, body))
}
