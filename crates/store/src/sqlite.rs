//! The journal in SQLite: one connection that writes, one beside it that reads.
//!
//! SQLite keeps the transactions whole; what it leaves open is closed here. It trusts its file: `sums` does not. It drops
//! a rotten log silently: `wal` finds it. It writes a failed page back again at the next checkpoint: here nothing is
//! written after a failed sync. It copies its log into the database whenever it likes: here that happens only
//! between the answers, after the sums of what is copied are on disk.

mod fault;
mod inspect;
mod log;
mod read;
mod reserve;
mod rows;
mod schema;
mod sums;
mod wal;

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use detente_node::port::{Batch, Entries, Store, StoreFault, Write};
use detente_types::{Generation, Index, LineId, PartyId};
use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};

use self::fault::{io_fault, sql_fault};
pub(crate) use self::inspect::inspect;
use self::log::Log;
pub use self::read::Reader;
use self::reserve::{HEADROOM_BYTES, Reserve};
use self::schema::{APPLICATION_ID, PAGE_BYTES, VERSION};
pub(crate) use self::sums::Sums;
use crate::group::{GroupStore, Room, is_final};
use crate::home::{create_private, sync_directory};
use crate::verify::{Finding, Place};

/// The database.
pub(crate) const JOURNAL: &str = "journal.db";
/// SQLite's write-ahead log beside it.
pub(crate) const LOG: &str = "journal.db-wal";
/// What every page of the database should be.
pub(crate) const SUMS: &str = "journal.sum";
/// Space for SAFETY.
pub(crate) const RESERVE: &str = "reserve";

/// The first SQLite without the race that could corrupt a database with two connections in WAL mode.
const SQLITE_NUMBER_MIN: i32 = 3_051_003;

/// Page cache of the writing connection, in KiB: the inner pages of every index of some million rows.
const CACHE_KIB: i64 = 16 << 10;

/// Most pages that SQLite can have in one database.
const PAGES_MAX: u32 = 4_294_967_294;

/// One answer a batch.
type Answers = Vec<Result<(), StoreFault>>;

/// What a caller may choose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// Bytes of the reserve on disk. By default 8 MiB: six hundred commits, at about 12 KiB each.
    pub reserve_bytes: u64,
    /// Most pages (of 4 KiB) that the database may grow to before it counts as full, beside the disk's own limit; the
    /// reserve comes on top. By default none.
    pub pages_max: Option<u32>,
    /// Bytes of the write-ahead log that are on disk before it is used, so that a commit finds its place there and its sync
    /// writes no more than the commit. By default what the log holds before it is copied, some 8 MiB.
    pub log_bytes: u64,
}

impl Default for Options {
    fn default() -> Self {
        Self { reserve_bytes: 8 << 20, pages_max: None, log_bytes: log::LAID_OUT_BYTES }
    }
}

