//! Mean sea level over the ellipsoid: EGM96, for law `conflict/2`.
//!
//! The model is the crate `egm96`, which carries its coefficients to degree 360 and evaluates them at a point. The law
//! uses it at the nodes of a grid of a quarter degree, rounded to whole centimetres; between nodes it is bilinear. The
//! crate's trigonometry is the platform's, but its noise is some 1e-12 m and no node lies within 1e-9 m of where
//! rounding would tip (`nodes_round_alike_everywhere`), so the nodes, and with them the law, are the same everywhere.
//!
//! What a volume needs is not a value but bounds over a region: [`range`]. Within a cell a bilinear surface lies between
//! its corners. A region of more than [`NODES_MAX`] nodes takes the bounds of the blocks of ten degrees that it touches.

mod blocks;
#[cfg(test)]
pub(crate) mod oracle;

use std::sync::atomic::{AtomicI16, Ordering};
use std::sync::{Mutex, OnceLock};

use crate::region::Region;
use egm96::{Egm96Scratch, egm96_compute_altitude_offset_with_scratch};

/// A quarter of a degree, in 1e-7 degree.
const STEP_E7: i64 = 2_500_000;
const ROWS: usize = 721;
const COLUMNS: usize = 1_440;
/// From this many nodes on a region is bounded by blocks: a node costs half a millisecond when it is first asked for.
const NODES_MAX: usize = 64;

/// More than bilinear interpolation between nodes strays from the model, centimetres: three times the largest over 60,000
/// random points (docs/spec/conflict-2.md).
pub(crate) const ERROR_CM: i64 = 200;

/// Numbers of the rows and columns of nodes whose cells a region touches; columns may run past the last.
fn nodes(region: &Region) -> (core::ops::RangeInclusive<usize>, core::ops::RangeInclusive<usize>) {
    let row = |e7: i64| ((e7 + 90 * 10_000_000) / STEP_E7).clamp(0, ROWS as i64 - 1) as usize;
    let north = row(region.north + STEP_E7 - 1);
    let west = (region.west + 180 * 10_000_000).rem_euclid(COLUMNS as i64 * STEP_E7);
    let first = west / STEP_E7;
    let last = (west + region.width).div_euclid(STEP_E7) + i64::from((west + region.width) % STEP_E7 != 0);
    let last = last.min(first + COLUMNS as i64 - 1);
    (row(region.south)..=north, first as usize..=last as usize)
}

/// Lowest and highest undulation in a region, centimetres above the ellipsoid, interpolation and all.
pub(crate) fn range(region: &Region) -> (i64, i64) {
    let (rows, columns) = nodes(region);
    let count = rows.clone().count() * columns.clone().count();
    if count > NODES_MAX {
        let (low, high) = blocks::range(rows, columns);
        return (low - ERROR_CM, high + ERROR_CM);
    }
    let values = rows.flat_map(|row| columns.clone().map(move |column| i64::from(node(row, column % COLUMNS))));
    let (low, high) = values.fold((i64::MAX, i64::MIN), |(low, high), v| (low.min(v), high.max(v)));
    (low - ERROR_CM, high + ERROR_CM)
}

/// Less than any undulation of the model, and more, centimetres, errors of every kind included.
pub(crate) const ANYWHERE_CM: (i64, i64) = (-11_000, 9_000);

/// No undulation: the model's lie between -107 m and 86 m.
const UNKNOWN: i16 = i16::MAX;

/// The undulation at a node, centimetres. A pure function of the node; what was worked out is kept.
fn node(row: usize, column: usize) -> i16 {
    static KNOWN: OnceLock<Vec<AtomicI16>> = OnceLock::new();
    let known = KNOWN.get_or_init(|| (0..ROWS * COLUMNS).map(|_| AtomicI16::new(UNKNOWN)).collect());
    let place = &known[row * COLUMNS + column];
    match place.load(Ordering::Relaxed) {
        UNKNOWN => {
            let value = to_cm(model(row as f64 * 0.25 - 90.0, column as f64 * 0.25 - 180.0));
            place.store(value, Ordering::Relaxed);
            value
        }
        value => value,
    }
}

/// The undulation at a node, for the published vectors.
#[cfg(test)]
pub(crate) fn at_node(row: usize, column: usize) -> i64 {
    node(row, column).into()
}

/// The model at a position in degrees, metres.
pub(crate) fn model(lat: f64, lon: f64) -> f64 {
    static SCRATCH: Mutex<Option<Box<Egm96Scratch>>> = Mutex::new(None);
    let mut scratch = SCRATCH.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    egm96_compute_altitude_offset_with_scratch(lat, lon, scratch.get_or_insert_with(|| Box::new(Egm96Scratch::new())))
}

/// To the nearest whole centimetre.
fn to_cm(metres: f64) -> i16 {
    libm::floor(metres * 100.0 + 0.5) as i16
}

#[cfg(test)]
mod tests;
