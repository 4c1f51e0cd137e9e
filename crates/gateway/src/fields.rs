//! Named values of one row, taken one by one; what is wrong with any of them is collected.
//!
//! The same code reads the members of a JSON object, the properties of a feature and the cells of a table. In a table
//! every value is text, and an empty cell is no value.

use detente_space::notation::Axis;

use crate::place;
use crate::problem::{Problem, Problems, TIME, on_one_line};
use crate::tree::Tree;

/// The named values of one row.
pub(crate) struct Fields<'a> {
    values: Vec<(&'a str, &'a Tree)>,
    asked: Vec<&'static str>,
    source: Source,
    pub(crate) problems: Problems,
    /// What can be read, and still should be looked at.
    pub(crate) doubts: Vec<Problem>,
}

/// How values are written.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Source {
    /// With types: a number is a number.
    Json,
    /// As text in cells.
    Cells,
}

impl<'a> Fields<'a> {
    pub(crate) fn new(values: impl IntoIterator<Item = (&'a str, &'a Tree)>, source: Source) -> Self {
        let mut fields =
            Self { values: Vec::new(), asked: Vec::new(), source, problems: Problems::default(), doubts: Vec::new() };
        for (name, value) in values {
            if fields.values.iter().any(|(known, _)| *known == name) {
                fields.problems.push(Problem::new(on_one_line(name), "a second value", "each field once"));
            } else {
                fields.values.push((name, value));
            }
        }
        fields
    }

    /// The members of a JSON object.
    pub(crate) fn of_map(members: &'a [(String, Tree)]) -> Self {
        Self::new(members.iter().map(|(name, value)| (name.as_str(), value)), Source::Json)
    }

    /// A value as it stands.
    pub(crate) fn take(&mut self, name: &'static str) -> Option<&'a Tree> {
        self.asked.push(name);
        let at = self.values.iter().position(|(known, _)| *known == name)?;
        let (_, value) = self.values.swap_remove(at);
        match value {
            Tree::Null => None,
            Tree::Text(text) if self.source == Source::Cells && text.trim().is_empty() => None,
            value => Some(value),
        }
    }

    /// A value, or the problem that it is not what was expected.
    fn read<T>(&mut self, name: &'static str, expected: &str, read: impl Fn(&'a Tree) -> Option<T>) -> Option<T> {
        let value = self.take(name)?;
        let fitting = read(value);
        if fitting.is_none() {
            self.problems.push(Problem::new(name, &value.to_string(), expected));
        }
        fitting
    }

    pub(crate) fn text(&mut self, name: &'static str) -> Option<String> {
        let trim = self.source == Source::Cells;
        let read = |value: &Tree| value.as_text().map(|text| if trim { text.trim() } else { text }.to_owned());
        self.read(name, "a text", read)
    }

    /// A time, as text that is read later.
    pub(crate) fn time(&mut self, name: &'static str) -> Option<String> {
        self.read(name, TIME, |value| value.as_text().map(|text| text.trim().to_owned()))
    }

    pub(crate) fn number(&mut self, name: &'static str) -> Option<f64> {
        match self.source {
            Source::Json => self.read(name, "a number", Tree::as_number),
            Source::Cells => {
                let cell = self.text(name)?;
                match number_of_cell(&cell) {
                    Ok(number) => Some(number),
                    Err(expected) => {
                        self.problems.push(Problem::new(name, &cell, expected));
                        None
                    }
                }
            }
        }
    }

    pub(crate) fn whole(&mut self, name: &'static str) -> Option<u32> {
        let number = self.number(name)?;
        let fits = number.fract() == 0.0 && (0.0..=f64::from(u32::MAX)).contains(&number);
        if !fits {
            self.problems.push(Problem::new(name, &number.to_string(), "a whole number from 0 to 4294967295"));
        }
        fits.then_some(number as u32)
    }

    pub(crate) fn truth(&mut self, name: &'static str) -> Option<bool> {
        match self.source {
            Source::Json => self.read(name, "true or false", |value| match value {
                Tree::Truth(truth) => Some(*truth),
                _ => None,
            }),
            Source::Cells => self.read(name, "yes or no", |value| match value.as_text()?.trim().to_lowercase().as_str() {
                "yes" | "true" => Some(true),
                "no" | "false" => Some(false),
                _ => None,
            }),
        }
    }

    /// A list of texts; in a cell separated by semicolons.
    pub(crate) fn texts(&mut self, name: &'static str) -> Vec<String> {
        let cells = self.source == Source::Cells;
        let read = |value: &Tree| match value {
            Tree::Text(text) if cells => Some(text.split(';').map(|part| part.trim().to_owned()).collect()),
            value => value.as_list()?.iter().map(|item| item.as_text().map(str::to_owned)).collect(),
        };
        self.read(name, "a list of texts", read).unwrap_or_default()
    }

