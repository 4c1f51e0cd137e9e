//! The line's state from its checks: turns, misses, and never a cut on one miss.

use detente_terms::line::{CheckResult, LineEffect, LineState, LineWatch, Schedule, Slot, Suspension};
use detente_types::{Kind, PartyId, StatementRef, Timestamp};
use proptest::prelude::*;

use crate::fixture::{START, at, config, reference, terms, terms_in, typed};

const HOUR_S: i64 = 3_600;
const LOW: usize = 0;

/// One side's watch with the checks that it said, polled when it asks to be.
struct Side {
    watch: LineWatch,
    number: u64,
    asked: Vec<StatementRef>,
    results: Vec<CheckResult>,
    changes: Vec<LineState>,
}

impl Side {
    fn new(side: usize) -> Self {
        Self::with(LineWatch::new(&terms(), side, START.plus_micros(-1)))
    }

    fn with(watch: LineWatch) -> Self {
        Self { watch, number: 0, asked: Vec::new(), results: Vec::new(), changes: Vec::new() }
    }

    /// Polls dry at one time, saying a check when asked to. Gives the checks said.
    fn poll(&mut self, now: Timestamp) -> Vec<StatementRef> {
        let mut said = Vec::new();
        while let Some(effect) = self.watch.poll(now) {
            match effect {
                LineEffect::Ask { .. } => {
                    self.number += 1;
                    said.push(reference(1, self.number));
                    self.watch.handle_check_sent(now, reference(1, self.number));
                }
                LineEffect::Checked { result, .. } => self.results.push(result),
                LineEffect::Changed { to, .. } => self.changes.push(to),
            }
        }
        self.asked.extend(&said);
        said
    }

    /// Lets time pass with a deaf peer.
    fn wait_until(&mut self, until: Timestamp) {
        while self.watch.next_timeout() <= until {
            self.poll(self.watch.next_timeout());
        }
    }

    fn last_asked(&self) -> StatementRef {
        *self.asked.last().expect("a check was said")
    }
}

#[test]
fn turns_alternate_and_even_slots_are_the_lower_partys() {
    let schedule = Schedule::of(&terms());
    assert_eq!(schedule.slot_at(START).side(), LOW, "06:00 is an even hour");
    assert_eq!(schedule.start(schedule.next(START, 1)), at(HOUR_S));
    assert_eq!(schedule.start(schedule.next(START, 0)), at(2 * HOUR_S));
    assert_eq!(Slot(-1).side(), 1);
}

#[test]
fn a_line_is_amber_until_a_check_is_answered_in_time() {
    let mut side = Side::new(LOW);
    assert_eq!(side.watch.state(), LineState::Amber);
    assert_eq!(side.watch.next_check(), (START, LOW));
    side.poll(START);
    side.watch.handle_answered(at(3), &side.last_asked());
    side.poll(at(3));
    assert_eq!(side.watch.state(), LineState::Green);
    assert_eq!(side.results, [CheckResult::Answered { delay_us: 3_000_000 }]);
    assert_eq!(side.changes, [LineState::Green]);
}

#[test]
fn one_miss_never_announces_a_cut_even_if_the_terms_would_have_it_so() {
    let mut input = terms_in();
    input.line_check.red_after = 1;
    let mut side = Side::with(LineWatch::new(&typed(input), LOW, START.plus_micros(-1)));
    side.wait_until(at(121));
    assert_eq!(side.results, [CheckResult::Unanswered]);
    assert_eq!(side.watch.state(), LineState::Amber);
    side.wait_until(at(HOUR_S + 121));
    assert_eq!(side.results, [CheckResult::Unanswered, CheckResult::NotAsked]);
    assert_eq!(side.watch.state(), LineState::Red);
}

#[test]
fn a_late_answer_mends_a_red_line_to_amber_and_the_next_in_time_to_green() {
    let mut side = Side::new(LOW);
    side.wait_until(at(HOUR_S + 121));
    assert_eq!(side.watch.state(), LineState::Red);
    side.watch.handle_answered(at(HOUR_S + 130), &side.last_asked());
    side.poll(at(HOUR_S + 130));
    assert_eq!(side.results.last(), Some(&CheckResult::Late { delay_us: (HOUR_S + 130) * 1_000_000 }));
    assert_eq!(side.watch.state(), LineState::Amber);
    side.poll(at(2 * HOUR_S));
    side.watch.handle_answered(at(2 * HOUR_S + 1), &side.last_asked());
    assert_eq!(side.watch.state(), LineState::Green);
}

