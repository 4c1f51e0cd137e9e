//! The numbers of the conflict index: queries, inserts, memory and all pairs, beside rstar, SQLite, PostGIS and a plain
//! scan, interleaved in one run; or, with `--check`, whether all of them find the same.
//!
//! `cargo xtask bench space --help` tells its options.

use std::path::Path;

use anyhow::{Context as _, Result, bail, ensure};
use detente_benches::machine::describe;
use detente_benches::report::Report;
use detente_benches::space::check::{self, Compared};
use detente_benches::space::cluster::{Cluster, SETTINGS};
use detente_benches::space::everything::ALL_MAX;
use detente_benches::space::profiles::{Part, Profiler};
use detente_benches::space::run::{Measured, Options, measure, measure_http};
use detente_benches::space::{causes, postgis, sqlite, tell};
use peak_alloc::PeakAlloc;

/// Counts what is allocated: memory a volume is measured by it.
#[global_allocator]
static ALLOCATOR: PeakAlloc = PeakAlloc;

const ABOUT: &str = "Workload B1: three kinds of planned activity round 200 cities, seeds 42 and 4242, held against the sums of \
    its law before anything is measured. One thread asks; every structure of a row holds the same volumes and is asked the same \
    queries in the same rounds, in turns; filter and exact test of the footprints both count. The peers' exact test is the \
    benchmark's own, in 64-bit whole numbers, but PostGIS's. Of several ways to use a peer the fastest counts. Rates, \
    p50 and p99 take each query at its least of the rounds, for what else a machine does only adds; beside them stand the slowest \
    and the fastest round and the p99 as they came.";

const HELP: &str = "\
cargo xtask bench space [OPTION]...: the conflict index beside its peers

  --write         writes docs/benchmarks/space.md, its plots, and a flame graph of each missed aim
  --sizes N,N,..  volumes; 10000,100000,1000000,10000000 if not given. The promises are held against the largest up to
                  1000000; beyond it PostGIS, the node and all pairs are left out, and fewer queries are asked
  --rounds N      how often each is asked all its queries; 5 if not given, 3 at most beyond 1000000 volumes
  --quick         10000 volumes, few queries, no PostGIS: shows that it works and measures nothing
  --no-postgres   leaves PostGIS out
  --http          only the plans over HTTP
  --check         measures nothing: whether all find the same volumes
  --no-profile    does not sample where the time of a missed aim goes
  --profile-all   samples everything that can be, missed or not

Samples are taken after the measurement by `perf`, where it is installed and may look; where not, the report says so.
10000000 volumes take up to 16 GB of memory.";

fn main() -> Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let has = |flag: &str| arguments.iter().any(|argument| argument == flag);
    if has("--help") || has("-h") {
        println!("{HELP}");
        return Ok(());
    }
    let options = options(&arguments)?;
    let folder = tempfile::tempdir().context("a folder for databases")?;
    let cluster = if options.postgres { Some(Cluster::start()?) } else { None };
    if has("--check") {
        return compare(&options, cluster.as_ref(), folder.path());
    }
    let mut report = Report::new("The conflict index, measured", &describe("cargo xtask bench space --write", &told(&options)));
    about(&mut report, cluster.as_ref())?;
    let profiler = (!has("--no-profile")).then(|| Profiler::new(folder.path(), has("--profile-all")));
    let promised = options.sizes.iter().copied().filter(|size| *size <= ALL_MAX).max();
    let sampling = |size: usize| profiler.as_ref().filter(|_| Some(size) == promised);
    if has("--http") {
        for size in &options.sizes {
            let measured = measure_http(&options, *size, cluster.as_ref(), folder.path(), sampling(*size))?;
            tell::http_only(&mut report, &measured);
            causes::missed(&mut report, &measured, &causes::rows(&measured), sampling(*size));
        }
        return Ok(());
    }
    let mut all = Vec::new();
    for size in &options.sizes {
        eprintln!("measuring {size} volumes");
        let allocated = || ALLOCATOR.current_usage();
        all.push(measure(&options, *size, cluster.as_ref(), folder.path(), &allocated, sampling(*size))?);
    }
    tell(&mut report, &all, profiler.as_ref());
    if has("--write") {
        write(&report, &all)?;
    }
    Ok(())
}

