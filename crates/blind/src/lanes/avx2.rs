//! Four lanes of AVX2: ten limbs of 26 and 25 bits in turn, each in a word of 64.
//!
//! The instruction multiplies the low 32 bits of two words, so a factor has limbs below 2^32 even after it is multiplied by 19
//! (even limbs) or 38 (odd ones). Where two odd limbs meet, their product counts twice.
//!
//! | grade | even limbs | odd limbs |
//! |---|---|---|
//! | carried | below 2^26 + 2^18 | below 2^25 + 2^18 |
//! | sum of two | below 2^27 + 2^19 | below 2^26 + 2^19 |
//! | loose | below 3·2^26 + 2^18 | below 3·2^25 + 2^18 |
//! | product of two carried ones | below 2^59 | below 10·2^55 |
//! | product of a loose and a carried one | below 48·2^55 | below 59·2^54 |
//! | product of two loose ones | below 2^62.2 | below 2^61.5 |
//! | wide | at most 3·2^62 | at most 3·2^62 |

use core::arch::x86_64::{
    __m256i, _mm_extract_epi64, _mm256_add_epi32, _mm256_add_epi64, _mm256_and_si256, _mm256_blendv_epi8, _mm256_castsi256_pd,
    _mm256_cmpeq_epi64, _mm256_cmpgt_epi64, _mm256_extracti128_si256, _mm256_movemask_pd, _mm256_mul_epu32, _mm256_mullo_epi32,
    _mm256_or_si256, _mm256_permute2x128_si256, _mm256_set_epi64x, _mm256_set1_epi64x, _mm256_setzero_si256, _mm256_slli_epi64,
    _mm256_srli_epi64, _mm256_sub_epi64, _mm256_unpackhi_epi64, _mm256_unpacklo_epi64, _mm256_xor_si256,
};
use core::hint::black_box;

use super::field::{Each, Element, LANES_MAX};
use super::grades::grades;

pub(super) const LANES: usize = 4;
const EVEN: u64 = (1 << 26) - 1;
const ODD: u64 = (1 << 25) - 1;

/// All ones or all zeros in each lane.
pub(super) type Mask = __m256i;

/// Four numbers of a lane: their limbs, one number after the other.
pub(super) type Row = [__m256i; 10];
/// Three numbers of a lane.
pub(super) type Triple = [__m256i; 8];

grades! { Avx2, "avx2", [__m256i; 10], _mm256_setzero_si256, _mm256_add_epi64 }

/// Where each limb begins.
const BEGINS: [u32; 10] = [0, 26, 51, 77, 102, 128, 153, 179, 204, 230];

const fn low_of(limb: usize) -> u64 {
    if limb % 2 == 1 { ODD } else { EVEN }
}

const fn split(value: &Element) -> [u64; 10] {
    let mut limbs = [0; 10];
    let mut limb = 0;
    while limb < 10 {
        let (word, bit) = ((BEGINS[limb] / 64) as usize, BEGINS[limb] % 64);
        let above = if bit > 38 && word < 3 { value[word + 1] << (64 - bit) } else { 0 };
        limbs[limb] = (value[word] >> bit | above) & low_of(limb);
        limb += 1;
    }
    limbs
}

#[inline]
#[target_feature(enable = "avx2")]
fn all(value: u64) -> __m256i {
    _mm256_set1_epi64x(value.cast_signed())
}

#[inline]
#[target_feature(enable = "avx2")]
fn words(v: __m256i) -> Each<u64> {
    let mut words = [0; LANES_MAX];
    let halves = [_mm256_extracti128_si256::<0>(v), _mm256_extracti128_si256::<1>(v)];
    for (words, half) in words.chunks_exact_mut(2).zip(halves) {
        words[0] = _mm_extract_epi64::<0>(half).cast_unsigned();
        words[1] = _mm_extract_epi64::<1>(half).cast_unsigned();
    }
    words
}

#[inline]
#[target_feature(enable = "avx2")]
fn from_words(words: &Each<u64>) -> __m256i {
    let [a, b, c, d, ..] = words.map(u64::cast_signed);
    _mm256_set_epi64x(d, c, b, a)
}

