//! Merkle trees as RFC 9162 section 2.1 defines them, and the two proofs about them.
//!
//! Pure functions over SHA-256. A leaf is hashed behind a zero byte and an inner node behind a one byte, so no
//! leaf can pass for a node. The proof checks run on bytes that a peer sent: they allocate nothing, loop at most
//! once per hash given, and answer with a [`ProofFault`] instead of a panic.

use detente_types::{EntryHash, Root};
use sha2::{Digest, Sha256};

/// The hash of any node of a tree, leaf or inner.
pub type Hash = [u8; 32];

/// The root of the tree that has no leaves: SHA-256 of nothing (RFC 9162 section 2.1.1).
pub const EMPTY_ROOT: Root = Root::new([
    0xe3, 0xb0, 0xc4, 0x42, 0x98, 0xfc, 0x1c, 0x14, 0x9a, 0xfb, 0xf4, 0xc8, 0x99, 0x6f, 0xb9, 0x24, 0x27, 0xae, 0x41, 0xe4, 0x64,
    0x9b, 0x93, 0x4c, 0xa4, 0x95, 0x99, 0x1b, 0x78, 0x52, 0xb8, 0x55,
]);

/// Most hashes in one proof: a tree of 2^64 leaves is 64 levels high, and a consistency proof may name one more.
pub const PROOF_HASHES_MAX: usize = 65;

/// Prefix of a leaf's hash input (RFC 9162 section 2.1.1).
const LEAF_PREFIX: u8 = 0x00;
/// Prefix of an inner node's hash input (RFC 9162 section 2.1.1).
const NODE_PREFIX: u8 = 0x01;

/// Why a Merkle proof does not hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProofFault {
    /// The leaf's place is not in a tree of that size.
    #[error("proof places index {index} in a tree of {size} leaves")]
    IndexOutside {
        /// The claimed place.
        index: u64,
        /// The tree's size.
        size: u64,
    },
    /// The tree that should be the older is the larger.
    #[error("proof leads from {first} leaves down to {second}")]
    SizesReversed {
        /// Size of the older tree.
        first: u64,
        /// Size of the newer tree.
        second: u64,
    },
    /// The proof has too few or too many hashes for those sizes.
    #[error("proof has {found} hashes, which is not what these sizes need")]
    Length {
        /// How many hashes it has.
        found: usize,
    },
    /// The hashes lead to another root than the older (or only) tree's.
    #[error("proof leads to another root at {size} leaves")]
    RootDiffers {
        /// Size of the tree whose root was missed.
        size: u64,
    },
}

/// The hash of a leaf's bytes (RFC 9162 section 2.1.1).
pub fn leaf_hash(leaf: &[u8]) -> EntryHash {
    EntryHash::new(Sha256::new().chain_update([LEAF_PREFIX]).chain_update(leaf).finalize().into())
}

/// The hash of an inner node from its two children (RFC 9162 section 2.1.1).
pub fn node_hash(left: &Hash, right: &Hash) -> Hash {
    Sha256::new().chain_update([NODE_PREFIX]).chain_update(left).chain_update(right).finalize().into()
}

/// The root of the tree over these leaf hashes, in order.
pub fn root(leaves: &[EntryHash]) -> Root {
    leaves.iter().map(|leaf| *leaf.as_bytes()).collect::<Frontier>().root()
}

/// The right edge of a growing tree: the roots of the complete subtrees that its leaves fall into.
///
/// It holds at most 64 hashes, takes leaf hashes one by one, and gives the root at any moment. This is the
/// streaming form of RFC 9162's recursion: one subtree for every bit set in the size, the largest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Frontier {
    size: u64,
    peaks: Vec<Hash>,
}

impl Frontier {
    /// The frontier of the empty tree.
    pub const fn new() -> Self {
        Self { size: 0, peaks: Vec::new() }
    }

    /// How many leaves it has taken.
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// Takes the next leaf's hash.
    pub fn push(&mut self, leaf: Hash) {
        let complete = self.size.trailing_ones() as usize;
        let keep = self.peaks.len() - complete;
        let merged = self.peaks.drain(keep..).rfold(leaf, |right, left| node_hash(&left, &right));
        self.peaks.push(merged);
        self.size += 1;
    }

    /// The root over everything taken so far.
    pub fn root(&self) -> Root {
        let mut peaks = self.peaks.iter().rev();
        match peaks.next() {
            None => EMPTY_ROOT,
            Some(last) => Root::new(peaks.fold(*last, |right, left| node_hash(left, &right))),
        }
    }
}

