//! The box of a volume: earth-centred metres and seconds.

use detente_types::volume::Volume;
use rstar::AABB;

use crate::law::Separation;
use crate::outline::Outline;

/// A box in x, y, z (metres) and time (seconds). A second weighs like a metre: a volume of a kilometre
/// lasts about an hour, so that the tree's boxes stay of a kind.
pub(super) type Bounds = AABB<[f64; 4]>;

/// More than any rounding of times and coordinates, in metres and seconds.
const SLACK: f64 = 1.0;

/// The box that holds a volume with its radius and its growth under the law.
pub(super) fn of_volume(volume: &Volume, outline: &Outline) -> Bounds {
    let (low, high) = outline.bounds();
    let seconds = |us: i64| us as f64 / 1e6;
    let (start, end) = (seconds(volume.window.start().micros()), seconds(volume.window.end().micros()));
    AABB::from_corners(
        [low.x - SLACK, low.y - SLACK, low.z - SLACK, start - SLACK],
        [high.x + SLACK, high.y + SLACK, high.z + SLACK, end + SLACK],
    )
}

/// The box that meets the box of everything within the separation: a straight line through the earth is
/// never longer than the way along it.
pub(super) fn grown(bounds: Bounds, separation: &Separation) -> Bounds {
    let metres = separation.horizontal.as_f64();
    let seconds = separation.time_us as f64 / 1e6;
    let ([x, y, z, t], [x2, y2, z2, t2]) = (bounds.lower(), bounds.upper());
    AABB::from_corners([x - metres, y - metres, z - metres, t - seconds], [x2 + metres, y2 + metres, z2 + metres, t2 + seconds])
}
