//! `cargo xtask sim`: the simulator, optimised. All arguments are its own.

use anyhow::Result;

use crate::house::{cargo, run as run_program};

pub(crate) fn run(arguments: &[String]) -> Result<()> {
    let mut command = cargo(["run", "--release", "--quiet", "--package", "detente-sim", "--bin", "sim"]);
    run_program(command.arg("--").args(arguments))
}
