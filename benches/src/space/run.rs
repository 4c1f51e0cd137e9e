//! One size after another: built, asked, changed, joined.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::Result;
use detente_space::forest::Parts;

use super::cluster::Cluster;
use super::everything::{ALL_MAX, Allocated, Everything, Weight};
use super::http::{self, OverHttp};
use super::inserts::{self, Beside, Inserted};
use super::live;
use super::pairs::{self, Join, Joined};
use super::postgis::{Index, Postgis};
use super::profiles::{Profiled, Profiler, When};
use super::rounds::{self, Timed};
use super::set::{Query, SEPARATION, Set};
use super::tree::Tree;
use super::verdict;
use crate::machine::memory_mib;

/// What is measured.
#[derive(Clone, Debug)]
pub struct Options {
    /// Volumes.
    pub sizes: Vec<usize>,
    /// How often each is asked all its queries.
    pub rounds: usize,
    /// Queries a round for what is fast.
    pub many: usize,
    /// Queries a round for what is slow, and of the live index.
    pub few: usize,
    /// Whether PostgreSQL is one of the peers.
    pub postgres: bool,
}

impl Options {
    /// All that is promised, at 10^6, and how it goes with the size: 10^4 to 10^7.
    pub fn full() -> Self {
        Self { sizes: vec![10_000, 100_000, 1_000_000, 10_000_000], rounds: 5, many: 20_000, few: 2_000, postgres: true }
    }

    /// A small run that shows that all of it works, and measures nothing.
    pub fn quick() -> Self {
        Self { sizes: vec![10_000], rounds: 2, many: 2_000, few: 200, postgres: false }
    }
}

/// How much is asked on one size: what takes long takes ten times as long on ten times as many.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Effort {
    /// Rounds.
    pub rounds: usize,
    /// Rounds of inserts.
    pub inserting: usize,
    /// Queries a round for what is fast, and for what is slow.
    pub queries: [usize; 2],
}

impl Effort {
    /// On so many volumes.
    pub fn on(size: usize, options: &Options) -> Self {
        let Options { rounds, many, few, .. } = *options;
        if size > ALL_MAX {
            return Self { rounds: rounds.min(3), inserting: 1, queries: [few, few.div_ceil(5)] };
        }
        Self { rounds, inserting: rounds.min(3), queries: [many, few] }
    }
}

/// What was measured on one size.
#[derive(Clone, Debug, Default)]
pub struct Measured {
    /// Volumes.
    pub size: usize,
    /// Nothing changes.
    pub quiet: Vec<Timed>,
    /// The same with a separation.
    pub near: Vec<Timed>,
    /// Volumes come and go.
    pub live: Vec<Timed>,
    /// What publishing snapshots took, of the live rounds.
    pub publishing: Duration,
    /// Runs of the live forest.
    pub runs: Vec<u32>,
    /// Bytes.
    pub weights: Vec<Weight>,
    /// Inserts: the forest with a thread that merges, the forest alone, rstar.
    pub inserted: Vec<(String, Inserted)>,
    /// Queries beside merges.
    pub beside: Beside,
    /// All pairs.
    pub joined: Vec<Joined>,
    /// The plans of PostgreSQL.
    pub plans: Vec<String>,
    /// Over HTTP.
    pub over_http: OverHttp,
    /// What the bytes of the live forest are spent on.
    pub parts: Parts,
    /// Where the time goes of what was missed.
    pub profiled: Vec<Profiled>,
    /// The sum of the volumes' boxes by the law of the workload.
    pub sum: u64,
    /// How much was asked.
    pub effort: Option<Effort>,
    /// How long all of it took.
    pub took: Duration,
    /// The most memory that this process has had so far, MiB.
    pub resident_mib: f64,
}

/// Measures one size. The queries are those of B1, held against its sums, like the volumes.
///
/// # Errors
/// When a database fails, or the generator does not draw what the law says.
pub fn measure(
    options: &Options,
    size: usize,
    cluster: Option<&Cluster>,
    folder: &Path,
    allocated: Allocated<'_>,
    profiler: Option<&Profiler>,
) -> Result<Measured> {
    let (begun, effort) = (Instant::now(), Effort::on(size, options));
    let steps = effort.rounds * options.few;
    let (set, asking) = Set::workload(size + live::newcomers(steps))?;
    let (queries, near) = (asking.queries(None), asking.queries(Some(SEPARATION)));
    let mut measured = Measured { size, effort: Some(effort), sum: set.sum(size), ..Measured::default() };
    measured.inserted = inserted(&set, size, effort.inserting)?;
    let mut all = Everything::build(&set, size, cluster, folder, allocated)?;
    measured.plans = all.plans()?;
    (measured.runs, measured.parts) = (all.live.runs(), all.live.parts());
    let [many, few] = effort.queries;
    measured.quiet = rounds::quiet(&mut all.structures(many, few), &queries, effort.rounds)?;
    measured.near = rounds::quiet(&mut all.structures(many, few), &near, effort.rounds)?;
    measured.weights = all.weights.clone();
    measured.over_http = over_http(options, (&set, size), &queries, &mut all.postgis, folder, profiler)?;
    measured.joined = joined(size, &all, options);
    measured.beside = inserts::beside_merges(&mut all.compacted, size, &queries[..many], effort.rounds);
    let asked = [&queries[..options.few], &near[..options.few]];
    let sampled = |measured: &mut Measured, all: &mut Everything<'_>, when: When| -> Result<()> {
        let Some(profiler) = profiler else { return Ok(()) };
        measured.profiled.extend(profiler.forest(&verdict::rows(measured), all, (&set, size), asked, when)?);
        Ok(())
    };
    sampled(&mut measured, &mut all, When::BeforeChanges)?;
    let steps = live::draw(&set, size, steps);
    let faster = faster(&measured.quiet, options.few);
    measured.live = rounds::live(&mut all.changing(faster), &queries[..options.few], &steps)?;
    measured.publishing = all.live.publishing;
    sampled(&mut measured, &mut all, When::AfterChanges)?;
    measured.profiled.append(&mut measured.over_http.profiled);
    all.tear_down()?;
    (measured.took, measured.resident_mib) = (begun.elapsed(), memory_mib("self", "VmHWM").unwrap_or_default());
    Ok(measured)
}

