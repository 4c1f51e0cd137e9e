//! What is wrong with a foreign form: the field, what stood there, what was expected; all of them at once.

use core::fmt;

use detente_types::Timestamp;
use detente_types::volume::PositionIn;

/// One field that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The field, as a dotted path.
    pub at: String,
    /// What stood there.
    pub found: String,
    /// What would have been right.
    pub expected: String,
}

/// What a time looks like.
pub(crate) const TIME: &str = "an RFC 3339 time with its zone, such as 2026-11-24T06:00:00Z";

/// Longest piece of foreign text that is repeated.
const FOUND_CHARS_MAX: usize = 80;

impl Problem {
    /// A field that should be there and is not.
    pub fn missing(at: &str, expected: &str) -> Self {
        Self { at: at.to_owned(), found: "nothing".into(), expected: expected.to_owned() }
    }

    /// A field with something else than what was expected.
    pub fn new(at: impl Into<String>, found: &str, expected: impl Into<String>) -> Self {
        Self { at: at.into(), found: shown(found), expected: expected.into() }
    }
}

/// What stood in a field, as a report repeats it.
pub(crate) fn shown(found: &str) -> String {
    if found.is_empty() { "nothing".into() } else { on_one_line(found) }
}

/// Foreign text on one line, nothing in it that steers a screen, not too long.
pub(crate) fn on_one_line(found: &str) -> String {
    let escaped = |c: char| match c {
        '\'' | '"' | '\\' => c.to_string(),
        c => c.escape_debug().to_string(),
    };
    let mut shown: String = found.chars().take(FOUND_CHARS_MAX).map(escaped).collect();
    if found.chars().nth(FOUND_CHARS_MAX).is_some() {
        shown.push('…');
    }
    shown
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: found {}, expected {}", self.at, self.found, self.expected)
    }
}

/// Everything that is wrong with one form.
#[derive(Clone, Debug, Default, PartialEq, Eq, thiserror::Error)]
#[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
pub struct Problems(pub Vec<Problem>);

/// Most problems of one form that are told: who has so many reads no further, and a million bad vertices make no million
/// sentences.
pub const PROBLEMS_MAX: usize = 100;

/// Degrees and metres beyond this are no coordinates; it keeps the conversion to integers exact.
const NUMBER_MAX: f64 = 1e9;

impl Problems {
    /// Whether nothing is wrong.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Adds a problem; beyond [`PROBLEMS_MAX`] only that there are more.
    pub fn push(&mut self, problem: Problem) {
        match self.0.len() {
            ..PROBLEMS_MAX => self.0.push(problem),
            PROBLEMS_MAX => self.0.push(Problem::new(problem.at, "more problems", "those above to be put right first")),
            _ => {}
        }
    }

    /// Adds those of an inner form.
    pub fn extend_inside(&mut self, outer: &str, inner: Self) {
        inner.0.into_iter().for_each(|p| self.push(Problem { at: format!("{outer}.{}", p.at), ..p }));
    }

    /// Adds those of a second reading, but for fields that the first has reported.
    pub(crate) fn extend_with_new(&mut self, second: Self) {
        let new: Vec<Problem> = second.0.into_iter().filter(|p| !self.at(&p.at)).collect();
        new.into_iter().for_each(|p| self.push(p));
    }

    /// Whether something is wrong with a field itself.
    pub(crate) fn at(&self, field: &str) -> bool {
        self.0.iter().any(|p| p.at == field)
    }

    /// Passes a value on, or files that it was not there.
    pub fn take<T>(&mut self, at: &str, found: &str, value: Option<T>, expected: &str) -> Option<T> {
        if value.is_none() {
            self.push(Problem::new(at, found, expected));
        }
        value
    }

    /// A value by its name.
    pub fn named<T>(&mut self, at: &str, name: &str, read: fn(&str) -> Option<T>, names: fn() -> String) -> Option<T> {
        let value = read(name);
        if value.is_none() {
            self.push(Problem::new(at, name, format!("one of {}", names())));
        }
        value
    }

    /// A time in RFC 3339, in microseconds.
    pub fn time(&mut self, at: &str, text: &str) -> Option<i64> {
        self.take(at, text, Timestamp::parse(text), TIME).map(Timestamp::micros)
    }

    /// Metres, in centimetres.
    pub fn metres(&mut self, at: &str, metres: f64) -> Option<i64> {
        let centimetres = (metres * 100.0).round();
        let fits = metres.is_finite() && metres.abs() <= NUMBER_MAX;
        self.take(at, &metres.to_string(), fits.then_some(centimetres as i64), "a number of metres, no more than a billion")
    }

    /// Seconds as microseconds, to the nearest.
    pub fn seconds(&mut self, at: &str, seconds: f64) -> Option<i64> {
        let fits = seconds.is_finite() && seconds.abs() <= NUMBER_MAX;
        let micros = fits.then_some((seconds * 1e6).round() as i64);
        self.take(at, &seconds.to_string(), micros, "a number of seconds, no more than a billion")
    }

    /// Positions in decimal degrees, latitude first.
    pub fn positions(&mut self, at: &str, positions: &[[f64; 2]]) -> Vec<PositionIn> {
        let mut read = Vec::with_capacity(positions.len());
        for (i, [lat, lon]) in positions.iter().enumerate() {
            let fits = |v: f64| v.is_finite() && v.abs() <= 360.0;
            if !fits(*lat) || !fits(*lon) {
                self.push(Problem::new(
                    format!("{at}[{i}]"),
                    &format!("{lat}, {lon}"),
                    "latitude and longitude in decimal degrees",
                ));
                continue;
            }
            read.push(PositionIn { lat_e7: (lat * 1e7).round() as i64, lon_e7: (lon * 1e7).round() as i64 });
        }
        read
    }
}
