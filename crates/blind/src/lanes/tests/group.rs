//! Points in lanes beside curve25519-dalek, to the byte.

use curve25519_dalek::ristretto::CompressedRistretto;
use curve25519_dalek::{RistrettoPoint, Scalar};
use rand_chacha::ChaCha12Rng;
use rand_core::{Rng as _, SeedableRng as _};

use super::naive::Naive;
use crate::lanes::field::Work as _;
use crate::lanes::kernels::{Answering, Masking, Multiplying, Opening, Summing, Totalling};
use crate::lanes::{Backend, Bad, Kept, Lanes, Multiplier, Sum, dalek};
use crate::lists::{PIECE, gathered};
use crate::vectors::{BAD_POINTS, bytes};

fn lanes() -> impl Iterator<Item = (Backend, Lanes)> {
    Backend::ALL.into_iter().filter_map(|backend| Some((backend, Lanes::of(backend)?)))
}

fn uniform(rng: &mut ChaCha12Rng, count: usize) -> Vec<[u8; 64]> {
    let mut uniform = vec![[0; 64]; count];
    uniform.iter_mut().for_each(|bytes| rng.fill_bytes(bytes));
    uniform
}

fn scalar(rng: &mut ChaCha12Rng) -> Scalar {
    Scalar::from_bytes_mod_order_wide(&uniform(rng, 1)[0])
}

/// Scalars with digits of every kind.
fn scalars(rng: &mut ChaCha12Rng) -> Vec<Scalar> {
    let repeated = |byte| Scalar::from_bytes_mod_order([byte; 32]);
    let mut scalars = vec![Scalar::ZERO, Scalar::ONE, -Scalar::ONE, Scalar::from(2u8), -Scalar::from(8u8)];
    scalars.extend([0x01, 0x07, 0x08, 0x0f, 0x11, 0x77, 0x78, 0x87, 0x88, 0xf0, 0xff].map(repeated));
    scalars.extend((0..8).map(|_| scalar(rng)));
    scalars
}

fn encodings(rng: &mut ChaCha12Rng, count: usize) -> Vec<[u8; 32]> {
    let points = uniform(rng, count);
    points.iter().map(|bytes| RistrettoPoint::from_uniform_bytes(bytes).compress().to_bytes()).collect()
}

/// What the map makes (√-1, 0) and (-√-1, 0) of, in turn: they represent the neutral element, as do (0, 1), which zeros are
/// mapped to, and (0, -1), which is twice any of the two.
fn neutral() -> [[u8; 64]; 4] {
    let firsts = [
        "068c5b499d860a72cba9a67991e93e203e07f2cecac35ff78ba286490a9d647f",
        "a2ce3011a78ef573098dfffa7c6319a2973184a23f8c7e4fb28a95abee32615f",
        "2a6382d98d9b4fe0526bf32f2e36b1c6fb594edaadaa30f35a29566c59adfe4c",
        "bced0d08ab13994b901f939d3d6f164d7d1f1b7860d5ccdbca27c4b705f23d02",
    ];
    firsts.map(|text| {
        let mut uniform = [0; 64];
        uniform[..32].copy_from_slice(&bytes::<32>(text));
        uniform
    })
}

#[test]
fn hashing_and_multiplying_are_dalek_to_the_byte() {
    let mut rng = ChaCha12Rng::seed_from_u64(1);
    let mut given = uniform(&mut rng, 257);
    // What the map treats apart: t = 0 and ±1, numbers that are not canonical, and the highest bit, which does not count.
    given[..6].copy_from_slice(&[[0; 64], [0xff; 64], [1; 64], [0; 64], [0; 64], [0; 64]]);
    given[3][0] = 1;
    given[4][32] = 1;
    given[5][..32].fill(0xff);
    given[5][0] = 0xed;
    given[6..10].copy_from_slice(&neutral());
    for half in scalars(&mut rng) {
        let (expected, _) = dalek::mask(&given, &half);
        assert_eq!(expected[6 * 32..10 * 32], [0; 4 * 32], "the neutral element");
        for (backend, lanes) in lanes() {
            let (found, kept) = lanes.mask(&given, &Multiplier::new(half), true);
            assert!(found == expected, "{backend}");
            // The halves that are kept are those that were doubled.
            let weights = vec![1; given.len()];
            let sum = dalek::mask(&given, &half).1.iter().sum::<RistrettoPoint>();
            assert_eq!(summed(lanes, &weights, [&kept])[0], sum, "{backend}");
        }
    }
}

