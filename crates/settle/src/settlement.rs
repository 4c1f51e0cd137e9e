//! Where a conflict stands: from open to settled (PROTOCOL T3), following the notices through their versions.

use core::ops::Bound;

use detente_types::statement::Change;
use detente_types::{ConflictId, EntryHash, Generation, PartyId, StatementRef};

use crate::lineage::Now;
use crate::standing::Pair;
use crate::table::Table;
use crate::why::{Candidate, Fate, OfferView};

/// Where a conflict stands, as far as the statements applied tell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Settlement {
    /// Nothing is on offer.
    Open,
    /// These offers can be accepted.
    Offered(Vec<OfferView>),
    /// Agreed, not yet amended.
    Agreed(Agreed),
    /// Amended, still in conflict.
    Amended(Amended),
    /// Amended, and nothing is found any more.
    Settled(Settled),
    /// Nothing was agreed on it, and it lives on between later versions: look there.
    Moved {
        /// The pair in conflict now.
        to: Pair,
    },
    /// It went away without an amendment that was agreed.
    Lapsed(Lapsed),
}

/// What binds both parties: an offer and its accept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Agreement {
    /// The conflict, as named by the offer.
    pub conflict: ConflictId,
    /// Its two statements, the lower party's first.
    pub pair: Pair,
    /// The offer that stands.
    pub offer: StatementRef,
    /// The accept that binds.
    pub accept: StatementRef,
    /// Which of the two notices is to change: 0 or 1.
    pub changes: usize,
    /// How.
    pub change: Change,
    /// Whether no statement that can still arrive will unseat it. Until then a crossing accept may: an agreement on the
    /// higher party's offer is firm once that party's log shows that it had the accept.
    pub firm: bool,
}

impl Agreement {
    /// Who owes the next version.
    pub fn obliged(&self) -> PartyId {
        self.pair[self.changes].author
    }
}

/// A duty that is not yet done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Agreed {
    /// What was agreed.
    pub agreement: Agreement,
    /// The version that the amendment must replace.
    pub amends: StatementRef,
    /// Offers on the versions as they are now.
    pub offers: Vec<OfferView>,
}

/// An amendment that was not enough.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Amended {
    /// What was agreed.
    pub agreement: Agreement,
    /// The obliged party's version, made in knowledge of the accept.
    pub by: StatementRef,
    /// The pair that is in conflict now. When its other half is not the one agreed upon, the other party moved too.
    pub now: Pair,
    /// Offers on that pair.
    pub offers: Vec<OfferView>,
}

/// A duty done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settled {
    /// What was agreed.
    pub agreement: Agreement,
    /// The version or the cancel that did it.
    pub by: StatementRef,
}

/// A conflict that went away by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lapsed {
    /// What was agreed and is owed no more; `None` when nothing was.
    pub agreement: Option<Agreement>,
    /// The step of a notice that ended it; `None` when it was not found in the first place.
    pub by: Option<StatementRef>,
}

/// Whether the law finds a conflict between two statements that are both live, in the prefixes that the table holds.
type Finds<'a> = &'a dyn Fn(&Pair) -> bool;

impl Table {
    /// Where the conflict of these two statements (the lower party's first) stands.
    ///
    /// `finds` is the law F of PROTOCOL section 6 over the same prefixes; it is asked about pairs of live statements
    /// only.
    pub fn state(&self, pair: &Pair, finds: Finds<'_>) -> Settlement {
        if let Some(binding) = self.binding(pair) {
            return self.progress(self.agreement(&binding), finds);
        }
        let now = pair.map(|version| self.notices.now(&version));
        if let Some(by) = changed(pair, &now) {
            return match live(&now).filter(finds) {
                Some(to) => Settlement::Moved { to },
                None => Settlement::Lapsed(Lapsed { agreement: None, by: Some(by) }),
            };
        }
        if let Some(agreement) = self.inherited(pair) {
            return self.progress(agreement, finds);
        }
        match self.open_offers(pair) {
            offers if !offers.is_empty() => Settlement::Offered(offers),
            _ if finds(pair) => Settlement::Open,
            _ => Settlement::Lapsed(Lapsed { agreement: None, by: None }),
        }
    }

