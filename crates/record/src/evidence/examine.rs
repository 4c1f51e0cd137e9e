//! The examination: what must hold before two signed things count as evidence.

use detente_types::statement::Kind;
use detente_types::{EntryHash, Generation, Head, Root};
use detente_wire::checkpoint::{CheckpointFault, SignedCheckpoint, log_name, open_checkpoint};
use detente_wire::codec::{SLOT_KIND, decode, encode};
use detente_wire::leaf::LeafFault;
use detente_wire::merkle::{Hash, ProofFault, verify_consistency, verify_inclusion};
use detente_wire::{Certificate, Leaf, Scheme, Verified};

use super::{Answer, Contradiction, ForkEvidence};
use crate::opened::OpenedBody;

/// The slot of an opening in which it names the head before.
const SLOT_PREVIOUS: u8 = 4;

/// Examines accusations against the log key that one certificate names.
#[derive(Clone, Debug)]
pub struct Examiner<'a> {
    scheme: &'a dyn Scheme,
    accused: &'a Verified<Certificate>,
}

/// What a Merkle proof leads from: a hash, and the way from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Proved<'a> {
    /// A leaf's hash, or an older root.
    pub hash: Hash,
    /// The proof.
    pub path: &'a [Hash],
}

/// An entry of the other side that should stand between an opening and a later leaf.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Answered<'a> {
    /// Of the other side's keys.
    pub certificate: &'a Verified<Certificate>,
    /// Its leaf.
    pub leaf: &'a [u8],
    /// The proof that the opening stands in what it had seen.
    pub saw: &'a [Hash],
    /// The proof that it stands in what the later leaf had seen.
    pub seen: &'a [Hash],
}

