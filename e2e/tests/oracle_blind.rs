//! Whole runs of blind matching under a second implementation, `e2e/oracles/blind_vectors.py`, which was written from
//! docs/spec/blind.md alone. It needs `python3` and nothing else; a missing one fails.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

fn oracle(vectors: &Path) -> Output {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("oracles/blind_vectors.py");
    Command::new("python3").arg(script).arg(vectors).output().expect("python3 runs: `apt-get install python3`")
}

fn kept() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../vectors/blind-2.json")
}

#[test]
fn a_second_implementation_says_the_same_bytes_and_finds_the_same() {
    let told = oracle(&kept());
    let (out, err) = (String::from_utf8_lossy(&told.stdout), String::from_utf8_lossy(&told.stderr));
    assert!(told.status.success() && out.ends_with(" checks passed\n"), "{out}{err}");
}

/// The oracle must be able to say no.
#[test]
fn a_changed_byte_is_found() {
    let root = tempfile::tempdir().unwrap();
    let text = std::fs::read_to_string(kept()).unwrap();
    // The last digit of a commitment of the first run.
    let at = text.find("\"commitment\": \"").unwrap() + "\"commitment\": \"".len() + 63;
    let mut changed = text.into_bytes();
    changed[at] = if changed[at] == b'0' { b'1' } else { b'0' };
    let file = root.path().join("blind-2.json");
    std::fs::write(&file, changed).unwrap();
    let told = oracle(&file);
    assert_eq!(told.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&told.stderr).contains("commitment: found"));
}
