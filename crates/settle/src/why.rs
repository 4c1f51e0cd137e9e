//! Which accept binds, what became of an offer, and why a statement does not count (PROTOCOL T1, T2).

use core::fmt;

use detente_types::StatementRef;

use crate::standing::{Pair, Standing};
use crate::table::{Answers, Offer, Table};

/// What became of an offer. Where several hold, the first of this list is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// Both are bound to it.
    Accepted {
        /// The accept that binds.
        by: StatementRef,
    },
    /// Its author took it back.
    Withdrawn {
        /// The withdraw.
        by: StatementRef,
    },
    /// The other party declined it.
    Rejected {
        /// The reject.
        by: StatementRef,
    },
    /// Another offer on the same conflict was accepted.
    Closed {
        /// The accept that binds.
        by: StatementRef,
    },
    /// One of the two notices has a later version or was cancelled.
    Replaced {
        /// The step that replaced it.
        by: StatementRef,
    },
    /// It can be accepted.
    Open,
}

/// An offer and what became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OfferView {
    /// The offer as made.
    pub offer: Offer,
    /// What became of it.
    pub fate: Fate,
}

/// Why an accept, a reject or a withdraw does not count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Void {
    /// An accept by a party that had declined the same offer before.
    Rejected {
        /// Its reject.
        by: StatementRef,
    },
    /// An accept whose author had the withdraw.
    Withdrawn {
        /// The withdraw.
        by: StatementRef,
    },
    /// An accept whose author had a later step of one of the two notices.
    Replaced {
        /// That step.
        by: StatementRef,
    },
    /// An accept whose author had an earlier accept on this conflict.
    Second {
        /// The accept that binds.
        first: StatementRef,
    },
    /// An accept that crossed another: the offer of the lower party ID stands.
    Crossed {
        /// The accept that binds.
        stands: StatementRef,
    },
    /// A withdraw that crossed the accept: the accept wins.
    AcceptWins {
        /// The accept that binds.
        accept: StatementRef,
    },
    /// A reject or a withdraw of what its author knew to be agreed.
    AlreadyAgreed {
        /// The accept that binds.
        accept: StatementRef,
    },
}

/// What one statement amounts to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// No offer and no answer of this line.
    NoPart,
    /// An answer to an offer that is not filed (yet).
    OfferUnknown,
    /// An offer, and what became of it.
    Offer(Fate),
    /// An accept that binds both parties.
    Binds,
    /// A reject or a withdraw that ended its offer.
    Ends,
    /// An answer that does not count.
    Void(Void),
}

/// An accept that passes on its own, and the offer that it takes.
#[derive(Clone, Copy)]
pub(crate) struct Candidate<'a> {
    pub(crate) offer: &'a Offer,
    pub(crate) accept: Standing,
}

impl Table {
    /// Every offer on this pair of statements, in the order of their references, and what became of each.
    pub fn offers(&self, pair: &Pair) -> Vec<OfferView> {
        let binding = self.binding(pair);
        let view = |offer: &Offer| OfferView { offer: offer.clone(), fate: self.fate(offer, binding.as_ref()) };
        self.offers_on(pair).map(view).collect()
    }

    /// What one statement amounts to, for a screen that must say why something does not count.
    pub fn explain(&self, reference: &StatementRef) -> Why {
        if let Some(offer) = self.offers.get(reference) {
            return Why::Offer(self.fate(offer, self.binding(&offer.pair).as_ref()));
        }
        let Some(named) = self.answered.get(reference) else {
            return Why::NoPart;
        };
        match self.offers.get(named) {
            Some(offer) => self.explain_answer(offer, reference),
            None => Why::OfferUnknown,
        }
    }

