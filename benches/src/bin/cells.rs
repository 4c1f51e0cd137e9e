//! Cells and false alarms by the size of the grid, for a city's day and for the gulf of the examples.
//!
//! `cargo xtask bench cells [--write] [--quick]`

use std::path::Path;

use anyhow::{Result, ensure};
use detente_benches::cells::{Outcome, Scene, USUAL, city, gulf};
use detente_benches::machine::describe;
use detente_benches::report::Report;
use detente_space::Separation;
use detente_space::cells::{CELLS_MAX, Size};
use detente_types::unit::Metres;

/// Edges of cells, bands and slots, in separations.
const ALONG: [f64; 5] = [0.25, 0.5, 1.0, 2.0, 4.0];
const UP: [f64; 3] = [1.0, 2.0, 4.0];
const TIME: [f64; 4] = [0.5, 1.0, 3.0, 6.0];
/// The usual grid's neighbours, each with one edge of its own.
const NEAR_M: [u32; 4] = [2_500, 4_000, 7_500, 10_000];
const NEAR_BAND_M: [u32; 3] = [250, 1_000, 2_000];
const NEAR_S: [u32; 4] = [300, 600, 1_200, 1_800];

const ABOUT: &str = "Each side lays its notices on the grid, grown by half the separation. An alarm is a pair of notices, one of each side, \
    that share a cell; it is false if the law finds no conflict of the two. No conflict was without its alarm, or there would be no \
    report. `x` counts separations: 1 x 2 x 3 is a cell as long as the separation, twice as high and three times as lasting. The grid \
    that terms have unless they say otherwise is marked, and stands among neighbours that differ from it in one edge. What \
    blind matching costs goes with the cells; what it costs the officers goes with the false alarms.";

/// Most cells of a side in the city, and in the gulf: nine tenths of the class that terms have unless they say otherwise, and of
/// one four times as large.
const CITY_MAX: usize = (1 << 15) / 10 * 9;
const GULF_MAX: usize = (1 << 17) / 10 * 9;
const PICKED: &str = "The usual grid is the one of these that alarms least for nothing in the city's day at a line's usual separation \
    (9,260 m, 300 m, 300 s), of all on which that day takes at most nine tenths of the class that terms have unless they say otherwise \
    (2^15), and the gulf nine tenths of 2^17; of equals the one with the lowest bands. Another outcome fails this report.";

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let has = |flag: &str| arguments.iter().any(|argument| argument == flag);
    for flag in &arguments {
        ensure!(["--write", "--quick"].contains(&flag.as_str()), "unknown flag {flag}; there are: --write, --quick");
    }
    let flights = if has("--quick") { 40 } else { 400 };
    let line = Separation { horizontal: Metres::new(9_260), vertical: Metres::new(300), time_us: 300_000_000 };
    let scenes = [
        city::scene("a city's day, 500 m, 30 m, 60 s", flights, city::separation())?,
        city::scene("a city's day, 9,260 m, 300 m, 300 s", flights, line)?,
        gulf::scene()?,
    ];
    let about = format!("{flights} flights a side over one city, half an hour each, seeds 42 and 4242; examples/gulf as it is");
    let mut report = Report::new("Cells, measured", &describe("cargo xtask bench cells --write", &about));
    report.note(ABOUT);
    let [_, city, gulf] = [tell(&mut report, &scenes[0])?, tell(&mut report, &scenes[1])?, tell(&mut report, &scenes[2])?];
    report.note(PICKED);
    if !has("--quick") {
        let picked = picked(&city, &gulf).map(|size| size.to_string());
        ensure!(picked.as_ref() == Some(&USUAL.to_string()), "by its own rule the usual grid is {picked:?}, not {USUAL}");
    }
    if has("--write") {
        report.write(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/benchmarks/cells.md"))?;
    }
    Ok(())
}

