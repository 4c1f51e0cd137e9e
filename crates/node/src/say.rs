//! Stating: from a statement's form to an entry of our own log.
//!
//! Own input passes the same meaning gate as the peer's (DESIGN D5). An entry exists in memory at once, so that the next
//! one follows it; it counts, and is sent, when it is durable under our checkpoint (PROTOCOL E7).

use detente_types::statement::{BlindRunIn, CancelIn, CheckAnswerIn, Kind, Level, ReceiptIn, Statement, StatementIn};
use detente_types::{
    EntryHash, Generation, Head, Notice, NoticeId, NoticeIn, PartyId, Rule, StatementRef, Terms, Timestamp, Violation,
};
use detente_wire::leaf::LeafFields;
use detente_wire::meaning::{self, BlindSaid, Known, Standing};
use detente_wire::{Body, Keys, PublicKey, Scheme, Valid, codec, seal_entry};

use crate::book::BookEntry;
use crate::line::{Cx, Line, Owed};
use crate::out::Then;
use crate::port::{NoteRole, Write};
use crate::quota::is_exempt;
use crate::side::{Side, Verdict, kind_of};

/// What an author had when it wrote an entry: its own log before it, and the other's below its `seen`.
pub(crate) struct Had<'a> {
    pub(crate) author: &'a Side,
    pub(crate) other: &'a Side,
    /// In which it wrote it.
    pub(crate) generation: Generation,
    pub(crate) seen: Head,
    /// For a notice that overtook its log.
    pub(crate) overtook: Option<Overtook>,
}

/// A notice that overtook its log: the version that it claims to follow stands for what the log does not reach yet.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Overtook {
    id: NoticeId,
    follows: Option<(u32, StatementRef)>,
}

impl Overtook {
    pub(crate) fn of(notice: &NoticeIn, author: &Side) -> Self {
        let at = |hash| StatementRef { author: author.author(), generation: author.generation(), index: 0, hash };
        let before = notice.version.checked_sub(1);
        Self { id: notice.id, follows: before.zip(notice.replaces.map(at)) }
    }
}

impl Known for Had<'_> {
    fn kind(&self, r: &StatementRef) -> Option<Kind> {
        if r.author == self.author.author() {
            self.author.kind_below(r, self.author.generation(), self.author.log.size())
        } else if r.author == self.other.author() {
            self.other.kind_below(r, self.seen.generation, self.seen.size)
        } else {
            None
        }
    }

    fn latest(&self, id: &NoticeId) -> Option<(u32, StatementRef)> {
        match self.overtook.filter(|overtook| overtook.id == *id) {
            Some(overtook) => overtook.follows,
            None => self.author.latest(id),
        }
    }

    fn cancelled(&self, id: &NoticeId) -> bool {
        self.overtook.is_none() && self.author.has_cancelled(id)
    }

    fn party_key(&self, generation: Generation) -> Option<PublicKey> {
        self.author.party_key(generation)
    }

    fn certified(&self) -> Option<(Generation, Keys)> {
        self.author.certified(self.generation).map(|keys| (self.generation, keys))
    }

    fn ended(&self, generation: Generation) -> Option<Head> {
        (generation < self.seen.generation).then(|| self.other.ended(generation)).flatten()
    }

    fn challenge(&self, r: &StatementRef) -> Option<[u8; 32]> {
        self.other.challenge(r)
    }

    fn answered(&self, r: &StatementRef) -> bool {
        self.author.has_answered(r)
    }

    fn blind(&self, run: &BlindRunIn) -> BlindSaid {
        self.author.blind(run)
    }

    fn asks_blind_run(&self, r: &StatementRef) -> bool {
        let side = if r.author == self.author.author() { self.author } else { self.other };
        side.asks_blind_run(r)
    }

    fn blind_asked(&self, at: Timestamp) -> u32 {
        self.author.blind_asked(at)
    }
}

/// Where an input of ours stands for the meaning gate.
#[derive(Clone, Copy, Debug)]
enum Place {
    /// In our log at this index, under the terms in force there.
    Log(u64),
    /// In the book, taken before now.
    Book(Overtook),
}

