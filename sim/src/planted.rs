//! Bugs that are planted, to prove that each invariant finds one. Some are in the machines and bearers around a node, most
//! in the node itself, behind a feature that the product never has.

use detente_node::plant::Plant;

use crate::fault::Fault;
use crate::liar::Lie;

/// A planted bug.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Bug {
    /// A disk answers before the batch is durable.
    DiskAcksEarly,
    /// A disk loses the last batch that it had answered for, in a crash.
    DiskLosesLast,
    /// A disk loses what the book gained with the last batch that it had answered for, in a crash.
    DiskLosesBook,
    /// A disk writes the first half of a batch, in a crash.
    DiskTears,
    /// A disk writes the second half of a batch and not the first, in a crash.
    DiskSwaps,
    /// A disk does not give early rows back.
    DiskForgetsEarly,
    /// A bearer never delivers what is longer than 2,000 bytes.
    CarrierMute,
    /// In the node.
    Node(Plant),
}

/// One row of the table: a bug, and what finds it.
#[derive(Clone, Copy, Debug)]
pub struct Planting {
    /// As the command line names it.
    pub name: &'static str,
    /// The bug.
    pub bug: Bug,
    /// The invariant that finds it, before any other does.
    pub found_by: &'static str,
    /// The lie that it needs, if it shows only against a liar.
    pub lie: Option<Lie>,
    /// It is found in so many seeds from 0 on.
    pub within: u64,
}

const fn honest(name: &'static str, bug: Bug, found_by: &'static str, within: u64) -> Planting {
    Planting { name, bug, found_by, lie: None, within }
}

const fn node(name: &'static str, plant: Plant, found_by: &'static str, within: u64) -> Planting {
    honest(name, Bug::Node(plant), found_by, within)
}

const fn against(name: &'static str, lie: Lie, plant: Plant, found_by: &'static str, within: u64) -> Planting {
    Planting { lie: Some(lie), ..node(name, plant, found_by, within) }
}

/// Every bug that can be planted.
pub const PLANTINGS: [Planting; 41] = [
    honest("disk-acks-early", Bug::DiskAcksEarly, "told_when_durable", 1),
    honest("disk-loses-last", Bug::DiskLosesLast, "no_acknowledged_entry_lost", 1),
    honest("disk-loses-book", Bug::DiskLosesBook, "accepted_is_kept", 1),
    honest("disk-tears", Bug::DiskTears, "said_from_the_book", 1),
    honest("disk-swaps", Bug::DiskSwaps, "starts_again", 1),
    honest("disk-forgets-early", Bug::DiskForgetsEarly, "hello_names_early_leaves", 12),
    honest("carrier-mute", Bug::CarrierMute, "converges", 1),
    node("cosign-unread", Plant::CosignUnread, "durable_before_audible", 1),
    node("cosign-older", Plant::CosignOlder, "cosignature_never_shrinks", 1),
    node("speak-unproven", Plant::SpeakUnproven, "no_self_fork", 2),
    node("seen-undurable", Plant::SeenUndurable, "seen_is_durable", 2),
    node("seen-back", Plant::SeenBack, "seen_never_decreases", 1),
    against("seen-unchecked", Lie::WrongSeen, Plant::SeenUnchecked, "every_lie_is_named", 1),
    node("disclose-exact", Plant::DiscloseExact, "nothing_beyond_marking", 1),
    node("joint-exact", Plant::JointExact, "equal_prefixes_agree", 1),
    node("list-short", Plant::ListShort, "equal_prefixes_agree", 1),
    node("warn-late", Plant::WarnLate, "rebuilt_is_equal", 1),
    node("ack-undurable", Plant::AckUndurable, "told_when_durable", 1),
    node("act-twice", Plant::ActTwice, "safety_acted_once", 1),
    node("ring-answered", Plant::RingAnswered, "answered_is_quiet", 1),
    node("silent-safety", Plant::SilentSafety, "every_safety_rings", 1),
    node("state-twice", Plant::StateTwice, "stated_once", 1),
    node("book-next", Plant::BookNext, "stated_is_there", 1),
    node("owe-twice", Plant::OweTwice, "owed_is_said_once", 1),
    node("forget-waiting", Plant::ForgetWaiting, "accepted_is_stated", 3),
    node("doubt-repeats", Plant::DoubtRepeats, "honest_never_accused", 1),
    node("hoard", Plant::Hoard, "memory_is_bounded", 1),
    node("tick-at-once", Plant::TickAtOnce, "comes_to_an_end", 1),
    against("refuse-refusals", Lie::Unusable, Plant::RefuseRefusals, "refusal_is_never_refused", 1),
    against("keep-refused", Lie::CosignWrong, Plant::KeepRefused, "starts_again", 1),
    against("evidence-expected", Lie::FalseEvidence, Plant::EvidenceExpected, "never_panics", 1),
    against("evidence-anybody", Lie::EvidenceFlood, Plant::EvidenceAnybody, "evidence_convicts_the_liar", 1),
    against("newest-unread", Lie::FalseNewest, Plant::NewestUnread, "every_lie_is_named", 1),
    node("seal-otherwise", Plant::SealOtherwise, "blind_runs_agree", 1),
    // In new generations, after a restore.
    node("renew-unasked", Plant::RenewUnasked, "nothing_held_is_disowned", 1),
    node("renew-short", Plant::RenewShort, "generations_follow", 1),
    node("close-unsaid", Plant::CloseUnsaid, "ends_are_stated", 1),
    node("return-twice", Plant::ReturnTwice, "entry_counts_once", 1),
    against("blame-gaps", Lie::ClaimsLess, Plant::BlameGaps, "blame_fits_the_lie", 1),
    against("stay-in-old", Lie::ClaimsLess, Plant::StayInOld, "no_self_fork", 1),
    against("take-back-unread", Lie::GivesAltered, Plant::TakeBackUnread, "taken_back_is_signed", 1),
];

