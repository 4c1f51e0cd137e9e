//! Blind conflicts: what a run found, by plan, and what an officer does about it.

use std::collections::{BTreeMap, BTreeSet};

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
    /// The latest run that found it.
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
        owners: &[(NoticeId, Vec<CellId>)],
    ) -> Self {
        let cells: Vec<CellId> = match common {
            detente_blind::Found::Cells(cells) => cells.iter().map(|cell| CellId::from_bytes(cell.0)).collect(),
            detente_blind::Found::Count(_) => Vec::new(),
        };
        let hit = |(id, own): &(NoticeId, Vec<CellId>)| {
            let stretches = stretches(&cells, own);
            (!stretches.is_empty()).then(|| (*id, (conflict_id(&name, id), stretches)))
        };
        let hits = owners.iter().filter_map(hit).collect();
        Self { run, began: beginning.at, terms: beginning.terms, name, count: count_of(common), cells, hits }
    }

    /// From its row of the book.
    pub(super) fn of(row: BookBlindFound, beginning: Beginning) -> Self {
        let (cells, _) = row.cells.as_chunks::<16>();
        let name = *row.name;
        let hits = row.hits.into_iter().map(|hit| (hit.notice, (conflict_id(&name, &hit.notice), hit.stretches))).collect();
        let cells = cells.iter().map(|cell| CellId::from_bytes(*cell)).collect();
        Self { run: row.run, began: beginning.at, terms: beginning.terms, name, count: row.count, cells, hits }
    }

    /// Its row of the book.
    pub(super) fn booked(&self, line: LineId, at: Timestamp) -> BookBlindFound {
        let hits =
            self.hits.iter().map(|(notice, (_, stretches))| BookBlindHit { notice: *notice, stretches: stretches.clone() });
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

    /// Whether a hit of an earlier run on the same grid holds all cells of one of this run.
    fn goes_on_from(&self, earlier: &Self, notice: &NoticeId, stretches: &[[u32; 2]]) -> Option<BlindConflictId> {
        let (known, old) = earlier.hits.get(notice).filter(|_| earlier.terms == self.terms)?;
        is_within(&self.cells_at(stretches), &earlier.cells_at(old)).then_some(*known)
    }
}

/// Where in a sorted list the members of another stand.
fn stretches(all: &[CellId], some: &[CellId]) -> Vec<[u32; 2]> {
    let mut found: Vec<[u32; 2]> = Vec::new();
    for place in (0..).zip(all).filter(|(_, cell)| some.binary_search(cell).is_ok()).map(|(place, _): (u32, _)| place) {
        match found.last_mut() {
            Some([first, count]) if *first + *count == place => *count += 1,
            _ => found.push([place, 1]),
        }
    }
    found
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

impl Matching {
    /// Keeps what a run found, in the order in which runs were begun; says which conflicts are new. One that goes on, in no other cells
    /// than before, keeps its name.
    pub(super) fn keep(&mut self, mut found: Found) -> Vec<BlindConflictId> {
        let mut fresh = Vec::new();
        let names = found.hits.iter().map(|(notice, (id, stretches))| {
            let known = self.found.iter().rev().find_map(|earlier| found.goes_on_from(earlier, notice, stretches));
            known.unwrap_or_else(|| {
                fresh.push(*id);
                *id
            })
        });
        let names: Vec<_> = names.collect();
        found.hits.values_mut().zip(names).for_each(|((id, _), name)| *id = name);
        let place = self.found.partition_point(|kept| kept.began <= found.began);
        self.found.insert(place, found);
        if self.found.len() > FOUND_MAX {
            self.found.remove(0);
        }
        fresh
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

    /// What stands: what the run that was begun last found, and as long as the other side has not sealed the same, what those before it
    /// did, back to one of which both say the same. So neither a run that ends late nor one whose answers were spoilt clears what was found.
    fn hits(&self) -> Vec<Hit<'_>> {
        let mut hits: Vec<Hit<'_>> = Vec::new();
        for found in self.standing().iter().rev() {
            let newer = hits.len();
            for (notice, (id, stretches)) in &found.hits {
                let is_told = |hit: &Hit<'_>| hit.notice == *notice && hit.id == *id;
                if !hits[..newer].iter().any(is_told) {
                    hits.push(Hit { found, notice: *notice, id: *id, stretches });
                }
            }
        }
        hits
    }

    fn hit(&self, conflict: &BlindConflictId) -> Option<Hit<'_>> {
        self.hits().into_iter().find(|hit| hit.id == *conflict)
    }
}

fn collect(cells: &[CellId], stretches: &[[u32; 2]]) -> Vec<CellId> {
    let at = |[first, count]: &[u32; 2]| {
        let first = *first as usize;
        cells.get(first..first.saturating_add(*count as usize)).unwrap_or_default()
    };
    stretches.iter().flat_map(at).copied().collect()
}

