//! Checkpoints (c2sp.org/tlog-checkpoint) and cosignatures (c2sp.org/tlog-cosignature, Ed25519).
//!
//! A checkpoint is the author's signed word that its log had one root at one size. A cosignature is the other
//! side's signed word about the same checkpoint, with a time: here, that every entry below the size is on its disk
//! (PROTOCOL E5). [`SignedCheckpoint`] and [`Cosignature`] are made only by verifying a signature or by signing,
//! so holding one means that the signature was good under the key that was given.
//!
//! Extension lines are refused: our logs write none, nobody could audit them, and without them one head has
//! exactly one text.

use data_encoding::BASE64;
use detente_types::{Generation, LineId, PartyId, Root, Timestamp};

use crate::hash::{domain, hex};
use crate::key::{KeyPair, PublicKey, SIGNATURE_BYTES, Scheme, Signature};
use crate::merkle::EMPTY_ROOT;
use crate::note::{self, Note, NoteFault, SignatureType, key_id, signature_line};

/// Domain of the hash that names a log.
const LOG_DOMAIN: &str = "detente/origin/1";
/// Domain of the hash that names a holder key.
const HOLDER_DOMAIN: &str = "detente/holder/1";
/// First line of the message that a cosignature signs; it keeps cosignatures and checkpoints apart.
const COSIGNATURE_HEADER: &str = "cosignature/v1";
/// Bytes of the time in a cosignature.
const TIME_BYTES: usize = 8;
/// Latest second that still counts in microseconds: about the year 294,000.
const SECONDS_MAX: u64 = i64::MAX as u64 / 1_000_000;

/// Why a checkpoint or cosignature is refused. The peer, or whoever wrote the bytes, is at fault.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CheckpointFault {
    /// The note's form is wrong, or the expected key did not sign it.
    #[error("failed to read the note of a checkpoint")]
    Note(#[from] NoteFault),
    /// The text is not origin, size and root on three lines.
    #[error("text of the note is not a checkpoint")]
    Text,
    /// The text has lines beyond those three.
    #[error("checkpoint has extension lines")]
    Extended,
    /// The checkpoint is another log's.
    #[error("checkpoint is not of the log {expected}")]
    OtherLog {
        /// The origin that was asked for.
        expected: String,
    },
    /// The checkpoint gives the empty log a root other than the empty root.
    #[error("checkpoint of an empty log has a root of its own")]
    EmptyRoot,
    /// The signature is not that of the key over these bytes.
    #[error("signature under the key {name} does not verify")]
    Signature {
        /// The key's name.
        name: String,
    },
    /// The cosignature's time cannot be a time.
    #[error("cosignature names second {seconds}, which is out of range")]
    Time {
        /// Seconds since the Unix epoch, as claimed.
        seconds: u64,
    },
}

/// What a checkpoint says: one log had one root at one size.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    origin: String,
    size: u64,
    root: Root,
}

impl Checkpoint {
    /// The statement that the log `origin` has this root at this size.
    pub fn new(origin: &str, size: u64, root: Root) -> Self {
        debug_assert!(note::is_name(origin), "origins come from log_name");
        Self { origin: origin.to_owned(), size, root }
    }

    /// Reads the text of a checkpoint note.
    ///
    /// # Errors
    /// `Text` or `Extended` when the lines are not those of a checkpoint, `EmptyRoot`.
    pub fn parse(text: &str) -> Result<Self, CheckpointFault> {
        let mut lines = text.strip_suffix('\n').ok_or(CheckpointFault::Text)?.split('\n');
        let mut line = || lines.next().filter(|l| !l.is_empty()).ok_or(CheckpointFault::Text);
        let (origin, size, root) = (line()?, parse_size(line()?)?, parse_root(line()?)?);
        if lines.next().is_some() {
            return Err(CheckpointFault::Extended);
        }
        if size == 0 && root != EMPTY_ROOT {
            return Err(CheckpointFault::EmptyRoot);
        }
        Ok(Self { origin: origin.to_owned(), size, root })
    }

    /// Which log: its origin line.
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// How many entries the log had.
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// The Merkle root over their leaves.
    pub const fn root(&self) -> &Root {
        &self.root
    }

