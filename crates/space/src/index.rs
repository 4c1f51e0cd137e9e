//! The conflict index: all notices of one side, asked which of them a notice meets.
//!
//! A [`Forest`] of boxes in latitude, longitude and time finds the candidates: a box that holds a footprint never misses
//! it. The law then tests each candidate exactly. Altitude is left to the law, which compares it before anything else.
//! What moves has a box for each edge of its path, so that a long way is not a large box.
//!
//! What is found does not depend on the order of inserting and removing, and comes in one order: by key,
//! then the asked notice's volume, then the found one's. Only a page of it exists at a time, so that a
//! notice over a whole theatre costs its pages and no more (PROTOCOL F7).

mod asked;
mod bounds;

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::{Bound, ControlFlow};
use std::rc::Rc;

use detente_types::conflict::Meeting;
use detente_types::notice::{Notice, NoticeKind};
use detente_types::time::{Timestamp, Window};
use detente_types::volume::Volume;
use detente_wire::meaning::Valid;

pub use asked::{Asked, Side};

use crate::forest::{Forest, Margin, Progress};
use crate::outline::{Outline, Prepared};
use crate::region::Region;
use bounds::Bounds;

/// Candidates that are gathered through the tree before the notices are walked in the order of their
/// keys instead: for a page of a few hundred finds out of more than this, walking is cheaper. Tests take both ways.
const CANDIDATES_MAX: usize = if cfg!(test) { 8 } else { 4_096 };

/// So many chords of a pair cost as much as another pair of plain volumes.
const CHORDS_AS_PAIR: usize = 16;

/// Most volumes under one key or of one question: their places are told in 16 bits. Notices have 64, files are refused
/// with more; a caller that lets more through has a bug, and losing some silently would lose conflicts.
pub const VOLUMES_MAX: usize = u16::MAX as usize;

/// How many finds [`Index::query`] fetches at a time.
const PAGE: usize = 256;

/// Boxes that are merged for each that is put in: a box is merged about once for every four-fold of the number of all.
const MERGED_PER_BOX: usize = 32;

/// Notices by key, ready to be asked for conflicts.
pub struct Index<K: Ord + Clone> {
    notices: BTreeMap<K, Filed>,
    /// Whose box each box of the forest is; `None` for those to be used again.
    boxes: Vec<Option<(K, u16)>>,
    free: Vec<u32>,
    /// A forest that is asked shows its newest boxes to the asker first.
    forest: RefCell<Forest>,
    ends: BTreeSet<(Timestamp, K)>,
    /// The longest window of anything that moves and was ever filed, microseconds.
    longest_us: i64,
}

/// A notice's part in the index.
struct Filed {
    kind: NoticeKind,
    volumes: Vec<(Volume, Vec<Bounds>)>,
    /// How many chords each volume has at most: what it costs to measure it.
    chords: Vec<usize>,
    /// Its boxes in the forest.
    boxes: Vec<u32>,
    end: Timestamp,
}

/// Two volumes that meet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Find<K> {
    /// Which pair of volumes.
    pub pair: Pair<K>,
    /// How they meet, seen from the side that was asked for.
    pub meeting: Meeting,
}

/// A volume of the asked notice and a volume of a notice in the index; ordered by key first.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Pair<K> {
    /// The notice in the index.
    pub key: K,
    /// Which volume of the asked notice, counted from 0.
    pub asked: u16,
    /// Which volume of the notice in the index, counted from 0.
    pub found: u16,
}

/// Some finds, and from where to go on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page<K> {
    /// In the order of their pairs.
    pub finds: Vec<Find<K>>,
    /// Pass it to get the next page; `None` when there is no more.
    pub next: Option<Pair<K>>,
    /// What it cost: the pairs of volumes that were tested, one with many vertices as several.
    pub cost: usize,
}

impl<K: Ord + Clone> Default for Index<K> {
    fn default() -> Self {
        Self {
            notices: BTreeMap::new(),
            boxes: Vec::new(),
            free: Vec::new(),
            forest: RefCell::new(Forest::new()),
            ends: BTreeSet::new(),
            longest_us: 0,
        }
    }
}

impl<K: Ord + Clone> Index<K> {
    /// An index of nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// How many notices it holds.
    pub fn len(&self) -> usize {
        self.notices.len()
    }

    /// Whether it holds none.
    pub fn is_empty(&self) -> bool {
        self.notices.is_empty()
    }

    /// Whether it holds a notice under this key.
    pub fn contains(&self, key: &K) -> bool {
        self.notices.contains_key(key)
    }

    /// Files a notice under a key, in place of what was there. Only a notice that passed the meaning
    /// gate can be filed. One without volumes is held and never found.
    pub fn insert(&mut self, key: K, notice: &Valid<Notice>) {
        self.file(key, notice.kind(), notice.volumes());
    }

