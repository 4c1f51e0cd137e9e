//! `cargo xtask bench`: one benchmark of `benches/`, optimised. Arguments after its name are its own. The program itself
//! is built too: a benchmark may start it, and looks for it beside its own file.

use anyhow::Result;

use crate::house::{Usage, cargo, run as run_program};
use crate::metadata::Metadata;

const MEMBER: &str = "detente-benches";

pub(crate) fn run(arguments: &[String]) -> Result<()> {
    let metadata = Metadata::of_workspace()?;
    let known = metadata.programs(MEMBER);
    match arguments.split_first() {
        Some((name, rest)) if known.contains(&name.as_str()) => {
            run_program(&mut cargo(["build", "--release", "--quiet", "--package", "detente"]))?;
            let mut command = cargo(["run", "--release", "--quiet", "--package", MEMBER, "--bin", name]);
            run_program(command.arg("--").args(rest))
        }
        Some((name, _)) => Err(Usage(format!("there is no benchmark `{name}`; there are: {}", known.join(", "))).into()),
        None => {
            println!("benchmarks: {}", known.join(", "));
            Ok(())
        }
    }
}
