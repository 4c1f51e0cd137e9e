//! The holder's side of a cosignature: when we may say that the peer's entries are on our disk (PROTOCOL E5, E6).
//!
//! Calling order: the store makes a batch of the peer's entries durable; [`Holder::due`] says whether a checkpoint
//! of the peer's is then to be cosigned; [`Holder::cosign`] makes the cosignature and moves the mark. The store
//! writes the mark and the note in one transaction, and the note is sent after that. Sizes never go down: not
//! within a run, and not across a crash, because a holder starts from the mark that the store kept.

use detente_types::Timestamp;
use detente_wire::checkpoint::{Cosignature, SignedCheckpoint, cosign, holder_name};
use detente_wire::{KeyPair, Scheme};

use crate::log::Log;

/// What we last cosigned of one log of the peer's.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Holder {
    size: u64,
}

/// Why a checkpoint of the peer's is not cosigned. In each case the peer is at fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HolderFault {
    /// The checkpoint is of another log than the copy.
    #[error("peer's checkpoint is of another log")]
    OtherLog,
    /// The peer signed a root that its own entries do not have. Compare it with the checkpoints kept: together with
    /// one of those it may be fork evidence ([`crate::ForkEvidence`]).
    #[error("peer's checkpoint at {size} does not have the root of the entries it sent")]
    RootDiffers {
        /// The checkpoint's size.
        size: u64,
    },
}

impl Holder {
    /// From the size of the last durable cosignature; 0 when there is none.
    pub const fn new(cosigned: u64) -> Self {
        Self { size: cosigned }
    }

    /// The size of the last cosignature; 0 when there is none.
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// Whether `checkpoint`, opened under the log key of `copy`, is to be cosigned now.
    ///
    /// `copy` holds durable entries only. It is not due while entries below it are missing here, nor when a
    /// cosignature of that size or a larger one was made: the kept note is then sent again.
    ///
    /// # Errors
    /// What the peer did wrong. Nothing was cosigned.
    pub fn due(&self, copy: &Log, checkpoint: &SignedCheckpoint) -> Result<bool, HolderFault> {
        let said = checkpoint.checkpoint();
        if said.origin() != copy.origin() {
            return Err(HolderFault::OtherLog);
        }
        match copy.root_at(said.size()) {
            None => Ok(false),
            Some(root) if root == *said.root() => Ok(said.size() > self.size),
            Some(_) => Err(HolderFault::RootDiffers { size: said.size() }),
        }
    }

    /// Cosigns a checkpoint that is due and moves the mark; `None` when it is not.
    ///
    /// # Errors
    /// As [`Self::due`].
    pub fn cosign(
        &mut self,
        signer: &HolderSigner<'_>,
        copy: &Log,
        checkpoint: &SignedCheckpoint,
        now: Timestamp,
    ) -> Result<Option<Cosignature>, HolderFault> {
        if !self.due(copy, checkpoint)? {
            return Ok(None);
        }
        let said = checkpoint.checkpoint();
        self.size = said.size();
        Ok(Some(cosign(signer.scheme, signer.key, &signer.name, said, now)))
    }
}

/// With what we cosign.
#[derive(Clone, Debug)]
pub struct HolderSigner<'a> {
    scheme: &'a dyn Scheme,
    key: &'a KeyPair,
    name: String,
}

impl<'a> HolderSigner<'a> {
    /// The holder key that entry 0 of `own` certifies.
    pub fn new(scheme: &'a dyn Scheme, key: &'a KeyPair, own: &Log) -> Self {
        Self { scheme, key, name: holder_name(&own.line(), &own.author(), own.generation()) }
    }
}
