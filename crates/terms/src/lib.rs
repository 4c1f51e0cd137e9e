//! Detente: terms.
