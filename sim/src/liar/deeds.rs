//! What a liar says and sends, and where it lies.

use detente_node::Effect;
use detente_record::evidence::Examiner;
use detente_testkit::Side;
use detente_testkit::strategy::statement::statement;
use detente_types::statement::{CertificateIn, CheckIn, Kind, Level, ReceiptIn, StatementIn};
use detente_types::{Generation, Head, NoticeId, NoticeKind, Precedence, Root, StatementRef, Timestamp};
use detente_wire::checkpoint::{log_name, sign_checkpoint};
use detente_wire::frame::{Frame, Part, decode, encode};
use proptest::strategy::{BoxedStrategy, Strategy, ValueTree};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

use super::log::{Claims, is_urgent};
use super::{Liar, Lie};
use crate::dice::Dice;

/// It behaves until it has said so much.
const HONEST_ENTRIES: u64 = 12;
/// SAFETY statements far ahead of its log in one flood: some thousands in a run, where an honest node keeps hundreds.
const AHEAD: u64 = 8;
/// Frames that are kept to be said again.
const KEPT_FRAMES: usize = 64;

/// What it has in store.
pub(crate) struct Deeds {
    names: u64,
    /// From which index on bodies are withheld.
    withhold_from: Option<u64>,
    deaf: bool,
    kept: Vec<Frame>,
    /// The other side's certificate, as the opening names it.
    theirs: CertificateIn,
    /// It has done what it is there for.
    pub(crate) lied: bool,
    hostile: BoxedStrategy<StatementIn>,
    runner: TestRunner,
}

impl Deeds {
    pub(crate) fn new(seed: u64, theirs: CertificateIn) -> Self {
        let mut bytes = [7; 32];
        bytes[..8].copy_from_slice(&seed.to_be_bytes());
        let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &bytes);
        Self {
            names: 0,
            withhold_from: None,
            deaf: false,
            kept: Vec::new(),
            theirs,
            lied: false,
            hostile: statement().boxed(),
            runner: TestRunner::new_with_rng(Config::default(), rng),
        }
    }

    pub(crate) fn is_deaf(&self) -> bool {
        self.deaf
    }

    pub(crate) fn withholds(&self, index: u64) -> bool {
        self.withhold_from.is_some_and(|from| index >= from)
    }

    fn hostile(&mut self) -> StatementIn {
        self.hostile.new_tree(&mut self.runner).expect("nothing is filtered away for good").current()
    }
}

impl Liar {
    /// Says the next thing, and does its deed when the time has come.
    pub(super) fn say(&mut self, now: Timestamp, dice: &mut Dice) {
        let said = self.statement(now, dice);
        let seen = self.seen(dice);
        let claims = Claims { index: self.own.size(), seen, now, urgent: is_urgent(&said) };
        let Some(entry) = self.own.seal(&*self.scheme, dice, &said, claims) else { return };
        if self.lie == Lie::ForkEarly && self.is_time(dice) {
            self.fork_early(now, dice, claims);
        }
        if claims.urgent {
            self.link.send_early(entry.fields().generation, claims.index, entry.packed());
        }
        self.own.push(entry);
        self.tell_own();
        self.deed(now, dice);
    }

    /// Whether it lies now: sometimes, and not before it has been believed.
    fn is_time(&self, dice: &mut Dice) -> bool {
        self.own.size() > HONEST_ENTRIES && dice.chance(150)
    }

    fn statement(&mut self, now: Timestamp, dice: &mut Dice) -> StatementIn {
        if self.lie == Lie::Unusable && self.own.size() > HONEST_ENTRIES {
            return match dice.below(4) {
                0 => self.bad_receipt(dice),
                _ => self.deeds.hostile(),
            };
        }
        let flood = self.lie == Lie::Flood && self.own.size() > HONEST_ENTRIES;
        match dice.below(10) {
            _ if flood => self.notice(NoticeKind::Safety, now),
            0..=5 => self.notice([NoticeKind::Operation, NoticeKind::Hazard, NoticeKind::Text][dice.below(3) as usize], now),
            6 => self.notice(NoticeKind::Safety, now),
            7 => self.read_receipt(dice),
            _ => check(dice),
        }
    }

    fn notice(&mut self, kind: NoticeKind, now: Timestamp) -> StatementIn {
        self.deeds.names += 1;
        let mut id = [0; 16];
        id[8..].copy_from_slice(&self.deeds.names.to_be_bytes());
        let mut notice = detente_testkit::notice(kind);
        notice.id = NoticeId::new(id);
        let ahead_us = now.since(detente_testkit::MORNING);
        (notice.valid_from_us, notice.valid_until_us) = (notice.valid_from_us + ahead_us, notice.valid_until_us + ahead_us);
        notice.volumes.iter_mut().for_each(|volume| volume.shift(ahead_us));
        if kind == NoticeKind::Safety {
            notice.precedence = Precedence::Safety.code();
        }
        StatementIn::Notice(notice)
    }

