//! A run: solids packed once and never changed, as trees of blocks over their boxes, with the records of their
//! shapes in the order of the leaves.
//!
//! A run may also be a heap of leaves without order, which is how new solids wait to be packed.

use super::bounds::{Box4, TIME};
use super::lanes::{Block, Lanes, WIDTH};
use super::shape::{self, Record, Solid, Vertex};

/// Levels of a tree: sixteen to the eighth is more than a `u32` numbers.
const LEVELS_MAX: usize = 9;

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

    /// Calls `f` with each leaf entry of a tree that meets the box, until it says true; whether it did.
    #[inline]
    pub(super) fn visit(&self, lanes: Lanes, tree: &Tree, sought: &Box4, mut f: impl FnMut(u32) -> bool) -> bool {
        let top = tree.levels.len() - 1;
        let mut path = [(0_u32, 0_u16); LEVELS_MAX];
        for block in 0..tree.top {
            // Of each level, the block that is being looked through and which of its boxes are still to be.
            let mut level = top;
            path[level] = (block, self.meeting(lanes, tree.levels[level] + block, sought));
            loop {
                let (block, mask) = path[level];
                if mask == 0 {
                    if level == top {
                        break;
                    }
                    level += 1;
                    continue;
                }
                path[level].1 = mask & (mask - 1);
                let below = block * WIDTH as u32 + mask.trailing_zeros();
                if level > 0 {
                    level -= 1;
                    path[level] = (below, self.meeting(lanes, tree.levels[level] + below, sought));
                } else if f(tree.levels[0] * WIDTH as u32 + below) {
                    return true;
                }
            }
        }
        false
    }

    fn meeting(&self, lanes: Lanes, block: u32, sought: &Box4) -> u16 {
        lanes.meeting(&self.blocks[block as usize], sought)
    }

    /// Bytes of the boxes and the way to the records, and bytes of the records.
    pub(super) fn bytes(&self) -> (usize, usize) {
        let trees = self.trees.iter().map(|tree| size_of::<Tree>() + tree.levels.capacity() * size_of::<u32>());
        let index = self.blocks.capacity() * size_of::<Block>() + self.offsets.capacity() * size_of::<u32>();
        (index + trees.sum::<usize>() + size_of::<Self>(), self.arena.capacity() * size_of::<Vertex>())
    }
}
