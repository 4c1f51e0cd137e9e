//! The two ends, the channel between them, and the clock.

use detente_link::Config;
use detente_types::Timestamp;
use detente_wire::Frame;
use detente_wire::entry::PACKED_BYTES_MAX;
use detente_wire::frame::{Channel as Tag, FRAME_BYTES_MAX, decode, encode};
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

use crate::channel::Channel;
use crate::side::{LINE, Side, packed};

pub(crate) const SECOND_US: i64 = 1_000_000;

#[derive(Debug)]
pub(crate) struct World {
    pub(crate) now: Timestamp,
    pub(crate) rng: ChaCha20Rng,
    pub(crate) channel: Channel,
    pub(crate) sides: [Side; 2],
    /// What the sides' clocks are off by.
    pub(crate) skew_us: [i64; 2],
    connected: bool,
    /// Every frame sent, as its sender, urgency and content; kept only when a test asks for it.
    pub(crate) trace: Option<Vec<(usize, bool, Frame)>>,
    checked: [usize; 2],
}

impl World {
    /// Two nodes that have not been connected yet.
    pub(crate) fn new(seed: u64, window_bytes: usize) -> Self {
        let mut rng = ChaCha20Rng::seed_from_u64(seed);
        let mut side = || Side::new(Config { window_bytes, ..Config::new(LINE, rng.next_u64()) });
        let sides = [side(), side()];
        Self {
            now: Timestamp::from_micros(1_800_000_000 * SECOND_US),
            rng,
            channel: Channel::new(10_000, 10_000_000),
            sides,
            skew_us: [0, 0],
            connected: false,
            trace: None,
            checked: [0, 0],
        }
    }

    /// Two nodes that have met.
    pub(crate) fn met(seed: u64, window_bytes: usize) -> Self {
        let mut world = Self::new(seed, window_bytes);
        world.connect();
        world.run_for(SECOND_US / 2);
        assert!(world.sides.iter().all(|side| side.heard.hellos.len() == 1), "they have met");
        world.take_trace();
        world
    }

    pub(crate) fn time(&self, side: usize) -> Timestamp {
        self.now.plus_micros(self.skew_us[side])
    }

    pub(crate) fn connect(&mut self) {
        self.connected = true;
        self.sides.iter_mut().for_each(|side| side.connect = true);
    }

    /// The bearer breaks, and what is on its way is lost.
    pub(crate) fn cut(&mut self) {
        self.connected = false;
        self.channel.clear();
        for side in 0..2 {
            self.sides[side].connect = false;
            let now = self.time(side);
            self.sides[side].link.handle_disconnected(now, &mut self.rng);
        }
    }

    /// One process is started again on a bearer that does not notice: late frames still arrive.
    pub(crate) fn restart(&mut self, side: usize) {
        let session = self.rng.next_u64();
        self.sides[side].restart(session);
        self.come_back(side);
    }

    pub(crate) fn roll_back(&mut self, side: usize, size: usize) {
        let session = self.rng.next_u64();
        self.sides[side].roll_back(session, size);
        self.checked[1 - side] = self.checked[1 - side].min(size);
        self.come_back(side);
    }

    fn come_back(&mut self, side: usize) {
        self.checked[side] = self.checked[side].min(self.sides[side].copy_durable);
        self.sides[side].connect = self.connected;
    }

    pub(crate) fn say(&mut self, side: usize, length: usize, urgent: bool) {
        let number = self.rng.next_u64();
        self.sides[side].say(packed(side, number, length), urgent);
    }

    /// Lets time pass.
    pub(crate) fn run_for(&mut self, us: i64) {
        let end = self.now.plus_micros(us);
        while let Some(at) = self.step(end) {
            self.now = at;
        }
        self.now = end;
    }

    /// Runs until both ends hold and have acknowledged all; panics when that takes longer than `us`.
    pub(crate) fn settle(&mut self, us: i64) -> i64 {
        let (start, end) = (self.now, self.now.plus_micros(us));
        while !self.is_settled() {
            match self.step(end) {
                Some(at) => self.now = at,
                None if self.is_settled() => {}
                None => panic!("not settled after {us} µs: {:#?}", self.summary()),
            }
        }
        self.now.since(start)
    }

    pub(crate) fn is_settled(&self) -> bool {
        let [a, b] = &self.sides;
        a.is_settled() && b.is_settled() && a.copy == b.own && b.copy == a.own
    }

