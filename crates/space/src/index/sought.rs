//! Where in the forests of an index to look for what may meet a volume, and what of that surely does.
//!
//! A footprint of ordinary size is held as it is drawn on the map, with a margin for its edges, which are shortest paths
//! and no straight lines of the map. One near a pole, or of a vast size, and each edge of what moves, is held as a
//! rectangle. Each forest holds the volumes over one datum, with their bands over it. docs/decisions/0096 says why nothing
//! is missed, and what is sure.

use detente_types::volume::{Datum, Position, Shape, Volume};

use super::asked::{Asked, AskedVolume};
use super::bounds::{self, Bounds, TICK_US};
use crate::altitude;
use crate::approach::GROWTH_CM;
use crate::arc::Arc;
use crate::forest::{Box4, Hit, Margin, Shape as Flat, Solid, Vertex};
use crate::law::Law;
use crate::outline::Outline;
use crate::region::Region;

/// Centimetres of a decimetre, in which the forest counts altitudes.
const DM_CM: i64 = 10;
/// What is held as it is drawn lies no nearer to a pole, 1e-7 degree.
const LATITUDE_MAX: u32 = 850_000_000;
/// It is no wider, 1e-7 degree of longitude,
const WIDTH_MAX: i64 = 300_000_000;
/// and no edge of it longer, metres.
const EDGE_M_MAX: f64 = 500_000.0;
/// A turn, 1e-7 degree.
const TURN: i64 = 3_600_000_000;

/// The solids of a volume, and whether they are its footprint as drawn rather than something round it.
#[derive(Clone, Debug)]
pub(super) struct Solids {
    pub(super) solids: Vec<Solid>,
    pub(super) drawn: bool,
}

/// Altitudes and times of a box in the forest, least and greatest.
type Ends = [[i32; 2]; 2];

impl Solids {
    /// Of a volume whose boxes are these, one by one.
    pub(super) fn new(volume: &Volume, outline: &Outline, boxes: &[Bounds]) -> Self {
        let band = [volume.band.lower().cm(), volume.band.upper().cm()];
        let altitude = outward(band, DM_CM);
        if let (None, Some(shape)) = (&volume.passage, drawn(volume, outline)) {
            let time = outward([volume.window.start(), volume.window.end()].map(bounds::since_middle), TICK_US);
            return Self { solids: vec![solid(shape, [altitude, time])], drawn: true };
        }
        let rectangles = boxes.iter().map(|bounds| solid(bounds.rectangle(), [altitude, bounds.ticks()]));
        Self { solids: rectangles.collect(), drawn: false }
    }
}

fn solid(shape: Flat, [altitude, time]: Ends) -> Solid {
    Solid::try_new(shape, altitude, time).expect("a band and a window end after they begin")
}

/// Whole units that hold a range, within what the forest can tell.
fn outward([from, to]: [i64; 2], unit: i64) -> [i32; 2] {
    [held(from.div_euclid(unit)), held(-(-to).div_euclid(unit))]
}

fn held(number: i64) -> i32 {
    number.clamp(i32::MIN.into(), i32::MAX.into()) as i32
}

/// A footprint as drawn on the map, where it is of ordinary size.
fn drawn(volume: &Volume, outline: &Outline) -> Option<Flat> {
    let region = Region::round(volume.footprint.vertices());
    let polar = volume.footprint.vertices().any(|at| at.lat_e7().unsigned_abs() > LATITUDE_MAX);
    let long = outline.arcs().iter().map(Arc::length).any(|metres| metres > EDGE_M_MAX);
    if polar || long || region.width > WIDTH_MAX {
        return None;
    }
    let west = i64::from(region.longitudes()?[0]);
    let place = |at: &Position| -> Vertex { [(west + (i64::from(at.lon_e7()) - west).rem_euclid(TURN)) as i32, at.lat_e7()] };
    let radius_cm = u32::try_from(volume.footprint.radius().cm()).ok()?;
    let shape = match volume.footprint.shape() {
        Shape::Point(at) => Flat::point(place(at), radius_cm),
        Shape::Path(path) => Flat::path(path.iter().map(place).collect(), radius_cm),
        Shape::Polygon(rings) => {
            Flat::polygon(&rings.iter().map(|ring| ring.iter().map(place).collect()).collect::<Vec<_>>(), radius_cm)
        }
    };
    shape.ok()
}

