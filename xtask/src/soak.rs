//! `cargo xtask soak`: the simulator's ten thousand seeds, then the tests with their full counts. `DETENTE_SOAK=1` tells
//! them; they run optimised, and nextest's `soak` profile gives them hours.

use std::process::Command;

use anyhow::Result;

use crate::house::{Usage, root, run as run_program, step};
use crate::test::{Build, build, run_tests};
use crate::{neon, oracles, sim};

/// Honest seeds of a soak.
const SEEDS: u64 = 10_000;

/// A broken promise in the simulator does not keep the tests from running; both must hold.
pub(crate) fn run(arguments: &[String]) -> Result<()> {
    let (seeds, runner_arguments) = seeds_of(arguments)?;
    step("oracles", oracles::provide)?;
    step("build", || build(Build::Release))?;
    let simulated = step("simulator", || sim::soak(seeds));
    step("loom", interleavings)?;
    step("neon", neon::tests)?;
    run_tests(Build::Release, runner_arguments)?;
    simulated
}

/// The snapshot swap of the conflict index, in every order of steps that two threads can take.
fn interleavings() -> Result<()> {
    let mut cargo = Command::new("cargo");
    cargo.args(["test", "--quiet", "--package", "detente-space", "--lib", "swap"]);
    run_program(cargo.env("RUSTFLAGS", "--cfg loom").env("CARGO_TARGET_DIR", root().join("target/loom")))
}

/// `--seeds N` may come first; what follows is the test runner's.
fn seeds_of(arguments: &[String]) -> Result<(u64, &[String])> {
    match arguments {
        [flag, rest @ ..] if flag == "--seeds" => {
            let usage = || Usage("`soak --seeds` needs a number of seeds".into());
            let (count, rest) = rest.split_first().ok_or_else(usage)?;
            Ok((count.parse().map_err(|_| usage())?, rest))
        }
        all => Ok((SEEDS, all)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_of_seeds_may_come_before_the_runners_arguments() {
        let words = |line: &str| line.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
        let given = words("--seeds 40 -E all()");
        assert_eq!(seeds_of(&given).unwrap(), (40, &given[2..]));
        let none = words("--no-capture");
        assert_eq!(seeds_of(&none).unwrap(), (SEEDS, &none[..]));
        assert!(seeds_of(&words("--seeds many")).unwrap_err().is::<Usage>());
    }
}
