//! Where something lies from a named place, in whole numbers that both sides read alike (PROTOCOL C8).

use detente_types::unit::Metres;
use detente_types::volume::Position;

use crate::arc::length_and_azimuth;

/// Distances are told to the nearest 100 m.
const STEP_M: f64 = 100.0;

/// Which way and how far.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Offset {
    /// Whole degrees clockwise from true north, 0 to 359; 0 when there is no distance to speak of.
    pub bearing_deg: u16,
    /// To the nearest 100 m.
    pub distance: Metres,
}

/// Which way and how far it is from one position to another along the earth.
///
/// Meant for the distances that sentences name: within 100 m up to 10,000 km. Nearly opposite positions
/// have no one way from one to the other, and what is told then is rough.
pub fn bearing_and_distance(from: Position, to: Position) -> Offset {
    let (metres, azimuth) = length_and_azimuth(from, to);
    let steps = libm::round(metres / STEP_M) as i64;
    let degrees = libm::round(azimuth.to_degrees()) as i64;
    let bearing_deg = if steps == 0 { 0 } else { degrees.rem_euclid(360) as u16 };
    Offset { bearing_deg, distance: Metres::new(steps * STEP_M as i64) }
}

/// The place that is nearest to a position, by its place in the list, and the way from it to the position;
/// the first of equals, `None` for an empty list.
pub fn nearest(position: Position, places: impl IntoIterator<Item = Position>) -> Option<(usize, Offset)> {
    let far = |(_, place): &(usize, Position)| length_and_azimuth(*place, position).0;
    let (number, place) = places.into_iter().enumerate().min_by(|a, b| far(a).total_cmp(&far(b)))?;
    Some((number, bearing_and_distance(place, position)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::at;

    fn offset(from: (f64, f64), to: (f64, f64)) -> (u16, i64) {
        let offset = bearing_and_distance(at(from.0, from.1), at(to.0, to.1));
        (offset.bearing_deg, offset.distance.cm() / 100)
    }

    #[test]
    fn the_four_winds_and_the_antimeridian() {
        assert_eq!(offset((0.0, 0.0), (1.0, 0.0)), (0, 110_600));
        assert_eq!(offset((0.0, 0.0), (0.0, 1.0)), (90, 111_300));
        assert_eq!(offset((0.0, 0.0), (-1.0, 0.0)), (180, 110_600));
        assert_eq!(offset((0.0, 0.0), (0.0, -1.0)), (270, 111_300));
        assert_eq!(offset((0.0, 179.5), (0.0, -179.5)), (90, 111_300));
        assert_eq!(offset((89.0, 10.0), (90.0, 0.0)), (0, 111_700));
        assert_eq!(offset((60.0, 25.0), (60.0, 25.0)), (0, 0));
    }

    #[test]
    fn less_than_half_a_step_has_no_bearing() {
        assert_eq!(offset((60.0, 25.0), (59.9996, 25.0)), (0, 0));
        assert_eq!(offset((60.0, 25.0), (59.9995, 25.0)), (180, 100));
    }

    #[test]
    fn the_nearest_place_is_named_with_the_way_from_it() {
        let (hanko, tallinn, kotka) = (at(59.82, 22.97), at(59.44, 24.75), at(60.47, 26.95));
        let (place, offset) = nearest(at(59.90, 23.20), [tallinn, hanko, kotka]).unwrap();
        assert_eq!((place, offset.bearing_deg, offset.distance), (1, 55, Metres::new(15_700)));
        assert_eq!(nearest(tallinn, [hanko, tallinn, tallinn]).unwrap().0, 1, "the first of equals");
        assert_eq!(nearest(tallinn, []), None);
    }
}
