//! The rules T1 to T3, one story each.

use detente_settle::{Agreed, Fate, Pair, Settlement, Table, Void, Why};
use detente_types::{NoticeId, StatementIn, StatementRef};

use crate::fixture::*;

const LOW: usize = 0;
const HIGH: usize = 1;
const IDS: [NoticeId; 2] = [NoticeId::new([10; 16]), NoticeId::new([11; 16])];

/// Each side has stated a flight, and both know both.
struct Story {
    line: Line,
    pair: Pair,
}

impl Story {
    fn new() -> Self {
        let mut line = Line::default();
        let pair = [0, 1].map(|side| {
            let notice = StatementIn::Notice(operation(IDS[side], vec![flight()]));
            line.say(side, notice).expect("a good notice")
        });
        line.deliver_all();
        Self { line, pair }
    }

    fn say(&mut self, side: usize, input: StatementIn) -> StatementRef {
        self.line.say(side, input).expect("passes the gate")
    }

    /// Says it and brings it over.
    fn tell(&mut self, side: usize, input: StatementIn) -> StatementRef {
        let reference = self.say(side, input);
        self.line.deliver_all();
        reference
    }

    fn amend(&mut self, side: usize, shift_us: i64) -> StatementRef {
        let last = self.line.latest(side, IDS[side], side).expect("live");
        self.say(side, version_after(last, IDS[side], shift_us))
    }

    fn cancel(&mut self, side: usize) -> StatementRef {
        let last = self.line.latest(side, IDS[side], side).expect("live");
        self.say(side, cancel_after(last, IDS[side]))
    }

    fn table(&self) -> Table {
        self.line.whole()
    }

    /// The state when every pair of live statements is found to be in conflict.
    fn state(&self, pair: &Pair) -> Settlement {
        self.table().state(pair, &|_| true)
    }

    /// The state when nothing is.
    fn state_clear(&self, pair: &Pair) -> Settlement {
        self.table().state(pair, &|_| false)
    }
}

fn agreed(state: Settlement) -> Agreed {
    match state {
        Settlement::Agreed(agreed) => agreed,
        other => panic!("not agreed: {other:?}"),
    }
}

#[test]
fn a_conflict_is_open_until_something_is_offered() {
    let mut story = Story::new();
    assert_eq!(story.state(&story.pair), Settlement::Open);
    let offered = story.tell(LOW, offer(story.pair, 1));
    match story.state(&story.pair) {
        Settlement::Offered(offers) => assert_eq!(offers.iter().map(|v| v.offer.reference).collect::<Vec<_>>(), [offered]),
        other => panic!("{other:?}"),
    }
    assert_eq!(story.table().explain(&offered), Why::Offer(Fate::Open));
}

#[test]
fn t1_a_withdraw_ends_an_offer() {
    let mut story = Story::new();
    let offered = story.tell(LOW, offer(story.pair, 1));
    let by = story.tell(LOW, withdraw(offered));
    let late = story.tell(HIGH, accept(offered));
    let table = story.table();
    assert_eq!(table.explain(&offered), Why::Offer(Fate::Withdrawn { by }));
    assert_eq!(table.explain(&by), Why::Ends);
    assert_eq!(table.explain(&late), Why::Void(Void::Withdrawn { by }));
    assert_eq!(story.state(&story.pair), Settlement::Open);
}

#[test]
fn t1_a_replaced_notice_ends_an_offer_whichever_side_replaced_it() {
    for mover in [LOW, HIGH] {
        let mut story = Story::new();
        let offered = story.tell(LOW, offer(story.pair, 1));
        let by = story.amend(mover, HOUR_US / 60);
        story.line.deliver_all();
        let late = story.tell(HIGH, accept(offered));
        let table = story.table();
        assert_eq!(table.explain(&offered), Why::Offer(Fate::Replaced { by }));
        assert_eq!(table.explain(&late), Why::Void(Void::Replaced { by }));
        let mut to = story.pair;
        to[mover] = by;
        assert_eq!(story.state(&story.pair), Settlement::Moved { to });
    }
}

#[test]
fn t1_a_stated_lapse_is_a_promise_and_no_clock_ends_an_offer() {
    let mut story = Story::new();
    let mut input = offer(story.pair, 1);
    if let StatementIn::Offer(o) = &mut input {
        o.lapses_us = Some(START_US - HOUR_US);
    }
    let offered = story.tell(LOW, input);
    let taken = story.tell(HIGH, accept(offered));
    assert_eq!(agreed(story.state(&story.pair)).agreement.accept, taken);
}

