//! `cargo xtask test`: the whole of CI, in the order that fails soonest. The test runner comes last, so that the
//! output ends with its own closing lines.

use std::process::Command;

use anyhow::Result;

use crate::house::{cargo, in_ci, root, run as run_program, step, succeeds};
use crate::metadata::Metadata;
use crate::{check, oracles};

/// What building every program and every test writes to disk, at the most, in GiB.
const ROOM_GIB: u64 = 8;

pub(crate) fn run(arguments: &[String]) -> Result<()> {
    warn_of_room();
    step("oracles", oracles::provide)?;
    check::run(&[])?;
    step("build", || build(Build::Dev))?;
    step("doc tests", || run_program(&mut cargo(["test", "--doc", "--workspace", "--quiet"])))?;
    run_tests(Build::Dev, arguments)
}

/// Says beforehand that the disk may fill up: half an hour in, the compiler's own words for it help nobody. What is built already needs
/// no room, so this stops nothing.
fn warn_of_room() {
    let listed = Command::new("df").args(["-Pk", "."]).current_dir(root()).output();
    let free = listed.ok().and_then(|listed| free_kib(&String::from_utf8_lossy(&listed.stdout)));
    if let Some(gib) = free.map(|kib| kib >> 20).filter(|gib| *gib < ROOM_GIB) {
        println!(
            "-- room: {gib} GiB are free here, and a build from nothing writes up to {ROOM_GIB}: free some, or set CARGO_TARGET_DIR"
        );
    }
}

/// What `df -Pk` says is free: the fourth word of its second line (POSIX).
fn free_kib(listed: &str) -> Option<u64> {
    listed.lines().nth(1)?.split_whitespace().nth(3)?.parse().ok()
}

/// How the tests and the programs that they start are built.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Build {
    /// Assertions on, built quickly.
    Dev,
    /// Optimised, as shipped.
    Release,
}

/// Builds every program of the house: end-to-end tests start them.
pub(crate) fn build(build: Build) -> Result<()> {
    let mut command = cargo(["build", "--workspace", "--bins", "--quiet"]);
    run_program(command.args((build == Build::Release).then_some("--release")))
}

/// Runs every test, by nextest where it is installed and by `cargo test` where not. The runner speaks last.
pub(crate) fn run_tests(build: Build, arguments: &[String]) -> Result<()> {
    let nextest = succeeds("cargo", &["nextest", "--version"]);
    let mut runner = if nextest { nextest_runner(build) } else { plain_runner(build) };
    let folder = if build == Build::Release { "release" } else { "debug" };
    let program = Metadata::of_workspace()?.target_directory.join(folder).join("detente");
    if build == Build::Release {
        runner.env("DETENTE_SOAK", "1");
    }
    println!("-- tests");
    run_program(runner.env("DETENTE_BIN", program).args(arguments))
}

fn nextest_runner(build: Build) -> Command {
    let profile = match build {
        Build::Release => "soak",
        Build::Dev if in_ci() => "ci",
        Build::Dev => "default",
    };
    let mut command = cargo(["nextest", "run", "--workspace", "--profile", profile]);
    command.args((build == Build::Release).then_some("--release"));
    command
}

fn plain_runner(build: Build) -> Command {
    println!("-- skipped: cargo-nextest is not installed, so `cargo test` runs without its time limits");
    let mut command = cargo(["test", "--workspace", "--lib", "--bins", "--tests"]);
    command.args((build == Build::Release).then_some("--release"));
    command
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_free_is_read_from_df() {
        let listed = "Filesystem 1024-blocks Used Available Capacity Mounted on\n/dev/vda 264105252 11534336 83886080 13% /\n";
        assert_eq!(free_kib(listed), Some(83_886_080));
        assert_eq!(free_kib("df: ."), None);
    }
}
