//! Every pair of plans that meet, once each, in the order of the plans.

use std::time::{Duration, Instant};

use detente_space::{Asked, Index, Law, Pair, Separation, Side};
use detente_types::NoticeKind;
use detente_types::conflict::VolumeMeeting;

use super::Filed;

/// Two plans that meet.
pub(super) struct Hit {
    /// Their numbers, the smaller first.
    pub(super) plans: [usize; 2],
    /// How their volumes meet, the closest first; no more than [`MEETINGS_MAX`].
    pub(super) meetings: Vec<VolumeMeeting>,
    /// How many pairs of their volumes meet.
    pub(super) count: usize,
}

/// Pairs of volumes that are told of one pair of plans: the closest.
pub(super) const MEETINGS_MAX: usize = 64;
/// Pairs of plans that are told: beyond it the search ends, and says so. Files of copies of one plan have billions.
pub(super) const HITS_MAX: usize = if cfg!(test) { 1_000 } else { 1_000_000 };
/// Finds that are fetched at a time.
const PAGE: usize = 1_024;

/// What was found.
pub(super) struct Found {
    /// In the order of the plans.
    pub(super) hits: Vec<Hit>,
    /// Whether there are more than [`HITS_MAX`].
    pub(super) more: bool,
}

/// What a plan counts as when its file does not say its kind: what meets everything that has a place.
pub(super) fn kind(filed: &Filed) -> NoticeKind {
    filed.plan.kind.unwrap_or(NoticeKind::Operation)
}

/// All pairs that meet, up to [`HITS_MAX`].
pub(super) fn all_pairs(plans: &[Filed], law: Law, separation: &Separation, progress: &mut Progress) -> Found {
    let mut index = Index::new();
    for (i, filed) in plans.iter().enumerate() {
        index.insert_volumes(i, kind(filed), &filed.plan.volumes);
        progress.tell("filed", i);
    }
    let mut hits = Vec::new();
    for (i, filed) in plans.iter().enumerate() {
        progress.tell("checked", i);
        let asked = Asked::of_volumes(kind(filed), &filed.plan.volumes, *separation, law, Side::First);
        // Those before it have asked for it, and it does not meet itself.
        let mut after = Some(Pair { key: i, asked: u16::MAX, found: u16::MAX });
        while after.is_some() && hits.len() <= HITS_MAX {
            let page = index.query_page(&asked, after.as_ref(), PAGE);
            for find in page.finds {
                let volumes = [find.pair.asked, find.pair.found];
                add(&mut hits, [i, find.pair.key], VolumeMeeting { volumes, meeting: find.meeting });
            }
            after = page.next;
        }
    }
    let more = hits.len() > HITS_MAX;
    hits.truncate(HITS_MAX);
    hits.iter_mut().for_each(Hit::keep_closest);
    Found { hits, more }
}

fn add(hits: &mut Vec<Hit>, plans: [usize; 2], meeting: VolumeMeeting) {
    match hits.last_mut() {
        Some(hit) if hit.plans == plans => {
            hit.meetings.push(meeting);
            hit.count += 1;
            if hit.meetings.len() > 4 * MEETINGS_MAX {
                hit.keep_closest();
            }
        }
        _ => hits.push(Hit { plans, meetings: vec![meeting], count: 1 }),
    }
}

impl Hit {
    fn keep_closest(&mut self) {
        self.meetings.sort_by_key(|m| (m.meeting.distance, m.meeting.vertical_gap, m.meeting.time_gap_us, m.volumes));
        self.meetings.truncate(MEETINGS_MAX);
    }

    /// The closest pair of volumes.
    pub(super) fn closest(&self) -> &VolumeMeeting {
        &self.meetings[0]
    }
}

/// Says on standard error how far a long check has come.
pub(super) struct Progress {
    total: usize,
    told: Instant,
}

/// How often it is said.
const EVERY: Duration = Duration::from_secs(2);

impl Progress {
    pub(super) fn new(total: usize) -> Self {
        Self { total, told: Instant::now() }
    }