    /// Files volumes under a key, in place of what was there: a plan that is no notice and has a kind all the same, for what
    /// it may meet depends on it.
    ///
    /// # Panics
    /// With more than [`VOLUMES_MAX`] volumes.
    pub fn insert_volumes(&mut self, key: K, kind: NoticeKind, volumes: &[Volume]) {
        self.file(key, kind, volumes);
    }

    pub(crate) fn file(&mut self, key: K, kind: NoticeKind, volumes: &[Volume]) {
        self.remove(&key);
        assert!(volumes.len() <= VOLUMES_MAX, "whoever takes volumes in keeps to VOLUMES_MAX");
        let outlines: Vec<Outline> = volumes.iter().map(|v| Outline::new(&v.footprint)).collect();
        let chords = outlines.iter().map(Outline::chords_max).collect();
        let volumes: Vec<(Volume, Vec<Bounds>)> =
            volumes.iter().zip(&outlines).map(|(v, outline)| (v.clone(), bounds::of_volume(v, outline))).collect();
        let mut boxes = Vec::new();
        for (number, (_, bounds)) in (0..).zip(&volumes) {
            for bounds in bounds {
                boxes.push(self.put_box(&key, number, bounds));
            }
        }
        let end = volumes.iter().map(|(v, _)| v.window.end()).max().unwrap_or_default();
        let moving = volumes.iter().filter(|(v, _)| v.passage.is_some());
        let longest_us = moving.map(|(v, _)| v.window.end().since(v.window.start())).max().unwrap_or(0);
        self.longest_us = self.longest_us.max(longest_us);
        self.ends.insert((end, key.clone()));
        self.notices.insert(key, Filed { kind, volumes, chords, boxes, end });
    }

    fn put_box(&mut self, key: &K, volume: u16, bounds: &Bounds) -> u32 {
        let id = self.free.pop().unwrap_or(self.boxes.len() as u32);
        if id as usize == self.boxes.len() {
            self.boxes.push(None);
        }
        self.boxes[id as usize] = Some((key.clone(), volume));
        let forest = self.forest.get_mut();
        forest.insert(id, &bounds.solid());
        if forest.is_merge_due() {
            forest.merge_step(MERGED_PER_BOX);
        }
        id
    }

    /// Goes on merging what was put in, for about so many boxes; whether there is more to do. Only speed depends on it.
    pub fn merge_step(&mut self, budget: usize) -> bool {
        let forest = self.forest.get_mut();
        drop(forest.take_garbage());
        forest.merge_step(budget) == Progress::More
    }

    /// Takes a notice out; false when there was none under this key.
    pub fn remove(&mut self, key: &K) -> bool {
        let Some(filed) = self.notices.remove(key) else {
            return false;
        };
        self.ends.remove(&(filed.end, key.clone()));
        for id in filed.boxes {
            self.forest.get_mut().remove(id);
            self.boxes[id as usize] = None;
            self.free.push(id);
        }
        true
    }

    /// Takes out every notice all of whose volumes ended before an instant, and says which.
    ///
    /// The law knows no clock: whoever calls keeps what is still within the separation in time.
    pub fn expire(&mut self, before: Timestamp) -> Vec<K> {
        let mut gone = Vec::new();
        while self.ends.first().is_some_and(|(end, _)| *end < before) {
            if let Some((_, key)) = self.ends.pop_first() {
                self.remove(&key);
                gone.push(key);
            }
        }
        gone
    }

