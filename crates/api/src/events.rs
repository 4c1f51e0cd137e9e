//! Events as they happen, as server-sent events: one JSON object each.

use std::convert::Infallible;

use axum::extract::State;
use axum::response::sse::{Event as SseEvent, KeepAlive, Sse};
use detente_node::{Event, What};
use detente_types::StatementRef;
use serde::{Deserialize, Serialize};
use tokio::sync::broadcast::error::RecvError;
use utoipa::ToSchema;

use crate::Api;

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct EventView {
    /// When, by the node's clock.
    pub at: String,
    /// On which line, hex; absent for the node as a whole.
    pub line: Option<String>,
    /// What, as one word.
    pub kind: String,
    /// Hash of the statement or name of the conflict that it is about.
    pub about: Option<String>,
    /// In words.
    pub says: String,
}

impl From<&Event> for EventView {
    fn from(event: &Event) -> Self {
        let (kind, about, says) = words(&event.what);
        Self { at: event.at.to_string(), line: event.line.map(|l| l.to_string()), kind: kind.into(), about, says }
    }
}

/// What an event is called, what it is about, and how a person reads it.
const ANEW: &str = "Look whether it is to be said anew";
const UNSTORED: &str = "a safety notice is acted on and is not stored: write it down, it is gone when this node stops";

fn words(what: &What) -> (&'static str, Option<String>, String) {
    let of = |r: &StatementRef| Some(r.hash.to_string());
    match what {
        What::Booked(n) => ("booked", None, format!("entry {n} of the book is durable")),
        What::Dropped(n, why) => ("dropped", None, format!("entry {n} of the book waited and was NOT stated: {why}. {ANEW}")),
        What::Said(r, kind) => ("said", of(r), format!("our {kind} is in our log, entry {}", r.index)),
        What::Received(r, kind) => {
            let kind = detente_types::Kind::from_code(*kind)
                .map_or_else(|| format!("statement of unknown kind {kind}"), |k| k.to_string());
            ("received", of(r), format!("their {kind}, entry {} of their log, is here", r.index))
        }
        What::Cosigned(size) => ("cosigned", None, format!("the other node holds our log up to {size} (L1)")),
        What::Unusable(r, v) => {
            let first = v.first().map(ToString::to_string).unwrap_or_default();
            ("unusable", of(r), format!("their entry {} cannot be acted on: {first}", r.index))
        }
        What::SafetyEarly(r) => ("safety-early", of(r), "a safety notice overtook its log and is acted on".into()),
        What::SafetyUnstored(r) => ("safety-unstored", of(r), UNSTORED.into()),
        What::SafetyRings(r, reach) => ("safety-rings", of(r), format!("SAFETY: no action is stated yet; it rings at {reach:?}")),
        What::PromiseDue(r, due) => ("promise-due", of(r), format!("an action was promised by {due}: was it done?")),
        What::SafetyFlood(n) => ("safety-flood", None, format!("the other side floods SAFETY: {n} notices in one alarm")),
        What::SafetyFloodTaken(n, by) => {
            let by = by.as_deref().unwrap_or("an officer");
            ("safety-flood-taken", None, format!("{by} took the alarm for {n} SAFETY notices: if more come, it rings again"))
        }
        What::ConflictFound(id) => ("conflict-found", Some(id.to_string()), "a joint conflict".into()),
        What::ConflictGone(id) => ("conflict-gone", Some(id.to_string()), "a joint conflict is gone".into()),
        What::Warning(id, r) => ("warning", of(r), format!("only we see this: our notice {} meets theirs", id.short())),
        What::Blind(news) => (news.kind(), news.about(), news.to_string()),
        What::TermsInForce(v) => ("terms", None, format!("terms version {v} are in force")),
        What::Checked(result) => ("checked", None, format!("line check: {result:?}")),
        What::LineState(from, to) => ("line-state", None, format!("the line was {from} and is {to}")),
        What::LineUp => ("line-up", None, "the other node is reached".into()),
        What::LineDown(why) => ("line-down", None, format!("the other node is not reached: {why}")),
        What::PeerFault(why) => ("peer-fault", None, format!("the other node broke the protocol: {why}")),
        What::Fault(why) => ("fault", None, why.clone()),
        What::Fork(_, why) => ("fork", None, why.clone()),
        What::ReopenProposed(number, officer) => (
            "reopen-proposed",
            None,
            format!("{officer} proposed, under number {number}, to reopen the held line: a different officer must agree"),
        ),
        What::ReopenVoid => ("reopen-void", None, "new fork evidence came: the proposal to reopen the line is void".into()),
        What::Reopened(_, officer) => {
            ("reopened", None, format!("{officer} agreed: the held line is open again on this side, and its evidence stays"))
        }
        What::CopyStops(size) => ("copy-stops", None, crate::view::copy_stops(*size)),
        What::Recovering(until) => {
            ("recovering", None, format!("this node was restored: it takes its entries back, up to {until}"))
        }
        What::Recovered(size) => ("recovered", None, format!("our log is whole again, {size} entries")),
        What::Renewed(g) => ("renewed", None, format!("this node was restored: our log goes on in generation {g}")),
        What::PeerRenewed(g) => ("peer-renewed", None, format!("the other node was restored: its log goes on in generation {g}")),
        What::Revoked(party, g, from) => (
            "revoked",
            None,
            format!("{} revoked the keys of generation {g} of its log: entries from {from} on are disputed", party.short()),
        ),
        What::QuotaUsed { entries, bytes, until } => ("quota", None, crate::view::quota_used(*entries, *bytes, *until)),
        What::Room(true) => ("room", None, "the disk has room again".into()),
        What::Room(false) => ("disk-full", None, "the disk is full: only safety traffic and line checks are taken".into()),
        What::DiskFailed(why) => ("disk-failed", None, format!("the disk failed, nothing more is acknowledged: {why}")),
    }
}

/// Everything that happens from now on, one JSON object per event.
#[utoipa::path(get, path = "/v1/events", responses((status = 200, content_type = "text/event-stream", body = EventView)))]
pub(crate) async fn events(State(api): State<Api>) -> Sse<impl futures_core::Stream<Item = Result<SseEvent, Infallible>>> {
    let events = api.host.subscribe();
    let stream = futures_util::stream::unfold(events, |mut events| async move {
        match events.recv().await {
            Ok(event) => {
                let view = EventView::from(&*event);
                let sse = SseEvent::default().event(view.kind.clone()).json_data(&view).ok()?;
                Some((Ok(sse), events))
            }
            Err(RecvError::Lagged(lost)) => {
                let sse = SseEvent::default().event("lost").data(format!("{lost} events were lost: look at the state again"));
                Some((Ok(sse), events))
            }
            Err(RecvError::Closed) => None,
        }
    });
    Sse::new(stream).keep_alive(KeepAlive::default())
}
