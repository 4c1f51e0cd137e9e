//! Which functions an address of a program lies in, those that are compiled into others told too: by the program's own
//! lines for traces.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use addr2line::{Loader, demangle_auto};
use anyhow::{Context as _, Result, anyhow, ensure};

use super::fold::{Frame, Owner};
use super::names;

/// A part of a program's file and where it lies in memory, from the address that the program is loaded at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Segment {
    offset: u64,
    address: u64,
    length: u64,
}

/// A program's file.
pub struct Symbols {
    path: PathBuf,
    segments: Vec<Segment>,
    loader: Loader,
    known: HashMap<u64, Vec<Frame>>,
}

impl Symbols {
    /// Opens a program.
    ///
    /// # Errors
    /// When the file cannot be read, or is no ELF file of 64 bits.
    pub fn open(path: &Path) -> Result<Self> {
        let bytes = std::fs::read(path).with_context(|| format!("reading {}", path.display()))?;
        let segments = segments(&bytes).with_context(|| format!("reading {}", path.display()))?;
        let loader = Loader::new(path).map_err(|fault| anyhow!("reading {}: {fault}", path.display()))?;
        Ok(Self { path: path.to_owned(), segments, loader, known: HashMap::new() })
    }

    /// Where it lies.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The functions at a place of the file, the outermost first; none where nothing is known. `symbol` is the name of the
    /// outermost. A place to return to belongs to the call before it.
    pub fn frames(&mut self, offset: u64, returns: bool, symbol: &str) -> Vec<Frame> {
        let offset = offset - u64::from(returns && offset > 0);
        if let Some(frames) = self.known.get(&offset) {
            return frames.clone();
        }
        let frames = self.looked_up(offset, symbol).unwrap_or_default();
        self.known.insert(offset, frames.clone());
        frames
    }

    fn looked_up(&self, offset: u64, symbol: &str) -> Option<Vec<Frame>> {
        let mut found = self.loader.find_frames(address(&self.segments, offset)?).ok()?;
        let mut frames = Vec::new();
        while let Ok(Some(frame)) = found.next() {
            let file = frame.location.and_then(|location| location.file).unwrap_or_default();
            let name = frame.function.as_ref().and_then(|function| function.raw_name().ok()).unwrap_or_default();
            frames.push((names::short(&demangle_auto(name, None)), file.to_owned()));
        }
        let last = frames.len().checked_sub(1)?;
        let named = frames.into_iter().enumerate().map(|(i, (name, file))| {
            let standard = names::is_standard(&file);
            let name = if i == last { names::short(symbol) } else { qualified(&name, &file) };
            Frame { name, owner: if i < last && standard { Owner::Inlined } else { Owner::Program } }
        });
        let mut named: Vec<Frame> = named.collect();
        named.reverse();
        // What calls itself by the same name, as closures of adapters do, is told once.
        named.dedup_by(|inner, outer| inner.name == outer.name);
        Some(named)
    }
}

/// Line tables tell a function that is compiled into another by its last name only: the file tells the rest.
fn qualified(name: &str, file: &str) -> String {
    match names::module(file) {
        Some(module) if !name.contains("::") => format!("{module}::{name}"),
        _ => name.to_owned(),
    }
}

fn address(segments: &[Segment], offset: u64) -> Option<u64> {
    let segment = segments.iter().find(|segment| offset.checked_sub(segment.offset).is_some_and(|at| at < segment.length))?;
    Some(offset - segment.offset + segment.address)
}

/// What is loaded of an ELF file of 64 bits, little end first.
fn segments(bytes: &[u8]) -> Result<Vec<Segment>> {
    const LOADED: u64 = 1;
    ensure!(bytes.starts_with(b"\x7fELF\x02\x01"), "no ELF file of 64 bits, little end first");
    let number = |at: u64, length: usize| {
        let at = usize::try_from(at)?;
        let field = bytes.get(at..at.saturating_add(length)).context("the file ends too early")?;
        Ok::<u64, anyhow::Error>(field.iter().rev().fold(0, |number, byte| number << 8 | u64::from(*byte)))
    };
    let (table, size, count) = (number(32, 8)?, number(54, 2)?, number(56, 2)?);
    let mut segments = Vec::new();
    for header in (0..count).map(|i| table.saturating_add(i * size)) {
        let field = |at: u64, length: usize| number(header.saturating_add(at), length);
        if field(0, 4)? == LOADED {
            segments.push(Segment { offset: field(8, 8)?, address: field(16, 8)?, length: field(32, 8)? });
        }
    }
    Ok(segments)
}

#[cfg(test)]
mod tests;
