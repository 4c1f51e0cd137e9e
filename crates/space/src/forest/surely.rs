//! Which shapes meet on the earth whatever way their edges take, as long as they do not stray too far.
//!
//! Draw each edge as it runs on the earth on the map: it begins and ends with its straight line, and lies within a box
//! round it. Drag one into the other: as long as no vertex of the other shape is passed on the way, two edges go on
//! crossing that crossed an odd number of times, and a polygon goes on holding a vertex that it held.
//! docs/decisions/0096 has it in full.

use core::cell::OnceCell;

use super::bounds::{Box4, LAT, LON};
use super::edges::{self, Survey, is_small};
use super::growth::{self, BULGES, RADIANS_PER_E7};
use super::plane::{Point, Ray, TURN, parts_well, point, touches_range};
use super::ready::Ready;
use super::shape::{Kind, Record, View};
use super::subject::Subject;

/// How far from the straight lines of the map edges may run, longitude and latitude, 1e-7 degree.
pub(super) type Stray = [i64; 2];

/// Nearer to a pole than this, in 1e-7 degree, nothing is sure.
const LATITUDE_MAX: f64 = 850_000_000.0;
/// Fewer metres than 1e-7 degree of latitude has anywhere, and of longitude on the equator.
const METRES_PER_E7: f64 = 0.01105;

/// What edges may stray by near a shape, its own and those of others of a bulge, and how far off such others keep the margin.
#[derive(Clone, Copy, Debug)]
struct Allowed {
    strays: [Stray; 2],
    margin: Stray,
    /// Nothing that is counted a turn away keeps the margin by less.
    aligned: bool,
}

/// The same by the bulges of others. Where too near to a pole there is nothing.
#[derive(Debug, Default)]
pub(super) struct Strays([OnceCell<Option<Allowed>>; BULGES]);

/// Differences of latitude up to this, and of longitude up to twice this, 1e-7 degree, are small: what straight lines through
/// the earth are shorter by is less than what [`METRES_PER_E7`] leaves.
const SMALL: f64 = 57_000_000.0;

/// So many metres, wherever they are passed at the latitudes of a box, or so much beyond: no two places further apart than
/// this on the map are nearer to each other, and none nearer to each other are further apart.
fn on_the_map(by_m: f64, bounds: &Box4) -> Option<Stray> {
    let north = libm::ceil(by_m / METRES_PER_E7);
    let furthest = f64::from(bounds.min[LAT].unsigned_abs().max(bounds.max[LAT].unsigned_abs())) + north;
    if north > SMALL || furthest > LATITUDE_MAX {
        return None;
    }
    let east = libm::ceil(north / libm::cos(furthest * RADIANS_PER_E7)) + 1.0;
    (east <= 2.0 * SMALL).then_some([east as i64, north as i64])
}

impl Subject<'_> {
    /// What is allowed for beside others of a bulge.
    fn allowed(&self, bulge: u8) -> Option<Allowed> {
        let own_m = self.stray?;
        let kept = self.strays.get_or_init(Box::default);
        *kept.0[usize::from(bulge) % BULGES].get_or_init(|| {
            let bulges_m = [own_m, growth::bulge_m(bulge)];
            // From chord to chord, and from each chord to the straight line of the map.
            let margin_m = self.horizontal_cm() as f64 / 100.0 + self.stray_m(bulge) + bulges_m[0] + bulges_m[1];
            let [own, other] = bulges_m.map(|bulge_m| on_the_map(growth::aside_m(bulge_m), &self.bounds));
            let margin = on_the_map(margin_m, &self.bounds)?;
            let (west, east) = (i64::from(self.bounds.min[LON]) - margin[LON], i64::from(self.bounds.max[LON]) + margin[LON]);
            let aligned = west + TURN > i32::MAX.into() && east - TURN < i32::MIN.into();
            Some(Allowed { strays: [own?, other?], margin, aligned })
        })
    }

    /// What is known of a shape beside this one, both counted as they are.
    pub(super) fn survey(&self, record: &Record<'_>, kept: &Box4) -> Survey {
        let Some(Allowed { strays, margin, aligned }) = self.allowed(record.bulge) else {
            return Survey::Near;
        };
        let shape = &record.shape;
        if aligned && shape.radius_cm == 0 && is_small(&self.shape) && is_small(shape) {
            return edges::survey(self.lanes, [&self.shape, shape], [self.bounds.range(), kept.range()], strays, margin);
        }
        let ([own, other], ready) = (strays, self.ready());
        let meet = ready.holds_well(point(shape.vertices[0], 0), own)
            || holds_well(shape, point(self.shape.vertices[0], 0), other, kept)
            || shape.any_chord(|from, to| ready.crosses_well((point(from, 0), point(to, 0)), own, other));
        if meet { Survey::Meet } else { Survey::Near }
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
