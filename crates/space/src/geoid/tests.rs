use proptest::prelude::*;

use super::oracle::by_cs2cs;
use super::*;
use crate::testing::{repeatable, soak};

/// Positions all over the earth, in degrees.
fn positions(count: usize) -> Vec<(f64, f64)> {
    let golden = 0.618_033_988_749_894_9;
    let at = |i: usize| {
        let part = (i as f64 + 0.5) / count as f64;
        (libm::asin(2.0 * part - 1.0).to_degrees(), (i as f64 * golden).fract() * 360.0 - 180.0)
    };
    (0..count).map(at).collect()
}

fn e7(degrees: f64) -> i64 {
    (degrees * 1e7).round() as i64
}

fn point(lat: f64, lon: f64) -> Region {
    Region { south: e7(lat), north: e7(lat), west: e7(lon), width: 0 }
}

#[test]
fn the_sea_lies_where_cs2cs_says() {
    let positions = positions(if soak() { 100_000 } else { 400 });
    let said = by_cs2cs(&positions);
    assert_eq!(said.len(), positions.len());
    let mut worst = 0.0_f64;
    for (&(lat, lon), metres) in positions.iter().zip(&said) {
        let (low, high) = range(&point(lat, lon));
        let cm = metres * 100.0;
        assert!(low as f64 <= cm && cm <= high as f64, "{lat} {lon}: {cm} is not in {low}..{high}");
        worst = worst.max((model(lat, lon) - metres).abs());
    }
    assert!(worst < 2.0, "{worst}");
    // The sign is the right way round: 85 m above the ellipsoid at New Guinea, 106 m below it south of India.
    assert!(range(&point(-8.0, 147.0)).0 > 60_00 && range(&point(4.5, 79.0)).1 < -90_00);
}

#[test]
fn blocks_hold_their_nodes() {
    let step = if soak() { 1 } else { 37 };
    for (row, column) in (0..ROWS).flat_map(|r| (0..COLUMNS).map(move |c| (r, c))).step_by(step * step) {
        let (low, high) = blocks::range(row..=row, column..=column);
        let value = i64::from(node(row, column));
        assert!(low <= value && value <= high, "{row} {column}: {value} is not in {low}..{high}");
    }
}

/// The platform's trigonometry is off by 1e-12 m at most; so far from where rounding tips, it changes no node.
#[test]
fn nodes_round_alike_everywhere() {
    let step = if soak() { 1 } else { 41 };
    for (row, column) in (0..ROWS).flat_map(|r| (0..COLUMNS).map(move |c| (r, c))).step_by(step * step) {
        let cm = model(row as f64 * 0.25 - 90.0, column as f64 * 0.25 - 180.0) * 100.0;
        let from_tipping = ((cm + 0.5) - (cm + 0.5).round()).abs();
        assert!(from_tipping > 1e-7, "{row} {column}: {cm}");
    }
}

proptest! {
    #![proptest_config(repeatable(200))]

    /// A region's bounds hold those of every point in it, also across the antimeridian and by blocks.
    #[test]
    fn a_region_holds_its_points(
        south in -90.0..89.0_f64,
        high in 0.0..12.0_f64,
        west in -180.0..180.0_f64,
        wide in 0.0..40.0_f64,
        inside in (0.0..1.0_f64, 0.0..1.0_f64),
    ) {
        let north = (south + high).min(90.0);
        let region = Region { south: e7(south), north: e7(north), west: e7(west), width: e7(wide) };
        let (lat, lon) = (south + (north - south) * inside.0, west + wide * inside.1);
        let (low, high) = range(&region);
        let here = range(&point(lat, lon));
        prop_assert!(low <= here.0 && here.1 <= high, "{here:?} at {lat} {lon} is not in {low}..{high}");
    }
}
