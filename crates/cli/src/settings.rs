//! What a home's people set: names, addresses, officers. Plain TOML in the home, written by commands, edited by hand.

use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result};
use data_encoding::HEXLOWER;
use detente_api::auth::{Doors, Officer, Role};
use detente_net::TlsPublicKey;
use detente_store::{Home, SETTINGS};
use serde::{Deserialize, Serialize};

/// Everything that is set.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// What our party calls itself.
    pub name: String,
    /// Desk of whoever gives commands on this machine, as statements carry it.
    pub desk: Option<String>,
    /// Officer of whoever gives commands on this machine, as statements carry it.
    pub officer_on_watch: Option<String>,
    /// Where the API listens; loopback only.
    pub api: Option<String>,
    /// The lines.
    #[serde(rename = "line")]
    pub lines: Vec<LineSettings>,
    /// Officers with tokens of their own.
    #[serde(rename = "officer")]
    pub officers: Vec<OfficerSettings>,
}

/// How one line is reached.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LineSettings {
    /// The line, hex.
    pub id: String,
    /// What we call the other party.
    pub name: String,
    /// Their TLS key on this line, hex: pinned at pairing.
    pub peer_key: String,
    /// Where we listen for the other node.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub listen: Option<String>,
    /// Where we reach the other node.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dial: Option<String>,
}

/// An officer with a token of their own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OfficerSettings {
    /// Name.
    pub name: String,
    /// Desk.
    pub desk: String,
    /// `observer`, `officer` or `principal`.
    pub role: String,
    /// SHA-256 of the token, hex. The token itself is shown once, when it is made.
    pub token_sha256: String,
}

impl LineSettings {
    /// Their pinned key.
    ///
    /// # Errors
    /// When it is not 64 hex digits.
    pub fn peer_key(&self) -> Result<TlsPublicKey> {
        let bytes = HEXLOWER.decode(self.peer_key.as_bytes()).ok().and_then(|b| b.try_into().ok());
        bytes
            .map(TlsPublicKey::from_bytes)
            .with_context(|| format!("the peer_key of line {} in node.toml is not 64 hex digits", self.id))
    }
}

impl Settings {
    /// Reads a home's settings.
    ///
    /// # Errors
    /// When the file cannot be read or says something unknown.
    pub fn read(home: &Path) -> Result<Self> {
        let path = Self::path(home);
        let text = std::fs::read_to_string(&path).with_context(|| format!("reading {}", path.display()))?;
        toml::from_str(&text).with_context(|| format!("reading {}", path.display()))
    }

    /// Writes them, durably.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn write(&self, home: &Path) -> Result<()> {
        let text = toml::to_string_pretty(self).context("writing the settings")?;
        Ok(Home::write_settings(home, &text)?)
    }

    fn path(home: &Path) -> PathBuf {
        home.join(SETTINGS)
    }
}

/// The hash by which a token is kept.
pub fn token_hash(token: &str) -> String {
    HEXLOWER.encode(&detente_wire::hash::domain("detente/token/1", &[token.as_bytes()]))
}

/// Tokens: the home's own, and those of the officers in its settings as they are now.
pub struct HomeDoors {
    home: PathBuf,
    token_hash: String,
    /// What the settings said when they were read last: the file is looked at for every request, so that an officer who is
    /// taken off is out at once, and read only when it may be another.
    read: Mutex<Option<Read>>,
}

/// Settings as they were read.
struct Read {
    file: FileMark,
    settings: Settings,
}

/// By which a file is known not to have been written since.
#[derive(Clone, Copy, PartialEq, Eq)]
struct FileMark {
    place: [u64; 2],
    size: u64,
    /// When it was written, and when anything of it was changed: seconds and nanoseconds.
    times: [(i64, i64); 2],
}

/// A file that was changed less long ago than this, in seconds, may be changed once more without its times telling.
const SETTLED_S: i64 = 2;

