//! How close two outlines come: the smallest distance over all pairs of chords.
//!
//! The result is defined chord by chord, so it does not depend on how the search goes: the pair with the
//! smallest whole-centimetre distance wins, and among equals the pair that comes first in the order of
//! the first outline's chords, then the second's. Whatever cannot win is left out by a lower bound.

use detente_types::geometry::earth::{EQUATORIAL_RADIUS_M, POLAR_RADIUS_M, Vec3};
use detente_types::volume::Position;

use crate::arc::{Arc, rise};
use crate::ball::{Ball, SLACK_M};
use crate::outline::Outline;
use crate::planted::{self, Planted};
use crate::timed::Times;

/// By how much each footprint grows, in centimetres.
///
/// More than the law's model can be off: 30 cm for the longest edge, 8 cm for the depth of a chord, and
/// rounding far below a millimetre.
pub(crate) const GROWTH_CM: i64 = 50;

/// Largest radius of curvature of WGS-84 (at the poles), in metres. A straight line through the earth
/// is turned into the length along a sphere of this radius, which no path on the ellipsoid undercuts.
const CURVATURE_RADIUS_M_MAX: f64 = EQUATORIAL_RADIUS_M * EQUATORIAL_RADIUS_M / POLAR_RADIUS_M;

/// Below this sine squared two chords count as parallel; their ends then stand for all between.
const PARALLEL_SIN2: f64 = 1e-18;

/// Two shapes at their closest.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Approach {
    /// Between the grown footprints; zero when they touch or overlap.
    pub(crate) distance_cm: i64,
    /// On the first shape, its radius left out.
    pub(crate) from: Vec3,
    /// On the second shape.
    pub(crate) to: Vec3,
    /// When each is there, for what moves; microseconds.
    pub(crate) times_us: [Option<i64>; 2],
}

/// Where two outlines come closest, if that is no more than `limit_cm`.
pub(crate) fn closest(a: &Outline, b: &Outline, limit_cm: i64) -> Option<Approach> {
    let in_other = |one: &Outline, other: &Outline| other.contains(one.first()).then(|| one.first());
    if let Some(point) = in_other(a, b).or_else(|| in_other(b, a)) {
        return Some(Approach { distance_cm: 0, from: point, to: point, times_us: [None; 2] });
    }
    between_edges(a, b, limit_cm, None)
}

/// Whether [`closest`] finds where they come closest. Any chords that are near enough tell that, so the search ends at the
/// first; edges are looked at before insides, for of those that meet most cross.
pub(crate) fn is_within(a: &Outline, b: &Outline, limit_cm: i64) -> bool {
    let mut search = Search { first_is_enough: true, ..Search::new(a, b, limit_cm, None) };
    search.visit(Part::whole(a), Part::whole(b), 0.0);
    search.best.is_some() || b.contains(a.first()) || a.contains(b.first())
}

/// The same, whatever lies inside what; with times, of what counts against each other by them.
pub(crate) fn between_edges(a: &Outline, b: &Outline, limit_cm: i64, times: Option<&Times<'_>>) -> Option<Approach> {
    let mut search = Search::new(a, b, limit_cm, times);
    search.visit(Part::whole(a), Part::whole(b), 0.0);
    search.best.map(|(_, approach)| approach)
}

/// Between which lengths a distance lies, in metres.
pub(crate) struct Span {
    pub(crate) least_m: f64,
    pub(crate) most_m: f64,
    /// How many steps it took to find.
    pub(crate) steps: u64,
}

/// How far a position lies from the edges of a shape without radius, on either side of them.
pub(crate) fn edge_distance(position: Position, shape: &Outline) -> Span {
    let dot = Outline::dot(position);
    let mut search = Search::new(&dot, shape, i64::MAX - 1, None);
    search.visit(Part::whole(&dot), Part::whole(shape), 0.0);
    let least_m = search.best.map_or(f64::MAX, |(_, approach)| approach.distance_cm as f64 / 100.0);
    Span { least_m, most_m: least_m + 2.0 + 3e-17 * least_m * least_m * least_m, steps: search.steps }
}

/// Length along the earth of a straight line through it, in metres: never more than the true length.
pub(crate) fn along_earth(straight: f64) -> f64 {
    let half = straight / (2.0 * CURVATURE_RADIUS_M_MAX);
    2.0 * CURVATURE_RADIUS_M_MAX * libm::asin(half.min(1.0))
}

/// Place of a chord: its arc, then its place in the arc.
type Chord = (usize, u32);

struct Search<'a> {
    reach_cm: i64,
    times: Option<&'a Times<'a>>,
    /// The first distance that is too large.
    worst: i64,
    /// Whether any that is small enough ends the search.
    first_is_enough: bool,
    best: Option<((i64, Chord, Chord), Approach)>,
    /// How many pairs of parts were looked at.
    steps: u64,
}

