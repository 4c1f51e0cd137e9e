//! The directory that all of a node lives in. Its layout and formats are docs/spec/home.md.

mod backup;
mod files;
mod lock;
mod manifest;
mod sealed;

use std::io;
use std::path::{Path, PathBuf};

use data_encoding::HEXLOWER;
use zeroize::Zeroizing;

pub use self::backup::RestoreOver;
pub(crate) use self::files::{create_private, sync_directory};
use self::lock::Lock;
use self::manifest::Manifest;
use crate::sqlite::{OpenFault, Options, Sqlite};
use crate::verify::{Finding, Place};

/// Format and provenance.
const MANIFEST: &str = "home.toml";
/// What the people of a home set. Its words are the program's above; here it is a file that is kept whole and goes with
/// the home. A home that was just made has none.
pub const SETTINGS: &str = "node.toml";
/// Secret keys.
const KEYS: &str = "keys";
/// Who runs here.
const LOCK: &str = "lock";
/// Where the running node listens for commands.
const ADDRESS: &str = "address";
/// What a command shows to the running node.
const TOKEN: &str = "token";

/// The words of sealed lines.
const ADDRESS_WORD: &str = "address";
const KEY_WORD: &str = "ed25519-seed";
const KEY_END: &str = ".key";

/// Longest name of a key: two identities in hex, a generation and a role fit.
const KEY_NAME_MAX: usize = 160;

/// Why a home cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum HomeFault {
    /// Environment: the system refused.
    #[error("{doing} {path} failed")]
    Io {
        /// What was being done.
        doing: &'static str,
        /// To what.
        path: PathBuf,
        /// Why not.
        #[source]
        source: io::Error,
    },
    /// The directory holds no home.
    #[error("{path} is no detente home")]
    NoHome {
        /// The directory.
        path: PathBuf,
    },
    /// Something is there that would be overwritten.
    #[error("{path} is there already and is not overwritten")]
    Occupied {
        /// What is there.
        path: PathBuf,
    },
    /// Another process runs on this home.
    #[error("another process{} runs on the home {path}", pid.map_or_else(String::new, |pid| format!(" (pid {pid})")))]
    Locked {
        /// The home.
        path: PathBuf,
        /// Who, if it can be read.
        pid: Option<u32>,
    },
    /// People other than the owner have rights to a secret.
    #[error("{path} has mode {mode:04o}: nobody but its owner may have any right to it")]
    Exposed {
        /// The file or directory.
        path: PathBuf,
        /// Its mode.
        mode: u32,
    },
    /// The home was made by a newer program.
    #[error("the home has format {found}, and this program knows {known} at most: use a newer one")]
    Newer {
        /// Its format.
        found: u32,
        /// Ours.
        known: u32,
    },
    /// No key can have this name.
    #[error("{name:?} is no name for a key: only a-z, 0-9, dot and hyphen, a letter or digit first, 160 at most")]
    KeyName {
        /// The name.
        name: String,
    },
    /// A file is not what was written.
    #[error("the home is damaged: {0}")]
    Damaged(Finding),
    /// The journal cannot be used.
    #[error(transparent)]
    Journal(#[from] OpenFault),
}

impl HomeFault {
    fn io(doing: &'static str, path: &Path, source: io::Error) -> Self {
        Self::Io { doing, path: path.into(), source }
    }
}

/// A home that this process alone runs on, until this is dropped.
#[derive(Debug)]
pub struct Home {
    root: PathBuf,
    manifest: Manifest,
    _lock: Lock,
}

impl Home {
    /// Makes a home with an empty journal. It appears whole under its name, or not at all.
    ///
    /// # Errors
    /// [`HomeFault::Occupied`] when the directory has anything in it; [`HomeFault::Io`], [`HomeFault::Journal`].
    pub fn create(root: &Path) -> Result<Self, HomeFault> {
        if files::is_occupied(root)? {
            return Err(HomeFault::Occupied { path: root.into() });
        }
        files::make_whole(root, |aside| {
            files::create_directory(&aside.join(KEYS))?;
            Sqlite::create(aside)?;
            files::write_atomic(&aside.join(MANIFEST), Manifest { restored: false }.render().as_bytes())
        })?;
        Self::open(root)
    }

    /// Opens a home and locks it.
    ///
    /// # Errors
    /// [`HomeFault::Locked`] when another process has it; [`HomeFault::Exposed`] when others can read its keys; and the
    /// rest of [`HomeFault`].
    pub fn open(root: &Path) -> Result<Self, HomeFault> {
        let manifest = read_manifest(root)?;
        files::check_private(&root.join(KEYS))?;
        let lock = Lock::take(root)?;
        files::sweep(root)?;
        files::sweep(&root.join(KEYS))?;
        Ok(Self { root: root.into(), manifest, _lock: lock })
    }

