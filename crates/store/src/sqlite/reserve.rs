//! Space on disk that only SAFETY, its receipts, cosignatures and line checks may use (PROTOCOL F3).
//!
//! A file of zeros that is given back to the file system piece by piece when such a batch finds the disk full, and filled
//! again when there is space. It holds nothing, so it can be deleted at any time and is made again at the next start.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::Path;

use rustix::fs::{FallocateFlags, fallocate};
use rustix::io::Errno;

/// Bytes given back at a time: some eighty commits, at about 12 KiB each.
const STEP_BYTES: u64 = 1 << 20;

/// Bytes that must be free beyond the whole reserve before ordinary work goes on, so that the state does not flutter.
pub(super) const HEADROOM_BYTES: u64 = 1 << 20;

/// The file.
#[derive(Debug)]
pub(super) struct Reserve {
    file: File,
    size: u64,
    held: u64,
}

impl Reserve {
    /// Opens or makes the file, as whole as the disk allows.
    pub(super) fn open(path: &Path, size: u64) -> io::Result<Self> {
        let file = OpenOptions::new().read(true).write(true).create(true).truncate(false).mode(0o600).open(path)?;
        let held = file.metadata()?.len();
        let mut reserve = Self { file, size, held };
        if held > size {
            reserve.cut(size)?;
        }
        if held < size {
            reserve.refill()?;
        }
        Ok(reserve)
    }

    pub(super) fn is_whole(&self) -> bool {
        self.held >= self.size
    }

    /// Bytes that are still kept back.
    pub(super) fn held(&self) -> u64 {
        self.held
    }

    /// Bytes that were given back and not yet had again.
    pub(super) fn released(&self) -> u64 {
        self.size.saturating_sub(self.held)
    }

    /// Gives a piece back to the file system; `false` when there is none left.
    pub(super) fn release(&mut self) -> io::Result<bool> {
        if self.held == 0 {
            return Ok(false);
        }
        self.cut(self.held.saturating_sub(STEP_BYTES))?;
        // Some file systems free the space only when the truncation is on disk.
        self.file.sync_all()?;
        Ok(true)
    }

    /// Makes the file whole again if the disk has that space and [`HEADROOM_BYTES`] more; says whether it is.
    pub(super) fn refill(&mut self) -> io::Result<bool> {
        let wanted = self.size + HEADROOM_BYTES;
        match fallocate(&self.file, FallocateFlags::empty(), 0, wanted) {
            Ok(()) => self.cut(self.size)?,
            Err(Errno::NOSPC | Errno::DQUOT) => {
                self.file.set_len(self.held)?;
                return Ok(false);
            }
            Err(Errno::OPNOTSUPP | Errno::NOSYS) => {}
            Err(e) => return Err(e.into()),
        }
        self.fill()
    }

    /// Writes the zeros that are missing: allocation alone is a promise that not every file system keeps.
    fn fill(&mut self) -> io::Result<bool> {
        let zeros = vec![0; 1 << 16];
        let mut at = self.held.min(self.size);
        while at < self.size {
            let length = zeros.len().min(usize::try_from(self.size - at).unwrap_or(usize::MAX));
            match self.file.write_all_at(&zeros[..length], at) {
                Ok(()) => at += length as u64,
                Err(e) if matches!(e.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded) => {
                    self.cut(self.held)?;
                    return Ok(false);
                }
                Err(e) => return Err(e),
            }
        }
        if self.held < self.size {
            self.file.sync_all()?;
            self.held = self.size;
        }
        Ok(true)
    }

    fn cut(&mut self, to: u64) -> io::Result<()> {
        self.file.set_len(to)?;
        self.held = self.held.min(to);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn length(path: &Path) -> u64 {
        std::fs::metadata(path).unwrap().len()
    }

    #[test]
    fn is_given_back_in_steps_and_filled_again() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("reserve");
        let mut reserve = Reserve::open(&path, 5 << 19).unwrap();
        assert!(reserve.is_whole());
        let mut lengths = vec![length(&path)];
        while reserve.release().unwrap() {
            assert!(!reserve.is_whole());
            lengths.push(length(&path));
        }
        assert_eq!(lengths, [5 << 19, 3 << 19, 1 << 19, 0]);
        assert!(reserve.refill().unwrap());
        assert!(reserve.is_whole());
        assert_eq!(length(&path), 5 << 19);
    }

    #[test]
    fn a_start_repairs_what_a_crash_left() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("reserve");
        for left in [0, 1, 1 << 20, 3 << 20] {
            std::fs::write(&path, vec![0; left]).unwrap();
            assert!(Reserve::open(&path, 2 << 20).unwrap().is_whole());
            assert_eq!(length(&path), 2 << 20);
        }
    }

    #[test]
    fn a_disk_without_that_much_space_gives_an_unwhole_reserve() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("reserve");
        let mut reserve = Reserve::open(&path, 1 << 20).unwrap();
        reserve.size = 1 << 60;
        let refilled = reserve.refill();
        // Some file systems say that no file can be so large, others that there is no space.
        assert!(!refilled.unwrap_or(false));
        assert_eq!(length(&path), 1 << 20);
    }
}
