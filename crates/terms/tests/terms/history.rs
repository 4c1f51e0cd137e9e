//! R2: a version counts once both halves are in the prefixes, and crossed acceptances leave the lower party's.

use detente_terms::{Prefix, Standing, TermsFault, TermsHistory};
use detente_types::statement::{Kind, StatementIn, TermsAcceptIn, TermsProposeIn};
use detente_types::{
    EntryHash, Generation, Head, LineId, NoticeId, PartyId, Root, Statement, StatementRef, Terms, TermsIn, Violation,
};
use detente_wire::certificate::{Certificate, sign_opening, terms_digest};
use detente_wire::hash::domain;
use detente_wire::meaning::{self, Known};
use detente_wire::{Ed25519, KeyPair, Keys, PublicKey, SecretKey, Valid};
use proptest::prelude::*;

use crate::fixture::{START, config, terms_in};

const LINE: LineId = LineId::new([7; 32]);

/// The two logs of a line, through the real gate, and what each side holds of the other's.
struct Line {
    parties: [PartyId; 2],
    logs: [Vec<(Standing, Valid<Statement>)>; 2],
    held: [usize; 2],
    history: TermsHistory,
    made: u32,
}

impl Line {
    /// Both sides open with these terms, and have both openings.
    fn new(terms: [TermsIn; 2]) -> Self {
        let mut keys = [1, 2].map(|seed| KeyPair::new(&Ed25519, SecretKey::from_seed([seed; 32])));
        keys.sort_by_key(|pair| pair.public().party());
        let certificates = [0, 1].map(|side| certificate(&keys[side], side as u8));
        let parties = [0, 1].map(|side: usize| keys[side].public().party());
        let history = TermsHistory::new(parties);
        let mut line = Self { parties, logs: [Vec::new(), Vec::new()], held: [0, 0], history, made: 0 };
        for (side, terms) in terms.into_iter().enumerate() {
            let opening = sign_opening(&Ed25519, &keys[side], &certificates[side], &certificates[1 - side], terms, None);
            line.say(side, StatementIn::GenerationOpen(opening)).expect("a good opening");
        }
        line.deliver_all();
        line
    }

    fn agreed() -> Self {
        Self::new([terms_in(), terms_in()])
    }

    fn say(&mut self, side: usize, input: StatementIn) -> Result<StatementRef, Vec<Violation>> {
        let index = self.logs[side].len() as u64;
        let hash = EntryHash::new(domain("test", &[&[side as u8], &index.to_be_bytes()]));
        let reference = StatementRef { author: self.parties[side], generation: Generation::FIRST, index, hash };
        let seen = Head { generation: Generation::FIRST, size: self.held[side] as u64, root: Root::new([0; 32]) };
        let at = Standing { reference, seen };
        let known = Had { line: self, side };
        let standing = meaning::Standing {
            line: LINE,
            author: self.parties[side],
            other: self.parties[1 - side],
            index,
            claimed: START,
            urgent: false,
            terms: self.history.in_force(&at).ok(),
            known: &known,
            scheme: &Ed25519,
        };
        let statement = meaning::check(input, &standing)?.expect("a kind that is acted on");
        self.history.apply(&at, &statement);
        self.logs[side].push((at, statement));
        Ok(reference)
    }

    /// Proposes the version after the one in force for that side; each proposal differs from every other.
    fn propose(&mut self, side: usize) -> StatementRef {
        self.made += 1;
        let mut terms = self.in_force(side).input().clone();
        terms.version += 1;
        terms.separation.horizontal_m = self.made;
        let input = TermsProposeIn { kind: Kind::TermsPropose.code(), terms, desk: None, officer: None };
        self.say(side, StatementIn::TermsPropose(input)).expect("the next version")
    }

    fn accept(&mut self, side: usize, proposal: StatementRef) -> StatementRef {
        let input = TermsAcceptIn { kind: Kind::TermsAccept.code(), proposal, desk: None, officer: None };
        self.say(side, StatementIn::TermsAccept(input)).expect("a proposal that it has")
    }

    fn deliver_all(&mut self) {
        self.held = [self.logs[1].len(), self.logs[0].len()];
    }

    fn cut(&self, side: usize) -> [Prefix; 2] {
        let mut sizes = [self.logs[0].len(), self.logs[1].len()];
        sizes[1 - side] = self.held[side];
        sizes.map(prefix)
    }

    fn in_force(&self, side: usize) -> Terms {
        self.history.current(&self.cut(side)).expect("openings are there").clone()
    }

    /// Which proposal is in force for a side, by its separation; 5000 stands for version 1.
    fn which(&self, side: usize) -> u32 {
        self.in_force(side).input().separation.horizontal_m
    }
}

fn prefix(size: usize) -> Prefix {
    Prefix { generation: Generation::FIRST, size: size as u64 }
}

