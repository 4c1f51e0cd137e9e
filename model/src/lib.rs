//! An exhaustive model of one line: two nodes, a few entries, a lossy link, crashes and restores from backup.
//!
//! It holds the rules E4 to E7, S1 to S5, F1, F2 and T2 of the protocol, with the amendments of ADRs 0010 to 0015,
//! against every interleaving within the bounds of a [`Scenario`]. `docs/spec/model.md` says what is abstracted.
//!
//! Reading order: `log` (nouns), `net` (the lossy link), `node` (the rules), `settle` (T2), `actions` (what may
//! happen next), `history` (what really happened), `properties` (what must hold), `mutations` (planted faults).

mod actions;
mod history;
mod log;
mod mutations;
mod net;
mod node;
mod properties;
mod scenario;
mod settle;

pub use actions::Action;
pub use log::{Entry, Head, Leaf, Log, Logs, Party, Place};
pub use mutations::{Mutation, Rules};
pub use net::{Early, Message};
pub use properties::{Reached, name};
pub use scenario::{Adversary, Grain, LineModel, Restore, Scenario, World};
