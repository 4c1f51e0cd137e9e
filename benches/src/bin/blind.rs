//! The numbers of blind matching: processor time of a party on one core and on two, bytes, peers from Python's registry in the
//! same run, a city's day matched by the program as two people run it, and the memory of the largest class.
//!
//! `cargo xtask bench blind [--write] [--quick] [--no-peers] [--no-largest]`

use std::path::Path;

use anyhow::{Context as _, Result, ensure};
use detente_benches::blind::builds::{Build, How, Measured, backends, build};
use detente_benches::blind::peers::{Environment, PEERS};
use detente_benches::blind::sides::{Wanted, block, matched, write_cells};
use detente_benches::cells::{USUAL, city};
use detente_benches::machine::describe;
use detente_benches::program::Program;
use detente_benches::report::Report;
use detente_blind::Class;
use detente_space::Separation;
use detente_types::unit::Metres;

const ABOUT: &str = "Each party has as many cells as its class has places, half of them common; mode `cells`, sixteen chunks. \
    Both parties run in one process and never at once, so that what the process uses is the one's that works. Every figure of ours is \
    the least of all runs, of the party that used more: from its seed and its set to its result, sets sorted, lists checked. \
    Carrying the messages is not counted, encoding and decoding them is.";

/// A class, and the bars for one party unverified on one core, ms: of AVX2, of AVX-512 IFMA. 2^12 is there for its bytes.
const CLASSES: [(u8, Option<[f64; 2]>); 4] =
    [(10, Some([60.0, 40.0])), (12, None), (14, Some([900.0, 600.0])), (16, Some([3400.0, 2300.0]))];
/// Chunks of a run unless it is said otherwise, as a power of two.
const CHUNKS_LOG2: u8 = 4;
/// Classes, and chunks, as powers of two, by which it is measured what smaller chunks and smaller sets cost.
const FINER: [(u8, u8); 6] = [(8, 4), (9, 4), (10, 2), (10, 4), (12, 4), (12, 6)];
/// Least gain of two cores.
const GAIN_MIN: f64 = 1.9;
/// Most that a verified run may cost more, %.
const MORE_MAX: f64 = 25.0;
/// Most bytes of payload a place, both ways, and of a verified run; most framing, % of the payload, from 2^12 on.
const BYTES_MAX: [f64; 2] = [84.0, 130.0];
const FRAMING_MAX: f64 = 2.0;
const FRAMING_LOG2: u8 = 12;
/// Least that OpenMined's package uses in both parties' processor time: of AVX2, of AVX-512 IFMA.
const OPENMINED_MIN: [f64; 2] = [2.0, 3.0];
/// The largest class, and what a side of it may have resident, MiB.
const LARGEST_LOG2: u8 = 22;
const MEMORY_MAX_MIB: f64 = 2_048.0;
/// The class that peers are asked for.
const PEERS_LOG2: u8 = 16;

struct Row {
    log2: u8,
    plain: Measured,
    two: Measured,
    verified: Measured,
}

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let known = ["--write", "--quick", "--no-peers", "--no-largest"];
    for argument in &arguments {
        ensure!(known.contains(&argument.as_str()), "unknown argument {argument}; there are: {}", known.join(", "));
    }
    let has = |flag: &str| arguments.iter().any(|argument| argument == flag);
    let rounds: usize = if has("--quick") { 2 } else { 7 };
    let told = format!(
        "{rounds} processes for each figure, {} at 2^16, with 16 runs in each at 2^10, 4 at 2^12 and one of larger classes",
        rounds.div_ceil(3)
    );
    let mut report = Report::new("Blind matching, measured", &describe("cargo xtask bench blind --write", &told));
    report.note(ABOUT);
    let build = build()?;
    let mut rows = Vec::new();
    for (log2, _) in CLASSES {
        for (_, backend) in backends() {
            rows.push(row(&build, backend, log2, rounds)?);
        }
    }
    tell(&mut report, &rows);
    tell_finer(&mut report, &build, rounds)?;
    if has("--no-peers") {
        report.note("Peers were left out.");
    } else {
        peers(&mut report, &rows)?;
    }
    the_city(&mut report, if has("--quick") { 40 } else { 400 })?;
    if has("--no-largest") {
        report.note("The largest class was left out.");
    } else {
        the_largest(&mut report, if has("--quick") { 14 } else { LARGEST_LOG2 })?;
    }
    if has("--write") {
        report.write(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/benchmarks/blind.md"))?;
    }
    Ok(())
}

