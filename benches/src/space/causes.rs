//! Why a figure is what it is: how the figures go with the size, what was left out of a size, and where the time of a
//! missed aim goes.

use super::profiles::{Part, Profiled, Profiler};
use super::rounds::Timed;
use super::run::Measured;
use super::verdict::{self, Row};
use crate::machine::caches;
use crate::profile::fold::Share;
use crate::report::Report;

/// How the figures go with the size, a hit and a box at a time.
pub fn scaling(report: &mut Report, all: &[Measured]) {
    let rows: Vec<Vec<String>> = all.iter().filter_map(scaled).collect();
    let head = [
        "volumes",
        "hits a query",
        "forest, compacted: ns a query",
        "ns a hit",
        "forest, live: ns a hit",
        "rstar bulk: ns a hit",
        "scan: ns a box",
        "forest with geometry, MiB",
    ];
    report.table("With the size", &head, &rows);
    report.note(&format!("Caches of the processor: {}.", caches()));
}

fn scaled(measured: &Measured) -> Option<Vec<String>> {
    let few = measured.quiet.iter().map(Timed::asked).min()?;
    let nanoseconds = |name: &str| {
        let named = measured.quiet.iter().filter(|one| one.name.starts_with(name));
        named.map(|one| 1e9 / one.rate(few)).min_by(f64::total_cmp)
    };
    let scan = measured.quiet.iter().find(|one| one.name.starts_with("SIMD"))?;
    let hits = scan.hits as f64 / scan.asked().max(1) as f64;
    let compacted = nanoseconds("forest, compacted")?;
    let whole = measured.weights.iter().find(|weight| weight.name == "forest, compacted")?.whole;
    let a_hit = |name: &str| Some(format!("{:.0}", nanoseconds(name)? / hits));
    Some(vec![
        measured.size.to_string(),
        format!("{hits:.2}"),
        format!("{compacted:.0}"),
        a_hit("forest, compacted")?,
        a_hit("forest, live")?,
        a_hit("rstar bulk")?,
        format!("{:.2}", nanoseconds("SIMD")? / measured.size as f64),
        format!("{:.1}", whole as f64 / f64::from(1 << 20)),
    ])
}

/// What is left out of a size ten times as large as one that all were asked on, and why, by what loading took there.
pub fn left_out(loaded: &Measured, size: usize) -> String {
    let times = size as f64 / loaded.size.max(1) as f64;
    let mut told = format!(
        "On {size} volumes PostGIS, the node and all pairs are left out by rule: each would take longer than all that is asked of \
         the others there, or does not fit the machine's memory. rstar's inserts are not timed one by one: loading it is the same."
    );
    let postgis: Vec<_> = loaded.weights.iter().filter(|weight| weight.name.starts_with("PostGIS")).collect();
    if !postgis.is_empty() {
        let seconds: Vec<String> = postgis.iter().map(|weight| format!("{:.0} s", weight.loading.as_secs_f64())).collect();
        let all: f64 = postgis.iter().map(|weight| weight.loading.as_secs_f64()).sum();
        let bytes: u64 = postgis.iter().map(|weight| weight.whole).sum();
        told += &format!(
            " PostGIS took {} to load {} volumes by its indexes: at least {:.0} s and {:.1} GiB of disk for {times:.0} times as many.",
            seconds.join(" and "),
            loaded.size,
            all * times,
            bytes as f64 * times / f64::from(1 << 30)
        );
    }
    if let Some([stating, starting, memory_mib]) = loaded.over_http.load() {
        told += &format!(
            " Stating them took the node {stating:.0} s and starting with them {starting:.0} s and {:.1} GiB: {:.0} s and {:.0} GiB.",
            memory_mib / 1024.0,
            (stating + starting) * times,
            memory_mib * times / 1024.0
        );
    }
    if let Some(joined) = loaded.joined.first() {
        told += &format!(" Pairs grow with the square: {} there took {:.1} s.", joined.pairs, joined.took.as_secs_f64());
    }
    told
}

/// Where the time goes of what was missed, and what is to be tried next.
pub fn missed(report: &mut Report, measured: &Measured, rows: &[Row], profiler: Option<&Profiler>) {
    let missed = |part: Part| rows.iter().filter(move |row| row.part == part && row.is_missed());
    let mut parts: Vec<Part> = rows.iter().filter(|row| row.is_missed()).map(|row| row.part).collect();
    parts.extend(measured.profiled.iter().map(|profiled| profiled.part));
    parts.sort_unstable();
    parts.dedup();
    if parts.is_empty() {
        return;
    }
    let about = profiler.map_or_else(|| "Nothing was sampled: it was not asked for.".to_owned(), Profiler::about);
    report.heading(&format!("Where the time goes, at {} volumes", measured.size));
    report.note(&format!(
        "{about} Own time: samples in the function itself, what is compiled into it from the compiler's library counted as its own. \
         Of the forest, only samples under its functions count; of the node, all threads."
    ));
    for part in parts {
        let profiled = measured.profiled.iter().find(|profiled| profiled.part == part);
        one(report, part, profiled, &missed(part).collect::<Vec<_>>());
    }
}

fn one(report: &mut Report, part: Part, profiled: Option<&Profiled>, rows: &[&Row]) {
    if let Some(profiled) = profiled {
        let share = |Share { name, share }: &Share| vec![format!("`{name}`"), format!("{:.1} %", share * 100.0)];
        let shares: Vec<Vec<String>> = profiled.shares.iter().map(share).collect();
        report.table(&format!("Where the time goes: {}", part.title()), &["", "own time"], &shares);
        report.note(&format!(
            "{} samples, {:.1} % in the kernel: [flame graph]({}). {}",
            profiled.samples,
            profiled.kernel * 100.0,
            part.file(),
            profiled.counted.as_deref().unwrap_or_default()
        ));
    } else if part == Part::Bytes {
        report.heading("Where the bytes go: memory");
        report.note("Counted, not sampled: the table of bytes by part below.");
    } else {
        report.heading(&format!("Where the time goes: {}", part.title()));
    }
    if !rows.is_empty() {
        report.note(&next(rows));
    }
}

/// What was missed, and what is to be tried, told once where it is the same for several.
fn next(rows: &[&Row]) -> String {
    let mut told = String::new();
    for (i, row) in rows.iter().enumerate() {
        let [what, _, aim, measured, _] = row.cells();
        told += &format!("- {what}: {measured} of {aim}");
        match rows.get(i + 1) {
            Some(after) if after.next == row.next => told.push('\n'),
            _ => told += &format!(". Next: {}\n", row.next),
        }
    }
    told.trim_end().to_owned()
}

/// The flame graphs: file name and SVG.
pub fn flames(all: &[Measured]) -> Vec<(&'static str, &str)> {
    all.iter().flat_map(|measured| &measured.profiled).map(|one| (one.part.file(), one.svg.as_str())).collect()
}

/// All promises of one size, for those who tell what was missed.
pub fn rows(measured: &Measured) -> Vec<Row> {
    if measured.quiet.is_empty() { verdict::over_http(&measured.over_http.timed).to_vec() } else { verdict::rows(measured) }
}
