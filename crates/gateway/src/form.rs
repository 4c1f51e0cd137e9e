//! The JSON form of a notice: what people write in files, what the API takes and gives.
//!
//! Positions are decimal degrees, lengths metres, times RFC 3339 in UTC, and every name is spelled out. A form says
//! nothing about validity: it becomes a `NoticeIn`, and the meaning gate judges that.

use detente_types::notice::{DetailIn, NoticeKind, Precedence, Precision, Release, SafetyAsk};
use detente_types::text::TextIn;
use detente_types::unit::Metres;
use detente_types::volume::{Datum, PositionIn};
use detente_types::{NoticeId, NoticeIn, PassageIn, Timestamp, VolumeIn};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::place::{self, Places};
use crate::problem::{Problem, Problems};

/// A text in a named language.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TextForm {
    /// BCP 47 tag, e.g. `en`, `ru`.
    pub language: String,
    /// The words.
    pub text: String,
}

/// A volume: where, how high, when.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, try_from = "VolumeAsked")]
pub struct VolumeForm {
    /// `point`, `path` or `polygon`.
    pub shape: String,
    /// Positions as `[latitude, longitude]` in decimal degrees: one for a point, two or more for a path, the outline of a
    /// polygon (the last corner is joined to the first). A text in any notation is taken too; where it names a square, as MGRS
    /// and GARS do, the centre is taken and the radius grows by half the diagonal.
    #[schema(value_type = Vec<PositionForm>)]
    pub positions: Vec<[f64; 2]>,
    /// Holes of a polygon, each an outline.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(value_type = Vec<Vec<PositionForm>>, required = false)]
    pub holes: Vec<Vec<[f64; 2]>>,
    /// How far it reaches beyond its shape, metres; 0 when absent.
    #[schema(required = false)]
    pub radius_m: f64,
    /// Lower altitude, metres.
    pub lower_m: f64,
    /// Upper altitude, metres.
    pub upper_m: f64,
    /// What altitudes are measured from: `WGS84`, `AMSL`, `AGL` or `FL`.
    pub datum: String,
    /// First instant, RFC 3339; may be left out where `times` are given.
    #[serde(default)]
    pub start: String,
    /// Last instant, RFC 3339; may be left out where `times` are given.
    #[serde(default)]
    pub end: String,
    /// For something that moves along a path: when each position is passed, RFC 3339, each later than the one before.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub times: Vec<String>,
    /// How early or late it may be on its way, seconds.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub slack_s: f64,
    /// What the notation of its positions left open, and how that was settled: to be told to whoever sent it. Never written.
    #[serde(skip)]
    #[schema(ignore)]
    pub doubts: Vec<Problem>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_zero(seconds: &f64) -> bool {
    *seconds == 0.0
}

/// A position as it is asked for.
#[derive(Clone, Debug, PartialEq, Deserialize, ToSchema)]
#[serde(untagged, expecting = "[latitude, longitude] in decimal degrees, or a text in any notation")]
pub enum PositionForm {
    /// `[latitude, longitude]` in decimal degrees.
    Degrees([f64; 2]),
    /// In any notation.
    Text(String),
}

/// A volume whose positions may be texts.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct VolumeAsked {
    shape: String,
    positions: Vec<PositionForm>,
    #[serde(default)]
    holes: Vec<Vec<PositionForm>>,
    #[serde(default)]
    radius_m: f64,
    lower_m: f64,
    upper_m: f64,
    datum: String,
    #[serde(default)]
    start: String,
    #[serde(default)]
    end: String,
    #[serde(default)]
    times: Vec<String>,
    #[serde(default)]
    slack_s: f64,
}

impl TryFrom<VolumeAsked> for VolumeForm {
    type Error = String;

