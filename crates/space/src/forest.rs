//! An index of solids that all fits in memory: a forest of packed trees that are merged now and then.
//!
//! New solids wait in a heap. A full heap becomes a run, runs of like size are merged into one, and no run ever
//! changes: a snapshot is a list of runs and a table of which versions count. So readers never wait, removing is
//! one write to the table, and merging can be done anywhere, by anyone, at any pace:
//!
//! ```
//! use detente_space::forest::{Forest, Margin, Shape, Solid};
//!
//! // A place of 1 km radius near Tallinn, from the ground to 100 m, for an hour.
//! let place = Shape::point([247_000_000, 594_000_000], 100_000)?;
//! let hover = Solid::try_new(place, [0, 1_000], [0, 3_600])?;
//! let path = Shape::path(vec![[246_000_000, 594_200_000], [248_000_000, 594_200_000]], 0)?;
//! let flight = Solid::try_new(path, [1_500, 2_000], [600, 1_200])?;
//!
//! let mut forest = Forest::new();
//! forest.insert(7, &hover);
//! assert_eq!(forest.snapshot().ids(&flight, &Margin::NONE), []);
//! // 2.2 km north of the middle and 50 m above: too near by the margin of 1.5 km and 50 m.
//! let margin = Margin { horizontal_cm: 150_000, altitude_dm: 500, time_s: 0 };
//! assert_eq!(forest.snapshot().ids(&flight, &margin), [7]);
//! # Ok::<(), detente_space::forest::Fault>(())
//! ```
//!
//! Merging goes on in the forest with [`Forest::merge_step`], or elsewhere with [`Forest::take_merge`],
//! [`Merge::step`] and [`Forest::put_back`]. Nothing but speed depends on it.

use std::sync::Arc;

mod bounds;
mod edges;
mod growth;
mod lanes;
mod local;
mod margin;
mod merge;
mod nearest;
mod order;
mod pack;
mod parts;
mod plane;
mod raster;
mod ready;
mod run;
mod shape;
mod snapshot;
#[cfg(test)]
mod soak;
mod subject;
mod surely;
mod swap;
mod sweep;
mod table;
#[cfg(test)]
mod testing;
mod walk;

pub use bounds::Box4;
pub use lanes::Kernel;
pub use margin::Margin;
pub use merge::{Merge, Progress};
pub use nearest::Neighbour;
pub use pack::Strata;
pub use parts::Parts;
pub use shape::{Fault, Kind, Shape, Solid, Vertex};
pub use snapshot::{Bytes, Certainty, Hit, Snapshot};
pub use swap::Latest;
pub use sweep::Sweep;

use lanes::Lanes;
pub(crate) use lanes::fetch;
use merge::Settles;
use pack::Item;
use run::Run;
use table::Table;

/// How many solids a heap holds: looked through one by one by every query, so few; each is sorted once for
/// every level of runs that follows, so not too few.
const HEAP: usize = 512;

/// Room for the shapes of a heap, in pairs: more than most need, so that it does not grow while it fills.
const HEAP_PAIRS: usize = HEAP * 16;

/// So many runs of one size are merged.
const FAN: usize = 4;

/// The index; see the module.
#[derive(Debug)]
pub struct Forest {
    lanes: Lanes,
    strata: Strata,
    heap: Run,
    /// The heap as the last snapshot has it, if nothing has been inserted since.
    shown: Option<Arc<Run>>,
    runs: Vec<Arc<Run>>,
    table: Table,
    expired: i32,
    /// How many records have come to count no more, ever.
    outdated: u64,
    /// A version has come half way round, and not all runs have been merged since.
    turned: bool,
    /// The merge that goes on in `merge_step`.
    merging: Option<Merge>,
    /// The sources of merges that were taken and not put back.
    taken: Vec<Arc<Run>>,
    garbage: Garbage,
}

/// What the forest has no more use for. Dropping it takes a while: do that where nobody waits.
#[derive(Debug, Default)]
pub struct Garbage {
    runs: Vec<Arc<Run>>,
    items: Vec<Vec<Item>>,
}

impl Garbage {
    /// Whether there is nothing to drop.
    pub fn is_empty(&self) -> bool {
        self.runs.is_empty() && self.items.is_empty()
    }
}

impl Default for Forest {
    fn default() -> Self {
        Self::new()
    }
}

impl Forest {
    /// An empty forest that compares boxes with the fastest instructions of this machine.
    pub fn new() -> Self {
        Self::with_lanes(Lanes::best())
    }

