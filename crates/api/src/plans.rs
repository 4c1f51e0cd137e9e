//! Plans that are checked against what is live on a line before they are stated: one, or many at once.

mod ahead;
mod cores;
mod grounds;
mod rules;
#[cfg(test)]
mod tests;

use axum::Json;
use axum::extract::{Path, State};
use detente_gateway::{Problems, VolumeForm};
use detente_node::sentence::Language;
use detente_node::{Detail as Depth, Foreseen, Foresight, Line, Met};
use detente_space::law1::kinds_meet;
use detente_types::conflict::VolumeMeeting;
use detente_types::notice::{NOTICE_VERTICES_MAX, VOLUMES_MAX};
use detente_types::volume::Position;
use detente_types::{LineId, NoticeKind, Rule, Violation, Volume, VolumeIn};
use serde::{Deserialize, Serialize};
use tokio::task::yield_now;
use utoipa::ToSchema;

use crate::Api;
use crate::answer::Asked;
use crate::ask::{DoubtView, doubts};
use crate::ground::PairGroundView;
use crate::plans::ahead::{Ahead, foresee};
use crate::plans::cores::Ready;
use crate::plans::grounds::Grounds;
use crate::plans::rules::{Judged, Judging};
use crate::port::{Seat, ask};
use crate::problem::{Fault, Problem};
use crate::routes::{Answer, find_line, no_line};
use crate::view::{MeetingView, RefView, SentenceView, languages, side};

/// What one job costs at most, in pairs of volumes that are tested: the line waits for no more than that of a request,
/// however many plans it has.
const SHARE: usize = 4_096;
/// What a sentence in each language costs to make, in such pairs.
const SENTENCES_COST: usize = 32;
/// Fewer vertices than these are judged where they were read: carrying them to another thread would take longer.
const VERTICES_HERE: usize = 1_024;
/// Most plans of one request.
const PLANS_MAX: usize = 1_024;
/// Conflicts that are told of one plan when nobody says how many, and the most.
const CONFLICTS: usize = 20;
const CONFLICTS_MAX: usize = 1_000;
/// The most when only entries are told, of one plan and of all plans of a request.
const ENTRIES_MAX: usize = 1 << 17;
const ALL_ENTRIES_MAX: usize = 1 << 20;

/// Plans to be checked.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PlansAsk {
    /// At most 1,024.
    pub plans: Vec<PlanForm>,
    /// Conflicts to be told of each plan: 20 when it is left out, at most 1,000, or 131,072 when only entries are told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<usize>,
    /// How much is told of each conflict; the sentences when it is left out.
    #[serde(default)]
    pub tell: Tell,
}

/// How much is told of a conflict. What is one is decided by the line's law all the same.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Tell {
    /// What sentences tell, and the ground on which the two are too close: of the first 16 conflicts of a plan, and the first 256
    /// of the request.
    Full,
    /// The statement and the volumes, how they meet, and the sentences to read aloud.
    #[default]
    Sentences,
    /// The statement and the volumes, and how they meet.
    Meetings,
    /// The entries and the volumes, as numbers: the fastest, for a check that only asks whether and with what.
    Entries,
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
    /// Under the line's law and terms: theirs as they disclosed them, then our own, each in the order of the log. Left out
    /// when only entries are told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub conflicts: Option<Vec<PlanConflictView>>,
    /// The same by entries, when only those are told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub entries: Option<EntriesView>,
    /// Whether there is, or may be, more.
    pub more: bool,
    /// What the plan left open, and how it was taken; left out when there is nothing.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub doubts: Vec<DoubtView>,
}

/// Entries with live notices that a plan would meet, each side's in the order of its log.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct EntriesView {
    /// Of the other side's log.
    pub theirs: Vec<LifeView>,
    /// Of our own.
    pub ours: Vec<LifeView>,
}