#[test]
fn every_number_of_points_is_dealt_to_lanes() {
    let mut rng = ChaCha12Rng::seed_from_u64(2);
    let half = scalar(&mut rng);
    for count in 0..=34 {
        let (given, asked) = (uniform(&mut rng, count), encodings(&mut rng, count));
        let weights: Vec<u128> = (0..count).map(|_| u128::from(rng.next_u64()) << 64 | u128::from(rng.next_u64())).collect();
        let points = dalek::open(&asked).unwrap();
        for (backend, lanes) in lanes() {
            let (masked, kept) = lanes.mask(&given, &Multiplier::new(half), false);
            assert!(masked == dalek::mask(&given, &half).0 && kept.len() == 0, "{count} by {backend}");
            let (answers, _) = lanes.answer(&asked, &Multiplier::new(half), true).unwrap();
            assert!(answers == dalek::answer(&asked, &half).unwrap().0, "{count} by {backend}");
            let opened = lanes.open(&asked).unwrap();
            assert_eq!(
                (opened.len(), summed(lanes, &weights, [&opened])[0]),
                (count, dalek::sum(&weights, &points)),
                "{backend}"
            );
        }
    }
}

#[test]
fn thousands_of_points_are_decoded_and_multiplied_as_by_dalek() {
    let mut rng = ChaCha12Rng::seed_from_u64(3);
    for _ in 0..8 {
        let (asked, half) = (encodings(&mut rng, 512), scalar(&mut rng));
        let (expected, _) = dalek::answer(&asked, &half).unwrap();
        for (backend, lanes) in lanes() {
            assert!(lanes.answer(&asked, &Multiplier::new(half), false).unwrap().0 == expected, "{backend}");
        }
    }
}

#[test]
fn what_is_no_point_is_refused_at_its_place() {
    let mut rng = ChaCha12Rng::seed_from_u64(4);
    let (asked, half) = (encodings(&mut rng, 21), scalar(&mut rng));
    let mut bad: Vec<[u8; 32]> = BAD_POINTS.iter().map(|text| bytes(text)).collect();
    bad.push([0; 32]);
    // Half of all numbers in form are none either.
    bad.extend((0..400).map(|_| {
        let mut drawn = uniform(&mut rng, 1)[0];
        (drawn[0], drawn[31]) = (drawn[0] & 0xfe, drawn[31] & 0x7f);
        let half: [u8; 32] = drawn[..32].try_into().unwrap();
        half
    }));
    // Small numbers, and those of a bit each: some are points and some are not.
    bad.extend((1..256).map(|bit| core::array::from_fn(|byte| if byte == bit / 8 { 1 << (bit % 8) } else { 0 })));
    for (number, bad) in bad.iter().enumerate() {
        let mut asked = asked.clone();
        asked[number % 21] = *bad;
        // The first that is at fault is told.
        asked[20] = if number % 2 == 0 { [0; 32] } else { [0xff; 32] };
        let told = |result: Result<(Vec<u8>, Vec<RistrettoPoint>), Bad>| result.map(|_| ()).unwrap_err();
        let expected = told(dalek::answer(&asked, &half));
        for (backend, lanes) in lanes() {
            assert_eq!(lanes.answer(&asked, &Multiplier::new(half), true).map(|_| ()), Err(expected), "{backend} {bad:?}");
            assert_eq!(lanes.open(&asked).map(|_| ()), Err(expected), "{backend} {bad:?}");
        }
    }
}

/// Weighed sums as dalek's points.
fn summed<const N: usize>(lanes: Lanes, weights: &[u128], lists: [&Kept; N]) -> [RistrettoPoint; N] {
    sums(lanes, &lists.map(|list| (weights, list))).try_into().unwrap()
}

fn sums(lanes: Lanes, lists: &[(&[u128], &Kept)]) -> Vec<RistrettoPoint> {
    let sums = lanes.sums(lists);
    sums.iter().map(|sum| decoded(lanes.totals(&[&[sum]])[0].1)).collect()
}

fn decoded(encoded: [u8; 32]) -> RistrettoPoint {
    CompressedRistretto(encoded).decompress().unwrap()
}

