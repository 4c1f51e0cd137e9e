//! What holds for every noun: whole round trips, one form for one content, and no panic on hostile numbers.

use detente_testkit::strategy::{self, hostile, statement};
use detente_types::volume::{PositionIn, VolumeIn};
use detente_types::{Generation, Metres, Notice, NoticeId, Position, StatementIn, Terms, TermsIn, Timestamp, Volume, Window};
use proptest::prelude::*;

/// Bytes of a CBOR form, for comparing.
fn cbor<T: minicbor::Encode<()>>(value: &T) -> Vec<u8> {
    minicbor::to_vec(value).expect("memory takes all bytes")
}

#[test]
fn after_the_last_generation_comes_none() {
    assert_eq!(Generation(u32::MAX - 1).after(7), Generation(u32::MAX));
    assert_eq!(Generation(u32::MAX).after(0), Generation(u32::MAX));
    assert_eq!(
        [0, Generation::STEP_MAX - 1, u32::MAX].map(|draw| Generation::FIRST.after(draw).0),
        [2, (1 << 20) + 1, (1 << 20) + 1]
    );
}

proptest! {
    #[test]
    fn a_volume_is_its_input(input in strategy::volume()) {
        let volume = Volume::try_from(&input).expect("the strategy obeys the rules");
        let back = VolumeIn::from(&volume);
        prop_assert_eq!(Volume::try_from(&back), Ok(volume));
        let decoded: VolumeIn = minicbor::decode(&cbor(&input)).unwrap();
        prop_assert_eq!(decoded, input);
    }

    #[test]
    fn a_position_has_one_form(lat in -900_000_000i64..=900_000_000, lon in -1_800_000_000i64..=1_800_000_000) {
        let position = Position::try_new(lat, lon).unwrap();
        let again = PositionIn::from(position);
        prop_assert_eq!(Position::try_new(again.lat_e7, again.lon_e7), Ok(position));
        prop_assert!((-1_800_000_000..1_800_000_000).contains(&again.lon_e7));
    }

    #[test]
    fn the_next_generation_is_greater_by_a_bounded_step(last in 1..=u32::MAX - Generation::STEP_MAX, draw: u32) {
        let next = Generation(last).after(draw);
        prop_assert!((1..=Generation::STEP_MAX).contains(&(next.0 - last)));
        prop_assert_eq!(Generation(last).after(draw % Generation::STEP_MAX), next);
    }

    #[test]
    fn hostile_notices_are_judged_without_a_panic(input in hostile::any_notice()) {
        let again = input.clone();
        match (Notice::try_new(input), Notice::try_new(again)) {
            (Ok(notice), Ok(other)) => {
                prop_assert_eq!(&notice, &other);
                prop_assert!(notice.volumes().iter().all(|v| notice.validity().covers(&v.window)));
            }
            (Err(faults), Err(others)) => {
                prop_assert!(!faults.is_empty());
                prop_assert!(faults.iter().all(|v| !shows_override(v)));
                prop_assert_eq!(faults, others);
            }
            verdicts => prop_assert!(false, "two verdicts on one notice: {verdicts:?}"),
        }
    }

    #[test]
    fn hostile_volumes_are_judged_without_a_panic(input in hostile::any_volume()) {
        if let Ok(volume) = Volume::try_from(&input) {
            prop_assert_eq!(Volume::try_from(&VolumeIn::from(&volume)), Ok(volume));
        }
    }

    #[test]
    fn terms_are_the_same_as_a_file_and_as_bytes(input in strategy::terms()) {
        let file = toml::to_string(&input).unwrap();
        let read: TermsIn = toml::from_str(&file).unwrap();
        prop_assert_eq!(&read, &input);
        let decoded: TermsIn = minicbor::decode(&cbor(&input)).unwrap();
        prop_assert_eq!(&decoded, &input);
        prop_assert_eq!(cbor(&decoded), cbor(&read));
    }

    #[test]
    fn every_key_of_the_terms_file_is_needed_and_no_other_is_taken(input in strategy::terms(), pick in any::<prop::sample::Index>()) {
        let mut file: toml::Table = toml::from_str(&toml::to_string(&input).unwrap()).unwrap();
        let keys: Vec<String> = file.keys().cloned().collect();
        let mut with = file.clone();
        with.insert("surprise".into(), toml::Value::Boolean(true));
        prop_assert!(with.try_into::<TermsIn>().is_err());
        file.remove(pick.get(&keys));
        prop_assert!(file.try_into::<TermsIn>().is_err());
    }

    #[test]
    fn windows_measure_gaps_both_ways_alike(a in window(), b in window()) {
        prop_assert_eq!(a.gap_micros(&b), b.gap_micros(&a));
        let apart = a.end() < b.start() || b.end() < a.start();
        prop_assert_eq!(a.gap_micros(&b) > 0, apart);
        prop_assert_eq!(a.covers(&b) && b.covers(&a), a == b);
    }

    #[test]
    fn times_read_back_as_they_are_shown(micros in 946_684_800_000_000i64..7_258_118_400_000_000) {
        let time = Timestamp::from_micros(micros);
        prop_assert_eq!(Timestamp::parse(&time.to_string()), Some(time));
    }

    #[test]
    fn identities_read_back_as_they_are_shown(id in strategy::any_notice_id(), text in ".{0,40}") {
        prop_assert_eq!(NoticeId::parse(&id.to_string()), Some(id));
        if let Some(parsed) = NoticeId::parse(&text) {
            prop_assert_eq!(parsed.to_string(), text.trim().to_lowercase());
        }
    }

    #[test]
    fn lengths_never_round_down(cm in -1_000_000i64..1_000_000) {
        let length = Metres::from_cm(cm);
        prop_assert!(length.ceil() * 100 >= cm && (length.ceil() - 1) * 100 < cm);
    }

    #[test]
    fn a_statement_knows_its_kind(statement in statement::statement()) {
        match &statement {
            StatementIn::Notice(notice) => prop_assert!(detente_types::NoticeKind::from_code(notice.kind).is_some()),
            other => prop_assert!(other.kind() > 14 || other.kind() == 0),
        }
    }
}

fn window() -> impl Strategy<Value = Window> {
    (946_684_800i64..7_000_000_000, 1i64..34_560_000).prop_map(|(start, length)| {
        let start = Timestamp::from_micros(start * 1_000_000);
        Window::try_new(start, start.plus_seconds(length)).expect("drawn in range")
    })
}

#[test]
fn the_default_terms_make_a_file_that_a_person_can_read() {
    let file = toml::to_string(&detente_testkit::terms()).unwrap();
    for line in ["law = \"conflict/2\"", "horizontal_m = 9260", "[[place]]", "\"Хельсинки\"", "[clocks.safety]"] {
        assert!(file.contains(line), "{line} in\n{file}");
    }
    assert!(Terms::try_new(toml::from_str(&file).unwrap()).is_ok());
}

/// Whether a message would turn the direction of writing.
fn shows_override(fault: &detente_types::Violation) -> bool {
    fault.to_string().contains('\u{202e}')
}
