//! What names a row, and what proves that it is still the row that was written.

use core::fmt;

use detente_node::port::{NoteRole, Write};
use detente_types::{Generation, Index, LineId, PartyId};
use sha2::{Digest, Sha256};

/// Bytes of a row's check. 128 bits: chance alone never forges one, and a liar who can write the disk is met by the
/// signatures inside the rows, not here.
pub(crate) const CHECK_LEN: usize = 16;

/// The truncated hash that stands beside each row.
pub(crate) type Check = [u8; CHECK_LEN];

/// The key of a row. Its order is the order of replay.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Key {
    /// A book entry, by number.
    Book(u64),
    /// A row of a line.
    Line(LineId, LineKey),
}

/// The key of a row within its line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum LineKey {
    Entry(PartyId, Generation, Index),
    Early(PartyId, Generation, Index),
    Note(PartyId, Generation, NoteRole, u64),
    Evidence(u64),
}

impl Key {
    /// The key of a row.
    pub(crate) fn of(write: &Write) -> Self {
        match write {
            Write::Book { number, .. } => Self::Book(*number),
            Write::Entry { line, author, generation, index, .. } => {
                Self::Line(*line, LineKey::Entry(*author, *generation, *index))
            }
            Write::Early { line, author, generation, index, .. } => {
                Self::Line(*line, LineKey::Early(*author, *generation, *index))
            }
            Write::Note { line, author, generation, role, size, .. } => {
                Self::Line(*line, LineKey::Note(*author, *generation, *role, *size))
            }
            Write::Evidence { line, number, .. } => Self::Line(*line, LineKey::Evidence(*number)),
        }
    }

    /// The key that must be there already, for rows that are counted without gaps.
    pub(crate) fn before(&self) -> Option<Self> {
        match *self {
            Self::Book(number) => Some(Self::Book(number.checked_sub(1)?)),
            Self::Line(line, LineKey::Entry(author, generation, index)) => {
                Some(Self::Line(line, LineKey::Entry(author, generation, index.checked_sub(1)?)))
            }
            Self::Line(line, LineKey::Evidence(number)) => Some(Self::Line(line, LineKey::Evidence(number.checked_sub(1)?))),
            Self::Line(_, LineKey::Early(..) | LineKey::Note(..)) => None,
        }
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (line, key) = match self {
            Self::Book(number) => return write!(f, "book {number}"),
            Self::Line(line, key) => (line.short(), key),
        };
        match key {
            LineKey::Entry(author, generation, index) => write!(f, "entry {line}/{}/{generation}/{index}", author.short()),
            LineKey::Early(author, generation, index) => write!(f, "early {line}/{}/{generation}/{index}", author.short()),
            LineKey::Note(author, generation, role, size) => {
                let role = role_word(*role);
                write!(f, "{role} {line}/{}/{generation}/{size}", author.short())
            }
            LineKey::Evidence(number) => write!(f, "evidence {line}/{number}"),
        }
    }
}

fn role_word(role: NoteRole) -> &'static str {
    match role {
        NoteRole::Checkpoint => "checkpoint",
        NoteRole::Cosignature => "cosignature",
    }
}

/// The values of a row: two for an entry, one and an empty one for the rest.
pub(crate) fn values(write: &Write) -> (&[u8], &[u8]) {
    match write {
        Write::Entry { leaf, body, .. } | Write::Early { leaf, body, .. } => (leaf, body),
        Write::Book { bytes, .. } | Write::Note { bytes, .. } | Write::Evidence { bytes, .. } => (bytes, &[]),
    }
}

/// SHA-256 over key and values, each at a fixed place or under its length, truncated.
pub(crate) fn check(write: &Write) -> Check {
    let mut hash = Sha256::new_with_prefix(b"detente/row/1");
    match Key::of(write) {
        Key::Book(number) => hash_key(&mut hash, 0, &[], &[], 0, number),
        Key::Line(line, key) => {
            let line = line.as_bytes();
            match key {
                LineKey::Entry(author, generation, index) => hash_key(&mut hash, 1, line, author.as_bytes(), generation.0, index),
                LineKey::Early(author, generation, index) => hash_key(&mut hash, 2, line, author.as_bytes(), generation.0, index),
                LineKey::Note(author, generation, role, size) => {
                    let kind = 3 + role_number(role);
                    hash_key(&mut hash, kind, line, author.as_bytes(), generation.0, size);
                }
                LineKey::Evidence(number) => hash_key(&mut hash, 5, line, &[], 0, number),
            }
        }
    }
    let (first, second) = values(write);
    hash.update((first.len() as u64).to_be_bytes());
    hash.update(first);
    hash.update(second);
    truncate(hash)
}

/// How a role is written in the `note` table.
pub(crate) const fn role_number(role: NoteRole) -> u8 {
    match role {
        NoteRole::Checkpoint => 0,
        NoteRole::Cosignature => 1,
    }
}

fn hash_key(hash: &mut Sha256, kind: u8, line: &[u8], author: &[u8], generation: u32, number: u64) {
    hash.update([kind]);
    hash.update(line);
    hash.update(author);
    hash.update(generation.to_be_bytes());
    hash.update(number.to_be_bytes());
}

/// The first bytes of a finished hash.
pub(crate) fn truncate(hash: Sha256) -> Check {
    let full = hash.finalize();
    let mut check = [0; CHECK_LEN];
    check.copy_from_slice(&full[..CHECK_LEN]);
    check
}
