use proptest::prelude::*;

use super::*;
use crate::testing::repeatable;

/// Few different numbers, so that bounds touch, and the ends of the range.
fn number() -> impl Strategy<Value = i32> {
    prop_oneof![4 => -3..4_i32, 1 => prop::sample::select(vec![i32::MIN, i32::MIN + 1, i32::MAX - 1, i32::MAX]), 1 => any::<i32>()]
}

fn bounds() -> impl Strategy<Value = Box4> {
    prop::array::uniform4((number(), number()))
        .prop_map(|sides| Box4 { min: sides.map(|(a, b)| a.min(b)), max: sides.map(|(a, b)| a.max(b)) })
}

proptest! {
    #![proptest_config(repeatable(2_000))]

    #[test]
    fn every_kernel_finds_what_one_by_one_finds(boxes in prop::collection::vec(bounds(), 0..=WIDTH), sought in bounds()) {
        let mut block = Block::EMPTY;
        for (lane, bounds) in boxes.iter().enumerate() {
            block.set(lane, bounds);
            prop_assert_eq!(block.get(lane), *bounds);
        }
        let expected = (0..WIDTH).filter(|&lane| block.get(lane).meets(&sought)).fold(0_u16, |mask, lane| mask | 1 << lane);
        for lanes in Kernel::ALL.into_iter().filter_map(Lanes::of) {
            prop_assert_eq!(lanes.meeting(&block, &sought), expected, "{:?}", lanes);
            let mut masks = [0; 3];
            lanes.meeting_each(&[block.clone(), Block::EMPTY, block.clone()], &sought, &mut masks);
            prop_assert_eq!(masks, [expected, lanes.meeting(&Block::EMPTY, &sought), expected], "{:?}", lanes);
        }
        let places: Vec<[i32; 2]> = boxes.iter().flat_map(|bounds| [[bounds.min[0], bounds.max[1]], [bounds.max[2], bounds.min[3]]]).collect();
        let (range, place) = (sought.range(), [sought.min[2], sought.min[3]]);
        let bit = |i: usize, is: bool| u64::from(is) << i;
        let all = |is: fn(i32, i32) -> bool, than: [i32; 2]| {
            places.as_flattened().iter().enumerate().fold(0, |bits, (i, &number)| bits | bit(i, is(number, than[i % 2])))
        };
        let sides = [all(|a, b| a < b, range[0]), all(|a, b| a > b, range[1]), all(|a, b| a > b, place)];
        for lanes in Kernel::ALL.into_iter().filter_map(Lanes::of) {
            prop_assert_eq!(lanes.sides(&places, range, place), sides, "{:?}", lanes);
        }
        let joined = boxes.iter().fold(Box4::NOTHING, |all, one| all.join(one));
        prop_assert_eq!(block.joined(), joined);
    }
}

#[test]
fn the_machine_has_the_kernel_that_was_chosen() {
    assert!(Lanes::of(Kernel::Scalar).is_some());
    assert!(Lanes::best().0.is_available());
}
