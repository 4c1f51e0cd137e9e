use detente_types::volume::{AltitudeBand, Shape, Volume};
use proptest::prelude::*;

use super::*;
use crate::geoid;
use crate::testing::{any_volume, at, repeatable, volume};

const BOUNDED: Heights =
    Heights { datum: Datum::Wgs84, terrain: Some((Metres::new(-20), Metres::new(800))), pressure: Some(Metres::new(600)) };

fn over(datum: Datum, of: &Volume) -> Volume {
    Volume { band: AltitudeBand::try_new(of.band.lower(), of.band.upper(), datum).unwrap(), ..of.clone() }
}

fn span_of(volume: &Volume, heights: &Heights) -> (i64, i64) {
    span(&Prepared::new(volume), heights)
}

proptest! {
    #![proptest_config(repeatable(60))]

    /// Whatever a band over the sea can mean at a vertex of the footprint, the band over the ellipsoid holds it, and the
    /// other way round.
    #[test]
    fn a_converted_band_holds_what_it_can_mean(v in any_volume()) {
        let sea = span_of(&over(Datum::Amsl, &v), &BOUNDED);
        let ellipsoid = span_of(&over(Datum::Wgs84, &v), &Heights { datum: Datum::Amsl, ..BOUNDED });
        for position in v.footprint.vertices().take(4) {
            let [lat, lon] = [position.lat_e7(), position.lon_e7()].map(|e7| f64::from(e7) / 1e7);
            let rise = geoid::model(lat, lon) * 100.0;
            let (lower, upper) = (v.band.lower().cm() as f64, v.band.upper().cm() as f64);
            prop_assert!(sea.0 as f64 <= lower + rise && upper + rise <= sea.1 as f64);
            prop_assert!(ellipsoid.0 as f64 <= lower - rise && upper - rise <= ellipsoid.1 as f64);
        }
    }

    #[test]
    fn another_datum_never_shrinks_a_band(v in any_volume(), line in prop::sample::select(Datum::ALL.to_vec())) {
        let height = |(lower, upper): (i64, i64)| upper - lower;
        for datum in Datum::ALL {
            let converted = span_of(&over(datum, &v), &Heights { datum: line, ..BOUNDED });
            prop_assert!(height(converted) >= (v.band.upper().cm() - v.band.lower().cm()).min(height(ALL)), "{datum:?} on {line:?}");
        }
    }
}

#[test]
fn what_the_terms_do_not_bound_is_all_altitudes() {
    let flight = volume(Shape::Point(at(59.9, 25.0)), 100.0);
    let bare = Heights::of(Datum::Amsl);
    assert_eq!(span_of(&over(Datum::Agl, &flight), &bare), ALL);
    assert_eq!(span_of(&over(Datum::FlightLevel, &flight), &bare), ALL);
    assert_eq!(span_of(&over(Datum::Amsl, &flight), &Heights { datum: Datum::Agl, ..BOUNDED }), ALL);
    assert_eq!(span_of(&over(Datum::Agl, &flight), &BOUNDED), (-2_000, 180_000));
    let level = span_of(&over(Datum::FlightLevel, &flight), &Heights { datum: Datum::Amsl, ..BOUNDED });
    assert_eq!(level, (-60_000, 160_000));
}
