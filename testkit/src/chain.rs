//! Logs for tests: entries sealed one after the other, each naming what its author had seen.

use detente_types::statement::{Kind, Level, StatementIn};
use detente_types::{Generation, Head, NoticeKind, TermsIn, Timestamp};
use detente_wire::codec::to_slots;
use detente_wire::merkle::{EMPTY_ROOT, Frontier};
use detente_wire::{Body, Entry, LeafFields, Place, Scheme, Verified, seal_entry};
use rand_chacha::ChaCha20Rng;

use crate::notices::{notice, notice_id};
use crate::parties::{Parties, Side};
use crate::{MORNING, rng};

/// The head of a log that nobody has heard of yet.
pub const NOTHING: Head = Head { generation: Generation::FIRST, size: 0, root: EMPTY_ROOT };

/// The writer of one log.
pub struct Author<'a> {
    scheme: &'a dyn Scheme,
    side: &'a Side,
    frontier: Frontier,
    seen: Head,
    clock: Timestamp,
    rng: ChaCha20Rng,
}

impl<'a> Author<'a> {
    /// An author at the start of its log, at [`MORNING`]. Bodies are salted from `seed`.
    pub fn new(scheme: &'a dyn Scheme, side: &'a Side, seed: u64) -> Self {
        Self { scheme, side, frontier: Frontier::new(), seen: NOTHING, clock: MORNING, rng: rng(seed) }
    }

    /// Seals the next entry, one second after the one before; urgent when the rules want it so.
    ///
    /// # Panics
    /// When the statement does not fit a body.
    pub fn say(&mut self, statement: &StatementIn) -> Verified<Entry> {
        self.say_with(statement, is_urgent(statement))
    }

    /// Seals the next entry with this urgent bit.
    ///
    /// # Panics
    /// When the statement does not fit a body.
    pub fn say_with(&mut self, statement: &StatementIn, urgent: bool) -> Verified<Entry> {
        self.clock = self.clock.plus_seconds(1);
        let place = self.next_place();
        let body = Body::new(&mut self.rng, to_slots(statement)).expect("a statement that fits a body");
        let fields = LeafFields {
            line: place.line,
            author: place.author,
            generation: place.generation,
            index: self.frontier.size(),
            seen: self.seen,
            claimed: self.clock,
            urgent,
            body_root: body.root(),
        };
        let entry = seal_entry(self.scheme, &self.side.log, fields, body);
        self.frontier.push(*entry.hash().as_bytes());
        entry
    }

    /// Takes note of the other log's head: later entries name it.
    pub fn see(&mut self, head: Head) {
        self.seen = head;
    }

    /// The log's head.
    pub fn head(&self) -> Head {
        let generation = self.side.certificate.generation();
        Head { generation, size: self.frontier.size(), root: self.frontier.root() }
    }

    /// Where the next entry will stand.
    pub fn next_place(&self) -> Place {
        self.side.place(self.frontier.size())
    }
}

/// Both logs of a line, `low`'s first: each opens its generation, then the two take turns with one notice each, and
/// every entry has seen all of the other log before it.
pub fn conversation(scheme: &dyn Scheme, parties: &Parties, terms: &TermsIn, turns: u64) -> [Vec<Verified<Entry>>; 2] {
    let [low, high] = parties.sides();
    let mut authors = [Author::new(scheme, low, 1), Author::new(scheme, high, 2)];
    let openings = parties.openings(scheme, terms).map(StatementIn::GenerationOpen);
    let mut logs = [0, 1].map(|i: usize| vec![authors[i].say(&openings[i])]);
    for turn in 0..turns {
        for speaker in [0, 1] {
            let heard = authors[1 - speaker].head();
            authors[speaker].see(heard);
            logs[speaker].push(authors[speaker].say(&turn_notice(turn)));
        }
    }
    logs
}

fn turn_notice(turn: u64) -> StatementIn {
    const KINDS: [NoticeKind; 4] = [NoticeKind::Operation, NoticeKind::Hazard, NoticeKind::Movement, NoticeKind::Text];
    let mut said = notice(KINDS[turn as usize % KINDS.len()]);
    said.id = notice_id(turn);
    StatementIn::Notice(said)
}

/// Whether the urgent bit belongs on a statement, as far as the statement alone can say (a receipt of a SAFETY notice
/// is urgent too, at every level).
fn is_urgent(statement: &StatementIn) -> bool {
    match statement {
        StatementIn::Receipt(receipt) => receipt.level == Level::StoredEarly.code(),
        other => [Kind::Safety.code(), Kind::SafetyAction.code()].contains(&other.kind()),
    }
}
