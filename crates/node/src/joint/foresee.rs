//! What a plan would meet if it were stated as it is: asked before it is, and kept nowhere.
//!
//! It is found in parts, each within a cost: whoever asks gives the node's thread to others between two of them. Statements
//! that come and go meanwhile are told or not as they are when their pair is looked at.

use detente_space::{Asked, Index, Pair, Side};
use detente_types::conflict::Meeting;
use detente_types::{Generation, Index as Place, NoticeId, NoticeKind, StatementRef, Volume};

use super::Joint;

/// Pairs of volumes that one plan may have tested in all: what else there may be is said to be more.
const COST_MAX: usize = 1 << 20;
/// Pairs that are tested between two looks at how many were found. Tests look often.
const COST_STEP: usize = if cfg!(test) { 3 } else { 1_024 };

/// A plan that is no notice.
#[derive(Clone, Copy, Debug)]
pub struct Planned<'a> {
    /// The kind that it would be stated as.
    pub kind: NoticeKind,
    /// Where, how high, when.
    pub volumes: &'a [Volume],
    /// A notice of ours that it would replace: what is live of that is left out.
    pub instead_of: Option<&'a NoticeId>,
}

/// How much of a meeting is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Detail {
    /// That it is one, by the same law, and with what: [`Foresight::met`].
    Whether,
    /// How the volumes meet as well: [`Foresight::meetings`].
    How,
}

/// A volume of a plan that meets a volume of a live statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Foreseen {
    /// The statement.
    pub with: StatementRef,
    /// Which volume of the plan, and which of the statement, from 0.
    pub volumes: [u16; 2],
    /// How they meet.
    pub meeting: Meeting,
}

/// The same, by the least that tells which.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Met {
    /// Whether the statement is our own.
    pub ours: bool,
    /// The life of its author's log, and the place there.
    pub at: (Generation, Place),
    /// Which volume of the plan, and which of the statement, from 0.
    pub volumes: [u16; 2],
}

/// What a plan would meet, as far as it was looked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Foresight {
    /// Theirs in the order of the log, then our own; none when only whether there are any was asked.
    pub meetings: Vec<Foreseen>,
    /// The same when only that was asked.
    pub met: Vec<Met>,
    /// Whether there is, or may be, more than was asked for.
    pub more: bool,
    /// From where to go on; `None` when it is at its end.
    next: Option<Mark>,
    /// Pairs of volumes that were tested so far, one with many vertices as several.
    cost: usize,
}

/// The last pair that was looked at, and in whose statements.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Mark {
    ours: bool,
    after: Option<Pair<StatementRef>>,
}

impl Foresight {
    /// Before anything was looked for.
    pub fn begin() -> Self {
        Self { next: Some(Mark { ours: false, after: None }), ..Self::default() }
    }

    /// Whether all was looked for that is to be.
    pub const fn is_done(&self) -> bool {
        self.next.is_none()
    }

    /// Pairs of volumes that were tested so far, one with many vertices as several.
    pub const fn cost(&self) -> usize {
        self.cost
    }

    /// Ends it; there may be more.
    fn cut(&mut self) {
        (self.more, self.next) = (true, None);
    }
}

impl Joint {
    /// Goes on looking for what a plan would meet among live statements, at most `limit` in all, until it is done or about so
    /// many more pairs of volumes are tested. A detail that differs from that of an earlier part tells later finds otherwise.
    pub(crate) fn foresee(&self, plan: &Planned<'_>, detail: Detail, limit: usize, cost: usize, so_far: &mut Foresight) {
        let asked = Asked::of_volumes(plan.kind, plan.volumes, self.separation, self.law, Side::First);
        let own = plan.instead_of.and_then(|id| self.current(self.us, id));
        let until = so_far.cost.saturating_add(cost);
        while let Some(mark) = so_far.next.take() {
            let index = if mark.ours { &self.own } else { &self.peer };
            let look = Look { asked: &asked, ours: mark.ours, after: mark.after.as_ref(), except: own, limit };
            let (next, enough) = match detail {
                Detail::How => look.how(index, so_far),
                Detail::Whether => look.whether(index, until - so_far.cost, so_far),
            };
            so_far.next = match next {
                Some(after) => Some(Mark { ours: mark.ours, after: Some(after) }),
                None => (!mark.ours).then_some(Mark { ours: true, after: None }),
            };
            if enough || (so_far.cost >= COST_MAX && so_far.next.is_some()) {
                return so_far.cut();
            }
            if so_far.cost >= until {
                return;
            }
        }
    }
}

/// A look through one side's statements.
struct Look<'a> {
    asked: &'a Asked<'a>,
    ours: bool,
    after: Option<&'a Pair<StatementRef>>,
    except: Option<StatementRef>,
    limit: usize,
}

impl Look<'_> {
    /// One page: the last pair that was looked at when there are more, and whether enough was found.
    fn how(&self, index: &Index<StatementRef>, so_far: &mut Foresight) -> (Option<Pair<StatementRef>>, bool) {
        let page = index.examine(self.asked, self.after, COST_STEP);
        so_far.cost += page.cost;
        let mut finds = page.finds.into_iter().filter(|find| self.except != Some(find.pair.key));
        let room = self.limit - so_far.meetings.len();
        so_far.meetings.extend(finds.by_ref().take(room).map(|find| Foreseen {
            with: find.pair.key,
            volumes: [find.pair.asked, find.pair.found],
            meeting: find.meeting,
        }));
        (page.next, finds.next().is_some())
    }

    /// The same, within a cost. Candidates are gathered anew for each page, so it is a large one.
    fn whether(&self, index: &Index<StatementRef>, cost: usize, so_far: &mut Foresight) -> (Option<Pair<StatementRef>>, bool) {
        // One more than is told: that there is more.
        let (most, mut enough) = (self.limit - so_far.met.len() + 1, false);
        let rest = index.examine_whether(self.asked, self.after, most, cost, |with, volumes| {
            let told = self.except.as_ref() != Some(with);
            enough |= told && so_far.met.len() == self.limit;
            if told && !enough {
                so_far.met.push(Met { ours: self.ours, at: (with.generation, with.index), volumes });
            }
        });
        so_far.cost += rest.cost;
        (rest.next, enough)
    }
}