    fn try_from(asked: VolumeAsked) -> Result<Self, String> {
        let mut doubts = Vec::new();
        let outline = places("positions", asked.positions, &mut doubts)?;
        let holes = asked.holes.into_iter().enumerate().map(|(i, hole)| places(&format!("holes[{i}]"), hole, &mut doubts));
        let holes = holes.collect::<Result<Vec<Places>, String>>()?;
        let uncertainty = holes.iter().map(|hole| hole.uncertainty).fold(outline.uncertainty, Metres::max);
        Ok(Self {
            shape: asked.shape,
            positions: outline.positions,
            holes: holes.into_iter().map(|hole| hole.positions).collect(),
            radius_m: place::grown(asked.radius_m, uncertainty),
            lower_m: asked.lower_m,
            upper_m: asked.upper_m,
            datum: asked.datum,
            start: asked.start,
            end: asked.end,
            times: asked.times,
            slack_s: asked.slack_s,
            doubts,
        })
    }
}

/// All positions of a list, or what is wrong with the first that is none; what they leave open is told as doubts.
fn places(at: &str, list: Vec<PositionForm>, doubts: &mut Vec<Problem>) -> Result<Places, String> {
    let mut places = Places::default();
    for (i, position) in list.into_iter().enumerate() {
        match position {
            PositionForm::Degrees(degrees) => places.positions.push(degrees),
            PositionForm::Text(text) => {
                let at = format!("{at}[{i}]");
                places.add(&at, &text, doubts).map_err(|error| format!("{at}: {text:?} is no position: {error}"))?;
            }
        }
    }
    Ok(places)
}

/// The fields that only some kinds have.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
#[expect(missing_docs, reason = "each is described where it is defined, in types::notice::DetailIn")]
pub struct DetailForm {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub activity: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub frequency: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub measure: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub function: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub operator: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub position_source: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub markings: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub vehicles: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub people: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cargo: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub armed_escort: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub designation: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub troops: Option<u32>,
    /// What a safety notice asks: `stop`, `keep clear` or `confirm`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ask: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub endangered: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub since: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub list_number: Option<String>,
}

/// A notice.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct NoticeForm {
    /// `operation`, `airspace`, `site`, `movement`, `exercise`, `hazard`, `safety` or `text`.
    pub kind: String,
    /// Identity across versions, 32 hex digits; drawn when absent. The same again makes the next version.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Version; given by the node, ignored on input.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<u32>,
    /// `SAFETY`, `FLASH`, `IMMEDIATE`, `PRIORITY` or `ROUTINE`; SAFETY for a safety notice, else ROUTINE when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub precedence: Option<String>,
    /// From when it counts, RFC 3339; the earliest start of its volumes when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub valid_from: Option<String>,
    /// Until when it counts, RFC 3339; the latest end of its volumes when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub valid_until: Option<String>,
    /// Where, how high, when.
    pub volumes: Vec<VolumeForm>,
    /// How exactly it is disclosed; given by the node, ignored on input.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub precision: Option<String>,
    /// One line that says what it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Free text in its author's language.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<TextForm>,
    /// A translation of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub translation: Option<TextForm>,
    /// Call sign or name of what moves.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub call_sign: Option<String>,
    /// How to reach someone now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub contact: Option<String>,
    /// The agreement and article that it rests on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub basis: Option<String>,
    /// The kind's own fields.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<DetailForm>,
    /// The desk that says it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub desk: Option<String>,
    /// The officer who says it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub officer: Option<String>,
    /// What is let out: `exact` (when absent), `1 km`, `10 km`, `blind only` or `hold`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub release: Option<String>,
    /// Fields that are let out although the precision would withhold them: `title`, `text`, `translation`, `call_sign`,
    /// `contact`, `detail`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub reveal: Vec<String>,
}

/// A notice to be stated, with what is let out of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Draft {
    /// The exact form.
    pub notice: NoticeIn,
    /// What is let out.
    pub release: Release,
    /// Slots let out although the precision would withhold them.
    pub reveal: Vec<u8>,
}

/// What could be read of a form. Where something could not, a stand-in stands, so that the rest can be judged too.
pub(crate) struct Partial {
    pub(crate) draft: Draft,
    pub(crate) problems: Problems,
    /// The numbers, in the form, of the volumes that the draft has.
    pub(crate) kept: Vec<usize>,
}

