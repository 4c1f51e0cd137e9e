//! A line as the world sees it: two ends, a bearer between them, and what was ever audible on it.

use std::collections::{BTreeMap, BTreeSet};

use detente_types::{EntryHash, Generation, Head, Index, LineId, PartyId, Root, Timestamp};
use detente_wire::Frame;
use detente_wire::frame::{Channel, decode};

use crate::rows::LogName;

/// Sessions of an end that frames may still belong to.
const SESSIONS_MAX: usize = 4;

/// One line of the world.
pub(crate) struct Wire {
    pub(crate) line: LineId,
    pub(crate) ends: [End; 2],
    /// Which bearer it is: counted up with each new one.
    pub(crate) bearer: u64,
    /// No bearer can be had before this time.
    pub(crate) cut_until: Timestamp,
    /// Frames that each end sends before this time are lost.
    pub(crate) deaf_until: [Timestamp; 2],
    /// Entries of both logs when both sides were last compared.
    pub(crate) compared: u64,
    /// A few frames of earlier bearers, by the end that they are for: what a liar or a slow bearer may deliver late.
    pub(crate) stale: [Vec<Vec<u8>>; 2],
}

/// One end of a line, and the ghost of its author: what it ever let out.
pub(crate) struct End {
    pub(crate) seat: usize,
    pub(crate) party: PartyId,
    /// Whether its node thinks that there is a bearer.
    pub(crate) up: bool,
    /// Whether it breaks the protocol on purpose.
    pub(crate) lies: bool,
    sessions: Vec<u64>,
    /// Every leaf of its log that was ever audible.
    pub(crate) leaves: BTreeMap<(Generation, Index), Said>,
    /// Every root of its log that was ever audible under its signature.
    pub(crate) roots: BTreeMap<(Generation, u64), (Root, Timestamp)>,
    /// What it ever cosigned of the other log.
    pub(crate) cosigned: Cosigned,
    /// When its machine was last restored.
    pub(crate) restored: Option<Timestamp>,
    /// Since then its disk has lacked something that it once had.
    pub(crate) behind: bool,
    assemblies: BTreeMap<(bool, Generation, Index), BTreeMap<u8, Vec<u8>>>,
}

/// A leaf that was audible.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Said {
    pub(crate) hash: EntryHash,
    pub(crate) seen: Head,
    pub(crate) at: Timestamp,
}

/// What an end let out as a holder.
#[derive(Clone, Debug, Default)]
pub(crate) struct Cosigned {
    /// The largest head of each generation of the other log.
    pub(crate) newest: BTreeMap<Generation, Head>,
    pub(crate) notes: BTreeSet<Vec<u8>>,
}

impl End {
    pub(crate) fn new(seat: usize, party: PartyId, lies: bool) -> Self {
        Self {
            seat,
            party,
            up: false,
            lies,
            sessions: Vec::new(),
            leaves: BTreeMap::new(),
            roots: BTreeMap::new(),
            cosigned: Cosigned::default(),
            restored: None,
            behind: false,
            assemblies: BTreeMap::new(),
        }
    }

    /// A new process says hello.
    fn greets(&mut self, session: u64) {
        if self.sessions.last() != Some(&session) {
            self.sessions.push(session);
            self.assemblies.clear();
            if self.sessions.len() > SESSIONS_MAX {
                self.sessions.remove(0);
            }
        }
    }

    /// Puts the parts of an entry together; the packed entry when this part was the last one missing.
    pub(crate) fn assemble(&mut self, part: detente_wire::frame::Part) -> Option<Vec<u8>> {
        if part.parts == 1 {
            return Some(part.bytes.into());
        }
        let place = (part.own, part.generation, part.index);
        let parts = self.assemblies.entry(place).or_default();
        parts.insert(part.part, part.bytes.into());
        if parts.len() < usize::from(part.parts) {
            return None;
        }
        self.assemblies.remove(&place).map(|parts| parts.into_values().flatten().collect())
    }
}

impl Wire {
    pub(crate) fn new(line: LineId, ends: [End; 2], now: Timestamp) -> Self {
        Self { line, ends, bearer: 0, cut_until: now, deaf_until: [now; 2], compared: 0, stale: [Vec::new(), Vec::new()] }
    }

    /// Which end a seat has here.
    pub(crate) fn end_of(&self, seat: usize) -> Option<usize> {
        self.ends.iter().position(|end| end.seat == seat)
    }

    /// Whether it may legitimately never come to rest: an end lies.
    pub(crate) fn is_broken(&self) -> bool {
        self.ends.iter().any(|end| end.lies)
    }

    /// The log of an end in a generation.
    pub(crate) fn log_of(&self, end: usize, generation: Generation) -> LogName {
        (self.line, self.ends[end].party, generation)
    }

    /// Reads a frame that an end sends, as the other one would.
    pub(crate) fn overhear(&mut self, end: usize, bytes: &[u8]) -> Option<Frame> {
        let from = self.ends[end].sessions.last().copied().unwrap_or(0);
        let mut to: Vec<u64> = self.ends[1 - end].sessions.iter().rev().copied().collect();
        to.push(0);
        let frame = to.into_iter().find_map(|to| decode(bytes, Channel { from, to }).ok())?;
        if let Frame::Hello(hello) = &frame {
            self.ends[end].greets(hello.session);
        }
        Some(frame)
    }
}
