//! A peer that lies: it owns real keys, speaks the real frames, and breaks the protocol in one way that it was told.
//!
//! It is built on the real link and two logs in memory, and mostly behaves: a lie shows best in an honest conversation.
//! What it does wrong stands in `deeds`. An honest node must come through every lie without a panic, with its own record
//! whole, and must name the lie.

mod deeds;
mod log;

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use detente_link::{Config, DownReason, Event as LinkEvent, Link, Plan};
use detente_node::{Effect, Input};
use detente_testkit::Side;
use detente_types::statement::{GenerationOpenIn, StatementIn};
use detente_types::{LineId, PartyId, Timestamp};
use detente_wire::Scheme;
use detente_wire::checkpoint::{Checkpoint, cosign, holder_name, log_name};
use detente_wire::frame::{Channel, Frame, decode};

use crate::dice::Dice;
use crate::invariant::audible::{read_entry, read_note};
use crate::invariant::{Check, ensure};
use deeds::Deeds;
use log::{Claims, Copied, OwnLog};

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
}

impl Lie {
    /// All of them.
    pub const ALL: [Self; 17] = [
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
        }
    }

    /// By that name.
    pub fn by_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|lie| lie.name() == name)
    }

    /// What an honest node must have said of it, any of these; empty when nobody can tell.
    const fn named_as(self) -> &'static [&'static str] {
        match self {
            Self::ForkEarly | Self::ForkEarlier => &["fork"],
            // The other root may come before the entries: then it contradicts them, and nothing signed is kept to compare.
            Self::ForkRoots | Self::Rollback => &["fork", "peer fault"],
            Self::Unusable => &["unusable"],
            Self::Flood => &["safety flood"],
            Self::Stall => &["line down"],
            Self::CosignUnread | Self::CosignShrink | Self::Replay => &[],
            _ => &["peer fault"],
        }
    }
}

/// A lie that can be told from the truth is named by the honest side: as a fault, as evidence, or as an unusable
/// statement (DESIGN D12).
pub(crate) fn is_named(lie: Lie, named: &BTreeMap<String, u64>) -> Check {
    let wanted = lie.named_as();
    let holds = wanted.is_empty() || wanted.iter().any(|kind| named.contains_key(*kind));
    ensure(holds, "every_lie_is_named", || format!("{} was named only as {named:?}", lie.name()))
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
            deeds: Deeds::new(seed),
            effects: VecDeque::new(),
            next: None,
            connected: false,
            scheme,
        };
        let claims = Claims { index: 0, seen: liar.copied.head_at(0), now: detente_testkit::MORNING, urgent: false };
        let first = liar.own.seal(&*liar.scheme, &mut dice, &StatementIn::GenerationOpen(opening), claims);
        liar.own.push(first.expect("an opening fits a body"));
        liar.link.set_copy(liar.copied.head_at(0), Vec::new());
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
                self.take(now, event);
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

    fn take(&mut self, now: Timestamp, event: LinkEvent) {
        match event {
            LinkEvent::Dial => self.effects.push_back(Effect::Dial(self.line)),
            LinkEvent::Hello(hello) => {
                let send_from = hello.copy.size.min(self.own.size());
                self.link.open(Plan { send_from, give_back: None });
            }
            LinkEvent::Entry { index, packed, early: false, .. } if index == self.copied.size() => {
                if let Some((fields, hash, _)) = read_entry(&packed) {
                    let (author, generation) = (fields.author, fields.generation);
                    self.copied.push(detente_types::StatementRef { author, generation, index, hash });
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

    fn take_checkpoint(&mut self, now: Timestamp, note: Vec<u8>) {
        let Some((size, root)) = read_note(&note).map(|said| (said.size(), *said.root())) else { return };
        if self.lie == Lie::CosignUnread {
            self.cosign(now, size, root);
        }
        if size > self.copied.checkpoint.0 {
            self.copied.checkpoint = (size, note);
            self.cosign_newest(now);
        }
    }

    /// What an honest holder would do.
    fn cosign_newest(&mut self, now: Timestamp) {
        let (size, note) = self.copied.checkpoint.clone();
        if size == 0 || size > self.copied.size() {
            return;
        }
        let head = self.copied.head_at(size);
        self.link.set_copy(head, note);
        self.cosign(now, size, head.root);
    }

    /// Cosigns anything.
    fn cosign(&mut self, now: Timestamp, size: u64, root: detente_types::Root) {
        let origin = log_name(&self.line, &self.them, detente_types::Generation::FIRST);
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
