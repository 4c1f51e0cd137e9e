//! Sending a log in order: a window of bytes in flight, and back to the last acknowledged entry when nothing comes back.
//!
//! Stores nothing but the entries that wait to be cut: what is sent again is asked for again. Invariants: no entry leaves
//! out of order; the bytes in flight stay within the window, but that one entry may always be in flight; a checkpoint
//! leaves after the last entry it covers, and before anyone waits for its cosignature.

use std::collections::VecDeque;

use core::ops::Range;

use detente_types::{Generation, Index, Timestamp};
use detente_wire::entry::{PACKED_BYTES_MAX, PACKED_BYTES_MIN};
use detente_wire::frame::{Frame, Part};

use crate::config::{NEED_AGAIN_US, WINDOW_BYTES_AFTER_LOSS};
use crate::event::Event;
use crate::marks::Marks;
use crate::parts::Outgoing;
use crate::timers::{Alarm, Patience, earliest};

/// One log, or a piece of one, on its way out.
#[derive(Debug)]
pub(crate) struct Outbox {
    own: bool,
    generation: Generation,
    /// Entries below this are acknowledged.
    base: Index,
    /// Entries below this exist.
    end: Index,
    /// Lengths of the entries from `base` on whose sending has begun.
    flight: VecDeque<usize>,
    flight_bytes: usize,
    /// Supplied entries that follow those, and their bytes.
    ready: VecDeque<Vec<u8>>,
    ready_bytes: usize,
    cutting: Option<Outgoing>,
    /// When the caller was last asked for entries, if it has not answered.
    asked: Option<Timestamp>,
    /// Checkpoints of the log; none for what is given back, which its author acknowledges in a hello.
    marks: Option<Marks>,
    window_bytes: usize,
    /// The window after a loss; it grows back with what is acknowledged.
    cautious_bytes: usize,
    patience: Alarm,
    repeats: u32,
    /// A size that was sent once and not again, and when: its acknowledgement is measured (Karn's rule).
    timed: Option<(u64, Timestamp)>,
}

impl Outbox {
    /// Sends our own log from `from` to its head.
    pub(crate) fn of_log(generation: Generation, range: Range<Index>, marks: Marks, window_bytes: usize) -> Self {
        Self::new(true, generation, range, Some(marks), window_bytes)
    }

    /// Gives a piece of the peer's log back.
    pub(crate) fn giving_back(generation: Generation, range: Range<Index>, window_bytes: usize) -> Self {
        Self::new(false, generation, range, None, window_bytes)
    }

    fn new(own: bool, generation: Generation, range: Range<Index>, marks: Option<Marks>, window_bytes: usize) -> Self {
        Self {
            own,
            generation,
            base: range.start.min(range.end),
            end: range.end,
            flight: VecDeque::new(),
            flight_bytes: 0,
            ready: VecDeque::new(),
            ready_bytes: 0,
            cutting: None,
            asked: None,
            marks,
            window_bytes,
            cautious_bytes: window_bytes,
            patience: Alarm::default(),
            repeats: 0,
            timed: None,
        }
    }

    pub(crate) const fn generation(&self) -> Generation {
        self.generation
    }

    pub(crate) const fn is_done(&self) -> bool {
        self.base >= self.end
    }

    /// Bytes of entries whose sending has begun and that are not acknowledged.
    pub(crate) const fn in_flight_bytes(&self) -> usize {
        self.flight_bytes
    }

    /// Entries whose sending has not begun.
    pub(crate) fn not_sent(&self) -> u64 {
        self.end - self.begun()
    }

    /// The log has grown to `size`, under this checkpoint.
    pub(crate) fn grow(&mut self, size: u64, checkpoint: Vec<u8>) {
        self.end = self.end.max(size);
        self.mark(size, checkpoint);
    }

    /// A checkpoint at `size`.
    pub(crate) fn mark(&mut self, size: u64, checkpoint: Vec<u8>) {
        if let Some(marks) = self.marks.as_mut().filter(|_| size > self.base && size <= self.end) {
            marks.insert(size, checkpoint);
        }
    }

    /// What to ask the caller for, if anything.
    pub(crate) fn ask(&mut self, now: Timestamp) -> Option<Event> {
        self.ask_checkpoint(now).or_else(|| self.ask_entries(now))
    }

    fn ask_entries(&mut self, now: Timestamp) -> Option<Event> {
        if self.asked.is_some() || !self.ready.is_empty() || self.begun() >= self.end {
            return None;
        }
        let max_bytes = self.room_bytes();
        // Small needs would make the caller read its store an entry at a time.
        if self.flight_bytes > 0 && max_bytes < (self.allowed_bytes() / 8).max(PACKED_BYTES_MIN) {
            return None;
        }
        self.asked = Some(now);
        Some(Event::Need { own: self.own, generation: self.generation, from: self.begun(), max_bytes })
    }

    fn ask_checkpoint(&mut self, now: Timestamp) -> Option<Event> {
        let (size, allowed_bytes) = (self.sent(), self.allowed_bytes());
        let blocked = self.ready.front().is_some_and(|packed| !self.fits(packed.len()));
        let marks = self.marks.as_mut().filter(|_| size < self.end)?;
        let uncovered = uncovered_bytes(&self.flight, self.base, marks.sent(), size);
        let wanted = uncovered > 0 && (blocked || uncovered >= allowed_bytes / 4);
        (wanted && marks.ask(now, size)).then_some(Event::NeedCheckpoint { generation: self.generation, size })
    }

