//! Crashes of the machine: the log ends anywhere behind what was acknowledged, and recovery crashes too.

use std::fs;
use std::path::Path;

use detente_node::port::{Store, StoreFault, Write};
use detente_store::{GroupStore, OpenFault, Options, Place, Sqlite};

use crate::rows::{Seeded, all, batch, book, soak};

const LOG: &str = "journal.db-wal";
const SUMS: &str = "journal.sum";

fn open(directory: &Path) -> Result<Sqlite, OpenFault> {
    Sqlite::open(directory, Options { reserve_bytes: 0, log_bytes: 0, ..Options::default() })
}

/// The disk as it was after some commits.
struct Snapshot {
    directory: tempfile::TempDir,
    rows: Vec<Write>,
    /// Length of the log.
    length: u64,
}

/// Copies the files as they are, as a loss of power would leave them if all had reached the disk.
fn copy(from: &Path) -> tempfile::TempDir {
    let to = tempfile::tempdir().unwrap();
    for file in fs::read_dir(from).unwrap() {
        let file = file.unwrap();
        if file.file_name() != "journal.db-shm" {
            fs::copy(file.path(), to.path().join(file.file_name())).unwrap();
        }
    }
    to
}

/// A few commits of a few pages each, the disk copied after each.
fn history() -> Vec<Snapshot> {
    let home = tempfile::tempdir().unwrap();
    Sqlite::create(home.path()).unwrap();
    snapshots(home.path(), 0)
}

/// The same in a log that was begun anew over the frames of an earlier one.
fn history_over_old_frames() -> Vec<Snapshot> {
    let home = tempfile::tempdir().unwrap();
    Sqlite::create(home.path()).unwrap();
    let mut store = open(home.path()).unwrap();
    for n in 0..40 {
        store.commit(&batch([book(n, &Seeded(n).bytes(5000))])).unwrap();
    }
    drop(store);
    snapshots(home.path(), 40)
}

fn snapshots(home: &Path, first: u64) -> Vec<Snapshot> {
    let mut store = open(home).unwrap();
    let mut snapshots = Vec::new();
    for n in first..first + 6 {
        store.commit(&batch([book(n, &Seeded(n).bytes(6000))])).unwrap();
        let directory = copy(home);
        let length = fs::metadata(directory.path().join(LOG)).unwrap().len();
        snapshots.push(Snapshot { directory, rows: all(&mut store), length });
    }
    snapshots
}

fn cut(directory: &Path, length: u64) {
    fs::OpenOptions::new().write(true).open(directory.join(LOG)).unwrap().set_len(length).unwrap();
}

/// The lengths worth trying between two: every eleventh in a soak (a divisor of no field's size), else some of each kind.
fn lengths(from: u64, to: u64, seed: u64) -> Vec<u64> {
    if soak() {
        return (from..to).step_by(11).collect();
    }
    let mut seeded = Seeded(seed);
    let mut lengths: Vec<u64> = (0..12).map(|_| from + seeded.below(to - from)).collect();
    lengths.extend([from, from + 1, from + 23, from + 24, to - 1]);
    lengths
}

/// A commit that was being written when power failed: its frames are cut off anywhere, and nobody had been told of it.
#[test]
fn a_torn_unacknowledged_commit_is_as_if_it_never_was() {
    let history = history();
    for pair in history.windows(2) {
        let [before, after] = pair else { unreachable!() };
        for length in lengths(before.length, after.length, before.length) {
            let home = copy(after.directory.path());
            // What was acknowledged is known by the sums of the moment before.
            fs::copy(before.directory.path().join(SUMS), home.path().join(SUMS)).unwrap();
            cut(home.path(), length);
            let mut store = open(home.path()).unwrap_or_else(|e| panic!("cut at {length}: {e}"));
            assert_eq!(all(&mut store), before.rows, "cut at {length}");
            store.commit(&batch([book(before.rows.len() as u64, b"life goes on")])).unwrap();
        }
    }
}

