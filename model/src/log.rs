//! The nouns of the model: parties, leaves, entries, logs of one generation, and the generations of one author.
//!
//! Invariants: a root is the sequence of entries itself (a perfect hash), so comparing entries compares roots; a
//! signature is perfect, so only its party can make a leaf. A log never has a gap. An author has at least one generation.

use std::fmt;
use std::hash::{Hash, Hasher};

/// Most entries that one generation can hold; the widest scenario fills it, and `Log::push` asserts it.
pub(crate) const ENTRIES_MAX: usize = 5;
/// Most generations of one log: the first, and one per restore that a scenario allows a party.
pub(crate) const GENERATIONS_MAX: usize = 2;

/// One of the two sides. `A` is the lower party ID of rule T2.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Party {
    A,
    B,
}

impl Party {
    pub const BOTH: [Self; 2] = [Self::A, Self::B];

    pub fn other(self) -> Self {
        match self {
            Self::A => Self::B,
            Self::B => Self::A,
        }
    }

    pub(crate) fn index(self) -> usize {
        self as usize
    }
}

/// What an entry says. Identity beyond the kind (salt, seed, claimed time) is the entry's nonce.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub enum Leaf {
    /// Fills the unused slots of a log, so that equal logs are equal values.
    #[default]
    Unused,
    /// An ordinary statement, numbered so that each is said once.
    Note(u8),
    /// A SAFETY statement: overtakes the log (rule F1).
    Safety,
    /// An offer on the one conflict of the model.
    Offer,
    /// The withdrawal of the same party's offer.
    Withdraw,
    /// The acceptance of the other party's offer (rule T2).
    Accept,
    /// `receipt: stored-early` for the other party's SAFETY (rule F2).
    StoredEarly,
    /// `generation-open`, naming the last known size of the generation before (rule S5).
    Open { named: u8 },
    /// `generation-close`: the size at which the peer's generation before is closed (rule S5).
    Close { size: u8 },
    /// A second leaf that only a lying author signs.
    Forged,
}

impl Leaf {
    /// True for what overtakes the log and is acted on at once; a liar forges what does most harm.
    pub(crate) fn is_urgent(self) -> bool {
        matches!(self, Self::Safety | Self::Forged)
    }

    /// True for the statements of rule T2, whose meaning hangs on what their author had seen.
    pub(crate) fn is_settlement(self) -> bool {
        matches!(self, Self::Offer | Self::Withdraw | Self::Accept)
    }
}

impl fmt::Debug for Leaf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unused => f.write_str("-"),
            Self::Note(number) => write!(f, "note{number}"),
            Self::Safety => f.write_str("SAFETY"),
            Self::Offer => f.write_str("offer"),
            Self::Withdraw => f.write_str("withdraw"),
            Self::Accept => f.write_str("accept"),
            Self::StoredEarly => f.write_str("stored-early"),
            Self::Open { named } => write!(f, "open(after {named})"),
            Self::Close { size } => write!(f, "close(at {size})"),
            Self::Forged => f.write_str("FORGED"),
        }
    }
}

/// (generation, size); the root is implied, because a log is its own root. Later generations are larger.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Head {
    pub(crate) generation: u8,
    pub(crate) size: u8,
}

impl Head {
    /// True when this head contains the entry at `place`, or closes the generation that did.
    pub(crate) fn covers(self, place: Place) -> bool {
        (self.generation, self.size) > (place.generation, place.index)
    }
}

impl fmt::Debug for Head {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "g{}:{}", self.generation, self.size)
    }
}

/// Where an entry stands in its author's logs.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Place {
    pub(crate) generation: u8,
    pub(crate) index: u8,
}

impl fmt::Debug for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "g{}[{}]", self.generation, self.index)
    }
}

impl Leaf {
    /// Kind and argument in one byte, different for different leaves.
    fn code(self) -> u8 {
        let (kind, argument) = match self {
            Self::Unused => (0, 0),
            Self::Note(number) => (1, number),
            Self::Safety => (2, 0),
            Self::Offer => (3, 0),
            Self::Withdraw => (4, 0),
            Self::Accept => (5, 0),
            Self::StoredEarly => (6, 0),
            Self::Open { named } => (7, named),
            Self::Close { size } => (8, size),
            Self::Forged => (9, 0),
        };
        kind << 4 | argument
    }
}

/// A signed statement with its body. Two entries are the same bytes iff all fields agree.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Entry {
    pub(crate) leaf: Leaf,
    /// Tells apart two signings of one leaf kind: they have other salts and times, hence another leaf hash.
    pub(crate) nonce: u8,
    /// Head of the other log, as the author claims to have durably copied it (rule S1).
    pub(crate) seen: Head,
}

