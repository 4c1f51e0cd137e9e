//! The ground on which the volumes of a conflict are too close, as polygons: what a map hatches. It decides nothing.

use axum::Json;
use axum::extract::{Path, State};
use detente_gateway::overlap::{self, Overlap, Undrawn};
use detente_node::Line;
use detente_space::{Law, law1};
use detente_types::conflict::VolumeMeeting;
use detente_types::{ConflictId, Metres, Terms, Volume};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::Api;
use crate::port::ask;
use crate::problem::{Fault, Problem};
use crate::resolutions::{at_seat, named};
use crate::routes::{Answer, no_line};

/// Pairs of volumes that are drawn of one conflict: the closest.
const DRAWN_MAX: usize = 16;

/// The ground of a conflict.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct GroundView {
    /// The conflict's name, hex.
    pub conflict: String,
    /// Of each pair of volumes, the closest first, at most 16.
    pub grounds: Vec<PairGroundView>,
}

/// The ground on which two volumes are too close: what each has within the separation of the other, or what both cover when
/// the terms have none. Of what moves, the way that it passes while they are too close.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct PairGroundView {
    /// Which volume of each notice, from 0.
    pub volumes: [u16; 2],
    /// Its area on the ellipsoid, square metres; absent where nothing is drawn.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub area_m2: Option<f64>,
    /// How far what is drawn may lie from what is meant, metres.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error_m: Option<f64>,
    /// Polygons as in a GeoJSON MultiPolygon (RFC 7946): rings of longitude and latitude, cut at the antimeridian.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub polygons: Vec<Vec<Vec<[f64; 2]>>>,
    /// Why nothing is drawn.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub undrawn: Option<String>,
}

/// A conflict, with all that its ground is drawn from.
struct Drawing {
    pairs: Vec<(VolumeMeeting, [Volume; 2])>,
    gates: Gates,
}

/// What of a line's terms says where two are too close.
#[derive(Clone, Copy)]
pub(crate) struct Gates {
    horizontal: Metres,
    time_us: i64,
    follows: bool,
}

/// The ground on which the two notices of a conflict are too close, as both sides have disclosed them: polygons with their
/// area, for each pair of volumes, at most the 16 closest.
#[utoipa::path(get, path = "/v1/lines/{line}/conflicts/{conflict}/ground", params(("line" = String, Path), ("conflict" = String, Path)), responses((status = 200, body = GroundView), (status = 404, body = Problem)))]
pub(crate) async fn ground(State(api): State<Api>, Path((name, conflict)): Path<(String, String)>) -> Answer<GroundView> {
    let (line, conflict) = ask(&*api.host, move |seat| named(seat, &name, &conflict)).await??;
    let gone = || Problem::new(Fault::NotFound, "the conflict is gone: there is nothing to draw");
    let drawing = at_seat(&api, move |seat| {
        let line = seat.node.line(&line).ok_or_else(|| no_line(&line.to_string()))?;
        drawing(line, &conflict).ok_or_else(gone)
    })
    .await?;
    // Away from the node and from other requests: it may take a while.
    let drawn = tokio::task::spawn_blocking(move || {
        drawing.pairs.iter().map(|(met, [first, second])| drawing.gates.ground(met, [first, second])).collect()
    });
    let grounds = drawn.await.map_err(|fault| Problem::new(Fault::Unavailable, fault.to_string()))?;
    Ok(Json(GroundView { conflict: conflict.to_string(), grounds }))
}

fn drawing(line: &Line, id: &ConflictId) -> Option<Drawing> {
    let conflict = line.conflict(id)?;
    let [first, second] = [0, 1].map(|side: usize| line.live_notice(&conflict.statements[side]));
    let (first, second) = first.zip(second)?;
    let pair = |met: &VolumeMeeting| {
        let [i, j] = met.volumes.map(usize::from);
        Some((met.clone(), [first.volumes().get(i)?.clone(), second.volumes().get(j)?.clone()]))
    };
    Some(Drawing { pairs: conflict.meetings.iter().take(DRAWN_MAX).filter_map(pair).collect(), gates: Gates::of(line.terms()) })
}

impl Gates {
    pub(crate) fn of(terms: &Terms) -> Self {
        Self {
            horizontal: terms.horizontal(),
            time_us: terms.time_us(),
            follows: Law::of_terms(terms).is_none_or(|law| law.name() != law1::NAME),
        }
    }

    /// The ground of two volumes that meet.
    pub(crate) fn ground(&self, met: &VolumeMeeting, volumes: [&Volume; 2]) -> PairGroundView {
        let Self { horizontal, time_us, follows } = *self;
        let drawn = overlap::overlap(&overlap::Asked { volumes, meeting: &met.meeting, horizontal, time_us, follows });
        view(met.volumes, drawn)
    }
}

/// That the ground of two volumes is not drawn since that of enough others is.
pub(crate) fn left_out(volumes: [u16; 2]) -> PairGroundView {
    PairGroundView { volumes, area_m2: None, error_m: None, polygons: Vec::new(), undrawn: Some("left out".into()) }
}

fn view(volumes: [u16; 2], drawn: Result<Overlap, Undrawn>) -> PairGroundView {
    match drawn {
        Ok(Overlap { polygons, area_m2, error_m }) => PairGroundView {
            volumes,
            // Whole square metres and tenths of a metre: more would be invented.
            area_m2: Some(area_m2.round()),
            error_m: Some((error_m * 10.0).ceil() / 10.0),
            polygons,
            undrawn: None,
        },
        Err(why) => {
            PairGroundView { volumes, area_m2: None, error_m: None, polygons: Vec::new(), undrawn: Some(why.to_string()) }
        }
    }
}
