//! Every encoding gives back what went in, in one form only, and no decoder panics on bytes of a stranger.

use std::collections::BTreeMap;

use detente_testkit::statements::statements;
use detente_testkit::strategy::{self, statement};
use detente_testkit::{Author, MockScheme, cbor, parties, rng};
use detente_types::statement::{CertificateIn, GenerationOpenIn, StatementIn};
use detente_types::{Generation, Head, Index, Rule, StatementRef, TermsIn, Timestamp};
use detente_wire::body::{BODY_BYTES_MAX, BodyFault, SLOTS, Slots};
use detente_wire::codec::{decode, encode, from_body, to_slots};
use detente_wire::entry::{PACKED_BYTES_MAX, PACKED_BYTES_MIN, pack_rows, unpack};
use detente_wire::leaf::LEAF_BYTES;
use detente_wire::{Body, Ed25519, KeyPair, Leaf, LeafFields, Place, merkle, open_entry, seal_entry};
use proptest::prelude::*;

fn fields() -> impl Strategy<Value = LeafFields> {
    let place = (strategy::line_id(), strategy::party_id(), any::<u32>(), any::<Index>());
    (place, strategy::head(), any::<i64>(), any::<bool>(), strategy::bytes32()).prop_map(
        |((line, author, generation, index), seen, claimed, urgent, root)| LeafFields {
            line,
            author,
            generation: Generation(generation),
            index,
            seen,
            claimed: Timestamp::from_micros(claimed),
            urgent,
            body_root: detente_types::Root::new(root),
        },
    )
}

fn slots() -> impl Strategy<Value = Slots> {
    let value = prop_oneof![proptest::collection::vec(any::<u8>(), 0..60), proptest::collection::vec(any::<u8>(), 250..600)];
    proptest::collection::btree_map(0..SLOTS, value, 0..usize::from(SLOTS))
}

fn body(seed: u64, slots: Slots) -> Body {
    Body::new(&mut rng(seed), slots).expect("small enough")
}

