//! What the peer's hello decides (PROTOCOL S2, S4): whether our log may grow, whether we were rolled back, and what each
//! side gives the other.

use detente_link::Plan;
use detente_record::evidence::{Examiner, Proved};
use detente_record::{ForkEvidence, Heads, Holder};
use detente_types::{Generation, Index};
use detente_wire::checkpoint::{SignedCheckpoint, holder_name, open_checkpoint, open_cosignature};
use detente_wire::entry::unpack;
use detente_wire::frame::Hello;
use detente_wire::{Entry, Leaf, Place, Verified, open_entry};

use crate::input::{Effect, What};
use crate::line::{Cx, Line, Phase};
use crate::out::Then;
use crate::port::Write;
use crate::take::entry_row;

/// What the peer's copy of our log says about us.
enum Standing {
    /// It is a prefix of what we have.
    Behind,
    /// It is more than we have, under our own signature: we were rolled back.
    Ahead { until: u64 },
    /// It contradicts us, under our own signature.
    Forked,
    /// They acted on an early SAFETY entry of ours that we have lost, and what lay before it is lost too.
    Stranded { index: Index },
    /// It is a claim that our signature does not bear out.
    MadeUp(String),
}

impl Line {
    pub(crate) fn take_hello(&mut self, cx: &mut Cx<'_>, hello: &Hello) {
        self.take_revocations(cx, hello);
        if !hello.own_checkpoint.is_empty() {
            self.take_checkpoint(cx, &hello.own_checkpoint);
        }
        self.take_own_cosignature(cx, hello);
        let standing = self.standing(cx, hello);
        match standing {
            Standing::Stranded { index } => {
                self.phase = Phase::Stranded { index };
                self.link.hold();
                self.event(cx, What::Stranded(index));
            }
            Standing::MadeUp(why) => {
                self.peer_fault(cx, why);
                self.link.hold();
                cx.out.effect(Effect::Hangup(self.id));
            }
            Standing::Forked => {
                // The note is the peer's evidence against us: it may be used against us, so both officers must see it.
                self.phase = Phase::Held;
                self.link.hold();
                self.event(cx, What::Fork(u64::MAX, "the peer holds another history of our log under our own signature".into()));
            }
            Standing::Ahead { until } => {
                self.phase = Phase::Recovering { until };
                self.event(cx, What::Recovering(until));
                self.open_link(hello);
            }
            Standing::Behind if self.phase == Phase::Held => self.link.hold(),
            Standing::Behind => {
                self.phase = Phase::Open;
                self.open_link(hello);
            }
        }
    }

