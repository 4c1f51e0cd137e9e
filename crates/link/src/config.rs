//! What a link is told once, and the limits it keeps. Every limit is named here with its reason.

use detente_types::LineId;
use detente_wire::entry::{PACKED_BYTES_MAX, PACKED_BYTES_MIN};
use detente_wire::frame::{FEATURE_BLIND, LINK_VERSION, LINK_VERSION_MIN};

const SECOND_US: i64 = 1_000_000;

/// W: bytes of entries in flight by default (PROTOCOL F3).
pub const WINDOW_BYTES: usize = 1 << 20;
/// Bytes of entries in flight right after a loss: one entry of the largest class. It grows back with each acknowledgement.
pub const WINDOW_BYTES_AFTER_LOSS: usize = PACKED_BYTES_MAX;

/// A keep-alive every ten seconds: a dead bearer is noticed within a watch officer's glance, at 10 bytes a second.
pub const PING_EVERY_US: i64 = 10 * SECOND_US;
/// Three keep-alives missed.
pub const SILENT_AFTER_US: i64 = 30 * SECOND_US;

/// Wait for an acknowledgement before any was measured.
pub const RESEND_FIRST_US: i64 = SECOND_US;
/// Shortest wait for an acknowledgement: a peer's disk may stall this long without anything being lost.
pub const RESEND_FLOOR_US: i64 = SECOND_US / 2;
/// Longest wait that is derived from measurements: beyond it a duplicate costs less than the delay.
pub const RESEND_MEASURED_MAX_US: i64 = 20 * SECOND_US;
/// Doubling stops here, so that a line is back within seconds of its bearer.
pub const RESEND_CEILING_US: i64 = 8 * SECOND_US;
/// Shortest gap between two repeats of a cosignature or hello that duplicates ask for: one answers many of them.
pub const REPEAT_GAP_US: i64 = SECOND_US / 10;
/// A need that the caller has not answered is told again after this long.
pub const NEED_AGAIN_US: i64 = 5 * SECOND_US;

/// First wait before dialling again.
pub const REDIAL_FIRST_US: i64 = SECOND_US / 2;
/// Longest wait before dialling again.
pub const REDIAL_CEILING_US: i64 = 60 * SECOND_US;
/// A meeting that lasted this long was no accident: the next dial starts from the shortest wait again.
pub const UP_LASTED_US: i64 = 30 * SECOND_US;

/// Early entries that are re-sent at a time. One that is pushed out still goes by the log (PROTOCOL F3: the latest stay).
pub const EARLY_OUT_MAX: usize = 64;
/// Early entries that are put together at a time: at most 1 MiB.
pub const EARLY_ASSEMBLIES_MAX: usize = 16;
/// Places of early entries that are remembered so that each is delivered once a meeting.
pub const EARLY_SEEN_MAX: usize = 4096;

/// Checkpoints of our log that wait for the entries they cover.
pub const CHECKPOINTS_MAX: usize = 64;
/// Pieces of evidence that are sent in a meeting, and that are recognised when they come again.
pub const EVIDENCE_MAX: usize = 32;
/// Times that a piece of evidence is sent in one meeting; no frame acknowledges it.
pub const EVIDENCE_SENDS: u32 = 6;
/// Messages of one blind run that wait for the peer, or have come ahead of their turn: 576 KiB each way.
pub const BLIND_WINDOW: usize = 48;
/// Streams of blind runs that are remembered as closed.
pub const BLIND_CLOSED_MAX: usize = 16;

/// Largest checkpoint, cosignature or piece of evidence: one frame, less its own fields and check.
pub const NOTE_BYTES_MAX: usize = 16_000;

/// Largest certificate inside a hello: five keys and a signature, with their heads, are less.
pub const CERTIFICATE_BYTES_MAX: usize = 400;

/// Largest note inside a hello. Together with the limits around it a hello fits a frame.
pub const HELLO_NOTE_BYTES_MAX: usize = 1_500;
/// Bytes of revocations in a hello; older ones travel by the log alone.
pub const HELLO_REVOCATIONS_BYTES_MAX: usize = 6_000;
/// Bytes of early leaves in a hello.
pub const HELLO_EARLY_BYTES_MAX: usize = 5_000;
/// Keep-alives that may be unanswered at a time; an older one no longer counts.
pub const PINGS_MAX: usize = 8;
/// Characters of a farewell that are kept.
pub const BYE_CHARS_MAX: usize = 200;

/// What a link is told once.
#[derive(Clone, Debug)]
pub struct Config {
    /// The line; a peer that names another is at fault.
    pub line: LineId,
    /// Random per process start, not 0.
    pub session: u64,
    /// W: most bytes of entries in flight each way (PROTOCOL F3). The smaller of both ends' windows holds, and one entry may
    /// always be in flight.
    pub window_bytes: usize,
    /// Time between keep-alives, about; µs.
    pub ping_every_us: i64,
    /// Time without an answer after which the link is silent; µs.
    pub silent_after_us: i64,
    /// Oldest version spoken.
    pub version_min: u16,
    /// Newest version spoken.
    pub version_max: u16,
    /// Features offered, by bit.
    pub features: u64,
}

impl Config {
    /// The usual values for a line and a session.
    pub fn new(line: LineId, session: u64) -> Self {
        Self {
            line,
            session: session.max(1),
            window_bytes: WINDOW_BYTES,
            ping_every_us: PING_EVERY_US,
            silent_after_us: SILENT_AFTER_US,
            version_min: LINK_VERSION_MIN,
            version_max: LINK_VERSION,
            features: FEATURE_BLIND,
        }
    }
}

/// Most entries that fit a window: what lies further ahead is not buffered.
pub(crate) const fn entries_in(window_bytes: usize) -> u64 {
    (window_bytes / PACKED_BYTES_MIN) as u64 + 1
}
