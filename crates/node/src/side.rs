//! One log of a line as a node holds it: the tree, the facts that the meaning gate asks for, and what waits to become
//! durable.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use detente_record::Log;
use detente_types::statement::{Kind, Level, Statement, StatementIn};
use detente_types::{EntryHash, Generation, Head, LineId, NoticeId, PartyId, Root, StatementRef, Violation};
use detente_wire::meaning::Valid;
use detente_wire::{Entry, PublicKey, Verified};

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

/// One log of a line.
#[derive(Clone, Debug)]
pub(crate) struct Side {
    /// Grows as entries are made or taken.
    pub(crate) log: Log,
    /// Signs this generation.
    pub(crate) log_key: PublicKey,
    /// Cosigns the other log in this generation.
    pub(crate) holder_key: PublicKey,
    /// How many entries are durable.
    pub(crate) durable: u64,
    /// How many entries are durable and under a checkpoint of their author: these count (PROTOCOL E7).
    pub(crate) settled: u64,
    /// The last entry's `seen`.
    pub(crate) seen: Option<Head>,
    /// Entries that do not count yet, in order.
    pub(crate) pending: VecDeque<Pending>,
    /// Heads of closed generations.
    pub(crate) closed: BTreeMap<Generation, Log>,
    facts: Facts,
    /// Entries at the log's end whose author had what is not known here yet: read from the store, or taken back after a
    /// restore.
    unjudged: Unjudged,
}

/// Entries read from the store, in order, whose verdicts are still to be made.
pub(crate) type Unjudged = VecDeque<Verified<Entry>>;

/// What the gate may ask of a log: always as of the last entry made or taken.
#[derive(Clone, Debug, Default)]
struct Facts {
    /// Kinds by generation and index.
    kinds: BTreeMap<Generation, Vec<u16>>,
    /// Live notices of this author.
    live: BTreeMap<NoticeId, (u32, StatementRef)>,
    /// Challenges of this author's checks.
    challenges: BTreeMap<EntryHash, [u8; 32]>,
    /// Checks of the other side that this author has answered.
    answered: BTreeSet<EntryHash>,
    /// SAFETY notices of the other side about which this author has stated an action.
    acted: BTreeSet<EntryHash>,
    /// What this author has said in receipts: about which entry, which level.
    receipts: BTreeSet<(EntryHash, u8)>,
}

impl Side {
    pub(crate) fn new(line: LineId, author: PartyId, generation: Generation, log_key: PublicKey, holder_key: PublicKey) -> Self {
        Self {
            log: Log::new(line, author, generation),
            log_key,
            holder_key,
            durable: 0,
            settled: 0,
            seen: None,
            pending: VecDeque::new(),
            closed: BTreeMap::new(),
            facts: Facts::default(),
            unjudged: Unjudged::new(),
        }
    }

    pub(crate) fn author(&self) -> PartyId {
        self.log.author()
    }

    pub(crate) fn generation(&self) -> Generation {
        self.log.generation()
    }

    /// The head at a size that this log has.
    pub(crate) fn head_at(&self, size: u64) -> Head {
        self.log.head_at(size).expect("sizes up to the log's own are known")
    }

