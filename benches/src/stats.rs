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

/// One row: median and 99th percentile in microseconds, and the ratio of medians to a floor.
pub fn row(name: &str, sample: &Sample, floor: Option<&Sample>) -> String {
    let us = |d: Duration| d.as_secs_f64() * 1e6;
    let ratio = floor.map(|f| format!("{:.2} x floor", us(sample.median()) / us(f.median()).max(1e-9))).unwrap_or_default();
    format!("{name:<46} p50 {:>9.1} µs   p99 {:>9.1} µs   {ratio}", us(sample.median()), us(sample.quantile(0.99)))
}
