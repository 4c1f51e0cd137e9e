use detente_types::height::Heights;
use detente_types::volume::{AltitudeBand, Shape};

use super::*;
use crate::testing::{MINUTE_US, NOON_US, at, band, timed, volume, window};

mod property;

const PLAIN: Size = Size { cell_m: 5_000, band_m: 500, slot_s: 900 };

fn apart(horizontal_m: i64, vertical_m: i64, minutes: i64) -> Separation {
    Separation { horizontal: Metres::new(horizontal_m), vertical: Metres::new(vertical_m), time_us: minutes * MINUTE_US }
}

fn grid(size: Size, separation: Separation) -> Grid {
    Grid::new(size, separation, Law::Two(Heights::of(Datum::Wgs84)), Datum::Wgs84).unwrap()
}

#[test]
fn an_id_is_row_column_slot_and_band_and_orders_like_them() {
    let id = CellId::new(1, 0x0203, 0x0405_0607, -2);
    assert_eq!(id.to_string(), "00000001000002030405060".to_owned() + "77ffffffe");
    assert_eq!((id.row(), id.column(), id.slot(), id.band()), (1, 0x0203, 0x0405_0607, -2));
    assert_eq!(id.to_string().parse(), Ok(id));
    assert_eq!(CellId::from_bytes(*id.as_bytes()), id);
    let mut ids =
        [(2, 0, 0, 0), (1, 1, 0, 0), (1, 0, 9, 0), (1, 0, 8, 1), (1, 0, 8, -1)].map(|(r, c, s, b)| CellId::new(r, c, s, b));
    ids.reverse();
    assert!(ids.is_sorted());
    let bad = |text: &str| text.parse::<CellId>().unwrap_err();
    assert_eq!(bad("00"), IdFault { length: 2, bad_at: 3 });
    assert_eq!(bad("0G"), IdFault { length: 2, bad_at: 2 });
    assert_eq!(bad(&"0".repeat(33)), IdFault { length: 33, bad_at: 33 });
    assert_eq!(bad("é"), IdFault { length: 2, bad_at: 1 });
}

/// A cell's bounds hold the position that it was asked for, and the cells at their corners are neighbours.
#[test]
fn cells_lie_where_their_bounds_say() {
    for size in [PLAIN, Size { cell_m: 10, band_m: 10, slot_s: 10 }, Size { cell_m: 200_000, band_m: 200_000, slot_s: 86_400 }] {
        let grid = grid(size, apart(0, 0, 0));
        for (lat, lon) in [(90.0, 0.0), (-90.0, 12.0), (0.0, 180.0), (0.0, -180.0), (59.9, 24.7), (-33.3, -179.999_999_9)] {
            for altitude in [-12_000, -1_000, -1, 0, 499, 500, 29_999, 30_000, 50_000_000] {
                let (place, altitude) = (at(lat, lon), Metres::new(altitude));
                let bounds = grid.bounds(grid.cell_at(place, altitude, NOON_US)).unwrap();
                let (lat, lon) = (i64::from(place.lat_e7()), i64::from(place.lon_e7()));
                assert!((bounds.south_e7..=bounds.north_e7).contains(&lat), "{place} {bounds:?}");
                assert!((bounds.west_e7..=bounds.east_e7).contains(&lon), "{place} {bounds:?}");
                assert!(bounds.altitude.0 <= altitude && altitude <= bounds.altitude.1, "{altitude} {bounds:?}");
                assert!((bounds.span_us.0..bounds.span_us.1).contains(&NOON_US));
            }
        }
    }
    assert_eq!(grid(PLAIN, apart(0, 0, 0)).bounds(CellId::new(4_000, 8_000, 0, 0)), None);
    assert_eq!(grid(PLAIN, apart(0, 0, 0)).bounds(CellId::new(9, 0, 0, 61)), None);
}

