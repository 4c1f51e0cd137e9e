//! The zones and bands of UTM, with the exceptions round Norway and Svalbard.

use super::angle::Degrees;
use super::angle::TURN_E7;
use super::krueger;

/// One degree in 1e-7 degree.
pub(super) const DEGREE_E7: i64 = 10_000_000;
/// UTM is used from here north, the southern limit of band C.
pub(super) const UTM_SOUTH_DEG: i64 = -80;
/// UTM is used below this latitude, the northern limit of band X.
pub(super) const UTM_NORTH_DEG: i64 = 84;
/// The easting of every central meridian, in metres.
pub(super) const CENTRE_EAST_M: f64 = 500_000.0;
/// The northing of the equator as the south counts, in metres.
pub(super) const EQUATOR_SOUTH_M: f64 = 10_000_000.0;

/// The letters of the bands from 80° S, eight degrees each, the last twelve.
pub(super) const BANDS: &str = "CDEFGHJKLMNPQRSTUVWX";

/// A half of the earth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Hemisphere {
    /// From the equator north, the equator included.
    North,
    /// South of the equator.
    South,
}

impl Hemisphere {
    /// Of a latitude in 1e-7 degree.
    pub(super) fn of(lat_e7: i64) -> Self {
        if lat_e7 < 0 { Self::South } else { Self::North }
    }

    /// 1 or -1.
    pub(super) fn sign(self) -> i64 {
        match self {
            Self::North => 1,
            Self::South => -1,
        }
    }

    /// As it is written in a UTM position.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::North => "north",
            Self::South => "south",
        }
    }

    /// The northing of the equator in metres.
    pub(super) fn equator_m(self) -> f64 {
        match self {
            Self::North => 0.0,
            Self::South => EQUATOR_SOUTH_M,
        }
    }
}

/// A band of latitude: its place in [`BANDS`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Band(usize);

impl Band {
    /// Of its letter, a capital.
    pub(super) fn of_letter(letter: char) -> Option<Self> {
        BANDS.find(letter).map(Self)
    }

    /// Of a latitude in 1e-7 degree that UTM covers.
    pub(super) fn of_latitude(lat_e7: i64) -> Option<Self> {
        covers(lat_e7).then(|| {
            let rows = (lat_e7 - UTM_SOUTH_DEG * DEGREE_E7) / (8 * DEGREE_E7);
            Self((rows as usize).min(BANDS.len() - 1))
        })
    }

    pub(super) fn letter(self) -> char {
        char::from(BANDS.as_bytes()[self.0])
    }

    pub(super) fn hemisphere(self) -> Hemisphere {
        if self.south_deg() < 0 { Hemisphere::South } else { Hemisphere::North }
    }

    /// The southern limit, inside the band.
    pub(super) fn south_deg(self) -> i64 {
        UTM_SOUTH_DEG + 8 * self.0 as i64
    }

    /// The northern limit, outside the band.
    pub(super) fn north_deg(self) -> i64 {
        if self.letter() == 'X' { UTM_NORTH_DEG } else { self.south_deg() + 8 }
    }
}

/// Whether UTM covers a latitude in 1e-7 degree: from 80° S to below 84° N.
pub(super) fn covers(lat_e7: i64) -> bool {
    (UTM_SOUTH_DEG * DEGREE_E7..UTM_NORTH_DEG * DEGREE_E7).contains(&lat_e7)
}

/// The zone of a position in 1e-7 degree, at a latitude that UTM covers: 1 to 60.
pub(super) fn zone_at(lat_e7: i64, lon_e7: i64) -> u8 {
    let band = Band::of_latitude(lat_e7);
    let plain = ((lon_e7 + TURN_E7 / 2) / (6 * DEGREE_E7) + 1).clamp(1, 60) as u8;
    let holds = |zone: &u8| {
        band.and_then(|band| limits(*zone, band))
            .is_some_and(|(west, east)| (west * DEGREE_E7..east * DEGREE_E7).contains(&lon_e7))
    };
    let near = plain.saturating_sub(1)..=plain + 1;
    near.into_iter().find(holds).unwrap_or(plain)
}

/// The western limit (inside) and the eastern (outside) of a zone in a band, in degrees; `None` where the zone
/// does not exist: 32X, 34X and 36X.
///
/// Zone 32 is widened to the west over southern Norway in band V, and zones 31, 33, 35 and 37 share what is
/// between 0° and 42° E in band X.
pub(super) fn limits(zone: u8, band: Band) -> Option<(i64, i64)> {
    let west = 6 * i64::from(zone) - 186;
    match (zone, band.letter()) {
        (31, 'V') => Some((0, 3)),
        (32, 'V') => Some((3, 12)),
        (31, 'X') => Some((0, 9)),
        (33, 'X') => Some((9, 21)),
        (35, 'X') => Some((21, 33)),
        (37, 'X') => Some((33, 42)),
        (32 | 34 | 36, 'X') => None,
        _ => Some((west, west + 6)),
    }
}

/// The central meridian of a zone, in whole degrees.
pub(super) fn centre_deg(zone: u8) -> i64 {
    6 * i64::from(zone) - 183
}

/// Easting, and metres north of the equator (negative in the south), of 1e-7 degrees in a zone.
pub(super) fn project(zone: u8, lat_e7: i64, lon_e7: i64) -> (f64, f64) {
    let from_centre = super::angle::wrapped(lon_e7 - centre_deg(zone) * DEGREE_E7);
    let (east, north) = krueger::forward(lat_e7, from_centre);
    (CENTRE_EAST_M + east, north)
}

/// The position of an easting, and of metres north of the equator, in a zone.
pub(super) fn unproject(zone: u8, east_m: f64, north_m: f64) -> Degrees {
    let found = krueger::reverse(east_m - CENTRE_EAST_M, north_m);
    Degrees { lat: found.lat, lon: found.lon + centre_deg(zone) as f64 }
}
