//! The report: what is promised first, then each size, then how it goes with the size.

use super::plot::{self, Curve};
use super::rounds::Timed;
use super::run::{Effort, Measured};
use super::verdict;
use crate::report::Report;
use crate::stats::Sample;

/// The table of promises, held against the size that they are about.
pub fn promises(report: &mut Report, measured: &Measured) {
    report.table(
        &format!("What is promised, at {} volumes", measured.size),
        &["", "must", "aim", "measured", "verdict"],
        &verdict::rows(measured).iter().map(|row| row.cells().to_vec()).collect::<Vec<_>>(),
    );
}

/// Only what was asked over HTTP.
pub fn http_only(report: &mut Report, measured: &Measured) {
    report.table(
        &format!("What is promised over HTTP, at {} volumes", measured.size),
        &["", "must", "aim", "measured", "verdict"],
        &verdict::over_http(&measured.over_http.timed).iter().map(|row| row.cells().to_vec()).collect::<Vec<_>>(),
    );
    over_http(report, measured);
}

fn over_http(report: &mut Report, measured: &Measured) {
    let over = &measured.over_http;
    if over.timed.is_empty() {
        return;
    }
    asked(report, &format!("{} volumes: plans over HTTP/JSON", measured.size), &over.timed);
    report.note(&over.told());
}

/// All that was measured on one size.
pub fn size(report: &mut Report, measured: &Measured) {
    let title = |what: &str| format!("{} volumes: {what}", measured.size);
    asked(report, &title("nothing changes"), &measured.quiet);
    asked(report, &title("with a separation of 500 m, 30 m, 60 s"), &measured.near);
    asked(report, &title("volumes come, go and end"), &measured.live);
    if let Some(live) = measured.live.first() {
        let queries = live.sample().len().max(1) as f64;
        report.note(&format!(
            "Before each query two volumes come and one is taken back; every 64 queries those go that ended. Changes took the \
             forest {:.2} µs a query, merges {:.2} µs, publishing a snapshot {:.2} µs; its {} runs held at first {:?}.",
            live.changing.as_secs_f64() * 1e6 / queries,
            (live.tending.saturating_sub(measured.publishing)).as_secs_f64() * 1e6 / queries,
            measured.publishing.as_secs_f64() * 1e6 / queries,
            measured.runs.len(),
            measured.runs,
        ));
    }
    over_http(report, measured);
    inserts(report, &title("inserts one by one"), measured);
    let beside = [("beside merges of all", &measured.beside.during), ("when they are over", &measured.beside.quiet)];
    let rows: Vec<Vec<String>> = beside.iter().map(|(name, sample)| [vec![(*name).to_owned()], tails(sample)].concat()).collect();
    report.table(&title("the compacted forest beside a thread that merges"), &["", "p50, µs", "p99, µs", "p99.9, µs"], &rows);
    report.note(&format!("All was merged {} times meanwhile.", measured.beside.merges));
    pairs(report, &title("all pairs"), measured);
    weights(report, &title("bytes a volume, and loading"), measured);
    parts(report, &title("bytes a volume of the live forest, by part"), measured);
    report.note(&spent(measured));
}

fn asked(report: &mut Report, title: &str, timed: &[Timed]) {
    let few = timed.iter().map(Timed::asked).min().unwrap_or(0);
    let Some(reference) = timed.iter().find(|one| one.name.starts_with("SIMD")).or(timed.last()) else {
        return;
    };
    let row = |one: &Timed| {
        let [low, high] = one.spread(few);
        let all = if one.asked() > few { count(one.rate(usize::MAX)) } else { String::new() };
        let first = [one.name.clone(), count(one.rate(few)), format!("{} to {}", count(low), count(high)), all];
        let us = |sample: &Sample, share: f64| format!("{:.1}", sample.quantile(share).as_secs_f64() * 1e6);
        let (calm, come) = (one.undisturbed(), one.sample());
        let times = [us(&calm, 0.5), us(&calm, 0.99), us(&come, 0.99)];
        let hits = format!("{:.2}", one.hits as f64 / one.asked().max(1) as f64);
        let last = [hits, one.differences(reference).to_string()];
        [first.to_vec(), times.to_vec(), last.to_vec()].concat()
    };
    let head = [
        "",
        &format!("first {few} queries, q/s"),
        "as they came",
        "all queries, q/s",
        "p50, µs",
        "p99, µs",
        "p99 as it came",
        "hits a query",
        &format!("answers unlike {}", reference.name),
    ];
    report.table(title, &head, &timed.iter().map(row).collect::<Vec<_>>());
}

fn inserts(report: &mut Report, title: &str, measured: &Measured) {
    let us = |sample: &Sample, share: f64| format!("{:.2}", sample.quantile(share).as_secs_f64() * 1e6);
    let row = |(name, inserted): &(String, super::inserts::Inserted)| {
        let each = inserted.sample();
        let rest = [us(&each, 0.5), us(&each, 0.99), us(&each, 0.999), format!("{:.2}", inserted.worst.as_secs_f64() * 1e6)];
        let merging = format!("{:.2} s", inserted.merging.as_secs_f64());
        [vec![name.clone(), count(inserted.rate())], rest.to_vec(), vec![merging]].concat()
    };
    let head = ["", "inserts/s", "p50, µs", "p99, µs", "p99.9, µs", "worst, µs of processor time", "merges elsewhere"];
    report.table(title, &head, &measured.inserted.iter().map(row).collect::<Vec<_>>());
}