/// Fields that can be revealed, with their slots.
const REVEALS: [(&str, u8); 6] =
    [("title", 9), ("text", 10), ("translation", 11), ("call_sign", 12), ("contact", 13), ("detail", 15)];

impl NoticeForm {
    /// The notice that the form describes; `id` is used when the form has none. All problems are reported at once.
    ///
    /// # Errors
    /// One problem per field that cannot be read.
    pub fn to_draft(&self, id: NoticeId) -> Result<Draft, Problems> {
        let partial = self.read(id);
        if partial.problems.is_empty() { Ok(partial.draft) } else { Err(partial.problems) }
    }

    /// As much of the notice as can be read, and what cannot.
    pub(crate) fn read(&self, id: NoticeId) -> Partial {
        let mut p = Problems::default();
        let kind = p.named("kind", &self.kind, NoticeKind::from_name, NoticeKind::names).unwrap_or(NoticeKind::Question);
        let precedence = match &self.precedence {
            Some(name) => p.named("precedence", name, Precedence::from_name, Precedence::names),
            None => Some(if kind == NoticeKind::Safety { Precedence::Safety } else { Precedence::Routine }),
        };
        let release = match &self.release {
            Some(name) => p.named("release", name, Release::from_name, Release::names),
            None => Some(Release::Exact),
        };
        let given = self.id.as_ref().and_then(|hex| p.take("id", hex, NoticeId::parse(hex), "32 hex digits"));
        let (volumes, kept) = self.volumes_in(&mut p);
        let (from, until) = self.validity(&volumes, &mut p);
        let reveal = self.reveal.iter().filter_map(|name| p.take("reveal", name, slot_of(name), &reveal_names())).collect();
        let detail = self.detail.as_ref().map(|d| d.to_detail(&mut p));
        let notice = NoticeIn {
            kind: kind.code(),
            id: given.unwrap_or(id),
            version: 1,
            replaces: None,
            precedence: precedence.unwrap_or(Precedence::Routine).code(),
            valid_from_us: from,
            valid_until_us: until,
            volumes,
            precision: Precision::Exact.code(),
            title: self.title.clone(),
            text: self.text.as_ref().map(TextForm::to_text),
            translation: self.translation.as_ref().map(TextForm::to_text),
            call_sign: self.call_sign.clone(),
            contact: self.contact.clone(),
            basis: self.basis.clone(),
            detail,
            desk: self.desk.clone(),
            officer: self.officer.clone(),
        };
        Partial { draft: Draft { notice, release: release.unwrap_or(Release::Hold), reveal }, problems: p, kept }
    }

    /// The volumes that can be read, and their numbers in the form.
    fn volumes_in(&self, p: &mut Problems) -> (Vec<VolumeIn>, Vec<usize>) {
        let read = |(i, volume): (usize, &VolumeForm)| {
            let mut inner = Problems::default();
            let volume = volume.to_volume(&mut inner);
            p.extend_inside(&format!("volumes[{i}]"), inner);
            Some((volume?, i))
        };
        self.volumes.iter().enumerate().filter_map(read).unzip()
    }

    fn validity(&self, volumes: &[VolumeIn], p: &mut Problems) -> (i64, i64) {
        let given = |field: &str, text: &Option<String>, p: &mut Problems| text.as_ref().and_then(|t| p.time(field, t));
        let from = given("valid_from", &self.valid_from, p).or(volumes.iter().map(|v| v.start_us).min());
        let until = given("valid_until", &self.valid_until, p).or(volumes.iter().map(|v| v.end_us).max());
        if from.is_none() && self.valid_from.is_none() && self.volumes.is_empty() {
            p.push(Problem::missing("valid_from", "an RFC 3339 time, since there is no volume to take it from"));
        }
        if until.is_none() && self.valid_until.is_none() && self.volumes.is_empty() {
            p.push(Problem::missing("valid_until", "an RFC 3339 time, since there is no volume to take it from"));
        }
        (from.unwrap_or_default(), until.unwrap_or_default())
    }
}

