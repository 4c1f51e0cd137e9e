//! The author's side of cosignatures: which of our entries the other side has admitted to hold, and since when.
//!
//! Every cosignature that was the first to cover some entry leaves a [`Mark`], and the store keeps its note
//! (PROTOCOL E6). Marks rise in size; a mark's time is L1's time for the entries between the mark before it and
//! itself.

use detente_types::{Index, Timestamp};
use detente_wire::checkpoint::Cosignature;

use crate::log::Log;

/// The other side's cosignatures of one log of ours.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cosigned {
    marks: Vec<Mark>,
}

/// That the other side cosigned. The size is the key under which the store keeps the note.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mark {
    /// How many entries it covers.
    pub size: u64,
    /// When, by the other side's clock.
    pub time: Timestamp,
}

/// What became of a cosignature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Taken {
    /// It covers entries that none covered before. Its note is to be kept.
    Newest,
    /// It arrived late and covers some entries earlier than the mark known so far. Its note is to be kept.
    Earlier,
    /// It says nothing new: a repeat.
    Repeat,
}

/// Why a cosignature is not taken. In each case the peer is at fault, unless this node was rolled back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CosignedFault {
    /// The cosignature is of another log.
    #[error("peer cosigned another log")]
    OtherLog,
    /// It covers more than we ever said, as far as this node knows. With a checkpoint of ours of that size, this
    /// node was rolled back and must recover (PROTOCOL S4, S5); without one the peer made it up.
    #[error("peer cosigned {size} entries of our log, which has {own}")]
    AheadOfMe {
        /// What the peer claims to hold.
        size: u64,
        /// What we have.
        own: u64,
    },
    /// It has another root than our log at that size. With a checkpoint of ours over that root it is answerable as
    /// fork evidence against us, without one the peer made it up.
    #[error("peer cosigned another root than ours at {size}")]
    RootDiffers {
        /// The size at which the roots differ.
        size: u64,
    },
    /// It is smaller than one that the peer made before, by the peer's own clock (PROTOCOL E6).
    #[error("peer cosigned {size} entries after it had cosigned {newest}")]
    Shrinks {
        /// What it covers.
        size: u64,
        /// What the larger and earlier one covers.
        newest: u64,
    },
}

impl Cosigned {
    /// From the marks of the cosignatures that the store kept, by rising size. They passed [`Self::take`] once.
    pub fn rebuild(marks: impl IntoIterator<Item = Mark>) -> Self {
        let marks: Vec<_> = marks.into_iter().collect();
        debug_assert!(marks.is_sorted_by(|a, b| a.size < b.size), "the store keeps one note a size");
        Self { marks }
    }

    /// Takes a cosignature that was opened under the peer's holder key.
    ///
    /// # Errors
    /// What the peer did wrong; nothing is then changed.
    pub fn take(&mut self, own: &Log, cosignature: &Cosignature) -> Result<Taken, CosignedFault> {
        check_ours(own, cosignature)?;
        let mark = Mark { size: cosignature.checkpoint().size(), time: cosignature.time() };
        let at = self.marks.partition_point(|known| known.size < mark.size);
        let taken = match self.marks.get(at) {
            // An empty log needs no receipt.
            None if mark.size == 0 => return Ok(Taken::Repeat),
            None => Taken::Newest,
            Some(next) if next.size == mark.size => return Ok(Taken::Repeat),
            Some(next) if mark.time > next.time => {
                return Err(CosignedFault::Shrinks { size: mark.size, newest: next.size });
            }
            Some(_) => Taken::Earlier,
        };
        self.marks.insert(at, mark);
        Ok(taken)
    }

    /// How many of our entries the other side has admitted to hold.
    pub fn acknowledged_size(&self) -> u64 {
        self.newest().map_or(0, |mark| mark.size)
    }

    /// The mark that covers the most.
    pub fn newest(&self) -> Option<&Mark> {
        self.marks.last()
    }

    /// The first mark that covers the entry at `index`: its L1 receipt.
    pub fn first_covering(&self, index: Index) -> Option<&Mark> {
        self.marks.get(self.marks.partition_point(|mark| mark.size <= index))
    }

    /// All marks, by rising size.
    pub fn marks(&self) -> &[Mark] {
        &self.marks
    }
}

fn check_ours(own: &Log, cosignature: &Cosignature) -> Result<(), CosignedFault> {
    let said = cosignature.checkpoint();
    let size = said.size();
    if said.origin() != own.origin() {
        return Err(CosignedFault::OtherLog);
    }
    match own.root_at(size) {
        Some(root) if root == *said.root() => Ok(()),
        Some(_) => Err(CosignedFault::RootDiffers { size }),
        None => Err(CosignedFault::AheadOfMe { size, own: own.size() }),
    }
}
