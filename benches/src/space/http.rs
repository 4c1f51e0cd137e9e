//! Plans that are checked over HTTP/JSON by the product's own node, beside PostGIS over its socket.

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::Result;
use detente_testkit::workload::Kind;

use super::Structure;
use super::postgis::Postgis;
use super::profiles::{Profiled, Profiler};
use super::rounds::{self, Timed};
use super::served::{BATCH, Served};
use super::set::{Query, Set};
use super::verdict;

/// One plan in each request.
pub const ONE: &str = "HTTP/JSON, one plan a request";
/// Many plans in each request.
pub const MANY: &str = "HTTP/JSON, 64 plans a request";

/// What was measured over HTTP.
#[derive(Clone, Debug, Default)]
pub struct OverHttp {
    /// The node asked one by one, PostGIS, the node asked many at a time.
    pub timed: Vec<Timed>,
    /// Queries.
    queries: usize,
    /// Notices, each with so many volumes.
    notices: usize,
    /// What stating them took, and what starting with them took, seconds.
    seconds: [f64; 2],
    /// Resident memory of the node, MiB.
    memory_mib: f64,
    /// Answers that were cut at the API's limit.
    cut: usize,
    unlike: Option<Unlike>,
    /// Where the node's time goes, of what was missed.
    pub profiled: Vec<Profiled>,
}

/// Pairs of a query and a volume that one of two finds and the other does not.
#[derive(Clone, Copy, Debug, Default)]
struct Unlike {
    /// That both find.
    both: usize,
    /// That only the node finds, and only PostGIS.
    only: [usize; 2],
    /// Of those, pairs of which neither is one of the large ones, whose edges bend most.
    small: [usize; 2],
}

/// States the volumes, starts a node with them, and asks it and PostGIS the same queries in turns; then samples it.
///
/// # Errors
/// When the node or PostgreSQL fails.
pub fn measure(
    (set, size): (&Set, usize),
    queries: &[Query<'_>],
    postgis: &mut [Postgis<'_>],
    home: &Path,
    rounds: usize,
    profiler: Option<&Profiler>,
) -> Result<OverHttp> {
    let queries = &queries[..queries.len() / BATCH * BATCH];
    let served = Served::start(set, size, home)?;
    let (mut one, mut many) = (served.connect(ONE)?, served.connect(MANY)?);
    let unlike = match postgis.first_mut() {
        Some(peer) => Some(compare(set, queries, &mut one, peer)?),
        None => None,
    };
    one.cut = 0;
    let mut structures: Vec<&mut dyn Structure> = vec![&mut one];
    structures.extend(postgis.iter_mut().map(|peer| peer as &mut dyn Structure));
    let timed = rounds::served(&mut structures, &mut many, BATCH, queries, rounds)?;
    let cut = one.cut / (rounds + 1);
    let profiled = match profiler {
        Some(profiler) => profiler.node(&verdict::over_http(&timed), &served, [&mut one, &mut many], queries)?,
        None => Vec::new(),
    };
    Ok(OverHttp {
        timed,
        queries: queries.len(),
        notices: served.loaded.notices,
        seconds: [served.loaded.took, served.started].map(|took| took.as_secs_f64()),
        memory_mib: served.memory_mib,
        cut,
        unlike,
        profiled,
    })
}

fn compare(set: &Set, queries: &[Query<'_>], node: &mut dyn Structure, peer: &mut dyn Structure) -> Result<Unlike> {
    let mut unlike = Unlike::default();
    for query in queries {
        let [mut ours, mut theirs] = [Vec::new(), Vec::new()];
        node.find(query, &mut ours)?;
        peer.find(query, &mut theirs)?;
        let [ours, theirs]: [BTreeSet<u32>; 2] = [ours, theirs].map(|hits| hits.into_iter().collect());
        unlike.both += ours.intersection(&theirs).count();
        for (side, only) in [ours.difference(&theirs), theirs.difference(&ours)].into_iter().enumerate() {
            for id in only {
                unlike.only[side] += 1;
                unlike.small[side] += usize::from(set.kind(*id) != Kind::Big && !is_large(query));
            }
        }
    }
    Ok(unlike)
}

/// Whether a query is as wide as the large ones of the workload, 100 km and more.
fn is_large(query: &Query<'_>) -> bool {
    const SIXTY_KM_E7: i32 = 5_400_000;
    query.bounds.max[1] - query.bounds.min[1] >= SIXTY_KM_E7
}

impl OverHttp {
    /// What stating the volumes and starting with them took, seconds, and the node's memory, MiB; none when it was not asked.
    pub fn load(&self) -> Option<[f64; 3]> {
        (self.notices > 0).then_some([self.seconds[0], self.seconds[1], self.memory_mib])
    }

    /// What was served and what each side computed, in words.
    pub fn told(&self) -> String {
        let served = format!(
            "The program `detente serve`, a process of its own, answers `POST /v1/lines/-/plans` on loopback: HTTP/1.1, one \
             connection that is kept, a token. Its line has the volumes live, stated as {} notices of up to 64 volumes each in \
             {:.0} s; the program started with them in {:.1} s and had {:.0} MiB. The first {} queries are plans of one volume. The \
             node decides each by the line's law, `conflict/2` with a separation of 0: shortest paths on the ellipsoid between the \
             corners, footprints grown by 0.5 m each, touching is meeting; it tells the entry and the volumes of every one \
             that meets (`\"tell\": \"entries\"`, limit 131,072; {} answers were cut there). PostGIS decides by straight lines of \
             the map and tells ids. The client writes each request and reads each answer within the time, JSON here and binary \
             there. Of 64 plans a request each is said to take a 64th; the node looks for them on all cores of the machine, where \
             PostGIS has one process for a connection.",
            self.notices, self.seconds[0], self.seconds[1], self.memory_mib, self.queries, self.cut
        );
        let Some(Unlike { both, only, small }) = self.unlike else {
            return served;
        };
        format!(
            "{served}\n\nBoth find {both} pairs of a query and a volume, {} only the node, {} only PostGIS; of these {} and {} are \
             pairs without a footprint of the large kind (100 to 500 km), whose edges bend most: a shortest path leaves the straight \
             line of the map by up to kilometres there.",
            only[0], only[1], small[0], small[1]
        )
    }
}
