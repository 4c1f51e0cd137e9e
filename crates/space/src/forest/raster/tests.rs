use proptest::prelude::*;
use proptest::test_runner::TestRunner;

use super::*;
use crate::forest::testing::{any_shape, meet_naively, small_shape};
use crate::forest::{Shape, Solid};
use crate::planted::{self, Planted};
use crate::testing::repeatable;

fn range(shape: &Shape) -> [Vertex; 2] {
    Solid::try_new(shape.clone(), [0, 0], [0, 0]).unwrap().bounds().range()
}

/// What the drawing of one shape tells of its meeting another.
fn told(drawn: &Shape, other: &Shape) -> Option<bool> {
    let (all, view) = (other.view().vertices, other.view());
    let raster = Raster::new(&drawn.view(), range(drawn));
    let some = all.iter().any(|&vertex| raster.is_full(vertex)).then_some(true);
    if view.is_single() { raster.meets([all[0], all[all.len() / 2]], range(other)).or(some) } else { some }
}

fn tells_nothing_wrong(drawn: &Shape, other: &Shape) -> Result<(), TestCaseError> {
    let told = told(drawn, other);
    prop_assert!(told.is_none_or(|told| told == meet_naively(drawn, 0, other)), "told {:?}", told);
    Ok(())
}

/// A small shape, many times larger: its edges pass through corners of cells.
fn scaled(shape: &Shape, by: i32) -> Shape {
    let rings: Vec<Vec<Vertex>> =
        shape.view().rings().map(|ring| ring.iter().map(|vertex| vertex.map(|number| number * by)).collect()).collect();
    match shape.kind() {
        Kind::Point => Shape::point(rings[0][0], 0).unwrap(),
        Kind::Path => Shape::path(rings[0].clone(), 0).unwrap(),
        Kind::Polygon => Shape::polygon(&rings, 0).unwrap(),
    }
}

proptest! {
    #![proptest_config(repeatable(6_000))]

    #[test]
    fn small_shapes_are_drawn_right(a in small_shape(), b in small_shape(), by in prop::sample::select(vec![1, 3, 8, 64, 1_000, 65_536])) {
        tells_nothing_wrong(&scaled(&a, by), &scaled(&b, by))?;
    }

    #[test]
    fn a_small_one_beside_a_large_one_too(a in small_shape(), b in small_shape(), by in 1..300_i32) {
        tells_nothing_wrong(&scaled(&a, by), &b)?;
        tells_nothing_wrong(&b, &scaled(&a, by))?;
    }

    #[test]
    fn shapes_anywhere_are_drawn_right(a in any_shape(), b in any_shape()) {
        tells_nothing_wrong(&a, &b)?;
    }
}

#[test]
fn a_drawing_tells_of_most() {
    let square = |from: i32, to: i32| Shape::polygon(&[vec![[from, from], [to, from], [to, to], [from, to]]], 0).unwrap();
    let large = square(0, 1_000_000);
    assert_eq!(told(&large, &square(400_000, 410_000)), Some(true));
    assert_eq!(told(&large, &square(-50_000, 410_000)), Some(true));
    assert_eq!(told(&large, &square(-50_000, -40_000)), Some(false));
    assert_eq!(told(&large, &square(-50_000, 0)), None, "a corner that touches is looked at exactly");
    // Across it, with all vertices outside.
    let across = Shape::path(vec![[-9_000, 500_000], [1_009_000, 510_000]], 0).unwrap();
    assert_eq!(told(&across, &large), None);
    let bar = Shape::path(vec![[500_000, -9_000], [510_000, 1_009_000]], 0).unwrap();
    assert_eq!(told(&large, &bar), Some(true));
    // The whole earth, and a shape that is a point.
    let all = Shape::polygon(&[vec![[i32::MIN, -900_000_000], [i32::MAX, -900_000_000], [0, 900_000_000]]], 0).unwrap();
    assert_eq!(told(&all, &square(0, 1_000)), Some(true));
    assert_eq!(told(&Shape::point([7, 7], 0).unwrap(), &square(0, 6)), Some(false));
}

#[test]
fn a_cell_too_full_is_caught() {
    let mut runner = TestRunner::new(ProptestConfig { max_shrink_iters: 0, ..repeatable(2_000) });
    let shapes = (small_shape(), small_shape());
    let caught = planted::during(Planted::FullEdge, || {
        runner.run(&shapes, |(a, b)| tells_nothing_wrong(&scaled(&a, 64), &scaled(&b, 37))).is_err()
    });
    assert!(caught);
}