    /// The kind of an entry below `size`, if the reference names it rightly.
    pub(crate) fn kind_below(&self, r: &StatementRef, generation: Generation, size: u64) -> Option<Kind> {
        let log = if r.generation == self.generation() { &self.log } else { self.closed.get(&r.generation)? };
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

    pub(crate) fn challenge(&self, r: &StatementRef) -> Option<[u8; 32]> {
        self.facts.challenges.get(&r.hash).copied()
    }

    pub(crate) fn has_answered(&self, r: &StatementRef) -> bool {
        self.facts.answered.contains(&r.hash)
    }

    /// Whether this author has stated an action about a SAFETY notice.
    pub(crate) fn has_acted(&self, r: &StatementRef) -> bool {
        self.facts.acted.contains(&r.hash)
    }

    /// Whether this author has given a receipt of that level.
    pub(crate) fn has_said(&self, r: &StatementRef, level: Level) -> bool {
        self.facts.receipts.contains(&(r.hash, level.code()))
    }

    /// Appends an entry that passed the envelope gate, with its verdict, and learns its facts.
    pub(crate) fn append(&mut self, entry: Verified<Entry>, verdict: Verdict) {
        self.log.append(&entry).expect("the place was checked at the gate");
        self.seen = Some(entry.fields().seen);
        self.learn(entry, verdict);
    }

    /// Appends an entry that the store kept or the peer gave back; its verdict follows when what its author had is known
    /// again.
    pub(crate) fn append_unjudged(&mut self, entry: Verified<Entry>) {
        self.log.append(&entry).expect("the place was checked at the gate");
        self.seen = Some(entry.fields().seen);
        self.unjudged.push_back(entry);
    }

    /// The next entry without a verdict, once the other log is known as far as its author had it.
    pub(crate) fn next_ready(&mut self, other: &Self) -> Option<Verified<Entry>> {
        let known = (other.generation(), other.judged());
        self.unjudged.pop_front_if(|entry| (entry.fields().seen.generation, entry.fields().seen.size) <= known)
    }

    /// How many entries have their verdict.
    pub(crate) fn judged(&self) -> u64 {
        self.log.size() - self.unjudged.len() as u64
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
        self.facts.kinds.entry(self.log.generation()).or_default().push(verdict.kind());
        self.facts.learn(entry.reference(), &verdict);
        self.pending.push_back(Pending { entry, verdict });
    }

    /// Takes the entries that count from now on.
    pub(crate) fn settle(&mut self, size: u64) -> Vec<Pending> {
        self.settle_read(size.min(self.judged()))
    }

    /// Takes the entries that count, while those that have no verdict yet are held outside.
    pub(crate) fn settle_read(&mut self, size: u64) -> Vec<Pending> {
        let count = usize::try_from(size.saturating_sub(self.settled)).unwrap_or(usize::MAX).min(self.pending.len());
        self.settled = self.settled.max(size);
        self.pending.drain(..count).collect()
    }
}

impl detente_record::Heads for Side {
    fn root_at(&self, generation: Generation, size: u64) -> Option<Root> {
        let log = if generation == self.generation() { &self.log } else { self.closed.get(&generation)? };
        let known = if generation == self.generation() { self.durable } else { log.size() };
        if size > known { None } else { log.root_at(size) }
    }

    fn newest(&self) -> Head {
        self.head_at(self.durable)
    }
}

impl Facts {
    fn learn(&mut self, at: StatementRef, verdict: &Verdict) {
        let Verdict::Valid(statement) = verdict else {
            return;
        };
        match &**statement {
            Statement::Notice(notice) => {
                self.live.insert(notice.id(), (notice.version(), at));
            }
            Statement::Cancel(cancel) => {
                self.live.remove(&cancel.id);
            }
            Statement::Receipt(receipt, level) => {
                self.receipts.insert((receipt.of.hash, level.code()));
            }
            Statement::Check(check) => {
                self.challenges.insert(at.hash, *check.challenge);
            }
            Statement::SafetyAction(action) => {
                self.acted.insert(action.of.hash);
            }
            Statement::CheckAnswer(answer) => {
                self.answered.insert(answer.of.hash);
            }
            _ => {}
        }
    }
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
        Statement::KeyRevoke(_) => Kind::KeyRevoke,
        Statement::TermsPropose(..) => Kind::TermsPropose,
        Statement::TermsAccept(_) => Kind::TermsAccept,
    }
}

/// The statement of an entry's body, or why it is none.
pub(crate) fn statement_of(entry: &Entry) -> Result<StatementIn, (u16, Violation)> {
    detente_wire::codec::from_body(entry.body()).map_err(|violation| {
        let kind = entry.body().slots().get(&0).and_then(|v| minicbor::decode(v).ok()).unwrap_or(0);
        (kind, violation)
    })
}
