//! What the forest held at one moment, for any number of readers.

use core::ops::ControlFlow;
use std::sync::Arc;

use super::bounds::{Box4, TIME};
use super::lanes::Lanes;
use super::margin::{Margin, Query};
use super::run::Run;
use super::shape::{Record, Solid};
use super::table::Table;
use super::walk::{Way, walk};

/// A solid that was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hit {
    /// Whose it is.
    pub id: u32,
    /// Its box, grown by its radius.
    pub bounds: Box4,
}

/// Whether two solids' footprints meet, where their edges are not the straight lines of the map.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Certainty {
    /// They may come within the margin.
    Unsure,
    /// They have a place in common, however the edges run.
    Sure,
}

/// Bytes that are in use.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Bytes {
    /// Boxes, trees, and the table of what counts.
    pub index: usize,
    /// Shapes, identifiers and versions.
    pub geometry: usize,
}

/// What the forest held at one moment. It never changes; clones share all of it.
#[derive(Clone, Debug)]
pub struct Snapshot {
    pub(super) runs: Arc<Vec<Arc<Run>>>,
    pub(super) table: Table,
    pub(super) expired: i32,
    pub(super) lanes: Lanes,
}

impl Snapshot {
    /// Calls `f` with each solid that comes within the margin of `solid`, in no order that means anything,
    /// until it breaks.
    pub fn visit<B>(&self, solid: &Solid, margin: &Margin, mut f: impl FnMut(Hit) -> ControlFlow<B>) -> ControlFlow<B> {
        let query = Query::new(solid, margin, self.expired, self.lanes);
        self.walk(&query, |record, bounds| {
            if query.subject.conflicts(record, bounds) {
                f(Hit { id: record.id, bounds: *bounds })
            } else {
                ControlFlow::Continue(())
            }
        })
    }

    /// Whether it has nothing to look through.
    pub fn is_empty(&self) -> bool {
        self.runs.is_empty()
    }

    /// Calls `f` with each solid that may come within a margin, which is not 0, of `solid`, in no order that means anything,
    /// until it breaks: wherever their edges run between their vertices, if no further from their chords than 1.05 times the
    /// bound of [docs/decisions/0060] and a metre. Shortest paths of up to 1,000 km do, if none lies at a pole or goes round
    /// one, nor is wider than half a turn. Where edges are the straight lines of the map, a shape may be anything. What is
    /// sure is so for margins of a metre or more.
    pub fn survey<B>(
        &self,
        solid: &Solid,
        margin: &Margin,
        mut f: impl FnMut(Hit, Certainty) -> ControlFlow<B>,
    ) -> ControlFlow<B> {
        let query = Query::new(solid, margin, self.expired, self.lanes).straying();
        self.walk(&query, |record, bounds| match query.subject.may_conflict(record, bounds) {
            Some(certainty) => f(Hit { id: record.id, bounds: *bounds }, certainty),
            None => ControlFlow::Continue(()),
        })
    }

    /// Calls `f` with each record whose box a query reaches and that counts, until it breaks.
    fn walk<B>(&self, query: &Query<'_>, mut f: impl FnMut(&Record<'_>, &Box4) -> ControlFlow<B>) -> ControlFlow<B> {
        let mut ways = Vec::with_capacity(self.runs.iter().map(|run| run.trees.len()).sum());
        for run in self.runs.iter() {
            for tree in &run.trees {
                let sought = query.reach(tree).boxes().iter().enumerate();
                let met = sought.filter(|(_, sought)| tree.bounds.meets(sought));
                ways.extend(met.map(|(number, &sought)| Way { run, tree, sought, number }));
            }
        }
        walk(self.lanes, &ways, |way, entry| {
            let (record, bounds) = (way.run.record(entry), way.run.kept(entry));
            if !self.table.counts(record.id, record.version) {
                return ControlFlow::Continue(());
            }
            // What reaches round the earth is found from both sides, and told once.
            let earlier = &query.reach(way.tree).boxes()[..way.number];
            if earlier.iter().any(|sought| sought.meets(&bounds)) {
                return ControlFlow::Continue(());
            }
            f(&record, &bounds)
        })
    }

    /// Calls `f` with each solid that comes within the margin of `solid`, in no order that means anything.
    pub fn for_each(&self, solid: &Solid, margin: &Margin, mut f: impl FnMut(Hit)) {
        let _: ControlFlow<()> = self.visit(solid, margin, |hit| {
            f(hit);
            ControlFlow::Continue(())
        });
    }

    /// The identifiers of all solids within the margin of `solid`, rising.
    pub fn ids(&self, solid: &Solid, margin: &Margin) -> Vec<u32> {
        let mut ids = Vec::new();
        self.for_each(solid, margin, |hit| ids.push(hit.id));
        ids.sort_unstable();
        ids
    }

    /// The identifiers of all solids, rising.
    pub fn all(&self) -> Vec<u32> {
        let counting = |run: &Arc<Run>| {
            let run = Arc::clone(run);
            let entries: Vec<u32> = run.entries().filter(|&entry| self.counts(&run, entry)).collect();
            entries.into_iter().map(|entry| run.head(entry).0).collect::<Vec<_>>()
        };
        let mut ids: Vec<u32> = self.runs.iter().flat_map(counting).collect();
        ids.sort_unstable();
        ids
    }

    /// Whether the entry of a run is neither replaced, removed nor expired.
    pub(super) fn counts(&self, run: &Run, entry: u32) -> bool {
        let (id, version) = run.head(entry);
        self.table.counts(id, version) && run.kept(entry).max[TIME] >= self.expired
    }

    /// How many solids each run holds, those that count no more included.
    pub fn runs(&self) -> Vec<u32> {
        self.runs.iter().map(|run| run.count).collect()
    }

    /// Bytes that it keeps in use, shared ones counted in full.
    pub fn bytes(&self) -> Bytes {
        let mut bytes = Bytes { index: self.table.bytes(), geometry: 0 };
        for run in self.runs.iter() {
            let (index, geometry) = run.bytes();
            bytes.index += index;
            bytes.geometry += geometry;
        }
        bytes
    }
}
