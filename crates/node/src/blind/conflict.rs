//! Blind conflicts: what stands of what runs found, as an officer sees it, and what an officer does about it.

use detente_blind::Digest;
use detente_space::cells::CellId;
use detente_types::notice::{Precision, Release};
use detente_types::statement::{BlindRunIn, STRETCHES_MAX, StatementIn};
use detente_types::{BlindConflictId, NoticeId, NoticeIn, StatementRef, Volume};

use super::book::{BookBlindDeed, BookBlindShown};
use super::found::{Found, Hit, common_places};
use super::set::{Stretch, cells_of};
use super::{Beginning, Matching, merge};
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
