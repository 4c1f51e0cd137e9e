//! Medians and tails.

use std::time::Duration;

/// A sample of durations.
#[derive(Clone, Debug, Default)]
pub struct Sample(Vec<Duration>);

impl Sample {
    /// Adds a measurement.
    pub fn push(&mut self, duration: Duration) {
        self.0.push(duration);
    }

    /// The duration below which this share of the measurements lies; zero for an empty sample.
    pub fn quantile(&self, share: f64) -> Duration {
        let mut sorted = self.0.clone();
        sorted.sort_unstable();
        let last = sorted.len().saturating_sub(1);
        sorted.get((last as f64 * share).round() as usize).copied().unwrap_or_default()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The middle one.
    pub fn median(&self) -> Duration {
        self.quantile(0.5)
    }
}

/// Processor time of this thread so far: what else the machine does is no part of it.
pub fn own_time() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec.unsigned_abs(), u32::try_from(time.tv_nsec).unwrap_or(0))
}
