//! What must hold in every state, and what must be reachable so that holding means something.

use std::hash::{Hash, Hasher};

use stateright::{Model, Property};

use crate::actions;
use crate::log::{Leaf, Party};
use crate::mutations::Rules;
use crate::scenario::{Adversary, LineModel, Restore, Scenario, World};
use crate::settle;

/// Names of the properties, as tests and traces show them.
pub mod name {
    pub const NONE_LOST: &str = "no acknowledged entry is lost";
    pub const NO_SELF_FORK: &str = "no honest author lets out two leaves at one place";
    pub const NO_FALSE_EVIDENCE: &str = "no honest author is convicted";
    pub const NO_FORK_UNSEEN: &str = "no fork goes unseen";
    pub const COSIGNED_DURABLE: &str = "a cosignature covers only what was durable";
    pub const COSIGNED_GROWS: &str = "no cosignature is smaller than an earlier one";
    pub const SEEN_GROWS: &str = "seen never decreases within a log";
    pub const SEEN_DURABLE: &str = "seen names only what was durable";
    pub const ACTED_ONCE: &str = "SAFETY is acted on once";
    pub const RECEIPT_DURABLE: &str = "a receipt for SAFETY names only what was durable";
    pub const ONE_ANSWER: &str = "equal prefixes settle equally";
    pub const FINAL_STAYS: &str = "a final settlement stays";
    pub const WITHDRAWN_STAYS: &str = "an accept never binds against a withdraw that it names as seen";
    pub const NOT_OUTBID: &str = "no party accepts in ignorance of a withdraw that it provably had";
    pub const CONVERGES: &str = "a calm link converges from every state";
}

/// A state that the exploration must come by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reached {
    /// Everything in both scripts is said, copied and acknowledged.
    AllAcknowledged,
    /// SAFETY was stored ahead of its log and then filed.
    EarlyFiled,
    /// SAFETY is stored early, its author was rolled back and has taken it back.
    EarlyTakenBack,
    /// A rolled-back author opened a generation, and the peer's log closes the one before.
    GenerationClosed,
    /// Both authors opened a generation.
    BothReopened,
    /// An accept binds against a withdraw that crossed it.
    AcceptCrossedWithdraw,
    /// Two crossed accepts are settled by the lower party's offer.
    AcceptsCrossed,
    /// Evidence of a fork is on the holder's disk.
    Evidence,
}

/// The properties that this scenario is held to.
pub(crate) fn all(scenario: &Scenario) -> Vec<Property<LineModel>> {
    let mut properties = vec![
        Property::always(name::COSIGNED_DURABLE, cosigned_durable),
        Property::always(name::COSIGNED_GROWS, cosigned_grows),
        Property::always(name::SEEN_GROWS, seen_grows),
        Property::always(name::SEEN_DURABLE, seen_durable),
        Property::always(name::NO_FALSE_EVIDENCE, no_false_evidence),
        Property::always(name::NO_FORK_UNSEEN, no_fork_unseen),
    ];
    // A disk rolled back under the node's feet may sign a place again; ADR 0010 then keeps the first leaf from ever
    // being kept by an honest peer, which NO_FALSE_EVIDENCE and NONE_LOST check.
    if scenario.restores == 0 || scenario.restore == Restore::Marked {
        properties.push(Property::always(name::NO_SELF_FORK, no_self_fork));
    }
    if scenario.adversary == Adversary::None {
        properties.extend([
            Property::always(name::ACTED_ONCE, acted_once),
            Property::always(name::RECEIPT_DURABLE, receipt_durable),
            Property::always(name::CONVERGES, converges),
        ]);
    }
    // An entry on no other disk goes when both disks are rolled back to before it; no rule can help that.
    if scenario.adversary == Adversary::None && scenario.restores < 2 {
        properties.push(Property::always(name::NONE_LOST, none_lost));
    }
    if scenario.offers_made {
        properties.extend([
            Property::always(name::ONE_ANSWER, one_answer),
            Property::always(name::FINAL_STAYS, final_stays),
            Property::always(name::WITHDRAWN_STAYS, withdrawn_stays),
            Property::always(name::NOT_OUTBID, not_outbid),
        ]);
    }
    properties.extend(scenario.reaches.iter().map(|&reached| reached.property()));
    properties
}

/// E5, S4: what a holder ever cosigned is on its disk or its author's, at its place.
fn none_lost(_: &LineModel, world: &World) -> bool {
    Party::BOTH.into_iter().all(|holder| {
        world.history.of(holder).cosigned.places().all(|(place, entry)| {
            world.node(holder.other()).disk.own.get(place) == Some(entry)
                || world.node(holder).disk.copy.get(place) == Some(entry)
        })
    })
}