impl Entry {
    /// All fields in two bytes, different for different entries.
    fn code(self) -> u16 {
        let leaf = u16::from(self.leaf.code());
        let seen = u16::from(self.seen.generation << 4 | self.seen.size);
        leaf << 8 | u16::from(self.nonce) << 6 | seen
    }
}

/// By hand: states are hashed by the million, and the derived form makes a write of every field.
impl Hash for Entry {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write_u16(self.code());
    }
}

impl fmt::Debug for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.leaf)?;
        if self.nonce > 0 {
            write!(f, "#{}", self.nonce)?;
        }
        write!(f, "/seen {:?}", self.seen)
    }
}

/// One generation of one author's log, from index 0 without gaps.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Log {
    size: u8,
    slots: [Entry; ENTRIES_MAX],
}

impl Log {
    pub(crate) fn size(&self) -> u8 {
        self.size
    }

    pub(crate) fn entries(&self) -> &[Entry] {
        &self.slots[..usize::from(self.size)]
    }

    pub(crate) fn get(&self, index: u8) -> Option<Entry> {
        self.entries().get(usize::from(index)).copied()
    }

    pub(crate) fn push(&mut self, entry: Entry) {
        self.slots[usize::from(self.size)] = entry;
        self.size += 1;
    }

    /// The first `size` entries.
    pub(crate) fn prefix(&self, size: u8) -> Self {
        let mut prefix = Self::default();
        self.entries().iter().take(usize::from(size)).for_each(|&entry| prefix.push(entry));
        prefix
    }

    /// Rule S3: some index holds two different leaves, so the two cannot be prefixes of one log.
    pub(crate) fn contradicts(&self, other: &Self) -> bool {
        self.entries().iter().zip(other.entries()).any(|(a, b)| a != b)
    }

    /// The size that a `generation-open` at index 0 names for the generation before.
    pub(crate) fn named(&self) -> u8 {
        match self.get(0).map(|entry| entry.leaf) {
            Some(Leaf::Open { named }) => named,
            _ => 0,
        }
    }
}

/// One write for all slots, as for [`Entry`].
impl Hash for Log {
    fn hash<H: Hasher>(&self, state: &mut H) {
        let mut bytes = [0; 1 + 2 * ENTRIES_MAX];
        bytes[0] = self.size;
        for (pair, entry) in bytes[1..].chunks_exact_mut(2).zip(self.entries()) {
            pair.copy_from_slice(&entry.code().to_ne_bytes());
        }
        state.write(&bytes);
    }
}

impl fmt::Debug for Log {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.entries()).finish()
    }
}

/// All generations of one author on one line, oldest first; the last is the one being written.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Logs {
    count: u8,
    logs: [Log; GENERATIONS_MAX],
}

impl Default for Logs {
    fn default() -> Self {
        Self { count: 1, logs: [Log::default(); GENERATIONS_MAX] }
    }
}

impl Logs {
    pub(crate) fn logs(&self) -> &[Log] {
        &self.logs[..usize::from(self.count)]
    }

    /// The log of a generation; empty when there is none.
    pub(crate) fn log(&self, generation: u8) -> Log {
        self.logs().get(usize::from(generation)).copied().unwrap_or_default()
    }

    pub(crate) fn current(&self) -> u8 {
        self.count - 1
    }

    pub(crate) fn head(&self) -> Head {
        Head { generation: self.current(), size: self.log(self.current()).size() }
    }

    pub(crate) fn get(&self, place: Place) -> Option<Entry> {
        self.log(place.generation).get(place.index)
    }

    /// Appends to the current generation; a `generation-open` starts the next one.
    pub(crate) fn push(&mut self, entry: Entry) {
        if matches!(entry.leaf, Leaf::Open { .. }) {
            self.count += 1;
        }
        self.logs[usize::from(self.count - 1)].push(entry);
    }

    /// Replaces one generation's log; a generation right after the current one becomes the current one.
    pub(crate) fn install(&mut self, generation: u8, log: Log) {
        assert!(generation <= self.count, "generations are installed in order");
        self.count = self.count.max(generation + 1);
        self.logs[usize::from(generation)] = log;
    }

    /// Every entry with its place, in writing order.
    pub(crate) fn places(&self) -> impl Iterator<Item = (Place, Entry)> + '_ {
        self.logs().iter().zip(0u8..).flat_map(|(log, generation)| {
            log.entries().iter().zip(0u8..).map(move |(&entry, index)| (Place { generation, index }, entry))
        })
    }

    pub(crate) fn find(&self, wanted: impl Fn(Leaf) -> bool) -> Option<(Place, Entry)> {
        self.places().find(|(_, entry)| wanted(entry.leaf))
    }

    /// The largest head of the other log that any entry here names.
    pub(crate) fn seen_max(&self) -> Head {
        self.places().map(|(_, entry)| entry.seen).max().unwrap_or_default()
    }
}

impl fmt::Debug for Logs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.logs()).finish()
    }
}
