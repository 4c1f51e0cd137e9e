use core::f64::consts::PI;

use detente_space::{Law, Separation};
use detente_types::geometry::earth::{Vec3, surface_point};
use detente_types::height::Heights;
use detente_types::passage::PassageIn;
use detente_types::volume::PositionIn;
use detente_types::{Datum, Position, VolumeIn};
use geographiclib_rs::{DirectGeodesic, Geodesic, InverseGeodesic, PolygonArea, Winding};

use super::ground::beside;
use super::*;

/// What a law's growth and a sample's rounding may be off by, metres.
const LAW_M: f64 = 1.6;
const START_US: i64 = 1_795_586_400_000_000;

fn place([lat, lon]: [f64; 2]) -> PositionIn {
    let lon = if lon >= 180.0 { lon - 360.0 } else { lon };
    PositionIn { lat_e7: (lat * 1e7).round() as i64, lon_e7: (lon * 1e7).round() as i64 }
}

fn input(shape: u8, rings: &[Vec<[f64; 2]>], radius_m: f64) -> VolumeIn {
    VolumeIn {
        shape,
        rings: rings.iter().map(|ring| ring.iter().copied().map(place).collect()).collect(),
        radius_cm: (radius_m * 100.0) as i64,
        lower_cm: 0,
        upper_cm: 10_000,
        datum: 1,
        start_us: START_US,
        end_us: START_US + 3_600_000_000,
        passage: None,
    }
}

fn volume(shape: u8, ring: &[[f64; 2]], radius_m: f64) -> Volume {
    Volume::try_from(&input(shape, &[ring.to_vec()], radius_m)).unwrap()
}

fn circle(at: [f64; 2], radius_m: f64) -> Volume {
    volume(1, &[at], radius_m)
}

/// The place at a distance in a direction, by an independent library.
fn away([lat, lon]: [f64; 2], azimuth: f64, metres: f64) -> [f64; 2] {
    let (lat, lon): (f64, f64) = Geodesic::wgs84().direct(lat, lon, azimuth, metres);
    [lat, lon]
}

fn separation(metres: f64) -> Separation {
    Separation { horizontal: Metres::from_cm((metres * 100.0) as i64), vertical: Metres::ZERO, time_us: 0 }
}

fn drawn(one: &Volume, other: &Volume, metres: f64) -> Result<Overlap, Undrawn> {
    let separation = separation(metres);
    let law = Law::from_name("conflict/2", Heights::of(Datum::Amsl)).unwrap();
    let meeting = law.meet(one, other, &separation).expect("they meet");
    let asked = Asked { volumes: [one, other], meeting: &meeting, horizontal: separation.horizontal, time_us: 0, follows: true };
    overlap(&asked)
}

/// Area of what two flat discs share.
fn lens(r1: f64, r2: f64, d: f64) -> f64 {
    let part = |r: f64, other: f64| {
        let along = (d * d + r * r - other * other) / (2.0 * d);
        r * r * (along / r).acos() - along * (r * r - along * along).sqrt()
    };
    part(r1, r2) + part(r2, r1)
}

fn is_near(found: f64, wanted: f64, part: f64) {
    assert!((found - wanted).abs() <= wanted * part, "{found}, not {wanted}");
}

#[test]
fn areas_are_those_computed_by_hand_anywhere_on_earth() {
    for at in [[0.0, 0.0], [60.0, 25.0], [-45.0, 180.0], [10.0, -179.99], [89.99, 40.0], [-90.0, 0.0]] {
        let (one, other) = (circle(at, 5_000.0), circle(away(at, 70.0, 6_000.0), 5_000.0));
        is_near(drawn(&one, &other, 0.0).unwrap().area_m2, lens(5_000.0, 5_000.0, 6_000.0), 1e-3);
        is_near(drawn(&one, &one, 0.0).unwrap().area_m2, PI * 25e6, 1e-3);
        // Three hundred metres between them, and half a kilometre is too close: a lens of each.
        let (one, other) = (circle(at, 1_000.0), circle(away(at, 200.0, 2_300.0), 1_000.0));
        let found = drawn(&one, &other, 500.0).unwrap();
        is_near(found.area_m2, 2.0 * lens(1_000.0, 1_500.0, 2_300.0), 1e-2);
        // A point counts for what is near it, and for nothing of its own.
        let point = circle(away(at, 10.0, 900.0), 0.0);
        is_near(drawn(&one, &point, 100.0).unwrap().area_m2, PI * 1e4, 1e-2);
        // Two corridors of two hundred metres cross at right angles: a square, and nothing of their ends.
        let across = |azimuth: f64| [away(at, azimuth, 40_000.0), away(at, azimuth + 180.0, 40_000.0)];
        let (one, other) = (volume(2, &across(20.0), 100.0), volume(2, &across(110.0), 100.0));
        is_near(drawn(&one, &other, 0.0).unwrap().area_m2, 4e4, 1e-3);
    }
}

