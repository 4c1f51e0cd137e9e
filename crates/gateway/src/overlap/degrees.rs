//! Ground of a chart in degrees, as RFC 7946 wants it: longitude first, outlines counter-clockwise, holes clockwise, cut at
//! the antimeridian, closed over a pole that lies inside.

use geo::{Area, BooleanOps, Coord, LineString, MultiPolygon, Polygon};

use super::chart::Chart;

/// How far an edge that is straight in degrees may lie from one that is straight on the chart, metres.
const DEVIATION_M: f64 = 0.1;
/// An edge is halved so often at most: beside a pole one more halving moves nothing.
const HALVINGS_MAX: u32 = 20;
const EARTH_M: f64 = 6_371_000.0;

/// The polygons of a part of the chart: rings of longitude and latitude, the last position the first.
pub(super) fn written(ground: &MultiPolygon, chart: &Chart) -> Vec<Vec<Vec<[f64; 2]>>> {
    let whole = ground.iter().flat_map(|polygon| cut(&unrolled(polygon, chart)));
    whole.filter_map(|polygon| rounded(&polygon)).collect()
}

/// A polygon whose longitudes run on beyond ±180° instead of jumping back.
fn unrolled(polygon: &Polygon, chart: &Chart) -> MultiPolygon {
    let (outline, _) = region(polygon.exterior(), chart, 0);
    let mut whole = MultiPolygon::new(vec![outline]);
    for hole in polygon.interiors() {
        // A hole round a pole is drawn for five turns: so it has no end inside the outline's one.
        let (hole, round_pole) = region(hole, chart, 2);
        if round_pole {
            whole = whole.difference(&hole);
            continue;
        }
        let Some((low, high)) = reach(&hole)
            .zip(reach_of(&whole))
            .map(|(hole, whole)| (((whole.0 - hole.1) / 360.0).floor() as i32, ((whole.1 - hole.0) / 360.0).ceil() as i32))
        else {
            continue;
        };
        for turns in low..=high {
            whole = whole.difference(&shifted(&hole, f64::from(turns) * 360.0));
        }
    }
    whole
}

/// What a ring of the chart encloses, in degrees, and whether a pole lies in it: then it is closed over the pole, after so
/// many more turns on both sides.
fn region(ring: &LineString, chart: &Chart, more: i32) -> (Polygon, bool) {
    let mut run: Vec<Coord> = Vec::new();
    for line in ring.lines() {
        let [from, to] = [chart.back(line.start), chart.back(line.end)];
        let from = Coord { x: run.last().map_or(from.x, |last| near(from.x, last.x)), ..from };
        if run.is_empty() {
            run.push(from);
        }
        halved(chart, [line.start, line.end], [from, to], HALVINGS_MAX, &mut run);
    }
    let (Some(first), Some(last)) = (run.first().copied(), run.last().copied()) else {
        return (Polygon::new(LineString::new(Vec::new()), Vec::new()), false);
    };
    let turns = ((last.x - first.x) / 360.0).round();
    if turns != 0.0 {
        // Counter-clockwise seen from above runs east round the north pole, and west round the south pole.
        let left = Polygon::new(ring.clone(), Vec::new()).signed_area() > 0.0;
        let pole = if (turns > 0.0) == left { 90.0 } else { -90.0 };
        let shift = |by: i32| run.iter().map(move |at| Coord { x: at.x + f64::from(by) * turns * 360.0, y: at.y });
        let mut long: Vec<Coord> = (-more..=more).flat_map(shift).collect();
        let beyond = f64::from(more) * turns * 360.0;
        long.extend([Coord { x: last.x + beyond, y: pole }, Coord { x: first.x - beyond, y: pole }]);
        run = long;
    }
    (Polygon::new(LineString::new(run), Vec::new()), turns != 0.0)
}

/// A longitude by whole turns as near as can be to another.
fn near(lon: f64, other: f64) -> f64 {
    lon - ((lon - other) / 360.0).round() * 360.0
}

