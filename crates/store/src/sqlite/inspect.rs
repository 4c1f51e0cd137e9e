//! Looking at a journal's files before SQLite may touch them: is it ours, is it of a version that we know, and is every
//! byte what it was?

use std::collections::BTreeSet;
use std::fs::File;
use std::io;
use std::num::NonZero;
use std::os::unix::fs::FileExt;
use std::path::Path;

use super::sums::{Loaded, Mark, page_sum};
use super::wal::{Wal, WalFault, read_page};
use super::{JOURNAL, LOG, SUMS};
use crate::row::Check;
use crate::sqlite::schema::PAGE_BYTES;
use crate::verify::{Finding, Place};

/// What a look at the files gave.
#[derive(Debug)]
pub(crate) struct Inspected {
    /// `application_id` of the newest first page.
    pub(crate) application_id: u32,
    /// `user_version` of the newest first page.
    pub(crate) version: u32,
    /// Whether the log holds transactions.
    pub(crate) has_log: bool,
    /// What is not as it should be, page by page.
    pub(crate) findings: Vec<Finding>,
}

/// Inspects the journal in a directory. Nothing is written, and no lock is taken.
///
/// Never to be called in a process that has this journal open: closing a file gives up that process's POSIX locks on it,
/// SQLite's among them.
pub(crate) fn inspect(directory: &Path) -> io::Result<Inspected> {
    let database = File::open(directory.join(JOURNAL))?;
    let mut findings = Vec::new();
    let log = read_log(directory, &mut findings)?;
    let first = first_page(&database, log.as_ref(), directory)?;
    match Loaded::read(&directory.join(SUMS)) {
        Err(detail) => findings.push(Finding::new(SUMS, Place::Whole, detail)),
        // Which pages a damaged log stood for cannot be told, so the pages say nothing.
        Ok(loaded) => {
            if let Some(log) = &log {
                findings.extend(check_mark(&loaded.mark, log));
                let in_log: BTreeSet<u32> = log.frames.iter().map(|frame| frame.page).collect();
                check_pages(&database, &loaded.sums, &in_log, &mut findings)?;
            }
        }
    }
    Ok(Inspected {
        application_id: word(&first, 68),
        version: word(&first, 60),
        has_log: log.is_none_or(|log| !log.frames.is_empty()),
        findings,
    })
}

fn read_log(directory: &Path, findings: &mut Vec<Finding>) -> io::Result<Option<Wal>> {
    let (place, detail) = match Wal::read(&directory.join(LOG)) {
        Ok(log) => return Ok(Some(log)),
        Err(WalFault::Io(e)) => return Err(e),
        Err(WalFault::Header) => (Place::Whole, "its header does not check"),
        Err(WalFault::Rotten { frame }) => {
            let frame = u32::try_from(frame).unwrap_or(u32::MAX);
            (Place::Frame(frame), "it does not check, though later transactions were written")
        }
    };
    findings.push(Finding::new(LOG, place, detail));
    Ok(None)
}

/// The first page as the last transaction left it, or zeros where there is none.
fn first_page(database: &File, log: Option<&Wal>, directory: &Path) -> io::Result<Vec<u8>> {
    if let Some(frame) = log.and_then(|log| log.newest().get(&1).copied()) {
        return read_page(&File::open(directory.join(LOG))?, frame);
    }
    let mut page = vec![0; PAGE_BYTES];
    read_padded(database, 1, &mut page)?;
    Ok(page)
}

/// Whether the log still reaches as far as it was acknowledged.
fn check_mark(mark: &Mark, log: &Wal) -> Option<Finding> {
    if mark.frames == 0 {
        return None;
    }
    let there = u32::try_from(log.frames.len()).unwrap_or(u32::MAX);
    // A log with other salts was begun after all of the marked one was in the database.
    let begun_anew = there > 0 && log.salts != mark.salts;
    let reaches = log.frames.get(mark.frames as usize - 1).is_some_and(|frame| frame.checksum == mark.checksum);
    if begun_anew || reaches {
        return None;
    }
    let detail = format!("it ends here, though {} frames were acknowledged", mark.frames);
    Some(Finding::new(LOG, Place::Frame(there.saturating_add(1)), detail))
}

/// Holds every page that is not in the log against its sum, on all cores.
fn check_pages(database: &File, sums: &[Check], in_log: &BTreeSet<u32>, findings: &mut Vec<Finding>) -> io::Result<()> {
    let there = database.metadata()?.len().div_ceil(PAGE_BYTES as u64);
    let last = u32::try_from(there.max(sums.len() as u64)).map_err(io::Error::other)?;
    let cores = u32::try_from(std::thread::available_parallelism().map_or(1, NonZero::get)).unwrap_or(1);
    let share = last.div_ceil(cores).max(1);
    let parts: io::Result<Vec<Vec<u32>>> = std::thread::scope(|scope| {
        let parts: Vec<_> = (0..cores)
            .map(|core| {
                let range = core * share + 1..=(core + 1).saturating_mul(share).min(last);
                scope.spawn(move || bad_pages(database, range, sums, in_log))
            })
            .collect();
        parts
            .into_iter()
            .map(|part| part.join().unwrap_or_else(|_| Err(io::Error::other("a checking thread panicked"))))
            .collect()
    });
    for page in parts?.into_iter().flatten() {
        let known = (page as usize) <= sums.len();
        let detail = if known { "it does not fit its sum" } else { "it has no sum" };
        findings.push(Finding::new(JOURNAL, Place::Page(page, None), detail));
    }
    Ok(())
}

fn bad_pages(
    database: &File,
    range: core::ops::RangeInclusive<u32>,
    sums: &[Check],
    in_log: &BTreeSet<u32>,
) -> io::Result<Vec<u32>> {
    let mut page = vec![0; PAGE_BYTES];
    let mut bad = Vec::new();
    for number in range {
        if in_log.contains(&number) {
            continue;
        }
        read_padded(database, number, &mut page)?;
        if sums.get(number as usize - 1) != Some(&page_sum(number, &page)) {
            bad.push(number);
        }
    }
    Ok(bad)
}

/// Reads a page; what lies beyond the file's end reads as zeros, as SQLite has it.
fn read_padded(database: &File, number: u32, page: &mut [u8]) -> io::Result<()> {
    let start = u64::from(number - 1) * PAGE_BYTES as u64;
    let mut filled = 0;
    while filled < page.len() {
        match database.read_at(&mut page[filled..], start + filled as u64) {
            Ok(0) => break,
            Ok(read) => filled += read,
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(e) => return Err(e),
        }
    }
    page[filled..].fill(0);
    Ok(())
}

fn word(bytes: &[u8], at: usize) -> u32 {
    u32::from_be_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
}
