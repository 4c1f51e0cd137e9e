//! T7: a notice below the agreed lead is marked SHORT, and its reader sees the seconds left.

use detente_terms::{Lead, lead, seconds_left};
use detente_types::notice::{DetailIn, NoticeIn, NoticeKind, Precedence, SafetyAsk};
use detente_types::volume::PositionIn;
use detente_types::{Notice, NoticeId, Timestamp, VolumeIn};
use proptest::prelude::*;

use crate::fixture::{MINUTE_US, START, at, config, terms};

fn volume(start: Timestamp) -> VolumeIn {
    VolumeIn {
        shape: 1,
        rings: vec![vec![PositionIn { lat_e7: 0, lon_e7: 0 }]],
        radius_cm: 100_000,
        lower_cm: 0,
        upper_cm: 100_000,
        datum: 1,
        start_us: start.micros(),
        end_us: start.plus_seconds(600).micros(),
        passage: None,
    }
}

/// A notice whose validity starts now and whose earliest volume starts then.
fn notice(kind: NoticeKind, precedence: Precedence, start: Timestamp) -> Notice {
    let safety = DetailIn { ask: Some(SafetyAsk::Stop.code()), endangered: Some("a clinic".into()), ..DetailIn::default() };
    let input = NoticeIn {
        kind: kind.code(),
        id: NoticeId::new([1; 16]),
        version: 1,
        replaces: None,
        precedence: precedence.code(),
        valid_from_us: START.micros(),
        valid_until_us: start.plus_seconds(86_400).micros(),
        volumes: vec![volume(start.plus_seconds(3_600)), volume(start)],
        precision: 0,
        title: None,
        text: None,
        translation: None,
        call_sign: None,
        contact: None,
        basis: None,
        detail: (kind == NoticeKind::Safety).then_some(safety),
        desk: None,
        officer: None,
    };
    Notice::try_new(input).expect("a good notice")
}

#[test]
fn t7_a_minute_before_the_start_is_short_for_every_precedence_but_flash() {
    let told = |precedence| lead(&notice(NoticeKind::Operation, precedence, at(60)), START, &terms());
    assert_eq!(told(Precedence::Flash), Lead::Ample { by_us: MINUTE_US });
    assert_eq!(told(Precedence::Immediate), Lead::Short { by_us: 14 * MINUTE_US });
    assert_eq!(told(Precedence::Priority), Lead::Short { by_us: 59 * MINUTE_US });
    assert_eq!(told(Precedence::Routine), Lead::Short { by_us: 1_439 * MINUTE_US });
}

#[test]
fn exactly_in_time_is_ample_and_a_microsecond_later_is_short() {
    let notice = notice(NoticeKind::Movement, Precedence::Priority, at(3_600));
    assert_eq!(lead(&notice, START, &terms()), Lead::Ample { by_us: 0 });
    assert_eq!(lead(&notice, START.plus_micros(1), &terms()), Lead::Short { by_us: 1 });
}

#[test]
fn the_earliest_volume_counts_and_seconds_are_rounded_down() {
    let notice = notice(NoticeKind::Exercise, Precedence::Routine, at(100));
    assert_eq!(seconds_left(&notice, START.plus_micros(1)), Some(99));
    assert_eq!(seconds_left(&notice, at(100)), Some(0));
    assert_eq!(seconds_left(&notice, at(100).plus_micros(1)), Some(-1));
}

#[test]
fn a_site_and_a_danger_have_no_lead_time() {
    let site = notice(NoticeKind::Site, Precedence::Routine, at(1));
    let safety = notice(NoticeKind::Safety, Precedence::Safety, at(1));
    for notice in [site, safety] {
        assert_eq!(lead(&notice, START, &terms()), Lead::Exempt);
        assert_eq!(seconds_left(&notice, START), None);
    }
}

proptest! {
    #![proptest_config(config(200))]

    #[test]
    fn a_later_statement_never_has_a_better_lead(start_s in 1i64..200_000, first in 0i64..200_000, wait in 0i64..200_000) {
        let notice = notice(NoticeKind::Operation, Precedence::Priority, at(start_s));
        let spare = |stated| match lead(&notice, stated, &terms()) {
            Lead::Ample { by_us } => by_us,
            Lead::Short { by_us } => -by_us,
            Lead::Exempt => i64::MAX,
        };
        prop_assert_eq!(spare(at(first)) - spare(at(first + wait)), wait * 1_000_000);
        prop_assert_eq!(spare(at(first)), (start_s - first) * 1_000_000 - 60 * MINUTE_US);
    }
}
