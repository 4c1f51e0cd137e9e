//! Manners: who is blamed, what is owed once, and how much a node holds.

use std::collections::{BTreeMap, BTreeSet};

use detente_node::{Held, What};
use detente_types::statement::{Kind, Level, StatementIn};
use detente_types::{EntryHash, StatementRef};
use detente_wire::Body;

use super::{Check, ensure};
use crate::rows::Rows;
use crate::wire::Wire;

/// Between two honest nodes nobody is blamed and no evidence is made. About a line of which an end was restored a node
/// may be told what it cannot know.
pub(crate) fn honest_never_accused(wire: &Wire, end: usize, what: &What) -> Check {
    let detail = match what {
        What::PeerFault(why) => format!("side {end} blames its peer: {why}"),
        What::Fork(_, why) => format!("side {end} is told of a fork: {why}"),
        What::Fault(why) => format!("side {end} blames itself: {why}"),
        What::Renewed(generation) if wire.ends[end].restored.is_none() => format!("side {end} opens generation {generation}"),
        What::Unusable(of, why) => format!("side {end} finds {of} unusable: {why:?}"),
        _ => return Ok(()),
    };
    let lies = wire.ends.iter().any(|end| end.lies);
    let holds = lies && !matches!(what, What::Fault(_));
    ensure(holds, "honest_never_accused", || detail)
}

/// What an author has said because it owed it, by what that was about.
#[derive(Clone, Debug, Default)]
pub(crate) struct Debts {
    said: BTreeMap<(EntryHash, Owed), EntryHash>,
    /// Entries of its own that it has told to count, in this life.
    counted: BTreeSet<StatementRef>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Owed {
    StoredEarly,
    Refused,
    Answer,
}

impl Debts {
    /// A new process.
    pub(crate) fn start(&mut self) {
        self.counted.clear();
    }

    /// Takes an event of the node.
    pub(crate) fn hear(&mut self, what: &What) -> Check {
        match what {
            What::Said(entry, _) => entry_counts_once(self.counted.insert(*entry), entry),
            _ => Ok(()),
        }
    }

    /// A restored machine says again what it has lost.
    pub(crate) fn forget(&mut self) {
        self.said.clear();
    }

    /// Takes an entry of an author's own log that became durable on its disk.
    pub(crate) fn take(&mut self, hash: EntryHash, said: &StatementIn, wire: &Wire, end: usize, disk: &Rows) -> Check {
        let (of, owed) = match said {
            StatementIn::Receipt(receipt) if receipt.level == Level::Refused.code() => {
                refusal_is_never_refused(kind_of(disk, wire, end, &receipt.of), &receipt.of)?;
                (receipt.of.hash, Owed::Refused)
            }
            StatementIn::Receipt(receipt) if receipt.level == Level::StoredEarly.code() => (receipt.of.hash, Owed::StoredEarly),
            StatementIn::CheckAnswer(answer) => (answer.of.hash, Owed::Answer),
            _ => return Ok(()),
        };
        let before = self.said.insert((of, owed), hash);
        owed_is_said_once(before.is_none_or(|before| before == hash), owed, &of)
    }
}

/// The kind of an entry of the other log that this disk holds.
fn kind_of(disk: &Rows, wire: &Wire, end: usize, of: &StatementRef) -> Option<u16> {
    let log = disk.log(&wire.log_of(1 - end, of.generation))?;
    match log.row(of.index)? {
        detente_node::port::Write::Entry { body, .. } => {
            let body = Body::decode(body).ok()?;
            detente_wire::codec::decode(body.slots().get(&0)?, "kind").ok()
        }
        _ => None,
    }
}

/// An entry of a node's own counts once in a process, whether it was said there or came back after a restore (PROTOCOL E7, S4).
fn entry_counts_once(once: bool, entry: &StatementRef) -> Check {
    ensure(once, "entry_counts_once", || format!("{entry} counts again"))
}

/// No receipt is ever answered with a refusal (PROTOCOL E8).
fn refusal_is_never_refused(kind: Option<u16>, of: &StatementRef) -> Check {
    let holds = kind != Some(Kind::Receipt.code());
    ensure(holds, "refusal_is_never_refused", || format!("the receipt {of} was refused"))
}

/// What a node owes because of one entry it says once: a stored-early receipt, a refusal, an answer to a check.
fn owed_is_said_once(once: bool, owed: Owed, of: &EntryHash) -> Check {
    ensure(once, "owed_is_said_once", || format!("{owed:?} about {of} was said twice"))
}

/// A node holds no more than its limits say, whatever its peer does; `unacknowledged` of its own entries are on their way.
pub(crate) fn memory_is_bounded(held: &Held, unacknowledged: u64) -> Check {
    const NAME: &str = "memory_is_bounded";
    const LINK_BYTES_MAX: usize = 6 << 20;
    const CACHE_BYTES_MAX: usize = 8 << 20;
    const EARLY_MAX: usize = 512;
    const OWED_MAX: usize = 8_192;
    const EVIDENCE_MAX: usize = 16;
    /// Entries that are made and not durable, or acknowledged and not durably so: a burst of an officer's.
    const SLACK: u64 = 64;
    let within = held.link_bytes <= LINK_BYTES_MAX
        && held.cache_bytes <= CACHE_BYTES_MAX
        && held.early <= EARLY_MAX
        && held.owed <= OWED_MAX
        && held.evidence <= EVIDENCE_MAX;
    ensure(within, NAME, || format!("{held:?}"))?;
    // What has arrived is not kept for sending.
    let kept = held.cached as u64;
    let wanted = unacknowledged + held.pending as u64 + SLACK;
    ensure(kept <= wanted, NAME, || format!("{kept} entries are kept for sending, {unacknowledged} are on their way"))
}
