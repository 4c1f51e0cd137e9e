//! A log rendered as static files, as c2sp.org/tlog-tiles lays them out, so that other tools can read and check it.
//!
//! Tiles are derived and may be deleted at any time (PROTOCOL E9). They hold hashes only. Entry bundles hold whole
//! leaves, which tell nothing either, but go only where PROTOCOL E3 lets entries go.

use core::fmt::Write as _;

use detente_wire::leaf::{LEAF_BYTES, Leaf};

use crate::log::Log;
use crate::tree::{TILE_HEIGHT, TILE_WIDTH};

/// One file of the tree: up to 256 hashes of one level.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Tile {
    level: u8,
    index: u64,
    width: usize,
}

impl Tile {
    /// Which level: 0 holds leaf hashes, each higher one the roots of full tiles below.
    pub const fn level(&self) -> u8 {
        self.level
    }

    /// Which tile of its level, from the left.
    pub const fn index(&self) -> u64 {
        self.index
    }

    /// How many hashes it has: 256 when full.
    pub const fn width(&self) -> usize {
        self.width
    }

    /// Where the file goes below the log's prefix.
    pub fn path(&self) -> String {
        format!("tile/{}/{}{}", self.level, path_number(self.index), partial(self.width))
    }
}

impl Log {
    /// All tiles of the log at `size` entries, from the leaves up; none when the log has fewer.
    pub fn tiles(&self, size: u64) -> Vec<Tile> {
        let mut tiles = Vec::new();
        let mut hashes = if size <= self.size() { size } else { 0 };
        for level in 0.. {
            if hashes == 0 {
                break;
            }
            let full = hashes >> TILE_HEIGHT;
            tiles.extend((0..full).map(|index| Tile { level, index, width: TILE_WIDTH }));
            let width = (hashes % TILE_WIDTH as u64) as usize;
            if width > 0 {
                tiles.push(Tile { level, index: full, width });
            }
            hashes = full;
        }
        tiles
    }

    /// The content of a tile; `None` when the log does not have it.
    pub fn tile(&self, tile: &Tile) -> Option<Vec<u8>> {
        let first = usize::try_from(tile.index).ok()?.checked_mul(TILE_WIDTH)?;
        let hashes = self.tree.tile_level(tile.level.into()).get(first..first.checked_add(tile.width)?)?;
        Some(hashes.concat())
    }
}

/// Where the bundle with the leaves of the `index`-th level-0 tile goes, of which `width` are there.
pub fn bundle_path(index: u64, width: usize) -> String {
    format!("tile/entries/{}{}", path_number(index), partial(width))
}

/// The content of an entry bundle: each leaf behind its length.
pub fn bundle<'a>(leaves: impl IntoIterator<Item = &'a Leaf>) -> Vec<u8> {
    const { assert!(LEAF_BYTES <= u16::MAX as usize, "the format has two bytes for the length") };
    let length = (LEAF_BYTES as u16).to_be_bytes();
    leaves.into_iter().flat_map(|leaf| length.iter().chain(leaf.bytes())).copied().collect()
}

/// A number in groups of three digits, each but the last behind an `x`.
fn path_number(mut number: u64) -> String {
    let mut groups = vec![number % 1000];
    while number >= 1000 {
        number /= 1000;
        groups.push(number % 1000);
    }
    let mut path = String::new();
    for group in groups[1..].iter().rev() {
        write!(path, "x{group:03}/").expect("writing to a string cannot fail");
    }
    write!(path, "{:03}", groups[0]).expect("writing to a string cannot fail");
    path
}

fn partial(width: usize) -> String {
    if width == TILE_WIDTH { String::new() } else { format!(".p/{width}") }
}
