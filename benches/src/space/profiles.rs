//! Where the time of a missed aim goes: after all of its size is measured, the same work is done again under a sampler.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};

use super::Structure;
use super::contender::Live;
use super::everything::Everything;
use super::rounds::Batched;
use super::served::{BATCH, Connection, Served};
use super::set::{Query, Set};
use super::verdict::Row;
use super::{inserts, pairs};
use crate::machine::Counted;
use crate::profile::flame;
use crate::profile::fold::{Folded, Share};
use crate::profile::perf::Perf;

/// What promises are about, as far as their time or memory is spent in the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    /// Queries of the live forest.
    Live,
    /// Queries of the compacted forest.
    Snapshot,
    /// Queries of the live forest with a separation.
    NearLive,
    /// Queries of the compacted forest with a separation.
    NearSnapshot,
    /// Inserts one by one, merges inside.
    Inserts,
    /// All pairs on one core.
    Pairs,
    /// All pairs on two cores.
    Cores,
    /// Plans over HTTP one by one.
    One,
    /// Plans over HTTP, many in a request.
    Many,
    /// Memory, which is counted and not sampled.
    Bytes,
}

impl Part {
    /// In titles.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Live => "queries of the live forest",
            Self::Snapshot => "queries of the compacted forest",
            Self::NearLive => "queries of the live forest with a separation",
            Self::NearSnapshot => "queries of the compacted forest with a separation",
            Self::Inserts => "inserts one by one, merges inside",
            Self::Pairs => "all pairs on one core",
            Self::Cores => "all pairs on two cores",
            Self::One => "the node, one plan a request",
            Self::Many => "the node, 64 plans a request",
            Self::Bytes => "memory",
        }
    }

    /// The file of its flame graph.
    pub const fn file(self) -> &'static str {
        match self {
            Self::Live => "space-profile-live.svg",
            Self::Snapshot => "space-profile-snapshot.svg",
            Self::NearLive => "space-profile-near-live.svg",
            Self::NearSnapshot => "space-profile-near-snapshot.svg",
            Self::Inserts => "space-profile-inserts.svg",
            Self::Pairs => "space-profile-pairs.svg",
            Self::Cores => "space-profile-cores.svg",
            Self::One => "space-profile-http-one.svg",
            Self::Many => "space-profile-http-many.svg",
            Self::Bytes => "space-profile-bytes.svg",
        }
    }

    /// All that can be sampled.
    pub const SAMPLED: [Self; 9] = [
        Self::Live,
        Self::Snapshot,
        Self::NearLive,
        Self::NearSnapshot,
        Self::Inserts,
        Self::Pairs,
        Self::Cores,
        Self::One,
        Self::Many,
    ];

    /// Stacks begin at the outermost function whose name holds this; what else the benchmark does is left out.
    const fn from(self) -> Option<&'static str> {
        match self {
            Self::Inserts => Some("space::forest::Forest::"),
            Self::One | Self::Many | Self::Bytes => None,
            _ => Some("space::forest::"),
        }
    }
}

/// Functions that a table tells.
const TOLD: usize = 10;

/// Where the time of a part goes.
#[derive(Clone, Debug)]
pub struct Profiled {
    /// Of what.
    pub part: Part,
    /// Samples.
    pub samples: u64,
    /// The kernel's share, 0 to 1.
    pub kernel: f64,
    /// The functions that took most themselves.
    pub shares: Vec<Share>,
    /// The flame graph.
    pub svg: String,
    /// What was counted beside.
    pub counted: Option<String>,
}

/// When the forest is sampled: a part is sampled as it was measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// All is measured but what changes it.
    BeforeChanges,
    /// Volumes have come, gone and ended.
    AfterChanges,
}

/// What is sampled, and by what.
pub struct Profiler {
    perf: Result<Perf, String>,
    every: bool,
}

impl Profiler {
    /// One that samples what was missed, or everything; `folder` is for its data.
    pub fn new(folder: &Path, every: bool) -> Self {
        Self { perf: Perf::find(folder).map_err(|fault| format!("{fault:#}")), every }
    }

    /// What samples, or why nothing does.
    pub fn about(&self) -> String {
        match &self.perf {
            Ok(perf) => format!("Sampled after the measurement by {}.", perf.about()),
            Err(why) => format!("Nothing was sampled: {why}."),
        }
    }

    /// The parts to be sampled.
    fn wanted(&self, rows: &[Row]) -> BTreeSet<Part> {
        rows.iter().filter(|row| self.every || row.is_missed()).map(|row| row.part).collect()
    }

    fn sample(&self, part: Part, process: u32, program: &Path, work: impl FnMut() -> Result<()>) -> Result<Option<Profiled>> {
        let Ok(perf) = &self.perf else { return Ok(None) };
        eprintln!("sampling {}", part.title());
        let stacks = perf.watch(process, program, work).with_context(|| format!("sampling {}", part.title()))?;
        let folded = Folded::of(&stacks, part.from());
        let (samples, kernel, shares) = (folded.samples(), folded.kernel(), folded.shares(TOLD));
        let svg = flame::draw(&format!("Where the time goes: {}", part.title()), &folded);
        Ok(Some(Profiled { part, samples, kernel, shares, svg, counted: None }))
    }

