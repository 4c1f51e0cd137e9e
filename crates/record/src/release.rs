//! A release: chosen entries, or chosen slots of them, proved to an outsider, and nothing else (PROTOCOL E2, K4).
//!
//! For each log that it takes from, a release carries the two certificates by which the parties named their keys,
//! one checkpoint with the author's signature and the other side's cosignature, and each chosen entry with the
//! proof that it stands under that checkpoint. It needs no trust but in the two parties' names, which are hashes
//! of their keys. What it proves and what not: PROTOCOL K4.

mod form;

use std::collections::BTreeMap;

use detente_types::{Generation, LineId, PartyId, Timestamp};
use detente_wire::certificate::CertificateFault;
use detente_wire::checkpoint::{
    Checkpoint, CheckpointFault, Cosignature, SignedCheckpoint, holder_name, log_name, open_checkpoint, open_cosignature,
};
use detente_wire::leaf::LeafFault;
use detente_wire::merkle::{Hash, ProofFault, verify_inclusion};
use detente_wire::{Body, Certificate, Entry, Leaf, Scheme, Verified, codec};

use crate::log::{Log, OutOfRange};
use crate::opened::OpenedBody;

/// Largest release in its encoded form: enough for a thousand entries of the largest size class.
pub const RELEASE_BYTES_MAX: usize = 64 << 20;

/// A release that was made or verified here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Release {
    parts: Vec<Part>,
}

/// What is released of one log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    author: Verified<Certificate>,
    holder: Verified<Certificate>,
    signed: SignedCheckpoint,
    cosignature: Cosignature,
    entries: BTreeMap<u64, Released>,
}

/// One released entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Released {
    leaf: Leaf,
    proof: Vec<Hash>,
    content: Content,
}

/// How much of an entry's body is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Content {
    /// All of it.
    Whole(Body),
    /// Chosen slots.
    Slots(OpenedBody),
}

/// Why a release cannot be made: the caller's fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReleaseRefusal {
    /// The certificates, checkpoint and cosignature are not all about the same log and its two parties.
    #[error("failed to release: the keys or signatures given are of another log")]
    OtherLog,
    /// The entry is of another log.
    #[error("failed to release entry {index}, which is of another log")]
    OtherEntry {
        /// Its index.
        index: u64,
    },
    /// The checkpoint does not cover the entry, or the log does not have the checkpoint's size.
    #[error("failed to release an entry that the checkpoint does not cover")]
    NotCovered(#[from] OutOfRange),
}

