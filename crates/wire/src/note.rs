//! Signed notes, as c2sp.org/signed-note defines them: text, a blank line, and one line for each signature.
//!
//! Reading is strict, because a note is kept for decades and other tools read it too: exactly one way to write a
//! given text with given signatures is accepted, except for the order of the signature lines. Reading promises
//! nothing about the signatures; [`Note::signature_of`] picks the line of one key, and the caller verifies it.

use core::fmt::Write as _;

use data_encoding::BASE64;
use sha2::{Digest, Sha256};

use crate::key::PublicKey;

/// Largest note that is read, in bytes: 16 signatures of the largest kind in use (about 6.2 kB of base64 each),
/// a name of [`NAME_BYTES_MAX`] for each, and a text.
pub const NOTE_BYTES_MAX: usize = 128 * 1024;
/// Most signature lines that are read. The specification asks for at least 16.
pub const SIGNATURES_MAX: usize = 16;
/// Longest key name, in bytes: what the specification's other formats can carry in a one-byte length.
pub const NAME_BYTES_MAX: usize = 255;

/// What stands before the key name of a signature line.
const SIGNATURE_LINE_START: &str = "— ";
/// Bytes of a key ID, which every signature begins with.
const KEY_ID_BYTES: usize = 4;

/// The signature types that Detente writes and verifies; the byte is the specification's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum SignatureType {
    /// Ed25519 over the note's text (signed-note).
    Ed25519 = 0x01,
    /// Ed25519 over a time and the text (tlog-cosignature, `cosignature/v1`).
    CosignatureV1 = 0x04,
}

/// What is wrong with a note's form.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoteFault {
    /// The note is larger than [`NOTE_BYTES_MAX`].
    #[error("note has {bytes} bytes, more than {NOTE_BYTES_MAX}")]
    TooLarge {
        /// Its size.
        bytes: usize,
    },
    /// The note is not text, or holds a control character other than a line feed.
    #[error("note holds a byte that no note may hold")]
    NotText,
    /// No blank line ends the text, or the text is empty, or the last line is not ended.
    #[error("note is not a text, a blank line and signature lines")]
    Layout,
    /// The note has more than [`SIGNATURES_MAX`] signatures.
    #[error("note has more than {SIGNATURES_MAX} signatures")]
    TooManySignatures,
    /// A signature line is not `— name base64`.
    #[error("signature line {line} of the note is malformed")]
    SignatureLine {
        /// Which, counted from 0.
        line: usize,
    },
    /// The note has no signature of the wanted key.
    #[error("note is not signed by the expected key")]
    Unsigned,
    /// The note has two signatures of the wanted key.
    #[error("note is signed twice by the expected key")]
    SignedTwice,
}

/// A note taken apart. The text is not to be trusted before a signature over it was verified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note<'a> {
    text: &'a str,
    signatures: Vec<NoteSignature<'a>>,
}

/// One signature line of a note.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoteSignature<'a> {
    /// The name of the key.
    pub name: &'a str,
    /// The short ID of the key; with the name, it says which key and which signature type.
    pub key_id: KeyId,
    /// The signature itself, in the form that its type defines.
    pub bytes: Vec<u8>,
}

/// The first four bytes of a hash over a key's name, signature type and public key. Not a proof of anything.
pub type KeyId = [u8; KEY_ID_BYTES];

impl<'a> Note<'a> {
    /// Takes a note apart.
    ///
    /// # Errors
    /// What is wrong with its form.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, NoteFault> {
        if bytes.len() > NOTE_BYTES_MAX {
            return Err(NoteFault::TooLarge { bytes: bytes.len() });
        }
        if bytes.iter().any(|b| *b < 0x20 && *b != b'\n') {
            return Err(NoteFault::NotText);
        }
        let note = core::str::from_utf8(bytes).map_err(|_| NoteFault::NotText)?;
        let blank = note.rfind("\n\n").ok_or(NoteFault::Layout)?;
        let (text, rest) = note.split_at(blank + 1);
        let lines = rest[1..].strip_suffix('\n').ok_or(NoteFault::Layout)?;
        if lines.split('\n').nth(SIGNATURES_MAX).is_some() {
            return Err(NoteFault::TooManySignatures);
        }
        let signatures = lines
            .split('\n')
            .enumerate()
            .map(|(line, written)| parse_signature(written).ok_or(NoteFault::SignatureLine { line }));
        Ok(Self { text, signatures: signatures.collect::<Result<_, _>>()? })
    }

    /// The signed text, with its final line feed.
    pub const fn text(&self) -> &'a str {
        self.text
    }

    /// All signatures, in the order of their lines.
    pub fn signatures(&self) -> &[NoteSignature<'a>] {
        &self.signatures
    }

    /// The signature bytes under this key, not yet verified; lines of other keys are ignored.
    ///
    /// # Errors
    /// `Unsigned` without one, `SignedTwice` with more than one, since a reader could then choose.
    pub fn signature_of(&self, name: &str, signature_type: SignatureType, key: &PublicKey) -> Result<&[u8], NoteFault> {
        let wanted = key_id(name, signature_type, key);
        let mut found = self.signatures.iter().filter(|s| s.name == name && s.key_id == wanted);
        match (found.next(), found.next()) {
            (Some(signature), None) => Ok(&signature.bytes),
            (None, _) => Err(NoteFault::Unsigned),
            (Some(_), Some(_)) => Err(NoteFault::SignedTwice),
        }
    }
}

/// Whether a key may have this name: neither empty nor too long, without spaces, control characters or `+`.
pub fn is_name(name: &str) -> bool {
    let unfit = |c: char| c.is_whitespace() || c.is_control() || c == '+';
    (1..=NAME_BYTES_MAX).contains(&name.len()) && !name.contains(unfit)
}

/// The key ID of a key under a name, for one signature type.
pub fn key_id(name: &str, signature_type: SignatureType, key: &PublicKey) -> KeyId {
    let hash: [u8; 32] =
        Sha256::new().chain_update(name).chain_update([b'\n', signature_type as u8]).chain_update(key.0).finalize().into();
    [hash[0], hash[1], hash[2], hash[3]]
}

/// The key in the form that other tools take it, `name+id+key` (signed-note, "verifier keys").
pub fn verifier_key(name: &str, signature_type: SignatureType, key: &PublicKey) -> String {
    let id = data_encoding::HEXLOWER.encode(&key_id(name, signature_type, key));
    let mut material = vec![signature_type as u8];
    material.extend_from_slice(&key.0);
    format!("{name}+{id}+{}", BASE64.encode(&material))
}

/// Writes one signature line, its line feed included.
pub fn signature_line(name: &str, key_id: &KeyId, signature: &[u8]) -> String {
    debug_assert!(is_name(name), "our own key names are derived and fit");
    let mut bytes = key_id.to_vec();
    bytes.extend_from_slice(signature);
    let mut line = String::new();
    writeln!(line, "{SIGNATURE_LINE_START}{name} {}", BASE64.encode(&bytes)).expect("writing to a string cannot fail");
    line
}

/// Reads one line without its line feed; `None` when it is not a signature line.
fn parse_signature(line: &str) -> Option<NoteSignature<'_>> {
    let (name, encoded) = line.strip_prefix(SIGNATURE_LINE_START)?.split_once(' ')?;
    let decoded = BASE64.decode(encoded.as_bytes()).ok()?;
    let (key_id, bytes) = decoded.split_first_chunk::<KEY_ID_BYTES>()?;
    if !is_name(name) || bytes.is_empty() {
        return None;
    }
    Some(NoteSignature { name, key_id: *key_id, bytes: bytes.to_vec() })
}
