//! A day of a line, command by command, on two running nodes: every command in words and with `--json`.

use serde_json::Value;

use crate::day;
use crate::program::until;
use crate::side::{Pair, Side, array};

/// States the example files of both sides; gives how many notices each has stated.
fn state_the_day(pair: &Pair) -> [usize; 2] {
    let root = pair.root.path();
    let mut stated = [0, 0];
    let files = [
        (&pair.aster, "aster/patrol-flights.json"),
        (&pair.aster, "aster/drone-survey.geojson"),
        (&pair.aster, "aster/orbit.json"),
        (&pair.aster, "aster/hold.json"),
        (&pair.borea, "borea/air-bridge.json"),
        (&pair.borea, "borea/live-fire.geojson"),
        (&pair.borea, "borea/relief-convoy.csv"),
        (&pair.borea, "borea/sites.csv"),
        (&pair.borea, "borea/text-ru.json"),
    ];
    for (side, file) in files {
        let path = day::tomorrow(root, file);
        let checked = array(side.json(&["notify", "--check", &path]));
        assert!(checked.iter().all(|done| done["stated"].is_null() && done["note"] == "checked only"), "{checked:?}");
        let done = array(side.json(&["notify", &path]));
        assert_eq!(done.len(), checked.len());
        stated[usize::from(side.name == "Borea")] += done.iter().filter(|done| done["stated"].is_object()).count();
        assert_eq!(done.iter().any(|done| done["stated"].is_null()), file.ends_with("hold.json"), "{file}: {done:?}");
    }
    stated
}

/// Blocks of `conflicts`, each with its sentences, in an order that does not depend on their hashes.
fn sentences(side: &Side) -> String {
    let text = day::normalised(&side.ok(&["conflicts"]));
    let joint = text.split("\nonly we see this").next().unwrap_or_default();
    let mut blocks: Vec<String> = joint.split("conflict <id>").skip(1).map(|block| block.trim_end().to_owned()).collect();
    // Each side reads its own language first.
    for block in &mut blocks {
        let mut lines: Vec<&str> = block.lines().collect();
        // Ways out depend on the hour: nothing is moved before now.
        lines.retain(|line| !line.starts_with("  a way out"));
        lines[1..].sort_unstable();
        *block = lines.join("\n");
    }
    blocks.sort();
    blocks.iter().map(|block| format!("conflict <id>{block}\n")).collect()
}

/// The conflict in which this side's notice with this title is.
#[track_caller]
pub(crate) fn conflict_of(side: &Side, title: &str) -> String {
    let hash = side.titled(title)["at"]["hash"].clone();
    let found = side.conflicts().into_iter().find(|c| array(c["statements"].clone()).iter().any(|s| s["hash"] == hash));
    found.unwrap_or_else(|| panic!("{title:?} is in no conflict"))["id"].as_str().unwrap().to_owned()
}

#[test]
fn notices_get_there_and_both_find_the_same_conflicts_in_both_languages() {
    let pair = Pair::serving();
    let stated = state_the_day(&pair);
    assert_eq!(stated, [4, 7]);
    let [aster, borea] = pair.converge();
    assert_eq!(aster["counts"]["ours"], borea["counts"]["theirs"]);
    assert_eq!(borea["counts"]["ours"], aster["counts"]["theirs"]);
    for side in [&pair.aster, &pair.borea] {
        let ours: Vec<Value> = side.notices().into_iter().filter(|notice| notice["by"] == "ours").collect();
        assert_eq!(ours.len(), stated[usize::from(side.name == "Borea")]);
        assert!(ours.iter().all(|notice| notice["level"] == 1 && notice["stored"].is_string()), "{ours:?}");
        assert!(side.ok(&["notices"]).contains("L1"));
    }
    assert!(!pair.borea.ok(&["notices"]).contains("Night flight"), "what is on hold is in no log");

    let ids = |side: &Side| side.conflicts().iter().map(|c| c["id"].clone()).collect::<Vec<_>>();
    assert_eq!(ids(&pair.aster).len(), 2);
    assert_eq!(ids(&pair.aster), ids(&pair.borea));
    assert_eq!(aster["joint"], borea["joint"]);
    let first = |side: &Side| side.conflicts()[0]["sentences"][0]["language"].as_str().unwrap().to_owned();
    assert_eq!([first(&pair.aster), first(&pair.borea)], ["en", "ru"], "each its own language first");
    assert_eq!(sentences(&pair.aster), sentences(&pair.borea), "both read the same sentences aloud");
    day::golden("conflicts.txt", &sentences(&pair.aster));
}

