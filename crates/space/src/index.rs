//! The conflict index: all notices of one side, asked which of them a notice meets.
//!
//! A [`Forest`] for each datum finds the candidates, by footprint, altitude and time, and never misses one; of most it can
//! tell that they meet. The law tests the others exactly, and tells how any two meet. What moves is held edge by edge, so
//! that a long way is not a large box.
//!
//! What is found does not depend on the order of inserting and removing, and comes in one order: by key,
//! then the asked notice's volume, then the found one's. Only a page of it exists at a time, so that a
//! notice over a whole theatre costs its pages and no more (PROTOCOL F7).

mod asked;
mod bounds;
mod gather;
mod orders;
mod sought;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;
use std::rc::Rc;
use std::sync::{Mutex, OnceLock, PoisonError};

use detente_types::conflict::Meeting;
use detente_types::notice::{Notice, NoticeKind};
use detente_types::time::{Timestamp, Window};
use detente_types::volume::{Datum, Volume};
use detente_wire::meaning::Valid;

pub use asked::{Asked, Side};

use crate::forest::{Forest, Progress, Solid};
use crate::outline::{Outline, Prepared};
use crate::region::Region;
use bounds::Bounds;
use gather::Gathered;
use orders::Orders;
use sought::Solids;

/// So many chords of a pair cost as much as another pair of plain volumes.
const CHORDS_AS_PAIR: usize = 16;
/// The same where only whether they meet is asked: most chords are never looked at.
const CHORDS_AS_PAIR_WHETHER: usize = 256;

/// So many pairs of boxes that are compared cost as much as a pair of plain volumes that is tested: what moves has a box for
/// each edge, and two long ways have millions of pairs of them.
const BOXES_AS_PAIR: usize = 64;

/// A pair that is told costs as much as so many pairs of boxes, besides what the law costs if it is asked.
const SEEN_AS_BOXES: usize = 2;

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
    /// Numbers that rise as the keys do, by slot.
    orders: Orders,
    /// Whose each solid of the forests is; `None` for those to be used again.
    solids: Vec<Option<Owner>>,
    free: Vec<u32>,
    /// One for each datum, in the order of their codes. A forest that is asked shows its newest solids to the asker first: askers
    /// may be several, and take turns for that moment.
    forests: [Mutex<Forest>; Datum::ALL.len()],
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
    /// Its solids, by the forest that has them.
    solids: Vec<(Datum, u32)>,
    end: Timestamp,
}

/// A volume with what the law asks of it.
struct FiledVolume {
    volume: Volume,
    bounds: Vec<Bounds>,
    /// Kept where there is room for it: it is measured far more often than it is filed.
    outline: Option<Outline>,
    /// How high the sea is under it, once it was asked for.
    undulation: OnceLock<(i64, i64)>,
    /// How many chords it has at most: what it costs to measure it.
    chords: usize,
}

impl FiledVolume {
    /// Ready for the law, with what is already known of it.
    fn prepared(&self) -> Prepared<'_> {
        Prepared::known(&self.volume, self.outline.as_ref(), self.undulation.get().copied())
    }
}

/// Whose a solid of a forest is.
#[derive(Clone, Copy, Debug)]
struct Owner {
    slot: u32,
    volume: u16,
    kind: NoticeKind,
    /// Whether it is the footprint as drawn, rather than something round it.
    drawn: bool,
}

/// A pair of volumes by the slot of the one that is filed.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Place {
    slot: u32,
    asked: u16,
    found: u16,
}

/// Where a page ends.
struct Most {
    finds: usize,
    cost: usize,
    /// So many chords cost as much as another pair.
    chords_as_pair: usize,
}

/// A pair that was looked at.
struct Looked {
    /// Pairs are told in this order, then by the asked volume, then by the found one.
    order: u64,
    place: Place,
    seen: Seen,
    /// How many pairs of boxes there were to compare.
    boxes: u32,
}

impl Looked {
    /// Pairs are told as this rises: their order, the asked volume, the found one, in one number that is quick to compare.
    fn rank(&self) -> u128 {
        u128::from(self.order) << 32 | u128::from(self.place.asked) << 16 | u128::from(self.place.found)
    }
}

/// What a look at a pair tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Seen {
    /// They do not meet.
    Apart,
    /// The law must tell.
    Near,
    /// They meet.
    Meet,
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
    /// What it cost: the pairs of volumes that were tested, one with many vertices as several, and some for the boxes that
    /// were compared.
    pub cost: usize,
}

