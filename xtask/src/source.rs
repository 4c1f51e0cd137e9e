//! A reading of Rust source that is just enough for house rules: where comments and literals are, where functions
//! begin and end, and what is test code. It is not a parser; it errs towards calling code product code.

#[cfg(test)]
mod tests;

use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

/// Folders of the root whose crates are tests and tools as a whole.
pub(crate) const TOOL_FOLDERS: &[&str] = &["sim", "testkit", "gates", "model", "fuzz", "benches", "e2e"];

/// One Rust file.
pub(crate) struct Source {
    /// Relative to the root.
    pub(crate) path: PathBuf,
    /// As it stands on disk.
    pub(crate) text: String,
    /// The same, byte for byte, with comments and literals blanked out.
    pub(crate) code: String,
    /// Byte ranges that only tests compile; the whole file when it is a test file.
    tests: Vec<Range<usize>>,
}

/// A function with a body.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Function<'a> {
    pub(crate) name: &'a str,
    /// Where its `fn` stands, from 1.
    pub(crate) line: usize,
    /// From the line of `fn` to that of the closing brace.
    pub(crate) lines: usize,
    /// Whether a test attribute stands on it.
    pub(crate) is_test: bool,
}

impl Source {
    pub(crate) fn new(path: impl Into<PathBuf>, text: impl Into<String>) -> Self {
        let (path, text) = (path.into(), text.into());
        let code = blank(&text);
        let tests = if is_test_path(&path) { whole(&text) } else { test_ranges(&code) };
        Self { path, text, code, tests }
    }

    /// Whether the byte at `at` is compiled for tests only.
    pub(crate) fn is_test(&self, at: usize) -> bool {
        self.tests.iter().any(|range| range.contains(&at))
    }

    /// The line number of a byte, from 1.
    pub(crate) fn line_of(&self, at: usize) -> usize {
        line_of(&self.text, at)
    }

    /// Every function that has a body, nested ones too.
    pub(crate) fn functions(&self) -> Vec<Function<'_>> {
        words(&self.code, "fn").filter_map(|at| function_at(&self.code, at)).collect()
    }

    /// The files or folders that this file declares as `#[cfg(test)] mod name;`, relative to the root.
    fn test_modules(&self) -> Vec<PathBuf> {
        let stem = self.path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
        let parent = self.path.parent().unwrap_or(Path::new(""));
        let folder = if matches!(stem, "lib" | "main" | "mod") { parent.to_path_buf() } else { parent.join(stem) };
        self.tests
            .iter()
            .filter_map(|range| self.code[range.clone()].strip_suffix(';')?.rsplit_once("mod "))
            .map(|(_, name)| folder.join(name.trim()))
            .collect()
    }
}

/// Every Rust file of the house; modules declared under `#[cfg(test)]` count as tests wherever they lie.
pub(crate) fn read_all(root: &Path) -> Result<Vec<Source>> {
    let mut sources = Vec::new();
    for path in files(root, "rs")? {
        let text = fs::read_to_string(root.join(&path)).with_context(|| format!("reading {}", path.display()))?;
        sources.push(Source::new(path, text));
    }
    let declared: Vec<PathBuf> = sources.iter().flat_map(Source::test_modules).collect();
    for source in &mut sources {
        let module = source.path.with_extension("");
        if declared.iter().any(|folder| module.starts_with(folder)) {
            source.tests = whole(&source.text);
        }
    }
    Ok(sources)
}

/// All files with this extension, relative to `root` and sorted; build output and hidden folders are passed over.
pub(crate) fn files(root: &Path, extension: &str) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut folders = vec![root.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for item in fs::read_dir(&folder).with_context(|| format!("listing {}", folder.display()))? {
            let item = item.with_context(|| format!("listing {}", folder.display()))?;
            let name = item.file_name().to_string_lossy().into_owned();
            let kind = item.file_type().with_context(|| format!("looking at {name}"))?;
            if kind.is_dir() && !name.starts_with('.') && !name.starts_with("target") && name != "node_modules" {
                folders.push(item.path());
            } else if kind.is_file() && item.path().extension().is_some_and(|own| own == extension) {
                found.push(item.path().strip_prefix(root).expect("it was found below root").to_path_buf());
            }
        }
    }
    found.sort();
    Ok(found)
}

