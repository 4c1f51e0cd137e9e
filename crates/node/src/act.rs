//! Acting: what follows from a statement that counts (PROTOCOL E4, E7).

use detente_record::Cosigned;
use detente_settle::Standing;
use detente_terms::Standing as TermsStanding;
use detente_types::statement::{CertificateIn, Kind, Level, Statement};
use detente_types::{Generation, Head, Rule, StatementRef, Terms, Timestamp};
use detente_wire::leaf::LeafFields;
use detente_wire::{Entry, PublicKey, Valid};

use crate::behind::Work;
use crate::input::What;
use crate::joint::Changes;
use crate::line::{Cx, Line, Owed};
use crate::out::Then;
use crate::receipts::{Action, Receipt};
use crate::say::said_kind;
use crate::side::{Pending, Verdict};
use crate::take::judge;

impl Line {
    /// What may be done now that a batch is durable.
    pub(crate) fn follow(&mut self, cx: &mut Cx<'_>, then: Then) {
        match then {
            Then::Own { size, checkpoint, .. } => self.own_durable(cx, size, checkpoint),
            Then::Back { size, .. } => self.link.set_back(self.own.head_at(size)),
            Then::Copy { size, .. } => self.peer.durable = size,
            Then::Cosigned { size, checkpoint, cosignature, .. } => self.peer_cosigned(cx, size, checkpoint, cosignature),
            Then::Acknowledged { generation, size, cosignature, .. } => {
                self.own_acknowledged(cx, generation, size, cosignature);
            }
            Then::Early { of, .. } => self.early_durable(cx, of),
            Then::BlindBegun { run, .. } => self.blind_begun(&run),
            Then::Revocation { revocation, .. } => self.revoke(cx, self.us(), &revocation),
            Then::Evidence { number, bytes, says, .. } => {
                self.link.send_evidence(bytes);
                self.event(cx, What::Fork(number, says));
            }
            Then::Booked(_) => {}
        }
    }

    fn own_durable(&mut self, cx: &mut Cx<'_>, size: u64, checkpoint: Vec<u8>) {
        self.own.durable = size;
        self.covered = size;
        if self.lives.tells == self.own.generation() {
            self.link.set_own(self.own.head_at(size), checkpoint);
        } else {
            self.carry_on(cx);
        }
        self.settle_own(cx);
        self.begin_lost(cx);
    }

    /// Acts on those of our entries that count from now on.
    fn settle_own(&mut self, cx: &mut Cx<'_>) {
        for pending in self.own.settle(self.covered) {
            self.overtake(&pending.entry);
            let reference = pending.entry.reference();
            if let Some(kind) = said_kind(&pending.verdict) {
                self.event(cx, What::Said(reference, kind));
            }
            self.act(cx, pending);
        }
    }

    /// Sends a SAFETY statement of ours ahead of its log, until they have it (PROTOCOL F1).
    pub(crate) fn overtake(&mut self, entry: &Entry) {
        let fields = entry.fields();
        if fields.urgent && self.is_unacknowledged(fields) {
            self.send_opening(fields.generation);
            self.link.send_early(fields.generation, fields.index, entry.packed());
        }
    }

    /// Judges entries that we took back, each once our copy reaches what it had seen.
    pub(crate) fn judge_taken_back(&mut self, cx: &mut Cx<'_>) {
        while let Some(entry) = self.own.next_ready(&self.peer) {
            let verdict = judge(self, cx.scheme, &entry, false);
            self.learn_terms(&entry, &verdict);
            #[cfg(feature = "plant")]
            self.return_twice(&entry, &verdict);
            self.own.learn(entry, verdict);
        }
        self.settle_own(cx);
    }

