//! Law `conflict/2`: `conflict/1` on the same earth, with things that move and altitudes over any datum.
//!
//! - What moves is followed: it meets another volume where and when both are near enough, not wherever
//!   its path leads at any time. A volume without a passage is in its whole footprint for its whole window, as before.
//! - Altitudes are compared over the line's datum. Others are turned into it by EGM96 and by the terms' bounds, and grow by
//!   what that leaves uncertain; they never shrink.
//!
//! Where nothing moves and all altitudes are over the line's datum, it finds what `conflict/1` finds, bit for bit. The
//! whole law is in docs/spec/conflict-2.md.

mod during;

use detente_types::conflict::Meeting;
use detente_types::height::Heights;
use detente_types::time::{Timestamp, Window};
use detente_types::unit::Metres;
use detente_types::volume::Volume;

use crate::altitude;
use crate::approach::{Approach, between_edges, closest, is_within};
use crate::law::Separation;
use crate::law1;
use crate::outline::{Outline, Prepared};
use crate::timed::{Clock, Times, gap};

/// The name by which terms choose this law.
pub const NAME: &str = "conflict/2";

/// How two volumes meet, or `None` when they keep their separation.
///
/// `meet(b, a)` finds what `meet(a, b)` finds. [`Meeting::at`] lies on the first volume's footprint, [`Meeting::when`] is the
/// first moving volume's time, and of several places that are equally close the first along the first volume's way is told,
/// with its gap in time: two nodes compare in one order, that of the parties. An altitude that cannot be compared counts as all altitudes.
pub fn meet(a: &Volume, b: &Volume, separation: &Separation, heights: &Heights) -> Option<Meeting> {
    meet_prepared(&Prepared::new(a), &Prepared::new(b), separation, heights)
}

/// [`meet`] for volumes whose outlines may be at hand.
pub(crate) fn meet_prepared(
    first: &Prepared<'_>,
    second: &Prepared<'_>,
    separation: &Separation,
    heights: &Heights,
) -> Option<Meeting> {
    let (a, b) = (first.volume, second.volume);
    let times = Times::of(a, b, separation.time_us);
    if gap(times.clocks[0].whole(), times.clocks[1].whole()) > times.within_us {
        return None;
    }
    let bands = [altitude::span(first, heights), altitude::span(second, heights)];
    let vertical_gap = Metres::from_cm(gap(bands[0], bands[1]));
    if vertical_gap > separation.vertical {
        return None;
    }
    let (one, other, limit_cm) = (first.outline(), second.outline(), separation.horizontal.cm());
    let moves = times.clocks.iter().any(Clock::moves);
    let approach = if moves { closest_in_time(one, other, limit_cm, &times) } else { closest(one, other, limit_cm) }?;
    Some(Meeting {
        distance: Metres::from_cm(approach.distance_cm),
        at: law1::place_on_first(&approach, &a.footprint, &b.footprint),
        vertical_gap,
        band: altitude::common(bands, heights.datum),
        time_gap_us: if moves { gap_when(&approach, &times, separation.time_us) } else { a.window.gap_micros(&b.window) },
        window: if moves { during::window(one, other, limit_cm, &times) } else { law1::common_window(&a.window, &b.window) },
        when: approach.times_us[0].or(approach.times_us[1]).map(Timestamp::from_micros),
    })
}

/// Whether [`meet_prepared`] finds how they meet.
pub(crate) fn meets_prepared(first: &Prepared<'_>, second: &Prepared<'_>, separation: &Separation, heights: &Heights) -> bool {
    let times = Times::of(first.volume, second.volume, separation.time_us);
    if gap(times.clocks[0].whole(), times.clocks[1].whole()) > times.within_us {
        return false;
    }
    let bands = [altitude::span(first, heights), altitude::span(second, heights)];
    if Metres::from_cm(gap(bands[0], bands[1])) > separation.vertical {
        return false;
    }
    let (one, other, limit_cm) = (first.outline(), second.outline(), separation.horizontal.cm());
    if times.clocks.iter().any(Clock::moves) {
        closest_in_time(one, other, limit_cm, &times).is_some()
    } else {
        is_within(one, other, limit_cm)
    }
}

/// The closest approach of two shapes of which at least one moves.
fn closest_in_time(a: &Outline, b: &Outline, limit_cm: i64, times: &Times<'_>) -> Option<Approach> {
    inside(a, b, times, 0).or_else(|| inside(b, a, times, 1)).or_else(|| between_edges(a, b, limit_cm, Some(times)))
}

/// Where a mover lies in what stays: while both are there, if it is then, else when it first counts. What is never at the
/// edges is inside all the time, or never. `side` is the place of the first of the two in `times`.
fn inside(one: &Outline, other: &Outline, times: &Times<'_>, side: usize) -> Option<Approach> {
    let Clock::Passes(passed) = times.clocks[side] else {
        return None;
    };
    let ((start, end), (from, _)) = (times.clocks[side].whole(), times.clocks[1 - side].whole());
    [from, from - times.within_us].into_iter().find_map(|us| {
        let when = us.clamp(start, end);
        let point = one.point_at(passed, when);
        let mut times_us = [None; 2];
        times_us[side] = Some(when);
        other.contains(point).then_some(Approach { distance_cm: 0, from: point, to: point, times_us })
    })
}

/// How far apart in time two volumes are where they are closest, less what slack and rounding can make up.
fn gap_when(approach: &Approach, times: &Times<'_>, separation_us: i64) -> i64 {
    let instant = |side: usize| approach.times_us[side].map_or(times.clocks[side].whole(), |us| (us, us));
    (gap(instant(0), instant(1)) - (times.within_us - separation_us)).max(0)
}

/// A window from microseconds; `None` when it is empty or an instant.
fn window_of((start, end): (i64, i64)) -> Option<Window> {
    Window::try_new(Timestamp::from_micros(start), Timestamp::from_micros(end)).ok()
}

#[cfg(test)]
mod tests;
