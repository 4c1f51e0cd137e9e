//! What goes into a node and what comes out of it.
//!
//! The caller hands in [`Input`]s and [`Command`]s with the time and a source of randomness, then takes [`Effect`]s until
//! there are none. Effects are carried out in order. `Persist` always comes before every `Send` that depends on it: the
//! node withholds the send until the caller answers [`Input::Persisted`] (DESIGN D6).

use detente_terms::line::{CheckResult, LineState};
use detente_terms::safety::Reach;
use detente_types::statement::{AnswerIn, BlindRunIn, ChangeIn, KeyRevokeIn, Kind};
use detente_types::text::TextIn;
use detente_types::{
    BlindConflictId, ConflictId, Generation, Index, LineId, NoticeId, NoticeIn, PartyId, Release, StatementRef, TermsIn,
    Timestamp, Violation,
};
use detente_wire::certificate::CertificateFault;

use crate::blind::BlindNews;
use crate::held::ReopenFault;
use crate::port::{Batch, StoreFault, Write};

/// Names a batch that is on its way to the disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Token(pub u64);

/// Something that happened outside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input {
    /// A batch is durable.
    Persisted(Token),
    /// A batch was not taken; nothing of it is there.
    Refused(Token, StoreFault),
    /// A bearer to the other node of a line is up.
    Connected(LineId),
    /// It is gone.
    Disconnected(LineId),
    /// A frame arrived on a line.
    Frame(LineId, Vec<u8>),
    /// The rows that [`Effect::Fetch`] asked for, in order.
    Fetched {
        /// Line.
        line: LineId,
        /// Whose log.
        author: PartyId,
        /// Which life of it.
        generation: Generation,
        /// The rows; empty when there are none.
        rows: Vec<Write>,
    },
    /// The time of [`crate::Node::poll_timeout`] has come.
    Tick,
}

/// Something for the caller to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Make a batch durable, then answer `Persisted` or `Refused`.
    Persist {
        /// Its name.
        token: Token,
        /// Its rows.
        batch: Batch,
    },
    /// Hand a frame to the line's bearer.
    Send {
        /// Line.
        line: LineId,
        /// Whether it overtakes what is queued.
        urgent: bool,
        /// Its bytes.
        frame: Vec<u8>,
    },
    /// Try to reach the other node of a line.
    Dial(LineId),
    /// Drop the line's bearer: the peer broke the protocol.
    Hangup(LineId),
    /// Make keys for the next generation of our log on this line, keep them safe, have the party key sign its opening
    /// ([`crate::Line::renewal`]), and hand both to [`crate::Node::open_generation`].
    Renew(LineId),
    /// Read rows of a log, then answer `Fetched`.
    Fetch {
        /// Line.
        line: LineId,
        /// Whose log.
        author: PartyId,
        /// Which life of it.
        generation: Generation,
        /// First row.
        from: Index,
        /// At most so many.
        limit: usize,
    },
    /// Something that a person or a subscriber should know.
    Event(Event),
}

/// What a person or a subscriber should know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// When, by the node's clock.
    pub at: Timestamp,
    /// On which line; `None` for the node as a whole.
    pub line: Option<LineId>,
    /// What.
    pub what: What,
}

