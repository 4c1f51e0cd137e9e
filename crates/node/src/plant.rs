//! Bugs planted on purpose, so that the simulator can prove that it would find them.
//!
//! Only builds with the feature `plant` have them, and there each does nothing until [`Node::danger_plant`] is called:
//! cargo unifies features over a workspace build, so the product must be safe with this code inside.

use detente_terms::safety::{Pace, SafetyBoard};
use detente_types::{Notice, NoticeIn, StatementRef};
use detente_wire::Valid;
use detente_wire::checkpoint::{Checkpoint, SignedCheckpoint, cosign, holder_name};

use crate::line::{Cx, Line};
use crate::node::Node;

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
        exact.cloned().unwrap_or(disclosed)
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
}
