//! Blind matching on a line, from the asking to the settlement and the audit: nothing is shown but the part that collides.

use serde_json::Value;
use tempfile::TempDir;

use crate::day;
use crate::http::Api;
use crate::program::{run, until};
use crate::side::{Pair, Side, array};

const ORBIT: &str = "Orbit that nobody shows";
const SHIP: &str = "Exercise that nobody shows";

/// Coarse cells, so that a run is quick; two runs may be asked for.
fn coarse(terms: &str, auditor: &str) -> String {
    let changed = [
        ("auditor_key = \"\"", format!("auditor_key = \"{auditor}\"")),
        ("cell_m = 5000", "cell_m = 20000".into()),
        ("band_m = 500", "band_m = 2000".into()),
        ("slot_s = 900", "slot_s = 3600".into()),
        ("extra_per_day = 0", "extra_per_day = 2".into()),
    ];
    let matching = "\n[matching]\nmode = \"cells\"\nverified = true\nclass_log2 = 10\nchunks_log2 = 2\nahead_min = 4320\n";
    let terms = changed.iter().fold(terms.to_owned(), |terms, (from, to)| {
        assert!(terms.contains(from), "{from}");
        terms.replace(from, to)
    });
    terms + matching
}

/// A plan along a parallel, kept in the book.
fn plan(pair: &Pair, title: &str, at: [f64; 2]) -> String {
    released(pair, title, "blind only", at)
}

/// A plan that keeps its name, whatever is let out of it.
fn released(pair: &Pair, title: &str, release: &str, [west, east]: [f64; 2]) -> String {
    // Its first digits are looked for in a log of a megabyte: they must not stand there by chance.
    let id = format!("a7c31e{0:02x}{0:024x}", title.len());
    let text = serde_json::json!([{
        "id": id,
        "kind": "operation", "title": title, "precedence": "PRIORITY", "release": release, "call_sign": "GREY 12",
        "detail": { "activity": "as planned" },
        "volumes": [{
            "shape": "path", "positions": [[59.60, west], [59.60, east]], "radius_m": 2000,
            "lower_m": 3000, "upper_m": 3600, "datum": "AMSL",
            "start": format!("{}T08:00:00Z", day::date(1)), "end": format!("{}T09:00:00Z", day::date(1)),
        }],
    }]);
    day::write(pair.root.path(), &format!("{title}.json"), &text.to_string())
}

fn matches(side: &Side) -> Value {
    side.json(&["match", "status"])
}

fn only_conflict(side: &Side) -> Value {
    let [conflict] = <[Value; 1]>::try_from(array(matches(side)["conflicts"].take())).expect("one blind conflict");
    conflict
}

/// From where to where the two plans go: in digits that nothing else has.
const ORBIT_AT: [f64; 2] = [23.012_343, 25.212_347];
const SHIP_AT: [f64; 2] = [25.012_349, 27.012_351];

/// Two plans that meet, in two books and nowhere else.
fn two_plans(pair: &Pair) {
    for (side, title, at) in [(&pair.aster, ORBIT, ORBIT_AT), (&pair.borea, SHIP, SHIP_AT)] {
        let told = side.ok(&["notify", &plan(pair, title, at)]);
        assert!(told.contains("matched blind"), "{told}");
    }
    assert_eq!([pair.aster.notices().len(), pair.borea.notices().len()], [0, 0]);
}

/// Two sides whose terms name an auditor, and where that one's key is.
fn audited() -> (Pair, TempDir, String) {
    let auditor = tempfile::tempdir().unwrap();
    let key = auditor.path().join("auditor.key").to_str().unwrap().to_owned();
    let made: Value = serde_json::from_str(&run(&["match", "auditor-key", &key, "--json"]).expect(0).out).unwrap();
    let pair = Pair::by_terms(|terms| coarse(&terms, made["public"].as_str().unwrap()));
    (pair, auditor, key)
}

