use proptest::prelude::*;

use super::*;
use crate::forest::bounds::Box4;
use crate::testing::repeatable;

fn item() -> impl Strategy<Value = Item> {
    // Few different middles, sizes of several classes.
    let side = || (0..9_i32, prop::sample::select(vec![0, 2, 900_000, 6_000_000]));
    ([side(), side(), side(), side()], 0..3_u32).prop_map(|(sides, run)| {
        let kept = Box4 { min: sides.map(|(from, _)| from), max: sides.map(|(from, long)| from + long) };
        Item { kept, run, entry: 0 }
    })
}

/// All sorted at once, class by class, slab by slab, strip by strip.
fn at_once(items: &mut [Item], strata: &Strata) -> Vec<usize> {
    let count = items.len();
    let (mut counts, mut rest) = (Vec::new(), items);
    for class in 0..Strata::CLASSES {
        let other = |item: &Item| strata.class_among(&item.kept, count) as usize != class;
        rest.sort_by_key(other);
        let of_class = rest.iter().filter(|item| !other(item)).count();
        counts.push(of_class);
        let (own, others) = rest.split_at_mut(of_class);
        own.sort_by_key(|item| (item.kept.middle2(LON), item.run, item.entry));
        for slab in own.chunks_mut(slab_of(of_class).max(1)) {
            slab.sort_by_key(|item| (item.kept.middle2(LAT), item.run, item.entry));
            let strip = strip_of(slab.len());
            slab.chunks_mut(strip).for_each(|strip| strip.sort_by_key(|item| (item.kept.middle2(TIME), item.run, item.entry)));
        }
        rest = others;
    }
    counts
}

proptest! {
    #![proptest_config(repeatable(200))]

    #[test]
    fn step_by_step_comes_to_the_same_order(items in prop::collection::vec(item(), 0..1_500), budget in 0..400_usize, least in 0..2_000_usize) {
        let mut items: Vec<Item> = items;
        items.iter_mut().zip(0..).for_each(|(item, entry)| item.entry = entry);
        let strata = Strata::NINE.from(least);
        let mut order = Order::new(items.clone(), strata);
        let mut steps = 0;
        while !order.step(budget) {
            steps += 1;
            prop_assert!(steps < 5_000, "it does not come to an end");
        }
        let (ordered, counts) = order.into_parts();
        let expected = at_once(&mut items, &strata);
        prop_assert_eq!(counts, expected);
        let names = |items: &[Item]| items.iter().map(|item| item.entry).collect::<Vec<_>>();
        prop_assert_eq!(names(&ordered), names(&items));
    }
}
