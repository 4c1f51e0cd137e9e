//! A line of two sides with real keys, as the tests need it: whoever speaks, the bytes are what a node would keep.

use detente_record::verify::Workers;
use detente_record::{EntryRow, GenerationChain, Log, Opening, Verifier};
use detente_types::statement::{Kind, StatementIn};
use detente_types::{Generation, Head, LineId, PartyId, Root, Terms, Timestamp};
use detente_wire::body::Slots;
use detente_wire::certificate::sign_opening;
use detente_wire::checkpoint::{Cosignature, SignedCheckpoint, cosign, holder_name, log_name, sign_checkpoint};
use detente_wire::codec::{SLOT_KIND, encode, to_slots};
use detente_wire::merkle::EMPTY_ROOT;
use detente_wire::{Body, Certificate, Ed25519, Entry, KeyPair, Keys, LeafFields, SecretKey, Verified, seal_entry};
use proptest::prelude::ProptestConfig;
use proptest::test_runner::RngSeed;
use rand_chacha::ChaCha8Rng;
use rand_core::SeedableRng;

pub(crate) const LINE: LineId = LineId::new([7; 32]);
pub(crate) const A: usize = 0;
pub(crate) const B: usize = 1;
/// A slot that the tests put text in.
pub(crate) const SLOT_TEXT: u8 = 5;

/// Fixed seeds and small counts by default; `DETENTE_SOAK=1` asks for many.
pub(crate) fn cases(few: u32) -> ProptestConfig {
    let cases = if std::env::var_os("DETENTE_SOAK").is_some() { 50 * few } else { few };
    ProptestConfig { cases, rng_seed: RngSeed::Fixed(0x5EED), failure_persistence: None, ..ProptestConfig::default() }
}

/// 2026-11-24T00:00:00Z and so many seconds.
pub(crate) fn at(seconds: i64) -> Timestamp {
    Timestamp::from_micros(1_795_478_400_000_000).plus_seconds(seconds)
}

pub(crate) fn key(seed: u8) -> KeyPair {
    KeyPair::new(&Ed25519, SecretKey::from_seed([seed; 32]))
}

/// The keys of one side in one generation, and its certificate.
#[derive(Clone)]
pub(crate) struct Identity {
    pub(crate) log_key: KeyPair,
    pub(crate) holder_key: KeyPair,
    pub(crate) certificate: Verified<Certificate>,
}

#[derive(Clone)]
pub(crate) struct Side {
    pub(crate) party_key: KeyPair,
    /// By generation, from the first.
    pub(crate) identities: Vec<Identity>,
    pub(crate) chain: GenerationChain,
    /// Everything it said, in order, over all generations.
    pub(crate) entries: Vec<Verified<Entry>>,
}

#[derive(Clone)]
pub(crate) struct Line {
    pub(crate) sides: [Side; 2],
    rng: ChaCha8Rng,
}

impl Side {
    fn new(number: u8) -> Self {
        let (party_key, other) = (key(10 + number), key(11 - number));
        let chain = GenerationChain::new(LINE, party_key.public().party(), other.public().party());
        let mut side = Self { party_key, identities: Vec::new(), chain, entries: Vec::new() };
        side.certify(number);
        side
    }

    /// Draws the keys of the next generation.
    pub(crate) fn certify(&mut self, number: u8) {
        self.certify_as(number, Generation(self.identities.len() as u32 + 1));
    }

    /// Draws the keys of a generation of this number.
    pub(crate) fn certify_as(&mut self, number: u8, generation: Generation) {
        let base = 40_u8.wrapping_mul(self.identities.len() as u8 + 1).wrapping_add(10 * number);
        let (log_key, holder_key) = (key(base), key(base + 1));
        let tls = key(base + 2).public();
        let keys = Keys { log: log_key.public(), holder: holder_key.public(), tls, witness: None };
        let certificate = Certificate::sign(&Ed25519, &self.party_key, LINE, generation, &keys).unwrap();
        self.identities.push(Identity { log_key, holder_key, certificate });
    }

    pub(crate) fn party(&self) -> PartyId {
        self.party_key.public().party()
    }

    pub(crate) fn identity(&self) -> &Identity {
        self.identities.last().unwrap()
    }

    pub(crate) fn generation(&self) -> Generation {
        self.identity().certificate.generation()
    }

    /// The open log.
    pub(crate) fn log(&self) -> &Log {
        self.chain.open().unwrap().log()
    }

    pub(crate) fn origin(&self) -> String {
        log_name(&LINE, &self.party(), self.generation())
    }

    pub(crate) fn holder_name(&self) -> String {
        holder_name(&LINE, &self.party(), self.generation())
    }

    /// The entry of the open generation at `index`.
    pub(crate) fn entry(&self, index: u64) -> &Verified<Entry> {
        let generation = self.generation();
        let mut mine = self.entries.iter().filter(|entry| entry.fields().generation == generation);
        mine.nth(index as usize).unwrap()
    }

    /// A checkpoint of the open log at `size`.
    pub(crate) fn checkpoint(&self, size: u64) -> SignedCheckpoint {
        self.sign_root(size, self.log().root_at(size).unwrap())
    }

    /// A checkpoint that says whatever it is told.
    pub(crate) fn sign_root(&self, size: u64, root: Root) -> SignedCheckpoint {
        sign_checkpoint(&Ed25519, &self.identity().log_key, &self.origin(), size, root)
    }