#[test]
fn a_run_finds_what_two_plans_have_in_common_and_only_that_is_shown_and_settled() {
    let (pair, _auditor, key) = audited();
    let mut pair = pair.served();
    two_plans(&pair);
    let early = pair.root.path().join("early").to_str().unwrap().to_owned();
    pair.aster.ok(&["backup", &early]);
    let before = matches(&pair.aster);
    assert_eq!((before["ours"]["asked"].as_u64(), before["ours"]["asked_most"].as_u64()), (Some(0), Some(2)));
    assert!(before["next"].is_null() && before["auditable"] == true);

    let asked = pair.aster.json(&["match", "run", "--reason", "before the night", "--wait", "60"]);
    let ended = &asked["ended"];
    assert_eq!((ended["state"].as_str(), ended["auditable_theirs"].as_bool()), (Some("done"), Some(true)), "{asked}");
    assert!(ended["found"].as_u64() > Some(0), "{asked}");
    let conflict = &array(asked["conflicts"].clone())[0];
    until("the other side to know it too", || (array(matches(&pair.borea)["conflicts"].take()).len() == 1).then_some(()));
    // The part is where both are, not the whole of ours; and nothing has been told.
    let wests: Vec<f64> = positions(conflict).iter().map(|at| at[1]).collect();
    assert!(wests.iter().all(|lon| *lon > 24.0), "a plan from 23.0 to 25.2 E meets one from 25.0 E on: {wests:?}");
    assert_eq!([pair.aster.notices().len(), pair.borea.notices().len()], [0, 0]);
    let after = matches(&pair.borea);
    assert_eq!((after["theirs"]["asked"].as_u64(), after["theirs"]["places"].as_u64()), (Some(1), Some(1 << 10)));
    let share = after["theirs"]["share"].as_f64().unwrap();
    assert!(share > 0.0 && (share - 1024.0 / after["domain"].as_f64().unwrap()).abs() < 1e-12, "{after}");

    settle(&pair, conflict["id"].as_str().unwrap());
    audit(&mut pair, &key);
    audit_restored(&mut pair, &early, &key);
}

fn positions(conflict: &Value) -> Vec<[f64; 2]> {
    let volumes: Vec<Value> = array(conflict["volumes"].clone());
    volumes.iter().flat_map(|volume| serde_json::from_value::<Vec<[f64; 2]>>(volume["positions"].clone()).unwrap()).collect()
}

/// One side asks, both show the part, and what is then found is settled like any conflict.
fn settle(pair: &Pair, conflict: &str) {
    let told = pair.aster.ok(&["match", "ask", &conflict[..8], "--reason", "ours is fixed"]);
    assert!(told.contains("stated as entry"), "{told}");
    pair.converge();
    let theirs = only_conflict(&pair.borea);
    assert_eq!(array(theirs["asked"].clone()).len(), 1);
    let theirs = theirs["id"].as_str().unwrap();
    assert!(pair.borea.ok(&["match", "status"]).contains("they ask us to show this part"));
    pair.borea.ok(&["match", "show", &theirs[..8]]);
    pair.aster.ok(&["match", "show", &conflict[..8]]);
    pair.converge();
    for side in [&pair.aster, &pair.borea] {
        let notices = side.notices();
        assert_eq!(notices.len(), 2, "the two parts");
        let said = serde_json::to_string(&notices).unwrap();
        assert!(![ORBIT, SHIP, "GREY 12"].iter().any(|secret| said.contains(secret)), "a part says where and when: {said}");
        assert!(only_conflict(side)["shown"].is_string());
    }
    let found = pair.aster.conflicts();
    assert_eq!(found.len(), 1, "the two parts meet");
    let id = &found[0]["id"].as_str().unwrap()[..8];
    let shifts = array(pair.borea.json(&["resolve", id, "--theirs"])["shifts"].take());
    let offer = pair.borea.json(&["settle", "offer", id, "--theirs", "--suggestion", shifts[0]["name"].as_str().unwrap()]);
    pair.converge();
    pair.aster.ok(&["settle", "accept", &offer["stated"]["hash"].as_str().unwrap()[..12]]);
    pair.converge();
    pair.aster.ok(&["settle", "amend", id]);
    pair.converge();
    assert_eq!([pair.aster.conflicts().len(), pair.borea.conflicts().len()], [0, 0]);
}

