//! The form in which a release travels (docs/spec/record.md): deterministic CBOR, verified on reading.

use detente_types::statement::CertificateIn;
use detente_wire::merkle::PROOF_HASHES_MAX;
use detente_wire::{Body, Certificate, Scheme};
use minicbor::bytes::{ByteArray, ByteVec};
use minicbor::{Decode, Encode};

use super::{Content, Part, Release, ReleaseFault, Released};
use crate::opened::{OpenedBody, OpenedBodyIn};

/// The format that this version writes.
const FORMAT: u16 = 1;

/// A release as it arrives.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub(super) struct ReleaseIn {
    #[n(0)]
    format: u16,
    #[n(1)]
    parts: Vec<PartIn>,
}

/// What it takes from one log.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
struct PartIn {
    /// Of the author's keys.
    #[n(0)]
    author: CertificateIn,
    /// Of the holder's keys.
    #[n(1)]
    holder: CertificateIn,
    /// The checkpoint: a note with the author's line, then the holder's.
    #[n(2)]
    note: String,
    /// By rising index.
    #[n(3)]
    entries: Vec<ReleasedIn>,
}

#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
struct ReleasedIn {
    #[n(0)]
    leaf: ByteVec,
    #[n(1)]
    proof: Vec<ByteArray<32>>,
    #[n(2)]
    content: ContentIn,
}

#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
enum ContentIn {
    /// A body's canonical bytes.
    #[n(1)]
    Whole(#[n(0)] ByteVec),
    #[n(2)]
    Slots(#[n(0)] OpenedBodyIn),
}

impl ReleaseIn {
    pub(super) fn of(release: &Release) -> Self {
        Self { format: FORMAT, parts: release.parts.iter().map(PartIn::of).collect() }
    }

    pub(super) fn verify(self, scheme: &dyn Scheme) -> Result<Release, ReleaseFault> {
        if self.format != FORMAT {
            return Err(ReleaseFault::Form);
        }
        let parts = self.parts.into_iter().map(|part| part.verify(scheme));
        Ok(Release { parts: parts.collect::<Result<_, _>>()? })
    }
}

impl PartIn {
    fn of(part: &Part) -> Self {
        Self {
            author: part.author.input().clone(),
            holder: part.holder.input().clone(),
            note: part.signed.note_with(&part.cosignature),
            entries: part.entries.values().map(ReleasedIn::of).collect(),
        }
    }

    fn verify(self, scheme: &dyn Scheme) -> Result<Part, ReleaseFault> {
        let author = Certificate::open(scheme, self.author)?;
        let holder = Certificate::open(scheme, self.holder)?;
        let mut part = Part::open(scheme, author, holder, self.note.as_bytes())?;
        for entry in self.entries {
            let proof = entry.proof.iter().take(PROOF_HASHES_MAX + 1).map(|hash| **hash).collect();
            part.take(scheme, &entry.leaf, proof, entry.content.open()?)?;
        }
        Ok(part)
    }
}

impl ReleasedIn {
    fn of(released: &Released) -> Self {
        Self {
            leaf: released.leaf.bytes().to_vec().into(),
            proof: released.proof.iter().map(|hash| (*hash).into()).collect(),
            content: match &released.content {
                Content::Whole(body) => ContentIn::Whole(body.encode().into()),
                Content::Slots(opened) => ContentIn::Slots(opened.to_form()),
            },
        }
    }
}

impl ContentIn {
    fn open(self) -> Result<Content, ReleaseFault> {
        match self {
            Self::Whole(bytes) => Body::decode(&bytes).map(Content::Whole).map_err(|_| ReleaseFault::Form),
            Self::Slots(form) => OpenedBody::from_form(form).map(Content::Slots).ok_or(ReleaseFault::Form),
        }
    }
}
