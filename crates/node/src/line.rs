//! One line of a node: two logs, the link, and everything derived from them.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use detente_link::{Config, Link};
use detente_record::{Cosigned, Holder};
use detente_settle::Table;
use detente_terms::TermsHistory;
use detente_terms::line::LineWatch;
use detente_terms::safety::{Pace, SafetyBoard};
use detente_types::statement::{GenerationOpenIn, StatementIn};
use detente_types::{EntryHash, Generation, Head, Index, LineId, PartyId, Rule, StatementRef, Terms, Timestamp};
use detente_wire::checkpoint::SignedCheckpoint;
use detente_wire::merkle::EMPTY_ROOT;
use detente_wire::{Certificate, Entry, KeyPair, PublicKey, Scheme, Verified};
use rand_core::CryptoRng;

use crate::blind::Matching;
use crate::copy::Checkpoints;
use crate::held::{Decisions, Evidence};
use crate::input::{OpenFault, What};
use crate::joint::{Joint, Live};
use crate::lives::Lives;
use crate::out::Out;
use crate::quota::Day;
use crate::receipts::Receipts;
use crate::side::Side;

/// What a handler may use: the time, randomness, the scheme, and the place where effects go.
pub(crate) struct Cx<'a> {
    pub(crate) now: Timestamp,
    pub(crate) rng: &'a mut dyn CryptoRng,
    pub(crate) scheme: &'a dyn Scheme,
    pub(crate) out: &'a mut Out,
    pub(crate) book_size: &'a mut u64,
}

/// The secret keys of a line.
#[derive(Clone, Debug)]
pub struct LineKeys {
    /// Signs statements and checkpoints.
    pub log: KeyPair,
    /// Cosigns the other log.
    pub holder: KeyPair,
}

impl LineKeys {
    /// Whether a certificate names them.
    pub(crate) fn check(&self, own: &Certificate) -> Result<(), OpenFault> {
        let named = own.keys();
        for (which, ours, named) in [("log", &self.log, named.log), ("holder", &self.holder, named.holder)] {
            if ours.public() != named {
                return Err(OpenFault::Key { which });
            }
        }
        Ok(())
    }
}

/// Where our log stands with the peer's copy of it (PROTOCOL S4). Whether fork evidence holds the line is another matter:
/// [`Line::hold`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Since the start the peer has not said what it holds of our log: nothing is appended (PROTOCOL S4).
    Unproven,
    /// We were rolled back: our own entries are being taken back from the peer, up to this size.
    Recovering {
        /// The size that the peer holds under our signature.
        until: u64,
    },
    /// We were rolled back and have back what can be had: nothing more is said until a new generation is open (PROTOCOL
    /// S5; docs/decisions/0013).
    Renewing,
    /// It may grow.
    Open,
}

/// A statement that the node owes because of an entry of the peer's. Derived: it is owed until our log has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Owed {
    /// `receipt: stored-early` (PROTOCOL F2).
    StoredEarly,
    /// `receipt: refused` (PROTOCOL E4).
    Refusal(Option<Rule>, String),
    /// `check-answer` by the machine (PROTOCOL K2).
    CheckAnswer([u8; 32]),
    /// `generation-close`: where the generation before theirs ended (PROTOCOL S5).
    Close(Head),
}

/// An officer's input that is in the book and not stated yet.
#[derive(Clone, Debug)]
pub(crate) struct Waiting {
    pub(crate) book: u64,
    pub(crate) input: StatementIn,
}

