//! The TLS key of one side on one line (P1), and the public keys of others.
//!
//! Keys travel as RFC 7250 raw public keys: no certificate, no name, no date, nothing to parse but
//! a fixed 12-byte prefix. The seed is wiped on drop and never printed.

use std::fmt;
use std::sync::Arc;

use data_encoding::HEXLOWER;
use ed25519_dalek::{Signature, SigningKey, VerifyingKey};
use rustls::crypto::aws_lc_rs::sign::any_eddsa_type;
use rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer};
use rustls::sign::CertifiedKey;
use zeroize::Zeroizing;

use crate::error::{Bug, CallerFault, NetError};

/// RFC 8410: `SubjectPublicKeyInfo` of an Ed25519 key is this prefix and the 32 key bytes.
const SPKI_PREFIX: [u8; 12] = [0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00];

/// RFC 8410: the PKCS#8 form of an Ed25519 seed is this prefix and the 32 seed bytes.
const PKCS8_PREFIX: [u8; 16] = [0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20];

/// The public half of a side's TLS key: what is pinned.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TlsPublicKey([u8; 32]);

/// The secret half of our TLS key on one line.
pub struct TlsIdentity {
    seed: Zeroizing<[u8; 32]>,
    public: TlsPublicKey,
}

impl TlsPublicKey {
    /// Takes the 32 bytes of RFC 8032 as they are; use is refused later if they are no key.
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The 32 bytes of RFC 8032.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Refuses bytes that are no point, second spellings of a point, and points of small order, under which
    /// anybody can sign (P4).
    pub(crate) fn check_strength(self) -> Result<Self, CallerFault> {
        match VerifyingKey::from_bytes(&self.0) {
            Ok(key) if !key.is_weak() && key.to_edwards().compress().0 == self.0 => Ok(self),
            _ => Err(CallerFault::UnusableKey { key: self }),
        }
    }

    /// Reads the raw public key of a handshake; `None` unless it is exactly an Ed25519 key.
    pub(crate) fn from_spki(spki: &[u8]) -> Option<Self> {
        let key = spki.strip_prefix(&SPKI_PREFIX)?;
        Some(Self(key.try_into().ok()?))
    }

    /// Strict verification of one signature (P4).
    pub(crate) fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        let Ok(key) = VerifyingKey::from_bytes(&self.0) else {
            return false;
        };
        Signature::from_slice(signature).is_ok_and(|signature| key.verify_strict(message, &signature).is_ok())
    }

    fn to_spki(self) -> CertificateDer<'static> {
        let mut spki = SPKI_PREFIX.to_vec();
        spki.extend_from_slice(&self.0);
        CertificateDer::from(spki)
    }
}

impl TlsIdentity {
    /// Takes the 32-byte Ed25519 seed (RFC 8032) that the key store made or unsealed.
    pub fn from_seed(seed: Zeroizing<[u8; 32]>) -> Self {
        let public = SigningKey::from_bytes(&seed).verifying_key().to_bytes();
        Self { seed, public: TlsPublicKey(public) }
    }

    /// The public half: what the other side pins.
    pub const fn public_key(&self) -> TlsPublicKey {
        self.public
    }

    /// The form in which rustls signs with it.
    pub(crate) fn certified(&self) -> Result<Arc<CertifiedKey>, NetError> {
        let mut pkcs8 = Zeroizing::new([0_u8; PKCS8_PREFIX.len() + 32]);
        pkcs8[..PKCS8_PREFIX.len()].copy_from_slice(&PKCS8_PREFIX);
        pkcs8[PKCS8_PREFIX.len()..].copy_from_slice(self.seed.as_slice());
        let der = PrivatePkcs8KeyDer::from(pkcs8.as_slice());
        let signer = any_eddsa_type(&der).map_err(|source| Bug::TlsConfig { source })?;
        Ok(Arc::new(CertifiedKey::new(vec![self.public.to_spki()], signer)))
    }
}

impl fmt::Display for TlsPublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&HEXLOWER.encode(&self.0))
    }
}

impl fmt::Debug for TlsPublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TlsPublicKey({self})")
    }
}

impl fmt::Debug for TlsIdentity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TlsIdentity").field("public", &self.public).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 8032, section 7.1, test 1.
    const SEED: &str = "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60";
    const PUBLIC: &str = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a";

    fn identity() -> TlsIdentity {
        let seed = HEXLOWER.decode(SEED.as_bytes()).unwrap();
        TlsIdentity::from_seed(Zeroizing::new(seed.try_into().unwrap()))
    }

    #[test]
    fn public_key_is_that_of_rfc_8032() {
        assert_eq!(identity().public_key().to_string(), PUBLIC);
    }

    #[test]
    fn debug_shows_no_seed() {
        let shown = format!("{:?}", identity());
        assert!(shown.contains(PUBLIC));
        assert!(!shown.contains(&SEED[..8]) && !shown.contains("157"));
    }

    #[test]
    fn rustls_signs_with_the_same_key_as_we_verify() {
        let identity = identity();
        let certified = identity.certified().unwrap();
        let signer = certified.key.choose_scheme(&[rustls::SignatureScheme::ED25519]).unwrap();
        let signature = signer.sign(b"message").unwrap();
        assert!(identity.public_key().verifies(b"message", &signature));
        assert!(!identity.public_key().verifies(b"another", &signature));
        assert_eq!(TlsPublicKey::from_spki(&certified.cert[0]), Some(identity.public_key()));
    }

    #[test]
    fn weak_and_impossible_keys_are_refused() {
        let mut identity_point = [0; 32];
        identity_point[0] = 1;
        let no_point = [2; 32];
        let second_spelling = [0xff; 32];
        for bytes in [[0; 32], identity_point, no_point, second_spelling] {
            let key = TlsPublicKey::from_bytes(bytes);
            assert_eq!(key.check_strength(), Err(CallerFault::UnusableKey { key }));
        }
    }

    #[test]
    fn only_an_exact_ed25519_spki_is_a_key() {
        let spki = identity().public_key().to_spki();
        assert!(TlsPublicKey::from_spki(&spki[..spki.len() - 1]).is_none());
        let mut longer = spki.to_vec();
        longer.push(0);
        assert!(TlsPublicKey::from_spki(&longer).is_none());
        let mut other_algorithm = spki.to_vec();
        other_algorithm[8] = 0x6e; // X25519
        assert!(TlsPublicKey::from_spki(&other_algorithm).is_none());
    }
}
