//! A generation of our own that we lost with its keys: this home was put back from a backup made before it was opened
//! (docs/decisions/0013). The peer gives back one generation after the other, each proved by the party key's signature
//! under its opening; then a new one is opened.
//!
//! The peer's side of it: it speaks of the generation that the author names, and hands it the next opening when the
//! author has that one whole.

use detente_record::Opening;
use detente_types::{EntryHash, Generation, Head, Index};
use detente_wire::checkpoint::{SignedCheckpoint, open_checkpoint};
use detente_wire::frame::Hello;
use detente_wire::{Certificate, Scheme, Verified, codec};

use crate::input::What;
use crate::line::{Cx, Line, Phase, empty_head};

impl Line {
    /// Names the newest generation of theirs that we hold anything of, with their own word for it.
    pub(crate) fn tell_newest(&mut self) {
        let held = self.seen.generation == self.peer.generation() && !self.peer.closed.is_empty();
        let newest = self.early_generation().or(held.then_some(&self.peer.certificate));
        let newest = newest.map(|certificate| codec::encode(certificate.input())).unwrap_or_default();
        self.link.set_newest(newest);
    }

    /// The generation of theirs of which only early entries are here, and durable.
    fn early_generation(&self) -> Option<&Verified<Certificate>> {
        let own = self.lives.early_opening.as_ref()?.own();
        let durable =
            |((of, _), hash): (&(Generation, Index), &EntryHash)| *of == own.generation() && self.early_durable.contains(hash);
        self.early.iter().any(durable).then_some(own)
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
        let known = self.own.generation().max(self.lives.void);
        let later = Some(self.lives.peer_newest).filter(|newest| *newest > known);
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
    pub(crate) fn take_own_opening(&mut self, cx: &Cx<'_>, opening: Opening) {
        self.lives.lost_opening = self.lives.later.map(|_| opening);
        self.begin_lost(cx);
    }

    /// Begins a generation of ours that is to be taken back.
    pub(crate) fn begin_lost(&mut self, cx: &Cx<'_>) {
        let durable = self.own.durable == self.own.log.size();
        let follows = |opening: &Opening| opening.previous() == Some(&self.own.log.head());
        if !durable || !self.lives.lost_opening.as_ref().is_some_and(follows) {
            return;
        }
        let Some(opening) = self.lives.lost_opening.take() else {
            return;
        };
        let copy = self.lives.peer_copy;
        if copy.generation == self.own.generation() && copy.size < self.own.log.size() {
            return self.pass_over(opening.own().generation());
        }
        self.keep_lost_end(cx.scheme);
        self.keep_old_keys();
        self.own.begin(opening.own().clone());
        (self.checkpointed, self.covered, self.lives.keys_lost, self.lives.back) = (0, 0, true, 0);
        self.cache = crate::line::Cache::default();
        self.lives.tells = self.own.generation();
        self.link.set_cosigned(Vec::new());
        self.link.set_own(Head { generation: self.lives.tells, ..empty_head() }, Vec::new());
    }

    /// A copy begins a generation only once it has the one before whole, and theirs is short of it: of the lost one they hold
    /// early entries at the most.
    fn pass_over(&mut self, lost: Generation) {
        (self.lives.void, self.lives.later) = (lost, None);
        self.phase = Phase::Renewing;
        self.lives.asked_renewal = None;
    }

    /// They hold nothing but early entries of a generation of ours that is lost here: so nothing of it can come back, the next
    /// one follows the one before it, and what they hold stays with them (docs/decisions/0011). The link speaks of the lost
    /// one until the next is open, for on a link generations only rise.
    pub(crate) fn give_up_lost(&mut self, copy: &Head) {
        let nothing = (copy.generation, copy.size) == (self.own.generation(), 0);
        if !nothing || !self.lives.keys_lost || !self.own.forget_begun() {
            return;
        }
        let (generation, size) = (self.own.generation(), self.own.log.size());
        self.lives.void = copy.generation;
        (self.checkpointed, self.covered, self.lives.back) = (size, size, size);
        let keys = self.lives.old_keys.remove(&generation);
        self.lives.keys_lost = keys.is_none();
        self.keys = keys.unwrap_or_else(|| self.keys.clone());
        self.lives.tells = generation;
    }

    /// The end of a generation whose keys are lost, under our own checkpoint.
    pub(crate) fn keep_lost_end(&mut self, scheme: &dyn Scheme) {
        if let Some(end) = self.lost_checkpoint(scheme, self.own.log.size()).filter(|_| self.lives.keys_lost) {
            self.lives.ends.insert(self.own.generation(), end);
        }
    }

    /// Our checkpoint of a generation whose keys are lost: the one that the peer gave back, now or before the last start.
    pub(crate) fn lost_checkpoint(&self, scheme: &dyn Scheme, size: u64) -> Option<SignedCheckpoint> {
        let given = open_checkpoint(scheme, &self.own.log_key(), &self.own.log.origin(), &self.lives.copy_note).ok();
        let mut known = given.into_iter().chain(self.own_checkpoint.clone());
        known.find(|said| said.checkpoint().size() == size && Some(*said.checkpoint().root()) == self.own.log.root_at(size))
    }

    /// Speaks of the generation that the author names, so that it can judge what we say.
    pub(crate) fn tell_copy_of(&mut self, cx: &mut Cx<'_>, named: &Head) {
        self.begin_kept(cx, named.generation);
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

    /// The author speaks of a generation of which only early entries are here: our copy begins, and says that it is empty.
    fn begin_kept(&mut self, cx: &mut Cx<'_>, named: Generation) {
        let follows = |opening: &&Opening| {
            opening.own().generation() == named && opening.previous().is_some_and(|p| p.generation == self.peer.generation())
        };
        if let Some(opening) = self.lives.early_opening.as_ref().filter(follows).cloned() {
            self.lives.next_opening = Some(opening);
            self.begin_copy(cx);
        }
    }

    /// Hands the author the next opening that it lost.
    pub(crate) fn give_opening_back(&mut self, named: &Head) {
        let next = self.peer.after(named.generation);
        if named.generation < self.peer.generation() {
            if let Some(packed) = self.peer.opening(next) {
                self.link.send_early(next, 0, packed.clone());
            }
        } else if let Some(opening) = self.lives.early_opening.as_ref().filter(|_| self.early_generation().is_some())
            && named.generation < opening.own().generation()
        {
            self.link.send_early(opening.own().generation(), 0, opening.entry().packed());
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
