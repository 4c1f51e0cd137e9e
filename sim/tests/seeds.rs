//! Seeds that must stay green: a fixed share by default, the full count with `DETENTE_SOAK=1`.

use std::sync::atomic::{AtomicU64, Ordering};

use detente_sim::{Lie, Options, Outcome, PLANTINGS, Planting, run};

/// Seeds of honest lines in a plain run, and in a soak.
const HONEST: [u64; 2] = [40, 10_000];
/// Seeds for each lie.
const LIARS: [u64; 2] = [1, 300];
/// Seeds within which a planted bug must be found.
const PLANTED_MAX: u64 = 1_000;
/// Bugs that a plain run plants: those that are found soonest.
const PLANTED_SOON: [&str; 8] = [
    "disk-acks-early",
    "cosign-unread",
    "seen-undurable",
    "disclose-exact",
    "ack-undurable",
    "silent-safety",
    "doubt-repeats",
    "hoard",
];
/// Hostile strategies are deep.
const STACK_BYTES: usize = 32 << 20;

fn soak() -> bool {
    std::env::var_os("DETENTE_SOAK").is_some_and(|value| value == "1")
}

/// Plays many on two threads, and gives the outcomes that failed.
fn play(all: &[Options]) -> (Vec<Outcome>, Vec<Outcome>) {
    let next = AtomicU64::new(0);
    let worker = || {
        let mine = core::iter::from_fn(|| all.get(next.fetch_add(1, Ordering::Relaxed) as usize));
        mine.map(|options| run(*options)).collect::<Vec<_>>()
    };
    let outcomes: Vec<Outcome> = std::thread::scope(|scope| {
        let spawn = || std::thread::Builder::new().stack_size(STACK_BYTES).spawn_scoped(scope, worker).unwrap();
        let workers = [spawn(), spawn()];
        workers.into_iter().flat_map(|worker| worker.join().unwrap()).collect()
    });
    outcomes.into_iter().partition(|outcome| outcome.failure.is_none())
}

fn told(failed: &[Outcome]) -> String {
    failed.iter().map(|o| format!("seed {}: {}\n", o.seed, o.failure.as_ref().unwrap())).collect()
}

#[test]
fn honest_lines_keep_every_promise() {
    let count = HONEST[usize::from(soak())];
    let all: Vec<Options> = (0..count).map(Options::of).collect();
    let (green, failed) = play(&all);
    assert!(failed.is_empty(), "{}", told(&failed));
    let counted = green.iter().filter(|outcome| outcome.figures.is_counted()).count() as u64;
    assert!(counted * 100 >= count * 90, "only {counted} of {count} seeds are long and rough enough to count");
}

#[test]
fn seeds_that_once_failed_stay_green() {
    let all: Vec<Options> = include_str!("regressions.txt").lines().filter_map(options_of).collect();
    assert!(!all.is_empty(), "the file of regressions is there");
    let (_, failed) = play(&all);
    assert!(failed.is_empty(), "{}", told(&failed));
}

/// A line of the file: seed, number of nodes or `-`, lie or `-`, and what it found.
fn options_of(line: &str) -> Option<Options> {
    let mut words = line.split_whitespace();
    let seed = words.next()?.parse().ok()?;
    let nodes = words.next()?.parse().ok();
    Some(Options { seed, nodes, lie: words.next().and_then(Lie::by_name), ..Options::default() })
}

#[test]
fn every_lie_is_survived_and_named() {
    let count = LIARS[usize::from(soak())];
    let all: Vec<Options> =
        Lie::ALL.iter().flat_map(|lie| (0..count).map(|seed| Options { lie: Some(*lie), ..Options::of(seed) })).collect();
    let (_, failed) = play(&all);
    assert!(failed.is_empty(), "{}", told(&failed));
}

#[test]
fn planted_bugs_are_found() {
    for planting in PLANTINGS.iter().filter(|planting| soak() || PLANTED_SOON.contains(&planting.name)) {
        let seeds = found_within(planting).unwrap_or_else(|| panic!("{} was not found", planting.name));
        println!("{} found within {seeds} seeds", planting.name);
    }
}

/// After how many seeds a planted bug is found, by one of the invariants that must find it.
fn found_within(planting: &Planting) -> Option<u64> {
    for batch in (0..PLANTED_MAX).step_by(8) {
        let options = |seed| Options { lie: planting.lie, plant: Some(planting.bug), ..Options::of(seed) };
        let all: Vec<Options> = (batch..batch + 8).map(options).collect();
        let (_, mut failed) = play(&all);
        failed.sort_by_key(|outcome| outcome.seed);
        if let Some(first) = failed.first() {
            let found = first.failure.as_ref().unwrap().violation.invariant;
            assert!(planting.found_by.contains(&found), "{}: {}", planting.name, told(&failed));
            return Some(first.seed + 1);
        }
    }
    None
}

#[test]
fn the_same_seed_gives_the_same_outcome() {
    for seed in [3, 7] {
        assert_eq!(run(Options::of(seed)), run(Options::of(seed)), "seed {seed}");
    }
}
