//! The R*Tree of SQLite in whole numbers and four dimensions, in a file, as a program would hold it.

use std::path::Path;

use anyhow::{Context as _, Result, ensure};
use rusqlite::{Connection, params};

use super::exact::holds;
use super::set::{Bounds, Query, Set};
use super::{Changing, Structure};

const FIND: &str = "SELECT id FROM volumes WHERE x1 >= ?1 AND x0 <= ?2 AND y1 >= ?3 AND y0 <= ?4 \
                    AND z1 >= ?5 AND z0 <= ?6 AND t1 >= ?7 AND t0 <= ?8";
const INSERT: &str = "INSERT INTO volumes VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)";
const REMOVE: &str = "DELETE FROM volumes WHERE id = ?1";

/// The boxes in SQLite, the corners in memory.
pub struct Sqlite<'a> {
    set: &'a Set,
    db: Connection,
}

impl<'a> Sqlite<'a> {
    /// How it is set up, for the report.
    pub const SETTINGS: &'static str = "rtree_i32, 4 dimensions, a file, journal_mode=WAL, synchronous=OFF, cache_size=2 GB, \
        prepared statements, one transaction for each batch of changes";

    /// The first so many volumes of the set, in one transaction.
    ///
    /// # Errors
    /// When SQLite or the disk refuses.
    pub fn new(set: &'a Set, count: usize, folder: &Path) -> Result<Self> {
        let path = folder.join(format!("volumes-{count}.sqlite"));
        let db = Connection::open(&path).with_context(|| format!("opening {}", path.display()))?;
        db.pragma_update(None, "journal_mode", "WAL")?;
        db.pragma_update(None, "synchronous", "OFF")?;
        db.pragma_update(None, "cache_size", -2_000_000)?;
        db.execute("CREATE VIRTUAL TABLE volumes USING rtree_i32(id, x0, x1, y0, y1, z0, z1, t0, t1)", [])?;
        let mut sqlite = Self { set, db };
        sqlite.insert(&(0..count as u32).collect::<Vec<_>>())?;
        Ok(sqlite)
    }

    /// Bytes of the file.
    ///
    /// # Errors
    /// When SQLite fails.
    pub fn bytes(&self) -> Result<u64> {
        let number = |pragma: &str| self.db.pragma_query_value(None, pragma, |row| row.get::<_, i64>(0));
        Ok(u64::try_from(number("page_count")? * number("page_size")?)?)
    }
}

/// SQLite's own version.
pub fn version() -> &'static str {
    rusqlite::version()
}

impl Structure for Sqlite<'_> {
    fn name(&self) -> &str {
        "SQLite R*Tree"
    }

    fn find(&mut self, query: &Query<'_>, hits: &mut Vec<u32>) -> Result<()> {
        let Bounds { min, max } = query.reach;
        let mut find = self.db.prepare_cached(FIND)?;
        let mut rows = find.query(params![min[0], max[0], min[1], max[1], min[2], max[2], min[3], max[3]])?;
        while let Some(row) = rows.next()? {
            let id: u32 = row.get(0)?;
            if holds(self.set, id, query) {
                hits.push(id);
            }
        }
        Ok(())
    }
}

impl Changing for Sqlite<'_> {
    fn insert(&mut self, ids: &[u32]) -> Result<()> {
        let transaction = self.db.transaction()?;
        {
            let mut insert = transaction.prepare_cached(INSERT)?;
            for id in ids {
                let Bounds { min, max } = self.set.bounds(*id);
                insert.execute(params![id, min[0], max[0], min[1], max[1], min[2], max[2], min[3], max[3]])?;
            }
        }
        Ok(transaction.commit()?)
    }

    fn remove(&mut self, ids: &[u32]) -> Result<()> {
        let transaction = self.db.transaction()?;
        {
            let mut remove = transaction.prepare_cached(REMOVE)?;
            for id in ids {
                ensure!(remove.execute([id])? == 1, "volume {id} is in SQLite");
            }
        }
        Ok(transaction.commit()?)
    }
}