/// Why a statement was not made.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SayFault {
    #[error("{} rule(s) broken, first {}", .0.len(), .0[0])]
    Violations(Vec<Violation>),
    #[error("it does not fit: {0}")]
    TooLarge(String),
}

impl Line {
    /// States something now. The caller has checked that our log may grow.
    pub(crate) fn say(&mut self, cx: &mut Cx<'_>, input: &StatementIn) -> Result<StatementRef, SayFault> {
        let urgent = self.is_urgent(input);
        let index = self.own.log.size();
        let seen = self.seen;
        #[cfg(feature = "plant")]
        let seen = self.planted_seen(seen);
        let verdict = self.judge_own(cx, input.clone(), index, urgent)?;
        let body = Body::new(cx.rng, codec::to_slots(input)).map_err(|e| SayFault::TooLarge(e.to_string()))?;
        let fields = LeafFields {
            line: self.id,
            author: self.us(),
            generation: self.own.generation(),
            index,
            seen: if index == 0 { crate::line::empty_head() } else { seen },
            claimed: cx.now,
            urgent,
            body_root: body.root(),
        };
        let entry = seal_entry(cx.scheme, &self.keys.log, fields, body);
        cx.out.write(Write::entry(&entry));
        if urgent || matches!(input, StatementIn::Check(_) | StatementIn::CheckAnswer(_)) {
            cx.out.reserve();
        }
        self.cache.put(index, entry.packed());
        let reference = entry.reference();
        self.settle_debt(input);
        self.learn_terms(&entry, &verdict);
        self.claims(fields.seen);
        self.own.append(entry, verdict);
        Ok(reference)
    }

    /// Passes an input through the meaning gate, where our next entry would stand.
    pub(crate) fn check_input(&self, cx: &Cx<'_>, input: &StatementIn) -> Result<(), SayFault> {
        self.gate(self.next_place(), cx.now, cx.scheme, input.clone(), self.is_urgent(input)).map(drop)
    }

    /// Passes a notice in its exact form through the meaning gate.
    pub(crate) fn check_exact(&self, now: Timestamp, scheme: &dyn Scheme, notice: &NoticeIn) -> Result<Valid<Notice>, SayFault> {
        self.check_plan(self.next_place(), now, scheme, notice)
    }

    /// Passes a plan through the meaning gate that was taken before: neither the terms nor the version before it need be here,
    /// for a log that was rolled back may not have them.
    pub(crate) fn check_taken(
        &self,
        taken: Timestamp,
        scheme: &dyn Scheme,
        notice: &NoticeIn,
    ) -> Result<Valid<Notice>, SayFault> {
        self.check_plan(Place::Book(Overtook::of(notice, &self.own)), taken, scheme, notice)
    }

    fn check_plan(
        &self,
        place: Place,
        now: Timestamp,
        scheme: &dyn Scheme,
        notice: &NoticeIn,
    ) -> Result<Valid<Notice>, SayFault> {
        let input = StatementIn::Notice(notice.clone());
        let urgent = self.is_urgent(&input);
        let valid = self.gate(place, now, scheme, input, urgent)?;
        let unknown = || {
            let kind = Violation::new(Rule::KindKnown, "kind", notice.kind.to_string());
            SayFault::Violations(vec![kind.expected("a kind of notice that this version acts on".into())])
        };
        valid.and_then(|v| v.notice()).ok_or_else(unknown)
    }

    fn judge_own(&self, cx: &Cx<'_>, input: StatementIn, index: u64, urgent: bool) -> Result<Verdict, SayFault> {
        let kind = input.kind();
        Ok(match self.gate(Place::Log(index), cx.now, cx.scheme, input, urgent)? {
            Some(valid) => Verdict::Valid(valid),
            None => Verdict::Unknown(kind),
        })
    }

    /// Where an input would stand that is stated now.
    fn next_place(&self) -> Place {
        Place::Log(self.own.log.size().max(1))
    }

    /// The terms in force for our entry at `index`; entry 0 brings its own.
    fn terms_for(&self, index: u64) -> Option<&Terms> {
        let here = StatementRef { author: self.us(), generation: self.own.generation(), index, hash: EntryHash::new([0; 32]) };
        (index > 0).then(|| self.terms_at(here, self.seen))
    }

