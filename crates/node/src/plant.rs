//! Bugs planted on purpose, so that the simulator can prove that it would find them.
//!
//! Only builds with the feature `plant` have them, and there each does nothing until [`Node::danger_plant`] is called:
//! cargo unifies features over a workspace build, so the product must be safe with this code inside.

use detente_record::ForkEvidence;
use detente_terms::safety::{Pace, SafetyBoard};
use detente_types::{Generation, Head, Notice, NoticeIn, StatementIn, StatementRef};
use detente_wire::checkpoint::{Checkpoint, SignedCheckpoint, cosign, holder_name};
use detente_wire::{Entry, PublicKey, Scheme, SecretKey, Signature, Valid, Verified};

use crate::line::{Cx, Line, Phase, Waiting};
use crate::node::Node;
use crate::port::NoteRole;
use crate::side::Verdict;

/// One bug.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Plant {
    /// Cosigns a checkpoint when it arrives, whatever is on the disk (against PROTOCOL E5).
    CosignUnread,
    /// Cosigns what is smaller than what it cosigned before (against E6).
    CosignOlder,
    /// Speaks before the peer has said what it holds (against S4).
    SpeakUnproven,
    /// Names what it holds in memory as `seen` (against S1).
    SeenUndurable,
    /// Takes whatever `seen` the peer claims (against S2).
    SeenUnchecked,
    /// Lets the exact shape out at every precision (against C7).
    DiscloseExact,
    /// Files its own notices in their exact shape among joint ones (against C1).
    JointExact,
    /// Believes a cosignature before it is durable.
    AckUndurable,
    /// Acts on a SAFETY notice again when the log catches up (against F2).
    ActTwice,
    /// Rings for nothing (against F1).
    SilentSafety,
    /// Answers unusable receipts with refusals (against E8).
    RefuseRefusals,
    /// Blames the peer for repeating a cosignature.
    DoubtRepeats,
    /// Forgets inputs that should wait in the book.
    ForgetWaiting,
    /// Keeps entries for sending although they have arrived.
    Hoard,
    /// Lists one conflict, however many there are (against C1).
    ListShort,
    /// Names as `seen` less than it has named before, now and then (against S1).
    SeenBack,
    /// States an input again that was stated (against S4).
    StateTwice,
    /// Says again what it has said because it owed it (against F2, K2).
    OweTwice,
    /// Rings on when an action is stated (against DESIGN D8).
    RingAnswered,
    /// Finds what its exact plans meet at the next start, and not before (against DESIGN D4).
    WarnLate,
    /// Seals another result of a blind run than it found, as the lower party.
    SealOtherwise,
    /// Keeps a cosignature that it refuses.
    KeepRefused,
    /// Takes it for granted that evidence reads as evidence.
    EvidenceExpected,
    /// Keeps evidence of whoever is accused on this line.
    EvidenceAnybody,
    /// Refuses what follows a refused entry as well, and blames the peer for it.
    BlameGaps,
    /// Books the next entry as the one that an input became (against DESIGN D4).
    BookNext,
    /// Wants its timer at once, always.
    TickAtOnce,
    /// Opens a generation before the peer has said what it holds of the one before (against S4).
    RenewUnasked,
    /// Says that its last generation ended one entry before it did (against S5).
    RenewShort,
    /// Goes on in the generation in which it was rolled back (against decision 0013).
    StayInOld,
    /// Does not state where the generation before ended (against S5).
    CloseUnsaid,
    /// Takes its own entries back unverified (against S4).
    TakeBackUnread,
    /// Acts twice on entries that came back.
    ReturnTwice,
    /// Does not look at the word for a later generation of its own (against decision 0052).
    NewestUnread,
}

impl Node {
    /// Plants a bug in every line that this node has now.
    pub fn danger_plant(&mut self, plant: Plant) {
        for line in self.lines.values_mut() {
            line.plant = Some(plant);
        }
    }
}

impl Line {
    pub(crate) fn has(&self, plant: Plant) -> bool {
        self.plant == Some(plant)
    }

    /// [`Plant::CosignUnread`].
    pub(crate) fn cosign_unread(&mut self, cx: &Cx<'_>, said: &SignedCheckpoint) {
        if self.has(Plant::CosignUnread) {
            self.cosign_anything(cx, said.checkpoint());
        }
    }

    /// [`Plant::CosignOlder`].
    pub(crate) fn cosign_older(&mut self, cx: &Cx<'_>) {
        let size = self.seen.size.saturating_sub(1);
        if self.has(Plant::CosignOlder) && size > 0 {
            let older = Checkpoint::new(&self.peer.log.origin(), size, self.peer.head_at(size).root);
            self.cosign_anything(cx, &older);
        }
    }

    fn cosign_anything(&mut self, cx: &Cx<'_>, said: &Checkpoint) {
        let name = holder_name(&self.id, &self.us(), self.own.generation());
        let note = cosign(cx.scheme, &self.keys.holder, &name, said, cx.now).note();
        self.link.cosign(note.into_bytes());
    }

