//! The cases of the vectors: by hand where geometry goes wrong, then some drawn by a fixed generator.

use detente_types::unit::Metres;
use detente_types::volume::{AltitudeBand, Datum, Position, Shape, Volume};

use crate::Separation;
use crate::law1::meet;
use crate::testing::{MINUTE_US, NOON_US, at, band, toward, volume, window};

pub(super) type Case = (String, Volume, Volume, Separation);

const TOUCHING: Separation = Separation { horizontal: Metres::ZERO, vertical: Metres::ZERO, time_us: 0 };

fn metres(horizontal: i64) -> Separation {
    Separation { horizontal: Metres::new(horizontal), ..TOUCHING }
}

fn circle(lat: f64, lon: f64, radius: f64) -> Volume {
    volume(Shape::Point(at(lat, lon)), radius)
}

fn path(places: &[(f64, f64)], radius: f64) -> Volume {
    volume(Shape::Path(places.iter().map(|&(lat, lon)| at(lat, lon)).collect()), radius)
}

fn polygon(rings: &[&[(f64, f64)]], radius: f64) -> Volume {
    let ring = |r: &&[(f64, f64)]| r.iter().map(|&(lat, lon)| at(lat, lon)).collect();
    volume(Shape::Polygon(rings.iter().map(ring).collect()), radius)
}

fn square(lat: f64, lon: f64, half: f64) -> [(f64, f64); 4] {
    [(lat - half, lon - half), (lat - half, lon + half), (lat + half, lon + half), (lat + half, lon - half)]
}

pub(super) fn meetings() -> Vec<Case> {
    let by_hand = points().into_iter().chain(paths()).chain(polygons());
    let mut cases: Vec<Case> = by_hand.map(|(name, a, b, s)| (name.to_owned(), a, b, s)).collect();
    cases.extend(edges_of_the_rule());
    cases.extend(heights_and_times().into_iter().map(|(name, a, b, s)| (name.to_owned(), a, b, s)));
    cases.extend(drawn(20));
    cases
}

