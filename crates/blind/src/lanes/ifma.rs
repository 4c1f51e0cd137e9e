//! Eight lanes of AVX-512 IFMA: five limbs of 51 bits, each in a word of 64.
//!
//! A factor has limbs below 2^52, for the instructions multiply the low 52 bits of a word and give the low or the high 52 bits
//! of the product. As limbs weigh 51 bits, a high half counts twice.
//!
//! | grade | limbs |
//! |---|---|
//! | carried, and loose (which is carried too) | below 2^51 + 2^18 |
//! | product of two of them | below 2^59 |
//! | wide | below 2^63 |

use core::arch::x86_64::{
    __m512i, __mmask8, _mm_extract_epi64, _mm256_extracti128_si256, _mm512_abs_epi64, _mm512_add_epi64, _mm512_and_si512,
    _mm512_cmpeq_epi64_mask, _mm512_cmplt_epi64_mask, _mm512_extracti64x4_epi64, _mm512_madd52hi_epu64, _mm512_madd52lo_epu64,
    _mm512_mask_blend_epi64, _mm512_or_si512, _mm512_set_epi64, _mm512_set1_epi64, _mm512_setzero_si512, _mm512_shuffle_i64x2,
    _mm512_slli_epi64, _mm512_srli_epi64, _mm512_sub_epi64, _mm512_test_epi64_mask, _mm512_testn_epi64_mask,
    _mm512_unpackhi_epi64, _mm512_unpacklo_epi64,
};

use super::field::{Each, Element, LANES_MAX};
use super::grades::grades;

pub(super) const LANES: usize = 8;
const BITS: u32 = 51;
const LOW: u64 = (1 << BITS) - 1;

pub(super) type Mask = __mmask8;

/// Four numbers of a lane: their limbs, one number after the other.
pub(super) type Row = [__m512i; 3];
/// Three numbers of a lane.
pub(super) type Triple = [__m512i; 2];

grades! { Ifma, "avx512f,avx512dq,avx512ifma", [__m512i; 5], _mm512_setzero_si512, _mm512_add_epi64 }

const fn split(value: &Element) -> [u64; 5] {
    let [a, b, c, d] = *value;
    [a & LOW, (a >> 51 | b << 13) & LOW, (b >> 38 | c << 26) & LOW, (c >> 25 | d << 39) & LOW, (d >> 12) & LOW]
}

#[inline]
#[target_feature(enable = "avx512f,avx512dq,avx512ifma")]
fn all(value: u64) -> __m512i {
    _mm512_set1_epi64(value.cast_signed())
}

#[inline]
#[target_feature(enable = "avx512f,avx512dq,avx512ifma")]
fn words(v: __m512i) -> Each<u64> {
    let mut words = [0; LANES_MAX];
    let halves = [_mm512_extracti64x4_epi64::<0>(v), _mm512_extracti64x4_epi64::<1>(v)];
    for (words, half) in words.chunks_exact_mut(4).zip(halves) {
        let quarters = [_mm256_extracti128_si256::<0>(half), _mm256_extracti128_si256::<1>(half)];
        for (words, quarter) in words.chunks_exact_mut(2).zip(quarters) {
            words[0] = _mm_extract_epi64::<0>(quarter).cast_unsigned();
            words[1] = _mm_extract_epi64::<1>(quarter).cast_unsigned();
        }
    }
    words
}

#[inline]
#[target_feature(enable = "avx512f,avx512dq,avx512ifma")]
fn from_words(words: &Each<u64>) -> __m512i {
    let [a, b, c, d, e, f, g, h] = words.map(u64::cast_signed);
    _mm512_set_epi64(h, g, f, e, d, c, b, a)
}

#[inline]
#[target_feature(enable = "avx512f,avx512dq,avx512ifma")]
pub(super) fn set(values: &Each<Element>) -> Carried {
    let mut out = [_mm512_setzero_si512(); 5];
    let limbs = values.each_ref().map(split);
    for (limb, out) in out.iter_mut().enumerate() {
        *out = from_words(&limbs.each_ref().map(|limbs| limbs[limb]));
    }
    Carried(Loose(out))
}

