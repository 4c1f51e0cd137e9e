//! SAFETY rings until an action is stated (T1, T9), and a flood is one alarm (F3).

use detente_terms::safety::{FLOOD_COUNT_MAX, KNOWN_MAX, Pace, Reach, SafetyBoard, SafetyEffect, SafetyWatch};
use detente_types::{StatementRef, Timestamp};
use proptest::prelude::*;

use crate::fixture::{START, at, config, reference, terms, terms_in, typed};

const ACTION: u8 = 2;

fn board() -> SafetyBoard {
    SafetyBoard::new(Pace::of(&terms()))
}

fn nowhere(_: &StatementRef) -> bool {
    false
}

/// Everything that a board asks for up to a time, when it is polled exactly when it says.
fn run(board: &mut SafetyBoard, until: Timestamp) -> Vec<(i64, SafetyEffect)> {
    let mut effects = Vec::new();
    while let Some(now) = board.next_timeout().filter(|now| *now <= until) {
        let effect = board.poll(now).expect("a timeout that has come gives something to do");
        effects.push((now.since(START) / 1_000_000, effect));
    }
    effects
}

fn rings(effects: &[(i64, SafetyEffect)]) -> Vec<(i64, Reach)> {
    effects
        .iter()
        .filter_map(|(at, effect)| match effect {
            SafetyEffect::Ring { reach, .. } => Some((*at, *reach)),
            _ => None,
        })
        .collect()
}

#[test]
fn t1_it_rings_at_once_repeats_and_reaches_further_at_each_step() {
    let mut board = board();
    board.handle_safety(START, reference(1, 1), &nowhere);
    let rung = rings(&run(&mut board, at(600)));
    assert_eq!(rung.len(), 21, "at once, then each half minute");
    let first_at = |reach| rung.iter().find(|(_, r)| *r == reach).map(|(at, _)| *at);
    let steps = [Reach::Watch, Reach::AllDesks, Reach::DutyGeneral, Reach::Principal, Reach::Relay].map(first_at);
    assert_eq!(steps, [Some(0), Some(60), Some(180), Some(360), Some(600)]);
}

#[test]
fn a_step_between_two_repeats_rings_by_itself() {
    let mut input = terms_in();
    input.clocks.safety_repeat_s = 50;
    let mut board = SafetyBoard::new(Pace::of(&typed(input)));
    board.handle_safety(START, reference(1, 1), &nowhere);
    let times: Vec<i64> = rings(&run(&mut board, at(200))).into_iter().map(|(at, _)| at).collect();
    assert_eq!(times, [0, 50, 60, 100, 150, 180, 200]);
}

#[test]
fn reading_stops_nothing_and_an_action_stops_all() {
    let mut board = board();
    let notice = reference(1, 1);
    board.handle_safety(START, notice, &nowhere);
    board.handle_read(at(10), &notice);
    let effects = run(&mut board, at(90));
    assert!(matches!(effects[1..], [(30, SafetyEffect::Ring { read: true, .. }), ..]), "{effects:?}");
    board.handle_action(at(91), &notice, reference(ACTION, 5), None);
    assert_eq!(board.next_timeout(), None);
    assert_eq!(board.poll(at(10_000)), None);
}

#[test]
fn t9_a_promise_is_checked_once_when_it_is_due() {
    let mut board = board();
    let (notice, action) = (reference(1, 1), reference(ACTION, 5));
    board.handle_safety(START, notice, &nowhere);
    board.handle_action(at(20), &notice, action, Some(at(300)));
    assert_eq!(board.poll(at(299)), None);
    assert!(matches!(board.watch(&notice), Some(SafetyWatch::Promised(p)) if p.action == action));
    let effects = run(&mut board, at(10_000));
    assert_eq!(effects, [(300, SafetyEffect::PromiseDue { notice, action, due: at(300) })]);
}

