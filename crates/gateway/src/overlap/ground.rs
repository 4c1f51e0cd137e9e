//! The ground that a footprint covers when it grows, as overlapping pieces on a chart: the polygon, a strip along every
//! edge, a disc round every vertex. Lengths are measured on the ellipsoid, not on the chart.

use detente_space::shortest_path;
use detente_types::geometry::earth::{EQUATORIAL_RADIUS_M, POLAR_RADIUS_M, Vec3, surface_point};
use detente_types::{Position, Shape, Timestamp, Volume, Window};
use geo::{Area, BooleanOps, Coord, LineString, MultiPolygon, Polygon};

use super::Undrawn;
use super::chart::{Chart, REACH};

/// Radii beyond this are not drawn, metres: what [`beside`] leaves out would count.
pub(super) const RADIUS_M_MAX: f64 = 1_000_000.0;
/// Most corners of the pieces of one footprint.
pub(super) const CORNERS_MAX: usize = 200_000;

/// Between the points of an edge, metres.
const STEPS_M: [f64; 2] = [2_000.0, 40_000.0];
/// How far an edge of the chart may lie from what it stands for, metres.
const SAGITTA_M: f64 = 0.2;
/// Points nearer to each other are one, metres.
const PLACE_M: f64 = 1e-3;
const EARTH_M: f64 = 6_371_000.0;

/// Lines of points of the surface that a footprint is drawn by, as far as they can matter.
pub(super) struct Skeleton {
    /// Rings of a polygon, outline first; none of a point or a path.
    rings: Vec<Vec<Vec3>>,
    /// The points of each edge, both ends included; a point is an edge of one.
    edges: Vec<Vec<Vec3>>,
    pub(super) radius_m: f64,
}

/// The middle of some points, and how far the furthest lies from it, metres straight through the earth.
#[derive(Clone, Copy)]
pub(super) struct Ball {
    middle: Vec3,
    radius: f64,
}

impl Skeleton {
    /// Of a volume, or of the part of its way that it passes in a window.
    pub(super) fn of(volume: &Volume, during: Option<Window>, chart: &Chart) -> Result<Self, Undrawn> {
        let radius_m = volume.footprint.radius().as_f64();
        let step_m = step_m(volume, radius_m, chart);
        let edge = |from: &Position, to: &Position| shortest_path(*from, *to, step_m);
        let mut rings: Vec<Vec<Vec3>> = Vec::new();
        let mut edges: Vec<Vec<Vec3>> = Vec::new();
        match volume.footprint.shape() {
            Shape::Point(at) => edges.push(vec![surface_point(*at)]),
            Shape::Path(path) => {
                let legs = path.windows(2).map(|ends| edge(&ends[0], &ends[1]));
                match (&volume.passage, during) {
                    (Some(passage), Some(window)) => {
                        let timed = legs.zip(passage.times().windows(2));
                        edges.extend(timed.filter_map(|(leg, times)| passed(&leg, [times[0], times[1]], window)));
                    }
                    _ => edges.extend(legs),
                }
            }
            Shape::Polygon(lines) => {
                for line in lines {
                    let nexts = line.iter().cycle().skip(1);
                    let drawn: Vec<Vec<Vec3>> = line.iter().zip(nexts).map(|(from, to)| edge(from, to)).collect();
                    rings.push(drawn.iter().flat_map(|edge| &edge[..edge.len() - 1]).copied().collect());
                    edges.extend(drawn);
                }
                if rings.iter().flatten().any(|point| chart.angle(*point) > REACH) {
                    return Err(Undrawn::TooWide);
                }
            }
        }
        // Two points at one place have no direction; a passage may begin or end beside a point of its leg.
        edges.iter_mut().for_each(|edge| edge.dedup_by(|next, one| (*next - *one).norm() < PLACE_M));
        Ok(Self { rings, edges, radius_m })
    }

    /// The ball that holds it, its radius left out.
    pub(super) fn ball(&self) -> Ball {
        let points = || self.edges.iter().flatten().copied();
        let middle = points().fold(Vec3::ZERO, |sum, point| sum + point) * (1.0 / points().count().max(1) as f64);
        Ball { middle, radius: points().map(|point| (point - middle).norm()).fold(0.0, f64::max) }
    }

