//! The scenarios that the tests explore, and how they explore them.
#![expect(dead_code, reason = "each test file uses some of the scenarios")]

use std::time::Instant;

use detente_model::{Adversary, Grain, Leaf, LineModel, Mutation, Party, Reached, Restore, Rules, Scenario};
use stateright::{Checker, HasDiscoveries, Model, Path};

const NOTE: Leaf = Leaf::Note(0);

/// Every step apart, two crashes: SAFETY and a note one way, a note the other.
pub(crate) fn crashes() -> Scenario {
    Scenario {
        crashes: 2,
        reaches: vec![Reached::AllAcknowledged, Reached::EarlyFiled],
        ..Scenario::new(&[NOTE, Leaf::Safety], &[NOTE])
    }
}

/// Every step apart, one disk rolled back under its node: two entries.
pub(crate) fn rollback() -> Scenario {
    Scenario { script: [vec![Leaf::Safety, NOTE], vec![]], ..rollback_of_three() }
}

/// Every step apart, one disk rolled back under its node: three entries.
pub(crate) fn rollback_of_three() -> Scenario {
    Scenario {
        restores: 1,
        restorable: Party::BOTH.to_vec(),
        reaches: vec![Reached::AllAcknowledged, Reached::EarlyTakenBack, Reached::GenerationClosed],
        ..Scenario::new(&[Leaf::Safety, NOTE], &[NOTE])
    }
}

/// The full bounds: three entries, two crashes and one rollback of this party, in coarse steps.
pub(crate) fn crashes_and_rollback_of(party: Party) -> Scenario {
    let mut scenario = Scenario { grain: Grain::Coarse, crashes: 2, restorable: vec![party], ..rollback_of_three() };
    // Only A says SAFETY, so only A can have it taken back.
    scenario.reaches.retain(|&reached| party == Party::A || reached != Reached::EarlyTakenBack);
    scenario
}

/// One marked restore, after which the node may open a generation before it hears its peer.
pub(crate) fn marked() -> Scenario {
    Scenario { grain: Grain::Coarse, restore: Restore::Marked, opens_alone: true, ..rollback_of_three() }
}

/// Both disks restored from backups by the book.
pub(crate) fn both_marked() -> Scenario {
    Scenario {
        script: [vec![NOTE], vec![NOTE]],
        restores: 2,
        opens_alone: false,
        reaches: vec![Reached::BothReopened],
        ..marked()
    }
}

/// Offers on the table both ways; a withdraw and an accept against an accept.
pub(crate) fn settlement() -> Scenario {
    Scenario {
        grain: Grain::Coarse,
        offers_made: true,
        restore: Restore::Marked,
        crashes: 1,
        restores: 1,
        restorable: Party::BOTH.to_vec(),
        reaches: vec![Reached::AcceptCrossedWithdraw, Reached::AcceptsCrossed],
        ..Scenario::new(&[Leaf::Withdraw, Leaf::Accept], &[Leaf::Accept])
    }
}

/// A withdraw against an accept, with a note between that shows what its author had seen.
pub(crate) fn settlement_after_note() -> Scenario {
    Scenario {
        script: [vec![Leaf::Withdraw], vec![NOTE, Leaf::Accept]],
        crashes: 0,
        restorable: vec![Party::B],
        reaches: vec![Reached::AcceptCrossedWithdraw],
        ..settlement()
    }
}

/// An author that signs second leaves, through crashes of both sides.
pub(crate) fn forger() -> Scenario {
    Scenario {
        crashes: 1,
        lies: 1,
        adversary: Adversary::Forger(Party::A),
        reaches: vec![Reached::Evidence],
        ..Scenario::new(&[NOTE, Leaf::Safety], &[])
    }
}

/// A restored author whose peer hides what it holds, to catch the author in a fork.
pub(crate) fn concealer() -> Scenario {
    Scenario { restorable: vec![Party::A], adversary: Adversary::Concealer(Party::B), reaches: Vec::new(), ..marked() }
}

/// The scenario with one rule broken.
pub(crate) fn with(mutation: Mutation, scenario: Scenario) -> Scenario {
    Scenario { rules: Rules { broken: Some(mutation) }, reaches: Vec::new(), ..scenario }
}

/// Explores everything; every property must hold, and the number of distinct states must reach the floor.
pub(crate) fn explore(title: &str, scenario: Scenario, floor: usize) {
    let started = Instant::now();
    let checker = LineModel::new(scenario).checker().threads(2).spawn_bfs().join();
    report(title, &checker, started);
    checker.assert_properties();
    assert!(
        checker.unique_state_count() >= floor,
        "{title}: only {} states, so the model has lost some of its behaviour",
        checker.unique_state_count()
    );
}

/// Explores the nearest `count` states; no property may fail there.
pub(crate) fn explore_first(title: &str, scenario: Scenario, count: usize) {
    let started = Instant::now();
    let model = LineModel::new(Scenario { reaches: Vec::new(), ..scenario });
    let checker = model.checker().threads(2).target_state_count(count).spawn_bfs().join();
    report(title, &checker, started);
    assert!(checker.state_count() >= count, "{title}: the scenario ends after {} states", checker.state_count());
    if let Some((property, path)) = checker.discoveries().into_iter().next() {
        panic!("{title}: \"{property}\" fails after\n{}", describe(path));
    }
}

fn report(title: &str, checker: &impl Checker<LineModel>, started: Instant) {
    println!(
        "{title}: {} states, {} transitions, depth {}, {:.1?}",
        checker.unique_state_count(),
        checker.state_count(),
        checker.max_depth(),
        started.elapsed()
    );
}

/// A shortest run that breaks this property, if there is one.
pub(crate) fn counterexample(scenario: Scenario, property: &'static str) -> Option<String> {
    let wanted = HasDiscoveries::AnyOf([property].into_iter().collect());
    let checker = LineModel::new(scenario).checker().finish_when(wanted).spawn_bfs().join();
    println!("{} states until: {property}", checker.unique_state_count());
    checker.discovery(property).map(describe)
}

fn describe(path: Path<detente_model::World, detente_model::Action>) -> String {
    path.into_actions().iter().map(|action| format!("  {action:?}\n")).collect()
}