/// The same with sectors of it that never reached the disk, wherever they lie: they reach it in any order.
#[test]
fn a_scrambled_unacknowledged_commit_is_as_if_it_never_was() {
    for history in [history(), history_over_old_frames()] {
        for (pair, seed) in history.windows(2).cycle().zip(0..if soak() { 1000 } else { 50 }) {
            let [before, after] = pair else { unreachable!() };
            let home = copy(after.directory.path());
            fs::copy(before.directory.path().join(SUMS), home.path().join(SUMS)).unwrap();
            let log = |snapshot: &Snapshot| fs::read(snapshot.directory.path().join(LOG)).unwrap();
            fs::write(home.path().join(LOG), scrambled(log(before), &log(after), seed)).unwrap();
            let mut store = open(home.path()).unwrap_or_else(|e| panic!("seed {seed}: {e}"));
            assert_eq!(all(&mut store), before.rows, "seed {seed}");
        }
    }
}

/// A file in which some of the sectors that a write changed, but not all, are as they were.
fn scrambled(before: Vec<u8>, after: &[u8], seed: u64) -> Vec<u8> {
    let mut seeded = Seeded(seed);
    let mut log = before;
    log.resize(after.len(), 0);
    let changed: Vec<usize> = (0..after.len().div_ceil(512)).filter(|n| sector(&log, *n) != sector(after, *n)).collect();
    let lost = changed[usize::try_from(seeded.below(changed.len() as u64)).unwrap()];
    let share = 1 + seeded.below(8);
    for n in changed {
        if n != lost && seeded.below(share) > 0 {
            let range = n * 512..after.len().min((n + 1) * 512);
            log[range.clone()].copy_from_slice(&after[range]);
        }
    }
    log
}

fn sector(file: &[u8], number: usize) -> &[u8] {
    &file[number * 512..file.len().min((number + 1) * 512)]
}

/// What was acknowledged and is gone from the log is not passed over in silence, as SQLite alone would.
#[test]
fn a_log_cut_below_what_was_acknowledged_is_found() {
    let history = history();
    let last = history.last().unwrap();
    for length in lengths(0, last.length, 7) {
        let home = copy(last.directory.path());
        cut(home.path(), length);
        let OpenFault::Damaged(finding) = open(home.path()).err().expect("refused") else { panic!("another fault") };
        assert_eq!(finding.file, LOG);
        assert!(matches!(finding.place, Place::Frame(_)), "{finding}");
    }
    let home = copy(last.directory.path());
    fs::remove_file(home.path().join(LOG)).unwrap();
    assert!(matches!(open(home.path()), Err(OpenFault::Damaged(_))));
}

/// Rot in the log when the mark was lost with the power: each transaction proves the ones before it; only rot in the last
/// cannot be told from a commit that was torn.
#[test]
fn a_transaction_proves_those_before_it() {
    let history = history();
    let [first, .., before, last] = &history[..] else { unreachable!() };
    let log = fs::read(last.directory.path().join(LOG)).unwrap();
    let mut seeded = Seeded(11);
    let mut places: Vec<(u64, u64)> =
        (0..if soak() { 3000 } else { 50 }).map(|_| (seeded.below(last.length), seeded.below(8))).collect();
    // The fields of the header, of a first frame and of one that ends a transaction, of which every bit counts.
    let ends = before.length - 4120;
    places.extend([0, 4, 8, 12, 16, 20, 24, 28].iter().flat_map(|field| [(*field, 0), (32 + field, 0)]));
    places.extend((0..24 * 8).map(|bit| (ends + bit / 8, bit % 8)));
    for (at, bit) in places {
        let home = copy(last.directory.path());
        fs::copy(first.directory.path().join(SUMS), home.path().join(SUMS)).unwrap();
        let mut log = log.clone();
        log[usize::try_from(at).unwrap()] ^= 1 << bit;
        fs::write(home.path().join(LOG), log).unwrap();
        match open(home.path()) {
            // In the last transaction too, a frame that suddenly claims to end it is found.
            Err(OpenFault::Damaged(finding)) => assert_eq!(finding.file, LOG),
            Ok(mut store) if at >= before.length => assert_eq!(all(&mut store), before.rows, "byte {at}"),
            Err(other) => panic!("byte {at}: {other}"),
            Ok(_) => panic!("byte {at}: passed over in silence"),
        }
    }
}

