//! Peers from Python's registry, in a throw-away environment: their processor time for the same job.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;

/// A peer's package, pinned, and its ways to do the job.
pub const PEERS: &[(&str, &[&str])] =
    &[("openmined.psi==2.0.6", &["openmined"]), ("spu==0.9.5", &["spu-ecdh", "spu-ecdh-elligator2", "spu-rr22"])];

/// The script that drives them.
const SCRIPT: &str = include_str!("peers.py");

/// A Python environment with what could be installed.
#[derive(Debug)]
pub struct Environment {
    python: PathBuf,
    script: PathBuf,
}

/// What a peer used.
#[derive(Clone, Debug)]
pub struct Used {
    /// Processor time of both parties together, ms.
    pub both_cpu_ms: f64,
    /// What came with it: one side learns, files are read.
    pub about: String,
}

impl Environment {
    /// Makes one in an empty folder.
    ///
    /// # Errors
    /// When Python cannot make one.
    pub fn new(folder: &Path) -> Result<Self> {
        let venv = folder.join("peers");
        let output = Command::new("python3").args(["-m", "venv"]).arg(&venv).output().context("starting python3")?;
        ensure!(output.status.success(), "python3 -m venv: {}", String::from_utf8_lossy(&output.stderr));
        let script = folder.join("peers.py");
        std::fs::write(&script, SCRIPT).context("writing the script")?;
        Ok(Self { python: venv.join("bin/python"), script })
    }

    /// Installs a package.
    ///
    /// # Errors
    /// What the installer said last.
    pub fn install(&self, package: &str) -> Result<()> {
        eprintln!("installing {package}");
        let output = Command::new(&self.python).args(["-m", "pip", "install", "--quiet", package]).output()?;
        let said = String::from_utf8_lossy(&output.stderr).lines().last().unwrap_or("nothing").to_owned();
        ensure!(output.status.success(), "pip install {package}: {said}");
        Ok(())
    }

    /// Has a peer match two sets of 2^`log2`, half of them common.
    ///
    /// # Errors
    /// When it fails, or does not find that half.
    pub fn measure(&self, way: &str, log2: u8, folder: &Path) -> Result<Used> {
        let mut python = Command::new(&self.python);
        python.arg(&self.script).args([way, &log2.to_string()]).current_dir(folder).env("OMP_NUM_THREADS", "1");
        let output = python.output()?;
        ensure!(output.status.success(), "{way}: {}", String::from_utf8_lossy(&output.stderr).lines().last().unwrap_or("?"));
        let told = String::from_utf8_lossy(&output.stdout);
        let told: Value = serde_json::from_str(told.lines().rfind(|line| line.starts_with('{')).context("a line of JSON")?)?;
        ensure!(told["found"].as_u64() == Some(1 << (log2 - 1)), "{way} found {} of {}", told["found"], 1 << (log2 - 1));
        let both_cpu_ms = told["both_cpu_ms"].as_f64().context("a time")?;
        Ok(Used { both_cpu_ms, about: told["about"].as_str().unwrap_or_default().to_owned() })
    }
}
