//! The same by curve25519-dalek, one point after the other: on machines without lanes, and what the lanes are compared with.

use curve25519_dalek::ristretto::CompressedRistretto;
use curve25519_dalek::traits::{IsIdentity as _, VartimeMultiscalarMul as _};
use curve25519_dalek::{RistrettoPoint, Scalar};
use zeroize::Zeroize as _;

use super::Bad;

pub(super) fn mask(uniform: &[[u8; 64]], half: &Scalar) -> (Vec<u8>, Vec<RistrettoPoint>) {
    let halves: Vec<_> = uniform.iter().map(|bytes| RistrettoPoint::from_uniform_bytes(bytes) * half).collect();
    (doubled(&halves), halves)
}

pub(super) fn answer(asked: &[[u8; 32]], half: &Scalar) -> Result<(Vec<u8>, Vec<RistrettoPoint>), Bad> {
    let asked = open(asked)?;
    let mut halves: Vec<_> = asked.iter().map(|point| point * half).collect();
    let answers = doubled(&halves);
    halves.zeroize();
    Ok((answers, asked))
}

pub(super) fn open(encodings: &[[u8; 32]]) -> Result<Vec<RistrettoPoint>, Bad> {
    let point = |(index, bytes): (usize, &[u8; 32])| match CompressedRistretto(*bytes).decompress() {
        None => Err(Bad::NotAPoint { index }),
        Some(point) if point.is_identity() => Err(Bad::Identity { index }),
        Some(point) => Ok(point),
    };
    encodings.iter().enumerate().map(point).collect()
}

pub(super) fn sum(weights: &[u128], points: &[RistrettoPoint]) -> RistrettoPoint {
    RistrettoPoint::vartime_multiscalar_mul(weights.iter().map(|weight| Scalar::from(*weight)), points)
}

/// The encodings of twice the points.
fn doubled(halves: &[RistrettoPoint]) -> Vec<u8> {
    let mut encodings = RistrettoPoint::double_and_compress_batch(halves);
    let mut bytes = Vec::with_capacity(size_of_val(encodings.as_slice()));
    encodings.iter().for_each(|encoding| bytes.extend_from_slice(encoding.as_bytes()));
    encodings.zeroize();
    bytes
}
