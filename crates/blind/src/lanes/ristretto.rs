//! ristretto255 (RFC 9496) in lanes: decoding, encoding and the one-way map.

use core::hint::black_box;

use zeroize::Zeroizing;

use super::field::{
    D, Each, Element, Field, LANES_MAX, ONE, SQRT_M1, ZERO, added, inverted, magnitude, negated, root_of_ratio, subtracted,
};
use super::point::Point;

/// A point's encoding.
pub(super) type Encoded = [u8; 32];

const SQRT_AD_MINUS_ONE: Element = [0x7e97_f6a0_497b_2e1b, 0xaf9d_8e0c_1b78_54bd, 0x0f3c_fcc9_31f5_d1fd, 0x3769_31bf_2b83_48ac];
const INVSQRT_A_MINUS_D: Element = [0x99c8_fdaa_805d_40ea, 0x9d2f_1617_5a41_72be, 0x16c2_7b91_fe01_d840, 0x786c_8905_cfaf_fca2];
const ONE_MINUS_D_SQ: Element = [0xe27c_09c1_945f_c176, 0x2c81_a138_cd5e_350f, 0x9994_abdd_be70_dfe4, 0x0290_72a8_b2b3_e0d7];
const D_MINUS_ONE_SQ: Element = [0x31ad_5aaa_44ed_4d20, 0xd29e_4a2c_b01e_1999, 0x4cdc_d32f_529b_4eeb, 0x5968_b37a_f66c_2241];

/// Little-endian bytes as a number below 2^255: the highest bit is left away.
pub(super) fn element(bytes: &Encoded) -> Element {
    let mut words = [0; 4];
    for (word, bytes) in words.iter_mut().zip(bytes.as_chunks::<8>().0) {
        *word = u64::from_le_bytes(*bytes);
    }
    words[3] &= u64::MAX >> 1;
    words
}

/// A canonical number as little-endian bytes.
pub(super) fn bytes(element: &Element) -> Encoded {
    let mut bytes = [0; 32];
    for (bytes, word) in bytes.as_chunks_mut::<8>().0.iter_mut().zip(element) {
        *bytes = word.to_le_bytes();
    }
    bytes
}

/// Whether bytes are a nonnegative number below p. Encodings are public.
pub(super) fn is_in_form(bytes: &Encoded) -> bool {
    let words = element(bytes);
    let is_below_p = words[3] < u64::MAX >> 1 || words[1..3] != [u64::MAX; 2] || words[0] < u64::MAX - 18;
    bytes[31] < 0x80 && bytes[0] % 2 != 1 && is_below_p
}

/// Decodes numbers that are in form (RFC 9496 4.3.1), and says which of them name no point.
#[inline(always)]
pub(super) fn decode<F: Field>(f: F, s: &Each<Element>) -> (Point<F>, u8) {
    let (s, one) = (f.set(s), f.splat(ONE));
    let ss = f.squares(&s, 1);
    let (u1, u2) = (subtracted(f, &one, &ss), added(f, &one, &ss));
    let u2_squared = f.squares(&u2, 1);
    let du1 = f.times(&f.splat(D), &f.squares(&u1, 1));
    let v = negated(f, &added(f, &du1, &u2_squared));
    let (is_square, root) = root_of_ratio(f, &one, &f.times(&v, &u2_squared));
    let den_x = f.times(&root, &u2);
    let den_y = f.times(&f.times(&root, &den_x), &v);
    let x = magnitude(f, &f.times(&added(f, &s, &s), &den_x));
    let y = f.times(&u1, &den_y);
    let t = f.times(&x, &y);
    let bad = !f.bits(is_square) | f.bits(f.either(f.is_negative(&t), f.is_zero(&y)));
    (Point { x, y, z: one, t }, bad)
}

/// Encodes points (RFC 9496 4.3.2).
#[inline(always)]
pub(super) fn encode<F: Field>(f: F, point: &Point<F>) -> Each<Encoded> {
    let Point { x, y, z, t } = point;
    let (i, one) = (f.splat(SQRT_M1), f.splat(ONE));
    let u1 = f.times(&added(f, z, y), &subtracted(f, z, y));
    let u2 = f.times(x, y);
    let (_, root) = root_of_ratio(f, &one, &f.times(&u1, &f.squares(&u2, 1)));
    let (den1, den2) = (f.times(&root, &u1), f.times(&root, &u2));
    let z_inverse = f.times(&f.times(&den1, &den2), t);
    let enchanted = f.times(&den1, &f.splat(INVSQRT_A_MINUS_D));
    let rotate = f.is_negative(&f.times(t, &z_inverse));
    let x_rotated = f.choose(rotate, &f.times(y, &i), x);
    let y_rotated = f.choose(rotate, &f.times(x, &i), y);
    let den = f.choose(rotate, &enchanted, &den2);
    let is_negative = f.is_negative(&f.times(&x_rotated, &z_inverse));
    let y_signed = f.choose(is_negative, &negated(f, &y_rotated), &y_rotated);
    let s = magnitude(f, &f.times(&den, &subtracted(f, z, &y_signed)));
    f.get(&s).each_ref().map(bytes)
}

