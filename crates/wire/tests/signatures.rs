//! Strict signatures (PROTOCOL P4): published vectors, and every form that a lax verifier would take.

use data_encoding::HEXLOWER;
use detente_testkit::rng;
use detente_wire::{Ed25519, KeyPair, PublicKey, Scheme, SecretKey, Signature};
use proptest::prelude::*;

fn bytes<const N: usize>(hex: &str) -> [u8; N] {
    HEXLOWER.decode(hex.as_bytes()).unwrap().try_into().unwrap()
}

/// RFC 8032 section 7.1: secret key, public key, message, signature.
const RFC_8032: [[&str; 4]; 3] = [
    [
        "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
    ],
    [
        "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
    ],
    [
        "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
    ],
];

/// The published cases of "Taming the many EdDSAs" (Chalkias, Garillot, Nikolaenko, 2020; repository
/// novifinancial/ed25519-speccheck): message, public key, signature, and whether a strict verifier takes it.
///
/// In order: small A and R; small A; small R; mixed A and R, which cofactorless equations take; two that only
/// cofactored equations take; two with S not reduced; two with R in a form that is not canonical.
const SPECCHECK: [(&str, &str, &str, bool); 10] = [
    (
        "8c93255d71dcab10e8f379c26200f3c7bd5f09d9bc3068d3ef4edeb4853022b6",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a0000000000000000000000000000000000000000000000000000000000000000",
        false,
    ),
    (
        "9bd9f44f4dcc75bd531b56b2cd280b0bb38fc1cd6d1230e14861d861de092e79",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
        "f7badec5b8abeaf699583992219b7b223f1df3fbbea919844e3f7c554a43dd43a5bb704786be79fc476f91d3f3f89b03984d8068dcf1bb7dfc6637b45450ac04",
        false,
    ),
    (
        "aebf3f2601a0c8c5d39cc7d8911642f740b78168218da8471772b35f9d35b9ab",
        "f7badec5b8abeaf699583992219b7b223f1df3fbbea919844e3f7c554a43dd43",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa8c4bd45aecaca5b24fb97bc10ac27ac8751a7dfe1baff8b953ec9f5833ca260e",
        false,
    ),
    (
        "9bd9f44f4dcc75bd531b56b2cd280b0bb38fc1cd6d1230e14861d861de092e79",
        "cdb267ce40c5cd45306fa5d2f29731459387dbf9eb933b7bd5aed9a765b88d4d",
        "9046a64750444938de19f227bb80485e92b83fdb4b6506c160484c016cc1852f87909e14428a7a1d62e9f22f3d3ad7802db02eb2e688b6c52fcd6648a98bd009",
        true,
    ),
    (
        "e47d62c63f830dc7a6851a0b1f33ae4bb2f507fb6cffec4011eaccd55b53f56c",
        "cdb267ce40c5cd45306fa5d2f29731459387dbf9eb933b7bd5aed9a765b88d4d",
        "160a1cb0dc9c0258cd0a7d23e94d8fa878bcb1925f2c64246b2dee1796bed5125ec6bc982a269b723e0668e540911a9a6a58921d6925e434ab10aa7940551a09",
        false,
    ),
    (
        "e47d62c63f830dc7a6851a0b1f33ae4bb2f507fb6cffec4011eaccd55b53f56c",
        "cdb267ce40c5cd45306fa5d2f29731459387dbf9eb933b7bd5aed9a765b88d4d",
        "21122a84e0b5fca4052f5b1235c80a537878b38f3142356b2c2384ebad4668b7e40bc836dac0f71076f9abe3a53f9c03c1ceeeddb658d0030494ace586687405",
        false,
    ),
    (
        "85e241a07d148b41e47d62c63f830dc7a6851a0b1f33ae4bb2f507fb6cffec40",
        "442aad9f089ad9e14647b1ef9099a1ff4798d78589e66f28eca69c11f582a623",
        "e96f66be976d82e60150baecff9906684aebb1ef181f67a7189ac78ea23b6c0e547f7690a0e2ddcd04d87dbc3490dc19b3b3052f7ff0538cb68afb369ba3a514",
        false,
    ),
    (
        "85e241a07d148b41e47d62c63f830dc7a6851a0b1f33ae4bb2f507fb6cffec40",
        "442aad9f089ad9e14647b1ef9099a1ff4798d78589e66f28eca69c11f582a623",
        "8ce5b96c8f26d0ab6c47958c9e68b937104cd36e13c33566acd2fe8d38aa19427e71f98a473474f2f13f06f97c20d58cc3f54b8bd0d272f42b695dd7e89a8c22",
        false,
    ),
    (
        "fdaebc429f4a735932a160da1301080c13280eea8bc280d1b392c6b9e6ba3a5a",
        "f7badec5b8abeaf699583992219b7b223f1df3fbbea919844e3f7c554a43dd43",
        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f454d370c8d9fc323a41450f8d513eafeb5b0697390c1e505a0d4ddc71f566607",
        false,
    ),
    (
        "84b698d39be126ff55fe45079e6c8bf64a0d7db6994560b4e96b7021eb39c1a1",
        "f7badec5b8abeaf699583992219b7b223f1df3fbbea919844e3f7c554a43dd43",
        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f084d5b99c2a9463d9c8bd5026916996984eeec87ddf1d3be329006ace1b37b09",
        false,
    ),
];

