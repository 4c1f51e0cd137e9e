//! The boxes of a volume: latitudes and longitudes that hold it, and times.
//!
//! What moves has a box for each edge of its path, with the time of that edge.

use detente_types::time::{Timestamp, Window};
use detente_types::volume::{Position, Shape, Volume};

use crate::forest::{Shape as Flat, Vertex};
use crate::law::Separation;
use crate::outline::Outline;
use crate::region::Region;

/// More than the growth of two footprints under the law, in metres.
const SLACK_M: f64 = 2.0;

/// Two hundred years of ticks fit the forest's 32 bits; they are counted from 2100.
pub(super) const TICK_US: i64 = 2_000_000;
const MIDDLE_US: i64 = 4_102_444_800_000_000;

/// Where a volume or an edge of it is, and from when to when in ticks, rounded outward.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Bounds {
    region: Region,
    start: i64,
    end: i64,
}

/// The boxes that hold a volume with its radius, its growth and its slack.
pub(super) fn of_volume(volume: &Volume, outline: &Outline) -> Vec<Bounds> {
    match (&volume.passage, volume.footprint.shape()) {
        (Some(passage), Shape::Path(path)) => {
            let edge = |((ends, arc), times): ((&[Position], _), &[Timestamp])| {
                let region = Region::of_edge(ends[0], ends[1], arc, volume.footprint.radius().as_f64());
                Bounds::new(region, times[0].plus_micros(-passage.slack_us()), times[1].plus_micros(passage.slack_us()))
            };
            path.windows(2).zip(outline.arcs()).zip(passage.times().windows(2)).map(edge).collect()
        }
        _ => vec![Bounds::new(Region::of(volume, outline), volume.window.start(), volume.window.end())],
    }
}

/// The same where the law takes what moves to be on its whole way all the time.
pub(super) fn of_whole_volume(volume: &Volume, outline: &Outline) -> Vec<Bounds> {
    of_volume(volume, outline).iter().map(|bounds| bounds.during(&volume.window)).collect()
}

/// Whether any of some boxes meets any of others.
pub(super) fn meet(some: &[Bounds], others: &[Bounds]) -> bool {
    some.iter().any(|one| others.iter().any(|other| one.meets(other)))
}

/// Microseconds from the time that the forest counts from.
pub(super) fn since_middle(t: Timestamp) -> i64 {
    t.micros() - MIDDLE_US
}

fn tick(t: Timestamp) -> i64 {
    since_middle(t).div_euclid(TICK_US)
}

impl Bounds {
    pub(super) fn new(region: Region, start: Timestamp, end: Timestamp) -> Self {
        Self { region: region.grown(SLACK_M), start: tick(start), end: tick(end) + 1 }
    }

    /// The box that meets the box of everything within the separation.
    pub(super) fn grown(&self, separation: &Separation) -> Self {
        let ticks = separation.time_us.div_euclid(TICK_US) + 1;
        Self { region: self.region.grown(separation.horizontal.as_f64()), start: self.start - ticks, end: self.end + ticks }
    }

    /// The same place for a whole window.
    pub(super) fn during(&self, window: &Window) -> Self {
        Self { start: tick(window.start()), end: tick(window.end()) + 1, ..*self }
    }

    /// The same place so much earlier and later, microseconds.
    pub(super) fn longer(&self, by_us: i64) -> Self {
        let ticks = by_us.div_euclid(TICK_US) + 1;
        Self { start: self.start - ticks, end: self.end + ticks, ..*self }
    }

    /// Whether two boxes have a point in common.
    pub(super) fn meets(&self, other: &Self) -> bool {
        self.start <= other.end && other.start <= self.end && self.meets_ever(other)
    }

    /// The same at any time.
    pub(super) fn meets_ever(&self, other: &Self) -> bool {
        let turn = 3_600_000_000;
        let (a, b) = (&self.region, &other.region);
        let beside = (b.west - a.west).rem_euclid(turn);
        let longitudes = beside <= a.width || beside + b.width >= turn;
        longitudes && a.south <= b.north && b.south <= a.north
    }

    /// When, in ticks as the forest holds them.
    pub(super) fn ticks(&self) -> [i32; 2] {
        [self.start, self.end].map(|t| t.clamp(i32::MIN.into(), i32::MAX.into()) as i32)
    }

    /// Where, as the forest holds it.
    pub(super) fn rectangle(&self) -> Flat {
        let [west, east] = self.region.longitudes().unwrap_or([-1_800_000_000, 1_800_000_000]);
        let (south, north) = (self.region.south as i32, self.region.north as i32);
        let corners: Vec<Vertex> = vec![[west, south], [east, south], [east, north], [west, north]];
        Flat::polygon(&[corners], 0).expect("four corners between the poles")
    }
}
