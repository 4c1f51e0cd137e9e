//! Blind matching, measured: two builds of our own program, and peers from Python's registry, each as processes.

pub mod builds;
pub mod peers;
