//! Which pairs of volumes may meet, in their order.

use std::ops::{Bound, ControlFlow};
use std::sync::PoisonError;

use super::asked::Asked;
use super::sought::Sought;
use super::{Index, Looked, Owner, Pair, Place, Seen};
use crate::forest::{Certainty, Hit, Snapshot, fetch};
use detente_types::volume::Datum;

/// Solids that are looked at in the forests before the notices are walked in the order of their keys instead, page by page:
/// each page looks at them anew, and no page may take long. Tests take both ways.
pub(super) const LOOKED_AT_MAX: usize = if cfg!(test) { 8 } else { 1 << 18 };

/// What the forests have near what is asked.
pub(super) struct Gathered {
    /// The pairs that may meet, in their order; `None` when they are too many to gather.
    pub(super) pairs: Option<Vec<Looked>>,
    /// How many solids were looked for and found.
    pub(super) boxes: usize,
}

/// The solids near one, and of which it is sure; breaks where more are looked at than there is room for. Whose they are is looked
/// up afterwards, many at a time: the machine need not wait for one to fetch the next. Also how many were looked at.
fn find(
    snapshot: &Snapshot,
    sought: &Sought,
    owners: &[Option<Owner>],
    room: usize,
    hits: &mut Vec<(u32, bool)>,
) -> (ControlFlow<()>, usize) {
    let mut looked_at = 0;
    let found = snapshot.survey(&sought.solid, &sought.margin, |hit: Hit, certainty| {
        looked_at += 1;
        if let Some(certainty) = certainty {
            fetch(owners, hit.id as usize);
            hits.push((hit.id, certainty == Certainty::Sure && sought.is_sure(&hit)));
        }
        if looked_at > room { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    (found, looked_at)
}

impl<K: Ord + Clone> Index<K> {
    /// The pairs after `after` that may meet, from the forests.
    pub(super) fn gather(&self, asked: &Asked<'_>, after: Option<&Pair<K>>) -> Gathered {
        let (mut pairs, mut hits, mut boxes, mut looked) = (Vec::new(), Vec::new(), 0, 0);
        for datum in Datum::ALL {
            let snapshot = self.forests[datum as usize].lock().unwrap_or_else(PoisonError::into_inner).snapshot();
            if snapshot.is_empty() {
                continue;
            }
            for (number, volume) in (0..=u16::MAX).zip(asked.volumes()) {
                for sought in asked.sought(volume, datum, self.longest_us) {
                    let (found, looked_at) = find(&snapshot, &sought, &self.solids, LOOKED_AT_MAX - looked, &mut hits);
                    (looked, boxes) = (looked + looked_at, boxes + 1 + looked_at);
                    if found.is_break() {
                        return Gathered { pairs: None, boxes };
                    }
                    pairs.extend(hits.drain(..).filter_map(|hit| self.looked(hit, asked, number, after)));
                }
            }
        }
        pairs.sort_unstable_by_key(|looked| (looked.order, looked.place.asked, looked.place.found));
        // What moves may be found at several of its edges.
        pairs.dedup_by_key(|looked| looked.place);
        Gathered { pairs: Some(pairs), boxes }
    }

    /// Whose a solid is that was found, and what is known of it; `None` where it does not count.
    fn looked(&self, (id, sure): (u32, bool), asked: &Asked<'_>, number: u16, after: Option<&Pair<K>>) -> Option<Looked> {
        let Owner { slot, volume, kind, drawn } = self.solids[id as usize]?;
        fetch(&self.slots, slot as usize);
        let place = Place { slot, asked: number, found: volume };
        let seen = if sure && drawn { Seen::Meet } else { Seen::Near };
        let counts = asked.kinds_meet(kind) && self.comes_after(place, after);
        counts.then(|| Looked { order: self.orders.of(slot), place, seen, boxes: 0 })
    }

    /// All pairs after `after`, in order, by going through all notices from its key on.
    pub(super) fn walk<'a>(&'a self, asked: &'a Asked<'a>, after: Option<&'a Pair<K>>) -> impl Iterator<Item = Looked> + 'a {
        let start = after.map_or(Bound::Unbounded, |after| Bound::Included(&after.key));
        let pairs = move |(_, slot): (&'a K, &'a u32)| {
            let (slot, each) = (*slot, (0..=u16::MAX).zip(asked.volumes()));
            each.flat_map(move |(number, volume)| {
                let all = (0..=u16::MAX).zip(&self.filed(slot).volumes);
                all.map(move |(found, filed)| (Place { slot, asked: number, found }, volume, &filed.bounds))
            })
        };
        let pairs = self.notices.range((start, Bound::Unbounded)).flat_map(pairs);
        pairs.filter(move |(place, ..)| self.comes_after(*place, after)).map(|(place, volume, bounds)| Looked {
            order: self.orders.of(place.slot),
            place,
            seen: if asked.is_near(volume, bounds) { Seen::Near } else { Seen::Apart },
            boxes: volume.bounds.len() * bounds.len(),
        })
    }
}