#[inline]
#[target_feature(enable = "avx512f,avx512dq,avx512ifma")]
pub(super) fn rows<const N: usize, const BLOCKS: usize>(parts: &[Carried; N]) -> Each<[__m512i; BLOCKS]> {
    let mut rows = [[_mm512_setzero_si512(); BLOCKS]; LANES];
    for block in 0..BLOCKS {
        let mut columns = [_mm512_setzero_si512(); LANES];
        for (column, word) in columns.iter_mut().zip(LANES * block..5 * N) {
            *column = parts[word / 5].0.0[word % 5];
        }
        for (row, words) in rows.iter_mut().zip(transposed(&columns)) {
            row[block] = words;
        }
    }
    rows
}

#[inline]
#[target_feature(enable = "avx512f,avx512dq,avx512ifma")]
pub(super) fn of_rows<const N: usize, const BLOCKS: usize>(rows: &Each<&[__m512i; BLOCKS]>) -> [Carried; N] {
    let mut parts = [Carried(Loose([_mm512_setzero_si512(); 5])); N];
    let [a, b, c, d, e, f, g, h] = *rows;
    for block in 0..BLOCKS {
        let of_block = [a[block], b[block], c[block], d[block], e[block], f[block], g[block], h[block]];
        let columns = transposed(&of_block);
        for (column, word) in columns.into_iter().zip(LANES * block..5 * N) {
            parts[word / 5].0.0[word % 5] = column;
        }
    }
    parts
}

/// Rows for columns.
#[inline]
#[target_feature(enable = "avx512f,avx512dq,avx512ifma")]
fn transposed(rows: &[__m512i; 8]) -> [__m512i; 8] {
    let [a, b, c, d, e, f, g, h] = *rows;
    let even = quarters([
        _mm512_unpacklo_epi64(a, b),
        _mm512_unpacklo_epi64(c, d),
        _mm512_unpacklo_epi64(e, f),
        _mm512_unpacklo_epi64(g, h),
    ]);
    let odd = quarters([
        _mm512_unpackhi_epi64(a, b),
        _mm512_unpackhi_epi64(c, d),
        _mm512_unpackhi_epi64(e, f),
        _mm512_unpackhi_epi64(g, h),
    ]);
    [even[0], odd[0], even[1], odd[1], even[2], odd[2], even[3], odd[3]]
}

/// The first quarters of four vectors, the second ones, the third, the fourth.
#[inline]
#[target_feature(enable = "avx512f,avx512dq,avx512ifma")]
fn quarters([a, b, c, d]: [__m512i; 4]) -> [__m512i; 4] {
    // Of both vectors the first and the third quarter, or the second and the fourth.
    let (left, right) = (_mm512_shuffle_i64x2::<0x88>(a, b), _mm512_shuffle_i64x2::<0x88>(c, d));
    let (left_other, right_other) = (_mm512_shuffle_i64x2::<0xdd>(a, b), _mm512_shuffle_i64x2::<0xdd>(c, d));
    [
        _mm512_shuffle_i64x2::<0x88>(left, right),
        _mm512_shuffle_i64x2::<0x88>(left_other, right_other),
        _mm512_shuffle_i64x2::<0xdd>(left, right),
        _mm512_shuffle_i64x2::<0xdd>(left_other, right_other),
    ]
}

#[inline]
#[target_feature(enable = "avx512f,avx512dq,avx512ifma")]
pub(super) fn splat(value: Element) -> Carried {
    let [a, b, c, d, e] = split(&value);
    Carried(Loose([all(a), all(b), all(c), all(d), all(e)]))
}

#[inline]
#[target_feature(enable = "avx512f,avx512dq,avx512ifma")]
pub(super) fn get(a: &Carried) -> Each<Element> {
    let [a, b, c, d, e] = canonical(a).map(|limb| words(limb));
    let mut out = [[0; 4]; LANES_MAX];
    for (lane, out) in out.iter_mut().enumerate() {
        let [a, b, c, d, e] = [a[lane], b[lane], c[lane], d[lane], e[lane]];
        *out = [a | b << 51, b >> 13 | c << 38, c >> 26 | d << 25, d >> 39 | e << 12];
    }
    out
}

