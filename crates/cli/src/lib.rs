//! The `detente` program: one side of a deconfliction line, from the command line to the running node.
//!
//! - [`args`] the command line; `verbs` what each does; `output` what it prints and how it ends
//! - [`host`] a running side: the node's thread, the store's writer, the links
//! - [`serve`] the whole of a node with its home and API; [`client`] how a command reaches it
//! - `matching` blind matching of two files over a plain socket
//! - [`pairing`] how two people make a line; [`demo`] two sides on one machine

pub mod args;
pub mod client;
pub mod demo;
mod files;
pub mod fuzzing;
pub mod host;
pub mod keys;
mod linger;
mod log;
mod matching;
mod opening;
pub mod output;
pub mod pairing;
pub mod serve;
pub mod settings;
pub mod verbs;