    /// An empty forest that compares boxes with these instructions; `None` where the machine does not have them.
    pub fn with_kernel(kernel: Kernel) -> Option<Self> {
        Lanes::of(kernel).map(Self::with_lanes)
    }

    fn with_lanes(lanes: Lanes) -> Self {
        Self {
            lanes,
            strata: Strata::NINE,
            heap: Run::heap(HEAP, HEAP_PAIRS),
            shown: None,
            runs: Vec::new(),
            table: Table::default(),
            expired: i32::MIN,
            outdated: 0,
            turned: false,
            merging: None,
            taken: Vec::new(),
            garbage: Garbage::default(),
        }
    }

    /// Parts the runs to come by other sizes.
    pub fn set_strata(&mut self, strata: Strata) {
        self.strata = strata;
    }

    /// Puts a solid in, in the place of the one that the identifier had, if any. Identifiers are best counted
    /// from zero: the table of them has a page for each thousand neighbours.
    pub fn insert(&mut self, id: u32, solid: &Solid) {
        let (version, replaced) = self.table.insert(id);
        self.outdated += u64::from(replaced);
        let kept = growth::kept(&solid.bounds(), solid.shape().radius_cm(), solid.bulge());
        self.heap.push(id, version, &kept, solid);
        self.shown = None;
        if self.heap.count as usize == HEAP {
            self.close_heap();
        }
        if self.table.take_turned() {
            self.version_turned();
        }
    }

