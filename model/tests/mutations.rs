//! Each planted fault is found, by the property that its rule serves.

mod common;

use common::{counterexample, with};
use detente_model::{Grain, Mutation, Scenario, name};

/// Where a mutation is planted, and which property must break.
fn planted(mutation: Mutation) -> (Scenario, &'static str) {
    match mutation {
        Mutation::CosignBeforeDurable => (common::crashes(), name::COSIGNED_DURABLE),
        Mutation::CosignSmaller => (common::crashes(), name::COSIGNED_GROWS),
        Mutation::CosignOnce => (common::crashes(), name::CONVERGES),
        Mutation::SendBeforeDurable => (common::crashes(), name::NO_SELF_FORK),
        Mutation::SeenBeforeDurable => (common::crashes(), name::SEEN_DURABLE),
        Mutation::AppendBeforeHello => (common::rollback(), name::NO_FALSE_EVIDENCE),
        Mutation::NoTakeBack => (common::rollback(), name::CONVERGES),
        Mutation::EarlyNotCompared => (common::forger(), name::NO_FORK_UNSEEN),
        Mutation::EvidenceInMemory => (common::forger(), name::NO_FORK_UNSEEN),
        Mutation::FilingActsAgain => (common::crashes(), name::ACTED_ONCE),
        Mutation::ReceiptBeforeDurable => (common::crashes(), name::RECEIPT_DURABLE),
        Mutation::WithdrawBeatsAccept => (common::settlement(), name::ONE_ANSWER),
        Mutation::FirstListedAcceptStands => (common::settlement(), name::ONE_ANSWER),
        Mutation::AcceptBeatsSeenWithdraw => (common::settlement(), name::WITHDRAWN_STAYS),
        Mutation::LateFrames => (common::rollback(), name::NO_FALSE_EVIDENCE),
        Mutation::FlushAfterHello => (common::rollback(), name::NO_FALSE_EVIDENCE),
        Mutation::HelloWithoutEarly => (common::rollback(), name::NO_FALSE_EVIDENCE),
        Mutation::HelloWithoutCosignature => (common::settlement(), name::NOT_OUTBID),
        Mutation::SettleBelowSeen => (common::settlement_after_note(), name::NOT_OUTBID),
        Mutation::GoOnInOldGeneration => (common::concealer(), name::NO_SELF_FORK),
        Mutation::CloseWithoutWaiting => (common::marked(), name::NO_FALSE_EVIDENCE),
        Mutation::ActBeforeDurable => (common::crashes(), name::ACTED_ONCE),
    }
}

#[test]
fn every_planted_fault_is_found() {
    for mutation in Mutation::ALL {
        let (scenario, property) = planted(mutation);
        let trace = counterexample(with(mutation, scenario), property);
        println!("{mutation:?} breaks \"{property}\":\n{}", trace.clone().unwrap_or_default());
        assert!(trace.is_some(), "{mutation:?} went unnoticed by \"{property}\"");
    }
}

/// ADR 0013 is not only for hostile peers: a node that goes on while its copy catches up names less than it had seen.
#[test]
fn going_on_in_the_old_generation_makes_seen_fall() {
    let going_on = with(Mutation::GoOnInOldGeneration, common::rollback_of_three());
    let trace = counterexample(Scenario { grain: Grain::Coarse, ..going_on }, name::SEEN_GROWS);
    println!("{}", trace.expect("the taken-back log names a larger head than the copy has"));
}
