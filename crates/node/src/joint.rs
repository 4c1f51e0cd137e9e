//! Joint conflicts and private warnings (PROTOCOL section 6).
//!
//! The joint part is a function of the two logs alone: it pairs a live statement of one party with one of the other's,
//! both as disclosed. Private warnings come from our exact plans and never leave this node (C5).
//!
//! What is live is known at once. What of it meets is found behind, turn by turn ([`Joint::turn`]), each turn within a
//! number of pairs of volumes that it may test, whatever one notice covers (F7). Work is done in the order in which it
//! came, and each piece asks for all that is live while it goes on: of two statements the later one's piece finds the pair
//! at the latest. When nothing is left to do, exactly the pairs of live statements that meet are there, whatever came in
//! which order.

mod content;
mod crowds;
mod foresee;

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use detente_space::{Asked, Index, Law, Pair, Separation, Side};
use detente_types::area::Area;
use detente_types::conflict::VolumeMeeting;
use detente_types::{Conflict, ConflictId, LineId, Notice, NoticeId, NoticeIn, PartyId, Release, StatementRef, Terms, Timestamp};
use detente_wire::Valid;
use detente_wire::meaning::conflict_id;

use crate::disclose::disclose;
use crate::pairs::Pairs;

use content::content;

pub(crate) use crowds::{Beside, Moved};
pub use foresee::{Detail, Foreseen, Foresight, Met, Planned};

/// Volume pairs that one conflict lists: the closest. Tests have more of them than that.
const MEETINGS_MAX: usize = if cfg!(test) { 3 } else { 64 };
/// What a piece of work costs besides the pairs of volumes that it tests, in such pairs.
const TASK_COST: usize = 64;

/// A live notice of either party, as disclosed.
#[derive(Clone, Debug)]
pub(crate) struct Live {
    pub(crate) notice: Valid<Notice>,
    pub(crate) claimed: Timestamp,
}

/// An exact plan of ours, of which less is let out.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    pub(crate) notice: Valid<Notice>,
    pub(crate) release: Release,
    pub(crate) reveal: Vec<u8>,
}

impl Plan {
    /// Whether this is what was let out of it under an area, whatever its version: an earlier or later plan of the same notice is
    /// another.
    fn lets_out(&self, said: &NoticeIn, area: Option<&Area>) -> bool {
        let form = self.release.precision().and_then(|p| disclose(&self.notice, p, &self.reveal, area).ok());
        form.is_some_and(|form| NoticeIn { version: said.version, replaces: said.replaces, ..form } == *said)
    }
}

/// What changed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Changes {
    pub(crate) found: Vec<ConflictId>,
    pub(crate) gone: Vec<ConflictId>,
    pub(crate) warned: Vec<(NoticeId, StatementRef)>,
}

pub(crate) struct Joint {
    line: LineId,
    us: PartyId,
    them: PartyId,
    law: Law,
    separation: Separation,
    /// The areas of all terms that were in force, the present one last: what was let out under one is known by it.
    areas: Vec<Option<Area>>,
    live: BTreeMap<StatementRef, Live>,
    current: BTreeMap<(PartyId, NoticeId), StatementRef>,
    own: Index<StatementRef>,
    peer: Index<StatementRef>,
    exact: BTreeMap<NoticeId, Plan>,
    exact_index: Index<NoticeId>,
    pairs: Pairs,
    warnings: Warnings,
    tasks: VecDeque<Task>,
    progress: Progress,
    /// So many of the next pieces of work make no news: they are about what was known before this start.
    quiet: usize,
}

/// Which of our exact plans meet which of their statements; both ways round.
#[derive(Default)]
struct Warnings {
    by_notice: BTreeMap<NoticeId, BTreeSet<StatementRef>>,
    by_statement: BTreeMap<StatementRef, BTreeSet<NoticeId>>,
}

/// A piece of work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Task {
    /// Find what a statement meets.
    Find(StatementRef),
    /// Find what an exact plan of ours meets.
    Warn(NoticeId),
    /// Forget what a statement met that is not live any more.
    Drop(StatementRef),
    /// Forget what other terms found and the present ones do not.
    Sweep,
}

/// How far the first piece of work has come.
#[derive(Default)]
struct Progress {
    /// Among the other party's statements.
    met: Option<Pair<StatementRef>>,
    /// They are through: what follows are our exact plans.
    met_all: bool,
    warned: Option<Pair<NoticeId>>,
    swept: Option<ConflictId>,
    /// The statement whose meetings are being gathered, and those so far.
    group: Option<(StatementRef, Vec<VolumeMeeting>)>,
}

/// What a step of a piece of work came to.
struct Step {
    cost: usize,
    done: bool,
}