#[inline]
#[target_feature(enable = "avx2")]
pub(super) fn set(values: &Each<Element>) -> Carried {
    let mut out = [_mm256_setzero_si256(); 10];
    let limbs = values.each_ref().map(split);
    for (limb, out) in out.iter_mut().enumerate() {
        *out = from_words(&limbs.each_ref().map(|limbs| limbs[limb]));
    }
    Carried(Loose(out))
}

#[inline]
#[target_feature(enable = "avx2")]
pub(super) fn rows<const N: usize, const BLOCKS: usize>(parts: &[Carried; N]) -> Each<[__m256i; BLOCKS]> {
    let mut rows = [[_mm256_setzero_si256(); BLOCKS]; LANES_MAX];
    for block in 0..BLOCKS {
        let mut columns = [_mm256_setzero_si256(); LANES];
        for (column, word) in columns.iter_mut().zip(LANES * block..10 * N) {
            *column = parts[word / 10].0.0[word % 10];
        }
        for (row, words) in rows.iter_mut().zip(transposed(columns)) {
            row[block] = words;
        }
    }
    rows
}

#[inline]
#[target_feature(enable = "avx2")]
pub(super) fn of_rows<const N: usize, const BLOCKS: usize>(rows: &Each<&[__m256i; BLOCKS]>) -> [Carried; N] {
    let mut parts = [Carried(Loose([_mm256_setzero_si256(); 10])); N];
    let [a, b, c, d, ..] = *rows;
    for block in 0..BLOCKS {
        let columns = transposed([a[block], b[block], c[block], d[block]]);
        for (column, word) in columns.into_iter().zip(LANES * block..10 * N) {
            parts[word / 10].0.0[word % 10] = column;
        }
    }
    parts
}

/// Rows for columns.
#[inline]
#[target_feature(enable = "avx2")]
fn transposed([a, b, c, d]: [__m256i; 4]) -> [__m256i; 4] {
    let (even, even_other) = (_mm256_unpacklo_epi64(a, b), _mm256_unpacklo_epi64(c, d));
    let (odd, odd_other) = (_mm256_unpackhi_epi64(a, b), _mm256_unpackhi_epi64(c, d));
    [
        _mm256_permute2x128_si256::<0x20>(even, even_other),
        _mm256_permute2x128_si256::<0x20>(odd, odd_other),
        _mm256_permute2x128_si256::<0x31>(even, even_other),
        _mm256_permute2x128_si256::<0x31>(odd, odd_other),
    ]
}

#[inline]
#[target_feature(enable = "avx2")]
pub(super) fn splat(value: Element) -> Carried {
    let mut out = [_mm256_setzero_si256(); 10];
    for (out, limb) in out.iter_mut().zip(split(&value)) {
        *out = all(limb);
    }
    Carried(Loose(out))
}

#[inline]
#[target_feature(enable = "avx2")]
pub(super) fn get(a: &Carried) -> Each<Element> {
    let mut out = [[0; 4]; LANES_MAX];
    for (limb, begin) in canonical(a).into_iter().zip(BEGINS) {
        let (word, bit) = ((begin / 64) as usize, begin % 64);
        for (out, value) in out.iter_mut().zip(words(limb)) {
            out[word] |= value << bit;
            if bit > 38 && word < 3 {
                out[word + 1] |= value >> (64 - bit);
            }
        }
    }
    out
}

/// Sums of products of limbs.
macro_rules! dot {
    ($a:ident $b:ident $(, $c:ident $d:ident)*) => {{
        let sum = _mm256_mul_epu32($a, $b);
        $(let sum = _mm256_add_epi64(sum, _mm256_mul_epu32($c, $d));)*
        sum
    }};
}

/// For limbs below 2^31, in words of 32 bits: of 64, the compiler would rather double each product than the factor.
#[inline]
#[target_feature(enable = "avx2")]
fn twice(limb: __m256i) -> __m256i {
    _mm256_add_epi32(limb, limb)
}

