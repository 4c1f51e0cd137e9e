//! Law `conflict/1`: when two volumes meet, and how that is told (PROTOCOL section 6, rule C2).
//!
//! Horizontal distance, altitude gap and time gap must each be within the terms' separation; touching
//! counts. Distances are between the footprints with their radii, along the earth. Every footprint grows
//! by 50 cm, more than the arithmetic can be off, so a true conflict is never missed; what is found lies
//! within the stated bound of a true one (docs/spec/conflict-1.md). The result is whole numbers and is the
//! same bit for bit on every machine.

use detente_types::conflict::Meeting;
use detente_types::geometry::earth::{Vec3, position_under};
use detente_types::notice::NoticeKind;
use detente_types::time::Window;
use detente_types::unit::Metres;
use detente_types::volume::{AltitudeBand, Footprint, Position, Volume};

use crate::approach::{Approach, along_earth, closest, is_within};
use crate::law::Separation;
use crate::outline::Prepared;

/// The name by which terms choose this law.
pub const NAME: &str = "conflict/1";

/// Whether notices of these kinds can be in conflict at all; the order does not matter.
///
/// What moves or is active (operation, airspace measure, movement, exercise, hazard, launch) meets
/// everything that has a place, a site included. Two sites never meet. Forces and withdrawals are
/// declared strengths, not plans for a place and a time; the other kinds are talk.
pub fn kinds_meet(a: NoticeKind, b: NoticeKind) -> bool {
    let placed = |kind| active(kind) || kind == NoticeKind::Site;
    placed(a) && placed(b) && (active(a) || active(b))
}

fn active(kind: NoticeKind) -> bool {
    use NoticeKind as K;
    matches!(kind, K::Operation | K::Airspace | K::Movement | K::Exercise | K::Hazard | K::Launch)
}

/// How two volumes meet, or `None` when they keep their separation.
///
/// `meet(b, a)` is `meet(a, b)` but for [`Meeting::at`], which lies on the first volume's footprint.
/// Altitudes over different data cannot be compared: the vertical then counts as overlapping, with no
/// common band.
pub fn meet(a: &Volume, b: &Volume, separation: &Separation) -> Option<Meeting> {
    meet_prepared(&Prepared::new(a), &Prepared::new(b), separation)
}

/// [`meet`] for volumes whose outlines may be at hand.
pub(crate) fn meet_prepared(first: &Prepared<'_>, second: &Prepared<'_>, separation: &Separation) -> Option<Meeting> {
    let (a, b) = (first.volume, second.volume);
    let time_gap_us = a.window.gap_micros(&b.window);
    let vertical_gap = vertical_gap(&a.band, &b.band);
    if time_gap_us > separation.time_us || vertical_gap > separation.vertical {
        return None;
    }
    let approach = closest(first.outline(), second.outline(), separation.horizontal.cm())?;
    Some(Meeting {
        distance: Metres::from_cm(approach.distance_cm),
        at: place_on_first(&approach, &a.footprint, &b.footprint),
        vertical_gap,
        band: common_band(&a.band, &b.band),
        time_gap_us,
        window: common_window(&a.window, &b.window),
        when: None,
    })
}

/// Whether [`meet_prepared`] finds how they meet.
pub(crate) fn meets_prepared(first: &Prepared<'_>, second: &Prepared<'_>, separation: &Separation) -> bool {
    let (a, b) = (first.volume, second.volume);
    a.window.gap_micros(&b.window) <= separation.time_us
        && vertical_gap(&a.band, &b.band) <= separation.vertical
        && is_within(first.outline(), second.outline(), separation.horizontal.cm())
}

fn vertical_gap(a: &AltitudeBand, b: &AltitudeBand) -> Metres {
    if a.datum() == b.datum() { a.gap(b) } else { Metres::ZERO }
}

fn common_band(a: &AltitudeBand, b: &AltitudeBand) -> Option<AltitudeBand> {
    if a.datum() != b.datum() {
        return None;
    }
    AltitudeBand::try_new(a.lower().max(b.lower()), a.upper().min(b.upper()), a.datum()).ok()
}

pub(crate) fn common_window(a: &Window, b: &Window) -> Option<Window> {
    Window::try_new(a.start().max(b.start()), a.end().min(b.end())).ok()
}

/// Where to show the meeting: on the line between the closest points of the two shapes, in the middle of
/// what both radii cover, or, when they do not overlap, at the end of the first radius.
pub(crate) fn place_on_first(approach: &Approach, a: &Footprint, b: &Footprint) -> Position {
    let between: Vec3 = approach.to - approach.from;
    let apart = along_earth(between.norm());
    if apart == 0.0 {
        return position_under(approach.from);
    }
    let far = a.radius().as_f64().min(apart);
    let near = (apart - b.radius().as_f64()).max(0.0);
    let reach = if near < far { (near + far) * 0.5 } else { far };
    position_under(approach.from + between * (reach / apart))
}

#[cfg(test)]
mod tests;
