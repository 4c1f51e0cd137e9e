//! The Merkle tree of one log, kept so that a root or a proof at any size is cheap.
//!
//! Level 0 holds the leaf hashes; level `l` holds the roots of the complete subtrees of 256^l leaves. These are the
//! hashes of C2SP's tiles, so a tile is a slice of a level, and any complete subtree is at most 128 hashes away
//! from stored ones. Memory is 32 bytes a leaf and 1/255 more.

use detente_types::{EntryHash, Root};
use detente_wire::merkle::{EMPTY_ROOT, Frontier, Hash, node_hash};

/// How many levels of the binary tree lie between two stored levels: a tile is 2^8 hashes wide.
pub(crate) const TILE_HEIGHT: u32 = 8;
/// Hashes in a full tile.
pub(crate) const TILE_WIDTH: usize = 1 << TILE_HEIGHT;

/// A Merkle tree that only grows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tree {
    levels: Vec<Vec<Hash>>,
    frontier: Frontier,
}

impl Tree {
    /// How many leaves it has.
    pub(crate) const fn size(&self) -> u64 {
        self.frontier.size()
    }

    /// Adds a leaf's hash.
    pub(crate) fn push(&mut self, leaf: &EntryHash) {
        let mut hash = *leaf.as_bytes();
        self.frontier.push(hash);
        for level in 0.. {
            if level == self.levels.len() {
                self.levels.push(Vec::new());
            }
            let hashes = &mut self.levels[level];
            hashes.push(hash);
            if !hashes.len().is_multiple_of(TILE_WIDTH) {
                break;
            }
            hash = perfect_root(&hashes[hashes.len() - TILE_WIDTH..]);
        }
    }

    /// The hash of the leaf at `index`.
    pub(crate) fn leaf(&self, index: u64) -> Option<EntryHash> {
        let index = usize::try_from(index).ok()?;
        self.levels.first()?.get(index).copied().map(EntryHash::new)
    }

    /// The hashes of stored level `level`, as far as they are complete.
    pub(crate) fn level(&self, level: usize) -> &[Hash] {
        self.levels.get(level).map_or(&[], Vec::as_slice)
    }

    /// The root over the first `size` leaves; `None` when there are fewer.
    pub(crate) fn root_at(&self, size: u64) -> Option<Root> {
        match size {
            0 => Some(EMPTY_ROOT),
            size if size == self.size() => Some(self.frontier.root()),
            size if size < self.size() => Some(Root::new(self.range(0, size))),
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
            peaks.push(self.perfect(height, at >> height));
            at += 1 << height;
        }
        let last = peaks.pop().expect("callers ask for ranges that hold a leaf");
        peaks.iter().rfold(last, |right, left| node_hash(left, &right))
    }

    /// The root of the `index`-th complete subtree of 2^height leaves.
    fn perfect(&self, height: u32, index: u64) -> Hash {
        let below = height % TILE_HEIGHT;
        let first = usize::try_from(index << below).expect("a stored hash has an address");
        perfect_root(&self.levels[(height / TILE_HEIGHT) as usize][first..first + (1 << below)])
    }
}

/// The root over a power of two of hashes.
fn perfect_root(hashes: &[Hash]) -> Hash {
    *hashes.iter().copied().collect::<Frontier>().root().as_bytes()
}

/// The largest power of two below `n`, which is above 1 (RFC 9162 section 2.1.1).
const fn split(n: u64) -> u64 {
    1 << (n - 1).ilog2()
}
