//! Measurements: our own figures beside peers or physical floors of the same run, interleaved, as ratios.
//!
//! These machines are noisy. A figure without its floor says nothing, so none is printed without one.

pub mod blind;
pub mod cells;
pub mod floor;
pub mod machine;
pub mod million;
pub mod pair;
pub mod profile;
pub mod program;
pub mod report;
pub mod space;
pub mod stats;
