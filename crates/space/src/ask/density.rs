//! How full a region is, for a picture: a raster of latitudes and longitudes, and what touches each cell of it.
//!
//! A cell that a footprint touches is always counted. One that it misses by less than the growth of the law, or beside a pole by
//! less than the cell's half diagonal, may be counted as well.

use std::collections::BTreeMap;

use detente_types::geometry::earth::surface_point;
use detente_types::time::{Timestamp, Window};
use detente_types::volume::{Footprint, HALF_TURN_E7, Position, PositionIn, Shape, Volume};

use crate::approach::{closest, edge_distance};
use crate::disclose::{Block, outline_of, position};
use crate::index::{Index, cost_of};
use crate::outline::Outline;
use crate::region::Region;

const POLE_E7: i64 = 900_000_000;
/// Most cells of a raster: a picture of a thousand by a thousand.
const CELLS_MAX: u64 = 1_000_000;
/// Largest side of a cell, 1e-7 degree: 10°, so that it has a clear inside.
const SIDE_E7_MAX: i64 = 100_000_000;

/// Cells of equal width and height in degrees, over a rectangle of latitudes and longitudes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Raster {
    south_e7: i64,
    west_e7: i64,
    height_e7: i64,
    width_e7: i64,
    rows: u32,
    columns: u32,
}

/// Why there is no such raster.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RasterFault {
    /// No cells, or too many.
    #[error("{rows} rows of {columns} cells; expected 1 to 1,000,000 cells in all")]
    Cells {
        /// From south to north.
        rows: u32,
        /// From west to east.
        columns: u32,
    },
    /// A cell without width or height, or a large one.
    #[error("cells of {height_e7} by {width_e7} (1e-7 degree); expected above 0 and at most 10 degrees either way")]
    Side {
        /// North to south, 1e-7 degree.
        height_e7: i64,
        /// West to east, 1e-7 degree.
        width_e7: i64,
    },
    /// A corner that is no position.
    #[error("a corner at {south_e7}, {west_e7} (1e-7 degree); expected latitude within ±90 degrees, longitude within ±180")]
    Corner {
        /// Latitude, 1e-7 degree.
        south_e7: i64,
        /// Longitude, 1e-7 degree.
        west_e7: i64,
    },
    /// Beyond a pole, or more than once round the earth.
    #[error(
        "rows from {south_e7} to {north_e7} and {round_e7} round (1e-7 degree); expected within ±90 degrees and at most 360 round"
    )]
    Extent {
        /// South end, 1e-7 degree.
        south_e7: i64,
        /// North end, 1e-7 degree.
        north_e7: i64,
        /// West to east, 1e-7 degree.
        round_e7: i64,
    },
}

/// What touches a cell.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Cell {
    /// How many volumes.
    pub volumes: u32,
    /// For how long, summed over the volumes, microseconds: each its window as far as it lies in the asked one. What moves counts for
    /// the times of those edges of its path that touch the cell.
    pub time_us: i64,
}

impl Raster {
    /// A raster of `rows` from a south-west corner northward and `columns` eastward, over the antimeridian if need be.
    /// The corner is as it arrives, since a position at a pole has lost its longitude. `height_e7` and `width_e7` are those of a cell in 1e-7 degree.
    ///
    /// # Errors
    /// A number or size of cells outside the limits, or a raster that does not fit on the earth.
    pub fn try_new(
        south_west: PositionIn,
        (height_e7, width_e7): (i64, i64),
        (rows, columns): (u32, u32),
    ) -> Result<Self, RasterFault> {
        if !(1..=CELLS_MAX).contains(&(u64::from(rows) * u64::from(columns))) {
            return Err(RasterFault::Cells { rows, columns });
        }
        if ![height_e7, width_e7].iter().all(|side| (1..=SIDE_E7_MAX).contains(side)) {
            return Err(RasterFault::Side { height_e7, width_e7 });
        }
        let PositionIn { lat_e7: south_e7, lon_e7: west_e7 } = south_west;
        let fault = RasterFault::Corner { south_e7, west_e7 };
        Position::try_new(south_e7, west_e7).map_err(|_| fault)?;
        let (north_e7, round_e7) = (south_e7 + height_e7 * i64::from(rows), width_e7 * i64::from(columns));
        if north_e7 > POLE_E7 || round_e7 > 2 * HALF_TURN_E7 {
            return Err(RasterFault::Extent { south_e7, north_e7, round_e7 });
        }
        Ok(Self { south_e7, west_e7, height_e7, width_e7, rows, columns })
    }

