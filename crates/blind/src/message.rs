//! What the two sides say to each other, and its one encoding.
//!
//! A message is CBOR, read by the house's rule: what does not encode to the same bytes again is refused. Every message
//! but the hello begins with the first eight bytes of the run's name, so that a late one of another run is known for
//! what it is and accuses nobody. None is longer than [`MESSAGE_BYTES_MAX`], so that one fits in one frame of a link.

use minicbor::bytes::{ByteArray, ByteVec};
use minicbor::{Decode, Encode};

use crate::hash::{Digest, digest};
use crate::setup::{Class, Mode, Role};

/// Version of what is said.
pub const VERSION: u16 = 2;
/// Longest message, bytes.
pub const MESSAGE_BYTES_MAX: usize = 12_288;
/// Bytes of a point.
pub const POINT_BYTES: usize = 32;
/// Bytes of a proof: challenge and response.
pub const PROOF_BYTES: usize = 64;
/// Bytes of a link of the chain that fixes the answers of a verified run: of a digest, cut.
pub const LINK_BYTES: usize = 24;
/// A link of that chain.
pub type Link = [u8; LINK_BYTES];
/// Bytes of a run's mark.
pub const MARK_BYTES: usize = 8;
/// The first bytes of a run's name.
pub type Mark = [u8; MARK_BYTES];
/// Most points in a message.
pub(crate) const POINTS_MAX: usize = 256;
/// Most tags in a message.
pub(crate) const TAGS_MAX: usize = 1024;

/// What each side says first.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Hello {
    /// [`VERSION`].
    #[n(0)]
    pub version: u16,
    /// What the run is bound to.
    #[cbor(n(1), with = "minicbor::bytes")]
    pub context: Digest,
    /// The sender's.
    #[n(2)]
    pub role: Role,
    /// What is told.
    #[n(3)]
    pub mode: Mode,
    /// Whether answers carry proofs.
    #[n(4)]
    pub verified: bool,
    /// In how many chunks an answer is released, as a power of two.
    #[n(5)]
    pub chunks_log2: u8,
    /// The class that the sender pads to at the least.
    #[n(6)]
    pub class: Class,
    /// Random: no run is the replay of another.
    #[cbor(n(7), with = "minicbor::bytes")]
    pub nonce: Digest,
}

/// What a commitment was made to.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Open {
    /// K = kG.
    #[cbor(n(0), with = "minicbor::bytes")]
    pub key: [u8; POINT_BYTES],
    /// The hash of the first message.
    #[cbor(n(1), with = "minicbor::bytes")]
    pub list: Digest,
    /// What the sender's plans were.
    #[cbor(n(2), with = "minicbor::bytes")]
    pub plan_root: Digest,
}