#[test]
fn t2_an_accept_binds_and_names_who_is_obliged() {
    for changes in [0u8, 1] {
        let mut story = Story::new();
        let offered = story.tell(LOW, offer(story.pair, changes));
        let taken = story.tell(HIGH, accept(offered));
        let agreed = agreed(story.state(&story.pair));
        assert_eq!((agreed.agreement.offer, agreed.agreement.accept), (offered, taken));
        assert_eq!(agreed.agreement.obliged(), PARTIES[usize::from(changes)]);
        assert_eq!(agreed.amends, story.pair[usize::from(changes)]);
        assert_eq!(story.table().explain(&taken), Why::Binds);
    }
}

#[test]
fn t2_an_accept_that_crossed_a_withdraw_wins() {
    let mut story = Story::new();
    let offered = story.tell(LOW, offer(story.pair, 1));
    let back = story.say(LOW, withdraw(offered));
    let taken = story.say(HIGH, accept(offered));
    story.line.deliver_all();
    assert_eq!(agreed(story.state(&story.pair)).agreement.accept, taken);
    assert_eq!(story.table().explain(&back), Why::Void(Void::AcceptWins { accept: taken }));
}

#[test]
fn t2_an_accept_that_crossed_a_replacement_binds() {
    let mut story = Story::new();
    let offered = story.tell(LOW, offer(story.pair, 0));
    let moved = story.amend(LOW, HOUR_US / 60);
    let taken = story.say(HIGH, accept(offered));
    story.line.deliver_all();
    // The crossing version is not yet the amendment, unless it is enough by itself.
    let agreed = agreed(story.state(&story.pair));
    assert_eq!((agreed.agreement.accept, agreed.amends), (taken, moved));
    assert!(matches!(story.state_clear(&story.pair), Settlement::Settled(s) if s.by == moved));
}

#[test]
fn t2_crossed_accepts_leave_the_offer_of_the_lower_party() {
    let mut story = Story::new();
    let by_low = story.say(LOW, offer(story.pair, 1));
    let by_high = story.say(HIGH, offer(story.pair, 0));
    story.line.deliver_all();
    let low_takes = story.say(LOW, accept(by_high));
    // Until the crossing accept arrives, the higher party's offer is all that LOW can see; it is not firm.
    let early = agreed(story.line.view(LOW).state(&story.pair, &|_| true));
    assert_eq!((early.agreement.accept, early.agreement.firm), (low_takes, false));
    let high_takes = story.say(HIGH, accept(by_low));
    let own = agreed(story.line.view(HIGH).state(&story.pair, &|_| true));
    assert_eq!((own.agreement.accept, own.agreement.firm), (high_takes, true));
    story.line.deliver_all();
    let table = story.table();
    assert_eq!(agreed(story.state(&story.pair)).agreement.offer, by_low);
    assert_eq!(table.explain(&low_takes), Why::Void(Void::Crossed { stands: high_takes }));
    assert_eq!(table.explain(&by_high), Why::Offer(Fate::Closed { by: high_takes }));
}

#[test]
fn t2_one_accept_binds_per_conflict_and_the_second_says_so() {
    let mut story = Story::new();
    let first_offer = story.tell(LOW, offer(story.pair, 1));
    let second_offer = story.tell(LOW, offer(story.pair, 0));
    let counter = story.tell(HIGH, offer(story.pair, 0));
    let first = story.tell(HIGH, accept(first_offer));
    let again = story.tell(HIGH, accept(first_offer));
    let other = story.tell(HIGH, accept(second_offer));
    let theirs = story.tell(LOW, accept(counter));
    for void in [again, other, theirs] {
        assert_eq!(story.table().explain(&void), Why::Void(Void::Second { first }));
    }
}

#[test]
fn t2_a_second_accept_of_the_lower_partys_offer_does_not_unseat_a_first() {
    let mut story = Story::new();
    let by_low = story.tell(LOW, offer(story.pair, 1));
    let by_high = story.tell(HIGH, offer(story.pair, 0));
    let first = story.tell(LOW, accept(by_high));
    let second = story.tell(HIGH, accept(by_low));
    assert_eq!(agreed(story.state(&story.pair)).agreement.offer, by_high);
    assert_eq!(story.table().explain(&second), Why::Void(Void::Second { first }));
}

#[test]
fn a_reject_ends_the_offer_for_the_side_that_said_it() {
    let mut story = Story::new();
    let offered = story.tell(LOW, offer(story.pair, 1));
    let by = story.tell(HIGH, reject(offered));
    let late = story.tell(HIGH, accept(offered));
    let table = story.table();
    assert_eq!(table.explain(&by), Why::Ends);
    assert_eq!(table.explain(&late), Why::Void(Void::Rejected { by }));
    assert_eq!(story.state(&story.pair), Settlement::Open);
}

