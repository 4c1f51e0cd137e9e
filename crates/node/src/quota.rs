//! The quota of a day (PROTOCOL F6): how much of the peer's log is copied from one midnight UTC to the next, by our clock.
//!
//! Over it nothing more is filed until the day turns, and on a full disk nothing until there is room. What has arrived waits in memory, no more than the link's window, so
//! the author stops by that; nothing is dropped or skipped. SAFETY overtakes, and hellos and cosignatures are no entries:
//! none of them waits. A line check, or what is said because of SAFETY, stands in the log behind other entries: from time
//! to time those are let through for its sake, at most a window of them (F3).
//!
//! Invariants: what was once cosigned and is copied again after a restore is not counted; a start does not set the count
//! back, for it follows from our own cosignatures and what they cover.

use core::ops::Range;
use std::collections::BTreeMap;

use detente_types::statement::Kind;
use detente_types::{Generation, Timestamp};
use detente_wire::{Entry, Scheme, Verified};

use crate::input::What;
use crate::line::{Cx, Line};

const DAY_US: i64 = 86_400_000_000;

/// What was copied of the peer's log on one day.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Day {
    /// Entries.
    pub entries: u64,
    /// Bytes of their leaves and bodies.
    pub bytes: u64,
    /// The quota is used up: something waits, and is read when this time has come.
    pub shut_until: Option<Timestamp>,
    /// Days since 1970-01-01.
    number: i64,
    /// When entries were let through last for the sake of a line check.
    let_through: Option<Timestamp>,
}

/// The bytes of an entry that count.
pub(crate) fn bytes_of(entry: &Entry) -> u64 {
    (entry.leaf().bytes().len() + entry.body_bytes().len()) as u64
}

impl Day {
    /// The day of a time; on it so much was copied already.
    pub(crate) fn of(now: Timestamp, entries: u64, bytes: u64) -> Self {
        Self { entries, bytes, number: now.micros().div_euclid(DAY_US), ..Self::default() }
    }

    /// When the day of a time began.
    pub(crate) fn begin(now: Timestamp) -> Timestamp {
        Timestamp::from_micros(now.micros().div_euclid(DAY_US) * DAY_US)
    }

    /// When this day ends.
    fn end(&self) -> Timestamp {
        Timestamp::from_micros((self.number + 1) * DAY_US)
    }

    /// Begins another day when it has come. A clock that was set back begins none: the day goes on until it ends.
    fn turn(&mut self, now: Timestamp) {
        if now >= self.end() {
            *self = Self { let_through: self.let_through, ..Self::of(now, 0, 0) };
        }
    }
}

impl Line {
    /// What was copied of their log today.
    pub const fn day(&self) -> &Day {
        &self.day
    }

    /// Up to which size their log may be filed now: all of it that is here, or what the quota and the disk admit. The
    /// checkpoints are theirs: where none lies within the quota of a whole day, the nearest is taken, so that the line does not stop for good.
    pub(crate) fn admitted(&mut self, cx: &mut Cx<'_>) -> u64 {
        self.day.turn(cx.now);
        let (size, reach) = (self.peer.log.size(), self.peer_reach());
        let covered = self.checkpoints.newest_within(reach).map_or(0, |checkpoint| checkpoint.checkpoint().size());
        if covered <= size {
            return size;
        }
        let full = cx.out.is_full();
        let within = if full { self.within_reserve() } else { self.within_quota() };
        if covered <= within {
            return within;
        }
        if self.passes_for_a_check(cx.now, within..covered) {
            self.day.let_through = Some(cx.now);
            return covered;
        }
        if full {
            return within;
        }
        let moves = self.checkpoints.newest_within(within).is_some_and(|checkpoint| checkpoint.checkpoint().size() > size);
        if self.day.entries == 0 && !moves {
            return self.checkpoints.next_above(size).unwrap_or(within);
        }
        self.shut(cx);
        within
    }

    /// Counts an entry that is filed.
    pub(crate) fn count(&mut self, entry: &Entry) {
        if entry.fields().index >= self.copied_before() {
            self.day.entries += 1;
            self.day.bytes = self.day.bytes.saturating_add(bytes_of(entry));
        }
    }

    /// Files what waits for the day to turn, or for a line check to be let through.
    pub(crate) fn read_on(&mut self, cx: &mut Cx<'_>) {
        if self.day.shut_until.is_some() {
            self.file_covered(cx);
        }
    }

    /// When what waits is looked at again.
    pub(crate) fn quota_due(&self) -> Option<Timestamp> {
        let end = self.day.shut_until.filter(|_| !self.staged.is_empty())?;
        let through = self.day.let_through.map(|at| at.plus_micros(self.let_through_every_us()));
        Some(through.map_or(end, |through| through.min(end)))
    }

