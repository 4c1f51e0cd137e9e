//! Detente: api.
