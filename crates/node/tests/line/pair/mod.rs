//! Two nodes in one thread: a bearer without faults, disks that take everything, virtual time.

mod disk;

use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;

use detente_node::port::{Batch, Entries, Store, Write};
use detente_node::{Accepted, By, Command, CommandFault, Effect, Event, Input, KeyRing, Line, LineKeys, Node, What};
use detente_testkit::{Parties, parties, rng, terms};
use detente_types::statement::StatementIn;
use detente_types::{Generation, Head, LineId, PartyId, TermsIn, Timestamp};
use detente_wire::frame::{Channel, Frame, Hello, decode, encode};
use detente_wire::leaf::LeafFields;
use detente_wire::{Body, Ed25519, KeyPair, Scheme, codec, seal_entry};
pub(crate) use disk::Disk;
use rand_chacha::ChaCha20Rng;
use rand_core::Rng;

/// How a frame goes on that holds a message of a blind run: behind the head of an array its number.
const BLIND: u8 = 8;

pub(crate) struct Seat {
    pub(crate) node: Node,
    pub(crate) store: Disk,
    pub(crate) events: Vec<Event>,
    pub(crate) connected: bool,
    /// How often it dropped the bearer.
    pub(crate) hangups: usize,
    pub(crate) keys: KeyRing,
}

/// What a bearer holds back: frames that are sent again count once.
#[derive(Default)]
pub(crate) struct Drip {
    known: BTreeSet<Vec<u8>>,
    held: VecDeque<Vec<u8>>,
}

pub(crate) struct Pair {
    pub(crate) seats: [Seat; 2],
    pub(crate) line: LineId,
    pub(crate) now: Timestamp,
    pub(crate) parties: Parties,
    /// Frames that do not overtake are lost.
    pub(crate) only_urgent: bool,
    /// Side 1 pretends to hold just this of side 0's log, and does not say what it cosigned.
    pub(crate) pretends: Option<Head>,
    /// Nobody is there who signs for new generations.
    pub(crate) no_renewal: bool,
    /// Bytes of the largest batch that went to a disk.
    pub(crate) largest_batch: usize,
    /// Nobody does the heavy work of blind runs.
    pub(crate) idle: bool,
    /// Every frame that was sent, by its sender.
    pub(crate) wire: Vec<(usize, Vec<u8>)>,
    /// Looks at every message of a blind run that a side sends, when it sends it.
    pub(crate) on_blind: Option<fn(&Self, usize)>,
    /// The frame of this number, counted from now over both senders, and all after it are lost.
    pub(crate) cut_after: Option<usize>,
    /// Side 1's clock is behind by so much, seconds.
    pub(crate) behind_s: i64,
    /// Side 1's bearer holds back messages of blind runs, and lets them out one by one.
    pub(crate) drip: Option<Drip>,
    scheme: Arc<dyn Scheme>,
    rng: ChaCha20Rng,
}

impl Pair {
    pub(crate) fn new() -> Self {
        Self::with_terms(terms())
    }

    /// With terms, and met.
    pub(crate) fn connected(terms: TermsIn) -> Self {
        let mut pair = Self::with_terms(terms);
        pair.connect();
        pair
    }

    pub(crate) fn with_terms(terms: TermsIn) -> Self {
        let scheme: Arc<dyn Scheme> = Arc::new(Ed25519);
        let parties = parties(&*scheme, 7);
        let now = Timestamp::parse("2026-11-24T06:00:00Z").expect("a time");
        let mut pair = Self {
            seats: core::array::from_fn(|_| Seat {
                node: Node::new(Arc::clone(&scheme)),
                store: Disk::default(),
                events: Vec::new(),
                connected: false,
                hangups: 0,
                keys: KeyRing::new(),
            }),
            line: parties.sides()[0].certificate.line(),
            now,
            parties,
            only_urgent: false,
            pretends: None,
            no_renewal: false,
            largest_batch: 0,
            idle: false,
            wire: Vec::new(),
            on_blind: None,
            cut_after: None,
            behind_s: 0,
            drip: None,
            scheme,
            rng: rng(11),
        };
        for i in 0..2 {
            let openings = pair.parties.openings(&*pair.scheme, &terms);
            let keys = pair.keys(i);
            pair.seats[i].keys.insert((pair.line, Generation::FIRST), keys.clone());
            let name = ["Aster", "Borea"][1 - i];
            pair.seats[i].node.open_line(pair.now, &mut pair.rng, openings[i].clone(), keys, name).expect("a good opening");
        }
        pair.settle();
        pair
    }

    fn keys(&self, i: usize) -> LineKeys {
        let side = self.parties.sides()[i];
        LineKeys { log: side.log.clone(), holder: side.holder.clone() }
    }

    /// What is drawn from here on follows from a number alone.
    pub(crate) fn draw_anew(&mut self, seed: u64) {
        self.rng = rng(1_000 + seed);
    }

