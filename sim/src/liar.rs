//! A peer that lies: it owns real keys, speaks the real frames, and breaks the protocol in one way that it was told.
//!
//! It is built on the real link and two logs in memory, and mostly behaves: a lie shows best in an honest conversation.
//! What it does wrong stands in `deeds`. An honest node must come through every lie without a panic, with its own record
//! whole, and must name the lie.

pub(crate) mod blame;
mod copy;
mod deeds;
mod log;
mod restored;

use std::collections::VecDeque;
use std::sync::Arc;

use detente_link::{Config, DownReason, Event as LinkEvent, Link, Plan};
use detente_node::{Effect, Input};
use detente_testkit::Side;
use detente_types::statement::{GenerationOpenIn, StatementIn};
use detente_types::{Head, LineId, PartyId, Timestamp};
use detente_wire::Scheme;
use detente_wire::checkpoint::{Checkpoint, cosign, holder_name, log_name};
use detente_wire::frame::Hello;
use detente_wire::frame::{Channel, Frame, decode};

use crate::dice::Dice;
use crate::invariant::audible::{read_entry, read_note};
use copy::Copied;
use deeds::Deeds;
use log::{Claims, OwnLog};
use restored::Restored;

/// How a peer lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Lie {
    /// Leaves without their bodies.
    Withhold,
    /// Two leaves for one place: one early, another in the log.
    ForkEarly,
    /// Two signed roots of one size.
    ForkRoots,
    /// A signed root of an earlier size that its log never had.
    ForkEarlier,
    /// Takes back what it said, and says something else under a new checkpoint.
    Rollback,
    /// Claims to have seen what was never said, another root, or less than before.
    WrongSeen,
    /// Statements that no rule allows, in good envelopes.
    Unusable,
    /// Cosigns when a checkpoint comes, whatever it holds. Nobody can tell: it is an admission.
    CosignUnread,
    /// Cosigns more than was ever said.
    CosignAhead,
    /// Cosigns roots that the log never had.
    CosignWrong,
    /// Cosigns less than before. Nobody can tell it from a late one and a clock that was set back.
    CosignShrink,
    /// Floods SAFETY, in its log and far ahead of it.
    Flood,
    /// Bytes that are no frames, and frames that say nothing sensible.
    Garbage,
    /// Stops answering.
    Stall,
    /// Says again what was said in earlier sessions.
    Replay,
    /// Evidence of forks that never were.
    FalseEvidence,
    /// Claims in its hello to hold what was never said.
    MadeUpCopy,
    /// Names in its hello, as proof of a later generation of ours, what proves none.
    FalseNewest,
    /// Floods evidence: of forks of its own, of strangers, of none.
    EvidenceFlood,
    /// Claims that it holds less of a restored log than it does, and keeps the rest for later.
    ClaimsLess,
    /// Claims that it holds more of a restored log than there ever was.
    ClaimsMore,
    /// Claims that a restored log contradicts what it holds.
    ClaimsFork,
    /// Gives a restored node other entries back than that node once said.
    GivesAltered,
    /// Gives a restored node nothing back of what it proves to hold.
    GivesNothing,
}

impl Lie {
    /// All of them.
    pub const ALL: [Self; 24] = [
        Self::Withhold,
        Self::ForkEarly,
        Self::ForkRoots,
        Self::ForkEarlier,
        Self::Rollback,
        Self::WrongSeen,
        Self::Unusable,
        Self::CosignUnread,
        Self::CosignAhead,
        Self::CosignWrong,
        Self::CosignShrink,
        Self::Flood,
        Self::Garbage,
        Self::Stall,
        Self::Replay,
        Self::FalseEvidence,
        Self::MadeUpCopy,
        Self::FalseNewest,
        Self::EvidenceFlood,
        Self::ClaimsLess,
        Self::ClaimsMore,
        Self::ClaimsFork,
        Self::GivesAltered,
        Self::GivesNothing,
    ];

    /// As the command line names it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Withhold => "withhold",
            Self::ForkEarly => "fork-early",
            Self::ForkRoots => "fork-roots",
            Self::ForkEarlier => "fork-earlier",
            Self::Rollback => "rollback",
            Self::WrongSeen => "wrong-seen",
            Self::Unusable => "unusable",
            Self::CosignUnread => "cosign-unread",
            Self::CosignAhead => "cosign-ahead",
            Self::CosignWrong => "cosign-wrong",
            Self::CosignShrink => "cosign-shrink",
            Self::Flood => "flood",
            Self::Garbage => "garbage",
            Self::Stall => "stall",
            Self::Replay => "replay",
            Self::FalseEvidence => "false-evidence",
            Self::MadeUpCopy => "made-up-copy",
            Self::FalseNewest => "false-newest",
            Self::EvidenceFlood => "evidence-flood",
            Self::ClaimsLess => "claims-less",
            Self::ClaimsMore => "claims-more",
            Self::ClaimsFork => "claims-fork",
            Self::GivesAltered => "gives-altered",
            Self::GivesNothing => "gives-nothing",
        }
    }

    /// By that name.
    pub fn by_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|lie| lie.name() == name)
    }

    /// Whether it is told to a node that was restored.
    pub(crate) const fn is_about_a_restore(self) -> bool {
        matches!(self, Self::ClaimsLess | Self::ClaimsMore | Self::ClaimsFork | Self::GivesAltered | Self::GivesNothing)
    }
}