fn row(build: &Build, backend: &str, log2: u8, rounds: usize) -> Result<Row> {
    eprintln!("measuring 2^{log2} by {backend}");
    let ways = [(false, 1, CHUNKS_LOG2), (false, 2, CHUNKS_LOG2), (true, 1, CHUNKS_LOG2)];
    let [plain, two, verified] = least(build, backend, log2, ways, rounds)?;
    Ok(Row { log2, plain, two, verified })
}

/// Ways of a run (verified, threads, chunks), each at its least.
fn least<const N: usize>(
    build: &Build,
    backend: &str,
    log2: u8,
    ways: [(bool, usize, u8); N],
    rounds: usize,
) -> Result<[Measured; N]> {
    let rounds = if log2 > 14 { rounds.div_ceil(3) } else { rounds };
    // A short run is over before its threads are warm: there are more of them in a process.
    let within = 1 << 14u8.saturating_sub(log2);
    let mut least: [Option<Measured>; N] = [const { None }; N];
    // In turns, so that what else the machine does falls on all alike.
    for _ in 0..rounds {
        for (kept, (verified, threads, chunks_log2)) in least.iter_mut().zip(ways) {
            let measured = build.measure(backend, log2, How { verified, threads, chunks_log2 }, within)?;
            *kept = Some(match kept.take() {
                Some(before) => lesser(before, measured),
                None => measured,
            });
        }
    }
    let measured: Option<Vec<Measured>> = least.into_iter().collect();
    let measured = measured.and_then(|measured| measured.try_into().ok());
    measured.context("at least one round")
}

fn lesser(mut kept: Measured, other: Measured) -> Measured {
    for of in 0..2 {
        kept.cpu_ms[of] = kept.cpu_ms[of].min(other.cpu_ms[of]);
        kept.wall_ms[of] = kept.wall_ms[of].min(other.wall_ms[of]);
    }
    kept
}

/// Of a pair of bars the one for a backend.
fn bar_of(backend: &str, [avx2, ifma]: [f64; 2]) -> Option<f64> {
    match backend {
        "AVX2" => Some(avx2),
        "AVX-512 IFMA" => Some(ifma),
        _ => None,
    }
}

/// The bar of a row, ms.
fn bar(row: &Row) -> Option<f64> {
    let (_, bars) = CLASSES.into_iter().find(|(log2, _)| *log2 == row.log2)?;
    bar_of(&row.plain.backend, bars?)
}

/// A figure, marked when it misses its bar.
fn held(figure: String, is_held: bool) -> String {
    if is_held { figure } else { format!("{figure} **missed**") }
}

fn tell(report: &mut Report, rows: &[Row]) {
    let head = ["Cells", "backend", "one core, ms", "bar", "two cores, wall ms", "gain", "verified, ms", "more"];
    let table: Vec<Vec<String>> = rows
        .iter()
        .map(|row| {
            let (one, verified) = (row.plain.party_cpu_ms(), row.verified.party_cpu_ms());
            let gain = row.plain.party_wall_ms() / row.two.party_wall_ms();
            let more = (verified / one - 1.0) * 100.0;
            vec![
                format!("2^{}", row.log2),
                row.plain.backend.clone(),
                format!("{one:.1}"),
                bar(row).map_or_else(|| "none".into(), |bar| held(format!("{bar:.0}"), one <= bar)),
                format!("{:.1}", row.two.party_wall_ms()),
                held(format!("{gain:.2} x"), gain >= GAIN_MIN),
                format!("{verified:.1}"),
                held(format!("{more:.0} %"), more <= MORE_MAX),
            ]
        })
        .collect();
    report.table("Processor time of one party", &head, &table);
    report.note(&format!(
        "Release build without flags: what ships. A program takes the last of the backends that its machine has; here each is named to it, so that \
         the one of lesser machines is measured too. Bars: two cores gain {GAIN_MIN} x, a verified run costs at most {MORE_MAX:.0} % more."
    ));
    tell_bytes(report, rows);
}

