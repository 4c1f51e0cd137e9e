//! What may be audible: checked on every frame that an honest node sends, against that node's own disk.

use detente_link::config::HELLO_EARLY_BYTES_MAX;
use detente_node::plant::Trusting;
use detente_node::port::NoteRole;
use detente_types::{Generation, Head, Index, Root, Timestamp};
use detente_wire::checkpoint::{Checkpoint, log_name};
use detente_wire::entry::unpack;
use detente_wire::frame::Hello;
use detente_wire::note::Note;
use detente_wire::{Frame, Leaf, LeafFields, PublicKey};

use super::markers::Markers;
use super::{Check, ensure};
use crate::rows::{LogRows, Rows};
use crate::wire::{Said, Wire};

/// What stands before a leaf in a hello.
const LEAF_HEAD_BYTES: usize = 3;

/// Who sends, and what its disk and the disk at the other end hold at that moment.
pub(crate) struct Sent<'a> {
    pub(crate) now: Timestamp,
    pub(crate) wire: &'a mut Wire,
    pub(crate) end: usize,
    pub(crate) disk: &'a Rows,
    pub(crate) other: &'a Rows,
    pub(crate) markers: &'a Markers,
}

impl Sent<'_> {
    /// Checks one frame.
    pub(crate) fn check(&mut self, frame: Frame) -> Check {
        match frame {
            Frame::Hello(hello) => self.hello(&hello),
            Frame::Part(part) => {
                let own = part.own;
                match self.wire.ends[self.end].assemble(part) {
                    Some(packed) => self.entry(own, &packed),
                    None => Ok(()),
                }
            }
            Frame::Checkpoint(note) => self.checkpoint(&note),
            Frame::Cosignature(note) => self.cosignature(&note),
            Frame::Evidence(bytes) => ensure(self.disk.has_evidence(self.wire.line, &bytes), DURABLE, || {
                "evidence was shown that is not on the disk".into()
            }),
            Frame::Ping(..) | Frame::Pong(..) | Frame::Bye(..) | Frame::Blind(..) | Frame::BlindTaken(..) => Ok(()),
        }
    }

    fn own(&self, generation: Generation) -> Option<&LogRows> {
        self.disk.log(&self.wire.log_of(self.end, generation))
    }

    fn copy(&self, generation: Generation) -> Option<&LogRows> {
        self.disk.log(&self.wire.log_of(1 - self.end, generation))
    }

    /// The generation, size and root of a note about the log of an end.
    fn read_note(&self, author: usize, note: &[u8]) -> Option<(Generation, u64, Root)> {
        let checkpoint = read_note(note)?;
        let (line, party) = (self.wire.line, self.wire.ends[author].party);
        let known = self.disk.generations(line, party).chain([Generation::FIRST]);
        let generation = known.into_iter().find(|g| log_name(&line, &party, *g) == checkpoint.origin())?;
        Some((generation, checkpoint.size(), *checkpoint.root()))
    }

    fn hello(&mut self, hello: &Hello) -> Check {
        let line = self.wire.line;
        let (own, copy) = (self.wire.ends[self.end].party, self.wire.ends[1 - self.end].party);
        durable_before_audible(self.disk.reaches(line, own, &hello.own), || format!("a hello names our log at {:?}", hello.own))?;
        durable_before_audible(self.disk.reaches(line, copy, &hello.copy), || {
            format!("a hello names a copy at {:?}", hello.copy)
        })?;
        for leaf in hello.early.iter().filter_map(|leaf| read_leaf(leaf)) {
            let (index, generation) = (leaf.fields().index, leaf.fields().generation);
            let kept = self.disk.holds(&self.wire.log_of(1 - self.end, generation), index, &leaf.hash());
            durable_before_audible(kept, || format!("a hello names the early entry {index}"))?;
        }
        self.names_early(hello)?;
        if hello.own_checkpoint.is_empty() { Ok(()) } else { self.checkpoint(&hello.own_checkpoint) }
    }

    fn names_early(&self, hello: &Hello) -> Check {
        // What is left of an earlier one lies beyond the end that its author named: it is an orphan.
        let newest = self.disk.newest(self.wire.line, self.wire.ends[1 - self.end].party);
        let name = self.wire.log_of(1 - self.end, newest.max(hello.copy.generation));
        let filed = self.disk.log(&name).map_or(0, LogRows::size);
        // Of a later generation than any that is filed its opening is there too, which `newest` stands for.
        let later: Vec<_> = self.disk.early_after(name.0, name.1).collect();
        let kept: Vec<_> = self.disk.early_from(&name, filed.max(1)).chain(later.iter().copied()).collect();
        if kept.iter().map(|(_, bytes)| bytes + LEAF_HEAD_BYTES).sum::<usize>() > HELLO_EARLY_BYTES_MAX {
            return Ok(());
        }
        let named: Vec<_> = hello.early.iter().filter_map(|leaf| read_leaf(leaf)).map(|leaf| leaf.hash()).collect();
        let told = later.is_empty() || !hello.newest.is_empty();
        hello_names_early_leaves(told && kept.iter().all(|(hash, _)| named.contains(hash)), kept.len(), named.len())
    }

    fn entry(&mut self, own: bool, packed: &[u8]) -> Check {
        let Some((fields, hash, body)) = read_entry(packed) else {
            return durable_before_audible(false, || "an entry was sent that is none".into());
        };
        // What is handed back ahead of its log is early, as what is said is.
        let own = own && fields.author == self.wire.ends[self.end].party;
        let log = if own { self.own(fields.generation) } else { self.copy(fields.generation) };
        // Of a generation of theirs of which nothing is filed the opening is kept with what came early.
        let early = || {
            let name = self.wire.log_of(1 - self.end, fields.generation);
            !own && self.disk.early_from(&name, fields.index).any(|(kept, _)| kept == hash)
        };
        let there = log.and_then(|log| log.hash(fields.index)) == Some(hash) || early();
        durable_before_audible(there, || format!("entry {} is not on the disk", fields.index))?;
        if !own {
            return Ok(());
        }
        let name = self.wire.log_of(self.end, fields.generation);
        let covered = self.disk.noted(&name, NoteRole::Checkpoint) > fields.index;
        durable_before_audible(covered, || format!("entry {} is under no checkpoint", fields.index))?;
        self.said(&fields, Said { hash, seen: fields.seen, at: self.now }, body)
    }

    /// An entry of the sender's own log is audible, perhaps for the first time.
    fn said(&mut self, fields: &LeafFields, said: Said, body: &[u8]) -> Check {
        let place = (fields.generation, fields.index);
        let before = self.wire.ends[self.end].leaves.get(&place).copied();
        if before.is_some_and(|before| before.hash == said.hash) {
            return Ok(());
        }
        if let Some(before) = before {
            no_self_fork(
                self.may_differ(before.at, |rows| {
                    rows.holds(&self.wire.log_of(self.end, fields.generation), fields.index, &before.hash)
                }),
                || format!("entry {} was said twice, with other bytes", fields.index),
            )?;
        }
        self.markers.check(body)?;
        self.seen(fields)?;
        self.wire.ends[self.end].leaves.insert(place, said);
        Ok(())
    }

    /// Whether the sender may have forgotten what it once let out: it was restored since, and nobody kept it. A liar keeps
    /// everything.
    fn may_differ(&self, at: Timestamp, kept: impl Fn(&Rows) -> bool) -> bool {
        !self.wire.is_broken() && self.wire.ends[self.end].restored.is_some_and(|restored| restored >= at) && !kept(self.other)
    }

    fn seen(&self, fields: &LeafFields) -> Check {
        let end = &self.wire.ends[self.end];
        let before = fields.index.checked_sub(1).and_then(|index| {
            let said = end.leaves.get(&(fields.generation, index))?;
            let name = self.wire.log_of(self.end, fields.generation);
            // A leaf of before a restore that nobody has is in no log.
            let forgotten = self.may_differ(said.at, |rows| rows.holds(&name, index, &said.hash));
            (!forgotten).then_some(said)
        });
        seen_never_decreases(before.map(|said| said.seen), fields)?;
        if end.behind {
            // What it took back from its peer may name what its own copy does not reach yet.
            return Ok(());
        }
        let name = self.wire.log_of(1 - self.end, fields.seen.generation);
        let cosigned = self.disk.noted(&name, NoteRole::Checkpoint);
        let there = self.copy(fields.seen.generation).and_then(|log| log.root_at(fields.seen.size));
        let known = fields.seen.size == 0 || (there == Some(fields.seen.root) && fields.seen.size <= cosigned);
        seen_is_durable(known, fields.index, &fields.seen)
    }

    fn checkpoint(&mut self, note: &[u8]) -> Check {
        let Some((generation, size, root)) = self.read_note(self.end, note) else {
            return durable_before_audible(false, || "a checkpoint was sent that is none".into());
        };
        let there = size == 0 || self.own(generation).and_then(|log| log.root_at(size)) == Some(root);
        durable_before_audible(there, || format!("a checkpoint of {size} entries is not that of the log on the disk"))?;
        let end = &self.wire.ends[self.end];
        if let Some((before, at)) = end.roots.get(&(generation, size)).copied()
            && before != root
        {
            let kept = |rows: &Rows| {
                let log = rows.log(&self.wire.log_of(self.end, generation));
                log.and_then(|log| log.root_at(size)) == Some(before)
            };
            no_self_fork(self.may_differ(at, kept), || format!("two roots were signed at size {size}"))?;
        }
        self.wire.ends[self.end].roots.insert((generation, size), (root, self.now));
        Ok(())
    }

    fn cosignature(&mut self, note: &[u8]) -> Check {
        let Some((generation, size, root)) = self.read_note(1 - self.end, note) else {
            return durable_before_audible(false, || "a cosignature was sent that is none".into());
        };
        let end = &self.wire.ends[self.end];
        let known = end.cosigned.notes.contains(note);
        let newest = end.cosigned.newest.get(&generation).map_or(0, |head| head.size);
        let held = self.other.noted(&self.wire.log_of(1 - self.end, generation), NoteRole::Cosignature);
        cosignature_never_shrinks(known, end.restored.is_some(), size, (newest, held))?;
        let there = self.copy(generation).and_then(|log| log.root_at(size)) == Some(root);
        durable_before_audible(there, || format!("{size} entries are cosigned, and not all of them are on the disk"))?;
        let name = self.wire.log_of(1 - self.end, generation);
        let kept = self.disk.note(&name, NoteRole::Cosignature, size) == Some(note);
        durable_before_audible(kept, || format!("the cosignature of {size} entries is not on the disk"))?;
        let end = &mut self.wire.ends[self.end];
        end.cosigned.notes.insert(note.to_vec());
        if size >= newest {
            end.cosigned.newest.insert(generation, Head { generation, size, root });
        }
        Ok(())
    }
}