    /// [`Plant::AckUndurable`].
    pub(crate) fn ack_undurable(&mut self, cx: &mut Cx<'_>, size: u64, note: &[u8]) {
        if self.has(Plant::AckUndurable) {
            self.own_acknowledged(cx, self.lives.tells, size, note.to_vec());
        }
    }

    /// [`Plant::ActTwice`].
    pub(crate) fn forget_acted(&mut self, at: &StatementRef) {
        if self.has(Plant::ActTwice) && self.acted_early.remove(&at.hash) {
            self.safety = SafetyBoard::new(Pace::of(self.current_terms()));
        }
    }

    /// [`Plant::JointExact`].
    pub(crate) fn planted_shape(&self, theirs: bool, disclosed: Valid<Notice>) -> Valid<Notice> {
        let exact = self.joint.exact(&disclosed.id()).filter(|_| !theirs && self.has(Plant::JointExact));
        exact.map_or(disclosed, |plan| plan.notice.clone())
    }

    /// [`Plant::ListShort`].
    pub(crate) fn listed_most(&self) -> usize {
        if self.has(Plant::ListShort) { 1 } else { usize::MAX }
    }

    /// [`Plant::DiscloseExact`].
    pub(crate) fn planted_disclosure(&self, exact: &Valid<Notice>, disclosed: Option<NoticeIn>) -> Option<NoticeIn> {
        let mut form = disclosed?;
        if self.has(Plant::DiscloseExact) {
            form.volumes.clone_from(&exact.input().volumes);
        }
        Some(form)
    }

    /// [`Plant::SeenUndurable`], [`Plant::SeenBack`].
    pub(crate) fn planted_seen(&self, seen: Head) -> Head {
        /// Every so many entries one names less.
        const EVERY: u64 = 8;
        match self.plant {
            Some(Plant::SeenUndurable) => self.peer.log.head(),
            Some(Plant::SeenBack) if self.own.log.size() % EVERY == EVERY - 1 && self.copied_size() > 0 => {
                self.peer.head_at(seen.size / 2)
            }
            _ => seen,
        }
    }

    /// [`Plant::StateTwice`], once.
    pub(crate) fn state_twice(&mut self, book: u64, input: &StatementIn) {
        if self.has(Plant::StateTwice) && matches!(input, StatementIn::Check(_)) {
            self.waiting.push_back(Waiting { book, input: input.clone() });
            self.plant = None;
        }
    }

    /// [`Plant::KeepRefused`].
    pub(crate) fn keep_refused(&self, cx: &mut Cx<'_>, generation: Generation, size: u64, note: Vec<u8>) {
        if self.has(Plant::KeepRefused) {
            cx.out.write(self.note(self.us(), generation, NoteRole::Cosignature, size, note));
        }
    }

    /// [`Plant::EvidenceExpected`].
    pub(crate) fn expect_evidence(&self, cx: &Cx<'_>, bytes: &[u8]) {
        if self.has(Plant::EvidenceExpected) {
            ForkEvidence::open(cx.scheme, bytes).expect("a peer sends nothing else");
        }
    }

    /// [`Plant::RenewUnasked`].
    pub(crate) fn renew_unasked(&mut self) {
        if self.has(Plant::RenewUnasked) && self.lives.renews && self.phase == Phase::Unproven {
            self.phase = Phase::Renewing;
        }
    }

    /// [`Plant::RenewShort`]: where our generation ends.
    pub(crate) fn planted_end(&self) -> u64 {
        self.own.log.size().saturating_sub(u64::from(self.has(Plant::RenewShort)))
    }

    /// [`Plant::StayInOld`].
    pub(crate) fn stay_in_old(&mut self) {
        if self.has(Plant::StayInOld) {
            self.lives.renews = false;
            self.phase = Phase::Open;
        }
    }

    /// [`Plant::TakeBackUnread`].
    pub(crate) fn planted_scheme<'a>(&self, scheme: &'a dyn Scheme) -> &'a dyn Scheme {
        if self.has(Plant::TakeBackUnread) { &Trusting } else { scheme }
    }

    /// [`Plant::ReturnTwice`].
    pub(crate) fn return_twice(&mut self, entry: &Verified<Entry>, verdict: &Verdict) {
        if self.has(Plant::ReturnTwice) {
            self.own.learn(entry.clone(), verdict.clone());
        }
    }

    /// [`Plant::BookNext`].
    pub(crate) fn booked_as(&self, stated: StatementRef) -> StatementRef {
        StatementRef { index: stated.index + u64::from(self.has(Plant::BookNext)), ..stated }
    }
}

/// Takes every signature for a good one: for bugs, and for whoever only looks on.
#[derive(Clone, Copy, Debug)]
pub struct Trusting;

impl Scheme for Trusting {
    fn public(&self, _: &SecretKey) -> PublicKey {
        PublicKey([0; 32])
    }

    fn sign(&self, _: &SecretKey, _: &[u8]) -> Signature {
        Signature([0; 64])
    }

    fn verify(&self, _: &PublicKey, _: &[u8], _: &Signature) -> bool {
        true
    }
}
