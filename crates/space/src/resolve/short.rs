//! By how much a shift aside falls short of clearing a notice, and with it all shifts that are near enough to it.
//!
//! A shift aside is a [`Place`] of a plane: its bearing and its distance are the place's. Where two shifts are `d` metres apart in
//! that plane, they bring no point of a notice to places that are further apart than [`STRETCH`] times `d`, straight through the
//! earth. For each is a turn about an axis, the two axes times their angles are no further apart than `d` over the smallest
//! radius of the earth (of reduced latitude), and turns differ by no more than their axes do: from axes to turns the way is
//! `(1 - exp(-ad)) / ad`, which lengthens nothing. A turn moves no point by more than its angle on the largest radius.
//!
//! So what is too close by `m` metres stays too close at every shift nearer than `m` over the stretch. Times do not change
//! aside: what moves is everywhere at the same time, wherever it was brought. Altitudes do where they are turned from one
//! datum into another by the undulation beneath, and then count only if they are near enough with any undulation around.

use detente_types::area::Area;
use detente_types::geometry::earth::{EQUATORIAL_RADIUS_M, Vec3};
use detente_types::volume::{Datum, Position, Volume};

use crate::approach::{between_edges, grown_distance_cm, reach_cm};
use crate::geoid;
use crate::law::{Law, Separation};
use crate::outline::Prepared;
use crate::region::Region;
use crate::timed::{Times, gap};

/// By how much further apart places come to lie than shifts are: the earth's radii differ by 0.34 %, and the bend of the longest
/// edge on the sphere of reduced latitude changes by 0.02 % of the way that it is turned.
const STRETCH: f64 = 1.005;
/// What else may differ between a shape that was turned and one drawn where it lies, metres: chords are 8 cm deep and
/// vertices are rounded by 1 cm here and there, what moves is 3 cm off by the rounding of times, and all that counts twice
/// for what lies inside: half a metre.
const ALLOWANCE_M: f64 = 1.0;
/// How much further a region reaches whose longest edges are longer where they were turned to, metres.
const REGION_SLACK_M: f64 = 5_000.0;
/// The first box that is looked at round what is outside an area, metres to either side, and the largest.
const BOX_M: (f64, f64) = (64.0, 1e6);

/// A shift aside: metres to the north and to the east, so far along the bearing that leads there.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Place {
    pub(super) north_m: f64,
    pub(super) east_m: f64,
}

impl Place {
    /// Along a bearing, degrees clockwise from true north.
    pub(super) fn along(bearing_deg: u16, metres: f64) -> Self {
        let (sin, cos) = libm::sincos(f64::from(bearing_deg).to_radians());
        Self { north_m: metres * cos, east_m: metres * sin }
    }

    /// The bearing, radians clockwise from true north.
    pub(super) fn bearing(&self) -> f64 {
        libm::atan2(self.east_m, self.north_m)
    }

    /// How far it is.
    pub(super) fn metres(&self) -> f64 {
        libm::sqrt(self.north_m * self.north_m + self.east_m * self.east_m)
    }

    /// So much further.
    pub(super) fn and(&self, other: Self) -> Self {
        Self { north_m: self.north_m + other.north_m, east_m: self.east_m + other.east_m }
    }
}

/// The shifts aside that are no further than so many metres from one: none of them is clear.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Disc {
    pub(super) middle: Place,
    pub(super) radius_m: f64,
}

impl Disc {
    /// The last metre along a bearing that is in it; `None` when the bearing passes it by.
    pub(super) fn last_m(&self, bearing_deg: u16) -> Option<f64> {
        let to = Place::along(bearing_deg, 1.0);
        let foot = self.middle.north_m * to.north_m + self.middle.east_m * to.east_m;
        let off = self.middle.east_m * to.north_m - self.middle.north_m * to.east_m;
        let square = self.radius_m * self.radius_m - off * off;
        (square >= 0.0).then(|| foot + libm::sqrt(square))
    }

    /// How far to either side of its bearing it reaches on a ring round no shift at all, degrees, at most 180; `None` when it
    /// does not.
    pub(super) fn reach_deg(&self, ring_m: f64) -> Option<f64> {
        let away_m = self.middle.metres();
        if (ring_m - away_m).abs() > self.radius_m {
            return None;
        }
        if ring_m + away_m <= self.radius_m {
            return Some(180.0);
        }
        let square = ring_m * ring_m + away_m * away_m - self.radius_m * self.radius_m;
        Some(libm::acos((square / (2.0 * ring_m * away_m)).clamp(-1.0, 1.0)).to_degrees())
    }
}

