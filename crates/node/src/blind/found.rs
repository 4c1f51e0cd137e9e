//! What runs found, and what stands of it.
//!
//! Invariants: of the latest runs no hit is cleared but by one that was begun later and of which both sides sealed the same; what is listed are all cells
//! that stand, each plan's once; no two conflicts go by one name; rows of the book give the same after a start, before the logs are judged
//! (docs/decisions/0140-found-before-it-is-sealed.md).

use std::collections::BTreeMap;

use detente_blind::Digest;
use detente_space::cells::CellId;
use detente_types::statement::BlindRunIn;
use detente_types::{BlindConflictId, LineId, NoticeId, Timestamp};
use detente_wire::hash::domain;

use super::book::{BookBlindFound, BookBlindHit};
use super::table::RunState;
use super::{Beginning, FOUND_MAX, Matching};

/// What a run found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Found {
    pub(crate) run: BlindRunIn,
    /// When the run was begun here: what it looked at are the plans of then.
    pub(super) began: Timestamp,
    /// The terms that it was begun under: a cell says where it is only on their grid.
    pub(super) terms: Digest,
    name: Digest,
    pub(crate) count: u32,
    cells: Vec<CellId>,
    /// By plan: places in `cells`, and the name by which the conflict goes.
    pub(super) hits: BTreeMap<NoticeId, (BlindConflictId, Vec<[u32; 2]>)>,
}

/// How many cells are common.
pub(super) fn count_of(common: &detente_blind::Found) -> u32 {
    match common {
        detente_blind::Found::Cells(cells) => cells.len() as u32,
        detente_blind::Found::Count(count) => *count,
    }
}

impl Found {
    /// What a run tells about the plans that were matched.
    pub(super) fn new(
        run: BlindRunIn,
        beginning: Beginning,
        name: Digest,
        common: &detente_blind::Found,
        owners: &Owners,
    ) -> Self {
        let cells: Vec<CellId> = match common {
            detente_blind::Found::Cells(cells) => cells.iter().map(|cell| CellId::from_bytes(cell.0)).collect(),
            detente_blind::Found::Count(_) => Vec::new(),
        };
        let hits =
            owners.stretches(&cells).into_iter().map(|(id, stretches)| (id, (conflict_id(&name, &id), stretches))).collect();
        Self { run, began: beginning.at, terms: beginning.terms, name, count: count_of(common), cells, hits }
    }

    /// From its row of the book.
    pub(super) fn of(row: BookBlindFound, beginning: Beginning) -> Self {
        let (cells, _) = row.cells.as_chunks::<16>();
        let name = *row.name;
        let hits = row.hits.into_iter().map(|hit| {
            let id = hit.goes_by.unwrap_or_else(|| conflict_id(&name, &hit.notice));
            (hit.notice, (id, hit.stretches))
        });
        let hits = hits.collect();
        let cells = cells.iter().map(|cell| CellId::from_bytes(*cell)).collect();
        Self { run: row.run, began: beginning.at, terms: beginning.terms, name, count: row.count, cells, hits }
    }

    /// Its row of the book.
    pub(super) fn booked(&self, line: LineId, at: Timestamp) -> BookBlindFound {
        let hits = self.hits.iter().map(|(notice, (id, stretches))| {
            let goes_by = Some(*id).filter(|id| *id != conflict_id(&self.name, notice));
            BookBlindHit { notice: *notice, stretches: stretches.clone(), goes_by }
        });
        BookBlindFound {
            line,
            at_us: at.micros(),
            run: self.run,
            name: self.name.into(),
            count: self.count,
            cells: self.cells.iter().flat_map(|cell| *cell.as_bytes()).collect::<Vec<u8>>().into(),
            hits: hits.collect(),
        }
    }

    /// Whether its mode told a number and no cells.
    pub(super) fn is_counted(&self) -> bool {
        self.count > 0 && self.cells.is_empty()
    }

    /// The cells that stand in these places.
    pub(super) fn cells_at(&self, stretches: &[[u32; 2]]) -> Vec<CellId> {
        slices(&self.cells, stretches).flatten().copied().collect()
    }

    /// The name of a hit of an earlier run under the same terms that holds all cells of one of this run.
    fn goes_on_from(&self, earlier: &Self, notice: &NoticeId, stretches: &[[u32; 2]]) -> Option<BlindConflictId> {
        let (known, old) = earlier.hits.get(notice).filter(|_| earlier.terms == self.terms)?;
        let is_there = |cell: &CellId| earlier.cells.binary_search(cell).is_ok_and(|place| has_place(old, place as u32));
        slices(&self.cells, stretches).flatten().all(is_there).then_some(*known)
    }
}

/// Whose the cells of a set are. Looking up what is common takes as long as there are common cells, whatever else is in the set.
pub(super) struct Owners {
    plans: Vec<NoticeId>,
    /// In order; a cell stands once for each plan that it is of.
    cells: Vec<(CellId, u32)>,
}

impl Owners {
    /// From plans with their cells.
    pub(super) fn of(matched: impl Iterator<Item = (NoticeId, Vec<CellId>)>) -> Self {
        let (mut plans, mut all) = (Vec::new(), Vec::new());
        for (number, (id, cells)) in (0..).zip(matched) {
            plans.push(id);
            all.extend(cells.into_iter().map(|cell| (cell, number)));
        }
        all.sort_unstable();
        Self { plans, cells: all }
    }

