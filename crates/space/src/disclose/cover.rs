//! Which cells of a grid a footprint touches.

use detente_types::geometry::earth::{FLATTENING, POLAR_RADIUS_M, surface_point};
use detente_types::notice::VOLUMES_MAX;
use detente_types::unit::Metres;
use detente_types::volume::{Footprint, Position, Shape};

use super::grid::{Block, Grid, QUARTER_E7, TURN_E7, bulge_m, wrap};
use crate::approach::{closest, edge_distance};
use crate::outline::Outline;

/// Parts into which the north and south side of a cell are cut to follow the parallel.
const SIDE_PARTS: i64 = 8;

/// Most rows that a footprint may span: more cannot be drawn within the limits of a footprint anyway,
/// unless it is a plain rectangle.
const ROWS_MAX: i64 = 500;

/// Most steps of measuring for one footprint on one grid, about a second of work. A corridor across a continent
/// needs half of it; what needs more is too ragged to be drawn on so fine a grid.
const STEPS_MAX: u64 = 5_000_000;

/// Neighbouring cells of a row that are touched.
pub(super) type Run = Block;

/// The runs of touched cells, row by row from the south, westernmost first; `None` when the grid is too
/// fine for so tall or ragged a footprint.
pub(super) fn runs(grid: Grid, footprint: &Footprint) -> Option<Vec<Vec<Run>>> {
    let mut cover = Cover::new(grid, footprint);
    let (first, last) = cover.rows();
    if last - first >= ROWS_MAX {
        return None;
    }
    (first..=last).map(|row| cover.runs_of(grid.row(row))).collect()
}

struct Cover {
    grid: Grid,
    /// With its radius.
    footprint: Outline,
    /// Without.
    shape: Outline,
    radius_m: f64,
    steps_left: u64,
}

impl Cover {
    fn new(grid: Grid, footprint: &Footprint) -> Self {
        let outline = Outline::new(footprint);
        let radius_m = footprint.radius().as_f64();
        Self { grid, shape: outline.bare(), radius_m, footprint: outline, steps_left: STEPS_MAX }
    }

    /// First and last row that may be touched.
    fn rows(&self) -> (i64, i64) {
        let (low, high) = self.footprint.bounds();
        (self.grid.row_of(lat_e7_at(low.z) - 1), self.grid.row_of(lat_e7_at(high.z) + 1))
    }

    /// The runs of one row; more than a notice has volumes could not be drawn.
    fn runs_of(&mut self, row: Block) -> Option<Vec<Run>> {
        let cells = self.grid.cells(&row);
        let mut touched = Vec::new();
        self.descend(&row, 0, cells, TURN_E7 / cells, &mut touched)?;
        Some(join(touched)).filter(|runs| runs.len() <= VOLUMES_MAX)
    }

    /// Adds the touched cells of a row from `first` to before `last`, joined where they follow each other;
    /// `None` when no steps are left for it.
    fn descend(&mut self, row: &Block, first: i64, last: i64, cell: i64, touched: &mut Vec<Run>) -> Option<()> {
        let block = Block { west: row.west + first * cell, width: (last - first) * cell, ..*row };
        let verdict = self.verdict(&block)?;
        match verdict {
            Verdict::Apart => {}
            Verdict::Covered => extend(touched, block),
            Verdict::Touched | Verdict::Unclear if last - first == 1 => {
                if verdict == Verdict::Touched || self.touches(&block) {
                    extend(touched, block);
                }
            }
            Verdict::Touched | Verdict::Unclear => {
                let middle = first + (last - first) / 2;
                self.descend(row, first, middle, cell, touched)?;
                self.descend(row, middle, last, cell, touched)?;
            }
        }
        Some(())
    }

    /// What the distance of a block's middle from the edges says of the whole block; `None` when no steps are left.
    fn verdict(&mut self, block: &Block) -> Option<Verdict> {
        let (lat, lon) = block.middle();
        let middle = position(lat, lon);
        let distance = edge_distance(middle, &self.shape);
        self.steps_left = self.steps_left.checked_sub(distance.steps)?;
        let reach = block.half_diagonal_m();
        let inside = self.shape.contains(surface_point(middle));
        let depth = if inside { self.radius_m + distance.least_m } else { self.radius_m - distance.most_m };
        Some(if depth >= reach {
            Verdict::Covered
        } else if !inside && distance.least_m - self.radius_m > reach {
            Verdict::Apart
        } else if depth >= -block.inner_radius_m() {
            Verdict::Touched
        } else {
            Verdict::Unclear
        })
    }

    fn touches(&self, cell: &Block) -> bool {
        closest(&outline_of(cell), &self.footprint, 0).is_some()
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Verdict {
    /// No point of the block is in the footprint.
    Apart,
    /// Some point of it is.
    Touched,
    /// Every point of it is.
    Covered,
    Unclear,
}

/// A cell as an outline that holds it: at a pole a circle, elsewhere a ring that follows the parallels.
pub(crate) fn outline_of(cell: &Block) -> Outline {
    let (shape, radius_m) = if cell.width == TURN_E7 {
        let pole = if cell.north == QUARTER_E7 { QUARTER_E7 } else { -QUARTER_E7 };
        (Shape::Point(position(pole, 0)), cell.height_m())
    } else {
        let side = |lat: i64| (0..=SIDE_PARTS).map(move |i| position(lat, cell.west + cell.width * i / SIDE_PARTS));
        let ring: Vec<Position> = side(cell.south).chain(side(cell.north).collect::<Vec<_>>().into_iter().rev()).collect();
        let part = cell.width / SIDE_PARTS;
        (Shape::Polygon(vec![ring]), bulge_m(cell.south, part).max(bulge_m(cell.north, part)))
    };
    let radius = Metres::from_cm(libm::ceil(radius_m * 100.0) as i64);
    Outline::of_shape(&shape, radius)
}

pub(crate) fn position(lat_e7: i64, lon_e7: i64) -> Position {
    Position::try_new(lat_e7, wrap(lon_e7)).expect("rows and cells lie on the earth")
}

/// The latitude at which the surface is so far north of the equator's plane.
fn lat_e7_at(z: f64) -> i64 {
    let sin_reduced = (z / POLAR_RADIUS_M).clamp(-1.0, 1.0);
    let cos_reduced = libm::sqrt(1.0 - sin_reduced * sin_reduced);
    let lat = libm::atan2(sin_reduced, cos_reduced * (1.0 - FLATTENING));
    libm::round(lat / super::grid::radians(1)) as i64
}

fn extend(touched: &mut Vec<Run>, block: Block) {
    match touched.last_mut() {
        Some(run) if run.west + run.width == block.west => run.width += block.width,
        _ => touched.push(block),
    }
}

/// Joins a run that ends at the antimeridian with one that begins there.
fn join(mut runs: Vec<Run>) -> Vec<Run> {
    if runs.len() < 2 {
        return runs;
    }
    let (first, last) = (runs[0], runs[runs.len() - 1]);
    if wrap(last.west + last.width) == first.west {
        runs.remove(0);
        if let Some(last) = runs.last_mut() {
            last.width += first.width;
        }
    }
    runs
}
