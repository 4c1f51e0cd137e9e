//! Statements: one disclosure on one line, of a numbered kind (PROTOCOL section 1).
//!
//! The `…In` structs are the bodies. Their numbers are slots (PROTOCOL E2): slot 0 is the kind, slots 28 and
//! 29 name desk and officer in every kind that a person causes.

use core::fmt;

use minicbor::bytes::{ByteArray, ByteVec};
use minicbor::{Decode, Encode};

use crate::id::{ConflictId, NoticeId, StatementRef};
use crate::notice::{Notice, NoticeIn, coded};
use crate::terms::{Terms, TermsIn};
use crate::text::TextIn;
use crate::volume::{Volume, VolumeIn};

mod blind;
mod keys;

pub use blind::{BlindAskIn, BlindCommitIn, BlindReason, BlindResultIn, BlindRunIn, HELLO_BYTES_MAX, STRETCHES_MAX};
pub use keys::{CertificateIn, GenerationCloseIn, GenerationOpenIn, KeyCertIn, KeyRevokeIn};

coded! {
    /// Every kind of statement of version 1, by the code in slot 0. Kinds that this version stores, cosigns and
    /// shows without acting on them are named all the same.
    Kind: u16 {
        /// Notice.
        Operation = 1, "operation";
        /// Notice.
        Airspace = 2, "airspace";
        /// Notice.
        Site = 3, "site";
        /// Notice.
        Movement = 4, "movement";
        /// Notice.
        Exercise = 5, "exercise";
        /// Notice.
        Hazard = 6, "hazard";
        /// Notice; not acted on yet.
        Launch = 7, "launch";
        /// Notice; not acted on yet.
        Force = 8, "force";
        /// Notice; not acted on yet.
        Withdrawal = 9, "withdrawal";
        /// Notice; not acted on yet.
        Question = 10, "question";
        /// Notice; not acted on yet.
        Incident = 11, "incident";
        /// Notice.
        Safety = 12, "safety";
        /// Notice; not acted on yet.
        Call = 13, "call";
        /// Notice.
        Text = 14, "text";
        /// Ends a notice.
        Cancel = 20, "cancel";
        /// Says how far an entry got.
        Receipt = 30, "receipt";
        /// Proposes a change that resolves a conflict.
        Offer = 40, "offer";
        /// Binds both to an offer.
        Accept = 41, "accept";
        /// Declines an offer.
        Reject = 42, "reject";
        /// Takes an own offer back.
        Withdraw = 43, "withdraw";
        /// Line check.
        Check = 50, "check";
        /// Answer to a line check.
        CheckAnswer = 51, "check-answer";
        /// Suspends the line, but for SAFETY and checks; not acted on yet.
        Suspend = 52, "suspend";
        /// Ends a suspension; not acted on yet.
        Resume = 53, "resume";
        /// States what is done about a safety notice.
        SafetyAction = 60, "safety-action";
        /// Not acted on yet.
        Handover = 61, "handover";
        /// Not acted on yet.
        ReadoutPropose = 62, "readout-propose";
        /// Not acted on yet.
        ReadoutAccept = 63, "readout-accept";
        /// Binds its author to its part of a blind run.
        BlindCommit = 70, "blind-commit";
        /// Says how a blind run ended.
        BlindResult = 71, "blind-result";
        /// Asks for a blind run, or for what it found to be shown.
        BlindAsk = 72, "blind-ask";
        /// Names a witness in the course of a generation.
        KeyCert = 80, "key-cert";
        /// Revokes a key.
        KeyRevoke = 81, "key-revoke";
        /// Entry 0 of every generation.
        GenerationOpen = 82, "generation-open";
        /// Says at which size the other log's generation ended.
        GenerationClose = 83, "generation-close";
        /// Not acted on yet.
        Erase = 84, "erase";
        /// Proposes the next version of the terms.
        TermsPropose = 90, "terms-propose";
        /// Accepts it.
        TermsAccept = 91, "terms-accept";
    }
}

