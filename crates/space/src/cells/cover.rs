//! The cells of one volume: what its grown footprint touches, for as long as it is there.
//!
//! Edges are cut into short pieces. Everything within a reach of a piece is within a little more of one of its ends, so
//! a shape's reach is a row of balls; each ball's cells are found exactly. What stays has its cells for its whole window.
//! What moves has those of a ball from the time at which the piece before it begins to the time at which the piece after it ends.

use detente_types::geometry::earth::{POLAR_RADIUS_M, Vec3};
use detente_types::time::Timestamp;
use detente_types::unit::Metres;

use super::Grid;
use super::id::CellId;
use super::surface::Cap;
use crate::law::Law;
use crate::outline::{Outline, Prepared};

/// Pieces are no longer than this part of the reach: balls are then 0.8 % larger than the reach at most. Or than this part of
/// a cell, if that is more: where the reach is nothing, balls are a 32nd of a cell large.
const PART_OF_REACH: f64 = 0.25;
const PART_OF_CELL: f64 = 1.0 / 16.0;

/// Pieces take no longer than this part of a slot: what moves is in a cell an eighth of a slot longer than need be.
const PART_OF_SLOT: f64 = 1.0 / 16.0;

/// How many runs are kept before those that overlap are merged for the first time.
const RUNS_KEPT: usize = 1 << 18;

/// Most balls for one volume, some seconds of work. No more than 16 are made for each length of a cell and each slot, so
/// what needs more has more cells than a set may have.
const BALLS_MAX: u64 = 1 << 26;

/// Neighbouring cells of a row, and neighbouring slots.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Run {
    row: u32,
    first: u32,
    slots: (u32, u32),
    last: u32,
}

impl Run {
    fn cells(&self) -> u64 {
        let count = |first: u32, last: u32| u64::from(last - first) + 1;
        count(self.first, self.last).saturating_mul(count(self.slots.0, self.slots.1))
    }
}

/// All cells of one volume, as runs in order, none of which overlap.
pub(super) struct Cover {
    runs: Vec<Run>,
    bands: (i64, i64),
}

/// There are more cells than allowed; this many or more.
#[derive(Clone, Copy, Debug)]
pub(super) struct Exceeded {
    pub(super) at_least: u64,
}

impl Cover {
    /// Of a volume on a grid, with no more than `most` cells.
    pub(super) fn of(grid: &Grid, volume: &Prepared<'_>, most: u64) -> Result<Self, Exceeded> {
        let bands = grid.bands_of(volume);
        let passage = volume.volume.passage.as_ref().filter(|_| matches!(grid.law, Law::Two(_)));
        let window = &volume.volume.window;
        let slots = match passage {
            Some(passage) => grid.slots_of((passage.start().micros(), passage.end().micros()), passage.slack_us()),
            None => grid.slots_of((window.start().micros(), window.end().micros()), 0),
        };
        let tall = (bands.1 - bands.0) as u64 + 1;
        let mut draft = Draft::new(grid, passage.is_some(), most / tall);
        // There is some cell in each slot.
        let least = (u64::from(slots.1 - slots.0) + 1).saturating_mul(tall);
        if least > most {
            return Err(Exceeded { at_least: least });
        }
        let outline = volume.outline();
        let exceeded = |cells: u64| Exceeded { at_least: cells.saturating_mul(tall) };
        match passage {
            Some(passage) => draft.follow(outline, passage.times(), passage.slack_us()),
            None => draft.stay(outline, slots),
        }
        .map_err(exceeded)?;
        Ok(Self { runs: draft.runs, bands })
    }

    /// How many cells there are.
    pub(super) fn count(&self) -> u64 {
        let tall = (self.bands.1 - self.bands.0) as u64 + 1;
        self.runs.iter().map(Run::cells).sum::<u64>().saturating_mul(tall)
    }

    /// All of them, in order.
    pub(super) fn ids(&self) -> impl Iterator<Item = CellId> + '_ {
        let bands = self.bands;
        self.runs.iter().flat_map(move |run| {
            (run.first..=run.last).flat_map(move |column| {
                (run.slots.0..=run.slots.1)
                    .flat_map(move |slot| (bands.0..=bands.1).map(move |band| CellId::new(run.row, column, slot, band)))
            })
        })
    }
}

/// A cover in the making. Errors are the number of cells, bands left out, that are more than allowed.
struct Draft<'a> {
    grid: &'a Grid,
    runs: Vec<Run>,
    moves: bool,
    /// Most cells, bands left out.
    most: u64,
    balls: u64,
    /// How many runs there may be before they are merged again.
    room: usize,
}

impl<'a> Draft<'a> {
    const fn new(grid: &'a Grid, moves: bool, most: u64) -> Self {
        Self { grid, runs: Vec::new(), moves, most, balls: 0, room: RUNS_KEPT }
    }

    /// What moves along a path.
    fn follow(&mut self, outline: &Outline, passed: &[Timestamp], slack_us: i64) -> Result<(), u64> {
        for (number, arc) in outline.arcs().iter().enumerate() {
            let (start, end) = (passed[number].micros(), passed[number + 1].micros());
            let chords = arc.chords();
            let at = |k: u32| start + (end - start) * i64::from(k) / i64::from(chords);
            let mut from = arc.from();
            for k in 0..chords {
                let to = arc.vertex(k + 1);
                self.chord(outline, (from, to), (at(k), at(k + 1)), |draft, span| draft.grid.slots_of(span, slack_us))?;
                from = to;
            }
        }
        self.settle()
    }