/// Why a journal cannot be opened. Nothing of it was changed, except where said.
#[derive(Debug, thiserror::Error)]
pub enum OpenFault {
    /// Environment: the SQLite linked at run time may corrupt files.
    #[error("SQLite {found} is too old: 3.51.3 or newer is needed")]
    OldSqlite {
        /// What it calls itself.
        found: &'static str,
    },
    /// The file cannot be read or made.
    #[error("cannot open {path}")]
    Io {
        /// The file or directory.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The file is of another program.
    #[error("{path} is not a detente journal")]
    Foreign {
        /// The file.
        path: PathBuf,
    },
    /// The file was written by a newer program.
    #[error("the journal has schema {found}, and this program knows {known} at most: use a newer one")]
    Newer {
        /// Its schema.
        found: u32,
        /// Ours.
        known: u32,
    },
    /// The file was migrated by other steps than ours.
    #[error("the journal's schema {version} was made by other steps than this program's")]
    Altered {
        /// The first step that differs.
        version: u32,
    },
    /// A byte is not what it was.
    #[error("the journal is damaged: {0}")]
    Damaged(Finding),
    /// SQLite could not do it. Migrations that came before the failing one are kept.
    #[error(transparent)]
    Store(#[from] StoreFault),
}

/// A journal, open for writing. The caller sees to it that it is the only one ([`crate::Home`] does).
///
/// Dropping it is a crash as far as the files go: nothing is lost, and the next start takes the log up.
/// [`GroupStore::close`] leaves a database without a log.
pub struct Sqlite {
    /// Declared first: dropped first, while `writer` still holds the file.
    reader: Reader,
    writer: Connection,
    path: PathBuf,
    log: Log,
    reserve: Reserve,
    room: Room,
    options: Options,
    /// The fault that ended it.
    ended: Option<StoreFault>,
}

impl Sqlite {
    /// Makes an empty journal in a directory that has none.
    ///
    /// # Errors
    /// [`OpenFault`]. A half-made journal may be left: make homes aside and rename them, as [`crate::Home`] does.
    pub fn create(directory: &Path) -> Result<(), OpenFault> {
        check_library()?;
        let path = directory.join(JOURNAL);
        let at = |source| OpenFault::Io { path: path.clone(), source };
        create_private(&path).map_err(at)?;
        let mut connection = Connection::open(&path).map_err(|e| sql_fault("making the journal", &e))?;
        schema::stamp(&connection)?;
        schema::migrate(&mut connection)?;
        connection.close().map_err(|(_, e)| sql_fault("closing the new journal", &e))?;
        make_log_mode(&path)?;
        File::open(&path).and_then(|file| file.sync_all()).map_err(at)?;
        Sums::create(&directory.join(SUMS), &path).map_err(at)?;
        sync_directory(directory).map_err(at)
    }

    /// Opens the journal of a directory: every byte is checked, an older schema is brought up to date, and what a crash
    /// left in the log is copied into the database.
    ///
    /// # Errors
    /// [`OpenFault`].
    pub fn open(directory: &Path, options: Options) -> Result<Self, OpenFault> {
        check_library()?;
        let has_log = admit(directory)?;
        let path = directory.join(JOURNAL);
        let at = |source| OpenFault::Io { path: path.clone(), source };
        let mut writer = connect(&path)?;
        let log = Log::open(directory, &mut writer)?;
        schema::migrate(&mut writer)?;
        let reader = Reader::open(&path)?;
        let reserve = Reserve::open(&directory.join(RESERVE), options.reserve_bytes).map_err(at)?;
        let room = match (reserve.is_whole(), reserve.held()) {
            (true, _) => Room::Ample,
            (false, 0) => Room::None,
            (false, _) => Room::ReserveOnly,
        };
        let mut store = Self { reader, writer, path, log, reserve, room, options, ended: None };
        store.limit_pages()?;
        store.log.mark()?;
        if has_log || store.log.is_used() {
            store.take_up_log()?;
        }
        store.log.lay_out(options.log_bytes)?;
        Ok(store)
    }

    /// Another view for reading, for another thread.
    ///
    /// # Errors
    /// [`StoreFault`].
    pub fn reader(&self) -> Result<Reader, StoreFault> {
        Reader::open(&self.path)
    }

    /// Changes the most pages that the database may grow to; see [`Options::pages_max`].
    ///
    /// # Errors
    /// [`StoreFault`].
    pub fn set_pages_max(&mut self, pages_max: Option<u32>) -> Result<(), StoreFault> {
        self.options.pages_max = pages_max;
        self.limit_pages()
    }

    /// After a crash: what SQLite recovered from the log is copied and synced anew, since a sync that failed before the
    /// crash may have left it readable and yet not on disk.
    fn take_up_log(&mut self) -> Result<(), StoreFault> {
        match self.log.copy(&self.writer) {
            Ok(true) => self.log.forget(),
            // No room for it now: the log goes on standing for what it holds.
            Ok(false) | Err(StoreFault::Full { .. }) => Ok(()),
            Err(fault) => Err(fault),
        }
    }

    /// Writes batches as one transaction. The outer error is the group's: nothing of it is there.
    fn write_group(&mut self, batches: &[&Batch]) -> Result<Answers, StoreFault> {
        self.run("writing a group", "BEGIN IMMEDIATE")?;
        let written = self.write_batches(batches).and_then(|answers| self.run("syncing a group", "COMMIT").map(|()| answers));
        match &written {
            Ok(_) => self.log.mark()?,
            // SQLite has rolled back already after some errors, and must not be used at all after a final one.
            Err(StoreFault::Full { .. }) if !self.writer.is_autocommit() => {
                self.writer.execute_batch("ROLLBACK").map_err(|e| sql_fault("undoing a group", &e))?;
            }
            Err(_) => {}
        }
        written
    }

    fn write_batches(&self, batches: &[&Batch]) -> Result<Answers, StoreFault> {
        batches.iter().map(|batch| self.write_batch(batch)).collect()
    }

    /// Writes one batch inside the group's transaction. The inner error is the batch's own, the outer one the group's.
    fn write_batch(&self, batch: &Batch) -> Result<Result<(), StoreFault>, StoreFault> {
        self.run("beginning a batch", "SAVEPOINT batch")?;
        let written = batch.writes.iter().try_for_each(|write| rows::insert(&self.writer, write));
        match &written {
            Ok(()) => {}
            Err(StoreFault::Differs { .. } | StoreFault::Gap { .. }) => {
                self.run("undoing a batch", "ROLLBACK TO batch")?;
            }
            Err(fault) => return Err(fault.clone()),
        }
        self.run("ending a batch", "RELEASE batch")?;
        Ok(written)
    }

    /// Runs a statement without parameters that is wanted with every group.
    fn run(&self, doing: &str, sql: &'static str) -> Result<(), StoreFault> {
        self.writer.prepare_cached(sql).and_then(|mut s| s.execute(())).map(drop).map_err(|e| sql_fault(doing, &e))
    }

    /// Writes a group on a disk that may be full: what may use the reserve gets it, the rest is refused.
    fn write_with_room(&mut self, batches: &[&Batch]) -> Result<Answers, StoreFault> {
        if self.room == Room::Ample {
            match self.write_making_room(batches) {
                Err(StoreFault::Full { .. }) => self.room = Room::ReserveOnly,
                done => return done,
            }
        }
        let urgent: Vec<&Batch> = batches.iter().copied().filter(|batch| batch.reserve).collect();
        let mut urgent = self.write_from_reserve(&urgent)?.into_iter();
        let answer = |batch: &&Batch| if batch.reserve { urgent.next().unwrap_or_else(|| full(batch)) } else { full(batch) };
        Ok(batches.iter().map(answer).collect())
    }

    /// Writes a group; on a full disk once more, over the bytes of a log that was copied into the database.
    fn write_making_room(&mut self, batches: &[&Batch]) -> Result<Answers, StoreFault> {
        let written = self.write_group(batches);
        if !matches!(written, Err(StoreFault::Full { .. })) {
            return written;
        }
        match self.log.copy(&self.writer) {
            Ok(true) => self.write_group(batches),
            Ok(false) | Err(StoreFault::Full { .. }) => written,
            Err(fault) => Err(fault),
        }
    }

    /// Writes batches that may use the reserve, giving it back to the disk piece by piece.
    fn write_from_reserve(&mut self, batches: &[&Batch]) -> Result<Answers, StoreFault> {
        while !batches.is_empty() {
            match self.write_group(batches) {
                Err(StoreFault::Full { .. }) if self.reserve.release().map_err(|e| io_fault("using the reserve", &e))? => {
                    self.room = Room::ReserveOnly;
                    self.limit_pages()?;
                }
                Err(StoreFault::Full { .. }) => {
                    self.room = Room::None;
                    break;
                }
                done => return done,
            }
        }
        Ok(batches.iter().map(full).collect())
    }

    /// Looks whether space came back: the reserve must be whole, and some more be there.
    fn regain(&mut self) -> Result<(), StoreFault> {
        let whole = match self.reserve.refill().map_err(|e| io_fault("filling the reserve", &e)) {
            Ok(whole) => whole,
            Err(StoreFault::Full { .. }) => false,
            Err(fault) => return Err(fault),
        };
        self.limit_pages()?;
        if whole && self.has_pages()? {
            self.room = Room::Ample;
        } else if self.reserve.held() > 0 {
            self.room = Room::ReserveOnly;
        }
        Ok(())
    }

    /// Sets how many pages SQLite may use, with what was released of the reserve on top.
    fn limit_pages(&mut self) -> Result<(), StoreFault> {
        let released = self.reserve.released() / PAGE_BYTES as u64;
        let limit = self.options.pages_max.map_or(u64::from(PAGES_MAX), |pages| u64::from(pages) + released);
        let limit = u32::try_from(limit).unwrap_or(PAGES_MAX);
        let set = |row: &rusqlite::Row<'_>| row.get::<_, i64>(0);
        self.writer
            .pragma_update_and_check(None, "max_page_count", limit, set)
            .map(|_| ())
            .map_err(|e| sql_fault("limiting the database", &e))
    }

    fn has_pages(&self) -> Result<bool, StoreFault> {
        let Some(pages_max) = self.options.pages_max else {
            return Ok(true);
        };
        let pages: u64 = self
            .writer
            .pragma_query_value(None, "page_count", |row| row.get::<_, i64>(0))
            .map(i64::unsigned_abs)
            .map_err(|e| sql_fault("measuring the database", &e))?;
        Ok(pages + HEADROOM_BYTES / PAGE_BYTES as u64 <= u64::from(pages_max))
    }

    /// Notes a final fault: nothing is written after it.
    fn note(&mut self, fault: StoreFault) -> StoreFault {
        if is_final(&fault) {
            self.ended = Some(fault.clone());
        }
        fault
    }

    fn check_alive(&self) -> Result<(), StoreFault> {
        self.ended.clone().map_or(Ok(()), Err)
    }
}

impl Entries for Sqlite {
    fn entries(
        &mut self,
        line: &LineId,
        author: &PartyId,
        generation: Generation,
        from: Index,
        limit: usize,
    ) -> Result<Vec<Write>, StoreFault> {
        self.reader.entries(line, author, generation, from, limit)
    }
}

impl Store for Sqlite {
    fn commit(&mut self, batch: &Batch) -> Result<(), StoreFault> {
        self.commit_group(&[batch]).pop().unwrap_or(Ok(()))
    }

    fn replay(&mut self, take: &mut dyn FnMut(Write) -> Result<(), StoreFault>) -> Result<(), StoreFault> {
        self.reader.replay(take)
    }
}

impl GroupStore for Sqlite {
    fn commit_group(&mut self, batches: &[&Batch]) -> Answers {
        let written = self.check_alive().and_then(|()| {
            if self.room != Room::Ample {
                self.regain()?;
            }
            self.write_with_room(batches)
        });
        written.unwrap_or_else(|fault| vec![Err(self.note(fault)); batches.len()])
    }

    fn room(&self) -> Room {
        self.room
    }

    fn rest(&mut self) -> Result<(), StoreFault> {
        self.check_alive()?;
        let rested = if self.room == Room::Ample { Ok(()) } else { self.regain() };
        let copied = if self.log.is_long() { self.log.copy(&self.writer).map(|_| ()) } else { Ok(()) };
        match rested.and(copied) {
            Ok(()) | Err(StoreFault::Full { .. }) => Ok(()),
            Err(fault) => Err(self.note(fault)),
        }
    }

    fn close(mut self) -> Result<(), StoreFault> {
        self.check_alive()?;
        match self.log.copy(&self.writer) {
            Ok(true) => self.log.forget()?,
            Ok(false) | Err(StoreFault::Full { .. }) => return Ok(()),
            Err(fault) => return Err(fault),
        }
        let doing = "closing the journal";
        drop(self.reader);
        // The log is empty of news: SQLite may take it away.
        self.writer.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, false).map_err(|e| sql_fault(doing, &e))?;
        self.writer.close().map_err(|(_, e)| sql_fault(doing, &e))
    }
}

/// Refuses to work with a library that may corrupt files.
fn check_library() -> Result<(), OpenFault> {
    if rusqlite::version_number() < SQLITE_NUMBER_MIN {
        return Err(OpenFault::OldSqlite { found: rusqlite::version() });
    }
    Ok(())
}

/// Inspects a journal before SQLite touches it. Says whether its log holds anything.
fn admit(directory: &Path) -> Result<bool, OpenFault> {
    let path = directory.join(JOURNAL);
    let seen = inspect(directory).map_err(|source| OpenFault::Io { path: path.clone(), source })?;
    let first_page = |finding: &Finding| matches!(finding.place, Place::Page(1, _));
    // What a newer program keeps beside the database is not ours to judge; a rotten first page says nothing of versions.
    if !seen.findings.iter().any(first_page) {
        if seen.application_id != APPLICATION_ID {
            return Err(OpenFault::Foreign { path });
        }
        if seen.version > VERSION {
            return Err(OpenFault::Newer { found: seen.version, known: VERSION });
        }
    }
    match seen.findings.into_iter().next() {
        Some(finding) => Err(OpenFault::Damaged(finding)),
        None => Ok(seen.has_log),
    }
}

fn connect(path: &Path) -> Result<Connection, StoreFault> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    Connection::open_with_flags(path, flags)
        .and_then(|connection| set_up(&connection).map(|()| connection))
        .map_err(|e| sql_fault("opening the journal", &e))
}

