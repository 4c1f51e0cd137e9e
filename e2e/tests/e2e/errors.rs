//! What wrong input gets: a clear error, an exit code, and nothing stated.

use crate::day;
use crate::program::{Running, run};
use crate::side::Pair;

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
    serde_json::from_str::<serde_json::Value>(&json.out).expect("a JSON problem");

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

    assert_eq!(pair.aster.line()["own"], before, "nothing of either file is in the log");
    assert!(pair.borea.notices().is_empty());
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
        let refused = pair.aster.run(arguments).expect(1);
        assert!(refused.err.contains(&format!("another process (pid {pid}) runs on the home")), "{arguments:?}: {}", refused.err);
    }
    pair.aster.ok(&["status"]);
}

#[test]
fn every_verb_has_help_and_the_exit_codes_are_told() {
    let help = run(&["--help"]).expect(0).out;
    assert!(help.contains("Exit codes: 0 done"), "{help}");
    let verbs = [
        "init",
        "invite",
        "join",
        "serve",
        "notify",
        "cancel",
        "notices",
        "read",
        "conflicts",
        "settle",
        "say",
        "safety",
        "check",
        "terms",
        "officer",
        "record",
        "backup",
        "restore",
        "status",
        "rebuild",
        "demo",
        "settle offer",
        "settle accept",
        "settle reject",
        "settle withdraw",
        "settle amend",
        "safety send",
        "safety act",
        "safety list",
        "terms show",
        "terms check",
        "terms propose",
        "terms accept",
        "officer add",
        "officer list",
        "officer remove",
        "record verify",
        "record export",
        "record release",
    ];
    for verb in verbs {
        let words: Vec<&str> = verb.split(' ').collect();
        assert!(words.len() > 1 || help.contains(&format!("  {verb}")), "{verb} is in the list:\n{help}");
        let told = run(&[&words[..], &["--help"]].concat()).expect(0).out;
        assert!(told.contains("Usage: detente") && told.contains("--json"), "{told}");
    }
    run(&["nonsense"]).expect(2);
    run(&["notify"]).expect(2);
}
