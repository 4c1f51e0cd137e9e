//! What an auditor is shown of one side: its book and its own log, gathered row by row as far as audits need them.
//!
//! Invariants: what an honest node matched is found here, in whatever form; no plan is called one that a run should have had
//! unless an honest node would have matched it.

use std::collections::{BTreeMap, BTreeSet};

use detente_blind::Digest;
use detente_types::statement::StatementIn;
use detente_types::{Generation, Index, LineId, NoticeId, NoticeIn, PartyId, Precision, Release, StatementRef, Timestamp};
use detente_wire::{Body, codec};

use super::book::BookBlindBegun;
use super::set::{plan_bytes, plan_digest};
use super::table::RunRecord;
use crate::book::{BookEntry, BookNotice};
use crate::port::Write;

/// The book and the own log of one side.
#[derive(Debug, Default)]
pub struct Papers {
    /// Who is on the other end of each line: whatever else is in a line's logs is this side's own.
    others: BTreeMap<LineId, PartyId>,
    /// Plans of the book in their exact form, and notices of the log as told, where a run names them.
    forms: BTreeMap<(LineId, NoticeId, Digest), NoticeIn>,
    /// Notices as they were put into the book, or ended there, in its order.
    put: Vec<Put>,
    /// What runs name.
    named: BTreeSet<(LineId, NoticeId, Digest)>,
    /// Runs that were begun, each with how many notices were put in before.
    begun: Vec<(BookBlindBegun, usize)>,
    /// Where the log cancels notices.
    cancelled: BTreeMap<(LineId, NoticeId), (Generation, Index)>,
    /// Notices that show a part of a plan, and that plan.
    parts: BTreeMap<(LineId, NoticeId), NoticeId>,
    /// When a line was last put back from a backup.
    restored: BTreeMap<LineId, Restored>,
}

/// A notice was put into the book.
#[derive(Debug)]
struct Put {
    line: LineId,
    id: NoticeId,
    /// Names its exact form, where that is what is matched from then on.
    matched: Option<Digest>,
}

#[derive(Clone, Copy, Debug)]
struct Restored {
    at_us: i64,
    /// The generation that was opened then; none when that is still to be done.
    opened: Option<Generation>,
}

impl Papers {
    /// Takes a row, in the order of [`crate::port::Store::replay`].
    pub fn take(&mut self, row: &Write) {
        match row {
            Write::Book { bytes, .. } => {
                if let Some(entry) = BookEntry::decode(bytes) {
                    self.take_entry(entry);
                }
            }
            Write::Entry { line, author, generation, index, body, .. } if self.others.get(line).is_some_and(|o| o != author) => {
                if let Some(said) = Body::decode(body).ok().and_then(|body| codec::from_body(&body).ok()) {
                    self.take_said(*line, (*generation, *index), said);
                }
            }
            _ => {}
        }
    }

    fn take_entry(&mut self, entry: BookEntry) {
        match entry {
            BookEntry::LineOpened(opened) => drop(self.others.insert(opened.line, opened.other)),
            BookEntry::Notice(entry) => self.take_notice(entry),
            BookEntry::PlanEnded(ended) => self.put.push(Put { line: ended.line, id: ended.id, matched: None }),
            BookEntry::BlindDeed(deed) => {
                self.parts.extend(deed.shown.map(|shown| ((deed.line, shown.part), shown.notice)));
            }
            BookEntry::BlindBegun(begun) => {
                self.named.extend(begun.plans.iter().map(|plan| (begun.line, plan.id, *plan.digest)));
                self.begun.push((begun, self.put.len()));
            }
            BookEntry::Restored(at_us) => {
                self.restored.extend(self.others.keys().map(|line| (*line, Restored { at_us, opened: None })));
            }
            BookEntry::LineRolledBack(line, at_us) => drop(self.restored.insert(line, Restored { at_us, opened: None })),
            BookEntry::LineRenewed(line, generation) => {
                if let Some(restored) = self.restored.get_mut(&line) {
                    restored.opened.get_or_insert(generation);
                }
            }
            _ => {}
        }
    }

