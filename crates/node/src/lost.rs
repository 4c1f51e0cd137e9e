//! A generation of our own that we lost with its keys: this home was put back from a backup made before it was opened
//! (docs/decisions/0013). The peer gives back one generation after the other, each proved by the party key's signature
//! under its opening; then a new one is opened.
//!
//! The peer's side of it: it speaks of the generation that the author names, and hands it the next opening when the
//! author has that one whole.

use detente_record::Opening;
use detente_types::{Generation, Head};
use detente_wire::checkpoint::{SignedCheckpoint, open_checkpoint};
use detente_wire::frame::Hello;
use detente_wire::{Certificate, Scheme, codec};

use crate::input::What;
use crate::line::{Cx, Line, Phase, empty_head};

impl Line {
    /// Names the newest generation of theirs that we hold anything of, with their own word for it.
    pub(crate) fn tell_newest(&mut self) {
        let held = self.seen.generation == self.peer.generation() && !self.peer.closed.is_empty();
        self.link.set_newest(if held { codec::encode(self.peer.certificate.input()) } else { Vec::new() });
    }

    /// They may hold a generation of ours that is not known here: our party key's word for it proves that it was opened.
    pub(crate) fn note_later(&mut self, cx: &mut Cx<'_>, certificate: &[u8]) {
        self.lives.peer_newest = Generation::FIRST;
        #[cfg(feature = "plant")]
        if self.has(crate::plant::Plant::NewestUnread) {
            return;
        }
        if !certificate.is_empty() {
            let opened = codec::decode(certificate, "certificate").ok().and_then(|c| Certificate::open(cx.scheme, c).ok());
            match opened.filter(|c| c.party() == self.us() && c.line() == self.id) {
                Some(certificate) => self.lives.peer_newest = certificate.generation(),
                None => self.peer_fault(cx, "they claim to hold a generation of ours, without our party key's word".into()),
            }
        }
        let later = Some(self.lives.peer_newest).filter(|newest| *newest > self.own.generation());
        if later.is_some() && self.lives.later.is_none() {
            self.must_renew(cx);
            self.event(cx, What::Recovering(self.own.log.size()));
        }
        self.lives.later = later;
    }

    /// More of our own is to come back: the link stays open for it, and they are asked again.
    pub(crate) fn wait_for_later(&mut self, cx: &mut Cx<'_>, hello: &Hello) {
        self.phase = Phase::Recovering { until: self.own.log.size() };
        self.open_link(cx, hello);
        // What they say of the generation that we have is all that can be had: its opening follows by itself.
        if hello.copy.generation != self.own.generation() {
            self.link.greet_again();
        }
    }

    /// The opening of a generation of ours, as the peer gives it back: it counts once we have all of the one before.
    pub(crate) fn take_own_opening(&mut self, opening: Opening) {
        self.lives.lost_opening = self.lives.later.map(|_| opening);
        self.begin_lost();
    }

    /// Begins a generation of ours that is to be taken back.
    pub(crate) fn begin_lost(&mut self) {
        let durable = self.own.durable == self.own.log.size();
        let follows = |opening: &Opening| opening.previous() == Some(&self.own.log.head());
        if !durable || !self.lives.lost_opening.as_ref().is_some_and(follows) {
            return;
        }
        let Some(opening) = self.lives.lost_opening.take() else {
            return;
        };
        self.keep_old_keys();
        self.own.begin(opening.own().clone());
        (self.checkpointed, self.covered, self.lives.keys_lost, self.lives.back) = (0, 0, true, 0);
        self.cache = crate::line::Cache::default();
        self.lives.tells = self.own.generation();
        self.link.set_cosigned(Vec::new());
        self.link.set_own(Head { generation: self.lives.tells, ..empty_head() }, Vec::new());
    }

    /// Our checkpoint of a generation whose keys are lost: the one that the peer gave back, now or before the last start.
    pub(crate) fn lost_checkpoint(&self, scheme: &dyn Scheme, size: u64) -> Option<SignedCheckpoint> {
        let given = open_checkpoint(scheme, &self.own.log_key(), &self.own.log.origin(), &self.lives.copy_note).ok();
        let mut known = given.into_iter().chain(self.own_checkpoint.clone());
        known.find(|said| said.checkpoint().size() == size && Some(*said.checkpoint().root()) == self.own.log.root_at(size))
    }

    /// Speaks of the generation that the author names, so that it can judge what we say.
    pub(crate) fn tell_copy_of(&mut self, named: &Head) {
        let (head, note) = match self.peer.life(named.generation) {
            Some(log) if named.generation != self.peer.generation() => {
                let end = self.lives.peer_ends.get(&named.generation);
                (log.head(), end.map(|end| end.note().into_bytes()).unwrap_or_default())
            }
            _ if self.seen.generation == self.peer.generation() => {
                (self.seen, self.kept.as_ref().map(|kept| kept.note().into_bytes()).unwrap_or_default())
            }
            _ => (Head { generation: self.peer.generation(), ..empty_head() }, Vec::new()),
        };
        if self.lives.tells_copy != head.generation {
            self.lives.tells_copy = head.generation;
            self.link.set_copy(head, note);
            self.link.tell_copy();
        }
    }

    /// Hands the author the next opening that it lost.
    pub(crate) fn give_opening_back(&mut self, named: &Head) {
        let lost = named.generation < self.peer.generation();
        let next = self.peer.after(named.generation);
        if let Some(packed) = self.peer.opening(next).filter(|_| lost) {
            self.link.send_early(next, 0, packed.clone());
        }
    }
}

/// Whether an opening is ours or theirs.
pub(crate) fn open_either(
    scheme: &dyn Scheme,
    line: &Line,
    generation: Generation,
    (leaf, body): (&[u8], &[u8]),
) -> Result<Opening, detente_record::OpeningFault> {
    let theirs = Opening::open(scheme, line.id, line.them(), generation, leaf, body);
    theirs.or_else(|fault| Opening::open(scheme, line.id, line.us(), generation, leaf, body).map_err(|_| fault))
}
