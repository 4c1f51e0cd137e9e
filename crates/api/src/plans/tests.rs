use axum::extract::Extension;
use detente_testkit::{MORNING, minutes};
use serde_json::{Value, json};

use super::*;
use crate::ask::NotifyAsk;
use crate::auth::{Officer, Role};
use crate::notify::notify;
use crate::notify::tests::api;

fn run<T>(answer: impl Future<Output = Answer<T>>) -> Result<T, Problem> {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(answer).map(|Json(answer)| answer)
}

fn ask_plans(plans: &[Value]) -> Result<Vec<PlanView>, Problem> {
    let asked = serde_json::from_value(json!({ "plans": plans })).unwrap();
    run(plans_of_api(asked))
}

async fn plans_of_api(asked: PlansAsk) -> Answer<Vec<PlanView>> {
    plans(State(api().0), Path("-".into()), Asked(asked)).await
}

/// Checks notices without stating them.
fn ask_notices(notices: &[Value]) -> Result<Vec<crate::ask::Done>, Problem> {
    let asked: NotifyAsk = serde_json::from_value(json!({ "notices": notices, "check": true })).unwrap();
    let officer = Officer { name: Some("Lt Aalto".into()), desk: None, role: Role::Officer, by_home: false };
    run(notify(State(api().0), Extension(officer), Path("-".into()), Asked(asked)))
}

fn volume(edit: &Value) -> Value {
    let mut volume = json!({ "shape": "path", "positions": [[59.8, 24.5], [60.0, 26.0]], "radius_m": 500, "lower_m": 0,
        "upper_m": 300, "datum": "AMSL", "start": minutes(60).to_string(), "end": minutes(90).to_string() });
    volume.as_object_mut().unwrap().extend(edit.as_object().unwrap().clone());
    volume
}

/// Each with the kind of an operation.
fn plan_of(volumes: &[Value]) -> Value {
    json!({ "kind": "operation", "volumes": volumes })
}

/// Volumes that break rules, one rule or more.
fn bad() -> Vec<Vec<Value>> {
    let way = |count: usize| (0..count).map(|i| json!([59.8, 24.5 + 0.001 * i as f64])).collect::<Vec<_>>();
    let past = MORNING.plus_micros(-9_000_000).to_string();
    vec![
        vec![volume(&json!({})), volume(&json!({ "positions": [[0.0, 0.0], [0.0, 1.0]] }))],
        vec![volume(&json!({ "datum": "AGL" }))],
        vec![volume(&json!({ "datum": "AGL", "positions": [[0.0, 0.0], [0.0, 1.0]] }))],
        vec![volume(&json!({ "start": MORNING.plus_micros(-99_000_000).to_string(), "end": past }))],
        vec![volume(&json!({ "radius_m": 0 }))],
        vec![volume(&json!({ "shape": "polygon", "positions": [[59.8, 24.5], [60.0, 24.9], [59.8, 24.9], [60.0, 24.5]] }))],
        vec![volume(&json!({ "start": minutes(90).to_string(), "end": minutes(60).to_string() }))],
        vec![volume(&json!({ "positions": way(900) })); 3],
        vec![volume(&json!({})); VOLUMES_MAX + 1],
    ]
}

#[test]
fn plans_are_refused_where_and_why_their_notices_would_be() {
    let good = plan_of(&[volume(&json!({}))]);
    assert!(ask_plans(core::slice::from_ref(&good)).is_ok() && ask_notices(core::slice::from_ref(&good)).is_ok());
    for volumes in bad() {
        // A notice that leaves its validity to its volumes is told of it by a name that a plan has not.
        let told = |problem: Problem, list: &str| -> Vec<_> {
            let prefix = format!("{list}[1].");
            let place = |at: &str| at.strip_prefix(&prefix).expect("it is the second").replace("valid_until", "volumes");
            problem.details.into_iter().map(|d| (d.rule.expect("a rule"), place(&d.at), d.found, d.expected)).collect()
        };
        let both = [good.clone(), plan_of(&volumes), good.clone()];
        let (planned, stated) = (ask_plans(&both).unwrap_err(), ask_notices(&both).unwrap_err());
        assert_eq!(planned.status, stated.status);
        assert_eq!(told(planned, "plans"), told(stated, "notices"), "{}", plan_of(&volumes));
    }
}

