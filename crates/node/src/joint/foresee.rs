//! What a plan would meet if it were stated as it is: asked before it is, and kept nowhere.
//!
//! It is found in parts, each within a cost: whoever asks gives the node's thread to others between two of them. Statements
//! that come and go meanwhile are told or not as they are when their pair is looked at.

use detente_space::index::Page;
use detente_space::{Asked, Index, Pair, Side};
use detente_types::conflict::Meeting;
use detente_types::{NoticeId, NoticeKind, StatementRef, Volume};

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
    /// That it is one, by the same law.
    Whether,
    /// How the volumes meet.
    How,
}

/// A volume of a plan that meets a volume of a live statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Foreseen {
    /// The statement.
    pub with: StatementRef,
    /// Which volume of the plan, and which of the statement, from 0.
    pub volumes: [u16; 2],
    /// How they meet; `None` when only whether they do was asked.
    pub meeting: Option<Meeting>,
}

/// What a plan would meet, as far as it was looked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Foresight {
    /// Theirs in the order of the log, then our own.
    pub meetings: Vec<Foreseen>,
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

    /// Takes in what a page found; whether that is enough.
    fn take<M>(
        &mut self,
        page: Page<StatementRef, M>,
        except: Option<StatementRef>,
        limit: usize,
        how: impl Fn(M) -> Option<Meeting>,
    ) -> bool {
        for find in page.finds.into_iter().filter(|find| except != Some(find.pair.key)) {
            if self.meetings.len() == limit {
                return true;
            }
            let volumes = [find.pair.asked, find.pair.found];
            self.meetings.push(Foreseen { with: find.pair.key, volumes, meeting: how(find.meeting) });
        }
        false
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
            let (next, enough) = look(index, &asked, mark.after.as_ref(), detail, own, limit, so_far);
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

/// One page: the last pair that was looked at when there are more, and whether enough was found.
fn look(
    index: &Index<StatementRef>,
    asked: &Asked<'_>,
    after: Option<&Pair<StatementRef>>,
    detail: Detail,
    except: Option<StatementRef>,
    limit: usize,
    so_far: &mut Foresight,
) -> (Option<Pair<StatementRef>>, bool) {
    match detail {
        Detail::How => {
            let mut page = index.examine(asked, after, COST_STEP);
            so_far.cost += page.cost;
            (page.next.take(), so_far.take(page, except, limit, Some))
        }
        Detail::Whether => {
            let mut page = index.examine_whether(asked, after, COST_STEP);
            so_far.cost += page.cost;
            (page.next.take(), so_far.take(page, except, limit, |()| None))
        }
    }
}
