//! Statements about blind matching: what a run is bound to, how it ended, and what an officer asks for.
//!
//! Nothing in them comes from a plan: a commitment and a seal say nothing to whoever lacks the secrets behind them.

use core::fmt;

use minicbor::bytes::{ByteArray, ByteVec};
use minicbor::{Decode, Encode};

use crate::id::StatementRef;
use crate::notice::coded;
use crate::text::TextIn;
use crate::time::Timestamp;

/// Longest hello that a commitment carries, bytes.
pub const HELLO_BYTES_MAX: usize = 512;
/// Most stretches of common cells that one asking names.
pub const STRETCHES_MAX: usize = 1_000;

/// Which run: one of the terms' fixed times, or one that an officer asked for. Just one of the two is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
#[cbor(map)]
pub struct BlindRunIn {
    /// Its time, microseconds UTC: a multiple of the terms' `blind.every_min`.
    #[n(0)]
    pub at_us: Option<i64>,
    /// The asking.
    #[n(1)]
    pub asked: Option<StatementRef>,
}

impl BlindRunIn {
    /// The run of a fixed time.
    pub const fn at(time: Timestamp) -> Self {
        Self { at_us: Some(time.micros()), asked: None }
    }

    /// The run that was asked for.
    pub const fn asked(of: StatementRef) -> Self {
        Self { at_us: None, asked: Some(of) }
    }
}

impl fmt::Display for BlindRunIn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.at_us, &self.asked) {
            (Some(at_us), None) => write!(f, "{}", Timestamp::from_micros(at_us)),
            (None, Some(asked)) => write!(f, "asked for by {asked}"),
            _ => f.write_str("no run"),
        }
    }
}

coded! {
    /// Why a run ended before its time.
    BlindReason: u8 {
        /// The other side broke the rules of the run.
        Fault = 0, "fault";
        /// The other side was silent for too long.
        Timeout = 1, "timeout";
        /// An officer stopped it.
        Officer = 2, "officer";
        /// The line was held, or the terms changed.
        Line = 3, "line";
        /// The author's machine failed or was started anew.
        Machine = 4, "machine";
        /// The other side left.
        Left = 5, "left";
        /// It was asked for at a time that is not now, or while as many ran as may.
        Untimely = 6, "untimely";
        /// The author's set has more cells than the terms' class has places.
        Class = 7, "class";
    }
}

/// Binds the author to its part of a run, before anything of the other's is seen.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct BlindCommitIn {
    /// Kind: `blind-commit`.
    #[n(0)]
    pub kind: u16,
    /// Which run.
    #[n(1)]
    pub run: BlindRunIn,
    /// The author's hello of that run, as sent: with the other's it names the run.
    #[n(2)]
    pub hello: ByteVec,
    /// The commitment to key, first message and plans.
    #[n(3)]
    pub commitment: ByteArray<32>,
    /// Hash of the run's seed as sealed to the terms' auditor, which the author keeps; absent when no audit is possible.
    #[n(4)]
    pub sealed: Option<ByteArray<32>>,
}

/// How a run ended for the author: with a seal over what it found, or before its time.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct BlindResultIn {
    /// Kind: `blind-result`.
    #[n(0)]
    pub kind: u16,
    /// Which run.
    #[n(1)]
    pub run: BlindRunIn,
    /// The seal over what was found: equal to the other's when both found the same.
    #[n(2)]
    pub seal: Option<ByteArray<32>>,
    /// Ended before its time: how far it had come, 0 hello, 1 commit, 2 first message, 3 release, 4 result.
    #[n(3)]
    pub step: Option<u8>,
    /// Ended in the release: so many chunks of the other's answer were taken.
    #[n(4)]
    pub taken: Option<u16>,
    /// Ended before its time: why, by code of [`BlindReason`].
    #[n(5)]
    pub reason: Option<u8>,
    /// Desk.
    #[n(28)]
    pub desk: Option<String>,
    /// Officer.
    #[n(29)]
    pub officer: Option<String>,
}

/// An officer asks for a run beyond the fixed ones, or that the other side show what it has in common cells of a run.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct BlindAskIn {
    /// Kind: `blind-ask`.
    #[n(0)]
    pub kind: u16,
    /// The run whose common cells are meant; absent when a run is asked for.
    #[n(1)]
    pub run: Option<BlindRunIn>,
    /// Which of its common cells, in their order: stretches as first place and count, ascending and apart.
    #[n(2)]
    pub cells: Option<Vec<[u32; 2]>>,
    /// Why.
    #[n(3)]
    pub reason: Option<TextIn>,
    /// Desk.
    #[n(28)]
    pub desk: Option<String>,
    /// Officer.
    #[n(29)]
    pub officer: Option<String>,
}

impl BlindAskIn {
    /// Whether a run is asked for.
    pub const fn is_for_a_run(&self) -> bool {
        self.run.is_none()
    }
}
