//! A line, as the API shows it: where it stands, what holds it, and what is waited for.

use detente_node::{Evidence, Hold, Line, Phase, Proposal};
use detente_terms::line::LineState;
use detente_types::{Generation, PartyId, Timestamp};
use detente_wire::hash::hex;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{HeadView, side};

/// A line.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct LineView {
    /// Its name, hex.
    pub line: String,
    /// What we call the other party.
    pub name: String,
    /// We, hex.
    pub us: String,
    /// They, hex.
    pub them: String,
    /// Since when.
    pub opened: String,
    /// Where it stands with the other node: `unproven`, `recovering`, `renewing`, `open` or `held`.
    pub phase: String,
    /// Its state by line checks: GREEN, AMBER, RED …
    pub state: String,
    /// What that state means, in words; empty for GREEN.
    pub state_says: String,
    /// Where it stands, in words, for a person.
    pub says: String,
    /// Whether a bearer is up.
    pub connected: bool,
    /// Our log: what counts.
    pub own: HeadView,
    /// How many of our entries the other side has admitted to hold.
    pub acknowledged: u64,
    /// Their log as we last cosigned it.
    pub copy: HeadView,
    /// What is put in and is not yet durable in our log: inputs that wait in the book, and entries being written.
    pub waiting: u64,
    /// Faults of the other node since the start.
    pub faults: u64,
    /// Pieces of fork evidence that are kept.
    pub evidence: usize,
    /// Those of them that hold the line: no two officers have decided upon them.
    pub undecided: usize,
    /// What one officer has proposed, where fork evidence holds the line.
    pub reopening: Option<ReopenView>,
    /// Keys of the witnesses that we and they name in the present generations of the logs, hex.
    pub witnesses: [Option<String>; 2],
    /// Revocations of both parties.
    pub revoked: Vec<RevokedView>,
    /// What was copied of their log today, and the quota of the terms.
    pub quota: QuotaView,
    /// Round trip, milliseconds.
    pub round_trip_ms: Option<f64>,
    /// Their clock less ours, milliseconds.
    pub skew_ms: Option<f64>,
    /// One hash over all joint conflicts: equal on both sides for equal prefixes.
    pub joint: String,
    /// Live notices, conflicts and private warnings.
    pub counts: Counts,
}

/// How much there is of what.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Counts {
    /// Live notices of ours.
    pub ours: usize,
    /// Live notices of theirs.
    pub theirs: usize,
    /// Joint conflicts.
    pub conflicts: usize,
    /// Conflicts are still being found: the numbers of them and of warnings may change.
    pub finding: bool,
    /// Private warnings.
    pub warnings: usize,
}

/// A revocation: what was signed from there on is disputed, and stays.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RevokedView {
    /// Whose keys: `ours` or `theirs`.
    pub by: String,
    /// Of which generation of that log.
    pub generation: u32,
    /// Entries from this place on are disputed.
    pub from: u64,
}

fn revocation(us: &PartyId, (party, generation, from): (PartyId, Generation, u64)) -> RevokedView {
    RevokedView { by: side(party == *us), generation: generation.0, from }
}

/// The quota of the day, by our clock.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct QuotaView {
    /// Entries of theirs copied since midnight UTC.
    pub entries: u64,
    /// How many may be.
    pub entries_per_day: u64,
    /// Bytes of them.
    pub bytes: u64,
    /// How many may be.
    pub bytes_per_day: u64,
    /// It is used up and more waits, which is read from this time on.
    pub shut_until: Option<String>,
}

fn quota(line: &Line) -> QuotaView {
    let (day, quota) = (line.day(), &line.terms().input().quota);
    QuotaView {
        entries: day.entries,
        entries_per_day: quota.entries_per_day.into(),
        bytes: day.bytes,
        bytes_per_day: quota.bytes_per_day,
        shut_until: day.shut_until.map(|until| until.to_string()),
    }
}

/// That the quota of the day is used up.
pub(crate) fn quota_used(entries: u64, bytes: u64, until: Timestamp) -> String {
    let until = until.to_string();
    let (day, time) = (until.get(..10).unwrap_or_default(), until.get(11..16).unwrap_or_default());
    format!(
        "the peer used up its day's quota with {entries} entries of {bytes} bytes: reading again at {time} UTC on {day}; SAFETY \
         and line checks go on"
    )
}

/// A proposal to reopen a line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ReopenView {
    /// Its number in the book: whoever agrees names it.
    pub book: u64,
    /// When.
    pub at: String,
    /// Desk of whoever proposed.
    pub desk: Option<String>,
    /// Officer who proposed: a different one must agree.
    pub officer: String,
    /// Why.
    pub reason: String,
    /// Digests of the evidence that it is about, hex.
    pub evidence: Vec<String>,
}

impl From<&Proposal> for ReopenView {
    fn from(p: &Proposal) -> Self {
        Self {
            book: p.book,
            at: p.at.to_string(),
            desk: p.desk.clone(),
            officer: p.officer.clone(),
            reason: p.reason.clone(),
            evidence: p.evidence.iter().map(|digest| hex(digest)).collect(),
        }
    }
}

/// A piece of fork evidence: anyone can check it offline who knows the party that it accuses.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct EvidenceItem {
    /// Its name, hex: SHA-256 of `detente/evidence/1`, a zero byte, and its bytes.
    pub digest: String,
    /// Whether two officers have decided upon it; otherwise it holds the line.
    pub decided: bool,
    /// What it shows, in plain words.
    pub says: String,
    /// Its portable bytes, hex.
    pub bytes: String,
}