/// How the writing connection works: each commit synced, and the log left alone but by us.
fn set_up(writer: &Connection) -> rusqlite::Result<()> {
    read::harden(writer)?;
    writer.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
    writer.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
    writer.pragma_update(None, "journal_mode", "WAL")?;
    writer.pragma_update(None, "synchronous", "FULL")?;
    writer.pragma_update(None, "cache_size", -CACHE_KIB)?;
    writer.pragma_update(None, "wal_autocheckpoint", 0)
}

/// Makes a database that no one has open, and that has no sums yet, one with a write-ahead log.
pub(crate) fn make_log_mode(path: &Path) -> Result<(), StoreFault> {
    let doing = "giving the journal its mode";
    let connection = Connection::open(path).map_err(|e| sql_fault(doing, &e))?;
    connection.pragma_update(None, "journal_mode", "WAL").map_err(|e| sql_fault(doing, &e))?;
    connection.close().map_err(|(_, e)| sql_fault(doing, &e))
}

/// Makes new sums for a journal that no one has open, whatever it holds: the way back after rot, when its loss was
/// accepted by a person. What a rotten log held is gone with it; rows keep their own checks and stay refused where they
/// do not fit. A node must treat the home as one restored from a backup.
///
/// # Errors
/// [`OpenFault`].
pub fn danger_reseal(directory: &Path) -> Result<(), OpenFault> {
    let path = directory.join(JOURNAL);
    let at = |source| OpenFault::Io { path: path.clone(), source };
    let sums = directory.join(SUMS);
    make_log_mode(&path)?;
    File::open(&path).and_then(|file| file.sync_all()).map_err(at)?;
    match std::fs::remove_file(&sums) {
        Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(at(e)),
        _ => {}
    }
    Sums::create(&sums, &path).map_err(at)
}

/// The answer to a batch that there is no room for. The reference is what an iterator over batches gives.
fn full(batch: &&Batch) -> Result<(), StoreFault> {
    Err(StoreFault::Full { doing: format!("adding {} rows", batch.writes.len()) })
}