/// Adds the far end of an edge, after as many points between as keep it near the straight one.
fn halved(chart: &Chart, ends: [Coord; 2], degrees: [Coord; 2], halvings: u32, run: &mut Vec<Coord>) {
    let [from, to] = degrees;
    // At a pole a longitude says nothing.
    let x = if to.y.abs() >= 90.0 { from.x } else { near(to.x, from.x) };
    let to = Coord { x, ..to };
    let turn = (to.x - from.x).to_radians();
    let [outermost, innermost] = [from.y.abs().max(to.y.abs()), from.y.abs().min(to.y.abs())].map(f64::to_radians);
    let deviation = turn * turn * libm::sin(outermost) * libm::cos(innermost) * EARTH_M / 8.0;
    if deviation <= DEVIATION_M && turn.abs() < 3.0 || halvings == 0 {
        run.push(to);
        return;
    }
    let middle = Coord { x: (ends[0].x + ends[1].x) / 2.0, y: (ends[0].y + ends[1].y) / 2.0 };
    let there = chart.back(middle);
    halved(chart, [ends[0], middle], [from, there], halvings - 1, run);
    let there = run.last().copied().unwrap_or(there);
    halved(chart, [middle, ends[1]], [there, to], halvings - 1, run);
}

/// First and last longitude.
fn reach(polygon: &Polygon) -> Option<(f64, f64)> {
    let lons = || polygon.exterior().coords().map(|at| at.x);
    Some((lons().reduce(f64::min)?, lons().reduce(f64::max)?))
}

fn reach_of(polygons: &MultiPolygon) -> Option<(f64, f64)> {
    polygons.iter().filter_map(reach).reduce(|a, b| (a.0.min(b.0), a.1.max(b.1)))
}

fn shifted(polygon: &Polygon, by: f64) -> Polygon {
    let shift = |ring: &LineString| LineString::new(ring.coords().map(|at| Coord { x: at.x + by, y: at.y }).collect());
    Polygon::new(shift(polygon.exterior()), polygon.interiors().iter().map(shift).collect())
}

/// The parts of a polygon in each turn of longitude, within ±180°.
fn cut(whole: &MultiPolygon) -> Vec<Polygon> {
    let Some((low, high)) = reach_of(whole) else { return Vec::new() };
    let turn = |lon: f64| ((lon + 180.0) / 360.0).floor();
    let (first, last) = (turn(low) as i32, (-turn(-high)) as i32);
    let mut parts = Vec::new();
    for k in first.min(last)..=first.max(last) {
        let by = f64::from(k) * 360.0;
        let (west, east) = ((by - 180.0).max(low), (by + 180.0).min(high));
        if west >= east {
            continue;
        }
        let band = Polygon::new(
            LineString::from(vec![(west, -90.0), (east, -90.0), (east, 90.0), (west, 90.0), (west, -90.0)]),
            Vec::new(),
        );
        let inside = if west <= low && east >= high { whole.clone() } else { whole.intersection(&band) };
        parts.extend(inside.iter().map(|polygon| shifted(polygon, -by)));
    }
    parts
}

/// A polygon to a ten-millionth of a degree, with every ring the right way round; `None` when nothing is left of it.
fn rounded(polygon: &Polygon) -> Option<Vec<Vec<[f64; 2]>>> {
    let rings = core::iter::once(polygon.exterior()).chain(polygon.interiors()).enumerate();
    let mut written: Vec<Vec<[f64; 2]>> = Vec::new();
    for (number, ring) in rings {
        let mut positions: Vec<[f64; 2]> = ring.coords().map(|at| [e7(at.x, 180.0), e7(at.y, 90.0)]).collect();
        positions.dedup();
        if positions.len() < 4 && number == 0 {
            return None;
        }
        if positions.len() < 4 {
            continue;
        }
        let left = Polygon::new(LineString::from(positions.clone()), Vec::new()).signed_area() > 0.0;
        if left != (number == 0) {
            positions.reverse();
        }
        written.push(positions);
    }
    Some(written)
}

fn e7(degrees: f64, most: f64) -> f64 {
    // Not −0.
    (degrees.clamp(-most, most) * 1e7).round() / 1e7 + 0.0
}
