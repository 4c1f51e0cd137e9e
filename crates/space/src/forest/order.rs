//! Putting solids into the order of leaves, a bounded piece at a time.
//!
//! Solids are parted by size, then sorted and tiled: each class into slabs by longitude, each slab into strips by
//! latitude, each strip by time (sort-tile-recursive). What is too long to be sorted within a step is first parted
//! in two, again and again, by a place that can be left and taken up at any solid. No two keys are equal, so that
//! the order does not depend on the budget.

use core::ops::Range;

use super::bounds::{LAT, LON, TIME};
use super::lanes::WIDTH;
use super::pack::{Item, Strata};

/// A solid's place in an order: its class, twice its middle, and what makes it differ from all others.
type Key = (u32, i64, u32, u32);

/// Fewer are not worth parting.
const LEAST: usize = 64;
/// Of so many the middle one parts the rest.
const SAMPLE: usize = 63;

/// A range that is to be sorted.
#[derive(Debug)]
struct Task {
    range: Range<usize>,
    parting: Option<Parting>,
}

/// How far a range has been parted: those before `low` are below the pivot, those from there to `next` are not.
#[derive(Debug)]
struct Parting {
    pivot: Key,
    low: usize,
    next: usize,
}

/// Solids on their way into order.
#[derive(Debug)]
pub(super) struct Order {
    items: Vec<Item>,
    /// How many belong to each class.
    counts: Vec<usize>,
    strata: Strata,
    /// By what is sorted: longitude, latitude, time.
    by: usize,
    tasks: Vec<Task>,
}

impl Order {
    pub(super) fn new(items: Vec<Item>, strata: Strata) -> Self {
        let tasks = vec![Task { range: 0..items.len(), parting: None }];
        Self { items, counts: vec![0; Strata::CLASSES], strata, by: LON, tasks }
    }

    /// Goes on for about as many solids as the budget says; whether all is done.
    pub(super) fn step(&mut self, budget: usize) -> bool {
        let mut left = budget.max(LEAST);
        let whole = left;
        while let Some(mut task) = self.tasks.pop() {
            if task.parting.is_none() && task.range.len() <= whole {
                left = left.saturating_sub(task.range.len());
                self.sort(task.range);
            } else {
                left -= self.part(&mut task, left);
            }
            if left == 0 {
                return false;
            }
        }
        self.next_tasks();
        self.tasks.is_empty()
    }

    /// The solids in order, and how many belong to each class.
    pub(super) fn into_parts(self) -> (Vec<Item>, Vec<usize>) {
        (self.items, self.counts)
    }

    fn class(&self, item: &Item) -> u32 {
        self.strata.class_among(&item.kept, self.items.len())
    }

    fn key(&self, item: &Item) -> Key {
        let class = if self.by == LON { self.class(item) } else { 0 };
        (class, item.kept.middle2(self.by), item.run, item.entry)
    }

    fn sort(&mut self, range: Range<usize>) {
        let mut items = core::mem::take(&mut self.items);
        let count = items.len();
        let (by, strata) = (self.by, self.strata);
        let within = &mut items[range];
        if by == LON {
            for item in &*within {
                self.counts[strata.class_among(&item.kept, count) as usize] += 1;
            }
            within.sort_unstable_by_key(|item| {
                (strata.class_among(&item.kept, count), item.kept.middle2(by), item.run, item.entry)
            });
        } else {
            within.sort_unstable_by_key(|item| (item.kept.middle2(by), item.run, item.entry));
        }
        self.items = items;
    }

    /// Parts a range for at most so many solids, and leaves what is to be done then; how many it went through.
    fn part(&mut self, task: &mut Task, budget: usize) -> usize {
        let range = task.range.clone();
        let mut parting =
            task.parting.take().unwrap_or_else(|| Parting { pivot: self.pivot(&range), low: range.start, next: range.start });
        let end = range.end.min(parting.next.saturating_add(budget));
        for next in parting.next..end {
            if self.key(&self.items[next]) < parting.pivot {
                self.items.swap(parting.low, next);
                parting.low += 1;
            }
        }
        let done = end - parting.next;
        parting.next = end;
        if end < range.end {
            self.tasks.push(Task { range, parting: Some(parting) });
        } else {
            self.tasks.push(Task { range: parting.low..range.end, parting: None });
            self.tasks.push(Task { range: range.start..parting.low, parting: None });
        }
        done
    }

    /// The middle one of some: neither the least nor the greatest, so that both parts have something.
    fn pivot(&self, range: &Range<usize>) -> Key {
        let mut sample: Vec<Key> = (0..SAMPLE).map(|i| self.key(&self.items[range.start + i * (range.len() / SAMPLE)])).collect();
        sample.sort_unstable();
        sample[SAMPLE / 2]
    }

    /// What is to be sorted when all of one kind is: the slabs of the classes, then the strips of the slabs.
    fn next_tasks(&mut self) {
        if self.by == TIME {
            return;
        }
        let mut from = 0;
        for &count in &self.counts {
            for slab in pieces(from..from + count, slab_of(count)) {
                if self.by == LON {
                    self.tasks.push(Task { range: slab, parting: None });
                } else {
                    let strips = pieces(slab.clone(), strip_of(slab.len()));
                    self.tasks.extend(strips.map(|range| Task { range, parting: None }));
                }
            }
            from += count;
        }
        self.by = if self.by == LON { LAT } else { TIME };
    }
}

/// A range in pieces of so many, the last perhaps shorter.
fn pieces(range: Range<usize>, length: usize) -> impl Iterator<Item = Range<usize>> {
    let end = range.end;
    range.step_by(length.max(1)).map(move |from| from..end.min(from + length))
}

/// How many solids a slab of a class holds.
fn slab_of(count: usize) -> usize {
    let leaves = count.div_ceil(WIDTH);
    let slabs = libm::ceil(libm::cbrt(leaves as f64)) as usize;
    leaves.div_ceil(slabs.max(1)) * WIDTH
}

/// How many solids a strip of a slab holds.
fn strip_of(slab: usize) -> usize {
    let leaves = slab.div_ceil(WIDTH);
    let strips = libm::ceil(libm::sqrt(leaves as f64)) as usize;
    leaves.div_ceil(strips.max(1)) * WIDTH
}

#[cfg(test)]
mod tests;