fn no_self_fork(model: &LineModel, world: &World) -> bool {
    Party::BOTH.into_iter().all(|party| !model.scenario.is_honest(party) || !world.history.of(party).forked)
}

/// S3: evidence against an author needs a lying author.
fn no_false_evidence(model: &LineModel, world: &World) -> bool {
    Party::BOTH.into_iter().all(|party| {
        let honest = model.scenario.is_honest(party);
        !honest || !world.node(party.other()).has_evidence()
    })
}

/// S3: two leaves at one place never pass a disk as if they were one, and what was found is not forgotten.
fn no_fork_unseen(_: &LineModel, world: &World) -> bool {
    Party::BOTH.into_iter().all(|party| {
        let deeds = world.history.of(party);
        !deeds.deceived && (!deeds.found_fork || world.node(party).has_evidence())
    })
}

fn cosigned_durable(_: &LineModel, world: &World) -> bool {
    Party::BOTH.into_iter().all(|holder| {
        let deeds = world.history.of(holder);
        deeds.cosigned.head() <= deeds.held
    })
}

fn cosigned_grows(_: &LineModel, world: &World) -> bool {
    Party::BOTH.into_iter().all(|holder| !world.history.of(holder).cosigned_smaller)
}

fn seen_grows(model: &LineModel, world: &World) -> bool {
    let honest = Party::BOTH.into_iter().filter(|&party| model.scenario.is_honest(party));
    honest.into_iter().all(|party| {
        let mut logs = world.node(party).disk.own.logs().iter();
        logs.all(|log| log.entries().is_sorted_by_key(|entry| entry.seen))
    })
}

fn seen_durable(_: &LineModel, world: &World) -> bool {
    Party::BOTH.into_iter().all(|author| world.node(author).disk.own.seen_max() <= world.history.of(author).held)
}

/// F1, F2: once, and once more for each time that the receiver's disk was rolled back to before it.
fn acted_once(_: &LineModel, world: &World) -> bool {
    Party::BOTH.into_iter().map(|party| world.history.of(party)).all(|deeds| deeds.acted <= 1 + deeds.restored)
}

fn receipt_durable(_: &LineModel, world: &World) -> bool {
    Party::BOTH
        .into_iter()
        .map(|party| world.history.of(party))
        .all(|deeds| deeds.stored_safety || deeds.released.find(|leaf| leaf == Leaf::StoredEarly).is_none())
}

fn one_answer(model: &LineModel, world: &World) -> bool {
    let [a, b] = Party::BOTH.map(|party| world.view(party));
    let equal = a.own == b.copy && a.copy == b.own;
    !equal || settle::binding(a, model.scenario.rules) == settle::binding(b, model.scenario.rules)
}

fn final_stays(_: &LineModel, world: &World) -> bool {
    Party::BOTH.into_iter().all(|party| !world.history.of(party).unsettled)
}

/// Judged where the node has all that it said (ADR 0012).
fn withdrawn_stays(model: &LineModel, world: &World) -> bool {
    let rules = model.scenario.rules;
    Party::BOTH.into_iter().filter(|&party| world.node(party).is_caught_up(rules)).all(|party| {
        let view = world.view(party);
        settle::binding(view, rules).is_none_or(|winner| {
            let accept = settle::said(view, winner, Leaf::Accept);
            let withdraw = settle::said(view, winner.other(), Leaf::Withdraw);
            !accept.zip(withdraw).is_some_and(|((_, accept), (place, _))| accept.seen.covers(place))
        })
    })
}

fn not_outbid(_: &LineModel, world: &World) -> bool {
    Party::BOTH.into_iter().all(|party| !world.history.of(party).outbid_withdraw)
}

/// No deadlock: with no more faults and nobody speaking, the line comes to rest with both sides equal.
fn converges(model: &LineModel, world: &World) -> bool {
    let mut path = Vec::new();
    let mut at = world.clone();
    loop {
        let here = fingerprint(&at);
        let known = model.converging.lock().expect("no holder of this lock panics").contains(&here);
        if known {
            break;
        }
        if path.contains(&here) {
            return false;
        }
        path.push(here);
        let step = actions::calm(&model.scenario, &at).into_iter().find_map(|action| model.next_state(&at, action));
        match step {
            Some(next) => at = next,
            None if at_rest(model.scenario.rules, &at) => break,
            None => return false,
        }
    }
    model.converging.lock().expect("no holder of this lock panics").extend(path);
    true
}

