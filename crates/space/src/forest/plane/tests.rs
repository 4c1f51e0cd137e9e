use proptest::prelude::*;

use super::*;
use crate::forest::ready::Ready;
use crate::forest::testing::{any_shape, small_shape};
use crate::forest::{Shape, Solid, testing};
use crate::testing::repeatable;

fn shape(rings: &[&[Vertex]]) -> Shape {
    match rings {
        [[one]] => Shape::point(*one, 0).unwrap(),
        [path @ [_, _]] => Shape::path(path.to_vec(), 0).unwrap(),
        _ => Shape::polygon(&rings.iter().map(|ring| ring.to_vec()).collect::<Vec<_>>(), 0).unwrap(),
    }
}

/// By a shape made ready, as the forest does it.
fn meet(a: &Shape, shift: i64, b: &Shape) -> bool {
    let bounds = |shape: &Shape| Solid::try_new(shape.clone(), [0, 0], [0, 0]).unwrap().bounds();
    Ready::new(a.view(), &bounds(a)).meets(shift, &b.view(), &bounds(b))
}

fn square(from: i32, to: i32) -> [Vertex; 4] {
    [[from, from], [to, from], [to, to], [from, to]]
}

#[test]
fn touching_counts_and_holes_are_empty() {
    let (outer, hole) = (square(0, 100), square(20, 80));
    let ring = shape(&[&outer, &hole]);
    let cases: [(&[Vertex], bool); 10] = [
        (&square(30, 70), false),
        (&square(20, 80), true),
        (&square(-10, 110), true),
        (&square(100, 120), true),
        (&square(101, 120), false),
        (&[[50, 50]], false),
        (&[[20, 50]], true),
        (&[[10, 10]], true),
        (&[[30, 30], [70, 70]], false),
        (&[[-5, 50], [0, 50]], true),
    ];
    for (other, expected) in cases {
        let other = shape(&[other]);
        assert_eq!(meet(&ring, 0, &other), expected, "{other:?}");
        assert_eq!(meet(&other, 0, &ring), expected, "{other:?} the other way");
    }
}

#[test]
fn the_largest_numbers_do_not_overflow() {
    let (m, l) = (i32::MAX, 900_000_000);
    let long = shape(&[&[[i32::MIN, -l], [m, l]]]);
    for (other, expected) in [([[m, -l], [i32::MIN, l]], true), ([[i32::MIN, l - 1], [m - 3, l]], false)] {
        assert_eq!(meet(&long, 0, &shape(&[&other])), expected);
    }
    // One unit beside the line, three turns long.
    assert!(meet(&shape(&[&[[0, 0]]]), -1, &long) == testing::on_line([-1, 0], [i32::MIN, -l], [m, l]));
}

proptest! {
    #![proptest_config(repeatable(4_000))]

    #[test]
    fn all_edges_and_windings_say_the_same(a in small_shape(), b in small_shape(), shift in -2..3_i64) {
        let expected = testing::meet_naively(&a, shift, &b);
        prop_assert_eq!(meet(&a, shift, &b), expected);
        prop_assert_eq!(meet(&b, -shift, &a), expected);
    }

    #[test]
    fn a_segment_touches_a_range_as_it_touches_a_rectangle(ends in [[-4..5_i32, -4..5_i32], [-4..5_i32, -4..5_i32]], corner in [-4..5_i32, -4..5_i32], wide in 0..5_i32, high in 0..5_i32) {
        let (west, south, east, north) = (corner[0], corner[1], corner[0] + wide, corner[1] + high);
        let rectangle = Shape::polygon(&[vec![[west, south], [east, south], [east, north], [west, north]]], 0).unwrap();
        let expected = testing::meet_naively(&Shape::path(ends.to_vec(), 0).unwrap(), 0, &rectangle);
        let touches = touches_range(point(ends[0], 0), point(ends[1], 0), point([west, south], 0), point([east, north], 0));
        prop_assert_eq!(touches, expected);
    }

    #[test]
    fn anywhere_on_the_map_too(a in any_shape(), b in any_shape()) {
        for shift in [0, TURN, -TURN] {
            prop_assert_eq!(meet(&a, shift, &b), testing::meet_naively(&a, shift, &b));
        }
    }
}
