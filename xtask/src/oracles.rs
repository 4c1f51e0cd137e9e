//! Outside programs that tests are held against. A missing oracle fails the run; it never skips a test.

use anyhow::{Result, bail};

use crate::house::{run, succeeds};

/// A program that tests need, how to ask for it, and the Debian package that brings it.
struct Oracle {
    program: &'static str,
    question: &'static [&'static str],
    package: &'static str,
    why: &'static str,
}

const ORACLES: &[Oracle] = &[
    Oracle { program: "python3", question: &["--version"], package: "python3", why: "verifies exported records independently" },
    Oracle { program: "strace", question: &["-V"], package: "strace", why: "injects errors at system calls" },
];

/// Makes sure that every oracle is here, installing the missing ones when we may.
///
/// # Errors
/// When one is missing and cannot be installed: with the exact command that would.
pub(crate) fn provide() -> Result<()> {
    let missing: Vec<&Oracle> = ORACLES.iter().filter(|oracle| !is_here(oracle)).collect();
    if missing.is_empty() {
        return Ok(());
    }
    for oracle in &missing {
        println!("   {} is missing; it {}", oracle.program, oracle.why);
    }
    let packages: Vec<&str> = missing.iter().map(|oracle| oracle.package).collect();
    let command = format!("apt-get install --yes --no-install-recommends {}", packages.join(" "));
    if !is_root() {
        bail!("run `sudo {command}` and try again");
    }
    install(&packages)?;
    match missing.iter().find(|oracle| !is_here(oracle)) {
        Some(oracle) => bail!("`{command}` ran, but {} is still missing", oracle.program),
        None => Ok(()),
    }
}

fn is_here(oracle: &Oracle) -> bool {
    succeeds(oracle.program, oracle.question)
}

fn is_root() -> bool {
    std::process::Command::new("id").arg("-u").output().is_ok_and(|output| output.stdout.trim_ascii() == b"0")
}

fn install(packages: &[&str]) -> Result<()> {
    let mut apt = std::process::Command::new("apt-get");
    run(apt.args(["update", "--quiet"]))?;
    let mut apt = std::process::Command::new("apt-get");
    apt.env("DEBIAN_FRONTEND", "noninteractive");
    run(apt.args(["install", "--yes", "--quiet", "--no-install-recommends"]).args(packages))
}
