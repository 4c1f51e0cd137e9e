//! `detente match evidence`: what the book keeps of runs in which the other side broke the rules.
//!
//! Invariants: bytes are shown as they came; nothing of the record or the book is changed (the home's lock and its reserve may be
//! made).

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result};
use data_encoding::HEXLOWER;
use detente_api::matches::run_name;
use detente_api::problem::Fault;
use detente_node::BookEntry;
use detente_node::blind::BookBlindFault;
use detente_node::port::Write;
use detente_store::{Home, HomeFault, Options};
use detente_types::Timestamp;
use serde::Serialize;

use super::super::On;
use super::audit::{is_named, write_new};
use super::line::short;
use crate::output::{refuse, show};

/// What the pieces are, in their order in the book.
const PIECES: [&str; 4] = ["hello", "commit", "open", "message"];

/// A run that the other side broke.
#[derive(Serialize)]
struct Kept {
    line: String,
    run: String,
    /// When it broke off.
    at: String,
    /// What was broken.
    says: String,
    pieces: Vec<Piece>,
}

/// Something that the other side said, as it came.
#[derive(Serialize)]
struct Piece {
    piece: &'static str,
    /// How many bytes; 0 when there is none.
    size: usize,
    /// Its bytes, where they were not written to a file.
    #[serde(skip_serializing_if = "Option::is_none")]
    hex: Option<String>,
    /// The file that they were written to.
    #[serde(skip_serializing_if = "Option::is_none")]
    file: Option<String>,
}

/// Lists what is kept, of one run or of all, and writes it out.
pub(super) fn evidence(on: &On<'_>, run: Option<&str>, to: Option<&Path>) -> Result<()> {
    let mut kept = read(on.home).map_err(|fault| match fault.downcast_ref() {
        Some(locked @ HomeFault::Locked { .. }) => {
            let way = "stop it, or make a copy with `detente backup DIRECTORY` and ask that by --home";
            refuse(Fault::Unavailable, format!("{locked}: {way}"))
        }
        _ => fault,
    })?;
    kept.retain(|fault| run.is_none_or(|run| is_named(&run_name(&fault.run), run)));
    if let (true, Some(run)) = (kept.is_empty(), run) {
        return Err(refuse(Fault::NotFound, format!("no evidence is kept of a run {run:?}")));
    }
    let mut shown: Vec<Kept> = kept.iter().map(Kept::from).collect();
    if let Some(to) = to {
        write(&kept, &mut shown, to)?;
    }
    show(on.json, &shown, |shown| words(shown))
}

/// The rows of a home that no node runs on.
fn read(home: &Path) -> Result<Vec<BookBlindFault>> {
    let home = Home::open(home)?;
    let mut kept = Vec::new();
    home.journal(Options::default())?.reader()?.replay_book(&mut |row| {
        if let Write::Book { bytes, .. } = row
            && let Some(BookEntry::BlindFault(fault)) = BookEntry::decode(&bytes)
        {
            kept.push(fault);
        }
        Ok(())
    })?;
    Ok(kept)
}

fn pieces(fault: &BookBlindFault) -> impl Iterator<Item = (&'static str, &[u8])> {
    PIECES.into_iter().zip(fault.evidence.iter().map(|bytes| bytes.as_slice()))
}

impl From<&BookBlindFault> for Kept {
    fn from(fault: &BookBlindFault) -> Self {
        let piece = |(piece, bytes): (_, &[u8])| {
            let hex = Some(HEXLOWER.encode(bytes));
            Piece { piece, size: bytes.len(), hex, file: None }
        };
        Self {
            line: fault.line.to_string(),
            run: run_name(&fault.run),
            at: Timestamp::from_micros(fault.at_us).to_string(),
            says: fault.says.clone(),
            pieces: pieces(fault).map(piece).collect(),
        }
    }
}

fn words(kept: &[Kept]) -> String {
    if kept.is_empty() {
        return "no evidence of blind runs".into();
    }
    let piece = |p: &Piece| match p.file.as_ref().or(p.hex.as_ref()) {
        Some(said) if p.size > 0 => format!("  {}, {} bytes: {said}", p.piece, p.size),
        _ => format!("  {}: none", p.piece),
    };
    let fault = |k: &Kept| {
        let head = format!("run {} on line {}, {}\n  {}", short(&k.run), &k.line[..8], k.at, k.says);
        core::iter::once(head).chain(k.pieces.iter().map(piece)).collect::<Vec<_>>().join("\n")
    };
    kept.iter().map(fault).collect::<Vec<_>>().join("\n")
}

