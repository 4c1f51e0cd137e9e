//! Detente: e2e.
