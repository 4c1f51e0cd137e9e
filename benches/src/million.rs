//! A long record, written straight into a home: what a node would have written in a year, without the wait.

use std::num::NonZeroUsize;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use detente::host::{OsRng, now};
use detente::keys;
use detente::settings::Settings;
use detente_node::port::{Batch, Entries as _, NoteRole, Store as _, Write};
use detente_record::Log;
use detente_store::{Home, Options, Sqlite};
use detente_types::statement::StatementIn;
use detente_types::{Generation, Head, LineId, NoticeIn, PartyId};
use detente_wire::checkpoint::sign_checkpoint;
use detente_wire::leaf::LeafFields;
use detente_wire::merkle::leaf_hash;
use detente_wire::{Body, Ed25519, Entry, KeyPair, Scheme as _, Verified, codec, seal_entry};
use sha2::{Digest as _, Sha256};

/// Entries that are sealed before they are written.
const PIECE: u64 = 16_384;
/// Rows of one transaction.
const ROWS: usize = 1_024;

/// Which log is lengthened, and what its author has seen of the other.
#[derive(Clone, Copy, Debug)]
pub struct Author {
    /// Line.
    pub line: LineId,
    /// Who.
    pub us: PartyId,
    /// The head of the other log, as last cosigned.
    pub seen: Head,
}

/// Lengthens a log in a home where no node runs up to `size` entries, under one checkpoint.
///
/// # Errors
/// When the disk refuses.
pub fn lengthen(root: &Path, author: Author, size: u64, notice: impl Fn(u64) -> NoticeIn + Sync) -> Result<()> {
    let home = Home::open(root)?;
    Settings::read(root)?;
    let ring = keys::ring(&home, &[author.line])?;
    let key = &ring.get(&(author.line, Generation::FIRST)).context("the keys of the first generation")?.log;
    let mut journal = home.journal(Options::default())?;
    let mut log = kept(&mut journal, author)?;
    while log.size() < size {
        let end = size.min(log.size() + PIECE);
        let entries = sealed(author, key, log.size()..end, &notice);
        entries.iter().try_for_each(|entry| log.append(entry).map(drop))?;
        for rows in entries.chunks(ROWS) {
            journal.commit(&Batch { writes: rows.iter().map(Write::entry).collect(), ..Batch::default() })?;
        }
    }
    let checkpoint = sign_checkpoint(&Ed25519, key, &log.origin(), size, log.head().root);
    let bytes = checkpoint.note().into_bytes();
    let (line, generation, role) = (author.line, Generation::FIRST, NoteRole::Checkpoint);
    let note = Write::Note { line, author: author.us, generation, role, size, bytes };
    journal.commit(&Batch { writes: vec![note], ..Batch::default() })?;
    Ok(detente_store::GroupStore::close(journal)?)
}

/// The log as the home has it.
fn kept(journal: &mut Sqlite, author: Author) -> Result<Log> {
    let rows = journal.entries(&author.line, &author.us, Generation::FIRST, 0, usize::MAX >> 1)?;
    let leaves = rows.iter().filter_map(|row| match row {
        Write::Entry { leaf, .. } => Some(leaf_hash(leaf)),
        _ => None,
    });
    Ok(Log::rebuild(author.line, author.us, Generation::FIRST, leaves))
}

/// Entries of these places, sealed on all cores.
fn sealed(
    author: Author,
    key: &KeyPair,
    range: core::ops::Range<u64>,
    notice: &(impl Fn(u64) -> NoticeIn + Sync),
) -> Vec<Verified<Entry>> {
    let places: Vec<u64> = range.collect();
    let share = places.len().div_ceil(cores()).max(1);
    let seal = |index: &u64| {
        let slots = codec::to_slots(&StatementIn::Notice(notice(*index)));
        let body = Body::new(&mut OsRng, slots).expect("a small notice fits");
        let (line, seen, claimed) = (author.line, author.seen, now());
        let (generation, body_root) = (Generation::FIRST, body.root());
        let fields = LeafFields { line, author: author.us, generation, index: *index, seen, claimed, urgent: false, body_root };
        seal_entry(&Ed25519, key, fields, body)
    };
    std::thread::scope(|scope| {
        let parts: Vec<_> =
            places.chunks(share).map(|part| scope.spawn(move || part.iter().map(seal).collect::<Vec<_>>())).collect();
        parts.into_iter().flat_map(|part| part.join().expect("sealing does not fail")).collect()
    })
}

/// What verifying so many entries cannot do without, on all cores, from a sample: every byte hashed once and one strict
/// signature check an entry.
pub fn floor(count: u64) -> Duration {
    const SAMPLE: u64 = 20_000;
    let key = KeyPair::generate(&Ed25519, &mut OsRng);
    let (message, bytes) = ([9; 177], [7; 1_200]);
    let signature = key.sign(&Ed25519, &message);
    let cores = cores() as u64;
    let started = Instant::now();
    std::thread::scope(|scope| {
        for _ in 0..cores {
            scope.spawn(|| {
                for _ in 0..SAMPLE / cores {
                    std::hint::black_box(Sha256::digest(bytes));
                    assert!(Ed25519.verify(&key.public(), &message, &signature), "our own signature is good");
                }
            });
        }
    });
    started.elapsed().mul_f64(count as f64 / SAMPLE as f64)
}

fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, NonZeroUsize::get)
}