/// What it costs to release in smaller chunks, and to prove smaller sets.
fn tell_finer(report: &mut Report, build: &Build, rounds: usize) -> Result<()> {
    let mut table = Vec::new();
    for (log2, chunks_log2) in FINER {
        for (backend, name) in backends() {
            eprintln!("measuring 2^{log2} in 2^{chunks_log2} chunks by {name}");
            let [plain, verified] = least(build, name, log2, [(false, 1, chunks_log2), (true, 1, chunks_log2)], rounds)?;
            let [plain, verified] = [plain, verified].map(|measured| measured.party_cpu_ms());
            table.push(vec![
                format!("2^{log2}"),
                backend.to_string(),
                format!("{} of {} places", 1u32 << chunks_log2, 1u32 << (log2 - chunks_log2)),
                format!("{:.1} %", 100.0 / f64::from(1u32 << chunks_log2)),
                format!("{plain:.1}"),
                format!("{verified:.1}"),
                format!("{:.0} %", (verified / plain - 1.0) * 100.0),
            ]);
        }
    }
    let head = ["Cells", "backend", "chunks", "who leaves was given more, at most", "unverified, ms", "verified, ms", "more"];
    report.table("What smaller chunks, and smaller sets, cost", &head, &table);
    report.note(
        "A verified run fixes and proves all answers before it gives any, and sums each chunk for that. Below some hundred places a chunk, and \
         below 2^10 in all, what does not depend on the number of places shows, and no bar is held here. Terms say in how many chunks an answer is \
         released (`matching.chunks_log2`), sixteen where they do not; `detente match` takes sixteen. Terms have a class of 2^15 unless they say \
         otherwise.",
    );
    Ok(())
}

fn tell_bytes(report: &mut Report, rows: &[Row]) {
    let head = ["Cells", "payload, B a place", "verified", "framing, % of payload", "verified, %", "messages"];
    // All backends say the same.
    let classes = CLASSES.iter().filter_map(|(log2, _)| rows.iter().find(|row| row.log2 == *log2));
    let table: Vec<Vec<String>> = classes
        .map(|row| {
            let places = f64::from(1u32 << row.log2);
            let payload = |of: &Measured, most: f64| {
                let bytes = of.payload / places;
                held(format!("{bytes:.1}"), bytes <= most)
            };
            let framing = |of: &Measured| {
                let part = (of.bytes / of.payload - 1.0) * 100.0;
                held(format!("{part:.2}"), row.log2 < FRAMING_LOG2 || part <= FRAMING_MAX)
            };
            vec![
                format!("2^{}", row.log2),
                payload(&row.plain, BYTES_MAX[0]),
                payload(&row.verified, BYTES_MAX[1]),
                framing(&row.plain),
                framing(&row.verified),
                format!("{}, verified {}", row.plain.messages, row.verified.messages),
            ]
        })
        .collect();
    report.table("Bytes of both parties together", &head, &table);
    let [plain, verified] = BYTES_MAX;
    report.note(&format!("Bars: {plain:.0} and {verified:.0} B a place, framing {FRAMING_MAX:.0} % from 2^{FRAMING_LOG2} on."));
}

/// A day of flights over one city, at the usual grid and separation, matched by `detente match`.
fn the_city(report: &mut Report, flights: usize) -> Result<()> {
    eprintln!("matching a city's day");
    let separation = Separation { horizontal: Metres::new(9_260), vertical: Metres::new(300), time_us: 300_000_000 };
    let scene = city::scene("a city's day", flights, separation)?;
    let conflicts = scene.conflicts();
    let outcome = scene.on_grid(USUAL, &conflicts)?.context("a day fits a set")?;
    let folder = tempfile::tempdir().context("a folder for cells")?;
    let files = ["ours.cells", "theirs.cells"].map(|name| folder.path().join(name));
    for (file, cells) in files.iter().zip(scene.cells(USUAL)?) {
        write_cells(file, cells)?;
    }
    let class = Class::of(outcome.cells[0].max(outcome.cells[1])).context("a class")?.log2();
    let program = Program::find()?;
    let mut took = Vec::new();
    for verified in [false, true] {
        let wanted = Wanted { class, grid: USUAL, verified };
        let matched = matched(&program, [&files[0], &files[1]], wanted, folder.path())?;
        ensure!(matched.common == outcome.common as u64, "found {} of {} common cells", matched.common, outcome.common);
        took.push(format!("{:.2}", matched.took.as_secs_f64()));
    }
    report.figures(&format!("A day with {flights} flights a side over one city, at {USUAL}"));
    report.figure("cells of each side", &format!("{}, {}", outcome.cells[0], outcome.cells[1]));
    report.figure("class", &format!("2^{class}"));
    report.figure("cells in common", &outcome.common.to_string());
    report.figure("conflicts by the law", &conflicts.len().to_string());
    let part = outcome.false_alarms as f64 / outcome.alarms.max(1) as f64 * 100.0;
    report.figure("pairs alarmed, of them for nothing", &format!("{}, {} ({part:.0} %)", outcome.alarms, outcome.false_alarms));
    report.figure("flights alarmed for nothing", &outcome.troubled.to_string());
    report.figure("until both sides know, unverified and verified, s", &took.join(", "));
    report.note(
        "From the call to both results in words: `detente match` twice on this machine over loopback, release build without flags, the two sides sharing its cores. Laying the flights on the grid is not counted.",
    );
    Ok(())
}