proptest! {
    #[test]
    fn a_leaf_reads_back_and_only_under_its_key(fields in fields(), seed in any::<u64>()) {
        let [key, other] = [seed, seed ^ 1].map(|seed| KeyPair::generate(&MockScheme, &mut rng(seed)));
        let leaf = Leaf::sign(&MockScheme, &key, fields);
        prop_assert_eq!(leaf.fields(), &fields);
        prop_assert_eq!(leaf.hash(), merkle::leaf_hash(leaf.bytes()));
        prop_assert_eq!(Leaf::open(&MockScheme, &key.public(), leaf.bytes()), Ok(leaf));
        prop_assert!(Leaf::open(&MockScheme, &other.public(), leaf.bytes()).is_err());
    }

    #[test]
    fn a_body_reads_back_and_commits_to_every_slot(slots in slots(), seed in any::<u64>(), spoil in 0..SLOTS) {
        let body = body(seed, slots.clone());
        let again = Body::decode(&body.encode()).unwrap();
        prop_assert_eq!(&again, &body);
        prop_assert_eq!(again.root(), body.root());
        let mut other = slots;
        other.entry(spoil).or_default().push(0);
        prop_assert_ne!(self::body(seed, other).root(), body.root());
        prop_assert_ne!(self::body(seed ^ 1, body.slots().clone()).root(), body.root(), "other salts, another root");
    }

    #[test]
    fn each_slot_opens_alone_and_absent_ones_too(slots in slots(), seed in any::<u64>(), forged in any::<u8>()) {
        let body = body(seed, slots);
        let mut hashes = body.slot_hashes();
        for slot in 0..SLOTS {
            let opening = body.open(slot).unwrap();
            prop_assert_eq!(&opening.value, &body.slots().get(&slot).cloned());
            prop_assert_eq!(opening.hash(), hashes[usize::from(slot)]);
            let mut lie = opening.clone();
            lie.value = match lie.value {
                Some(value) if forged % 2 == 0 && value.is_empty() => None,
                Some(mut value) => { value.push(forged); Some(value) }
                None => Some(Vec::new()),
            };
            prop_assert_ne!(lie.hash(), opening.hash());
            let mut moved = opening.clone();
            moved.slot = (slot + 1) % SLOTS;
            prop_assert_ne!(moved.hash(), opening.hash());
        }
        prop_assert!(body.open(SLOTS).is_none());
        prop_assert_eq!(merkle::root(&hashes), body.root());
        hashes.swap(0, 1);
        prop_assert_ne!(merkle::root(&hashes), body.root());
    }

    #[test]
    fn every_statement_reads_back_from_its_slots(statement in statement::statement()) {
        let slots = to_slots(&statement);
        prop_assert!(slots.keys().all(|slot| *slot < SLOTS));
        match Body::new(&mut rng(1), slots) {
            Ok(body) => prop_assert_eq!(from_body(&Body::decode(&body.encode()).unwrap()), Ok(statement)),
            Err(fault) => prop_assert!(matches!(fault, BodyFault::TooLarge { .. }), "{fault}"),
        }
    }

    #[test]
    fn an_entry_packs_into_a_class_and_comes_out_whole(length in 0..BODY_BYTES_MAX, leaf in any::<u8>(), seed in any::<u8>()) {
        let (leaf, body) = ([leaf; LEAF_BYTES], vec![seed; length]);
        let packed = pack_rows(&leaf, &body).expect("small enough");
        prop_assert!((PACKED_BYTES_MIN..=PACKED_BYTES_MAX).contains(&packed.len()) && packed.len().is_power_of_two());
        prop_assert!(packed.len() < 2 * (LEAF_BYTES + 4 + length) || packed.len() == PACKED_BYTES_MIN, "the smallest class");
        prop_assert_eq!(unpack(&packed), Ok((leaf.as_slice(), body.as_slice())));
    }

    #[test]
    fn a_packed_entry_has_one_form(length in 0usize..2_000, at in any::<prop::sample::Index>(), bit in 0..8u8, zeros in 1usize..600) {
        let (leaf, body) = ([7; LEAF_BYTES], vec![9; length]);
        let packed = pack_rows(&leaf, &body).unwrap();
        let mut spoilt = packed.clone();
        *at.get_mut(&mut spoilt) ^= 1 << bit;
        if let Ok((leaf, body)) = unpack(&spoilt) {
            prop_assert_eq!(pack_rows(leaf, body).unwrap(), spoilt, "what is accepted is what packing gives");
        }
        prop_assert!(unpack(&[packed.as_slice(), &vec![0; zeros]].concat()).is_err());
        prop_assert!(unpack(&packed[..packed.len() - zeros.min(packed.len())]).is_err());
    }

    #[test]
    fn plain_values_have_one_form(
        certificate in statement::certificate(),
        head in strategy::head(),
        reference in strategy::statement_ref(),
    ) {
        one_form::<CertificateIn>(&certificate)?;
        one_form::<Head>(&head)?;
        one_form::<StatementRef>(&reference)?;
    }

    #[test]
    fn bytes_of_a_stranger_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..700)) {
        let key = KeyPair::generate(&MockScheme, &mut rng(1)).public();
        prop_assert!(Leaf::open(&Ed25519, &key, &bytes).is_err());
        if let Ok(body) = Body::decode(&bytes) {
            prop_assert_eq!(body.encode(), bytes.clone());
            let _ = from_body(&body);
        }
        let _ = unpack(&bytes);
        let _ = decode::<CertificateIn>(&bytes, "certificate");
        let _ = decode::<GenerationOpenIn>(&bytes, "opening");
        let _ = decode::<TermsIn>(&bytes, "terms");
        let slots: Slots = bytes.chunks(23).zip(0..SLOTS).map(|(value, slot)| (slot, value.to_vec())).collect();
        let _ = from_body(&body(1, slots));
    }

    #[test]
    fn slots_of_a_stranger_are_taken_in_one_form_or_refused(
        statement in statement::statement(),
        changes in proptest::collection::btree_map(0..SLOTS, proptest::collection::vec(any::<u8>(), 0..12), 1..3),
    ) {
        let mut slots = to_slots(&statement);
        slots.extend(changes);
        if let Ok(body) = Body::new(&mut rng(1), slots.clone()) {
            match from_body(&body) {
                Ok(read) => prop_assert_eq!(to_slots(&read), slots),
                Err(fault) => prop_assert_eq!(fault.rule, Rule::BodyDecodes),
            }
        }
    }
}

proptest! {
    // Each terms has some two thousand other forms.
    #![proptest_config(ProptestConfig::with_cases(4))]
    #[test]
    fn terms_have_one_form(terms in strategy::terms()) {
        one_form::<TermsIn>(&terms)?;
    }
}

fn one_form<T>(value: &T) -> Result<(), TestCaseError>
where
    T: minicbor::Encode<()> + for<'b> minicbor::Decode<'b, ()> + PartialEq + core::fmt::Debug,
{
    let bytes = encode(value);
    prop_assert_eq!(&decode::<T>(&bytes, "value").unwrap(), value);
    for form in cbor::deviations(&bytes).into_iter().chain([[bytes.as_slice(), &[0]].concat()]) {
        let refused = decode::<T>(&form, "value").expect_err("another form");
        prop_assert_eq!(refused.rule, Rule::BodyDecodes);
    }
    Ok(())
}

