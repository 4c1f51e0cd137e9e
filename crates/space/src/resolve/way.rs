//! The ways in which a notice can move, each a line of equal steps.

use detente_types::passage::{Passage, PassageIn};
use detente_types::time::Window;
use detente_types::unit::Metres;
use detente_types::volume::{AltitudeBand, Volume};

use super::Shift;
use super::rigid::Turn;

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
    /// The way of a shift, and its steps.
    pub(super) const fn of(shift: Shift) -> (Self, i64) {
        match shift {
            Shift::Time { shift_us } if shift_us < 0 => (Self::Earlier, -shift_us / MINUTE_US),
            Shift::Time { shift_us } => (Self::Later, shift_us / MINUTE_US),
            Shift::Altitude { climb_cm } if climb_cm < 0 => (Self::Down, -climb_cm / CLIMB_CM),
            Shift::Altitude { climb_cm } => (Self::Up, climb_cm / CLIMB_CM),
            Shift::Place { bearing_deg, distance } => (Self::Toward(bearing_deg), distance.cm() / PLACE_CM),
        }
    }

    /// The shift of so many steps.
    pub(super) const fn shift(self, steps: i64) -> Shift {
        match self {
            Self::Later => Shift::Time { shift_us: steps * MINUTE_US },
            Self::Earlier => Shift::Time { shift_us: -steps * MINUTE_US },
            Self::Up => Shift::Altitude { climb_cm: steps * CLIMB_CM },
            Self::Down => Shift::Altitude { climb_cm: -steps * CLIMB_CM },
            Self::Toward(bearing_deg) => Shift::Place { bearing_deg, distance: Metres::from_cm(steps * PLACE_CM) },
        }
    }
}

/// A volume in another place of time; `None` when a rule does not let it be there.
pub(super) fn in_time(volume: &Volume, shift_us: i64) -> Option<Volume> {
    let (start, end) = (volume.window.start().plus_micros(shift_us), volume.window.end().plus_micros(shift_us));
    let window = Window::try_new(start, end).ok()?;
    let passage = match &volume.passage {
        None => None,
        Some(passage) => {
            let times_us = passage.times().iter().map(|t| t.plus_micros(shift_us).micros()).collect();
            let moved = PassageIn { times_us, slack_us: passage.slack_us() };
            Some(Passage::try_new(&moved, volume.footprint.shape(), &window).ok()?)
        }
    };
    Some(Volume { window, passage, ..volume.clone() })
}

/// A volume at another altitude; `None` when a rule does not let it be there.
pub(super) fn in_altitude(volume: &Volume, climb_cm: i64) -> Option<Volume> {
    let climb = Metres::from_cm(climb_cm);
    let (lower, upper) = (volume.band.lower().saturating_add(climb), volume.band.upper().saturating_add(climb));
    let band = AltitudeBand::try_new(lower, upper, volume.band.datum()).ok()?;
    Some(Volume { band, ..volume.clone() })
}

/// A volume in another place; `None` when a rule does not let its shape be there.
pub(super) fn in_place(volume: &Volume, turn: &Turn) -> Option<Volume> {
    let footprint = turn.footprint(&volume.footprint)?;
    Some(Volume { footprint, ..volume.clone() })
}
