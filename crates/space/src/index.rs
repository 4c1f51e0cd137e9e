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

use std::cell::{Cell, RefCell};
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

/// So many pairs of boxes that are compared cost as much as a pair of plain volumes that is tested: what moves has a box for
/// each edge, and two long ways have millions of pairs of them.
const BOXES_AS_PAIR: usize = 64;

/// Most volumes under one key or of one question: their places are told in 16 bits. Notices have 64, files are refused
/// with more; a caller that lets more through has a bug, and losing some silently would lose conflicts.
pub const VOLUMES_MAX: usize = u16::MAX as usize;

/// Edges whose outlines an index keeps at most: those of a million ordinary volumes.
const EDGES_KEPT: usize = if cfg!(test) { 40 } else { 1 << 23 };

/// How many finds [`Index::query`] fetches at a time.
const PAGE: usize = 256;

/// Boxes that are merged for each that is put in: a box is merged about once for every four-fold of the number of all.
const MERGED_PER_BOX: usize = 32;

/// Notices by key, ready to be asked for conflicts.
pub struct Index<K: Ord + Clone> {
    /// In which slot each notice is.
    notices: BTreeMap<K, u32>,
    /// `None` for slots to be used again.
    slots: Vec<Option<Filed<K>>>,
    free_slots: Vec<u32>,
    /// The slot and the volume whose box each box of the forest is; `None` for those to be used again.
    boxes: Vec<Option<(u32, u16)>>,
    free: Vec<u32>,
    /// A forest that is asked shows its newest boxes to the asker first.
    forest: RefCell<Forest>,
    ends: BTreeSet<(Timestamp, K)>,
    /// The longest window of anything that moves and was ever filed, microseconds.
    longest_us: i64,
    /// Edges whose outlines may still be kept.
    edges_left: usize,
}

/// A notice's part in the index.
struct Filed<K> {
    key: K,
    kind: NoticeKind,
    volumes: Vec<FiledVolume>,
    /// Its boxes in the forest.
    boxes: Vec<u32>,
    end: Timestamp,
}

/// A volume with what the law asks of it.
struct FiledVolume {
    volume: Volume,
    bounds: Vec<Bounds>,
    /// Kept where there is room for it: it is measured far more often than it is filed.
    outline: Option<Outline>,
    /// How high the sea is under it, once it was asked for.
    undulation: Cell<Option<(i64, i64)>>,
    /// How many chords it has at most: what it costs to measure it.
    chords: usize,
}

impl FiledVolume {
    /// Ready for the law, with what is already known of it.
    fn prepared(&self) -> Prepared<'_> {
        Prepared::known(&self.volume, self.outline.as_ref(), self.undulation.get())
    }
}

/// A pair of volumes by the slot of the one that is filed.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Place {
    slot: u32,
    asked: u16,
    found: u16,
}

/// A pair whose boxes were compared.
struct Looked {
    place: Place,
    /// Whether they meet.
    near: bool,
    /// How many pairs of boxes there were.
    boxes: usize,
}

/// What the tree has near what is asked.
struct Gathered {
    /// The pairs whose boxes meet, sorted; `None` when they are too many to gather.
    places: Option<Vec<Place>>,
    /// How many boxes were looked for and found.
    boxes: usize,
}

/// Two volumes that meet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Find<K, M = Meeting> {
    /// Which pair of volumes.
    pub pair: Pair<K>,
    /// How they meet, seen from the side that was asked for; nothing when only whether they do was asked.
    pub meeting: M,
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
pub struct Page<K, M = Meeting> {
    /// In the order of their pairs.
    pub finds: Vec<Find<K, M>>,
    /// Pass it to get the next page; `None` when there is no more.
    pub next: Option<Pair<K>>,
    /// What it cost: the pairs of volumes that were tested, one with many vertices as several, and some for the boxes that
    /// were compared.
    pub cost: usize,
}

impl<K: Ord + Clone> Default for Index<K> {
    fn default() -> Self {
        Self {
            notices: BTreeMap::new(),
            slots: Vec::new(),
            free_slots: Vec::new(),
            boxes: Vec::new(),
            free: Vec::new(),
            forest: RefCell::new(Forest::new()),
            ends: BTreeSet::new(),
            longest_us: 0,
            edges_left: 0,
        }
    }
}

