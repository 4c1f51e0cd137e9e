//! Cells for blind matching: how many there are and how often they alarm for nothing, by the size of the grid.
//!
//! The law judges: an alarm is a pair of notices, one of each side, that share a cell; it is false when the law does not
//! find the two in conflict. A conflict without an alarm would be an error of the cells, and stops the run.

pub mod city;
pub mod gulf;

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context as _, Result, ensure};
use detente_space::cells::{CellId, Grid, Size};
use detente_space::{Law, Separation};
use detente_types::volume::{Datum, Volume};

/// The grid that terms have unless they say otherwise.
pub const USUAL: Size = Size { cell_m: 5_000, band_m: 500, slot_s: 900 };

/// Plans of two sides, and what judges them.
pub struct Scene {
    /// What it is called in tables.
    pub name: &'static str,
    /// The notices of each side, as their volumes.
    pub sides: [Vec<Vec<Volume>>; 2],
    /// How far apart they must stay.
    pub separation: Separation,
    /// What judges.
    pub law: Law,
    /// What altitudes are over.
    pub datum: Datum,
}

/// What a grid made of a scene.
pub struct Outcome {
    /// Cells of each side.
    pub cells: [usize; 2],
    /// Cells that both have.
    pub common: usize,
    /// Pairs of notices that share a cell.
    pub alarms: usize,
    /// Those of them that the law does not find.
    pub false_alarms: usize,
    /// Notices of both sides that are in an alarm, and not in a conflict.
    pub troubled: usize,
}

type Pairs = BTreeSet<(usize, usize)>;

impl Scene {
    /// The pairs of notices, by their places, that the law finds.
    pub fn conflicts(&self) -> Pairs {
        let meets = |a: &[Volume], b: &[Volume]| {
            a.iter().any(|one| b.iter().any(|other| self.law.meet(one, other, &self.separation).is_some()))
        };
        let mut found = Pairs::new();
        for (i, a) in self.sides[0].iter().enumerate() {
            found.extend(self.sides[1].iter().enumerate().filter(|(_, b)| meets(a, b)).map(|(j, _)| (i, j)));
        }
        found
    }

    /// Lays everything on a grid and counts; `None` when there are more cells than a set may have.
    ///
    /// # Errors
    /// When a conflict raises no alarm, and for a size that terms cannot name.
    pub fn on_grid(&self, size: Size, conflicts: &Pairs) -> Result<Option<Outcome>> {
        let grid = Grid::new(size, self.separation, self.law, self.datum)
            .with_context(|| format!("terms cannot name a grid of {size}"))?;
        let [ours, theirs] = [0, 1].map(|side| grid.cells(self.sides[side].iter().flatten()));
        let (Ok(ours), Ok(theirs)) = (ours, theirs) else {
            return Ok(None);
        };
        let common = ours.common(&theirs);
        let holders = [self.holders(&grid, 0, &common)?, self.holders(&grid, 1, &common)?];
        let mut alarms = Pairs::new();
        for (cell, ours) in &holders[0] {
            if let Some(theirs) = holders[1].get(cell) {
                alarms.extend(ours.iter().flat_map(|&i| theirs.iter().map(move |&j| (i, j))));
            }
        }
        ensure!(conflicts.is_subset(&alarms), "{}, {size}: conflicts without an alarm: {:?}", self.name, conflicts - &alarms);
        let in_any = |pairs: &Pairs, side: usize| -> BTreeSet<usize> {
            pairs.iter().map(|&(i, j)| if side == 0 { i } else { j }).collect()
        };
        let troubled = (0..2).map(|side| in_any(&alarms, side).difference(&in_any(conflicts, side)).count()).sum();
        Ok(Some(Outcome {
            cells: [ours.as_slice().len(), theirs.as_slice().len()],
            common: common.len(),
            alarms: alarms.len(),
            false_alarms: alarms.difference(conflicts).count(),
            troubled,
        }))
    }

    /// The cells of each side, in order.
    ///
    /// # Errors
    /// When there are more than a set may have, and for a size that terms cannot name.
    pub fn cells(&self, size: Size) -> Result<[Vec<CellId>; 2]> {
        let grid = Grid::new(size, self.separation, self.law, self.datum)
            .with_context(|| format!("terms cannot name a grid of {size}"))?;
        let of = |side: usize| Ok::<_, anyhow::Error>(grid.cells(self.sides[side].iter().flatten())?.as_slice().to_vec());
        Ok([of(0)?, of(1)?])
    }

    /// Which notices of a side have which of the common cells.
    fn holders(&self, grid: &Grid, side: usize, common: &[CellId]) -> Result<BTreeMap<CellId, Vec<usize>>> {
        let mut holders: BTreeMap<CellId, Vec<usize>> = BTreeMap::new();
        for (number, volumes) in self.sides[side].iter().enumerate() {
            for cell in grid.cells(volumes)?.as_slice().iter().filter(|cell| common.binary_search(cell).is_ok()) {
                holders.entry(*cell).or_default().push(number);
            }
        }
        Ok(holders)
    }

    /// A grid whose cells are so many separations large: along the earth, up and down, in time.
    pub fn size(&self, [along, up, time]: [f64; 3]) -> Size {
        let times = |whole: f64, part: f64| ((whole * part) as u32).max(10);
        let [metres, high_m, seconds] = self.kept_apart();
        Size { cell_m: times(metres, along), band_m: times(high_m, up), slot_s: times(seconds, time) }
    }

    /// How many separations large the cells of a grid are, likewise.
    pub fn parts(&self, size: Size) -> [f64; 3] {
        let [metres, high_m, seconds] = self.kept_apart();
        [f64::from(size.cell_m) / metres, f64::from(size.band_m) / high_m, f64::from(size.slot_s) / seconds]
    }

    /// The separation in whole metres, metres and seconds.
    fn kept_apart(&self) -> [f64; 3] {
        let Separation { horizontal, vertical, time_us } = self.separation;
        [horizontal.cm() / 100, vertical.cm() / 100, time_us / 1_000_000].map(|whole| whole as f64)
    }
}
