//! Published vectors: RFC 9380 K.3 (expansion), RFC 9496 A (the group), RFC 9497 A.1 (hash to group, and the batched proof).

use curve25519_dalek::ristretto::CompressedRistretto;
use curve25519_dalek::traits::VartimeMultiscalarMul as _;
use curve25519_dalek::{RistrettoPoint, Scalar};

use crate::dleq::Dleq;
use crate::fault::Breach;
use crate::hash::Xmd;
use crate::job::opened;
use crate::lanes::{Backend, Lanes};

fn hex(text: &str) -> Vec<u8> {
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap()).collect()
}

pub(crate) fn bytes<const N: usize>(text: &str) -> [u8; N] {
    hex(text).try_into().unwrap()
}

fn scalar(text: &str) -> Scalar {
    Scalar::from_canonical_bytes(bytes(text)).unwrap()
}

fn point(text: &str) -> RistrettoPoint {
    CompressedRistretto(bytes(text)).decompress().unwrap()
}

#[test]
fn rfc_9380_expansion_with_sha_512() {
    let xmd = Xmd::new(b"QUUX-V01-CS02-with-expander-SHA512-256");
    let (q128, a512) = (format!("q128_{}", "q".repeat(128)), format!("a512_{}", "a".repeat(512)));
    let vectors = [
        ("", "6b9a7312411d92f921c6f68ca0b6380730a1a4d982c507211a90964c394179ba"),
        ("abc", "0da749f12fbe5483eb066a5f595055679b976e93abe9be6f0f6318bce7aca8dc"),
        ("abcdef0123456789", "087e45a86e2939ee8b91100af1583c4938e0f5fc6c9db4b107b83346bc967f58"),
        (&q128, "7336234ee9983902440f6bc35b348352013becd88938d2afec44311caf8356b3"),
        (&a512, "57b5f7e766d5be68a6bfe1768e3c2b7f1228b3e4b3134956dd73a59b954c66f4"),
        (
            "",
            "41b037d1734a5f8df225dd8c7de38f851efdb45c372887be655212d07251b921b052b62eaed99b46f72f2ef4cc96bfaf254ebbbec091e1a3b9e4f\
             b5e5b619d2e0c5414800a1d882b62bb5cd1778f098b8eb6cb399d5d9d18f5d5842cf5d13d7eb00a7cff859b605da678b318bd0e65ebff70bec88c\
             753b159a805d2c89c55961",
        ),
        (
            "abc",
            "7f1dddd13c08b543f2e2037b14cefb255b44c83cc397c1786d975653e36a6b11bdd7732d8b38adb4a0edc26a0cef4bb45217135456e58fbca1703\
             cd6032cb1347ee720b87972d63fbf232587043ed2901bce7f22610c0419751c065922b488431851041310ad659e4b23520e1772ab29dcdeb20022\
             22a363f0c2b1c972b3efe1",
        ),
    ];
    for (message, expected) in vectors {
        let mut out = vec![0; expected.len() / 2];
        xmd.expand(&[message.as_bytes()], &mut out);
        assert_eq!(out, hex(expected), "{message:?}");
    }
}

#[test]
fn rfc_9496_multiples_of_the_generator() {
    let multiples = [
        (2, "6a493210f7499cd17fecb510ae0cea23a110e8d5b901f8acadd3095c73a3b919"),
        (15, "e0c418f7c8d9c4cdd7395b93ea124f3ad99021bb681dfc3302a9d99a2e53e64e"),
    ];
    for (k, expected) in multiples {
        assert_eq!(RistrettoPoint::mul_base(&Scalar::from(k as u8)).compress().to_bytes(), bytes(expected), "{k}");
    }
}

