//! What is matched: a file of plans, laid on the grid, or of cells.

use std::path::Path;

use anyhow::Result;
use detente_api::problem::{Fault, Problem};
use detente_gateway::Level;
use detente_gateway::plans::{FILE_BYTES_MAX, Plan, read};
use detente_gateway::terms::standard;
use detente_space::cells::{CELLS_MAX, CellId, CellSet, Grid, Size};
use detente_space::{Law, Separation};
use detente_types::{Datum, Metres, Position, Terms};

use crate::args::{GridArgs, HEIGHTS, Length, ReadArgs};
use crate::client::Refusal;
use crate::output::refuse;
use crate::verbs::check::{bytes_of, places, terms};

/// Largest file of cells, bytes: the most cells with a line end of two characters each, and as much again for remarks.
const CELL_BYTES_MAX: usize = 2 * 34 * CELLS_MAX;
/// The grid, with what it was made of.
pub(super) struct Question {
    pub(super) grid: Grid,
    pub(super) size: Size,
    pub(super) separation: Separation,
    pub(super) law: Law,
    pub(super) datum: Datum,
    /// Places that have names, in English.
    pub(super) places: Vec<(Position, String)>,
}

impl Question {
    /// What an option says, then what the terms say, then what lines usually have.
    pub(super) fn of(args: &GridArgs) -> Result<Self> {
        let named = args.terms.as_deref().map(terms).transpose()?;
        let usual = named.as_ref().map_or_else(standard, |terms| terms.input().clone());
        let heights = named.as_ref().map_or(HEIGHTS, Terms::heights);
        let asked = args.law.map(Law::name).unwrap_or(usual.law.as_str());
        let law = Law::from_name(asked, heights)
            .ok_or_else(|| refuse(Fault::Rules, format!("the terms name the law {asked}, which this version lacks")))?;
        let length = |option: Option<Length>, usual: u32| {
            option.map_or_else(|| Metres::new(usual.into()), |length| length.ceil).max(Metres::ZERO)
        };
        let separation = Separation {
            horizontal: length(args.horizontal, usual.separation.horizontal_m),
            vertical: length(args.vertical, usual.separation.vertical_m),
            time_us: args.time.map_or(i64::from(usual.separation.time_s) * 1_000_000, |time| time.micros),
        };
        let size = Size {
            cell_m: args.cell.unwrap_or(usual.blind.cell_m),
            band_m: args.band.unwrap_or(usual.blind.band_m),
            slot_s: args.slot.unwrap_or(usual.blind.slot_s),
        };
        let datum = heights.datum;
        let grid = Grid::new(size, separation, law, datum).ok_or_else(|| {
            let told = format!("a grid of {size}: expected 10 m to 200,000 m along and up, and 10 s to 86,400 s");
            refuse(Fault::Rules, told)
        })?;
        let places = named.as_ref().map(places).unwrap_or_default();
        let places = places.into_iter().map(|(at, [english, _])| (at, english)).collect();
        Ok(Self { grid, size, separation, law, datum, places })
    }

    /// The separation in words.
    pub(super) fn separation_words(&self) -> String {
        let Separation { horizontal, vertical, time_us } = self.separation;
        let time = if time_us % 1_000_000 == 0 { format!("{} s", time_us / 1_000_000) } else { format!("{time_us} µs") };
        format!("{horizontal}, {vertical} in height, {time} in time")
    }

    /// The law in words, with how it compares altitudes.
    pub(super) fn law_words(&self) -> String {
        let mut told = format!("{}, altitudes over {}", self.law.name(), self.datum.name());
        if let Law::Two(heights) = self.law {
            if let Some((lowest, highest)) = heights.terrain {
                told.push_str(&format!(", ground from {lowest} to {highest}"));
            }
            if let Some(off) = heights.pressure {
                told.push_str(&format!(", flight levels within {off}"));
            }
        }
        told
    }
}

/// A file that was read and laid on the grid.
pub(super) struct Input {
    /// The file, as it was named.
    pub(super) name: String,
    /// How it is written; `cells` for cells.
    pub(super) format: &'static str,
    pub(super) plans: Vec<Plan>,
    pub(super) cells: CellSet,
    pub(super) question: Question,
}

