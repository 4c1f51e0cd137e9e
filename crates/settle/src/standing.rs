//! Where a statement stands, and what its author had when it spoke.

use detente_types::{Head, StatementRef};

/// The two statements of a joint conflict, the lower party's first.
pub type Pair = [StatementRef; 2];

/// A statement's name and what its author had of the other log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Standing {
    /// Its name: author, generation, index, leaf hash.
    pub reference: StatementRef,
    /// The head of the other log that its author durably had (PROTOCOL S1).
    pub seen: Head,
}

impl Standing {
    /// Whether the author had `other` when it said this: earlier in its own log, or below its `seen`.
    ///
    /// This is the one notion of "before" in this crate. Two statements of which neither was had are *crossed*.
    pub fn had(&self, other: &StatementRef) -> bool {
        if other.author == self.reference.author {
            let place = (self.reference.generation, self.reference.index);
            return (other.generation, other.index) < place;
        }
        below(other, &self.seen)
    }
}

/// Whether a statement lies below a head of its log. An earlier generation lies below every later one.
pub(crate) fn below(statement: &StatementRef, head: &Head) -> bool {
    (statement.generation, statement.index) < (head.generation, head.size)
}
