//! What a notice or a plan is asked among when a way out is looked for, or what is free.
//!
//! Two views that never mix (PROTOCOL C6): what both sides have disclosed, from which everything that is sent is computed; and
//! besides that our book, the exact plans of which less or nothing is let out.

use std::collections::BTreeSet;

use detente_space::{Among, Asked, Index, Question, Side};
use detente_types::{NoticeId, NoticeKind, PartyId, Precision, StatementRef, Volume};

use super::Joint;
use crate::disclose::told;

/// What is shifted: a form for our own side to move by, and how it is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Moved {
    pub(crate) kind: NoticeKind,
    /// As whoever looks knows it.
    pub(crate) volumes: Vec<Volume>,
    /// As the other side is told of it; the same when it is told all.
    pub(crate) told: Vec<Volume>,
    pub(crate) precision: Precision,
    /// Our notice that it is a version of, if it is one.
    pub(crate) id: Option<NoticeId>,
}

/// Of a side's own notices, those that were as near to what is shifted before it was: their author meant it so.
#[derive(Clone, Debug, Default)]
pub(crate) struct Beside {
    stated: BTreeSet<StatementRef>,
    exact: BTreeSet<NoticeId>,
    /// They are too many to be told apart: the side's own notices do not count.
    pub(crate) left_out: bool,
}

impl Joint {
    /// A live notice as disclosed.
    pub(crate) fn moved(&self, at: &StatementRef) -> Option<Moved> {
        let notice = &self.live.get(at)?.notice;
        let volumes = notice.volumes().to_vec();
        let (kind, precision, id) = (notice.kind(), notice.precision(), Some(notice.id()));
        Some(Moved { kind, told: volumes.clone(), volumes, precision, id })
    }

    /// A live notice of ours by the plan behind it, if that is what was let out; otherwise as disclosed, which is all of it.
    pub(crate) fn moved_exactly(&self, at: &StatementRef) -> Option<Moved> {
        let stated = self.moved(at).filter(|_| at.author == self.us)?;
        let live = self.live.get(at)?;
        Some(match self.plan_behind(live) {
            Some(plan) => Moved { volumes: plan.notice.volumes().to_vec(), ..stated },
            None => stated,
        })
    }

    /// A plan that nothing or something of is let out, or is still to be.
    pub(crate) fn planned(
        &self,
        kind: NoticeKind,
        volumes: &[Volume],
        precision: Precision,
        id: Option<NoticeId>,
    ) -> Option<Moved> {
        let told = told(kind, volumes, precision, self.area()).ok()?;
        Some(Moved { kind, volumes: volumes.to_vec(), told, precision, id })
    }

    /// Which of a party's own notices are as near to one of them already, as disclosed.
    pub(crate) fn beside(&self, of: PartyId, moved: &Moved, work: usize) -> Beside {
        let mut beside = Beside::default();
        let asked = Asked::of_volumes(moved.kind, &moved.told, self.separation, self.law, Side::First);
        beside.left_out = !collect(self.index(of), &asked, work, &mut beside.stated);
        beside
    }

    /// Which of our own are, exact plans included.
    pub(crate) fn beside_exactly(&self, moved: &Moved, work: usize) -> Beside {
        let mut beside = Beside::default();
        let asked = Asked::of_volumes(moved.kind, &moved.volumes, self.separation, self.law, Side::First);
        let stated = collect(&self.own, &asked, work, &mut beside.stated);
        beside.left_out = !(stated && collect(&self.exact_index, &asked, work, &mut beside.exact));
        beside
    }

    /// Looks at something of a party's among everything that both sides have disclosed: what the other party has, and the
    /// party's own but for those beside it.
    pub(crate) fn among_disclosed<R>(
        &self,
        of: PartyId,
        moved: &Moved,
        beside: &Beside,
        look: impl FnOnce(&[Among<'_>]) -> R,
    ) -> R {
        let other = if of == self.us { self.them } else { self.us };
        let itself = moved.id.and_then(|id| self.current(of, &id));
        let aside = |at: &StatementRef| Some(*at) == itself || beside.stated.contains(at);
        let across = self.question(moved.kind, &moved.told, self.index(other), &|_| false);
        let along = self.question(moved.kind, &moved.told, self.index(of), &aside);
        let all = [across.into(), along.into()];
        look(if beside.left_out { &all[..1] } else { &all })
    }

    /// Looks at something of ours among what they have disclosed and all that our own side plans, whatever of it is let out.
    pub(crate) fn among_all<R>(&self, moved: &Moved, beside: &Beside, look: impl FnOnce(&[Among<'_>]) -> R) -> R {
        let is_same = |id: &NoticeId| Some(*id) == moved.id;
        let aside_exact = |id: &NoticeId| is_same(id) || beside.exact.contains(id);
        // What has an exact plan counts by that.
        let aside_stated = |at: &StatementRef| {
            let id = self.live.get(at).map(|live| live.notice.id());
            beside.stated.contains(at) || id.is_some_and(|id| is_same(&id) || self.exact.contains_key(&id))
        };
        let none = |_: &StatementRef| false;
        let plans = self.question(moved.kind, &moved.volumes, &self.exact_index, &aside_exact);
        let ours = self.question(moved.kind, &moved.volumes, &self.own, &aside_stated);
        let across = |volumes| self.question(moved.kind, volumes, &self.peer, &none);
        // The exact form comes first: its volumes are what is returned.
        let mut all: Vec<Among<'_>> = vec![across(&moved.volumes).into()];
        if moved.told != moved.volumes {
            all.push(across(&moved.told).into());
        }
        if !beside.left_out {
            all.extend([plans.into(), ours.into()]);
        }
        look(&all)
    }

    pub(crate) fn question<'a, K: Ord + Clone>(
        &self,
        kind: NoticeKind,
        volumes: &'a [Volume],
        others: &'a Index<K>,
        aside: &'a dyn Fn(&K) -> bool,
    ) -> Question<'a, K> {
        Question { kind, volumes, others, aside, separation: self.separation, law: self.law }
    }

    pub(crate) fn index(&self, of: PartyId) -> &Index<StatementRef> {
        if of == self.us { &self.own } else { &self.peer }
    }
}

/// Collects what meets what is asked; false when that is more than the work allows.
fn collect<K: Ord + Clone>(index: &Index<K>, asked: &Asked<'_>, work: usize, keys: &mut BTreeSet<K>) -> bool {
    let (mut after, mut left) = (None, work);
    loop {
        let page = index.examine(asked, after.as_ref(), left);
        keys.extend(page.finds.into_iter().map(|find| find.pair.key));
        left = left.saturating_sub(page.cost);
        match page.next {
            None => return true,
            Some(_) if left == 0 => return false,
            next => after = next,
        }
    }
}
