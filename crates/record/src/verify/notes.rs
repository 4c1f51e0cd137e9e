//! The second pass: checkpoint and cosignature notes, in the order in which they are kept.
//!
//! A note says itself which log it is of and who signed it, and its row must say the same. Lines of keys that no opening
//! certifies, such as public witnesses', are passed over; every line of a known key must be good.

use std::collections::{BTreeMap, BTreeSet};

use detente_types::{Generation, PartyId, Root};
use detente_wire::checkpoint::{Checkpoint, CheckpointFault, holder_name, log_name, open_checkpoint, open_cosignature};
use detente_wire::note::{Note, SignatureType, key_id};
use detente_wire::{Certificate, PublicKey, Scheme};

use super::claims::{Claim, Claimed, Ledger, Rank, Stage};
use super::{NoteRole, NoteRow, Verifier, Wrong, pool};

/// What a good note shows.
struct Shown {
    log: usize,
    size: u64,
    root: Root,
    signed: bool,
    cosigned: bool,
}

/// What is wrong with a note, and of which log and size it is, as far as that can be read.
struct Bad {
    log: Option<usize>,
    size: u64,
    wrong: Wrong,
}

/// The keys that notes can be signed by, from all openings.
struct Signers {
    /// By log: where it stands in the ledger, its origin, and its key.
    logs: BTreeMap<(PartyId, Generation), (usize, String, PublicKey)>,
    /// By party: the names and keys of all its generations.
    holders: BTreeMap<PartyId, BTreeSet<(String, PublicKey)>>,
}

/// Reads all notes into the ledger; returns how many there were.
pub(super) fn read(verifier: &Verifier<'_>, ledger: &mut Ledger, notes: impl Iterator<Item = NoteRow>) -> u64 {
    let (scheme, signers) = (verifier.scheme, Signers::of(ledger));
    let mut count = 0;
    pool::map(
        verifier.workers,
        notes,
        |row| row.note.len(),
        |row| signers.open(scheme, row),
        |_, opened| {
            count += 1;
            take(ledger, opened);
        },
    );
    count
}

fn take(ledger: &mut Ledger, opened: Result<Shown, Bad>) {
    match opened {
        Ok(Shown { log, size, root, signed, cosigned }) => {
            let rank = rank(log, size);
            let shelf = &mut ledger.logs[log];
            shelf.claims.push(Claim { size, root, rank, kind: Claimed::Signed });
            shelf.signed = shelf.signed.max(if signed { size } else { 0 });
            shelf.cosigned = shelf.cosigned.max(if cosigned { size } else { 0 });
        }
        Err(Bad { log, size, wrong }) => ledger.report(rank(log.unwrap_or(usize::MAX), size), wrong),
    }
}

/// A note stands behind the last entry that it covers.
fn rank(log: usize, size: u64) -> Rank {
    Rank { log, index: size.saturating_sub(1), stage: Stage::Note }
}

impl Signers {
    fn of(ledger: &Ledger) -> Self {
        let mut signers = Self { logs: BTreeMap::new(), holders: BTreeMap::new() };
        // A party's own word on its keys goes before the other side's.
        let own = ledger.openings.iter().map(|opening| opening.own());
        let other = ledger.openings.iter().map(|opening| opening.other());
        own.chain(other).for_each(|certificate| signers.add(ledger, certificate));
        signers
    }

    fn add(&mut self, ledger: &Ledger, certificate: &Certificate) {
        let (line, party, generation) = (certificate.line(), certificate.party(), certificate.generation());
        let keys = certificate.keys();
        if let Some(log) = ledger.find(&party, generation) {
            let origin = log_name(&line, &party, generation);
            self.logs.entry((party, generation)).or_insert((log, origin, keys.log));
        }
        self.holders.entry(party).or_default().insert((holder_name(&line, &party, generation), keys.holder));
    }

    fn open(&self, scheme: &dyn Scheme, row: &NoteRow) -> Result<Shown, Bad> {
        let unplaced = |wrong| Bad { log: None, size: 0, wrong };
        let unreadable = |fault| unplaced(Wrong::Note(fault));
        let (log, origin, key) = self.logs.get(&(row.author, row.generation)).ok_or_else(|| unplaced(Wrong::NoteOfNoLog))?;
        let note = Note::parse(&row.note).map_err(|fault| unreadable(CheckpointFault::Note(fault)))?;
        let said = Checkpoint::parse(note.text()).map_err(unreadable)?;
        if said.origin() != origin {
            return Err(unplaced(Wrong::NoteOfOtherLog));
        }
        let size = said.size();
        let bad = |wrong| Bad { log: Some(*log), size, wrong };
        if row.size != size {
            return Err(bad(Wrong::NoteSize { size, said: row.size }));
        }
        let signed = has_line(&note, origin, SignatureType::Ed25519, key);
        if signed {
            open_checkpoint(scheme, key, origin, &row.note).map_err(|fault| bad(Wrong::Note(fault)))?;
        }
        let mut cosigned = false;
        let theirs = self.holders_for(&row.author);
        for (name, key) in theirs.filter(|(name, key)| has_line(&note, name, SignatureType::CosignatureV1, key)) {
            open_cosignature(scheme, key, name, origin, &row.note).map_err(|fault| bad(Wrong::Note(fault)))?;
            cosigned = true;
        }
        let is_its_role = match row.role {
            NoteRole::Checkpoint => signed,
            NoteRole::Cosignature => cosigned,
        };
        if !is_its_role {
            return Err(bad(Wrong::NoteUnsigned { role: row.role }));
        }
        Ok(Shown { log: *log, size, root: *said.root(), signed, cosigned })
    }

    /// The keys by which the other side of this author's log cosigns it.
    fn holders_for(&self, author: &PartyId) -> impl Iterator<Item = &(String, PublicKey)> {
        self.holders.iter().filter(move |(party, _)| *party != author).flat_map(|(_, keys)| keys)
    }
}

fn has_line(note: &Note<'_>, name: &str, signature_type: SignatureType, key: &PublicKey) -> bool {
    let id = key_id(name, signature_type, key);
    note.signatures().iter().any(|line| line.name == name && line.key_id == id)
}
