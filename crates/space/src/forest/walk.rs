//! A walk through all trees of a snapshot at once, level by level.
//!
//! What is looked at next lies far apart in memory, and waiting for it is most of what a query takes. So the walk knows
//! well ahead what it is going to look at: blocks wait in a row, first come, first seen, and so do the solids whose boxes
//! meet what is sought; both are fetched when they join their row.

use core::ops::ControlFlow;

use super::bounds::Box4;
use super::lanes::{Lanes, WIDTH, fetch_block};
use super::run::{Run, Tree};

/// A tree, and a box that is sought in it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Way<'a> {
    pub(super) run: &'a Run,
    pub(super) tree: &'a Tree,
    pub(super) sought: Box4,
    /// Which of the query's boxes this is.
    pub(super) number: usize,
}

/// A block that is to be looked at.
#[derive(Clone, Copy, Debug)]
struct Stop {
    way: u16,
    level: u16,
    block: u32,
}

/// So many solids wait before the first of them are looked at.
const WAITING: usize = 32;

/// Calls `f` with each leaf entry whose box meets what is sought on its way, until it breaks.
pub(super) fn walk<B>(lanes: Lanes, ways: &[Way<'_>], mut f: impl FnMut(&Way<'_>, u32) -> ControlFlow<B>) -> ControlFlow<B> {
    let mut stops: Vec<Stop> = Vec::with_capacity(4 * WAITING);
    let mut found: Vec<(u16, u32)> = Vec::with_capacity(WAITING + WIDTH);
    for (number, way) in ways.iter().enumerate() {
        let level = way.tree.levels.len() - 1;
        for block in 0..way.tree.top {
            fetch_block(way.run.block(way.tree, level, block));
            stops.push(Stop { way: number as u16, level: level as u16, block });
        }
    }
    let mut next = 0;
    while let Some(&stop) = stops.get(next) {
        next += 1;
        let way = &ways[usize::from(stop.way)];
        let mut mask = lanes.meeting(way.run.block(way.tree, stop.level.into(), stop.block), &way.sought);
        while mask != 0 {
            let below = stop.block * WIDTH as u32 + mask.trailing_zeros();
            mask &= mask - 1;
            if let Some(level) = stop.level.checked_sub(1) {
                way.run.fetch(way.tree, level.into(), below);
                stops.push(Stop { way: stop.way, level, block: below });
            } else {
                let entry = way.tree.levels[0] * WIDTH as u32 + below;
                way.run.fetch_record(entry);
                found.push((stop.way, entry));
            }
        }
        if found.len() >= WAITING {
            for (way, entry) in found.drain(..) {
                f(&ways[usize::from(way)], entry)?;
            }
        }
    }
    found.into_iter().try_for_each(|(way, entry)| f(&ways[usize::from(way)], entry))
}
