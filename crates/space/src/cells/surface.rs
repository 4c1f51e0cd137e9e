//! The surface part of the grid: rows of latitude, each cut into as many cells as fit.
//!
//! A point belongs to the cell under which the ray from the earth's centre through it leaves the surface, whatever its
//! depth. What is within a length of a point is, as directions, a cap of a sphere; which cells a cap touches is found row
//! by row, exactly but for rounding outward.

use core::f64::consts::{FRAC_PI_2, FRAC_PI_4, PI};

use detente_types::geometry::earth::{EQUATORIAL_RADIUS_M, FLATTENING, Vec3, surface_point};
use detente_types::volume::{HALF_TURN_E7, Position};

/// From pole to pole along a meridian of WGS-84, metres, rounded down.
const MERIDIAN_M: u32 = 20_003_931;

/// A quarter of a turn in 1e-7 degree.
const QUARTER_E7: i64 = 900_000_000;

/// The tangent of a direction's latitude at the centre is that of its latitude on the surface times this.
const SQUASH: f64 = (1.0 - FLATTENING) * (1.0 - FLATTENING);

/// What a ball grows by for the rounding of all that is computed of it, metres: as an angle, ten thousand times that rounding.
const PAD_M: f64 = 0.01;

/// What a half width grows by for the rounding of longitudes and columns, radians.
const PAD_RAD: f64 = 1e-12;

/// Surface of the earth, square metres.
const EARTH_M2: f64 = 510_065_621_724_000.0;

/// Rows of equal latitudes, from the south pole on.
#[derive(Clone, Copy, Debug)]
pub(super) struct Surface {
    cell_m: f64,
    rows: u32,
}

/// Directions within an angle of one, at most a right angle.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cap {
    /// Of its middle, at the earth's centre, radians.
    lat: f64,
    lon: f64,
    angle: f64,
}

impl Cap {
    /// The directions of all points within a length of a point.
    pub(super) fn round(centre: Vec3, radius_m: f64) -> Self {
        let part = (radius_m + PAD_M) / centre.norm();
        Self {
            lat: libm::atan2(centre.z, libm::sqrt(centre.x * centre.x + centre.y * centre.y)),
            lon: libm::atan2(centre.y, centre.x),
            angle: if part < 1.0 { libm::asin(part) } else { FRAC_PI_2 },
        }
    }

    /// Half the longitudes that it covers between two latitudes (at the centre) of which it has some: they are widest
    /// where a meridian touches it. `None` for all longitudes.
    fn half_width(&self, south: f64, north: f64) -> Option<f64> {
        let touch = libm::sin(self.lat) / libm::cos(self.angle);
        let widest = if touch.abs() < 1.0 { libm::asin(touch) } else { FRAC_PI_2.copysign(touch) };
        let at = widest.clamp(south, north);
        let square = |angle: f64| libm::sin(angle * 0.5) * libm::sin(angle * 0.5);
        let part = (square(self.angle) - square(at - self.lat)) / (libm::cos(at) * libm::cos(self.lat));
        (part < 1.0).then(|| 2.0 * libm::asin(libm::sqrt(part.max(0.0))) + PAD_RAD)
    }
}

impl Surface {
    /// For cells with an edge of so many metres, 10 to 200,000.
    pub(super) fn new(cell_m: u32) -> Self {
        Self { cell_m: cell_m.into(), rows: (MERIDIAN_M / cell_m.max(1)).max(1) }
    }

    pub(super) const fn rows(&self) -> u32 {
        self.rows
    }

    /// About how many cells the whole surface has.
    pub(super) fn count(&self) -> u64 {
        libm::round(EARTH_M2 / (self.cell_m * self.cell_m)) as u64
    }

    /// How many cells a row has: as many as are at least as wide as a cell's edge along its middle, but one.
    pub(super) fn columns(&self, row: u32) -> u32 {
        let middle = (f64::from(row) + 0.5) * PI / f64::from(self.rows) - FRAC_PI_2;
        let round = 2.0 * PI * EQUATORIAL_RADIUS_M * libm::cos(middle);
        libm::floor(round / self.cell_m).max(1.0) as u32
    }

    /// Southern side of a row (the northern of the one before) as latitude at the centre, radians.
    fn side(&self, row: u32) -> f64 {
        let lat = f64::from(row) * PI / f64::from(self.rows) - FRAC_PI_2;
        let (sin, cos) = libm::sincos(lat);
        libm::atan2(SQUASH * sin, cos)
    }

