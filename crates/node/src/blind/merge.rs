//! Cells as a person reads them: few volumes that cover them.
//!
//! Cells that lie side by side in a row, a slot or a band are one box; of boxes that are too many those are put together
//! that add least. What comes out covers every cell and may cover more; it depends on the cells alone.

use detente_space::cells::{CellBounds, CellId, Grid};
use detente_types::area::Area;
use detente_types::unit::Metres;
use detente_types::{AltitudeBand, Datum, Footprint, Position, Shape, Timestamp, Volume, Window};

use crate::disclose::border::holding;

/// Most volumes for a person to read.
const VOLUMES_READ: usize = 12;
/// Boxes beyond these are put together in their order, without looking for the best pair.
const BOXES_MAX: usize = 2_048;
const EARTH_M: f64 = 6_371_000.0;
const RADIANS_E7: f64 = core::f64::consts::PI / 1_800_000_000.0;

/// Volumes that cover cells of this grid: a cell does not say of which grid it is.
pub(super) fn volumes(grid: &Grid, datum: Datum, cells: &[CellId]) -> Vec<Volume> {
    boxes(grid, cells).iter().filter_map(|b| volume(b, datum)).collect()
}

/// What of these volumes lies in the area in which all that is told has to lie; no plan is beyond it.
pub(super) fn volumes_inside(grid: &Grid, datum: Datum, area: Option<&Area>, cells: &[CellId]) -> Vec<Volume> {
    boxes(grid, cells).iter().filter_map(|b| inside(b, datum, area)).collect()
}

/// A box as far as it lies in the area.
fn inside(b: &CellBounds, datum: Datum, area: Option<&Area>) -> Option<Volume> {
    let Some(area) = area else { return volume(b, datum) };
    let corners = area.clip([b.south_e7, b.north_e7], [b.west_e7, b.east_e7])?;
    let ends = |axis: fn(&Position) -> i32| {
        let along = corners.iter().map(axis).map(i64::from);
        along.fold((i64::MAX, i64::MIN), |(least, most), at| (least.min(at), most.max(at)))
    };
    let ((south_e7, north_e7), (west_e7, east_e7)) = (ends(Position::lat_e7), ends(Position::lon_e7));
    let whole = volume(&CellBounds { south_e7, north_e7, west_e7, east_e7, ..*b }, datum)?;
    match whole.footprint.shape() {
        Shape::Polygon(_) => {
            // What the border cuts into no shape, a bay into two parts say, is held by what lies in one of them.
            let cut = Footprint::try_new(Shape::Polygon(vec![corners]), whole.footprint.radius()).ok();
            let cut = cut.or_else(|| holding(area, [b.south_e7, b.north_e7], [b.west_e7, b.east_e7]));
            Some(Volume { footprint: cut.unwrap_or_else(|| whole.footprint.clone()), ..whole })
        }
        _ => Some(whole),
    }
}

/// Few boxes that cover cells.
fn boxes(grid: &Grid, cells: &[CellId]) -> Vec<CellBounds> {
    let mut boxes: Vec<CellBounds> = cells.iter().filter_map(|cell| grid.bounds(*cell)).collect();
    // By columns first, then slots, then bands: each time those that are alike but for one side that they share.
    join(
        &mut boxes,
        |b| (b.south_e7, b.altitude, b.span_us, b.west_e7),
        |a, b| {
            (a.south_e7, a.north_e7, a.altitude, a.span_us) == (b.south_e7, b.north_e7, b.altitude, b.span_us)
                && a.east_e7 + 1 >= b.west_e7
        },
    );
    join(
        &mut boxes,
        |b| (b.south_e7, b.west_e7, b.altitude, b.span_us),
        |a, b| {
            (a.south_e7, a.west_e7, a.east_e7, a.altitude) == (b.south_e7, b.west_e7, b.east_e7, b.altitude)
                && a.span_us.1 >= b.span_us.0
        },
    );
    join(
        &mut boxes,
        |b| (b.south_e7, b.west_e7, b.span_us, b.altitude),
        |a, b| {
            (a.south_e7, a.west_e7, a.east_e7, a.span_us) == (b.south_e7, b.west_e7, b.east_e7, b.span_us)
                && a.altitude.1 >= b.altitude.0
        },
    );
    boxes.sort_by_key(|b| (b.south_e7, b.west_e7, b.span_us, b.altitude));
    while boxes.len() > BOXES_MAX {
        boxes = boxes.chunks(2).map(|pair| pair.iter().copied().reduce(cover).expect("chunks are not empty")).collect();
    }
    while boxes.len() > VOLUMES_READ {
        let added = |i: usize| bulk(&cover(boxes[i], boxes[i + 1])) - bulk(&boxes[i]) - bulk(&boxes[i + 1]);
        let best = (0..boxes.len() - 1).min_by(|a, b| added(*a).total_cmp(&added(*b))).expect("there are several");
        boxes[best] = cover(boxes[best], boxes[best + 1]);
        boxes.remove(best + 1);
    }
    boxes
}

