//! What the API shows: plain data, made from the node's views.

use detente_gateway::NoticeForm;
use detente_gateway::form::TextForm;
use detente_node::sentence::Language;
use detente_node::{Action, Evidence, Line, Node, NoticeView, Phase, Proposal, Receipt};
use detente_settle::Settlement;
use detente_terms::line::LineState;
use detente_types::conflict::VolumeMeeting;
use detente_types::statement::Change;
use detente_types::{Conflict, Generation, Head, LineId, PartyId, StatementRef, Timestamp};
use detente_wire::hash::hex;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::About;

/// A statement's name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RefView {
    /// The log's author, hex.
    pub author: String,
    /// The log's life.
    pub generation: u32,
    /// The entry's place.
    pub index: u64,
    /// The leaf's hash, hex: the name that commands take.
    pub hash: String,
}

impl From<&StatementRef> for RefView {
    fn from(r: &StatementRef) -> Self {
        Self { author: r.author.to_string(), generation: r.generation.0, index: r.index, hash: r.hash.to_string() }
    }
}

/// A log's state.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct HeadView {
    /// Which life of the log.
    pub generation: u32,
    /// How many entries.
    pub size: u64,
    /// Merkle root, hex.
    pub root: String,
}

impl From<&Head> for HeadView {
    fn from(h: &Head) -> Self {
        Self { generation: h.generation.0, size: h.size, root: h.root.to_string() }
    }
}

/// A node.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct StatusView {
    /// What our party calls itself.
    pub name: String,
    /// Version of the program.
    pub version: String,
    /// When it was started.
    pub started: String,
    /// The node's clock.
    pub now: String,
    /// `ample`, `full` or `failed`.
    pub disk: String,
    /// Entries of the book.
    pub book: u64,
    /// The lines.
    pub lines: Vec<LineView>,
}

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

/// A receipt.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ReceiptView {
    /// `stored-early`, `read`, `listed`, `passed` or `refused`.
    pub level: String,
    /// When, by its author's clock.
    pub claimed: String,
    /// Desk, as its party claims.
    pub desk: Option<String>,
    /// Officer, as its party claims.
    pub officer: Option<String>,
    /// Listed: their list number.
    pub list_number: Option<String>,
    /// Listed: the position as read back.
    pub read_back: Option<String>,
    /// Refused: why.
    pub reason: Option<String>,
}

impl From<&Receipt> for ReceiptView {
    fn from(r: &Receipt) -> Self {
        Self {
            level: r.level.name().into(),
            claimed: r.claimed.to_string(),
            desk: r.input.desk.clone(),
            officer: r.input.officer.clone(),
            list_number: r.input.list_number.clone(),
            read_back: r.input.read_back.clone(),
            reason: r.input.reason.clone(),
        }
    }
}

/// What was stated to be done about a safety notice.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ActionView {
    /// When, by its author's clock.
    pub claimed: String,
    /// What, in its author's words.
    pub action: TextForm,
    /// When it was promised to be done.
    pub by: Option<String>,
    /// Desk, as its party claims.
    pub desk: Option<String>,
    /// Officer, as its party claims.
    pub officer: Option<String>,
}

impl From<&Action> for ActionView {
    fn from(a: &Action) -> Self {
        Self {
            claimed: a.claimed.to_string(),
            action: TextForm { language: a.input.action.language.clone(), text: a.input.action.text.clone() },
            by: a.input.by_us.map(|us| Timestamp::from_micros(us).to_string()),
            desk: a.input.desk.clone(),
            officer: a.input.officer.clone(),
        }
    }
}

/// A live notice.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct NoticeItem {
    /// Its statement.
    pub at: RefView,
    /// `ours` or `theirs`.
    pub by: String,
    /// When, by its author's clock.
    pub claimed: String,
    /// Highest receipt level, 0 to 4.
    pub level: u8,
    /// L1: when the other side first admitted to hold it, by its clock.
    pub stored: Option<String>,
    /// Receipts, as they came.
    pub receipts: Vec<ReceiptView>,
    /// A safety notice of theirs about which no action is stated yet.
    pub ringing: bool,
    /// Its author has revoked the key that signed it: who said it is in doubt.
    pub disputed: bool,
    /// What was stated last to be done about a safety notice.
    pub action: Option<ActionView>,
    /// Minutes by which it was stated too late for its precedence; absent when in time.
    pub short_by_min: Option<i64>,
    /// What it says, as disclosed.
    pub notice: NoticeForm,
}

/// How two volumes meet.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct MeetingView {
    /// Which volume of each notice, from 0.
    pub volumes: [u16; 2],
    /// Closest horizontal distance, metres.
    pub distance_m: f64,
    /// Where, latitude and longitude in degrees.
    pub at: [f64; 2],
    /// Vertical gap, metres.
    pub vertical_gap_m: f64,
    /// Altitudes that both use, metres.
    pub band_m: Option<[f64; 2]>,
    /// Gap in time, seconds.
    pub time_gap_s: f64,
    /// When both are there.
    pub window: Option<[String; 2]>,
}

