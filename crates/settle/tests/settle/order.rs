//! Properties: the table is a function of the set, agrees with the naive model, and what it calls firm stays.

use std::collections::BTreeMap;

use detente_settle::{Agreement, Pair, Settlement, Table, Void, Why};
use detente_types::{Statement, StatementRef};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;

use crate::fixture::*;
use crate::naive::Naive;
use crate::script::{Step, play, scripts, start};

fn run(steps: &[Step]) -> Line {
    let mut line = start();
    steps.iter().for_each(|step| play(&mut line, *step));
    line
}

/// An arbitrary law, equal for both sides: some pairs meet and some do not.
fn finds(pair: &Pair) -> bool {
    !(pair[0].index + pair[1].index).is_multiple_of(3)
}

/// The state of every pair of notice statements of the line.
fn states(table: &Table, line: &Line) -> BTreeMap<Pair, Settlement> {
    let told = |side: usize| {
        let notices = line.logs[side].iter().filter(|said| matches!(&*said.statement, Statement::Notice(_)));
        notices.map(|said| said.at.reference).collect::<Vec<StatementRef>>()
    };
    let pairs = told(0).into_iter().flat_map(|low| told(1).into_iter().map(move |high| [low, high]));
    pairs.map(|pair| (pair, table.state(&pair, &finds))).collect()
}

/// Whose turn it is in an interleaving that keeps each log's own order.
fn interleave<'a>(line: &'a Line, turns: &[bool]) -> Vec<&'a Said> {
    let mut logs = [line.logs[0].iter(), line.logs[1].iter()];
    let mut all: Vec<&Said> = turns.iter().filter_map(|turn| logs[usize::from(*turn)].next()).collect();
    all.extend(logs.into_iter().flatten());
    all
}

proptest! {
    #![proptest_config(config(300))]

    #[test]
    fn any_interleaving_of_the_logs_gives_equal_states(
        steps in scripts(60),
        turns in proptest::collection::vec(any::<bool>(), 80),
    ) {
        let line = run(&steps);
        let (ours, theirs) = (line.whole(), table(interleave(&line, &turns)));
        prop_assert_eq!(states(&ours, &line), states(&theirs, &line));
        prop_assert_eq!(ours, theirs);
    }

    #[test]
    fn any_order_of_apply_calls_even_repeated_gives_equal_tables(
        steps in scripts(60),
        keys in proptest::collection::vec(any::<u32>(), 97),
    ) {
        let line = run(&steps);
        let mut shuffled: Vec<(usize, &Said)> = line.all().into_iter().chain(line.all()).enumerate().collect();
        shuffled.sort_by_key(|(i, _)| keys[i % keys.len()]);
        let other = table(shuffled.into_iter().map(|(_, said)| said));
        prop_assert_eq!(states(&line.whole(), &line), states(&other, &line));
        prop_assert_eq!(line.whole(), other);
    }

    #[test]
    fn the_table_binds_what_the_naive_model_binds(steps in scripts(80)) {
        let line = run(&steps);
        let (table, naive) = (line.whole(), Naive(line.all()));
        for pair in naive.pairs() {
            let binding = naive.binding(&pair);
            let standing = naive.standing_accepts(&pair);
            prop_assert!(binding.len() <= 1, "one binding accept per conflict");
            prop_assert_eq!(binding.is_empty(), standing.is_empty(), "if any stands alone, one binds");
            let bound = table.agreed_on(&pair).map(|agreement| agreement.accept);
            prop_assert_eq!(bound, binding.first().map(|accept| accept.reference));
            for taken in standing {
                let why = table.explain(&taken.accept.reference);
                let expected = Some(taken.accept.reference) == bound;
                let fits = matches!(why, Why::Binds | Why::Void(Void::Second { .. } | Void::Crossed { .. }));
                prop_assert!(fits && (why == Why::Binds) == expected, "{why:?}");
            }
        }
    }

    #[test]
    fn what_a_side_calls_firm_never_changes(steps in scripts(60)) {
        let mut line = start();
        let mut firm: [BTreeMap<Pair, Agreement>; 2] = Default::default();
        for step in &steps {
            play(&mut line, *step);
            let pairs = Naive(line.all()).pairs();
            for (side, kept) in firm.iter_mut().enumerate() {
                let view = line.view(side);
                let found = pairs.iter().filter_map(|pair| Some((*pair, view.agreed_on(pair)?)));
                kept.extend(found.filter(|(_, agreement)| agreement.firm));
            }
        }
        line.deliver_all();
        let last = line.whole();
        for (pair, agreement) in firm.into_iter().flatten() {
            prop_assert_eq!(last.agreed_on(&pair), Some(agreement));
        }
    }

    #[test]
    fn a_settled_conflict_is_one_that_is_not_found(steps in scripts(60)) {
        let line = run(&steps);
        let table = line.whole();
        for (pair, state) in states(&table, &line) {
            match state {
                Settlement::Open => prop_assert!(finds(&pair)),
                Settlement::Moved { to } => prop_assert!(finds(&to) && to != pair),
                Settlement::Amended(a) => prop_assert!(finds(&a.now) && table.duties(&finds).contains(&Settlement::Amended(a))),
                Settlement::Agreed(a) => prop_assert_eq!(a.amends.author, a.agreement.obliged()),
                Settlement::Settled(s) => prop_assert_eq!(s.by.author, s.agreement.obliged()),
                Settlement::Offered(offers) => prop_assert!(offers.iter().all(|view| view.offer.pair == pair)),
                Settlement::Lapsed(l) => prop_assert!(l.by.is_some() || !finds(&pair)),
            }
        }
    }
}

