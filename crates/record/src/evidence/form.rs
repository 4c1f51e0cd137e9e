//! The form in which evidence travels (docs/spec/record.md): deterministic CBOR, bounded, examined on reading.

use detente_types::statement::CertificateIn;
use detente_types::{EntryHash, Root};
use detente_wire::merkle::{Hash, PROOF_HASHES_MAX};
use detente_wire::{Certificate, Scheme};
use minicbor::bytes::{ByteArray, ByteVec};
use minicbor::{Decode, Encode};

use super::{Answer, Answered, Contradiction, Examiner, ForkEvidence, NotEvidence, Proved};
use crate::opened::{OpenedBody, OpenedBodyIn};

/// The format that this version writes.
const FORMAT: u16 = 1;

/// Evidence as it arrives.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub(super) struct EvidenceIn {
    #[n(0)]
    format: u16,
    /// Of the accused's keys in the generation.
    #[n(1)]
    certificate: CertificateIn,
    #[n(2)]
    contradiction: ContradictionIn,
}

/// The kinds, in the order of PROTOCOL S3, then S5's. Notes are text; leaves are bytes.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[expect(clippy::large_enum_variant, reason = "one lives at a time; boxing would only move the bytes")]
enum ContradictionIn {
    #[n(1)]
    TwoRoots(#[n(0)] String, #[n(1)] String),
    #[n(2)]
    Rewritten(#[n(0)] String, #[n(1)] String, #[n(2)] ByteArray<32>, #[n(3)] Vec<ByteArray<32>>),
    #[n(3)]
    TwoLeaves(#[n(0)] ByteVec, #[n(1)] ByteVec),
    #[n(4)]
    LeftOut(#[n(0)] ByteVec, #[n(1)] String, #[n(2)] ByteArray<32>, #[n(3)] Vec<ByteArray<32>>),
    #[n(5)]
    BeyondEnd(#[n(0)] CertificateIn, #[n(1)] ByteVec, #[n(2)] OpenedBodyIn, #[n(3)] AnswerIn, #[n(4)] ByteVec),
}

/// Certificate, leaf, and the proofs of what it had seen and what had seen it.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
struct AnswerIn(#[n(0)] CertificateIn, #[n(1)] ByteVec, #[n(2)] Vec<ByteArray<32>>, #[n(3)] Vec<ByteArray<32>>);

impl EvidenceIn {
    pub(super) fn of(evidence: &ForkEvidence) -> Self {
        let certificate = evidence.certificate.input().clone();
        Self { format: FORMAT, certificate, contradiction: ContradictionIn::of(&evidence.contradiction) }
    }

    pub(super) const fn is_known(&self) -> bool {
        self.format == FORMAT
    }

    pub(super) fn examine(self, scheme: &dyn Scheme) -> Result<ForkEvidence, NotEvidence> {
        let certificate = Certificate::open(scheme, self.certificate).map_err(|_| NotEvidence::Certificate)?;
        let examiner = Examiner::new(scheme, &certificate);
        match self.contradiction {
            ContradictionIn::TwoRoots(first, second) => examiner.examine_roots(first.as_bytes(), second.as_bytes()),
            ContradictionIn::Rewritten(older, newer, root, proof) => {
                let path = hashes(&proof);
                let proved = Proved { hash: *root, path: &path };
                examiner.examine_consistency(older.as_bytes(), newer.as_bytes(), proved)
            }
            ContradictionIn::TwoLeaves(first, second) => examiner.examine_leaves(&first, &second),
            ContradictionIn::LeftOut(leaf, note, included, proof) => {
                let path = hashes(&proof);
                let proved = Proved { hash: *included, path: &path };
                examiner.examine_inclusion(&leaf, note.as_bytes(), proved)
            }
            ContradictionIn::BeyondEnd(next, opening, body, AnswerIn(other, leaf, saw, seen), beyond) => {
                let open = |certificate| Certificate::open(scheme, certificate).map_err(|_| NotEvidence::Certificate);
                let (next, other) = (open(next)?, open(other)?);
                let body = OpenedBody::from_form(body).ok_or(NotEvidence::NotAnOpening)?;
                let (saw, seen) = (hashes(&saw), hashes(&seen));
                let answered = Answered { certificate: &other, leaf: &leaf, saw: &saw, seen: &seen };
                examiner.examine_beyond_end(&next, &opening, body, answered, &beyond)
            }
        }
    }
}

impl ContradictionIn {
    fn of(contradiction: &Contradiction) -> Self {
        match contradiction {
            Contradiction::TwoRoots { first, second } => Self::TwoRoots(first.note(), second.note()),
            Contradiction::Rewritten { older, newer, root, proof } => {
                Self::Rewritten(older.note(), newer.note(), from_root(root), to_form(proof))
            }
            Contradiction::TwoLeaves { first, second } => {
                Self::TwoLeaves(first.bytes().to_vec().into(), second.bytes().to_vec().into())
            }
            Contradiction::LeftOut { leaf, checkpoint, included, proof } => {
                let bytes = leaf.bytes().to_vec().into();
                Self::LeftOut(bytes, checkpoint.note(), from_hash(included), to_form(proof))
            }
            Contradiction::BeyondEnd { next, opening, body, answer, beyond, .. } => {
                let [opening, beyond] = [opening, beyond].map(|leaf| leaf.bytes().to_vec().into());
                Self::BeyondEnd(next.input().clone(), opening, body.to_form(), AnswerIn::of(answer), beyond)
            }
        }
    }
}

impl AnswerIn {
    fn of(answer: &Answer) -> Self {
        let leaf = answer.leaf.bytes().to_vec().into();
        Self(answer.certificate.input().clone(), leaf, to_form(&answer.saw), to_form(&answer.seen))
    }
}

/// A proof's hashes; what is beyond the longest possible proof is cut, and the proof then fails.
fn hashes(form: &[ByteArray<32>]) -> Vec<Hash> {
    form.iter().take(PROOF_HASHES_MAX + 1).map(|hash| **hash).collect()
}

fn to_form(proof: &[Hash]) -> Vec<ByteArray<32>> {
    proof.iter().map(|hash| (*hash).into()).collect()
}

fn from_root(root: &Root) -> ByteArray<32> {
    (*root.as_bytes()).into()
}

fn from_hash(hash: &EntryHash) -> ByteArray<32> {
    (*hash.as_bytes()).into()
}