/// MAP of RFC 9496 4.3.4.
#[inline(always)]
fn map<F: Field>(f: F, t: &Each<Element>) -> Point<F> {
    let (t, one, d) = (f.set(t), f.splat(ONE), f.splat(D));
    let minus_one = negated(f, &one);
    let r = f.times(&f.splat(SQRT_M1), &f.squares(&t, 1));
    let u = f.times(&added(f, &r, &one), &f.splat(ONE_MINUS_D_SQ));
    let v = f.times(&subtracted(f, &minus_one, &f.times(&r, &d)), &added(f, &r, &d));
    let (was_square, root) = root_of_ratio(f, &u, &v);
    let other = negated(f, &magnitude(f, &f.times(&root, &t)));
    let s = f.choose(was_square, &root, &other);
    let c = f.choose(was_square, &minus_one, &r);
    let n = f.times(&f.times(&c, &subtracted(f, &r, &one)), &f.splat(D_MINUS_ONE_SQ));
    let n = subtracted(f, &n, &v);
    let ss = f.squares(&s, 1);
    let w0 = f.times(&added(f, &s, &s), &v);
    let w1 = f.times(&n, &f.splat(SQRT_AD_MINUS_ONE));
    let (w2, w3) = (subtracted(f, &one, &ss), added(f, &one, &ss));
    Point { x: f.times(&w0, &w3), y: f.times(&w2, &w1), z: f.times(&w1, &w3), t: f.times(&w0, &w2) }
}

/// Points from 64 uniform bytes each (RFC 9496 4.3.4).
#[inline(always)]
pub(super) fn from_uniform<F: Field>(f: F, uniform: &[[u8; 64]]) -> Point<F> {
    let mut halves = [[ZERO; LANES_MAX]; 2];
    for (lane, bytes) in uniform.iter().enumerate() {
        let (each, _) = bytes.as_chunks::<32>();
        halves[0][lane] = element(&each[0]);
        halves[1][lane] = element(&each[1]);
    }
    let mut mapped = [Point::identity(f); 2];
    for (mapped, half) in mapped.iter_mut().zip(&halves) {
        *mapped = map(f, half);
    }
    mapped[0].add(f, &mapped[1].cached(f), None).point(f)
}

/// A point on its way to the encoding of its double.
struct Doubling<F: Field> {
    e: F::Carried,
    f: F::Carried,
    g: F::Carried,
    h: F::Carried,
    eg: F::Carried,
    fh: F::Carried,
    /// The product of e·f·g·h of all points before this.
    before: F::Carried,
}

/// Encodings of twice the points, of which there is at least one: unlike an encoding of the point itself, this needs no root,
/// and one inversion does for all. The formulas are curve25519-dalek's `double_and_compress_batch`. What is on the heap meanwhile
/// is overwritten.
#[inline(always)]
pub(super) fn encode_doubled<F: Field>(f: F, points: &[Point<F>], out: impl FnMut(&Each<Encoded>)) {
    let (zero, one, d) = (f.splat(ZERO), f.splat(ONE), f.splat(D));
    let mut product = one;
    let mut states = Vec::with_capacity(points.len());
    for point in points {
        let (xx, yy) = (f.square(&point.x), f.square(&point.y));
        let (zz, dtt) = (f.squares(&point.z, 1), f.times(&f.squares(&point.t, 1), &d));
        let xy = f.times(&point.x, &point.y);
        let (e, g) = (added(f, &xy, &xy), f.carry(&f.plus(&xx, &yy)));
        let (plus, minus) = (added(f, &zz, &dtt), subtracted(f, &zz, &dtt));
        let (eg, fh) = (f.times(&e, &g), f.times(&plus, &minus));
        states.push(Doubling::<F> { e, f: plus, g, h: minus, eg, fh, before: product });
        let efgh = f.times(&eg, &fh);
        product = f.times(&product, &f.choose(f.is_zero(&efgh), &one, &efgh));
    }
    let mut inverse = inverted(f, &product);
    // Never more than it has room for, as growing would leave a copy behind.
    let mut encoded = Zeroizing::new(Vec::with_capacity(points.len()));
    for state in states.iter().rev() {
        let efgh = f.times(&state.eg, &state.fh);
        // Of the four representatives of the neutral element, and of nothing else, it is zero: left out of the product, and its
        // inverse is zero, which makes the encoding zero.
        let is_zero = f.is_zero(&efgh);
        encoded.push(of_doubled(f, state, &f.choose(is_zero, &zero, &f.times(&inverse, &state.before))));
        inverse = f.times(&inverse, &f.choose(is_zero, &one, &efgh));
    }
    encoded.iter().rev().for_each(out);
    for state in &mut states {
        *state = Doubling { e: zero, f: zero, g: zero, h: zero, eg: zero, fh: zero, before: zero };
    }
    black_box(&mut states);
}

#[inline(always)]
fn of_doubled<F: Field>(f: F, state: &Doubling<F>, inverse: &F::Carried) -> Each<Encoded> {
    let Doubling { e, g, h, eg, fh, .. } = state;
    let i = f.splat(SQRT_M1);
    let (z_inverse, t_inverse) = (f.times(eg, inverse), f.times(fh, inverse));
    let rotate = f.is_negative(&f.times(eg, &z_inverse));
    let magic = f.choose(rotate, &i, &f.splat(INVSQRT_A_MINUS_D));
    let e_rotated = f.choose(rotate, g, e);
    let g_rotated = f.choose(rotate, &negated(f, e), g);
    let h_rotated = f.choose(rotate, &f.times(&state.f, &i), h);
    let is_negative = f.is_negative(&f.times(&f.times(&h_rotated, &e_rotated), &z_inverse));
    let g_signed = f.choose(is_negative, &negated(f, &g_rotated), &g_rotated);
    let s = f.times(&subtracted(f, &h_rotated, &g_signed), &f.times(&magic, &f.times(&g_signed, &t_inverse)));
    f.get(&magnitude(f, &s)).each_ref().map(bytes)
}
