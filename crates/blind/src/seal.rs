//! A seed sealed to the auditor: only whoever has the auditor's secret opens it, and it opens for its own run only.
//!
//! ```text
//! a        = HKDF(SHA-512, salt = "detente/blind/auditor/1", secret of 32 bytes), 64 bytes, mod the group's order
//! A        = aG, the auditor's public key in the terms
//! e        = 64 fresh random bytes, mod the group's order
//! PRK      = HKDF-Extract(SHA-512, salt = "detente/blind/sealed-seed/1", eG ‖ eA)
//! pad, key = HKDF-Expand(PRK, context), 32 bytes each
//! sealed   = eG ‖ seed ⊕ pad ‖ HMAC-SHA-256(key, eG ‖ seed ⊕ pad)
//! ```
//!
//! This is hashed ElGamal with a MAC (DHIES) in the group that the run uses anyway: a pad for one seed needs no cipher.

use curve25519_dalek::ristretto::CompressedRistretto;
use curve25519_dalek::traits::IsIdentity as _;
use curve25519_dalek::{RistrettoPoint, Scalar};
use hkdf::Hkdf;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::{Sha256, Sha512};
use zeroize::{Zeroize as _, ZeroizeOnDrop, Zeroizing};

use crate::hash::Digest;
use crate::message::POINT_BYTES;
use crate::seed::{SEED_BYTES, Seed};

/// Bytes of a sealed seed.
pub const SEALED_BYTES: usize = POINT_BYTES + SEED_BYTES + MAC_BYTES;
/// Bytes that sealing draws.
pub const FRESH_BYTES: usize = 64;
const MAC_BYTES: usize = 32;

/// The auditor's public key: a point of ristretto255 that is not the neutral element.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AuditorKey {
    bytes: [u8; POINT_BYTES],
    point: RistrettoPoint,
}

impl AuditorKey {
    /// From its 32 bytes; none when they name no such point in its one form.
    pub fn from_bytes(bytes: [u8; POINT_BYTES]) -> Option<Self> {
        let point = CompressedRistretto(bytes).decompress().filter(|point| !point.is_identity())?;
        Some(Self { bytes, point })
    }

    /// Its bytes.
    pub const fn as_bytes(&self) -> &[u8; POINT_BYTES] {
        &self.bytes
    }
}

/// The auditor's secret key. Inert: it is never shown, compared, copied or serialised, and wiped on drop.
#[derive(ZeroizeOnDrop)]
pub struct AuditorSecret(Scalar);

impl AuditorSecret {
    /// From 32 secret random bytes. Whoever gives them wipes their own copy.
    pub fn from_bytes(secret: &[u8; 32]) -> Self {
        let mut wide = Zeroizing::new([0; 64]);
        let hkdf = Hkdf::<Sha512>::new(Some(b"detente/blind/auditor/1"), secret);
        hkdf.expand(&[], wide.as_mut_slice()).expect("64 bytes are in reach of HKDF");
        Self(Scalar::from_bytes_mod_order_wide(&wide))
    }

    /// The public key that belongs to it.
    pub fn public(&self) -> AuditorKey {
        let point = RistrettoPoint::mul_base(&self.0);
        AuditorKey { bytes: point.compress().to_bytes(), point }
    }

    /// Opens what was sealed to this key for the run of a context; none when it was not, or was changed.
    pub fn open(&self, context: &Digest, sealed: &[u8]) -> Option<Seed> {
        let (ephemeral, rest) = sealed.split_first_chunk::<POINT_BYTES>()?;
        let (masked, tag) = rest.split_first_chunk::<SEED_BYTES>()?;
        let point = CompressedRistretto(*ephemeral).decompress()?;
        let keys = keys(ephemeral, &(self.0 * point), context);
        mac(&keys, ephemeral, masked).verify_slice(tag).ok()?;
        let mut seed = Zeroizing::new(*masked);
        seed.iter_mut().zip(keys.iter()).for_each(|(byte, pad)| *byte ^= pad);
        Some(Seed::new(*seed))
    }
}

