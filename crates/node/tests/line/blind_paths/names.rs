//! Hashes that differ between worlds because of what is not shown, each with what it is a hash of: that is the same in both.
//!
//! Entries have hashes that follow from all that both logs say, commitments among it; and so do the names of conflicts, of runs
//! that an entry asks for, and of heads. Nothing else is masked.

use std::collections::{BTreeMap, BTreeSet};

use detente_blind::message::{Message, decode};
use detente_node::BookEntry;
use detente_node::port::Write;
use detente_types::statement::{BlindRunIn, StatementIn};
use detente_types::{LineId, StatementRef};
use detente_wire::leaf::Leaf;
use detente_wire::meaning::conflict_id;
use detente_wire::{Body, Ed25519, codec};

use crate::blind_audit::book;
use crate::pair::Pair;

type Hash = [u8; 32];

/// Fewest digits of a hash that is told in part.
const DIGITS: usize = 8;

#[derive(Default)]
pub(crate) struct Names {
    /// What stands in the place of each.
    all: BTreeMap<Hash, Hash>,
    /// Contexts of runs that an entry asked for: they follow from its hash.
    asked: BTreeSet<Hash>,
}

impl Names {
    /// All that are on a line.
    pub(crate) fn of(pair: &Pair) -> Self {
        let mut names = Self::default();
        let entries: Vec<_> =
            pair.seats.iter().flat_map(|seat| seat.store.rows.values()).filter_map(|row| names.entry(pair, row)).collect();
        names.conflicts(pair.line, &entries);
        for side in 0..2 {
            let view = pair.line(side).view();
            names.put(*view.own.root.as_bytes(), b"head", [side as u64, 0]);
            names.put(view.joint, b"join", [0, 0]);
            names.put(*view.copy.root.as_bytes(), b"head", [1 - side as u64, 0]);
            for row in book(pair, side) {
                if let BookEntry::BlindBegun(begun) = row
                    && begun.run.asked.is_some()
                {
                    names.asked.insert(*begun.context);
                }
            }
        }
        names
    }

    fn put(&mut self, hash: Hash, what: &[u8; 4], at: [u64; 2]) {
        let bytes = [&what[..], &at[0].to_be_bytes()[4..], &at[1].to_be_bytes()[4..], &[0; 20]].concat();
        self.all.insert(hash, bytes.try_into().expect("32 bytes"));
    }

    /// The hash of an entry, and what it says that is a hash of something that is not shown.
    fn entry(&mut self, pair: &Pair, row: &Write) -> Option<StatementRef> {
        let Write::Entry { author, leaf, body, index, .. } = row else { return None };
        let side = usize::from(pair.line(0).us() != *author);
        let leaf = Leaf::open(&Ed25519, &pair.parties.sides()[side].log.public(), leaf).expect("an entry of its author's");
        let at = [side as u64, *index];
        self.put(*leaf.hash().as_bytes(), b"entr", at);
        match codec::from_body(&Body::decode(body).ok()?).ok()? {
            StatementIn::BlindCommit(commit) => {
                self.put(*commit.commitment, b"comm", at);
                commit.sealed.iter().for_each(|sealed| self.put(**sealed, b"sead", at));
                self.hello(&commit.run, &commit.hello, at);
            }
            StatementIn::BlindResult(end) => end.seal.iter().for_each(|seal| self.put(**seal, b"seal", at)),
            _ => {}
        }
        Some(leaf.reference())
    }

    /// What a hello has of a run that was asked for follows from the asking's hash.
    fn hello(&mut self, run: &BlindRunIn, hello: &[u8], at: [u64; 2]) {
        if let (true, Some(Message::Hello(hello))) = (run.asked.is_some(), decode(hello)) {
            self.put(hello.context, b"cont", [at[0], 0]);
            self.put(hello.nonce, b"nonc", at);
        }
    }

    fn conflicts(&mut self, line: LineId, entries: &[StatementRef]) {
        for (i, a) in entries.iter().enumerate() {
            for b in entries[..i].iter().filter(|b| b.author != a.author) {
                let mut at = [(a.author, a.index), (b.author, b.index)];
                at.sort_unstable();
                self.put(*conflict_id(line, a, b).as_bytes(), b"conf", at.map(|(_, index)| index));
            }
        }
    }

    /// Whether a stream is that of a run whose context follows from a hash.
    pub(crate) fn is_asked_on(&self, stream: u64) -> bool {
        self.asked.iter().any(|context| context[..8] == stream.to_be_bytes())
    }

    /// Bytes with what stands in the place of each.
    pub(crate) fn plain(&self, bytes: &[u8]) -> Vec<u8> {
        let mut out = bytes.to_vec();
        for at in 0..bytes.len().saturating_sub(31) {
            if let Some(instead) = bytes[at..at + 32].try_into().ok().and_then(|hash: Hash| self.all.get(&hash)) {
                out[at..at + 32].copy_from_slice(instead);
            }
        }
        out
    }

    /// Text with what stands in the place of each, whole or its first digits.
    pub(crate) fn plain_text(&self, text: &str) -> String {
        let mut out = String::new();
        let mut rest = text;
        while !rest.is_empty() {
            let digits = rest.find(|c: char| !c.is_ascii_hexdigit()).unwrap_or(rest.len());
            let (run, after) = rest.split_at(digits);
            out.push_str(&self.instead(run).unwrap_or_else(|| run.to_owned()));
            let other = after.find(|c: char| c.is_ascii_hexdigit()).unwrap_or(after.len());
            out.push_str(&after[..other]);
            rest = &after[other..];
        }
        out
    }

    fn instead(&self, digits: &str) -> Option<String> {
        let hex = detente_wire::hash::hex;
        let is_known = |hash: &&Hash| digits.len() >= DIGITS && hex(hash.as_slice()).starts_with(digits);
        let hash = self.all.keys().find(is_known)?;
        let said = hex(&self.all[hash]);
        Some(format!("#{}", &said[..digits.len().min(said.len()) - 1]))
    }
}

#[test]
fn names_of_what_is_known_are_masked_and_nothing_else() {
    let mut names = Names::default();
    names.put([0xab; 32], b"entr", [1, 7]);
    let (whole, said) = ("ab".repeat(32), "656e74720000000100000007");
    let text = format!("run {whole} of abababab, not abababac, beefbeefbeef or 2026-11-24");
    let expected = format!("run #{said}{} of #{}, not abababac, beefbeefbeef or 2026-11-24", "0".repeat(39), &said[..7]);
    assert_eq!(names.plain_text(&text), expected);
    assert_eq!(names.plain_text("ababab"), "ababab", "too short to be a name");
    let bytes = [&[1, 2][..], &[0xab; 32], &[3]].concat();
    assert_eq!(names.plain(&bytes)[..6], [1, 2, b'e', b'n', b't', b'r']);
    assert_eq!((names.plain(&bytes)[34], names.plain(&[0xab; 31])), (3, vec![0xab; 31]));
}
