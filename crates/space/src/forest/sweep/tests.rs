use std::collections::BTreeSet;

use proptest::prelude::*;

use crate::forest::testing::{any_margin, any_solid, conflict_naively};
use crate::forest::{Forest, Margin, Shape, Solid};
use crate::testing::repeatable;

fn pairs(forest: &mut Forest, margin: &Margin) -> Vec<(u32, u32)> {
    let mut pairs = Vec::new();
    forest.snapshot().sweep(margin).for_each(|a, b| pairs.push((a.min(b), a.max(b))));
    pairs.sort_unstable();
    pairs
}

proptest! {
    #![proptest_config(repeatable(400))]

    #[test]
    fn every_pair_is_found_once(solids in prop::collection::vec(any_solid(), 0..40), margin in any_margin()) {
        let mut forest = Forest::new();
        solids.iter().zip(0..).for_each(|(solid, id)| forest.insert(id, solid));
        let near = |a: usize, b: usize| conflict_naively(&solids[a], &solids[b], &margin);
        let all = (0..solids.len()).flat_map(|a| (a + 1..solids.len()).map(move |b| (a, b)));
        let expected: Vec<(u32, u32)> = all.filter(|&(a, b)| near(a, b)).map(|(a, b)| (a as u32, b as u32)).collect();
        prop_assert_eq!(pairs(&mut forest, &margin), expected);
    }
}

#[test]
fn a_pair_across_the_antimeridian_is_told_once_however_it_is_counted() {
    let square = |west: i32, east: i32| {
        let ring = vec![[west, -1_000], [east, -1_000], [east, 1_000], [west, 1_000]];
        Solid::try_new(Shape::polygon(&[ring], 0).unwrap(), [0, 1], [0, 1]).unwrap()
    };
    let solids = [
        square(1_790_000_000, 1_850_000_000),
        square(1_795_000_000, 1_810_000_000),
        square(-1_805_000_000, -1_795_000_000),
        square(-1_799_000_000, 1_799_999_999),
    ];
    let mut forest = Forest::new();
    solids.iter().zip(0..).for_each(|(solid, id)| forest.insert(id, solid));
    assert_eq!(pairs(&mut forest, &Margin::NONE), [(0, 1), (0, 2), (0, 3), (1, 2), (1, 3), (2, 3)]);
}

#[test]
#[expect(clippy::disallowed_methods, reason = "the point is that threads change nothing")]
fn two_threads_find_the_same_pairs() {
    let mut forest = Forest::new();
    for id in 0..600_u32 {
        let (x, y) = ((id * 7_919 % 1_000) as i32 * 40_000, (id * 104_729 % 1_000) as i32 * 40_000);
        let ring = vec![[x, y], [x + 900_000, y + 100_000], [x + 400_000, y + 1_500_000]];
        let solid = Solid::try_new(Shape::polygon(&[ring], 0).unwrap(), [0, 10], [id as i32 % 50, 60]).unwrap();
        forest.insert(id, &solid);
    }
    let margin = Margin { horizontal_cm: 500_000, altitude_dm: 0, time_s: 0 };
    let sweep = forest.snapshot().sweep(&margin);
    let half = |parity: usize| {
        let mut found = Vec::new();
        (parity..sweep.parts()).step_by(2).for_each(|part| sweep.run(part, |a, b| found.push((a.min(b), a.max(b)))));
        found
    };
    let (one, other) = std::thread::scope(|scope| {
        let other = scope.spawn(|| half(1));
        (half(0), other.join().unwrap())
    });
    let together: BTreeSet<_> = one.iter().chain(&other).copied().collect();
    assert_eq!(together.len(), one.len() + other.len(), "a pair was told twice");
    assert_eq!(together.into_iter().collect::<Vec<_>>(), pairs(&mut forest, &margin));
}
