//! `record verify`: a home, a backup or an exported record, offline.

use std::num::NonZeroUsize;
use std::path::Path;
use std::sync::mpsc::sync_channel;

use anyhow::Result;
use detente_record::verify::{EntryRow, NoteRow, Verdict, Verifier, Workers};
use detente_store::{Home, Options, Reader};
use detente_types::{LineId, PartyId};
use detente_wire::Ed25519;
use serde::Serialize;

use super::files::{ENTRIES, MANIFEST, NOTES, bad, entry_of, lines_of, manifest_of, note_of};
use super::{On, Row, each_row, parties_of};
use crate::output::{NotVerified, show};

/// Rows of a journal that are read ahead of the verifier: at most 64 KiB each, and mostly far less.
const ROWS_AHEAD: usize = 256;

/// What was verified, for a screen.
#[derive(Serialize)]
struct Report {
    path: String,
    lines: Vec<LineVerdict>,
}

#[derive(Serialize)]
struct LineVerdict {
    line: String,
    logs: Vec<LogLine>,
    notes: u64,
}

#[derive(Serialize)]
struct LogLine {
    author: String,
    generation: u32,
    entries: u64,
    root: String,
    signed: u64,
    cosigned: u64,
    uncovered: u64,
}

pub(super) fn verify(on: &On<'_>, path: &Path) -> Result<()> {
    let is_export = [MANIFEST, ENTRIES, NOTES].iter().any(|name| path.join(name).exists());
    let verdicts = if is_export { vec![verify_export(path)?] } else { verify_home(path)? };
    for (line, verdict) in &verdicts {
        if let Some(log) = verdict.uncovered() {
            let (author, size) = (log.author.short(), log.head.size);
            let place = format!("line {}: log of party {author}, generation {}", line.short(), log.head.generation);
            let what = format!("no checkpoint covers any of its {size} entries, so nothing shows that none is missing");
            return Err(NotVerified(format!("{place}, entry {}: {what}", size - 1)).into());
        }
    }
    let lines: Vec<LineVerdict> = verdicts.into_iter().map(|(line, verdict)| shown(line, &verdict)).collect();
    let result = Report { path: path.display().to_string(), lines };
    show(on.json, &result, words)
}

fn words(report: &Report) -> String {
    let log = |l: &LogLine| {
        let tail = match l.uncovered {
            0 => String::new(),
            n => format!("\n    its last {n} entries are under no checkpoint: nothing shows yet that none is missing after them"),
        };
        format!(
            "  {} generation {}: {} entries, {} signed, {} cosigned, root {}{tail}",
            &l.author[..8],
            l.generation,
            l.entries,
            l.signed,
            l.cosigned,
            &l.root[..16]
        )
    };
    let line = |l: &LineVerdict| {
        let logs: Vec<String> = l.logs.iter().map(log).collect();
        let state = if logs.is_empty() { "nothing was said on it yet" } else { "good" };
        [vec![format!("line {}: {state}", &l.line[..8])], logs].concat().join("\n")
    };
    let uncovered: u64 = report.lines.iter().flat_map(|l| &l.logs).map(|l| l.uncovered).sum();
    let rest = if uncovered > 0 { format!("; {uncovered} entries are under no checkpoint") } else { String::new() };
    let lines = report.lines.iter().map(line).collect::<Vec<_>>().join("\n");
    format!("{}: every entry, signature and root verifies{rest}\n{lines}", report.path)
}

/// Verifies a copy of a home that no node runs on; says how many entries it has.
///
/// # Errors
/// The first bad entry, and what is wrong with it.
pub(crate) fn verify_copy(root: &Path) -> Result<u64> {
    let lines = verify_home(root)?;
    Ok(lines.iter().flat_map(|(_, verdict)| &verdict.logs).map(|log| log.head.size).sum())
}

/// First every byte of the home, then what the bytes mean.
fn verify_home(root: &Path) -> Result<Vec<(LineId, Verdict)>> {
    let report = detente_store::verify(root)?;
    if let Some(finding) = report.findings.first() {
        return Err(NotVerified(format!("{finding}")).into());
    }
    let home = Home::open(root)?;
    let mut reader = home.journal(Options::default())?.reader()?;
    let mut verdicts = Vec::new();
    for (line, parties) in parties_of(&mut reader)? {
        verdicts.push((line, judge_kept(&mut reader, line, parties)?));
    }
    Ok(verdicts)
}

/// Judges a line while it is read: the rows of a long one do not fit in memory. The thread that reads ends by itself, since
/// both ends of what it fills are here.
fn judge_kept(reader: &mut Reader, line: LineId, parties: [PartyId; 2]) -> Result<Verdict> {
    let (to_entries, entries) = sync_channel(ROWS_AHEAD);
    let (to_notes, notes) = sync_channel(ROWS_AHEAD);
    std::thread::scope(|scope| {
        let reading = scope.spawn(move || {
            let mut to_entries = Some(to_entries);
            each_row(reader, line, &mut |row| {
                // A verifier that needs no more has dropped its end.
                match row {
                    Row::Entry(entry) => drop(to_entries.as_ref().map(|to| to.send(entry))),
                    Row::Note(note) => {
                        to_entries = None;
                        let _ = to_notes.send(note);
                    }
                }
                Ok(())
            })
        });
        let verdict = judge(line, parties, entries.into_iter(), notes.into_iter());
        reading.join().expect("reading a journal does not panic")?;
        verdict
    })
}

