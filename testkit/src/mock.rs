//! A signature scheme that costs two hashes, for simulations of many signatures. It protects nothing.

use detente_wire::{PublicKey, Scheme, SecretKey, Signature};
use sha2::{Digest, Sha256};

/// Keyed hashes in the place of signatures: whoever knows a public key can forge.
///
/// The public key is SHA-256 of `mock` and the seed; each half of a signature is SHA-256 of its number, the public
/// key and the message. So a signature still depends on every bit of key and message.
#[derive(Clone, Copy, Debug, Default)]
pub struct MockScheme;

impl Scheme for MockScheme {
    fn public(&self, secret: &SecretKey) -> PublicKey {
        PublicKey(Sha256::new().chain_update(b"mock").chain_update(secret.danger_seed()).finalize().into())
    }

    fn sign(&self, secret: &SecretKey, message: &[u8]) -> Signature {
        mark(&self.public(secret), message)
    }

    fn verify(&self, key: &PublicKey, message: &[u8], signature: &Signature) -> bool {
        mark(key, message) == *signature
    }
}

fn mark(key: &PublicKey, message: &[u8]) -> Signature {
    let mut bytes = [0; 64];
    for (number, half) in bytes.chunks_exact_mut(32).enumerate() {
        let hash = Sha256::new().chain_update([number as u8]).chain_update(key.0).chain_update(message).finalize();
        half.copy_from_slice(&hash);
    }
    Signature(bytes)
}