/// Why an accusation is no evidence.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotEvidence {
    /// The certificate that should name the log key is not good.
    #[error("certificate of the accused does not verify")]
    Certificate,
    /// A checkpoint is not one of the accused's log.
    #[error("failed to open a checkpoint of the accused")]
    Checkpoint(#[from] CheckpointFault),
    /// A leaf is not one of the accused's.
    #[error("failed to open a leaf of the accused")]
    Leaf(#[from] LeafFault),
    /// A leaf is of another line, author or generation than the certificate.
    #[error("leaf is of another log")]
    OtherLog,
    /// The two checkpoints have different sizes, which no two roots can contradict without a proof.
    #[error("checkpoints have different sizes, {first} and {second}")]
    SizesDiffer {
        /// Size of the first.
        first: u64,
        /// Size of the second.
        second: u64,
    },
    /// The older checkpoint is not older.
    #[error("checkpoint of {older} entries is not older than that of {newer}")]
    NotOlder {
        /// Size of the one given as older.
        older: u64,
        /// Size of the one given as newer.
        newer: u64,
    },
    /// The two agree: no contradiction.
    #[error("what was signed agrees")]
    Agrees,
    /// The two leaves stand at different places.
    #[error("leaves stand at different places, {first} and {second}")]
    PlacesDiffer {
        /// Index of the first.
        first: u64,
        /// Index of the second.
        second: u64,
    },
    /// The proof does not hold.
    #[error("failed to verify the proof")]
    Proof(#[from] ProofFault),
    /// What should open the next generation does not.
    #[error("opening does not name where the generation ended")]
    NotAnOpening,
    /// What should have seen something names another generation as seen.
    #[error("failed to show that a leaf was signed after another: it had seen generation {found}")]
    NotSeen {
        /// The generation that it had seen.
        found: Generation,
    },
}

impl<'a> Examiner<'a> {
    /// Examines under the log key that `accused` names.
    pub fn new(scheme: &'a dyn Scheme, accused: &'a Verified<Certificate>) -> Self {
        Self { scheme, accused }
    }

    /// Two notes that should give one size two roots (PROTOCOL S3, first kind).
    ///
    /// # Errors
    /// Why it is no evidence.
    pub fn examine_roots(&self, first: &[u8], second: &[u8]) -> Result<ForkEvidence, NotEvidence> {
        let (first, second) = (self.checkpoint(first)?, self.checkpoint(second)?);
        let sizes = (first.checkpoint().size(), second.checkpoint().size());
        if sizes.0 != sizes.1 {
            return Err(NotEvidence::SizesDiffer { first: sizes.0, second: sizes.1 });
        }
        if first.checkpoint().root() == second.checkpoint().root() {
            return Err(NotEvidence::Agrees);
        }
        let (first, second) = in_order(first, second, |signed| signed.note());
        Ok(self.found(Contradiction::TwoRoots { first, second }))
    }

    /// Two notes and a proof that the newer continues another root than the older's (second kind).
    ///
    /// # Errors
    /// Why it is no evidence.
    pub fn examine_consistency(&self, older: &[u8], newer: &[u8], proved: Proved<'_>) -> Result<ForkEvidence, NotEvidence> {
        let (older, newer) = (self.checkpoint(older)?, self.checkpoint(newer)?);
        let (first, second) = (older.checkpoint().size(), newer.checkpoint().size());
        if first >= second {
            return Err(NotEvidence::NotOlder { older: first, newer: second });
        }
        let root = Root::new(proved.hash);
        if root == *older.checkpoint().root() {
            return Err(NotEvidence::Agrees);
        }
        verify_consistency(proved.path, first, second, &root, newer.checkpoint().root())?;
        Ok(self.found(Contradiction::Rewritten { older, newer, root, proof: proved.path.to_vec() }))
    }

    /// Two leaves that should stand at one place (third kind).
    ///
    /// # Errors
    /// Why it is no evidence.
    pub fn examine_leaves(&self, first: &[u8], second: &[u8]) -> Result<ForkEvidence, NotEvidence> {
        let (first, second) = (self.leaf(self.accused, first)?, self.leaf(self.accused, second)?);
        let places = (first.fields().index, second.fields().index);
        if places.0 != places.1 {
            return Err(NotEvidence::PlacesDiffer { first: places.0, second: places.1 });
        }
        if first.hash() == second.hash() {
            return Err(NotEvidence::Agrees);
        }
        let (first, second) = in_order(first, second, |leaf| *leaf.bytes());
        Ok(self.found(Contradiction::TwoLeaves { first: Box::new(first), second: Box::new(second) }))
    }

    /// A leaf, and a proof that another stands in its place (fourth kind).
    ///
    /// # Errors
    /// Why it is no evidence.
    pub fn examine_inclusion(&self, leaf: &[u8], checkpoint: &[u8], proved: Proved<'_>) -> Result<ForkEvidence, NotEvidence> {
        let (leaf, checkpoint) = (self.leaf(self.accused, leaf)?, self.checkpoint(checkpoint)?);
        let included = EntryHash::new(proved.hash);
        if included == leaf.hash() {
            return Err(NotEvidence::Agrees);
        }
        let said = checkpoint.checkpoint();
        verify_inclusion(proved.path, leaf.fields().index, said.size(), &included, said.root())?;
        let (leaf, proof) = (Box::new(leaf), proved.path.to_vec());
        Ok(self.found(Contradiction::LeftOut { leaf, checkpoint, included, proof }))
    }

    /// A leaf beyond the head at which `opening`, entry 0 of the next generation, ends this one, signed after that (S5,
    /// docs/decisions/0014): what an author signed before it was restored, and knows no more, is no evidence.
    ///
    /// `next` names the key of the next generation; `body` is the opening's body with [`Self::slots_of_end`] opened. `answered`
    /// had seen the opening, and `beyond` had seen it: neither side alone can make up both.
    ///
    /// # Errors
    /// Why it is no evidence.
    pub fn examine_beyond_end(
        &self,
        next: &Verified<Certificate>,
        opening: &[u8],
        body: OpenedBody,
        answered: Answered<'_>,
        beyond: &[u8],
    ) -> Result<ForkEvidence, NotEvidence> {
        let (opening, beyond) = (self.leaf(next, opening)?, self.leaf(self.accused, beyond)?);
        let end = self.end(next, &opening, &body)?;
        if beyond.fields().index < end.size {
            return Err(NotEvidence::Agrees);
        }
        let answer = Box::new(self.answer(&opening, answered, &beyond)?);
        let (next, opening, beyond) = (Box::new(next.clone()), Box::new(opening), Box::new(beyond));
        Ok(self.found(Contradiction::BeyondEnd { next, opening, body, end, answer, beyond }))
    }

    /// The slots of an opening that show which head it names: the kind, and the head.
    pub const fn slots_of_end() -> [u8; 2] {
        [SLOT_KIND, SLOT_PREVIOUS]
    }

    fn found(&self, contradiction: Contradiction) -> ForkEvidence {
        ForkEvidence { certificate: self.accused.clone(), contradiction }
    }

    fn checkpoint(&self, note: &[u8]) -> Result<SignedCheckpoint, NotEvidence> {
        let accused = self.accused;
        let origin = log_name(&accused.line(), &accused.party(), accused.generation());
        Ok(open_checkpoint(self.scheme, &accused.keys().log, &origin, note)?)
    }

    fn leaf(&self, signer: &Certificate, bytes: &[u8]) -> Result<Leaf, NotEvidence> {
        let leaf = Leaf::open(self.scheme, &signer.keys().log, bytes)?;
        let fields = leaf.fields();
        let log = (signer.line(), signer.party(), signer.generation());
        if (fields.line, fields.author, fields.generation) == log { Ok(leaf) } else { Err(NotEvidence::OtherLog) }
    }

    /// The head of the accused's generation that the opening of the next one names.
    fn end(&self, next: &Certificate, opening: &Leaf, body: &OpenedBody) -> Result<Head, NotEvidence> {
        let accused = self.accused;
        if (next.line(), next.party()) != (accused.line(), accused.party()) {
            return Err(NotEvidence::OtherLog);
        }
        let opens = opening.fields().index == 0 && opening.fields().body_root == body.root();
        let kind = body.value(SLOT_KIND) == Some(&encode(&Kind::GenerationOpen.code()));
        let named = body.value(SLOT_PREVIOUS).and_then(|head| decode::<Head>(head, "previous").ok());
        named.filter(|head| opens && kind && head.generation == accused.generation()).ok_or(NotEvidence::NotAnOpening)
    }

    /// The answer of the other side, when it had seen the opening and the later leaf had seen it.
    fn answer(&self, opening: &Leaf, answered: Answered<'_>, later: &Leaf) -> Result<Answer, NotEvidence> {
        let Answered { certificate, leaf, saw, seen } = answered;
        if certificate.line() != self.accused.line() || certificate.party() == self.accused.party() {
            return Err(NotEvidence::OtherLog);
        }
        let leaf = self.leaf(certificate, leaf)?;
        check_seen(opening, &leaf, saw)?;
        check_seen(&leaf, later, seen)?;
        Ok(Answer { certificate: certificate.clone(), leaf, saw: saw.to_vec(), seen: seen.to_vec() })
    }
}

/// Whether `first` stands in the log that `second` had seen.
fn check_seen(first: &Leaf, second: &Leaf, proof: &[Hash]) -> Result<(), NotEvidence> {
    let (at, seen) = (first.fields(), second.fields().seen);
    if seen.generation != at.generation {
        return Err(NotEvidence::NotSeen { found: seen.generation });
    }
    Ok(verify_inclusion(proof, at.index, seen.size, &first.hash(), &seen.root)?)
}

/// The two in the order of their bytes, so that one contradiction has one form.
fn in_order<T, K: Ord>(first: T, second: T, key: impl Fn(&T) -> K) -> (T, T) {
    if key(&first) <= key(&second) { (first, second) } else { (second, first) }
}
