//! The Merkle tree of one log, kept so that a root or a proof at any size is cheap.
//!
//! Level `l` holds the roots of the complete subtrees of 2^l leaves, so any root is a fold over stored hashes. Every eighth
//! level is one of C2SP's: a tile is a slice of it. Memory is 64 bytes a leaf.

use detente_types::{EntryHash, Root};
use detente_wire::merkle::{EMPTY_ROOT, Hash, node_hash};

/// How many levels of the tree lie between two levels of tiles: a tile is 2^8 hashes wide.
pub(crate) const TILE_HEIGHT: u32 = 8;
/// Hashes in a full tile.
pub(crate) const TILE_WIDTH: usize = 1 << TILE_HEIGHT;

/// A Merkle tree that only grows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tree {
    levels: Vec<Vec<Hash>>,
}

impl Tree {
    /// How many leaves it has.
    pub(crate) fn size(&self) -> u64 {
        self.levels.first().map_or(0, |leaves| leaves.len() as u64)
    }

    /// Adds a leaf's hash.
    pub(crate) fn push(&mut self, leaf: &EntryHash) {
        let mut hash = *leaf.as_bytes();
        for level in 0.. {
            if level == self.levels.len() {
                self.levels.push(Vec::new());
            }
            let hashes = &mut self.levels[level];
            hashes.push(hash);
            match hashes.as_slice() {
                [.., left, right] if hashes.len().is_multiple_of(2) => hash = node_hash(left, right),
                _ => break,
            }
        }
    }

    /// The hash of the leaf at `index`.
    pub(crate) fn leaf(&self, index: u64) -> Option<EntryHash> {
        let index = usize::try_from(index).ok()?;
        self.levels.first()?.get(index).copied().map(EntryHash::new)
    }

    /// The hashes of a level of tiles, as far as they are complete.
    pub(crate) fn tile_level(&self, level: usize) -> &[Hash] {
        self.levels.get(level * TILE_HEIGHT as usize).map_or(&[], Vec::as_slice)
    }

    /// The root over the first `size` leaves; `None` when there are fewer.
    pub(crate) fn root_at(&self, size: u64) -> Option<Root> {
        match size {
            0 => Some(EMPTY_ROOT),
            size if size <= self.size() => Some(Root::new(self.range(0, size))),
            _ => None,
        }
    }

    /// The audit path of the leaf at `index` in the tree of `size` leaves (RFC 9162 section 2.1.3.1).
    pub(crate) fn inclusion(&self, index: u64, size: u64) -> Option<Vec<Hash>> {
        if index >= size || size > self.size() {
            return None;
        }
        let (mut start, mut end) = (0, size);
        let mut path = Vec::new();
        while end - start > 1 {
            let middle = start + split(end - start);
            if index < middle {
                path.push(self.range(middle, end));
                end = middle;
            } else {
                path.push(self.range(start, middle));
                start = middle;
            }
        }
        path.reverse();
        Some(path)
    }

    /// The proof that the tree of `second` leaves continues that of `first` (RFC 9162 section 2.1.4.1).
    pub(crate) fn consistency(&self, first: u64, second: u64) -> Option<Vec<Hash>> {
        if first > second || second > self.size() {
            return None;
        }
        let (mut start, mut end) = (0, second);
        let mut path = Vec::new();
        while first != 0 && first != end {
            let middle = start + split(end - start);
            if first <= middle {
                path.push(self.range(middle, end));
                end = middle;
            } else {
                path.push(self.range(start, middle));
                start = middle;
            }
        }
        // Where the walk never left the tree's left edge, the subtree it ends at is the older tree itself, whose
        // root the reader knows.
        if start != 0 {
            path.push(self.range(start, end));
        }
        path.reverse();
        Some(path)
    }

    /// The root over the leaves from `start` to below `end`, where `start` is a multiple of a power of two that is
    /// no smaller than the range.
    fn range(&self, start: u64, end: u64) -> Hash {
        let mut peaks = Vec::new();
        let mut at = start;
        while at < end {
            let height = (end - at).ilog2();
            let index = usize::try_from(at >> height).expect("a stored hash has an address");
            peaks.push(self.levels[height as usize][index]);
            at += 1 << height;
        }
        let last = peaks.pop().expect("callers ask for ranges that hold a leaf");
        peaks.iter().rfold(last, |right, left| node_hash(left, &right))
    }
}

/// The largest power of two below `n`, which is above 1 (RFC 9162 section 2.1.1).
const fn split(n: u64) -> u64 {
    1 << (n - 1).ilog2()
}
