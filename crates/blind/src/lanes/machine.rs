//! The vector instructions of the machine that it runs on: the one place of this crate with unsafe code.
//!
//! [`Ifma`] and [`Avx2`] exist only where the machine was asked for the instructions and has them. That is what makes it sound
//! to call what is compiled for them, and nothing else here is unsafe.
#![expect(unsafe_code, reason = "vector instructions are called only where the machine has them")]

use super::field::{Each, Element, Field, Work};
use super::{avx2, ifma};

/// The machine has AVX-512F, DQ and IFMA.
#[derive(Clone, Copy)]
pub(crate) struct Ifma(());

/// The machine has AVX2.
#[derive(Clone, Copy)]
pub(crate) struct Avx2(());

impl Ifma {
    pub(super) fn found() -> Option<Self> {
        use std::arch::is_x86_feature_detected as has;
        (has!("avx512f") && has!("avx512dq") && has!("avx512ifma")).then_some(Self(()))
    }

    pub(super) fn work<W: Work>(self, work: W) -> W::Output {
        // SAFETY: a value of this type exists only where the machine has the instructions.
        unsafe { ifma::work(self, work) }
    }
}

impl Avx2 {
    pub(super) fn found() -> Option<Self> {
        std::arch::is_x86_feature_detected!("avx2").then_some(Self(()))
    }

    pub(super) fn work<W: Work>(self, work: W) -> W::Output {
        // SAFETY: a value of this type exists only where the machine has the instructions.
        unsafe { avx2::work(self, work) }
    }
}

/// Functions of a module as the methods of a field, inlined always or never.
///
/// Those that are large are never: the attribute says nothing on a function of its own instructions, but into one that is compiled
/// for any machine nothing of them can be inlined. Code stays small, and few values are kept beside each other.
macro_rules! leaves {
    ($inlined:ident, $module:ident: $($name:ident($($given:ident: $type:ty),*) -> $out:ty;)+) => {$(
        #[inline($inlined)]
        fn $name(self, $($given: $type),*) -> $out {
            // SAFETY: a value of this type exists only where the machine has the instructions.
            unsafe { $module::$name($($given),*) }
        }
    )+};
}

macro_rules! field {
    ($token:ident, $module:ident, $products:ident) => {
        impl Field for $token {
            const LANES: usize = $module::LANES;
            type Loose = $module::Loose;
            type Carried = $module::Carried;
            type Wide = $module::Wide;
            type Mask = $module::Mask;
            type Digit = $module::Digit;
            type Row = $module::Row;
            type Triple = $module::Triple;

            leaves! { always, $module:
                set(values: &Each<Element>) -> Self::Carried;
                splat(value: Element) -> Self::Carried;
                widen(a: &Self::Carried) -> Self::Wide;
                plus(a: &Self::Wide, b: &Self::Wide) -> Self::Wide;
                minus(a: &Self::Wide, b: &Self::Wide) -> Self::Wide;
                carry(a: &Self::Wide) -> Self::Carried;
                sum(a: &Self::Carried, b: &Self::Carried) -> Self::Loose;
                difference(a: &Self::Carried, b: &Self::Carried) -> Self::Loose;
                choose(mask: Self::Mask, yes: &Self::Carried, no: &Self::Carried) -> Self::Carried;
                either(a: Self::Mask, b: Self::Mask) -> Self::Mask;
                bits(mask: Self::Mask) -> u8;
                mask(bits: u8) -> Self::Mask;
                digit(values: &Each<i8>) -> Self::Digit;
                is_magnitude(digit: Self::Digit, magnitude: u8) -> Self::Mask;
                is_digit_negative(digit: Self::Digit) -> Self::Mask;
            }
            leaves! { $products, $module:
                mul(a: &Self::Loose, b: &Self::Loose) -> Self::Wide;
                square(a: &Self::Loose) -> Self::Wide;
                product(a: &Self::Loose, b: &Self::Loose) -> Self::Carried;
            }
            leaves! { never, $module:
                get(a: &Self::Carried) -> Each<Element>;
                rows(parts: &[Self::Carried; 4]) -> Each<Self::Row>;
                of_rows(rows: &Each<&Self::Row>) -> [Self::Carried; 4];
                triples(parts: &[Self::Carried; 3]) -> Each<Self::Triple>;
                of_triples(triples: &Each<&Self::Triple>) -> [Self::Carried; 3];
                times(a: &Self::Carried, b: &Self::Carried) -> Self::Carried;
                squares(a: &Self::Carried, count: u32) -> Self::Carried;
                is_negative(a: &Self::Carried) -> Self::Mask;
                is_zero(a: &Self::Carried) -> Self::Mask;
            }
        }
    };
}
field!(Ifma, ifma, always);
field!(Avx2, avx2, never);

#[cfg(test)]
macro_rules! limbs {
    ($token:ident, $module:ident) => {
        impl super::field::Inside for $token {
            const LIMITS: super::field::Limits = $module::LIMITS;

            fn loose_of(self, limbs: &[Each<u64>]) -> Self::Loose {
                // SAFETY: a value of this type exists only where the machine has the instructions.
                unsafe { $module::vectors(limbs) }
            }

            fn carried_of(self, limbs: &[Each<u64>]) -> Self::Carried {
                $module::Carried(self.loose_of(limbs))
            }

            fn wide_of(self, limbs: &[Each<u64>]) -> Self::Wide {
                $module::Wide(self.loose_of(limbs).0)
            }

            fn of_loose(self, a: &Self::Loose) -> Vec<Each<u64>> {
                // SAFETY: a value of this type exists only where the machine has the instructions.
                unsafe { $module::limbs_of(a) }
            }

            fn of_wide(self, a: &Self::Wide) -> Vec<Each<u64>> {
                self.of_loose(&$module::Loose(a.0))
            }
        }
    };
}
#[cfg(test)]
limbs!(Ifma, ifma);
#[cfg(test)]
limbs!(Avx2, avx2);
