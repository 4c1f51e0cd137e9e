//! The session: who is at the other end, and what may flow.
//!
//! The ends have met when each has heard a hello that answers its own session. One that does not proves nothing: it may
//! be late, from before our start, and what it says of our log must not decide whether we were rolled back (PROTOCOL S4).
//! For the same reason a session begins only where the caller says so (`handle_connected`): what an earlier one left in
//! its memory is then durable or dropped, and cannot be added to a copy after a hello has told its size. When another
//! process appears at the other end of a living bearer, the session ends, and the caller begins the next one.

use detente_types::{Generation, Head, Timestamp};
use detente_wire::frame::{Channel, Hello};
use minicbor::bytes::ByteVec;

use crate::config::{Config, HELLO_EARLY_BYTES_MAX, HELLO_NOTE_BYTES_MAX, HELLO_REVOCATIONS_BYTES_MAX, WINDOW_BYTES_AFTER_LOSS};
use crate::event::LinkFault;
use crate::send::Outbox;
use crate::timers::{Alarm, Resend};

/// What may flow.
#[derive(Debug)]
pub(crate) enum State {
    /// There is no bearer.
    Down {
        /// When to dial.
        dial: Alarm,
    },
    /// There is a bearer, and nobody met yet: hellos only. After a meeting, openings too: one may be what the peer's next hello
    /// waits for.
    Greeting {
        /// Ours.
        hello: Resend,
        /// Whether there was a meeting on this bearer.
        again: bool,
    },
    /// The peer has been met and its hello waits to be judged: keep-alives too.
    Met,
    /// Early SAFETY, cosignatures and evidence too.
    Held,
    /// Everything.
    Open(Box<Streams>),
    /// The session is over; the bearer is still there.
    Leaving {
        /// Our farewell, until it is sent.
        bye: Option<(u16, String)>,
    },
}

/// Entries on their way out.
#[derive(Debug)]
pub(crate) struct Streams {
    /// Our log. It waits while something is given back: a peer that recovers says nothing until it has that.
    pub(crate) log: Outbox,
    /// What the peer lost of its own.
    pub(crate) back: Option<Outbox>,
}

impl Streams {
    /// The one that flows now.
    pub(crate) fn current(&mut self) -> &mut Outbox {
        self.back.as_mut().unwrap_or(&mut self.log)
    }

    pub(crate) fn both(&mut self) -> impl Iterator<Item = &mut Outbox> {
        self.back.iter_mut().chain([&mut self.log])
    }
}

/// What is known of the peer.
#[derive(Debug, Default)]
pub(crate) struct Peer {
    /// Session of the last meeting; 0 before the first.
    pub(crate) session: u64,
    /// Session heard last.
    heard: u64,
    /// Size of our copy of its log at the meeting.
    lost_to: u64,
    /// What its newest hello of that session said.
    pub(crate) hello: Option<Hello>,
    /// It carries a later life of its log than that hello named: the one that tells of it got lost.
    outdated: bool,
    pub(crate) version: Option<u16>,
}

impl Peer {
    pub(crate) fn hear(&mut self, hello: &Hello) {
        self.heard = hello.session;
    }

    /// Whether the session heard last is the one that was met. A hello that answers nobody may come from a process that
    /// took the place of the one we met, or be late.
    pub(crate) const fn is_sure(&self) -> bool {
        self.heard == self.session
    }

    /// It has sent an entry of this life of its log.
    pub(crate) fn carries(&mut self, generation: Generation) {
        self.outdated |= self.hello.as_ref().is_some_and(|known| known.own.generation < generation);
    }

    /// Whether it must be asked for a hello.
    pub(crate) const fn is_outdated(&self) -> bool {
        self.outdated
    }

    /// Whether a hello comes from another process than the one that was met.
    pub(crate) const fn is_another(&self, hello: &Hello) -> bool {
        self.session != hello.session
    }

    /// Whether the peer's log has begun another life since its last hello.
    pub(crate) fn is_reborn(&self, hello: &Hello) -> bool {
        self.hello.as_ref().is_some_and(|known| known.own.generation < hello.own.generation)
    }