fn certificate(party: &KeyPair, side: u8) -> detente_wire::Verified<Certificate> {
    let key = |n: u8| KeyPair::new(&Ed25519, SecretKey::from_seed([10 + side * 10 + n; 32])).public();
    let keys = Keys { log: key(0), holder: key(1), tls: key(2), witness: None };
    Certificate::sign(&Ed25519, party, LINE, Generation::FIRST, &keys).expect("distinct keys")
}

struct Had<'a> {
    line: &'a Line,
    side: usize,
}

impl Known for Had<'_> {
    fn kind(&self, reference: &StatementRef) -> Option<Kind> {
        let author = self.line.parties.iter().position(|party| *party == reference.author)?;
        let end = if author == self.side { self.line.logs[author].len() } else { self.line.held[self.side] };
        let (_, statement) = self.line.logs[author][..end].iter().find(|(at, _)| at.reference == *reference)?;
        Some(match &**statement {
            Statement::GenerationOpen(..) => Kind::GenerationOpen,
            Statement::TermsPropose(..) => Kind::TermsPropose,
            Statement::TermsAccept(_) => Kind::TermsAccept,
            other => unreachable!("the fixture says no {other:?}"),
        })
    }

    fn latest(&self, _: &NoticeId) -> Option<(u32, StatementRef)> {
        None
    }

    fn cancelled(&self, _: &NoticeId) -> bool {
        false
    }

    fn party_key(&self, _: Generation) -> Option<PublicKey> {
        None
    }

    fn certified(&self) -> Option<(Generation, Keys)> {
        None
    }

    fn ended(&self, _: Generation) -> Option<Head> {
        None
    }

    fn challenge(&self, _: &StatementRef) -> Option<[u8; 32]> {
        None
    }

    fn answered(&self, _: &StatementRef) -> bool {
        false
    }
}

#[test]
fn version_1_is_what_both_openings_carry() {
    let line = Line::agreed();
    assert_eq!(line.history.current(&[prefix(1), prefix(0)]).map(Terms::version), Ok(1), "one's own opening will do");
    assert_eq!(line.in_force(0).version(), 1);
    assert_eq!(line.history.current(&[prefix(0), prefix(0)]), Err(TermsFault::NoOpening));
}

#[test]
fn openings_with_different_terms_leave_none_in_force() {
    let mut other = terms_in();
    other.separation.vertical_m = 1;
    let line = Line::new([terms_in(), other]);
    let fault = line.history.current(&line.cut(0)).expect_err("no terms");
    assert!(matches!(fault, TermsFault::OpeningsDiffer { low, high } if low != high));
}

#[test]
fn r2_a_version_counts_only_where_both_halves_are_in_the_prefixes() {
    let mut line = Line::agreed();
    let proposal = line.propose(0);
    line.deliver_all();
    assert_eq!(line.in_force(1).version(), 1);
    line.accept(1, proposal);
    assert_eq!(line.in_force(1).version(), 2, "whoever accepted has both");
    assert_eq!(line.in_force(0).version(), 1, "whoever proposed has not heard yet");
    line.deliver_all();
    assert_eq!(line.in_force(0).version(), 2);
}

#[test]
fn r2_a_crossed_proposal_of_the_higher_party_is_void() {
    let mut line = Line::agreed();
    let (low, high) = (line.propose(0), line.propose(1));
    line.deliver_all();
    line.accept(0, high);
    line.accept(1, low);
    assert_eq!((line.which(0), line.which(1)), (2, 1), "each side acts on what it has");
    line.deliver_all();
    assert_eq!((line.which(0), line.which(1)), (1, 1));
}

#[test]
fn r2_an_acceptance_that_came_first_stands_whichever_party_proposed() {
    let mut line = Line::agreed();
    let (low, high) = (line.propose(0), line.propose(1));
    line.deliver_all();
    line.accept(0, high);
    line.deliver_all();
    line.accept(1, low);
    line.deliver_all();
    assert_eq!((line.which(0), line.which(1)), (2, 2));
}

#[test]
fn proposals_of_the_next_version_are_listed_until_one_is_accepted() {
    let mut line = Line::agreed();
    let (first, second) = (line.propose(0), line.propose(0));
    line.deliver_all();
    let listed: Vec<_> = line.history.proposed(&line.cut(1)).expect("terms").into_iter().map(|(name, _)| name).collect();
    assert_eq!(listed, [first, second]);
    line.accept(1, second);
    assert_eq!(line.history.proposed(&line.cut(1)).expect("terms"), []);
}

#[derive(Clone, Copy, Debug)]
enum Step {
    Propose { side: usize },
    Accept { side: usize, back: usize },
    Deliver { side: usize, entries: usize },
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let side = 0usize..2;
    let step = prop_oneof![
        2 => side.clone().prop_map(|side| Step::Propose { side }),
        3 => (side.clone(), 0usize..3).prop_map(|(side, back)| Step::Accept { side, back }),
        3 => (side, 1usize..4).prop_map(|(side, entries)| Step::Deliver { side, entries }),
    ];
    prop::collection::vec(step, 0..40)
}

