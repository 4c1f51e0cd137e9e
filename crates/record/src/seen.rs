//! `seen`: which head of the other log an author had when it spoke, and whether that can be true (PROTOCOL S1, S2).

use detente_types::{Generation, Head, Index, Root};
use detente_wire::merkle::EMPTY_ROOT;

use crate::log::Log;

/// The heads that a log had, by generation and size.
pub trait Heads {
    /// The root of `generation` at `size`; `None` when it never had that many entries here.
    fn root_at(&self, generation: Generation, size: u64) -> Option<Root>;
    /// The newest head.
    fn newest(&self) -> Head;
}

impl Heads for Log {
    fn root_at(&self, generation: Generation, size: u64) -> Option<Root> {
        if generation == self.generation() { Self::root_at(self, size) } else { None }
    }

    fn newest(&self) -> Head {
        self.head()
    }
}

/// What a claimed `seen` means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SeenVerdict {
    /// It is a head that the other log had, and no older than the last one claimed.
    Fine,
    /// It goes back behind what the same log claimed before: the speaker's fault.
    Decreases {
        /// The claim before.
        previous: Head,
    },
    /// An opening claims to have seen something, or an empty log with a root of its own, or a log of generation 0, which
    /// none has: the speaker's fault.
    NotEmpty,
    /// It is beyond what the other log has here in that generation. If it is our log, this node was rolled back: it stops
    /// appending and recovers (PROTOCOL S4, S5).
    Ahead {
        /// The newest head here.
        newest: Head,
    },
    /// The other log had another root at that size. If it is our log: demand the note. With a checkpoint of ours it
    /// is answerable as evidence against us, without one it is the speaker's fault.
    WrongRoot {
        /// The root that the other log had.
        had: Root,
    },
}

/// Judges what the entry at `index` claims to have seen of the log with these heads.
///
/// `previous` is the claim of the entry before, `None` at index 0. Entry 0 of every generation claims the empty log.
pub fn check_seen(previous: Option<&Head>, index: Index, claimed: &Head, heads: &dyn Heads) -> SeenVerdict {
    let rank = |head: &Head| (head.generation, head.size);
    if let Some(previous) = previous.filter(|p| rank(p) > rank(claimed)) {
        return SeenVerdict::Decreases { previous: *previous };
    }
    if claimed.size == 0 || index == 0 || claimed.generation < Generation::FIRST {
        let empty = claimed.size == 0 && claimed.root == EMPTY_ROOT && claimed.generation >= Generation::FIRST;
        return if empty { SeenVerdict::Fine } else { SeenVerdict::NotEmpty };
    }
    match heads.root_at(claimed.generation, claimed.size) {
        Some(had) if had == claimed.root => SeenVerdict::Fine,
        Some(had) => SeenVerdict::WrongRoot { had },
        None => SeenVerdict::Ahead { newest: heads.newest() },
    }
}
