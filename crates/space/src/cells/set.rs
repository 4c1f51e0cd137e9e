//! Sets of cells: sorted, without repetition, bounded.

use super::cover::{Cover, Exceeded};
use super::id::CellId;
use super::{Grid, Size};
use crate::outline::Prepared;

/// Most cells of one side's set: what a blind run can compare within 2 GiB.
pub const CELLS_MAX: usize = 1 << 22;

/// Cells in order, none twice, at most [`CELLS_MAX`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CellSet(Vec<CellId>);

/// More cells than a set may hold (a caller's fault: another grid would do, or fewer or smaller volumes).
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("laying volumes on the grid of {grid}: volume {volume} alone takes {cells} cells or more, all may take {most} together; {}", advice(.fits))]
pub struct TooMany {
    /// The volume that has the most cells, counted from 0.
    pub volume: usize,
    /// How many it has at least.
    pub cells: u64,
    /// How many are allowed together.
    pub most: usize,
    /// The grid that they were laid on.
    pub grid: Size,
    /// The first grid on which all would fit, doubled in every way as often as needed; `None` when no grid of terms is
    /// coarse enough.
    pub fits: Option<Size>,
}

fn advice(fits: &Option<Size>) -> String {
    fits.map_or_else(|| "no grid of terms would do, split the volume".into(), |size| format!("a grid of {size} would do"))
}

impl CellSet {
    /// Of cells in any order, repeated or not; `None` when more than [`CELLS_MAX`] are left.
    pub fn of(mut cells: Vec<CellId>) -> Option<Self> {
        cells.sort_unstable();
        cells.dedup();
        (cells.len() <= CELLS_MAX).then_some(Self(cells))
    }

    /// The cells, in order.
    pub fn as_slice(&self) -> &[CellId] {
        &self.0
    }

    /// What two sets have in common, in order.
    pub fn common(&self, other: &Self) -> Vec<CellId> {
        let mut rest = other.0.iter().peekable();
        let is_there = |cell: &&CellId| {
            while rest.next_if(|&next| next < *cell).is_some() {}
            rest.peek() == Some(cell)
        };
        self.0.iter().filter(is_there).copied().collect()
    }
}

/// All cells of some volumes.
pub(super) fn cells(grid: &Grid, volumes: &[Prepared<'_>], most: usize) -> Result<CellSet, TooMany> {
    let (volume, cells) = match gather(grid, volumes, most) {
        Ok(cells) => return Ok(CellSet(cells)),
        Err(worst) => worst,
    };
    let sizes = core::iter::successors(grid.size.doubled(), |size| size.doubled());
    let mut grids = sizes.filter_map(|size| Grid::new(size, grid.separation, grid.law, grid.datum));
    let fits = grids.find(|grid| gather(grid, volumes, most).is_ok()).map(|grid| grid.size);
    Err(TooMany { volume, cells, most, grid: grid.size, fits })
}

/// The same; when there are too many, the volume that has the most and how many that are.
fn gather(grid: &Grid, volumes: &[Prepared<'_>], most: usize) -> Result<Vec<CellId>, (usize, u64)> {
    let mut gathered: Vec<CellId> = Vec::new();
    let mut worst = (0, 0);
    for (number, volume) in volumes.iter().enumerate() {
        let cover = Cover::of(grid, volume, most as u64).map_err(|Exceeded { at_least }| (number, at_least))?;
        if cover.count() > worst.1 {
            worst = (number, cover.count());
        }
        let mut ids = cover.ids().peekable();
        while ids.peek().is_some() {
            let room = (2 * most).saturating_sub(gathered.len()).max(1);
            gathered.extend(ids.by_ref().take(room));
            if gathered.len() >= 2 * most {
                settle(&mut gathered, most, worst)?;
            }
        }
    }
    settle(&mut gathered, most, worst)?;
    gathered.shrink_to_fit();
    Ok(gathered)
}

fn settle(gathered: &mut Vec<CellId>, most: usize, worst: (usize, u64)) -> Result<(), (usize, u64)> {
    gathered.sort_unstable();
    gathered.dedup();
    if gathered.len() > most { Err(worst) } else { Ok(()) }
}
