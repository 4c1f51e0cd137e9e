//! Detente: sim.
