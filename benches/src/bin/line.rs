//! The numbers of the line: accepted to cosigned with one notice in flight, sustained notices one way, a long record
//! verified, a node's start, its memory at rest and its size; each beside what it cannot do without.
//!
//! `cargo xtask bench line [--write] [--count N] [--live N] [--entries N]`

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use detente_api::port::{Host as _, ask};
use detente_benches::floor::{Disk, HandOver, Loopback, Signing};
use detente_benches::machine::{describe, memory_mib, thread_ticks};
use detente_benches::million::{Author, floor, lengthen};
use detente_benches::pair::Pair;
use detente_benches::program::Program;
use detente_benches::report::Report;
use detente_benches::stats::Sample;
use detente_node::{By, Command, Event, What};
use detente_testkit::{MORNING, circle, notice, notice_id, terms};
use detente_types::{LineId, NoticeIn, NoticeKind, Position, Release, Timestamp};
use tokio::sync::broadcast::Receiver;

/// What is measured.
struct Options {
    /// Notices one at a time; ten times as many are sustained.
    count: u64,
    /// Live notices that each new one is held against.
    live: u64,
    /// Entries of the record that is verified.
    entries: u64,
    /// Whether docs/benchmarks/line.md is written.
    write: bool,
}

/// Starts of a node that are timed.
const STARTS: usize = 20;

