//! The names under which a home keeps its secret keys.

use anyhow::{Context, Result, anyhow};
use detente_net::TlsIdentity;
use detente_node::{KeyRing, LineKeys};
use detente_store::Home;
use detente_types::LineId;
use detente_wire::{Ed25519, KeyPair, SecretKey};

const PARTY: &str = "party";

/// The keys that one line needs in one generation.
pub struct NewKeys {
    /// Signs statements and checkpoints.
    pub log: KeyPair,
    /// Cosigns the other log.
    pub holder: KeyPair,
    /// Authenticates the link.
    pub tls: KeyPair,
}

impl NewKeys {
    /// Draws them.
    pub fn generate(rng: &mut dyn rand_core::CryptoRng) -> Self {
        let [log, holder, tls] = core::array::from_fn(|_| KeyPair::generate(&Ed25519, rng));
        Self { log, holder, tls }
    }

    /// Keeps them in a home.
    ///
    /// # Errors
    /// When a key of that name is there or the disk refuses.
    pub fn keep(&self, home: &Home, line: &LineId) -> Result<()> {
        for (role, key) in [("log", &self.log), ("holder", &self.holder), ("tls", &self.tls)] {
            home.write_key(&name(line, role), key.secret().danger_seed()).with_context(|| format!("keeping the {role} key"))?;
        }
        Ok(())
    }
}

fn name(line: &LineId, role: &str) -> String {
    format!("{line}.1.{role}")
}

/// Makes the party key of a new home.
///
/// # Errors
/// When it is there already or the disk refuses.
pub fn make_party(home: &Home, rng: &mut dyn rand_core::CryptoRng) -> Result<KeyPair> {
    let key = KeyPair::generate(&Ed25519, rng);
    home.write_key(PARTY, key.secret().danger_seed()).context("keeping the party key")?;
    Ok(key)
}

/// The party key.
///
/// # Errors
/// When it is not in the home, or not readable.
pub fn party(home: &Home) -> Result<KeyPair> {
    read(home, PARTY)
}

/// The keys of all lines.
///
/// # Errors
/// When one is missing or not readable.
pub fn ring(home: &Home, lines: &[LineId]) -> Result<KeyRing> {
    let keys = |line: &LineId| -> Result<_> {
        Ok((*line, LineKeys { log: read(home, &name(line, "log"))?, holder: read(home, &name(line, "holder"))? }))
    };
    lines.iter().map(keys).collect()
}

/// The TLS identity of a line.
///
/// # Errors
/// When the key is missing or not readable.
pub fn tls(home: &Home, line: &LineId) -> Result<TlsIdentity> {
    let name = name(line, "tls");
    let seed = home.read_key(&name)?.ok_or_else(|| anyhow!("the key {name} is missing from the home"))?;
    Ok(TlsIdentity::from_seed(seed))
}

fn read(home: &Home, name: &str) -> Result<KeyPair> {
    let seed = home.read_key(name)?.ok_or_else(|| anyhow!("the key {name} is missing from the home"))?;
    Ok(KeyPair::new(&Ed25519, SecretKey::from_seed(*seed)))
}
