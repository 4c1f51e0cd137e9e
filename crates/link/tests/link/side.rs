//! A small node: a durable log, a durable copy of the other's, and the rules E6, S4 and F2 as far as the link needs them.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use detente_link::{Config, DownReason, Event, Link, LinkFault, Plan, Transmit};
use detente_types::{Generation, Head, Index, LineId, Root, Timestamp};
use detente_wire::frame::Hello;
use rand_chacha::ChaCha20Rng;

pub(crate) const LINE: LineId = LineId::new([9; 32]);
/// Time from handing rows to the disk until they are durable.
const DISK_US: i64 = 3_000;

/// What has happened that a test may ask about.
#[derive(Debug, Default)]
pub(crate) struct Heard {
    pub(crate) hellos: Vec<Hello>,
    pub(crate) ups: u32,
    pub(crate) downs: Vec<DownReason>,
    pub(crate) dials: u32,
    pub(crate) silent: u32,
    pub(crate) round_trips: Vec<(i64, i64)>,
    pub(crate) faults: Vec<LinkFault>,
    pub(crate) evidence: Vec<Vec<u8>>,
    /// Lives of our log that the other end's copy has begun, and how much it has.
    pub(crate) begun: Vec<(Generation, u64)>,
    /// How many revocations a later hello of a meeting named.
    pub(crate) revocations: Vec<usize>,
    pub(crate) checkpoint_needs: u32,
    /// Messages of blind streams, in order, and streams that were knocked on.
    pub(crate) blind: Vec<(u64, Vec<u8>)>,
    pub(crate) knocks: Vec<u64>,
    /// Early entries, each with the number of times it was handed on in this life of the process.
    pub(crate) early: BTreeMap<Index, u32>,
}

#[derive(Debug)]
pub(crate) struct Side {
    pub(crate) config: Config,
    pub(crate) link: Link,
    pub(crate) heard: Heard,
    pub(crate) own: Vec<Vec<u8>>,
    /// Indices of our SAFETY entries.
    pub(crate) urgent: BTreeSet<Index>,
    pub(crate) copy: Vec<Vec<u8>>,
    pub(crate) copy_durable: usize,
    persists: VecDeque<(Timestamp, usize)>,
    /// A session is to begin as soon as nothing of an earlier one is on its way to the disk.
    pub(crate) connect: bool,
    checkpoints: BTreeSet<u64>,
    cosigned: u64,
    /// The peer's cosignature covers our log below this, durably.
    pub(crate) acknowledged: u64,
    /// Our log must first reach this size again (PROTOCOL S4).
    pub(crate) recover_to: usize,
    greeted: bool,
    waiting: VecDeque<(Vec<u8>, bool)>,
    pub(crate) said: u64,
    pub(crate) disk_us: i64,
    /// What the node does about a hello.
    pub(crate) judge: Judge,
}

/// What the node does about a hello.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Judge {
    Open,
    Hold,
    Nothing,
}

impl Side {
    pub(crate) fn new(config: Config) -> Self {
        let mut side = Self {
            link: Link::new(config.clone()),
            config,
            heard: Heard::default(),
            own: Vec::new(),
            urgent: BTreeSet::new(),
            copy: Vec::new(),
            copy_durable: 0,
            persists: VecDeque::new(),
            connect: false,
            checkpoints: BTreeSet::new(),
            cosigned: 0,
            acknowledged: 0,
            recover_to: 0,
            greeted: false,
            waiting: VecDeque::new(),
            said: 0,
            disk_us: DISK_US,
            judge: Judge::Open,
        };
        side.tell();
        side
    }

    /// The process is started again: what was not durable is gone.
    pub(crate) fn restart(&mut self, session: u64) {
        self.config.session = session;
        self.link = Link::new(self.config.clone());
        self.copy.truncate(self.copy_durable);
        self.persists.clear();
        self.checkpoints.clear();
        self.recover_to = 0;
        self.greeted = false;
        self.waiting.clear();
        self.heard = Heard::default();
        self.tell();
    }

    /// As a restart, from a backup in which our log had only `size` entries.
    pub(crate) fn roll_back(&mut self, session: u64, size: usize) {
        self.own.truncate(size);
        self.acknowledged = self.acknowledged.min(size as u64);
        self.urgent.retain(|&index| index < size as u64);
        self.restart(session);
    }

