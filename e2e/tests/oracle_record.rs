//! An exported record under a second verifier, `e2e/oracles/verify_record.py`, which was written from `docs/spec/` alone.
//! It needs `python3` and nothing else; a missing one fails.

#[expect(dead_code, reason = "the stories of tests/e2e use more of it")]
#[path = "e2e/day.rs"]
mod day;
#[expect(dead_code, reason = "the stories of tests/e2e use more of it")]
#[path = "e2e/program.rs"]
mod program;
#[expect(dead_code, reason = "the stories of tests/e2e use more of it")]
#[path = "e2e/side.rs"]
mod side;

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::side::Pair;

const FILES: [&str; 3] = ["record.json", "entries.ndjson", "notes.ndjson"];

/// What the oracle says of an export; its exit code must agree.
#[track_caller]
fn verdict(export: &Path) -> Value {
    let oracle = Path::new(env!("CARGO_MANIFEST_DIR")).join("oracles/verify_record.py");
    let told = Command::new("python3").arg(oracle).arg(export).output().expect("python3 runs: `apt-get install python3`");
    let out = String::from_utf8(told.stdout).unwrap();
    let verdict: Value = serde_json::from_str(&out).unwrap_or_else(|fault| {
        panic!("the oracle printed no JSON ({fault}):\n{out}\n{}", String::from_utf8_lossy(&told.stderr));
    });
    let code = if verdict["ok"] == true { 0 } else { 1 };
    assert_eq!(told.status.code(), Some(code), "{verdict}");
    verdict
}

/// The lines of a file of an export.
fn rows(export: &Path, name: &str) -> Vec<Value> {
    let text = std::fs::read_to_string(export.join(name)).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// A copy of an export whose rows in one file are changed.
fn changed(export: &Path, name: &str, change: impl FnOnce(&mut Vec<Value>)) -> PathBuf {
    let to = export.with_file_name("changed");
    std::fs::create_dir_all(&to).unwrap();
    for file in FILES {
        std::fs::copy(export.join(file), to.join(file)).unwrap();
    }
    let mut rows = rows(export, name);
    change(&mut rows);
    let text: String = rows.iter().map(|row| format!("{row}\n")).collect();
    std::fs::write(to.join(name), text).unwrap();
    to
}

/// Changes one character in the middle of base64, and so up to six bits of one or two bytes.
fn flip(base64: &mut Value) {
    let mut text = base64.as_str().unwrap().as_bytes().to_vec();
    let at = text.len() / 2;
    text[at] = if text[at] == b'A' { b'B' } else { b'A' };
    *base64 = String::from_utf8(text).unwrap().into();
}

/// Asserts that the oracle names this entry.
#[track_caller]
fn names(found: &Value, entry: &Value) {
    assert_eq!(found["ok"], false, "{found}");
    assert_eq!(found["log"], entry["author"], "{found}");
    assert_eq!(found["index"], entry["index"], "{found}");
}

/// A day of both sides, exported by one of them when everything had met.
fn exported() -> (Pair, PathBuf) {
    let mut pair = Pair::serving();
    let root = pair.root.path().to_owned();
    for file in ["borea/sites.csv", "borea/live-fire.geojson", "borea/text-ru.json"] {
        pair.borea.ok(&["notify", &day::tomorrow(&root, file)]);
    }
    pair.aster.ok(&["notify", &day::tomorrow(&root, "aster/patrol-flights.json")]);
    pair.aster.ok(&["say", "we hold it"]);
    pair.converge();
    pair.aster.stop();
    let export = root.join("export");
    pair.aster.ok(&["record", "export", export.to_str().unwrap()]);
    (pair, export)
}

#[test]
fn a_verifier_written_from_the_documents_takes_what_we_export_and_nothing_else() {
    let (pair, export) = exported();
    let (entries, notes) = (rows(&export, "entries.ndjson"), rows(&export, "notes.ndjson"));
    let good = verdict(&export);
    assert_eq!(good["ok"], true, "{good}");
    assert_eq!(good["entries"], entries.len(), "{good}");
    assert_eq!(good["notes"], notes.len(), "{good}");
    assert_eq!(good["logs"].as_object().map(serde_json::Map::len), Some(2), "{good}");
    assert!(entries.len() >= 6 && notes.len() >= 4, "both openings, the notices, the text, and what covers them: {good}");

    // Of each log, the opening, an entry in the middle and the last one.
    let other = entries.iter().position(|entry| entry["author"] != entries[0]["author"]).unwrap();
    let last = entries.len() - 1;
    for at in [0, other / 2, other - 1, other, usize::midpoint(other, last), last] {
        for field in ["body", "leaf"] {
            let to = changed(&export, "entries.ndjson", |rows| flip(&mut rows[at][field]));
            names(&verdict(&to), &entries[at]);
            pair.borea.run(&["record", "verify", to.to_str().unwrap()]).expect(6);
        }
    }

    assert!(last - other >= 3, "the second log has entries to swap: {good}");
    names(&verdict(&changed(&export, "entries.ndjson", |rows| rows.swap(other + 1, other + 2))), &entries[other + 1]);
    names(&verdict(&changed(&export, "entries.ndjson", |rows| drop(rows.remove(other + 1)))), &entries[other + 1]);
    // That the last entry was there, only what rests on it tells: a note, or a claim of the other log, which comes first.
    let shorter = verdict(&changed(&export, "entries.ndjson", |rows| drop(rows.pop())));
    assert_eq!(shorter["ok"], false, "{shorter}");

    let note = notes.len() / 2;
    let to = changed(&export, "notes.ndjson", |rows| {
        let text = rows[note]["note"].as_str().unwrap();
        let (words, signature) = text.rsplit_once(' ').unwrap();
        let mut signature = signature.trim_end().into();
        flip(&mut signature);
        rows[note]["note"] = format!("{words} {}\n", signature.as_str().unwrap()).into();
    });
    let found = verdict(&to);
    assert_eq!(found["ok"], false, "{found}");
    assert_eq!(found["log"], notes[note]["author"], "{found}");
    assert_eq!(found["index"].as_u64(), notes[note]["size"].as_u64().map(|size| size - 1), "{found}");
}