    /// Where in a sorted list the cells of each plan stand.
    fn stretches(&self, common: &[CellId]) -> BTreeMap<NoticeId, Vec<[u32; 2]>> {
        let mut found: BTreeMap<NoticeId, Vec<[u32; 2]>> = BTreeMap::new();
        for (place, cell) in (0..).zip(common) {
            let first = self.cells.partition_point(|(own, _)| own < cell);
            for (_, number) in self.cells[first..].iter().take_while(|(own, _)| own == cell) {
                let stretches = found.entry(self.plans[*number as usize]).or_default();
                match stretches.last_mut() {
                    Some([first, count]) if *first + *count == place => *count += 1,
                    _ => stretches.push([place, 1]),
                }
            }
        }
        found
    }
}

fn conflict_id(name: &Digest, notice: &NoticeId) -> BlindConflictId {
    BlindConflictId::new(domain("detente/blind-conflict/1", &[name, notice.as_bytes()]))
}

/// A plan of ours that a run found something close to.
#[derive(Clone, Copy)]
pub(super) struct Hit<'a> {
    pub(super) found: &'a Found,
    pub(super) notice: NoticeId,
    /// The name by which the conflict goes.
    pub(super) id: BlindConflictId,
    stretches: &'a [[u32; 2]],
}

impl Hit<'_> {
    /// Its common cells, in order.
    pub(super) fn cells(&self) -> Vec<CellId> {
        self.found.cells_at(self.stretches)
    }
}

impl Matching {
    /// Names what a run found; says which conflicts are new. One that goes on from what stands, in no other cells, keeps its name.
    pub(super) fn name(&self, found: &mut Found) -> Vec<BlindConflictId> {
        let (standing, mut fresh) = (self.standing(), Vec::new());
        let names = found.hits.iter().map(|(notice, (id, stretches))| {
            let known = standing.iter().rev().find_map(|earlier| found.goes_on_from(earlier, notice, stretches));
            known.unwrap_or_else(|| {
                fresh.push(*id);
                *id
            })
        });
        let names: Vec<_> = names.collect();
        found.hits.values_mut().zip(names).for_each(|((id, _), name)| *id = name);
        fresh
    }

    /// Keeps what a run found, in the order in which runs were begun.
    pub(super) fn keep(&mut self, found: Found) {
        let place = self.found.partition_point(|kept| kept.began <= found.began);
        self.found.insert(place, found);
        if self.found.len() > FOUND_MAX {
            self.found.remove(0);
        }
    }

    /// Whether both sides sealed the same result of a run; none unless both have sealed one.
    pub(super) fn agreement(&self, run: &BlindRunIn) -> Option<bool> {
        match self.runs.runs.get(run)?.state() {
            RunState::Done => Some(true),
            RunState::Differs => Some(false),
            RunState::UnderWay | RunState::Ended => None,
        }
    }

    /// What stands of what runs found, by when they were begun: from the newest on of which both sides sealed the same. A run that ends
    /// late, or whose answers were spoilt, or that the other side left, clears nothing.
    pub(super) fn standing(&self) -> &[Found] {
        let agreed = self.found.iter().rposition(|found| self.agreement(&found.run) == Some(true));
        &self.found[agreed.unwrap_or_default()..]
    }

    /// What stands, by plan. Of a conflict that goes on all cells stand that it had, for a run that both do not say the same about may
    /// have lost some; one that has grown takes the place of what it holds. A name that two go by, as what held both has been cleared
    /// since, stays with the older.
    pub(super) fn hits(&self) -> Vec<Hit<'_>> {
        let mut hits: BTreeMap<NoticeId, Vec<Hit<'_>>> = BTreeMap::new();
        for found in self.standing() {
            for (notice, (id, stretches)) in &found.hits {
                let known = hits.entry(*notice).or_default();
                if known.iter().any(|older| found.goes_on_from(older.found, notice, stretches).is_some()) {
                    continue;
                }
                known.retain(|older| older.found.goes_on_from(found, notice, older.stretches).is_none());
                let is_taken = known.iter().any(|older| older.id == *id);
                let id = if is_taken { conflict_id(&found.name, notice) } else { *id };
                known.push(Hit { found, notice: *notice, id, stretches });
            }
        }
        hits.into_values().flatten().collect()
    }

    /// One of these.
    pub(super) fn hit(&self, conflict: &BlindConflictId) -> Option<Hit<'_>> {
        self.hits().into_iter().find(|hit| hit.id == *conflict)
    }
}

/// What stands in these places.
fn slices<'a>(cells: &'a [CellId], stretches: &'a [[u32; 2]]) -> impl Iterator<Item = &'a [CellId]> {
    stretches.iter().map(|[first, count]| {
        let first = *first as usize;
        cells.get(first..first.saturating_add(*count as usize)).unwrap_or_default()
    })
}

/// Whether ascending stretches hold a place.
fn has_place(stretches: &[[u32; 2]], place: u32) -> bool {
    let next = stretches.partition_point(|[first, _]| *first <= place);
    next.checked_sub(1).and_then(|last| stretches.get(last)).is_some_and(|[first, count]| place - first < *count)
}

/// The places that two lists of ascending stretches have in common.
pub(super) fn common_places(some: &[[u32; 2]], others: &[[u32; 2]]) -> Vec<[u32; 2]> {
    let end = |[first, count]: [u32; 2]| first.saturating_add(count);
    let mut common = Vec::new();
    let (mut i, mut j) = (0, 0);
    while let (Some(&a), Some(&b)) = (some.get(i), others.get(j)) {
        let (first, until) = (a[0].max(b[0]), end(a).min(end(b)));
        if first < until {
            common.push([first, until - first]);
        }
        if end(a) <= end(b) {
            i += 1;
        } else {
            j += 1;
        }
    }
    common
}

#[cfg(test)]
mod tests;
