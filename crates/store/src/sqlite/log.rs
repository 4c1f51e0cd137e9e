//! The write-ahead log's keeper: marks how far it was acknowledged, and copies it into the database.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use detente_node::port::StoreFault;
use rusqlite::wal::CheckpointMode;
use rusqlite::{Connection, DEFAULT_NAME};

use super::fault::{io_fault, sql_fault};
use super::sums::{Mark, Sums, page_sum};
use super::wal::{Wal, WalFault, length_of, read_end, read_page};
use super::{LOG, SUMS};

/// Frames in the log before it is copied into the database: 8 MiB, some five milliseconds of copying every seven hundred
/// commits or so.
const COPY_FRAMES: u32 = 2048;

/// Bytes of the log when it is copied, with some to spare for the commit that made it so long.
pub(super) const LAID_OUT_BYTES: u64 = length_of(COPY_FRAMES as u64 + 64);

/// What is known of the log. Owned by whoever owns the writing connection.
pub(super) struct Log {
    path: PathBuf,
    sums: Sums,
    /// Open for reading once there is a log. SQLite never replaces the file while a connection is open.
    file: Option<File>,
    /// Where SQLite's hook leaves the log's length after a commit; 0 once that was taken.
    told: Arc<AtomicU32>,
    /// The log's length at the last mark.
    frames: u32,
    /// The length at which it is copied.
    copy_at: u32,
}

impl Log {
    /// Begins to watch the log of a connection that has not written yet.
    pub(super) fn open(directory: &Path, writer: &mut Connection) -> Result<Self, StoreFault> {
        let doing = "watching the log";
        let told = Arc::new(AtomicU32::new(0));
        let hook = Arc::clone(&told);
        let note = move |_: &mut rusqlite::hooks::Wal, frames: i32| {
            hook.store(u32::try_from(frames).unwrap_or(0), Ordering::Release);
            Ok(())
        };
        writer.wal_hook(Some(note)).map_err(|e| sql_fault(doing, &e))?;
        let sums = Sums::open(&directory.join(SUMS)).map_err(|e| io_fault(doing, &e))?;
        Ok(Self { path: directory.join(LOG), sums, file: None, told, frames: 0, copy_at: COPY_FRAMES })
    }

    /// Writes zeros behind the log up to a length, and syncs. SQLite takes them for the end of the log, as it does whatever
    /// stands there when a log begins anew over an older one. On a disk without room for them the log grows as it must.
    pub(super) fn lay_out(&self, bytes: u64) -> Result<(), StoreFault> {
        let doing = "laying out the log";
        let file = match OpenOptions::new().write(true).open(&self.path) {
            Ok(file) => file,
            // SQLite makes it with the first commit then.
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(e) => return Err(io_fault(doing, &e)),
        };
        let there = file.metadata().map_err(|e| io_fault(doing, &e))?.len();
        let missing = usize::try_from(bytes.saturating_sub(there)).unwrap_or(0);
        if missing == 0 {
            return Ok(());
        }
        match file.write_all_at(&vec![0; missing], there).and_then(|()| file.sync_all()).map_err(|e| io_fault(doing, &e)) {
            Err(StoreFault::Full { .. }) => file.set_len(there).map_err(|e| io_fault(doing, &e)),
            laid_out => laid_out,
        }
    }

    /// Marks what was committed since the last mark, if anything was. Comes after the sync and before the answer.
    pub(super) fn mark(&mut self) -> Result<(), StoreFault> {
        let frames = self.told.swap(0, Ordering::AcqRel);
        if frames == 0 {
            return Ok(());
        }
        if frames <= self.frames {
            // It began anew: all of it had been copied.
            self.copy_at = COPY_FRAMES;
        }
        self.frames = frames;
        match self.write_mark() {
            // An older mark only finds less.
            Err(StoreFault::Full { .. }) => Ok(()),
            marked => marked,
        }
    }

    fn write_mark(&mut self) -> Result<(), StoreFault> {
        let doing = "marking the log";
        let file = match self.file.take() {
            Some(file) => file,
            None => File::open(&self.path).map_err(|e| io_fault(doing, &e))?,
        };
        let last = self.frames as usize - 1;
        let (salts, checksum) = read_end(self.file.insert(file), last).map_err(|e| io_fault(doing, &e))?;
        self.sums.mark(&Mark { salts, frames: self.frames, checksum }).map_err(|e| io_fault(doing, &e))
    }

    /// Whether something was committed in this process.
    pub(super) fn is_used(&self) -> bool {
        self.frames > 0
    }

    /// Whether it is time to copy.
    pub(super) fn is_long(&self) -> bool {
        self.frames >= self.copy_at
    }

    /// Copies the log into the database, the sums first; `false` when a reader still needs the log. The next commit then
    /// begins the log anew, over the same bytes of the file.
    pub(super) fn copy(&mut self, writer: &Connection) -> Result<bool, StoreFault> {
        self.copy_at = self.frames.saturating_add(COPY_FRAMES);
        self.write_sums()?;
        let (length, copied) = writer
            .wal_checkpoint_v2(DEFAULT_NAME, CheckpointMode::PASSIVE)
            .map_err(|e| sql_fault("copying the log into the database", &e))?;
        Ok(length == copied)
    }

    /// Writes the sums of every page in the log, as read and checked from the log itself.
    fn write_sums(&self) -> Result<(), StoreFault> {
        let doing = "writing the sums";
        let log = Wal::read(&self.path).map_err(|e| log_fault(&e))?;
        if (log.frames.len() as u64) < u64::from(self.frames) {
            return Err(log_fault(&WalFault::Rotten { frame: log.frames.len() + 1 }));
        }
        if log.frames.is_empty() {
            return Ok(());
        }
        let file = File::open(&self.path).map_err(|e| io_fault(doing, &e))?;
        let mut sums = Vec::new();
        for (page, frame) in log.newest() {
            let bytes = read_page(&file, frame).map_err(|e| io_fault(doing, &e))?;
            sums.push((page, page_sum(page, &bytes)));
        }
        self.sums.write(&sums, log.pages).map_err(|e| io_fault(doing, &e))
    }

    /// Takes the mark away, when all of the log is in the database and the log may go.
    pub(super) fn forget(&mut self) -> Result<(), StoreFault> {
        let doing = "clearing the mark";
        self.sums.mark(&Mark::default()).map_err(|e| io_fault(doing, &e))?;
        self.sums.sync().map_err(|e| io_fault(doing, &e))
    }
}

fn log_fault(fault: &WalFault) -> StoreFault {
    let damaged = |key: String| StoreFault::Damaged { key, detail: "the log changed after it was written".into() };
    match fault {
        WalFault::Io(e) => io_fault("reading the log", e),
        WalFault::Header => damaged(format!("header of {LOG}")),
        WalFault::Rotten { frame } => damaged(format!("frame {frame} of {LOG}")),
    }
}
