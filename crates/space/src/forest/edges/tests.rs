use proptest::prelude::*;

use super::*;
use crate::forest::lanes::Kernel;
use crate::forest::testing::{any_shape, meet_naively, small_shape};
use crate::forest::{Shape, Solid};
use crate::testing::repeatable;

fn range(shape: &Shape) -> [Vertex; 2] {
    Solid::try_new(shape.clone(), [0, 0], [0, 0]).unwrap().bounds().range()
}

/// By every kernel of this machine, either way round, and with boxes that are larger than they need be.
fn all_say(a: &Shape, b: &Shape, expected: bool) -> Result<(), TestCaseError> {
    if !is_small(&a.view()) || !is_small(&b.view()) {
        return Ok(());
    }
    let larger =
        |[low, high]: [Vertex; 2]| [low.map(|number| number.saturating_sub(3)), high.map(|number| number.saturating_add(2))];
    for lanes in Kernel::ALL.into_iter().filter_map(Lanes::of) {
        for [range_a, range_b] in [[range(a), range(b)], [range(a), larger(range(b))], [larger(range(a)), range(b)]] {
            prop_assert_eq!(meet(lanes, [&a.view(), &b.view()], [range_a, range_b]), expected, "{:?}", lanes);
            prop_assert_eq!(meet(lanes, [&b.view(), &a.view()], [range_b, range_a]), expected, "{:?}", lanes);
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(repeatable(4_000))]

    #[test]
    fn on_a_small_grid_they_meet_as_edges_and_windings_say(a in small_shape(), b in small_shape()) {
        all_say(&a, &b, meet_naively(&a, 0, &b))?;
    }

    #[test]
    fn anywhere_on_the_map_too(a in any_shape(), b in any_shape()) {
        all_say(&a, &b, meet_naively(&a, 0, &b))?;
    }
}

#[test]
fn up_to_thirty_two_vertices_are_seen_at_once() {
    let comb = |teeth: i32| {
        let tooth = |i: i32| [[10 * i, 0], [10 * i + 5, 100]];
        let mut ring: Vec<Vertex> = (0..teeth).flat_map(tooth).collect();
        ring.extend([[10 * teeth, -10], [0, -10]]);
        Shape::polygon(&[ring], 0).unwrap()
    };
    let (most, more) = (comb(15), comb(16));
    assert!(is_small(&most.view()) && !is_small(&more.view()));
    // In the gap between two teeth, on the side of one, inside it.
    for (at, expected) in [([70, 50], false), ([72, 40], true), ([75, 50], true), ([150, -10], true), ([151, -10], false)] {
        all_say(&most, &Shape::point(at, 0).unwrap(), expected).unwrap();
    }
}
