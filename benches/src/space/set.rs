//! The planned volumes of a run, packed, and the queries on them.

use anyhow::{Result, ensure};
use detente_space::forest::{Margin, Shape, Solid};
use detente_testkit::workload::{
    Kind, QUERIES, QUERIES_CHECKSUM, QUERIES_SEED, VOLUMES_CHECKSUMS, VOLUMES_SEED, Workload, checksum,
};

/// Least and greatest longitude, latitude (1e-7 degree), altitude (dm) and time (s), ends included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// The least of each.
    pub min: [i32; 4],
    /// The greatest of each.
    pub max: [i32; 4],
}

impl Bounds {
    /// Whether they share a point.
    pub fn meet(&self, other: &Self) -> bool {
        (0..4).all(|axis| self.min[axis] <= other.max[axis] && other.min[axis] <= self.max[axis])
    }
}

/// Volumes by number, corners in one row as they were drawn.
#[derive(Clone, Debug)]
pub struct Set {
    kinds: Vec<Kind>,
    bounds: Vec<Bounds>,
    /// Where the corners of each begin, and where the last one's end.
    starts: Vec<u32>,
    corners: Vec<[i32; 2]>,
}

/// No footprint reaches further, so that two that meet lie within 2^31 and their cross products within 63 bits.
const EXTENT_MAX: i32 = 1_000_000_000;

impl Set {
    /// The first volumes of a seed.
    ///
    /// # Errors
    /// When a footprint is wider than the exact test can hold, or there are more corners than 32 bits can number.
    pub fn draw(seed: u64, count: usize) -> Result<Self> {
        let mut set =
            Self { kinds: Vec::with_capacity(count), bounds: Vec::with_capacity(count), starts: vec![0], corners: Vec::new() };
        for volume in Workload::new(seed).take(count) {
            let wide = (0..2).map(|axis| volume.max[axis].abs_diff(volume.min[axis])).max().unwrap_or(0);
            ensure!(wide <= EXTENT_MAX.unsigned_abs(), "volume {}: a footprint of {wide}e-7 degrees", set.len());
            set.kinds.push(volume.kind);
            set.bounds.push(Bounds { min: volume.min, max: volume.max });
            set.corners.extend(&volume.polygon);
            set.starts.push(u32::try_from(set.corners.len())?);
        }
        set.corners.shrink_to_fit();
        Ok(set)
    }

    /// The planned volumes of B1, at least so many, and the queries; both held against the sums of the law.
    ///
    /// # Errors
    /// When the generator no longer draws what the law says.
    pub fn workload(count: usize) -> Result<(Self, Self)> {
        let (volumes, queries) = (Self::draw(VOLUMES_SEED, count)?, Self::draw(QUERIES_SEED, QUERIES)?);
        for (first, expected) in VOLUMES_CHECKSUMS.iter().filter(|(first, _)| *first <= count) {
            let sum = volumes.sum(*first);
            ensure!(sum == *expected, "the first {first} volumes have the sum {sum:016x}, expected {expected:016x}");
        }
        let sum = queries.sum(QUERIES);
        ensure!(sum == QUERIES_CHECKSUM, "the queries have the sum {sum:016x}, expected {QUERIES_CHECKSUM:016x}");
        Ok((volumes, queries))
    }

    /// The sum of the boxes of the first so many, by the law of the workload.
    pub fn sum(&self, first: usize) -> u64 {
        checksum(self.bounds[..first].iter().map(|bounds| (bounds.min, bounds.max)))
    }

    /// How many volumes.
    pub fn len(&self) -> usize {
        self.bounds.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.bounds.is_empty()
    }

    /// What a volume is like.
    pub fn kind(&self, id: u32) -> Kind {
        self.kinds[id as usize]
    }

    /// The box of a volume.
    pub fn bounds(&self, id: u32) -> &Bounds {
        &self.bounds[id as usize]
    }

    /// Its corners.
    pub fn polygon(&self, id: u32) -> &[[i32; 2]] {
        let id = id as usize;
        &self.corners[self.starts[id] as usize..self.starts[id + 1] as usize]
    }

