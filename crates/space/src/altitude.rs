//! Altitude bands over the line's datum, for law `conflict/2`.
//!
//! A band over another datum becomes the band over the line's that holds every altitude it can mean: heights over mean
//! sea level and the ellipsoid by the bounds of the undulation under the footprint, heights above ground by the terms'
//! lowest and highest ground, flight levels by the terms' pressure error. All of them grow outward.

use detente_types::height::Heights;
use detente_types::unit::Metres;
use detente_types::volume::{ALTITUDE_MAX, ALTITUDE_MIN, AltitudeBand, Datum};

use crate::geoid;
use crate::outline::Prepared;
use crate::planted::{self, Planted};

/// Lowest and highest altitude of a volume over the line's datum, in centimetres; all altitudes when they cannot be told.
pub(crate) fn span(volume: &Prepared<'_>, heights: &Heights) -> (i64, i64) {
    let (lower, upper) = converted(volume, heights);
    (lower.clamp(ALL.0, ALL.1), upper.clamp(ALL.0, ALL.1))
}

fn converted(volume: &Prepared<'_>, heights: &Heights) -> (i64, i64) {
    let band = &volume.volume.band;
    let (lower, upper) = (band.lower().cm(), band.upper().cm());
    let undulation = || {
        let (low, high) = volume.undulation();
        if planted::is(Planted::WrongSign) { (-high, -low) } else { (low, high) }
    };
    match (band.datum(), heights.datum) {
        (datum, line) if datum == line => (lower, upper),
        (Datum::Amsl, Datum::Wgs84) => grown((lower, upper), undulation()),
        (Datum::Wgs84, Datum::Amsl) => {
            let (low, high) = undulation();
            grown((lower, upper), (-high, -low))
        }
        (Datum::Agl, Datum::Wgs84 | Datum::Amsl) => match heights.terrain {
            Some((low, high)) => grown((lower, upper), (low.cm(), high.cm())),
            None => ALL,
        },
        (Datum::FlightLevel, line @ (Datum::Wgs84 | Datum::Amsl)) => match heights.pressure {
            Some(error) => {
                let over_sea = grown((lower, upper), (-error.cm(), error.cm()));
                if line == Datum::Amsl { over_sea } else { grown(over_sea, undulation()) }
            }
            None => ALL,
        },
        _ => ALL,
    }
}

pub(crate) const ALL: (i64, i64) = (ALTITUDE_MIN.cm(), ALTITUDE_MAX.cm());

/// By how much altitudes over a datum that the line takes may change, at least and at most, anywhere on earth, when they are
/// turned into its own; centimetres.
pub(crate) fn growth(datum: Datum, heights: &Heights) -> (i64, i64) {
    let (least, most) = geoid::ANYWHERE_CM;
    let error = heights.pressure.map_or(0, Metres::cm);
    match (datum, heights.datum) {
        (datum, line) if datum == line => (0, 0),
        (Datum::Amsl, _) => (least, most),
        (Datum::Wgs84, _) => (-most, -least),
        (Datum::Agl, _) => heights.terrain.map_or((0, 0), |(low, high)| (low.cm(), high.cm())),
        (Datum::FlightLevel, Datum::Wgs84) => (least - error, most + error),
        (Datum::FlightLevel, _) => (-error, error),
    }
}

fn grown(band: (i64, i64), by: (i64, i64)) -> (i64, i64) {
    (band.0 + by.0, band.1 + by.1)
}

/// What two bands over the line's datum have in common; `None` when they are apart.
pub(crate) fn common(bands: [(i64, i64); 2], datum: Datum) -> Option<AltitudeBand> {
    let (lower, upper) = (bands[0].0.max(bands[1].0), bands[0].1.min(bands[1].1));
    AltitudeBand::try_new(Metres::from_cm(lower), Metres::from_cm(upper), datum).ok()
}

#[cfg(test)]
mod tests;
