//! `record export`: a line's record as text files that another program can verify.

use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::Path;

use anyhow::{Context, Result, ensure};
use detente_node::port::StoreFault;
use serde::Serialize;

use super::files::{ENTRIES, EntryLine, MANIFEST, Manifest, NOTES, NoteLine};
use super::{On, Row, each_row, open_line};
use crate::output::show;

#[derive(Serialize)]
struct Exported {
    to: String,
    line: String,
    entries: usize,
    notes: usize,
}

pub(super) fn export(on: &On<'_>, line: &str, to: &Path) -> Result<()> {
    let (mut reader, id, parties, _home) = open_line(on, line)?;
    ensure!(!to.exists(), "{} is there already and is not overwritten", to.display());
    std::fs::create_dir_all(to).with_context(|| format!("making {}", to.display()))?;
    let manifest = Manifest { format: 1, line: id.to_string(), parties: parties.map(|p| p.to_string()) };
    std::fs::write(to.join(MANIFEST), serde_json::to_string_pretty(&manifest)?)?;
    let create = |name: &str| File::create(to.join(name)).map(BufWriter::new).with_context(|| format!("making {name}"));
    let (mut entry_lines, mut note_lines) = (create(ENTRIES)?, create(NOTES)?);
    let (mut entries, mut notes) = (0, 0);
    each_row(&mut reader, id, &mut |row| {
        let written = match row {
            Row::Entry(row) => {
                entries += 1;
                put_line(&mut entry_lines, &EntryLine::from(row))
            }
            Row::Note(row) => {
                notes += 1;
                put_line(&mut note_lines, &NoteLine::from(row))
            }
        };
        written.map_err(|e| StoreFault::Failed { doing: "writing the export".into(), detail: e.to_string() })
    })?;
    entry_lines.flush()?;
    note_lines.flush()?;
    let exported = Exported { to: to.display().to_string(), line: id.to_string(), entries, notes };
    show(on.json, &exported, |e| {
        format!("exported {} entries and {} notes of line {} to {}", e.entries, e.notes, &e.line[..8], e.to)
    })
}

fn put_line(out: &mut impl std::io::Write, line: &impl Serialize) -> std::io::Result<()> {
    serde_json::to_writer(&mut *out, line)?;
    out.write_all(b"\n")
}