impl From<&VolumeMeeting> for MeetingView {
    fn from(m: &VolumeMeeting) -> Self {
        let meeting = &m.meeting;
        Self {
            volumes: m.volumes,
            distance_m: meeting.distance.as_f64(),
            at: [f64::from(meeting.at.lat_e7()) / 1e7, f64::from(meeting.at.lon_e7()) / 1e7],
            vertical_gap_m: meeting.vertical_gap.as_f64(),
            band_m: meeting.band.map(|b| [b.lower().as_f64(), b.upper().as_f64()]),
            time_gap_s: meeting.time_gap_us as f64 / 1e6,
            window: meeting.window.map(|w| [w.start().to_string(), w.end().to_string()]),
        }
    }
}

/// A joint conflict.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ConflictView {
    /// Its name, hex.
    pub id: String,
    /// The two statements, the lower party's first.
    pub statements: [RefView; 2],
    /// Whose each is: `ours` or `theirs`.
    pub by: [String; 2],
    /// How they meet; the closest pair first.
    pub meetings: Vec<MeetingView>,
    /// The sentence to read aloud, in our language and then in theirs, as the terms name them; one when both are the same.
    pub sentences: Vec<SentenceView>,
    /// Where its settlement stands.
    pub settlement: SettlementView,
}

/// A sentence to read aloud: both sides have the same words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SentenceView {
    /// Its language (BCP 47). English stands in for one that has no sentences yet.
    pub language: String,
    /// The sentence.
    pub text: String,
}

/// Where a settlement stands.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct SettlementView {
    /// `open`, `offered`, `agreed`, `amended`, `settled`, `moved` or `lapsed`.
    pub state: String,
    /// In words.
    pub says: String,
    /// Offers that can be answered.
    pub offers: Vec<OfferItem>,
}

/// An offer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct OfferItem {
    /// Its statement.
    pub at: RefView,
    /// `ours` or `theirs`.
    pub by: String,
    /// Whose notice would change: `ours` or `theirs`.
    pub changes: String,
    /// How, in words.
    pub change: String,
    /// When its author promises to withdraw it.
    pub lapses: Option<String>,
}

/// A private warning: only we see it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct WarningItem {
    /// Our notice, hex.
    pub notice: String,
    /// Their statement.
    pub with: RefView,
}

