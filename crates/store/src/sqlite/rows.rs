//! How a row is written and read: all SQL that touches rows, beside the scans of `read`.

use detente_node::port::{StoreFault, Write};
use rusqlite::types::{ToSql, ToSqlOutput, Value, ValueRef};
use rusqlite::{Connection, OptionalExtension, params_from_iter};

use super::fault::sql_fault;
use crate::row::{Check, Key, LineKey, check, role_number, values};

/// The statements of one table. Parameters are the key's columns, then the values, then the check.
struct Table {
    insert: &'static str,
    read: &'static str,
}

const BOOK: Table = Table {
    insert: "INSERT INTO book (number, bytes, chk) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING",
    read: "SELECT bytes, x'', chk FROM book WHERE number = ?1",
};
const ENTRY: Table = Table {
    insert: "INSERT INTO entry (line, author, generation, place, leaf, body, chk) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) \
             ON CONFLICT DO NOTHING",
    read: "SELECT leaf, body, chk FROM entry WHERE line = ?1 AND author = ?2 AND generation = ?3 AND place = ?4",
};
const EARLY: Table = Table {
    insert: "INSERT INTO early (line, author, generation, place, leaf, body, chk) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) \
             ON CONFLICT DO NOTHING",
    read: "SELECT leaf, body, chk FROM early WHERE line = ?1 AND author = ?2 AND generation = ?3 AND place = ?4",
};
const NOTE: Table = Table {
    insert: "INSERT INTO note (line, author, generation, role, size, bytes, chk) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) \
             ON CONFLICT DO NOTHING",
    read: "SELECT bytes, x'', chk FROM note \
           WHERE line = ?1 AND author = ?2 AND generation = ?3 AND role = ?4 AND size = ?5",
};
const EVIDENCE: Table = Table {
    insert: "INSERT INTO evidence (line, number, bytes, chk) VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING",
    read: "SELECT bytes, x'', chk FROM evidence WHERE line = ?1 AND number = ?2",
};

/// Adds a row, inside the caller's transaction.
pub(super) fn insert(connection: &Connection, write: &Write) -> Result<(), StoreFault> {
    let key = Key::of(write);
    let Some(columns) = key_columns(&key) else {
        return Err(gap(&key));
    };
    let check = check(write);
    let added = add(connection, table(&key), write, &columns, &check).map_err(|e| sql_fault("adding a row", &e))?;
    if !added {
        return compare(connection, &key, &columns, write, &check);
    }
    match key.before() {
        Some(before) if !is_there(connection, &before)? => Err(gap(&key)),
        _ => Ok(()),
    }
}

fn gap(key: &Key) -> StoreFault {
    let missing = key.before().map_or_else(String::new, |before| before.to_string());
    StoreFault::Gap { key: key.to_string(), missing }
}

const fn table(key: &Key) -> &'static Table {
    match key {
        Key::Book(_) => &BOOK,
        Key::Line(_, LineKey::Entry(..)) => &ENTRY,
        Key::Line(_, LineKey::Early(..)) => &EARLY,
        Key::Line(_, LineKey::Note(..)) => &NOTE,
        Key::Line(_, LineKey::Evidence(_)) => &EVIDENCE,
    }
}

/// A key as its columns; `None` for a counted number beyond SQLite's integers, which no count without gaps ever reaches.
fn key_columns(key: &Key) -> Option<Vec<Value>> {
    let blob = |bytes: &[u8]| Value::Blob(bytes.to_vec());
    let claimed = |number: u64| Value::Blob(number.to_be_bytes().to_vec());
    let counted = |number: u64| i64::try_from(number).ok().map(Value::Integer);
    let (line, key) = match key {
        Key::Book(number) => return Some(vec![counted(*number)?]),
        Key::Line(line, key) => (blob(line.as_bytes()), key),
    };
    Some(match key {
        LineKey::Entry(author, generation, index) => {
            vec![line, blob(author.as_bytes()), Value::Integer(generation.0.into()), counted(*index)?]
        }
        LineKey::Early(author, generation, index) => {
            vec![line, blob(author.as_bytes()), Value::Integer(generation.0.into()), claimed(*index)]
        }
        LineKey::Note(author, generation, role, size) => {
            let role = Value::Integer(role_number(*role).into());
            vec![line, blob(author.as_bytes()), Value::Integer(generation.0.into()), role, claimed(*size)]
        }
        LineKey::Evidence(number) => vec![line, counted(*number)?],
    })
}

/// Says whether the row is new.
fn add(connection: &Connection, table: &Table, write: &Write, columns: &[Value], check: &Check) -> rusqlite::Result<bool> {
    let borrowed = |bytes| ToSqlOutput::Borrowed(ValueRef::Blob(bytes));
    let mut parameters: Vec<ToSqlOutput<'_>> = columns.iter().map(ToSql::to_sql).collect::<Result<_, _>>()?;
    let (first, second) = values(write);
    parameters.push(borrowed(first));
    if matches!(write, Write::Entry { .. } | Write::Early { .. }) {
        parameters.push(borrowed(second));
    }
    parameters.push(borrowed(check));
    let added = connection.prepare_cached(table.insert)?.execute(params_from_iter(parameters))?;
    Ok(added == 1)
}

/// A row of this key is there: a repeat, another one, or a damaged one.
fn compare(connection: &Connection, key: &Key, columns: &[Value], write: &Write, expected: &Check) -> Result<(), StoreFault> {
    let (first, second) = values(write);
    let there = read(connection, key, columns)?;
    let there = there.ok_or_else(|| damaged(key, "it is in the index and not in the table"))?;
    if there.first == first && there.second == second {
        return if there.check == *expected { Ok(()) } else { Err(damaged(key, "its check does not fit")) };
    }
    Err(StoreFault::Differs { key: key.to_string() })
}

fn is_there(connection: &Connection, key: &Key) -> Result<bool, StoreFault> {
    let Some(columns) = key_columns(key) else {
        return Ok(false);
    };
    let doing = "looking for the row before";
    let mut statement = connection.prepare_cached(table(key).read).map_err(|e| sql_fault(doing, &e))?;
    statement.exists(params_from_iter(columns)).map_err(|e| sql_fault(doing, &e))
}

struct There {
    first: Vec<u8>,
    second: Vec<u8>,
    check: Vec<u8>,
}

fn read(connection: &Connection, key: &Key, columns: &[Value]) -> Result<Option<There>, StoreFault> {
    let doing = "comparing with the row that is there";
    let mut statement = connection.prepare_cached(table(key).read).map_err(|e| sql_fault(doing, &e))?;
    statement
        .query_row(params_from_iter(columns), |row| Ok(There { first: row.get(0)?, second: row.get(1)?, check: row.get(2)? }))
        .optional()
        .map_err(|e| sql_fault(doing, &e))
}

/// The fault for a row that is not what was written.
pub(super) fn damaged(key: &Key, detail: &str) -> StoreFault {
    StoreFault::Damaged { key: key.to_string(), detail: detail.into() }
}
