//! That one key made many answers: the batched proof of equal logarithms of RFC 9497 2.2.
//!
//! Composites are weighed sums: M of what was asked, Z of what was answered. The proof is the RFC's, challenge and all; the
//! weights are ours, 128 bits each from SHA-512 over a seed that binds the run, the prover, its key, the asker's list, the
//! chunk and every answer in it. The RFC's own weights are longer (252 bits) and each costs a hash of six blocks, which
//! would double the cost of a verified run; a wrong answer passes ours with a chance of 2^-128 (docs/decisions/0101).

use curve25519_dalek::traits::{IsIdentity as _, VartimeMultiscalarMul as _};
use curve25519_dalek::{RistrettoPoint, Scalar};
use sha2::{Digest as _, Sha512};

use crate::chunks::Named;
use crate::hash::{Digest, Xmd, named};
use crate::message::{POINT_BYTES, PROOF_BYTES};
use crate::setup::Role;

/// Context of our proofs, in the place of the RFC's.
pub(crate) const CONTEXT: &[u8] = b"detente/blind/dleq/1";
const WEIGHT_BYTES: usize = 16;
const WEIGHTS_OF_A_HASH: usize = 64 / WEIGHT_BYTES;

/// A proof: challenge and response.
pub(crate) type Proof = [u8; PROOF_BYTES];

/// What the weights of a chunk come from.
pub(crate) fn weight_seed(run: &Digest, prover: &Named, asked: &Digest, chunk: u16, answers: &[u8]) -> Digest {
    let mut hash = named("detente/blind/weights/1");
    hash.update(run);
    hash.update([u8::from(prover.role == Role::Second)]);
    hash.update(prover.key);
    hash.update(asked);
    hash.update(chunk.to_be_bytes());
    hash.update(answers);
    hash.finalize().into()
}

/// Weights of `count` places from `start` on, which is a multiple of four.
pub(crate) fn weights(seed: &Digest, start: usize, count: usize) -> Vec<u128> {
    debug_assert_eq!(start % WEIGHTS_OF_A_HASH, 0);
    let first = start / WEIGHTS_OF_A_HASH;
    let blocks = (first..).take(count.div_ceil(WEIGHTS_OF_A_HASH)).flat_map(|block| {
        let mut hash = Sha512::new();
        hash.update(seed);
        hash.update((block as u64).to_be_bytes());
        let bytes: [u8; 64] = hash.finalize().into();
        (0..WEIGHTS_OF_A_HASH).map(move |i| {
            let weight = bytes[i * WEIGHT_BYTES..(i + 1) * WEIGHT_BYTES].try_into().expect("sixteen bytes");
            u128::from_le_bytes(weight)
        })
    });
    blocks.take(count).collect()
}

/// Proofs under a context.
pub(crate) struct Dleq(Xmd);

impl Dleq {
    pub(crate) fn new(context: &[u8]) -> Self {
        Self(Xmd::new(&[b"HashToScalar-", context].concat()))
    }

    /// Proves that `key` made both its public half and k·m. The nonce is used once.
    pub(crate) fn prove(&self, key: &Scalar, public: &[u8; POINT_BYTES], m: &RistrettoPoint, nonce: &Scalar) -> Proof {
        let z = m * key;
        let challenge = self.challenge(public, &[m, &z, &RistrettoPoint::mul_base(nonce), &(m * nonce)]);
        let response = nonce - challenge * key;
        let mut proof = [0; PROOF_BYTES];
        proof[..32].copy_from_slice(challenge.as_bytes());
        proof[32..].copy_from_slice(response.as_bytes());
        proof
    }

    /// Whether z is m times the key behind `public`.
    pub(crate) fn is_proved(
        &self,
        public: &[u8; POINT_BYTES],
        key: &RistrettoPoint,
        m: &RistrettoPoint,
        z: &RistrettoPoint,
        proof: &Proof,
    ) -> bool {
        let scalar = |bytes: &[u8]| {
            let bytes: [u8; 32] = bytes.try_into().expect("half a proof");
            Option::<Scalar>::from(Scalar::from_canonical_bytes(bytes))
        };
        let (Some(c), Some(s)) = (scalar(&proof[..32]), scalar(&proof[32..])) else {
            return false;
        };
        let t2 = RistrettoPoint::vartime_double_scalar_mul_basepoint(&c, key, &s);
        let t3 = RistrettoPoint::vartime_multiscalar_mul([s, c], [m, z]);
        !key.is_identity() && self.challenge(public, &[m, z, &t2, &t3]) == c
    }

    fn challenge(&self, public: &[u8; POINT_BYTES], points: &[&RistrettoPoint; 4]) -> Scalar {
        let length = (POINT_BYTES as u16).to_be_bytes();
        let encoded = points.map(|point| point.compress().to_bytes());
        let mut parts: Vec<&[u8]> = vec![&length, public];
        encoded.iter().for_each(|point| parts.extend([length.as_slice(), point]));
        parts.push(b"Challenge");
        self.0.to_scalar(&parts)
    }
}
