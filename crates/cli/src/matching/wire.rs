//! Frames on a plain socket: four bytes of length, highest first, then so many bytes. A frame of length 0 says that a side is
//! still there. Each direction begins with [`MAGIC`], so that what is no match at all is known for it.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use detente_blind::message::MESSAGE_BYTES_MAX;

use super::wants::{NoOpening, OPENING_BYTES_MAX, Opening, shown};

/// What each direction begins with.
pub(crate) const MAGIC: [u8; 16] = *b"detente-match/1\n";
/// How long a caller may take to say what it wants.
pub(crate) const OPENING_WAIT: Duration = Duration::from_secs(10);

/// Why a caller, or whoever was called, is not the other side of this match.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Stranger {
    #[error("it does not speak of a match")]
    NoMatch,
    #[error(transparent)]
    NoOpening(#[from] NoOpening),
    #[error("its opening has {0} bytes, and {OPENING_BYTES_MAX} are the most")]
    TooLong(usize),
    #[error("it calls for the match “{0}”")]
    OtherName(String),
    #[error("it closed the connection before it said what it wants")]
    Closed,
    #[error("it did not say in time what it wants")]
    Silent,
    #[error("the connection failed")]
    Failed(#[source] std::io::Error),
    #[error("the two sides want different things: {}", .0.join("; "))]
    Differs(Vec<String>),
}

impl From<std::io::Error> for Stranger {
    fn from(error: std::io::Error) -> Self {
        match error.kind() {
            std::io::ErrorKind::UnexpectedEof => Self::Closed,
            std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut => Self::Silent,
            _ => Self::Failed(error),
        }
    }
}

/// Meets a caller: it speaks first, and hears nothing unless it knows what the match is called.
pub(crate) fn answer(stream: &TcpStream, own: &Opening, wait: Duration) -> Result<Opening, Stranger> {
    let mut timed = Timed::new(stream, wait);
    let theirs = hear(&mut timed)?;
    if theirs.name() != own.name() {
        return Err(Stranger::OtherName(shown(theirs.name().unwrap_or_default())));
    }
    say(&mut timed, own)?;
    agreed(own, theirs)
}

/// Meets the side that listens.
pub(crate) fn call(stream: &TcpStream, own: &Opening, wait: Duration) -> Result<Opening, Stranger> {
    let mut timed = Timed::new(stream, wait);
    say(&mut timed, own)?;
    agreed(own, hear(&mut timed)?)
}

fn agreed(own: &Opening, theirs: Opening) -> Result<Opening, Stranger> {
    let differences = own.differences(&theirs);
    if differences.is_empty() { Ok(theirs) } else { Err(Stranger::Differs(differences)) }
}

fn say(timed: &mut Timed<'_>, opening: &Opening) -> Result<(), Stranger> {
    let frame = frame(&opening.encode());
    timed.write_all(&[MAGIC.as_slice(), &frame].concat())?;
    Ok(())
}

fn hear(from: &mut impl Read) -> Result<Opening, Stranger> {
    let mut magic = [0; MAGIC.len()];
    from.read_exact(&mut magic)?;
    if magic != MAGIC {
        return Err(Stranger::NoMatch);
    }
    match read_frame(from, OPENING_BYTES_MAX)? {
        Frame::Message(bytes) => Ok(Opening::decode(&bytes)?),
        Frame::Still => Err(NoOpening::default().into()),
        Frame::TooLong(bytes) => Err(Stranger::TooLong(bytes)),
    }
}

/// A message with its length before it.
pub(crate) fn frame(message: &[u8]) -> Vec<u8> {
    let length = u32::try_from(message.len()).expect("messages are short");
    [&length.to_be_bytes(), message].concat()
}

/// What the other side sent.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Frame {
    /// Something said.
    Message(Vec<u8>),
    /// That it is still there.
    Still,
    /// More bytes than may be said at once; they are not read.
    TooLong(usize),
}

/// The next frame of a run.
pub(crate) fn next_frame(from: &mut impl Read) -> std::io::Result<Frame> {
    read_frame(from, MESSAGE_BYTES_MAX)
}

fn read_frame(from: &mut impl Read, most: usize) -> std::io::Result<Frame> {
    let mut length = [0; 4];
    from.read_exact(&mut length)?;
    let length = u32::from_be_bytes(length) as usize;
    if length > most {
        return Ok(Frame::TooLong(length));
    }
    if length == 0 {
        return Ok(Frame::Still);
    }
    let mut message = vec![0; length];
    from.read_exact(&mut message)?;
    Ok(Frame::Message(message))
}

/// A socket on which everything together must be done by some time: a byte now and then wins nothing.
struct Timed<'a> {
    stream: &'a TcpStream,
    until: Instant,
}

impl<'a> Timed<'a> {
    fn new(stream: &'a TcpStream, wait: Duration) -> Self {
        Self { stream, until: Instant::now() + wait }
    }

    fn left(&self) -> std::io::Result<Duration> {
        let left = self.until.saturating_duration_since(Instant::now());
        if left.is_zero() { Err(std::io::ErrorKind::TimedOut.into()) } else { Ok(left) }
    }
}

impl Read for Timed<'_> {
    fn read(&mut self, bytes: &mut [u8]) -> std::io::Result<usize> {
        self.stream.set_read_timeout(Some(self.left()?))?;
        self.stream.read(bytes)
    }
}

impl Write for Timed<'_> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.stream.set_write_timeout(Some(self.left()?))?;
        self.stream.write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.stream.flush()
    }
}

/// Takes any bytes as what the other side of a socket sends.
pub(crate) fn fuzz(mut data: &[u8]) {
    let own = fuzz_opening();
    if let Ok(theirs) = hear(&mut data) {
        assert_eq!(Opening::decode(&theirs.encode()).as_ref(), Ok(&theirs), "an opening has one form");
        let told = own.differences(&theirs);
        assert!(told.iter().all(|line| !line.chars().any(char::is_control)), "{told:?} steers a screen");
        assert_eq!(told.is_empty(), theirs.differences(&own).is_empty(), "both sides see that they differ, or neither");
    }
    while let Ok(frame) = next_frame(&mut data) {
        assert!(!matches!(frame, Frame::Message(message) if message.len() > MESSAGE_BYTES_MAX), "a frame is bounded");
    }
}

/// What a side sends that wants the same, and goes on.
pub(crate) fn fuzz_seed() -> Vec<u8> {
    [MAGIC.as_slice(), &frame(&fuzz_opening().encode()), &frame(&[]), &frame(b"a message")].concat()
}

fn fuzz_opening() -> Opening {
    Opening::new("bay", &[("grid", "5000 m x 500 m x 900 s".into()), ("class", "16".into())], [7; 32])
}
