//! Blind conflicts: what a run found, by plan, and what an officer does about it.

use std::collections::BTreeMap;

use detente_blind::Digest;
use detente_space::cells::CellId;
use detente_types::notice::{Precision, Release};
use detente_types::statement::{BlindRunIn, STRETCHES_MAX, StatementIn};
use detente_types::{BlindConflictId, LineId, NoticeId, NoticeIn, StatementRef, Timestamp, Volume};
use detente_wire::hash::domain;

use super::book::{BookBlindDeed, BookBlindFound, BookBlindHit, BookBlindShown};
use super::set::{Stretch, cells_of};
use super::table::RunState;
use super::{Beginning, FOUND_MAX, Matching, merge};
use crate::book::BookEntry;
use crate::command::not_found;
use crate::input::{Accepted, By, CommandFault};
use crate::line::{Cx, Line, Waiting};

/// Their latest askings that are looked at: a side that asks without end makes a look no longer.
const ASKED_MAX: usize = 64;

/// Something of theirs may come too close to a plan of ours, in these cells: what, nobody knows yet. For our own eyes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BlindConflict {
    /// Its name here: from the run that found it first and the plan.
    pub id: BlindConflictId,
    /// The run that found it, in all the cells that stand.
    pub run: BlindRunIn,
    /// Our plan.
    pub notice: NoticeId,
    /// The common cells, in order.
    pub cells: Vec<CellId>,
    /// Where and when that is, readable: it covers the cells.
    pub volumes: Vec<Volume>,
    /// Whether the other side sealed the same result; none while it has sealed nothing, or ended the run before that.
    pub agrees: Option<bool>,
    /// The notice that shows this part of the plan, once an officer has let it out.
    pub shown: Option<NoticeId>,
    /// The notice that showed this part and was changed since: what was agreed about it is still to be done to the plan itself.
    pub changed: Option<NoticeId>,
    /// Askings of theirs to show it.
    pub asked: Vec<StatementRef>,
}

/// What a run found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Found {
    pub(crate) run: BlindRunIn,
    /// When the run was begun here: what it looked at are the plans of then.
    began: Timestamp,
    /// The terms that it was begun under: a cell says where it is only on their grid.
    terms: Digest,
    name: Digest,
    pub(crate) count: u32,
    cells: Vec<CellId>,
    /// By plan: places in `cells`, and the name by which the conflict goes.
    hits: BTreeMap<NoticeId, (BlindConflictId, Vec<[u32; 2]>)>,
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
            agrees: false,
            count: self.count,
            cells: self.cells.iter().flat_map(|cell| *cell.as_bytes()).collect::<Vec<u8>>().into(),
            hits: hits.collect(),
        }
    }

    /// Whether its mode told a number and no cells.
    pub(super) fn is_counted(&self) -> bool {
        self.count > 0 && self.cells.is_empty()
    }

    fn cells_at(&self, stretches: &[[u32; 2]]) -> Vec<CellId> {
        collect(&self.cells, stretches)
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
struct Hit<'a> {
    found: &'a Found,
    notice: NoticeId,
    id: BlindConflictId,
    stretches: &'a [[u32; 2]],
}

impl Hit<'_> {
    fn cells(&self) -> Vec<CellId> {
        self.found.cells_at(self.stretches)
    }
}

/// A part of a plan that was let out because of a blind conflict.
pub(super) struct Shown {
    /// The plan.
    pub(super) notice: NoticeId,
    /// The notice that tells the part.
    pub(super) part: NoticeId,
    /// The cells that it was made of, in order, by the terms of the run that found them.
    pub(super) cells: Vec<CellId>,
    pub(super) terms: Digest,
    /// That notice was put into the book again.
    put_anew: bool,
}

/// An asking of theirs to show what is in places of a result.
struct Meant<'a> {
    at: StatementRef,
    of: &'a Found,
    named: &'a [[u32; 2]],
}

