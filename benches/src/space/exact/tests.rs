use detente_testkit::rng;
use rand_core::Rng as _;

use super::{meet, within};
use crate::space::set::Near;

const SQUARE: &[[i32; 2]] = &[[0, 0], [10, 0], [10, 10], [0, 10]];
/// Open to the east: a bay between y = 3 and y = 7.
const BAY: &[[i32; 2]] = &[[0, 0], [10, 0], [10, 3], [2, 3], [2, 7], [10, 7], [10, 10], [0, 10]];

/// Both orders must say the same.
fn both(a: &[[i32; 2]], b: &[[i32; 2]]) -> bool {
    assert_eq!(meet(a, b), meet(b, a), "{a:?} {b:?}");
    meet(a, b)
}

fn moved(polygon: &[[i32; 2]], x: i32, y: i32) -> Vec<[i32; 2]> {
    polygon.iter().map(|corner| [corner[0] + x, corner[1] + y]).collect()
}

#[test]
fn touching_is_meeting() {
    assert!(both(SQUARE, &moved(SQUARE, 10, 10)), "a shared corner");
    assert!(both(SQUARE, &moved(SQUARE, 10, 3)), "a shared part of an edge");
    assert!(both(SQUARE, &moved(SQUARE, 0, 0)), "the same");
    assert!(both(SQUARE, &[[10, 5], [20, 4], [20, 6]]), "a corner on an edge");
    assert!(!both(SQUARE, &moved(SQUARE, 11, 0)));
    assert!(!both(SQUARE, &moved(SQUARE, 11, 11)));
}

#[test]
fn one_inside_the_other_is_meeting_and_inside_a_bay_is_not() {
    assert!(both(SQUARE, &[[4, 4], [6, 4], [6, 6], [4, 6]]), "nothing crosses");
    assert!(!both(BAY, &[[4, 4], [9, 4], [9, 6], [4, 6]]), "inside the hull, outside the shape");
    assert!(both(BAY, &[[4, 4], [9, 4], [9, 7], [4, 6]]), "touches the upper shore");
}

/// On a grid so small that every point can be asked: two triangles share a point of the grid only if they meet. The other
/// way round, those that meet share a point of a grid as much finer as the crossings of edges are.
#[test]
fn triangles_on_a_small_grid_share_a_point_exactly_when_they_meet() {
    let mut rng = rng(65);
    let mut corner = || [0, 1].map(|_| (rng.next_u32() % 7) as i32);
    let mut met = 0;
    for _ in 0..20_000 {
        let (a, b) = ([corner(), corner(), corner()], [corner(), corner(), corner()]);
        if [a, b].iter().any(|t| turn(t[0], t[1], t[2]) == 0) {
            continue;
        }
        let expected = !parted(&a, &b) && !parted(&b, &a);
        assert_eq!(both(&a, &b), expected, "{a:?} {b:?}");
        met += u32::from(expected);
    }
    assert!(met > 5_000, "{met} of them met: the draw is not one-sided");
}

/// Convex shapes are apart exactly when an edge of one has all of the other strictly beyond it.
fn parted(a: &[[i32; 2]; 3], b: &[[i32; 2]; 3]) -> bool {
    (0..3).any(|i| {
        let (p, q, inner) = (a[i], a[(i + 1) % 3], a[(i + 2) % 3]);
        b.iter().all(|corner| turn(p, q, *corner) * turn(p, q, inner).signum() < 0)
    })
}

fn turn(a: [i32; 2], b: [i32; 2], c: [i32; 2]) -> i32 {
    (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])
}

#[test]
fn nearness_is_closed_and_goes_by_the_scale() {
    let near = |metres, scale| Near { scale, metres };
    let right = moved(SQUARE, 14, 0);
    assert!(within(SQUARE, &right, near(4.0, [1.0, 1.0])));
    assert!(!within(SQUARE, &right, near(3.999, [1.0, 1.0])));
    assert!(within(SQUARE, &right, near(2.0, [0.5, 1.0])));
    let diagonal = moved(SQUARE, 13, 14);
    assert!(within(SQUARE, &diagonal, near(5.0, [1.0, 1.0])));
    assert!(!within(SQUARE, &diagonal, near(4.999, [1.0, 1.0])));
}
