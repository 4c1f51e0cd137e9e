//! The independent program: Python with `cbor2` and `cryptography`, which `cargo xtask test` installs.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::folder;

/// The interpreter with the oracle's packages; `DETENTE_PYTHON` names another one.
///
/// # Panics
/// When there is none: a missing oracle fails.
fn python() -> PathBuf {
    if let Some(named) = std::env::var_os("DETENTE_PYTHON") {
        return named.into();
    }
    let installed = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/oracles/venv/bin/python");
    assert!(installed.exists(), "the Python oracles are missing: `cargo xtask test` installs them, or set DETENTE_PYTHON");
    installed
}

fn script() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../e2e/oracles/wire_vectors.py")
}

#[test]
fn an_independent_program_agrees_with_every_vector() {
    let told = Command::new(python()).arg(script()).arg(folder()).output().expect("the interpreter starts");
    let (out, err) = (String::from_utf8_lossy(&told.stdout), String::from_utf8_lossy(&told.stderr));
    assert!(told.status.success(), "{out}{err}");
    let checks: usize = out.split_whitespace().next().and_then(|n| n.parse().ok()).unwrap_or_default();
    assert!(checks > 300, "it says how much it checked: {out}");
}

#[test]
fn the_independent_program_finds_a_single_changed_digit() {
    let scratch = Path::new(env!("CARGO_TARGET_TMPDIR")).join("spoilt-vectors");
    std::fs::create_dir_all(&scratch).unwrap();
    let files = ["leaf-1.json", "body-1.json", "statement-1.json", "frame-1.json"];
    let copy = || files.map(|name| std::fs::copy(folder().join(name), scratch.join(name)).unwrap());
    for (name, key) in [
        ("leaf-1.json", "\"hash\": \""),
        ("leaf-1.json", "\"leaf\": \""),
        ("body-1.json", "\"root\": \""),
        ("body-1.json", "\"body\": \""),
        ("statement-1.json", "\"digest\": \""),
        ("statement-1.json", "\"certificate\": \""),
        ("statement-1.json", "\"id\": \""),
        ("statement-1.json", "\"packed\": \""),
        ("frame-1.json", "\"frame\": \""),
    ] {
        copy();
        let path = scratch.join(name);
        let text = std::fs::read_to_string(&path).unwrap();
        let digit = text.rfind(key).expect("the key is there") + key.len() + 20;
        let other = if &text[digit..=digit] == "0" { "1" } else { "0" };
        std::fs::write(&path, format!("{}{other}{}", &text[..digit], &text[digit + 1..])).unwrap();
        let told = Command::new(python()).arg(script()).arg(&scratch).output().expect("the interpreter starts");
        assert_eq!(told.status.code(), Some(1), "{key} in {name}: {}", String::from_utf8_lossy(&told.stderr));
    }
}
