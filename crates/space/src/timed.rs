//! Shapes that move: which part of a chord counts against which part of another, by the times at which it is passed.
//!
//! Every shape has a [`Clock`]: it stays for a window, or it passes the vertices of its path at times, evenly between two
//! vertices. Two points count against each other when their times are within what the separation and both slacks allow
//! (docs/spec/conflict-2.md, section 4). Along a chord time is linear, so for two chords that is a convex region of the
//! square of their parts, and the square of the distance is a convex function on it: the least is found exactly.

use detente_types::geometry::earth::Vec3;
use detente_types::time::{Timestamp, Window};
use detente_types::volume::Volume;

use crate::approach::{Nearest, Part};
use crate::planted::{self, Planted};

/// By how much the separation in time grows when something moves, microseconds: the times of chords are rounded.
pub(crate) const TIME_GROWTH_US: i64 = 4;

/// When a shape is where.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Clock<'a> {
    /// All of it, for a window.
    Stays(Window),
    /// Each vertex of its path at a time.
    Passes(&'a [Timestamp]),
}

/// The clocks of two shapes, and how far apart in time they count.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Times<'a> {
    pub(crate) clocks: [Clock<'a>; 2],
    pub(crate) within_us: i64,
}

impl<'a> Clock<'a> {
    pub(crate) fn of(volume: &'a Volume) -> Self {
        volume.passage.as_ref().map_or(Self::Stays(volume.window), |p| Self::Passes(p.times()))
    }

    pub(crate) const fn moves(&self) -> bool {
        matches!(self, Self::Passes(_))
    }

    /// First and last time of all.
    pub(crate) fn whole(&self) -> (i64, i64) {
        match self {
            Self::Stays(window) => (window.start().micros(), window.end().micros()),
            Self::Passes(times) => (times[0].micros(), times[times.len() - 1].micros()),
        }
    }

    /// First and last time of a part of the shape.
    pub(crate) fn span(&self, part: &Part<'_>) -> (i64, i64) {
        let Self::Passes(times) = self else {
            return self.whole();
        };
        let (arc, arcs) = (part.first_arc(), part.arcs());
        let (start, end) = (times[arc].micros(), times[arc + arcs].micros());
        match part.chords() {
            None => (start, end),
            Some((first, last)) => {
                let count = i64::from(part.arc().chords());
                let at = |k: u32| start + (end - start) * i64::from(k) / count;
                (at(first), at(last))
            }
        }
    }
}

impl<'a> Times<'a> {
    /// Of two volumes under a separation in time.
    pub(crate) fn of(a: &'a Volume, b: &'a Volume, separation_us: i64) -> Self {
        let clocks = [Clock::of(a), Clock::of(b)];
        let slack = |v: &Volume| v.passage.as_ref().map_or(0, |p| p.slack_us());
        let growth = if clocks.iter().any(Clock::moves) { TIME_GROWTH_US } else { 0 };
        let others = if planted::is(Planted::LostSlack) { 0 } else { slack(b) };
        Self { clocks, within_us: separation_us + slack(a) + others + growth }
    }

    /// Whether nothing of one part counts against anything of the other.
    pub(crate) fn apart(&self, a: &Part<'_>, b: &Part<'_>) -> bool {
        gap(self.clocks[0].span(a), self.clocks[1].span(b)) > self.within_us
    }

    /// The closest points of two chords that count against each other; `None` when none do.
    pub(crate) fn nearest(&self, a: &Part<'_>, b: &Part<'_>) -> Option<Nearest> {
        let (a, b) = (self.leg(0, a), self.leg(1, b));
        match (a.moves, b.moves) {
            (false, false) => (gap(a.span, b.span) <= self.within_us).then(|| Nearest::of_segments(a.ends, b.ends)),
            (true, false) => a.during(b.span, self.within_us).map(|part| Nearest::of_segments(part, b.ends)),
            (false, true) => b.during(a.span, self.within_us).map(|part| Nearest::of_segments(a.ends, part)),
            (true, true) => nearest_of_moving(&a, &b, self.within_us),
        }
    }

    /// When the closest points of two chords are passed, where something moves.
    pub(crate) fn when(&self, a: &Part<'_>, b: &Part<'_>, nearest: &Nearest) -> [Option<i64>; 2] {
        let time = |leg: Leg, point: Vec3| leg.moves.then(|| leg.time(leg.part_of(point)));
        [time(self.leg(0, a), nearest.from), time(self.leg(1, b), nearest.to)]
    }

    /// One of the two chords.
    pub(crate) fn leg(&self, side: usize, part: &Part<'_>) -> Leg {
        let clock = &self.clocks[side];
        Leg { ends: part.ends(), span: clock.span(part), moves: clock.moves() }
    }
}

/// Time between two spans; 0 when they touch or overlap.
pub(crate) fn gap(a: (i64, i64), b: (i64, i64)) -> i64 {
    (a.0.max(b.0) - a.1.min(b.1)).max(0)
}

/// A chord and its times.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Leg {
    pub(crate) ends: (Vec3, Vec3),
    pub(crate) span: (i64, i64),
    pub(crate) moves: bool,
}

