//! The ground of what plans would meet: noted where the node is asked, drawn away from it, and bounded.

use detente_node::{Foreseen, Line};
use detente_types::Volume;
use detente_types::conflict::VolumeMeeting;

use super::{Plan, PlanView};
use crate::ground::{Gates, PairGroundView, left_out};
use crate::problem::{Fault, Problem};

/// Conflicts whose ground is drawn, of one plan and of all plans of a request: the first.
const OF_PLAN_MAX: usize = 16;
const OF_REQUEST_MAX: usize = 256;

/// Whose ground is to be drawn.
#[derive(Default)]
pub(super) struct Grounds {
    gates: Option<Gates>,
    pairs: Vec<Pair>,
}

/// A conflict of a plan, with all that its ground is drawn from but the plan's own volume.
struct Pair {
    /// The plan, and which of its conflicts.
    place: [usize; 2],
    other: Volume,
    met: VolumeMeeting,
}

impl Grounds {
    /// Notes a conflict of a plan, by its place among them: the other's volume is copied. Beyond the bounds, that it is left out.
    pub(super) fn take(&mut self, line: &Line, place: [usize; 2], foreseen: &Foreseen) -> Option<PairGroundView> {
        let Foreseen { with, volumes, meeting } = foreseen;
        if place[1] >= OF_PLAN_MAX || self.pairs.len() >= OF_REQUEST_MAX {
            return Some(left_out(*volumes));
        }
        self.gates.get_or_insert_with(|| Gates::of(line.terms()));
        let other = line.live_notice(with)?.volumes().get(usize::from(volumes[1]))?.clone();
        self.pairs.push(Pair { place, other, met: VolumeMeeting { volumes: *volumes, meeting: meeting.clone() } });
        None
    }

    /// Draws what was noted into what was found. It may take a while: not where others are served.
    pub(super) async fn draw(self, plans: Vec<Plan>, mut found: Vec<PlanView>) -> Result<Vec<PlanView>, Problem> {
        let Some(gates) = self.gates else { return Ok(found) };
        let stopping = |_| Problem::new(Fault::Unavailable, "the ground was not drawn: the node is stopping");
        let drawn = tokio::task::spawn_blocking(move || {
            for Pair { place: [plan, conflict], other, met } in self.pairs {
                let own = plans.get(plan).and_then(|plan| plan.volumes.get(usize::from(met.volumes[0])));
                let told = found.get_mut(plan).and_then(|view| view.conflicts.as_mut()?.get_mut(conflict));
                if let Some((own, told)) = own.zip(told) {
                    told.ground = Some(gates.ground(&met, [own, &other]));
                }
            }
            found
        });
        drawn.await.map_err(stopping)
    }
}
