//! What may happen next, and what then does.
//!
//! Four kinds: calm (the link and the disks do their work), officers (they say something), faults (crash, backup,
//! restore) and lies. Losing, doubling and reordering frames need no action of their own: see [`crate::net`].

use crate::log::{Entry, Head, Leaf, Party, Place};
use crate::mutations::Mutation;
use crate::net::{Early, Message};
use crate::node::Deeds;
use crate::scenario::{Adversary, Grain, Restore, Scenario, World};
use crate::settle;

/// One step of the line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// An officer says the script's item of this number.
    Say(Party, u8),
    /// The node appends what the rules make it say.
    Duty(Party, Leaf),
    /// A marked node opens a generation without having heard its peer.
    OpenAlone(Party),
    /// The appended entry becomes durable, its checkpoint is signed, both may leave.
    PersistOwn(Party),
    /// What arrived becomes durable.
    PersistPeer(Party),
    /// The holder cosigns its durable copy.
    Cosign(Party, Head),
    /// A frame arrives at this party.
    Deliver(Party, Message),
    /// Memory is lost; the node starts again over a new session.
    Crash(Party),
    /// A backup of the disk is taken.
    Backup(Party),
    /// The disk is rolled back to the backup; the node starts over a new session.
    Restore(Party),
    /// A lying author signs a second leaf at this place of its first generation.
    Forge(Party, u8),
}

/// What happens by itself when nothing goes wrong and nobody speaks.
pub(crate) fn calm(scenario: &Scenario, world: &World) -> Vec<Action> {
    let rules = scenario.rules;
    let mut actions = Vec::new();
    for party in Party::BOTH {
        let node = world.node(party);
        if node.memory.appended.is_some() {
            actions.push(Action::PersistOwn(party));
        }
        if node.memory.arrived.is_some() || node.memory.arrived_early.is_some() {
            actions.push(Action::PersistPeer(party));
        }
        if let Some(head) = node.cosign_due(rules) {
            actions.push(Action::Cosign(party, head));
        }
        let duty = node.duty(rules).filter(|&leaf| node.may_append(leaf, rules));
        actions.extend(duty.map(|leaf| Action::Duty(party, leaf)));
    }
    actions.extend(world.net.messages().map(|(to, message)| Action::Deliver(to, message)));
    actions
}

/// What officers may say now.
pub(crate) fn officers(scenario: &Scenario, world: &World) -> Vec<Action> {
    let mut actions = Vec::new();
    for party in Party::BOTH {
        let node = world.node(party);
        for (&leaf, number) in scenario.script[party.index()].iter().zip(0u8..) {
            // An accept names the leaf hash of an offer, so its author must have the offer.
            let offered = node.disk.copy.find(|found| found == Leaf::Offer).is_some();
            let sensible = leaf != Leaf::Accept || offered;
            if number >= world.said[party.index()] && sensible && node.may_append(leaf, scenario.rules) {
                actions.push(Action::Say(party, number));
            }
        }
        if scenario.opens_alone && node.disk.rolled_back && !node.memory.greeted && node.memory.appended.is_none() {
            actions.push(Action::OpenAlone(party));
        }
    }
    actions
}

/// Crashes, backups and restores within the scenario's bounds.
pub(crate) fn faults(scenario: &Scenario, world: &World) -> Vec<Action> {
    let mut actions = Vec::new();
    let backups = world.backups.iter().flatten().count();
    for party in Party::BOTH {
        if world.crashes_left > 0 {
            actions.push(Action::Crash(party));
        }
        let fresh = world.history.of(party).restored == 0 && world.backups[party.index()].is_none();
        let useful = backups < usize::from(world.restores_left);
        if scenario.restorable.contains(&party) && fresh && useful {
            actions.push(Action::Backup(party));
        }
        if world.backups[party.index()].is_some() {
            actions.push(Action::Restore(party));
        }
    }
    actions
}

/// What a lying party may do beyond that.
pub(crate) fn lies(scenario: &Scenario, world: &World) -> Vec<Action> {
    match scenario.adversary {
        Adversary::None => Vec::new(),
        Adversary::Forger(liar) if world.lies_left > 0 => {
            let size = world.node(liar).disk.own.log(0).size();
            (0..=size).map(|index| Action::Forge(liar, index)).collect()
        }
        Adversary::Forger(_) => Vec::new(),
        Adversary::Concealer(liar) => concealing_hellos(world, liar),
    }
}

/// Every hello that names less than the liar holds.
fn concealing_hellos(world: &World, liar: Party) -> Vec<Action> {
    let victim = liar.other();
    let mut actions = Vec::new();
    for (to, message) in world.net.messages() {
        if let Message::Hello { copy, early, cosigned } = message
            && to == victim
        {
            let log = copy.log(0);
            for size in 0..=log.size() {
                let mut less = copy;
                less.install(0, log.prefix(size));
                let early = early.filter(|_| size == log.size());
                actions.push(Action::Deliver(victim, Message::Hello { copy: less, early, cosigned }));
                actions.push(Action::Deliver(victim, Message::Hello { copy: less, early: None, cosigned }));
            }
        }
    }
    actions
}

