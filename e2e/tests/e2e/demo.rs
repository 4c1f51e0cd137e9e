//! The demo runs to its end, and tells another story when its files are changed.

use std::path::Path;

use crate::day;
use crate::program::{Running, command, run, until};

const CHAPTERS: [&str; 8] = [
    "1  Two sides make a line",
    "2  Each side says what it is about to do",
    "3  Where plans meet",
    "5  Two plans, and nothing shown",
    "6  SAFETY",
    "7  How far it got",
    "8  The record",
    "Summary",
];

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap().map(Result::unwrap) {
        let to = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &to);
        } else {
            std::fs::copy(entry.path(), to).unwrap();
        }
    }
}

/// What is between two backticks behind a mark of examples/README.md.
fn quoted(text: &str, place: usize) -> String {
    text.split('`').nth(place * 2 + 1).expect("as many quotations").to_owned()
}

#[test]
fn the_built_in_day_has_its_chapters_and_two_conflicts() {
    let keep = tempfile::tempdir().unwrap();
    let told = run(&["demo", "--headless", "--keep", keep.path().join("demo").to_str().unwrap()]).expect(0).out;
    let mut rest = told.as_str();
    for chapter in CHAPTERS {
        let at = rest.find(&format!("── {chapter}")).unwrap_or_else(|| panic!("no chapter {chapter:?} in its place:\n{told}"));
        rest = &rest[at..];
    }
    assert_eq!(told.matches("  Settling conflict").count(), 2, "{told}");
    assert!(rest.contains("1 conflict(s) found, the same on both sides"), "{told}");
    assert!(rest.contains("a blind run found where two plans meet; only that part was shown; 1 conflict(s)"), "{told}");
    assert_eq!(rest.matches(" settled by the shift ").count(), 2, "{told}");
    assert!(rest.contains("a forged byte caught"), "{told}");
    assert!(told.contains("Patrol flight 2, middle gulf\u{201d} of Aster air desk"), "each plan has its own desk:\n{told}");
}

#[test]
fn the_change_that_the_examples_tell_of_makes_the_conflict_vanish() {
    let root = tempfile::tempdir().unwrap();
    let gulf = root.path().join("gulf");
    copy(&day::examples(), &gulf);
    let readme = std::fs::read_to_string(day::examples().join("../README.md")).unwrap();
    let advice = readme.split("1. **Patrol flight 2").nth(1).expect("the first conflict is told of");
    let (file, old, new) = (quoted(advice, 0), quoted(advice, 1), quoted(advice, 2));
    let file = root.path().join(file);
    let text = std::fs::read_to_string(&file).unwrap();
    assert!(text.contains(&old), "{old}");
    std::fs::write(&file, text.replace(&old, &new)).unwrap();

    let keep = root.path().join("demo");
    let arguments = ["demo", "--json", "--headless", "--examples", gulf.to_str().unwrap(), "--keep", keep.to_str().unwrap()];
    let ended = run(&arguments).expect(0);
    let ending: serde_json::Value = serde_json::from_str(&ended.out).expect("the ending as JSON");
    assert!(ending["sides"][1]["page"].as_str().unwrap().starts_with("http://127.0.0.1:"), "{ending}");
    let told = ended.err;
    assert!(told.contains("0 conflict(s) found, the same on both sides"), "{told}");
    assert!(told.contains("only that part was shown; 1 conflict(s)"), "{told}");
    assert!(!told.contains("\u{201c}Patrol flight 2, middle gulf\u{201d}"), "no conflict names the flight:\n{told}");
}

#[test]
fn a_demo_that_is_killed_leaves_no_node_behind() {
    let keep = tempfile::tempdir().unwrap();
    let demo = Running::spawn(command(&["demo", "--keep", keep.path().to_str().unwrap()]));
    demo.out_with("Both nodes stay up until Ctrl-C");
    demo.signal("KILL");
    drop(demo);
    for side in ["aster", "borea"] {
        let home = keep.path().join(side);
        // A home that a node still runs on is refused.
        until("the node to end", || (run(&["--home", home.to_str().unwrap(), "record", "verify"]).code == 0).then_some(()));
    }
}
