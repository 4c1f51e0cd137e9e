//! Packing: which solids share a leaf, and the levels of boxes over the leaves.
//!
//! Solids are first parted by size, then sorted and tiled: into slabs by longitude, each slab into strips by
//! latitude, each strip by time (sort-tile-recursive).

use super::bounds::{Box4, LAT, LON, TIME};
use super::lanes::{Block, WIDTH};
use super::run::{Run, Tree, VACANT};
use super::shape;

/// Sizes into which solids are parted, so that small boxes are not stretched to hold large ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Strata {
    /// A solid belongs to the first extent, in 1e-7° either way, that it is below.
    extents: [i64; 2],
    /// A solid belongs to the first length, in seconds, that it is below.
    lengths: [i64; 2],
    /// Runs of fewer solids than this are not parted: each tree costs every query something.
    least: usize,
}

impl Strata {
    /// Parted by 0.1° and 0.7°, two hours and twelve; runs under 60,000 solids in one piece.
    pub const NINE: Self = Self { extents: [1_000_000, 7_000_000], lengths: [7_200, 43_200], least: 60_000 };
    /// All in one piece.
    pub const ONE: Self = Self { least: usize::MAX, ..Self::NINE };

    /// The same, but parting runs of at least so many solids.
    pub const fn from(self, least: usize) -> Self {
        Self { least, ..self }
    }

    fn class(&self, kept: &Box4) -> u32 {
        let below = |steps: &[i64; 2], of: i64| steps.iter().position(|&step| of < step).unwrap_or(2) as u32;
        3 * below(&self.extents, kept.length(LON).max(kept.length(LAT))) + below(&self.lengths, kept.length(TIME))
    }
}

/// A solid to be packed: from which run, which entry of it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Item {
    pub(super) kept: Box4,
    pub(super) run: u32,
    pub(super) entry: u32,
}

/// Puts items into the order of leaves; gives how many belong to each class.
pub(super) fn order(items: &mut [Item], strata: &Strata) -> Vec<usize> {
    if items.len() < strata.least {
        tile(items);
        return vec![items.len()];
    }
    items.sort_by_key(|item| strata.class(&item.kept));
    let mut counts = vec![0; 9];
    for item in items.iter() {
        counts[strata.class(&item.kept) as usize] += 1;
    }
    let mut rest = items;
    for &count in &counts {
        let (class, others) = rest.split_at_mut(count);
        tile(class);
        rest = others;
    }
    counts
}

fn tile(items: &mut [Item]) {
    let leaves = items.len().div_ceil(WIDTH);
    let slabs = libm::ceil(libm::cbrt(leaves as f64)) as usize;
    let slab = leaves.div_ceil(slabs.max(1)) * WIDTH;
    items.sort_unstable_by_key(|item| (item.kept.middle2(LON), item.run, item.entry));
    for slab in items.chunks_mut(slab.max(1)) {
        slab.sort_unstable_by_key(|item| (item.kept.middle2(LAT), item.run, item.entry));
        let leaves = slab.len().div_ceil(WIDTH);
        let strips = libm::ceil(libm::sqrt(leaves as f64)) as usize;
        for strip in slab.chunks_mut(leaves.div_ceil(strips) * WIDTH) {
            strip.sort_unstable_by_key(|item| (item.kept.middle2(TIME), item.run, item.entry));
        }
    }
}

/// Packs ordered items of some runs.
pub(super) fn pack(items: &[Item], counts: &[usize], runs: &[impl AsRef<Run>]) -> Run {
    let mut packed = Run { count: items.len() as u32, ..Run::default() };
    let pairs = |item: &Item| {
        let run = runs[item.run as usize].as_ref();
        shape::pairs(&run.arena, run.offsets[item.entry as usize])
    };
    packed.arena.reserve_exact(items.iter().map(pairs).sum());
    let leaves: usize = counts.iter().map(|count| count.div_ceil(WIDTH)).sum();
    packed.offsets.reserve_exact(leaves * WIDTH);
    packed.blocks.reserve_exact(leaves + leaves.div_ceil(WIDTH - 1) + 4 * counts.len());
    let mut rest = items;
    for &count in counts.iter().filter(|&&count| count > 0) {
        let (class, others) = rest.split_at(count);
        leaves_of(&mut packed, class, runs);
        rest = others;
    }
    for number in 0..packed.trees.len() {
        levels_over(&mut packed, number);
    }
    packed
}

fn leaves_of(packed: &mut Run, items: &[Item], runs: &[impl AsRef<Run>]) {
    let mut tree = Tree::new(packed.blocks.len() as u32);
    for leaf in items.chunks(WIDTH) {
        let mut block = Block::EMPTY;
        for (lane, item) in leaf.iter().enumerate() {
            let run = runs[item.run as usize].as_ref();
            block.set(lane, &item.kept);
            let offset = run.offsets[item.entry as usize];
            let from = offset as usize;
            packed.offsets.push(packed.arena.len() as u32);
            packed.arena.extend_from_slice(&run.arena[from..from + shape::pairs(&run.arena, offset)]);
            let record = shape::read(&run.arena, offset);
            tree.admit(&item.kept, record.bulge, record.shape.radius_cm > 0);
        }
        packed.offsets.resize(packed.offsets.len().next_multiple_of(WIDTH), VACANT);
        packed.blocks.push(block);
        tree.top += 1;
    }
    packed.trees.push(tree);
}

/// A topmost level of so few blocks is looked through whole.
const TOP_MAX: u32 = 2;

fn levels_over(packed: &mut Run, number: usize) {
    while packed.trees[number].top > TOP_MAX {
        let tree = &packed.trees[number];
        let (from, count) = (tree.levels[tree.levels.len() - 1] as usize, tree.top as usize);
        let level = packed.blocks.len() as u32;
        for first in (0..count).step_by(WIDTH) {
            let mut block = Block::EMPTY;
            for (lane, below) in (first..count.min(first + WIDTH)).enumerate() {
                block.set(lane, &packed.blocks[from + below].joined());
            }
            packed.blocks.push(block);
        }
        let tree = &mut packed.trees[number];
        tree.levels.push(level);
        tree.top = packed.blocks.len() as u32 - level;
    }
}