    /// The text that the note carries and the log key signs.
    pub fn text(&self) -> String {
        format!("{}\n{}\n{}\n", self.origin, self.size, BASE64.encode(self.root.as_bytes()))
    }

    /// The message that a cosignature of this checkpoint signs (tlog-cosignature, "Ed25519 signed message").
    fn cosigned_message(&self, seconds: u64) -> String {
        format!("{COSIGNATURE_HEADER}\ntime {seconds}\n{}", self.text())
    }
}

/// A checkpoint whose signature by its log's key was made or verified here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedCheckpoint {
    checkpoint: Checkpoint,
    signature: Signature,
    key: PublicKey,
}

impl SignedCheckpoint {
    /// What was signed.
    pub const fn checkpoint(&self) -> &Checkpoint {
        &self.checkpoint
    }

    /// The key that signed it.
    pub const fn key(&self) -> &PublicKey {
        &self.key
    }

    /// The bare signature, for carriers that know the rest.
    pub const fn signature(&self) -> &Signature {
        &self.signature
    }

    /// The note: the text and the log key's signature line.
    pub fn note(&self) -> String {
        format!("{}\n{}", self.checkpoint.text(), self.line())
    }

    /// The note with the other side's cosignature below the log key's signature.
    pub fn note_with(&self, cosignature: &Cosignature) -> String {
        format!("{}{}", self.note(), cosignature.line())
    }

    fn line(&self) -> String {
        let origin = self.checkpoint.origin();
        let id = key_id(origin, SignatureType::Ed25519, &self.key);
        signature_line(origin, &id, &self.signature.0)
    }
}

/// A cosignature that was made or verified here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cosignature {
    checkpoint: Checkpoint,
    name: String,
    key: PublicKey,
    seconds: u64,
    signature: Signature,
}

impl Cosignature {
    /// What was cosigned.
    pub const fn checkpoint(&self) -> &Checkpoint {
        &self.checkpoint
    }

    /// The name of the key that cosigned.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The key that cosigned.
    pub const fn key(&self) -> &PublicKey {
        &self.key
    }

    /// When, by the cosigner's clock, in whole seconds.
    pub fn time(&self) -> Timestamp {
        let seconds = i64::try_from(self.seconds).expect("checked when signed or opened");
        Timestamp::from_micros(0).plus_seconds(seconds)
    }

    /// The bare signature, for carriers that know the rest.
    pub const fn signature(&self) -> &Signature {
        &self.signature
    }

    /// A note that holds the text and this cosignature alone.
    pub fn note(&self) -> String {
        format!("{}\n{}", self.checkpoint.text(), self.line())
    }

    /// The signature line, its line feed included.
    pub fn line(&self) -> String {
        let id = key_id(&self.name, SignatureType::CosignatureV1, &self.key);
        let mut timed = self.seconds.to_be_bytes().to_vec();
        timed.extend_from_slice(&self.signature.0);
        signature_line(&self.name, &id, &timed)
    }
}

/// The origin of a log, which is its key's name too. It tells nobody whose log it is (PROTOCOL E3).
pub fn log_name(line: &LineId, author: &PartyId, generation: Generation) -> String {
    format!("detente/{}", name_hash(LOG_DOMAIN, line, author, generation))
}

/// The name of the key with which `holder` cosigns the other party's log on this line. It tells nobody who holds.
///
/// The generation is that of the holder's own keys, which its own log certifies (PROTOCOL P1).
pub fn holder_name(line: &LineId, holder: &PartyId, generation: Generation) -> String {
    format!("detente/holder/{}", name_hash(HOLDER_DOMAIN, line, holder, generation))
}

/// Signs a checkpoint with the log key of `origin`.
pub fn sign_checkpoint(scheme: &dyn Scheme, log_key: &KeyPair, origin: &str, size: u64, root: Root) -> SignedCheckpoint {
    let checkpoint = Checkpoint::new(origin, size, root);
    let signature = log_key.sign(scheme, checkpoint.text().as_bytes());
    SignedCheckpoint { checkpoint, signature, key: log_key.public() }
}

