//! A peer that signs two leaves for one place convicts itself, whichever of them comes first and however (PROTOCOL S3).

use detente_link::{Config, Event as LinkEvent, Link, Plan};
use detente_node::port::Store as _;
use detente_node::{Effect, Hold, Input, What};
use detente_record::Log;
use detente_testkit::{notice, notice_id, rng, terms};
use detente_types::statement::StatementIn;
use detente_types::{Generation, Head, NoticeKind};
use detente_wire::checkpoint::sign_checkpoint;
use detente_wire::leaf::LeafFields;
use detente_wire::{Body, Ed25519, Entry, Verified, codec, seal_entry};

use crate::pair::Pair;

/// Side 0, as its keys can make it say anything. Side 1 is honest.
struct Forger {
    pair: Pair,
    link: Link,
    log: Log,
    entries: Vec<Verified<Entry>>,
    /// Its newest checkpoint.
    note: Vec<u8>,
    /// Side 1's disk does not answer.
    slow_disk: bool,
    waiting: Vec<Effect>,
}

impl Forger {
    fn new() -> Self {
        let mut pair = Pair::new();
        let opening = pair.parties.openings(&Ed25519, &terms())[0].clone();
        let mut link = Link::new(Config::new(pair.line, 77));
        let log = Log::new(pair.line, pair.parties.sides()[0].id(), Generation::FIRST);
        link.set_copy(log.head(), Vec::new());
        link.set_own(log.head(), Vec::new());
        link.handle_connected(pair.now);
        pair.handle(1, Input::Connected(pair.line));
        let mut forger = Self { pair, link, log, entries: Vec::new(), note: Vec::new(), slow_disk: false, waiting: Vec::new() };
        forger.say(StatementIn::GenerationOpen(opening));
        forger.say(StatementIn::Notice(notice(NoticeKind::Text)));
        forger.sign();
        forger.pass(3);
        forger
    }

    fn seal(&self, index: u64, said: &StatementIn, urgent: bool) -> Verified<Entry> {
        let side = self.pair.parties.sides()[0];
        let body = Body::new(&mut rng(index), codec::to_slots(said)).expect("it is small");
        let fields = LeafFields {
            line: self.pair.line,
            author: side.id(),
            generation: Generation::FIRST,
            index,
            seen: Log::new(self.pair.line, side.id(), Generation::FIRST).head(),
            claimed: self.pair.now,
            urgent,
            body_root: body.root(),
        };
        seal_entry(&Ed25519, &side.log, fields, body)
    }

    /// Adds an entry to the log, which no checkpoint covers yet.
    fn say(&mut self, said: StatementIn) {
        let urgent = matches!(&said, StatementIn::Notice(notice) if notice.kind == NoticeKind::Safety.code());
        let entry = self.seal(self.log.size(), &said, urgent);
        self.log.append(&entry).expect("it comes next");
        self.entries.push(entry);
        self.link.set_own(self.log.head(), self.note.clone());
    }

    /// Signs a checkpoint of all of the log.
    fn sign(&mut self) {
        let Head { size, root, .. } = self.log.head();
        let key = &self.pair.parties.sides()[0].log;
        let note = sign_checkpoint(&Ed25519, key, &self.log.origin(), size, root).note();
        self.note = note.into_bytes();
        self.link.set_own(self.log.head(), self.note.clone());
    }

    /// Sends another entry for a place ahead of the log: one that rings.
    fn fork(&mut self, index: u64) {
        let said = detente_types::NoticeIn { id: notice_id(900 + index), ..notice(NoticeKind::Safety) };
        let entry = self.seal(index, &StatementIn::Notice(said), true);
        self.link.send_early(Generation::FIRST, index, entry.packed());
    }

    fn pass(&mut self, seconds: i64) {
        for _ in 0..seconds * 10 {
            self.pair.now = self.pair.now.plus_micros(100_000);
            self.link.handle_timeout(self.pair.now, &mut rng(5));
            self.pair.handle(1, Input::Tick);
            while self.exchange() {}
        }
    }