/// Of those, the ones of one life of a log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LifeView {
    /// The life of the log.
    pub generation: u32,
    /// Each entry's place in it, the number of the plan's volume and that of the notice's, from 0.
    pub met: Vec<[u64; 3]>,
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
    /// Which volume of the plan meets which of the notice, from 0.
    pub volumes: [u16; 2],
    /// How they meet; the plan's volume comes first.
    pub meeting: MeetingView,
    /// The ground on which the two are too close; left out unless everything is told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ground: Option<PairGroundView>,
    /// The sentence to read aloud, in both languages of the line; left out unless sentences are told.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sentences: Vec<SentenceView>,
}

impl Tell {
    const fn has_sentences(self) -> bool {
        matches!(self, Self::Full | Self::Sentences)
    }
}

/// A plan that has passed the rules of a single volume; those of the line it passes in [`rules`].
pub(crate) struct Plan {
    pub(crate) kind: NoticeKind,
    pub(crate) volumes: Vec<Volume>,
    doubts: Vec<DoubtView>,
    pub(crate) instead_of: Option<String>,
    /// See [`bulk`].
    bulk: u64,
}

/// How much of the world and of time volumes take, roughly: what looking for them costs rises with that.
fn bulk(volumes: &[Volume]) -> u64 {
    const A_MILLIONTH: f64 = 1e6;
    let bulk = |volume: &Volume| {
        let span = |of: fn(Position) -> i32| {
            let (least, most) = volume.footprint.vertices().map(of).fold((i32::MAX, i32::MIN), |(a, b), x| (a.min(x), b.max(x)));
            1e-7 * (f64::from(most) - f64::from(least))
        };
        let radius_degrees = volume.footprint.radius().cm() as f64 * 2e-7;
        let hours = volume.window.end().since(volume.window.start()) as f64 / 3.6e9;
        (span(|at| at.lat_e7()) + radius_degrees) * (span(|at| at.lon_e7()) + radius_degrees) * (hours + 1.0)
    };
    (volumes.iter().map(bulk).sum::<f64>() * A_MILLIONTH) as u64
}

/// What plans would meet among what is live on the line. What would be refused if it were stated is refused here, by the same
/// rules. Nothing is stated, and nothing of it leaves this node.
#[utoipa::path(post, path = "/v1/lines/{line}/plans", params(("line" = String, Path)), request_body = PlansAsk, responses((status = 200, body = Vec<PlanView>), (status = 404, body = Problem), (status = 422, body = Problem)))]
pub(crate) async fn plans(
    State(api): State<Api>,
    Path(name): Path<String>,
    Asked(asked): Asked<PlansAsk>,
) -> Answer<Vec<PlanView>> {
    if asked.plans.len() > PLANS_MAX {
        return Err(Problem::new(Fault::TooLarge, format!("{} plans; at most {PLANS_MAX} at once", asked.plans.len())));
    }
    let most = if asked.tell == Tell::Entries { ENTRIES_MAX } else { CONFLICTS_MAX };
    let (limit, tell) = (asked.limit.unwrap_or(CONFLICTS).min(most), asked.tell);
    let cores = (tell == Tell::Entries && cores::is_many(asked.plans.len())).then(cores::get_ready);
    let plans = judged(asked.plans).await?;
    let judging = Judging::default();
    let mut work = Work {
        name,
        line: None,
        ahead: Ahead::of(plans.len()),
        cores,
        plans,
        judging,
        limit,
        left: ALL_ENTRIES_MAX,
        tell,
        current: Current::default(),
        grounds: Grounds::default(),
        found: Vec::new(),
    };
    while !work.is_done() {
        work = ask(&*api.host, move |seat| work.share(seat).map(|()| work)).await??;
        // A share that was done here and then has let nobody else in, and there may be thousands of them.
        yield_now().await;
    }
    let Work { plans, grounds, found, .. } = work;
    grounds.draw(plans, found).await.map(Json)
}

