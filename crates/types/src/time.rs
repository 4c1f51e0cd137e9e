//! Instants and windows, always UTC.

use core::fmt;

use crate::rule::{Rule, Violation};

/// An instant in microseconds since 1970-01-01T00:00:00Z (leap seconds as POSIX counts them).
///
/// It is a claim by whoever wrote it; order between entries comes from the logs (PROTOCOL K1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

/// The first instant that Detente accepts: 2000-01-01T00:00:00Z. Anything earlier is a broken clock.
pub const TIME_MIN: Timestamp = Timestamp(946_684_800_000_000);
/// The last instant that Detente accepts: 2200-01-01T00:00:00Z, far inside what RFC 3339 can print.
pub const TIME_MAX: Timestamp = Timestamp(7_258_118_400_000_000);

const MICROS_PER_SECOND: i64 = 1_000_000;

impl Timestamp {
    /// From microseconds since the Unix epoch.
    pub const fn from_micros(micros: i64) -> Self {
        Self(micros)
    }

    /// Microseconds since the Unix epoch.
    pub const fn micros(self) -> i64 {
        self.0
    }

    /// Whole seconds since the Unix epoch, rounded down.
    pub const fn seconds(self) -> i64 {
        self.0.div_euclid(MICROS_PER_SECOND)
    }

    /// This instant moved by a signed number of seconds, held at the ends of the range.
    pub const fn plus_seconds(self, seconds: i64) -> Self {
        Self(self.0.saturating_add(seconds.saturating_mul(MICROS_PER_SECOND)))
    }

    /// This instant moved by a signed number of microseconds, held at the ends of the range.
    pub const fn plus_micros(self, micros: i64) -> Self {
        Self(self.0.saturating_add(micros))
    }

    /// Microseconds from `earlier` to this instant; negative when it lies before.
    pub const fn since(self, earlier: Self) -> i64 {
        self.0.saturating_sub(earlier.0)
    }

    /// Whether the instant lies in the range that Detente accepts.
    pub fn in_range(self) -> bool {
        (TIME_MIN..=TIME_MAX).contains(&self)
    }

    /// This instant, if it lies in the range that Detente accepts.
    ///
    /// # Errors
    /// DV-001, with `field` as its place.
    pub fn checked(self, field: &str) -> Result<Self, Violation> {
        if self.in_range() {
            return Ok(self);
        }
        Err(Violation::new(Rule::TimeInRange, field, self.to_string()).expected(format!("between {TIME_MIN} and {TIME_MAX}")))
    }

    /// Reads RFC 3339 with a zone (`2026-11-24T06:00:00Z`); a time without a zone is refused.
    pub fn parse(text: &str) -> Option<Self> {
        text.trim().parse::<jiff::Timestamp>().ok().map(|t| Self(t.as_microsecond()))
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match jiff::Timestamp::from_microsecond(self.0) {
            Ok(t) => write!(f, "{t}"),
            Err(_) => write!(f, "{} µs", self.0),
        }
    }
}

/// A closed span of time: both ends belong to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Window {
    start: Timestamp,
    end: Timestamp,
}

/// Longest window of a notice: 400 days, so that a yearly calendar entry fits.
pub const WINDOW_SECONDS_MAX: i64 = 400 * 86_400;

impl Window {
    /// A window from `start` to `end`.
    ///
    /// # Errors
    /// DV-001 an end outside the accepted range, DV-002 an end not after the start, DV-003 too long.
    pub fn try_new(start: Timestamp, end: Timestamp) -> Result<Self, Violation> {
        start.checked("window.start")?;
        end.checked("window.end")?;
        if end <= start {
            return Err(Violation::new(Rule::EndAfterStart, "window.end", end.to_string())
                .expected(format!("later than the start, {start}")));
        }
        if end.since(start) > WINDOW_SECONDS_MAX * MICROS_PER_SECOND {
            return Err(
                Violation::new(Rule::WindowLength, "window", format!("{start} to {end}")).expected("at most 400 days".into())
            );
        }
        Ok(Self { start, end })
    }

    /// First instant.
    pub const fn start(&self) -> Timestamp {
        self.start
    }

    /// Last instant.
    pub const fn end(&self) -> Timestamp {
        self.end
    }

    /// Microseconds between two windows; 0 when they touch or overlap.
    pub fn gap_micros(&self, other: &Self) -> i64 {
        let gap = self.start.max(other.start).since(self.end.min(other.end));
        gap.max(0)
    }

    /// Whether every instant of `inner` lies in this window.
    pub fn covers(&self, inner: &Self) -> bool {
        self.start <= inner.start && inner.end <= self.end
    }
}

impl fmt::Display for Window {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} to {}", self.start, self.end)
    }
}
