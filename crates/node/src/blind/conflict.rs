//! Blind conflicts: what a run found, by plan, and what an officer does about it.

use std::collections::BTreeMap;

use detente_blind::{Digest, Outcome};
use detente_space::cells::CellId;
use detente_types::notice::{Precision, Release};
use detente_types::statement::{BlindRunIn, STRETCHES_MAX};
use detente_types::{BlindConflictId, LineId, NoticeId, NoticeIn, StatementRef, Timestamp, Volume};
use detente_wire::hash::domain;

use super::book::{BookBlindDeed, BookBlindFound, BookBlindHit, BookBlindShown};
use super::{FOUND_MAX, Matching, merge};
use crate::book::BookEntry;
use crate::command::not_found;
use crate::input::{Accepted, By, CommandFault};
use crate::line::{Cx, Line};

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
    /// Whether the other side sealed the same result.
    pub agrees: bool,
    /// The notice that shows this part of the plan, once an officer has let it out.
    pub shown: Option<NoticeId>,
    /// Askings of theirs to show it.
    pub asked: Vec<StatementRef>,
}

/// What a run found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Found {
    pub(crate) run: BlindRunIn,
    pub(crate) name: Digest,
    pub(crate) agrees: bool,
    pub(crate) count: u32,
    cells: Vec<CellId>,
    /// By plan: places in `cells`, and the name by which the conflict goes.
    hits: BTreeMap<NoticeId, (BlindConflictId, Vec<[u32; 2]>)>,
}

impl Found {
    /// What the end of a run tells about the plans that were matched.
    pub(super) fn new(run: BlindRunIn, name: Digest, outcome: &Outcome, owners: &[(NoticeId, Vec<CellId>)]) -> Self {
        let cells: Vec<CellId> = match &outcome.found {
            detente_blind::Found::Cells(cells) => cells.iter().map(|cell| CellId::from_bytes(cell.0)).collect(),
            detente_blind::Found::Count(_) => Vec::new(),
        };
        let count = match &outcome.found {
            detente_blind::Found::Cells(cells) => cells.len() as u32,
            detente_blind::Found::Count(count) => *count,
        };
        let hit = |(id, own): &(NoticeId, Vec<CellId>)| {
            let stretches = stretches(&cells, own);
            (!stretches.is_empty()).then(|| (*id, (conflict_id(&name, id), stretches)))
        };
        let hits = owners.iter().filter_map(hit).collect();
        Self { run, name, agrees: outcome.agrees, count, cells, hits }
    }

