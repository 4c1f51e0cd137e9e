//! Receiving a log in order: a bounded buffer for what comes ahead, each entry handed on once.
//!
//! Invariants: what is held or handed on but not yet durable stays within one window and one entry, whatever the peer
//! sends; the entry that comes next always finds room, at the cost of the one furthest ahead.

use std::collections::{BTreeMap, VecDeque};

use detente_types::{Generation, Index};
use detente_wire::entry::PACKED_BYTES_MAX;
use detente_wire::frame::Part;

use crate::config::entries_in;
use crate::event::LinkFault;
use crate::parts::Assembly;

/// What became of a part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Taken {
    /// It is kept.
    Kept,
    /// It was there already, or its entry was handed on.
    Duplicate,
    /// It is of another generation, too far ahead, or there is no room for it.
    Dropped,
}

/// One log on its way in.
#[derive(Debug)]
pub(crate) struct Inbox {
    generation: Generation,
    /// Entries below this are durable.
    durable: Index,
    /// The entry to hand on next.
    next: Index,
    /// Lengths of the entries handed on and not yet durable.
    handed: VecDeque<usize>,
    waiting: BTreeMap<Index, Assembly>,
    /// Bytes of both.
    bytes: usize,
    bytes_max: usize,
    ahead_max: u64,
}

impl Inbox {
    /// An empty buffer from a durable size on.
    pub(crate) fn new(generation: Generation, durable: Index, window_bytes: usize) -> Self {
        Self {
            generation,
            durable,
            next: durable,
            handed: VecDeque::new(),
            waiting: BTreeMap::new(),
            bytes: 0,
            bytes_max: window_bytes.max(PACKED_BYTES_MAX) + PACKED_BYTES_MAX,
            ahead_max: entries_in(window_bytes),
        }
    }

    pub(crate) const fn generation(&self) -> Generation {
        self.generation
    }

    /// Bytes held, and handed on but not yet durable.
    pub(crate) const fn bytes(&self) -> usize {
        self.bytes
    }

    /// Whether an entry was handed on already.
    pub(crate) fn is_past(&self, generation: Generation, index: Index) -> bool {
        generation == self.generation && index < self.next
    }

    /// Takes a checked part.
    ///
    /// # Errors
    /// `PartsMismatch`; all parts of its entry are then dropped.
    pub(crate) fn take(&mut self, part: Part) -> Result<Taken, LinkFault> {
        let index = part.index;
        if part.generation != self.generation {
            return Ok(Taken::Dropped);
        }
        if index < self.next {
            return Ok(Taken::Duplicate);
        }
        if index - self.next >= self.ahead_max || !self.make_room(index, part.bytes.len()) {
            return Ok(Taken::Dropped);
        }
        let assembly = self.waiting.entry(index).or_insert_with(|| Assembly::new(part.parts));
        let before = assembly.bytes();
        match assembly.add(part) {
            Ok(true) => {
                self.bytes += assembly.bytes() - before;
                Ok(Taken::Kept)
            }
            Ok(false) => Ok(Taken::Duplicate),
            Err(fault) => {
                self.drop_entry(index);
                Err(fault)
            }
        }
    }

    /// The next entry in order, once it is whole.
    pub(crate) fn pop(&mut self) -> Option<(Index, Vec<u8>)> {
        if !self.waiting.get(&self.next)?.is_whole() {
            return None;
        }
        let packed = self.waiting.remove(&self.next)?.into_packed();
        let index = self.next;
        self.handed.push_back(packed.len());
        self.next += 1;
        Some((index, packed))
    }

    /// Entries below `size` are durable.
    pub(crate) fn set_durable(&mut self, size: Index) {
        while self.durable < size {
            let Some(length) = self.handed.pop_front() else { break };
            self.bytes -= length;
            self.durable += 1;
        }
        if self.next < size {
            // They came another way: on a stick, or from what the caller had already.
            while let Some(index) = self.waiting.first_key_value().map(|(&index, _)| index).filter(|&index| index < size) {
                self.drop_entry(index);
            }
            self.next = size;
        }
        self.durable = self.durable.max(size);
    }

    /// Evicts what is further ahead than `index` until there is room; false when there is none even so.
    fn make_room(&mut self, index: Index, bytes: usize) -> bool {
        while self.bytes + bytes > self.bytes_max {
            match self.waiting.last_key_value() {
                Some((&last, _)) if last > index => self.drop_entry(last),
                _ => return false,
            }
        }
        true
    }

    fn drop_entry(&mut self, index: Index) {
        if let Some(assembly) = self.waiting.remove(&index) {
            self.bytes -= assembly.bytes();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(index: Index, length: usize) -> Part {
        Part {
            own: true,
            generation: Generation::FIRST,
            index,
            part: 0,
            parts: 1,
            bytes: vec![index as u8; length].into(),
            early: false,
        }
    }

    #[test]
    fn the_next_entry_finds_room_at_the_cost_of_the_one_furthest_ahead() {
        let mut inbox = Inbox::new(Generation::FIRST, 0, PACKED_BYTES_MAX);
        for index in (1..=100).rev() {
            inbox.take(part(index, 4_096)).unwrap();
            assert!(inbox.bytes() <= 2 * PACKED_BYTES_MAX);
        }
        assert_eq!(inbox.take(part(0, 4_096)), Ok(Taken::Kept));
        let handed: Vec<Index> = core::iter::from_fn(|| inbox.pop()).map(|(index, _)| index).collect();
        assert_eq!(handed, (0..32).collect::<Vec<_>>());
    }

    #[test]
    fn what_is_not_durable_counts_until_it_is() {
        let mut inbox = Inbox::new(Generation::FIRST, 0, PACKED_BYTES_MAX);
        let mut handed = 0;
        while inbox.take(part(handed, 8_192)) == Ok(Taken::Kept) {
            inbox.pop().unwrap();
            handed += 1;
        }
        assert_eq!(handed, 16, "a window and an entry");
        inbox.set_durable(1);
        assert_eq!(inbox.take(part(16, 8_192)), Ok(Taken::Kept));
        inbox.set_durable(40);
        assert_eq!(inbox.bytes(), 0);
        assert_eq!(inbox.take(part(39, 512)), Ok(Taken::Duplicate));
        assert_eq!(inbox.take(part(40, 512)), Ok(Taken::Kept));
    }

    #[test]
    fn nothing_far_ahead_is_kept() {
        let mut inbox = Inbox::new(Generation::FIRST, 5, 1 << 20);
        assert_eq!(inbox.take(part(u64::MAX, 512)), Ok(Taken::Dropped));
        assert_eq!(inbox.take(part(5 + 2_049, 512)), Ok(Taken::Dropped));
        assert_eq!(inbox.take(part(5 + 2_048, 512)), Ok(Taken::Kept));
    }
}