    fn take_notice(&mut self, entry: BookNotice) {
        let digest = plan_digest(&plan_bytes(&entry.notice));
        let (line, id) = (entry.line, entry.notice.id);
        self.put.push(Put { line, id, matched: is_kept(&entry).then_some(digest) });
        self.forms.insert((line, id, digest), entry.notice);
    }

    fn take_said(&mut self, line: LineId, place: (Generation, Index), said: StatementIn) {
        match said {
            StatementIn::Notice(told) => {
                let digest = plan_digest(&plan_bytes(&told));
                if self.named.contains(&(line, told.id, digest)) {
                    self.forms.entry((line, told.id, digest)).or_insert(told);
                }
            }
            StatementIn::Cancel(cancel) => drop(self.cancelled.entry((line, cancel.id)).or_insert(place)),
            _ => {}
        }
    }

    /// The rows that began runs, in the order of the book.
    pub fn begun(&self) -> impl Iterator<Item = &BookBlindBegun> {
        self.begun.iter().map(|(begun, _)| begun)
    }

    /// The plans that a row names, as far as they are here: in the exact form of the book, or, of what is held back anew or was
    /// lost with a home, as the log tells it.
    pub fn plans(&self, begun: &BookBlindBegun) -> Vec<NoticeIn> {
        let form = |plan: &super::book::BookBlindPlan| self.forms.get(&(begun.line, plan.id, *plan.digest)).cloned();
        begun.plans.iter().filter_map(form).collect()
    }

    /// The plans that a run had to match if they have cells: the newest form of each that was in the book when it began, unless
    /// it was held back then or cancelled before the run was committed to. Of what is told whole the log decides, and it is
    /// compared openly; so it is not among them.
    pub fn live(&self, begun: &BookBlindBegun, record: &RunRecord) -> Vec<NoticeIn> {
        let (line, run) = (begun.line, begun.run);
        let before = self.begun.iter().find(|(known, _)| (known.line, known.run) == (line, run)).map_or(0, |(_, count)| *count);
        // Of each notice how often it was put in, and its newest form.
        let mut newest: BTreeMap<NoticeId, (usize, Option<Digest>)> = BTreeMap::new();
        for put in self.put.iter().take(before).filter(|put| put.line == line) {
            let known = newest.entry(put.id).or_default();
            *known = (known.0 + 1, put.matched);
        }
        let committed = |author: &PartyId| self.others.get(&line).is_some_and(|other| other != author);
        let committed = record.committed.iter().flatten().map(|said| said.at).find(|at| committed(&at.author));
        let is_off = |id: &NoticeId| {
            let cancelled = self.cancelled.get(&(line, *id));
            cancelled.is_some_and(|at| committed.is_none_or(|run| *at < (run.generation, run.index)))
        };
        // What was shown of a plan is told, and is not matched beside that plan as long as it says what it was made to say.
        let named: BTreeSet<NoticeId> = begun.plans.iter().map(|plan| plan.id).collect();
        let is_part = |id: &NoticeId, puts: usize| puts == 1 && self.parts.get(&(line, *id)).is_some_and(|of| named.contains(of));
        let live = newest.into_iter().filter(|(id, (puts, _))| !is_off(id) && !is_part(id, *puts));
        live.filter_map(|(id, (_, matched))| self.forms.get(&(line, id, matched?)).cloned()).collect()
    }

    /// When this home was put back from a backup after a run was committed to: the row that began it may have been lost with the
    /// home of before. The generations of the log tell before from after, whatever clocks said.
    pub fn lost_since(&self, line: &LineId, committed: &StatementRef) -> Option<Timestamp> {
        let restored = self.restored.get(line)?;
        let is_before = restored.opened.is_none_or(|opened| committed.generation < opened);
        is_before.then(|| Timestamp::from_micros(restored.at_us))
    }
}

/// Whether the exact form is what is matched from then on: something is held back of it, and not all.
fn is_kept(entry: &BookNotice) -> bool {
    let told_whole = |precision: Precision| precision == Precision::Exact || precision.code() == entry.notice.precision;
    match Release::from_code(entry.release) {
        None | Some(Release::Hold) => false,
        Some(release) => !release.precision().is_some_and(told_whole),
    }
}
