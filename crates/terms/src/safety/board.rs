//! The safety notices of one author: the second about one place is raised, a flood is merged.
//!
//! Invariant: what a board remembers is bounded, however many notices come, but for those that ring by themselves: these
//! are ten a minute at most, and go when they are answered.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use detente_types::{StatementRef, Timestamp};

use super::SafetyEffect;
use super::watch::{Pace, SafetyWatch};

/// A safety notice about a place that had one so many seconds ago or less is raised (PRACTICE T9).
pub const RAISE_WINDOW_S: i64 = 30 * 60;
/// By so many steps.
pub const RAISE_STEPS: usize = 2;
/// More notices than this in one window are a flood (PROTOCOL F3). The worst afternoon on record had ten calls in six
/// hours (PRACTICE T9); a minute with more than ten leaves no officer able to tell them apart.
pub const FLOOD_COUNT_MAX: usize = 10;
/// The window, seconds.
pub const FLOOD_WINDOW_S: i64 = 60;
/// The last notices that are remembered, so that one which comes again starts no clock.
pub const KNOWN_MAX: usize = 4_096;

/// Watches every safety notice of one author, with one alarm for what comes as a flood.
///
/// A notice that comes twice, early by itself and later in its log, is one notice: its clock is not restarted
/// (PROTOCOL F2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SafetyBoard {
    pace: Pace,
    /// Notices that ring or wait for a promised time.
    open: BTreeMap<StatementRef, SafetyWatch>,
    /// The last [`KNOWN_MAX`] notices.
    known: BTreeSet<StatementRef>,
    /// The same, in order of arrival.
    known_order: VecDeque<StatementRef>,
    /// Those of the last [`RAISE_WINDOW_S`] that rang by themselves, in order of arrival.
    recent: VecDeque<Recent>,
    /// The last [`FLOOD_COUNT_MAX`] arrivals of any kind.
    arrivals: VecDeque<Timestamp>,
    flood: Flood,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Recent {
    notice: StatementRef,
    at: Timestamp,
    raised: usize,
}

/// The alarm for everything beyond what a watch can tell apart.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::large_enum_variant, reason = "a board has one")]
enum Flood {
    /// There is none, or an officer took it at that time.
    Quiet { taken: Option<Timestamp> },
    /// It rings until an officer takes it.
    Ringing { alarm: SafetyWatch, count: u64, latest: StatementRef },
}

impl SafetyBoard {
    /// A board without notices.
    pub const fn new(pace: Pace) -> Self {
        Self {
            pace,
            open: BTreeMap::new(),
            known: BTreeSet::new(),
            known_order: VecDeque::new(),
            recent: VecDeque::new(),
            arrivals: VecDeque::new(),
            flood: Flood::Quiet { taken: None },
        }
    }

    /// Other terms came into force: they count for notices that arrive from now on.
    pub fn handle_terms(&mut self, pace: Pace) {
        self.pace = pace;
    }

    /// A safety notice arrived. `same_place` says whether an earlier one of this author is about the same place.
    ///
    /// Beyond [`FLOOD_COUNT_MAX`] in a window it joins the flood alarm and is compared with nothing, so that a flood
    /// costs little.
    pub fn handle_safety(&mut self, now: Timestamp, notice: StatementRef, same_place: &dyn Fn(&StatementRef) -> bool) {
        if !self.is_new(notice) {
            return;
        }
        if self.floods(now) {
            self.join_flood(now, notice);
            return;
        }
        self.recent.retain(|earlier| now.since(earlier.at) <= RAISE_WINDOW_S * 1_000_000);
        let same = self.recent.iter().filter(|earlier| same_place(&earlier.notice));
        let raised = same.map(|earlier| earlier.raised + RAISE_STEPS).max().unwrap_or(0);
        self.recent.push_back(Recent { notice, at: now, raised });
        self.open.insert(notice, SafetyWatch::new(notice, now, self.pace.clone(), raised));
    }

    /// An officer read a notice (L2).
    pub fn handle_read(&mut self, at: Timestamp, notice: &StatementRef) {
        if let Some(watch) = self.open.get_mut(notice) {
            watch.handle_read(at);
        }
    }