    /// What stays: its edges, and what lies inside them.
    fn stay(&mut self, outline: &Outline, slots: (u32, u32)) -> Result<(), u64> {
        for arc in outline.arcs() {
            let mut from = arc.from();
            for k in 0..arc.chords() {
                let to = arc.vertex(k + 1);
                self.chord(outline, (from, to), (0, 0), |_, _| slots)?;
                from = to;
            }
        }
        self.settle()?;
        self.fill(outline, slots)
    }

    /// A chord that is passed from a time to a time; `slots` tells when a part of it is to be counted.
    fn chord(
        &mut self,
        outline: &Outline,
        (from, to): (Vec3, Vec3),
        (start, end): (i64, i64),
        slots: impl Fn(&Self, (i64, i64)) -> (u32, u32),
    ) -> Result<(), u64> {
        let reach = self.grid.reach_m(Metres::from_cm(outline.radius_cm()));
        let length = (to - from).norm();
        let longest = (reach * PART_OF_REACH).max(f64::from(self.grid.size.cell_m) * PART_OF_CELL);
        let lasting = self.grid.slot_us() as f64 * PART_OF_SLOT;
        let pieces = libm::ceil((length / longest).max((end - start) as f64 / lasting)).max(1.0);
        let half = length / pieces * 0.5;
        let radius = libm::sqrt(reach * reach + half * half);
        let count = pieces as i64;
        // Less than a microsecond early; what the grid adds to times has room for it.
        let time = |j: i64| start + ((end - start) as f64 * (j.clamp(0, count) as f64 / pieces)) as i64;
        for j in 0..=count {
            let centre = from + (to - from) * (j as f64 / pieces);
            let slots = slots(self, (time(j - 1), time(j + 1)));
            self.ball(&Cap::round(centre, radius), slots)?;
        }
        Ok(())
    }

    fn ball(&mut self, cap: &Cap, slots: (u32, u32)) -> Result<(), u64> {
        self.balls += 1;
        if self.balls > BALLS_MAX {
            return Err(self.most.saturating_add(1));
        }
        let surface = self.grid.surface;
        surface.touched(cap, |row, first, last| self.add(Run { row, first, last, slots }))
    }

    fn add(&mut self, run: Run) -> Result<(), u64> {
        if self.moves {
            // Each cell has its own times.
            for column in run.first..=run.last {
                self.keep(Run { first: column, last: column, ..run })?;
            }
            Ok(())
        } else {
            self.keep(run)
        }
    }

    fn keep(&mut self, run: Run) -> Result<(), u64> {
        self.runs.push(run);
        if self.runs.len() < self.room {
            return Ok(());
        }
        self.settle()?;
        self.room = self.room.max(2 * self.runs.len());
        Ok(())
    }

    /// Sorts the runs and merges those that overlap or follow each other.
    fn settle(&mut self) -> Result<(), u64> {
        self.runs.sort_unstable();
        let moves = self.moves;
        self.runs.dedup_by(|next, before| {
            let joins = if moves {
                (before.row, before.first) == (next.row, next.first) && next.slots.0 <= before.slots.1.saturating_add(1)
            } else {
                before.row == next.row && next.first <= before.last.saturating_add(1)
            };
            if joins {
                before.last = before.last.max(next.last);
                before.slots.1 = before.slots.1.max(next.slots.1);
            }
            joins
        });
        let cells = self.runs.iter().map(Run::cells).fold(0, u64::saturating_add);
        if cells > self.most { Err(cells) } else { Ok(()) }
    }

    /// Adds the cells inside a shape of which the edges' cells are known: what lies between two of them in a row is
    /// crossed by no edge, so it is inside as a whole or not at all.
    fn fill(&mut self, outline: &Outline, slots: (u32, u32)) -> Result<(), u64> {
        let (edges, surface) = (self.runs.clone(), self.grid.surface);
        let (Some(south), Some(north)) = (edges.first().map(|run| run.row), edges.last().map(|run| run.row)) else {
            return Ok(());
        };
        for of_row in edges.chunk_by(|a, b| a.row == b.row) {
            let row = of_row[0].row;
            let columns = surface.columns(row);
            let starts = core::iter::once(0).chain(of_row.iter().map(|run| run.last + 1));
            let ends = of_row.iter().map(|run| run.first).chain(core::iter::once(columns));
            for (first, end) in starts.zip(ends).filter(|(first, end)| first < end) {
                if outline.contains(surface.middle(row, first)) {
                    self.keep(Run { row, first, last: end - 1, slots })?;
                }
            }
        }
        for (sign, rows) in [(-1.0, 0..south), (1.0, north + 1..surface.rows())] {
            if outline.contains(Vec3::new(0.0, 0.0, sign * POLAR_RADIUS_M)) {
                for row in rows {
                    self.keep(Run { row, first: 0, last: surface.columns(row) - 1, slots })?;
                }
            }
        }
        self.settle()
    }
}