/// RFC 9496 A.3.
pub(crate) const BAD_POINTS: [&str; 29] = [
    // No field element in its one form.
    "00ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "f3ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    // Negative.
    "0100000000000000000000000000000000000000000000000000000000000000",
    "01ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "ed57ffd8c914fb201471d1c3d245ce3c746fcbe63a3679d51b6a516ebebe0e20",
    "c34c4e1826e5d403b78e246e88aa051c36ccf0aafebffe137d148a2bf9104562",
    "c940e5a4404157cfb1628b108db051a8d439e1a421394ec4ebccb9ec92a8ac78",
    "47cfc5497c53dc8e61c91d17fd626ffb1c49e2bca94eed052281b510b1117a24",
    "f1c6165d33367351b0da8f6e4511010c68174a03b6581212c71c0e1d026c3c72",
    "87260f7a2f12495118360f02c26a470f450dadf34a413d21042b43b9d93e1309",
    // No square.
    "26948d35ca62e643e26a83177332e6b6afeb9d08e4268b650f1f5bbd8d81d371",
    "4eac077a713c57b4f4397629a4145982c661f48044dd3f96427d40b147d9742f",
    "de6a7b00deadc788eb6b6c8d20c0ae96c2f2019078fa604fee5b87d6e989ad7b",
    "bcab477be20861e01e4a0e295284146a510150d9817763caf1a6f4b422d67042",
    "2a292df7e32cababbd9de088d1d1abec9fc0440f637ed2fba145094dc14bea08",
    "f4a9e534fc0d216c44b218fa0c42d99635a0127ee2e53c712f70609649fdff22",
    "8268436f8c4126196cf64b3c7ddbda90746a378625f9813dd9b8457077256731",
    "2810e5cbc2cc4d4eece54f61c6f69758e289aa7ab440b3cbeaa21995c2f4232b",
    // A negative product.
    "3eb858e78f5a7254d8c9731174a94f76755fd3941c0ac93735c07ba14579630e",
    "a45fdc55c76448c049a1ab33f17023edfb2be3581e9c7aade8a6125215e04220",
    "d483fe813c6ba647ebbfd3ec41adca1c6130c2beeee9d9bf065c8d151c5f396e",
    "8a2e1d30050198c65a54483123960ccc38aef6848e1ec8f5f780e8523769ba32",
    "32888462f8b486c68ad7dd9610be5192bbeaf3b443951ac1a8118419d9fa097b",
    "227142501b9d4355ccba290404bde41575b037693cef1f438c47f8fbf35d1165",
    "5c37cc491da847cfeb9281d407efc41e15144c876e0170b499a96a22ed31e01e",
    "445425117cb8c90edcbc7c1cc0e74f747f2c1efa5630a967c64f287792a48a4b",
    // s = -1, whence y = 0.
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
];

#[test]
fn rfc_9496_forms_that_are_no_point_are_refused() {
    for text in BAD_POINTS {
        assert_eq!(opened(&bytes(text), 7), Err(Breach::NotAPoint { place: 7 }), "{text}");
    }
    assert_eq!(opened(&[0; 32], 8), Err(Breach::Identity { place: 8 }));
}

#[test]
fn rfc_9496_points_from_uniform_bytes() {
    let vectors = [
        (
            "5d1be09e3d0c82fc538112490e35701979d99e06ca3e2b5b54bffe8b4dc772c14d98b696a1bbfb5ca32c436cc61c16563790306c79eaca7705668b47dffe5bb6",
            "3066f82a1a747d45120d1740f14358531a8f04bbffe6a819f86dfe50f44a0a46",
        ),
        (
            "f116b34b8f17ceb56e8732a60d913dd10cce47a6d53bee9204be8b44f6678b270102a56902e2488c46120e9276cfe54638286b9e4b3cdb470b542d46c2068d38",
            "f26e5b6f7d362d2d2a94c5d0e7602cb4773c95a2e5c31a64f133189fa76ed61b",
        ),
        (
            "8422e1bbdaab52938b81fd602effb6f89110e1e57208ad12d9ad767e2e25510c27140775f9337088b982d83d7fcf0b2fa1edffe51952cbe7365e95c86eaf325c",
            "006ccd2a9e6867e6a2c5cea83d3302cc9de128dd2a9a57dd8ee7b9d7ffe02826",
        ),
        (
            "ac22415129b61427bf464e17baee8db65940c233b98afce8d17c57beeb7876c2150d15af1cb1fb824bbd14955f2b57d08d388aab431a391cfc33d5bafb5dbbaf",
            "f8f0c87cf237953c5890aec3998169005dae3eca1fbb04548c635953c817f92a",
        ),
    ];
    for (uniform, expected) in vectors {
        assert_eq!(RistrettoPoint::from_uniform_bytes(&bytes(uniform)).compress().to_bytes(), bytes(expected));
    }
}

/// RFC 9497 A.1: inputs, blinds and blinded elements under a mode's context.
#[test]
fn rfc_9497_inputs_are_hashed_to_the_group() {
    const BLIND: &str = "64d37aed22a27f5191de1c1d69fadb899d8862b58eb4220029e036ec4c1f6706";
    let input_2 = [0x5a; 17];
    let vectors: [(u8, &[u8], &str); 3] = [
        (0, &input_2, "da27ef466870f5f15296299850aa088629945a17d1f5b7f5ff043f76b3c06418"),
        (1, &[0], "863f330cc1a1259ed5a5998a23acfd37fb4351a793a5b3c090b642ddc439b945"),
        (1, &input_2, "cc0b2a350101881d8a4cba4c80241d74fb7dcbfde4a61fde2f91443c2bf9ef0c"),
    ];
    for (mode, input, blinded) in vectors {
        let xmd = Xmd::new(&[b"HashToGroup-", context(mode).as_slice()].concat());
        assert_eq!(xmd.to_group(&[input]) * scalar(BLIND), point(blinded));
    }
}

fn context(mode: u8) -> Vec<u8> {
    [b"OPRFV1-", [mode].as_slice(), b"-ristretto255-SHA512"].concat()
}