impl Joint {
    pub(crate) fn new(line: LineId, us: PartyId, them: PartyId, terms: &Terms) -> Self {
        Self {
            line,
            us,
            them,
            law: law_of(terms),
            separation: separation_of(terms),
            areas: vec![terms.area().cloned()],
            live: BTreeMap::new(),
            current: BTreeMap::new(),
            own: Index::drawn(),
            peer: Index::drawn(),
            exact: BTreeMap::new(),
            exact_index: Index::new(),
            pairs: Pairs::default(),
            warnings: Warnings::default(),
            tasks: VecDeque::new(),
            progress: Progress::default(),
            quiet: 0,
        }
    }

    fn area(&self) -> Option<&Area> {
        self.areas.last()?.as_ref()
    }

    /// The plan behind a live notice of ours, if that is what was let out of it, be it under earlier terms.
    pub(crate) fn plan_behind(&self, live: &Live) -> Option<&Plan> {
        let said = live.notice.input();
        self.exact(&live.notice.id()).filter(|plan| self.areas.iter().rev().any(|area| plan.lets_out(said, area.as_ref())))
    }

    /// A notice is stated: its earlier version goes, and it is filed.
    pub(crate) fn put(&mut self, at: StatementRef, claimed: Timestamp, notice: Valid<Notice>) {
        if let Some(before) = self.current.insert((at.author, notice.id()), at) {
            self.take_out(before);
        }
        self.index_mut(&at).insert(at, &notice);
        self.live.insert(at, Live { notice, claimed });
        self.tasks.push_back(Task::Find(at));
    }

    /// A notice is cancelled.
    pub(crate) fn remove(&mut self, author: PartyId, id: &NoticeId) {
        if let Some(before) = self.current.remove(&(author, *id)) {
            self.take_out(before);
        }
        if author == self.us {
            self.forget_exact(id);
        }
    }

    /// A plan of ours is off, or all of it is let out: it warns of nothing any more.
    pub(crate) fn forget_exact(&mut self, id: &NoticeId) {
        self.warnings.forget_notice(id);
        if self.tasks.front() == Some(&Task::Warn(*id)) {
            self.progress = Progress::default();
        }
        self.exact_index.remove(id);
        self.exact.remove(id);
    }

    /// Our exact plan, when what we disclosed of it is coarser: warns of what it meets (PROTOCOL C5).
    pub(crate) fn put_exact(&mut self, plan: Plan) {
        let id = plan.notice.id();
        self.forget_exact(&id);
        self.exact_index.insert(id, &plan.notice);
        self.exact.insert(id, plan);
        self.tasks.push_back(Task::Warn(id));
    }

    /// Terms changed: everything is found anew. What was found before stays until it is known not to be found again.
    pub(crate) fn set_terms(&mut self, terms: &Terms) {
        if self.area() != terms.area() {
            self.areas.retain(|area| area.as_ref() != terms.area());
            self.areas.push(terms.area().cloned());
        }
        let (law, separation) = (law_of(terms), separation_of(terms));
        if (law, separation) == (self.law, self.separation) {
            return;
        }
        (self.law, self.separation) = (law, separation);
        self.pairs.begin_round();
        self.warnings = Warnings::default();
        self.progress = Progress::default();
        self.tasks.retain(|task| matches!(task, Task::Drop(_)));
        let own = self.live.keys().filter(|at| at.author == self.us);
        self.tasks.extend(own.map(|at| Task::Find(*at)));
        self.tasks.extend(self.exact.keys().map(|id| Task::Warn(*id)));
        self.tasks.push_back(Task::Sweep);
        if self.quiet > 0 {
            self.hush();
        }
    }

    /// What there is to do by now makes no news.
    pub(crate) fn hush(&mut self) {
        self.quiet = self.tasks.len();
    }

    /// Whether something is still to be found or forgotten.
    pub(crate) fn is_behind(&self) -> bool {
        !self.tasks.is_empty()
    }

    /// Works until so many pairs of volumes are tested, or nothing is left to do.
    pub(crate) fn turn(&mut self, pairs: usize) -> Changes {
        let mut changes = Changes::default();
        let mut left = pairs;
        while left > 0
            && let Some(task) = self.tasks.front().copied()
        {
            let mut news = Changes::default();
            let step = match task {
                Task::Find(at) => self.find(&at, left, &mut news),
                Task::Warn(id) => self.warn(id, left, &mut news),
                Task::Drop(at) => self.forget(&at, left, &mut news),
                Task::Sweep => self.sweep(left, &mut news),
            };
            left = left.saturating_sub(step.cost.saturating_add(TASK_COST));
            if self.quiet == 0 {
                changes.found.append(&mut news.found);
                changes.gone.append(&mut news.gone);
                changes.warned.append(&mut news.warned);
            }
            if step.done {
                self.tasks.pop_front();
                self.progress = Progress::default();
                self.quiet = self.quiet.saturating_sub(1);
            }
        }
        self.own.merge_step(pairs);
        self.peer.merge_step(pairs);
        self.exact_index.merge_step(pairs);
        changes
    }

