//! Detente: fuzz.
