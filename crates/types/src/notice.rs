//! Notices: what a party wants known.

use core::fmt;
use std::sync::Arc;

use minicbor::{Decode, Encode};

use crate::id::{EntryHash, NoticeId};
use crate::rule::{Rule, Violation};
use crate::text::{TextIn, check_line, check_text};
use crate::time::{Timestamp, Window};
use crate::volume::{Volume, VolumeIn};

/// Most volumes of one notice: a day's orbit in legs, or a site list's compound.
pub const VOLUMES_MAX: usize = 64;
/// Most vertices of one notice over all its volumes, so that a body fits its largest size class.
pub const NOTICE_VERTICES_MAX: usize = 2_000;

/// A closed set with a code on the wire and a name in files.
macro_rules! coded {
    ($(#[$doc:meta])* $name:ident: $code:ty { $($(#[$vdoc:meta])* $variant:ident = $number:literal, $text:literal;)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name { $($(#[$vdoc])* $variant = $number,)* }

        impl $name {
            /// All of them, in the order of their codes.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The code on the wire.
            pub const fn code(self) -> $code {
                self as $code
            }

            /// The name in files, commands and on screens.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $text,)* }
            }

            /// By code.
            pub fn from_code(code: $code) -> Option<Self> {
                Self::ALL.iter().copied().find(|v| v.code() == code)
            }

            /// By name, in any case.
            pub fn from_name(name: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|v| v.name().eq_ignore_ascii_case(name.trim()))
            }

            /// All names, for a message that says what was expected.
            pub fn names() -> String {
                Self::ALL.iter().map(|v| v.name()).collect::<Vec<_>>().join(", ")
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.name())
            }
        }
    };
}
pub(crate) use coded;

coded! {
    /// How fast a notice must reach the officer. The clocks are in the terms.
    Precedence: u8 {
        /// Someone is in danger now.
        Safety = 0, "SAFETY";
        /// Minutes matter.
        Flash = 1, "FLASH";
        /// Within the half hour.
        Immediate = 2, "IMMEDIATE";
        /// Within the watch.
        Priority = 3, "PRIORITY";
        /// Within the day.
        Routine = 4, "ROUTINE";
    }
}

coded! {
    /// How exactly a statement discloses where, how high and when (PROTOCOL C7).
    Precision: u8 {
        /// As planned.
        Exact = 0, "exact";
        /// Widened to the 1 km grid.
        Km1 = 1, "1 km";
        /// Widened to the 10 km grid.
        Km10 = 2, "10 km";
    }
}

coded! {
    /// What its author lets out of a notice. The last two stay in the book.
    Release: u8 {
        /// Stated as planned.
        Exact = 0, "exact";
        /// Stated on the 1 km grid.
        Km1 = 1, "1 km";
        /// Stated on the 10 km grid.
        Km10 = 2, "10 km";
        /// Never stated; blind matching may use it.
        BlindOnly = 3, "blind only";
        /// Never stated, never matched.
        Hold = 4, "hold";
    }
}

impl From<Precision> for Release {
    fn from(precision: Precision) -> Self {
        match precision {
            Precision::Exact => Self::Exact,
            Precision::Km1 => Self::Km1,
            Precision::Km10 => Self::Km10,
        }
    }
}

impl Release {
    /// The precision that is stated, or `None` when nothing is.
    pub const fn precision(self) -> Option<Precision> {
        match self {
            Self::Exact => Some(Precision::Exact),
            Self::Km1 => Some(Precision::Km1),
            Self::Km10 => Some(Precision::Km10),
            Self::BlindOnly | Self::Hold => None,
        }
    }
}

