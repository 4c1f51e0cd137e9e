//! The day's budget of extra blind runs, by the day that each asking claims (DV-082): what a wrong clock costs, and what it buys.

use detente_node::blind::RunState;
use detente_node::{Command, CommandFault};
use detente_types::statement::{BlindReason, BlindRunIn};
use detente_types::{Rule, StatementRef, TermsIn};

use crate::blind::{assert_one_record, assert_refused_in_the_log, small, state};
use crate::pair::Pair;

const DAY_S: i64 = 86_400;

/// Runs are made when somebody asks, twice a day, and at no other time.
fn asked_only() -> TermsIn {
    let mut terms = small();
    terms.blind.every_min = 0;
    terms
}

/// Puts side 0's clock ahead of side 1's.
fn put_ahead(pair: &mut Pair, seconds: i64) {
    pair.disconnect();
    pair.now = pair.now.plus_seconds(seconds);
    pair.behind_s += seconds;
    pair.connect();
}

fn ask(pair: &mut Pair) -> Result<StatementRef, CommandFault> {
    let asked = pair.command(0, Command::RunBlind(None))?.stated.expect("stated at once");
    pair.pass(120);
    Ok(asked)
}

/// Whether a run came of an asking.
fn is_made(pair: &Pair, asked: StatementRef) -> bool {
    state(pair, BlindRunIn::asked(asked)) == Some(RunState::Done)
}

fn assert_spent(asked: Result<StatementRef, CommandFault>) {
    let refused = asked.expect_err("the budget of this day is spent");
    assert!(matches!(&refused, CommandFault::Violations(broken) if broken[0].rule == Rule::BlindBudget), "{refused}");
}

#[test]
fn a_clock_that_was_ahead_by_years_spends_nothing_of_today() {
    let mut pair = Pair::connected(asked_only());
    let years = 10 * 365 * DAY_S;
    put_ahead(&mut pair, years);
    let early = ask(&mut pair).expect("within the budget of that day");
    assert!(!is_made(&pair, early), "their clock is another");
    put_ahead(&mut pair, -years);
    for spent in 1..=2 {
        let asked = ask(&mut pair).expect("within the budget of today");
        assert!(is_made(&pair, asked), "{spent}");
        for side in 0..2 {
            let budget = pair.line(side).blind(pair.now, 3).budget[side];
            assert_eq!((budget.asked, budget.asked_most), (spent, 2), "side {side}");
        }
        pair.restart(0);
        pair.connect();
    }
    assert_spent(ask(&mut pair));
    assert_one_record(&pair);
}

#[test]
fn days_that_are_claimed_buy_no_run() {
    let mut pair = Pair::connected(asked_only());
    pair.pass(60);
    for _ in 0..2 {
        let asked = ask(&mut pair).expect("within the budget of today");
        assert!(is_made(&pair, asked));
    }
    // The days before and after are claimed, and today is spent all the same.
    for days in [1, 2, -1] {
        put_ahead(&mut pair, days * DAY_S);
        let asked = ask(&mut pair).expect("within the budget of that day");
        assert!(!is_made(&pair, asked));
        let record = pair.line(1).blind_run(&BlindRunIn::asked(asked)).expect("it has ended").record;
        let reasons: Vec<_> = record.ended.iter().flatten().filter_map(|end| end.said.reason).collect();
        assert!(reasons.contains(&BlindReason::Untimely.code()), "{reasons:?}");
        put_ahead(&mut pair, -days * DAY_S);
        assert_spent(ask(&mut pair));
    }
    // Who does not keep to that is refused by the other side, by the same rule.
    assert_refused_in_the_log(&mut pair);
}