    /// Samples what was missed of the forest, as it was measured: nothing is measured meanwhile.
    ///
    /// # Errors
    /// When the sampler fails.
    pub fn forest(
        &self,
        rows: &[Row],
        all: &mut Everything<'_>,
        (set, size): (&Set, usize),
        [queries, near]: [&[Query<'_>]; 2],
        when: When,
    ) -> Result<Vec<Profiled>> {
        let (process, program) = (std::process::id(), std::env::current_exe()?);
        let mut profiled = Vec::new();
        for part in self.wanted(rows).into_iter().filter(|part| (*part == Part::Live) == (when == When::AfterChanges)) {
            let work: Option<Box<dyn FnMut() -> Result<()> + '_>> = match part {
                Part::Live => Some(asking(&mut all.live, queries)),
                Part::Snapshot => Some(asking(&mut all.compacted, queries)),
                Part::NearLive => Some(asking(&mut all.live, near)),
                Part::NearSnapshot => Some(asking(&mut all.compacted, near)),
                Part::Inserts => Some(Box::new(|| {
                    inserts::into_forest_alone(set, size);
                    Ok(())
                })),
                Part::Pairs => Some(joining(&all.compacted, 1)),
                Part::Cores => Some(joining(&all.compacted, 2)),
                Part::One | Part::Many | Part::Bytes => None,
            };
            if let Some(work) = work {
                profiled.extend(self.sample(part, process, &program, work)?);
            }
        }
        if let Some(cores) = profiled.iter_mut().find(|profiled| profiled.part == Part::Cores) {
            cores.counted = Some(cut(&pairs::shares(&all.compacted.snapshot(), 2)));
        }
        Ok(profiled)
    }

    /// Samples the node's process where what is asked of it was missed.
    ///
    /// # Errors
    /// When the sampler or the node fails.
    pub fn node(
        &self,
        rows: &[Row],
        served: &Served,
        [one, many]: [&mut Connection; 2],
        queries: &[Query<'_>],
    ) -> Result<Vec<Profiled>> {
        let mut profiled = Vec::new();
        let mut each = vec![Vec::new(); BATCH];
        for part in self.wanted(rows) {
            let mut parts = queries.chunks(BATCH).cycle();
            let mut work = || {
                let queries = parts.next().unwrap_or_default();
                each.iter_mut().for_each(Vec::clear);
                match part {
                    Part::One => queries.iter().try_for_each(|query| one.find(query, &mut each[0])),
                    _ => many.find_all(queries, &mut each),
                }
            };
            let (process, program) = (served.process(), served.program());
            let sampled = self.sample(part, process, program, &mut work)?;
            let counted = counted(part, process, &mut work)?;
            profiled.extend(sampled.map(|sampled| Profiled { counted: Some(counted), ..sampled }));
        }
        Ok(profiled)
    }
}

/// A piece of the queries at a time, so that sampling ends soon after it is to end.
fn asking<'a>(forest: &'a mut Live<'_>, queries: &'a [Query<'_>]) -> Box<dyn FnMut() -> Result<()> + 'a> {
    let mut pieces = queries.chunks(100).cycle();
    let mut hits = Vec::new();
    Box::new(move || {
        pieces.next().unwrap_or_default().iter().try_for_each(|query| {
            hits.clear();
            forest.find(query, &mut hits)
        })
    })
}

fn joining<'a>(forest: &Live<'_>, threads: usize) -> Box<dyn FnMut() -> Result<()> + 'a> {
    let snapshot = forest.snapshot();
    Box::new(move || {
        pairs::sweep(&snapshot, threads);
        Ok(())
    })
}

/// How a join on two cores was cut, in words.
fn cut(shares: &pairs::Shares) -> String {
    let seconds: Vec<String> = shares.threads.iter().map(|took| format!("{:.3} s", took.as_secs_f64())).collect();
    format!(
        "One thread made ready for {:.3} s; then the threads took {} of processor time.",
        shares.ready.as_secs_f64(),
        seconds.join(" and ")
    )
}

/// What the kernel counts of the node for a while of plans, without a sampler, in words. It counts in hundredths of a second.
fn counted(part: Part, process: u32, work: &mut impl FnMut() -> Result<()>) -> Result<String> {
    const LONG: Duration = Duration::from_secs(3);
    let (before, begun) = (Counted::of(process), Instant::now());
    let mut pieces = 0;
    while begun.elapsed() < LONG {
        work()?;
        pieces += 1;
    }
    let (took, counted) = (begun.elapsed().as_secs_f64(), Counted::of(process).since(&before));
    let plans = f64::from(pieces) * BATCH as f64;
    let requests = if part == Part::One { plans } else { f64::from(pieces) };
    Ok(format!(
        "Without the sampler a plan took {:.1} µs; of it the node's own code ran {:.1} µs on all its threads together, the kernel for \
         it {:.1} µs, and its threads went to sleep and were woken {:.2} times a request.",
        took * 1e6 / plans,
        counted.user_s * 1e6 / plans,
        counted.system_s * 1e6 / plans,
        counted.sleeps as f64 / requests
    ))
}
