//! Field arithmetic in lanes beside the naive field: at random, at special numbers, and with limbs as large as they may be.

use proptest::collection::vec;
use proptest::prelude::{Strategy, any, prop_assert, prop_assert_eq, prop_oneof, proptest};
use proptest::test_runner::TestCaseError;

use super::naive::{P, negated, product, reduced, sum};
use crate::lanes::field::{Each, Element, Field, Inside, LANES_MAX, ONE, ZERO, inverted, power_p58};
use crate::lanes::machine::{Avx2, Ifma};

/// Fractions of what a limb may be at most, for ten limbs in eight lanes.
type Fractions = Vec<Vec<u64>>;

fn fractions() -> impl Strategy<Value = Fractions> {
    let fraction = || prop_oneof![3 => any::<u64>(), 2 => proptest::strategy::Just(u64::MAX), 1 => proptest::strategy::Just(0)];
    prop_oneof![4 => vec(vec(fraction(), LANES_MAX), 10), 1 => proptest::strategy::Just(vec![vec![u64::MAX; LANES_MAX]; 10])]
}

/// Inside up to a limit, all of it at the fraction `u64::MAX`.
fn limbs<F: Inside>(fractions: &Fractions, limit: [u64; 2]) -> Vec<Each<u64>> {
    let scaled = |limb: usize, fraction: u64| ((u128::from(fraction) * u128::from(limit[limb % 2])) >> 64) as u64;
    let limb = |limb: usize| core::array::from_fn(|lane| scaled(limb, fractions[limb][lane]));
    (0..F::LIMITS.begins.len()).map(limb).collect()
}

/// The number that limbs are, in a lane.
fn value<F: Inside>(limbs: &[Each<u64>], lane: usize) -> Element {
    let weighed = limbs.iter().zip(F::LIMITS.begins).map(|(limb, begin)| {
        let mut weight = ZERO;
        weight[*begin as usize / 64] = 1 << (begin % 64);
        product(&[limb[lane], 0, 0, 0], &weight)
    });
    weighed.fold(ZERO, |a, b| sum(&a, &b))
}

/// Whether limbs are the numbers expected in every lane, and within a limit.
fn is<F: Inside>(found: &[Each<u64>], limit: [u64; 2], expected: impl Fn(usize) -> Element) -> Result<(), TestCaseError> {
    for lane in 0..F::LANES {
        prop_assert_eq!(value::<F>(found, lane), expected(lane), "lane {}", lane);
        for (limb, words) in found.iter().enumerate() {
            prop_assert!(words[lane] <= limit[limb % 2], "limb {} of lane {}: {:#x}", limb, lane, words[lane]);
        }
    }
    Ok(())
}

/// Factors of every grade.
fn products<F: Inside>(f: F, a: &Fractions, b: &Fractions) -> Result<(), TestCaseError> {
    let limits = F::LIMITS;
    let grades = [
        (limits.carried, limits.carried, limits.product),
        (limits.loose, limits.carried, limits.loose_product),
        (limits.carried, limits.loose, limits.loose_product),
        (limits.loose, limits.loose, limits.wide),
    ];
    for (left, right, limit) in grades {
        let (a, b) = (limbs::<F>(a, left), limbs::<F>(b, right));
        let found = f.of_wide(&f.mul(&f.loose_of(&a), &f.loose_of(&b)));
        is::<F>(&found, limit, |lane| product(&value::<F>(&a, lane), &value::<F>(&b, lane)))?;
    }
    for (grade, limit) in [(limits.carried, limits.product), (limits.sum, limits.wide)] {
        let a = limbs::<F>(a, grade);
        let found = f.of_wide(&f.square(&f.loose_of(&a)));
        is::<F>(&found, limit, |lane| product(&value::<F>(&a, lane), &value::<F>(&a, lane)))?;
    }
    Ok(())
}

