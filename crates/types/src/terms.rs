//! Terms: the signed, machine-readable memorandum that governs a line (PROTOCOL section 8).
//!
//! One struct serves the file that people edit (TOML) and the bytes that both sign (CBOR), so that nothing is lost
//! between the two. Every section is there from version 1 on; unknown keys are refused; numbers carry their unit in
//! the name.

use minicbor::{Decode, Encode};
use serde::{Deserialize, Serialize};

use crate::area::Area;
use crate::height::Heights;
use crate::notice::Precision;
use crate::rule::{Rule, Violation};
use crate::text::{check_language, check_line};
use crate::unit::Metres;
use crate::volume::{Datum, Position};

/// Defines a section of the terms: one struct with both codecs and strict keys.
macro_rules! section {
    ($(#[$doc:meta])* $name:ident { $($(#[$fdoc:meta])* $n:literal $field:ident: $ty:ty,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Encode, Decode, Serialize, Deserialize)]
        #[serde(deny_unknown_fields)]
        #[cbor(map)]
        pub struct $name { $($(#[$fdoc])* #[n($n)] pub $field: $ty,)* }
    };
}

section! {
    /// The whole terms, as they arrive.
    TermsIn {
        /// Version, counted from 1.
        0 version: u32,
        /// Where the line counts.
        1 area: AreaIn,
        /// The law that finds joint conflicts, by name (`conflict/1`, `conflict/2`).
        2 law: String,
        /// How far apart plans must stay.
        3 separation: SeparationIn,
        /// Altitudes.
        4 altitude: AltitudeIn,
        /// How long before its start a notice should be stated, by precedence.
        5 lead_time: LeadTimeIn,
        /// How fast receipts are due, by precedence.
        6 clocks: ClocksIn,
        /// The desks of both parties.
        7 desk: Vec<DeskIn>,
        /// What may be shown to whom.
        8 disclosure: DisclosureIn,
        /// Places that sentences name.
        9 place: Vec<PlaceIn>,
        /// Thresholds of confidence measures.
        10 threshold: Vec<ThresholdIn>,
        /// Line checks.
        11 line_check: LineCheckIn,
        /// How much one side may send.
        12 quota: QuotaIn,
        /// Blind matching.
        13 blind: BlindIn,
        /// Neutral witnesses.
        14 witness: Vec<WitnessIn>,
        /// Languages of the two parties, BCP 47, in the order of the party IDs.
        15 languages: Vec<String>,
        /// How long bodies are kept.
        16 retention: RetentionIn,
        /// Public key of the auditor of blind runs, hex; empty when there is none.
        17 auditor_key: String,
        /// Signature suites, in order of preference.
        18 suites: Vec<String>,
        /// How suggested shifts are weighed, and how far they go; without it as [`ResolutionIn::DEFAULT`] says.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        19 resolution: Option<ResolutionIn>,
        /// How blind runs go; without it as [`MatchingIn::usual`] says.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        20 matching: Option<MatchingIn>,
    }
}

section! {
    /// An area on the earth; empty for everywhere.
    AreaIn {
        /// Its name.
        0 name: String,
        /// Corners, `[latitude, longitude]` in 1e-7 degree; empty for everywhere.
        1 corners_e7: Vec<[i64; 2]>,
    }
}

section! {
    /// How far apart plans must stay: closed, so that touching counts (PROTOCOL C2).
    SeparationIn {
        /// Horizontal distance, metres.
        0 horizontal_m: u32,
        /// Vertical distance, metres.
        1 vertical_m: u32,
        /// Time, seconds.
        2 time_s: u32,
    }
}

section! {
    /// The one altitude datum of the line, and bounds for converting others.
    AltitudeIn {
        /// `WGS84`, `AMSL`, `AGL` or `FL`.
        0 datum: String,
        /// Largest height of terrain above the datum, metres, under every footprint with its radius that the area takes.
        1 terrain_max_m: i32,
        /// Largest difference between a flight level and the altitude over mean sea level, metres; 0 gives no bound.
        2 pressure_error_max_m: u32,
        /// Smallest height of terrain above the datum, metres, likewise; without it heights above ground have no
        /// bounds.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        3 terrain_min_m: Option<i32>,
    }
}

section! {
    /// Lead times in minutes.
    LeadTimeIn {
        /// FLASH.
        0 flash_min: u32,
        /// IMMEDIATE.
        1 immediate_min: u32,
        /// PRIORITY.
        2 priority_min: u32,
        /// ROUTINE.
        3 routine_min: u32,
    }
}

section! {
    /// Receipt clocks, one per precedence.
    ClocksIn {
        /// SAFETY.
        0 safety: ClockIn,
        /// FLASH.
        1 flash: ClockIn,
        /// IMMEDIATE.
        2 immediate: ClockIn,
        /// PRIORITY.
        3 priority: ClockIn,
        /// ROUTINE.
        4 routine: ClockIn,
        /// How often an unanswered safety notice rings again, seconds.
        5 safety_repeat_s: u32,
        /// When an unanswered safety notice rings every desk, then the duty general, then the principal, seconds.
        6 safety_escalate_s: Vec<u32>,
    }
}

section! {
    /// When each receipt level is due, seconds after the statement.
    ClockIn {
        /// L1: stored.
        0 stored_s: u32,
        /// L2: read.
        1 read_s: u32,
        /// L3: listed; for SAFETY, an action stated.
        2 listed_s: u32,
    }
}

section! {
    /// A desk.
    DeskIn {
        /// Its name, as used in statements.
        0 name: String,
        /// 0 for the party with the lower ID, 1 for the other.
        1 party: u8,
        /// How to reach it outside the line.
        2 contact: String,
    }
}

section! {
    /// Disclosure rules that both agreed to.
    DisclosureIn {
        /// The finest precision that either side may ask for: `exact`, `1 km` or `10 km`.
        0 finest: String,
        /// Whether read-outs may be proposed.
        1 readouts: bool,
    }
}

section! {
    /// A place that both know (PROTOCOL C8).
    PlaceIn {
        /// Its name in each language of the line.
        0 names: Vec<String>,
        /// Latitude, 1e-7 degree.
        1 lat_e7: i64,
        /// Longitude, 1e-7 degree.
        2 lon_e7: i64,
    }
}

section! {
    /// A threshold of a confidence measure.
    ThresholdIn {
        /// What is counted (`troops`, `tanks`).
        0 measure: String,
        /// From how many on a notice is due.
        1 notify_at: u32,
        /// How many days ahead.
        2 lead_days: u32,
    }
}

section! {
    /// Line checks.
    LineCheckIn {
        /// How often, minutes; the two sides take turns.
        0 every_min: u32,
        /// After how many seconds a check counts as unanswered.
        1 answer_s: u32,
        /// How many unanswered checks turn the line red.
        2 red_after: u32,
    }
}

section! {
    /// Limits for one side.
    QuotaIn {
        /// Bytes a day.
        0 bytes_per_day: u64,
        /// Entries a day.
        1 entries_per_day: u32,
    }
}

section! {
    /// Blind matching.
    BlindIn {
        /// Edge of a cell, metres.
        0 cell_m: u32,
        /// Height of a cell, metres.
        1 band_m: u32,
        /// Length of a cell, seconds.
        2 slot_s: u32,
        /// A run every so many minutes; 0 for none.
        3 every_min: u32,
        /// Runs beyond those, a day.
        4 extra_per_day: u32,
    }
}

section! {
    /// A neutral witness of checkpoints.
    WitnessIn {
        /// Its C2SP key name.
        0 name: String,
        /// Its public key, hex.
        1 key: String,
    }
}

section! {
    /// How long bodies are kept.
    RetentionIn {
        /// Days; 0 for ever.
        0 days: u32,
    }
}

mod matching;
mod resolution;

pub use matching::{MatchingIn, MatchingMode};
pub use resolution::ResolutionIn;

/// Longest separation and cell edge accepted, metres: beyond it two notices would conflict across a theatre.
pub const SEPARATION_M_MAX: u32 = 200_000;
/// Longest separation in time, seconds: a day.
pub const SEPARATION_S_MAX: u32 = 86_400;
/// Most places, desks, thresholds or witnesses in one terms.
pub const LIST_MAX: usize = 200;

/// Terms whose every section is inside the limits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Terms {
    input: TermsIn,
    datum: Datum,
    area: Option<Area>,
    places: Vec<Position>,
}

impl Terms {
    /// Checks every section; all violations are reported at once.
    ///
    /// # Errors
    /// DV-060 for a value outside its limits, DV-062 for a law that this version lacks, and the rules of positions,
    /// shapes and texts.
    pub fn try_new(input: TermsIn) -> Result<Self, Vec<Violation>> {
        let mut faults = Vec::new();
        check_numbers(&input, &mut faults);
        check_lists(&input, &mut faults);
        if ![LAW_1, LAW_2].contains(&input.law.as_str()) {
            faults.push(Violation::new(Rule::TermsLaw, "law", &input.law).expected(format!("{LAW_1} or {LAW_2}")));
        }
        check_names(&input, &mut faults);
        let datum = Datum::from_name(&input.altitude.datum);
        if datum.is_none() {
            faults.push(
                Violation::new(Rule::DatumKnown, "altitude.datum", &input.altitude.datum)
                    .expected("WGS84, AMSL, AGL or FL".into()),
            );
        }
        let area = area_of(&input.area).map_err(|v| faults.push(v.inside("area"))).ok().flatten();
        let places = places_of(&input, &mut faults);
        match datum {
            Some(datum) if faults.is_empty() => Ok(Self { input, datum, area, places }),
            _ => Err(faults),
        }
    }

    /// The form that is encoded.
    pub const fn input(&self) -> &TermsIn {
        &self.input
    }

    /// Version, counted from 1.
    pub const fn version(&self) -> u32 {
        self.input.version
    }

    /// The one altitude datum of the line.
    pub const fn datum(&self) -> Datum {
        self.datum
    }

    /// How altitudes are compared, with the bounds for converting others.
    pub fn heights(&self) -> Heights {
        let altitude = &self.input.altitude;
        let metres = |m: i32| Metres::new(m.into());
        Heights {
            datum: self.datum,
            terrain: altitude.terrain_min_m.map(|least| (metres(least), metres(altitude.terrain_max_m))),
            pressure: (altitude.pressure_error_max_m > 0).then(|| Metres::new(altitude.pressure_error_max_m.into())),
        }
    }

    /// Whether altitudes over other data than the line's are converted: its law is not `conflict/1`.
    pub fn converts_altitudes(&self) -> bool {
        self.input.law != LAW_1
    }

    /// Where the line counts; `None` for everywhere.
    pub const fn area(&self) -> Option<&Area> {
        self.area.as_ref()
    }

    /// Horizontal separation.
    pub const fn horizontal(&self) -> Metres {
        Metres::new(self.input.separation.horizontal_m as i64)
    }

    /// Vertical separation.
    pub const fn vertical(&self) -> Metres {
        Metres::new(self.input.separation.vertical_m as i64)
    }

    /// Separation in time, microseconds.
    pub const fn time_us(&self) -> i64 {
        self.input.separation.time_s as i64 * 1_000_000
    }

    /// How suggested shifts are weighed, and how far they go.
    pub fn resolution(&self) -> ResolutionIn {
        self.input.resolution.clone().unwrap_or(ResolutionIn::DEFAULT)
    }

    /// How blind runs go.
    pub fn matching(&self) -> MatchingIn {
        self.input.matching.clone().unwrap_or_else(MatchingIn::usual)
    }

    /// The places that sentences name, with their names by language.
    pub fn places(&self) -> impl Iterator<Item = (Position, &[String])> {
        self.places.iter().copied().zip(self.input.place.iter().map(|p| p.names.as_slice()))
    }
}

/// Name of the first law (PROTOCOL section 6).
pub const LAW_1: &str = "conflict/1";
/// Name of the law that follows movements and converts altitudes.
pub const LAW_2: &str = "conflict/2";

/// A bounded number: its field, its value, its smallest and largest value.
type Limit = (&'static str, u64, u64, u64);

/// Longest clock of a receipt, seconds: 30 days.
const CLOCK_S_MAX: u64 = 2_592_000;
/// Longest lead time, minutes: a year.
const LEAD_MIN_MAX: u64 = 527_040;

/// Every bounded number of the terms that stands alone, with its limits.
fn limits(t: &TermsIn) -> Vec<Limit> {
    let day_s = u64::from(SEPARATION_S_MAX);
    let far_m = u64::from(SEPARATION_M_MAX);
    let list = LIST_MAX as u64;
    let mut limits = vec![
        ("version", t.version.into(), 1, u64::from(u32::MAX)),
        ("separation.horizontal_m", t.separation.horizontal_m.into(), 0, far_m),
        ("separation.vertical_m", t.separation.vertical_m.into(), 0, far_m),
        ("separation.time_s", t.separation.time_s.into(), 0, day_s),
        ("altitude.terrain_max_m", t.altitude.terrain_max_m.unsigned_abs().into(), 0, 10_000),
        ("altitude.terrain_min_m", t.altitude.terrain_min_m.unwrap_or(0).unsigned_abs().into(), 0, 10_000),
        ("altitude.pressure_error_max_m", t.altitude.pressure_error_max_m.into(), 0, 5_000),
        ("lead_time.flash_min", t.lead_time.flash_min.into(), 0, LEAD_MIN_MAX),
        ("lead_time.immediate_min", t.lead_time.immediate_min.into(), 0, LEAD_MIN_MAX),
        ("lead_time.priority_min", t.lead_time.priority_min.into(), 0, LEAD_MIN_MAX),
        ("lead_time.routine_min", t.lead_time.routine_min.into(), 0, LEAD_MIN_MAX),
        ("clocks.safety_repeat_s", t.clocks.safety_repeat_s.into(), 5, 600),
        ("clocks.safety_escalate_s", t.clocks.safety_escalate_s.len() as u64, 1, 10),
        ("line_check.every_min", t.line_check.every_min.into(), 1, 1_440),
        ("line_check.answer_s", t.line_check.answer_s.into(), 5, 3_600),
        ("line_check.red_after", t.line_check.red_after.into(), 1, 10),
        ("quota.bytes_per_day", t.quota.bytes_per_day, 1 << 20, 1 << 40),
        ("quota.entries_per_day", t.quota.entries_per_day.into(), 100, 1_000_000_000),
        ("blind.cell_m", t.blind.cell_m.into(), 10, far_m),
        ("blind.band_m", t.blind.band_m.into(), 10, far_m),
        ("blind.slot_s", t.blind.slot_s.into(), 10, day_s),
        ("blind.every_min", t.blind.every_min.into(), 0, 10_080),
        ("blind.extra_per_day", t.blind.extra_per_day.into(), 0, 1_000),
        ("retention.days", t.retention.days.into(), 0, 36_525),
        ("languages", t.languages.len() as u64, 2, 2),
        ("suites", t.suites.len() as u64, 1, 8),
        ("desk", t.desk.len() as u64, 0, list),
        ("place", t.place.len() as u64, 0, list),
        ("threshold", t.threshold.len() as u64, 0, list),
        ("witness", t.witness.len() as u64, 0, list),
    ];
    limits.extend(t.resolution.iter().flat_map(ResolutionIn::limits));
    limits.extend(t.matching.iter().flat_map(MatchingIn::limits));
    limits
}

fn check_numbers(t: &TermsIn, faults: &mut Vec<Violation>) {
    for (field, value, least, most) in limits(t) {
        within(field, value, least, most, faults);
    }
    if let Some(least) = t.altitude.terrain_min_m.filter(|&least| least > t.altitude.terrain_max_m) {
        faults.push(
            Violation::new(Rule::TermsComplete, "altitude.terrain_min_m", least.to_string())
                .expected(format!("at most terrain_max_m, {}", t.altitude.terrain_max_m)),
        );
    }
    let c = &t.clocks;
    let clocks = [
        ("safety", &c.safety),
        ("flash", &c.flash),
        ("immediate", &c.immediate),
        ("priority", &c.priority),
        ("routine", &c.routine),
    ];
    for (name, clock) in clocks {
        for (level, seconds) in [("stored_s", clock.stored_s), ("read_s", clock.read_s), ("listed_s", clock.listed_s)] {
            within(&format!("clocks.{name}.{level}"), seconds.into(), 1, CLOCK_S_MAX, faults);
        }
    }
    let mut least = 1;
    for (i, &seconds) in c.safety_escalate_s.iter().enumerate() {
        // Each step comes after the one before.
        within(&format!("clocks.safety_escalate_s[{i}]"), seconds.into(), least, u64::from(SEPARATION_S_MAX), faults);
        least = u64::from(seconds) + 1;
    }
    for (i, desk) in t.desk.iter().enumerate() {
        within(&format!("desk[{i}].party"), desk.party.into(), 0, 1, faults);
    }
    for (i, threshold) in t.threshold.iter().enumerate() {
        within(&format!("threshold[{i}].lead_days"), threshold.lead_days.into(), 0, 400, faults);
    }
}

fn within(field: &str, value: u64, least: u64, most: u64, faults: &mut Vec<Violation>) {
    if !(least..=most).contains(&value) {
        faults.push(Violation::new(Rule::TermsComplete, field, value.to_string()).expected(format!("{least} to {most}")));
    }
}

/// What must be one of a closed set, or of a fixed form.
fn check_lists(t: &TermsIn, faults: &mut Vec<Violation>) {
    let mut refuse = |field: String, found: &str, wanted: &str| {
        faults.push(Violation::new(Rule::TermsComplete, field, found).expected(wanted.into()));
    };
    let is_key = |hex: &str| hex.len() == 64 && hex.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    if Precision::from_name(&t.disclosure.finest).is_none() {
        refuse("disclosure.finest".into(), &t.disclosure.finest, &Precision::names());
    }
    if let Some((field, found, wanted)) = t.matching.as_ref().and_then(MatchingIn::fault) {
        refuse(field.into(), &found, wanted);
    }
    if !t.auditor_key.is_empty() && !is_key(&t.auditor_key) {
        refuse("auditor_key".into(), &t.auditor_key, "nothing, or 64 digits of lower-case hex");
    }
    for (i, witness) in t.witness.iter().enumerate().filter(|(_, w)| !is_key(&w.key)) {
        refuse(format!("witness[{i}].key"), &witness.key, "64 digits of lower-case hex");
    }
    for (i, place) in t.place.iter().enumerate().filter(|(_, p)| p.names.len() != t.languages.len()) {
        refuse(format!("place[{i}].names"), &format!("{} names", place.names.len()), "one name per language of the line");
    }
    if !t.suites.iter().any(|s| s == "ed25519") {
        refuse("suites".into(), &t.suites.join(", "), "ed25519 among them");
    }
}

fn check_names(t: &TermsIn, faults: &mut Vec<Violation>) {
    let mut check = |checked: Result<(), Violation>| faults.extend(checked.err());
    check(check_line("area.name", &t.area.name));
    for (i, desk) in t.desk.iter().enumerate() {
        check(check_line(&format!("desk[{i}].name"), &desk.name));
        check(check_line(&format!("desk[{i}].contact"), &desk.contact));
    }
    for (i, name) in t.place.iter().enumerate().flat_map(|(i, place)| place.names.iter().map(move |name| (i, name))) {
        check(check_line(&format!("place[{i}].names"), name));
    }
    for (i, threshold) in t.threshold.iter().enumerate() {
        check(check_line(&format!("threshold[{i}].measure"), &threshold.measure));
    }
    for (i, witness) in t.witness.iter().enumerate() {
        check(check_line(&format!("witness[{i}].name"), &witness.name));
    }
    for (i, language) in t.languages.iter().enumerate() {
        check(check_language(&format!("languages[{i}]"), language));
    }
    for (i, suite) in t.suites.iter().enumerate() {
        check(check_line(&format!("suites[{i}]"), suite));
    }
}

fn area_of(area: &AreaIn) -> Result<Option<Area>, Violation> {
    if area.corners_e7.is_empty() {
        return Ok(None);
    }
    let corner =
        |(i, [lat, lon]): (usize, &[i64; 2])| Position::try_new(*lat, *lon).map_err(|v| v.inside(&format!("corners_e7[{i}]")));
    let corners: Result<Vec<_>, _> = area.corners_e7.iter().enumerate().map(corner).collect();
    Area::try_new(&corners?).map(Some)
}

fn places_of(t: &TermsIn, faults: &mut Vec<Violation>) -> Vec<Position> {
    let mut places = Vec::with_capacity(t.place.len());
    for (i, place) in t.place.iter().enumerate() {
        match Position::try_new(place.lat_e7, place.lon_e7) {
            Ok(position) => places.push(position),
            Err(v) => faults.push(v.inside(&format!("place[{i}]"))),
        }
    }
    places
}
