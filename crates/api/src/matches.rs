//! Blind matching on a line: what it has come to, and what an officer does about it.
//!
//! A blind conflict is for our own eyes: what is rendered here leaves the node only by an officer's command to show it.

use axum::extract::{Extension, Path, Query, State};
use detente_gateway::VolumeForm;
use detente_gateway::form::TextForm;
use detente_node::blind::{BlindConflict, BlindView, Budget, Ended, RunState, RunView, UnderWay, cells_are};
use detente_node::{Command, Line};
use detente_types::statement::{BlindReason, BlindRunIn};
use detente_types::{BlindConflictId, Notice, Timestamp, VolumeIn, Window};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::Api;
use crate::answer::Asked;
use crate::ask::Done;
use crate::auth::Officer;
use crate::give::act;
use crate::problem::{Fault, Problem};
use crate::routes::{Answer, CONFLICTS_PAGE, PageOf, look, only, statement, text};
use crate::view::RefView;

/// The latest runs that are shown.
const RUNS: usize = 20;

/// Blind matching on a line.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct MatchesView {
    /// When the next fixed run is due, RFC 3339; absent when the terms have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
    /// Minutes between fixed runs; 0 for none.
    pub every_min: u32,
    /// What a run tells: `cells` or `count`.
    pub mode: String,
    /// Whether answers are proved.
    pub verified: bool,
    /// Places of every set: the most cells that a side can probe in a run.
    pub places: u64,
    /// How far ahead a run looks, minutes.
    pub ahead_min: u32,
    /// About how many cells of the grid a run looks at, whoever is in them.
    pub domain: u64,
    /// Whether the terms name an auditor. Without one no audit is possible.
    pub auditable: bool,
    /// What we have spent on this day, UTC.
    pub ours: BudgetView,
    /// What they have.
    pub theirs: BudgetView,
    /// Where only their number was told: how many cells are common, while the time that the run looked at is not over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub common: Option<CommonView>,
    /// What is not known here of the newest run whose result this node does not have, in words: while there is such a run, no
    /// conflict is not the same as nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unknown: Option<String>,
    /// What is under way here.
    pub under_way: Vec<UnderWayView>,
    /// The latest runs of the joint record, up to 20, the newest first.
    pub runs: Vec<MatchView>,
}

/// How many cells a run found to be common. Which ones is not told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CommonView {
    /// Which run: its fixed time, RFC 3339, or the hash of the asking.
    pub run: String,
    /// Its time, RFC 3339.
    pub at: String,
    /// How many, above 0.
    pub cells: u32,
}

/// What one side has spent of its budget on this day, UTC.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct BudgetView {
    /// Extra runs that it has asked for.
    pub asked: u32,
    /// How many of those the terms allow.
    pub asked_most: u32,
    /// Runs that it has committed to.
    pub runs: u32,
    /// Places of their sets together: the most cells that it can have probed.
    pub places: u64,
    /// These places as a share of the domain: 1 is all of it once.
    pub share: f64,
}

/// A run that is under way here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct UnderWayView {
    /// Which: its fixed time, RFC 3339, or the hash of the asking.
    pub run: String,
    /// Since when, RFC 3339.
    pub since: String,
    /// How far it has come, in words.
    pub step: String,
}

/// A run of the joint record.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct MatchView {
    /// Which: its fixed time, RFC 3339, or the hash of the asking.
    pub run: String,
    /// Its time, RFC 3339, where it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<String>,
    /// The asking, when it was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asked: Option<RefView>,
    /// `under-way`, `done`, `differs` (both reached the end and sealed different results) or `ended` (before its time).
    pub state: String,
    /// The same in words, with why.
    pub says: String,
    /// How many cells were found to be common, where this node still has that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub found: Option<u32>,
    /// Whether we sealed our seed to the auditor; absent before we committed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub auditable_ours: Option<bool>,
    /// Whether they did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub auditable_theirs: Option<bool>,
    /// How it ended for us.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ours: Option<EndView>,
    /// How it ended for them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub theirs: Option<EndView>,
}