    /// This side's cosignature of a checkpoint of the other's.
    pub(crate) fn cosign(&self, signed: &SignedCheckpoint, seconds: i64) -> Cosignature {
        let key = &self.identity().holder_key;
        cosign(&Ed25519, key, &self.holder_name(), signed.checkpoint(), at(seconds))
    }
}

impl Line {
    /// Two sides whose logs hold their openings.
    pub(crate) fn new(seed: u64) -> Self {
        let rng = ChaCha8Rng::seed_from_u64(seed);
        let mut line = Self { sides: [Side::new(0), Side::new(1)], rng };
        line.open(A, None);
        line.open(B, None);
        line
    }

    /// Opens the newest certified generation of one side.
    pub(crate) fn open(&mut self, who: usize, previous: Option<Head>) {
        let entry = self.opening(who, previous);
        let opening = reopen(&self.sides[who], &entry);
        self.sides[who].chain.begin(&opening).unwrap();
        self.sides[who].entries.push(entry);
    }

    /// Entry 0 of the newest certified generation of one side, not appended.
    pub(crate) fn opening(&mut self, who: usize, previous: Option<Head>) -> Verified<Entry> {
        let theirs = self.sides[1 - who].identity().certificate.clone();
        self.opening_with(who, &theirs, previous)
    }

    /// The same, with this certificate as the other side's.
    pub(crate) fn opening_with(&mut self, who: usize, theirs: &Verified<Certificate>, previous: Option<Head>) -> Verified<Entry> {
        let side = &self.sides[who];
        let own = &side.identity().certificate;
        let said = sign_opening(&Ed25519, &side.party_key, own, theirs, terms(), previous);
        let slots = to_slots(&StatementIn::GenerationOpen(said));
        self.seal(who, 0, empty_head(), slots)
    }

    /// One side's log anew: nothing but an opening that claims to have seen this.
    pub(crate) fn open_seeing(&mut self, who: usize, seen: Head) {
        let theirs = self.sides[1 - who].identity().certificate.clone();
        let side = &self.sides[who];
        let said = sign_opening(&Ed25519, &side.party_key, &side.identity().certificate, &theirs, terms(), None);
        let entry = self.seal(who, 0, seen, to_slots(&StatementIn::GenerationOpen(said)));
        self.sides[who].entries = vec![entry];
    }

    /// One side says something, having seen all of the other's open log; returns its index.
    pub(crate) fn say(&mut self, who: usize, text: &str) -> u64 {
        let seen = self.sides[1 - who].log().head();
        self.say_seeing(who, text, seen)
    }

    /// One side says something and claims to have seen `seen`.
    pub(crate) fn say_seeing(&mut self, who: usize, text: &str, seen: Head) -> u64 {
        let index = self.sides[who].log().size();
        let entry = self.sealed(who, index, text, seen);
        self.sides[who].chain.append(&entry).unwrap();
        self.sides[who].entries.push(entry);
        index
    }

    /// An entry that is signed but not appended.
    pub(crate) fn sealed(&mut self, who: usize, index: u64, text: &str, seen: Head) -> Verified<Entry> {
        let slots = Slots::from([(SLOT_KIND, encode(&Kind::Text.code())), (SLOT_TEXT, encode(&text))]);
        self.seal(who, index, seen, slots)
    }

    fn seal(&mut self, who: usize, index: u64, seen: Head, slots: Slots) -> Verified<Entry> {
        let body = Body::new(&mut self.rng, slots).unwrap();
        let side = &self.sides[who];
        let fields = LeafFields {
            line: LINE,
            author: side.party(),
            generation: side.generation(),
            index,
            seen,
            claimed: at(index as i64),
            urgent: false,
            body_root: EMPTY_ROOT,
        };
        seal_entry(&Ed25519, &side.identity().log_key, fields, body)
    }

    /// Everything as a store would hand it over: A's log, then B's.
    pub(crate) fn rows(&self) -> Vec<EntryRow> {
        self.sides.iter().flat_map(|side| &side.entries).map(row).collect()
    }

    pub(crate) fn verifier<'a>(&self, workers: &'a dyn Workers) -> Verifier<'a> {
        let parties = [self.sides[A].party(), self.sides[B].party()];
        Verifier { scheme: &Ed25519, line: LINE, parties, workers }
    }
}

pub(crate) fn row(entry: &Verified<Entry>) -> EntryRow {
    let fields = entry.fields();
    let (leaf, body) = (entry.leaf().bytes().to_vec(), entry.body_bytes().to_vec());
    EntryRow { author: fields.author, generation: fields.generation, index: fields.index, leaf, body }
}

/// The opening in an entry 0.
pub(crate) fn reopen(side: &Side, entry: &Verified<Entry>) -> Opening {
    let generation = entry.fields().generation;
    Opening::open(&Ed25519, LINE, side.party(), generation, entry.leaf().bytes(), entry.body_bytes()).unwrap()
}

pub(crate) fn empty_head() -> Head {
    Head { generation: Generation::FIRST, size: 0, root: EMPTY_ROOT }
}

fn terms() -> detente_types::TermsIn {
    let input = toml::from_str(include_str!("terms.toml")).unwrap();
    Terms::try_new(input).unwrap().input().clone()
}
