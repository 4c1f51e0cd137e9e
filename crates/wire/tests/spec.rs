//! The pages of the specification name what the code has: every kind, slot, field, code, domain and rule.

#![expect(clippy::disallowed_methods, reason = "a test may read the source to see which domains it uses")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use detente_testkit::statements::statements;
use detente_testkit::{MockScheme, parties, terms};
use detente_types::notice::{Precedence, Precision, SafetyAsk};
use detente_types::statement::{Kind, Level};
use detente_types::terms::{MatchingIn, ResolutionIn};
use detente_types::{Datum, Rule};
use detente_wire::codec::to_slots;

const FORMATS: &str = include_str!("../../../docs/spec/formats.md");
const RULES: &str = include_str!("../../../docs/spec/rules.md");

/// The rows of the tables under each heading: first and second cell.
fn tables() -> BTreeMap<&'static str, Vec<(&'static str, &'static str)>> {
    let mut tables: BTreeMap<_, Vec<_>> = BTreeMap::new();
    let mut heading = "";
    for line in FORMATS.lines() {
        if let Some(title) = line.strip_prefix('#') {
            heading = title.trim_start_matches('#').trim();
        } else if let Some(row) = line.strip_prefix('|') {
            let mut cells = row.split('|').map(str::trim);
            tables.entry(heading).or_default().extend(cells.next().zip(cells.next()));
        }
    }
    tables
}

#[test]
fn every_kind_stands_in_the_page_with_its_number_and_name() {
    let listed: BTreeSet<_> = tables()["5. Kinds of statements"].iter().copied().collect();
    for kind in Kind::ALL {
        let row = (kind.code().to_string(), format!("`{}`", kind.name()));
        assert!(listed.contains(&(row.0.as_str(), row.1.as_str())), "{kind}");
    }
    assert_eq!(listed.iter().filter(|(number, _)| number.parse::<u16>().is_ok()).count(), Kind::ALL.len());
}

#[test]
fn every_slot_that_a_statement_uses_stands_in_its_table() {
    let tables = tables();
    for (name, statement) in statements(&MockScheme, &parties(&MockScheme, 1)) {
        let kind = Kind::from_name(name).unwrap();
        let section = match kind {
            kind if kind.is_notice() => "notice",
            Kind::Accept | Kind::Reject | Kind::Withdraw => "answer",
            _ => name,
        };
        let Some(rows) = tables.get(section) else {
            assert!(matches!(statement, detente_types::StatementIn::Other { .. }), "{name} has no table");
            continue;
        };
        let slots: BTreeSet<&str> = rows.iter().map(|(slot, _)| *slot).collect();
        for slot in to_slots(&statement).keys() {
            assert!(slots.contains(slot.to_string().as_str()), "{name}: slot {slot}");
        }
    }
}

#[test]
fn every_field_of_the_terms_stands_in_its_table_under_its_name() {
    let tables = tables();
    let mut all = terms();
    all.altitude.terrain_min_m = Some(0);
    all.resolution = Some(ResolutionIn::DEFAULT);
    all.matching = Some(MatchingIn::usual());
    let file: toml::Table = toml::from_str(&toml::to_string(&all).unwrap()).unwrap();
    let mut checked = 0;
    let mut sections = vec![("terms".to_owned(), file)];
    while let Some((section, fields)) = sections.pop() {
        let rows = tables.get(section.as_str()).unwrap_or_else(|| panic!("no table of {section}"));
        let named: BTreeSet<&str> = rows.iter().filter(|(n, _)| n.parse::<u8>().is_ok()).map(|(_, field)| *field).collect();
        assert_eq!(named, fields.keys().map(String::as_str).collect(), "{section}");
        checked += named.len();
        for (name, value) in fields {
            let name = if section == "clocks" { "clock".to_owned() } else { name };
            match value {
                toml::Value::Table(table) => sections.push((name, table)),
                toml::Value::Array(mut items) => {
                    sections.extend(items.pop().and_then(|item| Some((name, item.as_table()?.clone()))))
                }
                _ => {}
            }
        }
    }
    assert!(checked > 60, "{checked}");
}

#[test]
fn every_code_stands_in_the_page() {
    let codes = [
        Precedence::ALL.iter().map(|c| format!("{} {}", c.code(), c.name())).collect::<Vec<_>>(),
        Precision::ALL.iter().map(|c| format!("{} {}", c.code(), c.name())).collect(),
        SafetyAsk::ALL.iter().map(|c| format!("{} {}", c.code(), c.name())).collect(),
        Level::ALL.iter().map(|c| format!("{} {}", c.code(), c.name())).collect(),
    ];
    for list in codes {
        assert!(FORMATS.contains(&list.join(", ")), "{}", list.join(", "));
    }
    assert!(Datum::ALL.iter().all(|datum| FORMATS.contains(&format!("`{}`", datum.name()))));
}

#[test]
fn every_domain_of_the_code_stands_in_the_page_and_no_other() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut used = BTreeSet::new();
    let mut folders = vec![source];
    let mut files = Vec::new();
    while let Some(folder) = folders.pop() {
        for path in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            if path.is_dir() { folders.push(path) } else { files.push(path) }
        }
    }
    for file in files {
        let text = fs::read_to_string(file).unwrap();
        let tail = text.split("detente/").skip(1).filter_map(|rest| rest.split_once("/1").map(|(name, _)| name.to_owned()));
        used.extend(tail.filter(|name| name.bytes().all(|b| b.is_ascii_lowercase())));
    }
    let listed = tables()["3. Domains"]
        .iter()
        .filter_map(|(domain, _)| Some(domain.strip_prefix("`detente/")?.strip_suffix("/1`")?.to_owned()))
        .collect();
    assert_eq!(used, listed);
}

#[test]
fn every_rule_stands_in_the_page_in_the_words_of_the_code() {
    for &rule in Rule::ALL {
        let row = format!("| {rule} | {} |", rule.sentence());
        assert!(RULES.contains(&row), "{row}");
    }
}
