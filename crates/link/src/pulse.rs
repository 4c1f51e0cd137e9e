//! Keep-alives (PROTOCOL K2): whether the peer answers, how long a round trip takes, and how far its clock is off (K1).

use std::collections::VecDeque;

use detente_types::Timestamp;
use detente_wire::Frame;
use rand_core::CryptoRng;

use crate::config::{Config, PINGS_MAX};
use crate::event::Event;
use crate::timers::{Alarm, draw, earliest};

/// The keep-alives of one link.
#[derive(Debug)]
pub(crate) struct Pulse {
    every_us: i64,
    /// Up to an eighth more, by chance, so that lines do not beat in step.
    spread_us: i64,
    silent_after_us: i64,
    /// Number of the next ping. It starts at the session, so that no number comes twice in a line's life but by chance.
    number: u64,
    unanswered: VecDeque<(u64, Timestamp)>,
    ping: Alarm,
    /// The peer's newest ping: an older one is not worth an answer any more.
    pong: Option<(u64, i64)>,
    silence: Alarm,
    rtt_us: Option<i64>,
    skew_us: Option<i64>,
}

impl Pulse {
    pub(crate) fn new(config: &Config) -> Self {
        Self {
            every_us: config.ping_every_us,
            spread_us: 0,
            silent_after_us: config.silent_after_us,
            number: config.session,
            unanswered: VecDeque::new(),
            ping: Alarm::default(),
            pong: None,
            silence: Alarm::default(),
            rtt_us: None,
            skew_us: None,
        }
    }

    pub(crate) const fn round_trip_us(&self) -> Option<i64> {
        self.rtt_us
    }

    pub(crate) const fn skew_us(&self) -> Option<i64> {
        self.skew_us
    }

    /// Whether nothing has been answered for too long.
    pub(crate) const fn is_silent(&self) -> bool {
        self.silence.is_due()
    }

    /// A bearer is there: silence counts from now.
    pub(crate) fn listen(&mut self, now: Timestamp) {
        self.stop();
        self.hear(now);
    }

    /// The peer has been met: the first ping is due.
    pub(crate) fn start(&mut self, now: Timestamp) {
        self.listen(now);
        self.ping = Alarm::due();
    }

    pub(crate) fn stop(&mut self) {
        self.unanswered.clear();
        self.ping = Alarm::default();
        self.pong = None;
        self.silence = Alarm::default();
    }

    /// The peer asks.
    pub(crate) fn asked(&mut self, number: u64, clock_us: i64) {
        self.pong = Some((number, clock_us));
    }

    /// The peer answers. `None` for an answer to nothing that is still open.
    pub(crate) fn answered(&mut self, now: Timestamp, number: u64, echo_us: i64, clock_us: i64) -> Option<Event> {
        let at = self.unanswered.iter().position(|&(open, sent)| open == number && sent.micros() == echo_us)?;
        let (_, sent) = self.unanswered[at];
        self.unanswered.drain(..=at);
        let rtt_us = now.since(sent);
        let skew_us = clock_us.saturating_sub(sent.plus_micros(rtt_us / 2).micros());
        self.rtt_us = Some(rtt_us);
        self.skew_us = Some(skew_us);
        self.hear(now);
        Some(Event::RoundTrip { rtt_us, skew_us })
    }

    pub(crate) fn next_frame(&mut self, now: Timestamp) -> Option<Frame> {
        if let Some((number, clock_us)) = self.pong.take() {
            return Some(Frame::Pong(number, clock_us, now.micros()));
        }
        if !self.ping.is_due() {
            return None;
        }
        let number = self.number;
        self.number = self.number.wrapping_add(1);
        if self.unanswered.len() == PINGS_MAX {
            self.unanswered.pop_front();
        }
        self.unanswered.push_back((number, now));
        self.ping = Alarm::at(now.plus_micros(self.every_us + self.spread_us));
        Some(Frame::Ping(number, now.micros()))
    }

    /// True when silence begins.
    pub(crate) fn expire(&mut self, now: Timestamp, rng: &mut dyn CryptoRng) -> bool {
        if self.ping.expire(now) {
            self.spread_us = draw(rng, self.every_us / 8);
        }
        self.silence.expire(now)
    }

    pub(crate) fn next_timeout(&self) -> Option<Timestamp> {
        earliest([self.ping.next_timeout(), self.silence.next_timeout()])
    }

    fn hear(&mut self, now: Timestamp) {
        self.silence = Alarm::at(now.plus_micros(self.silent_after_us));
    }
}