    /// Puts many solids in, packing them at once: much faster than one by one for thousands.
    pub fn insert_all<'a>(&mut self, solids: impl IntoIterator<Item = (u32, &'a Solid)>) {
        let mut all = Run::heap(0, 0);
        for (id, solid) in solids {
            let (version, replaced) = self.table.insert(id);
            self.outdated += u64::from(replaced);
            let kept = growth::kept(&solid.bounds(), solid.shape().radius_cm(), solid.bulge());
            all.push(id, version, &kept, solid);
        }
        let mut merge = Merge::new(vec![Arc::new(all)], self.table.clone(), self.expired, self.strata, Settles::default());
        while merge.step(usize::MAX) == Progress::More {}
        self.runs.extend(merge.into_parts().1.filter(|run| run.count > 0).map(Arc::new));
        if self.table.take_turned() {
            self.version_turned();
        }
    }

    /// The same as an insert, for readers' sake.
    pub fn update(&mut self, id: u32, solid: &Solid) {
        self.insert(id, solid);
    }

    /// Takes a solid out; whether the identifier had one. One that expired but was not taken out counts as had.
    pub fn remove(&mut self, id: u32) -> bool {
        let removed = self.table.remove(id);
        self.outdated += u64::from(removed);
        if self.table.take_turned() {
            self.version_turned();
        }
        removed
    }

    /// Takes out all that ends before a time, in seconds, now and when it is inserted later. Time does not go
    /// back: an earlier time than before changes nothing.
    pub fn expire(&mut self, before_s: i32) {
        self.expired = self.expired.max(before_s);
        let expired = self.expired;
        self.garbage.runs.extend(self.runs.extract_if(.., |run| run.ends_before(expired)));
    }

    /// What the forest holds now.
    pub fn snapshot(&mut self) -> Snapshot {
        let mut runs = self.runs.clone();
        if self.heap.count > 0 {
            let heap = &self.heap;
            runs.push(Arc::clone(self.shown.get_or_insert_with(|| Arc::new(heap.clone()))));
        }
        Snapshot { runs: Arc::new(runs), table: self.table.clone(), expired: self.expired, lanes: self.lanes }
    }

    fn close_heap(&mut self) {
        if self.heap.count > 0 {
            let full = core::mem::replace(&mut self.heap, Run::heap(HEAP, HEAP_PAIRS));
            self.runs.push(Arc::new(full));
            self.shown = None;
        }
    }

    /// Records of the half turn before must be gone before a version comes to the next half.
    fn version_turned(&mut self) {
        if self.turned {
            self.compact();
        }
        self.turned = true;
    }

    /// Merges that are worth doing wait.
    pub fn is_merge_due(&self) -> bool {
        let mut sizes = [0; usize::BITS as usize];
        self.free().any(|run| {
            let size = &mut sizes[size_of_run(run)];
            *size += 1;
            *size >= FAN
        })
    }

    /// The runs that are not being merged elsewhere.
    fn free(&self) -> impl Iterator<Item = &Arc<Run>> {
        self.runs.iter().filter(|run| !self.taken.iter().any(|taken| Arc::ptr_eq(taken, run)))
    }

    /// A merge that is worth doing, to be done elsewhere; `None` if there is none.
    pub fn take_merge(&mut self) -> Option<Merge> {
        if self.turned && self.taken.is_empty() {
            return Some(self.take_all());
        }
        let sources = self.pick();
        if sources.is_empty() {
            return None;
        }
        self.taken.extend(sources.iter().cloned());
        Some(Merge::new(sources, self.table.clone(), self.expired, self.strata, Settles::default()))
    }

    /// Merges all there is.
    fn take_all(&mut self) -> Merge {
        self.close_heap();
        self.taken.extend(self.runs.iter().cloned());
        let settles = Settles { whole: Some(self.outdated), turned: self.turned };
        Merge::new(self.runs.clone(), self.table.clone(), self.expired, self.strata, settles)
    }

    /// The runs to merge next: the smallest size of which there are enough.
    fn pick(&self) -> Vec<Arc<Run>> {
        let mut sizes: Vec<Vec<&Arc<Run>>> = Vec::new();
        for run in self.free() {
            let size = size_of_run(run);
            sizes.resize(sizes.len().max(size + 1), Vec::new());
            sizes[size].push(run);
        }
        let enough = sizes.into_iter().find(|runs| runs.len() >= FAN);
        enough.unwrap_or_default().into_iter().cloned().collect()
    }

    /// Takes a merge back. One that is not done, or whose runs have gone meanwhile, leaves all as it is.
    pub fn put_back(&mut self, merge: Merge) {
        self.taken.retain(|taken| !merge.sources.iter().any(|source| Arc::ptr_eq(taken, source)));
        let settles = merge.settles;
        let (sources, merged, spent) = merge.into_parts();
        self.garbage.items.extend(Some(spent).filter(|spent| !spent.is_empty()));
        let Some(merged) = merged else {
            return self.garbage.runs.extend(sources);
        };
        let is_source = |run: &Arc<Run>| sources.iter().any(|source| Arc::ptr_eq(source, run));
        let expired = self.expired;
        let present = self.runs.iter().filter(|run| is_source(run)).count();
        let gone = sources.iter().filter(|run| run.ends_before(expired)).count();
        if present + gone < sources.len() {
            self.garbage.runs.push(Arc::new(merged));
            return self.garbage.runs.extend(sources);
        }
        self.runs.retain(|run| !is_source(run));
        self.garbage.runs.extend(sources);
        if merged.count > 0 {
            self.runs.push(Arc::new(merged));
        }
        self.turned &= !settles.turned;
        if settles.whole == Some(self.outdated) {
            self.table.all_count();
        }
    }

    /// Goes on merging for about so many solids.
    pub fn merge_step(&mut self, budget: usize) -> Progress {
        let Some(mut merge) = self.merging.take().or_else(|| self.take_merge()) else {
            return Progress::Done;
        };
        if merge.step(budget) == Progress::More {
            self.merging = Some(merge);
            return Progress::More;
        }
        self.put_back(merge);
        if self.is_merge_due() { Progress::More } else { Progress::Done }
    }

    /// Goes on merging for about so many solids where nothing else is to be done: what waits to be merged, and then all runs
    /// into one, unless nearly all is in one already.
    pub fn settle_step(&mut self, budget: usize) -> Progress {
        if self.merging.is_none() && self.taken.is_empty() && !self.is_merge_due() && self.is_spread() {
            self.merging = Some(self.take_all());
        }
        let progress = self.merge_step(budget);
        if self.is_spread() { Progress::More } else { progress }
    }

    /// Whether more than an eighth of the solids lie beside the largest run: merging all is worth its while.
    fn is_spread(&self) -> bool {
        let counts = || self.runs.iter().map(|run| u64::from(run.count));
        let (all, largest) = (counts().sum::<u64>(), counts().max().unwrap_or(0));
        (all - largest) * 8 > all
    }

    /// Merges all into one run, at once: the fastest to ask, and a while to make.
    pub fn compact(&mut self) {
        self.merging = None;
        self.taken.clear();
        let mut merge = self.take_all();
        while merge.step(usize::MAX) == Progress::More {}
        self.put_back(merge);
    }

    /// What is to be dropped where nobody waits.
    pub fn take_garbage(&mut self) -> Garbage {
        core::mem::take(&mut self.garbage)
    }
}

/// Runs of like size have the same.
fn size_of_run(run: &Run) -> usize {
    (run.count as usize / HEAP).max(1).ilog(FAN) as usize
}

#[cfg(test)]
mod tests;
