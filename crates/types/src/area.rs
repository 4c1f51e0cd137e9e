//! Areas of terms: which positions lie inside.
//!
//! An area is a border on a map, so its edges are straight in latitude and longitude, as GeoJSON's are; exact, on
//! integers. It may span the antimeridian and reach up to, but not round, a pole.

use crate::rule::{Rule, Violation};
use crate::volume::Position;

/// Most corners of an area.
pub const CORNERS_MAX: usize = 1_000;

const HALF_TURN_E7: i64 = 1_800_000_000;
const TURN_E7: i64 = 3_600_000_000;

/// A polygon in latitude and longitude.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Area {
    /// Corners with longitudes unwrapped, so that neighbours are less than half a turn apart.
    corners: Vec<(i64, i64)>,
}

impl Area {
    /// An area from its corners, in order.
    ///
    /// # Errors
    /// DV-021 for fewer than three or too many corners, DV-025 when the border runs round a pole.
    pub fn try_new(corners: &[Position]) -> Result<Self, Violation> {
        if !(3..=CORNERS_MAX).contains(&corners.len()) {
            return Err(Violation::new(Rule::VertexCount, "corners", format!("{} corners", corners.len()))
                .expected(format!("3 to {CORNERS_MAX}")));
        }
        let mut unwrapped: Vec<(i64, i64)> = Vec::with_capacity(corners.len());
        for corner in corners {
            let mut lon = i64::from(corner.lon_e7());
            if let Some(&(_, before)) = unwrapped.last() {
                lon = before + nearest_turn(lon - before);
            }
            unwrapped.push((corner.lat_e7().into(), lon));
        }
        let (first, last) = (unwrapped[0].1, unwrapped[unwrapped.len() - 1].1);
        if nearest_turn(first - last) != first - last {
            return Err(Violation::new(Rule::ShapeNotTooWide, "corners", "a border that runs round a pole")
                .expected("an area that leaves both poles outside".into()));
        }
        Ok(Self { corners: unwrapped })
    }

    /// Whether the position lies inside or on the border.
    pub fn contains(&self, position: Position) -> bool {
        let lat = i64::from(position.lat_e7());
        let turns = [-TURN_E7, 0, TURN_E7];
        turns.into_iter().any(|turn| self.contains_unwrapped(lat, i64::from(position.lon_e7()) + turn))
    }

    /// Even-odd rule with exact products; the border belongs to the area.
    fn contains_unwrapped(&self, lat: i64, lon: i64) -> bool {
        let mut inside = false;
        let mut from = self.corners[self.corners.len() - 1];
        for &to in &self.corners {
            let cross =
                i128::from(to.1 - from.1) * i128::from(lat - from.0) - i128::from(to.0 - from.0) * i128::from(lon - from.1);
            let in_box =
                (from.0.min(to.0)..=from.0.max(to.0)).contains(&lat) && (from.1.min(to.1)..=from.1.max(to.1)).contains(&lon);
            if cross == 0 && in_box {
                return true;
            }
            if (from.0 > lat) != (to.0 > lat) && (cross > 0) == (to.0 < from.0) {
                inside = !inside;
            }
            from = to;
        }
        inside
    }
}

/// The same longitude difference as the shorter way round.
fn nearest_turn(difference: i64) -> i64 {
    (difference + HALF_TURN_E7).rem_euclid(TURN_E7) - HALF_TURN_E7
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(lat: i64, lon: i64) -> Position {
        Position::try_new(lat * 10_000_000, lon * 10_000_000).expect("test positions are on the earth")
    }

    #[test]
    fn a_square_contains_its_middle_and_border_and_nothing_beyond() {
        let area = Area::try_new(&[at(0, 0), at(0, 10), at(10, 10), at(10, 0)]).expect("a square");
        assert!(area.contains(at(5, 5)) && area.contains(at(0, 5)) && area.contains(at(10, 10)));
        assert!(!area.contains(at(5, 11)) && !area.contains(at(-1, 5)) && !area.contains(at(5, -175)));
    }

    #[test]
    fn an_area_over_the_antimeridian_contains_both_sides_of_it() {
        let area = Area::try_new(&[at(-10, 170), at(-10, -170), at(10, -170), at(10, 170)]).expect("an area");
        assert!(area.contains(at(0, 179)) && area.contains(at(0, -179)) && area.contains(at(0, 180)));
        assert!(!area.contains(at(0, 160)) && !area.contains(at(0, 0)));
    }

    #[test]
    fn a_border_round_a_pole_is_refused() {
        let fault = Area::try_new(&[at(80, 0), at(80, 120), at(80, -120)]).expect_err("it runs round the pole");
        assert_eq!(fault.rule, Rule::ShapeNotTooWide);
    }
}
