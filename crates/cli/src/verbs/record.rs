//! The joint record: verify it, export it, release parts of it. All offline.

mod export;
mod files;
mod release;
mod verify;

use std::collections::BTreeMap;

use anyhow::Result;
use detente_api::problem::Fault;
use detente_node::port::{NoteRole, StoreFault, Write};
use detente_record::verify::{EntryRow, NoteRole as Role, NoteRow};
use detente_store::{Home, HomeFault, Options, Reader};
use detente_types::{LineId, PartyId};
use detente_wire::Ed25519;
use detente_wire::certificate::open_opening;

use super::{On, held};
use crate::args::RecordVerb;
use crate::output::refuse;

pub(crate) use verify::{fuzz, verify_copy};

pub(super) fn record(on: &On<'_>, verb: RecordVerb) -> Result<()> {
    match verb {
        RecordVerb::Verify { path } => verify::verify(on, &path.unwrap_or_else(|| on.home.to_owned())),
        RecordVerb::Export { to, on: l } => export::export(on, &l.line, &to),
        RecordVerb::Release { to, entries, slots, on: l } => release::release(on, &l.line, &to, &entries, &slots),
        RecordVerb::Evidence { to, on: l } => held::evidence(on, &l.line, to.as_deref()),
        RecordVerb::Reopen { reason, agree, on: l } => held::reopen(on, &l.line, reason, agree),
    }
    .map_err(|fault| match fault.downcast_ref() {
        Some(locked @ HomeFault::Locked { .. }) => {
            let way = "stop it, or make a copy with `detente backup DIRECTORY` and go on with that";
            refuse(Fault::Unavailable, format!("{locked}: {way}"))
        }
        _ => fault,
    })
}

/// The lines of a journal and their parties, from the book.
fn parties_of(reader: &mut Reader) -> Result<BTreeMap<LineId, [PartyId; 2]>> {
    let mut lines = BTreeMap::new();
    reader.replay_book(&mut |row| {
        if let Write::Book { bytes, .. } = row
            && let Some(detente_node::BookEntry::LineOpened(opened)) = detente_node::BookEntry::decode(&bytes)
            && let Ok(opening) = detente_wire::codec::decode(&opened.opening, "opening")
            && let Ok((own, other)) = open_opening(&Ed25519, &opening)
        {
            lines.insert(opened.line, [own.party(), other.party()]);
        }
        Ok(())
    })?;
    Ok(lines)
}

/// A row of a line's record.
enum Row {
    Entry(EntryRow),
    Note(NoteRow),
}

/// Hands over a line's record as it is read: its entries, then its notes.
fn each_row(reader: &mut Reader, of: LineId, take: &mut dyn FnMut(Row) -> Result<(), StoreFault>) -> Result<(), StoreFault> {
    reader.replay_line(&of, &mut |row| match row {
        Write::Entry { author, generation, index, leaf, body, .. } => {
            take(Row::Entry(EntryRow { author, generation, index, leaf, body }))
        }
        Write::Note { author, generation, role, size, bytes, .. } => {
            let role = match role {
                NoteRole::Checkpoint => Role::Checkpoint,
                NoteRole::Cosignature => Role::Cosignature,
            };
            take(Row::Note(NoteRow { author, generation, role, size, note: bytes }))
        }
        _ => Ok(()),
    })
}

/// Opens the journal of a home that no node runs on, and finds the line.
fn open_line(on: &On<'_>, name: &str) -> Result<(Reader, LineId, [PartyId; 2], Home)> {
    let home = Home::open(on.home)?;
    let mut reader = home.journal(Options::default())?.reader()?;
    let found: Vec<_> =
        parties_of(&mut reader)?.into_iter().filter(|(id, _)| name == "-" || id.to_string().starts_with(name)).collect();
    match found.as_slice() {
        [(id, parties)] => Ok((reader, *id, *parties, home)),
        [] => Err(refuse(Fault::NotFound, format!("there is no line {name:?} here"))),
        _ => Err(refuse(Fault::Request, format!("{} lines fit {name:?}: name it more exactly", found.len()))),
    }
}
