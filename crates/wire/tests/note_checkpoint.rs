//! Checkpoints and cosignatures: a public log's real ones, another implementation, and what is refused.

use detente_types::{Generation, LineId, PartyId, Root, Timestamp};
use detente_wire::checkpoint::{
    Checkpoint, CheckpointFault, cosign, holder_name, log_name, open_checkpoint, open_cosignature, sign_checkpoint,
};
use detente_wire::key::{Ed25519, KeyPair, PublicKey, SecretKey};
use detente_wire::merkle::EMPTY_ROOT;
use detente_wire::note::{NoteFault, SignatureType, is_name, verifier_key};
use proptest::prelude::*;
use proptest::test_runner::RngSeed;

/// A checkpoint that a public log signed and public witnesses cosigned in 2026.
const PUBLIC_NOTE: &str = "\
arche2025h1.staging.ct.transparency.dev
1432088532
U7WM79jrzyhGZ5/GUBTpM7NzwdyfFx61t3RovgcC4Ro=

— arche2025h1.staging.ct.transparency.dev zTM8sQAAAZ5W0WdjBAMARjBEAiBjW5IQf9pvsYLfQFX6hoGREPMHbdQ3urbllzalApkptQIgIpwtEroeW2BXaHAI4kJXFbon5Ch9MNL5zRNZ55lvGt0=
— arche2025h1.staging.ct.transparency.dev ui8GwCF1+kWqZrxGdhj4aX3gcw7XUlXQQabg/27lefwhUkzbC3NygNI75MdhL1bfTW9g8Ei59RA23oHP7Ry1k3ZFWwQ=
— transparency.dev/DEV:witness-little-garden 2AQqhwAAAABqEiEgzgFIqqhbUoDwjMWE6UP8nd8/KYTzwZ2rhIgcqoXHAwVkjZr4AscylP3v7sEodkRAErumC2q44vdgJY096st5BQ==
— witness1.smartit.nu/witness1 pIyCDwAAAABqEiEghIp82KWebrw7/oHQwlTAm3g2RKS4+eebl8eO0WH+/iEcxZ75W3u5hNI7TOQtmJbqmNWVuE0tgh0XwzdZsDsUAQ==
— remora.n621.de 2net5wAAAABqEiEgPlfF3V06o0Y+fHM+J5J9s27wgxxcOVSpZ/2g/KSiXCg9DEZI+aVCIobWX9sXTynk5XeU/zZ0WBxtqB0DrAWfBw==
— witness.stagemole.eu Z/euoAAAAABqEiEgw0i+7g2ENfDAWHmtRzCfKTHSDwYDJA2NmKeGi9Y8FtEyOUvVr+AJmIY/2TUFucgKi7lI7cUiOvKFYe/TmN9DAg==
";
const PUBLIC_LOG: &str = "arche2025h1.staging.ct.transparency.dev";
const PUBLIC_LOG_KEY: &str = "AU0vHmlGCS/PdN8b2OaGmKprLI8HKM+dJ472xgFYh15f";
/// The witnesses' published keys: name, key ID, and base64 of type and key.
const PUBLIC_WITNESSES: [(&str, &str, &str); 4] = [
    ("remora.n621.de", "da77ade7", "BOvN63jn/bLvkieywe8R6UYAtVtNbZpXh34x7onlmtw2"),
    ("witness.stagemole.eu", "67f7aea0", "BEqSG3yu9YrmcM3BHvQYTxwFj3uSWakQepafafpUqklv"),
    ("transparency.dev/DEV:witness-little-garden", "d8042a87", "BCtusOxINQNUTN5Oj8HObRkh2yHf/MwYaGX4CPdiVEPM"),
    ("witness1.smartit.nu/witness1", "a48c820f", "BPSFWg9G6KPiO7QPryYO5Xq4oYJJ+kAvLKLSimDhoxMO"),
];

const NOW: Timestamp = Timestamp::from_micros(1_800_000_000_500_000);

/// Fixed seeds and small counts by default; `DETENTE_SOAK=1` asks for many.
fn cases(few: u32) -> ProptestConfig {
    let cases = if std::env::var_os("DETENTE_SOAK").is_some() { 50 * few } else { few };
    ProptestConfig { cases, rng_seed: RngSeed::Fixed(0x5EED), failure_persistence: None, ..ProptestConfig::default() }
}

fn public_key(encoded: &str) -> PublicKey {
    let bytes = data_encoding::BASE64.decode(encoded.as_bytes()).unwrap();
    PublicKey(bytes[1..].try_into().unwrap())
}

