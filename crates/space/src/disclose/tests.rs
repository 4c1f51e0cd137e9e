use super::*;
use crate::testing::{at, volume};
use detente_types::volume::Position;

#[test]
fn explore() {
    for (name, shape, r) in [
        ("site", Shape::Point(at(59.6, 24.7)), 0.0),
        ("circle 5k", Shape::Point(at(59.6, 24.7)), 5_000.0),
        ("circle 50k", Shape::Point(at(59.6, 24.7)), 50_000.0),
        ("circle 500k", Shape::Point(at(59.6, 24.7)), 500_000.0),
        ("pole 5k", Shape::Point(at(90.0, 0.0)), 5_000.0),
        ("pole 500k", Shape::Point(at(90.0, 0.0)), 500_000.0),
        ("am 20k", Shape::Point(at(-17.0, 180.0)), 20_000.0),
        ("path", Shape::Path(vec![at(59.0, 24.0), at(60.0, 26.0)]), 500.0),
        ("long path", Shape::Path(vec![at(50.0, 10.0), at(52.0, 35.0)]), 5_000.0),
        ("big", Shape::Polygon(vec![(0..36).map(|i| at(46.0, f64::from(i)*10.0)).collect::<Vec<Position>>()]), 0.0),
    ] {
        for p in [Precision::Km1, Precision::Km10] {
            let v = volume(shape.clone(), r);
            let t = std::time::Instant::now();
            let out = coarsen(&[v], p);
            let dt = t.elapsed();
            match out { Ok(o) => println!("{name} {p}: {} pieces, vertices {:?} radius {} in {dt:?}", o.len(), o.iter().map(|v| v.footprint.vertices().count()).collect::<Vec<_>>(), o[0].footprint.radius()),
             Err(e) => println!("{name} {p}: {e} in {dt:?}") }
        }
    }
}