impl<'a> Search<'a> {
    fn new(a: &Outline, b: &Outline, limit_cm: i64, times: Option<&'a Times<'a>>) -> Self {
        let reach_cm = reach_cm(a, b);
        Self { reach_cm, times, worst: limit_cm.saturating_add(1), first_is_enough: false, best: None, steps: 0 }
    }

    /// Looks through two parts that are so far apart, the nearer halves first: the sooner something close is
    /// found, the more can be left out.
    fn visit(&mut self, a: Part<'_>, b: Part<'_>, apart: f64) {
        self.steps += 1;
        if self.times.is_some_and(|times| times.apart(&a, &b)) || self.beaten((self.distance_cm(apart), a.place(), b.place())) {
            return;
        }
        let Some(halves) = halves(a, b) else {
            return self.measure(a, b);
        };
        let [one, other] = halves.map(|(a, b)| (a, b, a.apart(&b)));
        let order = if one.2 <= other.2 { [one, other] } else { [other, one] };
        for (a, b, apart) in order {
            self.visit(a, b, apart);
        }
    }

    fn measure(&mut self, a: Part<'_>, b: Part<'_>) {
        let nearest = match self.times {
            None => Some(Nearest::of_segments(a.ends, b.ends)),
            Some(times) => times.nearest(&a, &b),
        };
        let Some(nearest) = nearest else {
            return;
        };
        let distance_cm = self.distance_cm(libm::sqrt(nearest.square));
        let key = (distance_cm, a.place(), b.place());
        if !self.beaten(key) {
            let times_us = self.times.map_or([None; 2], |times| times.when(&a, &b, &nearest));
            self.best = Some((key, Approach { distance_cm, from: nearest.from, to: nearest.to, times_us }));
        }
    }

    /// The distance between the grown footprints whose shapes are so far apart, straight through.
    fn distance_cm(&self, straight: f64) -> i64 {
        grown_distance_cm(straight, self.reach_cm)
    }

    fn beaten(&self, key: (i64, Chord, Chord)) -> bool {
        key.0 >= self.worst || self.best.as_ref().is_some_and(|(best, _)| self.first_is_enough || key >= *best)
    }
}

/// What two footprints reach towards each other, growth and all, in centimetres.
pub(crate) fn reach_cm(a: &Outline, b: &Outline) -> i64 {
    let growth_cm = if planted::is(Planted::NoGrowth) { 0 } else { GROWTH_CM };
    a.radius_cm() + b.radius_cm() + 2 * growth_cm
}

/// The distance between grown footprints whose shapes are so far apart, straight through, and reach so far.
pub(crate) fn grown_distance_cm(straight: f64, reach_cm: i64) -> i64 {
    let whole = libm::floor(along_earth(straight) * 100.0) as i64;
    (whole - reach_cm).max(0)
}

/// Two parts with the larger one halved; `None` when both are chords.
pub(crate) fn halves<'a>(a: Part<'a>, b: Part<'a>) -> Option<[(Part<'a>, Part<'a>); 2]> {
    let split_a = !a.is_chord() && (a.ball.radius >= b.ball.radius || b.is_chord());
    match (a.is_chord(), b.is_chord()) {
        (true, true) => None,
        _ if split_a => Some(a.halves().map(|half| (half, b))),
        _ => Some(b.halves().map(|half| (a, half))),
    }
}

/// A part of an outline: neighbouring arcs, or one arc or neighbouring chords of it.
#[derive(Clone, Copy)]
pub(crate) struct Part<'a> {
    outline: &'a Outline,
    /// First arc, and how many.
    arc: usize,
    arcs: usize,
    /// Which of the outline's balls, as long as whole arcs are meant.
    node: usize,
    /// First and last vertex of some chords; `None` for whole arcs.
    chords: Option<(u32, u32)>,
    /// Of the chords, or of the first arc.
    ends: (Vec3, Vec3),
    ball: Ball,
}

impl<'a> Part<'a> {
    pub(crate) fn whole(outline: &'a Outline) -> Self {
        Self::of_arcs(outline, 0, outline.arcs().len(), 0)
    }

    fn of_arcs(outline: &'a Outline, arc: usize, arcs: usize, node: usize) -> Self {
        let first = &outline.arcs()[arc];
        Self { outline, arc, arcs, node, chords: None, ends: (first.from(), first.to()), ball: outline.balls().get(node) }
    }

    fn of_chords(&self, chords: (u32, u32), ends: (Vec3, Vec3)) -> Self {
        Self { chords: Some(chords), ends, ball: Ball::on(ends), ..*self }
    }

