//! Shapes made so that a known point of them lies at a wanted place: a vertex, a point of an edge, or one inside.

use detente_types::volume::{Position, Shape};

use super::draw::Draw;
use super::earth::{Place, Way, degrees};
use crate::testing::toward;

/// What a shape is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    Point,
    Path,
    Star,
    /// A star with a hole.
    Ring,
    /// A triangle or a quadrangle beside the place.
    Slab,
    /// A triangle kilometres long and less than two metres wide.
    Sliver,
    /// A path that is passed at times.
    Mover,
}

/// Where on it the known point is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Touch {
    Vertex,
    Edge,
    Inside,
}

/// A shape with its known point.
pub(crate) struct Form {
    pub(crate) shape: Shape,
    pub(crate) point: Place,
    /// On which leg of a path the point is, and at which part of it.
    pub(crate) leg: (usize, f64),
}

impl Kind {
    /// Where its known point can be, drawn.
    pub(crate) fn touch(self, draw: &mut Draw) -> Touch {
        match self {
            Self::Point => Touch::Vertex,
            Self::Path | Self::Mover => draw.pick(&[Touch::Vertex, Touch::Edge, Touch::Edge]),
            Self::Star | Self::Ring => draw.pick(&[Touch::Vertex, Touch::Inside]),
            Self::Slab | Self::Sliver => Touch::Edge,
        }
    }
}

/// A shape of a kind whose known point is at, or within a centimetre of, a place; up to `size` metres long either way.
pub(crate) fn form(draw: &mut Draw, kind: Kind, touch: Touch, place: Position, size: f64) -> Form {
    match (kind, touch) {
        (Kind::Point, _) => Form { shape: Shape::Point(place), point: degrees(place), leg: (0, 0.0) },
        (Kind::Path | Kind::Mover, _) => path(draw, touch, place, size),
        (Kind::Star, Touch::Inside) => star_round(draw, place, size),
        (Kind::Ring, Touch::Inside) => ring(draw, place, size, 0.75),
        (Kind::Ring, _) => {
            let part = draw.pick(&[1.0, 0.5]);
            ring(draw, place, size, part)
        }
        (Kind::Star, _) => {
            let (bearing, arms, reach) = (draw.between(0.0, 360.0), arms(draw), draw.between(0.5, 1.0));
            let centre = toward(place, bearing, size * reach);
            let mut star = star(centre, bearing_of(centre, place), size, &arms);
            star[0] = place;
            Form { shape: Shape::Polygon(vec![star]), point: degrees(place), leg: (0, 0.0) }
        }
        (Kind::Slab | Kind::Sliver, _) => slab(draw, kind, place, size),
    }
}

/// Legs away from a place.
fn walk(draw: &mut Draw, from: Position, legs: u64, size: f64) -> Vec<Position> {
    let mut here = from;
    let mut step = || {
        here = toward(here, draw.between(0.0, 360.0), size * draw.between(0.1, 1.0));
        here
    };
    (0..legs).map(|_| step()).collect()
}

fn path(draw: &mut Draw, touch: Touch, place: Position, size: f64) -> Form {
    let part = if touch == Touch::Vertex { 0.0 } else { edge_part(draw) };
    let ends = ends(draw, place, size, part);
    let before_legs = draw.below(3);
    let mut path = walk(draw, ends[0], before_legs, size);
    path.reverse();
    let leg = path.len();
    path.extend(ends);
    let after_legs = draw.below(2);
    path.extend(walk(draw, ends[1], after_legs, size));
    Form { shape: Shape::Path(path), point: Way::new(ends[0], ends[1]).at(part), leg: (leg, part) }
}

/// Anywhere on an edge, or near an end.
fn edge_part(draw: &mut Draw) -> f64 {
    if draw.one_in(4) { draw.pick(&[0.5, 1.0, 1e-6]) } else { draw.part() }
}

/// The ends of an edge that has a place at a part of it.
fn ends(draw: &mut Draw, place: Position, size: f64, part: f64) -> [Position; 2] {
    let bearing = draw.between(0.0, 360.0);
    let from = if part == 0.0 { place } else { toward(place, bearing + 180.0, size * part) };
    [from, toward(place, bearing, size * (1.0 - part))]
}

fn arms(draw: &mut Draw) -> Vec<f64> {
    let count = 3 + draw.below(6);
    (0..count).map(|_| draw.between(0.5, 1.0)).collect()
}

/// Vertices round a centre, the first at a bearing.
fn star(centre: Position, bearing: f64, size: f64, arms: &[f64]) -> Vec<Position> {
    let at = |i: usize| bearing + 360.0 * i as f64 / arms.len() as f64;
    arms.iter().enumerate().map(|(i, arm)| toward(centre, at(i), size * arm)).collect()
}

fn bearing_of(from: Position, to: Position) -> f64 {
    Way::new(from, to).azimuth
}

fn star_round(draw: &mut Draw, centre: Position, size: f64) -> Form {
    let (bearing, arms) = (draw.between(0.0, 360.0), arms(draw));
    let shape = Shape::Polygon(vec![star(centre, bearing, size, &arms)]);
    Form { shape, point: degrees(centre), leg: (0, 0.0) }
}

/// A star with a hole half its size; the place is at a part of the way from its centre to a vertex: on the outline at 1,
/// on the hole at 0.5, between the two in between.
fn ring(draw: &mut Draw, place: Position, size: f64, part: f64) -> Form {
    let (bearing, arms) = (draw.between(0.0, 360.0), arms(draw));
    let centre = toward(place, bearing, size * arms[0] * part);
    let from = bearing_of(centre, place);
    let mut rings = vec![star(centre, from, size, &arms), star(centre, from, size * 0.5, &arms)];
    if part == 1.0 {
        rings[0][0] = place;
    } else if part == 0.5 {
        rings[1][0] = place;
    }
    Form { shape: Shape::Polygon(rings), point: degrees(place), leg: (0, 0.0) }
}

/// A polygon to the right of an edge that has the place on it.
fn slab(draw: &mut Draw, kind: Kind, place: Position, size: f64) -> Form {
    let part = draw.between(0.01, 0.99);
    let [from, to] = ends(draw, place, size, part);
    let aside = bearing_of(to, from) - 90.0;
    let mut corners = vec![from, to];
    if kind == Kind::Sliver {
        corners.push(toward(to, aside, draw.logarithmic(0.05, 2.0)));
    } else {
        corners.push(toward(to, aside, size * draw.between(0.05, 1.0)));
        if draw.one_in(2) {
            corners.push(toward(from, bearing_of(from, to) + 90.0, size * draw.between(0.05, 1.0)));
        }
    }
    Form { shape: Shape::Polygon(vec![corners]), point: Way::new(from, to).at(part), leg: (0, 0.0) }
}