/// Test files by place or name: `tests/` folders, `tests.rs`, `*_tests.rs`, and the tool crates.
fn is_test_path(path: &Path) -> bool {
    let mut parts = path.iter().filter_map(|part| part.to_str());
    let first = path.iter().next().and_then(|part| part.to_str()).unwrap_or_default();
    let stem = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
    TOOL_FOLDERS.contains(&first) || parts.any(|part| part == "tests") || stem == "tests" || stem.ends_with("_tests")
}

/// The text with every byte of a comment or literal turned to a space; line ends stay.
fn blank(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut code = Vec::with_capacity(bytes.len());
    while code.len() < bytes.len() {
        let at = code.len();
        let after_word = at > 0 && is_word(bytes[at - 1]);
        match opaque_length(&bytes[at..], after_word) {
            0 => code.push(bytes[at]),
            length => code.extend(bytes[at..at + length].iter().map(|&byte| if byte == b'\n' { byte } else { b' ' })),
        }
    }
    String::from_utf8(code).expect("whole comments and literals were replaced by ASCII")
}

/// The length of the comment or literal that starts here; 0 when none does.
fn opaque_length(rest: &[u8], after_word: bool) -> usize {
    match rest {
        [b'/', b'/', ..] => rest.iter().position(|&byte| byte == b'\n').unwrap_or(rest.len()),
        [b'/', b'*', ..] => block_comment_length(rest),
        [b'"', ..] => string_length(rest),
        [b'\'', b'\\', ..] => rest.iter().skip(3).position(|&byte| byte == b'\'').map_or(rest.len(), |offset| offset + 4),
        [b'\'', ..] => char_length(rest),
        [b'r' | b'b' | b'c', ..] if !after_word => raw_string_length(rest),
        _ => 0,
    }
}

/// Block comments nest.
fn block_comment_length(rest: &[u8]) -> usize {
    let (mut at, mut depth) = (2, 1);
    while depth > 0 && at < rest.len() {
        let (step, change) = match &rest[at..] {
            [b'/', b'*', ..] => (2, 1),
            [b'*', b'/', ..] => (2, -1),
            _ => (1, 0),
        };
        at += step;
        depth += change;
    }
    at.min(rest.len())
}

fn string_length(rest: &[u8]) -> usize {
    let mut at = 1;
    while at < rest.len() && rest[at] != b'"' {
        at += if rest[at] == b'\\' { 2 } else { 1 };
    }
    (at + 1).min(rest.len())
}

/// `'x'` is a literal, `'x` a lifetime.
fn char_length(rest: &[u8]) -> usize {
    let wide = match rest.get(1) {
        None | Some(b'\'') => return 0,
        Some(0..=0x7f) => 1,
        Some(0x80..=0xdf) => 2,
        Some(0xe0..=0xef) => 3,
        Some(_) => 4,
    };
    if rest.get(1 + wide) == Some(&b'\'') { wide + 2 } else { 0 }
}

/// `r"…"`, `r#"…"#`, and the same after `b` or `c`. `r#name` is a name.
fn raw_string_length(rest: &[u8]) -> usize {
    let marker = match rest {
        [b'b' | b'c', b'r', ..] => 2,
        [b'r', ..] => 1,
        _ => return 0,
    };
    let hashes = rest[marker..].iter().take_while(|&&byte| byte == b'#').count();
    let open = marker + hashes;
    if rest.get(open) != Some(&b'"') {
        return 0;
    }
    let mut close = vec![b'"'];
    close.resize(1 + hashes, b'#');
    let body = &rest[open + 1..];
    let end = body.windows(close.len()).position(|window| window == close);
    end.map_or(rest.len(), |offset| open + 1 + offset + close.len())
}

