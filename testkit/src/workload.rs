//! Workload B1: the planned volumes and the queries that every measurement of the conflict index is about.
//!
//! The law is one of arithmetic, bit for bit: 200 cities, three kinds of activity, sizes and times drawn by SplitMix64.
//! Whoever implements it again gets the same integers; [`checksum`] says whether they are. Coordinates are planar
//! (longitude may lie beyond 180 degrees where an activity near the antimeridian does), edges are straight in longitude
//! and latitude, intervals are closed. Mean 8.1 vertices a footprint.

#[cfg(test)]
mod tests;

use core::f64::consts::PI;

/// The seed of the planned volumes.
pub const VOLUMES_SEED: u64 = 42;
/// The seed of the queries.
pub const QUERIES_SEED: u64 = 4242;
/// How many queries there are.
pub const QUERIES: usize = 20_000;
/// The checksums of so many volumes of [`VOLUMES_SEED`].
pub const VOLUMES_CHECKSUMS: [(usize, u64); 4] = [
    (10_000, 0x72b5_c095_f54e_a56e),
    (100_000, 0x36c3_d8cc_ba02_4efb),
    (1_000_000, 0x66f4_d628_81b8_6984),
    (10_000_000, 0xe895_5d52_e0e7_381b),
];
/// The checksum of [`QUERIES`] queries of [`QUERIES_SEED`].
pub const QUERIES_CHECKSUM: u64 = 0x24fe_25c3_5606_ee41;

const CITIES: usize = 200;
const CITIES_SEED: u64 = 0xC1_7135;
/// Kilometres of a degree of latitude.
const DEGREE_KM: f64 = 111.32;
const DAY_S: f64 = 86_400.0;
/// Decimetres of a foot.
const FOOT_DM: f64 = 3.048;

/// What an activity is like.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// A small flight: up to 5 km, below 400 ft, up to an hour. Seven of ten.
    Small,
    /// 5 to 50 km, hours. A quarter.
    Medium,
    /// 100 to 500 km, days. One of twenty.
    Big,
}

/// A planned volume.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Planned {
    /// What it is like.
    pub kind: Kind,
    /// The least longitude and latitude (1e-7 degree), altitude (dm) and time (s).
    pub min: [i32; 4],
    /// The greatest of each; the interval is closed.
    pub max: [i32; 4],
    /// The corners of the footprint, longitude and latitude (1e-7 degree), anticlockwise, the first not repeated. The
    /// altitude band and the time window are those of the box.
    pub polygon: Vec<[i32; 2]>,
}

/// The volumes of a seed, without end.
#[derive(Clone, Debug)]
pub struct Workload {
    draw: Draw,
    /// Longitude and latitude in degrees.
    cities: Vec<(f64, f64)>,
    /// The share of activity in this city and those before it.
    shares: Vec<f64>,
}

impl Workload {
    /// The volumes of this seed from the first on.
    pub fn new(seed: u64) -> Self {
        let mut draw = Draw(CITIES_SEED);
        let cities = (0..CITIES)
            .map(|_| {
                let lat = draw.between(-50.0, 60.0);
                (draw.between(-170.0, 170.0), lat)
            })
            .collect();
        let mut total = 0.0;
        let sums: Vec<f64> = (0..CITIES)
            .map(|k| {
                total += libm::pow((k + 1) as f64, -0.7);
                total
            })
            .collect();
        Self { draw: Draw(seed), cities, shares: sums.iter().map(|sum| sum / total).collect() }
    }

    /// Where the activity is about, in degrees, and the kilometres of a degree of longitude there.
    fn centre(&mut self, city: usize, kind: Kind) -> (f64, f64, f64) {
        let sigma = [15.0, 40.0, 150.0][kind as usize];
        let east = self.draw.gauss() * sigma;
        let north = self.draw.gauss() * sigma;
        let (lon, lat) = self.cities[city];
        let lat = (lat + north / DEGREE_KM).clamp(-75.0, 75.0);
        let degree_km = DEGREE_KM * libm::cos(lat * (PI / 180.0));
        (lon + east / degree_km, lat, degree_km)
    }

    /// The footprint round (0, 0) in kilometres.
    fn footprint(&mut self, kind: Kind) -> Vec<(f64, f64)> {
        let draw = &mut self.draw;
        match kind {
            Kind::Small if draw.unit() < 0.5 => draw.corridor(),
            Kind::Small => draw.star((5, 12), (0.5, 5.0)),
            Kind::Medium => draw.star((6, 16), (5.0, 50.0)),
            Kind::Big => draw.star((8, 32), (100.0, 500.0)),
        }
    }

    /// The altitude band in feet.
    fn band(&mut self, kind: Kind) -> (f64, f64) {
        let draw = &mut self.draw;
        match kind {
            Kind::Small => {
                let low = draw.between(0.0, 300.0);
                (low, (low + draw.between(50.0, 150.0)).min(400.0))
            }
            Kind::Medium => {
                let low = draw.between(0.0, 5_000.0);
                (low, low + draw.between(500.0, 5_000.0))
            }
            Kind::Big => {
                let low = 10_000.0 * libm::floor(draw.unit() * 4.0);
                (low, low + draw.between(5_000.0, 30_000.0))
            }
        }
    }

