//! Cells that lie beside each other, as one place, one band and one window.

use std::collections::BTreeMap;

use detente_space::cells::{CellBounds, CellId, Grid};
use detente_types::volume::TURN_E7;
use detente_types::{Metres, Position};

/// Cells that hang together in space and time, and the box round them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Spot {
    /// In order.
    pub(crate) cells: Vec<CellId>,
    /// Southern and northern end, 1e-7 degree.
    pub(crate) lats_e7: [i64; 2],
    /// Western and eastern end, 1e-7 degree, the eastern beyond 180° where the box crosses it.
    pub(crate) lons_e7: [i64; 2],
    /// Lowest and highest altitude, over the grid's datum.
    pub(crate) altitude: [Metres; 2],
    /// First and last time, microseconds since 1970.
    pub(crate) span_us: [i64; 2],
}

/// Puts cells of a grid together where they touch: across a side, an edge or a corner, in height and in time. The earliest
/// comes first. Cells that are none of the grid are left out.
pub(crate) fn spots(grid: &Grid, cells: &[CellId]) -> Vec<Spot> {
    let known: Vec<(CellId, CellBounds)> = cells.iter().filter_map(|&cell| Some((cell, grid.bounds(cell)?))).collect();
    let mut groups = Groups::new(known.len());
    let rows = rows(&known);
    for (number, (cell, bounds)) in known.iter().enumerate() {
        for neighbour in neighbours(&rows, *cell, bounds) {
            groups.join(number, neighbour);
        }
    }
    let mut together: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for number in 0..known.len() {
        together.entry(groups.root(number)).or_default().push(number);
    }
    let mut spots: Vec<Spot> = together.values().map(|numbers| spot(&known, numbers)).collect();
    spots.sort_by_key(|spot| (spot.span_us, spot.cells.first().copied()));
    spots
}

/// Row, slot and band.
type Place = (u32, u32, i64);

/// Longitudes of the cells of a place, in order, with the numbers of the cells.
fn rows(known: &[(CellId, CellBounds)]) -> BTreeMap<Place, Vec<(i64, i64, usize)>> {
    let mut rows: BTreeMap<Place, Vec<(i64, i64, usize)>> = BTreeMap::new();
    for (number, (cell, bounds)) in known.iter().enumerate() {
        let place = (cell.row(), cell.slot(), cell.band());
        rows.entry(place).or_default().push((bounds.west_e7, bounds.east_e7, number));
    }
    rows.values_mut().for_each(|row| row.sort_unstable());
    rows
}

/// Cells that touch one, in its own row and the next; those of the row before have it for theirs.
fn neighbours(rows: &BTreeMap<Place, Vec<(i64, i64, usize)>>, cell: CellId, bounds: &CellBounds) -> Vec<usize> {
    let mut found = Vec::new();
    for row in [Some(cell.row()), cell.row().checked_add(1)].into_iter().flatten() {
        for slot in cell.slot().saturating_sub(1)..=cell.slot().saturating_add(1) {
            for band in cell.band() - 1..=cell.band() + 1 {
                let Some(others) = rows.get(&(row, slot, band)) else { continue };
                for turn in [-TURN_E7, 0, TURN_E7] {
                    let (west, east) = (bounds.west_e7 + turn, bounds.east_e7 + turn);
                    let from = others.partition_point(|(_, end, _)| *end < west);
                    found.extend(others[from..].iter().take_while(|(start, ..)| *start <= east).map(|(.., number)| *number));
                }
            }
        }
    }
    found
}

fn spot(known: &[(CellId, CellBounds)], numbers: &[usize]) -> Spot {
    let bounds = || numbers.iter().map(|&number| &known[number].1);
    let ends = |of: fn(&CellBounds) -> [i64; 2]| {
        bounds().map(of).fold([i64::MAX, i64::MIN], |[least, most], [start, end]| [least.min(start), most.max(end)])
    };
    Spot {
        cells: numbers.iter().map(|&number| known[number].0).collect(),
        lats_e7: ends(|b| [b.south_e7, b.north_e7]),
        lons_e7: round(bounds().map(|b| (b.west_e7, b.east_e7)).collect()),
        altitude: ends(|b| [b.altitude.0.cm(), b.altitude.1.cm()]).map(Metres::from_cm),
        span_us: ends(|b| [b.span_us.0, b.span_us.1]),
    }
}

/// The shortest arc that holds all: what is left out is the widest gap.
fn round(mut arcs: Vec<(i64, i64)>) -> [i64; 2] {
    arcs.sort_unstable();
    let Some(&(first, _)) = arcs.first() else { return [0, 0] };
    let (mut widest, mut reached) = ((0, first), i64::MIN);
    for &(west, east) in &arcs {
        if reached != i64::MIN && west - reached > widest.0 {
            widest = (west - reached, west);
        }
        reached = reached.max(east);
    }
    if first + TURN_E7 - reached >= widest.0 {
        return if first + TURN_E7 <= reached { [-TURN_E7 / 2, TURN_E7 / 2] } else { [first, reached] };
    }
    let start = widest.1;
    let end = arcs.iter().filter(|(west, _)| *west < start).map(|(_, east)| east + TURN_E7).max();
    [start, end.unwrap_or(reached)]
}

