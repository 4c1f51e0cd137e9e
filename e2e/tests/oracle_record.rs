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

/// Asserts that both verifiers refuse an export, and that ours names what is wrong in these words.
#[track_caller]
fn refused(pair: &Pair, export: &Path, words: &str) -> Value {
    let found = verdict(export);
    assert_eq!(found["ok"], false, "{words}: {found}");
    let ours = pair.borea.run(&["record", "verify", export.to_str().unwrap()]);
    assert_eq!(ours.code, 6, "{words}: {ours:?}");
    assert!(ours.err.contains(words), "{words}: {}", ours.err);
    found
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

    rows_that_say_something_else_are_refused(&pair, &export);
}

/// A record that nobody's checkpoint covers is not called good, and one with a file less is none.
#[test]
fn entries_that_no_checkpoint_covers_are_told() {
    let (pair, export) = exported();
    let (entries, notes) = (rows(&export, "entries.ndjson"), rows(&export, "notes.ndjson"));
    let bare = changed(&export, "notes.ndjson", Vec::clear);
    let last = entries.iter().rposition(|entry| entry["author"] == entries[0]["author"]).unwrap();
    names(&refused(&pair, &bare, "no checkpoint covers any of its"), &entries[last]);
    let author = &entries[0]["author"];
    let half = changed(&export, "notes.ndjson", |rows| rows.retain(|note| note["author"] != *author));
    names(&refused(&pair, &half, "no checkpoint covers any of its"), &entries[last]);

    // Of each log its smallest checkpoint alone: the rest is a tail, as a node that was killed leaves one.
    let first = |author: &Value| {
        let of = |n: &&Value| n["author"] == *author && n["role"] == "checkpoint" && n["size"] != 0;
        notes.iter().filter(of).min_by_key(|n| n["size"].as_u64()).unwrap().clone()
    };
    let other = entries.iter().map(|e| &e["author"]).find(|a| *a != author).unwrap();
    let kept = [first(author), first(other)];
    let short = changed(&export, "notes.ndjson", |rows| *rows = kept.to_vec());
    let ours = pair.borea.json(&["record", "verify", short.to_str().unwrap()]);
    let tails: u64 = ours["lines"][0]["logs"].as_array().unwrap().iter().map(|log| log["uncovered"].as_u64().unwrap()).sum();
    let covered: u64 = kept.iter().map(|note| note["size"].as_u64().unwrap()).sum();
    assert_eq!(tails, entries.len() as u64 - covered, "{ours}");
    assert!(tails > 0, "a checkpoint of the first entries does not cover all: {ours}");
    let found = verdict(&short);
    let theirs: u64 = found["logs"].as_object().unwrap().values().map(|log| log["uncovered"].as_u64().unwrap()).sum();
    assert_eq!(theirs, tails, "{found}");
    let words = pair.borea.ok(&["record", "verify", short.to_str().unwrap()]);
    assert!(words.contains(&format!("; {tails} entries are under no checkpoint")), "{words}");

    for name in FILES {
        let to = changed(&export, "notes.ndjson", |_| ());
        std::fs::remove_file(to.join(name)).unwrap();
        refused(&pair, &to, name);
    }
}

