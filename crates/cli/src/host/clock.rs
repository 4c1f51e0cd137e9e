//! The clock that this process goes by: the machine's, never set back.
//!
//! Everything that waits (redialling, resends, alarms) waits until a time that was named before. A machine's clock that is
//! set back by an hour would keep all of it waiting for that hour. So time goes on from what was shown last, by the steady
//! count of the machine; a clock that is set forward, or a machine that slept, is followed at once.

use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use detente_types::Timestamp;

/// Steps back that are told to people. Smaller ones are a time service at its usual work.
const TOLD_MIN: Duration = Duration::from_secs(1);

static CLOCK: LazyLock<Mutex<Clock>> = LazyLock::new(|| Mutex::new(Clock::new(wall(), Instant::now())));

/// The time, never before one that was given out earlier by this process.
pub fn now() -> Timestamp {
    clock().read(wall(), Instant::now())
}

/// How far the machine's clock is behind [`now`], each time that it was set back by a second or more.
pub(super) fn set_back() -> Option<Duration> {
    clock().news()
}

fn clock() -> MutexGuard<'static, Clock> {
    CLOCK.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The clock of this machine, whatever it was set to.
fn wall() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_micros(micros(since))
}

fn micros(duration: Duration) -> i64 {
    i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)
}

/// The largest time that the wall clock ever showed, and how long ago that was.
struct Clock {
    largest: Timestamp,
    at: Instant,
    behind: Duration,
    told: Duration,
}

impl Clock {
    const fn new(wall: Timestamp, steady: Instant) -> Self {
        Self { largest: wall, at: steady, behind: Duration::ZERO, told: Duration::ZERO }
    }

    fn read(&mut self, wall: Timestamp, steady: Instant) -> Timestamp {
        let counted = self.largest.plus_micros(micros(steady.saturating_duration_since(self.at)));
        self.behind = Duration::from_micros(u64::try_from(counted.since(wall)).unwrap_or(0));
        if wall < counted {
            return counted;
        }
        (self.largest, self.at) = (wall, steady);
        wall
    }

    fn news(&mut self) -> Option<Duration> {
        let grew = self.behind.saturating_sub(self.told) >= TOLD_MIN;
        if grew || self.behind < self.told {
            self.told = self.behind;
        }
        grew.then_some(self.behind)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: i64 = 3_600_000_000;
    const SECOND: i64 = 1_000_000;

    /// Runs a clock: at each number of seconds since the start, what the wall shows and what the clock must show, in
    /// microseconds, and by how many seconds it must be told to have been set back.
    fn check(steps: &[(u64, i64, i64, Option<u64>)]) {
        let (epoch, start) = (Timestamp::from_micros(1_795_500_000_000_000), Instant::now());
        let mut clock = Clock::new(epoch, start);
        for &(second, wall, shows, told) in steps {
            let read = clock.read(epoch.plus_micros(wall), start + Duration::from_secs(second));
            assert_eq!(read.since(epoch), shows, "after {second} s");
            assert_eq!(clock.news(), told.map(Duration::from_secs), "after {second} s");
            assert_eq!(clock.news(), None, "it is told once");
        }
    }

    #[test]
    fn a_wall_clock_that_was_set_back_stops_nothing_and_is_told_once() {
        check(&[
            (10, 10 * SECOND, 10 * SECOND, None),
            (11, 11 * SECOND - HOUR, 11 * SECOND, Some(3_600)),
            (900, 900 * SECOND - HOUR, 900 * SECOND, None),
            (901, 901 * SECOND - 2 * HOUR, 901 * SECOND, Some(7_200)),
        ]);
    }

    #[test]
    fn a_wall_clock_that_catches_up_is_followed_and_may_be_set_back_again() {
        check(&[
            (1, SECOND - HOUR, SECOND, Some(3_600)),
            (2, 2 * SECOND + HOUR, 2 * SECOND + HOUR, None),
            (3, 3 * SECOND, 3 * SECOND + HOUR, Some(3_600)),
        ]);
    }

    #[test]
    fn a_machine_that_slept_is_followed() {
        check(&[(1, SECOND, SECOND, None), (2, 8 * HOUR, 8 * HOUR, None), (3, 8 * HOUR + SECOND, 8 * HOUR + SECOND, None)]);
    }

    #[test]
    fn the_small_steps_of_a_time_service_are_told_only_once_they_add_up() {
        let back = SECOND * 4 / 10;
        check(&[
            (1, SECOND - back, SECOND, None),
            (2, 2 * SECOND - 2 * back, 2 * SECOND, None),
            (3, 3 * SECOND - 2 * SECOND, 3 * SECOND, Some(2)),
        ]);
    }
}