/// The kinds of event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum What {
    /// An officer's input is durable in the book under this number; it may still wait to be stated.
    Booked(u64),
    /// An officer's input that waited in the book under this number cannot be stated any more.
    Dropped(u64, String),
    /// A statement of ours is durable under a checkpoint.
    Said(StatementRef, Kind),
    /// A statement of theirs is durable, and acted on if it could be.
    Received(StatementRef, u16),
    /// The other side has admitted to hold all our entries below this size (L1).
    Cosigned(u64),
    /// A statement of theirs cannot be acted on.
    Unusable(StatementRef, Vec<Violation>),
    /// A SAFETY notice overtook its log and is acted on.
    SafetyEarly(StatementRef),
    /// A SAFETY notice is acted on that is not stored: the disk does not take it in time (docs/decisions/0015), or another
    /// stands at its place.
    SafetyUnstored(StatementRef),
    /// A SAFETY notice of theirs rings, at these people and at everyone before them.
    SafetyRings(StatementRef, Reach),
    /// The time has come by which an action about a SAFETY notice was promised.
    PromiseDue(StatementRef, Timestamp),
    /// The peer sends SAFETY notices faster than a person can read (PROTOCOL F3).
    SafetyFlood(u64),
    /// An officer took the alarm for so many of them.
    SafetyFloodTaken(u64, Option<String>),
    /// A joint conflict appeared.
    ConflictFound(ConflictId),
    /// A joint conflict is gone.
    ConflictGone(ConflictId),
    /// Our exact plan meets their disclosed one; only we see this (PROTOCOL C5).
    Warning(NoticeId, StatementRef),
    /// Something about blind runs.
    Blind(BlindNews),
    /// Terms of this version are in force from now on.
    TermsInForce(u32),
    /// A line check came to its end.
    Checked(CheckResult),
    /// The line's state changed.
    LineState(LineState, LineState),
    /// The link came up.
    LineUp,
    /// The link went down.
    LineDown(String),
    /// The peer broke the protocol.
    PeerFault(String),
    /// Something of our own did not go as it must: a bug, or a damaged home.
    Fault(String),
    /// Evidence of a fork is kept under this number.
    Fork(u64, String),
    /// An officer proposed, under this number of the book, to reopen a line that evidence holds (PROTOCOL S3).
    ReopenProposed(u64, String),
    /// New evidence came: what was proposed is void.
    ReopenVoid,
    /// A different officer agreed, under this number of the book: the line is reopened.
    Reopened(u64, String),
    /// On a reopened line: what they sign does not continue our copy of so many entries, which stops there.
    CopyStops(u64),
    /// This node was rolled back and takes its own entries back from the peer.
    Recovering(u64),
    /// Recovery is done.
    Recovered(u64),
    /// After a restore our log goes on in this new generation (PROTOCOL S5).
    Renewed(Generation),
    /// The peer was restored: its log goes on in this new generation.
    PeerRenewed(Generation),
    /// A party has revoked the keys of a generation of its log: its entries from this size on are disputed (PROTOCOL P2).
    Revoked(PartyId, Generation, u64),
    /// The peer's log has used up the quota of the day (PROTOCOL F6): what follows waits.
    QuotaUsed {
        /// Entries copied today.
        entries: u64,
        /// Their bytes.
        bytes: u64,
        /// When it is read again.
        until: Timestamp,
    },
    /// The disk is full, or has room again.
    Room(bool),
    /// The disk failed: nothing more is acknowledged.
    DiskFailed(String),
}

/// Who gives a command, as the party names them (PROTOCOL P3).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct By {
    /// Desk.
    pub desk: Option<String>,
    /// Officer.
    pub officer: Option<String>,
}

/// What an officer, a file or the node itself asks to have said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// A notice in its exact form, and what is let out of it. Version, `replaces` and precision are filled in here.
    Notify {
        /// The exact form.
        notice: NoticeIn,
        /// What is let out.
        release: Release,
        /// Slots that are let out although the precision would withhold them.
        reveal: Vec<u8>,
    },
    /// Ends a notice.
    Cancel {
        /// Which.
        id: NoticeId,
        /// Why.
        reason: Option<TextIn>,
    },
    /// L2: an officer has read it.
    Read(StatementRef),
    /// L3: entered in our protected list after read-back.
    Listed {
        /// What.
        of: StatementRef,
        /// Our list number.
        number: String,
        /// The position as read back.
        read_back: String,
    },
    /// L4: attested as passed to the operating desks.
    Passed(StatementRef),
    /// Offers a change that resolves a conflict.
    Offer {
        /// The conflict.
        conflict: ConflictId,
        /// Whether our notice is changed; otherwise theirs.
        ours: bool,
        /// How.
        change: ChangeIn,
        /// When we promise to withdraw it.
        lapses: Option<Timestamp>,
        /// In words.
        text: Option<TextIn>,
    },
    /// `accept`, `reject` or `withdraw`, by the answer's kind.
    Answer(AnswerIn),
    /// What is done about a SAFETY notice of theirs.
    SafetyAction {
        /// Which.
        of: StatementRef,
        /// The action.
        action: TextIn,
        /// When it is promised to be done.
        by: Option<Timestamp>,
    },
    /// Takes the one alarm for a flood of their SAFETY notices: it rests for a minute, and rings again if the flood goes on.
    TakeFlood,
    /// A line check.
    Check(Option<TextIn>),
    /// Proposes the next terms.
    ProposeTerms(TermsIn),
    /// Accepts proposed terms.
    AcceptTerms(StatementRef),
    /// Says that the keys of a generation of ours are not to be trusted from a size on. The party key has signed it.
    Revoke(KeyRevokeIn),
    /// Asks for a blind run beyond the fixed ones: it costs budget (DV-082).
    RunBlind(Option<TextIn>),
    /// Stops a blind run that is under way.
    StopBlind(BlindRunIn),
    /// Lets out the part of our plan that a blind conflict is about, at the finest precision of the terms, as a notice of its own.
    ShowBlind(BlindConflictId),
    /// Asks the other side to let out what it has in the cells of a blind conflict.
    AskBlind {
        /// The blind conflict.
        conflict: BlindConflictId,
        /// Why.
        reason: Option<TextIn>,
    },
    /// Proposes to reopen a line that fork evidence holds, for this reason (PROTOCOL S3).
    ProposeReopening(String),
    /// Agrees to a proposal of another officer.
    AgreeToReopen {
        /// Its number in the book.
        proposal: u64,
        /// Why.
        reason: String,
    },
}

