//! Every target's corpus, replayed, and so many mutations of it: a fixed share by default, more with `DETENTE_SOAK=1`.
//!
//! `DETENTE_BLESS=1` writes the seeds anew. A file that a fuzzer found is kept beside them, under any other name.

mod mutate;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::panic::catch_unwind;
use std::path::{Path, PathBuf};

use detente_fuzz::{TARGETS, seeds};
use rand_core::SeedableRng;

/// Mutations of each target by default: all targets together stay within some seconds.
const MUTATIONS: u64 = 20_000;
/// Mutations of each target in a soak.
const MUTATIONS_SOAK: u64 = 2_000_000;

fn folder(target: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(target)
}

/// A target's corpus, by file name.
fn corpus(target: &str) -> BTreeMap<String, Vec<u8>> {
    let files = fs::read_dir(folder(target)).unwrap_or_else(|_| panic!("{target} has no corpus"));
    files
        .map(|file| {
            let file = file.unwrap();
            (file.file_name().into_string().unwrap(), fs::read(file.path()).unwrap())
        })
        .collect()
}

/// Runs a target on data, and names both when it panics.
fn run(target: &str, origin: &str, data: &[u8]) {
    let function = detente_fuzz::target(target).expect("it is in the list");
    if catch_unwind(|| function(data)).is_err() {
        let kept = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("crash-{target}"));
        fs::write(&kept, data).unwrap();
        panic!("target {target} breaks on {origin}; the bytes are in {}", kept.display());
    }
}

/// Replays a corpus and mutates it, with the same mutations in each run.
fn replay(target: &str) {
    let corpus = corpus(target);
    assert!(!corpus.is_empty(), "{target} has no seed");
    for (name, data) in &corpus {
        run(target, name, data);
    }
    let seeds: Vec<&[u8]> = corpus.values().map(Vec::as_slice).collect();
    let count = if std::env::var_os("DETENTE_SOAK").is_some() { MUTATIONS_SOAK } else { MUTATIONS };
    for number in 0..count {
        let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(number);
        run(target, &format!("mutation {number}"), &mutate::mutant(&mut rng, &seeds));
    }
}

/// One test for each target, so that they run beside each other and a failure names its decoder.
macro_rules! replays {
    ($($name:ident)*) => {
        /// The targets that have a test here.
        const TESTED: &[&str] = &[$(stringify!($name),)*];
        $(#[test] fn $name() { replay(stringify!($name)); })*
    };
}

replays! {
    api_bodies blind_message blind_run body certificate checkpoint cosignature deframer entry evidence exported_record frame
    frames_file ground knock leaf link match_cells match_wire
    note notices_file opening pairing plans_csv plans_f3548 plans_geojson plans_kml plans_notices position release revocation slot_opening slots statement terms_cbor terms_toml text unpack
}

#[test]
fn every_target_has_a_test_and_a_corpus_and_no_corpus_is_left_over() {
    let targets: BTreeSet<String> = TARGETS.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(targets, TESTED.iter().map(|name| (*name).to_owned()).collect());
    let folders = fs::read_dir(folder("")).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    assert_eq!(targets, folders.collect());
}

#[test]
fn the_seeds_are_what_the_fixtures_give() {
    let bless = std::env::var_os("DETENTE_BLESS").is_some();
    for (target, name, data) in seeds() {
        let path = folder(target).join(&name);
        if bless {
            fs::create_dir_all(folder(target)).unwrap();
            fs::write(&path, &data).unwrap();
        }
        let committed = fs::read(&path).unwrap_or_default();
        assert!(committed == data, "{} is out of date: set DETENTE_BLESS=1", path.display());
    }
}

#[test]
fn the_seed_files_are_ones_that_can_be_taken() {
    for name in ["json", "geojson", "csv"] {
        let data = fs::read(folder("notices_file").join(name)).unwrap();
        let reading = detente_gateway::read(&format!("seed.{name}"), &data[1..], None);
        assert!(reading.as_ref().is_ok_and(|reading| reading.rows.len() == 1), "{name}: {reading:?}");
    }
}
