use detente_types::volume::Position;
use proptest::prelude::*;

use super::grid::{QUARTER_E7, TURN_E7};
use super::*;
use crate::testing::{MINUTE_US, NOON_US, at, band, repeatable, volume, window};

fn site(lat: f64, lon: f64) -> Volume {
    volume(Shape::Point(at(lat, lon)), 0.0)
}

fn one(volume: &Volume, precision: Precision) -> Vec<Volume> {
    coarsen(core::slice::from_ref(volume), precision).unwrap()
}

fn vertices(volume: &Volume) -> Vec<Position> {
    volume.footprint.vertices().collect()
}

#[test]
fn exact_changes_nothing() {
    let volumes = [site(59.6, 24.7), volume(Shape::Point(at(0.0, 0.0)), 77.0)];
    assert_eq!(coarsen(&volumes, Precision::Exact).unwrap(), volumes);
    assert_eq!(coarsen(&[], Precision::Km1).unwrap(), []);
}

#[test]
fn a_site_becomes_its_cell() {
    let told = one(&site(59.604_3, 24.718_9), Precision::Km1);
    let corners = [(59.60, 24.70), (59.60, 24.72), (59.61, 24.72), (59.61, 24.70)].map(|(lat, lon)| at(lat, lon));
    assert_eq!(told.len(), 1);
    assert_eq!(vertices(&told[0]), corners);
    assert_eq!(told[0].footprint.radius(), Metres::new(25));
    let told = one(&site(59.604_3, 24.718_9), Precision::Km10);
    let corners = [(59.6, 24.6), (59.6, 24.8), (59.7, 24.8), (59.7, 24.6)].map(|(lat, lon)| at(lat, lon));
    assert_eq!(vertices(&told[0]), corners);
    assert_eq!(told[0].footprint.radius(), Metres::new(250));
}

#[test]
fn a_site_on_a_corner_becomes_the_four_cells_round_it() {
    let told = one(&site(59.60, 24.70), Precision::Km1);
    let corners = [(59.59, 24.68), (59.59, 24.72), (59.61, 24.72), (59.61, 24.68)].map(|(lat, lon)| at(lat, lon));
    assert_eq!(vertices(&told[0]), corners);
}

#[test]
fn cells_join_over_the_antimeridian_and_at_a_pole() {
    let told = one(&volume(Shape::Point(at(-17.005, 180.0)), 100.0), Precision::Km1);
    assert_eq!(told.len(), 1);
    assert_eq!(vertices(&told[0])[..2], [at(-17.01, 179.99), at(-17.01, -179.99)]);
    let told = one(&site(90.0, 0.0), Precision::Km1);
    assert_eq!(told.len(), 4, "four quarters of the round cell");
    assert!(told.iter().all(|v| vertices(v).contains(&at(90.0, 0.0))));
}

#[test]
fn altitude_and_time_go_outward_to_the_steps() {
    let exact = Volume { band: band(-1, 101), window: window(NOON_US + 1, NOON_US + 61 * MINUTE_US), ..site(59.6, 24.7) };
    let told = one(&exact, Precision::Km1);
    assert_eq!(told[0].band, band(-100, 200));
    assert_eq!(told[0].window, window(NOON_US, NOON_US + 65 * MINUTE_US));
    let told = one(&exact, Precision::Km10);
    assert_eq!(told[0].band, band(-500, 500));
    assert_eq!(told[0].window, window(NOON_US, NOON_US + 90 * MINUTE_US));
    assert_eq!(coarsen_window(&exact.window, Precision::Km1), Some(window(NOON_US, NOON_US + 65 * MINUTE_US)));
    assert_eq!(coarsen_window(&exact.window, Precision::Exact), Some(exact.window));
    let ends = Volume { band: band(-12_000, 50_000_000), ..exact };
    assert_eq!(one(&ends, Precision::Km10)[0].band, ends.band, "the ends of the range stay");
}

