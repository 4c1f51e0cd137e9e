//! Planted faults: each breaks one rule, and the checker must find the damage.
//!
//! Those marked *as first written* are not slips of an implementer but the rules as they stood before the ADR named.

/// One rule, broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Mutation {
    /// E5: the holder cosigns what it has received, before its disk has it.
    CosignBeforeDurable,
    /// E6: the holder cosigns each checkpoint that arrives, a smaller one after a larger included.
    CosignSmaller,
    /// E6: a cosignature lost on the way is never repeated.
    CosignOnce,
    /// D6: an entry is sent while the author's disk does not yet have it.
    SendBeforeDurable,
    /// S1: `seen` names what has arrived, not what is durable.
    SeenBeforeDurable,
    /// S4: a node appends before it has heard the peer's hello.
    AppendBeforeHello,
    /// S4: a node that finds its peer ahead does not take its own entries back.
    NoTakeBack,
    /// S3: an early leaf is not compared with the log that later files it.
    EarlyNotCompared,
    /// S3: fork evidence is kept in memory only.
    EvidenceInMemory,
    /// F2: filing an early SAFETY statement acts on it a second time.
    FilingActsAgain,
    /// F2: the receipt for an early SAFETY statement is signed before its storage is durable.
    ReceiptBeforeDurable,
    /// T2: a withdraw that comes first in a node's own listing beats a crossed accept.
    WithdrawBeatsAccept,
    /// T2: of two crossed accepts the one first in a node's own listing stands.
    FirstListedAcceptStands,
    /// T2: an accept binds even where its `seen` covers the withdraw.
    AcceptBeatsSeenWithdraw,
    /// As first written (ADR 0010): frames and hellos of an earlier session are still taken.
    LateFrames,
    /// As first written (ADR 0010): what an ended session left in memory is made durable after the next hello.
    FlushAfterHello,
    /// As first written (ADR 0011): the hello does not name early leaves.
    HelloWithoutEarly,
    /// As first written (ADR 0012): the hello does not name the receiver's newest cosignature.
    HelloWithoutCosignature,
    /// As first written (ADR 0012): a node whose copy lies below its own `seen` settles.
    SettleBelowSeen,
    /// As first written (ADR 0013): a rolled-back node goes on in its old generation.
    GoOnInOldGeneration,
    /// As first written (ADR 0014): a new generation is copied before the old one has reached the size it names.
    CloseWithoutWaiting,
    /// As first written (ADR 0015): SAFETY is acted on before its early storage is durable.
    ActBeforeDurable,
}

impl Mutation {
    pub const ALL: [Self; 22] = [
        Self::CosignBeforeDurable,
        Self::CosignSmaller,
        Self::CosignOnce,
        Self::SendBeforeDurable,
        Self::SeenBeforeDurable,
        Self::AppendBeforeHello,
        Self::NoTakeBack,
        Self::EarlyNotCompared,
        Self::EvidenceInMemory,
        Self::FilingActsAgain,
        Self::ReceiptBeforeDurable,
        Self::WithdrawBeatsAccept,
        Self::FirstListedAcceptStands,
        Self::AcceptBeatsSeenWithdraw,
        Self::LateFrames,
        Self::FlushAfterHello,
        Self::HelloWithoutEarly,
        Self::HelloWithoutCosignature,
        Self::SettleBelowSeen,
        Self::GoOnInOldGeneration,
        Self::CloseWithoutWaiting,
        Self::ActBeforeDurable,
    ];
}

/// The rules in force: all of them, or all but one.
#[derive(Clone, Copy, Debug, Default)]
pub struct Rules {
    pub broken: Option<Mutation>,
}

impl Rules {
    /// True when this mutation's rule is not obeyed.
    pub fn breaks(self, mutation: Mutation) -> bool {
        self.broken == Some(mutation)
    }
}
