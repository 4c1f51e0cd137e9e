//! An exported record as it lies on disk: a manifest, and a row a line. Only the one form of each is taken (docs/spec/export.md).

use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::path::Path;

use anyhow::{Context, Result, anyhow, bail, ensure};
use data_encoding::BASE64;
use detente_record::verify::{EntryRow, NoteRole, NoteRow};
use detente_types::{Generation, LineId, PartyId};
use serde::{Deserialize, Serialize};

use crate::output::NotVerified;

pub(super) const MANIFEST: &str = "record.json";
pub(super) const ENTRIES: &str = "entries.ndjson";
pub(super) const NOTES: &str = "notes.ndjson";
const CHECKPOINT: &str = "checkpoint";
const COSIGNATURE: &str = "cosignature";

/// What an exported record is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Manifest {
    pub(super) format: u32,
    pub(super) line: String,
    pub(super) parties: [String; 2],
}

/// An entry of an exported record.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct EntryLine {
    author: String,
    generation: u32,
    index: u64,
    leaf: String,
    body: String,
}

/// A note of an exported record.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct NoteLine {
    author: String,
    generation: u32,
    role: String,
    size: u64,
    note: String,
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
            NoteRole::Checkpoint => CHECKPOINT,
            NoteRole::Cosignature => COSIGNATURE,
        };
        let note = String::from_utf8_lossy(&row.note).into_owned();
        Self { author: row.author.to_string(), generation: row.generation.0, role: role.into(), size: row.size, note }
    }
}

pub(super) fn bad(what: &str) -> NotVerified {
    NotVerified(format!("{MANIFEST}: {what}"))
}

/// The line and the parties that a manifest names.
pub(super) fn manifest_of(bytes: &[u8]) -> Result<(LineId, [PartyId; 2])> {
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

/// The rows of a file, one a line; a fault names the line.
pub(super) fn lines_of<T>(
    root: &Path,
    name: &'static str,
    read: fn(&str) -> Result<T>,
) -> Result<impl Iterator<Item = Result<T>> + use<T>> {
    let file = File::open(root.join(name)).map_err(|e| NotVerified(format!("{name}: it cannot be read: {e}")))?;
    let rows = BufReader::new(file).lines().map(move |line| read(&line?));
    Ok(rows.enumerate().map(move |(i, row)| row.with_context(|| format!("{name}: line {}", i + 1))))
}

pub(super) fn entry_of(line: &str) -> Result<EntryRow> {
    let row: EntryLine = serde_json::from_str(line).context("not an entry")?;
    let (author, generation) = log_of(&row.author, row.generation)?;
    let place = format!("entry {} of {}", row.index, author.short());
    let bytes = |what, text: &str| BASE64.decode(text.as_bytes()).map_err(|e| anyhow!("{place}: {what}: {e}"));
    Ok(EntryRow { author, generation, index: row.index, leaf: bytes("leaf", &row.leaf)?, body: bytes("body", &row.body)? })
}

pub(super) fn note_of(line: &str) -> Result<NoteRow> {
    let row: NoteLine = serde_json::from_str(line).context("not a note")?;
    let (author, generation) = log_of(&row.author, row.generation)?;
    let role = match row.role.as_str() {
        CHECKPOINT => NoteRole::Checkpoint,
        COSIGNATURE => NoteRole::Cosignature,
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
