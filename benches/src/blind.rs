//! Blind matching, measured: our own program by each backend, and peers from Python's registry, each as processes; and the
//! command `detente match` as two people run it.

pub mod builds;
pub mod peers;
pub mod sides;
pub mod timing;
