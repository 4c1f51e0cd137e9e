//! What wrong input gets: a clear error, an exit code, and nothing stated.

use crate::day;
use crate::program::{Running, run};
use crate::side::{Pair, founded, invite};

#[test]
fn a_file_with_several_errors_lists_them_all_and_nothing_is_stated() {
    let pair = Pair::serving();
    let root = pair.root.path();
    let before = pair.aster.line()["own"].clone();
    let good = std::fs::read_to_string(day::tomorrow(root, "borea/sites.csv")).unwrap();
    let broken = good.replace("59.3750,", "north,").replace(",12,\"shift", ",a dozen,\"shift");
    let file = day::write(root, "broken.csv", &broken);
    let refused = pair.aster.run(&["notify", &file]).expect(3);
    for part in ["row 2, lat: found north, expected", "row 3, people: found a dozen, expected"] {
        assert!(refused.err.contains(part), "{part} is named:\n{}", refused.err);
    }
    let json = pair.aster.run(&["notify", &file, "--json"]).expect(3);
    let problem: serde_json::Value = serde_json::from_str(&json.out).expect("a JSON problem");
    let told = |i: usize| ["place", "at", "found"].map(|key| problem["details"][i][key].as_str().unwrap().to_owned());
    assert_eq!([told(0), told(1)], [["row 2", "lat", "north"], ["row 3", "people", "a dozen"]], "{problem}");
    assert!(problem["details"][0]["expected"].is_string(), "{problem}");

    // Readable, but against the rules: which rule, where, what was found, what was expected.
    let (start, end) = (format!("{}T00:00:00Z", day::date(2)), format!("{}T00:00:00Z", day::date(1)));
    let backwards = day::site("Backwards", 1)
        .replace(&format!("{}T", day::date(1)), "START")
        .replace(&format!("{}T", day::date(2)), "END")
        .replace("START00:00:00Z", &start)
        .replace("END00:00:00Z", &end);
    let upside_down = day::site("Upside down", 2).replace(r#""lower_m": 0"#, r#""lower_m": 90"#);
    let both = day::write(root, "rules.json", &format!("[{}, {backwards}, {upside_down}]", day::site("Good", 3)));
    let refused = pair.aster.run(&["notify", &both]).expect(3);
    assert!(refused.err.matches("DV-").count() >= 2, "each with its rule:\n{}", refused.err);
    assert!(refused.err.contains("expected"), "{}", refused.err);
    // What only the node can know is told by the row and the column of the file too.
    let elsewhere = day::write(root, "area.csv", &good.replace("59.3750,", "29.3750,"));
    let problem: serde_json::Value =
        serde_json::from_str(&pair.aster.run(&["notify", &elsewhere, "--json"]).expect(3).out).unwrap();
    let detail = &problem["details"][0];
    assert_eq!([&detail["rule"], &detail["place"], &detail["at"]], ["DV-032", "row 2", "lat, lon"], "{problem}");
    let unsigned = std::fs::read_to_string(day::terms(root)).unwrap().replace("time_s = 300", "time_s = -5");
    let unsigned = day::write(root, "bad.toml", &unsigned.replace("red_after = 2", "red_after = 900"));
    let problem: serde_json::Value =
        serde_json::from_str(&pair.aster.run(&["terms", "check", &unsigned, "--json"]).expect(3).out).unwrap();
    assert!(problem["details"][0]["place"].as_str().unwrap().starts_with("line "), "{problem}");

    assert_eq!(pair.aster.line()["own"], before, "nothing of either file is in the log");
    assert!(pair.borea.notices().is_empty());
}

#[test]
fn a_row_that_cannot_be_let_out_so_keeps_all_rows_back() {
    let pair = Pair::serving();
    let root = pair.root.path();
    let (from, until) = (format!("{}T06:00:00Z", day::date(1)), format!("{}T06:00:00Z", day::date(2)));
    let text = |release: &str| {
        format!(
            r#"{{"kind": "text", "valid_from": "{from}", "valid_until": "{until}", "release": "{release}",
                "text": {{"language": "en", "text": "hello"}}}}"#
        )
    };
    let before = pair.aster.line()["own"].clone();
    let file = day::write(root, "texts.json", &format!("[{}, {}]", text("exact"), text("1 km")));
    for arguments in [&["notify", &file, "--check"][..], &["notify", &file]] {
        let refused = pair.aster.run(arguments).expect(3).err;
        assert!(refused.contains("notice 2, text: DV-") && refused.contains("withheld at `1 km`"), "{arguments:?}: {refused}");
        assert!(!refused.contains("notice 1"), "{refused}");
    }
    assert_eq!(pair.aster.line()["own"], before, "no row is in the log");
    assert_eq!(pair.aster.line()["waiting"], 0);
}

