//! The measuring program of `detente-blind`, built as what ships and run by each backend that this machine has.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, ensure};
use detente_blind::Backend;
use serde_json::Value;

/// The program, built in release without flags: for any machine of this kind.
#[derive(Debug)]
pub struct Build {
    program: PathBuf,
}

/// How a run is done.
#[derive(Clone, Copy, Debug)]
pub struct How {
    /// Whether answers carry proofs.
    pub verified: bool,
    /// Threads of a party.
    pub threads: usize,
    /// Answers are released in 2 to this power chunks.
    pub chunks_log2: u8,
}

/// One measurement: both parties of a run, each at its least of the rounds.
#[derive(Clone, Debug)]
pub struct Measured {
    /// What multiplied, as the program says.
    pub backend: String,
    /// Processor time of each party, ms.
    pub cpu_ms: [f64; 2],
    /// Time on the wall of each party while it works, ms.
    pub wall_ms: [f64; 2],
    /// Bytes of points, answers and proofs, both ways.
    pub payload: f64,
    /// Bytes of all messages, both ways.
    pub bytes: f64,
    /// How many messages, both ways.
    pub messages: f64,
}

/// The backends of lanes that this machine has, as they are called on the program's command line.
pub fn backends() -> Vec<(Backend, &'static str)> {
    let named = [(Backend::Avx2, "avx2"), (Backend::Ifma, "ifma")];
    let here: Vec<_> = named.into_iter().filter(|(backend, _)| backend.is_available()).collect();
    // Where there are no lanes, there is what every machine has.
    if here.is_empty() { vec![(Backend::Dalek, "dalek")] } else { here }
}

/// Builds what ships.
///
/// # Errors
/// When the compiler refuses.
pub fn build() -> Result<Build> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let target = std::env::current_exe()?.parent().and_then(Path::parent).context("a target folder")?.to_owned();
    eprintln!("building the measuring program");
    let mut cargo = Command::new("cargo");
    cargo.args(["build", "--release", "--quiet", "--package", "detente-blind", "--example", "parties"]);
    cargo.current_dir(root).env("CARGO_TARGET_DIR", &target).env("RUSTFLAGS", "");
    ensure!(cargo.status().context("starting cargo")?.success(), "the measuring program does not build");
    Ok(Build { program: target.join("release/examples/parties") })
}

impl Build {
    /// Measures runs of 2^`log2` cells by a backend, called as in [`backends`], in one process.
    ///
    /// # Errors
    /// When the program fails, which it does when a run does not find what it should.
    pub fn measure(&self, backend: &str, log2: u8, how: How, rounds: usize) -> Result<Measured> {
        let arguments = [usize::from(log2), usize::from(how.verified), how.threads, rounds].map(|number| number.to_string());
        let chunks = how.chunks_log2.to_string();
        let output = Command::new(&self.program)
            .args(&arguments)
            .args([backend, &chunks])
            .output()
            .context("starting the measuring program")?;
        ensure!(
            output.status.success(),
            "parties {} {backend}: {}",
            arguments.join(" "),
            String::from_utf8_lossy(&output.stderr)
        );
        let told: Value = serde_json::from_slice(&output.stdout).context("what the measuring program prints")?;
        let number = |value: &Value| value.as_f64().context("a number");
        let pair = |name: &str| Ok::<_, anyhow::Error>([number(&told[name][0])?, number(&told[name][1])?]);
        Ok(Measured {
            backend: told["backend"].as_str().context("a backend")?.to_owned(),
            cpu_ms: pair("cpu_ms")?,
            wall_ms: pair("wall_ms")?,
            payload: number(&told["payload"])?,
            bytes: number(&told["bytes"])?,
            messages: number(&told["messages"])?,
        })
    }
}

impl Measured {
    /// The party that used more.
    pub fn party_cpu_ms(&self) -> f64 {
        self.cpu_ms[0].max(self.cpu_ms[1])
    }

    /// Both parties.
    pub fn both_cpu_ms(&self) -> f64 {
        self.cpu_ms[0] + self.cpu_ms[1]
    }

    /// The party that took longer, on the wall.
    pub fn party_wall_ms(&self) -> f64 {
        self.wall_ms[0].max(self.wall_ms[1])
    }
}
