//! `cargo xtask check`: all that can be said of the house without running its tests, quick steps first. What could not be
//! checked on this machine is said at the end.

use anyhow::{Result, ensure};

use crate::house::{cargo, no_arguments, run as run_program, step, succeeds};
use crate::{clippy_config, docs, layers, openapi, rules, tidy};

/// Tools that check more where they are installed: what they add, how to ask whether they are there, and their run.
const EXTRAS: &[Extra] = &[
    Extra {
        name: "cargo-deny",
        adds: "licences, sources and banned crates",
        present: &["cargo", "deny", "--version"],
        run: &["cargo", "deny", "--offline", "check", "bans", "licenses", "sources"],
    },
    Extra { name: "typos", adds: "spelling", present: &["typos", "--version"], run: &["typos"] },
    Extra { name: "mdbook", adds: "that the book builds", present: &["mdbook", "--version"], run: &["mdbook", "build", "docs"] },
];

struct Extra {
    name: &'static str,
    adds: &'static str,
    present: &'static [&'static str],
    run: &'static [&'static str],
}

/// A step's name and its work.
type Step = (&'static str, fn() -> Result<()>);

/// Steps that read the house without building it. All of them run, so that one run tells everything.
const SCANS: &[Step] = &[
    ("fmt", fmt),
    ("tidy", tidy::check),
    ("layers", layers::check),
    ("rules", rules::check),
    ("docs", docs::check),
    ("clippy-config", clippy_config::check),
];
/// Steps that build it; the first that fails stops the run.
const BUILDS: &[Step] = &[("clippy", clippy), ("rustdoc", rustdoc), ("openapi", openapi::check)];

pub(crate) fn run(arguments: &[String]) -> Result<()> {
    no_arguments("check", arguments)?;
    let failures: Vec<String> =
        SCANS.iter().filter_map(|&(name, scan)| step(name, scan).err()).map(|error| format!("{error:#}")).collect();
    ensure!(failures.is_empty(), "{}", failures.join("\n       "));
    for &(name, build) in BUILDS {
        step(name, build)?;
    }
    extras()
}

fn fmt() -> Result<()> {
    run_program(&mut cargo(["fmt", "--all", "--check"]))
}

fn clippy() -> Result<()> {
    let mut command = cargo(["clippy", "--workspace", "--all-targets", "--quiet"]);
    run_program(command.args(["--", "-D", "warnings"]))
}

fn rustdoc() -> Result<()> {
    let mut command = cargo(["doc", "--workspace", "--no-deps", "--quiet"]);
    run_program(command.env("RUSTDOCFLAGS", "-D warnings"))
}

/// Runs the extra tools that are here, and names those that are not.
fn extras() -> Result<()> {
    for extra in EXTRAS {
        let (program, arguments) = extra.present.split_first().expect("each names a program");
        if !succeeds(program, arguments) {
            println!("-- skipped: {} is not installed, so not checked: {}", extra.name, extra.adds);
            continue;
        }
        let (program, arguments) = extra.run.split_first().expect("each names a program");
        let mut command = std::process::Command::new(program);
        step(extra.name, || run_program(command.args(arguments).current_dir(crate::house::root())))?;
    }
    Ok(())
}