impl Meant<'_> {
    /// Whether it is about cells of a hit: about some of those in which that plan was hit then. Under other terms cells cannot be
    /// compared.
    fn is_about(&self, hit: &Hit<'_>, cells: &[CellId]) -> bool {
        let Some((_, stretches)) = self.of.hits.get(&hit.notice) else { return false };
        let both = common_places(stretches, self.named);
        let meets = || self.of.cells_at(&both).iter().any(|cell| cells.binary_search(cell).is_ok());
        !both.is_empty() && (self.of.terms != hit.found.terms || meets())
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

    /// Takes note of what was shown because of a run.
    pub(super) fn note_shown(&mut self, run: &BlindRunIn, said: &BookBlindShown) {
        let Some(Beginning { terms, .. }) = self.begun.get(run).copied() else { return };
        let (cells, _) = said.cells.as_chunks::<16>();
        let cells = cells.iter().map(|cell| CellId::from_bytes(*cell)).collect();
        self.shown.push(Shown { notice: said.notice, part: said.part, cells, terms, put_anew: false });
    }

    /// A notice is put into the book: one that shows a part says something else from now on.
    pub(crate) fn note_put(&mut self, id: &NoticeId) {
        self.shown.iter_mut().filter(|shown| shown.part == *id).for_each(|shown| shown.put_anew = true);
    }

    /// Whether both sides sealed the same result of a run; none unless both have sealed one.
    pub(super) fn agreement(&self, run: &BlindRunIn) -> Option<bool> {
        match self.runs.runs.get(run)?.state() {
            RunState::Done => Some(true),
            RunState::Differs => Some(false),
            RunState::UnderWay | RunState::Ended => None,
        }
    }

    /// What runs found that stand: the newest first, back to the newest of which both sides sealed the same. A run that ends late, or
    /// whose answers were spoilt, or that the other side left, clears nothing.
    pub(super) fn standing(&self) -> &[Found] {
        let agreed = self.found.iter().rposition(|found| self.agreement(&found.run) == Some(true));
        &self.found[agreed.unwrap_or_default()..]
    }

    /// What stands, by plan. Of a conflict that goes on all cells stand that it had, for a run that both do not say the same about may
    /// have lost some; one that has grown takes the place of what it holds. A name that two go by, as what held both has been cleared
    /// since, stays with the older.
    fn hits(&self) -> Vec<Hit<'_>> {
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

    fn hit(&self, conflict: &BlindConflictId) -> Option<Hit<'_>> {
        self.hits().into_iter().find(|hit| hit.id == *conflict)
    }
}

