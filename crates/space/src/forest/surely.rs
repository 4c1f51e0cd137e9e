//! Which shapes meet on the earth whatever way their edges take, as long as they do not stray too far.
//!
//! Draw each edge as it runs on the earth on the map: it begins and ends with its straight line, and lies within a box
//! round it. Drag one into the other: as long as no vertex of the other shape is passed on the way, two edges go on
//! crossing that crossed an odd number of times, and a polygon goes on holding a vertex that it held.
//! docs/decisions/0096 has it in full.

use core::cell::OnceCell;

use super::bounds::{Box4, LAT, LON};
use super::growth::{self, BULGES, RADIANS_PER_E7};
use super::plane::{Point, Ray, parts_well, point, touches_range};
use super::ready::Ready;
use super::shape::{Kind, Record, View};
use super::subject::Subject;

/// How far from the straight lines of the map edges may run, longitude and latitude, 1e-7 degree.
type Stray = [i64; 2];

/// Nearer to a pole than this, in 1e-7 degree, nothing is sure.
const LATITUDE_MAX: i64 = 850_000_000;
/// Fewer metres than 1e-7 degree of latitude has anywhere, and of longitude on the equator.
const METRES_PER_E7: f64 = 0.01105;

/// What edges may stray by near a shape: its own, and others' by their bulges. Where too near to a pole there is nothing.
#[derive(Debug, Default)]
pub(super) struct Strays {
    own: OnceCell<Option<Stray>>,
    others: [OnceCell<Option<Stray>>; BULGES],
}

/// Of edges of a bulge in metres, wherever they pass the latitudes of a box.
fn stray(bulge_m: f64, bounds: &Box4) -> Option<Stray> {
    let north = libm::ceil(growth::aside_m(bulge_m) / METRES_PER_E7) as i64;
    let furthest = bounds.min[LAT].unsigned_abs().max(bounds.max[LAT].unsigned_abs());
    let furthest = i64::from(furthest) + north;
    let cos = libm::cos(furthest as f64 * RADIANS_PER_E7);
    (furthest <= LATITUDE_MAX).then(|| [libm::ceil(north as f64 / cos) as i64 + 1, north])
}

impl Subject<'_> {
    /// Whether a shape surely meets this one, the radii left out, where both are counted.
    pub(super) fn surely_meets(&self, record: &Record<'_>, kept: &Box4) -> bool {
        let Some(own_m) = self.stray else {
            return false;
        };
        let strays = self.strays.get_or_init(Box::default);
        let own = strays.own.get_or_init(|| stray(own_m, &self.bounds));
        let others = &strays.others[usize::from(record.bulge) % BULGES];
        let other = others.get_or_init(|| stray(growth::bulge_m(record.bulge), &self.bounds));
        let (Some(own), Some(other)) = (*own, *other) else {
            return false;
        };
        let (ready, shape) = (self.ready(), &record.shape);
        ready.holds_well(point(shape.vertices[0], 0), own)
            || holds_well(shape, point(self.shape.vertices[0], 0), other, kept)
            || shape.any_chord(|from, to| ready.crosses_well((point(from, 0), point(to, 0)), own, other))
    }
}

/// Whether a polygon holds a point that none of its edges comes near.
fn holds_well(polygon: &View<'_>, at: Point, stray: Stray, kept: &Box4) -> bool {
    let within = |number: i64, d: usize| number >= kept.min[d].into() && number <= kept.max[d].into();
    if polygon.kind != Kind::Polygon || !within(at.x, LON) || !within(at.y, LAT) {
        return false;
    }
    let ([low, high], mut ray) = (round(at, stray), Ray::new(at));
    let near = polygon.any_chord(|from, to| {
        let (p, q) = (point(from, 0), point(to, 0));
        touches_range(p, q, low, high) || ray.is_on(p, q)
    });
    !near && ray.is_inside()
}

/// The box round a point in which a stray edge could come to it.
fn round(at: Point, [lon, lat]: Stray) -> [Point; 2] {
    [Point { x: at.x - lon, y: at.y - lat }, Point { x: at.x + lon, y: at.y + lat }]
}

impl Ready<'_> {
    /// Whether this polygon holds a point that none of its edges comes near.
    fn holds_well(&self, at: Point, stray: Stray) -> bool {
        let [low, high] = round(at, stray);
        self.holds(at) && !self.any_near([low.x, low.y], [high.x, high.y], |p, q| touches_range(p, q, low, high))
    }

    /// Whether one of the edges crosses another for good.
    fn crosses_well(&self, (p, q): (Point, Point), own: Stray, other: Stray) -> bool {
        let (low, high) = ([p.x.min(q.x), p.y.min(q.y)], [p.x.max(q.x), p.y.max(q.y)]);
        self.any_near(low, high, |from, to| parts_well((p, q), (from, to), other) && parts_well((from, to), (p, q), own))
    }
}
