//! A seat: one machine with its disk and clock, the process that runs on it, and the officers in front of it.

use std::collections::BTreeMap;

use detente_node::{Effect, Input, KeyRing, Node};
use detente_types::{Generation, LineId, Timestamp};
use detente_wire::KeyPair;

use crate::clock::Clock;
use crate::dice::Dice;
use crate::disk::Disk;
use crate::invariant::booked::Books;
use crate::invariant::lives::Ends;
use crate::invariant::manners::Debts;
use crate::invariant::safety::Alarms;
use crate::liar::Liar;
use crate::officer::Officer;
use crate::rows::Rows;

/// What runs on a machine.
#[expect(clippy::large_enum_variant, reason = "there are two or three of them")]
pub(crate) enum Process {
    /// Nothing.
    Down,
    /// An honest node.
    Node(Node),
    /// A peer that lies.
    Liar(Liar),
}

impl Process {
    pub(crate) const fn is_up(&self) -> bool {
        !matches!(self, Self::Down)
    }

    pub(crate) const fn node(&self) -> Option<&Node> {
        match self {
            Self::Node(node) => Some(node),
            _ => None,
        }
    }

    pub(crate) fn handle(&mut self, now: Timestamp, dice: &mut Dice, input: Input) {
        match self {
            Self::Down => {}
            Self::Node(node) => node.handle(now, dice.rng(), input),
            Self::Liar(liar) => liar.handle(now, dice, input),
        }
    }

    pub(crate) fn poll_effect(&mut self) -> Option<Effect> {
        match self {
            Self::Down => None,
            Self::Node(node) => node.poll_effect(),
            Self::Liar(liar) => liar.poll_effect(),
        }
    }

    pub(crate) fn poll_timeout(&self) -> Option<Timestamp> {
        match self {
            Self::Down => None,
            Self::Node(node) => node.poll_timeout(),
            Self::Liar(liar) => liar.poll_timeout(),
        }
    }
}

/// How a process ends at the next batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Doom {
    /// It crashes, and the batch is on the disk or not.
    Crash {
        /// Whether it is.
        saved: bool,
    },
    /// The disk says that it failed, and the batch is there or not.
    Fail {
        /// Whether it is.
        saved: bool,
    },
}

/// The mark that a restore by the book leaves in a home (decision 0013).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mark {
    /// No process has read it.
    Unread,
    /// It moves into the book, as the entry of this number.
    Booked(u64),
}

/// One machine.
pub(crate) struct Seat {
    pub(crate) process: Process,
    pub(crate) disk: Disk,
    pub(crate) clock: Clock,
    /// What the process draws from.
    pub(crate) dice: Dice,
    pub(crate) keys: KeyRing,
    /// The party keys, by line.
    pub(crate) parties: BTreeMap<LineId, KeyPair>,
    /// Which process it is: counted up with each start and each crash, so that what was for an earlier one is dropped.
    pub(crate) life: u64,
    /// The true time of the tick that is on its way.
    pub(crate) tick_at: Option<Timestamp>,
    pub(crate) snapshots: Vec<Rows>,
    pub(crate) doom: Option<Doom>,
    /// Batches take this much longer until then.
    pub(crate) slow_until: Timestamp,
    pub(crate) books: Books,
    /// By line.
    pub(crate) officers: BTreeMap<usize, Officer>,
    pub(crate) alarms: BTreeMap<usize, Alarms>,
    pub(crate) debts: BTreeMap<usize, Debts>,
    /// Its home says that it was put back from a backup, until a book entry of this number is durable.
    pub(crate) mark: Option<Mark>,
    /// Where generations ended, by what was looked at.
    pub(crate) ends: Ends,
    /// Pieces of evidence that were looked at, by line.
    pub(crate) convicted: BTreeMap<usize, usize>,
    /// Entries of its own logs that were looked at, by line and generation.
    pub(crate) looked: BTreeMap<(usize, Generation), u64>,
}

impl Seat {
    pub(crate) fn new(clock: Clock, dice: Dice, now: Timestamp) -> Self {
        Self {
            process: Process::Down,
            disk: Disk::default(),
            clock,
            dice,
            keys: KeyRing::new(),
            parties: BTreeMap::new(),
            life: 0,
            tick_at: None,
            snapshots: Vec::new(),
            doom: None,
            slow_until: now,
            books: Books::default(),
            officers: BTreeMap::new(),
            alarms: BTreeMap::new(),
            debts: BTreeMap::new(),
            mark: None,
            ends: Ends::new(),
            convicted: BTreeMap::new(),
            looked: BTreeMap::new(),
        }
    }
}
