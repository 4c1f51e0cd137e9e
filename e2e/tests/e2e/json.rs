//! Every verb with `--json` prints JSON and nothing else on standard output, whether it does what it is asked or not.

use serde_json::Value;

use crate::day;
use crate::program::{Running, run};
use crate::side::{Pair, Side, array, code, founded, invite};

/// The values that a command prints, one after another.
#[track_caller]
fn values(side: &Side, code: i32, arguments: &[&str]) -> Vec<Value> {
    parsed(&side.run(&[arguments, &["--json"]].concat()).expect(code).out)
}

#[track_caller]
fn parsed(out: &str) -> Vec<Value> {
    let values: Result<Vec<Value>, _> = serde_json::Deserializer::from_str(out).into_iter().collect();
    let values = values.unwrap_or_else(|fault| panic!("no JSON ({fault}):\n{out}"));
    assert!(!values.is_empty(), "nothing is printed");
    values
}

#[test]
fn making_a_line_speaks_json() {
    let root = tempfile::tempdir().unwrap();
    let (aster, borea) = founded(root.path(), root.path());
    let terms = day::terms(root.path());
    let listen = ["--listen", "127.0.0.1:0"];
    let mut inviter =
        Running::spawn(aster.command(&[&["invite", "--json", "--terms", terms.to_str().unwrap()][..], &listen].concat()));
    let printed = inviter.out_with("}");
    let text = parsed(&printed)[0]["invite"].as_str().unwrap().to_owned();
    let mut joiner = Running::spawn(borea.command(&["join", "--json", &text]));
    assert_eq!(code(&inviter), code(&joiner));
    inviter.type_line("yes");
    joiner.type_line("yes");
    let made = [parsed(&inviter.finish().expect(0).out), parsed(&joiner.finish().expect(0).out)];
    assert_eq!(made[0][1]["line"], made[1][0]["line"]);
    assert_eq!(made[1][0]["with"], "Aster");

    let node = Running::spawn(aster.command(&["serve", "--json"]));
    let up = parsed(&node.out_with("}\n"))[0].clone();
    assert!(up["page"].as_str().unwrap().contains(up["token"].as_str().unwrap()), "{up}");
    node.signal("TERM");
    assert_eq!(parsed(&node.finish().expect(0).out).len(), 1);
    let (other, _) = invite(&borea, root.path());
    drop(other);
}

/// What a running node and its home refuse, each with its exit code.
#[track_caller]
fn refusals_speak_json(aster: &Side, copy: &str, flights: &str) {
    for (code, arguments) in [
        (4, &["cancel", "ffff"][..]),
        (4, &["read", "ffff"]),
        (4, &["settle", "offer", "ffff", "--shift", "5"]),
        (4, &["settle", "accept", "ffff"]),
        (4, &["settle", "reject", "ffff"]),
        (4, &["settle", "withdraw", "ffff"]),
        (4, &["settle", "amend", "ffff"]),
        (4, &["safety", "act", "ffff", "nothing"]),
        (4, &["terms", "accept", "ffff"]),
        (3, &["terms", "check", flights]),
        (3, &["terms", "propose", flights]),
        (3, &["officer", "add", "Lind", "--desk", "Aster watch", "--role", "king"]),
        (4, &["officer", "remove", "Nobody"]),
        (1, &["notify", "nowhere.json"]),
        (5, &["record", "export", "record"]),
        (5, &["rebuild"]),
        (1, &["backup", copy]),
        (5, &["join", "no invite"]),
    ] {
        let problem = values(aster, code, arguments).remove(0);
        assert!(problem["error"].as_str().is_some_and(|error| !error.is_empty()), "{arguments:?}: {problem}");
    }
}

#[test]
fn every_verb_on_a_line_speaks_json() {
    let mut pair = Pair::serving();
    let root = pair.root.path().to_owned();
    let path = |name: &str| root.join(name).to_str().unwrap().to_owned();
    let file = |name: &str| day::tomorrow(&root, name);
    let [flights, fire, terms] = [file("aster/patrol-flights.json"), file("borea/live-fire.geojson"), path("terms.toml")];
    let one = |side: &Side, arguments: &[&str]| values(side, 0, arguments).remove(0);
    day::terms(&root);
    one(&pair.aster, &["notify", "--check", &flights]);
    one(&pair.aster, &["notify", &flights]);
    one(&pair.borea, &["notify", &fire]);
    pair.converge();
    let entry = pair.borea.titled("Patrol flight 1")["at"]["hash"].as_str().unwrap()[..12].to_owned();
    let conflict = one(&pair.aster, &["conflicts"])["conflicts"][0]["id"].as_str().unwrap()[..12].to_owned();
    one(&pair.borea, &["read", &entry]);
    let offer = one(&pair.borea, &["settle", "offer", &conflict, "--theirs", "--shift", "90"]);
    let offer = offer["stated"]["hash"].as_str().unwrap()[..12].to_owned();
    pair.converge();
    one(&pair.aster, &["settle", "accept", &offer]);
    pair.converge();
    one(&pair.aster, &["settle", "amend", &conflict]);
    one(&pair.aster, &["say", "Good morning."]);
    let safety = array(one(&pair.borea, &["safety", "send", "divers"]))[0]["stated"]["hash"].as_str().unwrap()[..12].to_owned();
    pair.converge();
    one(&pair.aster, &["safety", "act", &safety, "All ships are stopped."]);
    for arguments in [
        &["notices"][..],
        &["cancel", &entry],
        &["safety", "list"],
        &["check", "--wait", "30"],
        &["terms", "show"],
        &["terms", "check", &terms],
        &["officer", "add", "Lind", "--desk", "Aster watch"],
        &["officer", "list"],
        &["officer", "remove", "Lind"],
        &["status"],
        &["record", "evidence"],
        &["revoke", "--from", "1000"],
        &["backup", &path("copy")],
        &["record", "verify", &path("copy")],
    ] {
        one(&pair.aster, arguments);
    }
    refusals_speak_json(&pair.aster, &path("copy"), &flights);
    pair.aster.stop();
    for arguments in [
        &["rebuild"][..],
        &["match", "evidence"],
        &["record", "verify"],
        &["record", "export", &path("record")],
        &["record", "release", &path("release"), &entry],
        &["restore", &path("copy"), "--set-aside"],
    ] {
        one(&pair.aster, arguments);
    }
    let ended = run(&["--home", &path("new"), "init", "--name", "New", "--json"]).expect(0);
    assert_eq!(parsed(&ended.out)[0]["name"], "New");
}
