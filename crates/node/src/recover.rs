//! What the peer's hello decides (PROTOCOL S2, S4): whether our log may grow, whether we were rolled back, and what each
//! side gives the other.

use detente_link::Plan;
use detente_record::evidence::{Examiner, Proved};
use detente_record::{Cosigned, Heads, Holder};
use detente_types::{Generation, Head, Index};
use detente_wire::checkpoint::{CheckpointFault, Cosignature, SignedCheckpoint, holder_name, open_checkpoint, open_cosignature};
use detente_wire::entry::unpack;
use detente_wire::frame::Hello;
use detente_wire::note::NoteFault;
use detente_wire::{Entry, Leaf, Place, Scheme, Verified, open_entry};

use crate::book::BookEntry;
use crate::input::{Effect, What};
use crate::line::{Cx, Line, Phase};
use crate::port::Write;

/// What the peer's copy of our log says about us.
enum Standing {
    /// It is a prefix of what we have.
    Behind,
    /// It is more than we have, under our own signature: we were rolled back.
    Ahead { until: u64 },
    /// It contradicts us, under our own signature.
    Forked,
    /// They acted on an early SAFETY entry of ours that we have lost, and what lay before it is lost too: we were rolled
    /// back, and it stays with them as an orphan (docs/decisions/0011).
    Stranded,
    /// It is a generation that is not known here: we were put back to before it was opened, or they made it up.
    Later,
    /// It is a claim that our signature does not bear out.
    MadeUp(String),
}

impl Line {
    pub(crate) fn take_hello(&mut self, cx: &mut Cx<'_>, hello: &Hello) {
        self.take_revocations(cx, &hello.revocations);
        self.lives.peer_copy = hello.copy;
        self.lives.hello_cosigned = hello.cosigned.to_vec();
        self.tell_copy_of(cx, &hello.own);
        // Openings are handed out anew, as this hello asks for.
        self.link.forget_openings();
        self.note_later(cx, &hello.newest);
        if hello.own.generation == self.peer.generation() {
            if !hello.own_checkpoint.is_empty() {
                self.take_checkpoint(cx, &hello.own_checkpoint);
            }
            self.take_own_cosignature(cx, &hello.cosigned);
        }
        match self.standing(cx, hello) {
            Standing::MadeUp(why) => {
                self.peer_fault(cx, why);
                self.link.hold();
                cx.out.effect(Effect::Hangup(self.id));
            }
            Standing::Forked => {
                // The note is the peer's evidence against us: it may be used against us, so both officers must see it.
                self.phase = Phase::Open;
                self.decisions.unshown = true;
                self.watch.handle_dispute(true);
                // Their copy of our log cannot go on.
                self.link.hold();
                self.event(cx, What::Fork(u64::MAX, "the peer holds another history of our log under our own signature".into()));
            }
            Standing::Ahead { until } => {
                self.must_renew(cx);
                self.lives.copy_note = hello.copy_checkpoint.to_vec();
                self.phase = Phase::Recovering { until };
                self.event(cx, What::Recovering(until));
                self.open_link(cx, hello);
                // What came back in an earlier session may still be on its way to the disk.
                self.finish_recovery(cx, until);
            }
            Standing::Stranded => {
                self.must_renew(cx);
                self.go_on(cx, hello);
            }
            Standing::Later => self.wait_for_later(cx, hello),
            Standing::Behind => self.go_on(cx, hello),
        }
        self.give_opening_back(&hello.own);
    }

    /// It is proved that we were rolled back. Once what was lost is back the next hello proves it no more: so the proof is in
    /// the book, with what comes back or before it.
    pub(crate) fn must_renew(&mut self, cx: &mut Cx<'_>) {
        if !core::mem::replace(&mut self.lives.renews, true) {
            cx.book(&BookEntry::LineRolledBack(self.id, cx.now.micros()));
        }
    }

    /// They hold no more of our log than we do.
    fn go_on(&mut self, cx: &mut Cx<'_>, hello: &Hello) {
        self.early_cosignature = None;
        self.give_up_lost(&hello.copy);
        if self.lives.later.is_some() {
            return self.wait_for_later(cx, hello);
        }
        #[cfg(feature = "plant")]
        self.stay_in_old();
        if self.lives.renews {
            self.phase = Phase::Renewing;
            self.lives.asked_renewal = None;
        } else {
            self.phase = Phase::Open;
        }
        self.open_link(cx, hello);
    }

    /// Our own cosignature as they hold it: what we once cosigned is a floor, also after a restore (PROTOCOL E6).
    pub(crate) fn take_own_cosignature(&mut self, cx: &mut Cx<'_>, note: &[u8]) {
        if note.is_empty() {
            return;
        }
        let said = self.open_cosignature_of(cx.scheme, true, self.peer.log.origin(), note);
        match said.as_ref().map(Cosignature::checkpoint) {
            // A repeat of the same size is harmless and gives us the note that we lost.
            Ok(said) if said.size() > self.holder.size() => {
                let signed = Head { generation: self.peer.generation(), size: said.size(), root: *said.root() };
                self.holder = Holder::new(said.size() - 1);
                if self.claims(signed) {
                    self.must_renew(cx);
                }
            }
            // Of another generation, ours or theirs.
            Ok(_) | Err(CheckpointFault::OtherLog { .. } | CheckpointFault::Note(NoteFault::Unsigned)) => {}
            Err(fault) => self.peer_fault(cx, format!("the cosignature that they hold of us is refused: {fault}")),
        }
    }

