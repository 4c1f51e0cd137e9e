//! The form of the vectors: plain integers, with their units in the names.

use detente_types::conflict::Meeting;
use detente_types::geometry::earth::Vec3;
use detente_types::height::Heights;
use detente_types::time::Timestamp;
use detente_types::unit::Metres;
use detente_types::volume::{Position, Shape, Volume};
use serde::Serialize;

use crate::Separation;
use crate::arc::Arc;
use crate::{law1, law2};

/// Latitude, longitude.
type PositionJson = [i32; 2];

#[derive(Serialize)]
pub(super) struct VolumeJson {
    shape: &'static str,
    rings_e7: Vec<Vec<PositionJson>>,
    radius_cm: i64,
    lower_cm: i64,
    upper_cm: i64,
    datum: &'static str,
    start_us: i64,
    end_us: i64,
    /// When each vertex of a path is passed, and how early or late.
    #[serde(skip_serializing_if = "Option::is_none")]
    passage_us: Option<(Vec<i64>, i64)>,
}

#[derive(Serialize)]
pub(super) struct MeetingJson {
    distance_cm: i64,
    at_e7: PositionJson,
    /// `at` of the two volumes exchanged; all else stays.
    exchanged_at_e7: PositionJson,
    vertical_gap_cm: i64,
    band_cm: Option<[i64; 2]>,
    time_gap_us: i64,
    window_us: Option<[i64; 2]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    when_us: Option<i64>,
}

/// Two volumes and what they must keep between them.
#[derive(Serialize)]
struct CaseJson {
    name: String,
    a: VolumeJson,
    b: VolumeJson,
    horizontal_cm: i64,
    vertical_cm: i64,
    time_us: i64,
}

#[derive(Serialize)]
pub(super) struct MeetVector {
    #[serde(flatten)]
    case: CaseJson,
    pub(super) meeting: Option<MeetingJson>,
}

/// Under law `conflict/2`: with how altitudes are compared.
#[derive(Serialize)]
pub(super) struct TimedVector {
    #[serde(flatten)]
    case: CaseJson,
    line_datum: &'static str,
    terrain_cm: Option<[i64; 2]>,
    pressure_cm: Option<i64>,
    pub(super) meeting: Option<MeetingJson>,
}

impl TimedVector {
    pub(super) fn compute((name, a, b, separation, heights): &(String, Volume, Volume, Separation, Heights)) -> Self {
        Self {
            case: case_json(name, a, b, separation),
            line_datum: heights.datum.name(),
            terrain_cm: heights.terrain.map(|(low, high)| [low.cm(), high.cm()]),
            pressure_cm: heights.pressure.map(Metres::cm),
            meeting: both_ways(a, b, |a, b| law2::meet(a, b, separation, heights)),
        }
    }
}

#[derive(Serialize)]
pub(super) struct ArcVector {
    from_e7: PositionJson,
    to_e7: PositionJson,
    chords: u32,
    /// Vertices 0, 1, half and last, each x, y, z in micrometres from the earth's centre, rounded.
    vertices_um: Vec<(u32, [i64; 3])>,
}

#[derive(Serialize)]
pub(super) struct CoarsenVector {
    pub(super) name: &'static str,
    pub(super) precision: &'static str,
    pub(super) exact: VolumeJson,
    pub(super) disclosed: Vec<VolumeJson>,
}

impl MeetVector {
    pub(super) fn compute((name, a, b, separation): &(String, Volume, Volume, Separation)) -> Self {
        Self { case: case_json(name, a, b, separation), meeting: both_ways(a, b, |a, b| law1::meet(a, b, separation)) }
    }
}

fn case_json(name: &str, a: &Volume, b: &Volume, separation: &Separation) -> CaseJson {
    CaseJson {
        name: name.to_owned(),
        a: volume_json(a),
        b: volume_json(b),
        horizontal_cm: separation.horizontal.cm(),
        vertical_cm: separation.vertical.cm(),
        time_us: separation.time_us,
    }
}

/// How two volumes meet, and where when they are exchanged.
fn both_ways(a: &Volume, b: &Volume, meet: impl Fn(&Volume, &Volume) -> Option<Meeting>) -> Option<MeetingJson> {
    meet(a, b).zip(meet(b, a)).map(|(meeting, exchanged)| meeting_json(&meeting, exchanged.at))
}

impl ArcVector {
    pub(super) fn of(from: Position, to: Position, arc: &Arc) -> Self {
        let um = |v: Vec3| [v.x, v.y, v.z].map(|metres| libm::round(metres * 1e6) as i64);
        let mut places = vec![0, 1, arc.chords() / 2, arc.chords()];
        places.sort_unstable();
        places.dedup();
        Self {
            from_e7: position_json(&from),
            to_e7: position_json(&to),
            chords: arc.chords(),
            vertices_um: places.into_iter().map(|k| (k, um(arc.vertex(k)))).collect(),
        }
    }
}

pub(super) fn volume_json(volume: &Volume) -> VolumeJson {
    let ring = |r: &[Position]| r.iter().map(position_json).collect::<Vec<_>>();
    let (shape, rings_e7) = match volume.footprint.shape() {
        Shape::Point(p) => ("point", vec![ring(&[*p])]),
        Shape::Path(path) => ("path", vec![ring(path)]),
        Shape::Polygon(rings) => ("polygon", rings.iter().map(|r| ring(r)).collect()),
    };
    VolumeJson {
        shape,
        rings_e7,
        radius_cm: volume.footprint.radius().cm(),
        lower_cm: volume.band.lower().cm(),
        upper_cm: volume.band.upper().cm(),
        datum: volume.band.datum().name(),
        start_us: volume.window.start().micros(),
        end_us: volume.window.end().micros(),
        passage_us: volume.passage.as_ref().map(|p| (p.times().iter().map(|t| t.micros()).collect(), p.slack_us())),
    }
}

fn position_json(position: &Position) -> PositionJson {
    [position.lat_e7(), position.lon_e7()]
}

fn meeting_json(meeting: &Meeting, exchanged_at: Position) -> MeetingJson {
    MeetingJson {
        distance_cm: meeting.distance.cm(),
        at_e7: position_json(&meeting.at),
        exchanged_at_e7: position_json(&exchanged_at),
        vertical_gap_cm: meeting.vertical_gap.cm(),
        band_cm: meeting.band.map(|b| [b.lower().cm(), b.upper().cm()]),
        time_gap_us: meeting.time_gap_us,
        window_us: meeting.window.map(|w| [w.start().micros(), w.end().micros()]),
        when_us: meeting.when.map(Timestamp::micros),
    }
}
