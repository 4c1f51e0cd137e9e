//! Outside programs that tests are held against. A missing oracle fails the run; it never skips a test.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::house::{self, run, succeeds};

/// A program that tests need, how to ask for it, and the Debian package that brings it.
struct Oracle {
    program: &'static str,
    question: &'static [&'static str],
    package: &'static str,
    why: &'static str,
}

const ORACLES: &[Oracle] = &[
    Oracle { program: "python3", question: &["--version"], package: "python3", why: "verifies exported records independently" },
    Oracle {
        program: "python3",
        question: &["-c", "import ensurepip, venv"],
        package: "python3-venv",
        why: "holds the Python packages that check encodings and signatures",
    },
    Oracle { program: "cs2cs", question: &[], package: "proj-bin", why: "says how high the sea lies over the ellipsoid" },
    Oracle {
        program: "test",
        question: &["-f", "/usr/share/proj/egm96_15.gtx"],
        package: "proj-data",
        why: "is the geoid that cs2cs looks up",
    },
    Oracle {
        program: "GeoConvert",
        question: &["--version"],
        package: "geographiclib-tools",
        why: "converts positions independently",
    },
    Oracle { program: "strace", question: &["-V"], package: "strace", why: "injects errors at system calls" },
];

/// What the Python oracles stand on, with exact versions.
const PYTHON_PACKAGES: &str = "e2e/oracles/requirements.txt";
/// Where those packages are installed; tests look for the interpreter here.
const PYTHON_HOME: &str = "target/oracles/venv";

/// Makes sure that every oracle is here, installing the missing ones when we may.
///
/// # Errors
/// When one is missing and cannot be installed: with the exact command that would.
pub(crate) fn provide() -> Result<()> {
    provide_programs()?;
    provide_python(&house::root())
}

fn provide_programs() -> Result<()> {
    let missing: Vec<&Oracle> = ORACLES.iter().filter(|oracle| !is_here(oracle)).collect();
    if missing.is_empty() {
        return Ok(());
    }
    for oracle in &missing {
        println!("   {} is missing; it {}", oracle.program, oracle.why);
    }
    let packages: Vec<&str> = missing.iter().map(|oracle| oracle.package).collect();
    provide_packages(&packages, || missing.iter().all(|oracle| is_here(oracle)))
}

/// Installs Debian packages unless what they bring is here already.
///
/// # Errors
/// When they are missing and cannot be installed: with the exact command that would.
pub(crate) fn provide_packages(packages: &[&str], are_here: impl Fn() -> bool) -> Result<()> {
    if are_here() {
        return Ok(());
    }
    let command = format!("apt-get install --yes --no-install-recommends {}", packages.join(" "));
    if !is_root() {
        bail!("run `sudo {command}` and try again");
    }
    install(packages)?;
    if !are_here() {
        bail!("`{command}` ran, but what it should bring is still missing");
    }
    Ok(())
}

/// Installs the Python packages into a folder of their own. Needs the network, but only when the list has changed.
fn provide_python(root: &Path) -> Result<()> {
    let packages = root.join(PYTHON_PACKAGES);
    let wanted = fs::read(&packages).with_context(|| format!("reading {PYTHON_PACKAGES}"))?;
    let home: PathBuf = root.join(PYTHON_HOME);
    let installed = home.join("installed.txt");
    if fs::read(&installed).is_ok_and(|list| list == wanted) {
        return Ok(());
    }
    println!("   installing the Python oracles into {PYTHON_HOME}");
    run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&home))?;
    let mut pip = Command::new(home.join("bin/python"));
    run(pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--requirement"]).arg(&packages))?;
    fs::write(&installed, wanted).with_context(|| format!("writing {}", installed.display()))
}

fn is_here(oracle: &Oracle) -> bool {
    succeeds(oracle.program, oracle.question)
}

fn is_root() -> bool {
    Command::new("id").arg("-u").output().is_ok_and(|output| output.stdout.trim_ascii() == b"0")
}

fn install(packages: &[&str]) -> Result<()> {
    let mut apt = Command::new("apt-get");
    run(apt.args(["update", "--quiet"]))?;
    let mut apt = Command::new("apt-get");
    apt.env("DEBIAN_FRONTEND", "noninteractive");
    run(apt.args(["install", "--yes", "--quiet", "--no-install-recommends"]).args(packages))
}