/// How a run ended for one side, as it says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct EndView {
    /// When, by its clock, RFC 3339.
    pub claimed: String,
    /// Whether it reached the end, with a seal over what it found.
    pub sealed: bool,
    /// Ended before its time: at which step: `hello`, `commit`, `first message`, `release`, `result`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub step: Option<String>,
    /// Ended before its time: why: `fault`, `timeout`, `officer`, `line`, `machine`, `left`, `untimely`, `class`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Desk, as its party claims.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub desk: Option<String>,
    /// Officer, as its party claims.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub officer: Option<String>,
}

/// Something of theirs may come too close to a plan of ours, for they share a cell: where and when, and nothing else. Only we see it so.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct BlindConflictView {
    /// Its name on this side, hex.
    pub id: String,
    /// The latest run that found it.
    pub run: String,
    /// Our plan, hex.
    pub notice: String,
    /// What it is: it may be in the book alone, and in no list.
    pub plan: BlindPlanView,
    /// How many cells are common.
    pub cells: usize,
    /// Whether the other side sealed the same result; absent while it has sealed nothing, or ended the run before that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agrees: Option<bool>,
    /// Where, how high and when: the colliding part only; it covers the common cells.
    pub volumes: Vec<VolumeForm>,
    /// Our notice that shows this part, hex, once an officer has let it out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shown: Option<String>,
    /// Our notice that showed this part and was changed since, hex: what was agreed about it is still to be done to the plan itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub changed: Option<String>,
    /// Their askings to show it.
    pub asked: Vec<RefView>,
}

/// A plan of ours, as much of it as an officer knows it by.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct BlindPlanView {
    /// Its kind.
    pub kind: String,
    /// Its title.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Its call sign.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub call_sign: Option<String>,
    /// When the first of it begins, RFC 3339.
    pub from: String,
    /// When the last of it ends, RFC 3339.
    pub until: String,
}

/// Asks for something about blind matching.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MatchAsk {
    /// Why, in words: it stands in the log, and the other side reads it.
    #[serde(default)]
    pub reason: Option<TextForm>,
}

/// Stops a run that is under way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct StopAsk {
    /// Which: its fixed time, RFC 3339, or the hash of the asking, or enough of that.
    pub run: String,
}

/// Blind matching as it stands: the next run, what each side has spent of its budget as a share of the domain, and the latest
/// runs with how they ended.
#[utoipa::path(get, path = "/v1/lines/{line}/matches", params(("line" = String, Path)), responses((status = 200, body = MatchesView), (status = 404, body = Problem)))]
pub(crate) async fn matches(State(api): State<Api>, Path(name): Path<String>) -> Answer<MatchesView> {
    look(&api, name, |line, now| matches_view(line, line.blind(now, RUNS), now)).await
}

/// Asks for a blind run now, beyond the fixed ones: it costs budget. It is refused when none is left, or when the line cannot
/// carry it.
#[utoipa::path(post, path = "/v1/lines/{line}/matches", params(("line" = String, Path)), request_body = MatchAsk, responses((status = 200, body = Done), (status = 404, body = Problem), (status = 409, body = Problem)))]
pub(crate) async fn run_match(
    State(api): State<Api>,
    Extension(officer): Extension<Officer>,
    Path(name): Path<String>,
    Asked(asked): Asked<MatchAsk>,
) -> Answer<Done> {
    act(&api, officer, name, |_| Ok(Command::RunBlind(asked.reason.map(text)))).await
}

/// Stops a blind run that is under way. That it was stopped, at which step and by whom stands in the log.
#[utoipa::path(post, path = "/v1/lines/{line}/matches/stops", params(("line" = String, Path)), request_body = StopAsk, responses((status = 200, body = Done), (status = 404, body = Problem)))]
pub(crate) async fn stop_match(
    State(api): State<Api>,
    Extension(officer): Extension<Officer>,
    Path(name): Path<String>,
    Asked(asked): Asked<StopAsk>,
) -> Answer<Done> {
    act(&api, officer, name, move |line| Ok(Command::StopBlind(run_of(line, &asked.run)?))).await
}