#[test]
fn a_file_of_five_thousand_sites_is_taken() {
    let pair = Pair::new();
    let head = "kind,title,function,lat,lon,radius_m,lower_m,upper_m,datum,start,end\n";
    let (start, end) = (day::date(1), day::date(30));
    let row = |n: usize| {
        let (lat, lon) = (59.0 + (n % 70) as f64 / 100.0, 26.0 + (n / 70) as f64 / 100.0);
        format!(
            "site,\"Clinic {n}, by the road to the harbour\",clinic,{lat:.4},{lon:.4},150,0,30,AMSL,{start}T00:00:00Z,{end}T00:00:00Z\n"
        )
    };
    let sites: String = std::iter::once(head.to_owned()).chain((0..5_000).map(row)).collect();
    let file = day::write(pair.root.path(), "sites.csv", &sites);
    let checked = pair.aster.json(&["notify", &file, "--check"]);
    assert_eq!(checked.as_array().map(Vec::len), Some(5_000));
}

#[test]
fn what_is_urgent_and_waits_is_said_to_wait() {
    let pair = Pair::new();
    for urgent in [&["safety", "send", "a boat"][..], &["check", "--wait", "0"]] {
        let waits = pair.aster.run(urgent).expect(5);
        assert!(
            waits.err.contains("NOT SENT") && waits.err.contains("the other side has not said what it holds"),
            "{}",
            waits.err
        );
        assert!(waits.out.contains("waits in the book"), "{}", waits.out);
    }
    pair.aster.ok(&["say", "this may wait"]);
    let empty = day::write(pair.root.path(), "empty.json", "[]");
    let refused = pair.aster.run(&["notify", &empty]).expect(3);
    assert!(refused.err.contains("holds no notice"), "{}", refused.err);
    let far = day::write(pair.root.path(), "far.json", &day::site("Far", 1).replacen("[[59", "[[95", 1));
    let refused = pair.aster.run(&["notify", &far]).expect(3);
    assert!(refused.err.contains("latitude 95") && !refused.err.contains("e-7"), "{}", refused.err);
}

#[test]
fn a_command_waits_for_a_node_that_starts() {
    let root = tempfile::tempdir().unwrap();
    let (aster, _) = founded(root.path(), root.path());
    let none = aster.run(&["say", "hello"]).expect(4);
    assert!(none.err.contains("no line yet: `detente invite` or `detente join`"), "{}", none.err);
    // Whoever has the home does not answer yet.
    let (inviter, _) = invite(&aster, root.path());
    let waiting = Running::spawn(aster.command(&["status"]));
    waiting.err_with("waiting for it, at most 30 s");
    drop(inviter);
    waiting.finish().expect(0);
}

#[test]
fn unknown_lines_tokens_and_homes_are_refused_in_words() {
    let pair = Pair::serving();
    for arguments in [&["notices", "--line", "nowhere"][..], &["say", "hello", "--line", "nowhere"]] {
        let refused = pair.aster.run(arguments).expect(4);
        assert!(refused.err.contains("nowhere"), "{}", refused.err);
    }
    let mut command = pair.aster.command(&["status"]);
    command.env("DETENTE_TOKEN", "not-a-token");
    let refused = Running::spawn(command).finish().expect(1);
    assert!(refused.err.contains("token"), "{}", refused.err);
    let nobody = run(&["--home", pair.root.path().join("none").to_str().unwrap(), "status"]).expect(1);
    assert!(nobody.err.contains("no detente home"), "{}", nobody.err);
    let again = pair.aster.run(&["init", "--name", "Aster"]).expect(1);
    assert!(again.err.contains("is there already"), "{}", again.err);
}

#[test]
fn a_second_process_on_a_home_is_refused_with_the_pid_of_the_first() {
    let mut pair = Pair::serving();
    let pid = pair.aster.node().pid();
    for arguments in [&["serve"][..], &["rebuild"], &["record", "verify"]] {
        let refused = pair.aster.run(arguments).expect(5);
        assert!(refused.err.contains(&format!("another process (pid {pid}) runs on the home")), "{arguments:?}: {}", refused.err);
    }
    pair.aster.ok(&["status"]);
}

/// The verbs of the program.
const VERBS: [&str; 27] = [
    "init",
    "invite",
    "join",
    "serve",
    "notify",
    "cancel",
    "notices",
    "read",
    "conflicts",
    "resolve",
    "around",
    "density",
    "settle",
    "say",
    "safety",
    "check",
    "match",
    "position",
    "terms",
    "revoke",
    "officer",
    "record",
    "backup",
    "restore",
    "status",
    "rebuild",
    "demo",
];

/// The commands that a help lists.
fn listed(help: &str) -> Vec<String> {
    let commands = help.split("Commands:\n").nth(1).unwrap_or_default();
    let lines = commands.lines().take_while(|line| line.starts_with("  ")).filter(|line| !line.starts_with("   "));
    let names = lines.filter_map(|line| line.trim().split(' ').next()).filter(|name| *name != "help");
    names.map(str::to_owned).collect()
}

