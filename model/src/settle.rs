//! Rule T2 for one conflict: whose accept binds, as a node finds it from its two logs.
//!
//! The model's conflict has at most one offer by each party; an accept names the other party's offer. Each node lists
//! the statements its own way (its own first, where `seen` leaves the order open); the rule must not depend on that.

use crate::log::{Entry, Leaf, Logs, Party, Place};
use crate::mutations::{Mutation, Rules};

/// The two logs of the line as one node has them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct View<'a> {
    pub(crate) me: Party,
    pub(crate) own: &'a Logs,
    pub(crate) copy: &'a Logs,
}

/// The party whose accept binds, if one does.
pub(crate) fn binding(view: View<'_>, rules: Rules) -> Option<Party> {
    let valid = |party| accept_is_valid(view, party, rules);
    match (valid(Party::A), valid(Party::B)) {
        (false, false) => None,
        (true, false) => Some(Party::A),
        (false, true) => Some(Party::B),
        (true, true) => Some(first_of_two(view, rules)),
    }
}

/// True when nothing that may still be said can change [`binding`]: the peer has seen all that we said of it.
pub(crate) fn is_final(view: View<'_>, rules: Rules) -> bool {
    let seen = view.copy.seen_max();
    let ours = view.own.places().filter(|(_, entry)| entry.leaf.is_settlement());
    binding(view, rules).is_some() && ours.into_iter().all(|(place, _)| seen.covers(place))
}

fn logs_of<'a>(view: View<'a>, party: Party) -> &'a Logs {
    if party == view.me { view.own } else { view.copy }
}

/// Where a party said this, and how.
pub(crate) fn said(view: View<'_>, party: Party, leaf: Leaf) -> Option<(Place, Entry)> {
    logs_of(view, party).find(|found| found == leaf)
}

/// An accept binds unless its `seen` covers the withdraw.
fn accept_is_valid(view: View<'_>, party: Party, rules: Rules) -> bool {
    let Some((_, accept)) = said(view, party, Leaf::Accept) else { return false };
    let Some((offer, _)) = said(view, party.other(), Leaf::Offer) else { return false };
    let withdrawn = said(view, party.other(), Leaf::Withdraw).is_some_and(|(place, _)| {
        let listed_first = rules.breaks(Mutation::WithdrawBeatsAccept) && party != view.me;
        let covered = accept.seen.covers(place) && !rules.breaks(Mutation::AcceptBeatsSeenWithdraw);
        covered || listed_first
    });
    accept.seen.covers(offer) && !withdrawn
}

/// Two valid accepts: the one said in knowledge of the other is void; crossed, the lower party's offer stands.
fn first_of_two(view: View<'_>, rules: Rules) -> Party {
    let knows = |party: Party| {
        let other = said(view, party.other(), Leaf::Accept).map(|(place, _)| place);
        let accept = said(view, party, Leaf::Accept).map(|(_, entry)| entry);
        accept.zip(other).is_some_and(|(accept, other)| accept.seen.covers(other))
    };
    if knows(Party::B) {
        Party::A
    } else if knows(Party::A) {
        Party::B
    } else if rules.breaks(Mutation::FirstListedAcceptStands) {
        view.me
    } else {
        Party::B
    }
}