    fn tell(&mut self, verb: &str, done: usize) {
        if done.is_multiple_of(64) && self.told.elapsed() >= EVERY {
            self.told = Instant::now();
            eprintln!("{verb} {done} of {} plans", self.total);
        }
    }
}

#[cfg(test)]
mod tests {
    use detente_gateway::plans::Plan;
    use detente_types::volume::PositionIn;
    use detente_types::{Metres, Volume, VolumeIn};

    use super::*;

    /// A plan of one to three circles somewhere in a small area, now and then a site; across the antimeridian.
    fn plan(next: &mut impl FnMut(u64) -> i64) -> Filed {
        let volume = |next: &mut dyn FnMut(u64) -> i64| {
            let lon = 1_799_000_000 + next(2_000_000);
            let lon_e7 = if lon > 1_800_000_000 { lon - 3_600_000_000 } else { lon };
            let (start_us, lower_cm) = (1_795_586_400_000_000 + next(7_200) * 1_000_000, next(30_000));
            let volume = VolumeIn {
                shape: 1,
                rings: vec![vec![PositionIn { lat_e7: 600_000_000 + next(1_000_000), lon_e7 }]],
                radius_cm: next(60_000),
                lower_cm,
                upper_cm: lower_cm + next(6_000),
                datum: 1,
                start_us,
                end_us: start_us + 600_000_000,
                passage: None,
            };
            Volume::try_from(&volume).unwrap()
        };
        let volumes = (0..=next(3)).map(|_| volume(next)).collect();
        let kind = (next(4) == 0).then_some(NoticeKind::Site);
        Filed { file: 0, plan: Plan { place: String::new(), name: String::new(), kind, volumes } }
    }

    #[test]
    fn the_pairs_are_those_of_going_through_all_of_them() {
        let mut state = 42_u64;
        let mut next = |most: u64| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            ((state >> 33) % most) as i64
        };
        let plans: Vec<Filed> = (0..250).map(|_| plan(&mut next)).collect();
        let separation = Separation { horizontal: Metres::new(200), vertical: Metres::new(30), time_us: 60_000_000 };
        let Found { hits, more } = all_pairs(&plans, Law::One, &separation, &mut Progress::new(plans.len()));
        assert!(!more);
        let mut naive = Vec::new();
        for (i, first) in plans.iter().enumerate() {
            for (j, second) in plans.iter().enumerate().skip(i + 1) {
                let meets = |v: &Volume, w: &Volume| Law::One.meet(v, w, &separation).map(|meeting| meeting.distance);
                let pairs = first.plan.volumes.iter().flat_map(|v| second.plan.volumes.iter().filter_map(move |w| meets(v, w)));
                let met: Vec<Metres> = pairs.collect();
                if Law::One.kinds_meet(kind(first), kind(second)) && !met.is_empty() {
                    naive.push(([i, j], met.len(), met.into_iter().min()));
                }
            }
        }
        let found: Vec<_> = hits.iter().map(|hit| (hit.plans, hit.count, Some(hit.closest().meeting.distance))).collect();
        assert!(naive.len() > 20, "{} pairs say little", naive.len());
        assert_eq!(found, naive);
    }

    #[test]
    fn copies_of_one_plan_end_at_the_limit() {
        let mut state = 0;
        let mut next = |_: u64| {
            state += 1;
            state
        };
        let one = plan(&mut next);
        let copy = |_| Filed {
            file: 0,
            plan: Plan { place: String::new(), name: String::new(), kind: None, volumes: one.plan.volumes.clone() },
        };
        let plans: Vec<Filed> = (0..100).map(copy).collect();
        let touching = Separation { horizontal: Metres::ZERO, vertical: Metres::ZERO, time_us: 0 };
        let found = all_pairs(&plans, Law::One, &touching, &mut Progress::new(plans.len()));
        assert_eq!((found.hits.len(), found.more), (HITS_MAX, true), "of 4,950");
    }
}
