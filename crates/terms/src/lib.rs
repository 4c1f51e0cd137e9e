//! The rule engine of the terms: what is early enough, what is overdue, who must be told, what the line's state is, and
//! which terms are in force.
//!
//! Every module is a small machine or a pure function. Time is an argument; `handle_*` takes what happened, `poll`
//! gives one thing to do at a time until it gives none, and `next_timeout` says when to poll again although nothing
//! happened. Polling late is safe: nothing is skipped that matters and nothing is done twice.
//!
//! Invariants: no I/O, no clock, no randomness; nothing here approves anything, and silence is a state with a clock
//! (DESIGN D7); suspending a line never stops SAFETY and line checks.
//!
//! The rules are told in docs/spec/clocks.md.

mod clock;
mod history;
mod lead;
pub mod line;
pub mod safety;

pub use clock::{Arrivals, Clock, Overdue, ReceiptLevel, Remedy, clock};
pub use history::{Cut, Prefix, Standing, TermsFault, TermsHistory};
pub use lead::{Lead, lead, seconds_left, start};
