//! What is promised, beside what was measured on one size, and what is to be tried where an aim is missed.

mod promises;
#[cfg(test)]
mod tests;

use std::time::Duration;

use super::http;
use super::profiles::Part;
use super::rounds::Timed;
use super::run::Measured;
use promises::{OVER_HTTP, PROMISES, Promise};

/// One promise and what became of it.
#[derive(Clone, Debug)]
pub struct Row {
    /// What is promised.
    pub what: &'static str,
    /// What must be, and what is aimed for.
    pub bounds: [f64; 2],
    /// What was measured; none when it was not.
    pub measured: Option<f64>,
    /// Whether less is better.
    pub at_most: bool,
    /// After the figure.
    pub unit: &'static str,
    /// What its time, or its memory, is spent in.
    pub part: Part,
    /// What is to be tried where the aim is missed.
    pub next: &'static str,
}

impl Row {
    fn of(promise: &Promise, measured: Option<f64>) -> Self {
        let Promise { what, bounds, at_most, unit, part, next, .. } = *promise;
        Self { what, bounds, measured, at_most, unit, part, next }
    }

    /// The whole row of a table.
    pub fn cells(&self) -> [String; 5] {
        let sign = if self.at_most { "at most " } else { "" };
        let bound = |value: f64| format!("{sign}{value}{}", self.unit);
        let measured = self.measured.map_or_else(|| "not measured".to_owned(), |value| format!("{value:.2}{}", self.unit));
        [self.what.to_owned(), bound(self.bounds[0]), bound(self.bounds[1]), measured, self.verdict().to_owned()]
    }

    fn reaches(&self, bound: f64) -> Option<bool> {
        let value = self.measured.filter(|value| value.is_finite())?;
        Some(if self.at_most { value <= bound } else { value >= bound })
    }

    /// What became of it, in words.
    pub fn verdict(&self) -> &'static str {
        match (self.reaches(self.bounds[0]), self.reaches(self.bounds[1])) {
            (None, _) | (_, None) => "not measured",
            (_, Some(true)) => "aim met",
            (Some(true), _) => "must met, aim missed",
            (Some(false), _) => "**must missed**",
        }
    }

    /// Whether it was measured and the aim was missed.
    pub fn is_missed(&self) -> bool {
        self.reaches(self.bounds[1]) == Some(false)
    }
}

/// All promises, held against one size.
pub fn rows(measured: &Measured) -> Vec<Row> {
    let mut rows: Vec<Row> = PROMISES.iter().map(|promise| Row::of(promise, (promise.measured)(measured))).collect();
    rows.extend(over_http(&measured.over_http.timed));
    rows
}

/// What is promised of plans that are checked over HTTP.
pub fn over_http(timed: &[Timed]) -> [Row; 2] {
    OVER_HTTP.map(|promise| {
        let name = if promise.part == Part::One { http::ONE } else { http::MANY };
        Row::of(&promise, ratio(timed, name, promises::POSTGIS))
    })
}

/// The fastest of those whose names begin so.
fn fastest<'a>(timed: &'a [Timed], name: &str, first: usize) -> Option<&'a Timed> {
    let named = timed.iter().filter(|one| one.name.starts_with(name));
    named.max_by(|a, b| a.rate(first).total_cmp(&b.rate(first)))
}

/// Queries a second of one against those of the fastest of a kind of peers, over the queries that both were asked.
pub fn ratio(timed: &[Timed], ours: &str, peers: &str) -> Option<f64> {
    let ours = fastest(timed, ours, usize::MAX)?;
    let first = timed.iter().filter(|one| one.name.starts_with(peers)).map(Timed::asked).min()?.min(ours.asked());
    Some(ours.rate(first) / fastest(timed, peers, first)?.rate(first))
}

fn seconds(duration: Duration) -> f64 {
    duration.as_secs_f64()
}