fn pair(seed: u8) -> KeyPair {
    KeyPair::new(&Ed25519, SecretKey::from_seed([seed; 32]))
}

fn origin() -> String {
    log_name(&LineId::new([1; 32]), &PartyId::new([2; 32]), Generation::FIRST)
}

fn holder() -> String {
    holder_name(&LineId::new([1; 32]), &PartyId::new([3; 32]), Generation::FIRST)
}

#[test]
fn a_public_logs_checkpoint_opens() {
    let key = public_key(PUBLIC_LOG_KEY);
    let opened = open_checkpoint(&Ed25519, &key, PUBLIC_LOG, PUBLIC_NOTE.as_bytes()).unwrap();
    assert_eq!(1_432_088_532, opened.checkpoint().size());
    assert!(PUBLIC_NOTE.starts_with(&opened.checkpoint().text()));
}

#[test]
fn public_witnesses_cosignatures_open() {
    for (name, id, encoded) in PUBLIC_WITNESSES {
        let key = public_key(encoded);
        let written = verifier_key(name, SignatureType::CosignatureV1, &key);
        assert_eq!(format!("{name}+{id}+{encoded}"), written);
        let opened = open_cosignature(&Ed25519, &key, name, PUBLIC_LOG, PUBLIC_NOTE.as_bytes()).unwrap();
        assert_eq!(1_779_573_024, opened.time().seconds(), "{name}");
        assert!(PUBLIC_NOTE.contains(&opened.line()), "{name}");
    }
}

#[test]
fn a_changed_size_is_noticed_by_log_and_witness() {
    let changed = PUBLIC_NOTE.replace("1432088532", "1432088533");
    let log = open_checkpoint(&Ed25519, &public_key(PUBLIC_LOG_KEY), PUBLIC_LOG, changed.as_bytes());
    assert_eq!(Err(CheckpointFault::Signature { name: PUBLIC_LOG.into() }), log);
    let (name, _, encoded) = PUBLIC_WITNESSES[0];
    let witness = open_cosignature(&Ed25519, &public_key(encoded), name, PUBLIC_LOG, changed.as_bytes());
    assert_eq!(Err(CheckpointFault::Signature { name: name.into() }), witness);
}

#[test]
fn names_fit_and_differ() {
    let name = |line, party, generation| log_name(&LineId::new([line; 32]), &PartyId::new([party; 32]), Generation(generation));
    let names = [name(1, 2, 1), name(2, 2, 1), name(1, 1, 1), name(1, 2, 2), holder(), origin()];
    assert!(names.iter().all(|n| is_name(n)));
    assert_eq!(names[0], names[5]);
    for i in 0..5 {
        assert!(names[i + 1..5].iter().all(|n| *n != names[i]));
    }
}

#[test]
fn malformed_texts_are_refused() {
    let root = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";
    let check = |want: CheckpointFault, text: &str| {
        assert_eq!(Err(want), Checkpoint::parse(text), "{text:?}");
    };
    assert!(Checkpoint::parse(&format!("log\n0\n{root}\n")).is_ok());
    check(CheckpointFault::Text, "");
    check(CheckpointFault::Text, "log\n0\n");
    check(CheckpointFault::Text, &format!("log\n0\n{root}"));
    check(CheckpointFault::Text, &format!("\n0\n{root}\n"));
    for size in ["", "00", "+1", "-1", " 1", "01", "1 ", "0x1", "18446744073709551616"] {
        check(CheckpointFault::Text, &format!("log\n{size}\n{root}\n"));
    }
    for bad in ["47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU", "47DEQpj8HBSa", &root.replace("FU=", "FV=")] {
        check(CheckpointFault::Text, &format!("log\n0\n{bad}\n"));
    }
    check(CheckpointFault::Extended, &format!("log\n0\n{root}\nmore\n"));
    check(CheckpointFault::Extended, &format!("log\n0\n{root}\n\n"));
    let zero = data_encoding::BASE64.encode(&[0; 32]);
    check(CheckpointFault::EmptyRoot, &format!("log\n0\n{zero}\n"));
    assert!(Checkpoint::parse(&format!("log\n1\n{zero}\n")).is_ok());
}

#[test]
fn a_checkpoint_opens_only_as_its_own_log() {
    let signed = sign_checkpoint(&Ed25519, &pair(1), &origin(), 0, EMPTY_ROOT);
    let note = signed.note();
    let open = |key: &PublicKey, origin: &str| open_checkpoint(&Ed25519, key, origin, note.as_bytes());
    assert_eq!(Ok(signed.clone()), open(signed.key(), &origin()));
    let other = log_name(&LineId::new([9; 32]), &PartyId::new([2; 32]), Generation::FIRST);
    assert_eq!(Err(CheckpointFault::OtherLog { expected: other.clone() }), open(signed.key(), &other));
    let stranger = pair(2).public();
    assert_eq!(Err(CheckpointFault::Note(NoteFault::Unsigned)), open(&stranger, &origin()));
}

