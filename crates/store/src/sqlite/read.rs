//! Reading on a connection of its own: never in the writer's way, and nothing is given out whose check does not fit.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::time::Duration;

use detente_node::port::{Entries, NoteRole, StoreFault, Write};
use detente_types::{Generation, Index, LineId, PartyId};
use rusqlite::{Connection, OpenFlags, OptionalExtension, Params, Row};

use super::fault::sql_fault;
use super::rows::damaged;
use crate::row::{Key, LineKey, check};

/// How long to wait for a lock that only a foreign tool on the same file can hold.
pub(super) const BUSY_WAIT: Duration = Duration::from_secs(5);

/// Hands over one row that was read, or what was wrong with it.
type Take<'a> = &'a mut dyn FnMut(Write) -> Result<(), StoreFault>;

/// A read-only view of a journal, for another thread than the writer's. It sees what was durable when a call began.
pub struct Reader {
    connection: Connection,
}

impl Reader {
    /// Opens a journal that exists. The caller has inspected it.
    pub(crate) fn open(journal: &Path) -> Result<Self, StoreFault> {
        Self::open_name(journal.as_os_str().as_bytes(), OpenFlags::empty())
    }

    /// Opens a journal that no one writes and whose log is empty, leaving no trace of it: no locks, no scratch files.
    pub(crate) fn open_still(journal: &Path) -> Result<Self, StoreFault> {
        let mut name = b"file:".to_vec();
        for byte in journal.as_os_str().as_bytes() {
            match byte {
                b'?' | b'#' | b'%' => name.extend(format!("%{byte:02x}").bytes()),
                _ => name.push(*byte),
            }
        }
        name.extend(b"?immutable=1");
        Self::open_name(&name, OpenFlags::SQLITE_OPEN_URI)
    }

    fn open_name(name: &[u8], more: OpenFlags) -> Result<Self, StoreFault> {
        let doing = "opening the journal to read";
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX | more;
        let connection = Connection::open_with_flags(OsStr::from_bytes(name), flags).map_err(|e| sql_fault(doing, &e))?;
        harden(&connection).map_err(|e| sql_fault(doing, &e))?;
        Ok(Self { connection })
    }

    /// As [`detente_node::port::Store::replay`], in one transaction: what is written meanwhile is not seen.
    ///
    /// # Errors
    /// [`StoreFault`], or the first error of `take`.
    pub fn replay(&mut self, take: Take<'_>) -> Result<(), StoreFault> {
        self.in_order(take, |connection, take| {
            replay_book(connection, take)?;
            let mut line = next_line(connection, None)?;
            while let Some(this) = line {
                replay_line(connection, &this, take)?;
                line = next_line(connection, Some(&this))?;
            }
            Ok(())
        })
    }

    /// The book's part of a replay.
    ///
    /// # Errors
    /// As [`Self::replay`].
    pub fn replay_book(&mut self, take: Take<'_>) -> Result<(), StoreFault> {
        self.in_order(take, replay_book)
    }

    /// One line's part of a replay: all its entries, before anything else of it.
    ///
    /// # Errors
    /// As [`Self::replay`].
    pub fn replay_line(&mut self, line: &LineId, take: Take<'_>) -> Result<(), StoreFault> {
        self.in_order(take, |connection, take| replay_line(connection, line, take))
    }

