//! What a side's own API answers, as its officers and programs read it: the routes themselves, over a node of a pair.

use std::path::PathBuf;
use std::pin::Pin;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{Request, header};
use detente_api::auth::{Doors, Officer, Role};
use detente_api::port::{Host, Job, Seat, Waiters};
use detente_api::{About, EventView};
use detente_node::{Event, Node};
use detente_testkit::{MORNING, minutes};
use detente_types::statement::KeyRevokeIn;
use detente_types::{Generation, LineId, Timestamp};
use detente_wire::Ed25519;
use rand_chacha::ChaCha20Rng;
use serde_json::{Value, json};
use tokio::sync::broadcast;
use tower::ServiceExt as _;

use super::names::Names;
use crate::pair::{Disk, Pair};

/// What the routes have of a side while they answer.
struct Lent {
    node: Node,
    store: Disk,
    now: Timestamp,
    rng: ChaCha20Rng,
    waiters: Waiters,
}

struct Desk(Mutex<Option<Lent>>);

impl Host for Desk {
    fn seat(&self, job: Job) -> bool {
        let mut lent = self.0.lock().unwrap();
        let Some(Lent { node, store, now, rng, waiters }) = lent.as_mut() else { return false };
        job(&mut Seat { node, now: *now, rng, waiters, store });
        true
    }

    fn backup(&self, _: PathBuf) -> Pin<Box<dyn Future<Output = Result<(), String>> + Send>> {
        Box::pin(async { Err("there is no home".into()) })
    }

    fn sign_revocation(&self, _: LineId, _: Generation, _: u64) -> Result<KeyRevokeIn, String> {
        Err("the party key is kept elsewhere".into())
    }

    fn subscribe(&self) -> broadcast::Receiver<Arc<Event>> {
        broadcast::channel(1).1
    }
}

impl Doors for Desk {
    fn officer(&self, _: &str) -> Option<Officer> {
        Some(Officer { name: Some("Lt Berg".into()), desk: Some("Watch".into()), role: Role::Principal, by_home: false })
    }
}

/// Every answer that a side's officers can get by looking, and the refusals of what cannot be done, by request.
pub(crate) fn answers(pair: &mut Pair, side: usize) -> Vec<(String, Value)> {
    let seat = &mut pair.seats[side];
    let lent = Lent {
        node: core::mem::replace(&mut seat.node, Node::new(Arc::new(Ed25519))),
        store: core::mem::take(&mut seat.store),
        now: pair.now,
        rng: detente_testkit::rng(5),
        waiters: Waiters::new(),
    };
    let desk = Arc::new(Desk(Mutex::new(Some(lent))));
    let about = About { name: "Borea".into(), started: MORNING };
    let api = detente_api::service(Arc::clone(&desk) as Arc<dyn Host>, Arc::clone(&desk) as Arc<dyn Doors>, about);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let answered = runtime.block_on(ask_all(&api));
    let Lent { node, store, .. } = desk.0.lock().unwrap().take().expect("it was lent");
    (seat.node, seat.store) = (node, store);
    answered
}

async fn ask_all(api: &Router) -> Vec<(String, Value)> {
    let mut answered = Vec::new();
    for path in [
        "/v1/status",
        "/v1/lines/-",
        "/v1/lines/-/notices",
        "/v1/lines/-/conflicts",
        "/v1/lines/-/warnings",
        "/v1/lines/-/terms",
        "/v1/lines/-/evidence",
        "/v1/lines/-/matches",
        CONFLICTS,
        "/v1/lines/-/density?south=58&west=22&north=61.5&east=31&rows=6&columns=9",
    ] {
        answered.push((path.to_owned(), ask(api, path, None).await));
    }
    let conflicts: Vec<String> = answered[3].1["answer"].as_array().into_iter().flatten().map(name_of).collect();
    for conflict in conflicts {
        let shifts = ask(api, &format!("/v1/lines/-/conflicts/{conflict}/resolutions"), None).await;
        answered.push(("shifts of a conflict".to_owned(), shifts));
    }
    for (path, body) in asked() {
        let answer = ask(api, path, Some(&body)).await;
        answered.push((format!("{path} {body}"), answer));
    }
    answered
}

/// What the mode of matching tells stands here, and in no other answer but as a number.
pub(crate) const CONFLICTS: &str = "/v1/lines/-/matches/conflicts";

fn name_of(conflict: &Value) -> String {
    conflict["id"].as_str().expect("it has a name").to_owned()
}