/// Everything that is said in a run.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub enum Message {
    /// Opens the run.
    #[n(0)]
    Hello(#[n(0)] Hello),
    /// Binds the sender to its key, its first message and its plans.
    #[n(1)]
    Commit(#[cbor(n(0), with = "minicbor::bytes")] Mark, #[cbor(n(1), with = "minicbor::bytes")] Digest),
    /// Shows what the commitment was made to.
    #[n(2)]
    Open(#[cbor(n(0), with = "minicbor::bytes")] Mark, #[n(1)] Open),
    /// Points of the first message, from a place on.
    #[n(3)]
    Points(#[cbor(n(0), with = "minicbor::bytes")] Mark, #[n(1)] u32, #[n(2)] ByteVec),
    /// Answers to places of the other's first message, from a place on: tags, or points in a verified run, and behind the last
    /// ones of a chunk the next link of the chain.
    #[n(4)]
    Answer(#[cbor(n(0), with = "minicbor::bytes")] Mark, #[n(1)] u32, #[n(2)] ByteVec),
    /// In a verified run, the key times the sum of each chunk of what was asked, and the proof that the committed key it was.
    #[n(5)]
    Proof(#[cbor(n(0), with = "minicbor::bytes")] Mark, #[n(1)] ByteVec, #[n(2)] ByteArray<PROOF_BYTES>),
    /// The sender's result, sealed.
    #[n(6)]
    Result(#[cbor(n(0), with = "minicbor::bytes")] Mark, #[cbor(n(1), with = "minicbor::bytes")] Digest),
    /// The sender leaves, at a step, for a reason: codes of [`Step`](crate::Step) and [`Reason`](crate::Reason). The mark
    /// is zero before both hellos were heard.
    #[n(7)]
    Abort(#[cbor(n(0), with = "minicbor::bytes")] Mark, #[n(1)] u8, #[n(2)] u8),
    /// In a verified run, what fixes all of the sender's answers: the first link of a chain.
    #[n(8)]
    Fixed(#[cbor(n(0), with = "minicbor::bytes")] Mark, #[cbor(n(1), with = "minicbor::bytes")] Link),
    /// In a verified run, what the weights come from by which the other side's answers are summed: heard once they are fixed.
    #[n(9)]
    Challenge(#[cbor(n(0), with = "minicbor::bytes")] Mark, #[cbor(n(1), with = "minicbor::bytes")] Digest),
}

impl Message {
    /// The mark of the run that it belongs to; none for a hello, which makes the run.
    pub fn mark(&self) -> Option<Mark> {
        match self {
            Self::Hello(_) => None,
            Self::Commit(mark, _)
            | Self::Open(mark, _)
            | Self::Points(mark, ..)
            | Self::Answer(mark, ..)
            | Self::Proof(mark, ..)
            | Self::Result(mark, _)
            | Self::Fixed(mark, _)
            | Self::Challenge(mark, _)
            | Self::Abort(mark, ..) => Some(*mark),
        }
    }

    /// What it is called in errors.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Hello(_) => "hello",
            Self::Commit(..) => "commit",
            Self::Open(..) => "open",
            Self::Points(..) => "points",
            Self::Answer(..) => "answer",
            Self::Proof(..) => "proof",
            Self::Result(..) => "result",
            Self::Abort(..) => "abort",
            Self::Fixed(..) => "fixed",
            Self::Challenge(..) => "challenge",
        }
    }
}

/// The bytes of a message.
pub fn encode(message: &Message) -> Vec<u8> {
    let bytes = minicbor::to_vec(message).expect("writing to memory cannot fail");
    debug_assert!(bytes.len() <= MESSAGE_BYTES_MAX, "messages are cut to fit");
    bytes
}

/// Reads a message; none unless the bytes are the one form that [`encode`] gives of it.
pub fn decode(bytes: &[u8]) -> Option<Message> {
    if bytes.len() > MESSAGE_BYTES_MAX {
        return None;
    }
    let message: Message = minicbor::decode(bytes).ok()?;
    (encode(&message) == bytes).then_some(message)
}

/// The name of the run that two hellos make.
pub(crate) fn run_of(first: &Hello, second: &Hello) -> Digest {
    let form = |hello: &Hello| minicbor::to_vec(hello).expect("writing to memory cannot fail");
    let [first, second] = [form(first), form(second)].map(|form| digest("detente/blind/hello/1", &[&form]));
    digest("detente/blind/run/1", &[&first, &second])
}

/// The commitment of one side of a run.
pub(crate) fn commitment(run: &Digest, role: Role, class: Class, open: &Open) -> Digest {
    let head = [u8::from(role == Role::Second), class.log2()];
    digest("detente/blind/commit/1", &[run, &head, &open.key, &open.list, &open.plan_root])
}

/// The hash of a first message: over the digests of its pieces.
pub(crate) fn list_hash(pieces: &[Digest]) -> Digest {
    digest("detente/blind/list/1", &pieces.iter().map(Digest::as_slice).collect::<Vec<_>>())
}

/// The digest of one piece of a first message.
pub(crate) fn piece_hash(points: &[u8]) -> Digest {
    digest("detente/blind/piece/1", &[points])
}
