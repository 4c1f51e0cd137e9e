//! What a home's people set: names, addresses, officers. Plain TOML in the home, written by commands, edited by hand.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

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
    /// The text of the settings when they were read last, and what it says: the file is read for every request, so that an
    /// officer who is taken off is out at once, and understood only when it says something else.
    read: Mutex<(String, Settings)>,
}

impl HomeDoors {
    /// The doors of a home whose running node published this token.
    pub fn new(home: &Path, token: &str) -> Self {
        Self { home: home.to_owned(), token_hash: token_hash(token), read: Mutex::default() }
    }

    /// The settings as they are now; none when they cannot be read.
    fn settings(&self) -> Settings {
        let Ok(text) = std::fs::read_to_string(Settings::path(&self.home)) else {
            return Settings::default();
        };
        let mut read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        if read.0 != text {
            let settings = toml::from_str(&text).unwrap_or_default();
            *read = (text, settings);
        }
        read.1.clone()
    }
}

impl Doors for HomeDoors {
    fn officer(&self, token: &str) -> Option<Officer> {
        // Hashes of the tokens are compared: how long that takes tells nothing of a token.
        let hash = token_hash(token);
        let settings = self.settings();
        if hash == self.token_hash {
            return Some(Officer { name: settings.officer_on_watch, desk: settings.desk, role: Role::Principal, by_home: true });
        }
        let officer = settings.officers.into_iter().find(|o| o.token_sha256 == hash)?;
        Some(Officer {
            name: Some(officer.name),
            desk: Some(officer.desk),
            role: Role::from_name(&officer.role)?,
            by_home: false,
        })
    }
}
