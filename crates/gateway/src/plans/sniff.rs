//! Which format a file is in, by its name or by what it holds.

use super::Format;
use crate::geojson::is_geojson;
use crate::tree::Tree;

/// What a text is written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Family {
    Json,
    Xml,
    Table,
}

impl From<Format> for Family {
    fn from(format: Format) -> Self {
        match format {
            Format::Kml => Self::Xml,
            Format::Csv => Self::Table,
            Format::Notices | Format::GeoJson | Format::F3548 => Self::Json,
        }
    }
}

/// What a name says that a file is written in.
pub(super) fn by_name(name: &str) -> Option<Family> {
    match name.rsplit_once('.')?.1.to_lowercase().as_str() {
        "csv" => Some(Family::Table),
        "kml" | "xml" => Some(Family::Xml),
        "geojson" | "json" => Some(Family::Json),
        _ => None,
    }
}

/// What a text looks to be written in.
pub(super) fn by_content(text: &str) -> Family {
    match text.trim_start().chars().next() {
        Some('<') => Family::Xml,
        Some('{' | '[') => Family::Json,
        _ => Family::Table,
    }
}

/// The format of a JSON text.
pub(super) fn of_json(root: &Tree) -> Format {
    if is_geojson(root) {
        Format::GeoJson
    } else if is_f3548(root) {
        Format::F3548
    } else {
        Format::Notices
    }
}

/// Names that only the standard's objects have.
const MARKS: [&str; 8] =
    ["operational_intent", "operational_intents", "constraint", "constraints", "details", "reference", "extents", "volume"];

/// Whether a JSON text holds what F3548 defines: an object with one of its names, or whose volumes have an inner one.
fn is_f3548(root: &Tree) -> bool {
    let first = match root {
        Tree::List(items) => items.first(),
        other => Some(other),
    };
    let Some(first) = first else { return false };
    let inner = first.get("volumes").and_then(Tree::as_list).and_then(<[Tree]>::first);
    MARKS.iter().any(|mark| first.get(mark).is_some()) || inner.is_some_and(|volume| volume.get("volume").is_some())
}