#[test]
fn a_conflict_is_settled_by_offer_accept_and_amendment() {
    let pair = Pair::serving();
    let root = pair.root.path();
    pair.aster.ok(&["notify", &day::tomorrow(root, "aster/patrol-flights.json")]);
    pair.borea.ok(&["notify", &day::tomorrow(root, "borea/live-fire.geojson")]);
    pair.converge();
    let conflict = conflict_of(&pair.aster, "Patrol flight 2");
    let state = |side: &Side| side.conflicts()[0]["settlement"]["state"].as_str().unwrap().to_owned();

    let offer = |minutes: &str| {
        let done = pair.borea.json(&["settle", "offer", &conflict[..8], "--theirs", "--shift", minutes]);
        pair.converge();
        done["stated"]["hash"].as_str().unwrap().to_owned()
    };
    let rejected = offer("-600");
    pair.aster.json(&["settle", "reject", &rejected]);
    let withdrawn = offer("200");
    pair.borea.json(&["settle", "withdraw", &withdrawn[..12]]);
    let accepted = offer("90");
    assert_eq!([state(&pair.aster), state(&pair.borea)], ["offered", "offered"]);
    assert!(pair.aster.ok(&["conflicts"]).contains("90 minutes later"));
    let early = pair.aster.run(&["settle", "amend", &conflict]).expect(4);
    assert!(early.err.contains("agreement"), "{}", early.err);
    let said = pair.aster.ok(&["settle", "accept", &accepted[..12]]);
    assert!(said.starts_with("accept: stated as entry"), "{said}");
    pair.converge();
    assert_eq!([state(&pair.aster), state(&pair.borea)], ["agreed", "agreed"]);
    pair.borea.run(&["settle", "amend", &conflict]).expect(4);
    pair.aster.json(&["settle", "amend", &conflict]);
    let [aster, borea] = pair.converge();
    assert_eq!([pair.aster.conflicts().len(), pair.borea.conflicts().len()], [0, 0]);
    assert_eq!(aster["joint"], borea["joint"]);
    assert_eq!(pair.borea.ok(&["conflicts"]).trim(), "no conflicts");
    let moved = &pair.borea.titled("Patrol flight 2")["notice"]["volumes"][0];
    assert_eq!(moved["start"].as_str().unwrap()[11..16], *"10:45");

    let site = pair.aster.titled("Patrol flight 1");
    let notice = site["notice"]["id"].as_str().map(str::to_owned);
    if let Some(id) = notice {
        pair.aster.json(&["cancel", &id, "--reason", "weather"]);
        pair.converge();
        assert!(!pair.borea.ok(&["notices"]).contains("Patrol flight 1"));
    }
}

#[test]
fn safety_rings_and_is_answered() {
    let pair = Pair::serving();
    let sent = array(pair.borea.json(&["safety", "send", "rescue boat", "--ask", "stop", "--at", "59.78", "26.10"]));
    let hash = sent[0]["stated"]["hash"].as_str().unwrap().to_owned();
    pair.converge();
    let taken = array(pair.aster.json(&["safety", "list"]));
    assert_eq!(taken[0]["at"]["hash"], hash.as_str());
    assert_eq!(taken[0]["notice"]["detail"]["endangered"], "rescue boat");
    assert_eq!(taken[0]["notice"]["precedence"], "SAFETY");
    assert!(pair.aster.ok(&["safety", "list"]).contains("safety"));
    pair.aster.json(&["safety", "act", &hash[..12], "Flights are held north of the area."]);
    pair.aster.ok(&["read", &hash[..12]]);
    pair.converge();
    let receipts = array(pair.borea.json(&["safety", "list"])[0]["receipts"].take());
    let levels: Vec<&str> = receipts.iter().filter_map(|receipt| receipt["level"].as_str()).collect();
    assert!(levels.contains(&"read"), "{levels:?}");
    let words = pair.aster.ok(&["safety", "send", "divers", "--ask", "keep clear"]);
    assert!(words.contains("stated as entry"), "{words}");
    pair.aster.run(&["safety", "send", "divers", "--ask", "perhaps"]).expect(3);
}