impl FromIterator<Hash> for Frontier {
    fn from_iter<I: IntoIterator<Item = Hash>>(leaves: I) -> Self {
        let mut frontier = Self::new();
        leaves.into_iter().for_each(|leaf| frontier.push(leaf));
        frontier
    }
}

/// Checks that `leaf` stands at `index` of the tree with `size` leaves and this root (RFC 9162 section 2.1.3.2).
///
/// # Errors
/// What does not fit. The peer that sent the proof is at fault, or the root is another tree's.
pub fn verify_inclusion(proof: &[Hash], index: u64, size: u64, leaf: &EntryHash, root: &Root) -> Result<(), ProofFault> {
    if index >= size {
        return Err(ProofFault::IndexOutside { index, size });
    }
    let mut walk = Walk { first: index, last: size - 1 };
    let mut hash = *leaf.as_bytes();
    for sibling in proof {
        hash = match walk.step(proof.len())? {
            Side::Left => node_hash(sibling, &hash),
            Side::Right => node_hash(&hash, sibling),
        };
    }
    walk.finish(proof.len())?;
    equal(&hash, root, size)
}

/// Checks that the tree of `second` leaves continues the tree of `first` leaves (RFC 9162 section 2.1.4.2).
///
/// Beyond the RFC, which asks for `0 < first < second`: equal sizes need equal roots and an empty proof, and the
/// empty tree, whose root is [`EMPTY_ROOT`], is continued by every tree with an empty proof.
///
/// # Errors
/// What does not fit. The peer that sent the proof is at fault, or one of the roots is another tree's.
pub fn verify_consistency(
    proof: &[Hash],
    first: u64,
    second: u64,
    first_root: &Root,
    second_root: &Root,
) -> Result<(), ProofFault> {
    if first > second {
        return Err(ProofFault::SizesReversed { first, second });
    }
    if first == 0 || first == second {
        let older = if first == 0 { EMPTY_ROOT } else { *second_root };
        return no_hashes(proof).and_then(|()| equal(older.as_bytes(), first_root, first));
    }
    let (start, rest) = match proof.split_first() {
        Some(_) if first.is_power_of_two() => (first_root.as_bytes(), proof),
        Some((start, rest)) => (start, rest),
        None => return Err(ProofFault::Length { found: 0 }),
    };
    let mut walk = Walk { first: first - 1, last: second - 1 };
    walk.climb(walk.first.trailing_ones());
    let (mut older, mut newer) = (*start, *start);
    for hash in rest {
        match walk.step(proof.len())? {
            Side::Left => (older, newer) = (node_hash(hash, &older), node_hash(hash, &newer)),
            Side::Right => newer = node_hash(&newer, hash),
        }
    }
    walk.finish(proof.len())?;
    equal(&older, first_root, first)?;
    equal(&newer, second_root, second)
}

/// On which side of the path the next hash of a proof stands.
enum Side {
    Left,
    Right,
}

/// The walk from a leaf to the root that both proofs share: RFC 9162 calls the two numbers `fn` and `sn`.
struct Walk {
    first: u64,
    last: u64,
}

impl Walk {
    /// Goes up by one hash, skipping the levels at which the path's node is a lone right edge.
    fn step(&mut self, found: usize) -> Result<Side, ProofFault> {
        if self.last == 0 {
            return Err(ProofFault::Length { found });
        }
        let left = self.first & 1 == 1 || self.first == self.last;
        if left && self.first & 1 == 0 {
            self.climb(self.first.trailing_zeros());
        }
        self.climb(1);
        Ok(if left { Side::Left } else { Side::Right })
    }

    fn climb(&mut self, levels: u32) {
        self.first = self.first.checked_shr(levels).unwrap_or(0);
        self.last = self.last.checked_shr(levels).unwrap_or(0);
    }

    fn finish(&self, found: usize) -> Result<(), ProofFault> {
        if self.last == 0 { Ok(()) } else { Err(ProofFault::Length { found }) }
    }
}

fn no_hashes(proof: &[Hash]) -> Result<(), ProofFault> {
    if proof.is_empty() { Ok(()) } else { Err(ProofFault::Length { found: proof.len() }) }
}

fn equal(computed: &Hash, root: &Root, size: u64) -> Result<(), ProofFault> {
    if computed == root.as_bytes() { Ok(()) } else { Err(ProofFault::RootDiffers { size }) }
}
