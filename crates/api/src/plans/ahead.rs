//! What many plans would meet, looked for on all cores at once.
//!
//! Each plan is taken by one thread. What is found of one depends neither on who looked for it nor on how many did, unless it
//! is cut because looking for it costs too much. The node waits no longer for a share than it does for one of a single thread.
//! No more is held than may be told of a request, and what a plan for each thread may find besides.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use detente_node::{Detail, Foresight, Line, Planned};
use detente_types::NoticeId;

use super::{Plan, SHARE, cores};
use crate::problem::Problem;
use crate::routes::notice_of_ours;

/// What is known of the plans of a request that are not through, in their order.
pub(super) struct Ahead(VecDeque<Foresight>);

impl Ahead {
    /// Nothing, of so many plans.
    pub(super) fn of(plans: usize) -> Self {
        Self((0..plans).map(|_| Foresight::begin()).collect())
    }

    /// Whether several threads are worth their start.
    pub(super) fn is_many(&self) -> bool {
        cores::is_many(self.0.len())
    }

    /// Of the first plan that is not through.
    pub(super) fn first(&self) -> Option<&Foresight> {
        self.0.front()
    }

    pub(super) fn first_mut(&mut self) -> Option<&mut Foresight> {
        self.0.front_mut()
    }

    /// Takes the first one out: its plan is through.
    pub(super) fn pop(&mut self) -> Option<Foresight> {
        self.0.pop_front()
    }

    /// Goes on with the plans that are not through, a share for each core: at most `limit` is found of each, and about `room` of all.
    ///
    /// # Errors
    /// When the notice that the first one would replace is none of ours. A later one is refused once it is the first.
    pub(super) fn look(&mut self, line: &Line, plans: &[Plan], limit: usize, room: usize) -> Result<(), Problem> {
        if let Some(plan) = plans.first() {
            replaced(line, plan)?;
        }
        let told = self.0.iter().map(|foresight| foresight.met.len()).sum();
        if told >= room {
            let first = plans.first().zip(self.0.front_mut());
            return first
                .map_or(Ok(()), |(plan, foresight)| foresee(line, plan, Detail::Whether, [limit, room], SHARE, foresight));
        }
        let found = AtomicUsize::new(told);
        let mut rest: Vec<_> =
            plans.iter().zip(&mut self.0).enumerate().filter(|(_, (_, foresight))| !foresight.is_done()).collect();
        // Large ones first, so that at the end no core waits for another; but before them the first, which nothing holds up.
        rest.sort_unstable_by_key(|(number, (plan, _))| if *number == 0 { u64::MAX } else { plan.bulk });
        let rest = Mutex::new(rest);
        let next = || {
            let is_full = found.load(Ordering::Relaxed) >= room;
            rest.lock().unwrap_or_else(PoisonError::into_inner).pop().filter(|(number, _)| *number == 0 || !is_full)
        };
        let share = || {
            let mut left = SHARE;
            while let Some((_, (plan, foresight))) = (left > 0).then(next).flatten() {
                let before = (foresight.cost(), foresight.met.len());
                if foresee(line, plan, Detail::Whether, [limit, room], left, foresight).is_err() {
                    break;
                }
                found.fetch_add(foresight.met.len() - before.1, Ordering::Relaxed);
                left = left.saturating_sub(1 + foresight.cost() - before.0);
            }
        };
        cores::on_each(share);
        Ok(())
    }
}

/// The notice of ours that a plan would replace.
fn replaced(line: &Line, plan: &Plan) -> Result<Option<NoticeId>, Problem> {
    plan.instead_of.as_ref().map(|name| notice_of_ours(line, name)).transpose()
}

/// Goes on looking for what a plan would meet, within a cost: so much of it at most, and no more than all may have together where
/// nothing was found yet.
///
/// # Errors
/// When the notice that it would replace is none of ours.
pub(super) fn foresee(
    line: &Line,
    plan: &Plan,
    detail: Detail,
    [limit, room]: [usize; 2],
    most: usize,
    so_far: &mut Foresight,
) -> Result<(), Problem> {
    let limit = if so_far.met.is_empty() { limit.min(room) } else { limit };
    let instead_of = replaced(line, plan)?;
    let planned = Planned { kind: plan.kind, volumes: &plan.volumes, instead_of: instead_of.as_ref() };
    line.foresee(&planned, detail, limit, most, so_far);
    Ok(())
}