/// Makes the node's status.
pub fn status(node: &Node, now: Timestamp, about: &About) -> StatusView {
    let disk = match node.has_room() {
        Some(true) => "ample",
        Some(false) => "full",
        None => "failed",
    };
    let lines: Vec<LineId> = node.line_ids().collect();
    StatusView {
        name: about.name.clone(),
        version: env!("CARGO_PKG_VERSION").into(),
        started: about.started.to_string(),
        now: now.to_string(),
        disk: disk.into(),
        book: node.book_size(),
        lines: lines.iter().filter_map(|id| node.line(id)).map(line).collect(),
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
        phase: phase_name(&v.phase).into(),
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

const fn phase_name(phase: &Phase) -> &'static str {
    match phase {
        Phase::Unproven => "unproven",
        Phase::Recovering { .. } => "recovering",
        Phase::Renewing => "renewing",
        Phase::Open => "open",
        Phase::Held => "held",
    }
}

fn line_says(line: &Line, v: &detente_node::LineView) -> String {
    let phase = phase_says(&v.phase, v.connected);
    let evidence = match line.reopening() {
        Some(p) => Some(format!("{} proposes to reopen it (number {}): a different officer must agree", p.officer, p.book)),
        None => (v.phase != Phase::Held && line.is_held()).then(|| HELD.to_owned()),
    };
    let stops = line.copy_stops().then(|| copy_stops(v.copy.size));
    let day = line.day();
    let shut = day.shut_until.map(|until| quota_used(day.entries, day.bytes, until));
    [Some(phase), evidence, stops, shut].into_iter().flatten().collect::<Vec<_>>().join("; ")
}

const HELD: &str = "fork evidence is kept: only safety notices and line checks flow until two officers decide";

/// What a reopened line cannot mend.
pub(crate) fn copy_stops(size: u64) -> String {
    format!(
        "what they sign does not continue our copy of {size} entries, so it stops there: a generation of theirs that names \
         those entries, or a new line, goes on"
    )
}

fn phase_says(phase: &Phase, connected: bool) -> String {
    match phase {
        Phase::Unproven if connected => "the other node is there and has not said yet what it holds of our log".into(),
        Phase::Unproven => "the other node has not said yet what it holds of our log: what is put in waits in the book".into(),
        Phase::Recovering { until } => {
            format!("this node was restored: it takes its own entries back from the other side, up to {until}")
        }
        Phase::Renewing => {
            "this node was restored: nothing is said until a new generation of its log is open, which needs the party key".into()
        }
        Phase::Open if connected => "everything flows".into(),
        Phase::Open => "the other node is not reached now: statements are kept and go out when it is".into(),
        Phase::Held => HELD.into(),
    }
}

/// Makes a notice's view.
pub fn notice(line: &Line, us: PartyId, view: &NoticeView<'_>) -> NoticeItem {
    let short_us = line.short_by_us(view.notice, view.claimed);
    let minutes = |us: i64| us.div_euclid(60_000_000) + i64::from(us % 60_000_000 != 0);
    NoticeItem {
        at: (&view.at).into(),
        by: side(view.at.author == us),
        claimed: view.claimed.to_string(),
        level: view.level,
        stored: view.stored.map(|t| t.to_string()),
        receipts: view.receipts.iter().map(ReceiptView::from).collect(),
        ringing: line.is_ringing(&view.at),
        disputed: view.disputed,
        action: view.action.map(ActionView::from),
        short_by_min: (short_us > 0).then(|| minutes(short_us)),
        notice: NoticeForm::from(view.notice.input()),
    }
}

/// Makes a conflict's view.
pub fn conflict(line: &Line, us: PartyId, conflict: &Conflict) -> ConflictView {
    ConflictView {
        id: conflict.id.to_string(),
        statements: [(&conflict.statements[0]).into(), (&conflict.statements[1]).into()],
        by: conflict.statements.map(|s| side(s.author == us)),
        meetings: conflict.meetings.iter().map(MeetingView::from).collect(),
        sentences: sentences(line, us, conflict),
        settlement: settlement(line, us, &conflict.statements),
    }
}

/// The terms name the language of the party with the lower ID first.
fn sentences(line: &Line, us: PartyId, conflict: &Conflict) -> Vec<SentenceView> {
    let mut tags: Vec<&str> = line.terms().input().languages.iter().map(String::as_str).collect();
    if us > line.view().them {
        tags.reverse();
    }
    let mut sentences: Vec<SentenceView> = Vec::new();
    for tag in tags {
        let (tag, language) = Language::from_tag(tag).map_or(("en", Language::English), |language| (tag, language));
        if sentences.iter().all(|s| s.language != tag)
            && let Some(text) = line.sentence(conflict, language)
        {
            sentences.push(SentenceView { language: tag.to_owned(), text });
        }
    }
    sentences
}

/// Makes a settlement's view.
pub fn settlement(line: &Line, us: PartyId, pair: &[StatementRef; 2]) -> SettlementView {
    let state = line.settlement(pair);
    let (name, says) = match &state {
        Settlement::Open => ("open", "nothing is on offer".to_owned()),
        Settlement::Offered(offers) => ("offered", format!("{} on offer", offers.len())),
        Settlement::Agreed(agreed) => {
            let who = side(agreed.agreement.obliged() == us);
            (
                "agreed",
                format!("not yet amended: the next version is {who} to publish ({})", change_words(&agreed.agreement.change)),
            )
        }
        Settlement::Amended(_) => ("amended", "amended as agreed or otherwise, and still in conflict".into()),
        Settlement::Settled(_) => ("settled", "the agreed change is in the log and the conflict is gone".into()),
        Settlement::Moved { .. } => ("moved", "a later version is in conflict: see there".into()),
        Settlement::Lapsed(_) => ("lapsed", "the conflict went away without an agreed change".into()),
    };
    let offers = match &state {
        Settlement::Offered(offers) => offers.iter().map(|o| offer(us, &o.offer)).collect(),
        Settlement::Agreed(agreed) => agreed.offers.iter().map(|o| offer(us, &o.offer)).collect(),
        Settlement::Amended(amended) => amended.offers.iter().map(|o| offer(us, &o.offer)).collect(),
        _ => Vec::new(),
    };
    SettlementView { state: name.into(), says, offers }
}

fn offer(us: PartyId, offer: &detente_settle::Offer) -> OfferItem {
    OfferItem {
        at: (&offer.reference).into(),
        by: side(offer.reference.author == us),
        changes: side(offer.obliges() == us),
        change: change_words(&offer.change),
        lapses: offer.lapses.map(|t| t.to_string()),
    }
}

/// A change in words.
pub fn change_words(change: &Change) -> String {
    match change {
        Change::Move { shift_us, climb_cm } => {
            let minutes = shift_us.abs() / 60_000_000;
            let metres = climb_cm.abs() / 100;
            let time = (*shift_us != 0).then(|| format!("{minutes} minutes {}", if *shift_us > 0 { "later" } else { "earlier" }));
            let height = (*climb_cm != 0).then(|| format!("{metres} metres {}", if *climb_cm > 0 { "higher" } else { "lower" }));
            [time, height].into_iter().flatten().collect::<Vec<_>>().join(" and ")
        }
        Change::Volumes(volumes) => format!("another shape, of {} volume(s)", volumes.len()),
        Change::Cancel => "given up".into(),
    }
}

fn side(ours: bool) -> String {
    if ours { "ours" } else { "theirs" }.into()
}