fn collect(cells: &[CellId], stretches: &[[u32; 2]]) -> Vec<CellId> {
    slices(cells, stretches).flatten().copied().collect()
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
fn common_places(some: &[[u32; 2]], others: &[[u32; 2]]) -> Vec<[u32; 2]> {
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

/// Whether all of a sorted list are in another.
fn is_within(some: &[CellId], all: &[CellId]) -> bool {
    some.iter().all(|cell| all.binary_search(cell).is_ok())
}

impl Line {
    /// What stands of what runs found, by plan; plans that are off are left out.
    pub fn blind_conflicts(&self) -> Vec<BlindConflict> {
        let asked = self.asked_to_show();
        self.live_hits().into_iter().map(|hit| self.blind_conflict_of(hit, &asked)).collect()
    }

    /// Their names.
    pub fn blind_conflict_ids(&self) -> Vec<BlindConflictId> {
        self.live_hits().into_iter().map(|hit| hit.id).collect()
    }

    /// So many of them, by name, that follow on a name: for pages.
    pub fn blind_conflicts_after(&self, after: Option<&BlindConflictId>, most: usize) -> Vec<BlindConflict> {
        let mut hits = self.live_hits();
        hits.retain(|hit| after.is_none_or(|after| hit.id > *after));
        hits.sort_unstable_by_key(|hit| hit.id);
        let asked = self.asked_to_show();
        hits.into_iter().take(most).map(|hit| self.blind_conflict_of(hit, &asked)).collect()
    }

    /// One of them.
    pub fn blind_conflict(&self, id: &BlindConflictId) -> Option<BlindConflict> {
        let hit = self.matching.hit(id).filter(|hit| self.is_matched(&hit.notice))?;
        Some(self.blind_conflict_of(hit, &self.asked_to_show()))
    }

    /// What stands of plans that are on.
    fn live_hits(&self) -> Vec<Hit<'_>> {
        let plans = self.joint.matched(&self.us());
        let mut hits = self.matching.hits();
        hits.retain(|hit| plans.contains_key(&hit.notice));
        hits
    }

    /// Their latest askings to show, as far as the runs are kept that they are about.
    fn asked_to_show(&self) -> Vec<Meant<'_>> {
        let askings = self.matching.runs.asked.iter().rev();
        let theirs = askings.filter(|(at, asked)| at.author == self.them() && asked.said.run.is_some());
        let meant = |(at, asked): (&StatementRef, &'_ super::Asked)| Some((*at, asked.said.run?));
        let runs = theirs.take(ASKED_MAX * 16).filter_map(meant);
        let of = |(at, run): (StatementRef, BlindRunIn)| {
            let of = self.matching.found.iter().find(|found| found.run == run)?;
            let named = self.matching.runs.asked.get(&at)?.said.cells.as_deref().unwrap_or_default();
            Some(Meant { at, of, named })
        };
        runs.filter_map(of).take(ASKED_MAX).collect()
    }

    fn blind_conflict_of(&self, hit: Hit<'_>, asked: &[Meant<'_>]) -> BlindConflict {
        let (cells, notice) = (hit.cells(), hit.notice);
        let terms = self.terms_with_digest(&hit.found.terms);
        let volumes = terms.and_then(|terms| Some(merge::volumes(&Self::grid_of(terms)?.0, terms.datum(), &cells)));
        let shows = |shown: &&Shown| {
            let is_left = |left: Vec<CellId>| !left.is_empty() && is_within(&left, &shown.cells);
            is_within(&cells, &shown.cells) || self.still_planned(&hit).is_some_and(is_left)
        };
        let is_of_it = |shown: &&Shown| shown.notice == notice && shown.terms == hit.found.terms;
        let of_it = || self.matching.shown.iter().rev().filter(is_of_it);
        let shown = of_it().filter(|shown| self.is_told_as_shown(shown)).find(shows);
        let is_changed = |shown: &&Shown| shown.put_anew && self.own.latest(&shown.part).is_some();
        let changed = if shown.is_none() { of_it().filter(is_changed).find(shows) } else { None };
        BlindConflict {
            id: hit.id,
            run: hit.found.run,
            notice,
            volumes: volumes.unwrap_or_default(),
            agrees: self.matching.agreement(&hit.found.run),
            shown: shown.map(|shown| shown.part),
            changed: changed.map(|shown| shown.part),
            asked: asked.iter().filter(|meant| meant.is_about(&hit, &cells)).map(|meant| meant.at).collect(),
            cells,
        }
    }

    /// Whether the notice of a part stands, or waits to be told, as it was let out. One that was put anew since was settled by moving the
    /// part; as long as the plan itself still collides, the conflict is open again.
    pub(super) fn is_told_as_shown(&self, shown: &Shown) -> bool {
        let waits = |waiting: &Waiting| matches!(&waiting.input, StatementIn::Notice(form) if form.id == shown.part);
        !shown.put_anew && (self.own.latest(&shown.part).is_some() || self.waiting.iter().any(waits))
    }

    /// The run and the places by which the other side knows the cells of a conflict.
    pub(crate) fn blind_part(&self, conflict: &BlindConflictId) -> Result<(BlindRunIn, Vec<[u32; 2]>), CommandFault> {
        let hit = self.matching.hit(conflict).ok_or_else(|| not_found("blind conflict", conflict))?;
        // By the newest result that both have, or at least we: they know places by theirs.
        let known = self.matching.standing().iter().rev().filter_map(|found| {
            let (_, stretches) = found.hits.get(&hit.notice).filter(|(id, _)| *id == hit.id || found.run == hit.found.run)?;
            self.own.blind(&found.run).sealed.then_some((found.run, stretches))
        });
        let known: Vec<_> = known.collect();
        let both = known.iter().find(|(run, _)| self.matching.agreement(run).is_some()).or(known.first());
        let none = || not_found("result in our log by which they would know what is meant, of blind conflict", conflict);
        let (run, stretches) = both.ok_or_else(none)?;
        // More than can be named are named by the first of them: it is one matter.
        Ok((*run, stretches.iter().take(STRETCHES_MAX).copied().collect()))
    }

    /// An officer stops a run.
    pub(crate) fn stop_blind(&mut self, cx: &mut Cx<'_>, by: &By, run: BlindRunIn) -> Result<Accepted, CommandFault> {
        let (desk, officer) = (by.desk.clone(), by.officer.clone());
        let live = self.matching.live.get_mut(&run);
        if !live.is_some_and(|live| live.stop(desk.clone(), officer.clone())) {
            return Err(not_found("blind run that could be stopped:", &run));
        }
        let deed = BookBlindDeed { line: self.id, at_us: cx.now.micros(), run, shown: None, desk, officer };
        let book = cx.book(&BookEntry::BlindDeed(deed));
        Ok(Accepted { book, stated: None, note: Some("the run is stopped, and both logs will say so".into()) })
    }

    /// An officer lets out the part of a plan that a blind conflict is about: as a notice of its own, made of the common cells as far
    /// as they lie in the area of the terms, and of nothing else of the plan but its kind and precedence, at the finest
    /// precision of the terms.
    pub(crate) fn show_blind(&mut self, cx: &mut Cx<'_>, by: &By, id: &BlindConflictId) -> Result<Accepted, CommandFault> {
        let mut conflict = self.blind_conflict(id).ok_or_else(|| not_found("blind conflict", id))?;
        if let Some(part) = conflict.shown {
            return Err(not_found("blind conflict that is not shown yet; it is by notice", &part));
        }
        self.keep_what_is_planned(&mut conflict)?;
        let mut part = [0; 16];
        cx.rng.fill_bytes(&mut part);
        let part = NoticeId::new(part);
        let form = self.part_of(&conflict, part).ok_or_else(|| not_found("plan of ours behind blind conflict", id))?;
        let finest = Precision::from_name(&self.current_terms().input().disclosure.finest).unwrap_or(Precision::Km10);
        let mut accepted = self.notify(cx, by, form, Release::from(finest), Vec::new())?;
        let shown = BookBlindShown {
            conflict: *id,
            notice: conflict.notice,
            part,
            cells: conflict.cells.iter().flat_map(|cell| *cell.as_bytes()).collect::<Vec<u8>>().into(),
        };
        let (desk, officer) = (by.desk.clone(), by.officer.clone());
        let (line, run) = (self.id, conflict.run);
        let deed = BookBlindDeed { line, at_us: cx.now.micros(), run, shown: Some(shown.clone()), desk, officer };
        cx.book(&BookEntry::BlindDeed(deed));
        self.matching.note_shown(&run, &shown);
        accepted.note = accepted
            .note
            .or_else(|| Some(format!("this part is notice {part}; what is agreed about it, change in the plan itself too")));
        Ok(accepted)
    }

    /// The cells of a hit in which our plan still is.
    fn still_planned(&self, hit: &Hit<'_>) -> Option<Vec<CellId>> {
        let terms = self.terms_with_digest(&hit.found.terms)?;
        let (grid, _) = Self::grid_of(terms)?;
        let stretch = Stretch::of(self.matching.runs.time_of(&hit.found.run).unwrap_or(hit.found.began), terms);
        let planned = cells_of(&grid, terms, self.matched_plan(&hit.notice)?.volumes(), stretch).ok()?;
        Some(hit.cells().into_iter().filter(|cell| planned.binary_search(cell).is_ok()).collect())
    }

    /// What was common and is not planned there any more is not let out: it would be settled about nothing.
    fn keep_what_is_planned(&self, conflict: &mut BlindConflict) -> Result<(), CommandFault> {
        let gone = || {
            not_found("plan that is still where it collided (it was changed since; the next run tells anew):", &conflict.notice)
        };
        let kept = self.matching.hit(&conflict.id).and_then(|hit| self.still_planned(&hit)).unwrap_or_default();
        if kept.is_empty() {
            return Err(gone());
        }
        conflict.cells = kept;
        Ok(())
    }

    fn part_of(&self, conflict: &BlindConflict, id: NoticeId) -> Option<NoticeIn> {
        let plan = self.matched_plan(&conflict.notice)?;
        let terms = self.terms_with_digest(&self.matching.hit(&conflict.id)?.found.terms)?;
        let (grid, _) = Self::grid_of(terms)?;
        let volumes = merge::volumes_inside(&grid, terms.datum(), self.current_terms().area(), &conflict.cells);
        let start = volumes.iter().map(|volume| volume.window.start()).min()?;
        let end = volumes.iter().map(|volume| volume.window.end()).max()?;
        Some(NoticeIn {
            kind: plan.kind().code(),
            id,
            version: 1,
            replaces: None,
            precedence: plan.input().precedence,
            valid_from_us: start.micros(),
            valid_until_us: end.micros(),
            volumes: volumes.iter().map(detente_types::VolumeIn::from).collect(),
            precision: 0,
            title: None,
            text: None,
            translation: None,
            call_sign: None,
            contact: None,
            basis: None,
            detail: None,
            desk: None,
            officer: None,
        })
    }
}

#[cfg(test)]
mod tests;