#[test]
fn all_that_the_line_refuses_is_told_at_once() {
    let out = volume(&json!({ "positions": [[0.0, 0.0], [0.0, 1.0]] }));
    let over_ground = volume(&json!({ "datum": "AGL" }));
    let problem = ask_plans(&[plan_of(&[out.clone(), over_ground.clone()]), plan_of(&[over_ground, out])]).unwrap_err();
    let told: Vec<(Option<&str>, &str)> = problem.details.iter().map(|d| (d.rule.as_deref(), d.at.as_str())).collect();
    let expected = [
        (Some("DV-032"), "plans[0].volumes[0]"),
        (Some("DV-043"), "plans[0].volumes[1].datum"),
        (Some("DV-043"), "plans[1].volumes[0].datum"),
        (Some("DV-032"), "plans[1].volumes[1]"),
    ];
    assert_eq!(told, expected);
    assert_eq!(problem.error, "4 problem(s); nothing was checked");
}

#[test]
fn a_radius_that_grew_is_told_with_the_answer() {
    let square = plan_of(&[volume(&json!({})), volume(&json!({ "positions": [[59.8, 24.5], "35VLG87"] }))]);
    let plain = plan_of(&[volume(&json!({}))]);
    let views = ask_plans(&[plain.clone(), square.clone()]).unwrap();
    let done = ask_notices(&[plain, square]).unwrap();
    assert_eq!((views[0].doubts.len(), done[0].doubts.len()), (0, 0));
    assert_eq!(views[1].doubts, done[1].doubts);
    let [doubt] = views[1].doubts.as_slice() else { panic!("{views:?}") };
    assert_eq!((doubt.at.as_str(), doubt.found.as_str()), ("volumes[1].positions[1]", "35VLG87, a square of 10000 m"));
    assert!(doubt.expected.contains("its centre") && doubt.expected.contains("radius_m grows by"), "{doubt:?}");
    let asked: PlanForm = serde_json::from_value(json!({ "kind": "operation",
        "volumes": [volume(&json!({ "positions": [[59.8, 24.5], "35VLG87"] }))] }))
    .unwrap();
    assert!(asked.volumes[0].radius_m > 500.0);
}

#[test]
fn a_plan_that_is_looked_at_is_held_against_the_lines_rules_too() {
    let outside = plan_of(&[volume(&json!({ "positions": [[29.8, 24.5], [30.0, 26.0]] }))]);
    let asked = serde_json::from_value(json!({ "plan": outside })).unwrap();
    let problem = run(async { crate::around::around(State(api().0), Path("-".into()), Asked(asked)).await }).unwrap_err();
    assert!(problem.details.iter().any(|detail| detail.rule.as_deref() == Some("DV-032")), "{problem:?}");
}

#[test]
fn plans_are_told_in_order_as_far_as_there_is_room() {
    let found = |count: u16| {
        let mut foresight = Foresight::default();
        foresight.met =
            (0..count).map(|found| Met { ours: true, at: (detente_types::Generation(1), 7), volumes: [0, found] }).collect();
        foresight
    };
    let forms: Vec<PlanForm> = serde_json::from_value(json!(vec![plan_of(&[volume(&json!({}))]); 16])).unwrap();
    let mut work = Work {
        name: "-".into(),
        line: None,
        ahead: Ahead::of(forms.len()),
        cores: None,
        plans: read(forms).unwrap(),
        judging: Judging::default(),
        limit: 9,
        left: 20,
        tell: Tell::Entries,
        current: Current::default(),
        grounds: Grounds::default(),
        found: Vec::new(),
    };
    while let Some(first) = work.ahead.first_mut() {
        *first = found(3);
        work.close();
    }
    let told_of =
        |view: &PlanView| view.entries.as_ref().unwrap().ours.iter().flat_map(|life| life.met.clone()).collect::<Vec<_>>();
    let told: Vec<_> = work.found.iter().map(|view| (told_of(view).len(), view.more)).collect();
    assert_eq!(told[..6], [(3, false); 6]);
    assert_eq!(told[6], (2, true), "what there is no room for is said to be there");
    assert_eq!(told[7..], [(0, true); 9]);
    assert_eq!(told_of(&work.found[6]), [[7, 0, 0], [7, 0, 1]], "the first of them");
}

#[test]
fn many_plans_of_which_one_replaces_no_notice_of_ours_are_refused() {
    for wrong in [0, 3, 8, 15] {
        let mut plans = vec![plan_of(&[volume(&json!({}))]); 16];
        plans[wrong]["instead_of"] = json!("ffff");
        let asked = serde_json::from_value(json!({ "plans": plans, "tell": "entries" })).unwrap();
        let refused = run(plans_of_api(asked)).unwrap_err();
        assert!(format!("{refused:?}").contains("of ours"), "{wrong}: {refused:?}");
    }
}
