//! Cells: what two sides compare when neither shows its plan (docs/spec/cells.md).
//!
//! A volume becomes a set of cells of a grid that the terms fix: a piece of the earth's surface, a band of altitudes and
//! a slot of time. Each side grows its volumes by half the separation and by more than half of what the law's own
//! arithmetic adds, so **two volumes that the law says conflict share a cell**. The other way round does not hold: volumes
//! that share a cell may keep their separation.
//!
//! Sets are sorted, without repetition and bounded ([`CELLS_MAX`]). They are the same on every machine, bit for bit, so
//! that an auditor can make one again.

mod cover;
mod domain;
mod id;
mod set;
mod surface;

use detente_types::terms::{SEPARATION_M_MAX, SEPARATION_S_MAX, Terms};
use detente_types::unit::Metres;
use detente_types::volume::{ALTITUDE_MAX, ALTITUDE_MIN, Datum, Position, Volume};

use crate::altitude;
use crate::law::{Law, Separation};
use crate::outline::Prepared;
use surface::Surface;

pub use id::{CellId, IdFault};
pub use set::{CELLS_MAX, CellSet, TooMany};

/// Smallest cell that terms may name, in metres and seconds alike.
const SIZE_MIN: u32 = 10;

/// All altitudes from here up share one band: a volume without a top is no tower of a hundred thousand cells.
const TOP: Metres = Metres::new(30_000);
/// All altitudes from here down share one band.
const BOTTOM: Metres = Metres::new(-1_000);

/// How large cells are; each of the three is at least 10.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size {
    /// Edge along the earth, metres, at most 200,000.
    pub cell_m: u32,
    /// Height of a band, metres, at most 200,000.
    pub band_m: u32,
    /// Length of a slot, seconds, at most 86,400.
    pub slot_s: u32,
}

impl core::fmt::Display for Size {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "{} m x {} m x {} s", self.cell_m, self.band_m, self.slot_s)
    }
}

impl Size {
    fn is_in_range(self) -> bool {
        let within = |value: u32, most: u32| (SIZE_MIN..=most).contains(&value);
        within(self.cell_m, SEPARATION_M_MAX) && within(self.band_m, SEPARATION_M_MAX) && within(self.slot_s, SEPARATION_S_MAX)
    }

    /// Twice as large every way, as far as terms go; `None` when it is as large as can be.
    fn doubled(self) -> Option<Self> {
        let twice = |value: u32, most: u32| value.saturating_mul(2).min(most);
        let size = Self {
            cell_m: twice(self.cell_m, SEPARATION_M_MAX),
            band_m: twice(self.band_m, SEPARATION_M_MAX),
            slot_s: twice(self.slot_s, SEPARATION_S_MAX),
        };
        (size != self).then_some(size)
    }
}

/// A grid, and by how much volumes grow before they are laid on it.
#[derive(Clone, Copy, Debug)]
pub struct Grid {
    size: Size,
    surface: Surface,
    separation: Separation,
    law: Law,
    datum: Datum,
}

/// Where one cell lies, rounded outward: every point of the cell is inside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CellBounds {
    /// Southern end, 1e-7 degree.
    pub south_e7: i64,
    /// Northern end, 1e-7 degree.
    pub north_e7: i64,
    /// Western end, 1e-7 degree, from -180° on.
    pub west_e7: i64,
    /// Eastern end, 1e-7 degree, up to 180°.
    pub east_e7: i64,
    /// Lowest and highest altitude, over the line's datum.
    pub altitude: (Metres, Metres),
    /// First and last time, microseconds since 1970.
    pub span_us: (i64, i64),
}

impl Grid {
    /// The grid of some size for a law, a separation and the line's datum; `None` for a size that terms cannot name.
    pub fn new(size: Size, separation: Separation, law: Law, datum: Datum) -> Option<Self> {
        size.is_in_range().then(|| Self { size, surface: Surface::new(size.cell_m), separation, law, datum })
    }

    /// The grid that terms fix; `None` when they name a law that this version lacks.
    pub fn of_terms(terms: &Terms) -> Option<Self> {
        let blind = &terms.input().blind;
        let size = Size { cell_m: blind.cell_m, band_m: blind.band_m, slot_s: blind.slot_s };
        let separation = Separation { horizontal: terms.horizontal(), vertical: terms.vertical(), time_us: terms.time_us() };
        Self::new(size, separation, Law::of_terms(terms)?, terms.datum())
    }

    /// How large its cells are.
    pub const fn size(&self) -> Size {
        self.size
    }

