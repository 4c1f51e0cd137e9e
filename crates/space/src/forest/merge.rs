//! Merging runs: a piece of work that can be taken out of the forest, done elsewhere, and put back.

use std::sync::Arc;

use super::bounds::TIME;
use super::pack::{self, Item, Strata};
use super::planted::{self, Planted};
use super::run::Run;
use super::table::Table;

/// How a piece of work stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// All is done.
    Done,
    /// There is more to do.
    More,
}

/// Some runs that become one. What counted no more when it was taken is left out; what is replaced or removed
/// later is told by its version, like in any run.
#[derive(Debug)]
pub struct Merge {
    pub(super) sources: Vec<Arc<Run>>,
    table: Table,
    expired: i32,
    strata: Strata,
    stage: Stage,
    /// What this merge settles when it is put back; see the forest.
    pub(super) settles: Settles,
}

/// What all runs' being merged into one settles.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Settles {
    /// Nothing but the sources was in the forest; how many records had come to count no more until then.
    pub(super) whole: Option<u64>,
    /// It was taken because a version had come half way round.
    pub(super) turned: bool,
}

#[derive(Debug)]
enum Stage {
    /// Picking what counts: the next source and the next entry of it.
    Gather {
        source: usize,
        entry: u32,
        items: Vec<Item>,
    },
    Order {
        items: Vec<Item>,
    },
    Pack {
        items: Vec<Item>,
        counts: Vec<usize>,
    },
    Done(Run),
}

impl Merge {
    pub(super) fn new(sources: Vec<Arc<Run>>, table: Table, expired: i32, strata: Strata, settles: Settles) -> Self {
        let count = sources.iter().map(|run| run.count as usize).sum();
        let stage = Stage::Gather { source: 0, entry: 0, items: Vec::with_capacity(count) };
        Self { sources, table, expired, strata, stage, settles }
    }

    /// Goes on for about as many solids as the budget says; sorting and packing are one step each.
    pub fn step(&mut self, budget: usize) -> Progress {
        let stage = core::mem::replace(&mut self.stage, Stage::Order { items: Vec::new() });
        self.stage = match stage {
            Stage::Gather { source, entry, items } => self.gather(source, entry, items, budget),
            Stage::Order { mut items } => {
                let counts = pack::order(&mut items, &self.strata);
                Stage::Pack { items, counts }
            }
            Stage::Pack { items, counts } => Stage::Done(pack::pack(&items, &counts, &self.sources)),
            Stage::Done(run) => Stage::Done(run),
        };
        if matches!(self.stage, Stage::Done(_)) { Progress::Done } else { Progress::More }
    }

    fn gather(&self, source: usize, entry: u32, mut items: Vec<Item>, budget: usize) -> Stage {
        let Some(run) = self.sources.get(source) else {
            return Stage::Order { items };
        };
        let to = (entry as usize).saturating_add(budget.max(1)).min(run.offsets.len()) as u32;
        for entry in (entry..to).filter(|&entry| run.offsets[entry as usize] != super::run::VACANT) {
            let kept = run.kept(entry);
            let (id, version) = run.head(entry);
            if kept.max[TIME] >= self.expired && (self.table.counts(id, version) || planted::is(Planted::LostRemoval)) {
                items.push(Item { kept, run: source as u32, entry });
            }
        }
        let done = to as usize == run.offsets.len();
        Stage::Gather { source: source + usize::from(done), entry: if done { 0 } else { to }, items }
    }

    /// The sources, and what they were merged into, if all is done.
    pub(super) fn into_parts(self) -> (Vec<Arc<Run>>, Option<Run>) {
        match self.stage {
            Stage::Done(run) => (self.sources, Some(run)),
            _ => (self.sources, None),
        }
    }
}
