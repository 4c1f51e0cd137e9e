//! A plan that nothing is stated of yet, among everything that is live: what is nearest, what is free, which shifts would
//! clear it, and what it changes when it replaces a notice of ours. For our own eyes: it counts with our book.

use axum::Json;
use axum::extract::{Path, State};
use detente_node::sentence::{Language, free_band, free_window, planned_shift};
use detente_node::{CommandFault, Found, Line, OwnShift};
use detente_space::CutShort;
use detente_space::ask::{Changed, Nearest};
use detente_types::{LineId, NoticeId, Precision, StatementRef};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::Api;
use crate::answer::Asked;
use crate::plans::{Plan, PlanForm, plan};
use crate::port::ask;
use crate::problem::{Fault, Problem};
use crate::resolutions::{ShiftView, at_seat, says, shift_view};
use crate::routes::{Answer, find_line, no_line, notice_of_ours};
use crate::view::{MeetingView, RefView, SentenceView, languages};

/// A plan to be looked at.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AroundAsk {
    /// The plan.
    pub plan: PlanForm,
    /// At which precision it would be let out: `exact`, as when it is left out, `1 km` or `10 km`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub release: Option<String>,
}

/// What is round a plan. What would have taken too much work is left out, and `not_answered` says so.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct AroundView {
    /// Whether nothing is in its way; absent where that was not found out.
    pub clear: Option<bool>,
    /// What the search for shifts came to, in words.
    pub says: String,
    /// Shifts that clear it, the best first.
    pub shifts: Vec<ShiftView>,
    /// The other side's nearest activity at its altitudes and times, up to 200 km away.
    pub nearest_theirs: Option<NearView>,
    /// Our own.
    pub nearest_ours: Option<NearView>,
    /// The largest window, as far as the terms let plans be shifted, in which nothing would be in its way.
    pub free_window: Option<FreeWindowView>,
    /// The largest altitude band, likewise.
    pub free_band: Option<FreeBandView>,
    /// What it changes as the next version of `instead_of`: their notices that it meets anew, still, or no more.
    pub changes: Vec<ChangedView>,
    /// What was not answered, each with why.
    pub not_answered: Vec<String>,
}

/// The nearest live notice.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct NearView {
    /// The statement.
    pub statement: RefView,
    /// How near; the plan's volume comes first.
    pub meeting: MeetingView,
    /// What is left of the separation along the earth, metres; negative when that is too close.
    pub margin_m: f64,
    /// The sentence to read aloud, in both languages of the line.
    pub sentences: Vec<SentenceView>,
}

/// When something is free.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct FreeWindowView {
    /// First instant.
    pub from: String,
    /// Last.
    pub until: String,
    /// The sentence to read aloud, in both languages of the line.
    pub sentences: Vec<SentenceView>,
}

/// Which altitudes are free.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct FreeBandView {
    /// Lower altitude, metres.
    pub lower_m: f64,
    /// Upper altitude, metres.
    pub upper_m: f64,
    /// What they are measured from.
    pub datum: String,
    /// The sentence to read aloud, in both languages of the line.
    pub sentences: Vec<SentenceView>,
}

/// A notice of theirs that a next version of ours meets anew, still or no more.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ChangedView {
    /// The statement.
    pub statement: RefView,
    /// `new`, `stays` or `gone`.
    pub change: String,
    /// How they meet after it, or before it where that is gone.
    pub distance_m: f64,
}

/// What is round a plan: whether it is clear, shifts that would clear it, the nearest activity with its margin, and the
/// largest free window and band. Nothing is stated, and nothing of it leaves this node: our exact plans and those held back count.
#[utoipa::path(post, path = "/v1/lines/{line}/plans/around", params(("line" = String, Path)), request_body = AroundAsk, responses((status = 200, body = AroundView), (status = 404, body = Problem), (status = 422, body = Problem)))]
pub(crate) async fn around(
    State(api): State<Api>,
    Path(name): Path<String>,
    Asked(asked): Asked<AroundAsk>,
) -> Answer<AroundView> {
    let precision = precision(asked.release.as_deref())?;
    let plan = plan(&asked.plan)?;
    let (line, plan, instead_of) = ask(&*api.host, move |seat| {
        let id = find_line(seat, &name)?;
        let line = seat.node.line(&id).ok_or_else(|| no_line(&name))?;
        let refused = line.refuses(plan.kind, &plan.volumes, seat.now);
        if !refused.is_empty() {
            return Err(CommandFault::Violations(refused).into());
        }
        let instead_of = plan.instead_of.as_ref().map(|name| notice_of_ours(line, name)).transpose()?;
        Ok::<_, Problem>((id, plan, instead_of))
    })
    .await??;
    let of = About { line, plan: std::sync::Arc::new(plan), precision, instead_of };
    let mut view = AroundView::default();
    search(&api, &of, &mut view).await?;
    for part in [nearest, windows, bands, changes] {
        // Each is a job of its own: nothing else waits for all of them.
        let look = of.clone();
        view = at_seat(&api, move |seat| {
            let line = seat.node.line(&look.line).ok_or_else(|| no_line(&look.line.to_string()))?;
            part(line, seat.now, &look, &mut view);
            Ok(view)
        })
        .await?;
    }
    Ok(Json(view))
}

#[derive(Clone)]
struct About {
    line: LineId,
    plan: std::sync::Arc<Plan>,
    precision: Precision,
    instead_of: Option<NoticeId>,
}