fn run_of(line: &Line, name: &str) -> Result<BlindRunIn, Problem> {
    match Timestamp::parse(name) {
        Some(at) => Ok(BlindRunIn::at(at)),
        None => Ok(BlindRunIn::asked(statement(line, name)?)),
    }
}

/// What stands of what runs found (docs/spec/matching.md, section 4), by plan of ours: the colliding part only. Only we see it.
/// By name, a page of up to 200; the next page begins `after` the last name of this one, and an empty page is the end.
#[utoipa::path(get, path = "/v1/lines/{line}/matches/conflicts", params(("line" = String, Path), ("after" = Option<String>, Query)), responses((status = 200, body = Vec<BlindConflictView>), (status = 400, body = Problem), (status = 404, body = Problem)))]
pub(crate) async fn blind_conflicts(
    State(api): State<Api>,
    Path(name): Path<String>,
    Query(page): Query<PageOf>,
) -> Answer<Vec<BlindConflictView>> {
    let bad = |after: &String| Problem::new(Fault::Request, format!("{after:?} is no name of a blind conflict"));
    let after = page.after.as_ref().map(|after| BlindConflictId::parse(after).ok_or_else(|| bad(after))).transpose()?;
    look(&api, name, move |line, _| {
        let conflicts = line.blind_conflicts_after(after.as_ref(), CONFLICTS_PAGE);
        conflicts.iter().filter_map(|conflict| conflict_view(line, conflict)).collect()
    })
    .await
}

/// Shows the other side the colliding part of our plan, and no more, as a notice of its own at the finest precision of the
/// terms. What is then found is a conflict like any.
#[utoipa::path(post, path = "/v1/lines/{line}/matches/conflicts/{conflict}/show", params(("line" = String, Path), ("conflict" = String, Path)), responses((status = 200, body = Done), (status = 404, body = Problem), (status = 409, body = Problem)))]
pub(crate) async fn show(
    State(api): State<Api>,
    Extension(officer): Extension<Officer>,
    Path((name, conflict)): Path<(String, String)>,
) -> Answer<Done> {
    act(&api, officer, name, move |line| Ok(Command::ShowBlind(conflict_of(line, &conflict)?))).await
}

/// Asks the other side to show what it has in the common cells. They are named by their places in the result, which only both
/// sides of the run can read.
#[utoipa::path(post, path = "/v1/lines/{line}/matches/conflicts/{conflict}/ask", params(("line" = String, Path), ("conflict" = String, Path)), request_body = MatchAsk, responses((status = 200, body = Done), (status = 404, body = Problem), (status = 409, body = Problem)))]
pub(crate) async fn ask_to_show(
    State(api): State<Api>,
    Extension(officer): Extension<Officer>,
    Path((name, conflict)): Path<(String, String)>,
    Asked(asked): Asked<MatchAsk>,
) -> Answer<Done> {
    act(&api, officer, name, move |line| {
        Ok(Command::AskBlind { conflict: conflict_of(line, &conflict)?, reason: asked.reason.map(text) })
    })
    .await
}

fn conflict_of(line: &Line, name: &str) -> Result<BlindConflictId, Problem> {
    only("blind conflict", name, line.blind_conflict_ids().into_iter())
}

/// How a run is called: its fixed time, or the hash of the asking.
pub fn run_name(run: &BlindRunIn) -> String {
    match run.asked {
        Some(asked) => asked.hash.to_string(),
        None => run.to_string(),
    }
}

/// What tells how old a result is that this node does not have.
#[derive(Clone, Copy)]
struct Age {
    now: Timestamp,
    ahead_us: i64,
    /// The time of the latest run whose result is here and sealed by both alike: no other supersedes one.
    known: Option<Timestamp>,
}

