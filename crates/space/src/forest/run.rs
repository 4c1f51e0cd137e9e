//! A run: solids packed once and never changed, as trees of blocks over their boxes, with the records of their
//! shapes in the order of the leaves.
//!
//! A run may also be a heap of leaves without order, which is how new solids wait to be packed.

use super::bounds::{Box4, TIME};
use super::lanes::{Block, WIDTH, fetch, fetch_block};
use super::shape::{self, Record, Solid, Vertex};

/// One tree of a run: leaves and the levels over them, each a range of the run's blocks, the leaves first.
#[derive(Clone, Debug)]
pub(super) struct Tree {
    /// First block of each level.
    pub(super) levels: Vec<u32>,
    /// How many blocks the topmost level has.
    pub(super) top: u32,
    pub(super) bounds: Box4,
    /// The greatest bulge of its shapes.
    pub(super) bulge: u8,
    /// The greatest radius of its shapes.
    pub(super) radius_cm: u32,
}

impl Tree {
    pub(super) fn new(first: u32) -> Self {
        Self { levels: vec![first], top: 0, bounds: Box4::NOTHING, bulge: 0, radius_cm: 0 }
    }

    /// Counts one more solid in.
    pub(super) fn admit(&mut self, bounds: &Box4, bulge: u8, radius_cm: u32) {
        self.bounds = self.bounds.join(bounds);
        self.bulge = self.bulge.max(bulge);
        self.radius_cm = self.radius_cm.max(radius_cm);
    }
}

/// What a run is made of; see the module.
#[derive(Clone, Debug, Default)]
pub(super) struct Run {
    pub(super) blocks: Vec<Block>,
    pub(super) trees: Vec<Tree>,
    /// Where the record of each leaf entry begins; entries without a solid have none.
    pub(super) offsets: Vec<u32>,
    pub(super) arena: Vec<Vertex>,
    /// How many solids.
    pub(super) count: u32,
}

/// Pairs that one line of the machine's cache holds.
const LINE: usize = 64 / size_of::<Vertex>();

/// Marks a leaf entry without a solid.
pub(super) const VACANT: u32 = u32::MAX;

impl AsRef<Self> for Run {
    fn as_ref(&self) -> &Self {
        self
    }
}

impl Run {
    /// A heap with room for so many solids and pairs.
    pub(super) fn heap(solids: usize, pairs: usize) -> Self {
        Self {
            blocks: Vec::with_capacity(solids.div_ceil(WIDTH)),
            trees: vec![Tree::new(0)],
            offsets: Vec::with_capacity(solids),
            arena: Vec::with_capacity(pairs),
            count: 0,
        }
    }

    /// Adds a solid to a heap.
    pub(super) fn push(&mut self, id: u32, version: u16, kept: &Box4, solid: &Solid) {
        let entry = self.count as usize;
        let (block, lane) = (entry / WIDTH, entry % WIDTH);
        if lane == 0 {
            self.blocks.push(Block::EMPTY);
            self.trees[0].top += 1;
        }
        self.blocks[block].set(lane, kept);
        self.offsets.push(self.arena.len() as u32);
        shape::write(&mut self.arena, id, version, solid);
        self.trees[0].admit(kept, solid.bulge(), solid.shape().radius_cm());
        self.count += 1;
    }

    /// Whether all of it ends before a time.
    pub(super) fn ends_before(&self, time_s: i32) -> bool {
        self.trees.iter().all(|tree| tree.bounds.max[TIME] < time_s)
    }

    /// The box of a leaf entry.
    pub(super) fn kept(&self, entry: u32) -> Box4 {
        self.blocks[entry as usize / WIDTH].get(entry as usize % WIDTH)
    }

    pub(super) fn record(&self, entry: u32) -> Record<'_> {
        shape::read(&self.arena, self.offsets[entry as usize])
    }

    /// The pairs that a record is made of.
    pub(super) fn pairs(&self, entry: u32) -> &[Vertex] {
        let offset = self.offsets[entry as usize];
        &self.arena[offset as usize..][..shape::pairs(&self.arena, offset)]
    }

    /// Whose a leaf entry is, and in which version.
    pub(super) fn head(&self, entry: u32) -> (u32, u16) {
        shape::head(&self.arena, self.offsets[entry as usize])
    }

    /// The entries that hold a solid.
    pub(super) fn entries(&self) -> impl Iterator<Item = u32> + '_ {
        (0..self.offsets.len() as u32).filter(|&entry| self.offsets[entry as usize] != VACANT)
    }

    /// A block of a level of a tree.
    pub(super) fn block(&self, tree: &Tree, level: usize, block: u32) -> &Block {
        &self.blocks[(tree.levels[level] + block) as usize]
    }

    /// Has a block brought near, and of a leaf also where its records begin.
    #[inline]
    pub(super) fn fetch(&self, tree: &Tree, level: usize, block: u32) {
        fetch_block(self.block(tree, level, block));
        if level == 0 {
            fetch(&self.offsets, (tree.levels[0] + block) as usize * WIDTH);
        }
    }

    /// Has the first two lines of an entry's record brought near: most have no more.
    #[inline]
    pub(super) fn fetch_record(&self, entry: u32) {
        let offset = self.offsets[entry as usize] as usize;
        fetch(&self.arena, offset);
        fetch(&self.arena, offset.saturating_add(LINE));
    }

    /// Bytes of the boxes and the way to the records, and bytes of the records.
    pub(super) fn bytes(&self) -> (usize, usize) {
        let trees = self.trees.iter().map(|tree| size_of::<Tree>() + tree.levels.capacity() * size_of::<u32>());
        let index = self.blocks.capacity() * size_of::<Block>() + self.offsets.capacity() * size_of::<u32>();
        (index + trees.sum::<usize>() + size_of::<Self>(), self.arena.capacity() * size_of::<Vertex>())
    }
}
