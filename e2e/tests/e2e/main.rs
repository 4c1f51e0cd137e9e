//! The program as people use it. `DETENTE_BIN` names the program (`cargo xtask test` sets it); without it, the one that was
//! built beside these tests is taken. `DETENTE_SOAK=1` takes every crash point instead of a sample.
//!
//! - [`program`] runs the program and talks to it; [`side`] a home and its node; [`http`] the API of a running node;
//!   [`exchange`] two sides that always begin from the same homes; [`day`] the example files
//! - every other module is one story

mod backup;
mod check;
mod crash;
mod day;
mod demo;
mod disk;
mod errors;
mod exchange;
mod forged;
mod held;
mod http;
mod json;
mod matched;
mod matches;
mod pairing;
mod plans;
mod position;
mod program;
mod resolve;
mod revoke;
mod rot;
mod script;
mod side;
mod story;
