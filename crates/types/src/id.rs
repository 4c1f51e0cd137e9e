//! Identities and places in a record. Each is a type of its own, so none can stand for another.

use core::fmt;

use data_encoding::HEXLOWER_PERMISSIVE;
use minicbor::{Decode, Encode};

/// Defines an opaque identity of a fixed number of bytes, shown as lower-case hex.
macro_rules! identity {
    ($(#[$doc:meta])* $name:ident, $len:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
        #[cbor(transparent)]
        pub struct $name(#[cbor(n(0), with = "minicbor::bytes")] [u8; $len]);

        impl $name {
            /// From its bytes.
            pub const fn new(bytes: [u8; $len]) -> Self {
                Self(bytes)
            }

            /// Its bytes.
            pub const fn as_bytes(&self) -> &[u8; $len] {
                &self.0
            }

            /// Reads the hex form; `None` when it is not exactly that many bytes of hex.
            pub fn parse(hex: &str) -> Option<Self> {
                let bytes = HEXLOWER_PERMISSIVE.decode(hex.trim().as_bytes()).ok()?;
                bytes.try_into().ok().map(Self)
            }

            /// The first eight hex digits: enough for a person to tell two apart on a screen.
            pub fn short(&self) -> String {
                HEXLOWER_PERMISSIVE.encode(&self.0[..4])
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&HEXLOWER_PERMISSIVE.encode(&self.0))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self.short())
            }
        }
    };
}

identity!(
    /// A party: the SHA-256 of its party key under the domain `detente/party/1`.
    PartyId, 32);
identity!(
    /// A line: the hash of the pairing transcript. Random to everyone but its two parties (PROTOCOL E3).
    LineId, 32);
identity!(
    /// A notice across all its versions; drawn at random by its author, unique within one line.
    NoticeId, 16);
identity!(
    /// A joint conflict, by PROTOCOL C3.
    ConflictId, 32);
identity!(
    /// What a blind run found of one notice, for its author's eyes: a hash over the run's name and the notice.
    BlindConflictId, 32);
identity!(
    /// The RFC 9162 leaf hash of a signed leaf: the name by which statements refer to each other.
    EntryHash, 32);
identity!(
    /// A Merkle tree root (RFC 9162 section 2.1).
    Root, 32);

/// A log's life between restores (PROTOCOL S5).
///
/// The first generation is 1. Each later one is greater than the one before, by a random step drawn by its author
/// ([`Generation::after`]), so that two restores of one backup do not open the same one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
#[cbor(transparent)]
pub struct Generation(#[n(0)] pub u32);

impl Generation {
    /// The first generation of a log.
    pub const FIRST: Self = Self(1);

    /// The largest step from one generation to the next: two restores of one backup draw the same once in a million,
    /// and a log has room for more than four thousand restores.
    pub const STEP_MAX: u32 = 1 << 20;

    /// The generation that follows this one when its author drew `draw`, uniform over all of `u32`.
    ///
    /// It is greater by a step of 1 to [`Self::STEP_MAX`]. Only at `u32::MAX`, behind which nothing follows, it is the
    /// same one, and every reader then refuses the opening.
    #[must_use]
    pub const fn after(self, draw: u32) -> Self {
        Self(self.0.saturating_add(1 + draw % Self::STEP_MAX))
    }
}

impl fmt::Display for Generation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// The place of an entry in its log, counted from 0. A size is the index one past the last.
pub type Index = u64;

/// A log's state at one size (PROTOCOL section 1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
#[cbor(array)]
pub struct Head {
    /// Which life of the log.
    #[n(0)]
    pub generation: Generation,
    /// How many entries it has.
    #[n(1)]
    pub size: u64,
    /// The Merkle root over their leaves.
    #[n(2)]
    pub root: Root,
}

/// Names one statement for ever: whose log, which life, which place, and the leaf's hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
#[cbor(array)]
pub struct StatementRef {
    /// The log's author.
    #[n(0)]
    pub author: PartyId,
    /// The log's life.
    #[n(1)]
    pub generation: Generation,
    /// The entry's place.
    #[n(2)]
    pub index: Index,
    /// The RFC 9162 hash of the signed leaf.
    #[n(3)]
    pub hash: EntryHash,
}

impl fmt::Display for StatementRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{}#{}", self.author.short(), self.generation, self.index, self.hash.short())
    }
}