#[test]
fn a_line_that_was_green_is_amber_after_a_late_answer() {
    let mut side = Side::new(LOW);
    side.poll(START);
    side.watch.handle_answered(at(1), &side.last_asked());
    side.wait_until(at(HOUR_S));
    side.watch.handle_asked(at(HOUR_S));
    side.wait_until(at(2 * HOUR_S + 121));
    side.watch.handle_answered(at(2 * HOUR_S + 122), &side.last_asked());
    assert_eq!(side.watch.state(), LineState::Amber);
}

#[test]
fn a_question_that_comes_early_by_a_fast_clock_keeps_their_turn() {
    for (seconds_early, results) in [(119, vec![]), (121, vec![CheckResult::NotAsked])] {
        let mut side = Side::new(LOW);
        side.poll(START);
        side.watch.handle_answered(at(1), &side.last_asked());
        side.poll(at(1));
        side.watch.handle_asked(at(HOUR_S - seconds_early));
        side.wait_until(at(2 * HOUR_S - 1));
        assert_eq!(side.results[1..], results, "{seconds_early} seconds early");
    }
}

#[test]
fn a_node_that_wakes_in_their_turn_leaves_the_asking_to_them() {
    let mut side = Side::new(LOW);
    assert_eq!(side.poll(at(101 * HOUR_S + 5)), []);
    assert_eq!(side.watch.next_check(), (at(102 * HOUR_S), LOW));
}

#[test]
fn a_refusal_counts_as_a_miss_and_not_as_a_cut() {
    let mut side = Side::new(LOW);
    side.poll(START);
    side.watch.handle_refused(at(1), &side.last_asked());
    side.poll(at(1));
    assert_eq!((side.results.as_slice(), side.watch.state()), ([CheckResult::Refused].as_slice(), LineState::Amber));
}

#[test]
fn an_answer_to_nothing_changes_nothing() {
    let mut side = Side::new(LOW);
    side.poll(START);
    let before = side.watch.clone();
    side.watch.handle_answered(at(1), &reference(9, 9));
    assert_eq!(side.watch, before);
    side.watch.handle_answered(at(1), &side.last_asked());
    side.poll(at(1));
    let once = side.watch.clone();
    side.watch.handle_answered(at(2), &side.last_asked());
    assert_eq!(side.watch, once);
}

#[test]
fn many_checks_at_once_are_one_miss() {
    let mut side = Side::new(LOW);
    side.poll(START);
    (100..140).for_each(|i| side.watch.handle_check_sent(at(5), reference(1, i)));
    side.wait_until(at(200));
    assert_eq!((side.results.as_slice(), side.watch.state()), ([CheckResult::Unanswered].as_slice(), LineState::Amber));
}

#[test]
fn a_check_that_our_own_node_cannot_say_is_unsaid() {
    let mut watch = LineWatch::new(&terms(), LOW, START.plus_micros(-1));
    assert!(matches!(watch.poll(START), Some(LineEffect::Ask { .. })));
    assert_eq!(watch.poll(at(121)), Some(LineEffect::Checked { at: at(121), result: CheckResult::Unsaid }));
}

#[test]
fn that_they_ask_does_not_prove_that_we_reach_them() {
    let mut side = Side::new(LOW);
    for hour in [0, 2] {
        side.wait_until(at(hour * HOUR_S + 200));
        side.watch.handle_asked(at((hour + 1) * HOUR_S + 1));
    }
    side.wait_until(at(4 * HOUR_S - 1));
    assert_eq!(side.results, [CheckResult::Unanswered; 2], "they kept their turns");
    assert_eq!(side.watch.state(), LineState::Red);
}

#[test]
fn a_node_that_slept_blames_no_one_and_asks_once() {
    let mut side = Side::new(LOW);
    side.poll(at(100 * HOUR_S + 5));
    assert_eq!((side.results.len(), side.asked.len()), (0, 1));
}

#[test]
fn a_suspended_line_still_passes_safety_checks_and_its_own_end() {
    let mut side = Side::new(LOW);
    let suspension = Suspension { by: PartyId::new([2; 32]), at: START, reason: Some("talks have ended".into()) };
    side.watch.handle_suspension(Some(suspension));
    let suspended = side.watch.state();
    for kind in [Kind::Safety, Kind::SafetyAction, Kind::Check, Kind::CheckAnswer, Kind::Resume] {
        assert!(suspended.passes(kind, false), "{kind}");
    }
    assert!(suspended.passes(Kind::Receipt, true) && !suspended.passes(Kind::Receipt, false));
    assert!(!suspended.passes(Kind::Operation, false) && !suspended.passes(Kind::Offer, false));
    assert_eq!(suspended.to_string(), "SUSPENDED BY 02020202 at 2026-11-24T06:00:00Z: talks have ended");
    // Checks go on, and tell what they tell.
    side.poll(START);
    side.watch.handle_answered(at(1), &side.last_asked());
    assert_eq!((side.watch.state(), side.watch.health()), (suspended, LineState::Green));
    side.watch.handle_suspension(None);
    assert_eq!(side.watch.state(), LineState::Green);
}

