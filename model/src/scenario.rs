//! The bounds of one exploration, the state explored, and the model that the checker walks.

use std::collections::HashSet;
use std::sync::{Arc, Mutex};

use stateright::{Model, Property};

use crate::actions::{self, Action};
use crate::history::History;
use crate::log::{Head, Leaf, Party};
use crate::mutations::Rules;
use crate::net::{Message, Net};
use crate::node::{Disk, Node};
use crate::properties::{self, Reached};
use crate::settle::View;

/// How finely steps are told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Grain {
    /// Append, arrival, durability and cosigning are steps of their own, and every old frame may still arrive.
    Fine,
    /// A step ends durable and cosigned, and only the newest frame of each kind is on its way. What is left out
    /// equals a lost frame or an unsaid word, as long as the rules hold: larger bounds for less detail.
    Coarse,
}

/// How a disk is rolled back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Restore {
    /// By `detente restore`, which marks the home (ADR 0013).
    Marked,
    /// Under the node's feet, as by a virtual machine's snapshot.
    Unmarked,
}

/// Who lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Adversary {
    None,
    /// This author signs second leaves at places of its choice.
    Forger(Party),
    /// This peer's hello may name any smaller copy than it has, and no early leaf.
    Concealer(Party),
}

/// Bounds and surroundings of one exploration.
#[derive(Clone, Debug)]
pub struct Scenario {
    /// What each party's officers may say, in this order; any item may be skipped.
    pub script: [Vec<Leaf>; 2],
    /// Begin with an offer of each party, copied and acknowledged.
    pub offers_made: bool,
    pub grain: Grain,
    pub crashes: u8,
    pub restores: u8,
    /// Whose disk may be rolled back, at most once each.
    pub restorable: Vec<Party>,
    pub restore: Restore,
    /// A marked node may open a generation before it hears its peer (end of rule S4).
    pub opens_alone: bool,
    pub adversary: Adversary,
    /// Second leaves that a forger may sign.
    pub lies: u8,
    pub rules: Rules,
    /// States that must be reachable, so that the exploration cannot be vacuous.
    pub reaches: Vec<Reached>,
}

impl Scenario {
    /// Honest parties with a script each, and no faults but the link's.
    pub fn new(a: &[Leaf], b: &[Leaf]) -> Self {
        Self {
            script: [a.to_vec(), b.to_vec()],
            offers_made: false,
            grain: Grain::Fine,
            crashes: 0,
            restores: 0,
            restorable: Vec::new(),
            restore: Restore::Unmarked,
            opens_alone: false,
            adversary: Adversary::None,
            lies: 0,
            rules: Rules::default(),
            reaches: Vec::new(),
        }
    }

    /// True when this party keeps the rules.
    pub fn is_honest(&self, party: Party) -> bool {
        !matches!(self.adversary, Adversary::Forger(liar) | Adversary::Concealer(liar) if liar == party)
    }
}

/// One state of the line.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct World {
    pub(crate) nodes: [Node; 2],
    pub(crate) net: Net,
    /// Backups taken and not yet restored.
    pub(crate) backups: [Option<Disk>; 2],
    /// How much of each script is used up.
    pub(crate) said: [u8; 2],
    pub(crate) crashes_left: u8,
    pub(crate) restores_left: u8,
    pub(crate) lies_left: u8,
    pub(crate) history: History,
}

impl World {
    pub(crate) fn node(&self, party: Party) -> &Node {
        &self.nodes[party.index()]
    }

    pub(crate) fn node_mut(&mut self, party: Party) -> &mut Node {
        &mut self.nodes[party.index()]
    }

    pub(crate) fn view(&self, me: Party) -> View<'_> {
        let disk = &self.node(me).disk;
        View { me, own: &disk.own, copy: &disk.copy }
    }
}

/// A [`Scenario`] as the checker sees it.
#[derive(Clone, Debug)]
pub struct LineModel {
    pub scenario: Scenario,
    /// Fingerprints of states from which a calm link was found to converge; only a cache, filled by the property that asks.
    pub(crate) converging: Arc<Mutex<HashSet<u64>>>,
}

impl LineModel {
    pub fn new(scenario: Scenario) -> Self {
        Self { scenario, converging: Arc::default() }
    }

    fn start(&self) -> World {
        let mut node = Node::default();
        node.memory.greeted = true;
        let mut world = World {
            nodes: [node, node],
            net: Net::default(),
            backups: [None, None],
            said: [0, 0],
            crashes_left: self.scenario.crashes,
            restores_left: self.scenario.restores,
            lies_left: self.scenario.lies,
            history: History::default(),
        };
        if self.scenario.offers_made {
            Party::BOTH.into_iter().for_each(|party| self.make_offer(&mut world, party));
        }
        for party in Party::BOTH {
            let node = *world.node(party);
            world.history.observe(party, &node, Head::default(), self.scenario.rules);
        }
        world
    }

    /// Puts one party's offer where a fault-free exchange would have put it.
    fn make_offer(&self, world: &mut World, author: Party) {
        let rules = self.scenario.rules;
        let head = Head { generation: 0, size: 1 };
        let node = world.node_mut(author);
        node.append(Leaf::Offer, 0, rules);
        node.memory.appended.iter_mut().for_each(|offer| offer.seen = Head::default());
        node.persist_own();
        node.disk.acknowledged = head;
        let log = node.disk.own.log(0);
        let holder = world.node_mut(author.other());
        holder.receive(Message::Log { generation: 0, log }, rules);
        holder.persist_peer(rules);
        holder.disk.cosigned = head;
        world.history.note_cosignature(author.other(), 0, log, Head::default());
    }
}

impl Model for LineModel {
    type State = World;
    type Action = Action;

    fn init_states(&self) -> Vec<World> {
        vec![self.start()]
    }

    fn actions(&self, world: &World, actions: &mut Vec<Action>) {
        actions.extend(actions::calm(&self.scenario, world));
        actions.extend(actions::officers(&self.scenario, world));
        actions.extend(actions::faults(&self.scenario, world));
        actions.extend(actions::lies(&self.scenario, world));
    }

    fn next_state(&self, world: &World, action: Action) -> Option<World> {
        let next = actions::apply(&self.scenario, world, action);
        (next != *world).then_some(next)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        properties::all(&self.scenario)
    }
}
