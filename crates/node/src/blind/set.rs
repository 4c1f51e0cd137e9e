//! What is matched: the cells of every plan of ours that is not held back, in exact form, and the root that binds them.

use std::collections::{BTreeMap, BTreeSet};

use detente_blind::Digest;
use detente_space::Law;
use detente_space::cells::{CellId, Grid, TooMany};
use detente_types::notice::Release;
use detente_types::{Notice, NoticeId, NoticeIn, NoticeKind, PartyId, StatementRef, Terms, Timestamp, Volume, Window};
use detente_wire::certificate::terms_digest;
use detente_wire::codec;
use detente_wire::hash::domain;
use detente_wire::merkle::{leaf_hash, root};

use super::conflict::Shown;
use crate::joint::Joint;
use crate::line::Line;

/// The stretch of time that a run looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stretch {
    pub(crate) from_us: i64,
    pub(crate) to_us: i64,
}

/// A plan that is matched.
#[derive(Clone, Debug)]
pub(crate) struct Matched {
    pub(crate) id: NoticeId,
    /// Its bytes, with no number: a plan is the same whatever version it was told as.
    pub(crate) bytes: Vec<u8>,
    /// Its cells, in order.
    pub(crate) cells: Vec<CellId>,
}

impl Stretch {
    /// That of a run of a time under terms.
    pub(crate) fn of(at: Timestamp, terms: &Terms) -> Self {
        let ahead_us = i64::from(terms.matching().ahead_min) * 60_000_000;
        Self { from_us: at.micros(), to_us: at.micros().saturating_add(ahead_us) }
    }

    /// The slots of a grid that it holds some of.
    fn slots(self, grid: &Grid) -> core::ops::RangeInclusive<i64> {
        let slot_us = i64::from(grid.size().slot_s) * 1_000_000;
        self.from_us.div_euclid(slot_us)..=(self.to_us - 1).div_euclid(slot_us)
    }

    /// The part of a volume that matters here, with room for what it grows by; none where it is at another time.
    fn clip(self, volume: &Volume, slack_us: i64) -> Option<Volume> {
        let (from, to) = (self.from_us.saturating_sub(slack_us), self.to_us.saturating_add(slack_us));
        let (start, end) = (volume.window.start().micros(), volume.window.end().micros());
        if end < from || start > to {
            return None;
        }
        if volume.passage.is_some() {
            return Some(volume.clone());
        }
        let (start, end) = (start.max(from), end.min(to).max(start.max(from) + 1));
        let window = Window::try_new(Timestamp::from_micros(start), Timestamp::from_micros(end)).ok()?;
        Some(Volume { window, ..volume.clone() })
    }
}

/// The bytes of a plan that its digest and the plans' root are made of: its exact form with neither number nor precision, for
/// these follow from how it was told.
pub(crate) fn plan_bytes(notice: &NoticeIn) -> Vec<u8> {
    codec::encode(&NoticeIn { version: 1, replaces: None, precision: 0, ..notice.clone() })
}

/// Names a plan in the book.
pub(crate) fn plan_digest(bytes: &[u8]) -> Digest {
    domain("detente/blind-plan/1", &[bytes])
}

/// Whether notices of a kind can be in conflict with any.
pub(crate) fn meets_any(law: Law, kind: NoticeKind) -> bool {
    NoticeKind::ALL.iter().any(|other| law.kinds_meet(kind, *other))
}

/// The cells of a plan in a stretch of time.
///
/// # Errors
/// [`TooMany`].
pub(crate) fn cells_of(grid: &Grid, terms: &Terms, volumes: &[Volume], stretch: Stretch) -> Result<Vec<CellId>, TooMany> {
    let slot_us = i64::from(grid.size().slot_s) * 1_000_000;
    let clipped: Vec<Volume> = volumes.iter().filter_map(|v| stretch.clip(v, terms.time_us() + slot_us)).collect();
    let slots = stretch.slots(grid);
    let all = grid.cells(&clipped)?;
    Ok(all.as_slice().iter().copied().filter(|cell| slots.contains(&cell.slot().into())).collect())
}

