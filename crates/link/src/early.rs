//! SAFETY overtakes its log (PROTOCOL F1 to F3): sent at once and again until the caller says that it has arrived;
//! received apart from the log, in any order. Exempt from the window, and bounded by counts of its own.

use core::ops::RangeInclusive;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

use detente_types::{Generation, Index, Timestamp};
use detente_wire::frame::Part;

use crate::config::{EARLY_ASSEMBLIES_MAX, EARLY_OUT_MAX, EARLY_SEEN_MAX};
use crate::event::LinkFault;
use crate::parts::{Assembly, Outgoing};
use crate::receive::Taken;
use crate::timers::{Resend, earliest};

/// Early entries on their way out.
#[derive(Debug, Default)]
pub(crate) struct EarlyOut {
    items: VecDeque<Item>,
}

#[derive(Debug)]
struct Item {
    entry: Outgoing,
    resend: Resend,
}

impl EarlyOut {
    /// Sends an entry until it is done; an entry 0 before all others, for they are opened by it. When there are too many, the
    /// oldest is left to the log.
    pub(crate) fn push(&mut self, generation: Generation, index: Index, packed: Vec<u8>) {
        if self.items.iter().any(|item| item.entry.generation == generation && item.entry.index == index) {
            return;
        }
        if self.items.len() == EARLY_OUT_MAX {
            let oldest = self.items.iter().position(|item| item.entry.index > 0);
            self.items.remove(oldest.unwrap_or(0));
        }
        let item = Item { entry: Outgoing::new(true, true, generation, index, packed), resend: Resend::due() };
        if index == 0 { self.items.push_front(item) } else { self.items.push_back(item) }
    }

    /// Whether entries of a generation, besides its entry 0, are not done.
    pub(crate) fn holds(&self, generation: Generation) -> bool {
        self.items.iter().any(|item| item.entry.generation == generation && item.entry.index > 0)
    }

    /// The one at `index` has arrived.
    pub(crate) fn done(&mut self, generation: Generation, index: Index) {
        self.items.retain(|item| (item.entry.generation, item.entry.index) != (generation, index));
    }

    /// Entries 0 are not sent again.
    pub(crate) fn forget_openings(&mut self) {
        self.items.retain(|item| item.entry.index != 0);
    }

    /// The log has carried all below `size` of this generation.
    pub(crate) fn done_below(&mut self, generation: Generation, size: u64) {
        self.items.retain(|item| item.entry.generation != generation || item.entry.index >= size);
    }

    /// A new meeting: everything is sent anew.
    pub(crate) fn restart(&mut self) {
        for item in &mut self.items {
            item.entry.restart();
            item.resend = Resend::due();
        }
    }

    /// The next part that is due.
    pub(crate) fn next_part(&mut self, now: Timestamp, first_us: i64) -> Option<Part> {
        self.next_from(now, first_us, 0..=Index::MAX)
    }

    /// The next part of an opening that is due.
    pub(crate) fn next_opening(&mut self, now: Timestamp, first_us: i64) -> Option<Part> {
        self.next_from(now, first_us, 0..=0)
    }

    fn next_from(&mut self, now: Timestamp, first_us: i64, which: RangeInclusive<Index>) -> Option<Part> {
        let item = self.items.iter_mut().find(|item| item.resend.is_due() && which.contains(&item.entry.index))?;
        let part = item.entry.next_part();
        if item.entry.is_at_start() {
            item.resend.sent(now, first_us);
        }
        Some(part)
    }

    pub(crate) fn expire(&mut self, now: Timestamp) {
        self.items.iter_mut().for_each(|item| item.resend.expire(now));
    }

    pub(crate) fn next_timeout(&self) -> Option<Timestamp> {
        earliest(self.items.iter().map(|item| item.resend.next_timeout()))
    }
}

/// Early entries on their way in.
#[derive(Debug, Default)]
pub(crate) struct EarlyIn {
    waiting: BTreeMap<(Generation, Index), Assembly>,
    /// Keys of `waiting`, the oldest first.
    order: VecDeque<(Generation, Index)>,
    seen: BTreeSet<(Generation, Index)>,
}

