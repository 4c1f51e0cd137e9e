//! Plans: where, how high and when something is meant to be, read from files of any origin, to be checked without a node.
//!
//! A plan needs none of a notice's header. Its volumes go through the same door as a notice's, so the rules for volumes
//! (DV-001 to DV-003, DV-020 to DV-028) hold for them. What a file leaves open is never guessed: [`Given`] says it once, for
//! all that leave it open, and what a file does say always counts. Feet are turned into whole centimetres outwards.
//!
//! Invariants: all that is wrong with a file is told at once, each with its place; nothing of such a file is taken; no
//! input panics; what a file may cost is bounded by the limits below. The formats are described in docs/spec/plans.md.

mod extent;
mod f3548;
mod features;
mod judge;
mod kml;
mod notices;
mod rows;
mod sniff;
mod taker;
mod xml;

use detente_types::height::Heights;
use detente_types::{Datum, NoticeKind, Timestamp, Volume};

use crate::problem::Problem;
use crate::read::text_of;
use crate::report::{FileFault, Finding, Level, Report};
use crate::tree::Tree;
use sniff::Family;
use taker::Taker;

/// Largest file, bytes: the most plans, with five hundred bytes each.
pub const FILE_BYTES_MAX: usize = 128 << 20;
/// Most plans of one file: twice the largest day of a country's drone flights.
pub const PLANS_MAX: usize = 250_000;
/// Most vertices of one file: twenty for each of the most plans. A file with more is a map, not a list of plans.
pub const VERTICES_MAX: usize = 5_000_000;
/// Most volumes of one plan.
pub const VOLUMES_MAX: usize = 4_096;

/// How a file is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Our own JSON form of notices.
    Notices,
    /// GeoJSON (RFC 7946): each feature is a plan.
    GeoJson,
    /// KML 2.2: each Placemark is a plan.
    Kml,
    /// A table with named columns: each row is a plan.
    Csv,
    /// ASTM F3548-21: operational intents, constraints, or lists of `Volume4D`.
    F3548,
}

impl Format {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Notices, Self::GeoJson, Self::Kml, Self::Csv, Self::F3548];

    /// The name on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Notices => "notices",
            Self::GeoJson => "geojson",
            Self::Kml => "kml",
            Self::Csv => "csv",
            Self::F3548 => "f3548",
        }
    }

    /// By its name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|format| format.name() == name)
    }
}

/// A unit of altitude.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Metres.
    Metre,
    /// International feet, 0.3048 m each.
    Foot,
}

impl Unit {
    /// `m` or `ft`, in any case.
    pub fn from_name(name: &str) -> Option<Self> {
        match name.trim().to_lowercase().as_str() {
            "m" => Some(Self::Metre),
            "ft" => Some(Self::Foot),
            _ => None,
        }
    }
}

/// What the person who checks says where a file says nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Given {
    /// Of altitudes without a unit.
    pub units: Option<Unit>,
    /// Of altitudes without a datum.
    pub datum: Option<Datum>,
    /// Lower altitude where there is none, metres.
    pub lower_m: Option<f64>,
    /// Upper altitude where there is none, metres.
    pub upper_m: Option<f64>,
    /// Radius of points and paths that have none, metres.
    pub radius_m: Option<f64>,
    /// Start where there is none.
    pub from: Option<Timestamp>,
    /// End where there is none.
    pub until: Option<Timestamp>,
    /// What altitudes are to be compared over, and with which bounds: those over a datum that has none are refused (DV-043).
    /// Without it all are taken.
    pub heights: Option<Heights>,
}

/// One plan of a file.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    /// Where it stands in its file: `feature 3`, `row 12`, `Placemark 1`, `notice 2`, `operational intent 1`.
    pub place: String,
    /// What it is called, on one line; empty when it has no name.
    pub name: String,
    /// Its kind of notice, where the file says one.
    pub kind: Option<NoticeKind>,
    /// Where, how high and when; none for one that has no place.
    pub volumes: Vec<Volume>,
}