    /// Makes the indexes faster to ask, for about so many volumes; whether there is more to do.
    pub(crate) fn settle(&mut self, volumes: usize) -> bool {
        self.own.settle_step(volumes) || self.peer.settle_step(volumes) || self.exact_index.settle_step(volumes)
    }

    pub(crate) fn live(&self) -> &BTreeMap<StatementRef, Live> {
        &self.live
    }

    pub(crate) fn current(&self, author: PartyId, id: &NoticeId) -> Option<StatementRef> {
        self.current.get(&(author, *id)).copied()
    }

    /// How many conflicts there are, as far as they are found.
    pub(crate) fn count(&self) -> usize {
        self.pairs.len()
    }

    /// The conflicts after one by name, with their statements.
    pub(crate) fn pairs_after(&self, id: Option<&ConflictId>) -> impl Iterator<Item = (ConflictId, [StatementRef; 2])> + '_ {
        self.pairs.after(id)
    }

    /// The statements of a conflict, that of the party with the lower ID first.
    pub(crate) fn statements(&self, id: &ConflictId) -> Option<[StatementRef; 2]> {
        self.pairs.get(id)
    }

    /// A conflict, with how its notices meet; `None` also when they do not any more.
    pub(crate) fn conflict(&self, id: &ConflictId) -> Option<Conflict> {
        self.pairs.get(id).and_then(|statements| self.conflict_of(*id, statements))
    }

    /// How the notices of a pair meet.
    pub(crate) fn conflict_of(&self, id: ConflictId, statements: [StatementRef; 2]) -> Option<Conflict> {
        let [first, second] = statements.map(|at| self.live.get(&at));
        let (first, second) = (&first?.notice, &second?.notice);
        if !self.law.kinds_meet(first.kind(), second.kind()) {
            return None;
        }
        let mut meetings = Vec::new();
        for (i, v) in (0..).zip(first.volumes()) {
            for (j, w) in (0..).zip(second.volumes()) {
                if let Some(meeting) = self.law.meet(v, w, &self.separation) {
                    meetings.push(VolumeMeeting { volumes: [i, j], meeting });
                }
            }
        }
        keep_closest(&mut meetings);
        (!meetings.is_empty()).then_some(Conflict { id, statements, meetings })
    }

    /// Our exact plan, where what we disclosed of it is coarser.
    pub(crate) fn exact(&self, id: &NoticeId) -> Option<&Plan> {
        self.exact.get(id)
    }

    /// Our exact plans, where what we disclosed of them is coarser, or nothing.
    pub(crate) fn plans(&self) -> impl Iterator<Item = &Plan> {
        self.exact.values()
    }

    pub(crate) fn warnings(&self) -> impl Iterator<Item = (NoticeId, StatementRef)> + '_ {
        let all = self.warnings.by_notice.iter().flat_map(|(id, met)| met.iter().map(|at| (*id, *at)));
        all.filter(|(_, at)| self.live.contains_key(at))
    }

    /// Whether two live statements conflict (PROTOCOL T3 asks it of amended notices).
    pub(crate) fn meets(&self, a: &StatementRef, b: &StatementRef) -> bool {
        let (Some(first), Some(second)) = (self.live.get(a), self.live.get(b)) else {
            return false;
        };
        let law = self.law;
        law.kinds_meet(first.notice.kind(), second.notice.kind())
            && first
                .notice
                .volumes()
                .iter()
                .any(|v| second.notice.volumes().iter().any(|w| law.meet(v, w, &self.separation).is_some()))
    }

    /// One hash over every joint conflict, equal on both sides for equal prefixes once nothing is left to do (PROTOCOL C1).
    pub(crate) const fn digest(&self) -> [u8; 32] {
        self.pairs.fold()
    }

    /// Goes on finding what a statement meets: among the other party's statements, then, if it is theirs, our exact plans.
    fn find(&mut self, at: &StatementRef, most: usize, news: &mut Changes) -> Step {
        let Some(live) = self.live.get(at) else {
            return Step { cost: 0, done: true };
        };
        let ours = at.author == self.us;
        let (others, other) = if ours { (&self.peer, self.them) } else { (&self.own, self.us) };
        let side = if at.author < other { Side::First } else { Side::Second };
        let asked = Asked::new(&live.notice, self.separation, self.law, side);
        if self.progress.met_all {
            let page = self.exact_index.examine(&asked, self.progress.warned.as_ref(), most);
            self.progress.warned.clone_from(&page.next);
            for find in page.finds {
                self.warnings.add(find.pair.key, *at, news);
            }
            return Step { cost: page.cost, done: page.next.is_none() };
        }
        let page = others.examine(&asked, self.progress.met.as_ref(), most);
        for find in page.finds {
            let volumes = match side {
                Side::First => [find.pair.asked, find.pair.found],
                Side::Second => [find.pair.found, find.pair.asked],
            };
            if self.progress.group.as_ref().is_none_or(|(of, _)| *of != find.pair.key) {
                self.file(at, news);
                self.progress.group = Some((find.pair.key, Vec::new()));
            }
            if let Some((_, meetings)) = &mut self.progress.group {
                meetings.push(VolumeMeeting { volumes, meeting: find.meeting });
                // No more than a few times what is kept.
                if meetings.len() >= 4 * MEETINGS_MAX {
                    keep_closest(meetings);
                }
            }
        }
        self.progress.met_all = page.next.is_none();
        if self.progress.met_all {
            self.file(at, news);
        }
        self.progress.met = page.next;
        Step { cost: page.cost, done: self.progress.met_all && ours }
    }

    /// Files the conflict whose meetings are gathered. The other statement may have gone between two turns.
    fn file(&mut self, at: &StatementRef, news: &mut Changes) {
        let Some((other, mut meetings)) = self.progress.group.take() else {
            return;
        };
        if !self.live.contains_key(&other) {
            return;
        }
        keep_closest(&mut meetings);
        let id = conflict_id(self.line, at, &other);
        let content = content(&id, &meetings);
        let statements = if at.author < other.author { [*at, other] } else { [other, *at] };
        if self.pairs.add(id, statements, content) {
            news.found.push(id);
        }
    }

    /// Goes on finding what an exact plan of ours meets.
    fn warn(&mut self, id: NoticeId, most: usize, news: &mut Changes) -> Step {
        let Some(Plan { notice, .. }) = self.exact.get(&id) else {
            return Step { cost: 0, done: true };
        };
        let asked = Asked::new(notice, self.separation, self.law, Side::First);
        let page = self.peer.examine(&asked, self.progress.met.as_ref(), most);
        for find in page.finds {
            self.warnings.add(id, find.pair.key, news);
        }
        let done = page.next.is_none();
        self.progress.met = page.next;
        Step { cost: page.cost, done }
    }

    fn forget(&mut self, at: &StatementRef, most: usize, news: &mut Changes) -> Step {
        let mut gone = self.pairs.drop_some(at, most);
        let step = Step { cost: gone.len(), done: gone.len() < most };
        news.gone.append(&mut gone);
        step
    }

    fn sweep(&mut self, most: usize, news: &mut Changes) -> Step {
        let (mut gone, last, looked) = self.pairs.sweep_some(self.progress.swept, most);
        news.gone.append(&mut gone);
        self.progress.swept = last;
        Step { cost: looked, done: looked < most }
    }

    fn take_out(&mut self, at: StatementRef) {
        self.index_mut(&at).remove(&at);
        self.live.remove(&at);
        self.warnings.forget_statement(&at);
        self.tasks.push_back(Task::Drop(at));
    }

    fn index_mut(&mut self, at: &StatementRef) -> &mut Index<StatementRef> {
        if at.author == self.us { &mut self.own } else { &mut self.peer }
    }
}