    fn exchange(&mut self) -> bool {
        let mut any = false;
        while let Some(event) = self.link.poll_event() {
            any = true;
            match event {
                LinkEvent::Hello(_) => self.link.open(Plan { send_from: 0, give_back: None }),
                LinkEvent::Need { own: true, generation, from, .. } => {
                    let rest = &self.entries[usize::try_from(from).expect("a small log")..];
                    rest.iter().for_each(|entry| self.link.supply(true, generation, entry.fields().index, entry.packed()));
                }
                _ => {}
            }
        }
        while let Some(frame) = self.link.poll_transmit(self.pair.now) {
            any = true;
            self.pair.handle(1, Input::Frame(self.pair.line, frame.bytes));
        }
        while let Some(effect) = self.pair.seats[1].node.poll_effect() {
            any = true;
            self.carry_out(effect);
        }
        any
    }

    fn carry_out(&mut self, effect: Effect) {
        match effect {
            Effect::Persist { .. } if self.slow_disk => self.waiting.push(effect),
            Effect::Persist { token, batch } => {
                self.pair.seats[1].store.commit(&batch).expect("memory takes everything");
                self.pair.handle(1, Input::Persisted(token));
            }
            Effect::Send { frame, .. } => self.link.handle_frame(self.pair.now, &frame),
            Effect::Event(event) => self.pair.seats[1].events.push(event),
            _ => {}
        }
    }

    fn answer(&mut self) {
        self.slow_disk = false;
        core::mem::take(&mut self.waiting).into_iter().for_each(|effect| self.carry_out(effect));
    }

    fn assert_convicted(&self) {
        let line = self.pair.line(1);
        assert_eq!((line.hold(), line.evidence().len(), line.held().early), (Hold::Evidence, 1, 0));
        assert_eq!(self.pair.heard(1, |w| matches!(w, What::PeerFault(_))), 0);
        assert_eq!(self.pair.heard(1, |w| matches!(w, What::SafetyRings(..))), 1, "what the second says rings all the same");
    }
}

#[test]
fn an_early_leaf_for_a_place_that_waits_for_its_checkpoint_is_the_second_one() {
    let mut forger = Forger::new();
    forger.say(StatementIn::Notice(detente_types::NoticeIn { id: notice_id(7), ..notice(NoticeKind::Text) }));
    forger.pass(1);
    assert_eq!(forger.pair.line(1).held().staged, 1);
    forger.fork(2);
    forger.pass(1);
    forger.assert_convicted();
    forger.sign();
    forger.pass(3);
    forger.assert_convicted();
    let line = forger.pair.line(1);
    assert_eq!((line.view().copy, line.copy_stops()), (forger.log.head(), false), "their log continues the copy");
}

#[test]
fn an_early_leaf_for_a_place_that_is_filed_and_not_cosigned_yet_is_the_second_one() {
    let mut forger = Forger::new();
    forger.slow_disk = true;
    forger.say(StatementIn::Notice(detente_types::NoticeIn { id: notice_id(7), ..notice(NoticeKind::Text) }));
    forger.sign();
    forger.pass(1);
    assert_eq!((forger.pair.line(1).held().staged, forger.pair.line(1).view().copy.size), (0, 2));
    forger.fork(2);
    forger.pass(1);
    forger.answer();
    forger.pass(3);
    forger.assert_convicted();
    assert_eq!(forger.pair.line(1).view().copy, forger.log.head());
}

#[test]
fn a_safety_notice_that_waits_for_its_checkpoint_rings_when_it_comes_early_too() {
    let mut forger = Forger::new();
    forger.say(StatementIn::Notice(notice(NoticeKind::Safety)));
    forger.pass(1);
    assert_eq!(forger.pair.line(1).held().staged, 1);
    let entry = forger.entries[2].clone();
    assert!(!forger.pair.line(1).is_ringing(&entry.reference()));
    forger.link.send_early(Generation::FIRST, 2, entry.packed());
    forger.pass(1);
    assert!(forger.pair.line(1).is_ringing(&entry.reference()));
    assert_eq!(forger.pair.line(1).hold(), Hold::No);
}