    fn read_receipt(&self, dice: &mut Dice) -> StatementIn {
        let of = dice.pick(&self.copied.entries).copied();
        let own = || self.own.entries[0].reference();
        receipt(Level::Read.code(), of.unwrap_or_else(own))
    }

    fn bad_receipt(&self, dice: &mut Dice) -> StatementIn {
        let of = self.own.entries[dice.below(self.own.size()) as usize].reference();
        receipt([2, 3, 9, 77][dice.below(4) as usize], of)
    }

    fn seen(&self, dice: &mut Dice) -> Head {
        let honest = self.copied.seen();
        if self.lie != Lie::WrongSeen || !self.is_time(dice) {
            return honest;
        }
        match dice.below(3) {
            0 => Head { size: honest.size + 1 + dice.below(1 << 40), ..honest },
            1 => Head { root: Root::new([0x66; 32]), ..honest },
            _ => self.copied.head_at(honest.size / 2),
        }
    }

    /// Another leaf than the log will have, signed, ahead of it.
    fn fork_early(&mut self, now: Timestamp, dice: &mut Dice, claims: Claims) {
        let other = self.notice(NoticeKind::Safety, now);
        // It stands there already, comes next, or comes after that.
        let claims = Claims { urgent: true, index: claims.index - 1 + dice.below(3), ..claims };
        if let Some(entry) = self.own.seal(&*self.scheme, dice, &other, claims) {
            self.link.send_early(entry.fields().generation, claims.index, entry.packed());
        }
    }

    fn deed(&mut self, now: Timestamp, dice: &mut Dice) {
        if !self.is_time(dice) {
            return;
        }
        let size = self.own.size();
        let copied = self.copied.size();
        match self.lie {
            Lie::Withhold => _ = self.deeds.withhold_from.get_or_insert(size),
            Lie::ForkRoots => self.inject(Frame::Checkpoint(self.own.checkpoint(&*self.scheme, size, made_up()).into())),
            Lie::ForkEarlier => {
                let earlier = 1 + dice.below(size - 1);
                self.inject(Frame::Checkpoint(self.own.checkpoint(&*self.scheme, earlier, made_up()).into()));
            }
            Lie::Rollback => self.roll_back(dice),
            Lie::CosignAhead => self.cosign(now, copied + 1 + dice.below(1 << 30), made_up()),
            Lie::CosignWrong => self.cosign(now, copied, made_up()),
            Lie::CosignShrink => {
                let less = 1 + dice.below(copied.max(2) - 1);
                self.cosign(now.plus_seconds(5), less, self.copied.head_at(less).root);
            }
            Lie::Flood => self.flood_ahead(now, dice),
            Lie::Garbage => self.litter(dice),
            Lie::Stall => self.deeds.deaf = true,
            Lie::Replay => self.replay(dice),
            Lie::FalseEvidence => {
                let bytes: Vec<u8> = (0..dice.between(1, 900)).map(|_| dice.below(256) as u8).collect();
                self.inject(Frame::Evidence(bytes.into()));
            }
            Lie::FalseNewest => self.name_newest(dice),
            Lie::EvidenceFlood => self.flood_evidence(dice),
            Lie::GivesAltered => self.hang_up_after_giving(),
            Lie::MadeUpCopy => {
                let head = Head { size: copied + 5, root: made_up(), ..self.copied.head_at(copied) };
                self.link.set_copy(head, self.copied.checkpoint.1.clone());
                self.effects.push_back(Effect::Hangup(self.line));
            }
            _ => {}
        }
    }

    /// Forgets the last third, and meets again as if it had never been said.
    fn roll_back(&mut self, dice: &mut Dice) {
        let size = self.own.size();
        let kept = size - 1 - dice.below(size / 3);
        self.own.take_back(kept);
        self.session = dice.below(u64::MAX - 1) + 1;
        self.link = detente_link::Link::new(detente_link::Config::new(self.line, self.session));
        let (covered, note) = self.copied.checkpoint.clone();
        self.link.set_copy(self.copied.head_at(covered.min(self.copied.size())), note);
        self.tell_own();
        self.effects.push_back(Effect::Hangup(self.line));
    }

    fn flood_ahead(&mut self, now: Timestamp, dice: &mut Dice) {
        for _ in 0..AHEAD {
            let said = self.notice(NoticeKind::Safety, now);
            let index = self.own.size() + 1 + dice.below(1 << 20);
            let seen = self.copied.head_at(0);
            let claims = Claims { index, seen, now, urgent: true };
            let Some(entry) = self.own.seal(&*self.scheme, dice, &said, claims) else { continue };
            let bytes = entry.packed().into();
            let generation = entry.fields().generation;
            self.inject(Frame::Part(Part { own: true, generation, index, part: 0, parts: 1, bytes, early: true }));
        }
    }

