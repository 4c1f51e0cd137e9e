//! That one key made many answers: the batched proof of equal logarithms of RFC 9497 2.2.
//!
//! Composites are weighed sums: M of what was asked, Z of what was answered. The proof is the RFC's, challenge and all; the
//! weights are ours and come from [`proofs`](crate::proofs): the RFC's own are longer (252 bits) and each costs a hash of six
//! blocks, which would double the cost of a verified run (docs/decisions/0101).

use curve25519_dalek::Scalar;
use curve25519_dalek::constants::RISTRETTO_BASEPOINT_COMPRESSED;

use crate::hash::Xmd;
use crate::lanes::{Lanes, Sum};
use crate::message::{POINT_BYTES, PROOF_BYTES};

/// Context of our proofs, in the place of the RFC's.
pub(crate) const CONTEXT: &[u8] = b"detente/blind/dleq/1";

/// A proof: challenge and response.
pub(crate) type Proof = [u8; PROOF_BYTES];

/// A point of a proof, and its encoding.
pub(crate) type Told = (Sum, [u8; POINT_BYTES]);

/// Points, and their encodings.
pub(crate) fn told(lanes: Lanes, points: &[Sum]) -> Vec<Told> {
    let each: Vec<[&Sum; 1]> = points.iter().map(|point| [point]).collect();
    lanes.totals(&each.iter().map(<[_; 1]>::as_slice).collect::<Vec<_>>())
}

/// Proofs under a context.
pub(crate) struct Dleq {
    xmd: Xmd,
    lanes: Lanes,
    base: Sum,
}

impl Dleq {
    pub(crate) fn new(context: &[u8], lanes: Lanes) -> Self {
        let base = lanes.point(RISTRETTO_BASEPOINT_COMPRESSED.as_bytes());
        Self { xmd: Xmd::new(&[b"HashToScalar-", context].concat()), lanes, base }
    }

    /// Proves of m that `key` made both its public half and k·m. A nonce is used once.
    pub(crate) fn prove(&self, key: &Scalar, public: &[u8; POINT_BYTES], (m, m_bytes): &Told, nonce: &Scalar) -> Proof {
        let products = self.lanes.products(&[(m, key), (&self.base, nonce), (m, nonce)]);
        let told = told(self.lanes, &products);
        let [(_, z), (_, t2), (_, t3)] = told.as_slice() else { unreachable!("a product for each factor") };
        let challenge = self.challenge(public, [m_bytes, z, t2, t3]);
        let mut proof = [0; PROOF_BYTES];
        proof[..32].copy_from_slice(challenge.as_bytes());
        proof[32..].copy_from_slice((nonce - challenge * key).as_bytes());
        proof
    }

    /// Whether z is m times the key whose public half `key` is, encoded as `public`.
    pub(crate) fn is_proved(&self, (key, public): &Told, (m, m_bytes): &Told, (z, z_bytes): &Told, proof: &Proof) -> bool {
        let scalar = |bytes: &[u8]| {
            let bytes: [u8; 32] = bytes.try_into().expect("half a proof");
            Option::<Scalar>::from(Scalar::from_canonical_bytes(bytes))
        };
        let (Some(c), Some(s)) = (scalar(&proof[..32]), scalar(&proof[32..])) else {
            return false;
        };
        let products = self.lanes.products(&[(key, &c), (&self.base, &s), (m, &s), (z, &c)]);
        let [cy, sg, sm, cz] = products.as_slice() else { unreachable!("a product for each factor") };
        let commitments = self.lanes.totals(&[&[cy, sg], &[sm, cz]]);
        let [(_, t2), (_, t3)] = commitments.as_slice() else { unreachable!("a total for each list") };
        *public != [0; POINT_BYTES] && self.challenge(public, [m_bytes, z_bytes, t2, t3]) == c
    }

    fn challenge(&self, public: &[u8; POINT_BYTES], points: [&[u8; POINT_BYTES]; 4]) -> Scalar {
        let length = (POINT_BYTES as u16).to_be_bytes();
        let mut parts: Vec<&[u8]> = vec![&length, public];
        points.iter().for_each(|point| parts.extend([length.as_slice(), point.as_slice()]));
        parts.push(b"Challenge");
        self.xmd.to_scalar(&parts)
    }
}