impl From<&NoticeIn> for NoticeForm {
    fn from(n: &NoticeIn) -> Self {
        Self {
            kind: NoticeKind::from_code(n.kind).map_or_else(|| n.kind.to_string(), |k| k.name().to_owned()),
            id: Some(n.id.to_string()),
            version: Some(n.version),
            precedence: Precedence::from_code(n.precedence).map(|v| v.name().to_owned()),
            valid_from: Some(Timestamp::from_micros(n.valid_from_us).to_string()),
            valid_until: Some(Timestamp::from_micros(n.valid_until_us).to_string()),
            volumes: n.volumes.iter().map(VolumeForm::from).collect(),
            precision: Precision::from_code(n.precision).map(|v| v.name().to_owned()),
            title: n.title.clone(),
            text: n.text.as_ref().map(TextForm::from),
            translation: n.translation.as_ref().map(TextForm::from),
            call_sign: n.call_sign.clone(),
            contact: n.contact.clone(),
            basis: n.basis.clone(),
            detail: n.detail.as_ref().map(DetailForm::from),
            desk: n.desk.clone(),
            officer: n.officer.clone(),
            release: None,
            reveal: Vec::new(),
        }
    }
}

impl TextForm {
    fn to_text(&self) -> TextIn {
        TextIn { language: self.language.clone(), text: self.text.clone() }
    }
}

impl From<&TextIn> for TextForm {
    fn from(t: &TextIn) -> Self {
        Self { language: t.language.clone(), text: t.text.clone() }
    }
}

impl VolumeForm {
    /// The volume that the form describes.
    pub fn to_volume(&self, p: &mut Problems) -> Option<VolumeIn> {
        let shape = match self.shape.as_str() {
            "point" => Some(1),
            "path" => Some(2),
            "polygon" => Some(3),
            _ => None,
        };
        let shape = p.take("shape", &self.shape, shape, "point, path or polygon");
        self.check_parts(shape, p);
        let mut rings = vec![p.positions("positions", &self.positions)];
        rings.extend(self.holes.iter().enumerate().map(|(i, hole)| p.positions(&format!("holes[{i}]"), hole)));
        let datum = p.named("datum", &self.datum, Datum::from_name, || "WGS84, AMSL, AGL, FL".into());
        let [radius_cm, lower_cm, upper_cm] = [("radius_m", self.radius_m), ("lower_m", self.lower_m), ("upper_m", self.upper_m)]
            .map(|(field, m)| p.metres(field, m));
        let passage = self.to_passage(p);
        let [start, end] = self.ends(passage.as_ref(), p);
        Some(VolumeIn {
            shape: shape?,
            rings,
            radius_cm: radius_cm?,
            lower_cm: lower_cm?,
            upper_cm: upper_cm?,
            datum: datum?.code(),
            start_us: start?,
            end_us: end?,
            passage,
        })
    }

    /// When it passes its positions; `None` when it does not move, or a time cannot be read.
    pub(crate) fn to_passage(&self, p: &mut Problems) -> Option<PassageIn> {
        let times = self.times.iter().enumerate().map(|(i, text)| p.time(&format!("times[{i}]"), text)).collect::<Vec<_>>();
        let slack_us = p.seconds("slack_s", self.slack_s)?;
        let times_us = times.into_iter().collect::<Option<Vec<_>>>()?;
        (!times_us.is_empty()).then_some(PassageIn { times_us, slack_us })
    }

    /// Start and end as they are written, or as the times say where nothing is written.
    pub(crate) fn ends(&self, passage: Option<&PassageIn>, p: &mut Problems) -> [Option<i64>; 2] {
        let said = passage.and_then(|p| Some((p.slack_us, *p.times_us.first()?, *p.times_us.last()?)));
        match said {
            Some((slack, first, last)) if self.start.is_empty() && self.end.is_empty() => {
                [Some(first.saturating_sub(slack)), Some(last.saturating_add(slack))]
            }
            _ => [p.time("start", &self.start), p.time("end", &self.end)],
        }
    }
}

