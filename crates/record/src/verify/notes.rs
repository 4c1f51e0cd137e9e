//! The second pass: checkpoint and cosignature notes, in the order in which they are kept.
//!
//! A note says itself which log it is of and who signed it. Lines of keys that no opening certifies, such as public
//! witnesses', are passed over; a line of a known key must be good.

use std::collections::BTreeMap;

use detente_types::{PartyId, Root};
use detente_wire::checkpoint::{Checkpoint, CheckpointFault, holder_name, log_name, open_checkpoint, open_cosignature};
use detente_wire::note::{Note, SignatureType, key_id};
use detente_wire::{Certificate, PublicKey, Scheme};

use super::claims::{Claim, Claimed, Ledger, Rank, Stage};
use super::{Verifier, Wrong, pool};

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
    /// By origin: which log, whose, and its key.
    logs: BTreeMap<String, (usize, PartyId, PublicKey)>,
    /// By name: whose, and the key.
    holders: BTreeMap<String, (PartyId, PublicKey)>,
}

/// Reads all notes into the ledger; returns how many there were.
pub(super) fn read(verifier: &Verifier<'_>, ledger: &mut Ledger, notes: impl Iterator<Item = Vec<u8>>) -> u64 {
    let (scheme, signers) = (verifier.scheme, Signers::of(ledger));
    let mut count = 0;
    pool::map(
        verifier.workers,
        notes,
        Vec::len,
        |note| signers.open(scheme, note),
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
            self.logs.entry(log_name(&line, &party, generation)).or_insert((log, party, keys.log));
        }
        self.holders.entry(holder_name(&line, &party, generation)).or_insert((party, keys.holder));
    }

    fn open(&self, scheme: &dyn Scheme, bytes: &[u8]) -> Result<Shown, Bad> {
        let unreadable = |fault| Bad { log: None, size: 0, wrong: Wrong::Note(fault) };
        let note = Note::parse(bytes).map_err(|fault| unreadable(CheckpointFault::Note(fault)))?;
        let said = Checkpoint::parse(note.text()).map_err(unreadable)?;
        let (origin, size) = (said.origin(), said.size());
        let Some((log, author, key)) = self.logs.get(origin) else {
            return Err(Bad { log: None, size, wrong: Wrong::NoteOfNoLog });
        };
        let bad = |wrong| Bad { log: Some(*log), size, wrong };
        let signed = has_line(&note, origin, SignatureType::Ed25519, key);
        if signed {
            open_checkpoint(scheme, key, origin, bytes).map_err(|fault| bad(Wrong::Note(fault)))?;
        }
        let holder = self.holder_of(&note, author);
        if let Some((name, key)) = holder {
            open_cosignature(scheme, key, name, origin, bytes).map_err(|fault| bad(Wrong::Note(fault)))?;
        }
        let cosigned = holder.is_some();
        if signed || cosigned {
            Ok(Shown { log: *log, size, root: *said.root(), signed, cosigned })
        } else {
            Err(bad(Wrong::NoteUnsigned))
        }
    }

    /// The other side's holder key that has a line on the note.
    fn holder_of(&self, note: &Note<'_>, author: &PartyId) -> Option<(&str, &PublicKey)> {
        note.signatures().iter().find_map(|line| {
            let (name, (party, key)) = self.holders.get_key_value(line.name)?;
            let theirs = party != author && line.key_id == key_id(name, SignatureType::CosignatureV1, key);
            theirs.then_some((name.as_str(), key))
        })
    }
}

fn has_line(note: &Note<'_>, name: &str, signature_type: SignatureType, key: &PublicKey) -> bool {
    let id = key_id(name, signature_type, key);
    note.signatures().iter().any(|line| line.name == name && line.key_id == id)
}