    /// How many cells it has, from south to north and from west to east.
    pub const fn size(&self) -> (u32, u32) {
        (self.rows, self.columns)
    }

    fn block(&self, part: &Part) -> Block {
        let south = self.south_e7 + self.height_e7 * i64::from(part.rows.0);
        let north = self.south_e7 + self.height_e7 * i64::from(part.rows.1);
        let west = self.west_e7 + self.width_e7 * i64::from(part.columns.0);
        Block { south, north, west, width: self.width_e7 * i64::from(part.columns.1 - part.columns.0) }
    }

    fn region(&self) -> Region {
        let block = self.block(&self.whole());
        Region { south: block.south, north: block.north, west: block.west, width: block.width }
    }

    const fn whole(&self) -> Part {
        Part { rows: (0, self.rows), columns: (0, self.columns) }
    }

    /// Calls back for each cell that a footprint touches, by its place in the raster. Gives how many blocks it was held
    /// against.
    fn touched(&self, footprint: &Outline, mut each: impl FnMut(usize)) -> usize {
        let shape = footprint.bare();
        let mut parts = vec![self.whole()];
        let mut blocks = 0;
        while let Some(part) = parts.pop() {
            blocks += 1;
            let block = self.block(&part);
            let cover = cover(&block, footprint, &shape);
            if cover == Cover::None {
                continue;
            }
            if cover == Cover::Whole || part.cells() == 1 {
                let is_touched = cover == Cover::Whole || touches(&block, footprint);
                part.places(self.columns).filter(|_| is_touched).for_each(&mut each);
            } else {
                parts.extend(part.halves());
            }
        }
        blocks
    }
}

/// Neighbouring cells: from a row and a column to before others.
#[derive(Clone, Copy)]
struct Part {
    rows: (u32, u32),
    columns: (u32, u32),
}

impl Part {
    const fn cells(&self) -> u32 {
        (self.rows.1 - self.rows.0) * (self.columns.1 - self.columns.0)
    }

    const fn halves(self) -> [Self; 2] {
        let ((south, north), (west, east)) = (self.rows, self.columns);
        if north - south >= east - west {
            let middle = south + (north - south) / 2;
            return [Self { rows: (south, middle), ..self }, Self { rows: (middle, north), ..self }];
        }
        let middle = west + (east - west) / 2;
        [Self { columns: (west, middle), ..self }, Self { columns: (middle, east), ..self }]
    }

    fn places(self, columns: u32) -> impl Iterator<Item = usize> {
        let row = move |row: u32| (self.columns.0..self.columns.1).map(move |column| (row * columns + column) as usize);
        (self.rows.0..self.rows.1).flat_map(row)
    }
}

/// How much of a block a footprint covers.
#[derive(Clone, Copy, PartialEq)]
enum Cover {
    None,
    Whole,
    Unclear,
}

/// By the distance of the block's middle from the edges of the shape.
fn cover(block: &Block, footprint: &Outline, shape: &Outline) -> Cover {
    let (lat, lon) = block.middle();
    let middle = position(lat, lon);
    let (distance, reach) = (edge_distance(middle, shape), block.half_diagonal_m());
    let radius_m = footprint.radius_cm() as f64 / 100.0;
    let inside = shape.contains(surface_point(middle));
    let depth = if inside { radius_m + distance.least_m } else { radius_m - distance.most_m };
    if depth >= reach {
        Cover::Whole
    } else if !inside && distance.least_m - radius_m > reach {
        Cover::None
    } else {
        Cover::Unclear
    }
}

/// Whether a cell that may be touched is; one that ends at a pole always counts.
fn touches(cell: &Block, footprint: &Outline) -> bool {
    cell.north == POLE_E7 || cell.south == -POLE_E7 || closest(&outline_of(cell), footprint, 0).is_some()
}

