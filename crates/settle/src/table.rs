//! The table: every statement of one line that takes part in settlement, filed so that arrival order is lost.

use std::collections::{BTreeMap, BTreeSet};

use detente_types::statement::{Change, Statement};
use detente_types::{ConflictId, Head, PartyId, StatementRef, Timestamp};
use detente_wire::Valid;

use crate::lineage::Lineages;
use crate::standing::{Pair, Standing, below};

/// One line's offers, answers and notice chains.
///
/// Fill it with [`Table::apply`], in any order; then ask [`Table::state`] about a conflict, [`Table::offers`] about
/// what is on offer, [`Table::explain`] about one statement, [`Table::duties`] about what is owed. Two tables that were
/// given the same statements are equal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    pub(crate) parties: [PartyId; 2],
    pub(crate) notices: Lineages,
    pub(crate) offers: BTreeMap<StatementRef, Offer>,
    /// The offers on each pair of statements.
    pub(crate) on_pair: BTreeMap<Pair, BTreeSet<StatementRef>>,
    /// The answers to each offer, which may be filed before it.
    pub(crate) answers: BTreeMap<StatementRef, Answers>,
    /// The offer that each answer names.
    pub(crate) answered: BTreeMap<StatementRef, StatementRef>,
    /// The furthest head of the other log that each party has said it had, in the order of `parties`.
    heard: [Option<Head>; 2],
}

/// An offer as it was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offer {
    /// Its name; its author is the offering party.
    pub reference: StatementRef,
    /// The conflict that it would resolve.
    pub conflict: ConflictId,
    /// The two statements in conflict, the lower party's first.
    pub pair: Pair,
    /// Which of the two would be changed: 0 or 1.
    pub changes: usize,
    /// How.
    pub change: Change,
    /// When its author promises to withdraw it. A promise only: no clock ends an offer (PROTOCOL T1).
    pub lapses: Option<Timestamp>,
}

impl Offer {
    /// Who would have to amend.
    pub fn obliges(&self) -> PartyId {
        self.pair[self.changes].author
    }
}

/// The answers to one offer, each set in log order, since all of one set are of one author.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Answers {
    pub(crate) accepts: BTreeSet<Standing>,
    pub(crate) rejects: BTreeSet<Standing>,
    pub(crate) withdraws: BTreeSet<Standing>,
}

impl Table {
    /// An empty table for a line of two parties, the lower ID first.
    pub fn new(mut parties: [PartyId; 2]) -> Self {
        parties.sort_unstable();
        Self {
            parties,
            notices: Lineages::default(),
            offers: BTreeMap::new(),
            on_pair: BTreeMap::new(),
            answers: BTreeMap::new(),
            answered: BTreeMap::new(),
            heard: [None; 2],
        }
    }

    /// Files one statement. Kinds that take no part only show how far their author had read.
    pub fn apply(&mut self, at: &Standing, statement: &Valid<Statement>) {
        self.hear(at);
        match &**statement {
            Statement::Notice(notice) => self.notices.add_version(at, notice.id()),
            Statement::Cancel(cancel) => self.notices.add_cancel(at, cancel.id),
            Statement::Offer(offer, change) => self.add_offer(Offer {
                reference: at.reference,
                conflict: offer.conflict,
                pair: offer.statements,
                changes: usize::from(offer.changes),
                change: change.clone(),
                lapses: offer.lapses_us.map(Timestamp::from_micros),
            }),
            Statement::Accept(answer) => {
                self.answers_mut(at, answer.offer).accepts.insert(*at);
            }
            Statement::Reject(answer) => {
                self.answers_mut(at, answer.offer).rejects.insert(*at);
            }
            Statement::Withdraw(answer) => {
                self.answers_mut(at, answer.offer).withdraws.insert(*at);
            }
            _ => {}
        }
    }

    /// The two parties, the lower ID first.
    pub const fn parties(&self) -> [PartyId; 2] {
        self.parties
    }

    /// One offer as it was made.
    pub fn offer(&self, reference: &StatementRef) -> Option<&Offer> {
        self.offers.get(reference)
    }

    /// Whether that party has said anything that shows it had this statement of the other.
    pub(crate) fn party_heard(&self, party: PartyId, statement: &StatementRef) -> bool {
        self.heard[self.side(party)].is_some_and(|head| below(statement, &head))
    }

    fn hear(&mut self, at: &Standing) {
        let side = self.side(at.reference.author);
        self.heard[side] = self.heard[side].max(Some(at.seen));
    }

    fn side(&self, party: PartyId) -> usize {
        usize::from(party != self.parties[0])
    }

    fn add_offer(&mut self, offer: Offer) {
        self.on_pair.entry(offer.pair).or_default().insert(offer.reference);
        self.offers.insert(offer.reference, offer);
    }

    fn answers_mut(&mut self, at: &Standing, offer: StatementRef) -> &mut Answers {
        self.answered.insert(at.reference, offer);
        self.answers.entry(offer).or_default()
    }
}