impl Bug {
    /// The one that has to be switched on in the node.
    pub(crate) const fn in_node(self) -> Option<Plant> {
        match self {
            Self::Node(plant) => Some(plant),
            _ => None,
        }
    }

    /// Faults without which it never shows.
    pub(crate) const fn wants(self) -> &'static [Fault] {
        match self {
            Self::DiskAcksEarly => &[Fault::DiskSlow],
            Self::DiskLosesLast | Self::DiskLosesBook | Self::DiskTears | Self::DiskSwaps => {
                &[Fault::CrashLost, Fault::CrashSaved]
            }
            Self::DiskForgetsEarly => &[Fault::CrashSaved, Fault::Reorder, Fault::Loss],
            Self::Node(Plant::ActTwice) => &[Fault::Loss],
            Self::Node(Plant::ForgetWaiting | Plant::StateTwice) => &[Fault::CrashLost],
            _ if self.wants_restore() => &[Fault::Restore],
            _ => &[],
        }
    }

    /// Whether a machine is restored for its sake.
    pub(crate) const fn wants_restore(self) -> bool {
        use Plant::{CloseUnsaid, RenewShort, RenewUnasked, ReturnTwice, SpeakUnproven, StayInOld, TakeBackUnread};
        matches!(
            self,
            Self::Node(SpeakUnproven | RenewUnasked | RenewShort | CloseUnsaid | ReturnTwice | StayInOld | TakeBackUnread)
        )
    }

    /// Whether the terms must have blind runs for its sake.
    pub(crate) const fn wants_blind(self) -> bool {
        matches!(self, Self::Node(Plant::SealOtherwise))
    }

    /// Whether the restored machine must know of it.
    pub(crate) const fn wants_mark(self) -> bool {
        matches!(self, Self::Node(Plant::RenewUnasked))
    }
}

impl Planting {
    /// By its name on the command line.
    pub fn by_name(name: &str) -> Option<Self> {
        PLANTINGS.into_iter().find(|planting| planting.name == name)
    }
}
