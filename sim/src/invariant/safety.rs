//! SAFETY: what rings, and how often it is acted on.

use std::collections::{BTreeMap, BTreeSet};

use detente_node::What;
use detente_terms::safety::Reach;
use detente_types::statement::Kind;
use detente_types::{StatementRef, Timestamp};

use super::{Check, ensure};

/// Rings of one notice at one reach are no closer than this (the terms say thirty seconds), unless the clock was set.
const RING_GAP_US: i64 = 2_000_000;
/// After a clock was set, rings may come early or together for as long as the longest interval.
const SET_US: i64 = 120_000_000;

/// What a seat did about SAFETY notices on one line.
#[derive(Clone, Debug, Default)]
pub(crate) struct Alarms {
    /// Early ones that were acted on in this life.
    early: BTreeSet<StatementRef>,
    /// The last ring of each notice in this life: when, and how far it reached.
    rings: BTreeMap<StatementRef, (Timestamp, Reach)>,
    /// The last time that the flood alarm took one.
    flood: bool,
    /// Delivered and not yet seen to ring.
    quiet: BTreeSet<StatementRef>,
    /// Notices about which an action of ours is durable.
    answered: BTreeSet<StatementRef>,
    /// When the clock was set last.
    set: Option<Timestamp>,
    /// How many early ones there were.
    pub(crate) count: u64,
}

impl Alarms {
    /// A new process: it may ring again for what is not answered.
    pub(crate) fn start(&mut self, now: Timestamp) {
        self.early.clear();
        self.rings.clear();
        self.quiet.clear();
        self.flood = false;
        self.set = Some(now);
    }

    /// The machine was restored: what it said since is not known to it.
    pub(crate) fn restore(&mut self) {
        self.answered.clear();
    }

    pub(crate) fn clock_set(&mut self, now: Timestamp) {
        self.set = Some(now);
    }

    /// An action of ours is durable.
    pub(crate) fn acted(&mut self, about: StatementRef) {
        self.quiet.remove(&about);
        self.answered.insert(about);
    }

    /// SAFETY notices that ring and are not answered: what officers act on.
    pub(crate) fn ringing(&self) -> Vec<StatementRef> {
        self.rings.keys().filter(|notice| !self.answered.contains(*notice)).copied().collect()
    }

    /// Takes an event of the node.
    ///
    /// A node that was restored and still takes its own entries back (`whole` is false) may ring for what it has answered;
    /// one that asks its peer what it said (`recovers`) may know that it has answered, and not durably.
    pub(crate) fn take(&mut self, now: Timestamp, what: &What, whole: bool, recovers: bool) -> Check {
        match what {
            What::SafetyEarly(notice) => {
                self.count += 1;
                safety_acted_once(self.early.insert(*notice), notice)?;
                // Its action may be among what came back and is not durable yet.
                if !recovers {
                    self.delivered(*notice);
                }
            }
            What::Received(notice, kind) if *kind == Kind::Safety.code() => self.delivered(*notice),
            What::SafetyRings(notice, reach) => return self.rang(now, *notice, *reach, whole),
            What::SafetyFlood(_) => {
                self.flood = true;
                self.quiet.clear();
            }
            _ => {}
        }
        Ok(())
    }

    /// What was delivered by the end of an event has rung by then.
    pub(crate) fn check_rung(&mut self) -> Check {
        let quiet = self.quiet.pop_first();
        self.quiet.clear();
        every_safety_rings(quiet)
    }

    fn delivered(&mut self, notice: StatementRef) {
        let rang = self.rings.contains_key(&notice) || self.answered.contains(&notice) || self.flood;
        if !rang {
            self.quiet.insert(notice);
        }
    }

    fn rang(&mut self, now: Timestamp, notice: StatementRef, reach: Reach, whole: bool) -> Check {
        self.quiet.remove(&notice);
        answered_is_quiet(!whole || !self.answered.contains(&notice), &notice)?;
        let before = self.rings.insert(notice, (now, reach));
        let set = self.set.is_some_and(|set| now.since(set) < SET_US);
        if let Some((at, reached)) = before.filter(|_| !set) {
            safety_acted_once(reached < reach || (reached == reach && now.since(at) >= RING_GAP_US), &notice)?;
        }
        Ok(())
    }
}

/// A SAFETY notice is acted on once, early or when its log catches up; filing it later restarts no clock (PROTOCOL F2).
fn safety_acted_once(once: bool, notice: &StatementRef) -> Check {
    ensure(once, "safety_acted_once", || format!("{notice} was acted on again"))
}

/// Every SAFETY notice that a node took rings, by itself or in the flood alarm (PROTOCOL F1, F3).
fn every_safety_rings(quiet: Option<StatementRef>) -> Check {
    ensure(quiet.is_none(), "every_safety_rings", || format!("{quiet:?} did not ring"))
}

/// Nothing rings about which an action is stated (DESIGN D8).
fn answered_is_quiet(open: bool, notice: &StatementRef) -> Check {
    ensure(open, "answered_is_quiet", || format!("{notice} rings although an action is stated"))
}
