//! The knock: proof in the first message that the caller knows whom it calls (F6).
//!
//! In TLS 1.3 a server shows its key before the client has shown anything. So the server name that the
//! caller sends is a fresh nonce and a MAC over it, keyed by both public keys (or, before
//! pairing, by the invite). A listener that finds no match hangs up without a byte. Scanners
//! therefore learn no key, and cost us one MAC a pin instead of a key exchange and a signature.
//!
//! It is a shield for the handshake, not an authentication: whoever overhears a knock can repeat it,
//! and then learns our public key and no more. docs/decisions/0020 has the reasoning.

use data_encoding::BASE32_DNSSEC;
use hmac::{Hmac, KeyInit, Mac};
use rustls::pki_types::ServerName;
use sha2::{Digest, Sha256};

use crate::identity::TlsPublicKey;

/// Bytes of the nonce: enough that no two calls ever share one.
const NONCE_BYTES: usize = 16;

/// Bytes kept of the MAC: guessing it takes 2^127 connections.
const TAG_BYTES: usize = 16;

const PINNED_DOMAIN: &[u8] = b"detente/knock/1";
const PAIRING_DOMAIN: &[u8] = b"detente/knock-pairing/1";

/// What both ends must know for a knock to be heard.
pub(crate) struct KnockKey([u8; 32]);

/// A knock as it came in; not yet held against any key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Knock {
    nonce: [u8; NONCE_BYTES],
    tag: [u8; TAG_BYTES],
}

impl KnockKey {
    /// For two sides that have pinned each other.
    pub(crate) fn pinned(listener: &TlsPublicKey, caller: &TlsPublicKey) -> Self {
        Self::derive(&[PINNED_DOMAIN, listener.as_bytes(), caller.as_bytes()])
    }

    /// For two sides of which one holds an invite of the other.
    pub(crate) fn pairing(invite: &[u8; 32]) -> Self {
        Self::derive(&[PAIRING_DOMAIN, invite])
    }

    /// The name under which a caller asks for the listener. `nonce` is fresh and random.
    pub(crate) fn server_name(&self, nonce: [u8; NONCE_BYTES]) -> ServerName<'static> {
        let tag = self.mac(&nonce).finalize().into_bytes();
        let mut knock = nonce.to_vec();
        knock.extend_from_slice(&tag[..TAG_BYTES]);
        ServerName::try_from(BASE32_DNSSEC.encode(&knock)).expect("52 characters of 0-9 and a-v: one valid label of a name")
    }

    /// Whether the knock was made with this key, in constant time.
    pub(crate) fn matches(&self, knock: &Knock) -> bool {
        self.mac(&knock.nonce).verify_truncated_left(&knock.tag).is_ok()
    }

    /// Every part but the domain has 32 bytes, so no two inputs run together.
    fn derive(parts: &[&[u8]]) -> Self {
        let mut hash = Sha256::new();
        for part in parts {
            hash.update(part);
        }
        Self(hash.finalize().into())
    }

    fn mac(&self, nonce: &[u8]) -> Hmac<Sha256> {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.0).expect("hmac takes keys of any length");
        mac.update(nonce);
        mac
    }
}

impl Knock {
    /// Reads a server name as a knock; `None` if it is none.
    pub(crate) fn parse(server_name: &str) -> Option<Self> {
        // The decoder allocates by the length of its input, which TLS bounds at 64 KiB and we at 52.
        if server_name.len() != BASE32_DNSSEC.encode_len(NONCE_BYTES + TAG_BYTES) {
            return None;
        }
        let bytes = BASE32_DNSSEC.decode(server_name.as_bytes()).ok()?;
        let (nonce, tag) = bytes.split_first_chunk::<NONCE_BYTES>()?;
        Some(Self { nonce: *nonce, tag: tag.try_into().ok()? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(key: &KnockKey, nonce: u8) -> Knock {
        Knock::parse(&key.server_name([nonce; 16]).to_str()).unwrap()
    }

    #[test]
    fn a_knock_is_heard_by_its_key_only() {
        let (a, b) = (TlsPublicKey::from_bytes([1; 32]), TlsPublicKey::from_bytes([2; 32]));
        let key = KnockKey::pinned(&a, &b);
        let knock = parsed(&key, 9);
        assert!(key.matches(&knock));
        assert!(!KnockKey::pinned(&b, &a).matches(&knock));
        assert!(!KnockKey::pairing(&[1; 32]).matches(&knock));
        let other_nonce = Knock { nonce: [8; 16], ..knock };
        assert!(!key.matches(&other_nonce));
    }

    #[test]
    fn knocks_look_unrelated_to_who_lacks_the_key() {
        let key = KnockKey::pairing(&[3; 32]);
        let (one, two) = (parsed(&key, 1), parsed(&key, 2));
        assert_ne!(one.tag, two.tag);
    }

    #[test]
    fn other_names_are_no_knocks() {
        for name in ["", "example.org", &"v".repeat(51), &"v".repeat(53), &"z".repeat(52)] {
            assert_eq!(Knock::parse(name), None, "{name}");
        }
    }
}
