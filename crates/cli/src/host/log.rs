//! Events as lines of the log. What a peer can cause as often as it likes has a rate: it must not fill our disk.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use detente_api::EventView;
use detente_node::{Event, What};
use detente_types::LineId;

/// Lines of one kind on one line that are logged however fast they come.
const BURST: u32 = 20;
/// After so many, one in this time, which says how many more there were.
const GAP: Duration = Duration::from_secs(60);

/// The log's memory of what it left out.
#[derive(Default)]
pub(super) struct Log {
    quotas: BTreeMap<(LineId, &'static str), Quota>,
}

impl Log {
    /// One line for an event, in the words of the API's events; a person on watch reads these.
    pub(super) fn event(&mut self, event: &Event, now: Instant) {
        let Some(more) = self.place_for(event, now) else { return };
        let EventView { kind, about, mut says, .. } = EventView::from(event);
        if more > 0 {
            says.push_str(&format!(" (and {more} more like it before)"));
        }
        let line = event.line.map(|l| l.short()).unwrap_or_default();
        let about = about.as_deref().and_then(|hash| hash.get(..12)).unwrap_or_default();
        match &event.what {
            What::Fork(..) | What::DiskFailed(_) | What::Room(false) => tracing::error!(%line, kind, about, "{says}"),
            What::PeerFault(_)
            | What::Fault(_)
            | What::Dropped(..)
            | What::SafetyEarly(_)
            | What::SafetyUnstored(_)
            | What::SafetyRings(..)
            | What::SafetyFlood(_) => {
                tracing::warn!(%line, kind, about, "{says}");
            }
            _ => tracing::info!(%line, kind, about, "{says}"),
        }
    }

    /// Says how much was left out, once there is a place for it again.
    pub(super) fn catch_up(&mut self, now: Instant) {
        for ((line, kind), quota) in self.quotas.iter_mut().filter(|(_, quota)| quota.left_out > 0) {
            if let Some(more) = quota.take(now) {
                tracing::warn!(line = %line.short(), kind, "{more} more like it");
            }
        }
    }

    /// A place for an event's line, and how many were left out before it; `None` when it is to be left out too.
    fn place_for(&mut self, event: &Event, now: Instant) -> Option<u64> {
        let Some(key) = event.line.zip(at_will(&event.what)) else {
            return Some(0);
        };
        let quota = self.quotas.entry(key).or_insert_with(|| Quota::full(now));
        let place = quota.take(now);
        quota.left_out += u64::from(place.is_none());
        place
    }
}

/// The name under which a kind of event is limited, if the peer can cause it again and again at no cost.
fn at_will(what: &What) -> Option<&'static str> {
    match what {
        What::PeerFault(_) => Some("peer-fault"),
        // A peer that forges makes any number of leaves for one place, and none of them costs it a place in its log.
        What::SafetyEarly(_) => Some("safety-early"),
        What::SafetyUnstored(_) => Some("safety-unstored"),
        What::Unusable(..) => Some("unusable"),
        What::LineUp => Some("line-up"),
        What::LineDown(_) => Some("line-down"),
        _ => None,
    }
}

/// How much may still be said of something.
#[derive(Debug)]
struct Quota {
    places: u32,
    /// When places were last added.
    added: Instant,
    left_out: u64,
}

impl Quota {
    const fn full(now: Instant) -> Self {
        Self { places: BURST, added: now, left_out: 0 }
    }

    /// Takes a place if there is one, and gives what was left out before.
    fn take(&mut self, now: Instant) -> Option<u64> {
        let gaps = now.saturating_duration_since(self.added).as_secs() / GAP.as_secs();
        let gaps = u32::try_from(gaps).unwrap_or(BURST).min(BURST);
        self.places = (self.places + gaps).min(BURST);
        self.added = if self.places == BURST { now } else { self.added + gaps * GAP };
        self.places = self.places.checked_sub(1)?;
        Some(core::mem::take(&mut self.left_out))
    }
}

#[cfg(test)]
mod tests {
    use detente_testkit::MORNING;
    use detente_types::{EntryHash, Generation, PartyId, StatementRef};

    use super::*;

    fn event(line: u8, what: What) -> Event {
        Event { at: MORNING, line: Some(LineId::new([line; 32])), what }
    }

    fn garbage() -> What {
        What::PeerFault("garbage".into())
    }

    #[test]
    fn a_flood_of_faults_is_a_burst_and_then_one_line_a_minute() {
        let (mut log, start) = (Log::default(), Instant::now());
        let mut said = Vec::new();
        // Ten a second for three minutes.
        for tenth in 0..1_800_u64 {
            let place = log.place_for(&event(1, garbage()), start + Duration::from_millis(100 * tenth));
            said.extend(place.map(|more| (tenth, more)));
        }
        let (burst, later) = said.split_at(20);
        assert!(burst.iter().enumerate().all(|(i, place)| *place == (i as u64, 0)), "{burst:?}");
        assert_eq!(later, [(600, 580), (1_200, 599)]);
    }

    #[test]
    fn what_was_left_out_is_said_when_the_flood_is_over_and_then_all_is_said_again() {
        let (mut log, start) = (Log::default(), Instant::now());
        for _ in 0..50 {
            log.place_for(&event(1, garbage()), start);
        }
        let left_out = |log: &Log| log.quotas.values().map(|quota| quota.left_out).sum::<u64>();
        log.catch_up(start + GAP / 2);
        assert_eq!(left_out(&log), 30);
        log.catch_up(start + GAP);
        assert_eq!(left_out(&log), 0);
        let later = start + 30 * GAP;
        let said = (0..50).filter(|_| log.place_for(&event(1, garbage()), later).is_some()).count();
        assert_eq!(said, 20);
    }

    #[test]
    fn leaves_that_a_peer_forges_fill_no_disk() {
        let (mut log, now) = (Log::default(), Instant::now());
        let at = |index| {
            let (author, hash) = (PartyId::new([1; 32]), EntryHash::new([2; 32]));
            StatementRef { author, generation: Generation::FIRST, index, hash }
        };
        for make in [What::SafetyEarly, What::SafetyUnstored, |of| What::Unusable(of, Vec::new())] {
            let said = (0..500).filter(|index| log.place_for(&event(1, make(at(*index))), now).is_some()).count();
            assert_eq!(said, 20);
        }
        // What rings is bounded where it rings: ten a minute, and one alarm for the rest.
        let rings = What::SafetyFlood(500);
        assert!((0..500).all(|_| log.place_for(&event(1, rings.clone()), now) == Some(0)));
    }

    #[test]
    fn neither_another_line_nor_another_kind_is_left_out() {
        let (mut log, now) = (Log::default(), Instant::now());
        for _ in 0..50 {
            log.place_for(&event(1, garbage()), now);
            assert_eq!(log.place_for(&event(1, What::Cosigned(1)), now), Some(0));
        }
        assert_eq!(log.place_for(&event(2, garbage()), now), Some(0));
        assert_eq!(log.place_for(&event(1, What::LineUp), now), Some(0));
    }
}
