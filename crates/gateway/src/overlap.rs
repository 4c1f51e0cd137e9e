//! The ground on which two volumes are too close, as polygons to be shown.
//!
//! With a separation `s` it is every point of the first footprint that lies within `s` of the second, and every point of the
//! second within `s` of the first; without one it is what both cover. Of a volume that moves, the way that it passes while
//! the two are too close counts as its footprint. It is a picture of what a law found and decides nothing: it is empty where
//! the two only touch, or where a law's growth of half a metre is all that brings them together.
//!
//! Lengths are measured on the ellipsoid and areas are true. What is drawn lies within [`Overlap::error_m`] of what is meant,
//! at a corner of less than a degree perhaps further along it. Results do not depend on the machine, up to the rounding of
//! positions.

mod chart;
mod degrees;
mod ground;

use detente_types::{Meeting, Metres, Timestamp, Volume, Window};
use geo::bool_ops::{FillRule, unary_union};
use geo::{Area, BooleanOps, Length, MultiPolygon, Polygon};
use thiserror::Error;

use chart::Chart;
use ground::Skeleton;

/// Ground that is thinner than this is none, metres: it comes of rounding.
const THIN_M: f64 = 0.1;
/// The part of [`Overlap::error_m`] that does not depend on a radius, metres: edges, the chart, positions in degrees.
const ERROR_M: f64 = 2.0;
/// Its part for each metre of a radius: discs have corners.
const ERROR_PER_METRE: f64 = 2e-4;

/// What is drawn.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'a> {
    /// The two.
    pub volumes: [&'a Volume; 2],
    /// How they meet.
    pub meeting: &'a Meeting,
    /// How close along the earth is too close.
    pub horizontal: Metres,
    /// How close in time is too close, microseconds.
    pub time_us: i64,
    /// Whether the law follows what moves along its path.
    pub follows: bool,
}

/// Ground on which two volumes are too close.
#[derive(Clone, Debug, PartialEq)]
pub struct Overlap {
    /// Polygons as RFC 7946 has them: rings of longitude and latitude in degrees, the outline first and counter-clockwise,
    /// the last position of a ring its first, cut at the antimeridian. At least one.
    pub polygons: Vec<Vec<Vec<[f64; 2]>>>,
    /// Their area on the ellipsoid, square metres.
    pub area_m2: f64,
    /// No place that is missing or too much lies further than this from the border of what is meant, metres.
    pub error_m: f64,
}

/// Why there is nothing to draw.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Undrawn {
    /// They touch, or are points: nothing with an area.
    #[error("no area: they touch, or lie beside each other without a width")]
    NoArea,
    /// Beyond the reach of a flat map.
    #[error("too wide for a flat map: beyond 11,000 km of where they come closest, or radii over 1,000 km")]
    TooWide,
    /// More than 200,000 corners of what a footprint is put together from.
    #[error("too many corners to be drawn")]
    TooManyCorners,
}

/// The ground on which two volumes that meet are too close.
///
/// # Errors
/// When it has no area, or cannot be drawn on a flat map.
pub fn overlap(asked: &Asked<'_>) -> Result<Overlap, Undrawn> {
    let chart = Chart::round(asked.meeting.at);
    let window = asked.window();
    let [first, second] = asked.volumes;
    let mut pair = [Skeleton::of(first, window, &chart)?, Skeleton::of(second, window, &chart)?];
    let separation_m = asked.horizontal.as_f64().max(0.0);
    let reach_m = pair[0].radius_m + pair[1].radius_m + separation_m;
    let balls = [pair[0].ball(), pair[1].ball()];
    pair[0].keep_near(balls[1], reach_m);
    pair[1].keep_near(balls[0], reach_m);
    let ground = shared(&pair, separation_m, &chart)?;
    let polygons = degrees::written(&ground, &chart);
    if polygons.is_empty() {
        return Err(Undrawn::NoArea);
    }
    let widest_m = pair[0].radius_m.max(pair[1].radius_m) + separation_m;
    Ok(Overlap { polygons, area_m2: ground.unsigned_area(), error_m: ERROR_M + ERROR_PER_METRE * widest_m })
}

/// What each has within the separation of the other.
fn shared(pair: &[Skeleton; 2], separation_m: f64, chart: &Chart) -> Result<MultiPolygon, Undrawn> {
    let own = [pair[0].grown(pair[0].radius_m, chart)?, pair[1].grown(pair[1].radius_m, chart)?];
    let both = |one: &MultiPolygon, other: &MultiPolygon| {
        let none = one.0.is_empty() || other.0.is_empty();
        if none { MultiPolygon::new(Vec::new()) } else { one.intersection_with_fill_rule(other, FillRule::NonZero) }
    };
    let ground = if separation_m > 0.0 {
        let wide = |side: usize| pair[side].grown(pair[side].radius_m + separation_m, chart);
        let mut parts = [both(&own[0], &wide(1)?), both(&own[1], &wide(0)?)];
        parts.sort_by_key(|part| part.0.is_empty());
        if parts[1].0.is_empty() { std::mem::replace(&mut parts[0], MultiPolygon::new(Vec::new())) } else { unary_union(&parts) }
    } else {
        both(&own[0], &own[1])
    };
    let whole = |polygon: Polygon| {
        let (outline, holes) = polygon.into_inner();
        let polygon =
            Polygon::new(outline, holes.into_iter().filter(|hole| is_fat(&Polygon::new(hole.clone(), Vec::new()))).collect());
        is_fat(&polygon).then_some(polygon)
    };
    Ok(MultiPolygon::new(ground.into_iter().filter_map(whole).collect()))
}

fn is_fat(polygon: &Polygon) -> bool {
    let border: f64 = polygon.rings().map(|ring| geo::Euclidean.length(ring)).sum();
    polygon.unsigned_area() > THIN_M * border / 2.0
}

impl Asked<'_> {
    /// The time whose way is drawn, if anything moves and the law follows it: while they are too close, or round the moment
    /// when they are closest.
    fn window(&self) -> Option<Window> {
        let moves = self.follows && self.volumes.iter().any(|volume| volume.passage.is_some());
        if !moves {
            return None;
        }
        let slack = |volume: &Volume| volume.passage.as_ref().map_or(0, |passage| passage.slack_us());
        let within = self.time_us.saturating_add(slack(self.volumes[0])).saturating_add(slack(self.volumes[1])).max(1);
        let round = |when: Timestamp| Window::try_new(when.plus_micros(-within), when.plus_micros(within)).ok();
        self.meeting.window.or_else(|| self.meeting.when.and_then(round))
    }
}

#[cfg(test)]
mod tests;
