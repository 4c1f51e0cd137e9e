//! Time: repeats that double, a paced repeat, the wait for an acknowledgement, and the back-off of dialling.
//!
//! A timer that has expired is *due* and shows no further instant until what it asks for has been done: a caller whose
//! bearer is full never spins on an instant in the past.

use detente_types::Timestamp;
use rand_core::CryptoRng;

use crate::config::{
    REDIAL_CEILING_US, REDIAL_FIRST_US, REPEAT_GAP_US, RESEND_CEILING_US, RESEND_FIRST_US, RESEND_FLOOR_US,
    RESEND_MEASURED_MAX_US,
};

/// The earliest of several instants.
pub(crate) fn earliest(times: impl IntoIterator<Item = Option<Timestamp>>) -> Option<Timestamp> {
    times.into_iter().flatten().min()
}

/// `first_us`, doubled `times` times, up to a ceiling that is never below `first_us`.
fn doubled(first_us: i64, times: u32, ceiling_us: i64) -> i64 {
    let factor = 1_i64 << times.min(32);
    first_us.saturating_mul(factor).min(ceiling_us.max(first_us))
}

/// A point in time that expires once and is then due until it is reset.
#[derive(Clone, Debug, Default)]
pub(crate) struct Alarm {
    due: bool,
    at: Option<Timestamp>,
}

impl Alarm {
    pub(crate) const fn due() -> Self {
        Self { due: true, at: None }
    }

    pub(crate) const fn at(at: Timestamp) -> Self {
        Self { due: false, at: Some(at) }
    }

    pub(crate) const fn is_due(&self) -> bool {
        self.due
    }

    pub(crate) const fn is_set(&self) -> bool {
        self.due || self.at.is_some()
    }

    /// True when it expires now.
    pub(crate) fn expire(&mut self, now: Timestamp) -> bool {
        let expires = self.at.is_some_and(|at| at <= now);
        if expires {
            *self = Self::due();
        }
        expires
    }

    pub(crate) const fn next_timeout(&self) -> Option<Timestamp> {
        self.at
    }
}

/// Something said again and again, less and less often, until it is answered.
#[derive(Clone, Debug)]
pub(crate) struct Resend {
    alarm: Alarm,
    sends: u32,
}

impl Resend {
    pub(crate) const fn due() -> Self {
        Self { alarm: Alarm::due(), sends: 0 }
    }

    pub(crate) const fn at(at: Timestamp) -> Self {
        Self { alarm: Alarm::at(at), sends: 0 }
    }

    pub(crate) const fn is_due(&self) -> bool {
        self.alarm.is_due()
    }

    pub(crate) const fn sends(&self) -> u32 {
        self.sends
    }

    pub(crate) fn expire(&mut self, now: Timestamp) {
        self.alarm.expire(now);
    }

    pub(crate) fn sent(&mut self, now: Timestamp, first_us: i64) {
        self.alarm = Alarm::at(now.plus_micros(doubled(first_us, self.sends, RESEND_CEILING_US)));
        self.sends = self.sends.saturating_add(1);
    }

    /// It is not said again.
    pub(crate) fn stop(&mut self) {
        self.alarm = Alarm::default();
    }

    pub(crate) const fn next_timeout(&self) -> Option<Timestamp> {
        self.alarm.next_timeout()
    }
}

/// Something said at once when asked for, but not again within [`REPEAT_GAP_US`] unless it is news.
#[derive(Clone, Debug, Default)]
pub(crate) struct Paced {
    alarm: Alarm,
    last: Option<Timestamp>,
}

impl Paced {
    /// It is news: say it now.
    pub(crate) fn now(&mut self) {
        self.alarm = Alarm::due();
    }

    /// It was asked for again.
    pub(crate) fn again(&mut self, now: Timestamp) {
        let free = self.last.map(|last| last.plus_micros(REPEAT_GAP_US)).filter(|free| *free > now);
        match free {
            _ if self.alarm.is_due() => {}
            Some(free) => self.alarm = Alarm::at(self.alarm.next_timeout().map_or(free, |at| at.min(free))),
            None => self.alarm = Alarm::due(),
        }
    }

    pub(crate) const fn is_due(&self) -> bool {
        self.alarm.is_due()
    }

    pub(crate) fn expire(&mut self, now: Timestamp) {
        self.alarm.expire(now);
    }

    /// It has been said, and is said again after a while if one is named.
    pub(crate) fn sent(&mut self, now: Timestamp, again_us: Option<i64>) {
        self.alarm = again_us.map_or_else(Alarm::default, |us| Alarm::at(now.plus_micros(us)));
        self.last = Some(now);
    }

    pub(crate) const fn next_timeout(&self) -> Option<Timestamp> {
        self.alarm.next_timeout()
    }
}

