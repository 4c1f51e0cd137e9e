//! Packing: solids in the order of leaves become a run, with levels of boxes over the leaves, a bounded piece at a
//! time.

use super::bounds::{Box4, LAT, LON, TIME};
use super::lanes::{Block, WIDTH};
use super::run::{Run, Tree, VACANT};

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

    /// How many classes there are.
    pub(super) const CLASSES: usize = 9;

    /// The class of a solid in a run of so many.
    pub(super) fn class_among(&self, kept: &Box4, count: usize) -> u32 {
        if count < self.least { 0 } else { self.class(kept) }
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

/// Ordered items of some runs on their way into one: leaf by leaf, then the levels over the leaves.
#[derive(Debug)]
pub(super) struct Packing {
    items: Vec<Item>,
    /// How many belong to each class that has any, from the first to come.
    counts: Vec<usize>,
    packed: Run,
    /// The next item.
    next: usize,
    /// Of the class of the next item, so many have been packed.
    of_class: usize,
    class: usize,
    /// The tree over whose leaves levels are laid, and the next block of the level below.
    tree: usize,
    below: usize,
}

impl Packing {
    /// `pairs` is the sum of the records' lengths.
    pub(super) fn new(items: Vec<Item>, mut counts: Vec<usize>, pairs: usize) -> Self {
        counts.retain(|&count| count > 0);
        let mut packed = Run { count: items.len() as u32, ..Run::default() };
        packed.arena.reserve_exact(pairs);
        let leaves: usize = counts.iter().map(|count| count.div_ceil(WIDTH)).sum();
        packed.offsets.reserve_exact(leaves * WIDTH);
        packed.blocks.reserve_exact(leaves + leaves.div_ceil(WIDTH - 1) + 4 * counts.len());
        Self { items, counts, packed, next: 0, of_class: 0, class: 0, tree: 0, below: 0 }
    }

    /// Goes on for about as many solids as the budget says; whether all is done.
    pub(super) fn step(&mut self, budget: usize, runs: &[impl AsRef<Run>]) -> bool {
        let mut left = budget.max(1);
        while left > 0 {
            if self.next < self.items.len() {
                left = left.saturating_sub(self.leaf(runs));
            } else if self.tree < self.packed.trees.len() {
                left = left.saturating_sub(self.over());
            } else {
                return true;
            }
        }
        false
    }

    /// What was packed, and what is of no more use.
    pub(super) fn into_parts(self) -> (Run, Vec<Item>) {
        (self.packed, self.items)
    }

    /// Packs one leaf; how many solids it holds.
    fn leaf(&mut self, runs: &[impl AsRef<Run>]) -> usize {
        let packed = &mut self.packed;
        if self.of_class == 0 {
            packed.trees.push(Tree::new(packed.blocks.len() as u32));
        }
        let count = WIDTH.min(self.counts[self.class] - self.of_class);
        let tree = &mut packed.trees[self.class];
        let mut block = Block::EMPTY;
        for (lane, item) in self.items[self.next..self.next + count].iter().enumerate() {
            let run = runs[item.run as usize].as_ref();
            block.set(lane, &item.kept);
            packed.offsets.push(packed.arena.len() as u32);
            packed.arena.extend_from_slice(run.pairs(item.entry));
            let record = run.record(item.entry);
            tree.admit(&item.kept, record.bulge, record.shape.radius_cm);
        }
        packed.offsets.resize(packed.offsets.len().next_multiple_of(WIDTH), VACANT);
        packed.blocks.push(block);
        tree.top += 1;
        self.next += count;
        self.of_class += count;
        if self.of_class == self.counts[self.class] {
            (self.class, self.of_class) = (self.class + 1, 0);
        }
        count
    }

    /// Lays one block over those of the topmost level of a tree, or goes on to the next tree; how many it looked at.
    fn over(&mut self) -> usize {
        let packed = &mut self.packed;
        let tree = &mut packed.trees[self.tree];
        let top = tree.top as usize;
        if top <= TOP_MAX as usize {
            self.tree += 1;
            return 1;
        }
        let from = tree.levels[tree.levels.len() - 1] as usize;
        let mut block = Block::EMPTY;
        let to = top.min(self.below + WIDTH);
        for (lane, below) in (self.below..to).enumerate() {
            block.set(lane, &packed.blocks[from + below].joined());
        }
        packed.blocks.push(block);
        let count = to - self.below;
        self.below = to;
        if to == top {
            let blocks = top.div_ceil(WIDTH) as u32;
            tree.levels.push(packed.blocks.len() as u32 - blocks);
            tree.top = blocks;
            self.below = 0;
        }
        count
    }
}

/// A topmost level of so few blocks is looked through whole.
const TOP_MAX: u32 = 2;
