//! The book: each party's private journal, never replicated (PROTOCOL section 1).
//!
//! It holds what officers put in, exactly as they did, and what became of it. What waits to be stated (PROTOCOL S4)
//! waits here, so it survives a restart.

use detente_types::text::TextIn;
use detente_types::{Generation, LineId, NoticeId, NoticeIn, PartyId, StatementRef};
use detente_wire::codec;
use minicbor::bytes::{ByteArray, ByteVec};
use minicbor::{Decode, Encode};

use crate::blind::{BookBlindBegun, BookBlindDeed, BookBlindFault, BookBlindFound};

/// An entry of the book.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[expect(clippy::large_enum_variant, reason = "one lives at a time; boxing would only move the bytes")]
pub enum BookEntry {
    /// A line was opened.
    #[n(0)]
    LineOpened(#[n(0)] LineOpened),
    /// An officer's notice, exact, with what is let out of it.
    #[n(1)]
    Notice(#[n(0)] BookNotice),
    /// Any other input of an officer.
    #[n(2)]
    Input(#[n(0)] BookInput),
    /// An input was stated.
    #[n(3)]
    Stated(#[n(0)] u64, #[n(1)] StatementRef),
    /// An input that waited could not be stated any more, and why.
    #[n(4)]
    Dropped(#[n(0)] u64, #[n(1)] String),
    /// The home was put back from a backup at this time, microseconds UTC: every line opens a new generation.
    #[n(5)]
    Restored(#[n(0)] i64),
    /// A line opened a new generation of our log.
    #[n(6)]
    LineRenewed(#[n(0)] LineId, #[n(1)] Generation),
    /// An officer proposed to reopen a line that fork evidence holds (PROTOCOL S3).
    #[n(7)]
    ReopenProposed(#[n(0)] BookDecision),
    /// A different officer agreed to the proposal of this number: the line is reopened.
    #[n(8)]
    ReopenAgreed(#[n(0)] u64, #[n(1)] BookDecision),
    /// The peer proved, at this time in microseconds UTC, that this line was rolled back: it opens a new generation, also
    /// when the process ends before it has.
    #[n(9)]
    LineRolledBack(#[n(0)] LineId, #[n(1)] i64),
    /// An officer took the alarm for a flood of SAFETY notices: after a start it does not ring again for them.
    #[n(10)]
    FloodTaken(#[n(0)] BookFlood),
    /// A blind run is begun.
    #[n(11)]
    BlindBegun(#[n(0)] BookBlindBegun),
    /// What a blind run found.
    #[n(12)]
    BlindFound(#[n(0)] BookBlindFound),
    /// A blind run broke off because the other side broke its rules.
    #[n(13)]
    BlindFault(#[n(0)] BookBlindFault),
    /// An officer did something about a blind run.
    #[n(14)]
    BlindDeed(#[n(0)] BookBlindDeed),
    /// An officer ended a plan of which nothing was told.
    #[n(15)]
    PlanEnded(#[n(0)] BookPlanEnded),
}

/// A line and who is on it.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct LineOpened {
    /// The line.
    #[n(0)]
    pub line: LineId,
    /// When, microseconds UTC.
    #[n(1)]
    pub at_us: i64,
    /// Canonical bytes of our opening: both certificates and the terms.
    #[n(2)]
    pub opening: ByteVec,
    /// What we call the other party.
    #[n(3)]
    pub name: String,
    /// The other party.
    #[n(4)]
    pub other: PartyId,
}

/// An exact notice.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct BookNotice {
    /// The line that it is for.
    #[n(0)]
    pub line: LineId,
    /// When it was put in, microseconds UTC.
    #[n(1)]
    pub at_us: i64,
    /// The exact form.
    #[n(2)]
    pub notice: NoticeIn,
    /// What is let out, by code.
    #[n(3)]
    pub release: u8,
    /// Slots let out although the precision would withhold them.
    #[n(4)]
    pub reveal: Vec<u8>,
}

/// A plan of which nothing was told, and which is off: of a notice that was told, a cancellation says so.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct BookPlanEnded {
    /// The line that it was for.
    #[n(0)]
    pub line: LineId,
    /// When, microseconds UTC.
    #[n(1)]
    pub at_us: i64,
    /// Its name.
    #[n(2)]
    pub id: NoticeId,
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

/// Another input: the statement as it was put in, its slots as encoded.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct BookInput {
    /// The line that it is for.
    #[n(0)]
    pub line: LineId,
    /// When it was put in, microseconds UTC.
    #[n(1)]
    pub at_us: i64,
    /// Slot numbers and values.
    #[n(2)]
    pub slots: Vec<(u8, ByteVec)>,
}

/// What an officer decided about fork evidence.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct BookDecision {
    /// The line that it is about.
    #[n(0)]
    pub line: LineId,
    /// When, microseconds UTC.
    #[n(1)]
    pub at_us: i64,
    /// Desk.
    #[n(2)]
    pub desk: Option<String>,
    /// Officer.
    #[n(3)]
    pub officer: String,
    /// Why.
    #[n(4)]
    pub reason: String,
    /// Names of just the pieces that were decided upon ([`crate::Digest`]), ascending.
    #[n(5)]
    pub evidence: Vec<ByteArray<32>>,
}

/// Who took the alarm for a flood of SAFETY notices.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct BookFlood {
    /// The line that it came on.
    #[n(0)]
    pub line: LineId,
    /// When, microseconds UTC.
    #[n(1)]
    pub at_us: i64,
    /// Desk.
    #[n(2)]
    pub desk: Option<String>,
    /// Officer.
    #[n(3)]
    pub officer: Option<String>,
    /// How many notices it stood for.
    #[n(4)]
    pub count: u64,
    /// The latest of them.
    #[n(5)]
    pub latest: StatementRef,
}

impl BookEntry {
    /// The line of an entry about blind runs.
    pub(crate) const fn blind_line(&self) -> Option<LineId> {
        match self {
            Self::BlindBegun(entry) => Some(entry.line),
            Self::BlindFound(entry) => Some(entry.line),
            Self::BlindFault(entry) => Some(entry.line),
            Self::BlindDeed(entry) => Some(entry.line),
            _ => None,
        }
    }

    /// Canonical bytes.
    pub fn encode(&self) -> Vec<u8> {
        codec::encode(self)
    }

    /// Reads canonical bytes; `None` when the row is damaged or of a later version.
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        codec::decode(bytes, "book").ok()
    }
}