    /// Takes an entry that was asked for. One that does not come next answers an older need; the need is then told again.
    pub(crate) fn supply(&mut self, generation: Generation, index: Index, packed: Vec<u8>) {
        self.asked = None;
        let expected = self.begun() + self.ready.len() as u64;
        let room = self.ready.is_empty() || self.ready_bytes + packed.len() <= self.window_bytes;
        if generation == self.generation && index == expected && index < self.end && room {
            self.ready_bytes += packed.len();
            self.ready.push_back(packed);
        }
    }

    /// The next frame, if the window allows one.
    pub(crate) fn next_frame(&mut self, now: Timestamp, patience: &Patience) -> Option<Frame> {
        let sent = self.sent();
        if let Some((size, note)) = self.marks.as_mut().and_then(|marks| marks.next_to_send(sent)) {
            self.wait_for(now, size, patience);
            return Some(Frame::Checkpoint(note.into()));
        }
        let part = self.next_part()?;
        if self.marks.is_none() && self.cutting.is_none() {
            self.wait_for(now, self.sent(), patience);
        }
        Some(Frame::Part(part))
    }

    fn next_part(&mut self) -> Option<Part> {
        if self.cutting.is_none() {
            self.begin_entry()?;
        }
        let entry = self.cutting.as_mut()?;
        let part = entry.next_part();
        if entry.is_at_start() {
            self.cutting = None;
        }
        Some(part)
    }

    fn begin_entry(&mut self) -> Option<()> {
        let length = self.ready.front()?.len();
        if !self.fits(length) {
            return None;
        }
        let packed = self.ready.pop_front()?;
        self.ready_bytes -= length;
        self.cutting = Some(Outgoing::new(self.own, false, self.generation, self.begun(), packed));
        self.flight.push_back(length);
        self.flight_bytes += length;
        Some(())
    }

    /// Everything below `size` has arrived for good. True when that is news.
    pub(crate) fn acknowledge(&mut self, now: Timestamp, size: u64, patience: &mut Patience) -> bool {
        let size = size.min(self.end);
        if size <= self.base {
            return false;
        }
        if let Some((_, since)) = self.timed.take_if(|(timed, _)| *timed <= size) {
            patience.measured(now.since(since));
        }
        self.advance(size);
        self.repeats = 0;
        let awaited = self.marks.as_ref().map_or(!self.flight.is_empty(), |marks| marks.sent() > self.base);
        self.patience = if awaited { Alarm::at(now.plus_micros(patience.first_us())) } else { Alarm::default() };
        true
    }

    fn advance(&mut self, size: u64) {
        while self.base < size {
            if let Some(length) = self.flight.pop_front() {
                self.flight_bytes -= length;
                self.cautious_bytes = (self.cautious_bytes + length).min(self.window_bytes);
            } else if let Some(packed) = self.ready.pop_front() {
                self.ready_bytes -= packed.len();
            } else {
                self.base = size;
                self.asked = None;
                break;
            }
            self.base += 1;
        }
        self.cutting.take_if(|entry| entry.index < size);
        if let Some(marks) = &mut self.marks {
            marks.forget_to(size);
        }
    }

    /// True when sending has gone back to the last acknowledged entry.
    pub(crate) fn expire(&mut self, now: Timestamp) -> bool {
        self.asked.take_if(|asked| asked.plus_micros(NEED_AGAIN_US) <= now);
        if let Some(marks) = &mut self.marks {
            marks.expire(now);
        }
        let lost = self.patience.expire(now);
        if lost {
            self.go_back();
        }
        lost
    }

    fn go_back(&mut self) {
        self.flight.clear();
        self.flight_bytes = 0;
        self.ready.clear();
        self.ready_bytes = 0;
        self.cutting = None;
        self.asked = None;
        self.timed = None;
        self.patience = Alarm::default();
        self.repeats = self.repeats.saturating_add(1);
        self.cautious_bytes = WINDOW_BYTES_AFTER_LOSS.min(self.window_bytes);
        if let Some(marks) = &mut self.marks {
            marks.restart(self.base);
        }
    }

    /// From now on an acknowledgement of `size` is awaited.
    fn wait_for(&mut self, now: Timestamp, size: u64, patience: &Patience) {
        if !self.patience.is_set() {
            self.patience = Alarm::at(now.plus_micros(patience.wait_us(self.repeats)));
        }
        if self.repeats == 0 && self.timed.is_none() {
            self.timed = Some((size, now));
        }
    }

    pub(crate) fn next_timeout(&self) -> Option<Timestamp> {
        let checkpoint = self.marks.as_ref().and_then(Marks::next_timeout);
        earliest([self.patience.next_timeout(), self.asked.map(|asked| asked.plus_micros(NEED_AGAIN_US)), checkpoint])
    }

    /// The entry whose sending begins next.
    fn begun(&self) -> Index {
        self.base + self.flight.len() as u64
    }

    /// The size below which every entry has left whole.
    fn sent(&self) -> u64 {
        self.begun() - u64::from(self.cutting.is_some())
    }

    fn allowed_bytes(&self) -> usize {
        self.window_bytes.min(self.cautious_bytes)
    }

    fn room_bytes(&self) -> usize {
        let least = if self.flight_bytes == 0 { PACKED_BYTES_MAX } else { 0 };
        self.allowed_bytes().saturating_sub(self.flight_bytes).max(least)
    }

    fn fits(&self, length: usize) -> bool {
        self.flight_bytes == 0 || self.flight_bytes + length <= self.allowed_bytes()
    }
}

/// Bytes of entries that have left whole and lie above the checkpoint sent last.
fn uncovered_bytes(flight: &VecDeque<usize>, base: Index, covered: u64, sent: u64) -> usize {
    let skip = covered.saturating_sub(base) as usize;
    let take = sent.saturating_sub(covered.max(base)) as usize;
    flight.iter().skip(skip).take(take).sum()
}