    /// Where it is.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Opens the journal. The home must outlive it, since it is the home that keeps others away.
    ///
    /// # Errors
    /// [`OpenFault`].
    pub fn journal(&self, options: Options) -> Result<Sqlite, OpenFault> {
        Sqlite::open(&self.root, options)
    }

    /// Whether this home, when it was opened, had been put back from a backup and its node did not know that yet. What a
    /// peer remembers of our log shows it too (PROTOCOL S4); this is for a peer that does not tell.
    pub fn is_restored(&self) -> bool {
        self.manifest.restored
    }

    /// Takes the mark off: the node's own journal has it now.
    ///
    /// # Errors
    /// [`HomeFault::Io`].
    pub fn clear_restored(&self) -> Result<(), HomeFault> {
        self.write_restored(false)
    }

    /// Marks a home that was put back by other means than [`Home::restore`]: as a file of a disk image.
    ///
    /// # Errors
    /// [`HomeFault::Io`].
    pub fn mark_restored(&self) -> Result<(), HomeFault> {
        self.write_restored(true)
    }

    fn write_restored(&self, restored: bool) -> Result<(), HomeFault> {
        files::write_atomic(&self.root.join(MANIFEST), Manifest { restored }.render().as_bytes())
    }

    /// Replaces the settings of a home, which a node may be running on: after a crash they are the old ones or the new.
    ///
    /// # Errors
    /// [`HomeFault::Io`].
    pub fn write_settings(root: &Path, text: &str) -> Result<(), HomeFault> {
        files::write_atomic(&root.join(SETTINGS), text.as_bytes())
    }

    /// Keeps the seeds of secret keys under new names: all of them, or none. After a crash some of the first may be there
    /// without the rest, and the last one only with all of them. They are not sealed by a passphrase: whoever reads a file
    /// has the key.
    ///
    /// # Errors
    /// [`HomeFault::Occupied`] when there is a key of one of the names: keys are never replaced. [`HomeFault::KeyName`],
    /// [`HomeFault::Io`].
    pub fn write_keys(&self, keys: &[(&str, &[u8; 32])]) -> Result<(), HomeFault> {
        let paths = keys.iter().map(|(name, _)| key_path(&self.root, name)).collect::<Result<Vec<_>, _>>()?;
        if let Some(path) = paths.iter().find(|path| path.exists()) {
            return Err(HomeFault::Occupied { path: path.clone() });
        }
        let written = paths.iter().zip(keys).try_for_each(|(path, (_, seed))| {
            let hex = Zeroizing::new(HEXLOWER.encode(&**seed));
            files::write_atomic(path, Zeroizing::new(sealed::seal(KEY_WORD, &hex)).as_bytes())
        });
        if written.is_err() {
            paths.iter().for_each(|path| drop(std::fs::remove_file(path)));
        }
        written
    }

    /// Reads the seed of a secret key; `None` when there is none of that name.
    ///
    /// # Errors
    /// [`HomeFault::Exposed`], [`HomeFault::Damaged`], [`HomeFault::KeyName`], [`HomeFault::Io`].
    pub fn read_key(&self, name: &str) -> Result<Option<Zeroizing<[u8; 32]>>, HomeFault> {
        let path = key_path(&self.root, name)?;
        if !path.exists() {
            return Ok(None);
        }
        files::check_private(&path)?;
        let bytes = Zeroizing::new(std::fs::read(&path).map_err(|e| HomeFault::io("reading", &path, e))?);
        let seed = key_seed(&bytes).ok_or_else(|| HomeFault::Damaged(damaged_key(name)))?;
        Ok(Some(seed))
    }

    /// The names of all keys, in order.
    ///
    /// # Errors
    /// [`HomeFault::Io`].
    pub fn key_names(&self) -> Result<Vec<String>, HomeFault> {
        key_names(&self.root)
    }

    /// Lets commands find the running node: where it listens, and a token that it takes from them, made of `secret`.
    /// Gives the token.
    ///
    /// # Errors
    /// [`HomeFault::Io`].
    pub fn publish(&self, address: &std::net::SocketAddr, secret: &[u8; 24]) -> Result<String, HomeFault> {
        let token = sealed::seal_token(secret);
        let path = self.root.join(TOKEN);
        // The token comes last: whoever finds it finds the address that belongs to it.
        if path.exists() {
            std::fs::remove_file(&path).map_err(|e| HomeFault::io("removing", &path, e))?;
        }
        let line = sealed::seal(ADDRESS_WORD, &address.to_string());
        files::write_atomic(&self.root.join(ADDRESS), line.as_bytes())?;
        files::write_atomic(&path, format!("{token}\n").as_bytes())?;
        Ok(token)
    }

