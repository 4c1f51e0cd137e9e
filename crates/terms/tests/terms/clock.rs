//! Receipt clocks: what is due when, and what is late.

use detente_terms::{Arrivals, ReceiptLevel, Remedy, clock};
use detente_types::statement::Level;
use detente_types::{Precedence, Timestamp};
use proptest::prelude::*;

use crate::fixture::{START, at, config, terms};

fn arrivals(told: &[(ReceiptLevel, i64)]) -> Arrivals {
    let mut arrivals = Arrivals::default();
    told.iter().for_each(|(level, seconds)| arrivals.handle_arrival(*level, at(*seconds)));
    arrivals
}

#[test]
fn every_precedence_has_the_clock_of_the_terms() {
    let listed = Precedence::ALL.iter().map(|p| clock(&terms(), *p).listed_s);
    assert_eq!(listed.collect::<Vec<_>>(), [180, 300, 1_200, 10_800, 86_400]);
    let flash = clock(&terms(), Precedence::Flash);
    let due = ReceiptLevel::ALL.map(|level| flash.due(level, START));
    assert_eq!(due, [Some(at(5)), Some(at(120)), Some(at(300)), None]);
}

#[test]
fn silence_is_told_level_by_level() {
    let clock = clock(&terms(), Precedence::Flash);
    let levels = |arrivals: &Arrivals, now: i64| {
        clock.overdue(START, arrivals, at(now)).into_iter().map(|o| (o.level, o.late_us / 1_000_000)).collect::<Vec<_>>()
    };
    let nothing = Arrivals::default();
    assert_eq!(levels(&nothing, 5), [], "due now is not late yet");
    assert_eq!(levels(&nothing, 130), [(ReceiptLevel::Stored, 125), (ReceiptLevel::Read, 10)]);
    let read = arrivals(&[(ReceiptLevel::Read, 100)]);
    assert_eq!(levels(&read, 130), [], "who read it has stored it");
    assert_eq!(levels(&read, 301), [(ReceiptLevel::Listed, 1)]);
}

#[test]
fn the_highest_level_is_shown_with_its_age() {
    let told = arrivals(&[(ReceiptLevel::Listed, 50), (ReceiptLevel::Stored, 2), (ReceiptLevel::Listed, 70)]);
    assert_eq!(told.highest(), Some((ReceiptLevel::Listed, at(50))));
    assert_eq!(Arrivals::default().highest(), None);
}

#[test]
fn a_refusal_raises_no_level_and_an_early_store_is_l1() {
    assert_eq!(ReceiptLevel::of(Level::Refused), None);
    assert_eq!(ReceiptLevel::of(Level::StoredEarly), Some(ReceiptLevel::Stored));
}

#[test]
fn a_late_listing_is_told_to_the_one_that_the_precedence_names() {
    let told = |precedence, seconds| clock(&terms(), precedence).remedy(precedence, START, &Arrivals::default(), at(seconds));
    assert_eq!(told(Precedence::Flash, 300), None);
    assert_eq!(told(Precedence::Flash, 301), Some(Remedy::DutyGeneral));
    assert_eq!(told(Precedence::Flash, 601), Some(Remedy::Principal));
    assert_eq!(told(Precedence::Immediate, 1_201), Some(Remedy::SeniorWatch));
    assert_eq!(told(Precedence::Priority, 10_801), Some(Remedy::NextCall));
    assert_eq!(told(Precedence::Routine, 86_401), Some(Remedy::DailyList));
    assert_eq!(told(Precedence::Safety, 86_401), None, "it has a machine of its own");
    let listed = arrivals(&[(ReceiptLevel::Passed, 900)]);
    assert_eq!(clock(&terms(), Precedence::Flash).remedy(Precedence::Flash, START, &listed, at(901)), None);
}

fn level() -> impl Strategy<Value = ReceiptLevel> {
    prop::sample::select(ReceiptLevel::ALL.to_vec())
}

proptest! {
    #![proptest_config(config(300))]

    #[test]
    fn arrivals_are_a_function_of_the_set(told in prop::collection::vec((level(), 0i64..1_000), 0..12)) {
        let mut backwards = told.clone();
        backwards.reverse();
        prop_assert_eq!(arrivals(&told), arrivals(&backwards));
    }

    #[test]
    fn overdue_is_what_the_definition_says(
        told in prop::collection::vec((level(), 0i64..1_000), 0..4),
        now in 0i64..2_000,
    ) {
        let clock = clock(&terms(), Precedence::Flash);
        let known = arrivals(&told);
        let naive: Vec<(ReceiptLevel, Timestamp)> = [ReceiptLevel::Stored, ReceiptLevel::Read, ReceiptLevel::Listed]
            .into_iter()
            .zip([at(5), at(120), at(300)])
            .filter(|(level, due)| told.iter().all(|(had, _)| had < level) && at(now) > *due)
            .collect();
        let found: Vec<_> = clock.overdue(START, &known, at(now)).into_iter().map(|o| (o.level, o.due)).collect();
        prop_assert_eq!(found, naive);
    }

    #[test]
    fn waking_at_each_due_time_misses_no_lateness(told in prop::collection::vec((level(), 0i64..1_000), 0..4)) {
        let clock = clock(&terms(), Precedence::Flash);
        let known = arrivals(&told);
        let mut now = START;
        let mut late = 0;
        while let Some(due) = clock.next_due(START, &known, now) {
            now = due.plus_micros(1);
            let count = clock.overdue(START, &known, now).len();
            prop_assert!(count > late, "each waking finds one more");
            late = count;
        }
        prop_assert_eq!(late, clock.overdue(START, &known, at(1_000_000)).len());
    }
}
