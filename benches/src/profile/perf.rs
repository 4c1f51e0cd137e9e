//! `perf` beside a process: samples of its stacks while something goes on.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use anyhow::{Context as _, Result, ensure};

use super::fold::{Frame, Owner, Stack};
use super::names;
use super::symbols::Symbols;

/// Samples a second of each processor: no whole part of a second that anything else goes by.
const FREQUENCY: &str = "997";
/// Bytes of each stack that are kept to be unwound.
const STACKS: &str = "dwarf,32768";
/// How long is sampled, seconds.
pub const SECONDS: u32 = 4;

/// The sampler.
#[derive(Debug)]
pub struct Perf {
    version: String,
    data: PathBuf,
}

impl Perf {
    /// Finds it and has it sample something; it writes into `folder`.
    ///
    /// # Errors
    /// When it is missing or may not look, with what it says.
    pub fn find(folder: &Path) -> Result<Self> {
        let said = Command::new("perf").arg("--version").output().context("perf is not on this machine")?;
        ensure!(said.status.success(), "perf does not run: {}", String::from_utf8_lossy(&said.stderr).trim());
        let version = String::from_utf8_lossy(&said.stdout).trim().to_owned();
        let perf = Self { version, data: folder.join("perf.data") };
        let tried = perf.record(std::process::id(), "0.01").stderr(Stdio::piped()).output()?;
        let why = String::from_utf8_lossy(&tried.stderr);
        let why = why.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or_default();
        ensure!(tried.status.success(), "perf may not look: {why}");
        Ok(perf)
    }

    /// What it is and how it looks, in words.
    pub fn about(&self) -> String {
        format!("{}, event cpu-clock, {FREQUENCY} samples a second, stacks unwound by DWARF, {SECONDS} s each", self.version)
    }

    /// Samples a process while `work` is done over and over.
    ///
    /// # Errors
    /// When the work fails, or perf.
    pub fn watch(&self, process: u32, program: &Path, mut work: impl FnMut() -> Result<()>) -> Result<Vec<Stack>> {
        let mut recording = self.record(process, &SECONDS.to_string()).stderr(Stdio::null()).spawn().context("starting perf")?;
        let worked = until_ended(&mut recording, &mut work);
        let status = recording.wait()?;
        worked?;
        ensure!(status.success(), "perf ended with {status}");
        let mut script = Command::new("perf");
        script.args(["script", "--no-inline", "-F", "comm,tid,ip,sym,dso", "-i"]).arg(&self.data);
        let told = script.stderr(Stdio::null()).output().context("having perf tell its samples")?;
        ensure!(told.status.success(), "perf script ended with {}", told.status);
        std::fs::remove_file(&self.data).context("removing perf's samples")?;
        let mut symbols = Symbols::open(program)?;
        Ok(samples(&String::from_utf8_lossy(&told.stdout)).map(|sample| resolved(&sample, &mut symbols)).collect())
    }

    fn record(&self, process: u32, seconds: &str) -> Command {
        let mut command = Command::new("perf");
        command.args(["record", "-q", "-N", "-e", "cpu-clock", "-F", FREQUENCY, "--call-graph", STACKS]);
        command.args(["-p", &process.to_string(), "-o"]).arg(&self.data).args(["--", "sleep", seconds]);
        command.stdin(Stdio::null()).stdout(Stdio::null());
        command
    }
}

/// Perf ends by itself, and ends before we do when the work fails.
fn until_ended(recording: &mut Child, work: &mut impl FnMut() -> Result<()>) -> Result<()> {
    while recording.try_wait()?.is_none() {
        if let Err(fault) = work() {
            let _ = recording.kill();
            return Err(fault);
        }
    }
    Ok(())
}

/// A sample as perf tells it: the thread, and the innermost place first.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Sample<'a> {
    thread: &'a str,
    places: Vec<Place<'a>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Place<'a> {
    at: u64,
    symbol: &'a str,
    object: &'a str,
}

/// Samples are parted by empty lines: a line with the thread's name and number, then a line for each place.
fn samples(told: &str) -> impl Iterator<Item = Sample<'_>> {
    told.split("\n\n").filter_map(|block| {
        let mut lines = block.lines().filter(|line| !line.trim().is_empty());
        let thread = lines.next()?.trim();
        let thread = thread.rsplit_once(char::is_whitespace).map_or(thread, |(name, _)| name.trim());
        // One that has ended has no name, but a number.
        let thread = if thread.starts_with(':') { "a thread" } else { thread };
        Some(Sample { thread, places: lines.filter_map(place).collect() })
    })
}

/// `aab27f space::walk (/folder/space)`; perf marks the end of what it could unwind by a place without a name.
fn place(line: &str) -> Option<Place<'_>> {
    let (at, rest) = line.trim().split_once(' ')?;
    let at = u64::from_str_radix(at, 16).ok().filter(|at| *at != u64::MAX)?;
    let (symbol, object) = rest.trim().rsplit_once(" (")?;
    Some(Place { at, symbol, object: object.strip_suffix(')')? })
}

fn resolved(sample: &Sample<'_>, symbols: &mut Symbols) -> Stack {
    let mut frames = Vec::new();
    for (depth, place) in sample.places.iter().enumerate().rev() {
        let own = Path::new(place.object) == symbols.path();
        let inside = if own { symbols.frames(place.at, depth > 0, place.symbol) } else { Vec::new() };
        if inside.is_empty() {
            frames.push(plain(place, own));
        } else {
            frames.extend(inside);
        }
    }
    Stack { thread: sample.thread.to_owned(), frames }
}

/// A place of which perf's own name is all that is known.
fn plain(place: &Place<'_>, own: bool) -> Frame {
    let object = names::file(place.object).trim_matches(['[', ']']);
    let owner = match object {
        _ if own => Owner::Program,
        _ if place.object.starts_with("[kernel") || place.object.starts_with("[guest.kernel") => Owner::Kernel,
        _ => Owner::System,
    };
    let name = if place.symbol == "[unknown]" { format!("unknown in {object}") } else { names::short(place.symbol) };
    Frame { name, owner }
}

#[cfg(test)]
mod tests;
