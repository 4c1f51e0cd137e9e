//! Our own plans as the book has them, when a node starts: what waits to be stated, and which exact plans warn.
//!
//! The book is read before the logs, and only they tell which version comes next: plans are gathered, and judged when both
//! logs are derived. Nothing that an officer was told is taken is lost without a word ([`What::Dropped`], [`What::Fault`]).
//! The exact plan of a notice that is dropped goes on warning: it is its officer's newest word, and only we see what it meets.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use detente_types::notice::Release;
use detente_types::text::{TextIn, check_text};
use detente_types::{LineId, NoticeId, StatementIn, Timestamp};

use crate::behind::Work;
use crate::book::{BookEntry, BookNotice, BookPlanEnded};
use crate::disclose::disclose;
use crate::input::{Accepted, By, CommandFault, What};
use crate::joint::Plan;
use crate::line::{Cx, Line, Phase, Waiting};

/// Inputs and plans, as the book has them.
#[derive(Debug, Default)]
pub(crate) struct Plans {
    /// What has not been stated, by number.
    waiting: BTreeMap<u64, (LineId, Input)>,
    /// The newest plan of each notice, where less than all of it is let out.
    exact: BTreeMap<(LineId, NoticeId), BookNotice>,
}

#[derive(Debug)]
#[expect(clippy::large_enum_variant, reason = "few wait at a time; boxing would only move the bytes")]
enum Input {
    Statement(StatementIn),
    Notice(BookNotice),
    /// It does not read back.
    Unreadable(String),
}

/// What of the book can be used no more, each with why.
#[derive(Debug, Default)]
pub(crate) struct Lost {
    /// Inputs that waited, by number.
    pub(crate) dropped: Vec<(u64, String)>,
    /// Exact plans that warn no more, in words.
    pub(crate) plans: Vec<String>,
}

impl Plans {
    /// An input other than a notice.
    pub(crate) fn take_statement(&mut self, number: u64, line: LineId, input: StatementIn) {
        self.waiting.insert(number, (line, Input::Statement(input)));
    }

    /// An input that does not read back as a statement.
    pub(crate) fn take_unreadable(&mut self, number: u64, line: LineId, why: String) {
        self.waiting.insert(number, (line, Input::Unreadable(why)));
    }

    pub(crate) fn take_notice(&mut self, number: u64, entry: BookNotice) {
        let (line, id, release) = (entry.line, entry.notice.id, Release::from_code(entry.release));
        if release == Some(Release::Exact) {
            self.exact.remove(&(line, id));
        } else {
            self.exact.insert((line, id), entry.clone());
        }
        if release.is_some_and(|release| release.precision().is_some()) {
            self.waiting.insert(number, (line, Input::Notice(entry)));
        }
    }

    /// A plan ended of which nothing was told.
    pub(crate) fn take_ended(&mut self, ended: &BookPlanEnded) {
        self.exact.remove(&(ended.line, ended.id));
    }

    /// An input was stated or dropped.
    pub(crate) fn take_done(&mut self, number: u64) {
        self.waiting.remove(&number);
    }

    /// Takes out what is a line's.
    pub(crate) fn of(&mut self, line: LineId) -> Self {
        Self {
            waiting: self.waiting.extract_if(.., |_, (of, _)| *of == line).collect(),
            exact: self.exact.extract_if(.., |(of, _), _| *of == line).collect(),
        }
    }
}

impl Line {
    /// Takes what the book has, once both logs are derived. Gives what can be used no more, and why.
    pub(crate) fn load_plans(&mut self, cx: &mut Cx<'_>, plans: Plans) -> Lost {
        let mut lost = Lost::default();
        for ((_, id), entry) in plans.exact {
            match self.read_plan(cx, entry) {
                Ok(plan) => self.follow_up(cx, Work::Exact(plan)),
                // It has ended: nothing is to be warned of.
                Err(_) if self.own.has_cancelled(&id) => {}
                Err(why) => lost.plans.push(format!(
                    "the exact plan of our notice {} does not pass any more: {why}. Nothing warns of what it meets until it is put in anew",
                    id.short()
                )),
            }
        }
        for (book, (_, input)) in plans.waiting {
            let input = match input {
                Input::Statement(input) => Ok(input),
                Input::Notice(entry) => self.read_disclosed(cx, entry).map(StatementIn::Notice),
                Input::Unreadable(why) => Err(why),
            };
            match input {
                Ok(input) => self.waiting.push_back(Waiting { book, input }),
                Err(why) => lost.dropped.push((book, why)),
            }
        }
        lost
    }

