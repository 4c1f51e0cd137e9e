//! Blind matching on a line: what it has come to, and what an officer does about it.
//!
//! A blind conflict is for our own eyes: what is rendered here leaves the node only by an officer's command to show it.

use axum::extract::{Extension, Path, Query, State};
use detente_gateway::VolumeForm;
use detente_gateway::form::TextForm;
use detente_node::blind::{BlindConflict, BlindView, Budget, Ended, RunState, RunView, UnderWay};
use detente_node::{Command, Line};
use detente_types::statement::{BlindReason, BlindRunIn};
use detente_types::{BlindConflictId, Notice, PartyId, Timestamp, VolumeIn, Window};
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
    /// In mode `count`: how many cells are common with the latest run, where there are any and the time that it looked at is
    /// not over. Which ones is not told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub common: Option<u32>,
    /// What is under way here.
    pub under_way: Vec<UnderWayView>,
    /// The latest runs of the joint record, up to 20, the newest first.
    pub runs: Vec<MatchView>,
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

/// What the latest run that reached its end found, by plan of ours: the colliding part only. Only we see it. By name, a page of
/// up to 200; the next page begins `after` the last name of this one, and an empty page is the end.
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

/// So many cells in words, with the verb.
pub fn cells_are(count: u32) -> String {
    if count == 1 { "1 cell is".into() } else { format!("{count} cells are") }
}

/// What tells how old a result is that this node does not have.
#[derive(Clone, Copy)]
struct Age {
    now: Timestamp,
    ahead_us: i64,
    /// The time of the latest run whose result is here.
    known: Option<Timestamp>,
}

impl Age {
    fn of(line: &Line, view: &BlindView, now: Timestamp) -> Self {
        let known = line.blind_found().filter_map(|(run, ..)| line.blind_run(&run)?.at).max();
        Self { now, ahead_us: i64::from(view.ahead_min) * 60_000_000, known }
    }

    /// Whether the time that a run looks at is over.
    fn is_over(&self, at: Timestamp) -> bool {
        at.plus_micros(self.ahead_us) <= self.now
    }

    /// What is said of a result that is not here. It is no news only where it is of the past, or a later one is here.
    fn unknown(&self, at: Option<Timestamp>) -> &'static str {
        match at {
            Some(at) if self.known > Some(at) && !self.is_over(at) => {
                ": what it found is not kept here, and a later run says what is so since"
            }
            Some(at) if !self.is_over(at) => {
                ", but what it found is NOT KNOWN HERE (this home was put back from a backup): ask for another run"
            }
            _ => ": what was found is not kept any more",
        }
    }
}

/// What only a number is told of, and is not over.
fn common(line: &Line, view: &BlindView, age: &Age) -> Option<u32> {
    let (run, count, _) = line.blind_found().last().filter(|(_, count, _)| view.mode == "count" && *count > 0)?;
    let is_over = line.blind_run(&run)?.at.is_none_or(|at| age.is_over(at));
    // Cells that an earlier run told, under other terms, are shown by plan.
    (!is_over && line.blind_conflict_ids().is_empty()).then_some(count)
}

fn matches_view(line: &Line, view: BlindView, now: Timestamp) -> MatchesView {
    let age = Age::of(line, &view, now);
    let common = common(line, &view, &age);
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
        under_way: view.under_way.iter().map(UnderWayView::from).collect(),
        runs: view.runs.iter().map(|run| match_view([line.us(), line.them()], run, &age)).collect(),
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

/// A run, as seen by the first of two parties.
fn match_view([us, them]: [PartyId; 2], run: &RunView, age: &Age) -> MatchView {
    let end = |party: PartyId| run.record.ended[usize::from(party == us.max(them))].as_ref().map(EndView::from);
    let (ours, theirs) = (end(us), end(them));
    MatchView {
        run: run_name(&run.run),
        at: run.at.map(|at| at.to_string()),
        asked: run.run.asked.as_ref().map(RefView::from),
        state: state_name(run.state).into(),
        says: run_says(run, age, ours.as_ref(), theirs.as_ref()),
        found: run.found,
        auditable_ours: run.auditable[0],
        auditable_theirs: run.auditable[1],
        ours,
        theirs,
    }
}

fn run_says(run: &RunView, age: &Age, ours: Option<&EndView>, theirs: Option<&EndView>) -> String {
    let found = run.found.map_or_else(|| age.unknown(run.at).to_owned(), |count| format!(": {} common", cells_are(count)));
    match run.state {
        RunState::UnderWay => "under way".into(),
        RunState::Done => format!("done{found}"),
        RunState::Differs => {
            let whose = if run.found.is_some() { " by what we found" } else { "" };
            format!("done, and the sides sealed different results{found}{whose}")
        }
        RunState::Ended => {
            let said = |(whose, end): (&str, &EndView)| {
                let (step, reason) = (end.step.as_deref()?, end.reason.as_deref()?);
                Some(format!("{whose} ended it at {step} ({reason})"))
            };
            let sides = [("we", ours), ("they", theirs)];
            let said: Vec<String> = sides.into_iter().filter_map(|(whose, end)| said((whose, end?))).collect();
            format!("before its time: {}", said.join("; "))
        }
    }
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