    fn tell(&mut self) {
        self.link.set_own(head(self.own.len()), note("checkpoint", self.own.len() as u64));
        self.link.set_copy(head(self.copy_durable), Vec::new());
        self.link.acknowledged(self.acknowledged);
        if self.cosigned > 0 {
            self.link.cosign(note("cosignature", self.cosigned));
        }
        for &index in self.urgent.range(self.acknowledged..) {
            self.link.send_early(Generation::FIRST, index, self.own[index as usize].clone());
        }
    }

    /// Says something as soon as rule S4 lets us.
    pub(crate) fn say(&mut self, packed: Vec<u8>, urgent: bool) {
        self.said += 1;
        self.waiting.push_back((packed, urgent));
        self.state_waiting();
    }

    /// Whether everything is said, held by the other, and acknowledged.
    pub(crate) fn is_settled(&self) -> bool {
        self.greeted && self.waiting.is_empty() && self.acknowledged == self.own.len() as u64
    }

    fn state_waiting(&mut self) {
        if !self.greeted || self.own.len() < self.recover_to || self.waiting.is_empty() {
            return;
        }
        while let Some((packed, urgent)) = self.waiting.pop_front() {
            let index = self.own.len() as u64;
            if urgent {
                self.urgent.insert(index);
                self.link.send_early(Generation::FIRST, index, packed.clone());
            }
            self.own.push(packed);
        }
        self.tell_own();
    }

    fn tell_own(&mut self) {
        self.link.set_own(head(self.own.len()), note("checkpoint", self.own.len() as u64));
    }

    pub(crate) fn handle_timeout(&mut self, now: Timestamp, rng: &mut ChaCha20Rng) {
        while self.persists.front().is_some_and(|(at, _)| *at <= now) {
            let (_, size) = self.persists.pop_front().unwrap();
            self.copy_durable = size;
            self.link.set_copy(head(size), Vec::new());
            if (size as u64) < self.cosigned {
                // Restored: nothing less than what was once cosigned is cosigned again.
                self.link.tell_copy();
            }
        }
        self.cosign();
        if self.connect && self.persists.is_empty() {
            self.connect = false;
            self.link.handle_connected(now);
        }
        if self.link.poll_timeout().is_some_and(|at| at <= now) {
            self.link.handle_timeout(now, rng);
        }
    }

    pub(crate) fn next_timeout(&self) -> Option<Timestamp> {
        let disk = self.persists.front().map(|(at, _)| *at);
        [disk, self.link.poll_timeout()].into_iter().flatten().min()
    }

    /// Works off all events; true when there were any.
    pub(crate) fn work(&mut self, now: Timestamp) -> bool {
        let mut any = false;
        while let Some(event) = self.link.poll_event() {
            any = true;
            self.take(now, event);
        }
        any
    }

    pub(crate) fn transmit(&mut self, now: Timestamp) -> Option<Transmit> {
        self.link.poll_transmit(now)
    }

    fn take(&mut self, now: Timestamp, event: Event) {
        match event {
            Event::Up => self.heard.ups += 1,
            Event::Down { reason } => {
                self.connect |= reason == DownReason::PeerRestarted;
                self.heard.downs.push(reason);
            }
            Event::Dial => self.heard.dials += 1,
            Event::Hello(hello) => self.take_hello(hello),
            Event::Begun { generation, size } => self.heard.begun.push((generation, size)),
            Event::Entry { index, early: true, .. } => *self.heard.early.entry(index).or_default() += 1,
            Event::Entry { index, packed, .. } => self.take_entry(now, index, packed),
            Event::GivenBack { index, packed, .. } => self.take_back(index, packed),
            Event::Checkpoint(bytes) => {
                self.checkpoints.insert(size_of("checkpoint", &bytes));
                self.cosign();
            }
            Event::Cosignature(bytes) => self.take_cosignature(size_of("cosignature", &bytes)),
            Event::Evidence(bytes) => self.heard.evidence.push(bytes),
            Event::Revocations(all) => self.heard.revocations.push(all.len()),
            Event::Need { own, from, max_bytes, .. } => self.supply(own, from, max_bytes),
            Event::NeedCheckpoint { generation, size } => {
                self.heard.checkpoint_needs += 1;
                self.link.supply_checkpoint(generation, size, note("checkpoint", size));
            }
            Event::RoundTrip { rtt_us, skew_us } => self.heard.round_trips.push((rtt_us, skew_us)),
            Event::Silent => self.heard.silent += 1,
            Event::Blind { stream, bytes } => self.heard.blind.push((stream, bytes)),
            Event::BlindKnock(stream) => self.heard.knocks.push(stream),
            Event::Fault(fault) => self.heard.faults.push(fault),
        }
    }

