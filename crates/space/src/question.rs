//! A plan among others: what `resolve` and `ask` start from.

use detente_types::notice::NoticeKind;
use detente_types::volume::Volume;

use crate::index::{Asked, Find, Index, Pair, Side, cost_of};
use crate::law::{Law, Separation};
use crate::outline::Prepared;

/// A notice, or a plan that is none yet, among others under a law.
pub struct Question<'a, K: Ord + Clone> {
    /// What the notice is: it decides whom it can meet.
    pub kind: NoticeKind,
    /// Its volumes.
    pub volumes: &'a [Volume],
    /// The others.
    pub others: &'a Index<K>,
    /// Which of the others are left aside: the notice itself, if it is among them, and whatever else is not to count.
    pub aside: &'a dyn Fn(&K) -> bool,
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
    pub(crate) fn all(&self, budget: &mut Budget) -> Result<Vec<Find<K>>, CutShort> {
        let asked = self.asked();
        let (mut found, mut after): (Vec<Find<K>>, Option<Pair<K>>) = (Vec::new(), None);
        loop {
            if !budget.spend(1) || budget.left() == 0 {
                return Err(CutShort);
            }
            let page = self.others.examine(&asked, after.as_ref(), budget.left());
            found.extend(page.finds.into_iter().filter(|find| !(self.aside)(&find.pair.key)));
            budget.spend(page.cost);
            if page.next.is_none() {
                return Ok(found);
            }
            after = page.next;
        }
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
            found.extend(page.finds.into_iter().filter(|find| !(self.aside)(&find.pair.key)));
            budget.spend(page.cost);
            if page.next.is_none() || found.len() >= most {
                return Some(found);
            }
            after = page.next;
        }
    }
}

/// A notice, or a plan that is none yet, among others whatever they are filed under: so that it can be asked among several
/// crowds at once, and in another form among each.
pub struct Among<'a> {
    pub(crate) volumes: &'a [Volume],
    pub(crate) separation: Separation,
    pub(crate) law: Law,
    ask: Box<Ask<'a>>,
}

/// The first so many that are in the way of volumes; see [`Question::conflicts`].
type Ask<'a> = dyn Fn(&[Volume], usize, &mut Budget) -> Option<Vec<Obstacle<'a>>> + 'a;

/// One of the others that is in the way of a volume.
#[derive(Clone, Copy)]
pub(crate) struct Obstacle<'a> {
    /// Whose way, counted from 0.
    pub(crate) asked: u16,
    pub(crate) other: &'a Volume,
}

impl<'a, K: Ord + Clone> From<Question<'a, K>> for Among<'a> {
    fn from(question: Question<'a, K>) -> Self {
        let Question { volumes, separation, law, .. } = question;
        let ask = move |volumes: &[Volume], most: usize, budget: &mut Budget| {
            let obstacle = |find: Find<K>| Some(Obstacle { asked: find.pair.asked, other: question.others.found(&find.pair)? });
            let found = question.of(volumes).conflicts(most, budget)?;
            Some(found.into_iter().filter_map(obstacle).collect())
        };
        Self { volumes, separation, law, ask: Box::new(ask) }
    }
}

impl<'a> Among<'a> {
    /// The first `most` that are in the way of these volumes instead; none only if nothing is. `None` when the budget ends
    /// before that is known.
    pub(crate) fn conflicts(&self, volumes: &[Volume], most: usize, budget: &mut Budget) -> Option<Vec<Obstacle<'a>>> {
        (self.ask)(volumes, most, budget)
    }
}

/// Whether a volume is in the way of another, and what it costs to know is taken from the budget; `None` when it ends.
pub(crate) fn meets(
    law: Law,
    separation: &Separation,
    volume: &Volume,
    other: &Prepared<'_>,
    budget: &mut Budget,
) -> Option<bool> {
    let vertices = volume.footprint.vertices().count() + other.volume.footprint.vertices().count();
    let enough = budget.spend(cost_of(vertices));
    enough.then(|| law.meet_prepared(&Prepared::new(volume), other, separation).is_some())
}

/// The work that was allowed ended before the answer was known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the work that was allowed for this ended before the answer was known: too much is live around it")]
pub struct CutShort;