    fn in_order(
        &mut self,
        take: Take<'_>,
        read: impl FnOnce(&Connection, Take<'_>) -> Result<(), StoreFault>,
    ) -> Result<(), StoreFault> {
        let doing = "replaying the journal";
        let transaction = self.connection.transaction().map_err(|e| sql_fault(doing, &e))?;
        let mut order = Order::default();
        read(&transaction, &mut |write| {
            order.check(&write)?;
            take(write)
        })?;
        transaction.finish().map_err(|e| sql_fault(doing, &e))
    }

    /// Copies the journal, as it is now, into an empty file, compactly. The caller syncs it.
    pub(crate) fn copy_into(&self, to: &Path) -> Result<(), StoreFault> {
        let doing = "copying the journal";
        let name = to
            .to_str()
            .ok_or_else(|| StoreFault::Failed { doing: doing.into(), detail: "the path of the copy is not UTF-8".into() })?;
        self.connection.execute("VACUUM INTO ?1", [name]).map_err(|e| sql_fault(doing, &e))?;
        Ok(())
    }

    /// Runs SQLite's own check of its structure: the first complaint, or none.
    pub(crate) fn structure(&self) -> Result<Option<String>, StoreFault> {
        let answer: String = self
            .connection
            .query_row("PRAGMA integrity_check(1)", (), |row| row.get(0))
            .map_err(|e| sql_fault("checking the journal's structure", &e))?;
        Ok(if answer == "ok" { None } else { Some(answer) })
    }

    /// Which table or index a page belongs to; `None` for a page that holds no rows.
    pub(crate) fn owner(&self, page: u32) -> Option<String> {
        let sql = "SELECT name FROM dbstat WHERE pageno = ?1";
        self.connection.query_row(sql, [page], |row| row.get(0)).optional().ok().flatten()
    }
}

impl Entries for Reader {
    fn entries(
        &mut self,
        line: &LineId,
        author: &PartyId,
        generation: Generation,
        from: Index,
        limit: usize,
    ) -> Result<Vec<Write>, StoreFault> {
        let Ok(first) = i64::try_from(from) else {
            return Ok(Vec::new());
        };
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let sql = "SELECT line, author, generation, place, leaf, body, chk FROM entry \
                   WHERE line = ?1 AND author = ?2 AND generation = ?3 AND place >= ?4 ORDER BY place LIMIT ?5";
        let mut rows = Vec::new();
        let mut order = Order::starting(Key::Line(*line, LineKey::Entry(*author, generation, from)));
        let parameters = (line.as_bytes(), author.as_bytes(), generation.0, first, limit);
        scan(&self.connection, sql, parameters, entry, &mut |write| {
            order.check(&write)?;
            rows.push(write);
            Ok(())
        })?;
        Ok(rows)
    }
}

/// Settings that every connection has: doubt the file, trust nothing in its schema.
pub(super) fn harden(connection: &Connection) -> rusqlite::Result<()> {
    connection.busy_timeout(BUSY_WAIT)?;
    connection.pragma_update(None, "cell_size_check", true)?;
    connection.pragma_update(None, "trusted_schema", false)?;
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    connection.set_prepared_statement_cache_capacity(32);
    Ok(())
}

/// Watches that rows come in the order of replay, and that the counted ones leave nothing out.
#[derive(Default)]
struct Order {
    last: Option<Key>,
    /// The key that the next row must have, when the caller asked for a certain one.
    first: Option<Key>,
}

impl Order {
    fn starting(first: Key) -> Self {
        Self { last: None, first: Some(first) }
    }

