//! Areas of terms: which positions lie inside.
//!
//! An area is a border on a map, so its edges are straight in latitude and longitude, as GeoJSON's are; exact, on
//! integers. It may span the antimeridian and reach up to, but not round, a pole.

use crate::rule::{Rule, Violation};
use crate::volume::{HALF_TURN_E7, Position, TURN_E7};

/// Most corners of an area.
pub const CORNERS_MAX: usize = 1_000;

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

    /// Whether no position of a box is in the area; exact, the sides of the box belong to it.
    ///
    /// `lats_e7` are the southern and northern end, `lons_e7` the western and eastern one, 1e-7 degree, from any turn.
    pub fn is_clear_of(&self, lats_e7: [i64; 2], lons_e7: [i64; 2]) -> bool {
        let turns = [-TURN_E7, 0, TURN_E7];
        !turns.into_iter().any(|turn| self.touches(lats_e7, lons_e7.map(|lon| lon + turn)))
    }

    /// A box meets the area where it meets its border; else it lies inside or outside as a whole.
    fn touches(&self, lats: [i64; 2], lons: [i64; 2]) -> bool {
        let corners = || lats.into_iter().flat_map(move |lat| lons.map(|lon| (lat, lon)));
        let apart = |a: i64, b: i64, ends: [i64; 2]| a.max(b) < ends[0] || a.min(b) > ends[1];
        let mut from = self.corners[self.corners.len() - 1];
        for &to in &self.corners {
            let side = |(lat, lon): (i64, i64)| {
                (i128::from(to.1 - from.1) * i128::from(lat - from.0) - i128::from(to.0 - from.0) * i128::from(lon - from.1))
                    .signum()
            };
            let beside = corners().all(|corner| side(corner) > 0) || corners().all(|corner| side(corner) < 0);
            if !(beside || apart(from.0, to.0, lats) || apart(from.1, to.1, lons)) {
                return true;
            }
            from = to;
        }
        self.contains_unwrapped(lats[0], lons[0])
    }

    /// The part of a box that lies in the area, as corners in order: inside or on the border, however they are rounded. `None` when
    /// no more than an edge of the box does. Where the border runs into the box several times, what it cuts apart hangs
    /// together by edges of no width.
    ///
    /// `lats_e7` are the southern and northern end, `lons_e7` the western and eastern one, 1e-7 degree, within ±180°.
    pub fn clip(&self, lats_e7: [i64; 2], lons_e7: [i64; 2]) -> Option<Vec<Position>> {
        [0, -TURN_E7, TURN_E7].into_iter().find_map(|turn| self.clip_unwrapped(lats_e7, lons_e7, turn))
    }

    /// Cuts the area with each side of the box in turn (Sutherland and Hodgman, CACM 17, 1974), the area moved by a turn.
    fn clip_unwrapped(&self, lats_e7: [i64; 2], lons_e7: [i64; 2], turn: i64) -> Option<Vec<Position>> {
        let mut ring: Vec<(i64, i64)> = self.corners.iter().map(|&(lat, lon)| (lat, lon + turn)).collect();
        let swap = |(a, b): (i64, i64)| (b, a);
        for [low, high] in [lats_e7, lons_e7] {
            ring = cut(&ring, |lat| lat >= low, low);
            ring = cut(&ring, |lat| lat <= high, high);
            ring = ring.into_iter().map(swap).collect();
        }
        let mut corners: Vec<Position> = ring.iter().filter_map(|&corner| self.inside(corner)).collect();
        corners.dedup();
        if corners.first() == corners.last() {
            corners.pop();
        }
        let has_width = |axis: fn(&Position) -> i32| corners.iter().map(axis).min() < corners.iter().map(axis).max();
        (corners.len() >= 3 && has_width(Position::lat_e7) && has_width(Position::lon_e7)).then_some(corners)
    }

    /// A corner on the border, or next to it where rounding has led outside.
    fn inside(&self, (lat, lon): (i64, i64)) -> Option<Position> {
        let near = [0, 1, -1].into_iter().flat_map(|north| [0, 1, -1].map(|east| (lat + north, lon + east)));
        near.filter_map(|(lat, lon)| Position::try_new(lat, lon).ok()).find(|position| self.contains(*position))
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

/// What of a ring is on one side of a bound of its first coordinate.
fn cut(ring: &[(i64, i64)], keeps: impl Fn(i64) -> bool, bound: i64) -> Vec<(i64, i64)> {
    let mut kept = Vec::with_capacity(ring.len() + 4);
    let Some(mut from) = ring.last().copied() else { return kept };
    for &to in ring {
        if keeps(from.0) != keeps(to.0) {
            let along = i128::from(to.1 - from.1) * i128::from(bound - from.0) / i128::from(to.0 - from.0);
            kept.push((bound, from.1 + along as i64));
        }
        if keeps(to.0) {
            kept.push(to);
        }
        from = to;
    }
    kept
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

    fn clipped(area: &Area, lats: [i64; 2], lons: [i64; 2]) -> Option<Vec<Position>> {
        area.clip(lats.map(|lat| lat * 10_000_000), lons.map(|lon| lon * 10_000_000))
    }

    #[test]
    fn a_box_is_cut_to_what_lies_in_the_area() {
        let area = Area::try_new(&[at(0, 0), at(0, 10), at(10, 10), at(10, 0)]).expect("a square");
        let sorted = |corners: Option<Vec<Position>>| {
            let mut corners: Vec<_> = corners.into_iter().flatten().map(|p| (p.lat_e7(), p.lon_e7())).collect();
            corners.sort_unstable();
            corners
        };
        let of = |[south, north]: [i64; 2], [west, east]: [i64; 2]| {
            let corners = vec![at(south, west), at(south, east), at(north, east), at(north, west)];
            sorted(Some(corners))
        };
        assert_eq!(sorted(clipped(&area, [2, 3], [4, 5])), of([2, 3], [4, 5]), "what lies inside is left alone");
        assert_eq!(sorted(clipped(&area, [-5, 3], [4, 15])), of([0, 3], [4, 10]));
        assert_eq!(sorted(clipped(&area, [-5, 15], [-5, 15])), of([0, 10], [0, 10]));
        assert_eq!(clipped(&area, [2, 3], [11, 12]), None, "outside");
        assert_eq!(clipped(&area, [2, 3], [10, 12]), None, "no more than an edge");
    }

    #[test]
    fn what_is_cut_lies_in_the_area_whatever_way_its_border_runs() {
        let slanted = Area::try_new(&[at(0, 0), at(7, 13), at(11, 3)]).expect("a triangle");
        let mut cuts = 0;
        for south in -1..11 {
            for west in -1..13 {
                for corner in clipped(&slanted, [south, south + 2], [west, west + 3]).into_iter().flatten() {
                    assert!(slanted.contains(corner), "{corner}");
                    // Rounding moves no corner further than to its neighbour.
                    let lats = (south * 10_000_000 - 1)..=((south + 2) * 10_000_000 + 1);
                    let lons = (west * 10_000_000 - 1)..=((west + 3) * 10_000_000 + 1);
                    assert!(lats.contains(&i64::from(corner.lat_e7())) && lons.contains(&i64::from(corner.lon_e7())), "{corner}");
                    cuts += 1;
                }
            }
        }
        assert!(cuts > 100, "{cuts}");
        let over = Area::try_new(&[at(-10, 170), at(-10, -170), at(10, -170), at(10, 170)]).expect("an area");
        for lons in [[160, 175], [-175, -160]] {
            let corners = clipped(&over, [0, 20], lons).expect("half of it is inside");
            assert!(corners.len() == 4 && corners.iter().all(|corner| over.contains(*corner)), "{corners:?}");
        }
    }

    #[test]
    fn a_box_is_clear_where_none_of_its_positions_is_inside() {
        // Small numbers, so that all positions of a box can be looked at; over the antimeridian.
        let lon = |lon: i64| if lon >= 1_800_000_000 { lon - 3_600_000_000 } else { lon };
        let position = |lat: i64, east: i64| Position::try_new(lat, lon(1_799_999_990 + east)).expect("on the earth");
        let corners = [(0, 0), (3, 19), (17, 22), (9, 11), (15, 2)].map(|(lat, east)| position(lat, east));
        let area = Area::try_new(&corners).expect("a good area");
        let mut clear = 0;
        for (south, west) in (-4..20).flat_map(|south| (-4..26).map(move |west| (south, west))) {
            for (high, wide) in [(0, 0), (1, 3), (4, 2), (25, 1), (1, 30)] {
                let inside =
                    (south..=south + high).any(|lat| (west..=west + wide).any(|east| area.contains(position(lat, east))));
                let lons = [west, west + wide].map(|east| 1_799_999_990 + east);
                let said = area.is_clear_of([south, south + high], lons);
                assert!(!(said && inside), "{south} {west} {high} {wide}");
                // A border may pass between the positions of a box of one position's width.
                assert!(said || inside || high == 0 || high.min(wide) < 3, "{south} {west} {high} {wide}");
                clear += usize::from(said);
            }
        }
        assert!(clear > 500, "{clear}");
    }
}
