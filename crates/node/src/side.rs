//! One log of a line as a node holds it: the tree, the facts that the meaning gate asks for, and what waits to become
//! durable.

use core::ops::Bound;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

use detente_record::Log;
use detente_types::statement::{BlindRunIn, Kind, Level, Statement, StatementIn};
use detente_types::{EntryHash, Generation, Head, NoticeId, NoticeIn, PartyId, Root, StatementRef, Timestamp, Violation};
use detente_wire::leaf::LeafFields;
use detente_wire::meaning::{BlindSaid, Valid};
use detente_wire::{Certificate, Entry, Keys, PublicKey, Verified};

/// What the meaning gate made of an entry.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::large_enum_variant, reason = "nearly all are valid; boxing would only move the bytes")]
pub(crate) enum Verdict {
    /// It is acted on.
    Valid(Valid<Statement>),
    /// Its kind is kept and not acted on.
    Unknown(u16),
    /// It breaks rules.
    Unusable(u16, Vec<Violation>),
}

impl Verdict {
    pub(crate) fn kind(&self) -> u16 {
        match self {
            Self::Valid(statement) => kind_of(statement).code(),
            Self::Unknown(kind) | Self::Unusable(kind, _) => *kind,
        }
    }
}

/// An entry of a log with its verdict, waiting to become durable under a checkpoint.
#[derive(Clone, Debug)]
pub(crate) struct Pending {
    pub(crate) entry: Verified<Entry>,
    pub(crate) verdict: Verdict,
}

/// A generation that has ended (PROTOCOL S5): nothing is added to it any more.
#[derive(Clone, Debug)]
pub(crate) struct Closed {
    /// The whole of it.
    pub(crate) log: Log,
    certificate: Verified<Certificate>,
}

/// All generations of one party's log on a line; the last one grows.
#[derive(Clone, Debug)]
pub(crate) struct Side {
    /// Grows as entries are made or taken.
    pub(crate) log: Log,
    /// Certifies the keys of this generation.
    pub(crate) certificate: Verified<Certificate>,
    /// How many entries are durable.
    pub(crate) durable: u64,
    /// How many entries are durable and under a checkpoint of their author: these count (PROTOCOL E7).
    pub(crate) settled: u64,
    /// The last entry's `seen`.
    pub(crate) seen: Option<Head>,
    /// Entries that do not count yet, in order.
    pub(crate) pending: VecDeque<Pending>,
    /// Generations that have ended, by number.
    pub(crate) closed: BTreeMap<Generation, Closed>,
    /// Entry 0 of every generation but the first, packed: it is handed on by itself (PROTOCOL S5).
    openings: BTreeMap<Generation, Vec<u8>>,
    facts: Facts,
    /// What entries without a verdict say: it is not owed again, whatever becomes of them.
    recalled: Answers,
    /// Entries at the log's end whose author had what is not known here yet: read from the store, or taken back after a
    /// restore.
    unjudged: Unjudged,
}

/// Entries read from the store, in order, whose verdicts are still to be made.
pub(crate) type Unjudged = VecDeque<Verified<Entry>>;

/// What the gate may ask of a log: always as of the last entry made or taken.
#[derive(Clone, Debug, Default)]
struct Facts {
    /// Kinds by generation and index; 0 where none is known yet.
    kinds: BTreeMap<Generation, Vec<u16>>,
    /// Live notices of this author.
    live: BTreeMap<NoticeId, (u32, StatementRef)>,
    /// Challenges of this author's checks.
    challenges: BTreeMap<EntryHash, [u8; 32]>,
    /// Notices of this author that it has cancelled: their names are used up (DV-038).
    cancelled: BTreeSet<NoticeId>,
    /// Witnesses that it named after entry 0 (DV-077).
    witnesses: BTreeMap<Generation, PublicKey>,
    said: Answers,
    blind: BlindFacts,
}

/// What an author has said about blind runs.
#[derive(Clone, Debug, Default)]
struct BlindFacts {
    runs: BTreeMap<BlindRunIn, BlindSaid>,
    /// Its statements that ask for one.
    asks: BTreeSet<EntryHash>,
    /// How often it has asked, by the day that it claimed, in days since 1970. No day is forgotten: it may be claimed again,
    /// and would have its whole budget anew. There are never more days than askings.
    asked: BTreeMap<i64, u32>,
}