impl<K: Ord + Clone> Index<K> {
    /// An index of nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// An index of nothing that keeps the outlines of what is put in, for whoever asks it often: an answer takes a fraction of
    /// the time, an edge takes 144 bytes more, and 2^23 edges at most are kept. What is found is the same.
    pub fn drawn() -> Self {
        Self { edges_left: EDGES_KEPT, ..Self::default() }
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
        let file = |volume: &Volume| {
            let outline = Outline::new(&volume.footprint);
            let (bounds, chords) = (bounds::of_volume(volume, &outline), outline.chords_max());
            let left = self.edges_left.checked_sub(outline.arcs().len());
            self.edges_left = left.unwrap_or(self.edges_left);
            FiledVolume { volume: volume.clone(), bounds, outline: left.map(|_| outline), undulation: Cell::default(), chords }
        };
        let volumes: Vec<FiledVolume> = volumes.iter().map(file).collect();
        let slot = self.free_slots.pop().unwrap_or(self.slots.len() as u32);
        if slot as usize == self.slots.len() {
            self.slots.push(None);
        }
        let mut boxes = Vec::new();
        for (number, filed) in (0..).zip(&volumes) {
            for bounds in &filed.bounds {
                boxes.push(self.put_box((slot, number), bounds));
            }
        }
        let end = volumes.iter().map(|filed| filed.volume.window.end()).max().unwrap_or_default();
        let moving = volumes.iter().map(|filed| &filed.volume).filter(|volume| volume.passage.is_some());
        let longest_us = moving.map(|v| v.window.end().since(v.window.start())).max().unwrap_or(0);
        self.longest_us = self.longest_us.max(longest_us);
        self.ends.insert((end, key.clone()));
        self.slots[slot as usize] = Some(Filed { key: key.clone(), kind, volumes, boxes, end });
        self.notices.insert(key, slot);
    }

