//! What else can be asked of a notice among others: the nearest of them, what is free, what a new version changes, and a
//! picture of how full a region is.
//!
//! All of it is told by the same law and the same index as conflicts are, so nothing here can disagree with them:
//!
//! - [`nearest`]: which of the others comes closest, conflict or not, and what is left of the separation.
//! - [`free_band`] and [`free_window`]: the largest band or window in which nothing would be in the way.
//! - [`changes`]: which conflicts a new version of a notice makes, keeps and ends.
//! - [`density`], or bit by bit [`Picture`]: how many volumes touch each cell of a raster, and for how long.

mod changes;
mod density;
mod free;
mod nearest;

pub use changes::{Changed, changes};
pub use density::{Cell, Picture, Raster, RasterFault, density};
pub use free::{free_band, free_window};
pub use nearest::{Nearest, nearest};

#[cfg(test)]
mod tests;
