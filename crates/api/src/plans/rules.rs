//! The line's own rules for plans: what would be refused if they were stated is told before anything is looked for.

use detente_node::{CommandFault, Line};
use detente_types::Timestamp;

use super::Plan;
use crate::problem::{Detail, Fault, Problem};

/// What one job judges at most, in vertices that are held against a corner of the line's area: about a millisecond.
const SHARE: usize = 1 << 17;
/// What a plan costs besides.
const PLAN_COST: usize = 64;

/// What a share of judging came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Judged {
    /// There are plans that were not judged yet.
    More,
    /// All could be stated.
    All,
}

/// How far the judging has come.
#[derive(Default)]
pub(super) struct Judging {
    next: usize,
    details: Vec<Detail>,
}

impl Judging {
    /// Goes on for a share.
    ///
    /// # Errors
    /// When all are judged: all rules that any of the plans breaks.
    pub(super) fn share(&mut self, line: &Line, now: Timestamp, plans: &[Plan]) -> Result<Judged, Problem> {
        let corners = line.terms().input().area.corners_e7.len().max(1);
        let mut spent = 0;
        while let Some(plan) = plans.get(self.next)
            && spent < SHARE
        {
            let vertices: usize = plan.volumes.iter().map(|volume| volume.footprint.vertices().count()).sum();
            spent += PLAN_COST + vertices * corners;
            let found = line.refuses(plan.kind, &plan.volumes, now);
            self.details.extend(placed(self.next, CommandFault::Violations(found).into()));
            self.next += 1;
        }
        match (self.next < plans.len(), self.details.is_empty()) {
            (true, _) => Ok(Judged::More),
            (false, true) => Ok(Judged::All),
            (false, false) => Err(refusal(core::mem::take(&mut self.details))),
        }
    }
}

/// All that is wrong with a plan, by its place in the request. A plan has no validity of its own: it is that of its volumes.
pub(super) fn placed(plan: usize, problem: Problem) -> impl Iterator<Item = Detail> {
    problem.details.into_iter().map(move |detail| {
        let at = if detail.at.starts_with("valid_") { "volumes" } else { &detail.at };
        Detail { at: format!("plans[{plan}].{at}"), ..detail }
    })
}

/// That nothing was checked, and why.
pub(super) fn refusal(details: Vec<Detail>) -> Problem {
    Problem::new(Fault::Rules, format!("{} problem(s); nothing was checked", details.len())).with(details)
}
