//! Notes: the specification's own example, another implementation's key and note, and what is refused.

use detente_wire::key::{Ed25519, KeyPair, PublicKey, Scheme, SecretKey, Signature};
use detente_wire::note::{
    NAME_BYTES_MAX, NOTE_BYTES_MAX, Note, NoteFault, SIGNATURES_MAX, SignatureType, is_name, key_id, signature_line, verifier_key,
};
use proptest::prelude::*;
use proptest::test_runner::RngSeed;

/// The example of c2sp.org/signed-note.
const SPEC_KEY: &str = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k";
const SPEC_NOTE: &str = "This is an example message.\n\n— example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n";

/// The key pair and note of the Go implementation's tests.
const GO_SECRET: &str = "AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz";
const GO_KEY: &str = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
const GO_TEXT: &str = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n";
const GO_LINE: &str =
    "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";

/// Fixed seeds and small counts by default; `DETENTE_SOAK=1` asks for many.
fn cases(few: u32) -> ProptestConfig {
    let cases = if std::env::var_os("DETENTE_SOAK").is_some() { 50 * few } else { few };
    ProptestConfig { cases, rng_seed: RngSeed::Fixed(0x5EED), failure_persistence: None, ..ProptestConfig::default() }
}

/// The 32 bytes behind the type byte of an encoded key.
fn material(encoded: &str) -> [u8; 32] {
    let base64 = encoded.splitn(3, '+').nth(2).unwrap();
    data_encoding::BASE64.decode(base64.as_bytes()).unwrap()[1..].try_into().unwrap()
}

fn verifies(note: &Note<'_>, name: &str, key: &PublicKey) -> bool {
    let signature = note.signature_of(name, SignatureType::Ed25519, key).unwrap();
    Ed25519.verify(key, note.text().as_bytes(), &Signature(signature.try_into().unwrap()))
}

#[test]
fn the_example_of_the_specification_verifies() {
    let key = PublicKey(material(SPEC_KEY));
    assert_eq!(SPEC_KEY, verifier_key("example.com/foo", SignatureType::Ed25519, &key));
    let note = Note::parse(SPEC_NOTE.as_bytes()).unwrap();
    assert_eq!("This is an example message.\n", note.text());
    assert!(verifies(&note, "example.com/foo", &key));
}

#[test]
fn signing_gives_the_bytes_of_the_go_implementation() {
    let secret_bytes = data_encoding::BASE64.decode(GO_SECRET.as_bytes()).unwrap();
    let pair = KeyPair::new(&Ed25519, SecretKey::from_seed(secret_bytes[1..].try_into().unwrap()));
    let key = pair.public();
    assert_eq!(GO_KEY, verifier_key("PeterNeumann", SignatureType::Ed25519, &key));
    let id = key_id("PeterNeumann", SignatureType::Ed25519, &key);
    let signature = pair.sign(&Ed25519, GO_TEXT.as_bytes());
    assert_eq!(GO_LINE, signature_line("PeterNeumann", &id, &signature.0));
    let written = format!("{GO_TEXT}\n{GO_LINE}");
    assert!(verifies(&Note::parse(written.as_bytes()).unwrap(), "PeterNeumann", &key));
}

#[test]
fn the_last_blank_line_ends_the_text() {
    let written = format!("one\n\ntwo\n\n{GO_LINE}");
    assert_eq!("one\n\ntwo\n", Note::parse(written.as_bytes()).unwrap().text());
}

