//! Fork evidence: two things that one log key signed and that cannot both stand in one history (PROTOCOL S3, S5).
//!
//! Evidence is portable. It carries the certificate by which the accused's party key named the log key, so anyone
//! who knows the party (the hash of its party key) can check it offline, with nothing else in hand.
//! [`ForkEvidence`] is made only by an [`Examiner`], which verifies every signature and proof and answers
//! [`NotEvidence`] to a false accusation; reading evidence back examines it again.
//!
//! What it proves: that the log key signed both. Not who held the key; a key that was stolen and revoked makes such
//! evidence too (PROTOCOL P2).

mod examine;
mod form;

use core::fmt;

use detente_types::{EntryHash, Generation, Head, LineId, PartyId, Root};
use detente_wire::checkpoint::SignedCheckpoint;
use detente_wire::codec;
use detente_wire::merkle::Hash;
use detente_wire::{Certificate, Leaf, Scheme, Verified};

pub use examine::{Answered, Examiner, NotEvidence, Proved};

use crate::opened::OpenedBody;

/// Largest evidence in its encoded form: the longest kind has about 6 kB, and one frame of the link must hold it.
pub const EVIDENCE_BYTES_MAX: usize = 12 * 1024;

/// A contradiction under one log key, verified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ForkEvidence {
    certificate: Verified<Certificate>,
    contradiction: Contradiction,
}

/// What contradicts what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Contradiction {
    /// Two signed roots of one size.
    TwoRoots {
        /// The one whose note sorts first.
        first: SignedCheckpoint,
        /// The other.
        second: SignedCheckpoint,
    },
    /// A signed root that a later signed root does not continue.
    Rewritten {
        /// The older checkpoint.
        older: SignedCheckpoint,
        /// The newer one.
        newer: SignedCheckpoint,
        /// The root at the older size that the newer checkpoint does continue, by the proof.
        root: Root,
        /// The proof of that.
        proof: Vec<Hash>,
    },
    /// Two signed leaves for one place.
    TwoLeaves {
        /// The one whose bytes sort first.
        first: Box<Leaf>,
        /// The other.
        second: Box<Leaf>,
    },
    /// A signed leaf, and another leaf in its place under a signed root.
    LeftOut {
        /// The leaf that was signed.
        leaf: Box<Leaf>,
        /// The checkpoint.
        checkpoint: SignedCheckpoint,
        /// The leaf hash that stands in its place.
        included: EntryHash,
        /// The proof of that.
        proof: Vec<Hash>,
    },
    /// A leaf signed beyond the head at which the next generation's opening says that this one ended, by an author that had
    /// seen an answer to that opening.
    BeyondEnd {
        /// The certificate of the next generation's keys.
        next: Box<Verified<Certificate>>,
        /// The leaf of its entry 0.
        opening: Box<Leaf>,
        /// Its body, opened where it says so.
        body: OpenedBody,
        /// Where the next generation says that this one ended.
        end: Head,
        /// An entry of the other side that had seen the opening: the close of the generation, as a rule.
        answer: Box<Answer>,
        /// The leaf that was signed beyond, and had seen the answer.
        beyond: Box<Leaf>,
    },
}

/// An entry of the other side between an opening and a later leaf of the accused's: that leaf was signed after the opening,
/// whatever was lost or restored in between.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// Of the other side's keys.
    certificate: Verified<Certificate>,
    leaf: Leaf,
    /// Proves that the opening stands in what the answer had seen.
    saw: Vec<Hash>,
    /// Proves that the answer stands in what the later leaf had seen.
    seen: Vec<Hash>,
}

/// Why bytes are not evidence. In each case whoever sent them is at fault.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EvidenceFault {
    /// More bytes than [`EVIDENCE_BYTES_MAX`].
    #[error("evidence has {found} bytes, more than {EVIDENCE_BYTES_MAX}")]
    TooLarge {
        /// How many there are.
        found: usize,
    },
    /// Not the canonical encoding of evidence in a format that this version knows.
    #[error("evidence is not in a form that this version knows")]
    Form,
    /// It does not show a fork.
    #[error("failed to verify evidence of a fork")]
    NotEvidence(#[from] NotEvidence),
}

impl ForkEvidence {
    /// Reads evidence and verifies it.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn open(scheme: &dyn Scheme, bytes: &[u8]) -> Result<Self, EvidenceFault> {
        if bytes.len() > EVIDENCE_BYTES_MAX {
            return Err(EvidenceFault::TooLarge { found: bytes.len() });
        }
        let form: form::EvidenceIn = codec::decode(bytes, "evidence").map_err(|_| EvidenceFault::Form)?;
        if !form.is_known() {
            return Err(EvidenceFault::Form);
        }
        let evidence = form.examine(scheme)?;
        // Notes may carry lines of other keys and pairs may come in either order; evidence has one form.
        if evidence.encode() == bytes { Ok(evidence) } else { Err(EvidenceFault::Form) }
    }

    /// The portable form, one for each contradiction.
    pub fn encode(&self) -> Vec<u8> {
        codec::encode(&form::EvidenceIn::of(self))
    }

    /// The party whose log key signed both.
    pub fn accused(&self) -> PartyId {
        self.certificate.party()
    }

    /// The line.
    pub fn line(&self) -> LineId {
        self.certificate.line()
    }

    /// The generation whose log key signed both.
    pub fn generation(&self) -> Generation {
        self.certificate.generation()
    }

    /// By which the party key named the log key.
    pub const fn certificate(&self) -> &Verified<Certificate> {
        &self.certificate
    }

    /// What contradicts what.
    pub const fn contradiction(&self) -> &Contradiction {
        &self.contradiction
    }

    /// The evidence in plain words, for an officer.
    pub fn describe(&self) -> String {
        let (party, generation) = (self.accused().short(), self.generation());
        format!(
            "The log key of party {party} (generation {generation}) signed two things that exclude each other: {}. \
             One history cannot hold both, and the signatures can be checked by anyone who knows the party.",
            self.contradiction
        )
    }
}

impl fmt::Display for Contradiction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TwoRoots { first, second } => write!(
                f,
                "that its log of {} entries has the root {}, and that it has the root {}",
                first.checkpoint().size(),
                first.checkpoint().root().short(),
                second.checkpoint().root().short()
            ),
            Self::Rewritten { older, newer, root, .. } => write!(
                f,
                "that its log of {} entries has the root {}, and a log of {} entries whose first {0} have the root {}",
                older.checkpoint().size(),
                older.checkpoint().root().short(),
                newer.checkpoint().size(),
                root.short()
            ),
            Self::TwoLeaves { first, second } => write!(
                f,
                "statement {} as entry {}, and statement {} as the same entry",
                first.hash().short(),
                first.fields().index,
                second.hash().short()
            ),
            Self::LeftOut { leaf, checkpoint, included, .. } => write!(
                f,
                "statement {} as entry {}, and a log of {} entries in which entry {1} is {}",
                leaf.hash().short(),
                leaf.fields().index,
                checkpoint.checkpoint().size(),
                included.short()
            ),
            Self::BeyondEnd { end, beyond, .. } => write!(
                f,
                "that this generation ended at {} entries with the root {}, and, after the other side had answered to that, \
                 statement {} as its entry {}",
                end.size,
                end.root.short(),
                beyond.hash().short(),
                beyond.fields().index
            ),
        }
    }
}