#[test]
fn what_has_no_area_says_so() {
    let at = [[60.0, 25.0], [60.0, 25.001]].map(|at| circle(at, 0.0));
    assert_eq!(drawn(&at[0], &at[1], 100.0), Err(Undrawn::NoArea));
    let square = |lon: f64| volume(3, &[[0.0, lon], [0.0, lon + 1.0], [0.5, lon + 1.0], [0.5, lon]], 0.0);
    assert_eq!(drawn(&square(10.0), &square(11.0), 0.0), Err(Undrawn::NoArea), "a common edge");
    let long: Vec<[f64; 2]> = (0..12).map(|k| [f64::from(k % 2), f64::from(k) * 14.0 - 80.0]).collect();
    assert_eq!(drawn(&volume(2, &long, 100_000.0), &circle([0.0, 0.0], 500_000.0), 900_000.0), Err(Undrawn::TooWide));
    let near = drawn(&volume(2, &long, 10_000.0), &circle([0.0, -80.0], 5_000.0), 0.0).unwrap();
    is_near(near.area_m2, PI * 25e6, 1e-3);
}

/// Identical polygons share themselves: their area by an independent library, from a field to a continent.
#[test]
fn areas_of_continents_are_true() {
    for (lat, lon, half) in [(0.0, 0.0, 0.01), (62.0, 100.0, 2.0), (-40.0, 178.0, 8.0), (50.0, -170.0, 8.5), (88.0, 0.0, 1.5)] {
        let spread = half / f64::to_radians(lat).cos().max(0.2);
        let [low, high] = [lat - half, (lat + half).min(89.9)];
        let corners: Vec<[f64; 2]> = [(0.0, 0.0), (0.5, 0.1), (1.0, 0.0), (1.0, 1.0), (0.4, 0.8), (0.0, 1.0)]
            .map(|(x, y): (f64, f64)| [low + y * (high - low), ((lon - spread + x * 2.0 * spread) + 540.0) % 360.0 - 180.0])
            .to_vec();
        let polygon = volume(3, &corners, 0.0);
        let earth = Geodesic::wgs84();
        let mut oracle = PolygonArea::new(&earth, Winding::CounterClockwise);
        corners.iter().for_each(|&[lat, lon]| oracle.add_point(lat, lon));
        let (border, area, _) = oracle.compute(true);
        let found = drawn(&polygon, &polygon, 0.0).unwrap();
        assert!((found.area_m2 - area).abs() < 0.3 * border, "{} or {area} m², a border of {border} m", found.area_m2);
    }
}

#[test]
fn the_antimeridian_is_cut_and_a_pole_is_closed_over() {
    let well_formed = |overlap: &Overlap| {
        for ring in overlap.polygons.iter().flatten() {
            assert_eq!(ring.first(), ring.last());
            assert!(ring.iter().all(|[lon, lat]| lon.abs() <= 180.0 && lat.abs() <= 90.0));
        }
        for polygon in &overlap.polygons {
            let area = |ring: &[[f64; 2]]| -> f64 { ring.windows(2).map(|p| p[0][0] * p[1][1] - p[1][0] * p[0][1]).sum() };
            assert!(area(&polygon[0]) > 0.0 && polygon[1..].iter().all(|hole| area(hole) < 0.0), "the right-hand rule");
        }
    };
    let at_sea = circle([50.0, 180.0], 20_000.0);
    let found = drawn(&at_sea, &at_sea, 0.0).unwrap();
    well_formed(&found);
    assert_eq!(found.polygons.len(), 2);
    let sides: Vec<bool> = found.polygons.iter().map(|polygon| polygon[0].iter().all(|[lon, _]| *lon >= 0.0)).collect();
    assert!(sides.contains(&true) && sides.contains(&false), "one on each side");
    for pole in [90.0, -90.0_f64] {
        let cap = circle([pole, 0.0], 30_000.0);
        let found = drawn(&cap, &cap, 0.0).unwrap();
        well_formed(&found);
        let top = found.polygons.iter().flatten().flatten().filter(|[_, lat]| *lat == pole).count();
        assert!(top >= 2 && found.polygons.iter().flatten().flatten().all(|[_, lat]| lat * pole.signum() > 89.7));
        let ring: Vec<[f64; 2]> = (0..24).map(|k| [pole.signum() * 89.0, f64::from(k) * 15.0 - 180.0]).collect();
        let hole: Vec<[f64; 2]> = ring.iter().map(|[_, lon]| [pole.signum() * 89.9, *lon]).collect();
        let ring = Volume::try_from(&input(3, &[ring, hole], 0.0)).unwrap();
        let found = drawn(&ring, &cap, 0.0).unwrap();
        well_formed(&found);
        assert!(found.polygons.iter().flatten().flatten().all(|[_, lat]| lat.abs() < 89.91), "the hole is left out");
        is_near(found.area_m2, PI * (30_000.0_f64.powi(2) - 11_100.0_f64.powi(2)), 0.02);
    }
}

