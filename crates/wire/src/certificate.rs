//! Certificates: a party key's word on the four keys of one line and generation (PROTOCOL P1), and its signatures
//! under openings and revocations (S5, P2).

use detente_types::statement::{CertificateIn, GenerationOpenIn, KeyRevokeIn, Kind};
use detente_types::{Generation, Head, LineId, PartyId, TermsIn};
use minicbor::bytes::ByteArray;

use crate::codec::encode;
use crate::entry::Verified;
use crate::hash::domain;
use crate::key::{KeyPair, PublicKey, Scheme, Signature};

/// A checked certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Certificate {
    input: CertificateIn,
}

/// The keys that a certificate names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Keys {
    /// Signs statements and checkpoints.
    pub log: PublicKey,
    /// Cosigns the other log.
    pub holder: PublicKey,
    /// Authenticates the link.
    pub tls: PublicKey,
    /// Signs as a witness, where the party runs one.
    pub witness: Option<PublicKey>,
}

/// Why a party key's word is not taken: in each case its sender's fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CertificateFault {
    /// The signature is not the party key's.
    #[error("the signature is not that of the party key {party_key}")]
    Signature {
        /// The key that should have signed.
        party_key: PublicKey,
    },
    /// Two of the four keys are the same.
    #[error("two of the certified keys are the same")]
    KeysNotDistinct,
    /// It is for generation 0, and the first is 1.
    #[error("the certificate is for generation 0, and the first is 1")]
    NoGeneration,
}

impl Certificate {
    /// Signs the keys of one line and generation.
    ///
    /// # Errors
    /// [`CertificateFault::KeysNotDistinct`] and [`CertificateFault::NoGeneration`].
    pub fn sign(
        scheme: &dyn Scheme,
        party: &KeyPair,
        line: LineId,
        generation: Generation,
        keys: &Keys,
    ) -> Result<Verified<Self>, CertificateFault> {
        let mut input = CertificateIn {
            party_key: party.public().0.into(),
            line,
            generation,
            log_key: keys.log.0.into(),
            holder_key: keys.holder.0.into(),
            tls_key: keys.tls.0.into(),
            witness_key: keys.witness.map(|k| k.0.into()),
            signature: ByteArray::from([0; 64]),
        };
        input.signature = party.sign(scheme, &certificate_message(&input)).0.into();
        Self::open(scheme, input)
    }

    /// Checks a certificate's own signature. Whether the party is the right one is for the caller to say.
    ///
    /// # Errors
    /// [`CertificateFault`].
    pub fn open(scheme: &dyn Scheme, input: CertificateIn) -> Result<Verified<Self>, CertificateFault> {
        let party_key = PublicKey(*input.party_key);
        if !scheme.verify(&party_key, &certificate_message(&input), &Signature(*input.signature)) {
            return Err(CertificateFault::Signature { party_key });
        }
        let certificate = Self { input };
        let Keys { log, holder, tls, witness } = certificate.keys();
        let mut all = vec![party_key, log, holder, tls];
        all.extend(witness);
        all.sort_unstable();
        if all.windows(2).any(|pair| pair[0] == pair[1]) {
            return Err(CertificateFault::KeysNotDistinct);
        }
        if certificate.generation() < Generation::FIRST {
            return Err(CertificateFault::NoGeneration);
        }
        Ok(Verified::assert(certificate))
    }

    /// The form that is encoded.
    pub const fn input(&self) -> &CertificateIn {
        &self.input
    }

    /// The party key.
    pub fn party_key(&self) -> PublicKey {
        PublicKey(*self.input.party_key)
    }

    /// The party.
    pub fn party(&self) -> PartyId {
        self.party_key().party()
    }

    /// The line.
    pub const fn line(&self) -> LineId {
        self.input.line
    }

    /// The generation.
    pub const fn generation(&self) -> Generation {
        self.input.generation
    }

    /// The certified keys.
    pub fn keys(&self) -> Keys {
        Keys {
            log: PublicKey(*self.input.log_key),
            holder: PublicKey(*self.input.holder_key),
            tls: PublicKey(*self.input.tls_key),
            witness: self.input.witness_key.map(|k| PublicKey(*k)),
        }
    }
}

/// The digest of terms that both sides sign: SHA-256 of `detente/terms/1`, a zero byte, and the canonical bytes.
pub fn terms_digest(terms: &TermsIn) -> [u8; 32] {
    domain("detente/terms/1", &[&encode(terms)])
}

/// Makes entry 0 of a generation, signed by the party key (PROTOCOL S5).
pub fn sign_opening(
    scheme: &dyn Scheme,
    party: &KeyPair,
    own: &Verified<Certificate>,
    other: &Verified<Certificate>,
    terms: TermsIn,
    previous: Option<Head>,
) -> GenerationOpenIn {
    let mut opening = GenerationOpenIn {
        kind: Kind::GenerationOpen.code(),
        own: own.input().clone(),
        other: other.input().clone(),
        terms,
        previous,
        signature: ByteArray::from([0; 64]),
    };
    opening.signature = party.sign(scheme, &opening_message(&opening)).0.into();
    opening
}

/// Checks an opening: both certificates and the party key's signature over all of it.
///
/// # Errors
/// [`CertificateFault`].
pub fn open_opening(
    scheme: &dyn Scheme,
    opening: &GenerationOpenIn,
) -> Result<(Verified<Certificate>, Verified<Certificate>), CertificateFault> {
    let own = Certificate::open(scheme, opening.own.clone())?;
    let other = Certificate::open(scheme, opening.other.clone())?;
    let party_key = own.party_key();
    if !scheme.verify(&party_key, &opening_message(opening), &Signature(*opening.signature)) {
        return Err(CertificateFault::Signature { party_key });
    }
    Ok((own, other))
}

/// Signs a revocation.
pub fn sign_revocation(
    scheme: &dyn Scheme,
    party: &KeyPair,
    line: LineId,
    generation: Generation,
    from_size: u64,
) -> KeyRevokeIn {
    let mut revocation = KeyRevokeIn { kind: Kind::KeyRevoke.code(), generation, from_size, signature: ByteArray::from([0; 64]) };
    revocation.signature = party.sign(scheme, &revocation_message(line, &revocation)).0.into();
    revocation
}

/// Checks a revocation against the party key and the line.
///
/// # Errors
/// [`CertificateFault::Signature`].
pub fn open_revocation(
    scheme: &dyn Scheme,
    party_key: PublicKey,
    line: LineId,
    revocation: &KeyRevokeIn,
) -> Result<(), CertificateFault> {
    let good = scheme.verify(&party_key, &revocation_message(line, revocation), &Signature(*revocation.signature));
    good.then_some(()).ok_or(CertificateFault::Signature { party_key })
}

fn certificate_message(input: &CertificateIn) -> Vec<u8> {
    let unsigned = CertificateIn { signature: ByteArray::from([0; 64]), ..input.clone() };
    [b"detente/certificate/1\0".as_slice(), &encode(&unsigned)].concat()
}

fn opening_message(input: &GenerationOpenIn) -> Vec<u8> {
    let unsigned = GenerationOpenIn { signature: ByteArray::from([0; 64]), ..input.clone() };
    [b"detente/opening/1\0".as_slice(), &encode(&unsigned)].concat()
}

fn revocation_message(line: LineId, input: &KeyRevokeIn) -> Vec<u8> {
    let unsigned = KeyRevokeIn { signature: ByteArray::from([0; 64]), ..input.clone() };
    [b"detente/revocation/1\0".as_slice(), line.as_bytes(), &encode(&unsigned)].concat()
}