const DURABLE: &str = "durable_before_audible";

/// Nothing is heard by anybody that its author's disk could still lose: entries, checkpoints, cosignatures, evidence,
/// and what a hello claims (DESIGN D6).
fn durable_before_audible(durable: bool, detail: impl FnOnce() -> String) -> Check {
    ensure(durable, DURABLE, detail)
}

/// A hello names every leaf of the other log that was stored early and is not filed, as far as there is room, and the
/// generation of those of which nothing is filed: its author
/// may have been restored since (PROTOCOL S4, decision 0011).
fn hello_names_early_leaves(all: bool, kept: usize, named: usize) -> Check {
    ensure(all, "hello_names_early_leaves", || format!("of {kept} early leaves on the disk a hello names {named}"))
}

/// No honest author ever signs two leaves for one place, or two roots for one size, of which anybody could keep both
/// (PROTOCOL S3, S4). One that was restored may, if nobody kept the first.
fn no_self_fork(may_differ: bool, detail: impl FnOnce() -> String) -> Check {
    ensure(may_differ, "no_self_fork", detail)
}

/// `seen` never goes back along a log (PROTOCOL S1).
fn seen_never_decreases(before: Option<Head>, fields: &LeafFields) -> Check {
    let rank = |head: &Head| (head.generation, head.size);
    let grows = before.is_none_or(|before| rank(&before) <= rank(&fields.seen));
    ensure(grows, "seen_never_decreases", || format!("entry {} claims {:?} after {before:?}", fields.index, fields.seen))
}