/// For limbs below 2^32 / 19: the product of whole words of 64 bits would be taken apart.
#[inline]
#[target_feature(enable = "avx2")]
fn nineteen(limb: __m256i) -> __m256i {
    _mm256_mullo_epi32(limb, all(19))
}

/// Makes the compiler align the stack of a function, of which this is a local. It cannot when it finds that registers do not do, so
/// that what is put aside would lie across cache lines and, at some depths of the stack, across pages: a product then took twice
/// its time.
#[repr(align(64))]
struct Aligning {
    _room: __m256i,
}

#[inline]
#[target_feature(enable = "avx2")]
fn align_stack() {
    black_box(&Aligning { _room: _mm256_setzero_si256() });
}

/// Limb i times limb j weighs as much as limb i + j, or 19 times limb i + j - 10. Of `a` there are `t`, twice, of `b` there are
/// `n`, 19 times.
#[inline]
#[target_feature(enable = "avx2")]
pub(super) fn mul(a: &Loose, b: &Loose) -> Wide {
    align_stack();
    let [a0, a1, a2, a3, a4, a5, a6, a7, a8, a9] = a.0;
    let [b0, b1, b2, b3, b4, b5, b6, b7, b8, b9] = b.0;
    let [t1, t3, t5, t7, t9] = [twice(a1), twice(a3), twice(a5), twice(a7), twice(a9)];
    let [n1, n2, n3, n4, n5] = [nineteen(b1), nineteen(b2), nineteen(b3), nineteen(b4), nineteen(b5)];
    let [n6, n7, n8, n9] = [nineteen(b6), nineteen(b7), nineteen(b8), nineteen(b9)];
    let sums = [_mm256_setzero_si256(); 10];
    let sums = row(sums, [a0, a0], b.0);
    let sums = row(sums, [t1, a1], [n9, b0, b1, b2, b3, b4, b5, b6, b7, b8]);
    let sums = row(sums, [a2, a2], [n8, n9, b0, b1, b2, b3, b4, b5, b6, b7]);
    let sums = row(sums, [t3, a3], [n7, n8, n9, b0, b1, b2, b3, b4, b5, b6]);
    let sums = row(sums, [a4, a4], [n6, n7, n8, n9, b0, b1, b2, b3, b4, b5]);
    let sums = row(sums, [t5, a5], [n5, n6, n7, n8, n9, b0, b1, b2, b3, b4]);
    let sums = row(sums, [a6, a6], [n4, n5, n6, n7, n8, n9, b0, b1, b2, b3]);
    let sums = row(sums, [t7, a7], [n3, n4, n5, n6, n7, n8, n9, b0, b1, b2]);
    let sums = row(sums, [a8, a8], [n2, n3, n4, n5, n6, n7, n8, n9, b0, b1]);
    let sums = row(sums, [t9, a9], [n1, n2, n3, n4, n5, n6, n7, n8, n9, b0]);
    Wide(sums)
}

/// A limb times ten, added: by `even` to even sums, by `odd` to odd ones.
#[inline]
#[target_feature(enable = "avx2")]
fn row(mut sums: [__m256i; 10], [even, odd]: [__m256i; 2], limbs: [__m256i; 10]) -> [__m256i; 10] {
    for (k, (sum, limb)) in sums.iter_mut().zip(limbs).enumerate() {
        let factor = if k % 2 == 1 { odd } else { even };
        *sum = _mm256_add_epi64(*sum, _mm256_mul_epu32(factor, limb));
    }
    sums
}