/// The root over the plans that were matched (RFC 9162 over one leaf each, behind one that is nothing but a salt): each leaf is salted,
/// so that the root tells nothing, not even how many there are.
pub(crate) fn plan_root<'a>(salts: &Digest, plans: impl IntoIterator<Item = &'a [u8]>) -> Digest {
    let leaf = |number: u64, bytes: &[u8]| {
        let salt = domain("detente/blind-salt/1", &[salts, &number.to_be_bytes()]);
        leaf_hash(&[&salt, bytes].concat())
    };
    let rest = (1..).zip(plans).map(|(number, bytes)| leaf(number, bytes));
    let leaves: Vec<_> = core::iter::once(leaf(0, &[])).chain(rest).collect();
    *root(&leaves).as_bytes()
}

impl Joint {
    /// Every plan of ours that is not held back, by name, in its exact form where we have it: what is told to be blind only, too.
    pub(super) fn matched<'a>(&'a self, us: &PartyId) -> BTreeMap<NoticeId, &'a Notice> {
        let is_ours = |at: &&StatementRef| at.author == *us;
        let told = self.live().keys().filter(is_ours).map(|at| (self.live()[at].notice.id(), &*self.live()[at].notice));
        let exact = self.plans().filter(|plan| plan.release != Release::Hold).map(|plan| (plan.notice.id(), &*plan.notice));
        told.chain(exact).collect()
    }
}

impl Line {
    /// The grid of terms, and the law that says which kinds meet.
    pub(crate) fn grid_of(terms: &Terms) -> Option<(Grid, Law)> {
        Grid::of_terms(terms).zip(Law::of_terms(terms))
    }

    /// What is matched in a stretch of time, in the order of names; none when a plan alone has more than so many cells: what
    /// cannot be matched is not gathered either.
    pub(crate) fn matched(&self, grid: &Grid, law: Law, terms: &Terms, stretch: Stretch, most: usize) -> Option<Vec<Matched>> {
        let us = self.us();
        let plans = self.joint.matched(&us);
        let meeting = plans.into_iter().filter(|(_, notice)| meets_any(law, notice.kind()));
        let matched = |(id, notice): (NoticeId, &Notice)| {
            let cells = cells_of(grid, terms, notice.volumes(), stretch).ok().filter(|cells| cells.len() <= most)?;
            Some(Matched { id, bytes: plan_bytes(notice.input()), cells })
        };
        let shown: BTreeSet<NoticeId> = self.matching.shown.iter().map(|shown| shown.part).collect();
        let (parts, whole): (Vec<_>, Vec<_>) = meeting.partition(|(id, _)| shown.contains(id));
        let mut all: Vec<Matched> = whole.into_iter().map(matched).collect::<Option<_>>()?;
        let under = terms_digest(terms.input());
        let parts = parts.into_iter().filter(|(id, _)| !self.is_held_by_its_plan(id, &all, &under, grid, stretch));
        let parts: Vec<Matched> = parts.map(matched).collect::<Option<_>>()?;
        all.extend(parts);
        all.retain(|plan| !plan.cells.is_empty());
        all.sort_unstable_by_key(|plan| plan.id);
        Some(all)
    }

    /// Whether a part that was shown says what it was made to say, and its plan, matched itself, still is in all the cells that it was made
    /// of: then it adds nothing but places, for what it covers, grown once more, is more than its plan takes.
    fn is_held_by_its_plan(&self, part: &NoticeId, plans: &[Matched], under: &Digest, grid: &Grid, stretch: Stretch) -> bool {
        let slots = stretch.slots(grid);
        let holds = |shown: &Shown| {
            let plan = plans.iter().find(|plan| plan.id == shown.notice);
            let ahead = |cell: &&CellId| slots.contains(&cell.slot().into());
            let is_in = |plan: &Matched| shown.cells.iter().filter(ahead).all(|cell| plan.cells.binary_search(cell).is_ok());
            self.is_told_as_shown(shown) && plan.is_some_and(|plan| !plan.cells.is_empty() && is_in(plan))
        };
        let made = |shown: &&Shown| shown.part == *part && shown.terms == *under;
        self.matching.shown.iter().find(made).is_some_and(holds)
    }

    /// Whether a plan of ours is still there to be matched.
    pub(crate) fn is_matched(&self, id: &NoticeId) -> bool {
        self.matched_plan(id).is_some()
    }

    /// A plan of ours that is matched, in its exact form: as [`Joint::matched`] has it, without a look at all the others.
    pub(crate) fn matched_plan(&self, id: &NoticeId) -> Option<&Notice> {
        let exact = self.joint.exact(id).filter(|plan| plan.release != Release::Hold).map(|plan| &*plan.notice);
        let told = || self.joint.live().get(&self.joint.current(self.us(), id)?).map(|live| &*live.notice);
        exact.or_else(told)
    }
}