#[test]
fn a_reject_or_withdraw_after_the_accept_comes_too_late() {
    let mut story = Story::new();
    let offered = story.tell(LOW, offer(story.pair, 1));
    let taken = story.tell(HIGH, accept(offered));
    let regret = story.tell(HIGH, reject(offered));
    let back = story.tell(LOW, withdraw(offered));
    for void in [regret, back] {
        assert_eq!(story.table().explain(&void), Why::Void(Void::AlreadyAgreed { accept: taken }));
    }
    agreed(story.state(&story.pair));
}

#[test]
fn t3_agreed_until_amended_and_settled_when_nothing_is_found() {
    let mut story = Story::new();
    let offered = story.tell(LOW, offer(story.pair, 1));
    story.tell(HIGH, accept(offered));
    // F finding nothing does not lift a duty that was agreed on a pair that has not changed.
    agreed(story.state_clear(&story.pair));
    let by = story.amend(HIGH, HOUR_US / 6);
    story.line.deliver_all();
    let now = [story.pair[0], by];
    for pair in [story.pair, now] {
        assert!(matches!(story.state(&pair), Settlement::Amended(a) if a.by == by && a.now == now));
        assert!(matches!(story.state_clear(&pair), Settlement::Settled(s) if s.by == by));
    }
    assert_eq!(story.table().duties(&|_| true).len(), 1);
    assert_eq!(story.table().duties(&|_| false), []);
}

#[test]
fn t3_a_cancel_settles() {
    let mut story = Story::new();
    let offered = story.tell(LOW, offer(story.pair, 1));
    story.tell(HIGH, accept(offered));
    let by = story.cancel(HIGH);
    story.line.deliver_all();
    assert!(matches!(story.state(&story.pair), Settlement::Settled(s) if s.by == by));
}

#[test]
fn a_settlement_follows_the_notice_that_did_not_have_to_change() {
    let mut story = Story::new();
    let offered = story.tell(LOW, offer(story.pair, 1));
    story.tell(HIGH, accept(offered));
    let retold = story.amend(LOW, HOUR_US / 60);
    story.line.deliver_all();
    let now = [retold, story.pair[1]];
    assert_eq!(agreed(story.state(&now)).amends, story.pair[1], "the new conflict carries the old duty on");
    assert!(matches!(story.state_clear(&now), Settlement::Lapsed(l) if l.by == Some(retold) && l.agreement.is_some()));
}

#[test]
fn no_settlement_reaches_across_a_cancel() {
    let mut story = Story::new();
    let offered = story.tell(LOW, offer(story.pair, 1));
    story.tell(HIGH, accept(offered));
    story.cancel(LOW);
    // The name of a cancelled notice is used up: the same plan comes under another.
    let again = story.tell(LOW, StatementIn::Notice(operation(NoticeId::new([99; 16]), vec![flight()])));
    assert_eq!(story.state(&[again, story.pair[1]]), Settlement::Open);
    assert!(matches!(story.state(&story.pair), Settlement::Lapsed(_)));
}

#[test]
fn an_insufficient_amendment_can_be_bargained_over_again() {
    let mut story = Story::new();
    let offered = story.tell(LOW, offer(story.pair, 1));
    story.tell(HIGH, accept(offered));
    let by = story.amend(HIGH, HOUR_US / 60);
    story.line.deliver_all();
    let now = [story.pair[0], by];
    let second = story.tell(HIGH, offer(now, 0));
    match story.state(&now) {
        Settlement::Amended(a) => assert_eq!(a.offers[0].offer.reference, second),
        other => panic!("{other:?}"),
    }
    story.tell(LOW, accept(second));
    assert_eq!(agreed(story.state(&now)).agreement.obliged(), PARTIES[LOW]);
    assert_eq!(story.table().duties(&|_| true).len(), 2, "each agreement's duty stays in the list until F is content");
}

#[test]
fn a_statement_that_takes_no_part_says_so() {
    let story = Story::new();
    assert_eq!(story.table().explain(&story.pair[0]), Why::NoPart);
}

#[test]
fn every_answer_can_be_said_in_words() {
    let mut story = Story::new();
    let offered = story.tell(LOW, offer(story.pair, 1));
    let taken = story.tell(HIGH, accept(offered));
    let again = story.tell(HIGH, accept(offered));
    let said = story.table().explain(&again).to_string();
    assert_eq!(said, format!("void: {taken} had already settled this conflict, and its author had it"));
}
