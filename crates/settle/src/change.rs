//! What an agreed change makes of a notice: the draft of its next version, and whether a next version keeps to it.

use detente_types::notice::NoticeIn;
use detente_types::statement::Change;
use detente_types::{Notice, StatementRef, Violation, Volume, VolumeIn};

/// What the obliged party owes.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::large_enum_variant, reason = "one lives at a time, on its way to an officer")]
pub enum Amendment {
    /// The next version, ready for an officer to release.
    Version(NoticeIn),
    /// The end of the notice.
    Cancel,
}

/// Why a change cannot be made to a notice.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ChangeFault {
    /// The notice has no volumes that could move.
    #[error("the change moves volumes, and the notice has none")]
    NothingToMove,
    /// The notice has used up its version numbers.
    #[error("the notice is at its last version number")]
    LastVersion,
    /// The amended notice would break rules: it leaves the range of times or altitudes, say.
    #[error("the changed notice breaks {} of the rules; first: {}", .violations.len(), .violations[0])]
    Rules {
        /// Each broken rule; at least one.
        violations: Vec<Violation>,
    },
}

/// The notice with the change made to it, as the version after `stated`.
///
/// A shift moves every window and the validity; a climb moves every band; new volumes widen the validity where they
/// must, and never narrow it. Everything else stays. The change is made to the notice as *given*: a party that stated
/// it at 1 km makes it to the exact notice in its book and discloses that anew (PROTOCOL C6).
///
/// # Errors
/// The fault is the caller's: the offer should not have been made, or accepted, for this notice.
pub fn apply_change(notice: &Notice, stated: &StatementRef, change: &Change) -> Result<Amendment, ChangeFault> {
    let mut next = notice.input().clone();
    next.version = next.version.checked_add(1).ok_or(ChangeFault::LastVersion)?;
    next.replaces = Some(stated.hash);
    match change {
        Change::Cancel => return Ok(Amendment::Cancel),
        Change::Move { .. } if next.volumes.is_empty() => return Err(ChangeFault::NothingToMove),
        Change::Move { shift_us, climb_cm } => shift(&mut next, *shift_us, *climb_cm),
        Change::Volumes(volumes) => reshape(&mut next, volumes),
    }
    Notice::try_new(next.clone()).map_err(|violations| ChangeFault::Rules { violations })?;
    Ok(Amendment::Version(next))
}

/// Whether a later version does exactly what was agreed to the where, how high and when of an earlier one.
///
/// It is a courtesy to the reader: what *settles* a conflict is that nothing is found any more (PROTOCOL T3), and an
/// author may do more than it owes. A cancel fulfils every change, and is not a version.
pub fn fulfils(change: &Change, earlier: &Notice, later: &Notice) -> bool {
    let mut owed = earlier.input().clone();
    match change {
        Change::Cancel => return false,
        Change::Move { shift_us, climb_cm } => shift(&mut owed, *shift_us, *climb_cm),
        Change::Volumes(volumes) => reshape(&mut owed, volumes),
    }
    let extent = |n: &NoticeIn| (n.valid_from_us, n.valid_until_us, n.volumes.clone());
    later.id() == earlier.id() && extent(&owed) == extent(later.input())
}

/// Moves in time and in altitude. What would leave the range of an integer stays at its end, which no rule admits.
fn shift(notice: &mut NoticeIn, shift_us: i64, climb_cm: i64) {
    notice.valid_from_us = notice.valid_from_us.saturating_add(shift_us);
    notice.valid_until_us = notice.valid_until_us.saturating_add(shift_us);
    for volume in &mut notice.volumes {
        volume.shift(shift_us);
        volume.lower_cm = volume.lower_cm.saturating_add(climb_cm);
        volume.upper_cm = volume.upper_cm.saturating_add(climb_cm);
    }
}

fn reshape(notice: &mut NoticeIn, volumes: &[Volume]) {
    notice.volumes = volumes.iter().map(VolumeIn::from).collect();
    for volume in volumes {
        notice.valid_from_us = notice.valid_from_us.min(volume.window.start().micros());
        notice.valid_until_us = notice.valid_until_us.max(volume.window.end().micros());
    }
}
