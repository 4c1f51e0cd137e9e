//! The cells of some volumes (docs/spec/cells.md).

use detente_types::height::Heights;
use detente_types::unit::Metres;
use detente_types::volume::{Datum, Shape, Volume};
use serde::Serialize;

use super::format::{VolumeJson, volume_json};
use super::{lines, publish};
use crate::cells::{CellId, Grid, Size};
use crate::testing::{MINUTE_US, NOON_US, at, band, timed, volume, window};
use crate::{Law, Separation};

const CELLS: &str = include_str!("../../../../vectors/cells-1.json");

#[derive(Serialize)]
struct CellsVector {
    name: &'static str,
    law: &'static str,
    line_datum: &'static str,
    /// Edge, band and slot: metres, metres, seconds.
    grid: [u32; 3],
    horizontal_cm: i64,
    vertical_cm: i64,
    time_us: i64,
    volume: VolumeJson,
    cells: Vec<String>,
}

type Case = (&'static str, Law, [u32; 3], Separation, Volume);

#[test]
fn cells_are_as_published() {
    let vectors: Vec<CellsVector> = cases().into_iter().map(compute).collect();
    assert!(vectors.iter().all(|vector| (1..1_000).contains(&vector.cells.len())));
    publish("cells-1.json", CELLS, &format!("{{\n\"vectors\": {}\n}}\n", lines(&vectors)));
}

fn compute((name, law, grid, separation, volume): Case) -> CellsVector {
    let [cell_m, band_m, slot_s] = grid;
    let size = Size { cell_m, band_m, slot_s };
    let cells = Grid::new(size, separation, law, Datum::Wgs84).unwrap().cells([&volume]).unwrap();
    CellsVector {
        name,
        law: law.name(),
        line_datum: Datum::Wgs84.name(),
        grid,
        horizontal_cm: separation.horizontal.cm(),
        vertical_cm: separation.vertical.cm(),
        time_us: separation.time_us,
        volume: volume_json(&volume),
        cells: cells.as_slice().iter().map(CellId::to_string).collect(),
    }
}

fn apart(horizontal_cm: i64, vertical_cm: i64, time_us: i64) -> Separation {
    Separation { horizontal: Metres::from_cm(horizontal_cm), vertical: Metres::from_cm(vertical_cm), time_us }
}

fn brief(shape: Shape, radius_m: f64) -> Volume {
    Volume { window: window(NOON_US, NOON_US + 10 * MINUTE_US), ..volume(shape, radius_m) }
}

fn moving(way: &[(f64, f64, i64)], radius_m: f64, slack_s: i64) -> Volume {
    let path = way.iter().map(|&(lat, lon, _)| at(lat, lon)).collect();
    timed(path, way.iter().map(|&(_, _, minute)| NOON_US + minute * MINUTE_US).collect(), radius_m, slack_s * 1_000_000)
}

const DEFAULT: [u32; 3] = [5_000, 500, 900];

fn cases() -> Vec<Case> {
    let second = Law::Two(Heights::of(Datum::Wgs84));
    let plain = apart(926_000, 30_000, 300_000_000);
    [still(second, plain), moved(second, plain)].concat()
}

fn still(second: Law, plain: Separation) -> Vec<Case> {
    let ring = |places: &[(f64, f64)]| places.iter().map(|&(lat, lon)| at(lat, lon)).collect::<Vec<_>>();
    let path = |places: &[(f64, f64)]| Shape::Path(ring(places));
    let round = |lat: f64| ring(&[0.0, 60.0, 120.0, 180.0, -120.0, -60.0].map(|lon| (lat, lon)));
    let outer = ring(&[(55.0, 20.0), (55.0, 24.0), (57.5, 24.0), (57.5, 20.0)]);
    let hole = ring(&[(55.8, 21.2), (55.8, 23.0), (56.8, 23.0), (56.8, 21.2)]);
    let at_ends = Volume {
        band: band(-30, 470),
        window: window(NOON_US + 1, NOON_US + 900_000_000 - 1),
        ..brief(Shape::Point(at(1.0, 2.0)), 10.0)
    };
    let high = Volume { band: band(29_000, 40_000_000), ..brief(Shape::Point(at(-0.01, -0.01)), 500.0) };
    vec![
        ("a point", second, DEFAULT, plain, brief(Shape::Point(at(59.9, 24.7)), 100.0)),
        ("no separation, a tiny radius", second, DEFAULT, apart(0, 0, 0), brief(Shape::Point(at(12.345, -67.89)), 0.01)),
        ("odd halves at the ends of bands and slots", second, [10_000, 500, 900], apart(1, 6_001, 3), at_ends),
        ("up into space", second, [20_000, 1_000, 86_400], plain, high),
        ("the north pole", second, [20_000, 1_000, 86_400], plain, brief(Shape::Point(at(90.0, 0.0)), 9_000.0)),
        ("beside the south pole", second, [5_000, 1_000, 86_400], plain, brief(Shape::Point(at(-89.97, 33.0)), 2_000.0)),
        (
            "a path over the antimeridian",
            second,
            DEFAULT,
            apart(200_000, 0, 0),
            brief(path(&[(-17.0, 179.9), (-17.05, -179.9)]), 50.0),
        ),
        (
            "a long edge",
            second,
            [50_000, 1_000, 86_400],
            apart(1_000_000, 0, 0),
            brief(path(&[(59.0, 10.0), (61.0, 24.0)]), 1_000.0),
        ),
        (
            "a polygon with a hole",
            second,
            [25_000, 1_000, 86_400],
            apart(100_000, 0, 0),
            brief(Shape::Polygon(vec![outer, hole]), 0.0),
        ),
        (
            "a polygon round the south pole",
            second,
            [50_000, 1_000, 86_400],
            apart(0, 0, 0),
            brief(Shape::Polygon(vec![round(-88.0)]), 0.0),
        ),
    ]
}

fn moved(second: Law, plain: Separation) -> Vec<Case> {
    vec![
        ("a truck", second, DEFAULT, plain, moving(&[(60.0, 25.0, 0), (60.1, 25.3, 20), (60.2, 25.2, 65)], 50.0, 0)),
        ("a truck that may be late", second, DEFAULT, plain, moving(&[(60.0, 25.0, 0), (60.1, 25.3, 20)], 50.0, 600)),
        (
            "a ship over the antimeridian",
            second,
            [1_852, 500, 600],
            apart(100_000, 0, 0),
            moving(&[(5.0, 179.95, 0), (5.02, -179.94, 47)], 200.0, 0),
        ),
        (
            "a sortie over the pole",
            second,
            [30_000, 1_000, 600],
            apart(926_000, 0, 60_000_000),
            moving(&[(89.5, 0.0, 0), (89.4, 170.0, 11)], 0.01, 30),
        ),
        (
            "the truck under the first law",
            Law::One,
            DEFAULT,
            apart(0, 0, 0),
            moving(&[(60.0, 25.0, 0), (60.1, 25.3, 20)], 50.0, 0),
        ),
    ]
}