/// The auditor has a copy and the key; with another key, or after a plan was changed, nothing matches.
fn audit(pair: &mut Pair, key: &str) {
    let root = pair.root.path().to_owned();
    let copy = root.join("copy").to_str().unwrap().to_owned();
    pair.aster.ok(&["backup", &copy]);
    let audited = pair.aster.json(&["match", "audit", &copy, "--key", key]);
    let runs = array(audited["runs"].clone());
    assert_eq!((runs.len(), runs[0]["verdict"].as_str(), runs[0]["plans"].as_u64()), (1, Some("match"), Some(1)), "{audited}");
    assert!(runs[0]["cells"].as_u64() > Some(0));
    // The plan itself accounts for all cells, a place far from it for none.
    let counted = |file: &str| pair.aster.json(&["match", "audit", &copy, "--key", key, "--flown", file])["runs"][0].take();
    let flown = counted(&plan(pair, ORBIT, ORBIT_AT));
    assert_eq!((flown["unaccounted"].as_u64(), flown["unmatched"].as_u64()), (Some(0), Some(0)), "{flown}");
    let elsewhere = plan(pair, "Far away", [28.0, 28.2]);
    let far = counted(&elsewhere);
    assert_eq!(far["unaccounted"], far["cells"], "{far}");
    assert!(
        far["unmatched"].as_u64() > Some(0) && far["verdict"] == "match",
        "what was flown and not planned is asked about: {far}"
    );
    let over_another = std::fs::read_to_string(&elsewhere).unwrap().replace("AMSL", "WGS84");
    let over_another = counted(&day::write(&root, "over another datum.json", &over_another));
    let hints = [&far, &over_another].map(|run| run["says"].as_str().unwrap().contains("another datum"));
    assert_eq!(hints, [false, true], "{over_another}");
    no_evidence(&copy);
    let other = root.join("other.key").to_str().unwrap().to_owned();
    pair.aster.ok(&["match", "auditor-key", &other]);
    pair.aster.run(&["match", "auditor-key", &other]).expect(1);
    let told = pair.aster.ok(&["match", "audit", &copy, "--key", &other]);
    assert!(told.contains("not the key that the terms of this run name"), "{told}");
    assert!(told.contains("1 of 1 runs cannot be judged"), "{told}");
    pair.aster.run(&["match", "audit", &copy, "--key", key, "--run", "abcdefff"]).expect(4);
    pair.aster.run(&["match", "audit", "--key", key]).expect(5);
    pair.aster.stop();
    pair.aster.ok(&["match", "audit", "--key", key]);
}

/// Of a run in which nobody broke a rule nothing is kept, and no directory is made for it.
fn no_evidence(copy: &str) {
    let asked = |more: &[&str]| run(&[&["--home", copy, "match", "evidence"], more].concat());
    let to = format!("{copy}-evidence");
    assert_eq!(asked(&["--to", &to]).expect(0).out.trim(), "no evidence of blind runs");
    assert!(!std::path::Path::new(&to).exists());
    assert_eq!(serde_json::from_str::<Value>(&asked(&["--json"]).expect(0).out).unwrap(), Value::Array(Vec::new()));
    asked(&["2026-11-25"]).expect(4);
}

/// A side that was put back has lost the row of its run, and matches of a plan that it holds back anew what is still told.
fn audit_restored(pair: &mut Pair, early: &str, key: &str) {
    pair.aster.ok(&["restore", early, "--set-aside"]);
    pair.aster.serve();
    pair.converge();
    for release in ["10 km", "hold"] {
        pair.aster.ok(&["notify", &released(pair, "Told once", release, [22.0, 22.2])]);
        pair.converge();
    }
    let asked = pair.aster.json(&["match", "run", "--wait", "60"]);
    assert_eq!(asked["ended"]["state"], "done", "{asked}");
    pair.aster.stop();
    let audited = pair.aster.json(&["match", "audit", "--key", key]);
    let mut runs = array(audited["runs"].clone());
    runs.sort_by_key(|run| run["verdict"].to_string());
    let verdicts: Vec<_> = runs.iter().map(|run| (run["verdict"].as_str().unwrap(), run["plans"].as_u64().unwrap())).collect();
    assert_eq!(verdicts, [("match", 3), ("none", 0)], "the plan, the part that was shown and what is still told: {audited}");
    assert!(runs[1]["says"].as_str().unwrap().contains("restored since"), "{audited}");
}