/// The scripts above would prove little if they never met the hard cases; this counts that they do.
#[test]
fn the_scripts_reach_every_verdict() {
    let mut runner = TestRunner::new(config(1));
    let mut met: BTreeMap<&str, u32> = BTreeMap::new();
    for _ in 0..300 {
        let steps = scripts(80).new_tree(&mut runner).expect("a script").current();
        let line = run(&steps);
        let table = line.whole();
        for said in line.all() {
            *met.entry(name(&table.explain(&said.at.reference))).or_default() += 1;
        }
        for state in states(&table, &line).into_values() {
            *met.entry(state_name(&state)).or_default() += 1;
        }
    }
    let wanted = [
        "open",
        "offered",
        "agreed",
        "amended",
        "settled",
        "moved",
        "lapsed",
        "offer",
        "binds",
        "ends",
        "rejected",
        "withdrawn",
        "replaced",
        "second",
        "crossed",
        "accept wins",
        "already agreed",
    ];
    for name in wanted {
        assert!(met.get(name).is_some_and(|count| *count >= 5), "{name} was hardly met: {met:?}");
    }
}

fn name(why: &Why) -> &'static str {
    match why {
        Why::NoPart => "no part",
        Why::OfferUnknown => unreachable!("the gate refuses an answer to an offer that its author never had"),
        Why::Offer(_) => "offer",
        Why::Binds => "binds",
        Why::Ends => "ends",
        Why::Void(Void::Rejected { .. }) => "rejected",
        Why::Void(Void::Withdrawn { .. }) => "withdrawn",
        Why::Void(Void::Replaced { .. }) => "replaced",
        Why::Void(Void::Second { .. }) => "second",
        Why::Void(Void::Crossed { .. }) => "crossed",
        Why::Void(Void::AcceptWins { .. }) => "accept wins",
        Why::Void(Void::AlreadyAgreed { .. }) => "already agreed",
    }
}

const fn state_name(state: &Settlement) -> &'static str {
    match state {
        Settlement::Open => "open",
        Settlement::Offered(_) => "offered",
        Settlement::Agreed(_) => "agreed",
        Settlement::Amended(_) => "amended",
        Settlement::Settled(_) => "settled",
        Settlement::Moved { .. } => "moved",
        Settlement::Lapsed(_) => "lapsed",
    }
}
