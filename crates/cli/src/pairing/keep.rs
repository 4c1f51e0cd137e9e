//! Keeping a paired line: its keys first, then the line in the journal, then how it is reached. In that order, so that
//! nothing is there without what it needs.

use std::path::Path;
use std::sync::Arc;

use anyhow::Result;
use detente_node::{LineKeys, Node};
use detente_store::{Home, Options};
use detente_types::LineId;
use detente_wire::Ed25519;
use detente_wire::hash::hex;

use super::Paired;
use crate::host::{OsRng, now};
use crate::settings::{LineSettings, Settings};
use crate::{keys, opening};

/// Puts a paired line into a home that no node runs on.
///
/// # Errors
/// When a key or the line is there already, or the disk refuses.
pub fn keep(root: &Path, home: &Home, paired: Paired, listen: Option<String>) -> Result<()> {
    let Paired { line, opening: entry, keys, name, address } = paired;
    keys.keep(home, &line)?;
    let mut settings = Settings::read(root)?;
    let lines: Vec<LineId> = settings.lines.iter().filter_map(|l| LineId::parse(&l.id)).collect();
    let ring = keys::ring(home, &lines)?;
    let peer_key = hex(&*entry.other.tls_key);
    let mut journal = home.journal(Options::default())?;
    let node = Node::load(Arc::new(Ed25519), now(), &mut OsRng, &ring, &mut journal)?;
    let line_keys = LineKeys { log: keys.log.clone(), holder: keys.holder.clone() };
    opening::open(node, &mut journal, entry, line_keys, &name)?;
    settings.lines.push(LineSettings { id: line.to_string(), name, peer_key, listen, dial: address });
    settings.write(root)
}