#[test]
fn t9_a_second_one_on_the_same_place_within_half_an_hour_starts_two_levels_up() {
    let place = |a: &StatementRef| a.index < 10;
    let mut board = board();
    board.handle_safety(START, reference(1, 1), &place);
    board.handle_action(at(5), &reference(1, 1), reference(ACTION, 1), None);
    board.handle_safety(at(1_800), reference(1, 2), &place);
    assert_eq!(rings(&run(&mut board, at(1_800))), [(1_800, Reach::DutyGeneral)]);
    board.handle_action(at(1_801), &reference(1, 2), reference(ACTION, 2), None);
    board.handle_safety(at(1_810), reference(1, 3), &place);
    assert_eq!(rings(&run(&mut board, at(1_810))), [(1_810, Reach::Relay)], "a third goes on from the second");
}

#[test]
fn t9_another_place_or_a_later_hour_raises_nothing() {
    let mut board = board();
    board.handle_safety(START, reference(1, 1), &nowhere);
    board.handle_action(at(1), &reference(1, 1), reference(ACTION, 1), None);
    board.handle_safety(at(2), reference(1, 2), &nowhere);
    assert_eq!(rings(&run(&mut board, at(2))), [(2, Reach::Watch)]);
    board.handle_action(at(3), &reference(1, 2), reference(ACTION, 2), None);
    board.handle_safety(at(1_803), reference(1, 3), &|_| true);
    assert_eq!(rings(&run(&mut board, at(1_803))), [(1_803, Reach::Watch)]);
}

#[test]
fn f2_filing_the_same_notice_again_restarts_no_clock() {
    let mut board = board();
    board.handle_safety(START, reference(1, 1), &nowhere);
    run(&mut board, at(100));
    let before = board.clone();
    board.handle_safety(at(110), reference(1, 1), &|_| true);
    assert_eq!(board, before);
    board.handle_action(at(120), &reference(1, 1), reference(ACTION, 1), None);
    board.handle_safety(at(130), reference(1, 1), &|_| true);
    assert_eq!(board.next_timeout(), None, "nor does it wake what was answered");
}

#[test]
fn f3_a_flood_is_one_alarm_that_counts_and_shows_the_latest() {
    let mut board = board();
    let count = FLOOD_COUNT_MAX as u64 + 500;
    for index in 1..=count {
        board.handle_safety(at(1), reference(1, index), &nowhere);
    }
    let effects = run(&mut board, at(1));
    assert_eq!(rings(&effects).len(), FLOOD_COUNT_MAX, "the first ones still ring by themselves");
    let flood = SafetyEffect::RingFlood { count: 500, latest: reference(1, count), reach: Reach::Watch, since: at(1) };
    assert_eq!(effects.last(), Some(&(1, flood)));
    let later = run(&mut board, at(61));
    assert!(later.iter().any(|(_, e)| matches!(e, SafetyEffect::RingFlood { reach: Reach::AllDesks, .. })));
}

#[test]
fn f3_a_flood_that_was_taken_rests_for_a_window_and_rings_again_when_it_goes_on() {
    let mut board = board();
    (1..=20).for_each(|index| board.handle_safety(START, reference(1, index), &nowhere));
    (1..=FLOOD_COUNT_MAX as u64).for_each(|i| board.handle_action(at(1), &reference(1, i), reference(ACTION, i), None));
    run(&mut board, at(1));
    board.handle_flood_taken(at(2));
    assert_eq!(board.next_timeout(), None);
    board.handle_safety(at(3), reference(1, 21), &nowhere);
    assert_eq!(board.next_timeout(), Some(at(62)));
    assert!(matches!(run(&mut board, at(62))[..], [(62, SafetyEffect::RingFlood { count: 1, .. })]));
}

