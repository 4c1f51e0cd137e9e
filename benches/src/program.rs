//! The program as a person runs it: a process of its own.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};

use crate::machine::memory_mib;

/// The built program, which `cargo xtask bench` puts beside the benchmarks.
#[derive(Debug)]
pub struct Program(PathBuf);

/// A process and how long something took in it.
#[derive(Debug)]
pub struct Ran {
    /// How long.
    pub took: Duration,
    /// Resident memory, MiB: at rest for a node, the most for a command.
    pub memory_mib: f64,
}

impl Program {
    /// Finds it.
    ///
    /// # Errors
    /// When it is not built.
    pub fn find() -> Result<Self> {
        let own = std::env::current_exe()?;
        // A test lies one folder below the programs.
        let mut beside = own.ancestors().skip(1).take(2).map(|folder| folder.join("detente"));
        let path = beside.find(|path| path.is_file());
        Ok(Self(path.context("the program is not built: run this by `cargo xtask bench`")?))
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// Bytes of the file, and without names and line tables for traces; the second is 0 where `strip` is missing.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn sizes(&self, scratch: &Path) -> Result<[u64; 2]> {
        let stripped = scratch.join("stripped");
        let done = Command::new("strip").arg("-o").arg(&stripped).arg(&self.0).status().is_ok_and(|status| status.success());
        let bare = if done { std::fs::metadata(&stripped)?.len() } else { 0 };
        Ok([std::fs::metadata(&self.0)?.len(), bare])
    }

    /// Starts a node on a home; the time is that until it says where it answers. Memory is taken after `rest`.
    ///
    /// # Errors
    /// When it does not start.
    pub fn serve(&self, home: &Path, rest: Duration) -> Result<Ran> {
        let started = Instant::now();
        let (mut node, _) = self.start(home)?;
        let took = started.elapsed();
        std::thread::sleep(rest);
        let memory_mib = memory_mib(&node.id().to_string(), "VmRSS").unwrap_or_default();
        end(&mut node)?;
        Ok(Ran { took, memory_mib })
    }

    /// Starts a node on a home, and gives the line of JSON in which it says where it answers. Whoever starts it ends it.
    ///
    /// # Errors
    /// When it does not start.
    pub fn start(&self, home: &Path) -> Result<(Child, String)> {
        let mut node = self.command(home, &["--json", "serve"]).stdout(Stdio::piped()).spawn().context("starting a node")?;
        let mut said = String::new();
        BufReader::new(node.stdout.take().context("its output")?).read_line(&mut said)?;
        if !said.starts_with('{') {
            end(&mut node)?;
            bail!("the node did not start");
        }
        Ok((node, said))
    }

    /// Verifies a home.
    ///
    /// # Errors
    /// When it does not verify.
    pub fn verify(&self, home: &Path) -> Result<Ran> {
        let started = Instant::now();
        let mut command = self.command(home, &["record", "verify"]).stdout(Stdio::null()).spawn().context("verifying")?;
        let mut most = 0.0_f64;
        let status = loop {
            most = most.max(memory_mib(&command.id().to_string(), "VmHWM").unwrap_or_default());
            if let Some(status) = command.try_wait()? {
                break status;
            }
            std::thread::sleep(Duration::from_millis(20));
        };
        ensure!(status.success(), "the record does not verify");
        Ok(Ran { took: started.elapsed(), memory_mib: most })
    }

    fn command(&self, home: &Path, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.0);
        command.arg("--home").arg(home).args(arguments).env("DETENTE_LOG", "error").stdin(Stdio::null());
        command
    }
}

/// Ends a node that we started, as a crash would: that is what its start must be ready for.
fn end(node: &mut Child) -> Result<()> {
    node.kill()?;
    node.wait()?;
    Ok(())
}
