use super::*;
use crate::outline::Prepared;
use crate::resolve::short::{Disc, Place, of_area, of_pair};
use crate::testing::{any_far_moving, any_moving, any_separation};
use detente_types::area::Area;
use detente_types::volume::Position;

/// Heights that take all data, over one and the other datum whose altitudes depend on the place.
const BOUNDED: [Heights; 2] = [bounded(Datum::Wgs84), bounded(Datum::Amsl)];

const fn bounded(datum: Datum) -> Heights {
    Heights { datum, terrain: Some((Metres::new(-20), Metres::new(800))), pressure: Some(Metres::new(600)) }
}

fn any_own() -> impl Strategy<Value = Volume> {
    let datum = prop::sample::select(vec![Datum::Wgs84, Datum::Wgs84, Datum::Amsl, Datum::Agl, Datum::FlightLevel]);
    (prop_oneof![any_volume(), any_moving(), any_far_moving(), any_near(true)], datum).prop_map(|(volume, datum)| {
        let band = AltitudeBand::try_new(volume.band.lower(), volume.band.upper(), datum).unwrap();
        Volume { band, ..volume }
    })
}

fn any_law() -> impl Strategy<Value = Law> {
    prop::sample::select(vec![Law::One, LAWS[1], Law::Two(BOUNDED[0]), Law::Two(BOUNDED[1])])
}

/// Shifts as bearing and metres.
type Polar = (u16, f64);

fn shifted(own: &Volume, middle: Position, (bearing, metres): Polar) -> Option<Volume> {
    shift::moved(own, Shift::default(), Some(&rigid::Turn::new(middle, bearing, metres)))
}

/// The shift along a bearing that is nearest to being so far from another, on either side; `None` where that bearing has none
/// within that distance.
fn within(from: Polar, bearing: u16, radius: f64, far: bool) -> Option<Polar> {
    let angle = f64::from(bearing).to_radians() - f64::from(from.0).to_radians();
    let (foot, off) = (from.1 * libm::cos(angle), from.1 * libm::sin(angle));
    let half = (radius * radius - off * off).max(0.0).sqrt();
    let metres = if far { foot + half } else { foot - half };
    (off.abs() < radius && metres > 0.0).then_some((bearing, metres))
}

proptest! {
    #![proptest_config(repeatable(1_500))]

    /// Wherever within that distance a notice is brought, it is in the way: most of all just within it.
    #[test]
    fn what_is_short_by_so_much_is_short_all_around(
        own in any_own(),
        others in prop::collection::vec(prop_oneof![any_volume(), any_moving(), any_far_moving(), any_near(true)], 4),
        (separation, law) in (any_separation(), any_law()),
        from in (0..360_u16, prop_oneof![Just(0.0), logarithmic(50.0, 5e5)]),
        towards in prop::collection::vec((0..360_u16, prop_oneof![Just(0.999), 0.01..1.0_f64], any::<bool>()), 12),
    ) {
        let middle = rigid::middle(std::slice::from_ref(&own)).unwrap();
        let Some(there) = shifted(&own, middle, from) else { return Ok(()) };
        for other in others.iter().filter(|other| law.meet(&there, other, &separation).is_some()) {
            let metres = of_pair(law, &separation, &Prepared::new(&there), &Prepared::new(other)).metres;
            for &(bearing, part, far) in &towards {
                let Some(to) = within(from, bearing, metres * part, far) else { continue };
                let clear = shifted(&own, middle, to).is_some_and(|moved| law.meet(&moved, other, &separation).is_none());
                prop_assert!(!clear, "{metres} m from {from:?} {to:?} is clear of {other:?}");
            }
        }
    }

    #[test]
    fn what_is_outside_an_area_stays_outside_all_around(
        own in any_near(false), from in (0..360_u16, logarithmic(50.0, 2e4)), sides in (logarithmic(1e-4, 0.3), logarithmic(1e-4, 0.3)),
        towards in prop::collection::vec((0..360_u16, prop_oneof![Just(0.999), 0.01..1.0_f64], any::<bool>()), 12),
    ) {
        let corner = |north: f64, east: f64| at(59.6 + north * sides.0, 24.7 + east * sides.1);
        let area = Area::try_new(&[corner(-1.0, -1.0), corner(-1.0, 1.0), corner(1.0, 0.5), corner(0.8, -1.0)]).unwrap();
        let middle = rigid::middle(std::slice::from_ref(&own)).unwrap();
        let Some(there) = shifted(&own, middle, from) else { return Ok(()) };
        let Some(metres) = of_area(&area, std::slice::from_ref(&there)) else { return Ok(()) };
        for &(bearing, part, far) in &towards {
            let Some(to) = within(from, bearing, metres * part, far) else { continue };
            let moved = shifted(&own, middle, to);
            let inside = moved.is_some_and(|moved| moved.footprint.vertices().all(|vertex| area.contains(vertex)));
            prop_assert!(!inside, "{metres} m from {from:?} {to:?} is inside");
        }
    }
}

