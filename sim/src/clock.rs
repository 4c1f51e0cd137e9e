//! A node's own clock: off by something, running a little fast or slow, and sometimes set.
//!
//! True time is the simulator's. Within one life of a process the node's clock never goes back: the link says that the
//! caller derives it so. A clock that was set back shows it after the next start.

use detente_types::Timestamp;

use crate::dice::Dice;

/// Parts of a million.
const MILLION: i64 = 1_000_000;

/// How one node tells the time.
#[derive(Clone, Debug)]
pub(crate) struct Clock {
    /// True time at which the drift was 0.
    epoch: Timestamp,
    offset_us: i64,
    drift_ppm: i64,
    /// Set back by so much at the next start.
    owed_us: i64,
}

impl Clock {
    /// A clock that is right.
    pub(crate) const fn right(epoch: Timestamp) -> Self {
        Self { epoch, offset_us: 0, drift_ppm: 0, owed_us: 0 }
    }

    /// A clock that is off by up to two minutes and drifts by up to 200 ppm.
    pub(crate) fn skewed(epoch: Timestamp, dice: &mut Dice) -> Self {
        let offset_us = dice.between(-120 * MILLION, 120 * MILLION);
        Self { epoch, offset_us, drift_ppm: dice.between(-200, 200), owed_us: 0 }
    }

    /// What it shows at a true time.
    pub(crate) fn shows(&self, truth: Timestamp) -> Timestamp {
        let since = truth.since(self.epoch);
        truth.plus_micros(self.offset_us + since * self.drift_ppm / MILLION)
    }

    /// The first true time, not before `now`, at which it shows `local` or more.
    pub(crate) fn when(&self, local: Timestamp, now: Timestamp) -> Timestamp {
        let mut at = local.plus_micros(-self.offset_us);
        at = at.plus_micros(-(at.since(self.epoch) * self.drift_ppm / MILLION));
        while self.shows(at) < local {
            at = at.plus_micros(local.since(self.shows(at)).max(1));
        }
        at.max(now)
    }

    /// It is set: ahead at once, back at the next start.
    pub(crate) fn jump(&mut self, by_us: i64) {
        if by_us >= 0 {
            self.offset_us += by_us;
        } else {
            self.owed_us += by_us;
        }
    }

    /// A process starts: what the clock was set back by shows now.
    pub(crate) fn start(&mut self) {
        self.offset_us += self.owed_us;
        self.owed_us = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn when_is_the_first_time_at_which_it_shows() {
        let epoch = Timestamp::from_micros(1_000_000_000);
        let mut dice = Dice::new(1, "clock", 0);
        for _ in 0..500 {
            let clock = Clock::skewed(epoch, &mut dice);
            let local = epoch.plus_micros(dice.between(200 * MILLION, 3_600 * MILLION));
            let at = clock.when(local, epoch);
            assert!(clock.shows(at) >= local, "{clock:?}");
            assert!(clock.shows(at.plus_micros(-3)) <= local, "no later than a few microseconds: {clock:?}");
        }
    }
}