    /// An action was stated about a notice.
    pub fn handle_action(&mut self, at: Timestamp, notice: &StatementRef, action: StatementRef, due: Option<Timestamp>) {
        if let Some(watch) = self.open.get_mut(notice) {
            watch.handle_action(at, action, due);
            self.drop_answered(notice);
        }
    }

    /// An officer took the flood alarm: it rests for one window, however the flood goes on.
    pub fn handle_flood_taken(&mut self, at: Timestamp) {
        self.flood = Flood::Quiet { taken: Some(at) };
    }

    /// A start has handled every notice anew: an officer took the flood alarm at that time, when `latest` was the latest
    /// notice of it. It rings on when it stands for later ones.
    pub fn load_flood_taken(&mut self, at: Timestamp, latest: &StatementRef) {
        if self.flood().is_some_and(|(_, of)| of <= *latest) {
            self.handle_flood_taken(at);
        }
    }

    /// The flood alarm that is not taken: how many notices it stands for, and the latest of them in their author's log.
    pub const fn flood(&self) -> Option<(u64, StatementRef)> {
        match self.flood {
            Flood::Ringing { count, latest, .. } => Some((count, latest)),
            Flood::Quiet { .. } => None,
        }
    }

    /// One thing to do now, if there is one.
    pub fn poll(&mut self, now: Timestamp) -> Option<SafetyEffect> {
        let due = self.open.iter().find(|(_, watch)| watch.next_timeout().is_some_and(|at| at <= now));
        if let Some(notice) = due.map(|(notice, _)| *notice) {
            let effect = self.open.get_mut(&notice).and_then(|watch| watch.poll(now));
            self.drop_answered(&notice);
            return effect;
        }
        self.flood.poll(now)
    }

    /// When to poll next although nothing happened.
    pub fn next_timeout(&self) -> Option<Timestamp> {
        let flood = match &self.flood {
            Flood::Ringing { alarm, .. } => alarm.next_timeout(),
            Flood::Quiet { .. } => None,
        };
        self.open.values().filter_map(SafetyWatch::next_timeout).chain(flood).min()
    }

    /// The watch on a notice that rings by itself or waits for a promised time.
    pub fn watch(&self, notice: &StatementRef) -> Option<&SafetyWatch> {
        self.open.get(notice)
    }

    /// Whether a notice is not among the last ones. Remembers it.
    fn is_new(&mut self, notice: StatementRef) -> bool {
        let new = !self.open.contains_key(&notice) && self.known.insert(notice);
        if new {
            self.known_order.push_back(notice);
        }
        if self.known_order.len() > KNOWN_MAX
            && let Some(oldest) = self.known_order.pop_front()
        {
            self.known.remove(&oldest);
        }
        new
    }

    /// Whether this arrival is one too many. Remembers it.
    fn floods(&mut self, now: Timestamp) -> bool {
        let full = self.arrivals.len() == FLOOD_COUNT_MAX;
        let oldest = if full { self.arrivals.pop_front() } else { None };
        self.arrivals.push_back(now);
        oldest.is_some_and(|oldest| now.since(oldest) < FLOOD_WINDOW_S * 1_000_000)
    }

    fn join_flood(&mut self, now: Timestamp, notice: StatementRef) {
        match &mut self.flood {
            Flood::Ringing { count, latest, .. } => {
                *count += 1;
                *latest = notice.max(*latest);
            }
            Flood::Quiet { taken } => {
                let since = taken.map_or(now, |taken| now.max(taken.plus_seconds(FLOOD_WINDOW_S)));
                let alarm = SafetyWatch::new(notice, since, self.pace.clone(), 0);
                self.flood = Flood::Ringing { alarm, count: 1, latest: notice };
            }
        }
    }

    fn drop_answered(&mut self, notice: &StatementRef) {
        if matches!(self.open.get(notice), Some(SafetyWatch::Answered(_))) {
            self.open.remove(notice);
        }
    }
}

impl Flood {
    fn poll(&mut self, now: Timestamp) -> Option<SafetyEffect> {
        let Self::Ringing { alarm, count, latest } = self else {
            return None;
        };
        match alarm.poll(now)? {
            SafetyEffect::Ring { reach, since, .. } => {
                Some(SafetyEffect::RingFlood { count: *count, latest: *latest, reach, since })
            }
            other => Some(other),
        }
    }
}
