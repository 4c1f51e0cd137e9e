//! Files of notices: which format they are in, and everything that is wrong with them, at once.

use detente_types::terms::Terms;

use crate::check::{Examined, examine};
use crate::form::NoticeForm;
use crate::names::column;
use crate::problem::Problem;
use crate::raw::{Layout, Raw};
use crate::report::{FileFault, Finding, Level, Report};
use crate::suspect::suspect;
use crate::tree::Tree;
use crate::{geojson, json, table};

/// Largest file, bytes: the most rows of a file, with more than a kilobyte each.
pub const FILE_BYTES_MAX: usize = 32 << 20;
/// Most rows of a file: what a humanitarian node takes in one import (a region's sites, or four days of movements).
pub const ROWS_MAX: usize = 20_000;

/// One notice of a file.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// Where it stands: `row 12`, `feature 3`, `notice 1`.
    pub place: String,
    /// The notice. It can be read and obeys every rule that can be checked on it alone.
    pub form: NoticeForm,
    layout: Layout,
}

impl Row {
    /// A field of the JSON form as this row's file names it: the column of a table, the property of a feature.
    pub fn column(&self, field: &str) -> String {
        column(self.layout, field)
    }
}

/// A file that can be taken.
#[derive(Clone, Debug, PartialEq)]
pub struct Reading {
    /// Its notices, in order.
    pub rows: Vec<Row>,
    /// What was found; warnings only.
    pub report: Report,
}

/// Reads a file of notices: our JSON, GeoJSON or CSV, by what its name ends with and by what it holds.
///
/// Every row is examined, whatever is wrong with those before it. With the line's `terms`, what lies outside their area,
/// looks swapped or uses another altitude datum is warned of.
///
/// # Errors
/// When anything is wrong: all of it, and no row is taken.
///
/// ```
/// let sites = "kind,title,function,lat,lon,radius_m,lower_m,upper_m,datum,start,end\n\
///              site,Harbour clinic,clinic,60.46,26.95,150,0,30,AMSL,2026-11-25T00:00:00Z,2026-12-25T00:00:00Z\n\
///              site,Water works,water works,60.52,27.18,300 m,0,,AMSL,2026-11-25,2026-12-25T00:00:00Z\n";
/// let fault = detente_gateway::read("sites.csv", sites.as_bytes(), None).unwrap_err();
/// assert_eq!(
///     fault.to_string(),
///     "sites.csv: 2 rows read, 3 errors, 0 warnings; nothing was taken\n  \
///      row 3, radius_m: found 300 m, expected a number alone; the unit stands in the column's name, south and west are negative\n  \
///      row 3, upper_m: found nothing, expected a number of metres\n  \
///      row 3, start: found 2026-11-25, expected an RFC 3339 time with its zone, such as 2026-11-24T06:00:00Z"
/// );
/// ```
pub fn read(name: &str, bytes: &[u8], terms: Option<&Terms>) -> Result<Reading, FileFault> {
    let mut report = Report::new(name);
    let raw = match decode(name, bytes) {
        Ok(raw) => raw,
        Err(finding) => {
            report.push(*finding);
            return Err(FileFault { report });
        }
    };
    report.rows = raw.rows.len();
    for (place, problem) in raw.problems {
        report.push(Finding::new(Level::Error, &place, problem));
    }
    if raw.rows.len() > ROWS_MAX {
        let found = Problem::new("", &format!("more than {ROWS_MAX} rows"), "a file cut into smaller ones");
        report.push(Finding::new(Level::Error, "file", found));
    }
    let mut rows: Vec<Examined> = raw.rows.into_iter().take(ROWS_MAX).map(|row| examine(row, &raw.absent)).collect();
    suspect(&mut rows, terms);
    conclude(rows, report)
}

fn conclude(rows: Vec<Examined>, mut report: Report) -> Result<Reading, FileFault> {
    let mut read = Vec::with_capacity(rows.len());
    for row in rows {
        row.findings.into_iter().for_each(|finding| report.push(finding));
        read.extend(row.form.map(|form| Row { place: row.place, form, layout: row.layout }));
    }
    if report.is_clean() { Ok(Reading { rows: read, report }) } else { Err(FileFault { report }) }
}

/// The rows of a file in its format.
fn decode(name: &str, bytes: &[u8]) -> Result<Raw, Box<Finding>> {
    let fault =
        |place: &str, found: &str, expected: &str| Box::new(Finding::new(Level::Error, place, Problem::new("", found, expected)));
    if bytes.len() > FILE_BYTES_MAX {
        let expected = format!("at most {} MiB", FILE_BYTES_MAX >> 20);
        return Err(fault("file", &format!("{} bytes", bytes.len()), &expected));
    }
    let text = text_of(bytes)?;
    if text.trim().is_empty() {
        return Err(fault("file", "nothing", "notices as JSON, GeoJSON or CSV"));
    }
    let extension = name.rsplit_once('.').map(|(_, extension)| extension.to_lowercase());
    let is_json = match extension.as_deref() {
        Some("json" | "geojson") => true,
        Some("csv") => false,
        _ => text.trim_start().starts_with(['{', '[']),
    };
    if !is_json {
        return Ok(table::read(text));
    }
    let root = Tree::parse(text).map_err(|e| {
        let cause = e.to_string();
        let cause = cause.rsplit_once(" at line ").map_or(cause.as_str(), |(cause, _)| cause);
        fault(&format!("line {}, column {}", e.line(), e.column()), cause, "JSON (RFC 8259)")
    })?;
    Ok(if geojson::is_geojson(&root) { geojson::read(&root) } else { json::read(&root) })
}

/// A file's text: UTF-8, without the mark that some programs put before it.
pub(crate) fn text_of(bytes: &[u8]) -> Result<&str, Box<Finding>> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let fault = |place: String, found: &str| {
        let problem = Problem::new("", found, "text in UTF-8 (in spreadsheets: save as CSV UTF-8)");
        Box::new(Finding::new(Level::Error, &place, problem))
    };
    if bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff") {
        return Err(fault("byte 0".into(), "the mark of UTF-16"));
    }
    core::str::from_utf8(bytes).map_err(|e| {
        let at = e.valid_up_to();
        let line = 1 + bytes[..at].iter().filter(|&&b| b == b'\n').count();
        fault(format!("byte {at}, line {line}"), &format!("the byte 0x{:02X}", bytes[at]))
    })
}