#[test]
fn a_site_is_read_listed_and_passed_and_the_line_is_checked() {
    let pair = Pair::serving();
    pair.borea.ok(&["notify", &day::tomorrow(pair.root.path(), "borea/sites.csv")]);
    pair.converge();
    let hash = pair.aster.titled("Narva river hospital")["at"]["hash"].as_str().unwrap().to_owned();
    let level = || pair.borea.titled("Narva river hospital")["level"].as_u64().unwrap();
    assert_eq!(level(), 1);
    for (arguments, got) in [
        (&["read", &hash[..12]][..], 2),
        (&["read", &hash[..12], "--listed", "AST-0147", "--read-back", "59°22.500'N 028°12.000'E"], 3),
        (&["read", &hash[..12], "--passed"], 4),
    ] {
        pair.aster.json(arguments);
        pair.converge();
        assert_eq!(level(), got, "{arguments:?}");
    }
    assert!(pair.borea.ok(&["notices"]).contains("L4"));
    pair.aster.run(&["read", &hash, "--listed", "AST-0148"]).expect(2);
    pair.aster.run(&["read", "ffffffffffff"]).expect(4);

    pair.borea.json(&["say", "Доброе утро.", "--language", "ru"]);
    let said = pair.aster.ok(&["say", "Good morning."]);
    assert!(said.contains("everything flows"), "{said}");
    pair.converge();
    assert!(pair.aster.ok(&["notices"]).contains("Доброе утро."));

    assert_eq!(pair.aster.json(&["check", "--wait", "30"])["state"], "GREEN");
    assert!(pair.borea.ok(&["check", "--wait", "30"]).contains("answered by the node of Aster"));
    pair.borea.json(&["check"]);
}

#[test]
fn terms_officers_and_status_answer_in_words_and_in_json() {
    let mut pair = Pair::serving();
    let root = pair.root.path().to_owned();
    let terms = day::terms(&root).to_str().unwrap().to_owned();
    let checked = pair.aster.json(&["terms", "check", &terms]);
    let shown = pair.aster.json(&["terms", "show"]);
    assert_eq!(shown["digest"], checked["digest"]);
    assert_eq!(shown["terms"]["area"]["name"], "Gulf of Finland and its approaches");
    let again = day::write(&root, "again.toml", &pair.borea.ok(&["terms", "show"]));
    assert_eq!(pair.borea.json(&["terms", "check", &again])["digest"], shown["digest"], "what is shown can be read again");

    let next = std::fs::read_to_string(&terms).unwrap().replace("version = 1", "version = 2").replace("9260", "10000");
    let next = day::write(&root, "next.toml", &next);
    let proposal = pair.aster.json(&["terms", "propose", &next])["stated"]["hash"].as_str().unwrap().to_owned();
    pair.converge();
    assert!(pair.borea.ok(&["terms", "show"]).contains(&format!("# proposed: {}", &proposal[..12])));
    pair.borea.json(&["terms", "accept", &proposal[..12]]);
    until("both to go by the new terms", || {
        let of = |side: &Side| side.json(&["terms", "show"])["terms"]["separation"]["horizontal_m"].clone();
        (of(&pair.aster) == 10_000 && of(&pair.borea) == 10_000).then_some(())
    });

    let token = pair.aster.json(&["officer", "add", "Maj Lind", "--desk", "Aster watch", "--role", "observer"]);
    let token = token["token"].as_str().unwrap();
    assert!(pair.aster.ok(&["officer", "list"]).contains("observer"));
    let as_officer = |arguments: &[&str]| {
        let mut command = pair.aster.command(arguments);
        command.env("DETENTE_TOKEN", token);
        crate::program::Running::spawn(command).finish()
    };
    as_officer(&["notices"]).expect(0);
    assert!(as_officer(&["say", "no"]).expect(1).err.contains("officer"));
    pair.aster.json(&["officer", "remove", "Maj Lind"]);
    as_officer(&["notices"]).expect(1);
    assert_eq!(pair.aster.json(&["officer", "list"]), serde_json::json!([]));

    assert!(pair.aster.ok(&["status"]).starts_with("the node of Aster is running since 20"));
    pair.converge();
    pair.aster.stop();
    assert!(pair.aster.ok(&["status"]).starts_with("no node is running here"));
    let rebuilt = pair.aster.json(&["rebuild"]);
    assert_eq!(rebuilt["lines"][0]["joint"], pair.aster.line()["joint"]);
    assert!(pair.aster.ok(&["rebuild"]).contains("derived anew"));
    let release = root.join("release");
    // An empty word is what an unset variable of a shell gives: it would fit every entry.
    for (word, code) in [("", 3), (&proposal[..7], 3), ("not-hex-", 3), ("00000000", 4)] {
        let refused = pair.aster.run(&["record", "release", release.to_str().unwrap(), &proposal[..12], word]).expect(code);
        assert!(!release.exists(), "{word:?}: {}", refused.err);
    }
    let released = pair.aster.json(&["record", "release", release.to_str().unwrap(), &proposal[..12], &proposal[..8]]);
    assert_eq!((&released["entries"], &released["opened"][0]["hash"]), (&1.into(), &proposal.as_str().into()));
    let again = pair.aster.run(&["record", "release", root.join("again").to_str().unwrap(), &proposal[..8]]).expect(0);
    assert!(again.err.starts_with("opens all of entry ") && again.err.contains(&proposal[..12]), "{}", again.err);
    assert!(pair.aster.ok(&["record", "verify"]).contains("every entry, signature and root verifies"));
}