type Named = (&'static str, Volume, Volume, Separation);

fn points() -> Vec<Named> {
    vec![
        ("one place", circle(59.6, 24.7, 0.0), circle(59.6, 24.7, 0.0), TOUCHING),
        ("one step apart", circle(59.6, 24.7, 0.0), circle(59.600_000_1, 24.7, 0.0), TOUCHING),
        ("two metres apart", circle(59.6, 24.7, 0.0), circle(59.600_018, 24.7, 0.0), TOUCHING),
        ("along the equator", circle(0.0, 0.0, 0.0), circle(0.0, 1.0, 0.0), metres(200_000)),
        ("along a meridian", circle(0.0, 0.0, 0.0), circle(1.0, 0.0, 0.0), metres(200_000)),
        ("along a meridian, far north", circle(80.0, 30.0, 0.0), circle(81.0, 30.0, 0.0), metres(200_000)),
        ("too far apart", circle(59.0, 24.0, 0.0), circle(60.0, 24.0, 0.0), metres(100_000)),
        ("over the antimeridian", circle(-17.0, 179.95, 4_000.0), circle(-17.0, -179.95, 4_000.0), metres(5_000)),
        ("over the north pole", circle(89.95, 0.0, 4_000.0), circle(89.95, 180.0, 4_000.0), metres(5_000)),
        ("at the south pole", circle(-90.0, 0.0, 1.0), circle(-89.999_99, 77.0, 0.0), metres(1)),
        ("circles that overlap", circle(59.6, 24.7, 8_000.0), circle(59.6, 24.9, 6_000.0), TOUCHING),
        ("a circle in a circle", circle(59.6, 24.7, 50_000.0), circle(59.6, 24.9, 100.0), TOUCHING),
        ("the largest circles", circle(10.0, 0.0, 500_000.0), circle(18.0, 7.0, 500_000.0), metres(200_000)),
    ]
}

fn paths() -> Vec<Named> {
    let long = [(50.0, -8.0), (50.0, 8.0)];
    vec![
        ("paths that cross", path(&[(59.0, 24.0), (60.0, 26.0)], 10.0), path(&[(60.0, 24.0), (59.0, 26.0)], 10.0), TOUCHING),
        (
            "paths side by side",
            path(&[(59.0, 24.0), (59.0, 25.0)], 500.0),
            path(&[(59.1, 24.0), (59.1, 25.0)], 500.0),
            metres(15_000),
        ),
        ("paths end to end", path(&[(59.0, 24.0), (59.0, 25.0)], 1.0), path(&[(59.0, 25.0), (60.0, 26.0)], 1.0), TOUCHING),
        ("beside the middle", path(&[(59.0, 24.0), (59.5, 26.0)], 100.0), circle(59.3, 25.0, 100.0), metres(20_000)),
        ("beyond an end", path(&[(59.0, 24.0), (59.0, 25.0)], 100.0), circle(59.0, 25.1, 100.0), metres(20_000)),
        ("on the bulge of a long edge", path(&long, 1.0), circle(50.277, 0.0, 100.0), TOUCHING),
        ("on the parallel of a long edge", path(&long, 1.0), circle(50.0, 0.0, 100.0), metres(30_000)),
        ("an oblique long edge", path(&[(35.0, -10.0), (47.0, 6.0)], 1.0), circle(41.5, -1.6, 1_000.0), metres(10_000)),
        ("an edge over the pole", path(&[(85.0, 10.0), (85.0, -170.0)], 1.0), circle(90.0, 0.0, 0.0), TOUCHING),
        (
            "an edge over the antimeridian",
            path(&[(10.0, 175.0), (12.0, -176.0)], 1.0),
            circle(11.0, 179.6, 1_000.0),
            metres(5_000),
        ),
        ("along the equator", path(&[(0.0, -5.0), (0.0, 5.0)], 1.0), circle(0.01, 3.3, 100.0), metres(1_100)),
        (
            "a path that crosses itself",
            path(&[(59.0, 24.0), (59.5, 25.0), (59.5, 24.0), (59.0, 25.0)], 10.0),
            circle(59.25, 24.5, 10.0),
            TOUCHING,
        ),
        (
            "many crossings, the first is told",
            path(&[(59.0, 24.0), (61.0, 25.0), (59.0, 26.0), (61.0, 27.0)], 1.0),
            path(&[(60.0, 28.0), (60.0, 23.0)], 1.0),
            TOUCHING,
        ),
    ]
}

fn polygons() -> Vec<Named> {
    let (outer, inner) = (square(59.0, 24.0, 1.0), square(59.0, 24.0, 0.5));
    let ring = polygon(&[&outer, &inner], 0.0);
    let cap: Vec<(f64, f64)> = (0..12).map(|i| (80.0, f64::from(i) * 30.0)).collect();
    let hook = [(59.0, 24.0), (59.0, 25.0), (59.5, 25.0), (59.5, 24.8), (59.1, 24.8), (59.1, 24.0)];
    let backward = [outer[3], outer[2], outer[1], outer[0]];
    vec![
        ("a point inside", polygon(&[&outer], 0.0), circle(59.5, 24.5, 0.0), TOUCHING),
        ("a point inside, the ring the other way round", polygon(&[&backward], 0.0), circle(59.5, 24.5, 0.0), TOUCHING),
        ("a point outside", polygon(&[&outer], 100.0), circle(59.5, 25.1, 0.0), metres(10_000)),
        ("a point in a hole", ring.clone(), circle(59.0, 24.0, 0.0), metres(20_000)),
        ("a point in a hole, near its edge", ring.clone(), circle(59.0, 24.4, 0.0), metres(10_000)),
        ("a circle in a hole that reaches the edge", ring.clone(), circle(59.0, 24.0, 30_000.0), TOUCHING),
        ("a point between hole and outline", ring.clone(), circle(59.0, 24.7, 0.0), TOUCHING),
        ("a polygon in a hole", polygon(&[&square(59.0, 24.0, 0.2)], 0.0), ring.clone(), TOUCHING),
        ("a polygon that holds the other", polygon(&[&outer], 0.0), polygon(&[&inner], 0.0), TOUCHING),
        ("a polygon that the other holds", polygon(&[&inner], 0.0), polygon(&[&outer], 0.0), TOUCHING),
        ("polygons that overlap", polygon(&[&square(59.0, 24.0, 0.5)], 0.0), polygon(&[&square(59.4, 24.4, 0.5)], 0.0), TOUCHING),
        (
            "polygons that share an edge",
            polygon(&[&square(59.0, 24.0, 0.5)], 0.0),
            polygon(&[&square(59.0, 25.0, 0.5)], 0.0),
            TOUCHING,
        ),
        (
            "polygons that share a corner",
            polygon(&[&square(59.0, 24.0, 0.5)], 0.0),
            polygon(&[&square(60.0, 25.0, 0.5)], 0.0),
            TOUCHING,
        ),
        ("polygons apart", polygon(&[&square(59.0, 24.0, 0.4)], 0.0), polygon(&[&square(59.0, 25.0, 0.4)], 0.0), metres(20_000)),
        ("in the bay of a hook", polygon(&[&hook], 0.0), circle(59.3, 24.4, 100.0), metres(21_000)),
        ("round a pole, the pole inside", polygon(&[&cap], 0.0), circle(90.0, 0.0, 0.0), TOUCHING),
        ("round a pole, beyond a side", polygon(&[&cap], 0.0), circle(80.1, 15.0, 0.0), metres(50_000)),
        ("over the antimeridian, inside", polygon(&[&square(0.0, 180.0, 1.0)], 0.0), circle(0.5, -179.5, 0.0), TOUCHING),
        ("on the other side of the earth", polygon(&[&outer], 0.0), circle(-59.0, -156.0, 0.0), metres(200_000)),
        ("a path through a polygon", path(&[(58.0, 22.0), (60.0, 26.0)], 10.0), polygon(&[&inner], 0.0), TOUCHING),
    ]
}

/// The same pair at the separation that just is a conflict, and at a centimetre less.
fn edges_of_the_rule() -> Vec<Case> {
    let pairs = [
        (circle(59.0, 24.0, 100.0), circle(59.1, 24.2, 50.0)),
        (path(&[(59.0, 24.0), (60.0, 26.0)], 250.0), polygon(&[&square(59.0, 26.0, 0.3)], 0.0)),
    ];
    let both = |(a, b): &(Volume, Volume)| {
        let distance = meet(a, b, &metres(1_000_000)).unwrap().distance.cm();
        [("just a conflict", distance), ("a centimetre short of one", distance - 1)].map(|(name, cm)| {
            let separation = Separation { horizontal: Metres::from_cm(cm), ..TOUCHING };
            (name.to_owned(), a.clone(), b.clone(), separation)
        })
    };
    pairs.iter().flat_map(both).collect()
}

fn heights_and_times() -> Vec<Named> {
    let a = circle(59.6, 24.7, 500.0);
    let high = |lower, upper| Volume { band: band(lower, upper), ..a.clone() };
    let late = |start: i64, end: i64| Volume { window: window(NOON_US + start, NOON_US + end), ..a.clone() };
    let over = |datum| {
        let band = AltitudeBand::try_new(Metres::new(5_000), Metres::new(6_000), datum).unwrap();
        Volume { band, ..a.clone() }
    };
    let vertical = |m: i64| Separation { vertical: Metres::new(m), ..TOUCHING };
    let time = |us: i64| Separation { time_us: us, ..TOUCHING };
    let hour = 60 * MINUTE_US;
    vec![
        ("bands that overlap", a.clone(), high(500, 3_000), TOUCHING),
        ("bands that touch", a.clone(), high(1_000, 3_000), TOUCHING),
        ("bands 300 m apart, allowed 300 m", a.clone(), high(1_300, 3_000), vertical(300)),
        ("bands 300 m apart, allowed 299 m", a.clone(), high(1_300, 3_000), vertical(299)),
        ("a flat band inside", a.clone(), high(700, 700), TOUCHING),
        ("different data", a.clone(), over(Datum::FlightLevel), TOUCHING),
        ("windows that touch", a.clone(), late(hour, 2 * hour), TOUCHING),
        ("windows a microsecond apart", a.clone(), late(hour + 1, 2 * hour), TOUCHING),
        ("windows half an hour apart, allowed as much", a.clone(), late(hour + hour / 2, 2 * hour), time(hour / 2)),
        ("windows half an hour apart, allowed less", a.clone(), late(hour + hour / 2, 2 * hour), time(hour / 2 - 1)),
        ("a window inside", a.clone(), late(10 * MINUTE_US, 20 * MINUTE_US), TOUCHING),
    ]
}

pub(super) fn disclosures() -> Vec<(&'static str, Volume)> {
    let (outer, inner) = (square(59.8, 24.5, 0.05), square(59.8, 24.5, 0.03));
    vec![
        ("a site", circle(59.604_3, 24.718_9, 0.0)),
        ("a site on a corner of cells", circle(59.6, 24.7, 0.0)),
        ("a circle", circle(59.604_3, 24.718_9, 2_500.0)),
        ("a circle over the antimeridian", circle(-17.0, 180.0, 2_000.0)),
        ("a circle at a pole", circle(-89.99, 45.0, 2_000.0)),
        ("a corridor", path(&[(59.9, 23.5), (60.0, 24.0)], 1_000.0)),
        ("a polygon with a hole", polygon(&[&outer, &inner], 0.0)),
    ]
}

/// Pairs of small shapes near each other, drawn by SplitMix64 from seed 1.
fn drawn(count: usize) -> Vec<Case> {
    let mut draw = Draw(1);
    (0..count).map(|i| (format!("drawn {i}"), draw.volume(), draw.volume(), metres(5_000))).collect()
}

pub(super) struct Draw(pub(super) u64);

impl Draw {
    /// From `from` to below `to`.
    pub(super) fn within(&mut self, from: f64, to: f64) -> f64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        from + (to - from) * (((z ^ (z >> 31)) >> 11) as f64 / 9_007_199_254_740_992.0)
    }

    pub(super) fn volume(&mut self) -> Volume {
        let centre = at(59.6 + self.within(-0.1, 0.1), 24.7 + self.within(-0.2, 0.2));
        let radius = self.within(0.01, 2_000.0);
        let shape = match self.within(0.0, 3.0) as u8 {
            0 => Shape::Point(centre),
            1 => Shape::Path((0..4).map(|_| toward(centre, self.within(0.0, 360.0), self.within(1.0, 9_000.0))).collect()),
            _ => {
                let corner = |i: u8| -> Position { toward(centre, f64::from(i) * 72.0, self.within(3_000.0, 9_000.0)) };
                Shape::Polygon(vec![(0..5).map(corner).collect()])
            }
        };
        volume(shape, radius)
    }
}
