//! How blind runs go, beside the grid, the cadence and the budget of `[blind]`.
//!
//! Both sides agree on it, so that two runs of equal terms look alike whatever is matched.

use core::fmt;

use minicbor::{Decode, Encode};
use serde::{Deserialize, Serialize};

use super::Limit;
use crate::notice::coded;

coded! {
    /// What a run tells its parties.
    MatchingMode: u8 {
        /// Each learns which of its own cells are common.
        Cells = 0, "cells";
        /// Each learns how many cells are common.
        Count = 1, "count";
    }
}

section! {
    /// How blind runs go.
    MatchingIn {
        /// `cells` or `count`.
        0 mode: String,
        /// Whether each answer is proved to be made with the committed key; only in mode `cells`.
        1 verified: bool,
        /// All sets are padded to 2 to this power, and none is larger: 4 to 22.
        2 class_log2: u32,
        /// An answer is released in 2 to this power chunks: 0 to 8; a proved one in no more than the root of the class has.
        3 chunks_log2: u32,
        /// How far ahead a run looks from its time on, minutes.
        4 ahead_min: u32,
    }
}

/// Longest look ahead, minutes: four weeks.
const AHEAD_MIN_MAX: u64 = 40_320;

impl MatchingIn {
    /// What counts where terms do not say: cells, verified, 32,768 places, released in 16 chunks, a day ahead.
    pub fn usual() -> Self {
        Self { mode: MatchingMode::Cells.name().into(), verified: true, class_log2: 15, chunks_log2: 4, ahead_min: 1_440 }
    }

    /// What a run tells; in terms that passed their rules it is one of the known ones.
    pub fn told(&self) -> Option<MatchingMode> {
        MatchingMode::ALL.iter().copied().find(|mode| mode.name() == self.mode)
    }

    pub(super) fn limits(&self) -> [Limit; 3] {
        [
            ("matching.class_log2", self.class_log2.into(), 4, 22),
            ("matching.chunks_log2", self.chunks_log2.into(), 0, 8),
            ("matching.ahead_min", self.ahead_min.into(), 10, AHEAD_MIN_MAX),
        ]
    }

    /// Field, what stands there and what was expected, when the mode is none or cannot be verified.
    pub(super) fn fault(&self) -> Option<(&'static str, String, &'static str)> {
        match self.told() {
            None => Some(("matching.mode", self.mode.clone(), "cells or count")),
            Some(MatchingMode::Count) if self.verified => {
                Some(("matching.verified", "true".into(), "false in mode count: its answers are shuffled"))
            }
            Some(_) => None,
        }
    }
}
