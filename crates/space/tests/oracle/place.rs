//! Bearings and distances against an independent implementation of geodesics.

use super::common::{at, degrees, distance, repeatable, toward};
use detente_space::place::bearing_and_distance;
use proptest::prelude::*;

proptest! {
    #![proptest_config(repeatable(3_000))]

    #[test]
    fn bearing_and_distance_are_rounded_truths(
        lat in -89.9..89.9_f64, lon in -180.0..180.0_f64, azimuth in 0.0..360.0_f64, metres in 200.0..1e7_f64,
    ) {
        let from = degrees(at((lat, lon)));
        let to = degrees(at(toward(from, azimuth, metres)));
        let told = bearing_and_distance(at(from), at(to));
        let truth = distance(from, to);
        prop_assert!((told.distance.as_f64() - truth).abs() <= 60.0, "told {}, in truth {truth} m", told.distance);
        let turned = (f64::from(told.bearing_deg) - azimuth + 540.0).rem_euclid(360.0) - 180.0;
        prop_assert!(turned.abs() <= 0.51, "told {}°, in truth {azimuth}°", told.bearing_deg);
    }
}