    /// Plans of ours in the book of which nothing was told, as far as our log is here.
    pub fn untold_plans(&self) -> BTreeSet<NoticeId> {
        let waiting = self.waiting.iter().filter_map(|waiting| match &waiting.input {
            StatementIn::Notice(form) => Some(form.id),
            _ => None,
        });
        let kept = self.joint.plans().map(|plan| plan.notice.id());
        let is_told =
            |id: &NoticeId| self.own.latest(id).is_some() || self.own.has_cancelled(id) || self.own.recalled(id).is_some();
        waiting.chain(kept).filter(|id| !is_told(id)).collect()
    }

    /// Ends a plan of which nothing was told: there is nothing to cancel in the log.
    pub(crate) fn end_plan(
        &mut self,
        cx: &mut Cx<'_>,
        by: &By,
        id: NoticeId,
        reason: Option<TextIn>,
    ) -> Result<Accepted, CommandFault> {
        reason.iter().try_for_each(|text| check_text("reason", text)).map_err(|broken| CommandFault::Violations(vec![broken]))?;
        let (desk, officer) = (by.desk.clone(), by.officer.clone());
        let ended = BookPlanEnded { line: self.id, at_us: cx.now.micros(), id, reason, desk, officer };
        let book = cx.book(&BookEntry::PlanEnded(ended));
        self.drop_waiting(cx, &id, "its author has ended it since");
        self.follow_up(cx, Work::Plain(id));
        let known = if self.phase == Phase::Open { "" } else { ", as far as our log is here by now" };
        let note = format!("the plan has ended in the book: nothing of it was ever told{known}");
        Ok(Accepted { book, stated: None, note: Some(note) })
    }

    /// A notice is put anew: what of it waits is not stated, for older words must not leave after newer ones, or after less was to be
    /// let out. A cancellation is: it ends what was told before.
    pub(crate) fn drop_waiting(&mut self, cx: &mut Cx<'_>, id: &NoticeId, why: &str) {
        let is_of_it = |waiting: &Waiting| matches!(&waiting.input, StatementIn::Notice(form) if form.id == *id);
        let (dropped, kept): (VecDeque<_>, VecDeque<_>) = core::mem::take(&mut self.waiting).into_iter().partition(is_of_it);
        self.waiting = kept;
        for waiting in dropped {
            self.drop_input(cx, waiting.book, why.into());
        }
    }

    /// An officer's input that was taken cannot be stated: the book and whoever is on watch must know.
    pub(crate) fn drop_input(&mut self, cx: &mut Cx<'_>, number: u64, why: String) {
        cx.book(&BookEntry::Dropped(number, why.clone()));
        self.event(cx, What::Dropped(number, why));
    }

    fn read_disclosed(&self, cx: &Cx<'_>, entry: BookNotice) -> Result<detente_types::NoticeIn, String> {
        let Plan { notice, release, reveal } = self.read_plan(cx, entry)?;
        let precision = release.precision().ok_or("nothing of it is let out")?;
        disclose(&notice, precision, &reveal, self.current_terms().area()).map_err(|fault| fault.to_string())
    }

    /// A plan as it was taken, unless its notice was cancelled since. What is still to be stated is judged once more when it is.
    fn read_plan(&self, cx: &Cx<'_>, entry: BookNotice) -> Result<Plan, String> {
        let release = Release::from_code(entry.release).ok_or("its release is not known here")?;
        if self.own.has_cancelled(&entry.notice.id) {
            return Err("its notice was cancelled".into());
        }
        let at = Timestamp::from_micros(entry.at_us.min(cx.now.micros()));
        let notice = self.check_taken(at, cx.scheme, &entry.notice).map_err(|fault| fault.to_string())?;
        Ok(Plan { notice, release, reveal: entry.reveal })
    }
}