impl Kind {
    /// Whether it is a notice.
    pub const fn is_notice(self) -> bool {
        self.code() <= 14
    }

    /// Whether the urgent bit belongs on it: safety notices and what is said because of one (PROTOCOL F2).
    pub const fn may_be_urgent(self) -> bool {
        matches!(self, Self::Safety | Self::Receipt | Self::SafetyAction)
    }
}

coded! {
    /// How far an entry got at the other side (DESIGN section 2). L1 is a cosignature, or `stored-early` for SAFETY.
    Level: u8 {
        /// Safety only: stored before the log caught up (PROTOCOL F2).
        StoredEarly = 1, "stored-early";
        /// L2: read by an officer.
        Read = 2, "read";
        /// L3: entered in their protected list after read-back.
        Listed = 3, "listed";
        /// L4: attested as passed to the operating desks.
        Passed = 4, "passed";
        /// Not acted on, and why.
        Refused = 9, "refused";
    }
}

/// A receipt.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct ReceiptIn {
    /// Kind: `receipt`.
    #[n(0)]
    pub kind: u16,
    /// Level, by code of [`Level`].
    #[n(1)]
    pub level: u8,
    /// The entry it is about.
    #[n(2)]
    pub of: StatementRef,
    /// Listed: the receiver's own list number.
    #[n(3)]
    pub list_number: Option<String>,
    /// Listed: the position as read back, in the notation and against the place that the receiver used.
    #[n(4)]
    pub read_back: Option<String>,
    /// Refused: number of the broken rule.
    #[n(5)]
    pub rule: Option<u16>,
    /// Refused: what was found, for a person.
    #[n(6)]
    pub reason: Option<String>,
    /// Desk.
    #[n(28)]
    pub desk: Option<String>,
    /// Officer.
    #[n(29)]
    pub officer: Option<String>,
}

/// Ends a notice.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct CancelIn {
    /// Kind: `cancel`.
    #[n(0)]
    pub kind: u16,
    /// Which notice.
    #[n(1)]
    pub id: NoticeId,
    /// The version after the last.
    #[n(2)]
    pub version: u32,
    /// The statement of the last version.
    #[n(3)]
    pub replaces: StatementRef,
    /// Why.
    #[n(4)]
    pub reason: Option<TextIn>,
    /// Desk.
    #[n(28)]
    pub desk: Option<String>,
    /// Officer.
    #[n(29)]
    pub officer: Option<String>,
}

/// A change to one notice: at least one part.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct ChangeIn {
    /// All windows move by so many microseconds.
    #[n(0)]
    pub shift_us: Option<i64>,
    /// All bands move by so many centimetres.
    #[n(1)]
    pub climb_cm: Option<i64>,
    /// The volumes become these.
    #[n(2)]
    pub volumes: Option<Vec<VolumeIn>>,
    /// The activity is given up.
    #[n(3)]
    pub cancel: Option<bool>,
}

/// An offer (PROTOCOL T1).
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct OfferIn {
    /// Kind: `offer`.
    #[n(0)]
    pub kind: u16,
    /// The conflict it would resolve.
    #[n(1)]
    pub conflict: ConflictId,
    /// The two statements in conflict, the lower party's first.
    #[n(2)]
    pub statements: [StatementRef; 2],
    /// Which of the two is changed: 0 or 1.
    #[n(3)]
    pub changes: u8,
    /// How.
    #[n(4)]
    pub change: ChangeIn,
    /// When its author promises to withdraw it, microseconds UTC.
    #[n(5)]
    pub lapses_us: Option<i64>,
    /// In words.
    #[n(6)]
    pub text: Option<TextIn>,
    /// Desk.
    #[n(28)]
    pub desk: Option<String>,
    /// Officer.
    #[n(29)]
    pub officer: Option<String>,
}

/// `accept`, `reject` and `withdraw`: an answer to one offer.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct AnswerIn {
    /// Kind: `accept`, `reject` or `withdraw`.
    #[n(0)]
    pub kind: u16,
    /// The offer.
    #[n(1)]
    pub offer: StatementRef,
    /// In words.
    #[n(2)]
    pub text: Option<TextIn>,
    /// Desk.
    #[n(28)]
    pub desk: Option<String>,
    /// Officer.
    #[n(29)]
    pub officer: Option<String>,
}