    pub(crate) fn meet(&mut self, hello: Hello, version: u16, told: &Told) {
        let copied = told.copy.as_ref().filter(|(copy, _)| copy.generation == hello.own.generation);
        self.lost_to = copied.map_or(0, |(copy, _)| copy.size);
        self.session = hello.session;
        self.version = Some(version);
        self.outdated = false;
        self.hello = Some(hello);
    }

    /// A later hello of the same session; one that names less than the known one, or speaks of another generation of ours
    /// than we do, came late.
    pub(crate) fn refresh(&mut self, hello: Hello, own: Option<Generation>) {
        let of_ours = |hello: &Hello| Some(hello.copy.generation) == own;
        let late = |known: &Hello| known.own > hello.own || (of_ours(known) && !of_ours(&hello));
        self.hello = self.hello.take().filter(late).or(Some(hello));
    }

    /// How far the peer says it is ahead of our own log: it may give back up to that size (PROTOCOL S4).
    pub(crate) fn ahead_to(&self, own: &Head) -> u64 {
        let copy = self.hello.as_ref().map(|hello| hello.copy);
        copy.filter(|copy| copy.generation == own.generation).map_or(0, |copy| copy.size)
    }

    /// Whether the peer lacks entries of its own log that we hold (PROTOCOL S4): what we say of them must wait.
    pub(crate) fn is_recovering(&self) -> bool {
        self.hello.as_ref().is_some_and(|hello| hello.own.size < self.lost_to)
    }

    /// The window that both ends can bear.
    pub(crate) fn window_bytes(&self, config: &Config) -> usize {
        let theirs = self.hello.as_ref().map_or(u64::MAX, |hello| hello.window_bytes);
        let theirs = usize::try_from(theirs).unwrap_or(usize::MAX).max(WINDOW_BYTES_AFTER_LOSS);
        config.window_bytes.min(theirs)
    }

    pub(crate) const fn channel_out(&self, config: &Config) -> Channel {
        Channel { from: config.session, to: self.session }
    }

    pub(crate) const fn channel_in(&self, config: &Config) -> Channel {
        Channel { from: self.session, to: config.session }
    }
}

/// The version to speak (PROTOCOL F9), of a hello that is for us.
pub(crate) fn judge(config: &Config, hello: &Hello) -> Result<u16, LinkFault> {
    if hello.line != config.line {
        return Err(LinkFault::WrongLine { found: hello.line });
    }
    if hello.session == 0 {
        return Err(LinkFault::NoSession);
    }
    let version = config.version_max.min(hello.version_max);
    if version < config.version_min.max(hello.version_min) {
        return Err(LinkFault::NoCommonVersion { min: hello.version_min, max: hello.version_max });
    }
    Ok(version)
}

/// What the caller told us to say of ourselves. All of it is durable.
#[derive(Debug, Default)]
pub(crate) struct Told {
    pub(crate) own: Option<(Head, Vec<u8>)>,
    pub(crate) copy: Option<(Head, Vec<u8>)>,
    /// Our log as far as it came back, beyond what is under a checkpoint.
    pub(crate) back: Option<Head>,
    pub(crate) revocations: Vec<Vec<u8>>,
    pub(crate) cosigned: Vec<u8>,
    pub(crate) early: Vec<Vec<u8>>,
    /// The peer's certificate for the newest generation of its log that we hold anything of.
    pub(crate) newest: Vec<u8>,
    /// The peer's cosignature covers our log below this.
    pub(crate) acknowledged: u64,
}

impl Told {
    /// Our log as far as it is durable here, and our checkpoint of it, if it has one.
    pub(crate) fn whole_own(&self) -> Option<(Head, &[u8])> {
        let (own, checkpoint) = self.own.as_ref()?;
        let back = self.back.filter(|back| back.generation == own.generation && back.size > own.size);
        Some(back.map_or((*own, checkpoint.as_slice()), |back| (back, &[])))
    }