/// What a row says beside the signed bytes is what they say, and every file is in its one form.
fn rows_that_say_something_else_are_refused(pair: &Pair, export: &Path) {
    let (entries, notes) = (rows(export, "entries.ndjson"), rows(export, "notes.ndjson"));
    let entry = |change: &dyn Fn(&mut Value)| changed(export, "entries.ndjson", |rows| change(&mut rows[1]));
    let named = format!("entry {}", entries[1]["index"]);
    names(&refused(pair, &entry(&|row| row["index"] = 9.into()), &named), &entries[1]);
    let upper = |text: &Value| Value::from(text.as_str().unwrap().to_uppercase());
    for change in [
        &(|row: &mut Value| row["author"] = upper(&row["author"])) as &dyn Fn(&mut Value),
        &|row| row["generation"] = 0.into(),
        &|row| row["index"] = (-1).into(),
        &|row| row["remark"] = "not signed by anybody".into(),
        &|row| drop(row.as_object_mut().unwrap().remove("index")),
        &|row| row["leaf"] = row["leaf"].as_str().unwrap().trim_end_matches('=').into(),
    ] {
        refused(pair, &entry(change), "entries.ndjson: line 2");
    }

    let last = |role: &str| notes.iter().rposition(|n| n["role"] == role && n["size"] != 0).unwrap();
    let (checkpoint, cosignature) = (last("checkpoint"), last("cosignature"));
    let note = |at: usize, change: &dyn Fn(&mut Value)| changed(export, "notes.ndjson", |rows| change(&mut rows[at]));
    let other = |author: &Value| entries.iter().map(|e| &e["author"]).find(|a| *a != author).unwrap().clone();
    for at in [checkpoint, cosignature] {
        let named = format!("entry {}", notes[at]["size"].as_u64().unwrap() - 1);
        let found = refused(pair, &note(at, &|row| row["size"] = (row["size"].as_u64().unwrap() + 1).into()), &named);
        assert_eq!((&found["log"], found["index"].as_u64()), (&notes[at]["author"], notes[at]["size"].as_u64().map(|s| s - 1)));
        refused(pair, &note(at, &|row| row["author"] = other(&row["author"])), "of another log than its row says");
        refused(pair, &note(at, &|row| row["generation"] = 2.into()), "of a log that is not here");
        let line = format!("notes.ndjson: line {}", at + 1);
        refused(pair, &note(at, &|row| row["author"] = upper(&row["author"])), &line);
        refused(pair, &note(at, &|row| row["generation"] = 0.into()), &line);
        refused(pair, &note(at, &|row| row["role"] = "witness".into()), &line);
    }
    refused(pair, &note(checkpoint, &|row| row["role"] = "cosignature".into()), "cosignature of the other party");

    for change in [
        &(|record: &mut Value| record["line"] = upper(&record["line"])) as &dyn Fn(&mut Value),
        &|record| record["parties"][1] = upper(&record["parties"][1]),
        &|record| record["parties"][1] = record["parties"][0].clone(),
        &|record| record["format"] = 2.into(),
        &|record| record["remark"] = "not signed by anybody".into(),
    ] {
        let to = changed(export, "notes.ndjson", |_| ());
        let mut record: Value = serde_json::from_slice(&std::fs::read(export.join("record.json")).unwrap()).unwrap();
        change(&mut record);
        std::fs::write(to.join("record.json"), record.to_string()).unwrap();
        refused(pair, &to, "record.json: ");
    }
}

/// A side that was restored speaks in a new generation, whose number is drawn: both verifiers follow it there.
#[test]
fn a_record_of_more_generations_than_two_parties_is_taken_whole() {
    let mut pair = Pair::serving();
    let root = pair.root.path().to_owned();
    let notify = |pair: &Pair, file: &str| drop(pair.aster.ok(&["notify", &day::tomorrow(&root, file)]));
    notify(&pair, "aster/patrol-flights.json");
    pair.converge();
    let copy = root.join("copy");
    pair.aster.ok(&["backup", copy.to_str().unwrap()]);
    pair.aster.ok(&["say", "said after the backup"]);
    pair.converge();
    pair.aster.stop();
    pair.aster.ok(&["restore", copy.to_str().unwrap(), "--set-aside"]);
    pair.aster.serve();
    pair.converge();
    pair.aster.ok(&["say", "said in the new generation"]);
    pair.converge();
    pair.aster.stop();

    let export = root.join("export");
    pair.aster.ok(&["record", "export", export.to_str().unwrap()]);
    let good = verdict(&export);
    assert_eq!(good["ok"], true, "{good}");
    pair.borea.ok(&["record", "verify", export.to_str().unwrap()]);
    let entries = rows(&export, "entries.ndjson");
    let logs = good["logs"].as_object().unwrap();
    assert_eq!(logs.len(), 3, "two logs of Aster, one of Borea: {good}");
    let later = entries.iter().position(|entry| entry["generation"] != 1).unwrap();
    let number = entries[later]["generation"].as_u64().unwrap();
    assert!((2..=1 + (1 << 20)).contains(&number), "{number}");

    let author = entries[later]["author"].clone();
    let first = entries.iter().position(|entry| entry["author"] == author).unwrap();
    assert!(first < later, "generations come by rising number");
    // The second life without the end of the first, without the first, and under another number.
    let end = &entries[later - 1];
    let shorter = changed(&export, "entries.ndjson", |rows| drop(rows.remove(later - 1)));
    names(&refused(&pair, &shorter, &format!("entry {}:", end["index"])), end);
    refused(&pair, &changed(&export, "entries.ndjson", |rows| drop(rows.drain(first..later))), "its first generation is missing");
    let renumbered = changed(&export, "entries.ndjson", |rows| {
        rows.iter_mut().filter(|row| row["generation"] == number).for_each(|row| row["generation"] = (number + 1).into());
    });
    names(&refused(&pair, &renumbered, "entry 0"), &entries[later]);
}