/// The eight points of small order, then the other forms of those that have one.
const SMALL_ORDER: [&str; 14] = [
    "0100000000000000000000000000000000000000000000000000000000000000",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "0000000000000000000000000000000000000000000000000000000000000000",
    "0000000000000000000000000000000000000000000000000000000000000080",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
    "0100000000000000000000000000000000000000000000000000000000000080",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
];

/// The order of the group, little-endian.
const GROUP_ORDER: &str = "edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010";

#[test]
fn the_vectors_of_rfc_8032_hold() {
    for [secret, public, message, signature] in RFC_8032 {
        let pair = KeyPair::new(&Ed25519, SecretKey::from_seed(bytes(secret)));
        let message = HEXLOWER.decode(message.as_bytes()).unwrap();
        assert_eq!(pair.public(), PublicKey(bytes(public)));
        assert_eq!(pair.sign(&Ed25519, &message), Signature(bytes(signature)));
        assert!(Ed25519.verify(&pair.public(), &message, &Signature(bytes(signature))));
    }
}

#[test]
fn the_published_edge_cases_are_judged_strictly() {
    for (number, (message, key, signature, good)) in SPECCHECK.into_iter().enumerate() {
        let message = HEXLOWER.decode(message.as_bytes()).unwrap();
        let verdict = Ed25519.verify(&PublicKey(bytes(key)), &message, &Signature(bytes(signature)));
        assert_eq!(verdict, good, "case {number}");
    }
}

#[test]
fn no_point_of_small_order_is_a_key_or_a_nonce() {
    for key in SMALL_ORDER {
        for nonce in SMALL_ORDER {
            // With S = 0 a lax equation holds for some of these pairs and some messages.
            for message in 0..32u8 {
                let mut signature = [0; 64];
                signature[..32].copy_from_slice(&bytes::<32>(nonce));
                assert!(!Ed25519.verify(&PublicKey(bytes(key)), &[message], &Signature(signature)), "{key} {nonce}");
            }
        }
    }
}

#[test]
fn a_scalar_that_is_not_reduced_is_refused() {
    let order: [u8; 32] = bytes(GROUP_ORDER);
    let mut moved = 0;
    for seed in 0..40 {
        let pair = KeyPair::generate(&Ed25519, &mut rng(seed));
        let Signature(mut signature) = pair.sign(&Ed25519, b"message");
        let mut carry = 0;
        for (s, l) in signature[32..].iter_mut().zip(order) {
            let sum = u16::from(*s) + u16::from(l) + carry;
            (*s, carry) = (sum as u8, sum >> 8);
        }
        moved += u8::from(carry == 0);
        assert!(!Ed25519.verify(&pair.public(), b"message", &Signature(signature)), "S + L is the same scalar in another form");
    }
    assert_eq!(moved, 40, "S + L fits its bytes each time, so each time the test could have failed");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn a_signature_holds_for_its_key_and_message_alone(seed in any::<[u8; 32]>(), message in proptest::collection::vec(any::<u8>(), 0..80), bit in 0usize..512) {
        let pair = KeyPair::new(&Ed25519, SecretKey::from_seed(seed));
        let signature = pair.sign(&Ed25519, &message);
        prop_assert!(Ed25519.verify(&pair.public(), &message, &signature));
        prop_assert_eq!(pair.sign(&Ed25519, &message), signature, "signing draws nothing");
        let mut flipped = signature;
        flipped.0[bit / 8] ^= 1 << (bit % 8);
        prop_assert!(!Ed25519.verify(&pair.public(), &message, &flipped));
        prop_assert!(!Ed25519.verify(&pair.public(), &[&message[..], b"."].concat(), &signature));
        let mut key = pair.public();
        key.0[bit / 16] ^= 1 << (bit % 8);
        prop_assert!(!Ed25519.verify(&key, &message, &signature));
    }

    #[test]
    fn no_bytes_panic_a_verifier(key in any::<[u8; 32]>(), signature in any::<[u8; 64]>(), message in any::<[u8; 4]>()) {
        prop_assert!(!Ed25519.verify(&PublicKey(key), &message, &Signature(signature)));
    }
}
