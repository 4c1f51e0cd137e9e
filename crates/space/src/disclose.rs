//! Disclosure on a grid (PROTOCOL C7): what the other side is told at `1 km` or `10 km`.
//!
//! The disclosed footprint is the union of the fixed grid's cells that touch the exact one with its
//! radius; altitude and time go outward to fixed steps. So the disclosed volumes hold every point of the
//! exact ones, two plans in the same cells look alike, and a move within them changes nothing.
//!
//! A union of cells is drawn as few outlines, whose vertices are corners of cells and points of their
//! sides. Where that would exceed the limits of a notice, the next coarser grid of a fixed ladder is taken
//! for the whole notice: still a superset, and still a function of the cells alone.

mod cover;
mod grid;
mod pieces;

use detente_types::notice::{NOTICE_VERTICES_MAX, Precision, VOLUMES_MAX};
use detente_types::time::{Timestamp, Window};
use detente_types::unit::Metres;
use detente_types::volume::{AltitudeBand, Footprint, Shape, Volume};

use grid::Grid;

pub(crate) use cover::{outline_of, position};
pub(crate) use grid::Block;

/// Why a notice cannot be disclosed at a precision; the officer can change the notice (a caller's fault).
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CoarsenError {
    /// No grid of the ladder keeps within the limits of a notice.
    #[error("widening to the {precision} grid: the volumes spread too far for one notice; split it")]
    TooSpread {
        /// What was asked for.
        precision: Precision,
    },
    /// A window that, widened, is longer than a window may be.
    #[error("widening to the {precision} grid: the window of volume {volume} becomes longer than 400 days; shorten it")]
    TooLong {
        /// What was asked for.
        precision: Precision,
        /// Which volume, counted from 0.
        volume: usize,
    },
}

/// The volumes that are disclosed in place of the exact ones of one notice, at a precision.
///
/// They come in the order of the exact ones; one exact volume can become several. At `exact` nothing
/// changes.
///
/// # Errors
/// When the widened volumes break a limit that a notice has, see [`CoarsenError`].
pub fn coarsen(volumes: &[Volume], precision: Precision) -> Result<Vec<Volume>, CoarsenError> {
    let Some(steps) = Steps::of(precision) else {
        return Ok(volumes.to_vec());
    };
    let mut widened = Vec::with_capacity(volumes.len());
    for (number, volume) in volumes.iter().enumerate() {
        let window = steps.window(&volume.window).ok_or(CoarsenError::TooLong { precision, volume: number })?;
        widened.push((&volume.footprint, steps.band(&volume.band), window));
    }
    Grid::ladder(precision).find_map(|grid| on_grid(grid, &widened)).ok_or(CoarsenError::TooSpread { precision })
}

/// The window that holds a window and ends on the steps of a precision; `None` when it is too long.
pub fn coarsen_window(window: &Window, precision: Precision) -> Option<Window> {
    Steps::of(precision).map_or(Some(*window), |steps| steps.window(window))
}

/// All volumes on one grid, or `None` when they do not keep within the limits.
fn on_grid(grid: Grid, widened: &[(&Footprint, AltitudeBand, Window)]) -> Option<Vec<Volume>> {
    let mut volumes = Vec::new();
    let mut vertices = 0;
    for &(footprint, band, window) in widened {
        for ring in pieces::outlines(grid, &cover::runs(grid, footprint)?) {
            vertices += ring.len();
            if vertices > NOTICE_VERTICES_MAX || volumes.len() == VOLUMES_MAX {
                return None;
            }
            let reach = Metres::from_cm(libm::ceil(grid.reach_m() * 100.0) as i64);
            let footprint = Footprint::try_new(Shape::Polygon(vec![ring]), reach).ok()?;
            volumes.push(Volume { footprint, band, window, passage: None });
        }
    }
    Some(volumes)
}

/// The steps outward to which altitudes and times go.
#[derive(Clone, Copy)]
struct Steps {
    altitude_cm: i64,
    time_us: i64,
}

/// The steps of a precision in centimetres and microseconds; `None` for an exact form.
pub(crate) fn steps(precision: Precision) -> Option<(i64, i64)> {
    Steps::of(precision).map(|steps| (steps.altitude_cm, steps.time_us))
}

impl Steps {
    /// At `1 km` 100 m and 5 minutes, at `10 km` 500 m and 30 minutes: about what a flight covers while
    /// it crosses a cell.
    const fn of(precision: Precision) -> Option<Self> {
        const MINUTE_US: i64 = 60_000_000;
        match precision {
            Precision::Exact => None,
            Precision::Km1 => Some(Self { altitude_cm: 100 * 100, time_us: 5 * MINUTE_US }),
            Precision::Km10 => Some(Self { altitude_cm: 500 * 100, time_us: 30 * MINUTE_US }),
        }
    }

    fn band(&self, band: &AltitudeBand) -> AltitudeBand {
        let lower = Metres::from_cm(floor_to(band.lower().cm(), self.altitude_cm));
        let upper = Metres::from_cm(ceil_to(band.upper().cm(), self.altitude_cm));
        AltitudeBand::try_new(lower, upper, band.datum()).expect("the limits of altitude are whole steps")
    }

    fn window(&self, window: &Window) -> Option<Window> {
        let start = Timestamp::from_micros(floor_to(window.start().micros(), self.time_us));
        let end = Timestamp::from_micros(ceil_to(window.end().micros(), self.time_us));
        Window::try_new(start, end).ok()
    }
}

fn floor_to(value: i64, step: i64) -> i64 {
    value.div_euclid(step) * step
}

fn ceil_to(value: i64, step: i64) -> i64 {
    -floor_to(-value, step)
}

#[cfg(test)]
mod tests;
