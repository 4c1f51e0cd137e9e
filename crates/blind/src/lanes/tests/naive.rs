//! The field one number at a time, as one learns it at school: what the lanes are compared with, and a field of one lane for the
//! formulas above it, on every machine.

use core::ops::Deref;

use crate::lanes::field::{Each, Element, Field, LANES_MAX, ZERO};

/// p = 2^255 - 19.
pub(super) const P: Element = [u64::MAX - 18, u64::MAX, u64::MAX, u64::MAX >> 1];

/// One lane.
#[derive(Clone, Copy)]
pub(super) struct Naive;

#[derive(Clone, Copy)]
pub(super) struct Number(pub(super) Element);

impl Deref for Number {
    type Target = Element;

    fn deref(&self) -> &Element {
        &self.0
    }
}

/// The sum and what is carried out of it.
fn long_sum(a: &Element, b: &Element) -> (Element, u64) {
    let (mut out, mut over) = (ZERO, 0);
    for (out, (a, b)) in out.iter_mut().zip(a.iter().zip(b)) {
        let sum = u128::from(*a) + u128::from(*b) + over;
        *out = sum as u64;
        over = sum >> 64;
    }
    (out, over as u64)
}

/// Below p, of any number of four words.
pub(super) fn reduced(a: &Element) -> Element {
    let mut a = *a;
    while !is_below(&a, &P) {
        let complement = P.map(|word| !word);
        a = long_sum(&long_sum(&a, &complement).0, &[1, 0, 0, 0]).0;
    }
    a
}

fn is_below(a: &Element, b: &Element) -> bool {
    a.iter().rev().lt(b.iter().rev())
}

pub(super) fn sum(a: &Element, b: &Element) -> Element {
    // Neither is above 2^255, so nothing is carried out.
    reduced(&long_sum(&reduced(a), &reduced(b)).0)
}

pub(super) fn negated(a: &Element) -> Element {
    let complement = reduced(a).map(|word| !word);
    reduced(&long_sum(&long_sum(&P, &complement).0, &[1, 0, 0, 0]).0)
}

/// Doubling and adding, bit by bit.
pub(super) fn product(a: &Element, b: &Element) -> Element {
    let mut out = ZERO;
    for bit in (0..256).rev() {
        out = sum(&out, &out);
        if b[bit / 64] >> (bit % 64) & 1 == 1 {
            out = sum(&out, a);
        }
    }
    out
}

impl Field for Naive {
    const LANES: usize = 1;
    type Loose = Element;
    type Carried = Number;
    type Wide = Element;
    type Mask = bool;
    type Digit = i8;
    type Row = [Number; 4];
    type Triple = [Number; 3];

    fn set(self, values: &Each<Element>) -> Number {
        Number(reduced(&values[0]))
    }

    fn rows(self, parts: &[Number; 4]) -> Each<[Number; 4]> {
        [*parts; LANES_MAX]
    }

    fn of_rows(self, rows: &Each<&[Number; 4]>) -> [Number; 4] {
        *rows[0]
    }

    fn triples(self, parts: &[Number; 3]) -> Each<[Number; 3]> {
        [*parts; LANES_MAX]
    }

    fn of_triples(self, triples: &Each<&[Number; 3]>) -> [Number; 3] {
        *triples[0]
    }

    fn splat(self, value: Element) -> Number {
        Number(reduced(&value))
    }

    fn get(self, a: &Number) -> Each<Element> {
        [a.0; LANES_MAX]
    }

    fn mul(self, a: &Element, b: &Element) -> Element {
        product(a, b)
    }

    fn square(self, a: &Element) -> Element {
        product(a, a)
    }

    fn widen(self, a: &Number) -> Element {
        a.0
    }

    fn plus(self, a: &Element, b: &Element) -> Element {
        sum(a, b)
    }

    fn minus(self, a: &Element, b: &Element) -> Element {
        sum(a, &negated(b))
    }

    fn carry(self, a: &Element) -> Number {
        Number(*a)
    }

    fn sum(self, a: &Number, b: &Number) -> Element {
        sum(a, b)
    }

    fn difference(self, a: &Number, b: &Number) -> Element {
        sum(a, &negated(b))
    }

    fn product(self, a: &Element, b: &Element) -> Number {
        Number(product(a, b))
    }

    fn times(self, a: &Number, b: &Number) -> Number {
        Number(product(a, b))
    }

    fn squares(self, a: &Number, count: u32) -> Number {
        (0..count).fold(*a, |a, _| Number(product(&a, &a)))
    }

    fn is_negative(self, a: &Number) -> bool {
        a.0[0] % 2 == 1
    }

    fn is_zero(self, a: &Number) -> bool {
        a.0 == ZERO
    }

    fn choose(self, mask: bool, yes: &Number, no: &Number) -> Number {
        if mask { *yes } else { *no }
    }

    fn either(self, a: bool, b: bool) -> bool {
        a | b
    }

    fn bits(self, mask: bool) -> u8 {
        mask.into()
    }

    fn mask(self, bits: u8) -> bool {
        bits & 1 == 1
    }

    fn digit(self, values: &Each<i8>) -> i8 {
        values[0]
    }

    fn is_magnitude(self, digit: i8, magnitude: u8) -> bool {
        digit.unsigned_abs() == magnitude
    }

    fn is_digit_negative(self, digit: i8) -> bool {
        digit < 0
    }
}
