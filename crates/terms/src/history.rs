//! Which terms are in force at a place in the logs (PROTOCOL R2).
//!
//! The answer is a function of the statements inside a [`Cut`], the prefix of both logs that an author provably had, so
//! both sides give it for every statement alike, whatever arrived when.

use std::collections::{BTreeMap, BTreeSet};

use detente_types::{Generation, Head, PartyId, Statement, StatementRef, Terms};
use detente_wire::Valid;
use detente_wire::certificate::terms_digest;
use detente_wire::hash::hex;

/// A statement's name and what its author had of the other log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Standing {
    /// Its name: author, generation, index, leaf hash.
    pub reference: StatementRef,
    /// The head of the other log that its author durably had (PROTOCOL S1).
    pub seen: Head,
}

impl Standing {
    /// What its author had when it said this: its own log before it, the other log below `seen`.
    pub fn cut(&self, parties: [PartyId; 2]) -> Cut {
        let own = Prefix { generation: self.reference.generation, size: self.reference.index };
        let other = Prefix { generation: self.seen.generation, size: self.seen.size };
        if self.reference.author == parties[0] { [own, other] } else { [other, own] }
    }
}

/// The first so many entries of a log's generation, and all of the generations before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Prefix {
    /// The generation.
    pub generation: Generation,
    /// How many of its entries.
    pub size: u64,
}

/// A prefix of each log, the lower party's first.
pub type Cut = [Prefix; 2];

/// Why no terms are in force.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TermsFault {
    /// No opening lies in the prefixes: the caller asked about a statement that opens a log, or too early.
    #[error("no opening is in the prefixes, so no terms are in force")]
    NoOpening,
    /// The two openings carry different terms of one version: the pairing was not what one side says it was.
    #[error("the openings carry different terms, {} and {}", hex(.low), hex(.high))]
    OpeningsDiffer {
        /// Digest of the terms in the lower party's opening.
        low: [u8; 32],
        /// Digest of the terms in the other's.
        high: [u8; 32],
    },
}

/// Every version of a line's terms that was ever opened with, proposed or accepted.
///
/// Fill it with [`TermsHistory::apply`], in any order. Nothing is ever removed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TermsHistory {
    parties: [PartyId; 2],
    /// The openings of each party, earliest generation first.
    openings: [BTreeMap<StatementRef, Terms>; 2],
    proposals: BTreeMap<StatementRef, Terms>,
    /// By proposal, since an acceptance may be filed before what it accepts.
    accepts: BTreeMap<StatementRef, BTreeSet<Standing>>,
    /// Proposals that were accepted and are filed, by version.
    accepted: BTreeMap<u32, BTreeSet<StatementRef>>,
}

impl TermsHistory {
    /// The empty history of a line of two parties, the lower ID first.
    pub fn new(mut parties: [PartyId; 2]) -> Self {
        parties.sort_unstable();
        Self {
            parties,
            openings: [BTreeMap::new(), BTreeMap::new()],
            proposals: BTreeMap::new(),
            accepts: BTreeMap::new(),
            accepted: BTreeMap::new(),
        }
    }

    /// Files one statement; kinds that do not bear on the terms are passed over.
    pub fn apply(&mut self, at: &Standing, statement: &Valid<Statement>) {
        match &**statement {
            Statement::GenerationOpen(_, terms) => {
                let side = usize::from(at.reference.author != self.parties[0]);
                self.openings[side].insert(at.reference, terms.clone());
            }
            Statement::TermsPropose(_, terms) => {
                self.proposals.insert(at.reference, terms.clone());
                self.note_accepted(&at.reference);
            }
            Statement::TermsAccept(accept) => {
                self.accepts.entry(accept.proposal).or_default().insert(*at);
                self.note_accepted(&accept.proposal);
            }
            _ => {}
        }
    }

    /// The terms in force where a statement stands: what its author had of both logs decides.
    ///
    /// # Errors
    /// See [`TermsFault`].
    pub fn in_force(&self, at: &Standing) -> Result<&Terms, TermsFault> {
        self.current(&at.cut(self.parties))
    }

