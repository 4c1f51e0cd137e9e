//! The file of a line's terms: TOML, the keys of `TermsIn`, every section written out.
//!
//! What both parties sign puts the party with the lower ID first; nobody knows IDs when terms are written. So the file
//! says what the two call themselves, and its languages, names of places and desks follow that order. [`TermsFile`] turns
//! it to the order that is needed: the inviting party first in an invite, the lower ID first in what is signed.

use detente_types::notice::Precision;
use detente_types::rule::Violation;
use detente_types::terms::{
    AltitudeIn, AreaIn, BlindIn, ClockIn, ClocksIn, DisclosureIn, LAW_2, LeadTimeIn, LineCheckIn, MatchingIn, QuotaIn,
    ResolutionIn, RetentionIn, SeparationIn,
};
use detente_types::{Datum, Terms, TermsIn};
use serde::Deserialize as _;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

mod parties;
mod write;

pub use parties::{TermsFile, turned};
pub use write::write;

/// Largest file of terms, bytes: two hundred entries in every list, with room for remarks.
pub const TERMS_BYTES_MAX: usize = 1 << 20;

/// Why a file holds no terms (a caller's fault). Lines are counted from 1.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TermsFault {
    /// The file is too large.
    #[error("reading terms: found {bytes} bytes, expected at most {TERMS_BYTES_MAX}")]
    TooLarge {
        /// How large it is.
        bytes: usize,
    },
    /// It is no TOML, lacks a key, has one too many or a value of the wrong type.
    #[error("reading terms: line {line}: {cause}")]
    Unreadable {
        /// Where.
        line: usize,
        /// What the parser says.
        cause: String,
    },
    /// It does not say whose terms they are.
    #[error("reading terms: line {line}: {at}: found {found}, expected {expected}")]
    Parties {
        /// Where.
        line: usize,
        /// The key.
        at: String,
        /// What stood there.
        found: String,
        /// What would have been right.
        expected: String,
    },
    /// It breaks rules.
    #[error("reading terms: {}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
    Refused(Vec<TermsProblem>),
}

/// A rule that terms break, and the line that does it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {violation}")]
pub struct TermsProblem {
    /// The line of the value, or of its section when the value has none.
    pub line: usize,
    /// The rule, the key, what was found and expected.
    pub violation: Violation,
}

/// Reads a file of terms and holds them against the rules. Nothing is filled in: what a party signs, it has seen.
///
/// # Errors
/// The first thing that is no TOML or no terms; otherwise all broken rules, each with its line.
pub fn read(text: &str) -> Result<TermsFile, TermsFault> {
    if text.len() > TERMS_BYTES_MAX {
        return Err(TermsFault::TooLarge { bytes: text.len() });
    }
    let unreadable = |e: toml::de::Error| TermsFault::Unreadable {
        line: line_of(text, e.span().map_or(0, |span| span.start)),
        cause: e.message().to_owned(),
    };
    let mut document = DeTable::parse(text).map_err(unreadable)?;
    let parties = parties::take(text, document.get_mut())?;
    let terms = TermsIn::deserialize(toml::Deserializer::from(document.clone())).map_err(unreadable)?;
    let found = match Terms::try_new(terms.clone()) {
        Ok(_) => return Ok(TermsFile { parties, terms }),
        Err(violations) => violations,
    };
    let placed = |violation: Violation| TermsProblem { line: line_of(text, offset_of(&document, &violation.at)), violation };
    Err(TermsFault::Refused(found.into_iter().map(placed).collect()))
}

fn line_of(text: &str, offset: usize) -> usize {
    1 + text.bytes().take(offset).filter(|&b| b == b'\n').count()
}

/// Where the value of a dotted path starts, or the last part of the path that is there.
fn offset_of(document: &Spanned<DeTable<'_>>, path: &str) -> usize {
    let mut offset = document.span().start;
    let Some((first, rest)) = steps(path).split_first().map(|(first, rest)| (first.clone(), rest.to_vec())) else {
        return offset;
    };
    let Step::Key(key) = first else { return offset };
    let Some(mut value) = document.get_ref().iter().find(|(name, _)| name.get_ref() == &key).map(|(_, value)| value) else {
        return offset;
    };
    offset = value.span().start;
    for step in rest {
        let inner = match (&step, value.get_ref()) {
            (Step::Key(key), DeValue::Table(table)) => {
                table.iter().find(|(name, _)| name.get_ref() == key).map(|(_, value)| value)
            }
            (Step::Item(number), DeValue::Array(items)) => items.get(*number),
            _ => None,
        };
        let Some(inner) = inner else { break };
        value = inner;
        offset = value.span().start;
    }
    offset
}

#[derive(Clone)]
enum Step {
    Key(String),
    Item(usize),
}

/// `desk[0].party` as a key, an item and a key.
fn steps(path: &str) -> Vec<Step> {
    let part = |part: &str| match part.trim_end_matches(']').parse() {
        Ok(number) if part.ends_with(']') => Step::Item(number),
        _ => Step::Key(part.to_owned()),
    };
    path.split(['.', '[']).filter(|p| !p.is_empty()).map(part).collect()
}

/// Terms to start from: everywhere, no desks and no places, the usual separation and clocks. A draft for two parties to
/// change and agree on; languages and places are theirs.
pub fn standard() -> TermsIn {
    let clock = |stored_s, read_s, listed_s| ClockIn { stored_s, read_s, listed_s };
    TermsIn {
        version: 1,
        area: AreaIn { name: "everywhere".into(), corners_e7: Vec::new() },
        law: LAW_2.into(),
        // Five nautical miles, a thousand feet, five minutes.
        separation: SeparationIn { horizontal_m: 9_260, vertical_m: 300, time_s: 300 },
        altitude: AltitudeIn {
            datum: Datum::Amsl.name().into(),
            terrain_max_m: 0,
            pressure_error_max_m: 600,
            terrain_min_m: None,
        },
        lead_time: LeadTimeIn { flash_min: 0, immediate_min: 15, priority_min: 60, routine_min: 1_440 },
        clocks: ClocksIn {
            safety: clock(5, 60, 180),
            flash: clock(5, 120, 300),
            immediate: clock(30, 600, 1_200),
            priority: clock(300, 3_600, 10_800),
            routine: clock(900, 21_600, 86_400),
            safety_repeat_s: 30,
            safety_escalate_s: vec![60, 180, 360],
        },
        desk: Vec::new(),
        disclosure: DisclosureIn { finest: Precision::Exact.name().into(), readouts: true },
        place: Vec::new(),
        threshold: Vec::new(),
        line_check: LineCheckIn { every_min: 60, answer_s: 120, red_after: 2 },
        quota: QuotaIn { bytes_per_day: 256 << 20, entries_per_day: 100_000 },
        blind: BlindIn { cell_m: 5_000, band_m: 500, slot_s: 900, every_min: 0, extra_per_day: 0 },
        witness: Vec::new(),
        languages: vec!["en".into(), "en".into()],
        retention: RetentionIn { days: 3_650 },
        auditor_key: String::new(),
        suites: vec!["ed25519".into()],
        resolution: Some(ResolutionIn::DEFAULT),
        matching: Some(MatchingIn::usual()),
    }
}

#[cfg(test)]
mod tests;
