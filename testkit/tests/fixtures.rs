//! The fixtures keep what they promise: valid where they say so, equal for equal seeds.

use detente_testkit::{MockScheme, conversation, notice, parties, place, rng, strategy, terms};
use detente_types::{Notice, NoticeKind, Terms, Volume};
use detente_wire::{Ed25519, KeyPair, Scheme, open_entry};
use proptest::prelude::*;

#[test]
fn every_kind_of_notice_and_the_terms_obey_the_rules() {
    for &kind in NoticeKind::ALL {
        Notice::try_new(notice(kind)).unwrap_or_else(|faults| panic!("{kind}: {faults:?}"));
    }
    let terms = Terms::try_new(terms()).unwrap();
    assert_eq!(terms.places().next().unwrap().1, ["Helsinki", "Хельсинки"]);
    assert!(terms.places().all(|(position, _)| terms.area().unwrap().contains(position)));
    assert!(terms.area().unwrap().contains(place("Gogland")));
}

#[test]
fn a_seed_gives_the_same_parties_and_another_seed_others() {
    let [one, again, other] = [7, 7, 8].map(|seed| parties(&Ed25519, seed));
    assert_eq!(one.sides().map(|s| s.certificate.clone()), again.sides().map(|s| s.certificate.clone()));
    assert_ne!(one.line, other.line);
    assert!(one.low.id() < one.high.id() && other.low.id() < other.high.id());
}

#[test]
fn a_conversation_passes_the_envelope_gate_entry_by_entry() {
    for scheme in [&Ed25519 as &dyn Scheme, &MockScheme] {
        let parties = parties(scheme, 1);
        let logs = conversation(scheme, &parties, &terms(), 5);
        for (side, log) in parties.sides().into_iter().zip(&logs) {
            assert_eq!(log.len(), 6);
            for (index, entry) in log.iter().enumerate() {
                let opened = open_entry(scheme, &side.place(index as u64), entry.leaf().bytes(), entry.body_bytes());
                assert_eq!(opened.as_ref(), Ok(entry));
            }
        }
    }
}

#[test]
fn a_mock_signature_depends_on_key_message_and_every_bit() {
    let pair = KeyPair::generate(&MockScheme, &mut rng(1));
    let other = KeyPair::generate(&MockScheme, &mut rng(2));
    let signature = pair.sign(&MockScheme, b"message");
    assert!(MockScheme.verify(&pair.public(), b"message", &signature));
    assert!(!MockScheme.verify(&other.public(), b"message", &signature));
    assert!(!MockScheme.verify(&pair.public(), b"messagf", &signature));
    for bit in 0..512 {
        let mut flipped = signature;
        flipped.0[bit / 8] ^= 1 << (bit % 8);
        assert!(!MockScheme.verify(&pair.public(), b"message", &flipped));
    }
}

proptest! {
    #[test]
    fn what_a_valid_strategy_draws_is_valid(volume in strategy::volume(), notice in strategy::notice(), terms in strategy::terms()) {
        prop_assert!(Volume::try_from(&volume).is_ok(), "{:?}", Volume::try_from(&volume));
        prop_assert!(Notice::try_new(notice.clone()).is_ok(), "{:?}", Notice::try_new(notice));
        prop_assert!(Terms::try_new(terms.clone()).is_ok(), "{:?}", Terms::try_new(terms));
    }
}