    /// Leaves out edges of a path that are nowhere within a distance of a ball.
    pub(super) fn keep_near(&mut self, ball: Ball, distance_m: f64) {
        if !self.rings.is_empty() {
            return;
        }
        let far = ball.radius + distance_m;
        let whole = std::mem::take(&mut self.edges);
        for edge in whole {
            let near = |pair: &[Vec3]| {
                let half = pair.iter().map(|point| (*point - pair[0]).norm()).fold(0.0, f64::max);
                (pair[0] - ball.middle).norm() <= far + half + 1.0
            };
            if edge.len() < 2 {
                self.edges.extend(Some(edge).filter(|edge| near(edge)));
                continue;
            }
            let mut run: Vec<Vec3> = Vec::new();
            for pair in edge.windows(2) {
                if near(pair) {
                    let start = if run.is_empty() { pair } else { &pair[1..] };
                    run.extend(start);
                } else if !run.is_empty() {
                    self.edges.push(std::mem::take(&mut run));
                }
            }
            self.edges.extend(Some(run).filter(|run| !run.is_empty()));
        }
    }

    /// The pieces that cover everything within `radius_m` of it, counter-clockwise and with clockwise holes.
    pub(super) fn grown(&self, radius_m: f64, chart: &Chart) -> Result<MultiPolygon, Undrawn> {
        if radius_m > RADIUS_M_MAX || self.edges.iter().flatten().any(|point| chart.angle(*point) > REACH) {
            return Err(Undrawn::TooWide);
        }
        let on_chart = |ring: Vec<Vec3>| LineString::new(ring.into_iter().map(|point| chart.at(point)).collect());
        let mut pieces: Vec<Polygon> = Vec::new();
        let mut rings = self.rings.iter().map(|ring| on_chart(ring.clone()));
        if let Some(outline) = rings.next() {
            pieces.push(turned(Polygon::new(outline, rings.collect())));
        }
        if radius_m > 0.0 {
            let around = self.strips(radius_m).chain(self.rounds(radius_m));
            pieces.extend(around.map(|ring| turned(Polygon::new(on_chart(ring), Vec::new()))));
        }
        let corners: usize = pieces.iter().flat_map(Polygon::rings).map(|ring| ring.0.len()).sum();
        if corners > CORNERS_MAX { Err(Undrawn::TooManyCorners) } else { Ok(MultiPolygon::new(pieces)) }
    }

    fn strips(&self, radius_m: f64) -> impl Iterator<Item = Vec<Vec3>> {
        self.edges.iter().filter(|edge| edge.len() > 1).map(move |edge| strip(edge, radius_m))
    }

    /// What rounds the strips off: a sector where one edge goes on in the next, a disc at an end.
    fn rounds(&self, radius_m: f64) -> impl Iterator<Item = Vec<Vec3>> {
        let count = self.edges.len();
        (0..count).flat_map(move |i| {
            let edge = &self.edges[i];
            let (first, last) = (edge[0], edge[edge.len() - 1]);
            let before = &self.edges[(i + count - 1) % count];
            let after = &self.edges[(i + 1) % count];
            // Rings follow each other in the list, so an edge may also go on in one that is not its neighbour there.
            let starts = before[before.len() - 1] != first || before.len() < 2 || edge.len() < 2;
            let goes_on = edge.len() > 1 && after.len() > 1 && after[0] == last;
            let start = starts.then(|| round(first, radius_m, [None; 2]));
            let end = if goes_on {
                round(last, radius_m, [Some(last - edge[edge.len() - 2]), Some(after[1] - last)])
            } else if edge.len() > 1 {
                round(last, radius_m, [None; 2])
            } else {
                Vec::new()
            };
            start.into_iter().chain([end]).filter(|ring| !ring.is_empty())
        })
    }
}

/// How far apart the points of an edge may lie: on a chart a shortest path at a distance `d` from the middle bends by about
/// `d / 2R²`, and a line beside a shortest path, on the earth, by as much.
fn step_m(volume: &Volume, radius_m: f64, chart: &Chart) -> f64 {
    let far = volume.footprint.vertices().map(|at| chart.angle(surface_point(at))).fold(0.0, f64::max);
    let far_m = (far * EARTH_M + radius_m).max(1.0);
    libm::sqrt(16.0 * SAGITTA_M * EARTH_M * EARTH_M / far_m).clamp(STEPS_M[0], STEPS_M[1])
}

/// The part of a leg that is passed in a window, evenly from one time to the other.
fn passed(leg: &[Vec3], times: [Timestamp; 2], window: Window) -> Option<Vec<Vec3>> {
    let [start, end] = times.map(|time| time.micros() as f64);
    let part = |time: Timestamp| ((time.micros() as f64 - start) / (end - start)).clamp(0.0, 1.0) * (leg.len() - 1) as f64;
    if window.end() < times[0] || window.start() > times[1] {
        return None;
    }
    let (from, to) = (part(window.start()), part(window.end()));
    let at = |part: f64| {
        let k = (part as usize).min(leg.len() - 2);
        on_surface(leg[k] + (leg[k + 1] - leg[k]) * (part - k as f64))
    };
    let between = (0..leg.len()).filter(|&k| (k as f64) > from && (k as f64) < to).map(|k| leg[k]);
    let ends = if to > from { vec![at(from), at(to)] } else { vec![at(from)] };
    let (first, last) = (ends[0], ends.get(1).copied());
    Some(core::iter::once(first).chain(between).chain(last).collect())
}

