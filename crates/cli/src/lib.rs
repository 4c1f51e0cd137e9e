//! The `detente` program.