coded! {
    /// The kinds of notice. Codes are those of the statement kinds.
    NoticeKind: u16 {
        /// A planned flight or an area of activity.
        Operation = 1, "operation";
        /// A corridor, a restricted zone or another airspace measure.
        Airspace = 2, "airspace";
        /// A place that stays: a hospital, a warehouse.
        Site = 3, "site";
        /// A convoy or another move along a route.
        Movement = 4, "movement";
        /// An exercise.
        Exercise = 5, "exercise";
        /// A danger to others for a time; its nature need not be named.
        Hazard = 6, "hazard";
        /// A launch.
        Launch = 7, "launch";
        /// A concentration of forces.
        Force = 8, "force";
        /// A withdrawal.
        Withdrawal = 9, "withdrawal";
        /// A question about unusual activity.
        Question = 10, "question";
        /// An incident.
        Incident = 11, "incident";
        /// Someone is in danger.
        Safety = 12, "safety";
        /// A call is asked for.
        Call = 13, "call";
        /// Free text.
        Text = 14, "text";
    }
}

coded! {
    /// What a safety notice asks for (PRACTICE section 2).
    SafetyAsk: u8 {
        /// Stop what you do.
        Stop = 1, "stop";
        /// Stay away from the place.
        KeepClear = 2, "keep clear";
        /// Say that this is understood.
        Confirm = 3, "confirm";
    }
}

/// The fields that only some kinds have, as they arrive. Each is bounded like every text and number.
#[derive(Clone, Debug, Default, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct DetailIn {
    /// Whatever moves or takes room, sites excepted: kind of activity, never its purpose.
    #[n(0)]
    pub activity: Option<String>,
    /// The same: contact frequency.
    #[n(1)]
    pub frequency: Option<String>,
    /// Airspace: kind of measure (corridor, restricted zone, reference point).
    #[n(2)]
    pub measure: Option<String>,
    /// Site: function (hospital, water works).
    #[n(3)]
    pub function: Option<String>,
    /// Operation, airspace, site, movement: who runs it.
    #[n(4)]
    pub operator: Option<String>,
    /// Site: how the position was taken.
    #[n(5)]
    pub position_source: Option<String>,
    /// Operation, site, movement: what marks it.
    #[n(6)]
    pub markings: Option<String>,
    /// Movement: number of vehicles.
    #[n(7)]
    pub vehicles: Option<u32>,
    /// Site, movement, incident, safety: number of people.
    #[n(8)]
    pub people: Option<u32>,
    /// Movement: cargo class.
    #[n(9)]
    pub cargo: Option<String>,
    /// Movement: whether an armed escort goes with it.
    #[n(10)]
    pub armed_escort: Option<bool>,
    /// Exercise, force, withdrawal: designation.
    #[n(11)]
    pub designation: Option<String>,
    /// Exercise, force, withdrawal: number of troops.
    #[n(12)]
    pub troops: Option<u32>,
    /// Safety: what is asked, by code of [`SafetyAsk`].
    #[n(13)]
    pub ask: Option<u8>,
    /// Safety: who or what is in danger.
    #[n(14)]
    pub endangered: Option<String>,
    /// Safety: since when, microseconds UTC.
    #[n(15)]
    pub since_us: Option<i64>,
    /// Safety: number in the author's own list.
    #[n(16)]
    pub list_number: Option<String>,
}

/// A notice as it arrives: from a form, a file, or a peer's statement.
///
/// The numbers are the slots of the body (PROTOCOL E2); slot 0 is the kind.
#[derive(Clone, Debug, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct NoticeIn {
    /// Kind, by code of [`NoticeKind`].
    #[n(0)]
    pub kind: u16,
    /// Identity across versions.
    #[n(1)]
    pub id: NoticeId,
    /// Version, counted from 1.
    #[n(2)]
    pub version: u32,
    /// The statement that this version replaces; absent for version 1.
    #[n(3)]
    pub replaces: Option<EntryHash>,
    /// Precedence, by code.
    #[n(4)]
    pub precedence: u8,
    /// From when it counts, microseconds UTC.
    #[n(5)]
    pub valid_from_us: i64,
    /// Until when it counts, microseconds UTC.
    #[n(6)]
    pub valid_until_us: i64,
    /// Where, how high, when.
    #[n(7)]
    pub volumes: Vec<VolumeIn>,
    /// How exactly they are disclosed, by code of [`Precision`].
    #[n(8)]
    pub precision: u8,
    /// One line that says what it is.
    #[n(9)]
    pub title: Option<String>,
    /// Free text in its author's language: the authoritative one.
    #[n(10)]
    pub text: Option<TextIn>,
    /// A translation of it.
    #[n(11)]
    pub translation: Option<TextIn>,
    /// Call sign or name of what moves.
    #[n(12)]
    pub call_sign: Option<String>,
    /// How to reach someone now.
    #[n(13)]
    pub contact: Option<String>,
    /// The agreement and article that it rests on.
    #[n(14)]
    pub basis: Option<String>,
    /// The kind's own fields.
    #[n(15)]
    pub detail: Option<DetailIn>,
    /// The desk that says it: its party's claim (PROTOCOL P3).
    #[n(28)]
    pub desk: Option<String>,
    /// The officer who says it: its party's claim (PROTOCOL P3).
    #[n(29)]
    pub officer: Option<String>,
}

