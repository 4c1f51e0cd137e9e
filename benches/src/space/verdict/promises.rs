//! The promises themselves.

use super::{fastest, ratio, seconds};
use crate::space::profiles::Part;
use crate::space::run::Measured;

/// A promise: what must be, what is aimed for, how it is measured, and what is to be tried where the aim is missed.
#[derive(Clone, Copy)]
pub(super) struct Promise {
    pub(super) what: &'static str,
    pub(super) bounds: [f64; 2],
    pub(super) at_most: bool,
    pub(super) unit: &'static str,
    pub(super) part: Part,
    pub(super) next: &'static str,
    pub(super) measured: Figure,
}

/// How something is measured; none where it was not asked.
type Figure = fn(&Measured) -> Option<f64>;

const LIVE: &str = "forest, live";
const COMPACTED: &str = "forest, compacted";
const BRUTE: &str = "SIMD scan";
pub(super) const POSTGIS: &str = "PostGIS";
const SQLITE: &str = "SQLite";
const BULK: &str = "rstar bulk";
const INSERTED: &str = "rstar inserted";

const MARKED_RUNS: &str = "Once anything was taken back, every candidate is looked up in the table of what counts, three dependent \
    reads far from all else: mark the leaves that hold records which count no more, ask the table only there, and have its line \
    brought near with the record's.";
const IN_GROUPS: &str = "Ask a group of queries that lie near each other at once, so that a leaf's boxes and records are fetched \
    once for all of them.";
const INNER_CIRCLE: &str = "With a separation every box is grown, so that more leaves are entered and near misses need a distance \
    between edges: keep a circle inside each footprint and one round it beside the box, and tell most pairs by the two before any \
    edge is fetched.";

/// At least so many times a peer's queries a second.
const fn times(what: &'static str, bounds: [f64; 2], part: Part, next: &'static str, measured: Figure) -> Promise {
    Promise { what, bounds, at_most: false, unit: " x", part, next, measured }
}

/// At most so much.
const fn at_most(what: &'static str, bounds: [f64; 2], part: Part, next: &'static str, measured: Figure) -> Promise {
    Promise { at_most: true, ..times(what, bounds, part, next, measured) }
}

const fn bytes(what: &'static str, bounds: [f64; 2], next: &'static str, measured: Figure) -> Promise {
    Promise { unit: " B", ..at_most(what, bounds, Part::Bytes, next, measured) }
}

/// In the order of the report.
pub(super) const PROMISES: [Promise; 18] = [
    times("live index against PostGIS, queries a second", [20.0, 30.0], Part::Live, MARKED_RUNS, |m| {
        ratio(&m.live, LIVE, POSTGIS)
    }),
    times("live index against rstar inserted", [3.0, 5.0], Part::Live, MARKED_RUNS, |m| ratio(&m.live, LIVE, INSERTED)),
    times("live index against SQLite R*Tree", [4.0, 6.0], Part::Live, MARKED_RUNS, |m| ratio(&m.live, LIVE, SQLITE)),
    times("compacted snapshot against PostGIS", [30.0, 50.0], Part::Snapshot, IN_GROUPS, |m| ratio(&m.quiet, COMPACTED, POSTGIS)),
    times("compacted snapshot against rstar bulk", [4.0, 6.0], Part::Snapshot, IN_GROUPS, |m| ratio(&m.quiet, COMPACTED, BULK)),
    times("with separation: forest against PostGIS", [10.0, 30.0], Part::NearLive, INNER_CIRCLE, |m| {
        ratio(&m.near, LIVE, POSTGIS)
    }),
    times("with separation: forest against rstar inserted", [1.5, 5.0], Part::NearLive, INNER_CIRCLE, |m| {
        ratio(&m.near, LIVE, INSERTED)
    }),
    times("with separation: forest against SQLite R*Tree", [2.0, 6.0], Part::NearLive, INNER_CIRCLE, |m| {
        ratio(&m.near, LIVE, SQLITE)
    }),
    times("with separation: snapshot against PostGIS", [15.0, 50.0], Part::NearSnapshot, INNER_CIRCLE, |m| {
        ratio(&m.near, COMPACTED, POSTGIS)
    }),
    times("with separation: snapshot against rstar bulk", [2.0, 6.0], Part::NearSnapshot, INNER_CIRCLE, |m| {
        ratio(&m.near, COMPACTED, BULK)
    }),
    times(
        "inserts a second against rstar, merges counted, one core",
        [2.5, 5.0],
        Part::Inserts,
        "Merges copy every record and sort all middles by comparison, each about a third of the time: sort by the digits of the \
         middles instead, and merge eight of the youngest runs at a time, so that a record is copied fewer times.",
        inserts,
    ),
    times(
        "all pairs, every true conflict, one core, against rstar's box join",
        [2.0, 3.5],
        Part::Pairs,
        "A third of it draws footprints on small grids and compares the drawings: keep a drawing over all stripes that its volume \
         lies in, and compare a drawing with those of a whole chunk at once, as boxes are.",
        pairs,
    ),
    times(
        "all pairs, two cores against one",
        [1.8, 1.95],
        Part::Cores,
        "Make ready on both cores what one makes ready now, and cut the work into parts of as many pairs, not of as many volumes.",
        two_cores,
    ),
    at_most("p99 of the live index against the brute scan's median", [0.333, 0.2], Part::Live, MARKED_RUNS, tail),
    at_most(
        "p99 during merges against p99 without",
        [2.0, 1.5],
        Part::Snapshot,
        "Have the merging thread write past the cache, so that readers keep what they have in it.",
        beside,
    ),
    at_most(
        "worst stall of an insert against rstar's p99.9",
        [20.0, 10.0],
        Part::Inserts,
        "Hand merges over and take them back in smaller pieces.",
        stall,
    ),
    bytes(
        "memory a volume: index of the live forest",
        [48.0, 40.0],
        "Keep where the first record of a leaf begins, and of the other fifteen only how long the one before is, in 16 bits: \
         2 bytes of a volume's 4.",
        |m| weight(m, false),
    ),
    bytes(
        "memory a volume: live forest with geometry as given",
        [150.0, 110.0],
        "Keep the vertices of what is small from the box's least corner: seven of ten volumes are less than 5 km wide, and 20 bits \
         a coordinate hold that as exactly as 32.",
        |m| weight(m, true),
    ),
];

