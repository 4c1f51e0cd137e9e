//! What the book keeps of blind runs: what only this side may know, and an auditor once it is shown to it.

use detente_types::statement::BlindRunIn;
use detente_types::{BlindConflictId, LineId, NoticeId};
use minicbor::bytes::{ByteArray, ByteVec};
use minicbor::{Decode, Encode};

/// A run is begun: durable before anything of it is said, so that none is begun twice.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct BookBlindBegun {
    /// The line.
    #[n(0)]
    pub line: LineId,
    /// When, microseconds UTC.
    #[n(1)]
    pub at_us: i64,
    /// Which run.
    #[n(2)]
    pub run: BlindRunIn,
    /// What its messages are bound to.
    #[n(3)]
    pub context: ByteArray<32>,
    /// Its seed, sealed to the auditor of the terms; absent when they name none, and no audit is possible.
    #[n(4)]
    pub sealed: Option<ByteVec>,
    /// The root over the plans.
    #[n(5)]
    pub plan_root: ByteArray<32>,
    /// The plans that were matched, in the order of the root.
    #[n(6)]
    pub plans: Vec<BookBlindPlan>,
    /// Digest of the terms.
    #[n(7)]
    pub terms: ByteArray<32>,
    /// The time from which on cells were matched, microseconds UTC.
    #[n(8)]
    pub from_us: i64,
}

impl BookBlindBegun {
    /// Whether a plan in this form is among those that were matched.
    pub(crate) fn names(&self, id: &NoticeId, digest: &[u8; 32]) -> bool {
        self.plans.iter().any(|plan| plan.id == *id && *plan.digest == *digest)
    }
}

/// A plan that was matched.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct BookBlindPlan {
    /// Its name.
    #[n(0)]
    pub id: NoticeId,
    /// Names its exact form, whatever version it was told as.
    #[n(1)]
    pub digest: ByteArray<32>,
}

/// What a run found.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct BookBlindFound {
    /// The line.
    #[n(0)]
    pub line: LineId,
    /// When, microseconds UTC.
    #[n(1)]
    pub at_us: i64,
    /// Which run.
    #[n(2)]
    pub run: BlindRunIn,
    /// The run's name, from both hellos.
    #[n(3)]
    pub name: ByteArray<32>,
    // 4 was whether the other side sealed the same: the two logs say that.
    /// How many cells are common.
    #[n(5)]
    pub count: u32,
    /// The common cells in their order, 16 bytes each; empty where only their number is told.
    #[n(6)]
    pub cells: ByteVec,
    /// Which of them are whose.
    #[n(7)]
    pub hits: Vec<BookBlindHit>,
}

/// A plan of ours that something of theirs may come too close to.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct BookBlindHit {
    /// The plan.
    #[n(0)]
    pub notice: NoticeId,
    /// Its common cells: first place and count.
    #[n(1)]
    pub stretches: Vec<[u32; 2]>,
    /// The name by which the blind conflict goes; absent where it is that of this run and plan.
    #[n(2)]
    pub goes_by: Option<BlindConflictId>,
}

/// A run broke off because the other side broke its rules, with what it said.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct BookBlindFault {
    /// The line.
    #[n(0)]
    pub line: LineId,
    /// When, microseconds UTC.
    #[n(1)]
    pub at_us: i64,
    /// Which run.
    #[n(2)]
    pub run: BlindRunIn,
    /// What was broken.
    #[n(3)]
    pub says: String,
    /// Their hello, their commitment, what they showed of it, and the message at fault, as far as they came.
    #[n(4)]
    pub evidence: Vec<ByteVec>,
}

/// An officer did something about a run.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct BookBlindDeed {
    /// The line.
    #[n(0)]
    pub line: LineId,
    /// When, microseconds UTC.
    #[n(1)]
    pub at_us: i64,
    /// Which run.
    #[n(2)]
    pub run: BlindRunIn,
    /// Shown: the part of this blind conflict. Absent: the run was stopped.
    #[n(3)]
    pub shown: Option<BookBlindShown>,
    /// Desk.
    #[n(28)]
    pub desk: Option<String>,
    /// Officer.
    #[n(29)]
    pub officer: Option<String>,
}

/// What was let out of a plan because of a blind conflict.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct BookBlindShown {
    /// The blind conflict.
    #[n(0)]
    pub conflict: BlindConflictId,
    /// The plan.
    #[n(1)]
    pub notice: NoticeId,
    /// The notice that tells the part.
    #[n(2)]
    pub part: NoticeId,
    /// The cells that it was made of, 16 bytes each, in order.
    #[n(3)]
    pub cells: ByteVec,
}