fn options(arguments: &[String]) -> Result<Options> {
    let has = |flag: &str| arguments.iter().any(|argument| argument == flag);
    let value = |flag: &str| {
        let at = arguments.iter().position(|argument| argument == flag)?;
        Some(arguments.get(at + 1).map_or("", String::as_str))
    };
    let known =
        ["--write", "--quick", "--check", "--http", "--no-postgres", "--sizes", "--rounds", "--no-profile", "--profile-all"];
    for flag in arguments.iter().filter(|argument| argument.starts_with("--")) {
        ensure!(known.contains(&flag.as_str()), "unknown flag {flag}; there are: {}", known.join(", "));
    }
    let mut options = if has("--quick") { Options::quick() } else { Options::full() };
    options.postgres &= !has("--no-postgres");
    if let Some(sizes) = value("--sizes") {
        let number = |size: &str| size.parse().with_context(|| format!("--sizes {sizes}: `{size}` is not a number"));
        options.sizes = sizes.split(',').map(number).collect::<Result<_>>()?;
    }
    if let Some(rounds) = value("--rounds") {
        options.rounds = rounds.parse().with_context(|| format!("--rounds `{rounds}` is not a number"))?;
        ensure!(options.rounds > 0, "--rounds 0: at least 1");
    }
    Ok(options)
}

fn told(options: &Options) -> String {
    let sizes: Vec<String> = options.sizes.iter().map(ToString::to_string).collect();
    format!(
        "{} volumes; {} rounds; {} queries a round, {} for what is slow and for what changes; separation 500 m, 30 m, 60 s",
        sizes.join(", "),
        options.rounds,
        options.many,
        options.few
    )
}

fn about(report: &mut Report, cluster: Option<&Cluster>) -> Result<()> {
    report.note(ABOUT);
    let mut peers = vec![format!("SQLite {}: {}", sqlite::version(), sqlite::Sqlite::SETTINGS), "rstar 0.12.2".to_owned()];
    match cluster {
        Some(cluster) => {
            let settings: Vec<String> = SETTINGS.iter().map(|(name, value)| format!("{name}={value}")).collect();
            peers.push(format!(
                "{}: prepared statements, binary protocol, unix socket, generic plans, no parallel workers, vacuumed and analysed; {}",
                postgis::version(cluster)?,
                settings.join(", ")
            ));
        }
        None => peers.push("PostGIS was left out".to_owned()),
    }
    report.note(&peers.iter().map(|peer| format!("- {peer}")).collect::<Vec<_>>().join("\n"));
    Ok(())
}

fn tell(report: &mut Report, all: &[Measured], profiler: Option<&Profiler>) {
    let promised = all.iter().filter(|measured| measured.size <= ALL_MAX).max_by_key(|measured| measured.size);
    if let Some(promised) = promised {
        tell::promises(report, promised);
        causes::missed(report, promised, &causes::rows(promised), profiler);
    }
    causes::scaling(report, all);
    report.note(
        "The workload grows in density, not in area: ten times the volumes are ten times the hits of a query, so the rate of \
         everything that tells every hit falls with the size, and what is left to win is the work beside the hits: boxes that \
         are looked at in vain, cache lines that are fetched for them, and edges in the exact test. The scan looks at every box, \
         so its rate falls as one over the size and its p99 lies close to its median.\n\n\
         What a query costs before its first hit (its edges made ready, the trees entered) is shared by ever more hits, so the time \
         a hit falls with the size as long as what is fetched lies in a cache. Ten thousand volumes with their geometry fill about \
         the second level of cache here, a hundred thousand fit the third, a million are three times as much as it holds, and ten \
         million thirty times: from there on each leaf and each record comes from memory, and as ten million lie on a quarter of a \
         million pages of 4 KiB, more than any processor keeps the translations of, most of them need a walk through the page \
         tables first. The scan reads one row after the other, which the processor foresees: it pays for bandwidth only. Bytes a \
         volume do not grow: every level of boxes above the leaves is a sixteenth of the one below. Where virtual machines count no \
         cache or TLB misses, as here, these are inferred from the sizes, not counted.",
    );
    report.note(
        "![Queries a second by size](space-rate.svg)\n\n![99 of 100 queries take no longer](space-p99.svg)\n\n\
         ![Bytes a volume](space-memory.svg)",
    );
    for beyond in all.iter().filter(|measured| measured.size > ALL_MAX) {
        report.note(&promised.map_or_else(String::new, |promised| causes::left_out(promised, beyond.size)));
    }
    all.iter().for_each(|measured| tell::size(report, measured));
    for plan in promised.into_iter().flat_map(|measured| &measured.plans) {
        report.note(&format!("A plan of PostgreSQL:\n\n```text\n{plan}\n```"));
    }
}

