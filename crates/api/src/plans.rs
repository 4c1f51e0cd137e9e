//! Plans that are checked against what is live on a line before they are stated: one, or many at once.

use axum::Json;
use axum::extract::{Path, State};
use detente_gateway::{Problems, VolumeForm};
use detente_node::sentence::Language;
use detente_node::{Foresight, Line};
use detente_space::law1::kinds_meet;
use detente_types::notice::{NOTICE_VERTICES_MAX, VOLUMES_MAX};
use detente_types::{LineId, NoticeKind, StatementRef, Volume, VolumeIn};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::Api;
use crate::answer::Asked;
use crate::port::{Seat, ask};
use crate::problem::{Detail, Fault, Problem};
use crate::routes::{Answer, find_line, no_line, notice_of_ours};
use crate::view::{MeetingView, RefView, SentenceView, languages, side};

/// Plans that one job looks at: the line waits for no more of them.
const SHARE: usize = 1;
/// Most plans of one request.
const PLANS_MAX: usize = 1_024;
/// Conflicts that are told of one plan when nobody says how many, and the most.
const CONFLICTS: usize = 20;
const CONFLICTS_MAX: usize = 1_000;

/// Plans to be checked.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PlansAsk {
    /// At most 1,024.
    pub plans: Vec<PlanForm>,
    /// Conflicts to be told of each plan, at most 1,000; 20 when it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<usize>,
}

/// One plan.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PlanForm {
    /// The kind that it would be stated as: `operation`, `movement`, ….
    pub kind: String,
    /// Where, how high, when.
    pub volumes: Vec<VolumeForm>,
    /// A notice of ours that it would replace: what is live of that is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instead_of: Option<String>,
}

/// What one plan would meet.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct PlanView {
    /// Under the line's law and terms: theirs as they disclosed them, then our own, each in the order of the log.
    pub conflicts: Vec<PlanConflictView>,
    /// Whether there is, or may be, more.
    pub more: bool,
}

/// A live notice that a plan would meet.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct PlanConflictView {
    /// The statement.
    pub statement: RefView,
    /// Whose it is: `ours` or `theirs`.
    pub by: String,
    /// Its notice.
    pub notice: String,
    /// How they meet; the plan's volume comes first.
    pub meeting: MeetingView,
    /// The sentence to read aloud, in both languages of the line.
    pub sentences: Vec<SentenceView>,
}

/// A plan that has passed the rules of a single volume. What only a line can refuse, its area or a datum without bounds,
/// is said when it is stated.
pub(crate) struct Plan {
    pub(crate) kind: NoticeKind,
    pub(crate) volumes: Vec<Volume>,
    pub(crate) instead_of: Option<String>,
}

/// What plans would meet among what is live on the line. Nothing is stated, and nothing of it leaves this node.
#[utoipa::path(post, path = "/v1/lines/{line}/plans", params(("line" = String, Path)), request_body = PlansAsk, responses((status = 200, body = Vec<PlanView>), (status = 404, body = Problem), (status = 422, body = Problem)))]
pub(crate) async fn plans(
    State(api): State<Api>,
    Path(name): Path<String>,
    Asked(asked): Asked<PlansAsk>,
) -> Answer<Vec<PlanView>> {
    if asked.plans.len() > PLANS_MAX {
        return Err(Problem::new(Fault::TooLarge, format!("{} plans; at most {PLANS_MAX} at once", asked.plans.len())));
    }
    let limit = asked.limit.unwrap_or(CONFLICTS).min(CONFLICTS_MAX);
    // Judging a thousand shapes takes a while: not where others are served.
    let read = tokio::task::spawn_blocking(move || read(asked.plans)).await;
    let mut plans =
        read.map_err(|_| Problem::new(Fault::Unavailable, "the plans were not judged: the node is stopping"))??.into_iter();
    let line = ask(&*api.host, move |seat| find_line(seat, &name)).await??;
    let mut views = Vec::with_capacity(plans.len());
    loop {
        let share: Vec<Plan> = plans.by_ref().take(SHARE).collect();
        if share.is_empty() {
            return Ok(Json(views));
        }
        views.extend(ask(&*api.host, move |seat| foreseen(seat, &line, &share, limit)).await??);
    }
}

