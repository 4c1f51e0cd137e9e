//! Frames: what the two ends of a link say to each other. Small, so that nothing queues before SAFETY (PROTOCOL F5).
//!
//! A frame is its CBOR form and a check of four bytes: the start of a SHA-256 over the session that the frame belongs to
//! and the form. The check makes a bearer's damage (radio, stick) look like loss and never like a peer's fault, and so it
//! makes a late frame of a session that is over. It promises nothing against a forger, whom leaf signatures and TLS stop.

use detente_types::{Generation, Head, Index, LineId};
use minicbor::bytes::ByteVec;
use minicbor::{Decode, Encode};

use crate::hash::domain;

/// Largest frame (PROTOCOL F5).
pub const FRAME_BYTES_MAX: usize = 16_384;
/// Largest piece of a packed entry in one frame: leaves room for the frame's own fields.
pub const PART_BYTES_MAX: usize = 16_000;
/// Largest message of a blind run in one frame: what `blind` makes at most.
pub const BLIND_BYTES_MAX: usize = 12_288;
/// Most parts of one packed entry.
pub const PARTS_MAX: u8 = (crate::entry::PACKED_BYTES_MAX.div_ceil(PART_BYTES_MAX)) as u8;
const CHECK_BYTES: usize = 4;

/// Version of the link protocol that this program speaks, and the oldest that it still speaks (PROTOCOL F9).
pub const LINK_VERSION: u16 = 1;
/// See [`LINK_VERSION`].
pub const LINK_VERSION_MIN: u16 = 1;

/// The bit of [`Hello::features`] of a node that takes frames of blind runs (PROTOCOL F9).
pub const FEATURE_BLIND: u64 = 1;

/// What one end says first, and again whenever the other asks anew.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Hello {
    /// Oldest version spoken.
    #[n(0)]
    pub version_min: u16,
    /// Newest version spoken.
    #[n(1)]
    pub version_max: u16,
    /// Features by bit; unknown bits are ignored.
    #[n(2)]
    pub features: u64,
    /// The line.
    #[n(3)]
    pub line: LineId,
    /// Random per process start: tells a restarted peer from a late frame.
    #[n(4)]
    pub session: u64,
    /// The other end's session as last heard; 0 when not heard yet.
    #[n(5)]
    pub answers: u64,
    /// My own log: durable head, under my checkpoint.
    #[n(6)]
    pub own: Head,
    /// My checkpoint of that head; empty when I have said nothing yet.
    #[n(7)]
    pub own_checkpoint: ByteVec,
    /// My durable copy of your log.
    #[n(8)]
    pub copy: Head,
    /// Your checkpoint that covers it; empty when none.
    #[n(9)]
    pub copy_checkpoint: ByteVec,
    /// Revocations by my party key, canonical bytes of each `key-revoke`.
    #[n(10)]
    pub revocations: Vec<ByteVec>,
    /// My clock, microseconds UTC.
    #[n(11)]
    pub clock_us: i64,
    /// Whether what I say here of your log holds: nothing that an earlier session left can be added to my copy any more.
    /// Only such a hello tells you whether you were rolled back (PROTOCOL S4); another asks who you are.
    #[n(12)]
    pub holds: bool,
    /// Whether I still wait for a hello of yours.
    #[n(13)]
    pub asks: bool,
    /// Most bytes of entries that I take before I have cosigned them (PROTOCOL F3).
    #[n(14)]
    pub window_bytes: u64,
    /// Your newest cosignature of my log that I hold; empty when none. It tells you, after a restore, what you once had.
    #[n(15)]
    pub cosigned: ByteVec,
    /// Leaves of your early SAFETY entries that I hold and that my copy of your log does not reach yet. They tell you,
    /// after a restore, which places you have already signed.
    #[n(16)]
    pub early: Vec<ByteVec>,
    /// What later versions add, in a form that this one does not read: both ends must be able to read a hello before they
    /// know which version they speak (PROTOCOL F9).
    #[n(17)]
    pub more: ByteVec,
    /// Your certificate for the newest generation of yours that I hold anything of, in canonical bytes; empty for the
    /// first. After a restore you may not know it, and `copy` speaks of the one that you know: your own party key's word
    /// proves that it was opened.
    #[n(18)]
    pub newest: ByteVec,
}