/// How long to wait for an acknowledgement, from those that came (the estimator of RFC 6298, section 2).
#[derive(Clone, Debug, Default)]
pub(crate) struct Patience {
    smooth_us: Option<i64>,
    spread_us: i64,
}

impl Patience {
    /// One measured wait, of something that was sent once.
    pub(crate) fn measured(&mut self, wait_us: i64) {
        let wait_us = wait_us.clamp(0, RESEND_MEASURED_MAX_US);
        match self.smooth_us {
            None => {
                self.smooth_us = Some(wait_us);
                self.spread_us = wait_us / 2;
            }
            Some(smooth_us) => {
                self.spread_us = (3 * self.spread_us + (smooth_us - wait_us).abs()) / 4;
                self.smooth_us = Some((7 * smooth_us + wait_us) / 8);
            }
        }
    }

    /// The wait before the first repeat, µs.
    pub(crate) fn first_us(&self) -> i64 {
        let measured = self.smooth_us.map_or(RESEND_FIRST_US, |smooth_us| smooth_us + 4 * self.spread_us);
        measured.clamp(RESEND_FLOOR_US, RESEND_MEASURED_MAX_US)
    }

    /// The wait after so many repeats in vain, µs.
    pub(crate) fn wait_us(&self, repeats: u32) -> i64 {
        doubled(self.first_us(), repeats, RESEND_CEILING_US)
    }
}

/// The back-off of dialling: doubling, with half of each wait left to chance so that two ends do not fall in step.
#[derive(Clone, Debug, Default)]
pub(crate) struct Redial {
    failures: u32,
}

impl Redial {
    pub(crate) fn reset(&mut self) {
        self.failures = 0;
    }

    /// The next wait, µs.
    pub(crate) fn next_us(&mut self, rng: &mut dyn CryptoRng) -> i64 {
        let longest = doubled(REDIAL_FIRST_US, self.failures, REDIAL_CEILING_US);
        self.failures = self.failures.saturating_add(1);
        longest / 2 + draw(rng, longest / 2)
    }
}

/// A number from 0 to `most`. The bias of the remainder is far below a microsecond and of no matter.
pub(crate) fn draw(rng: &mut dyn CryptoRng, most: i64) -> i64 {
    i64::from(rng.next_u32() >> 1) % (most.max(0) + 1)
}

#[cfg(test)]
mod tests {
    use rand_chacha::ChaCha20Rng;
    use rand_chacha::rand_core::SeedableRng;

    use super::*;

    const fn at(us: i64) -> Timestamp {
        Timestamp::from_micros(us)
    }

    #[test]
    fn dialling_backs_off_from_half_a_second_to_a_minute() {
        let mut rng = ChaCha20Rng::seed_from_u64(1);
        let mut redial = Redial::default();
        for failures in 0..20 {
            let longest = (REDIAL_FIRST_US << failures.min(10)).min(REDIAL_CEILING_US);
            let wait = redial.next_us(&mut rng);
            assert!((longest / 2..=longest).contains(&wait), "wait {wait} after {failures} failures");
        }
        redial.reset();
        assert!(redial.next_us(&mut rng) <= REDIAL_FIRST_US);
    }

    #[test]
    fn a_paced_repeat_is_at_once_then_after_the_gap() {
        let mut paced = Paced::default();
        paced.again(at(0));
        assert!(paced.is_due());
        paced.sent(at(0), None);
        paced.again(at(10));
        assert!(!paced.is_due());
        assert_eq!(paced.next_timeout(), Some(at(REPEAT_GAP_US)));
        paced.now();
        assert!(paced.is_due(), "news does not wait");
    }

    #[test]
    fn patience_follows_what_is_measured_within_its_bounds() {
        let mut patience = Patience::default();
        assert_eq!(patience.first_us(), RESEND_FIRST_US);
        (0..50).for_each(|_| patience.measured(1_000));
        assert_eq!(patience.first_us(), RESEND_FLOOR_US);
        (0..50).for_each(|_| patience.measured(4_000_000));
        assert!((4_000_000..5_000_000).contains(&patience.first_us()), "{}", patience.first_us());
        (0..50).for_each(|_| patience.measured(i64::MAX));
        assert_eq!(patience.first_us(), RESEND_MEASURED_MAX_US);
        assert_eq!(patience.wait_us(5), RESEND_MEASURED_MAX_US, "the ceiling is never below the first wait");
    }

    #[test]
    fn a_due_alarm_shows_no_instant() {
        let mut alarm = Alarm::at(at(5));
        assert!(!alarm.expire(at(4)));
        assert!(alarm.expire(at(5)));
        assert!(alarm.is_due() && alarm.next_timeout().is_none());
        assert!(!alarm.expire(at(6)), "it expires once");
    }
}