/// Whether two lists of ascending stretches have a place in common.
fn share_a_place(some: &[[u32; 2]], others: &[[u32; 2]]) -> bool {
    let end = |[first, count]: [u32; 2]| u64::from(first) + u64::from(count);
    let meets = |stretch: &[u32; 2]| {
        let next = others.partition_point(|other| end(*other) <= u64::from(stretch[0]));
        others.get(next).is_some_and(|other| u64::from(other[0]) < end(*stretch))
    };
    some.iter().any(meets)
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

    /// What stands of plans that are on. A part that was shown of a plan is no second matter as long as that plan is hit itself.
    fn live_hits(&self) -> Vec<Hit<'_>> {
        let plans = self.joint.matched(&self.us());
        let mut hits = self.matching.hits();
        hits.retain(|hit| plans.contains_key(&hit.notice));
        let hit: BTreeSet<NoticeId> = hits.iter().map(|hit| hit.notice).collect();
        let of_hit = self.matching.shown.iter().filter(|shown| hit.contains(&shown.notice));
        let parts: BTreeSet<NoticeId> = of_hit.map(|shown| shown.part).collect();
        hits.retain(|hit| !parts.contains(&hit.notice));
        hits
    }

    /// Which of our plans their latest askings to show are about: of each run that is kept, the plans that were hit in the places that
    /// they name.
    fn asked_to_show(&self) -> Vec<(StatementRef, NoticeId)> {
        let theirs =
            self.matching.runs.asked.iter().rev().filter(|(at, said)| at.author == self.them() && said.said.run.is_some());
        let plans = |(at, asked): (&StatementRef, &super::Asked)| {
            let of = self.matching.found.iter().find(|found| Some(found.run) == asked.said.run)?;
            let named = asked.said.cells.as_deref().unwrap_or_default();
            let meant = of.hits.iter().filter(|(_, (_, stretches))| share_a_place(stretches, named));
            Some(meant.map(|(notice, _)| (*at, *notice)).collect::<Vec<_>>())
        };
        theirs.take(ASKED_MAX).filter_map(plans).flatten().collect()
    }

    fn blind_conflict_of(&self, hit: Hit<'_>, asked: &[(StatementRef, NoticeId)]) -> BlindConflict {
        let (cells, notice) = (hit.cells(), hit.notice);
        let terms = self.terms_with_digest(&hit.found.terms);
        let volumes = terms.and_then(|terms| Some(merge::volumes(&Self::grid_of(terms)?.0, terms.datum(), &cells)));
        let shows = |shown: &&BookBlindShown| {
            let (part, _) = shown.cells.as_chunks::<16>();
            let part: Vec<CellId> = part.iter().map(|cell| CellId::from_bytes(*cell)).collect();
            shown.notice == notice && is_within(&cells, &part) && self.is_told_as_shown(&shown.part)
        };
        BlindConflict {
            id: hit.id,
            run: hit.found.run,
            notice,
            volumes: volumes.unwrap_or_default(),
            agrees: self.matching.agreement(&hit.found.run),
            shown: self.matching.shown.iter().rev().find(shows).map(|shown| shown.part),
            asked: asked.iter().filter(|(_, of)| *of == notice).map(|(at, _)| *at).collect(),
            cells,
        }
    }

    /// Whether the notice of a part stands, or waits to be told, as it was let out. One that was changed since was settled by moving the
    /// part; as long as the plan itself still collides, the conflict is open again.
    fn is_told_as_shown(&self, part: &NoticeId) -> bool {
        let waits = |waiting: &Waiting| matches!(&waiting.input, StatementIn::Notice(form) if form.id == *part);
        self.own.latest(part).is_some_and(|(version, _)| version == 1) || self.waiting.iter().any(waits)
    }

    /// The run and the places by which the other side knows the cells of a conflict.
    pub(crate) fn blind_part(&self, conflict: &BlindConflictId) -> Result<(BlindRunIn, Vec<[u32; 2]>), CommandFault> {
        let hit = self.matching.hit(conflict).ok_or_else(|| not_found("blind conflict", conflict))?;
        // More than can be named are named by the first of them: it is one matter.
        Ok((hit.found.run, hit.stretches.iter().take(STRETCHES_MAX).copied().collect()))
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
        self.matching.shown.push(shown);
        accepted.note = accepted
            .note
            .or_else(|| Some(format!("this part is notice {part}; what is agreed about it, change in the plan itself too")));
        Ok(accepted)
    }

    /// What was common and is not planned there any more is not let out: it would be settled about nothing.
    fn keep_what_is_planned(&self, conflict: &mut BlindConflict) -> Result<(), CommandFault> {
        let gone = || {
            not_found("plan that is still where it collided (it was changed since; the next run tells anew):", &conflict.notice)
        };
        let found = self.matching.hit(&conflict.id).map(|hit| hit.found).ok_or_else(gone)?;
        let terms = self.terms_with_digest(&found.terms).ok_or_else(gone)?;
        let (grid, _) = Self::grid_of(terms).ok_or_else(gone)?;
        let plan = self.matched_plan(&conflict.notice).ok_or_else(gone)?;
        let stretch = Stretch::of(self.matching.runs.time_of(&found.run).unwrap_or(found.began), terms);
        let planned = cells_of(&grid, terms, plan.volumes(), stretch).map_err(|_| gone())?;
        let kept: Vec<CellId> = conflict.cells.iter().filter(|cell| planned.binary_search(cell).is_ok()).copied().collect();
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