/// A line. Read through its getters; nothing outside the node changes it.
pub struct Line {
    pub(crate) id: LineId,
    pub(crate) name: String,
    pub(crate) opened: Timestamp,
    pub(crate) keys: LineKeys,
    /// Our party key and theirs.
    pub(crate) party_keys: [PublicKey; 2],
    /// Entry 0 of our log, as it is or will be said.
    pub(crate) opening: GenerationOpenIn,
    /// From which size on the entries of a log's generation are disputed: its party key said so (PROTOCOL P2).
    pub(crate) revoked: BTreeMap<(PartyId, Generation), u64>,
    /// Our own revocations, as the hello names them.
    pub(crate) own_revocations: BTreeMap<Generation, Vec<u8>>,
    /// The witness that each party names in its present generation, as far as that counts.
    pub(crate) witnesses: BTreeMap<(PartyId, Generation), PublicKey>,
    pub(crate) own: Side,
    pub(crate) peer: Side,
    pub(crate) holder: Holder,
    /// What they cosigned of each of our generations.
    pub(crate) cosigned: BTreeMap<Generation, Cosigned>,
    /// What both sides' logs were before this generation, and what is on its way to the next.
    pub(crate) lives: Lives,
    /// The most of their log that we have signed to have, in any generation of ours.
    pub(crate) claimed: Option<Head>,
    /// The peer's checkpoints, until they are cosigned.
    pub(crate) checkpoints: Checkpoints,
    /// Their cosignature of entries that we are still taking back.
    pub(crate) early_cosignature: Option<Vec<u8>>,
    /// Their newest cosignatures of each of our generations, made in one of theirs that is not durable here yet.
    pub(crate) ahead_cosignatures: BTreeMap<Generation, (u64, Vec<u8>)>,
    /// The peer's checkpoint that we cosigned last, to compare contradictions with (PROTOCOL S3).
    pub(crate) kept: Option<SignedCheckpoint>,
    /// Our last cosignature of theirs.
    pub(crate) own_cosignature: Vec<u8>,
    /// Our last checkpoint, as read from the store at start.
    pub(crate) own_checkpoint: Option<SignedCheckpoint>,
    /// The peer's log as we last cosigned it, durably: our next `seen` (PROTOCOL S1).
    pub(crate) seen: Head,
    /// Size of the last own checkpoint that was written.
    pub(crate) checkpointed: u64,
    /// Size of our log that is durable and under a checkpoint.
    pub(crate) covered: u64,
    /// Size of the last head of theirs that was written, cosigned or not.
    pub(crate) sealed: u64,
    /// Size of the copy whose rows were written.
    pub(crate) copied: u64,
    /// What was copied of their log today.
    pub(crate) day: Day,
    pub(crate) link: Link,
    pub(crate) phase: Phase,
    pub(crate) waiting: VecDeque<Waiting>,
    pub(crate) owed: BTreeMap<StatementRef, Owed>,
    pub(crate) early: BTreeMap<(Generation, Index), EntryHash>,
    pub(crate) early_entries: BTreeMap<EntryHash, Verified<Entry>>,
    pub(crate) early_durable: BTreeSet<EntryHash>,
    /// SAFETY entries that are on their way to the disk, and when they are acted on without it.
    pub(crate) early_unstored: BTreeMap<EntryHash, Timestamp>,
    /// SAFETY notices of theirs that are acted on and not filed: shown at once, and orphans for good.
    pub(crate) early_notices: BTreeMap<StatementRef, Live>,
    /// Entries of theirs that no checkpoint covers yet: in memory only, bounded by the link's window.
    pub(crate) staged: VecDeque<Verified<Entry>>,
    /// A bearer is there and the peer has not been greeted on it.
    pub(crate) greets: bool,
    pub(crate) acted_early: BTreeSet<EntryHash>,
    pub(crate) cache: Cache,
    pub(crate) terms: TermsHistory,
    pub(crate) founding_terms: Terms,
    /// The terms that conflicts were last derived under.
    pub(crate) adopted: Terms,
    /// While rows of the store are read, nothing is news.
    pub(crate) loading: bool,
    pub(crate) joint: Joint,
    /// Since when conflicts are still to be found, if any are.
    pub(crate) behind_since: Timestamp,
    pub(crate) table: Table,
    pub(crate) receipts: Receipts,
    pub(crate) safety: SafetyBoard,
    pub(crate) watch: LineWatch,
    pub(crate) faults: u64,
    pub(crate) evidence: Vec<Evidence>,
    pub(crate) decisions: Decisions,
    pub(crate) fetching: bool,
    pub(crate) matching: Matching,
    #[cfg(feature = "plant")]
    pub(crate) plant: Option<crate::plant::Plant>,
}

/// What a line is opened from.
pub(crate) struct Founding<'a> {
    pub(crate) id: LineId,
    pub(crate) name: String,
    pub(crate) opened: Timestamp,
    pub(crate) keys: LineKeys,
    pub(crate) opening: GenerationOpenIn,
    pub(crate) own: &'a Verified<Certificate>,
    pub(crate) peer: &'a Verified<Certificate>,
    pub(crate) terms: Terms,
    pub(crate) session: u64,
}

impl Line {
    pub(crate) fn new(founding: Founding<'_>) -> Self {
        let Founding { id, own, peer, terms, session, .. } = founding;
        let (us, them) = (own.party(), peer.party());
        let mut parties = [us, them];
        parties.sort_unstable();
        Self {
            id,
            name: founding.name,
            opened: founding.opened,
            keys: founding.keys,
            party_keys: [own.party_key(), peer.party_key()],
            opening: founding.opening,
            revoked: BTreeMap::new(),
            own_revocations: BTreeMap::new(),
            witnesses: BTreeMap::new(),
            own: Side::new(own.clone()),
            peer: Side::new(peer.clone()),
            holder: Holder::new(0),
            cosigned: BTreeMap::new(),
            lives: Lives::new(own.generation(), peer.generation()),
            claimed: None,
            checkpoints: Checkpoints::default(),
            early_cosignature: None,
            ahead_cosignatures: BTreeMap::new(),
            kept: None,
            own_cosignature: Vec::new(),
            own_checkpoint: None,
            seen: empty_head(),
            checkpointed: 0,
            covered: 0,
            sealed: 0,
            copied: 0,
            day: Day::of(founding.opened, 0, 0),
            link: Link::new(Config::new(id, session)),
            phase: Phase::Unproven,
            waiting: VecDeque::new(),
            owed: BTreeMap::new(),
            early: BTreeMap::new(),
            early_entries: BTreeMap::new(),
            early_durable: BTreeSet::new(),
            early_unstored: BTreeMap::new(),
            early_notices: BTreeMap::new(),
            staged: VecDeque::new(),
            greets: false,
            acted_early: BTreeSet::new(),
            cache: Cache::default(),
            safety: SafetyBoard::new(Pace::of(&terms)),
            watch: LineWatch::new(&terms, usize::from(us > them), founding.opened),
            joint: Joint::new(id, us, them, &terms),
            behind_since: founding.opened,
            terms: TermsHistory::new(parties),
            adopted: terms.clone(),
            loading: false,
            founding_terms: terms,
            table: Table::new(parties),
            receipts: Receipts::default(),
            faults: 0,
            evidence: Vec::new(),
            decisions: Decisions::default(),
            fetching: false,
            matching: Matching::default(),
            #[cfg(feature = "plant")]
            plant: None,
        }
    }