impl Age {
    fn of(line: &Line, view: &BlindView, now: Timestamp) -> Self {
        let agreed = line.blind_found().filter(|(.., agrees)| *agrees == Some(true));
        let known = agreed.filter_map(|(run, ..)| line.blind_run(&run)?.at).max();
        Self { now, ahead_us: i64::from(view.ahead_min) * 60_000_000, known }
    }

    /// Whether the time that a run looks at is over.
    fn is_over(&self, at: Timestamp) -> bool {
        at.plus_micros(self.ahead_us) <= self.now
    }

    /// Whether a result that is not here may matter: it is of no past, and no later one that both sealed alike is here.
    fn matters(&self, at: Option<Timestamp>) -> bool {
        at.is_some_and(|at| !self.is_over(at) && self.known <= Some(at))
    }

    /// What is said of a result that is not here.
    fn unknown(&self, at: Option<Timestamp>) -> String {
        match at {
            Some(_) if self.matters(at) => format!(", but what it {NOT_KNOWN}"),
            Some(at) if !self.is_over(at) => ": what it found is not kept here, and a later run says what is so since".into(),
            _ => ": what was found is not kept any more".into(),
        }
    }
}

/// What is said of a result that may matter and is not here, whyever it is not.
const NOT_KNOWN: &str = "found is NOT KNOWN HERE: the next fixed run tells it, or ask for one while the budget lasts";

/// What only a number is told of, and is not over.
fn common(line: &Line, age: &Age) -> Option<CommonView> {
    let (run, cells) = line.blind_common()?;
    let at = line.blind_run(&run)?.at.filter(|at| !age.is_over(*at))?;
    Some(CommonView { run: run_name(&run), at: at.to_string(), cells })
}

/// The newest of these runs whose result may matter and is not here.
fn unknown(runs: &[RunView], side: usize, age: &Age) -> Option<String> {
    let lacks = |run: &&RunView| run.found.is_none() && has_result(run, side) && age.matters(run.at);
    let at = runs.iter().find(lacks)?.at?;
    Some(format!("what the run of {at} {NOT_KNOWN}"))
}

/// Whether this side came to a result of a run, which it may have lost since.
fn has_result(run: &RunView, side: usize) -> bool {
    let sealed = run.record.ended[side].as_ref().is_some_and(|ended| ended.said.seal.is_some());
    sealed || matches!(run.state, RunState::Done | RunState::Differs)
}

fn matches_view(line: &Line, view: BlindView, now: Timestamp) -> MatchesView {
    let age = Age::of(line, &view, now);
    let side = usize::from(line.us() > line.them());
    let (common, unknown) = (common(line, &age), unknown(&view.runs, side, &age));
    let [ours, theirs] = view.budget.map(|budget| BudgetView::from(&budget));
    MatchesView {
        next: view.next.map(|at| at.to_string()),
        every_min: view.every_min,
        mode: view.mode,
        verified: view.verified,
        places: view.places,
        ahead_min: view.ahead_min,
        domain: view.domain,
        auditable: view.auditable,
        ours,
        theirs,
        common,
        unknown,
        under_way: view.under_way.iter().map(UnderWayView::from).collect(),
        runs: view.runs.iter().map(|run| match_view(side, run, &age)).collect(),
    }
}

impl From<&Budget> for BudgetView {
    fn from(budget: &Budget) -> Self {
        let share = budget.share();
        Self { asked: budget.asked, asked_most: budget.asked_most, runs: budget.runs, places: budget.places, share }
    }
}

impl From<&UnderWay> for UnderWayView {
    fn from(under_way: &UnderWay) -> Self {
        let UnderWay { run, since, step } = under_way;
        Self { run: run_name(run), since: since.to_string(), step: step.clone() }
    }
}