impl Command {
    /// Whether it may use the reserve on a full disk (PROTOCOL F3).
    pub(crate) fn is_reserved(&self, safety: impl Fn(&StatementRef) -> bool) -> bool {
        match self {
            Self::Notify { notice, .. } => notice.kind == Kind::Safety.code(),
            Self::Read(of) | Self::Passed(of) | Self::Listed { of, .. } => safety(of),
            Self::SafetyAction { .. } | Self::TakeFlood | Self::Check(_) => true,
            _ => false,
        }
    }

    /// Whether it is taken on a line that evidence holds, although it is neither SAFETY nor a line check: what officers decide
    /// about it, and a revocation, which the hello carries.
    pub(crate) const fn passes_held(&self) -> bool {
        matches!(self, Self::ProposeReopening(_) | Self::AgreeToReopen { .. } | Self::Revoke(_))
    }
}

/// What became of a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Accepted {
    /// Its number in the book. It is durable when [`What::Booked`] says so.
    pub book: u64,
    /// What it was stated as: `None` while it waits (PROTOCOL S4) and when nothing of it is let out.
    pub stated: Option<StatementRef>,
    /// What it is waiting for or kept back by, in words.
    pub note: Option<String>,
}

/// Why a command is not taken. Nothing was changed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CommandFault {
    /// There is no such line here. Caller.
    #[error("this node has no line {0:?}")]
    NoSuchLine(LineId),
    /// Rules are broken. Caller.
    #[error("{} rule(s) broken: {}", .0.len(), .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
    Violations(Vec<Violation>),
    /// There is no such notice, conflict or statement. Caller.
    #[error("there is no {what} {name} on this line")]
    NotFound {
        /// What was looked for.
        what: &'static str,
        /// Its name.
        name: String,
    },
    /// The statement would be too large. Caller.
    #[error("the statement does not fit: {0}")]
    TooLarge(String),
    /// The change that was agreed cannot be made to the notice. Caller.
    #[error("the agreed change cannot be made: {0}")]
    Change(#[from] detente_settle::ChangeFault),
    /// What was told of a notice is to be amended, and our newest plan of it is another, which that would put out of the book.
    /// Caller.
    #[error(
        "our newest plan of notice {0} is another than what was told of it, and an amendment of what was told would end that plan \
         unseen: put the plan itself anew with the agreed change in it, as exactly as the other side is to see it, or cancel the \
         notice, which ends both"
    )]
    OtherPlan(NoticeId),
    /// The volumes cannot be widened to the precision asked for. Caller.
    #[error("the notice cannot be disclosed so: {0}")]
    Disclosure(#[from] detente_space::disclose::CoarsenError),
    /// The disk is full; only SAFETY, its receipts and line checks are taken. Environment.
    #[error("the disk is full: only safety notices, their receipts and line checks are taken until there is room")]
    DiskFull,
    /// What was taken before is still on its way to the disk. Environment: the same command is taken in a moment.
    #[error("the disk has not written yet what was taken before: try again in a moment")]
    DiskBehind,
    /// The disk failed; nothing is taken any more. Environment.
    #[error("the disk failed; nothing more is taken until this node is started again")]
    DiskFailed,
    /// The line is held after fork evidence (PROTOCOL S3). Caller.
    #[error(
        "the line is held after fork evidence: only safety notices, what answers them and line checks are stated until two \
         officers decide"
    )]
    Held,
    /// The line is held for what no decision mends (PROTOCOL S3). Caller.
    #[error(
        "the line is held because the two nodes hold histories of one log that exclude each other: only safety notices, what \
         answers them and line checks are stated, and a new line goes on"
    )]
    HeldForGood,
    /// The line is not reopened. Caller.
    #[error("the line is not reopened: {0}")]
    Reopen(#[from] ReopenFault),
}

/// Why a line cannot be opened with these keys. Caller.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OpenFault {
    /// A line of this name is there already.
    #[error("line {0:?} is there already")]
    Exists(LineId),
    /// A certificate does not hold.
    #[error("certificate refused: {0}")]
    Certificate(#[from] CertificateFault),
    /// A secret key is not the one that our certificate names.
    #[error("the {which} key is not the one that our certificate names")]
    Key {
        /// Which of the keys.
        which: &'static str,
    },
    /// No new generation is wanted on this line, or not this one.
    #[error("line {0:?} does not open this generation now")]
    NotWanted(LineId),
    /// The terms do not hold.
    #[error("terms refused: {} rule(s) broken, first {}", .0.len(), .0[0])]
    Terms(Vec<Violation>),
}
