//! What the bytes of a forest are spent on.

use super::bounds::Box4;
use super::lanes::Block;
use super::run::{Run, Tree};
use super::shape::Vertex;
use super::snapshot::Snapshot;

#[cfg(test)]
mod tests;

/// Bytes in use, by what they are for. All of them together are those of [`Snapshot::bytes`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Parts {
    /// The box of each solid.
    pub boxes: usize,
    /// Room in leaves that no solid fills, and for where the record of none begins.
    pub vacant: usize,
    /// Boxes above the leaves, and the trees that they make.
    pub above: usize,
    /// Where the record of each solid begins.
    pub ways: usize,
    /// Which version of each identifier counts.
    pub versions: usize,
    /// Identifier, version and kind of each record.
    pub heads: usize,
    /// Vertices.
    pub vertices: usize,
    /// Radii, and lengths of rings, of shapes that have any.
    pub extended: usize,
    /// Set aside and not filled.
    pub slack: usize,
}

impl Parts {
    /// All of them.
    pub fn sum(&self) -> usize {
        let Self { boxes, vacant, above, ways, versions, heads, vertices, extended, slack } = *self;
        boxes + vacant + above + ways + versions + heads + vertices + extended + slack
    }

    fn add(&mut self, run: &Run) {
        let count = run.count as usize;
        let leaves = run.offsets.len();
        let blocks = size_of_val(run.blocks.as_slice());
        let above = run.blocks.len() - leaves.div_ceil(super::lanes::WIDTH);
        let inner = above * size_of::<Block>();
        let trees = trees_of(run) + size_of::<Run>();
        self.boxes += count * size_of::<Box4>();
        self.vacant += blocks - inner - count * size_of::<Box4>() + (leaves - count) * size_of::<u32>();
        self.above += inner + trees;
        self.ways += count * size_of::<u32>();
        let (mut filled, mut vertices) = (0, 0);
        for entry in run.entries() {
            filled += size_of_val(run.pairs(entry));
            vertices += size_of_val(run.record(entry).shape.vertices);
        }
        let heads = count * size_of::<Vertex>();
        self.heads += heads;
        self.vertices += vertices;
        self.extended += filled - heads - vertices;
        let (index, geometry) = run.bytes();
        let used = blocks + leaves * size_of::<u32>() + trees;
        self.slack += index - used + geometry - filled;
    }
}

fn trees_of(run: &Run) -> usize {
    run.trees.iter().map(|tree| size_of::<Tree>() + tree.levels.capacity() * size_of::<u32>()).sum()
}

impl Snapshot {
    /// What its bytes are spent on, shared ones counted in full. It looks at every record.
    pub fn parts(&self) -> Parts {
        let mut parts = Parts { versions: self.table.bytes(), ..Parts::default() };
        self.runs.iter().for_each(|run| parts.add(run));
        parts
    }
}