    /// All cells of some volumes.
    ///
    /// # Errors
    /// [`TooMany`] when there are more than [`CELLS_MAX`], with the volume that has the most and a grid that would do.
    pub fn cells<'a>(&self, volumes: impl IntoIterator<Item = &'a Volume>) -> Result<CellSet, TooMany> {
        let prepared: Vec<Prepared<'a>> = volumes.into_iter().map(Prepared::new).collect();
        set::cells(self, &prepared, CELLS_MAX)
    }

    /// The cell of one position, altitude (over the line's datum) and time (microseconds since 1970), nothing grown.
    pub fn cell_at(&self, position: Position, altitude: Metres, time_us: i64) -> CellId {
        let (row, column) = self.surface.cell_of(position);
        CellId::new(row, column, self.slot_of(time_us.saturating_mul(2)), self.band_of(altitude.cm().saturating_mul(2)))
    }

    /// Where a cell lies; `None` for an ID that is no cell of this grid.
    pub fn bounds(&self, id: CellId) -> Option<CellBounds> {
        let ([south_e7, north_e7], [west_e7, east_e7]) = self.surface.sides_e7(id.row(), id.column())?;
        let slot_us = self.slot_us();
        let start = i64::from(id.slot()) * slot_us;
        Some(CellBounds {
            south_e7,
            north_e7,
            west_e7,
            east_e7,
            altitude: self.altitudes_of(id.band())?,
            span_us: (start, start + slot_us),
        })
    }

    fn altitudes_of(&self, band: i64) -> Option<(Metres, Metres)> {
        let (bottom, top) = (self.band_of(BOTTOM.cm() * 2), self.band_of(TOP.cm() * 2));
        let height_cm = self.band_cm();
        let lower = if band == bottom { ALTITUDE_MIN } else { Metres::from_cm(band * height_cm) };
        let upper = if band == top { ALTITUDE_MAX } else { Metres::from_cm((band + 1) * height_cm) };
        (bottom..=top).contains(&band).then_some((lower, upper))
    }

    fn slot_us(&self) -> i64 {
        i64::from(self.size.slot_s) * 1_000_000
    }

    fn band_cm(&self) -> i64 {
        i64::from(self.size.band_m) * 100
    }

    /// The slot of a time in half microseconds: half of an odd separation is a whole number of them.
    fn slot_of(&self, half_us: i64) -> u32 {
        half_us.div_euclid(2 * self.slot_us()).clamp(0, u32::MAX.into()) as u32
    }

    /// The band of an altitude in half centimetres.
    fn band_of(&self, half_cm: i64) -> i64 {
        half_cm.clamp(2 * BOTTOM.cm(), 2 * TOP.cm()).div_euclid(2 * self.band_cm())
    }

    /// First and last band of a volume, grown.
    fn bands_of(&self, volume: &Prepared<'_>) -> (i64, i64) {
        let band = &volume.volume.band;
        let (lower, upper) = match self.law {
            Law::Two(heights) => altitude::span(volume, &heights),
            Law::One if band.datum() == self.datum => (band.lower().cm(), band.upper().cm()),
            // Not comparable: no altitude keeps it from anything.
            Law::One => (ALTITUDE_MIN.cm(), ALTITUDE_MAX.cm()),
        };
        let growth = self.separation.vertical.cm();
        let end = |cm: i64, by: i64| self.band_of(cm.saturating_mul(2).saturating_add(by));
        (end(lower, -growth), end(upper, growth))
    }

    /// First and last slot of what is there from a time to a time (microseconds) give or take a slack, grown.
    fn slots_of(&self, (from_us, to_us): (i64, i64), slack_us: i64) -> (u32, u32) {
        let growth = self.separation.time_us.saturating_add(2 * (slack_us + TIME_GROWTH_US));
        let end = |us: i64, by: i64| self.slot_of(us.saturating_mul(2).saturating_add(by));
        (end(from_us, -growth), end(to_us, growth))
    }

    /// How far a footprint with a radius reaches: half the separation and half of what the law grows by, in metres,
    /// rounded up.
    fn reach_m(&self, radius: Metres) -> f64 {
        let half_cm = radius.cm().saturating_mul(2).saturating_add(self.separation.horizontal.cm()).saturating_add(REACH_HALF_CM);
        half_cm as f64 / 200.0
    }
}

/// More than half of the 4 µs that law `conflict/2` adds when something moves, and the rounding of parts of chords.
const TIME_GROWTH_US: i64 = 4;

/// Half of a law's growth (50 cm for each footprint) and of the centimetre by which it rounds down, 50.5 cm, and half a
/// centimetre for rounding; in half centimetres.
const REACH_HALF_CM: i64 = 102;

#[cfg(test)]
mod tests;
