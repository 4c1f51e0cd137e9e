//! Whose turn it is to ask.

use detente_types::{Terms, Timestamp};

/// A turn, numbered from the Unix epoch in units of the terms' interval. Even ones are the lower party's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Slot(pub i64);

impl Slot {
    /// Whose turn: 0 for the party with the lower ID, 1 for the other.
    pub const fn side(self) -> usize {
        self.0.rem_euclid(2) as usize
    }
}

/// The fixed grid of turns that the terms set: both sides compute it alike, with no statement about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Schedule {
    every_us: i64,
}

impl Schedule {
    /// As the terms say.
    pub fn of(terms: &Terms) -> Self {
        Self { every_us: i64::from(terms.input().line_check.every_min) * 60_000_000 }
    }

    /// The slot that an instant lies in.
    pub const fn slot_at(&self, now: Timestamp) -> Slot {
        Slot(now.micros().div_euclid(self.every_us))
    }

    /// When a slot begins.
    pub const fn start(&self, slot: Slot) -> Timestamp {
        Timestamp::from_micros(slot.0.saturating_mul(self.every_us))
    }

    /// The first slot of a side that begins after `now`.
    pub const fn next(&self, now: Timestamp, side: usize) -> Slot {
        let next = Slot(self.slot_at(now).0 + 1);
        if next.side() == side { next } else { Slot(next.0 + 1) }
    }

    /// Length of a slot, microseconds.
    pub const fn every_us(&self) -> i64 {
        self.every_us
    }
}
