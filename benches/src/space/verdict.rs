//! What is promised, beside what was measured on one size.

use std::time::Duration;

use super::http;
use super::rounds::Timed;
use super::run::Measured;

/// One promise and what became of it.
#[derive(Clone, Debug)]
pub struct Row {
    /// What is promised.
    pub what: String,
    /// What must be, and what is aimed for.
    pub bounds: [f64; 2],
    /// What was measured; none when it was not.
    pub measured: Option<f64>,
    /// Whether less is better.
    pub at_most: bool,
    /// After the figure.
    pub unit: &'static str,
}

impl Row {
    /// The whole row of a table.
    pub fn cells(&self) -> [String; 5] {
        let sign = if self.at_most { "at most " } else { "" };
        let bound = |value: f64| format!("{sign}{value}{}", self.unit);
        let measured = self.measured.map_or_else(|| "not measured".to_owned(), |value| format!("{value:.2}{}", self.unit));
        [self.what.clone(), bound(self.bounds[0]), bound(self.bounds[1]), measured, self.verdict().to_owned()]
    }

    /// What became of it, in words.
    pub fn verdict(&self) -> &'static str {
        let reaches = |value: f64, bound: f64| if self.at_most { value <= bound } else { value >= bound };
        match self.measured {
            None => "not measured",
            Some(value) if !value.is_finite() => "not measured",
            Some(value) if reaches(value, self.bounds[1]) => "aim met",
            Some(value) if reaches(value, self.bounds[0]) => "must met, aim missed",
            Some(_) => "**must missed**",
        }
    }
}

const LIVE: &str = "forest, live";
const COMPACTED: &str = "forest, compacted";
const BRUTE: &str = "SIMD scan";
const POSTGIS: &str = "PostGIS";
const SQLITE: &str = "SQLite";
const BULK: &str = "rstar bulk";
const INSERTED: &str = "rstar inserted";

/// All promises, held against one size.
pub fn rows(measured: &Measured) -> Vec<Row> {
    let mut rows = Vec::new();
    let mut at_least = |what: &str, bounds: [f64; 2], measured: Option<f64>| {
        rows.push(Row { what: what.to_owned(), bounds, measured, at_most: false, unit: " x" });
    };
    let (quiet, near, live) = (&measured.quiet, &measured.near, &measured.live);
    at_least("live index against PostGIS, queries a second", [20.0, 30.0], ratio(live, LIVE, POSTGIS));
    at_least("live index against rstar inserted", [3.0, 5.0], ratio(live, LIVE, INSERTED));
    at_least("live index against SQLite R*Tree", [4.0, 6.0], ratio(live, LIVE, SQLITE));
    at_least("compacted snapshot against PostGIS", [30.0, 50.0], ratio(quiet, COMPACTED, POSTGIS));
    at_least("compacted snapshot against rstar bulk", [4.0, 6.0], ratio(quiet, COMPACTED, BULK));
    at_least("with separation: forest against PostGIS", [10.0, 30.0], ratio(near, LIVE, POSTGIS));
    at_least("with separation: forest against rstar inserted", [1.5, 5.0], ratio(near, LIVE, INSERTED));
    at_least("with separation: forest against SQLite R*Tree", [2.0, 6.0], ratio(near, LIVE, SQLITE));
    at_least("with separation: snapshot against PostGIS", [15.0, 50.0], ratio(near, COMPACTED, POSTGIS));
    at_least("with separation: snapshot against rstar bulk", [2.0, 6.0], ratio(near, COMPACTED, BULK));
    at_least("inserts a second against rstar, merges counted, one core", [2.5, 5.0], inserts(measured));
    at_least("all pairs, every true conflict, one core, against rstar's box join", [2.0, 3.5], pairs(measured));
    at_least("all pairs, two cores against one", [1.8, 1.95], two_cores(measured));
    let mut at_most = |what: &str, bounds: [f64; 2], measured: Option<f64>, unit: &'static str| {
        rows.push(Row { what: what.to_owned(), bounds, measured, at_most: true, unit });
    };
    at_most("p99 of the live index against the brute scan's median", [0.333, 0.2], tail(measured), " x");
    at_most("p99 during merges against p99 without", [2.0, 1.5], beside(measured), " x");
    at_most("worst stall of an insert against rstar's p99.9", [20.0, 10.0], stall(measured), " x");
    let bytes = |whole: bool| {
        let weight = measured.weights.iter().find(|weight| weight.name == LIVE)?;
        Some((if whole { weight.whole } else { weight.index }) as f64 / measured.size as f64)
    };
    at_most("memory a volume: index of the live forest", [48.0, 40.0], bytes(false), " B");
    at_most("memory a volume: live forest with geometry as given", [150.0, 110.0], bytes(true), " B");
    rows.extend(over_http(measured));
    rows
}

/// What is promised of plans that are checked over HTTP.
pub fn over_http(measured: &Measured) -> [Row; 2] {
    let timed = &measured.over_http.timed;
    let row = |what: &str, bounds: [f64; 2], name: &str| Row {
        what: what.to_owned(),
        bounds,
        measured: ratio(timed, name, POSTGIS),
        at_most: false,
        unit: " x",
    };
    [
        row("HTTP/JSON, one connection, against PostGIS over its socket", [6.0, 10.0], http::ONE),
        row("HTTP/JSON, batch of 64, against PostGIS over its socket", [20.0, 30.0], http::MANY),
    ]
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

fn inserts(measured: &Measured) -> Option<f64> {
    Some(inserted(measured, "forest, merges inside")?.rate() / inserted(measured, INSERTED)?.rate())
}

fn stall(measured: &Measured) -> Option<f64> {
    let worst = inserted(measured, "forest, merges on")?.worst;
    Some(seconds(worst) / seconds(inserted(measured, INSERTED)?.sample().quantile(0.999)))
}

fn inserted<'a>(measured: &'a Measured, name: &str) -> Option<&'a super::inserts::Inserted> {
    measured.inserted.iter().find(|(own, _)| own.starts_with(name)).map(|(_, inserted)| inserted)
}

fn tail(measured: &Measured) -> Option<f64> {
    let brute = fastest(&measured.quiet, BRUTE, usize::MAX)?;
    let live = fastest(&measured.live, LIVE, usize::MAX)?;
    Some(seconds(live.undisturbed().quantile(0.99)) / seconds(brute.undisturbed().median()))
}

fn beside(measured: &Measured) -> Option<f64> {
    let beside = &measured.beside;
    (beside.merges > 0).then(|| seconds(beside.during.quantile(0.99)) / seconds(beside.quiet.quantile(0.99)))
}

/// The least that any join of this kind took.
fn joined(measured: &Measured, name: &str) -> Option<f64> {
    let named = measured.joined.iter().filter(|join| join.name.starts_with(name));
    named.map(|join| seconds(join.took)).min_by(f64::total_cmp)
}

fn pairs(measured: &Measured) -> Option<f64> {
    Some(joined(measured, "rstar")? / joined(measured, "forest, sweep, one")?)
}

fn two_cores(measured: &Measured) -> Option<f64> {
    Some(joined(measured, "forest, sweep, one")? / joined(measured, "forest, sweep, two")?)
}
