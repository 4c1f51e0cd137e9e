//! A shape drawn on a small grid: which cells it covers whole, and which it touches at all.
//!
//! Cells are squares of the map whose sides are powers of two, counted from zero: all shapes of one size are drawn
//! on the same grid. A cell holds its southern and western sides, so that every place lies in one cell. What a
//! drawing tells is certain: a cell that is told full lies in the shape, one that is not told touched has no
//! point of it. Where that does not tell whether two shapes meet, they are looked at exactly.

use super::bounds::{LAT, LON};
use super::shape::{Kind, Vertex, View};
use crate::planted::{self, Planted};

/// Cells either way: a row is a `u64`.
const SIDE: i32 = 64;
const ROWS: usize = SIDE as usize;

/// A drawn shape; see the module.
#[derive(Clone, Debug)]
pub(super) struct Raster {
    /// The south-western cell.
    origin: [i32; 2],
    /// A cell is two to this wide and high, in 1e-7°.
    shift: u32,
    touched: [u64; ROWS],
    full: [u64; ROWS],
}

/// The columns from one to another, both among them.
fn span(from: i32, to: i32) -> u64 {
    (u64::MAX >> (SIDE - 1 - to)) & (u64::MAX << from)
}

impl Raster {
    /// `range` is the box of the shape's vertices: the least of each, then the greatest.
    pub(super) fn new(shape: &View<'_>, range: [Vertex; 2]) -> Self {
        let lengths = [LON, LAT].map(|d| i64::from(range[1][d]) - i64::from(range[0][d]));
        let length = lengths[LON].max(lengths[LAT]);
        // A length of so many whole cells touches at most one cell more than that, and its own.
        let shift = (0..).find(|&shift| length >> shift <= i64::from(SIDE) - 2).unwrap_or(i32::BITS - 1);
        let origin = range[0].map(|number| number >> shift);
        let mut raster = Self { origin, shift, touched: [0; ROWS], full: [0; ROWS] };
        // While edges are drawn, `full` holds of how many of them each cell lies east: odd or even.
        shape.any_chord(|from, to| {
            raster.draw(from, to);
            false
        });
        for (full, touched) in raster.full.iter_mut().zip(&mut raster.touched) {
            let edges = if planted::is(Planted::FullEdge) { 0 } else { *touched };
            *full = if shape.kind == Kind::Polygon { *full & !edges } else { 0 };
            *touched |= *full;
        }
        raster
    }

    /// Draws an edge row by row. Where it passes from row to row is computed with rounding, by far less than the
    /// unit by which it is widened.
    fn draw(&mut self, from: Vertex, to: Vertex) {
        let (low, high) = if from[1] <= to[1] { (from, to) } else { (to, from) };
        let local = |vertex: Vertex, d: usize| i64::from(vertex[d]) - (i64::from(self.origin[d]) << self.shift);
        let ([x0, x1], [y0, y1]) = ([low, high].map(|v| local(v, LON)), [low, high].map(|v| local(v, LAT)));
        let (first, last) = (y0 >> self.shift, y1 >> self.shift);
        let column = |x: i64| ((x >> self.shift).max(0) as i32).min(SIDE - 1);
        // The columns of the place where the edge comes into a row.
        let mut came = (column(x0), column(x0));
        let slope = if first < last { (x1 - x0) as f64 / (y1 - y0) as f64 } else { 0.0 };
        for row in first..=last {
            let south = row << self.shift;
            let goes = if row == last {
                (column(x1), column(x1))
            } else {
                let x = x0 + (slope * (south + (1 << self.shift) - y0) as f64) as i64;
                (column(x - 2), column(x + 2))
            };
            self.touched[row as usize] |= span(came.0.min(goes.0), came.1.max(goes.1));
            // The row is looked along a little north of its southern side, where no vertex lies.
            if y0 <= south && y1 > south {
                self.full[row as usize] ^= !span(0, came.0);
            }
            came = goes;
        }
    }

    fn cell(&self, number: i32, d: usize) -> i32 {
        (number >> self.shift).saturating_sub(self.origin[d])
    }

    /// Whether it covers the place of a vertex, as far as the drawing tells.
    #[inline]
    pub(super) fn is_full(&self, vertex: Vertex) -> bool {
        let [column, row] = [LON, LAT].map(|d| self.cell(vertex[d], d));
        let within = (column | row) & !(SIDE - 1) == 0;
        // Read in any case: a jump that is hard to foretell costs more.
        within & (self.full[(row & (SIDE - 1)) as usize] >> (column & (SIDE - 1)) & 1 == 1)
    }

    /// Whether another shape, of one piece, with these vertices and in this box, meets this one; `None` where the
    /// drawing does not tell.
    #[inline]
    pub(super) fn meets(&self, vertices: [Vertex; 2], range: [Vertex; 2]) -> Option<bool> {
        if self.is_full(vertices[0]) | self.is_full(vertices[1]) {
            return Some(true);
        }
        let least = [LON, LAT].map(|d| self.cell(range[0][d], d));
        let greatest = [LON, LAT].map(|d| self.cell(range[1][d], d));
        let (from, to) = (least.map(|cell| cell.max(0)), greatest.map(|cell| cell.min(SIDE - 1)));
        if from[LON] > to[LON] || from[LAT] > to[LAT] {
            return Some(false);
        }
        let sought = span(from[LON], to[LON]);
        let rows = from[LAT] as usize..=to[LAT] as usize;
        let (mut touched, mut columns, mut row) = (0, sought, false);
        for (has, full) in self.touched[rows.clone()].iter().zip(&self.full[rows]) {
            touched |= has & sought;
            columns &= full;
            row |= full & sought == sought;
        }
        // From south to north of its box, or from west to east, the other is of one piece: it cannot get past a
        // row or a column that is full from side to side of it.
        let crosses = row && least[LON] == from[LON] && greatest[LON] == to[LON];
        let stands = columns != 0 && least[LAT] == from[LAT] && greatest[LAT] == to[LAT];
        match touched {
            0 => Some(false),
            _ => (crosses || stands).then_some(true),
        }
    }
}

#[cfg(test)]
mod tests;
