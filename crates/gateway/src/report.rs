//! What a file's reader reports: every finding with its place, its field, the rule, what was found and what was expected.

use core::fmt;

use detente_types::rule::Rule;
use serde::{Serialize, Serializer};

use crate::problem::{Problem, shown};

/// How much a finding weighs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// The row cannot be taken, and so the file cannot.
    Error,
    /// The row can be taken; a person should look at it first.
    Warning,
}

/// One thing that is wrong with a file, or looks wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// How much it weighs.
    pub level: Level,
    /// Where in the file: `row 12`, `feature 3`, `notice 1`, `byte 812`.
    pub place: String,
    /// The column or field; empty when the whole row is meant.
    pub field: String,
    /// The rule of the meaning gate that is broken, if it is one of those.
    #[serde(serialize_with = "rule_name")]
    pub rule: Option<Rule>,
    /// What stood there.
    pub found: String,
    /// What would have been right.
    pub expected: String,
}

impl Finding {
    pub(crate) fn new(level: Level, place: &str, problem: Problem) -> Self {
        let Problem { at, found, expected } = problem;
        Self { level, place: place.to_owned(), field: at, rule: None, found, expected }
    }

    /// Says which rule is broken.
    pub(crate) fn breaking(mut self, rule: Rule) -> Self {
        self.rule = Some(rule);
        self
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.place)?;
        if !self.field.is_empty() {
            write!(f, ", {}", self.field)?;
        }
        f.write_str(": ")?;
        if self.level == Level::Warning {
            f.write_str("warning: ")?;
        }
        if let Some(rule) = self.rule {
            write!(f, "{rule}, {}: ", rule.sentence())?;
        }
        write!(f, "found {}", self.found)?;
        match self.rule {
            Some(rule) if rule.sentence() == self.expected => Ok(()),
            _ => write!(f, ", expected {}", self.expected),
        }
    }
}

fn rule_name<S: Serializer>(rule: &Option<Rule>, serializer: S) -> Result<S::Ok, S::Error> {
    rule.map(|rule| rule.to_string()).serialize(serializer)
}

/// All findings of a file, in the order of its rows.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Report {
    /// The file's name, as given.
    pub file: String,
    /// How many rows it has.
    pub rows: usize,
    /// What was found.
    pub findings: Vec<Finding>,
    /// How many more were found than are listed.
    pub left_out: usize,
}

/// Most findings that are listed: five for every row of the largest file.
pub const FINDINGS_MAX: usize = 100_000;

impl Report {
    pub(crate) fn new(file: &str) -> Self {
        Self { file: shown(file), ..Self::default() }
    }

    pub(crate) fn push(&mut self, finding: Finding) {
        if self.findings.len() < FINDINGS_MAX {
            self.findings.push(finding);
        } else {
            self.left_out += 1;
        }
    }

    /// How many findings there are of a level.
    pub fn count(&self, level: Level) -> usize {
        self.findings.iter().filter(|finding| finding.level == level).count()
    }

    /// The report in one line: what was read, and whether it was taken.
    pub fn summary(&self) -> String {
        let (errors, warnings) = (self.count(Level::Error), self.count(Level::Warning));
        let (rows, errors, warnings) = (counted(self.rows, "row"), counted(errors, "error"), counted(warnings, "warning"));
        let end = if self.is_clean() { "" } else { "; nothing was taken" };
        format!("{}: {rows} read, {errors}, {warnings}{end}", self.file)
    }

    /// Whether the file can be taken.
    pub fn is_clean(&self) -> bool {
        self.count(Level::Error) == 0 && self.left_out == 0
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.summary())?;
        for finding in &self.findings {
            write!(f, "\n  {finding}")?;
        }
        if self.left_out > 0 {
            write!(f, "\n  and {} more", self.left_out)?;
        }
        Ok(())
    }
}

fn counted(count: usize, noun: &str) -> String {
    format!("{count} {noun}{}", if count == 1 { "" } else { "s" })
}

/// A file of which nothing was taken (a caller's fault), with everything that is wrong with it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{report}")]
pub struct FileFault {
    /// All findings, warnings among them.
    pub report: Report,
}