impl Seed {
    /// Seals the seed to the auditor of the run of a context, with fresh random bytes that are used for nothing else.
    pub fn seal(&self, auditor: &AuditorKey, context: &Digest, fresh: &[u8; FRESH_BYTES]) -> [u8; SEALED_BYTES] {
        let mut e = Scalar::from_bytes_mod_order_wide(fresh);
        let ephemeral = RistrettoPoint::mul_base(&e).compress().to_bytes();
        let keys = keys(&ephemeral, &(e * auditor.point), context);
        e.zeroize();
        let mut masked = *self.bytes();
        masked.iter_mut().zip(keys.iter()).for_each(|(byte, pad)| *byte ^= pad);
        let tag = mac(&keys, &ephemeral, &masked).finalize().into_bytes();
        let mut sealed = [0; SEALED_BYTES];
        let parts: [&[u8]; 3] = [&ephemeral, &masked, &tag];
        sealed.iter_mut().zip(parts.into_iter().flatten()).for_each(|(to, from)| *to = *from);
        sealed
    }
}

/// The pad and the key of the MAC.
fn keys(ephemeral: &[u8; POINT_BYTES], shared: &RistrettoPoint, context: &Digest) -> Zeroizing<[u8; 2 * SEED_BYTES]> {
    let shared = Zeroizing::new(shared.compress().to_bytes());
    let secret = Zeroizing::new([&ephemeral[..], shared.as_slice()].concat());
    let mut keys = Zeroizing::new([0; 2 * SEED_BYTES]);
    let hkdf = Hkdf::<Sha512>::new(Some(b"detente/blind/sealed-seed/1"), &secret);
    hkdf.expand(context, keys.as_mut_slice()).expect("64 bytes are in reach of HKDF");
    keys
}

fn mac(keys: &[u8; 2 * SEED_BYTES], ephemeral: &[u8; POINT_BYTES], masked: &[u8; SEED_BYTES]) -> Hmac<Sha256> {
    let mut mac = Hmac::<Sha256>::new_from_slice(&keys[SEED_BYTES..]).expect("HMAC takes keys of any length");
    mac.update(ephemeral);
    mac.update(masked);
    mac
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sealed_seed_opens_with_the_secret_and_for_its_run_only() {
        let (secret, other) = (AuditorSecret::from_bytes(&[1; 32]), AuditorSecret::from_bytes(&[2; 32]));
        let seed = Seed::new([7; SEED_BYTES]);
        let sealed = seed.seal(&secret.public(), &[5; 32], &[9; FRESH_BYTES]);
        assert_eq!(secret.open(&[5; 32], &sealed).map(|seed| *seed.bytes()), Some([7; SEED_BYTES]));
        assert!(secret.open(&[6; 32], &sealed).is_none(), "of another run");
        assert!(other.open(&[5; 32], &sealed).is_none(), "of another auditor");
        for bit in 0..8 * SEALED_BYTES {
            let mut changed = sealed;
            changed[bit / 8] ^= 1 << (bit % 8);
            assert!(secret.open(&[5; 32], &changed).is_none(), "bit {bit}");
        }
        assert!((0..SEALED_BYTES).all(|end| secret.open(&[5; 32], &sealed[..end]).is_none()));
        assert_ne!(seed.seal(&secret.public(), &[5; 32], &[8; FRESH_BYTES]), sealed);
        assert!(!sealed.windows(4).any(|window| window == [7; 4]));
    }

    #[test]
    fn keys_that_are_no_points_are_refused() {
        assert!(AuditorKey::from_bytes([0; 32]).is_none(), "the neutral element");
        assert!(AuditorKey::from_bytes([0xff; 32]).is_none());
        let key = AuditorSecret::from_bytes(&[1; 32]).public();
        assert_eq!(AuditorKey::from_bytes(*key.as_bytes()), Some(key));
    }
}
