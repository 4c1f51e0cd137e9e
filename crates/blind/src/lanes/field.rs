//! The field of 2^255 - 19 in lanes: what a backend offers, and what follows from that for every backend alike.
//!
//! Numbers come in three grades, so that carries are done once and where they are needed: a product is [`Wide`](Field::Wide)
//! until it is carried, what is [`Carried`](Field::Carried) may be added or subtracted once to give what is
//! [`Loose`](Field::Loose), and only loose and carried numbers are multiplied. How large limbs may be in each grade is said, and
//! proved by tests at the extremes, by each backend.
//!
//! Nothing here branches or looks anything up by what is in the lanes.

use core::ops::Deref;

/// The most lanes of any backend.
pub(super) const LANES_MAX: usize = 8;
/// One of something for each lane; a backend of fewer lanes takes the first.
pub(super) type Each<T> = [T; LANES_MAX];
/// A field element outside of lanes: little-endian words. Canonical where one comes out; below 2^255 where one goes in.
pub(super) type Element = [u64; 4];

pub(super) const ZERO: Element = [0; 4];
pub(super) const ONE: Element = [1, 0, 0, 0];
/// The curve's d, -121665/121666.
pub(super) const D: Element = [0x75eb_4dca_1359_78a3, 0x0070_0a4d_4141_d8ab, 0x8cc7_4079_7779_e898, 0x5203_6cee_2b6f_fe73];
/// 2d.
pub(super) const D2: Element = [0xebd6_9b94_26b2_f159, 0x00e0_149a_8283_b156, 0x198e_80f2_eef3_d130, 0x2406_d9dc_56df_fce7];
/// The nonnegative square root of -1.
pub(super) const SQRT_M1: Element = [0xc4ee_1b27_4a0e_a0b0, 0x2f43_1806_ad2f_e478, 0x2b4d_0099_3dfb_d7a7, 0x2b83_2480_4fc1_df0b];

/// Arithmetic on as many field elements at once as there are lanes.
///
/// A value of the implementing type is the proof that the machine has the instructions.
pub(super) trait Field: Copy {
    /// How many lanes, at most [`LANES_MAX`].
    const LANES: usize;
    /// A sum or difference of two carried numbers: may be multiplied.
    type Loose: Copy;
    /// May be multiplied, added and subtracted.
    type Carried: Copy + Deref<Target = Self::Loose>;
    /// A product, or a sum or difference of some.
    type Wide: Copy;
    /// Yes or no in each lane.
    type Mask: Copy;
    /// A signed digit in each lane.
    type Digit: Copy;
    /// Four numbers that stand in one lane, in a form that only the backend knows.
    type Row: Copy;
    /// Three of them.
    type Triple: Copy;

    /// Numbers below 2^255 into lanes.
    fn set(self, values: &Each<Element>) -> Self::Carried;
    /// What stands in each lane of four numbers.
    fn rows(self, parts: &[Self::Carried; 4]) -> Each<Self::Row>;
    /// Four numbers from what is to stand in each of their lanes.
    fn of_rows(self, rows: &Each<&Self::Row>) -> [Self::Carried; 4];
    /// What stands in each lane of three numbers.
    fn triples(self, parts: &[Self::Carried; 3]) -> Each<Self::Triple>;
    /// Three numbers from what is to stand in each of their lanes.
    fn of_triples(self, triples: &Each<&Self::Triple>) -> [Self::Carried; 3];
    /// One number into all lanes.
    fn splat(self, value: Element) -> Self::Carried;
    /// The numbers in the lanes, canonical.
    fn get(self, a: &Self::Carried) -> Each<Element>;
    /// A product.
    fn mul(self, a: &Self::Loose, b: &Self::Loose) -> Self::Wide;
    /// A square; of a loose number only where that is a sum.
    fn square(self, a: &Self::Loose) -> Self::Wide;
    /// The same number.
    fn widen(self, a: &Self::Carried) -> Self::Wide;
    /// A sum of at most four products in all.
    fn plus(self, a: &Self::Wide, b: &Self::Wide) -> Self::Wide;
    /// A difference; `b` is a product of a loose and a carried number, or a sum of two products of carried ones, and `a` is a
    /// sum of at most four products of carried ones, as which the square of a sum of two counts. Either may be carried.
    fn minus(self, a: &Self::Wide, b: &Self::Wide) -> Self::Wide;
    /// The same number, its limbs made small.
    fn carry(self, a: &Self::Wide) -> Self::Carried;
    /// A sum.
    fn sum(self, a: &Self::Carried, b: &Self::Carried) -> Self::Loose;
    /// A difference.
    fn difference(self, a: &Self::Carried, b: &Self::Carried) -> Self::Loose;
    /// A product, carried.
    fn product(self, a: &Self::Loose, b: &Self::Loose) -> Self::Carried;
    /// A product where code shall be small rather than fast.
    fn times(self, a: &Self::Carried, b: &Self::Carried) -> Self::Carried;
    /// Squared `count` times, at least once.
    fn squares(self, a: &Self::Carried, count: u32) -> Self::Carried;
    /// Whether the canonical form is odd (RFC 9496 calls that negative).
    fn is_negative(self, a: &Self::Carried) -> Self::Mask;
    /// Whether it is zero.
    fn is_zero(self, a: &Self::Carried) -> Self::Mask;
    /// `yes` where the mask is set, else `no`.
    fn choose(self, mask: Self::Mask, yes: &Self::Carried, no: &Self::Carried) -> Self::Carried;
    /// Whether either is set.
    fn either(self, a: Self::Mask, b: Self::Mask) -> Self::Mask;
    /// The mask as bits, lane 0 lowest; of public things only.
    fn bits(self, mask: Self::Mask) -> u8;
    /// The mask of bits, lane 0 lowest.
    fn mask(self, bits: u8) -> Self::Mask;
    /// Digits of -8 to 8 into lanes.
    fn digit(self, values: &Each<i8>) -> Self::Digit;
    /// Whether the digit has this magnitude.
    fn is_magnitude(self, digit: Self::Digit, magnitude: u8) -> Self::Mask;
    /// Whether the digit is below zero.
    fn is_digit_negative(self, digit: Self::Digit) -> Self::Mask;
}

