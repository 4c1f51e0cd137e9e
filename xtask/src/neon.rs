//! Tests of `space` on another kind of machine: built for AArch64 and run by an emulator. They hold the vector kernels of that
//! machine against the plain one, and show that the laws' published vectors come out bit for bit the same there.

use std::process::Command;

use anyhow::{Result, bail};

use crate::house::{cargo, run, succeeds};
use crate::oracles;

const TARGET: &str = "aarch64-unknown-linux-gnu";
const LINKER: &str = "aarch64-linux-gnu-gcc";
const EMULATOR: &str = "qemu-aarch64";
/// What Debian calls them.
const PACKAGES: &[&str] = &["gcc-aarch64-linux-gnu", "libc6-dev-arm64-cross", "qemu-user"];
/// Where they put that machine's libraries.
const LIBRARIES: &str = "/usr/aarch64-linux-gnu";
/// The tests: the kernels that compare boxes, and the published vectors, with nodes of the geoid among them.
const TESTS: &[&str] = &["forest::lanes::", "vectors::"];

/// Runs them, after installing what is missing when we may.
///
/// # Errors
/// What is missing and cannot be installed, with the command that would; or a test that fails there.
pub(crate) fn tests() -> Result<()> {
    provide_target()?;
    let works = |program: &str| succeeds(program, &["--version"]);
    oracles::provide_packages(PACKAGES, || works(LINKER) && works(EMULATOR))?;
    let mut tests = cargo(["test", "--quiet", "--release", "--package", "detente-space", "--lib", "--target", TARGET, "--"]);
    tests.args(TESTS).env("DETENTE_SOAK", "1");
    tests.env("CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_LINKER", LINKER);
    run(tests.env("CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_RUNNER", format!("{EMULATOR} -L {LIBRARIES}")))
}

/// The standard library for that machine.
fn provide_target() -> Result<()> {
    let installed = Command::new("rustup").args(["target", "list", "--installed"]).output();
    let Ok(installed) = installed else {
        bail!("rustup is missing; install the standard library of {TARGET} and try again");
    };
    if String::from_utf8_lossy(&installed.stdout).lines().any(|line| line == TARGET) {
        return Ok(());
    }
    run(Command::new("rustup").args(["target", "add", TARGET]))
}