#[test]
fn what_cannot_be_matched_is_refused_and_says_why() {
    let mut pair = Pair::serving();
    let told = pair.aster.ok(&["match", "status"]);
    assert!(told.contains("no fixed runs by the terms") && told.contains("no audit is possible"), "{told}");
    let refused = pair.aster.run(&["match", "run"]).expect(3);
    assert!(refused.err.contains("blind") || refused.err.contains("run"), "{}", refused.err);
    pair.aster.run(&["match", "show", "81c09d2e"]).expect(4);
    pair.aster.run(&["match", "ask", "81c09d2e"]).expect(4);
    pair.aster.run(&["match", "stop", &format!("{}T00:00:00Z", day::date(1))]).expect(4);
    let mut api = Api::of(&pair.aster.node().out_with("serving")).unwrap();
    let view = api.get("/v1/lines/-/matches").unwrap();
    assert_eq!((view["every_min"].as_u64(), view["runs"].as_array().map(Vec::len)), (Some(0), Some(0)), "{view}");
    assert_eq!(api.get("/v1/lines/-/matches/conflicts").unwrap(), Value::Array(Vec::new()));
}

/// By what a plan could be known in a log: its texts, places, times and cells, and its name.
fn marks(pair: &Pair, side: &Side, title: &str, at: [f64; 2]) -> Vec<String> {
    let file = plan(pair, title, at);
    let terms = pair.root.path().join("terms.toml");
    let cells = side.ok(&["match", "cells", &file, "--terms", terms.to_str().unwrap()]);
    let e7 = at.map(|degrees| format!("{:.0}", degrees * 1e7));
    let degrees = at.map(|degrees| degrees.to_string());
    let times = ["08:00:00", "09:00:00"].map(|time| format!("{}T{time}", day::date(1)));
    let texts = [title, "GREY 12", "as planned", "nobody shows"].map(str::to_owned);
    let name = only_conflict(side)["notice"].as_str().unwrap().to_owned();
    let names = [name[..8].to_owned(), name];
    let own = cells.lines().map(str::to_owned);
    texts.into_iter().chain(names).chain(e7).chain(degrees).chain(times).chain(own).collect()
}

#[test]
fn a_node_logs_of_blind_runs_its_events_and_nothing_of_a_plan() {
    let (mut pair, _auditor, _) = audited();
    for side in [&mut pair.aster, &mut pair.borea] {
        let mut serve = side.command(&["serve"]);
        serve.env("DETENTE_LOG", "trace");
        side.serve_by(serve);
    }
    pair.converge();
    two_plans(&pair);
    let ended = pair.aster.json(&["match", "run", "--wait", "60"])["ended"].take();
    assert!(ended["state"] == "done" && ended["found"].as_u64() > Some(0), "{ended}");
    until("the other side to know it too", || (array(matches(&pair.borea)["conflicts"].take()).len() == 1).then_some(()));
    let known = [marks(&pair, &pair.aster, ORBIT, ORBIT_AT), marks(&pair, &pair.borea, SHIP, SHIP_AT)];
    assert!(known.iter().all(|marks| marks.len() > 40), "{known:?}");
    let marks = known.concat();
    for side in [&mut pair.aster, &mut pair.borea] {
        let log = side.end().err;
        let leaks: Vec<_> = log.lines().filter(|line| marks.iter().any(|mark| line.contains(mark.as_str()))).collect();
        assert!(leaks.is_empty(), "{}: {leaks:#?}", side.name);
        // It was the most that can be logged, and the run was in it.
        assert!(log.contains("TRACE") && log.contains("is done:") && log.contains("blind-conflict"), "{log}");
    }
}
