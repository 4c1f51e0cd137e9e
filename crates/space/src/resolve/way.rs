//! The ways in which a notice can move, each a line of equal steps.

use detente_types::unit::Metres;

use super::Weights;
use super::shift::Shift;

/// A step in time, microseconds: people agree on whole minutes.
pub(super) const MINUTE_US: i64 = 60_000_000;
/// A step in altitude, centimetres.
pub(super) const CLIMB_CM: i64 = 1_000;
/// A step in place, centimetres.
pub(super) const PLACE_CM: i64 = 5_000;

/// A direction in which a notice can be moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Way {
    /// Later in time.
    Later,
    /// Earlier in time.
    Earlier,
    /// To a higher altitude.
    Up,
    /// To a lower altitude.
    Down,
    /// Along a bearing, degrees clockwise from true north at the middle of the notice, 0 to 359.
    Toward(u16),
}

impl Way {
    /// The shift of so many steps.
    pub(super) const fn shift(self, steps: i64) -> Shift {
        match self {
            Self::Later => Shift::in_time(steps * MINUTE_US),
            Self::Earlier => Shift::in_time(-steps * MINUTE_US),
            Self::Up => Shift::in_altitude(steps * CLIMB_CM),
            Self::Down => Shift::in_altitude(-steps * CLIMB_CM),
            Self::Toward(_) if steps == 0 => Shift::in_time(0),
            Self::Toward(bearing_deg) => Shift::aside(bearing_deg, Metres::from_cm(steps * PLACE_CM)),
        }
    }

    /// What so many steps cost, in twentieths of the weights' unit.
    pub(super) fn cost(self, steps: i64, weights: &Weights) -> u64 {
        // A minute, a tenth of 100 m, a twentieth of a kilometre.
        let each = match self {
            Self::Later | Self::Earlier => u64::from(weights.per_minute) * 20,
            Self::Up | Self::Down => u64::from(weights.per_100_m) * 2,
            Self::Toward(_) => u64::from(weights.per_km),
        };
        each.saturating_mul(steps.unsigned_abs())
    }
}

/// The first step in place that is further than so many metres.
pub(super) fn step_beyond(metres: f64) -> i64 {
    (libm::floor(metres * 100.0 / PLACE_CM as f64) as i64).saturating_add(1)
}

/// How far so many steps in place are, metres.
pub(super) fn metres(steps: i64) -> f64 {
    steps as f64 * (PLACE_CM as f64 / 100.0)
}

/// What is searched in one go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Course {
    /// One way.
    Along(Way),
    /// The bearings of an eighth of the circle, from this one on, degrees: for a shift aside that is smaller than those found.
    Round(u16),
    /// Two ways at once: in time and altitude, in time and place, or in altitude and place.
    Both(Way, Way),
}

impl From<Way> for Course {
    fn from(way: Way) -> Self {
        Self::Along(way)
    }
}