impl Spot {
    /// Its middle.
    pub(crate) fn middle(&self) -> Position {
        let [lat, lon] = [self.lats_e7, self.lons_e7].map(|[start, end]| (start + end).div_euclid(2));
        let lon = (lon + TURN_E7 / 2).rem_euclid(TURN_E7) - TURN_E7 / 2;
        Position::try_new(lat, lon).expect("the middle of cells is on the earth")
    }

    /// How long it is from west to east along its middle, and from south to north, kilometres, rounded up.
    pub(crate) fn size_km(&self) -> [i64; 2] {
        /// Of a degree along a meridian, at most.
        const KM: f64 = 111.7;
        let degrees = |[start, end]: [i64; 2]| (end - start) as f64 / 1e7;
        let lat = f64::from(self.middle().lat_e7()) / 1e7;
        [degrees(self.lons_e7) * KM * libm::cos(lat.to_radians()), degrees(self.lats_e7) * KM].map(|km| km.ceil() as i64)
    }
}

/// Which cells hang together.
struct Groups(Vec<usize>);

impl Groups {
    fn new(count: usize) -> Self {
        Self((0..count).collect())
    }

    fn root(&mut self, mut of: usize) -> usize {
        while self.0[of] != of {
            self.0[of] = self.0[self.0[of]];
            of = self.0[of];
        }
        of
    }

    fn join(&mut self, a: usize, b: usize) {
        let [a, b] = [self.root(a), self.root(b)];
        self.0[a.max(b)] = a.min(b);
    }
}

#[cfg(test)]
mod tests {
    use detente_space::cells::Size;
    use detente_space::{Law, Separation};
    use detente_types::Datum;
    use detente_types::height::Heights;

    use super::*;

    const HOUR_US: i64 = 3_600_000_000;
    const NOON_US: i64 = 1_795_608_000_000_000;

    fn grid() -> Grid {
        let separation = Separation { horizontal: Metres::ZERO, vertical: Metres::ZERO, time_us: 0 };
        let size = Size { cell_m: 10_000, band_m: 500, slot_s: 3_600 };
        Grid::new(size, separation, Law::Two(Heights::of(Datum::Amsl)), Datum::Amsl).expect("terms can name it")
    }

    fn cell(lat: f64, lon: f64, altitude_m: i64, hour: i64) -> CellId {
        let position = Position::try_new((lat * 1e7) as i64, (lon * 1e7) as i64).expect("a position");
        grid().cell_at(position, Metres::new(altitude_m), NOON_US + hour * HOUR_US)
    }

    fn of(cells: &[CellId]) -> Vec<Spot> {
        spots(&grid(), detente_space::cells::CellSet::of(cells.to_vec()).expect("few").as_slice())
    }

    #[test]
    fn cells_that_touch_are_one_spot_and_others_are_not() {
        let way = [cell(60.0, 25.0, 100, 0), cell(60.0, 25.15, 100, 1), cell(60.09, 25.25, 600, 2)];
        let found = of(&way);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].cells.len(), 3);
        assert_eq!(found[0].altitude, [Metres::new(0), Metres::new(1_000)]);
        assert_eq!(found[0].span_us, [NOON_US, NOON_US + 3 * HOUR_US]);
        assert!(found[0].lats_e7[0] <= 600_000_000 && found[0].lats_e7[1] >= 600_900_000);
        // Two hours, two bands or two cells away are places of their own, the earliest first.
        let apart = [cell(60.0, 25.0, 100, 2), cell(60.0, 25.0, 100, 0), cell(60.0, 25.0, 1_200, 0), cell(60.0, 25.45, 100, 0)];
        let found = of(&apart);
        assert_eq!(found.len(), 4);
        assert_eq!(found[3].span_us[0], NOON_US + 2 * HOUR_US);
        assert_eq!(of(&[]), []);
    }

    #[test]
    fn a_spot_across_the_antimeridian_is_as_small_as_it_is() {
        let found = of(&[cell(10.0, 179.99, 100, 0), cell(10.0, -179.99, 100, 0), cell(10.0, -179.90, 100, 0)]);
        assert_eq!(found.len(), 1);
        let [west, east] = found[0].lons_e7;
        assert!(west < 1_800_000_000 && east > 1_800_000_000 && east - west < 4_000_000, "{west} to {east}");
        assert!(found[0].size_km()[0] <= 32);
        assert!(found[0].middle().lon_e7() < -1_790_000_000 || found[0].middle().lon_e7() > 1_790_000_000);
    }

    #[test]
    fn round_a_pole_all_longitudes_hang_together() {
        let ring: Vec<CellId> = (-18..18).map(|east| cell(89.99, f64::from(east) * 10.0, 100, 0)).collect();
        let found = of(&ring);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].lons_e7, [-1_800_000_000, 1_800_000_000]);
        assert!(found[0].middle().lat_e7() > 890_000_000);
    }
}
