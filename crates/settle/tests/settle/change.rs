//! What a change makes of a notice.

use detente_settle::{Amendment, ChangeFault, apply_change, fulfils};
use detente_types::notice::NoticeIn;
use detente_types::statement::Change;
use detente_types::volume::{ALTITUDE_MAX, ALTITUDE_MIN};
use detente_types::{EntryHash, Generation, Notice, NoticeId, Rule, StatementRef, Volume, VolumeIn};
use proptest::prelude::*;

use crate::fixture::{HOUR_US, PARTIES, START_US, config, flight, operation};

const ID: NoticeId = NoticeId::new([9; 16]);
const STATED: StatementRef =
    StatementRef { author: PARTIES[0], generation: Generation::FIRST, index: 4, hash: EntryHash::new([5; 32]) };

fn notice(volumes: Vec<VolumeIn>) -> Notice {
    Notice::try_new(operation(ID, volumes)).expect("a good notice")
}

fn next(notice: &Notice, change: &Change) -> Result<NoticeIn, ChangeFault> {
    match apply_change(notice, &STATED, change)? {
        Amendment::Version(next) => Ok(next),
        Amendment::Cancel => panic!("{change:?} is no cancel"),
    }
}

fn volumes() -> impl Strategy<Value = Vec<VolumeIn>> {
    let volume = (0..HOUR_US, 1..HOUR_US, 0i64..500_000, 0i64..200_000).prop_map(|(from, long, lower, deep)| VolumeIn {
        start_us: START_US + from,
        end_us: START_US + from + long,
        lower_cm: lower,
        upper_cm: lower + deep,
        ..flight()
    });
    proptest::collection::vec(volume, 1..5)
}

proptest! {
    #![proptest_config(config(200))]

    #[test]
    fn a_move_moves_windows_bands_and_validity_and_nothing_else(
        volumes in volumes(),
        shift_us in -24 * HOUR_US..24 * HOUR_US,
        climb_cm in -1_000_000i64..1_000_000,
    ) {
        let earlier = notice(volumes);
        let change = Change::Move { shift_us, climb_cm };
        let made = next(&earlier, &change).expect("inside the limits");
        prop_assert_eq!((made.version, made.replaces), (2, Some(STATED.hash)));
        prop_assert_eq!(made.valid_from_us - earlier.input().valid_from_us, shift_us);
        prop_assert_eq!(made.valid_until_us - earlier.input().valid_until_us, shift_us);
        for (after, before) in made.volumes.iter().zip(&earlier.input().volumes) {
            let moved = [after.start_us - before.start_us, after.end_us - before.end_us];
            let climbed = [after.lower_cm - before.lower_cm, after.upper_cm - before.upper_cm];
            prop_assert_eq!((moved, climbed), ([shift_us; 2], [climb_cm; 2]));
        }
        let later = Notice::try_new(made.clone()).expect("a good notice");
        prop_assert!(fulfils(&change, &earlier, &later));
        // Moved back, it is the notice that it was, but for its version.
        let back = next(&later, &Change::Move { shift_us: -shift_us, climb_cm: -climb_cm }).expect("inside the limits");
        let as_before = NoticeIn { version: 1, replaces: None, ..back };
        prop_assert_eq!(&as_before, earlier.input());
    }

    #[test]
    fn a_climb_stays_within_the_limits_or_is_refused(volumes in volumes(), climb_cm in any::<i64>()) {
        let earlier = notice(volumes);
        let inside = earlier.volumes().iter().all(|v| {
            let climbed = |cm: i64| cm.saturating_add(climb_cm);
            climbed(v.band.lower().cm()) >= ALTITUDE_MIN.cm() && climbed(v.band.upper().cm()) <= ALTITUDE_MAX.cm()
        });
        match next(&earlier, &Change::Move { shift_us: 0, climb_cm }) {
            Ok(made) => {
                prop_assert!(inside);
                prop_assert!(Notice::try_new(made).is_ok());
            }
            Err(ChangeFault::Rules { violations }) => {
                prop_assert!(!inside);
                prop_assert!(violations.iter().all(|v| v.rule == Rule::AltitudeBand));
            }
            Err(other) => prop_assert!(false, "{other}"),
        }
    }

    #[test]
    fn new_volumes_widen_the_validity_and_never_narrow_it(before in volumes(), after in volumes()) {
        let earlier = notice(before);
        let typed: Vec<Volume> = after.iter().map(|v| Volume::try_from(v).expect("a good volume")).collect();
        let change = Change::Volumes(typed);
        let made = next(&earlier, &change).expect("inside the limits");
        prop_assert_eq!(&made.volumes, &after);
        let later = Notice::try_new(made).expect("a good notice");
        prop_assert!(later.validity().covers(&earlier.validity()));
        prop_assert!(fulfils(&change, &earlier, &later));
    }

    #[test]
    fn a_version_that_does_something_else_does_not_fulfil(volumes in volumes(), shift_us in 1..HOUR_US) {
        let earlier = notice(volumes);
        let later = next(&earlier, &Change::Move { shift_us: shift_us + 1, climb_cm: 0 }).expect("inside the limits");
        let later = Notice::try_new(later).expect("a good notice");
        let agreed = Change::Move { shift_us, climb_cm: 0 };
        prop_assert!(!fulfils(&agreed, &earlier, &later));
    }
}

#[test]
fn giving_up_is_a_cancel_and_no_version() {
    let earlier = notice(vec![flight()]);
    assert_eq!(apply_change(&earlier, &STATED, &Change::Cancel), Ok(Amendment::Cancel));
    assert!(!fulfils(&Change::Cancel, &earlier, &earlier));
}

#[test]
fn a_shift_out_of_the_centuries_is_refused() {
    let fault = next(&notice(vec![flight()]), &Change::Move { shift_us: i64::MAX, climb_cm: 0 }).expect_err("too far");
    assert!(matches!(&fault, ChangeFault::Rules { violations } if violations[0].rule == Rule::TimeInRange), "{fault}");
}

#[test]
fn a_notice_without_volumes_has_nothing_to_move() {
    let text = NoticeIn {
        kind: detente_types::NoticeKind::Text.code(),
        volumes: Vec::new(),
        text: Some(detente_types::text::TextIn { language: "en".into(), text: "good morning".into() }),
        ..operation(ID, vec![flight()])
    };
    let text = Notice::try_new(text).expect("a good notice");
    let fault = apply_change(&text, &STATED, &Change::Move { shift_us: 1, climb_cm: 0 });
    assert_eq!(fault, Err(ChangeFault::NothingToMove));
}

#[test]
fn the_last_version_number_is_refused() {
    let last = NoticeIn { version: u32::MAX, replaces: Some(STATED.hash), ..operation(ID, vec![flight()]) };
    let last = Notice::try_new(last).expect("a good notice");
    assert_eq!(apply_change(&last, &STATED, &Change::Move { shift_us: 1, climb_cm: 0 }), Err(ChangeFault::LastVersion));
}
