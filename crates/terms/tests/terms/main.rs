//! Tests of the rule engine through the public API.

mod clock;
mod fixture;
mod history;
mod lead;
mod line;
mod safety;