    fn gate(
        &self,
        place: Place,
        now: Timestamp,
        scheme: &dyn Scheme,
        input: StatementIn,
        urgent: bool,
    ) -> Result<Option<Valid<Statement>>, SayFault> {
        let (index, terms, overtook) = match place {
            Place::Log(index) => (index, self.terms_for(index), None),
            Place::Book(overtook) => (self.own.log.size().max(1), None, Some(overtook)),
        };
        let seen = if index == 0 { crate::line::empty_head() } else { self.seen };
        let had = Had { author: &self.own, other: &self.peer, generation: self.own.generation(), seen, overtook };
        let standing = Standing {
            line: self.id,
            author: self.us(),
            other: self.them(),
            index,
            claimed: now,
            urgent,
            terms,
            known: &had,
            scheme,
        };
        meaning::check(input, &standing).map_err(SayFault::Violations)
    }

    /// Whether the urgent bit belongs on it (DV-074).
    fn is_urgent(&self, input: &StatementIn) -> bool {
        match input {
            StatementIn::Notice(notice) => notice.kind == Kind::Safety.code(),
            StatementIn::SafetyAction(_) => true,
            StatementIn::Receipt(receipt) => {
                receipt.level == Level::StoredEarly.code()
                    || self.peer.kind_below(&receipt.of, self.seen.generation, self.seen.size) == Some(Kind::Safety)
                    || (receipt.level == Level::Read.code() && self.early_notices.contains_key(&receipt.of))
            }
            _ => false,
        }
    }

    /// States an officer's input that is in the book, or lets it wait (PROTOCOL S4).
    pub(crate) fn say_or_wait(
        &mut self,
        cx: &mut Cx<'_>,
        book: u64,
        input: StatementIn,
    ) -> Result<Option<StatementRef>, SayFault> {
        let reserved = self.is_reserved(&input);
        if !self.may_state(reserved) || self.waiting.iter().any(|w| self.is_reserved(&w.input) == reserved) {
            #[cfg(feature = "plant")]
            if self.has(crate::plant::Plant::ForgetWaiting) {
                return Ok(None);
            }
            self.waiting.push_back(crate::line::Waiting { book, input });
            return Ok(None);
        }
        self.say_booked(cx, book, &input).map(Some)
    }

    fn say_booked(&mut self, cx: &mut Cx<'_>, book: u64, input: &StatementIn) -> Result<StatementRef, SayFault> {
        let reference = self.say(cx, input)?;
        #[cfg(feature = "plant")]
        self.state_twice(book, input);
        #[cfg(feature = "plant")]
        let reference = self.booked_as(reference);
        cx.book(&BookEntry::Stated(book, reference));
        Ok(reference)
    }

    /// Whether it flows on a held line and may use the reserve (PROTOCOL F3, S3).
    pub(crate) fn is_reserved(&self, input: &StatementIn) -> bool {
        matches!(input, StatementIn::Check(_) | StatementIn::CheckAnswer(_)) || self.is_urgent(input)
    }

    /// States what waits and what is owed, once our log may grow.
    pub(crate) fn catch_up(&mut self, cx: &mut Cx<'_>) {
        if !self.may_state(true) {
            return;
        }
        self.open_log(cx);
        let all = self.may_state(false);
        let mut kept = std::collections::VecDeque::new();
        while let Some(waiting) = self.waiting.pop_front() {
            if (!all || cx.out.is_behind()) && !self.is_reserved(&waiting.input) {
                kept.push_back(waiting);
                continue;
            }
            let input = self.renumber(waiting.input);
            // What a restored book still has may have come back with the log.
            if matches!(&input, StatementIn::Notice(form) if self.says_nothing_new(form)) {
                cx.book(&BookEntry::Dropped(waiting.book, "it is said already".into()));
                continue;
            }
            if let Err(fault) = self.say_booked(cx, waiting.book, &input) {
                self.drop_input(cx, waiting.book, fault.to_string());
            }
        }
        self.waiting = kept;
        self.pay(cx);
    }