/// How many volumes of an index touch each cell within a window, and for how long; row by row from the south, each from
/// the west. Altitudes are left aside.
pub fn density<K: Ord + Clone>(index: &Index<K>, raster: &Raster, window: &Window) -> Vec<Cell> {
    let mut picture = Picture::new(*raster, *window);
    picture.go_on(index, usize::MAX);
    picture.cells
}

/// A picture of [`density`] that is made bit by bit, notice by notice in the order of their keys: for whoever has other things
/// to do meanwhile. What the index gains or loses between two bits counts where the picture has not come to yet.
#[derive(Clone, Debug)]
pub struct Picture<K> {
    raster: Raster,
    window: Window,
    cells: Vec<Cell>,
    /// The last notice that is in it.
    after: Option<K>,
    done: bool,
}

/// Notices that are passed over cost as much as holding an outline of a few chords against one block.
const PASSED_OVER: usize = 4;

impl<K: Ord + Clone> Picture<K> {
    /// An empty one.
    pub fn new(raster: Raster, window: Window) -> Self {
        let cells = vec![Cell::default(); raster.rows as usize * raster.columns as usize];
        Self { raster, window, cells, after: None, done: false }
    }

    /// Goes on with the notices of an index, for as much work as this and at least one notice. Work is counted as
    /// [`Index::examine`] counts it, an outline against a block of cells for a pair. Whether nothing is left to do.
    pub fn go_on(&mut self, index: &Index<K>, work: usize) -> bool {
        let (mut left, mut passed) = (work, 0);
        let (region, window, after) = (self.raster.region(), self.window, self.after.clone());
        for (key, volumes) in index.in_region(&region, &window, after.as_ref()) {
            for volume in volumes {
                left = left.saturating_sub(self.add(volume));
            }
            passed += 1;
            if passed == PASSED_OVER {
                (left, passed) = (left.saturating_sub(1), 0);
            }
            if left == 0 {
                self.after = Some(key.clone());
                return false;
            }
        }
        self.done = true;
        true
    }

    /// Whether all notices are in it.
    pub const fn is_done(&self) -> bool {
        self.done
    }

    /// Row by row from the south, each from the west.
    pub fn cells(&self) -> &[Cell] {
        &self.cells
    }

    /// Adds a volume; gives what it cost.
    fn add(&mut self, volume: &Volume) -> usize {
        let Self { raster, window, cells, .. } = self;
        // Until when each cell has counted; edges of what moves come in the order of their times.
        let mut until: BTreeMap<usize, i64> = BTreeMap::new();
        let mut cost = 0;
        for (outline, times) in parts_in_time(volume) {
            let (start, end) = (times.0.max(window.start().micros()), times.1.min(window.end().micros()));
            if start > end {
                continue;
            }
            let blocks = raster.touched(&outline, |place| {
                let cell = &mut cells[place];
                cell.volumes += u32::from(!until.contains_key(&place));
                let counted = until.entry(place).or_insert(i64::MIN);
                cell.time_us = cell.time_us.saturating_add((end - start.max(*counted)).max(0));
                *counted = end.max(*counted);
            });
            cost += blocks * cost_of(outline.chords_max());
        }
        cost
    }
}

/// A volume for its window, or each edge of what moves for its time.
fn parts_in_time(volume: &Volume) -> Vec<(Outline, (i64, i64))> {
    let (footprint, window) = (&volume.footprint, &volume.window);
    let whole = || vec![(Outline::new(footprint), (window.start().micros(), window.end().micros()))];
    let (Some(passage), Shape::Path(path)) = (&volume.passage, footprint.shape()) else {
        return whole();
    };
    let slack_us = passage.slack_us();
    let edge = |(ends, times): (&[Position], &[Timestamp])| {
        let edge = Footprint::try_new(Shape::Path(ends.to_vec()), footprint.radius()).ok()?;
        Some((Outline::new(&edge), (times[0].micros() - slack_us, times[1].micros() + slack_us)))
    };
    path.windows(2).zip(passage.times().windows(2)).map(edge).collect::<Option<Vec<_>>>().unwrap_or_else(whole)
}