/// A line check (PROTOCOL K2).
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct CheckIn {
    /// Kind: `check`.
    #[n(0)]
    pub kind: u16,
    /// Fresh random bytes, so that no answer can be prepared.
    #[n(1)]
    pub challenge: ByteArray<32>,
    /// Test text.
    #[n(2)]
    pub text: Option<TextIn>,
    /// Desk.
    #[n(28)]
    pub desk: Option<String>,
    /// Officer.
    #[n(29)]
    pub officer: Option<String>,
}

/// The answer to a line check.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct CheckAnswerIn {
    /// Kind: `check-answer`.
    #[n(0)]
    pub kind: u16,
    /// The check.
    #[n(1)]
    pub of: StatementRef,
    /// Its challenge.
    #[n(2)]
    pub challenge: ByteArray<32>,
    /// Whether an officer answered; otherwise the machine did.
    #[n(3)]
    pub by_officer: bool,
    /// Desk.
    #[n(28)]
    pub desk: Option<String>,
    /// Officer.
    #[n(29)]
    pub officer: Option<String>,
}

/// What is done about a safety notice.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct SafetyActionIn {
    /// Kind: `safety-action`.
    #[n(0)]
    pub kind: u16,
    /// The safety notice.
    #[n(1)]
    pub of: StatementRef,
    /// The action, in words.
    #[n(2)]
    pub action: TextIn,
    /// When it is promised to be done, microseconds UTC.
    #[n(3)]
    pub by_us: Option<i64>,
    /// Desk.
    #[n(28)]
    pub desk: Option<String>,
    /// Officer.
    #[n(29)]
    pub officer: Option<String>,
}

/// Proposes the next version of the terms (PROTOCOL R2).
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct TermsProposeIn {
    /// Kind: `terms-propose`.
    #[n(0)]
    pub kind: u16,
    /// The whole terms.
    #[n(1)]
    pub terms: TermsIn,
    /// Desk.
    #[n(28)]
    pub desk: Option<String>,
    /// Officer.
    #[n(29)]
    pub officer: Option<String>,
}

/// Accepts a proposal.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct TermsAcceptIn {
    /// Kind: `terms-accept`.
    #[n(0)]
    pub kind: u16,
    /// The proposal.
    #[n(1)]
    pub proposal: StatementRef,
    /// Desk.
    #[n(28)]
    pub desk: Option<String>,
    /// Officer.
    #[n(29)]
    pub officer: Option<String>,
}

/// A statement as it arrives, sorted by kind, its form decoded and nothing else promised.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::large_enum_variant, reason = "one lives at a time; boxing would only move the bytes")]
pub enum StatementIn {
    /// Any of the notice kinds.
    Notice(NoticeIn),
    /// See [`CancelIn`].
    Cancel(CancelIn),
    /// See [`ReceiptIn`].
    Receipt(ReceiptIn),
    /// See [`OfferIn`].
    Offer(OfferIn),
    /// `accept`.
    Accept(AnswerIn),
    /// `reject`.
    Reject(AnswerIn),
    /// `withdraw`.
    Withdraw(AnswerIn),
    /// See [`CheckIn`].
    Check(CheckIn),
    /// See [`CheckAnswerIn`].
    CheckAnswer(CheckAnswerIn),
    /// See [`SafetyActionIn`].
    SafetyAction(SafetyActionIn),
    /// See [`GenerationOpenIn`].
    GenerationOpen(GenerationOpenIn),
    /// See [`GenerationCloseIn`].
    GenerationClose(GenerationCloseIn),
    /// See [`KeyCertIn`].
    KeyCert(KeyCertIn),
    /// See [`KeyRevokeIn`].
    KeyRevoke(KeyRevokeIn),
    /// See [`TermsProposeIn`].
    TermsPropose(TermsProposeIn),
    /// See [`TermsAcceptIn`].
    TermsAccept(TermsAcceptIn),
    /// See [`BlindCommitIn`].
    BlindCommit(BlindCommitIn),
    /// See [`BlindResultIn`].
    BlindResult(BlindResultIn),
    /// See [`BlindAskIn`].
    BlindAsk(BlindAskIn),
    /// A kind that this version names but does not act on, or does not know: kept byte for byte.
    Other {
        /// The code in slot 0.
        kind: u16,
        /// Every slot's value.
        slots: Vec<(u8, ByteVec)>,
    },
}