    /// Opens a cosignature by one side, whichever generation of its own log it was in.
    pub(crate) fn open_cosignature_of(
        &self,
        scheme: &dyn Scheme,
        ours: bool,
        origin: String,
        note: &[u8],
    ) -> Result<Cosignature, CheckpointFault> {
        let holder = if ours { &self.own } else { &self.peer };
        let open =
            |generation, key| open_cosignature(scheme, &key, &holder_name(&self.id, &holder.author(), generation), &origin, note);
        let newest = open(holder.generation(), holder.holder_key());
        newest.or_else(|fault| holder.holder_keys().skip(1).find_map(|(g, key)| open(g, key).ok()).ok_or(fault))
    }

    /// What they hold of our log, early entries included.
    fn standing(&self, cx: &Cx<'_>, hello: &Hello) -> Standing {
        let standing = self.standing_of_copy(cx, hello);
        let reach = match standing {
            Standing::Behind => self.own.log.size(),
            Standing::Ahead { until } => until,
            _ => return standing,
        };
        for leaf in &hello.early {
            // Of a generation that is not known here, or not any more, nothing can be said: `newest` tells of it.
            if Leaf::claimed_generation(leaf).is_some_and(|said| self.own.life(said).is_none()) {
                continue;
            }
            let Some(leaf) = self.own.log_keys().find_map(|key| Leaf::open(cx.scheme, &key, leaf).ok()) else {
                return Standing::MadeUp("they claim an early entry of ours, without our signature".into());
            };
            let (index, generation) = (leaf.fields().index, leaf.fields().generation);
            if generation != self.own.generation() {
                continue;
            }
            match self.own.log.leaf_hash(index) {
                Some(ours) if ours != leaf.hash() => return Standing::Forked,
                None if index >= reach && matches!(standing, Standing::Behind) => return Standing::Stranded,
                _ => {}
            }
        }
        standing
    }

    fn standing_of_copy(&self, cx: &Cx<'_>, hello: &Hello) -> Standing {
        let copy = &hello.copy;
        // They hold something of our newest generation and speak of another: a hello from before they heard of ours. Where
        // their copy of that other one is not whole, they hold only what came early.
        let short = self.own.ended(copy.generation).is_some_and(|end| copy.size < end.size);
        if copy.generation < self.own.generation() && self.lives.peer_newest == self.own.generation() && !short {
            return Standing::Later;
        }
        if copy.size == 0 {
            return Standing::Behind;
        }
        if copy.generation != self.own.generation() {
            return match self.own.root_at(copy.generation, copy.size) {
                Some(root) if root == copy.root => Standing::Behind,
                None if Some(copy.generation) <= self.lives.later => Standing::Later,
                _ => Standing::MadeUp(format!("they hold generation {} of our log otherwise than we do", copy.generation)),
            };
        }
        let ours = self.own.root_at(copy.generation, copy.size);
        if ours == Some(copy.root) {
            return Standing::Behind;
        }
        let signed = open_checkpoint(cx.scheme, &self.own.log_key(), &self.own.log.origin(), &hello.copy_checkpoint);
        let proved = signed.is_ok_and(|s| s.checkpoint().size() == copy.size && *s.checkpoint().root() == copy.root);
        match (proved, ours) {
            (true, None) => Standing::Ahead { until: copy.size },
            (true, Some(_)) => Standing::Forked,
            (false, _) => Standing::MadeUp(format!("they claim to hold {} entries of our log, without our signature", copy.size)),
        }
    }

    /// Lets replication flow: from where their copy ends, and back to them what they lost.
    pub(crate) fn open_link(&mut self, cx: &mut Cx<'_>, hello: &Hello) {
        let next = self.goes_out(&hello.copy);
        if next != self.lives.tells {
            return self.carry(cx, next);
        }
        self.send_openings();
        // What they have but whose cosignature we have not is sent once more: then they repeat it.
        let copied = if hello.copy.generation == self.lives.tells { hello.copy.size } else { 0 };
        let send_from = copied.min(self.cosigned.get(&self.lives.tells).map_or(0, Cosigned::acknowledged_size));
        let held = match self.peer.life(hello.own.generation) {
            Some(log) if hello.own.generation != self.peer.generation() => log.size(),
            Some(_) => self.copied_size(),
            None => 0,
        };
        let give_back = (hello.own.size < held).then_some((hello.own.generation, hello.own.size..held));
        self.link.open(Plan { send_from, give_back });
    }

