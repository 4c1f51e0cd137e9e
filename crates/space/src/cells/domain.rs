//! How many cells there are to be probed: what a set's size is a share of.

use detente_types::area::Area;
use detente_types::volume::{HALF_TURN_E7, Position};

use super::{BOTTOM, Grid, TOP};

/// Most rows whose middles are looked at one by one: a finer grid is counted by samples.
const ROWS_MAX: u32 = 512;
/// Most columns of a row that are looked at one by one.
const COLUMNS_MAX: u32 = 1_024;

impl Grid {
    /// About how many cells lie in an area (everywhere, when there is none) in a stretch of time of so many microseconds:
    /// those whose middles do, by samples where there are very many. For a person to compare a set's size with.
    pub fn cells_in(&self, area: Option<&Area>, length_us: i64) -> u64 {
        let bands = self.band_of(TOP.cm() * 2) - self.band_of(BOTTOM.cm() * 2) + 1;
        let slots = length_us.max(0).div_euclid(self.slot_us()) + 1;
        let surface = area.map_or_else(|| self.surface.count(), |area| self.surface_in(area));
        surface.max(1).saturating_mul(bands.unsigned_abs()).saturating_mul(slots.unsigned_abs())
    }

    fn surface_in(&self, area: &Area) -> u64 {
        let rows = self.surface.rows();
        let step = rows.div_ceil(ROWS_MAX);
        let sampled = (0..rows).step_by(step as usize).map(|row| self.columns_in(row, area));
        sampled.sum::<u64>().saturating_mul(step.into())
    }

    fn columns_in(&self, row: u32, area: &Area) -> u64 {
        // Most rows have nothing of an area, which is a small part of the earth.
        let whole = [-HALF_TURN_E7, HALF_TURN_E7];
        if self.surface.sides_e7(row, 0).is_some_and(|(lats, _)| area.is_clear_of(lats.map(i64::from), whole)) {
            return 0;
        }
        let columns = self.surface.columns(row);
        let step = columns.div_ceil(COLUMNS_MAX);
        let inside = |column: u32| {
            let ([south, north], [west, east]) = self.surface.sides_e7(row, column)?;
            let middle = Position::try_new((south + north) / 2, ((west + east) / 2).clamp(-HALF_TURN_E7, HALF_TURN_E7)).ok()?;
            area.contains(middle).then_some(())
        };
        let found = (0..columns).step_by(step as usize).filter_map(inside).count() as u64;
        found * u64::from(step)
    }
}