/// a + b, carried.
#[inline(always)]
pub(super) fn added<F: Field>(f: F, a: &F::Carried, b: &F::Carried) -> F::Carried {
    f.carry(&f.plus(&f.widen(a), &f.widen(b)))
}

/// a - b, carried.
#[inline(always)]
pub(super) fn subtracted<F: Field>(f: F, a: &F::Carried, b: &F::Carried) -> F::Carried {
    f.carry(&f.minus(&f.widen(a), &f.widen(b)))
}

#[inline(always)]
pub(super) fn negated<F: Field>(f: F, a: &F::Carried) -> F::Carried {
    subtracted(f, &f.splat(ZERO), a)
}

/// a or -a, whichever is not negative.
#[inline(always)]
pub(super) fn magnitude<F: Field>(f: F, a: &F::Carried) -> F::Carried {
    f.choose(f.is_negative(a), &negated(f, a), a)
}

#[inline(always)]
pub(super) fn is_equal<F: Field>(f: F, a: &F::Carried, b: &F::Carried) -> F::Mask {
    f.is_zero(&subtracted(f, a, b))
}

/// a^(2^252 - 3), which is a^((p - 5)/8).
#[inline(always)]
pub(super) fn power_p58<F: Field>(f: F, a: &F::Carried) -> F::Carried {
    let two = f.squares(a, 1);
    let nine = f.times(&f.squares(&two, 2), a);
    let eleven = f.times(&nine, &two);
    let ones_5 = f.times(&f.squares(&eleven, 1), &nine);
    let ones_10 = f.times(&f.squares(&ones_5, 5), &ones_5);
    let ones_20 = f.times(&f.squares(&ones_10, 10), &ones_10);
    let ones_40 = f.times(&f.squares(&ones_20, 20), &ones_20);
    let ones_50 = f.times(&f.squares(&ones_40, 10), &ones_10);
    let ones_100 = f.times(&f.squares(&ones_50, 50), &ones_50);
    let ones_200 = f.times(&f.squares(&ones_100, 100), &ones_100);
    let ones_250 = f.times(&f.squares(&ones_200, 50), &ones_50);
    f.times(&f.squares(&ones_250, 2), a)
}

/// 1/a, and 0 of 0.
#[inline(always)]
pub(super) fn inverted<F: Field>(f: F, a: &F::Carried) -> F::Carried {
    let cube = f.times(&f.squares(a, 1), a);
    f.times(&f.squares(&power_p58(f, a), 3), &cube)
}

/// SQRT_RATIO_M1 of RFC 9496 4.2: whether u/v is a square, and the nonnegative root of it, or of it times the root of -1.
#[inline(always)]
pub(super) fn root_of_ratio<F: Field>(f: F, u: &F::Carried, v: &F::Carried) -> (F::Mask, F::Carried) {
    let i = f.splat(SQRT_M1);
    let v3 = f.times(&f.squares(v, 1), v);
    let v7 = f.times(&f.squares(&v3, 1), v);
    let r = f.times(&f.times(u, &v3), &power_p58(f, &f.times(u, &v7)));
    let check = f.times(v, &f.squares(&r, 1));
    let minus_u = negated(f, u);
    let is_flipped = is_equal(f, &check, &minus_u);
    let is_flipped_i = is_equal(f, &check, &f.times(&minus_u, &i));
    let r = f.choose(f.either(is_flipped, is_flipped_i), &f.times(&r, &i), &r);
    (f.either(is_equal(f, &check, u), is_flipped), magnitude(f, &r))
}

/// Work for any field; `run` is inlined to where the backend's instructions are allowed.
pub(super) trait Work {
    type Output;

    fn run<F: Field>(self, f: F) -> Self::Output;
}

/// How large limbs may be, for tests that go there.
#[cfg(test)]
pub(super) struct Limits {
    /// The bit at which each limb begins.
    pub(super) begins: &'static [u32],
    /// Greatest limbs of what is carried, even and odd ones.
    pub(super) carried: [u64; 2],
    /// Of a sum of two.
    pub(super) sum: [u64; 2],
    /// Of what is loose.
    pub(super) loose: [u64; 2],
    /// Of a product of two carried numbers.
    pub(super) product: [u64; 2],
    /// Of a product of a loose and a carried one.
    pub(super) loose_product: [u64; 2],
    /// Of whatever is wide.
    pub(super) wide: [u64; 2],
}

/// A field whose limbs tests reach.
#[cfg(test)]
pub(super) trait Inside: Field {
    const LIMITS: Limits;

    fn loose_of(self, limbs: &[Each<u64>]) -> Self::Loose;
    fn carried_of(self, limbs: &[Each<u64>]) -> Self::Carried;
    fn wide_of(self, limbs: &[Each<u64>]) -> Self::Wide;
    fn of_loose(self, a: &Self::Loose) -> Vec<Each<u64>>;
    fn of_wide(self, a: &Self::Wide) -> Vec<Each<u64>>;
}