/// A notice whose fields obey every rule that can be checked on it alone.
///
/// What depends on the terms or on other statements is checked by the meaning gate in `wire`. It never changes, so its
/// clones share one place in memory: a live notice stands in several tables of a node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice(Arc<Checked>);

#[derive(Debug, PartialEq, Eq)]
struct Checked {
    input: NoticeIn,
    kind: NoticeKind,
    precedence: Precedence,
    precision: Precision,
    validity: Window,
    volumes: Vec<Volume>,
}

impl Notice {
    /// Checks every field; all violations are reported at once.
    ///
    /// # Errors
    /// One violation per broken rule and field.
    pub fn try_new(input: NoticeIn) -> Result<Self, Vec<Violation>> {
        let mut faults = Vec::new();
        let kind = known(&mut faults, Rule::KindKnown, "kind", NoticeKind::from_code(input.kind), input.kind, NoticeKind::names);
        let precedence = known(
            &mut faults,
            Rule::PrecedenceKnown,
            "precedence",
            Precedence::from_code(input.precedence),
            input.precedence,
            Precedence::names,
        );
        let precision = known(
            &mut faults,
            Rule::PrecisionKnown,
            "precision",
            Precision::from_code(input.precision),
            input.precision,
            Precision::names,
        );
        let validity = keep(&mut faults, window_of(&input));
        let volumes = check_volumes(&input, validity, &mut faults);
        check_texts(&input, &mut faults);
        check_version(&input, &mut faults);
        if let (Some(kind), Some(precedence)) = (kind, precedence) {
            check_kind(kind, precedence, &input, &mut faults);
        }
        match (kind, precedence, precision, validity) {
            (Some(kind), Some(precedence), Some(precision), Some(validity)) if faults.is_empty() => {
                Ok(Self(Arc::new(Checked { input, kind, precedence, precision, validity, volumes })))
            }
            _ => Err(faults),
        }
    }

    /// The form that is encoded.
    pub fn input(&self) -> &NoticeIn {
        &self.0.input
    }

    /// Identity across versions.
    pub fn id(&self) -> NoticeId {
        self.0.input.id
    }

    /// Version, counted from 1.
    pub fn version(&self) -> u32 {
        self.0.input.version
    }

    /// Kind.
    pub fn kind(&self) -> NoticeKind {
        self.0.kind
    }

    /// Precedence.
    pub fn precedence(&self) -> Precedence {
        self.0.precedence
    }

    /// How exactly the volumes are disclosed.
    pub fn precision(&self) -> Precision {
        self.0.precision
    }

    /// When it counts.
    pub fn validity(&self) -> Window {
        self.0.validity
    }

    /// Where, how high, when.
    pub fn volumes(&self) -> &[Volume] {
        &self.0.volumes
    }

    /// What a safety notice asks for.
    pub fn ask(&self) -> Option<SafetyAsk> {
        let detail = self.0.input.detail.as_ref()?;
        SafetyAsk::from_code(detail.ask?)
    }
}

