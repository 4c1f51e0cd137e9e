//! What `detente match` is told.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use detente_space::Law;

use super::OnLine;
use super::measures::{Duration, Length};
use super::plans::{ReadArgs, law};

/// How a match ends and what protects it: stands below the help of both verbs that match.
macro_rules! plainly {
    ($($line:literal),+) => {
        concat!(
            example!($($line),+),
            "\n\nOf a match: 0 nothing in common; 1 something in common; 2 the file or the command line is wrong and nothing \
             was sent; 3 the sides want different things, one broke the rules, or a person said no; 5 no connection, or it was cut; 6 \
             the two sides found different things, for an answer was spoilt; 7 the other side was silent.\n\n\
             Both sides must say the same of --name, --mode, --verified, --class, --confirm and the grid: what differs is told to both, \
             and nothing is matched.\n\n\
             A plain socket authenticates nobody: whoever reaches it can take part. Both people read the six words of the run to \
             each other; they are the same only if nobody stands between. With --confirm nothing is answered before both have \
             typed yes. Who listens on the wire sees the name, the grid, the size class and that it took place, and no plan."
        )
    };
}

/// Blind matching: on a line, and without one.
#[derive(Debug, Subcommand)]
pub enum Match {
    /// Wait for the other side, and match with it.
    #[command(after_help = plainly!("match listen plans.geojson --at 0.0.0.0:7430 --name \"Narva bay\" --confirm"))]
    Listen {
        /// Our plans (GeoJSON, KML, CSV, our JSON, F3548), or cells, 32 hexadecimal digits a line; `-` is standard input.
        #[arg(id = "files", value_name = "FILE")]
        file: PathBuf,
        /// Where to listen.
        #[arg(long, default_value = "127.0.0.1:7430", value_name = "HOST:PORT", value_parser = address)]
        at: String,
        #[command(flatten)]
        args: Box<MatchArgs>,
    },
    /// Call the side that listens, and match with it.
    #[command(after_help = plainly!("match join plans.kml aster.example:7430 --name \"Narva bay\" --confirm"))]
    Join {
        /// Our plans (GeoJSON, KML, CSV, our JSON, F3548), or cells, 32 hexadecimal digits a line; `-` is standard input.
        #[arg(id = "files", value_name = "FILE")]
        file: PathBuf,
        /// Where the other side listens.
        #[arg(value_name = "HOST:PORT", value_parser = address)]
        address: String,
        #[command(flatten)]
        args: Box<MatchArgs>,
    },
    /// Print the cells of plans, one a line: what would be matched. They show the plans; keep them.
    #[command(after_help = example!("match cells plans.geojson > plans.cells"))]
    Cells {
        /// Plans (GeoJSON, KML, CSV, our JSON, F3548); `-` is standard input.
        #[arg(id = "files", value_name = "FILE")]
        file: PathBuf,
        #[command(flatten)]
        grid: Box<GridArgs>,
    },
    /// On a line: ask for a blind run now, beyond the fixed ones. It costs budget.
    #[command(after_help = example!("match run --reason \"before tonight's flights\" --wait 60"))]
    Run {
        /// Why: it stands in the log, and the other side reads it.
        #[arg(long)]
        reason: Option<String>,
        /// Seconds to wait for its end; 7 is the exit code when it does not come.
        #[arg(long, default_value_t = 0)]
        wait: u64,
        #[command(flatten)]
        on: OnLine,
    },
    /// On a line: stop a blind run that is under way.
    #[command(after_help = example!("match stop 2026-11-25T06:00:00Z", "match stop 3f9a12c4"))]
    Stop {
        /// Its time, or the hash of the asking, or enough of that.
        run: String,
        #[command(flatten)]
        on: OnLine,
    },
    /// On a line: show the next run, what was spent of the budgets, the latest runs, and what they found close to our plans.
    #[command(after_help = example!("match status", "match status --json"))]
    Status {
        #[command(flatten)]
        on: OnLine,
    },
    /// On a line: show the other side the colliding part of a plan of ours, and no more. It is then settled as any conflict.
    #[command(after_help = example!("match show 81c09d2e"))]
    Show {
        /// The blind conflict, as `match status` names it, or enough of it.
        conflict: String,
        #[command(flatten)]
        on: OnLine,
    },
    /// On a line: ask the other side to show what it has in the common cells.
    #[command(after_help = example!("match ask 81c09d2e --reason \"we cannot move ours\""))]
    Ask {
        /// The blind conflict, as `match status` names it, or enough of it.
        conflict: String,
        /// Why: it stands in the log, and the other side reads it.
        #[arg(long)]
        reason: Option<String>,
        #[command(flatten)]
        on: OnLine,
    },
    /// Show what is kept of runs that the other side broke, byte by byte; with --to, write each piece to a file.
    ///
    /// It stands in the book of a home that no node runs on, or of a copy of it (`backup`), named by --home.
    #[command(after_help = example!(
        "match evidence",
        "--home backups/monday match evidence 2026-11-25T06:00:00Z --to evidence-of-the-run"
    ))]
    Evidence {
        /// Only this run: its time, or the hash of the asking, or enough of it.
        run: Option<String>,
        /// A directory: each piece becomes a new file there.
        #[arg(long, value_name = "DIRECTORY")]
        to: Option<PathBuf>,
    },
    /// For the auditor that the terms name: replay one side's part in its runs, and say whether its plans were matched and no others.
    ///
    /// Works on a home that no node runs on, or on a copy of it (`backup`): first every byte and signature of it is verified, then the
    /// first message of each run is made again and compared with what both logs hold. The other side needs none of this.
    #[command(after_help = concat!(
        example!("match audit backups/monday --key auditor.key", "match audit backups/monday --key auditor.key --run 2026-11-25T06:00:00Z"),
        "\n\nOf an audit: 0 every run that can be judged is as committed, or none can; 6 something differs."
    ))]
    Audit {
        /// The home or the copy; this home when absent.
        path: Option<PathBuf>,
        /// The file of the auditor's secret key, as `match auditor-key` makes it.
        #[arg(long, value_name = "FILE")]
        key: PathBuf,
        /// Only this run: its time, or the hash of the asking, or enough of it.
        #[arg(long)]
        run: Option<String>,
        /// What was declared or flown since (GeoJSON, KML, CSV, our JSON, F3548): cells that were matched and that nothing of it comes near
        /// are counted, for a set that probed has many; and cells of it that were not matched, for a set that left something out has them.
        #[arg(id = "files", long = "flown", value_name = "FILE")]
        flown: Option<PathBuf>,
        #[command(flatten, next_help_heading = "Reading the file")]
        read: Box<ReadArgs>,
    },
    /// For an auditor: make a secret key in a new file, and print the public key that belongs into the terms.
    #[command(after_help = example!("match auditor-key auditor.key"))]
    AuditorKey {
        /// A new file. Whoever has it can open every seed that is sealed to its key.
        to: PathBuf,
    },
}