/// Puts neighbours together that touch, in an order.
fn join<K: Ord>(
    boxes: &mut Vec<CellBounds>,
    order: impl Fn(&CellBounds) -> K,
    touches: impl Fn(&CellBounds, &CellBounds) -> bool,
) {
    boxes.sort_by_key(order);
    boxes.dedup_by(|b, a| {
        let joins = touches(a, b);
        if joins {
            *a = cover(*a, *b);
        }
        joins
    });
}

fn cover(a: CellBounds, b: CellBounds) -> CellBounds {
    CellBounds {
        south_e7: a.south_e7.min(b.south_e7),
        north_e7: a.north_e7.max(b.north_e7),
        west_e7: a.west_e7.min(b.west_e7),
        east_e7: a.east_e7.max(b.east_e7),
        altitude: (a.altitude.0.min(b.altitude.0), a.altitude.1.max(b.altitude.1)),
        span_us: (a.span_us.0.min(b.span_us.0), a.span_us.1.max(b.span_us.1)),
    }
}

fn bulk(b: &CellBounds) -> f64 {
    let along = (b.north_e7 - b.south_e7) as f64 * (b.east_e7 - b.west_e7) as f64;
    along * (b.altitude.1.cm() - b.altitude.0.cm()) as f64 * (b.span_us.1 - b.span_us.0) as f64 * 1e-20
}

/// A box as a volume. Its edges are shortest ways, which leave a parallel towards the pole: its radius makes up for that.
fn volume(b: &CellBounds, datum: Datum) -> Option<Volume> {
    let window = Window::try_new(Timestamp::from_micros(b.span_us.0), Timestamp::from_micros(b.span_us.1)).ok()?;
    let band = AltitudeBand::try_new(b.altitude.0, b.altitude.1, datum).ok()?;
    let corner = |lat, lon| Position::try_new(lat, lon).ok();
    let at_pole = b.south_e7 <= -890_000_000 || b.north_e7 >= 890_000_000;
    let wide = b.east_e7 - b.west_e7 > 100_000_000;
    let (lat, lon) = ((b.south_e7 + b.north_e7) / 2, (b.west_e7 + b.east_e7) / 2);
    let steepest = b.south_e7.abs().max(b.north_e7.abs()).min(899_000_000) as f64 * RADIANS_E7;
    let least = if b.south_e7 <= 0 && b.north_e7 >= 0 { 0.0 } else { b.south_e7.abs().min(b.north_e7.abs()) as f64 * RADIANS_E7 };
    let across_m = (b.east_e7 - b.west_e7) as f64 * RADIANS_E7 * libm::cos(least) * EARTH_M;
    let along_m = (b.north_e7 - b.south_e7) as f64 * RADIANS_E7 * EARTH_M;
    let footprint = if at_pole || wide {
        let reach_m = libm::ceil(libm::hypot(across_m, along_m) / 2.0 * 1.01) + 10.0;
        Footprint::try_new(Shape::Point(corner(lat, lon)?), Metres::new(reach_m as i64)).ok()?
    } else {
        let sag_m = libm::ceil(across_m * across_m / (8.0 * EARTH_M) * libm::tan(steepest) * 1.02) + 1.0;
        let ring = vec![
            corner(b.south_e7, b.west_e7)?,
            corner(b.south_e7, b.east_e7)?,
            corner(b.north_e7, b.east_e7)?,
            corner(b.north_e7, b.west_e7)?,
        ];
        Footprint::try_new(Shape::Polygon(vec![ring]), Metres::new(sag_m as i64)).ok()?
    };
    Some(Volume { footprint, band, window, passage: None })
}
