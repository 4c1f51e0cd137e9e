//! Copies of a home, and homes made of copies.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use super::lock::Lock;
use super::manifest::Manifest;
use super::{Home, HomeFault, KEY_END, KEYS, MANIFEST, SETTINGS, files, key_names, read_manifest};
use crate::sqlite::{self, JOURNAL, OpenFault, Reader, SUMS, Sums};

/// What a restore does where a home is already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RestoreOver {
    /// Refuses.
    Nothing,
    /// Renames the home that is there and keeps it. One that is being run is refused.
    SetAside,
}

impl Home {
    /// Copies the home, running or not, into a new directory: journal as of now, keys, settings, provenance. The copy is checked
    /// by its sums like a home, is durable when this returns, and holds the secret keys.
    ///
    /// `reader` is a view of this home's open journal; without one the journal is opened.
    ///
    /// # Errors
    /// [`HomeFault::Occupied`] when the directory has anything in it; the rest of [`HomeFault`].
    pub fn backup(&self, reader: Option<&Reader>, to: &Path) -> Result<(), HomeFault> {
        if files::is_occupied(to)? {
            return Err(HomeFault::Occupied { path: to.into() });
        }
        files::make_whole(to, |aside| {
            let journal = aside.join(JOURNAL);
            files::create_private(&journal).map_err(|e| HomeFault::io("making", &journal, e))?;
            match reader {
                Some(reader) => reader.copy_into(&journal),
                None => Reader::open(&self.root.join(JOURNAL)).and_then(|reader| reader.copy_into(&journal)),
            }
            .map_err(OpenFault::Store)?;
            finish_copy(&journal, aside)?;
            copy_keys(&self.root, aside)?;
            copy_settings(&self.root, aside)?;
            files::copy_private(&self.root.join(MANIFEST), &aside.join(MANIFEST))
        })
    }

    /// Makes a home of a backup, after checking every byte of it, and marks it as restored. Gives the name under which a
    /// home that was there before is kept.
    ///
    /// # Errors
    /// [`HomeFault::Occupied`] where a home may not be replaced, [`HomeFault::Locked`] where it is being run,
    /// [`HomeFault::Damaged`] when the backup is not what was written; the rest of [`HomeFault`].
    pub fn restore(from: &Path, to: &Path, over: RestoreOver) -> Result<Option<PathBuf>, HomeFault> {
        // Taken first: secret keys are not copied for a home that is being run.
        let replaced = match (files::is_occupied(to)?, over) {
            (false, _) => None,
            (true, RestoreOver::Nothing) => return Err(HomeFault::Occupied { path: to.into() }),
            (true, RestoreOver::SetAside) => Some(Lock::take(to)?),
        };
        if let Some(finding) = crate::verify::verify(from)?.findings.into_iter().next() {
            return Err(HomeFault::Damaged(finding));
        }
        let mut kept = None;
        let made = files::make_whole(to, |aside| {
            copy_into_home(from, aside)?;
            kept = replaced.as_ref().map(|_| set_aside(to)).transpose()?;
            Ok(())
        });
        if let (Err(_), Some(kept)) = (&made, &kept) {
            // The system refuses this where the new home took the place and only the sync of its name failed.
            let _ = fs::rename(kept, to);
        }
        made.map(|()| kept)
    }
}

/// Copies a backup into an empty directory, and marks it as restored.
fn copy_into_home(from: &Path, to: &Path) -> Result<(), HomeFault> {
    for name in [JOURNAL, SUMS, sqlite::LOG] {
        if from.join(name).exists() {
            files::copy_private(&from.join(name), &to.join(name))?;
        }
    }
    copy_keys(from, to)?;
    copy_settings(from, to)?;
    read_manifest(from)?;
    files::write_atomic(&to.join(MANIFEST), Manifest { restored: true }.render().as_bytes())
}

/// Gives a copied database its mode, its sums and its place on disk.
fn finish_copy(journal: &Path, directory: &Path) -> Result<(), HomeFault> {
    let fault = |e| HomeFault::io("copying the journal to", journal, e);
    sqlite::make_log_mode(journal).map_err(OpenFault::Store)?;
    File::open(journal).and_then(|file| file.sync_all()).map_err(fault)?;
    Sums::create(&directory.join(SUMS), journal).map_err(fault)
}

fn copy_keys(from: &Path, to: &Path) -> Result<(), HomeFault> {
    files::create_directory(&to.join(KEYS))?;
    for name in key_names(from)? {
        let file = format!("{name}{KEY_END}");
        files::copy_private(&from.join(KEYS).join(&file), &to.join(KEYS).join(&file))?;
    }
    files::sync_directory(&to.join(KEYS)).map_err(|e| HomeFault::io("copying keys to", to, e))
}

fn copy_settings(from: &Path, to: &Path) -> Result<(), HomeFault> {
    if !from.join(SETTINGS).exists() {
        return Ok(());
    }
    files::copy_private(&from.join(SETTINGS), &to.join(SETTINGS))
}

/// Renames a home whose lock is held to the first free `name.replaced-n`.
fn set_aside(home: &Path) -> Result<PathBuf, HomeFault> {
    let name = home.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let free = (1_u32..).map(|n| home.with_file_name(format!("{name}.replaced-{n}"))).find(|path| !path.exists());
    let kept = free.ok_or_else(|| HomeFault::Occupied { path: home.into() })?;
    fs::rename(home, &kept).map_err(|e| HomeFault::io("setting aside", home, e))?;
    Ok(kept)
}