/// What both sides learn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Asked {
    /// Each side which of its own cells the other has too.
    Cells,
    /// Each side how many cells both have.
    Count,
}

impl Asked {
    /// Its name on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Cells => "cells",
            Self::Count => "count",
        }
    }
}

/// What a match is told besides its file. Both sides must say the same of all but --patience and how the file is read.
#[derive(Clone, Debug, Args)]
pub struct MatchArgs {
    /// What both sides call this match, agreed beforehand. It goes over the wire as it is.
    #[arg(long)]
    pub name: String,
    /// What is learnt: which of its own cells each side has in common with the other, or only how many.
    #[arg(long, value_enum, default_value = "cells")]
    pub mode: Asked,
    /// Every answer carries a proof that it was made with the committed key; not with --mode count.
    #[arg(long)]
    pub verified: bool,
    /// Both lists are padded to 2^CLASS cells, which is all that the other side learns of their length; 4 to 22.
    #[arg(long, default_value_t = 16, value_parser = clap::value_parser!(u8).range(4..=22))]
    pub class: u8,
    /// Ask on standard input whether the six words are the same on both sides, before anything is answered.
    #[arg(long)]
    pub confirm: bool,
    /// How long the other side may be silent.
    #[arg(long, value_name = "TIME", default_value = "60s", value_parser = patience)]
    pub patience: Duration,
    #[command(flatten)]
    pub grid: GridArgs,
}