    /// The one accept that binds on this pair, by T2.
    ///
    /// Of one author's accepts only the first can bind, so at most two are left. If one author had the other's, it is
    /// the second. If they crossed, the offer of the lower party stands.
    pub(crate) fn binding(&self, pair: &Pair) -> Option<Candidate<'_>> {
        let [low, high] = self.parties.map(|party| {
            let by_party = self.offers_on(pair).filter(|offer| offer.reference.author != party);
            by_party.filter_map(|offer| self.first_accept(offer)).min_by_key(|candidate| candidate.accept)
        });
        let (Some(of_low), Some(of_high)) = (low, high) else {
            return low.or(high);
        };
        let low_came_second = of_low.accept.had(&of_high.accept.reference);
        let high_came_second = of_high.accept.had(&of_low.accept.reference);
        // Crossed: the higher party accepted the lower party's offer, so that accept stands.
        Some(if high_came_second && !low_came_second { of_low } else { of_high })
    }

    fn offers_on(&self, pair: &Pair) -> impl Iterator<Item = &Offer> {
        let names = self.on_pair.get(pair).into_iter().flatten();
        names.map(|name| self.offers.get(name).expect("add_offer files both"))
    }

    /// The first accept of an offer that passes on its own.
    fn first_accept<'a>(&self, offer: &'a Offer) -> Option<Candidate<'a>> {
        let answers = self.answers.get(&offer.reference)?;
        let accept = *answers.accepts.iter().find(|accept| self.flaw(offer, answers, accept).is_none())?;
        Some(Candidate { offer, accept })
    }

    /// What voids an accept whatever else was accepted: its author knew that the offer had ended.
    fn flaw(&self, offer: &Offer, answers: &Answers, accept: &Standing) -> Option<Void> {
        let had = |step: &&StatementRef| accept.had(step);
        if let Some(by) = answers.rejects.iter().map(|s| &s.reference).find(had) {
            return Some(Void::Rejected { by: *by });
        }
        if let Some(by) = answers.withdraws.iter().map(|s| &s.reference).find(had) {
            return Some(Void::Withdrawn { by: *by });
        }
        let replaced = offer.pair.iter().filter_map(|version| self.notices.next(version)).find(|step| accept.had(step));
        replaced.map(|by| Void::Replaced { by })
    }

    fn fate(&self, offer: &Offer, binding: Option<&Candidate<'_>>) -> Fate {
        let bound = binding.map(|b| (b.offer.reference == offer.reference, b.accept.reference));
        if let Some((true, by)) = bound {
            return Fate::Accepted { by };
        }
        let answers = self.answers.get(&offer.reference);
        if let Some(by) = answers.and_then(|a| a.withdraws.first()) {
            return Fate::Withdrawn { by: by.reference };
        }
        if let Some(by) = answers.and_then(|a| a.rejects.first()) {
            return Fate::Rejected { by: by.reference };
        }
        if let Some((false, by)) = bound {
            return Fate::Closed { by };
        }
        match offer.pair.iter().find_map(|version| self.notices.next(version)) {
            Some(by) => Fate::Replaced { by },
            None => Fate::Open,
        }
    }

    fn explain_answer(&self, offer: &Offer, reference: &StatementRef) -> Why {
        let answers = self.answers.get(&offer.reference).expect("answers_mut files both");
        let named = |set: &std::collections::BTreeSet<Standing>| set.iter().find(|s| s.reference == *reference).copied();
        let binding = self.binding(&offer.pair);
        if let Some(accept) = named(&answers.accepts) {
            return self.explain_accept(offer, answers, &accept, binding.as_ref());
        }
        let taken = binding.filter(|b| b.offer.reference == offer.reference).map(|b| b.accept.reference);
        let ending = named(&answers.rejects).or_else(|| named(&answers.withdraws));
        match (taken, ending) {
            (Some(accept), Some(ending)) if ending.had(&accept) => Why::Void(Void::AlreadyAgreed { accept }),
            (Some(accept), _) => Why::Void(Void::AcceptWins { accept }),
            (None, _) => Why::Ends,
        }
    }

    fn explain_accept(&self, offer: &Offer, answers: &Answers, accept: &Standing, binding: Option<&Candidate<'_>>) -> Why {
        if let Some(flaw) = self.flaw(offer, answers, accept) {
            return Why::Void(flaw);
        }
        let stands = binding.expect("an accept without a flaw makes one bind").accept.reference;
        if stands == accept.reference {
            Why::Binds
        } else if accept.had(&stands) {
            Why::Void(Void::Second { first: stands })
        } else {
            Why::Void(Void::Crossed { stands })
        }
    }
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoPart => f.write_str("takes no part in a settlement"),
            Self::OfferUnknown => f.write_str("answers an offer that is not here"),
            Self::Offer(fate) => fate.fmt(f),
            Self::Binds => f.write_str("binds both parties"),
            Self::Ends => f.write_str("ended the offer"),
            Self::Void(void) => void.fmt(f),
        }
    }
}

impl fmt::Display for Fate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Accepted { by } => write!(f, "accepted by {by}"),
            Self::Withdrawn { by } => write!(f, "withdrawn by {by}"),
            Self::Rejected { by } => write!(f, "rejected by {by}"),
            Self::Closed { by } => write!(f, "closed: {by} accepted another offer on this conflict"),
            Self::Replaced { by } => write!(f, "ended: {by} replaced one of the two notices"),
            Self::Open => f.write_str("open"),
        }
    }
}

impl fmt::Display for Void {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rejected { by } => write!(f, "void: the same party had rejected the offer in {by}"),
            Self::Withdrawn { by } => write!(f, "void: its author had the withdraw {by}"),
            Self::Replaced { by } => write!(f, "void: its author had {by}, which replaced one of the two notices"),
            Self::Second { first } => write!(f, "void: {first} had already settled this conflict, and its author had it"),
            Self::Crossed { stands } => write!(f, "void: it crossed {stands}, and the offer of the lower party stands"),
            Self::AcceptWins { accept } => write!(f, "void: it crossed the accept {accept}, and the accept wins"),
            Self::AlreadyAgreed { accept } => write!(f, "void: the offer was already agreed by {accept}"),
        }
    }
}