    /// What a running node published, for a command that does not hold the home: its address and token. `None` when no
    /// node ever did. That it still runs is known only by asking.
    ///
    /// # Errors
    /// [`HomeFault::Exposed`], [`HomeFault::Damaged`], [`HomeFault::Io`].
    pub fn published(root: &Path) -> Result<Option<(std::net::SocketAddr, String)>, HomeFault> {
        let path = root.join(TOKEN);
        if !path.exists() {
            return Ok(None);
        }
        files::check_private(&path)?;
        let read = |name: &str| {
            let path = root.join(name);
            std::fs::read(&path).map_err(|e| HomeFault::io("reading", &path, e))
        };
        let token = read_token(&read(TOKEN)?).ok_or_else(|| HomeFault::Damaged(damaged_line(TOKEN)))?;
        let address = read_address(&read(ADDRESS)?).ok_or_else(|| HomeFault::Damaged(damaged_line(ADDRESS)))?;
        Ok(Some((address, token)))
    }
}

/// Checks the small files of a home that nobody runs: everything but the journal.
pub(crate) fn inspect_small_files(root: &Path, findings: &mut Vec<Finding>) -> Result<(), HomeFault> {
    match read_manifest(root) {
        Ok(_) => {}
        Err(HomeFault::Damaged(finding)) => findings.push(finding),
        Err(fault) => return Err(fault),
    }
    let mut check = |name: &str, is_right: &dyn Fn(&[u8]) -> bool| match std::fs::read(root.join(name)) {
        Ok(bytes) => {
            findings.extend((!is_right(&bytes)).then(|| damaged_line(name)));
            Ok(())
        }
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(e) => Err(HomeFault::io("reading", &root.join(name), e)),
    };
    check(TOKEN, &|bytes| read_token(bytes).is_some())?;
    check(ADDRESS, &|bytes| read_address(bytes).is_some())?;
    check(LOCK, &|bytes| bytes.is_empty() || sealed::open(lock::WORD, bytes).is_some())?;
    check(crate::sqlite::RESERVE, &|bytes| bytes.iter().all(|byte| *byte == 0))?;
    for name in key_names(root)? {
        let path = key_path(root, &name)?;
        let bytes = Zeroizing::new(std::fs::read(&path).map_err(|e| HomeFault::io("reading", &path, e))?);
        if key_seed(&bytes).is_none() {
            findings.push(damaged_key(&name));
        }
    }
    Ok(())
}

/// Keeps writers away while someone looks. A home that is being run is refused.
pub(crate) fn look(root: &Path) -> Result<Option<Lock>, HomeFault> {
    Lock::look(root)
}

fn read_manifest(root: &Path) -> Result<Manifest, HomeFault> {
    let path = root.join(MANIFEST);
    match std::fs::read(&path) {
        Ok(bytes) => Manifest::parse(&bytes),
        Err(e) if e.kind() == io::ErrorKind::NotFound => Err(HomeFault::NoHome { path: root.into() }),
        Err(e) => Err(HomeFault::io("reading", &path, e)),
    }
}

fn key_path(root: &Path, name: &str) -> Result<PathBuf, HomeFault> {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let fits = name.len() <= KEY_NAME_MAX
        && name.bytes().next().is_some_and(plain)
        && name.bytes().all(|byte| plain(byte) || matches!(byte, b'.' | b'-'));
    if !fits {
        return Err(HomeFault::KeyName { name: name.into() });
    }
    Ok(root.join(KEYS).join(format!("{name}{KEY_END}")))
}

fn key_names(root: &Path) -> Result<Vec<String>, HomeFault> {
    let directory = root.join(KEYS);
    let fault = |e| HomeFault::io("looking into", &directory, e);
    let mut names = Vec::new();
    for file in std::fs::read_dir(&directory).map_err(fault)? {
        let file = file.map_err(fault)?.file_name();
        names.extend(file.to_str().and_then(|name| name.strip_suffix(KEY_END)).map(str::to_owned));
    }
    names.sort();
    Ok(names)
}

fn key_seed(bytes: &[u8]) -> Option<Zeroizing<[u8; 32]>> {
    let hex = sealed::open(KEY_WORD, bytes)?;
    let seed = Zeroizing::new(HEXLOWER.decode(hex.as_bytes()).ok()?);
    Some(Zeroizing::new(seed.as_slice().try_into().ok()?))
}

fn read_token(bytes: &[u8]) -> Option<String> {
    let token = str::from_utf8(bytes).ok()?.strip_suffix('\n')?;
    sealed::is_token(token).then(|| token.to_owned())
}

fn read_address(bytes: &[u8]) -> Option<std::net::SocketAddr> {
    sealed::open(ADDRESS_WORD, bytes)?.parse().ok()
}

fn damaged_key(name: &str) -> Finding {
    damaged_line(&format!("{KEYS}/{name}{KEY_END}"))
}

fn damaged_line(file: &str) -> Finding {
    Finding::new(file, Place::Whole, "it is not as the program wrote it")
}