#[test]
fn f3_a_flood_that_was_taken_before_a_start_rings_only_for_what_came_after() {
    for (taken_to, rings) in [(20, false), (19, true)] {
        let mut board = board();
        (1..=20).rev().for_each(|index| board.handle_safety(START, reference(1, index), &nowhere));
        assert_eq!(board.flood(), Some((10, reference(1, 10))));
        board.handle_safety(START, reference(1, 20 + 1), &nowhere);
        board.load_flood_taken(at(5), &reference(1, taken_to + 1));
        assert_eq!(board.flood().is_some(), rings);
    }
}

#[test]
fn a_board_remembers_the_last_notices_and_those_that_ring() {
    let mut board = board();
    let count = KNOWN_MAX as u64 + 100;
    (1..=count).for_each(|index| board.handle_safety(START, reference(1, index), &nowhere));
    let before = board.flood();
    assert_eq!(before.map(|(count, _)| count), Some(count - FLOOD_COUNT_MAX as u64));
    board.handle_safety(at(1), reference(1, 1), &nowhere);
    board.handle_safety(at(1), reference(1, count), &nowhere);
    assert_eq!(board.flood(), before, "neither what rings nor what came lately is new");
    assert!(board.watch(&reference(1, 1)).is_some());
    board.handle_safety(at(1), reference(1, 50), &nowhere);
    assert_ne!(board.flood(), before, "what came long ago is forgotten");
}

#[test]
fn f3_after_a_calm_minute_the_next_one_rings_by_itself() {
    let mut board = board();
    (1..=20).for_each(|index| board.handle_safety(START, reference(1, index), &nowhere));
    board.handle_safety(at(60), reference(1, 21), &nowhere);
    assert!(board.watch(&reference(1, 21)).is_some());
    assert!(board.watch(&reference(1, 20)).is_none());
}

/// Whom it must have reached after so many seconds, read off PRACTICE section 3.
fn naive_reach(elapsed_s: i64, raised: usize) -> Reach {
    let all = [Reach::Watch, Reach::AllDesks, Reach::DutyGeneral, Reach::Principal, Reach::Relay];
    let steps = [60, 180, 360, 600].iter().filter(|step| **step <= elapsed_s).count();
    all[(steps + raised).min(4)]
}

proptest! {
    #![proptest_config(config(300))]

    #[test]
    fn however_late_it_is_polled_it_rings_once_and_far_enough(
        waits in prop::collection::vec(0i64..400, 1..20),
        raised in 0usize..5,
    ) {
        let mut watch = SafetyWatch::new(reference(1, 1), START, Pace::of(&terms()), raised);
        let (mut now_s, mut last_ring_s) = (0, None);
        for wait in waits {
            now_s += wait;
            let ring = watch.poll(at(now_s));
            let due = match last_ring_s {
                None => true,
                Some(last) => now_s / 30 > last / 30 || naive_reach(now_s, raised) > naive_reach(last, raised),
            };
            prop_assert_eq!(ring.is_some(), due, "at {}", now_s);
            if let Some(SafetyEffect::Ring { reach, .. }) = ring {
                prop_assert_eq!(reach, naive_reach(now_s, raised));
                last_ring_s = Some(now_s);
            }
            prop_assert_eq!(watch.poll(at(now_s)), None, "nothing is done twice");
            prop_assert!(watch.next_timeout().is_some_and(|next| next > at(now_s)), "silence never lasts");
        }
    }

    #[test]
    fn a_board_asked_only_when_it_says_so_misses_no_ring(arrivals in prop::collection::vec(0i64..300, 1..FLOOD_COUNT_MAX)) {
        let mut board = board();
        let mut due = Vec::new();
        for (i, seconds) in arrivals.iter().enumerate() {
            board.handle_safety(at(*seconds), reference(1, i as u64 + 1), &nowhere);
            due.extend((0..=(900 - seconds) / 30).map(|ring| (seconds + ring * 30, naive_reach(ring * 30, 0))));
        }
        let mut rung = rings(&run(&mut board, at(900)));
        due.sort_unstable();
        rung.sort_unstable();
        prop_assert_eq!(rung, due);
    }
}