    /// Number of its first arc.
    pub(crate) const fn first_arc(&self) -> usize {
        self.arc
    }

    /// How many arcs it has, or has a part of.
    pub(crate) const fn arcs(&self) -> usize {
        self.arcs
    }

    /// First and last vertex of some chords of its arc; `None` for whole arcs.
    pub(crate) const fn chords(&self) -> Option<(u32, u32)> {
        self.chords
    }

    /// Of the chords, or of the first arc.
    pub(crate) const fn ends(&self) -> (Vec3, Vec3) {
        self.ends
    }

    pub(crate) fn arc(&self) -> &'a Arc {
        &self.outline.arcs()[self.arc]
    }

    /// Its first chord.
    fn place(&self) -> Chord {
        (self.arc, self.chords.map_or(0, |(first, _)| first))
    }

    fn is_chord(&self) -> bool {
        match self.chords {
            Some((first, last)) => last - first == 1,
            None => self.arcs == 1 && self.arc().is_chord(),
        }
    }

    /// No two points of the parts are closer than this, straight through the earth, in metres.
    pub(crate) fn apart(&self, other: &Self) -> f64 {
        let balls = self.ball.apart(&other.ball);
        if balls > 0.0 || self.arcs > 1 || other.arcs > 1 {
            return balls;
        }
        // Long arcs fill little of their balls: they lie near the straight line between their ends.
        let lines = libm::sqrt(Nearest::of_segments(self.ends, other.ends).square);
        (lines - rise(self.ends) - rise(other.ends) - 2.0 * SLACK_M).max(0.0)
    }

    fn halves(&self) -> [Self; 2] {
        if self.arcs > 1 {
            let half = self.arcs / 2;
            let (first, second) = (self.node + 1, self.node + 2 * half);
            return [
                Self::of_arcs(self.outline, self.arc, half, first),
                Self::of_arcs(self.outline, self.arc + half, self.arcs - half, second),
            ];
        }
        let (first, last) = self.chords.unwrap_or((0, self.arc().chords()));
        let middle = first + (last - first) / 2;
        let vertex = self.arc().vertex(middle);
        [self.of_chords((first, middle), (self.ends.0, vertex)), self.of_chords((middle, last), (vertex, self.ends.1))]
    }
}

/// The closest points of two segments, and the square of the distance between them.
pub(crate) struct Nearest {
    pub(crate) square: f64,
    pub(crate) from: Vec3,
    pub(crate) to: Vec3,
}

impl Nearest {
    pub(crate) fn new(from: Vec3, to: Vec3) -> Self {
        let between = to - from;
        Self { square: between.dot(between), from, to }
    }

    /// The best of five candidates, the earlier among equals: each end against the other segment, and
    /// the two lines against each other where they come closest between the ends. Exchanging the
    /// segments changes no bit of the distance.
    pub(crate) fn of_segments(a: (Vec3, Vec3), b: (Vec3, Vec3)) -> Self {
        let mut best = Self::new(a.0, foot(a.0, b));
        let rest = [
            Some(Self::new(a.1, foot(a.1, b))),
            Some(Self::new(foot(b.0, a), b.0)),
            Some(Self::new(foot(b.1, a), b.1)),
            Self::of_lines(a, b),
        ];
        for candidate in rest.into_iter().flatten() {
            if candidate.square < best.square {
                best = candidate;
            }
        }
        best
    }

    /// The common perpendicular of two segments that are not parallel, if it meets both between their ends.
    pub(crate) fn of_lines(a: (Vec3, Vec3), b: (Vec3, Vec3)) -> Option<Self> {
        let (along_a, along_b) = (a.1 - a.0, b.1 - b.0);
        let normal = along_a.cross(along_b);
        let square = normal.dot(normal);
        if square <= PARALLEL_SIN2 * along_a.dot(along_a) * along_b.dot(along_b) {
            return None;
        }
        let offset = b.0 - a.0;
        let part_a = offset.cross(along_b).dot(normal) / square;
        let part_b = offset.cross(along_a).dot(normal) / square;
        let between = |part: f64| part > 0.0 && part < 1.0;
        (between(part_a) && between(part_b)).then(|| Self::new(a.0 + along_a * part_a, b.0 + along_b * part_b))
    }
}

/// The point of a segment that is closest to a point.
fn foot(point: Vec3, segment: (Vec3, Vec3)) -> Vec3 {
    let along = segment.1 - segment.0;
    let square = along.dot(along);
    if square == 0.0 {
        return segment.0;
    }
    let part = (point - segment.0).dot(along) / square;
    segment.0 + along * part.clamp(0.0, 1.0)
}

#[cfg(test)]
mod tests;