    /// Our own cosignature as they hold it: what we once cosigned is a floor, also after a restore (PROTOCOL E6).
    fn take_own_cosignature(&mut self, cx: &mut Cx<'_>, hello: &Hello) {
        if hello.cosigned.is_empty() {
            return;
        }
        let name = holder_name(&self.id, &self.us(), self.own.generation());
        let opened = open_cosignature(cx.scheme, &self.keys.holder.public(), &name, &self.peer.log.origin(), &hello.cosigned);
        match opened.map(|c| c.checkpoint().size()) {
            // A repeat of the same size is harmless and gives us the note that we lost.
            Ok(size) if size > self.holder.size() => self.holder = Holder::new(size - 1),
            Ok(_) => {}
            Err(fault) => self.peer_fault(cx, format!("the cosignature that they hold of us is refused: {fault}")),
        }
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
            let Ok(leaf) = Leaf::open(cx.scheme, &self.own.log_key, leaf) else {
                return Standing::MadeUp("they claim an early entry of ours, without our signature".into());
            };
            let (index, generation) = (leaf.fields().index, leaf.fields().generation);
            if generation != self.own.generation() {
                continue;
            }
            match self.own.log.leaf_hash(index) {
                Some(ours) if ours != leaf.hash() => return Standing::Forked,
                None if index >= reach => return Standing::Stranded { index },
                _ => {}
            }
        }
        standing
    }

    fn standing_of_copy(&self, cx: &Cx<'_>, hello: &Hello) -> Standing {
        let copy = &hello.copy;
        if copy.size == 0 {
            return Standing::Behind;
        }
        if copy.generation != self.own.generation() {
            let known = self.own.root_at(copy.generation, copy.size) == Some(copy.root);
            return if known {
                Standing::Behind
            } else {
                Standing::MadeUp(format!("they hold generation {} of our log, which is not known here", copy.generation))
            };
        }
        let ours = self.own.root_at(copy.generation, copy.size);
        if ours == Some(copy.root) {
            return Standing::Behind;
        }
        let signed = open_checkpoint(cx.scheme, &self.own.log_key, &self.own.log.origin(), &hello.copy_checkpoint);
        let proved = signed.is_ok_and(|s| s.checkpoint().size() == copy.size && *s.checkpoint().root() == copy.root);
        match (proved, ours) {
            (true, None) => Standing::Ahead { until: copy.size },
            (true, Some(_)) => Standing::Forked,
            (false, _) => Standing::MadeUp(format!("they claim to hold {} entries of our log, without our signature", copy.size)),
        }
    }

    /// Lets replication flow: from where their copy ends, and back to them what they lost.
    fn open_link(&mut self, hello: &Hello) {
        // What they have but whose cosignature we have not is sent once more: then they repeat it.
        let copied = if hello.copy.generation == self.own.generation() { hello.copy.size } else { 0 };
        let send_from = copied.min(self.cosigned.acknowledged_size());
        let lost = hello.own.generation == self.peer.generation() && hello.own.size < self.seen.size;
        let give_back = lost.then(|| (self.peer.generation(), hello.own.size..self.seen.size));
        self.link.open(Plan { send_from, give_back });
    }

    fn take_revocations(&mut self, cx: &mut Cx<'_>, hello: &Hello) {
        for bytes in &hello.revocations {
            let Ok(revocation) = detente_wire::codec::decode(bytes, "revocation") else {
                self.peer_fault(cx, "a revocation in their hello does not decode".into());
                continue;
            };
            match detente_wire::certificate::open_revocation(cx.scheme, self.party_keys[1], self.id, &revocation) {
                Ok(()) => self.revoked = Some((revocation.generation, revocation.from_size)),
                Err(fault) => self.peer_fault(cx, format!("a revocation in their hello is refused: {fault}")),
            }
        }
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
        let place = Place { line: self.id, author: self.us(), generation, index: Some(next), log_key: self.own.log_key };
        let opened = unpack(packed).and_then(|(leaf, body)| open_entry(cx.scheme, &place, leaf, body));
        let entry = match opened {
            Ok(entry) => entry,
            Err(fault) => return self.peer_fault(cx, format!("our entry {index} as they give it back is refused: {fault}")),
        };
        cx.out.write(entry_row(&entry));
        self.cache.put(index, entry.packed());
        self.own.append_unjudged(entry);
        self.judge_taken_back(cx);
        if self.own.log.size() == until {
            self.phase = Phase::Open;
            self.event(cx, What::Recovered(until));
            if let Some(note) = self.early_cosignature.take() {
                self.take_cosignature(cx, &note);
            }
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
            let examiner = Examiner::new(cx.scheme, &self.peer_certificate);
            let kept_size = kept.checkpoint().size();
            if kept_size == size {
                return examiner.examine_roots(kept.note().as_bytes(), note.as_bytes()).ok();
            }
            let path = self.peer.log.consistency_proof(size, kept_size).ok()?;
            let proved = Proved { hash: *ours?.as_bytes(), path: &path };
            examiner.examine_consistency(note.as_bytes(), kept.note().as_bytes(), proved).ok()
        });
        match evidence {
            Some(evidence) => self.keep_evidence(cx, &evidence),
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
        let examiner = Examiner::new(cx.scheme, &self.peer_certificate);
        match examiner.examine_leaves(first.leaf().bytes(), second.leaf().bytes()) {
            Ok(evidence) => self.keep_evidence(cx, &evidence),
            Err(fault) => self.peer_fault(cx, format!("their entry {} contradicts itself: {fault}", second.fields().index)),
        }
    }

    /// Evidence that the peer hands over: it may accuse either of us.
    pub(crate) fn take_evidence(&mut self, cx: &mut Cx<'_>, bytes: Vec<u8>) {
        match ForkEvidence::open(cx.scheme, &bytes) {
            Ok(evidence) if evidence.line() == self.id => self.keep_evidence(cx, &evidence),
            Ok(_) => self.peer_fault(cx, "they sent evidence about another line".into()),
            Err(fault) => self.peer_fault(cx, format!("the evidence they sent is refused: {fault}")),
        }
    }

    /// Keeps evidence, once, and holds the line: only SAFETY and line checks flow until two officers decide.
    fn keep_evidence(&mut self, cx: &mut Cx<'_>, evidence: &ForkEvidence) {
        let bytes = evidence.encode();
        self.phase = Phase::Held;
        self.link.hold();
        if self.evidence.contains(&bytes) {
            return;
        }
        let number = self.evidence.len() as u64;
        self.evidence.push(bytes.clone());
        cx.out.write(Write::Evidence { line: self.id, number, bytes: bytes.clone() });
        cx.out.reserve();
        cx.out.then(Then::Evidence { line: self.id, number, bytes, says: evidence.describe() });
    }
}