impl Warnings {
    fn add(&mut self, id: NoticeId, at: StatementRef, news: &mut Changes) {
        if self.by_notice.entry(id).or_default().insert(at) {
            self.by_statement.entry(at).or_default().insert(id);
            news.warned.push((id, at));
        }
    }

    fn forget_notice(&mut self, id: &NoticeId) {
        for at in self.by_notice.remove(id).unwrap_or_default() {
            unlink(&mut self.by_statement, &at, id);
        }
    }

    fn forget_statement(&mut self, at: &StatementRef) {
        for id in self.by_statement.remove(at).unwrap_or_default() {
            unlink(&mut self.by_notice, &id, at);
        }
    }
}

fn unlink<A: Ord, B: Ord>(links: &mut BTreeMap<A, BTreeSet<B>>, from: &A, to: &B) {
    if let Some(linked) = links.get_mut(from) {
        linked.remove(to);
        if linked.is_empty() {
            links.remove(from);
        }
    }
}

/// The closest pairs of volumes, closest first.
fn keep_closest(meetings: &mut Vec<VolumeMeeting>) {
    meetings.sort_by_key(|m| (m.meeting.distance, m.meeting.vertical_gap, m.meeting.time_gap_us, m.volumes));
    meetings.truncate(MEETINGS_MAX);
}

fn separation_of(terms: &Terms) -> Separation {
    Separation { horizontal: terms.horizontal(), vertical: terms.vertical(), time_us: terms.time_us() }
}

fn law_of(terms: &Terms) -> Law {
    Law::of_terms(terms).expect("terms name a law that this version has (DV-062)")
}

#[cfg(test)]
mod tests;
