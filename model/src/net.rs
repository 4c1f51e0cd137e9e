//! The link: a set of messages, each of which may be delivered any number of times, in any order, or never.
//!
//! That set is the strongest lossy link: a lost frame is one that is never delivered, a doubled or late one is
//! delivered again. A node posts what it would say as soon as it could say it; sending later is delivering later.
//! Invariant: kept sorted, so that two links with the same messages are one state.

use crate::log::{Entry, Head, Log, Logs, Party, Place};

/// A SAFETY statement on its own, ahead of its log (rule F1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Early {
    pub place: Place,
    pub entry: Entry,
}

/// What one node tells the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Message {
    /// The sender's answer to a start of the receiver (rule S4 and ADRs 0011 and 0012): what it holds under the
    /// receiver's signatures. It carries the entries themselves; a root is its entries, and fetching them is a retry.
    Hello { copy: Logs, early: Option<Early>, cosigned: Head },
    /// A checkpoint of one generation of the sender's log, with the entries below it (rules E6 and E7).
    Log { generation: u8, log: Log },
    /// SAFETY overtaking.
    Early(Early),
    /// The sender's cosignature over the receiver's log (rule E5).
    Cosignature(Head),
}

impl Message {
    /// True when `newer` tells all that this message tells, and more.
    fn is_older_than(&self, newer: &Self) -> bool {
        match (self, newer) {
            (Self::Log { generation: at, log: ours }, Self::Log { generation, log }) => {
                at == generation && ours.size() < log.size() && !ours.contradicts(log)
            }
            (Self::Cosignature(ours), Self::Cosignature(theirs)) => ours < theirs,
            _ => false,
        }
    }
}

/// Messages on their way, each with its addressee.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Default)]
pub(crate) struct Net(Vec<(Party, Message)>);

impl Net {
    pub(crate) fn post(&mut self, to: Party, message: Message) {
        let item = (to, message);
        if let Err(at) = self.0.binary_search(&item) {
            self.0.insert(at, item);
        }
    }

    /// Posts a message and forgets older ones of its kind.
    pub(crate) fn post_newest(&mut self, to: Party, message: Message) {
        self.0.retain(|(at, older)| *at != to || !older.is_older_than(&message));
        self.post(to, message);
    }

    pub(crate) fn messages(&self) -> impl Iterator<Item = (Party, Message)> + '_ {
        self.0.iter().copied()
    }

    /// Forgets what the predicate refuses.
    pub(crate) fn retain(&mut self, keep: impl Fn(Party, &Message) -> bool) {
        self.0.retain(|(to, message)| keep(*to, message));
    }

    /// Cuts the session: no frame of it arrives any more (ADR 0010).
    pub(crate) fn cut(&mut self) {
        self.0.clear();
    }
}
