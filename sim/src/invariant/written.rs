//! What goes to a disk: checked when a batch leaves the node, against what is durable at that moment.

use detente_node::port::{NoteRole, Write};

use super::Check;
use super::audible::{read_leaf, seen_is_durable};
use crate::rows::{LogRows, Rows};
use crate::wire::Wire;

/// Checks a batch of the node at an end of a line. One that was restored also writes what it takes back from its peer.
pub(crate) fn check(wire: &Wire, end: usize, disk: &Rows, writes: &[Write]) -> Check {
    if wire.ends[end].restored.is_some() {
        return Ok(());
    }
    for write in writes {
        let Write::Entry { line, author, index, leaf, .. } = write else { continue };
        if *line != wire.line || *author != wire.ends[end].party {
            continue;
        }
        let Some(leaf) = read_leaf(leaf) else { continue };
        let seen = leaf.fields().seen;
        let name = wire.log_of(1 - end, seen.generation);
        let there = disk.log(&name).is_some_and(|log: &LogRows| log.root_at(seen.size) == Some(seen.root));
        let known = seen.size == 0 || (there && seen.size <= disk.noted(&name, NoteRole::Checkpoint));
        seen_is_durable(known, *index, &seen)?;
    }
    Ok(())
}