    /// Says once a day that the quota is used up.
    fn shut(&mut self, cx: &mut Cx<'_>) {
        let until = self.day.end();
        if self.day.shut_until.replace(until).is_none() {
            self.event(cx, What::QuotaUsed { entries: self.day.entries, bytes: self.day.bytes, until });
        }
    }

    /// Up to which size of what is here the quota reaches.
    fn within_quota(&self) -> u64 {
        let quota = &self.current_terms().input().quota;
        let (mut entries, mut bytes) = (self.day.entries, self.day.bytes);
        let free = self.copied_before();
        let admits = |entry: &&Verified<Entry>| {
            if entry.fields().index < free {
                return true;
            }
            entries += 1;
            bytes = bytes.saturating_add(bytes_of(entry));
            entries <= quota.entries_per_day.into() && bytes <= quota.bytes_per_day
        };
        self.peer.log.size() + self.staged.iter().take_while(admits).count() as u64
    }

    /// Up to which size of what is here a full disk's reserve is meant for.
    fn within_reserve(&self) -> u64 {
        self.peer.log.size() + self.staged.iter().take_while(|entry| is_exempt(entry)).count() as u64
    }

    /// Whether entries over the quota are let through now: one of them is a line check or follows from SAFETY, and none was
    /// for a while.
    fn passes_for_a_check(&self, now: Timestamp, over: Range<u64>) -> bool {
        let every_us = self.let_through_every_us();
        let waits = self.day.let_through.is_some_and(|at| now < at.plus_micros(every_us) && now >= at);
        let urgent = |entry: &Verified<Entry>| over.contains(&entry.fields().index) && is_exempt(entry);
        !waits && self.staged.iter().any(urgent)
    }

    /// One line check falls into each turn, theirs or ours: half a turn leaves room for clocks that drift.
    fn let_through_every_us(&self) -> i64 {
        i64::from(self.current_terms().input().line_check.every_min) * 60_000_000 / 2
    }

    /// The day's count, as the store has it.
    pub(crate) fn load_day(&self, scheme: &dyn Scheme, now: Timestamp, book: &DayBook) -> Day {
        book.day(now, |generation, note| {
            let origin = self.peer.life(generation)?.origin();
            self.open_cosignature_of(scheme, true, origin, note).ok().map(|said| said.time())
        })
    }

    /// Below this size their present generation was copied before: we have signed that we had it (PROTOCOL E6).
    fn copied_before(&self) -> u64 {
        let generation = self.peer.generation();
        match self.claimed {
            Some(claimed) if claimed.generation > generation => u64::MAX,
            Some(claimed) if claimed.generation == generation => claimed.size,
            _ => 0,
        }
    }
}

/// Whether an entry is a line check, its answer, or said because of SAFETY (PROTOCOL F3).
pub(crate) fn is_exempt(entry: &Entry) -> bool {
    let kind = entry.body().slots().get(&0).and_then(|value| minicbor::decode::<u16>(value).ok()).and_then(Kind::from_code);
    entry.fields().urgent || matches!(kind, Some(Kind::Check | Kind::CheckAnswer))
}

/// What a start reads: the sizes of the peer's entries and our cosignatures of them, until the day's count is derived.
#[derive(Debug, Default)]
pub(crate) struct DayBook {
    /// Bytes of each entry, by generation.
    entries: BTreeMap<Generation, Vec<u64>>,
    /// Our cosignatures, in order.
    cosignatures: Vec<(Generation, u64, Vec<u8>)>,
}

impl DayBook {
    pub(crate) fn take_entry(&mut self, generation: Generation, bytes: u64) {
        self.entries.entry(generation).or_default().push(bytes);
    }

    pub(crate) fn take_cosignature(&mut self, generation: Generation, size: u64, note: &[u8]) {
        self.cosignatures.push((generation, size, note.to_vec()));
    }

    /// What was copied since the last cosignature of an earlier day: all of it counts as of today. `time` reads the time of a
    /// cosignature of a generation; the newest are asked first, and no more than needed.
    pub(crate) fn day(&self, now: Timestamp, time: impl Fn(Generation, &[u8]) -> Option<Timestamp>) -> Day {
        let begin = Day::begin(now);
        let earlier = |(generation, _, note): &&(Generation, u64, Vec<u8>)| time(*generation, note).is_some_and(|at| at < begin);
        let before = self.cosignatures.iter().rev().find(earlier);
        let (of, size) = before.map_or((Generation::FIRST, 0), |(generation, size, _)| (*generation, *size));
        let skip = |generation: Generation| if generation == of { usize::try_from(size).unwrap_or(usize::MAX) } else { 0 };
        let today = self.entries.range(of..).flat_map(|(generation, bytes)| bytes.iter().skip(skip(*generation)));
        let (entries, bytes) = today.fold((0, 0_u64), |(entries, sum), bytes| (entries + 1, sum.saturating_add(*bytes)));
        Day::of(now, entries, bytes)
    }
}
