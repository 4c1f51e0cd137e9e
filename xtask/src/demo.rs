//! `cargo xtask demo`: builds `detente` as shipped and becomes its demo.

use std::os::unix::process::CommandExt as _;
use std::process::Command;

use anyhow::{Context, Result};

use crate::house::{cargo, root, run as run_program};
use crate::metadata::Metadata;

pub(crate) fn run(arguments: &[String]) -> Result<()> {
    run_program(&mut cargo(["build", "--release", "--package", "detente"]))?;
    let program = Metadata::of_workspace()?.target_directory.join("release").join("detente");
    // Replaced rather than started: Ctrl-C and the exit code are then the demo's own.
    let error = Command::new(&program).arg("demo").args(arguments).current_dir(root()).exec();
    Err(error).with_context(|| format!("starting {}", program.display()))
}