#[test]
fn a_body_in_any_other_form_is_refused() {
    let slots: Slots = BTreeMap::from([(0, vec![1]), (3, vec![2; 30]), (23, Vec::new()), (24, vec![3]), (31, vec![4; 300])]);
    let bytes = body(1, slots).encode();
    let forms = cbor::deviations(&bytes);
    assert!(forms.len() > 30, "longer heads, open ends, doubled and unordered keys: {}", forms.len());
    for form in forms {
        assert_eq!(Body::decode(&form), Err(BodyFault::NotCanonical), "{form:02x?}");
    }
    assert_eq!(Body::decode(&[bytes.as_slice(), &[0]].concat()), Err(BodyFault::NotCanonical));
    assert!(Body::decode(&bytes).is_ok());
}

#[test]
fn every_statement_in_any_other_form_is_refused() {
    let mut tried = 0;
    for (name, statement) in statements(&MockScheme, &parties(&MockScheme, 1)) {
        let good = to_slots(&statement);
        assert_eq!(from_body(&body(1, good.clone())), Ok(statement.clone()), "{name}");
        let kept = matches!(statement, StatementIn::Other { .. });
        for (&slot, value) in good.iter().filter(|(slot, _)| !kept || **slot == 0) {
            for form in cbor::deviations(value) {
                let mut slots = good.clone();
                slots.insert(slot, form);
                let refused = from_body(&body(1, slots)).expect_err("another form");
                assert_eq!(refused.rule, Rule::BodyDecodes, "{name}, slot {slot}");
                tried += 1;
            }
        }
    }
    assert!(tried > 1_000, "{tried}");
}

#[test]
fn a_body_keeps_its_limits() {
    let with = |length| Body::new(&mut rng(1), BTreeMap::from([(1, vec![0; length])]));
    let overhead = with(60_000).unwrap().encode().len() - 60_000;
    assert_eq!(with(BODY_BYTES_MAX - overhead).unwrap().encode().len(), BODY_BYTES_MAX);
    assert_eq!(with(BODY_BYTES_MAX - overhead + 1), Err(BodyFault::TooLarge { found: BODY_BYTES_MAX + 1 }));
    assert_eq!(Body::decode(&vec![0; BODY_BYTES_MAX + 1]), Err(BodyFault::TooLarge { found: BODY_BYTES_MAX + 1 }));
    assert_eq!(Body::new(&mut rng(1), BTreeMap::from([(SLOTS, vec![])])), Err(BodyFault::NotCanonical));
    let largest = pack_rows(&[0; LEAF_BYTES], &vec![1; BODY_BYTES_MAX]).unwrap();
    assert_eq!(largest.len(), PACKED_BYTES_MAX);
    assert_eq!(pack_rows(&[0; LEAF_BYTES], &vec![1; BODY_BYTES_MAX + 1]), None);
    assert_eq!(pack_rows(&[0; LEAF_BYTES - 1], &[]), None);
}

#[test]
fn every_statement_of_the_kit_passes_the_envelope_gate() {
    let parties = parties(&Ed25519, 1);
    let mut author = Author::new(&Ed25519, &parties.low, 1);
    for (name, statement) in statements(&Ed25519, &parties) {
        let place = author.next_place();
        let entry = author.say(&statement);
        let packed = entry.packed();
        let (leaf, body) = unpack(&packed).unwrap();
        let opened = open_entry(&Ed25519, &place, leaf, body).unwrap_or_else(|fault| panic!("{name}: {fault}"));
        assert_eq!(opened, entry);
        assert_eq!(from_body(opened.body()), Ok(statement));
    }
}

#[test]
fn sealing_commits_to_the_body_whatever_the_fields_said() {
    let parties = parties(&MockScheme, 1);
    let side = &parties.low;
    let body = body(4, BTreeMap::from([(0, vec![1])]));
    let fields = LeafFields {
        line: parties.line,
        author: side.id(),
        generation: Generation::FIRST,
        index: 3,
        seen: detente_testkit::chain::NOTHING,
        claimed: detente_testkit::MORNING,
        urgent: false,
        body_root: detente_types::Root::new([0; 32]),
    };
    let entry = seal_entry(&MockScheme, &side.log, fields, body.clone());
    assert_eq!(entry.fields().body_root, body.root());
    let place = Place { index: None, ..side.place(0) };
    assert!(open_entry(&MockScheme, &place, entry.leaf().bytes(), entry.body_bytes()).is_ok(), "an early entry has any index");
}