/// A file that can be checked.
#[derive(Clone, Debug, PartialEq)]
pub struct PlanFile {
    /// How it is written.
    pub format: Format,
    /// Its plans, in order.
    pub plans: Vec<Plan>,
    /// What was found; warnings only.
    pub report: Report,
}

/// Reads the plans of a file, written as `format` says, or else as its name or its content shows.
///
/// # Errors
/// When anything is wrong: all of it, with the place, what was found and what was expected.
///
/// ```
/// use detente_gateway::plans::{Given, read};
///
/// let flights = "name,lat,lon,radius_m,lower,upper,start,end\n\
///                Survey,60.46,26.95,150,0,400,2026-11-25T06:00:00Z,2026-11-25T07:00:00Z\n";
/// let fault = read("flights.csv", None, flights.as_bytes(), &Given::default()).unwrap_err();
/// assert_eq!(
///     fault.to_string(),
///     "flights.csv: 1 row read, 3 errors, 0 warnings; nothing was taken\n  \
///      row 2, lower: found 0 without a unit, expected lower_m or lower_ft, a column `units`, or --units\n  \
///      row 2, upper: found 400 without a unit, expected upper_m or upper_ft, a column `units`, or --units\n  \
///      row 2, datum: found nothing, expected WGS84, AMSL, AGL or FL, or --datum"
/// );
/// ```
pub fn read(name: &str, format: Option<Format>, bytes: &[u8], given: &Given) -> Result<PlanFile, FileFault> {
    let mut taker = Taker::new(name, *given);
    match decode(name, format, bytes, &mut taker) {
        Ok(format) => taker.conclude(format),
        Err(finding) => {
            let mut report = Report::new(name);
            report.push(*finding);
            Err(FileFault { report })
        }
    }
}

/// Hands every plan of a file to the taker.
fn decode(name: &str, format: Option<Format>, bytes: &[u8], taker: &mut Taker) -> Result<Format, Box<Finding>> {
    if bytes.len() > FILE_BYTES_MAX {
        let expected = format!("at most {} MiB", FILE_BYTES_MAX >> 20);
        return Err(fault("file", &format!("{} bytes", bytes.len()), &expected));
    }
    if bytes.starts_with(b"PK\x03\x04") {
        return Err(fault("byte 0", "a ZIP archive (KMZ?)", "the file that is packed in it; unpack it first"));
    }
    if bytes.starts_with(b"\x1f\x8b") {
        return Err(fault("byte 0", "compressed data (gzip)", "the file that is packed in it; unpack it first"));
    }
    let text = text_of(bytes)?;
    if text.trim().is_empty() {
        return Err(fault("file", "nothing", "plans as GeoJSON, KML, CSV, notices or F3548 volumes"));
    }
    let family = format.map(Family::from).or_else(|| sniff::by_name(name)).unwrap_or_else(|| sniff::by_content(text));
    match family {
        Family::Xml => {
            kml::read(text, taker)?;
            Ok(Format::Kml)
        }
        Family::Table => {
            rows::read(text, taker);
            Ok(Format::Csv)
        }
        Family::Json => {
            let root = json(text)?;
            let format = format.unwrap_or_else(|| sniff::of_json(&root));
            match format {
                Format::GeoJson => features::read(&root, taker),
                Format::F3548 => f3548::read(&root, taker),
                _ => notices::read(&root, taker),
            }
            Ok(format)
        }
    }
}

fn json(text: &str) -> Result<Tree, Box<Finding>> {
    Tree::parse(text).map_err(|e| {
        let cause = e.to_string();
        let cause = cause.rsplit_once(" at line ").map_or(cause.as_str(), |(cause, _)| cause);
        fault(&format!("line {}, column {}", e.line(), e.column()), cause, "JSON (RFC 8259)")
    })
}

fn fault(place: &str, found: &str, expected: &str) -> Box<Finding> {
    Box::new(Finding::new(Level::Error, place, Problem::new("", found, expected)))
}

#[cfg(test)]
mod tests;
