//! One process a home.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Read};
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::Path;

use super::{HomeFault, LOCK, sealed};

/// The word of the line that names the holder.
pub(super) const WORD: &str = "pid";

/// A lock that is held until this is dropped, or the process ends in whatever way. The system keeps it with the open
/// file, so what the file says is for people only.
#[derive(Debug)]
pub(crate) struct Lock {
    _file: File,
}

impl Lock {
    /// Takes the lock and names this process in it.
    pub(super) fn take(root: &Path) -> Result<Self, HomeFault> {
        let path = root.join(LOCK);
        let fault = |e| HomeFault::io("locking", &path, e);
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false).mode(0o600);
        let mut file = options.open(&path).map_err(fault)?;
        refuse_held(file.try_lock(), root, &mut file)?;
        let line = sealed::seal(WORD, &std::process::id().to_string());
        file.set_len(0).and_then(|()| file.write_all_at(line.as_bytes(), 0)).map_err(fault)?;
        Ok(Self { _file: file })
    }

    /// Holds the lock without naming anybody, as one of many who only look. `None` where there is no lock file, as in a
    /// backup.
    pub(super) fn look(root: &Path) -> Result<Option<Self>, HomeFault> {
        let path = root.join(LOCK);
        let mut file = match File::open(&path) {
            Ok(file) => file,
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(e) => return Err(HomeFault::io("locking", &path, e)),
        };
        refuse_held(file.try_lock_shared(), root, &mut file)?;
        Ok(Some(Self { _file: file }))
    }
}

fn refuse_held(tried: Result<(), TryLockError>, root: &Path, file: &mut File) -> Result<(), HomeFault> {
    match tried {
        Ok(()) => Ok(()),
        Err(TryLockError::Error(e)) => Err(HomeFault::io("locking", root, e)),
        Err(TryLockError::WouldBlock) => {
            let mut line = Vec::new();
            let read = file.read_to_end(&mut line).ok();
            let pid = read.and_then(|_| sealed::open(WORD, &line)?.parse().ok());
            Err(HomeFault::Locked { path: root.into(), pid })
        }
    }
}