    /// A new meeting, at which rule S4 is kept.
    fn take_hello(&mut self, hello: Hello) {
        assert_eq!(self.copy.len(), self.copy_durable, "nothing of an earlier session is on its way to the disk");
        if !hello.own_checkpoint.is_empty() {
            self.checkpoints.insert(size_of("checkpoint", &hello.own_checkpoint));
        }
        self.greeted = true;
        self.recover_to = self.recover_to.max(hello.copy.size as usize);
        let lost = hello.own.size < self.copy_durable as u64;
        let give_back = lost.then_some((Generation::FIRST, hello.own.size..self.copy_durable as u64));
        let plan = Plan { send_from: self.acknowledged.min(hello.copy.size), give_back };
        self.heard.hellos.push(hello);
        match self.judge {
            Judge::Open => self.link.open(plan),
            Judge::Hold => self.link.hold(),
            Judge::Nothing => {}
        }
        self.cosign();
        self.state_waiting();
    }

    /// The promise of the link: in order, each once.
    fn take_entry(&mut self, now: Timestamp, index: Index, packed: Vec<u8>) {
        assert_eq!(index, self.copy.len() as u64, "entries come in order, each once");
        self.copy.push(packed);
        self.persists.push_back((now.plus_micros(self.disk_us), self.copy.len()));
    }

    fn take_back(&mut self, index: Index, packed: Vec<u8>) {
        assert_eq!(index, self.own.len() as u64, "our entries come back in order, each once");
        self.own.push(packed);
        self.tell_own();
        self.state_waiting();
    }

    fn take_cosignature(&mut self, size: u64) {
        assert!(size <= self.own.len() as u64, "a cosignature of what we have not said");
        if size > self.acknowledged {
            self.acknowledged = size;
            self.link.acknowledged(size);
        }
    }

    /// E6: the newest checkpoint that the durable copy reaches, never a smaller one after a larger.
    fn cosign(&mut self) {
        let reached = self.checkpoints.range(..=self.copy_durable as u64).next_back().copied();
        if let Some(size) = reached.filter(|&size| size > self.cosigned) {
            self.cosigned = size;
            self.checkpoints = self.checkpoints.split_off(&(size + 1));
            self.link.cosign(note("cosignature", size));
        }
    }

    fn supply(&mut self, own: bool, from: Index, max_bytes: usize) {
        let log = if own { &self.own } else { &self.copy };
        let mut given = 0;
        for (index, packed) in (from..).zip(&log[from as usize..]) {
            if given >= max_bytes {
                break;
            }
            given += packed.len();
            self.link.supply(own, Generation::FIRST, index, packed.clone());
        }
    }
}

/// A head in the first generation. Roots mean nothing here.
pub(crate) fn head(size: usize) -> Head {
    Head { generation: Generation::FIRST, size: size as u64, root: Root::new([0; 32]) }
}

pub(crate) fn note(kind: &str, size: u64) -> Vec<u8> {
    if size == 0 { Vec::new() } else { format!("{kind} {size}").into_bytes() }
}

fn size_of(kind: &str, note: &[u8]) -> u64 {
    let text = core::str::from_utf8(note).expect("an undamaged note");
    text.strip_prefix(kind).expect("of this kind").trim().parse().expect("with a size")
}

/// A packed entry of a given length that no other has.
pub(crate) fn packed(side: usize, number: u64, length: usize) -> Vec<u8> {
    let mut bytes = vec![side as u8 ^ number as u8; length];
    bytes[0] = side as u8;
    bytes[1..9].copy_from_slice(&number.to_be_bytes());
    bytes
}
