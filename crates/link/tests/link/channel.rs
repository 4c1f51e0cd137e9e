//! What lies between the two ends.

use std::collections::BTreeMap;

use detente_types::Timestamp;
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::Rng;

/// What goes wrong, in thousandths of all frames, and how slow it is.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Faults {
    pub(crate) lost: u32,
    pub(crate) doubled: u32,
    pub(crate) damaged: u32,
    /// Each frame is late by up to so much more: this is what reorders them.
    pub(crate) late_us: u32,
}

/// Frames on their way, by arrival.
#[derive(Debug)]
pub(crate) struct Channel {
    pub(crate) faults: Faults,
    pub(crate) latency_us: i64,
    pub(crate) bytes_per_second: i64,
    /// When the frames handed in so far have left, for each sender.
    free_at: [Timestamp; 2],
    frames: BTreeMap<(Timestamp, u64), (usize, Vec<u8>)>,
    number: u64,
}

/// How much may be queued below the link (PROTOCOL F5).
const QUEUE_US: i64 = 100_000;

impl Channel {
    pub(crate) fn new(latency_us: i64, bytes_per_second: i64) -> Self {
        let free_at = [Timestamp::from_micros(0); 2];
        Self { faults: Faults::default(), latency_us, bytes_per_second, free_at, frames: BTreeMap::new(), number: 0 }
    }

    /// When a sender may hand in the next frame; `None` for now.
    pub(crate) fn blocked_until(&self, from: usize, now: Timestamp) -> Option<Timestamp> {
        let free = self.free_at[from].plus_micros(-QUEUE_US);
        (free > now).then_some(free)
    }

    pub(crate) fn send(&mut self, rng: &mut ChaCha20Rng, now: Timestamp, from: usize, mut bytes: Vec<u8>) {
        let takes_us = bytes.len() as i64 * 1_000_000 / self.bytes_per_second;
        let left = self.free_at[from].max(now).plus_micros(takes_us);
        self.free_at[from] = left;
        if chance(rng, self.faults.lost) {
            return;
        }
        if chance(rng, self.faults.doubled) {
            let copy = bytes.clone();
            self.put(rng, left, from, copy);
        }
        if chance(rng, self.faults.damaged) {
            damage(rng, &mut bytes);
        }
        self.put(rng, left, from, bytes);
    }

    /// The next frame that has arrived by now, with its receiver.
    pub(crate) fn arrive(&mut self, now: Timestamp) -> Option<(usize, Vec<u8>)> {
        let (&key, _) = self.frames.first_key_value().filter(|((at, _), _)| *at <= now)?;
        self.frames.remove(&key)
    }

    pub(crate) fn next_arrival(&self) -> Option<Timestamp> {
        self.frames.first_key_value().map(|((at, _), _)| *at)
    }

    /// What is on its way is gone.
    pub(crate) fn clear(&mut self) {
        self.frames.clear();
        self.free_at = [Timestamp::from_micros(0); 2];
    }

    fn put(&mut self, rng: &mut ChaCha20Rng, left: Timestamp, from: usize, bytes: Vec<u8>) {
        let late_us = if self.faults.late_us == 0 { 0 } else { rng.next_u32() % self.faults.late_us };
        self.number += 1;
        let at = left.plus_micros(self.latency_us + i64::from(late_us));
        self.frames.insert((at, self.number), (1 - from, bytes));
    }
}

pub(crate) fn chance(rng: &mut ChaCha20Rng, thousandths: u32) -> bool {
    rng.next_u32() % 1_000 < thousandths
}

/// Flips bits, or cuts the end off.
fn damage(rng: &mut ChaCha20Rng, bytes: &mut Vec<u8>) {
    let at = rng.next_u32() as usize % bytes.len();
    if chance(rng, 300) {
        bytes.truncate(at);
    } else {
        bytes[at] ^= 1 << (rng.next_u32() % 8);
    }
}