impl Leg {
    /// The point at a part of it, 0 to 1.
    pub(crate) fn point(&self, part: f64) -> Vec3 {
        self.ends.0 + (self.ends.1 - self.ends.0) * part
    }

    /// The time at a part of it, to the nearest microsecond.
    pub(crate) fn time(&self, part: f64) -> i64 {
        self.span.0 + libm::round((self.span.1 - self.span.0) as f64 * part) as i64
    }

    /// Which part of it a point on it is at.
    pub(crate) fn part_of(&self, point: Vec3) -> f64 {
        let along = self.ends.1 - self.ends.0;
        let square = along.dot(along);
        if square == 0.0 { 0.0 } else { ((point - self.ends.0).dot(along) / square).clamp(0.0, 1.0) }
    }

    /// The parts of it that are passed within so long of a span of time.
    pub(crate) fn parts_during(&self, span: (i64, i64), within_us: i64) -> Option<(f64, f64)> {
        if gap(self.span, span) > within_us {
            return None;
        }
        if !self.moves || self.span.0 == self.span.1 {
            return Some((0.0, 1.0));
        }
        let length = (self.span.1 - self.span.0) as f64;
        let part = |us: i64| ((us - self.span.0) as f64 / length).clamp(0.0, 1.0);
        Some((part(span.0 - within_us), part(span.1 + within_us)))
    }

    /// The piece of it that is passed within so long of a span of time.
    pub(crate) fn during(&self, span: (i64, i64), within_us: i64) -> Option<(Vec3, Vec3)> {
        self.parts_during(span, within_us).map(|(from, to)| (self.point(from), self.point(to)))
    }
}

/// Parts of two legs.
type Parts = (f64, f64);

/// The closest points of two moving legs: over the region of their parts whose times are near enough.
fn nearest_of_moving(a: &Leg, b: &Leg, within_us: i64) -> Option<Nearest> {
    let region = region(a, b, within_us);
    let first = *region.first()?;
    let inside = |parts: Parts| Nearest::new(a.point(parts.0), b.point(parts.1));
    let mut best = inside(first);
    let mut take = |candidate: Nearest| {
        if candidate.square < best.square {
            best = candidate;
        }
    };
    for (i, &from) in region.iter().enumerate() {
        take(inside(lowest_between(a, b, from, region[(i + 1) % region.len()])));
    }
    // Lines that cross above each other have their least inside the region, if anywhere.
    if let Some(crossing) = crossing(a, b).filter(|&parts| a_time_apart(a, b, parts) <= within_us as f64) {
        take(inside(crossing));
    }
    Some(best)
}

/// Corners of the region, in order round it: the square of parts cut by the two lines of equal distance in time.
fn region(a: &Leg, b: &Leg, within_us: i64) -> Vec<Parts> {
    let square = vec![(0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0)];
    let early = cut(square, |parts| within_us as f64 - time_apart(a, b, parts));
    cut(early, |parts| within_us as f64 + time_apart(a, b, parts))
}

/// How much later the first is passed than the second, microseconds.
fn time_apart(a: &Leg, b: &Leg, parts: Parts) -> f64 {
    let along = |leg: &Leg, part: f64| (leg.span.1 - leg.span.0) as f64 * part;
    (a.span.0 - b.span.0) as f64 + along(a, parts.0) - along(b, parts.1)
}

fn a_time_apart(a: &Leg, b: &Leg, parts: Parts) -> f64 {
    time_apart(a, b, parts).abs()
}

/// What of a convex region lies where a linear function is not negative.
fn cut(region: Vec<Parts>, height: impl Fn(Parts) -> f64) -> Vec<Parts> {
    let mut kept = Vec::with_capacity(region.len() + 1);
    for (i, &from) in region.iter().enumerate() {
        let to = region[(i + 1) % region.len()];
        let (low, high) = (height(from), height(to));
        if low >= 0.0 {
            kept.push(from);
        }
        if (low < 0.0) != (high < 0.0) {
            let part = low / (low - high);
            kept.push((from.0 + (to.0 - from.0) * part, from.1 + (to.1 - from.1) * part));
        }
    }
    kept
}

/// Where on a straight way through the region the two points are closest.
fn lowest_between(a: &Leg, b: &Leg, from: Parts, to: Parts) -> Parts {
    let apart = |parts: Parts| b.point(parts.1) - a.point(parts.0);
    let (start, end) = (apart(from), apart(to));
    let turn = end - start;
    let square = turn.dot(turn);
    let part = if square == 0.0 { 0.0 } else { (-start.dot(turn) / square).clamp(0.0, 1.0) };
    (from.0 + (to.0 - from.0) * part, from.1 + (to.1 - from.1) * part)
}

/// The parts at which the two lines come closest, if that is between the ends of both.
fn crossing(a: &Leg, b: &Leg) -> Option<Parts> {
    let nearest = Nearest::of_lines(a.ends, b.ends)?;
    Some((a.part_of(nearest.from), b.part_of(nearest.to)))
}