    pub(crate) fn connect(&mut self) {
        for i in 0..2 {
            self.seats[i].connected = true;
            self.handle(i, Input::Connected(self.line));
        }
        self.settle();
    }

    pub(crate) fn disconnect(&mut self) {
        for i in 0..2 {
            self.seats[i].connected = false;
            self.handle(i, Input::Disconnected(self.line));
        }
        self.settle();
    }

    pub(crate) fn handle(&mut self, i: usize, input: Input) {
        let now = self.clock(i);
        self.seats[i].node.handle(now, &mut self.rng, input);
    }

    /// A side's clock.
    pub(crate) fn clock(&self, i: usize) -> Timestamp {
        self.now.plus_seconds(-self.behind(i))
    }

    fn behind(&self, i: usize) -> i64 {
        if i == 1 { self.behind_s } else { 0 }
    }

    pub(crate) fn command(&mut self, i: usize, command: Command) -> Result<Accepted, CommandFault> {
        self.command_by(i, "Lt Aalto", command)
    }

    pub(crate) fn command_by(&mut self, i: usize, officer: &str, command: Command) -> Result<Accepted, CommandFault> {
        let accepted = self.give(i, officer, command);
        self.settle();
        accepted
    }

    /// Gives a command while the disk and the bearer do nothing.
    pub(crate) fn give(&mut self, i: usize, officer: &str, command: Command) -> Result<Accepted, CommandFault> {
        let by = By { desk: Some("Watch".into()), officer: Some(officer.into()) };
        let now = self.clock(i);
        self.seats[i].node.command(now, &mut self.rng, self.line, &by, command)
    }

    /// Carries out effects until nothing is left to do at this moment.
    pub(crate) fn settle(&mut self) {
        let mut frames: VecDeque<(usize, Vec<u8>)> = VecDeque::new();
        loop {
            let mut any = false;
            for i in 0..2 {
                while let Some(effect) = self.seats[i].node.poll_effect() {
                    any = true;
                    self.carry_out(i, effect, &mut frames);
                }
            }
            if let Some((to, bytes)) = frames.pop_front() {
                any = true;
                self.handle(to, Input::Frame(self.line, bytes));
            }
            for i in 0..2 {
                any |= self.do_work(i);
                if self.seats[i].node.is_behind() {
                    any = true;
                    self.handle(i, Input::Tick);
                }
            }
            if !any {
                return;
            }
        }
    }

    /// Does the heavy work of blind runs, unless the threads stand still.
    pub(crate) fn do_work(&mut self, i: usize) -> bool {
        let mut any = false;
        while let Some(work) = (!self.idle).then(|| self.seats[i].node.poll_work()).flatten() {
            any = true;
            let now = self.clock(i);
            self.seats[i].node.handle_worked(now, &mut self.rng, work.perform());
        }
        any
    }

    fn carry_out(&mut self, i: usize, effect: Effect, frames: &mut VecDeque<(usize, Vec<u8>)>) {
        match effect {
            Effect::Persist { token, batch } => {
                self.largest_batch = self.largest_batch.max(batch.weight());
                let input = match self.seats[i].store.commit(&batch) {
                    Ok(()) => Input::Persisted(token),
                    Err(fault) => Input::Refused(token, fault),
                };
                self.handle(i, input);
            }
            Effect::Send { frame, urgent, .. } if self.seats[i].connected && (urgent || !self.only_urgent) => {
                self.wire.push((i, frame.clone()));
                if let Some(look) = self.on_blind.filter(|_| frame[1] == BLIND) {
                    look(self, i);
                }
                if let Some(left) = &mut self.cut_after {
                    match left.checked_sub(1) {
                        Some(less) => *left = less,
                        None => return,
                    }
                }
                if let Some(frame) = self.held_back(i, frame) {
                    frames.extend(self.pretended(i, frame).map(|frame| (1 - i, frame)));
                }
            }
            Effect::Fetch { line, author, generation, from, limit } => {
                let rows = self.seats[i].store.entries(&line, &author, generation, from, limit).expect("memory reads");
                self.handle(i, Input::Fetched { line, author, generation, rows });
            }
            Effect::Event(event) => self.seats[i].events.push(event),
            Effect::Renew(_) if !self.no_renewal => self.renew(i),
            Effect::Hangup(_) => self.seats[i].hangups += 1,
            Effect::Renew(_) | Effect::Send { .. } | Effect::Dial(_) => {}
        }
    }

    fn held_back(&mut self, from: usize, frame: Vec<u8>) -> Option<Vec<u8>> {
        let Some(drip) = self.drip.as_mut().filter(|_| from == 1 && frame[1] == BLIND) else { return Some(frame) };
        if drip.known.insert(frame.clone()) {
            drip.held.push_back(frame);
        }
        None
    }

    /// Lets out the oldest message that the bearer holds back; false when there is none.
    pub(crate) fn let_out(&mut self) -> bool {
        let Some(frame) = self.drip.as_mut().and_then(|drip| drip.held.pop_front()) else { return false };
        self.handle(0, Input::Frame(self.line, frame));
        self.settle();
        true
    }