    /// As the newest generation of theirs that it holds: not theirs, none, not signed by them, and one that is over or not.
    fn name_newest(&mut self, dice: &mut Dice) {
        let certificate = match dice.below(4) {
            0 => self.own.side.certificate.input().clone(),
            1 => CertificateIn { generation: Generation(2 + dice.below(1 << 31) as u32), ..self.deeds.theirs.clone() },
            2 => self.deeds.theirs.clone(),
            _ => {
                let bytes = (0..dice.between(1, 300)).map(|_| dice.below(256) as u8).collect();
                self.link.set_newest(bytes);
                return self.effects.push_back(Effect::Hangup(self.line));
            }
        };
        self.link.set_newest(detente_wire::codec::encode(&certificate));
        self.effects.push_back(Effect::Hangup(self.line));
    }

    fn flood_evidence(&mut self, dice: &mut Dice) {
        for _ in 0..AHEAD {
            let stranger = Side::generate(&*self.scheme, self.line, dice.rng());
            let bytes = match dice.below(4) {
                0 | 1 => self.two_roots(&self.own.side, dice),
                2 => self.two_roots(&stranger, dice),
                _ => (0..dice.between(1, 900)).map(|_| dice.below(256) as u8).collect(),
            };
            self.inject(Frame::Evidence(bytes.into()));
        }
    }

    /// Evidence that somebody has signed two roots, as it is.
    fn two_roots(&self, of: &Side, dice: &mut Dice) -> Vec<u8> {
        let origin = log_name(&self.line, &of.id(), Generation::FIRST);
        let size = 1 + dice.below(1 << 40);
        let [one, two] = [made_up(), Root::new([dice.below(128) as u8; 32])]
            .map(|root| sign_checkpoint(&*self.scheme, &of.log, &origin, size, root).note());
        let examined = Examiner::new(&*self.scheme, &of.certificate).examine_roots(one.as_bytes(), two.as_bytes());
        examined.expect("two roots of one size").encode()
    }

    fn litter(&mut self, dice: &mut Dice) {
        let bytes: Vec<u8> = (0..dice.between(0, 300)).map(|_| dice.below(256) as u8).collect();
        self.effects.push_back(Effect::Send { line: self.line, urgent: false, frame: bytes.clone() });
        // A form that no frame has, under a good check.
        let mut form = bytes;
        form.insert(0, 0xff);
        let channel = self.channel();
        let hash =
            detente_wire::hash::domain("detente/frame/1", &[&channel.from.to_be_bytes(), &channel.to.to_be_bytes(), &form]);
        form.extend_from_slice(&hash[..4]);
        self.effects.push_back(Effect::Send { line: self.line, urgent: false, frame: form });
        let absurd = Part {
            own: true,
            generation: Generation(dice.below(3) as u32),
            index: dice.below(u64::MAX),
            part: dice.below(9) as u8,
            parts: dice.below(9) as u8,
            bytes: vec![0; dice.below(200) as usize].into(),
            early: dice.chance(500),
        };
        self.inject(Frame::Part(absurd));
    }

    fn replay(&mut self, dice: &mut Dice) {
        for _ in 0..5 {
            if let Some(frame) = dice.pick(&self.deeds.kept).cloned() {
                self.inject(frame);
            }
        }
        self.effects.push_back(Effect::Hangup(self.line));
    }

    /// Sends a frame of its own making, in the session that is.
    fn inject(&mut self, frame: Frame) {
        let frame = encode(&frame, self.channel());
        self.effects.push_back(Effect::Send { line: self.line, urgent: false, frame });
    }

    /// What the link wants to send leaves, and is remembered by one who says things again.
    pub(super) fn send(&mut self, urgent: bool, bytes: Vec<u8>, dice: &mut Dice) {
        if self.lie == Lie::Replay
            && let Ok(frame) = decode(&bytes, self.channel())
        {
            let at = dice.below(KEPT_FRAMES as u64) as usize;
            match self.deeds.kept.get_mut(at) {
                Some(kept) => *kept = frame,
                None => self.deeds.kept.push(frame),
            }
        }
        if !self.deeds.deaf {
            self.effects.push_back(Effect::Send { line: self.line, urgent, frame: bytes });
        }
    }
}

pub(super) fn made_up() -> Root {
    Root::new([0x99; 32])
}

pub(super) fn check(dice: &mut Dice) -> StatementIn {
    let challenge = [dice.below(256) as u8; 32].into();
    StatementIn::Check(CheckIn { kind: Kind::Check.code(), challenge, text: None, desk: None, officer: None })
}

fn receipt(level: u8, of: StatementRef) -> StatementIn {
    StatementIn::Receipt(ReceiptIn {
        kind: Kind::Receipt.code(),
        level,
        of,
        list_number: None,
        read_back: None,
        rule: None,
        reason: None,
        desk: None,
        officer: None,
    })
}