/// The state after an action that one of the functions above offered.
pub(crate) fn apply(scenario: &Scenario, world: &World, action: Action) -> World {
    let mut next = world.clone();
    let rules = scenario.rules;
    match action {
        Action::Say(party, number) => {
            let leaf = scenario.script[party.index()][usize::from(number)];
            next.said[party.index()] = number + 1;
            next.node_mut(party).append(leaf, 0, rules);
        }
        Action::Duty(party, leaf) => append_duty(scenario, &mut next, party, leaf),
        Action::OpenAlone(party) => {
            next.node_mut(party).memory.alone = true;
            let named = next.node(party).disk.own.head().size;
            append_duty(scenario, &mut next, party, Leaf::Open { named });
        }
        Action::PersistOwn(party) => next.node_mut(party).persist_own(),
        Action::PersistPeer(party) => {
            let deeds = next.node_mut(party).persist_peer(rules);
            record(&mut next, party, deeds);
        }
        Action::Cosign(party, head) => record(&mut next, party, Deeds { acted: 0, cosigned: Some(head) }),
        Action::Deliver(party, message) => {
            let deeds = next.node_mut(party).receive(message, rules);
            record(&mut next, party, deeds);
        }
        Action::Crash(party) => {
            next.crashes_left -= 1;
            start(scenario, &mut next, party);
        }
        Action::Backup(party) => next.backups[party.index()] = Some(next.node(party).disk),
        Action::Restore(party) => restore(scenario, &mut next, party),
        Action::Forge(party, index) => forge(&mut next, party, index),
    }
    if scenario.grain == Grain::Coarse {
        Party::BOTH.into_iter().for_each(|party| finish(scenario, &mut next, party));
    }
    settle_down(scenario, &mut next);
    next
}

/// Makes durable and cosigns whatever waits for it.
fn finish(scenario: &Scenario, world: &mut World, party: Party) {
    world.node_mut(party).persist_own();
    let deeds = world.node_mut(party).persist_peer(scenario.rules);
    record(world, party, deeds);
    if let Some(head) = world.node(party).cosign_due(scenario.rules) {
        record(world, party, Deeds { acted: 0, cosigned: Some(head) });
    }
}

fn append_duty(scenario: &Scenario, world: &mut World, party: Party, leaf: Leaf) {
    let released = world.history.of(party).released;
    let before = released.places().filter(|(_, entry)| entry.leaf == leaf).count();
    let nonce = u8::try_from(before).expect("a log holds few entries");
    world.node_mut(party).append(leaf, nonce, scenario.rules);
}

fn record(world: &mut World, party: Party, deeds: Deeds) {
    let acted = &mut world.history.of_mut(party).acted;
    *acted = acted.saturating_add(deeds.acted);
    if let Some(head) = deeds.cosigned {
        let node = world.node(party);
        let arrived = node.memory.arrived.filter(|(generation, _)| *generation == head.generation);
        let log = arrived.map_or(node.disk.copy.log(head.generation), |(_, log)| log);
        let acknowledged = world.node(party.other()).disk.acknowledged;
        world.history.note_cosignature(party, head.generation, log.prefix(head.size), acknowledged);
        let disk = &mut world.node_mut(party).disk;
        disk.cosigned = disk.cosigned.max(head);
        world.net.post(party.other(), Message::Cosignature(head));
    }
}

/// A start: memory is empty, the session is new, and whoever has heard no hello gets one.
fn start(scenario: &Scenario, world: &mut World, party: Party) {
    let rules = scenario.rules;
    world.node_mut(party).memory = Default::default();
    if !rules.breaks(Mutation::LateFrames) {
        world.net.cut();
        world.node_mut(party.other()).cut(rules);
    }
    let deaf = Party::BOTH.map(|party| (party, world.node(party).memory.greeted));
    for (deaf, _) in deaf.into_iter().filter(|(_, greeted)| !greeted) {
        let hello = world.node(deaf.other()).hello(rules);
        world.net.post(deaf, hello);
    }
}

fn restore(scenario: &Scenario, world: &mut World, party: Party) {
    if let Some(disk) = world.backups[party.index()].take() {
        world.restores_left -= 1;
        world.history.note_restore(party);
        world.node_mut(party).disk = disk;
        let marked = scenario.restore == Restore::Marked && !scenario.rules.breaks(Mutation::GoOnInOldGeneration);
        world.node_mut(party).disk.rolled_back |= marked;
        start(scenario, world, party);
    }
}

fn forge(world: &mut World, party: Party, index: u8) {
    world.lies_left -= 1;
    let mut log = world.node(party).disk.own.log(0).prefix(index);
    let entry = Entry { leaf: Leaf::Forged, nonce: world.lies_left, seen: Head::default() };
    log.push(entry);
    let early = Early { place: Place { generation: 0, index }, entry };
    world.net.post(party.other(), Message::Log { generation: 0, log });
    world.net.post(party.other(), Message::Early(early));
}

/// Notes the history, posts what each node would now send, and forgets frames that can no longer change anything.
fn settle_down(scenario: &Scenario, world: &mut World) {
    let rules = scenario.rules;
    for party in Party::BOTH {
        let node = *world.node(party);
        let peer = world.node(party.other()).disk;
        let given = peer.acknowledged.max(peer.copy.seen_max());
        world.history.observe(party, &node, given, rules);
        // ADR 0012: until it has caught up, a node may lack statements of its own, and calls nothing final.
        let judges = scenario.offers_made && node.is_caught_up(rules);
        if judges && settle::is_final(world.view(party), rules) {
            let accept = settle::binding(world.view(party), rules);
            accept.into_iter().for_each(|accept| world.history.note_final(party, accept));
        }
        for message in node.outgoing(rules) {
            if scenario.grain == Grain::Coarse {
                world.net.post_newest(party.other(), message);
            } else {
                world.net.post(party.other(), message);
            }
        }
    }
    // A late frame may change something again after a crash of its receiver, so it is then kept.
    if !rules.breaks(Mutation::LateFrames) {
        let nodes = world.nodes;
        world.net.retain(|to, message| {
            let mut node = nodes[to.index()];
            let deeds = node.receive(*message, rules);
            node != nodes[to.index()] || deeds != Deeds::default()
        });
    }
}
