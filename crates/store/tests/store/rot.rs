//! Rot: one bit of any file changes, and it is found, or the file says the same as before.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use detente_node::port::{Batch, NoteRole, Store};
use detente_store::{GroupStore, Home, Options, Place, verify};

use crate::rows::{Seeded, all, batch, book, early, entry, evidence, note, soak};

const OPTIONS: Options = Options { reserve_bytes: 64 << 10, pages_max: None, log_bytes: 0 };

/// Rows of every kind over a good many pages.
fn rows() -> Batch {
    let mut seeded = Seeded(1);
    let mut rows = Vec::new();
    for n in 0..60 {
        rows.push(book(n, &seeded.bytes(300)));
        rows.push(entry(1, 1, 1, n, &seeded.bytes(900)));
        rows.push(entry(1, 2, 1, n, &seeded.bytes(900)));
        rows.push(note(1, 1, 1, NoteRole::Checkpoint, n + 1, &seeded.bytes(250)));
        rows.push(note(1, 1, 1, NoteRole::Cosignature, n + 1, &seeded.bytes(250)));
    }
    rows.extend([early(1, 2, 1, 60, &seeded.bytes(900)), evidence(1, 0, &seeded.bytes(20_000))]);
    batch(rows)
}

/// A whole home: keys, a published address, rows.
fn home(root: &Path) -> Home {
    let home = Home::create(root).unwrap();
    home.write_keys(&[("party", &[7; 32]), ("line-1-log", &[8; 32])]).unwrap();
    home.publish(&"127.0.0.1:4711".parse().unwrap(), &[9; 24]).unwrap();
    home
}

/// A home whose node was ended in good order, so that there is no log.
fn closed_home(root: &Path) {
    let home = home(root);
    let mut store = home.journal(OPTIONS).unwrap();
    store.commit(&rows()).unwrap();
    store.close().unwrap();
}

/// A home whose node was killed: some of it is in the database, some in the log.
fn killed_home(root: &Path) {
    closed_home(root);
    let home = Home::open(root).unwrap();
    let mut store = home.journal(OPTIONS).unwrap();
    for n in 60..70 {
        store.commit(&batch([book(n, &Seeded(n).bytes(2000)), entry(1, 1, 1, n, &Seeded(n).bytes(900))])).unwrap();
    }
}

fn files(root: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for file in fs::read_dir(root).unwrap() {
        let path = file.unwrap().path();
        if path.is_dir() {
            files.extend(self::files(&path));
        } else if fs::metadata(&path).unwrap().len() > 0 {
            files.push(path);
        }
    }
    files.sort();
    files
}

/// Flips one bit.
fn flip(path: &Path, at: u64, bit: u64) {
    let file = fs::OpenOptions::new().read(true).write(true).open(path).unwrap();
    let mut byte = [0];
    file.read_exact_at(&mut byte, at).unwrap();
    file.write_all_at(&[byte[0] ^ (1 << bit)], at).unwrap();
}

/// One flipped bit, until it is dropped.
struct Flip(PathBuf, u64, u64);

impl Flip {
    fn new(path: &Path, at: u64, bit: u64) -> Self {
        flip(path, at, bit);
        Self(path.into(), at, bit)
    }
}

impl Drop for Flip {
    fn drop(&mut self) {
        flip(&self.0, self.1, self.2);
    }
}

/// Flips a bit of these bytes wherever the journal has them: a page that was split keeps old copies in its free space.
fn flip_all(root: &Path, bytes: &[u8]) -> Vec<Flip> {
    let path = root.join("journal.db");
    let journal = fs::read(&path).unwrap();
    let places = journal.windows(bytes.len()).enumerate().filter(|(_, window)| *window == bytes);
    let flips: Vec<Flip> = places.map(|(at, _)| Flip::new(&path, at as u64, 3)).collect();
    assert!(!flips.is_empty());
    flips
}

/// How many flips each file gets.
fn flips(files: &[PathBuf], total: u64) -> impl Iterator<Item = (&PathBuf, u64, u64)> {
    let share = total / files.len() as u64;
    files.iter().enumerate().flat_map(move |(n, path)| {
        let length = fs::metadata(path).unwrap().len();
        let mut seeded = Seeded(n as u64);
        (0..share).map(move |_| (path, seeded.below(length), seeded.below(8)))
    })
}

/// Each of 10,000 flips over the files of a closed home is found, and in the file that it is in.
#[test]
fn every_flip_in_a_closed_home_is_found() {
    let directory = tempfile::tempdir().unwrap();
    let root = directory.path().join("home");
    closed_home(&root);
    assert_eq!(verify(&root).unwrap().findings, []);
    let files = files(&root);
    let names: BTreeSet<_> = files.iter().map(|f| f.file_name().unwrap().to_str().unwrap()).collect();
    let expected =
        ["address", "home.toml", "journal.db", "journal.sum", "line-1-log.key", "lock", "party.key", "reserve", "token"];
    assert_eq!(names, expected.into());
    for (path, at, bit) in flips(&files, if soak() { 10_000 } else { 900 }) {
        let _flip = Flip::new(path, at, bit);
        let report = verify(&root).unwrap_or_else(|e| panic!("{} byte {at} bit {bit}: {e}", path.display()));
        let name = path.strip_prefix(&root).unwrap().to_str().unwrap();
        // A sum and its page are told apart by nothing but the page's own structure: either may be named.
        let is_named = report.findings.iter().any(|f| f.file == name || (name == "journal.sum" && f.file == "journal.db"));
        assert!(is_named, "{name} byte {at} bit {bit}: {:?}", report.findings);
    }
}

