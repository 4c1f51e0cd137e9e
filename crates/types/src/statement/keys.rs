//! Statements about keys and the lives of logs (PROTOCOL P1, P2, S5).

use minicbor::bytes::ByteArray;
use minicbor::{Decode, Encode};

use crate::id::{Generation, Head, LineId};
use crate::terms::TermsIn;

/// A party key's word on the keys of one line and generation (PROTOCOL P1).
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct CertificateIn {
    /// The party key that signs.
    #[n(0)]
    pub party_key: ByteArray<32>,
    /// The line.
    #[n(1)]
    pub line: LineId,
    /// The generation.
    #[n(2)]
    pub generation: Generation,
    /// Signs statements and checkpoints.
    #[n(3)]
    pub log_key: ByteArray<32>,
    /// Cosigns the other log.
    #[n(4)]
    pub holder_key: ByteArray<32>,
    /// Authenticates the link.
    #[n(5)]
    pub tls_key: ByteArray<32>,
    /// A witness's key, where the party runs one.
    #[n(6)]
    pub witness_key: Option<ByteArray<32>>,
    /// The party key's signature over all of the above.
    #[n(7)]
    pub signature: ByteArray<64>,
}

/// Entry 0 of a generation (PROTOCOL P1, S5).
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct GenerationOpenIn {
    /// Kind: `generation-open`.
    #[n(0)]
    pub kind: u16,
    /// The author's certificate for this generation.
    #[n(1)]
    pub own: CertificateIn,
    /// The other party's certificate, as the author knew it.
    #[n(2)]
    pub other: CertificateIn,
    /// The terms in force.
    #[n(3)]
    pub terms: TermsIn,
    /// The last known head of the generation before; absent in the first.
    #[n(4)]
    pub previous: Option<Head>,
    /// The party key's signature over the leaf-independent content: certificate, terms digest and previous head.
    #[n(5)]
    pub signature: ByteArray<64>,
}

/// Says where the other log's old generation ended (PROTOCOL S5).
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct GenerationCloseIn {
    /// Kind: `generation-close`.
    #[n(0)]
    pub kind: u16,
    /// The other log's last head that its author signed and this side holds.
    #[n(1)]
    pub head: Head,
}

/// The author's certificate anew, in the course of its generation: it may name a witness (docs/decisions/0053).
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct KeyCertIn {
    /// Kind: `key-cert`.
    #[n(0)]
    pub kind: u16,
    /// The keys of the generation in which it stands: those of entry 0, and perhaps a witness.
    #[n(1)]
    pub own: CertificateIn,
}

/// Revokes a certified key (PROTOCOL P2).
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct KeyRevokeIn {
    /// Kind: `key-revoke`.
    #[n(0)]
    pub kind: u16,
    /// The generation whose keys are revoked.
    #[n(1)]
    pub generation: Generation,
    /// Entries from this size on are disputed.
    #[n(2)]
    pub from_size: u64,
    /// The party key's signature.
    #[n(3)]
    pub signature: ByteArray<64>,
}