/// The weights of RFC 9497 2.2.1, which ours stand in for.
fn rfc_weights(public: &[u8; 32], asked: &[&str], answered: &[&str]) -> Vec<Scalar> {
    use sha2::Digest as _;
    let context = context(1);
    let long = |bytes: &[u8]| [&(bytes.len() as u16).to_be_bytes(), bytes].concat();
    let seed = sha2::Sha512::digest([long(public), long(&[b"Seed-", context.as_slice()].concat())].concat());
    let xmd = Xmd::new(&[b"HashToScalar-", context.as_slice()].concat());
    let weight = |(i, (c, d)): (u16, (&&str, &&str))| {
        xmd.to_scalar(&[&long(&seed), &i.to_be_bytes(), &long(&hex(c)), &long(&hex(d)), b"Composite"])
    };
    (0..).zip(asked.iter().zip(answered)).map(weight).collect()
}

const KEY: &str = "e6f73f344b79b379f1a0dd37e07ff62e38d9f71345ce62ae3a9bc60b04ccd909";
const PUBLIC: &str = "c803e2cc6b05fc15064549b5920659ca4a77b2cca6f04f6b357009335476ad4e";

#[test]
fn rfc_9497_batched_proofs_are_made_and_checked_to_the_byte() {
    const NONCE: &str = "222a5e897cf59db8145db8d16e597e8facb80ae7d4e26d9881aa6f61d645fc0e";
    let vectors: [(&[&str], &[&str], &str, &str); 3] = [
        (
            &["863f330cc1a1259ed5a5998a23acfd37fb4351a793a5b3c090b642ddc439b945"],
            &["aa8fa048764d5623868679402ff6108d2521884fa138cd7f9c7669a9a014267e"],
            NONCE,
            "ddef93772692e535d1a53903db24367355cc2cc78de93b3be5a8ffcc6985dd066d4346421d17bf5117a2a1ff0fcb2a759f58a539dfbe857a40bce4cf49ec600d",
        ),
        (
            &["cc0b2a350101881d8a4cba4c80241d74fb7dcbfde4a61fde2f91443c2bf9ef0c"],
            &["60a59a57208d48aca71e9e850d22674b611f752bed48b36f7a91b372bd7ad468"],
            NONCE,
            "401a0da6264f8cf45bb2f5264bc31e109155600babb3cd4e5af7d181a2c9dc0a67154fabf031fd936051dec80b0b6ae29c9503493dde7393b722eafdf5a50b02",
        ),
        (
            &[
                "863f330cc1a1259ed5a5998a23acfd37fb4351a793a5b3c090b642ddc439b945",
                "90a0145ea9da29254c3a56be4fe185465ebb3bf2a1801f7124bbbadac751e654",
            ],
            &[
                "aa8fa048764d5623868679402ff6108d2521884fa138cd7f9c7669a9a014267e",
                "cc5ac221950a49ceaa73c8db41b82c20372a4c8d63e5dded2db920b7eee36a2a",
            ],
            "419c4f4f5052c53c45f3da494d2b67b220d02118e0857cdbcf037f9ea84bbe0c",
            "cc203910175d786927eeb44ea847328047892ddf8590e723c37205cb74600b0a5ab5337c8eb4ceae0494c2cf89529dcf94572ed267473d567aeed6ab873dee08",
        ),
    ];
    for backend in Backend::ALL.into_iter().filter(|backend| backend.is_available()) {
        batched_proofs(&vectors, Lanes::of(backend).unwrap());
    }
}

type Batch<'a> = (&'a [&'a str], &'a [&'a str], &'a str, &'a str);

fn batched_proofs(vectors: &[Batch<'_>], lanes: Lanes) {
    let dleq = Dleq::new(&context(1), lanes);
    let public = bytes(PUBLIC);
    let composite = |point: RistrettoPoint| (lanes.point(point.compress().as_bytes()), point.compress().to_bytes());
    let key = composite(point(PUBLIC));
    for (asked, answered, nonce, expected) in vectors {
        let weights = rfc_weights(&public, asked, answered);
        let points = |texts: &[&str]| texts.iter().map(|text| point(text)).collect::<Vec<_>>();
        let (m, z) = (
            RistrettoPoint::vartime_multiscalar_mul(&weights, points(asked)),
            RistrettoPoint::vartime_multiscalar_mul(&weights, points(answered)),
        );
        let wrong = composite(z + m);
        let [m, z] = [m, z].map(composite);
        let proof = dleq.prove(&scalar(KEY), &public, &m, &scalar(nonce));
        assert_eq!(proof.as_slice(), hex(expected));
        assert!(dleq.is_proved(&key, &m, &z, &proof));
        assert!(!dleq.is_proved(&key, &m, &wrong, &proof));
        // The key 0 is none, however well it is proved.
        let nothing = (lanes.point(&[0; 32]), [0; 32]);
        let of_nothing = dleq.prove(&Scalar::ZERO, &nothing.1, &m, &scalar(nonce));
        assert!(!dleq.is_proved(&nothing, &m, &nothing, &of_nothing));
        assert!(!dleq.is_proved(&key, &z, &m, &proof));
        for bit in 0..proof.len() * 8 {
            let mut flipped = proof;
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert!(!dleq.is_proved(&key, &m, &z, &flipped), "bit {bit}");
        }
    }
}
