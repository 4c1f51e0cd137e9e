//! Its own log as a liar keeps it: it may write it anew.

use detente_testkit::Side;
use detente_types::statement::{Kind, Level, StatementIn};
use detente_types::{Generation, Head, LineId, Root, Timestamp};
use detente_wire::checkpoint::{log_name, sign_checkpoint};
use detente_wire::codec::to_slots;
use detente_wire::entry::Entry;
use detente_wire::merkle::{EMPTY_ROOT, Frontier};
use detente_wire::{Body, LeafFields, Scheme, Verified, seal_entry};

use crate::dice::Dice;

/// A log that its writer may take back.
pub(crate) struct OwnLog {
    pub(crate) side: Side,
    line: LineId,
    pub(crate) entries: Vec<Verified<Entry>>,
    frontier: Frontier,
    /// The root at each size from 0 on.
    roots: Vec<Root>,
}

/// What an entry claims.
#[derive(Clone, Copy)]
pub(crate) struct Claims {
    pub(crate) index: u64,
    pub(crate) seen: Head,
    pub(crate) now: Timestamp,
    pub(crate) urgent: bool,
}

impl OwnLog {
    pub(crate) fn new(side: Side) -> Self {
        let line = side.certificate.line();
        Self { side, line, entries: Vec::new(), frontier: Frontier::new(), roots: vec![EMPTY_ROOT] }
    }

    pub(crate) fn size(&self) -> u64 {
        self.entries.len() as u64
    }

    pub(crate) fn head_at(&self, size: u64) -> Head {
        let root = self.roots.get(size as usize).copied().unwrap_or(Root::new([0x5a; 32]));
        Head { generation: Generation::FIRST, size, root }
    }

    /// Signs an entry, wherever it is said to stand; `None` when the statement fits no body.
    pub(crate) fn seal(
        &self,
        scheme: &dyn Scheme,
        dice: &mut Dice,
        said: &StatementIn,
        claims: Claims,
    ) -> Option<Verified<Entry>> {
        let body = Body::new(dice.rng(), to_slots(said)).ok()?;
        let fields = LeafFields {
            line: self.line,
            author: self.side.id(),
            generation: Generation::FIRST,
            index: claims.index,
            seen: claims.seen,
            claimed: claims.now,
            urgent: claims.urgent,
            body_root: body.root(),
        };
        Some(seal_entry(scheme, &self.side.log, fields, body))
    }

    pub(crate) fn push(&mut self, entry: Verified<Entry>) {
        self.frontier.push(*entry.hash().as_bytes());
        self.roots.push(self.frontier.root());
        self.entries.push(entry);
    }

    /// Takes back what was said from a size on.
    pub(crate) fn take_back(&mut self, size: u64) {
        self.entries.truncate(size as usize);
        self.roots.truncate(size as usize + 1);
        self.frontier = self.entries.iter().map(|entry| *entry.hash().as_bytes()).collect();
    }

    /// A checkpoint of any root at any size.
    pub(crate) fn checkpoint(&self, scheme: &dyn Scheme, size: u64, root: Root) -> Vec<u8> {
        let origin = log_name(&self.line, &self.side.id(), Generation::FIRST);
        sign_checkpoint(scheme, &self.side.log, &origin, size, root).note().into_bytes()
    }

    /// The checkpoint that it would sign if it were honest.
    pub(crate) fn honest_checkpoint(&self, scheme: &dyn Scheme, size: u64) -> Vec<u8> {
        self.checkpoint(scheme, size, self.head_at(size).root)
    }
}

/// Whether the urgent bit belongs on a statement.
pub(crate) fn is_urgent(said: &StatementIn) -> bool {
    match said {
        StatementIn::Receipt(receipt) => receipt.level == Level::StoredEarly.code(),
        other => [Kind::Safety.code(), Kind::SafetyAction.code()].contains(&other.kind()),
    }
}
