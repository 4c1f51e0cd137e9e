use proptest::prelude::*;

use super::*;
use crate::forest::testing::{any_margin, any_shape, any_solid, apart_naively_cm, conflict_naively, meet_naively};
use crate::forest::{Forest, Shape};
use crate::testing::repeatable;

/// The distance as it is defined, every chord against every chord.
fn distance_naively_cm(sought: &Solid, kept: &Solid) -> u64 {
    let (a, b) = (sought.shape(), kept.shape());
    if [0, TURN, -TURN].into_iter().any(|shift| meet_naively(a, shift, b)) {
        return 0;
    }
    let radii = u64::from(a.radius_cm()) + u64::from(b.radius_cm());
    let apart = libm::ceil(apart_naively_cm(a, b)) as u64;
    if radii == 0 { apart.max(1) } else { apart.saturating_sub(radii) }
}

proptest! {
    #![proptest_config(repeatable(300))]

    #[test]
    fn the_nearest_is_the_nearest_of_all(solids in prop::collection::vec(any_solid(), 0..60), sought in any_solid(), margin in any_margin(), far in 0..4_000_000_000_u32, skip in 0..7_u32, packed in any::<bool>()) {
        let margin = Margin { horizontal_cm: far >> (far % 24), ..margin };
        let mut forest = Forest::new();
        solids.iter().zip(0..).for_each(|(solid, id)| forest.insert(id, solid));
        if packed {
            forest.compact();
        }
        let wide = Margin { horizontal_cm: u32::MAX, ..margin };
        let eligible = |id: u32| id % 7 != skip;
        let near = solids.iter().zip(0..).filter(|(solid, id)| eligible(*id) && conflict_naively(&sought, solid, &wide));
        let expected = near.map(|(solid, id)| (distance_naively_cm(&sought, solid), id)).min();
        let expected = expected.filter(|(distance, _)| *distance <= margin.horizontal_cm.into());
        let found = forest.snapshot().nearest(&sought, &margin, eligible);
        prop_assert_eq!(found.map(|found| (found.distance_cm, found.id)), expected);
    }

    #[test]
    fn its_distance_is_the_least_margin_that_conflicts(kept in any_solid(), sought in any_shape()) {
        let sought = Solid::try_new(sought, [0, 5_000], [0, 200_000]).unwrap();
        let mut forest = Forest::new();
        forest.insert(3, &kept);
        let snapshot = forest.snapshot();
        let found = snapshot.nearest(&sought, &Margin { horizontal_cm: u32::MAX, ..Margin::NONE }, |_| true);
        if let Some(distance) = found.and_then(|found| u32::try_from(found.distance_cm).ok()) {
            let margin = |horizontal_cm: u32| Margin { horizontal_cm, ..Margin::NONE };
            prop_assert_eq!(snapshot.ids(&sought, &margin(distance)), [3]);
            if distance > 0 {
                prop_assert!(snapshot.ids(&sought, &margin(distance - 1)).is_empty());
            }
        }
    }

    #[test]
    fn no_bound_is_above_a_distance(a in any_shape(), b in any_shape()) {
        let solid = |shape: &Shape| Solid::try_new(shape.clone(), [0, 0], [0, 0]).unwrap();
        let (one, other) = (solid(&a), solid(&b));
        let bulges_m = bulge_m(one.bulge()) + bulge_m(other.bulge());
        let bound = apart_m(&one.bounds(), &other.bounds()) - bulges_m - ROUNDING_M;
        prop_assert!(bound * 100.0 <= apart_naively_cm(&a, &b));
    }
}