fn write(report: &Report, all: &[Measured]) -> Result<()> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/benchmarks");
    report.write(&folder.join("space.md"))?;
    for (name, svg) in tell::plots(all) {
        std::fs::write(folder.join(name), svg).with_context(|| format!("writing {name}"))?;
    }
    forget_flames(&folder)?;
    for (name, svg) in causes::flames(all) {
        std::fs::write(folder.join(name), svg).with_context(|| format!("writing {name}"))?;
    }
    Ok(())
}

/// What was missed before and is met now has no flame graph any more.
fn forget_flames(folder: &Path) -> Result<()> {
    for part in Part::SAMPLED {
        let path = folder.join(part.file());
        if path.exists() {
            std::fs::remove_file(&path).with_context(|| format!("removing {}", part.file()))?;
        }
    }
    Ok(())
}

/// Prints every structure's differences; fails when there are some that are not explained.
fn compare(options: &Options, cluster: Option<&Cluster>, folder: &Path) -> Result<()> {
    let mut unexplained = 0;
    for size in &options.sizes {
        for (question, compared) in check::compare(*size, cluster, folder, options.few)? {
            for one in &compared {
                unexplained += usize::from(!explained(*size, question, one)?);
            }
        }
    }
    let steps = 20_000;
    let unlike = check::compare_live(10_000, steps)?;
    println!("10000 volumes, {steps} steps of inserts, deletes and expiry: {unlike} answers unlike a plain list's");
    if unexplained > 0 || unlike > 0 {
        bail!(
            "{unexplained} structures find other volumes than a scan of all boxes, {unlike} answers of a live forest are wrong"
        );
    }
    Ok(())
}

/// Distances are measured otherwise (in a plane between straight lines of the map by the peers, on the ellipsoid between
/// chords by the forest): pairs that near the limit may be told apart.
fn explained(size: usize, question: &str, one: &Compared) -> Result<bool> {
    let Compared { name, queries, hits, extra, missing } = one;
    println!(
        "{size} volumes, {question}: {name}: {queries} queries, {hits} hits, {} only here, {} not here",
        extra.len(),
        missing.len()
    );
    let told_apart: Vec<(u32, u32)> = extra.iter().chain(missing).copied().collect();
    if question == "meeting" {
        told_apart.iter().take(5).for_each(|pair| println!("  query and volume {pair:?}"));
        return Ok(told_apart.is_empty());
    }
    let measured = check::apart(size, &told_apart)?;
    for one in measured.iter().filter(|one| !one.is_explained()).take(5) {
        println!("  query and volume {:?}: {:.3} m apart in the plane, {:.3} m of slack", one.pair, one.metres, one.slack);
    }
    let explained = measured.iter().filter(|one| one.is_explained()).count();
    if !measured.is_empty() {
        println!("  {explained} of {} lie within the two measures' difference of 500 m", measured.len());
    }
    Ok(explained == told_apart.len())
}
