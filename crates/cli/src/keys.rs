//! The names under which a home keeps its secret keys.

use anyhow::{Context, Result, anyhow};
use detente_net::TlsIdentity;
use detente_node::{KeyRing, LineKeys};
use detente_store::Home;
use detente_types::{Generation, LineId};
use detente_wire::{Ed25519, KeyPair, SecretKey};

const PARTY: &str = "party";

/// The role whose key is written last: where it is, the others of its generation are.
const LAST: &str = "log";

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
        keep(home, line, Generation::FIRST, &[("tls", &self.tls), ("holder", &self.holder), (LAST, &self.log)])
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
    keep(home, line, generation, &[("holder", &holder), (LAST, &log)])?;
    Ok(LineKeys { log, holder })
}

fn keep(home: &Home, line: &LineId, generation: Generation, keys: &[(&str, &KeyPair)]) -> Result<()> {
    let names: Vec<String> = keys.iter().map(|(role, _)| name(line, generation, role)).collect();
    let named: Vec<_> = names.iter().zip(keys).map(|(name, (_, key))| (name.as_str(), key.secret().danger_seed())).collect();
    home.write_keys(&named).with_context(|| format!("keeping the keys of generation {generation}"))
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
    home.write_keys(&[(PARTY, key.secret().danger_seed())]).context("keeping the party key")?;
    Ok(key)
}

/// The party key.
///
/// # Errors
/// When it is not in the home, or not readable.
pub fn party(home: &Home) -> Result<KeyPair> {
    read(home, PARTY)
}

/// The keys of all lines, in all generations. One of which a key is missing was never opened: a crash came in between.
///
/// # Errors
/// When one is not readable.
pub fn ring(home: &Home, lines: &[LineId]) -> Result<KeyRing> {
    let names = home.key_names()?;
    let generations = |line: &LineId| {
        let begin = format!("{line}.");
        let numbers = names.iter().filter_map(move |name| name.strip_prefix(&begin)?.strip_suffix(".log")?.parse().ok());
        let is_whole = |generation: &Generation| names.contains(&name(line, *generation, "holder"));
        numbers.map(Generation).filter(is_whole).collect::<Vec<_>>()
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::host::OsRng;

    const LINE: LineId = LineId::new([7; 32]);

    #[test]
    fn a_generation_of_which_half_was_kept_does_not_stop_the_node() {
        let root = tempfile::tempdir().unwrap();
        let home = Home::create(&root.path().join("home")).unwrap();
        NewKeys::generate(&mut OsRng).keep(&home, &LINE).unwrap();
        for (generation, role) in [(2, "log"), (3, "holder")] {
            home.write_keys(&[(&name(&LINE, Generation(generation), role), &[1; 32])]).unwrap();
        }
        next_generation(&home, &LINE, Generation(4), &mut OsRng).unwrap();
        let known: Vec<_> = ring(&home, &[LINE]).unwrap().into_keys().collect();
        assert_eq!(known, [(LINE, Generation::FIRST), (LINE, Generation(4))]);
    }

    #[test]
    fn a_pair_that_the_disk_refuses_leaves_nothing_and_is_kept_at_the_next_try() {
        let root = tempfile::tempdir().unwrap();
        let home = Home::create(&root.path().join("home")).unwrap();
        let last = format!("keys/{}.key.unfinished", name(&LINE, Generation(2), LAST));
        let in_the_way = home.root().join(last);
        std::fs::create_dir(&in_the_way).unwrap();
        assert!(next_generation(&home, &LINE, Generation(2), &mut OsRng).is_err());
        assert_eq!(home.key_names().unwrap(), [""; 0]);
        std::fs::remove_dir(&in_the_way).unwrap();
        next_generation(&home, &LINE, Generation(2), &mut OsRng).unwrap();
    }
}