impl From<&Evidence> for EvidenceItem {
    fn from(e: &Evidence) -> Self {
        Self { digest: hex(&e.digest), decided: e.decided, says: e.says.clone(), bytes: hex(&e.bytes) }
    }
}

/// Makes a line's view.
pub fn line(line: &Line) -> LineView {
    let v = line.view();
    let ours = line.notices().filter(|n| n.at.author == v.us).count();
    let total = line.notices().count();
    LineView {
        line: v.line.to_string(),
        name: v.name.clone(),
        us: v.us.to_string(),
        them: v.them.to_string(),
        opened: v.opened.to_string(),
        phase: phase_name(&v).into(),
        state: v.state.to_string(),
        state_says: state_says(&v.state).into(),
        says: line_says(line, &v),
        connected: v.connected,
        own: (&v.own).into(),
        acknowledged: v.acknowledged,
        copy: (&v.copy).into(),
        waiting: v.waiting as u64 + line.unsettled(),
        faults: v.faults,
        evidence: v.evidence,
        undecided: line.evidence().iter().filter(|piece| !piece.decided).count(),
        reopening: line.reopening().map(ReopenView::from),
        witnesses: [v.us, v.them].map(|party| line.witness(&party).map(|key| key.to_string())),
        revoked: line.revocations().map(|revoked| revocation(&v.us, revoked)).collect(),
        quota: quota(line),
        round_trip_ms: v.round_trip_us.map(|us| us as f64 / 1e3),
        skew_ms: v.skew_us.map(|us| us as f64 / 1e3),
        joint: hex(&v.joint),
        counts: Counts {
            ours,
            theirs: total - ours,
            conflicts: line.conflict_count(),
            finding: line.is_behind(),
            warnings: line.warnings().count(),
        },
    }
}

const fn state_says(state: &LineState) -> &'static str {
    match state {
        LineState::Green => "",
        LineState::Amber => "no line check of ours was answered yet, or the last was missed or late",
        LineState::Red => "line checks stay unanswered",
        LineState::Suspended(_) => "a side has suspended the line: SAFETY and line checks go on",
        LineState::SafetyOnly => "only SAFETY and line checks pass",
    }
}

/// Where a line stands: held only once our log may grow, for until then nothing is stated at all.
const fn phase_name(v: &detente_node::LineView) -> &'static str {
    match (&v.phase, v.hold) {
        (Phase::Unproven, _) => "unproven",
        (Phase::Recovering { .. }, _) => "recovering",
        (Phase::Renewing, _) => "renewing",
        (Phase::Open, Hold::No) => "open",
        (Phase::Open, Hold::Evidence | Hold::Unshown) => "held",
    }
}

fn line_says(line: &Line, v: &detente_node::LineView) -> String {
    let phase = phase_says(line, v);
    let hold = hold_says(v.hold).filter(|_| v.phase != Phase::Open).map(str::to_owned);
    let proposed = line
        .reopening()
        .map(|p| format!("{} proposes to reopen it (number {}): a different officer must agree", p.officer, p.book));
    let stops = line.copy_stops().then(|| copy_stops(v.copy.size));
    let day = line.day();
    let shut = day.shut_until.map(|until| quota_used(day.entries, day.bytes, until));
    [Some(phase), hold, proposed, stops, shut].into_iter().flatten().collect::<Vec<_>>().join("; ")
}

/// What a held line states, and until when.
const fn hold_says(hold: Hold) -> Option<&'static str> {
    match hold {
        Hold::No => None,
        Hold::Evidence => Some(
            "fork evidence is kept: only safety notices, what answers them and line checks are stated until two officers decide",
        ),
        Hold::Unshown => Some(
            "the two nodes hold histories of one log that exclude each other: only safety notices, what answers them and line \
             checks are stated, and no decision mends that: a new line goes on",
        ),
    }
}

/// What no decision mends.
pub(crate) fn copy_stops(size: u64) -> String {
    format!(
        "what they sign does not continue our copy of {size} entries, so it stops there: a generation of theirs that names \
         those entries, or a new line, goes on"
    )
}

fn phase_says(line: &Line, v: &detente_node::LineView) -> String {
    match &v.phase {
        Phase::Unproven if v.connected => "the other node is there and has not said yet what it holds of our log".into(),
        Phase::Unproven => "the other node has not said yet what it holds of our log: what is put in waits in the book".into(),
        Phase::Recovering { until } => {
            format!("this node was restored: it takes its own entries back from the other side, up to {until}")
        }
        Phase::Renewing => {
            "this node was restored: nothing is said until a new generation of its log is open, which needs the party key".into()
        }
        Phase::Open => open_says(line, v),
    }
}

/// What is stated and copied by a node whose log may grow.
fn open_says(line: &Line, v: &detente_node::LineView) -> String {
    const AWAY: &str = "the other node is not reached now";
    match hold_says(v.hold) {
        Some(says) if v.connected => says.into(),
        Some(says) => format!("{says}; {AWAY}"),
        None if !v.connected => format!("{AWAY}: statements are kept and go out when it is"),
        // Whether two officers there have decided too is theirs to know.
        None if line.evidence().iter().any(|piece| piece.decided) => {
            "everything is stated on this side: the other side holds the line for itself until two officers there reopen it"
                .into()
        }
        None if line.copy_stops() => "everything is stated on this side".into(),
        None => "everything flows".into(),
    }
}