    /// Entry 0, if our log has none yet.
    fn open_log(&mut self, cx: &mut Cx<'_>) {
        if self.own.log.size() > 0 {
            return;
        }
        let opening = StatementIn::GenerationOpen(self.opening.clone());
        if let Err(fault) = self.say(cx, &opening) {
            self.event(cx, crate::input::What::Fault(format!("our own opening is refused: {fault}")));
        }
    }

    /// A notice or its cancellation that waited takes the version that comes next now.
    fn renumber(&self, input: StatementIn) -> StatementIn {
        match input {
            StatementIn::Notice(notice) => StatementIn::Notice(self.numbered(notice)),
            StatementIn::Cancel(cancel) => match self.own.latest(&cancel.id) {
                Some((version, replaces)) => StatementIn::Cancel(CancelIn { version: version + 1, replaces, ..cancel }),
                None => StatementIn::Cancel(cancel),
            },
            other => other,
        }
    }

    /// States what the node owes, each once.
    fn pay(&mut self, cx: &mut Cx<'_>) {
        let (all, closes) = (self.may_state(false), self.may_grow(false));
        let due: Vec<(StatementRef, Owed)> = self
            .owed
            .iter()
            .filter(|(_, owed)| match owed {
                Owed::StoredEarly | Owed::CheckAnswer(_) => true,
                // What the protocol itself owes is said on a held line too.
                Owed::Close(_) => closes,
                Owed::Refusal(..) => all,
            })
            .map(|(r, o)| (*r, o.clone()))
            .collect();
        for (of, owed) in due {
            // What names an entry that is not cosigned yet would not lie below `seen` (DV-050).
            let seen = (of.generation, of.index) < (self.seen.generation, self.seen.size);
            if !seen && !matches!(owed, Owed::StoredEarly) {
                continue;
            }
            if self.is_paid(&of, &owed) {
                self.owed.remove(&of);
                continue;
            }
            let statement = owed_statement(of, &owed);
            if self.say(cx, &statement).is_err() {
                self.owed.remove(&of);
            }
        }
    }

    /// Whether our log says it already: what it owed before a restore comes back with it.
    fn is_paid(&self, of: &StatementRef, owed: &Owed) -> bool {
        #[cfg(feature = "plant")]
        if self.has(crate::plant::Plant::OweTwice) {
            return false;
        }
        match owed {
            Owed::StoredEarly => self.own.has_said(of, Level::StoredEarly),
            Owed::Refusal(..) => self.own.has_said(of, Level::Refused),
            Owed::CheckAnswer(_) => self.own.owes_no_answer(of),
            Owed::Close(head) => self.own.has_ended(head.generation),
        }
    }

    /// What our log says from now on is not owed any more.
    pub(crate) fn settle_debt(&mut self, input: &StatementIn) {
        #[cfg(feature = "plant")]
        if self.has(crate::plant::Plant::OweTwice) {
            return;
        }
        match input {
            StatementIn::Receipt(receipt) => {
                self.owed.remove(&receipt.of);
            }
            StatementIn::CheckAnswer(answer) => {
                self.owed.remove(&answer.of);
            }
            StatementIn::GenerationClose(close) => {
                self.owed.retain(|_, owed| *owed != Owed::Close(close.head));
            }
            _ => {}
        }
    }

    /// Seals what this line adds to the batch: our checkpoint, and our cosignature when theirs is complete.
    pub(crate) fn seal(&mut self, cx: &mut Cx<'_>) {
        let size = self.own.log.size();
        if size > self.checkpointed
            && let Some(checkpoint) = self.own_checkpoint_at(cx, size)
        {
            self.checkpointed = size;
            let generation = self.own.generation();
            cx.out.write(self.note(self.us(), generation, NoteRole::Checkpoint, size, checkpoint.clone()));
            cx.out.then(Then::Own { line: self.id, size, checkpoint });
        } else if self.lives.keys_lost && size > self.lives.back.max(self.checkpointed) {
            self.lives.back = size;
            cx.out.then(Then::Back { line: self.id, size });
        }
        if self.peer.log.size() > self.copied {
            self.copied = self.peer.log.size();
            cx.out.then(Then::Copy { line: self.id, size: self.copied });
        }
        self.seal_cosignature(cx);
    }