/// As [`mul`], with each product of two different limbs made once and counted twice. There are `t`, twice, `n`, 19 times, and
/// `m`, 38 times a limb; of odd limbs that is below 2^32, as the number is carried or a sum of two such.
#[inline]
#[target_feature(enable = "avx2")]
pub(super) fn square(a: &Loose) -> Wide {
    align_stack();
    let [a0, a1, a2, a3, a4, a5, a6, a7, a8, a9] = a.0;
    let [t0, t1, t2, t3, t4] = [twice(a0), twice(a1), twice(a2), twice(a3), twice(a4)];
    let [t5, t6, t7, t8, t9] = [twice(a5), twice(a6), twice(a7), twice(a8), twice(a9)];
    let [n6, n8] = [nineteen(a6), nineteen(a8)];
    let [m5, m7, m9] = [nineteen(t5), nineteen(t7), nineteen(t9)];
    let [n7, n9] = [nineteen(a7), nineteen(a9)];
    Wide([
        dot!(a0 a0, t1 m9, t2 n8, t3 m7, t4 n6, a5 m5),
        dot!(t0 a1, t2 n9, t3 n8, t4 n7, t5 n6),
        dot!(t0 a2, a1 t1, t3 m9, t4 n8, t5 m7, a6 n6),
        dot!(t0 a3, t1 a2, t4 n9, t5 n8, t6 n7),
        dot!(t0 a4, t1 t3, a2 a2, t5 m9, t6 n8, a7 m7),
        dot!(t0 a5, t1 a4, t2 a3, t6 n9, t7 n8),
        dot!(t0 a6, t1 t5, t2 a4, a3 t3, t7 m9, a8 n8),
        dot!(t0 a7, t1 a6, t2 a5, t3 a4, t8 n9),
        dot!(t0 a8, t1 t7, t2 a6, t3 t5, a4 a4, a9 m9),
        dot!(t0 a9, t1 a8, t2 a7, t3 a6, t4 a5),
    ])
}

/// A multiple of p is added, `shift` bits up.
#[inline]
#[target_feature(enable = "avx2")]
fn less(a: &[__m256i; 10], b: &[__m256i; 10], shift: u32) -> [__m256i; 10] {
    let mut out = *a;
    for (limb, (out, b)) in out.iter_mut().zip(b).enumerate() {
        let of_p = if limb == 0 { EVEN - 18 } else { low_of(limb) };
        *out = _mm256_sub_epi64(_mm256_add_epi64(*out, all(of_p << shift)), *b);
    }
    out
}

/// 2^35 p is added, whose even limbs are above 2^60.9 and odd ones above 2^59.9: `b` is below that.
#[inline]
#[target_feature(enable = "avx2")]
pub(super) fn minus(a: &Wide, b: &Wide) -> Wide {
    Wide(less(&a.0, &b.0, 35))
}

/// From at most 3·2^62 to below 2^26 (even limbs) and 2^25 (odd ones), but limbs 1 and 5, which may be 2^17 more.
///
/// Two chains, each limb into the next: from limb 0, and from limb 4, which gets limb 3's afterwards.
#[inline]
#[target_feature(enable = "avx2")]
pub(super) fn carry(a: &Wide) -> Carried {
    let mut limbs = a.0;
    for limb in [0, 4, 1, 5, 2, 6, 3, 7, 4, 8] {
        let over = taken(&mut limbs, limb);
        limbs[limb + 1] = _mm256_add_epi64(limbs[limb + 1], over);
    }
    let over = taken(&mut limbs, 9);
    // The shifts are for what a product of 32 bits has no room for.
    let three = _mm256_add_epi64(_mm256_add_epi64(over, over), over);
    limbs[0] = _mm256_add_epi64(limbs[0], _mm256_add_epi64(_mm256_slli_epi64::<4>(over), three));
    let over = taken(&mut limbs, 0);
    limbs[1] = _mm256_add_epi64(limbs[1], over);
    Carried(Loose(limbs))
}

/// Takes from a limb what belongs into the next.
#[inline]
#[target_feature(enable = "avx2")]
fn taken(limbs: &mut [__m256i; 10], limb: usize) -> __m256i {
    let whole = limbs[limb];
    limbs[limb] = _mm256_and_si256(whole, all(low_of(limb)));
    high(whole, limb)
}

/// What of a value of a limb belongs into the next.
#[inline]
#[target_feature(enable = "avx2")]
fn high(value: __m256i, limb: usize) -> __m256i {
    if limb % 2 == 1 { _mm256_srli_epi64::<25>(value) } else { _mm256_srli_epi64::<26>(value) }
}

