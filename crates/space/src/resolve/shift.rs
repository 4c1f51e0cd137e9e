//! A move of a whole notice, and what it makes of a volume.

use detente_types::passage::{Passage, PassageIn};
use detente_types::time::Window;
use detente_types::unit::Metres;
use detente_types::volume::{AltitudeBand, Volume};

use super::rigid::Turn;

/// A move of a whole notice: in time, in altitude, in place, or in several of them at once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Shift {
    /// Every window and passage: whole minutes in microseconds; later, or earlier when negative. 0 where the times stay.
    pub shift_us: i64,
    /// Every band: whole 10 m in centimetres; up, or down when negative. 0 where the altitudes stay.
    pub climb_cm: i64,
    /// Every footprint; `None` where the place stays.
    pub aside: Option<Aside>,
}

/// How footprints are moved: turned about the earth's centre as one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Aside {
    /// Clockwise from true north at the middle of the notice, 0 to 359.
    pub bearing_deg: u16,
    /// How far the middle moves: whole 50 m.
    pub distance: Metres,
}

impl Shift {
    /// In time only: microseconds later, or earlier when negative.
    pub const fn in_time(shift_us: i64) -> Self {
        Self { shift_us, climb_cm: 0, aside: None }
    }

    /// In altitude only: centimetres up, or down when negative.
    pub const fn in_altitude(climb_cm: i64) -> Self {
        Self { shift_us: 0, climb_cm, aside: None }
    }

    /// In place only: along a bearing, degrees clockwise from true north.
    pub const fn aside(bearing_deg: u16, distance: Metres) -> Self {
        Self { shift_us: 0, climb_cm: 0, aside: Some(Aside { bearing_deg, distance }) }
    }

    /// Both at once. Where both move the place, it is as this one says.
    pub const fn and(self, other: Self) -> Self {
        let aside = if self.aside.is_some() { self.aside } else { other.aside };
        Self { shift_us: self.shift_us + other.shift_us, climb_cm: self.climb_cm + other.climb_cm, aside }
    }

    /// In how many of time, altitude and place it moves something, 0 to 3.
    pub fn parts(&self) -> usize {
        [self.shift_us != 0, self.climb_cm != 0, self.aside.is_some()].into_iter().filter(|moves| *moves).count()
    }
}

/// A volume after a shift, whose turn is that of its part aside; `None` when a rule does not let it be there.
pub(super) fn moved(volume: &Volume, by: Shift, turn: Option<&Turn>) -> Option<Volume> {
    let footprint = match turn {
        Some(turn) => turn.footprint(&volume.footprint)?,
        None => volume.footprint.clone(),
    };
    let later = |window: &Window| Window::try_new(window.start().plus_micros(by.shift_us), window.end().plus_micros(by.shift_us));
    let window = later(&volume.window).ok()?;
    let passage = match &volume.passage {
        None => None,
        Some(passage) => {
            let times_us = passage.times().iter().map(|t| t.plus_micros(by.shift_us).micros()).collect();
            let moved = PassageIn { times_us, slack_us: passage.slack_us() };
            Some(Passage::try_new(&moved, footprint.shape(), &window).ok()?)
        }
    };
    Some(Volume { footprint, band: higher(volume.band, by.climb_cm)?, window, passage })
}

fn higher(band: AltitudeBand, climb_cm: i64) -> Option<AltitudeBand> {
    let climb = Metres::from_cm(climb_cm);
    AltitudeBand::try_new(band.lower().saturating_add(climb), band.upper().saturating_add(climb), band.datum()).ok()
}
