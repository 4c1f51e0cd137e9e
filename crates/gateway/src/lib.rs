//! File and foreign formats to and from notices. Nothing here judges: what a format says becomes a `NoticeIn`, and the
//! meaning gate decides. Its rules are run on files too, so that an officer hears of everything before anything is said.
//!
//! - [`read`] takes a file of notices as our JSON, GeoJSON or CSV; [`Report`] says what is wrong with it, row by row
//! - [`NoticeForm`] is our JSON form; [`geojson::write()`] writes notices for maps
//! - [`plans`] reads files of any origin, to be checked for conflicts without a node
//! - [`overlap`](mod@overlap) draws the ground on which two volumes are too close
//! - [`terms`] reads and writes the file of a line's terms
//! - [`shift`](mod@shift) moves notices in time
//!
//! Invariants: all problems of a file are reported at once, each with its place; nothing is half-loaded; no unit or datum
//! is guessed; a shape that must be redrawn grows, and never shrinks; no input panics. The formats are described in
//! docs/spec/files.md.

mod check;
mod fields;
mod flat;
pub mod form;
pub mod geojson;
mod json;
mod names;
pub mod overlap;
mod place;
pub mod plans;
pub mod problem;
mod raw;
mod read;
pub mod report;
pub mod shift;
mod straight;
mod suspect;
mod table;
pub mod terms;
mod tree;

pub use form::{DetailForm, Draft, NoticeForm, TextForm, VolumeForm};
pub use names::field_name;
pub use problem::{Problem, Problems};
pub use read::{FILE_BYTES_MAX, ROWS_MAX, Reading, Row, read};
pub use report::{FileFault, Finding, Level, Report};
pub use shift::shift;
pub use straight::DEVIATION_M_MAX;