impl FileMark {
    /// Of the file at a path, as it is before it is read.
    fn of(path: &Path) -> Option<Self> {
        let file = std::fs::metadata(path).ok()?;
        let times = [(file.mtime(), file.mtime_nsec()), (file.ctime(), file.ctime_nsec())];
        Some(Self { place: [file.dev(), file.ino()], size: file.size(), times })
    }

    /// Whether whatever is written from now on has other times.
    fn is_settled(&self) -> bool {
        let now =
            SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| i64::try_from(since.as_secs()).unwrap_or(i64::MAX));
        self.times.iter().all(|(seconds, _)| now.saturating_sub(*seconds) > SETTLED_S)
    }
}

impl HomeDoors {
    /// The doors of a home whose running node published this token.
    pub fn new(home: &Path, token: &str) -> Self {
        Self { home: home.to_owned(), token_hash: token_hash(token), read: Mutex::default() }
    }

    /// Asks the settings as they are now; empty ones when they cannot be read.
    fn asked<T>(&self, ask: impl FnOnce(&Settings) -> T) -> T {
        let path = Settings::path(&self.home);
        let mut read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        let file = FileMark::of(&path);
        if let Some(Read { settings, .. }) = read.as_ref().filter(|read| Some(read.file) == file) {
            return ask(settings);
        }
        let text = std::fs::read_to_string(path).unwrap_or_default();
        let settings = toml::from_str(&text).unwrap_or_default();
        let told = ask(&settings);
        *read = file.filter(FileMark::is_settled).map(|file| Read { file, settings });
        told
    }
}

impl Doors for HomeDoors {
    fn officer(&self, token: &str) -> Option<Officer> {
        // Hashes of the tokens are compared: how long that takes tells nothing of a token.
        let hash = token_hash(token);
        self.asked(|settings| {
            if hash == self.token_hash {
                let (name, desk) = (settings.officer_on_watch.clone(), settings.desk.clone());
                return Some(Officer { name, desk, role: Role::Principal, by_home: true });
            }
            let officer = settings.officers.iter().find(|o| o.token_sha256 == hash)?;
            Some(Officer {
                name: Some(officer.name.clone()),
                desk: Some(officer.desk.clone()),
                role: Role::from_name(&officer.role)?,
                by_home: false,
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use std::fs::FileTimes;
    use std::time::Duration;

    use super::*;

    fn write(path: &Path, officer: &str, token: &str, age: Duration) {
        let hash = token_hash(token);
        let text = format!("[[officer]]\nname = \"{officer}\"\ndesk = \"ops\"\nrole = \"officer\"\ntoken_sha256 = \"{hash}\"\n");
        std::fs::write(path, text).unwrap();
        let file = std::fs::File::options().write(true).open(path).unwrap();
        file.set_times(FileTimes::new().set_modified(SystemTime::now() - age)).unwrap();
    }

    fn named(doors: &HomeDoors, token: &str) -> Option<String> {
        doors.officer(token).and_then(|officer| officer.name)
    }

    #[test]
    fn whoever_is_taken_off_is_out_at_once() {
        let home = tempfile::tempdir().unwrap();
        let path = Settings::path(home.path());
        let doors = HomeDoors::new(home.path(), "home");
        // Of the same length each time, in the same file, and said to be as old as each other.
        for (token, other) in [("one", "two"), ("two", "one"), ("one", "two")] {
            write(&path, "Ann", token, Duration::from_secs(60));
            for _ in 0..3 {
                assert_eq!(named(&doors, token).as_deref(), Some("Ann"));
                assert_eq!(named(&doors, other), None);
            }
        }
        std::fs::remove_file(&path).unwrap();
        assert_eq!(named(&doors, "one"), None);
        assert!(doors.officer("home").is_some_and(|officer| officer.by_home));
    }

    #[test]
    fn what_was_just_written_is_not_kept() {
        let mark = |seconds| FileMark { place: [1, 2], size: 3, times: [(seconds, 0), (0, 0)] };
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs().cast_signed();
        assert!(mark(now - 60).is_settled());
        assert!(!mark(now).is_settled());
        // A clock that was set back.
        assert!(!mark(now + 60).is_settled());
    }
}
