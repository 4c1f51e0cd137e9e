//! What a command prints, and how it ends.

use std::process::ExitCode;

use anyhow::Result;
use detente_api::problem::{Fault, Problem};
use detente_store::HomeFault;
use serde::Serialize;

use crate::client::Refusal;

/// Prints a result: as JSON, or as text made by `words`.
///
/// # Errors
/// When the result has no JSON form.
pub fn show<T: Serialize + ?Sized>(json: bool, value: &T, words: impl FnOnce(&T) -> String) -> Result<()> {
    let text = if json { serde_json::to_string_pretty(value)? } else { words(value) };
    print(&text);
    Ok(())
}

/// Prints a line; a reader that went away (a closed pipe) is no fault of ours.
pub fn print(text: &str) {
    use std::io::Write as _;
    let _ = writeln!(std::io::stdout(), "{}", text.trim_end());
}

/// Prints JSON as it is made, so that a long one is never held whole; likewise of a reader that went away.
///
/// # Errors
/// When it has no JSON form.
pub fn print_json<T: Serialize + ?Sized>(value: &T) -> Result<()> {
    use std::io::Write as _;
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    match serde_json::to_writer_pretty(&mut out, value) {
        Err(fault) if !fault.is_io() => return Err(fault.into()),
        _ => {}
    }
    let _ = writeln!(out).and_then(|()| out.flush());
    Ok(())
}

/// Something urgent that is in the book and not stated.
#[derive(Debug, thiserror::Error)]
#[error("NOT SENT: {0}")]
pub struct NotSent(pub String);

/// A record that does not verify.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct NotVerified(pub String);

/// The end of a command that has said everything already; its exit code.
#[derive(Debug, thiserror::Error)]
#[error("exit code {0}")]
pub struct Ended(pub u8);

/// A refusal by this program itself, as the node would give it.
pub fn refuse(fault: Fault, error: impl Into<String>) -> anyhow::Error {
    Refusal(Problem::new(fault, error)).into()
}

/// Prints why a command failed, and gives its exit code.
pub fn fail(json: bool, fault: &anyhow::Error) -> ExitCode {
    if let Some(Ended(code)) = fault.downcast_ref() {
        return ExitCode::from(*code);
    }
    let refusal = fault.downcast_ref::<Refusal>().map(|r| &r.0);
    if fault.downcast_ref::<NotSent>().is_some() {
        // What became of it is on standard output already.
        eprintln!("detente: {fault:#}");
    } else if json {
        let plain = Problem { status: 0, fault: "environment".into(), error: format!("{fault:#}"), details: Vec::new() };
        print(&serde_json::to_string_pretty(refusal.unwrap_or(&plain)).unwrap_or_default());
    } else {
        eprintln!("detente: {fault:#}");
        for detail in refusal.iter().flat_map(|p| &p.details) {
            eprintln!("  {detail}");
        }
    }
    let code = match refusal.map(|p| p.status) {
        Some(400 | 409 | 413 | 422) => 3,
        Some(404) => 4,
        Some(503 | 507) => 5,
        Some(504) => 7,
        None if fault.downcast_ref::<NotVerified>().is_some() => 6,
        None if fault.downcast_ref::<NotSent>().is_some() => 5,
        None if matches!(fault.downcast_ref(), Some(HomeFault::Locked { .. })) => 5,
        _ => 1,
    };
    ExitCode::from(code)
}

/// A table with columns as wide as their widest cell.
pub fn table(head: &[&str], rows: &[Vec<String>]) -> String {
    let width = |c: usize| rows.iter().filter_map(|r| r.get(c)).map(|s| s.chars().count()).chain([head[c].chars().count()]).max();
    let widths: Vec<usize> = (0..head.len()).filter_map(width).collect();
    let line = |cells: &[String]| {
        let padded = cells.iter().zip(&widths).map(|(cell, w)| format!("{cell:<w$}"));
        padded.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    let mut out = vec![line(&head.iter().map(ToString::to_string).collect::<Vec<_>>())];
    out.extend(rows.iter().map(|r| line(r)));
    out.join("\n")
}