/// The peer.
pub(crate) struct Liar {
    scheme: Arc<dyn Scheme>,
    lie: Lie,
    line: LineId,
    them: PartyId,
    link: Link,
    session: u64,
    their_session: u64,
    own: OwnLog,
    copied: Copied,
    deeds: Deeds,
    restored: Restored,
    effects: VecDeque<Effect>,
    /// When it says the next thing.
    next: Option<Timestamp>,
    connected: bool,
}

impl Liar {
    pub(crate) fn new(scheme: Arc<dyn Scheme>, lie: Lie, side: Side, opening: GenerationOpenIn, seed: u64) -> Self {
        let mut dice = Dice::new(seed, "liar", 0);
        let line = side.certificate.line();
        let session = dice.below(u64::MAX - 1) + 1;
        let them = detente_wire::PublicKey(*opening.other.party_key).party();
        let mut liar = Self {
            lie,
            line,
            them,
            link: Link::new(Config::new(line, session)),
            session,
            their_session: 0,
            own: OwnLog::new(side),
            copied: Copied::default(),
            deeds: Deeds::new(seed, opening.other.clone()),
            restored: Restored::default(),
            effects: VecDeque::new(),
            next: None,
            connected: false,
            scheme,
        };
        let claims = Claims { index: 0, seen: liar.copied.seen(), now: detente_testkit::MORNING, urgent: false };
        let first = liar.own.seal(&*liar.scheme, &mut dice, &StatementIn::GenerationOpen(opening), claims);
        liar.own.push(first.expect("an opening fits a body"));
        liar.tell_copy();
        liar.tell_own();
        liar
    }

    pub(crate) fn handle(&mut self, now: Timestamp, dice: &mut Dice, input: Input) {
        match input {
            Input::Connected(_) => {
                self.connected = true;
                self.link.handle_connected(now);
            }
            Input::Disconnected(_) => {
                self.connected = false;
                self.link.handle_disconnected(now, dice.rng());
            }
            Input::Frame(_, bytes) => self.hear(now, &bytes),
            _ => self.link.handle_timeout(now, dice.rng()),
        }
        if *self.next.get_or_insert(now.plus_seconds(5)) <= now {
            self.next = Some(now.plus_micros(dice.wait_us(self.pace_us())));
            self.say(now, dice);
        }
        self.pump(now, dice);
    }

    pub(crate) fn poll_effect(&mut self) -> Option<Effect> {
        self.effects.pop_front()
    }

    pub(crate) fn poll_timeout(&self) -> Option<Timestamp> {
        self.link.poll_timeout().into_iter().chain(self.next).min()
    }

    const fn pace_us(&self) -> i64 {
        match self.lie {
            Lie::Flood => 1_000_000,
            _ => 5_000_000,
        }
    }

    fn hear(&mut self, now: Timestamp, bytes: &[u8]) {
        if let Ok(Frame::Hello(hello)) = decode(bytes, Channel::default()) {
            self.their_session = hello.session;
            self.notice_restore(&hello);
        }
        if !self.deeds.is_deaf() {
            self.link.handle_frame(now, bytes);
        }
    }

    fn pump(&mut self, now: Timestamp, dice: &mut Dice) {
        loop {
            let mut any = false;
            while let Some(event) = self.link.poll_event() {
                any = true;
                self.take(now, dice, event);
            }
            while let Some(frame) = self.link.poll_transmit(now) {
                any = true;
                self.send(frame.urgent, frame.bytes, dice);
            }
            if !any {
                return;
            }
        }
    }