/// Recovery is interrupted after each of its steps, in the state that a crash there leaves, and begun again.
#[test]
fn recovery_can_crash_too() {
    let history = history();
    let last = history.last().unwrap();
    let recovered = copy(last.directory.path());
    let store = open(recovered.path()).unwrap();
    drop(store);
    let part = |name: &str, done: bool| if done { recovered.path() } else { last.directory.path() }.join(name);
    // The sums are written first, then the pages, then the mark is cleared; any of them may be all there is.
    for (sums, pages) in [(false, false), (true, false), (true, true)] {
        let home = copy(last.directory.path());
        fs::copy(part(SUMS, sums), home.path().join(SUMS)).unwrap();
        fs::copy(part("journal.db", pages), home.path().join("journal.db")).unwrap();
        let mut store = open(home.path()).unwrap();
        assert_eq!(all(&mut store), last.rows);
    }
    // Some pages of the copy are there and others not.
    for seed in 0..40 {
        let home = copy(last.directory.path());
        let (mut mixed, new) = (fs::read(part("journal.db", false)).unwrap(), fs::read(part("journal.db", true)).unwrap());
        mixed.resize(new.len(), 0);
        let mut seeded = Seeded(seed);
        for (old, new) in mixed.chunks_mut(512).zip(new.chunks(512)) {
            if seeded.below(2) == 0 {
                old.copy_from_slice(new);
            }
        }
        fs::write(home.path().join("journal.db"), mixed).unwrap();
        let mut store = open(home.path()).unwrap_or_else(|e| panic!("seed {seed}: {e}"));
        assert_eq!(all(&mut store), last.rows);
    }
}

/// A long life: the log is copied and begun anew many times, with a crash at any moment.
#[test]
fn crashes_around_the_copying_of_the_log_lose_nothing() {
    let home = tempfile::tempdir().unwrap();
    Sqlite::create(home.path()).unwrap();
    let mut store = open(home.path()).unwrap();
    let mut expected = 0;
    let mut seeded = Seeded(3);
    for _ in 0..if soak() { 200 } else { 12 } {
        for _ in 0..seeded.below(60) {
            let rows = (0..8).map(|n| book(expected + n, &[0x5A; 5000]));
            store.commit(&batch(rows)).unwrap();
            expected += 8;
            if seeded.below(2) == 0 {
                store.rest().unwrap();
            }
        }
        drop(store);
        store = open(home.path()).unwrap();
        assert_eq!(all(&mut store).len() as u64, expected);
    }
    store.close().unwrap();
    assert!(!home.path().join(LOG).exists(), "a closed journal has no log");
    assert_eq!(all(&mut open(home.path()).unwrap()).len() as u64, expected);
}

/// A reader that stays in its transaction keeps the log from being begun anew; nothing is lost by it, or waits for it.
#[test]
fn a_slow_reader_stops_nobody() {
    let home = tempfile::tempdir().unwrap();
    Sqlite::create(home.path()).unwrap();
    let mut store = open(home.path()).unwrap();
    store.commit(&batch([book(0, b"seen"), book(1, b"seen")])).unwrap();
    let mut reader = store.reader().unwrap();
    let mut seen = 0;
    reader
        .replay(&mut |_| {
            seen += 1;
            for n in 0..300 {
                let number = 2 + (seen - 1) * 300 + n;
                store.commit(&batch([book(number, &[0x5A; 9000])])).map_err(|_| StoreFault::Full { doing: "writing".into() })?;
                store.rest()?;
            }
            Ok(())
        })
        .unwrap();
    assert_eq!(seen, 2, "the reader sees what was there when it began");
    drop(store);
    assert_eq!(all(&mut open(home.path()).unwrap()).len(), 602);
}