    /// The row of a latitude at the centre, radians; beyond the poles the row at the pole.
    fn row_at(&self, lat: f64) -> u32 {
        let (sin, cos) = libm::sincos(lat.clamp(-FRAC_PI_2, FRAC_PI_2));
        let on_surface = libm::atan2(sin, SQUASH * cos);
        self.row_of_part((on_surface + FRAC_PI_2) * f64::from(self.rows) / PI)
    }

    fn row_of_part(&self, part: f64) -> u32 {
        libm::floor(part).clamp(0.0, f64::from(self.rows - 1)) as u32
    }

    /// Row and column of a position, exact in whole numbers.
    pub(super) fn cell_of(&self, position: Position) -> (u32, u32) {
        let from_pole = i64::from(position.lat_e7()) + QUARTER_E7;
        let row = (from_pole * i64::from(self.rows) / HALF_TURN_E7).min(i64::from(self.rows) - 1) as u32;
        let columns = i64::from(self.columns(row));
        let from_west = (i64::from(position.lon_e7()) + HALF_TURN_E7).rem_euclid(2 * HALF_TURN_E7);
        (row, (from_west * columns / (2 * HALF_TURN_E7)) as u32)
    }

    /// Latitudes and longitudes of a cell's sides, outward to whole 1e-7 degrees; `None` when there is no such cell.
    pub(super) fn sides_e7(&self, row: u32, column: u32) -> Option<([i64; 2], [i64; 2])> {
        let rows = i64::from(self.rows);
        if row >= self.rows || column >= self.columns(row) {
            return None;
        }
        let (row, column, columns) = (i64::from(row), i64::from(column), i64::from(self.columns(row)));
        let down = |part: i64, of: i64, whole: i64| (part * whole).div_euclid(of);
        let up = |part: i64, of: i64, whole: i64| -(-part * whole).div_euclid(of);
        let lats = [down(row, rows, HALF_TURN_E7) - QUARTER_E7, up(row + 1, rows, HALF_TURN_E7) - QUARTER_E7];
        let lons =
            [down(column, columns, 2 * HALF_TURN_E7) - HALF_TURN_E7, up(column + 1, columns, 2 * HALF_TURN_E7) - HALF_TURN_E7];
        Some((lats, lons))
    }

    /// The middle of a cell, as a point of the surface.
    pub(super) fn middle(&self, row: u32, column: u32) -> Vec3 {
        let half = |part: u32, of: u32, whole: i64| (2 * i64::from(part) + 1) * whole / (2 * i64::from(of));
        let lat = half(row, self.rows, HALF_TURN_E7) - QUARTER_E7;
        let lon = half(column, self.columns(row), 2 * HALF_TURN_E7) - HALF_TURN_E7;
        surface_point(Position::try_new(lat, lon).expect("the middle of a cell lies on the earth"))
    }

    /// Tells every run of cells, row by row from the south, that a cap touches: row, first and last column. One that
    /// crosses 180° comes as two. Stops with the first error.
    pub(super) fn touched<E>(&self, cap: &Cap, mut tell: impl FnMut(u32, u32, u32) -> Result<(), E>) -> Result<(), E> {
        // Beyond any separation and radius: no care is taken to be tight.
        let all = cap.angle >= FRAC_PI_4;
        let (first, last) =
            if all { (0, self.rows - 1) } else { (self.row_at(cap.lat - cap.angle), self.row_at(cap.lat + cap.angle)) };
        for row in first..=last {
            let columns = self.columns(row);
            let half = if all { None } else { cap.half_width(self.side(row), self.side(row + 1)) };
            match half.and_then(|half| run(cap.lon, half, columns)) {
                None => tell(row, 0, columns - 1)?,
                Some((from, to)) if from <= to => tell(row, from, to)?,
                Some((from, to)) => {
                    tell(row, 0, to)?;
                    tell(row, from, columns - 1)?;
                }
            }
        }
        Ok(())
    }
}

/// First and last column of the longitudes within half a width of one, the first behind the last where they cross 180°;
/// `None` for all columns.
fn run(lon: f64, half: f64, columns: u32) -> Option<(u32, u32)> {
    let column = |lon: f64| libm::floor((lon + PI) * f64::from(columns) / (2.0 * PI)) as i64;
    let (from, to) = (column(lon - half), column(lon + half));
    let wrapped = |column: i64| column.rem_euclid(columns.into()) as u32;
    (to - from + 1 < i64::from(columns)).then(|| (wrapped(from), wrapped(to)))
}