    /// A volume as the forest takes it.
    pub fn solid(&self, id: u32) -> Solid {
        let (bounds, ring) = (self.bounds(id), self.polygon(id).to_vec());
        let shape = Shape::polygon(&[ring], 0).expect("the workload lies on the earth and has corners");
        let range = |axis: usize| [bounds.min[axis], bounds.max[axis]];
        Solid::try_new(shape, range(2), range(3)).expect("the workload's ends come after its beginnings")
    }

    /// All volumes of this set as queries, with or without a separation.
    pub fn queries(&self, separation: Option<Separation>) -> Vec<Query<'_>> {
        (0..self.len() as u32).map(|id| Query::new(self, id, separation)).collect()
    }

    /// Bytes of the corners of the first so many volumes, as given: two i32 each.
    pub fn corner_bytes(&self, count: usize) -> usize {
        self.starts[count] as usize * size_of::<[i32; 2]>()
    }
}

/// How near is too near.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Separation {
    /// Between footprints, metres.
    pub horizontal_m: f64,
    /// Between bands, decimetres.
    pub vertical_dm: i32,
    /// Between windows, seconds.
    pub time_s: i32,
}

/// 500 m, 30 m, 60 s: what the measurements with a separation ask for.
pub const SEPARATION: Separation = Separation { horizontal_m: 500.0, vertical_dm: 300, time_s: 60 };

/// Metres of 1e-7 degree of longitude and of latitude at a latitude (degrees): the radii of curvature of WGS-84.
fn scale(latitude: f64) -> [f64; 2] {
    const EQUATOR_M: f64 = 6_378_137.0;
    const ECCENTRICITY_SQUARED: f64 = 0.006_694_379_990_141;
    let (sin, cos) = latitude.to_radians().sin_cos();
    let squashed = 1.0 - ECCENTRICITY_SQUARED * sin * sin;
    let across = EQUATOR_M / squashed.sqrt();
    [across * cos, across * (1.0 - ECCENTRICITY_SQUARED) / squashed].map(|radius| radius * 1e-7_f64.to_radians())
}

/// A volume that asks what it meets, in all the forms that it is asked in: making them is no part of the question.
#[derive(Clone, Debug)]
pub struct Query<'a> {
    /// Its box, grown by the separation: what a filter asks for.
    pub reach: Bounds,
    /// Its own box.
    pub bounds: Bounds,
    /// Its corners.
    pub polygon: &'a [[i32; 2]],
    /// The separation between footprints, when there is one.
    pub near: Option<Near>,
    /// The same for the forest.
    pub solid: Solid,
    /// The separation for the forest.
    pub margin: Margin,
}

/// A distance between footprints in a plane whose scale is that of the query's own middle.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Near {
    /// Metres of 1e-7 degree of longitude and of latitude.
    pub scale: [f64; 2],
    /// Metres; as near as this is too near.
    pub metres: f64,
}

impl<'a> Query<'a> {
    fn new(set: &'a Set, id: u32, separation: Option<Separation>) -> Self {
        let (bounds, polygon, solid) = (*set.bounds(id), set.polygon(id), set.solid(id));
        let Some(separation) = separation else {
            return Self { reach: bounds, bounds, polygon, near: None, solid, margin: Margin::NONE };
        };
        let middle = (f64::from(bounds.min[1]) + f64::from(bounds.max[1])) / 2.0 * 1e-7;
        let scale = scale(middle);
        let grow = |axis: usize| (separation.horizontal_m / scale[axis]).ceil() as i32;
        let mut reach = bounds;
        for (axis, margin) in [grow(0), grow(1), separation.vertical_dm, separation.time_s].into_iter().enumerate() {
            reach.min[axis] = reach.min[axis].saturating_sub(margin);
            reach.max[axis] = reach.max[axis].saturating_add(margin);
        }
        let near = Some(Near { scale, metres: separation.horizontal_m });
        let margin = Margin {
            horizontal_cm: (separation.horizontal_m * 100.0) as u32,
            altitude_dm: separation.vertical_dm.unsigned_abs(),
            time_s: separation.time_s.unsigned_abs(),
        };
        Self { reach, bounds, polygon, near, solid, margin }
    }
}
