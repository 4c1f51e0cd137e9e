//! Tests of the record: against naive models, another implementation, planted faults, and vectors.

mod cosign;
mod evidence;
mod generation;
mod line;
mod log;
mod release;
mod seen;
mod vectors;
mod verify;