    fn put_box(&mut self, of: (u32, u16), bounds: &Bounds) -> u32 {
        let id = self.free.pop().unwrap_or(self.boxes.len() as u32);
        if id as usize == self.boxes.len() {
            self.boxes.push(None);
        }
        self.boxes[id as usize] = Some(of);
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
        let Some(slot) = self.notices.remove(key) else {
            return false;
        };
        let Some(filed) = self.slots[slot as usize].take() else {
            return false;
        };
        self.free_slots.push(slot);
        let kept = filed.volumes.iter().filter_map(|filed| filed.outline.as_ref());
        self.edges_left += kept.map(|outline| outline.arcs().len()).sum::<usize>();
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

    /// What [`Self::examine`] finds, without how it meets: the law is the same, and stops where it is known that they do.
    pub fn examine_whether(&self, asked: &Asked<'_>, after: Option<&Pair<K>>, cost: usize) -> Page<K, ()> {
        self.look_by(asked, after, usize::MAX, cost, |volume, kind, found| asked.meets(volume, kind, found).then_some(()))
    }

    /// The first finds after a pair, at most `limit` of them and at most this cost of pairs, and at least one pair.
    pub(crate) fn look(&self, asked: &Asked<'_>, after: Option<&Pair<K>>, limit: usize, cost: usize) -> Page<K> {
        self.look_by(asked, after, limit, cost, |volume, kind, found| asked.meet(volume, kind, found))
    }

    fn look_by<M>(
        &self,
        asked: &Asked<'_>,
        after: Option<&Pair<K>>,
        limit: usize,
        cost: usize,
        judge: impl Fn(usize, NoticeKind, &Prepared<'_>) -> Option<M>,
    ) -> Page<K, M> {
        let Gathered { places, boxes } = self.candidates(asked, after);
        match places {
            Some(places) => {
                let near = places.into_iter().map(|place| Looked { place, near: true, boxes: 0 });
                self.test(asked, near, limit, cost, boxes, judge)
            }
            None => self.test(asked, self.walk(asked, after), limit, cost, boxes, judge),
        }
    }

    /// The volume that a pair found.
    pub(crate) fn found(&self, pair: &Pair<K>) -> Option<&Volume> {
        let filed = self.filed(*self.notices.get(&pair.key)?);
        filed.volumes.get(usize::from(pair.found)).map(|filed| &filed.volume)
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
        self.notices.range((from, Bound::Unbounded)).map(move |(key, slot)| {
            let asked = Rc::clone(&asked);
            let near = self.filed(*slot).volumes.iter().filter(move |filed| bounds::meet(&*asked, &filed.bounds));
            (key, near.map(|filed| &filed.volume))
        })
    }

    fn filed(&self, slot: u32) -> &Filed<K> {
        self.slots[slot as usize].as_ref().expect("a slot that is named is in use")
    }

    /// What the order of pairs goes by.
    fn rank(&self, place: Place) -> (&K, u16, u16) {
        (&self.filed(place.slot).key, place.asked, place.found)
    }

    fn comes_after(&self, place: Place, after: Option<&Pair<K>>) -> bool {
        after.is_none_or(|after| self.rank(place) > (&after.key, after.asked, after.found))
    }

    fn pair(&self, place: Place) -> Pair<K> {
        Pair { key: self.filed(place.slot).key.clone(), asked: place.asked, found: place.found }
    }

    /// The pairs after `after` whose boxes meet, from the tree.
    fn candidates(&self, asked: &Asked<'_>, after: Option<&Pair<K>>) -> Gathered {
        let snapshot = self.forest.borrow_mut().snapshot();
        let (mut places, mut boxes, mut hits) = (Vec::new(), 0, 0);
        for (number, volume) in (0..).zip(asked.volumes()) {
            for bounds in &asked.boxes(volume, self.longest_us) {
                boxes += 1;
                let visited = snapshot.visit(&bounds.solid(), &Margin::NONE, |hit| {
                    hits += 1;
                    let Some((slot, found)) = self.boxes[hit.id as usize] else {
                        return ControlFlow::Continue(());
                    };
                    let place = Place { slot, asked: number, found };
                    if self.comes_after(place, after) {
                        places.push(place);
                    }
                    if hits > CANDIDATES_MAX { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
                });
                if visited.is_break() {
                    return Gathered { places: None, boxes: boxes + hits };
                }
            }
        }
        places.sort_unstable_by(|a, b| self.rank(*a).cmp(&self.rank(*b)));
        // What moves may be found at several of its edges.
        places.dedup();
        Gathered { places: Some(places), boxes: boxes + hits }
    }

    /// All pairs after `after`, in order, by going through all notices from its key on.
    fn walk<'a>(&'a self, asked: &'a Asked<'a>, after: Option<&'a Pair<K>>) -> impl Iterator<Item = Looked> + 'a {
        let start = after.map_or(Bound::Unbounded, |after| Bound::Included(&after.key));
        let pairs = move |(_, slot): (&'a K, &'a u32)| {
            let (slot, each) = (*slot, (0..).zip(asked.volumes()));
            each.flat_map(move |(number, volume)| {
                let all = (0..).zip(&self.filed(slot).volumes);
                all.map(move |(found, filed)| (Place { slot, asked: number, found }, volume, &filed.bounds))
            })
        };
        let pairs = self.notices.range((start, Bound::Unbounded)).flat_map(pairs);
        pairs.filter(move |(place, ..)| self.comes_after(*place, after)).map(|(place, volume, bounds)| Looked {
            place,
            near: asked.is_near(volume, bounds),
            boxes: volume.bounds.len() * bounds.len(),
        })
    }

    /// Tests pairs until `limit` are found or the cost is `most`, and at least one; so many boxes were compared before.
    fn test<M>(
        &self,
        asked: &Asked<'_>,
        pairs: impl Iterator<Item = Looked>,
        limit: usize,
        most: usize,
        mut boxes: usize,
        judge: impl Fn(usize, NoticeKind, &Prepared<'_>) -> Option<M>,
    ) -> Page<K, M> {
        let mut finds: Vec<Find<K, M>> = Vec::new();
        let mut tested = 0;
        for Looked { place, near, boxes: compared } in pairs {
            boxes += compared;
            if near {
                let filed = self.filed(place.slot);
                let found = &filed.volumes[usize::from(place.found)];
                tested += cost_of(asked.volumes()[usize::from(place.asked)].chords + found.chords);
                let prepared = found.prepared();
                let meeting = judge(usize::from(place.asked), filed.kind, &prepared);
                found.undulation.set(prepared.known_undulation());
                finds.extend(meeting.map(|meeting| Find { pair: self.pair(place), meeting }));
            }
            let cost = tested + boxes / BOXES_AS_PAIR;
            if cost >= most || finds.len() >= limit.max(1) {
                return Page { finds, next: Some(self.pair(place)), cost };
            }
        }
        Page { finds, next: None, cost: tested + boxes / BOXES_AS_PAIR }
    }
}

/// What testing a pair costs whose volumes have so many chords in all.
pub(crate) const fn cost_of(chords: usize) -> usize {
    1 + chords / CHORDS_AS_PAIR
}

#[cfg(test)]
mod tests;