impl Input {
    /// Reads a file.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub(super) fn read(file: &Path, how: &ReadArgs, question: Question) -> Result<Self> {
        let name = file.display().to_string();
        let bytes = bytes_of(file, CELL_BYTES_MAX.max(FILE_BYTES_MAX))
            .map_err(|error| refuse(Fault::Request, format!("{name}: {error}")))?;
        if how.format.is_none() && holds_cells(&bytes) {
            let cells = cells(&name, &bytes, &question)?;
            return Ok(Self { name, format: "cells", plans: Vec::new(), cells, question });
        }
        let read = read(&name, how.format, &bytes, &how.given()).map_err(|fault| Refusal(Problem::from(&fault)))?;
        let warnings = read.report.findings.iter().filter(|finding| finding.level == Level::Warning);
        warnings.for_each(|finding| eprintln!("{name}: {finding}"));
        let cells = laid(&name, &read.plans, &question)?;
        Ok(Self { name, format: read.format.name(), plans: read.plans, cells, question })
    }
}

/// The cells of all plans together.
fn laid(name: &str, plans: &[Plan], question: &Question) -> Result<CellSet> {
    question.grid.cells(plans.iter().flat_map(|plan| &plan.volumes)).map_err(|fault| {
        let mut before = 0;
        let held = plans.iter().find(|plan| {
            before += plan.volumes.len();
            before > fault.volume
        });
        let place = held.map_or("", |plan| plan.place.as_str());
        refuse(Fault::TooLarge, format!("{name}: {fault}; the volume is of {place}"))
    })
}

/// Whether the first line that says anything is a cell, if perhaps a wrong one, or nothing but remarks is there. No file of
/// plans begins with a line of hexadecimal digits and nothing else.
fn holds_cells(bytes: &[u8]) -> bool {
    match lines(bytes).next() {
        Some((_, line)) => line.iter().all(u8::is_ascii_hexdigit),
        // Remarks alone are a set of nothing.
        None => bytes.contains(&b'#'),
    }
}

/// Lines that say something, with their numbers from 1: not empty, and no remark after `#`.
fn lines(bytes: &[u8]) -> impl Iterator<Item = (usize, &[u8])> {
    let lines = bytes.split(|&byte| byte == b'\n').zip(1..).map(|(line, number)| (number, line.trim_ascii()));
    lines.filter(|(_, line)| !line.is_empty() && !line.starts_with(b"#"))
}

fn cells(name: &str, bytes: &[u8], question: &Question) -> Result<CellSet> {
    let refused = |told: String| refuse(Fault::Rules, told);
    if bytes.len() > CELL_BYTES_MAX {
        return Err(refused(format!("{name}: a file of cells has at most {} MiB", CELL_BYTES_MAX >> 20)));
    }
    let mut cells = Vec::new();
    for (number, line) in lines(bytes) {
        let cell: CellId =
            String::from_utf8_lossy(line).parse().map_err(|fault| refused(format!("{name}: line {number}: {fault}")))?;
        if question.grid.bounds(cell).is_none() {
            return Err(refused(format!("{name}: line {number}: {cell} is no cell of the grid of {}", question.size)));
        }
        cells.push(cell);
    }
    CellSet::of(cells).ok_or_else(|| refused(format!("{name}: expected at most {CELLS_MAX} cells")))
}

/// Takes any bytes as a file of cells of the usual grid.
pub(crate) fn fuzz(data: &[u8]) {
    let question = Question::of(&GridArgs::default()).expect("the usual grid is one");
    let Ok(set) = cells("cells", data, &question) else { return };
    assert!(set.as_slice().iter().all(|cell| question.grid.bounds(*cell).is_some()), "only cells of the grid are taken");
    let text: String = set.as_slice().iter().map(|cell| format!("{cell}\n")).collect();
    let again = cells("cells", text.as_bytes(), &question).expect("what was taken can be taken again");
    assert_eq!(again, set);
}
