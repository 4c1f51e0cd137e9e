//! The joint record: verify it, export it, release parts of it. All offline.

use std::collections::btree_map::Entry as Slot;
use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{BufRead as _, BufReader, BufWriter, Write as _};
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::mpsc::sync_channel;

use anyhow::{Context, Result, anyhow, bail, ensure};
use data_encoding::BASE64;
use detente_api::problem::Fault;
use detente_node::port::{NoteRole, StoreFault, Write};
use detente_record::release::Part;
use detente_record::verify::{EntryRow, NoteRole as Role, NoteRow, Verdict, Verifier, Workers};
use detente_record::{Log, Release};
use detente_store::{Home, HomeFault, Options, Reader};
use detente_types::statement::StatementIn;
use detente_types::{Generation, Kind, LineId, NoticeIn, PartyId};
use detente_wire::certificate::open_opening;
use detente_wire::checkpoint::{holder_name, open_checkpoint, open_cosignature};
use detente_wire::{Certificate, Ed25519, Entry, Place, Verified, open_entry};
use serde::{Deserialize, Serialize};

use super::{On, held};
use crate::args::RecordVerb;
use crate::output::{NotVerified, refuse, show};

const MANIFEST: &str = "record.json";
const ENTRIES: &str = "entries.ndjson";
const NOTES: &str = "notes.ndjson";
const CHECKPOINT: &str = "checkpoint";
const COSIGNATURE: &str = "cosignature";

/// Rows of a journal that are read ahead of the verifier: at most 64 KiB each, and mostly far less.
const ROWS_AHEAD: usize = 256;

/// What an exported record is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Manifest {
    format: u32,
    line: String,
    parties: [String; 2],
}

/// An entry of an exported record.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct EntryLine {
    author: String,
    generation: u32,
    index: u64,
    leaf: String,
    body: String,
}

/// A note of an exported record.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct NoteLine {
    author: String,
    generation: u32,
    role: String,
    size: u64,
    note: String,
}

pub(super) fn record(on: &On<'_>, verb: RecordVerb) -> Result<()> {
    match verb {
        RecordVerb::Verify { path } => verify(on, &path.unwrap_or_else(|| on.home.to_owned())),
        RecordVerb::Export { to, on: l } => export(on, &l.line, &to),
        RecordVerb::Release { to, entries, slots, on: l } => release(on, &l.line, &to, &entries, &slots),
        RecordVerb::Evidence { to, on: l } => held::evidence(on, &l.line, to.as_deref()),
        RecordVerb::Reopen { reason, agree, on: l } => held::reopen(on, &l.line, reason, agree),
    }
    .map_err(|fault| match fault.downcast_ref() {
        Some(locked @ HomeFault::Locked { .. }) => {
            let way = "stop it, or make a copy with `detente backup DIRECTORY` and go on with that";
            refuse(Fault::Unavailable, format!("{locked}: {way}"))
        }
        _ => fault,
    })
}

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