/// At every latitude, and for every size, cells are as wide as asked for and little wider, but in the three rows at a pole.
#[test]
fn cells_are_near_equal_in_size() {
    for cell_m in [10, 333, 5_000, 200_000] {
        let surface = Surface::new(cell_m);
        let rows = surface.rows();
        for k in 0..1_000_u32 {
            let row = (u64::from(k) * u64::from(rows - 1) / 999) as u32;
            let middle = (f64::from(row) + 0.5) * core::f64::consts::PI / f64::from(rows);
            let round = 40_075_017.0 * libm::sin(middle);
            let wide = round / f64::from(surface.columns(row)) / f64::from(cell_m);
            let at_pole = row.min(rows - 1 - row) < 3;
            assert!(wide > 0.999 && wide < if at_pole { 1.2 } else { 1.05 }, "row {row} of {rows}: {wide}");
        }
    }
}

/// What no grid would give in a hundred thousand bands takes one above 30 km.
#[test]
fn a_volume_without_a_top_is_no_endless_tower() {
    let tall = Volume { band: band(-12_000, 50_000_000), ..volume(Shape::Point(at(60.0, 25.0)), 1.0) };
    let cells = grid(PLAIN, apart(0, 0, 0)).cells([&tall]).unwrap();
    let bands: std::collections::BTreeSet<i64> = cells.as_slice().iter().map(CellId::band).collect();
    assert_eq!((bands.len(), bands.first(), bands.last()), (63, Some(&-2), Some(&60)));
}

/// What moves is in each cell only while it can be: an hour along a parallel takes about as many cells as its length,
/// in each of three bands, not their product with its time.
#[test]
fn what_moves_is_not_everywhere_all_the_time() {
    let truck = timed(vec![at(60.0, 25.0), at(60.0, 28.6)], vec![NOON_US, NOON_US + 240 * MINUTE_US], 10.0, 0);
    let grid = grid(PLAIN, apart(0, 0, 0));
    let moving = grid.cells([&truck]).unwrap().as_slice().len();
    let still = grid.cells([&Volume { passage: None, ..truck }]).unwrap().as_slice().len();
    assert!(moving < 60 * 2 * 3 && still > moving * 5, "{moving} of {still}");
}

/// A law that does not follow movers has them everywhere all the time.
#[test]
fn the_first_law_follows_nothing() {
    let truck = timed(vec![at(60.0, 25.0), at(60.0, 25.5)], vec![NOON_US, NOON_US + 60 * MINUTE_US], 10.0, 0);
    let still = Volume { passage: None, ..truck.clone() };
    let grid = Grid::new(PLAIN, apart(0, 0, 0), Law::One, Datum::Wgs84).unwrap();
    assert_eq!(grid.cells([&truck]), grid.cells([&still]));
}

/// An area's inside counts, its hole does not, and a pole inside is found.
#[test]
fn areas_are_filled() {
    let ring = |lat: f64, n: i32| (0..n).map(|i| at(lat, f64::from(i) * 360.0 / f64::from(n))).collect::<Vec<_>>();
    let cap = volume(Shape::Polygon(vec![ring(88.0, 12)]), 0.0);
    let square =
        |half: f64| [(-half, -half), (-half, half), (half, half), (half, -half)].map(|(a, o)| at(60.0 + a, 25.0 + 2.0 * o));
    let holed = volume(Shape::Polygon(vec![square(0.5).to_vec(), square(0.3).to_vec()]), 0.0);
    let grid = grid(Size { slot_s: 86_400, ..PLAIN }, apart(0, 0, 0));
    let has = |volume: &Volume, lat: f64, lon: f64| {
        let cell = grid.cell_at(at(lat, lon), Metres::ZERO, NOON_US);
        grid.cells([volume]).unwrap().as_slice().binary_search(&cell).is_ok()
    };
    assert!(has(&cap, 90.0, 0.0) && has(&cap, 89.0, 77.0) && !has(&cap, 87.0, 0.0) && !has(&cap, -90.0, 0.0));
    assert!(has(&holed, 60.4, 25.0) && has(&holed, 60.0, 24.2) && !has(&holed, 60.0, 25.0) && !has(&holed, 61.0, 25.0));
}