/// Why bytes are not a good release. In each case whoever made them is at fault.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReleaseFault {
    /// More bytes than [`RELEASE_BYTES_MAX`].
    #[error("release has {found} bytes, more than {RELEASE_BYTES_MAX}")]
    TooLarge {
        /// How many there are.
        found: usize,
    },
    /// Not the canonical encoding of a release in a format that this version knows.
    #[error("release is not in a form that this version knows")]
    Form,
    /// A certificate is not good.
    #[error("failed to check a certificate of the release")]
    Certificate(#[from] CertificateFault),
    /// The two certificates are not of the two parties of one line.
    #[error("certificates of the release are not of two parties of one line")]
    Parties,
    /// The checkpoint or its cosignature is not good.
    #[error("failed to open the checkpoint of the release")]
    Checkpoint(#[from] CheckpointFault),
    /// A leaf is not good.
    #[error("failed to open the leaf of a released entry")]
    Leaf(#[from] LeafFault),
    /// A leaf is of another log than the checkpoint.
    #[error("released entry {index} is of another log")]
    OtherLog {
        /// The index that the leaf names.
        index: u64,
    },
    /// An entry does not stand under the checkpoint.
    #[error("failed to prove that released entry {index} is in the log")]
    Proof {
        /// The index that the leaf names.
        index: u64,
        /// What is wrong with the proof.
        source: ProofFault,
    },
    /// A body is not the one that its leaf commits to.
    #[error("released body of entry {index} is not the one that its leaf commits to")]
    Body {
        /// The index that the leaf names.
        index: u64,
    },
}

impl Release {
    /// A release of these parts.
    pub fn new(parts: Vec<Part>) -> Self {
        Self { parts }
    }

    /// What it takes from each log.
    pub fn parts(&self) -> &[Part] {
        &self.parts
    }

    /// The form in which it travels.
    pub fn encode(&self) -> Vec<u8> {
        codec::encode(&form::ReleaseIn::of(self))
    }

    /// Reads a release and verifies all of it, offline.
    ///
    /// # Errors
    /// The first thing that is wrong.
    pub fn open(scheme: &dyn Scheme, bytes: &[u8]) -> Result<Self, ReleaseFault> {
        if bytes.len() > RELEASE_BYTES_MAX {
            return Err(ReleaseFault::TooLarge { found: bytes.len() });
        }
        let form: form::ReleaseIn = codec::decode(bytes, "release").map_err(|_| ReleaseFault::Form)?;
        let release = form.verify(scheme)?;
        if release.encode() == bytes { Ok(release) } else { Err(ReleaseFault::Form) }
    }
}

impl Part {
    /// An empty part: `author` and `holder` name the keys under which the checkpoint was signed and cosigned.
    ///
    /// # Errors
    /// `OtherLog` when they do not belong together.
    pub fn new(
        author: Verified<Certificate>,
        holder: Verified<Certificate>,
        signed: SignedCheckpoint,
        cosignature: Cosignature,
    ) -> Result<Self, ReleaseRefusal> {
        let fits = are_two_sides(&author, &holder)
            && *signed.key() == author.keys().log
            && *cosignature.key() == holder.keys().holder
            && cosignature.name() == name_of_holder(&holder)
            && signed.checkpoint().origin() == origin(&author)
            && cosignature.checkpoint() == signed.checkpoint();
        if !fits {
            return Err(ReleaseRefusal::OtherLog);
        }
        Ok(Self { author, holder, signed, cosignature, entries: BTreeMap::new() })
    }

    /// Adds a whole entry of `log`.
    ///
    /// # Errors
    /// Why it cannot be released under this checkpoint.
    pub fn release_whole(&mut self, log: &Log, entry: &Verified<Entry>) -> Result<(), ReleaseRefusal> {
        self.add(log, entry, Content::Whole(entry.body().clone()))
    }

    /// Adds chosen slots of an entry of `log`.
    ///
    /// # Errors
    /// Why it cannot be released under this checkpoint.
    pub fn release_slots(
        &mut self,
        log: &Log,
        entry: &Verified<Entry>,
        slots: impl IntoIterator<Item = u8>,
    ) -> Result<(), ReleaseRefusal> {
        self.add(log, entry, Content::Slots(OpenedBody::of(entry.body(), slots)))
    }

    /// The line.
    pub fn line(&self) -> LineId {
        self.author.line()
    }

    /// Whose words they are.
    pub fn author(&self) -> PartyId {
        self.author.party()
    }

    /// Who admitted to hold them.
    pub fn holder(&self) -> PartyId {
        self.holder.party()
    }

    /// The author's generation.
    pub fn generation(&self) -> Generation {
        self.author.generation()
    }

    /// Under which the entries stand.
    pub const fn checkpoint(&self) -> &Checkpoint {
        self.signed.checkpoint()
    }

    /// By when the other side admitted to hold them, by its clock.
    pub fn held_by(&self) -> Timestamp {
        self.cosignature.time()
    }

    /// The entries, by rising index.
    pub fn entries(&self) -> impl Iterator<Item = &Released> {
        self.entries.values()
    }

    fn add(&mut self, log: &Log, entry: &Verified<Entry>, content: Content) -> Result<(), ReleaseRefusal> {
        let index = entry.fields().index;
        if log.origin() != self.checkpoint().origin() || log.leaf_hash(index) != Some(entry.hash()) {
            return Err(ReleaseRefusal::OtherEntry { index });
        }
        let size = self.checkpoint().size();
        if log.root_at(size) != Some(*self.checkpoint().root()) {
            return Err(ReleaseRefusal::OtherLog);
        }
        let proof = log.inclusion_proof(index, size)?;
        self.entries.insert(index, Released { leaf: *entry.leaf(), proof, content });
        Ok(())
    }

    /// Verifies signatures of both sides over one note.
    fn open(
        scheme: &dyn Scheme,
        author: Verified<Certificate>,
        holder: Verified<Certificate>,
        note: &[u8],
    ) -> Result<Self, ReleaseFault> {
        if !are_two_sides(&author, &holder) {
            return Err(ReleaseFault::Parties);
        }
        let origin = origin(&author);
        let signed = open_checkpoint(scheme, &author.keys().log, &origin, note)?;
        let name = name_of_holder(&holder);
        let cosignature = open_cosignature(scheme, &holder.keys().holder, &name, &origin, note)?;
        Ok(Self { author, holder, signed, cosignature, entries: BTreeMap::new() })
    }

    /// Verifies one entry of a received part.
    fn take(&mut self, scheme: &dyn Scheme, bytes: &[u8], proof: Vec<Hash>, content: Content) -> Result<(), ReleaseFault> {
        let leaf = Leaf::open(scheme, &self.author.keys().log, bytes)?;
        let fields = leaf.fields();
        let index = fields.index;
        if (fields.line, fields.author, fields.generation) != (self.line(), self.author(), self.generation()) {
            return Err(ReleaseFault::OtherLog { index });
        }
        let said = self.checkpoint();
        verify_inclusion(&proof, index, said.size(), &leaf.hash(), said.root())
            .map_err(|source| ReleaseFault::Proof { index, source })?;
        if content.root() != fields.body_root {
            return Err(ReleaseFault::Body { index });
        }
        self.entries.insert(index, Released { leaf, proof, content });
        Ok(())
    }
}

impl Released {
    /// The leaf: place, claimed time, what its author had seen.
    pub const fn leaf(&self) -> &Leaf {
        &self.leaf
    }

    /// What is shown of the body.
    pub const fn content(&self) -> &Content {
        &self.content
    }
}

impl Content {
    fn root(&self) -> detente_types::Root {
        match self {
            Self::Whole(body) => body.root(),
            Self::Slots(opened) => opened.root(),
        }
    }

    /// The value of a used slot that is shown.
    pub fn value(&self, slot: u8) -> Option<&[u8]> {
        match self {
            Self::Whole(body) => body.slots().get(&slot).map(Vec::as_slice),
            Self::Slots(opened) => opened.value(slot),
        }
    }
}

fn origin(author: &Certificate) -> String {
    log_name(&author.line(), &author.party(), author.generation())
}

fn name_of_holder(holder: &Certificate) -> String {
    holder_name(&holder.line(), &holder.party(), holder.generation())
}

fn are_two_sides(author: &Certificate, holder: &Certificate) -> bool {
    author.line() == holder.line() && author.party() != holder.party()
}