impl BlindFacts {
    fn learn(&mut self, at: StatementRef, claimed: Timestamp, statement: &Statement) {
        match statement {
            Statement::BlindCommit(said) => self.runs.entry(said.run).or_default().committed = true,
            Statement::BlindResult(said) => {
                let run = self.runs.entry(said.run).or_default();
                (run.ended, run.sealed) = (true, said.seal.is_some());
            }
            Statement::BlindAsk(said) if said.is_for_a_run() => {
                self.asks.insert(at.hash);
                *self.asked.entry(day_of(claimed)).or_default() += 1;
            }
            _ => {}
        }
    }
}

/// Days since 1970 began.
fn day_of(at: Timestamp) -> i64 {
    at.micros().div_euclid(86_400_000_000)
}

/// What an author has said about entries of the other side.
#[derive(Clone, Debug, Default)]
struct Answers {
    /// Checks that it has answered.
    answered: BTreeSet<EntryHash>,
    /// SAFETY notices about which it has stated an action.
    acted: BTreeSet<EntryHash>,
    /// Generations whose end it has stated.
    ended: BTreeSet<Generation>,
    /// Receipts that it has given: about which entry, which level.
    receipts: BTreeSet<(EntryHash, u8)>,
    /// Notices that it has stated without a verdict yet, each in its latest form.
    notices: BTreeMap<NoticeId, (NoticeIn, StatementRef)>,
}

impl Side {
    pub(crate) fn new(certificate: Verified<Certificate>) -> Self {
        Self {
            log: empty_log(&certificate),
            certificate,
            durable: 0,
            settled: 0,
            seen: None,
            pending: VecDeque::new(),
            closed: BTreeMap::new(),
            openings: BTreeMap::new(),
            facts: Facts::default(),
            recalled: Answers::default(),
            unjudged: Unjudged::new(),
        }
    }

    pub(crate) fn author(&self) -> PartyId {
        self.log.author()
    }

    pub(crate) fn generation(&self) -> Generation {
        self.log.generation()
    }

    /// Ends this generation at what is here, and begins the one that a certificate names (PROTOCOL S5).
    pub(crate) fn begin(&mut self, certificate: Verified<Certificate>) {
        let log = core::mem::replace(&mut self.log, empty_log(&certificate));
        let ended = Closed { log, certificate: core::mem::replace(&mut self.certificate, certificate) };
        self.closed.insert(ended.log.generation(), ended);
        (self.durable, self.settled, self.seen) = (0, 0, None);
    }

    /// Forgets a generation of which nothing is here, and goes back to the one before.
    pub(crate) fn forget_begun(&mut self) -> bool {
        if self.log.size() > 0 {
            return false;
        }
        let Some((_, ended)) = self.closed.pop_last() else {
            return false;
        };
        (self.durable, self.settled) = (ended.log.size(), ended.log.size());
        (self.log, self.certificate) = (ended.log, ended.certificate);
        true
    }

    /// Signs this generation.
    pub(crate) fn log_key(&self) -> PublicKey {
        self.certificate.keys().log
    }

    /// Cosigns the other log in this generation.
    pub(crate) fn holder_key(&self) -> PublicKey {
        self.certificate.keys().holder
    }

    /// One generation of this log.
    pub(crate) fn life(&self, generation: Generation) -> Option<&Log> {
        if generation == self.generation() { Some(&self.log) } else { self.closed.get(&generation).map(|c| &c.log) }
    }

    /// One generation of this log, and the key that signs it.
    pub(crate) fn log_of(&self, generation: Generation) -> Option<(&Log, PublicKey)> {
        if generation == self.generation() {
            return Some((&self.log, self.log_key()));
        }
        self.closed.get(&generation).map(|ended| (&ended.log, ended.certificate.keys().log))
    }

    /// The certificate of one generation.
    pub(crate) fn certificate_of(&self, generation: Generation) -> &Verified<Certificate> {
        self.closed.get(&generation).map_or(&self.certificate, |ended| &ended.certificate)
    }

