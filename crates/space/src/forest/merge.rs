//! Merging runs: a piece of work that can be taken out of the forest, done elsewhere, and put back.

use std::sync::Arc;

use super::bounds::TIME;
use super::order::Order;
use super::pack::{Item, Packing, Strata};
use super::run::Run;
use super::table::Table;
use crate::planted::{self, Planted};

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
    /// Picking what counts: the next source and the next entry of it; the length of the records so far.
    Gather {
        source: usize,
        entry: u32,
        items: Vec<Item>,
        pairs: usize,
    },
    Order(Order, usize),
    Pack(Packing),
    Done(Run, Vec<Item>),
}

impl Merge {
    pub(super) fn new(sources: Vec<Arc<Run>>, table: Table, expired: i32, strata: Strata, settles: Settles) -> Self {
        let count = sources.iter().map(|run| run.count as usize).sum();
        let stage = Stage::Gather { source: 0, entry: 0, items: Vec::with_capacity(count), pairs: 0 };
        Self { sources, table, expired, strata, stage, settles }
    }

    /// Goes on for about as many solids as the budget says: no step takes much longer than others of the same
    /// budget.
    pub fn step(&mut self, budget: usize) -> Progress {
        let stage = core::mem::replace(&mut self.stage, Stage::Done(Run::default(), Vec::new()));
        self.stage = match stage {
            Stage::Gather { source, entry, items, pairs } => self.gather(source, entry, items, pairs, budget),
            Stage::Order(mut order, pairs) => {
                if order.step(budget) {
                    let (items, counts) = order.into_parts();
                    Stage::Pack(Packing::new(items, counts, pairs))
                } else {
                    Stage::Order(order, pairs)
                }
            }
            Stage::Pack(mut packing) => {
                if packing.step(budget, &self.sources) {
                    let (run, items) = packing.into_parts();
                    Stage::Done(run, items)
                } else {
                    Stage::Pack(packing)
                }
            }
            done @ Stage::Done(..) => done,
        };
        if matches!(self.stage, Stage::Done(..)) { Progress::Done } else { Progress::More }
    }

    fn gather(&self, source: usize, entry: u32, mut items: Vec<Item>, mut pairs: usize, budget: usize) -> Stage {
        let Some(run) = self.sources.get(source) else {
            return Stage::Order(Order::new(items, self.strata), pairs);
        };
        let to = (entry as usize).saturating_add(budget.max(1)).min(run.offsets.len()) as u32;
        for entry in (entry..to).filter(|&entry| run.offsets[entry as usize] != super::run::VACANT) {
            let kept = run.kept(entry);
            let (id, version) = run.head(entry);
            if kept.max[TIME] >= self.expired && (self.table.counts(id, version) || planted::is(Planted::LostRemoval)) {
                pairs += run.pairs(entry).len();
                items.push(Item { kept, run: source as u32, entry });
            }
        }
        let done = to as usize == run.offsets.len();
        Stage::Gather { source: source + usize::from(done), entry: if done { 0 } else { to }, items, pairs }
    }

    /// The sources, what they were merged into, if all is done, and what is of no more use.
    pub(super) fn into_parts(self) -> (Vec<Arc<Run>>, Option<Run>, Vec<Item>) {
        match self.stage {
            Stage::Done(run, items) => (self.sources, Some(run), items),
            _ => (self.sources, None, Vec::new()),
        }
    }
}
