//! Bugs that are planted, to prove that each invariant finds one. Half are in the machines and bearers around a node,
//! half in the node itself, behind a feature that the product never has.

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
    /// A disk writes half of a batch, in a crash.
    DiskTears,
    /// A disk does not give early rows back.
    DiskForgetsEarly,
    /// A bearer never delivers what is longer than 2,000 bytes.
    CarrierMute,
    /// In the node.
    Node(Plant),
}

/// One row of the table: a bug, and what must find it.
#[derive(Clone, Copy, Debug)]
pub struct Planting {
    /// As the command line names it.
    pub name: &'static str,
    /// The bug.
    pub bug: Bug,
    /// The invariants of which one must find it.
    pub found_by: &'static [&'static str],
    /// The lie that it needs, if it shows only against a liar.
    pub lie: Option<Lie>,
    /// It must be found in so many seeds from 0 on.
    pub within: u64,
}

/// Most bugs show in the first seed.
const SOON: u64 = 4;

const fn honest(name: &'static str, bug: Bug, found_by: &'static [&'static str]) -> Planting {
    Planting { name, bug, found_by, lie: None, within: SOON }
}

const fn against(name: &'static str, lie: Lie, bug: Bug, found_by: &'static [&'static str]) -> Planting {
    Planting { name, bug, found_by, lie: Some(lie), within: SOON }
}

/// Every bug that can be planted.
pub const PLANTINGS: [Planting; 20] = [
    honest("disk-acks-early", Bug::DiskAcksEarly, &["durable_before_audible", "told_when_durable"]),
    honest(
        "disk-loses-last",
        Bug::DiskLosesLast,
        &["no_acknowledged_entry_lost", "accepted_is_kept", "durable_before_audible", "no_self_fork"],
    ),
    honest(
        "disk-tears",
        Bug::DiskTears,
        &["said_from_the_book", "stated_is_there", "starts_again", "rebuilt_is_equal", "no_acknowledged_entry_lost"],
    ),
    Planting { within: 40, ..honest("disk-forgets-early", Bug::DiskForgetsEarly, &["hello_names_early_leaves"]) },
    honest("carrier-mute", Bug::CarrierMute, &["converges"]),
    honest("cosign-unread", Bug::Node(Plant::CosignUnread), &["durable_before_audible"]),
    honest("cosign-older", Bug::Node(Plant::CosignOlder), &["cosignature_never_shrinks"]),
    honest("speak-unproven", Bug::Node(Plant::SpeakUnproven), &["no_self_fork", "honest_never_accused"]),
    Planting { within: 20, ..honest("seen-undurable", Bug::Node(Plant::SeenUndurable), &["seen_is_durable"]) },
    against("seen-unchecked", Lie::WrongSeen, Bug::Node(Plant::SeenUnchecked), &["every_lie_is_named"]),
    honest("disclose-exact", Bug::Node(Plant::DiscloseExact), &["nothing_beyond_marking"]),
    honest("joint-exact", Bug::Node(Plant::JointExact), &["equal_prefixes_agree"]),
    honest("ack-undurable", Bug::Node(Plant::AckUndurable), &["told_when_durable"]),
    honest("act-twice", Bug::Node(Plant::ActTwice), &["safety_acted_once", "answered_is_quiet"]),
    honest("silent-safety", Bug::Node(Plant::SilentSafety), &["every_safety_rings"]),
    against("refuse-refusals", Lie::Unusable, Bug::Node(Plant::RefuseRefusals), &["refusal_is_never_refused"]),
    honest("doubt-repeats", Bug::Node(Plant::DoubtRepeats), &["honest_never_accused"]),
    honest("forget-waiting", Bug::Node(Plant::ForgetWaiting), &["accepted_is_stated", "rebuilt_is_equal"]),
    honest("list-short", Bug::Node(Plant::ListShort), &["equal_prefixes_agree", "rebuilt_is_equal"]),
    honest("hoard", Bug::Node(Plant::Hoard), &["memory_is_bounded"]),
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
            Self::DiskLosesLast | Self::DiskTears => &[Fault::CrashLost, Fault::CrashSaved],
            Self::DiskForgetsEarly => &[Fault::CrashSaved, Fault::Reorder, Fault::Loss],
            Self::Node(Plant::SpeakUnproven) => &[Fault::Restore],
            Self::Node(Plant::ActTwice) => &[Fault::Loss],
            Self::Node(Plant::ForgetWaiting) => &[Fault::CrashLost],
            _ => &[],
        }
    }
}

impl Planting {
    /// By its name on the command line.
    pub fn by_name(name: &str) -> Option<Self> {
        PLANTINGS.into_iter().find(|planting| planting.name == name)
    }
}
