//! Journals of other versions: every older one opens, a newer one is refused and untouched.

use std::fs;
use std::path::{Path, PathBuf};

use detente_node::port::{NoteRole, Store, Write};
use detente_store::{GroupStore, OpenFault, Options, Sqlite};

use crate::rows::{all, batch, book, early, entry, evidence, note};

const OPTIONS: Options = Options { reserve_bytes: 0, pages_max: None, log_bytes: 0 };

/// The newest schema. A new one comes with a journal saved by the program before it.
const VERSION: u32 = 1;

fn saved(version: u32) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/saved/v{version}"))
}

/// What every saved journal holds.
fn saved_rows() -> Vec<Write> {
    vec![
        book(0, b"a plan"),
        book(1, b"another"),
        entry(1, 2, 1, 0, b"said"),
        entry(1, 2, 1, 1, b"said later"),
        early(1, 3, 1, 5, b"overtook"),
        note(1, 2, 1, NoteRole::Checkpoint, 2, b"signed"),
        note(1, 2, 1, NoteRole::Cosignature, 2, b"held"),
        evidence(1, 0, b"forked"),
    ]
}

fn copy(version: u32) -> tempfile::TempDir {
    let to = tempfile::tempdir().unwrap();
    for name in ["journal.db", "journal.sum"] {
        fs::copy(saved(version).join(name), to.path().join(name)).unwrap();
    }
    to
}

#[test]
fn every_saved_schema_opens_with_all_its_rows() {
    assert!(!saved(VERSION + 1).exists(), "the newest version is told above");
    for version in 1..=VERSION {
        let directory = copy(version);
        let mut store = Sqlite::open(directory.path(), OPTIONS).unwrap();
        assert_eq!(all(&mut store), saved_rows());
        store.commit(&batch([book(2, b"new")])).unwrap();
        store.close().unwrap();
        assert_eq!(all(&mut Sqlite::open(directory.path(), OPTIONS).unwrap()).len(), saved_rows().len() + 1);
    }
}

/// A new journal has the schema of the newest saved one: whoever adds a migration must save a journal.
#[test]
fn a_new_journal_is_like_the_newest_saved_one() {
    let new = tempfile::tempdir().unwrap();
    Sqlite::create(new.path()).unwrap();
    assert_eq!(schema(&new.path().join("journal.db")), schema(&copy(VERSION).path().join("journal.db")));
}

fn schema(journal: &Path) -> Vec<(String, Option<String>, i64)> {
    let connection = rusqlite::Connection::open(journal).unwrap();
    let version: i64 = connection.pragma_query_value(None, "user_version", |row| row.get(0)).unwrap();
    let mut tables = connection.prepare("SELECT name, sql FROM sqlite_schema ORDER BY name").unwrap();
    let rows = tables.query_map((), |row| Ok((row.get(0)?, row.get(1)?, version))).unwrap();
    rows.map(Result::unwrap).collect()
}

/// Makes a journal say that it is of a later version, as that program would leave it: sums and all.
fn of_version(version: u32) -> tempfile::TempDir {
    let directory = copy(VERSION);
    alter(directory.path(), |connection| connection.pragma_update(None, "user_version", version).unwrap());
    directory
}

/// Changes a journal behind the program's back and gives it new sums, by making a backup's sums for it.
fn alter(directory: &Path, change: impl FnOnce(&rusqlite::Connection)) {
    let journal = directory.join("journal.db");
    let connection = rusqlite::Connection::open(&journal).unwrap();
    change(&connection);
    connection.close().unwrap();
    detente_store::danger_reseal(directory).unwrap();
}

#[test]
fn a_newer_schema_is_refused_and_nothing_is_changed() {
    let directory = of_version(VERSION + 1);
    let before = files(directory.path());
    let fault = Sqlite::open(directory.path(), OPTIONS).err().expect("refused");
    let expected = format!("the journal has schema {}, and this program knows {VERSION} at most: use a newer one", VERSION + 1);
    assert_eq!(fault.to_string(), expected);
    assert_eq!(files(directory.path()), before);
    // Also when the newer program keeps other sums, or none.
    fs::write(directory.path().join("journal.sum"), b"sums of another kind").unwrap();
    assert!(matches!(Sqlite::open(directory.path(), OPTIONS), Err(OpenFault::Newer { .. })));
}

/// A newer program that was killed: its version is in the log only.
#[test]
fn a_newer_schema_in_the_log_is_refused_and_nothing_is_changed() {
    let directory = copy(VERSION);
    let killed = tempfile::tempdir().unwrap();
    let connection = rusqlite::Connection::open(directory.path().join("journal.db")).unwrap();
    connection.pragma_update(None, "user_version", VERSION + 1).unwrap();
    for name in ["journal.db", "journal.db-wal"] {
        fs::copy(directory.path().join(name), killed.path().join(name)).unwrap();
    }
    fs::copy(saved(VERSION).join("journal.sum"), killed.path().join("journal.sum")).unwrap();
    let before = files(killed.path());
    assert!(matches!(Sqlite::open(killed.path(), OPTIONS), Err(OpenFault::Newer { found: 2, .. })));
    assert_eq!(files(killed.path()), before);
}

#[test]
fn another_programs_database_is_refused_and_nothing_is_changed() {
    let directory = tempfile::tempdir().unwrap();
    let connection = rusqlite::Connection::open(directory.path().join("journal.db")).unwrap();
    connection.execute_batch("CREATE TABLE book (number INTEGER PRIMARY KEY, bytes BLOB, chk BLOB)").unwrap();
    connection.close().unwrap();
    let before = files(directory.path());
    assert!(matches!(Sqlite::open(directory.path(), OPTIONS), Err(OpenFault::Foreign { .. })));
    assert_eq!(files(directory.path()), before);
    fs::remove_file(directory.path().join("journal.db")).unwrap();
    assert!(matches!(Sqlite::open(directory.path(), OPTIONS), Err(OpenFault::Io { .. })), "nothing is made");
    assert!(files(directory.path()).is_empty());
}

#[test]
fn a_schema_made_by_other_steps_is_refused() {
    let directory = copy(VERSION);
    alter(directory.path(), |connection| {
        connection.execute("UPDATE migration SET digest = x'00' WHERE version = 1", ()).unwrap();
    });
    assert!(matches!(Sqlite::open(directory.path(), OPTIONS), Err(OpenFault::Altered { version: 1 })));
}

fn files(directory: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut files: Vec<_> = fs::read_dir(directory)
        .unwrap()
        .map(|file| file.unwrap().path())
        .map(|path| (path.clone(), fs::read(path).unwrap()))
        .collect();
    files.sort();
    files
}

/// Saves a journal of the newest version where the environment says; run once, by hand, for each release of a schema.
#[test]
fn a_journal_is_saved_where_asked() {
    let asked = std::env::var_os("DETENTE_SAVE_JOURNAL");
    let kept = tempfile::tempdir().unwrap();
    let directory = asked.map_or_else(|| kept.path().join("saved"), PathBuf::from);
    fs::create_dir_all(&directory).unwrap();
    Sqlite::create(&directory).unwrap();
    let mut store = Sqlite::open(&directory, OPTIONS).unwrap();
    store.commit(&batch(saved_rows())).unwrap();
    store.close().unwrap();
    assert_eq!(all(&mut Sqlite::open(&directory, OPTIONS).unwrap()), saved_rows());
}
