//! The one TLS configuration: version 1.3, hybrid key exchange, raw Ed25519 keys on both sides.
//!
//! Everything is stated here and nothing is taken from a process-wide default. There is no older
//! version, no other group, no resumption and no early data to fall back to: a peer that cannot do
//! this cannot speak to us.

use std::sync::Arc;

use rustls::client::Resumption;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::aws_lc_rs::{self, cipher_suite, kx_group};
use rustls::crypto::{CryptoProvider, SecureRandom};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::server::{AlwaysResolvesServerRawPublicKeys, NoServerSessionStorage};
use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, DistinguishedName, Error, OtherError, PeerMisbehaved, ServerConfig,
    SignatureScheme,
};
use tokio_rustls::rustls;

use crate::error::{Bug, NetError, PeerFault};
use crate::identity::{TlsIdentity, TlsPublicKey};
use crate::pins::Pins;

/// The protocol name that both ends must offer (RFC 7301).
pub const ALPN: &[u8] = b"detente/1";

/// Whom a handshake may end with.
#[derive(Clone, Debug)]
pub(crate) enum Accepts {
    /// The one key we dialled.
    One(TlsPublicKey),
    /// Any pinned key.
    Pinned(Pins),
    /// Any usable key: pairing, where the key is what is to be learnt.
    Anyone,
}

/// The algorithms of a session.
///
/// X25519MLKEM768 alone (fail closed), and the two suites with 256-bit keys: AES for machines that have
/// it in hardware, ChaCha20 for those that do not.
pub(crate) fn provider() -> Arc<CryptoProvider> {
    Arc::new(CryptoProvider {
        cipher_suites: vec![cipher_suite::TLS13_AES_256_GCM_SHA384, cipher_suite::TLS13_CHACHA20_POLY1305_SHA256],
        kx_groups: vec![kx_group::X25519MLKEM768],
        ..aws_lc_rs::default_provider()
    })
}

/// The library's own source of randomness.
pub(crate) fn random() -> &'static dyn SecureRandom {
    aws_lc_rs::default_provider().secure_random
}

/// The listening side's configuration.
pub(crate) fn server_config(identity: &TlsIdentity, accepts: Accepts) -> Result<Arc<ServerConfig>, NetError> {
    let mut config = ServerConfig::builder_with_provider(provider())
        .with_protocol_versions(&[&rustls::version::TLS13])
        .map_err(|source| Bug::TlsConfig { source })?
        .with_client_cert_verifier(Arc::new(KeyVerifier(accepts)))
        .with_cert_resolver(Arc::new(AlwaysResolvesServerRawPublicKeys::new(identity.certified()?)));
    config.alpn_protocols = vec![ALPN.to_vec()];
    config.session_storage = Arc::new(NoServerSessionStorage {});
    config.send_tls13_tickets = 0;
    config.max_early_data_size = 0;
    Ok(Arc::new(config))
}

/// The calling side's configuration.
pub(crate) fn client_config(identity: &TlsIdentity, accepts: Accepts) -> Result<Arc<ClientConfig>, NetError> {
    let resolver = rustls::client::AlwaysResolvesClientRawPublicKeys::new(identity.certified()?);
    let mut config = ClientConfig::builder_with_provider(provider())
        .with_protocol_versions(&[&rustls::version::TLS13])
        .map_err(|source| Bug::TlsConfig { source })?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(KeyVerifier(accepts)))
        .with_client_cert_resolver(Arc::new(resolver));
    config.alpn_protocols = vec![ALPN.to_vec()];
    config.resumption = Resumption::disabled();
    config.enable_early_data = false;
    Ok(Arc::new(config))
}

/// Accepts exactly the keys it is told to, with strict signatures (P4).
#[derive(Debug)]
pub(crate) struct KeyVerifier(pub(crate) Accepts);

impl KeyVerifier {
    fn check_key(&self, presented: &CertificateDer<'_>) -> Result<(), Error> {
        let key = TlsPublicKey::from_spki(presented)
            .and_then(|key| key.check_strength().ok())
            .ok_or_else(|| refusal(PeerFault::UnusableKey))?;
        let accepted = match &self.0 {
            Accepts::One(pinned) => *pinned == key,
            Accepts::Pinned(pins) => pins.line_of(&key).is_some(),
            Accepts::Anyone => true,
        };
        if accepted { Ok(()) } else { Err(refusal(PeerFault::UnknownKey { key })) }
    }

    fn check_signature(
        message: &[u8],
        presented: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        if signed.scheme != SignatureScheme::ED25519 {
            return Err(PeerMisbehaved::SignedHandshakeWithUnadvertisedSigScheme.into());
        }
        let key = TlsPublicKey::from_spki(presented).ok_or_else(|| refusal(PeerFault::UnusableKey))?;
        if key.verifies(message, signed.signature()) {
            Ok(HandshakeSignatureValid::assertion())
        } else {
            Err(Error::InvalidCertificate(CertificateError::BadSignature))
        }
    }
}

/// Hands our own fault through rustls, which tells the peer only "certificate unknown".
fn refusal(fault: PeerFault) -> Error {
    Error::InvalidCertificate(CertificateError::Other(OtherError(Arc::new(fault))))
}

impl ServerCertVerifier for KeyVerifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        self.check_key(end_entity).map(|()| ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _message: &[u8],
        _cert: &CertificateDer<'_>,
        _dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Err(rustls::PeerIncompatible::ServerDoesNotSupportTls12Or13.into())
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Self::check_signature(message, cert, dss)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        vec![SignatureScheme::ED25519]
    }

    fn requires_raw_public_keys(&self) -> bool {
        true
    }
}

impl ClientCertVerifier for KeyVerifier {
    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &[]
    }

    fn verify_client_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _now: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        self.check_key(end_entity).map(|()| ClientCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _message: &[u8],
        _cert: &CertificateDer<'_>,
        _dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Err(rustls::PeerIncompatible::Tls12NotOffered.into())
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Self::check_signature(message, cert, dss)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        vec![SignatureScheme::ED25519]
    }

    fn requires_raw_public_keys(&self) -> bool {
        true
    }
}
