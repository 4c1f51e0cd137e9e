//! Multiplying in lanes, by scalars that may be secret: mostly every point by the same.
//!
//! The scalar is cut into signed digits of four bits. A digit is looked for in the whole table of multiples of a point, with a mask
//! in each lane, so that neither time nor memory depends on it; that the lanes of a secret scalar all hold the same digit is
//! hidden from the compiler, which might else make a branch of it.

use core::hint::black_box;

use curve25519_dalek::Scalar;
use zeroize::Zeroizing;

use super::field::{Each, Field, LANES_MAX};
use super::point::{Cached, Completed, Point};

/// Digits of a scalar below 2^253.
const DIGITS: usize = 64;
/// Greatest magnitude of a digit.
const TABLE: usize = 8;

/// The digits of the scalar of each lane, the lowest first. Wiped on drop.
pub(crate) struct Digits(Zeroizing<Vec<Each<i8>>>);

impl Digits {
    /// Of a scalar in its 32 bytes, below 2^253.
    pub(crate) fn new(scalar: &[u8; 32]) -> Self {
        let mut digits = Zeroizing::new(vec![[0; LANES_MAX]; DIGITS]);
        let mut over = 0;
        for (place, digits) in digits.iter_mut().enumerate() {
            let (digit, next) = recoded(scalar[place / 2] >> (4 * (place % 2)), over);
            *digits = [digit; LANES_MAX];
            over = next;
        }
        Self(black_box(digits))
    }

    /// Of a scalar for each of the first lanes, and 0 for the others.
    pub(super) fn of_each<'a>(scalars: impl Iterator<Item = &'a Scalar>) -> Self {
        let mut digits = Zeroizing::new(vec![[0; LANES_MAX]; DIGITS]);
        for (lane, scalar) in scalars.enumerate() {
            let bytes = Zeroizing::new(scalar.to_bytes());
            let mut over = 0;
            for (place, digits) in digits.iter_mut().enumerate() {
                (digits[lane], over) = recoded(bytes[place / 2] >> (4 * (place % 2)), over);
            }
        }
        Self(digits)
    }
}

/// The low four bits and what was carried as a digit of -8 to 7, and what is carried on.
const fn recoded(bits: u8, over: u8) -> (i8, u8) {
    let value = (bits & 0xf) + over;
    let next = (value + 8) >> 4;
    ((value as i8) - ((next << 4) as i8), next)
}

/// One to eight times a point.
#[inline(always)]
fn table<F: Field>(f: F, point: &Point<F>) -> [Cached<F>; TABLE] {
    let one = point.cached(f);
    let mut table = [one; TABLE];
    let mut multiple = *point;
    for entry in &mut table[1..] {
        multiple = multiple.add(f, &one, None).point(f);
        *entry = multiple.cached(f);
    }
    table
}

/// The multiple of a digit's magnitude.
#[inline(always)]
fn looked_up<F: Field>(f: F, table: &[Cached<F>; TABLE], digit: F::Digit) -> Cached<F> {
    let mut found = Cached::identity(f);
    for (magnitude, entry) in (1..).zip(table) {
        found.parts.plus = f.choose(f.is_magnitude(digit, magnitude), &entry.parts.plus, &found.parts.plus);
    }
    for (magnitude, entry) in (1..).zip(table) {
        found.parts.minus = f.choose(f.is_magnitude(digit, magnitude), &entry.parts.minus, &found.parts.minus);
    }
    for (magnitude, entry) in (1..).zip(table) {
        found.z2 = f.choose(f.is_magnitude(digit, magnitude), &entry.z2, &found.z2);
    }
    for (magnitude, entry) in (1..).zip(table) {
        found.parts.t2d = f.choose(f.is_magnitude(digit, magnitude), &entry.parts.t2d, &found.parts.t2d);
    }
    found
}

/// 2^`doublings` times a point.
#[inline(always)]
pub(super) fn doubled<F: Field>(f: F, point: &Completed<F>, doublings: u32) -> Completed<F> {
    let mut point = *point;
    for _ in 0..doublings {
        point = point.projective(f).double(f);
    }
    point
}

/// Points times a scalar.
#[inline(always)]
pub(super) fn multiplied<F: Field>(f: F, point: &Point<F>, digits: &Digits) -> Point<F> {
    let table = table(f, point);
    let mut sum = Point::identity(f).add(f, &Cached::identity(f), None);
    for digit in digits.0.iter().rev() {
        let digit = f.digit(digit);
        let entry = looked_up(f, &table, digit);
        sum = doubled(f, &sum, 4).point(f).add(f, &entry, Some(f.is_digit_negative(digit)));
    }
    sum.point(f)
}
