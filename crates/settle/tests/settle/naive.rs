//! T2 written down a second time, word by word and without any economy: the model that the table is held against.

use detente_settle::{Pair, Standing};
use detente_types::statement::AnswerIn;
use detente_types::{NoticeId, PartyId, Statement, StatementRef};

use crate::fixture::{PARTIES, Said};

/// The statements of both logs, in no order that matters.
pub(crate) struct Naive<'a>(pub(crate) Vec<&'a Said>);

/// An accept, and the author of the offer that it takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Taken {
    pub(crate) accept: Standing,
    pub(crate) offered_by: PartyId,
}

impl Naive<'_> {
    /// Every pair with an offer on it.
    pub(crate) fn pairs(&self) -> Vec<Pair> {
        let mut pairs: Vec<Pair> = self.offers().map(|(_, pair)| pair).collect();
        pairs.sort_unstable();
        pairs.dedup();
        pairs
    }

    /// Every accept on this pair that binds, by the text of T2; the rule promises that there is at most one.
    pub(crate) fn binding(&self, pair: &Pair) -> Vec<Standing> {
        let standing = self.standing_accepts(pair);
        let binds = |x: &&Taken| standing.iter().all(|y| x.accept == y.accept || beats(x, y));
        standing.iter().filter(binds).map(|x| x.accept).collect()
    }

    /// Accepts whose author knew of nothing that ended the offer.
    pub(crate) fn standing_accepts(&self, pair: &Pair) -> Vec<Taken> {
        let on_pair: Vec<StatementRef> = self.offers().filter(|(_, p)| p == pair).map(|(offer, _)| offer).collect();
        let accepts = self.0.iter().filter_map(|said| match &*said.statement {
            Statement::Accept(answer) if on_pair.contains(&answer.offer) => Some((said.at, answer)),
            _ => None,
        });
        let open = accepts.filter(|(accept, answer)| !self.knew_of_an_end(accept, answer, pair));
        open.map(|(accept, answer)| Taken { accept, offered_by: answer.offer.author }).collect()
    }

    fn knew_of_an_end(&self, accept: &Standing, taken: &AnswerIn, pair: &Pair) -> bool {
        let ends = |said: &&Said| match &*said.statement {
            Statement::Withdraw(answer) | Statement::Reject(answer) => answer.offer == taken.offer,
            Statement::Notice(notice) => self.replaces(said, notice.id(), pair),
            Statement::Cancel(cancel) => self.replaces(said, cancel.id, pair),
            _ => false,
        };
        self.0.iter().copied().filter(ends).any(|said| accept.had(&said.at.reference))
    }

    /// Whether a statement comes after one of the pair, in the same log and about the same notice.
    fn replaces(&self, said: &Said, id: NoticeId, pair: &Pair) -> bool {
        let same_notice = |version: &&StatementRef| {
            self.0.iter().any(|other| {
                let is_it = other.at.reference == **version;
                is_it && matches!(&*other.statement, Statement::Notice(notice) if notice.id() == id)
            })
        };
        pair.iter().filter(same_notice).any(|v| v.author == said.at.reference.author && v.index < said.at.reference.index)
    }

    fn offers(&self) -> impl Iterator<Item = (StatementRef, Pair)> + '_ {
        self.0.iter().filter_map(|said| match &*said.statement {
            Statement::Offer(offer, _) => Some((said.at.reference, offer.statements)),
            _ => None,
        })
    }
}

/// The first of two stands against the second: it came first, or they crossed and it took the lower party's offer.
fn beats(x: &Taken, y: &Taken) -> bool {
    let (x_had_y, y_had_x) = (x.accept.had(&y.accept.reference), y.accept.had(&x.accept.reference));
    match (x_had_y, y_had_x) {
        (true, _) => false,
        (false, true) => true,
        (false, false) => x.offered_by == PARTIES[0],
    }
}