#[test]
fn products_and_totals_are_dalek_s() {
    let mut rng = ChaCha12Rng::seed_from_u64(9);
    let encodings = encodings(&mut rng, 11);
    let points = dalek::open(&encodings).unwrap();
    let special = [Scalar::ZERO, Scalar::ONE, -Scalar::ONE, Scalar::from_bytes_mod_order([0x88; 32])];
    for round in 0..8 {
        let scalars: Vec<Scalar> = (0..11).map(|place| if round == 0 { special[place % 4] } else { scalar(&mut rng) }).collect();
        let expected: Vec<RistrettoPoint> = points.iter().zip(&scalars).map(|(point, scalar)| point * scalar).collect();
        for (backend, lanes) in lanes() {
            let given: Vec<Sum> = encodings.iter().map(|encoding| lanes.point(encoding)).collect();
            let products = lanes.products(&given.iter().zip(&scalars).collect::<Vec<_>>());
            let lists: Vec<Vec<&Sum>> = (0..=11).map(|count| products.iter().take(count).collect()).collect();
            let totals = lanes.totals(&lists.iter().map(Vec::as_slice).collect::<Vec<_>>());
            for (count, (total, encoded)) in totals.iter().enumerate() {
                let expected: RistrettoPoint = expected[..count].iter().sum();
                assert_eq!(decoded(*encoded), expected, "{count} by {backend}");
                // What is told with the encoding is the point itself, also as one of a list.
                let kept = lanes.keep(&[total, total]);
                assert_eq!(summed(lanes, &[1, 2], [&kept])[0], expected + expected + expected, "{count} by {backend}");
                assert_eq!(decoded(lanes.totals(&[&[total, total]])[0].1), expected + expected, "{count} by {backend}");
            }
        }
    }
}

#[test]
fn lists_with_weights_of_their_own_are_weighed_together() {
    let mut rng = ChaCha12Rng::seed_from_u64(10);
    let asked = encodings(&mut rng, 100);
    // More lists than lanes, two weighed alike, one shorter, one empty.
    let counts = [64, 64, 64, 64, 64, 40, 64, 0, 64, 100, 64];
    let weights: Vec<Vec<u128>> = counts
        .iter()
        .map(|count| (0..*count).map(|_| u128::from(rng.next_u64()) << 64 | u128::from(rng.next_u64())).collect())
        .collect();
    let of = |list: usize| if list == 3 { 2 } else { list };
    for (backend, lanes) in lanes() {
        let opened: Vec<Kept> = counts.iter().map(|count| lanes.open(&asked[..*count]).unwrap()).collect();
        let lists: Vec<_> = opened.iter().enumerate().map(|(list, points)| (weights[of(list)].as_slice(), points)).collect();
        let expected: Vec<_> = counts
            .iter()
            .enumerate()
            .map(|(list, count)| dalek::sum(&weights[of(list)], &dalek::open(&asked[..*count]).unwrap()))
            .collect();
        assert_eq!(sums(lanes, &lists), expected, "{backend}");
    }
}

#[test]
fn weighed_sums_are_dalek_s() {
    let mut rng = ChaCha12Rng::seed_from_u64(5);
    let mut asked = encodings(&mut rng, 70);
    // A point twice, and one with its negative.
    asked[5] = asked[4];
    let point = CompressedRistretto(asked[6]).decompress().unwrap();
    asked[7] = (-point).compress().to_bytes();
    let special = [0, 1, 7, 8, 9, u128::MAX, u128::MAX / 15 * 8, u128::MAX / 15 * 7, 1 << 127, u128::MAX - 7];
    for count in [1, 8, 9, 70] {
        let weights: Vec<u128> = (0..count).map(|_| special[rng.next_u32() as usize % special.len()]).collect();
        let expected = dalek::sum(&weights, &dalek::open(&asked[..count]).unwrap());
        for (backend, lanes) in lanes() {
            assert_eq!(summed(lanes, &weights, [&lanes.open(&asked[..count]).unwrap()])[0], expected, "{backend}");
        }
    }
    // Weights of every length, the greatest among them: what is carried out of the last digit has room.
    for (bits, count) in (0..=128).flat_map(|bits| [1, 33, 70].map(|count| (bits, count))) {
        let greatest = u128::MAX.checked_shr(128 - bits).unwrap_or(0);
        let weights: Vec<u128> = (0..count).map(|place| greatest >> (place % 3)).collect();
        let expected = dalek::sum(&weights, &dalek::open(&asked[..count]).unwrap());
        for (backend, lanes) in lanes() {
            let sum = summed(lanes, &weights, [&lanes.open(&asked[..count]).unwrap()])[0];
            assert_eq!(sum, expected, "{count} weights of {bits} bits by {backend}");
        }
    }
    for (backend, lanes) in lanes() {
        let nothing = summed(lanes, &[5, 5], [&lanes.open(&asked[6..8]).unwrap()])[0];
        assert_eq!(nothing, RistrettoPoint::default(), "{backend}: a point less itself");
    }
}