    /// Our checkpoint of the log that we have. Where its keys are lost, only the one that the peer gave back is to be had.
    fn own_checkpoint_at(&self, cx: &Cx<'_>, size: u64) -> Option<Vec<u8>> {
        if self.lives.keys_lost {
            return self.lost_checkpoint(cx.scheme, size).map(|said| said.note().into_bytes());
        }
        self.checkpoint_of(cx, self.own.generation(), size)
    }

    /// One cosignature per durable batch, of the newest complete head (PROTOCOL E6). It is signed with the rows it
    /// covers and leaves this node only once they are all durable (E5).
    ///
    /// After a restore there is none until the copy reaches what was once cosigned; until then the head alone is kept.
    fn seal_cosignature(&mut self, cx: &mut Cx<'_>) {
        #[cfg(feature = "plant")]
        self.cosign_older(cx);
        let Some(checkpoint) = self.checkpoints.newest_within(self.peer.log.size()) else {
            return;
        };
        let size = checkpoint.checkpoint().size();
        // What else they say is refused by a full disk: the reserve is not theirs to use up (PROTOCOL F3).
        let reserved =
            self.peer.pending.iter().filter(|pending| pending.entry.fields().index < size).all(|p| is_exempt(&p.entry));
        let mut holder = self.holder;
        let cosigned = match self.known_keys() {
            Some((own, keys)) => {
                let signer = detente_record::HolderSigner::new(cx.scheme, &keys.holder, own);
                holder.cosign(&signer, &self.peer.log, checkpoint, cx.now)
            }
            // Without a key that they know, the head alone is kept: the hello must name all that is here.
            None => holder.due(&self.peer.log, checkpoint).map(|_| None),
        };
        let Ok(cosignature) = cosigned else {
            return;
        };
        if size <= self.sealed && cosignature.is_none() {
            return;
        }
        let checkpoint = checkpoint.note().into_bytes();
        (self.sealed, self.holder) = (size, holder);
        let cosignature = cosignature.map(|c| c.note().into_bytes()).unwrap_or_default();
        let generation = self.peer.generation();
        cx.out.write(self.note(self.them(), generation, NoteRole::Checkpoint, size, checkpoint.clone()));
        if !cosignature.is_empty() {
            cx.out.write(self.note(self.them(), generation, NoteRole::Cosignature, size, cosignature.clone()));
        }
        if reserved {
            cx.out.reserve_for_peer(0);
        }
        cx.out.then(Then::Cosigned { line: self.id, size, checkpoint, cosignature });
    }

    pub(crate) fn note(&self, author: PartyId, generation: Generation, role: NoteRole, size: u64, bytes: Vec<u8>) -> Write {
        Write::Note { line: self.id, author, generation, role, size, bytes }
    }
}

fn owed_statement(of: StatementRef, owed: &Owed) -> StatementIn {
    let receipt = |level: Level, rule: Option<u16>, reason: Option<String>| {
        StatementIn::Receipt(ReceiptIn {
            kind: Kind::Receipt.code(),
            level: level.code(),
            of,
            list_number: None,
            read_back: None,
            rule,
            reason,
            desk: None,
            officer: None,
        })
    };
    match owed {
        Owed::StoredEarly => receipt(Level::StoredEarly, None, None),
        Owed::Refusal(rule, reason) => receipt(Level::Refused, rule.map(|r| r.number()), Some(reason.clone())),
        Owed::Close(head) => crate::renew::close_statement(*head),
        Owed::CheckAnswer(challenge) => StatementIn::CheckAnswer(CheckAnswerIn {
            kind: Kind::CheckAnswer.code(),
            of,
            challenge: (*challenge).into(),
            by_officer: false,
            desk: None,
            officer: None,
        }),
    }
}

/// The kind of a verdict's statement, for events.
pub(crate) fn said_kind(verdict: &Verdict) -> Option<Kind> {
    match verdict {
        Verdict::Valid(statement) => Some(kind_of(statement)),
        Verdict::Unknown(kind) | Verdict::Unusable(kind, _) => Kind::from_code(*kind),
    }
}
