//! The polar stereographic projection of WGS-84 as UPS uses it.

use detente_types::geometry::earth::EQUATORIAL_RADIUS_M;

use super::angle::{self, Degrees, ECCENTRICITY_2};
use super::zone::Hemisphere;

/// The pole's easting and northing, in metres.
pub(super) const POLE_M: f64 = 2_000_000.0;
/// The scale at the pole.
const SCALE: f64 = 0.994;

/// Easting and northing in metres, for 1e-7 degrees on the pole's own half of the earth.
pub(super) fn forward(pole: Hemisphere, lat_e7: i64, lon_e7: i64) -> (f64, f64) {
    let radius = radius_m(lat_e7 * pole.sign());
    let (sin, cos) = angle::sincos_e7(lon_e7);
    (POLE_M + radius * sin, POLE_M - pole.sign() as f64 * radius * cos)
}

/// Latitude and longitude, for an easting and a northing in metres.
pub(super) fn reverse(pole: Hemisphere, east_m: f64, north_m: f64) -> Degrees {
    let (x, y) = (east_m - POLE_M, (POLE_M - north_m) * pole.sign() as f64);
    let t = libm::hypot(x, y) / reach_m();
    let lat = if t == 0.0 { 90.0 } else { angle::latitude((1.0 / t - t) / 2.0) };
    Degrees { lat: lat * pole.sign() as f64, lon: libm::atan2(x, y).to_degrees() }
}

/// How far from the pole a latitude of its half of the earth is drawn, in metres.
pub(super) fn radius_m(lat_e7: i64) -> f64 {
    let tan = angle::conformal_tan(lat_e7);
    // 1 / ∞ is 0: the pole itself.
    reach_m() / (tan + libm::sqrt(1.0 + tan * tan))
}

/// How far from the pole a conformal latitude of 0 is drawn.
fn reach_m() -> f64 {
    let e = libm::sqrt(ECCENTRICITY_2);
    2.0 * EQUATORIAL_RADIUS_M * SCALE / (libm::sqrt(1.0 - ECCENTRICITY_2) * libm::exp(e * libm::atanh(e)))
}