/// Keeps a good value, or files the violation.
fn keep<T>(faults: &mut Vec<Violation>, value: Result<T, Violation>) -> Option<T> {
    value.map_err(|v| faults.push(v)).ok()
}

fn known<T>(
    faults: &mut Vec<Violation>,
    rule: Rule,
    field: &str,
    value: Option<T>,
    code: impl fmt::Display,
    names: fn() -> String,
) -> Option<T> {
    let missing = || Violation::new(rule, field, code.to_string()).expected(format!("the code of one of {}", names()));
    keep(faults, value.ok_or_else(missing))
}

fn window_of(input: &NoticeIn) -> Result<Window, Violation> {
    let (from, until) = (input.valid_from_us, input.valid_until_us);
    Window::try_new(Timestamp::from_micros(from), Timestamp::from_micros(until))
        .map_err(|v| Violation { at: v.at.replacen("window", "validity", 1), ..v })
}

fn check_volumes(input: &NoticeIn, validity: Option<Window>, faults: &mut Vec<Violation>) -> Vec<Volume> {
    let vertices: usize = input.volumes.iter().flat_map(|v| &v.rings).map(Vec::len).sum();
    if input.volumes.len() > VOLUMES_MAX || vertices > NOTICE_VERTICES_MAX {
        let found = format!("{} volumes, {vertices} vertices", input.volumes.len());
        faults.push(
            Violation::new(Rule::VolumeCount, "volumes", found)
                .expected(format!("at most {VOLUMES_MAX} volumes with {NOTICE_VERTICES_MAX} vertices in all")),
        );
        return Vec::new();
    }
    let mut volumes = Vec::with_capacity(input.volumes.len());
    for (i, volume) in input.volumes.iter().enumerate() {
        let place = format!("volumes[{i}]");
        let Some(volume) = keep(faults, Volume::try_from(volume).map_err(|v| v.inside(&place))) else {
            continue;
        };
        if validity.is_some_and(|w| !w.covers(&volume.window)) {
            faults.push(
                Violation::new(Rule::VolumeInValidity, format!("{place}.window"), volume.window.to_string())
                    .expected("a window inside the notice's validity".into()),
            );
        }
        volumes.push(volume);
    }
    volumes
}

fn check_texts(input: &NoticeIn, faults: &mut Vec<Violation>) {
    let detail = input.detail.clone().unwrap_or_default();
    let lines: [(&str, &Option<String>); 17] = [
        ("title", &input.title),
        ("call_sign", &input.call_sign),
        ("contact", &input.contact),
        ("basis", &input.basis),
        ("desk", &input.desk),
        ("officer", &input.officer),
        ("detail.activity", &detail.activity),
        ("detail.frequency", &detail.frequency),
        ("detail.measure", &detail.measure),
        ("detail.function", &detail.function),
        ("detail.operator", &detail.operator),
        ("detail.position_source", &detail.position_source),
        ("detail.markings", &detail.markings),
        ("detail.cargo", &detail.cargo),
        ("detail.designation", &detail.designation),
        ("detail.endangered", &detail.endangered),
        ("detail.list_number", &detail.list_number),
    ];
    for (field, line) in lines {
        if let Some(line) = line {
            keep(faults, check_line(field, line));
        }
    }
    if let Some(since) = detail.since_us {
        keep(faults, Timestamp::from_micros(since).checked("detail.since_us"));
    }
    for (field, text) in [("text", &input.text), ("translation", &input.translation)] {
        if let Some(text) = text {
            keep(faults, check_text(field, text));
        }
    }
}

fn check_version(input: &NoticeIn, faults: &mut Vec<Violation>) {
    let first = input.version == 1;
    if input.version == 0 || first == input.replaces.is_some() {
        let found = format!("version {}, replaces {:?}", input.version, input.replaces);
        faults.push(
            Violation::new(Rule::VersionFollows, "version", found)
                .expected("version 1 that replaces nothing, or a later one that names what it replaces".into()),
        );
    }
}