    /// From its row of the book.
    pub(super) fn of(row: BookBlindFound) -> Self {
        let (cells, _) = row.cells.as_chunks::<16>();
        let name = *row.name;
        let hits = row.hits.into_iter().map(|hit| (hit.notice, (conflict_id(&name, &hit.notice), hit.stretches))).collect();
        let cells = cells.iter().map(|cell| CellId::from_bytes(*cell)).collect();
        Self { run: row.run, name, agrees: row.agrees, count: row.count, cells, hits }
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
            agrees: self.agrees,
            count: self.count,
            cells: self.cells.iter().flat_map(|cell| *cell.as_bytes()).collect::<Vec<u8>>().into(),
            hits: hits.collect(),
        }
    }

    fn cells_at(&self, stretches: &[[u32; 2]]) -> Vec<CellId> {
        collect(&self.cells, stretches)
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

impl Matching {
    /// Keeps what the newest run found; says which conflicts are new. One that goes on, in no other cells than before, keeps its
    /// name.
    pub(super) fn keep(&mut self, mut found: Found) -> Vec<BlindConflictId> {
        let mut fresh = Vec::new();
        for (notice, (id, stretches)) in &mut found.hits {
            let before = self.found.back().and_then(|last| Some((last, last.hits.get(notice)?)));
            let now = collect(&found.cells, stretches);
            match before.filter(|(last, (_, old))| is_within(&now, &last.cells_at(old))) {
                Some((_, (known, _))) => *id = *known,
                None => fresh.push(*id),
            }
        }
        self.found.push_back(found);
        if self.found.len() > FOUND_MAX {
            self.found.pop_front();
        }
        fresh
    }

    fn hit(&self, conflict: &BlindConflictId) -> Option<(&Found, NoticeId, &[[u32; 2]])> {
        let newest = self.found.back()?;
        let (notice, (_, stretches)) = newest.hits.iter().find(|(_, (id, _))| id == conflict)?;
        Some((newest, *notice, stretches))
    }
}

fn collect(cells: &[CellId], stretches: &[[u32; 2]]) -> Vec<CellId> {
    let at = |[first, count]: &[u32; 2]| {
        let first = *first as usize;
        cells.get(first..first.saturating_add(*count as usize)).unwrap_or_default()
    };
    stretches.iter().flat_map(at).copied().collect()
}

/// Whether all of a sorted list are in another.
fn is_within(some: &[CellId], all: &[CellId]) -> bool {
    some.iter().all(|cell| all.binary_search(cell).is_ok())
}

impl Line {
    /// What the latest run that reached its end found, by plan; plans that are off are left out.
    pub fn blind_conflicts(&self) -> Vec<BlindConflict> {
        let Some(newest) = self.matching.found.back() else { return Vec::new() };
        let plans = self.joint.matched(&self.us());
        let live = newest.hits.iter().filter(|(notice, _)| plans.contains_key(notice));
        live.map(|(notice, (id, stretches))| self.blind_conflict_of(newest, *notice, *id, stretches)).collect()
    }

    /// Their names.
    pub fn blind_conflict_ids(&self) -> Vec<BlindConflictId> {
        let Some(newest) = self.matching.found.back() else { return Vec::new() };
        let plans = self.joint.matched(&self.us());
        newest.hits.iter().filter(|(notice, _)| plans.contains_key(notice)).map(|(_, (id, _))| *id).collect()
    }

    /// So many of them, by name, that follow on a name: for pages.
    pub fn blind_conflicts_after(&self, after: Option<&BlindConflictId>, most: usize) -> Vec<BlindConflict> {
        let mut ids = self.blind_conflict_ids();
        ids.retain(|id| after.is_none_or(|after| id > after));
        ids.sort_unstable();
        ids.iter().take(most).filter_map(|id| self.blind_conflict(id)).collect()
    }

    /// One of them.
    pub fn blind_conflict(&self, id: &BlindConflictId) -> Option<BlindConflict> {
        let (found, notice, stretches) = self.matching.hit(id)?;
        self.is_matched(&notice).then(|| self.blind_conflict_of(found, notice, *id, stretches))
    }

    fn blind_conflict_of(&self, found: &Found, notice: NoticeId, id: BlindConflictId, stretches: &[[u32; 2]]) -> BlindConflict {
        let cells = found.cells_at(stretches);
        let volumes = Self::grid_of(self.current_terms()).map(|(grid, _)| merge::volumes(&grid, self.current_terms(), &cells));
        let shows = |shown: &&BookBlindShown| {
            let (part, _) = shown.cells.as_chunks::<16>();
            let part: Vec<CellId> = part.iter().map(|cell| CellId::from_bytes(*cell)).collect();
            shown.notice == notice && is_within(&cells, &part) && self.current(self.us(), &shown.part).is_some()
        };
        let shown = self.matching.shown.iter().rev().find(shows).map(|shown| shown.part);
        let asks = self.matching.runs.asked.iter().filter(|(at, _)| at.author == self.them());
        let about = |(at, asked): (&StatementRef, &super::Asked)| {
            let of = self.matching.found.iter().rev().find(|found| Some(found.run) == asked.said.run)?;
            let named = of.cells_at(asked.said.cells.as_deref().unwrap_or_default());
            named.iter().any(|cell| cells.binary_search(cell).is_ok()).then_some(*at)
        };
        let asked = asks.filter_map(about).collect();
        BlindConflict {
            id,
            run: found.run,
            notice,
            cells,
            volumes: volumes.unwrap_or_default(),
            agrees: found.agrees,
            shown,
            asked,
        }
    }

    /// The run and the places by which the other side knows the cells of a conflict.
    pub(crate) fn blind_part(&self, conflict: &BlindConflictId) -> Result<(BlindRunIn, Vec<[u32; 2]>), CommandFault> {
        let (found, _, stretches) = self.matching.hit(conflict).ok_or_else(|| not_found("blind conflict", conflict))?;
        // More than can be named are named by the first of them: it is one matter.
        Ok((found.run, stretches.iter().take(STRETCHES_MAX).copied().collect()))
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
        let conflict = self.blind_conflict(id).ok_or_else(|| not_found("blind conflict", id))?;
        if let Some(part) = conflict.shown {
            return Err(not_found("blind conflict that is not shown yet; it is by notice", &part));
        }
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

    fn part_of(&self, conflict: &BlindConflict, id: NoticeId) -> Option<NoticeIn> {
        let plan = self.matched_plan(&conflict.notice)?;
        let terms = self.current_terms();
        let (grid, _) = Self::grid_of(terms)?;
        let volumes = merge::volumes_inside(&grid, terms, &conflict.cells);
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
