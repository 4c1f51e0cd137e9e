//! Joint conflicts: what the two logs alone say (PROTOCOL section 6).

use crate::id::{ConflictId, StatementRef};
use crate::time::{Timestamp, Window};
use crate::unit::Metres;
use crate::volume::{AltitudeBand, Position};

/// How two volumes meet, in integers that are equal on both sides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Meeting {
    /// Closest horizontal distance between the footprints; zero when they touch or overlap.
    pub distance: Metres,
    /// Where the first volume comes closest to the second.
    pub at: Position,
    /// Vertical gap; zero when the bands touch or overlap.
    pub vertical_gap: Metres,
    /// The altitudes that both use, when the bands overlap.
    pub band: Option<AltitudeBand>,
    /// Gap in time in microseconds; zero when the windows touch or overlap.
    pub time_gap_us: i64,
    /// When both are there, when the windows overlap for more than an instant; for what moves, while it is too close.
    pub window: Option<Window>,
    /// When they are closest, if one moves: the time of the first that does.
    pub when: Option<Timestamp>,
}

/// Two notices, one of each party, that come closer than the terms' separation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conflict {
    /// Named by PROTOCOL C3.
    pub id: ConflictId,
    /// The statement of the party with the lower ID, then the other's.
    pub statements: [StatementRef; 2],
    /// Which volume of each notice, counted from 0, and how they meet; the closest pair comes first.
    pub meetings: Vec<VolumeMeeting>,
}

/// One pair of volumes that meet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VolumeMeeting {
    /// Places of the volumes in their notices, in the order of [`Conflict::statements`].
    pub volumes: [u16; 2],
    /// How they meet.
    pub meeting: Meeting,
}
