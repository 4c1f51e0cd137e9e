//! Detente: benches.
