//! `journal.sum`: what every byte of `journal.db` should be, and how far its log was acknowledged.
//!
//! One truncated SHA-256 a page, after a head. The invariant, whatever crash: *each page of the database that is not in
//! the live log has its sum here.* So sums are written and synced before the log is copied into the database, while the
//! log still stands for those pages. The head carries the **mark**: the end of the log at the last acknowledged commit,
//! written after each commit and not synced, since a crash of the process alone keeps it, and after a loss of power an
//! older mark only finds less.

use std::fs::{File, OpenOptions};
use std::io::{self, Read};
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::Path;

use sha2::{Digest, Sha256};

use super::schema::PAGE_BYTES;
use crate::row::{CHECK_LEN, Check, truncate};

const HEAD_BYTES: usize = 64;
const MAGIC: &[u8; 16] = b"detente sums 1\n\0";

/// How far a log was acknowledged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Mark {
    /// Which log.
    pub(crate) salts: [u8; 8],
    /// Frames up to the end of the last acknowledged commit; 0 when no log counts.
    pub(crate) frames: u32,
    /// The running checksum of the last of them.
    pub(crate) checksum: [u8; 8],
}

/// The file, open for writing.
#[derive(Debug)]
pub(crate) struct Sums {
    file: File,
}

/// The file, read whole.
#[derive(Debug)]
pub(crate) struct Loaded {
    pub(crate) mark: Mark,
    pub(crate) sums: Vec<Check>,
}

impl Sums {
    /// Makes the file for a database that no one has open and that has no log.
    pub(crate) fn create(path: &Path, database: &Path) -> io::Result<()> {
        let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
        let mut bytes = head(&Mark::default()).to_vec();
        let mut pages = File::open(database)?;
        let mut page = vec![0; PAGE_BYTES];
        let count = pages.metadata()?.len() / PAGE_BYTES as u64;
        for number in (1..).take(usize::try_from(count).map_err(io::Error::other)?) {
            pages.read_exact(&mut page)?;
            bytes.extend_from_slice(&page_sum(number, &page));
        }
        file.write_all_at(&bytes, 0)?;
        file.sync_all()
    }

    pub(crate) fn open(path: &Path) -> io::Result<Self> {
        Ok(Self { file: OpenOptions::new().read(true).write(true).open(path)? })
    }

    /// Notes how far the log is acknowledged. Not synced.
    pub(crate) fn mark(&self, mark: &Mark) -> io::Result<()> {
        self.file.write_all_at(&head(mark), 0)
    }

    /// Writes the sums of these pages, gives a page of zeros to every other that is new below `pages`, and syncs.
    pub(crate) fn write(&self, new: &[(u32, Check)], pages: u32) -> io::Result<()> {
        let known = (self.file.metadata()?.len().saturating_sub(HEAD_BYTES as u64)) / CHECK_LEN as u64;
        let zeros = [0; PAGE_BYTES];
        let first_new = u32::try_from(known).map_err(io::Error::other)?.saturating_add(1);
        for number in first_new..=pages {
            self.file.write_all_at(&page_sum(number, &zeros), sum_at(number))?;
        }
        for (number, sum) in new {
            self.file.write_all_at(sum, sum_at(*number))?;
        }
        self.file.sync_data()
    }

    pub(crate) fn sync(&self) -> io::Result<()> {
        self.file.sync_data()
    }
}

impl Loaded {
    /// Reads the file; the error says in words what is wrong with it.
    pub(crate) fn read(path: &Path) -> Result<Self, String> {
        let bytes = std::fs::read(path).map_err(|e| format!("it cannot be read: {e}"))?;
        let (head_bytes, sums) = bytes.split_at_checked(HEAD_BYTES).ok_or("it is shorter than its head")?;
        let mark = Mark {
            salts: core::array::from_fn(|i| head_bytes[20 + i]),
            frames: u32::from_be_bytes(core::array::from_fn(|i| head_bytes[28 + i])),
            checksum: core::array::from_fn(|i| head_bytes[32 + i]),
        };
        if head_bytes != head(&mark) {
            return Err("its head does not check".into());
        }
        let (sums, rest) = sums.as_chunks::<CHECK_LEN>();
        if !rest.is_empty() {
            return Err("it ends within a sum".into());
        }
        Ok(Self { mark, sums: sums.to_vec() })
    }
}

/// What a page should hash to; its number is in it, so that a page written to the wrong place is found.
pub(crate) fn page_sum(number: u32, page: &[u8]) -> Check {
    let mut hash = Sha256::new_with_prefix(b"detente/page/1");
    hash.update(number.to_be_bytes());
    hash.update(page);
    truncate(hash)
}

const fn sum_at(number: u32) -> u64 {
    HEAD_BYTES as u64 + (number as u64 - 1) * CHECK_LEN as u64
}

/// Magic, page size, mark, zeros, and a check over all of it.
fn head(mark: &Mark) -> [u8; HEAD_BYTES] {
    let mut head = [0; HEAD_BYTES];
    head[..16].copy_from_slice(MAGIC);
    head[16..20].copy_from_slice(&(PAGE_BYTES as u32).to_be_bytes());
    head[20..28].copy_from_slice(&mark.salts);
    head[28..32].copy_from_slice(&mark.frames.to_be_bytes());
    head[32..40].copy_from_slice(&mark.checksum);
    let check = truncate(Sha256::new_with_prefix(b"detente/sums/1").chain_update(&head[..48]));
    head[48..].copy_from_slice(&check);
    head
}
