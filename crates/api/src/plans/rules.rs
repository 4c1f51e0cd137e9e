//! The line's own rules for plans: what would be refused if they were stated is told before anything is looked for.

use detente_node::{CommandFault, Line};
use detente_types::{LineId, Timestamp};

use super::Plan;
use crate::Api;
use crate::port::ask;
use crate::problem::{Detail, Fault, Problem};
use crate::routes::{find_line, no_line};

/// What one job judges at most, in vertices that are held against a corner of the line's area: about a millisecond.
const SHARE: usize = 1 << 17;
/// What a plan costs besides.
const PLAN_COST: usize = 64;

/// How far the judging has come.
#[derive(Default)]
struct Judging {
    next: usize,
    details: Vec<Detail>,
}

impl Judging {
    /// Goes on for a share; whether there is more.
    fn share(&mut self, line: &Line, now: Timestamp, plans: &[Plan]) -> bool {
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
        self.next < plans.len()
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

/// Plans that could be stated on the line of a name, and which line it is.
///
/// # Errors
/// When there is no such line; otherwise all rules that any of the plans breaks.
pub(super) async fn judged(api: &Api, name: String, plans: Vec<Plan>) -> Result<(LineId, Vec<Plan>), Problem> {
    let mut state = (name, plans, Judging::default());
    loop {
        let job = ask(&*api.host, move |seat| {
            let (name, plans, mut judging) = state;
            let id = find_line(seat, &name)?;
            let line = seat.node.line(&id).ok_or_else(|| no_line(&name))?;
            let more = judging.share(line, seat.now, &plans);
            Ok::<_, Problem>((id, more, (name, plans, judging)))
        });
        let (line, more, judged) = job.await??;
        state = judged;
        if !more {
            let (_, plans, judging) = state;
            return if judging.details.is_empty() { Ok((line, plans)) } else { Err(refusal(judging.details)) };
        }
    }
}