fn fingerprint(world: &World) -> u64 {
    let mut hasher = Folding(0);
    world.hash(&mut hasher);
    hasher.finish()
}

/// Multiply and fold: the standard library's hasher took a seventh of the run.
struct Folding(u64);

impl Hasher for Folding {
    fn write(&mut self, bytes: &[u8]) {
        for chunk in bytes.chunks(8) {
            let mut word = [0; 8];
            word[..chunk.len()].copy_from_slice(chunk);
            let mixed = u128::from(self.0 ^ u64::from_ne_bytes(word)) * 0x9E37_79B9_7F4A_7C15;
            // The two halves, folded, keep what a plain multiplication would push out at the top.
            self.0 = (mixed as u64 ^ (mixed >> 64) as u64).wrapping_add(0xD1B5_4A32_D192_ED03);
        }
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

/// Both copies equal, all acknowledged, nothing owed, and both may speak.
fn at_rest(rules: Rules, world: &World) -> bool {
    Party::BOTH.into_iter().all(|party| {
        let (node, other) = (world.node(party), world.node(party.other()));
        let filed = node.disk.early.is_none_or(|early| early.place.generation < node.disk.copy.current());
        node.may_append(Leaf::Offer, rules)
            && node.memory.greeted
            && node.memory.arrived.is_none()
            && node.memory.arrived_early.is_none()
            && node.duty(rules).is_none()
            && node.disk.copy == other.disk.own
            && node.disk.acknowledged == node.disk.own.head()
            && filed
    })
}

impl Reached {
    fn property(self) -> Property<LineModel> {
        match self {
            Self::AllAcknowledged => Property::sometimes("everything is acknowledged", all_acknowledged),
            Self::EarlyFiled => Property::sometimes("an early leaf is filed", early_filed),
            Self::EarlyTakenBack => Property::sometimes("an early leaf is taken back", early_taken_back),
            Self::GenerationClosed => Property::sometimes("a generation is closed", |_, world| {
                Party::BOTH.into_iter().any(|party| says_close(world, party))
            }),
            Self::BothReopened => Property::sometimes("both reopen and converge", |model, world| {
                let closed = Party::BOTH.into_iter().all(|party| says_close(world, party));
                closed && at_rest(model.scenario.rules, world)
            }),
            Self::AcceptCrossedWithdraw => Property::sometimes("an accept beats a crossed withdraw", withdraw_beaten),
            Self::AcceptsCrossed => Property::sometimes("two accepts cross and are settled", |model, world| {
                let both = Party::BOTH.into_iter().all(|party| says(world, party, Leaf::Accept));
                both && at_rest(model.scenario.rules, world)
            }),
            Self::Evidence => Property::sometimes("fork evidence is kept", |_, world: &World| {
                Party::BOTH.into_iter().any(|party| world.node(party).disk.evidence)
            }),
        }
    }
}

fn withdraw_beaten(model: &LineModel, world: &World) -> bool {
    Party::BOTH.into_iter().any(|party| {
        let view = world.view(party);
        settle::binding(view, model.scenario.rules).is_some_and(|winner| {
            let accept = settle::said(view, winner, Leaf::Accept);
            let withdraw = settle::said(view, winner.other(), Leaf::Withdraw);
            accept.zip(withdraw).is_some_and(|((place, _), (_, withdraw))| !withdraw.seen.covers(place))
        })
    })
}

fn says(world: &World, party: Party, leaf: Leaf) -> bool {
    world.node(party).disk.own.find(|found| found == leaf).is_some()
}

fn says_close(world: &World, party: Party) -> bool {
    world.node(party).disk.own.find(|leaf| matches!(leaf, Leaf::Close { .. })).is_some()
}

fn all_acknowledged(model: &LineModel, world: &World) -> bool {
    let all_said = Party::BOTH.into_iter().all(|party| {
        let script = &model.scenario.script[party.index()];
        script.iter().all(|&leaf| says(world, party, leaf))
    });
    all_said && at_rest(model.scenario.rules, world)
}

fn early_filed(_: &LineModel, world: &World) -> bool {
    Party::BOTH.into_iter().any(|party| {
        let filed = world.node(party).disk.copy.find(|leaf| leaf == Leaf::Safety).is_some();
        filed && says(world, party, Leaf::StoredEarly)
    })
}

fn early_taken_back(_: &LineModel, world: &World) -> bool {
    Party::BOTH.into_iter().any(|party| {
        let taken = world
            .node(party)
            .disk
            .early
            .is_some_and(|early| world.node(party.other()).disk.own.get(early.place) == Some(early.entry));
        taken && world.history.of(party.other()).restored > 0
    })
}
