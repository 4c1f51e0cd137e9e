//! The hands that keep things: a journal on disk ([`Sqlite`]), its twin in memory ([`Memory`]), the thread that writes in
//! groups ([`Writer`]) and the directory that all of a node lives in ([`Home`]).
//!
//! What holds here, and nowhere less:
//! - A row that was acknowledged is there after any crash, with the bytes that were written. Rows are only ever added.
//! - A batch is there whole or not at all. One that is refused does no harm to the batches beside it.
//! - A changed bit at rest is found before anything of the file is served ([`verify`]), and in a running node when the
//!   row is read. docs/spec/home.md says exactly what is found, and what cannot be.
//! - After a failed sync nothing more is written: what the system forgot cannot be told from what it kept.
//! - The SQL store alone is durable truth (PROTOCOL E9). Nothing derived is kept here, so nothing here is rebuilt.
//!
//! The two stores share the words for a row's key and no other code; one conformance suite holds both (`tests/`).

mod group;
mod home;
mod memory;
mod row;
mod sqlite;
mod verify;
mod writer;

pub use group::{GroupStore, Room};
pub use home::{Home, HomeFault, RestoreOver, SETTINGS};
pub use memory::{Ending, Memory};
pub use sqlite::{OpenFault, Options, Reader, Sqlite, danger_reseal};
pub use verify::{Finding, Place, Report, verify};
pub use writer::{Outcome, Stopped, Writer};
