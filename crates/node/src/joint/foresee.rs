//! What a plan would meet if it were stated as it is: asked before it is, and kept nowhere.

use detente_space::{Asked, Index, Pair, Side};
use detente_types::conflict::VolumeMeeting;
use detente_types::{NoticeId, NoticeKind, StatementRef, Volume};

use super::Joint;

/// Pairs of volumes that one plan may have tested: what else there may be is said to be more.
const COST_MAX: usize = 8_192;
/// Pairs that are tested between two looks at how many were found.
const COST_STEP: usize = 1_024;

/// What a plan would meet.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Foresight {
    /// The statement, and how it meets the plan, which comes first in it; theirs, then our own.
    pub meetings: Vec<(StatementRef, VolumeMeeting)>,
    /// Whether there is, or may be, more than was asked for.
    pub more: bool,
}

impl Joint {
    /// What volumes of a kind would meet among live statements, but for those of one notice of ours; at most `limit`.
    pub(crate) fn foresee(&self, kind: NoticeKind, volumes: &[Volume], except: Option<&NoticeId>, limit: usize) -> Foresight {
        let asked = Asked::of_volumes(kind, volumes, self.separation, self.law, Side::First);
        let own = except.and_then(|id| self.current(self.us, id));
        let mut foresight = Foresight::default();
        for index in [&self.peer, &self.own] {
            look(index, &asked, own, limit, &mut foresight);
        }
        foresight
    }
}

fn look(index: &Index<StatementRef>, asked: &Asked<'_>, except: Option<StatementRef>, limit: usize, foresight: &mut Foresight) {
    let (mut after, mut cost): (Option<Pair<StatementRef>>, usize) = (None, 0);
    loop {
        let page = index.examine(asked, after.as_ref(), COST_STEP);
        cost += page.cost;
        for find in page.finds.into_iter().filter(|find| except != Some(find.pair.key)) {
            if foresight.meetings.len() == limit {
                foresight.more = true;
                return;
            }
            let volumes = [find.pair.asked, find.pair.found];
            foresight.meetings.push((find.pair.key, VolumeMeeting { volumes, meeting: find.meeting }));
        }
        match page.next {
            None => return,
            Some(_) if cost >= COST_MAX => {
                foresight.more = true;
                return;
            }
            next => after = next,
        }
    }
}
