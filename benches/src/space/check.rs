//! Correctness before speed: whether all find the same, number by number.

use std::path::Path;

use anyhow::Result;

use super::Structure;
use super::cluster::Cluster;
use super::everything::{ALL_MAX, Everything};
use super::exact;
use super::live;
use super::set::{Query, SEPARATION, Set};

/// Answers of a structure that are not those of the reference.
#[derive(Clone, Debug)]
pub struct Compared {
    /// Which structure.
    pub name: String,
    /// Queries that it was asked.
    pub queries: usize,
    /// Hits that the reference found.
    pub hits: usize,
    /// Pairs (query, volume) that only it found.
    pub extra: Vec<(u32, u32)>,
    /// Pairs that only the reference found.
    pub missing: Vec<(u32, u32)>,
}

/// Asks all structures of one size all queries and compares them with the scan of all boxes and the peers' exact test.
///
/// # Errors
/// When a database fails.
pub fn compare(size: usize, cluster: Option<&Cluster>, folder: &Path, few: usize) -> Result<Vec<(&'static str, Vec<Compared>)>> {
    let (set, asking) = Set::workload(size)?;
    let mut all = Everything::build(&set, size, cluster, folder, &|| 0)?;
    // Beyond a size the scan of all boxes takes too long for all of them.
    let asked = if size > ALL_MAX { few } else { asking.len() };
    let meeting = against_scan(&mut all, &asking.queries(None)[..asked], few)?;
    let near = against_scan(&mut all, &asking.queries(Some(SEPARATION))[..asked], few)?;
    all.tear_down()?;
    Ok(vec![("meeting", meeting), ("within 500 m, 30 m, 60 s", near)])
}

fn against_scan(all: &mut Everything<'_>, queries: &[Query<'_>], few: usize) -> Result<Vec<Compared>> {
    let expected = found(&mut all.brute, queries)?;
    let structures = all.structures(queries.len(), few.min(queries.len()));
    structures
        .into_iter()
        .filter(|(structure, _)| !structure.name().starts_with("SIMD"))
        .map(|(structure, asked)| {
            let answers = found(structure, &queries[..asked])?;
            Ok(differences(structure.name(), &expected, &answers))
        })
        .collect()
}

fn found(structure: &mut dyn Structure, queries: &[Query<'_>]) -> Result<Vec<Vec<u32>>> {
    let answer = |query: &Query<'_>| {
        let mut hits = Vec::new();
        structure.find(query, &mut hits)?;
        hits.sort_unstable();
        Ok(hits)
    };
    queries.iter().map(answer).collect()
}

fn differences(name: &str, expected: &[Vec<u32>], answers: &[Vec<u32>]) -> Compared {
    let mut compared =
        Compared { name: name.to_owned(), queries: answers.len(), hits: 0, extra: Vec::new(), missing: Vec::new() };
    for (query, (expected, found)) in expected.iter().zip(answers).enumerate() {
        let query = query as u32;
        compared.hits += expected.len();
        // A number that is told twice is a difference as well.
        let twice = found.windows(2).filter(|pair| pair[0] == pair[1]).map(|pair| (query, pair[0]));
        compared.extra.extend(twice);
        let only = |these: &[u32], those: &[u32]| {
            these.iter().filter(|id| those.binary_search(id).is_err()).map(|id| (query, *id)).collect::<Vec<_>>()
        };
        compared.extra.extend(only(found, expected));
        compared.missing.extend(only(expected, found));
    }
    compared
}

/// A pair that one of two told to be too near and the other not.
#[derive(Clone, Copy, Debug)]
pub struct Apart {
    /// The query and the volume.
    pub pair: (u32, u32),
    /// Between them in the peers' plane, metres.
    pub metres: f64,
    /// How far the plane and straight lines in longitude and latitude may be from the forest's chords through the earth.
    pub slack: f64,
}

impl Apart {
    /// Whether the pair lies so near the limit that both may be right by their own definition.
    pub fn is_explained(&self) -> bool {
        (self.metres - SEPARATION.horizontal_m).abs() <= self.slack
    }
}

/// Measures pairs that were told apart under the separation.
///
/// # Errors
/// When the generator does not draw what the law says.
pub fn apart(size: usize, pairs: &[(u32, u32)]) -> Result<Vec<Apart>> {
    let (set, asking) = Set::workload(size)?;
    let queries = asking.queries(Some(SEPARATION));
    let each = pairs.iter().filter_map(|&pair| {
        let (query, volume) = (&queries[pair.0 as usize], set.polygon(pair.1));
        let metres = exact::distance(volume, query.polygon, query.near?);
        let tall = f64::from(query.bounds.max[1] - query.bounds.min[1]) * RADIANS;
        let latitude = f64::from(query.bounds.max[1].abs().max(query.bounds.min[1].abs())) * RADIANS;
        // The scale is that of the query's middle; a chord leaves a line of the map by its bulge.
        let plane = SEPARATION.horizontal_m * (latitude.tan() * tall / 2.0 + 0.005);
        Some(Apart { pair, metres, slack: plane + bulge(volume) + bulge(query.polygon) })
    });
    Ok(each.collect())
}

/// Radians of 1e-7 degree.
const RADIANS: f64 = std::f64::consts::PI / 1.8e9;

/// How far the chord of an edge lies from the straight line of the map at most, metres: an eighth of the second derivative.
fn bulge(polygon: &[[i32; 2]]) -> f64 {
    let edge = |i: usize| {
        let (a, b) = (polygon[i], polygon[(i + 1) % polygon.len()]);
        let [east, north] = [0, 1].map(|axis| f64::from((a[axis] - b[axis]).abs()) * RADIANS);
        let latitude = f64::from(a[1].abs().max(b[1].abs())) * RADIANS;
        1.05 * 6_378_137.0 / 8.0 * (north * north + 2.0 * north * east * latitude.sin() + east * east)
    };
    (0..polygon.len()).map(edge).fold(0.0, f64::max)
}

/// Plays inserts, deletes and expiry to the forest and to a plain list, and counts answers that differ.
///
/// # Errors
/// When the forest does not hold what it was given.
pub fn compare_live(size: usize, steps: usize) -> Result<usize> {
    use super::Changing as _;
    let (set, asking) = Set::workload(size + live::newcomers(steps))?;
    let queries = asking.queries(None);
    let mut forest = super::contender::Live::new(&set, size);
    let mut alive = vec![true; set.len()];
    alive[size..].fill(false);
    let mut unlike = 0;
    for (step, query) in live::draw(&set, size, steps).iter().zip(queries.iter().cycle()) {
        forest.insert(&step.insert)?;
        forest.remove(&step.remove)?;
        step.insert.iter().for_each(|id| alive[*id as usize] = true);
        step.remove.iter().for_each(|id| alive[*id as usize] = false);
        if let Some(expiry) = &step.expire {
            forest.expire(expiry.before, &expiry.ended)?;
            expiry.ended.iter().for_each(|id| alive[*id as usize] = false);
        }
        forest.tend()?;
        let mut hits = Vec::new();
        forest.find(query, &mut hits)?;
        hits.sort_unstable();
        let meets = |id: &u32| alive[*id as usize] && set.bounds(*id).meet(&query.reach) && exact::holds(&set, *id, query);
        let expected: Vec<u32> = (0..set.len() as u32).filter(meets).collect();
        unlike += usize::from(hits != expected);
    }
    Ok(unlike)
}
