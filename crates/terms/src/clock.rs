//! Receipt clocks: when each level is due, what is overdue, and who is told (PRACTICE sections 1 R1 and 3).

use detente_types::statement::Level;
use detente_types::{Precedence, Terms, Timestamp};

/// How far a notice got at the other side (DESIGN section 2). Higher levels imply the lower ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ReceiptLevel {
    /// L1: on the other node's disk.
    Stored,
    /// L2: read by an officer.
    Read,
    /// L3: in their protected list after read-back; for SAFETY, an action stated.
    Listed,
    /// L4: attested as passed to the operating desks. No clock runs for it: it is their word, given when it is true.
    Passed,
}

impl ReceiptLevel {
    /// All of them, lowest first.
    pub const ALL: [Self; 4] = [Self::Stored, Self::Read, Self::Listed, Self::Passed];

    /// What a receipt statement raises; `None` for a refusal, which raises nothing.
    pub const fn of(level: Level) -> Option<Self> {
        match level {
            Level::StoredEarly => Some(Self::Stored),
            Level::Read => Some(Self::Read),
            Level::Listed => Some(Self::Listed),
            Level::Passed => Some(Self::Passed),
            Level::Refused => None,
        }
    }
}

/// How long after the statement each level is due, seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Clock {
    /// L1.
    pub stored_s: u32,
    /// L2.
    pub read_s: u32,
    /// L3; for SAFETY, an action stated.
    pub listed_s: u32,
}

/// The clock of a precedence under these terms.
pub fn clock(terms: &Terms, precedence: Precedence) -> Clock {
    let clocks = &terms.input().clocks;
    let chosen = match precedence {
        Precedence::Safety => &clocks.safety,
        Precedence::Flash => &clocks.flash,
        Precedence::Immediate => &clocks.immediate,
        Precedence::Priority => &clocks.priority,
        Precedence::Routine => &clocks.routine,
    };
    Clock { stored_s: chosen.stored_s, read_s: chosen.read_s, listed_s: chosen.listed_s }
}

/// When the levels of one notice arrived, on the reader's own clock.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Arrivals {
    at: [Option<Timestamp>; 4],
}

impl Arrivals {
    /// A level arrived. The first time that it did counts, in whatever order they are told.
    pub fn handle_arrival(&mut self, level: ReceiptLevel, at: Timestamp) {
        let slot = &mut self.at[level as usize];
        *slot = Some(slot.map_or(at, |earlier| earlier.min(at)));
    }

    /// Since when this level or a higher one is reached.
    pub fn reached(&self, level: ReceiptLevel) -> Option<Timestamp> {
        self.at[level as usize..].iter().flatten().min().copied()
    }

    /// The highest level and since when it is reached: what a screen shows, with its age.
    pub fn highest(&self) -> Option<(ReceiptLevel, Timestamp)> {
        ReceiptLevel::ALL.into_iter().rev().find_map(|level| Some((level, self.at[level as usize]?)))
    }
}

/// A level that did not come when it was due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Overdue {
    /// Which.
    pub level: ReceiptLevel,
    /// When it was due.
    pub due: Timestamp,
    /// How late it is, microseconds; above 0.
    pub late_us: i64,
}

/// Who is told of an overdue notice (PRACTICE section 3, last column). SAFETY has a machine of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Remedy {
    /// ROUTINE: it stands in the daily list.
    DailyList,
    /// PRIORITY: it stands on the agenda of the next call.
    NextCall,
    /// IMMEDIATE: the senior officer of the watch.
    SeniorWatch,
    /// FLASH: the duty general.
    DutyGeneral,
    /// FLASH, twice as late: the principal.
    Principal,
}

impl Clock {
    /// When a level is due for something stated then; L4 never is.
    pub fn due(&self, level: ReceiptLevel, stated_at: Timestamp) -> Option<Timestamp> {
        let seconds = match level {
            ReceiptLevel::Stored => self.stored_s,
            ReceiptLevel::Read => self.read_s,
            ReceiptLevel::Listed => self.listed_s,
            ReceiptLevel::Passed => return None,
        };
        Some(stated_at.plus_seconds(seconds.into()))
    }

    /// The levels that are overdue, lowest first. What is due now is not late yet.
    pub fn overdue(&self, stated_at: Timestamp, arrivals: &Arrivals, now: Timestamp) -> Vec<Overdue> {
        let late = self.missing(stated_at, arrivals).filter(|(_, due)| *due < now);
        late.map(|(level, due)| Overdue { level, due, late_us: now.since(due) }).collect()
    }

    /// When the next of the missing levels falls due; `None` when nothing is missing that is not overdue already.
    pub fn next_due(&self, stated_at: Timestamp, arrivals: &Arrivals, now: Timestamp) -> Option<Timestamp> {
        self.missing(stated_at, arrivals).map(|(_, due)| due).filter(|due| *due >= now).min()
    }

    /// Who is told by now, as long as L3 is missing. The numbers are those of the clock: FLASH goes to the principal
    /// when twice the time is gone, as in ten minutes for five; the others are told once, when L3 is late.
    pub fn remedy(&self, precedence: Precedence, stated_at: Timestamp, arrivals: &Arrivals, now: Timestamp) -> Option<Remedy> {
        let due = stated_at.plus_seconds(self.listed_s.into());
        if arrivals.reached(ReceiptLevel::Listed).is_some() || now <= due {
            return None;
        }
        match precedence {
            Precedence::Safety => None,
            Precedence::Flash if now > due.plus_seconds(self.listed_s.into()) => Some(Remedy::Principal),
            Precedence::Flash => Some(Remedy::DutyGeneral),
            Precedence::Immediate => Some(Remedy::SeniorWatch),
            Precedence::Priority => Some(Remedy::NextCall),
            Precedence::Routine => Some(Remedy::DailyList),
        }
    }

    fn missing(&self, stated_at: Timestamp, arrivals: &Arrivals) -> impl Iterator<Item = (ReceiptLevel, Timestamp)> {
        let missing = ReceiptLevel::ALL.into_iter().filter(|level| arrivals.reached(*level).is_none());
        missing.filter_map(move |level| Some((level, self.due(level, stated_at)?)))
    }
}
