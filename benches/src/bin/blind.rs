//! The numbers of blind matching: processor time of a party on one core and on two, bytes, and peers from Python's registry
//! in the same run.
//!
//! `cargo xtask bench blind [--write] [--quick] [--no-peers]`

use std::path::Path;

use anyhow::{Context as _, Result, ensure};
use detente_benches::blind::builds::{Build, Measured, both};
use detente_benches::blind::peers::{Environment, PEERS};
use detente_benches::machine::describe;
use detente_benches::report::Report;

const ABOUT: &str = "Each party has as many cells as its class has places, half of them common; mode `cells`, sixteen chunks. Both \
    parties run in one process and never at once, so that what the process uses is the one's that works. Every figure of ours is \
    the least of the rounds, of the party that used more: from its seed and its set to its result, sets sorted, lists checked. \
    Carrying the messages is not counted, encoding and decoding them is.";

/// A class, and the bars for one party unverified on one core, ms: of AVX2, of AVX-512 IFMA.
const CLASSES: [(u8, f64, f64); 3] = [(10, 60.0, 40.0), (14, 900.0, 600.0), (16, 3400.0, 2300.0)];
/// The class that peers are asked for.
const PEERS_LOG2: u8 = 16;

struct Row {
    build: &'static str,
    log2: u8,
    plain: Measured,
    two: Measured,
    verified: Measured,
}

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let known = ["--write", "--quick", "--no-peers"];
    for argument in &arguments {
        ensure!(known.contains(&argument.as_str()), "unknown argument {argument}; there are: {}", known.join(", "));
    }
    let has = |flag: &str| arguments.iter().any(|argument| argument == flag);
    let rounds = if has("--quick") { 2 } else { 7 };
    let told = format!("{rounds} rounds at 2^10, fewer of larger classes");
    let mut report = Report::new("Blind matching, measured", &describe("cargo xtask bench blind --write", &told));
    report.note(ABOUT);
    let builds = both()?;
    let mut rows = Vec::new();
    for (log2, ..) in CLASSES {
        for build in &builds {
            rows.push(row(build, log2, rounds)?);
        }
    }
    tell(&mut report, &rows);
    if has("--no-peers") {
        report.note("Peers were left out.");
    } else {
        peers(&mut report, &rows)?;
    }
    if has("--write") {
        report.write(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/benchmarks/blind.md"))?;
    }
    Ok(())
}

fn row(build: &Build, log2: u8, rounds: usize) -> Result<Row> {
    eprintln!("measuring 2^{log2}, {}", build.flags);
    let rounds = if log2 > 14 { rounds.div_ceil(3) } else { rounds };
    // In turns, so that what else the machine does falls on all alike.
    let mut least: [Option<Measured>; 3] = [None, None, None];
    for _ in 0..rounds {
        for (kept, (verified, threads)) in least.iter_mut().zip([(false, 1), (false, 2), (true, 1)]) {
            let measured = build.measure(log2, verified, threads, 1)?;
            *kept = Some(match kept.take() {
                Some(before) => lesser(before, measured),
                None => measured,
            });
        }
    }
    let [Some(plain), Some(two), Some(verified)] = least else { anyhow::bail!("at least one round") };
    Ok(Row { build: build.flags, log2, plain, two, verified })
}

fn lesser(mut kept: Measured, other: Measured) -> Measured {
    for of in 0..2 {
        kept.cpu_ms[of] = kept.cpu_ms[of].min(other.cpu_ms[of]);
        kept.wall_ms[of] = kept.wall_ms[of].min(other.wall_ms[of]);
    }
    kept
}

/// The bar of a row, ms.
fn bar(row: &Row) -> Option<f64> {
    let (_, avx2, ifma) = CLASSES.into_iter().find(|(log2, ..)| *log2 == row.log2)?;
    match row.plain.backend.as_str() {
        "AVX2" => Some(avx2),
        "AVX-512 IFMA" => Some(ifma),
        _ => None,
    }
}

fn tell(report: &mut Report, rows: &[Row]) {
    let head = ["Cells, build", "backend", "one core, ms", "bar", "two cores, wall ms", "gain", "verified, ms", "more"];
    let table: Vec<Vec<String>> = rows
        .iter()
        .map(|row| {
            let (one, more) = (row.plain.party_cpu_ms(), row.verified.party_cpu_ms());
            vec![
                format!("2^{}, {}", row.log2, row.build),
                row.plain.backend.clone(),
                format!("{one:.1}"),
                bar(row).map_or_else(|| "none".into(), |bar| format!("{bar:.0}{}", if one <= bar { "" } else { " **missed**" })),
                format!("{:.1}", row.two.party_wall_ms()),
                format!("{:.2} x", row.plain.party_wall_ms() / row.two.party_wall_ms()),
                format!("{more:.1}"),
                format!("{:.0} %", (more / one - 1.0) * 100.0),
            ]
        })
        .collect();
    report.table("Processor time of one party", &head, &table);
    let head = ["Cells", "payload, B a place", "verified", "framing, % of payload", "verified, %", "messages"];
    let mut seen = Vec::new();
    let table: Vec<Vec<String>> = rows
        .iter()
        .filter(|row| {
            !seen.contains(&row.log2) && {
                seen.push(row.log2);
                true
            }
        })
        .map(|row| {
            let places = f64::from(1u32 << row.log2);
            let framing = |of: &Measured| format!("{:.2}", (of.bytes / of.payload - 1.0) * 100.0);
            vec![
                format!("2^{}", row.log2),
                format!("{:.1}", row.plain.payload / places),
                format!("{:.1}", row.verified.payload / places),
                framing(&row.plain),
                framing(&row.verified),
                format!("{}, verified {}", row.plain.messages, row.verified.messages),
            ]
        })
        .collect();
    report.table("Bytes of both parties together", &head, &table);
}

/// Peers, their processor time of both parties at 2^16, beside ours.
fn peers(report: &mut Report, rows: &[Row]) -> Result<()> {
    let folder = tempfile::tempdir().context("a folder for the peers")?;
    let environment = Environment::new(folder.path())?;
    let ours: Vec<&Row> = rows.iter().filter(|row| row.log2 == PEERS_LOG2).collect();
    let mut table: Vec<Vec<String>> = ours
        .iter()
        .map(|row| {
            let about = format!("mutual, committed; {}", row.build);
            vec![format!("Detente, {}", row.plain.backend), format!("{:.0}", row.plain.both_cpu_ms()), "1".into(), about]
        })
        .collect();
    for (package, ways) in PEERS {
        if let Err(refusal) = environment.install(package) {
            table.push(vec![(*package).into(), "could not be installed".into(), String::new(), format!("{refusal:#}")]);
            continue;
        }
        for way in *ways {
            eprintln!("measuring {way}");
            table.push(match environment.measure(way, PEERS_LOG2, folder.path()) {
                Ok(used) => {
                    let ratio = |row: &&Row| format!("{:.2} x {}", used.both_cpu_ms / row.plain.both_cpu_ms(), row.plain.backend);
                    let ratios = ours.iter().map(ratio).collect::<Vec<_>>().join(", ");
                    vec![format!("{package}, {way}"), format!("{:.0}", used.both_cpu_ms), ratios, used.about]
                }
                Err(refusal) => vec![format!("{package}, {way}"), "failed".into(), String::new(), format!("{refusal:#}")],
            });
        }
    }
    report.table("Both parties' processor time at 2^16, beside peers", &["", "ms", "of ours", "what it does"], &table);
    report.note("A ratio above 1 is a peer that uses more than we do, below 1 one that uses less.");
    Ok(())
}
