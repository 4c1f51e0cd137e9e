//! Boxes in four dimensions: longitude, latitude, altitude, time. All are closed: touching is meeting.

/// Longitude, in units of 1e-7°.
pub(super) const LON: usize = 0;
/// Latitude, in units of 1e-7°.
pub(super) const LAT: usize = 1;
/// Altitude in decimetres.
pub(super) const ALTITUDE: usize = 2;
/// Time in seconds.
pub(super) const TIME: usize = 3;

/// A closed box: longitude and latitude in 1e-7°, altitude in decimetres, time in seconds, in this order.
///
/// A longitude may lie beyond ±180°: a box across the antimeridian goes on counting.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Box4 {
    /// The least of each.
    pub min: [i32; 4],
    /// The greatest of each; not below the least.
    pub max: [i32; 4],
}

impl Box4 {
    /// Holds nothing, meets nothing but a box without bounds, and joins to any other box as that box.
    pub(super) const NOTHING: Self = Self { min: [i32::MAX; 4], max: [i32::MIN; 4] };

    /// Whether the two have a point in common.
    pub fn meets(&self, other: &Self) -> bool {
        (0..4).all(|d| self.min[d] <= other.max[d] && self.max[d] >= other.min[d])
    }

    /// Whether `other` lies inside.
    pub fn holds(&self, other: &Self) -> bool {
        (0..4).all(|d| self.min[d] <= other.min[d] && self.max[d] >= other.max[d])
    }

    /// The least box that holds both.
    pub(super) fn join(&self, other: &Self) -> Self {
        let mut joined = *self;
        for d in 0..4 {
            joined.min[d] = joined.min[d].min(other.min[d]);
            joined.max[d] = joined.max[d].max(other.max[d]);
        }
        joined
    }

    /// Its range of the map: the least longitude and latitude, the greatest.
    pub(super) fn range(&self) -> [[i32; 2]; 2] {
        [self.min, self.max].map(|side| [side[LON], side[LAT]])
    }

    /// Twice the middle of one dimension.
    pub(super) fn middle2(&self, dimension: usize) -> i64 {
        i64::from(self.min[dimension]) + i64::from(self.max[dimension])
    }

    /// Length of one dimension.
    pub(super) fn length(&self, dimension: usize) -> i64 {
        i64::from(self.max[dimension]) - i64::from(self.min[dimension])
    }
}
