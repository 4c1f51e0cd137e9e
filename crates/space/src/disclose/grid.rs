//! The fixed grid of disclosure: rows of latitude, each cut into cells of at least a kilometre either way.

use detente_types::geometry::earth::EQUATORIAL_RADIUS_M;
use detente_types::notice::Precision;
pub(super) use detente_types::volume::{HALF_TURN_E7, TURN_E7};

pub(super) const QUARTER_E7: i64 = 900_000_000;

/// Heights of a row, 1e-7 degree: 0.01° is 1.1 km, and each rung doubles or so. All of them divide 90°.
const RUNGS_E7: [i64; 10] =
    [100_000, 200_000, 500_000, 1_000_000, 2_000_000, 5_000_000, 10_000_000, 20_000_000, 50_000_000, 100_000_000];

/// How wide a cell is at least, in heights of its row (as arcs of the sphere): 0.9 of 0.01° is 1.00 km.
const NARROWEST: f64 = 0.9;

/// A degree of a meridian is nowhere longer than this, in metres.
const DEGREE_M_MAX: f64 = 111_700.0;

/// One grid of the ladder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Grid {
    /// Height of a row, 1e-7 degree.
    pub(super) row_e7: i64,
}

/// A part of a row: latitudes, and longitudes from `west` eastward for `width`. All in 1e-7 degree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Block {
    pub(crate) south: i64,
    pub(crate) north: i64,
    /// In [-180°, 180°).
    pub(crate) west: i64,
    /// Above 0, at most 360°.
    pub(crate) width: i64,
}

impl Grid {
    /// The grids that a precision may use, the finest first; an exact disclosure uses none.
    pub(super) fn ladder(precision: Precision) -> impl Iterator<Item = Self> {
        let rungs = match precision {
            Precision::Exact => &[][..],
            Precision::Km1 => &RUNGS_E7[..],
            Precision::Km10 => &RUNGS_E7[3..],
        };
        rungs.iter().map(|&row_e7| Self { row_e7 })
    }

    /// The row that a latitude lies in; the north pole lies in the last.
    pub(super) fn row_of(&self, lat_e7: i64) -> i64 {
        let rows = HALF_TURN_E7 / self.row_e7;
        ((lat_e7 + QUARTER_E7).div_euclid(self.row_e7)).clamp(0, rows - 1)
    }

    /// A whole row, all round.
    pub(super) fn row(&self, row: i64) -> Block {
        let south = row * self.row_e7 - QUARTER_E7;
        Block { south, north: south + self.row_e7, west: -HALF_TURN_E7, width: TURN_E7 }
    }

    /// How many cells a row has: as many as fit evenly with none narrower than [`NARROWEST`] allows, measured
    /// along the side nearer to the pole. The rows at the poles are one round cell each.
    pub(super) fn cells(&self, row: &Block) -> i64 {
        let most = TURN_E7 / self.row_e7;
        let poleward = row.south.abs().max(row.north.abs());
        if poleward == QUARTER_E7 {
            return 1;
        }
        let shrink = libm::cos(radians(poleward));
        let narrowest = libm::ceil(NARROWEST / shrink) as i64;
        (narrowest..most).find(|factor| most % factor == 0).map_or(1, |factor| most / factor)
    }

    /// How far the disclosed footprint reaches beyond its outline, metres: 25 m on the finest grid.
    pub(super) fn reach_m(&self) -> f64 {
        25.0 * (self.row_e7 / RUNGS_E7[0]) as f64
    }

    /// How far an edge of the outline may leave the parallel that it stands for, metres: less than
    /// [`Self::reach_m`], with a fifth to spare.
    pub(super) fn bulge_m_max(&self) -> f64 {
        0.8 * self.reach_m()
    }
}

impl Block {
    /// Its middle latitude and longitude.
    pub(crate) fn middle(&self) -> (i64, i64) {
        ((self.south + self.north) / 2, wrap(self.west + self.width / 2))
    }

    /// No point of it is further from its middle than this, metres.
    pub(crate) fn half_diagonal_m(&self) -> f64 {
        let equatorward = if self.south <= 0 && self.north >= 0 { 0 } else { self.south.abs().min(self.north.abs()) };
        let along = radians(self.width) * 0.5 * libm::cos(radians(equatorward)) * EQUATORIAL_RADIUS_M * 1.01;
        along + self.height_m() * 0.5
    }

    /// Every point that is no further from its middle than this lies in it, metres: it is at least nine tenths as
    /// wide as high.
    pub(super) fn inner_radius_m(&self) -> f64 {
        0.42 * self.height_m()
    }

    /// An upper bound of its height, metres.
    pub(super) fn height_m(&self) -> f64 {
        (self.north - self.south) as f64 / 1e7 * DEGREE_M_MAX
    }
}

/// How far a shortest path between two places on a parallel bulges toward the pole, metres; an upper
/// bound, with a twentieth to spare for the difference between the sphere and the ellipsoid.
pub(super) fn bulge_m(lat_e7: i64, width_e7: i64) -> f64 {
    let lat = radians(lat_e7.abs());
    if lat_e7.abs() == QUARTER_E7 {
        return 0.0;
    }
    let top = libm::atan2(libm::tan(lat), libm::cos(radians(width_e7) * 0.5));
    (top - lat) * EQUATORIAL_RADIUS_M * 1.05 + 0.05
}

pub(super) fn radians(e7: i64) -> f64 {
    e7 as f64 * (core::f64::consts::PI / HALF_TURN_E7 as f64)
}

/// A longitude in [-180°, 180°).
pub(super) fn wrap(lon_e7: i64) -> i64 {
    (lon_e7 + HALF_TURN_E7).rem_euclid(TURN_E7) - HALF_TURN_E7
}