/// How a pair falls short.
pub(super) struct Short {
    /// No shift that is nearer than this lets the pair be, metres between the shifts; 0 when that is not known.
    pub(super) metres: f64,
    /// What would bring the one's edges to the other's, straight through the earth; nothing where they are there already.
    pub(super) toward: Vec3,
}

/// How a pair falls short: one's own volume after a shift aside, and one of which the law says that they meet.
pub(super) fn of_pair(law: Law, separation: &Separation, own: &Prepared<'_>, other: &Prepared<'_>) -> Short {
    let (one, two) = (own.outline(), other.outline());
    let (limit_cm, reach_cm) = (separation.horizontal.cm(), reach_cm(one, two));
    let within_m = straight(limit_cm.saturating_add(reach_cm) as f64 / 100.0);
    let times = law.follows(own.volume, other.volume).then(|| Times::of(own.volume, other.volume, separation.time_us));
    // Without their radii: of what overlaps it would not be told by how much.
    let Some(edges) = between_edges(&one.bare(), &two.bare(), i64::MAX - 1, times.as_ref()) else {
        return Short { metres: 0.0, toward: Vec3::ZERO };
    };
    let toward = edges.to - edges.from;
    let apart_m = toward.norm();
    let inside = match times {
        // Edges that are too far apart are in nobody's way, so it is the inside that is.
        Some(_) => grown_distance_cm(apart_m, reach_cm) > limit_cm,
        None => two.contains(one.first()) || one.contains(two.first()),
    };
    let deep_m = if inside { straight(edges.distance_cm as f64 / 100.0) } else { -apart_m };
    let metres = between_shifts(within_m + deep_m);
    let metres = if stays_level(law, separation, own, other, metres) { metres } else { 0.0 };
    Short { metres, toward: if inside { Vec3::ZERO } else { toward } }
}

/// How far from a shift aside no other brings all of its volumes into an area, metres between the shifts; `None` when they are
/// inside.
pub(super) fn of_area(area: &Area, volumes: &[Volume]) -> Option<f64> {
    let mut vertices = volumes.iter().flat_map(|volume| volume.footprint.vertices());
    let outside = vertices.find(|vertex| !area.contains(*vertex))?;
    let (mut known_m, mut side_m) = (0.0, BOX_M.0);
    while side_m < BOX_M.1 && is_empty(area, outside, side_m) {
        (known_m, side_m) = (side_m, side_m * 2.0);
    }
    Some(between_shifts(known_m))
}

/// Whether nothing of an area is within so many metres of a position.
fn is_empty(area: &Area, position: Position, metres: f64) -> bool {
    let region = Region::round(core::iter::once(position)).grown(metres);
    area.is_clear_of([region.south, region.north], [region.west, region.west + region.width])
}

/// How far apart shifts may be whose places are no further apart than this, metres.
fn between_shifts(metres: f64) -> f64 {
    ((metres - ALLOWANCE_M) / STRETCH).max(0.0)
}

/// No straight line through the earth is shorter whose length along it is so many metres.
fn straight(along_m: f64) -> f64 {
    let half_turn = (along_m / (2.0 * EQUATORIAL_RADIUS_M)).min(core::f64::consts::FRAC_PI_2);
    2.0 * EQUATORIAL_RADIUS_M * libm::sin(half_turn)
}

/// Whether a pair is too close in altitude wherever within so many metres the first is brought.
fn stays_level(law: Law, separation: &Separation, own: &Prepared<'_>, other: &Prepared<'_>, metres: f64) -> bool {
    let datum = own.volume.band.datum();
    let heights = match law {
        Law::Two(heights) if datum != heights.datum && datum != Datum::Agl => heights,
        _ => return true,
    };
    if !heights.takes(datum) {
        return true;
    }
    let (low, high) = geoid::range(&Region::of(own.volume, own.outline()).grown(metres * STRETCH + REGION_SLACK_M));
    // The altitudes that it has with the lowest as with the highest undulation; with its bounds exchanged it is they.
    let surely = Prepared::known(own.volume, None, Some((high, low)));
    law.spans(&surely, other).is_none_or(|[a, b]| gap(a, b) <= separation.vertical.cm())
}