    /// Our hello; none until both heads have been told, lest we seem to have lost what is only not read yet.
    pub(crate) fn hello(&self, now: Timestamp, config: &Config, peer: &Peer, holds: bool, asks: bool) -> Option<Hello> {
        let ((own, own_checkpoint), (copy, copy_checkpoint)) = (self.whole_own()?, self.copy.as_ref()?);
        Some(Hello {
            version_min: config.version_min,
            version_max: config.version_max,
            features: config.features,
            line: config.line,
            session: config.session,
            answers: peer.heard,
            own,
            own_checkpoint: note(own_checkpoint),
            copy: *copy,
            copy_checkpoint: note(copy_checkpoint),
            revocations: newest_within(&self.revocations, HELLO_REVOCATIONS_BYTES_MAX),
            clock_us: now.micros(),
            holds,
            asks,
            window_bytes: config.window_bytes as u64,
            cosigned: note(&self.cosigned),
            early: newest_within(&self.early, HELLO_EARLY_BYTES_MAX),
            more: ByteVec::from(Vec::new()),
            newest: self.newest.clone().into(),
        })
    }
}

/// A note as a hello carries it: whole, or not at all.
fn note(bytes: &[u8]) -> ByteVec {
    let fits = bytes.len() <= HELLO_NOTE_BYTES_MAX;
    if fits { bytes.to_vec().into() } else { Vec::new().into() }
}

/// The last items that fit together, each with its CBOR head.
fn newest_within(items: &[Vec<u8>], bytes_max: usize) -> Vec<ByteVec> {
    const HEAD_BYTES: usize = 3;
    let mut bytes = 0;
    let fitting = items.iter().rev().take_while(|item| {
        bytes += item.len() + HEAD_BYTES;
        bytes <= bytes_max
    });
    let first = items.len() - fitting.count();
    items[first..].iter().map(|item| item.clone().into()).collect()
}

#[cfg(test)]
mod tests {
    use detente_types::{LineId, Root};

    use detente_wire::frame::{FRAME_BYTES_MAX, Frame, encode};

    use super::*;
    use crate::config::CERTIFICATE_BYTES_MAX;

    #[test]
    fn the_largest_hello_fits_a_frame() {
        let head = Head { generation: Generation(u32::MAX), size: u64::MAX, root: Root::new([7; 32]) };
        for length in [1, 40, 250, 1_500] {
            let told = Told {
                own: Some((head, vec![1; HELLO_NOTE_BYTES_MAX])),
                copy: Some((head, vec![1; HELLO_NOTE_BYTES_MAX])),
                back: None,
                revocations: vec![vec![1; length]; 5_000],
                cosigned: vec![1; HELLO_NOTE_BYTES_MAX],
                early: vec![vec![1; length]; 5_000],
                newest: vec![1; CERTIFICATE_BYTES_MAX],
                acknowledged: 0,
            };
            let config = Config::new(LineId::new([1; 32]), u64::MAX);
            let now = Timestamp::from_micros(i64::MIN);
            let hello = told.hello(now, &config, &Peer { heard: u64::MAX, ..Peer::default() }, true, true).unwrap();
            assert!(!hello.revocations.is_empty() && !hello.early.is_empty());
            assert!(encode(&Frame::Hello(hello), Channel::default()).len() <= FRAME_BYTES_MAX);
        }
    }

    #[test]
    fn the_lower_common_version_is_spoken_or_none() {
        let config = |min, max| Config { version_min: min, version_max: max, ..Config::new(LineId::new([1; 32]), 1) };
        let hello = |min, max| {
            let head = Head { generation: Generation::FIRST, size: 0, root: Root::new([0; 32]) };
            let told = Told { own: Some((head, Vec::new())), copy: Some((head, Vec::new())), ..Told::default() };
            told.hello(Timestamp::from_micros(0), &config(min, max), &Peer::default(), true, true).unwrap()
        };
        assert_eq!(judge(&config(1, 2), &hello(1, 3)), Ok(2));
        assert_eq!(judge(&config(2, 3), &hello(1, 2)), Ok(2));
        assert_eq!(judge(&config(1, 1), &hello(1, 1)), Ok(1));
        assert_eq!(judge(&config(3, 4), &hello(1, 2)), Err(LinkFault::NoCommonVersion { min: 1, max: 2 }));
        assert_eq!(judge(&config(1, 2), &hello(3, 4)), Err(LinkFault::NoCommonVersion { min: 3, max: 4 }));
        assert!(judge(&config(1, 2), &hello(2, 1)).is_err(), "a range that is none");
    }
}
