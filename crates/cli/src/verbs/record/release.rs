//! `record release`: chosen entries for an outsider, with proof and nothing else.

use std::collections::btree_map::Entry as Slot;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use anyhow::{Context, Result, anyhow, bail, ensure};
use detente_api::problem::Fault;
use detente_record::release::Part;
use detente_record::verify::{EntryRow, NoteRole as Role, NoteRow};
use detente_record::{Log, Release};
use detente_types::statement::StatementIn;
use detente_types::{Kind, LineId, NoticeIn};
use detente_wire::certificate::open_opening;
use detente_wire::checkpoint::{holder_name, open_checkpoint, open_cosignature};
use detente_wire::{Certificate, Ed25519, Entry, Place, Verified, open_entry};
use serde::Serialize;

use super::{On, Row, each_row, open_line};
use crate::output::{refuse, show};

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

pub(super) fn release(on: &On<'_>, line: &str, to: &Path, wanted: &[String], slots: &[u8]) -> Result<()> {
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