    /// The keys of a generation, as this log has certified them so far.
    pub(crate) fn certified(&self, generation: Generation) -> Option<Keys> {
        let keys = self.log_of(generation).map(|_| self.certificate_of(generation).keys())?;
        Some(Keys { witness: self.facts.witnesses.get(&generation).copied().or(keys.witness), ..keys })
    }

    /// The last head of a generation that has ended.
    pub(crate) fn ended(&self, generation: Generation) -> Option<Head> {
        self.closed.get(&generation).map(|ended| ended.log.head())
    }

    /// The generation after one that has ended.
    pub(crate) fn after(&self, generation: Generation) -> Generation {
        let later = (Bound::Excluded(generation), Bound::Unbounded);
        self.closed.range(later).next().map_or(self.generation(), |(next, _)| *next)
    }

    /// The keys under which this author cosigned, each with the generation of its own log at that time, newest first.
    pub(crate) fn holder_keys(&self) -> impl Iterator<Item = (Generation, PublicKey)> + '_ {
        let closed = self.closed.iter().rev().map(|(generation, ended)| (*generation, ended.certificate.keys().holder));
        core::iter::once((self.generation(), self.holder_key())).chain(closed)
    }

    /// The keys under which this author signed, newest first.
    pub(crate) fn log_keys(&self) -> impl Iterator<Item = PublicKey> + '_ {
        core::iter::once(self.log_key()).chain(self.closed.values().rev().map(|ended| ended.certificate.keys().log))
    }

    /// Entry 0 of a generation after the first, packed.
    pub(crate) fn opening(&self, generation: Generation) -> Option<&Vec<u8>> {
        self.openings.get(&generation)
    }

    /// The head at a size that this log has.
    pub(crate) fn head_at(&self, size: u64) -> Head {
        self.log.head_at(size).expect("sizes up to the log's own are known")
    }

    /// The kind of an entry below `size`, if the reference names it rightly.
    pub(crate) fn kind_below(&self, r: &StatementRef, generation: Generation, size: u64) -> Option<Kind> {
        let log = self.life(r.generation)?;
        let within = r.generation < generation || (r.generation == generation && r.index < size);
        if !within || log.leaf_hash(r.index) != Some(r.hash) {
            return None;
        }
        let kinds = self.facts.kinds.get(&r.generation)?;
        Kind::from_code(*kinds.get(usize::try_from(r.index).ok()?)?)
    }

    pub(crate) fn latest(&self, id: &NoticeId) -> Option<(u32, StatementRef)> {
        self.facts.live.get(id).copied()
    }

    /// Whether this author has cancelled a notice of this name.
    pub(crate) fn has_cancelled(&self, id: &NoticeId) -> bool {
        self.facts.cancelled.contains(id)
    }

    /// The party key that certified a generation of this log.
    pub(crate) fn party_key(&self, generation: Generation) -> Option<PublicKey> {
        self.life(generation).map(|_| self.certificate.party_key())
    }

    pub(crate) fn challenge(&self, r: &StatementRef) -> Option<[u8; 32]> {
        self.facts.challenges.get(&r.hash).copied()
    }

    pub(crate) fn has_answered(&self, r: &StatementRef) -> bool {
        self.facts.said.answered.contains(&r.hash)
    }

    /// What this author has said about a blind run.
    pub(crate) fn blind(&self, run: &BlindRunIn) -> BlindSaid {
        self.facts.blind.runs.get(run).copied().unwrap_or_default()
    }

    /// Whether this author has asked for a blind run with this statement.
    pub(crate) fn asks_blind_run(&self, r: &StatementRef) -> bool {
        self.facts.blind.asks.contains(&r.hash)
    }

    /// How many blind runs this author has asked for on the day of a time, by its own clock.
    pub(crate) fn blind_asked(&self, at: Timestamp) -> u32 {
        self.facts.blind.asked.get(&day_of(at)).copied().unwrap_or_default()
    }

    /// Whether this author's log answers a check, as far as it is here.
    pub(crate) fn owes_no_answer(&self, r: &StatementRef) -> bool {
        self.has_answered(r) || self.recalled.answered.contains(&r.hash)
    }

    /// Whether this author has stated an action about a SAFETY notice.
    pub(crate) fn has_acted(&self, r: &StatementRef) -> bool {
        self.facts.said.acted.contains(&r.hash) || self.recalled.acted.contains(&r.hash)
    }

    /// Whether this author has stated where a generation of the other side ended.
    pub(crate) fn has_ended(&self, generation: Generation) -> bool {
        self.facts.said.ended.contains(&generation) || self.recalled.ended.contains(&generation)
    }

    /// Whether this author has given a receipt of that level.
    pub(crate) fn has_said(&self, r: &StatementRef, level: Level) -> bool {
        let receipt = (r.hash, level.code());
        self.facts.said.receipts.contains(&receipt) || self.recalled.receipts.contains(&receipt)
    }

    /// Appends an entry that passed the envelope gate, with its verdict, and learns its facts.
    pub(crate) fn append(&mut self, entry: Verified<Entry>, verdict: Verdict) {
        self.add(&entry);
        self.learn(entry, verdict);
    }

    /// Appends an entry that the store kept or the peer gave back; its verdict follows when what its author had is known
    /// again.
    pub(crate) fn append_unjudged(&mut self, entry: Verified<Entry>) {
        self.add(&entry);
        let entry_ref = entry.reference();
        if let Ok(said) = statement_of(&entry) {
            self.recalled.take(entry_ref, said);
        }
        self.unjudged.push_back(entry);
    }

    fn add(&mut self, entry: &Verified<Entry>) {
        self.log.append(entry).expect("the place was checked at the gate");
        self.seen = Some(entry.fields().seen);
        if entry.fields().index == 0 && !self.closed.is_empty() {
            self.openings.insert(self.generation(), entry.packed());
        }
    }

    /// The next entry without a verdict, once the other log is known as far as its author had it.
    pub(crate) fn next_ready(&mut self, other: &Self) -> Option<Verified<Entry>> {
        let known = other.judged();
        self.unjudged.pop_front_if(|entry| (entry.fields().seen.generation, entry.fields().seen.size) <= known)
    }

    /// A notice of this author among the entries that came back, in its latest form.
    pub(crate) fn recalled(&self, id: &NoticeId) -> Option<&(NoticeIn, StatementRef)> {
        self.recalled.notices.get(id)
    }

    /// All entries have their verdict: the facts say what was only recalled.
    pub(crate) fn forget_recalled(&mut self) {
        if self.unjudged.is_empty() {
            self.recalled = Answers::default();
        }
    }

    /// How far entries have their verdict: generation, and size in it.
    pub(crate) fn judged(&self) -> (Generation, u64) {
        let first = self.unjudged.front().map(|entry| (entry.fields().generation, entry.fields().index));
        first.unwrap_or((self.generation(), self.log.size()))
    }

    /// What could not be judged yet.
    pub(crate) fn put_unjudged(&mut self, unjudged: Unjudged) {
        self.unjudged = unjudged;
    }

    pub(crate) fn take_unjudged(&mut self) -> Unjudged {
        core::mem::take(&mut self.unjudged)
    }

    /// Learns what an appended entry says.
    pub(crate) fn learn(&mut self, entry: Verified<Entry>, verdict: Verdict) {
        self.facts.learn_kind(entry.fields(), verdict.kind());
        self.facts.learn(entry.reference(), entry.fields().claimed, &verdict);
        self.pending.push_back(Pending { entry, verdict });
    }

    /// Takes the entries that count now that so many of this generation do. Those of earlier generations all count.
    pub(crate) fn settle(&mut self, size: u64) -> Vec<Pending> {
        let (generation, judged) = self.judged();
        let judged = if generation == self.generation() { judged } else { 0 };
        self.settled = self.settled.max(size.min(judged));
        let mut taken = Vec::new();
        while let Some(pending) = self.pending.pop_front_if(|pending| {
            let fields = pending.entry.fields();
            fields.generation < self.log.generation() || fields.index < size
        }) {
            taken.push(pending);
        }
        taken
    }
}

