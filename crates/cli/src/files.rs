//! Notice and terms files, as commands read them.

use std::io::Read as _;
use std::path::Path;

use anyhow::{Context, Result};
use detente_gateway::{NoticeForm, Reading};
use detente_types::{Terms, TermsIn};

/// Reads the notices of a file, or of standard input for `-`. With the line's terms, what looks odd under them is warned
/// of.
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
    Ok(detente_gateway::read(&name, &bytes, terms)?)
}

/// The forms of a file's notices.
pub(crate) fn forms(reading: Reading) -> Vec<NoticeForm> {
    reading.rows.into_iter().map(|row| row.form).collect()
}

/// Reads a terms file.
///
/// # Errors
/// What is wrong with it, and where.
pub(crate) fn terms(file: &Path) -> Result<TermsIn> {
    let text = std::fs::read_to_string(file).with_context(|| format!("reading {}", file.display()))?;
    detente_gateway::terms::read(&text).with_context(|| format!("reading the terms in {}", file.display()))
}