fn play(steps: &[Step]) -> Line {
    let mut line = Line::agreed();
    for step in steps {
        match *step {
            Step::Propose { side } => {
                line.propose(side);
            }
            Step::Accept { side, back } => {
                let theirs = &line.logs[1 - side][..line.held[side]];
                let proposals = theirs.iter().filter(|(_, s)| matches!(&**s, Statement::TermsPropose(..)));
                let proposals: Vec<StatementRef> = proposals.map(|(at, _)| at.reference).collect();
                if let Some(proposal) = proposals.iter().rev().nth(back.min(proposals.len().saturating_sub(1))) {
                    line.accept(side, *proposal);
                }
            }
            Step::Deliver { side, entries } => {
                line.held[side] = line.logs[1 - side].len().min(line.held[side] + entries);
            }
        }
    }
    line
}

/// R2 with T2, by definition and without economy: what is in force for someone who has exactly these statements.
fn naive(line: &Line, had: &[&(Standing, Valid<Statement>)]) -> Terms {
    let mut current = typed_v1();
    loop {
        let taken: Vec<(Standing, PartyId, &Terms)> = had
            .iter()
            .filter_map(|(at, statement)| match &**statement {
                Statement::TermsAccept(accept) => had.iter().find_map(|(name, proposal)| match &**proposal {
                    Statement::TermsPropose(_, terms) if name.reference == accept.proposal => {
                        Some((*at, name.reference.author, terms))
                    }
                    _ => None,
                }),
                _ => None,
            })
            .filter(|(_, _, terms)| terms.version() == current.version() + 1)
            .collect();
        let stands = |x: &(Standing, PartyId, &Terms)| taken.iter().all(|y| x.0 == y.0 || beats(line, x, y));
        match taken.iter().find(|x| stands(x)) {
            Some((_, _, terms)) => current = (*terms).clone(),
            None => {
                assert!(taken.is_empty(), "if any is accepted, one stands");
                return current;
            }
        }
    }
}

fn beats(line: &Line, x: &(Standing, PartyId, &Terms), y: &(Standing, PartyId, &Terms)) -> bool {
    let had = |later: &Standing, earlier: &StatementRef| {
        let own = later.reference.author == earlier.author;
        earlier.index < if own { later.reference.index } else { later.seen.size }
    };
    match (had(&x.0, &y.0.reference), had(&y.0, &x.0.reference)) {
        (true, _) => false,
        (false, true) => true,
        (false, false) => x.1 == line.parties[0],
    }
}

fn typed_v1() -> Terms {
    crate::fixture::terms()
}

proptest! {
    #![proptest_config(config(120))]

    #[test]
    fn any_order_of_apply_calls_gives_an_equal_history(steps in steps(), keys in prop::collection::vec(any::<u32>(), 53)) {
        let line = play(&steps);
        let mut shuffled: Vec<_> = line.logs.iter().flatten().enumerate().collect();
        shuffled.sort_by_key(|(i, _)| keys[i % keys.len()]);
        let mut other = TermsHistory::new(line.parties);
        shuffled.iter().for_each(|(_, (at, statement))| other.apply(at, statement));
        prop_assert_eq!(other, line.history);
    }

    #[test]
    fn what_is_in_force_is_what_the_naive_model_says_for_every_pair_of_prefixes(steps in steps()) {
        let line = play(&steps);
        for low in 1..=line.logs[0].len() {
            for high in 1..=line.logs[1].len() {
                let had: Vec<_> = line.logs[0][..low].iter().chain(&line.logs[1][..high]).collect();
                let found = line.history.current(&[prefix(low), prefix(high)]).expect("openings are there");
                prop_assert_eq!(found, &naive(&line, &had), "prefixes {} and {}", low, high);
            }
        }
    }

    #[test]
    fn what_is_in_force_at_a_statement_needs_nothing_that_its_author_had_not(steps in steps()) {
        let line = play(&steps);
        for (side, log) in line.logs.iter().enumerate() {
            for (i, (at, _)) in log.iter().enumerate().skip(1) {
                let mut little = TermsHistory::new(line.parties);
                let seen = at.seen.size as usize;
                log[..i].iter().chain(&line.logs[1 - side][..seen]).for_each(|(at, statement)| little.apply(at, statement));
                prop_assert_eq!(little.in_force(at), line.history.in_force(at));
            }
        }
    }

    #[test]
    fn more_of_the_logs_never_lowers_the_version(steps in steps()) {
        let line = play(&steps);
        let version = |low, high| line.history.current(&[prefix(low), prefix(high)]).expect("openings are there").version();
        for low in 1..line.logs[0].len() {
            for high in 1..line.logs[1].len() {
                prop_assert!(version(low, high) <= version(low + 1, high));
                prop_assert!(version(low, high) <= version(low, high + 1));
            }
        }
    }
}

#[test]
fn terms_are_found_by_their_digest() {
    let line = Line::agreed();
    let found = line.history.with_digest(&terms_digest(&terms_in()));
    assert_eq!(found.map(Terms::input), Some(&terms_in()));
    assert_eq!(line.history.with_digest(&[0; 32]), None);
}
