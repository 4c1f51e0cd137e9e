//! SHA-256 under named domains, so that no hash of one thing can pass for the hash of another.

use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};

/// SHA-256 over a domain's name, a zero byte, and parts of fixed or self-delimiting length.
///
/// The zero byte ends the name: no name is a prefix of another's input.
pub fn domain(name: &str, parts: &[&[u8]]) -> [u8; 32] {
    let mut hasher = Sha256::new();
    hasher.update(name.as_bytes());
    hasher.update([0]);
    for part in parts {
        hasher.update(part);
    }
    hasher.finalize().into()
}

/// Lower-case hex.
pub fn hex(bytes: &[u8]) -> String {
    HEXLOWER.encode(bytes)
}