#[test]
fn two_lists_of_any_size_are_weighed_together() {
    let mut rng = ChaCha12Rng::seed_from_u64(7);
    let asked = [encodings(&mut rng, 600), encodings(&mut rng, 600)];
    for count in [1, 31, 32, 127, 128, 511, 512, 600] {
        let weights: Vec<u128> = (0..count).map(|_| u128::from(rng.next_u64()) << 64 | u128::from(rng.next_u64())).collect();
        let expected = [0, 1].map(|list| dalek::sum(&weights, &dalek::open(&asked[list][..count]).unwrap()));
        for (backend, lanes) in lanes() {
            let [first, second] = [0, 1].map(|list| lanes.open(&asked[list][..count]).unwrap());
            assert_eq!(summed(lanes, &weights, [&first, &second]), expected, "{count} by {backend}");
        }
    }
}

#[test]
fn points_are_gathered_across_pieces_without_growing() {
    const fn wipes<T: zeroize::ZeroizeOnDrop>() {}
    wipes::<Kept>();
    let mut rng = ChaCha12Rng::seed_from_u64(8);
    let asked = encodings(&mut rng, 2 * PIECE);
    let weights: Vec<u128> = (1..=PIECE as u128).collect();
    let expected = dalek::sum(&weights, &dalek::open(&asked[100..100 + PIECE]).unwrap());
    for (backend, lanes) in lanes() {
        let pieces = [0, 1].map(|piece| lanes.open(&asked[piece * PIECE..(piece + 1) * PIECE]).unwrap());
        let points = gathered(&pieces, 100, PIECE);
        let room = match &points {
            Kept::Dalek(points) => points.capacity(),
            Kept::Lanes(points) => points.capacity(),
        };
        assert_eq!((points.len(), room), (PIECE, PIECE), "{backend}");
        assert_eq!(summed(lanes, &weights, [&points])[0], expected, "{backend}");
        for start in [100, 2 * PIECE] {
            let nothing = summed(lanes, &[], [&gathered(&pieces, start, 0), &Kept::none()]);
            assert_eq!(nothing, [RistrettoPoint::default(); 2], "{backend}");
        }
    }
}

/// On every machine: the formulas of the lanes, over a field of one lane.
#[test]
fn the_formulas_are_right_over_the_naive_field() {
    let mut rng = ChaCha12Rng::seed_from_u64(6);
    let given = [&neutral()[..], &[[0; 64], uniform(&mut rng, 1)[0]]].concat();
    let special = [Scalar::ZERO, Scalar::ONE, -Scalar::ONE, Scalar::from_bytes_mod_order([0x88; 32])];
    for half in special.into_iter().chain([scalar(&mut rng)]) {
        let multiplier = Multiplier::new(half);
        let (masked, kept) = Masking { uniform: &given, half: &multiplier.digits, keep: true }.run(Naive);
        let (expected, halves) = dalek::mask(&given, &half);
        assert_eq!(masked, expected);
        let weights = vec![1; given.len()];
        let sums = Summing(&[(&weights, &kept)]).run(Naive);
        assert_eq!(
            Totalling(&[vec![sums[0].lanes()]]).run(Naive)[0].1,
            halves.iter().sum::<RistrettoPoint>().compress().to_bytes()
        );
        let asked = encodings(&mut rng, 2);
        let (answers, _) = Answering { asked: &asked, half: &multiplier.digits, keep: false }.run(Naive).unwrap();
        assert_eq!(answers, dalek::answer(&asked, &half).unwrap().0);
    }
    for text in BAD_POINTS {
        assert_eq!(Opening(&[bytes(text)]).run(Naive), Err(Bad::NotAPoint { index: 0 }));
    }
    let asked = encodings(&mut rng, 3);
    let weights = [u128::MAX, 0x88, 3 << 126];
    let points = Opening(&asked).run(Naive).unwrap();
    let sums = Summing(&[(&weights, &points)]).run(Naive);
    let expected = dalek::sum(&weights, &dalek::open(&asked).unwrap());
    let scalars = [scalar(&mut rng), Scalar::ZERO];
    let sum = sums[0].lanes();
    let products = Multiplying(&[(sum, &scalars[0]), (sum, &scalars[1])]).run(Naive);
    let totals = Totalling(&[vec![sum], vec![products[0].lanes(), sum, products[1].lanes()]]).run(Naive);
    let expected = [expected, expected * scalars[0] + expected].map(|point| point.compress().to_bytes());
    assert_eq!([totals[0].1, totals[1].1], expected);
    assert!(matches!(Lanes::of(Backend::Dalek).map(|lanes| lanes.open(&asked)), Some(Ok(Kept::Dalek(_)))), "the plain one");
}
