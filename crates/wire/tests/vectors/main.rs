//! The committed vectors (`vectors/*.json`) are what this code makes, and an independent program agrees with them.
//!
//! `DETENTE_BLESS=1` writes them anew; a change of a file is a change of a format, and needs a version of its own.

#![expect(clippy::disallowed_methods, reason = "a test may read the committed vectors, write new ones and start the oracle")]

mod frames;
mod made;
mod oracle;

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

/// The folder of vectors.
fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../vectors")
}

#[track_caller]
fn same_as_committed(name: &str, made: &Value) {
    let path = folder().join(name);
    let text = format!("{made:#}\n");
    if std::env::var_os("DETENTE_BLESS").is_some() {
        fs::write(&path, &text).unwrap();
    }
    let committed = fs::read_to_string(&path).unwrap_or_default();
    assert!(committed == text, "{name} is not what this code makes; if the format changed on purpose, set DETENTE_BLESS=1");
}

#[test]
fn leaves_are_as_committed() {
    same_as_committed("leaf-1.json", &made::leaves());
}

#[test]
fn bodies_are_as_committed() {
    same_as_committed("body-1.json", &made::bodies());
}

#[test]
fn statements_are_as_committed() {
    same_as_committed("statement-1.json", &made::statements());
}

#[test]
fn frames_are_as_committed() {
    same_as_committed("frame-1.json", &made::frames());
}