/// Asserts what every help has, and goes on with the commands that it lists; gives how many were seen.
fn walk(words: &[&str]) -> usize {
    let told = run(&[words, &["--help"]].concat()).expect(0).out;
    for part in ["Usage: detente", "Example:\n  detente ", "--json", "Exit codes: 0 done; 1 failed", "7 not answered in time"] {
        assert!(told.contains(part), "{words:?} --help has no {part:?}:\n{told}");
    }
    let example = told.lines().find(|line| line.starts_with("  detente ")).unwrap();
    assert!(words.iter().all(|word| example.contains(word)), "{words:?} has an example of itself: {example}");
    1 + listed(&told).iter().map(|name| walk(&[words, &[name.as_str()]].concat())).sum::<usize>()
}

#[test]
fn every_verb_has_help_with_an_example_and_its_exit_codes() {
    let help = run(&["--help"]).expect(0).out;
    assert_eq!(listed(&help), listed(&help).iter().filter(|name| VERBS.contains(&name.as_str())).cloned().collect::<Vec<_>>());
    assert!(VERBS.iter().all(|verb| listed(&help).iter().any(|name| name == verb)), "{help}");
    assert_eq!(
        walk(&[]),
        1 + VERBS.len() + 5 + 4 + 11 + 4 + 3 + 5,
        "settle, safety, match, terms, officer and record have more below"
    );
    for wrong in [&["nonsense"][..], &["notify"], &["settle"], &["read", "00", "--listed", "1"]] {
        run(wrong).expect(2);
    }
}

#[test]
fn a_check_that_nobody_answers_ends_with_7() {
    let mut pair = Pair::serving();
    pair.borea.node().signal("STOP");
    let late = pair.aster.run(&["check", "--wait", "1"]).expect(7);
    assert!(late.err.contains("Borea did not answer check ") && late.err.contains(" within 1 s"), "{}", late.err);
    let late = pair.aster.run(&["check", "--wait", "1", "--json"]).expect(7);
    let problem: serde_json::Value = serde_json::from_str(&late.out).unwrap();
    assert_eq!(problem["status"], 504);
    pair.borea.node().signal("CONT");
    let checked = pair.aster.json(&["check", "--wait", "30"]);
    assert!(checked["answer"]["index"].is_u64() && checked["of"]["author"] == pair.aster.line()["us"], "{checked}");
    pair.aster.stop();
    let alone = pair.aster.run(&["check", "--wait", "1"]).expect(5);
    assert!(alone.err.contains("start `detente serve`"), "{}", alone.err);
    let unreached = {
        pair.borea.stop();
        pair.aster.serve();
        pair.aster.run(&["check", "--wait", "1"]).expect(7)
    };
    assert!(unreached.err.contains("no check was made: the other node was not reached"), "{}", unreached.err);
    pair.aster.json(&["say", "Are you there?"]);
    assert_eq!(pair.aster.line()["waiting"], 1, "what is put in now waits, and is shown to wait");
}

#[test]
fn a_missing_or_malformed_time_is_named_with_what_was_found_and_expected() {
    let pair = Pair::serving();
    let root = pair.root.path();
    let text = |times: &str| format!(r#"{{"kind": "text", "text": {{"language": "en", "text": "hello"}} {times}}}"#);
    let (soon, later) = (format!("{}T06:00:00Z", day::date(1)), format!("{}T06:00:00Z", day::date(2)));
    let time = "an RFC 3339 time with its zone, such as 2026-11-24T06:00:00Z";
    let cases = [
        (String::new(), "valid_from", "nothing", "an RFC 3339 time, since there is no volume to take it from"),
        (format!(r#", "valid_from": "tomorrow", "valid_until": "{later}""#), "valid_from", "tomorrow", time),
        (format!(r#", "valid_from": 5, "valid_until": "{later}""#), "valid_from", "5", time),
        (format!(r#", "valid_from": "{soon}", "valid_until": "{}""#, day::date(2)), "valid_until", &day::date(2), time),
        (format!(r#", "valid_from": "{later}", "valid_until": "{soon}""#), "valid_until", &soon, "later than the start"),
    ];
    for (times, field, found, expected) in cases {
        let file = day::write(root, "times.json", &text(&times));
        let problem: serde_json::Value =
            serde_json::from_str(&pair.aster.run(&["notify", &file, "--json"]).expect(3).out).unwrap();
        let detail = &problem["details"][0];
        assert_eq!([&detail["place"], &detail["at"], &detail["found"]], ["notice 1", field, found], "{times}: {problem}");
        assert!(detail["expected"].as_str().unwrap().starts_with(expected), "{times}: {problem}");
        let words = pair.aster.run(&["notify", &file]).expect(3).err;
        assert!(
            words.contains(&format!("notice 1, {field}: ")) && words.contains(&format!("found {found}, expected {expected}")),
            "{words}"
        );
    }
    // Of a time that nobody wrote, nothing is said.
    let backwards = day::site("Backwards", 1).replace(&format!("{}T00", day::date(2)), &format!("{}T00", day::date(0)));
    let words = pair.aster.run(&["notify", &day::write(root, "back.json", &backwards)]).expect(3).err;
    assert!(words.contains("volumes[0].end: DV-002") && !words.contains("valid_"), "{words}");
}
