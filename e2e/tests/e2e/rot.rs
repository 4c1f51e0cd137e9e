//! Bits that flip in a record, at home or exported: `record verify` finds each, says where, and never takes what it reads
//! for something else.
//!
//! That a home's other files are covered too, the store's own tests show; here the program is asked.

use std::fs;
use std::path::{Path, PathBuf};

use crate::day;
use crate::program::soak;
use crate::side::Pair;

/// SplitMix64: fixed seeds, and no need of a crate.
struct Seeded(u64);

impl Seeded {
    /// A number from 0 to below `end`.
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((mixed ^ (mixed >> 31)) % end as u64) as usize
    }
}

/// A file with one flipped bit, until it is dropped.
struct Flipped<'a> {
    path: &'a Path,
    right: &'a [u8],
    at: usize,
    bit: usize,
}

impl<'a> Flipped<'a> {
    fn new(path: &'a Path, right: &'a [u8], seeded: &mut Seeded) -> Self {
        let (at, bit) = (seeded.below(right.len()), seeded.below(8));
        let mut bytes = right.to_vec();
        bytes[at] ^= 1 << bit;
        fs::write(path, bytes).unwrap();
        Self { path, right, at, bit }
    }

    /// Which line of a text it is in, from 1.
    fn line(&self) -> usize {
        1 + self.right[..self.at].iter().filter(|b| **b == b'\n').count()
    }

    /// The entry whose leaf or body it is in, when it is in one: these stand last in a row.
    fn entry(&self) -> Option<u64> {
        let start = self.right[..self.at].iter().rposition(|b| *b == b'\n').map_or(0, |end| end + 1);
        let row = std::str::from_utf8(&self.right[start..]).unwrap().lines().next().unwrap();
        let values = row.find("\"leaf\"")? + "\"leaf\":\"".len();
        let row: serde_json::Value = serde_json::from_str(row).unwrap();
        if self.at - start < values { None } else { row["index"].as_u64() }
    }

    fn place(&self) -> String {
        format!("{} byte {} bit {}", self.path.display(), self.at, self.bit)
    }
}

impl Drop for Flipped<'_> {
    fn drop(&mut self) {
        fs::write(self.path, self.right).unwrap();
    }
}

/// A pair whose record holds a little of everything, both nodes at rest.
fn pair() -> Pair {
    let mut pair = Pair::serving();
    let root = pair.root.path().to_owned();
    for file in ["borea/air-bridge.json", "borea/sites.csv", "borea/text-ru.json"] {
        pair.borea.ok(&["notify", &day::tomorrow(&root, file)]);
    }
    pair.aster.ok(&["say", "we hold it"]);
    pair.converge();
    pair.aster.stop();
    pair.borea.stop();
    pair
}

#[test]
fn every_flip_in_an_exported_record_is_found() {
    let pair = pair();
    let export = pair.root.path().join("export");
    pair.aster.ok(&["record", "export", export.to_str().unwrap()]);
    let verify = || pair.borea.run(&["record", "verify", export.to_str().unwrap()]);
    verify().expect(0);
    let files: Vec<(PathBuf, Vec<u8>)> = ["record.json", "entries.ndjson", "notes.ndjson"]
        .into_iter()
        .map(|name| (export.join(name), fs::read(export.join(name)).unwrap()))
        .collect();
    let mut seeded = Seeded(1);
    for number in 0..if soak() { 10_000 } else { 300 } {
        let (path, right) = &files[number % files.len()];
        let flipped = Flipped::new(path, right, &mut seeded);
        let found = verify();
        assert_eq!(found.code, 6, "{}: {found:?}", flipped.place());
        // A row that cannot be read is told by its line, and a changed leaf or body by its entry.
        let name = path.file_name().unwrap().to_str().unwrap();
        let in_line = found.err.contains(&format!("{name}: line {}:", flipped.line()));
        let is_told = match (name, flipped.entry()) {
            ("record.json", _) => found.err.contains(name) || found.err.contains(", entry 0:"),
            (_, Some(index)) => in_line || found.err.contains(&format!(", entry {index}:")),
            _ => in_line || found.err.contains(", entry ") || found.err.contains("a kept note"),
        };
        assert!(is_told, "{} (line {}): {}", flipped.place(), flipped.line(), found.err);
    }
    verify().expect(0);
}

#[test]
fn every_flip_in_the_database_of_a_home_is_found() {
    let pair = pair();
    let verify = || pair.borea.run(&["record", "verify"]);
    verify().expect(0);
    let path = pair.borea.home.join("journal.db");
    let right = fs::read(&path).unwrap();
    let mut seeded = Seeded(2);
    for _ in 0..if soak() { 2_000 } else { 100 } {
        let flipped = Flipped::new(&path, &right, &mut seeded);
        let found = verify();
        assert_eq!(found.code, 6, "{}: {found:?}", flipped.place());
        assert!(found.err.contains("journal.db"), "{}: {}", flipped.place(), found.err);
    }
    verify().expect(0);
}
