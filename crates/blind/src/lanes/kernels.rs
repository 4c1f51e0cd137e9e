//! What a run does with many points, for any field.

use core::hint::black_box;

use curve25519_dalek::Scalar;
use zeroize::Zeroize as _;

use super::field::{Each, Element, Field, LANES_MAX, ONE, Work, ZERO, inverted};
use super::multiply::{Digits, multiplied};
use super::point::Point;
use super::ristretto::{Encoded, decode, element, encode, encode_doubled, from_uniform, is_in_form};
use super::sums::summed;
use super::{Bad, Coordinates, Extended, NEUTRAL, Sum};

/// Uniform bytes to points, those times a scalar, and the encodings of their doubles.
pub(super) struct Masking<'a> {
    pub(super) uniform: &'a [[u8; 64]],
    pub(super) half: &'a Digits,
    /// Whether the halves of what is encoded are wanted too.
    pub(super) keep: bool,
}

/// Encodings to points, those times a scalar, and the encodings of their doubles.
pub(super) struct Answering<'a> {
    pub(super) asked: &'a [Encoded],
    pub(super) half: &'a Digits,
    /// Whether the points are wanted too.
    pub(super) keep: bool,
}

/// Encodings to points.
pub(super) struct Opening<'a>(pub(super) &'a [Encoded]);

/// The encoding of a point to that point.
pub(super) struct Decoding<'a>(pub(super) &'a Encoded);

/// Points in affine coordinates.
pub(super) struct Keeping<'a>(pub(super) &'a [&'a Extended]);

/// Weighed sums of lists of points; each has as many weights as points.
pub(super) struct Summing<'a>(pub(super) &'a [(&'a [u128], &'a [Coordinates])]);

/// Lists of points, each added up and encoded.
pub(super) struct Totalling<'a>(pub(super) &'a [Vec<&'a Extended>]);

/// Points, each times a scalar of its own.
pub(super) struct Multiplying<'a>(pub(super) &'a [(&'a Extended, &'a Scalar)]);

impl Work for Masking<'_> {
    type Output = (Vec<u8>, Vec<Coordinates>);

    #[inline(always)]
    fn run<F: Field>(self, f: F) -> Self::Output {
        let count = self.uniform.len();
        let mut points = Vec::with_capacity(count.div_ceil(F::LANES));
        for uniform in self.uniform.chunks(F::LANES) {
            points.push(multiplied(f, &from_uniform(f, uniform), self.half));
        }
        let kept = if self.keep { normalized(f, &points, count) } else { Vec::new() };
        (encoded_and_wiped(f, points, count), kept)
    }
}

impl Work for Answering<'_> {
    type Output = Result<(Vec<u8>, Vec<Coordinates>), Bad>;

    #[inline(always)]
    fn run<F: Field>(self, f: F) -> Self::Output {
        let count = self.asked.len();
        let mut points = opened(f, self.asked)?;
        let kept = if self.keep { coordinates(f, &points, count) } else { Vec::new() };
        for point in &mut points {
            *point = multiplied(f, point, self.half);
        }
        Ok((encoded_and_wiped(f, points, count), kept))
    }
}

impl Work for Opening<'_> {
    type Output = Result<Vec<Coordinates>, Bad>;

    #[inline(always)]
    fn run<F: Field>(self, f: F) -> Self::Output {
        Ok(coordinates(f, &opened(f, self.0)?, self.0.len()))
    }
}

impl Work for Decoding<'_> {
    type Output = Sum;

    #[inline(always)]
    fn run<F: Field>(self, f: F) -> Sum {
        let (point, bad) = decode(f, &[element(self.0); LANES_MAX]);
        assert!(bad & 1 == 0, "the encoding of a point");
        Sum::Lanes(point.get(f).each_ref().map(|each| each[0]))
    }
}

impl Work for Keeping<'_> {
    type Output = Vec<Coordinates>;

    #[inline(always)]
    fn run<F: Field>(self, f: F) -> Self::Output {
        let points: Vec<_> = self.0.chunks(F::LANES).map(|points| into_lanes(f, points.iter().copied())).collect();
        normalized(f, &points, self.0.len())
    }
}

impl Work for Summing<'_> {
    type Output = Vec<Sum>;

    #[inline(always)]
    fn run<F: Field>(self, f: F) -> Vec<Sum> {
        let mut sums = Vec::with_capacity(self.0.len());
        for lists in self.0.chunks(F::LANES) {
            out_of_lanes(f, &summed(f, lists), lists.len(), &mut sums);
        }
        sums
    }
}

impl Work for Totalling<'_> {
    type Output = Vec<(Sum, Encoded)>;

    #[inline(always)]
    fn run<F: Field>(self, f: F) -> Self::Output {
        let mut totals = Vec::with_capacity(self.0.len());
        let mut points = Vec::with_capacity(F::LANES);
        for lists in self.0.chunks(F::LANES) {
            let most = lists.iter().map(Vec::len).max().unwrap_or(0);
            let mut total = Point::identity(f);
            for step in 0..most {
                let each = lists.iter().map(|list| list.get(step).copied().unwrap_or(&NEUTRAL));
                total = total.add(f, &into_lanes(f, each).cached(f), None).point(f);
            }
            out_of_lanes(f, &total, lists.len(), &mut points);
            totals.extend(points.drain(..).zip(encode(f, &total)));
        }
        totals
    }
}