/// Writes each piece into a new file of a directory, which is made for the first: it is then shown by its file, and not by its bytes.
fn write(kept: &[BookBlindFault], shown: &mut [Kept], to: &Path) -> Result<()> {
    if !kept.is_empty() {
        fs::create_dir_all(to).with_context(|| format!("making {}", to.display()))?;
    }
    for (place, (fault, shown)) in kept.iter().zip(shown).enumerate() {
        // One run may have been broken twice.
        let before = kept[..place].iter().filter(|other| (other.line, other.run) == (fault.line, fault.run)).count();
        let again = if before == 0 { String::new() } else { format!("-{}", before + 1) };
        let name = format!("{}-{}{again}", shown.line, shown.run.replace(':', ""));
        for ((piece, bytes), shown) in pieces(fault).zip(&mut shown.pieces) {
            shown.hex = None;
            if bytes.is_empty() {
                continue;
            }
            let file = to.join(format!("{name}.{piece}"));
            write_new(&file, bytes).with_context(|| format!("writing {}: it must be a new file", file.display()))?;
            shown.file = Some(file.display().to_string());
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use detente_node::port::{Batch, Store as _};
    use detente_types::LineId;
    use detente_types::statement::BlindRunIn;

    use super::*;

    const AT_US: i64 = 1_795_500_000_000_000;

    fn fault(line: u8, hour: i64, evidence: [&[u8]; 4]) -> BookBlindFault {
        BookBlindFault {
            line: LineId::new([line; 32]),
            at_us: AT_US + 7_000_000,
            run: BlindRunIn::at(Timestamp::from_micros(AT_US).plus_seconds(3_600 * hour)),
            says: "the peer broke the run at step commit: place 3 is no point".into(),
            evidence: evidence.into_iter().map(|bytes| bytes.to_vec().into()).collect(),
        }
    }

    /// A home whose book has these.
    fn home(root: &Path, faults: &[BookBlindFault]) {
        let home = Home::create(root).unwrap();
        let row = |(number, fault): (u64, &BookBlindFault)| Write::Book {
            number,
            bytes: BookEntry::BlindFault(fault.clone()).encode(),
        };
        let writes = (0..).zip(faults).map(row).collect();
        home.journal(Options::default()).unwrap().commit(&Batch { writes, reserve: false }).unwrap();
    }

    #[test]
    fn what_a_book_keeps_of_a_broken_run_is_shown_to_the_byte() {
        let root = tempfile::tempdir().unwrap();
        let at = root.path().join("home");
        let faults = [fault(0xab, 0, [b"\x01hello", b"\x02c", b"", b"\xff\x00"]), fault(0xcd, 1, [b"h", b"", b"", b"m"])];
        home(&at, &faults);
        let kept = read(&at).unwrap();
        assert_eq!(kept, faults);
        let shown: Vec<Kept> = kept.iter().map(Kept::from).collect();
        let json = serde_json::to_value(&shown).unwrap();
        let pieces = serde_json::json!([
            { "piece": "hello", "size": 6, "hex": "0168656c6c6f" },
            { "piece": "commit", "size": 2, "hex": "0263" },
            { "piece": "open", "size": 0, "hex": "" },
            { "piece": "message", "size": 2, "hex": "ff00" },
        ]);
        assert_eq!((&json[0]["pieces"], &json[0]["at"]), (&pieces, &"2026-11-24T06:00:07Z".into()));
        let told = words(&shown);
        for part in
            ["run 2026-11-24T06:00:00Z on line abababab", "place 3 is no point", "hello, 6 bytes: 0168656c6c6f", "open: none"]
        {
            assert!(told.contains(part), "{part}: {told}");
        }
    }

    #[test]
    fn each_piece_is_written_to_a_file_of_its_own_and_none_is_overwritten() {
        let root = tempfile::tempdir().unwrap();
        let to = root.path().join("out");
        // Two lines whose names begin alike, and a run that was broken twice.
        let mut alike = fault(0xab, 0, [b"h", b"", b"", b"m"]);
        alike.line = LineId::new(core::array::from_fn(|i| if i < 31 { 0xab } else { 0xcd }));
        let first = fault(0xab, 0, [b"\x01hello", b"\x02c", b"", b"\xff\x00"]);
        let kept = [first.clone(), alike, BookBlindFault { says: "more".into(), ..first }];
        let written = || {
            let mut shown: Vec<Kept> = kept.iter().map(Kept::from).collect();
            write(&kept, &mut shown, &to).map(|()| shown)
        };
        let told = words(&written().unwrap());
        let file = to.join(format!("{}-2026-11-24T060000Z.message", "ab".repeat(32)));
        assert_eq!(fs::read(&file).unwrap(), b"\xff\x00");
        assert!(told.contains(&format!("message, 2 bytes: {}", file.display())) && !told.contains("ff00"), "{told}");
        assert_eq!(fs::read_dir(&to).unwrap().count(), 8, "one file a piece that came");
        fs::remove_file(to.join(format!("{}-2026-11-24T060000Z.hello", "ab".repeat(32)))).unwrap();
        let refused = written().err().expect("nothing is overwritten");
        assert!(format!("{refused:#}").contains(".commit: it must be a new file"), "{refused:#}");
        let none = root.path().join("none");
        write(&[], &mut [], &none).unwrap();
        assert!(!none.exists(), "nothing is made where nothing is kept");
    }

    #[test]
    fn one_run_is_found_by_its_name_and_another_is_not() {
        let root = tempfile::tempdir().unwrap();
        let at = root.path().join("home");
        home(&at, &[fault(1, 0, [b"h", b"", b"", b""])]);
        let on = On { home: &at, json: true };
        assert!(evidence(&on, Some("2026-11-24t06:00"), None).is_ok());
        let refused = evidence(&on, Some("2026-11-25"), None).unwrap_err();
        assert!(refused.to_string().contains("no evidence is kept"), "{refused}");
        let _running = Home::open(&at).unwrap();
        let refused = evidence(&on, None, None).unwrap_err();
        assert!(refused.to_string().contains("detente backup"), "{refused}");
    }
}