    fn peer_cosigned(&mut self, cx: &mut Cx<'_>, size: u64, checkpoint: Vec<u8>, cosignature: Vec<u8>) {
        self.seen = self.peer.head_at(size);
        self.decisions.copy_stops = false;
        self.kept = self.checkpoints.take_to(size).or(self.kept.take());
        self.link.set_copy(self.seen, checkpoint);
        if cosignature.is_empty() {
            self.link.tell_copy();
        } else {
            self.own_cosignature.clone_from(&cosignature);
            self.link.cosign(cosignature);
        }
        self.forget_skipped(self.seen.generation);
        for pending in self.peer.settle(size) {
            let reference = pending.entry.reference();
            // Where two leaves were signed for one place, it is another one that came early.
            if let Some(early) = self.early.remove(&(reference.generation, reference.index)) {
                self.early_entries.remove(&early);
                self.early_durable.remove(&early);
            }
            self.early_notices.remove(&reference);
            match &pending.verdict {
                Verdict::Unusable(_, violations) => self.event(cx, What::Unusable(reference, violations.clone())),
                verdict => {
                    let kind = verdict.kind();
                    self.event(cx, What::Received(reference, kind));
                }
            }
            self.act(cx, pending);
        }
        self.take_ahead_cosignatures(cx);
        self.begin_copy(cx);
    }

    /// Whether they have not cosigned an entry of ours.
    fn is_unacknowledged(&self, entry: &LeafFields) -> bool {
        let cosigned = self.cosigned.get(&entry.generation).map_or(0, Cosigned::acknowledged_size);
        entry.index >= cosigned
    }

    pub(crate) fn own_acknowledged(&mut self, cx: &mut Cx<'_>, generation: Generation, size: u64, cosignature: Vec<u8>) {
        self.peer_holds(generation, size);
        self.lives.cosignatures.insert(generation, cosignature.clone());
        if generation == self.lives.tells {
            self.link.set_cosigned(cosignature);
            self.link.acknowledged(size);
        }
        if generation != self.own.generation() {
            return self.carry_on(cx);
        }
        if generation != self.lives.tells {
            return;
        }
        #[cfg(feature = "plant")]
        let kept = if self.has(crate::plant::Plant::Hoard) { 0 } else { size };
        #[cfg(not(feature = "plant"))]
        let kept = size;
        self.cache.forget_below(kept);
        self.event(cx, What::Cosigned(size));
    }

    /// Takes note of terms where they are said: which are in force for a later statement is a matter of what its author
    /// had, and not of what counts here by now (PROTOCOL R2).
    pub(crate) fn learn_terms(&mut self, entry: &Entry, verdict: &Verdict) {
        if let Verdict::Valid(statement) = verdict {
            self.terms.apply(&TermsStanding { reference: entry.reference(), seen: entry.fields().seen }, statement);
        }
    }

    /// Acts on an entry of either log that counts.
    pub(crate) fn act(&mut self, cx: &mut Cx<'_>, pending: Pending) {
        let Pending { entry, verdict } = pending;
        let (at, fields) = (entry.reference(), *entry.fields());
        match verdict {
            Verdict::Valid(statement) => {
                self.table.apply(&Standing { reference: at, seen: fields.seen }, &statement);
                self.act_on(cx, at, fields.claimed, &statement);
                self.act_on_blind(cx, at, fields.claimed, &statement);
                self.adopt_terms(cx);
            }
            Verdict::Unusable(kind, violations) if at.author == self.them() => {
                let first = violations.first();
                // It names an end of a log of ours, and without a note of ours that is a claim (PROTOCOL S2, S5).
                if let Some(claim) = first.filter(|v| v.rule == Rule::CloseMatches && !self.loading) {
                    self.peer_fault(cx, format!("their entry {} closes our log where it did not end: {claim}", at.index));
                }
                // Nothing is ever stated because of a receipt (PROTOCOL E8).
                let answered = kind != Kind::Receipt.code();
                #[cfg(feature = "plant")]
                let answered = answered || self.has(crate::plant::Plant::RefuseRefusals);
                if answered && !self.own.has_said(&at, Level::Refused) {
                    let reason = first.map_or_else(|| "unusable".into(), |v| format!("{} {}", v.rule, v.rule.sentence()));
                    self.owed.insert(at, Owed::Refusal(first.map(|v| v.rule), reason));
                }
            }
            Verdict::Unusable(..) | Verdict::Unknown(_) => {}
        }
    }

