//! What every backend writes down in the same way: the grades of numbers as limbs, and what is made of its own operations alone.
//! The instructions stand in an attribute of each function, which only a macro can fill in.

/// Of a backend's token: its instructions, its limbs, its zero and its addition of vectors. It has `mul`, `square`, `carry`, `rows`,
/// `of_rows`, `Mask`, `Triple` and, for tests, `words` and `from_words` of its own.
macro_rules! grades {
    ($token:ident, $features:literal, [$vector:ty; $limbs:literal], $zero:ident, $add:ident) => {
        /// Limbs of a factor.
        #[derive(Clone, Copy)]
        pub(super) struct Loose(pub(super) [$vector; $limbs]);

        /// Limbs of a factor, carried.
        #[derive(Clone, Copy)]
        pub(super) struct Carried(pub(super) Loose);

        /// Limbs of a product.
        #[derive(Clone, Copy)]
        pub(super) struct Wide(pub(super) [$vector; $limbs]);

        /// Digits: their magnitudes, and which are below zero.
        #[derive(Clone, Copy)]
        pub(super) struct Digit {
            magnitude: $vector,
            negative: Mask,
        }

        impl core::ops::Deref for Carried {
            type Target = Loose;

            #[inline(always)]
            fn deref(&self) -> &Loose {
                &self.0
            }
        }

        /// Does work by these lanes.
        #[target_feature(enable = $features)]
        pub(super) fn work<W: super::field::Work>(f: super::machine::$token, work: W) -> W::Output {
            work.run(f)
        }

        #[inline]
        #[target_feature(enable = $features)]
        pub(super) fn widen(a: &Carried) -> Wide {
            Wide(a.0.0)
        }

        #[inline]
        #[target_feature(enable = $features)]
        pub(super) fn plus(a: &Wide, b: &Wide) -> Wide {
            let mut out = a.0;
            for (out, b) in out.iter_mut().zip(b.0) {
                *out = $add(*out, b);
            }
            Wide(out)
        }

        #[inline]
        #[target_feature(enable = $features)]
        pub(super) fn triples(parts: &[Carried; 3]) -> Each<Triple> {
            rows(parts)
        }

        #[inline]
        #[target_feature(enable = $features)]
        pub(super) fn of_triples(triples: &Each<&Triple>) -> [Carried; 3] {
            of_rows(triples)
        }

        #[inline]
        #[target_feature(enable = $features)]
        pub(super) fn product(a: &Loose, b: &Loose) -> Carried {
            carry(&mul(a, b))
        }

        #[inline]
        #[target_feature(enable = $features)]
        pub(super) fn times(a: &Carried, b: &Carried) -> Carried {
            product(a, b)
        }

        #[inline]
        #[target_feature(enable = $features)]
        pub(super) fn squares(a: &Carried, count: u32) -> Carried {
            let mut a = *a;
            for _ in 0..count {
                a = carry(&square(&a));
            }
            a
        }

        #[inline]
        #[target_feature(enable = $features)]
        pub(super) fn is_digit_negative(digit: Digit) -> Mask {
            digit.negative
        }

        #[cfg(test)]
        #[target_feature(enable = $features)]
        pub(super) fn vectors(limbs: &[Each<u64>]) -> Loose {
            let mut out = [$zero(); $limbs];
            for (out, limb) in out.iter_mut().zip(limbs) {
                *out = from_words(limb);
            }
            Loose(out)
        }

        #[cfg(test)]
        #[target_feature(enable = $features)]
        pub(super) fn limbs_of(a: &Loose) -> Vec<Each<u64>> {
            let mut limbs = Vec::new();
            for limb in a.0 {
                limbs.push(words(limb));
            }
            limbs
        }
    };
}
pub(super) use grades;
