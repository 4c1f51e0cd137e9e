//! Nothing but its test, `tests/compile_fail.rs`: what the compiler must refuse.
//!
//! A crate of its own, since the test builds the crate that it stands in, with all that it depends on, from nothing. Here
//! that is the five crates whose doors are tried, and no fixture.
