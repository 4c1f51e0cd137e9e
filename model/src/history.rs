//! What really happened, which no node knows: the witness against which the properties are judged.
//!
//! Invariant: only grows. It survives crashes and restores, and no rule of [`crate::node`] reads it.

use crate::log::{ENTRIES_MAX, Entry, Head, Leaf, Log, Logs, Party, Place};
use crate::mutations::{Mutation, Rules};
use crate::net::Early;
use crate::node::Node;

/// The deeds of one party, as an all-seeing witness would note them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub(crate) struct Deeds {
    /// The first leaf that this party ever let out at each place of its logs.
    pub(crate) released: Logs,
    /// It let out two leaves at one place.
    pub(crate) forked: bool,
    /// The newest head of the peer's logs that its disk ever held.
    pub(crate) held: Head,
    /// Every entry of the peer's that it ever cosigned.
    pub(crate) cosigned: Logs,
    /// It cosigned a smaller head after a larger.
    pub(crate) cosigned_smaller: bool,
    /// How often it acted on the peer's SAFETY statement.
    pub(crate) acted: u8,
    /// The peer's SAFETY statement was once on its disk.
    pub(crate) stored_safety: bool,
    /// How often its disk was rolled back.
    pub(crate) restored: u8,
    /// It said an accept that does not cover a withdraw, and the peer could show that it once had it.
    pub(crate) outbid_withdraw: bool,
    /// It entered on its disk, without evidence, a second leaf of the peer at one place.
    pub(crate) deceived: bool,
    /// The accept that it held to be final since its disk was last rolled back.
    settled: Option<Party>,
    /// It then held another to be final.
    pub(crate) unsettled: bool,
    /// It once knew of a fork of the peer's.
    pub(crate) found_fork: bool,
    /// The first leaf of the peer's first generation that its disk ever held at each place.
    first_held: [Entry; ENTRIES_MAX],
}

/// The whole line's history.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub(crate) struct History {
    parties: [Deeds; 2],
}

impl History {
    pub(crate) fn of(&self, party: Party) -> &Deeds {
        &self.parties[party.index()]
    }

    pub(crate) fn of_mut(&mut self, party: Party) -> &mut Deeds {
        &mut self.parties[party.index()]
    }

    /// Notes a cosignature that left `holder`, over this much of one generation, when its author held `acknowledged`.
    ///
    /// A larger one that a rolled-back holder has forgotten and that never reached the author harms nobody.
    pub(crate) fn note_cosignature(&mut self, holder: Party, generation: u8, log: Log, acknowledged: Head) {
        let deeds = self.of_mut(holder);
        let head = Head { generation, size: log.size() };
        let earlier = if deeds.restored > 0 { acknowledged } else { deeds.cosigned.head() };
        deeds.cosigned_smaller |= head < earlier;
        if log.size() > deeds.cosigned.log(generation).size() {
            deeds.cosigned.install(generation, log);
        }
    }

    /// Notes an accept that `party` holds to be final.
    pub(crate) fn note_final(&mut self, party: Party, accept: Party) {
        let deeds = self.of_mut(party);
        deeds.unsettled |= deeds.settled.is_some_and(|settled| settled != accept);
        deeds.settled = Some(accept);
    }

    /// Notes that the disk of `party` was rolled back: what it alone knew is forgotten.
    pub(crate) fn note_restore(&mut self, party: Party) {
        let deeds = self.of_mut(party);
        deeds.restored += 1;
        deeds.settled = None;
    }

    /// Notes what `party` has let out and what its disk holds, when its peer could show that it once had `given`.
    pub(crate) fn observe(&mut self, party: Party, node: &Node, given: Head, rules: Rules) {
        self.observe_own(party, node, given, rules);
        let deeds = self.of_mut(party);
        deeds.found_fork |= node.has_evidence();
        deeds.held = deeds.held.max(node.disk.copy.head());
        let early = node.disk.early.map(|Early { place, entry }| (place, entry));
        for (place, entry) in node.disk.copy.places().chain(early) {
            deeds.stored_safety |= entry.leaf == Leaf::Safety;
            if place.generation == 0 {
                let first = &mut deeds.first_held[usize::from(place.index)];
                deeds.deceived |= first.leaf != Leaf::Unused && *first != entry && !node.has_evidence();
                if first.leaf == Leaf::Unused {
                    *first = entry;
                }
            }
        }
    }

    fn observe_own(&mut self, party: Party, node: &Node, given: Head, rules: Rules) {
        let mut own = node.disk.own;
        if let Some(entry) = node.memory.appended.filter(|_| rules.breaks(Mutation::SendBeforeDurable)) {
            own.push(entry);
        }
        for (place, entry) in own.places() {
            match self.of(party).released.get(place) {
                Some(first) => self.of_mut(party).forked |= first != entry,
                None => self.note_release(party, place, entry, given),
            }
        }
    }

    fn note_release(&mut self, party: Party, place: Place, entry: Entry, given: Head) {
        if entry.leaf == Leaf::Accept {
            let withdraw = self.of(party.other()).released.find(|leaf| leaf == Leaf::Withdraw);
            let outbid = withdraw.is_some_and(|(at, _)| given.covers(at) && !entry.seen.covers(at));
            self.of_mut(party).outbid_withdraw |= outbid;
        }
        let released = &mut self.of_mut(party).released;
        let mut log = released.log(place.generation);
        log.push(entry);
        released.install(place.generation, log);
    }
}
