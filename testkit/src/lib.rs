//! Detente: testkit.