/// Measures only what is asked over HTTP, beside PostGIS.
///
/// # Errors
/// As [`measure`].
pub fn measure_http(
    options: &Options,
    size: usize,
    cluster: Option<&Cluster>,
    folder: &Path,
    profiler: Option<&Profiler>,
) -> Result<Measured> {
    let (set, asking) = Set::workload(size)?;
    let queries = asking.queries(None);
    let mut postgis = Vec::new();
    for index in [Index::Ranges, Index::Nd] {
        if let Some(cluster) = cluster {
            postgis.push(Postgis::new(cluster, &set, size, index)?);
        }
    }
    let mut over_http = over_http(options, (&set, size), &queries, &mut postgis, folder, profiler)?;
    postgis.into_iter().try_for_each(Postgis::drop_table)?;
    let profiled = std::mem::take(&mut over_http.profiled);
    Ok(Measured { size, over_http, profiled, ..Measured::default() })
}

/// A node is started beside PostGIS and ended again. Beyond a size that all of them hold it is left out.
fn over_http(
    options: &Options,
    (set, size): (&Set, usize),
    queries: &[Query<'_>],
    postgis: &mut [Postgis<'_>],
    folder: &Path,
    profiler: Option<&Profiler>,
) -> Result<OverHttp> {
    if size > ALL_MAX {
        return Ok(OverHttp::default());
    }
    let home = folder.join(format!("line-{size}"));
    std::fs::create_dir_all(&home)?;
    let over = http::measure((set, size), &queries[..options.few], postgis, &home, options.rounds, profiler)?;
    std::fs::remove_dir_all(&home)?;
    Ok(over)
}

/// Which index of PostGIS answered more queries a second.
fn faster(timed: &[Timed], first: usize) -> Option<Index> {
    let rate = |index: Index| timed.iter().find(|peer| peer.name == index.name()).map_or(0.0, |peer| peer.rate(first));
    let faster = if rate(Index::Ranges) >= rate(Index::Nd) { Index::Ranges } else { Index::Nd };
    (rate(faster) > 0.0).then_some(faster)
}

fn inserted(set: &Set, size: usize, rounds: usize) -> Result<Vec<(String, Inserted)>> {
    let beside = inserts::rounds(rounds, || Ok(inserts::into_forest(set, size)))?;
    let alone = inserts::rounds(rounds, || Ok(inserts::into_forest_alone(set, size)))?;
    let mut all =
        vec![("forest, merges on another thread".to_owned(), beside), ("forest, merges inside the insert".to_owned(), alone)];
    if size <= ALL_MAX {
        let into_tree = || inserts::one_by_one(&mut Tree::<f64>::empty(set), size);
        all.push(("rstar inserted, f64".to_owned(), inserts::rounds(rounds, into_tree)?));
    }
    Ok(all)
}

fn joined(size: usize, all: &Everything<'_>, options: &Options) -> Vec<Joined> {
    if size > ALL_MAX {
        return Vec::new();
    }
    let snapshot = all.compacted.snapshot();
    let mut joins: Vec<(&str, Join<'_>)> = vec![
        ("forest, sweep, one core, true pairs", Box::new(|| pairs::sweep(&snapshot, 1))),
        ("forest, sweep, two cores, true pairs", Box::new(|| pairs::sweep(&snapshot, 2))),
    ];
    // rstar tells each pair in both orders, and each volume with itself.
    joins.push(("rstar, boxes, f64", Box::new(|| ((all.bulk.join() - size as u64) / 2, None))));
    joins.push(("rstar, boxes, i32", Box::new(|| ((all.bulk_whole.join() - size as u64) / 2, None))));
    pairs::rounds(&mut joins, if size == ALL_MAX { 2 } else { options.rounds })
}
