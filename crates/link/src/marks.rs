//! Checkpoints of our log that wait for the entries they cover.
//!
//! The peer cosigns only under a checkpoint, so one must lie within every window. Those of the log's growth are kept as
//! they are told; where they lie too far apart, one is asked for.

use std::collections::BTreeMap;

use detente_types::Timestamp;

use crate::config::{CHECKPOINTS_MAX, NEED_AGAIN_US};

/// Checkpoints by the size they cover.
#[derive(Debug, Default)]
pub(crate) struct Marks {
    known: BTreeMap<u64, Vec<u8>>,
    /// Size of the one sent last since the log was last gone back in.
    sent: u64,
    /// Size of the one asked for last, and when.
    asked: Option<(u64, Timestamp)>,
}

impl Marks {
    /// None sent yet of a log that is acknowledged below `base`.
    pub(crate) fn new(base: u64) -> Self {
        Self { known: BTreeMap::new(), sent: base, asked: None }
    }

    pub(crate) const fn sent(&self) -> u64 {
        self.sent
    }

    /// Keeps a checkpoint. When there are too many the one before the newest goes: the near ones keep the line moving.
    pub(crate) fn insert(&mut self, size: u64, note: Vec<u8>) {
        self.known.insert(size, note);
        if self.known.len() > CHECKPOINTS_MAX
            && let Some(&second) = self.known.keys().rev().nth(1)
        {
            self.known.remove(&second);
        }
    }

    /// The newest one that covers nothing beyond `sent`, unless it has been sent.
    pub(crate) fn next_to_send(&mut self, sent: u64) -> Option<(u64, Vec<u8>)> {
        if sent <= self.sent {
            return None;
        }
        let (&size, note) = self.known.range(self.sent + 1..=sent).next_back()?;
        self.sent = size;
        Some((size, note.clone()))
    }

    /// True when one at `size` is to be asked for: an older wish is met, or was forgotten.
    pub(crate) fn ask(&mut self, now: Timestamp, size: u64) -> bool {
        let waits = self.asked.is_some_and(|(asked, _)| asked > self.sent);
        let wanted = !waits && !self.known.contains_key(&size);
        if wanted {
            self.asked = Some((size, now));
        }
        wanted
    }

    /// Forgets a wish that was not met in time.
    pub(crate) fn expire(&mut self, now: Timestamp) {
        self.asked.take_if(|(_, since)| since.plus_micros(NEED_AGAIN_US) <= now);
    }

    pub(crate) fn next_timeout(&self) -> Option<Timestamp> {
        self.asked.filter(|(asked, _)| *asked > self.sent).map(|(_, since)| since.plus_micros(NEED_AGAIN_US))
    }

    /// All up to `size` are of no more use.
    pub(crate) fn forget_to(&mut self, size: u64) {
        self.known = self.known.split_off(&(size + 1));
        self.sent = self.sent.max(size);
    }

    /// Nothing above `base` counts as sent any more.
    pub(crate) fn restart(&mut self, base: u64) {
        self.sent = base;
        self.asked = None;
    }
}