fn pairs(report: &mut Report, title: &str, measured: &Measured) {
    let row = |join: &super::pairs::Joined| {
        vec![join.name.clone(), join.pairs.to_string(), format!("{:.3} s", join.took.as_secs_f64())]
    };
    if measured.joined.is_empty() {
        return;
    }
    report.table(title, &["", "pairs", "processor time"], &measured.joined.iter().map(row).collect::<Vec<_>>());
}

fn weights(report: &mut Report, title: &str, measured: &Measured) {
    let each = |bytes: u64| format!("{:.1}", bytes as f64 / measured.size as f64);
    let row = |weight: &super::everything::Weight| {
        let loading = format!("{:.1} s", weight.loading.as_secs_f64());
        vec![weight.name.clone(), each(weight.index), each(weight.whole), loading]
    };
    let head = ["", "index", "with geometry", "from nothing until it can be asked"];
    report.table(title, &head, &measured.weights.iter().map(row).collect::<Vec<_>>());
}

fn parts(report: &mut Report, title: &str, measured: &Measured) {
    let parts = &measured.parts;
    let counted = measured.weights.iter().find(|weight| weight.name == "forest, live").map_or(0, |weight| weight.whole as usize);
    let each = [
        ("the box of each volume", parts.boxes),
        ("boxes above the leaves", parts.above),
        ("room in leaves that no volume fills", parts.vacant),
        ("where its record begins", parts.ways),
        ("which version counts", parts.versions),
        ("identifier, version and kind", parts.heads),
        ("vertices", parts.vertices),
        ("radii and rings", parts.extended),
        ("set aside and not filled", parts.slack),
        ("what else the allocator counts", counted.saturating_sub(parts.sum())),
    ];
    let row = |(name, bytes): &(&str, usize)| vec![(*name).to_owned(), format!("{:.2}", *bytes as f64 / measured.size as f64)];
    report.table(title, &["", "bytes a volume"], &each.iter().map(row).collect::<Vec<_>>());
}

/// How much was asked of a size, and what that took.
fn spent(measured: &Measured) -> String {
    let Some(Effort { rounds, queries: [many, few], .. }) = measured.effort else {
        return String::new();
    };
    let beside = |name: &str, timed: &[Timed]| {
        let ours = timed.iter().find(|one| one.name == "forest, compacted")?;
        let theirs = timed.iter().find(|one| one.name.starts_with("rstar bulk"))?;
        Some(format!(
            "Of {} answers, {name}, {} of the compacted forest are not rstar's. ",
            ours.asked() * rounds,
            ours.differences(theirs)
        ))
    };
    let [meeting, near] = [("without a separation", &measured.quiet), ("with one", &measured.near)]
        .map(|(name, timed)| beside(name, timed).unwrap_or_default());
    format!(
        "{meeting}{near}(With one the forest measures on the ellipsoid and its peers in a plane: `--check` explains each.) {rounds} rounds \
         of {many} queries, {few} for what is slow; all of this size took {:.0} s; the most memory that \
         the benchmark's process had by then was {:.1} GiB. Sum of the volumes' boxes: {:016x}.",
        measured.took.as_secs_f64(),
        measured.resident_mib / 1024.0,
        measured.sum,
    )
}

fn tails(sample: &Sample) -> Vec<String> {
    [0.5, 0.99, 0.999].map(|share| format!("{:.1}", sample.quantile(share).as_secs_f64() * 1e6)).to_vec()
}

/// Three figures and a letter.
fn count(value: f64) -> String {
    match value {
        1e6.. => format!("{:.2} M", value / 1e6),
        1e4.. => format!("{:.1} k", value / 1e3),
        1e3.. => format!("{:.2} k", value / 1e3),
        _ => format!("{value:.0}"),
    }
}

/// The plots over all sizes: file name and SVG.
pub fn plots(all: &[Measured]) -> Vec<(&'static str, String)> {
    let few = |timed: &Timed| all.iter().flat_map(|m| &m.quiet).filter(|t| t.name == timed.name).map(Timed::asked).min();
    let rates = curves(all, |measured, name| {
        let timed = measured.quiet.iter().find(|timed| timed.name == name)?;
        Some(timed.rate(few(timed)?))
    });
    let tails = curves(all, |measured, name| {
        let timed = measured.quiet.iter().find(|timed| timed.name == name)?;
        Some(timed.undisturbed().quantile(0.99).as_secs_f64() * 1e6)
    });
    let bytes = curves(all, |measured, name| {
        let weight = measured.weights.iter().find(|weight| weight.name == name)?;
        Some(weight.index as f64 / measured.size as f64)
    });
    vec![
        ("space-rate.svg", plot::draw("Queries a second, filter and exact test", "1/s", &rates)),
        ("space-p99.svg", plot::draw("99 of 100 queries take no longer", "µs", &tails)),
        ("space-memory.svg", plot::draw("Index, without geometry", "bytes a volume", &bytes)),
    ]
}

fn curves(all: &[Measured], value: impl Fn(&Measured, &str) -> Option<f64>) -> Vec<Curve> {
    let mut names: Vec<&str> = Vec::new();
    for timed in all.iter().flat_map(|measured| &measured.quiet) {
        if !names.contains(&timed.name.as_str()) {
            names.push(&timed.name);
        }
    }
    let points = |name: &str| {
        let each = all.iter().filter_map(|measured| Some((measured.size as f64, value(measured, name)?)));
        each.collect()
    };
    // What stands in brackets is for the tables.
    let short = |name: &str| name.split(" (").next().unwrap_or_default().to_owned();
    names.into_iter().map(|name| Curve { name: short(name), points: points(name) }).collect()
}
