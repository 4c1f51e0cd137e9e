//! The product and its peers, all holding the same volumes.

use std::num::Wrapping;
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::Result;

use super::brute::Brute;
use super::cluster::Cluster;
use super::contender::Live;
use super::postgis::{Index, Postgis};
use super::set::Set;
use super::sqlite::Sqlite;
use super::tree::Tree;
use super::{Changing, Structure};

/// Beyond this many volumes PostGIS and a node are not loaded, and all pairs are not joined: their time and room.
pub const ALL_MAX: usize = 1_000_000;
/// Beyond this many volumes `rstar` is not inserted into in whole numbers: its areas wrap, so that it splits where it should
/// not and every insert looks through ever more of the tree.
const WHOLE_MAX: usize = 10_000;

/// All that is compared on one size. What does not fit, or was not asked for, is missing.
pub struct Everything<'a> {
    /// The product, inserted one by one.
    pub live: Live<'a>,
    /// The product, merged into one run.
    pub compacted: Live<'a>,
    /// The reference.
    pub brute: Brute<'a>,
    /// rstar, built at once.
    pub bulk: Tree<'a, f64>,
    /// The same in whole numbers.
    pub bulk_whole: Tree<'a, Wrapping<i32>>,
    inserted: Tree<'a, f64>,
    inserted_whole: Option<Tree<'a, Wrapping<i32>>>,
    sqlite: Sqlite<'a>,
    /// PostGIS by each of its indexes.
    pub postgis: Vec<Postgis<'a>>,
    /// What each keeps in memory or on disk for its volumes.
    pub weights: Vec<Weight>,
}

/// Bytes that a structure takes.
#[derive(Clone, Debug)]
pub struct Weight {
    /// Whose.
    pub name: String,
    /// Without corners.
    pub index: u64,
    /// With the corners, as given.
    pub whole: u64,
    /// From nothing until it can be asked.
    pub loading: Duration,
}

/// Bytes that this process has allocated and not freed, as its allocator counts them.
pub type Allocated<'a> = &'a dyn Fn() -> usize;

impl<'a> Everything<'a> {
    /// Builds all on the first `count` volumes of the set.
    ///
    /// # Errors
    /// When a database fails.
    pub fn build(set: &'a Set, count: usize, cluster: Option<&Cluster>, folder: &Path, allocated: Allocated<'_>) -> Result<Self> {
        let corners = set.corner_bytes(count) as u64;
        let mut weights = Vec::new();
        let mut scale = Scale { allocated, corners, weights: &mut weights };
        let live = scale.forest(|| Live::new(set, count));
        let compacted = scale.forest(|| Live::compacted(set, count));
        let brute = scale.weigh(|| Brute::new(set, count));
        let bulk = scale.weigh(|| Tree::bulk(set, count));
        let all = count <= ALL_MAX;
        let bulk_whole = scale.weigh(|| Tree::bulk(set, count));
        let inserted = scale.tree(set, count)?;
        let inserted_whole = if count <= WHOLE_MAX { Some(scale.tree(set, count)?) } else { None };
        let begun = Instant::now();
        let sqlite = Sqlite::new(set, count, folder)?;
        let (bytes, loading) = (sqlite.bytes()?, begun.elapsed());
        weights.push(Weight { name: sqlite.name().into(), index: bytes, whole: bytes + corners, loading });
        let mut postgis = Vec::new();
        for (index, cluster) in [Index::Ranges, Index::Nd].into_iter().filter_map(|index| Some((index, cluster.filter(|_| all)?)))
        {
            let begun = Instant::now();
            let peer = Postgis::new(cluster, set, count, index)?;
            let (loading, [index, table]) = (begun.elapsed(), peer.bytes);
            weights.push(Weight { name: peer.name().into(), index, whole: index + table, loading });
            postgis.push(peer);
        }
        Ok(Self { live, compacted, brute, bulk, bulk_whole, inserted, inserted_whole, sqlite, postgis, weights })
    }

    /// All, each with how many queries it is asked a round: those that take long are asked fewer.
    pub fn structures(&mut self, many: usize, few: usize) -> Vec<(&mut dyn Structure, usize)> {
        let mut all: Vec<(&mut dyn Structure, usize)> =
            vec![(&mut self.live, many), (&mut self.compacted, many), (&mut self.brute, few)];
        all.push((&mut self.bulk, many));
        all.push((&mut self.bulk_whole, many));
        all.push((&mut self.inserted, many));
        all.extend(self.inserted_whole.as_mut().map(|tree| (tree as _, many)));
        all.push((&mut self.sqlite, few));
        all.extend(self.postgis.iter_mut().map(|postgis| (postgis as _, few)));
        all
    }

    /// Those whose volumes come and go; of PostGIS only the index that was faster.
    pub fn changing(&mut self, faster: Option<Index>) -> Vec<&mut dyn Changing> {
        let mut all: Vec<&mut dyn Changing> = vec![&mut self.live];
        all.push(&mut self.inserted);
        all.extend(self.inserted_whole.as_mut().map(|tree| tree as _));
        all.push(&mut self.sqlite);
        all.extend(self.postgis.iter_mut().filter(|peer| Some(peer.index()) == faster).map(|peer| peer as _));
        all
    }

    /// The plans of PostgreSQL.
    ///
    /// # Errors
    /// When PostgreSQL fails.
    pub fn plans(&mut self) -> Result<Vec<String>> {
        self.postgis.iter_mut().map(Postgis::plan).collect()
    }

    /// Drops the tables.
    ///
    /// # Errors
    /// When PostgreSQL fails.
    pub fn tear_down(self) -> Result<()> {
        self.postgis.into_iter().try_for_each(Postgis::drop_table)
    }
}

/// Weighs what is built.
struct Scale<'a, 'b> {
    allocated: Allocated<'a>,
    corners: u64,
    weights: &'b mut Vec<Weight>,
}

impl Scale<'_, '_> {
    /// Something whose corners lie in the set.
    fn weigh<T: Structure>(&mut self, build: impl FnOnce() -> T) -> T {
        let (before, begun) = ((self.allocated)(), Instant::now());
        let built = build();
        let loading = begun.elapsed();
        let index = (self.allocated)().saturating_sub(before) as u64;
        self.weights.push(Weight { name: built.name().into(), index, whole: index + self.corners, loading });
        built
    }

    /// The forest holds its own corners and knows which bytes are what; the allocator knows how many there are.
    fn forest<'s>(&mut self, build: impl FnOnce() -> Live<'s>) -> Live<'s> {
        let (before, begun) = ((self.allocated)(), Instant::now());
        let built = build();
        let loading = begun.elapsed();
        let whole = (self.allocated)().saturating_sub(before) as u64;
        let index = built.bytes().index as u64;
        self.weights.push(Weight { name: built.name().into(), index, whole, loading });
        built
    }

    fn tree<'s, N: super::tree::Number>(&mut self, set: &'s Set, count: usize) -> Result<Tree<'s, N>>
    where
        [N; 4]: rstar::Point,
    {
        let mut refused = Ok(());
        let built = self.weigh(|| {
            let mut tree = Tree::empty(set);
            refused = tree.insert(&(0..count as u32).collect::<Vec<_>>());
            tree
        });
        refused.map(|()| built)
    }
}