#[test]
fn of_what_moves_the_way_that_counts_is_drawn() {
    let (start, end) = ([60.0, 25.0], away([60.0, 25.0], 90.0, 100_000.0));
    let mut moving = input(2, &[vec![start, end]], 500.0);
    moving.passage = Some(PassageIn { times_us: vec![START_US, START_US + 3_600_000_000], slack_us: 0 });
    let moving = Volume::try_from(&moving).unwrap();
    // Ten minutes after the start it is a sixth of the way along; the area is closed after twelve minutes.
    let mut area = input(3, &[vec![[59.9, 25.0], [59.9, 27.0], [60.1, 27.0], [60.1, 25.0]]], 0.0);
    (area.start_us, area.end_us) = (START_US + 600_000_000, START_US + 720_000_000);
    let found = drawn(&moving, &Volume::try_from(&area).unwrap(), 0.0).unwrap();
    let way_m = 100_000.0 / 30.0;
    is_near(found.area_m2, way_m * 1_000.0 + PI * 500.0 * 500.0, 5e-3);
    let law_one = Law::from_name("conflict/1", Heights::of(Datum::Amsl)).unwrap();
    let other = Volume::try_from(&area).unwrap();
    let meeting = law_one.meet(&moving, &other, &separation(0.0)).unwrap();
    let asked = Asked { volumes: [&moving, &other], meeting: &meeting, horizontal: Metres::ZERO, time_us: 0, follows: false };
    assert!(overlap(&asked).unwrap().area_m2 > 9.9e7, "conflict/1 takes all of the way");
}

#[test]
fn distances_beside_a_point_are_those_of_shortest_paths() {
    for (metres, stated) in [(10.0, 1e-3), (1_000.0, 1e-3), (100_000.0, 0.1), (1_000_000.0, 100.0)] {
        let mut worst = 0.0_f64;
        for lat in (-90..=90).step_by(15) {
            for azimuth in (0..360).step_by(30) {
                let (lat, azimuth) = (f64::from(lat), f64::from(azimuth));
                let at = Position::try_new((lat * 1e7) as i64, 250_000_000).unwrap();
                let [lon_east, (sin, cos)] =
                    [(f64::to_radians(f64::from(at.lon_e7()) / 1e7)).sin_cos(), azimuth.to_radians().sin_cos()];
                let (sin_lat, cos_lat) = lat.to_radians().sin_cos();
                let east = Vec3::new(-lon_east.0, lon_east.1, 0.0);
                let north = Vec3::new(-sin_lat * lon_east.1, -sin_lat * lon_east.0, cos_lat);
                let found = beside(surface_point(at), east * sin + north * cos, metres);
                let from_axis = (found.x * found.x + found.y * found.y).sqrt();
                let flat = 1.0 - detente_types::geometry::earth::FLATTENING;
                let (lat2, lon2) = (found.z.atan2(from_axis * flat * flat).to_degrees(), found.y.atan2(found.x).to_degrees());
                let way: f64 = Geodesic::wgs84().inverse(lat, f64::from(at.lon_e7()) / 1e7, lat2, lon2);
                worst = worst.max((way - metres).abs());
            }
        }
        println!("{metres} m: {worst} m");
        assert!(worst <= stated, "{metres} m: {worst} m");
    }
}

/// Draws of SplitMix64.
struct Draw(u64);

impl Draw {
    fn unit(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
    }

    fn below(&mut self, count: usize) -> usize {
        (self.unit() * count as f64) as usize
    }