fn precision(release: Option<&str>) -> Result<Precision, Problem> {
    let name = release.unwrap_or("exact");
    let wanted = || format!("release {name:?} is none of {}", Precision::names());
    Precision::from_name(name).ok_or_else(|| Problem::new(Fault::Request, wanted()))
}

async fn search(api: &Api, of: &About, view: &mut AroundView) -> Result<(), Problem> {
    let begin = of.clone();
    let begun = at_seat(api, move |seat| {
        let line = seat.node.line(&begin.line).ok_or_else(|| no_line(&begin.line.to_string()))?;
        Ok(line.search_plan(begin.plan.kind, &begin.plan.volumes, begin.precision, begin.instead_of))
    });
    let Some(mut ongoing) = begun.await? else {
        view.not_answered.push("shifts: the plan cannot be told at this precision within the limits of a notice".into());
        return Ok(());
    };
    loop {
        let look = of.clone();
        let (next, done) = at_seat(api, move |seat| {
            let line = seat.node.line(&look.line).ok_or_else(|| no_line(&look.line.to_string()))?;
            let done = line.search_turn_own(seat.now, &mut ongoing).map(|found| (shifts(line, &look.plan, &found), found));
            Ok((ongoing, done))
        })
        .await?;
        let Some((shifts, found)) = done else {
            ongoing = next;
            continue;
        };
        view.clear = (found.clear || !found.cut_short || !shifts.is_empty()).then_some(found.clear).filter(|_| !found.fixed);
        view.says = says(&found, "our book and what they have disclosed");
        view.shifts = shifts;
        return Ok(());
    }
}

fn shifts(line: &Line, plan: &Plan, found: &Found<OwnShift>) -> Vec<ShiftView> {
    let view = |(number, found): (usize, &OwnShift)| {
        let told = |(tag, language): (String, Language)| {
            let text = planned_shift(plan.kind, found.shift(), found.volumes(), language);
            SentenceView { language: tag, text }
        };
        let sentences = languages(line, line.us()).into_iter().map(told).collect();
        shift_view(number, found.shift(), found.cost(), found.volumes(), sentences)
    };
    (1..).zip(&found.shifts).map(view).collect()
}

fn nearest(line: &Line, _: detente_types::Timestamp, of: &About, view: &mut AroundView) {
    let found = line.nearest(of.plan.kind, &of.plan.volumes, of.instead_of.as_ref());
    if let Some(near) = answered(found, "the nearest activity", view) {
        view.nearest_theirs = near.theirs.map(|near| near_view(line, &near));
        view.nearest_ours = near.ours.map(|near| near_view(line, &near));
    }
}

fn windows(line: &Line, now: detente_types::Timestamp, of: &About, view: &mut AroundView) {
    let (Some(within), _) = line.room(now, of.plan.kind, &of.plan.volumes) else { return };
    let found = line.free_window(of.plan.kind, &of.plan.volumes, of.instead_of, within);
    let free = answered(found, "the free window", view).flatten();
    view.free_window = free.map(|free| FreeWindowView {
        from: free.start().to_string(),
        until: free.end().to_string(),
        sentences: spoken(line, |language| Some(free_window(language, &free))),
    });
}

fn bands(line: &Line, now: detente_types::Timestamp, of: &About, view: &mut AroundView) {
    let (_, Some(within)) = line.room(now, of.plan.kind, &of.plan.volumes) else { return };
    let found = line.free_band(of.plan.kind, &of.plan.volumes, of.instead_of, within);
    let free = answered(found, "the free altitudes", view).flatten();
    view.free_band = free.map(|free| FreeBandView {
        lower_m: free.lower().as_f64(),
        upper_m: free.upper().as_f64(),
        datum: free.datum().name().into(),
        sentences: spoken(line, |language| Some(free_band(language, &free))),
    });
}

fn changes(line: &Line, _: detente_types::Timestamp, of: &About, view: &mut AroundView) {
    let Some(id) = of.instead_of else { return };
    let found = line.changes(&id, &of.plan.volumes);
    let changed = answered(found, "what the next version changes", view).flatten().unwrap_or_default();
    view.changes = changed.iter().filter_map(changed_view).collect();
}

fn changed_view(changed: &Changed<StatementRef>) -> Option<ChangedView> {
    let find = changed.after.as_ref().or(changed.before.as_ref())?;
    let change = if changed.is_new() {
        "new"
    } else if changed.is_gone() {
        "gone"
    } else {
        "stays"
    };
    let distance_m = find.meeting.distance.as_f64();
    Some(ChangedView { statement: (&changed.key).into(), change: change.into(), distance_m })
}

fn near_view(line: &Line, near: &Nearest<StatementRef>) -> NearView {
    let volumes = [near.find.pair.asked, near.find.pair.found];
    let meeting = detente_types::conflict::VolumeMeeting { volumes, meeting: near.find.meeting.clone() };
    NearView {
        statement: (&near.find.pair.key).into(),
        meeting: (&meeting).into(),
        margin_m: near.margin.as_f64(),
        sentences: spoken(line, |language| line.near_sentence(near, language)),
    }
}

fn spoken(line: &Line, say: impl Fn(Language) -> Option<String>) -> Vec<SentenceView> {
    let told = |(tag, language): (String, Language)| Some(SentenceView { language: tag, text: say(language)? });
    languages(line, line.us()).into_iter().filter_map(told).collect()
}

/// What was answered; otherwise the view says that it was not.
fn answered<T>(found: Result<T, CutShort>, what: &str, view: &mut AroundView) -> Option<T> {
    found.map_err(|cut| view.not_answered.push(format!("{what}: {cut}"))).ok()
}
