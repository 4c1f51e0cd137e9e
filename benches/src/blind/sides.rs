//! `detente match` as two processes on this machine, over loopback: from the call to both results, with the most memory of each.

use std::fs::File;
use std::io::{BufRead as _, BufReader, BufWriter, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use detente_space::cells::{CellId, Size};
use serde_json::Value;

use crate::machine::memory_mib;
use crate::program::Program;

/// How often memory is looked at.
const LOOK: Duration = Duration::from_millis(20);

/// What both sides of a match want alike.
#[derive(Clone, Copy, Debug)]
pub struct Wanted {
    /// Both lists have 2^this places.
    pub class: u8,
    /// The grid that the cells are of.
    pub grid: Size,
    /// Whether every answer is proved.
    pub verified: bool,
}

/// What a match took.
#[derive(Debug)]
pub struct Matched {
    /// From the call until both sides had told their results.
    pub took: Duration,
    /// The most that each process had resident, the side that listened first, MiB.
    pub memory_mib: [f64; 2],
    /// Cells in common, as both told.
    pub common: u64,
}

/// A process of ours; it does not outlive what it is for.
struct Side(Child);

impl Drop for Side {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Writes a file of cells.
///
/// # Errors
/// When the disk refuses.
pub fn write_cells(path: &Path, cells: impl IntoIterator<Item = CellId>) -> Result<()> {
    let mut file = BufWriter::new(File::create(path).with_context(|| format!("writing {}", path.display()))?);
    for cell in cells {
        writeln!(file, "{cell}")?;
    }
    Ok(file.flush()?)
}

/// So many cells of a grid of 5,000 m near the equator, from a slot on: 4,096 of each slot.
pub fn block(from_slot: u32, count: u32) -> impl Iterator<Item = CellId> {
    (0..count).map(move |number| {
        let parts = [2_000, number % 4_096, from_slot + number / 4_096, 1 << 31];
        let mut bytes = [0; CellId::LENGTH];
        bytes.chunks_exact_mut(4).zip(parts).for_each(|(place, part)| place.copy_from_slice(&part.to_be_bytes()));
        CellId::from_bytes(bytes)
    })
}

/// Matches two files of cells in mode `cells`.
///
/// # Errors
/// When a side fails, or the two tell different things.
pub fn matched(program: &Program, files: [&Path; 2], wanted: Wanted, folder: &Path) -> Result<Matched> {
    let outs = ["listened.json", "joined.json"].map(|name| folder.join(name));
    let mut listening = side(program, &["match", "listen"], files[0], &["--at", "127.0.0.1:0"], wanted, &outs[0])?;
    let mut told = BufReader::new(listening.0.stderr.take().context("what it says")?);
    let mut line = String::new();
    told.read_line(&mut line)?;
    let address = line.trim().strip_prefix("listening at ").with_context(|| format!("the side that listens said: {line}"))?;
    let began = Instant::now();
    let joining = side(program, &["match", "join"], files[1], &[address], wanted, &outs[1])?;
    let (took, memory_mib) = until_done(&mut [listening, joining], began)?;
    let common = [told_of(&outs[0])?, told_of(&outs[1])?];
    ensure!(common[0] == common[1], "the two sides found {} and {} cells", common[0], common[1]);
    Ok(Matched { took, memory_mib, common: common[0] })
}

fn side(program: &Program, verb: &[&str], file: &Path, more: &[&str], wanted: Wanted, out: &PathBuf) -> Result<Side> {
    let Wanted { class, grid, verified } = wanted;
    let mut command = Command::new(program.path());
    command.args(verb).arg(file).args(more).args(["--name", "measured", "--json", "--class", &class.to_string()]);
    let of = |number: u32, unit: &str| format!("{number}{unit}");
    command.args(["--cell", &of(grid.cell_m, "m"), "--band", &of(grid.band_m, "m"), "--slot", &of(grid.slot_s, "s")]);
    command.args(verified.then_some("--verified"));
    let out = File::create(out)?;
    Ok(Side(command.stdin(Stdio::null()).stdout(out).stderr(Stdio::piped()).spawn().context("starting a side")?))
}

fn until_done(sides: &mut [Side; 2], began: Instant) -> Result<(Duration, [f64; 2])> {
    let mut most = [0.0_f64; 2];
    let mut is_done = [false; 2];
    while is_done != [true; 2] {
        for ((Side(side), most), is_done) in sides.iter_mut().zip(&mut most).zip(&mut is_done) {
            *most = most.max(memory_mib(&side.id().to_string(), "VmHWM").unwrap_or_default());
            if let Some(status) = side.try_wait()? {
                // 0 is nothing in common, 1 is something. Whoever waits for a side that failed waits for ever.
                ensure!(status.code().is_some_and(|code| code < 2), "a side ended with {status}");
                *is_done = true;
            }
        }
        std::thread::sleep(LOOK);
    }
    Ok((began.elapsed(), most))
}

fn told_of(out: &Path) -> Result<u64> {
    let told: Value = serde_json::from_slice(&std::fs::read(out)?).context("what a side told")?;
    told["common"].as_u64().context("a number of cells in common")
}