    fn take(&mut self, now: Timestamp, dice: &mut Dice, event: LinkEvent) {
        match event {
            LinkEvent::Dial => self.effects.push_back(Effect::Dial(self.line)),
            LinkEvent::Hello(hello) => self.meet(&hello),
            LinkEvent::Entry { generation, index: 0, packed, early: true } => {
                self.copied.keep_opening(generation, packed);
                self.begin_next();
            }
            LinkEvent::Entry { generation, index, packed, early: false }
                if generation == self.copied.generation && index == self.copied.size() =>
            {
                if let Some((fields, hash, _)) = read_entry(&packed) {
                    let (author, generation) = (fields.author, fields.generation);
                    self.copied.push(detente_types::StatementRef { author, generation, index, hash }, packed);
                    self.cosign_newest(now);
                }
            }
            LinkEvent::Checkpoint(note) => self.take_checkpoint(now, note),
            LinkEvent::Cosignature(note) => {
                if let Some(size) = read_note(&note).map(|said| said.size()) {
                    self.link.acknowledged(size.min(self.own.size()));
                }
            }
            LinkEvent::Need { own: true, generation, from, max_bytes } => {
                let mut given = 0;
                for index in from..self.own.size() {
                    let packed = self.packed(index);
                    given += packed.len();
                    self.link.supply(true, generation, index, packed);
                    if given >= max_bytes {
                        break;
                    }
                }
            }
            LinkEvent::Need { own: false, generation, from, max_bytes } => self.give_back(dice, generation, from, max_bytes),
            LinkEvent::NeedCheckpoint { generation, size } => {
                self.link.supply_checkpoint(generation, size, self.own.honest_checkpoint(&*self.scheme, size));
            }
            LinkEvent::Down { reason: DownReason::PeerRestarted | DownReason::Bye { .. } } if self.connected => {
                self.link.handle_connected(now);
            }
            _ => {}
        }
    }

    /// An entry of its own as it leaves: perhaps without its body.
    fn packed(&self, index: u64) -> Vec<u8> {
        let entry = &self.own.entries[index as usize];
        if self.deeds.withholds(index) {
            return detente_wire::entry::pack_rows(entry.leaf().bytes(), &[]).expect("a leaf has the length of one");
        }
        entry.packed()
    }

    fn meet(&mut self, hello: &Hello) {
        let send_from = hello.copy.size.min(self.own.size());
        let held = if hello.own.generation == self.copied.generation { self.copied.size() } else { 0 };
        let give_back = (hello.own.size < held).then_some((hello.own.generation, hello.own.size..held));
        self.link.open(Plan { send_from, give_back });
        self.met_restored();
    }

    fn take_checkpoint(&mut self, now: Timestamp, note: Vec<u8>) {
        let said = read_note(&note).filter(|said| said.origin() == self.copied_origin());
        let Some((size, root)) = said.map(|said| (said.size(), *said.root())) else { return };
        if self.lie == Lie::CosignUnread {
            self.cosign(now, size, root);
        }
        if size > self.copied.checkpoint.0 {
            self.copied.keep_checkpoint(size, note);
            self.cosign_newest(now);
        }
    }

    fn copied_origin(&self) -> String {
        log_name(&self.line, &self.them, self.copied.generation)
    }

    /// Tells the link how far its copy goes, under their signature.
    fn tell_copy(&mut self) {
        let (size, note) = self.copied.checkpoint.clone();
        self.link.set_copy(self.copied.head_at(size.min(self.copied.size())), note);
    }

    /// What an honest holder would do.
    fn cosign_newest(&mut self, now: Timestamp) {
        let (size, note) = self.copied.checkpoint.clone();
        if size == 0 || size > self.copied.size() {
            return;
        }
        let head = self.copied.head_at(size);
        if !self.restored.claims_falsely() {
            self.link.set_copy(head, note);
        }
        self.cosign(now, size, head.root);
        self.begin_next();
    }

    /// Goes on to their next generation, once it has all of this one.
    fn begin_next(&mut self) {
        if !self.restored.claims_falsely() && self.copied.begin_next() {
            self.tell_copy();
        }
    }

    /// What it gives back of each generation, should its author lose it: all of which is under their signature.
    pub(crate) fn copies(&self) -> impl Iterator<Item = Head> + '_ {
        let gives = self.lie != Lie::GivesNothing && !self.restored.claims_falsely();
        self.copied.heads().filter(move |_| gives)
    }

    /// Cosigns anything.
    fn cosign(&mut self, now: Timestamp, size: u64, root: detente_types::Root) {
        let origin = self.copied_origin();
        let name = holder_name(&self.line, &self.own.side.id(), detente_types::Generation::FIRST);
        let note = cosign(&*self.scheme, &self.own.side.holder, &name, &Checkpoint::new(&origin, size, root), now).note();
        self.link.cosign(note.into_bytes());
    }

    /// Tells the link how far its own log goes.
    fn tell_own(&mut self) {
        let size = self.own.size();
        let checkpoint = self.own.honest_checkpoint(&*self.scheme, size);
        self.link.set_own(self.own.head_at(size), checkpoint);
    }

    fn channel(&self) -> Channel {
        Channel { from: self.session, to: self.their_session }
    }
}