/// One way varied at a time from 1 x 1 x 1, then all together.
fn grids() -> Vec<[f64; 3]> {
    let mut grids: Vec<[f64; 3]> = ALONG.iter().map(|&along| [along, 1.0, 1.0]).collect();
    grids.extend(UP.iter().map(|&up| [1.0, up, 1.0]));
    grids.extend(TIME.iter().map(|&time| [1.0, 1.0, time]));
    grids.extend([[0.5, 1.0, 3.0], [0.5, 2.0, 3.0], [1.0, 2.0, 3.0], [2.0, 2.0, 3.0], [2.0, 4.0, 6.0], [4.0, 4.0, 6.0]]);
    grids
}

/// The usual grid, and its neighbours.
fn usual_and_neighbours() -> Vec<Size> {
    let mut sizes = vec![USUAL];
    sizes.extend(NEAR_M.map(|cell_m| Size { cell_m, ..USUAL }));
    sizes.extend(NEAR_BAND_M.map(|band_m| Size { band_m, ..USUAL }));
    sizes.extend(NEAR_S.map(|slot_s| Size { slot_s, ..USUAL }));
    sizes
}

/// What came of each grid; none where a set was too large.
type Outcomes = Vec<(Size, Option<Outcome>)>;

/// The grid that [`PICKED`] tells of.
fn picked(city: &Outcomes, gulf: &Outcomes) -> Option<Size> {
    let fits = |outcome: &Outcome, most: usize| outcome.cells.iter().all(|cells| *cells <= most);
    let fits_gulf = |size: Size| {
        let found = gulf.iter().find(|(other, _)| *other == size);
        found.and_then(|(_, outcome)| outcome.as_ref()).is_some_and(|outcome| fits(outcome, GULF_MAX))
    };
    let fitting =
        city.iter().filter_map(|(size, outcome)| Some((*size, outcome.as_ref().filter(|outcome| fits(outcome, CITY_MAX))?)));
    let fitting = fitting.filter(|(size, _)| fits_gulf(*size));
    fitting.min_by_key(|(size, outcome)| (outcome.false_alarms, size.band_m)).map(|(size, _)| size)
}

fn tell(report: &mut Report, scene: &Scene) -> Result<Outcomes> {
    let conflicts = scene.conflicts();
    let pairs = scene.sides[0].len() * scene.sides[1].len();
    let mut sizes: Vec<Size> = grids().into_iter().map(|parts| scene.size(parts)).chain(usual_and_neighbours()).collect();
    sizes.sort_by_key(|size| (size.cell_m, size.band_m, size.slot_s));
    sizes.dedup();
    let outcomes: Outcomes = sizes.into_iter().map(|size| Ok((size, scene.on_grid(size, &conflicts)?))).collect::<Result<_>>()?;
    let rows: Vec<_> = outcomes.iter().map(|(size, outcome)| row(scene.parts(*size), *size, outcome.as_ref())).collect();
    let title = format!(
        "{}: {} and {} notices, {} conflicts in {pairs} pairs",
        scene.name,
        scene.sides[0].len(),
        scene.sides[1].len(),
        conflicts.len()
    );
    let head = [
        "x separation",
        "grid",
        "cells a side",
        "cells in common",
        "alarms",
        "false",
        "of alarms",
        "notices alarmed for nothing",
    ];
    report.table(&title, &head, &rows);
    Ok(outcomes)
}

fn row(parts: [f64; 3], size: Size, outcome: Option<&Outcome>) -> Vec<String> {
    // To the hundredth, and no zeros behind.
    let [along, up, time] = parts.map(|part| (part * 100.0).round() / 100.0);
    let usual = if size == USUAL { "**the usual:** " } else { "" };
    let mut row = vec![format!("{along} x {up} x {time}"), format!("{usual}{size}")];
    match outcome {
        None => {
            row.push(format!("more than {CELLS_MAX}"));
            row.resize(8, "-".into());
        }
        Some(outcome) => row.extend([
            format!("{}, {}", outcome.cells[0], outcome.cells[1]),
            outcome.common.to_string(),
            outcome.alarms.to_string(),
            outcome.false_alarms.to_string(),
            format!("{:.0} %", outcome.false_alarms as f64 / outcome.alarms.max(1) as f64 * 100.0),
            outcome.troubled.to_string(),
        ]),
    }
    row
}