/// Many shapes take a while to judge: not where others are served.
async fn judged(forms: Vec<PlanForm>) -> Result<Vec<Plan>, Problem> {
    let volumes = forms.iter().flat_map(|form| &form.volumes);
    let vertices: usize = volumes.map(|v| v.positions.len() + v.holes.iter().map(Vec::len).sum::<usize>()).sum();
    if vertices <= VERTICES_HERE {
        return read(forms);
    }
    let stopping = |_| Problem::new(Fault::Unavailable, "the plans were not judged: the node is stopping");
    tokio::task::spawn_blocking(move || read(forms)).await.map_err(stopping)?
}

/// A request on its way to and from the node, share by share.
struct Work {
    name: String,
    line: Option<LineId>,
    plans: Vec<Plan>,
    judging: Judging,
    limit: usize,
    /// How many more may be told of all plans.
    left: usize,
    tell: Tell,
    /// What is known of the plans that are not through.
    ahead: Ahead,
    /// Until they are first looked for, cores stay awake for it.
    cores: Option<Ready>,
    current: Current,
    grounds: Grounds,
    found: Vec<PlanView>,
}

/// What was told of the first plan that is not through.
#[derive(Default)]
struct Current {
    told: Vec<PlanConflictView>,
    /// How many of its conflicts were told, or had gone when they were to be.
    through: usize,
}

impl Work {
    /// The line is looked for even when there is no plan.
    fn is_done(&self) -> bool {
        self.line.is_some() && self.found.len() == self.plans.len()
    }

    /// Goes on until a share's cost is spent.
    fn share(&mut self, seat: &Seat<'_>) -> Result<(), Problem> {
        let id = match self.line {
            Some(id) => id,
            None => find_line(seat, &self.name)?,
        };
        self.line = Some(id);
        let line = seat.node.line(&id).ok_or_else(|| no_line(&id.to_string()))?;
        if self.judging.share(line, seat.now, &self.plans)? == Judged::More {
            return Ok(());
        }
        if self.tell == Tell::Entries && self.ahead.is_many() {
            return self.share_among_cores(line);
        }
        let languages = languages(line, line.us());
        let mut left = SHARE;
        while left > 0 && !self.is_done() {
            left = left.saturating_sub(1 + self.step(line, &languages, left)?);
        }
        Ok(())
    }

    /// The same on all cores, where only entries are told: looking for them is what such a plan costs.
    fn share_among_cores(&mut self, line: &Line) -> Result<(), Problem> {
        self.cores.take();
        self.ahead.look(line, &self.plans[self.found.len()..], self.limit, self.left)?;
        while self.ahead.first().is_some_and(Foresight::is_done) {
            self.step(line, &[], 0)?;
        }
        Ok(())
    }

    /// Goes on with the plan that is not through, within a cost; what was spent of it.
    fn step(&mut self, line: &Line, languages: &[(String, Language)], most: usize) -> Result<usize, Problem> {
        let plan = &self.plans[self.found.len()];
        let (current, foresight) = (&mut self.current, self.ahead.first_mut().expect("it is as long as what is not through"));
        let before = foresight.cost();
        if !foresight.is_done() {
            let depth = if self.tell == Tell::Entries { Depth::Whether } else { Depth::How };
            foresee(line, plan, depth, [self.limit, self.left], most, foresight)?;
        }
        let mut spent = foresight.cost() - before;
        let languages = if self.tell.has_sentences() { languages } else { &[] };
        let each = 1 + SENTENCES_COST * languages.len();
        while spent < most && current.through < foresight.meetings.len() {
            let foreseen = &foresight.meetings[current.through];
            current.through += 1;
            spent += each;
            if let Some(mut told) = told(line, plan.kind, foreseen, languages) {
                if self.tell == Tell::Full {
                    told.ground = self.grounds.take(line, [self.found.len(), current.told.len()], foreseen);
                }
                current.told.push(told);
            }
        }
        if foresight.is_done() && current.through == foresight.meetings.len() {
            self.close();
        }
        Ok(spent)
    }