/// Over HTTP.
pub(super) const OVER_HTTP: [Promise; 2] = [
    times(
        "HTTP/JSON, one connection, against PostGIS over its socket",
        [6.0, 10.0],
        Part::One,
        "Cut the slowest plans, those of many hits, over the cores as a batch is cut; answer small ones on the thread that reads \
         them; and look after the file of officers once a second, not once a request.",
        |_| None,
    ),
    times(
        "HTTP/JSON, batch of 64, against PostGIS over its socket",
        [20.0, 30.0],
        Part::Many,
        "Split one large plan over the cores, and read the next request while the last one is answered: now both cores wait while \
         one thread reads or writes JSON.",
        |_| None,
    ),
];

fn weight(measured: &Measured, whole: bool) -> Option<f64> {
    let weight = measured.weights.iter().find(|weight| weight.name == LIVE)?;
    Some((if whole { weight.whole } else { weight.index }) as f64 / measured.size as f64)
}

fn inserts(measured: &Measured) -> Option<f64> {
    Some(inserted(measured, "forest, merges inside")?.rate() / inserted(measured, INSERTED)?.rate())
}

fn stall(measured: &Measured) -> Option<f64> {
    let worst = inserted(measured, "forest, merges on")?.worst;
    Some(seconds(worst) / seconds(inserted(measured, INSERTED)?.sample().quantile(0.999)))
}

fn inserted<'a>(measured: &'a Measured, name: &str) -> Option<&'a crate::space::inserts::Inserted> {
    measured.inserted.iter().find(|(own, _)| own.starts_with(name)).map(|(_, inserted)| inserted)
}

fn tail(measured: &Measured) -> Option<f64> {
    let brute = fastest(&measured.quiet, BRUTE, usize::MAX)?;
    let live = fastest(&measured.live, LIVE, usize::MAX)?;
    Some(seconds(live.undisturbed().quantile(0.99)) / seconds(brute.undisturbed().median()))
}

fn beside(measured: &Measured) -> Option<f64> {
    let beside = &measured.beside;
    (beside.merges > 0).then(|| seconds(beside.during.quantile(0.99)) / seconds(beside.quiet.quantile(0.99)))
}

/// The least that any join of this kind took.
fn joined(measured: &Measured, name: &str) -> Option<f64> {
    let named = measured.joined.iter().filter(|join| join.name.starts_with(name));
    named.map(|join| seconds(join.took)).min_by(f64::total_cmp)
}

fn pairs(measured: &Measured) -> Option<f64> {
    Some(joined(measured, "rstar")? / joined(measured, "forest, sweep, one")?)
}

fn two_cores(measured: &Measured) -> Option<f64> {
    Some(joined(measured, "forest, sweep, one")? / joined(measured, "forest, sweep, two")?)
}