fn check_kind(kind: NoticeKind, precedence: Precedence, input: &NoticeIn, faults: &mut Vec<Violation>) {
    if (kind == NoticeKind::Safety) != (precedence == Precedence::Safety) {
        faults.push(
            Violation::new(Rule::SafetyPrecedence, "precedence", precedence.name())
                .expected("SAFETY for a safety notice, one of the others for any other".into()),
        );
    }
    let detail = input.detail.as_ref();
    let area = !input.volumes.is_empty();
    let missing = match kind {
        NoticeKind::Operation
        | NoticeKind::Airspace
        | NoticeKind::Exercise
        | NoticeKind::Hazard
        | NoticeKind::Site
        | NoticeKind::Movement
        | NoticeKind::Launch
        | NoticeKind::Force
        | NoticeKind::Withdrawal => (!area).then_some("volumes"),
        NoticeKind::Safety => safety_lacks(detail),
        NoticeKind::Text => input.text.is_none().then_some("text"),
        NoticeKind::Question | NoticeKind::Incident | NoticeKind::Call => None,
    };
    if let Some(field) = missing {
        faults
            .push(Violation::new(Rule::KindRequires, field, "nothing").expected(format!("{field}, for a notice of kind {kind}")));
    }
    let stray = detail.and_then(|d| stray_detail(kind, d));
    if let Some(field) = stray {
        faults.push(
            Violation::new(Rule::KindMatchesDetail, format!("detail.{field}"), "a value")
                .expected(format!("no such field in a notice of kind {kind}")),
        );
    }
}

/// What a safety notice lacks: who is in danger and what is asked.
fn safety_lacks(detail: Option<&DetailIn>) -> Option<&'static str> {
    let Some(detail) = detail else {
        return Some("detail.endangered");
    };
    match (&detail.endangered, detail.ask.and_then(SafetyAsk::from_code)) {
        (None, _) => Some("detail.endangered"),
        (_, None) => Some("detail.ask"),
        _ => None,
    }
}

/// The first field that this kind has no use for: a sign that a form was mixed up.
fn stray_detail(kind: NoticeKind, d: &DetailIn) -> Option<&'static str> {
    use NoticeKind as K;
    const ACTIVE: &[NoticeKind] =
        &[K::Operation, K::Airspace, K::Movement, K::Exercise, K::Hazard, K::Launch, K::Force, K::Withdrawal];
    const RUN: &[NoticeKind] = &[K::Operation, K::Airspace, K::Site, K::Movement];
    const MARKED: &[NoticeKind] = &[K::Operation, K::Site, K::Movement];
    const TROOPS: &[NoticeKind] = &[K::Exercise, K::Force, K::Withdrawal];
    const PEOPLE: &[NoticeKind] = &[K::Site, K::Movement, K::Incident, K::Safety];
    let checks: [(&str, bool, &[NoticeKind]); 17] = [
        ("activity", d.activity.is_some(), ACTIVE),
        ("frequency", d.frequency.is_some(), ACTIVE),
        ("measure", d.measure.is_some(), &[K::Airspace]),
        ("function", d.function.is_some(), &[K::Site]),
        ("operator", d.operator.is_some(), RUN),
        ("position_source", d.position_source.is_some(), &[K::Site]),
        ("markings", d.markings.is_some(), MARKED),
        ("vehicles", d.vehicles.is_some(), &[K::Movement]),
        ("people", d.people.is_some(), PEOPLE),
        ("cargo", d.cargo.is_some(), &[K::Movement]),
        ("armed_escort", d.armed_escort.is_some(), &[K::Movement]),
        ("designation", d.designation.is_some(), TROOPS),
        ("troops", d.troops.is_some(), TROOPS),
        ("ask", d.ask.is_some(), &[K::Safety]),
        ("endangered", d.endangered.is_some(), &[K::Safety]),
        ("since_us", d.since_us.is_some(), &[K::Safety]),
        ("list_number", d.list_number.is_some(), &[K::Safety]),
    ];
    checks.into_iter().find(|(_, present, kinds)| *present && !kinds.contains(&kind)).map(|(field, ..)| field)
}
