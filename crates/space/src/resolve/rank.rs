//! Which of the shifts that were found are told.

use super::way::PLACE_CM;
use super::{RESOLUTIONS_MAX, Resolution, Shift, Way, bearings};

/// Keeps the cheapest five of the best of each kind, then further places while there is room for them, the cheapest first
/// and in the order of the search among equals; of places in nearly one direction only the first. Kinds are later, earlier,
/// up, down and aside, and each two of time, altitude and place at once; two at once are told only where they cost less than
/// everything that moves one way.
pub fn rank(resolutions: &mut Vec<Resolution>) {
    // Weights of nothing make no shift aside as good as a smaller one.
    resolutions.sort_by_key(|found| (found.cost, found.shift.aside.map(|aside| aside.distance)));
    if let Some(single) = resolutions.iter().filter(|found| found.shift.parts() < 2).map(|found| found.cost).min() {
        resolutions.retain(|found| found.shift.parts() < 2 || found.cost < single);
    }
    let mut kept: Vec<Shift> = Vec::new();
    for found in resolutions.iter() {
        if kept.len() < RESOLUTIONS_MAX && kept.iter().all(|other| kind(*other) != kind(found.shift)) {
            kept.push(found.shift);
        }
    }
    let mut taken: Vec<u16> = kept.iter().filter_map(single_bearing).collect();
    for found in resolutions.iter() {
        let bearing = single_bearing(&found.shift).filter(|_| kept.len() < RESOLUTIONS_MAX);
        if let Some(bearing) = bearing
            && taken.iter().all(|&other| bearings::between(bearing, other) >= bearings::APART_DEG)
        {
            taken.push(bearing);
            kept.push(found.shift);
        }
    }
    resolutions.retain(|found| {
        let place = kept.iter().position(|shift| *shift == found.shift);
        // What was found twice is told once.
        place.map(|place| kept.swap_remove(place)).is_some()
    });
}

/// What two ways at once must cost less than to be told; `None` when there is no such bound.
pub(super) fn bound(found: &[Resolution], ways: [Way; 2]) -> Option<u64> {
    let own = kind(ways[0].shift(1).and(ways[1].shift(1)));
    let counts = |found: &&Resolution| found.shift.parts() < 2 || kind(found.shift) == own;
    found.iter().filter(counts).map(|found| found.cost).min()
}

/// The fewest steps of those that move in place alone.
pub(super) fn nearest(found: &[Resolution]) -> Option<i64> {
    let single = found.iter().map(|found| found.shift).filter(|shift| shift.parts() == 1);
    single.filter_map(|shift| shift.aside.map(|aside| aside.distance.cm().div_euclid(PLACE_CM))).min()
}

/// In time, altitude and place: -1, 0 or 1 for a shift one way, which of them for two at once.
fn kind(shift: Shift) -> [i64; 3] {
    let ways = [shift.shift_us.signum(), shift.climb_cm.signum(), i64::from(shift.aside.is_some())];
    if shift.parts() < 2 { ways } else { ways.map(i64::abs) }
}

fn single_bearing(shift: &Shift) -> Option<u16> {
    shift.aside.filter(|_| shift.parts() == 1).map(|aside| aside.bearing_deg)
}