impl StatementIn {
    /// The code in slot 0.
    pub fn kind(&self) -> u16 {
        match self {
            Self::Notice(s) => s.kind,
            Self::Cancel(s) => s.kind,
            Self::Receipt(s) => s.kind,
            Self::Offer(s) => s.kind,
            Self::Accept(s) | Self::Reject(s) | Self::Withdraw(s) => s.kind,
            Self::Check(s) => s.kind,
            Self::CheckAnswer(s) => s.kind,
            Self::SafetyAction(s) => s.kind,
            Self::GenerationOpen(s) => s.kind,
            Self::GenerationClose(s) => s.kind,
            Self::KeyCert(s) => s.kind,
            Self::KeyRevoke(s) => s.kind,
            Self::TermsPropose(s) => s.kind,
            Self::TermsAccept(s) => s.kind,
            Self::BlindCommit(s) => s.kind,
            Self::BlindResult(s) => s.kind,
            Self::BlindAsk(s) => s.kind,
            Self::Other { kind, .. } => *kind,
        }
    }
}

/// Longest move in time that an offer may name, microseconds either way: a day (DV-053).
pub const SHIFT_US_MAX: i64 = 86_400_000_000;
/// Largest move in altitude that an offer may name, centimetres either way: ten kilometres (DV-053).
pub const CLIMB_CM_MAX: i64 = 1_000_000;

/// What a change does to the notice that an offer names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// Move in time and in altitude; at least one is not zero.
    Move {
        /// Microseconds later (or earlier, when negative).
        shift_us: i64,
        /// Centimetres up (or down, when negative).
        climb_cm: i64,
    },
    /// Take these volumes instead.
    Volumes(Vec<Volume>),
    /// Give the activity up.
    Cancel,
}

/// A statement whose fields obey every rule that can be checked on it alone.
///
/// The meaning gate in `wire` turns it into `Valid<Statement>` once terms and references agree too.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::large_enum_variant, reason = "one lives at a time; boxing would only move the bytes")]
pub enum Statement {
    /// A notice.
    Notice(Notice),
    /// The end of a notice.
    Cancel(CancelIn),
    /// A receipt of a known level.
    Receipt(ReceiptIn, Level),
    /// An offer and what it would change.
    Offer(OfferIn, Change),
    /// `accept`.
    Accept(AnswerIn),
    /// `reject`.
    Reject(AnswerIn),
    /// `withdraw`.
    Withdraw(AnswerIn),
    /// A line check.
    Check(CheckIn),
    /// Its answer.
    CheckAnswer(CheckAnswerIn),
    /// What is done about a safety notice.
    SafetyAction(SafetyActionIn),
    /// Entry 0 of a generation, and the terms that it carries.
    GenerationOpen(GenerationOpenIn, Terms),
    /// Where the other log's generation ended.
    GenerationClose(GenerationCloseIn),
    /// The author's certificate anew.
    KeyCert(KeyCertIn),
    /// A revocation.
    KeyRevoke(KeyRevokeIn),
    /// A terms proposal.
    TermsPropose(TermsProposeIn, Terms),
    /// Its acceptance.
    TermsAccept(TermsAcceptIn),
    /// What its author is bound to in a blind run.
    BlindCommit(BlindCommitIn),
    /// How a blind run ended.
    BlindResult(BlindResultIn),
    /// A blind run is asked for, or what it found.
    BlindAsk(BlindAskIn),
}
