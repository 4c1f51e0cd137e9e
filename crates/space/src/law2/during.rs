//! While what moves is too close: from the first time to the last.

use detente_types::geometry::earth::Vec3;
use detente_types::time::Window;

use super::window_of;
use crate::approach::{Nearest, Part, grown_distance_cm, halves, reach_cm};
use crate::outline::Outline;
use crate::timed::{Clock, Leg, Times, gap};

/// How often an end of the time is halved in: a chord of a day is known to better than a microsecond.
const HALVINGS: u32 = 40;

/// The window in which two shapes, of which at least one moves, are no further apart than a limit: the times of what
/// moves, of both if both do. It may hold a time between two encounters. `None` for no time or an instant.
pub(super) fn window(a: &Outline, b: &Outline, limit_cm: i64, times: &Times<'_>) -> Option<Window> {
    let mut found = None;
    for side in [0, 1] {
        if times.clocks[side].moves() {
            let (mover, other) = if side == 0 { (a, b) } else { (b, a) };
            let mut search = Search { times, side, limit_cm, reach_cm: reach_cm(a, b), span: None };
            search.look_inside(mover, other);
            search.visit(Part::whole(a), Part::whole(b));
            found = union(found, search.span);
        }
    }
    found.and_then(window_of)
}

type Span = Option<(i64, i64)>;

fn union(a: Span, b: Span) -> Span {
    match (a, b) {
        (Some(a), Some(b)) => Some((a.0.min(b.0), a.1.max(b.1))),
        (one, other) => one.or(other),
    }
}

struct Search<'a> {
    times: &'a Times<'a>,
    /// Which of the two shapes' times are looked for.
    side: usize,
    limit_cm: i64,
    reach_cm: i64,
    span: Span,
}

impl Search<'_> {
    fn add(&mut self, span: (i64, i64)) {
        self.span = union(self.span, Some(span));
    }

    /// Whether the times of a part are in the span already.
    fn has(&self, span: (i64, i64)) -> bool {
        self.span.is_some_and(|(from, to)| from <= span.0 && span.1 <= to)
    }

    /// The first and the last time that count, when the mover is inside the other then.
    fn look_inside(&mut self, mover: &Outline, other: &Outline) {
        let Clock::Passes(passed) = self.times.clocks[self.side] else {
            return;
        };
        let ((start, end), (from, to)) = (self.times.clocks[self.side].whole(), self.times.clocks[1 - self.side].whole());
        for when in [start.max(from - self.times.within_us), end.min(to + self.times.within_us)] {
            if other.contains(mover.point_at(passed, when)) {
                self.add((when, when));
            }
        }
    }

    fn visit(&mut self, a: Part<'_>, b: Part<'_>) {
        let spans = [self.times.clocks[0].span(&a), self.times.clocks[1].span(&b)];
        let far = gap(spans[0], spans[1]) > self.times.within_us || self.is_far(a.apart(&b));
        if far || self.has(spans[self.side]) {
            return;
        }
        match halves(a, b) {
            Some(halves) => halves.into_iter().for_each(|(a, b)| self.visit(a, b)),
            None => self.measure(&a, &b),
        }
    }

    fn is_far(&self, straight: f64) -> bool {
        grown_distance_cm(straight, self.reach_cm) > self.limit_cm
    }

    /// Adds the times at which a chord of the mover is too close to a chord of the other. The distance is convex along
    /// the chord, so from the closest point on to either side it is too close up to one place.
    fn measure(&mut self, a: &Part<'_>, b: &Part<'_>) {
        let nearest = match self.times.nearest(a, b) {
            Some(nearest) if !self.is_far(libm::sqrt(nearest.square)) => nearest,
            _ => return,
        };
        let legs = [self.times.leg(0, a), self.times.leg(1, b)];
        let (mover, other) = (legs[self.side], legs[1 - self.side]);
        let closest = mover.part_of(if self.side == 0 { nearest.from } else { nearest.to });
        let Some((first, last)) = mover.parts_during(other.span, self.times.within_us) else {
            return;
        };
        let close = |part: f64| self.is_close(&mover, part, &other);
        let ends = (last_close(closest, first, close), last_close(closest, last, close));
        self.add((mover.time(ends.0), mover.time(ends.1)));
    }

    /// Whether the mover at a part of its chord is too close to what counts of the other.
    fn is_close(&self, mover: &Leg, part: f64, other: &Leg) -> bool {
        let (point, when): (Vec3, i64) = (mover.point(part), mover.time(part));
        let counts = other.during((when, when), self.times.within_us);
        counts.is_some_and(|piece| !self.is_far(libm::sqrt(Nearest::of_segments((point, point), piece).square)))
    }
}

/// The part furthest towards `end` that is close, from one that is.
fn last_close(from: f64, end: f64, close: impl Fn(f64) -> bool) -> f64 {
    if close(end) {
        return end;
    }
    let (mut near, mut far) = (from, end);
    for _ in 0..HALVINGS {
        let middle = near + (far - near) * 0.5;
        if close(middle) { near = middle } else { far = middle }
    }
    near
}