impl detente_record::Heads for Side {
    fn root_at(&self, generation: Generation, size: u64) -> Option<Root> {
        let log = self.life(generation)?;
        let known = if generation == self.generation() { self.durable } else { log.size() };
        if size > known { None } else { log.root_at(size) }
    }

    fn newest(&self) -> Head {
        self.head_at(self.durable)
    }
}

impl Facts {
    /// Kinds come in any order: what was taken back is judged late.
    fn learn_kind(&mut self, at: &LeafFields, kind: u16) {
        let kinds = self.kinds.entry(at.generation).or_default();
        let index = usize::try_from(at.index).expect("a log in memory has no more entries");
        if kinds.len() <= index {
            kinds.resize(index + 1, 0);
        }
        kinds[index] = kind;
    }

    fn learn(&mut self, at: StatementRef, claimed: Timestamp, verdict: &Verdict) {
        let Verdict::Valid(statement) = verdict else {
            return;
        };
        self.said.learn(statement);
        self.blind.learn(at, claimed, statement);
        match &**statement {
            Statement::Notice(notice) => {
                self.live.insert(notice.id(), (notice.version(), at));
            }
            Statement::Cancel(cancel) => {
                self.live.remove(&cancel.id);
                self.cancelled.insert(cancel.id);
            }
            Statement::KeyCert(said) => {
                self.witnesses.extend(said.own.witness_key.map(|key| (at.generation, PublicKey(*key))));
            }
            Statement::Check(check) => {
                self.challenges.insert(at.hash, *check.challenge);
            }
            _ => {}
        }
    }
}

