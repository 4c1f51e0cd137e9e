//! How full a region is: a raster of what both sides have disclosed, for a picture.

use axum::Json;
use axum::extract::{Path, Query, State};
use detente_node::Density;
use detente_space::ask::{Cell, Raster};
use detente_types::volume::PositionIn;
use detente_types::{Timestamp, Window};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::Api;
use crate::port::ask;
use crate::problem::{Fault, Problem};
use crate::resolutions::at_seat;
use crate::routes::{Answer, find_line, no_line, time};

/// Most cells of one picture.
const CELLS_MAX: u32 = 10_000;
/// Rows and columns when nobody says how many.
const ROWS: u32 = 42;
const COLUMNS: u32 = 60;
/// How long from now, when nobody says until when.
const HOURS: i64 = 24;

/// Which region, in how many cells, and when.
#[derive(Clone, Deserialize)]
pub(crate) struct DensityOf {
    south: f64,
    west: f64,
    north: f64,
    east: f64,
    rows: Option<u32>,
    columns: Option<u32>,
    from: Option<String>,
    until: Option<String>,
}

/// A raster of latitudes and longitudes, and what touches each cell of it. Altitudes are left aside.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct DensityView {
    /// Latitude of the south-west corner, degrees.
    pub south: f64,
    /// Longitude of the south-west corner, degrees.
    pub west: f64,
    /// Height of a cell, degrees.
    pub cell_height: f64,
    /// Width of a cell, degrees.
    pub cell_width: f64,
    /// From south to north.
    pub rows: u32,
    /// From west to east.
    pub columns: u32,
    /// First instant that counts.
    pub from: String,
    /// Last.
    pub until: String,
    /// Our live volumes in each cell: row by row from the south, each from the west.
    pub ours: Vec<u32>,
    /// Theirs.
    pub theirs: Vec<u32>,
    /// For how many minutes together, one after the other, each cell is used by either.
    pub minutes: Vec<i64>,
}

/// How many live volumes of both sides, as disclosed, touch each cell of a raster, and for how long: from `south`, `west` to
/// `north`, `east` in degrees (`east` may lie beyond 180), in `rows` and `columns` (42 and 60, at most 10,000 cells), from `from`
/// (now) `until` a time (a day later).
#[utoipa::path(get, path = "/v1/lines/{line}/density", params(("line" = String, Path), ("south" = f64, Query), ("west" = f64, Query), ("north" = f64, Query), ("east" = f64, Query), ("rows" = Option<u32>, Query), ("columns" = Option<u32>, Query), ("from" = Option<String>, Query), ("until" = Option<String>, Query)), responses((status = 200, body = DensityView), (status = 400, body = Problem), (status = 404, body = Problem)))]
pub(crate) async fn density(
    State(api): State<Api>,
    Path(name): Path<String>,
    Query(asked): Query<DensityOf>,
) -> Answer<DensityView> {
    let (corner, cell, size) = cells(&asked)?;
    let raster = Raster::try_new(corner, cell, size).map_err(|fault| Problem::new(Fault::Request, fault.to_string()))?;
    let (line, now) = ask(&*api.host, move |seat| Ok::<_, Problem>((find_line(seat, &name)?, seat.now))).await??;
    let window = window(&asked, now)?;
    let mut picture = Density::new(raster, window);
    loop {
        let (next, done) = at_seat(&api, move |seat| {
            let line = seat.node.line(&line).ok_or_else(|| no_line(&line.to_string()))?;
            let done = line.draw(&mut picture);
            Ok((picture, done))
        })
        .await?;
        picture = next;
        if done {
            return Ok(Json(view(corner, cell, size, &window, &picture)));
        }
    }
}

type Side = (i64, i64);

/// The corner, the height and width of a cell in 1e-7 degree, and the rows and columns that reach at least as far as asked.
fn cells(asked: &DensityOf) -> Result<(PositionIn, Side, (u32, u32)), Problem> {
    let bad = |what: &str| Problem::new(Fault::Request, what.to_owned());
    let (rows, columns) = (asked.rows.unwrap_or(ROWS), asked.columns.unwrap_or(COLUMNS));
    if rows == 0 || columns == 0 || rows.saturating_mul(columns) > CELLS_MAX {
        return Err(bad(&format!("{rows} rows of {columns} cells; expected 1 to {CELLS_MAX} cells in all")));
    }
    let all = [asked.south, asked.west, asked.north, asked.east];
    if !all.iter().all(|degrees| degrees.abs() <= 540.0) || asked.south >= asked.north || asked.west >= asked.east {
        return Err(bad("expected degrees, south before north and west before east"));
    }
    let e7 = |degrees: f64| (degrees * 1e7) as i64;
    let (south, west) = (e7(asked.south), e7(asked.west));
    let side = |extent: i64, cells: u32| (extent / i64::from(cells)).max(1);
    Ok((
        PositionIn { lat_e7: south, lon_e7: west },
        (side(e7(asked.north) - south, rows), side(e7(asked.east) - west, columns)),
        (rows, columns),
    ))
}

fn window(asked: &DensityOf, now: Timestamp) -> Result<Window, Problem> {
    let from = asked.from.as_deref().map(time).transpose()?.unwrap_or(now);
    let until = asked.until.as_deref().map(time).transpose()?.unwrap_or(from.plus_seconds(HOURS * 3_600));
    Window::try_new(from, until).map_err(|violation| Problem::new(Fault::Request, violation.to_string()))
}

fn view(corner: PositionIn, cell: Side, size: (u32, u32), window: &Window, picture: &Density) -> DensityView {
    let degrees = |e7: i64| e7 as f64 / 1e7;
    let both: Vec<(Cell, Cell)> = picture.cells().collect();
    DensityView {
        south: degrees(corner.lat_e7),
        west: degrees(corner.lon_e7),
        cell_height: degrees(cell.0),
        cell_width: degrees(cell.1),
        rows: size.0,
        columns: size.1,
        from: window.start().to_string(),
        until: window.end().to_string(),
        ours: both.iter().map(|(ours, _)| ours.volumes).collect(),
        theirs: both.iter().map(|(_, theirs)| theirs.volumes).collect(),
        minutes: both.iter().map(|(ours, theirs)| (ours.time_us + theirs.time_us) / 60_000_000).collect(),
    }
}
