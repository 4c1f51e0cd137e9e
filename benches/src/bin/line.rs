//! The line: accepted to cosigned with one notice in flight, and sustained notices one way, beside the floors.
//!
//! `cargo xtask bench line [--count N] [--live N] [--json]`

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use detente_api::port::{Host as _, ask};
use detente_benches::floor::{Disk, Loopback, Signing};
use detente_benches::pair::Pair;
use detente_benches::stats::{Sample, row};
use detente_node::{By, Command, Event, What};
use detente_testkit::{MORNING, circle, notice, notice_id, terms};
use detente_types::{LineId, NoticeIn, NoticeKind, Position, Release, Timestamp};
use tokio::sync::broadcast::Receiver;

/// What is measured.
struct Options {
    /// Notices in each part.
    count: u64,
    /// Live notices of the holder that each new one is held against.
    live: u64,
}

fn main() -> Result<()> {
    let options = options();
    let root = tempfile::tempdir().context("a directory for two homes")?;
    let runtime = tokio::runtime::Runtime::new()?;
    runtime.block_on(measure(&options, root.path()))
}

fn options() -> Options {
    let arguments: Vec<String> = std::env::args().collect();
    let number = |name: &str, default: u64| {
        let at = arguments.iter().position(|a| a == name);
        at.and_then(|i| arguments.get(i + 1)).and_then(|n| n.parse().ok()).unwrap_or(default)
    };
    Options { count: number("--count", 2_000), live: number("--live", 100_000) }
}

async fn measure(options: &Options, root: &std::path::Path) -> Result<()> {
    let started = Instant::now();
    let pair = Pair::start(root, terms()).await?;
    let line = first_line(&pair).await?;
    let mut events = pair.host().subscribe();
    wait_for(&mut events, |what| matches!(what, What::Cosigned(_))).await?;
    println!("two nodes paired, started and met in {:?}", started.elapsed());
    one_in_flight(&pair, line, options, root).await?;
    sustained(&pair, line, options).await?;
    println!("resident memory: {} MiB", resident_mib());
    pair.a.stop().await;
    pair.b.stop().await;
    Ok(())
}

async fn first_line(pair: &Pair) -> Result<LineId> {
    let host = pair.host();
    ask(&*host, |seat| seat.node.line_ids().next()).await?.context("a line")
}

/// Accepted to shown as cosigned, one in flight, each followed by one round of the floors.
async fn one_in_flight(pair: &Pair, line: LineId, options: &Options, root: &std::path::Path) -> Result<()> {
    let (mut disk, mut loopback, signing) = (Disk::new(root)?, Loopback::new()?, Signing::default());
    let mut samples: BTreeMap<&str, Sample> = BTreeMap::new();
    let mut events = pair.host().subscribe();
    for i in 0..options.count.min(2_000) {
        let begun = Instant::now();
        state(pair, line, 1_000_000 + i).await?;
        wait_for(&mut events, |what| matches!(what, What::Cosigned(_))).await?;
        samples.entry("ours").or_default().push(begun.elapsed());
        // What a durable, signed, countersigned exchange cannot do without: two syncs one after the other (the author's and
        // the holder's), one round trip, three signatures and three checks.
        let (first, second) = (disk.sync()?, disk.sync()?);
        let (net, cpu) = (loopback.round_trip()?, signing.run(3, 3));
        samples.entry("sync").or_default().push(first);
        samples.entry("net").or_default().push(net);
        samples.entry("cpu").or_default().push(cpu);
        samples.entry("floor").or_default().push(first + second + net + cpu);
    }
    println!("\naccepted to cosigned, one in flight, {} times:", samples["ours"].len());
    let floor = samples["floor"].clone();
    println!("{}", row("accepted to shown as cosigned", &samples["ours"], Some(&floor)));
    println!("{}", row("floor: 2 fdatasync + round trip + 3 sign + 3 verify", &floor, None));
    println!("{}", row("  fdatasync, 4 KiB of a preallocated file", &samples["sync"], None));
    println!("{}", row("  TCP round trip, 1 KiB, loopback", &samples["net"], None));
    println!("{}", row("  3 signatures and 3 strict checks", &samples["cpu"], None));
    Ok(())
}

/// Sustained notices one way: through the door, field commitments, conflicts against what is live, durable and cosigned.
async fn sustained(pair: &Pair, line: LineId, options: &Options) -> Result<()> {
    let filled = Instant::now();
    flood(pair, line, 0, options.live).await?;
    println!(
        "\nstated {} live notices in {:?}: {:.0}/s",
        options.live,
        filled.elapsed(),
        options.live as f64 / filled.elapsed().as_secs_f64()
    );
    let begun = Instant::now();
    let count = options.count * 10;
    flood(pair, line, options.live, count).await?;
    let taken = begun.elapsed();
    println!(
        "sustained against them: {count} notices in {taken:?}: {:.0}/s, durable and cosigned, both nodes on this machine",
        count as f64 / taken.as_secs_f64()
    );
    Ok(())
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
        size = ask(&*host, move |seat| {
            for i in begin..begin + burst {
                let command = Command::Notify { notice: spread(i, seat.now), release: Release::Exact, reveal: Vec::new() };
                let _ = seat.node.command(seat.now, seat.rng, line, &By::default(), command);
            }
            seat.node.line(&line).map_or(0, |l| l.view().own.size + l.unsettled())
        })
        .await?;
        next += burst;
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

fn resident_mib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|l| l.starts_with("VmRSS:")).unwrap_or_default();
    line.split_whitespace().nth(1).and_then(|kb| kb.parse::<u64>().ok()).unwrap_or(0) / 1024
}
