//! The quota of a day (PROTOCOL F6): how much of the peer's log is copied from one midnight UTC to the next, by our clock.
//!
//! Over it nothing more is filed until the day turns, and on a full disk nothing until there is room. What has arrived waits
//! in memory, no more than the link's window, so the author stops by that; nothing is dropped or skipped. SAFETY overtakes,
//! and hellos and cosignatures are no entries: none of them waits. A line check, or what is said because of SAFETY, stands in
//! the log behind other entries, perhaps beyond the window: what is here is let through at once when one of them is in it,
//! and over the quota also when none is, once it has waited for half a turn of line checks. Neither happens twice in half a
//! turn (F3).
//!
//! Invariants: what was once cosigned and is copied again after a restore is not counted; a start does not set the count
//! back, for it follows from our own cosignatures and what they cover; what waits is looked at again at a time that lies
//! ahead, or when something comes.

use std::collections::BTreeMap;

use detente_types::statement::Kind;
use detente_types::{Generation, Timestamp};
use detente_wire::{Entry, Scheme, Verified};

use crate::input::What;
use crate::line::{Cx, Line};

const DAY_US: i64 = 86_400_000_000;

/// What is let through at a time for the sake of a line check that nobody sees: the link's window by default (PROTOCOL F3).
const THROUGH_BYTES: u64 = 1 << 20;

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
    /// How many bytes over the quota are still let through.
    through_left: u64,
    /// Since when something waits.
    waits_since: Option<Timestamp>,
    /// When what waits is looked at again, if nothing comes before.
    again: Option<Timestamp>,
}

/// How much of their log may be filed, by size.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Admission {
    /// Nothing waits but for a checkpoint.
    All(u64),
    /// All that is here, for the sake of a line check; and of what follows on it, so many bytes.
    Through { size: u64, left: u64 },
    /// The rest waits. It is looked at again at this time; `None`: when there is room on the disk.
    Waits { within: u64, again: Option<Timestamp> },
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
            *self = Self { let_through: self.let_through, again: self.again, ..Self::of(now, 0, 0) };
        }
    }
}

impl Line {
    /// What was copied of their log today.
    pub const fn day(&self) -> &Day {
        &self.day
    }

    /// Up to which size their log may be filed now, and takes note of what follows: what was let through, what waits, and
    /// that the quota is used up.
    pub(crate) fn admit(&mut self, cx: &mut Cx<'_>) -> u64 {
        self.day.turn(cx.now);
        let full = cx.out.is_full();
        let admission = match self.admission(cx.now, full) {
            Admission::All(size) | Admission::Through { size, .. } if !self.has_room_for(cx, size) => {
                Admission::Waits { within: self.peer.log.size(), again: None }
            }
            admission => admission,
        };
        (self.day.again, self.day.waits_since) = match admission {
            Admission::All(_) | Admission::Through { .. } => (None, None),
            Admission::Waits { again, .. } => (again, self.day.waits_since.or(Some(cx.now))),
        };
        match admission {
            Admission::All(size) => size,
            Admission::Through { size, left } => {
                (self.day.let_through, self.day.through_left) = (Some(cx.now), left);
                size
            }
            Admission::Waits { within, .. } => {
                if !full {
                    self.shut(cx);
                }
                within
            }
        }
    }

    /// Whether the disk has room for what is here of their log below a size.
    fn has_room_for(&self, cx: &Cx<'_>, size: u64) -> bool {
        let here = self.staged.iter().take_while(|entry| entry.fields().index < size);
        cx.out.has_room_for_peer(here.map(|entry| bytes_of(entry)).sum())
    }

    /// All of their log that is here, or what the quota and the disk admit. The checkpoints are theirs: where none lies
    /// within the quota of a whole day, the nearest is taken, so that the line does not stop for good.
    fn admission(&self, now: Timestamp, full: bool) -> Admission {
        let (size, reach) = (self.peer.log.size(), self.peer_reach());
        let covers = |reach| self.checkpoints.newest_within(reach).map_or(0, |checkpoint| checkpoint.checkpoint().size());
        let covered = covers(reach);
        let within = match full {
            _ if covered <= size => return Admission::All(size),
            true => self.within_reserve(),
            false => self.within_quota(),
        };
        if covered <= within {
            return Admission::All(within);
        }
        let check = self.staged.iter().any(|entry| (within..covered).contains(&entry.fields().index) && is_exempt(entry));
        let through = (check || !full).then(|| self.through_at(now, check));
        if through.is_some_and(|at| at <= now) {
            return Admission::Through { size: covered, left: if check { 0 } else { THROUGH_BYTES } };
        }
        match self.checkpoints.next_above(size) {
            Some(next) if !full && self.day.entries == 0 && covers(within) <= size => Admission::All(next),
            _ if full => Admission::Waits { within, again: through },
            _ => Admission::Waits { within, again: through.into_iter().chain([self.day.end()]).min() },
        }
    }

    /// Counts an entry that is filed.
    pub(crate) fn count(&mut self, entry: &Entry) {
        if entry.fields().index >= self.copied_before() {
            self.day.entries += 1;
            self.day.bytes = self.day.bytes.saturating_add(bytes_of(entry));
            if self.is_over(self.day.entries, self.day.bytes) {
                self.day.through_left = self.day.through_left.saturating_sub(bytes_of(entry));
            }
        }
    }

