//! Runs of cells put together to few outlines.
//!
//! A piece is a stack of runs, one a row, each overlapping the next and no other: such a stack has one
//! plain outline, without holes and without a place where it touches itself. Where the cells branch, join
//! or leave a gap, a new piece begins.

use detente_types::volume::Position;

use super::cover::Run;
use super::grid::{Grid, HALF_TURN_E7, QUARTER_E7, bulge_m, wrap};

/// No two vertices along a side are further apart than this, 1e-7 degree: 15° are 1,670 km.
const SIDE_E7_MAX: i64 = 150_000_000;

/// Puts the runs of all rows, from the south, into outlines.
pub(super) fn outlines(grid: Grid, rows: &[Vec<Run>]) -> Vec<Vec<Position>> {
    stacks(rows).iter().map(|stack| outline(grid, stack)).collect()
}

fn stacks(rows: &[Vec<Run>]) -> Vec<Vec<Run>> {
    let mut stacks: Vec<Vec<Run>> = Vec::new();
    // The runs of the row before, and which stack each tops.
    let mut tops: Vec<(Run, usize)> = Vec::new();
    for row in rows {
        let runs: Vec<Run> = row.iter().flat_map(|run| cut(*run)).collect();
        let mut next_tops = Vec::with_capacity(runs.len());
        for run in &runs {
            let stack = only_below(run, &tops, &runs).unwrap_or(stacks.len());
            if stack == stacks.len() {
                stacks.push(Vec::new());
            }
            stacks[stack].push(*run);
            next_tops.push((*run, stack));
        }
        tops = next_tops;
    }
    stacks
}

/// The stack that a run continues: it overlaps the top of that one alone, and no other run does.
fn only_below(run: &Run, tops: &[(Run, usize)], row: &[Run]) -> Option<usize> {
    let mut below = tops.iter().filter(|(top, _)| overlap(top, run));
    let (top, stack) = below.next()?;
    let alone = below.next().is_none() && row.iter().filter(|other| overlap(top, other)).count() == 1;
    alone.then_some(*stack)
}

/// A run longer than a quarter turn, cut at 0°, 90°, 180° and 90° W: so two runs overlap in one stretch at
/// most, and a piece round a pole keeps a clear inside (DV-025).
fn cut(run: Run) -> Vec<Run> {
    if run.width <= QUARTER_E7 {
        return vec![run];
    }
    let mut parts = Vec::new();
    let (mut west, end) = (run.west, run.west + run.width);
    while west < end {
        let next = (west.div_euclid(QUARTER_E7) + 1) * QUARTER_E7;
        let width = next.min(end) - west;
        parts.push(Run { west: wrap(west), width, ..run });
        west += width;
    }
    parts
}

/// Whether two runs share more than an end.
fn overlap(a: &Run, b: &Run) -> bool {
    let (b_after_a, a_after_b) = (eastward(a.west, b.west), eastward(b.west, a.west));
    b_after_a < a.width || a_after_b < b.width
}

/// How far east of `from` the longitude `to` lies, 0 to below a turn.
fn eastward(from: i64, to: i64) -> i64 {
    wrap(to - from - HALF_TURN_E7) + HALF_TURN_E7
}

/// The outline of a stack: along the bottom, up the east side, back along the top, down the west side.
fn outline(grid: Grid, stack: &[Run]) -> Vec<Position> {
    let sides = unrolled(stack);
    let mut pen = Pen { grid, ring: vec![(stack[0].south, sides[0].0)] };
    for (run, (_, east)) in stack.iter().zip(&sides) {
        pen.draw_along(run.south, *east);
        pen.draw_to(run.north, *east);
    }
    for (run, (west, _)) in stack.iter().zip(&sides).rev() {
        pen.draw_along(run.north, *west);
        pen.draw_to(run.south, *west);
    }
    pen.finish()
}

/// The west and east ends of the runs, counted on past the antimeridian so that neighbours do not jump.
fn unrolled(stack: &[Run]) -> Vec<(i64, i64)> {
    let mut west = stack[0].west;
    let side = |run: &Run| {
        west += wrap(run.west - west);
        (west, west + run.width)
    };
    stack.iter().map(side).collect()
}

/// Draws a ring of latitudes and unrolled longitudes.
struct Pen {
    grid: Grid,
    ring: Vec<(i64, i64)>,
}

impl Pen {
    /// Along a parallel, with vertices so close that the edges stay near it.
    fn draw_along(&mut self, lat: i64, lon: i64) {
        let (_, from) = self.last();
        if from == lon {
            return;
        }
        let parts = self.parts(lat, (lon - from).abs());
        self.ring.extend((1..=parts).map(|i| (lat, from + (lon - from) * i / parts)));
    }

    /// Along a meridian; a vertex on the way is left out where the next edge goes straight on.
    fn draw_to(&mut self, lat: i64, lon: i64) {
        if let [.., (before, lon_before), (_, lon_last)] = self.ring[..]
            && lon_before == lon
            && lon_last == lon
            && (lat - before).abs() <= SIDE_E7_MAX
        {
            self.ring.pop();
        }
        self.ring.push((lat, lon));
    }

    fn parts(&self, lat: i64, width: i64) -> i64 {
        if lat.abs() == QUARTER_E7 {
            return 1;
        }
        let near_enough = |parts: &i64| {
            let part = width / parts + 1;
            part <= SIDE_E7_MAX && bulge_m(lat, part) <= self.grid.bulge_m_max()
        };
        (1..).find(near_enough).unwrap_or(1)
    }

    fn last(&self) -> (i64, i64) {
        self.ring[self.ring.len() - 1]
    }

    /// The ring as positions; what falls together, at a pole and at the end, is one vertex.
    fn finish(self) -> Vec<Position> {
        let position = |(lat, lon)| Position::try_new(lat, wrap(lon)).expect("cells lie on the earth");
        let mut ring: Vec<Position> = self.ring.into_iter().map(position).collect();
        ring.dedup();
        while ring.len() > 1 && ring.first() == ring.last() {
            ring.pop();
        }
        ring
    }
}