#[test]
fn a_disputed_record_leaves_safety_only_and_a_suspension_is_shown_before_it() {
    let mut side = Side::new(LOW);
    side.watch.handle_dispute(true);
    assert_eq!(side.watch.state(), LineState::SafetyOnly);
    assert!(side.watch.state().passes(Kind::Check, false) && !side.watch.state().passes(Kind::Resume, false));
    side.watch.handle_suspension(Some(Suspension { by: PartyId::new([1; 32]), at: START, reason: None }));
    assert!(matches!(side.watch.state(), LineState::Suspended(_)));
    side.watch.handle_suspension(None);
    side.watch.handle_dispute(false);
    side.poll(START.plus_micros(-1));
    assert_eq!(side.changes.len(), 4);
}

#[test]
fn new_terms_count_turns_anew_and_keep_the_misses() {
    let mut side = Side::new(LOW);
    side.wait_until(at(HOUR_S + 121));
    let mut input = terms_in();
    (input.line_check.every_min, input.line_check.red_after) = (10, 5);
    side.watch.handle_terms(&typed(input), at(HOUR_S + 122));
    side.poll(at(HOUR_S + 122));
    assert_eq!(side.changes.last(), Some(&LineState::Amber), "two of five");
    assert!(side.watch.next_check().0 <= at(HOUR_S + 600));
}

/// What passes between two sides: either direction may be cut in any hour.
#[derive(Clone, Copy, Debug)]
struct Weather {
    low_to_high: bool,
    high_to_low: bool,
}

fn weather() -> impl Strategy<Value = Vec<Weather>> {
    let hour = (prop::bool::weighted(0.8), prop::bool::weighted(0.8));
    prop::collection::vec(hour.prop_map(|(low_to_high, high_to_low)| Weather { low_to_high, high_to_low }), 1..40)
}

proptest! {
    #![proptest_config(config(200))]

    #[test]
    fn two_sides_see_what_the_weather_was(hours in weather()) {
        let mut sides = [Side::new(0), Side::new(1)];
        let mut misses = [0u32; 2];
        let mut proved = [false; 2];
        for (hour, weather) in hours.iter().enumerate() {
            let start = at(hour as i64 * HOUR_S);
            let asker = hour % 2;
            let (out, back) = if asker == 0 {
                (weather.low_to_high, weather.high_to_low)
            } else {
                (weather.high_to_low, weather.low_to_high)
            };
            let said = sides[asker].poll(start);
            prop_assert_eq!(said.len(), 1, "each turn asks once");
            if out {
                sides[1 - asker].watch.handle_asked(start.plus_seconds(2));
            }
            if out && back {
                sides[asker].watch.handle_answered(start.plus_seconds(4), &said[0]);
            }
            sides.iter_mut().for_each(|side| side.wait_until(start.plus_seconds(HOUR_S - 1)));
            // The model: an answer clears, a missing answer and a missing question count.
            (misses[asker], proved[asker]) = if out && back { (0, true) } else { (misses[asker] + 1, proved[asker]) };
            misses[1 - asker] += u32::from(!out);
            for (i, side) in sides.iter().enumerate() {
                let expected = match misses[i] {
                    0 if proved[i] => LineState::Green,
                    0 | 1 => LineState::Amber,
                    _ => LineState::Red,
                };
                prop_assert_eq!(side.watch.state(), expected, "side {} in hour {}", i, hour);
            }
        }
    }

    #[test]
    fn a_poll_leaves_nothing_due(steps in prop::collection::vec((0i64..20_000, any::<bool>(), any::<bool>()), 1..30)) {
        let mut side = Side::new(LOW);
        let mut now = START;
        for (wait, asked, answered) in steps {
            now = now.plus_seconds(wait);
            if asked {
                side.watch.handle_asked(now);
            }
            if let (true, Some(check)) = (answered, side.asked.last().copied()) {
                side.watch.handle_answered(now, &check);
            }
            let red_before = side.watch.health() == LineState::Red;
            let misses_before = side.results.iter().filter(|r| r.is_miss()).count();
            side.poll(now);
            let misses = side.results.iter().filter(|r| r.is_miss()).count() - misses_before;
            prop_assert!(side.watch.next_timeout() > now);
            prop_assert!(red_before || misses > 0 || side.watch.health() != LineState::Red, "red comes of a miss");
        }
    }
}
