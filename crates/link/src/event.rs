//! What a link tells its caller, and what the caller tells it in return.

use core::fmt;
use core::ops::Range;

use detente_types::{Generation, Index, LineId};
use detente_wire::frame::{Hello, PARTS_MAX};
use minicbor::bytes::ByteVec;

/// Something that the caller should act on.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::large_enum_variant, reason = "hellos are rare and events do not pile up; boxing would only move the bytes")]
pub enum Event {
    /// The peer answered: the two nodes have met.
    Up,
    /// The bearer is gone, or the session over.
    Down {
        /// Why.
        reason: DownReason,
    },
    /// It is time to dial. Answer with `handle_connected`, or with `handle_disconnected` when it failed.
    Dial,
    /// The peer's hello, once a meeting: our line, a version we share, and an answer to *this* session of ours, so nothing
    /// late. Answer with `open` or `hold`; until then nothing flows.
    Hello(Hello),
    /// The revocations in a later hello of the same meeting, where they are others than before; unchecked.
    Revocations(Vec<ByteVec>),
    /// A later hello of the same meeting says that the peer's copy has begun this later generation of our log than the one
    /// that we told of.
    Begun {
        /// Life of our log.
        generation: Generation,
        /// Size of the copy.
        size: u64,
    },
    /// An entry of the peer's log. `early` ones come in any order, at most once a meeting; the others strictly in the order
    /// of their index from our durable copy on, each once a meeting.
    Entry {
        /// Life of the peer's log.
        generation: Generation,
        /// Place.
        index: Index,
        /// Packed form, unchecked.
        packed: Vec<u8>,
        /// Whether it overtook the log (PROTOCOL F1).
        early: bool,
    },
    /// An entry of our own log that the peer gives back, in order from our durable head on (PROTOCOL S4).
    GivenBack {
        /// Life of our log.
        generation: Generation,
        /// Place.
        index: Index,
        /// Packed form, unchecked.
        packed: Vec<u8>,
    },
    /// A checkpoint of the peer's log, unchecked.
    Checkpoint(Vec<u8>),
    /// The peer's cosignature of our log, unchecked.
    Cosignature(Vec<u8>),
    /// Fork evidence that the peer shows, unchecked.
    Evidence(Vec<u8>),
    /// The next message of a blind run's stream, unchecked; in order, each once.
    Blind {
        /// The stream.
        stream: u64,
        /// Its bytes.
        bytes: Vec<u8>,
    },
    /// The peer sends on a stream that the caller has not opened. Nothing of it was kept: it comes again.
    BlindKnock(u64),
    /// Entries are wanted for sending: supply them in order from `from`, at least one, and no more when `max_bytes` are
    /// reached.
    Need {
        /// Of our log, or of our copy of the peer's, to give back.
        own: bool,
        /// Which life of it.
        generation: Generation,
        /// First one wanted.
        from: Index,
        /// Room for so many bytes.
        max_bytes: usize,
    },
    /// A checkpoint of our log is wanted at this size, below our head: the peer cosigns only under checkpoints, and the next
    /// one known lies further on than the window reaches. Answer with `supply_checkpoint`.
    NeedCheckpoint {
        /// Life of our log.
        generation: Generation,
        /// Size.
        size: u64,
    },
    /// A keep-alive was answered.
    RoundTrip {
        /// There and back, µs.
        rtt_us: i64,
        /// The peer's clock less ours, µs, give or take half of the above (PROTOCOL K1).
        skew_us: i64,
    },
    /// Keep-alives, or our hello, have not been answered for too long. The caller decides whether the bearer is dead.
    Silent,
    /// The peer broke the protocol.
    Fault(LinkFault),
}

/// Why a session ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DownReason {
    /// The bearer ended.
    Lost,
    /// A new bearer took its place.
    Replaced,
    /// Another process of the peer's greets on the same bearer. Begin the next session with `handle_connected`, or drop the
    /// bearer.
    PeerRestarted,
    /// We said bye.
    Parted,
    /// The peer said bye.
    Bye {
        /// The peer's code.
        code: u16,
        /// The peer's words, cut short.
        text: String,
    },
}

impl fmt::Display for DownReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Lost => f.write_str("the bearer ended"),
            Self::Replaced => f.write_str("a new bearer took its place"),
            Self::PeerRestarted => f.write_str("the peer was started anew"),
            Self::Parted => f.write_str("we closed the session"),
            Self::Bye { code, text } => write!(f, "the peer closed the session ({code}): {text}"),
        }
    }
}

/// What the peer did that no honest node of its version does. Each is a `PeerFault`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LinkFault {
    /// A whole frame that is not one.
    #[error("the peer sent a whole frame that version {version} does not know")]
    UnknownFrame {
        /// The version spoken.
        version: u16,
    },
    /// A hello for another line.
    #[error("the peer greets for line {found:?}")]
    WrongLine {
        /// The line it names.
        found: LineId,
    },
    /// A hello with session 0, which stands for "not heard".
    #[error("the peer greets without a session")]
    NoSession,
    /// Neither end speaks a version of the other (PROTOCOL F9).
    #[error("the peer speaks link versions {min} to {max}, and none of them is ours")]
    NoCommonVersion {
        /// The peer's oldest.
        min: u16,
        /// The peer's newest.
        max: u16,
    },
    /// A part that no packed entry has.
    #[error("part {part} of {parts} with {bytes} bytes of entry {index} cannot be: an entry has at most {PARTS_MAX} parts")]
    AbsurdPart {
        /// The entry's place.
        index: Index,
        /// Which part.
        part: u8,
        /// Of how many.
        parts: u8,
        /// Its length.
        bytes: usize,
    },
    /// A part that does not fit the others of its entry; all of them are dropped.
    #[error("the parts of entry {index} do not fit each other")]
    PartsMismatch {
        /// The entry's place.
        index: Index,
    },
}

/// What may flow after a hello.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// First entry of our log to send: the size up to which we hold the peer's *cosignature*, or its copy's when that is
    /// smaller. What the peer has already is sent once more then, and makes it repeat a cosignature that was lost.
    pub send_from: Index,
    /// Entries of the peer's log to give back: its generation and the places it lost (PROTOCOL S4).
    pub give_back: Option<(Generation, Range<Index>)>,
}

/// A frame to hand to the bearer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transmit {
    /// Whether it overtakes what the bearer has queued (PROTOCOL F3).
    pub urgent: bool,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

/// What a link has counted since it was made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counters {
    /// Frames taken from the bearer.
    pub frames_in: u64,
    /// Frames handed to it.
    pub frames_out: u64,
    /// Bytes taken.
    pub bytes_in: u64,
    /// Bytes handed over.
    pub bytes_out: u64,
    /// Frames damaged on the way, or late from a session that is over.
    pub damaged: u64,
    /// Frames out of place: before the meeting, on hold, of another generation, too far ahead, or beyond our memory.
    pub dropped: u64,
    /// Parts of entries that were there already.
    pub duplicates: u64,
    /// Times that sending went back to the last acknowledged entry.
    pub resends: u64,
    /// Faults of the peer's.
    pub faults: u64,
}
