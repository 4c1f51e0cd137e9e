//! File and foreign formats to and from notices. Nothing here judges: what a format says becomes a `NoticeIn`, and the
//! meaning gate decides.
//!
//! Invariants: all problems of a file are reported at once, each with its place; nothing is half-loaded; no unit or datum
//! is guessed.

pub mod form;
pub mod problem;

pub use form::{DetailForm, Draft, NoticeForm, TextForm, VolumeForm};
pub use problem::{Problem, Problems};
