//! Files that are written whole or not at all, and that nobody else may read.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use super::HomeFault;

/// Owner only.
const FILE_MODE: u32 = 0o600;
const DIRECTORY_MODE: u32 = 0o700;

/// What the name of a file that is being written ends with; such files are what a crash may leave, and are removed.
const UNFINISHED: &str = ".unfinished";

/// Makes an empty file that only its owner can read. It must not be there.
pub(crate) fn create_private(path: &Path) -> io::Result<File> {
    OpenOptions::new().write(true).create_new(true).mode(FILE_MODE).open(path)
}

/// Makes a directory that only its owner can enter. It must not be there.
pub(super) fn create_directory(path: &Path) -> Result<(), HomeFault> {
    DirBuilder::new().mode(DIRECTORY_MODE).create(path).map_err(|e| HomeFault::io("making", path, e))
}

/// Replaces a file: after a crash it has its old content or the new one, and a full disk is left no fuller. The order
/// matters: content, sync, name, sync of the directory; a rename before the sync can leave an empty file under the right name.
pub(super) fn write_atomic(path: &Path, content: &[u8]) -> Result<(), HomeFault> {
    let fault = |e| HomeFault::io("writing", path, e);
    let unfinished = unfinished(path);
    let write = || {
        let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(FILE_MODE).open(&unfinished)?;
        file.write_all(content)?;
        file.sync_all()?;
        fs::rename(&unfinished, path)?;
        sync_directory(path.parent().unwrap_or(Path::new(".")))
    };
    write().map_err(|e| {
        let _ = fs::remove_file(&unfinished);
        fault(e)
    })
}

fn unfinished(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(UNFINISHED);
    name.into()
}

/// Removes what a crash in [`write_atomic`] left in a directory.
pub(super) fn sweep(directory: &Path) -> Result<(), HomeFault> {
    let fault = |e| HomeFault::io("sweeping", directory, e);
    for file in fs::read_dir(directory).map_err(fault)? {
        let file = file.map_err(fault)?;
        if file.file_name().to_string_lossy().ends_with(UNFINISHED) {
            fs::remove_file(file.path()).map_err(fault)?;
        }
    }
    Ok(())
}

/// Makes the names in a directory durable.
pub(crate) fn sync_directory(directory: &Path) -> io::Result<()> {
    File::open(directory)?.sync_all()
}

/// Refuses a file or directory that group or others have any right to.
pub(super) fn check_private(path: &Path) -> Result<(), HomeFault> {
    let mode = fs::metadata(path).map_err(|e| HomeFault::io("looking at", path, e))?.mode() & 0o7777;
    if mode & 0o077 == 0 {
        return Ok(());
    }
    Err(HomeFault::Exposed { path: path.into(), mode })
}

/// Copies a file durably, owner-only. The target must not be there.
pub(super) fn copy_private(from: &Path, to: &Path) -> Result<(), HomeFault> {
    let copy = || {
        let mut target = create_private(to)?;
        io::copy(&mut File::open(from)?, &mut target)?;
        target.sync_all()
    };
    copy().map_err(|e| HomeFault::io("copying to", to, e))
}

/// Whether a directory is there and has anything in it.
pub(super) fn is_occupied(directory: &Path) -> Result<bool, HomeFault> {
    match fs::read_dir(directory) {
        Ok(mut files) => Ok(files.next().is_some()),
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(e) => Err(HomeFault::io("looking into", directory, e)),
    }
}

/// Makes a directory beside its place and moves it there: it appears whole, or not at all. When something fails nothing of it
/// stays; what a crash left is removed at the next attempt. An empty directory in the place is replaced.
pub(super) fn make_whole(place: &Path, make: impl FnOnce(&Path) -> Result<(), HomeFault>) -> Result<(), HomeFault> {
    let aside = aside(place)?;
    let made = make(&aside).and_then(|()| move_into_place(&aside, place));
    if made.is_err() {
        let _ = fs::remove_dir_all(&aside);
    }
    made
}

/// An empty directory beside another; what an earlier, crashed attempt left there is removed.
fn aside(place: &Path) -> Result<PathBuf, HomeFault> {
    let aside = unfinished(place);
    if let Some(parent) = place.parent() {
        fs::create_dir_all(parent).map_err(|e| HomeFault::io("making", parent, e))?;
    }
    match fs::remove_dir_all(&aside) {
        Ok(()) => {}
        Err(e) if e.kind() == io::ErrorKind::NotFound => {}
        Err(e) => return Err(HomeFault::io("clearing", &aside, e)),
    }
    create_directory(&aside)?;
    Ok(aside)
}

fn move_into_place(aside: &Path, place: &Path) -> Result<(), HomeFault> {
    let fault = |e| HomeFault::io("moving into place", place, e);
    sync_directory(aside).map_err(fault)?;
    fs::rename(aside, place).map_err(fault)?;
    let parent = place.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    sync_directory(parent).map_err(fault)
}