    /// One of our own entries, given back by the peer (PROTOCOL S4).
    pub(crate) fn take_back(&mut self, cx: &mut Cx<'_>, generation: Generation, index: Index, packed: &[u8]) {
        let Phase::Recovering { until } = self.phase else {
            return;
        };
        let next = self.own.log.size();
        if generation != self.own.generation() || index != next {
            return;
        }
        let place = Place { line: self.id, author: self.us(), generation, index: Some(next), log_key: self.own.log_key() };
        let scheme = cx.scheme;
        #[cfg(feature = "plant")]
        let scheme = self.planted_scheme(scheme);
        let opened = unpack(packed).and_then(|(leaf, body)| open_entry(scheme, &place, leaf, body));
        let entry = match opened {
            Ok(entry) => entry,
            Err(fault) => {
                self.peer_fault(cx, format!("our entry {index} as they give it back is refused: {fault}"));
                self.link.hold();
                cx.out.effect(Effect::Hangup(self.id));
                return;
            }
        };
        cx.out.write(Write::entry(&entry));
        self.cache.put(index, entry.packed());
        self.claims(entry.fields().seen);
        self.own.append_unjudged(entry);
        self.judge_taken_back(cx);
        self.finish_recovery(cx, until);
    }

    /// Once everything is back, durable or on its way: a new generation comes next.
    fn finish_recovery(&mut self, cx: &mut Cx<'_>, until: u64) {
        if self.own.log.size() < until {
            return;
        }
        self.event(cx, What::Recovered(until));
        if self.lives.later.is_none() {
            self.phase = Phase::Renewing;
            self.lives.asked_renewal = None;
        }
        #[cfg(feature = "plant")]
        self.stay_in_old();
        if let Some(note) = self.early_cosignature.take() {
            self.take_cosignature(cx, &note);
        }
    }

    /// Whether a checkpoint of the peer's contradicts what it signed before (PROTOCOL S3). If so, evidence is kept.
    pub(crate) fn is_contradicted(&mut self, cx: &mut Cx<'_>, said: &SignedCheckpoint) -> bool {
        let (size, root) = (said.checkpoint().size(), said.checkpoint().root());
        let ours = self.peer.log.root_at(size);
        if ours.is_none_or(|known| known == *root) {
            return false;
        }
        let note = said.note();
        let evidence = self.kept.as_ref().and_then(|kept| {
            let examiner = Examiner::new(cx.scheme, &self.peer.certificate);
            let kept_size = kept.checkpoint().size();
            if kept_size == size {
                return examiner.examine_roots(kept.note().as_bytes(), note.as_bytes()).ok();
            }
            let path = self.peer.log.consistency_proof(size, kept_size).ok()?;
            let proved = Proved { hash: *ours?.as_bytes(), path: &path };
            examiner.examine_consistency(note.as_bytes(), kept.note().as_bytes(), proved).ok()
        });
        match evidence {
            Some(evidence) => {
                self.keep_evidence(cx, &evidence);
                self.stop_copy(cx);
            }
            None => {
                self.peer_fault(cx, format!("their checkpoint of {size} entries has another root than the entries they sent"));
                self.link.hold();
                cx.out.effect(Effect::Hangup(self.id));
            }
        }
        true
    }

    /// Two leaves of theirs for one place (PROTOCOL S3).
    pub(crate) fn accuse_two_leaves(&mut self, cx: &mut Cx<'_>, first: &Verified<Entry>, second: &Verified<Entry>) {
        let examiner = Examiner::new(cx.scheme, &self.peer.certificate);
        match examiner.examine_leaves(first.leaf().bytes(), second.leaf().bytes()) {
            Ok(evidence) => self.keep_evidence(cx, &evidence),
            Err(fault) => self.peer_fault(cx, format!("their entry {} contradicts itself: {fault}", second.fields().index)),
        }
    }

    /// A leaf of theirs for a place where their log has another, under their checkpoint (PROTOCOL S3).
    pub(crate) fn accuse_left_out(&mut self, cx: &mut Cx<'_>, second: &Verified<Entry>) {
        let (generation, index) = (second.fields().generation, second.fields().index);
        let newest = generation == self.peer.generation();
        let kept = if newest { self.kept.as_ref() } else { self.lives.peer_ends.get(&generation) };
        let evidence = kept.zip(self.peer.life(generation)).and_then(|(kept, log)| {
            let path = log.inclusion_proof(index, kept.checkpoint().size()).ok()?;
            let proved = Proved { hash: *log.leaf_hash(index)?.as_bytes(), path: &path };
            let examiner = Examiner::new(cx.scheme, self.peer.certificate_of(generation));
            examiner.examine_inclusion(second.leaf().bytes(), kept.note().as_bytes(), proved).ok()
        });
        match evidence {
            Some(evidence) => self.keep_evidence(cx, &evidence),
            None => self.peer_fault(cx, format!("they sent another entry {index} than the one that they put in their log")),
        }
    }
}
