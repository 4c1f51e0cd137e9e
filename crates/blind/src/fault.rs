//! How a run ends before its time, and what is kept of that.

use core::fmt;

use crate::setup::Class;

/// How far a run had come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    /// Nothing of the peer was heard yet.
    Hello,
    /// Both hellos agree; the commitments are not both durable yet.
    Commit,
    /// Both are committed; the first messages are under way.
    FirstMessage,
    /// Both first messages are here and are what was committed to; of the answers, so many chunks of the peer were taken.
    Release {
        /// Chunks of the peer's answer that were taken, whole and found good.
        taken: u16,
    },
    /// Both answers are out.
    Result,
    /// Done.
    Done,
}

impl Step {
    /// Its number in an abort.
    pub const fn code(self) -> u8 {
        match self {
            Self::Hello => 0,
            Self::Commit => 1,
            Self::FirstMessage => 2,
            Self::Release { .. } => 3,
            Self::Result => 4,
            Self::Done => 5,
        }
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Hello => f.write_str("hello"),
            Self::Commit => f.write_str("commit"),
            Self::FirstMessage => f.write_str("first message"),
            Self::Release { taken } => write!(f, "release, {taken} chunks taken"),
            Self::Result => f.write_str("result"),
            Self::Done => f.write_str("done"),
        }
    }
}

/// Why this side leaves a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// The peer broke the rules. A caller gives it for a rule that lies outside the run.
    Fault,
    /// The peer was silent for too long.
    Timeout,
    /// An officer stopped the run.
    Officer,
    /// The line was suspended, or the terms ended.
    Line,
    /// This side's machine failed.
    Machine,
}

impl Reason {
    /// Its number in an abort.
    pub const fn code(self) -> u8 {
        match self {
            Self::Fault => 0,
            Self::Timeout => 1,
            Self::Officer => 2,
            Self::Line => 3,
            Self::Machine => 4,
        }
    }
}

/// Which rule the peer broke.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Breach {
    /// Not a message in its one encoding, or too long.
    #[error("{bytes} bytes are not a message")]
    NotAMessage {
        /// How many bytes there were.
        bytes: usize,
    },
    /// A message that this step does not have.
    #[error("expected {expected}, found {found}")]
    Unexpected {
        /// What could have come.
        expected: &'static str,
        /// What came.
        found: &'static str,
    },
    /// A hello that wants another run than this side's terms.
    #[error("the hellos differ in {field}")]
    Differs {
        /// Where.
        field: &'static str,
    },
    /// A class above what the terms allow: "everything" as a set.
    #[error("class 2^{} was asked for, the greatest allowed is 2^{}", asked.log2(), most.log2())]
    ClassTooGreat {
        /// The class asked for.
        asked: Class,
        /// The greatest allowed.
        most: Class,
    },
    /// A class below what was agreed: the record would say that less was probed than was.
    #[error("class 2^{} was asked for, the least allowed is 2^{}", asked.log2(), least.log2())]
    ClassTooSmall {
        /// The class asked for.
        asked: Class,
        /// The least allowed.
        least: Class,
    },
    /// This side's own key or nonce came back.
    #[error("this side's own {what} came back")]
    Mirrored {
        /// What.
        what: &'static str,
    },
    /// What was shown is not what was committed to.
    #[error("what was shown is not what was committed to")]
    NotCommitted,
    /// Another first message than was committed to.
    #[error("the first message is not the one that was committed to")]
    OtherList,
    /// A piece that begins elsewhere than at the next place.
    #[error("expected the piece from place {expected}, found one from {found}")]
    OutOfOrder {
        /// The next place.
        expected: u32,
        /// Where it began.
        found: u32,
    },
    /// A piece longer or shorter than the class has it.
    #[error("the piece from place {place} has {found} bytes instead of {expected}")]
    WrongLength {
        /// Where it began.
        place: u32,
        /// What it should have had.
        expected: usize,
        /// What it had.
        found: usize,
    },
    /// Bytes that name no point, or not in the one form.
    #[error("place {place} is no point")]
    NotAPoint {
        /// Where; `u32::MAX` for the key.
        place: u32,
    },
    /// The neutral element.
    #[error("place {place} is the neutral element")]
    Identity {
        /// Where; `u32::MAX` for the key.
        place: u32,
    },
    /// A point of the first message that stood before.
    #[error("place {again} of the first message repeats place {place}")]
    Repeated {
        /// Where it stood first.
        place: u32,
        /// Where it stands again.
        again: u32,
    },
    /// An answer that stood before. Two honest tags are equal with a chance of about 2^-41 for a whole run.
    #[error("answer {again} repeats answer {place}")]
    RepeatedAnswer {
        /// Where it stood first.
        place: u32,
        /// Where it stands again.
        again: u32,
    },
    /// A proof that does not hold: of all sums of what was asked, not each was multiplied by the committed key.
    #[error("the proof does not hold: what it is about was not made with the committed key")]
    WrongKey,
    /// Other answers than were fixed before.
    #[error("the answers of chunk {chunk} are not those that were fixed")]
    OtherAnswers {
        /// Which chunk, from 0.
        chunk: u16,
    },
    /// Answers that the committed key did not make, all of them: they do not give the sum that was proved.
    #[error("the answers of chunk {chunk} were not made with the committed key")]
    WrongAnswers {
        /// Which chunk, from 0.
        chunk: u16,
    },
}

/// What a log can hold of a fault: bytes that the peer sent, as they came. Whoever carried them (a signed frame, an entry
/// of a log) proves whose they are; this crate signs nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Evidence {
    /// The peer's hello.
    pub hello: Vec<u8>,
    /// Its commitment.
    pub commit: Vec<u8>,
    /// What it showed of that.
    pub open: Vec<u8>,
    /// The message at fault; of one that is too long its first [`MESSAGE_BYTES_MAX`](crate::message::MESSAGE_BYTES_MAX)
    /// bytes; where something stands twice, the one in which it stands again. Empty when the fault lies in the list as a whole:
    /// then the list's hash in `open` names it.
    pub message: Vec<u8>,
}

/// A rule that the peer broke.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the peer broke the run at step {step}: {breach}")]
pub struct PeerFault {
    /// How far the run had come.
    pub step: Step,
    /// Which rule.
    pub breach: Breach,
    /// What a log can hold of it.
    pub evidence: Evidence,
}

/// Why a run ended before its time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cause {
    /// The peer broke a rule.
    Peer(PeerFault),
    /// The peer left, at the step and for the reason of these codes, as it says.
    PeerLeft {
        /// [`Step::code`].
        step: u8,
        /// [`Reason::code`].
        reason: u8,
    },
    /// This side left.
    Ours(Reason),
}

/// A run that ended before its time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Aborted {
    /// How far it had come on this side.
    pub step: Step,
    /// Why.
    pub cause: Cause,
}
