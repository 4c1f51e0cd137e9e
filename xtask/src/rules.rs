//! `cargo xtask rules`: every rule of the meaning gate (`DV-nnn`) stands in three places or in none.
//!
//! 1. as a row of the table in `docs/spec/rules.md`, once;
//! 2. in product code of a crate, where it is checked: `Rule::Name`, by the name that the catalogue gives the number;
//! 3. in the name of a test (`dv_nnn`).
//!
//! A rule that is merely listed or mentioned is not checked: the catalogue and comments do not count for the second.

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

use crate::house;
use crate::source::{self, Source};

const SPEC: &str = "docs/spec/rules.md";
/// Where the rules get their names, as `Name = number, "sentence";`.
const CATALOGUE: &str = "crates/types/src/rule.rs";

pub(crate) fn run(arguments: &[String]) -> Result<()> {
    house::no_arguments("rules", arguments)?;
    check()
}

/// Fails with every rule that is missing somewhere.
pub(crate) fn check() -> Result<()> {
    let root = house::root();
    let spec = fs::read_to_string(root.join(SPEC)).with_context(|| format!("reading {SPEC}"))?;
    let sources = source::read_all(&root)?;
    house::verdict(&findings(&spec, &sources))?;
    println!("   {} rules, each in the spec, in a check and in a test", rows(&spec).len());
    Ok(())
}

/// Where each rule was found.
struct Sightings<'a> {
    /// Lines of the spec's table.
    rows: BTreeMap<u32, Vec<usize>>,
    /// Names in the catalogue.
    names: BTreeMap<u32, &'a str>,
    /// Uses in product code, by name.
    checks: BTreeSet<u32>,
    /// Mentions in product code, by number; they prove nothing but must not dangle.
    mentions: BTreeSet<u32>,
    /// Names of tests.
    tests: BTreeSet<u32>,
}

fn findings(spec: &str, sources: &[Source]) -> Vec<String> {
    let sightings = Sightings::of(spec, sources);
    let known = sightings.known();
    if known.is_empty() {
        return vec![format!("there is no rule at all, in {SPEC} or elsewhere")];
    }
    let twice = sightings.rows.iter().filter(|(_, lines)| lines.len() > 1);
    let twice = twice.map(|(rule, lines)| format!("DV-{rule:03} stands more than once in {SPEC}: lines {lines:?}"));
    let lacking = known.into_iter().filter_map(|rule| {
        let missing = sightings.missing(rule);
        (!missing.is_empty()).then(|| format!("DV-{rule:03} lacks {}", missing.join(", and ")))
    });
    twice.chain(lacking).collect()
}

impl<'a> Sightings<'a> {
    fn of(spec: &str, sources: &'a [Source]) -> Self {
        let names = catalogue(sources);
        let numbers = names.iter().map(|(number, name)| (*name, *number)).collect();
        let shipped = || sources.iter().filter(|source| is_shipped(source));
        Self {
            rows: rows(spec),
            checks: shipped().flat_map(|source| checked(source, &numbers)).collect(),
            mentions: shipped().flat_map(mentioned).collect(),
            tests: sources.iter().flat_map(tested).collect(),
            names,
        }
    }

    /// Every rule that stands anywhere.
    fn known(&self) -> BTreeSet<u32> {
        let listed = self.rows.keys().chain(self.names.keys());
        listed.chain(&self.mentions).chain(&self.tests).copied().collect()
    }

    /// The places where a rule should stand and does not.
    fn missing(&self, rule: u32) -> Vec<String> {
        let check = match self.names.get(&rule) {
            Some(name) => format!("`Rule::{name}` in a check of a crate's src"),
            None => format!("a name in {CATALOGUE} and a check of a crate's src"),
        };
        let places = [
            (self.rows.contains_key(&rule), format!("a table row in {SPEC}")),
            (self.checks.contains(&rule), check),
            (self.tests.contains(&rule), format!("a test named dv_{rule:03}_…")),
        ];
        places.into_iter().filter(|(there, _)| !there).map(|(_, place)| place).collect()
    }
}

/// The rules of the spec's table, with the lines where each stands.
fn rows(spec: &str) -> BTreeMap<u32, Vec<usize>> {
    let mut rows: BTreeMap<u32, Vec<usize>> = BTreeMap::new();
    for (index, line) in spec.lines().enumerate() {
        let first_cell = line.trim().strip_prefix('|').and_then(|row| row.split('|').next()).unwrap_or_default();
        for rule in numbers(first_cell, "DV-") {
            rows.entry(rule).or_default().push(index + 1);
        }
    }
    rows
}

/// The names of the rules by number.
fn catalogue(sources: &[Source]) -> BTreeMap<u32, &str> {
    let file = sources.iter().find(|source| source.path == Path::new(CATALOGUE));
    file.into_iter().flat_map(|file| file.text.lines()).filter_map(catalogue_entry).collect()
}

fn catalogue_entry(line: &str) -> Option<(u32, &str)> {
    let (name, rest) = line.trim().split_once(" = ")?;
    let (number, _) = rest.split_once(", \"")?;
    Some((number.parse().ok()?, name))
}

/// Product code of a crate, but for the catalogue: listing a rule is not checking it.
fn is_shipped(source: &Source) -> bool {
    let mut parts = source.path.iter();
    let in_src = parts.next().is_some_and(|part| part == "crates") && parts.nth(1).is_some_and(|part| part == "src");
    in_src && source.path != Path::new(CATALOGUE)
}

/// The rules that product code checks, by the names they are called.
fn checked(source: &Source, numbers_by_name: &BTreeMap<&str, u32>) -> Vec<u32> {
    let calls = source.code.match_indices("Rule::").filter(|(at, _)| !source.is_test(*at));
    calls.filter_map(|(at, call)| numbers_by_name.get(source::word_at(&source.code, at + call.len())).copied()).collect()
}

/// The rules that product code names by number, in comments too.
fn mentioned(source: &Source) -> Vec<u32> {
    let named = source.text.match_indices("DV-").filter(|(at, _)| !source.is_test(*at));
    named.filter_map(|(at, _)| number(&source.text[at + 3..])).collect()
}

/// The rules in the names of tests.
fn tested(source: &Source) -> Vec<u32> {
    source.functions().into_iter().filter(|function| function.is_test).flat_map(|f| numbers(f.name, "dv_")).collect()
}

fn numbers(text: &str, prefix: &str) -> Vec<u32> {
    text.match_indices(prefix).filter_map(|(at, _)| number(&text[at + prefix.len()..])).collect()
}

/// Exactly three digits.
fn number(text: &str) -> Option<u32> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    (digits == 3).then(|| text[..3].parse().ok()).flatten()
}
