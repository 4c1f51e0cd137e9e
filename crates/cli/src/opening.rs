//! Opening a line in a journal that no node runs on: the node decides what to write, and it is written here and now.

use anyhow::{Context, Result};
use detente_node::port::Store;
use detente_node::{Effect, Input, LineKeys, Node};
use detente_types::statement::GenerationOpenIn;

use crate::host::{OsRng, now};

/// Opens the line and makes it durable.
///
/// # Errors
/// When the node refuses the keys or the journal does not take it.
pub(crate) fn open(mut node: Node, journal: &mut dyn Store, opening: GenerationOpenIn, keys: LineKeys, name: &str) -> Result<()> {
    node.open_line(now(), &mut OsRng, opening, keys, name).context("opening the line")?;
    while let Some(effect) = node.poll_effect() {
        if let Effect::Persist { token, batch } = effect {
            journal.commit(&batch).context("writing the line to the journal")?;
            node.handle(now(), &mut OsRng, Input::Persisted(token));
        }
    }
    Ok(())
}