#[inline]
#[target_feature(enable = "avx2")]
pub(super) fn sum(a: &Carried, b: &Carried) -> Loose {
    Loose(plus(&widen(a), &widen(b)).0)
}

/// 2p is added, whose limbs are above those of `b`.
#[inline]
#[target_feature(enable = "avx2")]
pub(super) fn difference(a: &Carried, b: &Carried) -> Loose {
    Loose(less(&a.0.0, &b.0.0, 1))
}

/// Limbs of 26 and 25 bits, the number below p. Carried numbers are below 2p.
#[inline]
#[target_feature(enable = "avx2")]
fn canonical(a: &Carried) -> [__m256i; 10] {
    let mut limbs = a.0.0;
    // Whether 19 more would reach 2^255: then p is taken away once.
    let mut over = all(19);
    for (limb, value) in limbs.into_iter().enumerate() {
        over = high(_mm256_add_epi64(value, over), limb);
    }
    let mut over = nineteen(over);
    for limb in 0..10 {
        limbs[limb] = _mm256_add_epi64(limbs[limb], over);
        over = taken(&mut limbs, limb);
    }
    limbs
}

#[inline]
#[target_feature(enable = "avx2")]
pub(super) fn is_negative(a: &Carried) -> Mask {
    let one = all(1);
    _mm256_cmpeq_epi64(_mm256_and_si256(canonical(a)[0], one), one)
}

#[inline]
#[target_feature(enable = "avx2")]
pub(super) fn is_zero(a: &Carried) -> Mask {
    let any = canonical(a).into_iter().fold(_mm256_setzero_si256(), |any, limb| _mm256_or_si256(any, limb));
    _mm256_cmpeq_epi64(any, _mm256_setzero_si256())
}

#[inline]
#[target_feature(enable = "avx2")]
pub(super) fn choose(mask: Mask, yes: &Carried, no: &Carried) -> Carried {
    let mut out = no.0.0;
    for (out, yes) in out.iter_mut().zip(yes.0.0) {
        *out = _mm256_blendv_epi8(*out, yes, mask);
    }
    Carried(Loose(out))
}

#[inline]
#[target_feature(enable = "avx2")]
pub(super) fn either(a: Mask, b: Mask) -> Mask {
    _mm256_or_si256(a, b)
}

#[inline]
#[target_feature(enable = "avx2")]
pub(super) fn bits(mask: Mask) -> u8 {
    _mm256_movemask_pd(_mm256_castsi256_pd(mask)) as u8
}

#[inline]
#[target_feature(enable = "avx2")]
pub(super) fn mask(bits: u8) -> Mask {
    let each = _mm256_set_epi64x(8, 4, 2, 1);
    _mm256_cmpeq_epi64(_mm256_and_si256(all(bits.into()), each), each)
}

#[inline]
#[target_feature(enable = "avx2")]
pub(super) fn digit(values: &Each<i8>) -> Digit {
    let values = from_words(&values.map(|value| i64::from(value).cast_unsigned()));
    let negative = _mm256_cmpgt_epi64(_mm256_setzero_si256(), values);
    Digit { magnitude: _mm256_sub_epi64(_mm256_xor_si256(values, negative), negative), negative }
}

#[inline]
#[target_feature(enable = "avx2")]
pub(super) fn is_magnitude(digit: Digit, magnitude: u8) -> Mask {
    _mm256_cmpeq_epi64(digit.magnitude, all(magnitude.into()))
}

/// The table above, as numbers.
#[cfg(test)]
pub(super) const LIMITS: super::field::Limits = super::field::Limits {
    begins: &BEGINS,
    carried: [(1 << 26) + (1 << 18), (1 << 25) + (1 << 18)],
    sum: [(1 << 27) + (1 << 19), (1 << 26) + (1 << 19)],
    loose: [3 * (1 << 26) + (1 << 18), 3 * (1 << 25) + (1 << 18)],
    product: [1 << 59, 10 << 55],
    loose_product: [48 << 55, 59 << 54],
    wide: [3 << 62, 3 << 62],
};