#[test]
fn sets_are_sorted_without_repetition_and_have_in_common_what_both_have() {
    let grid = grid(PLAIN, apart(9_260, 300, 5));
    let (one, other) = (volume(Shape::Point(at(60.0, 25.0)), 2_000.0), volume(Shape::Point(at(60.05, 25.1)), 2_000.0));
    let both = grid.cells([&one, &other, &one]).unwrap();
    assert!(both.as_slice().is_sorted_by(|a, b| a < b));
    let [one, other] = [one, other].map(|volume| grid.cells([&volume]).unwrap());
    let mut all = [one.as_slice(), other.as_slice()].concat();
    assert_eq!(CellSet::of(all.clone()), Some(both));
    all.retain(|cell| one.as_slice().contains(cell) && other.as_slice().contains(cell));
    all.sort_unstable();
    all.dedup();
    assert_eq!((one.common(&other), all.is_empty()), (all, false));
}

/// The largest one is named, with a grid that would do; and that grid does.
#[test]
fn too_many_cells_are_refused_with_a_way_out() {
    let small = volume(Shape::Point(at(60.0, 25.0)), 100.0);
    let day = Volume { window: window(NOON_US, NOON_US + 1_440 * MINUTE_US), ..volume(Shape::Point(at(50.0, 5.0)), 450_000.0) };
    let fine = grid(Size { cell_m: 1_000, band_m: 100, slot_s: 60 }, apart(1_000, 100, 1));
    let fault = fine.cells([&small, &day, &small]).unwrap_err();
    assert_eq!((fault.volume, fault.most, fault.grid), (1, CELLS_MAX, fine.size()));
    let fits = fault.fits.unwrap();
    assert!(grid(fits, apart(1_000, 100, 1)).cells([&small, &day, &small]).is_ok());
    assert!(fault.to_string().contains("volume 1 alone takes"), "{fault}");
    assert!(fault.to_string().ends_with(&format!("a grid of {fits} would do")), "{fault}");
    // What fits alone may be too much with others: then the largest of them is named.
    let large = Volume { window: day.window, ..volume(Shape::Point(at(50.0, 5.0)), 40_000.0) };
    let prepared: Vec<Prepared<'_>> = [&small, &large].map(Prepared::new).into();
    let coarse = grid(PLAIN, apart(0, 0, 0));
    let alone = coarse.cells([&large]).unwrap().as_slice().len();
    let fault = set::cells(&coarse, &prepared, alone).unwrap_err();
    assert_eq!((fault.volume, fault.cells), (1, alone as u64));
    assert!(set::cells(&coarse, &prepared, alone + 100).is_ok());
}

/// Sizes that terms cannot name make no grid, and separations beyond terms no panic.
#[test]
fn odd_numbers_are_borne() {
    let size = |cell_m, band_m, slot_s| Grid::new(Size { cell_m, band_m, slot_s }, apart(0, 0, 0), Law::One, Datum::Amsl);
    assert!(size(9, 10, 10).is_none() && size(10, 200_001, 10).is_none() && size(10, 10, 86_401).is_none());
    let wide = grid(PLAIN, apart(30_000_000, 90_000_000, 1 << 30));
    assert_eq!(wide.cells([&volume(Shape::Point(at(0.0, 0.0)), 1.0)]).unwrap_err().fits, None);
    let over_all = AltitudeBand::try_new(Metres::new(0), Metres::new(100), Datum::FlightLevel).unwrap();
    let high = Volume { band: over_all, ..volume(Shape::Point(at(0.0, 0.0)), 1.0) };
    assert_eq!(grid(PLAIN, apart(0, 0, 0)).bands_of(&Prepared::new(&high)), (-2, 60), "compared with nothing, it counts as all");
}
