//! `cargo xtask tidy`: what lints cannot say: lengths of files and functions, and marks that must not stay.
//!
//! Long functions that stand today are listed in `xtask/long-functions.txt`. The list only shrinks: an entry whose
//! function has become shorter, or is gone, is itself a finding.

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::fs;

use anyhow::{Context, Result};

use crate::house;
use crate::source::{self, Source};

/// A longer file is refused.
const FILE_LINES: usize = 1000;
/// A longer file is listed: would it be easier to live in as two?
const FILE_LINES_NOTED: usize = 600;
/// A longer function is refused.
const FUNCTION_LINES: usize = 70;
const ALLOWED: &str = "xtask/long-functions.txt";

/// Refused anywhere in code: the words, and what to do instead.
const NEVER: &[(&str, &str)] = &[
    ("todo!", "finish it, or refuse the input with an error"),
    ("unimplemented!", "finish it, or refuse the input with an error"),
    ("dbg!", "remove it"),
    ("#[ignore", "assert today's result and say why; heavy counts go behind DETENTE_SOAK"),
    ("#[allow(", "use #[expect(lint, reason = \"…\")]"),
    ("#![allow(", "use #![expect(lint, reason = \"…\")]"),
];
/// Refused in what ships.
const NEVER_SHIPPED: &[(&str, &str)] = &[(".unwrap()", "return an error, or expect(\"why it holds\")")];

/// Function lengths by (path, name); the longest where a file has several of one name.
type Lengths = BTreeMap<(String, String), usize>;

pub(crate) fn run(arguments: &[String]) -> Result<()> {
    house::no_arguments("tidy", arguments)?;
    check()
}

/// Fails with every finding; long files that are still allowed are only listed.
pub(crate) fn check() -> Result<()> {
    let root = house::root();
    let sources = source::read_all(&root)?;
    let allowed = fs::read_to_string(root.join(ALLOWED)).with_context(|| format!("reading {ALLOWED}"))?;
    let mut findings: Vec<String> = sources.iter().flat_map(file_findings).collect();
    findings.extend(function_findings(&sources, &allowed));
    for source in sources.iter().filter(|source| lines(source) > FILE_LINES_NOTED) {
        println!("   noted: {} has {} lines", source.path.display(), lines(source));
    }
    house::verdict(&findings)
}

fn lines(source: &Source) -> usize {
    source.text.lines().count()
}

/// The length of one file and the marks in it.
fn file_findings(source: &Source) -> Vec<String> {
    let path = source.path.display();
    let mut findings = Vec::new();
    if lines(source) > FILE_LINES {
        findings.push(format!("{path} has {} lines; {FILE_LINES} is the most", lines(source)));
    }
    let mut mark = |mark: &str, instead: &str, at: usize| {
        findings.push(format!("{path}:{}: `{mark}`: {instead}", source.line_of(at)));
    };
    for (word, instead) in NEVER {
        source.code.match_indices(word).for_each(|(at, _)| mark(word, instead, at));
    }
    for (word, instead) in NEVER_SHIPPED {
        let shipped = source.code.match_indices(word).filter(|(at, _)| !source.is_test(*at));
        shipped.for_each(|(at, _)| mark(word, instead, at));
    }
    findings
}

/// Functions over the limit that the list does not allow, and entries of the list that are out of date.
fn function_findings(sources: &[Source], allowed: &str) -> Vec<String> {
    let long = long_functions(sources);
    let (allowed, mut findings) = read_allowed(allowed);
    for (key @ (path, name), &lines) in &long {
        match allowed.get(key) {
            None => findings.push(format!("{path}: fn {name} has {lines} lines; {FUNCTION_LINES} is the most")),
            Some(&most) if lines > most => {
                findings.push(format!("{path}: fn {name} grew to {lines} lines; {ALLOWED} allows {most}"));
            }
            Some(&most) if lines < most => {
                findings.push(format!("{path}: fn {name} shrank to {lines} lines; lower its {most} in {ALLOWED}"));
            }
            Some(_) => {}
        }
    }
    let gone = allowed.keys().filter(|key| !long.contains_key(key));
    findings.extend(gone.map(|(path, name)| format!("{ALLOWED}: {path} {name} is no longer too long: remove it")));
    findings
}

fn long_functions(sources: &[Source]) -> Lengths {
    let mut long = Lengths::new();
    for source in sources {
        for function in source.functions().into_iter().filter(|function| function.lines > FUNCTION_LINES) {
            let key = (source.path.display().to_string(), function.name.to_owned());
            let longest = long.entry(key).or_default();
            *longest = function.lines.max(*longest);
        }
    }
    long
}

/// The list: `path name lines` a line, `#` for comments. Unreadable lines are findings.
fn read_allowed(text: &str) -> (Lengths, Vec<String>) {
    let (mut allowed, mut findings) = (Lengths::new(), Vec::new());
    for line in text.lines().filter(|line| !line.trim().is_empty() && !line.starts_with('#')) {
        let words: Vec<&str> = line.split_whitespace().collect();
        match words.as_slice() {
            [path, name, lines] if lines.parse::<usize>().is_ok() => {
                let most = lines.parse().expect("it was just parsed");
                allowed.insert(((*path).to_owned(), (*name).to_owned()), most);
            }
            _ => findings.push(format!("{ALLOWED}: `{line}` is not `path name lines`")),
        }
    }
    (allowed, findings)
}