impl VolumeForm {
    /// A point is one position, and only polygons have holes.
    fn check_parts(&self, shape: Option<u8>, p: &mut Problems) {
        if shape == Some(1) && self.positions.len() != 1 {
            p.push(Problem::new("positions", &format!("{} positions", self.positions.len()), "one position for a point"));
        }
        if matches!(shape, Some(1 | 2)) && !self.holes.is_empty() {
            p.push(Problem::new("holes", &format!("{} holes", self.holes.len()), "none in a point or a path"));
        }
    }
}

impl From<&VolumeIn> for VolumeForm {
    fn from(v: &VolumeIn) -> Self {
        let ring = |r: &Vec<PositionIn>| r.iter().map(|p| [degrees(p.lat_e7), degrees(p.lon_e7)]).collect::<Vec<_>>();
        let metres = |cm: i64| cm as f64 / 100.0;
        let passage = v.passage.as_ref();
        Self {
            shape: match v.shape {
                1 => "point",
                2 => "path",
                _ => "polygon",
            }
            .to_owned(),
            positions: v.rings.first().map(ring).unwrap_or_default(),
            holes: v.rings.iter().skip(1).map(ring).collect(),
            radius_m: metres(v.radius_cm),
            lower_m: metres(v.lower_cm),
            upper_m: metres(v.upper_cm),
            datum: Datum::from_code(v.datum).map_or_else(String::new, |d| d.name().to_owned()),
            start: Timestamp::from_micros(v.start_us).to_string(),
            end: Timestamp::from_micros(v.end_us).to_string(),
            times: passage
                .map(|p| p.times_us.iter().map(|&us| Timestamp::from_micros(us).to_string()).collect())
                .unwrap_or_default(),
            slack_s: passage.map_or(0.0, |p| p.slack_us as f64 / 1e6),
            doubts: Vec::new(),
        }
    }
}

impl DetailForm {
    fn to_detail(&self, p: &mut Problems) -> DetailIn {
        let ask = self.ask.as_ref().and_then(|name| p.named("detail.ask", name, SafetyAsk::from_name, SafetyAsk::names));
        DetailIn {
            activity: self.activity.clone(),
            frequency: self.frequency.clone(),
            measure: self.measure.clone(),
            function: self.function.clone(),
            operator: self.operator.clone(),
            position_source: self.position_source.clone(),
            markings: self.markings.clone(),
            vehicles: self.vehicles,
            people: self.people,
            cargo: self.cargo.clone(),
            armed_escort: self.armed_escort,
            designation: self.designation.clone(),
            troops: self.troops,
            ask: ask.map(SafetyAsk::code),
            endangered: self.endangered.clone(),
            since_us: self.since.as_ref().and_then(|t| p.time("detail.since", t)),
            list_number: self.list_number.clone(),
        }
    }
}

impl From<&DetailIn> for DetailForm {
    fn from(d: &DetailIn) -> Self {
        Self {
            activity: d.activity.clone(),
            frequency: d.frequency.clone(),
            measure: d.measure.clone(),
            function: d.function.clone(),
            operator: d.operator.clone(),
            position_source: d.position_source.clone(),
            markings: d.markings.clone(),
            vehicles: d.vehicles,
            people: d.people,
            cargo: d.cargo.clone(),
            armed_escort: d.armed_escort,
            designation: d.designation.clone(),
            troops: d.troops,
            ask: d.ask.and_then(SafetyAsk::from_code).map(|a| a.name().to_owned()),
            endangered: d.endangered.clone(),
            since: d.since_us.map(|us| Timestamp::from_micros(us).to_string()),
            list_number: d.list_number.clone(),
        }
    }
}

fn degrees(e7: i64) -> f64 {
    e7 as f64 / 1e7
}

fn slot_of(name: &str) -> Option<u8> {
    REVEALS.iter().find(|(field, _)| *field == name).map(|(_, slot)| *slot)
}

fn reveal_names() -> String {
    REVEALS.map(|(name, _)| name).join(", ")
}