impl Work for Multiplying<'_> {
    type Output = Vec<Sum>;

    #[inline(always)]
    fn run<F: Field>(self, f: F) -> Vec<Sum> {
        let mut products = Vec::with_capacity(self.0.len());
        for given in self.0.chunks(F::LANES) {
            let digits = Digits::of_each(given.iter().map(|(_, scalar)| *scalar));
            let product = multiplied(f, &into_lanes(f, given.iter().map(|(point, _)| *point)), &digits);
            out_of_lanes(f, &product, given.len(), &mut products);
        }
        products
    }
}

/// Points into as many lanes, the neutral element into the others.
#[inline(always)]
fn into_lanes<'a, F: Field>(f: F, points: impl Iterator<Item = &'a Extended>) -> Point<F> {
    let mut coordinates = NEUTRAL.map(|value| [value; LANES_MAX]);
    for (lane, point) in points.enumerate() {
        coordinates.iter_mut().zip(point).for_each(|(each, value)| each[lane] = *value);
    }
    Point::set(f, &coordinates)
}

/// Out of the first lanes. What is filled has room for them.
#[inline(always)]
fn out_of_lanes<F: Field>(f: F, point: &Point<F>, count: usize, out: &mut Vec<Sum>) {
    let mut coordinates = point.get(f);
    out.extend((0..count).map(|lane| Sum::Lanes(coordinates.each_ref().map(|each| each[lane]))));
    coordinates.zeroize();
}

/// Points of encodings, or which is the first that is none or the neutral element.
#[inline(always)]
fn opened<F: Field>(f: F, encodings: &[Encoded]) -> Result<Vec<Point<F>>, Bad> {
    let mut points = Vec::with_capacity(encodings.len().div_ceil(F::LANES));
    for (chunk, encodings) in encodings.chunks(F::LANES).enumerate() {
        let mut elements: Each<Element> = [ZERO; LANES_MAX];
        elements.iter_mut().zip(encodings).for_each(|(to, from)| *to = element(from));
        let (point, bad) = decode(f, &elements);
        for (lane, encoding) in encodings.iter().enumerate() {
            let index = chunk * F::LANES + lane;
            if !is_in_form(encoding) || bad >> lane & 1 == 1 {
                return Err(Bad::NotAPoint { index });
            }
            if *encoding == [0; 32] {
                return Err(Bad::Identity { index });
            }
        }
        points.push(point);
    }
    Ok(points)
}

/// Of as many points as there are, whose Z are 1, out of lanes.
#[inline(always)]
fn coordinates<F: Field>(f: F, points: &[Point<F>], count: usize) -> Vec<Coordinates> {
    let mut kept = Vec::with_capacity(count.next_multiple_of(F::LANES));
    for point in points {
        let (x, y) = (f.get(&point.x), f.get(&point.y));
        for lane in 0..F::LANES {
            kept.push([x[lane], y[lane]]);
        }
    }
    kept.truncate(count);
    kept
}

/// Of as many points as there are, out of lanes. One inversion does for all, as no Z is ever zero. What is on the heap meanwhile
/// is overwritten.
#[inline(always)]
fn normalized<F: Field>(f: F, points: &[Point<F>], count: usize) -> Vec<Coordinates> {
    let one = f.splat(ONE);
    let mut product = one;
    let mut affine = Vec::with_capacity(points.len());
    for point in points {
        // Until it is replaced, z is the product of those of all points before.
        affine.push(Point { z: product, ..*point });
        product = f.times(&product, &point.z);
    }
    let mut inverse = inverted(f, &product);
    for (affine, point) in affine.iter_mut().zip(points).rev() {
        let z_inverse = f.times(&inverse, &affine.z);
        inverse = f.times(&inverse, &point.z);
        (affine.x, affine.y, affine.z) = (f.times(&point.x, &z_inverse), f.times(&point.y, &z_inverse), one);
    }
    let kept = coordinates(f, &affine, count);
    affine.fill(Point::identity(f));
    black_box(&mut affine);
    kept
}

/// The encodings of the doubles of as many points as there are; the points are overwritten.
#[inline(always)]
fn encoded_and_wiped<F: Field>(f: F, mut points: Vec<Point<F>>, count: usize) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(count.next_multiple_of(F::LANES) * size_of::<Encoded>());
    encode_doubled(f, &points, |encoded| bytes.extend_from_slice(encoded[..F::LANES].as_flattened()));
    bytes.truncate(count * size_of::<Encoded>());
    points.fill(Point::identity(f));
    black_box(&mut points);
    bytes
}