/// The memory of a side of the largest class, unverified and verified.
fn the_largest(report: &mut Report, log2: u8) -> Result<()> {
    let folder = tempfile::tempdir().context("a folder for cells")?;
    let files = ["ours.cells", "theirs.cells"].map(|name| folder.path().join(name));
    let (count, slot) = (1 << log2, 2_000_000);
    write_cells(&files[0], block(slot, count))?;
    // One slot in common: what is measured is the run, and not the telling of millions of places.
    write_cells(&files[1], block(slot + (count / 4_096).max(1) - 1, count))?;
    let program = Program::find()?;
    let mut rows = Vec::new();
    for (name, verified) in [("unverified", false), ("verified, as terms are unless they say otherwise", true)] {
        eprintln!("matching 2^{log2} cells, {name}; minutes");
        let wanted = Wanted { class: log2, grid: USUAL, verified };
        let matched = matched(&program, [&files[0], &files[1]], wanted, folder.path())?;
        ensure!(matched.common == 4_096.min(u64::from(count)), "found {} common cells", matched.common);
        let memory = matched.memory_mib.map(|most| held(format!("{most:.0}"), most <= MEMORY_MAX_MIB));
        let [first, second] = memory;
        rows.push(vec![name.into(), first, second, format!("{MEMORY_MAX_MIB:.0}"), format!("{:.0}", matched.took.as_secs_f64())]);
    }
    let head = ["", "most resident memory of who listens, MiB", "of who joins, MiB", "bar, MiB", "until both sides know, s"];
    report.table(&format!("2^{log2} cells a side"), &head, &rows);
    report.note("`detente match` twice on this machine, as above; files of cells, all places taken.");
    Ok(())
}

/// Peers, their processor time of both parties at 2^16, beside ours.
fn peers(report: &mut Report, rows: &[Row]) -> Result<()> {
    let folder = tempfile::tempdir().context("a folder for the peers")?;
    let environment = Environment::new(folder.path())?;
    let ours: Vec<&Row> = rows.iter().filter(|row| row.log2 == PEERS_LOG2).collect();
    let mut table: Vec<Vec<String>> = ours
        .iter()
        .map(|row| {
            let about = "mutual, committed; release build, no flags".into();
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
                    let ratio = |row: &&Row| {
                        let ratio = used.both_cpu_ms / row.plain.both_cpu_ms();
                        let least = bar_of(&row.plain.backend, OPENMINED_MIN).filter(|_| *way == "openmined");
                        held(format!("{ratio:.2} x {}", row.plain.backend), least.is_none_or(|least| ratio >= least))
                    };
                    let ratios = ours.iter().map(ratio).collect::<Vec<_>>().join(", ");
                    vec![format!("{package}, {way}"), format!("{:.0}", used.both_cpu_ms), ratios, used.about]
                }
                Err(refusal) => vec![format!("{package}, {way}"), "failed".into(), String::new(), format!("{refusal:#}")],
            });
        }
    }
    report.table("Both parties' processor time at 2^16, beside peers", &["", "ms", "of ours", "what it does"], &table);
    report.note(&format!(
        "A ratio above 1 is a peer that uses more than we do, below 1 one that uses less. The bar is OpenMined's: {:.0} x of AVX2, {:.0} x of \
         AVX-512 IFMA. Theirs run without commitments, and one of them tells one side only.",
        OPENMINED_MIN[0], OPENMINED_MIN[1]
    ));
    Ok(())
}
