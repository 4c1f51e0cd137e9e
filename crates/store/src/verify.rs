//! Finding what rotted: every byte of a home that nobody runs is held against what it should be.

use core::fmt;
use std::path::Path;

use detente_node::port::StoreFault;

use crate::home::{self, HomeFault};
use crate::sqlite::{self, JOURNAL, OpenFault, Reader};

/// Bad pages whose table is looked up. Each look-up walks the file.
const OWNERS_MAX: usize = 8;

/// Where something is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// A row, by its key.
    Row(String),
    /// A page of the database, counted from 1, and the table or index that it belongs to, if that can still be told.
    Page(u32, Option<String>),
    /// A frame of the write-ahead log, counted from 1.
    Frame(u32),
    /// The file as such.
    Whole,
}

/// Something that is not as it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The file, relative to the home.
    pub file: String,
    /// Where in it.
    pub place: Place,
    /// What is wrong.
    pub detail: String,
}

impl Finding {
    pub(crate) fn new(file: &str, place: Place, detail: impl Into<String>) -> Self {
        Self { file: file.into(), place, detail: detail.into() }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { file, place, detail } = self;
        match place {
            Place::Row(key) => write!(f, "{file}: row {key}: {detail}"),
            Place::Page(page, Some(owner)) => write!(f, "{file}: page {page} (of {owner}): {detail}"),
            Place::Page(page, None) => write!(f, "{file}: page {page}: {detail}"),
            Place::Frame(frame) => write!(f, "{file}: frame {frame}: {detail}"),
            Place::Whole => write!(f, "{file}: {detail}"),
        }
    }
}

/// What a check of a home gave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// What is wrong, the first bad row first. Empty: every byte is as it was written.
    pub findings: Vec<Finding>,
    /// Rows that were read and fit, in order, up to the first bad one.
    pub rows: u64,
}

/// Checks every byte of a home or a backup that nobody runs, and names the first bad row if rows are hit. Writes nothing
/// but SQLite's scratch index of a log that a crash left.
///
/// A home that is being run is refused: check a backup of it.
///
/// # Errors
/// [`HomeFault`] for what is no finding: no home there, being run, not readable, of a newer program.
pub fn verify(root: &Path) -> Result<Report, HomeFault> {
    let _looking = home::look(root)?;
    let mut report = Report { findings: Vec::new(), rows: 0 };
    home::inspect_small_files(root, &mut report.findings)?;
    let journal = root.join(JOURNAL);
    let seen = sqlite::inspect(root).map_err(|source| OpenFault::Io { path: journal.clone(), source })?;
    let mut pages = seen.findings;
    let opened = if seen.has_log { Reader::open(&journal) } else { Reader::open_still(&journal) };
    let rows = match opened {
        Ok(mut reader) => {
            name_owners(&reader, &mut pages);
            check_rows(&mut reader, &mut report.rows)
        }
        Err(fault) => Some(row_finding(fault)),
    };
    // A bad row says more than the page it lies in, and both say more than a small file.
    let small = core::mem::take(&mut report.findings);
    report.findings.extend(rows.into_iter().chain(pages).chain(small));
    Ok(report)
}

/// Walks all rows, then asks SQLite about its structure. The first thing wrong.
fn check_rows(reader: &mut Reader, rows: &mut u64) -> Option<Finding> {
    let walked = reader.replay(&mut |_| {
        *rows += 1;
        Ok(())
    });
    match walked.and_then(|()| reader.structure()) {
        Ok(None) => None,
        Ok(Some(complaint)) => Some(Finding::new(JOURNAL, Place::Whole, complaint)),
        Err(fault) => Some(row_finding(fault)),
    }
}

fn row_finding(fault: StoreFault) -> Finding {
    match fault {
        StoreFault::Damaged { key, detail } => Finding::new(JOURNAL, Place::Row(key), detail),
        other => Finding::new(JOURNAL, Place::Whole, other.to_string()),
    }
}

/// Names the tables of bad pages, as far as the file still tells.
fn name_owners(reader: &Reader, findings: &mut [Finding]) {
    for finding in findings.iter_mut().take(OWNERS_MAX) {
        if let Place::Page(page, owner) = &mut finding.place {
            *owner = reader.owner(*page);
        }
    }
}