/// Halves of products are summed where they weigh the same: high halves first, for they count twice.
#[inline]
#[target_feature(enable = "avx512f,avx512dq,avx512ifma")]
pub(super) fn mul(a: &Loose, b: &Loose) -> Wide {
    let (a, b) = (&a.0, &b.0);
    let mut high = [_mm512_setzero_si512(); 9];
    for i in 0..5 {
        for j in 0..5 {
            high[i + j] = _mm512_madd52hi_epu64(high[i + j], a[i], b[j]);
        }
    }
    let mut sums = [_mm512_setzero_si512(); 10];
    for k in 0..9 {
        sums[k + 1] = _mm512_add_epi64(high[k], high[k]);
    }
    for i in 0..5 {
        for j in 0..5 {
            sums[i + j] = _mm512_madd52lo_epu64(sums[i + j], a[i], b[j]);
        }
    }
    folded(&sums)
}

/// As [`mul`], with each product of two different limbs made once and counted twice.
#[inline]
#[target_feature(enable = "avx512f,avx512dq,avx512ifma")]
pub(super) fn square(a: &Loose) -> Wide {
    let a = &a.0;
    let (mut high, mut low) = ([_mm512_setzero_si512(); 9], [_mm512_setzero_si512(); 10]);
    for i in 0..5 {
        for j in i + 1..5 {
            high[i + j] = _mm512_madd52hi_epu64(high[i + j], a[i], a[j]);
            low[i + j] = _mm512_madd52lo_epu64(low[i + j], a[i], a[j]);
        }
    }
    for high in &mut high[1..8] {
        *high = _mm512_add_epi64(*high, *high);
    }
    for i in 0..5 {
        high[2 * i] = _mm512_madd52hi_epu64(high[2 * i], a[i], a[i]);
    }
    // The low halves of different limbs and what is high beside them count twice alike.
    let mut sums = [_mm512_setzero_si512(); 10];
    for k in 1..10 {
        let twice = _mm512_add_epi64(low[k], high[k - 1]);
        sums[k] = _mm512_add_epi64(twice, twice);
    }
    for i in 0..5 {
        sums[2 * i] = _mm512_madd52lo_epu64(sums[2 * i], a[i], a[i]);
    }
    folded(&sums)
}

/// What weighs 2^255 and more counts 19 times below. Each sum is below 2^55.
#[inline]
#[target_feature(enable = "avx512f,avx512dq,avx512ifma")]
fn folded(sums: &[__m512i; 10]) -> Wide {
    let mut out = [_mm512_setzero_si512(); 5];
    for (k, out) in out.iter_mut().enumerate() {
        *out = _mm512_add_epi64(sums[k], nineteen(sums[k + 5]));
    }
    Wide(out)
}

#[inline]
#[target_feature(enable = "avx512f,avx512dq,avx512ifma")]
fn nineteen(v: __m512i) -> __m512i {
    let three = _mm512_add_epi64(_mm512_add_epi64(v, v), v);
    _mm512_add_epi64(_mm512_slli_epi64::<4>(v), three)
}

/// 2^10 p is added, whose limbs are above 2^60: `b` is below that.
#[inline]
#[target_feature(enable = "avx512f,avx512dq,avx512ifma")]
pub(super) fn minus(a: &Wide, b: &Wide) -> Wide {
    let mut out = a.0;
    for (limb, (out, b)) in out.iter_mut().zip(b.0).enumerate() {
        let bias = if limb == 0 { (LOW - 18) << 10 } else { LOW << 10 };
        *out = _mm512_sub_epi64(_mm512_add_epi64(*out, all(bias)), b);
    }
    Wide(out)
}

/// From below 2^64 to below 2^51 + 2^13, limb 0 below 2^51 + 19·2^13.
#[inline]
#[target_feature(enable = "avx512f,avx512dq,avx512ifma")]
pub(super) fn carry(a: &Wide) -> Carried {
    let low = all(LOW);
    let [a, b, c, d, e] = a.0;
    let over = [a, b, c, d, e].map(|limb| _mm512_srli_epi64::<BITS>(limb));
    let kept = |limb| _mm512_and_si512(limb, low);
    Carried(Loose([
        _mm512_madd52lo_epu64(kept(a), over[4], all(19)),
        _mm512_add_epi64(kept(b), over[0]),
        _mm512_add_epi64(kept(c), over[1]),
        _mm512_add_epi64(kept(d), over[2]),
        _mm512_add_epi64(kept(e), over[3]),
    ]))
}