/// An author names as `seen` only what it durably holds, with the note (PROTOCOL S1).
pub(crate) fn seen_is_durable(known: bool, index: Index, seen: &Head) -> Check {
    ensure(known, "seen_is_durable", || format!("entry {index} claims to have seen {seen:?}"))
}

/// A holder never makes a cosignature of less than it cosigned before (PROTOCOL E6). One that was restored may show an
/// old one again.
fn cosignature_never_shrinks(known: bool, restored: bool, size: u64, (newest, held): (u64, u64)) -> Check {
    let again = size == newest || known || held < newest;
    let holds = size > newest || (known && size == newest) || (restored && again);
    ensure(holds, "cosignature_never_shrinks", || format!("{size} entries were cosigned after {newest}"))
}

/// What a checkpoint's or cosignature's note says.
pub(crate) fn read_note(note: &[u8]) -> Option<Checkpoint> {
    Checkpoint::parse(Note::parse(note).ok()?.text()).ok()
}

/// What a packed entry's leaf says, its hash, and the body.
pub(crate) fn read_entry(packed: &[u8]) -> Option<(LeafFields, detente_types::EntryHash, &[u8])> {
    let (leaf, body) = unpack(packed).ok()?;
    let leaf = read_leaf(leaf)?;
    Some((*leaf.fields(), leaf.hash(), body))
}

/// A leaf without its signature being looked at: nodes look at it.
pub(crate) fn read_leaf(leaf: &[u8]) -> Option<Leaf> {
    Leaf::open(&Trusting, &PublicKey([0; 32]), leaf).ok()
}