fn verify(on: &On<'_>, path: &Path) -> Result<()> {
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

fn bad(what: &str) -> NotVerified {
    NotVerified(format!("{MANIFEST}: {what}"))
}

/// The line and the parties that a manifest names.
fn manifest_of(bytes: &[u8]) -> Result<(LineId, [PartyId; 2])> {
    let manifest: Manifest = serde_json::from_slice(bytes).map_err(|e| bad(&e.to_string()))?;
    if manifest.format != 1 {
        return Err(bad(&format!("the record has format {}, and this program knows 1", manifest.format)).into());
    }
    let hex = |what: &str| bad(&format!("{what} is not 64 lower-case hex digits"));
    let line = LineId::parse(&manifest.line).filter(|id| id.to_string() == manifest.line).ok_or_else(|| hex("line"))?;
    let mut parties = [PartyId::new([0; 32]); 2];
    for (party, text) in parties.iter_mut().zip(&manifest.parties) {
        *party = party_of(text).ok_or_else(|| hex("a party"))?;
    }
    if parties[0] == parties[1] {
        return Err(bad("a line has two different parties").into());
    }
    Ok((line, parties))
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

/// The rows of a file, one a line; a fault names the line.
fn lines_of<T>(root: &Path, name: &'static str, read: fn(&str) -> Result<T>) -> Result<impl Iterator<Item = Result<T>> + use<T>> {
    let file = File::open(root.join(name)).map_err(|e| NotVerified(format!("{name}: it cannot be read: {e}")))?;
    let rows = BufReader::new(file).lines().map(move |line| read(&line?));
    Ok(rows.enumerate().map(move |(i, row)| row.with_context(|| format!("{name}: line {}", i + 1))))
}

fn entry_of(line: &str) -> Result<EntryRow> {
    let row: EntryLine = serde_json::from_str(line).context("not an entry")?;
    let (author, generation) = log_of(&row.author, row.generation)?;
    let place = format!("entry {} of {}", row.index, author.short());
    let bytes = |what, text: &str| BASE64.decode(text.as_bytes()).map_err(|e| anyhow!("{place}: {what}: {e}"));
    Ok(EntryRow { author, generation, index: row.index, leaf: bytes("leaf", &row.leaf)?, body: bytes("body", &row.body)? })
}

fn note_of(line: &str) -> Result<NoteRow> {
    let row: NoteLine = serde_json::from_str(line).context("not a note")?;
    let (author, generation) = log_of(&row.author, row.generation)?;
    let role = match row.role.as_str() {
        CHECKPOINT => Role::Checkpoint,
        COSIGNATURE => Role::Cosignature,
        other => bail!("a note's role is {CHECKPOINT} or {COSIGNATURE}, and not {other:?}"),
    };
    Ok(NoteRow { author, generation, role, size: row.size, note: row.note.into_bytes() })
}

/// The log that a row names: a party in its one form, and a generation from 1.
fn log_of(author: &str, generation: u32) -> Result<(PartyId, Generation)> {
    let author = party_of(author).ok_or_else(|| anyhow!("author {author:?} is not 64 lower-case hex digits"))?;
    ensure!(Generation(generation) >= Generation::FIRST, "generation {generation} is none: the first is 1");
    Ok((author, Generation(generation)))
}

/// A party by its one form, lower-case hex.
fn party_of(text: &str) -> Option<PartyId> {
    PartyId::parse(text).filter(|party| party.to_string() == text)
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

/// The lines of a journal and their parties, from the book.
fn parties_of(reader: &mut Reader) -> Result<BTreeMap<LineId, [PartyId; 2]>> {
    let mut lines = BTreeMap::new();
    reader.replay_book(&mut |row| {
        if let Write::Book { bytes, .. } = row
            && let Some(detente_node::BookEntry::LineOpened(opened)) = detente_node::BookEntry::decode(&bytes)
            && let Ok(opening) = detente_wire::codec::decode(&opened.opening, "opening")
            && let Ok((own, other)) = open_opening(&Ed25519, &opening)
        {
            lines.insert(opened.line, [own.party(), other.party()]);
        }
        Ok(())
    })?;
    Ok(lines)
}

/// A row of a line's record.
enum Row {
    Entry(EntryRow),
    Note(NoteRow),
}

/// Hands over a line's record as it is read: its entries, then its notes.
fn each_row(reader: &mut Reader, of: LineId, take: &mut dyn FnMut(Row) -> Result<(), StoreFault>) -> Result<(), StoreFault> {
    reader.replay_line(&of, &mut |row| match row {
        Write::Entry { author, generation, index, leaf, body, .. } => {
            take(Row::Entry(EntryRow { author, generation, index, leaf, body }))
        }
        Write::Note { author, generation, role, size, bytes, .. } => {
            let role = match role {
                NoteRole::Checkpoint => Role::Checkpoint,
                NoteRole::Cosignature => Role::Cosignature,
            };
            take(Row::Note(NoteRow { author, generation, role, size, note: bytes }))
        }
        _ => Ok(()),
    })
}

#[derive(Serialize)]
struct Exported {
    to: String,
    line: String,
    entries: usize,
    notes: usize,
}

fn export(on: &On<'_>, line: &str, to: &Path) -> Result<()> {
    let (mut reader, id, parties, _home) = open_line(on, line)?;
    ensure!(!to.exists(), "{} is there already and is not overwritten", to.display());
    std::fs::create_dir_all(to).with_context(|| format!("making {}", to.display()))?;
    let manifest = Manifest { format: 1, line: id.to_string(), parties: parties.map(|p| p.to_string()) };
    std::fs::write(to.join(MANIFEST), serde_json::to_string_pretty(&manifest)?)?;
    let create = |name: &str| File::create(to.join(name)).map(BufWriter::new).with_context(|| format!("making {name}"));
    let (mut entry_lines, mut note_lines) = (create(ENTRIES)?, create(NOTES)?);
    let (mut entries, mut notes) = (0, 0);
    each_row(&mut reader, id, &mut |row| {
        let written = match row {
            Row::Entry(row) => {
                entries += 1;
                put_line(&mut entry_lines, &EntryLine::from(row))
            }
            Row::Note(row) => {
                notes += 1;
                put_line(&mut note_lines, &NoteLine::from(row))
            }
        };
        written.map_err(|e| StoreFault::Failed { doing: "writing the export".into(), detail: e.to_string() })
    })?;
    entry_lines.flush()?;
    note_lines.flush()?;
    let exported = Exported { to: to.display().to_string(), line: id.to_string(), entries, notes };
    show(on.json, &exported, |e| {
        format!("exported {} entries and {} notes of line {} to {}", e.entries, e.notes, &e.line[..8], e.to)
    })
}

fn put_line(out: &mut impl std::io::Write, line: &impl Serialize) -> std::io::Result<()> {
    serde_json::to_writer(&mut *out, line)?;
    out.write_all(b"\n")
}

impl From<EntryRow> for EntryLine {
    fn from(row: EntryRow) -> Self {
        Self {
            author: row.author.to_string(),
            generation: row.generation.0,
            index: row.index,
            leaf: BASE64.encode(&row.leaf),
            body: BASE64.encode(&row.body),
        }
    }
}

impl From<NoteRow> for NoteLine {
    fn from(row: NoteRow) -> Self {
        let role = match row.role {
            Role::Checkpoint => CHECKPOINT,
            Role::Cosignature => COSIGNATURE,
        };
        let note = String::from_utf8_lossy(&row.note).into_owned();
        Self { author: row.author.to_string(), generation: row.generation.0, role: role.into(), size: row.size, note }
    }
}

/// Opens the journal of a home that no node runs on, and finds the line.
fn open_line(on: &On<'_>, name: &str) -> Result<(Reader, LineId, [PartyId; 2], Home)> {
    let home = Home::open(on.home)?;
    let mut reader = home.journal(Options::default())?.reader()?;
    let found: Vec<_> =
        parties_of(&mut reader)?.into_iter().filter(|(id, _)| name == "-" || id.to_string().starts_with(name)).collect();
    match found.as_slice() {
        [(id, parties)] => Ok((reader, *id, *parties, home)),
        [] => Err(refuse(Fault::NotFound, format!("there is no line {name:?} here"))),
        _ => Err(refuse(Fault::Request, format!("{} lines fit {name:?}: name it more exactly", found.len()))),
    }
}

/// Hex digits by which an entry is named at least: fewer fit by accident, and a variable that is not set fits everything.
const HASH_DIGITS_MIN: usize = 8;

#[derive(Serialize)]
struct Released {
    to: String,
    entries: usize,
    bytes: usize,
    opened: Vec<Opened>,
}

/// An entry that a release opens.
#[derive(Serialize)]
struct Opened {
    author: String,
    generation: u32,
    index: u64,
    hash: String,
    says: String,
}

fn release(on: &On<'_>, line: &str, to: &PathBuf, wanted: &[String], slots: &[u8]) -> Result<()> {
    let (mut reader, id, _, _home) = open_line(on, line)?;
    ensure!(!to.exists(), "{} is there already and is not overwritten", to.display());
    let (mut entries, mut notes) = (Vec::new(), Vec::new());
    each_row(&mut reader, id, &mut |row| {
        match row {
            Row::Entry(entry) => entries.push(entry),
            Row::Note(note) => notes.push(note),
        }
        Ok(())
    })?;
    let logs = LogOf::all(entries, id)?;
    let mut parts = BTreeMap::new();
    let mut opened = Vec::new();
    for (at, index) in chosen(&logs, wanted)? {
        let (log, entry) = (&logs[at].log, &logs[at].entries[index]);
        let part = match parts.entry(at) {
            Slot::Occupied(part) => part.into_mut(),
            Slot::Vacant(free) => free.insert(logs[at].part(&notes, &logs)?),
        };
        if slots.is_empty() {
            part.release_whole(log, entry)?;
        } else {
            part.release_slots(log, entry, slots.iter().copied())?;
        }
        opened.push(Opened::of(entry));
    }
    // Before the file is there: it may be handed on at once.
    let what = if slots.is_empty() { "all of" } else { "chosen slots of" };
    opened.iter().for_each(|entry| eprintln!("opens {what} {}", entry.words()));
    let bytes = Release::new(parts.into_values().collect()).encode();
    std::fs::write(to, &bytes).with_context(|| format!("writing {}", to.display()))?;
    let released = Released { to: to.display().to_string(), entries: opened.len(), bytes: bytes.len(), opened };
    show(on.json, &released, |r| format!("released {} entries in {} ({} bytes)", r.entries, r.to, r.bytes))
}

/// The entries that are asked for, by log and place in it: each word must fit exactly one of them.
fn chosen(logs: &[LogOf], wanted: &[String]) -> Result<BTreeSet<(usize, usize)>> {
    let all = || logs.iter().enumerate().flat_map(|(at, log)| (0..log.entries.len()).map(move |index| (at, index)));
    let one = |word: &String| {
        if word.len() < HASH_DIGITS_MIN || !word.bytes().all(|digit| digit.is_ascii_hexdigit()) {
            let what =
                format!("{word:?} names no entry: give {HASH_DIGITS_MIN} hex digits of its hash or more. Nothing was released");
            return Err(refuse(Fault::Request, what));
        }
        let word = word.to_ascii_lowercase();
        let fits = |(at, index): &(usize, usize)| logs[*at].entries[*index].hash().to_string().starts_with(&word);
        match all().filter(fits).collect::<Vec<_>>()[..] {
            [one] => Ok(one),
            [] => Err(refuse(Fault::NotFound, format!("no entry of this line has a hash that begins with {word}"))),
            ref many => Err(refuse(Fault::Request, format!("{} entries begin with {word}: give more of its digits", many.len()))),
        }
    };
    wanted.iter().map(one).collect()
}

impl Opened {
    fn of(entry: &Entry) -> Self {
        let fields = entry.fields();
        let says = match detente_wire::codec::from_body(entry.body()) {
            Ok(StatementIn::Notice(NoticeIn { kind, title: Some(title), .. })) => format!("{} {title:?}", kind_words(kind)),
            Ok(statement) => kind_words(statement.kind()),
            Err(_) => "unreadable".into(),
        };
        let (author, hash) = (fields.author.to_string(), entry.hash().to_string());
        Self { author, generation: fields.generation.0, index: fields.index, hash, says }
    }

    fn words(&self) -> String {
        let (author, hash) = (&self.author[..8], &self.hash[..12]);
        format!("entry {} of party {author}, generation {} ({hash}): {}", self.index, self.generation, self.says)
    }
}

fn kind_words(kind: u16) -> String {
    Kind::from_code(kind).map_or_else(|| format!("a statement of unknown kind {kind}"), |kind| kind.to_string())
}

/// One log of a journal, opened: one author, one generation.
struct LogOf {
    log: Log,
    entries: Vec<Verified<Entry>>,
    own: Verified<Certificate>,
    other: Verified<Certificate>,
}

impl LogOf {
    /// All logs of a line, in the order of the rows.
    fn all(rows: Vec<EntryRow>, line: LineId) -> Result<Vec<Self>> {
        rows.chunk_by(|a, b| (a.author, a.generation) == (b.author, b.generation)).map(|log| Self::open(log, line)).collect()
    }

    fn open(rows: &[EntryRow], line: LineId) -> Result<Self> {
        let EntryRow { author, generation, body, .. } = &rows[0];
        let Ok(StatementIn::GenerationOpen(opening)) = detente_wire::codec::from_body(&detente_wire::Body::decode(body)?) else {
            bail!("generation {generation} of the log of {} does not begin with an opening", author.short());
        };
        let (own, other) = open_opening(&Ed25519, &opening)?;
        let (author, generation, log_key) = (*author, *generation, own.keys().log);
        let mut log = Log::new(line, author, generation);
        let mut entries = Vec::with_capacity(rows.len());
        for row in rows {
            let place = Place { line, author, generation, index: Some(log.size()), log_key };
            let entry = open_entry(&Ed25519, &place, &row.leaf, &row.body)?;
            log.append(&entry)?;
            entries.push(entry);
        }
        Ok(Self { log, entries, own, other })
    }

    /// An empty release under the newest checkpoint that the other side cosigned, by the key of whichever of its
    /// generations that it did so in.
    fn part(&self, notes: &[NoteRow], logs: &[Self]) -> Result<Part> {
        let (author, generation) = (self.log.author(), self.log.generation());
        let mine = notes.iter().filter(|n| (n.author, n.generation) == (author, generation));
        let cosigned = mine.clone().filter(|n| n.role == Role::Cosignature).max_by_key(|n| n.size);
        let cosigned = cosigned.ok_or_else(|| anyhow!("the other side has cosigned nothing yet"))?;
        let signed = mine.clone().find(|n| n.role == Role::Checkpoint && n.size == cosigned.size);
        let signed = signed.ok_or_else(|| anyhow!("the checkpoint of {} entries is missing", cosigned.size))?;
        let origin = self.log.origin();
        let checkpoint = open_checkpoint(&Ed25519, &self.own.keys().log, &origin, &signed.note)?;
        let theirs = logs.iter().map(|log| &log.own).filter(|c| c.party() != author).chain([&self.other]);
        let opened = theirs.map(|holder| {
            let name = holder_name(&holder.line(), &holder.party(), holder.generation());
            (holder, open_cosignature(&Ed25519, &holder.keys().holder, &name, &origin, &cosigned.note))
        });
        let good = opened.filter_map(|(holder, opened)| Some((holder, opened.ok()?))).next();
        let (holder, cosignature) = good.ok_or_else(|| anyhow!("no key of the other side cosigned {} entries", cosigned.size))?;
        Ok(Part::new(self.own.clone(), holder.clone(), checkpoint, cosignature)?)
    }
}