    /// The start and the length of the time window, in seconds.
    fn window(&mut self, kind: Kind) -> (f64, f64) {
        let draw = &mut self.draw;
        if kind == Kind::Big {
            let start = draw.between(-2.0 * DAY_S, DAY_S);
            return (start, draw.between(DAY_S, 5.0 * DAY_S));
        }
        let start = draw.between(0.0, DAY_S);
        let for_days = draw.unit() < 0.05;
        let length = if kind == Kind::Small { draw.between(600.0, 3_600.0) } else { draw.between(3_600.0, 28_800.0) };
        (start, if for_days { draw.between(DAY_S, 3.0 * DAY_S) } else { length })
    }
}

impl Iterator for Workload {
    type Item = Planned;

    fn next(&mut self) -> Option<Planned> {
        let share = self.draw.unit();
        let city = self.shares.partition_point(|&sum| sum < share).min(CITIES - 1);
        let kind = match self.draw.unit() {
            u if u < 0.7 => Kind::Small,
            u if u < 0.95 => Kind::Medium,
            _ => Kind::Big,
        };
        let (lon, lat, degree_km) = self.centre(city, kind);
        let footprint = self.footprint(kind);
        let (low, high) = self.band(kind);
        let (start, length) = self.window(kind);
        let e7 = |degrees: f64| whole(degrees * 1e7);
        let polygon: Vec<[i32; 2]> = footprint.iter().map(|(x, y)| [e7(lon + x / degree_km), e7(lat + y / DEGREE_KM)]).collect();
        let mut min = [i32::MAX, i32::MAX, whole(low * FOOT_DM), whole(start)];
        let mut max = [i32::MIN, i32::MIN, whole(high * FOOT_DM), whole(start + length)];
        for [x, y] in &polygon {
            (min[0], min[1]) = (min[0].min(*x), min[1].min(*y));
            (max[0], max[1]) = (max[0].max(*x), max[1].max(*y));
        }
        Some(Planned { kind, min, max, polygon })
    }
}

/// Truncates toward zero: the law says so.
fn whole(value: f64) -> i32 {
    value as i32
}

/// The sum of the boxes in their order, to be held against those above.
pub fn checksum(boxes: impl IntoIterator<Item = ([i32; 4], [i32; 4])>) -> u64 {
    let numbers = boxes.into_iter().flat_map(|(min, max)| min.into_iter().chain(max));
    numbers.fold(0, |sum, number| (sum ^ u64::from(number.cast_unsigned())).wrapping_mul(0x100_0000_01b3))
}

/// SplitMix64 and what is drawn by it.
#[derive(Clone, Debug)]
struct Draw(u64);

impl Draw {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// From 0 up to, but not, 1.
    fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / 9_007_199_254_740_992.0
    }

    fn between(&mut self, a: f64, b: f64) -> f64 {
        a + (b - a) * self.unit()
    }

    /// Uniform in its logarithm.
    fn log_between(&mut self, (a, b): (f64, f64)) -> f64 {
        libm::exp(self.between(libm::log(a), libm::log(b)))
    }

    /// From `a` to `b`, both included.
    fn count(&mut self, (a, b): (u32, u32)) -> u32 {
        a + (self.unit() * f64::from(b - a + 1)) as u32
    }

    /// Normal, by the cosine of Box and Muller.
    fn gauss(&mut self) -> f64 {
        let a = 1.0 - self.unit();
        let b = self.unit();
        (-2.0 * libm::log(a)).sqrt() * libm::cos(2.0 * PI * b)
    }

    /// A rectangle 0.5 to 5 km long and 50 to 200 m wide, heading anywhere.
    fn corridor(&mut self) -> Vec<(f64, f64)> {
        let length = self.log_between((0.5, 5.0)) / 2.0;
        let half = self.between(0.025, 0.1);
        let heading = self.between(0.0, 2.0 * PI);
        let (cos, sin) = (libm::cos(heading), libm::sin(heading));
        let corners = [(-length, -half), (length, -half), (length, half), (-length, half)];
        corners.iter().map(|(a, b)| (a * cos - b * sin, a * sin + b * cos)).collect()
    }

    /// A star-shaped polygon of so many corners and such a diameter in kilometres.
    fn star(&mut self, corners: (u32, u32), diameter: (f64, f64)) -> Vec<(f64, f64)> {
        let count = self.count(corners);
        let radius = self.log_between(diameter) / 2.0;
        (0..count)
            .map(|i| {
                let angle = (f64::from(i) + 0.5 * self.unit()) / f64::from(count) * 2.0 * PI;
                let reach = radius * self.between(0.6, 1.0);
                (reach * libm::cos(angle), reach * libm::sin(angle))
            })
            .collect()
    }
}