fn short(own: &Volume, other: &Volume, separation: &Separation) -> f64 {
    of_pair(LAWS[1], separation, &Prepared::new(own), &Prepared::new(other)).metres
}

#[test]
fn of_plain_shapes_it_is_nearly_all_there_is() {
    let separation = Separation { horizontal: Metres::new(500), vertical: Metres::ZERO, time_us: 0 };
    // 564 m apart, and 1,301 m they must be: within the grown radii and the separation.
    let beside = short(&circle(59.6, 24.71, 300.0), &circle(59.6, 24.7, 500.0), &separation);
    assert!((725.0..737.0).contains(&beside), "{beside}");
    // 1,114 m from the nearest side of a square, inside.
    let square = vec![at(59.59, 24.68), at(59.59, 24.72), at(59.61, 24.72), at(59.61, 24.68)];
    let square = volume(Drawn::Polygon(vec![square]), 1.0);
    let inside = short(&circle(59.6, 24.7, 300.0), &square, &separation);
    assert!((1_895.0..1_916.0).contains(&inside), "{inside}");
    // A path across it: only the radii and the separation are left.
    let across = volume(Drawn::Path(vec![at(59.6, 24.6), at(59.6, 24.8)]), 300.0);
    assert!((790.0..802.0).contains(&short(&across, &square, &separation)));
}

#[test]
fn an_undulation_that_could_lift_it_clear_rules_nothing_out() {
    let separation = Separation { horizontal: Metres::new(500), vertical: Metres::ZERO, time_us: 0 };
    let over_sea = |lower: i64| Volume {
        band: AltitudeBand::try_new(Metres::new(lower), Metres::new(lower + 10), Datum::Amsl).unwrap(),
        ..circle(59.6, 24.7, 300.0)
    };
    let other = circle(59.6, 24.7, 300.0);
    assert!(short(&over_sea(500), &other, &separation) > 1_000.0, "well within 0 to 1,000 m of the ellipsoid");
    // The sea lies some 17 m above it here.
    let meets = |lower: &i64| LAWS[1].meet(&over_sea(*lower), &other, &separation).is_some();
    let barely = (950..1_000).rev().find(meets).unwrap();
    assert_eq!(short(&over_sea(barely), &other, &separation), 0.0, "{barely} m over the sea");
}

proptest! {
    #![proptest_config(repeatable(2_000))]

    #[test]
    fn a_disc_holds_what_it_says_and_no_more(
        (bearing, away, radius) in (0.0..360.0_f64, prop_oneof![Just(0.0), 1.0..5_000.0_f64], 0.0..5_000.0_f64),
        (to, ring) in (0..360_u16, 1.0..9_000.0_f64),
    ) {
        let (sin, cos) = libm::sincos(bearing.to_radians());
        let disc = Disc { middle: Place { north_m: away * cos, east_m: away * sin }, radius_m: radius };
        let apart = |metres: f64| {
            let place = Place::along(to, metres);
            disc.middle.and(Place { north_m: -place.north_m, east_m: -place.east_m }).metres()
        };
        prop_assume!((apart(ring) - radius).abs() > 1e-6);
        let off = (f64::from(to) - bearing).rem_euclid(360.0);
        prop_assert_eq!(disc.reach_deg(ring).is_some_and(|reach| off.min(360.0 - off) <= reach), apart(ring) < radius);
        match disc.last_m(to) {
            Some(last) => prop_assert!((apart(last) - radius).abs() < 1e-6),
            None => prop_assert!(apart(ring) > radius),
        }
    }
}
