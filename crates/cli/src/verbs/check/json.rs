//! Conflicts as JSON. The form is stable and stands in docs/spec/plans.md; what is added to it gets a new name.

use detente_gateway::Finding;
use detente_space::Separation;
use detente_types::conflict::VolumeMeeting;
use serde::{Serialize, Serializer};
use serde_json::Value;

use super::find::Hit;
use super::ground::{self, geometry, undrawn, whole_m2};
use super::label::{LANGUAGES, degrees};
use super::{Filed, Told};

/// The whole report.
#[derive(Serialize)]
pub(super) struct Report<'a> {
    law: &'static str,
    separation: Apart,
    files: Vec<FileView<'a>>,
    conflicts: Conflicts<'a>,
    /// Left out unless there are more conflicts than are told.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    more: bool,
}

/// All conflicts, each made when it is written.
struct Conflicts<'a>(&'a Told);

impl Serialize for Conflicts<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq((0..self.0.hits.len()).map(|number| conflict(self.0, number, true)))
    }
}

/// A separation.
#[derive(Serialize)]
pub(in crate::verbs) struct Apart {
    horizontal_m: f64,
    vertical_m: f64,
    time_s: f64,
}

impl From<&Separation> for Apart {
    fn from(s: &Separation) -> Self {
        Self { horizontal_m: s.horizontal.as_f64(), vertical_m: s.vertical.as_f64(), time_s: seconds(s.time_us) }
    }
}

#[derive(Serialize)]
struct FileView<'a> {
    file: &'a str,
    format: &'static str,
    plans: usize,
    volumes: usize,
    warnings: &'a [Finding],
}

#[derive(Serialize)]
pub(super) struct Conflict<'a> {
    plans: [PlanView<'a>; 2],
    meetings: Vec<Meeting>,
    meetings_total: usize,
    sentences: [Sentence; 2],
}

#[derive(Serialize)]
pub(super) struct PlanView<'a> {
    file: &'a str,
    place: &'a str,
    name: &'a str,
    kind: Option<&'static str>,
}

#[derive(Serialize)]
struct Meeting {
    volumes: [u16; 2],
    distance_m: f64,
    at: At,
    time: String,
    vertical_gap_m: f64,
    band: Option<Band>,
    time_gap_s: f64,
    window: Option<Window>,
    overlap: Ground,
}

/// The ground on which two volumes are too close.
#[derive(Serialize)]
#[serde(untagged)]
enum Ground {
    Drawn {
        area_m2: f64,
        error_m: f64,
        #[serde(skip_serializing_if = "Option::is_none")]
        geometry: Option<Value>,
    },
    Undrawn {
        undrawn: &'static str,
    },
}

#[derive(Serialize)]
struct At {
    latitude: f64,
    longitude: f64,
}

#[derive(Serialize)]
struct Band {
    lower_m: f64,
    upper_m: f64,
    datum: &'static str,
}

#[derive(Serialize)]
struct Window {
    start: String,
    end: String,
}

#[derive(Serialize)]
struct Sentence {
    language: &'static str,
    text: String,
}

fn seconds(micros: i64) -> f64 {
    micros as f64 / 1e6
}

pub(super) fn report(told: &Told) -> Report<'_> {
    let files = told.files.iter().enumerate().map(|(i, file)| FileView {
        file: told.file_name(i),
        format: file.format.name(),
        plans: file.plans,
        volumes: file.volumes,
        warnings: &file.report.findings,
    });
    Report {
        law: told.law.name(),
        separation: (&told.separation).into(),
        files: files.collect(),
        conflicts: Conflicts(told),
        more: told.more,
    }
}

/// One conflict, with the polygons of its ground or without.
pub(super) fn conflict(told: &Told, number: usize, polygons: bool) -> Conflict<'_> {
    let hit = &told.hits[number];
    let sentences = LANGUAGES.map(|(language, tag)| Sentence { language: tag, text: told.sentence(hit, language) });
    Conflict {
        plans: told.filed(hit).map(|filed| plan(told, filed)),
        meetings: hit
            .meetings
            .iter()
            .zip(&told.grounds[number])
            .map(|(met, ground)| meeting(told, hit, met, drawn(ground, polygons)))
            .collect(),
        meetings_total: hit.count,
        sentences,
    }
}

/// What a plan is called.
pub(super) fn plan<'a>(told: &'a Told, filed: &'a Filed) -> PlanView<'a> {
    let Filed { file, plan } = filed;
    PlanView {
        file: told.file_name(*file),
        place: &plan.place,
        name: &plan.name,
        kind: plan.kind.map(detente_types::NoticeKind::name),
    }
}

fn drawn(ground: &ground::Ground, polygons: bool) -> Ground {
    match ground {
        Some(Ok(overlap)) => Ground::Drawn {
            area_m2: whole_m2(overlap),
            error_m: (overlap.error_m * 10.0).ceil() / 10.0,
            geometry: polygons.then(|| geometry(overlap)),
        },
        Some(Err(why)) => Ground::Undrawn { undrawn: undrawn(*why) },
        None => Ground::Undrawn { undrawn: "left out" },
    }
}

fn meeting(told: &Told, hit: &Hit, met: &VolumeMeeting, overlap: Ground) -> Meeting {
    let m = &met.meeting;
    Meeting {
        volumes: met.volumes,
        distance_m: m.distance.as_f64(),
        at: At { latitude: degrees(m.at.lat_e7()), longitude: degrees(m.at.lon_e7()) },
        time: told.closest_time(hit, met).to_string(),
        vertical_gap_m: m.vertical_gap.as_f64(),
        band: m.band.map(|b| Band { lower_m: b.lower().as_f64(), upper_m: b.upper().as_f64(), datum: b.datum().name() }),
        time_gap_s: seconds(m.time_gap_us),
        window: m.window.map(|w| Window { start: w.start().to_string(), end: w.end().to_string() }),
        overlap,
    }
}