    /// Every agreement whose amendment is still owed, or was made and is not enough; in the order of their pairs.
    pub fn duties(&self, finds: Finds<'_>) -> Vec<Settlement> {
        let bindings = self.on_pair.keys().filter_map(|pair| self.binding(pair));
        let states = bindings.map(|binding| self.progress(self.agreement(&binding), finds));
        states.filter(|state| matches!(state, Settlement::Agreed(_) | Settlement::Amended(_))).collect()
    }

    /// What binds on exactly this pair, if anything does.
    pub fn agreed_on(&self, pair: &Pair) -> Option<Agreement> {
        self.binding(pair).map(|binding| self.agreement(&binding))
    }

    /// How far the duty of an agreement is done.
    fn progress(&self, agreement: Agreement, finds: Finds<'_>) -> Settlement {
        let now = agreement.pair.map(|version| self.notices.now(&version));
        let (changes, named) = (agreement.changes, agreement.pair);
        let amended = now[changes].reference() != named[changes];
        let found = live(&now).filter(finds);
        match (amended, found) {
            (true, None) => Settlement::Settled(Settled { agreement, by: now[changes].reference() }),
            (true, Some(pair)) if self.made_knowing(&pair[changes], &agreement.accept) => {
                let offers = self.open_offers(&pair);
                Settlement::Amended(Amended { agreement, by: pair[changes], now: pair, offers })
            }
            (false, None) if now[1 - changes].reference() != named[1 - changes] => {
                let by = Some(now[1 - changes].reference());
                Settlement::Lapsed(Lapsed { agreement: Some(agreement), by })
            }
            // Unless the other side moved away, the duty stands: it was agreed, whatever F says of the pair as it was.
            (_, found) => {
                let offers = self.open_offers(&found.unwrap_or(named));
                Settlement::Agreed(Agreed { agreement, amends: now[changes].reference(), offers })
            }
        }
    }

    /// The agreement that a pair of live statements carries on: the one on the latest earlier pair of the same two
    /// notices, the lower party's later version counting first.
    fn inherited(&self, pair: &Pair) -> Option<Agreement> {
        let others = self.notices.back_from(&pair[1]);
        let binding = self.notices.back_from(&pair[0]).into_iter().find_map(|low| {
            let with_low = self.pairs_with(&low).filter(|earlier| others.contains(&earlier[1]));
            with_low.rev().find_map(|earlier| self.binding(earlier))
        })?;
        Some(self.agreement(&binding))
    }

    /// The pairs with offers on them whose lower party's statement this is, in the other party's log order.
    fn pairs_with(&self, low: &StatementRef) -> impl DoubleEndedIterator<Item = &Pair> {
        let other = self.parties[1];
        let end = |generation, index, byte| StatementRef {
            author: other,
            generation: Generation(generation),
            index,
            hash: EntryHash::new([byte; 32]),
        };
        let range = (Bound::Included([*low, end(0, 0, 0)]), Bound::Included([*low, end(u32::MAX, u64::MAX, u8::MAX)]));
        self.on_pair.range(range).map(|(pair, _)| pair)
    }

    fn open_offers(&self, pair: &Pair) -> Vec<OfferView> {
        let mut offers = self.offers(pair);
        offers.retain(|view| view.fate == Fate::Open);
        offers
    }

    fn made_knowing(&self, version: &StatementRef, accept: &StatementRef) -> bool {
        self.notices.standing(version).is_some_and(|standing| standing.had(accept))
    }

    fn agreement(&self, binding: &Candidate<'_>) -> Agreement {
        let Candidate { offer, accept } = binding;
        let offered_by_lower = offer.reference.author == self.parties[0];
        Agreement {
            conflict: offer.conflict,
            pair: offer.pair,
            offer: offer.reference,
            accept: accept.reference,
            changes: offer.changes,
            change: offer.change.clone(),
            firm: offered_by_lower || self.party_heard(offer.reference.author, &accept.reference),
        }
    }
}

/// The pair as it is now, when neither notice has ended.
fn live(now: &[Now; 2]) -> Option<Pair> {
    match now {
        [Now::Live(low), Now::Live(high)] => Some([*low, *high]),
        _ => None,
    }
}

/// The step that made this pair a thing of the past, if one did; the end of a notice first.
fn changed(pair: &Pair, now: &[Now; 2]) -> Option<StatementRef> {
    let ended = now.iter().find(|now| matches!(now, Now::Ended(_)));
    let replaced = now.iter().zip(pair).find(|(now, version)| now.reference() != **version).map(|(now, _)| now);
    ended.or(replaced).map(|now| now.reference())
}
