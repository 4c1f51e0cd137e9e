//! The names under which a home keeps its secret keys.

use anyhow::{Context, Result, anyhow};
use detente_net::TlsIdentity;
use detente_node::{KeyRing, LineKeys};
use detente_store::Home;
use detente_types::{Generation, LineId};
use detente_wire::{Ed25519, KeyPair, SecretKey};

const PARTY: &str = "party";

/// The keys that a new line needs.
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
        keep(home, line, Generation::FIRST, &[("log", &self.log), ("holder", &self.holder), ("tls", &self.tls)])
    }
}

/// Draws and keeps the keys of a line's next generation. The link's key stays: the other side knows no other.
///
/// # Errors
/// When the disk refuses.
pub fn next_generation(
    home: &Home,
    line: &LineId,
    generation: Generation,
    rng: &mut dyn rand_core::CryptoRng,
) -> Result<LineKeys> {
    let [log, holder] = core::array::from_fn(|_| KeyPair::generate(&Ed25519, rng));
    keep(home, line, generation, &[("log", &log), ("holder", &holder)])?;
    Ok(LineKeys { log, holder })
}

fn keep(home: &Home, line: &LineId, generation: Generation, keys: &[(&str, &KeyPair)]) -> Result<()> {
    for (role, key) in keys {
        let name = name(line, generation, role);
        home.write_key(&name, key.secret().danger_seed()).with_context(|| format!("keeping the {role} key"))?;
    }
    Ok(())
}

fn name(line: &LineId, generation: Generation, role: &str) -> String {
    format!("{line}.{generation}.{role}")
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

/// The keys of all lines, in all generations.
///
/// # Errors
/// When one is not readable, or half of a pair is missing.
pub fn ring(home: &Home, lines: &[LineId]) -> Result<KeyRing> {
    let names = home.key_names()?;
    let generations = |line: &LineId| {
        let begin = format!("{line}.");
        let numbers = names.iter().filter_map(move |name| name.strip_prefix(&begin)?.strip_suffix(".log")?.parse().ok());
        numbers.map(Generation).collect::<Vec<_>>()
    };
    let keys = |line: LineId, generation: Generation| -> Result<_> {
        let [log, holder] = ["log", "holder"].map(|role| read(home, &name(&line, generation, role)));
        Ok(((line, generation), LineKeys { log: log?, holder: holder? }))
    };
    lines.iter().flat_map(|line| generations(line).into_iter().map(|generation| keys(*line, generation))).collect()
}

/// The TLS identity of a line.
///
/// # Errors
/// When the key is missing or not readable.
pub fn tls(home: &Home, line: &LineId) -> Result<TlsIdentity> {
    let name = name(line, Generation::FIRST, "tls");
    let seed = home.read_key(&name)?.ok_or_else(|| anyhow!("the key {name} is missing from the home"))?;
    Ok(TlsIdentity::from_seed(seed))
}

fn read(home: &Home, name: &str) -> Result<KeyPair> {
    let seed = home.read_key(name)?.ok_or_else(|| anyhow!("the key {name} is missing from the home"))?;
    Ok(KeyPair::new(&Ed25519, SecretKey::from_seed(*seed)))
}
