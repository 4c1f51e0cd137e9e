//! What the API shows: plain data, made from the node's views.

mod line;

use detente_gateway::NoticeForm;
use detente_gateway::form::TextForm;
use detente_node::sentence::Language;
use detente_node::{Action, Line, Node, NoticeView, Receipt};
use detente_settle::Settlement;
use detente_types::conflict::VolumeMeeting;
use detente_types::statement::Change;
use detente_types::{Conflict, Head, LineId, PartyId, StatementRef, Timestamp};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

pub use line::{Counts, EvidenceItem, LineView, QuotaView, ReopenView, RevokedView, line};
pub(crate) use line::{copy_stops, quota_used};

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
    /// When both are there; for what moves, while it is too close.
    pub window: Option<[String; 2]>,
    /// When they are closest, if one moves.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub when: Option<String>,
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
            when: meeting.when.map(|t| t.to_string()),
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

fn sentences(line: &Line, us: PartyId, conflict: &Conflict) -> Vec<SentenceView> {
    let told = |(tag, language)| Some(SentenceView { language: tag, text: line.sentence(conflict, language)? });
    languages(line, us).into_iter().filter_map(told).collect()
}

/// The languages of the line, ours first, each once: the terms name that of the party with the lower ID first. English
/// stands in for one that has no sentences.
pub(crate) fn languages(line: &Line, us: PartyId) -> Vec<(String, Language)> {
    let mut tags: Vec<&str> = line.terms().input().languages.iter().map(String::as_str).collect();
    if us > line.view().them {
        tags.reverse();
    }
    let mut languages: Vec<(String, Language)> = Vec::new();
    for tag in tags {
        let (tag, language) = Language::from_tag(tag).map_or(("en", Language::English), |language| (tag, language));
        if languages.iter().all(|(known, _)| known != tag) {
            languages.push((tag.to_owned(), language));
        }
    }
    languages
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

pub(crate) fn side(ours: bool) -> String {
    if ours { "ours" } else { "theirs" }.into()
}
