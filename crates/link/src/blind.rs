//! Streams of blind runs: messages in their order, each once, over a bearer that loses, doubles and reorders.
//!
//! The caller opens a stream under a number that both ends derive alike, and closes it when its run is over. Invariants:
//! what is held of a stream is bounded by [`BLIND_WINDOW`] messages each way; of streams that the caller did not open
//! nothing is held; a stream that was closed here is acknowledged as a whole, so that the other end stops.

use std::collections::{BTreeMap, VecDeque};

use detente_types::Timestamp;
use detente_wire::Frame;

use crate::config::{BLIND_CLOSED_MAX, BLIND_WINDOW};
use crate::event::Event;
use crate::timers::{Alarm, Paced, Patience, earliest};

/// All streams of a link.
#[derive(Debug, Default)]
pub(crate) struct Blind {
    open: BTreeMap<u64, Stream>,
    /// Numbers of streams that were closed here, the latest last, and whether their end is to be acknowledged.
    closed: VecDeque<(u64, bool)>,
}

/// One stream, both ways.
#[derive(Debug, Default)]
struct Stream {
    /// Place of the first message in `out`: all before it have arrived.
    base: u32,
    out: VecDeque<Vec<u8>>,
    /// Next place to send.
    next_out: u32,
    patience: Alarm,
    repeats: u32,
    /// A place that was sent once, and when: its acknowledgement is measured.
    timed: Option<(u32, Timestamp)>,
    /// Next place to hand on.
    next_in: u32,
    /// What came before its turn.
    ahead: BTreeMap<u32, Vec<u8>>,
    taken: Paced,
}

impl Blind {
    pub(crate) fn open(&mut self, number: u64) {
        self.closed.retain(|(closed, _)| *closed != number);
        self.open.entry(number).or_default();
    }

    pub(crate) fn close(&mut self, number: u64) {
        if self.open.remove(&number).is_none() {
            return;
        }
        if self.closed.len() == BLIND_CLOSED_MAX {
            self.closed.pop_front();
        }
        self.closed.push_back((number, true));
    }

    /// Whether another message may be given to a stream.
    pub(crate) fn has_room(&self, number: u64) -> bool {
        self.open.get(&number).is_some_and(|stream| stream.out.len() < BLIND_WINDOW)
    }

    /// Whether all that was given to a stream has arrived.
    pub(crate) fn is_through(&self, number: u64) -> bool {
        self.open.get(&number).is_none_or(|stream| stream.out.is_empty())
    }

    pub(crate) fn send(&mut self, number: u64, bytes: Vec<u8>) {
        if let Some(stream) = self.open.get_mut(&number) {
            stream.out.push_back(bytes);
        }
    }

    /// A message of the peer's. What is next is handed on, with what had come ahead of its turn.
    pub(crate) fn hear(&mut self, now: Timestamp, number: u64, place: u32, bytes: Vec<u8>, events: &mut VecDeque<Event>) {
        let Some(stream) = self.open.get_mut(&number) else {
            match self.closed.iter_mut().find(|(closed, _)| *closed == number) {
                Some((_, owed)) => *owed = true,
                None => events.push_back(Event::BlindKnock(number)),
            }
            return;
        };
        stream.taken.again(now);
        if place < stream.next_in || place - stream.next_in >= BLIND_WINDOW as u32 {
            return;
        }
        stream.ahead.insert(place, bytes);
        while let Some(bytes) = stream.ahead.remove(&stream.next_in) {
            stream.next_in += 1;
            stream.taken.now();
            events.push_back(Event::Blind { stream: number, bytes });
        }
    }

    /// The peer has all before a place.
    pub(crate) fn acknowledged(&mut self, now: Timestamp, number: u64, place: u32, patience: &mut Patience) {
        let Some(stream) = self.open.get_mut(&number) else { return };
        // What was never sent cannot have come: it says that the peer has closed the stream.
        let before = stream.base;
        while stream.base < place && stream.out.pop_front().is_some() {
            stream.base += 1;
        }
        if stream.base == before {
            return;
        }
        stream.next_out = stream.next_out.max(stream.base);
        if let Some((_, at)) = stream.timed.take_if(|(timed, _)| *timed < stream.base) {
            patience.measured(now.since(at));
        }
        stream.repeats = 0;
        stream.patience =
            if stream.base < stream.next_out { Alarm::at(now.plus_micros(patience.wait_us(0))) } else { Alarm::default() };
    }

    /// A new meeting: what was not acknowledged is sent anew.
    pub(crate) fn restart(&mut self) {
        for stream in self.open.values_mut() {
            (stream.next_out, stream.timed, stream.patience) = (stream.base, None, Alarm::default());
            stream.taken.now();
        }
    }

    pub(crate) fn next_acknowledgement(&mut self, now: Timestamp) -> Option<Frame> {
        if let Some((number, owed)) = self.closed.iter_mut().find(|(_, owed)| *owed) {
            *owed = false;
            return Some(Frame::BlindTaken(*number, u32::MAX));
        }
        let (number, stream) = self.open.iter_mut().find(|(_, stream)| stream.taken.is_due())?;
        stream.taken.sent(now, None);
        Some(Frame::BlindTaken(*number, stream.next_in))
    }

    pub(crate) fn next_message(&mut self, now: Timestamp, patience: &Patience) -> Option<Frame> {
        let waits = |stream: &Stream| ((stream.next_out - stream.base) as usize) < stream.out.len();
        let (number, stream) = self.open.iter_mut().find(|(_, stream)| waits(stream))?;
        let place = stream.next_out;
        let bytes = stream.out[(place - stream.base) as usize].clone();
        stream.next_out += 1;
        if !stream.patience.is_set() {
            stream.patience = Alarm::at(now.plus_micros(patience.wait_us(stream.repeats)));
        }
        if stream.timed.is_none() && stream.repeats == 0 {
            stream.timed = Some((place, now));
        }
        Some(Frame::Blind(*number, place, bytes.into()))
    }

    /// Back to the first message that was not acknowledged, where that takes too long.
    pub(crate) fn expire(&mut self, now: Timestamp) {
        for stream in self.open.values_mut() {
            stream.taken.expire(now);
            if stream.patience.expire(now) {
                (stream.next_out, stream.timed, stream.patience) = (stream.base, None, Alarm::default());
                stream.repeats = stream.repeats.saturating_add(1);
            }
        }
    }

    pub(crate) fn next_timeout(&self) -> Option<Timestamp> {
        earliest(self.open.values().flat_map(|stream| [stream.patience.next_timeout(), stream.taken.next_timeout()]))
    }

    /// Bytes that the peer makes us hold.
    pub(crate) fn bytes(&self) -> usize {
        self.open.values().flat_map(|stream| stream.ahead.values()).map(Vec::len).sum()
    }
}