#[test]
fn malformed_notes_are_refused() {
    let line = |line| Err(NoteFault::SignatureLine { line });
    let check = |want: Result<(), NoteFault>, written: &str| {
        assert_eq!(want, Note::parse(written.as_bytes()).map(drop), "{written:?}");
    };
    check(Err(NoteFault::Layout), "");
    check(Err(NoteFault::Layout), "text\n");
    check(Err(NoteFault::Layout), "text\n\n");
    check(Err(NoteFault::Layout), &format!("text\n{GO_LINE}"));
    check(Err(NoteFault::Layout), &format!("text\n\n{}", GO_LINE.trim_end()));
    check(Err(NoteFault::Layout), &format!("text\n\n{GO_LINE}\n"));
    check(Err(NoteFault::NotText), &format!("te\rxt\n\n{GO_LINE}"));
    check(Err(NoteFault::NotText), &format!("te\0xt\n\n{GO_LINE}"));
    check(line(0), "text\n\nno dash\n");
    check(line(0), "text\n\n- name AAAAAAAA\n");
    check(line(0), "text\n\n— name\n");
    check(line(0), "text\n\n—  AAAAAAAA\n");
    check(line(0), "text\n\n— na+me AAAAAAAA\n");
    check(line(0), "text\n\n— name\u{a0}x AAAAAAAA\n");
    check(line(0), "text\n\n— name AAAA\n");
    check(line(0), "text\n\n— name AAAAAA==\n");
    check(line(0), "text\n\n— name AAAAAAA\n");
    check(line(0), "text\n\n— name AAAAAAB=\n");
    check(line(0), "text\n\n— name AAAAAAAA more\n");
    check(line(1), &format!("text\n\n{GO_LINE}— name !\n"));
    check(Ok(()), "text\n\n— name AAAAAAA=\n");
    assert_eq!(Err(NoteFault::NotText), Note::parse(b"te\xffxt\n\n\xe2\x80\x94 n AAAAAAAA\n").map(drop));
}

#[test]
fn limits_are_where_they_say() {
    let with = |lines: usize| format!("text\n\n{}", GO_LINE.repeat(lines));
    assert!(Note::parse(with(SIGNATURES_MAX).as_bytes()).is_ok());
    assert_eq!(Err(NoteFault::TooManySignatures), Note::parse(with(SIGNATURES_MAX + 1).as_bytes()).map(drop));
    let text = "x".repeat(NOTE_BYTES_MAX - GO_LINE.len() - 2);
    assert!(Note::parse(format!("{text}\n\n{GO_LINE}").as_bytes()).is_ok());
    assert_eq!(
        Err(NoteFault::TooLarge { bytes: NOTE_BYTES_MAX + 1 }),
        Note::parse(format!("{text}x\n\n{GO_LINE}").as_bytes()).map(drop)
    );
    assert!(is_name(&"n".repeat(NAME_BYTES_MAX)) && !is_name(&"n".repeat(NAME_BYTES_MAX + 1)));
}

#[test]
fn a_key_is_found_once_or_not_at_all() {
    let key = PublicKey(material(GO_KEY));
    let find = |written: String, name: &str, kind| {
        Note::parse(written.as_bytes()).unwrap().signature_of(name, kind, &key).map(<[u8]>::len)
    };
    let once = format!("{GO_TEXT}\n— stranger AAAAAAAA\n{GO_LINE}");
    assert_eq!(Ok(64), find(once.clone(), "PeterNeumann", SignatureType::Ed25519));
    assert_eq!(Err(NoteFault::Unsigned), find(once.clone(), "stranger", SignatureType::Ed25519));
    assert_eq!(Err(NoteFault::Unsigned), find(once, "PeterNeumann", SignatureType::CosignatureV1));
    let twice = format!("{GO_TEXT}\n{GO_LINE}{GO_LINE}");
    assert_eq!(Err(NoteFault::SignedTwice), find(twice, "PeterNeumann", SignatureType::Ed25519));
}

proptest! {
    #![proptest_config(cases(256))]

    #[test]
    fn any_bytes_are_answered(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let _ = Note::parse(&bytes);
    }

    #[test]
    fn what_is_read_is_what_was_written(
        text in "[^\\p{Cc}]{0,40}(\n[^\\p{Cc}]{0,40}){0,4}\n",
        names in prop::collection::vec("[a-z/.]{1,20}", 1..5),
        bytes in prop::collection::vec(any::<u8>(), 1..100),
    ) {
        let lines: String = names.iter().map(|n| signature_line(n, &[1, 2, 3, 4], &bytes)).collect();
        let written = format!("{text}\n{lines}");
        let note = Note::parse(written.as_bytes()).unwrap();
        prop_assert_eq!(note.text(), &text);
        let again: String = note.signatures().iter()
            .map(|s| signature_line(s.name, &s.key_id, &s.bytes)).collect();
        prop_assert_eq!(again, lines);
    }
}