/// From where to go on after a look whose finds were told one by one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rest<K> {
    /// The last pair that was looked at; `None` when there is no more.
    pub next: Option<Pair<K>>,
    /// What it cost, as for a [`Page`].
    pub cost: usize,
}

impl<K: Ord + Clone> Default for Index<K> {
    fn default() -> Self {
        Self {
            notices: BTreeMap::new(),
            slots: Vec::new(),
            free_slots: Vec::new(),
            orders: Orders::default(),
            solids: Vec::new(),
            free: Vec::new(),
            forests: Datum::ALL.map(|_| Mutex::new(Forest::new())),
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
        let mut solids = Vec::with_capacity(volumes.len());
        let file = |volume: &Volume| {
            let outline = Outline::new(&volume.footprint);
            let (bounds, chords) = (bounds::of_volume(volume, &outline), outline.chords_max());
            solids.push(Solids::new(volume, &outline, &bounds));
            let left = self.edges_left.checked_sub(outline.arcs().len());
            self.edges_left = left.unwrap_or(self.edges_left);
            FiledVolume { volume: volume.clone(), bounds, outline: left.map(|_| outline), undulation: OnceLock::new(), chords }
        };
        let volumes: Vec<FiledVolume> = volumes.iter().map(file).collect();
        let slot = self.free_slots.pop().unwrap_or(self.slots.len() as u32);
        if slot as usize == self.slots.len() {
            self.slots.push(None);
        }
        self.orders.admit(&self.notices, &key, slot);
        let mut put = Vec::new();
        for (number, (filed, Solids { solids, drawn })) in (0..=u16::MAX).zip(volumes.iter().zip(&solids)) {
            let (owner, datum) = (Owner { slot, volume: number, kind, drawn: *drawn }, filed.volume.band.datum());
            put.extend(solids.iter().map(|solid| (datum, self.put(owner, datum, solid))));
        }
        let end = volumes.iter().map(|filed| filed.volume.window.end()).max().unwrap_or_default();
        let moving = volumes.iter().map(|filed| &filed.volume).filter(|volume| volume.passage.is_some());
        let longest_us = moving.map(|v| v.window.end().since(v.window.start())).max().unwrap_or(0);
        self.longest_us = self.longest_us.max(longest_us);
        self.ends.insert((end, key.clone()));
        self.slots[slot as usize] = Some(Filed { key: key.clone(), kind, volumes, solids: put, end });
        self.notices.insert(key, slot);
    }

    fn put(&mut self, owner: Owner, datum: Datum, solid: &Solid) -> u32 {
        let id = self.free.pop().unwrap_or(self.solids.len() as u32);
        if id as usize == self.solids.len() {
            self.solids.push(None);
        }
        self.solids[id as usize] = Some(owner);
        let forest = whole(&mut self.forests[datum as usize]);
        forest.insert(id, solid);
        if forest.is_merge_due() {
            forest.merge_step(MERGED_PER_BOX);
        }
        id
    }

    /// Goes on merging what was put in, for about so many boxes; whether there is more to do. Only speed depends on it.
    pub fn merge_step(&mut self, budget: usize) -> bool {
        let step = |forest: &mut Mutex<Forest>| {
            let forest = whole(forest);
            drop(forest.take_garbage());
            forest.merge_step(budget) == Progress::More
        };
        self.forests.iter_mut().any(step)
    }

    /// The same where nothing else is to be done: goes on until nearly all is in one run.
    pub fn settle_step(&mut self, budget: usize) -> bool {
        let step = |forest: &mut Mutex<Forest>| {
            let forest = whole(forest);
            let progress = forest.settle_step(budget);
            // A run that was merged is as large as all the forest: nobody may come for a long while to have it dropped.
            drop(forest.take_garbage());
            progress == Progress::More
        };
        self.forests.iter_mut().any(step)
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
        for (datum, id) in filed.solids {
            whole(&mut self.forests[datum as usize]).remove(id);
            self.solids[id as usize] = None;
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

    /// Calls `f` with what [`Self::examine`] finds, the first `limit` of it: its key, the volume of the asked notice and its own.
    /// How they meet is not told: the law is the same, and stops where it is known that they do.
    pub fn examine_whether(
        &self,
        asked: &Asked<'_>,
        after: Option<&Pair<K>>,
        limit: usize,
        cost: usize,
        mut f: impl FnMut(&K, [u16; 2]),
    ) -> Rest<K> {
        let most = Most { finds: limit, cost, chords_as_pair: CHORDS_AS_PAIR_WHETHER };
        self.look_by(asked, after, &most, |place, seen| {
            let (meets, cost) = match seen {
                Seen::Meet => (true, 0),
                _ => self.by_law(asked, place, most.chords_as_pair, |volume, kind, found| asked.meets(volume, kind, found)),
            };
            if meets {
                f(&self.filed(place.slot).key, [place.asked, place.found]);
            }
            (meets, cost)
        })
    }

    /// The first finds after a pair, at most `limit` of them and at most this cost of pairs, and at least one pair.
    pub(crate) fn look(&self, asked: &Asked<'_>, after: Option<&Pair<K>>, limit: usize, cost: usize) -> Page<K> {
        let most = Most { finds: limit, cost, chords_as_pair: CHORDS_AS_PAIR };
        let mut finds = Vec::new();
        let Rest { next, cost } = self.look_by(asked, after, &most, |place, _| {
            let (meeting, cost) =
                self.by_law(asked, place, most.chords_as_pair, |volume, kind, found| asked.meet(volume, kind, found));
            let found = meeting.is_some();
            finds.extend(meeting.map(|meeting| Find { pair: self.pair(place), meeting }));
            (found, cost)
        });
        Page { finds, next, cost }
    }

    /// Judges pairs after a pair until enough is found or spent, and at least one. Who judges tells whether they meet and what
    /// it cost.
    fn look_by(
        &self,
        asked: &Asked<'_>,
        after: Option<&Pair<K>>,
        most: &Most,
        judge: impl FnMut(Place, Seen) -> (bool, usize),
    ) -> Rest<K> {
        let Gathered { pairs, boxes } = self.gather(asked, after);
        match pairs {
            Some(pairs) => self.test(pairs.into_iter(), most, boxes, judge),
            None => self.test(self.walk(asked, after), most, boxes, judge),
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

    fn comes_after(&self, place: Place, after: Option<&Pair<K>>) -> bool {
        let rank =
            |after: &Pair<K>| (&self.filed(place.slot).key, place.asked, place.found) > (&after.key, after.asked, after.found);
        after.is_none_or(rank)
    }

    fn pair(&self, place: Place) -> Pair<K> {
        Pair { key: self.filed(place.slot).key.clone(), asked: place.asked, found: place.found }
    }

    /// Puts a pair to the law; what it says, and what that cost.
    fn by_law<T>(
        &self,
        asked: &Asked<'_>,
        place: Place,
        chords_as_pair: usize,
        law: impl FnOnce(usize, NoticeKind, &Prepared<'_>) -> T,
    ) -> (T, usize) {
        let filed = self.filed(place.slot);
        let found = &filed.volumes[usize::from(place.found)];
        let chords = asked.volumes()[usize::from(place.asked)].chords + found.chords;
        let prepared = found.prepared();
        let said = law(place.asked.into(), filed.kind, &prepared);
        if let Some(undulation) = prepared.known_undulation() {
            // Whoever was first found the same.
            let _ = found.undulation.set(undulation);
        }
        (said, 1 + chords / chords_as_pair)
    }

    /// Judges pairs until enough is found or spent, and at least one; so many boxes were compared before.
    fn test(
        &self,
        pairs: impl Iterator<Item = Looked>,
        most: &Most,
        mut boxes: usize,
        mut judge: impl FnMut(Place, Seen) -> (bool, usize),
    ) -> Rest<K> {
        let (mut tested, mut found) = (0, 0);
        for Looked { place, seen, boxes: compared, .. } in pairs {
            boxes += compared as usize;
            if seen > Seen::Apart {
                let (meets, cost) = judge(place, seen);
                boxes += SEEN_AS_BOXES;
                tested += cost;
                found += usize::from(meets);
            }
            let cost = tested + boxes / BOXES_AS_PAIR;
            if cost >= most.cost || found >= most.finds.max(1) {
                return Rest { next: Some(self.pair(place)), cost };
            }
        }
        Rest { next: None, cost: tested + boxes / BOXES_AS_PAIR }
    }
}

/// A forest that nobody else has. Showing its newest solids to an asker, which is all that is done in turns, leaves it whole.
fn whole(forest: &mut Mutex<Forest>) -> &mut Forest {
    forest.get_mut().unwrap_or_else(PoisonError::into_inner)
}

/// What testing a pair costs whose volumes have so many chords in all.
pub(crate) const fn cost_of(chords: usize) -> usize {
    1 + chords / CHORDS_AS_PAIR
}

#[cfg(test)]
mod tests;