#[inline]
#[target_feature(enable = "avx512f,avx512dq,avx512ifma")]
pub(super) fn sum(a: &Carried, b: &Carried) -> Loose {
    carry(&plus(&widen(a), &widen(b))).0
}

#[inline]
#[target_feature(enable = "avx512f,avx512dq,avx512ifma")]
pub(super) fn difference(a: &Carried, b: &Carried) -> Loose {
    carry(&minus(&widen(a), &widen(b))).0
}

/// Limbs of 51 bits, the number below p. Carried numbers are below 2p.
#[inline]
#[target_feature(enable = "avx512f,avx512dq,avx512ifma")]
fn canonical(a: &Carried) -> [__m512i; 5] {
    let mut limbs = a.0.0;
    // Whether 19 more would reach 2^255: then p is taken away once.
    let mut over = all(19);
    for limb in limbs {
        over = _mm512_srli_epi64::<BITS>(_mm512_add_epi64(limb, over));
    }
    let mut over = nineteen(over);
    for limb in &mut limbs {
        let all_of_it = _mm512_add_epi64(*limb, over);
        over = _mm512_srli_epi64::<BITS>(all_of_it);
        *limb = _mm512_and_si512(all_of_it, all(LOW));
    }
    limbs
}

#[inline]
#[target_feature(enable = "avx512f,avx512dq,avx512ifma")]
pub(super) fn is_negative(a: &Carried) -> Mask {
    _mm512_test_epi64_mask(canonical(a)[0], all(1))
}

#[inline]
#[target_feature(enable = "avx512f,avx512dq,avx512ifma")]
pub(super) fn is_zero(a: &Carried) -> Mask {
    let any = canonical(a).into_iter().fold(_mm512_setzero_si512(), |any, limb| _mm512_or_si512(any, limb));
    _mm512_testn_epi64_mask(any, any)
}

#[inline]
#[target_feature(enable = "avx512f,avx512dq,avx512ifma")]
pub(super) fn choose(mask: Mask, yes: &Carried, no: &Carried) -> Carried {
    let mut out = no.0.0;
    for (out, yes) in out.iter_mut().zip(yes.0.0) {
        *out = _mm512_mask_blend_epi64(mask, *out, yes);
    }
    Carried(Loose(out))
}

#[inline]
#[target_feature(enable = "avx512f,avx512dq,avx512ifma")]
pub(super) fn either(a: Mask, b: Mask) -> Mask {
    a | b
}

#[inline]
#[target_feature(enable = "avx512f,avx512dq,avx512ifma")]
pub(super) fn bits(mask: Mask) -> u8 {
    mask
}

#[inline]
#[target_feature(enable = "avx512f,avx512dq,avx512ifma")]
pub(super) fn mask(bits: u8) -> Mask {
    bits
}

#[inline]
#[target_feature(enable = "avx512f,avx512dq,avx512ifma")]
pub(super) fn digit(values: &Each<i8>) -> Digit {
    let values = from_words(&values.map(|value| i64::from(value).cast_unsigned()));
    Digit { magnitude: _mm512_abs_epi64(values), negative: _mm512_cmplt_epi64_mask(values, _mm512_setzero_si512()) }
}

#[inline]
#[target_feature(enable = "avx512f,avx512dq,avx512ifma")]
pub(super) fn is_magnitude(digit: Digit, magnitude: u8) -> Mask {
    _mm512_cmpeq_epi64_mask(digit.magnitude, all(magnitude.into()))
}

/// The table above, as numbers.
#[cfg(test)]
pub(super) const LIMITS: super::field::Limits = super::field::Limits {
    begins: &[0, 51, 102, 153, 204],
    carried: [(1 << 51) + (1 << 18); 2],
    sum: [(1 << 51) + (1 << 18); 2],
    loose: [(1 << 51) + (1 << 18); 2],
    product: [1 << 59; 2],
    loose_product: [1 << 59; 2],
    wide: [1 << 63; 2],
};
