//! Keys and signatures (PROTOCOL P1, P4).
//!
//! Signatures are Ed25519 (RFC 8032), verified strictly and one by one: small-order keys and non-canonical forms are
//! refused, and no batch is ever used, since its accept set differs. The scheme is a port, so that the simulator can
//! run on a cheap keyed hash; the only scheme in the product is [`Ed25519`].

use core::fmt;

use ed25519_dalek::{Signer, SigningKey, VerifyingKey};
use rand_core::CryptoRng;
use zeroize::{Zeroize, ZeroizeOnDrop};

use detente_types::PartyId;

use crate::hash::{domain, hex};

/// Bytes of a public key.
pub const PUBLIC_KEY_BYTES: usize = 32;
/// Bytes of a signature.
pub const SIGNATURE_BYTES: usize = 64;

/// A public key: of a party, a log, a holder, a link end or a witness.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PublicKey(pub [u8; PUBLIC_KEY_BYTES]);

impl PublicKey {
    /// The party that this party key stands for.
    pub fn party(&self) -> PartyId {
        PartyId::new(domain("detente/party/1", &[&self.0]))
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PublicKey({})", hex(&self.0[..4]))
    }
}

impl fmt::Display for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex(&self.0))
    }
}

/// A signature.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Signature(pub [u8; SIGNATURE_BYTES]);

impl fmt::Debug for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Signature({}…)", hex(&self.0[..4]))
    }
}

/// A secret key: the 32-byte seed of RFC 8032. Inert: it is never shown, compared or serialised, and wiped on drop.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct SecretKey([u8; 32]);

impl SecretKey {
    /// Draws a new one.
    pub fn generate(rng: &mut dyn CryptoRng) -> Self {
        let mut seed = [0; 32];
        rng.fill_bytes(&mut seed);
        Self(seed)
    }

    /// From its seed, as read from a key file.
    pub const fn from_seed(seed: [u8; 32]) -> Self {
        Self(seed)
    }

    /// The seed, for a key file of mode 0600, a carrier's identity, or a scheme. Handle as the secret that it is.
    pub const fn danger_seed(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretKey(…)")
    }
}

/// How signatures are made and checked.
pub trait Scheme: Send + Sync + fmt::Debug {
    /// The public half of a secret key.
    fn public(&self, secret: &SecretKey) -> PublicKey;
    /// Signs a message. Callers put a domain in front of it.
    fn sign(&self, secret: &SecretKey, message: &[u8]) -> Signature;
    /// Whether the signature is good. Never panics, whatever the bytes are.
    fn verify(&self, key: &PublicKey, message: &[u8], signature: &Signature) -> bool;
}

/// Ed25519, strict.
#[derive(Clone, Copy, Debug, Default)]
pub struct Ed25519;

impl Scheme for Ed25519 {
    fn public(&self, secret: &SecretKey) -> PublicKey {
        PublicKey(SigningKey::from_bytes(&secret.0).verifying_key().to_bytes())
    }

    fn sign(&self, secret: &SecretKey, message: &[u8]) -> Signature {
        Signature(SigningKey::from_bytes(&secret.0).sign(message).to_bytes())
    }

    fn verify(&self, key: &PublicKey, message: &[u8], signature: &Signature) -> bool {
        let Ok(key) = VerifyingKey::from_bytes(&key.0) else {
            return false;
        };
        let signature = ed25519_dalek::Signature::from_bytes(&signature.0);
        key.verify_strict(message, &signature).is_ok()
    }
}

/// A secret key with its public half, and the scheme's way to use it.
#[derive(Clone, Debug)]
pub struct KeyPair {
    secret: SecretKey,
    public: PublicKey,
}

impl KeyPair {
    /// From a secret key.
    pub fn new(scheme: &dyn Scheme, secret: SecretKey) -> Self {
        let public = scheme.public(&secret);
        Self { secret, public }
    }

    /// Draws a new one.
    pub fn generate(scheme: &dyn Scheme, rng: &mut dyn CryptoRng) -> Self {
        Self::new(scheme, SecretKey::generate(rng))
    }

    /// The public half.
    pub const fn public(&self) -> PublicKey {
        self.public
    }

    /// The secret half.
    pub const fn secret(&self) -> &SecretKey {
        &self.secret
    }

    /// Signs a message.
    pub fn sign(&self, scheme: &dyn Scheme, message: &[u8]) -> Signature {
        scheme.sign(&self.secret, message)
    }
}