#[test]
fn a_window_that_would_become_too_long_is_refused() {
    let day = 86_400_000_000;
    let long = Volume { window: window(NOON_US + 1, NOON_US + 1 + 400 * day), ..site(59.6, 24.7) };
    let refused = coarsen(&[site(0.0, 0.0), long.clone()], Precision::Km1);
    assert_eq!(refused, Err(CoarsenError::TooLong { precision: Precision::Km1, volume: 1 }));
    let fits = Volume { window: window(NOON_US, NOON_US + 400 * day), ..long };
    assert_eq!(one(&fits, Precision::Km1)[0].window, fits.window);
}

#[test]
fn what_does_not_fit_goes_to_the_next_coarser_grid() {
    let reach = |volumes: &[Volume]| volumes.iter().map(|v| v.footprint.radius()).max().unwrap();
    let circle = volume(Shape::Point(at(59.6, 24.7)), 500_000.0);
    assert_eq!(reach(&one(&circle, Precision::Km1)), Metres::new(125), "rows of 5 km");
    let many: Vec<Volume> = (0..40).map(|i| volume(Shape::Point(at(f64::from(i), 0.0)), 20_000.0)).collect();
    let told = coarsen(&many, Precision::Km1).unwrap();
    assert_eq!(told.len(), 40);
    assert!(told.iter().flat_map(vertices).count() <= NOTICE_VERTICES_MAX);
    assert!(reach(&told) > Metres::new(25));
}

#[test]
fn what_fits_no_grid_is_refused() {
    // Four quarters of a round cell each, on every grid.
    let polar = vec![site(90.0, 0.0); 17];
    let refused = coarsen(&polar, Precision::Km10);
    assert_eq!(refused, Err(CoarsenError::TooSpread { precision: Precision::Km10 }));
    assert_eq!(coarsen(&polar[1..], Precision::Km10).map(|told| told.len()), Ok(64));
}

#[test]
fn cells_are_a_kilometre_wide_and_not_much_more_at_every_latitude() {
    for grid in Grid::ladder(Precision::Km1) {
        for row in 0..2 * QUARTER_E7 / grid.row_e7 {
            let block = grid.row(row);
            let cells = grid.cells(&block);
            assert_eq!(TURN_E7 % (cells * grid.row_e7), 0, "cells fit evenly and on whole steps");
            let poleward = block.south.abs().max(block.north.abs());
            let heights = (TURN_E7 / cells) as f64 * libm::cos(grid::radians(poleward)) / grid.row_e7 as f64;
            assert!(cells == 1 || (0.9..2.0).contains(&(heights + 1e-12)), "{heights} in row {row} of {}", grid.row_e7);
        }
    }
}

proptest! {
    #![proptest_config(repeatable(300))]

    #[test]
    fn a_move_inside_the_cell_changes_nothing(
        row in -8_980..8_980_i64, cell in 0..1_000_i64, up in 0.01..0.99_f64, along in 0.01..0.99_f64,
        seconds in 1..299_i64, precision in prop::sample::select(vec![Precision::Km1, Precision::Km10]),
    ) {
        let grid = Grid::ladder(precision).next().unwrap();
        let block = grid.row(grid.row_of(row * 100_000));
        let cells = grid.cells(&block);
        let (height, width) = ((block.north - block.south) as f64, (TURN_E7 / cells) as f64);
        let west = block.west + (cell % cells) * (TURN_E7 / cells);
        let place = |up: f64, along: f64| {
            Position::try_new(block.south + (height * up) as i64, grid::wrap(west + (width * along) as i64)).unwrap()
        };
        let middle = volume(Shape::Point(place(0.5, 0.5)), 0.0);
        let moved = Volume {
            window: window(NOON_US + seconds * 1_000_000, NOON_US + 60 * MINUTE_US - seconds * 1_000_000),
            ..volume(Shape::Point(place(up, along)), 0.0)
        };
        prop_assert_eq!(one(&middle, precision), one(&moved, precision));
    }
}