    /// Our party.
    pub fn us(&self) -> PartyId {
        self.own.author()
    }

    /// The other party.
    pub fn them(&self) -> PartyId {
        self.peer.author()
    }

    /// The side that a party writes.
    pub(crate) fn side(&self, author: &PartyId) -> &Side {
        if *author == self.us() { &self.own } else { &self.peer }
    }

    pub(crate) fn event(&self, cx: &mut Cx<'_>, what: What) {
        cx.out.event(cx.now, Some(self.id), what);
    }

    /// Counts a fault of the peer's and says so.
    pub(crate) fn peer_fault(&mut self, cx: &mut Cx<'_>, what: String) {
        self.faults += 1;
        self.event(cx, What::PeerFault(what));
    }

    /// Whether our copy of the peer's log reaches what we have signed that we have of it. After a restore our own entries
    /// come back first (PROTOCOL S1; docs/decisions/0012).
    fn has_caught_up(&self) -> bool {
        self.claimed.is_none_or(|claimed| rank(&claimed) <= rank(&self.seen))
    }

    /// We signed once that we have this of their log, in an entry or a cosignature. Says whether it is more than was known.
    pub(crate) fn claims(&mut self, seen: Head) -> bool {
        let more = self.claimed.is_none_or(|claimed| rank(&claimed) < rank(&seen));
        if more {
            self.claimed = Some(seen);
        }
        more
    }

    /// How much of their present generation we have copied and cosigned.
    pub(crate) fn copied_size(&self) -> u64 {
        if self.seen.generation == self.peer.generation() { self.seen.size } else { 0 }
    }

    /// What they cosigned of our present generation.
    pub(crate) fn acknowledged_size(&self) -> u64 {
        self.cosigned.get(&self.own.generation()).map_or(0, Cosigned::acknowledged_size)
    }

    /// Whether something may be stated now: on a held line only what is reserved (PROTOCOL S3).
    pub(crate) fn may_state(&self, reserved: bool) -> bool {
        self.may_grow(reserved) && (reserved || !self.is_held())
    }

    /// Whether our log may grow now (PROTOCOL S1, S4).
    pub(crate) fn may_grow(&self, reserved: bool) -> bool {
        #[cfg(feature = "plant")]
        if self.has(crate::plant::Plant::SpeakUnproven) {
            return true;
        }
        // In a new generation `seen` starts afresh: SAFETY and line checks need not wait for what the copy lost, which a
        // hostile peer could withhold (docs/decisions/0012, 0013).
        let free = self.has_caught_up() || (reserved && self.own.seen.is_none_or(|seen| rank(&seen) <= rank(&self.seen)));
        self.phase == Phase::Open && free
    }
}

/// Later heads of one party's log have a higher rank.
fn rank(head: &Head) -> (Generation, u64) {
    (head.generation, head.size)
}

/// The head of a log that has said nothing.
pub(crate) fn empty_head() -> Head {
    Head { generation: Generation::FIRST, size: 0, root: EMPTY_ROOT }
}

/// Packed entries of our log that the peer does not hold yet, as far as they fit in memory.
#[derive(Debug, Default)]
pub(crate) struct Cache {
    entries: BTreeMap<Index, Vec<u8>>,
    bytes: usize,
}

/// Memory that unsent entries may take before they are read from the store again.
const CACHE_BYTES_MAX: usize = 8 << 20;

impl Cache {
    pub(crate) fn put(&mut self, index: Index, packed: Vec<u8>) {
        if self.bytes + packed.len() <= CACHE_BYTES_MAX {
            self.bytes += packed.len();
            self.entries.insert(index, packed);
        }
    }

    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }

    pub(crate) fn get(&self, index: Index) -> Option<&Vec<u8>> {
        self.entries.get(&index)
    }

    pub(crate) fn forget_below(&mut self, index: Index) {
        let kept = self.entries.split_off(&index);
        let gone = core::mem::replace(&mut self.entries, kept);
        self.bytes -= gone.values().map(Vec::len).sum::<usize>();
    }
}