/// The byte ranges of items under `#[cfg(test)]` and of `#[test]` functions; all of a file under `#![cfg(test)]`.
fn test_ranges(code: &str) -> Vec<Range<usize>> {
    let mut ranges: Vec<Range<usize>> = Vec::new();
    for (at, _) in code.match_indices("#[") {
        if ranges.last().is_some_and(|range| range.contains(&at)) {
            continue;
        }
        let end = group_end(code, at + 1);
        if is_test_attribute(&code[at..end]) {
            ranges.push(at..item_end(code, end));
        }
    }
    if code.contains("#![cfg(test)]") { whole(code) } else { ranges }
}

/// The one range that covers all of a text.
fn whole(text: &str) -> Vec<Range<usize>> {
    Vec::from_iter(std::iter::once(0..text.len()))
}

fn is_test_attribute(attribute: &str) -> bool {
    let names_test = words(attribute, "test").next().is_some();
    names_test
        && !attribute.contains("not(test")
        && (attribute.starts_with("#[cfg(") || attribute.starts_with("#[test") || attribute.contains("::test"))
}

/// The end of the item that starts at or after `from`: its semicolon, or the brace that closes its body.
fn item_end(code: &str, from: usize) -> usize {
    let bytes = code.as_bytes();
    let mut at = from;
    while at < bytes.len() {
        match bytes[at] {
            b'(' | b'[' => at = group_end(code, at),
            b'{' => return group_end(code, at),
            b';' => return at + 1,
            b'}' => return at,
            _ => at += 1,
        }
    }
    at
}

/// One past the bracket that closes the one at `open`; brackets of all three shapes count alike.
fn group_end(code: &str, open: usize) -> usize {
    let mut depth = 0_usize;
    for (offset, byte) in code.as_bytes()[open..].iter().enumerate() {
        match byte {
            b'(' | b'[' | b'{' => depth += 1,
            b')' | b']' | b'}' => depth = depth.saturating_sub(1),
            _ => continue,
        }
        if depth == 0 {
            return open + offset + 1;
        }
    }
    code.len()
}

/// The function whose `fn` stands at `at`; none for a function type or a declaration without a body.
fn function_at(code: &str, at: usize) -> Option<Function<'_>> {
    let name = word_at(code, code.len() - code[at + 2..].trim_start().len());
    let end = item_end(code, at);
    if name.is_empty() || !code[..end].ends_with('}') {
        return None;
    }
    let head = code[..at].rfind(['{', '}', ';']).map_or(0, |before| before + 1);
    let attributes = &code[head..at];
    let (line, last) = (line_of(code, at), line_of(code, end - 1));
    let is_test = attributes.contains("#[test") || attributes.contains("::test");
    Some(Function { name, line, lines: last - line + 1, is_test })
}

/// Where `word` stands as a whole word.
pub(crate) fn words<'a>(code: &'a str, word: &'a str) -> impl Iterator<Item = usize> + 'a {
    let bytes = code.as_bytes();
    code.match_indices(word).map(|(at, _)| at).filter(move |&at| {
        let before = at == 0 || !is_word(bytes[at - 1]);
        before && bytes.get(at + word.len()).is_none_or(|&byte| !is_word(byte))
    })
}

/// The word that starts at `at`; empty when none does.
pub(crate) fn word_at(code: &str, at: usize) -> &str {
    let rest = &code[at..];
    &rest[..rest.bytes().position(|byte| !is_word(byte)).unwrap_or(rest.len())]
}

fn is_word(byte: u8) -> bool {
    byte == b'_' || byte.is_ascii_alphanumeric() || byte >= 0x80
}

fn line_of(text: &str, at: usize) -> usize {
    1 + text.as_bytes()[..at].iter().filter(|&&byte| byte == b'\n').count()
}