    /// A list; empty when it is absent.
    pub(crate) fn list(&mut self, name: &'static str, expected: &str) -> &'a [Tree] {
        self.read(name, expected, Tree::as_list).unwrap_or_default()
    }

    /// An object.
    pub(crate) fn map(&mut self, name: &'static str) -> Option<Self> {
        self.read(name, "an object", Tree::as_map).map(Self::of_map)
    }

    /// A text that must be there; without it an empty one, so that the rest can be read.
    pub(crate) fn need_text(&mut self, name: &'static str, expected: &str) -> String {
        let value = self.text(name);
        self.need(name, value, expected).unwrap_or_default()
    }

    /// A time that must be there.
    pub(crate) fn need_time(&mut self, name: &'static str) -> String {
        let value = self.time(name);
        self.need(name, value, TIME).unwrap_or_default()
    }

    /// A number that must be there; without it not a number, so that the rest can be read.
    pub(crate) fn need_number(&mut self, name: &'static str, expected: &str) -> f64 {
        let value = self.number(name);
        self.need(name, value, expected).unwrap_or(f64::NAN)
    }

    fn need<T>(&mut self, name: &str, value: Option<T>, expected: &str) -> Option<T> {
        if value.is_none() && !self.problems.at(name) {
            self.problems.push(Problem::missing(name, expected));
        }
        value
    }

    /// The names of the values that nobody asked for so far.
    pub(crate) fn rest(&self) -> impl Iterator<Item = &'a str> + '_ {
        self.values.iter().map(|(name, _)| *name)
    }

    /// Takes over what was found out about an inner object, under its name.
    pub(crate) fn absorb(&mut self, name: &str, mut inner: Fields<'_>) {
        let doubts = core::mem::take(&mut inner.doubts);
        self.doubts.extend(doubts.into_iter().map(|doubt| Problem { at: format!("{name}.{}", doubt.at), ..doubt }));
        self.problems.extend_inside(name, inner.finish());
    }

    /// A latitude or a longitude: a number, or in a cell any way to write one.
    pub(crate) fn coordinate(&mut self, name: &'static str, axis: Axis) -> Option<f64> {
        if self.source == Source::Json {
            return self.number(name);
        }
        let cell = self.text(name)?;
        if let Ok(number) = number_of_cell(&cell) {
            return Some(number);
        }
        match place::coordinate(&cell, axis) {
            Ok(degrees) => Some(degrees),
            Err(error) => {
                let expected = format!("decimal degrees such as 60.1699, or degrees and minutes with their letter ({error})");
                self.problems.push(Problem::new(name, &cell, expected));
                None
            }
        }
    }

    /// Reports every value that nobody asked for.
    pub(crate) fn finish(mut self) -> Problems {
        let mut known = self.asked;
        known.sort_unstable();
        known.dedup();
        for (name, _) in &self.values {
            self.problems.push(unknown(name, &known));
        }
        self.problems
    }
}

/// The problem that a name is not one of those known, with a hint where a habit explains it.
pub(crate) fn unknown(name: &str, known: &[&str]) -> Problem {
    let hint = habit(name).map(str::to_owned);
    let shown = on_one_line(name);
    let found = format!("the unknown field `{shown}`");
    Problem::new(shown, &found, hint.unwrap_or_else(|| format!("one of {}", known.join(", "))))
}

/// What stands here for a name that people use elsewhere.
pub(crate) fn habit(name: &str) -> Option<&'static str> {
    HABITS.iter().find(|(habit, _)| *habit == name).map(|(_, hint)| *hint)
}

/// Names that people use, and what stands for them here.
const HABITS: [(&str, &str); 26] = [
    ("type", "kind"),
    ("category", "kind"),
    ("name", "title"),
    ("description", "title for one line, or text with language"),
    ("radius", "radius_m: the unit stands in the name"),
    ("radius_km", "radius_m, in metres"),
    ("radius_nm", "radius_m, in metres"),
    ("lower", "lower_m: the unit stands in the name"),
    ("upper", "upper_m: the unit stands in the name"),
    ("lower_ft", "lower_m, in metres"),
    ("upper_ft", "upper_m, in metres"),
    ("altitude", "lower_m, upper_m and datum"),
    ("altitude_m", "lower_m, upper_m and datum"),
    ("alt", "lower_m, upper_m and datum"),
    ("height", "lower_m, upper_m and datum"),
    ("elevation", "lower_m, upper_m and datum"),
    ("from", "start"),
    ("until", "end"),
    ("to", "end"),
    ("time", "start and end"),
    ("date", "start and end"),
    ("lng", "lon"),
    ("long", "lon"),
    ("x", "lon"),
    ("y", "lat"),
    ("coordinates", "positions, or lat and lon"),
];

/// A number as people type it, or what they should have typed.
pub(crate) fn number_of_cell(cell: &str) -> Result<f64, &'static str> {
    let cell = cell.trim();
    let plain = cell.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'.' | b'-' | b'+' | b'e' | b'E'));
    match cell.parse::<f64>() {
        Ok(number) if plain && number.is_finite() => Ok(number),
        _ if !cell.contains(|c: char| c.is_ascii_digit()) => Err("a number"),
        _ if cell.contains(',') => Err("a number with a decimal point, and no comma"),
        _ if cell.chars().any(|c| matches!(c, '°' | '\'' | '′' | '"')) => Err("decimal degrees, such as 60.1699"),
        _ if cell.starts_with(|c: char| c.is_alphabetic()) || cell.ends_with(|c: char| c.is_alphabetic()) => {
            Err("a number alone; the unit stands in the column's name, south and west are negative")
        }
        _ => Err("a number"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_hold_plain_numbers_or_say_what_they_should() {
        assert_eq!(number_of_cell(" -24.95 "), Ok(-24.95));
        for (cell, part) in [
            ("24,95", "decimal point"),
            ("300 m", "unit"),
            ("N60.1", "unit"),
            ("60°10'N", "decimal degrees"),
            ("1 000", "a number"),
            ("inf", "a number"),
            ("nan", "a number"),
            ("1e999", "a number"),
            ("−5", "a number"),
            ("", "a number"),
        ] {
            let expected = number_of_cell(cell).unwrap_err();
            assert!(expected.contains(part), "{cell}: {expected}");
        }
    }
}