    fn check(&mut self, write: &Write) -> Result<(), StoreFault> {
        let key = Key::of(write);
        let expected = match self.first.take() {
            Some(first) => Some(first),
            None => match (self.last, key.before()) {
                (last, Some(before)) if last != Some(before) => Some(before),
                (Some(last), None) if last >= key => return Err(damaged(&key, "it is out of order")),
                _ => None,
            },
        };
        match expected {
            Some(missing) if missing != key => Err(damaged(&missing, "it is missing, and later ones are there")),
            _ => {
                self.last = Some(key);
                Ok(())
            }
        }
    }
}

fn replay_book(connection: &Connection, take: Take<'_>) -> Result<(), StoreFault> {
    scan(connection, "SELECT number, bytes, chk FROM book ORDER BY number", (), book, take)
}

fn replay_line(connection: &Connection, line: &LineId, take: Take<'_>) -> Result<(), StoreFault> {
    let line = (line.as_bytes(),);
    let entries = "SELECT line, author, generation, place, leaf, body, chk FROM entry \
                   WHERE line = ?1 ORDER BY author, generation, place";
    scan(connection, entries, line, entry, take)?;
    let earlies = "SELECT line, author, generation, place, leaf, body, chk FROM early \
                   WHERE line = ?1 ORDER BY author, generation, place";
    scan(connection, earlies, line, early, take)?;
    let notes = "SELECT line, author, generation, role, size, bytes, chk FROM note \
                 WHERE line = ?1 ORDER BY author, generation, role, size";
    scan(connection, notes, line, note, take)?;
    let evidences = "SELECT line, number, bytes, chk FROM evidence WHERE line = ?1 ORDER BY number";
    scan(connection, evidences, line, evidence, take)
}

/// The next line that has any row, in order.
fn next_line(connection: &Connection, after: Option<&LineId>) -> Result<Option<LineId>, StoreFault> {
    let doing = "listing the lines";
    let sql = "SELECT min(line) FROM (SELECT min(line) AS line FROM entry WHERE line > ?1 \
               UNION ALL SELECT min(line) FROM early WHERE line > ?1 \
               UNION ALL SELECT min(line) FROM note WHERE line > ?1 \
               UNION ALL SELECT min(line) FROM evidence WHERE line > ?1)";
    let after: &[u8] = after.map_or(&[], |line| line.as_bytes());
    let found: Option<Vec<u8>> = connection.query_row(sql, [after], |row| row.get(0)).map_err(|e| sql_fault(doing, &e))?;
    let malformed = || StoreFault::Damaged { key: "line".into(), detail: "its name is not 32 bytes".into() };
    found.map(|bytes| bytes.try_into().map(LineId::new).map_err(|_| malformed())).transpose()
}

/// Runs a query and hands over its rows, each after its check. The check is the last column.
fn scan(
    connection: &Connection,
    sql: &str,
    parameters: impl Params,
    read: fn(&Row<'_>) -> rusqlite::Result<Write>,
    take: Take<'_>,
) -> Result<(), StoreFault> {
    let mut last = None;
    let fault = |e: &rusqlite::Error, last: &Option<Key>| match sql_fault("reading rows", e) {
        StoreFault::Damaged { detail, .. } => {
            let key = last.map_or_else(|| "first of its table".into(), |key| format!("after {key}"));
            StoreFault::Damaged { key, detail }
        }
        other => other,
    };
    let mut statement = connection.prepare_cached(sql).map_err(|e| fault(&e, &last))?;
    let mut rows = statement.query(parameters).map_err(|e| fault(&e, &last))?;
    while let Some(row) = rows.next().map_err(|e| fault(&e, &last))? {
        let write = read(row).map_err(|e| malformed(&e, last.as_ref()))?;
        let key = Key::of(&write);
        let column = row.as_ref().column_count() - 1;
        let there: Vec<u8> = row.get(column).map_err(|e| malformed(&e, Some(&key)))?;
        if there != check(&write) {
            return Err(damaged(&key, "its check does not fit"));
        }
        last = Some(key);
        take(write)?;
    }
    Ok(())
}

/// A row whose columns are not of the kind that was written.
fn malformed(error: &rusqlite::Error, last: Option<&Key>) -> StoreFault {
    let key = last.map_or_else(|| "first of its table".into(), |key| format!("after {key}"));
    StoreFault::Damaged { key, detail: format!("a column is malformed: {error}") }
}

fn book(row: &Row<'_>) -> rusqlite::Result<Write> {
    Ok(Write::Book { number: counted(row, 0)?, bytes: row.get(1)? })
}

fn entry(row: &Row<'_>) -> rusqlite::Result<Write> {
    Ok(Write::Entry {
        line: LineId::new(row.get(0)?),
        author: PartyId::new(row.get(1)?),
        generation: Generation(row.get(2)?),
        index: counted(row, 3)?,
        leaf: row.get(4)?,
        body: row.get(5)?,
    })
}

fn early(row: &Row<'_>) -> rusqlite::Result<Write> {
    Ok(Write::Early {
        line: LineId::new(row.get(0)?),
        author: PartyId::new(row.get(1)?),
        generation: Generation(row.get(2)?),
        index: u64::from_be_bytes(row.get(3)?),
        leaf: row.get(4)?,
        body: row.get(5)?,
    })
}

fn note(row: &Row<'_>) -> rusqlite::Result<Write> {
    let role: i64 = row.get(3)?;
    Ok(Write::Note {
        line: LineId::new(row.get(0)?),
        author: PartyId::new(row.get(1)?),
        generation: Generation(row.get(2)?),
        role: match role {
            0 => NoteRole::Checkpoint,
            1 => NoteRole::Cosignature,
            _ => return Err(rusqlite::Error::IntegralValueOutOfRange(3, role)),
        },
        size: u64::from_be_bytes(row.get(4)?),
        bytes: row.get(5)?,
    })
}

fn evidence(row: &Row<'_>) -> rusqlite::Result<Write> {
    Ok(Write::Evidence { line: LineId::new(row.get(0)?), number: counted(row, 1)?, bytes: row.get(2)? })
}

fn counted(row: &Row<'_>, column: usize) -> rusqlite::Result<u64> {
    let number: i64 = row.get(column)?;
    u64::try_from(number).map_err(|_| rusqlite::Error::IntegralValueOutOfRange(column, number))
}