/// What to look for in one forest.
pub(super) struct Sought {
    pub(super) solid: Solid,
    pub(super) margin: Margin,
    /// Boxes that meet this in altitude and time are near enough for sure; `None` where nothing is sure.
    sure: Option<Ends>,
}

impl Sought {
    /// Whether altitudes and times of something found are surely near enough.
    pub(super) fn is_sure(&self, hit: &Hit) -> bool {
        const ALTITUDE: usize = 2;
        let Box4 { min, max } = hit.bounds;
        self.sure
            .is_some_and(|ends| ends.iter().zip(ALTITUDE..).all(|([least, greatest], d)| min[d] <= *greatest && max[d] >= *least))
    }
}

impl Asked<'_> {
    /// What to look for among volumes over a datum, none of which moves longer than this, microseconds.
    pub(super) fn sought(&self, volume: &AskedVolume<'_>, datum: Datum, longest_us: i64) -> Vec<Sought> {
        let vertical_cm = self.separation.vertical.cm();
        let Over { band, exact } = self.over(volume, datum);
        let band = band.map(|[lower, upper]| [lower.saturating_sub(vertical_cm), upper.saturating_add(vertical_cm)]);
        let altitude = band.map_or([i32::MIN, i32::MAX], |band| outward(band, DM_CM));
        // Half of what they grow and are off would do.
        let beside_cm = self.separation.horizontal.cm() + 8 * GROWTH_CM + self.separation.horizontal.cm() / 64;
        let margin = Margin { horizontal_cm: u32::try_from(beside_cm).unwrap_or(u32::MAX), altitude_dm: 0, time_s: 0 };
        let boxes = self.boxes(volume, longest_us);
        let solids = volume.solids.solids.iter().zip(&boxes);
        let sure = match band {
            Some(band) if exact && volume.solids.drawn => Some([inward(band, DM_CM), self.surely_when(volume)]),
            _ => None,
        };
        let sought = |(asked, bounds): (&Solid, &Bounds)| Sought {
            solid: solid(asked.shape().clone(), [altitude, bounds.ticks()]),
            margin,
            sure,
        };
        solids.map(sought).collect()
    }

    /// Times within the separation of a volume that stays, for sure.
    fn surely_when(&self, volume: &AskedVolume<'_>) -> [i32; 2] {
        let window = &volume.prepared.volume.window;
        let [start, end] = [window.start(), window.end()].map(bounds::since_middle);
        inward([start - self.separation.time_us, end + self.separation.time_us], TICK_US)
    }

    /// The band of a volume over a datum.
    fn over(&self, volume: &AskedVolume<'_>, datum: Datum) -> Over {
        let own = &volume.prepared.volume.band;
        match &self.law {
            Law::One if own.datum() == datum => Over { band: Some([own.lower().cm(), own.upper().cm()]), exact: true },
            Law::Two(heights) if heights.takes(datum) && heights.takes(own.datum()) => {
                let (lower, upper) = altitude::span(&volume.prepared, heights);
                let (least, most) = altitude::growth(datum, heights);
                // What lies beyond an end of all altitudes is cut there, and met by all that comes near enough to that end.
                let vertical_cm = self.separation.vertical.cm();
                let lower = if lower.saturating_sub(vertical_cm) <= altitude::ALL.0 { i64::MIN / 2 } else { lower - most };
                let upper = if upper.saturating_add(vertical_cm) >= altitude::ALL.1 { i64::MAX / 2 } else { upper - least };
                Over { band: Some([lower, upper]), exact: datum == heights.datum }
            }
            _ => Over { band: None, exact: false },
        }
    }
}

/// The band of a volume over another's datum.
struct Over {
    /// Lowest and highest, centimetres; `None` where altitudes keep nothing apart.
    band: Option<[i64; 2]>,
    /// Whether what it meets there, it meets under the law.
    exact: bool,
}

/// What whole units held outward must reach to meet a range for sure: the least end and the greatest.
fn inward([from, to]: [i64; 2], unit: i64) -> [i32; 2] {
    let inside = |number: i64| number.clamp(i64::from(i32::MIN) + 1, i64::from(i32::MAX) - 1) as i32;
    [inside(-(-from).div_euclid(unit) + 1), inside(to.div_euclid(unit) - 1)]
}
