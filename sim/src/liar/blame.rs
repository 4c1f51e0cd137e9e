//! What an honest node says of a liar: all of the lie, and nothing but the lie.

use std::collections::BTreeMap;

use detente_node::What;

use super::Lie;
use crate::invariant::{Check, ensure};

/// What a peer does, as far as one can be wrong and the rest honest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    /// What it says in its log, and signs about it.
    Log,
    /// Two things that it signed.
    Fork,
    /// What its entries claim that it had seen.
    Seen,
    /// What it claims to hold of our log, and gives back.
    Copy,
    /// What it cosigns.
    Cosigning,
    /// What it shows as evidence.
    Evidence,
    /// Its frames.
    Frames,
}

impl Lie {
    /// What an honest node must have said of it, any of these; empty when nobody can tell.
    const fn named_as(self) -> &'static [&'static str] {
        match self {
            Self::ForkEarly | Self::ForkEarlier | Self::EvidenceFlood => &["fork"],
            // The other root may come before the entries: then it contradicts them, and nothing signed is kept to compare.
            Self::ForkRoots | Self::Rollback => &["fork", "peer fault"],
            Self::Unusable => &["unusable"],
            Self::Flood => &["safety flood"],
            Self::Stall => &["line down"],
            // What is held back may be lost: the officer reads that the line waits for it.
            Self::GivesNothing => &["recovering"],
            Self::CosignUnread | Self::CosignShrink | Self::Replay | Self::ClaimsLess => &[],
            _ => &["peer fault"],
        }
    }

    /// What of it is a lie.
    const fn parts(self) -> &'static [Part] {
        use Part::{Copy, Cosigning, Evidence, Fork, Frames, Log, Seen};
        match self {
            Self::Withhold | Self::Unusable => &[Log],
            // What floods far ahead of the log is not what stands there when the log has come so far.
            Self::ForkEarly | Self::ForkRoots | Self::ForkEarlier | Self::Rollback | Self::Flood => &[Log, Fork],
            Self::WrongSeen | Self::ClaimsLess => &[Seen],
            Self::CosignUnread | Self::CosignAhead | Self::CosignWrong | Self::CosignShrink => &[Cosigning],
            Self::Garbage => &[Frames, Log],
            Self::Replay => &[Frames, Log, Cosigning],
            Self::FalseEvidence => &[Evidence],
            // What it shows of itself convicts it.
            Self::EvidenceFlood => &[Evidence, Fork],
            Self::MadeUpCopy | Self::FalseNewest | Self::ClaimsMore | Self::ClaimsFork | Self::GivesAltered => &[Copy],
            Self::Stall | Self::GivesNothing => &[],
        }
    }
}

/// A lie that can be told from the truth is named by the honest side: as a fault, as evidence, or as an unusable
/// statement (DESIGN D12).
pub(crate) fn is_named(lie: Lie, named: &BTreeMap<String, u64>) -> Check {
    let wanted = lie.named_as();
    let holds = wanted.is_empty() || wanted.iter().any(|kind| named.contains_key(*kind));
    ensure(holds, "every_lie_is_named", || format!("{} was named only as {named:?}", lie.name()))
}

/// Checks what an honest node says of a liar.
pub(crate) fn check(lie: Lie, what: &What) -> Check {
    let (part, why) = match what {
        What::PeerFault(why) => (part_of(why), why),
        What::Fork(_, why) => (Part::Fork, why),
        _ => return Ok(()),
    };
    blame_fits_the_lie(lie.parts().contains(&part), lie, part, why)
}

/// What a fault is about, by the words in which it is told.
fn part_of(why: &str) -> Part {
    const ABOUT: [(&str, Part); 15] = [
        ("closes our log", Part::Log),
        ("`seen`", Part::Seen),
        ("of our entries", Part::Seen),
        ("evidence", Part::Evidence),
        ("cosigned", Part::Cosigning),
        ("cosignature", Part::Cosigning),
        ("they claim", Part::Copy),
        ("they hold", Part::Copy),
        ("our entry", Part::Copy),
        ("their ", Part::Log),
        ("early", Part::Log),
        ("ahead of their log", Part::Log),
        ("the opening", Part::Log),
        ("the peer", Part::Frames),
        ("part", Part::Frames),
    ];
    ABOUT.into_iter().find(|(words, _)| why.contains(words)).map_or(Part::Frames, |(_, part)| part)
}

/// A liar is blamed for its lie, and not for what it does honestly: what is evidence or a fault must be one (DESIGN D12).
fn blame_fits_the_lie(holds: bool, lie: Lie, part: Part, why: &str) -> Check {
    ensure(holds, "blame_fits_the_lie", || format!("{} is blamed for {part:?}: {why}", lie.name()))
}
