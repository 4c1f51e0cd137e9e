//! A line on which planned volumes are stated as notices, many volumes in one: what a node has when all of them are live.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use detente::host::Host;
use detente_api::port::ask;
use detente_node::{By, Command, CommandFault};
use detente_testkit::{notice, notice_id, terms};
use detente_types::notice::Release;
use detente_types::terms::{LAW_2, SeparationIn};
use detente_types::volume::PositionIn;
use detente_types::{Datum, LineId, NoticeIn, NoticeKind, Precedence, TermsIn, Timestamp, VolumeIn};

use super::set::Set;
use crate::pair::Pair;

/// Volumes of one notice: as many as one may have.
pub const VOLUMES: usize = 64;
/// Notices that are stated in one go.
const BURST: usize = 32;
/// Entries that may wait for the disk before more are stated.
const AHEAD: u64 = 512;
/// From now to the workload's time 0: its first windows begin two days before that, and nothing of it ends meanwhile.
const LEAD_S: i64 = 4 * 86_400;

/// A home whose line has the volumes.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// The home.
    pub home: PathBuf,
    /// The workload's time 0.
    pub base: Timestamp,
    /// How many notices hold the volumes.
    pub notices: usize,
    /// Which of them each entry of the log states; where it states none, any number.
    pub numbers: Vec<u32>,
    /// How long stating them took.
    pub took: Duration,
}

/// Anywhere on earth, no separation: two plans meet when they touch, as a database is asked.
fn everywhere() -> TermsIn {
    let mut terms = terms();
    terms.area.corners_e7.clear();
    terms.law = LAW_2.into();
    terms.separation = SeparationIn { horizontal_m: 0, vertical_m: 0, time_s: 0 };
    terms
}

/// Makes two homes, pairs them, and states the first so many volumes of the set from the one; the other is not there
/// meanwhile, so that nothing is held against anything.
///
/// # Errors
/// When a volume breaks a rule, or a step fails.
pub fn load(set: &Set, count: usize, folder: &Path) -> Result<Loaded> {
    tokio::runtime::Runtime::new()?.block_on(state_all(set, count, folder))
}

async fn state_all(set: &Set, count: usize, folder: &Path) -> Result<Loaded> {
    let pair = Pair::start(folder, everywhere()).await?;
    let host = pair.host();
    let line = introduced(&host).await?;
    pair.b.stop().await;
    let begun = Instant::now();
    let base = midnight(detente::host::now()).plus_seconds(LEAD_S);
    let notices = count.div_ceil(VOLUMES);
    let (mut next, mut numbers) = (0, Vec::new());
    while next < notices {
        let burst: Vec<NoticeIn> = (next..notices.min(next + BURST)).map(|number| stated(set, number, count, base)).collect();
        for entry in burst_stated(&host, line, burst).await? {
            numbers.resize(entry as usize + 1, next as u32);
            next += 1;
        }
        while unsettled(&host, line).await? > AHEAD {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        if next % (64 * BURST) == 0 {
            eprintln!("stated {next} of {notices} notices in {:.0} s", begun.elapsed().as_secs_f64());
        }
    }
    while unsettled(&host, line).await? > 0 {
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    let took = begun.elapsed();
    drop(host);
    pair.a.stop().await;
    Ok(Loaded { home: pair.roots[0].clone(), base, notices, numbers, took })
}

/// Waits until each side knows what the other holds: before that, nothing is stated.
async fn introduced(host: &Host) -> Result<LineId> {
    let line = ask(host, |seat| seat.node.line_ids().next()).await?.context("a line")?;
    loop {
        let view = ask(host, move |seat| seat.node.line(&line).map(detente_node::Line::view)).await?.context("a line")?;
        if view.acknowledged > 0 && view.copy.size > 0 {
            return Ok(line);
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// States what the disk has time for; the entries.
async fn burst_stated(host: &Host, line: LineId, burst: Vec<NoticeIn>) -> Result<Vec<u64>> {
    let done = ask(host, move |seat| -> Result<Vec<u64>> {
        let mut entries = Vec::with_capacity(BURST);
        for notice in burst {
            let command = Command::Notify { notice, release: Release::Exact, reveal: Vec::new() };
            match seat.node.command(seat.now, seat.rng, line, &By::default(), command) {
                Ok(accepted) => match accepted.stated {
                    Some(stated) => entries.push(stated.index),
                    None => bail!("a notice waits: {:?}", accepted.note),
                },
                Err(CommandFault::DiskBehind) => break,
                Err(fault) => bail!("a notice of the workload is refused: {fault}"),
            }
        }
        Ok(entries)
    });
    done.await?
}

async fn unsettled(host: &Host, line: LineId) -> Result<u64> {
    Ok(ask(host, move |seat| seat.node.line(&line).map_or(0, detente_node::Line::unsettled)).await?)
}

/// The last midnight, so that the texts of times are short.
fn midnight(now: Timestamp) -> Timestamp {
    const DAY_US: i64 = 86_400_000_000;
    Timestamp::from_micros(now.micros().div_euclid(DAY_US) * DAY_US)
}

/// A notice with its share of the volumes.
fn stated(set: &Set, number: usize, count: usize, base: Timestamp) -> NoticeIn {
    let ids = number * VOLUMES..count.min((number + 1) * VOLUMES);
    let volumes: Vec<VolumeIn> = ids.map(|id| volume(set, id as u32, base)).collect();
    let from = volumes.iter().map(|volume| volume.start_us).min().unwrap_or_default();
    let until = volumes.iter().map(|volume| volume.end_us).max().unwrap_or_default();
    NoticeIn {
        id: notice_id(number as u64),
        precedence: Precedence::Routine.code(),
        valid_from_us: from,
        valid_until_us: until,
        volumes,
        text: None,
        translation: None,
        ..notice(NoticeKind::Operation)
    }
}

fn volume(set: &Set, id: u32, base: Timestamp) -> VolumeIn {
    let (bounds, corners) = (set.bounds(id), set.polygon(id));
    let time = |s: i32| base.plus_seconds(s.into()).micros();
    VolumeIn {
        shape: 3,
        rings: vec![corners.iter().map(|[x, y]| PositionIn { lat_e7: (*y).into(), lon_e7: wrapped(*x) }).collect()],
        radius_cm: 0,
        lower_cm: i64::from(bounds.min[2]) * 10,
        upper_cm: i64::from(bounds.max[2]) * 10,
        datum: Datum::Amsl.code(),
        start_us: time(bounds.min[3]),
        end_us: time(bounds.max[3]),
        passage: None,
    }
}

/// A longitude of the workload, which goes on beyond the antimeridian, as one of the earth, 1e-7 degree.
pub fn wrapped(longitude: i32) -> i64 {
    const HALF_TURN: i64 = 1_800_000_000;
    (i64::from(longitude) + HALF_TURN).rem_euclid(2 * HALF_TURN) - HALF_TURN
}
