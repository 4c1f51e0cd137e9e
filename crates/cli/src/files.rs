//! Notice and terms files, as commands read them. What is wrong with one is told as the node would tell it: row, column,
//! rule, what was found and what was expected.

use std::io::Read as _;
use std::path::Path;

use anyhow::{Context, Result};
use detente_api::problem::{Fault, Problem};
use detente_gateway::terms::TermsFile;
use detente_gateway::{Level, NoticeForm, Reading};
use detente_types::{Terms, TermsIn};

use crate::client::Refusal;
use crate::output::refuse;

/// Reads the notices of a file, or of standard input for `-`. With the line's terms, what looks odd under them is warned
/// of on standard error.
///
/// # Errors
/// Everything that is wrong with the file, at once; nothing of it is then taken.
pub(crate) fn notices(file: &Path, terms: Option<&Terms>) -> Result<Reading> {
    let name = file.display().to_string();
    let mut bytes = Vec::new();
    if name == "-" {
        std::io::stdin().read_to_end(&mut bytes).context("reading standard input")?;
    } else {
        bytes = std::fs::read(file).with_context(|| format!("reading {name}"))?;
    }
    read_notices(&name, &bytes, terms)
}

/// Reads notices.
///
/// # Errors
/// Everything that is wrong with them, at once.
pub(crate) fn read_notices(name: &str, bytes: &[u8], terms: Option<&Terms>) -> Result<Reading> {
    let read = detente_gateway::read(name, bytes, terms);
    let report = read.as_ref().map_or_else(|fault| &fault.report, |reading| &reading.report);
    report.findings.iter().filter(|f| f.level == Level::Warning).for_each(|warning| eprintln!("{warning}"));
    read.map_err(|fault| Refusal(Problem::from(&fault)).into())
}

/// The forms of a file's notices.
pub(crate) fn forms(reading: Reading) -> Vec<NoticeForm> {
    reading.rows.into_iter().map(|row| row.form).collect()
}

/// Reads a terms file.
///
/// # Errors
/// What is wrong with it, and where.
pub(crate) fn terms(file: &Path) -> Result<TermsFile> {
    let name = file.display().to_string();
    let text = std::fs::read_to_string(file).with_context(|| format!("reading {name}"))?;
    read_terms(&name, &text)
}

/// Reads terms.
///
/// # Errors
/// What is wrong with them, and where.
pub(crate) fn read_terms(name: &str, text: &str) -> Result<TermsFile> {
    detente_gateway::terms::read(text).map_err(|fault| {
        let mut problem = Problem::from(&fault);
        problem.error = format!("{name}: {}", problem.error);
        Refusal(problem).into()
    })
}

/// The terms with this party first, and what the other party is called.
///
/// # Errors
/// When they are the terms of two others.
pub(crate) fn put_first(terms: TermsFile, party: &str) -> Result<(TermsIn, String)> {
    terms.of(party).map_err(|[first, second]| {
        refuse(Fault::Rules, format!("these are terms between {first} and {second}, and this party calls itself {party}"))
    })
}