/// The grid on which both sides lay their plans, and by how much these grow before. Both sides must say the same.
#[derive(Clone, Debug, Default, Args)]
pub struct GridArgs {
    /// How close is too close along the earth: 500m, 1.5km, 0.3nm; 9260m when absent. Each side grows by half of it.
    #[arg(long, value_name = "LENGTH", help_heading = "The grid")]
    pub horizontal: Option<Length>,
    /// How close is too close in height: 30m, 100ft; 300m when absent.
    #[arg(long, value_name = "LENGTH", help_heading = "The grid")]
    pub vertical: Option<Length>,
    /// How close is too close in time: 60s, 5min; 300s when absent.
    #[arg(long, value_name = "TIME", help_heading = "The grid")]
    pub time: Option<Duration>,
    /// Edge of a cell, whole metres; 5000m when absent. Larger cells are fewer, and more often alarm for nothing.
    #[arg(long, value_name = "LENGTH", value_parser = metres, help_heading = "The grid")]
    pub cell: Option<u32>,
    /// Height of a cell, whole metres; 500m when absent.
    #[arg(long, value_name = "LENGTH", value_parser = metres, help_heading = "The grid")]
    pub band: Option<u32>,
    /// Length of a cell in time, whole seconds; 900s when absent.
    #[arg(long, value_name = "TIME", value_parser = seconds, help_heading = "The grid")]
    pub slot: Option<u32>,
    /// The law by which plans conflict; that of the terms, else conflict/2, when absent.
    #[arg(long, value_parser = law, help_heading = "The grid")]
    pub law: Option<Law>,
    /// A terms file (TOML): its grid, separation, law and names of places, where no option says otherwise.
    #[arg(long, help_heading = "The grid")]
    pub terms: Option<PathBuf>,
    #[command(flatten, next_help_heading = "Reading the file")]
    pub read: ReadArgs,
}

/// Shortest patience, microseconds: a side that works says every second that it is there.
const PATIENCE_US_MIN: i64 = 3_000_000;

fn patience(text: &str) -> Result<Duration, String> {
    let told: Duration = text.parse()?;
    if told.micros < PATIENCE_US_MIN {
        return Err("expected 3s or more: a side that works says every second that it is there".into());
    }
    Ok(told)
}

/// A name or a number of a machine, and a port; whether there is such a machine is seen when it is called.
fn address(text: &str) -> Result<String, String> {
    let is_host = |host: &str| match host.strip_prefix('[') {
        Some(rest) => rest.ends_with(']'),
        None => !host.is_empty() && !host.contains(':'),
    };
    let is_good = text.rsplit_once(':').is_some_and(|(host, port)| is_host(host) && port.parse::<u16>().is_ok());
    is_good.then(|| text.to_owned()).ok_or_else(|| "expected a host and a port, such as 127.0.0.1:7430 or [::1]:7430".into())
}

fn metres(text: &str) -> Result<u32, String> {
    let length: Length = text.parse()?;
    let whole = (length.floor == length.ceil && length.floor.cm() % 100 == 0).then_some(length.floor.cm() / 100);
    whole.and_then(|metres| u32::try_from(metres).ok()).ok_or_else(|| "expected whole metres, such as 5000m or 5km".into())
}

fn seconds(text: &str) -> Result<u32, String> {
    let time: Duration = text.parse()?;
    let whole = (time.micros % 1_000_000 == 0).then_some(time.micros / 1_000_000);
    whole.and_then(|seconds| u32::try_from(seconds).ok()).ok_or_else(|| "expected whole seconds, such as 900s or 15min".into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_a_host_and_a_port() {
        for good in ["127.0.0.1:0", "aster.example:7430", "[::1]:7430"] {
            assert_eq!(address(good).as_deref(), Ok(good));
        }
        for wrong in ["", "aster.example", ":7430", "aster.example:", "aster.example:70000", "::1", "::1:7430", "[::1]"] {
            assert!(address(wrong).is_err(), "{wrong}");
        }
    }
}