impl Answers {
    /// A statement that counts.
    fn learn(&mut self, statement: &Statement) {
        match statement {
            Statement::Receipt(receipt, level) => drop(self.receipts.insert((receipt.of.hash, level.code()))),
            Statement::SafetyAction(action) => drop(self.acted.insert(action.of.hash)),
            Statement::CheckAnswer(answer) => drop(self.answered.insert(answer.of.hash)),
            Statement::GenerationClose(close) => drop(self.ended.insert(close.head.generation)),
            _ => {}
        }
    }

    /// A statement whose verdict is still to be made.
    fn take(&mut self, at: StatementRef, said: StatementIn) {
        match said {
            StatementIn::Notice(notice) => drop(self.notices.insert(notice.id, (notice, at))),
            StatementIn::Receipt(receipt) => drop(self.receipts.insert((receipt.of.hash, receipt.level))),
            StatementIn::SafetyAction(action) => drop(self.acted.insert(action.of.hash)),
            StatementIn::CheckAnswer(answer) => drop(self.answered.insert(answer.of.hash)),
            StatementIn::GenerationClose(close) => drop(self.ended.insert(close.head.generation)),
            _ => {}
        }
    }
}

fn empty_log(certificate: &Certificate) -> Log {
    Log::new(certificate.line(), certificate.party(), certificate.generation())
}

/// The kind of a statement.
pub(crate) fn kind_of(statement: &Statement) -> Kind {
    match statement {
        Statement::Notice(notice) => Kind::from_code(notice.kind().code()).expect("notice kinds are statement kinds"),
        Statement::Cancel(_) => Kind::Cancel,
        Statement::Receipt(..) => Kind::Receipt,
        Statement::Offer(..) => Kind::Offer,
        Statement::Accept(_) => Kind::Accept,
        Statement::Reject(_) => Kind::Reject,
        Statement::Withdraw(_) => Kind::Withdraw,
        Statement::Check(_) => Kind::Check,
        Statement::CheckAnswer(_) => Kind::CheckAnswer,
        Statement::SafetyAction(_) => Kind::SafetyAction,
        Statement::GenerationOpen(..) => Kind::GenerationOpen,
        Statement::GenerationClose(_) => Kind::GenerationClose,
        Statement::KeyCert(_) => Kind::KeyCert,
        Statement::KeyRevoke(_) => Kind::KeyRevoke,
        Statement::TermsPropose(..) => Kind::TermsPropose,
        Statement::TermsAccept(_) => Kind::TermsAccept,
        Statement::BlindCommit(_) => Kind::BlindCommit,
        Statement::BlindResult(_) => Kind::BlindResult,
        Statement::BlindAsk(_) => Kind::BlindAsk,
    }
}

/// The statement of an entry's body, or why it is none.
pub(crate) fn statement_of(entry: &Entry) -> Result<StatementIn, (u16, Violation)> {
    detente_wire::codec::from_body(entry.body()).map_err(|violation| {
        let kind = entry.body().slots().get(&0).and_then(|v| minicbor::decode(v).ok()).unwrap_or(0);
        (kind, violation)
    })
}
