//! What both sides of a match must want alike. Each tells the other in words; what differs is told in both.

use detente_blind::Digest;
use detente_wire::codec;
use detente_wire::hash::domain;
use minicbor::bytes::ByteArray;
use minicbor::{Decode, Encode};

/// Version of the match: of these openings and of the frames.
pub(crate) const VERSION: u16 = 1;
/// Longest opening, bytes.
pub(crate) const OPENING_BYTES_MAX: usize = 4096;
/// What is shown of a word that the other side said, characters.
const SHOWN_MAX: usize = 80;
/// What the match is called; the first of all that is wanted.
const NAME: &str = "name";

/// One thing that is wanted, and how.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
pub(crate) struct Want {
    #[n(0)]
    what: String,
    #[n(1)]
    how: String,
}

/// What a side says first.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub(crate) struct Opening {
    #[n(0)]
    version: u16,
    #[n(1)]
    wants: Vec<Want>,
    /// Random: the run is bound to both sides', and so to no other run.
    #[n(2)]
    nonce: ByteArray<32>,
}

/// Bytes that are no opening.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, thiserror::Error)]
#[error("{bytes} bytes are no opening of a match")]
pub(crate) struct NoOpening {
    bytes: usize,
}

impl Opening {
    pub(crate) fn new(name: &str, wants: &[(&str, String)], nonce: [u8; 32]) -> Self {
        let want = |what: &str, how: &str| Want { what: what.to_owned(), how: how.to_owned() };
        let wants = [want(NAME, name)].into_iter().chain(wants.iter().map(|(what, how)| want(what, how))).collect();
        Self { version: VERSION, wants, nonce: nonce.into() }
    }

    pub(crate) fn encode(&self) -> Vec<u8> {
        codec::encode(self)
    }

    /// Reads what the other side said, in its one form.
    pub(crate) fn decode(bytes: &[u8]) -> Result<Self, NoOpening> {
        codec::decode(bytes, "opening").map_err(|_| NoOpening { bytes: bytes.len() })
    }

    /// What the match is called.
    pub(crate) fn name(&self) -> Option<&str> {
        self.wants.first().filter(|want| want.what == NAME).map(|want| want.how.as_str())
    }

    /// Everything in which the other side wants something else.
    pub(crate) fn differences(&self, theirs: &Self) -> Vec<String> {
        let mut told = Vec::new();
        if self.version != theirs.version {
            told.push(format!("version: {} here, {} there", self.version, theirs.version));
        }
        for want in &self.wants {
            match theirs.wants.iter().find(|other| other.what == want.what) {
                Some(other) if other.how == want.how => {}
                Some(other) => told.push(format!("{}: {} here, {} there", want.what, shown(&want.how), shown(&other.how))),
                None => told.push(format!("{}: {} here, nothing there", want.what, shown(&want.how))),
            }
        }
        let more = theirs.wants.iter().filter(|other| self.wants.iter().all(|want| want.what != other.what));
        told.extend(more.map(|other| format!("{}: nothing here, {} there", shown(&other.what), shown(&other.how))));
        if told.is_empty() && self.wants != theirs.wants {
            told.push("the order of what is wanted".into());
        }
        if self.nonce == theirs.nonce {
            told.push("nothing: this side's own opening came back".into());
        }
        told
    }

    /// What the run is bound to: everything that both want, and both nonces, that of the side that listens first.
    pub(crate) fn context(&self, nonce_of_caller: &[u8; 32]) -> Digest {
        domain("detente/match/context/1", &[&self.encode(), nonce_of_caller])
    }

    pub(crate) fn nonce(&self) -> &[u8; 32] {
        &self.nonce
    }
}

/// Words of the other side on one line, with nothing in them that steers a screen.
pub(crate) fn shown(text: &str) -> String {
    let clean: String = text.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).take(SHOWN_MAX).collect();
    if text.chars().nth(SHOWN_MAX).is_some() { format!("{clean}…") } else { clean }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn opening(name: &str, grid: &str, nonce: u8) -> Opening {
        Opening::new(name, &[("grid", grid.to_owned()), ("mode", "cells".to_owned())], [nonce; 32])
    }

    #[test]
    fn everything_that_differs_is_told_in_the_words_of_both() {
        let ours = opening("bay", "5000 m", 1);
        assert_eq!(ours.differences(&opening("bay", "5000 m", 2)), [""; 0]);
        assert_eq!(ours.differences(&opening("bay", "1000 m", 2)), ["grid: 5000 m here, 1000 m there"]);
        assert_eq!(ours.differences(&opening("bay", "5000 m", 1)), ["nothing: this side's own opening came back"]);
        let mut theirs = opening("bay", "5000 m", 2);
        theirs.version = 2;
        theirs.wants.pop();
        theirs.wants.push(Want { what: "colour".into(), how: "\u{1b}[2Jred".into() });
        let told = ours.differences(&theirs);
        assert_eq!(
            told,
            ["version: 1 here, 2 there", "mode: cells here, nothing there", "colour: nothing here, \u{fffd}[2Jred there"]
        );
    }

    #[test]
    fn an_opening_has_one_form() {
        let ours = opening("bay", "5000 m", 1);
        assert_eq!(Opening::decode(&ours.encode()), Ok(ours.clone()));
        assert_eq!(ours.name(), Some("bay"));
        let mut longer = ours.encode();
        longer.push(0);
        assert_eq!(Opening::decode(&longer), Err(NoOpening { bytes: longer.len() }));
        assert!(ours.encode().len() < OPENING_BYTES_MAX);
    }

    #[test]
    fn the_context_is_bound_to_all_that_is_wanted_and_to_both_nonces() {
        let context = opening("bay", "5000 m", 1).context(&[2; 32]);
        for other in [opening("bay", "1000 m", 1), opening("gulf", "5000 m", 1), opening("bay", "5000 m", 3)] {
            assert_ne!(context, other.context(&[2; 32]));
        }
        assert_ne!(context, opening("bay", "5000 m", 1).context(&[3; 32]));
    }
}
