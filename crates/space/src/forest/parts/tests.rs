use super::Parts;
use crate::forest::{Forest, Shape, Solid};

/// Points, plain polygons, and polygons with a hole and a radius, in turns.
fn solid(i: i32) -> Solid {
    let ring = |at: i32, half: i32| vec![[at - half, -half], [at + half, -half], [at + half, half], [at - half, half]];
    let at = i * 10_000;
    let shape = match i % 3 {
        0 => Shape::point([at, 0], 500),
        1 => Shape::polygon(&[ring(at, 4_000)], 0),
        _ => Shape::polygon(&[ring(at, 4_000), ring(at, 1_000)], 50),
    };
    Solid::try_new(shape.unwrap(), [0, 1_000], [i, i + 3_600]).unwrap()
}

fn told(forest: &mut Forest) -> Parts {
    let snapshot = forest.snapshot();
    let bytes = snapshot.bytes();
    let parts = snapshot.parts();
    assert_eq!(parts.sum(), bytes.index + bytes.geometry, "every byte is one part's");
    parts
}

#[test]
fn every_byte_belongs_to_one_part() {
    let mut forest = Forest::new();
    assert_eq!(told(&mut forest), Parts { versions: told(&mut forest).versions, ..Parts::default() });
    for i in 0..1_700 {
        forest.insert(i as u32, &solid(i));
    }
    let heaps = told(&mut forest);
    assert_eq!((heaps.boxes, heaps.ways, heaps.heads), (1_700 * 32, 1_700 * 4, 1_700 * 8));
    // A third each of one vertex, four and eight; a radius takes two pairs, two rings one more.
    assert_eq!((heaps.vertices, heaps.extended), ((567 + 567 * 4 + 566 * 8) * 8, (567 * 2 + 566 * 3) * 8));
    forest.compact();
    let packed = told(&mut forest);
    assert_eq!((packed.boxes, packed.vertices, packed.extended), (heaps.boxes, heaps.vertices, heaps.extended));
    assert!(packed.above > 0 && packed.vacant > 0, "{packed:?}");
    assert!(packed.slack < heaps.slack, "what is packed is packed tight: {packed:?}");
    (0..1_700).step_by(2).for_each(|id| assert!(forest.remove(id)));
    assert_eq!(told(&mut forest).boxes, packed.boxes, "what was removed lies there until it is merged");
    forest.compact();
    assert_eq!(told(&mut forest).boxes, packed.boxes / 2);
}