    /// The first plan is through: what was found of it is told, as far as the request has room for it.
    fn close(&mut self) {
        let (Some(mut foresight), Current { told, .. }) = (self.ahead.pop(), core::mem::take(&mut self.current)) else { return };
        let more = foresight.more || foresight.met.len() > self.left;
        foresight.met.truncate(self.left);
        self.left -= foresight.met.len();
        let (conflicts, entries) =
            if self.tell == Tell::Entries { (None, Some(EntriesView::from(&*foresight.met))) } else { (Some(told), None) };
        let doubts = self.plans[self.found.len()].doubts.clone();
        self.found.push(PlanView { conflicts, entries, more, doubts });
    }
}

/// A conflict with the notice that it is with; none when that has gone.
fn told(line: &Line, kind: NoticeKind, foreseen: &Foreseen, languages: &[(String, Language)]) -> Option<PlanConflictView> {
    let Foreseen { with, volumes, meeting } = foreseen;
    let notice = line.live_notice(with)?.id().to_string();
    let sentence = |(tag, language): &(String, Language)| {
        let text = line.foreseen_sentence(kind, with, meeting, *language)?;
        Some(SentenceView { language: tag.clone(), text })
    };
    Some(PlanConflictView {
        statement: with.into(),
        by: side(with.author == line.us()),
        notice,
        volumes: *volumes,
        meeting: MeetingView::from(&VolumeMeeting { volumes: *volumes, meeting: meeting.clone() }),
        ground: None,
        sentences: languages.iter().filter_map(sentence).collect(),
    })
}

impl From<&[Met]> for EntriesView {
    fn from(met: &[Met]) -> Self {
        let mut view = Self::default();
        for life in met.chunk_by(|one, next| (one.ours, one.at.0) == (next.ours, next.at.0)) {
            let told = life.iter().map(|Met { at, volumes, .. }| [at.1, volumes[0].into(), volumes[1].into()]).collect();
            let side = if life[0].ours { &mut view.ours } else { &mut view.theirs };
            side.push(LifeView { generation: life[0].at.0.0, met: told });
        }
        view
    }
}

/// All plans, or all that is wrong with them.
fn read(forms: Vec<PlanForm>) -> Result<Vec<Plan>, Problem> {
    let (mut plans, mut details) = (Vec::with_capacity(forms.len()), Vec::new());
    for (i, form) in forms.iter().enumerate() {
        match plan(form) {
            Ok(plan) => plans.push(plan),
            Err(problem) => details.extend(rules::placed(i, problem)),
        }
    }
    if details.is_empty() { Ok(plans) } else { Err(rules::refusal(details)) }
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
    if form.volumes.is_empty() {
        problems.push(detente_gateway::Problem::missing("volumes", "at least one volume"));
    }
    if let Some(kind) = kind.filter(|kind| !kinds_meet(*kind, NoticeKind::Operation)) {
        problems.take("kind", kind.name(), None::<()>, "a kind that can be in conflict");
    }
    let (Some(kind), true) = (kind, problems.is_empty()) else {
        return Err(problems.into());
    };
    let vertices: usize = read.iter().flatten().flat_map(|v| &v.rings).map(Vec::len).sum();
    if form.volumes.len() > VOLUMES_MAX || vertices > NOTICE_VERTICES_MAX {
        let found = format!("{} volumes, {vertices} vertices", form.volumes.len());
        let expected = format!("at most {VOLUMES_MAX} volumes with {NOTICE_VERTICES_MAX} vertices in all");
        let violation = Violation::new(Rule::VolumeCount, "volumes", found).expected(expected);
        return Err(detente_node::CommandFault::Violations(vec![violation]).into());
    }
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
    let volumes: Vec<_> = volumes.into_iter().filter_map(Result::ok).collect();
    Ok(Plan { kind, bulk: bulk(&volumes), volumes, doubts: doubts(&form.volumes), instead_of: form.instead_of.clone() })
}
