//! Blind matching of two files over a plain socket, without a line (docs/spec/blind.md, section 8).
//!
//! - [`wants`] what both sides must want alike, and how they tell each other
//! - [`wire`] frames on a socket that anybody may have called
//! - [`drive`] one run over it, on all cores
//! - [`spots`] what was found, as places that a person can read
//!
//! The socket proves nothing about who is at its other end. Six words stand for the run: they cover what both sides were
//! committed to before either showed it, so that somebody in between cannot make them equal (see [`voice`]).

pub(crate) mod drive;
pub(crate) mod spots;
#[cfg(test)]
mod tests;
pub(crate) mod wants;
pub(crate) mod wire;

use detente_blind::message::{Message, encode};
use detente_blind::{Digest, Role};
use detente_wire::hash::domain;

use crate::pairing::Code;

/// Answers are released in sixteen chunks, fewer of a small verified class: who leaves was given at most one more than it gave.
pub(crate) const CHUNKS_LOG2: u8 = 4;

/// The code of a run, for two people to compare: over its name, and what each side showed of its commitment.
///
/// Each side shows its key and the hash of its list only after it has the other's commitment to the same. Somebody in
/// between runs twice, once with each; towards either it is committed before it sees what that one shows, so it cannot choose
/// what makes the two codes equal: 66 bits are guessed once a run.
pub(crate) fn voice(run: &Digest, shown: [&Message; 2]) -> Code {
    Code::of(&domain("detente/match/voice/1", &[run, &encode(shown[0]), &encode(shown[1])]))
}

/// What each side showed, the first side's first.
#[derive(Default)]
pub(crate) struct Shown {
    first: Option<Message>,
    second: Option<Message>,
}

impl Shown {
    /// Keeps a message if it is what a side shows; the first of each counts.
    fn keep(&mut self, role: Role, message: Option<Message>) {
        if let Some(message @ Message::Open(..)) = message {
            let place = if role == Role::First { &mut self.first } else { &mut self.second };
            place.get_or_insert(message);
        }
    }

    /// Whether a side has shown it.
    const fn has(&self, role: Role) -> bool {
        match role {
            Role::First => self.first.is_some(),
            Role::Second => self.second.is_some(),
        }
    }

    /// The code, once both have shown theirs.
    fn code(&self, run: &Digest) -> Option<Code> {
        Some(voice(run, [self.first.as_ref()?, self.second.as_ref()?]))
    }
}