/// Opens a checkpoint note of the log `origin`, whose log key is `key`.
///
/// # Errors
/// What is wrong with the note, its text, its log or its signature.
pub fn open_checkpoint(
    scheme: &dyn Scheme,
    key: &PublicKey,
    origin: &str,
    note: &[u8],
) -> Result<SignedCheckpoint, CheckpointFault> {
    let note = Note::parse(note)?;
    let checkpoint = parse_of_log(note.text(), origin)?;
    let written = note.signature_of(origin, SignatureType::Ed25519, key)?;
    let signature = written.try_into().ok().map(Signature);
    match signature.filter(|s| scheme.verify(key, note.text().as_bytes(), s)) {
        Some(signature) => Ok(SignedCheckpoint { checkpoint, signature, key: *key }),
        None => Err(CheckpointFault::Signature { name: origin.to_owned() }),
    }
}

/// Cosigns a checkpoint with the holder (or witness) key `name`, at `now` by our clock.
///
/// What a holder's cosignature promises is PROTOCOL E5; `record::Holder` says when it may be made. A clock that
/// stands before 1970 is written as 1970: times are claims, and the format has no earlier ones.
pub fn cosign(scheme: &dyn Scheme, holder_key: &KeyPair, name: &str, checkpoint: &Checkpoint, now: Timestamp) -> Cosignature {
    let seconds = u64::try_from(now.seconds()).unwrap_or(0);
    let signature = holder_key.sign(scheme, checkpoint.cosigned_message(seconds).as_bytes());
    Cosignature { checkpoint: checkpoint.clone(), name: name.to_owned(), key: holder_key.public(), seconds, signature }
}

/// Opens the cosignature that the key `name` put on a checkpoint of the log `origin`.
///
/// Other signatures on the note, the log's own included, are not looked at.
///
/// # Errors
/// What is wrong with the note, its text, its log, its time or its signature.
pub fn open_cosignature(
    scheme: &dyn Scheme,
    key: &PublicKey,
    name: &str,
    origin: &str,
    note: &[u8],
) -> Result<Cosignature, CheckpointFault> {
    let note = Note::parse(note)?;
    let checkpoint = parse_of_log(note.text(), origin)?;
    let written = note.signature_of(name, SignatureType::CosignatureV1, key)?;
    let (seconds, signature) = split_timed(written).ok_or_else(|| CheckpointFault::Signature { name: name.to_owned() })?;
    if seconds > SECONDS_MAX {
        return Err(CheckpointFault::Time { seconds });
    }
    if !scheme.verify(key, checkpoint.cosigned_message(seconds).as_bytes(), &signature) {
        return Err(CheckpointFault::Signature { name: name.to_owned() });
    }
    Ok(Cosignature { checkpoint, name: name.to_owned(), key: *key, seconds, signature })
}

fn parse_of_log(text: &str, origin: &str) -> Result<Checkpoint, CheckpointFault> {
    let checkpoint = Checkpoint::parse(text)?;
    if checkpoint.origin == origin {
        return Ok(checkpoint);
    }
    Err(CheckpointFault::OtherLog { expected: origin.to_owned() })
}

/// A tree size: decimal, without sign or leading zeroes.
fn parse_size(line: &str) -> Result<u64, CheckpointFault> {
    let size: u64 = line.parse().map_err(|_| CheckpointFault::Text)?;
    if size.to_string() == line { Ok(size) } else { Err(CheckpointFault::Text) }
}

fn parse_root(line: &str) -> Result<Root, CheckpointFault> {
    let bytes = BASE64.decode(line.as_bytes()).map_err(|_| CheckpointFault::Text)?;
    bytes.try_into().map(Root::new).map_err(|_| CheckpointFault::Text)
}

/// A `timestamped_signature`: eight bytes of seconds, then the signature.
fn split_timed(written: &[u8]) -> Option<(u64, Signature)> {
    let (seconds, signature) = written.split_first_chunk::<TIME_BYTES>()?;
    let signature: [u8; SIGNATURE_BYTES] = signature.try_into().ok()?;
    Some((u64::from_be_bytes(*seconds), Signature(signature)))
}

fn name_hash(name: &str, line: &LineId, party: &PartyId, generation: Generation) -> String {
    let generation = generation.0.to_be_bytes();
    hex(&domain(name, &[line.as_bytes(), party.as_bytes(), &generation]))
}
