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

    /// Whether whatever is written from a time on, in seconds, has other times.
    fn is_settled(&self, now_s: i64) -> bool {
        self.times.iter().all(|(seconds, _)| now_s.saturating_sub(*seconds) > SETTLED_S)
    }
}

impl HomeDoors {
    /// The doors of a home whose running node published this token.
    pub fn new(home: &Path, token: &str) -> Self {
        Self { home: home.to_owned(), token_hash: token_hash(token), read: Mutex::default() }
    }

    /// Asks the settings as they are now, at a time in seconds; empty ones when they cannot be read.
    fn asked<T>(&self, now_s: i64, ask: impl FnOnce(&Settings) -> T) -> T {
        let path = Settings::path(&self.home);
        let mut read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        let file = FileMark::of(&path);
        if let Some(Read { settings, .. }) = read.as_ref().filter(|read| Some(read.file) == file) {
            return ask(settings);
        }
        *read = None;
        let Ok(text) = std::fs::read_to_string(path) else {
            return ask(&Settings::default());
        };
        let settings = toml::from_str(&text).unwrap_or_default();
        let told = ask(&settings);
        *read = file.filter(|file| file.is_settled(now_s)).map(|file| Read { file, settings });
        told
    }

    fn officer_at(&self, now_s: i64, token: &str) -> Option<Officer> {
        // Hashes of the tokens are compared: how long that takes tells nothing of a token.
        let hash = token_hash(token);
        self.asked(now_s, |settings| {
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

fn now_s() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| i64::try_from(since.as_secs()).unwrap_or(i64::MAX))
}

impl Doors for HomeDoors {
    fn officer(&self, token: &str) -> Option<Officer> {
        self.officer_at(now_s(), token)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(token: &str) -> String {
        let hash = token_hash(token);
        format!("[[officer]]\nname = \"Ann\"\ndesk = \"ops\"\nrole = \"officer\"\ntoken_sha256 = \"{hash}\"\n")
    }

    /// Who comes in by each of two tokens.
    fn named(doors: &HomeDoors, now_s: i64) -> [Option<String>; 2] {
        ["one", "two"].map(|token| doors.officer_at(now_s, token).and_then(|officer| officer.name))
    }

    fn ann() -> Option<String> {
        Some("Ann".to_owned())
    }

    #[test]
    fn whoever_is_taken_off_is_out_at_once() {
        let home = tempfile::tempdir().unwrap();
        let (path, doors) = (Settings::path(home.path()), HomeDoors::new(home.path(), "home"));
        // Of the same length each time, in the same file, and within the same tick of its times.
        for _ in 0..3 {
            std::fs::write(&path, settings("one")).unwrap();
            assert_eq!(named(&doors, now_s()), [ann(), None]);
            std::fs::write(&path, settings("two")).unwrap();
            assert_eq!(named(&doors, now_s()), [None, ann()]);
        }
    }

    #[test]
    fn settings_are_kept_until_their_file_is_another() {
        let home = tempfile::tempdir().unwrap();
        let (path, doors) = (Settings::path(home.path()), HomeDoors::new(home.path(), "home"));
        let later = now_s() + 60;
        let is_kept = || doors.read.lock().unwrap().is_some();
        for (token, expected) in [("one", [ann(), None]), ("two", [None, ann()]), ("one", [ann(), None])] {
            let new = home.path().join("new");
            std::fs::write(&new, settings(token)).unwrap();
            std::fs::rename(new, &path).unwrap();
            for _ in 0..3 {
                assert_eq!(named(&doors, later), expected);
                assert!(is_kept());
            }
        }
        std::fs::remove_file(&path).unwrap();
        assert_eq!(named(&doors, later), [None, None]);
        assert!(!is_kept(), "what cannot be read is looked for again");
        assert!(doors.officer("home").is_some_and(|officer| officer.by_home));
    }

    #[test]
    fn what_was_just_written_is_not_kept() {
        let mark = |seconds| FileMark { place: [1, 2], size: 3, times: [(seconds, 0), (0, 0)] };
        assert!(mark(100 - SETTLED_S - 1).is_settled(100));
        assert!(!mark(100 - SETTLED_S).is_settled(100));
        assert!(!mark(160).is_settled(100), "a clock that was set back");
    }
}