    fn pretended(&self, from: usize, frame: Vec<u8>) -> Option<Vec<u8>> {
        /// How a frame begins that holds a cosignature: an array of two, the first its number.
        const COSIGNATURE: [u8; 2] = [0x82, 3];
        let Some(copy) = self.pretends.filter(|_| from == 1) else {
            return Some(frame);
        };
        match decode(&frame, Channel::default()) {
            Ok(Frame::Hello(hello)) => Some(encode(&Frame::Hello(Hello { copy, ..hello }), Channel::default())),
            _ => Some(frame).filter(|frame| !frame.starts_with(&COSIGNATURE)),
        }
    }

    /// Gives a node the keys of a new generation, signed for by its party key.
    fn renew(&mut self, i: usize) {
        let line = self.line(i);
        let renewal = line.renewal().expect("it was asked for");
        let generation = renewal.generation(self.rng.next_u32());
        let [log, holder] = core::array::from_fn(|_| KeyPair::generate(&*self.scheme, &mut self.rng));
        let keys = LineKeys { log, holder };
        let opening = renewal.sign(&*self.scheme, &self.parties.sides()[i].party, &keys, generation).expect("distinct keys");
        self.seats[i].keys.insert((self.line, generation), keys.clone());
        let now = self.clock(i);
        self.seats[i].node.open_generation(now, &mut self.rng, opening, keys).expect("it was asked for");
    }

    /// Lets time pass, firing every timer on the way.
    pub(crate) fn pass(&mut self, seconds: i64) {
        let until = self.now.plus_seconds(seconds);
        loop {
            let due = |i: usize| Some(self.seats[i].node.poll_timeout()?.plus_seconds(self.behind(i)));
            let due = (0..2).filter_map(due).min();
            match due {
                Some(due) if due <= until => {
                    self.now = self.now.max(due);
                    for i in 0..2 {
                        self.handle(i, Input::Tick);
                    }
                    self.settle();
                }
                _ => break,
            }
        }
        self.now = until;
    }

    /// Loses a node's memory and loads it again from its store.
    pub(crate) fn restart(&mut self, i: usize) {
        let now = self.clock(i);
        let seat = &mut self.seats[i];
        let loaded = Node::load(Arc::clone(&self.scheme), now, &mut self.rng, &seat.keys, &mut seat.store);
        seat.node = loaded.expect("it loads");
        seat.connected = false;
        self.settle();
    }

    /// Adds an entry to a node's log that it would not say by itself, and starts it anew.
    pub(crate) fn forge(&mut self, i: usize, said: &StatementIn) {
        let (view, side) = (self.line(i).view(), self.parties.sides()[i]);
        let body = Body::new(&mut self.rng, codec::to_slots(said)).expect("it is small");
        let fields = LeafFields {
            line: self.line,
            author: view.us,
            generation: view.own.generation,
            index: view.own.size + self.line(i).unsettled(),
            seen: view.copy,
            claimed: self.clock(i),
            urgent: false,
            body_root: body.root(),
        };
        let entry = seal_entry(&*self.scheme, &side.log, fields, body);
        let batch = Batch { writes: vec![Write::entry(&entry)], reserve: false };
        self.seats[i].store.commit(&batch).expect("it comes next");
        self.restart(i);
    }

    /// The operator says that this node was put back from a backup.
    pub(crate) fn note_restored(&mut self, i: usize) {
        let now = self.clock(i);
        self.seats[i].node.note_restored(now, &mut self.rng);
        self.settle();
    }

    /// What stands in both logs, as it is on a side's disk, each by its author.
    pub(crate) fn statements(&self, i: usize) -> Vec<(PartyId, StatementIn)> {
        let rows = self.seats[i].store.rows.values();
        let entry = |row: &Write| {
            let Write::Entry { author, body, .. } = row else { return None };
            Some((*author, codec::from_body(&Body::decode(body).ok()?).ok()?))
        };
        rows.filter_map(entry).collect()
    }

    pub(crate) fn line(&self, i: usize) -> &Line {
        self.seats[i].node.line(&self.line).expect("the line is open")
    }

    pub(crate) fn heard(&self, i: usize, is: impl Fn(&What) -> bool) -> usize {
        self.seats[i].events.iter().filter(|e| is(&e.what)).count()
    }

    /// Both sides have everything, and admit it.
    pub(crate) fn assert_converged(&self) {
        for i in 0..2 {
            let (ours, theirs) = (self.line(i).view(), self.line(1 - i).view());
            assert_eq!(ours.own, theirs.copy, "side {i}: their copy is our log");
            assert_eq!(ours.acknowledged, ours.own.size, "side {i}: everything of ours is cosigned");
            assert_eq!(ours.joint, theirs.joint, "equal prefixes give equal conflicts");
            assert_eq!(ours.faults, 0, "an honest peer is never blamed: {:?}", self.seats[i].events);
        }
    }
}