#[test]
fn a_checkpoint_signature_is_no_cosignature_nor_the_reverse() {
    let signed = sign_checkpoint(&Ed25519, &pair(1), &origin(), 0, EMPTY_ROOT);
    let note = signed.note();
    assert_eq!(
        Err(CheckpointFault::Note(NoteFault::Unsigned)),
        open_cosignature(&Ed25519, signed.key(), &origin(), &origin(), note.as_bytes())
    );
    let cosigned = cosign(&Ed25519, &pair(1), &origin(), signed.checkpoint(), NOW);
    assert_eq!(
        Err(CheckpointFault::Note(NoteFault::Unsigned)),
        open_checkpoint(&Ed25519, signed.key(), &origin(), cosigned.note().as_bytes())
    );
}

#[test]
fn times_out_of_range_are_refused() {
    let signed = sign_checkpoint(&Ed25519, &pair(1), &origin(), 0, EMPTY_ROOT);
    let early = cosign(&Ed25519, &pair(3), &holder(), signed.checkpoint(), Timestamp::from_micros(-5));
    assert_eq!(0, early.time().micros());
    let message = format!("cosignature/v1\ntime {}\n{}", u64::MAX, signed.checkpoint().text());
    let mut timed = u64::MAX.to_be_bytes().to_vec();
    timed.extend(pair(3).sign(&Ed25519, message.as_bytes()).0);
    let key = pair(3).public();
    let id = detente_wire::note::key_id(&holder(), SignatureType::CosignatureV1, &key);
    let line = detente_wire::note::signature_line(&holder(), &id, &timed);
    let note = format!("{}{line}", signed.note());
    assert_eq!(
        Err(CheckpointFault::Time { seconds: u64::MAX }),
        open_cosignature(&Ed25519, &key, &holder(), &origin(), note.as_bytes())
    );
}

proptest! {
    #![proptest_config(cases(64))]

    #[test]
    fn one_note_carries_both_sides_words(size in 1_u64.., root: [u8; 32], micros in 0_i64..4_000_000_000_000_000) {
        let signed = sign_checkpoint(&Ed25519, &pair(1), &origin(), size, Root::new(root));
        let time = Timestamp::from_micros(micros);
        let cosigned = cosign(&Ed25519, &pair(3), &holder(), signed.checkpoint(), time);
        let note = signed.note_with(&cosigned);
        let opened = open_checkpoint(&Ed25519, signed.key(), &origin(), note.as_bytes());
        prop_assert_eq!(Ok(signed), opened);
        let opened = open_cosignature(&Ed25519, cosigned.key(), &holder(), &origin(), note.as_bytes());
        prop_assert_eq!(time.seconds(), cosigned.time().seconds());
        prop_assert_eq!(Ok(cosigned), opened);
    }

    #[test]
    fn every_flipped_bit_is_noticed(at in any::<prop::sample::Index>(), bit in 0_u8..8) {
        let signed = sign_checkpoint(&Ed25519, &pair(1), &origin(), 7, Root::new([5; 32]));
        let cosigned = cosign(&Ed25519, &pair(3), &holder(), signed.checkpoint(), NOW);
        let mut note = signed.note_with(&cosigned).into_bytes();
        let index = at.index(note.len());
        note[index] ^= 1 << bit;
        let log = open_checkpoint(&Ed25519, signed.key(), &origin(), &note);
        let both = log.is_ok()
            && open_cosignature(&Ed25519, cosigned.key(), &holder(), &origin(), &note).is_ok();
        prop_assert!(!both);
    }

    #[test]
    fn texts_agree_with_another_implementation(size: u64, root: [u8; 32]) {
        prop_assume!(size > 0);
        let ours = Checkpoint::new(&origin(), size, Root::new(root));
        let theirs = tlog_tiles::Checkpoint::new(&origin(), size, tlog_tiles::Hash(root), "").unwrap();
        prop_assert_eq!(ours.text().into_bytes(), theirs.to_bytes());
    }

    #[test]
    fn any_text_is_answered(text in "\\PC{0,10}\n[0-9]{0,22}\n[A-Za-z0-9+/]{40,44}=?\n?") {
        if let Ok(checkpoint) = Checkpoint::parse(&text) {
            prop_assert_eq!(checkpoint.text(), text);
        }
    }
}