    /// Turns the day, and files what waited until now for that, or to be let through.
    pub(crate) fn read_on(&mut self, cx: &mut Cx<'_>) {
        self.day.turn(cx.now);
        if self.quota_due().is_some_and(|at| at <= cx.now) {
            self.file_covered(cx);
        }
    }

    /// When what waits is looked at again.
    pub(crate) const fn quota_due(&self) -> Option<Timestamp> {
        self.day.again
    }

    /// Says once a day that the quota is used up.
    fn shut(&mut self, cx: &mut Cx<'_>) {
        let until = self.day.end();
        if self.day.shut_until.replace(until).is_none() {
            self.event(cx, What::QuotaUsed { entries: self.day.entries, bytes: self.day.bytes, until });
        }
    }

    /// Up to which size of what is here the quota reaches, and what is let through beyond it.
    fn within_quota(&self) -> u64 {
        let (mut entries, mut bytes) = (self.day.entries, self.day.bytes);
        let (free, mut left) = (self.copied_before(), Some(self.day.through_left));
        let admits = |entry: &&Verified<Entry>| {
            if entry.fields().index < free {
                return true;
            }
            entries += 1;
            bytes = bytes.saturating_add(bytes_of(entry));
            if self.is_over(entries, bytes) {
                left = left.and_then(|left| left.checked_sub(bytes_of(entry)));
            }
            left.is_some()
        };
        self.peer.log.size() + self.staged.iter().take_while(admits).count() as u64
    }

    /// Whether so much in a day is over the quota.
    fn is_over(&self, entries: u64, bytes: u64) -> bool {
        let quota = &self.current_terms().input().quota;
        entries > quota.entries_per_day.into() || bytes > quota.bytes_per_day
    }

    /// Up to which size of what is here a full disk's reserve is meant for.
    fn within_reserve(&self) -> u64 {
        self.peer.log.size() + self.staged.iter().take_while(|entry| is_exempt(entry)).count() as u64
    }

    /// When entries over the quota may be let through: half a turn after the last ones, and where no line check is `seen`
    /// among them, not before they have waited so long. A time that lies ahead is of a clock that was set back since.
    fn through_at(&self, now: Timestamp, seen: bool) -> Timestamp {
        let later = |at: Timestamp| at.plus_micros(self.let_through_every_us());
        let last = self.day.let_through.filter(|at| *at <= now).map_or(now, later);
        let waited = later(self.day.waits_since.filter(|at| *at <= now).unwrap_or(now));
        if seen { last } else { last.max(waited) }
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
    /// cosignature of a generation, which costs the check of a signature. Our own times never fall from one to the next but
    /// where a clock was set back, so halves are asked; an earlier day that this overlooks makes more count as of today.
    pub(crate) fn day(&self, now: Timestamp, time: impl Fn(Generation, &[u8]) -> Option<Timestamp>) -> Day {
        let begin = Day::begin(now);
        let is_earlier =
            |(generation, _, note): &(Generation, u64, Vec<u8>)| time(*generation, note).is_some_and(|at| at < begin);
        let earlier = self.cosignatures.partition_point(is_earlier);
        let before = earlier.checked_sub(1).map(|last| &self.cosignatures[last]);
        let (of, size) = before.map_or((Generation::FIRST, 0), |(generation, size, _)| (*generation, *size));
        let skip = |generation: Generation| if generation == of { usize::try_from(size).unwrap_or(usize::MAX) } else { 0 };
        let today = self.entries.range(of..).flat_map(|(generation, bytes)| bytes.iter().skip(skip(*generation)));
        let (entries, bytes) = today.fold((0, 0_u64), |(entries, sum), bytes| (entries + 1, sum.saturating_add(*bytes)));
        Day::of(now, entries, bytes)
    }
}

#[cfg(test)]
mod tests {
    use core::cell::Cell;

    use super::*;

    /// One entry a minute, each cosigned by itself; the notes hold their time.
    fn book(minutes: u64) -> DayBook {
        let mut book = DayBook::default();
        for minute in 0..minutes {
            book.take_entry(Generation::FIRST, 10);
            book.take_cosignature(Generation::FIRST, minute + 1, &(minute as i64 * 60_000_000).to_be_bytes());
        }
        book
    }

    #[test]
    fn the_count_of_a_long_day_costs_few_signatures() {
        for (minutes, today) in [(0, 0), (60, 60), (1_440, 1_440), (1_500, 60), (4_000, 1_120), (4_320, 1_440)] {
            let now = Timestamp::from_micros((minutes as i64 - 1).max(0) * 60_000_000);
            let checked = Cell::new(0);
            let time = |_: Generation, note: &[u8]| {
                checked.set(checked.get() + 1);
                note.try_into().ok().map(|at| Timestamp::from_micros(i64::from_be_bytes(at)))
            };
            let day = book(minutes).day(now, time);
            assert_eq!((day.entries, day.bytes), (today, 10 * today), "after {minutes} minutes");
            assert!(checked.get() <= 14, "{} signatures of {minutes}", checked.get());
        }
    }
}