/// The direction and the session that frames belong to: the random numbers of the two processes' starts.
///
/// A frame is checked against the channel that its reader expects, so one of an earlier session counts as damaged. A
/// hello, which makes the session, belongs to none and names both numbers itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Channel {
    /// The sender's session.
    pub from: u64,
    /// The receiver's.
    pub to: u64,
}

/// A part of a packed entry.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Part {
    /// Whether the entry is of the sender's own log; otherwise it is given back to its author (PROTOCOL S4).
    #[n(0)]
    pub own: bool,
    /// Generation.
    #[n(1)]
    pub generation: Generation,
    /// Index.
    #[n(2)]
    pub index: Index,
    /// Which part, from 0.
    #[n(3)]
    pub part: u8,
    /// Of how many.
    #[n(4)]
    pub parts: u8,
    /// Its bytes.
    #[n(5)]
    pub bytes: ByteVec,
    /// Set on a SAFETY entry that overtakes the log (PROTOCOL F1).
    #[n(6)]
    pub early: bool,
}

/// Everything that is said on a link.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[expect(clippy::large_enum_variant, reason = "one lives at a time; boxing would only move the bytes")]
pub enum Frame {
    /// Opens a session, or opens it anew.
    #[n(0)]
    Hello(#[n(0)] Hello),
    /// Carries a part of an entry.
    #[n(1)]
    Part(#[n(0)] Part),
    /// The sender's newest checkpoint of its own log (a C2SP signed note).
    #[n(2)]
    Checkpoint(#[n(0)] ByteVec),
    /// The sender's newest holder cosignature of the other log (a C2SP signed note): the L1 receipt.
    #[n(3)]
    Cosignature(#[n(0)] ByteVec),
    /// Keep-alive (PROTOCOL K2): number and clock.
    #[n(4)]
    Ping(#[n(0)] u64, #[n(1)] i64),
    /// Its echo: the number, the asker's clock as received, and the answerer's own.
    #[n(5)]
    Pong(#[n(0)] u64, #[n(1)] i64, #[n(2)] i64),
    /// Fork evidence that the sender holds (PROTOCOL S3).
    #[n(6)]
    Evidence(#[n(0)] ByteVec),
    /// The sender stops, and why.
    #[n(7)]
    Bye(#[n(0)] u16, #[n(1)] String),
    /// A message of a blind run: its stream, its place in the stream from 0, and its bytes.
    #[n(8)]
    Blind(#[n(0)] u64, #[n(1)] u32, #[n(2)] ByteVec),
    /// All messages of a stream below this place have arrived.
    #[n(9)]
    BlindTaken(#[n(0)] u64, #[n(1)] u32),
}

/// Why bytes are not a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FrameFault {
    /// Too long or too short.
    #[error("a frame has {CHECK_BYTES} to {FRAME_BYTES_MAX} bytes, not {found}")]
    Length {
        /// How many there were.
        found: usize,
    },
    /// Damaged on the way, or of another session.
    #[error("the frame was damaged on the way, or is late from another session")]
    Damaged,
    /// Whole, and not a frame: its sender's fault.
    #[error("the frame is whole, and not one that this version knows")]
    Unknown,
}

/// The bytes of a frame on a channel; a hello is on none, whatever the channel.
pub fn encode(frame: &Frame, channel: Channel) -> Vec<u8> {
    let mut bytes = crate::codec::encode(frame);
    let check = check_of(channel_of(frame, channel), &bytes);
    bytes.extend_from_slice(&check);
    debug_assert!(bytes.len() <= FRAME_BYTES_MAX, "frames are cut to fit");
    bytes
}

/// Reads a frame of a channel, or a hello.
///
/// # Errors
/// [`FrameFault`]; only `Unknown` is a peer's fault.
pub fn decode(bytes: &[u8], channel: Channel) -> Result<Frame, FrameFault> {
    if bytes.len() > FRAME_BYTES_MAX || bytes.len() < CHECK_BYTES {
        return Err(FrameFault::Length { found: bytes.len() });
    }
    let (form, check) = bytes.split_at(bytes.len() - CHECK_BYTES);
    if check != check_of(channel, form) && check != check_of(Channel::default(), form) {
        return Err(FrameFault::Damaged);
    }
    let frame: Frame = minicbor::decode(form).map_err(|_| FrameFault::Unknown)?;
    if crate::codec::encode(&frame) != form {
        return Err(FrameFault::Unknown);
    }
    if check == check_of(channel_of(&frame, channel), form) { Ok(frame) } else { Err(FrameFault::Damaged) }
}

/// The channel that a frame is checked against: none for a hello, which makes it.
fn channel_of(frame: &Frame, channel: Channel) -> Channel {
    if matches!(frame, Frame::Hello(_)) { Channel::default() } else { channel }
}

fn check_of(channel: Channel, form: &[u8]) -> [u8; CHECK_BYTES] {
    let hash = domain("detente/frame/1", &[&channel.from.to_be_bytes(), &channel.to.to_be_bytes(), form]);
    [hash[0], hash[1], hash[2], hash[3]]
}

#[cfg(test)]
mod tests {
    use detente_types::Root;

    use super::*;

    const HERE: Channel = Channel { from: 1, to: 2 };

    fn hello() -> Frame {
        let head = Head { generation: Generation::FIRST, size: 3, root: Root::new([4; 32]) };
        let note = || ByteVec::from(b"note".to_vec());
        Frame::Hello(Hello {
            version_min: 1,
            version_max: 2,
            features: 0,
            line: LineId::new([5; 32]),
            session: 6,
            answers: 7,
            own: head,
            own_checkpoint: note(),
            copy: head,
            copy_checkpoint: note(),
            revocations: vec![note()],
            clock_us: -8,
            holds: true,
            asks: false,
            window_bytes: 1 << 20,
            cosigned: note(),
            early: vec![note()],
            more: ByteVec::from(Vec::new()),
            newest: ByteVec::from(Vec::new()),
        })
    }

    fn frames() -> Vec<Frame> {
        let bytes = ByteVec::from(vec![9; PART_BYTES_MAX]);
        let part = Part { own: true, generation: Generation::FIRST, index: u64::MAX, part: 4, parts: 5, bytes, early: true };
        vec![
            hello(),
            Frame::Part(part),
            Frame::Checkpoint(vec![1; PART_BYTES_MAX].into()),
            Frame::Cosignature(vec![2].into()),
            Frame::Ping(u64::MAX, i64::MIN),
            Frame::Pong(1, 2, 3),
            Frame::Evidence(Vec::new().into()),
            Frame::Bye(1, "done".into()),
            Frame::Blind(u64::MAX, u32::MAX, vec![9; BLIND_BYTES_MAX].into()),
            Frame::BlindTaken(u64::MAX, u32::MAX),
        ]
    }

    #[test]
    fn frames_read_back_on_their_own_channel_only() {
        for frame in frames() {
            let bytes = encode(&frame, HERE);
            assert!(bytes.len() <= FRAME_BYTES_MAX);
            assert_eq!(decode(&bytes, HERE), Ok(frame.clone()));
            for other in [Channel { from: 2, to: 1 }, Channel { from: 1, to: 3 }, Channel::default()] {
                let expected = if matches!(frame, Frame::Hello(_)) { Ok(frame.clone()) } else { Err(FrameFault::Damaged) };
                assert_eq!(decode(&bytes, other), expected);
            }
        }
    }

    #[test]
    fn every_flipped_bit_and_every_cut_is_damage() {
        let bytes = encode(&hello(), HERE);
        for bit in 0..bytes.len() * 8 {
            let mut flipped = bytes.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(decode(&flipped, HERE), Err(FrameFault::Damaged), "bit {bit}");
        }
        assert!((0..bytes.len()).all(|end| decode(&bytes[..end], HERE).is_err_and(|fault| fault != FrameFault::Unknown)));
        assert_eq!(decode(&[0; FRAME_BYTES_MAX + 1], HERE), Err(FrameFault::Length { found: FRAME_BYTES_MAX + 1 }));
    }

    #[test]
    fn whole_bytes_of_another_form_are_their_senders_fault() {
        let sealed = |form: &[u8]| [form, &check_of(HERE, form)].concat();
        let form = crate::codec::encode(&Frame::Ping(1, 2));
        assert_eq!(decode(&sealed(&form), HERE), Ok(Frame::Ping(1, 2)));
        assert_eq!(decode(&sealed(&[&form[..], &[0]].concat()), HERE), Err(FrameFault::Unknown), "a byte too many");
        assert_eq!(decode(&sealed(&[]), HERE), Err(FrameFault::Unknown));
        // The same number in a longer form: [4, [0x18 0x01, 2]].
        assert_eq!(decode(&sealed(&[0x82, 0x04, 0x82, 0x18, 0x01, 0x02]), HERE), Err(FrameFault::Unknown));
    }
}