    /// Everything that meets what is asked, in the order of the pairs, fetched page by page.
    pub fn query<'a>(&'a self, asked: &'a Asked<'a>) -> impl Iterator<Item = Find<K>> + 'a {
        let mut after = None;
        let mut more = true;
        core::iter::from_fn(move || {
            if !more {
                return None;
            }
            let page = self.query_page(asked, after.as_ref(), PAGE);
            more = page.next.is_some();
            after = page.next;
            Some(page.finds)
        })
        .flatten()
    }

    /// The first finds after a pair, at most `limit` and at least one if there is one.
    pub fn query_page(&self, asked: &Asked<'_>, after: Option<&Pair<K>>, limit: usize) -> Page<K> {
        self.look(asked, after, limit, usize::MAX)
    }

    /// What is found among the next pairs of volumes whose boxes meet, as many of them as this cost allows and at least one: a
    /// bound on the work, whatever is found. [`Page::next`] is the last pair that was looked at.
    pub fn examine(&self, asked: &Asked<'_>, after: Option<&Pair<K>>, cost: usize) -> Page<K> {
        self.look(asked, after, usize::MAX, cost)
    }

    /// The first finds after a pair, at most `limit` of them and at most this cost of pairs, and at least one pair.
    pub(crate) fn look(&self, asked: &Asked<'_>, after: Option<&Pair<K>>, limit: usize, cost: usize) -> Page<K> {
        match self.candidates(asked, after) {
            Some(all) => self.test(asked, all.into_iter(), limit, cost),
            None => self.test(asked, self.walk(asked, after), limit, cost),
        }
    }

    /// The volume that a pair found.
    pub(crate) fn found(&self, pair: &Pair<K>) -> Option<&Volume> {
        self.notices.get(&pair.key)?.volumes.get(usize::from(pair.found)).map(|(volume, _)| volume)
    }

    /// All notices after a key, each with those of its volumes whose boxes meet a region and a window.
    pub(crate) fn in_region<'a>(
        &'a self,
        region: &Region,
        window: &Window,
        after: Option<&K>,
    ) -> impl Iterator<Item = (&'a K, impl Iterator<Item = &'a Volume>)> {
        let asked = Rc::new([Bounds::new(*region, window.start(), window.end())]);
        let from = after.map_or(Bound::Unbounded, |key| Bound::Excluded(key.clone()));
        self.notices.range((from, Bound::Unbounded)).map(move |(key, filed)| {
            let asked = Rc::clone(&asked);
            let near = filed.volumes.iter().filter(move |(_, boxes)| bounds::meet(&*asked, boxes));
            (key, near.map(|(volume, _)| volume))
        })
    }

    /// The pairs whose boxes meet, sorted, from the tree; `None` when they are too many to gather.
    fn candidates(&self, asked: &Asked<'_>, after: Option<&Pair<K>>) -> Option<Vec<Pair<K>>> {
        let snapshot = self.forest.borrow_mut().snapshot();
        let mut pairs = Vec::new();
        for (number, volume) in (0..).zip(asked.volumes()) {
            for bounds in &asked.boxes(volume, self.longest_us) {
                let found = snapshot.visit(&bounds.solid(), &Margin::NONE, |hit| {
                    let Some((key, found)) = &self.boxes[hit.id as usize] else {
                        return ControlFlow::Continue(());
                    };
                    let pair = Pair { key: key.clone(), asked: number, found: *found };
                    if after.is_none_or(|after| pair > *after) {
                        pairs.push(pair);
                    }
                    if pairs.len() > CANDIDATES_MAX { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
                });
                if found.is_break() {
                    return None;
                }
            }
        }
        pairs.sort_unstable();
        // What moves may be found at several of its edges.
        pairs.dedup();
        Some(pairs)
    }

    /// The pairs whose boxes meet, by going through all notices from the key on.
    fn walk<'a>(&'a self, asked: &'a Asked<'a>, after: Option<&'a Pair<K>>) -> impl Iterator<Item = Pair<K>> + 'a {
        let start = after.map_or(Bound::Unbounded, |after| Bound::Included(&after.key));
        let boxes_meet = move |(key, filed): (&'a K, &'a Filed)| {
            let each = (0..).zip(asked.volumes());
            each.flat_map(move |(number, volume)| {
                let near = move |(_, (_, bounds)): &(u16, &(Volume, Vec<Bounds>))| asked.is_near(volume, bounds);
                (0..).zip(&filed.volumes).filter(near).map(move |(found, _)| Pair { key: key.clone(), asked: number, found })
            })
        };
        self.notices
            .range((start, Bound::Unbounded))
            .flat_map(boxes_meet)
            .filter(move |pair| after.is_none_or(|after| pair > after))
    }

    /// Tests pairs until `limit` are found or the cost is `most`, and at least one.
    fn test(&self, asked: &Asked<'_>, pairs: impl Iterator<Item = Pair<K>>, limit: usize, most: usize) -> Page<K> {
        let mut finds: Vec<Find<K>> = Vec::new();
        let mut cost = 0;
        for pair in pairs {
            let filed = &self.notices[&pair.key];
            let (found, _) = &filed.volumes[usize::from(pair.found)];
            cost += cost_of(asked.volumes()[usize::from(pair.asked)].chords + filed.chords[usize::from(pair.found)]);
            let last = cost >= most;
            let next = last.then(|| pair.clone());
            if let Some(meeting) = asked.meet(usize::from(pair.asked), filed.kind, &Prepared::new(found)) {
                finds.push(Find { pair, meeting });
            } else if !last {
                continue;
            }
            if last || finds.len() >= limit.max(1) {
                let next = next.or_else(|| finds.last().map(|find| find.pair.clone()));
                return Page { finds, next, cost };
            }
        }
        Page { finds, next: None, cost }
    }
}

/// What testing a pair costs whose volumes have so many chords in all.
pub(crate) const fn cost_of(chords: usize) -> usize {
    1 + chords / CHORDS_AS_PAIR
}

#[cfg(test)]
mod tests;
