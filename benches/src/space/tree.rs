//! The R*-tree of the `rstar` crate, in `f64` and in whole numbers.
//!
//! The whole numbers wrap: `rstar` multiplies extents, which no integer holds in four dimensions. Its answers stay right
//! (they compare ends only), its choices of where to split may not; the faster of the two counts.

use std::num::Wrapping;

use anyhow::{Result, ensure};
use rstar::primitives::{GeomWithData, Rectangle};
use rstar::{AABB, Point, RTree, RTreeNum};

use super::exact::holds;
use super::set::{Bounds, Query, Set};
use super::{Changing, Structure};

/// What `rstar` computes with.
pub trait Number: RTreeNum + 'static {
    /// Of a coordinate, exactly.
    fn of(coordinate: i32) -> Self;
    /// In tables.
    const NAME: &'static str;
}

impl Number for f64 {
    fn of(coordinate: i32) -> Self {
        Self::from(coordinate)
    }
    const NAME: &'static str = "f64";
}

impl Number for Wrapping<i32> {
    fn of(coordinate: i32) -> Self {
        Self(coordinate)
    }
    const NAME: &'static str = "i32";
}

type Member<N> = GeomWithData<Rectangle<[N; 4]>, u32>;

/// An `rstar` tree of the volumes' boxes.
pub struct Tree<'a, N: Number>
where
    [N; 4]: Point,
{
    set: &'a Set,
    name: String,
    tree: RTree<Member<N>>,
}

impl<'a, N: Number> Tree<'a, N>
where
    [N; 4]: Point,
{
    /// Built at once from the first so many volumes of the set.
    pub fn bulk(set: &'a Set, count: usize) -> Self {
        let members = (0..count as u32).map(|id| member(set, id)).collect();
        Self { set, name: format!("rstar bulk, {}", N::NAME), tree: RTree::bulk_load(members) }
    }

    /// Empty, to be inserted into one by one.
    pub fn empty(set: &'a Set) -> Self {
        Self { set, name: format!("rstar inserted, {}", N::NAME), tree: RTree::new() }
    }

    /// Every pair of boxes that meet, each in both orders and each with itself, as `rstar` joins a tree with itself.
    pub fn join(&self) -> u64 {
        self.tree.intersection_candidates_with_other_tree(&self.tree).map(|_| 1).sum()
    }
}

fn envelope<N: Number>(bounds: &Bounds) -> AABB<[N; 4]>
where
    [N; 4]: Point,
{
    AABB::from_corners(bounds.min.map(N::of), bounds.max.map(N::of))
}

fn member<N: Number>(set: &Set, id: u32) -> Member<N>
where
    [N; 4]: Point,
{
    GeomWithData::new(Rectangle::from_aabb(envelope(set.bounds(id))), id)
}

impl<N: Number> Structure for Tree<'_, N>
where
    [N; 4]: Point,
{
    fn name(&self) -> &str {
        &self.name
    }

    fn find(&mut self, query: &Query<'_>, hits: &mut Vec<u32>) -> Result<()> {
        for member in self.tree.locate_in_envelope_intersecting(&envelope(&query.reach)) {
            if holds(self.set, member.data, query) {
                hits.push(member.data);
            }
        }
        Ok(())
    }
}

impl<N: Number> Changing for Tree<'_, N>
where
    [N; 4]: Point,
{
    fn insert(&mut self, ids: &[u32]) -> Result<()> {
        for id in ids {
            self.tree.insert(member(self.set, *id));
        }
        Ok(())
    }

    fn remove(&mut self, ids: &[u32]) -> Result<()> {
        for id in ids {
            ensure!(self.tree.remove(&member(self.set, *id)).is_some(), "volume {id} is in the tree");
        }
        Ok(())
    }
}