/// All plans, or all that is wrong with them.
fn read(forms: Vec<PlanForm>) -> Result<Vec<Plan>, Problem> {
    let (mut plans, mut details) = (Vec::with_capacity(forms.len()), Vec::new());
    for (i, form) in forms.iter().enumerate() {
        match plan(form) {
            Ok(plan) => plans.push(plan),
            Err(problem) => {
                let placed = |detail: Detail| Detail { at: format!("plans[{i}].{}", detail.at), ..detail };
                details.extend(problem.details.into_iter().map(placed));
            }
        }
    }
    if details.is_empty() {
        return Ok(plans);
    }
    Err(Problem::new(Fault::Rules, format!("{} problem(s); nothing was checked", details.len())).with(details))
}

pub(crate) fn plan(form: &PlanForm) -> Result<Plan, Problem> {
    let mut problems = Problems::default();
    let kind = problems.named("kind", &form.kind, NoticeKind::from_name, NoticeKind::names);
    let mut read: Vec<Option<VolumeIn>> = Vec::with_capacity(form.volumes.len());
    for (i, volume) in form.volumes.iter().enumerate() {
        let mut inner = Problems::default();
        read.push(volume.to_volume(&mut inner));
        problems.extend_inside(&format!("volumes[{i}]"), inner);
    }
    let vertices: usize = read.iter().flatten().flat_map(|v| &v.rings).map(Vec::len).sum();
    if form.volumes.is_empty() || form.volumes.len() > VOLUMES_MAX || vertices > NOTICE_VERTICES_MAX {
        let found = format!("{} volumes with {vertices} vertices", form.volumes.len());
        problems.take(
            "volumes",
            &found,
            None::<()>,
            &format!("1 to {VOLUMES_MAX} volumes with {NOTICE_VERTICES_MAX} vertices in all"),
        );
    }
    if let Some(kind) = kind.filter(|kind| !kinds_meet(*kind, NoticeKind::Operation)) {
        problems.take("kind", kind.name(), None::<()>, "a kind that can be in conflict");
    }
    let (Some(kind), true) = (kind, problems.is_empty()) else {
        return Err(problems.into());
    };
    let judged = read
        .into_iter()
        .flatten()
        .enumerate()
        .map(|(i, volume)| Volume::try_from(&volume).map_err(|violation| violation.inside(&format!("volumes[{i}]"))));
    let (volumes, violations): (Vec<_>, Vec<_>) = judged.partition(Result::is_ok);
    let violations: Vec<_> = violations.into_iter().filter_map(Result::err).collect();
    if !violations.is_empty() {
        return Err(detente_node::CommandFault::Violations(violations).into());
    }
    Ok(Plan { kind, volumes: volumes.into_iter().filter_map(Result::ok).collect(), instead_of: form.instead_of.clone() })
}

fn foreseen(seat: &Seat<'_>, id: &LineId, plans: &[Plan], limit: usize) -> Result<Vec<PlanView>, Problem> {
    let line = seat.node.line(id).ok_or_else(|| no_line(&id.to_string()))?;
    let foresee = |plan: &Plan| {
        let replaced = plan.instead_of.as_ref().map(|name| notice_of_ours(line, name)).transpose()?;
        let foresight = line.foresee(plan.kind, &plan.volumes, replaced.as_ref(), limit);
        Ok(view(line, plan.kind, &foresight))
    };
    plans.iter().map(foresee).collect()
}

fn view(line: &Line, kind: NoticeKind, foresight: &Foresight) -> PlanView {
    let us = line.us();
    let conflict = |(at, meeting): &(StatementRef, _)| {
        let told = |(tag, language): (String, Language)| {
            let text = line.foreseen_sentence(kind, at, meeting, language)?;
            Some(SentenceView { language: tag, text })
        };
        Some(PlanConflictView {
            statement: at.into(),
            by: side(at.author == us),
            notice: line.notice(at)?.notice.id().to_string(),
            meeting: meeting.into(),
            sentences: languages(line, us).into_iter().filter_map(told).collect(),
        })
    };
    PlanView { conflicts: foresight.meetings.iter().filter_map(conflict).collect(), more: foresight.more }
}
