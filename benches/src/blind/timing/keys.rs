//! Keys that would take less time where time goes with the digits that are not zero.

use std::cmp::Reverse;

use curve25519_dalek::Scalar;
use detente_blind::Digest;
use dudect_bencher::BenchRng;
use dudect_bencher::rand::RngExt as _;
use hkdf::Hkdf;
use sha2::Sha512;

use super::count;

/// Seeds that are drawn.
const DRAWN: usize = 16_384;
/// Seeds of each class: equally few, so that the machine gets used to what is public of one as much as to that of the other.
const KEPT: usize = 16;

/// Of seeds that are drawn those whose keys have most digits of zero, and as many others. `name` tells what run a seed leads to.
pub(super) fn seeds(rng: &mut BenchRng, name: impl Fn([u8; 32]) -> Digest) -> [Vec<[u8; 32]>; 2] {
    let mut drawn: Vec<[u8; 32]> = (0..count(DRAWN)).map(|_| rng.random()).collect();
    let others = drawn.split_off(drawn.len() - KEPT);
    drawn.sort_by_cached_key(|seed| Reverse(zeros(&key(seed, &name(*seed)))));
    drawn.truncate(KEPT);
    [drawn, others]
}

/// The key of a run, as docs/spec/blind.md derives it from the seed.
pub(super) fn key(seed: &[u8; 32], run: &Digest) -> Scalar {
    let mut wide = [0; 64];
    let hkdf = Hkdf::<Sha512>::new(Some(b"detente/blind/seed/1"), seed);
    hkdf.expand_multi_info(&[b"key".as_slice(), &[0], run], &mut wide).expect("64 bytes are in reach of HKDF");
    Scalar::from_bytes_mod_order_wide(&wide)
}

/// Digits of zero in the half of a key.
fn zeros(key: &Scalar) -> usize {
    digits(key).iter().filter(|digit| **digit == 0).count()
}

/// The digits of half a key, four bits each with a sign, the lowest first: points are multiplied by the half, and doubled as they
/// are encoded.
pub(super) fn digits(key: &Scalar) -> Vec<i8> {
    let half = (key * Scalar::from(2u8).invert()).to_bytes();
    let mut over = 0;
    let bits = half.iter().flat_map(|byte| [byte & 0xf, byte >> 4]);
    bits.map(|bits| {
        let value = bits + over;
        over = (value + 8) >> 4;
        value as i8 - ((over << 4) as i8)
    })
    .collect()
}