    /// A circle, a corridor or a star, perhaps grown, of about a size.
    fn volume(&mut self, at: [f64; 2], size_m: f64) -> Volume {
        let middle = away(at, self.unit() * 360.0, size_m * self.unit());
        let radius_m = size_m * (0.05 + 0.3 * self.unit());
        match self.below(4) {
            0 => circle(middle, radius_m),
            1 => {
                let count = 2 + self.below(3);
                let path: Vec<[f64; 2]> = (0..count).map(|_| away(middle, self.unit() * 360.0, size_m * self.unit())).collect();
                volume(2, &path, radius_m)
            }
            kind => {
                let count = 3 + self.below(6);
                let step = 360.0 / count as f64;
                let ring: Vec<[f64; 2]> =
                    (0..count).map(|k| away(middle, k as f64 * step, size_m * (0.3 + 0.7 * self.unit()))).collect();
                volume(3, &ring, if kind == 2 { 0.0 } else { radius_m })
            }
        }
    }
}

/// How far a place is from a footprint, by the law.
fn distance_m(at: [f64; 2], footprint: &Volume) -> f64 {
    let far = separation(3e7);
    Law::One.meet(&circle(at, 0.0), footprint, &far).expect("within half the earth").distance.as_f64()
}

/// Whether a place is on ground that is too close, by what that means.
fn naive(at: [f64; 2], pair: [&Volume; 2], separation_m: f64) -> bool {
    let [one, other] = pair.map(|volume| distance_m(at, volume));
    one <= 0.0 && other <= separation_m || other <= 0.0 && one <= separation_m
}

/// Whether a place is in what was drawn, edges straight in degrees.
fn holds(overlap: &Overlap, [lat, lon]: [f64; 2]) -> bool {
    let lon = if lon >= 180.0 { lon - 360.0 } else { lon };
    let crosses = |ends: &&[[f64; 2]]| {
        let ([x1, y1], [x2, y2]) = (ends[0], ends[1]);
        (y1 > lat) != (y2 > lat) && lon < (x2 - x1) * (lat - y1) / (y2 - y1) + x1
    };
    overlap.polygons.iter().flatten().flat_map(|ring| ring.windows(2)).filter(crosses).count() % 2 == 1
}

#[test]
fn a_raster_finds_the_same_ground_up_to_the_stated_error() {
    let mut draw = Draw(0x0dd_5eed);
    let middles = [[60.0, 25.0], [0.0, 0.0], [-45.0, 179.99], [89.95, 10.0], [-90.0, 0.0], [75.0, -179.9], [35.0, -75.0]];
    let (mut inside, mut outside, mut cases) = (0, 0, 0);
    for round in 0..126 {
        let size_m = [400.0, 15_000.0, 300_000.0][round % 3];
        let middle = middles[round % middles.len()];
        let pair = [draw.volume(middle, size_m), draw.volume(middle, size_m)];
        let separation_m = (if round % 2 == 0 { 0.0 } else { size_m * draw.unit() }).floor();
        if Law::One.meet(&pair[0], &pair[1], &separation(separation_m)).is_none() {
            continue;
        }
        let found = match drawn(&pair[0], &pair[1], separation_m) {
            Ok(found) => found,
            Err(Undrawn::NoArea) => continue,
            Err(other) => panic!("{other}"),
        };
        cases += 1;
        let off_m = found.error_m + LAW_M;
        let corners: Vec<[f64; 2]> = found.polygons.iter().flatten().flatten().map(|[lon, lat]| [*lat, *lon]).collect();
        for k in 0..60 {
            // Half of them near the border.
            let (from, reach) =
                if k % 2 == 0 { (middle, 2.0 * size_m) } else { (corners[draw.below(corners.len())], 6.0 * off_m) };
            let at = away(from, draw.unit() * 360.0, reach * draw.unit());
            let round = (0..8).map(|k| away(at, f64::from(k) * 45.0, off_m)).chain([at]);
            let all: Vec<bool> = round.map(|at| naive(at, [&pair[0], &pair[1]], separation_m)).collect();
            if all.iter().all(|is_in| *is_in == all[0]) {
                assert_eq!(holds(&found, at), all[0], "{at:?}, {separation_m} m, {pair:?}");
                *(if all[0] { &mut inside } else { &mut outside }) += 1;
            }
        }
    }
    assert!(cases > 60 && inside > 600 && outside > 600, "{cases} cases, {inside} inside, {outside} outside");
}

/// With the radii of one footprint left out the raster must not agree.
#[test]
fn planted_error_a_radius_left_out_is_caught() {
    let pair = [circle([60.0, 25.0], 3_000.0), circle([60.0, 25.02], 2_000.0)];
    let found = drawn(&pair[0], &circle([60.0, 25.02], 1_000.0), 0.0).unwrap();
    let places = (0..40).map(|k| away([60.0, 25.02], f64::from(k) * 9.0, 1_500.0));
    let differ = places.filter(|at| holds(&found, *at) != naive(*at, [&pair[0], &pair[1]], 0.0)).count();
    assert!(differ > 5, "{differ}");
}