fn main() -> Result<()> {
    let options = options();
    let root = tempfile::tempdir().context("a directory for homes")?;
    let arguments = format!(
        "{} one at a time, {} live, {} entries; places and times of the notices are drawn from their numbers, keys are fresh",
        options.count, options.live, options.entries
    );
    let mut report = Report::new("The line, measured", &describe("cargo xtask bench line --write", &arguments));
    let runtime = tokio::runtime::Runtime::new()?;
    runtime.block_on(the_line(&options, root.path(), &mut report))?;
    let author = runtime.block_on(short_line(&root.path().join("long")))?;
    the_program(&options, root.path(), author, &mut report)?;
    if options.write {
        report.write(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/benchmarks/line.md"))?;
    }
    Ok(())
}

fn options() -> Options {
    let arguments: Vec<String> = std::env::args().collect();
    let number = |name: &str, default: u64| {
        let at = arguments.iter().position(|a| a == name);
        at.and_then(|i| arguments.get(i + 1)).and_then(|n| n.parse().ok()).unwrap_or(default)
    };
    Options {
        count: number("--count", 2_000),
        live: number("--live", 100_000),
        entries: number("--entries", 1_000_000),
        write: arguments.iter().any(|a| a == "--write"),
    }
}

async fn the_line(options: &Options, root: &Path, report: &mut Report) -> Result<()> {
    let pair = Pair::start(root, terms()).await?;
    let line = first_line(&pair).await?;
    let mut events = pair.host().subscribe();
    wait_for(&mut events, |what| matches!(what, What::Cosigned(_))).await?;
    one_in_flight(&pair, line, options, root, report).await?;
    sustained(&pair, line, options, report).await?;
    pair.a.stop().await;
    pair.b.stop().await;
    Ok(())
}

/// Two homes that met and said nothing; the first goes on as a long record.
async fn short_line(root: &Path) -> Result<Author> {
    std::fs::create_dir_all(root)?;
    let pair = Pair::start(root, terms()).await?;
    let line = first_line(&pair).await?;
    let host = pair.host();
    let author = loop {
        let view = ask(&*host, move |seat| seat.node.line(&line).map(detente_node::Line::view)).await?.context("a line")?;
        if view.acknowledged > 0 && view.copy.size > 0 {
            break Author { line, us: view.us, seen: view.copy };
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    };
    drop(host);
    pair.a.stop().await;
    pair.b.stop().await;
    Ok(author)
}

/// The program as a process of its own: its size, its start, its memory at rest, and a long record verified by it.
fn the_program(options: &Options, root: &Path, author: Author, report: &mut Report) -> Result<()> {
    let program = Program::find()?;
    let (long, full) = (root.join("long/a"), root.join("a"));
    report.figures("The program");
    let [size, bare] = program.sizes(root)?;
    let mib = |bytes: u64| bytes as f64 / f64::from(1 << 20);
    report.figure("size, with line tables for traces", &format!("{:.1} MiB", mib(size)));
    report.figure("size, stripped", &format!("{:.1} MiB", mib(bare)));
    let mut starts = Sample::default();
    let mut idle = 0.0;
    for i in 0..STARTS {
        // Memory is taken once, after a rest.
        let rest = Duration::from_secs(if i + 1 == STARTS { 3 } else { 0 });
        let ran = program.serve(&long, rest)?;
        starts.push(ran.took);
        idle = ran.memory_mib;
    }
    report.figure("start to serving, one line that said nothing yet, p50", &milliseconds(starts.median()));
    report.figure("start to serving, the same, p99", &milliseconds(starts.quantile(0.99)));
    report.figure("memory at rest, the same", &format!("{idle:.1} MiB"));
    let ran = program.serve(&full, Duration::from_secs(3))?;
    let notices = options.live + options.count * 11;
    report.figure(&format!("start to serving, {notices} live notices"), &milliseconds(ran.took));
    report.figure("memory at rest, the same", &format!("{:.0} MiB", ran.memory_mib));
    let now = detente::host::now();
    lengthen(&long, author, options.entries, |i| spread(i, now))?;
    report.figures("`record verify`, offline");
    // Before and after: what else runs on the machine changes within a minute.
    let before = floor(options.entries);
    let ran = program.verify(&long)?;
    let floor = (before + floor(options.entries)) / 2;
    report.figure(&format!("{} entries verified, files and record", options.entries), &seconds(ran.took));
    report.figure("most memory", &format!("{:.0} MiB", ran.memory_mib));
    report.figure("floor: each byte hashed once, one strict check an entry, all cores", &seconds(floor));
    report.figure("ratio", &format!("{:.2} x floor", ran.took.as_secs_f64() / floor.as_secs_f64()));
    Ok(())
}

fn milliseconds(duration: Duration) -> String {
    format!("{:.1} ms", duration.as_secs_f64() * 1e3)
}

fn seconds(duration: Duration) -> String {
    format!("{:.1} s", duration.as_secs_f64())
}

async fn first_line(pair: &Pair) -> Result<LineId> {
    let host = pair.host();
    ask(&*host, |seat| seat.node.line_ids().next()).await?.context("a line")
}

/// Accepted to shown as cosigned, one in flight, each followed by one round of the floors.
async fn one_in_flight(pair: &Pair, line: LineId, options: &Options, root: &Path, report: &mut Report) -> Result<()> {
    let (mut disk, mut loopback, signing, threads) =
        (Disk::new(root)?, Loopback::new().await?, Signing::default(), HandOver::default());
    let mut samples: BTreeMap<&str, Sample> = BTreeMap::new();
    let mut events = pair.host().subscribe();
    for i in 0..options.count {
        let begun = Instant::now();
        state(pair, line, 1_000_000 + i).await?;
        wait_for(&mut events, |what| matches!(what, What::Cosigned(_))).await?;
        samples.entry("ours").or_default().push(begun.elapsed());
        let syncs = [disk.sync()?, disk.sync()?, disk.sync()?];
        let (net, cpu) = (loopback.round_trip().await?, signing.run(3, 3));
        samples.entry("sync").or_default().push(syncs[0]);
        samples.entry("net").or_default().push(net);
        samples.entry("cpu").or_default().push(cpu);
        samples.entry("thread").or_default().push(threads.run());
        samples.entry("three").or_default().push(syncs.iter().sum::<Duration>() + net + cpu);
        samples.entry("two").or_default().push(syncs[0] + syncs[1] + net + cpu);
    }
    report.durations(&format!("Accepted to shown as cosigned, one in flight, {} times", samples["ours"].len()));
    let (three, two) = (&samples["three"], &samples["two"]);
    report.sample("**accepted to shown as cosigned**", &samples["ours"], &[("floor", three), ("floor of two syncs", two)]);
    report.sample("floor: 3 fdatasync, round trip, 3 signatures, 3 checks", three, &[]);
    report.sample("floor of two syncs: the same with 2 fdatasync", two, &[]);
    report.sample("one fdatasync, 4 KiB of a preallocated file", &samples["sync"], &[]);
    report.sample("one TLS round trip, 1 KiB, loopback", &samples["net"], &[]);
    report.sample("3 signatures and 3 strict checks", &samples["cpu"], &[]);
    report.sample("one hand-over between two threads", &samples["thread"], &[]);
    report.note(
        "The promised path has three syncs, one after the other: the entry before it is sent (E7), the copy before it is \
         cosigned (E5), and the cosignature before it is shown, so that nobody is shown a receipt that a crash takes back \
         (E6, E7). The floor of two syncs leaves the last out. Not in any floor: 13 hand-overs between threads (officer, \
         node, disk, node, link, and the same on the other side and back), the hashing of 32 slots on each side, and six \
         to eight pages of the journal.",
    );
    Ok(())
}

/// Sustained notices one way: through the door, field commitments, conflicts against what is live, durable and cosigned.
async fn sustained(pair: &Pair, line: LineId, options: &Options, report: &mut Report) -> Result<()> {
    flood(pair, line, 0, options.live).await?;
    let (begun, before) = (Instant::now(), thread_ticks());
    let count = options.count * 10;
    flood(pair, line, options.live, count).await?;
    let taken = begun.elapsed();
    report.figures(&format!("Sustained one way, against {} live volumes", options.live));
    report.figure(
        &format!("{count} notices, durable and cosigned, both nodes on this machine"),
        &format!("{:.0}/s", count as f64 / taken.as_secs_f64()),
    );
    let busy = busiest(&before, taken);
    report.figure("busiest threads, share of one core", &busy.join(", "));
    let memory = memory_mib("self", "VmRSS").unwrap_or_default();
    report.figure(&format!("memory of both nodes, {} live notices in each", options.live + count), &format!("{memory:.0} MiB"));
    report.note(
        "What bounds it: processor time. Each side has one thread that decides, which seals or opens every entry (two \
         signatures or checks, 32 salted slots) and finds its conflicts; the two of them and the two that write share the \
         cores of this one machine.",
    );
    Ok(())
}

/// The four threads that took most processor time since `before`.
fn busiest(before: &[(String, u64)], taken: Duration) -> Vec<String> {
    let before: BTreeMap<&str, u64> = before.iter().map(|(name, ticks)| (name.as_str(), *ticks)).collect();
    let since = |(name, ticks): (String, u64)| {
        let ticks = ticks - before.get(name.as_str()).copied().unwrap_or(0);
        (name, ticks)
    };
    let mut threads: Vec<(String, u64)> = thread_ticks().into_iter().map(since).collect();
    threads.sort_by_key(|(_, ticks)| core::cmp::Reverse(*ticks));
    let share = |(name, ticks): (String, u64)| {
        format!("{} {:.0} %", name.split(' ').next().unwrap_or_default(), ticks as f64 / taken.as_secs_f64())
    };
    threads.into_iter().take(4).map(share).collect()
}

/// States notices in bursts and waits until the last is cosigned.
async fn flood(pair: &Pair, line: LineId, from: u64, count: u64) -> Result<()> {
    let mut events = pair.host().subscribe();
    let mut next = from;
    let mut size = 0;
    while next < from + count {
        let burst = (from + count - next).min(512);
        let host = pair.host();
        let begin = next;
        (next, size) = ask(&*host, move |seat| {
            // The disk may have no time for all of them: those come next.
            let taken = (begin..begin + burst).take_while(|i| {
                let command = Command::Notify { notice: spread(*i, seat.now), release: Release::Exact, reveal: Vec::new() };
                seat.node.command(seat.now, seat.rng, line, &By::default(), command).is_ok()
            });
            let next = begin + taken.count() as u64;
            (next, seat.node.line(&line).map_or(0, |l| l.view().own.size + l.unsettled()))
        })
        .await?;
        // At most 16 bursts ahead of what is cosigned: a node under load is not a node with an endless queue.
        while acknowledged(pair, line).await? + 16 * 512 < size {
            wait_for(&mut events, |what| matches!(what, What::Cosigned(_))).await?;
        }
    }
    while acknowledged(pair, line).await? < size {
        wait_for(&mut events, |what| matches!(what, What::Cosigned(_))).await?;
    }
    Ok(())
}

async fn acknowledged(pair: &Pair, line: LineId) -> Result<u64> {
    let host = pair.host();
    Ok(ask(&*host, move |seat| seat.node.line(&line).map_or(0, detente_node::Line::acknowledged)).await?)
}

async fn state(pair: &Pair, line: LineId, number: u64) -> Result<()> {
    let host = pair.host();
    let accepted = ask(&*host, move |seat| {
        let command = Command::Notify { notice: spread(number, seat.now), release: Release::Exact, reveal: Vec::new() };
        seat.node.command(seat.now, seat.rng, line, &By::default(), command).map(drop)
    });
    accepted.await?.context("the notice is taken")
}

/// A small circle somewhere over the gulf, some time in the next day: few of them meet.
fn spread(number: u64, now: Timestamp) -> NoticeIn {
    let draw = |salt: u64, range: u64| (number.wrapping_add(salt).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 20) % range;
    let lat = 590_000_000 + i64::try_from(draw(1, 20_000_000)).unwrap_or(0);
    let lon = 220_000_000 + i64::try_from(draw(2, 80_000_000)).unwrap_or(0);
    let start = now.plus_seconds(3_600 + i64::try_from(draw(3, 80_000)).unwrap_or(0));
    let mut notice = notice(NoticeKind::Operation);
    notice.id = notice_id(number);
    let centre = Position::try_new(lat, lon).expect("the gulf is on the earth");
    let volume = circle(centre, 500, start, start.plus_seconds(1_200));
    (notice.valid_from_us, notice.valid_until_us) = (volume.start_us, volume.end_us);
    notice.volumes = vec![volume];
    debug_assert!(now > MORNING.plus_seconds(-86_400 * 365), "the clock of this machine is set");
    notice
}

async fn wait_for(events: &mut Receiver<Arc<Event>>, is: impl Fn(&What) -> bool) -> Result<()> {
    loop {
        match tokio::time::timeout(Duration::from_secs(60), events.recv()).await.context("the other node is silent")? {
            Ok(event) if is(&event.what) => return Ok(()),
            Ok(_) => {}
            // Behind: what was missed may have been it.
            Err(_) => return Ok(()),
        }
    }
}
