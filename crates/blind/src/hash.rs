//! Hashes: to the group and to scalars by RFC 9380, and to digests under names of their own.

use curve25519_dalek::Scalar;
use sha2::{Digest as _, Sha256, Sha512};

/// Bytes of a digest.
pub const DIGEST_BYTES: usize = 32;
/// A digest: of a list, of a commitment, of a result, of a run's name.
pub type Digest = [u8; DIGEST_BYTES];

/// The suite of RFC 9380 that names cells in the group; stands at the end of each domain tag.
const SUITE: &[u8] = b"/ristretto255_XMD:SHA-512_R255MAP_RO_";
const BLOCK_BYTES: usize = 128;
const OUTPUT_BYTES: usize = 64;

/// `expand_message_xmd` of RFC 9380 5.3.1 with SHA-512, under one domain tag.
///
/// What does not depend on the message is done once: the block of zeros before it.
#[derive(Clone)]
pub(crate) struct Xmd {
    zeros: Sha512,
    tag: Vec<u8>,
}

impl Xmd {
    /// Under a domain tag of at most 255 bytes.
    pub(crate) fn new(tag: &[u8]) -> Self {
        let length = u8::try_from(tag.len()).expect("domain tags of this crate are short");
        let mut zeros = Sha512::new();
        zeros.update([0; BLOCK_BYTES]);
        Self { zeros, tag: [tag, &[length]].concat() }
    }

    /// The expander of a run's cells.
    pub(crate) fn of_run(run: &Digest) -> Self {
        Self::new(&[b"blind/1/", run.as_slice(), SUITE].concat())
    }

    /// Fills `out`, of at most 255 blocks of 64 bytes, from the parts of a message.
    pub(crate) fn expand(&self, message: &[&[u8]], out: &mut [u8]) {
        let length = u16::try_from(out.len()).expect("outputs of this crate are short");
        let mut hash = self.zeros.clone();
        message.iter().for_each(|part| hash.update(part));
        hash.update(length.to_be_bytes());
        hash.update([0]);
        hash.update(&self.tag);
        let first = hash.finalize();
        let mut last = [0; OUTPUT_BYTES];
        for (number, block) in (1u8..).zip(out.chunks_mut(OUTPUT_BYTES)) {
            let mut mixed = [0; OUTPUT_BYTES];
            mixed.iter_mut().zip(first.iter().zip(&last)).for_each(|(m, (a, b))| *m = a ^ b);
            let mut hash = Sha512::new();
            hash.update(mixed);
            hash.update([number]);
            hash.update(&self.tag);
            last = hash.finalize().into();
            block.copy_from_slice(&last[..block.len()]);
        }
    }

    /// What `hash_to_ristretto255` of RFC 9380 appendix B maps to the group.
    pub(crate) fn uniform(&self, message: &[&[u8]]) -> [u8; OUTPUT_BYTES] {
        let mut uniform = [0; OUTPUT_BYTES];
        self.expand(message, &mut uniform);
        uniform
    }

    /// `hash_to_ristretto255` of RFC 9380 appendix B, of one message alone.
    #[cfg(test)]
    pub(crate) fn to_group(&self, message: &[&[u8]]) -> curve25519_dalek::RistrettoPoint {
        curve25519_dalek::RistrettoPoint::from_uniform_bytes(&self.uniform(message))
    }

    /// `HashToScalar` of RFC 9497 4.1.
    pub(crate) fn to_scalar(&self, message: &[&[u8]]) -> Scalar {
        Scalar::from_bytes_mod_order_wide(&self.uniform(message))
    }
}

/// SHA-256 under a name. The caller gives every part a fixed length, but the last.
pub(crate) fn digest(name: &str, parts: &[&[u8]]) -> Digest {
    let mut hash = named(name);
    parts.iter().for_each(|part| hash.update(part));
    hash.finalize().into()
}

/// SHA-256 with a name in it, to be fed.
pub(crate) fn named(name: &str) -> Sha256 {
    let mut hash = Sha256::new();
    hash.update(name.as_bytes());
    hash.update([0]);
    hash
}
