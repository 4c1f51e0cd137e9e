//! What a run is about: what both sides must agree on, and what one of them brings.

use core::ops::RangeInclusive;

use minicbor::{Decode, Encode};
use zeroize::Zeroizing;

use crate::cell::CellId;
use crate::hash::Digest;
use crate::message::Hello;
use crate::seed::Seed;

/// A size class: both lists of a run are padded to 2^`log2` places.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
#[cbor(transparent)]
pub struct Class(#[n(0)] u8);

impl Class {
    /// The smallest: 16 places.
    pub const MIN: Self = Self(4);
    /// The largest: 4,194,304 places.
    pub const MAX: Self = Self(22);

    /// The class of 2^`log2` places; none outside 4 to 22.
    pub fn new(log2: u8) -> Option<Self> {
        (Self::MIN.0..=Self::MAX.0).contains(&log2).then_some(Self(log2))
    }

    /// The smallest class that holds so many cells; none above 2^22.
    pub fn of(cells: usize) -> Option<Self> {
        (Self::MIN.0..=Self::MAX.0).map(Self).find(|class| class.size() >= cells)
    }

    /// Its exponent.
    pub const fn log2(self) -> u8 {
        self.0
    }

    /// Its places.
    pub const fn size(self) -> usize {
        1 << self.0
    }

    /// Whether a decoded number is one.
    pub(crate) fn is_valid(self) -> bool {
        Self::new(self.0).is_some()
    }
}

/// What a run tells its parties.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum Mode {
    /// Each side learns which of its own cells are common (and so, which of the other's are).
    #[n(0)]
    Cells,
    /// Each side learns how many cells are common.
    #[n(1)]
    Count,
}

/// Which side speaks first where one must.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
#[cbor(index_only)]
pub enum Role {
    /// Releases each chunk before the other does. By the rule of the line: the party whose id is lower.
    #[n(0)]
    First,
    /// Releases each chunk after the other has.
    #[n(1)]
    Second,
}

impl Role {
    /// The other.
    pub const fn other(self) -> Self {
        match self {
            Self::First => Self::Second,
            Self::Second => Self::First,
        }
    }
}

/// What both sides must want alike, from their terms.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Agreement {
    /// What the run is bound to, new for each run: a digest over the line, the terms, the grid, the window and the run's
    /// number. Two attempts must not share it.
    pub context: Digest,
    /// What is told.
    pub mode: Mode,
    /// Whether each answer carries a proof that the committed key made it. Not in mode `count`, where the answer is shuffled.
    pub verified: bool,
    /// How many chunks an answer is released in, as a power of two: 0 to 8. A side that leaves has learned at most one
    /// chunk more than the other. A class with fewer places than chunks has as many chunks as places. In a verified run that
    /// side has a proved sum of every other chunk too, and there are no more chunks than the root of the places.
    pub chunks_log2: u8,
}

/// Most chunks of a release, as a power of two.
pub const CHUNKS_LOG2_MAX: u8 = 8;

/// What one side brings to a run.
pub struct Setup {
    /// What both must want alike.
    pub agreement: Agreement,
    /// Which side this is.
    pub role: Role,
    /// The class that this side pads to, at the least; both use the greater of the two sides'.
    pub class: Class,
    /// The classes that a peer may bring: one above is "everything" as a set, one below would let its record say that it probed less than it
    /// did. Where both sides have agreed on a class, just that.
    pub classes: RangeInclusive<Class>,
    /// What the side's plans were when the run began: a Merkle root over salted cells, say. Shown to the peer.
    pub plan_root: Digest,
    /// The set, in any order; a cell given twice counts once.
    pub cells: Vec<CellId>,
    /// Everything random of the run.
    pub seed: Seed,
}

/// Why a run was not begun: the caller's fault, and nothing was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CallerFault {
    /// More cells than the class has places for.
    #[error("{found} cells do not fit class 2^{} with its {} places", class.log2(), class.size())]
    TooManyCells {
        /// How many different ones there are.
        found: usize,
        /// The class.
        class: Class,
    },
    /// The class is above what the terms allow.
    #[error("class 2^{} is above the greatest allowed, 2^{}", class.log2(), most.log2())]
    ClassTooGreat {
        /// The class.
        class: Class,
        /// The greatest allowed.
        most: Class,
    },
    /// The class is below the least that is taken of the peer.
    #[error("class 2^{} is below the least allowed, 2^{}", class.log2(), least.log2())]
    ClassTooSmall {
        /// The class.
        class: Class,
        /// The least allowed.
        least: Class,
    },
    /// A count cannot be verified: the answer is shuffled, and a proof about pairs would undo the shuffle.
    #[error("mode `count` is not verified: expected mode `cells`, or `verified` false")]
    CountIsNotVerified,
    /// Too many chunks.
    #[error("a release has at most 2^{CHUNKS_LOG2_MAX} chunks, not 2^{found}")]
    TooManyChunks {
        /// The power of two.
        found: u8,
    },
}

impl Setup {
    /// Checks what one side can check alone, and puts the set in order.
    pub(crate) fn check(&mut self) -> Result<Zeroizing<Vec<CellId>>, CallerFault> {
        let mut cells = Zeroizing::new(core::mem::take(&mut self.cells));
        cells.sort_unstable();
        cells.dedup();
        if cells.len() > self.class.size() {
            return Err(CallerFault::TooManyCells { found: cells.len(), class: self.class });
        }
        if self.class < *self.classes.start() {
            return Err(CallerFault::ClassTooSmall { class: self.class, least: *self.classes.start() });
        }
        if self.class > *self.classes.end() {
            return Err(CallerFault::ClassTooGreat { class: self.class, most: *self.classes.end() });
        }
        if self.agreement.verified && self.agreement.mode == Mode::Count {
            return Err(CallerFault::CountIsNotVerified);
        }
        if self.agreement.chunks_log2 > CHUNKS_LOG2_MAX {
            return Err(CallerFault::TooManyChunks { found: self.agreement.chunks_log2 });
        }
        Ok(cells)
    }

    /// What this side says first.
    pub(crate) fn hello(&self) -> Hello {
        Hello {
            version: crate::message::VERSION,
            context: self.agreement.context,
            role: self.role,
            mode: self.agreement.mode,
            verified: self.agreement.verified,
            chunks_log2: self.agreement.chunks_log2,
            class: self.class,
            nonce: self.seed.nonce(&self.agreement.context),
        }
    }
}