    /// Works off what can be done now; the next instant up to `end` at which there is more.
    fn step(&mut self, end: Timestamp) -> Option<Timestamp> {
        while let Some((to, bytes)) = self.channel.arrive(self.now) {
            if self.connected {
                let now = self.time(to);
                self.sides[to].link.handle_frame(now, &bytes);
                self.drive(to);
            }
        }
        for side in 0..2 {
            let now = self.time(side);
            self.sides[side].handle_timeout(now, &mut self.rng);
            self.drive(side);
        }
        let mut times = vec![self.channel.next_arrival()];
        for side in 0..2 {
            let local = self.sides[side].next_timeout();
            times.push(local.map(|at| at.plus_micros(-self.skew_us[side])));
            times.push(self.channel.blocked_until(side, self.now));
        }
        let next = times.into_iter().flatten().min()?.max(self.now.plus_micros(1));
        (next <= end).then_some(next)
    }

    /// A frame as `from` would send it to the other in their present sessions.
    pub(crate) fn sealed(&self, from: usize, frame: &Frame) -> Vec<u8> {
        encode(frame, Tag { from: self.sides[from].config.session, to: self.sides[1 - from].config.session })
    }

    /// Hands bytes to a side, past the channel.
    pub(crate) fn inject(&mut self, to: usize, bytes: &[u8]) {
        let now = self.time(to);
        self.sides[to].link.handle_frame(now, bytes);
        self.drive(to);
    }

    /// The frames sent since the last call.
    pub(crate) fn take_trace(&mut self) -> Vec<(usize, bool, Frame)> {
        self.trace.replace(Vec::new()).unwrap_or_default()
    }

    pub(crate) fn drive(&mut self, side: usize) {
        let now = self.time(side);
        loop {
            let mut any = self.sides[side].work(now);
            while self.channel.blocked_until(side, self.now).is_none() {
                let Some(transmit) = self.sides[side].transmit(now) else { break };
                any = true;
                self.inspect(side, transmit.urgent, &transmit.bytes);
                self.channel.send(&mut self.rng, self.now, side, transmit.bytes);
            }
            if !any {
                break;
            }
        }
        self.check(side);
    }

    /// Whatever happens: a true copy, and bounds kept.
    fn check(&mut self, side: usize) {
        let [a, b] = &self.sides;
        let (holder, author) = if side == 0 { (a, b) } else { (b, a) };
        let known = holder.copy.len().min(author.own.len());
        let from = self.checked[side].min(known);
        assert_eq!(holder.copy[from..known], author.own[from..known], "a copy is true");
        self.checked[side] = known;
        let window = holder.config.window_bytes.max(PACKED_BYTES_MAX);
        assert!(holder.link.in_flight_bytes() <= window, "{} bytes in flight", holder.link.in_flight_bytes());
        assert!(holder.link.held_bytes() <= 2 * (window + PACKED_BYTES_MAX) + (1 << 20));
    }

    /// The window as seen from outside: nothing leaves that lies further from the acknowledged size than it reaches.
    fn inspect(&mut self, from: usize, urgent: bool, bytes: &[u8]) {
        let tag = Tag { from: self.sides[from].config.session, to: self.sides[1 - from].config.session };
        assert!(bytes.len() <= FRAME_BYTES_MAX);
        let Ok(frame) = decode(bytes, tag) else { return };
        let side = &self.sides[from];
        if let Frame::Part(part) = &frame
            && part.own
            && !part.early
        {
            assert!(!urgent, "bulk goes in its own lane");
            let (acknowledged, index) = (side.acknowledged as usize, part.index as usize);
            let in_flight: usize = side.own.get(acknowledged..=index).map_or(0, |log| log.iter().map(Vec::len).sum());
            let alone = acknowledged == index;
            assert!(alone || in_flight <= side.config.window_bytes, "{in_flight} bytes in flight");
        }
        if let Some(trace) = &mut self.trace {
            trace.push((from, urgent, frame));
        }
    }

    fn summary(&self) -> Vec<String> {
        let of = |side: &Side| {
            format!(
                "own {} acknowledged {} copy {} durable {} recover to {} open {} in flight {} not sent {} {:?} {:?}",
                side.own.len(),
                side.acknowledged,
                side.copy.len(),
                side.copy_durable,
                side.recover_to,
                side.link.is_open(),
                side.link.in_flight_bytes(),
                side.link.not_sent(),
                side.link.counters(),
                side.heard.faults,
            )
        };
        self.sides.iter().map(of).collect()
    }
}