/// Flips in what a killed node left: found, or of no consequence, since they lie where the log stands for the page, in
/// scratch, or behind the end of the log. Never served.
#[test]
fn no_flip_in_a_killed_home_is_served() {
    let directory = tempfile::tempdir().unwrap();
    let root = directory.path().join("home");
    killed_home(&root);
    let right = {
        let copy = directory.path().join("copy");
        copy_home(&root, &copy);
        all(&mut Home::open(&copy).unwrap().journal(OPTIONS).unwrap())
    };
    let files: Vec<PathBuf> = files(&root).into_iter().filter(|f| f.to_str().unwrap().contains("journal")).collect();
    assert_eq!(files.len(), 4, "database, log, scratch, sums: {files:?}");
    let (mut found, mut harmless) = (0, 0);
    for (path, at, bit) in flips(&files, if soak() { 4000 } else { 240 }) {
        let copy = directory.path().join("copy");
        fs::remove_dir_all(&copy).unwrap();
        copy_home(&root, &copy);
        let copied = copy.join(path.strip_prefix(&root).unwrap());
        flip(&copied, at, bit);
        let opened = Home::open(&copy).unwrap().journal(OPTIONS);
        match opened {
            Err(_) => found += 1,
            Ok(mut store) => {
                assert_eq!(all(&mut store), right, "{} byte {at} bit {bit}", path.display());
                harmless += 1;
            }
        }
    }
    assert!(found > harmless, "{found} found, {harmless} harmless");
}

fn copy_home(from: &Path, to: &Path) {
    fs::create_dir(to).unwrap();
    fs::set_permissions(to, fs::metadata(from).unwrap().permissions()).unwrap();
    for file in fs::read_dir(from).unwrap() {
        let path = file.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() { copy_home(&path, &target) } else { fs::copy(&path, &target).map(|_| ()).unwrap() }
    }
}

/// A changed byte of a row's value is named by the row's key, and rows before it are counted as good.
#[test]
fn the_first_bad_row_is_named() {
    let directory = tempfile::tempdir().unwrap();
    let root = directory.path().join("home");
    closed_home(&root);
    let body = {
        let mut seeded = Seeded(1);
        seeded.bytes(300);
        seeded.bytes(900)
    };
    let _flips = flip_all(&root, &body[100..132]);
    let report = verify(&root).unwrap();
    assert_eq!(report.findings[0].place, Place::Row("entry 01010101/01010101/1/0".into()));
    assert_eq!(report.rows, 60, "the book comes before it");
    let Place::Page(_, owner) = &report.findings[1].place else { panic!("{}", report.findings[1]) };
    assert_eq!(owner.as_deref(), Some("entry"));
    assert_eq!(report.findings[0].to_string(), "journal.db: row entry 01010101/01010101/1/0: its check does not fit");
}

/// Rot that comes while the node runs is met when the row is read, by its own check.
#[test]
fn rot_under_a_running_node_is_not_served() {
    let directory = tempfile::tempdir().unwrap();
    let root = directory.path().join("home");
    closed_home(&root);
    let home = Home::open(&root).unwrap();
    let mut store = home.journal(OPTIONS).unwrap();
    let bytes = Seeded(1).bytes(300);
    let _flips = flip_all(&root, &bytes[50..82]);
    let read = store.replay(&mut |_| Ok(()));
    assert_eq!(read.unwrap_err().to_string(), "row book 0 is damaged: its check does not fit");
}

/// Files that are shorter, longer or gone are found too.
#[test]
fn lengths_and_absence_are_found() {
    let directory = tempfile::tempdir().unwrap();
    let root = directory.path().join("home");
    closed_home(&root);
    for name in ["journal.db", "journal.sum"] {
        let path = root.join(name);
        let right = fs::read(&path).unwrap();
        let cut = right.len() - 1;
        let longer = [&right[..], &[0; 4096]].concat();
        for wrong in [&right[..cut], &right[..right.len() - 4096.min(cut)], &right[..0], &longer] {
            fs::write(&path, wrong).unwrap();
            let report = verify(&root).unwrap();
            assert!(!report.findings.is_empty(), "{name} of {} bytes", wrong.len());
            assert!(Home::open(&root).unwrap().journal(OPTIONS).is_err());
        }
        fs::write(&path, right).unwrap();
    }
    fs::remove_file(root.join("journal.sum")).unwrap();
    assert!(!verify(&root).unwrap().findings.is_empty());
}