/// Sums, differences, carries and canonical forms.
fn sums<F: Inside>(f: F, a: &Fractions, b: &Fractions) -> Result<(), TestCaseError> {
    let limits = F::LIMITS;
    let (small, other) = (limbs::<F>(a, limits.carried), limbs::<F>(b, limits.carried));
    let (x, y) = (f.carried_of(&small), f.carried_of(&other));
    let [left, right] = [&small, &other].map(|limbs| (0..F::LANES).map(|lane| value::<F>(limbs, lane)).collect::<Vec<_>>());
    is::<F>(&f.of_loose(&f.sum(&x, &y)), limits.sum, |lane| sum(&left[lane], &right[lane]))?;
    is::<F>(&f.of_loose(&f.difference(&x, &y)), limits.loose, |lane| sum(&left[lane], &negated(&right[lane])))?;
    is::<F>(&f.of_loose(&f.carry(&f.widen(&x))), limits.carried, |lane| left[lane])?;
    let canonical = f.get(&x);
    for lane in 0..F::LANES {
        prop_assert_eq!(canonical[lane], left[lane]);
        prop_assert_eq!(f.bits(f.is_negative(&x)) >> lane & 1, (left[lane][0] & 1) as u8);
        prop_assert_eq!(f.bits(f.is_zero(&x)) >> lane & 1, u8::from(left[lane] == ZERO));
    }
    // The square of a sum, which is four products, less two; and what a sum gives as a factor, two, less what a loose one gives.
    for (times, subtrahend) in [(4, limits.product.map(|limit| 2 * limit)), (2, limits.loose_product)] {
        let (a, b) = (limbs::<F>(a, limits.product.map(|limit| times * limit)), limbs::<F>(b, subtrahend));
        let found = f.minus(&f.wide_of(&a), &f.wide_of(&b));
        let difference = |lane| sum(&value::<F>(&a, lane), &negated(&value::<F>(&b, lane)));
        is::<F>(&f.of_wide(&found), limits.wide, difference)?;
        is::<F>(&f.of_loose(&f.carry(&found)), limits.carried, difference)?;
    }
    let wide = limbs::<F>(a, limits.wide);
    is::<F>(&f.of_loose(&f.carry(&f.wide_of(&wide))), limits.carried, |lane| value::<F>(&wide, lane))
}

proptest! {
    #[test]
    fn limbs_as_large_as_they_may_be_are_multiplied_and_added_rightly(a in fractions(), b in fractions()) {
        if let Some(f) = Avx2::found() {
            products(f, &a, &b)?;
            sums(f, &a, &b)?;
        }
        if let Some(f) = Ifma::found() {
            products(f, &a, &b)?;
            sums(f, &a, &b)?;
        }
    }
}

/// Numbers at which something turns.
fn special() -> Vec<Element> {
    let near = |number: &Element| {
        let ends = [ONE, [2, 0, 0, 0], [19, 0, 0, 0], [1 << 51, 0, 0, 0], [0, 1 << 63, 0, 0], [0, 0, 0, 1 << 62]];
        ends.map(|end| [sum(number, &end), sum(number, &negated(&end))]).concat()
    };
    let mut numbers = [near(&ZERO), near(&product(&[u64::MAX; 4], &[u64::MAX; 4]))].concat();
    // What is below 2^255 but not canonical.
    numbers.extend([P, [u64::MAX, u64::MAX, u64::MAX, u64::MAX >> 1], [u64::MAX - 17, u64::MAX, u64::MAX, u64::MAX >> 1], ZERO]);
    numbers
}

fn special_numbers<F: Field>(f: F) {
    let numbers = special();
    for (at, a) in numbers.iter().enumerate() {
        // Every lane another number.
        let right: Each<Element> = core::array::from_fn(|lane| numbers[(at + 3 * lane) % numbers.len()]);
        let left = [*a; LANES_MAX];
        let (x, y) = (f.set(&left), f.set(&right));
        let (split, zero, odd) = (f.get(&y), f.bits(f.is_zero(&y)), f.bits(f.is_negative(&y)));
        let (times, fifth) = (f.get(&f.times(&x, &y)), f.get(&f.squares(&y, 5)));
        let (inverse, chosen) = (f.get(&inverted(f, &y)), f.get(&f.choose(f.is_zero(&y), &x, &y)));
        let power = f.get(&power_p58(f, &y));
        for lane in 0..F::LANES {
            let b = reduced(&right[lane]);
            assert_eq!(split[lane], b);
            assert_eq!((zero >> lane & 1 == 1, odd >> lane & 1), (b == ZERO, (b[0] & 1) as u8));
            assert_eq!(times[lane], product(a, &b));
            assert_eq!(fifth[lane], (0..5).fold(b, |b, _| product(&b, &b)));
            assert_eq!(product(&inverse[lane], &b), if b == ZERO { ZERO } else { ONE });
            assert_eq!(chosen[lane], if b == ZERO { reduced(a) } else { b });
            // 8·(p-5)/8 + 5 is p, and to the power of p a number is itself.
            let (square, eighth) = (product(&b, &b), (0..3).fold(power[lane], |b, _| product(&b, &b)));
            assert_eq!(product(&product(&eighth, &square), &product(&b, &square)), b);
        }
        assert_eq!(f.get(&f.splat(*a))[..F::LANES], f.get(&x)[..F::LANES]);
    }
}

#[test]
fn special_numbers_are_multiplied_inverted_and_told_apart() {
    special_numbers(super::naive::Naive);
    if let Some(f) = Avx2::found() {
        special_numbers(f);
    }
    if let Some(f) = Ifma::found() {
        special_numbers(f);
    }
}