    fn act_on(&mut self, cx: &mut Cx<'_>, at: StatementRef, claimed: Timestamp, statement: &Valid<Statement>) {
        let theirs = at.author == self.them();
        match &**statement {
            Statement::Notice(notice) => {
                let valid = statement.notice().expect("it is one");
                #[cfg(feature = "plant")]
                let valid = self.planted_shape(theirs, valid);
                #[cfg(feature = "plant")]
                self.forget_acted(&at);
                if theirs && notice.kind() == detente_types::NoticeKind::Safety && self.acted_early.insert(at.hash) {
                    self.ring(cx, at, notice, claimed);
                }
                self.follow_up(cx, Work::Notice(at, claimed, valid));
            }
            Statement::Cancel(cancel) => {
                self.follow_up(cx, Work::Cancel(at.author, cancel.id));
            }
            Statement::Receipt(input, level) => {
                self.receipts.take(Receipt { at, claimed, level: *level, input: input.clone() });
                if !theirs && *level == Level::Read {
                    self.safety.handle_read(cx.now, &input.of);
                }
                if theirs {
                    self.stored_early(&input.of);
                }
            }
            Statement::Check(check) if theirs => {
                self.watch.handle_asked(cx.now);
                if !self.own.owes_no_answer(&at) {
                    self.owed.insert(at, Owed::CheckAnswer(*check.challenge));
                }
            }
            Statement::Check(_) => self.watch.handle_check_sent(cx.now, at),
            Statement::CheckAnswer(answer) if theirs => self.watch.handle_answered(cx.now, &answer.of),
            Statement::SafetyAction(action) => {
                let newest = self.receipts.act(Action { at, claimed, input: action.clone() });
                if theirs || !newest {
                    return;
                }
                #[cfg(feature = "plant")]
                if self.has(crate::plant::Plant::RingAnswered) {
                    return;
                }
                self.safety.handle_action(cx.now, &action.of, at, action.by_us.map(Timestamp::from_micros));
            }
            Statement::KeyCert(said) => self.name_witness(at, &said.own),
            Statement::GenerationOpen(opening, terms) => {
                self.name_witness(at, &opening.own);
                if theirs {
                    self.act_on_opening(cx, at, opening.previous, terms);
                }
            }
            Statement::KeyRevoke(revocation) => self.revoke(cx, at.author, revocation),
            _ => {}
        }
    }

    /// They have stored a SAFETY statement of ours that overtook: it need not be sent again.
    pub(crate) fn stored_early(&mut self, of: &StatementRef) {
        if of.author == self.us() {
            self.link.early_done(of.generation, of.index);
            // So they have its opening too.
            if of.generation != self.lives.tells {
                self.link.early_done(of.generation, 0);
            }
        }
    }

    /// A party has certified its keys: it may run a witness (docs/decisions/0053).
    fn name_witness(&mut self, at: StatementRef, said: &CertificateIn) {
        self.witnesses.extend(said.witness_key.map(|key| ((at.author, at.generation), PublicKey(*key))));
    }

    /// Their log begins a generation: its terms must be known ones, and our log states where the one before ended.
    fn act_on_opening(&mut self, cx: &mut Cx<'_>, at: StatementRef, previous: Option<Head>, terms: &Terms) {
        if *terms != self.founding_terms && !self.terms.knows(terms) {
            self.peer_fault(cx, "their opening carries other terms than those that were agreed".into());
        }
        #[cfg(feature = "plant")]
        let previous = previous.filter(|_| !self.has(crate::plant::Plant::CloseUnsaid));
        if let Some(head) = previous.filter(|head| !self.own.has_ended(head.generation)) {
            self.owed.insert(at, Owed::Close(head));
        }
    }

    pub(crate) fn tell(&mut self, cx: &mut Cx<'_>, changes: Changes) {
        for id in changes.gone {
            self.event(cx, What::ConflictGone(id));
        }
        for id in changes.found {
            self.event(cx, What::ConflictFound(id));
        }
        for (id, at) in changes.warned {
            self.event(cx, What::Warning(id, at));
        }
    }
}
