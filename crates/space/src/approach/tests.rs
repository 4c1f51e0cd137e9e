use detente_types::volume::Shape;
use proptest::prelude::*;

use super::*;
use crate::testing::{any_volume, at, repeatable, volume};

fn outline(shape: Shape, radius_m: f64) -> Outline {
    Outline::new(&volume(shape, radius_m).footprint)
}

/// The law's sentence taken literally: every chord against every chord, in order, the first smallest wins.
fn by_all_pairs(a: &Outline, b: &Outline) -> Option<Approach> {
    let chords = |outline: &Outline| -> Vec<(Vec3, Vec3)> {
        let of = |arc: &Arc| (0..arc.chords()).map(|k| (arc.vertex(k), arc.vertex(k + 1))).collect::<Vec<_>>();
        outline.arcs().iter().flat_map(of).collect()
    };
    let search = Search::new(a, b, i64::MAX - 1, None);
    let mut best: Option<Approach> = None;
    for one in chords(a) {
        for other in chords(b) {
            let nearest = Nearest::of_segments(one, other);
            let distance_cm = search.distance_cm(libm::sqrt(nearest.square));
            if best.is_none_or(|b| distance_cm < b.distance_cm) {
                best = Some(Approach { distance_cm, from: nearest.from, to: nearest.to, times_us: [None; 2] });
            }
        }
    }
    best
}

fn segment() -> impl Strategy<Value = (Vec3, Vec3)> {
    let point = || (-4.0..4.0_f64, -4.0..4.0_f64, -4.0..4.0_f64).prop_map(|(x, y, z)| Vec3::new(x, y, z));
    let flat = (-4..4_i32, -4..4_i32, -4..4_i32, -4..4_i32)
        .prop_map(|(a, b, c, d)| (Vec3::new(a.into(), b.into(), 0.0), Vec3::new(c.into(), d.into(), 0.0)));
    prop_oneof![(point(), point()), flat]
}

fn sampled(a: (Vec3, Vec3), b: (Vec3, Vec3)) -> f64 {
    let part = |s: (Vec3, Vec3), i: i32| s.0 + (s.1 - s.0) * (f64::from(i) / 100.0);
    (0..=100).map(|i| (part(a, i) - foot(part(a, i), b)).norm()).fold(f64::MAX, f64::min)
}

proptest! {
    #![proptest_config(repeatable(3_000))]

    #[test]
    fn segments_are_as_close_as_dense_samples_say(a in segment(), b in segment()) {
        let nearest = libm::sqrt(Nearest::of_segments(a, b).square);
        let samples = sampled(a, b);
        prop_assert!(nearest <= samples + 1e-9, "{nearest} but sampled {samples}");
        let step = (a.1 - a.0).norm() / 100.0;
        prop_assert!(nearest >= samples - step - 1e-9, "{nearest} but sampled {samples}");
    }

    #[test]
    fn exchanging_segments_changes_no_bit(a in segment(), b in segment()) {
        prop_assert_eq!(Nearest::of_segments(a, b).square.to_bits(), Nearest::of_segments(b, a).square.to_bits());
    }

    #[test]
    fn a_straight_line_never_gives_more_than_the_way_round(straight in 0.0..1.27e7_f64) {
        prop_assert!(along_earth(straight) >= straight);
        prop_assert!(along_earth(straight) <= straight * 1.58);
    }
}

proptest! {
    #![proptest_config(repeatable(100))]

    /// What the search leaves out could not have won.
    #[test]
    fn the_search_finds_what_all_pairs_find(a in any_volume(), b in any_volume()) {
        let (a, b) = (Outline::new(&a.footprint), Outline::new(&b.footprint));
        prop_assert_eq!(between_edges(&a, &b, i64::MAX - 1, None), by_all_pairs(&a, &b));
    }

    #[test]
    fn a_limit_only_decides_whether(a in any_volume(), b in any_volume(), limit in 0..100_000_000_i64) {
        let (a, b) = (Outline::new(&a.footprint), Outline::new(&b.footprint));
        let whole = closest(&a, &b, i64::MAX - 1).unwrap();
        prop_assert_eq!(closest(&a, &b, limit), Some(whole).filter(|w| w.distance_cm <= limit));
    }
}

#[test]
fn of_many_crossings_the_first_is_told() {
    let zigzag: Vec<_> = (0..8).map(|i| at(if i % 2 == 0 { 59.0 } else { 61.0 }, 24.0 + f64::from(i))).collect();
    let path = outline(Shape::Path(zigzag), 1.0);
    let across = outline(Shape::Path(vec![at(60.0, 40.0), at(60.0, 20.0)]), 1.0);
    let told = closest(&path, &across, 0).unwrap();
    assert_eq!(told.distance_cm, 0);
    let (lat, lon) = (told.from.z, libm::atan2(told.from.y, told.from.x).to_degrees());
    assert!(lat > 0.0 && (24.0..25.0).contains(&lon), "the first edge of the zigzag, not {lon}");
}
