//! Certificates, openings and revocations: the party key's word holds whole, or not at all. And keys stay secret.

use detente_testkit::{MockScheme, parties, rng, terms};
use detente_types::statement::{CertificateIn, GenerationOpenIn, KeyRevokeIn};
use detente_types::{Generation, LineId};
use detente_wire::certificate::{CertificateFault, open_opening, open_revocation, sign_opening, sign_revocation, terms_digest};
use detente_wire::codec::{decode, encode};
use detente_wire::{Certificate, Ed25519, KeyPair, Keys, Scheme, SecretKey};

#[test]
fn a_certificate_names_its_keys_and_no_bit_of_it_can_change() {
    let parties = parties(&MockScheme, 1);
    let side = &parties.low;
    let certificate = &side.certificate;
    let keys = Keys { log: side.log.public(), holder: side.holder.public(), tls: side.tls.public(), witness: None };
    assert_eq!((certificate.keys(), certificate.party(), certificate.line()), (keys, side.id(), parties.line));
    let bytes = encode(certificate.input());
    for bit in 0..bytes.len() * 8 {
        let mut flipped = bytes.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        let Ok(input) = decode::<CertificateIn>(&flipped, "certificate") else { continue };
        let refused = Certificate::open(&MockScheme, input).expect_err("a flipped bit");
        assert!(matches!(refused, CertificateFault::Signature { .. }), "bit {bit}: {refused}");
    }
}

#[test]
fn all_keys_of_a_certificate_differ() {
    let mut rng = rng(1);
    let mut pair = || KeyPair::generate(&Ed25519, &mut rng);
    let (party, log, holder, tls, witness) = (pair(), pair(), pair(), pair(), pair());
    let sign_for = |generation, keys: &[&KeyPair; 4]| {
        let [log, holder, tls, witness] = keys.map(KeyPair::public);
        let keys = Keys { log, holder, tls, witness: Some(witness) };
        Certificate::sign(&Ed25519, &party, LineId::new([1; 32]), generation, &keys)
    };
    let sign = |keys: &[&KeyPair; 4]| sign_for(Generation::FIRST, keys);
    let good = [&log, &holder, &tls, &witness];
    assert!(sign(&good).is_ok());
    assert!(sign_for(Generation(u32::MAX), &good).is_ok());
    assert_eq!(sign_for(Generation(0), &good), Err(CertificateFault::NoGeneration));
    for at in 0..4 {
        for other in good.iter().filter(|key| key.public() != good[at].public()).chain([&&party]) {
            let mut keys = good;
            keys[at] = other;
            assert_eq!(sign(&keys), Err(CertificateFault::KeysNotDistinct));
        }
    }
}

#[test]
fn an_opening_holds_for_its_content_alone() {
    let parties = parties(&Ed25519, 1);
    let opening = parties.opening(&Ed25519, &terms(), Some(detente_testkit::statements::head(9)));
    let (own, other) = open_opening(&Ed25519, &opening).unwrap();
    assert_eq!((own.party(), other.party()), (parties.low.id(), parties.high.id()));
    let spoils: [fn(&mut GenerationOpenIn); 6] = [
        |o| o.terms.separation.horizontal_m += 1,
        |o| o.previous = None,
        |o| o.previous.as_mut().unwrap().size += 1,
        |o| core::mem::swap(&mut o.own, &mut o.other),
        |o| o.signature[63] ^= 0x10,
        |o| o.other.signature[0] ^= 1,
    ];
    for (number, spoil) in spoils.into_iter().enumerate() {
        let mut spoilt = opening.clone();
        spoil(&mut spoilt);
        assert!(open_opening(&Ed25519, &spoilt).is_err(), "spoilt in way {number}");
    }
}

#[test]
fn the_other_party_cannot_open_a_log_in_our_name() {
    let parties = parties(&Ed25519, 1);
    let (own, other) = (&parties.low.certificate, &parties.high.certificate);
    let forged = sign_opening(&Ed25519, &parties.high.party, own, other, terms(), None);
    let party_key = parties.low.party.public();
    assert_eq!(open_opening(&Ed25519, &forged), Err(CertificateFault::Signature { party_key }));
}

#[test]
fn a_revocation_holds_for_its_line_generation_and_size() {
    let parties = parties(&Ed25519, 1);
    let party = &parties.low.party;
    let revocation = sign_revocation(&Ed25519, party, parties.line, Generation(3), 40);
    let open = |revocation, line, key| open_revocation(&Ed25519 as &dyn Scheme, key, line, revocation);
    assert_eq!(open(&revocation, parties.line, party.public()), Ok(()));
    assert!(open(&revocation, LineId::new([0; 32]), party.public()).is_err());
    assert!(open(&revocation, parties.line, parties.high.party.public()).is_err());
    let larger = KeyRevokeIn { from_size: 41, ..revocation.clone() };
    assert!(open(&larger, parties.line, party.public()).is_err());
    let later = KeyRevokeIn { generation: Generation(4), ..revocation.clone() };
    assert!(open(&later, parties.line, party.public()).is_err());
}

#[test]
fn the_digest_of_terms_covers_every_field() {
    let plain = terms();
    let table: toml::Table = toml::from_str(&toml::to_string(&plain).unwrap()).unwrap();
    let mut changed = 0;
    for key in table.keys() {
        for value in others(&table[key]) {
            let mut file = table.clone();
            file.insert(key.clone(), value);
            let Ok(other) = file.try_into() else { continue };
            assert_ne!(terms_digest(&other), terms_digest(&plain), "{key}");
            changed += 1;
        }
    }
    assert!(changed > 60, "every number, switch and word of the file was changed once: {changed}");
}

/// Every value that differs from this one in one place.
fn others(value: &toml::Value) -> Vec<toml::Value> {
    use toml::Value;
    match value {
        Value::Integer(number) => vec![Value::Integer(number ^ 1)],
        Value::Boolean(switch) => vec![Value::Boolean(!switch)],
        Value::String(words) => vec![Value::String(format!("{words}0"))],
        Value::Array(items) => (0..items.len())
            .flat_map(|at| others(&items[at]).into_iter().map(move |other| (at, other)))
            .map(|(at, other)| {
                let mut items = items.clone();
                items[at] = other;
                Value::Array(items)
            })
            .collect(),
        Value::Table(table) => table
            .iter()
            .flat_map(|(key, inner)| others(inner).into_iter().map(move |other| (key.clone(), other)))
            .map(|(key, other)| {
                let mut table = table.clone();
                table.insert(key, other);
                Value::Table(table)
            })
            .collect(),
        other => vec![other.clone()],
    }
}

#[test]
fn a_secret_key_is_never_shown() {
    let seed = *b"0123456789abcdefFEDCBA9876543210";
    let secret = SecretKey::from_seed(seed);
    let pair = KeyPair::new(&Ed25519, secret.clone());
    for shown in [format!("{secret:?}"), format!("{secret:#?}"), format!("{pair:?}"), format!("{pair:#?}")] {
        assert!(shown.contains("SecretKey(…)"), "{shown}");
        for hidden in ["0123", "3031", "48, 49", "0x30"] {
            assert!(!shown.contains(hidden), "`{hidden}` in {shown}");
        }
    }
}
