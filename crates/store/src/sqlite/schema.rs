//! Which tables there are, and how an older file gets them.
//!
//! Migrations are only ever appended. Each one applied leaves its number and the digest of its text in the file, so that
//! a file made by other text is refused instead of trusted.

use detente_node::port::StoreFault;
use rusqlite::{Connection, OptionalExtension, params};
use sha2::{Digest, Sha256};

use super::OpenFault;
use super::fault::sql_fault;

/// "DETJ" in the file's header (SQLite `application_id`): a detente journal and nothing else.
pub(crate) const APPLICATION_ID: u32 = 0x4445_544a;

/// Bytes of a page. SQLite's own default, and the page of the file systems beneath.
pub(crate) const PAGE_BYTES: usize = 4096;

/// Every migration ever, in order. The schema version of a file is how many of them it has.
const MIGRATIONS: [&str; 1] = [include_str!("../../migrations/0001-rows.sql")];

/// The newest schema version that this program knows.
pub(crate) const VERSION: u32 = MIGRATIONS.len() as u32;

/// Makes an empty file a journal without tables yet.
pub(super) fn stamp(connection: &Connection) -> Result<(), StoreFault> {
    let doing = "stamping a new journal";
    connection.pragma_update(None, "page_size", PAGE_BYTES as i64).map_err(|e| sql_fault(doing, &e))?;
    connection.pragma_update(None, "application_id", APPLICATION_ID).map_err(|e| sql_fault(doing, &e))?;
    connection
        .execute_batch("CREATE TABLE migration (version INTEGER PRIMARY KEY, digest BLOB NOT NULL) STRICT")
        .map_err(|e| sql_fault(doing, &e))
}

/// Brings the schema up to [`VERSION`], each step in a transaction of its own, after checking those already there.
pub(super) fn migrate(connection: &mut Connection) -> Result<(), OpenFault> {
    for (version, text) in (1_u32..).zip(MIGRATIONS) {
        let digest: [u8; 32] = Sha256::digest(text).into();
        match applied(connection, version)? {
            Some(there) if there == digest => {}
            Some(_) => return Err(OpenFault::Altered { version }),
            None => apply(connection, version, text, &digest)?,
        }
    }
    Ok(())
}

fn applied(connection: &Connection, version: u32) -> Result<Option<Vec<u8>>, StoreFault> {
    connection
        .query_row("SELECT digest FROM migration WHERE version = ?1", [version], |row| row.get(0))
        .optional()
        .map_err(|e| sql_fault("reading the schema's history", &e))
}

fn apply(connection: &mut Connection, version: u32, text: &str, digest: &[u8]) -> Result<(), StoreFault> {
    let doing = format!("migrating to schema {version}");
    let step = || -> rusqlite::Result<()> {
        let transaction = connection.transaction()?;
        transaction.execute_batch(text)?;
        transaction.execute("INSERT INTO migration (version, digest) VALUES (?1, ?2)", params![version, digest])?;
        transaction.pragma_update(None, "user_version", version)?;
        transaction.commit()
    };
    let mut step = step;
    step().map_err(|e| sql_fault(&doing, &e))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A migration that was released is history: homes were made by its very text.
    #[test]
    fn released_migrations_are_never_edited() {
        let digests: Vec<String> =
            MIGRATIONS.iter().map(|text| data_encoding::HEXLOWER.encode(&Sha256::digest(text)[..8])).collect();
        assert_eq!(digests, ["41c7e587516d0d02"]);
    }
}
