//! `cargo xtask sim`: the simulator, optimised. All arguments are its own.

use anyhow::Result;

use crate::house::{cargo, run as run_program};

pub(crate) fn run(arguments: &[String]) -> Result<()> {
    play(&arguments.iter().map(String::as_str).collect::<Vec<_>>())
}

/// Plays so many honest seeds, and for each lie a twentieth as many. It tells how far it is, and how to play again what
/// failed.
///
/// # Errors
/// When a promise does not hold in one of them. All are played.
pub(crate) fn soak(seeds: u64) -> Result<()> {
    let count = |seeds: u64| seeds.to_string();
    let honest = play(&["--keep-going", "--count", &count(seeds)]);
    let lies = play(&["--keep-going", "--liar", "all", "--count", &count(seeds.div_ceil(LIES_SHARE))]);
    honest.and(lies)
}

/// There are two dozen lies.
const LIES_SHARE: u64 = 20;

fn play(arguments: &[&str]) -> Result<()> {
    let mut command = cargo(["run", "--release", "--quiet", "--package", "detente-sim", "--bin", "sim"]);
    run_program(command.arg("--").args(arguments))
}
