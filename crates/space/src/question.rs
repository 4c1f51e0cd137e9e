//! A plan among others: what `resolve` and `ask` start from.

use detente_types::notice::NoticeKind;
use detente_types::volume::Volume;

use crate::index::{Asked, Find, Index, Pair, Side, cost_of};
use crate::law::{Law, Separation};
use crate::outline::Prepared;

/// A notice, or a plan that is none yet, among others under a law.
#[derive(Clone, Copy)]
pub struct Question<'a, K: Ord + Clone> {
    /// What the notice is: it decides whom it can meet.
    pub kind: NoticeKind,
    /// Its volumes.
    pub volumes: &'a [Volume],
    /// The others.
    pub others: &'a Index<K>,
    /// Its own key, if it is among the others: it is never in its own way.
    pub own: Option<&'a K>,
    /// How far apart all must stay.
    pub separation: Separation,
    /// Who is in whose way.
    pub law: Law,
}

/// Work that may still be done, in the cost of [`Index::examine`].
#[derive(Clone, Copy, Debug)]
pub(crate) struct Budget {
    left: usize,
}

impl Budget {
    pub(crate) const fn new(left: usize) -> Self {
        Self { left }
    }

    pub(crate) const fn left(&self) -> usize {
        self.left
    }

    /// Takes a cost away; false when it was not there.
    pub(crate) const fn spend(&mut self, cost: usize) -> bool {
        let enough = cost <= self.left;
        self.left = self.left.saturating_sub(cost);
        enough
    }
}

impl<'a, K: Ord + Clone> Question<'a, K> {
    /// The same of other volumes.
    pub(crate) fn of<'b>(&self, volumes: &'b [Volume]) -> Question<'b, K>
    where
        'a: 'b,
    {
        Question { volumes, ..*self }
    }

    pub(crate) fn asked(&self) -> Asked<'a> {
        Asked::of_volumes(self.kind, self.volumes, self.separation, self.law, Side::First)
    }

    /// Everything in its way, in the order of the pairs.
    pub(crate) fn all(&self) -> Vec<Find<K>> {
        self.others.query(&self.asked()).filter(|find| Some(&find.pair.key) != self.own).collect()
    }

    /// Something in its way, if anything is.
    pub(crate) fn first(&self) -> Option<Find<K>> {
        self.others.query(&self.asked()).find(|find| Some(&find.pair.key) != self.own)
    }

    /// The first `most` that are in its way; none only if nothing is. `None` when the budget ends before that is known.
    pub(crate) fn conflicts(&self, most: usize, budget: &mut Budget) -> Option<Vec<Find<K>>> {
        let asked = self.asked();
        let (mut found, mut after): (Vec<Find<K>>, Option<Pair<K>>) = (Vec::new(), None);
        loop {
            if !budget.spend(1) || budget.left() == 0 {
                return Some(found).filter(|found| !found.is_empty());
            }
            let page = self.others.look(&asked, after.as_ref(), most - found.len(), budget.left());
            found.extend(page.finds.into_iter().filter(|find| Some(&find.pair.key) != self.own));
            budget.spend(page.cost);
            if page.next.is_none() || found.len() >= most {
                return Some(found);
            }
            after = page.next;
        }
    }

    /// Whether a volume is in the way of another, and what it costs to know is taken from the budget; `None` when it ends.
    pub(crate) fn meets(&self, volume: &Volume, other: &Prepared<'_>, budget: &mut Budget) -> Option<bool> {
        let vertices = volume.footprint.vertices().count() + other.volume.footprint.vertices().count();
        let enough = budget.spend(cost_of(vertices));
        enough.then(|| self.law.meet_prepared(&Prepared::new(volume), other, &self.separation).is_some())
    }
}
