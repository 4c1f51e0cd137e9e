//! A record that was changed does not verify, and the first bad entry is named.

use std::path::Path;

use crate::day;
use crate::side::Pair;

/// Changes one character of base64, and so one bit of what it encodes.
fn flip(base64: &str) -> String {
    let mut bytes = base64.as_bytes().to_vec();
    let at = bytes.len() / 2;
    bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
    String::from_utf8(bytes).unwrap()
}

/// A copy of an export, with a field of one of its entries flipped.
fn forged(export: &Path, to: &Path, line: usize, field: &str) -> serde_json::Value {
    std::fs::create_dir(to).unwrap();
    for name in ["record.json", "notes.ndjson"] {
        std::fs::copy(export.join(name), to.join(name)).unwrap();
    }
    let text = std::fs::read_to_string(export.join("entries.ndjson")).unwrap();
    let mut entries: Vec<serde_json::Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    entries[line][field] = flip(entries[line][field].as_str().unwrap()).into();
    let text: String = entries.iter().map(|entry| format!("{entry}\n")).collect();
    std::fs::write(to.join("entries.ndjson"), text).unwrap();
    entries.swap_remove(line)
}

#[test]
fn a_flipped_bit_in_any_entry_is_found_and_named() {
    let mut pair = Pair::serving();
    let root = pair.root.path().to_owned();
    for file in ["borea/air-bridge.json", "borea/sites.csv", "borea/live-fire.geojson"] {
        pair.borea.ok(&["notify", &day::tomorrow(&root, file)]);
    }
    pair.aster.ok(&["say", "we hold it"]);
    pair.converge();
    pair.aster.stop();

    let export = root.join("export");
    let exported = pair.aster.json(&["record", "export", export.to_str().unwrap()]);
    let count = usize::try_from(exported["entries"].as_u64().unwrap()).unwrap();
    assert!(count >= 7, "both openings, four notices, one text: {exported}");
    pair.borea.ok(&["record", "verify", export.to_str().unwrap()]);

    for line in 0..count {
        for field in ["leaf", "body"] {
            let to = root.join(format!("forged-{line}-{field}"));
            let entry = forged(&export, &to, line, field);
            let found = pair.borea.run(&["record", "verify", to.to_str().unwrap()]);
            assert_eq!(found.code, 6, "entry {line}, {field}: {found:?}");
            let index = entry["index"].to_string();
            assert!(found.err.contains(&format!("entry {index}")), "entry {index} is named: {}", found.err);
        }
    }
}