impl From<&Ended> for EndView {
    fn from(ended: &Ended) -> Self {
        let said = &ended.said;
        Self {
            claimed: ended.claimed.to_string(),
            sealed: said.seal.is_some(),
            step: said.step.map(|step| step_name(step).to_owned()),
            reason: said.reason.map(|code| reason_name(code).to_owned()),
            desk: said.desk.clone(),
            officer: said.officer.clone(),
        }
    }
}

/// A blind conflict with what our plan is; none when the plan is off.
fn conflict_view(line: &Line, conflict: &BlindConflict) -> Option<BlindConflictView> {
    Some(BlindConflictView {
        id: conflict.id.to_string(),
        run: run_name(&conflict.run),
        notice: conflict.notice.to_string(),
        plan: plan_view(line.blind_plan(&conflict.notice)?)?,
        cells: conflict.cells.len(),
        agrees: conflict.agrees,
        volumes: conflict.volumes.iter().map(|volume| VolumeForm::from(&VolumeIn::from(volume))).collect(),
        shown: conflict.shown.map(|part| part.to_string()),
        changed: conflict.changed.map(|part| part.to_string()),
        asked: conflict.asked.iter().map(RefView::from).collect(),
    })
}

/// None for a plan without volumes, which shares no cell.
fn plan_view(plan: &Notice) -> Option<BlindPlanView> {
    let windows = || plan.volumes().iter().map(|volume| &volume.window);
    Some(BlindPlanView {
        kind: plan.kind().to_string(),
        title: plan.input().title.clone(),
        call_sign: plan.input().call_sign.clone(),
        from: windows().map(Window::start).min()?.to_string(),
        until: windows().map(Window::end).max()?.to_string(),
    })
}

/// A run, as seen by the side of so many: the party with the lower ID is 0.
fn match_view(side: usize, run: &RunView, age: &Age) -> MatchView {
    let end = |side: usize| run.record.ended[side].as_ref().map(EndView::from);
    let (ours, theirs) = (end(side), end(1 - side));
    MatchView {
        run: run_name(&run.run),
        at: run.at.map(|at| at.to_string()),
        asked: run.run.asked.as_ref().map(RefView::from),
        state: state_name(run.state).into(),
        says: run_says(run, side, age),
        found: run.found,
        auditable_ours: run.auditable[0],
        auditable_theirs: run.auditable[1],
        ours,
        theirs,
    }
}

fn run_says(run: &RunView, side: usize, age: &Age) -> String {
    let whose = if run.state == RunState::Done { "" } else { " by what we found" };
    let found = match run.found {
        Some(count) => format!(": {} common{whose}", cells_are(count)),
        None if has_result(run, side) => age.unknown(run.at),
        None => String::new(),
    };
    match run.state {
        RunState::UnderWay => format!("under way{found}"),
        RunState::Done => format!("done{found}"),
        RunState::Differs => format!("done, and the sides sealed different results{found}"),
        RunState::Ended => format!("before its time: {}{found}", ends_words(run, side)),
    }
}

/// Who ended a run before its time, and why.
fn ends_words(run: &RunView, side: usize) -> String {
    let said = |(whose, side): (&str, usize)| {
        let end = run.record.ended[side].as_ref().map(EndView::from)?;
        Some(format!("{whose} ended it at {} ({})", end.step?, end.reason?))
    };
    let said: Vec<String> = [("we", side), ("they", 1 - side)].into_iter().filter_map(said).collect();
    said.join("; ")
}

const fn state_name(state: RunState) -> &'static str {
    match state {
        RunState::UnderWay => "under-way",
        RunState::Done => "done",
        RunState::Differs => "differs",
        RunState::Ended => "ended",
    }
}

const fn step_name(step: u8) -> &'static str {
    match step {
        0 => "hello",
        1 => "commit",
        2 => "first message",
        3 => "release",
        _ => "result",
    }
}

fn reason_name(code: u8) -> &'static str {
    BlindReason::from_code(code).map_or("unknown", BlindReason::name)
}

#[cfg(test)]
mod tests;