/// What is asked with a body: questions about a plan of the asker's own, and what cannot be done.
fn asked() -> Vec<(&'static str, Value)> {
    let volume = json!({ "shape": "path", "positions": [[59.8, 24.5], [60.0, 27.0]], "radius_m": 5000, "lower_m": 0,
        "upper_m": 3000, "datum": "AMSL", "start": minutes(80).to_string(), "end": minutes(130).to_string() });
    let plan = json!({ "kind": "operation", "volumes": [volume] });
    let nobody = "ff".repeat(16);
    let unknown = json!({ "why": "nothing has this name" });
    vec![
        ("/v1/lines/-/plans", json!({ "plans": [plan.clone()] })),
        ("/v1/lines/-/plans/around", json!({ "plan": plan })),
        ("/v1/lines/-/cancellations", json!({ "id": nobody })),
        ("/v1/lines/-/receipts", json!({ "of": nobody, "level": "read" })),
        ("/v1/lines/-/offers", json!({ "conflict": nobody, "ours": true, "shift_min": 5 })),
        ("/v1/lines/-/answers", json!({ "offer": nobody, "answer": "accept" })),
        ("/v1/lines/-/amendments", json!({ "conflict": nobody })),
        ("/v1/lines/-/matches/stops", json!({ "run": "2026-11-24T06:15:00Z" })),
        ("/v1/lines/-/matches/conflicts/ffffffffffffffffffffffffffffffff/ask", json!({})),
        ("/v1/lines/-/matches/conflicts/ffffffffffffffffffffffffffffffff/show", json!({})),
        ("/v1/lines/-/matches", unknown),
    ]
}

async fn ask(api: &Router, path: &str, body: Option<&Value>) -> Value {
    let request = Request::builder().uri(path).header(header::AUTHORIZATION, "Bearer any");
    let request = match body {
        Some(body) => request
            .method("POST")
            .header(header::CONTENT_TYPE, "application/json")
            .body(Body::from(serde_json::to_vec(body).unwrap())),
        None => request.body(Body::empty()),
    };
    let response = api.clone().oneshot(request.expect("a good request")).await.expect("it answers");
    let status = response.status().as_u16();
    let bytes = to_bytes(response.into_body(), usize::MAX).await.expect("it is in memory");
    let answer: Value = serde_json::from_slice(&bytes).unwrap_or_else(|_| String::from_utf8_lossy(&bytes).into());
    json!({ "status": status, "answer": answer })
}

/// What a side was told as it happened, as its API and its log tell it.
pub(crate) fn events(pair: &Pair, side: usize) -> Vec<Value> {
    let rendered = |event: &Event| serde_json::to_value(EventView::from(event)).expect("plain data");
    pair.seats[side].events.iter().map(rendered).collect()
}

/// With the names that are hashes masked, each by what it is a hash of.
pub(crate) fn masked(names: &Names, value: &Value) -> Value {
    map_text(value, &|text| names.plain_text(text))
}

/// Lists that go by the names of conflicts, which are masked, go by what is in them.
pub(crate) fn unordered(mut answered: Vec<(String, Value)>) -> Vec<(String, Value)> {
    for (_, answer) in &mut answered {
        let is_named = |one: &Value| one["id"].as_str().is_some_and(|name| name.starts_with('#'));
        if let Some(list) = answer["answer"].as_array_mut().filter(|list| list.iter().all(is_named)) {
            list.sort_by_key(Value::to_string);
        }
    }
    answered.sort_by_key(|(asked, answer)| (asked.clone(), answer.to_string()));
    answered
}

/// With what the mode of matching tells masked, too: how many cells are common.
pub(crate) fn uncounted(value: &Value) -> Value {
    let mut value = map_text(value, &|text| mask_count(text));
    mask_found(&mut value);
    value
}

fn map_text(value: &Value, change: &dyn Fn(&str) -> String) -> Value {
    match value {
        Value::String(text) => change(text).into(),
        Value::Array(all) => all.iter().map(|one| map_text(one, change)).collect(),
        Value::Object(all) => all.iter().map(|(key, one)| (change(key), map_text(one, change))).collect(),
        other => other.clone(),
    }
}

fn mask_count(text: &str) -> String {
    let text = text.replace(" cell is common", " cells are common");
    match text.split_once(" cells are common") {
        Some((before, after)) => format!("{}# cells are common{after}", before.trim_end_matches(|c: char| c.is_ascii_digit())),
        None => text,
    }
}

fn mask_found(value: &mut Value) {
    match value {
        Value::Array(all) => all.iter_mut().for_each(mask_found),
        Value::Object(all) => {
            all.remove("common");
            for (key, one) in all {
                if key == "found" && one.is_number() {
                    *one = 0.into();
                } else {
                    mask_found(one);
                }
            }
        }
        _ => {}
    }
}

#[test]
fn masks_hide_counts_and_nothing_else() {
    let text = "blind run 2026-11-24T06:15:00Z of 0123abcd9f and beef is done: 12 cells are common";
    assert_eq!(mask_count(text), text.replace("12 cells", "# cells"));
    assert_eq!(mask_count("done: 1 cell is common"), "done: # cells are common");
    assert_eq!(uncounted(&json!({ "found": 3, "common": 3, "places": 64 })), json!({ "found": 0, "places": 64 }));
}