    /// The terms in force for someone who has these prefixes.
    ///
    /// # Errors
    /// See [`TermsFault`].
    pub fn current(&self, cut: &Cut) -> Result<&Terms, TermsFault> {
        let mut terms = self.opened_with(cut)?;
        while let Some(next) = terms.version().checked_add(1).and_then(|version| self.agreed(version, cut)) {
            terms = next;
        }
        Ok(terms)
    }

    /// Whether these terms were opened with or proposed on this line.
    pub fn knows(&self, terms: &Terms) -> bool {
        let opened = self.openings.iter().flat_map(BTreeMap::values);
        opened.chain(self.proposals.values()).any(|known| known == terms)
    }

    /// The terms with this digest, when they were opened with or proposed on this line.
    pub fn with_digest(&self, digest: &[u8; 32]) -> Option<&Terms> {
        let opened = self.openings.iter().flat_map(BTreeMap::values);
        opened.chain(self.proposals.values()).find(|known| terms_digest(known.input()) == *digest)
    }

    /// Proposals of the next version that lie in these prefixes, in the order of their references.
    ///
    /// # Errors
    /// See [`TermsFault`].
    pub fn proposed(&self, cut: &Cut) -> Result<Vec<(StatementRef, &Terms)>, TermsFault> {
        let next = u64::from(self.current(cut)?.version()) + 1;
        let inside = self.proposals.iter().filter(|(name, _)| self.inside(name, cut));
        Ok(inside.filter(|(_, terms)| u64::from(terms.version()) == next).map(|(name, terms)| (*name, terms)).collect())
    }

    /// The terms of the first openings. After the first generation an opening repeats what is in force; where only one
    /// side's older log is kept, the later version is the one to go on from.
    fn opened_with(&self, cut: &Cut) -> Result<&Terms, TermsFault> {
        let first = |side: usize| self.openings[side].iter().find(|(name, _)| self.inside(name, cut));
        match (first(0), first(1)) {
            (Some((_, low)), Some((_, high))) if low.version() == high.version() && low != high => {
                Err(TermsFault::OpeningsDiffer { low: terms_digest(low.input()), high: terms_digest(high.input()) })
            }
            (Some((_, low)), Some((_, high))) => Ok(if low.version() < high.version() { high } else { low }),
            (Some((_, terms)), None) | (None, Some((_, terms))) => Ok(terms),
            (None, None) => Err(TermsFault::NoOpening),
        }
    }

    /// The proposal of a version that both are bound to, by the rule of T2: of each author's acceptances the first
    /// counts; of the two that are left, the one whose author had the other's came second; if they crossed, the
    /// proposal of the lower party stands.
    fn agreed(&self, version: u32, cut: &Cut) -> Option<&Terms> {
        let names = self.accepted.get(&version)?;
        let [of_low, of_high] = self.parties.map(|party| {
            let by_party = names.iter().filter(|name| name.author != party);
            by_party.filter_map(|name| Some((self.first_accept(name, cut)?, *name))).min()
        });
        let (_, proposal) = match (of_low, of_high) {
            (Some(low), Some(high)) => {
                let low_came_second = self.had(&low.0, &high.0);
                let high_came_second = self.had(&high.0, &low.0);
                if high_came_second && !low_came_second { low } else { high }
            }
            (low, high) => low.or(high)?,
        };
        self.proposals.get(&proposal)
    }

    /// The first acceptance of a proposal, when both lie inside the cut.
    fn first_accept(&self, proposal: &StatementRef, cut: &Cut) -> Option<Standing> {
        let accept = self.accepts.get(proposal)?.first()?;
        (self.inside(proposal, cut) && self.inside(&accept.reference, cut)).then_some(*accept)
    }

    fn had(&self, later: &Standing, earlier: &Standing) -> bool {
        self.inside(&earlier.reference, &later.cut(self.parties))
    }

    fn inside(&self, statement: &StatementRef, cut: &Cut) -> bool {
        let prefix = cut[usize::from(statement.author != self.parties[0])];
        (statement.generation, statement.index) < (prefix.generation, prefix.size)
    }

    fn note_accepted(&mut self, proposal: &StatementRef) {
        let both = self.proposals.get(proposal).filter(|_| self.accepts.contains_key(proposal));
        if let Some(terms) = both {
            self.accepted.entry(terms.version()).or_default().insert(*proposal);
        }
    }
}
