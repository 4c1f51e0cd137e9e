//! Angles for the projections: sines that are exact at right angles, and the conformal latitude.

use core::f64::consts::PI;

use detente_types::geometry::earth::FLATTENING;
use detente_types::volume::Position;

/// 90° in 1e-7 degree.
pub(super) const RIGHT_E7: i64 = 900_000_000;
/// 360° in 1e-7 degree.
pub(super) const TURN_E7: i64 = 4 * RIGHT_E7;
/// The square of the eccentricity of WGS-84.
pub(super) const ECCENTRICITY_2: f64 = FLATTENING * (2.0 - FLATTENING);

/// A position between the projections and [`Position`], in degrees.
#[derive(Clone, Copy, Debug)]
pub(super) struct Degrees {
    pub(super) lat: f64,
    pub(super) lon: f64,
}

impl Degrees {
    /// To the nearest 1e-7 degree; longitudes of any turn come back into ±180°.
    pub(super) fn position(self) -> Position {
        let e7 = |degrees: f64| libm::round(degrees * 1e7) as i64;
        let lat = e7(self.lat).clamp(-RIGHT_E7, RIGHT_E7);
        Position::try_new(lat, wrapped(e7(self.lon))).expect("held within ±90° and ±180°")
    }
}

/// A longitude brought into -180° to below 180°, in 1e-7 degree.
pub(super) fn wrapped(lon_e7: i64) -> i64 {
    (lon_e7 + TURN_E7 / 2).rem_euclid(TURN_E7) - TURN_E7 / 2
}

/// Sine and cosine of 1e-7 degrees: exactly 0, 1 or -1 at every right angle, so that a position on a central
/// meridian or at 180° stays on its side of a line of the grid.
pub(super) fn sincos_e7(e7: i64) -> (f64, f64) {
    let quarter = (e7 + RIGHT_E7 / 2).div_euclid(RIGHT_E7);
    let rest = e7 - quarter * RIGHT_E7;
    let (sin, cos) = libm::sincos(rest as f64 * (PI / 1.8e9));
    match quarter.rem_euclid(4) {
        0 => (sin, cos),
        1 => (cos, 0.0 - sin),
        2 => (0.0 - sin, 0.0 - cos),
        _ => (0.0 - cos, sin),
    }
}

/// The tangent of the conformal latitude: infinite at the poles.
pub(super) fn conformal_tan(lat_e7: i64) -> f64 {
    let (sin, cos) = sincos_e7(lat_e7);
    if cos == 0.0 { sin * f64::INFINITY } else { conformal(sin / cos) }
}

/// The tangent of the conformal latitude from the tangent of the latitude, finite.
fn conformal(tau: f64) -> f64 {
    let secant = libm::sqrt(1.0 + tau * tau);
    let e = libm::sqrt(ECCENTRICITY_2);
    let sigma = libm::sinh(e * libm::atanh(e * tau / secant));
    tau * libm::sqrt(1.0 + sigma * sigma) - sigma * secant
}

/// Latitude in degrees from the tangent of the conformal latitude, by Newton's steps: three reach the last
/// bits from anywhere, five are made so that all inputs are treated alike.
pub(super) fn latitude(conformal_tan: f64) -> f64 {
    if !conformal_tan.is_finite() {
        return libm::copysign(90.0, conformal_tan);
    }
    let mut tau = conformal_tan / (1.0 - ECCENTRICITY_2);
    for _ in 0..5 {
        let found = conformal(tau);
        let step = (conformal_tan - found) / libm::sqrt(1.0 + found * found) * (1.0 + (1.0 - ECCENTRICITY_2) * tau * tau)
            / ((1.0 - ECCENTRICITY_2) * libm::sqrt(1.0 + tau * tau));
        tau += step;
    }
    libm::atan(tau).to_degrees()
}