impl EarlyIn {
    /// Takes a checked part, and gives the entry once it is whole, unless it was given before.
    ///
    /// # Errors
    /// `PartsMismatch`; all parts of its entry are then dropped.
    pub(crate) fn take(&mut self, part: Part) -> Result<(Taken, Option<Vec<u8>>), LinkFault> {
        let place = (part.generation, part.index);
        if self.seen.contains(&place) {
            return Ok((Taken::Duplicate, None));
        }
        let assembly = self.open(place, part.parts);
        match assembly.add(part) {
            Ok(false) => Ok((Taken::Duplicate, None)),
            Ok(true) if assembly.is_whole() => Ok((Taken::Kept, self.finish(place))),
            Ok(true) => Ok((Taken::Kept, None)),
            Err(fault) => {
                self.forget(place);
                Err(fault)
            }
        }
    }

    /// Bytes held.
    pub(crate) fn bytes(&self) -> usize {
        self.waiting.values().map(Assembly::bytes).sum()
    }

    fn open(&mut self, place: (Generation, Index), parts: u8) -> &mut Assembly {
        if !self.waiting.contains_key(&place) {
            if self.order.len() == EARLY_ASSEMBLIES_MAX
                && let Some(oldest) = self.order.pop_front()
            {
                self.waiting.remove(&oldest);
            }
            self.order.push_back(place);
        }
        self.waiting.entry(place).or_insert_with(|| Assembly::new(parts))
    }

    fn finish(&mut self, place: (Generation, Index)) -> Option<Vec<u8>> {
        let packed = self.forget(place)?.into_packed();
        if self.seen.len() == EARLY_SEEN_MAX {
            // The log is past the lowest soonest; handing one on twice does no harm (PROTOCOL F2).
            self.seen.pop_first();
        }
        self.seen.insert(place);
        Some(packed)
    }

    fn forget(&mut self, place: (Generation, Index)) -> Option<Assembly> {
        self.order.retain(|waiting| *waiting != place);
        self.waiting.remove(&place)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_micros(0);

    fn parts(index: Index, length: usize) -> Vec<Part> {
        let mut out = EarlyOut::default();
        out.push(Generation::FIRST, index, vec![index as u8; length]);
        core::iter::from_fn(|| out.next_part(NOW, 1)).collect()
    }

    #[test]
    fn an_early_entry_is_given_once() {
        let mut early = EarlyIn::default();
        let parts = parts(3, 40_000);
        assert_eq!(parts.len(), 3);
        let given: Vec<_> = parts.iter().chain(&parts).filter_map(|part| early.take(part.clone()).unwrap().1).collect();
        assert_eq!(given, [vec![3; 40_000]]);
        assert_eq!(early.bytes(), 0);
    }

    #[test]
    fn a_flood_of_unfinished_entries_is_bounded_and_the_newest_gets_through() {
        let mut early = EarlyIn::default();
        for index in 0..1_000 {
            early.take(parts(index, 40_000).remove(0)).unwrap();
            assert!(early.bytes() <= EARLY_ASSEMBLIES_MAX * 16_000 && early.order.len() == early.waiting.len());
        }
        let given = parts(5_000, 40_000).into_iter().find_map(|part| early.take(part).unwrap().1);
        assert!(given.is_some());
    }

    #[test]
    fn the_latest_are_sent_when_there_are_too_many() {
        let mut out = EarlyOut::default();
        (1..50).chain([0]).chain(50..100).for_each(|index| out.push(Generation::FIRST, index, vec![0; 512]));
        let sent: Vec<Index> = core::iter::from_fn(|| out.next_part(NOW, 1)).map(|part| part.index).collect();
        assert_eq!(sent, [0].into_iter().chain(37..100).collect::<Vec<_>>(), "and the opening first of all");
        out.done(Generation::FIRST, 40);
        out.done_below(Generation::FIRST, 90);
        out.restart();
        let sent: Vec<Index> = core::iter::from_fn(|| out.next_part(NOW, 1)).map(|part| part.index).collect();
        assert_eq!(sent, (90..100).collect::<Vec<_>>());
    }
}
