//! Numbers that rise as keys do, so that finds are put in order without looking at their keys.

use std::collections::BTreeMap;
use std::ops::Bound;

/// Between two keys that come one after the other, room for so many in between.
const STEP: u64 = if cfg!(test) { 4 } else { 1 << 32 };

/// A number for each slot; see the module.
#[derive(Clone, Debug, Default)]
pub(super) struct Orders(Vec<u64>);

impl Orders {
    /// The number of a slot.
    pub(super) fn of(&self, slot: u32) -> u64 {
        self.0[slot as usize]
    }

    /// Numbers a key that is not there yet, between its neighbours; all of them anew where there is no room.
    pub(super) fn admit<K: Ord>(&mut self, slots: &BTreeMap<K, u32>, key: &K, slot: u32) {
        self.0.resize(self.0.len().max(slot as usize + 1), 0);
        let below = slots.range((Bound::Unbounded, Bound::Excluded(key))).next_back();
        let above = slots.range((Bound::Excluded(key), Bound::Unbounded)).next();
        let low = below.map_or(0, |(_, slot)| self.of(*slot));
        let number = match above {
            Some((_, above)) => low + (self.of(*above) - low) / 2,
            None => low.saturating_add(STEP),
        };
        self.0[slot as usize] = number;
        if number == low {
            self.number_anew(slots, key, slot);
        }
    }

    fn number_anew<K: Ord>(&mut self, slots: &BTreeMap<K, u32>, key: &K, slot: u32) {
        let (below, above) =
            (slots.range((Bound::Unbounded, Bound::Excluded(key))), slots.range((Bound::Excluded(key), Bound::Unbounded)));
        let all = below.map(|(_, slot)| *slot).chain([slot]).chain(above.map(|(_, slot)| *slot));
        for (place, slot) in (1..).zip(all) {
            self.0[slot as usize] = place * STEP;
        }
    }
}
