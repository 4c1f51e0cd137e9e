//! Two parties of one line, with every key that they need.

use detente_types::statement::{GenerationOpenIn, KeyCertIn, Kind};
use detente_types::{Generation, Head, LineId, PartyId, TermsIn};
use detente_wire::certificate::sign_opening;
use detente_wire::{Certificate, KeyPair, Keys, Place, PublicKey, Scheme, Verified};
use rand_core::{CryptoRng, Rng};

use crate::rng;

/// One party's keys on one line, and its certificate for them.
#[derive(Clone, Debug)]
pub struct Side {
    /// The party key.
    pub party: KeyPair,
    /// Signs statements and checkpoints.
    pub log: KeyPair,
    /// Cosigns the other log.
    pub holder: KeyPair,
    /// Authenticates the link.
    pub tls: KeyPair,
    /// The party key's word on the three.
    pub certificate: Verified<Certificate>,
}

impl Side {
    /// New keys for the first generation of a line, under a new party key.
    pub fn generate(scheme: &dyn Scheme, line: LineId, rng: &mut dyn CryptoRng) -> Self {
        let party = KeyPair::generate(scheme, rng);
        Self::certify(scheme, party, line, Generation::FIRST, rng)
    }

    /// New keys for another generation of the same line, under the same party key.
    #[must_use]
    pub fn renewed(&self, scheme: &dyn Scheme, generation: Generation, rng: &mut dyn CryptoRng) -> Self {
        Self::certify(scheme, self.party.clone(), self.certificate.line(), generation, rng)
    }

    fn certify(scheme: &dyn Scheme, party: KeyPair, line: LineId, generation: Generation, rng: &mut dyn CryptoRng) -> Self {
        let [log, holder, tls] = core::array::from_fn(|_| KeyPair::generate(scheme, rng));
        let keys = Keys { log: log.public(), holder: holder.public(), tls: tls.public(), witness: None };
        let certificate = Certificate::sign(scheme, &party, line, generation, &keys).expect("drawn keys differ");
        Self { party, log, holder, tls, certificate }
    }

    /// A `key-cert` by which this side names a witness.
    pub fn names_witness(&self, scheme: &dyn Scheme, witness: PublicKey) -> KeyCertIn {
        let keys = Keys { witness: Some(witness), ..self.certificate.keys() };
        let (line, generation) = (self.certificate.line(), self.certificate.generation());
        let own = Certificate::sign(scheme, &self.party, line, generation, &keys).expect("the witness has a key of its own");
        KeyCertIn { kind: Kind::KeyCert.code(), own: own.input().clone() }
    }

    /// The party.
    pub fn id(&self) -> PartyId {
        self.party.public().party()
    }

    /// Where the entry at `index` of this side's log must stand.
    pub fn place(&self, index: u64) -> Place {
        Place {
            line: self.certificate.line(),
            author: self.id(),
            generation: self.certificate.generation(),
            index: Some(index),
            log_key: self.log.public(),
        }
    }
}

/// The two parties of a line; `low` has the lower party ID.
#[derive(Clone, Debug)]
pub struct Parties {
    /// The line.
    pub line: LineId,
    /// The party with the lower ID.
    pub low: Side,
    /// The other.
    pub high: Side,
}

impl Parties {
    /// Both sides, `low` first.
    pub const fn sides(&self) -> [&Side; 2] {
        [&self.low, &self.high]
    }

    /// Entry 0 of the first generation of each side's log, `low`'s first.
    pub fn openings(&self, scheme: &dyn Scheme, terms: &TermsIn) -> [GenerationOpenIn; 2] {
        [self.opening(scheme, terms, None), self.swapped().opening(scheme, terms, None)]
    }

    /// What `low` says in entry 0 of its log, after a generation that ended at `previous`.
    pub fn opening(&self, scheme: &dyn Scheme, terms: &TermsIn, previous: Option<Head>) -> GenerationOpenIn {
        let (own, other) = (&self.low.certificate, &self.high.certificate);
        sign_opening(scheme, &self.low.party, own, other, terms.clone(), previous)
    }

    /// The same line as the other side sees it: `low` and `high` change places.
    #[must_use]
    pub fn swapped(&self) -> Self {
        Self { line: self.line, low: self.high.clone(), high: self.low.clone() }
    }
}

/// Two parties on a line of their own; other seeds give other parties and another line.
pub fn parties(scheme: &dyn Scheme, seed: u64) -> Parties {
    let mut rng = rng(seed);
    let mut line = [0; 32];
    rng.fill_bytes(&mut line);
    let line = LineId::new(line);
    let mut sides = [Side::generate(scheme, line, &mut rng), Side::generate(scheme, line, &mut rng)];
    sides.sort_by_key(Side::id);
    let [low, high] = sides;
    Parties { line, low, high }
}