fn verify_export(root: &Path) -> Result<(LineId, Verdict)> {
    let manifest = std::fs::read(root.join(MANIFEST)).map_err(|e| bad(&format!("it cannot be read: {e}")))?;
    let (line, parties) = manifest_of(&manifest)?;
    let mut fault = None;
    let entries = lines_of(root, ENTRIES, entry_of)?.map_while(|row| keep(&mut fault, row)).fuse();
    let mut note_fault = None;
    let notes = lines_of(root, NOTES, note_of)?.map_while(|row| keep(&mut note_fault, row)).fuse();
    let verdict = judge(line, parties, entries, notes);
    match fault.or(note_fault) {
        Some(fault) => Err(NotVerified(format!("{fault:#}")).into()),
        None => Ok((line, verdict?)),
    }
}

/// Reads a text as a whole export: its first line the manifest, each further one an entry or a note.
pub(crate) fn fuzz(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let mut lines = text.split('\n');
    let Ok((line, parties)) = manifest_of(lines.next().unwrap_or_default().as_bytes()) else { return };
    let rest: Vec<&str> = lines.collect();
    let read = || {
        let entries: Vec<EntryRow> = rest.iter().filter_map(|line| entry_of(line).ok()).collect();
        let notes: Vec<NoteRow> = rest.iter().filter_map(|line| note_of(line).ok()).collect();
        judge(line, parties, entries.into_iter(), notes.into_iter()).map_err(|fault| fault.to_string())
    };
    assert_eq!(read(), read(), "one record, one verdict");
}

/// Passes a good item on; a bad one ends the rows and is kept.
fn keep<T>(fault: &mut Option<anyhow::Error>, item: Result<T>) -> Option<T> {
    item.map_err(|e| *fault = Some(e)).ok()
}

fn judge(
    line: LineId,
    parties: [PartyId; 2],
    rows: impl Iterator<Item = EntryRow>,
    notes: impl Iterator<Item = NoteRow>,
) -> Result<Verdict> {
    let verdict: Verdict = Verifier { scheme: &Ed25519, line, parties, workers: &AllCores }.verify(rows, notes);
    if let Some(fault) = verdict.fault {
        return Err(NotVerified(format!("line {}: {fault}", line.short())).into());
    }
    Ok(verdict)
}

fn shown(line: LineId, verdict: &Verdict) -> LineVerdict {
    let log = |l: &detente_record::verify::LogVerdict| LogLine {
        author: l.author.to_string(),
        generation: l.head.generation.0,
        entries: l.head.size,
        root: l.head.root.to_string(),
        signed: l.signed,
        cosigned: l.cosigned,
        uncovered: l.tail(),
    };
    LineVerdict { line: line.to_string(), logs: verdict.logs.iter().map(log).collect(), notes: verdict.notes }
}

/// One thread per core of this machine.
struct AllCores;

impl Workers for AllCores {
    fn count(&self) -> NonZeroUsize {
        std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN)
    }

    fn run(&self, job: &(dyn Fn(usize) + Sync)) {
        std::thread::scope(|scope| {
            for number in 1..self.count().get() {
                scope.spawn(move || job(number));
            }
            job(0);
        });
    }
}

#[cfg(test)]
mod tests {
    use detente_node::port::{Batch, Store as _, Write};
    use detente_testkit::{conversation, parties, terms};

    use super::*;

    #[test]
    fn a_record_longer_than_what_is_read_ahead_is_judged_to_its_end_or_to_its_first_fault() {
        let root = tempfile::tempdir().unwrap();
        let home = Home::create(&root.path().join("home")).unwrap();
        let mut journal = home.journal(Options::default()).unwrap();
        let sides = parties(&Ed25519, 21);
        let turns = 2 * ROWS_AHEAD as u64;
        let logs = conversation(&Ed25519, &sides, &terms(), turns);
        let writes = logs.iter().flatten().map(|entry| {
            let fields = entry.fields();
            let (line, author, generation, index) = (fields.line, fields.author, fields.generation, fields.index);
            Write::Entry {
                line,
                author,
                generation,
                index,
                leaf: entry.leaf().bytes().to_vec(),
                body: entry.body_bytes().to_vec(),
            }
        });
        journal.commit(&Batch { writes: writes.collect(), reserve: false }).unwrap();
        let mut reader = journal.reader().unwrap();
        let names = [sides.low.id(), sides.high.id()];
        let verdict = judge_kept(&mut reader, sides.line, names).unwrap();
        let lengths: Vec<u64> = verdict.logs.iter().map(|log| log.head.size).collect();
        assert_eq!(lengths, logs.map(|log| log.len() as u64));
        let strangers = [PartyId::new([1; 32]), names[1]];
        let fault = judge_kept(&mut reader, sides.line, strangers).unwrap_err();
        assert!(fault.to_string().contains("not a party of this line"), "{fault}");
    }
}