/// Corners of a disc: none is off by more than half a metre and a ten-thousandth of the radius.
fn disc_corners(radius_m: f64) -> f64 {
    let off_m = 0.5 + radius_m / 10_000.0;
    libm::ceil(core::f64::consts::PI * libm::sqrt(radius_m / (4.0 * off_m))).clamp(16.0, 256.0)
}

/// What lies within a distance of a point; or of that the sector outside the bend where a line comes in one direction and
/// goes on in another. As far outside the circle at its corners as inside between them.
fn round(at: Vec3, radius_m: f64, directions: [Option<Vec3>; 2]) -> Vec<Vec3> {
    let up = normal(at);
    let turn = 2.0 * core::f64::consts::PI;
    let (from, to, angle) = match directions {
        [Some(coming), Some(going)] => {
            let [coming, going] = [coming, going].map(|along| up.cross(along).unit());
            let angle = libm::atan2(coming.cross(going).dot(up), coming.dot(going));
            // Where it bends to the left the outside is on the right.
            (coming * -angle.signum(), going * -angle.signum(), angle)
        }
        _ => {
            let east = Vec3::new(-up.y, up.x, 0.0);
            let east = if east.norm() > 1e-9 { east.unit() } else { Vec3::new(0.0, 1.0, 0.0) };
            (east, east, turn)
        }
    };
    let whole = angle == turn;
    let steps = libm::ceil(disc_corners(radius_m) * angle.abs() / turn).max(1.0);
    let outer_m = radius_m * (1.0 + 1.0 / libm::cos(angle / steps / 2.0)) / 2.0;
    let ahead = up.cross(from);
    let corner = |k: u32, distance_m: f64| {
        let (sin, cos) = libm::sincos(angle * f64::from(k) / steps);
        beside(at, from * cos + ahead * sin, distance_m)
    };
    if whole {
        return (0..steps as u32).map(|k| corner(k, outer_m)).collect();
    }
    let sides = [from, to].map(|side| beside(at, side, radius_m));
    let arc = (0..=steps as u32).map(|k| corner(k, outer_m));
    [at, sides[0]].into_iter().chain(arc).chain([sides[1]]).collect()
}

/// What lies within a distance of an edge to either side.
fn strip(edge: &[Vec3], radius_m: f64) -> Vec<Vec3> {
    let side = |k: usize, distance: f64| {
        let along = edge[(k + 1).min(edge.len() - 1)] - edge[k.saturating_sub(1)];
        let across = normal(edge[k]).cross(along).unit();
        beside(edge[k], across * distance.signum(), distance.abs())
    };
    let left = (0..edge.len()).map(|k| side(k, radius_m));
    let right = (0..edge.len()).rev().map(|k| side(k, -radius_m));
    // By way of the edge's ends, so that what lies beside it begins at the very same line.
    left.chain(edge.last().copied()).chain(right).chain(edge.first().copied()).collect()
}

/// The direction away from the earth at a point of its surface.
fn normal(at: Vec3) -> Vec3 {
    flattened(at).unit()
}

/// A vector with each coordinate over the square of its semi-axis.
fn flattened(v: Vec3) -> Vec3 {
    let [a2, b2] = [EQUATORIAL_RADIUS_M, POLAR_RADIUS_M].map(|axis| axis * axis);
    Vec3::new(v.x / a2, v.y / a2, v.z / b2)
}

/// The point of the surface on the ray to a point.
fn on_surface(point: Vec3) -> Vec3 {
    point * (1.0 / libm::sqrt(point.dot(flattened(point))))
}

/// The point of the surface at a distance in a direction, a unit vector along the surface: on the circle that has the
/// surface's curvature in that direction (Euler), then straight down.
pub(super) fn beside(at: Vec3, direction: Vec3, distance_m: f64) -> Vec3 {
    let radius = flattened(at).norm() / direction.dot(flattened(direction));
    let (sin, cos) = libm::sincos(distance_m / radius);
    on_surface(at + direction * (radius * sin) - normal(at) * (radius * (1.0 - cos)))
}

/// A polygon with its outline counter-clockwise and its holes clockwise, so that a place is in it when it is turned round.
fn turned(polygon: Polygon) -> Polygon {
    let way = |ring: LineString, left: bool| {
        let is_left = Polygon::new(ring.clone(), Vec::new()).signed_area() > 0.0;
        if is_left == left { ring } else { LineString::new(ring.0.into_iter().rev().collect::<Vec<Coord>>()) }
    };
    let (outline, holes) = polygon.into_inner();
    Polygon::new(way(outline, true), holes.into_iter().map(|hole| way(hole, false)).collect())
}
